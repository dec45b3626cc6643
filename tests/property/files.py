"""Data files of a known kind, written as uglily as files are that DuckDB still reads, and some that it does not."""

from __future__ import annotations

import attrs
from hypothesis import strategies as st

from .ugly import Draw, one_of

PLACES = (
    ("National", "E92000001", "England", "", ""),
    ("Regional", "E92000001", "England", "E12000007", "London"),
    ("Regional", "E92000001", "England", "", "London"),
    ("Regional", "E92000001", "England", "E12000001", 'North "East"'),
)
PERIODS = (("2023", "Calendar year"), ("202324", "Academic year"), ("2024", "January"))
NAMES = ("sex", "*", "^U$", "U", "^.*$", "a*", "c0", "row", "n,m", "two\nlines", " padded ", "N", "é", "value", "key")
LABELS = (
    *("Total", "Girls", 'Screen 15" or more', 'say "so"', '"', "a, b", "two\nlines", "two\r\nlines", "it's", "007"),
    *(" padded ", "é", "a\\b", "#1", "NULL", "", "x\ty", "'quoted'", '6" x 8"', "  two"),
)
FIGURES = ("1", "2.50", " 59.8 ", ".5", "5.", "+5", "1,234", "1e+05", "c", "z", "low", "-0", "\u00a05", "[x]", '5"')
NOTES = (*LABELS, "", 'the "big" one', "#", "\\")

STYLES = st.sets(st.sampled_from(["blank", "spaces", "commas", "odd"]), max_size=2)
HEADINGS = st.lists(st.sampled_from(NAMES), min_size=2, max_size=4, unique_by=lambda name: name.strip().lower())


@attrs.frozen(kw_only=True)
class File:
    """A data file and its metadata file.

    Attributes:
        data: The data file.
        meta: The metadata file.
        filters: Headings of the filters.
        indicators: Headings of the indicators.
    """

    data: bytes
    meta: bytes
    filters: tuple[str, ...]
    indicators: tuple[str, ...]


@st.composite
def files(draw: Draw) -> File:
    """A data file: mostly with one or two things that are odd."""
    names = draw(HEADINGS)
    split = draw(st.integers(0, len(names) - 1))
    filters, indicators = names[:split], names[split:]
    notes = ["note", "other"][: draw(st.integers(0, 2))]
    width = 7 + len(names) + len(notes)
    order = draw(st.permutations(range(width))) if draw(st.integers(0, 3)) == 0 else list(range(width))
    rows = [
        [
            *draw(one_of(*PERIODS)),
            *draw(one_of(*PLACES)),
            *(draw(one_of(*LABELS)) for _ in filters),
            *(draw(one_of(*FIGURES)) for _ in indicators),
            *(draw(one_of(*NOTES)) for _ in notes),
        ]
        for _ in range(draw(st.integers(1, 5)))
    ]
    head = ["time_period", "time_identifier", "geographic_level", "country_code", "country_name"]
    head += ["region_code", "region_name", *names, *notes]
    table = [[row[place] for place in order] for row in (head, *rows)]
    kinds = {**dict.fromkeys(filters, "Filter"), **dict.fromkeys(indicators, "Indicator")}
    meta = "col_name,col_type,label\n" + "".join(f"{_quoted(n)},{kind},{_quoted(n)}\n" for n, kind in kinds.items())
    data = _written(draw, table)
    return File(data=data, meta=meta.encode(), filters=tuple(filters), indicators=tuple(indicators))


def _written(draw: Draw, table: list[list[str]]) -> bytes:
    end = draw(one_of("\n", "\n", "\r\n", "\r"))
    styles = draw(STYLES)
    comma = "," * draw(st.integers(0, 2)) if "commas" in styles else ""
    escape = "\\" if draw(st.integers(0, 15)) == 0 else '"'
    quotes = draw(one_of("few", "all", "any"))
    lines: list[str] = []
    for place, row in enumerate(table):
        cells = [_cell(draw, cell, quotes=quotes, escape=escape, spaces="spaces" in styles) for cell in row]
        lines += [""] * (draw(st.integers(0, 2)) if "blank" in styles else 0)
        lines.append(",".join(cells) + comma + _odd(draw, "odd" in styles and place > 0))
    lines += [""] * (draw(st.integers(0, 2)) if "blank" in styles else 0)
    if "odd" in styles:
        lines[:0] = draw(st.sampled_from([[], [], ["Source: a note"], ["Title", "a, b"], [" "]]))
        lines += draw(st.sampled_from([[], [], [], ["Source: a note"], [","], [" "], ["#"]]))
    ends = [end] * len(lines)
    if "odd" in styles and draw(st.integers(0, 3)) == 0:
        ends[draw(st.integers(0, len(ends) - 1))] = draw(one_of("\n", "\r\n", "\r"))
    text = "".join(line + stop for line, stop in zip(lines, ends, strict=True))
    if draw(st.integers(0, 3)) == 0:
        text = text.removesuffix(end)
    if "odd" in styles and draw(st.integers(0, 3)) == 0:
        text = text[: -draw(st.integers(1, 8))]
    return text.encode("utf-8-sig" if draw(st.booleans()) else "utf-8")


def _odd(draw: Draw, is_odd: bool) -> str:
    return str(draw(one_of("", "", "", "", "", ",", ",x", ",,"))) if is_odd else ""


def _cell(draw: Draw, cell: str, *, quotes: str, escape: str, spaces: bool) -> str:
    needs = any(sign in cell for sign in ",\r\n") or cell.lstrip(" ").startswith('"')
    if not needs and (quotes == "few" or (quotes == "any" and draw(st.booleans()))):
        return cell
    before, after = draw(one_of(("", ""), (" ", ""), ("", " "), (" ", "  "))) if spaces else ("", "")
    return before + _quoted(cell, escape) + after


def _quoted(cell: str, escape: str = '"') -> str:
    return '"' + cell.replace('"', escape + '"') + '"'
