"""CSV pairs as text, as the service's import takes or refuses them, with line and column (reference, section 17)."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Literal, TypeAlias

import attrs
import polars as pl

from ..errors import DataFileError
from ..models.enums import LEVEL_BY_COLUMN, LEVEL_BY_LABEL, GeographicLevel, IndicatorUnit
from ..models.periods import IDENTIFIER_BY_LABEL, period_from_csv

_BOM = b"\xef\xbb\xbf"


@attrs.frozen(kw_only=True, eq=False)
class TextTable:
    """A CSV file whose cells are all text; an empty cell is the empty text.

    Attributes:
        name: Name of the file.
        content: Its bytes, uncompressed.
        frame: One text column per column of the file, one row per record.
    """

    name: str
    content: bytes = attrs.field(repr=False)
    frame: pl.DataFrame = attrs.field(repr=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """Headings, in the order of the file."""
        return tuple(self.frame.columns)

    def line(self, row: int) -> int:
        """Line of the file, from 1, at which a row begins (quoted cells may hold line breaks)."""
        rows = records(self.name, _decode(self.name, self.content))
        return next(line for number, (line, _) in enumerate(rows) if number == row + 1)

    def refuse(self, message: str, *, row: int | None = None, column: str | None = None) -> DataFileError:
        """The error to raise about a cell, a column or the whole file."""
        line = None if row is None else self.line(row)
        return DataFileError(message, file=self.name, line=line, column=column)

    def require(self, *columns: str) -> None:
        """Refuse the file unless it has these columns.

        Raises:
            DataFileError: One of them is missing.
        """
        for column in columns:
            if column not in self.columns:
                raise DataFileError("this column is missing: add it", file=self.name, line=1, column=column)


def read_file(path: Path) -> bytes:
    """Bytes of a file, uncompressed if its name ends in `.gz`.

    Raises:
        DataFileError: It cannot be read or uncompressed.
    """
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if path.suffix == ".gz" else content
    except (OSError, EOFError, zlib.error) as error:
        raise DataFileError(f"cannot be read ({error}): check the file", file=path.name) from error


def read_table(name: str, content: bytes) -> TextTable:
    """Read a CSV file: comma, double quotes, UTF-8 with or without a byte order mark.

    Args:
        name: Name of the file, for errors.
        content: Its bytes.

    Raises:
        DataFileError: It is not UTF-8 or not CSV, has no heading, an empty or repeated one, or a record with too many
            or too few cells.
    """
    text = _decode(name, content)
    rows = records(name, text)
    _, header = next(rows, (1, []))
    _check_header(name, header)
    frame = read_fast(text, header)
    return TextTable(name=name, content=content, frame=_read_exactly(name, rows, header) if frame is None else frame)


def _decode(name: str, content: bytes) -> str:
    try:
        return content.removeprefix(_BOM).decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataFileError("is not UTF-8 text here: save the file as UTF-8", file=name, line=line) from error


def records(name: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """Records of a CSV text with the line where each begins; blank lines are none.

    Raises:
        DataFileError: It is not CSV.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        before = reader.line_num
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise DataFileError(f"is not CSV here: {error}", file=name, line=before + 1) from error
        if cells is None:
            return
        if cells:
            yield before + 1, cells


def _check_header(name: str, header: list[str]) -> None:
    if not header:
        raise DataFileError("the file is empty: it needs a line of headings", file=name)
    if "" in header:
        raise DataFileError(f"column {header.index('') + 1} has no heading: give it one", file=name, line=1)
    heading, count = Counter(header).most_common(1)[0]
    if count > 1:
        raise DataFileError(f"{count} columns have this heading: rename all but one", file=name, line=1, column=heading)


def _read_exactly(name: str, rows: Iterator[tuple[int, list[str]]], header: list[str]) -> pl.DataFrame:
    cells: list[list[str]] = [[] for _ in header]
    for line, record in rows:
        if len(record) != len(header):
            raise DataFileError(
                f"this record has {len(record)} cells, the headings are {len(header)}: check commas and quotes",
                file=name,
                line=line,
            )
        for column, cell in zip(cells, record, strict=True):
            column.append(cell)
    return pl.DataFrame(dict(zip(header, cells, strict=True)), schema=dict.fromkeys(header, pl.String))


