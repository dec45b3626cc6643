"""Tests of why a question gets no rows, in both shells, on pages and on the stored table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import eesclient as ees
from eesclient import EmptyReport, Request, errors, local
from eesclient.local import Service
from tests.store.test_cache import Watched
from tests.test_client import Make, make

__all__ = ["make"]

F = ees.facets
FLAGS = ("a", "b", "c", "d")
META = "col_name,col_type,label\n" + "".join(f"{f},Filter,Flag {f}\n" for f in FLAGS) + "rate,Indicator,Rate\n"
HEADER = "time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,"
ENGLAND, NORTH = "National,E92000001,England,,", "Regional,E92000001,England,E12000001,North"


def service_of(folder: Path, rows: Sequence[tuple[str, str, str]], more: str = "") -> Service:
    """Return a service of rows, each with a year, a place and the flags that are "yes"."""
    lines = [
        f"{year},Calendar year,{place},{','.join('yes' if flag in flags else 'no' for flag in FLAGS)},1"
        for year, place, flags in rows
    ]
    (folder / "rates.csv").write_text("\n".join([f"{HEADER}{','.join(FLAGS)},rate", *lines]) + "\n")
    (folder / "rates.meta.csv").write_text(META)
    (folder / "service.toml").write_text(more)
    return Service.from_folder(folder)


def opened(client: Any, **options: Any) -> Any:
    """Return the service's data set."""
    (found,) = client.data_sets()
    return client.open(found.id, **options)


@pytest.fixture(params=["pages", "store"])
def ask(request: pytest.FixtureRequest, make: Make, tmp_path: Path) -> Any:
    """Return what asks a question of rows why it is empty, by pages and then of the stored table."""

    def explain(rows: Sequence[tuple[str, str, str]], **words: Any) -> tuple[EmptyReport, list[Request]]:
        watched = Watched(service_of(tmp_path, rows))
        stored = {"store": tmp_path / "store"} if request.param == "store" else {}
        rates = opened(make(service=watched, **stored))
        if stored:
            rates.read()
        watched.asked.clear()
        report = rates.explain_empty(rates.build(**words))
        if stored:
            assert [] == watched.asked
        return report, watched.asked

    return explain


def test_one_clause_is_to_blame(ask: Any) -> None:
    """The clause without which there are rows is named, with what occurs instead."""
    rows = [("2023", ENGLAND, "a"), ("2023", NORTH, "a"), ("2024", NORTH, "ab"), ("2024", ENGLAND, "b")]
    words = {"filters": {"Flag a": "yes", "Flag b": "yes"}, "periods": "2023"}
    report, sent = ask(rows, **words)
    assert 0 == report.total
    assert [("filters", 0), ("filters", 2), ("periods", 1)] == [(c.arguments[0], c.rows) for c in report.clauses]
    assert [2, 1] == [clause.rows for clause in report.culprits]
    assert () == report.pairs
    found = {suggestion.fields: suggestion.values for suggestion in report.suggestions}
    assert {("Flag b",): (("no",),), ("Time period",): (("2024",),)} == found
    assert all(suggestion.is_complete for suggestion in report.suggestions)
    if sent:
        # one count of all, one for each clause, and a page for each suggestion
        sizes = [int(re.findall(rb'"pageSize":([0-9]+)', request.body or b"")[0]) for request in sent]
        assert [1, 1, 1, 1, 10_000, 10_000] == sizes


def test_in_words(ask: Any) -> None:
    """The report is a text too."""
    report, _ = ask([("2023", ENGLAND, "a"), ("2024", NORTH, "b")], filters={"Flag a": "yes"}, periods="2024")
    ids = re.sub(r"\((\w{5})\)", "(…)", str(report))
    assert (
        """\
No rows match. There are rows without:
  - filters= (Flag a (…) is yes (…)) (1 rows)
  - periods= (time period is 2024, Calendar year (2024|CY)) (1 rows)
With the rest of the question there is:
  - instead of filters= (Flag a (…) is yes (…)): Flag a can be "no"
  - instead of periods= (time period is 2024, Calendar year (2024|CY)): Time period can be "2023\""""
        == ids
    )


