"""The CSV route: the producer's data file to the same columns that pages give (reference, sections 13 and 17)."""

from __future__ import annotations

import csv
import io
from collections.abc import Container, Iterable, Mapping, Sequence

import attrs

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
    return FileReader(query).read(data)


class FileReader:
    """Turns a data file, or pieces of one that each have its header, into columns; as `read_data_file`.

    Args:
        query: A question about all rows.
    """

    def __init__(self, query: Query) -> None:
        self._layout = layout_of(query)
        self._known: dict[tuple[str, tuple[int, ...]], _Known] = {}

    def read(self, data: bytes) -> Coded:
        """Turn a piece into columns.

        Args:
            data: The header and some rows.

        Raises:
            InvalidResponseError: The file is no CSV, or lacks a column.
        """
        layout = self._layout
        columns = _header(data)
        needed = _needed(layout.axes, (indicator.column for indicator in layout.indicators))
        lacking = [name for name in needed if name not in columns]
        if lacking:
            raise InvalidResponseError(f"the data file lacks the columns {', '.join(lacking)}")
        known = [self._of(axis, [*columns]) for axis in layout.axes]
        named = {name for item in known for name in item.columns} | set(needed)
        table = _table(data, {name: column for name, column in columns.items() if name in named})
        codes, strays = _coded(table, known)
        texts = (pl.col(item.column).fill_null("").alias(f"{INDICATOR}{item.id}") for item in layout.indicators)
        return Coded(frame=codes.hstack(table.select(texts)), strays=strays)

    def _of(self, axis: Axis, columns: Sequence[str]) -> _Known:
        places = tuple(place for place, column in enumerate(axis.columns) if column in columns)
        if (axis.field, places) not in self._known:
            self._known[axis.field, places] = _Known.of(axis, places)
        return self._known[axis.field, places]


@attrs.frozen(eq=False)
class _Known:
    """The codes of a field by the texts of those of its columns that a file has."""

    axis: Axis
    places: tuple[int, ...]
    numbers: tuple[int, ...]
    enum: pl.Enum

    @classmethod
    def of(cls, axis: Axis, places: tuple[int, ...]) -> _Known:
        """Look them up once for all pieces of a file."""
        codes: dict[str, int] = {}
        for code, entry in enumerate(axis.entries):
            filled = [text for place in places if (text := entry.cells[place]) is not None]
            if len(filled) == len(places):
                codes.setdefault(_SEPARATOR.join(filled), code)
        return cls(axis, places, tuple(codes.values()), pl.Enum([*codes]))

    @property
    def columns(self) -> list[str]:
        """Those of its columns that the file has."""
        return [self.axis.columns[place] for place in self.places]

    def texts(self, blank: Container[str]) -> pl.Expr:
        """The texts of a row, joined; null where one is empty, which those columns have that are named."""
        cells = [pl.col(column).replace("", None) if column in blank else pl.col(column) for column in self.columns]
        return cells[0] if len(cells) == 1 else pl.concat_str(cells, separator=_SEPARATOR)

    def codes(self, unknown: Sequence[str] = ()) -> pl.Expr:
        """The code of a joined text; those of texts that are not known follow."""
        field = self.axis.field
        if not self.places:
            return pl.lit(None, dtype=pl.UInt32).alias(field)
        first = len(self.axis.entries)
        numbers = pl.Series([*self.numbers, *range(first, first + len(unknown))], dtype=pl.UInt32)
        enum = pl.Enum([*self.enum.categories, *unknown]) if unknown else self.enum
        return pl.lit(numbers).gather(pl.col(field).cast(enum, strict=False).to_physical()).alias(field)


def _coded(table: pl.DataFrame, known: Sequence[_Known]) -> tuple[pl.DataFrame, dict[str, tuple[Entry, ...]]]:
    """Codes of all fields, and entries for texts that are not known."""
    # each in one call, which works on several columns at a time
    columns = dict.fromkeys(column for item in known for column in item.columns)
    (empty,) = table.select((pl.col(column) == "").any() for column in columns).rows()
    blank = {column for column, is_blank in zip(columns, empty, strict=True) if is_blank}
    texts = table.select(item.texts(blank).alias(item.axis.field) for item in known if item.places)
    codes = texts.select(item.codes() for item in known)
    strays: dict[str, tuple[Entry, ...]] = {}
    for item in known:
        field = item.axis.field
        if item.places and codes[field].null_count() > texts[field].null_count():
            is_unknown = codes[field].is_null() & texts[field].is_not_null()
            unknown = texts[field].filter(is_unknown).unique(maintain_order=True).to_list()
            codes = codes.with_columns(texts.select(item.codes(unknown)).to_series())
            strays[field] = tuple(_stray(item.axis, item.places, text.split(_SEPARATOR)) for text in unknown)
    return codes, strays


def _header(data: bytes) -> dict[str, str]:
    """The headings of a file, each with what Polars calls its column."""
    try:
        names = pl.read_csv(data, infer_schema=False, n_rows=0).columns
        headings = _headings(data, len(names))
    except (pl.exceptions.PolarsError, csv.Error, UnicodeDecodeError) as error:
        raise _no_csv(error) from error
    return dict(zip(headings or names, names, strict=True))


def _table(data: bytes, columns: Mapping[str, str]) -> pl.DataFrame:
    try:
        table = pl.read_csv(data, infer_schema=False, columns=[*columns.values()])
    except pl.exceptions.PolarsError as error:
        raise _no_csv(error) from error
    return table.rename({name: heading for heading, name in columns.items() if name != heading})


def _no_csv(error: Exception) -> InvalidResponseError:
    return InvalidResponseError(f"the data file is no CSV in UTF-8: {error}")


def _headings(data: bytes, width: int) -> list[str]:
    # Polars leaves the doubled quotes within a heading as they stand
    first = next(csv.reader(io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", newline="")), [])
    return first if len(first) == width == len(set(first)) else []


def _needed(axes: Iterable[Axis], indicators: Iterable[str]) -> list[str]:
    return [column for axis in axes if axis.kind != "location" for column in axis.columns] + list(indicators)


def _stray(axis: Axis, places: Sequence[int], texts: list[str]) -> Entry:
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
