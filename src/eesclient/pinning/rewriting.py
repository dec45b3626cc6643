"""The conditions of a question in the ids of another version, with everything that stands in the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, TypeVar

import attrs

from ..models.meta import Filter, FilterOption, Indicator, Level, LocationOption, Meta
from ..models.periods import TimeIdentifier, TimePeriod
from ..models.versions import Version
from ..query.names import fold
from ..query.periods import in_order, shown
from ..query.places import Place
from ..query.resolve import period_key
from ..query.tree import (
    And,
    Comparator,
    Leaf,
    LocationKey,
    Node,
    Or,
    PeriodKey,
    conjunction,
    disjunction,
    normalise,
)
from .impact import code_of
from .lineage import Lineage

T = TypeVar("T")

_LATER = (Comparator.GT, Comparator.GTE)
_PLURAL = {Comparator.EQ: Comparator.IN, Comparator.NOT_EQ: Comparator.NOT_IN}


@attrs.define(kw_only=True, slots=False)
class Rewriter:
    """Finds things of one version in another; what is not there is a reason.

    Attributes:
        previous: Metadata of the version that the question is about.
        current: Metadata of the other.
        lineage: Ids that changed on the way.
        version: Number of the other version.
        reasons: Why the question cannot be rewritten.
        notices: What was done besides giving new names.
    """

    previous: Meta
    current: Meta
    lineage: Lineage
    version: Version
    reasons: list[str] = attrs.field(factory=list)
    notices: list[str] = attrs.field(factory=list)

    def rewrite(self, node: Node | None) -> Node | None:
        """A tree in normal form, in the ids of the other version; None where it holds for all rows there."""
        match node:
            case And(clauses=clauses):
                found = [self.rewrite(clause) for clause in clauses]
                return conjunction(clause for clause in found if clause is not None)
            case Or(clauses=clauses):
                found = [self.rewrite(clause) for clause in clauses]
                return (
                    None
                    if any(clause is None for clause in found)
                    else disjunction(clause for clause in found if clause is not None)
                )
            case Leaf(facet="filters"):
                return self._filter_ids(node)
            case Leaf(facet="geographicLevels"):
                return self._level_codes(node)
            case Leaf(facet="locations"):
                return self._location_keys(node)
            case Leaf(facet="timePeriods"):
                return self._period_keys(node)
        return None

    # Things by id

    def has_filter(self, id_: str) -> bool:
        """Whether the other version has the filter."""
        return self.lineage.follow("filter", id_) in self._filters

    def filter(self, id_: str) -> Filter | None:
        """A filter; None, and a reason, where it is gone."""
        found = self._filters.get(self.lineage.follow("filter", id_))
        if found is None:
            before = next((item for item in self.previous.filters if item.id == id_), None)
            known = {self.lineage.follow("filter", item.id) for item in self.previous.filters}
            new = [item for item in self.current.filters if item.id not in known]
            like = [item.label for item in new if before and _alike(item, before)]
            self._gone(f"filter {before.label!r}" if before else f"a filter with id {id_!r}", like)
        return found

    def option(self, filter_id: str, id_: str) -> FilterOption | None:
        """An option of a filter; None, and a reason, where it is gone."""
        found = self._option(filter_id, id_)
        if found is None and self.has_filter(filter_id):
            before = self._option_before(filter_id, id_)
            after = self._filters[self.lineage.follow("filter", filter_id)]
            new = self._new_options(filter_id, after)
            like = [item.label for item in new if before and fold(item.label) == fold(before.label)]
            what = f"option {before.label!r}" if before else f"an option with id {id_!r}"
            self._gone(f"{what} of filter {after.label!r}", like)
        return found

    def indicator(self, id_: str) -> Indicator | None:
        """An indicator; None, and a reason, where it is gone. A new unit is a notice."""
        found = next((i for i in self.current.indicators if i.id == self.lineage.follow("indicator", id_)), None)
        before = next((item for item in self.previous.indicators if item.id == id_), None)
        if found is None:
            known = {self.lineage.follow("indicator", item.id) for item in self.previous.indicators}
            new = [item for item in self.current.indicators if item.id not in known]
            like = [item.label for item in new if before and _alike(item, before)]
            self._gone(f"indicator {before.label!r}" if before else f"an indicator with id {id_!r}", like)
        elif before is not None and before.unit != found.unit:
            units = " to ".join(repr("" if unit is None else str(unit)) for unit in (before.unit, found.unit))
            self.notices.append(f"the unit of indicator {found.label!r} changed from {units}")
        return found

    def location_level(self, code: str) -> str | None:
        """Code of a level that locations have; None, and a reason, where there are none any more."""
        if any(str(group.level.code) == code for group in self.current.locations):
            return code
        self._gone(f"location level {self._level_label(code)!r}", [])
        return None

    def _gone(self, what: str, like: Sequence[str]) -> None:
        also = f"; {like[0]!r} is new there, and the service does not say that it is the same" if like else ""
        self.reasons.append(f"{what} is gone{also}")

    # Conditions

    def _filter_ids(self, leaf: Leaf) -> Node | None:
        if not leaf.owner:
            return self._of_any_filter(leaf)
        after = self.filter(leaf.owner)
        if after is None:
            return None
        kept = self._kept(
            leaf,
            lambda id_: self._option(leaf.owner, id_),
            lambda id_: self.option(leaf.owner, id_),
            is_safe=not self._new_options(leaf.owner, after),
        )
        ids = tuple(option.id for option in kept)
        return normalise(attrs.evolve(leaf, owner=after.id, values=ids)) if ids else None

    def _of_any_filter(self, leaf: Leaf) -> Node | None:
        """A list of options of any filters, filter by filter."""
        groups: dict[str, list[str]] = {}
        for id_ in leaf.values:
            owner = next((f.id for f in self.previous.filters if any(o.id == id_ for o in f.options)), None)
            if owner is None:
                self._gone(f"an option with id {id_!r}", [])
                continue
            groups.setdefault(owner, []).append(id_)
        plural = _PLURAL.get(leaf.comparator, leaf.comparator)
        parts = [
            Leaf(facet="filters", comparator=plural, values=tuple(ids), owner=owner) for owner, ids in groups.items()
        ]
        if not parts:
            return None
        joined = And(clauses=tuple(parts)) if leaf.excludes else Or(clauses=tuple(parts))
        return self.rewrite(normalise(joined))

    def _level_codes(self, leaf: Leaf) -> Node | None:
        present = {str(level.code) for level in self.current.levels}

        def find(code: str) -> str | None:
            return code if code in present else None

        def miss(code: str) -> None:
            self._gone(f"level {self._level_label(code)!r}", [])

        codes = self._kept(leaf, find, miss, is_safe=True)
        return normalise(attrs.evolve(leaf, values=codes)) if codes else None

    def _location_keys(self, leaf: Leaf) -> Node | None:
        levels = {key.level for key in leaf.values}
        is_safe = all(_at(self.current, level) and not self._new_locations(level) for level in levels)
        keys = self._kept(leaf, self._location, self._miss_location, is_safe=is_safe)
        return normalise(attrs.evolve(leaf, values=keys)) if keys else None

    def _period_keys(self, leaf: Leaf) -> Node | None:
        if leaf.includes or leaf.excludes:
            keys = self._kept(leaf, self._period, self._miss_period, is_safe=True)
            return normalise(attrs.evolve(leaf, values=keys)) if keys else None
        (key,) = leaf.values
        return leaf if self._period(key) else self._moved_bound(leaf, key)

    def _moved_bound(self, leaf: Leaf, key: PeriodKey) -> Node | None:
        """A comparison with a period that is gone: its neighbour says the same, as the order of periods is fixed."""
        bound = _period_of(key)
        ordered = [period for period in in_order(self.current.periods) if period.is_matchable]
        is_later = leaf.comparator in _LATER
        beyond = [p for p in ordered if (p.sort_key > bound.sort_key if is_later else p.sort_key < bound.sort_key)]
        if not beyond:
            side = "after" if is_later else "before"
            self.reasons.append(f"time period {self._period_label(key)} is gone, and there is none {side} it")
            return None
        nearest = beyond[0] if is_later else beyond[-1]
        self.notices.append(f"time period {self._period_label(key)} is gone: counted from {shown(nearest)} instead")
        comparator = Comparator.GTE if is_later else Comparator.LTE
        return Leaf(facet="timePeriods", comparator=comparator, values=(period_key(nearest),))

    def _kept(
        self,
        leaf: Leaf,
        find: Callable[[Any], T | None],
        miss: Callable[[Any], object],
        *,
        is_safe: bool,
    ) -> tuple[T, ...]:
        """The values in the other version. One that is gone is a reason, unless it was excluded and nothing is new."""
        kept: list[T] = []
        for value in leaf.values:
            found = find(value)
            if found is not None:
                kept.append(found)
                continue
            before = len(self.reasons)
            miss(value)
            if leaf.excludes and is_safe and len(self.reasons) > before:
                self.notices.append(f"{self.reasons.pop()}, so it need not be excluded")
        return tuple(kept)

    # What is there

    @cached_property
    def _filters(self) -> dict[str, Filter]:
        return {item.id: item for item in self.current.filters}

    def _option(self, filter_id: str, id_: str) -> FilterOption | None:
        filter_ = self._filters.get(self.lineage.follow("filter", filter_id))
        wanted = self.lineage.follow("option", id_)
        options = filter_.options if filter_ and self._option_before(filter_id, id_) else ()
        return next((option for option in options if option.id == wanted), None)

    def _option_before(self, filter_id: str, id_: str) -> FilterOption | None:
        options = (option for item in self.previous.filters if item.id == filter_id for option in item.options)
        return next((option for option in options if option.id == id_), None)

    def _new_options(self, filter_id: str, after: Filter) -> list[FilterOption]:
        before = next((item.options for item in self.previous.filters if item.id == filter_id), ())
        known = {self.lineage.follow("option", option.id) for option in before}
        return [option for option in after.options if option.id not in known]

    def _new_locations(self, level: str) -> list[LocationOption]:
        known = {self.lineage.follow("location", option.id) for option in _at(self.previous, level)}
        return [option for option in _at(self.current, level) if option.id not in known]

    def _location(self, key: LocationKey) -> LocationKey | None:
        before = self._location_before(key)
        wanted = None if before is None else self.lineage.follow("location", before.id)
        found = next((option for option in _at(self.current, key.level) if option.id == wanted), None)
        if found is None:
            return None
        return LocationKey(level=key.level, property="id", value=found.id)

    def _location_before(self, key: LocationKey) -> LocationOption | None:
        # of several with one code the service takes the first (reference, section 12)
        options = _at(self.previous, key.level)
        return next((option for option in options if code_of(option, key.property) == key.value), None)

    def _miss_location(self, key: LocationKey) -> None:
        before = self._location_before(key)
        label = self._level_label(key.level)
        if before is None:
            self._gone(f"a location with {key.property} {key.value!r} at level {label!r}", [])
            return
        level = next(group.level for group in self.previous.locations if str(group.level.code) == key.level)
        like = [
            Place(level=level, option=option).shown
            for option in self._new_locations(key.level)
            if fold(option.label) == fold(before.label) or {*option.codes.values()} & {*before.codes.values()}
        ]
        self._gone(f"location {Place(level=level, option=before).shown}", like)

    def _period(self, key: PeriodKey) -> PeriodKey | None:
        there = {period_key(period) for period in self.current.periods}
        return key if key in there else None

    def _miss_period(self, key: PeriodKey) -> None:
        self._gone(f"time period {self._period_label(key)}", [])

    def _period_label(self, key: PeriodKey) -> str:
        found = next((period for period in self.previous.periods if period_key(period) == key), None)
        return shown(found or _period_of(key))

    def _level_label(self, code: str) -> str:
        levels: list[Level] = [*self.previous.levels, *(group.level for group in self.previous.locations)]
        return next((level.label for level in levels if str(level.code) == code), code)


def _at(meta: Meta, level: str) -> tuple[LocationOption, ...]:
    return next((group.options for group in meta.locations if str(group.level.code) == level), ())


def _alike(one: Filter | Indicator, other: Filter | Indicator) -> bool:
    return one.column == other.column or fold(one.label) == fold(other.label)


def _period_of(key: PeriodKey) -> TimePeriod:
    return TimePeriod(code=TimeIdentifier(key.code), period=key.period)
