"""Which rows match, and in which order: numbers of rows, never the rows themselves. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import TypeAlias

import polars as pl

from .ingest import ROW, Rows, VersionData

Order: TypeAlias = Sequence[tuple[str, bool]]
"""Columns to sort by, each with whether descending; between equal rows the order of the file decides."""

_LARGEST_KEY = 2**64 - 1


def place_counts(data: VersionData) -> dict[str, int]:
    """How many values each column of places can have, 0 for none included."""
    counts = {"period": len(data.periods), "level": len(data.levels)}
    counts |= {f"location:{group.level.code}": len(group.options) for group in data.meta.locations}
    counts |= {f"filter:{item.id}": len(item.options) for item in data.meta.filters}
    return {column: count + 1 for column, count in counts.items()}


def matching(rows: Rows, condition: pl.Expr | None, order: Order, counts: Mapping[str, int]) -> pl.Series:
    """Numbers of the rows that match, in order.

    Args:
        rows: The rows, as `ingest` makes them; of them only the columns of condition and order are read.
        condition: Which rows; None for all.
        order: Their order.
        counts: As `place_counts` gives them.
    """
    frame = rows.scan()
    if condition is not None:
        frame = frame.filter(condition)
    key = _key(order, counts, rows.height)
    if key is None:
        columns, descending = [column for column, _ in order], [down for _, down in order]
        # the row number itself is the last key, so the order is total
        frame = frame.sort([*columns, ROW], descending=[*descending, False])
        return frame.select(ROW).collect()[ROW]
    keys = frame.select(key.alias(ROW)).collect()[ROW].sort()
    return (keys % rows.height).cast(pl.UInt32)


def _key(order: Order, counts: Mapping[str, int], height: int) -> pl.Expr | None:
    """One number that sorts as all columns and the row number do, several times as fast; None where there is none."""
    if not all(column in counts for column, _ in order):
        return None  # indicators are texts
    if prod(counts[column] for column, _ in order) * height > _LARGEST_KEY:
        return None
    key = pl.lit(0, dtype=pl.UInt64)
    for column, descending in order:
        place = pl.col(column).cast(pl.UInt64)
        key = key * counts[column] + (counts[column] - 1 - place if descending else place)
    return key * height + pl.col(ROW)
