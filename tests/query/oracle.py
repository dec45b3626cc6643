"""What conditions mean, written once more and plainly: the tests' own reading of a tree, on one row at a time."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from tests.doors.query import And, Comparator, Leaf, Node, Not, Or, PeriodKey

PERIODS = [PeriodKey(period=f"{year}/{year + 1}", code="AY") for year in range(2019, 2025)]
"""Periods in order."""


@attrs.frozen(kw_only=True)
class Row:
    """Keys of one row; a filter or level that it lacks is None or absent."""

    filters: Mapping[str, str | None]
    level: str
    locations: Mapping[str, str]
    period: PeriodKey


def holds(node: Node, row: Row) -> bool:
    """Whether the row meets the condition."""
    match node:
        case And(clauses=clauses):
            return all(holds(clause, row) for clause in clauses)
        case Or(clauses=clauses):
            return any(holds(clause, row) for clause in clauses)
        case Not(clause=clause):
            return not holds(clause, row)
        case Leaf(facet="filters", comparator=comparator, values=ids):
            found = any(value in ids for value in row.filters.values())
        case Leaf(facet="geographicLevels", comparator=comparator, values=codes):
            found = row.level in codes
        case Leaf(facet="locations", comparator=comparator, values=keys):
            found = any(row.locations.get(key.level) == key.value for key in keys)
        case Leaf(facet="timePeriods", comparator=comparator, values=keys):
            if comparator in (Comparator.GT, Comparator.GTE, Comparator.LT, Comparator.LTE):
                return _ordered(comparator, PERIODS.index(row.period), PERIODS.index(keys[0]))
            found = row.period in keys
        case _:
            raise AssertionError(f"no reading of {node!r}")
    return found == (comparator in (Comparator.EQ, Comparator.IN))


def _ordered(comparator: Comparator, row: int, bound: int) -> bool:
    return {
        Comparator.GT: row > bound,
        Comparator.GTE: row >= bound,
        Comparator.LT: row < bound,
        Comparator.LTE: row <= bound,
    }[comparator]
