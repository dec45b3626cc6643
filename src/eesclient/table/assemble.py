"""Encoded rows to the one frame that every route gives: in canonical order, or by the sorts that were asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, reduce
from itertools import chain, islice
from operator import add, and_
from typing import Any, TypeVar

import attrs
import polars as pl

from .._classes import frozen
from ..errors import QueryError
from ..models.meta import Indicator
from ..query.args import Sort
from ..query.question import Query
from .columns import INDICATOR, ColumnInfo, EncodedRows, Schema, columns_of, schema_of
from .dimensions import FILTER, LEVEL, LOCATION, PERIOD, Category, Dimension, unknown_dimension
from .values import Cells, Padded, natural_numbers, read_values, trimmed

R = TypeVar("R")

_MANY = 50_000
"""Rows from which on columns are made side by side."""

_THREADS = 2
"""More of them take memory, and little less time: Polars works in threads of its own."""

_LARGEST = 2**63


@frozen(kw_only=True, eq=False)
class Assembled:
    """A frame with what is known of it, and the codes of its key fields, row by row.

    Attributes:
        ambiguous: Rows that are equal to another in every key column.
        fractions: Ids of indicators that hold fractions though they were to hold whole numbers, and how many.
        padded: Ids of indicators that hold padded numbers which were not read, and which.
        unknown_fields: Labels of fields, and ids of indicators, that the answer has and metadata lacks.
        unknown_values: Values that it has and metadata lacks.
        lost: Columns in which the service left out what every row has.
    """

    frame: pl.DataFrame
    columns: tuple[ColumnInfo, ...]
    schema: Schema
    codes: pl.DataFrame
    ambiguous: int
    fractions: Mapping[str, int]
    padded: Mapping[str, Padded]
    unknown_fields: tuple[str, ...]
    unknown_values: tuple[str, ...]
    lost: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        query: Query,
        schema: Schema,
        codes: pl.DataFrame,
        cells: Sequence[Cells],
        *,
        labels: Sequence[pl.Series] = (),
        ambiguous: int,
    ) -> Assembled:
        """The frame of rows in their order, from codes, the indicators' cells, and labels if they are known already."""
        columns = columns_of(schema, query.values, query.names)
        found = [*(labels or labels_of(schema, codes))]
        fractions: dict[str, int] = {}
        padded: dict[str, Padded] = {}
        for indicator, item in zip(schema.indicators, cells, strict=True):
            found += [item.number, item.status] if query.values == "typed" else [item.number]
            if item.fractions and indicator.column not in query.dtypes:
                fractions[indicator.id] = item.fractions
            if item.padded[0]:
                padded[indicator.id] = item.padded
        return cls(
            frame=pl.DataFrame(found, schema=[column.name for column in columns]),
            columns=columns,
            schema=schema,
            codes=codes,
            ambiguous=ambiguous,
            fractions=fractions,
            padded=padded,
            unknown_fields=tuple(_unknown_fields(query, schema)),
            unknown_values=tuple(
                f"{dimension.labels[-1]}: {' '.join(filter(None, dimension.categories[code].cells))}"
                for dimension, strange in _strange(schema_of(query), schema)
                for code in codes[dimension.field].unique().sort()
                if code in strange
            ),
        )

    def key_columns(self) -> Iterator[tuple[Dimension, tuple[str, ...]]]:
        """The key fields, each with the names of its columns in the frame."""
        names = iter([column.name for column in self.columns])
        for dimension in self.schema.dimensions:
            yield dimension, tuple(islice(names, len(dimension.columns)))


def _unknown_fields(query: Query, schema: Schema) -> Iterator[str]:
    known = schema_of(query)
    if schema is not known:
        yield from (item.labels[-1] for item in schema.dimensions if item.field not in known.by_field)
        yield from (item.id for item in schema.indicators if query.meta.indicator(item.id) is None)


def join(query: Query, parts: Sequence[EncodedRows]) -> tuple[Schema, pl.DataFrame]:
    """Join parts of an answer in their order, without a copy of their texts; and the fields and categories of all."""
    schema = schema_of(query)
    frames = [part.frame for part in parts]
    if not frames:
        types = dict.fromkeys(schema.fields, pl.UInt32()) | dict.fromkeys(schema.cells, pl.String())
        return schema, pl.DataFrame(schema=types)
    unknown: dict[str, list[Category]] = {}
    added: set[str] = set()
    is_alike = True
    for part in parts:
        added.update(part.frame.columns)
        is_alike = is_alike and part.frame.schema == frames[0].schema
        for field, categories in part.unknown.items():
            unknown.setdefault(field, []).extend(categories)
    added.difference_update(schema.fields, schema.cells)
    if added or unknown:
        wider = _widened(query, schema, added, unknown)
        frames = [_recoded(part, schema, wider) for part in parts]
        schema = wider
    rows = pl.concat(frames, how="vertical" if is_alike else "diagonal_relaxed")
    # what is in one chunk is gathered several times as fast
    codes = rows.select(schema.fields).rechunk()
    return schema, rows.with_columns(codes.get_columns())


