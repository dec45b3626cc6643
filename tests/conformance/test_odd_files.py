"""Files that are odd in one way each, against what the service's importer made of them: in the box, by each route."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import eesclient as ees
from tests.local.support import shared

FOLDER = shared("conformance", "EES_CONFORMANCE") / "recorded"
REASON = f"no folder {FOLDER}; EES_CONFORMANCE or EES_SHARED can name another"
KNOWN = {
    "late_other_case_level": "the service imports a level in another case, and answers 500 to each question then",
    "level_lower": "the same",
    "level_mixed": "the same",
}
"""Files that the box refuses, with their line, though the service takes them."""

Case = Mapping[str, Any]


def _recorded(name: str) -> list[Any]:
    path = FOLDER / name
    if not path.is_file():
        return [pytest.param({}, id="none", marks=pytest.mark.skip(reason=REASON))]
    cases = json.loads(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
    return [pytest.param(case, id=case["case"]) for case in cases]


@pytest.fixture(scope="module", name="ugly")
def _ugly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of files that the recording is about, made by its own script."""
    folder = tmp_path_factory.mktemp("ugly")
    command = [sys.executable, FOLDER / "make_ugly.py", folder]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - of the recording
    return folder / "csv"


def box_of(folder: Path, case: str, refused: object) -> ees.local.Service | None:
    """Return the service of a folder; None where it is refused here, as it was there."""
    if refused or case in KNOWN:
        with pytest.raises(ees.DataFileError):
            ees.local.Service.from_folder(folder)
        return None
    return ees.local.Service.from_folder(folder)


def ask(service: ees.local.Service, path: str, version: str, body: object = None) -> Any:
    """Ask a service in a box."""
    request = ees.Request(
        method="GET" if body is None else "POST",
        path=path,
        params=(("dataSetVersion", version),) if version else (),
        body=None if body is None else json.dumps(body).encode(),
        headers=() if body is None else (("content-type", "application/json"),),
    )
    response = service.handle(request)
    assert 200 == response.status, response.body
    return json.loads(response.body)


def all_rows(service: ees.local.Service, data_set: str, version: str = "") -> Iterator[Any]:
    """All rows of a version."""
    last, page = 1, 0
    while page < last:
        page += 1
        answer = ask(service, f"/data-sets/{data_set}/query", version, {"page": page, "pageSize": 10_000})
        last = answer["paging"]["totalPages"]
        yield from answer["results"]


def in_words(meta: Any, rows: Iterator[Any] | list[Any]) -> Counter[str]:
    """Rows with labels and columns instead of ids."""
    options = {(item["id"], one["id"]): one["label"] for item in meta["filters"] for one in item["options"]}
    columns = {item["id"]: item["column"] for item in meta["filters"]}
    indicators = {item["id"]: item["column"] for item in meta["indicators"]}
    places = {
        (group["level"]["code"], one["id"]): {name: text for name, text in one.items() if name != "id"}
        for group in meta["locations"]
        for one in group["options"]
    }
    return Counter(
        json.dumps(
            [
                row["timePeriod"],
                row["geographicLevel"],
                {level: places[level, place] for level, place in row["locations"].items()},
                {columns[item]: options[item, option] for item, option in row["filters"].items()},
                {indicators[item]: value for item, value in row["values"].items()},
            ],
            sort_keys=True,
        )
        for row in rows
    )


def check_routes(service: ees.local.Service, data_set: str, version: str, total: int) -> None:
    """Pages and the data file give one frame, of so many rows."""
    with ees.Client(service=service) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore", ees.EESWarning)
        one = client.open(data_set, version=version) if version else client.open(data_set)
        pages, file = one.query(route="pages"), one.query(route="csv")
    assert total == pages.frame.height
    assert pages.frame.equals(file.frame)


@pytest.mark.parametrize("case", _recorded("ugly.json"))
def test_ugly_files(tmp_path: Path, ugly: Path, case: Case) -> None:
    """A file is taken or refused as it was, and has the same options, columns and rows."""
    name = case["case"]
    for end in ("csv", "meta.csv"):
        (tmp_path / f"a.{end}").write_bytes((ugly / f"{name}.{end}").read_bytes())
    service = box_of(tmp_path, name, case["refused"])
    if service is None:
        return
    (publication,) = ask(service, "/publications", "")["results"]
    (data_set,) = ask(service, f"/publications/{publication['id']}/data-sets", "")["results"]
    meta = ask(service, f"/data-sets/{data_set['id']}/meta", "")
    found = {item["column"]: [option["label"] for option in item["options"]] for item in meta["filters"]}
    assert case["filters"] == found
    assert case["indicators"] == [item["column"] for item in meta["indicators"]]
    assert case["periods"] == [[period["period"], period["code"]] for period in meta["timePeriods"]]
    check_routes(service, data_set["id"], "", case["total"])
    rows = [*all_rows(service, data_set["id"])]
    assert case["total"] == len(rows)
    figures = [sorted(row["values"].values()) for row in case["rows"]]
    # of 30,000 rows only those that can be meant are put in words
    rows = [
        json.loads(one) for one in in_words(meta, [one for one in rows if sorted(one["values"].values()) in figures])
    ]
    for row in case["rows"]:
        period, code = row["period"]
        # of places only the levels were recorded
        assert any(
            [{"period": period, "code": code}, row["level"], row["filters"], row["values"]] == [*one[:2], *one[3:]]
            and sorted(row["places"]) == sorted(one[2])
            for one in rows
        ), row


@pytest.mark.parametrize("case", _recorded("files.json.gz"))
def test_odd_files(tmp_path: Path, case: Case) -> None:
    """Each version is taken or refused as it was, and has the same metadata and rows."""
    # the recording has the text of the file that was not UTF-8
    encoding = "cp1252" if case["case"] == "cp1252" else "utf-8"
    versions = []
    for file, made in zip(case["files"], case["imports"], strict=True):
        if made["refused"] and versions:
            continue
        versions.append(made["version"] if not made["refused"] else "1.0")
        stem = "a" if versions[-1] == "1.0" else f"a.v{versions[-1]}"
        (tmp_path / f"{stem}.csv").write_bytes(file["data"].encode(encoding, "surrogateescape"))
        (tmp_path / f"{stem}.meta.csv").write_bytes(file["meta"].encode("utf-8", "surrogateescape"))
    service = box_of(tmp_path, case["case"], case["imports"][0]["refused"])
    if service is None:
        return
    (publication,) = ask(service, "/publications", "")["results"]
    (data_set,) = ask(service, f"/publications/{publication['id']}/data-sets", "")["results"]
    for version in versions:
        there = case["each"][version]
        meta = ask(service, f"/data-sets/{data_set['id']}/meta", version)
        before = there["meta"]["answer"]
        for member in ("geographicLevels", "timePeriods"):
            assert before[member] == meta[member]
        for member in ("filters", "indicators"):
            keys = ("column", "label", "hint", "unit", "decimalPlaces")
            assert [[item.get(key) for key in keys] for item in before[member]] == [
                [item.get(key) for key in keys] for item in meta[member]
            ]
        assert 200 == there["rows"]["status"]
        expected = in_words(before, there["rows"]["answer"]["results"])
        assert expected == in_words(meta, all_rows(service, data_set["id"], version))
        check_routes(service, data_set["id"], version, expected.total())
