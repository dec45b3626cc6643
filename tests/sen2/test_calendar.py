"""The calendar, and what changed between years, as the tables have it."""

from __future__ import annotations

from datetime import date

import pytest

from eesclient import sen2


def test_calendar() -> None:
    """Every year has its census day; deadlines that no source says are null, and years without structure say so."""
    table = sen2.calendar()
    assert [2021, 2022, 2023, 2024, 2025, 2026, 2027] == table["year"].to_list()
    rows = {row["year"]: row for row in table.iter_rows(named=True)}
    assert (date(2025, 1, 16), date(2025, 3, 14), "return") == tuple(
        rows[2025][name] for name in ("census_day", "deadline", "scope")
    )
    assert rows[2023]["deadline"] is None
    assert {2021, 2022, 2027} == {year for year, row in rows.items() if row["scope"] == "dates"}
    assert rows[2022]["note"].startswith("Voluntary")
    assert all(row["source"] for row in rows.values())


def told(before: int, after: int) -> dict[str, list[str]]:
    """Return the elements of each kind of change."""
    found: dict[str, list[str]] = {}
    for what, element in sen2.changes(before, after).select("what", "element").iter_rows():
        found.setdefault(what, []).append(element)
    return found


@pytest.mark.parametrize(
    ("before", "after", "what", "elements"),
    [
        (2023, 2024, "moved", ["Res", "WBP"]),
        (2023, 2024, "gone", ["GenderCurrent", "AttendancePattern"]),
        (2023, 2024, "new", ["Sex", "ReviewMeeting", "ReviewOutcome"]),
        (2023, 2024, "code label", ["AssessmentOutcome"]),
        (2024, 2025, "need", ["ReviewMeeting", "ReviewOutcome"]),
        (2024, 2025, "order", ["LastReview"]),
        (2024, 2025, "code new", ["SENtype"]),
        (
            2024,
            2025,
            "new",
            ["DSCO", "RequestSource", "ReviewDraft", "PhaseTransferDueDate", "PhaseTransferFinalDate"],
        ),
        (
            2025,
            2026,
            "need",
            ["DSCO", "RequestSource", "ReviewDraft", "PhaseTransferDueDate", "PhaseTransferFinalDate"],
        ),
        (2025, 2026, "order", ["LastReview"]),
    ],
)
def test_changes(before: int, after: int, what: str, elements: list[str]) -> None:
    """What the reference tells of a year is what the tables give."""
    assert elements == told(before, after)[what]


def test_kinds_of_changes() -> None:
    """Nothing else changed; years apart have all the changes between them."""
    assert {"need", "order"} == set(told(2025, 2026))
    assert {"new", "renumbered", "need", "order", "code new"} == set(told(2024, 2025))
    apart = sen2.changes(2023, 2026)
    (row,) = apart.filter(element="ReviewMeeting").iter_rows(named=True)
    assert ("new", "date, mandatory") == (row["what"], row["after"])


def test_renumbered_and_moved() -> None:
    """Before and after are told, and that one element has the item number of another without being the same."""
    rows = {(row["what"], row["element"]): row for row in sen2.changes(2023, 2024).iter_rows(named=True)}
    assert ("5.4", "5.6") == tuple(rows["renumbered", "LastReview"][name] for name in ("before", "after"))
    assert rows["moved", "Res"]["before"].endswith("/ActivePlans/Res")
    assert rows["moved", "Res"]["after"].endswith("/ActivePlans/PlacementDetail/Res")
    assert "GenderCurrent" in rows["new", "Sex"]["note"]
    assert "Sex" in rows["gone", "GenderCurrent"]["note"]
    assert "" == rows["new", "ReviewMeeting"]["note"]


@pytest.mark.parametrize(("before", "after"), [(2025, 2024), (2025, 2025), (2022, 2024), (2025, 2027)])
def test_refused(before: int, after: int) -> None:
    """Years in the wrong order, and years without a specification, are said."""
    said = "write the earlier year first" if before >= after else "there is no specification for"
    with pytest.raises(sen2.SEN2Error, match=said):
        sen2.changes(before, after)
