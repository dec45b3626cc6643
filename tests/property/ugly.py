"""Tables that are known, written as the ugliest CSV that still says them."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import cache
from typing import Any

import attrs
from hypothesis import strategies as st

STANDARD = ("time_period", "time_identifier", "geographic_level", "new_la_code", "old_la_code", "la_name")
OTHERS = ("sex", "Rate", "n of pupils", "Größe", 'a "b"', "c,d", "two\nlines", "É")
PERIODS = (("2023", "Calendar year"), ("2024", "March"), ("202324", "Academic year"), ("202324", "Spring term"))
LEVELS = ("National", "Local authority", "MAT")
PIECES = (
    "a",
    "Z",
    "0",
    "1",
    "12",
    ",",
    '"',
    "'",
    "\n",
    "\r",
    "\r\n",
    " ",
    ";",
    "\t",
    "é",
    "£",
    "–",
    "€",
    "x",
    "<",
    ".",
)

Draw = Callable[[st.SearchStrategy[Any]], Any]


@cache
def one_of(*items: Any) -> st.SearchStrategy[Any]:
    """One of these; making a strategy takes longer than drawing from it, hence each is made once."""
    return st.sampled_from(items)


@attrs.frozen(kw_only=True)
class Ugly:
    """A table and the bytes that say it.

    Attributes:
        columns: Its headings, spelt as they are to be read.
        rows: Its rows, spelt as they are to be read.
        data: The file.
        encoding: Its encoding.
        records: Where the records of the rows begin and end in the text of the file.
        text: The text of the file.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    data: bytes = attrs.field(repr=True)
    encoding: str
    records: tuple[tuple[int, int], ...]
    text: str = attrs.field(repr=False)


CELLS = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)
OTHER_COLUMNS = st.lists(st.sampled_from(OTHERS), max_size=4, unique=True)


@st.composite
def tables(draw: Draw) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Columns and rows: those of the service, then others with any text."""
    places = draw(one_of((), STANDARD[3:], STANDARD[5:]))
    others = draw(OTHER_COLUMNS)
    columns = (*STANDARD[:3], *places, *others)
    rows = draw(_tables_of(len(columns) - 3))
    order = draw(st.permutations(range(len(columns))))
    return tuple(columns[n] for n in order), tuple(tuple(row[n] for n in order) for row in rows)


@cache
def _tables_of(width: int) -> st.SearchStrategy[list[tuple[str, ...]]]:
    return st.lists(_rows(width), min_size=1, max_size=6)


@st.composite
def _rows(draw: Draw, width: int) -> tuple[str, ...]:
    period, level = draw(one_of(*PERIODS)), draw(one_of(*LEVELS))
    return (*period, level, *(draw(CELLS) for _ in range(width)))


@st.composite
def uglies(draw: Draw) -> Ugly:
    """A table, written in any of the ways that leave one reading."""
    columns, rows = draw(tables())
    end = draw(one_of("\n", "\r\n", "\r"))
    empty = draw(st.integers(0, 2))
    again = draw(one_of(None, *range(len(columns))))
    head = [
        *(_heading(draw, name) for name in columns),
        *([columns[again]] if again is not None else []),
        *[""] * empty,
    ]
    text, records = _record(draw, head) + end, []
    for row in rows:
        text += _blank(draw, len(head)) + end if draw(st.integers(0, 5)) == 0 else ""
        cells = [_cell(draw, name, cell) for name, cell in zip(columns, row, strict=True)]
        cells += [cells[again]] if again is not None else []
        written = _record(draw, cells + [""] * (empty + draw(one_of(0, 0, 1))))
        records.append((len(text), len(text) + len(written)))
        text += written + end
    if draw(st.booleans()):
        text = text[: -len(end)]
    encoding = draw(one_of("utf-8", "utf-8-sig", "cp1252", "utf-16"))
    data = text.encode(encoding)
    data = gzip.compress(data) if draw(st.integers(0, 5)) == 0 else data
    return Ugly(columns=columns, rows=rows, data=data, encoding=encoding, records=tuple(records), text=text)


def _heading(draw: Draw, name: str) -> str:
    spelling = draw(one_of(name, name.upper(), name.title())) if name in STANDARD else name
    return str(draw(one_of("", "", " "))) + spelling + str(draw(one_of("", "", "\t")))


def _cell(draw: Draw, column: str, cell: str) -> str:
    if column == "time_period":
        return str(draw(one_of(cell, cell, f" {cell}")))
    if column in STANDARD[1:3]:
        return str(draw(one_of(cell, cell, cell.lower(), cell.upper(), f"{cell} ")))
    return cell


def _record(draw: Draw, cells: list[str]) -> str:
    return ",".join(_quoted(cell) if draw(st.booleans()) or _needs_quotes(cell) else cell for cell in cells)


def _needs_quotes(cell: str) -> bool:
    return any(character in cell for character in ',"\r\n')


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def _blank(draw: Draw, width: int) -> str:
    return str(draw(one_of("", " ", "," * (width - 1), '"",' * (width - 1))))
