"""A question about one version, rewritten for another: by what the service says is the same, or not at all.

What is followed: a thing whose id is the same, or whose id before and after stands in an `updated` entry; a level or
time period of the same code. Nothing is followed by its label or code alone: where something new looks like what is
gone, the reason says so, and the decision is the user's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import attrs

from .._classes import define
from ..errors import MigrationError, MigrationWarning, QueryError, TotalError, warn
from ..models.changes import IdKind, Lineage, N, alike
from ..models.meta import Filter, FilterOption, Indicator, LocationOption, Meta
from ..models.names import fold, listed
from ..models.periods import TimeIdentifier, TimePeriod
from ..models.versions import Version
from ..query.args import Sort, plain_mapping, total_of
from ..query.labels import without_own_rows
from ..query.question import Query
from ..query.request import render_body
from ..query.resolve import Resolver, filter_ids, period_key
from ..query.spellings import in_order, places_of, shown
from ..query.tree import And, Comparator, Leaf, LocationKey, Node, Or, PeriodKey, conjunction, disjunction, normalise

Others = str | Mapping[str, str] | None
"""What filters are pinned to that the other version has and the question's does not."""

Named: TypeAlias = Filter | FilterOption | Indicator | LocationOption

_LATER = (Comparator.GT, Comparator.GTE)


def migrate(query: Query, *, current: Meta, version: Version, lineage: Lineage, others: Others = None) -> Query:
    """Rewrite a question for another version of its data set, as `UpgradeReport.migrate` says."""
    query = without_own_rows(query, current)
    rewriter = _Rewriter(previous=query.meta, current=current, lineage=lineage)
    criteria = None if query.criteria is None else rewriter.rewrite(normalise(query.criteria))
    parts = [(name, node) for name, part in query.parts if (node := rewriter.rewrite(normalise(part))) is not None]
    indicators = tuple(filter(None, (rewriter.indicator(item.id) for item in query.indicators)))
    sort = tuple(filter(None, (_sort(item, rewriter) for item in query.sort)))
    columns = {item.column: item.id for item in query.meta.indicators}
    dtypes = {
        found.column: type_
        for column, type_ in query.dtypes.items()
        if (found := rewriter.indicator(columns.get(column, column))) is not None
    }
    pinned = {
        after.label: option_after.label
        for filter_, option in _pinned_before(query)
        if (after := rewriter.filter(filter_.id)) and (option_after := rewriter.option(filter_.id, option.id))
    }
    chosen = _new_filters(query, rewriter, others)
    _gone_filters(query, rewriter)
    _raise_any(rewriter.reasons, version)
    # the words of the question must say what it asks, also what was added
    parts += [("others", filter_ids(filter_, [option])) for filter_, option in chosen]
    whole = conjunction([*([] if criteria is None else [criteria]), *(filter_ids(f, [o]) for f, o in chosen)])
    migrated = attrs.evolve(
        query,
        version=version,
        meta=current,
        criteria=None if whole is None else normalise(whole),
        indicators=indicators,
        sort=sort,
        parts=tuple(parts),
        pinned=pinned | {filter_.label: option.label for filter_, option in chosen},
        dtypes=dtypes,
    )
    render_body(migrated)  # a question that the service would refuse is refused here
    notices = tuple(dict.fromkeys(rewriter.notices))
    if notices:
        warn(f"for version {version} of the data set: " + "; ".join(notices), MigrationWarning)
    return migrated


def _raise_any(found: Iterable[str], version: Version) -> None:
    reasons = tuple(dict.fromkeys(found))
    if not reasons:
        return
    head = f"the question cannot be asked of version {version} without a guess"
    text = f"{head}: {reasons[0]}" if len(reasons) == 1 else "\n- ".join([f"{head}:", *reasons])
    raise MigrationError(f"{text}; build the question anew for that version", reasons=reasons)


def _sort(sort: Sort, rewriter: _Rewriter) -> Sort | None:
    kind, _, name = sort.field.partition("|")
    match kind:
        case "filter" | "indicator":
            found = rewriter.filter(name) if kind == "filter" else rewriter.indicator(name)
            return None if found is None else attrs.evolve(sort, field=f"{kind}|{found.id}")
        case "location" if rewriter.current.group(name) is None:
            rewriter.reasons.append(f"location {rewriter.level_gone(name)}")
            return None
    return sort


