"""Files on a disk: of a store, in a folder or a bundle; whole or not there; and the digests of their bytes."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import secrets
import stat
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import IO, TYPE_CHECKING, TypeAlias

from .._classes import frozen
from ..errors import InvalidResponseError, StoreError
from ..unpack import Unpacker

if TYPE_CHECKING:
    from zipfile import ZipInfo

PIECE = 1 << 20
"""Bytes that are read at a time."""

_NO_FILE = "a folder, pipe or device stands where a file belongs"

_FREE, _RATIO = 100_000_000, 20
"""Bytes to which a file in a bundle may unpack in any case, and the times of what it takes there."""


class Folder:
    """Files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        mode = self._mode("")
        if mode is not None and not stat.S_ISDIR(mode):
            raise StoreError(f"{folder} is a file, and a store is a folder or a bundle (.zip)", path=str(folder))

    def _unreadable(self, path: str, error: OSError | ValueError) -> StoreError:
        why = reason(error) if isinstance(error, OSError) else str(error)
        what = f"{self._folder / path} in the store" if path else f"the store {self._folder}"
        return StoreError(
            f"{what} cannot be read: {why}; mend that, or name another store (EES_STORE or store=)",
            path=path,
        )

    def _mode(self, path: str) -> int | None:
        """Kind and permissions of what stands there, or None."""
        try:
            return (self._folder / path).stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise self._unreadable(path, error) from error

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, or None."""
        try:
            with open_file(self._folder / path) as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._unreadable(path, error) from error

    def pieces(self, path: str) -> Iterator[bytes]:
        """The bytes of a file, piece by piece; none where there is no such file."""
        try:
            with suppress(FileNotFoundError, NotADirectoryError), open_file(self._folder / path) as file:
                while piece := file.read(PIECE):
                    yield piece
        except OSError as error:
            raise self._unreadable(path, error) from error

    def has(self, path: str) -> bool:
        """Say whether there is such a file."""
        mode = self._mode(path)
        if mode is not None and not stat.S_ISREG(mode):
            error = OSError(errno.EINVAL, _NO_FILE)
            raise self._unreadable(path, error) from error
        return mode is not None

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

        def fail(error: OSError) -> None:
            # beside refs and blobs there may be anything; what goes meanwhile is no matter
            if under and not isinstance(error, FileNotFoundError):
                raise self._unreadable(under, error) from error

        for folder, names, files in os.walk(self._folder / under, onerror=fail):
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
        import zipfile

        self._path = path
        self._lock = Lock()
        try:
            self._zip = zipfile.ZipFile(path)
            members = self._zip.infolist()
        except Exception as error:
            raise self._unreadable("", error) from error
        self._members = {member.filename: member for member in members}
        problem = _odd(members) or ("" if "store.json" in self._members else "it has no store.json")
        if problem:
            self._zip.close()
            raise StoreError(f"{path} is not a bundle: {problem}; ees bundle makes one", path=str(path))

    def _unreadable(self, path: str, error: Exception) -> StoreError:
        # zipfile lets out whatever it meets: struct.error, NotImplementedError, zlib.error, OSError and more
        why = reason(error) if isinstance(error, OSError) else str(error) or type(error).__name__
        what = f"{path} in it is damaged" if path else "is not a bundle, or a damaged one"
        return StoreError(f"{self._path}: {what}: {why}; copy it anew, or make it again with ees bundle", path=path)

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, or None."""
        return None if path not in self._members else b"".join(self.pieces(path))

    def pieces(self, path: str) -> Iterator[bytes]:
        """The bytes of a file, piece by piece."""
        try:
            with self._lock:
                file = self._zip.open(self._members[path])
            with file:
                while piece := file.read(PIECE):
                    yield piece
        except Exception as error:
            raise self._unreadable(path, error) from error

    def has(self, path: str) -> bool:
        """Say whether there is such a file."""
        return path in self._members

    def size(self, path: str) -> int | None:
        """How many bytes a file has, or None."""
        return self._members[path].file_size if path in self._members else None

    def file(self, path: str) -> Path | None:
        """None: files cannot be read in place."""
        return None

    def list(self, under: str) -> Iterator[str]:
        """Paths of all files in a folder and the folders in it, in order."""
        yield from sorted(name for name in self._members if name.startswith(f"{under}/") and not name.endswith("/"))


