"""Tests of reading data files found anywhere as text: losslessly, or refused with line and column."""

from __future__ import annotations

import gzip

import pytest

from eesclient import DataFileError
from tests.doors.local import read_loose_table, read_table
from tests.doors.table import column_names

HEAD = "time_period,time_identifier,geographic_level"
ROW = "2024,Calendar year,National"


def read(content: bytes | str) -> tuple[tuple[str, ...], list[tuple[str, ...]], list[str]]:
    """Columns, rows and notes of a file."""
    notes: list[str] = []
    data = content.encode() if isinstance(content, str) else content
    table = read_loose_table("t.csv", data, notes)
    again = read_table("t.csv", table.content)
    assert (column_names(table.columns), table.frame.rows()) == (again.columns, again.frame.rows())
    return table.columns, table.frame.rows(), notes


def last(content: bytes | str) -> tuple[list[str], list[str]]:
    """Cells of the columns after the first three, row by row, and notes."""
    _, rows, notes = read(content)
    return [cell for row in rows for cell in row[3:]], notes


def refusal(content: bytes | str) -> DataFileError:
    """The error that a file gives."""
    with pytest.raises(DataFileError) as caught:
        read(content)
    return caught.value


def test_an_ordinary_file_is_kept_byte_for_byte() -> None:
    """What needs no repair has no notes, and its content is the file."""
    notes: list[str] = []
    data = f"\ufeff{HEAD},a\r\n{ROW}, x \r\n".encode()
    table = read_loose_table("t.csv", data, notes)
    assert (data, []) == (table.content, notes)
    assert [(*ROW.split(","), " x ")] == table.frame.rows()


@pytest.mark.parametrize("content", [f"{HEAD},a\r{ROW},x\r", f"\n{HEAD},a\n\n{ROW},x\n", f"{HEAD},a\n{ROW},x\r"])
def test_what_other_readers_might_take_otherwise_is_written_anew(content: str) -> None:
    """Lone carriage returns and blank lines lose nothing, but are not handed on."""
    notes: list[str] = []
    table = read_loose_table("t.csv", content.encode(), notes)
    assert (f"{HEAD},a\r\n{ROW},x\r\n".encode(), []) == (table.content, notes)


@pytest.mark.parametrize(
    ("content", "cells", "note"),
    [
        (
            f"{HEAD},a\n{ROW},é £\n".encode("cp1252"),
            ["é £"],
            "not UTF-8 (first in line 2) and was read as Windows-1252",
        ),
        (f"{HEAD},a\n{ROW},“q” – €\n".encode("cp1252"), ["“q” – €"], "4 characters"),
        (f"{HEAD},a\n{ROW},é\n".encode("utf-16"), ["é"], "UTF-16"),
        (b"\xfe\xff" + f"{HEAD},a\n{ROW},é\n".encode("utf-16-be"), ["é"], "UTF-16"),
        (gzip.compress(f"{HEAD},a\n{ROW},é\n".encode(), mtime=0), ["é"], "gzip"),
    ],
)
def test_encodings(content: bytes, cells: list[str], note: str) -> None:
    """A file that is not UTF-8 is read as what it can only be, and notes say so."""
    found, (said,) = last(content)
    assert cells == found
    assert note in said


@pytest.mark.parametrize(
    ("content", "cells", "notes"),
    [
        (f'{HEAD},a\n{ROW},"x\ny"\n{ROW},z\n', ["x\ny", "z"], []),
        (f'{HEAD},a\r{ROW},"x\ry"\r{ROW},z\r', ["x\ry", "z"], []),
        (f"\n{HEAD},a\n\n{ROW},x\n\n", ["x"], []),
        (
            f"{HEAD},a\n,,,\n{ROW},x\n , ,,\n",
            ["x"],
            ["2 lines without any text left out, the first is line 2."],
        ),
        (
            f"{HEAD},a\n{ROW},x,,\n{ROW},y\n",
            ["x", "y"],
            ["1 record with empty cells past the last heading, which were left out; the first is in line 2."],
        ),
        (
            f"{HEAD},a,,\n{ROW},x,,\n",
            ["x"],
            [f"Column {n} has no heading and nothing in it: left out." for n in (5, 6)],
        ),
        (f"{HEAD}, a ,B\n{ROW},x,y\n", ["x", "y"], ["The heading ' a ' was read as 'a'."]),
        (f"{HEAD},a,A\n{ROW},x,y\n", ["x", "y"], []),
        (f"{HEAD},*,^a$\n{ROW},x,y\n", ["x", "y"], []),
        (
            f"{HEAD},a,a\n{ROW},x,x\n",
            ["x"],
            ["'a' stands twice with the same cells: column 5 left out."],
        ),
    ],
)
def test_shapes(content: str, cells: list[str], notes: list[str]) -> None:
    """Line breaks, blank lines and empty columns move no cell; what is left out holds nothing and is said."""
    assert (cells, notes) == last(content)


def test_headings_of_the_service_are_folded() -> None:
    """Columns that the service knows are known in any case; others keep theirs."""
    columns, _, notes = read(f"TIME_PERIOD,Time_Identifier,geographic_level,LA_Name,NOTE\n{ROW},Barnet,x\n")
    assert ("time_period", "time_identifier", "geographic_level", "la_name", "NOTE") == columns
    assert "The heading 'LA_Name' was read as 'la_name'." == notes[2]
    assert 3 == len(notes)


