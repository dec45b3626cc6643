"""What a store can do without, and freeing exactly that while others write."""

from __future__ import annotations

import random
import threading
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest

from eesclient import Store, StoreError, Version, cli
from tests.doors.store import GRACE, Choice, Folder, Key, Ref, blob_path, free, prunable, ref_text

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
KEY = Key(origin="0123456789abcdef", data_set="d", version="1.0", kind="meta", request="/meta")
NONE = Choice()
ALL = Choice(everything=True)
LEFT = "12-0123abcd.tmp"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return a store in a new folder."""
    return Store(tmp_path / "store")


def later() -> float:
    """Return a time at which files written now are older than an hour."""
    return time.time() + GRACE + 60


def files(store: Store) -> set[str]:
    """Return the paths of all files in a store."""
    return {path.relative_to(store.path).as_posix() for path in store.path.rglob("*") if path.is_file()}


def write(store: Store, text: str, **members: object) -> Ref:
    """Keep an answer."""
    return store.write(attrs.evolve(KEY, **members), text.encode(), at=AT)


def pruned(store: Store, choice: Choice = NONE, now: float | None = None) -> set[str]:
    """Prune; give the files that went, which are those that were to go."""
    before = files(store)
    waste = prunable(store, choice, now=now)
    freed = free(store, waste, now=now)
    gone = before - files(store)
    assert (waste, ()) == (freed.gone, freed.kept)
    assert {item.path for item in waste} == gone
    assert freed.size == sum(item.size for item in waste)
    assert [] == store.verify()
    return gone


def test_nothing_to_free(store: Store) -> None:
    """What answers lead to stays, however old; an empty store has nothing."""
    assert set() == pruned(store)
    write(store, "one")
    assert set() == pruned(store, now=later())
    assert () == prunable(store, Choice(data_sets=(("other", None),)))


def test_left_overs(store: Store) -> None:
    """Temporary files and blobs that no ref leads to go when they are older than an hour; files of others stay."""
    ref, orphan = write(store, "one"), write(store, "two", version="1.1")
    (store.path / orphan.path).unlink()
    left = {f"{blob_path(ref.blob)}.{LEFT}", f"{ref.path}.{LEFT}", f"store.json.{LEFT}"}
    for path in (*left, "notes.tmp", "refs/Thumbs.db", "blobs/.DS_Store"):
        (store.path / path).write_bytes(b"x")
    assert set() == pruned(store, now=time.time() + GRACE - 60)
    assert {*left, blob_path(orphan.blob)} == pruned(store, now=later())
    assert [ref] == [*store.refs()]


def test_damage(store: Store) -> None:
    """Damaged blobs go with the answers that they were, and so do refs that cannot be read or whose blob is gone."""
    whole, changed, gone, torn = (write(store, text, version=f"1.{text}") for text in "0123")
    (store.path / blob_path(changed.blob)).write_bytes(b"?")
    (store.path / blob_path(gone.blob)).unlink()
    (store.path / torn.path).write_bytes(b"{")
    assert 3 == len(store.verify())
    assert {"damaged"} == {item.reason for item in prunable(store)}
    expected = {changed.path, blob_path(changed.blob), gone.path, torn.path}
    assert expected == pruned(store)
    # its ref could not be read, so nothing leads to the blob, which goes in an hour
    assert {blob_path(torn.blob)} == pruned(store, now=later())
    assert [whole] == [*store.refs()]


DAY = 86400.0


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Choice(), set()),
        (Choice(older_than=timedelta(days=9)), {"d1.0"}),
        (Choice(older_than=timedelta(days=11)), set()),
        (Choice(data_sets=(("d", None),)), {"d1.0", "d1.1", "dNone"}),
        (Choice(data_sets=(("d", Version(1, 1)),)), {"d1.1"}),
        (Choice(data_sets=(("d", Version(1, 1)), ("e", None))), {"d1.1", "e1.0"}),
        (Choice(data_sets=(("d", None),), older_than=timedelta(days=9)), {"d1.0"}),
        (Choice(data_sets=(("e", None),), older_than=timedelta(days=9)), set()),
        (ALL, {"d1.0", "d1.1", "dNone", "e1.0", "NoneNone"}),
    ],
)
def test_choice(store: Store, choice: Choice, expected: set[str]) -> None:
    """Answers go by age, data set and version, all of what is said holding; or all of them go."""
    keys = [("d", "1.0", 10), ("d", "1.1", 1), ("d", None, 1), ("e", "1.0", 1), (None, None, 1)]
    now = AT.timestamp() + 10 * DAY
    refs = {}
    for data_set, version, days in keys:
        key = attrs.evolve(KEY, data_set=data_set, version=version, request=f"{data_set}{version}")
        at = AT + timedelta(days=10 - days)
        refs[key.request] = store.write(key, key.request.encode(), at=at)
    files_of = {path for name in expected for path in (refs[name].path, blob_path(refs[name].blob))}
    assert files_of == pruned(store, choice, now)


def test_a_blob_under_two_answers(store: Store) -> None:
    """A blob stays while an answer that stays leads to it, and goes with the last."""
    first, second = write(store, "same"), write(store, "same", data_set="e")
    assert {first.path} == pruned(store, Choice(data_sets=(("d", None),)))
    assert b"same" == store.read(second)
    assert {second.path, blob_path(second.blob)} == pruned(store, Choice(data_sets=(("e", None),)))


def test_what_came_into_use_meanwhile(store: Store) -> None:
    """What is written again between saying and freeing stays."""
    orphan, gone, chosen = write(store, "one"), write(store, "two", version="1.1"), write(store, "old", version="2.0")
    (store.path / orphan.path).unlink()
    (store.path / blob_path(gone.blob)).unlink()
    left = store.path / f"{chosen.path}.{LEFT}"
    left.write_bytes(b"x")
    now = later()
    waste = prunable(store, Choice(data_sets=(("d", Version(2)),)), now=now)
    assert 5 == len(waste)
    write(store, "one", version="3.0")
    write(store, "two", version="1.1")
    write(store, "new", version="2.0")
    # a file of that name is being written just now
    freed = free(store, waste, now=time.time())
    assert {blob_path(chosen.blob)} == {item.path for item in freed.gone}
    assert {blob_path(orphan.blob), gone.path, chosen.path, f"{chosen.path}.{LEFT}"} == {
        item.path for item in freed.kept
    }
    assert {b"one", b"two", b"new"} == {store.read(ref) for ref in store.refs()}
    assert [] == store.verify()


def meanwhile(monkeypatch: pytest.MonkeyPatch, when: str, what: Callable[[], object], *, before: bool) -> None:
    """Let something happen right before or after the first call of a method of folders."""
    original = getattr(Folder, when)
    todo = [what]

    def called(self: Folder, *arguments: str) -> object:
        if before and todo:
            todo.pop()()
        result = original(self, *arguments)
        if not before and todo:
            todo.pop()()
        return result

    monkeypatch.setattr(Folder, when, called)


@pytest.mark.parametrize("before", [True, False])
def test_written_while_the_blob_is_moved(store: Store, monkeypatch: pytest.MonkeyPatch, before: bool) -> None:
    """A whole write right before or after a blob is moved aside leaves its answer whole."""
    orphan = write(store, "one")
    (store.path / orphan.path).unlink()
    waste = prunable(store, now=later())
    assert 1 == len(waste)
    meanwhile(monkeypatch, "move", lambda: write(store, "one"), before=before)
    free(store, waste, now=later())
    assert [b"one"] == [store.read(ref) for ref in store.refs()]
    assert [] == store.verify()


def test_pruned_while_an_answer_is_written(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A blob that is pruned before its ref is there is written again."""
    orphan = write(store, "one")
    (store.path / orphan.path).unlink()
    waste = prunable(store, now=later())
    # the writer has seen that the blob is there, and makes it new
    meanwhile(monkeypatch, "touch", lambda: free(store, waste, now=later()), before=False)
    write(store, "one")
    assert [b"one"] == [store.read(ref) for ref in store.refs()]
    assert [] == store.verify()


