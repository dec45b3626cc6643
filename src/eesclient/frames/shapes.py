"""The same rows in other shapes: with machine ids, and a row per indicator."""

from __future__ import annotations

from collections.abc import Sequence

from .._lazy import pl
from .assemble import Assembled
from .axes import PERIOD, Axis
from .columns import unique

_EXACT = 2**53


def with_ids(assembled: Assembled) -> pl.DataFrame:
    """The frame with a column `<label column>_id` after each column of labels that has machine ids."""
    ids = dict(_ids(assembled))
    taken = set(assembled.frame.columns)
    series: list[pl.Series] = []
    for column in assembled.frame:
        series.append(column)
        if column.name in ids:
            series.append(ids[column.name].alias(unique(column.name, "id", taken)))
    return pl.DataFrame(series)


def lengthened(assembled: Assembled) -> pl.DataFrame:
    """A row per row and indicator: the key columns, then `indicator`, `value`, `status`, `label` and `unit`.

    Values are Int64 where all indicators are, text where one is text (or a whole number is too large for Float64 to
    hold exactly), else Float64. A name that a key column has gets `__indicator` after it.
    """
    keys = [column.name for column in assembled.columns if column.kind not in ("indicator", "status")]
    values = [column for column in assembled.columns if column.kind == "indicator"]
    statuses = [column.name for column in assembled.columns if column.kind == "status"]
    dtype = common_type([assembled.frame[column.name] for column in values])
    taken = set(keys)
    names = {name: unique(f"{name}_", "indicator", taken) if name in taken else name for name in _LONG}
    frames = []
    for place, column in enumerate(values):
        status = [pl.col(statuses[place]).alias(names["status"])] if statuses else []
        frames.append(
            assembled.frame.select(
                pl.int_range(pl.len()).alias("\0row"),
                *keys,
                pl.lit(column.name, pl.Categorical).alias(names["indicator"]),
                pl.col(column.name).cast(dtype).alias(names["value"]),
                *status,
                pl.lit(column.label, pl.Categorical).alias(names["label"]),
                pl.lit(None if column.unit is None else str(column.unit), pl.Categorical).alias(names["unit"]),
            )
        )
    if not frames:
        return assembled.frame.clear()
    return pl.concat(frames).sort("\0row", maintain_order=True).drop("\0row")


_LONG = ("indicator", "value", "status", "label", "unit")


def common_type(columns: Sequence[pl.Series]) -> pl.DataType | type[pl.DataType]:
    """The type that holds the values of all columns exactly."""
    kinds = {column.dtype for column in columns}
    if len(kinds) == 1:
        return kinds.pop()
    if any(not kind.is_numeric() for kind in kinds) or any(map(_is_past_float, columns)):
        return pl.String
    return pl.Float64


def _is_past_float(column: pl.Series) -> bool:
    return column.dtype.is_integer() and bool((~column.is_between(-_EXACT, _EXACT)).any())


def _ids(assembled: Assembled) -> list[tuple[str, pl.Series]]:
    """Names of label columns, and the ids of their rows."""
    names = [column.name for column in assembled.columns]
    found = []
    for axis in assembled.layout.axes:
        own, names = names[: len(axis.columns)], names[len(axis.columns) :]
        codes = assembled.codes[axis.field]
        for name, ids in zip(own[::-1], _texts(axis), strict=False):
            found.append((name, ids.cast(pl.Categorical).gather(codes)))
    return found


def _texts(axis: Axis) -> list[pl.Series]:
    """Ids of an axis's codes, for its last column first."""
    if axis.field != PERIOD:
        return [axis.ids]
    parts = axis.ids.str.split_exact("|", 1).struct
    return [parts.field("field_1"), parts.field("field_0")]
