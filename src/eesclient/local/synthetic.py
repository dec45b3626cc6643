"""The synthetic data sets of the package, in the shape of published ones: their figures are made up by a program.

`scripts/demo.py` is that program. Files are read when something of their data set is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial
from importlib.resources import files
from pathlib import Path

from .._classes import frozen
from ..models.data_sets import Release
from ..models.versions import Version
from . import KS4_ID, SEN_ID
from .csv import read_file
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
from .ids import Numbering
from .ingest import VersionData, ingest

# ids of files in the data catalogue are those of the published pages, so that their addresses lead here too
SEN_FILE_ID = "7c6703f4-59d9-4613-a0dc-27fe7d2b78a2"
"""Id of the file of the SEN set's version 1.0, which has what the published page shows."""

KS4_FILE_ID = "67a6c2eb-cd40-4d72-a20a-2021bdfec736"
"""Id of the file of the KS4 set."""

SENCO_NAME = "senco_qualification_synthetic"
"""Name of the CSV pair that stands for a data set outside the API."""

SENCO_ID = "71ae867e-2832-4448-9994-2d3657b6fd12"
"""Id of its file of the latest release, by which the data catalogue knows it."""

SENCO_OLD_ID = stable_id("demo", SENCO_NAME, "June")
"""Id of its file of the release before, which keeps answering."""

SENCO_TITLE = "Special educational needs coordinator (SENCO) qualification by local authority (synthetic)"

_CHILDREN = "Outcomes for children in need, including children looked after by local authorities in England (synthetic)"
_EARLY_YEARS = "Early years education recovery (synthetic)"
_PUBLICATION_ID, _SENCO_PUBLICATION_ID = stable_id("demo"), stable_id("demo", "early years")
_PUBLISHED = datetime(2026, 4, 16, 8, 30, tzinfo=UTC)
_SYNTHETIC = "Synthetic figures, made up by a program: not statistics."
_SENCO_FOOTNOTES = (
    "All settings of an authority are its childminders and its group-based providers; schools could not take part.",
    "x stands where a figure is not available.",
    "Nobody could register after March 2024.",
    "The first practitioners completed in February 2023.",
    "The training ended in November 2024.",
)
_NEED, _BEFORE, _NOW = "sen_primary_need", "Visual impairment", "Vision impairment"
_DROPPED = "CIN in the last 6 years"


@frozen(kw_only=True)
class _Of:
    """What is said of one version; how its file is made of the shipped one, and what was mapped by hand."""

    number: Version
    file_id: str
    release: Release
    published: datetime = _PUBLISHED
    notes: str = _SYNTHETIC
    without: tuple[bytes, ...] = ()
    renamed: tuple[bytes, bytes] = (b"", b"")
    mapped: tuple[str, str, str] | None = None


_SEN = (
    _Of(
        number=Version(1, 0),
        file_id=SEN_FILE_ID,
        release=release("Reporting year 2025 (synthetic)"),
        without=(b"202526,",),
    ),
    _Of(
        number=Version(1, 1),
        file_id=stable_id("demo", "sen", "1.1"),
        release=release("Reporting year 2026 (synthetic)"),
        published=datetime(2026, 7, 16, 8, 30, tzinfo=UTC),
        notes=f"Adds 2025/26. {_SYNTHETIC}",
    ),
    _Of(
        number=Version(2, 0),
        file_id=stable_id("demo", "sen", "2.0"),
        release=release("Reporting year 2026 revised (synthetic)"),
        published=datetime(2026, 10, 15, 8, 30, tzinfo=UTC),
        notes=f"{_BEFORE} is called {_NOW.lower()}, and {_DROPPED} are no longer published. {_SYNTHETIC}",
        without=(f",{_DROPPED},".encode(),),
        renamed=(_BEFORE.encode(), _NOW.encode()),
        mapped=(_NEED, _BEFORE, _NOW),
    ),
)
_KS4 = (_Of(number=Version(1, 0), file_id=KS4_FILE_ID, release=release("Reporting year 2025 (synthetic)")),)
_SENCO = (
    _Of(
        number=Version(1, 0),
        file_id=SENCO_OLD_ID,
        release=release("July 2024 (synthetic)"),
        published=datetime(2024, 7, 18, 8, 30, tzinfo=UTC),
        without=(b"2024,November,",),
    ),
    _Of(
        number=Version(2, 0),
        file_id=SENCO_ID,
        release=release("July 2025 (synthetic)"),
        published=datetime(2025, 7, 17, 8, 30, tzinfo=UTC),
    ),
)
_ABOUT_SEN = DataSetDescription(
    id=SEN_ID,
    title="National - Special educational needs (SEN) - API (synthetic)",
    summary=f"Special educational need and primary type of it by social care group. {_SYNTHETIC}",
    publication_id=_PUBLICATION_ID,
)
_ABOUT_KS4 = DataSetDescription(
    id=KS4_ID,
    title="LA - Key Stage 4 (KS4) - API (synthetic)",
    summary=f"Key Stage 4 attainment and progress of children in need and looked after. {_SYNTHETIC}",
    publication_id=_PUBLICATION_ID,
)
_ABOUT_SENCO = DataSetDescription(
    id=stable_id("demo", SENCO_NAME),
    title=SENCO_TITLE,
    summary=f"SENCO qualifications of practitioners in early years settings. {_SYNTHETIC}",
    publication_id=_SENCO_PUBLICATION_ID,
)


