"""Rows with what is known of them, fresh or saved; and in other shapes: with ids, dates, a row for each indicator."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import polars as pl

from ..errors import printable
from ..models.data_sets import Warning
from ..models.periods import IDENTIFIER_BY_LABEL, TimeIdentifier, TimePeriod, dates_of, period_from_csv
from ..models.provenance import DRAFT, SYNTHETIC
from ..models.versions import Version
from ..query.question import Query
from ..table.assemble import Assembled
from ..table.columns import PERIOD, ColumnInfo, Dimension, columns_of, schema_of, unique
from . import citation, receipts
from .citation import Style

if TYPE_CHECKING:
    from os import PathLike

    import pandas as pd

    from ..api.operations import VersionLike
    from ..models.provenance import Provenance, Route


VersionRows: TypeAlias = tuple[Version, pl.DataFrame, Sequence[ColumnInfo], Mapping[tuple[str, str], str]]
"""A version, its rows, their columns, and what these are called in the question's version, by kind and name."""


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
        return citation.cite(self.provenance, style)

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
        return {name: getattr(self, name) for name in receipts.MEMBERS}

    def _labels(self) -> dict[str, list[str]]:
        """Labels of columns in the order that metadata gives them, where it is known."""
        from .delta_columns import labels_of_enums

        return labels_of_enums(self.frame)

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


# The same rows in other shapes


def with_ids(assembled: Assembled) -> pl.DataFrame:
    """The frame with a column `<label column>_id` after each column of labels that has machine ids."""
    ids = {
        name: texts.cast(pl.Categorical).gather(assembled.codes[dimension.field])
        for dimension, names in assembled.key_columns()
        for name, texts in zip(names[::-1], _ids(dimension), strict=False)
    }
    taken = set(assembled.frame.columns)
    series: list[pl.Series] = []
    for column in assembled.frame:
        series.append(column)
        if column.name in ids:
            series.append(ids[column.name].alias(unique(column.name, "id", taken)))
    return pl.DataFrame(series)


def to_long(assembled: Assembled) -> pl.DataFrame:
    """A row per row and indicator, as `QueryResult.to_long` says."""
    # columns are never asked for by name, which Polars may take for a pattern
    columns = [*zip(assembled.columns, assembled.frame, strict=True)]
    keys = [cells for column, cells in columns if column.kind not in ("indicator", "status")]
    values = [(column, cells) for column, cells in columns if column.kind == "indicator"]
    statuses = [cells for column, cells in columns if column.kind == "status"]
    dtype = common_type([cells for _, cells in values])
    taken = {key.name for key in keys}
    names = {
        name: unique(f"{name}_", "indicator", taken) if name in taken else name
        for name in ("indicator", "value", "status", "label", "unit")
    }
    frames = []
    for place, (column, cells) in enumerate(values):
        status = [statuses[place].alias(names["status"])] if statuses else []
        frames.append(
            pl.select(
                pl.int_range(cells.len()).alias("\0row"),
                *keys,
                pl.lit(column.name, pl.Categorical).alias(names["indicator"]),
                cells.cast(dtype).alias(names["value"]),
                *status,
                pl.lit(column.label, pl.Categorical).alias(names["label"]),
                pl.lit(None if column.unit is None else str(column.unit), pl.Categorical).alias(names["unit"]),
            )
        )
    if not frames:
        return assembled.frame.clear()
    # row by row, each with its indicators in their order
    return pl.concat(frames).sort("\0row", maintain_order=True).drop("\0row")


def common_type(columns: Sequence[pl.Series]) -> pl.DataType | type[pl.DataType]:
    """The type that holds the values of all columns exactly."""
    # Polars takes some names for patterns, of a series too
    columns = [column.alias("") for column in columns]
    kinds = {column.dtype for column in columns}
    if len(kinds) == 1:
        return kinds.pop()
    if any(not kind.is_numeric() for kind in kinds):
        return pl.String
    # a float has 53 bits for a whole number
    whole = [column for column in columns if column.dtype.is_integer()]
    return pl.Float64 if all(column.is_between(-(2**53), 2**53).all() for column in whole) else pl.String


def _ids(dimension: Dimension) -> list[pl.Series]:
    """Ids of a dimension's codes, for its last column first."""
    if dimension.field != PERIOD:
        return [dimension.ids]
    # a period's id is its period and its code: two columns have it
    parts = dimension.ids.str.split_exact("|", 1).struct
    return [parts.field("field_1"), parts.field("field_0")]


def with_dates(frame: pl.DataFrame, columns: Sequence[ColumnInfo]) -> pl.DataFrame:
    """The frame with `period_start` and `period_end` after its time columns."""
    time = [column.name for column in columns if column.kind == "time"]
    taken = {*frame.columns}
    names = [name if name not in taken else unique(name, "date", taken) for name in ("period_start", "period_end")]
    texts = frame.select(pl.col(time).cast(pl.String))
    pairs = texts.unique()
    days = [_days(text, label) for text, label in pairs.rows()]
    known = pairs.with_columns(
        pl.Series(name, [found and found[place] for found in days], dtype=pl.Date) for place, name in enumerate(names)
    )
    # rows without their time period have no dates, and stay
    dated = texts.join(known, on=time, how="left", nulls_equal=True, maintain_order="left")
    after = frame.columns.index(time[-1]) + 1
    return frame[:, :after].hstack(dated.select(names)).hstack(frame[:, after:])


def _days(text: str | None, label: str | None) -> tuple[date, date] | None:
    period = period_from_csv(text or "")
    if period is None or label is None:
        return None
    code = IDENTIFIER_BY_LABEL.get(label) or TimeIdentifier(label)
    return dates_of(TimePeriod(code=code, period=period))


def concat(query: Query, results: Sequence[VersionRows]) -> pl.DataFrame:
    """The rows of several versions under the question's headings; a column that one of them lacks is null there."""
    own = columns_of(schema_of(query), query.values, query.names)
    headings: dict[tuple[str, str], str] = {(column.kind, column.column): column.name for column in own}
    frames = [_rename(frame, columns, headings, before) for _, frame, columns, before in results]
    names = dict.fromkeys([*headings.values(), *(name for frame in frames for name in frame.columns)])
    held = {name: [frame[name] for frame in frames if name in frame.columns] for name in names}
    types = {name: common_type(columns) for name, columns in held.items() if columns}
    heading = "data_set_version"
    if heading in types:
        heading = unique(f"{heading}_", "version", set(types))
    rows = [
        frame.select(
            pl.lit(str(version)).alias(heading),
            *(
                (frame[name] if name in frame.columns else pl.lit(None)).cast(type_).alias(name)
                for name, type_ in types.items()
            ),
        )
        for frame, (version, *_) in zip(frames, results, strict=True)
    ]
    return pl.concat(rows, rechunk=True)


def _rename(
    frame: pl.DataFrame,
    columns: Sequence[ColumnInfo],
    headings: Mapping[tuple[str, str], str],
    before: Mapping[tuple[str, str], str],
) -> pl.DataFrame:
    names = {}
    for column in columns:
        # a status column is called as its indicator in the data file, which has none
        kind = "indicator" if column.kind == "status" else column.kind
        names[column.name] = headings.get((column.kind, before.get((kind, column.column), column.column)), "")
    taken = {*filter(None, names.values())}
    for column in columns:
        if not names[column.name]:
            free = column.name not in taken
            names[column.name] = column.name if free else unique(f"{column.name}_", column.kind, taken)
            taken.add(names[column.name])
    return frame.rename(names)
