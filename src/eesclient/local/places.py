"""Texts that stand together in the rows of a data file, and their places in an order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias, cast

import polars as pl

from .csv import TextTable

Cells: TypeAlias = tuple[str, ...]
"""Texts that stand together in a row."""


class Numbered:
    """Columns of a table whose texts have numbers."""

    def __init__(self, table: TextTable) -> None:
        self._table = table
        self._known: dict[str, pl.Series] = {}

    def __getitem__(self, column: str) -> pl.Series:
        if column not in self._known:
            cells = self._table[column]
            is_text = isinstance(cells.dtype, pl.String)
            self._known[column] = cells.cast(pl.Categorical(pl.Categories.random())) if is_text else cells
        return self._known[column]


class Texts:
    """The combinations of texts that some columns have, and which of them each row has."""

    def __init__(self, numbered: Numbered, columns: Sequence[str]) -> None:
        found = [numbered[column] for column in columns]
        keys, size = found[0].to_physical(), _after(found[0])
        for cells in found[1:]:
            if size * _after(cells) >= 1 << 63:
                keys, size = keys.rank("dense"), keys.len() + 1
            keys, size = keys.cast(pl.UInt64) * _after(cells) + cells.to_physical(), size * _after(cells)
        self._keys = keys
        first = keys.arg_unique()
        self._distinct = keys.gather(first)
        # a plain zip, as Polars hands out rows of one column as well
        self.cells: list[Cells] = [*zip(*(cells.gather(first).cast(pl.String) for cells in found), strict=True)]

    def places(self, ordered: Sequence[Cells], name: str) -> pl.Series:
        """Place of each row's cells in the order given, from 1; 0 for cells that are not in it."""
        dtype = smallest(len(ordered))
        known = {cells: place for place, cells in enumerate(ordered, 1)}
        places = pl.Series([known.get(cells, 0) for cells in self.cells], dtype=dtype)
        end = _after(self._distinct)
        if end <= _DENSE:
            table = pl.zeros(end, dtype, eager=True).scatter(self._distinct.cast(pl.UInt32), places)
            return table.gather(self._keys.cast(pl.UInt32)).alias(name)
        return self._keys.replace_strict(self._distinct, places, return_dtype=dtype).alias(name)


def smallest(most: int) -> type[pl.DataType]:
    """The smallest type of places up to so many."""
    return next(dtype for dtype, largest in _SMALL.items() if most <= largest)


def _after(numbers: pl.Series) -> int:
    """The number after the largest."""
    return cast(int, numbers.to_physical().max() or 0) + 1


_DENSE = 1 << 22
"""Numbers up to which a place is looked up by position."""

_SMALL = {pl.UInt8: (1 << 8) - 1, pl.UInt16: (1 << 16) - 1, pl.UInt32: (1 << 32) - 1}
"""Types of places, and the largest that each holds."""
