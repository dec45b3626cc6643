"""Questions and their answers by one of three routes: pages of the service, its data file, or the store's table."""

from __future__ import annotations

import math
from functools import partial

import attrs
import polars as pl

from .api.messages import Batch, Flow, Keep, Receive, Response, Work
from .api.operations import require_stored
from .api.resolved import RequestContext, ResolvedVersion, provenance_of
from .errors import (
    EESError,
    InvalidResponseError,
    OfflineError,
    QueryError,
    ServerTimeoutError,
    ServiceWarning,
    StoreError,
    UndecidedRowsError,
    WithdrawnVersionWarning,
    warn,
)
from .models.progress import Progress
from .models.provenance import Provenance, Route, RouteChoice
from .query.question import Query
from .query.request import require_answerable, unmatchable_periods, unsortable
from .reading import SMALLEST_PAGE, Fetch, Reading, page_size
from .results.result import QueryResult, warn_of_rows
from .store.table_cache import CachedTable, TableCache
from .store.temporary import TemporaryCache
from .table.page import EncodedPage
from .transport.workers import in_line

FEW_ROWS = 50_000
"""Rows that are always read by pages: five requests at most, where the data set is not wide."""

FILE_SHARE = 1 / 3
"""Share of a data set above which its data file is quicker: as many bytes for all rows, half the work, one request.

It was measured of the service that it takes 0.3 s for each page of 10,000 rows, and next to nothing for the file.
"""

TOGETHER = 100
"""Pages that are asked for at a time: a number of rows that is not true cannot have more asked for at once."""


def query(
    pinned: ResolvedVersion,
    query: Query,
    context: RequestContext,
    fetch: Fetch = Fetch(),
    *,
    tables: TableCache | None = None,
) -> Flow[QueryResult]:
    """Ask a question, and read the whole answer.

    The stored data file answers where there is one; else, where all rows are asked for and one page does not hold them,
    the data file; else pages of the service; else, where the first page says that much of a large data set matches, the
    data file. A question may say otherwise, and only the data file answers about a withdrawn version, or one that names
    a period that the service cannot match (reference, section 14).
    """
    fetch.check()
    if pinned.is_withdrawn:
        _check_withdrawn(pinned, fetch.route)
    undecided: UndecidedRowsError | None = None
    if tables is not None and fetch.route in ("auto", "store") and fetch.method == "POST":
        result = yield from _if_stored(pinned, query, context, fetch, tables=tables)
        if isinstance(result, QueryResult):
            return result
        undecided = result
    if fetch.route == "store":
        raise QueryError(
            f"the store cannot answer about version {pinned.version.version}: it lacks the data file, which read() "
            "fetches, or its metadata lacks what that has; without route= it is answered in another way"
        )
    if fetch.route == "pages":
        require_answerable(query)
    elif (
        fetch.route == "csv"
        or pinned.is_withdrawn
        or unmatchable_periods(query)
        or unsortable(query)
        or _is_long(pinned, query, fetch)
    ):
        return (yield from _from_file(pinned, query, context, fetch, tables=tables))
    try:
        paged = yield from _from_pages(pinned, query, context, fetch)
    except OfflineError as error:
        raise (yield from _without_pages(pinned, error, undecided, tables)) from error
    if paged is not None:
        return paged
    return (yield from _from_file(pinned, query, context, fetch, tables=tables))


def _without_pages(
    pinned: ResolvedVersion, error: OfflineError, undecided: UndecidedRowsError | None, tables: TableCache | None
) -> Flow[EESError]:
    """What to say offline where only pages could answer: that the data file is missing may not be true."""
    if undecided is not None:
        return UndecidedRowsError(f"{undecided}, which takes a network")
    if tables is None or (yield Work(call=partial(tables.find, pinned))) is None:
        return error
    return OfflineError(
        f"offline, and the store has the data file of version {pinned.version.version} of {pinned.data_set.id}, but "
        "not the pages of this answer: leave route= and method= out to have the file answer, or go online for them",
        method=error.method,
        url=error.url,
    )


def _is_long(pinned: ResolvedVersion, query: Query, fetch: Fetch) -> bool:
    """Say whether all rows are asked for, whichever way they come, and are more than a page holds."""
    is_free = fetch == Fetch() and query.limit is None and query.page_size is None
    return is_free and query.criteria is None and pinned.version.total_results > page_size(query)


