"""Workbooks of results: figures are numbers, text is text, and where they come from goes with them."""

from __future__ import annotations

import errno
import gc
import os
import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import attrs
import polars as pl
import pytest

import eesclient as ees
from eesclient import ColumnInfo, DataSetVersionStatus, IndicatorUnit
from tests.doors.results import excel

from .test_citation import OFFICIAL

openpyxl = pytest.importorskip("openpyxl")
pytest.importorskip("xlsxwriter", reason="needs the extra excel")

SYNTHETIC = "SYNTHETIC, not a statistic"


@pytest.fixture(scope="module")
def result() -> ees.QueryResult:
    """Return rows of the demo with symbols, whole numbers and percentages."""
    with ees.Client(service=ees.local.demo(), store=None) as client:
        sen = client.open(ees.local.SEN_ID, version="1.0")
        return sen.query(
            indicators=["pupil_percent", "pupil_count"], filters={"Social care group": "All pupils comparison"}
        )


def saved(frame: pl.DataFrame, **columns: ColumnInfo) -> ees.SavedResult:
    """A result with such rows, of the service; other columns are filters."""
    known = [columns.get(name) or column(name, "filter") for name in frame.columns]
    return ees.SavedResult(frame=frame, columns=tuple(known), total=frame.height, provenance=OFFICIAL)


def column(name: str, kind: Any, **more: Any) -> ColumnInfo:
    """What a column holds."""
    return ColumnInfo(name=name, column=name, label=name.title(), kind=kind, **more)


def rows_of(sheet: Any) -> list[tuple[Any, ...]]:
    """The cells of a sheet, row by row."""
    return list(sheet.iter_rows(values_only=True))


def test_every_cell_comes_back(result: ees.QueryResult, tmp_path: Path) -> None:
    """Another program reads what the frame has, numbers as numbers, with the decimal places of the metadata."""
    path = result.write_excel(tmp_path / "sen.xlsx")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["SYNTHETIC rows", "About", "Columns", "Symbols"]
    sheet = book.worksheets[0]
    heads, *rows = rows_of(sheet)
    assert list(heads) == result.frame.columns
    assert rows == result.frame.rows()
    count, percent = (result.frame.columns.index(name) + 1 for name in ("pupil_count", "pupil_percent"))
    assert {(type(sheet.cell(2, place).value), sheet.cell(2, place).number_format) for place in (count, percent)} == {
        (int, "#,##0"),
        (float, "#,##0.0"),
    }
    assert sheet.freeze_panes == "A2"
    assert [*tmp_path.iterdir()] == [path]
    first = path.read_bytes()
    assert result.write_excel(str(path)).read_bytes() == first


def test_says_where_rows_come_from(result: ees.QueryResult, tmp_path: Path) -> None:
    """What has to be said comes first, then version, digest, citation, question; and symbols in words."""
    book = openpyxl.load_workbook(result.write_excel(tmp_path / "sen.xlsx"))
    heads = rows_of(book["About"])
    about = dict(heads)
    where = result.provenance
    assert heads[0] == (SYNTHETIC, None)
    assert book.properties.title == f"{SYNTHETIC}: {where.title}"
    assert about["Version"] == "1.0"
    assert about["Digest of the rows"] == result.digest
    assert about["Citation"] == result.cite()
    assert about["Question"] == result.query.to_json(indent=None)
    assert datetime.fromisoformat(about["Retrieved at"]) == where.retrieved_at.replace(microsecond=0)
    assert "Licence" not in about
    symbols = result.frame["pupil_percent_status"].drop_nulls().cast(pl.String).to_list()
    assert set(symbols) == {"z"}
    assert rows_of(book["Symbols"])[1:] == [("z", len(symbols), "not applicable: there can be no such figure")]


