"""XML to a return, element by element and with nothing left out: any layout, any order, any size.

It is the measure of `plain`, which is faster and knows plain text alone. Memory is bounded: records become frames
in batches, and what one element may hold is limited. Documents with a DOCTYPE are refused, so that there are no
entities but the five of XML, and nothing is ever fetched.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import polars as pl

from ..returns import KEPT, ORDER, Header, Return, schema
from ..specification import specification
from .gathered import Gathered, narrow
from .parser import DEEPEST, LONGEST, Parser, root, too_deep, too_long
from .shapes import Child, Shape, message
from .text import attributes_written, written

_BATCH = 50_000
"""Records that become frames at once."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LISTS = ("Message", "Persons")
_Place = tuple[int | None, int]
"""Position among the children of the record, and line in the file."""

_NEEDED = {"Message": ("Header", "Persons"), "Header": ("CollectionDetails",), "Header/CollectionDetails": ("Year",)}


class _Open:
    """A container that is open: what it held so far."""

    __slots__ = ("cells", "count", "highest", "in_order", "key", "line", "offsets", "parent", "shape", "tags", "text")

    def __init__(self, shape: Shape, key: int, parent: int, line: int) -> None:
        self.shape = shape
        self.key = key
        self.parent = parent
        self.line = line
        self.cells: list[str | None] = [None] * len(shape.columns)
        self.offsets = [-1] * len(shape.columns)
        self.tags: list[str] = []
        self.count = 0
        self.highest = 0
        self.in_order = True
        self.text: list[str] = []


class _Inside:
    """An element whose text is being read: a column, or one that is unknown."""

    __slots__ = ("child", "markup", "parts", "place", "tag", "why")

    def __init__(self, tag: str, child: Child | None, place: _Place, why: str) -> None:
        self.tag = tag
        self.child = child
        self.place = place
        self.why = why
        self.markup = child is None
        self.parts: list[str] = []


