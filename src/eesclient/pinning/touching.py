"""Which changes touch a question: what it means, or what its answer can hold.

A change touches a question when the question names the thing, or when rows with the thing can be in its answer. Rows
are judged by one thing at a time: what a condition says of anything else may hold or not. So a change that cannot touch
the answer is left out, and one that is kept may turn out to concern no row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ..models.diff import FacetChange
from ..models.meta import ATTRIBUTES, Filter, FilterOption, Indicator, Level, LocationOption
from ..models.periods import TimeIdentifier, TimePeriod
from ..query.ast import (
    And,
    Comparator,
    FilterIds,
    LevelCodes,
    LocationKey,
    LocationKeys,
    Node,
    Not,
    Or,
    PeriodKeys,
    leaves,
)
from ..query.query import Query

Verdict: TypeAlias = bool | None
"""Whether a condition holds; None where that depends on other things of a row."""

_NEGATIVE = (Comparator.NOT_EQ, Comparator.NOT_IN)


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


def filter_of(query: Query, leaf: FilterIds) -> set[str]:
    """Ids of the filters that a condition is about."""
    if leaf.filter_id:
        return {leaf.filter_id}
    return {item.id for item in query.meta.filters if any(option.id in leaf.ids for option in item.options)}


def _touches_indicator(query: Query, change: FacetChange, indicator: Indicator) -> bool:
    asked = {item.id for item in query.indicators}
    if change.kind == "added":
        return asked == {item.id for item in query.meta.indicators}
    return indicator.id in asked or _sorts_by(query, f"indicator|{indicator.id}")


def _touches_filter(query: Query, change: FacetChange, filter_: Filter) -> bool:
    if change.kind != "updated" or _sorts_by(query, f"filter|{filter_.id}"):
        return True
    if any(filter_.id in filter_of(query, leaf) for leaf in leaves(query.criteria) if isinstance(leaf, FilterIds)):
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
            was = next((f for f in query.meta.filters if any(o.id == option.id for o in f.options)), group)
            return lambda leaf: _of_option(query, leaf, option, was)
        case LocationOption() as location, Level() as level:
            return lambda leaf: _of_location(leaf, location, level)
        case TimePeriod() as period, _:
            return lambda leaf: _of_period(query, leaf, period)
        case Level() as level, _:
            return lambda leaf: (
                _is_in(leaf.comparator, str(level.code) in leaf.codes) if isinstance(leaf, LevelCodes) else None
            )
    return None


def _names(query: Query, leaf: Node, change: FacetChange, thing: object) -> bool:
    match leaf, thing:
        case FilterIds(ids=ids), FilterOption(id=id_):
            return id_ in ids
        case LevelCodes(codes=codes), Level(code=code):
            return str(code) in codes
        case LocationKeys(keys=keys), LocationOption() as option:
            level = change.group.code if isinstance(change.group, Level) else ""
            return any(key.level == str(level) and code_of(option, key.property) == key.value for key in keys)
        case PeriodKeys(keys=keys), TimePeriod() as period:
            return any((key.period, key.code) == (period.period, str(period.code)) for key in keys)
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


def _is_in(comparator: Comparator, among: bool) -> bool:
    return among != (comparator in _NEGATIVE)


def _of_option(query: Query, leaf: Node, option: FilterOption, group: Filter) -> Verdict:
    if not isinstance(leaf, FilterIds):
        return None
    if option.id in leaf.ids:
        return _is_in(leaf.comparator, among=True)
    # options of other filters in the same list may be what the row has
    about = filter_of(query, leaf)
    return _is_in(leaf.comparator, among=False) if about == {group.id} else None


def _of_location(leaf: Node, option: LocationOption, level: Level) -> Verdict:
    if not isinstance(leaf, LocationKeys):
        return None
    here = [key for key in leaf.keys if key.level == str(level.code)]
    if any(_is_key(key, option) for key in here):
        return _is_in(leaf.comparator, among=True)
    return _is_in(leaf.comparator, among=False) if len(here) == len(leaf.keys) else None


def _is_key(key: LocationKey, option: LocationOption) -> bool:
    return code_of(option, key.property) == key.value


def _of_period(query: Query, leaf: Node, period: TimePeriod) -> Verdict:
    if not isinstance(leaf, PeriodKeys):
        return None
    if leaf.comparator in (Comparator.EQ, Comparator.IN, *_NEGATIVE):
        among = any((key.period, key.code) == (period.period, str(period.code)) for key in leaf.keys)
        return _is_in(leaf.comparator, among)
    bound = TimePeriod(code=TimeIdentifier(leaf.keys[0].code), period=leaf.keys[0].period).sort_key
    at = period.sort_key
    return {
        Comparator.GT: at > bound,
        Comparator.GTE: at >= bound,
        Comparator.LT: at < bound,
        Comparator.LTE: at <= bound,
    }[leaf.comparator]
