"""Whatever becomes of good inputs: an answer or an error of ours, and always an end."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import eesclient as ees
from eesclient import DataFileError, EESError, Request, Version, reading, routes
from tests.doors.api import RequestContext, Response, operations
from tests.doors.local import ingest
from tests.doors.lock import read_text
from tests.doors.models import parse_version, period_from_csv, period_to_csv
from tests.doors.query import QueryArgs, build
from tests.doors.store import stored_versions, write_bundle
from tests.doors.table import read_data_file
from tests.doors.transport import Items, drive
from tests.faults.answers import DATA, META, ids, right, service
from tests.faults.mutate import EDITS, Edit, deadline, many, mutated, mutated_json
from tests.responses import PROBLEM

pytestmark = pytest.mark.property
KEPT = Path(__file__).parents[1] / "kept"


def tried(call: Callable[[], object], *, allowed: type[Exception] = EESError) -> None:
    """Do it within the deadline; only errors of ours may come of it."""
    with deadline(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ees.EESWarning)
        with suppress(allowed):
            call()


def answering(path: str, change: Callable[[bytes], bytes], status: int = 200) -> Callable[[Request], Response]:
    """What sends requests: a path's answers changed, all others right."""

    def send(request: Request) -> Response:
        good = right(request)
        met = request.path.endswith(path)
        body = change(good.text) if met else good.text
        return Response(status=status if met else good.status, body=body, url=f"http://ees.test/v1{request.path}")

    return send


@cache
def pinned(version: str = "1.0") -> Any:
    """The data set, opened."""
    return drive(operations.pin(ids()[0], version), answering("-", bytes))


def ask_rows(send: Callable[[Request], Response]) -> object:
    """All rows, by pages."""
    context = RequestContext(source="local", at=ees_time())
    fetch = reading.Fetch(route="pages")
    return drive(routes.query(pinned(), pinned().whole(), context, fetch), send, workers=1)


@cache
def ees_time() -> Any:
    """A moment."""
    return pinned().version.published


def opened(send: Callable[[Request], Response]) -> object:
    """Metadata, and what is looked up in it."""
    found = drive(operations.pin(ids()[0], "1.0"), send)
    return found.whole(), found.meta_digest, found.notices


RESPONSES: dict[str, tuple[str, Callable[[Any], object]]] = {
    "publications": ("/publications", lambda send: list(Items(operations.publications(), send))),
    "publication": ("/publications/{2}", lambda send: drive(operations.publication(ids()[2]), send)),
    "data sets": ("/data-sets", lambda send: list(Items(operations.data_sets(ids()[2]), send))),
    "data set": ("/data-sets/{0}", lambda send: drive(operations.data_set(ids()[0]), send)),
    "versions": ("/versions", lambda send: list(Items(operations.versions(ids()[0]), send))),
    "version": ("/versions/1.0", lambda send: drive(operations.version(ids()[0], "1.0"), send)),
    "changes": ("/changes", lambda send: drive(operations.changes(ids()[0], "1.1"), send)),
    "metadata": ("/meta", opened),
    "rows": ("/query", ask_rows),
}


@pytest.mark.parametrize("kind", RESPONSES)
@many()
@given(edits=EDITS)
def test_responses(kind: str, edits: list[Edit]) -> None:
    """Every kind of answer."""
    path, ask = RESPONSES[kind]
    change = partial(mutated_json, edits=edits) if edits[-1][1] % 4 else partial(mutated, edits=edits)
    tried(lambda: ask(answering(path.format(*ids()), change)))


@many()
@given(edits=EDITS, status=st.sampled_from([300, 400, 403, 404, 429, 500, 504]))
def test_problems(edits: list[Edit], status: int) -> None:
    """Problem documents."""
    body = mutated_json(json.dumps(PROBLEM).encode(), edits)
    tried(lambda: drive(operations.data_set(ids()[0]), answering("", lambda _: body, status)))


@many()
@given(edits=EDITS)
def test_data_files(edits: list[Edit]) -> None:
    """Data files that a service sends."""
    body = mutated(DATA.encode(), edits)

    def read() -> None:
        rows = read_data_file(pinned().whole(), body)
        pinned().check_rows(rows.frame.height, "")

    tried(read)


@many()
@given(edits=EDITS, of_meta=st.booleans())
def test_pairs(edits: list[Edit], of_meta: bool) -> None:
    """Metadata files, and data files that are served here."""
    data, meta = DATA.encode(), META.encode()
    data, meta = (data, mutated(meta, edits)) if of_meta else (mutated(data, edits), meta)
    tried(lambda: ingest(data_name="a.csv", data=data, meta_name="a.meta.csv", meta=meta), allowed=DataFileError)


@many()
@given(edits=EDITS)
def test_locks(edits: list[Edit]) -> None:
    """Lock files."""
    tried(lambda: read_text(mutated(_lock(), edits), path="ees.lock"))


@cache
def _lock() -> bytes:
    return (KEPT / "ees.lock").read_bytes()


@cache
def _bundle(folder: Path) -> bytes:
    """A bundle of one version, whole."""
    box = service()
    box.origin = "local:tiny"
    with ees.Client(service=box, store=folder / "store") as client:
        client.open(ids()[0], version="1.0").read()
    store = ees.Store(folder / "store")
    write_bundle(store, folder / "whole.zip", stored_versions(store))
    return (folder / "whole.zip").read_bytes()


@many()
@given(edits=EDITS)
def test_bundles(edits: list[Edit], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Bundles, of which all is read."""
    folder = tmp_path_factory.getbasetemp() / "bundles"
    folder.mkdir(exist_ok=True)
    path = folder / "mutated.zip"
    path.write_bytes(mutated(_bundle(folder), edits))

    def read() -> None:
        store = ees.Store(path)
        for ref in store.refs():
            store.read(ref)

    tried(read)


def texts(*good: str) -> st.SearchStrategy[str]:
    """Texts, and good ones changed a little; halves of characters among them."""
    changed = st.builds(mutated, st.sampled_from([text.encode() for text in good]), EDITS)
    wild = changed.map(lambda data: data.decode("utf-8", "surrogateescape"))
    return st.one_of(st.text(max_size=12), st.text(st.characters(categories=None), max_size=6), wild)


@many()
@given(text=texts("1.0", "v2.1.3", "1.*", "*", "10.20.30"))
def test_versions(text: str) -> None:
    """Versions and ranges."""
    tried(lambda: parse_version(text))


@many()
@given(text=texts("2023/24", "202324", "2024 Week 2", "2023/24 Autumn term", "2024|CY", "2023/2024"))
def test_periods(text: str) -> None:
    """Time periods in words, of questions and of data files."""
    tried(lambda: build(QueryArgs(periods=text), meta=pinned().meta, data_set_id=ids()[0], version=Version(1, 0)))
    tried(lambda: ees.between(text, text))
    tried(lambda: (period_from_csv(text), period_to_csv(text)))


@many()
@given(text=texts("Total", "North East", "Number of pupils", "sex", "Regional"), other=texts("Female", "rate"))
def test_labels(text: str, other: str) -> None:
    """Labels of filters, options, indicators, levels and places."""
    for words in (
        QueryArgs(indicators=[text, other]),
        QueryArgs(filters={text: other, "sex": [other]}),
        QueryArgs(places=text, within=other),
        QueryArgs(levels=text, others=other),
    ):
        tried(lambda words=words: build(words, meta=pinned().meta, data_set_id=ids()[0], version=Version(1, 0)))
