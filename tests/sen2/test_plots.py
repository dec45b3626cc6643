"""Charts of a return: what is in their data, how it is shown, and what is never in them."""

from __future__ import annotations

import json
import sys
from functools import cache
from typing import Any

import attrs
import pytest

from eesclient import sen2
from eesclient.sen2 import Return, SEN2Error, Summary, plots
from tests.doors.sen2 import DISCLOSIVE, MADE_UP
from tests.sen2.nested import made
from tests.sen2.test_summary import needing, person, planned

CHARTS = ("timeliness", "outcomes", "needs", "ages", "reviews", "dashboard")


def drawn(name: str, of: Return | Summary) -> dict[str, Any]:
    """Return a chart as a specification of Vega-Lite."""
    pytest.importorskip("altair", reason="charts need the extra sen2, which is tested on the main Python")
    chart = getattr(plots, name)(of).to_dict()
    assert isinstance(chart, dict)
    return chart


def data(chart: dict[str, Any], part: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Return the rows of a chart, or of a part of it."""
    rows = chart["datasets"][(part or chart)["data"]["name"]]
    assert isinstance(rows, list)
    return rows


def fields(part: dict[str, Any]) -> dict[str, str]:
    """Return which field each channel shows."""
    return {channel: said["field"] for channel, said in part["encoding"].items()}


def test_timeliness() -> None:
    """Days stand in weeks that end with a seventh day: plans of day 140 are before the line, of day 141 after it."""
    plans = [
        planned("2024-05-20"),  # 140 days
        planned("2024-05-21"),
        planned("2024-05-22"),
        planned("2024-05-21", week20="1"),
        planned("2024-05-21", received=None),
        planned("2024-01-01"),  # on the day itself
    ]
    chart = drawn("timeliness", made(2025, plans))
    bars, line = chart["layer"]
    assert [
        {"series": "without an exception", "end": 0, "count": 1, "begin": -7},
        {"series": "without an exception", "end": 140, "count": 1, "begin": 133},
        {"series": "with an exception (Week20)", "end": 147, "count": 1, "begin": 140},
        {"series": "without an exception", "end": 147, "count": 2, "begin": 140},
    ] == data(chart, bars)
    assert {"x": "begin", "x2": "end", "y": "count", "color": "series"} == fields(bars)
    assert "binned" == bars["encoding"]["x"]["bin"]
    assert "sum" == bars["encoding"]["y"]["aggregate"]
    assert ("rule", [{"days": 140}], {"x": "days"}) == (line["mark"]["type"], data(chart, line), fields(line))
    assert "1 without a day of their request" in chart["title"]["subtitle"]


def test_outcomes() -> None:
    """Requests and assessments have a row each, with outcomes in the order of their lists."""
    people = [
        person(RequestOutcome=code, assessments=[{"AssessmentOutcome": "A"}]) for code in ("Y", "Y", "Q", "", None)
    ]
    chart = drawn("outcomes", made(2025, people))
    assert {"x": "count", "y": "what", "row": "series"} == fields(chart)
    assert {"y": "independent"} == chart["resolve"]["scale"]
    counted = {(row["series"], row["what"]): row["count"] for row in data(chart) if row["count"]}
    assert {
        ("Requests", "Assessment went ahead (Y)"): 2,
        ("Requests", "empty"): 1,
        ("Requests", "not in the code list (Q)"): 1,
        ("Requests", "not given"): 1,
        ("Assessments", "Decision awaited (A)"): 5,
    } == counted
    assert {row["what"] for row in data(chart)} == set(chart["encoding"]["y"]["sort"])
    assert ["Assessment went ahead (Y)", "Decided not to assess (N)"] == chart["encoding"]["y"]["sort"][:2]


def test_needs() -> None:
    """Each need has a bar, in parts by rank."""
    chart = drawn("needs", made(2025, [needing(("ASD", "1"), ("HI", "2")), needing(("HI", "1"), ("HI", "3"))]))
    assert {"x": "count", "y": "what", "color": "series"} == fields(chart)
    assert {
        ("rank 1", "Autistic spectrum disorder (ASD)"): 1,
        ("rank 1", "Hearing impairment (HI)"): 1,
        ("rank 2", "Hearing impairment (HI)"): 1,
        ("another rank or none", "Hearing impairment (HI)"): 1,
    } == {(row["series"], row["what"]): row["count"] for row in data(chart) if row["count"]}


def test_ages() -> None:
    """Ages stand by size, those that are not known after them."""
    born = ["2014-01-16", "2022-06-01", None]
    chart = drawn("ages", made(2025, [person(day, active_plans=[{}]) for day in born] + [person("2014-01-16")]))
    assert ["2", "11", "not given"] == chart["encoding"]["x"]["sort"]
    assert {"x": "age", "xOffset": "series", "y": "count", "color": "series"} == fields(chart)
    counted = {(row["series"], row["age"]): row["count"] for row in data(chart)}
    assert 2 == counted["All persons", "11"]
    assert 1 == counted["Persons with an active plan", "11"] == counted["All persons", "not given"]


def test_reviews() -> None:
    """Meetings and decisions are counted by month; how many have none is said."""
    days = [("2024-02-01", "2024-03-01"), ("2024-02-03", None), (None, None)]
    people = [person(active_plans=[{"ReviewMeeting": met, "LastReview": sent}]) for met, sent in days]
    chart = drawn("reviews", made(2025, people))
    assert [
        {"series": "Review meetings", "count": 2, "month": "2024-02"},
        {"series": "Decisions after reviews", "count": 1, "month": "2024-03"},
    ] == data(chart)
    assert {"x": "month", "y": "count", "color": "series"} == fields(chart)
    left = "Review meetings without a day: 1; Decisions after reviews without a day: 2"
    assert left in chart["title"]["subtitle"]


def test_dashboard_has_all_charts() -> None:
    """The page has the data of each chart and no other."""
    summary = sen2.demo(60).summary()
    single = [rows for name in CHARTS[:-1] for rows in drawn(name, summary)["datasets"].values()]
    page = list(drawn("dashboard", summary)["datasets"].values())
    assert sorted(map(json.dumps, page)) == sorted(map(json.dumps, single))


@pytest.mark.parametrize("name", CHARTS)
def test_of_a_return(name: str) -> None:
    """A return has the charts of its summary."""
    return_, summary, _ = told(2025)
    assert drawn(name, return_) == drawn(name, summary)


@cache
def told(year: int) -> tuple[Return, Summary, frozenset[str]]:
    """Return a synthetic return, its summary, and the values of its persons."""
    return_ = sen2.demo(80, year=year)
    values = return_.persons.select("Surname", "Forename", "PostCode", "UPN", "UniqueLearnerNumber", "PersonBirthDate")
    texts = frozenset(str(value) for row in values.iter_rows() for value in row if value is not None)
    return return_, return_.summary(), texts


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("year", [2023, 2024, 2025, 2026])
def test_titles_and_privacy(name: str, year: int) -> None:
    """Titles say what is synthetic, and that it is not for publication; no value of a person is in a chart."""
    _, summary, texts = told(year)
    chart = drawn(name, summary)
    assert chart["title"]["text"].startswith("SYNTHETIC: ")
    assert chart["title"]["text"].endswith(f"SEN2 return of {year}")
    assert {MADE_UP, DISCLOSIVE} <= set(chart["title"]["subtitle"])
    said = json.dumps(chart)
    assert len(texts) > 300
    assert [] == [text for text in texts if text in said]
    real = drawn(name, attrs.evolve(summary, synthetic=False))
    assert "SYNTHETIC" not in json.dumps(real)
    assert DISCLOSIVE in real["title"]["subtitle"]


@pytest.mark.parametrize("name", CHARTS)
def test_of_nothing(name: str) -> None:
    """A return without persons has charts without counts."""
    chart = drawn(name, made(2025))
    assert 0 == sum(row.get("count", 0) for rows in chart["datasets"].values() for row in rows)


@pytest.mark.parametrize("name", CHARTS)
def test_without_altair(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is said in one line, with what to install."""
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(SEN2Error) as raised:
        getattr(plots, name)(sen2.demo(3))
    assert "charts of a return need altair: pip install 'eesclient[sen2]'" == str(raised.value)
