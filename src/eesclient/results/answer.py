"""Rows with what is known of them: what a fresh result and a saved one have in common."""

from __future__ import annotations

import html
from collections.abc import Mapping
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import polars as pl

from ..errors import printable
from ..models.data_sets import Warning
from ..models.provenance import DRAFT, SYNTHETIC
from ..table.columns import ColumnInfo
from . import receipts
from .receipts import Style
from .shapes import with_dates

if TYPE_CHECKING:
    from os import PathLike

    import pandas as pd

    from ..models.provenance import Provenance, Route
    from ..models.versions import Version


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Answer:
    """The common part of a fresh result and one that was saved."""

    frame: pl.DataFrame
    columns: tuple[ColumnInfo, ...]
    warnings: tuple[Warning, ...] = ()
    total: int
    provenance: Provenance

    @property
    def version(self) -> Version:
        """The exact version that was asked."""
        return self.provenance.version

    @property
    def pinned(self) -> Mapping[str, str]:
        """What `others=` chose: filter label to option label."""
        return self.provenance.pinned

    @property
    def route(self) -> Route:
        """How the rows came: `pages` or `csv`."""
        return self.provenance.route

    @cached_property
    def digest(self) -> str:
        """Digest of the frame: `ees1:` and a SHA-256, computed when it is first asked for.

        It is the same on every machine, for the same columns, values and order of rows.
        """
        return receipts.digest_of(self.frame)

    def cite(self, style: Style = "text") -> str:
        """A citation of exactly the data set version that the rows are of.

        Args:
            style: `"text"`, `"bibtex"` or `"csl-json"`.

        Raises:
            ReceiptError: There is no such style.
        """
        return receipts.cite(self.provenance, style)

    def with_dates(self) -> pl.DataFrame:
        """The same rows with the first and the last day of their time period, both included.

        Days follow from the kind of period: an academic year is 1 September to 31 August, a financial year 1 April to
        31 March, a tax year 6 April to 5 April; calendar years, their quarters, and months are those of the calendar.
        Where the kind defines no days (terms, quarters of an academic year, weeks, reporting years) they are null.

        Returns:
            The frame, with the columns `period_start` and `period_end` (`polars.Date`) after the time period.
        """
        return with_dates(self.frame, self.columns)

    def write_parquet(self, path: str | PathLike[str]) -> Path:
        """Write the frame to a Parquet file that says where its rows come from; `read_parquet` brings both back.

        Args:
            path: The file; what is there stays until all is written.

        Returns:
            The path.

        Raises:
            IsADirectoryError: The path is a folder.
            FileNotFoundError: Its folder does not exist.
            ReceiptError: A column of the frame has a type that has no digest.
        """
        target = Path(path)
        members = {name: getattr(self, name) for name in receipts.MEMBERS}
        receipts.write(target, self.frame, members, digest=self.digest, citation=self.cite())
        return target

    def to_pandas(self) -> pd.DataFrame:
        """The frame as a `pandas.DataFrame`.

        Raises:
            ImportError: The extra `pandas` is not installed.
        """
        try:
            # Polars needs both, and says so of one at a time
            for name in ("pandas", "pyarrow"):
                import_module(name)
        except ImportError as error:
            message = "to_pandas() needs pandas and pyarrow: pip install 'eesclient[pandas]'"
            raise ImportError(message, name=error.name) from error
        return self.frame.to_pandas()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The frame for anything that reads Arrow streams."""
        return self.frame.__arrow_c_stream__(requested_schema)

    def __dataframe__(self, nan_as_null: bool = False, allow_copy: bool = True) -> Any:
        """The frame by the older interchange protocol; needs pyarrow."""
        return self.frame.to_arrow().__dataframe__(nan_as_null=nan_as_null, allow_copy=allow_copy)

    def __len__(self) -> int:
        return self.frame.height

    def __repr__(self) -> str:
        return printable(f"{self._heading()}\n{self.frame}")

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(printable(self._heading()))}</p>\n{self.frame._repr_html_()}"

    def _heading(self) -> str:
        where = self.provenance
        chosen = ", ".join(f"{name} = {option}" for name, option in sorted(self.pinned.items()))
        sources = {"service": "from the service", "local": "from local files", "synthetic": SYNTHETIC}
        parts = [where.title, f"version {self.version}", sources.get(where.source, where.source)]
        return " · ".join([DRAFT] * where.is_draft + parts + [f"pinned: {chosen}"] * bool(chosen))


@attrs.frozen(kw_only=True, eq=False, repr=False)
class SavedResult(Answer):
    """Rows that were written before, with what was known of them; what `read_parquet` gives.

    Attributes:
        frame: The rows, a `polars.DataFrame`.
        columns: What each of its columns holds, in order.
        warnings: Warnings that the service sent with them.
        total: How many rows matched; more than the frame has where the question had a limit.
        provenance: Where they came from, and when.
    """


def read_parquet(path: str | PathLike[str]) -> SavedResult:
    """Read rows that `write_parquet` of a result wrote, and check that they are still the same.

    Args:
        path: The file.

    The bytes are compared with the checksum that the file has before Polars, which some damaged files end, reads it.

    Warns:
        EESWarning: An older release wrote the file, without that checksum.

    Raises:
        FileNotFoundError: There is no such file.
        ReceiptError: It is not a Parquet file of eesclient, is damaged, or its rows are not those that were written.
    """
    return SavedResult(**receipts.read(Path(path)))
