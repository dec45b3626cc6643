"""The CSV route: the producer's data file to the same columns that pages give (reference, sections 13 and 17)."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from io import BufferedReader, BytesIO
from math import prod
from typing import IO, cast

import polars as pl

from .._classes import frozen
from ..api.resolved import ResolvedVersion
from ..errors import DataFileError, EESWarning, InvalidResponseError, warn
from ..models.enums import LEVEL_BY_LABEL, GeographicLevel
from ..models.periods import IDENTIFIER_BY_LABEL, TimeIdentifier, TimePeriod, period_from_csv
from ..query.question import Query
from .columns import INDICATOR, EncodedRows, schema_of
from .dimensions import Category, Cells, Dimension, period_category
from .records import UnsureError
from .text import CsvFile, column_names

CHUNK = 16 << 20
"""Bytes of a block, about, of a file that is read block by block."""

_CHECKED = 4 << 20
"""The same of a file that is only checked: of no more at a time are all cells text."""

_SMALL = 4096
"""Keys of a field up to which a table of all of them is looked into, instead of a search for each."""


def read_data_file(query: Query, data: bytes) -> EncodedRows:
    """Turn a data file, decompressed and in UTF-8, into columns.

    A row has a location where all of its level's code and name cells are filled, and no option where a filter's cell
    is empty. Columns that metadata does not name are left out, as the API leaves them out, but for those of levels.
    """
    (rows,) = read_blocks(query, data)
    return rows


def read_blocks(query: Query, source: bytes | IO[bytes], size: int = 0) -> Iterator[EncodedRows]:
    """Turn a data file into columns, block by block of about `size` bytes; `InvalidResponseError` if it is not one."""
    file = CsvFile(source, size=size)
    layout = _Layout(query)
    try:
        for table in file.frames(layout.types):
            yield layout.encode(table)
    except DataFileError as error:
        raise InvalidResponseError(f"{error}") from error


def check_data_file(pinned: ResolvedVersion, file: BufferedReader | BytesIO) -> None:
    """Refuse a file that is not the whole data file of a version, in `InvalidResponseError`.

    One that DuckDB may read in one of two ways passes with a warning, if it has the columns and enough lines.
    """
    layout = _Layout(pinned.whole())

    # headings are checked, and cells only counted, as text
    def no_types(headings: tuple[str, ...]) -> Mapping[str, pl.Enum]:
        layout.types(headings)
        return {}

    try:
        rows = sum(table.height for table in CsvFile(file, size=_CHECKED).frames(no_types))
    except DataFileError as error:
        file.seek(0)
        head, lines = file.read(CHUNK), 0
        file.seek(0)
        while block := file.read(CHUNK):
            lines += block.count(b"\n")
        expected = pinned.version.total_results
        is_unsure = isinstance(error.__cause__, UnsureError)
        if not is_unsure or lines <= expected or not all(name.encode() in head for name in layout.needed):
            raise InvalidResponseError(f"{error}; {expected:,} rows were expected") from error
        warn(f"the data file is as it came, and its {expected:,} rows could not be counted: {error}", EESWarning)
    else:
        pinned.check_rows(rows)
    if pinned.data_sha256 is not None:
        file.seek(0)
        pinned.check_digest(hashlib.file_digest(file, "sha256").hexdigest())


class _Layout:
    """Where a data file has the columns of a question, once its headings are known."""

    def __init__(self, query: Query) -> None:
        self._schema = schema_of(query)
        meta = query.meta
        self._named = {item.column for item in meta.filters} | {item.column for item in meta.indicators}
        self.needed = [column for item in self._schema.dimensions if item.kind != "location" for column in item.columns]
        self.needed += [indicator.column for indicator in self._schema.indicators]
        self._headings: tuple[str, ...] = ()
        self._columns: dict[str, str] = {}
        self._known: list[_Known] = []
        self._types: dict[str, pl.Enum] = {}

    def types(self, headings: tuple[str, ...]) -> Mapping[str, pl.Enum]:
        """The texts that metadata gives to each column, after the empty one."""
        if headings == self._headings:
            return self._types
        columns = {name: f"c{place}" for place, name in enumerate(column_names(headings))}
        if not self._named <= columns.keys():
            # files of our own may have columns whose names differ in case alone, and are called by their headings
            columns |= {name: f"c{headings.index(name)}" for name in headings}
        lacking = [name for name in self.needed if name not in columns]
        # of a level's columns some may be missing in a file, and never all (reference, section 17)
        lacking += [
            " or ".join(item.columns)
            for item in self._schema.dimensions
            if item.kind == "location" and item.columns and columns.keys().isdisjoint(item.columns)
        ]
        if lacking:
            raise InvalidResponseError(f"the data file lacks the columns {', '.join(lacking)}")
        self._headings, self._columns = headings, columns
        self._known = [
            _Known.of(item, tuple((place, columns[name]) for place, name in enumerate(item.columns) if name in columns))
            for item in (*self._schema.dimensions, *self._schema.lacking(columns.keys() - self._named))
        ]
        texts: dict[str, list[pl.Series]] = {}
        for item in self._known:
            for column in item.texts:
                # the empty text comes first, so that its code is 0
                texts.setdefault(column.name, [pl.Series([""])]).append(column)
        self._types = {name: pl.Enum(pl.concat(parts).unique(maintain_order=True)) for name, parts in texts.items()}
        return self._types

    def encode(self, table: pl.DataFrame) -> EncodedRows:
        """The columns of the question."""
        wider = {
            name: pl.concat([enum.categories.alias(name), table[name].drop_nulls()])
            for name, enum in self._types.items()
            if table[name].dtype != enum
        }
        table = table.with_columns(
            pl.col(name).cast(pl.Enum(known.unique(maintain_order=True))) for name, known in wider.items()
        )
        codes, unknown = _encode_rows(table, self._known)
        # a level that metadata lacks is none where no row has a place of it
        codes = codes.drop({*codes.columns} - {*self._schema.fields, *unknown})
        cells = (
            pl.col(self._columns[item.column]).cast(pl.String).fill_null("").alias(f"{INDICATOR}{item.id}")
            for item in self._schema.indicators
        )
        return EncodedRows(frame=codes.hstack(table.select(cells)), unknown=unknown)


@frozen(eq=False)
class _Known:
    """Texts and codes of the categories of a field, by those of its columns that the file has."""

    dimension: Dimension
    places: tuple[int, ...]
    texts: pl.DataFrame
    codes: pl.Series

    @classmethod
    # looked up once for all questions about a file
    @lru_cache(maxsize=128)
    def of(cls, dimension: Dimension, columns: tuple[tuple[int, str], ...]) -> _Known:
        codes: dict[Cells, int] = {}
        for code, category in enumerate(dimension.categories):
            cells = tuple(category.cells[place] for place, _ in columns)
            if all(cells):
                codes.setdefault(cells, code)
        texts = pl.DataFrame([*codes], schema=[(name, pl.String) for _, name in columns], orient="row")
        return cls(
            dimension, tuple(place for place, _ in columns), texts, pl.Series([*codes.values()], dtype=pl.UInt32)
        )


def _encode_rows(table: pl.DataFrame, known: Sequence[_Known]) -> tuple[pl.DataFrame, dict[str, tuple[Category, ...]]]:
    """Codes of all fields, and categories for texts that are not known."""
    present = [item for item in known if item.places]
    columns = dict.fromkeys(column for item in present for column in item.texts.columns)
    (empty,) = table.select((pl.col([*columns]).to_physical() == 0).any()).rows(named=True)
    blank = {column for column, is_blank in empty.items() if is_blank}
    fields = [_Keyed(item, table.schema, blank) for item in present]
    # each in one call, which works on several columns at a time
    keys = table.select(field.key() for field in fields)
    codes = keys.select(field.codes() for field in fields)
    unknown: dict[str, tuple[Category, ...]] = {}
    for field in fields:
        name = field.known.dimension.field
        if codes[name].null_count() > keys[name].null_count():
            is_unknown = codes[name].is_null() & keys[name].is_not_null()
            added = keys[name].filter(is_unknown).unique(maintain_order=True)
            codes = codes.with_columns(keys.select(field.codes(added)).to_series())
            unknown[name] = tuple(
                _unknown(field.known.dimension, field.known.places, field.texts(key)) for key in added
            )
    absent = (pl.lit(None, dtype=pl.UInt32).alias(item.dimension.field) for item in known if not item.places)
    return codes.with_columns(absent).select(item.dimension.field for item in known), unknown


class _Keyed:
    """A field of a table, whose texts make one number, the key, which has a code."""

    def __init__(self, known: _Known, types: pl.Schema, blank: Container[str]) -> None:
        self.known = known
        self._enums = {column: cast(pl.Enum, types[column]) for column in known.texts.columns}
        self._size = prod(len(enum.categories) for enum in self._enums.values())
        self._type = _number_type(self._size)
        self._blank = blank
        self._keys = known.texts.select(self._key(pl.col(name).cast(enum) for name, enum in self._enums.items()))[
            known.dimension.field
        ]

    def key(self) -> pl.Expr:
        """The key of a row; null where a text is empty."""
        columns = ((name, pl.col(name)) for name in self._enums)
        return self._key(
            pl.when(column.to_physical() > 0).then(column) if name in self._blank else column
            for name, column in columns
        )

    def _key(self, columns: Iterable[pl.Expr]) -> pl.Expr:
        key = pl.lit(0, self._type)
        for enum, column in zip(self._enums.values(), columns, strict=True):
            # each text is a digit of the key, in a system of as many digits as the column has texts
            key = key * len(enum.categories) + column.to_physical().cast(self._type)
        return key.alias(self.known.dimension.field)

    def codes(self, added: pl.Series | None = None) -> pl.Expr:
        """The code of a key; those of keys that are not known follow."""
        key, field = pl.col(self.known.dimension.field), self.known.dimension.field
        keys, codes = self._keys, self.known.codes
        if self._size == len(keys) + 1 and (keys == codes + 1).all():
            # one column, without a text that is not known
            return (key - 1).cast(codes.dtype)
        if added is not None:
            first = len(self.known.dimension.categories)
            keys = pl.concat([keys, added])
            codes = pl.concat([codes, pl.Series(range(first, first + len(added)), dtype=pl.UInt32)])
        if self._size > _SMALL:
            return key.replace_strict(keys, codes, default=None)
        table = pl.Series([None], dtype=pl.UInt32).new_from_index(0, self._size).scatter(keys, codes)
        return pl.lit(table).gather(key).alias(field)

    def texts(self, key: int) -> list[str]:
        """The texts of a key."""
        texts: list[str] = []
        for enum in reversed(self._enums.values()):
            key, place = divmod(key, len(enum.categories))
            texts.insert(0, enum.categories[place])
        return texts


def _number_type(size: int) -> type[pl.DataType]:
    """The narrowest type that holds so many keys."""
    return next((dtype for dtype, bits in ((pl.UInt32, 32), (pl.UInt64, 64)) if size <= 2**bits), pl.Int128)


def _unknown(dimension: Dimension, places: Sequence[int], texts: list[str]) -> Category:
    filled = dict(zip(places, texts, strict=True))
    cells: Cells = tuple(filled.get(place) for place in range(len(dimension.columns)))
    if dimension.kind == "time":
        code = IDENTIFIER_BY_LABEL.get(texts[1]) or TimeIdentifier(texts[1])
        return period_category(TimePeriod(code=code, period=period_from_csv(texts[0]) or texts[0]), cells=cells)
    level = str(LEVEL_BY_LABEL.get(texts[0]) or GeographicLevel(texts[0])) if dimension.kind == "level" else None
    return Category(id=level, cells=cells)
