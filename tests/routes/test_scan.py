"""Whole versions as lazy frames, and data files that never are in memory at once; in both shells."""

from __future__ import annotations

import contextlib
import gc
import gzip
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

import attrs
import polars as pl
import pytest

from eesclient import Client, Request, Store, digest_of, errors, local
from tests.doors.api import Response
from tests.doors.store import table_cache
from tests.store.test_cache import FIGURES, ID, TOKEN, WITHDRAWN, Watched, quiet, serve
from tests.test_client import Make, make

__all__ = ["make", "serve"]


@pytest.fixture(params=["at once", "in pieces"])
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Convert data files at once, as small ones are, and in pieces, as large ones are."""
    if request.param == "in pieces":
        monkeypatch.setattr(table_cache, "LARGE", 0)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize("id_", [local.SEN_ID, local.KS4_ID])
def test_a_scan_is_what_read_gives(make: Make, tmp_path: Path, id_: str) -> None:
    """Columns, names, types, order and rows are those of `read().frame`, new, stored and offline."""
    expected = make(service=local.demo()).open(id_).read().frame
    service = Watched(local.demo())
    new = make(service=service, store=tmp_path).open(id_)
    offline = make(service=service, store=tmp_path, offline=True).open(id_)
    for found in (new.scan(), new.scan(), offline.scan()):
        assert expected.schema == found.collect_schema()
        assert expected.equals(found.collect())
    assert ["/csv"] == [path[-4:] for path in service.paths if path.endswith("/csv")]
    assert expected.equals(new.read().frame)
    assert "store" == new.read().route


QUESTIONS: list[dict[str, Any]] = [
    {},
    {"values": "text"},
    {"names": "label"},
    {"numbers": "trimmed"},
    {"limit": 10_000},
    {"sort": "time_period"},
    {"indicators": ["pupil_count"]},
    {"levels": "National"},
    {"periods": "2024/25"},
    {"dtypes": {"pupil_count": pl.Float64}},
]


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize("asked", QUESTIONS, ids=str)
def test_the_first_answer_is_that_of_later_ones(make: Make, tmp_path: Path, asked: dict[str, Any]) -> None:
    """Out of the rows that were just read, out of their file, and without a store: frame, and what is told of it."""
    sen = make(service=local.demo(), store=tmp_path / "store").open(local.SEN_ID)
    plain = make(service=local.demo()).open(local.SEN_ID).query(**asked, route="csv")
    first = sen.query(**asked, route="csv")
    later = [sen.query(**asked, route="store") for _ in range(3)]
    later += [make(service=local.demo(), store=Store(tmp_path / "store")).open(local.SEN_ID).query(**asked)]
    assert "csv" == first.route
    for other in (plain, *later):
        assert first.frame.schema == other.frame.schema
        assert first.frame.equals(other.frame)
        assert (first.total, first.columns) == (other.total, other.columns)
        assert digest_of(first.frame) == digest_of(other.frame)


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize("packed", [False, True])
def test_what_is_kept_of_a_data_file(make: Make, serve: Any, tmp_path: Path, packed: bool) -> None:
    """Its digest and length are those of the file itself, however it came and wherever it was meanwhile."""
    served = Packed(serve()) if packed else Watched(serve())
    text = make(service=served).open(ID).download(tmp_path / "rates.csv").read_bytes()
    store = Store(tmp_path / "store")
    make(service=served, store=store).open(ID).read()
    (ref,) = [ref for ref in store.refs() if ref.kind == "csv"]
    assert (hashlib.sha256(text).hexdigest(), len(text), "gzip") == (ref.digest, ref.length, ref.encoding)
    assert text == store.read(ref)
    assert [] == store.verify()
    assert (gzip.compress(text, mtime=0) == store.blob(ref)) is packed


class Packed(Watched):
    """A service that sends data files by gzip."""

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        said = super().handle(request)
        is_file = request.path.endswith("/csv")
        return attrs.evolve(said, body=gzip.compress(said.body, mtime=0)) if is_file else said


def test_filters_and_columns_reach_the_file(make: Make, tmp_path: Path) -> None:
    """The plan reads what it needs of the stored file, and filters while it does."""
    sen = make(service=local.demo(), store=tmp_path).open(local.SEN_ID)
    asked = sen.scan().filter(pl.col("time_period") == "202425", pl.col("pupil_count") > 5).select("sen_provision")
    plan = asked.explain()
    assert "Parquet SCAN" in plan
    assert "PROJECT 3/" in plan
    assert "SELECTION" in plan
    assert "FILTER" not in plan
    expected = sen.read().frame.filter(pl.col("time_period") == "202425", pl.col("pupil_count") > 5)
    assert expected.select("sen_provision").equals(asked.collect())


def test_without_a_store(make: Make, temporary: Path) -> None:
    """A temporary folder has the file, for any number of scans, until the client is closed."""
    service = Watched(local.demo())
    client = make(service=service, store=None)
    sen = client.open(local.SEN_ID)
    expected = sen.read().frame
    service.asked.clear()
    first, second = sen.scan(), sen.scan()
    assert 1 == len(service.asked)
    assert expected.equals(first.collect())
    assert expected.equals(second.collect())
    assert [*temporary.iterdir()]
    client.close()
    assert [] == [*temporary.iterdir()]


class Closing(Watched):
    """A service that closes a client while it sends a data file, as another thread may."""

    client: Client

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        said = super().handle(request)
        if request.path.endswith("/csv"):
            self.client.close()
        return said


def test_closed_while_a_scan_is_made(temporary: Path) -> None:
    """What is still written when a client was closed is gone with the client."""
    service = Closing(local.demo())
    service.client = Client(service=service, store=None)
    with contextlib.suppress(errors.EESError):
        service.client.open(local.SEN_ID).scan()
    del service
    gc.collect()
    assert [] == [*temporary.iterdir()]


def test_a_draft_stays_in_memory(make: Make, serve: Any, tmp_path: Path, temporary: Path) -> None:
    """No byte of it is in the store, nor in a temporary file."""
    client = make(service=Watched(serve()), store=tmp_path / "store", preview_token=TOKEN)
    draft = client.open(ID, version="1.2")
    frame = draft.scan()
    assert 31.4159 in frame.collect()["rate"].to_list()
    assert draft.provenance.is_draft
    files = [path for folder in (tmp_path / "store", temporary) for path in folder.rglob("*") if path.is_file()]
    raw = b"".join(path.read_bytes() for path in files)
    kept = Store(tmp_path / "store")
    shown = b"".join(kept.read(ref) + ref.request.encode() for ref in kept.refs())
    assert FIGURES[0] not in raw + shown
    assert b"Embargoed" not in raw + shown


def test_a_withdrawn_version(make: Make, serve: Any, tmp_path: Path) -> None:
    """It is refused, or read with a warning, as by `read`."""
    client = make(service=Watched(serve(WITHDRAWN)), store=tmp_path / "store")
    with pytest.raises(errors.WithdrawnError, match="Wrong"):
        quiet(client.open, data_set_id=ID, version="1.0").scan()
    opened = quiet(client.open, data_set_id=ID, version="1.0", withdrawn="read")
    with pytest.warns(errors.WithdrawnVersionWarning):
        frame = opened.scan()
    assert [1.5] == frame.collect()["rate"].to_list()


def test_which_data_it_is(make: Make, serve: Any) -> None:
    """`provenance` names the version, and when it was opened."""
    rates = make(service=Watched(serve())).open(ID)
    found = rates.provenance
    assert (rates.id, rates.version, "Rates", "csv") == (found.data_set_id, found.version, found.title, found.route)
    assert found == rates.provenance
    read = rates.read().provenance
    assert read == attrs.evolve(found, retrieved_at=read.retrieved_at)


class Cut(Watched):
    """A service whose data files lack their last rows."""

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        response = super().handle(request)
        if not request.path.endswith("/csv"):
            return response
        text = gzip.decompress(response.body) if response.body.startswith(b"\x1f\x8b") else response.body
        return attrs.evolve(response, body=text[: text.rindex(b"\n", 0, -1) + 1])


@pytest.mark.usefixtures("_way")
def test_a_file_in_part_is_not_kept(make: Make, serve: Any, tmp_path: Path) -> None:
    """A data file that lacks rows is an error, and neither it nor anything of it stays in the store."""
    rates = make(service=Cut(serve()), store=tmp_path / "store").open(ID)
    with pytest.raises(errors.InvalidResponseError, match="1 of its 2 rows"):
        rates.scan()
    with pytest.raises(errors.InvalidResponseError, match="1 of its 2 rows"):
        rates.read()
    assert {"csv", "table"}.isdisjoint(ref.kind for ref in Store(tmp_path / "store").refs())
    assert [] == [*(tmp_path / "store").glob(".work-*")]


@pytest.mark.usefixtures("_way")
def test_a_table_is_made_again(make: Make, serve: Any, tmp_path: Path) -> None:
    """Where the table is damaged or gone, the stored data file makes it anew, and nothing is asked."""
    service = Watched(serve())
    store = Store(tmp_path / "store")
    rates = make(service=service, store=store).open(ID)
    expected = rates.scan().collect()
    service.asked.clear()
    (table,) = [ref for ref in store.refs() if ref.kind == "table"]
    (store.path / "blobs" / table.blob).write_bytes(b"\0")
    again = make(service=service, store=Store(store.path)).open(ID)
    service.asked.clear()
    assert expected.equals(again.scan().collect())
    assert [] == service.paths
    assert [] == store.verify()


@pytest.mark.usefixtures("_way")
def test_a_data_file_that_is_damaged(make: Make, serve: Any, tmp_path: Path) -> None:
    """A damaged data file is never converted: it is fetched again."""
    service = Watched(serve())
    store = Store(tmp_path / "store")
    expected = make(service=service, store=store).open(ID).scan().collect()
    for ref in store.refs():
        if ref.kind in ("csv", "table"):
            (store.path / "blobs" / ref.blob).write_bytes(b"\x1f\x8bno")
    again = make(service=service, store=Store(store.path)).open(ID)
    service.asked.clear()
    assert expected.equals(again.scan().collect())
    assert ["/csv"] == service.paths
    assert [] == store.verify()


def test_a_store_that_cannot_hold_it(make: Make, serve: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is given all the same, with a warning."""

    def fail(*_: object, **__: object) -> None:
        raise OSError("no room")

    rates = make(service=Watched(serve()), store=tmp_path / "store").open(ID)
    monkeypatch.setattr(Store, "commit", fail)
    with pytest.warns(errors.StoreWarning, match=r"cannot be written.*no room"):
        assert [None, 1.5] == rates.read().frame["rate"].to_list()


