"""Undoing gzip, within limits: the one decoder of all that comes from outside."""

from __future__ import annotations

import zlib
from io import BytesIO
from types import ModuleType
from typing import Any

from ._installed import installed
from .errors import InvalidResponseError

MAX_UNPACKED = 4_000_000_000
"""Bytes to which a body may unpack unless something else is said (`max_unpacked=`)."""

_FREE, _RATIO = 100_000_000, 250
"""Bytes that may come out of anything, and the times that more may be of what came: statistics reach 40."""

_GZIP = b"\x1f\x8b"
_FLAGS = 3
"""Place in a member of gzip of the byte that says what stands in its header besides."""

_PLAIN = frozenset({0, 4, 8, 16})
"""Flags of headers with no more than one of extra bytes, a name and a comment: others isal refuses in pieces."""

_PIECE = 1 << 16
"""Packed bytes that are undone at a time where all of them are there."""


# that of the extra `fast` has the ways of the standard library's
_decoder: ModuleType = installed("isal.isal_zlib") or zlib


class Unpacker:
    """Undoes gzip where a body has it, whether or not its headers say so (reference, section 13)."""

    def __init__(self, limit: int = MAX_UNPACKED, *, what: str = "the data file") -> None:
        self._limit = limit
        self._what = what
        self._start = b""
        self._packed: bool | None = None
        # what undoes the member that is read; before it is known, what came of its header
        self._zlib: Any = None
        self._head = b""
        self._came = self._made = 0

    def feed(self, piece: bytes) -> bytes:
        """The text of the next piece; an InvalidResponseError where the body is damaged, or unpacks to too much."""
        if self._packed is None:
            piece = self._start = self._start + piece
            if len(piece) < len(_GZIP):
                return b""
            self._packed = piece.startswith(_GZIP)
        self._came += len(piece)
        if self._packed:
            return self._unzip(piece)
        self._made += len(piece)
        self._check(self._limit)
        return piece

    def _unzip(self, piece: bytes) -> bytes:
        most = min(self._limit, max(_FREE, _RATIO * self._came))
        found = []
        try:
            while piece := self._member(piece):
                # a byte more than may come is enough to see that there is too much
                found.append(self._zlib.decompress(piece, most - self._made + 1))
                self._made += len(found[-1])
                self._check(most)
                piece = self._zlib.unused_data
        except (zlib.error, _decoder.error) as error:
            raise InvalidResponseError(f"{self._what} came damaged (gzip: {error}): try again") from error
        return b"".join(found)

    def _member(self, piece: bytes) -> bytes:
        """What is to be undone of a piece: nothing before the header says by what."""
        # a body may consist of several members, one after the other; zeros between them fill up a block
        if self._zlib is not None and self._zlib.eof and (piece := piece.lstrip(b"\0")):
            self._zlib = None
        if self._zlib is None:
            piece = self._head = self._head + piece
            if len(piece) <= _FLAGS:
                return b""
            self._head = b""
            self._zlib = (_decoder if piece[_FLAGS] in _PLAIN else zlib).decompressobj(wbits=31)
        return piece

    def _check(self, most: int) -> None:
        if self._made > most:
            raise too_much(self._what, most, "" if most == self._limit else f", {_RATIO} times what came")

    @property
    def is_packed(self) -> bool:
        """True once the body was seen to be packed."""
        return self._packed is True

    def finish(self) -> bytes:
        """The text that was held back; an InvalidResponseError where the body ended too early."""
        # one byte alone, the first of gzip's mark, is a body that was cut
        if self._packed is None and self._start != _GZIP[:1]:
            return self._start
        if self._packed is not False and not (self._zlib is not None and self._zlib.eof):
            raise InvalidResponseError(f"{self._what} ended in the middle: try again")
        return b""


def unzipped(body: bytes, limit: int, *, what: str) -> bytes:
    """A whole body without gzip."""
    unpacker, text = Unpacker(limit, what=what), BytesIO()
    if not body.startswith(_GZIP) or _decoder is not zlib:
        return unpacker.feed(body) + unpacker.finish()
    # piece by piece into one place, which isal has by itself: zlib alone makes blocks and then a copy of them all
    for start in range(0, len(body), _PIECE):
        text.write(unpacker.feed(body[start : start + _PIECE]))
    text.write(unpacker.finish())
    return text.getvalue()


def too_much(what: str, most: int, why: str = "") -> InvalidResponseError:
    """The error for a body past a limit."""
    return InvalidResponseError(
        f"{what} has more than {most:,} bytes when unpacked{why}: if that can be right, allow more (max_unpacked=, of "
        "which JSON may take a sixteenth, or EES_MAX_UNPACKED)"
    )
