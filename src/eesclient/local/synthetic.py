"""Small synthetic data sets that come with the package, with the ids and shapes of published ones.

The figures are made up by a program, which tests run again and compare with the files.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path

from ..models.data_sets import Release
from ..models.versions import Version
from .holdings import (
    DataSetDescription,
    DataSetHolding,
    Holdings,
    VersionDescription,
    VersionHolding,
    publication,
    release,
    stable_id,
)
from .ingest import VersionData, ingest
from .service import Service

SEN_ID = "019d431f-f58f-73c2-9c1e-5e5fd3462e77"
"""Data set "National - Special educational needs (SEN) - API (synthetic)"."""

KS4_ID = "019d431f-519e-7527-999a-8019a8016012"
"""Data set "LA - Key Stage 4 (KS4) - API (synthetic)"."""

SENCO_NAME = "senco_qualification_synthetic"
"""Name of the CSV pair that stands for a data set outside the API."""

SENCO_ID = stable_id("demo", SENCO_NAME, "November")
"""Id of its file of the latest release, by which the data catalogue knows it."""

SENCO_OLD_ID = stable_id("demo", SENCO_NAME, "June")
"""Id of its file of the release before, which keeps answering."""

SENCO_TITLE = "Special educational needs coordinator (SENCO) qualification by local authority (synthetic)"

_PUBLICATION_ID = stable_id("demo")
_TITLE = "Outcomes for children in need, including children looked after by local authorities in England (synthetic)"
_SENCO_PUBLICATION_ID = stable_id("demo", "early years")
_SENCO_PUBLICATION = "Special educational needs in early years settings (synthetic)"
_PUBLISHED = datetime(2026, 4, 16, 8, 30, tzinfo=UTC)
_SUMMARY = "Synthetic figures, made up by a program: not statistics."


def demo() -> Service:
    """A service that holds two small synthetic data sets, and one outside the API, without files or network.

    They have the ids, columns, options and periods of published data sets; their titles end in "(synthetic)", and the
    figures are made up. Its `source` is `synthetic`.
    """
    return Service(_holdings(), source="synthetic", origin="local:demo")


def pair_files(name: str) -> tuple[Path, Path]:
    """Data file and metadata file of one of the data sets."""
    folder = Path(str(files("eesclient.local"))) / "data"
    return folder / f"{name}.csv", folder / f"{name}.meta.csv"


@cache
def _holdings() -> Holdings:
    outside = _senco()
    data_sets = (
        _data_set(SEN_ID, "National - Special educational needs (SEN) - API (synthetic)", "sen"),
        _data_set(KS4_ID, "LA - Key Stage 4 (KS4) - API (synthetic)", "ks4"),
    )
    return Holdings(
        publications=(
            publication(_PUBLICATION_ID, _TITLE, _SUMMARY, published=_PUBLISHED),
            publication(_SENCO_PUBLICATION_ID, _SENCO_PUBLICATION, _SUMMARY, published=_PUBLISHED),
        ),
        data_sets={item.about.id: item for item in data_sets},
        outside={outside.about.id: outside},
        themes={
            _PUBLICATION_ID: "Children's social care (synthetic)",
            _SENCO_PUBLICATION_ID: "Early years (synthetic)",
        },
    )


def _read(name: str, *, without: bytes | None = None) -> VersionData:
    """A data set of the package, but for the lines that begin in some way."""
    data, meta = pair_files(name)
    # line by line, as no cell of these files holds a line break
    lines = data.read_bytes().splitlines(keepends=True)
    kept = b"".join(line for line in lines if without is None or not line.startswith(without))
    return ingest(data_name=data.name, data=kept, meta_name=meta.name, meta=meta.read_bytes())


def _data_set(data_set_id: str, title: str, name: str) -> DataSetHolding:
    data = _read(f"{name}_synthetic")
    version = VersionDescription(
        version=Version(1, 0),
        file_id=stable_id("demo", name),
        release=release(f"Academic year {data.periods[-1].label} (synthetic)"),
        published=_PUBLISHED,
        notes=_SUMMARY,
        footnotes=(_SUMMARY,),
    )
    about = DataSetDescription(id=data_set_id, title=title, summary=_SUMMARY, publication_id=_PUBLICATION_ID)
    return DataSetHolding(about=about, versions=(VersionHolding(about=version, data=data),))


def _senco() -> DataSetHolding:
    """The data set outside the API: the release of November, and that of June, whose file was smaller."""
    releases = (
        ("June", SENCO_OLD_ID, b"2024,November,", datetime(2024, 9, 12, 8, 30, tzinfo=UTC)),
        ("November", SENCO_ID, None, datetime(2025, 2, 6, 9, 30, tzinfo=UTC)),
    )
    versions = tuple(
        VersionHolding(
            about=VersionDescription(
                version=Version(number, 0),
                file_id=file_id,
                release=Release(title=f"{month} 2024 (synthetic)", slug=f"2024-{month.lower()}-synthetic"),
                published=published,
                notes=_SUMMARY,
                footnotes=(_SUMMARY, "Settings with few practitioners are shown as x, not available."),
            ),
            data=_read(SENCO_NAME, without=without),
        )
        for number, (month, file_id, without, published) in enumerate(releases, 1)
    )
    about = DataSetDescription(
        id=stable_id("demo", SENCO_NAME),
        title=SENCO_TITLE,
        summary=f"SENCO qualifications of practitioners in early years settings. {_SUMMARY}",
        publication_id=_SENCO_PUBLICATION_ID,
    )
    return DataSetHolding(about=about, versions=versions)
