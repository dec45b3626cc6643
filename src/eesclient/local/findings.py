"""What the service's import says of a CSV pair: what it refuses, and what it takes in another way than is meant.

Each rule finds all that there is of its kind, so that a pair can be checked as a whole; whoever imports it stops at the
first that is refused (reference, sections 14 to 17, and the service's importer).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, TypeAlias

import polars as pl

from .._classes import frozen
from ..errors import DataFileError
from ..models.enums import LEVEL_BY_LABEL, GeographicLevel
from ..models.periods import period_from_csv
from .csv import (
    LEVEL_COLUMN,
    PERIOD_COLUMNS,
    REQUIRED,
    UNITS,
    MetaRow,
    TextTable,
    decimal_places,
    identifier_in,
    is_kept,
    level_in,
    levels_with_columns,
    meta_rows,
    meta_table,
    of_type,
    type_in,
)

_PERIOD, _IDENTIFIER = PERIOD_COLUMNS

# lengths are those of the service's database
_NAME_LIMIT = 120
_CODE_LIMITS = {"code": 30, "old_code": 20, "urn": 20, "la_estab": 20, "ukprn": 20}

_JOINED = {"period", "identifier", "rowid"}
_OF_OPTIONS = {"label", "public_id"}
_OF_LOCATIONS = _OF_OPTIONS | {"level", "code", "old_code", "urn", "laestab", "ukprn"}
_OF_FILTERS = _OF_OPTIONS | {"filter_id", "filter_column"}
"""Columns of the tables that the import joins the file with, and asks for indicators beside, by their bare names."""


@frozen(kw_only=True)
class FileFinding:
    """Something that the service's import says of a CSV pair, or would have said if it were asked.

    Attributes:
        rule: Name of the rule, such as `time-identifier`.
        message: In words, with what to do.
        file: Name of the file.
        line: Line in the file, counted from 1 (the headings), of the first row that it concerns; None for all of it.
        column: Name of the column, or None.
        rows: How many rows it concerns, 0 where it is about no rows.
        is_refused: True if the whole pair is refused for it; False if it is taken, and served in another way.
        screener: Names of the checks of the department's screener, eesyscreener, that look for it too.
    """

    rule: str
    message: str
    file: str
    line: int | None = None
    column: str | None = None
    rows: int = 0
    is_refused: bool = True
    screener: tuple[str, ...] = ()

    def error(self) -> DataFileError:
        """The error to raise about it."""
        return DataFileError(self.message, file=self.file, line=self.line, column=self.column)

    def __str__(self) -> str:
        """Say where it is, and what it is."""
        more = f" ({self.rows:,} rows, this is the first)" if self.rows > 1 else ""
        return f"{self.error()}{more}"


Findings = Iterator[FileFinding]


_OF_THE_API = ("identifier-case", "level-case")
"""Rules of what the import takes, and the API then does not serve."""


def require_taken(findings: Iterable[FileFinding], *, in_api: bool = True) -> None:
    """Refuse the pair for the first finding for which the service does, in `DataFileError`.

    Outside the API it is refused as well for what the service would take and then not serve.
    """
    for finding in findings:
        if finding.is_refused or (finding.rule in _OF_THE_API and not in_api):
            raise finding.error()


def of_file(table: TextTable, rule: str, message: str, **more: Any) -> FileFinding:
    """A finding about a file."""
    return FileFinding(rule=rule, message=message, file=table.name, **more)


def of_rows(table: TextTable, marked: pl.Series, rule: str, message: str, **more: Any) -> FileFinding:
    """A finding about the rows that are marked as true."""
    return of_file(table, rule, message, line=table.first_line(marked), rows=int(marked.sum()), **more)


def _missing(table: TextTable, columns: Iterable[str], screener: str) -> Findings:
    for column in columns:
        if column not in table.columns:
            message = "this column is missing: add it"
            yield of_file(table, "missing-column", message, line=1, column=column, screener=(screener,))


# The metadata file


def read_meta_rows(table: TextTable, data_columns: Collection[str], *, in_api: bool = True) -> tuple[MetaRow, ...]:
    """Read a metadata file; rows about columns that the data file lacks are left out, as the service does."""
    require_taken(meta_findings(table, data_columns, in_api=in_api))
    return meta_rows(meta_table(table), data_columns)


def meta_findings(table: TextTable, data_columns: Collection[str], *, in_api: bool = True) -> Findings:
    """What is said of a metadata file; outside the API its limits do not count."""
    table = meta_table(table)
    missing = [*_missing(table, REQUIRED, "col_req_meta")]
    yield from missing
    seen: dict[str, int] = {}
    for row, record in enumerate(table.frame.iter_rows() if not missing else ()):
        cells = _Cells(dict(zip(table.columns, record, strict=True)), table, row)
        if in_api:
            # these two are read of each row, whether it is about a column of the file or not
            yield from _type_findings(cells)
        is_used = cells["col_name"] in data_columns and cells["col_type"] in ("Filter", "Indicator")
        if is_used or in_api:
            yield from _places_findings(cells)
        if not is_used:
            yield from _unused(cells, data_columns)
            continue
        if cells["col_name"] in seen:
            first = table.line(seen[cells["col_name"]])
            message = f"{cells['col_name']!r} stands in line {first} already: leave one of the two out"
            yield cells.say("described-twice", message, "col_name", "meta_col_name_dupe", "col_to_rows")
        seen.setdefault(cells["col_name"], row)
        yield from _row_findings(cells)
        if in_api:
            yield from _length_findings(cells)


@frozen
class _Cells:
    """A row of a metadata file; what its columns do not have is empty."""

    _texts: dict[str, str]
    _table: TextTable
    _row: int

    def __getitem__(self, column: str) -> str:
        return self._texts.get(column, "")

    def say(self, rule: str, message: str, column: str, *screener: str, is_refused: bool = True) -> FileFinding:
        place = {"line": self._table.line(self._row), "column": column}
        return of_file(self._table, rule, message, **place, is_refused=is_refused, screener=screener)


def _type_findings(cells: _Cells) -> Findings:
    # .NET reads numbers and lists of members as well; an empty cell is its first member
    parts = [part.strip() for part in cells["col_type"].split(",")] if cells["col_type"] else []
    if not all(type_in(part) or re.fullmatch("[+-]?[0-9]{1,9}", part) for part in parts):
        message = f"{cells['col_type']!r} is not a type: write Filter or Indicator"
        yield cells.say("type", message, "col_type", "meta_col_type")


def _places_findings(cells: _Cells) -> Findings:
    text = cells["indicator_dp"]
    if text and decimal_places(text) is None:
        message = f"{text!r} is not a number of decimal places: write a whole number from 0 to 255, or nothing"
        yield cells.say("decimal-places", message, "indicator_dp", "meta_ind_dp_values")


def _unused(cells: _Cells, data_columns: Collection[str]) -> Findings:
    column, kind = cells["col_name"], cells["col_type"]
    if column not in data_columns:
        message = f"the data file has no column {column!r}, upper and lower case counting: this row says nothing"
        yield cells.say("no-such-column", message, "col_name", "cross_meta_to_data", is_refused=False)
    elif type_in(kind):
        message = f"{kind!r} counts for nothing: write {type_in(kind)}, or the column {column!r} is not in the API"
        yield cells.say("type-case", message, "col_type", "meta_col_type", is_refused=False)


def _row_findings(cells: _Cells) -> Findings:
    if not cells["label"]:
        yield cells.say("no-label", "is empty: fill it in", "label", "meta_label")
    unit = cells["indicator_unit"]
    if cells["col_type"] == "Indicator" and unit and unit not in UNITS:
        message = f"{unit!r} is not a unit: write one of {', '.join(UNITS)}, or nothing"
        yield cells.say("unit", message, "indicator_unit", "meta_ind_unit_validation")


def _length_findings(cells: _Cells) -> Findings:
    for column, limit, check in (("col_name", 50, "api_char_col_name"), ("label", 100, "api_char_col_label")):
        if len(cells[column]) > limit:
            yield cells.say("too-long", _too_long(cells[column], limit), column, check)


def _too_long(text: str, limit: int) -> str:
    return f"has {len(text)} characters, the service takes {limit}: shorten it"


# The data file


def data_findings(table: TextTable, rows: tuple[MetaRow, ...]) -> Findings:
    """What is said of a data file, whose columns the rows of the metadata file describe."""
    if len(table.columns) == 1:
        # the screener finds out by itself what separates cells
        yield of_file(table, "separator", "has one column: separate the cells with commas", line=1)
        return
    lacking = [*lack_findings(table)]
    yield from lacking
    if lacking:
        return
    yield from known_text_findings(table)
    levels = levels_with_columns(table)
    yield from _name_findings(table, rows, levels)
    for level in levels:
        yield from _location_findings(table, level)
    every = table[LEVEL_COLUMN] != ""
    for row in of_type(rows, "Filter"):
        yield from _cell_lengths(table, row.column, _NAME_LIMIT, "api_char_filter_items", counting=every)
    kept = is_kept(table)
    for row in of_type(rows, "Indicator"):
        # the service's column takes no NULL, as which it reads an empty cell
        empty = kept & (table[row.column] == "")
        if empty.any():
            message = (
                "an indicator cell is empty, and for one the whole file is refused: write the value, or a symbol such "
                "as z (not applicable) or x (not known)"
            )
            yield of_rows(table, empty, "empty-indicator", message, column=row.column)


def lack_findings(table: TextTable) -> Findings:
    """What is said of a data file that lacks a column that all have, or rows."""
    yield from _missing(table, (*PERIOD_COLUMNS, LEVEL_COLUMN), "col_req_data")
    if table.frame.is_empty():
        yield of_file(table, "no-rows", "has headings but no rows: add the rows")


def known_text_findings(table: TextTable) -> Findings:
    """What is said of the cells that the service knows: time identifiers, time periods and geographic levels."""
    yield from _identifier_findings(table)
    yield from _period_findings(table)
    yield from _level_findings(table)


# Cells


_Said: TypeAlias = tuple[str, str, bool, tuple[str, ...]]
"""Rule and message of a finding, whether the pair is refused for it, and the screener's checks."""