def test_pruned_while_a_file_is_written(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So is one that comes out of a file."""
    (tmp_path / "file").write_bytes(b"one")
    orphan = store.write_file(KEY, tmp_path / "file", at=AT)
    (store.path / orphan.path).unlink()
    waste = prunable(store, now=later())
    assert 1 == len(waste)
    meanwhile(monkeypatch, "write", lambda: free(store, waste, now=later()), before=True)
    store.write_file(KEY, tmp_path / "file", at=AT)
    assert [b"one"] == [store.read(ref) for ref in store.refs()]


def test_an_answer_that_leads_to_damage_meanwhile(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer written while its blob was damaged goes with the blob, so that it is not taken for a good one."""
    ref = write(store, "one")
    path = store.path / blob_path(ref.blob)
    path.write_bytes(b"?" * ref.size)
    waste = prunable(store)
    other = attrs.evolve(ref, path=attrs.evolve(KEY, version="2.0").path, version="2.0")
    meanwhile(monkeypatch, "touch", lambda: store.folder.write(other.path, ref_text(other)), before=True)
    free(store, waste)
    assert [] == [*store.refs()] == store.verify()


def test_repaired_meanwhile(store: Store) -> None:
    """A blob that was damaged and has been fetched again stays, and so does its answer."""
    ref = write(store, "one")
    (store.path / blob_path(ref.blob)).write_bytes(b"?")
    waste = prunable(store)
    write(store, "one")
    freed = free(store, waste)
    assert ((), waste) == (freed.gone, freed.kept)
    assert b"one" == store.read(ref)


def test_files_that_cannot_be_removed(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Files that cannot be moved or removed, such as in a folder that is only read, are kept and said to be."""
    write(store, "one")
    waste = prunable(store, ALL)

    def refuse(*_: object) -> None:
        raise PermissionError("in use")

    monkeypatch.setattr(Folder, "move", refuse)
    monkeypatch.setattr(Folder, "remove", refuse)
    freed = free(store, waste)
    assert ((), waste, "in use") == (freed.gone, freed.kept, freed.refused)
    assert [] == store.verify()
    assert cli.main(["store", "prune", "--all", "--yes", "--store", str(store.path)]) == 1
    assert "freed 0 bytes in 0 files; not removed: 2 files (in use)\n" in capsys.readouterr().out


def test_gone_already(store: Store) -> None:
    """Two who prune the same do not disturb each other."""
    write(store, "one")
    waste = prunable(store, ALL)
    free(store, waste)
    assert ((), waste) == ((freed := free(store, waste)).gone, freed.kept)
    assert {"store.json"} == files(store)


def test_writers_and_pruners(store: Store) -> None:
    """While threads keep answers and others prune all of them, no ref ever leads to nothing for good."""
    write(store, "first")
    stop = threading.Event()
    failures: list[BaseException] = []

    def writer(seed: int) -> None:
        draw = random.Random(seed)  # noqa: S311 - no secret
        for _ in range(150):
            write(store, str(draw.randrange(3)), version=f"1.{draw.randrange(4)}")

    def pruner() -> None:
        while not stop.is_set():
            free(store, prunable(store, ALL))

    def safely(work: Callable[..., None], *arguments: int) -> None:
        try:
            work(*arguments)
        except BaseException as error:  # noqa: BLE001 - whatever happens fails the test
            failures.append(error)

    pruners = [threading.Thread(target=safely, args=(pruner,)) for _ in range(2)]
    writers = [threading.Thread(target=safely, args=(writer, seed)) for seed in range(3)]
    for thread in (*pruners, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in pruners:
        thread.join()
    assert [] == failures
    assert [] == store.verify()


def test_bundles_and_other_folders(store: Store, tmp_path: Path) -> None:
    """Nothing is pruned in a bundle, nor in a folder of something else that has blobs of its own."""
    blob = tmp_path / "cache/blobs" / ("0" * 64)
    blob.parent.mkdir(parents=True)
    blob.write_bytes(b"a model")
    other = Store(tmp_path / "cache")
    for prune in (lambda: prunable(other, ALL), lambda: free(other, ())):
        with pytest.raises(StoreError, match=r"is not a store: it has no store\.json"):
            prune()
    assert blob.exists()
    with zipfile.ZipFile(tmp_path / "out.zip", "w") as file:
        file.writestr("store.json", '{"format": 1}')
    bundle = Store(tmp_path / "out.zip")
    with pytest.raises(StoreError, match="is a bundle, which is only read"):
        prunable(bundle, ALL)
    with pytest.raises(StoreError, match="is a bundle, which is only read"):
        bundle.folder.move("store.json", "other.json")
