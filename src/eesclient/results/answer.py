"""Rows with what is known of them, fresh or saved."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from .._classes import frozen
from ..errors import printable
from ..models.answers import Warning
from ..models.provenance import DRAFT, SYNTHETIC
from ..models.versions import Version
from ..table.columns import ColumnInfo

if TYPE_CHECKING:
    from os import PathLike

    import pandas as pd

    from ..api.operations import VersionLike
    from ..models.provenance import Provenance, Route
    from .citation import Style


@frozen(kw_only=True, eq=False, repr=False)
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
        from . import receipts

        return receipts.digest_of(self.frame)

    def cite(self, style: Style = "text") -> str:
        """A citation of exactly the data set version that the rows are of.

        Args:
            style: `"text"`, `"bibtex"` or `"csl-json"`.

        Raises:
            ReceiptError: There is no such style.
        """
        from . import citation

        return citation.cite(self.provenance, style)

    def with_dates(self) -> pl.DataFrame:
        """The same rows with the first and the last day of their time period, both included.

        Days follow from the kind of period: an academic year is 1 September to 31 August, a financial year 1 April to
        31 March, a tax year 6 April to 5 April; calendar years, their quarters, and months are those of the calendar.
        Where the kind defines no days (terms, quarters of an academic year, weeks, reporting years) they are null.

        Returns:
            The frame, with the columns `period_start` and `period_end` (`polars.Date`) after the time period.
        """
        from .shapes import with_dates

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
        from . import receipts

        target = Path(path)
        receipts.write(target, self.frame, self._members(), digest=self.digest)
        return target

    def write_delta(self, path: str | PathLike[str]) -> Path:
        """Write the frame to a Delta table, as a commit that says where its rows come from; `read_delta` reads it.

        Another version of the same question or data set becomes a further commit, and the earlier ones stay. A version
        that the table has already with the same rows is not written again. Labels are text in the table.

        Args:
            path: Folder of the table, which is made if need be.

        Returns:
            The path.

        Warns:
            LakeWarning: Spark does not take a name of a column; or the version lacks a column that the table has.

        Raises:
            ImportError: The extra `lake` is not installed.
            LakeError: The rows are of a draft; the table is of another data set, or has other rows of that version; or
                columns have types that it cannot hold beside those that it has.
            ReceiptError: A column of the frame has a type that has no digest.
        """
        from . import delta, delta_write

        target = delta.folder(path)
        delta_write.write(target, self.frame.lazy(), self._members(), digest=self.digest, labels=self._labels())
        return target

    def _members(self) -> dict[str, Any]:
        from . import receipts

        return {name: getattr(self, name) for name in receipts.MEMBERS}

    def _labels(self) -> dict[str, list[str]]:
        """Labels of columns in the order that metadata gives them, where it is known."""
        from .delta_columns import labels_of_enums

        return labels_of_enums(self.frame)

    def write_excel(self, path: str | PathLike[str], *, dates: bool = False) -> Path:
        """Write a workbook for Excel: the rows, where they come from, their columns, and what their symbols mean.

        Its sheets are `Rows` (`SYNTHETIC rows` and `DRAFT rows` where that has to be said), `About`, `Columns` and
        `Symbols`. Figures are numbers, shown with the decimal places of the metadata; symbols stay in their status
        columns; text is text, whatever it begins with. A heading that differs from another only in case gets its kind
        after it. A number of more than the 15 digits that Excel keeps is text.

        Args:
            path: The file, whose name ends in `.xlsx`; what is there stays until all is written.
            dates: Whether `period_start` and `period_end`, as `with_dates` gives them, stand after the time period.

        Returns:
            The path.

        Raises:
            ImportError: The extra `excel` is not installed.
            ReceiptError: A sheet of Excel has not so many rows or columns, a cell not so much text, or the name ends
                otherwise.
            IsADirectoryError: The path is a folder.
            FileNotFoundError: Its folder does not exist.
        """
        from . import excel

        target = Path(path)
        excel.write(target, self, self.with_dates() if dates else self.frame)
        return target

    def table(self) -> Any:
        """The rows as a table to publish: what varies and figures, symbols in their places, notes and citation below.

        Columns that have one value in all rows stand in the subtitle. `as_raw_html()`, `as_latex()`, `save()` and all
        the rest of great-tables go on from there.

        Returns:
            A `great_tables.GT`.

        Raises:
            ImportError: The extra `tables` is not installed.
            ReceiptError: There are more than 1,000 rows.
        """
        from .tables import great_table

        return great_table(self)

    @property
    def plot(self) -> Any:
        """Charts of the frame by Altair, as `polars.DataFrame.plot` makes them: `result.plot.line(x=…, y=…)`.

        Raises:
            ImportError: The extra `plots` is not installed.
        """
        try:
            import_module("altair")
        except ImportError as error:
            message = "plot needs Altair: pip install 'eesclient[plots]'"
            raise ImportError(message, name=error.name) from error
        return self.frame.plot

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
        from ..models.html import escaped
        from .view import answer_html

        return f"<p>{escaped(self._heading())}</p>\n{answer_html(self)}"

    def _heading(self) -> str:
        where = self.provenance
        chosen = ", ".join(f"{name} = {option}" for name, option in sorted(self.pinned.items()))
        sources = {"service": "from the service", "local": "from local files", "synthetic": SYNTHETIC}
        parts = [where.title, f"version {self.version}", sources.get(where.source, where.source)]
        return " · ".join([DRAFT] * where.is_draft + parts + [f"pinned: {chosen}"] * bool(chosen))


@frozen(kw_only=True, eq=False, repr=False)
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
    from . import receipts

    return SavedResult(**receipts.read(Path(path)))


def read_delta(path: str | PathLike[str], *, version: VersionLike | None = None) -> SavedResult:
    """Read a data set version out of a Delta table that `write_delta` wrote, and check that its rows are the same.

    Args:
        path: Folder of the table.
        version: Version such as `"1.0"`, or a range such as `"1.*"` for the highest in it; None for the highest.

    Returns:
        The rows with what was known of them. Columns of labels are `polars.Enum`, in the order that metadata gave them,
        where the table knows it.

    Warns:
        CorrectedVersionWarning: The table has a later patch of the exact version.

    Raises:
        ImportError: The extra `lake` is not installed.
        InvalidVersionError: The text is neither a version nor a range.
        LakeError: It is not a Delta table of eesclient, lacks the version, or its rows are not those that were written.
    """
    from . import delta

    return SavedResult(**delta.read(delta.folder(path), version))
