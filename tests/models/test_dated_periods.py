"""Tests of the days that time periods stand for."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from eesclient import TimeIdentifier, TimePeriod
from tests.doors.models import dates_of

UNDEFINED = ("T1", "T2", "T3", "T1T2", "AYQ1", "AYQ2", "AYQ3", "AYQ4", "RY", *(f"W{n}" for n in range(1, 53)))


def days(period: str, code: str) -> tuple[str, str] | None:
    """First and last day as texts."""
    found = dates_of(TimePeriod(code=TimeIdentifier(code), period=period))
    return None if found is None else (found[0].isoformat(), found[1].isoformat())


@pytest.mark.parametrize(
    ("period", "code", "first", "last"),
    [
        ("2023/2024", "AY", "2023-09-01", "2024-08-31"),
        ("2018", "AY", "2018-09-01", "2019-08-31"),
        ("2024", "CY", "2024-01-01", "2024-12-31"),
        ("2024", "CYQ1", "2024-01-01", "2024-03-31"),
        ("2024", "CYQ4", "2024-10-01", "2024-12-31"),
        ("2023/2024", "FY", "2023-04-01", "2024-03-31"),
        ("2023/2024", "FYQ1", "2023-04-01", "2023-06-30"),
        ("2023/2024", "FYQ4", "2024-01-01", "2024-03-31"),
        ("2023/2024", "P1", "2023-04-01", "2023-09-30"),
        ("2023/2024", "P2", "2023-10-01", "2024-03-31"),
        ("2023/2024", "TY", "2023-04-06", "2024-04-05"),
        ("2023/2024", "TYQ3", "2023-10-06", "2024-01-05"),
        ("2024", "M1", "2024-01-01", "2024-01-31"),
        ("2024", "M2", "2024-02-01", "2024-02-29"),
        ("2024", "M12", "2024-12-01", "2024-12-31"),
    ],
)
def test_dates(period: str, code: str, first: str, last: str) -> None:
    """Each kind that defines its days has them."""
    assert (first, last) == days(period, code)


@pytest.mark.parametrize("code", [*UNDEFINED, "Q1", "XY", "CYQ5"])
def test_never_guessed(code: str) -> None:
    """A kind that does not define its days has none, nor has one that is not known."""
    assert days("2023", code) is None
    assert days("2023/2024", code) is None


@pytest.mark.parametrize("code", ["CY", "CYQ1", "M1"])
def test_two_years_for_one(code: str) -> None:
    """Which year a calendar year, quarter or month means that is written with two, nobody says."""
    assert days("2023/2024", code) is None


@pytest.mark.parametrize("period", ["", "year", "0000", "9999/10000"])
def test_years_without_dates(period: str) -> None:
    """A year that dates do not reach has none."""
    assert days(period, "AY") is None


@pytest.mark.parametrize("kind", ["CY", "FY", "TY"])
def test_quarters_fill_their_year(kind: str) -> None:
    """Four quarters follow each other and are their year."""
    period = "2023" if kind == "CY" else "2023/2024"
    quarters = [dates_of(TimePeriod(code=TimeIdentifier(f"{kind}Q{n}"), period=period)) for n in (1, 2, 3, 4)]
    found = [day for quarter in quarters if quarter for day in quarter]
    assert dates_of(TimePeriod(code=TimeIdentifier(kind), period=period)) == (found[0], found[-1])
    assert found[2::2] == [day + timedelta(days=1) for day in found[1:-1:2]]
    assert 8 == len(found)
    assert isinstance(found[0], date)


def test_every_known_kind_is_decided() -> None:
    """Each identifier of the service either has days, or is known to have none."""
    undecided = {code for code in TimeIdentifier if days("2023", str(code)) is None}
    assert {TimeIdentifier(code) for code in UNDEFINED} == undecided
