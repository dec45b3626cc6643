"""Values of rows that the metadata does not name, and rows that the service sends twice: said on every route."""

from __future__ import annotations

import json
from pathlib import Path

import attrs
import pytest

import eesclient as ees

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
