"""Tests of questions in words."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given

import eesclient as ees
from tests.doors.query import (
    And,
    Comparator,
    Condition,
    FilterIds,
    Leaf,
    LevelCodes,
    LocationKey,
    LocationKeys,
    Node,
    Not,
    PeriodKey,
    PeriodKeys,
    leaves,
    normalise,
)

from ..examples import META, ask
from ..test_normal import TREES

F = ees.facets


def test_the_whole_text() -> None:
    """Everything that is asked is said, by argument, with labels and ids."""
    query = ask(
        indicators="ipct",
        filters={"Sex": "Female"},
        periods=["2022/23", "2019/20"],
        levels=["LA", "REG"],
        places=["Camden", "llon"],
        within="leng",
        where=~((F.period >= "2020/21") & (F.filter("SEN provision") == "SEN support")) | (F.level == "NAT"),
        others={"Pupil group": "All pupils"},
        sort=["-period", "LA", ees.service_sort("ipct"), "Sex"],
        limit=1000,
    )
    assert """\
Data set 0000, version 1.0
Indicators:
  - Percentage of pupils (pupil_percent, ipct)
Rows that meet all of these:
  - filters: Sex (fsex) is Female (ofem)
  - periods: time period is one of: 2019/20, Academic year (2019/2020|AY); 2022/23, Academic year (2022/2023|AY)
  - levels: geographic level is one of: Local authority (LA); Regional (REG)
  - places: rows of Camden (Local authority, E09000007, 202, id lcam) or London (Regional, E12000007, id llon)
  - within: rows of smaller areas inside England (National, E92000001, id leng)
  - where: any of:
      - not all of:
          - time period is 2020/21, Academic year (2020/2021|AY) or later
          - SEN provision (fprov) is SEN support (osup)
      - geographic level is National (NAT)
  - others: Pupil group (fgrp) is All pupils (oall)
Pinned by others=: Pupil group = All pupils
Sorted by: time period, largest first; location at level Local authority (LA), smallest first; \
Percentage of pupils (indicator|ipct) as text, as the service does, smallest first; Sex (filter|fsex), smallest first
At most 1,000 rows, the first in the service's order""" == query.explain()


def test_all_rows() -> None:
    """A question without conditions says so, and which filters it leaves open."""
    text = ask().explain()
    assert "Indicators (all):" in text
    assert "Rows: all" in text
    assert "Filters left open, each with all its options: SEN provision (fprov); Sex (fsex); Pupil group (fgrp)" in text


def test_no_indicators() -> None:
    """A question made by hand may ask for none."""
    assert "Indicators: none" in attrs.evolve(ask(), indicators=()).explain()


WORDS: list[tuple[dict[str, Any], str]] = [
    (
        {"within": "llon", "include_self": True},
        "rows that lie in, its own included, London (Regional, E12000007, id llon)",
    ),
    ({"where": F.period > "2020/21"}, "time period is after 2020/21"),
    ({"where": F.period < "2020/21"}, "time period is before 2020/21"),
    ({"where": F.period <= "2020/21"}, "time period is 2020/21, Academic year (2020/2021|AY) or earlier"),
    ({"where": F.level.not_in(["LA", "NAT"])}, "geographic level is not one of: Local authority (LA); National (NAT)"),
    ({"where": F.filter("Sex") != "Male"}, "Sex (fsex) is not Male (omale)"),
    ({"where": F.location("LA") != "Camden"}, "location is not Camden (Local authority, E09000007, 202, id lcam)"),
    (
        {"where": ~((F.level == "LA") | (F.level == "NAT"))},
        "none of:\n      - geographic level is Local authority (LA)",
    ),
    ({"where": ~(F.level == "LA")}, "not: geographic level is Local authority (LA)"),
]


@pytest.mark.parametrize(("words", "text"), WORDS)
def test_conditions(words: dict[str, Any], text: str) -> None:
    """Each comparator has its words."""
    assert text in ask(**words).explain()


GONE: list[tuple[Node, str]] = [
    (
        FilterIds(comparator=Comparator.EQ, ids=("gone",)),
        "an option is an option that the version does not have (gone)",
    ),
    (
        FilterIds(comparator=Comparator.IN, ids=("ofem", "otot")),
        "Female (ofem) of Sex (fsex); Total (otot) of SEN provision",
    ),
    (LevelCodes(comparator=Comparator.EQ, codes=("WARD",)), "geographic level is Ward (WARD)"),
    (
        LocationKeys(comparator=Comparator.EQ, keys=(LocationKey(level="LA", property="oldCode", value="202"),)),
        "location is Camden (Local authority, E09000007, 202, id lcam), asked for by oldCode 202",
    ),
    (
        LocationKeys(comparator=Comparator.EQ, keys=(LocationKey(level="LA", property="id", value="gone"),)),
        "a location that the version does not have (Local authority, id gone)",
    ),
    (
        PeriodKeys(comparator=Comparator.EQ, keys=(PeriodKey(period="1999/2000", code="AY"),)),
        "a time period that the version does not have (1999/2000|AY)",
    ),
    (Condition(kind="filter", name="Sex", comparator=Comparator.EQ, values=("Male",)), "filter 'Sex' is 'Male'"),
    (Condition(kind="level", name="", comparator=Comparator.EQ, values=("LA",)), "level is 'LA'"),
]


@pytest.mark.parametrize(("leaf", "text"), GONE)
def test_what_has_no_label(leaf: Node, text: str) -> None:
    """What no metadata names is said by its id, in a part of its own argument."""
    query = ask(places="Camden")
    parts = (("places", leaf),)
    criteria = leaf if not isinstance(leaf, Condition) else None
    shown = attrs.evolve(query, criteria=criteria, parts=parts)
    if criteria is None:
        from tests.doors.query import clause_text

        assert text == clause_text(leaf, "where", META)
    else:
        assert text in shown.explain()


@given(TREES)
def test_every_id_is_said(tree: Node) -> None:
    """Whatever the tree, each id of its form that is sent stands in the text, on a `where` where no call made it."""
    text = attrs.evolve(ask(), criteria=tree).explain()
    for leaf in leaves(normalise(tree)):
        assert isinstance(leaf, Leaf)
        for value in leaf.values:
            named = value if isinstance(value, str) else getattr(value, "value", None) or f"{value.period}|{value.code}"
            assert str(named) in text
    assert " - where: " in text


def test_changed_by_hand() -> None:
    """A question that was given another condition is explained with that one."""
    query = attrs.evolve(ask(filters={"Sex": "Male"}), criteria=LevelCodes(comparator=Comparator.EQ, codes=("LA",)))
    assert "where: geographic level is Local authority (LA)" in query.explain()
    assert "Male" not in query.explain()


def test_an_and_of_one() -> None:
    """A chain of one clause is that clause."""
    leaf = LevelCodes(comparator=Comparator.EQ, codes=("LA",))
    query = attrs.evolve(ask(), criteria=And(clauses=(Not(clause=leaf),)))
    assert "where: geographic level is not Local authority (LA)" in query.explain()
