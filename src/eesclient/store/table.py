"""A whole version as a Parquet file: every question about it is answered from there, as the service would answer it.

Rows stand in canonical order. Columns are the codes of the key fields (null where a row has none), for each indicator
the cell as text, the number, and the status, and the labels as the frame of the whole version has them. How codes
relate to metadata is part of the file's own metadata, so that a file written by another version of this package is
noticed, and made anew.
"""

from __future__ import annotations

import io
import json
import math
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import attrs
import polars as pl

from .._classes import frozen
from ..models.enums import IndicatorUnit
from ..models.meta import Indicator, Meta
from ..models.provenance import Provenance
from ..query.args import Numbers
from ..query.question import Query
from ..results.result import QueryResult
from ..table.assemble import Assembled, composite_keys, labels_of, order_rows
from ..table.columns import INDICATOR, EncodedRows, Schema, columns_of, schema_of
from ..table.condition import condition
from ..table.dimensions import layout_of
from ..table.match import warnings_of
from ..table.values import Cells, Padded, padded_among, read_values
from .in_memory import Columns

FORMAT = 3
"""Number of the layout of these files."""

_ABOUT = "eesclient:table"
NUMBER, STATUS, TIED = "number|", "status|", "tied"
_LABEL = "label|"


@frozen(kw_only=True)
class About:
    """Facts of a table that are known without reading its rows, the digest of its codes' meaning first."""

    layout: str
    rows: int = 0
    # of these, how many are equal to another in every key field
    ambiguous: int = 0
    # cells with fractions where metadata says whole numbers, by the indicator's id
    fractions: Mapping[str, int] = attrs.field(factory=dict)
    # padded numbers, by the indicator's id; and fractions where these are read
    padded: Mapping[str, Padded] = attrs.field(factory=dict)
    trimmed: Mapping[str, int] = attrs.field(factory=dict)

    def read_as(self, numbers: Numbers) -> About:
        """The same where `numbers=` says which cells are numbers."""
        return self if numbers == "plain" else attrs.evolve(self, fractions=self.trimmed, padded={})

    def metadata(self) -> dict[str, str]:
        """Metadata of the Parquet file."""
        return {_ABOUT: json.dumps({"format": FORMAT, **attrs.asdict(self)})}