def without_doubles(query: Query, schema: Schema, rows: pl.DataFrame) -> tuple[Schema, pl.DataFrame]:
    """The rows but those that stand there again with a place that metadata does not list at that level.

    The service finds a place by code and name: where two levels hold the same ones, it sends rows twice, once with the
    id of the other level's place.
    """
    found = [(item.field, codes) for item, codes in _strange(schema_of(query), schema) if item.kind == "location"]
    if not found:
        return schema, rows
    others = [name for name in rows.columns if name not in dict(found)]
    numbered = rows.with_row_index("\0row")
    is_strange = pl.any_horizontal(pl.col(field).is_in(codes) for field, codes in found).fill_null(value=False)
    twins = numbered.filter(~is_strange).select(others)
    doubles = numbered.filter(is_strange).join(twins, on=others, how="semi", nulls_equal=True)["\0row"]
    return schema, numbered.filter(~pl.col("\0row").is_in(doubles.implode())).drop("\0row")


def _strange(known: Schema, schema: Schema) -> Iterator[tuple[Dimension, list[int]]]:
    """The fields that metadata names with codes of values that it does not."""
    for dimension in () if schema is known else schema.dimensions:
        before = known.by_field.get(dimension.field)
        if before is not None and before is not dimension:
            named = {*before.categories}
            yield dimension, [code for code, one in enumerate(dimension.categories) if one not in named]


def _widened(query: Query, schema: Schema, added: Iterable[str], unknown: dict[str, list[Category]]) -> Schema:
    """The schema with the fields and categories that answers have and metadata lacks."""
    fields = [name for name in added if name.startswith((LOCATION, FILTER))]
    # locations come before filters, as they do in metadata
    fields.sort(key=lambda field: (field.startswith(FILTER), field))
    dimensions = [*schema.dimensions, *map(unknown_dimension, fields)]
    ids = sorted(name.removeprefix(INDICATOR) for name in added if name.startswith(INDICATOR))
    found = [query.meta.indicator(id_) or Indicator(id=id_, column=id_, label=id_) for id_ in ids]
    extended = (
        attrs.evolve(item, categories=(*item.categories, *unknown[item.field]), listed=None)
        if item.field in unknown
        else item
        for item in dimensions
    )
    return Schema(meta=schema.meta, dimensions=tuple(extended), indicators=(*schema.indicators, *found))


def _recoded(part: EncodedRows, schema: Schema, wider: Schema) -> pl.DataFrame:
    """The part's rows with the codes of the wider schema."""
    changed = []
    for dimension in wider.dimensions:
        before = schema.by_field.get(dimension.field) or unknown_dimension(dimension.field)
        if dimension is not before and dimension.field in part.frame.columns:
            codes = before.recoded(dimension, part.unknown.get(dimension.field, ()))
            changed.append(codes.gather(part.frame[dimension.field]).alias(dimension.field))
    return part.frame.with_columns(changed) if changed else part.frame


def assemble(query: Query, joined: tuple[Schema, pl.DataFrame]) -> Assembled:
    """Order the rows of an answer, and turn codes into labels and texts into values.

    Rows take the least memory when nothing else refers to them.
    """
    schema, rows = joined
    del joined
    if query.limit is not None:
        # the last page may bring more than is wanted
        rows = rows.head(query.limit)
    order, ambiguous = order_rows(query, schema, rows)
    texts = rows.select(schema.cells).to_dict()
    codes = rows.select(schema.fields)[order]
    del rows

    def read(indicator: Indicator) -> Cells:
        # numbers are moved faster than texts, whose memory can be used again after that
        cells = read_values(texts.pop(f"{INDICATOR}{indicator.id}"), indicator, query)
        # what is in one chunk is gathered several times as fast
        number, status = cells.number.rechunk().gather(order), cells.status
        if status.null_count() < status.len():
            status = status.rechunk().gather(order)
        return attrs.evolve(cells, number=number, status=status)

    cells = side_by_side(codes.height, read, schema.indicators)
    return Assembled.of(query, schema, codes, cells, ambiguous=ambiguous)


def labels_of(schema: Schema, codes: pl.DataFrame) -> list[pl.Series]:
    """The labels of codes, column by column."""
    columns = map(codes.get_column, schema.fields)
    return [*chain.from_iterable(side_by_side(codes.height, Dimension.read, schema.dimensions, [*columns]))]


def side_by_side(rows: int, make: Callable[..., R], *items: Sequence[Any]) -> list[R]:
    """Make something of each of the items, as `map` does; of many rows, side by side."""
    if rows < _MANY:
        return [*map(make, *items)]
    # threads of our own get the memory that those which read pages gave back; those of Polars would take more
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="eesclient") as pool:
        return [*pool.map(make, *items)]