def _odd(members: Sequence[ZipInfo]) -> str:
    """What no bundle has: nothing in one is written to a disk, but it may be unpacked by something else."""
    from zipfile import ZIP_DEFLATED, ZIP_STORED

    seen = set[str]()
    for member in members:
        name = member.filename
        is_outside = "\\" in name or ":" in name.partition("/")[0] or not {"", ".."}.isdisjoint(name[:-1].split("/"))
        for is_so, problem in (
            (name in seen, "is in it twice"),
            (is_outside, "leads outside of it"),
            (stat.S_ISLNK(member.external_attr >> 16), "is a link"),
            (member.flag_bits & 1, "is encrypted"),
            (member.compress_type not in (ZIP_STORED, ZIP_DEFLATED), "is packed in an unusual way"),
            (member.file_size > max(_FREE, _RATIO * member.compress_size), f"unpacks to {member.file_size:,} bytes"),
        ):
            if is_so:
                return f"{name!r} {problem}"
        seen.add(name)
    return ""


Files: TypeAlias = Folder | Archive
"""Where the files of a store are, by their paths with `/` between the parts."""


@frozen(kw_only=True)
class Digest:
    """Digest and length of bytes."""

    sha256: str
    length: int


def open_file(path: str | os.PathLike[str]) -> io.BufferedReader:
    """A file to read; an OSError where something else stands there: a pipe would keep its reader waiting."""
    try:
        return open(os.fspath(path), "rb", opener=_open)
    except (ValueError, TypeError) as error:
        # a null byte, half a character, or a number, which would be that of a file that is open already
        raise OSError(errno.EINVAL, str(error), path) from error


def _open(path: str, flags: int) -> int:
    # without waiting: opening a pipe would wait for somebody who writes to it
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, _NO_FILE, path)


def reason(error: OSError) -> str:
    """What went wrong with a file, in words."""
    return error.strerror or str(error)


def checksum(file: Path) -> Digest | None:
    """Digest and length of a file; None where there is none."""
    with suppress(FileNotFoundError), open_file(file) as source:
        return digest_of(source)
    return None


def digest_of(source: IO[bytes]) -> Digest:
    """Digest and length of an open file, which is read to its end."""
    digest = hashlib.file_digest(source, "sha256").hexdigest()  # type: ignore[arg-type]
    return Digest(sha256=digest, length=source.tell())


def copy(source: IO[bytes], target: IO[bytes], *, level: int | None) -> tuple[Digest, Digest]:
    """Copy a file, by gzip unless its level is None, and return the digests of what it is and of what is written."""
    written = hashlib.sha256()
    whole = written if level is None else hashlib.sha256()
    # the wbits of gzip, whose header then has neither a name nor a time, so that equal bytes stay equal
    packer = None if level is None else zlib.compressobj(level, wbits=31)

    def write(piece: bytes) -> None:
        written.update(piece)
        target.write(piece)

    while piece := source.read(PIECE):
        if whole is not written:
            whole.update(piece)
        write(piece if packer is None else packer.compress(piece))
    if packer is not None:
        write(packer.flush())
    return (
        Digest(sha256=whole.hexdigest(), length=source.tell()),
        Digest(sha256=written.hexdigest(), length=target.tell()),
    )


def gunzip(pieces: Iterable[bytes], write: Callable[[bytes], object]) -> str:
    """Undo gzip piece by piece; the digest of the bytes, or "" where they are damaged."""
    packed, unpacker = hashlib.sha256(), Unpacker()
    try:
        for piece in pieces:
            packed.update(piece)
            write(unpacker.feed(piece))
        write(unpacker.finish())
    except InvalidResponseError:
        return ""
    return packed.hexdigest()
