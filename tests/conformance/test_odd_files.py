"""Files that are odd in one way each, against what the service's importer made of them: in the box, by each route."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import eesclient as ees
from tests.conformance.odd_files import Box, Words, content, differences, make_ugly, recorded, write
from tests.conformance.pack import Vector

UGLY = "ugly.json"


@pytest.fixture(scope="module", name="ugly")
def _ugly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of files that the recording is about."""
    return make_ugly(tmp_path_factory.mktemp("ugly"))


def lay(folder: Path, vector: Vector, ugly: Path) -> None:
    """Lay an ugly file down."""
    for end in ("csv", "meta.csv"):
        (folder / f"a.{end}").write_bytes((ugly / f"{vector.case['case']}.{end}").read_bytes())


def box_of(folder: Path, refused: object) -> Box | None:
    """Return the box of a folder; None where it is refused here, as it was there."""
    if refused:
        with pytest.raises(ees.DataFileError):
            Box(folder)
        return None
    return Box(folder)


def check_routes(box: Box, version: str, total: int, served: int | None) -> None:
    """Pages and the data file give one frame, of so many rows, or the file is refused with the line.

    Where the service answers no question about the rows, or has lost some of them, the data file has them all.
    """
    with ees.Client(service=box.service) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore", ees.EESWarning)
        one = client.open(box.id, version=version) if version else client.open(box.id)
        try:
            file = one.query(route="csv").frame
        except ees.InvalidResponseError as error:
            refusal = str(error)
        else:
            refusal = ""
        if refusal:
            assert ", line " in refusal
            return
        assert total == file.height
        if served is None:
            with pytest.raises(ees.ServerError):
                one.query(route="pages")
        elif served < total:
            assert served == one.query(route="pages").frame.height
        else:
            assert one.query(route="pages").frame.equals(file)


@pytest.mark.parametrize("vector", recorded("files.json.gz", "in the box"))
def test_odd_files(tmp_path: Path, vector: Vector) -> None:
    """Each version is taken or refused as it was, and all that is said and served of it is the same."""
    case = vector.case
    write(tmp_path, case)
    box = box_of(tmp_path, case["imports"][0]["refused"])
    if box is not None:
        assert [] == [*differences(box, case)]


@pytest.mark.parametrize("vector", recorded("files.json.gz", "by pages and by data file"))
def test_odd_files_by_each_route(tmp_path: Path, vector: Vector) -> None:
    """The client reads the rows that the service serves."""
    case = vector.case
    write(tmp_path, case)
    box = box_of(tmp_path, case["imports"][0]["refused"])
    for version, each in case["each"].items() if box else ():
        rows = each["rows"]
        number = next(one for one in content(case["versions"])["results"] if one["version"] == version)["totalResults"]
        served = content(rows)["paging"]["totalResults"] if rows["status"] == 200 else None
        check_routes(box, version, number, served)


def _expected_rows(case: Any) -> Iterator[tuple[Any, ...]]:
    for row in case["rows"]:
        period, code = row["period"]
        yield {"period": period, "code": code}, row["level"], sorted(row["places"]), row["filters"], row["values"]


@pytest.mark.parametrize("vector", recorded(UGLY, "in the box"))
def test_ugly_files(tmp_path: Path, ugly: Path, vector: Vector) -> None:
    """A file is taken or refused as it was, and has the same options, columns and rows."""
    case = vector.case
    lay(tmp_path, vector, ugly)
    box = box_of(tmp_path, case["refused"])
    if box is None:
        return
    _, meta = box.get(f"{box.path}/meta")
    assert case["filters"] == {item["column"]: [one["label"] for one in item["options"]] for item in meta["filters"]}
    assert case["indicators"] == [item["column"] for item in meta["indicators"]]
    assert case["levels"] == [level["code"] for level in meta["geographicLevels"]]
    assert case["periods"] == [[period["period"], period["code"]] for period in meta["timePeriods"]]
    _, data_set = box.get(box.path)
    assert case["total"] == data_set["latestVersion"]["totalResults"]
    if not isinstance(case["rows"], list):
        status, _ = box.query("", {"pageSize": 10_000, "sorts": [{"field": "timePeriod", "direction": "Asc"}]})
        # the recorder asked for all pages, and one at least has the odd row
        assert case["rows"] in {status, *(box.query("", {"page": page, "pageSize": 10_000})[0] for page in (2, 3, 4))}
        return
    words = Words(meta)
    figures = [sorted(row["values"].values()) for row in case["rows"]]
    rows = [*box.rows()]
    assert case["total"] == len(rows)
    # of 30,000 rows those that are not the usual ones were recorded
    found = [
        (
            row["timePeriod"],
            row["geographicLevel"],
            # of places only the levels were
            sorted(row["locations"]),
            dict(words.options[item, option] for item, option in row["filters"].items()),
            {words.indicators[item]: value for item, value in row["values"].items()},
        )
        for row in rows
        if sorted(row["values"].values()) in figures
    ]
    for row in _expected_rows(case):
        assert row in found
        found.remove(row)


@pytest.mark.parametrize("vector", recorded(UGLY, "by pages and by data file"))
def test_ugly_files_by_each_route(tmp_path: Path, ugly: Path, vector: Vector) -> None:
    """The client reads the rows that the service serves, or refuses the file with its line: never other rows."""
    case = vector.case
    if case["refused"]:
        return
    lay(tmp_path, vector, ugly)
    check_routes(Box(tmp_path), "", case["total"], case["total"] if isinstance(case["rows"], list) else None)
