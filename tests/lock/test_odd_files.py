"""Lock files that are no lock files: each is a `LockError` that says what is wrong, soon, and stays as it is."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

import eesclient as ees
from eesclient import LockError, cli
from tests.doors import store
from tests.doors.lock import LockFile, disk, lockfile, read_lock, write_text
from tests.lock.written import write_lock

LOCK = LockFile(base_url="local:demo")
TEXT = write_text(LOCK)

CONTENTS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", r"lock_version: is missing"),
    "UTF-16": (TEXT.encode("utf-16"), r"byte 1 is not text in UTF-8: save it in UTF-8"),
    "Latin-1": (TEXT.encode() + "# é".encode("latin-1"), r"byte [0-9]+ is not text in UTF-8"),
    "null bytes": (b"\0" * 100, r"is not valid TOML"),
    "JSON": (b'{"lock_version": "1.0"}', r"is not valid TOML"),
    "merged": (
        b"<<<<<<< HEAD\n" + TEXT.encode() + b"=======\n" + TEXT.encode() + b">>>>>>> other\n",
        r"is not valid TOML: .*: it holds both sides of a merge; take one of them, and lock again",
    ),
    "deep": (b"a = " + b"[" * 100_000, r"is not valid TOML: maximum recursion depth"),
    "dots": (TEXT.encode() + b"a." * 1_000 + b"b = 1\n", r"line 6 has 1,000 dots"),
    "many": (TEXT.encode() + b"[[data_set]]\n" * 5_001, r"data_set: has 5,001 entries, and 5,000 are read at most"),
    "wrong": (TEXT.encode() + b"[[data_set]]\n" * 100, r"data_set\[0\].*\n  … and [0-9,]+ more"),
    "large": (b"#" * (disk.LARGEST + 1), r"cannot be read: it has more than 3,000,000 bytes, so it is no lock file"),
}


def put(path: Path, kind: str) -> str:
    """Put something odd where a lock file belongs; gives what is said of it."""
    if kind in CONTENTS:
        path.write_bytes(CONTENTS[kind][0])
        return CONTENTS[kind][1]
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(path.name)
        return r"cannot be read: Too many levels of symbolic links"
    return r"cannot be read: a folder, pipe or device stands where a file belongs; mend that"


KINDS = [*CONTENTS, "folder", "pipe", "loop"]


@pytest.mark.parametrize("kind", KINDS)
def test_odd_files(tmp_path: Path, kind: str) -> None:
    """A lock file that cannot be read is an error for a client, and for who would add to it."""
    path = tmp_path / "ees.lock"
    problem = put(path, kind)
    before = path.read_bytes() if kind in CONTENTS else os.lstat(path).st_mode
    with pytest.raises(LockError, match=f"(?s)ees.lock.*{problem}") as caught:
        ees.Client(lock=path)
    assert str(path) == caught.value.path
    with ees.Client(service=ees.local.demo()) as client:
        opened = client.open(ees.local.SEN_ID)
        for call in (lambda: opened.lock(path), lambda: client.sync(path), lambda: client.outdated(path)):
            with pytest.raises((LockError, ees.EESError), match=r"ees.lock|no store"):
                call()
    assert before == (path.read_bytes() if kind in CONTENTS else os.lstat(path).st_mode)
    assert [path] == [*tmp_path.iterdir()]


COMMANDS = ["lock", "lock --check", "sync", "outdated", "bundle out.zip"]


@pytest.mark.parametrize("kind", ["Latin-1", "folder", "pipe", "loop", "large"])
def test_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    """Each command says it in a line, and ends with 1."""
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "ees.lock", kind)
    (tmp_path / "store").mkdir()
    for command in COMMANDS:
        assert 1 == cli.main([*command.split(), "--lock", "ees.lock", "--store", "store"])
        said = capsys.readouterr()
        assert re.fullmatch(r"ees: [^\n]*ees\.lock[^\n]*\n", said.err)
        assert not said.out


def test_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that may not be read, or a disk that fails, is told in the words of the system."""
    path = tmp_path / "ees.lock"
    write_lock(path, LOCK)

    def fail(*_: Any, **__: Any) -> Any:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(store.module, "open_file", fail)
    with pytest.raises(LockError, match="cannot be read: Permission denied; mend that, or name another lock file"):
        read_lock(path)


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that cannot be written stays as it was, and the error says why."""
    path = tmp_path / "ees.lock"
    write_lock(path, LOCK)

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with ees.Client(service=ees.local.demo()) as client:
        with pytest.raises(LockError, match="cannot be written: No space left on device; nothing in it was changed"):
            client.open(ees.local.SEN_ID).lock(path)
        with pytest.raises(LockError, match="cannot be written: No such file or directory"):
            client.open(ees.local.SEN_ID).lock(tmp_path / "nowhere" / "ees.lock")
        with pytest.raises(LockError, match=r"cannot be written: .*null"):
            client.open(ees.local.SEN_ID).lock("ees\0.lock")
        with pytest.raises(LockError, match="cannot be written: File name too long"):
            client.open(ees.local.SEN_ID).lock(tmp_path / ("e" * 300))
    assert (LOCK, [path]) == (read_lock(path), [*tmp_path.iterdir()])


def test_a_mark_at_the_beginning(tmp_path: Path) -> None:
    """A file with the mark that editors of Windows put first is read, and written without it."""
    path = tmp_path / "ees.lock"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert LOCK == read_lock(path)
    with ees.Client(service=ees.local.demo()) as client:
        client.open(ees.local.SEN_ID).lock(path)
    assert path.read_bytes().startswith(b"# The exact versions")


def test_what_cannot_be_read_again_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry with which the file could not be read any more is refused, and the file stays."""
    path = tmp_path / "ees.lock"
    write_lock(path, LOCK)
    monkeypatch.setattr(lockfile, "MOST_ENTRIES", 0)
    with (
        ees.Client(service=ees.local.demo()) as client,
        pytest.raises(LockError, match="1 entries, and 0 are read at most"),
    ):
        client.open(ees.local.SEN_ID).lock(path)
    assert [path] == [*tmp_path.iterdir()]


@pytest.mark.parametrize("path", [5, True, None])
def test_what_is_no_path(path: Any) -> None:
    """A number is no lock file, though Python would take it for a file that is open already, and close that."""
    with pytest.raises(LockError, match="cannot be read"):
        disk.read_lock(path)
