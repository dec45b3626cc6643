"""A return's summary: counted by hand, additive over any split by persons, and without values of persons."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import attrs
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eesclient import sen2
from eesclient.sen2 import Return, SEN2Error, Summary
from tests.doors.sen2 import DISCLOSIVE, MADE_UP, SUMMARY, Groups, frames_of, rows
from tests.sen2.drawn import examples
from tests.sen2.nested import made
from tests.sen2.test_figures import REQUESTS

YEARS = (2023, 2024, 2025, 2026)
DATES = (date(1900, 2, 28), date(2024, 2, 29), date(2031, 1, 1))
ODD = ("", "Q", "asd", "99", "TRUE", "UN4", "ZZZZ", "Zurname-Example", "ZZ99 9ZZ", "N" * 40)


def person(born: str | None = "2014-01-16", **request: Any) -> dict[str, Any]:
    """Return a person with a request."""
    return {"PersonBirthDate": born, "Surname": "Zurname", "requests": [{"ReceivedDate": "2024-01-01", **request}]}


def planned(start: str, received: str | None = "2024-01-01", week20: str = "0", **plan: Any) -> dict[str, Any]:
    """Return a person with a plan."""
    named = {"StartDate": start, **plan}
    return person(ReceivedDate=received, assessments=[{"Week20": week20, "named_plans": [named]}])


def needing(*needs: tuple[str | None, str | None]) -> dict[str, Any]:
    """Return a person with an active plan for needs, each with its rank."""
    return person(active_plans=[{"sen_needs": [{"SENtype": need, "SENtypeRank": rank} for need, rank in needs]}])


def found(summary: Summary, measure: str) -> dict[tuple[str, str | None], int]:
    """Return what a measure counts more than nothing of."""
    there = summary.frame.filter(pl.col("measure") == measure, pl.col("count") > 0)
    return {(label, code): count for label, code, count in there.select("label", "code", "count").iter_rows()}


@pytest.mark.parametrize("year", YEARS)
def test_every_measure_counts(year: int) -> None:
    """Each measure whose elements the year has counts what its frames say, in the order of the table."""
    return_ = sen2.demo(2000, year=year)
    summary = return_.summary()
    assert SUMMARY == summary.frame.schema
    elements = {element.name for element in return_.specification.elements} | {"", "setting", "issued"}
    expected = [row["measure"] for row in rows("summary") if row["by"].split(":")[-1] in elements]
    assert [*list(return_.frames)[1:], *expected] == summary.frame["measure"].unique(maintain_order=True).to_list()
    whole = {"RequestOutcome": "requests", "named PlacementRank": "plan_details", "age": "persons"}
    for measure, table in [*whole.items(), *((name, name) for name in list(return_.frames)[1:])]:
        assert return_.frames[table].height == summary.count(measure)


def test_measures_have_one_row_in_the_table() -> None:
    """A measure's name says which it is."""
    names = [row["measure"] for row in rows("summary")]
    assert len(names) == len(set(names))


def test_every_condition_counts() -> None:
    """Without any one of its conditions, a measure would count others."""
    apart = [
        {"Exported": "302", "active_plans": [{"sen_needs": [{"SENtype": "HI"}]}]},
        {"active_plans": [{"placements": [{"SENSetting": "EHE"}, {"LeavingDate": "2024-05-01"}]}]},
        {"assessments": [{"named_plans": [{"plan_details": [{"SENSetting": "EHE"}]}]}]},
    ]
    groups = Groups(made(2025, [{"requests": [request]} for request in [*REQUESTS, *apart]]))
    for row in rows("summary"):
        words = row["where"].split()
        for word in words:
            others = " ".join(other for other in words if other != word)
            counted = (groups.records(row["counts"], where).collect().height for where in (row["where"], others))
            assert len(set(counted)) == 2, (row["measure"], word)


