"""Columns of a Delta table: names that others refuse, types that change between versions, the order of labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import TypeAlias

import polars as pl

from ..errors import LakeError
from ..table.columns import ColumnInfo, Schema
from ..table.dimensions import LEVEL

Types: TypeAlias = dict[str, pl.DataType]
"""Columns in order, each with its type."""

_REFUSED = frozenset(" ,;{}()\n\t=")
"""Signs that Spark takes in no name of a column of a Delta table."""

_WIDER: Mapping[type[pl.DataType], pl.DataType] = {
    pl.UInt8: pl.Int16(),
    pl.UInt16: pl.Int32(),
    pl.UInt32: pl.Int64(),
    pl.Categorical: pl.String(),
    pl.Enum: pl.String(),
}
"""Types that Delta has not, and those that hold their values."""

_NAMES: Mapping[type[pl.DataType], str] = {
    pl.Int8: "byte",
    pl.Int16: "short",
    pl.Int32: "integer",
    pl.Int64: "long",
    pl.Float32: "float",
    pl.Float64: "double",
    pl.String: "string",
}
"""Names that Delta has for types."""

EXACT = 2**53
"""Whole numbers up to it are floats without loss."""

MOST_LABELS = 1_000
"""Labels of a column whose order is noted: a log has it in each commit, and of schools there are tens of thousands."""


def odd_names(names: Sequence[str]) -> str:
    """Names that Spark does not take, in words; "" where it takes all."""
    return ", ".join(repr(name) for name in names if not _REFUSED.isdisjoint(name))


def case_clashes(names: Sequence[str]) -> str:
    """Names that differ in case only, which no Delta table has; "" where there are none."""
    folded: dict[str, list[str]] = {}
    for name in names:
        folded.setdefault(name.lower(), []).append(name)
    return "; ".join(", ".join(map(repr, same)) for same in folded.values() if len(same) > 1)


def stored(schema: Mapping[str, pl.DataType]) -> Types:
    """The types in which a table holds columns.

    Raises:
        LakeError: Delta has no type for one.
    """
    types = {name: _WIDER.get(type_.base_type(), type_) for name, type_ in schema.items()}
    for name, type_ in types.items():
        if type_.base_type() not in (*_NAMES, pl.Decimal):
            raise LakeError(
                f"the column {name!r} is {type_}, and Delta tables have no such type: cast it, or leave its type to "
                "the metadata"
            )
    return types


def name_of(type_: pl.DataType) -> str:
    """The name that Delta has for a type of a table."""
    if isinstance(type_, pl.Decimal):
        return f"decimal({type_.precision},{type_.scale})"
    return _NAMES[type_.base_type()]


def merged(before: Types, now: Types, *, path: str) -> Types:
    """Columns of a table after a version that has some: its own first, then those of the table that it has not.

    A column that the table has keeps its type or gets a wider one, so that what was written for the table goes on.

    Raises:
        LakeError: The types of a column have none in common.
    """
    found: Types = {}
    wrong = []
    for name, type_ in now.items():
        wider = _common(before.get(name, type_), type_)
        if wider is None:
            wrong.append(f"  {name}: {before[name]} in the table, {type_} now")
        else:
            found[name] = wider
    if wrong:
        raise LakeError(
            "columns of this version have other types than in the table, and no type that holds both (whole numbers "
            "become decimals, and nothing else becomes another):\n"
            + "\n".join(wrong)
            + f"\nthe table:   {_shown(before)}\nthis version: {_shown(now)}\n"
            "write it to another folder, where a table begins with it",
            path=path,
        )
    return found | {name: type_ for name, type_ in before.items() if name not in found}


def _common(one: pl.DataType, other: pl.DataType) -> pl.DataType | None:
    if one == other:
        return one
    numbers = (one, other)
    if all(type_.is_integer() for type_ in numbers):
        return pl.Int64()
    if all(type_.is_integer() or type_.is_float() for type_ in numbers):
        return pl.Float64()
    return None


def _shown(types: Types) -> str:
    return ", ".join(f"{name} {type_}" for name, type_ in types.items())


def labels_in_order(schema: Schema, columns: Sequence[ColumnInfo]) -> dict[str, list[str]]:
    """The labels that metadata has for columns of key fields, by the column's name in the frame, in its order."""
    names = iter([column.name for column in columns])
    found: dict[str, list[str]] = {}
    for dimension in schema.dimensions:
        # periods and levels have no place of their own in metadata's lists of options
        categories = sorted(dimension.categories, key=lambda category: category.position)
        if dimension.field == LEVEL:
            places = {str(level.code): place for place, level in enumerate(schema.meta.levels)}
            categories.sort(key=lambda category: places.get(category.id or "", len(places)))
        for place, name in enumerate(islice(names, len(dimension.columns))):
            found[name] = _texts(category.cells[place] for category in categories)
    return found


def labels_of_enums(frame: pl.DataFrame) -> dict[str, list[str]]:
    """The labels of a frame's columns that have them in their type."""
    return {name: type_.categories.to_list() for name, type_ in frame.schema.items() if isinstance(type_, pl.Enum)}


def completed(frame: pl.LazyFrame, labels: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Labels in order for columns that are of few, with those that a frame has besides behind them."""
    found: dict[str, list[str]] = {}
    for place, (name, type_) in enumerate(frame.collect_schema().items()):
        known = labels.get(name, ())
        if type_.base_type() in (pl.Categorical, pl.Enum) and 0 < len(known) <= MOST_LABELS:
            # not by its name, which Polars may take for a pattern
            there = frame.select(pl.nth(place).cast(pl.String).unique()).collect().to_series().drop_nulls().sort()
            found[name] = _texts([*known, *there])
    return {name: texts for name, texts in found.items() if len(texts) <= MOST_LABELS}


def _texts(cells: Iterable[str | None]) -> list[str]:
    return [*dict.fromkeys(cell for cell in cells if cell is not None)]
