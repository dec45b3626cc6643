"""The order of rows: canonical, and by the sorts that were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from math import prod
from operator import add, and_

import attrs
import polars as pl

from ..errors import QueryError
from ..query.args import Sort
from ..query.question import Query
from .columns import INDICATOR, LEVEL, LOCATION, PERIOD, Dimension, Schema
from .values import natural_numbers

_LARGEST = 2**63


@attrs.frozen(kw_only=True, eq=False)
class Order:
    """Numbers of the rows in their new order, and how many are equal to another in every key field."""

    rows: pl.Series
    ambiguous: int


def order_rows(query: Query, schema: Schema, frame: pl.DataFrame) -> Order:
    """Order rows of codes and texts.

    Time period descending, then the other key fields as the frame has them, then the texts of the indicators, by code
    point and empty ones first; the sorts of the question go before all that.
    """
    keys = composite_keys(schema.dimensions, frame)
    rows, ambiguous = _canonical(keys, frame)
    if sorts := relevant_sorts(query.sort, frame):
        rows = rows.gather(sorted_rows(sorts, schema, frame[rows]))
    return Order(rows=rows, ambiguous=ambiguous)


def composite_keys(dimensions: Sequence[Dimension], frame: pl.DataFrame) -> list[pl.Series]:
    """As few columns as hold all key fields, and order rows as the fields do one after another."""
    groups: list[list[Dimension]] = []
    room = 0
    for dimension in dimensions:
        if room < dimension.size:
            groups.append([])
            room = _LARGEST
        groups[-1].append(dimension)
        room //= dimension.size
    # in one call, which works on several columns at a time
    return frame.select(_composite(group).alias(f"{number}") for number, group in enumerate(groups)).get_columns()


def _composite(dimensions: Sequence[Dimension]) -> pl.Expr:
    # the narrower is the faster
    dtype = pl.UInt32 if prod(dimension.size for dimension in dimensions) <= 2**32 else pl.UInt64
    weight = 1
    parts = []
    for dimension in reversed(dimensions):
        ranks = dimension.ranks
        # the latest period comes first, as the service has it where no sort is asked for
        if dimension.field == PERIOD:
            ranks = dimension.size - ranks
        parts.append(pl.lit((ranks * weight).cast(dtype)).gather(pl.col(dimension.field)).fill_null(0))
        weight *= dimension.size
    # a horizontal sum would hold all parts at once
    return reduce(add, parts)


def _canonical(keys: list[pl.Series], frame: pl.DataFrame) -> tuple[pl.Series, int]:
    rows = _arg_sort(keys)
    # true where a row is equal to the next
    same = reduce(and_, (ordered.head(-1) == ordered.slice(1) for ordered in (key.gather(rows) for key in keys)))
    if not same.any():
        return rows, 0
    none = pl.Series([False])
    places = (pl.concat([same, none]) | pl.concat([none, same])).arg_true()
    among = rows.gather(places)
    texts = [frame[name] for name in frame.columns if name.startswith(INDICATOR)]
    finer = _arg_sort([key.gather(among) for key in (*keys, *texts)])
    return rows.scatter(places, among.gather(finer)), places.len()


def _arg_sort(keys: Sequence[pl.Series]) -> pl.Series:
    if len(keys) == 1:
        return keys[0].arg_sort()
    frame = pl.DataFrame([key.alias(str(number)) for number, key in enumerate(keys)])
    return frame.select(pl.arg_sort_by(frame.columns)).to_series()


def relevant_sorts(sorts: Iterable[Sort], frame: pl.DataFrame) -> tuple[Sort, ...]:
    """The sorts that tell rows apart: of a level without locations the answer has no column."""
    return tuple(sort for sort in sorts if sort.field in frame.columns or not sort.field.startswith(LOCATION))


def sorted_rows(sorts: Sequence[Sort], schema: Schema, frame: pl.DataFrame) -> pl.Series:
    """Numbers of rows of codes and texts in the order of the sorts; rows that are equal in them stay as they are."""
    keys = [_sort_key(sort, schema, frame) for sort in sorts]
    # the place is the last key: a stable sort is not stable in all versions of Polars when descending
    by = pl.DataFrame([key.alias(str(number)) for number, (key, _) in enumerate(keys)]).with_row_index("place")
    columns = [*by.columns[1:], "place"]
    descending = [*(sort.descending for sort in sorts), False]
    nulls_last = [*(is_last for _, is_last in keys), False]
    return by.select(pl.arg_sort_by(columns, descending=descending, nulls_last=nulls_last)).to_series()


def _sort_key(sort: Sort, schema: Schema, frame: pl.DataFrame) -> tuple[pl.Series, bool]:
    """The column to sort by, and whether nulls come last (reference, section 12)."""
    if sort.field not in frame.columns:
        raise QueryError(f"the answer has no {sort.field!r} to sort by: ask for that indicator too, or leave it out")
    column = frame[sort.field]
    dimension = schema.dimension(sort.field)
    if dimension is not None:
        places = dimension.ranks if sort.field in (PERIOD, LEVEL) else dimension.positions
        return places.gather(column), sort.descending
    if sort.textual:
        return column, sort.descending
    whole = any(item.decimal_places == 0 for item in schema.indicators if f"{INDICATOR}{item.id}" == sort.field)
    return natural_numbers(column, whole=whole)[0], True
