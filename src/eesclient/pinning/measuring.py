"""Digest and length of bytes that come piece by piece."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import IO, Any

import attrs

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
