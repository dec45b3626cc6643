"""What may be written to a terminal: the texts of strangers, without signs that a terminal obeys."""

from __future__ import annotations

import re
from typing import Any, TextIO

_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters but tabs and line ends, signs that turn the direction of writing, and halves of characters."""


def printable(text: str) -> str:
    r"""A text whose control characters are written as `\u001b`, as JSON and Python read them."""
    return _OBEYED.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)


def bare(address: str) -> str:
    """An address, or a text that may be one, without name and password."""
    return re.sub(r"^(\s*[\w+.-]*://)?.*@", lambda match: match[1] or "", address, flags=re.DOTALL)


class Terminal:
    """A text stream to which all is written printable, also signs that its encoding does not have."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def flush(self) -> None:
        """Send on what was written."""
        self._stream.flush()

    def write(self, text: str) -> int:
        """Write a text."""
        encoding = self._stream.encoding or "utf-8"
        self._stream.write(printable(text).encode(encoding, "backslashreplace").decode(encoding))
        return len(text)
