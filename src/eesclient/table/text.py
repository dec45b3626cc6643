"""The text of CSV files as the service reads it: with DuckDB's `read_csv`, delimiter `,`, quote `"`, all of it text.

Where each record has the same cells and each quote stands at the end of a cell, Polars and DuckDB read the same, and
Polars is asked; what is odd is cut into records by DuckDB's rules, and written anew for Polars. Headings are never
names of columns here, as Polars takes some of them for patterns: columns are called `c0`, `c1` …
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from itertools import chain
from typing import IO, TypeAlias

import polars as pl

from ..errors import DataFileError
from .records import BREAK, RecordError, Records, cut, even, sniff

BOM = b"\xef\xbb\xbf"
EMPTY = "is empty: it needs a line of headings"

Types: TypeAlias = Callable[[tuple[str, ...]], Mapping[str, pl.Enum | pl.Categorical]]
"""Gives, for headings, the texts that are known of some columns, or that their texts are to be numbered."""

_LONGEST = 2_000_000
"""Bytes of a record that DuckDB reads at most."""

_PACKED = (b"\x1f\x8b", b"\x78\x01", b"\x78\x9c", b"\x78\xda", b"\x28\xb5\x2f\xfd")
"""How texts begin that Polars unpacks by itself, without a limit: gzip, zlib and Zstandard."""

_MANY = 50_000
"""Quoted cells up to which each is looked at."""

_TOGETHER = 2
"""Blocks that are read at a time where all have to be plain: threads of Polars alone wait for ours at each block."""

# behind a backslash or an apostrophe a quote may be another thing to DuckDB
_QUOTED = re.compile(rb""""((?:[^"\\']|[\\'](?!")|"")*)"(?=[,\r\n]|\Z)""")

_BLANKS = "".join(map(chr, (0x20, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)))
"""What DuckDB takes away around headings."""


class OddTextError(Exception):
    """A file has something odd, and was not to be read if it had."""


class CsvFile:
    """A CSV file: its headings, and its cells block by block.

    Args:
        source: The file; with a `size`, one that is read block by block.
        name: What errors call it.
        size: About how many bytes are read at a time.

    Attributes:
        headings: The headings as they stand in the file, once a block was read.
    """

    def __init__(self, source: bytes | IO[bytes], *, name: str = "the data file", size: int = 0) -> None:
        self.headings: tuple[str, ...] = ()
        self._source, self._name, self._size = source, name, size
        self._newline, self._escape, self._has_remarks, self._is_marked = b"\n", b'"', False, False
        self._is_strict = False
        # rows and bytes before the block
        self._rows = self._bytes = 0

    def read(self) -> pl.DataFrame:
        """All cells as text, without nulls."""
        return pl.concat(self.frames()).fill_null("")

    def plain(self) -> pl.DataFrame | None:
        """The same of a file that has nothing odd; None for others."""
        ((text, _),) = self._blocks()
        frame, _ = self._plain(text, lambda _: {}, is_last=True)
        return None if frame is None else frame.fill_null("")

    def line(self, row: int) -> int:
        """Line of the file, from 1, at which a row begins; quoted cells may hold line breaks."""
        return self._lines[row + 1]

    @cached_property
    def _lines(self) -> list[int]:
        ((text, _),) = self._blocks()
        return sniff(text, self._newline, is_whole=True).lines

    def frames(self, types: Types = lambda _: {}) -> Iterator[pl.DataFrame]:
        """Cells of block after block: of the types that are given, or text where a text is not known.

        Raises:
            DataFileError: It is not CSV in UTF-8, or has no headings.
        """
        rest = b""
        for block, is_last in self._blocks():
            text = rest + block if rest else block
            frame, end = self._plain(text, types, is_last=is_last)
            if frame is None:
                frame, end = self._odd(text, types, is_last=is_last)
            if frame is not None:
                yield frame
                self._rows += frame.height
            self._bytes += end
            rest = text[end:]
        if not self.headings:
            raise DataFileError(EMPTY, file=self._name)

    def strict_frames(self, types: Types = lambda _: {}) -> Iterator[pl.DataFrame]:
        """The same of a file that has nothing odd, some blocks at a time.

        Raises:
            OddTextError: It has something that says more beside the rest of the file.
        """
        rest, self._is_strict = b"", True
        waiting: deque[Future[pl.DataFrame | None]] = deque()
        with ThreadPoolExecutor(_TOGETHER, thread_name_prefix="eesclient") as pool:
            for block, is_last in self._blocks():
                text = rest + block if rest else block
                if self.headings:
                    end = self._end(text, is_last=is_last)
                    waiting.append(pool.submit(self._sure, text[:end], types))
                else:
                    frame, end = self._plain(text, types, is_last=is_last)
                    yield _not_odd(frame)
                if not end:
                    raise OddTextError
                rest = text[end:]
                # no more in memory than are read at a time, and one that is ready
                while len(waiting) > (0 if is_last else _TOGETHER):
                    yield _not_odd(waiting.popleft().result())
        if not self.headings:
            raise OddTextError

    def _blocks(self) -> Iterator[tuple[bytes, bool]]:
        block = self._source if isinstance(self._source, bytes) else self._source.read(self._size + len(BOM))
        self._is_marked = block.startswith(BOM)
        block = block.removeprefix(BOM)
        while not isinstance(self._source, bytes) and (following := self._source.read(self._size)):
            yield block, False
            block = following
        yield block, True

    def _plain(self, text: bytes, types: Types, *, is_last: bool) -> tuple[pl.DataFrame | None, int]:
        """The cells of whole records and where the rest begins, where Polars is sure to read them as DuckDB does."""
        if not self.headings and (found := BREAK.search(text)):
            self._newline = found[0]
        if not (end := self._end(text, is_last=is_last)):
            return None, 0
        if self.headings:
            return self._sure(text[:end], types), end
        try:
            head = cut(text[:end], self._newline, most=1)
        except RecordError:
            return None, 0
        if head.lines != [1] or head.remarks:
            return None, 0
        self._name_columns(head)
        frame = self._sure(text[:end], types, head.end)
        if frame is None:
            self.headings = ()
        return frame, end

    def _end(self, text: bytes, *, is_last: bool) -> int:
        """Where the last whole record of a text ends, if nothing is odd; 0 where that is not known."""
        return len(text) if is_last else _last_end(text, self._newline[-1:])

    def _sure(self, text: bytes, types: Types, start: int = 0) -> pl.DataFrame | None:
        """The cells of a text that has nothing odd, below its headings."""
        width, newline = len(self.headings), self._newline
        # one cell more, empty, at the end is lost to Polars
        if width < 2 or text.startswith(newline, start) or text.endswith(b",") or (self._has_remarks and b"#" in text):
            return None
        if newline == b"\r\n":
            if not text.count(newline) == text.count(b"\r") == text.count(b"\n"):
                return None
        elif (b"\n" if newline == b"\r" else b"\r") in text:
            return None
        elif newline == b"\r":
            text, newline = text.replace(b"\r", b"\n"), b"\n"
        if (quotes := _quotes(text, start)) is None or (quotes[0] and (self._newline == b"\r" or self._escape != b'"')):
            return None
        # a copy of a large text takes as long as reading half of it
        is_simple = start and b'"' not in text[:start]
        text, skip = (text, 1) if is_simple else (text[start:], 0)
        frame = _frame(text, width, types(self.headings), skip=skip)
        if frame is None or not frame.height:
            return frame
        has_remarks = b"#" in text and (b", #" in text or frame["c0"].cast(pl.String).str.contains("^ *#").any())
        if has_remarks and (self._is_strict or not self._bytes):
            return None
        ends = (frame.height - (not text.endswith(newline))) * len(newline)
        # short records and blank lines lack commas that are counted here
        size = _size(frame) + quotes[0] - quotes[1] + frame.height * (width - 1) + ends
        return frame if size == len(text) - start * skip else None

    def _odd(self, text: bytes, types: Types, *, is_last: bool) -> tuple[pl.DataFrame | None, int]:
        """The same of a text that may be odd; no cells where no record is whole yet."""
        try:
            text.decode()
        except UnicodeDecodeError as error:
            # the last character may go on in the next block
            if is_last or error.start < len(text) - 3:
                line = len(BREAK.findall(text, 0, error.start)) + 1
                raise self._refuse("is not UTF-8 text here: save the file as UTF-8", line) from error
        try:
            if self.headings:
                records = cut(text, self._newline, self._escape, is_whole=is_last)
                records = records.without(records.remarks if self._has_remarks else ())
                records = even(records, len(self.headings), self._rows + 1)
            else:
                records = sniff(text, self._newline, is_whole=is_last)
        except RecordError as error:
            raise self._refuse(error.problem, error.line) from error
        if not is_last and len(text) - records.end > _LONGEST:
            line = len(BREAK.findall(text, 0, records.end)) + 1
            raise self._refuse(f"this record has more than {_LONGEST:,} bytes: check the quotes", line)
        if not self.headings and records.texts:
            self._name_columns(records)
            self._escape, self._has_remarks = records.escape, bool(records.remarks)
            records = records.without([0])
        if not self.headings:
            return None, 0
        return _frame(b"\n".join(records.texts), len(self.headings), types(self.headings)), records.end

    def _name_columns(self, records: Records) -> None:
        frame = _frame(records.texts[0], records.widths[0], {})
        self.headings = () if frame is None else tuple(cell or "" for cell in frame.row(0))
        # behind the mark DuckDB does not see that the first cell is quoted
        if self._is_marked and re.search('[,"\r\n]', "".join(self.headings[:1])):
            raise self._refuse("the first heading needs quotes, behind a byte order mark: leave the mark out", 1)

    def _refuse(self, message: str, line: int) -> DataFileError:
        if not isinstance(self._source, bytes):
            self._source.seek(0)
            line += len(BREAK.findall(self._source.read(self._bytes + len(BOM) * self._is_marked)))
        return DataFileError(message, file=self._name, line=line)


def _not_odd(frame: pl.DataFrame | None) -> pl.DataFrame:
    if frame is None:
        raise OddTextError
    return frame


def cells_of(records: Iterable[bytes], width: int) -> pl.DataFrame:
    """The cells of records, without nulls."""
    frame = _frame(b"\n".join(records), width, {})
    if frame is None:
        raise ValueError("records that were cut are written for Polars")
    return frame.fill_null("")


def _frame(
    text: bytes, width: int, types: Mapping[str, pl.Enum | pl.Categorical], *, skip: int = 0
) -> pl.DataFrame | None:
    """The cells of a text as Polars reads it, without its first lines."""
    names = [f"c{place}" for place in range(width)]
    if not text:
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    # Polars leaves one mark out, and behind it takes nothing for packed
    text = BOM + text if text.startswith((BOM, *_PACKED)) else text
    for given in (types, {}) if types else ({},):
        schema = {name: given.get(name, pl.String) for name in names}
        try:
            return pl.read_csv(text, has_header=False, schema=schema, skip_rows=skip)
        except pl.exceptions.PolarsError:
            # it has a text that is not known, if it can be read at all
            continue
    return None


def column_names(headings: tuple[str, ...]) -> tuple[str, ...]:
    """What DuckDB calls the columns: without blanks around headings, each once, and by their places without one."""
    names: list[str] = []
    counts: dict[bytes, int] = {}
    for place, heading in enumerate(headings):
        digits = len(str(len(headings) - 1))
        # empty is what has ASCII's blanks alone
        name = (heading.strip(" \t\n\v\f\r") and heading.strip(_BLANKS)) or f"column{place:0{digits}}"
        # upper and lower case are the same to it, and the import asks for these columns by SQL
        name = name.lower() if name.lower() in ("time_period", "time_identifier", "geographic_level") else name
        # bytes have the cases of A to Z alone, as it has
        while (key := name.encode().lower()) in counts:
            counts[key] += 1
            name += f"_{counts[key]}"
        counts[key] = 0
        names.append(name)
    return tuple(names)


def _size(frame: pl.DataFrame) -> int:
    """How many bytes all cells have."""
    known = [
        cells.dtype.categories.str.len_bytes().gather(cells.to_physical()).sum()
        for cells in frame
        if isinstance(cells.dtype, pl.Enum)
    ]
    # in one call: a call for each column takes longer than many files have rows
    numbered = pl.col([name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Categorical)])
    texts = frame.select(pl.col(pl.String).str.len_bytes().sum(), numbered.cat.len_bytes().sum()).rows()
    return sum(map(int, chain(known, *texts)))


def _quotes(text: bytes, start: int) -> tuple[int, int] | None:
    """How many quotes there are, and how many doubled ones; None where they stand elsewhere than around cells."""
    cells = doubled = 0
    at = text.find(b'"', start)
    while at >= 0:
        cell = _QUOTED.match(text, at)
        if cell is None or (at > start and text[at - 1] not in b",\n"):
            return None
        cells += 1
        doubled += cell[1].count(b'""')
        if cells == _MANY:
            return _many_quotes(text[start:])
        at = text.find(b'"', cell.end())
    return 2 * (cells + doubled), doubled


def _many_quotes(text: bytes) -> tuple[int, int] | None:
    """The same by text between quotes, all at a time."""
    parts = pl.Series([text]).cast(pl.String, strict=False).str.split('"').explode()
    inside, outside = parts.gather_every(2, 1), parts.gather_every(2)
    between = outside[1:-1]
    # most are a comma alone where all cells are quoted
    odd = between.filter((between != ",") & (between != "")).str
    begins = odd.starts_with(",") | odd.starts_with("\n") | odd.starts_with("\r\n")
    is_well = begins.all() and (odd.ends_with(",") | odd.ends_with("\n")).all() and parts.len() % 2 == 1
    is_well = is_well and outside[0][-1:] in ("", ",", "\n") and outside[-1][:1] in ("", ",", "\r", "\n")
    is_well = is_well and not inside.str.contains(r"[\\']\z").any()
    return (parts.len() - 1, int((between == "").sum())) if is_well else None


def _count(text: bytes, byte: bytes, end: int) -> int:
    """How often a byte stands before a place: of one that is rare, a search finds all sooner than they are counted."""
    count, at = 0, text.find(byte, 0, end)
    while at >= 0:
        count += 1
        if count == _MANY:
            return count + text.count(byte, at + 1, end)
        at = text.find(byte, at + 1, end)
    return count


def _last_end(text: bytes, newline: bytes) -> int:
    """Where the last record ends that is whole, if quotes stand where they should; 0 where that is far back."""
    end = text.rfind(newline) + 1
    odd = _count(text, b'"', end) % 2
    while odd and len(text) - end < _LONGEST and end:
        before = text.rfind(newline, 0, end - 1) + 1
        odd = (odd + text.count(b'"', before, end)) % 2
        end = before
    return 0 if odd else end
