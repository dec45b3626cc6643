"""Records of CSV files with something odd, by the rules of DuckDB, with whose `read_csv` the service reads them.

- Blank lines are left out; so are lines above the headings that have fewer cells.
- Line ends are all as the first one is; within quotes any may stand.
- A cell is quoted if it begins with a quote, or with one space and a quote; spaces may follow the closing one.
- In other cells quotes are text: `Screen 15" or more`.
- A backslash before a quote stands for it, in a file without doubled quotes that has one near the start.
- One comma more at the end of a record is passed over far from the start, where DuckDB has counted the columns.
- Lines that begin with # near the start are remarks if they have fewer cells, or stand in a column of numbers.

What DuckDB refuses is refused here too; so is what is read in one of two ways by guesses that cannot be followed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection

import attrs

from .._classes import frozen

_WITHIN = re.compile(rb'(?<![^,])"[^"]*"(?![^,\r\n])')
BREAK = re.compile(rb"\r\n|\r|\n")
# what may be the begin of a remark to DuckDB
_REMARK = re.compile(rb"\A *#|, #")

_FIRST, _SNIFFED = 2_048, 20_480
"""Records of which DuckDB counts the cells, and those that it looks at, before it decides how a file is written."""

_CELLS = {
    escape: re.compile(rb'(?: ?"(' + inside + rb')" *|(?! ?")([^,\r\n]*))(,|\r\n|\r|\n|\Z)', re.DOTALL)
    for escape, inside in (
        (b'"', rb'[^"]*(?:""[^"]*)*'),
        (b"\\", rb'[^"\\]*(?:\\.[^"\\]*)*'),
        (b"'", rb"""[^"']*(?:'.[^"']*)*"""),
    )
}
_SIMPLE = re.compile(rb'(?:[^",\r\n]*|"[^"\r\n]*")(?:,(?:[^",\r\n]*|"[^"\r\n]*"))*')
_OPEN = re.compile(rb' ?"[^"]*(?:""[^"]*)*\Z')
_NUMBER = re.compile(rb'"?[0-9]+"?,')


class RecordError(Exception):
    """A record that is not one, on a line of the text, with so many records before it."""

    def __init__(self, problem: str, line: int, after: int = 0) -> None:
        super().__init__(problem)
        self.problem: str = problem
        self.line: int = line
        self.after: int = after


class UnsureError(RecordError):
    """A record that DuckDB may read in one of two ways."""


@frozen(kw_only=True)
class Records:
    """Records of a text, each written as every reader of CSV takes it.

    Attributes:
        lines: The lines where they begin.
        widths: How many cells they have.
        texts: The records themselves.
        remarks: Places of those that begin with #; of those that are left out, once that is decided.
        end: Where the next one would begin in the text.
        escape: What stands before a quote within quotes.
    """

    lines: list[int] = attrs.field(factory=list)
    widths: list[int] = attrs.field(factory=list)
    texts: list[bytes] = attrs.field(factory=list)
    remarks: list[int] = attrs.field(factory=list)
    end: int = 0
    escape: bytes = b'"'

    def without(self, places: Collection[int]) -> Records:
        """The records but some."""
        left_out = frozenset(places)
        lines, widths = ([it for at, it in enumerate(one) if at not in left_out] for one in (self.lines, self.widths))
        texts = [text for at, text in enumerate(self.texts) if at not in left_out]
        return attrs.evolve(self, lines=lines, widths=widths, texts=texts)


def cut(text: bytes, newline: bytes | None, escape: bytes = b'"', *, is_whole: bool = True, most: int = 0) -> Records:
    """Cut a text into records, `most` of them if that is not 0; `newline` is None where lines may end in any way.

    Raises `RecordError` where a quote is not where it can be, or a line ends in another way.
    """
    records, at, line, has_remarks = Records(escape=escape), 0, 1, b"#" in text
    while at < len(text) and not 0 < most <= len(records.texts):
        found = BREAK.search(text, at) if newline is None else None
        stop = found.start() if found else text.find(newline or b"\n", at)
        after = found.end() if found else stop + len(newline or b"")
        if stop < 0:
            if not is_whole:
                break
            stop = after = len(text)
        record, count = text[at:stop], 1
        try:
            if b'"' not in record:
                _check_end(record, newline)
                width = record.count(b",") + 1 if record else 0
            elif escape not in record.replace(b'"', b"") and _SIMPLE.fullmatch(record):
                width = re.sub(b'"[^"]*"', b"", record).count(b",") + 1
            else:
                record, width, after = _cells(text, at, newline, escape, is_whole=is_whole)
                # in quotes lines may end in any way
                count = len(BREAK.findall(text, at, after))
                if not width:
                    break
        except ValueError as error:
            raise RecordError(str(error), line, len(records.texts)) from error
        if width:
            if has_remarks and _REMARK.search(_WITHIN.sub(b"", text[at:after])):
                records.remarks.append(len(records.texts))
            records.lines.append(line)
            records.widths.append(width)
            records.texts.append(record)
        line, at = line + count, after
    return attrs.evolve(records, end=at)


