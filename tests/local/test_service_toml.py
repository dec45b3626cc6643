"""Tests of `service.toml`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest

from eesclient import DataFileError, DataSetStatus, DataSetVersionStatus
from eesclient.local import Service
from tests.doors.local import (
    DEFAULT_PUBLISHED,
    FIRST,
    LAST,
    DataSetHolding,
    Holdings,
    PreviewToken,
    load_folder,
    stable_id,
)
from tests.doors.models import Release
from tests.local.support import DATA_HEADER, ENGLAND, META_HEADER, get, read

DATA = f"{DATA_HEADER},n\n{ENGLAND},1\n"
META = f"{META_HEADER}\nn,Indicator,Number,,,\n"
GUID = "0a1b2c3d-0000-4000-8000-00000000abcd"
WHOLE = f"""
[publication]
id = "{GUID.upper()}"
title = "Pupils in schools"
summary = "How many there are."
last_published = 2026-01-31T09:30:00Z

[data_sets.a]
title = "By sex"
summary = "Pupils by sex."
status = "Deprecated"
superseding_data_set = "b"

[data_sets.a.versions."1.0"]
release = "Academic year 2023/24"
published = 2025-01-31T10:30:00+01:00
notes = "First."
status = "Withdrawn"
withdrawn = 2025-06-01T00:00:00Z

[data_sets.a.versions."1.1"]
status = "Draft"
[[data_sets.a.versions."1.1".preview_tokens]]
id = "{stable_id("t")}"
[[data_sets.a.versions."1.1".preview_tokens]]
id = "{GUID}"
activates = 2026-01-01T00:00:00Z
expires = 2026-02-01T00:00:00Z