def test_outcomes() -> None:
    """Codes of the list have their words and a row each; others keep their own rows, absent apart from empty."""
    outcomes = ["Y", "Y", "Q", "", None, "asd"]
    summary = made(2025, [person(RequestOutcome=outcome) for outcome in outcomes]).summary()
    assert {
        ("Assessment went ahead", "Y"): 2,
        ("not in the code list", "Q"): 1,
        ("not in the code list", "asd"): 1,
        ("empty", ""): 1,
        ("not given", None): 1,
    } == found(summary, "RequestOutcome")
    codes = summary.frame.filter(measure="RequestOutcome")["code"].to_list()
    assert ["Y", "N", "A", "W", "H", "", "Q", "asd", None] == codes
    assert 2 == summary.count("RequestOutcome", "Y")
    assert 6 == summary.count("received")


def test_values_in_the_wrong_place_are_not_shown() -> None:
    """What stands in a column of codes and may be a name, a number or a postcode is counted and not told."""
    summary = made(2025, [person(RequestOutcome=text) for text in ("Zurname", "ZZ99 9ZZ", "A123456789012")]).summary()
    assert {("a text that is no code", None): 3} == found(summary, "RequestOutcome")


def test_timeliness() -> None:
    """Plans of the year before count, by days from the request, and those with an exception apart."""
    plans = [
        planned("2024-05-20"),  # 140 days
        planned("2024-05-21"),
        planned("2024-03-01", week20="1"),
        planned("2024-12-01", week20="true"),
        planned("2024-12-01", received=None),
        planned("2023-12-01"),
    ]
    summary = made(2025, plans).summary()
    assert {("140 days", "140"): 1, ("141 days", "141"): 1, ("not given", None): 1} == found(summary, "days")
    assert {("60 days", "60"): 1, ("335 days", "335"): 1} == found(summary, "days_exception")
    columns = ["plans", "issued", "within_20_weeks", "share", "median_days", "no_request"]
    assert [("all", 4, 2, 50.0, 140.5, 1), ("without exceptions", 2, 1, 50.0, 140.5, 1)] == summary.timeliness.select(
        columns
    ).rows()
    assert 5 == summary.count("started")


@pytest.mark.parametrize("year", YEARS)
def test_timeliness_is_what_is_published_of(year: int) -> None:
    """The counts are those that `summarise` gives by the names of the published file."""
    return_ = sen2.demo(3000, year=year, seed=5)
    figures = dict(sen2.summarise(return_).filter(file="timeliness_20_week").select("column", "value").rows())
    every, without = return_.summary().timeliness.select("issued", "within_20_weeks").rows()
    assert (figures["plans_issued_den"], figures["plans_issued_within_20_weeks"]) == every
    assert (figures["plans_issued_den_ex"], figures["plans_issued_20_weeks_ex"]) == without


def test_ages() -> None:
    """Ages are in completed years on the census day, 16 January 2025."""
    born = ["2014-01-16", "2014-01-17", "2012-02-29", "2025-01-17", None]
    summary = made(2025, [person(day) for day in born]).summary()
    assert {
        ("born after the census day", "-1"): 1,
        ("aged 10", "10"): 1,
        ("aged 11", "11"): 1,
        ("aged 12", "12"): 1,
        ("not given", None): 1,
    } == found(summary, "age")
    assert {} == found(summary, "age with a plan")
    assert {("aged 11", "11"): 1} == found(made(2025, [needing()]).summary(), "age with a plan")
    medians = summary.medians.rows_by_key("measure", named=True, unique=True)
    assert (10.5, "years") == (medians["age"]["median"], medians["age"]["unit"])
    assert medians["days"]["median"] is None


