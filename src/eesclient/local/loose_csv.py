"""Bytes of a CSV file found anywhere become a table of the service's columns: losslessly, or refused with its place.

UTF-8, UTF-16 that says so by its byte order mark, or Windows-1252; compressed with gzip or not. Nothing moves to
another row or column. What is folded to the service's spelling, and what holds nothing and is left out, is said in
notes.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable

import attrs
import polars as pl

from ..errors import DataFileError, InvalidResponseError
from ..models.enums import LEVEL_BY_COLUMN, LEVEL_BY_LABEL
from ..models.periods import IDENTIFIER_BY_LABEL, period_from_csv
from ..table.records import RecordError, Records, cut
from ..table.text import BOM, EMPTY, CsvFile, cells_of
from ..unpack import MAX_UNPACKED, unzipped
from .csv import LEVEL_COLUMN, PERIOD_COLUMNS, TextTable, require_no_zip
from .findings import known_text_findings, lack_findings, require_taken

_GZIP, _UTF16_MARKS = b"\x1f\x8b", (b"\xff\xfe", b"\xfe\xff")
_BREAK = re.compile(r"\r\n|\r|\n")


def _uncompress(name: str, data: bytes, notes: list[str]) -> bytes:
    require_no_zip(name, data)
    if not data.startswith(_GZIP):
        return data
    try:
        plain = unzipped(data, MAX_UNPACKED, what="it")
    except InvalidResponseError as error:
        raise DataFileError(f"cannot be uncompressed: {error}", file=name) from error
    notes.append("The file was compressed with gzip.")
    return plain


def _decode(name: str, data: bytes, notes: list[str]) -> bytes:
    """The file in UTF-8 without its byte order mark; notes say what was decoded in another way than UTF-8."""
    if data.startswith(_UTF16_MARKS):
        text = _utf16(name, data).encode()
        notes.append("The file is UTF-16, as its byte order mark says.")
    else:
        text = _utf8(name, data, notes)
    if b"\0" in text:
        message = "holds a character 0 here, so it is not plain text: save the file as UTF-8"
        raise DataFileError(message, file=name, line=_line_at(text[: text.index(b"\0")].decode(), len(text)))
    return text


def _line_at(text: str, place: int) -> int:
    return len(_BREAK.findall(text, 0, place)) + 1


def _utf16(name: str, data: bytes) -> str:
    try:
        return data.decode("utf-16")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-16", errors="replace")
        message = "begins with the mark of UTF-16 and is not UTF-16 here: save the file as UTF-8"
        raise DataFileError(message, file=name, line=_line_at(before, len(before))) from error


def _utf8(name: str, data: bytes, notes: list[str]) -> bytes:
    try:
        data.decode()
        return data.removeprefix(BOM)
    except UnicodeDecodeError:
        pass
    # every byte that is not UTF-8 becomes a lone surrogate, all else stays what it is, a byte order mark too
    text = data.decode(errors="surrogateescape")
    places = [match.start() for match in re.finditer("[\udc80-\udcff]", text)]
    line = _line_at(text, places[0])
    if any(character > "\x7f" and not "\udc80" <= character <= "\udcff" for character in set(text)):
        message = "is not UTF-8 here, and elsewhere it is: one of the two is wrong, so save the file as UTF-8 anew"
        raise DataFileError(message, file=name, line=line)
    try:
        plain = data.decode("cp1252")
    except UnicodeDecodeError as error:
        bad = _line_at(text, error.start)  # a character a byte: it is ASCII and lone surrogates
        message = f"the byte {data[error.start]:#04x} is neither UTF-8 nor Windows-1252: save the file as UTF-8"
        raise DataFileError(message, file=name, line=bad) from error
    notes.append(
        f"The file is not UTF-8 (first in line {line}) and was read as Windows-1252: "
        f"{len(places)} characters outside ASCII, the first {plain[places[0]]!r}."
    )
    return plain.encode()


BLANKS = " \t\u00a0"
"""Characters that say nothing at either end of a cell."""

STANDARD = frozenset({*PERIOD_COLUMNS, LEVEL_COLUMN, *LEVEL_BY_COLUMN})
"""Columns whose meaning the service knows by their names."""

# 2023/24, 2023-24 and 2023/2024
_TWO_YEARS = re.compile(r"([0-9]{4})[/-]([0-9]{4}|[0-9]{2})")


def read_loose_table(name: str, data: bytes, notes: list[str]) -> TextTable:
    """Read a data file found anywhere; its content is rewritten as UTF-8 if it had to be put right."""
    data = _uncompress(name, data, notes)
    repairs: list[str] = []
    text = _decode(name, data, repairs)
    file = CsvFile(text, name=name)
    frame = file.plain()
    is_plain = frame is not None and not _has_blank(frame) and b"\n" in text
    if frame is not None and is_plain and any(heading.strip(BLANKS) for heading in file.headings):
        header, line = file.headings, 1
        table = TextTable(name=name, content=data, columns=header, frame=frame, line=file.line)
    else:
        records = _exact(name, text, repairs)
        is_plain, line = False, records.lines[0]
        header = cells_of(records.texts[:1], records.widths[0]).row(0)
        frame = cells_of(records.texts[1:], len(header))
        table = TextTable(name=name, content=data, columns=header, frame=frame, line=lambda row: records.lines[row + 1])
    table = _name_columns(table, line, repairs)
    require_taken(lack_findings(table))
    table = _fold_keys(table, repairs)
    require_taken(known_text_findings(table))
    notes += repairs
    # what other readers of CSV might take otherwise is not handed on as it came
    return table if is_plain and not repairs else attrs.evolve(table, content=_write(table))


# Records and cells


def _has_blank(frame: pl.DataFrame) -> bool:
    return bool(frame.select(pl.all_horizontal(pl.all().str.strip_chars(BLANKS) == "").any()).item())


def _is_blank(record: bytes) -> bool:
    # a cell that is a quote is written as four
    return b'""""' not in record and not record.translate(None, b'",').decode().strip(BLANKS)


