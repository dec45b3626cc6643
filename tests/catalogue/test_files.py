"""Tests of opening data sets of the catalogue: in process, behind HTTP, awaited, offline and locked."""

from __future__ import annotations

import csv
import gzip
import hashlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

import eesclient as ees
from eesclient import Filter, Request
from eesclient.local import SEN_ID
from eesclient.testing import FakeService
from tests.doors.api import Response
from tests.doors.local import SENCO_ID, SENCO_NAME, SENCO_OLD_ID, SENCO_TITLE, pair_files

PUBLICATION = "Early years education recovery (synthetic)"
FOOTNOTE = "Nobody could register after March 2024."
CONTENT = gzip.decompress(pair_files(SENCO_NAME)[0].read_bytes())
QUESTION = {
    "indicators": "Number of settings",
    "filters": {"Status": "Completed"},
    "periods": "June 2024",
}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Return the address of the demo behind HTTP, in a thread."""
    pytest.importorskip("uvicorn", reason="the extra server is not installed")
    pytest.importorskip("starlette", reason="the extra server is not installed")
    from tests.doors.server import application, web

    server = web.server(application(ees.local.demo()))
    with web.listen("127.0.0.1", 0) as listening:
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=20)


@pytest.fixture(params=["in process", "behind HTTP"])
def client(request: pytest.FixtureRequest) -> Iterator[ees.Client]:
    """Return a client of the demo, without sockets and with them."""
    if request.param == "in process":
        made = ees.Client(service=ees.local.demo())
    else:
        made = ees.Client(base_url=request.getfixturevalue("address"))
    with made:
        yield made


def old(client: ees.Client) -> ees.CatalogueEntry:
    """Return the entry of the release before."""
    return client.catalogue.entry(SENCO_OLD_ID)


def test_the_whole_way(client: ees.Client) -> None:
    """Search by word finds the set among those of the API, opens it, and answers in labels with footnotes."""
    found = {entry.title: entry for entry in client.catalogue.search("special educational")}
    assert {True, False} == {entry.in_api for entry in found.values()}
    senco = found[SENCO_TITLE].open()
    assert isinstance(senco, ees.CatalogueDataSet)
    result = senco.query(**QUESTION)  # type: ignore[arg-type]
    settings = dict(result.frame.select("la_name", "no_of_settings").rows())
    expected = {
        row["la_name"]: float(row["no_of_settings"])
        for row in csv.DictReader(CONTENT.decode().splitlines())
        if (row["time_identifier"], row["status"]) == ("June", "Completed")
    }
    assert 153 == len(expected)
    assert expected == settings
    assert FOOTNOTE in senco.footnotes()
    assert ("no_of_settings", "Number of settings") in [(one.column, one.label) for one in senco.variables()]


def test_what_is_opened_is_like_a_pinned_data_set(client: ees.Client) -> None:
    """Metadata, whole data set, download and digest are there; the entry too."""
    senco = client.catalogue.entry(SENCO_ID).open()
    assert isinstance(senco, ees.CatalogueDataSet)
    assert (SENCO_ID, SENCO_TITLE, "July 2025 (synthetic)") == (senco.id, senco.title, senco.release.title)
    assert ["status"] == [one.column for one in senco.meta.filters]
    assert ["no_of_practitioners", "no_of_settings"] == [one.column for one in senco.meta.indicators]
    assert 918 == senco.read().frame.height == senco.query(route="csv").frame.height
    assert senco.read().frame.equals(senco.scan().collect())
    assert hashlib.sha256(CONTENT).hexdigest() == senco.sha256
    assert SENCO_ID == senco.entry.id


def test_download(client: ees.Client, tmp_path: Path) -> None:
    """The very bytes are saved."""
    path = client.catalogue.entry(SENCO_ID).open().download(tmp_path / "senco.csv")
    assert CONTENT == path.read_bytes()


def test_provenance(client: ees.Client) -> None:
    """Answers say where the file is from, its digest, and its footnotes; the citation too."""
    senco = client.catalogue.entry(SENCO_ID).open()
    result = senco.query(**QUESTION)  # type: ignore[arg-type]
    where = result.provenance
    assert (PUBLICATION, "July 2025 (synthetic)") == (where.publication, where.release)
    assert (client._transport.source, None) == (where.source, where.licence)
    assert hashlib.sha256(CONTENT).hexdigest() == where.file_sha256
    assert FOOTNOTE in where.footnotes
    page = f"{client._site}/data-catalogue/data-set/{SENCO_ID}" if client._site else ""
    assert page == where.url
    for style in ("text", "bibtex", "csl-json"):
        cited = result.cite(style)  # type: ignore[arg-type]
        assert (True, False) == (FOOTNOTE.rstrip(".") in cited, "ersion 1.0" in cited)


def test_provenance_survives_parquet(client: ees.Client, tmp_path: Path) -> None:
    """Digest and footnotes travel in the file."""
    result = client.catalogue.entry(SENCO_ID).open().read()
    assert result.provenance == ees.read_parquet(result.write_parquet(tmp_path / "senco.parquet")).provenance


def test_a_data_set_of_the_api(client: ees.Client) -> None:
    """What is in the API is opened there, at the version of the file."""
    (entry,) = (entry for entry in client.catalogue.search() if entry.api_id == SEN_ID)
    sen = entry.open()
    assert (SEN_ID, "2.0", False) == (sen.id, str(sen.version), isinstance(sen, ees.CatalogueDataSet))
    with pytest.raises(ees.QueryError, match="kinds="):
        entry.open(kinds={"sen_provision": "filter"})


def test_footnotes_of_the_api(client: ees.Client) -> None:
    """Footnotes and variables of a data set of the API come by its file, and then go with its answers."""
    sen = client.open(SEN_ID)
    assert () == sen.query(limit=1, sort="period").provenance.footnotes
    assert ("Synthetic figures, made up by a program: not statistics.",) == sen.footnotes()
    assert ("sen_provision", "SEN provision") in [(one.column, one.label) for one in sen.variables()]
    result = sen.query(limit=1, sort="period")
    assert sen.footnotes() == result.provenance.footnotes
    assert "Footnotes: (1) Synthetic figures" in result.cite()


def test_a_stale_id(client: ees.Client) -> None:
    """Opening an older release's file warns and names the newer id; the figures are the old ones."""
    entry = old(client)
    assert not entry.latest
    with pytest.warns(ees.StaleEntryWarning, match=SENCO_ID) as caught:
        senco = entry.open()
    assert __file__ == caught[0].filename
    assert ["2024 June"] == [period.label for period in senco.periods]