def test_places_and_levels(ask: Any) -> None:
    """For places, what occurs is places with their levels; for a `where`, each of its conditions is a clause."""
    rows = [("2023", ENGLAND, "a"), ("2023", NORTH, "a"), ("2024", NORTH, "b")]
    report, _ = ask(rows, places="England", where=(F.period == "2024") & ~(F.filter("Flag a") == "yes"))
    assert ["places", "where", "where"] == [clause.arguments[0] for clause in report.clauses]
    assert [1, 0, 0] == [clause.rows for clause in report.clauses]
    (suggestion,) = report.suggestions
    assert (("Place",), (("North (Regional)",),)) == (suggestion.fields, suggestion.values)
    assert 'Place can be "North (Regional)"' in suggestion.text


def test_an_area_is_to_blame(ask: Any) -> None:
    """For an area, what occurs is areas of its level."""
    rows = [("2023", ENGLAND, "a"), ("2023", NORTH, "a"), ("2023", NORTH.replace("1,North", "2,South"), "b")]
    report, _ = ask(rows, within="North", filters={"Flag b": "yes"}, levels="Regional", include_self=True)
    found = {suggestion.fields: suggestion.values for suggestion in report.suggestions}
    assert {("Regional",): (("South",),), ("Flag b",): (("no",),)} == found


def test_an_area_whose_own_rows_do_not_count(ask: Any) -> None:
    """For smaller areas inside one, only rows of other levels say which areas there are."""
    rows = [("2023", ENGLAND, "a"), ("2023", NORTH, "a"), ("2023", NORTH, "b")]
    report, _ = ask(rows, within="North", filters={"Flag a": "yes"})
    (suggestion,) = report.suggestions
    assert (("Regional",), ((None,),)) == (suggestion.fields, suggestion.values)
    report, _ = ask(rows, within="England", filters={"Flag a": "yes", "Flag b": "yes"})
    assert (("no",),) in [suggestion.values for suggestion in report.suggestions]


def test_a_level_is_to_blame(ask: Any) -> None:
    """For a level, what occurs is levels."""
    report, _ = ask([("2023", ENGLAND, "a"), ("2023", NORTH, "b")], levels="Regional", filters={"Flag a": "yes"})
    assert (("National",),) in [suggestion.values for suggestion in report.suggestions]


def test_rows_without_a_value(ask: Any) -> None:
    """A place that rows lack is none."""
    report, _ = ask([("2023", ENGLAND, "a"), ("2024", NORTH, "a")], within="North", periods="2023", include_self=True)
    (within,) = [suggestion for suggestion in report.suggestions if suggestion.clause.arguments == ("within",)]
    assert ((None,),) == within.values
    assert 'can be "none"' in within.text


def test_a_pair_is_to_blame(ask: Any) -> None:
    """Where no single clause is to blame, pairs are, and combinations of both occur."""
    rows = [("2023", ENGLAND, flag) for flag in "abc"]
    report, _ = ask(rows, filters={f"Flag {flag}": "yes" for flag in "abc"})
    assert [0, 0, 0] == [clause.rows for clause in report.clauses]
    assert [("filters", "filters", 1)] * 3 == [(*pair.arguments, pair.rows) for pair in report.pairs]
    assert report.culprits == report.pairs
    assert [(("no", "no"),)] * 3 == [suggestion.values for suggestion in report.suggestions]
    assert "no single clause is to blame. There are rows without both of:" in report.text
    assert 'Flag a and Flag b can be "no · no"' in report.text


