"""Metadata items by name: in brackets, and as attributes that notebooks complete."""

from __future__ import annotations

import difflib
import keyword
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeVar, overload

import attrs

from ..errors import AmbiguousLabelError, UnknownLabelError
from .enums import GeographicLevel, IndicatorUnit
from .names import Entry, NameIndex, listed
from .periods import TimePeriod

if TYPE_CHECKING:
    import polars as pl

T = TypeVar("T")

_SEPARATORS = re.compile(r"[\s_,;:'()-]+")
"""Signs that an identifier may leave out; all others count: `Level 3` is not `Level 3+`."""


def names_of(item: Any) -> tuple[str, ...]:
    """Names by which an item is found, its label first: label, column, code of a level or location."""
    about = _field(item, "level") or item
    if (period := _field(about, "period")) is not None:
        # its code says its kind: it is no name
        return tuple(str(name) for name in (about.label, period) if name)
    return tuple(str(name) for field in ("label", "column", "code") if (name := _field(about, field)) is not None)


def _field(item: object, name: str) -> Any:
    """A field, or None; not one of the names that an item has for its options."""
    return getattr(item, name) if hasattr(type(item), name) else None


def pick(items: Sequence[T], name: str, what: str) -> T:
    """The item of that name: exactly, else folded.

    Args:
        items: What there is.
        name: Label, column, code or id.
        what: What the items are, for messages.

    Raises:
        UnknownLabelError: There is none; the message lists the nearest.
        AmbiguousLabelError: There are several.
    """
    exact = [item for item in items if name in names_of(item) or name in _ids(item)]
    if len(exact) == 1:
        # at once, without folding what may be tens of thousands of names
        return exact[0]
    index = NameIndex(Entry(thing=item, labels=names_of(item), ids=_ids(item)) for item in items)
    found = index.find(name)
    if len(found) == 1:
        return found[0].thing
    if found:
        shown = [f"{entry.labels[0]} ({', '.join(entry.ids or entry.labels[1:])})" for entry in found]
        raise AmbiguousLabelError(f"{name!r} fits several: {listed(shown)}; name one by its id", candidates=shown)
    nearest = listed(index.nearest(name))
    raise UnknownLabelError(
        f"there is no {what} {name!r}; " + (f"the nearest: {nearest}" if nearest else "there is none at all"),
        unknown=[name],
    )


def _ids(item: object) -> tuple[str, ...]:
    codes = _field(item, "codes") or {}
    return tuple(name for name in (_field(item, "id"), *codes.values()) if name)


def attributes(items: Iterable[T], taken: Iterable[str] = ()) -> dict[str, T]:
    """Items by the identifiers that stand for exactly one of them, in order.

    An identifier is made of the column, or else of the label. Names with signs that an identifier cannot have, names
    of which two make the same identifier, and those that are taken have none.
    """
    pairs = [(identifier(_field(item, "column") or names_of(item)[0]), item) for item in items]
    often = Counter(name for name, _ in pairs)
    kept = set(taken)
    return {name: item for name, item in pairs if name and often[name] == 1 and name not in kept}


def identifier(text: str) -> str:
    """The identifier that a name makes: small letters, with `_` for what separates words; "" where it makes none."""
    words = _SEPARATORS.sub("_", unicodedata.normalize("NFC", text).casefold().replace("&", "and")).strip("_")
    # Python reads identifiers in NFKC, in which other signs may become the same
    plain = unicodedata.normalize("NFKC", words) == words and not text.lstrip().startswith(("-", "("))
    return words if plain and words.isidentifier() and not keyword.iskeyword(words) else ""


class ByName:
    """Has items that are found by name: as attributes, for people; type checkers know none of them."""

    __slots__ = ()

    def _items(self) -> Sequence[Any]:
        raise NotImplementedError

    def _ipython_key_completions_(self) -> list[str]:
        return list(dict.fromkeys(names_of(item)[0] for item in self._items()))

    def __dir__(self) -> list[str]:
        own = list(super().__dir__())
        return [*own, *attributes(self._items(), own)]

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            # fields that are not set yet, and what notebooks look for, are no names of items
            if not name.startswith("_") and not hasattr(type(self), name):
                found = attributes(self._items())
                if name in found:
                    return found[name]
                near = difflib.get_close_matches(name, found, n=5, cutoff=0.3) or list(found)[:5]
                advice = f"; the nearest: {', '.join(near)}" if near else ""
                raise AttributeError(f"no {name!r} among the names here{advice}", name=name, obj=self)
            raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}", name=name, obj=self)


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
        from .html import items_text

        return items_text(self)

    def _repr_html_(self) -> str:
        from .html import items_html

        return items_html(self)

    def _items(self) -> tuple[T_co, ...]:
        return self

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
        return pl.DataFrame(rows, infer_schema_length=None)