def test_a_stale_id_whose_newer_one_cannot_be_found() -> None:
    """The warning comes also where the search for the newer one fails."""
    service = FakeService()
    with ees.Client(service=service, retries=0) as client:
        entry = old(client)
        service.disconnect(path="/data-set-files")
        with pytest.warns(ees.StaleEntryWarning, match="could not be asked"):
            entry.open()


def test_kinds(client: ees.Client) -> None:
    """What columns are can be said; the label stays."""
    entry = client.catalogue.entry(SENCO_ID)
    senco = entry.open(kinds={"no_of_practitioners": "ignored"})
    assert ["no_of_settings"] == [one.column for one in senco.meta.indicators]
    with pytest.raises(ees.DataFileError, match="nothing"):
        entry.open(kinds={"nothing": "filter"})


@pytest.mark.anyio
@pytest.mark.parametrize("behind", ["in process", "behind HTTP"])
async def test_awaited(behind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """The awaiting shell does the same."""
    if behind == "in process":
        made = ees.AsyncClient(service=ees.local.demo())
    else:
        made = ees.AsyncClient(base_url=request.getfixturevalue("address"))
    async with made as client:
        (entry,) = [entry async for entry in client.catalogue.search("SENCO")]
        senco = await entry.open()
        assert isinstance(senco, ees.AsyncCatalogueDataSet)
        result = await senco.query(**QUESTION)  # type: ignore[arg-type]
        assert 153 == result.frame.height
        assert 918 == (await senco.scan()).collect().height
        assert FOOTNOTE in await senco.footnotes()
        assert FOOTNOTE in result.provenance.footnotes
        assert "status" in [one.column for one in await senco.variables()]
        assert SENCO_ID == (await client.catalogue.latest(publication=PUBLICATION, title=SENCO_TITLE)).id
        assert 2 == len([change async for change in client.catalogue.changed_since("2026-01-01")])
        assert senco.sha256 == hashlib.sha256((await senco.download(tmp_path / "x.csv")).read_bytes()).hexdigest()
        with pytest.warns(ees.StaleEntryWarning, match=SENCO_ID):
            await (await client.catalogue.entry(SENCO_OLD_ID)).open()
        sen = await client.open(SEN_ID)
        assert await sen.footnotes() == (await sen.read()).provenance.footnotes
        assert [one.label for one in await sen.variables()] == [
            *(one.label for one in sen.meta.filters),
            *(one.label for one in sen.meta.indicators),
        ]
        assert senco.id == (await senco.lock(tmp_path / "ees.lock")).id


def test_offline(tmp_path: Path) -> None:
    """What was read once is there offline: lists, entries and files."""
    service = ees.local.demo()
    with ees.Client(service=service, store=tmp_path) as client:
        (entry,) = client.catalogue.search("SENCO")
        online = entry.open().read()
        client.catalogue.entry(SENCO_ID)
    with ees.Client(service=service, store=tmp_path, offline=True) as client:
        (entry,) = client.catalogue.search("SENCO")
        assert online.digest == entry.open().read().digest
        assert online.provenance.retrieved_at == entry.open().read().provenance.retrieved_at
        with pytest.raises(ees.OfflineError):
            client.catalogue.entry(SENCO_OLD_ID)


class Replaced(FakeService):
    """A service that replaced a file inside its release, or has it no more."""

    gone = False
    body: bytes | None = None

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        if self.gone and request.host != "api" and SENCO_ID in request.path:
            return Response(status=404)
        answer = super().handle(request)
        is_file = request.host == "site" and self.body is not None
        return Response(status=200, body=self.body or b"") if is_file else answer


def test_what_is_gone_and_in_the_store(tmp_path: Path) -> None:
    """The error of a file that is gone says that the store has it, and how it is read."""
    service = Replaced(ees.local.demo())
    with ees.Client(service=service, store=tmp_path) as client:
        client.catalogue.entry(SENCO_ID).open()
        service.gone = True
        with pytest.raises(ees.CatalogueError, match=f"no such file any more.*still has it.*{SENCO_ID}"):
            client.catalogue.entry(SENCO_ID)
    with ees.Client(service=service) as client, pytest.raises(ees.CatalogueError) as plain:
        client.catalogue.entry(SENCO_ID)
    assert "still" not in str(plain.value)
    with ees.Client(service=service, store=tmp_path, offline=True) as client:
        client.catalogue.entry(SENCO_ID).open()


def test_a_locked_file(tmp_path: Path) -> None:
    """A lock goes by the digest of the bytes: what is replaced is an error, unless the store has what was locked."""
    service = Replaced()
    path = tmp_path / "ees.lock"
    with ees.Client(service=service, store=tmp_path / "store") as client:
        senco = client.catalogue.entry(SENCO_ID).open()
        entry = senco.lock(path)
        expected = senco.read().digest
    assert isinstance(entry, ees.FileEntry)
    assert (hashlib.sha256(CONTENT).hexdigest(), len(CONTENT)) == (entry.data_sha256, entry.data_size)
    service.body = CONTENT.replace(b",June,", b",July,")
    with ees.Client(service=service, lock=path) as client, pytest.raises(ees.LockError, match="not the one"):
        client.catalogue.entry(SENCO_ID).open()
    with ees.Client(service=service, store=tmp_path / "store") as client:
        # another reader of the store does not take what was locked away
        assert expected != client.catalogue.entry(SENCO_ID).open().read().digest
    service.gone = True
    with ees.Client(service=service, lock=path, store=tmp_path / "store") as client:
        assert expected == client.catalogue.entry(SENCO_ID).open().read().digest


def test_a_file_that_is_not_in_the_lock(tmp_path: Path) -> None:
    """Only what is locked is opened."""
    service = ees.local.demo()
    with ees.Client(service=service) as client:
        client.open(SEN_ID).lock(tmp_path / "ees.lock")
    with ees.Client(service=service, lock=tmp_path / "ees.lock") as client:
        entry = client.catalogue.entry(SENCO_ID)
        with pytest.raises(ees.LockError, match=f"{SENCO_ID} of the catalogue is not in"):
            entry.open()


def test_locking_a_newer_file_replaces_the_older(tmp_path: Path) -> None:
    """A lock has one file for a title: the newer release's takes the place of the older one's."""
    path = tmp_path / "ees.lock"
    with ees.Client(service=ees.local.demo()) as client:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ees.StaleEntryWarning)
            old(client).open().lock(path)
        client.catalogue.entry(SENCO_ID).open().lock(path)
    assert 1 == path.read_text().count("[[file]]")
    assert SENCO_ID in path.read_text()


