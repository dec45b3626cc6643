"""Tests of reading CSV files as text, and of metadata files."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import eesclient as ees
from eesclient import DataFileError, IndicatorUnit
from tests.doors.local import (
    MetaRow,
    lack_findings,
    of_type,
    read_file,
    read_meta_rows,
    read_meta_table,
    read_table,
    require_taken,
)


def rows(content: bytes | str) -> list[tuple[str, ...]]:
    """Rows of a file."""
    return read_table("t.csv", content.encode() if isinstance(content, str) else content).frame.rows()


def refusal(content: bytes | str) -> DataFileError:
    """The error that a file gives."""
    with pytest.raises(DataFileError) as caught:
        rows(content)
    return caught.value


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a,b\n1,2\n", [("1", "2")]),
        ("a,b\n1,2", [("1", "2")]),
        ("a,b\r\n1,2\r\n", [("1", "2")]),
        ("\ufeffa,b\n01, 2 \n", [("01", " 2 ")]),
        ('a,b\n"1,5",""\n,x\n', [("1,5", ""), ("", "x")]),
        ('a,b\n"x\ny","""q"""\n1,2\n', [("x\ny", '"q"'), ("1", "2")]),
        ('"a,b",c\nNULL,NA\nnull,#1\n', [("NULL", "NA"), ("null", "#1")]),
        ("a,b\n1,2\n\n3,4\n\n", [("1", "2"), ("3", "4")]),
        ('a,b\nx"y,2\n', [('x"y', "2")]),
        ("a\n1\n2\n", [("1",), ("2",)]),
        ("a,b\r1,2\r", [("1", "2")]),
        ("\na,b\n1,2\n", [("1", "2")]),
        ("\r\na,b\r\n1,2\r\n", [("1", "2")]),
        ("a,b\n", []),
        ("a,b", []),
        ("a,b\né,£ – “q”\n", [("é", "£ – “q”")]),
    ],
)
def test_cells_are_read_as_they_stand(content: str, expected: list[tuple[str, ...]]) -> None:
    """Nothing is trimmed, guessed or lost."""
    assert expected == rows(content)


@pytest.mark.parametrize(
    ("content", "line", "column", "words"),
    [
        ("", None, None, "is empty"),
        ("a,b\n1,2\n3\n", 3, None, "has 1 cells, the headings are 2"),
        ("a,b\n1,2\n3,4,5\n", 3, None, "has 3 cells"),
        ('a,b\n1,,""\n', 2, None, "has 3 cells"),
        ("a,b,c\n1,2\n3,4,5,6\n", 2, None, "has 2 cells"),
        ('a,b\n"x\ny",2\n3\n', 4, None, "has 1 cells"),
        ('a,b\n"1"2,3\n', 2, None, "is not CSV here"),
        ('a,b\n1,"2\n', 2, None, "is not CSV here"),
        (b"a,b\n1,2\n3,\xff\n", 3, None, "is not UTF-8"),
    ],
)
def test_malformed_files_are_refused(content: bytes | str, line: int | None, column: str | None, words: str) -> None:
    """What is not a table is an error that names line and column."""
    error = refusal(content)
    assert ("t.csv", line, column) == (error.file, error.line, error.column)
    assert words in str(error)


def test_line_of_a_row_counts_line_breaks_in_cells() -> None:
    """The line is that of the file, not of the table."""
    table = read_table("t.csv", b'a,b\n"x\ny",2\n\n3,4\n')
    assert [2, 5] == [table.line(0), table.line(1)]


def test_missing_columns_are_refused() -> None:
    """A column that must be there is named."""
    require_taken(lack_findings(read_table("t.csv", b"geographic_level,time_identifier,time_period\n1,2,3\n")))
    with pytest.raises(DataFileError, match=r"t\.csv, line 1, column time_period: this column is missing"):
        require_taken(lack_findings(read_table("t.csv", b"time_identifier,geographic_level\n1,2\n")))


def test_gzip_is_undone(tmp_path: Path) -> None:
    """A file that ends in .gz is read uncompressed; others as they are."""
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"a\n1\n"))
    (tmp_path / "a.csv").write_bytes(b"a\n1\n")
    assert b"a\n1\n" == read_file(tmp_path / "a.csv.gz") == read_file(tmp_path / "a.csv")


@pytest.mark.parametrize(
    "content", [b"no gzip", gzip.compress(b"a" * 1000, mtime=0)[:-12], b"\x1f\x8b\x08\x00" + b"\xff" * 20]
)
def test_files_that_cannot_be_read_are_refused(tmp_path: Path, content: bytes) -> None:
    """Broken gzip and missing files are errors of the file."""
    path = tmp_path / "a.csv.gz"
    path.write_bytes(content)
    with pytest.raises(DataFileError, match="cannot be read"):
        read_file(path)
    with pytest.raises(DataFileError, match="cannot be read"):
        read_file(tmp_path / "none.csv")


def test_archives_are_called_so(tmp_path: Path) -> None:
    """A ZIP archive is said to be one, whatever its name."""
    for name in ("a.csv.gz", "a.csv"):
        (tmp_path / name).write_bytes(b"PK\x03\x04\x14\0")
        with pytest.raises(DataFileError, match=rf"{name}: is a ZIP archive: unpack it"):
            read_file(tmp_path / name)
        with pytest.raises(DataFileError, match=rf"{name}: is a ZIP archive: unpack it"):
            ees.local.Service.from_csv(tmp_path / name)


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\ufeff"), max_size=6)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=6), st.sampled_from(["\n", "\r\n"]))
def test_what_is_written_is_read(table: list[list[str]], ending: str) -> None:
    """Any table written as CSV comes back cell for cell."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=ending, quoting=csv.QUOTE_ALL).writerows([["a", "b", "c"], *table])
    assert [tuple(row) for row in table] == rows(text.getvalue())


