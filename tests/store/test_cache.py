"""What clients keep, what they ask again, and what they know offline; in both shells."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import eesclient as ees
from eesclient import Request, Store, errors, local
from eesclient.testing import FakeService
from tests.doors.api import Response
from tests.test_client import Make, make

__all__ = ["make"]

META = "col_name,col_type,label\nrate,Indicator,Rate\n"
HEADER = "time_period,time_identifier,geographic_level,country_code,country_name,rate\n"
OLD, NEW = "2023,Calendar year,National,E92000001,England,1.5\n", "2024,Calendar year,National,E92000001,England,z\n"
SECRET = "2025,Calendar year,National,E92000001,England,31.4159\n"
TOKEN = "8b6f2a10-33d1-4a57-9d0c-2f1b7c5a4e90"
DESCRIBED = f"""
[data_sets.rates]
title = "Rates"
id = "5d0a6a4e-8e0a-4a6c-9f5e-0c1f6ad0c9b1"

[data_sets.rates.versions."1.2"]
status = "Draft"
notes = "Embargoed."
preview_tokens = [{{ id = "{TOKEN}" }}]
"""
WITHDRAWN = """
[data_sets.rates.versions."1.0"]
status = "Withdrawn"
notes = "Wrong."
withdrawn = 2026-02-01T09:30:00Z
"""
ID = "5d0a6a4e-8e0a-4a6c-9f5e-0c1f6ad0c9b1"
FIGURES = (b"31.4159", b"Embargoed", b"1.2")


class Watched:
    """A service that keeps what it was asked, and can be changed."""

    def __init__(self, service: local.Service) -> None:
        self.service = service
        self.origin = "local:watched"
        self.source = service.source
        self.asked: list[Request] = []

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        self.asked.append(request)
        return self.service.handle(request)

    @property
    def paths(self) -> list[str]:
        """What was asked since the last look."""
        paths = [request.path.removeprefix(f"/data-sets/{ID}") for request in self.asked]
        self.asked.clear()
        return paths


@pytest.fixture
def serve(tmp_path: Path) -> Callable[..., local.Service]:
    """Return what makes a service of rates, with more in its description if told so."""

    def make_service(more: str = "") -> local.Service:
        folder = tmp_path / "data"
        folder.mkdir(exist_ok=True)
        for name, text in {
            "rates.meta.csv": META,
            "rates.csv": HEADER + OLD,
            "rates.v1.1.csv": HEADER + OLD + NEW,
            "rates.v1.2.csv": HEADER + OLD + NEW + SECRET,
            "service.toml": DESCRIBED + more,
        }.items():
            (folder / name).write_text(text)
        return local.Service.from_folder(folder)

    return make_service


def quiet(call: Callable[..., Any], **options: Any) -> Any:
    """Call without the warnings of withdrawn and corrected versions."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", errors.EESWarning)
        return call(**options)


def test_what_an_exact_version_said_is_not_asked_again(make: Make, serve: Any, tmp_path: Path) -> None:
    """Metadata, answers and the data file of an exact version are asked for once, by any number of clients."""
    service = Watched(serve())
    rates = make(service=service, store=tmp_path / "store").open(ID, version="1.*")
    assert ["", "/versions/1.*", "/meta"] == service.paths
    first = rates.query(periods="2024")
    whole = rates.read()
    assert ["/query", "/csv"] == service.paths
    again = make(service=service, store=tmp_path / "store").open(ID)
    assert first.frame.equals(again.query(periods="2024").frame)
    assert whole.frame.equals(again.read().frame)
    assert ["", "/versions/1.1"] == service.paths
    assert first.provenance.retrieved_at == again.query(periods="2024", route="pages").provenance.retrieved_at
    assert whole.provenance.retrieved_at == again.query(periods="2024", route="store").provenance.retrieved_at


def test_nothing_is_kept_without_a_store(make: Make, serve: Any) -> None:
    """A local service is asked each time, unless a store is named."""
    service = Watched(serve())
    for _ in range(2):
        make(service=service).open(ID).query()
        assert ["", "/versions/1.1", "/meta", "/query"] == service.paths


def test_everything_that_was_read_works_offline(make: Make, serve: Any, tmp_path: Path) -> None:
    """Listings, summaries, metadata, questions, files and changes come from the store, and nothing is asked."""
    service = Watched(serve())

    def read_all(client: Any) -> list[Any]:
        (publication,) = client.publications()
        rates = client.open(ID, version="1.0")
        ranged = client.open(ID, version="1.*")
        latest = client.open(ID)
        saved = latest.download(tmp_path / "saved.csv").read_bytes()
        return [
            publication,
            client.publication(publication.id),
            list(client.data_sets(publication.id)),
            list(client.data_sets(search="rates")),
            client.data_set(ID),
            list(client.versions(ID)),
            client.version(ID, "1.0"),
            client.version(ID, "v*"),
            client.changes(ID, "1.*"),
            client.meta(ID),
            client.meta(ID, version="1.*", types="Indicators"),
            (rates.version, ranged.version, latest.version),
            rates.query().frame.rows(),
            ranged.query(periods="2024").frame.rows(),
            latest.query(periods="2023", method="GET").frame.rows(),
            latest.read().frame.rows(),
            (saved, client.download(ID, tmp_path / "again.csv").read_bytes()),
            client.request("GET", f"/data-sets/{ID}/meta", params={"dataSetVersion": "1.0"}),
        ]

    online = read_all(make(service=service, store=tmp_path / "store"))
    service.asked.clear()
    offline = read_all(make(service=service, store=tmp_path / "store", offline=True))
    assert online == offline
    assert [] == service.asked


