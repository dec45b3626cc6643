"""Conversion of a data file to a table, in bounded memory.

The file is read chunk by chunk. The rows of a chunk are sorted and written down; then ranges of keys are put together
out of all chunks, one after the other, so that the rows come out in canonical order. Rows with equal keys are always
in one range, so that what decides between them is there at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import attrs
import polars as pl

from ..query.question import Query
from ..table.columns import INDICATOR, schema_of
from ..table.csv import CHUNK, FileReader, chunks
from ..table.order import composite_keys, order_rows
from ..table.values import read_values
from .table import NUMBER, STATUS, About, Table, digest_of, values_of, with_labels, with_tied, with_values

RANGE = 100_000
"""Rows that are put in order at a time, about."""

_KEY = "key"
_STEP = 256
"""Of so many keys one says where ranges begin."""

_GROUP = 8_192
"""Rows of a sorted chunk that are read together: ranges need small parts of it."""

_ROW_GROUP = 1 << 17
"""Rows of the table that are read together."""


@attrs.frozen(kw_only=True, eq=False)
class _Run:
    """The rows of a chunk, sorted, in a file."""

    path: Path
    sample: pl.Series


class Conversion:
    """Makes a table of a data file of a whole version, with further files in a folder meanwhile.

    The bytes of a chunk and the rows of a range are met about.
    """

    def __init__(self, whole: Query, folder: Path, *, chunk: int = CHUNK, size: int = RANGE) -> None:
        self._whole = whole
        self._schema = schema_of(whole)
        self._folder = folder
        self._chunk = chunk
        self._size = size
        self._rows = self._ambiguous = 0
        self._fractions: Counter[str] = Counter()

    def run(self, data: Path, target: Path) -> Table | None:
        """Write the table of a data file; None when that has values that metadata does not name.

        Raises:
            InvalidResponseError: The file is not CSV, or lacks a column.
        """
        runs: list[_Run] = []
        for run in self._runs(data):
            if run is None:
                return None
            runs.append(run)
        parts = [*self._parts(runs)]
        about = About(
            layout=digest_of(self._schema), rows=self._rows, ambiguous=self._ambiguous, fractions=dict(self._fractions)
        )
        pl.scan_parquet(parts).sink_parquet(
            target, compression="lz4", row_group_size=_ROW_GROUP, metadata=about.metadata()
        )
        return Table(target, about)

    def _runs(self, data: Path) -> Iterator[_Run | None]:
        reader = FileReader(self._whole)
        with data.open("rb") as file:
            for number, chunk in enumerate(chunks(file, self._chunk)):
                encoded = reader.read(chunk)
                yield None if encoded.unknown else self._run(number, encoded.frame)

    def _run(self, number: int, frame: pl.DataFrame) -> _Run:
        keys = composite_keys(self._schema.dimensions, frame)
        ordered = frame.with_columns(keys[0].alias(_KEY)).sort(_KEY)
        rows, fractions = with_values(self._whole, self._schema, ordered)
        self._rows += rows.height
        self._fractions.update(fractions)
        path = self._folder / f"run-{number}"
        rows.write_parquet(path, compression="lz4", row_group_size=_GROUP, statistics=False)
        return _Run(path=path, sample=rows[_KEY].gather_every(_STEP))

    def _parts(self, runs: list[_Run]) -> Iterator[Path]:
        sample = pl.concat([run.sample for run in runs]).sort()
        edges = sample.gather_every(max(1, self._size // _STEP), offset=1).unique().sort()
        places = [[*pairwise(_places(run, edges))] for run in runs]
        for number, slices in enumerate(zip(*places, strict=True)):
            rows = self._range(runs, slices)
            if rows.height or number == 0:
                path = self._folder / f"part-{number}"
                rows.write_parquet(path, compression="lz4")
                yield path

    def _range(self, runs: list[_Run], slices: tuple[tuple[int, int], ...]) -> pl.DataFrame:
        """The rows of a range, in canonical order."""
        scans = (pl.scan_parquet(run.path) for run in runs)
        # of an indicator with fractions, chunks without one have another type
        mixed = [f"{kind}{id_}" for id_ in self._fractions for kind in (NUMBER, STATUS)]
        found = [
            scan.drop(_KEY, *mixed).slice(start, end - start) for scan, (start, end) in zip(scans, slices, strict=True)
        ]
        rows = pl.concat([part.collect() for part in found], rechunk=True)
        order = order_rows(self._whole, self._schema, rows)
        self._ambiguous += order.ambiguous
        rows = self._with_floats(rows[order.rows])
        return with_labels(self._schema, with_tied(self._schema, rows, ambiguous=order.ambiguous))

    def _with_floats(self, rows: pl.DataFrame) -> pl.DataFrame:
        values: list[pl.Series] = []
        for indicator in self._schema.indicators:
            if indicator.id in self._fractions:
                loose = attrs.evolve(indicator, decimal_places=None)
                values += values_of(indicator, read_values(rows[f"{INDICATOR}{indicator.id}"], loose, self._whole))
        numbers = [f"{kind}{indicator.id}" for indicator in self._schema.indicators for kind in (NUMBER, STATUS)]
        return rows.with_columns(values).select(*self._schema.fields, *self._schema.cells, *numbers)


def _places(run: _Run, edges: pl.Series) -> list[int]:
    """Where ranges begin and end in a run."""
    keys = pl.read_parquet(run.path, columns=[_KEY])[_KEY]
    return [0, *keys.search_sorted(edges, side="left").to_list(), keys.len()]
