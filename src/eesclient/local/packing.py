"""How the rows and the file of a version are kept: packed where they are large, and unpacked while they are asked."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import Self
from weakref import WeakKeyDictionary

import attrs
import polars as pl

from .._classes import frozen

ROW = "row"
"""Column with the number of a row, from 0."""

_LARGE = 4 << 20
"""Bytes from which on rows and files are packed: they take a tenth of that or less."""

_AT_HAND = 256 << 20
"""Bytes of packed tables that are kept unpacked as well, as questions about them are answered many times as fast."""


class _Unpacked:
    """Tables that were asked last, unpacked, within a limit that all of the process share."""

    def __init__(self) -> None:
        self._lock = Lock()
        # tables that nothing else holds any more are forgotten
        self._frames: WeakKeyDictionary[Rows, pl.DataFrame] = WeakKeyDictionary()

    def of(self, rows: Rows) -> pl.DataFrame | None:
        """The table with the numbers of its rows; None where it is too large."""
        if rows.size > _AT_HAND:
            return None
        with self._lock:
            frame = self._frames.pop(rows, None)
            # the last that was asked stands last
            self._frames[rows] = frame = rows.scan().collect() if frame is None else frame
            while sum(held.size for held in self._frames) > _AT_HAND:
                self._frames.pop(next(iter(self._frames)))
            return frame


_unpacked = _Unpacked()


def to_parquet(frame: pl.DataFrame) -> bytes:
    """A table with the numbers of its rows, packed."""
    file = io.BytesIO()
    # a column for the number of the row: other columns are then read for the rows that are wanted alone;
    # this compression is the fastest to read, and the file is not much larger
    frame.with_row_index(ROW).write_parquet(file, compression="lz4")
    return file.getvalue()


@frozen(kw_only=True, eq=False)
class Rows:
    """The rows of a version; large tables are Parquet in memory, of which only the columns that are needed are read.

    Attributes:
        height: How many rows there are.
        columns: Names of the columns, without that of the numbers.
        size: Bytes that the table takes unpacked.
    """

    height: int
    columns: tuple[str, ...]
    size: int
    _table: pl.LazyFrame | pl.DataFrame = attrs.field(alias="table", repr=False)

    @classmethod
    def of(cls, frame: pl.DataFrame) -> Self:
        """Keep a table."""
        size = int(frame.estimated_size())
        if size >= _LARGE:
            return cls.packed(to_parquet(frame), height=frame.height, columns=frame.columns, size=size)
        return cls(height=frame.height, columns=tuple(frame.columns), size=size, table=frame.with_row_index(ROW))

    @classmethod
    def packed(cls, parquet: bytes, *, height: int, columns: Iterable[str], size: int) -> Self:
        """Keep a table that is packed already."""
        return cls(height=height, columns=tuple(columns), size=size, table=pl.scan_parquet(parquet))

    def called(self, names: Mapping[str, str]) -> Rows:
        """The same rows with other names of some columns."""
        columns = tuple(names.get(column, column) for column in self.columns)
        return attrs.evolve(self, columns=columns, table=self._table.rename(names))

    def scan(self) -> pl.LazyFrame:
        """All rows with their numbers, to be read as far as they are asked for."""
        return self._table.lazy()

    def at_hand(self) -> pl.LazyFrame:
        """The same for those who come again: unpacked, where there is room for that."""
        frame = self._unpacked()
        return self.scan() if frame is None else frame.lazy()

    def _unpacked(self) -> pl.DataFrame | None:
        return self._table if isinstance(self._table, pl.DataFrame) else _unpacked.of(self)

    def take(self, rows: pl.Series, columns: Sequence[str]) -> pl.DataFrame:
        """Some columns of some rows, each once, in the order in which their numbers are given."""
        frame = self._unpacked()
        if frame is not None:
            # chosen so, no plan is made for it
            return frame[list(columns)][rows]
        wanted = pl.col(ROW).is_in(rows.implode())
        found = self.scan().filter(wanted).select(ROW, *columns).sort(ROW).collect()
        # a filter keeps the order of the table; ranks put the rows into the order that was wanted
        return found.select(columns)[rows.rank("ordinal") - 1]


@frozen(kw_only=True, eq=False)
class Content:
    """The bytes of a file, and how many there are."""

    size: int
    _bytes: bytes = attrs.field(alias="bytes", repr=False)
    _is_packed: bool = attrs.field(alias="is_packed")

    @classmethod
    def of(cls, content: bytes) -> Self:
        """Keep the bytes of a file."""
        is_large = len(content) >= _LARGE
        packed = gzip.compress(content, compresslevel=1, mtime=0) if is_large else content
        return cls(size=len(content), bytes=packed, is_packed=is_large)

    def read(self, size: int | None = None) -> bytes:
        """The bytes, at most `size` from the first."""
        if not self._is_packed:
            return self._bytes[:size]
        if size is None:
            return gzip.decompress(self._bytes)
        with gzip.GzipFile(fileobj=io.BytesIO(self._bytes)) as file:
            return file.read(size)
