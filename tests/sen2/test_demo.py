"""Synthetic returns: marked, the same for a seed, plausible, and of the year's columns."""

from __future__ import annotations

import hashlib

import polars as pl
import pytest

from eesclient import sen2
from tests.doors.sen2 import Return, schema

YEARS = (2023, 2024, 2025, 2026)


def digest(made: Return) -> str:
    """Return a digest of all that is in the frames."""
    texts = (f"{name}\n{frame.write_csv()}" for name, frame in made.frames.items())
    return hashlib.sha256("".join(texts).encode()).hexdigest()[:16]


@pytest.mark.parametrize("year", YEARS)
def test_columns_are_those_of_the_year(year: int) -> None:
    """Each frame has the schema of its year, no column of codes is without one, and keys lead to parents."""
    made = sen2.demo(3000, year=year)
    spec = made.specification
    for name, frame in made.frames.items():
        assert schema(name, year) == frame.schema
        key, parent = spec.tables[name].key, spec.tables[name].parent
        assert list(range(1, frame.height + 1)) == frame[key].to_list()
        if parent:
            above = spec.tables[parent].key
            assert frame[above].is_in(made.frames[parent][above].implode()).all()
            assert frame[above].is_sorted()
        assert [] == [c for c in frame.columns if c != "line" and frame[c].null_count() == frame.height]


def test_synthetic_is_said() -> None:
    """The header says so, and so does what is printed."""
    made = sen2.demo(3)
    assert made.synthetic
    assert ["SYNTHETIC"] == made.authority["SoftwareCode"].to_list()
    assert repr(made).startswith("<SYNTHETIC SEN2 return of 2025: 1 authority, 3 persons")


@pytest.mark.parametrize(
    ("year", "expected"),
    [(2023, "021f8a65380e224b"), (2024, "874253b3e0a4b53f"), (2025, "764a20869ee16c44"), (2026, "7d3dc5c52cd51361")],
)
def test_seed_gives_the_same(year: int, expected: str) -> None:
    """What a seed gives is the same wherever this runs, and another seed gives another."""
    assert expected == digest(sen2.demo(150, year=year, seed=7))
    assert expected != digest(sen2.demo(150, year=year, seed=8))


def test_more_persons_change_nothing() -> None:
    """The first persons of a larger return are those of a smaller one."""
    few, many = sen2.demo(20), sen2.demo(200)
    assert few.persons.equals(many.persons.head(20))
    assert few.requests.equals(many.requests.filter(pl.col("person") <= 20))


def test_what_is_drawn_is_plausible() -> None:
    """Shares of outcomes, ages and timeliness are about those of the country."""
    made = sen2.demo(20_000)
    outcomes = dict(made.requests["RequestOutcome"].value_counts().iter_rows())
    assert 0.7 < outcomes["H"] / made.requests.height < 0.78
    assert 0.2 < outcomes["N"] / (outcomes["N"] + outcomes["Y"]) < 0.26
    plans = made.assessments.filter(AssessmentOutcome="Y").join(made.requests, on="request")
    days = (plans["AssessmentOutcomeDate"] - plans["ReceivedDate"]).dt.total_days()
    # those that take longer are less often done by the end of the year
    assert 0.55 < (days <= 140).mean() < 0.75  # type: ignore[operator]
    ages = (made.specification.year.census_day - made.persons["PersonBirthDate"]).dt.total_days() // 365.25  # type: ignore[union-attr]
    assert (ages.min(), ages.max()) == (0, 25)
    assert made.persons["UPN"].drop_nulls().is_unique().all()
    assert {"1", "2"} == set(made.sen_needs["SENtypeRank"])


def test_upn_check_letters() -> None:
    """The check letter is that of the digits, reckoned here once more."""
    letters = "ABCDEFGHJKLMNPQRTUVWXYZ"
    for upn in sen2.demo(3000, authority="123").persons["UPN"].drop_nulls():
        assert upn[1:4] == "123"
        assert upn[0] == letters[sum(int(d) * n for n, d in enumerate(upn[1:], 2)) % 23]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"persons": 0}, "persons=0: a return has 1 to 10,000,000 persons"),
        ({"persons": 10_000_001}, "1 to 10,000,000"),
        ({"authority": "99"}, "authority='99': write the three digits"),
        ({"authority": "٣٣٣"}, "write the three digits"),
        ({"year": 2022}, "there is no specification for 2022"),
    ],
)
def test_refused(arguments: dict[str, object], said: str) -> None:
    """What makes no sense is said."""
    with pytest.raises(sen2.SEN2Error, match=said):
        sen2.demo(**arguments)  # type: ignore[arg-type]
