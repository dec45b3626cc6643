"""Laws of reading ugly CSV bytes: what is read equals what was written, or an error names the place."""

from __future__ import annotations

import re
import warnings

import polars as pl
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

import eesclient as ees
from eesclient import DataFileError
from tests.doors.local import Inferred, TextTable, holdings_of, infer_data, read_loose_table

from .ugly import STANDARD, Ugly, uglies

pytestmark = pytest.mark.property


def _sure(ugly: Ugly) -> bool:
    """Whether the bytes say one encoding: some Windows-1252 is UTF-8 as well, wholly or in parts."""
    if ugly.encoding != "cp1252":
        return True
    read = ugly.text.encode("cp1252").decode(errors="surrogateescape")
    return not any(character > "\x7f" and not "\udc80" <= character <= "\udcff" for character in read)


def _line(text: str) -> int:
    return len(re.findall("\r\n|\r|\n", text)) + 1


@given(uglies())
def test_what_is_read_is_what_was_written(ugly: Ugly) -> None:
    """Whatever the encoding, quotes, line ends, headings and blank lines, every cell is where it was."""
    assume(_sure(ugly))
    table = read_loose_table("t.csv", ugly.data, [])
    assert ugly.columns == table.columns
    assert list(ugly.rows) == table.frame.rows()
    # what is handed on is the same to a plain reader of CSV
    again = pl.read_csv(table.content, infer_schema=False)
    assert list(ugly.rows) == again.fill_null("").rows()
    assert [_line(ugly.text[:start]) for start, _ in ugly.records] == [table.line(row) for row in range(len(ugly.rows))]


@given(uglies(), st.data())
def test_a_lost_or_added_cell_is_named(ugly: Ugly, data: st.DataObject) -> None:
    """A record with a cell too few or too many is refused with its line; nothing shifts."""
    assume(_sure(ugly))
    start, end = data.draw(st.sampled_from(ugly.records))
    record = ugly.text[start:end]
    added = data.draw(st.booleans())
    changed = f"{record}{',' * record.count(',')},more" if added else re.sub(r',("[^"]*"|[^,"]*)$', "", record)
    assume(added or (changed != record and ugly.text.count(",") > 0))
    broken = (ugly.text[:start] + changed + ugly.text[end:]).encode("utf-8")
    table = _table_or_error(broken)
    if isinstance(table, DataFileError):
        assert _line(ugly.text[:start]) == table.line
        assert table.column is not None or "column" in str(table)
    else:
        # the last heading may have held nothing at all
        assert not added
        assert list(ugly.rows) == table.frame.rows()


def _table_or_error(content: bytes) -> TextTable | DataFileError:
    try:
        return read_loose_table("t.csv", content, [])
    except DataFileError as error:
        return error


def _place_is_named(error: DataFileError, data: bytes) -> None:
    whole = ("is empty", "no rows", "uncompressed", "is a ZIP archive")
    assert "t.csv" == error.file
    assert error.line is not None or any(words in str(error) for words in whole)
    assert error.line is None or 1 <= error.line <= data.count(b"\n") + data.count(b"\r") + 1


@given(uglies(), st.data())
def test_damaged_bytes_are_read_or_refused(ugly: Ugly, data: st.DataObject) -> None:
    """Bytes changed anywhere make another table or an error that names the place, never anything else."""
    content = bytearray(ugly.text.encode(ugly.encoding))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        piece = data.draw(st.sampled_from([b"", b",", b'"', b"\n", b"\r", b"\0", b"\x81", b"\xe9", b"\xc3\xa9", b"x"]))
        content[place : place + data.draw(st.integers(0, 2))] = piece
        assume(content)
    _read_or_refused(bytes(content))


@given(st.binary(max_size=200))
@example(b"PK\x03\x04")
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    """No bytes at all make another error."""
    _read_or_refused(content)
    _read_or_refused(b"time_period,time_identifier,geographic_level,a\n2024,January,National," + content)


def _read_or_refused(content: bytes) -> None:
    try:
        wild = infer_data("t.csv", content)
    except DataFileError as error:
        _place_is_named(error, content)
    else:
        assert wild.data.rows.height > 0
        assert all(wild.notes)


def _answer(wild: Inferred, route: str) -> pl.DataFrame:
    holdings = holdings_of("t", wild)
    with ees.Client(service=ees.local.Service(holdings)) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore", ees.EESWarning)
        (entry,) = client.data_sets()
        data_set = client.open(entry.id)
        frame = data_set.query(values="text", route="csv" if route == "csv" else "pages").frame
    return frame.select(pl.all().cast(pl.String))


@settings(
    max_examples=settings().max_examples * 3 // 10,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(uglies(), st.sampled_from(["pages", "csv"]))
def test_answers_are_what_was_written(ugly: Ugly, route: str) -> None:
    """All filters and indicators of an answer are the cells that were written, row for row."""
    assume(_sure(ugly))
    wild = infer_data("t.csv", ugly.data)
    assume("indicator" in wild.kinds.values())
    frame = _answer(wild, route)
    used = [column for column, kind in wild.kinds.items() if kind != "ignored"]
    places = [ugly.columns.index(column) for column in used]
    written = sorted(tuple(row[place] for place in places) for row in ugly.rows)
    assert written == sorted(frame.select(used).fill_null("").rows())
    assert not set(used) & set(STANDARD)
