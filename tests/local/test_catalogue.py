"""Tests of the data catalogue's addresses in the box."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

import eesclient as ees
from eesclient import DataFileError, Request
from eesclient.local import Service, demo
from tests.doors.api import Response
from tests.doors.local import (
    SEN_FILE_ID,
    SENCO_ID,
    SENCO_NAME,
    SENCO_OLD_ID,
    Content,
    catalogue,
    load_folder,
    pair_files,
    stable_id,
)
from tests.local.support import DATA_HEADER, ENGLAND, META_HEADER

DATA = f"{DATA_HEADER},n\n{ENGLAND},1\n"
META = f"{META_HEADER}\nn,Indicator,Number,,,\n"


def ask(path: str, service: Service | None = None, **params: str) -> Response:
    """Ask the content address."""
    request = Request(method="GET", host="content", path=path, params=tuple(params.items()))
    return (service or demo()).handle(request)


def got(path: str, service: Service | None = None, **params: str) -> Any:
    """Return the JSON of an answer."""
    answer = ask(path, service, **params)
    assert 200 == answer.status
    return json.loads(answer.body)


def titles(**params: str) -> list[str]:
    """Return the first words of what a list has."""
    return [item["title"].partition(" ")[0] for item in got("/data-set-files", **params)["results"]]


def test_the_list() -> None:
    """Latest files are listed, ten to a page unless said otherwise."""
    page = got("/data-set-files")
    assert {"page": 1, "pageSize": 10, "totalResults": 3, "totalPages": 1} == page["paging"]
    assert {True} == {item["latestData"] for item in page["results"]}
    assert [2, 1] == [len(got("/data-set-files", pageSize="2", page=page)["results"]) for page in ("1", "2")]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"searchTerm": "senco"}, ["Special"]),
        ({"searchTerm": "senco", "latestOnly": "false"}, ["Special", "Special"]),
        ({"dataSetType": "Api", "sort": "Title"}, ["LA", "National"]),
        ({"dataSetType": "Api", "sort": "Title", "sortDirection": "Desc"}, ["National", "LA"]),
        ({"sort": "Published", "sortDirection": "Asc"}, ["Special", "LA", "National"]),
        ({"geographicLevel": "LA", "sort": "Title"}, ["LA", "Special"]),
        ({"themeId": stable_id("theme", "Early years (synthetic)")}, ["Special"]),
        ({"themeId": stable_id("theme", "another")}, []),
        ({"publicationId": stable_id("demo")}, ["National", "LA"]),
    ],
)
def test_what_fits(params: dict[str, str], expected: list[str]) -> None:
    """Words, theme, publication, level and kind narrow the list, and sorts order it."""
    assert expected == titles(**params)


def test_the_files_of_a_release() -> None:
    """A release has its own files, whether or not it is the latest."""
    slug = "early-years-education-recovery-synthetic"
    releases = got(f"/publications/{slug}/releases")
    assert [False, True] == [one["latestRelease"] for one in releases]
    found = got("/data-set-files", releaseId=releases[0]["id"], sort="Natural")["results"]
    assert [SENCO_OLD_ID] == [item["id"] for item in found]


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/data-set-files", {"searchTerm": "ab"}),
        ("/data-set-files", {"page": "0"}),
        ("/data-set-files", {"page": "10000"}),
        ("/data-set-files", {"pageSize": "41"}),
        ("/data-set-files", {"pageSize": "x"}),
        ("/data-set-files", {"sort": "Relevance"}),
        ("/data-set-files", {"sort": "Natural"}),
        ("/data-set-files", {"sort": "Size"}),
        ("/publications/tree", {}),
    ],
)
def test_refused(path: str, params: dict[str, str]) -> None:
    """Parameters that make no sense are refused."""
    assert 400 == ask(path, **params).status


def test_one_file() -> None:
    """A file has its columns, first lines, release and footnotes; one of the API says where it is there."""
    found = got(f"/data-set-files/{SENCO_ID}")
    assert {"label": "Number of settings", "value": "no_of_settings"} in found["file"]["variables"]
    assert 5 == len(found["file"]["dataCsvPreview"]["rows"])
    assert (True, 5) == (found["release"]["isLatestPublishedRelease"], len(found["footnotes"]))
    assert "api" not in found
    sen = got(f"/data-set-files/{SEN_FILE_ID}")
    assert "1.0" == sen["api"]["version"]


def test_downloads() -> None:
    """Both addresses of a file give its bytes, with its name."""
    site = demo().handle(Request(method="GET", host="site", path=f"/data-catalogue/data-set/{SENCO_ID}/csv"))
    content = ask(f"/data-set-files/{SENCO_ID}/download")
    assert gzip.decompress(pair_files(SENCO_NAME)[0].read_bytes()) == site.body == content.body
    assert ("text/csv", True) == (site.headers["content-type"], ".csv" in site.headers["content-disposition"])


@pytest.mark.parametrize(
    "path", ["/data-set-files/x", f"/data-set-files/{stable_id('no')}", "/elsewhere", "/publications/no/releases"]
)
def test_nothing_there(path: str) -> None:
    """What there is not answers 404."""
    assert 404 == ask(path).status


@pytest.mark.parametrize("path", ["/", f"/data-catalogue/data-set/{stable_id('no')}/csv"])
def test_nothing_there_on_the_site(path: str) -> None:
    """What there is not on the site answers 404 too."""
    assert 404 == demo().handle(Request(method="GET", host="site", path=path)).status


def test_only_reading() -> None:
    """Nothing can be posted."""
    assert 405 == demo().handle(Request(method="POST", host="content", path="/data-set-files")).status


def folder(path: Path, said: str) -> Path:
    """Make a folder with two releases of a data set, and what is said of it."""
    for name in ("a", "a.v2.0", "b"):
        (path / f"{name}.csv").write_text(DATA)
    for name in ("a", "b"):
        (path / f"{name}.meta.csv").write_text(META)
    (path / "service.toml").write_text(said)
    return path


def test_a_folder_with_a_data_set_outside_the_api(tmp_path: Path) -> None:
    """`api = false` takes a data set out of the API, and its versions are releases in the catalogue."""
    said = """
