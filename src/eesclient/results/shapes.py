"""The rows of a result in other shapes: with ids, dates, a row for each indicator, several versions in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeAlias

import polars as pl

from ..models.periods import IDENTIFIER_BY_LABEL, TimeIdentifier, TimePeriod, dates_of, period_from_csv
from ..models.versions import Version
from ..query.question import Query
from ..table.assemble import Assembled
from ..table.columns import ColumnInfo, columns_of, schema_of, unique
from ..table.dimensions import PERIOD, Dimension

VersionRows: TypeAlias = tuple[Version, pl.DataFrame, Sequence[ColumnInfo], Mapping[tuple[str, str], str]]
"""A version, its rows, their columns, and what these are called in the question's version, by kind and name."""


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
