"""Lock files compared with the service, and fetched into a store, by both clients."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import attrs
import pytest

import eesclient as ees
from eesclient import Request, Store
from tests.doors.api import Response
from tests.doors.lock import read_lock
from tests.doors.store import blob_path
from tests.lock.written import write_lock
from tests.store.switched import META, Switched, switched
from tests.test_client import Make, Shell, make

__all__ = ["make"]


@pytest.fixture
def served(tmp_path: Path) -> Switched:
    """Return a service with two data sets at 1.0."""
    return switched(tmp_path / "data")


@pytest.fixture
def path(tmp_path: Path, make: Make, served: Switched) -> Path:
    """Return a lock file with `rates` locked for 1.*."""
    make(service=served).open(served.ids["rates"], version="1.*").lock(tmp_path / "ees.lock")
    return tmp_path / "ees.lock"


def edit(path: Path, **changes: object) -> None:
    """Change the entry of a lock file."""
    lock = read_lock(path)
    write_lock(path, attrs.evolve(lock, entries=[attrs.evolve(lock.entries[0], **changes)]))


def test_as_locked(make: Make, path: Path, served: Switched) -> None:
    """All as it was locked is said of each entry, to the function too; with `data` a digest has to be there."""
    told: list[ees.CheckedEntry] = []
    found = make(service=served).check_lock(path, progress=told.append)
    assert ("as locked", [*found.entries]) == (found.outcome, told)
    assert f"Rates {served.ids['rates']} 1.0: as locked" == found.to_text()
    never = make(service=served).check_lock(path, data=True)
    assert ("changed", True) == (never.outcome, "no digest is locked, ees lock --data notes it" in never.to_text())
    assert "as locked" == ees.LockCheck(entries=()).outcome


def test_the_service_itself_is_asked(make: Make, path: Path, served: Switched) -> None:
    """A store that remembers what was locked does not hide that an exact version changed, and stays as it was."""
    options: dict[str, Any] = {"service": served, "store": path.with_name("store"), "lock": path}
    make(**options).sync()
    (served.folder / "rates.meta.csv").write_text(META.replace("Rate", "Speed"))
    served.publish("rates", "1.5")
    found = make(**options).check_lock(data=True)
    assert ["rows", "metadata", "data"] == [text.partition(":")[0] for text in found.entries[0].messages]
    assert 2 == make(**options, offline=True).open(served.ids["rates"]).read().total


def test_gone(make: Make, path: Path, served: Switched) -> None:
    """A version or a data set that is no longer there has changed."""
    edit(path, asked="7.0", version="7.0")
    found = make(service=served).check_lock(path)
    assert ("changed", True) == (found.outcome, "has no version '7.0'" in found.to_text())
    served.remove("rates")
    found = make(service=served).check_lock(path)
    assert ("changed", True) == (found.outcome, found.to_text().startswith(f"Rates {found.entries[0].entry.id} 7.0: "))


def test_newer_patches(make: Make, path: Path, served: Switched) -> None:
    """Newer patches are named, and the worst of all entries is the outcome."""
    (served.folder / "rates.v1.0.1.meta.csv").write_text(META)
    served.publish("rates.v1.0.1", "1.5", "2")
    found = make(service=served).check_lock(path)
    assert ("newer patches", ["1.0.1"]) == (found.outcome, [str(one.version) for one in found.entries[0].patches])
    make(service=served).open(served.ids["counts"]).lock(path)
    assert ["as locked", "newer patches"] == [one.outcome for one in make(service=served).check_lock(path).entries]
    (news, _) = make(service=served).outdated(path).entries[::-1]
    assert ("1.0", ("1.0.1",), True) == (news.locked, news.patches, news.outdated)


def test_no_answer(make: Make, path: Path, served: Switched, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that does not answer is no mismatch."""
    monkeypatch.setattr(served, "handle", lambda _: Response(status=500))
    assert "no answer" == make(service=served, retries=0).check_lock(path).outcome


def test_another_lock(make: Make, path: Path, served: Switched) -> None:
    """A lock of another service is refused before anything is sent."""
    served.asked.clear()
    client: Shell = make(service=ees.local.demo())
    for call in (client.check_lock, client.sync, client.outdated):
        with pytest.raises(ees.LockError, match="is a lock of local:switched"):
            call(path)
    assert [] == served.asked


def test_sync(make: Make, path: Path, served: Switched) -> None:
    """All that is locked is in the store afterwards, verified, and its digest in the lock; then it is read offline."""
    store, told = path.with_name("store"), list[object]()
    client = make(service=served, store=store)
    report = client.sync(path, announce=told.append, progress=told.append)
    (entry,) = read_lock(path).entries
    assert (True, (served.folder / "rates.csv").stat().st_size) == (report.is_complete, entry.data_size)
    assert [ees.SyncPlan, *report.entries] == [type(told[0]), *told[1:]]
    assert report.to_text().endswith(" bytes of data in the store, verified")
    assert 2 == make(service=served, store=store, lock=path, offline=True).open(entry.id).read().total
    served.asked.clear()
    client.sync(path, announce=told.append)
    assert isinstance(plan := told[-1], ees.SyncPlan)
    assert ((), []) == (plan.lacking, [one for one in served.asked if one.endswith("/csv")])


