"""A whole version as a Parquet file: every question about it is answered from there, as the service would answer it.

Rows stand in canonical order. Columns are the codes of the key fields (null where a row has none), and for each
indicator the cell as text, the number, and the status. How codes relate to metadata is part of the file's own
metadata, so that a file written by another version of this package is noticed, and made anew.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path

import attrs

from .._lazy import pl
from ..frames.assemble import Assembled
from ..frames.axes import INDICATOR, Coded, Layout, layout_of
from ..frames.columns import columns_of
from ..frames.csv import read_data_file
from ..frames.order import order_rows
from ..frames.result import QueryResult
from ..frames.values import Cells, read_values
from ..models.enums import IndicatorUnit
from ..models.meta import Indicator
from ..models.provenance import Provenance
from ..query.query import Query
from .rows import condition, matching, warnings_of

FORMAT = 1
"""Number of the layout of these files."""

_ABOUT = "eesclient:table"
_NUMBER, _STATUS, _TIED = "number|", "status|", "tied"


@attrs.frozen(kw_only=True)
class About:
    """What is known of a table without reading its rows.

    Attributes:
        layout: Digest of the codes' meaning.
        rows: How many rows it has.
        ambiguous: How many are equal to another in every key field.
        fractions: Ids of indicators that hold fractions where metadata says whole numbers.
    """

    layout: str
    rows: int
    ambiguous: int
    fractions: tuple[str, ...]


class Table:
    """All rows of a version.

    Args:
        source: The rows: a Parquet file, its bytes, or a frame.
        about: What is known of them.
    """

    def __init__(self, source: Path | bytes | pl.DataFrame, about: About) -> None:
        self._source = source
        self.about = about

    @classmethod
    def open(cls, source: Path | bytes, whole: Query) -> Table | None:
        """A table that was written before; None when its codes do not mean what they would mean now.

        Args:
            source: The Parquet file, or its bytes.
            whole: The question for all of the version.
        """
        metadata = pl.read_parquet_metadata(source if isinstance(source, Path) else io.BytesIO(source))
        members = json.loads(metadata.get(_ABOUT, "{}"))
        layout = _digest(layout_of(whole))
        if members.pop("format", None) != FORMAT or members.get("layout") != layout:
            return None
        return cls(source, About(**members | {"fractions": tuple(members["fractions"])}))

    @classmethod
    def of_file(cls, whole: Query, data: bytes) -> Table | None:
        """The table of a data file; None when it has values that metadata does not name.

        Args:
            whole: The question for all of the version.
            data: The data file.

        Raises:
            InvalidResponseError: The file is no CSV, or lacks a column.
        """
        layout = layout_of(whole)
        coded = read_data_file(whole, data)
        if coded.strays:
            return None
        order = order_rows(whole, layout, coded.frame)
        rows = coded.frame[order.rows]
        fractions: list[str] = []
        values: list[pl.Series] = []
        for indicator in layout.indicators:
            cells = read_values(rows[f"{INDICATOR}{indicator.id}"], indicator, whole)
            values += [cells.number.alias(f"{_NUMBER}{indicator.id}"), cells.status.alias(f"{_STATUS}{indicator.id}")]
            fractions += [indicator.id] if cells.fractions else []
        values += [_tied(layout, rows)] if order.ambiguous else []
        about = About(layout=_digest(layout), rows=rows.height, ambiguous=order.ambiguous, fractions=tuple(fractions))
        return cls(rows.hstack(values), about)

    def to_parquet(self) -> bytes:
        """The table as the bytes of a Parquet file."""
        frame = self._scan().collect()
        target = io.BytesIO()
        members = {"format": FORMAT, **attrs.asdict(self.about)}
        frame.write_parquet(target, compression="lz4", metadata={_ABOUT: json.dumps(members)})
        return target.getvalue()

    def answer(self, query: Query, provenance: Provenance, *, debug: bool = False) -> QueryResult:
        """Answer a question.

        Args:
            query: The question.
            provenance: Where the rows came from.
            debug: Whether the service would be asked for labels, of which it warns.

        Raises:
            UndecidedRowsError: With a limit, which rows come first is the service's choice.
        """
        layout = layout_of(query)
        if query.sort or query.limit is not None or (self.about.ambiguous and not self._is_whole(query)):
            return self._sorted(query, layout, provenance, debug=debug)
        predicate, warnings = condition(query)
        fields = [axis.field for axis in layout.axes]
        columns = [*fields, *self._cells(query, layout), *([_TIED] if self.about.ambiguous else [])]
        scan = self._scan() if predicate is None else self._scan().filter(predicate)
        rows = scan.select(columns).collect()
        said = warnings_of(warnings, rows.height, debug=debug)
        assembled = self._assembled(query, layout, rows)
        return QueryResult.from_assembled(query, assembled, total=rows.height, warnings=said, provenance=provenance)

    def codes(self, query: Query) -> pl.LazyFrame:
        """The key fields, as codes, of the rows that a question matches, whatever its limit."""
        predicate, _ = condition(query)
        scan = self._scan() if predicate is None else self._scan().filter(predicate)
        return scan.select(axis.field for axis in layout_of(query).axes)

    def count(self, query: Query) -> int:
        """How many rows a question matches, whatever its limit."""
        return int(self.codes(query).select(pl.len()).collect().item())

    def _is_whole(self, query: Query) -> bool:
        return query.indicators == tuple(query.meta.indicators)

    def _scan(self) -> pl.LazyFrame:
        match self._source:
            case pl.DataFrame():
                return self._source.lazy()
            case bytes():
                return pl.scan_parquet(io.BytesIO(self._source))
        return pl.scan_parquet(self._source)

    def _sorted(self, query: Query, layout: Layout, provenance: Provenance, *, debug: bool) -> QueryResult:
        """The answer to a question whose rows are ordered in another way than those of the table."""
        fields = [axis.field for axis in layout.axes]
        texts = [f"{INDICATOR}{indicator.id}" for indicator in layout.indicators]
        table = Coded(frame=self._scan().select([*fields, *texts]).collect())
        found = matching(query, table, debug=debug)
        return QueryResult.from_rows(
            query, found.rows, total=found.total, warnings=found.warnings, provenance=provenance
        )

    def _cells(self, query: Query, layout: Layout) -> Iterator[str]:
        for indicator in layout.indicators:
            if self._is_text(query, indicator):
                yield f"{INDICATOR}{indicator.id}"
            else:
                yield f"{_NUMBER}{indicator.id}"
                yield f"{_STATUS}{indicator.id}"

    def _is_text(self, query: Query, indicator: Indicator) -> bool:
        """Whether cells have to be read from their text: the stored numbers are those of the usual type."""
        return (
            query.values == "text"
            or indicator.column in query.dtypes
            or indicator.unit is IndicatorUnit.STRING
            or indicator.id in self.about.fractions
        )

    def _assembled(self, query: Query, layout: Layout, rows: pl.DataFrame) -> Assembled:
        codes = rows.select(axis.field for axis in layout.axes)
        keys = [
            axis.texts(place).gather(codes[axis.field]) for axis in layout.axes for place in range(len(axis.columns))
        ]
        values: list[pl.Series] = []
        fractions: list[tuple[Indicator, int]] = []
        for indicator in layout.indicators:
            cells = self._values(query, indicator, rows)
            values += [cells.number, cells.status] if query.values == "typed" else [cells.number]
            fractions += [(indicator, cells.fractions)] if cells.fractions else []
        columns = columns_of(query, layout)
        series = [part.alias(column.name) for part, column in zip([*keys, *values], columns, strict=True)]
        return Assembled(
            frame=pl.DataFrame(series),
            columns=columns,
            layout=layout,
            codes=codes,
            ambiguous=int(rows[_TIED].sum()) if self.about.ambiguous else 0,
            fractions=tuple(fractions),
            strays=(),
        )

    def _values(self, query: Query, indicator: Indicator, rows: pl.DataFrame) -> Cells:
        if self._is_text(query, indicator):
            return read_values(rows[f"{INDICATOR}{indicator.id}"], indicator, query)
        return Cells(number=rows[f"{_NUMBER}{indicator.id}"], status=rows[f"{_STATUS}{indicator.id}"])


def _tied(layout: Layout, rows: pl.DataFrame) -> pl.Series:
    """Which rows are equal to another in every key field; rows in canonical order."""
    keys = rows.select(pl.struct(axis.field for axis in layout.axes).is_duplicated())
    return keys.to_series().alias(_TIED)


def _digest(layout: Layout) -> str:
    """What codes mean, as a digest: field by field the ids in their order."""
    meaning = [[axis.field, [entry.id for entry in axis.entries]] for axis in layout.axes]
    return hashlib.sha256(json.dumps(meaning).encode()).hexdigest()
