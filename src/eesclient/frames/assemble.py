"""Coded rows to the one frame that every route gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import attrs

from .._lazy import pl
from ..models.meta import Indicator
from ..query.query import Query
from .axes import FILTER, INDICATOR, LOCATION, Axis, Coded, Entry, Layout, layout_of, stray_axis
from .columns import ColumnInfo, columns_of
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
        layout: Its fields.
        codes: Codes of the key fields, row by row as in the frame.
        ambiguous: Rows that are equal to another in every key column.
        fractions: Indicators that hold fractions though they were to hold whole numbers, and how many.
        strays: Fields that the answer has and metadata lacks.
    """

    frame: pl.DataFrame
    columns: tuple[ColumnInfo, ...]
    layout: Layout
    codes: pl.DataFrame
    ambiguous: int
    fractions: tuple[tuple[Indicator, int], ...]
    strays: tuple[str, ...]


@attrs.frozen(kw_only=True, eq=False)
class Joined:
    """All rows of an answer.

    Attributes:
        layout: Every field and entry that they have.
        frame: The rows as codes and texts.
    """

    layout: Layout
    frame: pl.DataFrame


def join(query: Query, parts: Sequence[Coded]) -> Joined:
    """Join parts of an answer, without a copy of their texts.

    Args:
        query: What was asked.
        parts: Pages in the order of the service, or the one data file.
    """
    layout = layout_of(query)
    names = dict.fromkeys(name for part in parts for name in part.frame.columns)
    wider = _widened(query, layout, names, parts)
    frames = [_recoded(part, layout, wider) for part in parts]
    if not frames:
        return Joined(layout=wider, frame=_empty(wider))
    alike = all(frame.schema == frames[0].schema for frame in frames)
    rows = pl.concat(frames, how="vertical" if alike else "diagonal_relaxed")
    # what is in one piece is gathered several times as fast
    codes = rows.select(axis.field for axis in wider.axes).rechunk()
    return Joined(layout=wider, frame=rows.with_columns(codes.get_columns()))


def assemble(query: Query, joined: Joined) -> Assembled:
    """Order the rows of an answer, and turn codes into labels and texts into values.

    Args:
        query: What was asked.
        joined: All rows; they take the least memory when nothing else refers to them.
    """
    layout, rows = joined.layout, joined.frame if query.limit is None else joined.frame.head(query.limit)
    del joined
    order = order_rows(query, layout, rows)
    texts = {indicator.id: rows[f"{INDICATOR}{indicator.id}"] for indicator in layout.indicators}
    codes = rows.select(axis.field for axis in layout.axes)[order.rows]
    del rows
    values, fractions = _values(query, layout, texts, order.rows)
    columns = columns_of(query, layout)
    found = [*labels_of(layout, codes), *values]
    series = [part.alias(column.name) for part, column in zip(found, columns, strict=True)]
    known = {axis.field for axis in layout_of(query).axes}
    return Assembled(
        frame=pl.DataFrame(series),
        columns=columns,
        layout=layout,
        codes=codes,
        ambiguous=order.ambiguous,
        fractions=fractions,
        strays=tuple(axis.field for axis in layout.axes if axis.field not in known),
    )


def labels_of(layout: Layout, codes: pl.DataFrame) -> list[pl.Series]:
    """The labels of codes, column by column."""
    columns = [(axis, place) for axis in layout.axes for place in range(len(axis.columns))]
    return _each(lambda column: column[0].texts(column[1]).gather(codes[column[0].field]), columns, codes.height)


def _values(
    query: Query, layout: Layout, texts: dict[str, pl.Series], order: pl.Series
) -> tuple[list[pl.Series], tuple[tuple[Indicator, int], ...]]:
    """Columns of the indicators in order, and those that hold fractions though they were to hold whole numbers."""

    def read(indicator: Indicator) -> Cells:
        # numbers are moved faster than texts, whose memory can be used again after that
        return read_values(texts.pop(indicator.id), indicator, query).gather(order)

    cells = _each(read, layout.indicators, order.len())
    series = [
        part for item in cells for part in ([item.number, item.status] if query.values == "typed" else [item.number])
    ]
    read_as = zip(layout.indicators, cells, strict=True)
    return series, tuple((indicator, item.fractions) for indicator, item in read_as if item.fractions)


def _each(make: Callable[[T], R], items: Sequence[T], rows: int) -> list[R]:
    """What is made of each item; of many rows, side by side."""
    if rows < _MANY:
        return [*map(make, items)]
    # threads of our own get the memory that those which read pages gave back; those of Polars would take more
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="eesclient") as pool:
        return [*pool.map(make, items)]


def _widened(query: Query, layout: Layout, names: dict[str, None], parts: Sequence[Coded]) -> Layout:
    strays: dict[str, list[Entry]] = {}
    for part in parts:
        for field, entries in part.strays.items():
            strays.setdefault(field, []).extend(entries)
    axes = [*layout.axes, *_stray_axes(layout, names)]
    indicators = [*layout.indicators, *_stray_indicators(query, layout, names)]
    if not strays and len(axes) == len(layout.axes) and len(indicators) == len(layout.indicators):
        return layout
    return Layout(
        axes=tuple(axis.extended(strays[axis.field]) if axis.field in strays else axis for axis in axes),
        indicators=tuple(indicators),
    )


def _stray_axes(layout: Layout, names: dict[str, None]) -> list[Axis]:
    known = {axis.field for axis in layout.axes}
    fields = [name for name in names if name.startswith((LOCATION, FILTER)) and name not in known]
    return [stray_axis(field) for field in sorted(fields, key=lambda field: (field.startswith(FILTER), field))]


def _stray_indicators(query: Query, layout: Layout, names: dict[str, None]) -> list[Indicator]:
    asked = {indicator.id for indicator in layout.indicators}
    named = {indicator.id: indicator for indicator in query.meta.indicators}
    ids = sorted(name.removeprefix(INDICATOR) for name in names if name.startswith(INDICATOR))
    return [named.get(i) or Indicator(id=i, column=i, label=i) for i in ids if i not in asked]


def _recoded(part: Coded, layout: Layout, wider: Layout) -> pl.DataFrame:
    """The part's rows with the codes of the wider layout."""
    changed = []
    for axis in wider.axes:
        before = layout.axis(axis.field) or stray_axis(axis.field)
        if axis is not before and axis.field in part.frame.columns:
            codes = before.recoded(axis, part.strays.get(axis.field, ()))
            changed.append(codes.gather(part.frame[axis.field]).alias(axis.field))
    return part.frame.with_columns(changed) if changed else part.frame


def _empty(layout: Layout) -> pl.DataFrame:
    schema: dict[str, type[pl.DataType]] = {axis.field: pl.UInt32 for axis in layout.axes}
    return pl.DataFrame(schema=schema | {f"{INDICATOR}{item.id}": pl.String for item in layout.indicators})
