"""Stores that a disk, a killed machine or a stranger made strange: warned of and passed by online, an error offline."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import eesclient as ees
from eesclient import Store, StoreError, StoreWarning, cli
from tests.doors.store import Choice, free, module, prunable

SEN = ees.local.SEN_ID
FOLDER = "a folder, pipe or device stands where a file belongs"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with a whole version of the demo, and its rows by pages."""
    folder = tmp_path_factory.mktemp("filled") / "store"
    with ees.Client(service=ees.local.demo(), store=folder) as client:
        client.open(SEN, version="1.0").query(periods="2023/24")
        client.open(SEN, version="1.0").read()
    return folder


@pytest.fixture
def store(filled: Path, tmp_path: Path) -> Path:
    """Return a store of one's own with the same in it."""
    return shutil.copytree(filled, tmp_path / "store")


def rows(store: Path | None, *, offline: bool = False) -> tuple[pl.DataFrame, ...]:
    """Return what a client with a store reads."""
    with ees.Client(service=ees.local.demo(), store=store, offline=offline) as client:
        opened = client.open(SEN, version="1.0")
        return opened.query(periods="2023/24").frame, opened.query(indicators="Number of pupils").frame


@pytest.fixture(scope="module")
def right() -> tuple[pl.DataFrame, ...]:
    """Return what is right."""
    return rows(None)


def refs(store: Path, kind: str = "") -> list[Path]:
    """Return the refs of a kind."""
    found = sorted((store / "refs").rglob("*.json"))
    return [path for path in found if kind in ("", json.loads(path.read_text())["kind"])]


def blobs(store: Path) -> list[Path]:
    """Return the blobs."""
    return sorted((store / "blobs").iterdir())


def as_folder(path: Path) -> None:
    """Put a folder where a file was."""
    path.unlink()
    path.mkdir()


def as_pipe(path: Path) -> None:
    """Put a pipe where a file was."""
    path.unlink()
    os.mkfifo(path)


def as_loop(path: Path) -> None:
    """Put a link where a file was, which leads to itself."""
    path.unlink()
    path.symlink_to(path.name)


def equal(found: tuple[pl.DataFrame, ...], right: tuple[pl.DataFrame, ...]) -> bool:
    """Say whether frames are the same."""
    return all(one.equals(other) for one, other in zip(found, right, strict=True))


@pytest.mark.parametrize("which", [refs, blobs], ids=["refs", "blobs"])
@pytest.mark.parametrize("put", [as_folder, as_pipe, as_loop])
def test_something_else_in_their_place(
    store: Path, right: tuple[pl.DataFrame, ...], which: Callable[[Path], list[Path]], put: Callable[[Path], None]
) -> None:
    """Where something else stands in the place of files, it is warned of once, and the service answers."""
    for path in which(store):
        put(path)
    with pytest.raises(StoreError, match=r"(cannot be read|: a folder).*(mend that|go online)"):
        rows(store, offline=True)
    with pytest.warns(StoreWarning) as caught:
        assert equal(rows(store), right)
    said = [str(one.message) for one in caught if "service is asked instead" in str(one.message)]
    assert 1 == len(said)
    assert FOLDER in said[0] or "Too many levels of symbolic links" in said[0]


