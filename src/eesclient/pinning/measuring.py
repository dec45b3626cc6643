"""Digest and length of bytes that come piece by piece."""

from __future__ import annotations

import gzip
import hashlib
import io
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, Any

import attrs

from ..errors import InvalidResponseError
from ..http.download import Unpacker

PIECE = 1 << 20
"""Bytes that are read at a time."""


@attrs.frozen(kw_only=True)
class Measured:
    """Digest and length of bytes."""

    digest: str
    length: int


class Measure:
    """Measures bytes that come piece by piece."""

    def __init__(self) -> None:
        self._sha = hashlib.sha256()
        self._length = 0

    def update(self, piece: bytes) -> None:
        """Take the next piece."""
        self._sha.update(piece)
        self._length += len(piece)

    @property
    def measured(self) -> Measured:
        """What came so far."""
        return Measured(digest=self._sha.hexdigest(), length=self._length)


class Tee(io.RawIOBase):
    """Writes to a file, and measures what is written."""

    def __init__(self, file: IO[bytes], measure: Measure) -> None:
        self._file = file
        self._measure = measure

    def write(self, piece: Any) -> int:
        """Write the next piece."""
        self._measure.update(bytes(piece))
        return self._file.write(piece)


def measured(file: Path) -> Measured | None:
    """Digest and length of a file; None where there is none."""
    try:
        with file.open("rb") as source:
            digest = hashlib.file_digest(source, "sha256").hexdigest()
            return Measured(digest=digest, length=source.tell())
    except FileNotFoundError:
        return None


def packed(source: IO[bytes], target: IO[bytes], *, level: int | None) -> tuple[Measured, Measured]:
    """Copy a file, by gzip unless its level is None, and measure what it is and what is written."""
    whole, written = Measure(), Measure()
    out: Any = Tee(target, written)
    packing: AbstractContextManager[Any] = nullcontext(out)
    if level is not None:
        packing = gzip.GzipFile(filename="", fileobj=out, mode="wb", compresslevel=level, mtime=0)
    with packing as taking:
        while piece := source.read(PIECE):
            whole.update(piece)
            taking.write(piece)
    return whole.measured, written.measured


def unpacked(file: Path, write: Callable[[bytes], object]) -> str:
    """Undo gzip piece by piece; the digest of the file, or "" where it is damaged."""
    measure, unpacker = Measure(), Unpacker()
    try:
        with file.open("rb") as source:
            while piece := source.read(PIECE):
                measure.update(piece)
                write(unpacker.feed(piece))
        write(unpacker.finish())
    except InvalidResponseError:
        return ""
    return measure.measured.digest
