"""Tests of metadata files."""

from __future__ import annotations

import pytest

from eesclient.errors import DataFileError
from eesclient.local.csv import (
    MetaRow,
    of_type,
    read_meta_rows,
    read_table,
)
from eesclient.models.enums import IndicatorUnit


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


def test_rows_of_a_type_come_by_label() -> None:
    """Filters, and indicators, are numbered in the order of code points of their labels."""
    rows = meta_rows("col_name,col_type,label\na,Filter,b\nb,Filter,B\nc,Indicator,A\n")
    assert ["B", "b"] == [row.label for row in of_type(rows, "Filter")]
    assert ["A"] == [row.label for row in of_type(rows, "Indicator")]


HEADER = "col_name,col_type,label,indicator_unit,indicator_dp\n"


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("col_name,label\na,A\n", 1, "col_type", "missing"),
        (HEADER + "a,filter,A,,\n", 2, "col_type", "neither 'Filter' nor 'Indicator'"),
        (HEADER + "a,Filter,A,,\nother,Filtre,A,,\n", 3, "col_type", "neither"),
        (HEADER + ",Filter,A,,\n", 2, "col_name", "is empty"),
        (HEADER + "a,Filter,,,\n", 2, "label", "is empty"),
        (HEADER + f"a,Filter,{'x' * 101},,\n", 2, "label", "has 101 characters, the service takes 100"),
        (HEADER + "a,Filter,A,,\na,Indicator,B,,\n", 3, "col_name", "stands in line 2 already"),
        (HEADER + "a,Indicator,A,percent,\n", 2, "indicator_unit", "'percent' is no unit"),
        (HEADER + "a,Indicator,A,string,\n", 2, "indicator_unit", "is no unit"),
        (HEADER + "a,Indicator,A,,1.5\n", 2, "indicator_dp", "'1.5' is no number of decimal places"),
        (HEADER + "a,Indicator,A,,256\n", 2, "indicator_dp", "is no number"),
        (HEADER + "a,Indicator,A,,-1\n", 2, "indicator_dp", "is no number"),
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