@attrs.frozen(kw_only=True)
class FilterOption:
    """A value of a filter."""

    id: str
    label: str


@attrs.frozen(kw_only=True)
class Filter(ByName):
    """A filter: a column of the data file that divides the rows.

    `filter_["SEN support"]` is the option of that label or id; notebooks complete `filter_.sen_support`.

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

    def __getitem__(self, name: str) -> FilterOption:
        return pick(self.options, name, f"option of filter {self.label!r}")

    def _repr_html_(self) -> str:
        from .html import filter_html

        return filter_html(self)

    def _items(self) -> tuple[FilterOption, ...]:
        return self.options


@attrs.frozen(kw_only=True)
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


@attrs.frozen(kw_only=True)
class Level:
    """A geographic level with its name in words."""

    code: GeographicLevel
    label: str


@attrs.frozen(kw_only=True)
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


CODE_NAMES = ("code", "old_code", "urn", "la_estab", "ukprn")
"""Attributes of `LocationOption` that hold codes."""

WIRE_NAMES = {
    "id": "id",
    "code": "code",
    "old_code": "oldCode",
    "urn": "urn",
    "la_estab": "laEstab",
    "ukprn": "ukprn",
}
"""What metadata and queries call the attributes of `LocationOption` that a location is found by."""

ATTRIBUTES = {name: attribute for attribute, name in WIRE_NAMES.items()}
"""The attributes by those names."""


@attrs.frozen(kw_only=True)
class LocationGroup(ByName):
    """The locations of one level; `group["Camden"]` is the one of that name, code or id."""

    level: Level
    options: tuple[LocationOption, ...] = attrs.field(default=(), repr=shortened)

    def __getitem__(self, name: str) -> LocationOption:
        return pick(self.options, name, f"location at level {self.level.label!r}")

    def _repr_html_(self) -> str:
        from .html import group_html

        return group_html(self)

    def _items(self) -> tuple[LocationOption, ...]:
        return self.options


# of no type of items, as mypy does not see through a generic converter
def _items(items: Iterable[Any]) -> MetaItems[Any]:
    return MetaItems(items)


@attrs.frozen(kw_only=True, repr=False)
class Meta:
    """Metadata of one data set version.

    Attributes:
        filters: Filters with their options, by label.
        indicators: Indicators, by label.
        levels: Geographic levels that rows have.
        locations: Locations by level; also of levels that rows lie in without having rows of their own.
        periods: Time periods, in the order in which the service sent them (by code text, then period).
    """

    filters: MetaItems[Filter] = attrs.field(factory=MetaItems, converter=_items)
    indicators: MetaItems[Indicator] = attrs.field(factory=MetaItems, converter=_items)
    levels: MetaItems[Level] = attrs.field(factory=MetaItems, converter=_items, metadata={"wire": "geographicLevels"})
    locations: MetaItems[LocationGroup] = attrs.field(factory=MetaItems, converter=_items)
    periods: MetaItems[TimePeriod] = attrs.field(factory=MetaItems, converter=_items, metadata={"wire": "timePeriods"})

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
        return self._levels.get(code)

    def group(self, level: str) -> LocationGroup | None:
        """The locations of the level with a code; None where it has none."""
        return self._groups.get(level)

    def location(self, level: str, id_: str) -> LocationOption | None:
        """The location with an id at the level with a code; None where there is none."""
        return self._locations.get((level, id_))

    def period(self, period: str, code: str) -> TimePeriod | None:
        """The time period with a period, such as `2023/2024`, and a code; None where there is none."""
        return self._periods.get((period, code))

    # built at first use: metadata may have tens of thousands of options and locations

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
    def _levels(self) -> dict[str, Level]:
        levels = [*(group.level for group in self.locations), *self.levels]
        return {str(level.code): level for level in levels}

    @cached_property
    def _groups(self) -> dict[str, LocationGroup]:
        return {str(group.level.code): group for group in self.locations}

    @cached_property
    def _locations(self) -> dict[tuple[str, str], LocationOption]:
        return {(level, option.id): option for level, group in self._groups.items() for option in group.options}

    @cached_property
    def _periods(self) -> dict[tuple[str, str], TimePeriod]:
        return {(period.period, str(period.code)): period for period in self.periods}

    def __repr__(self) -> str:
        from .html import meta_text

        return meta_text(self)

    def _repr_html_(self) -> str:
        from .html import meta_html

        return meta_html(self)


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
