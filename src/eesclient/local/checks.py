"""Data files that the service's import refuses, with the line and column that it fails on (reference, section 17)."""

from __future__ import annotations

from .._lazy import pl
from ..models.levels import LEVEL_BY_COLUMN, LEVEL_BY_LABEL, GeographicLevel
from ..models.periods import IDENTIFIER_BY_LABEL, period_from_csv
from .files import TextTable
from .metafile import MetaRow, of_type

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
