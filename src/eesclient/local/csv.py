"""CSV pairs as text, as the service's import takes or refuses them, with line and column (reference, section 17)."""

from __future__ import annotations

import csv
import gzip
import io
import math
import re
import zlib
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Literal, TypeAlias, cast, get_args

import attrs
import polars as pl

from .._classes import frozen
from ..errors import DataFileError
from ..models.enums import LEVEL_BY_COLUMN, LEVEL_BY_LABEL, GeographicLevel, IndicatorUnit
from ..models.periods import IDENTIFIER_BY_LABEL, TimeIdentifier
from ..table.text import BOM, CsvFile, column_names
from .ids import in_order


@frozen(kw_only=True, eq=False)
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


def read_meta_table(name: str, content: bytes) -> TextTable:
    """Read a metadata file as the service does, which finds out by itself what separates and what quotes its cells."""
    for separator, quote in ((",", "'"), ("|", '"'), (";", '"'), ("\t", '"')):
        if written := _written_anew(content, separator, quote):
            return read_table(name, written)
    return read_table(name, content)


def _written_anew(content: bytes, separator: str, quote: str) -> bytes | None:
    """A metadata file with other separators or quotes as one with commas; None for what is none."""
    try:
        text = content.removeprefix(BOM).decode()
        # an apostrophe at the beginning of a cell may be a quote where there are no others
        if quote == "'" and ('"' in text or not re.search("^'|,'", text, re.MULTILINE)):
            return None
        records = [*csv.reader(io.StringIO(text, newline=""), delimiter=separator, quotechar=quote, strict=True)]
    except (UnicodeDecodeError, csv.Error):
        return None
    headings = {heading.lower() for heading in next(filter(None, records), [])}
    if not headings.issuperset(REQUIRED) or len({len(record) for record in records if record}) > 1:
        return None
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(records)
    return written.getvalue().encode()


PERIOD_COLUMNS = ("time_period", "time_identifier")
LEVEL_COLUMN = "geographic_level"

_LEVELS = {label.lower(): level for label, level in LEVEL_BY_LABEL.items()}
_IDENTIFIERS = {label.lower(): code for label, code in IDENTIFIER_BY_LABEL.items()}


def level_in(text: str) -> GeographicLevel | None:
    """The geographic level that the import takes a cell for: it knows labels in any case, though nothing else does."""
    return _LEVELS.get(text.lower())


def identifier_in(text: str) -> TimeIdentifier | None:
    """The time identifier that the import takes a cell for, likewise."""
    return _IDENTIFIERS.get(text.lower())


def is_kept(table: TextTable) -> pl.Series:
    """Which rows come into the service's table: where an identifier stands in another case, they are lost."""
    cells = table[PERIOD_COLUMNS[1]]
    return ~cells.is_in([text for text in cells.unique() if text not in IDENTIFIER_BY_LABEL and identifier_in(text)])


def levels_with_columns(table: TextTable) -> list[GeographicLevel]:
    """Levels that at least one column of the file belongs to, in label order by code points."""
    levels = {LEVEL_BY_COLUMN[column] for column in table.columns if column in LEVEL_BY_COLUMN}
    return sorted(levels, key=lambda level: level.columns.label)


ColumnType: TypeAlias = Literal["Filter", "Indicator"]

REQUIRED = ("col_name", "col_type", "label")
"""Columns that each metadata file needs."""

UNITS = {unit: IndicatorUnit(unit) for unit in ("%", "£", "£m", "pp")} | {"numberstring": IndicatorUnit.STRING}
"""Units, by what a metadata file calls them."""


@frozen(kw_only=True)
class MetaRow:
    """A row of the metadata file, about a column of the data file; "" where it says nothing in words."""

    column: str
    type: ColumnType
    label: str
    unit: IndicatorUnit | None = None
    decimal_places: int | None = None
    hint: str = ""
    default: str = ""


_TRUTHS = {"true": "True", "t": "True", "yes": "True", "false": "False", "f": "False", "no": "False"}
_NUMBER = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def meta_table(table: TextTable) -> TextTable:
    """A metadata file as SQL reads it: headings in lower case, and texts that DuckDB takes for something else."""
    columns = tuple(column.lower() for column in table.columns)
    frame = table.frame
    for place, column in enumerate(columns):
        if column in ("label", "filter_hint") and (changed := _as_read(frame.to_series(place))):
            frame = frame.with_columns(frame.to_series(place).replace(changed))
    return attrs.evolve(table, columns=columns, frame=frame)


def _as_read(cells: pl.Series) -> dict[str, str]:
    """What texts become where all of a column are numbers or truth values, as .NET writes these again."""
    texts = [text for text in {*cells.to_list()} if text]
    if all(text.lower() in _TRUTHS for text in texts):
        return {text: _TRUTHS[text.lower()] for text in texts}
    if not all(map(_NUMBER.fullmatch, texts)):
        return {}
    if all(text.removeprefix("-").isdecimal() for text in texts):
        return {text: str(int(text)) for text in texts if len(text) < 19}
    return {text: repr(float(text)).removesuffix(".0") for text in texts if 1e-4 <= abs(float(text)) < 1e15}


def decimal_places(text: str) -> int | None:
    """The number of decimal places that a cell says; None for what the service does not read."""
    try:
        # it reads a byte, and leaves out what is behind a point
        places = math.trunc(float(text)) if "_" not in text else -1
    except (ValueError, OverflowError):
        return None
    return places if 0 <= places <= 255 else None


def meta_rows(table: TextTable, data_columns: Collection[str]) -> tuple[MetaRow, ...]:
    """The rows of a metadata file that was checked; those about columns that the data file lacks are left out."""
    records = (dict(zip(table.columns, record, strict=True)) for record in table.frame.iter_rows())
    # types count exactly here (reference, section 17)
    return tuple(
        _meta_row(cells)
        for cells in records
        if cells["col_name"] in data_columns and cells["col_type"] in get_args(ColumnType)
    )


def named_in_summary(table: TextTable, data_columns: Collection[str], column_type: ColumnType) -> tuple[str, ...]:
    """Labels of filters or indicators that a version's summary names: there the type may stand in any case."""
    cells = table.select(("col_name", "col_type", "label")).iter_rows()
    labels = [label for column, text, label in cells if column in data_columns and type_in(text) == column_type]
    return tuple(in_order(labels, "display", label=str))


_TYPES: dict[str, ColumnType] = {
    "filter": "Filter",
    "indicator": "Indicator",
    "1": "Filter",
    "0": "Indicator",
    "": "Indicator",
}


def type_in(text: str) -> ColumnType | None:
    """The type that the import takes a cell for where it needs no exact word, but a member of .NET's enumeration."""
    return _TYPES.get(text.strip().lower())


def of_type(rows: Iterable[MetaRow], column_type: ColumnType) -> list[MetaRow]:
    """The rows about filters, or about indicators, in label order by code points."""
    return sorted((row for row in rows if row.type == column_type), key=lambda row: row.label)


def _meta_row(cells: dict[str, str]) -> MetaRow:
    row = MetaRow(column=cells["col_name"], type=cast(ColumnType, cells["col_type"]), label=cells["label"])
    if row.type == "Filter":
        return attrs.evolve(row, hint=cells.get("filter_hint", ""), default=cells.get("filter_default", ""))
    unit, places = cells.get("indicator_unit", ""), cells.get("indicator_dp", "")
    return attrs.evolve(row, unit=UNITS.get(unit), decimal_places=decimal_places(places) if places else None)
