"""Names of the columns of a frame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, TypeAlias

import attrs

from ..models.enums import IndicatorUnit
from ..query.args import Names, Values
from .columns import Schema

ColumnKind: TypeAlias = Literal["time", "level", "location", "filter", "indicator", "status"]


@attrs.frozen(kw_only=True)
class ColumnInfo:
    """What a column of a frame holds.

    Attributes:
        name: Its heading in the frame.
        column: Its name in the data file; of a status, that of its indicator.
        label: Its name in words.
        kind: What it holds.
        unit: Unit of an indicator, or None.
        decimal_places: Decimal places that metadata advises for an indicator, or None.
        hint: Advice of the metadata, or "".
    """

    name: str
    column: str
    label: str
    kind: ColumnKind
    unit: IndicatorUnit | None = None
    decimal_places: int | None = None
    hint: str = ""


@lru_cache(maxsize=8)  # as many as there are schemas: the next question is often about the same columns
def columns_of(schema: Schema, values: Values, names: Names) -> tuple[ColumnInfo, ...]:
    """The columns of a frame in order, each with a heading of its own.

    A name that is taken gets the kind of its column after it (`region_name__filter`). A status is called
    `<column>_status`, or `<column>__status` where the data set has a column of that name.
    """
    columns = tuple(_columns(schema, values))
    headings = _words(schema, columns) if names == "label" else _file_names(schema, columns)
    return tuple(attrs.evolve(column, name=name) for column, name in zip(columns, headings, strict=True))


def unique(name: str, suffix: str, taken: set[str]) -> str:
    """The name with underscores and the suffix after it, as many as it takes to be none of those taken; takes it."""
    name += "_"
    while name + suffix in taken:
        name += "_"
    taken.add(name + suffix)
    return name + suffix


def _columns(schema: Schema, values: Values) -> Iterator[ColumnInfo]:
    for dimension in schema.dimensions:
        for column, label in zip(dimension.columns, dimension.labels, strict=True):
            yield ColumnInfo(name="", column=column, label=label, kind=dimension.kind, hint=dimension.hint)
    for indicator in schema.indicators:
        yield ColumnInfo(
            name="",
            column=indicator.column,
            label=indicator.label,
            kind="indicator",
            unit=indicator.unit,
            decimal_places=indicator.decimal_places,
        )
        if values == "typed":
            yield ColumnInfo(name="", column=indicator.column, label=f"{indicator.label} status", kind="status")


def _file_names(schema: Schema, columns: tuple[ColumnInfo, ...]) -> list[str]:
    own = {column.column for column in columns}.union(item.column for item in schema.meta.indicators)
    taken: set[str] = set()
    names: dict[int, str] = {}
    for place, column in enumerate(columns):
        if column.kind == "status":
            continue
        name = column.column
        if name in taken:
            name = unique(f"{name}_", column.kind, taken | own)
        taken.add(name)
        names[place] = name
    taken |= own
    for place, column in enumerate(columns):
        if column.kind == "status":
            names[place] = unique(names[place - 1], "status", taken)
    return [names[place] for place in range(len(columns))]


def _words(schema: Schema, columns: tuple[ColumnInfo, ...]) -> list[str]:
    asked = {column.column for column in columns if column.kind == "indicator"}
    counts = Counter(column.label for column in columns)
    counts.update(item.label for item in schema.meta.indicators if item.column not in asked)
    taken: set[str] = set()
    names = []
    for column in columns:
        name = column.label if counts[column.label] == 1 else f"{column.label} ({column.column})"
        if name in taken:
            name = unique(f"{name}_", column.kind, taken)
        taken.add(name)
        names.append(name)
    return names
