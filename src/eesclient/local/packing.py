"""What the box keeps of a version's files: large ones packed, and unpacked as far as a question needs them."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from typing import Self

import attrs

from .._lazy import pl

ROW = "row"
"""Column with the number of a row, from 0."""

_LARGE = 4 << 20
"""Bytes from which on rows and files are packed: they take a tenth of that or less."""

_FASTEST = 1


@attrs.frozen(kw_only=True, eq=False)
class Rows:
    """The rows of a version; large tables are Parquet in memory, of which only the columns that are needed are read.

    Attributes:
        height: How many rows.
        columns: Names of the columns.
    """

    height: int
    columns: tuple[str, ...]
    _table: pl.LazyFrame = attrs.field(alias="table", repr=False)

    @classmethod
    def of(cls, frame: pl.DataFrame) -> Self:
        """Keep a table."""
        # a column for the number of the row: other columns are then read for the rows that are wanted alone
        numbered = frame.with_row_index(ROW)
        table = numbered.lazy() if frame.estimated_size() < _LARGE else _parquet(numbered)
        return cls(height=frame.height, columns=tuple(frame.columns), table=table)

    def scan(self) -> pl.LazyFrame:
        """All rows with their numbers, to be read as far as they are asked for."""
        return self._table

    def take(self, rows: pl.Series, columns: Sequence[str]) -> pl.DataFrame:
        """Some columns of some rows.

        Args:
            rows: Numbers of the rows, each once, in the order in which they are wanted.
            columns: Names of the columns.
        """
        wanted = pl.col(ROW).is_in(rows.implode())
        found = self._table.filter(wanted).select(ROW, *columns).sort(ROW).collect()
        return found.select(columns)[rows.rank("ordinal") - 1]


def _parquet(frame: pl.DataFrame) -> pl.LazyFrame:
    file = io.BytesIO()
    # the fastest to read, and not much larger
    frame.write_parquet(file, compression="lz4")
    return pl.scan_parquet(file.getvalue())


@attrs.frozen(kw_only=True, eq=False)
class Content:
    """The bytes of a file.

    Attributes:
        size: How many there are.
    """

    size: int
    _bytes: bytes = attrs.field(alias="bytes", repr=False)
    _is_packed: bool = attrs.field(alias="is_packed")

    @classmethod
    def of(cls, content: bytes) -> Self:
        """Keep the bytes of a file."""
        is_large = len(content) >= _LARGE
        return cls(
            size=len(content), bytes=zlib.compress(content, _FASTEST) if is_large else content, is_packed=is_large
        )

    def read(self, size: int | None = None) -> bytes:
        """The bytes.

        Args:
            size: How many at most, from the first; None for all.
        """
        if not self._is_packed:
            return self._bytes[:size]
        if size is None:
            return zlib.decompress(self._bytes, bufsize=self.size)
        return zlib.decompressobj().decompress(self._bytes, size)
