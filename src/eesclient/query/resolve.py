"""Labels to machine ids, with everything that is wrong said at once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from datetime import date, datetime
from functools import cached_property
from operator import attrgetter
from typing import TypeVar

import attrs

from .._classes import define
from ..errors import AmbiguousLabelError, ArgumentTypeError, QueryError, UnknownLabelError
from ..models.enums import GeographicLevel
from ..models.meta import Filter, FilterOption, Indicator, Level, LocationGroup, Meta, beside
from ..models.names import Entry, NameIndex, as_items, fold, listed, name_of, padded
from ..models.periods import TimePeriod, dates_of
from .facets import ORDERS, Between, Last
from .spellings import (
    Place,
    PlaceIndex,
    expand,
    in_order,
    nearest_periods,
    of_kind,
    period_index,
    several_kinds,
    shown,
    signed_otherwise,
    spanning,
)
from .tree import And, Comparator, Condition, Leaf, Node, Not, Or, PeriodKey, levels_of, own_rows

T = TypeVar("T")
N = TypeVar("N", Filter, Indicator)


@define
class Findings:
    """Names of one call that are not found or fit several things, collected so that one error can list them all."""

    unknown: list[tuple[str, str]] = attrs.field(factory=list)
    ambiguous: list[tuple[str, Sequence[str]]] = attrs.field(factory=list)
    hints: list[str] = attrs.field(factory=list)

    def raise_any(self) -> None:
        """Raise one error for all findings, if there are any."""
        if not self.unknown and not self.ambiguous:
            return
        lines = [line for _, line in self.unknown]
        lines += [f"{name!r} fits several: {listed(candidates)}" for name, candidates in self.ambiguous]
        if self.unknown:
            raise UnknownLabelError(_text(lines), unknown=[name for name, _ in self.unknown])
        advice = " ".join(["name the one you mean by its column, code or id", *self.hints[:1]])
        candidates = [candidate for _, found in self.ambiguous for candidate in found]
        raise AmbiguousLabelError(f"{_text(lines)}; {advice}", candidates=candidates)


def _text(lines: Sequence[str]) -> str:
    return lines[0] if len(lines) == 1 else "\n".join([f"{len(lines)} names do not match:", *lines])


class Resolver:
    """Finds what the names of one call stand for; those that do not match are collected in `findings`."""

    def __init__(self, meta: Meta) -> None:
        self.meta = meta
        self.findings: Findings = Findings()
        self._indexes = indexes_of(meta)

    def filter(self, name: str) -> Filter | None:
        """A filter by label, column or id."""
        return self.pick(self._indexes.filters, name, "filter")

    def option(self, filter_: Filter, name: str) -> FilterOption | None:
        """An option of a filter by label or id."""
        index = self._indexes.options(filter_)
        found = index.find(name)
        if len(found) == 1:
            return found[0].thing
        if found:
            self.findings.ambiguous.append((name, [f"{o.thing.label} ({o.thing.id})" for o in found]))
            return None
        elsewhere = [
            f"{other.label!r} of filter {other_filter.label!r}"
            for other_filter in self.meta.filters
            if other_filter is not filter_
            for other in other_filter.options
            if other.id == name or fold(other.label) == fold(name)
        ]
        zeros = _zeros(padded(name, (other.label for other in filter_.options)))
        self._unknown(name, f"filter {filter_.label!r} has no option {name!r}{zeros}", index.nearest(name), elsewhere)
        return None

    def indicator(self, name: str) -> Indicator | None:
        """An indicator by label, column or id."""
        return self.pick(self._indexes.indicators, name, "indicator")

    def level(self, name: str | GeographicLevel) -> Level | None:
        """A level that rows of the data set have, by code or label."""
        return self.pick(self._indexes.levels, str(name), "geographic level")

    def period(self, name: object, kind: str | None = None) -> TimePeriod | None:
        """A time period by any of its spellings; `kind` says of which kind, where a spelling may be of several."""
        if isinstance(name, TimePeriod):
            if name in self.meta.periods:
                return name
            # a period of another version, which may have the same with another label
            name = f"{name.period}|{name.code}"
        if isinstance(name, date):
            raise ArgumentTypeError(_day(name, self.meta.periods))
        name = name_of(name, "periods=", 'a time period such as "2023/24"')
        known = self.meta.periods if kind is None else of_kind(kind, self.meta.periods)
        index = self._indexes.periods if kind is None else period_index(known)
        found = [entry.thing for entry in index.find(name)] or signed_otherwise(name, known)
        if len(found) == 1:
            return found[0]
        if found:
            # of two that differ in how their year is stored, the service's own form means the one that it can match
            for period in found:
                if period.is_matchable and name == f"{period.period}|{period.code}":
                    return period
            self.findings.ambiguous.append((name, [*map(shown, found)]))
            return None
        text = f"the data set has no time period {name!r}"
        if fold(name) in ("latest", "last", "newest"):
            text += " (write ees.latest() for the latest one)"
        if either := spanning(name, self.meta.periods):
            text = f"{name!r} is a single year, and time periods of the data set span two"
        nearest = [shown(period) for period in either] or nearest_periods(name, self.meta.periods)
        self._unknown(name, text, nearest)
        return None

    def periods(self, asked: object) -> tuple[TimePeriod, ...]:
        """The periods that `periods=` stands for."""
        items = as_items(asked)
        found: dict[TimePeriod, None] = {}
        for item in [asked] if items is None else items:
            if isinstance(item, Between | Last):
                found |= dict.fromkeys(self._range(item))
            elif period := self.period(item):
                found[period] = None
        return tuple(found)

    def _range(self, asked: Between | Last) -> tuple[TimePeriod, ...]:
        if isinstance(asked, Last):
            return tuple(of_kind(asked.kind, self.meta.periods)[-asked.count :])
        first, last = (None if end is None else self.period(end, asked.kind) for end in (asked.first, asked.last))
        # an end that was not found is among the findings, and is no open end
        if (first is None) != (asked.first is None) or (last is None) != (asked.last is None):
            return ()
        return expand(asked, self.meta.periods, (first, last))

    def places(
        self, names: Iterable[str], levels: Sequence[Level] = (), group: LocationGroup | None = None
    ) -> tuple[Place, ...]:
        """Locations by name, code or id at any level; a code that stands under several names gives all of them."""
        index = self._indexes.places if group is None else self._indexes.places_of(group)
        found: dict[Hashable, Place] = {}
        codes = {str(level.code) for level in levels}
        for given in names:
            name = name_of(given, "places=")
            matches = index.find(name, codes)
            if not matches:
                elsewhere = [place.shown for place in self._indexes.places.find(name)]
                text = f"there is no location {name!r}{index.scope}{_zeros(index.padded(name))}"
                self._unknown(name, text, index.nearest(name), elsewhere)
            elif index.is_ambiguous(name, matches):
                self.findings.ambiguous.append((name, [place.shown for place in matches]))
                if len({place.level.code for place in matches}) > 1:
                    by_level = f"{matches[0].level.code}:{matches[0].option.label}"
                    self.findings.hints.append(f"or write its level before it, as in {by_level!r}")
            else:
                found |= {(place.level.code, place.option.id): place for place in matches}
        return tuple(found.values())

    def pick(self, index: NameIndex[T], name: str, what: str) -> T | None:
        """The thing that a name stands for in an index; None, and a finding, where that is not one thing."""
        name = name_of(name, f"{what}: ")
        found = index.find(name)
        if len(found) == 1:
            return found[0].thing
        if found:
            self.findings.ambiguous.append((name, [entry.shown for entry in found]))
        else:
            self._unknown(name, f"the data set has no {what} {name!r}", index.nearest(name))
        return None

    def condition(self, node: Node) -> Node:
        """The tree with machine ids in place of the names of its conditions."""
        match node:
            case And(clauses=clauses) | Or(clauses=clauses):
                return attrs.evolve(node, clauses=tuple(self.condition(clause) for clause in clauses))
            case Not(clause=clause):
                return Not(clause=self.condition(clause))
            case Condition():
                return self._leaf(node)
            case Leaf():
                return node
        raise QueryError(f"where= takes conditions made with ees.facets, not {type(node).__name__}")

    def _leaf(self, node: Condition) -> Node:
        comparator = node.comparator
        match node.kind:
            case "filter":
                if (filter_ := self.filter(node.name)) is None:
                    return node
                options = [option for value in node.values if (option := self.option(filter_, str(value)))]
                return filter_ids(filter_, options, comparator)
            case "location":
                if (group := self.pick(self._indexes.location_levels, node.name, "location level")) is None:
                    return node
                keys = [place.key for place in self.places(map(str, node.values), group=group)]
                # a code that stands under several names is several locations, hence always a list
                comparator = (
                    Comparator.NOT_IN if comparator in (Comparator.NOT_EQ, Comparator.NOT_IN) else Comparator.IN
                )
                return Leaf(facet="locations", comparator=comparator, values=tuple(keys))
            case "level":
                codes = [str(level.code) for value in node.values if (level := self.level(value))]
                return Leaf(facet="geographicLevels", comparator=comparator, values=tuple(dict.fromkeys(codes)))
            case "period":
                self._check_order(node)
                periods = [period_key(period) for value in node.values if (period := self.period(value))]
                return Leaf(facet="timePeriods", comparator=comparator, values=tuple(dict.fromkeys(periods)))

    def _check_order(self, node: Condition) -> None:
        """Refuse before and after where the service would compare periods of several kinds (reference, section 14)."""
        if node.comparator in ORDERS and (several := several_kinds(self.meta.periods)):
            end = node.values[0]
            ends = f"{end!r}, None" if node.comparator in (Comparator.GT, Comparator.GTE) else f"None, {end!r}"
            raise QueryError(
                f"{several}, and before and after have a meaning inside one of them only: write "
                f"periods=ees.between({ends}, kind=...) with the one you mean"
            )

    def _unknown(self, name: str, text: str, nearest: Sequence[str], elsewhere: Sequence[str] = ()) -> None:
        line = f"{text}; the nearest: {listed(nearest)}" if nearest else f"{text}; it has none"
        if elsewhere:
            line += f"; there is {' and '.join(elsewhere)}"
        self.findings.unknown.append((name, line))


# What metadata names, by name: built once for each metadata, at first use


def indexes_of(meta: Meta) -> _Indexes:
    """The indexes of metadata, the same for the same object."""
    made = beside(meta)
    if "names" not in made:
        made["names"] = _Indexes(meta)
    found: _Indexes = made["names"]
    return found


class _Indexes:
    """Things of a data set version by their names."""

    def __init__(self, meta: Meta) -> None:
        self._parts = meta.filters, meta.indicators, meta.levels, meta.locations, meta.periods
        self._options: dict[str, NameIndex[FilterOption]] = {}
        self._places: dict[int, PlaceIndex] = {}

    @cached_property
    def filters(self) -> NameIndex[Filter]:
        return NameIndex(map(_named, self._parts[0]))

    @cached_property
    def indicators(self) -> NameIndex[Indicator]:
        return NameIndex(map(_named, self._parts[1]))

    @cached_property
    def levels(self) -> NameIndex[Level]:
        """Levels that rows have."""
        return NameIndex(
            Entry(thing=level, labels=(level.label, str(level.code)), shown=f"{level.label} ({level.code})")
            for level in self._parts[2]
        )

    @cached_property
    def location_levels(self) -> NameIndex[LocationGroup]:
        """Levels that have locations."""
        return NameIndex(
            Entry(thing=group, labels=(group.level.label, str(group.level.code)), shown=group.level.label)
            for group in self._parts[3]
        )

    @cached_property
    def places(self) -> PlaceIndex:
        return PlaceIndex(self._parts[3])

    @cached_property
    def periods(self) -> NameIndex[TimePeriod]:
        return period_index(self._parts[4])

    def options(self, filter_: Filter) -> NameIndex[FilterOption]:
        if filter_.id not in self._options:
            entries = (Entry(thing=option, labels=(option.label,), ids=(option.id,)) for option in filter_.options)
            self._options[filter_.id] = NameIndex(entries)
        return self._options[filter_.id]

    def places_of(self, group: LocationGroup) -> PlaceIndex:
        if id(group) not in self._places:
            self._places[id(group)] = PlaceIndex([group])
        return self._places[id(group)]


def _zeros(padded: Sequence[str]) -> str:
    return f", but {listed(padded)}, whose zeros at the beginning count" if padded else ""


def _named(item: N) -> Entry[N]:
    same = fold(item.label) == fold(item.column)
    shown = item.label if same else f"{item.label} ({item.column})"
    return Entry(thing=item, labels=(item.label, item.column), ids=(item.id,), shown=shown)


def filter_ids(filter_: Filter, options: Sequence[FilterOption], comparator: Comparator = Comparator.IN) -> Leaf:
    """A condition on a filter's options."""
    ids = dict.fromkeys(map(attrgetter("id"), options))
    return Leaf(facet="filters", comparator=comparator, values=tuple(ids), owner=filter_.id)


