"""A data file that is not the whole data file of its version answers nothing, and does not stay in a store."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import httpx
import polars as pl
import pytest

import eesclient as ees
from eesclient import InvalidResponseError, Request, Store, errors
from eesclient.local import KS4_ID, SEN_ID
from tests.doors.store import Key, blob_path, stored_versions, write_bundle
from tests.test_client import Make, make
from tests.transport.scripted import ID, answer, data_file, opened, version

assert make  # a fixture

DEMO = ees.local.demo()
WHOLE = DEMO.handle(Request(method="GET", path=f"/data-sets/{SEN_ID}/csv", params=(("dataSetVersion", "1.0"),))).body
OTHER = DEMO.handle(Request(method="GET", path=f"/data-sets/{KS4_ID}/csv")).body
HALF = WHOLE[: WHOLE.rfind(b"\n", 0, len(WHOLE) // 2) + 1]
BREAK = b"\n"
ROWS = WHOLE.count(b"\n") - 1

BAD = {
    "cut at a line end": (HALF, rf"came with {HALF.count(BREAK) - 1:,} of its {ROWS:,} rows"),
    "cut in a line": (WHOLE[: len(WHOLE) // 2], "its last figure may be cut off"),
    "cut in a line above a whole one": (
        WHOLE[: len(WHOLE) // 2] + WHOLE[WHOLE.index(BREAK, len(WHOLE) // 2) :],
        "cells, the headings are",
    ),
    "cut in the last cell": (WHOLE[:-2], "its last figure may be cut off"),
    "a line too many": (WHOLE + WHOLE[len(HALF) :].split(b"\n")[0] + b"\n", "one of them is not what it says"),
    "a page": (b"<!doctype html>\n<html>\n<p>Sorry, there is a problem</p>\n" * 3 * ROWS, "data file"),
    "another data set": (OTHER, "lacks the columns"),
    "headings alone": (WHOLE[: WHOLE.index(b"\n") + 1], rf"came with 0 of its {ROWS:,} rows"),
    "without a level's columns": (
        WHOLE.replace(b"country_code", b"land_code", 1).replace(b"country_name", b"land_name", 1),
        "lacks the columns country_code or country_name",
    ),
}  # fmt: skip


class Cut:
    """The demo over HTTP, plain as proxies send it, with another data file."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.files = 0

    def options(self) -> dict[str, Any]:
        """Return options of a client."""
        return {"base_url": "https://ees.test", "transport": httpx.MockTransport(self.handle), "retries": 0}

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        path, params = request.url.path.removeprefix("/v1"), tuple(request.url.params.multi_items())
        found = DEMO.handle(Request(method=request.method, path=path, params=params, body=request.content or None))
        is_file = path.endswith("/csv")
        self.files += is_file
        return httpx.Response(found.status, content=self.body if is_file else found.body)


class Opened:
    """A client over that service, and the data set of it."""

    def __init__(self, served: Cut, make: Make, **options: Any) -> None:
        self.client = make(**served.options(), **options)
        self.sen = self.client.open(SEN_ID, version="1.0")


WAYS: dict[str, Callable[[Opened, Path], object]] = {
    "read": lambda one, _: one.sen.read(),
    "scan": lambda one, _: one.sen.scan(),
    "csv": lambda one, _: one.sen.query(route="csv"),
    "lock": lambda one, folder: one.sen.lock(folder / "ees.lock", data=True),
    "download": lambda one, folder: one.sen.download(folder / "sen.csv"),
    "by id": lambda one, folder: one.client.download(SEN_ID, folder / "sen.csv", version="1.0"),
}


PAIRS = [("cut at a line end", way) for way in WAYS] + [(kind, way) for kind in BAD for way in ("read", "by id")]


