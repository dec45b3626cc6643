"""Files of the catalogue in bundles: locked, bundled, verified, and read offline."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

import eesclient as ees
from eesclient import LockError, Store, cli
from tests.doors.lock import LockFile, read_lock
from tests.doors.store import blob_path
from tests.lock.written import write_lock


@pytest.fixture
def bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ees.FileEntry:
    """Return what the lock says of a file of the demo's catalogue, in a bundle with the lock and a version."""
    monkeypatch.chdir(tmp_path)
    with ees.Client(service=ees.local.demo(), store="store") as client:
        (found,) = client.catalogue.search(in_api=False)
        entry = found.open().lock("ees.lock")
        client.open(ees.local.SEN_ID, version="1.0").lock("ees.lock")
        client.sync("ees.lock")
    assert isinstance(entry, ees.FileEntry)
    assert 0 == cli.main(["bundle", "out.zip", "--store", "store"])
    return entry


def opened(path: str, entry: ees.FileEntry, lock: str | None = "ees.lock") -> ees.PinnedDataSet:
    """Return the file opened offline, out of a bundle."""
    with ees.Client(service=ees.local.demo(), store=path, lock=lock, offline=True) as client:
        by_id = client.catalogue.entry(entry.id).open()
        if lock:
            by_title = client.catalogue.latest(publication=entry.publication, title=entry.title).open()
            assert by_id.read().frame.equals(by_title.read().frame)
        return by_id


def test_reading_offline(bundled: ees.FileEntry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is locked is bundled and opens offline, by id and by title, with the same bytes; without the lock too."""
    assert 0 == cli.main(["bundle", "out.zip", "--store", "store"])
    said = capsys.readouterr()
    assert f"{bundled.id}  file" in said.out
    assert "1 version and 1 file of the catalogue" in said.out
    assert not said.err
    for lock in ("ees.lock", None):
        data_set = opened("out.zip", bundled, lock)
        assert bundled.rows == data_set.read().frame.height
        saved = data_set.download(tmp_path / "file.csv")
        assert bundled.data_size == saved.stat().st_size
    with zipfile.ZipFile("out.zip") as file:
        assert f"- {bundled.id} file {bundled.title}" in file.read("README.txt").decode()


def test_all_and_alone(bundled: ees.FileEntry) -> None:
    """`--all` takes files too, and a lock of nothing but files is bundled."""
    assert 0 == cli.main(["bundle", "all.zip", "--all", "--store", "store"])
    assert bundled.rows == opened("all.zip", bundled).read().frame.height
    write_lock("ees.lock", LockFile(base_url="local:demo", files=(bundled,)))
    assert 0 == cli.main(["bundle", "files.zip", "--store", "store"])
    assert bundled.rows == opened("files.zip", bundled).read().frame.height
    with zipfile.ZipFile("files.zip") as file:
        assert f'client.catalogue.entry("{bundled.id}").open()' in file.read("README.txt").decode()
        assert "SYNTHETIC" in file.read("LICENCE.txt").decode()


def test_verifying(bundled: ees.FileEntry, capsys: pytest.CaptureFixture[str]) -> None:
    """Damage in the bytes of a file is found by `verify`, and is an error when it is read."""
    data = Path("out.zip").read_bytes()
    (ref, *_) = (ref for ref in Store("store").refs() if ref.kind == "file")
    blob = Path("store", blob_path(ref.blob)).read_bytes()
    place = data.index(blob) + len(blob) // 2
    Path("out.zip").write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    capsys.readouterr()
    assert 1 == cli.main(["store", "verify", "--store", "out.zip"])
    assert blob_path(ref.blob) in capsys.readouterr().out
    with pytest.raises(ees.StoreError, match="damaged"):
        opened("out.zip", bundled)


@pytest.mark.parametrize("kind", ["file", "listing"])
def test_what_is_not_there(bundled: ees.FileEntry, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A file whose bytes or page the store lacks is said with what to run, and nothing is written."""
    for ref in Store("store").refs():
        if ref.kind == kind:
            Path("store", ref.path).unlink()
    capsys.readouterr()
    assert 1 == cli.main(["bundle", "other.zip", "--store", "store"])
    what = "bytes" if kind == "file" else "page"
    said = rf"ees: store lacks the {what} of the file {bundled.id} of the catalogue .*online, run ees sync, or [^\n]+\n"
    assert re.fullmatch(said, capsys.readouterr().err)
    assert not Path("other.zip").exists()


def test_another_file(bundled: ees.FileEntry) -> None:
    """A lock of other bytes is not answered by those in the bundle."""
    lock = read_lock("ees.lock")
    text = Path("ees.lock").read_text().replace(str(bundled.data_sha256), "0" * 64)
    Path("ees.lock").write_text(text)
    assert lock != read_lock("ees.lock")
    with pytest.raises((LockError, ees.OfflineError)):
        opened("out.zip", bundled)
