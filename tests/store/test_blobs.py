"""A store on disk: blobs, refs, damage, bundles."""

from __future__ import annotations

import hashlib
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest

from eesclient import Store, StoreError
from tests.doors.store import FORMAT, Damage, Key, Ref, blob_path

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
KEY = Key(origin="0123456789abcdef", data_set="d", version="1.0", kind="meta", request='["GET","/meta"]')
CONTENT = b'{"filters": []}' * 100


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return a store in a new folder."""
    return Store(tmp_path / "store")


def files(store: Store) -> list[str]:
    """Return the paths of all files in a store."""
    return sorted(path.relative_to(store.path).as_posix() for path in store.path.rglob("*") if path.is_file())


def test_nothing_is_made_by_reading(store: Store) -> None:
    """A store that was never written to is empty, and makes no folder."""
    assert None is store.find(KEY)
    assert [] == [*store.refs()] == store.verify()
    assert not store.path.exists()
    assert f"Store({str(store.path)!r})" == repr(store)


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_round_trip(store: Store, encoding: str) -> None:
    """What is written is read again, by the same store and by another, with its address and time."""
    written = store.write(KEY, CONTENT, url="https://ees.test/v1/meta", encoding=encoding, at=AT)  # type: ignore[arg-type]
    for reader in (store, Store(store.path)):
        ref = reader.find(KEY)
        assert written == ref
        assert CONTENT == reader.read(ref)
        assert [ref] == [*reader.refs()]
    assert (hashlib.sha256(CONTENT).hexdigest(), len(CONTENT)) == (written.digest, written.length)
    assert ("https://ees.test/v1/meta", AT) == (written.url, written.stored_at)
    assert [blob_path(written.blob), KEY.path, "store.json"] == files(store)
    assert {"format": FORMAT} == json.loads((store.path / "store.json").read_text())


def test_blobs_are_named_by_their_digest(store: Store) -> None:
    """The name of a blob is the digest of its bytes, and one answer to two requests is one blob."""
    first = store.write(KEY, CONTENT, at=AT)
    second = store.write(attrs.evolve(KEY, version="1.1"), CONTENT, at=AT)
    assert first.blob == second.blob == hashlib.sha256((store.path / blob_path(first.blob)).read_bytes()).hexdigest()
    assert 1 == sum(path.startswith("blobs/") for path in files(store))


def test_a_file_is_added_piece_by_piece(store: Store, tmp_path: Path) -> None:
    """An answer that is in a file is kept as one that is in memory, and the file stays."""
    file = tmp_path / "large.csv"
    file.write_bytes(CONTENT * 2_000)
    ref = store.write_file(KEY, file, url="https://ees.test", at=AT)
    assert file.read_bytes() == store.read(ref)
    assert (len(CONTENT) * 2_000, hashlib.sha256(file.read_bytes()).hexdigest()) == (ref.length, ref.digest)
    assert ref == store.find(KEY) == store.write_file(KEY, file, url="https://ees.test", at=AT)
    assert [blob_path(ref.blob), KEY.path, "store.json"] == files(store)
    assert [] == store.verify()


def test_refs_are_apart(store: Store) -> None:
    """Answers to other requests, of other versions, data sets and services are others."""
    others = {
        attrs.evolve(KEY, request="x"),
        attrs.evolve(KEY, version="1.1"),
        attrs.evolve(KEY, data_set="e"),
        attrs.evolve(KEY, origin="fedcba9876543210"),
        attrs.evolve(KEY, data_set=None, version=None, kind="listing"),
    }
    store.write(KEY, CONTENT, at=AT)
    assert [None] * len(others) == [store.find(other) for other in others]
    for other in others:
        store.write(other, other.request.encode(), at=AT)
    assert 6 == len([*store.refs()])
    assert 5 == len([*store.refs(origin=KEY.origin)])
    assert 3 == len([*store.refs(origin=KEY.origin, data_set="d")])


def test_a_new_answer_takes_the_place_of_the_old(store: Store) -> None:
    """A list that was read again is the newer one."""
    store.write(KEY, b"old", at=AT)
    store.write(KEY, b"new", at=AT)
    assert [b"new"] == [store.read(ref) for ref in store.refs()]


def test_damage_is_found(store: Store) -> None:
    """A blob with other bytes, a blob that is gone and a ref that cannot be read are damage, each with its place."""
    keys = [attrs.evolve(KEY, version=version) for version in ("1.0", "1.1", "1.2")]
    refs = [store.write(key, key.version.encode(), at=AT) for key in keys if key.version]
    assert [] == store.verify()
    (store.path / blob_path(refs[0].blob)).write_bytes(b"something else")
    (store.path / blob_path(refs[1].blob)).unlink()
    (store.path / refs[2].path).write_bytes(b"{")
    found = store.verify()
    assert {refs[1].path, refs[2].path, blob_path(refs[0].blob)} == {damage.path for damage in found}
    assert isinstance(found[0], Damage)
    for ref, problem in zip(refs[:2], ("is damaged", "is gone"), strict=True):
        with pytest.raises(StoreError, match=problem) as caught:
            store.read(ref)
        assert blob_path(ref.blob) == caught.value.path
        with pytest.raises(StoreError):
            store.file(ref)
    assert None is store.find(keys[2])
    assert 2 == len([*store.refs()])


def test_repair(store: Store) -> None:
    """A damaged blob that is forgotten is written anew, although it has the right length."""
    ref = store.write(KEY, CONTENT, encoding="identity", at=AT)
    (store.path / blob_path(ref.blob)).write_bytes(b"x" * len(CONTENT))
    store.repair(ref)
    store.write(KEY, CONTENT, encoding="identity", at=AT)
    assert CONTENT == store.read(ref)
    assert [] == store.verify()


def test_in_place(store: Store) -> None:
    """A blob is a file to read in place, verified anew when it changes."""
    ref = store.write(KEY, CONTENT, encoding="identity", at=AT)
    file = store.file(ref)
    assert isinstance(file, Path)
    assert CONTENT == file.read_bytes()
    assert file == store.file(ref)
    file.write_bytes(CONTENT + b" ")
    with pytest.raises(StoreError, match="damaged"):
        store.file(ref)


def test_an_interrupted_write_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """When writing fails, neither half a file nor a temporary one is left."""
    store.write(KEY, CONTENT, at=AT)
    before = files(store)

    def fail(_: Path, __: Path) -> None:
        raise OSError("no room")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="no room"):
        store.write(attrs.evolve(KEY, version="2.0"), b"other", at=AT)
    assert before == files(store)


def test_left_overs_of_a_killed_process_are_no_damage(store: Store) -> None:
    """A temporary file, as a killed process leaves it, is neither a ref nor damage."""
    ref = store.write(KEY, CONTENT, at=AT)
    (store.path / f"{blob_path(ref.blob)}.1-2.tmp").write_bytes(b"ha")
    (store.path / f"{ref.path}.1-2.tmp").write_bytes(b"{")
    assert [] == store.verify()
    assert [ref] == [*store.refs()]


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 2}', "{}"])
def test_another_format(tmp_path: Path, text: str) -> None:
    """A store of a format that is not known is refused, and left as it is."""
    (tmp_path / "store.json").write_text(text)
    with pytest.raises(StoreError, match="is not a store of format 1"):
        Store(tmp_path)
    assert text == (tmp_path / "store.json").read_text()


def test_a_file_is_no_store(tmp_path: Path) -> None:
    """A store is a folder or a bundle."""
    for name in ("store", "store.zip"):
        (tmp_path / name).write_text("x")
        with pytest.raises(StoreError, match=r"is a file|is not a bundle"):
            Store(tmp_path / name)


def test_unknown_members_of_a_ref_are_passed_over(store: Store) -> None:
    """A ref with more members, as a later version may write it, is read."""
    ref = store.write(KEY, CONTENT, at=AT)
    path = store.path / ref.path
    path.write_text(json.dumps(json.loads(path.read_text()) | {"colour": "red"}))
    assert ref == store.find(KEY)


def test_bundle(store: Store, tmp_path: Path) -> None:
    """A bundle is read without unpacking it, and never written to."""
    refs: list[Ref] = [store.write(KEY, CONTENT, at=AT)]
    path = tmp_path / "out.zip"
    with zipfile.ZipFile(path, "w") as file:
        for name in files(store):
            file.write(store.path / name, name)
    bundle = Store(path)
    assert (True, False) == (store.is_writable, bundle.is_writable)
    assert refs == [*bundle.refs()] == [bundle.find(KEY)]
    assert CONTENT == bundle.read(refs[0]) == bundle.file(refs[0])
    assert [] == bundle.verify()
    assert None is bundle.find(attrs.evolve(KEY, version="2.0"))
    for write in (lambda: bundle.write(KEY, b"new", at=AT), lambda: bundle.repair(refs[0])):
        with pytest.raises(StoreError, match="only read"):
            write()
