"""The demo as it was when the kept files were made: its data files are in `demo/`, what is said of them is here."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import eesclient as ees
from tests.doors.local import (
    DataSetDescription,
    DataSetHolding,
    Holdings,
    VersionData,
    VersionDescription,
    VersionHolding,
    ingest,
    publication,
    release,
    stable_id,
)

FOLDER = Path(__file__).parent / "demo"
SENCO_NAME = "senco_qualification_synthetic"
SENCO_TITLE = "Special educational needs coordinator (SENCO) qualification by local authority (synthetic)"
SENCO_PUBLICATION = "Special educational needs in early years settings (synthetic)"

_CHILDREN = "Outcomes for children in need, including children looked after by local authorities in England (synthetic)"
_PUBLICATION_ID, _SENCO_PUBLICATION_ID = stable_id("demo"), stable_id("demo", "early years")
_PUBLISHED = datetime(2026, 4, 16, 8, 30, tzinfo=UTC)
_SUMMARY = "Synthetic figures, made up by a program: not statistics."


def older_demo() -> ees.local.Service:
    """A service that answers as `ees.local.demo()` did."""
    return ees.local.Service(_holdings(), source="synthetic", origin="local:demo")


@cache
def _holdings() -> Holdings:
    data_sets = (
        _held(ees.local.SEN_ID, "National - Special educational needs (SEN) - API (synthetic)", "sen", "2024/25"),
        _held(ees.local.KS4_ID, "LA - Key Stage 4 (KS4) - API (synthetic)", "ks4", "2023/24"),
    )
    outside = _senco()
    return Holdings(
        publications=(
            publication(_PUBLICATION_ID, _CHILDREN, _SUMMARY, published=_PUBLISHED),
            publication(_SENCO_PUBLICATION_ID, SENCO_PUBLICATION, _SUMMARY, published=_PUBLISHED),
        ),
        data_sets={item.about.id: item for item in data_sets},
        outside={outside.about.id: outside},
        themes={
            _PUBLICATION_ID: "Children's social care (synthetic)",
            _SENCO_PUBLICATION_ID: "Early years (synthetic)",
        },
    )


def _held(data_set_id: str, title: str, name: str, year: str) -> DataSetHolding:
    about = DataSetDescription(id=data_set_id, title=title, summary=_SUMMARY, publication_id=_PUBLICATION_ID)
    of_version = VersionDescription(
        version=ees.Version(1),
        file_id=stable_id("demo", name),
        release=release(f"Academic year {year} (synthetic)"),
        published=_PUBLISHED,
        notes=_SUMMARY,
        footnotes=(_SUMMARY,),
    )
    return DataSetHolding(about=about, versions=(VersionHolding(about=of_version, data=_data(f"{name}_synthetic")),))


def _senco() -> DataSetHolding:
    about = DataSetDescription(
        id=stable_id("demo", SENCO_NAME),
        title=SENCO_TITLE,
        summary=f"SENCO qualifications of practitioners in early years settings. {_SUMMARY}",
        publication_id=_SENCO_PUBLICATION_ID,
    )
    versions = [
        VersionHolding(
            about=VersionDescription(
                version=ees.Version(number),
                file_id=stable_id("demo", SENCO_NAME, month),
                release=release(f"{month} 2024 (synthetic)"),
                published=published,
                notes=_SUMMARY,
                footnotes=(_SUMMARY, "Settings with few practitioners are shown as x, not available."),
            ),
            data=_data(SENCO_NAME, without=without),
        )
        for number, month, published, without in (
            (1, "June", datetime(2024, 9, 12, 8, 30, tzinfo=UTC), "2024,November,"),
            (2, "November", datetime(2025, 2, 6, 9, 30, tzinfo=UTC), None),
        )
    ]
    return DataSetHolding(about=about, versions=tuple(versions))


def _data(name: str, *, without: str | None = None) -> VersionData:
    """A pair, imported, without the lines that begin so."""
    lines = (FOLDER / f"{name}.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    text = "".join(line for line in lines if without is None or not line.startswith(without))
    meta = (FOLDER / f"{name}.meta.csv").read_bytes()
    return ingest(data_name=f"{name}.csv", data=text.encode(), meta_name=f"{name}.meta.csv", meta=meta)