class Table:
    """All rows of a version: a Parquet file, its bytes, or a frame; and what is known of them.

    Of a file that was just written, the rows may still be in memory: questions are answered out of these.
    """

    def __init__(self, source: Path | bytes | pl.DataFrame, about: About, *, rows: pl.DataFrame | None = None) -> None:
        self._source = source
        self.rows: pl.DataFrame | None = source if isinstance(source, pl.DataFrame) else rows
        self.about = about
        # what of it is in memory
        self.columns: Columns | None = None

    @classmethod
    def open(cls, source: Path | bytes, whole: Query) -> Table | None:
        """A table that was written before; None when its codes do not mean what they would mean now."""
        metadata = pl.read_parquet_metadata(source if isinstance(source, Path) else io.BytesIO(source))
        members = json.loads(metadata.get(_ABOUT, "{}"))
        if members.pop("format", None) != FORMAT or members.get("layout") != layout_of(whole.meta):
            return None
        return cls(source, About(**members))

    @classmethod
    def of_file(cls, whole: Query, data: bytes) -> Table | None:
        """The table of a data file; None when it has values that metadata does not name."""
        # not above: tables that were written before are not read so
        from ..table.csv import read_data_file

        schema = schema_of(whole)
        encoded = read_data_file(whole, data)
        if encoded.unknown:
            return None
        order, ambiguous = order_rows(whole, schema, encoded.frame)
        about = About(layout=layout_of(whole.meta), ambiguous=ambiguous)
        rows, about = with_values(whole, schema, encoded.frame[order], about)
        return cls(_finished(schema, rows, ambiguous=ambiguous), about)

    def fits(self, meta: Meta) -> bool:
        """Say whether codes mean what they would mean now."""
        return self.about.layout == layout_of(meta)

    def to_parquet(self) -> Path | bytes:
        """The table as a Parquet file: the one that it is in, or bytes."""
        if not isinstance(self._source, pl.DataFrame):
            return self._source
        target = io.BytesIO()
        # least and greatest values take a fifth of the time, and would let few of so small a table's rows be left out
        self._source.write_parquet(target, compression="lz4", statistics=False, metadata=self.about.metadata())
        return target.getvalue()

    @property
    def path(self) -> Path | None:
        """The file that it is in; None where it is in memory."""
        return self._source if isinstance(self._source, Path) else None

    def scan(self, whole: Query) -> pl.LazyFrame:
        """All rows as the frame of the whole version has them, read when they are collected."""
        schema = schema_of(whole)
        columns = columns_of(schema, whole.values, whole.names)
        labels = [pl.col(f"{_LABEL}{place}") for place in range(len(columns) - 2 * len(schema.indicators))]
        values = [part for indicator in schema.indicators for part in self._lazy_values(whole, indicator)]
        parts = zip([*labels, *values], columns, strict=True)
        return self._scan().select(part.alias(column.name) for part, column in parts)

    def _lazy_values(self, whole: Query, indicator: Indicator) -> list[pl.Expr]:
        if whole.numbers == "plain" or indicator.id not in self.about.padded:
            return [pl.col(f"{NUMBER}{indicator.id}"), pl.col(f"{STATUS}{indicator.id}")]
        # all parts that are read get the type of the whole
        is_whole = indicator.decimal_places == 0 and indicator.id not in self.about.read_as(whole.numbers).fractions
        typed = attrs.evolve(indicator, decimal_places=0 if is_whole else None)

        def read(text: pl.Series) -> pl.Series:
            return read_values(text, typed, whole).number

        text = pl.col(f"{INDICATOR}{indicator.id}")
        number = text.map_batches(read, return_dtype=pl.Int64 if is_whole else pl.Float64, is_elementwise=True)
        return [number, pl.when(number.is_null()).then(text).cast(pl.Categorical)]

    def answer(self, query: Query, provenance: Provenance, *, debug: bool = False) -> QueryResult:
        """Answer a question; with `debug`, with the warning that the service gives where it is asked for labels."""
        schema = schema_of(query)
        is_whole = query.indicators == tuple(query.meta.indicators)
        # of rows that are equal in every key field, the cells that are asked for decide the order
        if query.sort or query.limit is not None or (self.about.ambiguous and not is_whole):
            table = EncodedRows(frame=self._matching(query).select([*schema.fields, *schema.cells]).collect())
            return QueryResult.from_rows(query, table, provenance=provenance, debug=debug)
        asked = condition(query)
        columns = [*schema.fields, *self._cells(query, schema), *([TIED] if self.about.ambiguous else [])]
        rows, labels = None, list[pl.Series]()
        # texts take much memory, and are seldom asked for
        if self.columns is not None and not any(name.startswith(INDICATOR) for name in columns):
            rows = self.columns.rows(columns, asked)
        if rows is None:
            # what is in memory has its labels already
            count = 0 if self.rows is None else sum(len(dimension.columns) for dimension in schema.dimensions)
            named = [f"{_LABEL}{place}" for place in range(count)]
            rows = self._matching(query).select([*columns, *named]).collect()
            labels = [rows[name] for name in named]
        given = warnings_of(asked.warnings, rows.height, debug=debug)
        cells = [self._values(query, indicator, rows) for indicator in schema.indicators]
        ambiguous = int(rows[TIED].sum()) if self.about.ambiguous else 0
        assembled = Assembled.of(query, schema, rows[schema.fields], cells, labels=labels, ambiguous=ambiguous)
        return QueryResult.from_assembled(query, assembled, total=rows.height, warnings=given, provenance=provenance)

    def pieces(
        self, query: Query, starts: range, names: Container[str]
    ) -> Iterator[tuple[pl.DataFrame, dict[str, int]]]:
        """Those of the rows in a range of places that a question matches, step by step, never all at once.

        Gives columns of its answer's frame, those that are named, in canonical order, with plain texts as labels; and
        how many fractions stand where metadata says whole numbers, by the indicator's id.
        """
        schema = schema_of(query)
        columns = columns_of(schema, query.values, query.names)
        count = sum(len(dimension.columns) for dimension in schema.dimensions)
        labels = [place for place, column in enumerate(columns[:count]) if column.name in names]
        figures = [
            (indicator, own)
            for indicator in schema.indicators
            if (own := [column for column in columns[count:] if column.column == indicator.column])
            and any(column.name in names for column in own)
        ]
        predicate = condition(query).predicate
        cells = self._cells(query, attrs.evolve(schema, indicators=tuple(indicator for indicator, _ in figures)))
        chosen = [*(pl.col(f"{_LABEL}{place}").cast(pl.String) for place in labels), *map(pl.col, cells)]
        for start in starts:
            found = self._scan().slice(start, min(starts.step, starts.stop - start))
            rows = (found if predicate is None else found.filter(predicate)).select(chosen).collect()
            parts = [rows[f"{_LABEL}{place}"].alias(columns[place].name) for place in labels]
            fractions: dict[str, int] = {}
            for indicator, own in figures:
                read = self._values(query, indicator, rows)
                parts += [part.alias(to.name) for part, to in zip((read.number, read.status), own, strict=False)]
                fractions[indicator.id] = read.fractions
            yield pl.DataFrame(parts), fractions

    def codes(self, query: Query) -> pl.LazyFrame:
        """The key fields, as codes, of the rows that a question matches, whatever its limit."""
        return self._matching(query).select(schema_of(query).fields)

    def count(self, query: Query) -> int:
        """How many rows a question matches, whatever its limit."""
        return int(self.codes(query).select(pl.len()).collect().item())

    def _matching(self, query: Query) -> pl.LazyFrame:
        predicate = condition(query).predicate
        found = self._scan() if self.rows is None else self.rows.lazy()
        return found if predicate is None else found.filter(predicate)

    def _scan(self) -> pl.LazyFrame:
        if isinstance(self._source, pl.DataFrame):
            return self._source.lazy()
        return pl.scan_parquet(io.BytesIO(self._source) if isinstance(self._source, bytes) else self._source)

    def _cells(self, query: Query, schema: Schema) -> Iterator[str]:
        for indicator in schema.indicators:
            kinds = (INDICATOR,) if self._is_text(query, indicator) else (NUMBER, STATUS)
            yield from (f"{kind}{indicator.id}" for kind in kinds)

    def _is_text(self, query: Query, indicator: Indicator) -> bool:
        """Say whether cells have to be read from their text: the stored numbers are those of the usual type."""
        return (
            query.values == "text"
            or indicator.column in query.dtypes
            or indicator.unit is IndicatorUnit.STRING
            or indicator.id in self.about.fractions
            or (query.numbers != "plain" and indicator.id in self.about.padded)
        )

    def _values(self, query: Query, indicator: Indicator, rows: pl.DataFrame) -> Cells:
        if self._is_text(query, indicator):
            return read_values(rows.get_column(f"{INDICATOR}{indicator.id}"), indicator, query)
        # by its name in brackets, each takes five times as long
        number, status = (rows.get_column(f"{kind}{indicator.id}") for kind in (NUMBER, STATUS))
        cells = Cells(number=number, status=status)
        return attrs.evolve(cells, padded=padded_among(cells.status)) if indicator.id in self.about.padded else cells