def read_fast(text: str, header: list[str]) -> pl.DataFrame | None:
    """Records below the headings, by Polars; None where that would not be sure to be the same as one by one.

    Args:
        text: The file, whose headings stand in its first line.
        header: Names of the columns, each once.
    """
    if text.startswith(("\n", "\r")) or text.count("\r") != text.count("\r\n"):
        return None
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")[1:]
    quoted = {number: line for number, line in enumerate(lines) if '"' in line}
    commas = text.count(",", text.find("\n")) - sum(line.count(",") for line in quoted.values())
    if "" in lines or commas != (len(lines) - len(quoted)) * (len(header) - 1):
        return None
    try:
        frame = pl.read_csv(text.encode(), has_header=False, skip_rows=1, new_columns=header, infer_schema=False)
        frame = frame.with_columns(pl.all().fill_null(""))
        exact = {number: tuple(next(csv.reader([line], strict=True))) for number, line in quoted.items()}
    except (csv.Error, pl.exceptions.PolarsError):
        return None
    same = frame.shape == (len(lines), len(header)) and frame[list(exact)].rows() == list(exact.values())
    return frame if same else None


PERIOD_COLUMNS = ("time_period", "time_identifier")
LEVEL_COLUMN = "geographic_level"
_NAME_LIMIT = 120
_CODE_LIMITS = {"code": 30, "old_code": 20, "urn": 20, "la_estab": 20, "ukprn": 20}


def check_data(table: TextTable, meta_rows: tuple[MetaRow, ...]) -> None:
    """Refuse a data file that the service would not import.

    Args:
        table: The data file.
        meta_rows: What the metadata file says about its columns.

    Raises:
        DataFileError: The first thing found: columns, then periods, levels, locations, filters and indicators.
    """
    table.require(*PERIOD_COLUMNS, LEVEL_COLUMN)
    if table.frame.is_empty():
        raise table.refuse("has headings but no rows: add the rows")
    check_periods(table)
    check_levels(table)
    for level in levels_with_columns(table):
        _check_locations(table, level)
    for row in of_type(meta_rows, "Filter"):
        _check_length(table, row.column, _NAME_LIMIT)
    for row in of_type(meta_rows, "Indicator"):
        _check_indicator(table, row.column)


def levels_with_columns(table: TextTable) -> list[GeographicLevel]:
    """Levels that at least one column of the file belongs to, in label order by code points."""
    levels = {LEVEL_BY_COLUMN[column] for column in table.columns if column in LEVEL_BY_COLUMN}
    return sorted(levels, key=lambda level: level.columns.label)


def check_periods(table: TextTable) -> None:
    """Refuse a cell that is no time period or time identifier of the service (reference, section 14)."""
    period, identifier = PERIOD_COLUMNS
    for text in table.frame[identifier].unique(maintain_order=True):
        if text not in IDENTIFIER_BY_LABEL:
            message = f"{text!r} is no time identifier: write one exactly, such as 'Academic year' or 'Spring term'"
            raise _refuse_text(table, identifier, text, message)
    for text in table.frame[period].unique(maintain_order=True):
        if period_from_csv(text) is None:
            message = f"{text!r} is no time period: write a year such as 2024, or two that follow such as 202425"
            raise _refuse_text(table, period, text, message)


def check_levels(table: TextTable) -> None:
    """Refuse a cell that is no geographic level of the service (reference, section 15)."""
    for text in table.frame[LEVEL_COLUMN].unique(maintain_order=True):
        if text not in LEVEL_BY_LABEL:
            known = ", ".join(LEVEL_BY_LABEL)
            message = f"{text!r} is no geographic level: write one exactly: {known}"
            raise _refuse_text(table, LEVEL_COLUMN, text, message)


def _check_locations(table: TextTable, level: GeographicLevel) -> None:
    columns = level.columns
    missing = [column for column in columns.all if column not in table.columns]
    if missing:
        message = f"this column is missing, others of the level {columns.label!r} are there: add it, or drop them"
        raise table.refuse(message, row=None, column=missing[0])
    for column, attribute in columns.codes:
        _check_length(table, column, _CODE_LIMITS[attribute])
    _check_length(table, columns.name, _NAME_LIMIT)


def _check_length(table: TextTable, column: str, limit: int) -> None:
    long = table.frame[column].str.len_chars() > limit
    row = long.arg_max()
    if row is not None and long[row]:
        length = len(table.frame[column][row])
        raise table.refuse(f"has {length} characters, the service takes {limit}: shorten it", row=row, column=column)