def _by_text(table: TextTable, column: str, say: Callable[[str], _Said | None]) -> Findings:
    """A finding for each text of a column of which there is something to say."""
    cells = table[column]
    for text in cells.unique(maintain_order=True):
        if said := say(text):
            rule, message, is_refused, screener = said
            yield of_rows(table, cells == text, rule, message, column=column, is_refused=is_refused, screener=screener)


def _identifier_findings(table: TextTable) -> Findings:
    def say(text: str) -> _Said | None:
        code, screener = identifier_in(text), ("time_id_valid",)
        if code is None:
            message = "is not a time identifier: write one exactly, such as 'Academic year' or 'Spring term'"
            return "time-identifier", f"{text!r} {message}", True, screener
        message = f"{text!r} is taken for {code.label!r}, and then its rows are lost: write {code.label!r}"
        return None if text == code.label else ("identifier-case", message, False, screener)

    return _by_text(table, _IDENTIFIER, say)


def _period_findings(table: TextTable) -> Findings:
    def say(text: str) -> _Said | None:
        message = f"{text!r} is not a time period: write a year such as 2024, or two that follow such as 202425"
        is_number = re.fullmatch("[0-9]{4}([0-9]{2})?", text)
        screener = ("time_period_six",) if is_number else ("time_period_num",)
        # years before 1000 lose their first digits on the way, and are not read again
        is_read = period_from_csv(text) and not re.fullmatch("0[0-9]{5}", text)
        return None if is_read else ("time-period", message, True, screener)

    yield from _by_text(table, _PERIOD, say)
    seen: dict[object, str] = {}
    for period, text in table.select(PERIOD_COLUMNS).unique(maintain_order=True).rows():
        code = identifier_in(text)
        first = seen.setdefault((period, code), text)
        if code and first != text:
            marked = (table[_PERIOD] == period) & (table[_IDENTIFIER] == text)
            message = f"{text!r} and {first!r} are one time period of {period}, which is refused: write {code.label!r}"
            yield of_rows(table, marked, "period-twice", message, column=_IDENTIFIER, screener=("time_id_valid",))


