"""Values of rows that the metadata does not name, and rows that the service sends twice: said on every route."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

import eesclient as ees
from tests.doors import store as stored

META = "col_name,col_type,label\nsex,Filter,Sex\nn,Indicator,Number\n"
HEADER = "time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,sex,n\n"
ROWS = (
    "2024,Calendar year,National,E92000001,England,,,Girls,1\n"
    "2024,Calendar year,Regional,E92000001,England,E12000007,London,Boys,2\n"
)


class Odd:
    """A service whose data file has another label than its metadata, and whose pages have another id."""

    notes = ()
    origin = "odd"

    def __init__(self, folder: Path, before: str, after: str) -> None:
        (folder / "a.csv").write_text(HEADER + ROWS)
        (folder / "a.meta.csv").write_text(META)
        self._box = ees.local.Service.from_folder(folder)
        self.source = self._box.source
        self._csv = (HEADER + ROWS.replace(before, after)).encode()
        self._label = before.strip(",")

    def handle(self, request: ees.Request) -> ees.Response:
        """Answer a request."""
        response = self._box.handle(request)
        if request.path.endswith("/csv"):
            return attrs.evolve(response, body=self._csv)
        if not request.path.endswith("/query"):
            return response
        meta = self._box.handle(ees.Request(method="GET", path=request.path.replace("/query", "/meta")))
        body = json.loads(response.body)
        for member in ("filters", "locations"):
            groups = json.loads(meta.body)[member]
            gone = {item["id"] for group in groups for item in group["options"] if item["label"] == self._label}
            for row in body["results"]:
                row[member] = {key: "zzzzz" if one in gone else one for key, one in row[member].items()}
        return attrs.evolve(response, body=json.dumps(body).encode())


@pytest.mark.parametrize("store", [False, True])
@pytest.mark.parametrize(
    ("before", "after", "words"), [(",Girls,", ",Women,", "Sex: "), (",London,", ",Londinium,", "Regional: ")]
)
def test_unknown_values(tmp_path: Path, *, store: bool, before: str, after: str, words: str) -> None:
    """Labels and places that metadata does not name are warned of, by pages, data file, read and scan."""
    service = Odd(tmp_path, before, after)
    with ees.Client(service=service, store=tmp_path / "store" if store else None) as client:
        one = client.open(next(client.data_sets()).id)
        for ask in (
            lambda: one.query(route="pages"),
            lambda: one.query(route="csv"),
            one.read,
            lambda: one.scan().collect(),
        ):
            with pytest.warns(ees.ServiceWarning, match=f"values that the metadata does not name: .{words}"):
                ask()


def test_a_store_that_cannot_answer(tmp_path: Path) -> None:
    """A stored data file with a label that metadata lacks is no table, and read() does not mend that."""
    with ees.Client(service=Odd(tmp_path, ",Girls,", ",Women,"), store=tmp_path / "store") as client:
        one = client.open(next(client.data_sets()).id)
        with pytest.warns(ees.ServiceWarning, match="Women"):
            one.read()
        with pytest.raises(ees.QueryError, match="metadata lacks what that has; without route="):
            one.query(route="store")


class Doubling:
    """A service that sends national rows twice, once with a place of another level, as for one of one code and name."""

    notes = ()
    origin = "doubling"

    def __init__(self, folder: Path) -> None:
        (folder / "a.csv").write_text(HEADER + ROWS)
        (folder / "a.meta.csv").write_text(META)
        self._box = ees.local.Service.from_folder(folder)
        self.source = self._box.source

    def handle(self, request: ees.Request) -> ees.Response:
        """Answer a request."""
        response = self._box.handle(request)
        if not request.path.endswith("/query"):
            return response
        body = json.loads(response.body)
        more = [
            row | {"locations": row["locations"] | {"REG": "zzzzz"}}
            for row in body["results"]
            if row["geographicLevel"] == "NAT"
        ]
        body["results"] += more
        body["paging"]["totalResults"] += len(more)
        return attrs.evolve(response, body=json.dumps(body).encode())


def test_rows_sent_twice(tmp_path: Path) -> None:
    """The frame has the rows of the data file, and a warning says both numbers."""
    with ees.Client(service=Doubling(tmp_path)) as client:
        one = client.open(next(client.data_sets()).id)
        with pytest.warns(ees.ServiceWarning, match="sent 3 rows for 2 of the data file"):
            pages = one.query(route="pages")
        assert one.query(route="csv").frame.equals(pages.frame)
        assert 2 == pages.total


class Lacking:
    """A service whose metadata lacks what its rows have: a level of locations, or an indicator."""

    notes = ()
    origin = "lacking"

    def __init__(self, folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
        more = "new_la_code,old_la_code,la_name,sex,n"
        text = HEADER.replace("sex,n", more) + ROWS.replace(",Girls", ",,,,Girls").replace(",Boys", ",,,,Boys")
        text += "2024,Calendar year,Local authority,E92000001,England,E12000007,London,E09000001,201,City,Boys,3\n"
        (folder / "a.csv").write_text(text)
        (folder / "a.meta.csv").write_text(META)
        self._box = ees.local.Service.from_folder(folder)
        self.source = self._box.source
        self._change = change
        self._csv = text

    def handle(self, request: ees.Request) -> ees.Response:
        """Answer a request."""
        response = self._box.handle(request)
        if not request.path.endswith(("/meta", "/query")):
            return response
        body = json.loads(response.body)
        self._change(body)
        return attrs.evolve(response, body=json.dumps(body).encode())


def without_level(body: dict[str, Any]) -> None:
    """Metadata that has no local authorities."""
    if "locations" in body:
        body["locations"] = [group for group in body["locations"] if group["level"]["code"] != "LA"]
        body["geographicLevels"] = [level for level in body["geographicLevels"] if level["code"] != "LA"]


def without_options(body: dict[str, Any]) -> None:
    """Metadata that has the level without one local authority."""
    for group in body.get("locations", ()):
        group["options"] = [] if group["level"]["code"] == "LA" else group["options"]


@pytest.mark.filterwarnings("ignore:the answer has values:eesclient.ServiceWarning")
@pytest.mark.parametrize("change", [without_level, without_options])
@pytest.mark.parametrize("way", ["store", "pieces", "memory"])
def test_a_level_that_metadata_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, change: Callable[[dict[str, Any]], object], way: str
) -> None:
    """Its places stand in the rows, and a warning names the level, by pages, data file, read and scan."""
    if way == "pieces":
        monkeypatch.setattr(stored.table_cache, "LARGE", 0)
    with ees.Client(service=Lacking(tmp_path, change), store=None if way == "memory" else tmp_path / "store") as client:
        one = client.open(next(client.data_sets()).id)
        for ask in (
            lambda: one.query(route="pages").frame,
            lambda: one.query(route="csv").frame,
            lambda: one.read().frame,
            lambda: one.scan().collect(),
        ):
            with pytest.warns(ees.ServiceWarning, match="fields that the metadata does not name: Local authority;"):
                frame = ask()
            # pages have an id
            assert 1 == frame["la_name"].drop_nulls().len()
        ways = ("pages", "csv")
        assert not any("la_name" in one.query(levels="National", route=way).frame.columns for way in ways)


def test_a_level_that_is_empty(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    """Columns of a level without one whole place are no places to the service either."""
    rows = ROWS.replace(",Girls", ",,Hull,Girls").replace(",Boys", ",,,Boys")
    (tmp_path / "a.csv").write_text(HEADER.replace("sex,n", "pcon_code,pcon_name,sex,n") + rows)
    (tmp_path / "a.meta.csv").write_text(META)
    with ees.Client(service=ees.local.Service.from_folder(tmp_path)) as client:
        assert "pcon_name" not in client.open(next(client.data_sets()).id).read().frame.columns
    assert not recwarn.list


def without_values(body: dict[str, Any]) -> None:
    """Results, one of which has no figures."""
    if "results" in body:
        del body["results"][0]["values"]


def without_one(body: dict[str, Any]) -> None:
    """Results, one of which lacks its only figure."""
    if "results" in body:
        body["results"][0]["values"].clear()


def with_another(body: dict[str, Any]) -> None:
    """Results with an indicator that metadata lacks."""
    for row in body.get("results", ()):
        row["values"]["zzzzz"] = "9"


@pytest.mark.parametrize("change", [without_values, without_one])
def test_results_without_values(tmp_path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Figures that the service leaves out are null, and said with the column and how many."""
    with ees.Client(service=Lacking(tmp_path, change)) as client:
        one = client.open(next(client.data_sets()).id)
        with pytest.warns(ees.ServiceWarning, match=r"left out figures of its rows: n \(1 of 3 rows\)"):
            frame = one.query(route="pages").frame
    assert 1 == frame["n"].null_count()


def test_an_indicator_that_metadata_lacks(tmp_path: Path) -> None:
    """It stands in a column of its own, which a warning names."""
    with ees.Client(service=Lacking(tmp_path, with_another)) as client:
        one = client.open(next(client.data_sets()).id)
        with pytest.warns(ees.ServiceWarning, match="fields that the metadata does not name: zzzzz;"):
            frame = one.query(route="pages").frame
    assert [9.0] * 3 == frame["zzzzz"].to_list()
