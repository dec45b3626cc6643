"""Metadata of a data set version: the names of what it holds (reference, section 9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeVar, overload

import attrs

from .._classes import frozen
from .columnar import Columns
from .enums import GeographicLevel, IndicatorUnit
from .html import captioned, items_html, items_text, options_html
from .names import ByName, pick
from .periods import TimePeriod

if TYPE_CHECKING:
    import polars as pl

T_co = TypeVar("T_co", covariant=True)


def shortened(options: tuple[Any, ...]) -> str:
    """How options stand in the repr of what has them: there may be tens of thousands."""
    return repr(options) if len(options) <= 3 else f"({options[0]!r}, … {len(options):,} in all)"


class MetaItems(ByName, tuple[T_co, ...]):
    """A tuple of metadata items that are also found by name, and can be shown as a frame.

    `filters["SEN provision"]` matches exactly, else folded, as names in questions do. In a notebook,
    `filters.sen_provision` completes: the names that make an identifier, each of one item only.
    """

    __slots__ = ()

    @overload
    def __getitem__(self, key: SupportsIndex | str, /) -> T_co: ...
    @overload
    def __getitem__(self, key: slice, /) -> tuple[T_co, ...]: ...
    def __getitem__(self, key: SupportsIndex | str | slice, /) -> T_co | tuple[T_co, ...]:
        return pick(self, key, self._kind()) if isinstance(key, str) else super().__getitem__(key)

    def __repr__(self) -> str:
        return items_text(self)

    def _repr_html_(self) -> str:
        return items_html(self)

    def _kind(self) -> str:
        return {"Indicator": "indicator", "TimePeriod": "time period", "Filter": "filter"}.get(
            type(self[0]).__name__ if self else "", "item"
        )

    def to_frame(self) -> pl.DataFrame:
        """One row per item; a filter has a row per option, a location group a row per location.

        Returns:
            A `polars.DataFrame` of text columns (decimal places: Int64), one row per item or option.
        """
        import polars as pl

        rows = [row for item in self for row in _rows(item)]
        # the first rows of a column may have nothing in it
        return pl.DataFrame(rows, infer_schema_length=None)


@frozen(kw_only=True)
class FilterOption:
    """A value of a filter."""

    id: str
    label: str


@frozen(kw_only=True)
class Filter(ByName):
    """A filter: a column of the data file that divides the rows.

    `filter_["SEN support"]` is the option of that label or id; notebooks complete `filter_.sen_support`. Iteration
    gives the options, and `"SEN support" in filter_` says whether there is such a one.

    Attributes:
        id: Its id in queries and answers.
        column: Its CSV column.
        label: Its name in words.
        hint: Advice to the user, or "".
        options: Its values, in the service's label order.
    """

    id: str
    column: str
    label: str
    hint: str = ""
    options: tuple[FilterOption, ...] = attrs.field(default=(), repr=shortened)

    def __iter__(self) -> Iterator[FilterOption]:
        return iter(self.options)

    def __getitem__(self, name: str) -> FilterOption:
        return pick(self.options, name, f"option of filter {self.label!r}")

    def _repr_html_(self) -> str:
        return captioned(f"{self.label} ({self.column})", f"id {self.id}", self.hint) + options_html(self.options)


@frozen(kw_only=True)
class Indicator:
    """An indicator: a column of the data file with figures.

    Attributes:
        id: Its id in queries and answers.
        column: Its CSV column.
        label: Its name in words.
        unit: Its unit, or None when the metadata file leaves it empty.
        decimal_places: Advice on how many decimal places to show, or None.
    """

    id: str
    column: str
    label: str
    unit: IndicatorUnit | None = None
    decimal_places: int | None = None


@frozen(kw_only=True)
class Level:
    """A geographic level with its name in words."""

    code: GeographicLevel
    label: str


@frozen(kw_only=True)
class LocationOption:
    """A location. Which codes it has depends on its level (reference, section 15)."""

    id: str
    label: str
    code: str | None = None
    old_code: str | None = None
    urn: str | None = None
    la_estab: str | None = None
    ukprn: str | None = None

    @property
    def codes(self) -> dict[str, str]:
        """Its codes by attribute name, those that it has."""
        return {name: value for name in CODE_NAMES if (value := getattr(self, name)) is not None}


_MEMBERS = tuple(field.name for field in attrs.fields(LocationOption))

CODE_NAMES = ("code", "old_code", "urn", "la_estab", "ukprn")
"""Attributes of `LocationOption` that hold codes."""

WIRE_NAMES = {"id": "id", "code": "code", "old_code": "oldCode", "urn": "urn", "la_estab": "laEstab", "ukprn": "ukprn"}
"""What metadata and queries call the attributes of `LocationOption` that a location is found by."""

ATTRIBUTES = {name: attribute for attribute, name in WIRE_NAMES.items()}
"""The attributes by those names."""


@frozen(kw_only=True)
class LocationGroup(ByName):
    """The locations of one level, in iteration too; `group["Camden"]` is the one of that name, code or id."""

    level: Level
    options: tuple[LocationOption, ...] = attrs.field(default=(), repr=shortened)
    _columns: Columns[LocationOption] | None = attrs.field(default=None, init=False, eq=False, repr=False)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            # those of thousands that were read are made when somebody wants all of them
            if name == "options":
                object.__setattr__(self, name, self._columns.items())
                return self.options
            return super().__getattr__(name)

    def __iter__(self) -> Iterator[LocationOption]:
        return iter(self.options)

    def __getitem__(self, name: str) -> LocationOption:
        return pick(self.options, name, f"location at level {self.level.label!r}")

    def _repr_html_(self) -> str:
        return captioned(f"{self.level.label} ({self.level.code})") + options_html(self.options)


def location_columns(group: LocationGroup) -> Columns[LocationOption]:
    """The locations of a group column by column, which makes none of them."""
    if group._columns is None:
        columns = Columns.of(LocationOption, group.options, _MEMBERS)
        # the group stays what it was
        object.__setattr__(group, "_columns", columns)
        return columns
    return group._columns


def group_of(level: Level, columns: Columns[LocationOption]) -> LocationGroup:
    """A group of locations that are made when they are wanted."""
    group = object.__new__(LocationGroup)
    object.__setattr__(group, "level", level)
    object.__setattr__(group, "_columns", columns)
    return group


# one converter to a field: type checkers do not see through a generic one
def _as_filters(items: Iterable[Filter]) -> MetaItems[Filter]:
    return MetaItems(items)


def _as_indicators(items: Iterable[Indicator]) -> MetaItems[Indicator]:
    return MetaItems(items)


def _as_levels(items: Iterable[Level]) -> MetaItems[Level]:
    return MetaItems(items)


def _as_locations(items: Iterable[LocationGroup]) -> MetaItems[LocationGroup]:
    return MetaItems(items)


def _as_periods(items: Iterable[TimePeriod]) -> MetaItems[TimePeriod]:
    return MetaItems(items)


@frozen(kw_only=True, repr=False)
class Meta:
    """Metadata of one data set version.

    Attributes:
        filters: Filters with their options, by label.
        indicators: Indicators, by label.
        levels: Geographic levels that rows have.
        locations: Locations by level; also of levels that rows lie in without having rows of their own.
        periods: Time periods, in the order in which the service sent them (by code text, then period).
    """

    filters: MetaItems[Filter] = attrs.field(factory=MetaItems, converter=_as_filters)
    indicators: MetaItems[Indicator] = attrs.field(factory=MetaItems, converter=_as_indicators)
    levels: MetaItems[Level] = attrs.field(
        factory=MetaItems, converter=_as_levels, metadata={"wire": "geographicLevels"}
    )
    locations: MetaItems[LocationGroup] = attrs.field(factory=MetaItems, converter=_as_locations)
    periods: MetaItems[TimePeriod] = attrs.field(
        factory=MetaItems, converter=_as_periods, metadata={"wire": "timePeriods"}
    )

    def filter(self, id_: str) -> Filter | None:
        """The filter with an id; None where there is none."""
        return self._filters.get(id_)

    def option(self, id_: str) -> FilterOption | None:
        """The option, of any filter, with an id; None where there is none."""
        return self._options[id_][1] if id_ in self._options else None

    def filter_of(self, option_id: str) -> Filter | None:
        """The filter that has the option with an id; None where none has it."""
        return self._options[option_id][0] if option_id in self._options else None

    def indicator(self, id_: str) -> Indicator | None:
        """The indicator with an id; None where there is none."""
        return self._indicators.get(id_)

    def level(self, code: str) -> Level | None:
        """The level with a code, whether rows are of it or only locations; None where there is none."""
        # rows may lie in places of levels that no row is of (reference, section 15)
        levels = (*self.levels, *(group.level for group in self.locations))
        return next((level for level in levels if str(level.code) == code), None)

    def group(self, level: str) -> LocationGroup | None:
        """The locations of the level with a code; None where it has none."""
        return self._groups.get(level)

    def location(self, level: str, id_: str) -> LocationOption | None:
        """The location with an id at the level with a code; None where there is none."""
        group = self._groups.get(level)
        found = () if group is None else location_columns(group).positions("id").of(id_)
        return location_columns(group).item(found[-1]) if group is not None and found else None

    def period(self, period: str, code: str) -> TimePeriod | None:
        """The time period with a period, such as `2023/2024`, and a code; None where there is none."""
        return self._periods.get((period, code))

    # built at first use: metadata may have tens of thousands of options and locations

    @cached_property
    def _beside(self) -> dict[Any, Any]:
        return {}

    @cached_property
    def _filters(self) -> dict[str, Filter]:
        return {filter_.id: filter_ for filter_ in self.filters}

    @cached_property
    def _options(self) -> dict[str, tuple[Filter, FilterOption]]:
        return {option.id: (filter_, option) for filter_ in self.filters for option in filter_.options}

    @cached_property
    def _indicators(self) -> dict[str, Indicator]:
        return {indicator.id: indicator for indicator in self.indicators}

    @cached_property
    def _groups(self) -> dict[str, LocationGroup]:
        return {str(group.level.code): group for group in self.locations[::-1]}

    @cached_property
    def _periods(self) -> dict[tuple[str, str], TimePeriod]:
        return {(period.period, str(period.code)): period for period in self.periods}

    @cached_property
    def _unmatchable(self) -> dict[tuple[str, str], TimePeriod]:
        """Periods that no query matches, by period and code."""
        return {key: period for key, period in self._periods.items() if not period.is_matchable}

    def __repr__(self) -> str:
        return "\n".join(map(items_text, filter(None, attrs.astuple(self, recurse=False)))) or "no metadata"

    def _repr_html_(self) -> str:
        return "\n".join(map(items_html, filter(None, attrs.astuple(self, recurse=False)))) or "<p>no metadata</p>"


def beside(meta: Meta) -> dict[Any, Any]:
    """What others make of metadata, by keys of their own: it is there for as long as this object is."""
    return meta._beside


def _rows(item: object) -> Iterator[dict[str, Any]]:
    match item:
        case Filter():
            head = {"filter_id": item.id, "filter_column": item.column, "filter": item.label, "hint": item.hint}
            yield from (head | {"option_id": o.id, "option": o.label} for o in item.options)
        case LocationGroup():
            head = {"level": str(item.level.code), "level_label": item.level.label}
            for option in item.options:
                yield head | {"id": option.id, "label": option.label} | {n: getattr(option, n) for n in CODE_NAMES}
        case Indicator():
            unit = None if item.unit is None else str(item.unit)
            head = {"id": item.id, "column": item.column, "label": item.label}
            yield head | {"unit": unit, "decimal_places": item.decimal_places}
        case Level():
            yield {"code": str(item.code), "label": item.label}
        case TimePeriod():
            yield {"code": str(item.code), "period": item.period, "label": item.label}
        case _:
            raise TypeError(f"no rows for {type(item).__name__}")
