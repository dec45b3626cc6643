"""Tests of files of the catalogue in lock files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest

from eesclient import FileEntry, LockError
from tests.doors.lock import LockFile, Locking, read_text, write_text

FILE = FileEntry(
    id="dd36d4e0-60a1-56ad-b360-77e6a3c091a6",
    title="SENCO by local authority",
    publication="Early years: provision",
    release="November 2024",
    published=datetime(2025, 2, 6, 9, 30, tzinfo=UTC),
    updated=datetime(2025, 2, 7, 9, 30, tzinfo=UTC),
    rows=918,
    meta_sha256="a" * 64,
    data_sha256="b" * 64,
    data_size=1234,
)
OTHER = attrs.evolve(FILE, id="0a84fc38-96bb-5177-b55f-a5e361f64a16", title="Another", updated=None, published=None)
LOCK = LockFile(base_url="https://x.test", files=(FILE, OTHER))
LOCKING = Locking(lock=LOCK, path="ees.lock", address="https://x.test")


def test_round_trip() -> None:
    """Files are written and read again, without a version."""
    text = write_text(LOCK)
    assert LOCK == read_text(text.encode(), path="ees.lock")
    assert (2, False) == (text.count("[[file]]"), "\nversion" in text)


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("data_size = 1234\n", "", "file[0].data_size: is missing"),
        (f'data_sha256 = "{"b" * 64}"', 'data_sha256 = "b"', "file[0].data_sha256: 'b' has not the form of one"),
        (FILE.id, OTHER.id, f"file: {OTHER.id} stands there twice"),
        ("updated = 2025-02-07T09:30:00Z", "updated = 1", "file[1].updated: is not a time"),
        ('publication = "Early years: provision"\n', "", "file[0].publication: is missing"),
    ],
)
def test_what_is_wrong(before: str, after: str, problem: str) -> None:
    """What is wrong with a file is said with its place."""
    text = write_text(LOCK)
    assert before in text
    with pytest.raises(LockError) as caught:
        read_text(text.replace(before, after).encode(), path="ees.lock")
    assert problem in str(caught.value)


def test_finding() -> None:
    """A file is found by id, and by publication and title or slug."""
    assert FILE == LOCKING.file(FILE.id.upper())
    assert LOCKING.has_file(FILE.id)
    assert FILE.id == LOCKING.file_named("early  years: provision", "senco by Local authority")
    assert FILE.id == LOCKING.file_named("early-years-provision", FILE.title)
    assert LOCKING.file_named("Early years", FILE.title) is None
    assert LOCKING.file_named(FILE.publication, "SENCO") is None


def test_without_a_lock() -> None:
    """Without a lock nothing is locked, and nothing refused."""
    assert Locking().file(FILE.id) is None
    assert not Locking().has_file(FILE.id)
    assert Locking().file_named(FILE.publication, FILE.title) is None


def test_not_in_the_lock() -> None:
    """A file that the lock does not have is refused, with what to do."""
    with pytest.raises(LockError, match="add it with"):
        LOCKING.file("00000000-0000-0000-0000-000000000000")


def test_adding(tmp_path: Path) -> None:
    """A newer release's file takes the place of the older; without an address nothing is locked."""
    path = tmp_path / "ees.lock"
    locking = Locking(address=LOCK.base_url)
    assert FILE == locking.add_entry(path, FILE)
    newer = attrs.evolve(FILE, id=OTHER.id, release="June 2025")
    locking.add_entry(path, newer)
    assert (newer,) == read_text(path.read_bytes(), path="ees.lock").files
    with pytest.raises(LockError, match="no origin"):
        Locking().add_entry(path, FILE)
    with pytest.raises(LockError, match=r"is a lock of https://x\.test"):
        Locking(address="https://y.test").add_entry(path, FILE)