def test_needs() -> None:
    """Needs count by their rank; one without rank, or of another, is not lost."""
    summary = made(
        2025, [needing(("ASD", "1"), ("MLD", "2")), needing(("ASD", "1"), ("HI", "3"), ("VI", None))]
    ).summary()
    assert {("Autistic spectrum disorder", "ASD"): 2} == found(summary, "SENtype rank 1")
    assert {("Moderate learning difficulty", "MLD"): 1} == found(summary, "SENtype rank 2")
    assert {("Hearing impairment", "HI"): 1, ("Vision impairment", "VI"): 1} == found(summary, "SENtype other rank")
    assert 1 == found(summary, "SENtypeRank")["not in the code list", "3"]


def test_settings() -> None:
    """A setting counts by its kind, or else by the number that names it."""
    settings = [
        {"SENSetting": "EHE", "URN": "900001"},
        {"URN": "900001", "UKPRN": "90000001"},
        {"UKPRN": "90000001", "SENSetting": ""},
        {"SENSetting": ""},
        {},
    ]
    people = [person(active_plans=[{"placements": [{"PlacementRank": "1", **setting}]}]) for setting in settings]
    summary = made(2025, people).summary()
    assert {
        ("Elective home education (section 42(5))", "EHE"): 1,
        ("School or provider by its URN", "URN"): 1,
        ("Provider by its UKPRN", "UKPRN"): 1,
        ("empty", ""): 1,
        ("not given", None): 1,
    } == found(summary, "placement rank 1")


def test_ceased_and_reviewed() -> None:
    """Reasons are those of the year before; months of reviews are in order, words with them."""
    ceased = [planned("2020-01-01", CeaseDate=day, CeaseReason="9") for day in ("2024-06-01", "2023-06-01")]
    met = [person(active_plans=[{"ReviewMeeting": day}]) for day in ("2024-11-02", "2024-02-01", "2024-11-30", None)]
    summary = made(2025, [*ceased, *met]).summary()
    assert {("Other", "9"): 1} == found(summary, "CeaseReason")
    assert {("2023", "2023"): 1, ("2024", "2024"): 1} == found(summary, "CeaseDate")
    months = [("February 2024", "2024-02"), ("November 2024", "2024-11"), ("not given", None)]
    assert months == list(found(summary, "ReviewMeeting"))


def test_officers_are_no_count() -> None:
    """What the header says of officers is there once, however often summaries are added."""
    one = made(2025, DMO="R").summary()
    assert [("301", "DMO", "Recruitment in progress", "R")] == one.officers.filter(officer="DMO").rows()
    assert one.officers.equals((one + one).officers)
    other = (one + made(2025, LEA="302").summary()).officers
    assert ["301", "302"] == other["authority"].unique().sort().to_list()


def test_years_are_not_added() -> None:
    """Summaries of two years have other codes and other meanings."""
    with pytest.raises(SEN2Error, match="summaries of 2024 and 2025 cannot be added"):
        sen2.demo(3, year=2024).summary() + sen2.demo(3).summary()
    with pytest.raises(TypeError):
        sen2.demo(3).summary() + 1  # type: ignore[operator]
    with pytest.raises(SEN2Error, match="has no measure 'Outcome'"):
        sen2.demo(3).summary().count("Outcome")


def test_shares() -> None:
    """Shares are of what a measure counts in all; a count that stands alone has none."""
    shares = made(2025, [person(RequestOutcome=code) for code in "YYYN"]).summary().shares
    assert [75.0, 25.0] == shares.filter(pl.col("measure") == "RequestOutcome", pl.col("count") > 0)["share"].to_list()
    assert [None] == shares.filter(measure="received")["share"].to_list()
    assert shares.filter(measure="RequestSource", code="2")["share"].to_list() == [0.0]
    assert shares.filter(measure="DP")["share"].null_count() == 4


