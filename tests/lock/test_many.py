"""Many data sets of a lock side by side: the same whatever ends first, polite, and one that fails stops no other."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import eesclient as ees
from eesclient import Request, Store
from tests.doors.api import Response
from tests.doors.lock import LockFile, change_lock, read_lock
from tests.lock.written import write_lock
from tests.store.switched import HEADER, META, ROW, Switched
from tests.test_client import Make, make
from tests.transport.test_driver import Crowd

__all__ = ["make"]


class Many(Switched):
    """A service of so many data sets; what answers can be put before it."""

    def __init__(self, folder: Path, count: int) -> None:
        super().__init__(folder)
        folder.mkdir()
        for number in range(count):
            (folder / f"set{number:02}.meta.csv").write_text(META)
            (folder / f"set{number:02}.csv").write_text(HEADER + ROW.format(2020 + number, f"{number}.5"))
        self.load()

    def before(self, request: Request) -> Response | None:
        """Answer a request, or leave it to the service."""

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        return self.before(request) or super().handle(request)

    def lock(self, path: Path) -> None:
        """Lock all data sets at 1.0."""
        with ees.Client(service=self.service, store=None) as client:
            opened = [client.open(id_, version="1.0") for id_ in self.ids.values()]
            for data_set in opened[:1]:
                data_set.lock(path)
            entries = [attrs.evolve(read_lock(path).entries[0], **_of(data_set)) for data_set in opened]
        write_lock(path, LockFile(base_url=self.origin, entries=entries))


def _of(data_set: ees.PinnedDataSet) -> dict[str, object]:
    pinned = data_set._pinned
    return {"id": data_set.id, "title": data_set.title, "rows": 1, "meta_sha256": pinned.meta_digest}


def kept(store: Path) -> dict[str, str]:
    """Return what a store has, without when it came."""
    return {ref.path: ref.digest for ref in Store(store).refs()}


def test_few_requests(make: Make, tmp_path: Path) -> None:
    """40 data sets take three requests each and three more, the second time one each; then all is there offline."""
    served, path, store = Many(tmp_path / "data", 40), tmp_path / "ees.lock", tmp_path / "store"
    served.lock(path)
    told: list[ees.SyncedEntry] = []
    report = make(service=served, store=store).sync(path, progress=told.append)
    assert (True, 40, 40 * 3 + 3) == (report.is_complete, len(told), len(served.asked))
    assert [entry.title for entry in read_lock(path).entries] == [one.entry.title for one in report.entries]
    served.asked.clear()
    before = path.stat().st_mtime_ns
    assert report == make(service=served, store=store).sync(path)
    assert ({f"/data-sets/{id_}/versions" for id_ in served.ids.values()}, 40) == ({*served.asked}, len(served.asked))
    assert before == path.stat().st_mtime_ns
    served.asked.clear()
    offline = make(service=served, store=store, offline=True, lock=path)
    online = make(service=served.service, store=None)
    for id_ in [*served.ids.values()][::13]:
        assert offline.open(id_).read().frame.equals(online.open(id_).read().frame)
        for ask in ("data_set", "version", "changes", "meta"):
            arguments = (id_,) if ask in ("data_set", "meta") else (id_, "1.0")
            assert getattr(offline, ask)(*arguments) == getattr(online, ask)(*arguments)
        assert [*offline.versions(id_)] == [*online.versions(id_)]
    assert [] == served.asked


def test_summaries_follow_the_versions(make: Make, tmp_path: Path) -> None:
    """What a data set says of itself is asked again once its list of versions names another latest one."""
    served, path, store = Many(tmp_path / "data", 2), tmp_path / "ees.lock", tmp_path / "store"
    served.lock(path)
    client = make(service=served, store=store)
    client.sync(path)
    served.publish("set00.v1.1", "1.5", "2.5")
    served.asked.clear()
    client.sync(path)
    id_ = served.ids["set00"]
    assert 3 == len(served.asked)
    assert f"/data-sets/{id_}" in served.asked
    latest = make(service=served, store=store, offline=True).data_set(id_).latest_version
    assert "1.1" == str(latest.version)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(4)), bad=st.sampled_from([None, 0, 3]))
def test_any_order_of_finishing_gives_the_same(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], bad: int | None
) -> None:
    """Whatever ends first, and whichever fails: report, store and lock file are those of one after another."""
    folder = tmp_path_factory.mktemp("many")
    served = Many(folder / "data", 4)
    served.lock(folder / "ees.lock")
    locked = (folder / "ees.lock").read_bytes()
    ids = [entry.id for entry in read_lock(folder / "ees.lock").entries]
    turns = [threading.Event() for _ in order]

    def before(request: Request) -> Response | None:
        if not request.path.endswith("/csv"):
            return None
        place = ids.index(request.path.split("/")[2])
        if waits:
            turns[place].wait(10)
        return Response(status=500) if place == bad else None

    def tell(_: ees.SyncedEntry) -> None:
        told.append(len(told))
        if len(told) < len(order):
            turns[order[len(told)]].set()

    served.before = before  # type: ignore[method-assign]
    seen = []
    for waits in (False, True):
        told = list[int]()
        turns[order[0]].set()
        (folder / "ees.lock").write_bytes(locked)
        store = folder / f"store{waits}"
        in_flight = 6 if waits else 1
        with ees.Client(service=served, store=store, retries=0, max_in_flight=in_flight) as client:
            report = client.sync(folder / "ees.lock", progress=tell)
        seen.append((report, kept(store), (folder / "ees.lock").read_bytes()))
    assert seen[0] == seen[1]
    assert (4, bad is None) == (len(told), seen[0][0].is_complete)


def test_one_of_many_fails(make: Make, tmp_path: Path) -> None:
    """Each that fails is reported with why, the others are done, and the next run does what is left."""
    served, path, store = Many(tmp_path / "data", 9), tmp_path / "ees.lock", tmp_path / "store"
    served.lock(path)
    gone, busy, cut, other = (read_lock(path).entries[place].id for place in (0, 3, 5, 8))

    def before(request: Request) -> Response | None:
        if f"/data-sets/{gone}" in request.path:
            return Response(status=404)
        if request.path == f"/data-sets/{busy}/meta":
            return Response(status=503, headers={"retry-after": "0"})
        if request.path == f"/data-sets/{cut}/versions":
            return Response(status=200, body=b'{"paging"')
        if request.path == f"/data-sets/{other}/csv":
            return Response(status=200, body=HEADER.encode() + ROW.format(2020, "9").encode() * 2)
        return None

    served.before = before  # type: ignore[method-assign]
    client = make(service=served, store=store, retries=1)
    report = client.sync(path)
    outcomes = {one.entry.id: one.outcome for one in report.entries if one.outcome != "in the store"}
    assert {gone: "changed", busy: "no answer", cut: "no answer", other: "no answer"} == outcomes
    assert 5 == sum(ref.kind == "csv" for ref in Store(store).refs())
    assert report.summary().startswith("5 of 9 locked data sets in the store, verified: ")
    assert 5 == len(report.summary().splitlines())
    assert 5 == sum(entry.data_sha256 is not None for entry in read_lock(path).entries)
    del served.before
    served.asked.clear()
    assert client.sync(path).is_complete
    fetched = {asked.split("/")[2] for asked in served.asked if asked.endswith("/csv")}
    assert {*outcomes} == fetched


def test_a_full_store_ends_all(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What concerns every data set ends the sync, and the lock stays as it was."""
    served, path = Many(tmp_path / "data", 3), tmp_path / "ees.lock"
    served.lock(path)
    before = path.read_bytes()
    monkeypatch.setattr(Store, "commit", _full)
    with pytest.warns(ees.StoreWarning), pytest.raises(ees.EESError, match="could not be kept in the store"):
        make(service=served, store=tmp_path / "store").sync(path)
    assert before == path.read_bytes()