def _pinned_before(query: Query) -> Iterator[tuple[Filter, FilterOption]]:
    """The choices of `others=`, which the question keeps as labels."""
    for filter_ in query.meta.filters:
        chosen = [option for option in filter_.options if option.label == query.pinned.get(filter_.label)]
        yield from ((filter_, option) for option in chosen[:1])


# Filters that came or went divide the rows otherwise


def _new_filters(query: Query, rewriter: _Rewriter, others: Others) -> list[tuple[Filter, FilterOption]]:
    new = [item for item in rewriter.new("filter", query.meta.filters, rewriter.current.filters) if item.options]
    pinned = [*_pinned_before(query)]
    others = None if others is None else plain_mapping(others, "others")
    if others is None and pinned and all(_total(filter_) == option for filter_, option in pinned):
        # it was made with others="Total"
        others = "Total"
    named = _named(others, new, rewriter.current)
    chosen: list[tuple[Filter, FilterOption]] = []
    for filter_ in new:
        option = _choice(filter_, named.get(filter_.id), rewriter)
        if option is not None:
            chosen.append((filter_, option))
            rewriter.notices.append(f"new filter {filter_.label!r} pinned to {option.label!r}")
    return chosen


def _total(filter_: Filter) -> FilterOption | None:
    try:
        return total_of(filter_)
    except TotalError:
        return None


def _named(asked: Others, new: list[Filter], current: Meta) -> dict[str, str]:
    """Names of the options asked for, by id of the new filter."""
    if asked is None:
        return {}
    if isinstance(asked, str):
        if fold(asked) != "total":
            raise QueryError(f'others={asked!r}: write "Total", or a mapping of filter to option')
        return {filter_.id: asked for filter_ in new}
    resolver = Resolver(current)
    found = {filter_.id: option for name, option in asked.items() if (filter_ := resolver.filter(name))}
    resolver.findings.raise_any()
    old = [item.label for item in current.filters if item.id in found and item not in new]
    if old:
        raise QueryError(f"others= pins filters that only the other version has, and {listed(old)} the question's has")
    return found


def _choice(filter_: Filter, name: str | None, rewriter: _Rewriter) -> FilterOption | None:
    if name is not None and fold(name) != "total":
        resolver = Resolver(rewriter.current)
        option = resolver.option(filter_, name)
        resolver.findings.raise_any()
        return option
    if name is not None and (total := _total(filter_)) is not None:
        return total
    if len(filter_.options) == 1:
        rewriter.notices.append(f"new filter {filter_.label!r} has one option only, and is left open")
        return None
    choices = listed([option.label for option in filter_.options])
    without = "it has not exactly one total" if name is not None else "the question does not say which it means"
    rewriter.reasons.append(
        f"filter {filter_.label!r} is new and divides the rows, and {without}: "
        f"others={{{filter_.label!r}: ...}} with one of {choices} says it"
    )
    return None


def _gone_filters(query: Query, rewriter: _Rewriter) -> None:
    for filter_ in query.meta.filters:
        if rewriter.find_filter(filter_.id) or filter_.id in rewriter.gone_filters:
            continue
        if len(filter_.options) > 1:
            rewriter.reasons.append(f"filter {filter_.label!r} is gone, which divided the rows")
        elif filter_.options:
            rewriter.notices.append(f"filter {filter_.label!r} is gone, which had one option only")


# Conditions in the ids of another version