def _cells(text: bytes, at: int, newline: bytes | None, escape: bytes, *, is_whole: bool) -> tuple[bytes, int, int]:
    """A record with quotes, its width and where it ends; a width of 0 where its end is not there yet."""
    cells: list[bytes] = []
    end = b","
    while end == b",":
        cell = _CELLS[escape].match(text, at)
        if cell is None and (is_whole or not _OPEN.match(text, at)):
            raise ValueError("is not CSV here: check the quotes")
        # the line end may have two characters, and the second be in the next block
        if cell is None or (not is_whole and cell.end() == len(text)):
            return b"", 0, at
        quoted, plain, end = cell.groups()
        at = cell.end()
        if plain is None:
            if escape != b'"':
                quoted = re.sub(re.escape(escape) + b"(.)", rb"\1", quoted, flags=re.DOTALL).replace(b'"', b'""')
            plain = b'"' + quoted + b'"'
        elif b'"' in plain:
            plain = b'"' + plain.replace(b'"', b'""') + b'"'
        cells.append(plain)
    if end != newline:
        _check_end(end, newline)
    return b",".join(cells), len(cells), at


def _check_end(record: bytes, newline: bytes | None) -> None:
    if newline and (b"\r" in record or b"\n" in record):
        raise ValueError("has another line end than the lines above")


def sniff(text: bytes, newline: bytes, *, is_whole: bool) -> Records:
    """The headings of a file and the records below them, as wide; `RecordError` where DuckDB's reading is unsure."""
    found: list[Records] = []
    problems: list[RecordError] = []
    for escape in _CELLS:
        if escape != b'"' and escape + b'"' not in text:
            continue
        try:
            records = _headed(cut(text, newline, escape, is_whole=is_whole), is_ended=text[-1:] in (b"\r", b"\n"))
        except RecordError as error:
            problems.append(error)
            if error.after >= _SNIFFED:
                break
            continue
        # what stands before no quotes is text
        bare = [b"".join(one.texts).replace(escape, b"") for one in (records, *found)]
        if bare[0] not in bare[1:]:
            found.append(records)
    if not found:
        raise problems[0]
    if len(found) > 1:
        escape = found[-1].escape
        line = len(BREAK.findall(text, 0, text.index(escape + b'"'))) + 1
        raise UnsureError(f"a quote stands behind {escape.decode()} and may belong to it or not: take one out", line)
    return found[0]


def _headed(records: Records, *, is_ended: bool) -> Records:
    records = _without_remarks(records)
    if not records.texts:
        return records
    widths = records.widths[:_FIRST]
    filled = [place for place, record in enumerate(records.texts[:_FIRST]) if not record.endswith(b",")]
    # at the very end of a file DuckDB looks at what is before the last comma
    if records.remarks or (not is_ended and records.texts[-1][-2:-1] in b'" '):
        filled.append(_FIRST)
    empty_from = filled[-1] + 1 if filled else 0
    head = 0
    for place, width in enumerate(widths):
        if width > widths[head] + (place >= empty_from):
            head = place
    if head and (
        head + 1 == len(records.texts)
        or (records.texts[head].endswith(b",") and widths[head] == max(widths[:head]) + 1)
        or min(records.widths[head:]) < widths[head]
    ):
        return even(records, Counter(widths).most_common(1)[0][0])
    return even(records.without(range(head)), widths[head], head, empty_from)


def _without_remarks(records: Records) -> Records:
    """The records but those that DuckDB takes for remarks."""
    marked, rest = [place for place in records.remarks if place < _FIRST], records.without(records.remarks)
    if not marked:
        return attrs.evolve(records, remarks=[])
    is_narrow = all(records.widths[place] < max(rest.widths, default=0) for place in marked)
    # where a column has numbers but for those lines, DuckDB likes it better without them
    is_odd = marked[0] and len(records.texts) <= _FIRST and all(map(_NUMBER.match, rest.texts[1:]))
    is_sure = (
        len(rest.texts) > 1
        and len({*rest.widths}) == 1
        and not any(b"#" in record for record in rest.texts)
        and not any(b'"' in records.texts[place] for place in records.remarks)
        and all(records.texts[place].removeprefix(b" ").startswith(b"#") for place in records.remarks)
        and (marked[0] > 0 or marked == [*range(len(marked))])
    )
    if not is_sure or not (is_narrow or is_odd):
        raise UnsureError("begins with #, which may or may not be a remark: take it out", records.lines[marked[0]])
    return rest


def even(records: Records, width: int, before: int = 0, empty_from: int = _FIRST) -> Records:
    """The records, if each has so many cells, or one comma more where DuckDB passes it over; else `RecordError`.

    From the record `empty_from` on, all that DuckDB counts end with a comma.
    """
    texts = [*records.texts]
    for place, found in enumerate(records.widths):
        is_passed_over = empty_from <= before + place < _FIRST or before + place >= _SNIFFED
        if found == width + 1 and texts[place].endswith(b",") and is_passed_over:
            texts[place] = texts[place][:-1]
        elif found != width:
            problem = f"this record has {found} cells, the headings are {width}: check commas and quotes"
            raise RecordError(problem, records.lines[place], before + place)
    return attrs.evolve(records, texts=texts)
