"""The clauses of a question by argument, and what its ids stand for: what all the forms of showing it share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import attrs

from ..errors import QueryError, QueryTooLargeError
from ..models.levels import GeographicLevel
from ..models.meta import Filter, FilterOption, Indicator, Level, Meta
from ..models.periods import TimePeriod
from .places import Place, places_of
from .query import Part, Query
from .tree import (
    And,
    Comparator,
    Leaf,
    LocationKey,
    Node,
    Not,
    Or,
    PeriodKey,
    conjunction,
    normalise,
)


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


@attrs.define(kw_only=True, eq=False, slots=False)
class Labels:
    """What the ids of a version stand for."""

    meta: Meta

    @cached_property
    def options(self) -> Mapping[str, tuple[Filter, FilterOption]]:
        """Filter and option by option id."""
        return {option.id: (filter_, option) for filter_ in self.meta.filters for option in filter_.options}

    @cached_property
    def filters(self) -> Mapping[str, Filter]:
        """Filters by id."""
        return {filter_.id: filter_ for filter_ in self.meta.filters}

    @cached_property
    def indicators(self) -> Mapping[str, Indicator]:
        """Indicators by id."""
        return {indicator.id: indicator for indicator in self.meta.indicators}

    @cached_property
    def levels(self) -> Mapping[str, Level]:
        """Levels by code, those without rows of their own included."""
        levels = [*(group.level for group in self.meta.locations), *self.meta.levels]
        return {str(level.code): level for level in levels}

    @cached_property
    def periods(self) -> Mapping[PeriodKey, TimePeriod]:
        """Time periods by how a query names them, in the service's order."""
        ordered = sorted(self.meta.periods, key=lambda period: period.sort_key)
        return {PeriodKey(period=period.period, code=str(period.code)): period for period in ordered}

    def places(self, key: LocationKey) -> tuple[Place, ...]:
        """The location that a key names by id, or those that it names by a code."""
        return places_of(key, self.meta)

    def level_label(self, code: str) -> str:
        """The label of a level; the code itself where it is unknown."""
        return self.levels[code].label if code in self.levels else GeographicLevel(code).columns.label

    def filter_of(self, leaf: Leaf) -> Filter | None:
        """The filter whose options a condition names; None where they are of several, or of none."""
        owners = {self.options[id_][0].id if id_ in self.options else "" for id_ in leaf.values}
        owner = leaf.owner if leaf.owner in self.filters and owners <= {leaf.owner} else ""
        return self.filters.get(owner or (owners.pop() if len(owners) == 1 else ""))

    def in_order(self, keys: Sequence[PeriodKey]) -> list[PeriodKey]:
        """Periods in the service's order, those that the version lacks last."""
        ranks = {key: rank for rank, key in enumerate(self.periods)}
        return sorted(keys, key=lambda key: ranks.get(key, len(ranks)))


def in_full(query: Query, what: str) -> Labels:
    """The labels of a question that is to be shown in another language.

    Raises:
        QueryError: It asks for no indicators, which no call of ours can say.
    """
    if not query.indicators and query.meta.indicators:
        raise QueryError(f"{what} cannot ask for rows without indicators, and this question was made so by hand")
    return Labels(meta=query.meta)
