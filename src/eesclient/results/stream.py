"""Rows for readers of Arrow, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from itertools import count
from typing import TYPE_CHECKING, Any

import polars as pl

from ..errors import ArgumentTypeError, printable
from . import receipts

if TYPE_CHECKING:
    import pyarrow as pa

    from ..models.provenance import Provenance

_ROWS = 1 << 16
"""Rows of a batch."""


class ArrowStream:
    """Rows of a data set for anything that reads Arrow streams, batch by batch. Made by `PinnedDataSet.stream`.

    pyarrow, pandas, DuckDB, DataFusion and Polars take it as a table; each that does reads anew. Labels and statuses
    are text (Arrow's `string`), as dictionaries that differ from batch to batch are more than some readers bear. The
    metadata of the schema says where the rows come from, under the names that `QueryResult.write_parquet` uses.
    """

    def __init__(self, frame: pl.LazyFrame, provenance: Provenance, *, whole: bool = False) -> None:
        if not isinstance(frame, pl.LazyFrame):
            raise ArgumentTypeError(
                f"stream() takes a lazy frame, such as scan() gives, and not {type(frame).__name__}: what is in memory "
                "already can be handed on as it is, for a result and a polars.DataFrame are Arrow streams too"
            )
        try:
            import pyarrow as pa
        except ImportError as error:
            message = "stream() needs pyarrow: pip install 'eesclient[arrow]'"
            raise ImportError(message, name=error.name) from error
        self._arrow: Any = pa
        self._frame = frame
        self._provenance = provenance
        self._pieces = slices if whole else _pieces

    @property
    def provenance(self) -> Provenance:
        """Source of the rows."""
        return self._provenance

    def __repr__(self) -> str:
        where = self._provenance
        return printable(f"<{type(self).__name__} {': '.join((*where.notices, where.title))!r} {where.version}>")

    def __arrow_c_schema__(self) -> object:
        """The columns, and where their rows come from."""
        return self._schema().__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The rows, which are read while the reader asks for them."""
        schema = self._schema()
        reader = self._arrow.RecordBatchReader.from_batches(schema, self._batches(schema))
        return reader.__arrow_c_stream__(requested_schema)

    def _schema(self) -> pa.Schema:
        schema = pl.DataFrame(schema=self._frame.collect_schema()).pipe(_as_text).to_arrow().schema
        return narrow(schema).with_metadata(receipts.facts_of(self._provenance))

    def _batches(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        for frame in self._pieces(self._frame):
            yield from _as_text(frame).to_arrow().cast(schema).to_batches()


def narrow(schema: pa.Schema) -> pa.Schema:
    """The columns with text as `string`: Polars' own has 64 bits for a place in it, which not every reader takes."""
    pa = import_module("pyarrow")
    fields = (field.with_type(pa.string()) if field.type == pa.large_string() else field for field in schema)
    return pa.schema(fields)


def slices(frame: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """The rows of a file: each slice reads its own alone, which takes half the memory of what Polars reads ahead."""
    for start in count(0, _ROWS):
        piece = frame.slice(start, _ROWS).collect()
        if piece.is_empty():
            return
        yield piece


def _pieces(frame: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """The rows of any plan."""
    if hasattr(frame, "collect_batches"):
        return iter(frame.collect_batches(chunk_size=_ROWS, lazy=True))
    # before 1.34 Polars gave all or nothing
    return frame.collect().iter_slices(_ROWS)


def _as_text(frame: pl.DataFrame) -> pl.DataFrame:
    # not in the plan, where whole row groups would become text side by side; and not by name, which may be a pattern
    return pl.DataFrame(
        [
            column.cast(pl.String) if column.dtype.base_type() in (pl.Categorical, pl.Enum) else column
            for column in frame.iter_columns()
        ]
    )
