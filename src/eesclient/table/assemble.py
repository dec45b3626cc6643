"""Encoded rows to the one frame that every route gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

import attrs
import polars as pl

from ..models.meta import Indicator
from ..query.question import Query
from .columns import FILTER, INDICATOR, LOCATION, Category, Dimension, EncodedRows, Schema, schema_of, unknown_dimension
from .headings import ColumnInfo, columns_of
from .order import order_rows
from .values import Cells, read_values

T = TypeVar("T")
R = TypeVar("R")

_MANY = 50_000
"""Rows from which on columns are made side by side."""

_THREADS = 2
"""More of them take memory, and little less time: Polars works in threads of its own."""


@attrs.frozen(kw_only=True, eq=False)
class Assembled:
    """A frame with what is known of it.

    Attributes:
        frame: The frame.
        columns: What its columns hold.
        schema: Its fields.
        codes: Codes of the key fields, row by row as in the frame.
        ambiguous: Rows that are equal to another in every key column.
        fractions: Indicators that hold fractions though they were to hold whole numbers, and how many.
        unknown_fields: Fields that the answer has and metadata lacks.
    """

    frame: pl.DataFrame
    columns: tuple[ColumnInfo, ...]
    schema: Schema
    codes: pl.DataFrame
    ambiguous: int
    fractions: tuple[tuple[Indicator, int], ...]
    unknown_fields: tuple[str, ...]

    def key_columns(self) -> Iterator[tuple[Dimension, tuple[str, ...]]]:
        """The key fields, each with the names of its columns in the frame."""
        names = iter([column.name for column in self.columns])
        for dimension in self.schema.dimensions:
            yield dimension, tuple(islice(names, len(dimension.columns)))


@attrs.frozen(kw_only=True, eq=False)
class Joined:
    """All rows of an answer as codes and texts, and the fields and categories that they have."""

    schema: Schema
    frame: pl.DataFrame


def join(query: Query, parts: Sequence[EncodedRows]) -> Joined:
    """Join parts of an answer in their order, without a copy of their texts."""
    schema = schema_of(query)
    names = dict.fromkeys(name for part in parts for name in part.frame.columns)
    wider = _widened(query, schema, names, parts)
    frames = [part.frame if wider is schema else _recoded(part, schema, wider) for part in parts]
    if not frames:
        types = dict.fromkeys(wider.fields, pl.UInt32()) | dict.fromkeys(wider.cells, pl.String())
        return Joined(schema=wider, frame=pl.DataFrame(schema=types))
    alike = all(frame.schema == frames[0].schema for frame in frames)
    rows = pl.concat(frames, how="vertical" if alike else "diagonal_relaxed")
    # what is in one chunk is gathered several times as fast
    codes = rows.select(wider.fields).rechunk()
    return Joined(schema=wider, frame=rows.with_columns(codes.get_columns()))


def assemble(query: Query, joined: Joined) -> Assembled:
    """Order the rows of an answer, and turn codes into labels and texts into values.

    Rows take the least memory when nothing else refers to them.
    """
    schema, rows = joined.schema, joined.frame if query.limit is None else joined.frame.head(query.limit)
    del joined
    order = order_rows(query, schema, rows)
    texts = {indicator.id: rows[f"{INDICATOR}{indicator.id}"] for indicator in schema.indicators}
    codes = rows.select(schema.fields)[order.rows]
    del rows
    values, fractions = _values(query, schema, texts, order.rows)
    columns = columns_of(schema, query.values, query.names)
    found = [*labels_of(schema, codes), *values]
    series = [part.alias(column.name) for part, column in zip(found, columns, strict=True)]
    known = {*schema_of(query).fields}
    return Assembled(
        frame=pl.DataFrame(series),
        columns=columns,
        schema=schema,
        codes=codes,
        ambiguous=order.ambiguous,
        fractions=fractions,
        unknown_fields=tuple(field for field in schema.fields if field not in known),
    )


def labels_of(schema: Schema, codes: pl.DataFrame) -> list[pl.Series]:
    """The labels of codes, column by column."""
    columns = [(dimension, place) for dimension in schema.dimensions for place in range(len(dimension.columns))]
    return _each(lambda column: column[0].texts(column[1]).gather(codes[column[0].field]), columns, codes.height)


def _values(
    query: Query, schema: Schema, texts: dict[str, pl.Series], order: pl.Series
) -> tuple[list[pl.Series], tuple[tuple[Indicator, int], ...]]:
    """Columns of the indicators in order, and those that hold fractions though they were to hold whole numbers."""

    def read(indicator: Indicator) -> Cells:
        # numbers are moved faster than texts, whose memory can be used again after that
        return read_values(texts.pop(indicator.id), indicator, query).gather(order)

    cells = _each(read, schema.indicators, order.len())
    series = [
        part for item in cells for part in ([item.number, item.status] if query.values == "typed" else [item.number])
    ]
    read_as = zip(schema.indicators, cells, strict=True)
    return series, tuple((indicator, item.fractions) for indicator, item in read_as if item.fractions)


def _each(make: Callable[[T], R], items: Sequence[T], rows: int) -> list[R]:
    """Make something of each item; of many rows, side by side."""
    if rows < _MANY:
        return [*map(make, items)]
    # threads of our own get the memory that those which read pages gave back; those of Polars would take more
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="eesclient") as pool:
        return [*pool.map(make, items)]


def _widened(query: Query, schema: Schema, names: dict[str, None], parts: Sequence[EncodedRows]) -> Schema:
    unknown: dict[str, list[Category]] = {}
    for part in parts:
        for field, categories in part.unknown.items():
            unknown.setdefault(field, []).extend(categories)
    known = {*schema.fields, *schema.cells}
    added = [name for name in names if name not in known]
    if not unknown and not added:
        return schema
    fields = [name for name in added if name.startswith((LOCATION, FILTER))]
    # locations come before filters, as they do in metadata
    fields.sort(key=lambda field: (field.startswith(FILTER), field))
    dimensions = [*schema.dimensions, *map(unknown_dimension, fields)]
    ids = sorted(name.removeprefix(INDICATOR) for name in added if name.startswith(INDICATOR))
    found = [query.meta.indicator(id_) or Indicator(id=id_, column=id_, label=id_) for id_ in ids]
    extended = (
        attrs.evolve(item, categories=(*item.categories, *unknown[item.field])) if item.field in unknown else item
        for item in dimensions
    )
    return Schema(meta=schema.meta, dimensions=tuple(extended), indicators=(*schema.indicators, *found))


def _recoded(part: EncodedRows, schema: Schema, wider: Schema) -> pl.DataFrame:
    """The part's rows with the codes of the wider schema."""
    changed = []
    for dimension in wider.dimensions:
        before = schema.dimension(dimension.field) or unknown_dimension(dimension.field)
        if dimension is not before and dimension.field in part.frame.columns:
            codes = before.recoded(dimension, part.unknown.get(dimension.field, ()))
            changed.append(codes.gather(part.frame[dimension.field]).alias(dimension.field))
    return part.frame.with_columns(changed) if changed else part.frame