class Exact:
    """A parser of a return, fed with its bytes.

    Args:
        gathered: Takes the records.
        file: Name of the file, for errors.

    Attributes:
        parser: Where it is in the file, and what encoding that has.
    """

    def __init__(self, gathered: Gathered, file: str) -> None:
        self.parser: Parser = Parser(file, self._start, self._end, self._text)
        self._gathered = gathered
        self._header: dict[str, str | None] = {}
        self._lines: dict[str, int] = {}
        self._stack: list[_Open] = []
        self._inside: _Inside | None = None
        self._before = 0  # children of all lists of persons that are closed
        self._depth = 0
        self._size = 0
        self._rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in gathered.counts}
        self._offsets: dict[str, list[tuple[Any, ...]]] = {name: [] for name in gathered.counts}
        self._kept: list[tuple[Any, ...]] = []
        self._order: list[tuple[Any, ...]] = []
        self._marks: list[int] = []
        self._mark()

    @property
    def between_persons(self) -> bool:
        """Whether the list of persons is open and none of them is."""
        return self._inside is None and len(self._stack) == 2 and self._stack[-1].shape.path == "Persons"

    def feed(self, data: bytes, *, final: bool = False) -> None:
        """Read on.

        Raises:
            SEN2Error: It is not XML, not a return, or beyond a limit.
        """
        self.parser.feed(data, final=final)

    def skip(self, lines: int, persons: int) -> None:
        """Count what another reader took."""
        self.parser.skipped += lines
        self._stack[-1].count += persons

    def settle(self) -> None:
        """Take all that was fed: another reader goes on."""
        self.parser.settle()
        self._between(self._stack[-1])
        self.flush()

    def finish(self) -> Return:
        """The return of all that was read; of persons, those that were complete."""
        lists = self._lists()
        for rows, mark in zip(lists, self._marks, strict=True):
            # a person that broke off is left out whole: half a record would be counted, and found faulty
            del rows[mark:]
        self.flush()
        day = self._header.get("ReferenceDate") or ""
        header = Header(
            collection=self._header.get("Collection"),
            year=self._gathered.year,
            reference_date=date.fromisoformat(day) if is_date(day) else None,
        )
        return self._gathered.finish(header, self.parser.file, "xml", self._lines)

    def flush(self) -> None:
        """Make frames of the records so far."""
        year = self._gathered.year
        for table, rows in self._rows.items():
            if rows:
                columns = schema(table, year)
                names = [element.name for element in specification(year).columns(table)]
                self._gathered.add(table, _frame(rows, columns), _offset_frame(self._offsets[table], names))
                rows.clear()
                self._offsets[table].clear()
        self._gathered.keep(pl.DataFrame(self._kept, schema=KEPT, orient="row"))
        self._gathered.reorder(pl.DataFrame(self._order, schema=ORDER, orient="row"))
        self._kept.clear()
        self._order.clear()
        self._mark()

    def _lists(self) -> list[list[tuple[Any, ...]]]:
        return [*self._rows.values(), *self._offsets.values(), self._kept, self._order]

    def _mark(self) -> None:
        """Remember that all up to here is complete."""
        self._marks = [len(rows) for rows in self._lists()]

    def _start(self, tag: str, attributes: list[str]) -> None:
        self._depth += 1
        self._size = 0 if self._inside is None else self._size
        if self._depth > DEEPEST:
            raise too_deep(self.parser)
        if self._inside is not None:
            self._nest(self._inside, tag, attributes)
        elif not self._stack:
            root(tag, self.parser)
            self._open(message(self._gathered.year), 0)
            self._attributes(self._stack[-1], tag, None, attributes)
        else:
            self._child(self._stack[-1], tag, attributes)

    def _child(self, parent: _Open, tag: str, attributes: list[str]) -> None:
        self._between(parent)
        place = parent.count, self.parser.line
        parent.count += 1
        child = parent.shape.children.get(tag)
        again = tag in parent.tags
        # that list may have millions of children, all of one kind: what is unknown among them is kept with its position
        if parent.shape.path != "Persons":
            parent.tags.append(tag)
        if child is not None:
            parent.in_order &= child.order >= parent.highest
            parent.highest = max(parent.highest, child.order)
        if child is None or child.shape is None or (again and tag in ("Header", "CollectionDetails")):
            why = "repeated" if child else "unknown" if parent.shape.table or parent.shape.path in _LISTS else "header"
            column = child if child is not None and child.shape is None else None
            self._inside = _Inside(tag, column, place, why)
            self._attributes(parent, tag, place[0], attributes)
            return
        if again and tag == "Persons":
            # persons of a second list count on, so that their keys and positions are one row of numbers
            self._keep(parent, tag, str(self._before), "repeated", place=place)
        self._open(child.shape, parent.key)
        opened = self._stack[-1]
        if tag == "Persons":
            opened.count = self._before
        position = place[0] if again and tag == "Persons" else None
        self._attributes(opened if opened.shape.table else parent, tag, position, attributes)

    def _open(self, shape: Shape, parent: int) -> None:
        key = 0
        if shape.table:
            key = self._gathered.counts[shape.table] = self._gathered.counts[shape.table] + 1
        else:
            self._lines.setdefault(shape.tag, self.parser.line)
        self._stack.append(_Open(shape, key, parent, self.parser.line))

    def _nest(self, inside: _Inside, tag: str, attributes: list[str]) -> None:
        """An element inside of one that holds text: all of it is kept as XML."""
        if not inside.markup:
            inside.markup = True
            # what came before was text; now it is the beginning of XML, in which a sign such as & is written
            inside.parts = [written("".join(inside.parts))]
        self._add(inside.parts, f"<{' '.join([tag, *attributes_written(attributes)])}>")

    def _text(self, text: str) -> None:
        inside = self._inside
        if inside is None:
            self._add(self._stack[-1].text, text)
        else:
            self._add(inside.parts, written(text) if inside.markup else text)

    def _add(self, parts: list[str], text: str) -> None:
        self._size += len(text)
        if self._size > LONGEST:
            raise too_long(self.parser)
        parts.append(text)

    def _end(self, tag: str) -> None:
        self._depth -= 1
        inside = self._inside
        if inside is None:
            self._close(self._stack.pop())
            self._size = 0
        elif self._depth > len(self._stack):
            self._add(inside.parts, f"</{tag}>")
        else:
            self._inside = None
            self._size = 0
            self._leaf(self._stack[-1], inside, "".join(inside.parts))
        # no person is open here, so that all that was read is whole
        if self._inside is None and len(self._stack) <= 2:
            self._mark()
            if sum(self._marks) > _BATCH:
                self.flush()

    def _leaf(self, parent: _Open, inside: _Inside, text: str) -> None:
        child, place = inside.child, inside.place
        if child is None or child.column is None:
            self._keep(parent, inside.tag, text, inside.why, place=place)
            return
        again = parent.offsets[child.column] >= 0
        if not again:
            # the first one has the column, whether or not its text fits there: a second one is never taken in its place
            parent.offsets[child.column] = place[1] - parent.line
            if not parent.shape.table:
                self._lines[inside.tag] = place[1]
        if inside.markup:
            self._keep(parent, inside.tag, text, "unknown", place=place)
        elif again:
            self._keep(parent, inside.tag, text, "repeated", place=place)
        elif child.is_date and not is_date(text):
            self._keep(parent, inside.tag, text, "unreadable" if text else "empty", place=place)
        elif parent.shape.table:
            parent.cells[child.column] = text
        # the file was asked to be read as another year: what it says is kept
        elif inside.tag == "Year" and text != str(self._gathered.year):
            self._keep(parent, inside.tag, text, "header", place=place)
        else:
            self._header[inside.tag] = text

    def _close(self, closed: _Open) -> None:
        self._between(closed)
        shape = closed.shape
        if shape.path == "Persons":
            self._before = closed.count
        if shape.table:
            # persons and authorities have no parent among the tables
            keys = (closed.key, closed.parent) if shape.parent else (closed.key,)
            self._rows[shape.table].append((*keys, closed.line, *closed.cells))
            # -1 is an element that is absent, and has the line of its record
            self._offsets[shape.table].append(tuple(max(0, offset) for offset in closed.offsets))
        for tag in _NEEDED.get(shape.path, ()):
            if tag not in closed.tags:
                self._keep(closed, tag, "", "absent", place=(None, closed.line))
        if not closed.in_order:
            tags = " ".join(map(shape.place, closed.tags))
            self._order.append((shape.table, closed.key if shape.table else 0, tags))

    def _between(self, parent: _Open) -> None:
        """Text that stands between children, where it is more than white space."""
        if parent.text:
            text = "".join(parent.text).strip(" \t\r\n")
            parent.text.clear()
            if text:
                self._keep(parent, None, text, "text", place=(parent.count, self.parser.line))

    def _attributes(self, parent: _Open, tag: str, position: int | None, attributes: list[str]) -> None:
        own = position is None and tag == parent.shape.tag
        for text in attributes_written(attributes):
            self._keep(parent, None if own else tag, text, "attribute", place=(position, self.parser.line))

    def _keep(self, parent: _Open, tag: str | None, text: str, why: str, *, place: _Place) -> None:
        shape = parent.shape
        own = shape.tag if shape.table else shape.path
        element = own if tag is None else shape.place(tag)
        self._kept.append((shape.table, parent.key if shape.table else 0, element, text, why, *place))


def is_date(text: str) -> bool:
    """Whether a text is a day exactly as a return writes it."""
    # from Python 3.11 on, fromisoformat takes other ways of writing a day, too
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _frame(rows: list[tuple[Any, ...]], columns: pl.Schema) -> pl.DataFrame:
    """Records of a table, of which dates are texts that are dates."""
    series = []
    for (name, dtype), values in zip(columns.items(), zip(*rows, strict=True), strict=True):
        if dtype == pl.Date:
            series.append(pl.Series(name, values, pl.String).str.to_date("%Y-%m-%d"))
        else:
            series.append(pl.Series(name, values, dtype))
    return pl.DataFrame(series)


def _offset_frame(rows: list[tuple[Any, ...]], names: list[str]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            narrow(pl.Series(name, values, pl.UInt32))
            for name, values in zip(names, zip(*rows, strict=True), strict=True)
        ]
    )