def test_forms_say_what_it_is() -> None:
    """Text and page name synthetic returns, and that small numbers are not for publication."""
    return_ = sen2.demo(60)
    summary = return_.summary()
    for form in (summary.to_text(), str(summary), summary._repr_html_()):
        assert MADE_UP in form
        assert DISCLOSIVE in form
        assert "Assessment went ahead (Y)" in form
        assert "without exceptions, within 20 weeks" in form
    assert repr(summary).startswith("<SYNTHETIC Summary of 2025: 60 persons, ")
    real = attrs.evolve(return_, synthetic=False).summary()
    assert "SYNTHETIC" not in real.to_text() + real._repr_html_() + repr(real)
    assert (summary + real).synthetic
    assert "<script>" not in made(2025, LEA="<script>").summary()._repr_html_()


def test_text() -> None:
    """Measures have their title, what is there its count and share, and what is not there one word."""
    text = made(2025, [person(RequestOutcome=code) for code in "YYYN"]).summary().to_text()
    lines = [
        "  Outcomes of requests",
        "    Assessment went ahead (Y): 3 (75.0 %)",
        "    Decided not to assess (N): 1 (25.0 %)",
    ]
    assert "\n".join([*lines, ""]) in text
    assert "\n  Outcomes of assessments: none\n" in text
    assert "\n  Requests received in the calendar year before the census day: 4\n" in text
    assert "\n    all, within 20 weeks: 0\n    all, without a day of their request: 0\n" in text


def test_no_value_of_a_person() -> None:
    """Names, numbers, postcodes and birth dates are in no form of a summary."""
    return_ = sen2.demo(80)
    summary = return_.summary()
    said = summary.to_text() + summary._repr_html_() + summary.frame.write_csv()
    values = return_.persons.select("Surname", "Forename", "PostCode", "UPN", "UniqueLearnerNumber", "PersonBirthDate")
    texts = {str(value) for row in values.iter_rows() for value in row if value is not None}
    assert len(texts) > 300
    assert [] == [text for text in texts if text in said]


@cache
def whole(year: int, seed: int) -> Return:
    """Return a synthetic return of which smaller ones are parts."""
    return sen2.demo(40, year=year, seed=seed)


@st.composite
def odd_returns(draw: st.DrawFn) -> Return:
    """Draw a synthetic return in which some codes and dates are odd."""
    return_ = whole(draw(st.sampled_from(YEARS)), draw(st.integers(1, 3)))
    frames = frames_of(return_, return_.persons["person"].head(draw(st.integers(1, 40))))
    for _ in range(draw(st.integers(0, 8))):
        name = draw(st.sampled_from([name for name, frame in frames.items() if frame.height and name != "authority"]))
        columns = [element.name for element in return_.specification.columns(name)]
        column, at = draw(st.sampled_from(columns)), draw(st.integers(0, frames[name].height - 1))
        is_date = frames[name].schema[column] == pl.Date
        odd = st.sampled_from(DATES if is_date else ODD)
        here = pl.int_range(pl.len()) == at
        new = pl.lit(draw(st.none() | odd), frames[name].schema[column])
        frames[name] = frames[name].with_columns(pl.when(here).then(new).otherwise(column).alias(column))
    return attrs.evolve(return_, **frames)


@pytest.mark.property
@examples(5, 300)
@given(odd_returns(), st.data())
def test_parts_add_up(return_: Return, data: st.DataObject) -> None:
    """Summing over any split of a return by persons gives the return's summary, in any order and grouping."""
    height = return_.persons.height
    part_of = pl.Series(data.draw(st.lists(st.integers(0, 2), min_size=height, max_size=height)), dtype=pl.Int64)
    first, second, third = (
        attrs.evolve(return_, **frames_of(return_, return_.persons["person"].filter(part_of == number))).summary()
        for number in data.draw(st.permutations(range(3)))
    )
    whole = return_.summary()
    assert (first + second + third).equals(whole)
    assert (third + (first + second)).equals(whole)


def test_a_lost_part_is_seen() -> None:
    """The law can fail: without one of its parts a return's summary is another."""
    return_ = sen2.demo(20)
    part = attrs.evolve(return_, **frames_of(return_, return_.persons["person"].head(19)))
    assert not part.summary().equals(return_.summary())