@cache
def load_demo() -> Holdings:
    """The synthetic data sets of the package: two of the API, and one outside it."""
    sen, ks4 = _held(_SEN, _sen, _ABOUT_SEN), _held(_KS4, _ks4, _ABOUT_KS4)
    senco = _held(_SENCO, _senco, _ABOUT_SENCO, footnotes=_SENCO_FOOTNOTES)
    return Holdings(
        publications=(
            publication(_PUBLICATION_ID, _CHILDREN, _SYNTHETIC, published=_SEN[-1].published),
            publication(_SENCO_PUBLICATION_ID, _EARLY_YEARS, _SYNTHETIC, published=_SENCO[-1].published),
        ),
        data_sets={item.about.id: item for item in (sen, ks4)},
        outside={senco.about.id: senco},
        themes={
            _PUBLICATION_ID: "Children's social care (synthetic)",
            _SENCO_PUBLICATION_ID: "Early years (synthetic)",
        },
    )


def pair_files(name: str) -> tuple[Path, Path]:
    """Data file, compressed, and metadata file of one of the synthetic data sets."""
    folder = Path(str(files("eesclient.local"))) / "data"
    return folder / f"{name}.csv.gz", folder / f"{name}.meta.csv"


def _held(
    said: tuple[_Of, ...],
    load: Callable[[], tuple[VersionData, ...]],
    about: DataSetDescription,
    *,
    footnotes: tuple[str, ...] = (_SYNTHETIC,),
) -> DataSetHolding:
    """A data set whose files are read when one of its versions is asked for."""
    versions = tuple(
        VersionHolding(
            about=VersionDescription(
                version=of.number,
                file_id=of.file_id,
                release=of.release,
                published=of.published,
                notes=of.notes,
                footnotes=footnotes,
            ),
            data=partial(_at, load, place),
        )
        for place, of in enumerate(said)
    )
    return DataSetHolding(about=about, versions=versions)


def _at(load: Callable[[], tuple[VersionData, ...]], place: int) -> VersionData:
    return load()[place]


# One function for each data set, as its versions share their ids and are read together. Two threads may both read:
# they make the same.


@cache
def _sen() -> tuple[VersionData, ...]:
    return _versions("sen_synthetic", _SEN)


@cache
def _ks4() -> tuple[VersionData, ...]:
    return _versions("ks4_synthetic", _KS4)


@cache
def _senco() -> tuple[VersionData, ...]:
    # a file outside the API has ids of its own in each release
    return tuple(data for of in _SENCO for data in _versions(SENCO_NAME, (of,)))


def _versions(name: str, said: tuple[_Of, ...]) -> tuple[VersionData, ...]:
    data, meta = pair_files(name)
    content, about = read_file(data), read_file(meta)
    numbering = Numbering()
    found = []
    for of in said:
        if of.mapped is not None:
            column, before, now = of.mapped
            numbering.map_by_hand("option", (column, now), (column, before))
        # line by line, as no cell of the files of the package holds a line break
        lines = content.splitlines(keepends=True) if of.without else [content]
        edited = b"".join(line for line in lines if not any(part in line for part in of.without)).replace(*of.renamed)
        found.append(ingest(data_name=data.name, data=edited, meta_name=meta.name, meta=about, numbering=numbering))
    return tuple(found)
