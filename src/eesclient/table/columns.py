"""The columns of a frame: its key fields, dictionary-encoded as codes into their categories in metadata; its headings.

Fields are named as the service's sorts name them: `timePeriod`, `geographicLevel`, `location|<LEVEL>`, `filter|<id>`
(reference, section 12). Categories stand in canonical order, so that codes can be sorted instead of texts.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal, TypeAlias

import attrs
import polars as pl

from ..models.enums import LEVEL_ORDER, GeographicLevel, IndicatorUnit
from ..models.meta import Filter, Indicator, LocationOption, Meta, beside
from ..models.periods import TimeIdentifier, TimePeriod
from ..query.args import Names, Values
from ..query.question import Query

PERIOD = "timePeriod"
LEVEL = "geographicLevel"
LOCATION = "location|"
FILTER = "filter|"
INDICATOR = "indicator|"

_SCHEMAS = 64
"""Choices of indicators whose schemas are kept for each metadata."""

GROUPS = {"locations": LOCATION, "filters": FILTER, "values": INDICATOR}
"""Members of a result row that hold fields by id, and what those fields are called."""

Kind: TypeAlias = Literal["time", "level", "location", "filter"]
ColumnKind: TypeAlias = Literal["time", "level", "location", "filter", "indicator", "status"]
Cells: TypeAlias = tuple[str | None, ...]


@attrs.frozen(kw_only=True)
class Category:
    """A value that a key field can have; `cells` are its texts, one for each column of the field."""

    # as answers name it (a period: `2023/2024|AY`); None for a value of the data file that metadata lacks
    id: str | None
    cells: Cells
    # what it is ordered by: one cell after another by code point, empty ones first, if nothing else
    key: tuple[Any, ...] = attrs.field(
        default=attrs.Factory(
            lambda self: tuple((cell is not None, cell or "") for cell in self.cells), takes_self=True
        ),
        eq=False,
    )
    # place in the metadata, which the service sorts by; past all others for a value that it lacks
    position: int = attrs.field(default=2**31, eq=False)


def _in_order(categories: Iterable[Category]) -> tuple[Category, ...]:
    # of several with one id the first counts, hence from behind
    once = {category.cells if category.id is None else category.id: category for category in [*categories][::-1]}
    return tuple(sorted(once.values(), key=lambda category: category.key))


@attrs.define(kw_only=True, eq=False, slots=False)
class Dimension:
    """A key field with its categories in canonical order, and its columns' names in the data file and in words."""

    field: str
    kind: Kind
    columns: tuple[str, ...]
    labels: tuple[str, ...]
    hint: str = ""
    categories: tuple[Category, ...] = attrs.field(default=(), converter=_in_order)

    @cached_property
    def ids(self) -> pl.Series:
        """Id of each code."""
        return pl.Series([category.id for category in self.categories], dtype=pl.String)

    @cached_property
    def enum(self) -> pl.Enum:
        """Type that turns ids into codes."""
        return pl.Enum(self.ids)

    @cached_property
    def encoding(self) -> pl.Expr:
        """What turns its column of ids into codes, null where an id is not known."""
        return pl.col(self.field).cast(self.enum, strict=False).to_physical()

    @cached_property
    def ranks(self) -> pl.Series:
        """Canonical rank of each code, from 1; categories that read the same share one."""
        ranks = {key: rank for rank, key in enumerate(dict.fromkeys(category.key for category in self.categories), 1)}
        return pl.Series([ranks[category.key] for category in self.categories], dtype=pl.UInt64)

    @cached_property
    def size(self) -> int:
        """Number of ranks, with that of a row that has no such field, 0."""
        return self.ranks.n_unique() + 1

    @cached_property
    def positions(self) -> pl.Series:
        """Place in the metadata of each code."""
        return pl.Series([category.position for category in self.categories], dtype=pl.UInt32)

    @cached_property
    def texts(self) -> list[pl.Series]:
        """Text of each code, column by column, as `pl.Categorical`."""
        cells = [[category.cells[place] for category in self.categories] for place in range(len(self.columns))]
        return [pl.Series(texts, dtype=pl.Categorical) for texts in cells]

    def unknown(self, identifier: str) -> Category:
        """A category for an id that metadata lacks: its text stands for its label."""
        if self.kind == "time":
            period, _, code = identifier.partition("|")
            return period_category(TimePeriod(code=TimeIdentifier(code), period=period))
        cells: Cells = (*(None for _ in self.columns[1:]), identifier)
        if self.kind == "level":
            cells = (GeographicLevel(identifier).columns.label,)
        return Category(id=identifier, cells=cells)

    def recoded(self, wider: Dimension, unknown: Iterable[Category]) -> pl.Series:
        """Codes in `wider` of this dimension's codes, those after them being of the unknown ones."""
        codes = {category: code for code, category in enumerate(wider.categories)}
        return pl.Series([codes[category] for category in (*self.categories, *unknown)], dtype=pl.UInt32)