def rows_of(places: Sequence[Place], levels: Sequence[Level], meta: Meta) -> list[Node]:
    """Rows of the places themselves: a location matches the rows inside it too, so its level is asked for as well."""
    have = {str(level.code) for level in levels} or levels_of(meta)
    missing = [place for place in places if str(place.level.code) not in have]
    if missing and (len(missing) == len(places) or not levels):
        among = "levels=" if levels else "the data set"
        raise QueryError(
            f"{missing[0].shown} has no rows of its own: {among} has no level {missing[0].level.label!r}; for the rows "
            f"of smaller areas inside it write within={missing[0].option.label!r}"
        )
    # one condition for each level, as a location matches the rows of every level inside it
    by_level: dict[str, list[Place]] = {}
    for place in places:
        by_level.setdefault(str(place.level.code), []).append(place)
    return [And(clauses=(_lie_in(group), own_rows(code))) for code, group in by_level.items() if code in have]


def inside(area: Place, meta: Meta, *, own: bool) -> Node:
    """Rows that lie in an area; its own row, which lies in it too, only where it is wanted."""
    code = str(area.level.code)
    # the service warns of a level that no row has
    if own or code not in levels_of(meta):
        return _lie_in([area])
    return And(clauses=(_lie_in([area]), Not(clause=own_rows(code))))


def _lie_in(places: Sequence[Place]) -> Leaf:
    return Leaf(facet="locations", comparator=Comparator.IN, values=tuple(place.key for place in places))


def _day(day: date, periods: Sequence[TimePeriod]) -> str:
    plain = day.date() if isinstance(day, datetime) else day
    around = [period for period in in_order(periods) if (days := dates_of(period)) and days[0] <= plain <= days[1]]
    which = f"{listed([*map(shown, around)])} holds it" if around else 'write one such as "2023/24"'
    return f"periods={day!r}: this is a day, and not a time period: {which}"


def period_key(period: TimePeriod) -> PeriodKey:
    """A period as a query names it."""
    return PeriodKey(period=period.period, code=period.code.value)