[publication]
theme = "Schools"
[data_sets.a]
api = false
versions."2.0" = { release = "Spring", footnotes = ["One.", "Two."] }
"""
    holdings = load_folder(folder(tmp_path, said))
    assert ["B"] == [item.about.title for item in holdings.data_sets.values()]
    service = Service(holdings)
    found = {item["title"]: item for item in got("/data-set-files", service)["results"]}
    assert ("Spring", "Schools") == (found["A"]["release"]["title"], found["A"]["theme"]["title"])
    assert ["A", "B"] == sorted(found)
    assert 3 == got("/data-set-files", service, latestOnly="false")["paging"]["totalResults"]
    details = got(f"/data-set-files/{found['A']['id']}", service)
    assert ["One.", "Two."] == [note["label"] for note in details["footnotes"]]
    assert 404 == service.handle(Request(method="GET", path=f"/data-sets/{stable_id('data-set', 'a')}")).status


LONG = "Pupils who were counted on the census day of the spring term " * 3


def outside(path: Path, data: str, meta: str, *, in_api: bool = False) -> Service:
    """A folder with one synthetic data set, in the API or outside it."""
    (path / "a.csv").write_text(data, encoding="utf-8")
    (path / "a.meta.csv").write_text(f"col_name,col_type,label\n{meta}", encoding="utf-8")
    (path / "service.toml").write_text(f"[data_sets.a]\napi = {str(in_api).lower()}\n")
    return Service.from_folder(path)


@pytest.mark.parametrize(
    "said",
    [
        {"columns": "s,n", "cells": ("Boys", "5"), "label": LONG, "note": "line 2, column label: has 1"},
        {"columns": "s,n", "cells": (LONG, "5"), "label": "N", "note": "column s: has 1"},
        {"columns": "s,n", "cells": ("Boys", ""), "label": "N", "note": "n has 1 empty cells, the first in line 2"},
        {"columns": "s,id", "cells": ("Boys", "5"), "label": "N", "note": "column id: is a name"},
        {"columns": "s,{n}", "cells": ("Boys", "5"), "label": "N", "note": "has a { in its name"},
        {
            "columns": "rsc_region_lead_name,s,n",
            "cells": ("South", "Boys", "5"),
            "label": "N",
            "note": "cannot import RSC",
        },
        {
            "columns": "school_urn,s,n",
            "cells": ("1", "Boys", "5"),
            "label": "N",
            "note": "so school_urn alone tell places apart",
        },
    ],
)
@pytest.mark.parametrize("level", ["National", "national"])
def test_the_limits_of_the_api_hold_in_it_alone(tmp_path: Path, level: str, said: dict[str, Any]) -> None:
    """What the API would not take is refused there, and read outside it as it stands, which notes say."""
    *_, column = said["columns"].split(",")
    data = f"{DATA_HEADER},{said['columns']}\n{ENGLAND.replace('National', level)},{','.join(said['cells'])}\n"
    meta = f"{column},Indicator,{said['label']}\ns,Filter,S\n"
    with pytest.raises(DataFileError):
        outside(tmp_path, data, meta, in_api=True)
    service = outside(tmp_path, data, meta)
    assert service.notes[0].startswith("a.csv: is outside the API, which would not take it (a.")
    assert level == "national" or any(said["note"] in one for one in service.notes)
    with ees.Client(service=service) as client:
        (entry,) = client.catalogue.search(in_api=False)
        data_set = entry.open()
        frame = data_set.query(values="text").frame
        saved = data_set.download(tmp_path / "saved.csv")
    assert data.encode() == saved.read_bytes()
    assert said["cells"][-2:] == frame.select("s", column).row(0)
    assert said["label"] == data_set.meta.indicators[0].label


def test_what_is_no_limit_of_the_api_holds_outside_it_too(tmp_path: Path) -> None:
    """What cannot be read without guessing is refused everywhere, and a pair that the API would take has no notes."""
    assert () == outside(tmp_path, DATA, "n,Indicator,N\n").notes
    for data, meta, words in (
        (DATA.replace("National", "Nation"), "n,Indicator,N\n", "'Nation' is not a geographic level"),
        (DATA.replace("202324", "24"), "n,Indicator,N\n", "'24' is not a time period"),
        (DATA, "n,Indicator,\n", "label: is empty"),
    ):
        with pytest.raises(DataFileError, match=words):
            outside(tmp_path, data, meta)


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ('[data_sets.a]\napi = "no"\n', "data_sets.a.api: is true or false"),
        ('[data_sets.a.versions."1.0"]\nfootnotes = "One."\n', "footnotes: is a list of texts"),
        ('[data_sets.a.versions."1.0"]\nfootnotes = [1]\n', "footnotes[0]: is a text"),
        ("[publication]\ntheme = 1\n", "publication.theme: is a text"),
    ],
)
def test_wrong_descriptions(tmp_path: Path, said: str, key: str) -> None:
    """Values of the wrong kind are refused with their key."""
    with pytest.raises(DataFileError) as caught:
        load_folder(folder(tmp_path, said))
    assert key in str(caught.value)


@pytest.mark.parametrize("size", [1, 30, 1_000])
@pytest.mark.parametrize("count", [0, 1, 5, 6, 50])
def test_preview(monkeypatch: pytest.MonkeyPatch, size: int, count: int) -> None:
    """The first five rows are shown whole, however much of the file it takes to read them."""
    monkeypatch.setattr(catalogue, "_PREVIEW_BYTES", size)
    rows = [[str(number), 'a "text"\nof two lines', "é"] for number in range(count)]
    lines = ["a,b,c", *(f'{number},"a ""text""\nof two lines",é' for number in range(count))]

    for end in ("\n", "\n\n", "\r"):
        records = catalogue._first_records(Content.of(end.join(lines).encode("utf-8-sig")))
        assert [["a", "b", "c"], *rows[:5]] == records
