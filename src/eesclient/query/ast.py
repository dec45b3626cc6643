"""The tree of a question.

Two kinds of leaves hang in the same tree of `And`, `Or` and `Not`. What a user writes has `Condition` leaves, with the
user's names. Resolution against metadata (`eesclient.query.resolve`) turns each into leaves with machine ids:
`FilterIds`, `LevelCodes`, `LocationKeys` and `PeriodKeys`. Only those can be sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, Literal, NoReturn, TypeAlias

import attrs

from ..errors import ComparatorError


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
        """Whether it takes a list."""
        return self in (Comparator.IN, Comparator.NOT_IN)


_OPPOSITE = {
    Comparator.EQ: Comparator.NOT_EQ,
    Comparator.NOT_EQ: Comparator.EQ,
    Comparator.IN: Comparator.NOT_IN,
    Comparator.NOT_IN: Comparator.IN,
    Comparator.GT: Comparator.LTE,
    Comparator.LTE: Comparator.GT,
    Comparator.GTE: Comparator.LT,
    Comparator.LT: Comparator.GTE,
}


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


@attrs.frozen(kw_only=True)
class And(Node):
    """All of the clauses hold."""

    clauses: tuple[Node, ...]


@attrs.frozen(kw_only=True)
class Or(Node):
    """At least one of the clauses holds."""

    clauses: tuple[Node, ...]


@attrs.frozen(kw_only=True)
class Not(Node):
    """The clause does not hold. `~~x` is `x`."""

    clause: Node

    def __invert__(self) -> Node:
        return self.clause


FacetKind: TypeAlias = Literal["filter", "level", "location", "period"]


@attrs.frozen(kw_only=True)
class Condition(Node):
    """A facet compared with names as the user wrote them.

    Attributes:
        kind: Which facet.
        name: Name of the filter, or of the location's level; "" for the other facets.
        comparator: How it is compared.
        values: With what; one value unless the comparator takes a list.
    """

    kind: FacetKind
    name: str
    comparator: Comparator
    values: tuple[Any, ...]


@attrs.frozen(kw_only=True)
class FilterIds(Node):
    """A filter's option is (not) among these. A row without a value for the filter is not among them.

    Attributes:
        comparator: `EQ`, `NOT_EQ`, `IN` or `NOT_IN`.
        ids: Option ids; of one filter where resolution made them, of any where they were read from JSON.
        filter_id: Id of that filter; "" when read from JSON. Takes no part in equality.
    """

    comparator: Comparator
    ids: tuple[str, ...]
    filter_id: str = attrs.field(default="", eq=False)


@attrs.frozen(kw_only=True)
class LevelCodes(Node):
    """A row's geographic level is (not) among these.

    Attributes:
        comparator: `EQ`, `NOT_EQ`, `IN` or `NOT_IN`.
        codes: Level codes such as `LA`.
    """

    comparator: Comparator
    codes: tuple[str, ...]


@attrs.frozen(kw_only=True)
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


@attrs.frozen(kw_only=True)
class LocationKeys(Node):
    """A row lies (not) in one of these locations: its column for their level holds one of them.

    Attributes:
        comparator: `EQ`, `NOT_EQ`, `IN` or `NOT_IN`.
        keys: The locations.
    """

    comparator: Comparator
    keys: tuple[LocationKey, ...]


@attrs.frozen(kw_only=True)
class PeriodKey:
    """A time period as a query names it: `2023` or `2023/2024`, and the code of its identifier."""

    period: str
    code: str


@attrs.frozen(kw_only=True)
class PeriodKeys(Node):
    """A row's time period compares so with these, in the data set's own order (reference, section 14).

    Attributes:
        comparator: Any; those other than `IN` and `NOT_IN` take one period.
        keys: The periods.
    """

    comparator: Comparator
    keys: tuple[PeriodKey, ...]


Resolved: TypeAlias = And | Or | Not | FilterIds | LevelCodes | LocationKeys | PeriodKeys
"""A tree whose leaves carry machine ids."""


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
