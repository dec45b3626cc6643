"""What notebooks show of reports: a table whose outcomes are said in words, the worst first, all of it text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import attrs

import eesclient as ees
from eesclient import CheckedEntry, Client, LockCheck, MirroredEntry, OutdatedEntry, OutdatedReport, local
from tests.hostile import BAD, LABELS, elements, shown, words
from tests.lock.test_many import Many

ENTRY = ees.LockEntry(
    id="019d431f-f58f-73c2-9c1e-5e5fd3462e77", title="SEN", version="1.0", release="2025", rows=3, meta_sha256="a" * 64
)


def table(text: str) -> list[list[str]]:
    """The cells of a display, row by row, as a browser reads them."""
    rows = re.findall(r"<tr>(.*?)</tr>", text, re.DOTALL)
    return [[words(cell) for cell in re.findall(r"<t[dh][^>]*>.*?</t[dh]>", row, re.DOTALL)] for row in rows]


def test_a_check() -> None:
    """Each data set of a check has its outcome in words and colour, the worst first, and how many there are of each."""
    found = [("as locked", "fine"), ("changed", "gone"), ("no answer", "busy"), ("newer patches", "1.0.1")]
    report = LockCheck(
        entries=tuple(CheckedEntry(entry=ENTRY, outcome=how, messages=(said,)) for how, said in found)  # type: ignore[arg-type]
    )
    text = shown(report)
    assert words(text).startswith("Check of 4 data sets: 1 changed, 1 no answer, 1 newer patches, 1 as locked")
    head, *rows = table(text)
    assert head == ["Outcome", "Data set", "Version", "More"]
    assert [row[0] for row in rows] == ["✗ changed", "? no answer", "! newer patches", "✓ as locked"]
    assert rows[0][1:] == ["SEN", "1.0", "gone"]
    assert text.count(f'title="id {ENTRY.id}"') == 4
    # of each colour, and of what is written on it
    pairs = re.findall(r"background:#(\w{6});color:#(\w{6})", text)
    assert len({*pairs}) == 4
    assert all(contrast(*pair) >= 7 for pair in pairs)


def contrast(one: str, other: str) -> float:
    """How well two colours can be told apart (WCAG 2.2, contrast ratio)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_many_entries() -> None:
    """What is past the first rows is folded away, and nothing of it is left out."""
    titles = [f"T{number}" for number in range(50)]
    entries = tuple(
        CheckedEntry(entry=attrs.evolve(ENTRY, title=title), outcome="as locked", messages=()) for title in titles
    )
    text = shown(LockCheck(entries=entries))
    assert "<summary>30 more</summary>" in text
    assert {*titles} <= {row[1] for row in table(text)}
    assert words(shown(LockCheck(entries=()))) == "Check of 0 data sets"


def test_news() -> None:
    """What is newer, unknown or the newest is said of each data set."""
    known: dict[str, Any] = {"id": ENTRY.id, "asked": "1.*", "locked": "1.0", "in_range": "1.1", "latest": "2.0"}
    report = OutdatedReport(
        entries=(
            OutdatedEntry(title="A", patches=(), outdated=False, **known),
            OutdatedEntry(title="B", patches=(), outdated=True, notes=("moved",), **known),
            OutdatedEntry(title="C", patches=(), outdated=False, problem="busy", outcome="no answer", **known),
        )
    )
    assert table(shown(report))[1:] == [
        ["? no answer", "C", "1.0", "1.1", "2.0", "busy"],
        ["! newer", "B", "1.0", "1.1", "2.0", "moved"],
        ["✓ the newest", "A", "1.0", "1.1", "2.0", ""],
    ]


def test_real_reports(tmp_path: Path) -> None:
    """A check, sync and news of a lock, a mirror and an entry are shown as tables."""
    served, path = Many(tmp_path / "data", 3), tmp_path / "ees.lock"
    served.lock(path)
    with Client(service=served, store=tmp_path / "store") as client:
        displays = [shown(client.sync(path)), shown(client.check_lock(path)), shown(client.outdated(path))]
    assert [len(table(text)) for text in displays] == [4, 4, 4]
    assert table(displays[0])[1] == ["✓ in the store", "Set00", "1.0", "126 bytes of data in the store, verified"]
    with Client(service=local.demo()) as client:
        mirror = client.mirror(tmp_path / "mirror", "national", in_api=True)
        assert {"✓ new"} == {row[0] for row in table(shown(mirror))[1:]}
        entry = client.open(local.SEN_ID, version="1.0").lock(tmp_path / "a.lock")
        facts = dict(table(shown(entry)))
        assert ("1.0", "2,607") == (facts["Locked"], facts["Rows"])


def test_versions() -> None:
    """A comparison says which changes break questions, and a report on an empty question which clause is to blame."""
    with Client(service=local.demo()) as client:
        sen = client.open(local.SEN_ID, version="1.0")
        text = shown(sen.compare("*"))
        rows = table(text)
        assert rows[1][0] == "✗ deleted, major"
        assert {"✓ updated", "✓ added"} <= {row[0] for row in rows}
        assert "Rows: 2,607 to" in words(text)
        query = sen.build(
            filters={"SEN provision": "No identified SEN", "Primary type of need": "Autistic spectrum disorder"},
            periods="2023/24",
        )
        report = sen.explain_empty(query)
        revised = shown(sen.revisions(sen.build(indicators="Number of pupils", limit=2), versions=["1.0", "1.1"]))
    assert "Versions 1.0, 1.1: 4 rows" in words(revised)
    assert "data_set_version" in words(revised)
    assert not report.total
    _, *rows = table(shown(report))
    assert len(rows) == len(report.clauses) + len(report.pairs)
    assert {"✗ to blame", "✓ not by itself"} == {row[0] for row in rows}
    assert sum(row[0] == "✗ to blame" for row in rows) == len(report.culprits)
    assert all(said.text in words(shown(report)) for said in report.suggestions)


def test_labels_are_text() -> None:
    """Whatever titles, ids and messages hold is text."""
    for bad in (*LABELS, BAD):
        entry = attrs.evolve(ENTRY, title=bad, release=bad, id=bad)
        reports = [
            entry,
            LockCheck(entries=(CheckedEntry(entry=entry, outcome="changed", messages=(bad, bad)),)),
            ees.SyncReport(entries=(ees.SyncedEntry(entry=entry, problem=bad, notes=(bad,)),)),
            ees.MirrorReport(
                entries=(MirroredEntry(id=bad, title=bad, entry=entry, outcome="new", problem=bad),), others=()
            ),
            OutdatedReport(
                entries=(
                    OutdatedEntry(
                        id=bad, title=bad, asked=bad, locked=bad, in_range=bad, latest=bad, patches=(), outdated=True
                    ),
                )
            ),
        ]
        for report in reports:
            tags = {tag for tag, _ in elements(shown(report))}
            assert tags <= {"DOCUMENT_FRAGMENT", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "br"}