[data_sets.b]
id = "{stable_id("b")}"
"""


def load(folder: Path, content: str) -> Holdings:
    """A folder with data set `a` at 1.0 and 1.1, data set `b` at 1.0, and this description."""
    for name in ("a.csv", "a.v1.1.csv", "b.csv"):
        (folder / name).write_text(DATA, "utf-8")
    for name in ("a.meta.csv", "b.meta.csv"):
        (folder / name).write_text(META, "utf-8")
    (folder / "service.toml").write_text(content, "utf-8")
    return load_folder(folder)


def by_title(holdings: Holdings) -> dict[str, DataSetHolding]:
    """Data sets by title."""
    return {item.about.title: item for item in holdings.data_sets.values()}


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    """The file describes the publication, data sets and versions; ids come in any spelling."""
    holdings = load(tmp_path, WHOLE)
    (publication,) = holdings.publications
    moment = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
    assert {
        "id": GUID,
        "title": "Pupils in schools",
        "slug": "pupils-in-schools",
        "summary": "How many there are.",
        "last_published": moment,
    } == attrs.asdict(publication)
    held = by_title(holdings)
    assert {"By sex", "B"} == set(held)
    about = held["By sex"].about
    assert ("Pupils by sex.", GUID, DataSetStatus.DEPRECATED, stable_id("b")) == (
        about.summary,
        about.publication_id,
        about.status,
        about.superseding_data_set_id,
    )
    assert (stable_id("b"), None) == (held["B"].about.id, held["B"].about.superseding_data_set_id)
    first, draft = (version.about for version in held["By sex"].versions)
    assert (
        Release(title="Academic year 2023/24", slug="academic-year-2023-24"),
        "2025-01-31T10:30:00+01:00",
        "First.",
        DataSetVersionStatus.WITHDRAWN,
        datetime(2025, 6, 1, tzinfo=UTC),
    ) == (first.release, first.published and first.published.isoformat(), first.notes, first.status, first.withdrawn)
    assert (None, None, "", DataSetVersionStatus.DRAFT) == (
        draft.published,
        draft.withdrawn,
        draft.notes,
        draft.status,
    )
    january, february = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    assert (
        PreviewToken(id=stable_id("t"), activates=FIRST, expires=LAST),
        PreviewToken(id=GUID, activates=january, expires=february),
    ) == draft.preview_tokens


@pytest.mark.parametrize("content", ["", "[publication]\n[data_sets]\n", "[data_sets.a.versions]\n"])
def test_what_is_not_said_stays_as_it_was(tmp_path: Path, content: str) -> None:
    """An empty file, or one with empty tables, changes nothing."""
    holdings = load(tmp_path, content)
    (tmp_path / "service.toml").unlink()
    plain = load_folder(tmp_path)
    assert plain.publications == holdings.publications
    assert [item.about for item in plain.data_sets.values()] == [item.about for item in holdings.data_sets.values()]
    assert [DEFAULT_PUBLISHED] * 2 == [version.about.published for version in by_title(holdings)["A"].versions]


def test_a_data_set_without_a_live_version_is_a_draft(tmp_path: Path) -> None:
    """Unless its status is said, it follows its versions; a GUID may stand for a successor elsewhere."""
    drafts = '[data_sets.b.versions."1"]\nstatus = "Draft"\n'
    assert DataSetStatus.DRAFT is by_title(load(tmp_path, drafts))["B"].about.status
    said = f'[data_sets.b]\nstatus = "Withdrawn"\nsuperseding_data_set = "{GUID.upper()}"\n{drafts}'
    about = by_title(load(tmp_path, said))["B"].about
    assert (DataSetStatus.WITHDRAWN, GUID) == (about.status, about.superseding_data_set_id)


def test_names_that_are_not_loaded_may_be_described(tmp_path: Path) -> None:
    """A part of the folder can be served with the description of all of it."""
    load(tmp_path, WHOLE)
    box = Service.from_folder(tmp_path, names=["b"])
    (found,) = read(get(box, f"/publications/{GUID}/data-sets"))["results"]
    assert stable_id("b") == found["id"]


V = '[data_sets.a.versions."1.1"]\n'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[publication\n", "is not valid TOML: "),
        (f"title = {'[' * 5_000}", "is not valid TOML: "),
        ("[publications]\n", "publications: is not known here: did you mean publication?"),
        ("[publication]\nTitle = 'x'\n", "publication.Title: is not known here: did you mean title?"),
        ("[publication]\nx = 'x'\n", "publication.x: is not known here: known are id, title, slug, summary, last_pub"),
        ("publication = 'x'\n", "publication: is a table: write [publication] above its keys"),
        ("[publication]\ntitle = 1\n", "publication.title: is a text: put it in quotes"),
        ("[publication]\nid = 'x'\n", "publication.id: is not a GUID: write one such as "),
        ("[publication]\nlast_published = 2026-01-31\n", "publication.last_published: is a time with its offset"),
        ("[publication]\nlast_published = 2026-01-31T09:30:00\n", "write one such as 2026-01-31T09:30:00Z"),
        ("[publication]\nlast_published = '2026-01-31T09:30:00Z'\n", "without quotes"),
        ("[data_sets.c]\n", "data_sets.c: is not known here: known are a, b"),
        (
            "[data_sets.a]\nstatus = 'published'\n",
            "data_sets.a.status: 'published' is not a status: did you mean Publi",
        ),
        ("[data_sets.a]\nsuperseding_data_set = 'B'\n", "'B' is neither a data set here nor a GUID: did you mean b?"),
        ("[data_sets.a]\nsuperseding_data_set = 'a'\n", "is the data set itself"),
        (f"[data_sets.a]\nid = '{stable_id('data-set', 'b')}'\n", "is the id of another data set too: give each its"),
        ('[data_sets.a.versions."2.0"]\n', 'versions."2.0": version 2.0 has no data file: a has 1.0, 1.1'),
        (f'{V}[data_sets.a.versions."v1.1"]\n', 'data_sets.a.versions."v1.1": version 1.1 is said twice'),
        ('[data_sets.a.versions."1.*"]\n', "data_sets.a.versions.\"1.*\": '1.*' is not an exact data set version"),
        ("[data_sets.a.versions.1.1]\n", 'write the version in quotes, versions."1.1"'),
        (f"{V}status = 'Gone'\n", "data_sets.a.versions.\"1.1\".status: 'Gone' is not a status: known are Processing"),
        (f"{V}status = 'Withdrawn'\n", 'versions."1.1".withdrawn: say when, such as 2026-01-31T09:30:00Z'),
        (f"{V}withdrawn = 2026-01-31T09:30:00Z\n", 'and status = "Withdrawn"'),
        (f"{V}preview_tokens = 'x'\n", 'is a list: write [[data_sets.a.versions."1.1".preview_tokens]] above each'),
        (f"{V}preview_tokens = ['x']\n", 'preview_tokens[0]: is a table: write [[data_sets.a.versions."1.1".prev'),
        (f"{V}status = '{{place}}'\n", "status: '{place}' is not a status"),
        ('[data_sets.a.versions."{place}".1]\n', 'write the version in quotes, versions."{place}.1"'),
        (f"{V}preview_tokens = [{{}}]\n", "preview_tokens[0].id: is missing: give the GUID that callers send"),
        (f"{V}preview_tokens = [{{id = '{GUID}', expire = 1}}]\n", "expire: is not known here: did you mean expires?"),
    ],
)
def test_what_is_wrong_is_said_with_its_key(tmp_path: Path, content: str, message: str) -> None:
    """The first thing that is wrong stops everything, with file, key and what to do."""
    with pytest.raises(DataFileError) as caught:
        load(tmp_path, content)
    assert "service.toml" == caught.value.file
    assert message in str(caught.value)


def test_text_that_is_not_utf_8(tmp_path: Path) -> None:
    """Another encoding is not valid TOML."""
    load(tmp_path, "")
    (tmp_path / "service.toml").write_bytes(b'[publication]\ntitle = "\xff"\n')
    with pytest.raises(DataFileError, match=r"service\.toml: is not valid TOML"):
        load_folder(tmp_path)