def read(
    pinned: ResolvedVersion, whole: Query, context: RequestContext, *, tables: TableCache | None = None
) -> Flow[QueryResult]:
    """Read the whole data set, out of the store or from its data file, which is kept if answers are."""
    if pinned.is_withdrawn:
        _check_withdrawn(pinned)
    if tables is not None:
        result: QueryResult | None = yield Work(call=partial(_from_store, pinned, whole, context, tables, debug=False))
        if result is not None:
            return result
    return (yield from _from_file(pinned, whole, context, Fetch(), tables=tables))


def scan(
    pinned: ResolvedVersion,
    whole: Query,
    context: RequestContext,
    *,
    tables: TableCache | None,
    temporary: TemporaryCache,
) -> Flow[pl.LazyFrame]:
    """The whole data set as a lazy frame, over the store's table, which is made first where there is none.

    Where there is no such store, or it is only read, the table is written to `temporary`.
    """
    if pinned.is_withdrawn:
        _check_withdrawn(pinned)
    found: CachedTable | None = None if tables is None else (yield Work(call=partial(tables.find, pinned)))
    # drafts never reach the disk
    if found is None and not pinned.version.status.is_draft:
        target = tables
        if target is None or not target.can_store(pinned):
            target = yield Work(call=temporary.tables)
            found = yield Work(call=partial(target.find, pinned))
        found = found or (yield from _fetch_table(pinned, target))
    if found is None:
        result = yield from read(pinned, whole, context, tables=tables)
        return result.frame.lazy()
    frame: pl.LazyFrame = yield Work(call=partial(_scan_table, whole, found))
    return frame


def _check_withdrawn(pinned: ResolvedVersion, route: RouteChoice = "auto") -> None:
    """Refuse the rows of a version that was withdrawn, or warn of them."""
    pinned.require_readable()
    if route == "pages":
        raise QueryError(
            f"{pinned.withdrawal()}, and the service answers no questions about it: leave route= out, to have its "
            "data file answer"
        )
    warn(f"{pinned.withdrawal()}; this answer is out of its data file", WithdrawnVersionWarning)


def _if_stored(
    pinned: ResolvedVersion, query: Query, context: RequestContext, fetch: Fetch, *, tables: TableCache
) -> Flow[QueryResult | UndecidedRowsError | None]:
    """The answer out of the store; where it cannot give one and something else may: None, or why its rows do not."""
    try:
        # found and read in one step: each may be another wait for a thread
        answer = partial(_from_store, pinned, query, context, tables, debug=fetch.debug)
        result: QueryResult | None = yield Work(call=partial(in_line, answer))
    except UndecidedRowsError as error:
        if fetch.route == "store" or pinned.is_withdrawn:
            raise
        return error
    return result


def _from_store(
    pinned: ResolvedVersion,
    query: Query,
    context: RequestContext,
    tables: TableCache,
    *,
    found: CachedTable | None = None,
    debug: bool,
    route: Route = "store",
) -> QueryResult | None:
    """The answer out of a table, the store's if none is given; None where there is none, or it went meanwhile."""
    found = found or tables.find(pinned)
    if found is None:
        return None
    source = Response(status=200, url=found.ref.url, retrieved_at=found.ref.stored_at)
    provenance = provenance_of(pinned, context, route=route, response=source, query=query)
    try:
        return found.table.answer(query, provenance, debug=debug)
    except FileNotFoundError as error:
        tables.pass_by(StoreError(f"another process pruned {tables.folder} while it was read: {error}"))
        return None


def _from_file(
    pinned: ResolvedVersion, query: Query, context: RequestContext, fetch: Fetch, *, tables: TableCache | None
) -> Flow[QueryResult]:
    # two choices that contradict each other; where the file steps in for the service, `route` of the result says so
    if fetch.route == "csv" and fetch.method != "POST":
        raise QueryError(f"method={fetch.method!r} is for pages, and here the data file answers: leave it out")
    found = None if tables is None else (yield from stored_file(pinned, tables))
    if tables is not None and found is not None:
        answer = partial(_from_store, pinned, query, context, tables, found=found, debug=fetch.debug, route="csv")
        result: QueryResult | None = yield Work(call=answer)
        if result is not None:
            return result
    response = yield from pinned.data_file()
    provenance = provenance_of(pinned, context, route="csv", response=response, query=query)
    answered: QueryResult = yield Work(call=partial(_select, pinned, query, response, provenance, debug=fetch.debug))
    return answered


def stored_file(pinned: ResolvedVersion, tables: TableCache, *, verified: bool = False) -> Flow[CachedTable | None]:
    """The data file of a version and its table, in the store, to which it is fetched if need be; None if it cannot."""
    found: CachedTable | None = yield Work(call=partial(tables.find, pinned, verified=verified))
    if found is None and tables.can_store(pinned):
        found = yield from _fetch_table(pinned, tables)
    return found


