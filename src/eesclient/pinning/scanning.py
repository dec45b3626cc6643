"""All rows of a version as a lazy frame over a stored table."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ..http import answers
from ..http.answers import Asked, How
from ..http.flows import Pinned
from ..http.messages import Flow, Work
from .asking import cached_table, check_readable, read
from .fetching import fetched
from .table_cache import CachedTable, TableCache, TemporaryCache

if TYPE_CHECKING:
    import polars as pl


def scan(pinned: Pinned, asked: Asked, *, tables: TableCache | None, temporary: TemporaryCache) -> Flow[pl.LazyFrame]:
    """The whole data set as a lazy frame, over the store's table, which is made first where there is none.

    Args:
        pinned: The version.
        asked: Who is asked, and when.
        tables: Tables of the client's store.
        temporary: What is written to where there is no such store, or it is only read.

    Raises:
        WithdrawnError: The version was withdrawn.
        InvalidResponseError: The file has fewer rows than the version.
    """
    check_readable(pinned, How())
    found = yield from cached_table(pinned, tables)
    # drafts never reach the disk
    if found is None and not pinned.version.status.is_draft:
        found = yield from _made(pinned, tables, temporary)
    if found is not None:
        frame: pl.LazyFrame = yield Work(call=partial(_scanned, pinned, found))
        return frame
    result = yield from read(pinned, asked, tables=tables)
    return result.frame.lazy()


def _made(pinned: Pinned, tables: TableCache | None, temporary: TemporaryCache) -> Flow[CachedTable | None]:
    if tables is not None and tables.can_store(pinned):
        return (yield from fetched(pinned, tables))
    instead: TableCache = yield Work(call=temporary.tables)
    found = yield from cached_table(pinned, instead)
    return found or (yield from fetched(pinned, instead))


def _scanned(pinned: Pinned, found: CachedTable) -> pl.LazyFrame:
    from ..frames.result import warn_of_whole

    query = answers.whole(pinned)
    about = found.table.about
    warn_of_whole(query, rows=about.rows, ambiguous=about.ambiguous, fractions=about.fractions)
    return found.table.scan(query)
