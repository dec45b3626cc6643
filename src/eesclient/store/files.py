"""Files on a disk: of a store, in a folder or a bundle; whole or not there; and the digests of their bytes."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import secrets
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from threading import Lock
from typing import IO, Any, TypeAlias

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
        try:
            return (self._folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def has(self, path: str) -> bool:
        """Say whether there is such a file."""
        return (self._folder / path).is_file()

    def size(self, path: str) -> int | None:
        """How many bytes a file has, or None."""
        try:
            return (self._folder / path).stat().st_size
        except OSError:
            return None

    def age(self, path: str, now: float) -> float:
        """Seconds since a file was written; 0 when it is gone."""
        try:
            return now - (self._folder / path).stat().st_mtime
        except OSError:
            return 0.0

    def file(self, path: str) -> Path:
        """The file itself."""
        return self._folder / path

    def list(self, under: str) -> Iterator[str]:
        """Paths of all files in a folder and the folders in it, in order."""
        for folder, names, files in os.walk(self._folder / under):
            names.sort()
            for name in sorted(files):
                yield (Path(folder) / name).relative_to(self._folder).as_posix()

    def write(self, path: str, data: bytes) -> None:
        """Add a file whole: written beside its place, flushed, then moved there."""
        with self.staged(path.rpartition("/")[0]) as beside:
            with beside.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            self.place(beside, path)

    @contextmanager
    def staged(self, folder: str) -> Iterator[Path]:
        """A file to write beside its place; taken away in the end, unless it was placed."""
        under = self._folder / folder
        under.mkdir(parents=True, exist_ok=True)
        beside = under / f"{os.getpid()}-{secrets.token_hex(8)}.tmp"
        try:
            yield beside
        finally:
            beside.unlink(missing_ok=True)

    def place(self, staged: Path, path: str) -> None:
        """Move a file that was written to its place."""
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


class HashingWriter(io.RawIOBase):
    """Writes to a file, or to none, and keeps the digest of what is written."""

    def __init__(self, file: IO[bytes] | None = None) -> None:
        self._file = file
        self._sha = hashlib.sha256()
        self._length = 0

    def write(self, piece: Any) -> int:
        """Write the next piece."""
        self._sha.update(piece)
        self._length += len(piece)
        return len(piece) if self._file is None else self._file.write(piece)

    @property
    def digest(self) -> Digest:
        """The digest of what came so far."""
        return Digest(sha256=self._sha.hexdigest(), length=self._length)


def checksum(file: Path) -> Digest | None:
    """Digest and length of a file; None where there is none."""
    try:
        with file.open("rb") as source:
            digest = hashlib.file_digest(source, "sha256").hexdigest()
            return Digest(sha256=digest, length=source.tell())
    except FileNotFoundError:
        return None


def gzip_copy(source: IO[bytes], target: IO[bytes], *, level: int | None) -> tuple[Digest, Digest]:
    """Copy a file, by gzip unless its level is None, and return the digests of what it is and of what is written."""
    whole, out = HashingWriter(), HashingWriter(target)
    packing: AbstractContextManager[Any] = nullcontext(out)
    if level is not None:
        packing = gzip.GzipFile(filename="", fileobj=out, mode="wb", compresslevel=level, mtime=0)
    with packing as taking:
        while piece := source.read(PIECE):
            whole.write(piece)
            taking.write(piece)
    return whole.digest, out.digest


def gunzip(file: Path, write: Callable[[bytes], object]) -> str:
    """Undo gzip piece by piece; the digest of the file, or "" where it is damaged."""
    packed, unpacker = HashingWriter(), Unpacker()
    try:
        with file.open("rb") as source:
            while piece := source.read(PIECE):
                packed.write(piece)
                write(unpacker.feed(piece))
        write(unpacker.finish())
    except InvalidResponseError:
        return ""
    return packed.digest.sha256