def with_values(whole: Query, schema: Schema, rows: pl.DataFrame, about: About) -> tuple[pl.DataFrame, About]:
    """Rows with numbers and statuses beside their texts; and the facts with what these rows add to them."""
    fractions, trimmed, padded = Counter(about.fractions), Counter(about.trimmed), dict(about.padded)
    values: list[pl.Series] = []
    for indicator in schema.indicators:
        text = rows[f"{INDICATOR}{indicator.id}"]
        cells = again = read_values(text, indicator, whole)
        values += values_of(indicator, cells)
        count, example = cells.padded
        if count:
            before, first = padded.get(indicator.id, (0, example))
            padded[indicator.id] = (before + count, min(first, example))
            again = read_values(text, indicator, attrs.evolve(whole, numbers="trimmed"))
        fractions[indicator.id] += cells.fractions
        trimmed[indicator.id] += again.fractions
    # a plus before a Counter leaves out what is 0
    found = attrs.evolve(
        about, rows=about.rows + rows.height, fractions=dict(+fractions), trimmed=dict(+trimmed), padded=padded
    )
    return rows.with_columns(values), found


def values_of(indicator: Indicator, cells: Cells) -> list[pl.Series]:
    """Numbers and statuses as a table has them."""
    return [cells.number.alias(f"{NUMBER}{indicator.id}"), cells.status.alias(f"{STATUS}{indicator.id}")]


def _finished(schema: Schema, rows: pl.DataFrame, *, ambiguous: int) -> pl.DataFrame:
    """Rows with which of them are equal to another in every key field, and the labels of their codes."""
    # comparing rows is slow, and seldom needed
    tied = pl.struct(schema.fields).is_duplicated() if ambiguous else pl.lit(False)
    labels = (label.alias(f"{_LABEL}{place}") for place, label in enumerate(labels_of(schema, rows)))
    return rows.with_columns(tied.alias(TIED), *labels)


# Conversion in bounded memory

# rows that are put in order at a time, about; of larger files more, and chunks that are as much larger: as many rows
# would be ever smaller parts of ever more chunks, of which more is read than is needed
RANGE = 100_000
# bytes of a file up to which both are so large
_USUAL = 640 << 20
_KEY = "key"
# of so many keys one says where ranges begin
_STEP = 256
# rows of a sorted chunk that are read together: ranges need small parts of it
_GROUP = 8_192
# the same of the table
_ROW_GROUP = 1 << 17