def _check_indicator(table: TextTable, column: str) -> None:
    empty = table.frame[column] == ""
    if empty.any():
        message = "an indicator cell is empty: write the value, or a symbol such as z (not applicable) or x (not known)"
        raise table.refuse(message, row=empty.arg_max(), column=column)


def _refuse_text(table: TextTable, column: str, text: str, message: str) -> Exception:
    row = table.frame.select((pl.col(column) == text).arg_max()).item()
    return table.refuse(message, row=row, column=column)


ColumnType: TypeAlias = Literal["Filter", "Indicator"]

_REQUIRED = ("col_name", "col_type", "label")
_UNITS = {unit: IndicatorUnit(unit) for unit in ("%", "£", "£m", "pp")} | {"numberstring": IndicatorUnit.STRING}
_LIMITS = {"col_name": 50, "label": 100}


@attrs.frozen(kw_only=True)
class MetaRow:
    """What the metadata file says about a column of the data file.

    Attributes:
        column: The column.
        type: `Filter` or `Indicator`.
        label: Its name in words.
        unit: Unit of an indicator, or None.
        decimal_places: Decimal places of an indicator, or None.
        hint: Hint of a filter, or "".
        default: Label of a filter's default option, or "".
    """

    column: str
    type: ColumnType
    label: str
    unit: IndicatorUnit | None = None
    decimal_places: int | None = None
    hint: str = ""
    default: str = ""


def read_meta_rows(table: TextTable, data_columns: Collection[str]) -> tuple[MetaRow, ...]:
    """Read a metadata file.

    Args:
        table: The file.
        data_columns: Columns of the data file; rows about others are left out, as the service does.

    Raises:
        DataFileError: A compulsory column or cell is missing, or a cell holds what the service would not take.
    """
    table.require(*_REQUIRED)
    seen: dict[str, int] = {}
    rows = []
    for number, cells in enumerate(table.frame.iter_rows(named=True)):
        column_type = _column_type(table, number, cells)
        if cells["col_name"] not in data_columns:
            continue
        if cells["col_name"] in seen:
            first = table.line(seen[cells["col_name"]])
            message = f"{cells['col_name']!r} stands in line {first} already: leave one of the two out"
            raise table.refuse(message, row=number, column="col_name")
        seen[cells["col_name"]] = number
        rows.append(_meta_row(table, number, cells, column_type))
    return tuple(rows)


def of_type(rows: tuple[MetaRow, ...], column_type: ColumnType) -> Iterator[MetaRow]:
    """The rows about filters, or about indicators, in label order by code points."""
    return iter(sorted((row for row in rows if row.type == column_type), key=lambda row: row.label))


def _column_type(table: TextTable, number: int, cells: dict[str, str]) -> ColumnType:
    for column in _REQUIRED:
        if not cells[column]:
            raise table.refuse("is empty: fill it in", row=number, column=column)
    match cells["col_type"]:
        case "Filter":
            return "Filter"
        case "Indicator":
            return "Indicator"
        case other:
            message = f"{other!r} is neither 'Filter' nor 'Indicator': write one of these exactly"
            raise table.refuse(message, row=number, column="col_type")


def _meta_row(table: TextTable, number: int, cells: dict[str, str], column_type: ColumnType) -> MetaRow:
    for column, limit in _LIMITS.items():
        if len(cells[column]) > limit:
            message = f"has {len(cells[column])} characters, the service takes {limit}: shorten it"
            raise table.refuse(message, row=number, column=column)
    if column_type == "Filter":
        return MetaRow(
            column=cells["col_name"],
            type="Filter",
            label=cells["label"],
            hint=cells.get("filter_hint", ""),
            default=cells.get("filter_default", ""),
        )
    return MetaRow(
        column=cells["col_name"],
        type="Indicator",
        label=cells["label"],
        unit=_unit(table, number, cells.get("indicator_unit", "")),
        decimal_places=_decimal_places(table, number, cells.get("indicator_dp", "")),
    )


def _unit(table: TextTable, number: int, text: str) -> IndicatorUnit | None:
    if not text:
        return None
    if text not in _UNITS:
        message = f"{text!r} is no unit: write one of {', '.join(_UNITS)}, or nothing"
        raise table.refuse(message, row=number, column="indicator_unit")
    return _UNITS[text]


def _decimal_places(table: TextTable, number: int, text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch("[0-9]{1,3}", text) or int(text) > 255:
        message = f"{text!r} is no number of decimal places: write a whole number from 0 to 255, or nothing"
        raise table.refuse(message, row=number, column="indicator_dp")
    return int(text)
