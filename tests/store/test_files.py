"""Files that are whole, or not there."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

import eesclient as ees
from tests.doors.top import atomic_write


def write(path: Path, content: bytes) -> None:
    """Place a file."""
    with atomic_write(path) as file:
        file.write(content)


def test_new_file(tmp_path: Path) -> None:
    """A file is there with all that was written, and nothing beside it."""
    write(tmp_path / "a", b"new")
    assert [("a", b"new")] == [(path.name, path.read_bytes()) for path in tmp_path.iterdir()]


def test_interruption(tmp_path: Path) -> None:
    """What was there stays when writing is broken off, and nothing is left beside it."""
    (tmp_path / "a").write_bytes(b"old")

    def interrupted() -> None:
        with atomic_write(tmp_path / "a") as file:
            file.write(b"ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [("a", b"old")] == [(path.name, path.read_bytes()) for path in tmp_path.iterdir()]


@pytest.mark.parametrize("name", ["a", "folder/a"])
def test_link(tmp_path: Path, name: str) -> None:
    """A link stays one, and what it names is replaced, or made where it is not there yet."""
    target, link = tmp_path / name, tmp_path / "link"
    target.parent.mkdir(exist_ok=True)
    try:
        link.symlink_to(name)
    except OSError:
        pytest.skip("links cannot be made here")
    write(link, b"first")
    write(link, b"second")
    assert (True, False, b"second") == (link.is_symlink(), target.is_symlink(), target.read_bytes())


def test_folder(tmp_path: Path) -> None:
    """A folder is no place for a file."""
    with pytest.raises(OSError, match=r"directory|denied"):
        write(tmp_path, b"new")
    assert [] == [*tmp_path.iterdir()]


def test_no_such_folder(tmp_path: Path) -> None:
    """An error names the file that was to be written, and no temporary one."""
    path = tmp_path / "none" / "a.csv"
    with pytest.raises(FileNotFoundError) as caught:
        write(path, b"new")
    assert (caught.value.filename, caught.value.strerror) == (str(path), os.strerror(errno.ENOENT))
    with ees.Client(service=ees.local.demo()) as client:
        sen = client.open(ees.local.SEN_ID)
        for save in (sen.download, sen.query(limit=1).write_parquet):
            with pytest.raises(FileNotFoundError) as caught:
                save(path)
            assert caught.value.filename == str(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_pipe(tmp_path: Path) -> None:
    """A pipe is written to, and no file put in its place."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write(path, b"new")
        assert b"new" == os.read(reader, 16)
    finally:
        os.close(reader)
    assert path.is_fifo()


@pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="open files have no names here")
def test_open_pipe() -> None:
    """A pipe that has only the name of an open file, as /dev/stdout may be, is written to."""
    reader, writer = os.pipe()
    try:
        write(Path(f"/dev/fd/{writer}"), b"new")
        assert b"new" == os.read(reader, 16)
    finally:
        os.close(reader)
        os.close(writer)