def _level_findings(table: TextTable) -> Findings:
    def say(text: str) -> _Said | None:
        level, screener = level_in(text), ("geog_level",)
        if level is None:
            message = f"is not a geographic level: write one exactly: {', '.join(LEVEL_BY_LABEL)}"
            return "geographic-level", f"{text!r} {message}", True, screener
        label = level.columns.label
        message = (
            f"{text!r} is taken for {label!r}, and then questions whose answer has such a row fail with 500: write "
            f"{label!r}"
        )
        return None if text == label else ("level-case", message, False, screener)

    return _by_text(table, LEVEL_COLUMN, say)


def _name_findings(table: TextTable, rows: tuple[MetaRow, ...], levels: Collection[GeographicLevel]) -> Findings:
    """Names that break the SQL of the import, which writes them as they stand."""
    own = {"id", "time_period_id", LEVEL_COLUMN, *(f"locations_{level}_id".lower() for level in levels)}
    filters = {row.column.lower() for row in of_type(rows, "Filter")}
    joined = _JOINED | (_OF_LOCATIONS if levels else set()) | (_OF_FILTERS if filters else set())
    tables = {"time_periods", *(f"locations_{level}".lower() for level in levels)}
    for row in rows:
        name, is_filter = row.column.lower(), row.type == "Filter"
        found = re.search("[\"{}']" if is_filter else '["{}]', row.column)
        if name in own or name in (tables if is_filter else joined):
            message = "is a name that the service's own tables have: rename the column"
            yield of_file(table, "own-name", message, column=row.column, screener=_CAUGHT.get(name, ()))
        elif found:
            message = f"has a {found[0]} in its name: rename the column"
            yield of_file(table, "name-character", message, column=row.column)


