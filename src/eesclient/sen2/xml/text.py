"""Texts and names as XML writes them."""

from __future__ import annotations

from xml.sax.saxutils import escape

import polars as pl

UNFIT = r"[^\t\n\r\x20-\x{D7FF}\x{E000}-\x{FFFD}\x{10000}-\x{10FFFF}]"
"""A character that XML 1.0 cannot hold, escaped or not (section 2.2 of its specification)."""

_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r"))

_START = (
    r":A-Z_a-z\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{2FF}\x{370}-\x{37D}\x{37F}-\x{1FFF}\x{200C}\x{200D}"
    r"\x{2070}-\x{218F}\x{2C00}-\x{2FEF}\x{3001}-\x{D7FF}\x{F900}-\x{FDCF}\x{FDF0}-\x{FFFD}\x{10000}-\x{EFFFF}"
)
NAME = rf"^[{_START}][{_START}\-.0-9\x{{B7}}\x{{300}}-\x{{36F}}\x{{203F}}\x{{2040}}]*$"
"""A name of an element or attribute (section 2.3 of the specification)."""


def escaped(text: pl.Expr) -> pl.Expr:
    """The text between tags: a carriage return, too, is written as what it is, as a reader makes it a new line."""
    return text.str.replace_many(["&", "<", ">", "\r"], ["&amp;", "&lt;", "&gt;", "&#13;"])


def written(text: str) -> str:
    """The same for one text."""
    return escape(text, {"\r": "&#13;"})


def attributes_written(attributes: list[str]) -> list[str]:
    """Attributes as they stand in a tag, each by itself: names and values come in turns."""
    # a reader makes a blank of each of the three, unless it is written as what it is
    signs = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;", '"': "&quot;"}
    return [f'{name}="{escape(value, signs)}"' for name, value in zip(attributes[::2], attributes[1::2], strict=True)]


def is_unfit(text: bytes) -> bool:
    """Whether a text in UTF-8 has a character that XML cannot hold."""
    if len(text.translate(None, _CONTROLS)) < len(text):
        return True
    # UTF-8 cannot hold surrogates; U+FFFE and U+FFFF, which XML excludes too, it can
    return not text.isascii() and (b"\xef\xbf\xbe" in text or b"\xef\xbf\xbf" in text)
