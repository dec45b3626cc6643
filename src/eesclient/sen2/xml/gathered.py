"""A return while it is read: pieces of its frames, and the whole that they make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from ..returns import KEPT, ORDER, Header, Return, in_order, says_synthetic, schema
from ..specification import specification


class Gathered:
    """Pieces of the frames of a return, in the order of the file.

    Attributes:
        year: Year of the return.
        counts: How many records of each table have their keys.
    """

    def __init__(self, year: int) -> None:
        self.year = year
        self.counts: dict[str, int] = dict.fromkeys(specification(year).tables, 0)
        self._frames: dict[str, list[pl.DataFrame]] = {name: [] for name in self.counts}
        self._offsets: dict[str, list[pl.DataFrame]] = {name: [] for name in self.counts}
        self._kept = [pl.DataFrame(schema=KEPT)]
        self._order = [pl.DataFrame(schema=ORDER)]

    def add(self, table: str, records: pl.DataFrame, offsets: pl.DataFrame) -> None:
        """Take records of a table, with the lines of their elements after their own (0 for what is absent)."""
        self._frames[table].append(records)
        self._offsets[table].append(offsets)

    def keep(self, rows: pl.DataFrame) -> None:
        """Take rows of `KEPT`."""
        self._kept.append(rows)

    def reorder(self, rows: pl.DataFrame) -> None:
        """Take rows of `ORDER`."""
        self._order.append(rows)

    def finish(self, header: Header, source: str, form: str, lines: Mapping[str, int]) -> Return:
        """Make the return of all that was taken; `lines` are those of what is no part of a record, by tag."""
        frames = {
            # not made one piece: that would need all of the frames' memory once more
            name: pl.concat([pl.DataFrame(schema=schema(name, self.year)), *pieces], rechunk=False)
            for name, pieces in self._frames.items()
        }
        offsets = {
            # pieces differ in the width of their numbers; see `narrow`
            name: pl.concat(pieces, how="vertical_relaxed", rechunk=False)
            for name, pieces in self._offsets.items()
            if pieces
        }
        offsets[""] = pl.DataFrame({tag: [line] for tag, line in lines.items()}).cast(pl.UInt32)
        return Return(
            header=header,
            **frames,
            kept=in_order(pl.concat(self._kept), "key", "position"),
            order=in_order(pl.concat(self._order), "key"),
            source=source,
            form=form,
            synthetic=says_synthetic(frames["authority"]),
            offsets=offsets,
        )


def narrow(numbers: pl.Series) -> pl.Series:
    """The same numbers in half the space, where they fit."""
    highest: Any = numbers.max()
    # hardly a record has 65,536 lines, and there is a number for each element of the file
    return numbers.cast(pl.UInt16) if highest is None or highest < 1 << 16 else numbers