def test_figures_of_the_service(tmp_path: Path) -> None:
    """Licence and footnotes are there, a draft says so on the tab, and statuses no one defined have no meaning."""
    frame = pl.DataFrame({"n": [1, None, None], "n_status": [None, "[c]", "~5"]})
    known = {
        "n": column("n", "indicator", unit=IndicatorUnit("%"), decimal_places=2),
        "n_status": column("n_status", "status"),
    }
    one = saved(frame, **known)
    footnotes = tuple(f"Note {number}" for number in range(3))
    draft = attrs.evolve(
        one,
        provenance=attrs.evolve(
            OFFICIAL, footnotes=footnotes, query="x" * 40_000, status=DataSetVersionStatus("Draft")
        ),
    )
    book = openpyxl.load_workbook(draft.write_excel(tmp_path / "n.xlsx"))
    assert book.sheetnames[0] == "DRAFT rows"
    lines = rows_of(book["About"])
    about = dict(lines)
    assert (about["Licence"], about["Footnote 3"]) == (OFFICIAL.licence, "Note 2")
    start = next(number for number, (head, _) in enumerate(lines) if head == "Question")
    question = [lines[start], *(line for line in lines[start + 1 :] if line[0] is None)]
    assert len(question) == 3
    assert "".join(text for _, text in question) == "x" * 40_000
    assert rows_of(book["Columns"])[1][:6] == ("n", "n", "N", "indicator", "%", 2)
    assert rows_of(book["Symbols"])[1:] == [
        ("[c]", 1, "confidential: the figure is suppressed"),
        ("~5", 1, None),
    ]
    assert openpyxl.load_workbook(one.write_excel(tmp_path / "n.xlsx")).sheetnames[0] == "Rows"


def test_text_stays_text(tmp_path: Path) -> None:
    """Nothing becomes a formula, a link, a number or XML, in cells and in headings."""
    odd = [
        "=1+1",
        "{=1}",
        "+1",
        "-1",
        "@SUM(A1)",
        "https://example.org",
        "mailto:a@b",
        "007",
        "_x0041_",
        " a\n b",
        "<b>&",
    ]
    frame = pl.DataFrame({"=A1": odd, "http://x": odd[::-1]})
    path = saved(frame).write_excel(tmp_path / "odd.xlsx")
    sheet = openpyxl.load_workbook(path).worksheets[0]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "inlineStr"}
    assert not any(cell.hyperlink for row in sheet.iter_rows() for cell in row)
    calamine = pytest.importorskip("python_calamine").CalamineWorkbook
    assert calamine.from_path(path).get_sheet_by_index(0).to_python() == [
        frame.columns,
        *map(list, frame.rows()),
    ]
    # XlsxWriter takes it for XML of its own: it gets a blank, and the workbook stays one
    rich = saved(pl.DataFrame({"a": ["<r>&</r>"]})).write_excel(tmp_path / "odd.xlsx")
    assert openpyxl.load_workbook(rich).worksheets[0]["A2"].value == "<r>&</r> "


def test_no_digit_is_lost(tmp_path: Path) -> None:
    """Excel keeps 15 digits: longer numbers are text; what is not finite too; days are days."""
    most = 10**15 - 1
    frame = pl.DataFrame(
        {
            "whole": [most, -most - 1, None],
            "float": [8.3, float("nan"), -0.1],
            "exact": pl.Series([Decimal("59.80"), None, Decimal("12345678901234567.89")], dtype=pl.Decimal(20, 2)),
        }
    )
    kinds = {name: column(name, "indicator") for name in ("whole", "float", "exact")}
    days = frame.with_columns(day=pl.Series([date(2024, 9, 1), date(1899, 1, 1), None]))
    excel.write(tmp_path / "n.xlsx", saved(frame, **kinds), days)
    rows = rows_of(openpyxl.load_workbook(tmp_path / "n.xlsx").worksheets[0])
    assert rows[1:] == [
        (most, 8.3, 59.8, datetime(2024, 9, 1)),  # noqa: DTZ001
        (str(-most - 1), "nan", None, "1899-01-01"),
        (None, -0.1, "12345678901234567.89", None),
    ]


