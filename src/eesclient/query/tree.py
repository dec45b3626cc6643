"""The tree of a question, and its normal form, which means the same on the service.

Two kinds of leaves hang in the same tree of `And`, `Or` and `Not`. What a user writes has `Condition` leaves, with the
user's names. Resolution against metadata (`eesclient.query.resolve`) turns each into a `Leaf`, with machine ids. Only
those can be sent.

The service's grammar means something else than it looks in places (reference, section 12): the facets of an object
under `not` are OR-ed, and options of different filters in one `in` are OR-ed. So what is sent has no `not` (it is
pushed into the comparators), one comparator to an object, and one filter to a list.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeAlias

import attrs

from .._classes import frozen
from ..errors import ComparatorError, QueryError

if TYPE_CHECKING:
    from ..models.meta import Meta


class Comparator(Enum):
    """Comparators of the service, by their names in a POST body."""

    EQ = "eq"
    NOT_EQ = "notEq"
    IN = "in"
    NOT_IN = "notIn"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"

    @property
    def opposite(self) -> Comparator:
        """The comparator that holds exactly where this one does not."""
        return _OPPOSITE[self]

    @property
    def is_list(self) -> bool:
        """True if it takes a list."""
        return self in (Comparator.IN, Comparator.NOT_IN)


_PAIRS = {
    Comparator.EQ: Comparator.NOT_EQ,
    Comparator.IN: Comparator.NOT_IN,
    Comparator.GT: Comparator.LTE,
    Comparator.LT: Comparator.GTE,
}
_OPPOSITE = _PAIRS | {other: one for one, other in _PAIRS.items()}


class Node:
    """Anything that can stand in the tree; combined with `&`, `|` and `~`."""

    __slots__ = ()

    def __and__(self, other: Node) -> And:
        if not isinstance(other, Node):
            return NotImplemented
        return And(clauses=_flatten(And, (self, other)))

    def __or__(self, other: Node) -> Or:
        if not isinstance(other, Node):
            return NotImplemented
        return Or(clauses=_flatten(Or, (self, other)))

    def __invert__(self) -> Node:
        return Not(clause=self)

    def __bool__(self) -> NoReturn:
        raise ComparatorError(
            "a condition has no truth value: combine conditions with & | ~ (each in brackets), not with and, or, not, "
            "if; write .is_in([...]) for in, and ees.between(first, last) for a chained comparison"
        )

    def __iter__(self) -> NoReturn:
        raise ComparatorError("a condition cannot be looped over: combine conditions with & | ~")


@frozen(kw_only=True)
class And(Node):
    """All of the clauses hold."""

    clauses: tuple[Node, ...]


@frozen(kw_only=True)
class Or(Node):
    """At least one of the clauses holds."""

    clauses: tuple[Node, ...]


@frozen(kw_only=True)
class Not(Node):
    """The clause does not hold. `~~x` is `x`."""

    clause: Node

    def __invert__(self) -> Node:
        return self.clause


FacetKind: TypeAlias = Literal["filter", "level", "location", "period"]


@frozen(kw_only=True)
class Condition(Node):
    """A facet compared with names as the user wrote them; the name is of a filter or the level of a location."""

    kind: FacetKind
    name: str
    comparator: Comparator
    values: tuple[Any, ...]


@frozen(kw_only=True)
class LocationKey:
    """A location as a query names it.

    Attributes:
        level: Level code, such as `LA`.
        property: `id`, `code`, `oldCode`, `urn`, `laEstab` or `ukprn`.
        value: The id or code.
    """

    level: str
    property: str
    value: str


@frozen(kw_only=True)
class PeriodKey:
    """A time period as a query names it: `2023` or `2023/2024`, and the code of its identifier."""

    period: str
    code: str


FacetName: TypeAlias = Literal["filters", "geographicLevels", "locations", "timePeriods"]
"""Facets by their names in a POST body, in the service's order."""


@frozen(kw_only=True)
class Leaf(Node):
    """A facet compared with machine ids.

    A row is among option ids if it has one of them, so not if it has no value for the filter; among locations if its
    column for their level holds one; time periods compare in the data set's own order (reference, section 14).

    Attributes:
        facet: Which facet.
        comparator: `EQ`, `NOT_EQ`, `IN` or `NOT_IN`; for time periods any.
        values: Option ids, level codes such as `LA`, or values `LocationKey` or `PeriodKey`; one unless the comparator
            takes a list.
        owner: Id of the filter whose options they are; "" for other facets, and for options of any filters. Takes no
            part in equality.
    """

    facet: FacetName
    comparator: Comparator
    values: tuple[Any, ...]
    # a request has no place for it: ids of options are enough for the service
    owner: str = attrs.field(default="", eq=False)

    @property
    def includes(self) -> bool:
        """True if rows must be among the values."""
        return self.comparator in (Comparator.EQ, Comparator.IN)

    @property
    def excludes(self) -> bool:
        """True if rows must not be among the values."""
        return self.comparator in (Comparator.NOT_EQ, Comparator.NOT_IN)


# the four kinds of leaves as scripts that to_python printed before write them
def FilterIds(*, comparator: Comparator, ids: tuple[str, ...], filter_id: str = "") -> Leaf:  # noqa: N802
    """A filter's option is (not) among these."""
    return Leaf(facet="filters", comparator=comparator, values=ids, owner=filter_id)