class Listed(FakeService):
    """A service whose catalogue describes its file otherwise."""

    def __init__(self, *changes: tuple[bytes, bytes]) -> None:
        super().__init__()
        self._changes = changes

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        answer = super().handle(request)
        if request.path != f"/data-set-files/{SENCO_ID}":
            return answer
        body = answer.body
        for before, after in self._changes:
            assert before in body
            body = body.replace(before, after)
        return Response(status=200, body=body)


def filters(senco: ees.PinnedDataSet) -> list[str]:
    """Return the columns of filters."""
    found: list[Filter] = list(senco.meta.filters)
    return [one.column for one in found]


def test_columns_that_the_catalogue_names_and_the_file_has_not() -> None:
    """Labels of columns that are not there are said in the notes, and the rest is read."""
    service = Listed((b'"value":"no_of_settings"', b'"value":"settings"'), (b'"no_of_settings"', b'"settings"'))
    with ees.Client(service=service) as client:
        senco = client.catalogue.entry(SENCO_ID).open()
    assert ["status"] == filters(senco)
    assert any("settings" in note for note in senco.notes)


def test_columns_that_the_catalogue_does_not_list() -> None:
    """Where every filter and indicator has its column, another column is neither, which the notes say."""
    service = Listed(
        (b'"indicators":["Number of practitioners","Number of settings"]', b'"indicators":["Number of settings"]'),
        (b',{"label":"Number of practitioners","value":"no_of_practitioners"}', b""),
    )
    with ees.Client(service=service) as client:
        senco = client.catalogue.entry(SENCO_ID).open()
    assert ["no_of_settings"] == [one.column for one in senco.meta.indicators]
    assert any("no_of_practitioners" in note for note in senco.notes)