PLAIN = st.text(st.sampled_from('ab ,"\n1'), max_size=4)


@given(st.lists(st.lists(PLAIN, min_size=2, max_size=2), max_size=5))
def test_quoting_only_where_needed(table: list[list[str]]) -> None:
    """Files that mix quoted and plain cells come back too, whichever way they are read."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([["a", "b"], *table])
    assert [tuple(row) for row in table] == rows(text.getvalue())


def meta_rows(text: str) -> tuple[MetaRow, ...]:
    """Rows about the columns a, b and c."""
    return read_meta_rows(read_table("t.meta.csv", text.encode()), ("a", "b", "c"))


def test_rows_are_read() -> None:
    """A full metadata file gives type, label, unit, decimal places, hint and default."""
    text = (
        "\ufeffcol_name,col_type,label,indicator_grouping,indicator_unit,indicator_dp,filter_hint,"
        "filter_grouping_column,filter_default\n"
        "b,Indicator,Share,,%,1,,,\na,Filter,Sex,,,,Pick one,,All\nother,Filter,Not there,,,,,,\n"
    )
    share = MetaRow(column="b", type="Indicator", label="Share", unit=IndicatorUnit.PERCENT, decimal_places=1)
    sex = MetaRow(column="a", type="Filter", label="Sex", hint="Pick one", default="All")
    assert (share, sex) == meta_rows(text)


def test_older_files_lack_columns() -> None:
    """Only name, type and label are compulsory."""
    expected = MetaRow(column="a", type="Indicator", label="A")
    assert (expected,) == meta_rows("col_name,col_type,label\na,Indicator,A\n")


@pytest.mark.parametrize(
    ("text", "unit"),
    [("", None), ("£", IndicatorUnit.POUND), ("£m", IndicatorUnit.MILLION_POUNDS), ("numberstring", "string")],
)
def test_units(text: str, unit: object) -> None:
    """Units are spelt as metadata files spell them."""
    (row,) = meta_rows(f"col_name,col_type,label,indicator_unit\na,Indicator,A,{text}\n")
    assert unit == row.unit


HEADER = "col_name,col_type,label,indicator_unit,indicator_dp\n"


@pytest.mark.parametrize("row", ["a,filter,A,,", "a,1,A,,", "a,,A,,", ",Filter,A,,", "other,Filter,,,"])
def test_rows_that_do_not_count(row: str) -> None:
    """The service passes over rows of another type, and those about no column of the data file."""
    assert () == meta_rows(f"{HEADER}{row}\n")


def test_headings_in_any_case() -> None:
    """Those of a metadata file are read by SQL, which takes them in any case; decimal places lose their fraction."""
    (row,) = meta_rows(f"{HEADER.upper()}a,Indicator,A,,2.7\n")
    assert ("a", 2) == (row.column, row.decimal_places)


def test_rows_of_a_type_come_by_label() -> None:
    """Filters, and indicators, are numbered in the order of code points of their labels."""
    rows = meta_rows("col_name,col_type,label\na,Filter,b\nb,Filter,B\nc,Indicator,A\n")
    assert ["B", "b"] == [row.label for row in of_type(rows, "Filter")]
    assert ["A"] == [row.label for row in of_type(rows, "Indicator")]


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("col_name,label\na,A\n", 1, "col_type", "missing"),
        (HEADER + "a,Filter,,,\n", 2, "label", "is empty"),
        (HEADER + f"a,Filter,{'x' * 101},,\n", 2, "label", "has 101 characters, the service takes 100"),
        (HEADER + "a,Filter,A,,\na,Indicator,B,,\n", 3, "col_name", "stands in line 2 already"),
        (HEADER + "a,Indicator,A,percent,\n", 2, "indicator_unit", "'percent' is not a unit"),
        (HEADER + "a,Indicator,A,string,\n", 2, "indicator_unit", "is not a unit"),
        (HEADER + "a,Filtre,A,,\n", 2, "col_type", "'Filtre' is not a type"),
        (HEADER + "other,Time,A,,\n", 2, "col_type", "'Time' is not a type"),
        (HEADER + "a,Indicator,A,,few\n", 2, "indicator_dp", "'few' is not a number of decimal places"),
        (HEADER + "a,Filter,A,,z\n", 2, "indicator_dp", "'z' is not a number of decimal places"),
        (HEADER + "a,Indicator,A,,256\n", 2, "indicator_dp", "is not a number"),
        (HEADER + "a,Indicator,A,,-1\n", 2, "indicator_dp", "is not a number"),
    ],
)
def test_malformed_rows_are_refused(text: str, line: int, column: str, words: str) -> None:
    """What the service's import would not take is an error with line and column."""
    with pytest.raises(DataFileError) as caught:
        meta_rows(text)
    assert ("t.meta.csv", line, column) == (caught.value.file, caught.value.line, caught.value.column)
    assert words in str(caught.value)


