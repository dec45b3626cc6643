"""Bytes of a CSV file found anywhere become text: each byte is understood, or its line is named.

UTF-8, UTF-16 that says so by its byte order mark, or Windows-1252; compressed with gzip or not.
"""

from __future__ import annotations

import gzip
import re
import zlib

from ..errors import DataFileError

_GZIP, _UTF8_MARK, _UTF16_MARKS = b"\x1f\x8b", b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")
_BREAK = re.compile(r"\r\n|\r|\n")


def uncompress(name: str, data: bytes, notes: list[str]) -> bytes:
    """Undo gzip, which is known by its first bytes.

    Raises:
        DataFileError: It is broken.
    """
    if not data.startswith(_GZIP):
        return data
    try:
        plain = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise DataFileError(f"cannot be uncompressed ({error}): fetch the file again", file=name) from error
    notes.append("The file was compressed with gzip.")
    return plain


def decode(name: str, data: bytes, notes: list[str]) -> str:
    """Text of a file, without its byte order mark.

    Args:
        name: Name of the file, for errors.
        data: Its bytes, uncompressed.
        notes: What was decoded in another way than UTF-8 is said here.

    Raises:
        DataFileError: It is none of the encodings, it mixes two, or it holds a character 0.
    """
    if data.startswith(_UTF16_MARKS):
        text = _utf16(name, data)
        notes.append("The file is UTF-16, as its byte order mark says.")
    else:
        text = _utf8(name, data, notes)
    zero = text.find("\0")
    if zero >= 0:
        message = "holds a character 0 here, so it is no plain text: save the file as UTF-8"
        raise DataFileError(message, file=name, line=line_at(text, zero))
    return text


def line_at(text: str, place: int) -> int:
    """Line, from 1, of a place in a text, whichever line ends it has."""
    return len(_BREAK.findall(text, 0, place)) + 1


def _utf16(name: str, data: bytes) -> str:
    try:
        return data.decode("utf-16")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-16", errors="replace")
        message = "begins with the mark of UTF-16 and is not UTF-16 here: save the file as UTF-8"
        raise DataFileError(message, file=name, line=line_at(before, len(before))) from error


def _utf8(name: str, data: bytes, notes: list[str]) -> str:
    try:
        return data.removeprefix(_UTF8_MARK).decode()
    except UnicodeDecodeError:
        pass
    # every byte that is no UTF-8 becomes a lone surrogate, all else stays what it is, a byte order mark too
    text = data.decode(errors="surrogateescape")
    places = [match.start() for match in re.finditer("[\udc80-\udcff]", text)]
    line = line_at(text, places[0])
    if any(character > "\x7f" and not "\udc80" <= character <= "\udcff" for character in set(text)):
        message = "is not UTF-8 here, and elsewhere it is: one of the two is wrong, so save the file as UTF-8 anew"
        raise DataFileError(message, file=name, line=line)
    try:
        plain = data.decode("cp1252")
    except UnicodeDecodeError as error:
        bad = line_at(text, error.start)  # a character a byte: it is ASCII and lone surrogates
        message = f"the byte {data[error.start]:#04x} is neither UTF-8 nor Windows-1252: save the file as UTF-8"
        raise DataFileError(message, file=name, line=bad) from error
    notes.append(
        f"The file is not UTF-8 (first in line {line}) and was read as Windows-1252: "
        f"{len(places)} characters outside ASCII, the first {plain[places[0]]!r}."
    )
    return plain
