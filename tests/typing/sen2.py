"""Every public name of `eesclient.sen2` in use. Never run: the type checkers read it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import assert_type

import altair as alt
import polars as pl

import eesclient as ees
from eesclient import sen2


def reading(path: Path) -> None:
    sen2.read("return.xml")
    sen2.read(b"<Message/>", year=2025, strict=False)
    return_ = sen2.read(path)
    assert_type(return_, sen2.Return)
    assert_type(return_.header, sen2.Header)
    assert_type(return_.header.reference_date, date | None)
    assert_type(return_.year, int)
    assert_type(return_.persons, pl.DataFrame)
    assert_type(return_.frames, Mapping[str, pl.DataFrame])
    assert_type(return_.lines("persons"), pl.DataFrame)
    assert_type(return_.history(1), pl.DataFrame)
    assert_type(return_.equals(sen2.demo()), bool)
    assert_type(return_.to_xml(), bytes)
    assert_type(return_.write_xml("return.xml"), None)
    assert_type(return_.write_blade(path, day=date(2025, 1, 16)), None)


def made() -> None:
    sen2.demo(1000, year=2025, seed=2, authority="999", faults=["K27"])
    assert_type(sen2.demo(faults={"K27": 3}), sen2.Return)
    assert_type(sen2.plantable(2025), tuple[str, ...])
    upgraded = sen2.upgrade(sen2.demo(year=2024), 2025)
    assert_type(upgraded, sen2.Upgrade)
    assert_type(upgraded.return_, sen2.Return)
    assert_type(upgraded.report, pl.DataFrame)
    assert_type(upgraded.kept, pl.DataFrame)
    assert_type(upgraded.to_text(), str)


def checking(return_: sen2.Return) -> None:
    theirs = sen2.load_rules("rules.ods", columns={"number": "Rule number"}, sheet=None)
    assert_type(theirs, sen2.RuleFile)
    assert_type(theirs.covered_by({"O01": "2010", "O02": ["2011"]}), sen2.RuleFile)
    assert_type(theirs.covering(), pl.DataFrame)
    return_.check(only=["O01", "K", "structure"], rules=theirs)
    found = return_.check(only="K")
    assert_type(found, sen2.Findings)
    assert_type(found.frame, pl.DataFrame)
    assert_type(found.rules, tuple[sen2.Rule, ...])
    assert_type(found.counts(), pl.DataFrame)
    assert_type(found.by_severity(), dict[str, int])
    assert_type(found.to_text(limit=None), str)
    assert_type(found.to_html(limit=3), str)
    assert_type(found.to_json(), str)
    assert_type(len(found), int)


def counting(return_: sen2.Return) -> None:
    summary = return_.summary()
    assert_type(summary, sen2.Summary)
    assert_type(summary + summary, sen2.Summary)
    assert_type(summary.count("RequestOutcome", "Y"), int)
    assert_type(summary.shares, pl.DataFrame)
    assert_type(summary.medians, pl.DataFrame)
    assert_type(summary.timeliness, pl.DataFrame)
    assert_type(sen2.plots.timeliness(return_), alt.LayerChart)
    assert_type(sen2.plots.outcomes(summary), alt.Chart)
    assert_type(sen2.plots.needs(summary), alt.Chart)
    assert_type(sen2.plots.ages(summary), alt.Chart)
    assert_type(sen2.plots.reviews(summary), alt.Chart)
    assert_type(sen2.plots.dashboard(summary), alt.VConcatChart)


def published(return_: sen2.Return, sen: ees.PinnedDataSet, result: ees.QueryResult, schools: pl.DataFrame) -> None:
    assert_type(sen2.summarise(return_, schools=schools), pl.DataFrame)
    beside = sen2.reconcile(return_, sen, authority="999", schools=schools)
    assert_type(beside, sen2.Reconciliation)
    assert_type(beside.frame, pl.DataFrame)
    assert_type(beside.counts(), dict[str, int])
    assert_type(beside.contradictions, sen2.Contradictions)
    sen2.reconcile(return_, result)
    sen2.reconcile(return_, Path("caseload.csv"))
    assert_type(sen2.contradictions(result.frame), sen2.Contradictions)
    assert_type(sen2.contradictions(b"").checks, pl.DataFrame)


def known() -> None:
    spec = sen2.specification(2025)
    assert_type(spec, sen2.Specification)
    assert_type(spec.year.census_day, date)
    assert_type([element.path for element in spec.find("SENtype")], list[str])
    assert_type(sen2.years()[2025].deadline, date | None)
    assert_type(sen2.calendar(), pl.DataFrame)
    assert_type(sen2.changes(2024, 2025), pl.DataFrame)
    assert_type(sen2.rules(2025), pl.DataFrame)
    try:
        sen2.read("return.xml")
    except sen2.SEN2Error as error:
        assert_type(error.line, int | None)
        assert_type(error.partial, sen2.Return | None)


WARNINGS: list[type[ees.EESWarning]] = [sen2.PartialReturnWarning]