@pytest.mark.parametrize(
    ("row", "expected", "note"),
    [
        ("2024,Calendar year,national", "National", "geographic_level: 'national' was read as 'National' (1 row, the"),
        ("2024,CALENDAR  YEAR,National", "Calendar year", "time_identifier: 'CALENDAR  YEAR' was read as"),
        (" 2024,Calendar year,National", "2024", "time_period: ' 2024' was read as '2024'"),
        ("2023/24,Academic year,National", "202324", "time_period: '2023/24' was read as '202324'"),
        ("2023-24,Financial year,National", "202324", "time_period: '2023-24' was read as '202324'"),
        ("2023/2024,Academic year,National", "202324", "time_period: '2023/2024' was read as '202324'"),
    ],
)
def test_spellings_that_can_mean_one_thing_only(row: str, expected: str, note: str) -> None:
    """Periods and levels are folded to the service's spelling, with a note."""
    _, ((*cells, _),), (said,) = read(f"{HEAD},a\n{row},1\n")
    assert expected in cells
    assert note in said


def test_unequal_spellings_are_counted() -> None:
    """A note about a spelling says how many rows have it, and where the first is."""
    _, rows, notes = read(f"{HEAD}\n{ROW}\n2024,Calendar year,national\n2024,Calendar year,national\n")
    assert [tuple(ROW.split(","))] * 3 == rows
    assert ["geographic_level: 'national' was read as 'National' (2 rows, the first in line 3)."] == notes


@pytest.mark.parametrize(
    ("content", "line", "column", "words"),
    [
        ("", None, None, "is empty"),
        ("\n ,\n", None, None, "is empty"),
        (f"{HEAD},a\n", None, None, "no rows"),
        ("a,b\n1,2\n", 1, "time_period", "is missing"),
        (f"{HEAD},a\n{ROW}\n", 2, "a", "has 3 cells and ends before column 4 of 4"),
        (f"{HEAD},a\n{ROW},x,y\n", 2, "a", "has 5 cells and goes on after column 4"),
        (f"{HEAD},a\n{ROW},x\nSource: a survey\n", 3, "time_identifier", "has 1 cell and"),
        (f"{HEAD},a\n{ROW},x\n,,,12\n", 3, "time_identifier", "this cell is empty"),
        (f"{HEAD},a\n{ROW},x\n2024,Calendar year,,12\n", 3, "geographic_level", "this cell is empty"),
        (f"{HEAD},a\n{ROW},x\nTotal,Calendar year,National,12\n", 3, "time_period", "'Total' is not a time period"),
        (f"{HEAD},a\n{ROW},x\n2024,Total,National,12\n", 3, "time_identifier", "'Total' is not a time identifier"),
        (f"{HEAD},a\n{ROW},x\n2024,Calendar year,Total,12\n", 3, "geographic_level", "not a geographic level"),
        (f"{HEAD},a\n2011-12,December,National,1\n", 2, "time_period", "'2011-12' is not a time period"),
        (f"{HEAD},a\n2011/2013,Academic year,National,1\n", 2, "time_period", "'2011/2013' is no"),
        (f"{HEAD},a\n2011-14,Academic year,National,1\n", 2, "time_period", "'2011-14' is no"),
        (f"{HEAD},\n{ROW},\n{ROW},x\n", 3, None, "column 4 has no heading, and this cell is filled"),
        (f"{HEAD},a,a\n{ROW},x,x\n{ROW},x,y\n", 1, "a", "two columns have this heading and differ, first in line 3"),
        (f"{HEAD},Time_Period\n{ROW},2023\n", 1, "time_period", "two columns have this heading"),
        (f'{HEAD},a\n{ROW},"x\n', 2, None, "is not CSV here"),
        (f"{HEAD},a\n{ROW},x\0\n", 2, None, "character 0"),
        (f"{HEAD},a\r{ROW},x\r{ROW},\0\r", 3, None, "character 0"),
        (f"{HEAD},a\n{ROW},x\n".encode("utf-16-le"), 1, None, "character 0"),
        (f"{HEAD},a\n{ROW},é\n".encode("utf-16") + b"\n", 3, None, "not UTF-16 here"),
        (f"{HEAD},a\n{ROW},x\n".encode() + b"\x81,\n", 3, None, "the byte 0x81 is neither"),
        (f"{HEAD},a\n{ROW},é\n".encode() + b"\xe9,\n", 3, None, "is not UTF-8 here, and elsewhere it is"),
        (f"\ufeff{HEAD},a\n".encode() + b"\xe9,\n", 2, None, "is not UTF-8 here"),
        (gzip.compress(b"a" * 1000, mtime=0)[:-12], None, None, "cannot be uncompressed"),
        (b"\x1f\x8bnot gzip", None, None, "cannot be uncompressed"),
    ],
)
def test_refused(content: bytes | str, line: int | None, column: str | None, words: str) -> None:
    """What could be read only by guessing is an error that names line and column."""
    error = refusal(content)
    assert ("t.csv", line, column) == (error.file, error.line, error.column)
    assert words in str(error)


def test_lines_after_blank_lines_and_breaks_in_cells() -> None:
    """The line of an error is that of the file, whatever was left out before it."""
    error = refusal(f'\n{HEAD},a\n,,,\n{ROW},"x\ny"\n\n{ROW},z\n2024,Calendar year,Nowhere,z\n')
    assert (8, "geographic_level") == (error.line, error.column)
