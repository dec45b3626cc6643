"""Files on a disk: of a store, in a folder or a bundle; whole or not there; and the digests of their bytes."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import IO, TypeAlias

import attrs

from ..errors import InvalidResponseError, StoreError
from ..transport.download import Unpacker

PIECE = 1 << 20
"""Bytes that are read at a time."""


class Folder:
    """Files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        if folder.exists() and not folder.is_dir():
            raise StoreError(f"{folder} is a file, and a store is a folder or a bundle (.zip)", path=str(folder))

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, or None."""
        with suppress(FileNotFoundError, NotADirectoryError):
            return (self._folder / path).read_bytes()
        return None

    def has(self, path: str) -> bool:
        """Say whether there is such a file."""
        return (self._folder / path).is_file()

    def size(self, path: str) -> int | None:
        """How many bytes a file has, or None."""
        with suppress(OSError):
            return (self._folder / path).stat().st_size
        return None

    def age(self, path: str, now: float) -> float:
        """Seconds since a file was written; 0 when it is gone."""
        with suppress(OSError):
            return now - (self._folder / path).stat().st_mtime
        return 0.0

    def file(self, path: str) -> Path:
        """The file itself."""
        return self._folder / path

    def list(self, under: str) -> Iterator[str]:
        """Paths of all files in a folder and the folders in it, in order."""
        for folder, names, files in os.walk(self._folder / under):
            # in place, for the walk goes on by this list
            names.sort()
            for name in sorted(files):
                yield (Path(folder) / name).relative_to(self._folder).as_posix()

    def write(self, path: str, data: bytes) -> None:
        """Add a file whole: written beside its place, flushed, then moved there."""
        with self.staged(path.rpartition("/")[0]) as beside:
            beside.write_bytes(data)
            self.place(beside, path)

    @contextmanager
    def staged(self, folder: str) -> Iterator[Path]:
        """A file to write beside its place; taken away in the end, unless it was placed."""
        under = self._folder / folder
        under.mkdir(parents=True, exist_ok=True)
        # a name of its own, for other processes and threads may write the same file
        beside = under / f"{os.getpid()}-{secrets.token_hex(8)}.tmp"
        try:
            yield beside
        finally:
            beside.unlink(missing_ok=True)

    def place(self, staged: Path, path: str) -> None:
        """Move a file that was written to its place."""
        # on the disk first, so that no name leads to a file without its bytes when the power fails
        with staged.open("rb+") as file:
            os.fsync(file.fileno())
        staged.replace(self._folder / path)

    def touch(self, path: str) -> None:
        """Make a file new, so that it is not taken for one that nothing leads to."""
        with suppress(OSError):
            os.utime(self._folder / path)

    def move(self, path: str, to: str) -> bool:
        """Give a file another path, at once; says whether it was there."""
        try:
            (self._folder / path).replace(self._folder / to)
        except FileNotFoundError:
            return False
        return True

    def remove(self, path: str) -> None:
        """Take a file away, if it is there."""
        (self._folder / path).unlink(missing_ok=True)


class Archive:
    """Files in a bundle, read without unpacking it."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except zipfile.BadZipFile as error:
            raise StoreError(f"{path} is not a bundle: {error}", path=str(path)) from error
        self._names = frozenset(self._zip.namelist())
        self._path = path
        self._lock = Lock()

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, or None."""
        if path not in self._names:
            return None
        try:
            with self._lock:
                return self._zip.read(path)
        except zipfile.BadZipFile as error:
            raise StoreError(f"{self._path} is damaged: {error}", path=path) from error

    def has(self, path: str) -> bool:
        """Say whether there is such a file."""
        return path in self._names

    def size(self, path: str) -> int | None:
        """How many bytes a file has, or None."""
        return self._zip.getinfo(path).file_size if path in self._names else None

    def file(self, path: str) -> Path | None:
        """None: files cannot be read in place."""
        return None

    def list(self, under: str) -> Iterator[str]:
        """Paths of all files in a folder and the folders in it, in order."""
        yield from sorted(name for name in self._names if name.startswith(f"{under}/") and not name.endswith("/"))


Files: TypeAlias = Folder | Archive
"""Where the files of a store are, by their paths with `/` between the parts."""


@attrs.frozen(kw_only=True)
class Digest:
    """Digest and length of bytes."""

    sha256: str
    length: int


def open_file(path: str | os.PathLike[str]) -> IO[bytes]:
    """A file to read; an OSError where something else stands there: a pipe would keep its reader waiting."""
    try:
        return open(path, "rb", opener=_open)
    except ValueError as error:
        # a null byte, or half a character
        raise OSError(errno.EINVAL, str(error), path) from error


def _open(path: str, flags: int) -> int:
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "a folder, pipe or device stands where a file belongs", path)


def reason(error: OSError) -> str:
    """What went wrong with a file, in words."""
    return error.strerror or str(error)


def checksum(file: Path) -> Digest | None:
    """Digest and length of a file; None where there is none."""
    with suppress(FileNotFoundError), file.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
        return Digest(sha256=digest, length=source.tell())
    return None


def copy(source: IO[bytes], target: IO[bytes], *, level: int | None) -> tuple[Digest, Digest]:
    """Copy a file, by gzip unless its level is None, and return the digests of what it is and of what is written."""
    whole, written = hashlib.sha256(), hashlib.sha256()
    # the wbits of gzip, whose header then has neither a name nor a time, so that equal bytes stay equal
    packer = None if level is None else zlib.compressobj(level, wbits=31)

    def write(piece: bytes) -> None:
        written.update(piece)
        target.write(piece)

    while piece := source.read(PIECE):
        whole.update(piece)
        write(piece if packer is None else packer.compress(piece))
    if packer is not None:
        write(packer.flush())
    return (
        Digest(sha256=whole.hexdigest(), length=source.tell()),
        Digest(sha256=written.hexdigest(), length=target.tell()),
    )


def gunzip(file: Path, write: Callable[[bytes], object]) -> str:
    """Undo gzip piece by piece; the digest of the file, or "" where it is damaged."""
    packed, unpacker = hashlib.sha256(), Unpacker()
    try:
        with file.open("rb") as source:
            while piece := source.read(PIECE):
                packed.update(piece)
                write(unpacker.feed(piece))
        write(unpacker.finish())
    except InvalidResponseError:
        return ""
    return packed.hexdigest()
