"""What was read of large data files, kept for the next start in the user's cache folder.

An entry is named by all bytes of the data file and of its metadata file, and by the version of this package, so a file
that changed by one byte has another; times and names of files say nothing. One that does not fit its own digest is
taken away, and the file read anew. `EES_STORE=none` keeps nothing here either; nor does a folder that nobody can write.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import local
from types import ModuleType
from typing import IO, Any, Self, TypeVar

import attrs
from platformdirs import user_cache_path

from .._classes import frozen
from .._installed import installed, release

_MOST = 1 << 30
"""Bytes that all entries may take; those that were not used for the longest time go first."""

_FORMAT = b"eesclient box 1\n"
"""First bytes of an entry; another number where entries, or what is read of a file, become different."""

_CHUNK = 4 << 20
"""Bytes of a file that have a digest of their own, so that several processors can take them."""

_PIECE = 1 << 20
"""The same that are read at a time: no more than the processor has at hand."""

_LENGTH = 8

T = TypeVar("T")


_blake3: ModuleType | None = installed("blake3")
# the extra `fast` brings it
_new: Callable[[], Any] = hashlib.sha256 if _blake3 is None else _blake3.blake3


class Digest:
    """The digest of bytes that come piece by piece: that of the digests of its chunks."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._chunk, self._left = _new(), _CHUNK

    def update(self, piece: bytes) -> None:
        """Add a piece."""
        rest = memoryview(piece)
        while rest:
            self._chunk.update(rest[: self._left])
            taken = min(len(rest), self._left)
            rest, self._left = rest[taken:], self._left - taken
            if not self._left:
                self._chunks.append(self._chunk.digest())
                self._chunk, self._left = _new(), _CHUNK

    def hexdigest(self) -> str:
        """The digest as text."""
        last = [self._chunk.digest()] if self._left < _CHUNK else []
        return _joined([*self._chunks, *last])


class FileDigest:
    """The digest of a file's bytes, which threads of its own take beside what else is done."""

    def __init__(self, path: Path) -> None:
        self._path, self._own = path, local()
        self._opened: list[IO[bytes]] = []
        self._pool = ThreadPoolExecutor(min(4, os.cpu_count() or 1), thread_name_prefix="eesclient")
        starts = range(0, path.stat().st_size, _CHUNK)
        self._chunks = [self._pool.submit(self._digest, start) for start in starts]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        for file in self._opened:
            file.close()

    def hexdigest(self) -> str:
        """The digest as text, as `Digest` gives it; an OSError where the file cannot be read."""
        return _joined([chunk.result() for chunk in self._chunks])

    def _digest(self, start: int) -> bytes:
        own = self._own
        if not hasattr(own, "file"):
            # for all chunks of a thread, which waits for Python at each call that lets go of it
            own.file, own.buffer = self._path.open("rb", buffering=0), memoryview(bytearray(_PIECE))
            self._opened.append(own.file)
        own.file.seek(start)
        found, left = _new(), _CHUNK
        while left and (count := own.file.readinto(own.buffer[:left])):
            found.update(own.buffer[:count])
            left -= count
        digest: bytes = found.digest()
        return digest


def digest_of_bytes(content: bytes) -> str:
    """The same digest of bytes in memory."""
    digest = Digest()
    digest.update(content)
    return digest.hexdigest()


def _joined(chunks: list[bytes]) -> str:
    return hashlib.sha256(b"".join(chunks)).hexdigest()


@frozen(kw_only=True)
class Entry:
    """What was read of a data file of that digest: what is said of its table, and the table."""

    digest: str
    about: bytes = attrs.field(repr=False)
    table: bytes = attrs.field(repr=False)


@frozen(kw_only=True)
class Cache:
    """Entries in a folder: of a data file's size, and of what names it and its metadata file."""

    folder: Path

    @classmethod
    def default(cls) -> Cache | None:
        """The cache of the user, which `XDG_CACHE_HOME` moves; None where nothing is to be kept."""
        if os.environ.get("EES_STORE", "").strip().lower() == "none":
            return None
        return cls(folder=user_cache_path("eesclient", appauthor=False) / "box")

    def find(self, data: Path, meta: bytes, read: Callable[[Entry], T]) -> T | None:
        """What is read of the entry of a data file, whose digest is only taken where there may be one."""
        with suppress(OSError):
            size = data.stat().st_size
            if not any(self.folder.glob(f"{size}-*")):
                return None
            # begun first: the rest is done meanwhile
            with FileDigest(data) as digest:
                kept = [*self.folder.glob(f"{size}-{_short(meta)}-*")]
                if not kept:
                    return None
                # most likely it is the last one, and there is no other
                likely = max(kept, key=lambda path: path.stat().st_mtime_ns)
                found = self._read(likely, read)
                path = self._path(size, meta, digest.hexdigest())
            return found if path == likely else self._read(path, read)
        return None

    def _read(self, path: Path, read: Callable[[Entry], T]) -> T | None:
        with suppress(FileNotFoundError):
            entry = _unpacked(path)
            if entry is not None:
                os.utime(path)
                return read(entry)
            path.unlink()
        return None

    def keep(self, size: int, meta: bytes, entry: Entry) -> None:
        """Keep an entry, if that can be; what is older makes room for it."""
        parts = [len(entry.about).to_bytes(_LENGTH, "little"), entry.about, entry.table]
        if sum(map(len, parts)) > _MOST:
            return
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside = self.folder / f"{os.getpid()}-{secrets.token_hex(8)}.tmp"
            try:
                with beside.open("wb") as file:
                    check = hashlib.sha256()
                    for part in parts:
                        check.update(part)
                    file.writelines([_FORMAT, check.digest(), *parts])
                beside.replace(self._path(size, meta, entry.digest))
            finally:
                beside.unlink(missing_ok=True)
            self._make_room()

    def _path(self, size: int, meta: bytes, digest: str) -> Path:
        return self.folder / f"{size}-{_short(meta)}-{digest}"

    def _make_room(self) -> None:
        found = sorted(((path.stat(), path) for path in self.folder.iterdir()), key=lambda one: -one[0].st_mtime)
        total = 0
        for place, (stat, path) in enumerate(found):
            total += stat.st_size
            # the newest stays
            if place and total > _MOST:
                path.unlink(missing_ok=True)


def _short(meta: bytes) -> str:
    # what is read of a file may follow other rules in another release; and digests of two kinds are not the same
    kind = str(_new().name)
    return hashlib.sha256(b"%s%s %s\0%s" % (_FORMAT, release().encode(), kind.encode(), meta)).hexdigest()[:32]


def _unpacked(path: Path) -> Entry | None:
    """The entry in a file, or None where it is damaged."""
    check = hashlib.sha256()
    with path.open("rb") as file:
        begin, digest, length = file.read(len(_FORMAT)), file.read(check.digest_size), file.read(_LENGTH)
        # a damaged length may be any number
        size = int.from_bytes(length, "little")
        about, table = file.read(size) if size < os.fstat(file.fileno()).st_size else b"", file.read()
    for part in (length, about, table):
        check.update(part)
    if begin != _FORMAT or check.digest() != digest:
        return None
    return Entry(digest=path.name.rpartition("-")[2], about=about, table=table)
