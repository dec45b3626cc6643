"""Columns of a table in memory: what questions need of it, read once."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from operator import or_
from pathlib import Path
from threading import Lock

import polars as pl

from ..table.condition import Condition, Equals

_SEVERAL = 4
"""Codes that are compared one by one; more of them are looked up."""

_WIDTHS = {"number": 8, "tied": 1}
"""Bytes of a value, by the first word of its column's name; of codes, statuses and row numbers it is 4."""


class Columns:
    """Columns of a table in memory, each read when a question first needs it. For several threads.

    Args:
        source: The Parquet file, or its bytes.
        rows: How many it has.
        make_room: Told how many more bytes they will take; says whether they may.
        is_same: Says whether the file is still the one that it was.
    """

    def __init__(
        self, source: Path | bytes, rows: int, make_room: Callable[[int], bool], is_same: Callable[[], bool]
    ) -> None:
        self._source, self._rows = source, rows
        self._make_room, self._is_same = make_room, is_same
        self._alone = Lock()
        self._is_asked = False
        # replaced as one by others with more columns, so that who reads them needs no lock
        self._held = frozenset[str](), pl.DataFrame(), pl.Series(dtype=pl.UInt32)

    def rows(self, names: Sequence[str], asked: Condition) -> pl.DataFrame | None:
        """Those columns of the rows that meet a condition on columns among them.

        None where they are not in memory: at the first question, which the file answers sooner; where there is no room;
        and where the file is no more what it was.
        """
        if not self._is_asked:
            self._is_asked = True
            return None
        if not self._held[0].issuperset(names) and not self._read(names):
            return None
        _, whole, numbers = self._held
        frame = whole[names]
        if asked.predicate is None:
            return frame
        if asked.equals:
            return frame[_equal(asked.equals, whole, numbers)]
        meets = whole.select_seq(asked.predicate).to_series()
        # a condition on nothing has one value for all rows
        return frame[numbers.filter(meets)] if meets.len() == frame.height else frame.filter(asked.predicate)

    def _read(self, names: Iterable[str]) -> bool:
        with self._alone:
            known, frame, numbers = self._held
            missing = [name for name in names if name not in known]
            if not missing:
                return True
            width = sum(_WIDTHS.get(name.partition("|")[0], 4) for name in missing) + (0 if known else 4)
            if not self._make_room(self._rows * width):
                return False
            source = io.BytesIO(self._source) if isinstance(self._source, bytes) else self._source
            added = pl.read_parquet(source, columns=missing).rechunk()
            if added.height != self._rows or not self._is_same():
                return False
            if known:
                self._held = known.union(missing), frame.hstack(added), numbers
            else:
                self._held = frozenset(missing), added, pl.int_range(self._rows, dtype=pl.UInt32, eager=True)
            return True


def _equal(equals: Equals, frame: pl.DataFrame, numbers: pl.Series) -> pl.Series:
    """Numbers of the rows that have one of the codes in each of the columns: each looks only at what is left."""
    left = numbers
    for name, codes in equals:
        column = frame.get_column(name)
        part = column if left is numbers else column[left]
        # null is equal to nothing
        few = len(codes) < _SEVERAL
        left = left.filter(reduce(or_, [part == code for code in codes]) if few else part.is_in([*codes]))
    return left
