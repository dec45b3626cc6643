"""Criteria of a POST body back to a tree, with the meaning that the service gives them (reference, sections 11, 12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from eesclient import QueryError, QueryTooLargeError
from tests.doors.query import And, Comparator, Leaf, LocationKey, Node, Not, Or, PeriodKey, conjunction

_SPECIFIC = {"LA": ("code", "oldCode"), "SCH": ("laEstab", "urn"), "PROV": ("ukprn",)}
"""Codes that a location object of a level may have beside the general ones, the deciding one first."""

_CHAINS: dict[str, type[And | Or]] = {"and": And, "or": Or}
_BETWEEN = (Comparator.GT, Comparator.GTE, Comparator.LT, Comparator.LTE)


def parse_criteria(criteria: object, *, path: str = "criteria") -> Node | None:
    """The tree that criteria stand for, as the service reads them.

    Under `not` the facets of an object are joined with OR, everywhere else with AND. Names of members may be in any
    case but for `level`, as for the service. `parse_criteria(render_criteria(node)) == node` for each `node` in normal
    form.

    Args:
        criteria: Parsed JSON: the member `criteria` of a body.
        path: Where it stands, for errors.

    Returns:
        The tree, whose leaves do not know their filters; None for no condition (null, `{}`, or empty facets).

    Raises:
        QueryError: The service would refuse the criteria, or fail on them; the message has the JSON path.
    """
    try:
        return None if criteria is None else _criteria(criteria, path, negated=False)
    except RecursionError:
        raise QueryTooLargeError(f"{path} nests too deeply: ask in parts") from None


def _criteria(value: object, path: str, *, negated: bool) -> Node | None:
    members = _object(value, path)
    for name, chain in _CHAINS.items():
        if name in members:
            _only(members, (name,), path)
            return _chain(chain, members[name], f"{path}.{name}")
    if "not" in members:
        _only(members, ("not",), path)
        return Not(clause=_needed(_criteria(members["not"], f"{path}.not", negated=True), f"{path}.not"))
    _only(members, [name.lower() for name in _FACETS], path)
    facets = [
        _facet(facet, members[facet.lower()], f"{path}.{facet}")
        for facet in _FACETS
        if members.get(facet.lower()) is not None
    ]
    # empty facets add nothing
    present = [facet for facet in facets if facet is not None]
    return Or(clauses=tuple(present)) if negated and len(present) > 1 else conjunction(present)


def _chain(chain: type[And | Or], items: object, path: str) -> Node | None:
    clauses = [_criteria(item, f"{path}[{number}]", negated=False) for number, item in enumerate(_items(items, path))]
    if len(clauses) == 1:
        return clauses[0]
    return chain(clauses=tuple(_needed(clause, f"{path}[{number}]") for number, clause in enumerate(clauses)))


def _needed(clause: Node | None, path: str) -> Node:
    if clause is None:
        raise QueryError(f"{path} is empty, and the service fails on that inside and, or, not: leave it out")
    return clause


def _facet(facet: str, value: object, path: str) -> Node | None:
    members = _object(value, path)
    known = [*Comparator] if facet == "timePeriods" else [one for one in Comparator if one not in _BETWEEN]
    _only(members, [comparator.value.lower() for comparator in known], path)
    return conjunction(
        _FACETS[facet](comparator, [*_values(comparator, given, f"{path}.{comparator.value}")])
        for comparator in known
        if (given := members.get(comparator.value.lower())) is not None
    )


def _values(comparator: Comparator, given: object, path: str) -> Iterator[tuple[object, str]]:
    """What a comparator compares with, each with its path."""
    if not comparator.is_list:
        yield given, path
        return
    for number, item in enumerate(_items(given, path)):
        yield item, f"{path}[{number}]"


def _filters(comparator: Comparator, values: Sequence[tuple[object, str]]) -> Leaf:
    return Leaf(facet="filters", comparator=comparator, values=tuple(_text(*value) for value in values))


def _levels(comparator: Comparator, values: Sequence[tuple[object, str]]) -> Leaf:
    return Leaf(facet="geographicLevels", comparator=comparator, values=tuple(_text(*value) for value in values))


def _locations(comparator: Comparator, values: Sequence[tuple[object, str]]) -> Leaf:
    return Leaf(facet="locations", comparator=comparator, values=tuple(_location(*value) for value in values))


def _periods(comparator: Comparator, values: Sequence[tuple[object, str]]) -> Leaf:
    return Leaf(facet="timePeriods", comparator=comparator, values=tuple(_period(*value) for value in values))


_FACETS: dict[str, Callable[[Comparator, Sequence[tuple[object, str]]], Leaf]] = {
    "filters": _filters,
    "geographicLevels": _levels,
    "locations": _locations,
    "timePeriods": _periods,
}


def _location(value: object, path: str) -> LocationKey:
    members = _object(value, path)
    if not isinstance(value, Mapping) or "level" not in value:
        raise QueryError(f'{path} needs a member "level", spelled so')
    level = _text(members["level"], f"{path}.level")
    candidates = (*_SPECIFIC.get(level, ()), "code", "id")
    name = next((name for name in candidates if members.get(name.lower()) is not None), "id")
    _only(members, ("level", name.lower()), path)
    return LocationKey(level=level, property=name, value=_text(members.get(name.lower()), f"{path}.{name}"))


def _period(value: object, path: str) -> PeriodKey:
    members = _object(value, path)
    names = [field.name for field in attrs.fields(PeriodKey)]
    _only(members, names, path)
    return PeriodKey(**{name: _text(members.get(name), f"{path}.{name}") for name in names})


def _object(value: object, path: str) -> dict[str, Any]:
    """The members of an object, names in lower case."""
    if not isinstance(value, Mapping):
        raise QueryError(f"{path} is no object, but {value!r:.60}")
    members = {str(name).lower(): member for name, member in value.items()}
    if len(members) < len(value):
        raise QueryError(f"{path} has the same member twice, in different cases")
    return members


def _only(members: Mapping[str, Any], known: Sequence[str], path: str) -> None:
    unknown = [name for name in members if name not in known]
    if unknown:
        raise QueryError(f"{path} has a member {unknown[0]!r}, which the service refuses there: see the spelling")


def _items(value: object, path: str) -> list[Any]:
    if not isinstance(value, list | tuple) or not value:
        raise QueryError(f"{path} takes a list of at least one, not {value!r:.60}")
    return [*value]


def _text(value: object, path: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise QueryError(f"{path} takes a text that is not blank, not {value!r:.60}")
    return value
