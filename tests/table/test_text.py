"""Each thing that may be odd in a CSV file, and what DuckDB makes of it: `tests/property` asks DuckDB itself."""

from __future__ import annotations

import io

import polars as pl
import pytest

from eesclient import DataFileError
from tests.doors.table import CsvFile, column_names

HEAD, ROW, PLAIN = "a,b,c\n", "1,2,3\n", [("1", "2", "3")]
MANY = "1,2,3\n" * 20_480


def rows(text: str | bytes) -> list[tuple[str, ...]]:
    """Return the cells of a file."""
    return CsvFile(text if isinstance(text, bytes) else text.encode()).read().rows()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD + ROW + "\n", PLAIN),
        (HEAD + "\n\n" + ROW, PLAIN),
        ("\n" + HEAD + ROW, PLAIN),
        ("a,b,c\r\n\r\n1,2,3\r\n", PLAIN),
        ("a,b,c\r1,2,3\r", PLAIN),
        ('a,b,c\r1,"x\ny",3\r', [("1", "x\ny", "3")]),
        ('a,b,c\r\n1,"x\ny",3\r\n', [("1", "x\ny", "3")]),
        (HEAD + '5" x 7",2,3\n', [('5" x 7"', "2", "3")]),
        (HEAD + '1,2,5"\n', [("1", "2", '5"')]),
        (HEAD + 'a""b,2,3\n', [('a""b', "2", "3")]),
        (HEAD + ' "odd" ,2,3\n', [("odd", "2", "3")]),
        (HEAD + '  "odd"  ,2,3\n', [('  "odd"  ', "2", "3")]),
        (HEAD + '"""",2,""\n', [('"', "2", "")]),
        (HEAD + ",,\n", [("", "", "")]),
        (HEAD + '"a\\"b",2,3\n', [('a"b', "2", "3")]),
        (HEAD + '"a\\nb",2,3\n"q\\"",2,3\n', [("anb", "2", "3"), ('q"', "2", "3")]),
        (HEAD + '"ab\\",2,3\n', [("ab\\", "2", "3")]),
        (HEAD + '"a\\\\",2,3\n', [("a\\\\", "2", "3")]),
        (HEAD + "a\\b,2,3\n", [("a\\b", "2", "3")]),
        (HEAD + '"x\'",2,3\n', [("x'", "2", "3")]),
        (HEAD + ROW + "1,2,3,\n", PLAIN * 2),
        (HEAD + "1,2,3,\n" * 2, PLAIN * 2),
        ("Source: a note\n" + HEAD + ROW, PLAIN),
        ("Source: a, b\n\n" + HEAD + ROW, PLAIN),
        (HEAD + ROW + "#c,2,3\n", PLAIN),
        (HEAD + ROW + "#c\n" + ROW, PLAIN * 2),
        (HEAD + '"#c",2,3\n', [("#c", "2", "3")]),
        (HEAD + "1,#2,3#\n", [("1", "#2", "3#")]),
        (HEAD + '1,"Band, #2",3\n', [("1", "Band, #2", "3")]),
        (HEAD + MANY + "1,2,3,\n", PLAIN * 20_481),
        (HEAD + MANY + "#1,2,3\n", [*PLAIN * 20_480, ("#1", "2", "3")]),
        ("\ufeff" + HEAD + "\ufeff1,2,3\n", [("\ufeff1", "2", "3")]),
    ],
)
def test_what_duckdb_reads(text: str, expected: list[tuple[str, ...]]) -> None:
    """The cells are those that the service has."""
    assert expected == rows(text)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", None, "is empty"),
        ("\n", None, "is empty"),
        (HEAD + ROW + "1,2", 3, "this record has 2 cells, the headings are 3"),
        (HEAD + ROW + "1\n" + ROW, 3, "has 1 cells"),
        (HEAD + ROW + "1,2,3,4\n" + ROW, 3, "has 4 cells"),
        (HEAD + ROW + "1,2,3,\n" + ROW, 3, "has 4 cells"),
        (HEAD + ROW + "1,2,3,,\n", 3, "has 5 cells"),
        (HEAD + ROW + " \n", 3, "has 1 cells"),
        (HEAD + '\n"x\ny",2,3\n1,2\n', 5, "has 2 cells"),
        ('a,b,c\r\n"x\ny",2,3\r\n4\r\n', 4, "has 1 cells"),
        ('a,b,c\r\n"x\ry\r\n",2,3\r\n4\r\n', 5, "has 1 cells"),
        (HEAD + '"x\ry",2,3\n4\n', 4, "has 1 cells"),
        ('a,b,c\r"x\ny",2,3\r4\r', 4, "has 1 cells"),
        (HEAD + MANY + "1,2,3,4\n", 20_482, "has 4 cells"),
        (HEAD + '"odd"B,2,3\n', 2, "check the quotes"),
        (HEAD + '"odd"B"C",2,3\n', 2, "check the quotes"),
        (HEAD + '1,2,"x\n', 2, "check the quotes"),
        (HEAD + '"a\\"b",2,3\n"a""b",2,3\n', 2, "check the quotes"),
        (HEAD + "x\ry,2,3\n", 2, "another line end"),
        ("a,b,c\r\n1,2,3\n", 2, "another line end"),
        (HEAD + "1,2,3\r\n", 2, "another line end"),
        (HEAD + '"x\'",1\n  5,1,x",1\n', 2, "this record has 2 cells"),
        (HEAD + "#c,2,3\nx,2,3\n", 2, "begins with #"),
        (HEAD + "#c,2,3\n1,2,#3\n", 2, "begins with #"),
        (HEAD + ROW + "1, #2,3\n", 3, "begins with #"),
        ('\ufeff"a,b",c\n1,2\n', 1, "byte order mark"),
        (HEAD.encode() + b"1,\xe9,3\n", 2, "is not UTF-8"),
    ],
)
def test_what_is_refused(text: str | bytes, line: int | None, words: str) -> None:
    """What DuckDB refuses, and what it reads by guesses, is an error with its line."""
    with pytest.raises(DataFileError) as caught:
        rows(text)
    assert line == caught.value.line
    assert words in str(caught.value)


