"""Conditions in the ids of another version: what is the same is followed, and what is gone is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeAlias, TypeVar

import attrs

from ..models.changes import IdKind, Lineage
from ..models.meta import Filter, FilterOption, Indicator, LocationOption, Meta
from ..models.names import fold
from ..models.periods import TimeIdentifier, TimePeriod
from ..models.versions import Version
from ..query.periods import in_order, shown
from ..query.places import places_of
from ..query.resolve import period_key
from ..query.tree import And, Comparator, Leaf, LocationKey, Node, Or, PeriodKey, conjunction, disjunction, normalise

N = TypeVar("N", Filter, FilterOption, Indicator, LocationOption)
Named: TypeAlias = Filter | FilterOption | Indicator | LocationOption

_LATER = (Comparator.GT, Comparator.GTE)
_PLURAL = {Comparator.EQ: Comparator.IN, Comparator.NOT_EQ: Comparator.NOT_IN}


@attrs.define(kw_only=True)
class Rewriter:
    """Finds things of one version in another; what is not there is a reason.

    Attributes:
        previous: Metadata of the version that the question is about.
        current: Metadata of the other.
        lineage: Ids that changed on the way.
        version: Number of the other version.
        reasons: Why the question cannot be rewritten.
        notices: What was done besides giving new names.
        gone_filters: Ids of the filters whose absence is among the reasons.
    """

    previous: Meta
    current: Meta
    lineage: Lineage
    version: Version
    reasons: list[str] = attrs.field(factory=list)
    notices: list[str] = attrs.field(factory=list)
    gone_filters: set[str] = attrs.field(factory=set)

    def rewrite(self, node: Node | None) -> Node | None:
        """A tree in normal form, in the ids of the other version; None where it holds for all rows there."""
        match node:
            case And(clauses=clauses) | Or(clauses=clauses):
                found = [self.rewrite(clause) for clause in clauses]
                some = [clause for clause in found if clause is not None]
                if isinstance(node, And):
                    return conjunction(some)
                return disjunction(some) if len(some) == len(found) else None
            case Leaf(facet="filters", owner=""):
                return self._of_any_filter(node)
            case Leaf(facet="timePeriods", includes=False, excludes=False, values=(key,)):
                return node if self._period(key) else self._moved_bound(node, key)
            case Leaf():
                return self._leaf(node)
        return None

    def _leaf(self, leaf: Leaf) -> Node | None:
        """The leaf with its values in the other version. One that is gone is a reason, or a notice where that is safe.

        It is safe where it was excluded, and nothing is new that could be the same.
        """
        find: Callable[[Any], object | None]
        gone: Callable[[Any], str]
        is_safe = True
        match leaf.facet:
            case "filters":
                owner, after = leaf.owner, self.filter(leaf.owner)
                if after is None:
                    return None
                is_safe = not self._new_options(owner, after)
                leaf = attrs.evolve(leaf, owner=after.id)
                find, gone = partial(self._option_id, owner), partial(self._option_gone, owner, after)
            case "geographicLevels":
                present = {code: code for level in self.current.levels for code in [str(level.code)]}
                find, gone = present.get, self._level_gone
            case "locations":
                levels = {key.level for key in leaf.values}
                is_safe = all(_at(self.current, level) and not self._new_locations(level) for level in levels)
                find, gone = self._location, self._location_gone
            case "timePeriods":
                find, gone = self._period, self._period_gone
        kept = []
        for value in leaf.values:
            found = find(value)
            if found is not None:
                kept.append(found)
            elif leaf.excludes and is_safe:
                self.notices.append(f"{gone(value)}, so it need not be excluded")
            else:
                self.reasons.append(gone(value))
        return normalise(attrs.evolve(leaf, values=tuple(kept))) if kept else None

    def _of_any_filter(self, leaf: Leaf) -> Node | None:
        """A list of options of any filters, filter by filter."""
        groups: dict[str, list[str]] = {}
        for id_ in leaf.values:
            owner = self.previous.filter_of(id_)
            if owner is None:
                self.reasons.append(_gone("option", id_))
            else:
                groups.setdefault(owner.id, []).append(id_)
        plural = _PLURAL.get(leaf.comparator, leaf.comparator)
        parts = [attrs.evolve(leaf, comparator=plural, values=tuple(v), owner=owner) for owner, v in groups.items()]
        if not parts:
            return None
        joined = And(clauses=tuple(parts)) if leaf.excludes else Or(clauses=tuple(parts))
        return self.rewrite(normalise(joined))

    def _moved_bound(self, leaf: Leaf, key: PeriodKey) -> Node | None:
        """A comparison with a period that is gone: its neighbour says the same, as the order of periods is fixed."""
        bound = _period_of(key)
        ordered = [period for period in in_order(self.current.periods) if period.is_matchable]
        is_later = leaf.comparator in _LATER
        beyond = [p for p in ordered if (p.sort_key > bound.sort_key if is_later else p.sort_key < bound.sort_key)]
        if not beyond:
            side = "after" if is_later else "before"
            self.reasons.append(f"{self._period_gone(key)}, and there is none {side} it")
            return None
        nearest = beyond[0] if is_later else beyond[-1]
        self.notices.append(f"{self._period_gone(key)}: counted from {shown(nearest)} instead")
        comparator = Comparator.GTE if is_later else Comparator.LTE
        return attrs.evolve(leaf, comparator=comparator, values=(period_key(nearest),))

    # Things by id

    def has_filter(self, id_: str) -> bool:
        """True if the other version has the filter."""
        return self.current.filter(self.lineage.follow("filter", id_)) is not None

    def filter(self, id_: str) -> Filter | None:
        """A filter; None, and a reason, where it is gone."""
        found = self.current.filter(self.lineage.follow("filter", id_))
        if found is None:
            before = self.previous.filter(id_)
            new = self.new("filter", self.previous.filters, self.current.filters)
            self.reasons.append(_gone("filter", id_, before, [item for item in new if _alike(item, before)]))
            self.gone_filters.add(id_)
        return found

    def option(self, filter_id: str, id_: str) -> FilterOption | None:
        """An option of a filter; None, and a reason, where it is gone."""
        after = self.current.filter(self.lineage.follow("filter", filter_id))
        found = self._option_id(filter_id, id_)
        if after is not None and found is None:
            self.reasons.append(self._option_gone(filter_id, after, id_))
        return None if found is None else self.current.option(found)

    def indicator(self, id_: str) -> Indicator | None:
        """An indicator; None, and a reason, where it is gone. A new unit is a notice."""
        found = self.current.indicator(self.lineage.follow("indicator", id_))
        before = self.previous.indicator(id_)
        if found is None:
            new = self.new("indicator", self.previous.indicators, self.current.indicators)
            self.reasons.append(_gone("indicator", id_, before, [item for item in new if _alike(item, before)]))
        elif before is not None and before.unit != found.unit:
            units = " to ".join(repr("" if unit is None else str(unit)) for unit in (before.unit, found.unit))
            self.notices.append(f"the unit of indicator {found.label!r} changed from {units}")
        return found

    def location_level(self, code: str) -> str | None:
        """Code of a level that locations have; None, and a reason, where there are none any more."""
        if self.current.group(code) is not None:
            return code
        self.reasons.append(f"location {self._level_gone(code)}")
        return None

    def new(self, kind: IdKind, before: Iterable[N], after: Iterable[N]) -> list[N]:
        """The things that came on the way to the other version."""
        known = {self.lineage.follow(kind, item.id) for item in before}
        return [item for item in after if item.id not in known]

    def _option_id(self, filter_id: str, id_: str) -> str | None:
        wanted = self.lineage.follow("option", id_)
        before, after = self.previous.filter_of(id_), self.current.filter_of(wanted)
        if before is None or after is None or before.id != filter_id:
            return None
        return wanted if after.id == self.lineage.follow("filter", filter_id) else None

    def _option_gone(self, filter_id: str, after: Filter, id_: str) -> str:
        owner = self.previous.filter_of(id_)
        before = self.previous.option(id_) if owner and owner.id == filter_id else None
        like = [item for item in self._new_options(filter_id, after) if _alike(item, before)]
        return _gone("option", id_, before, like, of=f" of filter {after.label!r}")

    def _new_options(self, filter_id: str, after: Filter) -> list[FilterOption]:
        before = self.previous.filter(filter_id)
        return self.new("option", before.options if before else (), after.options)

    def _level_gone(self, code: str) -> str:
        return f"level {self._level_label(code)!r} is gone"

    def _level_label(self, code: str) -> str:
        level = self.previous.level(code)
        return level.label if level else code

    def _location(self, key: LocationKey) -> LocationKey | None:
        # of several with one code the service takes the first (reference, section 12)
        ids = [self.lineage.follow("location", place.option.id) for place in places_of(key, self.previous)[:1]]
        here = [id_ for id_ in ids if self.current.location(key.level, id_)]
        return LocationKey(level=key.level, property="id", value=here[0]) if here else None

    def _location_gone(self, key: LocationKey) -> str:
        before = next(iter(places_of(key, self.previous)), None)
        if before is None:
            return f"a location with {key.property} {key.value!r} at level {self._level_label(key.level)!r} is gone"
        codes = {*before.option.codes.values()}
        new = self._new_locations(key.level)
        alike = [item for item in new if _alike(item, before.option) or codes & {*item.codes.values()}]
        return f"location {before.shown} is gone{_also([attrs.evolve(before, option=item).shown for item in alike])}"

    def _new_locations(self, level: str) -> list[LocationOption]:
        return self.new("location", _at(self.previous, level), _at(self.current, level))

    def _period(self, key: PeriodKey) -> PeriodKey | None:
        return key if self.current.period(key.period, key.code) else None

    def _period_gone(self, key: PeriodKey) -> str:
        return f"time period {shown(self.previous.period(key.period, key.code) or _period_of(key))} is gone"


def _gone(kind: IdKind, id_: str, before: Named | None = None, like: Sequence[Named] = (), *, of: str = "") -> str:
    """That a thing with an id is gone, and what is new and like it."""
    what = f"{kind} {before.label!r}" if before else f"{'a' if kind == 'filter' else 'an'} {kind} with id {id_!r}"
    return f"{what}{of} is gone{_also([item.label for item in like])}"


def _also(like: Sequence[str]) -> str:
    return f"; {like[0]!r} is new there, and the service does not say that it is the same" if like else ""


def _alike(one: Named, other: Named | None) -> bool:
    if other is None:
        return False
    column = getattr(one, "column", None)
    return (column is not None and column == getattr(other, "column", None)) or fold(one.label) == fold(other.label)


def _at(meta: Meta, level: str) -> tuple[LocationOption, ...]:
    group = meta.group(level)
    return group.options if group else ()


def _period_of(key: PeriodKey) -> TimePeriod:
    return TimePeriod(code=TimeIdentifier(key.code), period=key.period)
