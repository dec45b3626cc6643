"""The columns of a frame: its key fields as codes, its indicators, and their headings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Literal, TypeAlias

import attrs
import polars as pl

from .._classes import define, frozen
from ..models.enums import LEVEL_ORDER, GeographicLevel, IndicatorUnit
from ..models.meta import Indicator, Meta, beside
from ..query.args import Names, Values
from ..query.question import Query
from .dimensions import FILTER, LEVEL, LOCATION, PERIOD, Category, Dimension, dimensions_of, unknown_dimension

INDICATOR = "indicator|"

_SCHEMAS = 64
"""Choices of indicators whose schemas are kept for each metadata."""

GROUPS = {"locations": LOCATION, "filters": FILTER, "values": INDICATOR}
"""Members of a result row that hold fields by id, and what those fields are called."""

ColumnKind: TypeAlias = Literal["time", "level", "location", "filter", "indicator", "status"]


@frozen(kw_only=True, eq=False)
class EncodedRows:
    """Rows as codes: what each page and the data file are turned into.

    Attributes:
        frame: Column `<field>` of codes for each key field (null where the row has none), and column
            `indicator|<id>` of text for each indicator.
        unknown: Categories that metadata lacks, by field; their codes follow those of the dimension.
    """

    frame: pl.DataFrame
    unknown: Mapping[str, tuple[Category, ...]] = attrs.field(factory=dict)


@define(kw_only=True, eq=False, slots=False)
class Schema:
    """The fields of an answer, in the order of the frame's columns."""

    meta: Meta
    dimensions: tuple[Dimension, ...]
    indicators: tuple[Indicator, ...]

    # what `columns_of` made
    headings: dict[tuple[Values, Names], tuple[ColumnInfo, ...]] = attrs.field(factory=dict, init=False, repr=False)

    @cached_property
    def by_field(self) -> dict[str, Dimension]:
        """The key fields by name."""
        return {dimension.field: dimension for dimension in self.dimensions}

    @cached_property
    def fields(self) -> list[str]:
        """Names of the key fields: columns of codes."""
        return [dimension.field for dimension in self.dimensions]

    @cached_property
    def cells(self) -> list[str]:
        """Names of the columns that have the indicators' cells as text."""
        return [f"{INDICATOR}{indicator.id}" for indicator in self.indicators]

    def lacking(self, columns: Container[str]) -> Iterator[Dimension]:
        """Locations of levels that metadata lacks, and a data file has all columns of."""
        levels = (code for code in LEVEL_ORDER if all(map(columns.__contains__, GeographicLevel(code).columns.all)))
        return (unknown_dimension(field) for code in levels if (field := f"{LOCATION}{code}") not in self.by_field)

    @cached_property
    def row_types(self) -> dict[str, pl.DataType]:
        """Types of the members of a result row."""
        text = pl.String()
        names = [*self.fields, *self.cells]
        groups = {
            member: pl.Struct({name.removeprefix(prefix): text for name in names if name.startswith(prefix)})
            for member, prefix in GROUPS.items()
        }
        return {PERIOD: pl.Struct({"code": text, "period": text}), LEVEL: text, **groups}


def encode(
    texts: pl.DataFrame, dimensions: Sequence[Dimension]
) -> tuple[pl.DataFrame, dict[str, tuple[Category, ...]]]:
    """Codes of ids, a column for each dimension; and by field the categories that it lacks, whose codes follow."""
    # what an enum lacks becomes null, and is looked at below
    codes = texts.select_seq([dimension.encoding for dimension in dimensions])
    unknown: dict[str, tuple[Category, ...]] = {}
    for dimension in dimensions:
        ids = texts[dimension.field]
        if codes[dimension.field].null_count() > ids.null_count():
            added = ids.filter(codes[dimension.field].is_null() & ids.is_not_null()).unique(maintain_order=True)
            # the codes of an enum are places: what is added behind leaves those before as they are
            wider = pl.Enum(pl.concat([dimension.enum.categories.alias(dimension.field), added]))
            codes = codes.with_columns(ids.cast(wider).to_physical())
            unknown[dimension.field] = tuple(dimension.unknown(identifier) for identifier in added)
    return codes, unknown


def schema_of(query: Query) -> Schema:
    """The fields of answers to a question; made once for all questions about these indicators."""
    indicators = query.indicators or tuple(query.meta.indicators)
    schemas: dict[tuple[int, ...], Schema] = beside(query.meta).setdefault("schemas", {})
    # by identity, which stays theirs as the schema holds them: a hash would read all that each is
    key = tuple(map(id, indicators))
    found = schemas.get(key)
    if found is None:
        if len(schemas) >= _SCHEMAS:
            schemas.clear()
        schema = Schema(meta=query.meta, dimensions=dimensions_of(query.meta), indicators=indicators)
        found = schemas.setdefault(key, schema)
    return found


# Headings


@frozen(kw_only=True)
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


def columns_of(schema: Schema, values: Values, names: Names) -> tuple[ColumnInfo, ...]:
    """The columns of a frame in order, each with a heading of its own.

    A name that is taken gets the kind of its column after it (`region_name__filter`). A status is called
    `<column>_status`, or `<column>__status` where the data set has a column of that name.
    """
    # the next question is often about the same columns
    made = schema.headings
    if (values, names) not in made:
        columns = tuple(_columns(schema, values))
        headings = _words(schema, columns) if names == "label" else _file_names(schema, columns)
        made[values, names] = tuple(attrs.evolve(one, name=name) for one, name in zip(columns, headings, strict=True))
    return made[values, names]


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
    names = [column.column for column in columns]
    for place, column in enumerate(columns):
        if column.kind != "status":
            if column.column in taken:
                names[place] = unique(f"{column.column}_", column.kind, taken | own)
            taken.add(names[place])
    # statuses come last, so that no column of the file has to give way to one
    taken |= own
    for place, column in enumerate(columns):
        if column.kind == "status":
            names[place] = unique(names[place - 1], "status", taken)
    return names


def _words(schema: Schema, columns: tuple[ColumnInfo, ...]) -> list[str]:
    asked = {column.column for column in columns if column.kind == "indicator"}
    counts = Counter(column.label for column in columns)
    # also of indicators that are not asked for: a heading does not hang on what else is
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