def test_what_was_left_is_taken_away(make: Make, serve: Any, tmp_path: Path) -> None:
    """What has been left in a store by a process that was killed a day ago is taken away."""
    store = tmp_path / "store"
    old = store / ".work-old"
    old.mkdir(parents=True)
    os.utime(old, (0, 0))
    (store / ".work-new").mkdir()
    make(service=Watched(serve()), store=store).open(ID).scan()
    assert [".work-new"] == [path.name for path in store.glob(".work-*")]


def test_pouring_into_a_download(make: Make, serve: Any, tmp_path: Path) -> None:
    """A stored data file is saved from there, byte by byte as it came."""
    service = Watched(serve())
    client = make(service=service, store=tmp_path / "store")
    client.open(ID, version="1.1").scan()
    service.asked.clear()
    client.download(ID, tmp_path / "again.csv", version="1.1")
    assert [] == service.paths
    assert (tmp_path / "data" / "rates.v1.1.csv").read_bytes() == (tmp_path / "again.csv").read_bytes()


PADDED = ["12", " 59.8 ", "+5", ".5", "5.", "\u00a07", "1e+05", "1,234", "z"]


def _by_every_route(data_set: Any, **read: Any) -> list[pl.DataFrame]:
    whole = data_set.read(**read)
    assert whole.provenance.query is None
    frames = [whole.frame, data_set.scan(**read).collect()]
    for some in ({}, {"filters": {"Key": [str(key) for key in range(1, len(PADDED))]}}):
        frames += [data_set.query(**some, **read, route=route).frame for route in ("pages", "csv", "auto")]
    return frames


