"""Key fields, dictionary-encoded as codes into their categories in metadata.

Fields are named as the service's sorts name them: `timePeriod`, `geographicLevel`, `location|<LEVEL>`, `filter|<id>`
(reference, section 12). Categories stand in canonical order, so that codes can be sorted instead of texts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, Literal, TypeAlias

import attrs
import polars as pl

from .._classes import define, frozen
from ..models.columnar import Columns, Positions
from ..models.enums import LEVEL_ORDER, GeographicLevel
from ..models.meta import Filter, LocationOption, Meta, beside, location_columns
from ..models.periods import TimeIdentifier, TimePeriod

PERIOD = "timePeriod"
LEVEL = "geographicLevel"
LOCATION = "location|"
FILTER = "filter|"

Kind: TypeAlias = Literal["time", "level", "location", "filter"]
Cells: TypeAlias = tuple[str | None, ...]


@frozen(kw_only=True)
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


@define(kw_only=True, eq=False, slots=False)
class Dimension:
    """A key field with its categories in canonical order, and its columns' names in the data file and in words."""

    field: str
    kind: Kind
    columns: tuple[str, ...]
    labels: tuple[str, ...]
    hint: str = ""
    _categories: tuple[Category, ...] = attrs.field(default=(), converter=_in_order, alias="categories")
    # in their place, of locations, of which there may be tens of thousands: as `listed` gives it
    _listed: pl.DataFrame | None = attrs.field(default=None, alias="listed")

    @cached_property
    def categories(self) -> tuple[Category, ...]:
        """What each code stands for, in order."""
        if self._listed is None:
            return self._categories
        return tuple(
            Category(id=id_, position=position, cells=tuple(cells))
            for id_, position, *cells in self._listed.iter_rows()
        )

    @cached_property
    def ids(self) -> pl.Series:
        """Id of each code."""
        if self._listed is not None:
            return self._listed["id"]
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
        if self._listed is not None:
            texts = map(pl.col, self._listed.columns[2:])
            changes = (pl.int_range(pl.len()) == 0).or_(*(text.ne_missing(text.shift()) for text in texts))
            return self._listed.select(changes.cum_sum().cast(pl.UInt64)).to_series()
        ranks = {key: rank for rank, key in enumerate(dict.fromkeys(category.key for category in self.categories), 1)}
        return pl.Series([ranks[category.key] for category in self.categories], dtype=pl.UInt64)

    @cached_property
    def size(self) -> int:
        """Number of ranks, with that of a row that has no such field, 0."""
        return self.ranks.n_unique() + 1

    @cached_property
    def positions(self) -> pl.Series:
        """Place in the metadata of each code."""
        if self._listed is not None:
            return self._listed["position"]
        return pl.Series([category.position for category in self.categories], dtype=pl.UInt32)

    @cached_property
    def codes(self) -> Positions:
        """The code of each id."""
        return Positions(self.ids.to_list())

    @cached_property
    def texts(self) -> list[pl.Series]:
        """Text of each code, column by column, as `pl.Categorical`."""
        if self._listed is not None:
            return [text.cast(pl.Categorical) for text in self._listed.get_columns()[2:]]
        cells = [[category.cells[place] for category in self.categories] for place in range(len(self.columns))]
        return [pl.Series(texts, dtype=pl.Categorical) for texts in cells]

    def read(self, codes: pl.Series) -> list[pl.Series]:
        """Texts of some codes, column by column."""
        # a few rows do not wait for the categories of all places
        if self._listed is not None and "texts" not in self.__dict__ and codes.len() < self._listed.height // 8:
            return [text[codes].cast(pl.Categorical) for text in self._listed.get_columns()[2:]]
        # through an expression, as `gather` has it, a few rows take ten times as long
        return [text[codes] for text in self.texts]

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


def location_dimension(level: GeographicLevel, label: str, options: Columns[LocationOption] | None = None) -> Dimension:
    """The field of a level's locations (reference, section 15)."""
    columns = level.columns
    attributes = [*(attribute for _, attribute in columns.codes), "label"]
    return Dimension(
        field=f"{LOCATION}{level}",
        kind="location",
        columns=columns.all,
        labels=(*(f"{label} {_CODE_WORDS[attribute]}" for attribute in attributes[:-1]), label),
        listed=None if options is None else _listed(options, attributes),
    )


def _listed(options: Columns[LocationOption], attributes: Sequence[str]) -> pl.DataFrame:
    """Locations in canonical order: `id`, `position` in the metadata, and a column for each attribute."""
    texts = {name: pl.Series(options.column(name), dtype=pl.String) for name in ("id", *attributes)}
    frame = pl.DataFrame({"id": texts["id"], "position": pl.int_range(len(options), dtype=pl.UInt32, eager=True)})
    frame = frame.with_columns(texts[name].alias(str(number)) for number, name in enumerate(attributes))
    last = pl.col("position")
    if texts["id"].n_unique() < frame.height:
        # of several with one id the first counts
        frame = frame.with_columns(last.max().over("id").alias("last")).unique("id", keep="first")
        last = pl.col("last")
    keys = map(str, range(len(attributes)))
    # of those that read the same, the last comes first
    descending = [*(False for _ in attributes), True]
    return frame.sort(*keys, last, descending=descending, nulls_last=False).drop("last", strict=False)


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
        meaning = [[item.field, item.ids.to_list()] for item in dimensions_of(meta)]
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
    groups = [group for group in meta.locations if len(location_columns(group))]
    # levels that are new come after those that are known
    groups.sort(key=lambda group: (LEVEL_ORDER.get(str(group.level.code), len(LEVEL_ORDER)), str(group.level.code)))
    for group in groups:
        yield location_dimension(group.level.code, group.level.label, location_columns(group))
    yield from map(filter_dimension, meta.filters)