class Conversion:
    """Makes a table of a data file in bounded memory: chunks are sorted, then joined range of keys by range of keys."""

    def __init__(self, whole: Query, folder: Path, *, chunk: int | None = None, size: int | None = None) -> None:
        self._whole = whole
        self._schema = schema_of(whole)
        self._folder = folder
        self._chunk = chunk
        self._size = size
        self._about = About(layout=layout_of(whole.meta))

    def run(self, data: Path, target: Path) -> Table | None:
        """Write the table of a data file; None when that has values that metadata does not name."""
        from ..table.csv import CHUNK, read_blocks

        scale = max(1.0, math.sqrt(data.stat().st_size / _USUAL))
        chunk, size = self._chunk or int(CHUNK * scale), self._size or int(RANGE * scale)
        # files of sorted chunks, each with a sample of its keys
        runs: dict[Path, pl.Series] = {}
        with data.open("rb") as file:
            for number, encoded in enumerate(read_blocks(self._whole, file, chunk)):
                if encoded.unknown:
                    return None
                path = self._folder / f"run-{number}"
                runs[path] = self._sorted(encoded.frame, path)
        parts = [*self._parts(runs, size)]
        pl.scan_parquet(parts).sink_parquet(
            target, compression="lz4", row_group_size=_ROW_GROUP, metadata=self._about.metadata()
        )
        return Table(target, self._about)

    def _sorted(self, frame: pl.DataFrame, path: Path) -> pl.Series:
        """Write the rows of a chunk in order; gives a sample of their keys."""
        # one key is enough here: ranges of it are put into their full order later
        ordered = frame.with_columns(composite_keys(self._schema)[0].alias(_KEY)).sort(_KEY)
        rows, self._about = with_values(self._whole, self._schema, ordered, self._about)
        rows.write_parquet(path, compression="lz4", row_group_size=_GROUP, statistics=False)
        return rows[_KEY].gather_every(_STEP)

    def _parts(self, runs: Mapping[Path, pl.Series], size: int) -> Iterator[Path]:
        sample = pl.concat(runs.values()).sort()
        edges = sample.gather_every(max(1, size // _STEP), offset=1).unique().sort()
        places = [[*pairwise(_places(run, edges))] for run in runs]
        for number, slices in enumerate(zip(*places, strict=True)):
            rows = self._range(runs, slices)
            # one part at least: of no file Polars makes no table
            if rows.height or number == 0:
                path = self._folder / f"part-{number}"
                rows.write_parquet(path, compression="lz4")
                yield path

    def _range(self, runs: Iterable[Path], slices: tuple[tuple[int, int], ...]) -> pl.DataFrame:
        """The rows of a range, in canonical order."""
        scans = map(pl.scan_parquet, runs)
        # of an indicator with fractions, chunks without one have another type
        mixed = [f"{kind}{id_}" for id_ in self._about.fractions for kind in (NUMBER, STATUS)]
        found = [
            scan.drop(_KEY, *mixed).slice(start, end - start) for scan, (start, end) in zip(scans, slices, strict=True)
        ]
        rows = pl.concat([part.collect() for part in found], rechunk=True)
        order, ambiguous = order_rows(self._whole, self._schema, rows)
        self._about = attrs.evolve(self._about, ambiguous=self._about.ambiguous + ambiguous)
        return _finished(self._schema, self._with_floats(rows[order]), ambiguous=ambiguous)

    def _with_floats(self, rows: pl.DataFrame) -> pl.DataFrame:
        values: list[pl.Series] = []
        for indicator in self._schema.indicators:
            if indicator.id in self._about.fractions:
                loose = attrs.evolve(indicator, decimal_places=None)
                values += values_of(indicator, read_values(rows[f"{INDICATOR}{indicator.id}"], loose, self._whole))
        numbers = [f"{kind}{indicator.id}" for indicator in self._schema.indicators for kind in (NUMBER, STATUS)]
        return rows.with_columns(values).select(*self._schema.fields, *self._schema.cells, *numbers)


def _places(run: Path, edges: pl.Series) -> list[int]:
    """Where ranges begin and end in a run."""
    keys = pl.read_parquet(run, columns=[_KEY])[_KEY]
    # all rows with the key of an edge come after it, so that equal keys stay together
    return [0, *keys.search_sorted(edges, side="left").to_list(), keys.len()]
