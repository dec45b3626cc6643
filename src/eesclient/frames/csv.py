"""The CSV route: the producer's data file to the same columns that pages give (reference, sections 13 and 17)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from .._lazy import pl
from ..errors import InvalidResponseError
from ..models.levels import LEVEL_BY_LABEL, GeographicLevel
from ..models.periods import IDENTIFIER_BY_LABEL, TimeIdentifier, TimePeriod, period_from_csv
from ..query.query import Query
from .axes import INDICATOR, Axis, Cells, Coded, Entry, cell_key, layout_of, period_entry

_SEPARATOR = "\x1f"


def read_data_file(query: Query, data: bytes) -> Coded:
    """Turn a data file into columns.

    A row has a location where all of its level's code and name cells are filled, and no option where a filter's cell
    is empty. Columns that metadata does not name are left out, as the API leaves them out.

    Args:
        query: A question about all rows.
        data: The data file, decompressed, in UTF-8, with or without a byte order mark.

    Returns:
        The rows as codes and texts, in the order of the file.

    Raises:
        InvalidResponseError: The file is no CSV, or lacks a column.
    """
    layout = layout_of(query)
    table = _table(data)
    lacking = [
        name
        for name in _needed(layout.axes, (indicator.column for indicator in layout.indicators))
        if name not in table.columns
    ]
    if lacking:
        raise InvalidResponseError(f"the data file lacks the columns {', '.join(lacking)}")
    columns, strays = [], {}
    for axis in layout.axes:
        codes, entries = _codes(table, axis)
        columns.append(codes.alias(axis.field))
        if entries:
            strays[axis.field] = entries
    columns += [table[item.column].fill_null("").alias(f"{INDICATOR}{item.id}") for item in layout.indicators]
    return Coded(frame=pl.DataFrame(columns), strays=strays)


def _table(data: bytes) -> pl.DataFrame:
    try:
        table = pl.read_csv(io.BytesIO(data), infer_schema=False)
        return table.rename(dict(zip(table.columns, _headings(data, table.width), strict=False)))
    except (pl.exceptions.PolarsError, csv.Error, UnicodeDecodeError) as error:
        raise InvalidResponseError(f"the data file is no CSV in UTF-8: {error}") from error


def _headings(data: bytes, width: int) -> list[str]:
    # Polars leaves the doubled quotes within a heading as they stand
    first = next(csv.reader(io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", newline="")), [])
    return first if len(first) == width == len(set(first)) else []


def _needed(axes: Iterable[Axis], indicators: Iterable[str]) -> list[str]:
    return [column for axis in axes if axis.kind != "location" for column in axis.columns] + list(indicators)


def _codes(table: pl.DataFrame, axis: Axis) -> tuple[pl.Series, tuple[Entry, ...]]:
    """Codes of a field's cells, and entries for cells that the axis lacks, whose codes follow."""
    places = [place for place, column in enumerate(axis.columns) if column in table.columns]
    if not places:
        return pl.repeat(None, table.height, dtype=pl.UInt32, eager=True), ()
    cells = table.select(pl.col(axis.columns[place]).replace("", None) for place in places)
    joined = cells.select(pl.concat_str(pl.all(), separator=_SEPARATOR)).to_series()
    codes: dict[str, int] = {}
    for code, entry in enumerate(axis.entries):
        filled = [text for place in places if (text := entry.cells[place]) is not None]
        if len(filled) == len(places):
            codes.setdefault(_SEPARATOR.join(filled), code)
    known = joined.cast(pl.Enum([*codes]), strict=False)
    unknown: list[str] = []
    if known.null_count() > joined.null_count():
        unknown = joined.filter(known.is_null() & joined.is_not_null()).unique(maintain_order=True).to_list()
        known = joined.cast(pl.Enum([*codes, *unknown]))
    numbers = [*codes.values(), *range(len(axis.entries), len(axis.entries) + len(unknown))]
    strays = tuple(_stray(axis, places, text.split(_SEPARATOR)) for text in unknown)
    return pl.Series(numbers, dtype=pl.UInt32).gather(known.to_physical()), strays


def _stray(axis: Axis, places: list[int], texts: list[str]) -> Entry:
    filled = dict(zip(places, texts, strict=True))
    cells: Cells = tuple(filled.get(place) for place in range(len(axis.columns)))
    match axis.kind:
        case "time":
            code = IDENTIFIER_BY_LABEL.get(texts[1]) or TimeIdentifier(texts[1])
            return period_entry(TimePeriod(code=code, period=period_from_csv(texts[0]) or texts[0]), cells=cells)
        case "level":
            level = LEVEL_BY_LABEL.get(texts[0]) or GeographicLevel(texts[0])
            return Entry(id=str(level), cells=cells, key=cell_key(cells))
        case _:
            return Entry(id=None, cells=cells, key=cell_key(cells))
