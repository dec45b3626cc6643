"""A return in the form of a later year: nothing invented, nothing lost, and what needs a person listed."""

from __future__ import annotations

from typing import Any

import attrs
import polars as pl
import pytest

from eesclient import sen2
from tests.doors.sen2 import KEPT, ORDER, Return, Upgrade, schema

STEPS = [(2023, 2024), (2023, 2026), (2024, 2025), (2024, 2026), (2025, 2026)]


def row(upgraded: Upgrade, what: str, element: str) -> dict[str, Any]:
    """Return the row of the report."""
    (found,) = upgraded.report.filter(what=what, element=element).iter_rows(named=True)
    return found


def texts(return_: Return) -> pl.DataFrame:
    """Return all values of the frames as text: table, key, element."""
    spec = return_.specification
    return pl.concat(
        frame.drop("line")
        .cast(pl.String)
        .unpivot(index=spec.tables[name].key)
        .select(table=pl.lit(name), key=pl.col(spec.tables[name].key).cast(pl.UInt32), element="variable", text="value")
        .drop_nulls("text")
        for name, frame in return_.frames.items()
    )


@pytest.mark.parametrize(("before", "after"), STEPS)
def test_nothing_is_invented_and_nothing_lost(before: int, after: int) -> None:
    """Values of the later year stood in the earlier one; those that are not in it are kept aside, each once."""
    made = sen2.demo(600, year=before)
    upgraded = sen2.upgrade(made, after)
    old, new = texts(made), texts(upgraded.return_)
    moved = upgraded.report.filter(what="moved")
    assert old.height == new.height + upgraded.kept.height
    stays = ~pl.col("element").is_in(moved["element"].implode()) | (pl.col("table") != "active_plans")
    aside = upgraded.kept.select("table", "key", "element", "text")
    came = new.filter(~(pl.col("element").is_in(moved["element"].implode()) & (pl.col("table") == "placements")))
    same = pl.concat([came, aside.filter(stays)])
    assert old.filter(stays).sort(pl.all()).equals(same.sort(pl.all()))
    for name, frame in upgraded.return_.frames.items():
        assert schema(name, after) == frame.schema
        assert frame.height == made.frames[name].height
    assert upgraded.return_.synthetic


@pytest.mark.parametrize(("before", "after"), STEPS)
def test_header_is_of_the_later_year(before: int, after: int) -> None:
    """Year and census day come from the calendar; the authority stays."""
    made = sen2.demo(20, year=before)
    upgraded = sen2.upgrade(made, after).return_
    assert (after, sen2.years()[after].census_day) == (upgraded.year, upgraded.header.reference_date)
    assert made.authority["LEA"].to_list() == upgraded.authority["LEA"].to_list()


def test_residence_moves_where_there_is_one_placement() -> None:
    """With one placement it has the value, with two a person has to decide, and the text is kept aside."""
    made = sen2.demo(3000, year=2023)
    made = attrs.evolve(made, active_plans=made.active_plans.with_columns(Res=pl.lit("A")))
    upgraded = sen2.upgrade(made, 2024)
    counts = made.placements.group_by("active_plan").len()
    one, more = (counts.filter(pl.col("len").is_between(*b))["active_plan"].sort() for b in ((1, 1), (2, 9)))
    assert more.len() > 10
    assert one.to_list() == row(upgraded, "moved", "Res")["keys"]
    placed = upgraded.return_.placements.filter(pl.col("Res").is_not_null())
    assert one.to_list() == placed["active_plan"].to_list()
    assert {"A"} == set(placed["Res"])
    decide = row(upgraded, "decide", "Res")
    assert (more.to_list(), more.len()) == (decide["keys"], decide["records"])
    assert more.to_list() == upgraded.kept.filter(element="Res")["key"].to_list()