def test_headings_that_differ_in_case_are_told_apart(tmp_path: Path) -> None:
    """Excel takes them for one: the later has its kind after it, and the sheet of columns says which it is."""
    frame = pl.DataFrame({"Total": ["a"], "total": [1], "TOTAL": [2], "total_indicator": [3]})
    kinds = {name: column(name, "indicator") for name in ("total", "TOTAL", "total_indicator")}
    book = openpyxl.load_workbook(saved(frame, **kinds).write_excel(tmp_path / "t.xlsx"))
    heads, row = rows_of(book.worksheets[0])
    assert row == (("a", 1, 2, 3))
    assert len({head.casefold() for head in heads}) == 4
    assert heads[:2] == ("Total", "total_indicator")
    assert [line[-1] for line in rows_of(book["Columns"])[1:]] == frame.columns


def test_dates_beside_the_time_period(result: ees.QueryResult, tmp_path: Path) -> None:
    """The first and last day of each period, where they are asked for."""
    heads, row, *_ = rows_of(openpyxl.load_workbook(result.write_excel(tmp_path / "d.xlsx", dates=True)).worksheets[0])
    assert heads[2:4] == ("period_start", "period_end")
    assert [cell.date() for cell in row[2:4]] == list(result.with_dates().row(0)[2:4])


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (
            pl.DataFrame({"a": pl.Series([0]).new_from_index(0, 1_048_576)}),
            "1,048,576 rows, and a sheet of Excel holds 1,048,575",
        ),
        (pl.DataFrame({f"c{n}": [0] for n in range(16_385)}), "16,385 columns, and a sheet of Excel holds 16,384"),
        (pl.DataFrame({"a": ["𝔄" * 16_384]}), "the column 'a' has a text of 32,768 characters"),
    ],
    ids=["rows", "columns", "text"],
)
def test_refused_with_a_reason(frame: pl.DataFrame, words: str, tmp_path: Path) -> None:
    """What a sheet does not hold is refused before anything is written; what was there stays."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"before")
    with pytest.raises(ees.ReceiptError, match=words):
        saved(frame).write_excel(path)
    assert path.read_bytes() == b"before"
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_other_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another ending, a folder, no folder, a full disk: said as such, and nothing is left behind."""
    one = saved(pl.DataFrame({"a": ["b"]}))
    with pytest.raises(ees.ReceiptError, match=r"a\.csv: .*ends in \.xlsx|ends in \.xlsx"):
        one.write_excel(tmp_path / "a.csv")
    with pytest.raises(IsADirectoryError, match="name the file to write"):
        one.write_excel(tmp_path)
    with pytest.raises(FileNotFoundError):
        one.write_excel(tmp_path / "none" / "a.xlsx")
    if os.path.exists("/dev/full"):  # noqa: PTH110
        with pytest.raises(OSError, match="No space left"):
            one.write_excel("/dev/full")
    full = OSError(errno.ENOSPC, "No space left on device")
    with monkeypatch.context() as patched:
        # where XlsxWriter packs what it wrote to temporary files
        patched.setattr("xlsxwriter.Workbook._store_workbook", Mock(side_effect=full))
        with pytest.raises(OSError, match="No space left") as caught:
            one.write_excel(tmp_path / "a.xlsx")
    assert caught.value is full
    # it leaves those open
    caught.value.__traceback__ = full.__cause__ = full.__context__ = None
    del caught
    gc.collect()
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(ImportError, match=r"needs XlsxWriter: pip install 'eesclient\[excel\]'"):
        one.write_excel(tmp_path / "a.xlsx")
    assert not [*tmp_path.iterdir()]


def test_text_values_keep_their_symbols(tmp_path: Path) -> None:
    """Figures as text stay text, and their symbols are explained too."""
    with ees.Client(service=ees.local.demo(), store=None) as client:
        sen = client.open(ees.local.SEN_ID, version="1.0")
        asked = sen.query(indicators="pupil_percent", values="text", limit=500)
    book = openpyxl.load_workbook(asked.write_excel(tmp_path / "t.xlsx"))
    symbols = asked.frame["pupil_percent"].cast(pl.String)
    assert [line[:2] for line in rows_of(book["Symbols"])[1:]] == [("z", symbols.eq("z").sum())]
    assert rows_of(book.worksheets[0])[1:] == asked.frame.rows()
    assert excel.MAX_ROWS == 2**20
