"""Which changes touch a question: what it means, or what its answer can hold.

A change touches a question when the question names the thing, or when rows with the thing can be in its answer. Rows
are judged by one thing at a time: what a condition says of anything else may hold or not. So a change that cannot touch
the answer is left out, and one that is kept may turn out to concern no row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, TypeGuard

from ..models.changes import FacetChange
from ..models.meta import ATTRIBUTES, Filter, FilterOption, Indicator, Level, LocationOption
from ..models.periods import TimeIdentifier, TimePeriod
from ..query.question import Query
from ..query.tree import And, Comparator, FacetName, Leaf, LocationKey, Node, Not, Or, PeriodKey, leaves

Verdict: TypeAlias = bool | None
"""Whether a condition holds; None where that depends on other things of a row."""


def touches(query: Query, change: FacetChange) -> bool:
    """Whether a change touches a question about the version before it.

    - An indicator that the question asks for or sorts by; a new one where it asks for all of them.
    - A filter that it names; one that came or went, as rows are then divided otherwise; one whose heading changes.
    - An option, level, location or time period that it names, or that rows in its answer can have.
    - A level of locations that came or went, as that gives or takes columns.
    """
    match change.before or change.after:
        case Indicator() as indicator:
            return _touches_indicator(query, change, indicator)
        case Filter() as filter_:
            return _touches_filter(query, change, filter_)
    if change.facet == "location level":
        return True
    return any(_touches_row(query, change, thing) for thing in (change.before, change.after) if thing is not None)


def code_of(option: LocationOption, name: str) -> str | None:
    """Id or code of a location by its name in queries."""
    found: str | None = getattr(option, ATTRIBUTES.get(name, ""), None)
    return found


def filter_of(query: Query, leaf: Leaf) -> set[str]:
    """Ids of the filters that a condition on options is about."""
    if leaf.owner:
        return {leaf.owner}
    return {owner.id for id_ in leaf.values if (owner := query.meta.filter_of(id_))}


def _touches_indicator(query: Query, change: FacetChange, indicator: Indicator) -> bool:
    asked = {item.id for item in query.indicators}
    if change.kind == "added":
        return asked == {item.id for item in query.meta.indicators}
    return indicator.id in asked or _sorts_by(query, f"indicator|{indicator.id}")


def _touches_filter(query: Query, change: FacetChange, filter_: Filter) -> bool:
    if change.kind != "updated" or _sorts_by(query, f"filter|{filter_.id}"):
        return True
    if any(filter_.id in filter_of(query, leaf) for leaf in leaves(query.criteria) if _is(leaf, "filters")):
        return True
    heading = "label" if query.names == "label" else "column"
    return bool(getattr(change.before, heading) != getattr(change.after, heading))


def _sorts_by(query: Query, field: str) -> bool:
    return any(sort.field == field for sort in query.sort)


def _touches_row(query: Query, change: FacetChange, thing: object) -> bool:
    judge = _judge(query, change, thing)
    if judge is None:
        return True
    if thing is change.before and any(_names(query, leaf, change, thing) for leaf in leaves(query.criteria)):
        return True
    return query.criteria is None or _verdict(query.criteria, judge) is not False


_Judge: TypeAlias = Callable[[Node], Verdict]


def _judge(query: Query, change: FacetChange, thing: object) -> _Judge | None:
    """What each condition says of a row of which this thing alone is known."""
    match thing, change.group:
        case FilterOption() as option, Filter() as group:
            was = query.meta.filter_of(option.id) or group
            return lambda leaf: _of_option(query, leaf, option, was)
        case LocationOption() as location, Level() as level:
            return lambda leaf: _of_location(leaf, location, level)
        case TimePeriod() as period, _:
            return lambda leaf: _of_period(query, leaf, period)
        case Level() as level, _:
            return lambda leaf: _is_in(leaf, str(level.code) in leaf.values) if _is(leaf, "geographicLevels") else None
    return None


def _names(query: Query, leaf: Node, change: FacetChange, thing: object) -> bool:
    match leaf, thing:
        case Leaf(facet="filters", values=ids), FilterOption(id=id_):
            return id_ in ids
        case Leaf(facet="geographicLevels", values=codes), Level(code=code):
            return str(code) in codes
        case Leaf(facet="locations", values=keys), LocationOption() as option:
            level = change.group.code if isinstance(change.group, Level) else ""
            return any(key.level == str(level) and code_of(option, key.property) == key.value for key in keys)
        case Leaf(facet="timePeriods", values=keys), TimePeriod() as period:
            return PeriodKey(period=period.period, code=str(period.code)) in keys
    return False


def _verdict(node: Node, judge: _Judge) -> Verdict:
    match node:
        case Not(clause=clause):
            inner = _verdict(clause, judge)
            return None if inner is None else not inner
        case And(clauses=clauses):
            said = [_verdict(clause, judge) for clause in clauses]
            return False if False in said else None if None in said else True
        case Or(clauses=clauses):
            said = [_verdict(clause, judge) for clause in clauses]
            return True if True in said else None if None in said else False
    return judge(node)


def _is(leaf: Node, facet: FacetName) -> TypeGuard[Leaf]:
    return isinstance(leaf, Leaf) and leaf.facet == facet


def _is_in(leaf: Leaf, among: bool) -> bool:
    return among != leaf.excludes


def _of_option(query: Query, leaf: Node, option: FilterOption, group: Filter) -> Verdict:
    if not _is(leaf, "filters"):
        return None
    if option.id in leaf.values:
        return _is_in(leaf, among=True)
    # options of other filters in the same list may be what the row has
    about = filter_of(query, leaf)
    return _is_in(leaf, among=False) if about == {group.id} else None


def _of_location(leaf: Node, option: LocationOption, level: Level) -> Verdict:
    if not _is(leaf, "locations"):
        return None
    here = [key for key in leaf.values if key.level == str(level.code)]
    if any(_is_key(key, option) for key in here):
        return _is_in(leaf, among=True)
    return _is_in(leaf, among=False) if len(here) == len(leaf.values) else None


def _is_key(key: LocationKey, option: LocationOption) -> bool:
    return code_of(option, key.property) == key.value


def _of_period(query: Query, leaf: Node, period: TimePeriod) -> Verdict:
    if not _is(leaf, "timePeriods"):
        return None
    if leaf.includes or leaf.excludes:
        return _is_in(leaf, PeriodKey(period=period.period, code=str(period.code)) in leaf.values)
    bound = TimePeriod(code=TimeIdentifier(leaf.values[0].code), period=leaf.values[0].period).sort_key
    at = period.sort_key
    return {
        Comparator.GT: at > bound,
        Comparator.GTE: at >= bound,
        Comparator.LT: at < bound,
        Comparator.LTE: at <= bound,
    }[leaf.comparator]
