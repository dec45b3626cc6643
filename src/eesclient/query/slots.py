"""What one facets object can say, which is all that a GET query has.

Facets are AND-ed and so are comparators, each of which stands once. Options of several filters in one `in` are OR-ed,
in one `notIn` AND-ed, and so are locations of several levels (reference, sections 10 and 12).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, TypeAlias, get_args

import attrs

from ..errors import QueryError
from ..models.meta import Meta
from .tree import And, Comparator, FacetName, Leaf, Node, Or, PeriodKey

Slots: TypeAlias = dict[tuple[FacetName, Comparator], tuple[Any, ...]]
"""Values by facet and comparator, each as the service names it."""

_FACETS: tuple[FacetName, ...] = get_args(FacetName)
_POST = "ask by POST, as query() does"


@attrs.frozen
class _Part:
    """One clause of the conjunction: values of one facet.

    Attributes:
        values: Ids, codes or keys.
        dimension: Of what a row has one value at most; None where the values are of several such, or it is not known.
    """

    values: tuple[Hashable, ...]
    dimension: Hashable = None


def fill_slots(node: Node | None, meta: Meta) -> Slots:
    """The comparators of one facets object that says the same as a condition in normal form.

    Args:
        node: The condition; None for all rows.
        meta: Metadata, for the order of the time periods.

    Returns:
        The values of each comparator of each facet, in the service's order of both.

    Raises:
        QueryError: One facets object cannot say it; the message says what is too much.
    """
    clauses = () if node is None else node.clauses if isinstance(node, And) else (node,)
    leaves = [_as_leaf(clause) for clause in clauses]
    slots: Slots = {}
    for facet in _FACETS:
        slots |= _including(facet, [leaf for leaf in leaves if leaf.facet == facet and leaf.includes])
        slots |= _excluding(facet, [leaf for leaf in leaves if leaf.facet == facet and leaf.excludes])
    slots |= _bounds([leaf for leaf in leaves if not leaf.includes and not leaf.excludes], meta)
    order = [*Comparator]
    return dict(sorted(slots.items(), key=lambda slot: (_FACETS.index(slot[0][0]), order.index(slot[0][1]))))


def _as_leaf(clause: Node) -> Leaf:
    """The clause as one condition; alternatives of one facet are one list, also across filters and levels."""
    if isinstance(clause, Leaf):
        return clause
    if not isinstance(clause, Or):
        raise TypeError(f"{type(clause).__name__} is not in normal form")
    alternatives = [leaf for leaf in clause.clauses if isinstance(leaf, Leaf) and leaf.includes]
    facets = {leaf.facet for leaf in alternatives}
    if len(alternatives) == len(clause.clauses) and facets in ({"filters"}, {"locations"}):
        values = dict.fromkeys(value for leaf in alternatives for value in leaf.values)
        return Leaf(facet=facets.pop(), comparator=Comparator.IN, values=tuple(values))
    raise QueryError(
        "a GET query joins all its conditions with &, and this question has an | between conditions that are not all "
        f"== or is_in of filters, or all of locations: {_POST}"
    )


def _including(facet: FacetName, leaves: Iterable[Leaf]) -> Slots:
    """Up to two conditions find a place, one of them as a single value."""
    parts = _narrowed(_Part(leaf.values, _dimension(leaf)) for leaf in leaves)
    parts.sort(key=lambda part: len(part.values) > 1)
    match [part.values for part in parts]:
        case []:
            return {}
        case [values] if len(values) > 1:
            return {(facet, Comparator.IN): values}
        case [value]:
            return {(facet, Comparator.EQ): value}
        case [value, values] if len(value) == 1:
            return {(facet, Comparator.EQ): value, (facet, Comparator.IN): values}
        case [_, _]:
            why = "two of them are lists, and it has one place for a list"
        case _:
            why = f"there are {len(parts)}, and it has places for two"
    raise QueryError(f"a GET query cannot hold these conditions on {facet}, which must hold together: {why}; {_POST}")


def _narrowed(parts: Iterable[_Part]) -> list[_Part]:
    """Conditions on the same dimension as one: a row has one value of it at most."""
    narrowed: dict[Hashable, _Part] = {}
    for part in parts:
        place = part if part.dimension is None else part.dimension
        known = narrowed.get(place, part)
        common = tuple(value for value in known.values if value in part.values)
        if not common:
            # no row meets both, which any value of each says as well
            return [_Part(known.values[:1]), _Part(part.values[:1])]
        narrowed[place] = _Part(common, part.dimension)
    return list(narrowed.values())


def _dimension(leaf: Leaf) -> Hashable:
    # one location may go by several codes
    return {"filters": leaf.owner or None, "locations": None}.get(leaf.facet, leaf.facet)


def _excluding(facet: FacetName, leaves: Sequence[Leaf]) -> Slots:
    values = tuple(dict.fromkeys(value for leaf in leaves for value in leaf.values))
    if not values:
        return {}
    return {(facet, Comparator.NOT_EQ if len(values) == 1 else Comparator.NOT_IN): values}


def _bounds(leaves: Iterable[Leaf], meta: Meta) -> Slots:
    slots: Slots = {}
    for leaf in leaves:
        slot = leaf.facet, leaf.comparator
        known = slots.get(slot)
        slots[slot] = leaf.values if known is None else (_tighter(leaf.comparator, known[0], leaf.values[0], meta),)
    return slots


def _tighter(comparator: Comparator, one: PeriodKey, other: PeriodKey, meta: Meta) -> PeriodKey:
    periods = {key: meta.period(key.period, key.code) for key in (one, other)}
    ranks = {key: period.sort_key for key, period in periods.items() if period}
    if len(ranks) < len(periods):
        raise QueryError(
            f"a GET query has one place for {comparator.value} of timePeriods, and which of {one.period} {one.code} "
            f"and {other.period} {other.code} is later is not known, as the data set lacks one of them: {_POST}"
        )
    choose = max if comparator in (Comparator.GT, Comparator.GTE) else min
    return choose(one, other, key=ranks.__getitem__)