@pytest.mark.usefixtures("_way")
def test_padded_numbers_by_every_route(make: Make, tmp_path: Path) -> None:
    """Numbers with blanks, a plus sign or a bare point are text and warned of, or read, alike by every route."""
    rows = [f'2023,Calendar year,National,E92000001,England,{key},"{v}","{v}"\n' for key, v in enumerate(PADDED)]
    head = "time_period,time_identifier,geographic_level,country_code,country_name,key,count,rate\n"
    (tmp_path / "padded.csv").write_text(head + "".join(rows), encoding="utf-8")
    meta = "col_name,col_type,label,indicator_dp\nkey,Filter,Key,\ncount,Indicator,Count,0\nrate,Indicator,Rate,1\n"
    (tmp_path / "padded.meta.csv").write_text(meta)
    service = local.Service.from_folder(tmp_path)
    for options in ({}, {"store": tmp_path / "store"}):
        client = make(service=service, **options)
        data_set = client.open(next(iter(client.data_sets())).id)
        with pytest.warns(errors.PaddedNumbersWarning) as caught:
            plain = _by_every_route(data_set)
        assert [True] * 8 == ["count (5 cells, such as ' 59.8 ')" in str(warning.message) for warning in caught]
        with pytest.warns(errors.DecimalPlacesWarning) as caught:
            trimmed = _by_every_route(data_set, numbers="trimmed")
        assert [True] * 8 == ["count (2 cells)" in str(warning.message) for warning in caught]
        for whole, *others in (plain, trimmed):
            for frame in others:
                rows_of = whole if frame.height == whole.height else whole.filter(pl.col("key") != "0")
                assert (frame.schema, frame.rows()) == (whole.schema, rows_of.rows())
        assert [12, None, None, None, None, None, 100_000, None, None] == plain[0].sort("key")["count"].to_list()
        assert [12, 59.8, 5, 0.5, 5, 7, 100_000, None, None] == trimmed[0].sort("key")["count"].to_list()
        assert ["1,234", "z"] == trimmed[0].sort("key")["rate_status"].drop_nulls().to_list()


def test_a_lock_without_a_store(make: Make, serve: Any, tmp_path: Path, temporary: Path) -> None:
    """The digest is of a file on the disk, of which nothing is left; a file that lacks rows is in no lock."""
    rates = make(service=Watched(serve()), store=None).open(ID)
    data = rates.download(tmp_path / "rates.csv").read_bytes()
    entry = rates.lock(tmp_path / "ees.lock", data=True)
    assert (hashlib.sha256(data).hexdigest(), len(data)) == (entry.data_sha256, entry.data_size)
    cut = make(service=Cut(serve()), store=None).open(ID)
    with pytest.raises(errors.InvalidResponseError, match="1 of its 2 rows"):
        cut.lock(tmp_path / "cut.lock", data=True)
    assert not (tmp_path / "cut.lock").exists()
    assert [] == [*temporary.iterdir()]