@define(kw_only=True)
class _Rewriter:
    """Finds things of one version in another; what is gone is a reason against it, or a notice where that is safe."""

    previous: Meta
    current: Meta
    lineage: Lineage
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
                # an alternative that holds for all rows makes the whole hold
                return disjunction(some) if len(some) == len(found) else None
            case Leaf(facet="filters", owner=""):
                return self._of_any_filter(node)
            case Leaf(facet="timePeriods", includes=False, excludes=False, values=(key,)):
                return node if self._period(key) else self._moved_bound(node, key)
            case Leaf():
                return self._leaf(node)
        return None

    def _leaf(self, leaf: Leaf) -> Node | None:
        """A leaf with its values in the other version; one that is gone is a reason, or a notice where that is safe."""
        find: Callable[[Any], object | None]
        gone: Callable[[Any], str]
        is_safe = True
        match leaf.facet:
            case "filters":
                owner, after = leaf.owner, self.filter(leaf.owner)
                if after is None:
                    return None
                # something new could be what was excluded, by another name
                is_safe = not self._new_options(owner, after)
                leaf = attrs.evolve(leaf, owner=after.id)
                find, gone = partial(self._option_id, owner), partial(self._option_gone, owner, after)
            case "geographicLevels":
                find = {str(level.code): str(level.code) for level in self.current.levels}.get
                gone = self.level_gone
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
        parts = [attrs.evolve(leaf, values=tuple(ids), owner=owner) for owner, ids in groups.items()]
        if not parts:
            return None
        joined = And(clauses=tuple(parts)) if leaf.excludes else Or(clauses=tuple(parts))
        return self.rewrite(normalise(joined))

    def _moved_bound(self, leaf: Leaf, key: PeriodKey) -> Node | None:
        """A comparison with a period that is gone: its neighbour says the same, as the order of periods is fixed."""
        bound = period_of(key)
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

    def find_filter(self, id_: str) -> Filter | None:
        """A filter, or None."""
        return self.current.filter(self.lineage.follow("filter", id_))

    def filter(self, id_: str) -> Filter | None:
        """A filter; None, and a reason, where it is gone."""
        found = self.find_filter(id_)
        if found is None:
            new = self.new("filter", self.previous.filters, self.current.filters)
            self.reasons.append(_gone("filter", id_, self.previous.filter(id_), new))
            self.gone_filters.add(id_)
        return found

    def option(self, filter_id: str, id_: str) -> FilterOption | None:
        """An option of a filter; None, and a reason, where it is gone."""
        after = self.find_filter(filter_id)
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
            self.reasons.append(_gone("indicator", id_, before, new))
        elif before is not None and before.unit != found.unit:
            units = " to ".join(repr("" if unit is None else str(unit)) for unit in (before.unit, found.unit))
            self.notices.append(f"the unit of indicator {found.label!r} changed from {units}")
        return found

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
        return _gone("option", id_, before, self._new_options(filter_id, after), of=f" of filter {after.label!r}")

    def _new_options(self, filter_id: str, after: Filter) -> list[FilterOption]:
        before = self.previous.filter(filter_id)
        return self.new("option", before.options if before else (), after.options)

    def level_gone(self, code: str) -> str:
        """That there is no such level any more."""
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
        like = [item for item in self._new_locations(key.level) if alike(item, before.option)]
        return f"location {before.shown} is gone{_also([attrs.evolve(before, option=item).shown for item in like])}"

    def _new_locations(self, level: str) -> list[LocationOption]:
        return self.new("location", _at(self.previous, level), _at(self.current, level))

    def _period(self, key: PeriodKey) -> PeriodKey | None:
        return key if self.current.period(key.period, key.code) else None

    def _period_gone(self, key: PeriodKey) -> str:
        return f"time period {shown(self.previous.period(key.period, key.code) or period_of(key))} is gone"


def _gone(kind: IdKind, id_: str, before: Named | None = None, new: Sequence[Named] = (), *, of: str = "") -> str:
    """That a thing with an id is gone, and which of the new ones is like it."""
    what = f"{kind} {before.label!r}" if before else f"{'a' if kind == 'filter' else 'an'} {kind} with id {id_!r}"
    return f"{what}{of} is gone{_also([item.label for item in new if before and alike(item, before)])}"


def _also(like: Sequence[str]) -> str:
    return f"; {like[0]!r} is new there, and the service does not say that it is the same" if like else ""


def _at(meta: Meta, level: str) -> tuple[LocationOption, ...]:
    group = meta.group(level)
    return group.options if group else ()


def period_of(key: PeriodKey) -> TimePeriod:
    """A period that is known by its key alone."""
    return TimePeriod(code=TimeIdentifier(key.code), period=key.period)