# Order


def order_rows(query: Query, schema: Schema, frame: pl.DataFrame) -> tuple[pl.Series, int]:
    """Numbers of rows of codes and texts in their new order, and how many are equal to another in every key field.

    Time period descending, then the other key fields as the frame has them, then the texts of the indicators, by code
    point and empty ones first; the sorts of the question go before all that.
    """
    # in one call, which works on several columns at a time
    keys = frame.select(composite_keys(schema)).get_columns()
    rows = _arg_sort(keys)
    # true where a row is equal to the next
    ordered = (key.gather(rows) for key in keys)
    same = reduce(and_, (key.head(-1) == key.slice(1) for key in ordered))
    places = rows.clear()
    if same.any():
        none = pl.Series([False])
        places = (pl.concat([same, none]) | pl.concat([none, same])).arg_true()
        among = rows.gather(places)
        texts = [frame[name] for name in frame.columns if name.startswith(INDICATOR)]
        finer = _arg_sort([key.gather(among) for key in (*keys, *texts)])
        rows = rows.scatter(places, among.gather(finer))
    if query.sort and (sorts := relevant_sorts(query.sort, frame)):
        rows = rows.gather(sorted_rows(query, sorts, schema, frame[rows]))
    return rows, places.len()


@lru_cache(maxsize=8)  # as many as there are schemas
def composite_keys(schema: Schema) -> list[pl.Expr]:
    """As few columns as hold all key fields, and order rows as the fields do one after another."""
    groups: list[list[Dimension]] = []
    sizes: list[int] = []
    for dimension in schema.dimensions:
        if not groups or sizes[-1] * dimension.size > _LARGEST:
            groups.append([])
            sizes.append(1)
        groups[-1].append(dimension)
        sizes[-1] *= dimension.size
    return [
        _composite(group, size).alias(str(number))
        for number, (group, size) in enumerate(zip(groups, sizes, strict=True))
    ]


def _composite(dimensions: Sequence[Dimension], size: int) -> pl.Expr:
    # the narrower is the faster
    dtype = pl.UInt32 if size <= 2**32 else pl.UInt64
    parts = []
    for dimension in dimensions:
        size //= dimension.size
        # the latest period comes first, as the service has it where no sort is asked for
        ranks = dimension.size - dimension.ranks if dimension.field == PERIOD else dimension.ranks
        parts.append(pl.lit((ranks * size).cast(dtype)).gather(pl.col(dimension.field)).fill_null(0))
    # a horizontal sum would hold all parts at once
    return reduce(add, parts)


def _arg_sort(keys: Sequence[pl.Series]) -> pl.Series:
    if len(keys) == 1:
        return keys[0].arg_sort()
    frame = pl.DataFrame([key.alias(str(number)) for number, key in enumerate(keys)])
    return frame.select(pl.arg_sort_by(frame.columns)).to_series()


def relevant_sorts(sorts: Iterable[Sort], frame: pl.DataFrame) -> tuple[Sort, ...]:
    """The sorts that tell rows apart: of a level without locations the answer has no column."""
    return tuple(sort for sort in sorts if sort.field in frame.columns or not sort.field.startswith(LOCATION))


def sorted_rows(query: Query, sorts: Sequence[Sort], schema: Schema, frame: pl.DataFrame) -> pl.Series:
    """Numbers of rows of codes and texts in the order of the sorts; rows that are equal in them stay as they are."""
    keys = [_sort_key(query, sort, schema, frame) for sort in sorts]
    # the place is the last key: a stable sort is not stable in all versions of Polars when descending
    by = pl.DataFrame([key.alias(str(number)) for number, (key, _) in enumerate(keys)]).with_row_index("place")
    columns = [*by.columns[1:], "place"]
    descending = [*(sort.descending for sort in sorts), False]
    nulls_last = [*(is_last for _, is_last in keys), False]
    return by.select(pl.arg_sort_by(columns, descending=descending, nulls_last=nulls_last)).to_series()


def _sort_key(query: Query, sort: Sort, schema: Schema, frame: pl.DataFrame) -> tuple[pl.Series, bool]:
    """The column to sort by, and whether nulls come last (reference, section 12)."""
    if sort.field not in frame.columns:
        raise QueryError(f"the answer has no {sort.field!r} to sort by: ask for that indicator too, or leave it out")
    column = frame[sort.field]
    dimension = schema.by_field.get(sort.field)
    if dimension is not None:
        # to the service what a row lacks is place 0: first where it ascends, last where it descends
        places = dimension.ranks if sort.field in (PERIOD, LEVEL) else dimension.positions
        return places.gather(column), sort.descending
    if sort.textual:
        return column, sort.descending
    whole = any(item.decimal_places == 0 for item in schema.indicators if f"{INDICATOR}{item.id}" == sort.field)
    written = trimmed(column) if query.numbers == "trimmed" else column
    return natural_numbers(written, whole=whole)[0], True
