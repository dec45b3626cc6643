"""Tests of time periods; the service's own cases are in the conformance tests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eesclient import TimeIdentifier, TimePeriod
from tests.doors.models import IDENTIFIER_BY_LABEL, format_label, period_from_csv, period_to_csv


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2023", "2023"),
        ("202324", "2023/2024"),
        ("199900", "1999/2000"),
        ("999899", "9998/9999"),
        ("999900", None),
        ("202325", None),
        ("20234", None),
        ("2023/24", None),
        ("", None),
        ("\N{ARABIC-INDIC DIGIT TWO}023", None),
    ],
)
def test_period_from_csv(text: str, period: str | None) -> None:
    """A CSV period is a year, or two that follow."""
    assert period == period_from_csv(text)


@given(st.integers(1000, 9998), st.sampled_from([code for code in TimeIdentifier if code.spans_two_years]))
def test_csv_round_trip(year: int, code: TimeIdentifier) -> None:
    """A period's CSV text reads back as the period."""
    period = TimePeriod(code=code, period=f"{year}/{year + 1}")
    assert period.period == period_from_csv(period.csv)
    assert period.is_matchable


@pytest.mark.parametrize(
    ("period", "text"),
    [
        ("2023", "2023"),
        ("2023/2024", "202324"),
        ("1999/2000", "199900"),
        ("2023/2025", None),
        ("2024/2023", None),
        ("202324", None),
        ("2023/24", None),
        ("", None),
        ("\N{ARABIC-INDIC DIGIT TWO}023", None),
    ],
)
def test_period_to_csv(period: str, text: str | None) -> None:
    """Only a year, or two that follow, has a CSV text; another period of the service keeps its own."""
    assert text == period_to_csv(period)
    assert (text or period) == TimePeriod(code=TimeIdentifier.AY, period=period).csv


@pytest.mark.parametrize("period", ["", "22", "20234", "2023/2025", "2023/24", "year"])
def test_no_label_for_what_is_no_period(period: str) -> None:
    """What is no period has no label, and the error says how periods are written."""
    with pytest.raises(ValueError, match="write one year such as 2023"):
        format_label(period, TimeIdentifier.AY)


@pytest.mark.parametrize("code", [*TimeIdentifier, TimeIdentifier("D1")])
def test_matchable(code: TimeIdentifier) -> None:
    """A two-year identifier with one year, or another with two, cannot be matched (section 14); new ones may be."""
    one, two = (TimePeriod(code=code, period=period).is_matchable for period in ("2018", "2018/2019"))
    assert (one, two) == (not code.spans_two_years, code.spans_two_years or not code.is_known)


@pytest.mark.parametrize(
    ("period", "code", "label"),
    [
        ("2018/2019", "AY", "2018/19"),
        ("2018", "AY", "2018/19"),
        ("1999/2000", "AY", "1999/00"),
        ("2018/2019", "T1", "2018/19 Autumn term"),
        ("2018/2019", "FYQ2", "2018-19 Q2"),
        ("2018/2019", "P2", "2018-19 Part 2 (Oct to Mar)"),
        ("2018", "W12", "2018 Week 12"),
        ("2018/2019", "W12", "2018 Week 12"),
        ("2018/2019", "CY", "2018"),
        ("2018", "M1", "2018 January"),
        ("2018", "RY", "2018"),
        ("2018", "D1", "2018 D1"),
    ],
)
def test_labels(period: str, code: str, label: str) -> None:
    """Labels are made as the service makes them."""
    assert label == format_label(period, TimeIdentifier(code))


def test_order_within_a_year() -> None:
    """Terms come before the academic year, weeks in number order, months in calendar order."""
    codes = ["T1", "T2", "T1T2", "T3", "AY", "AYQ1", "CY", "P1", "FY", "TY", "RY", "W1", "W2", "W10", "M1", "M10"]
    assert codes == sorted(codes, key=lambda code: TimeIdentifier(code).order)


def test_every_identifier_has_a_label() -> None:
    """Labels are unique, so that a CSV text gives one identifier."""
    assert set(TimeIdentifier) == set(IDENTIFIER_BY_LABEL.values())


def test_labels_take_no_part_in_equality() -> None:
    """A period of a result row, which has no label, equals that of the metadata."""
    assert TimePeriod(code=TimeIdentifier.CY, period="2018", label="2018") == TimePeriod(
        code=TimeIdentifier.CY, period="2018"
    )