@pytest.mark.parametrize(("kind", "way"), dict.fromkeys(PAIRS))
def test_bad_files(make: Make, tmp_path: Path, kind: str, way: str) -> None:
    """It is refused with its reason on every way, nothing is left of it, and then the service answers right."""
    body, message = BAD[kind]
    served = Cut(body)
    one = Opened(served, make, store=None if way == "scan" else tmp_path / "store")
    (tmp_path / "sen.csv").touch()
    with pytest.raises(InvalidResponseError, match=message):
        WAYS[way](one, tmp_path)
    assert {"sen.csv"} == {path.name for path in tmp_path.iterdir() if path.is_file()}
    assert b"" == (tmp_path / "sen.csv").read_bytes()

    served.body = WHOLE
    if way in ("download", "by id"):
        WAYS[way](one, tmp_path)
        assert WHOLE == (tmp_path / "sen.csv").read_bytes()
    assert ROWS == len(one.sen.read()) == one.sen.query().total == one.sen.query(route="csv").total


def keep(store: Path, body: bytes, address: str = "https://ees.test") -> None:
    """Put a data file into a store, as an older release did without a look at it."""
    found = Store(store)
    (ref,) = [ref for ref in found.refs() if ref.kind == "meta"]
    members = attrs.asdict(ref)
    request = ref.request.replace("/meta", "/csv")
    key = Key(origin=ref.origin, data_set=members["data_set"], version=ref.version, kind="csv", request=request)
    found.write(key, body, url=f"{address}/v1/data-sets/{SEN_ID}/csv", at=datetime.now(UTC))


@pytest.mark.parametrize("way", [*WAYS, "pages", "sync"])
@pytest.mark.parametrize("body", [HALF, b"<html>Sorry</html>", OTHER], ids=["cut", "page", "other"])
def test_older_stores(make: Make, tmp_path: Path, body: bytes, way: str) -> None:
    """What an older release kept without a look is set aside and fetched again; offline it is an error that helps."""
    served, store = Cut(WHOLE), tmp_path / "a store"
    one = Opened(served, make, store=store)
    one.sen.lock(tmp_path / "ees.lock")
    ways = WAYS | {
        "pages": lambda one, _: one.sen.query(),
        "sync": lambda one, folder: one.client.sync(folder / "ees.lock"),
    }
    keep(store, body)
    if way != "sync":
        with pytest.raises(errors.StoreError, match=r"is bad: .* prune --data-set \S+@1.0 --store '.*a store'"):
            ways[way](Opened(served, make, store=store, offline=True), tmp_path)
    ways[way](one, tmp_path)
    assert served.files == (way != "pages")
    offline = Opened(served, make, store=store, offline=True)
    if way != "pages":
        assert ROWS == len(offline.sen.read())


@pytest.mark.parametrize("way", ["read", "scan", "csv", "download"])
def test_older_bundles(make: Make, tmp_path: Path, way: str) -> None:
    """A bundle with a file that is cut is passed by online; offline it is an error that helps."""
    served, bundle = Cut(WHOLE), tmp_path / "out.zip"
    Opened(served, make, store=tmp_path / "store")
    keep(tmp_path / "store", HALF)
    write_bundle(Store(tmp_path / "store"), bundle, stored_versions(Store(tmp_path / "store")))
    with pytest.raises(errors.StoreError, match=r"is bad: .*has to be made again"):
        WAYS[way](Opened(served, make, store=bundle, offline=True), tmp_path)
    one = Opened(served, make, store=bundle)
    WAYS[way](one, tmp_path)
    assert ROWS == len(one.sen.read())


def test_downloads_are_the_locked_file(make: Make, tmp_path: Path) -> None:
    """With a lock that has a digest, another file of as many rows is refused."""
    served, lock = Cut(WHOLE), tmp_path / "ees.lock"
    Opened(served, make, store=None).sen.lock(lock, data=True)
    served.body = WHOLE.replace(b"\n", b"\r\n")
    for way in ("download", "by id", "read"):
        with pytest.raises(errors.LockError, match="not the one that was locked"):
            WAYS[way](Opened(served, make, store=None, lock=lock), tmp_path)
    assert [lock] == list(tmp_path.iterdir())