def LevelCodes(*, comparator: Comparator, codes: tuple[str, ...]) -> Leaf:  # noqa: N802
    """A row's geographic level is (not) among these."""
    return Leaf(facet="geographicLevels", comparator=comparator, values=codes)


def LocationKeys(*, comparator: Comparator, keys: tuple[LocationKey, ...]) -> Leaf:  # noqa: N802
    """A row lies (not) in one of these locations."""
    return Leaf(facet="locations", comparator=comparator, values=keys)


def PeriodKeys(*, comparator: Comparator, keys: tuple[PeriodKey, ...]) -> Leaf:  # noqa: N802
    """A row's time period compares so with these."""
    return Leaf(facet="timePeriods", comparator=comparator, values=keys)


def levels_of(meta: Meta) -> set[str]:
    """Codes of the levels that rows have."""
    return {str(level.code) for level in meta.levels}


def own_rows(level: str) -> Leaf:
    """Rows of a level."""
    return Leaf(facet="geographicLevels", comparator=Comparator.EQ, values=(level,))


def leaves(node: Node | None) -> Iterator[Node]:
    """The leaves of a tree from left to right, whatever stands above them; none of None."""
    # a stack instead of recursion: a tree may be deeper than Python calls may nest
    stack = [] if node is None else [node]
    while stack:
        match stack.pop():
            case And(clauses=clauses) | Or(clauses=clauses):
                stack.extend(clauses[::-1])
            case Not(clause=clause):
                stack.append(clause)
            case leaf:
                yield leaf


def values_of(facet: str, node: Node | None) -> Iterator[Any]:
    """The values with which the leaves of a tree compare a facet."""
    return (value for leaf in leaves(node) if isinstance(leaf, Leaf) and leaf.facet == facet for value in leaf.values)


def conjunction(clauses: Iterable[Node]) -> Node | None:
    """All of the clauses, flattened: None for none, the clause itself for one, else an `And`."""
    flat = _flatten(And, clauses)
    return And(clauses=flat) if len(flat) > 1 else next(iter(flat), None)


def disjunction(clauses: Iterable[Node]) -> Node | None:
    """Any of the clauses, flattened: None for none, the clause itself for one, else an `Or`."""
    flat = _flatten(Or, clauses)
    return Or(clauses=flat) if len(flat) > 1 else next(iter(flat), None)


def _flatten(kind: type[And | Or], clauses: Iterable[Node]) -> tuple[Node, ...]:
    # a stack instead of recursion: a chain of hundreds of | is as deep as it is long
    flat: list[Node] = []
    stack = list(clauses)[::-1]
    while stack:
        node = stack.pop()
        if isinstance(node, kind):
            stack.extend(node.clauses[::-1])
        else:
            flat.append(node)
    return tuple(flat)


def normalise(node: Node, *, negated: bool = False) -> Node:
    """The same condition (or its opposite) without `Not`, flattened, with alternatives of one facet as one list."""
    match node:
        case Not(clause=clause):
            return normalise(clause, negated=not negated)
        case And(clauses=clauses) | Or(clauses=clauses):
            normal = [normalise(clause, negated=negated) for clause in clauses]
            return _merged(normal, every=isinstance(node, And) != negated)
        case Leaf():
            return _listed(node, node.comparator.opposite if negated else node.comparator, node.values)
    raise TypeError(f"{type(node).__name__} is not resolved")


def _merged(clauses: Sequence[Node], *, every: bool) -> Node:
    """The chain with those clauses merged that one list can say, at the place of the first of them."""
    join, single, several = (
        (conjunction, Comparator.NOT_EQ, Comparator.NOT_IN) if every else (disjunction, Comparator.EQ, Comparator.IN)
    )
    merged: dict[Hashable, Node] = {}
    for clause in _flatten(And if every else Or, clauses):
        # clauses that one list cannot say are only like themselves
        place: Hashable = clause
        if isinstance(clause, Leaf) and clause.comparator in (single, several):
            place = _dimension(clause)
        known = merged.setdefault(place, clause)
        if isinstance(known, Leaf) and isinstance(clause, Leaf) and known != clause:
            merged[place] = _listed(known, several, (*known.values, *clause.values))
    if (joined := join(merged.values())) is None:
        raise QueryError("an And or Or without clauses means nothing, and the service fails on it: leave it out")
    return joined


def _dimension(leaf: Leaf) -> Hashable:
    """The filter, level of locations or other facet that a list of values is about; the leaf where it is not known."""
    # options of several filters, or locations of several levels, mean another thing in one list
    if leaf.facet == "filters":
        return leaf.owner or leaf
    return leaf.facet, leaf.values[0].level if leaf.facet == "locations" and leaf.values else ""


_SINGLE = {Comparator.IN: Comparator.EQ, Comparator.NOT_IN: Comparator.NOT_EQ}
_SEVERAL = {Comparator.EQ: Comparator.IN, Comparator.NOT_EQ: Comparator.NOT_IN}


def _listed(leaf: Leaf, comparator: Comparator, values: tuple[Hashable, ...]) -> Leaf:
    """The leaf with other values; lists without repeats, and of one value as the single comparator."""
    unique = tuple(dict.fromkeys(values))
    comparator = (_SINGLE if len(unique) == 1 else _SEVERAL).get(comparator, comparator)
    is_same = comparator is leaf.comparator and unique == leaf.values
    return leaf if is_same else attrs.evolve(leaf, comparator=comparator, values=unique)