def test_sync_is_ended_by_its_announcement(make: Make, path: Path, served: Switched) -> None:
    """What the function raises that is told the plan comes out, and nothing is downloaded."""

    def refuse(plan: ees.SyncPlan) -> None:
        raise ValueError(plan.to_text())

    with pytest.raises(ValueError, match="to download: the data files of 1 of 1 locked data sets; 1 with 2 rows"):
        make(service=served, store=path.with_name("store")).sync(path, announce=refuse)
    assert [] == [one for one in served.asked if one.endswith("/csv")]


def test_sync_mends_the_store(make: Make, path: Path, served: Switched) -> None:
    """A damaged data file in the store is downloaded again."""
    client = make(service=served, store=path.with_name("store"))
    client.sync(path)
    store = Store(path.with_name("store"))
    (ref,) = [ref for ref in store.refs() if ref.kind == "csv"]
    (store.path / blob_path(ref.blob)).write_bytes(b"x")
    plans: list[ees.SyncPlan] = []
    client.sync(path, announce=plans.append)
    assert ([1], []) == ([len(plan.lacking) for plan in plans], Store(store.path).verify())


def test_sync_verifies(make: Make, path: Path, served: Switched) -> None:
    """What is not what was locked has a problem; other data sets are fetched all the same."""
    client = make(service=served, store=path.with_name("store"))
    client.open(served.ids["counts"]).lock(path)
    lock = read_lock(path)
    edited = [
        attrs.evolve(one, data_sha256="0" * 64, data_size=3) if one.title == "Rates" else one for one in lock.entries
    ]
    write_lock(path, attrs.evolve(lock, entries=edited))
    report = client.sync(path)
    assert (False, None) == (report.is_complete, report.entries[0].problem)
    assert "is not the one that was locked" in (report.entries[1].problem or "")


def test_sync_needs_a_store_that_can_be_filled(make: Make, path: Path, served: Switched) -> None:
    """Nowhere and a bundle cannot be filled."""
    with pytest.raises(ees.EESError, match="name a folder with --store or EES_STORE"):
        make(service=served).sync(path)
    bundle = path.with_name("store.zip")
    with zipfile.ZipFile(bundle, "w") as file:
        file.writestr("store.json", '{"format": 1}')
    with pytest.raises(ees.EESError, match="is a bundle, which is only read"):
        make(service=served, store=bundle).sync(path)


@pytest.mark.filterwarnings("ignore:the store:eesclient.StoreWarning")
def test_sync_on_a_full_disk(make: Make, path: Path, served: Switched, monkeypatch: pytest.MonkeyPatch) -> None:
    """A data file that cannot be kept is no success."""
    path.with_name("store").mkdir()

    def fail(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(Store, "stage", fail)
    monkeypatch.setattr(Store, "commit", fail)
    with pytest.raises(ees.EESError, match=r"the data file of \S+ 1.0 came, and could not be kept in "):
        make(service=served, store=path.with_name("store")).sync(path)


def test_sync_without_changes(make: Make, path: Path, served: Switched, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that does not give the changes of a version is no reason to go without its data."""
    served.publish("rates.v1.1", "1.5", "z", "2.5")
    make(service=served).open(served.ids["rates"]).lock(path)
    handle = served.handle

    def refuse(request: Request) -> Response:
        return Response(status=403) if request.path.endswith("/changes") else handle(request)

    monkeypatch.setattr(served, "handle", refuse)
    (one,) = make(service=served, store=path.with_name("store")).sync(path).entries
    assert (None, True) == (one.problem, "the service does not give the changes of" in one.notes[0])


def test_outdated(make: Make, path: Path, served: Switched) -> None:
    """Newer versions are reported: in the range and the latest, as a table and as rows for JSON."""
    client = make(service=served, lock=path)
    assert "all locked versions are the newest" == client.outdated().to_text()
    served.publish("rates.v1.1", "1.5", "z", "2.5")
    served.publish("rates.v2.0", "1.5", "z", "2.5", "3.5")
    report = client.outdated()
    (row,) = report.to_rows()
    assert ("1.*", "1.0", "1.1", "2.0", True) == tuple(
        row[name] for name in ("asked", "locked", "in_range", "latest", "outdated")
    )
    assert report.to_text().endswith(f"\n1.0     1.1       2.0     {row['id']}  Rates")


def test_sync_that_fails_in_the_middle(make: Make, path: Path, served: Switched) -> None:
    """What failed is reported; the rest is in the store, verified, and only what failed is fetched again."""
    make(service=served).open(served.ids["counts"]).lock(path)
    store = path.with_name("store")
    first, second = (entry.id for entry in read_lock(path).entries)
    handle = served.handle

    def fail(request: Request) -> Response:
        if request.path == f"/data-sets/{second}/csv":
            return Response(status=200, body=b"")
        return handle(request)

    served.handle = fail  # type: ignore[method-assign]
    report = make(service=served, store=store, retries=0).sync(path)
    assert ["in the store", "no answer"] == [one.outcome for one in report.entries]
    assert ("no answer", False) == (report.outcome, report.is_complete)
    assert "the data file came empty" in (report.entries[1].problem or "")
    assert [True, False] == [entry.data_sha256 is not None for entry in read_lock(path).entries]
    assert [first] == [ref.data_set for ref in Store(store).refs() if ref.kind == "csv"]
    assert [] == Store(store).verify()
    served.handle = handle  # type: ignore[method-assign]
    served.asked.clear()
    assert make(service=served, store=store).sync(path).is_complete
    assert [f"/data-sets/{second}/csv"] == [one for one in served.asked if one.endswith("/csv")]
