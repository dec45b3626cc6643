"""The metadata file of a CSV pair: which columns are filters and indicators (reference, section 17)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Literal, TypeAlias

import attrs

from ..models.enums import IndicatorUnit
from .files import TextTable

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
