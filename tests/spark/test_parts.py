"""What driver and executors read, as Spark would have them do it: rows, requests, types, and errors that help."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import attrs
import polars as pl
import pytest

import eesclient as ees
from eesclient import errors, local

pytest.importorskip("pyspark", reason="the extra spark is not installed")
pytest.importorskip("uvicorn", reason="the extra server is not installed")

from tests.doors.api import Response
from tests.doors.spark import Pages, Piece, Whole, turn
from tests.spark.reading import Loaded, Watched, in_order, served, unpickled
from tests.store.test_cache import DESCRIBED, HEADER, META, NEW, OLD, SECRET, TOKEN, WITHDRAWN, quiet
from tests.store.test_cache import ID as RATES

SMALL = ("SEN2_AGE_STOCK", "absence_by_term", "exclusions_by_characteristic", "school_applications_and_offers")
QUESTION: dict[str, Any] = {
    "filters": {
        "Social care group": "All pupils comparison",
        "SEN provision": ["SEN support", "Education, health and care plan"],
    },
    "others": "Total",
    "periods": {"last": 3},
    "indicators": "Number of pupils",
}
WORDS: dict[str, Any] = {**QUESTION, "periods": ees.last(3)}


@pytest.fixture(scope="module")
def box() -> Iterator[tuple[str, Watched]]:
    """The demo behind HTTP."""
    with served() as found:
        yield found


@pytest.fixture
def rates(tmp_path: Path) -> Path:
    """Return a folder of one data set with three versions, the last of which is a draft."""
    return folder_of(tmp_path)


def folder_of(tmp_path: Path, more: str = "", **changed: str) -> Path:
    """A folder of rates, with more in its description, and other texts in files by name."""
    folder = tmp_path / "data"
    folder.mkdir(exist_ok=True)
    files = {
        "rates.meta": META,
        "rates": HEADER + OLD,
        "rates.v1.1": HEADER + OLD + NEW,
        "rates.v1.2": HEADER + OLD + NEW + SECRET,
    }
    for name, text in (files | changed).items():
        (folder / f"{name}.csv").write_text(text)
    (folder / "service.toml").write_text(DESCRIBED + more)
    return folder


def test_published_data_sets(data_folder: Path, tmp_path: Path) -> None:
    """Each has the rows, columns and digest of `read()`: out of the store in pieces, and without one as a whole."""
    service = local.Service.from_folder(data_folder / "small")
    with ees.Client(service=service) as client:
        ids = {data_set.title: data_set.id for data_set in client.data_sets()}
        assert len(SMALL) == len(ids)
        for id_ in ids.values():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", errors.EESWarning)
                expected = client.open(id_).read()
                for place in ({"store": tmp_path / "store"}, {}):
                    loaded = Loaded.of(dataSet=id_, folder=data_folder / "small", **place)
                    assert {Piece if place else Whole} == {*map(type, loaded.parts)}
                    assert expected.digest == ees.digest_of(loaded.frame())


def test_pieces(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, box: tuple[str, Watched]) -> None:
    """Many pieces of many steps have all rows once, in order; the data file is fetched once for all actions."""
    monkeypatch.setattr("eesclient.spark.rows.STEP", 100)
    monkeypatch.setattr("eesclient.spark.rows.BATCH_CELLS", 500)
    address, watched = box
    watched.since()
    loaded = Loaded.of(dataSet=local.SEN_ID, version="2.*", baseUrl=address, store=tmp_path / "store")
    assert "csv" not in watched.since()
    assert [(first, 400) for first in range(0, 2800, 400)] + [(2800, 116)] == [
        (part.first, part.rows) for part in loaded.parts
    ]
    with ees.Client(base_url=address, store=None) as client:
        expected = client.open(local.SEN_ID).read()
    watched.since()
    for _ in range(2):
        assert expected.digest == ees.digest_of(loaded.frame())
    assert [] == watched.since()
    # what is asked of stored rows is answered there
    asked = Loaded.of(dataSet=local.SEN_ID, baseUrl=address, store=tmp_path / "store", **QUESTION)
    watched.since()
    assert ees.digest_of(expected_of(address)) == ees.digest_of(asked.frame())
    assert "query" not in watched.since()[:-1]


def expected_of(address: str, **changed: Any) -> pl.DataFrame:
    """What the client itself answers, in pages."""
    with ees.Client(base_url=address, store=None) as client:
        return client.open(local.SEN_ID).query(**WORDS | changed, route="pages").frame


def test_pages(tmp_path: Path, box: tuple[str, Watched]) -> None:
    """A question goes to the service as options say, page by page, bounded side by side; with a store, once."""
    address, watched = box
    where = {"dataSet": local.SEN_ID, "baseUrl": address, "store": tmp_path / "store"}
    expected = expected_of(address, periods=None)
    asked = {**QUESTION, "pageSize": 5, "maxInFlight": 2}
    del asked["periods"]
    loaded = Loaded.of(**where, **asked)
    watched.since()
    for _ in range(2):
        assert [range(1, 3), range(3, 5)] == [part.numbers for part in loaded.parts]
        assert in_order(expected).equals(in_order(loaded.frame()))
    bodies = watched.questions
    assert [1, 2, 3, 4] == sorted(body["page"] for body in bodies)
    assert 1 == len({str(body["criteria"]) for body in bodies})
    assert ["query"] * 4 == watched.since()
    # without one, each action asks anew, and the driver counts beforehand
    without = Loaded.of(**where | {"store": tmp_path / "none"}, question=QUESTION)
    assert in_order(expected_of(address)).equals(in_order(without.frame()))
    assert [] != watched.since()


def test_two_that_read_side_by_side_ask_once(tmp_path: Path) -> None:
    """Both halves of a self-join want the same pages at the same time: the second finds what the first fetched."""
    with served() as (address, watched):
        loaded = Loaded.of(dataSet=local.SEN_ID, baseUrl=address, store=tmp_path, periods={"last": 2}, pageSize=40)
        (reader, parts), (again, _) = loaded.reader(), loaded.reader()
        watched.since()
        with ThreadPoolExecutor(8) as pool:
            readings = [(one, part) for part in parts for one in (reader, again)]
            rows = [*pool.map(lambda job: sum(b.num_rows for b in job[0].read(unpickled(job[1]))), readings)]
        assert rows[::2] == rows[1::2]
        pages = [body["page"] for body in watched.questions]
        assert sorted({*pages}) == sorted(pages)
        assert len(pages) > 1


def test_a_turn_is_taken_alone(tmp_path: Path) -> None:
    """Who waits goes on when the one before is done, and other numbers need not wait."""
    place = unpickled(Loaded.of(dataSet=local.SEN_ID, demo=True, store=tmp_path).source)._asked.place
    inside: list[str] = []

    def take(name: str, number: int) -> None:
        with turn(place, number):
            inside.append(name)

    with ThreadPoolExecutor(1) as pool, turn(place, 0):
        pool.submit(take, "other", 1).result(timeout=10)
        waiting = pool.submit(take, "same", 0)
        inside.append("first")
    waiting.result(timeout=10)
    assert ["other", "first", "same"] == inside
    # where nothing can be written there are no turns to wait for
    (tmp_path / "file").touch()
    with turn(attrs.evolve(place, store=str(tmp_path / "file" / "store")), 0):
        take("none", 0)


def test_columns_that_are_not_wanted_are_not_read(tmp_path: Path) -> None:
    """`columns` chooses and orders; what the answer does not have is named."""
    place = {"dataSet": local.SEN_ID, "demo": True}
    wanted = ["pupil_count_status", "time_period", "pupil_count"]
    with ees.Client(service=local.demo()) as client:
        expected = client.open(local.SEN_ID).read().frame.select(wanted)
    for store in ({}, {"store": tmp_path}):
        loaded = Loaded.of(**place, **store, columns=wanted)
        assert [True, False, True] == [field.nullable for field in loaded.schema]
        assert ees.digest_of(expected) == ees.digest_of(loaded.frame())
    with pytest.raises(errors.SettingsError, match=r'no "pupils" in the answer, which has "time_period"'):
        Loaded.of(**place, columns=["pupils"])


def test_what_the_schema_says(monkeypatch: pytest.MonkeyPatch, box: tuple[str, Watched]) -> None:
    """Types, nullability, labels and units of each column; version, digest, source and licence in all of them."""
    monkeypatch.setattr("eesclient.transport.http.source_of", lambda _: "service")
    loaded = Loaded.of(dataSet=local.SEN_ID, version="1.*", baseUrl=box[0], **QUESTION)
    types = {field.name: (field.dataType.simpleString(), field.nullable) for field in loaded.schema}
    assert ("bigint", True) == types["pupil_count"]
    assert ("string", True) == types["pupil_count_status"] == types["sen_provision"]
    assert ("string", False) == types["time_period"] == types["geographic_level"]
    with ees.Client(base_url=box[0], store=None) as client:
        sen = client.open(local.SEN_ID, version="1.1")
    for field in loaded.schema:
        said = field.metadata["ees"]
        assert (sen.id, "1.1", sen.title) == (said["data_set_id"], said["version"], said["title"])
        assert sen._pinned.meta_digest == said["meta_sha256"]
        assert ("service", "Contains public sector") == (said["source"], said["licence"][:22])
        assert "Total" in said["pinned"]
        assert "criteria" in said["query"]
        assert "data_sha256" not in said
    assert "Number of pupils" == loaded.schema["pupil_count"].metadata["comment"]
    assert "SEN provision" == loaded.schema["sen_provision"].metadata["ees"]["label"]
    synthetic = Loaded.of(dataSet=local.SEN_ID, demo=True).schema["pupil_percent"].metadata
    assert "Percentage of pupils (%)" == synthetic["comment"]
    assert ("synthetic", "SYNTHETIC, not a statistic") == (synthetic["ees"]["source"], synthetic["ees"]["notice"])
    assert "licence" not in synthetic["ees"]


def test_a_range_is_resolved_once(rates: Path, tmp_path: Path) -> None:
    """What was loaded stays at its version, also when a newer one is published meanwhile, and nobody asks again."""
    older = local.Service.from_folder(rates)
    with served(older) as (address, watched):
        loaded = Loaded.of(dataSet=RATES, version="1.*", baseUrl=address, periods="2024")
        described = (rates / "service.toml").read_text().partition("[data_sets.rates.versions")[0]
        (rates / "service.toml").write_text(described)
        watched._service = local.Service.from_folder(rates)
        with ees.Client(base_url=address, store=None) as client:
            assert "1.2" == str(client.open(RATES, version="1.*").version)
        watched.since()
        assert ["z"] == loaded.frame()["rate_status"].to_list()
        assert {"query"} == {*watched.since()}


def test_locks_and_bundles(tmp_path: Path, rates: Path) -> None:
    """A lock says the version and the digests, which are compared; a bundle has all that is locked, offline."""
    path, service = tmp_path / "ees.lock", local.Service.from_folder(rates)
    with ees.Client(service=service, store=tmp_path / "store") as client:
        digest = client.open(RATES, version="1.0").lock(path, data=True).data_sha256
    assert digest is not None
    where = {"dataSet": RATES, "folder": rates, "lock": path}
    loaded = Loaded.of(**where, store=tmp_path / "store")
    facts = loaded.schema["rate"].metadata["ees"]
    assert ("1.0", digest) == (facts["version"], facts["data_sha256"])
    assert 1 == loaded.frame().height
    ees_bundle(tmp_path, "out.zip")
    bundled = Loaded.of(**where, store=tmp_path / "out.zip", offline=True)
    assert [Whole] == [*map(type, bundled.parts)]
    assert ees.digest_of(loaded.frame()) == ees.digest_of(bundled.frame())
    source, (listing,) = Loaded.of(lock=path), Loaded.of(lock=path).reader()[:1]
    assert isinstance(source.schema, str)
    ((id_, _, asked, version, *_, locked),) = listing.read(None)
    assert (RATES, "1.0", "1.0", digest) == (id_, asked, version, locked)
    with pytest.raises(errors.LockError, match=r"says version 1\.0"):
        Loaded.of(**where, version="1.1")
    path.write_text(path.read_text().replace(digest, "0" * 64))
    for store in ({}, {"store": tmp_path / "store"}):
        with pytest.raises(errors.LockError, match="is not the one that was locked"):
            Loaded.of(**where, **store).frame()


def ees_bundle(folder: Path, name: str) -> None:
    """Bundle a store."""
    from eesclient import cli

    assert 0 == cli.main(["bundle", str(folder / name), "--all", "--store", str(folder / "store")])


def test_no_token_leaves_the_machine(monkeypatch: pytest.MonkeyPatch, rates: Path, tmp_path: Path) -> None:
    """What the environment holds is sent by nobody and is in nothing that Spark keeps; drafts stay out of reach."""
    monkeypatch.setenv("EES_PREVIEW_TOKEN", TOKEN)
    with served(local.Service.from_folder(rates)) as (address, watched):
        loaded = Loaded.of(dataSet=RATES, baseUrl=address, periods="2024", store=tmp_path / "store")
        reader, parts = loaded.reader()
        assert 1 == sum(batch.num_rows for part in parts for batch in reader.read(unpickled(part)))
        kept = b"".join([loaded.source, pickle.dumps(reader), *parts, loaded.schema.json().encode()])
        assert TOKEN.encode() not in kept
        with pytest.raises(errors.EESError) as refused:
            Loaded.of(dataSet=RATES, version="1.2", baseUrl=address)
        assert TOKEN not in str(refused.value)
        sent = [value for request in watched.asked for _, value in request.headers]
        assert watched.asked
        assert TOKEN not in sent


def test_a_password_stays_in_the_environment(monkeypatch: pytest.MonkeyPatch, box: tuple[str, Watched]) -> None:
    """An address with one is taken from EES_API_URL on driver and executors, and from no option."""
    address, watched = box
    secret = address.replace("://", "://ann:topsecret@")
    with pytest.raises(errors.SettingsError, match="EES_API_URL") as refused:
        Loaded.of(dataSet=local.SEN_ID, baseUrl=secret)
    assert "topsecret" not in str(refused.value)
    monkeypatch.setenv("EES_API_URL", secret)
    watched.since()
    loaded = Loaded.of(dataSet=local.SEN_ID, **QUESTION)
    reader, parts = loaded.reader()
    assert [*reader.read(unpickled(parts[0]))]
    assert b"topsecret" not in loaded.source + pickle.dumps(reader) + b"".join(parts)
    names = [{name.lower() for name, _ in request.headers} for request in watched.asked]
    assert all("authorization" in found for found in names)


def test_versions_that_are_not_read(rates: Path, tmp_path: Path) -> None:
    """A draft is refused with the way to have it; a withdrawn version too, unless it is asked for."""
    folder = folder_of(tmp_path, WITHDRAWN)
    with pytest.raises(errors.WithdrawnError, match="Wrong"):
        quiet(Loaded.of, dataSet=RATES, version="1.0", folder=folder)
    with pytest.warns(errors.WithdrawnVersionWarning):
        loaded = Loaded.of(dataSet=RATES, version="1.0", folder=folder, withdrawn="read", periods="2023")
    assert [1.5] == quiet(loaded.frame)["rate"].to_list()
    assert "withdrawn" in loaded.schema["rate"].metadata["ees"]["warnings"][0]


FRACTIONS = (
    HEADER + "2023,Calendar year,National,E92000001,England,1.5\n2024,Calendar year,National,E92000001,England,2\n"
)
WHOLE_NUMBERS = "col_name,col_type,label,indicator_dp\nrate,Indicator,Rate,0\n"


@pytest.mark.parametrize("store", [True, False])
@pytest.mark.parametrize("asked", [{}, {"levels": "National"}])
def test_fractions_among_whole_numbers(tmp_path: Path, store: bool, asked: dict[str, str]) -> None:
    """The type of the metadata stands, so fractions are an error that says what to write; that then reads them."""
    changed = {"rates": FRACTIONS, "rates.v1.1": FRACTIONS, "rates.v1.2": FRACTIONS, "rates.meta": WHOLE_NUMBERS}
    folder = folder_of(tmp_path, **changed)
    where: dict[str, Any] = {"dataSet": RATES, "folder": folder, **asked}
    if store:
        where["store"] = tmp_path / "store"
    loaded = Loaded.of(**where)
    assert "bigint" == loaded.schema["rate"].dataType.simpleString()
    with pytest.raises(errors.QueryError, match=r"rate \(1 cells\).*option\(\"dtypes\", '\{\"rate\": \"double\"\}'\)"):
        loaded.frame()
    assert [2.0, 1.5] == Loaded.of(**where, dtypes={"rate": "double"}).frame().sort("time_period")["rate"].to_list()[
        ::-1
    ]
    assert {"1.5", "2"} == {*Loaded.of(**where, dtypes={"rate": "string"}).frame()["rate"]}


def test_labels_that_metadata_does_not_name(tmp_path: Path, rates: Path) -> None:
    """A data file that has some is read by one executor as it is; pages that have some are refused."""
    with served(local.Service.from_folder(rates)) as (address, watched):
        body = watched._service.handle(ees.Request(method="GET", path=f"/data-sets/{RATES}/csv")).body
        strange = body.replace(b"National,", b"Galactic,", 1)
        watched.answers += [("/csv", Response(status=200, headers={"content-type": "text/csv"}, body=strange))] * 2
        loaded = Loaded.of(dataSet=RATES, baseUrl=address)
        with pytest.warns(errors.ServiceWarning, match="Galactic"):
            assert ["Galactic", "National"] == sorted(loaded.frame()["geographic_level"])
        watched.answers.clear()
        asked = Loaded.of(dataSet=RATES, baseUrl=address, periods=["2023", "2024"])
        page = b'"geographicLevel":"NAT"'
        answer = watched._service.handle(request_of(watched, asked)).body
        assert page in answer
        odd = Response(status=200, body=answer.replace(page, b'"geographicLevel":"GALAXY"', 1))
        watched.answers += [("/query", odd)] * 2
        with pytest.raises(errors.InvalidResponseError, match="Geographic level: GALAXY"):
            asked.frame()


def request_of(watched: Watched, loaded: Loaded) -> ees.Request:
    """The question that a read asks."""
    watched.since()
    assert loaded.parts
    return next(request for request in watched.asked if request.path.endswith("/query"))


def test_a_page_that_the_service_has_no_time_for(box: tuple[str, Watched]) -> None:
    """Pages are halved until the service answers; a size that was asked for stands."""
    address, watched = box
    watched.answers += [("/query", Response(status=504))] * 3
    loaded = Loaded.of(dataSet=local.SEN_ID, baseUrl=address, **QUESTION)
    assert [5_000] == [part.size for part in loaded.parts]
    watched.answers += [("/query", Response(status=504))] * 3
    with pytest.raises(errors.ServerTimeoutError):
        _ = Loaded.of(dataSet=local.SEN_ID, baseUrl=address, pageSize=100, **QUESTION).parts
    watched.answers.clear()


def test_data_that_change_between_pages(box: tuple[str, Watched], tmp_path: Path) -> None:
    """A page that counts other rows than the driver saw is an error; one in the store is asked for anew."""
    address, watched = box
    reader, parts = Loaded.of(dataSet=local.SEN_ID, baseUrl=address, store=tmp_path, **QUESTION).reader()
    watched.since()
    (part,) = map(pickle.loads, parts)
    moved = Pages(numbers=range(1, 2), size=part.value.size, total=part.value.total + 1, turn=0)
    part.value = moved
    with pytest.raises(errors.InvalidResponseError, match="the data changed while it was read"):
        [*reader.read(part)]
    assert ["query"] == watched.since()


def test_a_store_that_executors_do_not_see(tmp_path: Path) -> None:
    """An executor that lacks the driver's folder says so, and what to write; it fetches nothing by itself."""
    reader, parts = Loaded.of(dataSet=local.SEN_ID, demo=True, store=tmp_path / "store").reader()
    (tmp_path / "store").rename(tmp_path / "elsewhere")
    with pytest.raises(errors.StoreError, match=r"share with option\(\"store\", …\)"):
        [*reader.read(unpickled(parts[0]))]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, r'\.option\("dataSet", "…"\)'),
        ({"demo": True}, "which data set"),
        ({"lock": "ees.lock", "filters": {"a": "b"}}, "read_all"),
        ({"dataset": "x", "path": "y"}, "load\\(\\) takes no path"),
        ({"dataSet": "x", "place": "London"}, 'no option "place": write some of dataSet, version'),
        ({"dataSet": "x", "previewToken": "3f0c1f6a"}, "would stand in plans and logs"),
        ({"dataSet": "x", "demo": True, "folder": "y"}, "different services"),
        ({"dataSet": "x", "demo": "perhaps"}, 'write "true" or "false"'),
        ({"dataSet": "x", "store": "s3://bucket/ees"}, "not a path that Python opens"),
        ({"dataSet": "x", "store": " "}, "not a path that Python opens"),
        ({"dataSet": "x", "maxInFlight": "0"}, "whole number of at least 1"),
        ({"dataSet": "x", "withdrawn": "yes"}, 'write "refuse" or "read"'),
        ({"dataSet": "x", "places": "['London']"}, "begins like JSON, and is none"),
        ({"dataSet": "x", "filters": "Total"}, "is no JSON object: write json.dumps of one such as"),
        ({"dataSet": "x", "dtypes": {"a": "int"}}, 'write "long", "double" or "string"'),
        ({"dataSet": "x", "columns": [1]}, "a JSON list of headings"),
        ({"dataSet": "x", "question": {"limit": 3}}, "order, limits and other conditions are Spark's work"),
        ({"dataSet": "x", "question": {}, "places": "London"}, 'leave "places" out'),
        ({"dataSet": "x", "periods": {"since": "2019"}}, "says no range: write"),
        ({"dataSet": local.SEN_ID, "demo": True, "periods": {"from": "2019/20", "to": "2030/31"}}, "2030/31"),
        ({"dataSet": local.SEN_ID, "demo": True, "places": "Atlantis"}, "Atlantis"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], message: str) -> None:
    """Each is refused on the driver, before any row is asked for, with what to write."""
    with pytest.raises(errors.EESError, match=message) as refused:
        Loaded.of(**options)
    assert "3f0c1f6a" not in str(refused.value)


def test_columns_that_somebody_else_says() -> None:
    """Where Spark was given columns, nothing was pinned, and the reader says what to leave out."""
    source = unpickled(Loaded.of(dataSet=local.SEN_ID, demo=True).source)
    source._opened = None
    with pytest.raises(errors.SettingsError, match=r"leave \.schema\(…\) out"):
        source.reader("x STRING")