def _exact(name: str, text: bytes, notes: list[str]) -> Records:
    """The headings and the records below them, each with as many cells; without those that have no text."""
    try:
        records = cut(text, None)
    except RecordError as error:
        raise DataFileError(error.problem, file=name, line=error.line) from error
    empty = {place: line for place, line in enumerate(records.lines) if _is_blank(records.texts[place])}
    records = records.without(empty)
    if not records.texts:
        raise DataFileError(EMPTY, file=name)
    blank = [line for line in empty.values() if line > records.lines[0]]
    width, longer = records.widths[0], []
    header = cells_of(records.texts[:1], width).row(0)
    for place, (given, line) in enumerate(zip(records.widths, records.lines, strict=True)):
        if given == width:
            continue
        past = re.search(rb'(?:,(?:"")?){%d}\Z' % max(given - width, 0), records.texts[place])
        if given < width or past is None:
            raise _another_width(name, line, given, header)
        longer.append(line)
        records.texts[place] = records.texts[place][: past.start()]
    if blank:
        notes.append(f"{_count_in_words(len(blank), 'line')} without any text left out, the first is line {blank[0]}.")
    if longer:
        notes.append(
            f"{_count_in_words(len(longer), 'record')} with empty cells past the last heading, which were left out; "
            f"the first is in line {longer[0]}."
        )
    return records


def _another_width(name: str, line: int, given: int, header: tuple[str, ...]) -> DataFileError:
    wanted = len(header)
    problem = f"goes on after column {wanted}, the last:"
    if given < wanted:
        problem = f"ends before column {given + 1} of {wanted}: take it out if it is a remark below the table, else"
    column = header[min(given, wanted - 1)].strip(BLANKS) or None
    message = f"this record has {_count_in_words(given, 'cell')} and {problem} check commas and quotes"
    return DataFileError(message, file=name, line=line, column=column)


# Headings