def test_gender_is_to_be_decided() -> None:
    """No code of sex is made of one of gender: the text is kept, and Sex is listed as missing."""
    made = sen2.demo(50, year=2023)
    upgraded = sen2.upgrade(made, 2025)
    assert 50 == upgraded.return_.persons["Sex"].null_count()
    assert "Sex has its item number" in row(upgraded, "decide", "GenderCurrent")["says"]
    assert 50 == row(upgraded, "missing", "Sex")["records"]
    kept = upgraded.kept.filter(element="GenderCurrent")
    assert made.persons["GenderCurrent"].to_list() == kept["text"].to_list()
    assert {"gone"} == set(kept["why"])


def test_new_mandatory_items_are_counted() -> None:
    """From 2025 to 2026: who has none, by keys; that sources do not say who must have it is told."""
    made = sen2.demo(300, year=2025)
    upgraded = sen2.upgrade(made, 2026)
    found = row(upgraded, "missing", "ReviewDraft")
    assert made.active_plans.filter(pl.col("ReviewDraft").is_null())["active_plan"].to_list() == found["keys"]
    assert "not known" in found["says"]
    assert ["ReviewDraft", "PhaseTransferDueDate", "PhaseTransferFinalDate"] == (
        upgraded.report.filter(what="missing")["element"].to_list()
    )
    blank = attrs.evolve(made, requests=made.requests.with_columns(RequestSource=pl.lit("")))
    assert made.requests.height == row(sen2.upgrade(blank, 2026), "missing", "RequestSource")["records"]


def test_what_columns_did_not_hold_is_kept_aside() -> None:
    """Unreadable dates, unknown elements, and orders of a record's own are listed and kept, and not in the return."""
    odd = pl.DataFrame([("persons", 2, "PersonBirthDate", "31/02/2015", "unreadable", 2, 9)], KEPT, orient="row")
    order = pl.DataFrame([("sen_needs", 1, "SENtypeRank SENtype")], ORDER, orient="row")
    made = attrs.evolve(sen2.demo(10), kept=odd, order=order)
    upgraded = sen2.upgrade(made, 2026)
    assert 0 == upgraded.return_.kept.height == upgraded.return_.order.height
    assert ["order", "unreadable"] == upgraded.kept["why"].to_list()
    assert ["SENtypeRank SENtype", "31/02/2015"] == upgraded.kept["text"].to_list()
    assert [2] == row(upgraded, "aside", "PersonBirthDate")["keys"]
    assert "31/02" not in upgraded.to_text() + repr(upgraded)


def test_codes_that_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A code that the later year lacks stays as it is, and is listed."""
    from tests.doors import sen2 as doors

    later = sen2.specification(2026)
    need = later.lists["need"]
    fewer = attrs.evolve(need, codes={code: known for code, known in need.codes.items() if code != "ASD"})
    monkeypatch.setattr(
        doors.upgrade_module, "specification", lambda _: attrs.evolve(later, lists={**later.lists, "need": fewer})
    )
    made = sen2.demo(100, year=2025)
    upgraded = sen2.upgrade(made, 2026)
    found = row(upgraded, "code gone", "SENtype")
    assert made.sen_needs.filter(SENtype="ASD")["sen_need"].to_list() == found["keys"]
    assert found["says"].endswith(": ASD")
    assert made.sen_needs["SENtype"].to_list() == upgraded.return_.sen_needs["SENtype"].to_list()


def test_words() -> None:
    """In words: synthetic is said, counts, and keys of the first records alone."""
    said = sen2.upgrade(sen2.demo(30, year=2023), 2024).to_text().splitlines()
    assert "SYNTHETIC: SEN2 return in the form of 2024" == said[0]
    assert "header: ReferenceDate: 2023-01-19 is now 2024-01-18: 1" in said
    assert "missing: Sex (1.4): mandatory now, and absent: 30 [persons 1, 2, 3, 4, 5, …]" in said
    assert "<SYNTHETIC Upgrade to 2024: " in repr(sen2.upgrade(sen2.demo(1, year=2023), 2024))


@pytest.mark.parametrize(("year", "said"), [(2024, "write a later year"), (2025, "later"), (2027, "no specification")])
def test_refused(year: int, said: str) -> None:
    """Only upwards, and only to years that are known."""
    with pytest.raises(sen2.SEN2Error, match=said):
        sen2.upgrade(sen2.demo(1, year=2025), year)
