"""Mirrors: a folder with a lock and a store of all that a search or a publication gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import pytest

import eesclient as ees
from eesclient import Request, Store
from tests.doors.api import Response
from tests.doors.lock import read_lock
from tests.lock.written import write_lock
from tests.store.switched import Switched, switched
from tests.test_client import Make, Shell, make

__all__ = ["make"]


@pytest.fixture
def served(tmp_path: Path) -> Switched:
    """Return a service with two data sets at 1.0."""
    return switched(tmp_path / "data")


class Demo:
    """The demo, which has a file outside the API; what it is asked, and what answers before it."""

    source = "synthetic"
    origin = "local:demo"

    def __init__(self) -> None:
        self._service = ees.local.demo()
        self.asked: list[str] = []
        self.instead: dict[str, Response] = {}

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        self.asked.append(request.path)
        return self.instead.get(request.path) or self._service.handle(request)


def kinds(asked: list[str]) -> set[str]:
    """Return the last parts of addresses."""
    return {path.rpartition("/")[2] for path in asked}


def reader(make: Make, service: Any, folder: Path, *, lock: bool = True) -> Shell:
    """Return a client that reads a mirror offline."""
    options = {"lock": folder / "ees.lock"} if lock else {}
    return make(service=service, store=folder / "store", offline=True, **options)


def test_only_news_is_fetched(make: Make, served: Switched, tmp_path: Path) -> None:
    """All is fetched once, then only new versions; the lock names the newest, and the store keeps the earlier ones."""
    folder, told, plans = tmp_path / "mirror", list[ees.MirroredEntry](), list[ees.MirrorPlan]()
    client = make(service=served, store=None)
    report = client.mirror(folder, in_api=True, announce=plans.append, progress=told.append)
    assert ({"new"}, 2, (2, 3)) == (
        {one.outcome for one in report.entries},
        len(told),
        (plans[0].wanted, plans[0].rows),
    )
    served.asked.clear()
    again = client.mirror(folder, in_api=True, announce=plans.append, progress=told.append)
    assert ("as before", 2, ()) == (again.outcome, len(told), plans[1].lacking)
    assert {"publications", "data-sets"} == kinds(served.asked)
    served.publish("rates.v1.1", "1.5", "z", "2.5")
    served.asked.clear()
    newer = client.mirror(folder, in_api=True)
    assert ("newer", True) == (newer.outcome, newer.is_complete)
    rates, counts = served.ids["rates"], served.ids["counts"]
    assert not [path for path in served.asked if counts in path]
    assert {rates: "1.1", counts: "1.0"} == {
        entry.id: str(entry.version) for entry in read_lock(folder / "ees.lock").entries
    }
    assert [] == Store(folder / "store").verify()
    served.asked.clear()
    assert 3 == reader(make, served, folder).open(rates).read().total
    assert 2 == reader(make, served, folder, lock=False).open(rates, version="1.0").read().total
    assert "1.1" == str(reader(make, served, folder).changes(rates, "1.1").version)
    assert [] == served.asked


def test_a_failure_stops_no_other(make: Make, served: Switched, tmp_path: Path) -> None:
    """What fails is said with the data set it concerns, and the next run fetches that alone."""
    folder, bad = tmp_path / "mirror", served.ids["rates"]
    handle = served.handle

    def fail(request: Request) -> Response:
        return Response(status=500) if request.path == f"/data-sets/{bad}/csv" else handle(request)

    served.handle = fail  # type: ignore[method-assign]
    report = make(service=served, retries=0).mirror(folder)
    assert {bad: "no answer", served.ids["counts"]: "new"} == {one.id: one.outcome for one in report.entries}
    assert (False, "no answer") == (report.is_complete, report.outcome)
    assert report.summary().startswith("2 data sets: 1 new, 1 no answer\n  Rates ")
    assert [served.ids["counts"]] == [entry.id for entry in read_lock(folder / "ees.lock").entries]
    served.handle = handle  # type: ignore[method-assign]
    served.asked.clear()
    assert make(service=served).mirror(folder).is_complete
    assert [f"/data-sets/{bad}/csv"] == [path for path in served.asked if path.endswith("/csv")]


def test_what_is_lost_is_fetched_again(make: Make, served: Switched, tmp_path: Path) -> None:
    """A mirror whose store lost a data file gets it again; one that is not what was locked is said to be changed."""
    folder = tmp_path / "mirror"
    client = make(service=served)
    client.mirror(folder)
    store = Store(folder / "store")
    for ref in [one for one in store.refs() if one.kind == "csv"]:
        store.folder.remove(ref.path)
    lock = read_lock(folder / "ees.lock")
    edited = [attrs.evolve(one, data_sha256="0" * 64) if one.title == "Rates" else one for one in lock.entries]
    write_lock(folder / "ees.lock", attrs.evolve(lock, entries=edited))
    report = client.mirror(folder)
    assert [("Counts", "as before"), ("Rates", "changed")] == [(one.title, one.outcome) for one in report.entries]
    assert "is not the one that was locked" in (report.entries[1].problem or "")


def test_files_outside_the_api(make: Make, tmp_path: Path) -> None:
    """A file outside the API comes too, and is looked at again only when the feed of changes says something new."""
    folder, demo = tmp_path / "mirror", Demo()
    client = make(service=demo)
    report = client.mirror(folder)
    assert (3, "new") == (len(report.entries), report.outcome)
    (file,) = read_lock(folder / "ees.lock").files
    demo.asked.clear()
    assert "as before" == client.mirror(folder).outcome
    assert {"publications", "data-sets", "sitemap-items"} == kinds(demo.asked)
    demo.instead["/data-set-files/sitemap-items"] = Response(status=200, body=json.dumps([{"id": file.id}]).encode())
    demo.asked.clear()
    assert "as before" == client.mirror(folder).outcome
    assert "data-set-files" in kinds(demo.asked)
    assert "csv" not in kinds(demo.asked)
    lock = read_lock(folder / "ees.lock")
    write_lock(folder / "ees.lock", attrs.evolve(lock, files=[attrs.evolve(file, updated=None, data_sha256="0" * 64)]))
    (folder / "mirror.json").write_text("[")
    replaced = client.mirror(folder, in_api=False)
    assert [(file.id, "newer")] == [(one.id, one.outcome) for one in replaced.entries]
    assert 2 == len(replaced.others)
    assert (file,) == read_lock(folder / "ees.lock").files
    where: dict[str, Any] = {"lock": folder / "ees.lock", "store": folder / "store"}
    with ees.Client(service=demo, offline=True, **where) as offline:
        assert 918 == offline.catalogue.entry(file.id).open().read().total


def test_choices(make: Make, tmp_path: Path) -> None:
    """A publication, a theme and words choose; what is not found leaves all as it was."""
    client = make(service=ees.local.demo())

    def titles(**choice: Any) -> list[str]:
        found = client.mirror(tmp_path / "mirror", **choice).entries
        return [one.title.partition(" (")[0] for one in found]

    early = "early-years-education-recovery-synthetic"
    in_api = ["LA - Key Stage 4", "National - Special educational needs"]
    assert ["Special educational needs coordinator"] == titles(publication=early)
    assert ["LA - Key Stage 4"] == titles(text="stage key")
    assert in_api == titles(theme="Children's social care (synthetic)")
    assert [] == titles(theme="Early years (synthetic)", text="no such words")
    assert [] == titles(theme="Early years (synthetic)", in_api=True)
    before = (tmp_path / "mirror" / "ees.lock").read_bytes()
    with pytest.raises(ees.UnknownLabelError, match="the nearest"):
        client.mirror(tmp_path / "mirror", publication="no such publication")
    assert before == (tmp_path / "mirror" / "ees.lock").read_bytes()
    with pytest.raises(ees.LockError, match="is a lock of local:demo"):
        make(service=switched(tmp_path / "data")).mirror(tmp_path / "mirror")
