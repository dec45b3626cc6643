"""Tests of the tree that the tests of conditions, resolution and normal form do not reach."""

from __future__ import annotations

import sys

from eesclient import facets as f
from tests.doors.query import And, Comparator, FilterIds, LevelCodes, Node, Not, Or, PeriodKey, PeriodKeys, leaves

OPTION = FilterIds(comparator=Comparator.EQ, ids=("a",))
LEVEL = LevelCodes(comparator=Comparator.NOT_EQ, codes=("NAT",))
PERIOD = PeriodKeys(comparator=Comparator.GT, keys=(PeriodKey(period="2023", code="CY"),))


def test_leaves() -> None:
    """Leaves come from left to right through every kind of node, repeated ones each time."""
    named = f.level == "LA"
    tree = And(clauses=(OPTION, Not(clause=Or(clauses=(LEVEL, And(clauses=(PERIOD, named)), OPTION))), LEVEL))
    assert [OPTION, LEVEL, PERIOD, named, OPTION, LEVEL] == [*leaves(tree)]


def test_leaves_of_small_trees() -> None:
    """A leaf is its own only one; a chain without clauses and no tree at all have none."""
    assert [OPTION] == [*leaves(OPTION)]
    assert [] == [*leaves(Or(clauses=()))]
    assert [] == [*leaves(None)]


def test_leaves_of_deep_trees() -> None:
    """A tree may be deeper than calls may nest."""
    tree: Node = OPTION
    for _ in range(sys.getrecursionlimit()):
        tree = Not(clause=And(clauses=(tree, LEVEL)))
    assert OPTION == next(leaves(tree))