def _select(
    pinned: ResolvedVersion, query: Query, response: Response, provenance: Provenance, *, debug: bool
) -> QueryResult:
    """The answer out of a data file."""
    # not above: what the store has as a table is not read so
    from .table.csv import read_data_file

    rows = read_data_file(query, response.body)
    pinned.check_rows(rows.frame.height, response.url)
    return QueryResult.from_rows(query, rows, provenance=provenance, debug=debug)


def _scan_table(whole: Query, found: CachedTable) -> pl.LazyFrame:
    about = found.table.about.read_as(whole.numbers)
    warn_of_rows(whole, about.rows, ambiguous=about.ambiguous, fractions=about.fractions, padded=about.padded)
    return found.table.scan(whole)


def _fetch_table(pinned: ResolvedVersion, tables: TableCache) -> Flow[CachedTable | None]:
    """Fetch the data file of a version into a store; a large one is never all in memory.

    None where the file cannot be a table, or the store cannot be written.
    """
    request = pinned.file_request()
    try:
        with tables.coming(request.path) as saved:
            response: Response = yield Receive(request=request, sink=saved)

            def add() -> CachedTable | None:
                saved.finish(response)
                return tables.add(pinned, saved.take(), response, packed=saved.packed)

            found: CachedTable | None = yield Work(call=add)
            return found
    except StoreError as error:
        # such as that it was pruned again before it was read
        tables.pass_by(error)
        return None
    except OSError as error:
        # errors of connections are ours, and OSErrors too
        if isinstance(error, EESError):
            raise
        tables.not_kept("the data file is", error)
        return None


def _from_pages(
    pinned: ResolvedVersion, query: Query, context: RequestContext, fetch: Fetch
) -> Flow[QueryResult | None]:
    """The answer out of pages; None where so much matches that the data file is the cheaper way to have it."""
    most = math.inf
    # what the user says of the way stands: the file answers instead only where nothing is said
    if fetch == Fetch() and query.limit is None and query.page_size is None:
        most = max(FEW_ROWS, FILE_SHARE * pinned.version.total_results)
    size = page_size(query)
    stored: Response | None = None
    while True:
        reading = Reading(query=query, size=size, fresh=stored is not None)
        try:
            response, pages = yield from _pages(reading, fetch, most, pinned.data_set.title)
            break
        except ServerTimeoutError:
            # a size that was asked for is not changed
            if query.page_size is not None or size <= SMALLEST_PAGE:
                raise
            size = max(size // 2, SMALLEST_PAGE)
        except InvalidResponseError as error:
            stored = reading.stored
            require_stored(stored, error)
    if not pages or _tell_lost(pinned, query, pages[0].paging.total_results, fetch):
        return None
    provenance = provenance_of(pinned, context, route="pages", response=response, query=query)
    result: QueryResult = yield Work(call=partial(QueryResult.from_pages, query, pages, provenance=provenance))
    if result._is_odd:
        # it does not agree with the metadata, and may be right the next time
        yield Keep(kept=False)
    return result


def _tell_lost(pinned: ResolvedVersion, query: Query, total: int, fetch: Fetch) -> bool:
    """Warn where the service has fewer rows than the data file; True if that is to answer instead."""
    # with conditions it cannot be told
    if query.criteria is not None or total >= pinned.version.total_results:
        return False
    is_free = fetch == Fetch()
    instead = "the data file answers instead" if is_free else "without route= and method= the data file answers"
    warn(
        f"the service has {total:,} of the {pinned.version.total_results:,} rows of the data file of "
        f"{pinned.data_set.title!r} {pinned.version.version}: rows whose time identifier is written in another case "
        f"are lost to it; {instead}",
        ServiceWarning,
    )
    return is_free


def _pages(reading: Reading, fetch: Fetch, most: float, title: str) -> Flow[tuple[Response, list[EncodedPage]]]:
    """All pages, and the first response; no pages where there are more rows than `most`."""
    request = reading.request(1, fetch)
    response = yield request
    first = yield Work(call=partial(reading.read, request, response))
    # the body is of no more use, and as large as the page
    response = attrs.evolve(response, body=b"")
    total, limit = first.paging.total_results, reading.query.limit
    if total > most:
        return response, []
    pages = [first]
    last = math.ceil(min(total, limit or total) / reading.size)
    for start in range(2, last + 1, TOGETHER):
        rest = range(start, min(start + TOGETHER, last + 1))
        asked = tuple(reading.request(number, fetch) for number in rest)
        counts = Progress(what="pages", name=title, done=start - 1, total=last)
        pages += yield Batch(requests=asked, each=reading.read, counts=counts)
    return response, pages