@pytest.mark.parametrize("size", [1, 4, 8, 64])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_lines_in_blocks(mark: bytes, size: int) -> None:
    """An error has its line wherever blocks end, behind a byte order mark too."""
    file = CsvFile(io.BytesIO(mark + b"a,b\n1,2\n3,4\n5,6\n7\n"), size=size)
    with pytest.raises(DataFileError) as caught:
        file.read()
    assert 5 == caught.value.line


def test_a_quote_that_can_be_read_in_two_ways() -> None:
    """An apostrophe may stand before a quote as a backslash may: where both readings hold, neither is taken."""
    text = 'a,b,c,d\n1,Total,"x\'",1\n  5,1,x",1\n'
    with pytest.raises(DataFileError, match="line 2: a quote stands behind ' and may belong to it or not"):
        rows(text)


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        (("n", "n", "N"), ("n", "n_1", "N_2")),
        (("n", "n_1", "n"), ("n", "n_1", "n_1_1")),
        ((" a ", "\tb\t", "c\u00a0"), ("a", "\tb\t", "c")),
        (("a", "", " "), ("a", "column1", "column2")),
        (("a", "\t", "\x1f", " \x85", "\u2028"), ("a", "column1", "\x1f", "\x85", "\u2028")),
        (("é", "É", "ß", "ss", "É"), ("é", "É", "ß", "ss", "É_1")),
        (("",) * 11, (*(f"column{place:02}" for place in range(11)),)),
        (("TIME_PERIOD", "Geographic_Level", "Sex"), ("time_period", "geographic_level", "Sex")),
    ],
)
def test_names_of_columns(headings: tuple[str, ...], expected: tuple[str, ...]) -> None:
    """Each has one of its own; those that the import asks for are found in any case."""
    assert expected == column_names(headings)


def test_lines_of_rows() -> None:
    """Lines are those of the file, whatever was left out before them."""
    file = CsvFile(b'\na,b\n\n"x\ny",2\n#c\n3,4\n')
    frame = file.read()
    assert [("x\ny", "2"), ("3", "4")] == frame.rows()
    assert [4, 7] == [file.line(0), file.line(1)]


@pytest.mark.parametrize("quoted", ["few", "many"])
@pytest.mark.parametrize("odd", ["", '"x"y"z",2\n', 'say "x",2\n', '"a""b",2\n', '"x\'",2\n', '"x,",2\n', '",x",2\n'])
def test_many_quotes(monkeypatch: pytest.MonkeyPatch, quoted: str, odd: str) -> None:
    """Quotes are checked one by one, and past some thousands all at a time: to the same result."""
    text = "a,b\n" + '"1","2"\n' * 5 + odd + '"3",4\n' * 2
    monkeypatch.setattr("eesclient.table.text._MANY", 3 if quoted == "many" else 10**6)
    if '"y"' in odd:
        with pytest.raises(DataFileError, match="check the quotes"):
            rows(text)
        return
    expected = {"": [], "say": [('say "x"', "2")], '"a""': [('a"b', "2")], "\"x'": [("x'", "2")]}
    middle = next((found for start, found in expected.items() if start and odd.startswith(start)), None)
    if middle is None:
        middle = [(odd[1:3], "2")] if odd else []
    assert [("1", "2")] * 5 + middle + [("3", "4")] * 2 == rows(text)
    assert pl.String == CsvFile(text.encode()).read().dtypes[0]