def test_checks_of_a_lock(make: Make, tmp_path: Path) -> None:
    """A data file that came in part says nothing of whether the data changed."""
    served, lock = Cut(WHOLE), tmp_path / "ees.lock"
    one = Opened(served, make, store=None)
    one.sen.lock(lock, data=True)
    served.body = HALF
    found = one.client.check_lock(lock, data=True)
    assert ("no answer", True) == (found.outcome, f"of its {ROWS:,} rows" in found.to_text())


def test_damaged_tables(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table of a store is compared with its digest before Polars reads it, and made anew where it is damaged."""
    served, store = Cut(WHOLE), tmp_path / "store"
    expected = Opened(served, make, store=store).sen.read().frame
    (ref,) = [ref for ref in Store(store).refs() if ref.kind == "table"]
    file = store / blob_path(ref.blob)
    whole, asked = file.read_bytes(), []
    read = pl.read_parquet_metadata

    def reading(source: Any) -> dict[str, str]:
        asked.append(source.read_bytes() if isinstance(source, Path) else source.getvalue())
        return read(source)

    monkeypatch.setattr(pl, "read_parquet_metadata", reading)
    for at in range(0, len(whole), len(whole) // 7):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert expected.equals(Opened(served, make, store=store).sen.read().frame)
        file.write_bytes(whole[:at])
        assert expected.equals(Opened(served, make, store=store, offline=True).sen.read().frame)
    assert {whole} >= set(asked)


def test_no_line_end(make: Make, tmp_path: Path) -> None:
    """A file without a line end at its end is whole where gzip says so, or a local service gives it."""
    path = tmp_path / "x.csv"
    packed = Cut(gzip.compress(WHOLE.rstrip()))
    Opened(packed, make, store=None).sen.download(path)
    assert WHOLE.rstrip() == path.read_bytes()
    service = opened(csv=lambda _: attrs.evolve(answer(None), body=data_file().rstrip(), url=""))
    assert 3 == len(make(service=service).open(ID).read())


def test_files_that_cannot_be_counted(make: Make, tmp_path: Path) -> None:
    """A file with a line that may be read in two ways is saved with a warning, unless it is too short."""
    path = tmp_path / "x.csv"
    odd = data_file().replace(b",Female,", b",# Female,")
    served = opened(csv=lambda _: attrs.evolve(answer(None), body=odd + b"# note\n", url=""))
    client = make(service=served, store=None)
    with pytest.warns(errors.EESWarning, match="3 rows could not be counted"):
        client.download(ID, path)
    assert odd + b"# note\n" == path.read_bytes()
    served = opened(csv=lambda _: attrs.evolve(answer(None), body=odd[: odd.index(b"\n") + 1] + b"# note\n", url=""))
    with pytest.raises(InvalidResponseError, match="3 rows were expected"):
        make(service=served, store=None).download(ID, path)


def test_versions_that_do_not_say_how_many_rows(make: Make, tmp_path: Path) -> None:
    """Where the answer about the version has no total, rows cannot be compared, and that is said."""
    facts = version()
    del facts["totalResults"]
    service = opened(
        csv=lambda _: attrs.evolve(answer(None), body=data_file(), url=""), **{"versions/1.0": answer(facts)}
    )
    client = make(service=service, store=None)
    with pytest.warns(ees.EESWarning, match="nothing says how many rows version 1.0"):
        client.download(ID, tmp_path / "x.csv")
    with pytest.warns(ees.EESWarning, match="with 3, cannot be proved whole"):
        assert 3 == len(client.open(ID).read())


def test_stores_with_the_file_alone(make: Make, tmp_path: Path) -> None:
    """Offline, a stored data file is saved although the store does not know how many rows it has."""
    served, store = Cut(WHOLE), tmp_path / "store"
    Opened(served, make, store=store)
    keep(store, WHOLE)
    found = Store(store)
    for ref in [*found.refs()]:
        if ref.kind != "csv":
            found.folder.remove(ref.path)
    make(**served.options(), store=store, offline=True).download(SEN_ID, tmp_path / "x.csv", version="1.0")
    assert WHOLE == (tmp_path / "x.csv").read_bytes()
