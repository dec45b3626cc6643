"""A question in words: its clauses by argument, and labels of what its ids and the paths of its request stand for."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

import attrs

from ..errors import QueryError, QueryTooLargeError
from ..models.enums import GeographicLevel
from ..models.meta import Filter, Meta
from ..texts import pattern
from .request import render_body
from .resolve import period_key
from .spellings import in_order, places_of
from .tree import (
    And,
    Comparator,
    Condition,
    FacetName,
    Leaf,
    LocationKey,
    Node,
    Not,
    Or,
    PeriodKey,
    conjunction,
    levels_of,
    normalise,
    own_rows,
    values_of,
)

if TYPE_CHECKING:
    from .args import Part, Sort
    from .question import Query

_STEPS = pattern(r"\[([0-9]+)\]|([^.\[\]]+)")
_SHOWN = 3
"""Things that are named; of more, the number is said."""
_LISTS = (*get_args(FacetName), "indicators", "sorts")
"""Members of a request whose values have labels."""


def parts_of(query: Query) -> tuple[Part, ...]:
    """The conditions of a question by argument; as `where`, one by one, where it was not built from arguments."""
    clauses = normal_clauses(query)
    # a question that was changed by attrs.evolve keeps its parts, and they may say something else then
    whole = conjunction(node for _, node in query.parts)
    if whole is not None and _top_clauses(normalise(whole)) == clauses:
        return query.parts
    return tuple(("where", node) for node in clauses)


def normal_clauses(query: Query) -> tuple[Node, ...]:
    """The conditions that must all hold, in normal form; refused where they nest too deeply."""
    try:
        return () if query.criteria is None else _top_clauses(normalise(query.criteria))
    except RecursionError:
        raise QueryTooLargeError("the condition nests too deeply: ask in parts") from None


def clauses_of(query: Query) -> tuple[Part, ...]:
    """The parts, a `where` of several conditions joined by `&` as several."""
    return tuple(
        (argument, clause)
        for argument, node in parts_of(query)
        for clause in (_top_clauses(node) if argument == "where" else (node,))
    )


def _top_clauses(node: Node) -> tuple[Node, ...]:
    return node.clauses if isinstance(node, And) else (node,)


def places_in(node: Node) -> tuple[LocationKey, ...] | None:
    """The locations of a `places=` clause; None when the clause has another form."""
    keys: list[LocationKey] = []
    for group in node.clauses if isinstance(node, Or) else (node,):
        match group:
            case And(
                clauses=(
                    Leaf(facet="locations", comparator=Comparator.IN, values=found),
                    Leaf(facet="geographicLevels", comparator=Comparator.EQ, values=(level,)),
                )
            ) if all(key.level == level for key in found):
                keys += found
            case _:
                return None
    return tuple(keys)


def areas_in(node: Node, meta: Meta) -> tuple[tuple[LocationKey, ...], bool] | None:
    """The areas of a `within=` clause, and whether their own rows count; None when the clause has another form."""
    keys: list[LocationKey] = []
    # include_self= is one for all areas of a call, and says nothing of a level that no row has
    own: set[bool] = set()
    for area in node.clauses if isinstance(node, Or) else (node,):
        match area:
            case Leaf(facet="locations", comparator=Comparator.IN, values=(key,)):
                own |= {True} if key.level in levels_of(meta) else set()
            case And(
                clauses=(
                    Leaf(facet="locations", comparator=Comparator.IN, values=(key,)),
                    Not(clause=Leaf(facet="geographicLevels", comparator=Comparator.EQ, values=(level,))),
                )
            ) if key.level == level:
                own.add(False)
            case _:
                return None
        keys.append(key)
    return (tuple(keys), True in own) if len(own) < 2 else None


def without_own_rows(query: Query, current: Meta) -> Query:
    """The question with the own rows of its `within=` left out that only another version has: see `args`."""
    new = levels_of(current) - levels_of(query.meta)
    if not new or query.words is None or query.words.include_self or parts_of(query) is not query.parts:
        return query

    def without(node: Node) -> Node:
        if isinstance(node, Leaf) and (level := node.values[0].level) in new:
            return And(clauses=(node, Not(clause=own_rows(level))))
        return Or(clauses=tuple(map(without, node.clauses))) if isinstance(node, Or) else node

    parts = tuple((name, without(node) if name == "within" else node) for name, node in query.parts)
    whole = conjunction(node for _, node in parts)
    return attrs.evolve(query, parts=parts, criteria=None if whole is None else normalise(whole))


def level_label(code: str, meta: Meta) -> str:
    """The label of a level; of one that is unknown what is made from its code."""
    level = meta.level(code)
    return GeographicLevel(code).columns.label if level is None else level.label


def filter_of(leaf: Leaf, meta: Meta) -> Filter | None:
    """The filter whose options a condition names; None where they are of several, or of none."""
    # a tree made by hand may say another owner than its options have, or none
    owners = {filter_.id if (filter_ := meta.filter_of(id_)) else "" for id_ in leaf.values}
    owner = leaf.owner if meta.filter(leaf.owner) and owners <= {leaf.owner} else ""
    return meta.filter(owner or (owners.pop() if len(owners) == 1 else ""))


def require_indicators(query: Query, what: str) -> None:
    """Refuse a question without indicators in another language: no call of ours can say that."""
    if not query.indicators and query.meta.indicators:
        raise QueryError(f"{what} cannot ask for rows without indicators, and this question was made so by hand")


def describe_path(query: Query, path: str | None, detail: Mapping[str, Any] | None) -> str:
    """The subject of an error or warning, such as `filters=: filter 'Sex', option 'Female'`; "" without a label."""
    items = (detail or {}).get("items")
    items = items if isinstance(items, list) else None
    body = json.loads(render_body(query))
    words = in_words(path, body, query.meta, items)
    facet, keys = _keys_at(path, body, items)
    if facet in ("indicators", "sorts"):
        arguments = [facet.replace("sorts", "sort")]
    else:
        parts = [argument for argument, node in query.parts if not {*keys}.isdisjoint(values_of(facet, node))]
        arguments = [*dict.fromkeys(parts)]
    return f"{' and '.join(f'{name}=' for name in arguments)}: {words}" if words and arguments else words


def in_words(path: str | None, body: Any, meta: Meta, items: Sequence[Any] | None = None) -> str:
    """The labels of what the service means by a path such as `criteria.and[1].filters.in[0]`; "" if none have any."""
    facet, keys = _keys_at(path, body, items)
    named = [words for key in keys[:_SHOWN] if (words := _described(facet, key, meta))]
    more = len(keys) - _SHOWN
    return "; ".join(named) + (f"; and {more} more" if named and more > 0 else "")


def _keys_at(path: str | None, value: Any, items: Sequence[Any] | None) -> tuple[str, list[Hashable]]:
    """The facet (or other list) that a path goes through, and the last things in it that have labels."""
    facet = ""
    for number, name in _STEPS.findall(path or ""):
        if facet and isinstance(value, Mapping) and not _is_comparison(value):
            # a path may go on into members, such as `.id`, which have no labels of their own
            break
        if isinstance(value, Mapping):
            value = value.get(name)
        else:
            known = isinstance(value, list) and number and int(number) < len(value)
            value = value[int(number)] if known else None
        facet = name if name in _LISTS else facet
    found = None if _is_comparison(value) else value
    return facet, [_key(facet, each) for each in items or (found if isinstance(found, list) else [found])]


def _is_comparison(value: Any) -> bool:
    """True for `{comparator: …}`; false for a location, period or sort, whose members have no labels."""
    return isinstance(value, Mapping) and not {"level", "period", "field"} & value.keys()


def _key(facet: str, value: Any) -> Hashable:
    """A value of a request as leaves hold it; the field of a sort."""
    if facet == "sorts":
        return str(value.get("field")) if isinstance(value, Mapping) else ""
    if not isinstance(value, Mapping):
        # a GET query writes locations and time periods as text
        match str(value).split("|"):
            case [period, code] if period[:4].isdigit():
                return PeriodKey(period=period, code=code)
            case [level, name, id_]:
                return LocationKey(level=level, property=name, value=id_)
        return str(value)
    if facet == "timePeriods":
        return PeriodKey(period=str(value.get("period")), code=str(value.get("code")))
    name = next((name for name in value if name != "level"), "")
    return LocationKey(level=str(value.get("level")), property=name, value=str(value.get(name)))


def _described(facet: str, key: Hashable, meta: Meta) -> str:
    match facet, key:
        case "filters", str() if (option := meta.option(key)) and (filter_ := meta.filter_of(key)):
            return f"filter {filter_.label!r}, option {option.label!r}"
        case "geographicLevels", str() if level := meta.level(key):
            return f"level {level.label!r}"
        case "locations", LocationKey() if places := places_of(key, meta):
            names = " or ".join(repr(place.option.label) for place in places)
            return f"level {places[0].level.label!r}, location {names}"
        case "timePeriods", PeriodKey() if period := meta.period(key.period, key.code):
            return f"time period {period.label!r}"
        case "indicators", str() if indicator := meta.indicator(key):
            return f"indicator {indicator.label!r}"
        case "sorts", str() if words := _sort(key, meta):
            return f"sort by {words}"
    return ""


def _sort(field: str, meta: Meta) -> str:
    kind, _, name = field.partition("|")
    match kind:
        case "filter":
            return f"filter {filter_.label!r}" if (filter_ := meta.filter(name)) else ""
        case "indicator":
            return f"indicator {indicator.label!r}" if (indicator := meta.indicator(name)) else ""
        case "location":
            return f"location at level {group.level.label!r}" if (group := meta.group(name)) else ""
    return {"timePeriod": "period", "geographicLevel": "level"}.get(kind, "")


# The whole of a question in words

_ONE = {
    Comparator.EQ: "is {}",
    Comparator.NOT_EQ: "is not {}",
    Comparator.IN: "is {}",
    Comparator.NOT_IN: "is not {}",
    Comparator.GT: "is after {}",
    Comparator.GTE: "is {} or later",
    Comparator.LT: "is before {}",
    Comparator.LTE: "is {} or earlier",
}
_MANY = _ONE | {Comparator.IN: "is one of: {}", Comparator.NOT_IN: "is not one of: {}"}


def explain(query: Query) -> str:
    """A question in words."""
    try:
        return "\n".join(_lines(query))
    except RecursionError:
        raise QueryTooLargeError("the condition nests too deeply to be put in words: ask in parts") from None


def clause_text(node: Node, argument: str, meta: Meta) -> str:
    """One clause of a question on one line."""
    lines = [*_clause(node, argument, meta)]
    if len(lines) == 1:
        return lines[0]
    heading, *rest = (line.strip() for line in lines)
    return f"{heading} {'; '.join(line.removeprefix('- ') for line in rest)}"


def _lines(query: Query) -> Iterator[str]:
    meta = query.meta
    yield f"Data set {query.data_set_id}, version {query.version}"
    every = query.indicators == tuple(meta.indicators)
    yield f"Indicators{' (all)' if every else ''}:" if query.indicators else "Indicators: none"
    for indicator in query.indicators:
        unit = "" if indicator.unit is None else f", unit {str(indicator.unit)!r}"
        yield f"  - {indicator.label} ({indicator.column}, {indicator.id}){unit}"
    parts = parts_of(query)
    yield "Rows: all" if not parts else "Rows that meet all of these:"
    for argument, node in parts:
        first, *rest = _clause(node, argument, meta)
        yield f"  - {argument}: {first}"
        yield from (f"    {line}" for line in rest)
    if query.pinned:
        yield "Pinned by others=: " + "; ".join(f"{name} = {option}" for name, option in query.pinned.items())
    named = {filter_.id for _, node in parts for id_ in values_of("filters", node) if (filter_ := meta.filter_of(id_))}
    if left := [f"{item.label} ({item.id})" for item in meta.filters if item.id not in named and item.options]:
        yield f"Filters left open, each with all its options: {'; '.join(left)}"
    if query.sort:
        yield f"Sorted by: {'; '.join(_sort_text(sort, meta) for sort in query.sort)}"
    if query.limit is not None:
        yield f"At most {query.limit:,} rows, the first in the service's order"


def _clause(node: Node, argument: str, meta: Meta) -> list[str]:
    keys, heading = (places_in(node) if argument == "places" else None), "rows of"
    if argument == "within" and (areas := areas_in(node, meta)):
        keys, own = areas
        heading = "rows that lie in, its own included," if own else "rows of smaller areas inside"
    if keys is None:
        return [*_tree(node, meta)]
    *shown, last = (_place(key, meta) for key in keys)
    return [f"{heading} {'; '.join(shown)} or {last}" if shown else f"{heading} {last}"]


def _tree(node: Node, meta: Meta) -> Iterator[str]:
    match node:
        case And(clauses=clauses) | Or(clauses=clauses):
            yield "all of:" if isinstance(node, And) else "any of:"
            for clause in clauses:
                first, *rest = _tree(clause, meta)
                yield f"  - {first}"
                yield from (f"    {line}" for line in rest)
        case Not(clause=And(clauses=_) | Or(clauses=_) as chain):
            _, *rest = _tree(chain, meta)
            yield "not all of:" if isinstance(chain, And) else "none of:"
            yield from rest
        case Not(clause=clause):
            first, *rest = _tree(clause, meta)
            yield f"not: {first}"
            yield from rest
        case Leaf():
            yield _leaf(node, meta)
        case Condition():
            values = [f"{value!r}" for value in node.values]
            yield _compared(f"{node.kind} {node.name!r}" if node.name else node.kind, node.comparator, values)
        case _:
            raise TypeError(f"{type(node).__name__} cannot be put in words")


def _leaf(leaf: Leaf, meta: Meta) -> str:
    match leaf.facet:
        case "filters":
            filter_ = filter_of(leaf, meta)
            subject = "an option" if filter_ is None else f"{filter_.label} ({filter_.id})"
            values = [_option(id_, meta, owner=filter_ is None) for id_ in leaf.values]
        case "geographicLevels":
            subject, values = "geographic level", [f"{level_label(code, meta)} ({code})" for code in leaf.values]
        case "locations":
            subject, values = "location", [_place(key, meta) for key in leaf.values]
        case "timePeriods":
            order = [period_key(period) for period in in_order(meta.periods)]
            # those that the version lacks come last
            keys = sorted(leaf.values, key=lambda key: order.index(key) if key in order else len(order))
            subject, values = "time period", [_period(key, meta) for key in keys]
    return _compared(subject, leaf.comparator, values)


def _compared(subject: str, comparator: Comparator, values: Sequence[str]) -> str:
    pattern = (_MANY if len(values) > 1 else _ONE)[comparator]
    return f"{subject} {pattern.format('; '.join(values))}"


def _option(id_: str, meta: Meta, *, owner: bool) -> str:
    filter_, option = meta.filter_of(id_), meta.option(id_)
    if filter_ is None or option is None:
        return f"an option that the version does not have ({id_})"
    return f"{option.label} ({id_})" + (f" of {filter_.label} ({filter_.id})" if owner else "")


def _place(key: LocationKey, meta: Meta) -> str:
    named = f"{key.property} {key.value}"
    places = places_of(key, meta)
    if not places:
        return f"a location that the version does not have ({level_label(key.level, meta)}, {named})"
    # by a code the service takes the first of several (reference, section 12)
    return places[0].shown + ("" if key.property == "id" else f", asked for by {named}")


def _period(key: PeriodKey, meta: Meta) -> str:
    period = meta.period(key.period, key.code)
    named = f"{key.period}|{key.code}"
    if period is None:
        return f"a time period that the version does not have ({named})"
    return f"{period.label or period.period}, {period.code.label} ({named})"


def _sort_text(sort: Sort, meta: Meta) -> str:
    kind, _, name = sort.field.partition("|")
    words = {"timePeriod": "time period", "geographicLevel": "geographic level"}.get(kind, sort.field)
    if kind == "location":
        words = f"location at level {level_label(name, meta)} ({name})"
    item = meta.filter(name) if kind == "filter" else meta.indicator(name)
    if item is not None:
        words = f"{item.label} ({sort.field})"
    words += " as text, as the service does" if sort.textual else ""
    return f"{words}, {'largest' if sort.descending else 'smallest'} first"
