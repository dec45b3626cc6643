"""What the ids of a question, and the paths of its request, stand for, and its clauses by argument."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
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
    """The conditions of a question by argument; as one `where` where it was not built from arguments.

    Raises:
        QueryTooLargeError: The condition nests too deeply.
    """
    clauses = normal_clauses(query)
    whole = conjunction(node for _, node in query.parts)
    if whole is not None and top_clauses(normalise(whole)) == clauses:
        return query.parts
    return tuple(("where", node) for node in clauses)


def normal_clauses(query: Query) -> tuple[Node, ...]:
    """The conditions that must all hold, in normal form.

    Raises:
        QueryTooLargeError: The condition nests too deeply.
    """
    try:
        return () if query.criteria is None else top_clauses(normalise(query.criteria))
    except RecursionError:
        raise QueryTooLargeError("the condition nests too deeply: ask in parts") from None


def top_clauses(node: Node) -> tuple[Node, ...]:
    """The clauses of a conjunction; anything else is one clause."""
    return node.clauses if isinstance(node, And) else (node,)


def clauses_of(query: Query) -> tuple[Part, ...]:
    """The parts, a `where` of several conditions joined by `&` as several."""
    clauses: list[Part] = []
    for argument, node in parts_of(query):
        clauses += [(argument, clause) for clause in (top_clauses(node) if argument == "where" else (node,))]
    return tuple(clauses)


def places_in(node: Node) -> tuple[LocationKey, ...] | None:
    """The locations of a `places=` clause; None when the clause has another form."""
    keys: list[LocationKey] = []
    for group in node.clauses if isinstance(node, Or) else (node,):
        match group:
            case And(
                clauses=(
                    Leaf(facet="locations", comparator=Comparator.IN, values=found),
                    Leaf(facet="geographicLevels", values=(level,)) as own,
                )
            ):
                if own.comparator is not Comparator.EQ or any(key.level != level for key in found):
                    return None
                keys += found
            case _:
                return None
    return tuple(keys)


def areas_in(node: Node) -> tuple[tuple[LocationKey, ...], bool] | None:
    """The areas of a `within=` clause, and whether their own rows count; None when the clause has another form."""
    keys: list[LocationKey] = []
    own: set[bool] = set()
    for area in node.clauses if isinstance(node, Or) else (node,):
        match area:
            case Leaf(facet="locations", comparator=Comparator.IN, values=(key,)):
                own.add(True)
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
    return (tuple(keys), True in own) if len(own) == 1 else None


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
    """Refuse to show a question without indicators in another language.

    Raises:
        QueryError: It asks for no indicators, which no call of ours can say.
    """
    if not query.indicators and query.meta.indicators:
        raise QueryError(f"{what} cannot ask for rows without indicators, and this question was made so by hand")


def describe_path(query: Query, path: str | None, detail: Mapping[str, Any] | None) -> str:
    """What an error or warning of the service is about: the argument of the call, and the labels.

    Args:
        query: The question that was asked.
        path: Where the service points, as errors and warnings have it.
        detail: What it says besides; its `items` are what is meant.

    Returns:
        Such as `filters=: filter 'Sex', option 'Female'`; "" where the path leads to nothing with a label.
    """
    items = (detail or {}).get("items")
    items = items if isinstance(items, list) else None
    body = json.loads(render_body(query))
    words = in_words(path, body, query.meta, items)
    facet, found = _walk(path or "", body)
    arguments = _arguments(query, facet, _values(items, found))
    return f"{' and '.join(f'{name}=' for name in arguments)}: {words}" if words and arguments else words


def _arguments(query: Query, facet: str, values: Sequence[Any]) -> Iterable[str]:
    """The arguments of the call in which the values were named."""
    if facet in ("indicators", "sorts"):
        return [facet.replace("sorts", "sort")]
    wanted = {_key(facet, value) for value in values}
    named = (argument for argument, node in query.parts if not wanted.isdisjoint(values_of(facet, node)))
    return dict.fromkeys(named)


def _key(facet: str, value: Any) -> Hashable:
    """A value of a request as leaves hold it."""
    if not isinstance(value, Mapping):
        return str(value)
    if facet == "timePeriods":
        return PeriodKey(period=str(value.get("period")), code=str(value.get("code")))
    name = next((name for name in value if name != "level"), "")
    return LocationKey(level=str(value.get("level")), property=name, value=str(value.get(name)))


def in_words(path: str | None, body: Any, meta: Meta, items: Sequence[Any] | None = None) -> str:
    """What the service means by a path such as `criteria.and[1].filters.in[0]`.

    Args:
        path: The path, as errors and warnings have it.
        body: The parsed body to which it belongs.
        meta: Metadata that has the labels.
        items: The values that are meant, where an error names them; else those at the path.

    Returns:
        Such as `filter 'Sex', option 'Female'`; "" where the path leads to nothing with a label.
    """
    facet, found = _walk(path or "", body)
    values = _values(items, found)
    named = [words for value in values[:_SHOWN] if (words := _described(facet, value, meta))]
    more = len(values) - _SHOWN
    return "; ".join(named) + (f"; and {more} more" if named and more > 0 else "")


def _values(items: Sequence[Any] | None, found: Any) -> list[Any]:
    return [_parted(value) for value in (items or (found if isinstance(found, list) else [found]))]


def _parted(value: Any) -> Any:
    """A location or time period that a GET query writes as text, as the object of a POST body."""
    parts = value.split("|") if isinstance(value, str) else []
    if len(parts) == 2 and parts[0][:4].isdigit():
        return {"period": parts[0], "code": parts[1]}
    return {"level": parts[0], parts[1]: parts[2]} if len(parts) == 3 else value


def _walk(path: str, value: Any) -> tuple[str, Any]:
    """The facet (or other list) that a path goes through, and the last thing in it that has a label."""
    facet = ""
    for number, name in _STEPS.findall(path):
        if facet and isinstance(value, Mapping) and not _is_comparison(value):
            break
        if isinstance(value, Mapping):
            value = value.get(name)
        else:
            known = isinstance(value, list) and number and int(number) < len(value)
            value = value[int(number)] if known else None
        facet = name if name in _LISTS else facet
    return facet, None if _is_comparison(value) else value


def _is_comparison(value: Any) -> bool:
    """Whether a value is `{comparator: …}`, and not a location, period or sort, whose members are no labels."""
    return isinstance(value, Mapping) and not {"level", "period", "field"} & value.keys()


def _described(facet: str, value: Any, meta: Meta) -> str:
    key = _key(facet, value)
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
        case "sorts", _ if isinstance(value, Mapping) and (words := _sort(str(value.get("field")), meta)):
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
