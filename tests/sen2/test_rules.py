"""Each rule finds what it is for, once and alone; without it, nothing does."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import settings

from eesclient import sen2
from tests.doors.sen2 import TESTERS, Rule, declared, find, rows

from .drafts import Draft
from .faults import YEARS, faults


def named(value: int | Rule) -> str:
    """Return what a test calls a year or a rule."""
    return value.id if isinstance(value, Rule) else str(value)


@pytest.mark.parametrize("year", YEARS)
def test_small_return_is_without_findings(year: int) -> None:
    """In the return that all faults are planted in, every rule holds."""
    assert [] == Draft(year).make().check().frame.to_dicts()


IN_FULL = YEARS if settings().max_examples > 100 else YEARS[-1:]
"""Years in which all rules look at each fault.

In the others, every day, a rule alone looks at a third of its faults, each year at another; what all rules find of
faults that are planted side by side is in `test_planting`, for every year.
"""


@pytest.mark.property
@pytest.mark.parametrize(("year", "rule"), [(year, rule) for year in YEARS for rule in declared(year)], ids=named)
def test_a_fault_is_found_once_and_by_its_rule_alone(year: int, rule: Rule) -> None:
    """Each planted fault is one finding at its place; with the rule taken from the list it is none."""
    in_full = year in IN_FULL or rule.id not in {one.id for one in declared(YEARS[-1])}
    others = [one for one in declared(year) if one.id != rule.id]
    known = list(faults(rule, year))
    for number, fault in enumerate(known if in_full else known[year % 3 :: 3] or known[:1]):
        draft = Draft(year)
        fault.change(draft)
        return_ = draft.make()
        found = return_.check(only=None if in_full else rule.id).frame
        assert [(rule.id, *fault.place)] == found.select("rule", "table", "key", "element").rows()
        assert (rule.severity, rule.confidence) == (found["severity"][0], found["confidence"][0])
        assert found["path"][0].startswith("Message")
        assert number or not in_full or find(return_, others).is_empty()


@pytest.mark.parametrize("year", YEARS)
def test_every_rule_is_tested_or_says_why_not(year: int) -> None:
    """A rule has a tester and a fault that shows it, or a reason; no tester stands there without a rule."""
    shown = {rule.id for rule in declared(year) if list(faults(rule, year))}
    assert {rule.id for rule in declared(year) if not rule.untested} == shown
    known = {rule.id for y in YEARS for rule in declared(y) if not rule.untested}
    assert {name for name in TESTERS if len(name) > 1} <= known
    assert all(rule.id in TESTERS or rule.id[0] in TESTERS for rule in declared(year) if not rule.untested)


def test_rules_are_those_that_are_established() -> None:
    """All 82 established statements are rules, and notes on disputed points beside them."""
    ids = {row["rule"] for row in rows("rules")}
    count = {"S": 12, "F": 9, "K": 29, "G": 21, "O": 11}
    assert {f"{kind}{n:02}" for kind, most in count.items() for n in range(1, most + 1)} == {
        id_ for id_ in ids if id_[0] != "N"
    }


@pytest.mark.parametrize("year", YEARS)
def test_every_element_is_judged_by_the_rule_of_its_kind(year: int) -> None:
    """Each code list and each format of the specification has one rule, and no rule names what no year has."""
    spec = sen2.specification(year)
    names = {e.name for y in YEARS for e in sen2.specification(y).elements}
    by_kind = {"K": ("code",), "F": ("year", *(name for name in spec.formats if name != "date"))}
    for kind, types in by_kind.items():
        wanted = sorted({e.name for e in spec.elements if e.type in types})
        told = [name for rule in declared(year) if rule.id[0] == kind for name in rule.elements]
        assert wanted == sorted(name for name in told if name in {e.name for e in spec.elements})
    assert set() == {name for rule in declared(year) for name in rule.elements} - names


def test_rules_as_a_frame() -> None:
    """The rules of a year, with items of the guide, sources, and what cannot be tested."""
    frame = sen2.rules(2025)
    row = frame.row(by_predicate=pl.col("rule") == "G12", named=True)
    assert ("guide", "B", ["SENSettingOther"], ["4.7c(i)", "5.7c(i)"], ["L1"], True) == tuple(
        row[name] for name in ("severity", "confidence", "elements", "items", "sources", "tested")
    )
    assert ["G16"] == frame.filter(~frame["tested"])["rule"].to_list()
    sources = {row["source"] for row in rows("sources")}
    assert set(frame["sources"].explode()) <= sources
    assert "K29" not in frame["rule"]
    assert "K29" in sen2.rules(2023)["rule"]


def test_only_some_rules() -> None:
    """Rules are asked for by id, first letter or severity; a name that is none is an error with near ones."""
    draft = Draft(2025).set("persons", 1, Sex="x", Ethnicity=None).set("named_plans", 3, CeaseReason=None)
    return_ = draft.make()
    assert ["S10", "K02", "G17"] == return_.check().frame["rule"].to_list()
    assert ["K02"] == return_.check(only="K").frame["rule"].to_list()
    assert ["S10", "G17"] == return_.check(only=["structure", "G17"]).frame["rule"].to_list()
    with pytest.raises(sen2.SEN2Error, match=re.escape("only='K2': no rule of 2025") + ".*did you mean K"):
        return_.check(only=["K2"])
