"""XML to a return, many persons at once: for text as plain as nearly all of a file is; the rest is `exact`'s.

A block of persons is read as if it were CSV, with `<` between its rows and `>` between the two columns: the tags, and
the text behind each. As a container of a return stands in one other alone, the last tag of a container says where an
element is. What is odd in any way (an attribute, a comment, a tag that is not known, a second value) makes the block
none of ours: nothing of it is taken, and the exact reader reads it. Both give the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

import polars as pl

from .columns import Events, Found
from .exact import Exact
from .gathered import Gathered
from .parser import LONGEST
from .tags import NOT_ALLOWED, Tags, tags
from .text import is_unfit

BLOCK = 1 << 22
"""Bytes that are read at once: they take some five times their size in memory."""

_PERSON, _END = b"<Person>", b"</Person>"
_REFERENCES = (b"&lt;", b"&gt;", b"&quot;", b"&apos;", b"&amp;")


def read_plain(stream: IO[bytes], exact: Exact, gathered: Gathered, size: int = BLOCK) -> None:
    """Read a whole file: persons in blocks where they are plain, all else by the exact reader.

    Raises:
        SEN2Error: It is not XML, not a return, or beyond a limit.
    """
    text = stream.read(size)
    start = text.find(_PERSON)
    head, text = (b"", text) if start < 0 else (text[:start], text[start:])
    exact.feed(head)
    if exact.between_persons and exact.parser.is_utf8 and _is_at_tag(head):
        exact.settle()
        _persons(_cut(stream, text, size), Blocks(gathered), exact, 1 + _lines(head))
    else:
        exact.feed(text)
        del text
        while piece := stream.read(1 << 20):
            exact.feed(piece)
    exact.feed(b"", final=True)


def _cut(stream: IO[bytes], rest: bytes, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Whole persons, some at a time: up to the first `<`, and from there; else what is no whole person."""
    while piece := stream.read(size):
        cut = piece.rfind(_END) + len(_END)
        start = rest.find(b"<") + 1
        if cut >= len(_END) and start:
            # joined at once, as each copy takes time
            text = b"".join((rest[start:], memoryview(piece)[:cut]))
            lead, rest = rest[:start], piece[cut:]
            del piece
            yield lead, text
            continue
        rest += piece
        cut, start = rest.rfind(_END) + len(_END), rest.find(b"<") + 1
        if cut >= len(_END):
            yield rest[:start], rest[start:cut]
            rest = rest[cut:]
        elif len(rest) > size:
            yield b"", rest
            rest = b""
    cut, start = rest.rfind(_END) + len(_END), rest.find(b"<") + 1
    if cut >= len(_END):
        yield rest[:start], rest[start:cut]
        rest = rest[cut:]
    yield b"", rest


def _persons(cuts: Iterator[tuple[bytes, bytes]], blocks: Blocks, exact: Exact, line: int) -> None:
    """Read persons, and what is behind them, from a line on."""
    may_be_plain = True
    for lead, text in cuts:
        line += _lines(lead)
        lines = _lines(text)
        persons = None
        if may_be_plain and exact.between_persons and text.endswith(_END):
            persons = blocks.take(lead, text, (line, lines))
        if persons is not None:
            exact.skip(_lines(lead) + lines, persons)
        else:
            exact.feed(lead)
            exact.feed(text)
            if exact.between_persons:
                exact.flush()
            # from here on, what looks like the end of a person may stand in a comment or the like
            is_cut = not text.endswith(_END) or text.startswith((b"!", b"?"))
            may_be_plain &= not is_cut and b"<!" not in text and b"<?" not in text
        line += lines


def _lines(text: bytes) -> int:
    """Line ends as XML counts them."""
    return text.count(b"\n") + (text.count(b"\r") - text.count(b"\r\n") if b"\r" in text else 0)


def _is_at_tag(head: bytes) -> bool:
    """Whether what comes next is a tag, so that no comment or the like is open, and no text before it waits."""
    if not head.rstrip(b" \t\n").endswith(b">") or b"<![" in head or head.rfind(b"<?") > 3:
        return False
    # within a comment that is still open, what looks like a person is none
    _, found, comment = head.rpartition(b"<!--")
    return not found or b"-->" in comment


