"""An answer enters the store once it was read and agrees with the rest; what cannot be read is asked for again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from eesclient import Request, Store, errors
from tests.doors.api import Response
from tests.doors.store import Key, free, prunable
from tests.test_client import Make, make
from tests.transport.scripted import ID, OTHER, Scripted, answer, opened, row

__all__ = ["make"]

pytestmark = pytest.mark.parametrize("make", ["plain", "asyncio"], indirect=True)

PARTS = {"": "data set", "/versions": "versions", "/versions/1.0": "version", "/meta": "meta", "/query": "query"}
ROWS = [row("1"), row("2", sex="oFem0"), row("3", week="W10")]
Change = Callable[[bytes], bytes]


class Faulty:
    """A service, the answers of one kind of which are changed while a fault is set."""

    origin = "local:faulty"
    source = "service"

    def __init__(self) -> None:
        self.service: Scripted = opened(query=two_pages)
        self.fault: tuple[str, Change] | None = None

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        said = self.service.handle(request)
        if self.fault is None or PARTS.get(request.path.removeprefix(f"/data-sets/{ID}")) != self.fault[0]:
            return said
        return attrs.evolve(said, body=self.fault[1](said.body))


def two_pages(request: Request) -> Response:
    """Answer a question with three rows."""
    asked = json.loads(request.body or b"")
    page, size = asked["page"], asked["pageSize"]
    paging = {"page": page, "pageSize": size, "totalResults": 3, "totalPages": -(-3 // size)}
    return answer({"paging": paging, "warnings": [], "results": ROWS[(page - 1) * size : page * size]})


def members(**changed: Any) -> Change:
    """What changes members of an answer."""
    return lambda body: json.dumps(json.loads(body) | changed).encode()


def twice(name: str) -> Change:
    """What gives the first item of a list twice."""

    def change(body: bytes) -> bytes:
        said = json.loads(body)
        said[name] = [said[name][0], *said[name]]
        return json.dumps(said).encode()

    return change


def on_page(number: int, **changed: int) -> Change:
    """What changes the paging of one page."""

    def change(body: bytes) -> bytes:
        said = json.loads(body)
        if said["paging"]["page"] == number:
            said["paging"] |= changed
        return json.dumps(said).encode()

    return change


def whole(client: Any) -> Any:
    """Ask a client for all that can be poisoned."""
    return client.open(ID, version="1.0").query(page_size=2, route="pages").frame.rows()


EVERY = "data set, versions, version, meta, query"
FAULTS: dict[str, tuple[str, Change]] = {
    "a page of HTML": (EVERY, lambda _: b"<html>Sorry</html>"),
    "nothing": (EVERY, lambda _: b""),
    "half of it": (EVERY, lambda body: body[: len(body) // 2]),
    "no members": ("data set, versions, version, query", lambda _: b"{}"),
    "a list": (EVERY, lambda _: b"[]"),
    "not UTF-8": (EVERY, lambda body: body.replace(b'"', b'"\xff', 1)),
    "another data set": ("data set", members(id=OTHER)),
    "another version": ("version", members(version="1.1")),
    "filters twice": ("meta", twice("filters")),
    "indicators twice": ("meta", twice("indicators")),
    "locations twice": ("meta", twice("locations")),
    "another page": ("query, versions", on_page(1, page=7)),
    "another page size": ("query, versions", on_page(1, pageSize=7)),
    "another total": ("query", on_page(2, totalResults=4)),
    "a false total": ("query", on_page(1, totalResults=10**12)),
}
each_fault = pytest.mark.parametrize(
    ("kind", "change"),
    [
        pytest.param(kind, change, id=f"{name}-{kind}")
        for name, (kinds, change) in FAULTS.items()
        for kind in kinds.split(", ")
    ],
)


@each_fault
def test_what_could_not_be_read_is_not_kept(make: Make, tmp_path: Path, kind: str, change: Change) -> None:
    """A fault is an error of ours, the store stays in order, and the same store is right once the service is."""
    service, store = Faulty(), Store(tmp_path / "store")
    right = whole(make(service=service))
    service.fault = (kind, change)
    service.service.requests.clear()
    with pytest.raises(errors.InvalidResponseError):
        whole(make(service=service, store=store))
    # those that are in flight with the first that is wrong
    assert len(service.service.requests) < 15
    assert kind not in {ref.kind for ref in store.refs()}
    service.fault = None
    assert right == whole(make(service=service, store=store))
    assert right == whole(make(service=service, store=store, offline=True))


@each_fault
def test_what_is_stored_and_cannot_be_read(make: Make, tmp_path: Path, kind: str, change: Change) -> None:
    """It is found; offline an error names the command that clears it; online it is set aside, and asked for again."""
    service, store = Faulty(), Store(tmp_path / "store")
    right = whole(make(service=service, store=store))
    for ref in [ref for ref in store.refs() if ref.kind == kind]:
        key = Key(origin=ref.origin, data_set=ref.data_set, version=ref.version, kind=kind, request=ref.request)
        store.write(key, change(store.read(ref)), at=ref.stored_at)
    pruned = Store(shutil.copytree(store.path, tmp_path / "pruned"))
    assert {damage.path for damage in store.verify()}.intersection(ref.path for ref in store.refs() if ref.kind == kind)
    free(pruned, prunable(pruned))
    assert [] == pruned.verify()
    with pytest.raises((errors.StoreError, errors.OfflineError)) as caught:
        whole(make(service=service, store=store, offline=True))
    # of a false total, what it takes for missing
    assert f"ees store prune --yes --store {store.path}" in str(caught.value) or "does not have" in str(caught.value)
    assert right == whole(make(service=service, store=store))
    assert right == whole(make(service=service, store=store, offline=True))


def test_what_a_failed_flow_read_together_is_not_kept(make: Make, tmp_path: Path) -> None:
    """Of pages, none is kept where the last is not there; what was opened before stays."""
    service, store = Faulty(), Store(tmp_path / "store")
    service.fault = ("query", lambda body: body if b'"page": 1' in body else b"")
    with pytest.raises(errors.InvalidResponseError, match="not JSON"):
        whole(make(service=service, store=store))
    assert {"data set", "version", "versions", "meta"} == {ref.kind for ref in store.refs()}


def test_catalogue_lists_and_free_requests(make: Make, tmp_path: Path) -> None:
    """An answer to a request in the user's own words is kept when it was read, and verified as what it is."""
    service, store = Faulty(), Store(tmp_path / "store")
    client = make(service=service, store=store)
    for path in ("", "/versions", "/versions/1.0", "/meta?dataSetVersion=1.0"):
        client.request("GET", f"/data-sets/{ID}{path}")
    assert 4 == len([*store.refs()])
    assert [] == store.verify()
    service.fault = ("data set", lambda _: b"<p>")
    with pytest.raises(errors.InvalidResponseError):
        client.request("GET", f"/data-sets/{ID}")
    assert [] == store.verify()
