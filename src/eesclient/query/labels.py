"""Labels of what the ids of a question and the paths of its request stand for, and its clauses by argument."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

from ..errors import QueryError, QueryTooLargeError
from ..models.enums import GeographicLevel
from ..models.meta import Filter, Meta
from .places import places_of
from .request import render_body
from .tree import (
    And,
    Comparator,
    FacetName,
    Leaf,
    LocationKey,
    Node,
    Not,
    Or,
    PeriodKey,
    conjunction,
    normalise,
    values_of,
)

if TYPE_CHECKING:
    from .args import Part
    from .question import Query

_STEPS = re.compile(r"\[([0-9]+)\]|([^.\[\]]+)")
_SHOWN = 3
"""Things that are named; of more, the number is said."""
_LISTS = (*get_args(FacetName), "indicators", "sorts")
"""Members of a request whose values have labels."""


def parts_of(query: Query) -> tuple[Part, ...]:
    """The conditions of a question by argument; as `where`, one by one, where it was not built from arguments."""
    clauses = normal_clauses(query)
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


def areas_in(node: Node) -> tuple[tuple[LocationKey, ...], bool] | None:
    """The areas of a `within=` clause, and whether their own rows count; None when the clause has another form."""
    areas: list[tuple[LocationKey, bool]] = []
    for area in node.clauses if isinstance(node, Or) else (node,):
        match area:
            case Leaf(facet="locations", comparator=Comparator.IN, values=(key,)):
                areas.append((key, True))
            case And(
                clauses=(
                    Leaf(facet="locations", comparator=Comparator.IN, values=(key,)),
                    Not(clause=Leaf(facet="geographicLevels", comparator=Comparator.EQ, values=(level,))),
                )
            ) if key.level == level:
                areas.append((key, False))
            case _:
                return None
    own = {own for _, own in areas}
    return (tuple(key for key, _ in areas), True in own) if len(own) == 1 else None


def level_label(code: str, meta: Meta) -> str:
    """The label of a level; of one that is unknown what is made from its code."""
    level = meta.level(code)
    return GeographicLevel(code).columns.label if level is None else level.label


def filter_of(leaf: Leaf, meta: Meta) -> Filter | None:
    """The filter whose options a condition names; None where they are of several, or of none."""
    owners = {filter_.id if (filter_ := meta.filter_of(id_)) else "" for id_ in leaf.values}
    owner = leaf.owner if meta.filter(leaf.owner) and owners <= {leaf.owner} else ""
    return meta.filter(owner or (owners.pop() if len(owners) == 1 else ""))


def require_indicators(query: Query, what: str) -> None:
    """Refuse a question without indicators in another language: no call of ours can say that."""
    if not query.indicators and query.meta.indicators:
        raise QueryError(f"{what} cannot ask for rows without indicators, and this question was made so by hand")


def describe_path(query: Query, path: str | None, detail: Mapping[str, Any] | None) -> str:
    """The subject of an error or warning of the service: the argument of the call, and the labels.

    Such as `filters=: filter 'Sex', option 'Female'`; "" where the path leads to nothing with a label. Of a detail the
    `items` are what is meant.
    """
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