@pytest.mark.parametrize(
    ("ask", "advice"),
    [
        (lambda client: client.open(ID), f'client.open("{ID}")'),
        (lambda client: list(client.publications()), "online, run the same once"),
        (lambda client: client.version(ID, "2.*"), f'client.open("{ID}", version="2.*")'),
        (lambda client: client.meta(ID, version="1.0"), f'client.open("{ID}", version="1.0")'),
        (lambda client: client.changes(ID, "1.0"), f'client.changes("{ID}", "1.0")'),
        (lambda client: client.request("GET", f"/data-sets/{ID}/csv?dataSetVersion=1.0"), ".read()"),
        (lambda client: client.request("GET", f"/data-sets/{ID}/query?dataSetVersion=1.0"), "any question is answered"),
        (lambda client: client.request("GET", f"/data-sets/{ID}/meta"), "never kept"),
        (lambda client: client.request("GET", "/elsewhere"), "never kept"),
    ],
)
def test_what_is_missing_offline(make: Make, tmp_path: Path, ask: Callable[[Any], Any], advice: str) -> None:
    """What the store does not have is an error that says what to run online; nothing is asked."""
    service = FakeService()
    for options in ({"store": tmp_path / "store"}, {"store": None}):
        with pytest.raises(errors.OfflineError) as caught:
            ask(make(service=service, offline=True, **options))
        assert advice in str(caught.value)
    assert [] == service.requests


def test_what_is_gone_online_and_whole_in_the_store(make: Make, serve: Any, tmp_path: Path) -> None:
    """The error of a data set that is gone says which versions the store has whole, and they can be read as it says."""
    service = Watched(serve())
    client = make(service=service, store=tmp_path / "store")
    quiet(client.open, data_set_id=ID, version="1.1")
    before = quiet(client.open, data_set_id=ID, version="1.0").read().frame
    lock = tmp_path / "ees.lock"
    quiet(client.open, data_set_id=ID, version="1.0").lock(lock)
    service.service = local.demo()

    for options in ({}, {"version": "1.0"}, {"version": "1.*"}):
        with pytest.raises(errors.DataSetNotFoundError, match=r'still has version 1\.0 of it whole.*version="1\.0"'):
            client.open(ID, **options)
    with pytest.raises(errors.DataSetNotFoundError, match=r"still has version 1\.0 of it whole"):
        client.download(ID, tmp_path / "a.csv")
    assert client.download(ID, tmp_path / "a.csv", version="1.0").read_bytes().startswith(b"time_period")
    with pytest.raises(errors.DataSetNotFoundError, match="of it whole"):
        make(service=service, store=tmp_path / "store", lock=lock).open(ID)
    with pytest.raises(errors.DataSetNotFoundError) as plain:
        make(service=service).open(ID)
    assert "whole" not in str(plain.value)

    offline = make(service=service, store=tmp_path / "store", offline=True)
    assert before.equals(offline.open(ID, version="1.0").read().frame)


