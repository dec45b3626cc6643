"""Planted faults: each is found exactly once, and nothing else appears."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eesclient import sen2
from tests.doors.sen2 import PLANTS
from tests.sen2.drawn import examples

YEARS = (2023, 2024, 2025, 2026)


def found(made: sen2.Return) -> dict[str, int]:
    """Return how often each rule is broken."""
    return dict(made.check().frame["rule"].value_counts().iter_rows())


@pytest.mark.parametrize("year", YEARS)
def test_without_faults_nothing_is_found(year: int) -> None:
    """A demo keeps every rule, of any seed, and notes too."""
    assert {} == found(sen2.demo(3000, year=year)) | found(sen2.demo(1000, year=year, seed=2))


FIRST = {rule: year for year in reversed(YEARS) for rule in sen2.plantable(year)}
"""The first year in which each rule can be broken."""


@pytest.mark.parametrize(("rule", "year"), list(FIRST.items())[::12])
def test_a_planted_fault_is_found_exactly_once(rule: str, year: int) -> None:
    """The rule that was broken, once, and no other; each of the rules stands beside others below."""
    assert {rule: 1} == found(sen2.demo(150, year=year, seed=3, faults=[rule]))


@pytest.mark.property
@examples(8, 1_000)
@given(st.data(), st.sampled_from(YEARS), st.integers(1, 1_000))
def test_planted_faults_are_found_exactly_once(data: st.DataObject, year: int, seed: int) -> None:
    """Rules that were broken, whichever they are, in a return of any seed, and no other."""
    rules = data.draw(st.sets(st.sampled_from(sorted(sen2.plantable(year))), min_size=1, max_size=9))
    assert dict.fromkeys(rules, 1) == found(sen2.demo(400, year=year, seed=seed, faults=sorted(rules)))


@cache
def broken(year: int) -> sen2.Return:
    """Return a return in which all rules of a year are broken side by side."""
    return sen2.demo(2000, year=year, faults=sen2.plantable(year))


@pytest.mark.parametrize("year", YEARS)
def test_all_faults_at_once(year: int) -> None:
    """All rules of a year are broken side by side, each in records of its own."""
    rules, made = sen2.plantable(year), broken(year)
    assert dict.fromkeys(rules, 1) == found(made)
    persons = made.check().frame["person"].drop_nulls()
    # a number that two persons share is told of the second one
    assert persons.is_unique().all()


@pytest.mark.parametrize("year", YEARS)
def test_every_rule_can_be_planted_but_two(year: int) -> None:
    """Year is what says which rules there are, and UN8 cannot be judged."""
    assert {"F02", "G16"} == set(sen2.rules(year)["rule"]) - set(sen2.plantable(year))


def test_counts() -> None:
    """A rule is broken as often as is asked for, by repetition or by number; the header has one fault of a kind."""
    often = {rule: 3 for rule, plant in PLANTS.items() if plant.most is None and rule in sen2.plantable(2025)}
    assert len(often) > 35
    assert often == found(sen2.demo(4000, faults=often))
    assert {"K27": 2, "G13": 1} == found(sen2.demo(faults=["K27", "G13", "K27"]))
    assert {} == found(sen2.demo(faults={"K27": 0}))


def test_faults_have_no_influence_on_the_rest() -> None:
    """All records but those that are spoilt are the same as without faults."""
    plain, spoilt = sen2.demo(200), sen2.demo(200, faults=["K27"])
    assert 1 == (plain.sen_needs["SENtype"] != spoilt.sen_needs["SENtype"]).sum()
    assert plain.persons.equals(spoilt.persons)


@pytest.mark.parametrize("year", YEARS)
def test_faults_survive_a_file(year: int) -> None:
    """What is planted is found in the file too, once it is written and read."""
    rules = sen2.plantable(year)
    frame = sen2.read(broken(year).to_xml()).check().frame
    assert dict.fromkeys(rules, 1) == dict(frame["rule"].value_counts().iter_rows())
    assert frame.filter(table="sen_needs")["line"].null_count() == 0


@pytest.mark.parametrize(
    ("faults", "persons", "said"),
    [
        (["K72"], 100, r"'K72' is no rule that can be broken in 2025 \(see plantable\(2025\)\); did you mean .*K27"),
        (["K29"], 100, "can be broken in 2025"),
        ({"S01": 2}, 100, "S01 can be planted 1 times in this return, not 2"),
        ({"S04": 2}, 100, "S04 can be planted 1 times"),
        ({"K27": -1}, 100, "K27 cannot be planted -1 times"),
        (["O09"], 1, "O09 can be planted 0 times in this return, not 1: ask for fewer, or more persons"),
    ],
)
def test_refused(faults: object, persons: int, said: str) -> None:
    """Rules that there are not, or that the return has no room for, are said."""
    with pytest.raises(sen2.SEN2Error, match=said):
        sen2.demo(persons, faults=faults)  # type: ignore[arg-type]
