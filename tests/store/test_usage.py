"""What a store holds, counted."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest

from eesclient import Store
from tests.doors.store import Key, StoredAnswers, blob_path, usage

AT = datetime(2026, 3, 1, tzinfo=UTC)
URL = "https://api.education.gov.uk/statistics/v1/data-sets/d/meta?dataSetVersion=1.0"
ORIGIN = "0123456789abcdef"


def test_an_empty_store(tmp_path: Path) -> None:
    """A store without a file holds nothing."""
    found = usage(Store(tmp_path / "store"))
    assert ((), 0, 0, 0, 0) == (found.held, found.answers, found.size, found.temporary, found.unreferenced)


def test_what_is_held(tmp_path: Path) -> None:
    """Answers are counted by service, data set, version and kind, with their bytes, title and address."""
    store = Store(tmp_path)
    for number in (1, 2):
        key = Key(origin=ORIGIN, data_set="d", version="1.0", kind="query", request=str(number))
        store.write(key, b"same", url=URL, encoding="identity", at=AT)
    summary = Key(origin=ORIGIN, data_set="d", kind="data set", request="summary")
    store.write(summary, b'{"title": "SEN"}', url=URL, encoding="identity", at=AT)
    found = usage(store)
    address = "https://api.education.gov.uk/statistics"
    about = {"origin": ORIGIN, "address": address, "data_set": "d", "title": "SEN"}
    # one blob under two answers takes its room once
    assert (
        StoredAnswers(**about, version=None, kind="data set", answers=1, size=16),
        StoredAnswers(**about, version="1.0", kind="query", answers=2, size=4),
    ) == found.held
    assert (3, 20) == (found.answers, found.size)


@pytest.mark.parametrize("content", [b"{", b"[]", b"{}"])
def test_a_title_that_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    """A summary without a title leaves the title out, and so does one that is damaged."""
    store = Store(tmp_path)
    ref = store.write(Key(origin=ORIGIN, data_set="d", kind="data set", request="x"), content, at=AT)
    assert [None] == [row.title for row in usage(store).held]
    (tmp_path / blob_path(ref.blob)).write_bytes(b"?")
    assert [None] == [row.title for row in usage(store).held]


def test_left_overs_are_counted(tmp_path: Path) -> None:
    """Temporary files and blobs without a ref are counted apart; files of others are not."""
    store = Store(tmp_path)
    ref = store.write(Key(origin=ORIGIN, kind="listing", request="x"), b"[]", encoding="identity", at=AT)
    (tmp_path / ref.path).unlink()
    (tmp_path / f"{ref.path}.12-0123abcd.tmp").write_bytes(b"123")
    (tmp_path / "store.json.12-0123abcd.tmp").write_bytes(b"12345")
    for foreign in ("notes.tmp", "blobs/.DS_Store", "refs/Thumbs.db"):
        (tmp_path / foreign).write_bytes(b"theirs")
    found = usage(store)
    assert (2, 8, 1, 2) == (found.temporary, found.temporary_size, found.unreferenced, found.unreferenced_size)


def test_addresses(tmp_path: Path) -> None:
    """The address of a service is what stands before the version segment; a local service has none."""
    ref = Store(tmp_path).write(Key(origin=ORIGIN, kind="listing", request="x"), b"[]", at=AT)
    url = "https://ees.test/statistics/v1/publications?page=1"
    assert ("https://ees.test/statistics", "") == (attrs.evolve(ref, url=url).address, ref.address)
