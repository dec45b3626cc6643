"""The form of a tree that means the same on the service.

The service's grammar means something else than it looks in places (reference, section 12): the facets of an object
under `not` are OR-ed, and options of different filters in one `in` are OR-ed. So what is sent has no `not` (it is
pushed into the comparators), one comparator to an object, and one filter to a list.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, TypeAlias

import attrs

from ..errors import QueryError
from .ast import (
    And,
    Comparator,
    FilterIds,
    LevelCodes,
    LocationKeys,
    Node,
    Not,
    Or,
    PeriodKeys,
    conjunction,
    disjunction,
)

Leaf: TypeAlias = FilterIds | LevelCodes | LocationKeys | PeriodKeys
"""A condition with machine ids."""


def normalise(node: Node) -> Node:
    """The same condition without `Not`, flattened, with alternatives of one facet as one list.

    `a & (b & c)` is `a & b & c`, `~(a & b)` is `~a | ~b`, `~~a` is `a`, and `==` of one filter joined by `|` is one
    `in`.
    """
    return _normal(node, negated=False)


def leaf_values(leaf: Leaf) -> tuple[Hashable, ...]:
    """Ids, codes or keys of a leaf."""
    match leaf:
        case FilterIds(ids=values) | LevelCodes(codes=values):
            return values
        case LocationKeys(keys=keys) | PeriodKeys(keys=keys):
            return keys


def _normal(node: Node, *, negated: bool) -> Node:
    match node:
        case Not(clause=clause):
            return _normal(clause, negated=not negated)
        case And(clauses=clauses) | Or(clauses=clauses):
            normal = [_normal(clause, negated=negated) for clause in clauses]
            return _all(normal) if isinstance(node, And) != negated else _any(normal)
        case FilterIds() | LevelCodes() | LocationKeys() | PeriodKeys():
            return _leaf(node, node.comparator.opposite if negated else node.comparator, leaf_values(node))
    raise TypeError(f"{type(node).__name__} is not resolved")


def _all(clauses: Sequence[Node]) -> Node:
    return _joined(conjunction(clauses), And, (Comparator.NOT_EQ, Comparator.NOT_IN), conjunction)


def _any(clauses: Sequence[Node]) -> Node:
    return _joined(disjunction(clauses), Or, (Comparator.EQ, Comparator.IN), disjunction)


def _joined(
    node: Node | None,
    kind: type[And | Or],
    lists: tuple[Comparator, Comparator],
    join: Callable[[Iterable[Node]], Node | None],
) -> Node:
    """The chain with those clauses merged that one list can say, at the place of the first of them."""
    if not isinstance(node, kind):
        if node is None:
            raise QueryError("an And or Or without clauses means nothing, and the service fails on it: leave it out")
        return node
    merged: dict[Hashable, Node] = {}
    for clause in node.clauses:
        place = _place(clause, lists)
        known = merged.get(place)
        merged[place] = clause if known is None else _union(known, clause, lists[1])
    joined = join(merged.values())
    return node if joined is None else joined


def _place(clause: Node, lists: tuple[Comparator, Comparator]) -> Hashable:
    """What clauses have in common that can be one list; other clauses are only like themselves."""
    match clause:
        case FilterIds(comparator=comparator, filter_id=filter_id) if comparator in lists and filter_id:
            return FilterIds, filter_id
        case LevelCodes(comparator=comparator) | PeriodKeys(comparator=comparator) if comparator in lists:
            return _VALUES[type(clause)], type(clause).__name__
        case LocationKeys(comparator=comparator, keys=keys) if comparator in lists:
            return LocationKeys, keys[0].level if keys else ""
    return clause


def _union(first: Node, second: Node, comparator: Comparator) -> Node:
    if isinstance(first, Leaf) and isinstance(second, Leaf) and first != second:
        return _leaf(first, comparator, (*leaf_values(first), *leaf_values(second)))
    return first


def _leaf(leaf: Leaf, comparator: Comparator, values: tuple[Hashable, ...]) -> Node:
    """The leaf with other values; lists without repeats, and of one value as the single comparator."""
    unique = tuple(dict.fromkeys(values))
    single = {Comparator.IN: Comparator.EQ, Comparator.NOT_IN: Comparator.NOT_EQ}
    several = {Comparator.EQ: Comparator.IN, Comparator.NOT_EQ: Comparator.NOT_IN}
    comparator = (single if len(unique) == 1 else several).get(comparator, comparator)
    changes: dict[str, Any] = {"comparator": comparator, _VALUES[type(leaf)]: unique}
    return attrs.evolve(leaf, **changes)


_VALUES: dict[type[Node], str] = {FilterIds: "ids", LevelCodes: "codes", LocationKeys: "keys", PeriodKeys: "keys"}