def _name_columns(table: TextTable, line: int, notes: list[str]) -> TextTable:
    """The table with its columns under their headings: empty ones left out, the service's ones in its spelling."""
    kept: dict[str, int] = {}
    for place, heading in enumerate(table.columns):
        text, cells = heading.strip(BLANKS + "\ufeff"), table.frame.to_series(place)
        name = text.lower() if text.lower() in STANDARD else text
        if not name:
            filled = cells.str.strip_chars(BLANKS) != ""
            if filled.any():
                message = f"column {place + 1} has no heading, and this cell is filled: give it one"
                raise table.refuse(message, row=filled.arg_max())
            notes.append(f"Column {place + 1} has no heading and nothing in it: left out.")
            continue
        if name in kept:
            differ = table.frame.to_series(kept[name]) != cells
            if differ.any():
                message = (
                    f"two columns have this heading and differ, first in line {table.first_line(differ)}: rename one"
                )
                raise DataFileError(message, file=table.name, line=line, column=name)
            notes.append(f"{name!r} stands twice with the same cells: column {place + 1} left out.")
            continue
        if name != heading:
            notes.append(f"The heading {heading!r} was read as {name!r}.")
        kept[name] = place
    chosen = [table.frame.to_series(place).alias(f"c{number}") for number, place in enumerate(kept.values())]
    return attrs.evolve(table, columns=(*kept,), frame=pl.DataFrame(chosen))


# Cells of the columns that the service knows


def _fold_keys(table: TextTable, notes: list[str]) -> TextTable:
    """The table with periods and levels as the service spells them; what it does not know stays as it is."""
    period, identifier = PERIOD_COLUMNS
    table = _fold_column(table, identifier, _folder(IDENTIFIER_BY_LABEL), notes)
    table = _fold_column(table, LEVEL_COLUMN, _folder(LEVEL_BY_LABEL), notes)
    known = [IDENTIFIER_BY_LABEL.get(text) for text in table[identifier].unique()]
    # 2011-12 is a month too where not every identifier spans two years
    spanning = all(one is not None and one.spans_two_years for one in known)
    return _fold_column(table, period, _two_years if spanning else _one_period, notes)


def _fold_column(table: TextTable, column: str, fold: Callable[[str], str], notes: list[str]) -> TextTable:
    cells = table[column]
    spelt = {}
    for text in cells.unique(maintain_order=True):
        if not text.strip(BLANKS):
            row = (cells == text).arg_max()
            message = "this cell is empty: fill it in, or take the line out if it is a total or a remark on the table"
            raise table.refuse(message, row=row, column=column)
        if fold(text) != text:
            spelt[text] = fold(text)
    for text, folded in spelt.items():
        same = cells == text
        count, line = _count_in_words(same.sum(), "row"), table.first_line(same)
        notes.append(f"{column}: {text!r} was read as {folded!r} ({count}, the first in line {line}).")
    return attrs.evolve(table, frame=table.frame.with_columns(cells.replace(spelt))) if spelt else table


def _folder(known: Iterable[str]) -> Callable[[str], str]:
    spelling = {label.casefold(): label for label in known}
    return lambda text: spelling.get(" ".join(text.casefold().split()), text)


def _one_period(text: str) -> str:
    plain = text.strip(BLANKS)
    return text if period_from_csv(plain) is None else plain


def _two_years(text: str) -> str:
    years = _TWO_YEARS.fullmatch(text.strip(BLANKS))
    if years is None or (len(years[2]) == 4 and int(years[2]) != int(years[1]) + 1):
        return _one_period(text)
    joined = f"{years[1]}{years[2][-2:]}"
    return text if period_from_csv(joined) is None else joined


# Words and files


def _count_in_words(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def _write(table: TextTable) -> bytes:
    text = io.StringIO(newline="")
    # readers take the first line end that they see for that of all lines, though it may stand in a heading
    found = _BREAK.search("".join(table.columns))
    # with both characters at the end of lines, those in cells are quoted
    writer = csv.writer(
        text, lineterminator=found[0] if found else "\r\n", quoting=csv.QUOTE_ALL if found else csv.QUOTE_MINIMAL
    )
    writer.writerow(table.columns)
    writer.writerows(table.frame.iter_rows())
    return text.getvalue().encode()
