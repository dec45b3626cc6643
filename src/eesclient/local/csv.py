"""CSV pairs as text, as the service's import takes or refuses them, with line and column (reference, section 17)."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Collection, Iterable
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import attrs
import polars as pl

from ..errors import DataFileError
from ..models.enums import LEVEL_BY_COLUMN, LEVEL_BY_LABEL, GeographicLevel, IndicatorUnit
from ..models.periods import IDENTIFIER_BY_LABEL, period_from_csv
from ..table.text import CsvFile, column_names


@attrs.frozen(kw_only=True, eq=False)
class TextTable:
    """A CSV file whose cells are all text; an empty cell is the empty text.

    Attributes:
        name: Name of the file.
        content: Its bytes, uncompressed.
        columns: Names of the columns, in the order of the file.
        frame: The cells, in columns `c0`, `c1` …, as names from data are patterns to Polars.
        line: Line of the file, from 1, at which a row begins (quoted cells may hold line breaks).
    """

    name: str
    content: bytes = attrs.field(repr=False)
    columns: tuple[str, ...]
    frame: pl.DataFrame = attrs.field(repr=False)
    line: Callable[[int], int] = attrs.field(repr=False)

    def __getitem__(self, column: str) -> pl.Series:
        return self.frame.to_series(self.columns.index(column))

    def select(self, columns: Iterable[str]) -> pl.DataFrame:
        """Some of the columns."""
        return self.frame.select(f"c{self.columns.index(column)}" for column in columns)

    def first_line(self, marked: pl.Series) -> int:
        """Line of the first row that is marked as true."""
        # of truth values, arg_max is the first that is true
        return self.line(marked.arg_max() or 0)

    def refuse(self, message: str, *, row: int | None = None, column: str | None = None) -> DataFileError:
        """The error to raise about a cell, a column or the whole file."""
        line = None if row is None else self.line(row)
        return DataFileError(message, file=self.name, line=line, column=column)

    def require(self, *columns: str) -> None:
        """Refuse the file unless it has these columns."""
        for column in columns:
            if column not in self.columns:
                raise DataFileError("this column is missing: add it", file=self.name, line=1, column=column)

    def require_rows(self) -> None:
        """Refuse the file if it has headings alone."""
        if self.frame.is_empty():
            raise self.refuse("has headings but no rows: add the rows")


def read_file(path: Path) -> bytes:
    """Bytes of a file, uncompressed if its name ends in `.gz`; `DataFileError` where that cannot be."""
    try:
        content = path.read_bytes()
        require_no_zip(path.name, content)
        return gzip.decompress(content) if path.suffix == ".gz" else content
    except (OSError, EOFError, zlib.error) as error:
        raise DataFileError(f"cannot be read ({error}): check the file", file=path.name) from error


def require_no_zip(name: str, content: bytes) -> None:
    """Refuse an archive, whatever it is called."""
    if content.startswith(b"PK\x03\x04"):
        raise DataFileError("is a ZIP archive: unpack it, and give a CSV file out of it", file=name)


def read_table(name: str, content: bytes) -> TextTable:
    """Read a CSV file as the service does; `name` is for errors."""
    file = CsvFile(content, name=name)
    frame = file.read()
    return TextTable(name=name, content=content, columns=column_names(file.headings), frame=frame, line=file.line)


PERIOD_COLUMNS = ("time_period", "time_identifier")
LEVEL_COLUMN = "geographic_level"
_NAME_LIMIT = 120  # lengths are those of the service's database
_CODE_LIMITS = {"code": 30, "old_code": 20, "urn": 20, "la_estab": 20, "ukprn": 20}

_KNOWN_TEXTS: tuple[tuple[str, Callable[[str], object], str], ...] = (
    (
        "time_identifier",
        IDENTIFIER_BY_LABEL.get,
        "is not a time identifier: write one exactly, such as 'Academic year' or 'Spring term'",
    ),
    (
        "time_period",
        period_from_csv,
        "is not a time period: write a year such as 2024, or two that follow such as 202425",
    ),
    (LEVEL_COLUMN, LEVEL_BY_LABEL.get, f"is not a geographic level: write one exactly: {', '.join(LEVEL_BY_LABEL)}"),
)
"""Columns whose cells the service knows (reference, sections 14 and 15), and what to say of one that it does not."""


def check_data(table: TextTable, meta_rows: tuple[MetaRow, ...]) -> None:
    """Refuse a data file that the service would not import, for the first thing found, with line and column."""
    table.require(*PERIOD_COLUMNS, LEVEL_COLUMN)
    table.require_rows()
    check_known_texts(table)
    levels = levels_with_columns(table)
    _check_names(table, meta_rows, levels)
    for level in levels:
        _check_locations(table, level)
    for row in of_type(meta_rows, "Filter"):
        _check_length(table, row.column, _NAME_LIMIT)
    for row in of_type(meta_rows, "Indicator"):
        empty = table[row.column] == ""  # the service's column takes no NULL, as which it reads an empty cell
        if empty.any():
            raise table.refuse(
                "an indicator cell is empty: write the value, or a symbol such as z (not applicable) or x (not known)",
                row=empty.arg_max(),
                column=row.column,
            )


def _check_names(table: TextTable, meta_rows: tuple[MetaRow, ...], levels: Iterable[GeographicLevel]) -> None:
    """Refuse names that break the SQL of the import, which writes them as they stand."""
    own = {"id", "time_period_id", "geographic_level", *(f"locations_{level}_id".lower() for level in levels)}
    for row in meta_rows:
        if row.column.lower() in own:
            raise table.refuse("is a name that the service's own table has: rename the column", column=row.column)
        found = re.search("[\"{}']" if row.type == "Filter" else '["{}]', row.column)
        if found:
            raise table.refuse(f"has a {found[0]} in its name: rename the column", column=row.column)


def levels_with_columns(table: TextTable) -> list[GeographicLevel]:
    """Levels that at least one column of the file belongs to, in label order by code points."""
    levels = {LEVEL_BY_COLUMN[column] for column in table.columns if column in LEVEL_BY_COLUMN}
    return sorted(levels, key=lambda level: level.columns.label)


def check_known_texts(table: TextTable) -> None:
    """Refuse a cell that is not a time identifier, time period or geographic level of the service."""
    for column, known, problem in _KNOWN_TEXTS:
        cells = table[column]
        for text in cells.unique(maintain_order=True):
            if not known(text):
                raise table.refuse(f"{text!r} {problem}", row=(cells == text).arg_max(), column=column)


def _check_locations(table: TextTable, level: GeographicLevel) -> None:
    columns = level.columns
    if level == "RSC":
        raise table.refuse("the service cannot import RSC regions: leave the column out", column=columns.name)
    # the import selects all columns of a level that has one of them
    missing = next((column for column in columns.all if column not in table.columns), None)
    if missing is not None:
        message = f"this column is missing, others of the level {columns.label!r} are there: add it, or drop them"
        raise table.refuse(message, column=missing)
    for column, attribute in columns.codes:
        _check_length(table, column, _CODE_LIMITS[attribute])
    _check_length(table, columns.name, _NAME_LIMIT)


def _check_length(table: TextTable, column: str, limit: int) -> None:
    long = table[column].str.len_chars() > limit
    if long.any():
        row = long.arg_max() or 0
        raise table.refuse(_too_long(table[column][row], limit), row=row, column=column)


def _too_long(text: str, limit: int) -> str:
    return f"has {len(text)} characters, the service takes {limit}: shorten it"


ColumnType: TypeAlias = Literal["Filter", "Indicator"]

_UNITS = {unit: IndicatorUnit(unit) for unit in ("%", "£", "£m", "pp")} | {"numberstring": IndicatorUnit.STRING}
_REQUIRED = ("col_name", "col_type", "label")
_LIMITS = {"col_name": 50, "label": 100}  # of the service's database too


@attrs.frozen(kw_only=True)
class MetaRow:
    """A row of the metadata file, about a column of the data file; "" where it says nothing in words."""

    column: str
    type: ColumnType
    label: str
    unit: IndicatorUnit | None = None
    decimal_places: int | None = None
    hint: str = ""
    default: str = ""


def read_meta_rows(table: TextTable, data_columns: Collection[str], *, in_api: bool = True) -> tuple[MetaRow, ...]:
    """Read a metadata file; rows about columns that the data file lacks are left out, as the service does."""
    # it is read by SQL, to which upper and lower case of names are the same
    table = attrs.evolve(table, columns=tuple(column.lower() for column in table.columns))
    table.require(*_REQUIRED)
    seen: dict[str, int] = {}
    rows = []
    for number, record in enumerate(table.frame.iter_rows()):
        cells = dict(zip(table.columns, record, strict=True))
        refuse = partial(table.refuse, row=number)
        column = cells["col_name"]
        # types count exactly, and a row of any other counts for nothing (section 17)
        if column not in data_columns or cells["col_type"] not in get_args(ColumnType):
            continue
        if not cells["label"]:
            raise refuse("is empty: fill it in", column="label")
        if column in seen:
            message = f"{column!r} stands in line {table.line(seen[column])} already: leave one of the two out"
            raise refuse(message, column="col_name")
        seen[column] = number
        if in_api:
            _check_limits(cells, refuse)
        rows.append(_meta_row(cells, refuse))
    return tuple(rows)


def of_type(rows: Iterable[MetaRow], column_type: ColumnType) -> list[MetaRow]:
    """The rows about filters, or about indicators, in label order by code points."""
    return sorted((row for row in rows if row.type == column_type), key=lambda row: row.label)


def _check_limits(cells: dict[str, Any], refuse: Callable[..., DataFileError]) -> None:
    for column, limit in _LIMITS.items():
        if len(cells[column]) > limit:
            raise refuse(_too_long(cells[column], limit), column=column)


def _meta_row(cells: dict[str, Any], refuse: Callable[..., DataFileError]) -> MetaRow:
    row = MetaRow(column=cells["col_name"], type=cells["col_type"], label=cells["label"])
    if row.type == "Filter":
        return attrs.evolve(row, hint=cells.get("filter_hint", ""), default=cells.get("filter_default", ""))
    unit, places = cells.get("indicator_unit", ""), cells.get("indicator_dp", "")
    if unit and unit not in _UNITS:
        message = f"{unit!r} is not a unit: write one of {', '.join(_UNITS)}, or nothing"
        raise refuse(message, column="indicator_unit")
    # the service reads a byte, and leaves out what is behind a point
    if places and (not re.fullmatch(r"[0-9]{1,3}(\.[0-9]*)?", places) or float(places) > 255):
        message = f"{places!r} is not a number of decimal places: write a whole number from 0 to 255, or nothing"
        raise refuse(message, column="indicator_dp")
    return attrs.evolve(row, unit=_UNITS.get(unit), decimal_places=int(float(places)) if places else None)
