"""A data file too large to be read at once, as smaller ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

PIECE = 16 << 20
"""Bytes of a piece, about."""


def pieces(file: IO[bytes], size: int = PIECE) -> Iterator[bytes]:
    """Cut a data file between its records; each piece begins with the header.

    Args:
        file: The data file, decompressed.
        size: Bytes of a piece, about; a record longer than that stays whole.
    """
    header, rest = _header(file, size)
    found = False
    while block := file.read(size):
        text = rest + block
        end = _last_end(text)
        if end:
            found = True
            yield header + text[:end]
        rest = text[end:]
    if rest or not found:
        yield header + rest


def _header(file: IO[bytes], size: int) -> tuple[bytes, bytes]:
    """The first record, and what was read after it."""
    text = b""
    while block := file.read(size):
        text += block
        end = _first_end(text)
        if end:
            return text[:end], text[end:]
    return text, b""


def _first_end(text: bytes) -> int:
    """Where the first record ends, after its line break; 0 where it does not."""
    end = text.find(b"\n") + 1
    # within quotes a line break is part of a cell
    while end and text.count(b'"', 0, end) % 2:
        end = text.find(b"\n", end) + 1
    return end


def _last_end(text: bytes) -> int:
    """Where the last whole record ends."""
    end = text.rfind(b"\n") + 1
    odd = text.count(b'"', 0, end) % 2
    while end and odd:
        before = text.rfind(b"\n", 0, end - 1) + 1
        odd = (odd + text.count(b'"', before, end)) % 2
        end = before
    return end
