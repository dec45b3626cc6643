"""A data file straight to the disk, whole or not at all."""

from __future__ import annotations

import importlib
import secrets
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypeAlias

from ..errors import InvalidResponseError

_GZIP = b"\x1f\x8b"
_STEP = 1_000_000
"""Bytes between two reports of progress."""


class Unpacker:
    """Undoes gzip where a body has it, whether or not its headers say so (reference, section 13)."""

    def __init__(self) -> None:
        self._start = b""
        self._zlib: zlib._Decompress | None = None
        self._plain = False

    def feed(self, piece: bytes) -> bytes:
        """The text of the next piece.

        Raises:
            InvalidResponseError: The body is damaged.
        """
        if self._plain:
            return piece
        if self._zlib is None:
            self._start += piece
            if len(self._start) < len(_GZIP):
                return b""
            self._plain = not self._start.startswith(_GZIP)
            self._zlib = zlib.decompressobj(wbits=31)
            piece = self._start
        return piece if self._plain else self._unpack(self._zlib, piece)

    def finish(self) -> bytes:
        """What was held back.

        Raises:
            InvalidResponseError: The body ended too early.
        """
        if self._zlib is None and self._start != _GZIP[:1]:
            return self._start
        if not self._plain and not (self._zlib and self._zlib.eof):
            raise InvalidResponseError("the data file ended in the middle: try again")
        return b""

    def _unpack(self, unpacking: zlib._Decompress, piece: bytes) -> bytes:
        unpacked = b""
        try:
            while piece:
                # a file may consist of several compressed ones, one after the other
                unpacking = zlib.decompressobj(wbits=31) if unpacking.eof else unpacking
                unpacked += unpacking.decompress(piece)
                piece = unpacking.unused_data
        except zlib.error as error:
            raise InvalidResponseError("the data file came damaged: try again") from error
        self._zlib = unpacking
        return unpacked


class Saving:
    """A file that is being saved: under a temporary name beside it, until it is whole.

    Attributes:
        path: Where the file shall be.

    Args:
        path: Where the file shall be; what is there stays until it is replaced.
        progress: Whether to show how much has come, or what is told.
    """

    def __init__(self, path: Path, *, progress: Progress) -> None:
        self.path = path
        self._part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        self._file = self._part.open("xb")
        self._report = reporter(progress, path.name)
        self.begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()
        self._part.unlink(missing_ok=True)
        self._report.close()

    def begin(self) -> None:
        """Start anew."""
        self._file.seek(0)
        self._file.truncate()
        self._unpacker = Unpacker()
        self._written = self._received = self._reported = 0
        self._total: int | None = None

    def expect(self, total: int | None) -> None:
        """Take how many bytes will come, if that is known."""
        self._total = total

    def write(self, piece: bytes) -> None:
        """Take the next piece of the body."""
        self._written += self._file.write(self._unpacker.feed(piece))
        self._received += len(piece)
        if self._received - self._reported >= _STEP:
            self._reported = self._received
            self._report(self._received, self._total)

    def finish(self) -> None:
        """Put the file in its place.

        Raises:
            InvalidResponseError: It is not whole.
        """
        self._written += self._file.write(self._unpacker.finish())
        if not self._written:
            raise InvalidResponseError("the data file came empty: try again")
        self._report(self._received, self._received)
        self._file.close()
        self._part.replace(self.path)


@contextmanager
def saving(path: Path, *, progress: Progress, url: str = "") -> Iterator[Saving]:
    """A file to save to; nothing of it is left unless `finish` was called.

    Args:
        path: Where the file shall be.
        progress: Whether to show how much has come, or what is told.
        url: What is asked, for errors.

    Raises:
        IsADirectoryError: The path is a folder.
        FileNotFoundError: Its folder does not exist.
    """
    if path.is_dir():
        raise IsADirectoryError(
            f"{str(path)!r} is a folder: name the file to save to, such as {str(path / 'data.csv')!r}"
        )
    with Saving(path, progress=progress) as saved:
        try:
            yield saved
        except InvalidResponseError as error:
            error.method, error.url = error.method or "GET", error.url or url
            raise


Progress: TypeAlias = bool | Callable[[int, int | None], object]
"""Whether to show progress; or what is told it: bytes that came, and how many there are if that is known."""


class Reporter(Protocol):
    """Takes reports of progress."""

    def __call__(self, done: int, total: int | None) -> object:
        """Take a report.

        Args:
            done: Bytes that came; fewer than before when a file comes anew.
            total: Bytes that there are, if that is known.
        """
        ...

    def close(self) -> None:
        """Finish."""
        ...


def reporter(progress: Progress, name: str) -> Reporter:
    """What takes the reports of a file.

    Args:
        progress: As the caller wants it; True for a bar by tqdm where that is installed, else a line.
        name: Name of the file.
    """
    if callable(progress):
        return _Told(progress)
    if not progress:
        return _Told(lambda done, total: None)
    try:
        # in a notebook it is a widget
        bar = importlib.import_module("tqdm.auto").tqdm
    except ImportError:
        return _Line(name)
    return _Bar(bar(desc=name, unit="B", unit_scale=True))


class _Told:
    """A function that is told."""

    def __init__(self, call: Callable[[int, int | None], object]) -> None:
        self._call = call

    def __call__(self, done: int, total: int | None) -> None:
        self._call(done, total)

    def close(self) -> None:
        """Do nothing."""


class _Line:
    """A line on the standard error stream."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._end = ""

    def __call__(self, done: int, total: int | None) -> None:
        of = "" if total is None else f" of {total / 1_000_000:,.1f}"
        sys.stderr.write(f"\r{self._name}: {done / 1_000_000:,.1f}{of} MB")
        sys.stderr.flush()
        self._end = "\n"

    def close(self) -> None:
        """End the line."""
        sys.stderr.write(self._end)


class _Bar:
    """A bar by tqdm."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def __call__(self, done: int, total: int | None) -> None:
        if total != self._bar.total or done < self._bar.n:
            self._bar.reset(total)
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Leave it as it is."""
        self._bar.close()