def test_on_the_command_line(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`ees store` and `ees bundle` say in a line what is in their way; `verify` goes on, and lists it."""
    as_pipe(refs(store, "meta")[0])
    for command in (["store", "info"], ["store", "prune", "--yes"], ["bundle", str(store.parent / "x.zip"), "--all"]):
        assert 1 == cli.main([*command, "--store", str(store)])
        assert re.fullmatch(rf"ees: \S+\.json in the store cannot be read: {FOLDER}; [^\n]+\n", capsys.readouterr().err)
    assert 1 == cli.main(["store", "verify", "--store", str(store)])
    assert f"cannot be read: {FOLDER}" in capsys.readouterr().out
    assert not (store.parent / "x.zip").exists()


def denied(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """Have the disk refuse each file that is opened to be read."""

    def fail(path: Any, *_: Any) -> int:
        raise OSError(code, os.strerror(code), str(path))

    monkeypatch.setattr(module, "_open", fail)


@pytest.mark.parametrize("code", [errno.EACCES, errno.EIO, errno.EMFILE])
def test_a_disk_that_refuses(
    store: Path, right: tuple[pl.DataFrame, ...], monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """What may not or cannot be read is warned of once; nothing is taken for damaged and thrown away."""
    count = len([*store.rglob("*")])
    denied(monkeypatch, code)
    for prune in (lambda: prunable(Store(store)), lambda: Store(store)):
        with pytest.raises(StoreError, match=re.escape(os.strerror(code))):
            prune()
    monkeypatch.undo()
    opened = Store(store)
    denied(monkeypatch, code)
    with pytest.raises(StoreError, match=re.escape(os.strerror(code))):
        prunable(opened, Choice(everything=True))
    with pytest.warns(StoreWarning, match=re.escape(os.strerror(code))):
        assert equal(rows(store), right)
    monkeypatch.undo()
    assert count <= len([*store.rglob("*")])
    assert [] == Store(store).verify()


@pytest.mark.parametrize("named", [True, False])
def test_a_store_that_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, right: tuple[pl.DataFrame, ...], *, named: bool
) -> None:
    """A store of another format is an error where it was named, and passed by where it is the usual one."""
    (tmp_path / "store.json").write_text('{"format": 2}')
    monkeypatch.setenv("EES_STORE", str(tmp_path))
    if named:
        with pytest.raises(StoreError, match="is not a store of format 1: name another folder"):
            rows(tmp_path)
        return
    with pytest.warns(StoreWarning, match="is not a store of format 1.*nothing is kept until then"):
        ees.Client().close()
    with pytest.raises(StoreError):
        ees.Client(offline=True)


@pytest.mark.parametrize(
    "text", [b"", b"[" * 100_000, b"\xff", b'{"format": [1]}', b"null", b'{"format": "1"}', b'{"format": 1e999}']
)
def test_what_says_its_format(tmp_path: Path, text: bytes) -> None:
    """A store.json that says nothing sensible is a `StoreError`."""
    (tmp_path / "store.json").write_bytes(text)
    with pytest.raises(StoreError, match="is not a store of format 1"):
        Store(tmp_path)


def test_names_that_cannot_be(tmp_path: Path) -> None:
    """Paths that no disk takes are errors of ours."""
    for name in ("x" * 300, "a\0b"):
        with pytest.raises(StoreError, match="cannot be read"):
            Store(tmp_path / name)
    with pytest.warns(StoreWarning, match="nothing is kept"):
        ees.Client(service=ees.local.demo(), store=tmp_path / ("x" * 300)).close()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(StoreError, match="symbolic links"):
        Store(tmp_path / "loop")


WRONG: dict[str, Any] = {
    "blob": ["../../../../etc/passwd", "x", 5, None, "A" * 64],
    "digest": ["x", None, ["a" * 64]],
    "size": [-1, "5", None, True, 1.5],
    "length": [-1, "5", None, 1e999],
    "encoding": ["bzip2", None, []],
    "kind": [None, 5],
    "data_set": ["00000000-0000-0000-0000-000000000000", "..", None, 5],
    "version": ["2.0", "one", "../..", None, 5],
    "request": ["other", None, {}, "\ud800"],
    "url": [None, 5],
    "stored_at": ["yesterday", None, 5, "2026-01-01T00:00:00"],
}


@pytest.mark.parametrize("member", WRONG)
def test_wrong_refs(store: Path, right: tuple[pl.DataFrame, ...], member: str) -> None:
    """A ref with wrong types, that leads out of the store, or that belongs elsewhere, counts for nothing."""
    for value in WRONG[member]:
        for path in refs(store):
            path.write_text(json.dumps(json.loads(path.read_text()) | {member: value}))
        opened = Store(store)
        # a list belongs to no version: there null is right
        assert {None} >= {ref.version for ref in opened.refs()}
        assert opened.verify()
        with pytest.raises(ees.EESError):
            rows(store, offline=True)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert equal(rows(store), right)
        assert equal(rows(store, offline=True), right)


def test_a_full_disk(tmp_path: Path, right: tuple[pl.DataFrame, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """A store on a full disk is warned of; answers come all the same, and nothing half-written stays."""

    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.warns(StoreWarning, match="No space left on device"):
        assert equal(rows(tmp_path / "store"), right)
    assert [] == [path for path in (tmp_path / "store").rglob("*") if path.is_file()]


def test_pruned_meanwhile(store: Path, right: tuple[pl.DataFrame, ...]) -> None:
    """Another process that prunes everything, or removes the folder, between any two steps changes no answer."""
    for clear in (lambda: free(Store(store), prunable(Store(store), Choice(everything=True))), shutil.rmtree):
        with ees.Client(service=ees.local.demo(), store=store) as client:
            opened = client.open(SEN, version="1.0")
            opened.read()
            clear(store) if clear is shutil.rmtree else clear()
            assert opened.query(periods="2023/24").frame.equals(right[0])
            assert opened.read().frame.height


def test_a_table_that_goes_while_it_is_read(
    store: Path, right: tuple[pl.DataFrame, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that is pruned after it was found is passed by: the service answers."""
    scan = pl.scan_parquet

    def pruned(path: Path, *arguments: Any, **more: Any) -> Any:
        monkeypatch.undo()
        free(Store(store), prunable(Store(store), Choice(everything=True)))
        return scan(path, *arguments, **more)

    with ees.Client(service=ees.local.demo(), store=store) as client:
        opened = client.open(SEN, version="1.0")
        for ask in (lambda: opened.query(periods="2023/24").frame, lambda: opened.read().frame):
            opened.read()
            monkeypatch.setattr(pl, "scan_parquet", pruned)
            assert ask().height in (right[0].height, 2607)


def test_no_room_for_a_temporary_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a store, a scan needs a temporary folder, and says so where none can be made."""

    def fail(**_: Any) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("tempfile.mkdtemp", fail)
    with (
        ees.Client(service=ees.local.demo()) as client,
        pytest.raises(StoreError, match=r"no temporary folder can be made .No space left on device.: set TMPDIR"),
    ):
        client.open(SEN, version="1.0").scan()