def test_long_column_names_are_refused() -> None:
    """A column that is a filter or indicator has at most 50 characters."""
    name = "a" * 51
    table = read_table("t.meta.csv", f"col_name,col_type,label\n{name},Filter,A\n".encode())
    with pytest.raises(DataFileError, match="has 51 characters, the service takes 50"):
        read_meta_rows(table, (name,))


@pytest.mark.parametrize(
    "text",
    [
        "col_name;col_type;label\na;Filter;A, or B\n\nb;Indicator;Share\n",
        "\ufeffcol_name|col_type|label\r\na|Filter|A, or B\r\nb|Indicator|Share\r\n",
        "col_name\tcol_type\tlabel\na\tFilter\tA, or B\nb\tIndicator\tShare\n",
        "col_name,col_type,label\na,Filter,'A, or B'\nb,Indicator,Share\n",
        'col_name,col_type,label\na,Filter,"A, or B"\nb,Indicator,Share\n',
    ],
)
def test_metadata_files_with_other_separators_and_quotes(text: str) -> None:
    """The service finds out by itself what they are."""
    rows = read_meta_rows(read_meta_table("t.meta.csv", text.encode()), ("a", "b"))
    assert [("a", "A, or B"), ("b", "Share")] == [(row.column, row.label) for row in rows]


def test_apostrophes_of_metadata_files() -> None:
    """They are quotes around whole cells alone, where there are no others; a line stays the one that it was."""
    for label in ("'Free' meals", "Children's", "a '5'"):
        (row,) = read_meta_rows(read_meta_table("t", f"col_name,col_type,label\na,Filter,{label}\n".encode()), ("a",))
        assert label == row.label
    table = read_meta_table("t.meta.csv", b"col_name;col_type;label\n\na;Filter;'A\nb;Filtre;B\n")
    with pytest.raises(DataFileError, match=r"t\.meta\.csv, line 4, column col_type"):
        read_meta_rows(table, ("a",))


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (("2.50", "1e3"), ["2.5", "1000"]),
        (("-0", "5"), ["0", "5"]),
        (("yes", "FALSE"), ["True", "False"]),
        (("05", "5"), ["05", "5"]),
        (("2.50", "Share"), ["2.50", "Share"]),
        (("yes", "1"), ["yes", "1"]),
        (("2020", "2021/22"), ["2020", "2021/22"]),
    ],
)
def test_labels_that_are_all_numbers_or_truth_values(labels: tuple[str, str], expected: list[str]) -> None:
    """The service reads a metadata file with types, and writes what it read as text again."""
    text = "col_name,col_type,label\na,Filter,{}\nb,Indicator,{}\n".format(*labels)
    rows = read_meta_rows(read_meta_table("t.meta.csv", text.encode()), ("a", "b"))
    assert expected == [row.label for row in rows]