def test_more_than_a_pair(ask: Any) -> None:
    """Where no pair is to blame either, the report says so."""
    rows = [("2023", ENGLAND, flag) for flag in "abcd"]
    report, _ = ask(rows, filters={f"Flag {flag}": "yes" for flag in "abcd"})
    assert ((), (), ()) == (report.culprits, report.pairs, report.suggestions)
    assert "neither does any without one or two of its clauses" in report.text
    assert 4 == report.text.count("(0 rows)")


def test_a_question_that_has_rows(ask: Any) -> None:
    """A question that is not empty is said to have rows, after one count."""
    report, sent = ask([("2023", ENGLAND, "a"), ("2024", ENGLAND, "a")], filters={"Flag a": "yes"}, limit=1)
    assert 2 == report.total
    assert "The question is not empty: 2 rows match it." == str(report)
    assert len(sent) <= 1


def test_a_part_of_the_rows(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one page does not hold all rows, the suggestion says so."""
    monkeypatch.setattr("eesclient.versions.empty.LARGEST_PAGE", 2)
    rows = [("2023", ENGLAND, "a"), ("2024", NORTH, "a"), ("2025", NORTH, "a"), ("2025", NORTH, "b")]
    rates = opened(make(service=service_of(tmp_path, rows)))
    report = rates.explain_empty(rates.build(filters={"Flag a": "yes", "Flag b": "yes"}, values="text"))
    assert [False, True] == [suggestion.is_complete for suggestion in report.suggestions][::-1]
    assert "can be (among the first rows)" in report.text


def test_the_warning_points_to_it(make: Make) -> None:
    """The warning of no rows names what explains them, and its advice works."""
    sen = make(service=local.demo()).open(local.SEN_ID)
    both = (F.filter("SEN provision") == "All pupils") & (F.filter("SEN provision") == "SEN support")
    with pytest.warns(errors.NoRowsWarning, match=r"explain_empty\(result\.query\)"):
        result = sen.query(where=both)
    report = sen.explain_empty(result.query)
    assert ["where", "where"] == [clause.arguments[0] for clause in report.culprits]
    assert sen.query(where=F.filter("SEN provision") == "SEN support").total == report.clauses[0].rows


def test_offline(make: Make, tmp_path: Path) -> None:
    """Offline the stored data file answers."""
    with ees.Client(service=local.demo(), store=tmp_path) as client:
        client.open(local.SEN_ID).read()
    sen = make(service=local.demo(), store=tmp_path, offline=True).open(local.SEN_ID)
    report = sen.explain_empty(sen.build(where=(F.period > "2025/26") | (F.level != "National")))
    assert 1 == len(report.culprits)


def test_another_version(make: Make) -> None:
    """A question to something else is refused."""
    client = make(service=local.demo())
    sen, ks4 = client.open(local.SEN_ID), client.open(local.KS4_ID)
    with pytest.raises(errors.QueryError, match="was built for version"):
        sen.explain_empty(ks4.build())


WITHDRAWN = """
[data_sets.rates.versions."1.0"]
status = "Withdrawn"
withdrawn = 2026-03-01T09:30:00Z
notes = "Wrong."
"""


def test_withdrawn(make: Make, tmp_path: Path) -> None:
    """A withdrawn version is refused, unless it may be read: then its data file answers, with a warning."""
    client = make(service=service_of(tmp_path, [("2023", ENGLAND, "a"), ("2024", ENGLAND, "b")], WITHDRAWN))
    with pytest.warns(errors.WithdrawnVersionWarning):
        refused, read = opened(client, version="1.0"), opened(client, version="1.0", withdrawn="read")
    query = read.build(filters={"Flag a": "yes"}, periods="2024")
    with pytest.raises(errors.WithdrawnError):
        refused.explain_empty(query)
    with pytest.warns(errors.WithdrawnVersionWarning, match="report is out of its data file"):
        report = read.explain_empty(query)
    assert [1, 1] == [clause.rows for clause in report.culprits]