def test_a_page_instead_of_a_file() -> None:
    """A page where the file should be is the catalogue's error."""
    service = Replaced()
    service.body = b"<!DOCTYPE html><html></html>"
    with ees.Client(service=service) as client, pytest.raises(ees.CatalogueError, match="a page came"):
        client.catalogue.entry(SENCO_ID).open()


def test_a_file_that_is_cut() -> None:
    """A file with fewer rows than the catalogue says is the catalogue's error, and the next try opens it."""
    service = Replaced()
    service.body = CONTENT[: CONTENT.rindex(b"\n", 0, -1) + 1]
    with ees.Client(service=service) as client:
        with pytest.raises(ees.CatalogueError, match="came with 917 of its 918 rows: try again"):
            client.catalogue.entry(SENCO_ID).open()
        service.body = None
        assert 918 == len(client.catalogue.entry(SENCO_ID).open().read())


@pytest.mark.parametrize("end", ["", "/csv"])
def test_a_page_of_a_data_set_outside_the_api(client: ees.Client, end: str) -> None:
    """The address of a page opens the same data set as its entry."""
    site = client._site or "https://explore-education-statistics.service.gov.uk"
    senco = client.open(f"{site}/data-catalogue/data-set/{SENCO_ID}{end}")
    assert isinstance(senco, ees.CatalogueDataSet)
    assert SENCO_ID == senco.id
    with pytest.raises(ees.QueryError, match="has no version"):
        client.open(f"{site}/data-catalogue/data-set/{SENCO_ID}", version="1.0")


def test_a_page_that_neither_has(client: ees.Client) -> None:
    """A page that the catalogue does not have either is not found."""
    site = client._site or "https://explore-education-statistics.service.gov.uk"
    with pytest.raises(ees.DataSetNotFoundError, match="outside the API") as caught:
        client.open(f"{site}/data-catalogue/data-set/{SENCO_ID[:-1]}0")
    assert isinstance(caught.value.__cause__, ees.CatalogueError)


@pytest.mark.anyio
async def test_a_page_awaited() -> None:
    """The awaiting shell opens pages too."""
    page = f"https://explore-education-statistics.service.gov.uk/data-catalogue/data-set/{SENCO_ID}"
    async with ees.AsyncClient(service=ees.local.demo()) as client:
        assert isinstance(await client.open(page), ees.AsyncCatalogueDataSet)