def test_offline_needs_no_service(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that is offline by the environment makes no connection, wherever it points."""
    monkeypatch.setenv("EES_OFFLINE", "1")
    client = make(base_url="http://127.0.0.1:9", store=tmp_path)
    with pytest.raises(errors.OfflineError, match="online"):
        client.open(ID)
    with pytest.raises(errors.OfflineError):
        client.download(ID, tmp_path / "a.csv", version="1.0")
    assert [] == [*tmp_path.iterdir()]


def test_damage_is_fetched_again_online_and_named_offline(make: Make, serve: Any, tmp_path: Path) -> None:
    """A damaged blob is an error that names it offline; online it is fetched again, and the store is whole."""
    service = Watched(serve())
    store = Store(tmp_path / "store")
    expected = make(service=service, store=store).open(ID).query().frame
    for blob in (store.path / "blobs").iterdir():
        blob.write_bytes(b"\0" * blob.stat().st_size)
    with pytest.raises(errors.StoreError, match=r"damaged.*go online once"):
        make(service=service, store=store, offline=True).open(ID)
    assert expected.equals(make(service=service, store=store).open(ID).query().frame)
    assert [] == store.verify()
    assert expected.equals(make(service=service, store=store, offline=True).open(ID).query().frame)


def test_drafts_never_reach_the_disk(make: Make, serve: Any, tmp_path: Path) -> None:
    """With a preview token a draft can be read, and no byte of it is in the store; what is published is."""
    service = Watched(serve())
    client = make(service=service, store=tmp_path / "store", preview_token=TOKEN)
    draft = client.open(ID, version="1.2")
    assert [31.4159] == draft.query(periods="2025").frame["rate"].to_list()
    for read in (draft.read, draft.changes, lambda: client.meta(ID, version="1.2"), lambda: list(client.versions(ID))):
        read()
    draft.query(periods="2025", route="csv")
    draft.download(tmp_path / "draft.csv")
    client.open(ID, version="1.1").read()
    stored = Store(tmp_path / "store")
    kept = [*stored.refs()]
    assert {"1.1", None} == {ref.version for ref in kept}
    shown = b"".join(stored.read(ref) + ref.request.encode() for ref in kept)
    raw = b"".join(path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file())
    for figure in FIGURES[:2]:
        assert figure not in shown + raw
    assert TOKEN.encode() not in shown + raw


def test_with_a_token_only_what_is_known_to_be_published_is_kept(make: Make, serve: Any, tmp_path: Path) -> None:
    """Metadata that may be a draft's is not kept; once its version is known to be published, it is."""
    store = Store(tmp_path / "store")
    client = make(service=Watched(serve()), store=store, preview_token=TOKEN)
    client.meta(ID, version="1.1")
    assert [] == [*store.refs()]
    client.version(ID, "1.1")
    client.meta(ID, version="1.1")
    assert ["meta", "version"] == sorted(ref.kind for ref in store.refs())
    another = make(service=Watched(serve()), store=store, preview_token=TOKEN)
    another.meta(ID, version="1.1", types="Filters")
    assert 3 == len([*store.refs()])


def test_a_withdrawal_is_remembered(make: Make, serve: Any, tmp_path: Path) -> None:
    """A version that was withdrawn since is refused, from then on offline too; `withdrawn="read"` reads it."""
    store = tmp_path / "store"
    make(service=Watched(serve()), store=store).open(ID, version="1.0").read()
    withdrawn = serve(
        '[data_sets.rates.versions."1.0"]\nstatus = "Withdrawn"\nnotes = "Wrong."\nwithdrawn = 2026-02-01T09:30:00Z\n'
    )
    list(make(service=Watched(withdrawn), store=store).versions(ID))
    offline = make(service=Watched(serve()), store=store, offline=True)
    rates = quiet(offline.open, data_set_id=ID, version="1.0")
    with pytest.raises(errors.WithdrawnError, match="Wrong"):
        rates.read()
    opened = quiet(offline.open, data_set_id=ID, version="1.0", withdrawn="read")
    with pytest.warns(errors.WithdrawnVersionWarning):
        assert [1.5] == opened.read().frame["rate"].to_list()


def test_services_are_kept_apart(make: Make, serve: Any, tmp_path: Path) -> None:
    """Answers of one service are never taken for those of another."""
    service = Watched(serve())
    make(service=service, store=tmp_path / "store").open(ID)
    other = Watched(service.service)
    other.origin = "local:other"
    with pytest.raises(errors.OfflineError):
        make(service=other, store=tmp_path / "store", offline=True).open(ID)


def test_a_store_that_cannot_be_written(
    make: Make, serve: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answers are given, with one warning that they are not kept, which names no temporary file."""
    numbers = count()

    def fail(*_: object, **__: object) -> None:
        raise PermissionError(13, "no room", f"{next(numbers)}.tmp")

    for name in ("write", "stage", "write_file"):
        monkeypatch.setattr(Store, name, fail)
    client = make(service=Watched(serve()), store=tmp_path / "store")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert "Rates" == client.data_set(ID).title
        rates = client.open(ID)
        assert rates.query(limit=1).frame.height == 1
        assert rates.read().frame.height > 0
    (warning,) = caught
    expected = f"the store {tmp_path / 'store'} cannot be written, so answers are not kept: no room [EES-W15]"
    assert str(warning.message) == expected


def test_a_service_without_a_name_has_no_store(make: Make, serve: Any, tmp_path: Path) -> None:
    """A local service that does not say who it is cannot have a store."""
    service = Watched(serve())
    service.origin = ""
    with pytest.raises(errors.SettingsError, match="has no origin"):
        make(service=service, store=tmp_path)


def test_default_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`EES_STORE` names the store, `none` switches it off, and without it the user's data folder has it."""
    from tests.doors.top import default_store

    monkeypatch.setenv("EES_STORE", str(tmp_path / "named"))
    assert tmp_path / "named" == default_store()
    monkeypatch.setenv("EES_STORE", " None ")
    assert None is default_store()
    monkeypatch.setenv("EES_STORE", "~no-such-user/x")
    with pytest.raises(errors.SettingsError, match=r"EES_STORE='~no-such-user/x'.*whole path"):
        default_store()
    monkeypatch.setenv("EES_STORE", "")
    found = default_store()
    assert found is not None
    assert ("store", "eesclient") == (found.name, found.parent.name)
    monkeypatch.setenv("EES_OFFLINE", "perhaps")
    with pytest.raises(errors.SettingsError, match="EES_OFFLINE='perhaps'"):
        ees.Client(base_url="http://127.0.0.1:9")
