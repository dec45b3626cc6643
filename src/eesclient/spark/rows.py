"""The parts of an answer: found on the driver, read by executors, each by itself."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import polars as pl

from .. import routes
from .._classes import frozen
from ..api.messages import Flow, Work
from ..api.operations import require_stored
from ..errors import InvalidResponseError, QueryError, ServerTimeoutError, StoreError
from ..models.names import listed
from ..query.request import unmatchable_periods
from ..reading import SMALLEST_PAGE, Fetch, Reading, page_size
from ..routes import FEW_ROWS, FILE_SHARE
from ..store.table import Table
from ..table.assemble import Assembled, assemble, join
from .opened import POLARS, Column, Opened
from .places import client_of, turn

if TYPE_CHECKING:
    import pyarrow as pa

STEP = 1 << 17
"""Rows of a table that are read at a time: those of a row group."""

STEPS = 4
"""Steps that one part has."""

BATCH_CELLS = 1_000_000
"""Cells that go to Spark at a time."""


@frozen(kw_only=True)
class Pages:
    """Pages that one executor asks for, one after another; `turn` is what it waits for before each of them."""

    numbers: range
    size: int
    total: int
    turn: int


@frozen(kw_only=True)
class Piece:
    """Rows of a stored table by their place: all that executors read of it."""

    path: Path
    first: int
    rows: int


@frozen(kw_only=True)
class Whole:
    """All of it, by one executor: where no store is shared, or it is only read, or has no table."""


Part: TypeAlias = Pages | Piece | Whole


def parts_of(opened: Opened) -> list[Part]:
    """The parts in which an answer is read: pieces of the stored table, else pages, else all of it at once.

    The data file is fetched into the store here where it is the way, and is not there yet.
    """
    pinned, query = opened.pinned, opened.query
    with client_of(opened.place) as client:
        tables = client._tables
        found = None if tables is None else tables.find(pinned)
        if found is None and not (opened.is_whole or pinned.is_withdrawn or unmatchable_periods(query)):
            with turn(opened.place, 0):
                pages = client._run(_count(opened))
            if pages.total <= max(FEW_ROWS, FILE_SHARE * pinned.version.total_results):
                return _shared_out(pages, opened.place.max_in_flight)
        if found is None and tables is not None and tables.can_store(pinned):
            with turn(opened.place, 0):
                found = client._run(routes.stored_file(pinned, tables))
    path = None if found is None else found.table.path
    if found is None or path is None:
        return [Whole()]
    if opened.is_whole:
        # before any executor finds out; a part of the rows may have none
        _check_fractions(opened, found.table.about.read_as(query.numbers).fractions)
    total, size = found.table.about.rows, STEP * STEPS
    return [Piece(path=path, first=first, rows=min(size, total - first)) for first in range(0, total, size)]


def _shared_out(pages: Pages, most: int) -> list[Part]:
    """Pages in as many parts as may be asked side by side, in their order."""
    each = max(1, math.ceil(len(pages.numbers) / most))
    starts = range(0, len(pages.numbers), each)
    return [attrs.evolve(pages, numbers=pages.numbers[start : start + each], turn=start // each) for start in starts]


def _count(opened: Opened) -> Flow[Pages]:
    """All pages, of a size at which the service gives the first in time."""
    query = opened.query
    size = page_size(query)
    while True:
        try:
            page = yield from _page(opened, 1, size)
        except ServerTimeoutError:
            if query.page_size is not None or size <= SMALLEST_PAGE:
                raise
            size = max(size // 2, SMALLEST_PAGE)
        else:
            total = page.paging.total_results
            return Pages(numbers=range(1, math.ceil(total / size) + 1), size=size, total=total, turn=0)


def _page(opened: Opened, number: int, size: int, total: int | None = None) -> Flow[Any]:
    """One page; what is remembered of it and cannot be read is asked for again."""
    is_fresh = False
    while True:
        reading = Reading(query=opened.query, size=size, fresh=is_fresh, total=total)
        try:
            request = reading.request(number, Fetch())
            response = yield request
            return (yield Work(call=partial(reading.read, request, response)))
        except InvalidResponseError as error:
            require_stored(reading.stored, error)
            is_fresh = True


# On executors


def read_part(opened: Opened, part: Part) -> Iterator[pa.RecordBatch]:
    """The rows of a part, with exactly the columns and types of the schema."""
    match part:
        case Pages():
            frames = _pages(opened, part)
        case Piece():
            if not part.path.is_file():
                raise StoreError(
                    f"there is no {part.path} here, which the driver read: name a folder that driver and executors "
                    'share with option("store", …), such as /Volumes/main/default/ees on Databricks; or leave it out, '
                    "and one executor reads the data set by itself",
                    path=str(part.path),
                )
            frames = _stored(opened, part)
        case Whole():
            frames = _whole(opened)
    for frame in frames:
        yield from _batches(opened.columns, frame)


def _pages(opened: Opened, part: Pages) -> Iterator[pl.DataFrame]:
    with client_of(opened.place) as client:
        for number in part.numbers:
            with turn(opened.place, part.turn):
                page = client._run(_page(opened, number, part.size, part.total))
            assembled = assemble(opened.query, join(opened.query, [page]))
            _check_page(assembled)
            _check_fractions(opened, assembled.fractions)
            yield assembled.frame


def _check_page(assembled: Assembled) -> None:
    """Refuse what is odd in a page, of which nobody would see a warning, and which other pages may explain."""
    odd = (*assembled.unknown_fields, *assembled.unknown_values, *assembled.lost)
    if odd:
        raise InvalidResponseError(
            f"the answer has, or lacks, what the metadata does not lead to expect: {listed(odd, 4)}; leave the "
            "question out to have the data file read instead, or ask in one process, with Client, which warns of it",
        )


def _check_fractions(opened: Opened, fractions: Mapping[str, int]) -> None:
    """Refuse fractions that the type of a column cannot hold."""
    found = {item.column: fractions.get(item.id, 0) for item in opened.query.indicators}
    wanted = {column.info.column for column in opened.columns} - opened.query.dtypes.keys()
    if odd := {name: count for name, count in found.items() if count and name in wanted}:
        named = ", ".join(f"{name} ({count:,} cells)" for name, count in odd.items())
        types = json.dumps(dict.fromkeys(odd, "double"))
        raise QueryError(
            f"fractions stand where metadata says whole numbers: {named}; Spark needs to know types beforehand: write "
            f'option("dtypes", {types!r})'
        )


def _stored(opened: Opened, part: Piece) -> Iterator[pl.DataFrame]:
    table = Table.open(part.path, opened.pinned.whole())
    if table is None:
        raise StoreError(
            f"{part.path} was written for other metadata than the driver has: the same eesclient has to be installed "
            "on driver and executors",
            path=str(part.path),
        )
    yield from _steps(opened, table, range(part.first, part.first + part.rows, STEP))


def _steps(opened: Opened, table: Table, starts: range) -> Iterator[pl.DataFrame]:
    names = {column.info.name for column in opened.columns}
    for frame, fractions in table.pieces(opened.query, starts, names):
        _check_fractions(opened, fractions)
        yield frame


def _whole(opened: Opened) -> Iterator[pl.DataFrame]:
    """All rows, by way of a table in a temporary folder where no store keeps one."""
    with client_of(opened.place) as client:
        tables = client._tables
        if tables is None or not tables.can_store(opened.pinned):
            found = None if tables is None else tables.find(opened.pinned)
            tables = client._temporary.tables()
        else:
            found = None
        found = found or client._run(routes.stored_file(opened.pinned, tables))
        if found is not None:
            yield from _steps(opened, found.table, range(0, found.table.about.rows, STEP))
            return
        # of a file with labels that metadata does not name there is no table
        fetch = Fetch(route="csv")
        result = client._run(routes.query(opened.pinned, opened.query, client._now(), fetch))
        _check_fractions(opened, result._assembled.fractions)
        yield result.frame


def _batches(columns: Sequence[Column], frame: pl.DataFrame) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    kinds = {"long": pa.int64(), "double": pa.float64(), "string": pa.string()}
    parts = []
    for column in columns:
        name = column.info.name
        if name not in frame.columns:
            raise InvalidResponseError(f"the answer has no column {name}, which its metadata names")
        part = frame[name]
        wanted = POLARS[column.type]
        if part.dtype != wanted and column.type == "string":
            part = part.cast(pl.String)
        if part.dtype != wanted:
            raise InvalidResponseError(f"the column {name} came as {part.dtype}, and its type is {column.type}")
        if column.is_filled and (count := part.null_count()):
            raise InvalidResponseError(f"{count:,} rows came without their {name}, which every row should have")
        parts.append(part.to_arrow(compat_level=pl.CompatLevel.oldest()))
    schema = pa.schema([pa.field(column.info.name, kinds[column.type], not column.is_filled) for column in columns])
    table = pa.table(parts, names=schema.names).cast(schema)
    yield from table.to_batches(max_chunksize=max(1, BATCH_CELLS // len(columns)))