@attrs.frozen(kw_only=True, eq=False)
class EncodedRows:
    """Rows as codes: what each page and the data file are turned into.

    Attributes:
        frame: Column `<field>` of codes for each key field (null where the row has none), and column
            `indicator|<id>` of text for each indicator.
        unknown: Categories that metadata lacks, by field; their codes follow those of the dimension.
    """

    frame: pl.DataFrame
    unknown: Mapping[str, tuple[Category, ...]] = attrs.field(factory=dict)


@attrs.define(kw_only=True, eq=False, slots=False)
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


def location_dimension(level: GeographicLevel, label: str, options: Iterable[LocationOption] = ()) -> Dimension:
    """The field of a level's locations (reference, section 15)."""
    columns = level.columns
    attributes = [*(attribute for _, attribute in columns.codes), "label"]
    return Dimension(
        field=f"{LOCATION}{level}",
        kind="location",
        columns=columns.all,
        labels=(*(f"{label} {_CODE_WORDS[attribute]}" for attribute in attributes[:-1]), label),
        categories=(
            Category(id=option.id, cells=tuple(getattr(option, name) for name in attributes), position=position)
            for position, option in enumerate(options)
        ),
    )


def filter_dimension(item: Filter) -> Dimension:
    """The field of a filter."""
    return Dimension(
        field=f"{FILTER}{item.id}",
        kind="filter",
        columns=(item.column,),
        labels=(item.label,),
        hint=item.hint,
        categories=(
            Category(id=option.id, cells=(option.label,), position=position)
            for position, option in enumerate(item.options)
        ),
    )


def unknown_dimension(field: str) -> Dimension:
    """A field that answers have and metadata lacks: its id stands for its name."""
    if field.startswith(LOCATION):
        level = GeographicLevel(field.removeprefix(LOCATION))
        return location_dimension(level, level.columns.label)
    identifier = field.removeprefix(FILTER)
    return filter_dimension(Filter(id=identifier, column=identifier, label=identifier))


def period_category(period: TimePeriod, cells: Cells | None = None) -> Category:
    """The category of a time period, in the service's order (reference, section 14)."""
    return Category(
        id=f"{period.period}|{period.code}",
        cells=cells or (period.csv or None, period.code.label or None),
        key=period.sort_key,
    )


_CODE_WORDS = {"code": "code", "old_code": "old code", "urn": "URN", "la_estab": "LAESTAB", "ukprn": "UKPRN"}


def dimensions_of(meta: Meta) -> tuple[Dimension, ...]:
    """The key fields of metadata, made once: there may be tens of thousands of locations."""
    made = beside(meta)
    if "dimensions" not in made:
        made["dimensions"] = tuple(_dimensions(meta))
    found: tuple[Dimension, ...] = made["dimensions"]
    return found


def layout_of(meta: Meta) -> str:
    """Digest of what codes mean: field by field the ids in their order."""
    made = beside(meta)
    if "layout" not in made:
        meaning = [[item.field, [category.id for category in item.categories]] for item in dimensions_of(meta)]
        made["layout"] = hashlib.sha256(json.dumps(meaning).encode()).hexdigest()
    return str(made["layout"])


def _dimensions(meta: Meta) -> Iterator[Dimension]:
    yield Dimension(
        field=PERIOD,
        kind="time",
        columns=("time_period", "time_identifier"),
        labels=("Time period", "Time identifier"),
        categories=map(period_category, meta.periods),
    )
    # data files write the level's own name, whatever metadata calls it
    levels = {level.code: level.code.columns.label if level.code.is_known else level.label for level in meta.levels}
    yield Dimension(
        field=LEVEL,
        kind="level",
        columns=("geographic_level",),
        labels=("Geographic level",),
        categories=(Category(id=str(code), cells=(label,)) for code, label in levels.items()),
    )
    groups = [group for group in meta.locations if group.options]
    # levels that are new come after those that are known
    groups.sort(key=lambda group: (LEVEL_ORDER.get(str(group.level.code), len(LEVEL_ORDER)), str(group.level.code)))
    for group in groups:
        yield location_dimension(group.level.code, group.level.label, group.options)
    yield from map(filter_dimension, meta.filters)


# Headings


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