_CAUGHT = {"id": ("meta_geog_catch",), LEVEL_COLUMN: ("meta_ob_unit",)}


def _location_findings(table: TextTable, level: GeographicLevel) -> Findings:
    columns = level.columns
    # the import selects all columns of a level that has one of them, by SQL, which takes them in any case
    given = {column.lower(): column for column in table.columns}
    missing = [column for column in columns.all if column not in given]
    for column in missing:
        message = f"this column is missing, others of the level {columns.label!r} are there: add it, or drop them"
        has_rows = columns.label in table[LEVEL_COLUMN] and level != "PA"
        screener = (*_PRESENT.get(level, ()), *(["geog_level_present"] if has_rows else []))
        yield of_file(table, "missing-column", message, column=column, screener=screener)
    if missing:
        return
    # other rows have no place of the level
    complete = (
        table.select(given[column] for column in columns.all).select(pl.all_horizontal(pl.all() != "")).to_series()
    )
    if other := [given[column] for column in columns.all if given[column] != column]:
        if complete.any():
            message = f"write {other[0].lower()!r}: others of the level {columns.label!r} are there, and it has places"
            yield of_file(table, "column-case", message, column=other[0], screener=_PRESENT.get(level, ()))
        return
    if level == "RSC" and complete.any():
        message = "the service cannot import RSC regions: leave the column out"
        yield of_rows(table, complete, "rsc-region", message, column=columns.name)
    for column, attribute in columns.codes:
        yield from _cell_lengths(table, column, _CODE_LIMITS[attribute], "api_char_loc_code", counting=complete)
    yield from _cell_lengths(table, columns.name, _NAME_LIMIT, "api_char_filter_items", counting=complete)


_PRESENT: dict[GeographicLevel, tuple[str, ...]] = {
    GeographicLevel.LA: ("geog_la_col_present",),
    GeographicLevel.REG: ("geog_region_col_present",),
}


def _cell_lengths(table: TextTable, column: str, limit: int, screener: str, *, counting: pl.Series) -> Findings:
    long = counting & (table[column].str.len_chars() > limit)
    if long.any():
        text = table[column].gather([long.arg_max() or 0]).item()
        yield of_rows(table, long, "too-long", _too_long(text, limit), column=column, screener=(screener,))