class Blocks:
    """A reader of blocks of persons.

    Args:
        gathered: Takes the records.
    """

    def __init__(self, gathered: Gathered) -> None:
        self._gathered = gathered
        self._tags = tags(gathered.year)
        self._enum = pl.Enum(self._tags.names)

    def take(self, lead: bytes, text: bytes, lines: tuple[int, int]) -> int | None:
        """Read whole persons, or nothing.

        Args:
            lead: What stands before the first tag, with its `<`.
            text: What follows, up to the end of a person.
            lines: The line of the file in which `text` begins, and how many ends of lines it has.

        Returns:
            How many persons there were, or None for a block that is not plain.
        """
        if b"\r" in text:
            # ends of lines as XML reads them; a \r alone is left to the exact reader
            text = text.replace(b"\r\n", b"\n")
        if lead.strip(b" \t\r\n") != b"<" or not text.startswith(_PERSON[1:]) or not _is_plain(text):
            return None
        rows = self._rows(text)
        events = None if rows is None else _events(self._tags, rows, *lines)
        found = None if events is None else Found(self._tags, events, has_references=b"&" in text)
        return found.give(self._gathered) if found is not None and found.is_single else None

    def _rows(self, text: bytes) -> pl.DataFrame | None:
        """The tags and the text behind each, or None where there is anything else."""
        try:
            rows = pl.read_csv(
                text,
                has_header=False,
                separator=">",
                eol_char="<",
                # a quotation mark in a text is a sign like any other
                quote_char=None,
                schema={"tag": self._enum, "text": pl.String},
            ).rechunk()
        except pl.exceptions.PolarsError:
            return None
        # each tag has made one row with two cells; a `>` in a text, which XML allows, would make none or a third
        if not rows.height == text.count(b">") == text.count(b"<") + 1 or rows["tag"].null_count():
            return None
        return rows.select(pl.col("tag").to_physical().cast(pl.UInt16), "text")


def _is_plain(block: bytes) -> bool:
    """Whether there is nothing in a block that XML forbids, and no reference but the five that XML knows by name."""
    # XML allows a carriage return, and makes another character of it
    if b"\r" in block or is_unfit(block):
        return False
    if not block.isascii():
        try:
            block.decode()
        except UnicodeDecodeError:
            return False
    # a reference by number may stand for a sign that XML forbids, which the exact reader judges
    return b"&" not in block or block.count(b"&") == sum(map(block.count, _REFERENCES))


def _events(tags: Tags, rows: pl.DataFrame, line: int, lines: int) -> Events | None:
    """What stands in a block of so many lines from one on, or None where a tag cannot stand where it does."""
    code, text = rows["tag"], rows["text"]
    first, count = 2 * tags.containers, tags.leaves
    begins = (code >= first) & (code < first + count)
    ends = (code >= first + count) & (code < first + 2 * count)
    # an element that begins ends with the next tag, or there is an element in it
    if begins.sum() != ends.sum() or (begins & (code.shift(-1) != code + count)).any():
        return None
    # there are few different ones, so that only these are looked at
    between = text.filter(~begins).unique().drop_nulls()
    if between.str.strip_chars(" \t\n").ne("").any():
        return None
    if int(text.str.len_bytes().max() or 0) > LONGEST:  # type: ignore[arg-type]
        return None
    ends_lines = text.is_not_null() & ~begins
    if between.str.count_matches("\n", literal=True).ne(1).any() or ends_lines.sum() != lines:
        # not the usual: one end of a line in each white space, and none in any value
        ends_lines = text.str.count_matches("\n", literal=True).fill_null(0)
    above = ends_lines.cum_sum().shift(1, fill_value=0).cast(pl.UInt32) + line
    code, text, above = (column.filter(~ends) for column in (code, text, above))
    is_container = code < first
    last = is_container.cum_sum() - 1
    states = tags.states.gather(code.filter(is_container))
    state = states.gather(last).shift(1, fill_value=tags.containers)
    place = state.cast(pl.UInt32) * len(tags.names) + code
    slot = tags.slots.gather(place)
    if (slot == NOT_ALLOWED).any():
        return None
    return Events(code=code, text=text, line=above, place=place, slot=slot, last=last, states=states)
