"""The CSV route: the producer's data file to the same columns that pages give (reference, sections 13 and 17)."""

from __future__ import annotations

import csv
import io
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from math import prod
from typing import IO, cast

import attrs
import polars as pl

from ..errors import InvalidResponseError
from ..models.enums import LEVEL_BY_LABEL, GeographicLevel
from ..models.periods import IDENTIFIER_BY_LABEL, TimeIdentifier, TimePeriod, period_from_csv
from ..query.question import Query
from .columns import INDICATOR, Category, Cells, Dimension, EncodedRows, period_category, schema_of

CHUNK = 16 << 20
"""Bytes of a chunk, about."""

_SMALL = 4096
"""Keys of a field up to which a table of all of them is looked into, instead of a search for each."""


def read_data_file(query: Query, data: bytes) -> EncodedRows:
    """Turn a data file, decompressed and in UTF-8, into columns.

    A row has a location where all of its level's code and name cells are filled, and no option where a filter's cell
    is empty. Columns that metadata does not name are left out, as the API leaves them out.

    Raises:
        InvalidResponseError: The file is not valid CSV, or lacks a column.
    """
    schema = schema_of(query)
    columns = _header(data)
    needed = [column for item in schema.dimensions if item.kind != "location" for column in item.columns]
    needed += [indicator.column for indicator in schema.indicators]
    if lacking := [name for name in needed if name not in columns]:
        raise InvalidResponseError(f"the data file lacks the columns {', '.join(lacking)}")
    known = [
        _Known.of(item, tuple(place for place, column in enumerate(item.columns) if column in columns))
        for item in schema.dimensions
    ]
    named = {name for item in known for name in item.columns} | set(needed)
    table = _table(data, {name: column for name, column in columns.items() if name in named}, _texts(known))
    codes, unknown = _encode_rows(table, known)
    cells = (
        pl.col(item.column).cast(pl.String).fill_null("").alias(f"{INDICATOR}{item.id}") for item in schema.indicators
    )
    return EncodedRows(frame=codes.hstack(table.select(cells)), unknown=unknown)


@attrs.frozen(eq=False)
class _Known:
    """Texts and codes of the categories of a field that a file can name with the columns, by place, that it has."""

    dimension: Dimension
    places: tuple[int, ...]
    texts: pl.DataFrame
    codes: pl.Series

    @classmethod
    # looked up once for all chunks of a file
    @lru_cache(maxsize=128)
    def of(cls, dimension: Dimension, places: tuple[int, ...]) -> _Known:
        codes: dict[Cells, int] = {}
        for code, category in enumerate(dimension.categories):
            cells = tuple(category.cells[place] for place in places)
            if all(cells):
                codes.setdefault(cells, code)
        columns = [dimension.columns[place] for place in places]
        texts = pl.DataFrame([*codes], schema=dict.fromkeys(columns, pl.String), orient="row")
        return cls(dimension, places, texts, pl.Series([*codes.values()], dtype=pl.UInt32))

    @property
    def columns(self) -> list[str]:
        return self.texts.columns


def _encode_rows(table: pl.DataFrame, known: Sequence[_Known]) -> tuple[pl.DataFrame, dict[str, tuple[Category, ...]]]:
    """Codes of all fields, and categories for texts that are not known."""
    present = [item for item in known if item.places]
    columns = dict.fromkeys(column for item in present for column in item.columns)
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
        self._enums = {column: cast(pl.Enum, types[column]) for column in known.columns}
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


def _texts(known: Iterable[_Known]) -> dict[str, pl.Enum]:
    """The texts that metadata gives to each column, after the empty one."""
    texts: dict[str, list[pl.Series]] = {}
    for item in known:
        for column in item.texts:
            texts.setdefault(column.name, [pl.Series([""])]).append(column)
    return {name: pl.Enum(pl.concat(parts).unique(maintain_order=True)) for name, parts in texts.items()}


def _header(data: bytes) -> dict[str, str]:
    """The headings of a file, each with what Polars calls its column."""
    try:
        names = pl.read_csv(data, infer_schema=False, n_rows=0).columns
        # Polars leaves the doubled quotes within a heading as they stand
        headings = next(csv.reader(io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", newline="")), [])
    except (pl.exceptions.PolarsError, csv.Error, UnicodeDecodeError) as error:
        raise _not_csv(error) from error
    # of equal headings Polars renames all but the first
    is_unique = len(headings) == len(names) == len(set(headings))
    return dict(zip(headings if is_unique else names, names, strict=True))


def _table(data: bytes, columns: Mapping[str, str], texts: Mapping[str, pl.Enum]) -> pl.DataFrame:
    """The columns by heading: Enums of those with known texts, which other texts are added to, and text."""
    read = partial(pl.read_csv, data, infer_schema=False, columns=[*columns.values()])
    headings = {name: heading for heading, name in columns.items() if name != heading}
    try:
        try:
            return read(schema_overrides={columns[name]: enum for name, enum in texts.items()}).rename(headings)
        except pl.exceptions.ComputeError:
            # it has a text that is not known, if it is a CSV at all
            table = read().rename(headings)
    except pl.exceptions.PolarsError as error:
        raise _not_csv(error) from error
    wider = {name: pl.concat([enum.categories.alias(name), table[name].drop_nulls()]) for name, enum in texts.items()}
    return table.with_columns(
        pl.col(name).cast(pl.Enum(known.unique(maintain_order=True))) for name, known in wider.items()
    )


def _not_csv(error: Exception) -> InvalidResponseError:
    return InvalidResponseError(f"the data file is not valid CSV in UTF-8: {error}")


def _unknown(dimension: Dimension, places: Sequence[int], texts: list[str]) -> Category:
    filled = dict(zip(places, texts, strict=True))
    cells: Cells = tuple(filled.get(place) for place in range(len(dimension.columns)))
    if dimension.kind == "time":
        code = IDENTIFIER_BY_LABEL.get(texts[1]) or TimeIdentifier(texts[1])
        return period_category(TimePeriod(code=code, period=period_from_csv(texts[0]) or texts[0]), cells=cells)
    level = str(LEVEL_BY_LABEL.get(texts[0]) or GeographicLevel(texts[0])) if dimension.kind == "level" else None
    return Category(id=level, cells=cells)


def chunks(file: IO[bytes], size: int = CHUNK) -> Iterator[bytes]:
    """Cut a data file between its records, about every `size` bytes; each chunk begins with the header."""
    rest, end = b"", 0
    while not end and (block := file.read(size)):
        rest += block
        end = _first_end(rest)
    header, rest = (rest[:end], rest[end:]) if end else (rest, b"")
    is_empty = True
    while block := file.read(size):
        text = rest + block
        end = _last_end(text)
        if end:
            is_empty = False
            yield header + text[:end]
        rest = text[end:]
    if rest or is_empty:
        yield header + rest


def _first_end(text: bytes) -> int:
    """Where the first record ends, after its line break; 0 where it does not."""
    end = text.find(b"\n") + 1
    # within quotes a line break is part of a cell
    while end and text.count(b'"', 0, end) % 2:
        end = text.find(b"\n", end) + 1
    return end


def _last_end(text: bytes) -> int:
    """Where the last whole record ends."""
    end = text.rfind(b"\n") + 1
    odd = text.count(b'"', 0, end) % 2
    while end and odd:
        before = text.rfind(b"\n", 0, end - 1) + 1
        odd = (odd + text.count(b'"', before, end)) % 2
        end = before
    return end
