"""Escapes of JSON text, undone before it is cut, a page at a time.

For quotes and backslashes stand signs that JSON cannot hold, until the texts are cut out.
"""

from __future__ import annotations

import json
import re

from ..texts import pattern

_ESCAPE = pattern(rb"\\(?:u[dD][89abAB]..\\u....|u....|.)", re.DOTALL)
_QUOTE, _BACKSLASH, _NOTHING = b"\x01", b"\x02", b"\x04"
_STAND_INS: dict[bytes, bytes] = {b'"': _QUOTE, b"\\": _BACKSLASH}
_RARE = 100
"""Escapes up to which each is looked at."""

SIGNS = {"\x01": '"', "\x02": "\\"}
"""Signs for an escaped quote or backslash while rows are cut."""


def unescaped(rows: bytes) -> bytes:
    """JSON text without escapes: an escaped quote or backslash is a sign that cannot stand in JSON."""
    if any(sign in rows for sign in (_QUOTE, _BACKSLASH, _NOTHING)):
        raise ValueError("control characters are not valid in JSON")
    pieces: list[bytes] = []
    end, start = 0, rows.find(b"\\")
    # to find a byte is many times as fast as to search for two, which is worth it only where there are many
    while start >= 0 and len(pieces) < 2 * _RARE:
        escape, text = _escape_at(rows, start)
        pieces += [rows[end:start], text]
        end = escape.end()
        start = rows.find(b"\\", end)
    return b"".join([*pieces, rows[end:]]) if start < 0 else _unescaped_at_once(rows)


def _escape_at(rows: bytes, start: int) -> tuple[re.Match[bytes], bytes]:
    """The escape that begins at a backslash, and what it stands for."""
    escape = _ESCAPE.match(rows, start)
    text: bytes = json.loads(b'"%b"' % escape[0]).encode() if escape else _BACKSLASH
    if escape is None or text in (_QUOTE, _BACKSLASH, _NOTHING):
        raise ValueError("this escape is for the exact reader")
    return escape, _STAND_INS.get(text, text)


def _unescaped_at_once(rows: bytes) -> bytes:
    """The same where there are many escapes: few different ones are in use, many times each."""
    try:
        return _replaced(rows)
    except ValueError:
        # these first, so that each backslash after them begins an escape
        return _replaced(rows.replace(b"\\\\", _NOTHING + _BACKSLASH))


def _replaced(rows: bytes) -> bytes:
    """The same, each different escape everywhere at once; a ValueError where one began at another's second backslash.

    Its first backslash is left then, before a sign that no escape has.
    """
    for _ in range(100):
        start = rows.find(b"\\")
        if start < 0:
            return rows.translate(None, _NOTHING)
        escape, text = _escape_at(rows, start)
        # what is as long takes half the time
        rows = rows.replace(escape[0], text.rjust(len(escape[0]), _NOTHING))
    raise ValueError("too many escapes")