def _full(*_: object, **__: object) -> None:
    raise OSError("No space left on device")


def test_requests_in_flight(make: Make, tmp_path: Path) -> None:
    """As many requests are in flight as the client may have, and never more; all of a check and of a list, too."""
    served, path, crowd = Many(tmp_path / "data", 8), tmp_path / "ees.lock", Crowd()
    served.lock(path)

    def before(request: Request) -> None:
        crowd.enter(2)
        if request.path.endswith("/versions"):
            crowd.full.wait(10)
        crowd.leave()

    served.before = before  # type: ignore[method-assign]
    client = make(service=served, store=tmp_path / "store", max_in_flight=2)
    client.sync(path)
    client.check_lock(path, data=True)
    client.outdated(path)
    assert 2 == crowd.most


def test_busy_services_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is told to wait waits as long as it is told, with its place among those in flight, which no other takes."""
    served, path = Many(tmp_path / "data", 3), tmp_path / "ees.lock"
    served.lock(path)
    log: list[str] = []

    def before(request: Request) -> Response | None:
        log.append(request.path)
        is_first = request.path.endswith("/versions") and log.count(request.path) == 1
        return Response(status=429, headers={"retry-after": "7"}) if is_first else None

    served.before = before  # type: ignore[method-assign]
    monkeypatch.setattr("time.sleep", lambda seconds: log.append(f"waited {seconds:.0f} s"))
    with ees.Client(service=served, store=tmp_path / "store", max_in_flight=1) as client:
        assert client.sync(path).is_complete
    refused = [place for place, asked in enumerate(log) if asked.endswith("/versions") and asked not in log[:place]]
    assert 3 == len(refused)
    assert [["waited 7 s", log[place]] for place in refused] == [log[place + 1 : place + 3] for place in refused]


def test_somebody_else_writes_the_lock(make: Make, tmp_path: Path) -> None:
    """What another writer put into the lock meanwhile stays, is reported, and keeps no other digest out."""
    served, path = Many(tmp_path / "data", 5), tmp_path / "ees.lock"
    served.lock(path)
    first, *_ = lock = read_lock(path).entries
    other = attrs.evolve(first, asked="1.1", version="1.1", rows=2)

    def write(_: ees.SyncedEntry) -> None:
        change_lock(path, served.origin, [other], read_lock(path).same)

    report = make(service=served, store=tmp_path / "store").sync(path, progress=write)
    assert ["changed", *["in the store"] * 4] == [one.outcome for one in report.entries]
    assert "was changed meanwhile" in (report.entries[0].problem or "")
    after = read_lock(path).entries
    assert (other, len(lock)) == (after[0], len(after))
    assert [False, *[True] * 4] == [entry.data_sha256 is not None for entry in after]


def test_checks_of_many(make: Make, tmp_path: Path) -> None:
    """A check and a look for newer versions go on after a failure, in order, and say what it concerns."""
    served, path = Many(tmp_path / "data", 4), tmp_path / "ees.lock"
    served.lock(path)
    served.publish("set02.v1.1", "1.5", "2.5")
    gone, busy = (read_lock(path).entries[place].id for place in (0, 3))

    def before(request: Request) -> Response | None:
        if request.path.startswith(f"/data-sets/{gone}"):
            return Response(status=404)
        return Response(status=500) if request.path.startswith(f"/data-sets/{busy}") else None

    served.before = before  # type: ignore[method-assign]
    client = make(service=served, retries=0)
    told: list[Any] = []
    found = client.check_lock(path, progress=told.append)
    assert ["changed", "as locked", "as locked", "no answer"] == [one.outcome for one in found.entries]
    assert ("changed", 4) == (found.outcome, len(told))
    assert [row["outcome"] for row in json.loads(json.dumps(found.to_rows()))] == [one.outcome for one in found.entries]
    news = client.outdated(path, progress=told.append)
    assert [(False, "changed"), (False, "answered"), (True, "answered"), (False, "no answer")] == [
        (one.outdated, one.outcome) for one in news.entries
    ]
    assert ("changed", 8) == (news.outcome, len(told))
    assert (news.entries[3].problem or "") in news.to_text()
