"""Questions and their answers, by whichever route."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from .._warn import warn
from ..errors import QueryError, UndecidedRowsError, WithdrawnVersionWarning
from ..http import answers
from ..http.answers import Asked, ByFileError, How
from ..http.flows import Pinned
from ..http.messages import Flow, Response, Work
from ..models.provenance import Provenance, Route
from ..query.query import Query
from ..query.single_years import single_years
from .fetching import fetched
from .table_cache import CachedTable, TableCache

if TYPE_CHECKING:
    from ..frames.axes import EncodedRows
    from ..frames.result import QueryResult


def ask(pinned: Pinned, query: Query, asked: Asked, how: How, *, tables: TableCache | None = None) -> Flow[QueryResult]:
    """Ask a question.

    The stored data file answers where there is one; else pages of the service; else, where the first page says that
    most of a large data set matches, the data file. A question may say otherwise, and only the data file answers about
    a withdrawn version, or one that names a period that the service cannot match (reference, section 14).

    Raises:
        WithdrawnError: The version was withdrawn.
        QueryError: The route cannot answer the question.
        InvalidResponseError: The answer is not what the API promises, or changed while it was read.
    """
    check_readable(pinned, how)
    if how.route in ("auto", "store") and how.method == "POST":
        found = yield from cached_table(pinned, tables)
        if found is not None:
            try:
                return (yield from _out_of_store(pinned, query, asked, how, found=found))
            except UndecidedRowsError:
                if how.route == "store" or pinned.is_withdrawn:
                    raise
    if how.route == "store":
        raise QueryError(
            f"the store does not have the data file of version {pinned.version.version}: read() fetches it, and "
            "without route= the service is asked"
        )
    by_file = how.route == "csv" or (how.route == "auto" and single_years(query))
    if by_file or pinned.is_withdrawn:
        return (yield from _out_of_file(pinned, query, asked, how, tables=tables))
    try:
        return (yield from answers.ask(pinned, query, asked, how))
    except ByFileError:
        return (yield from _out_of_file(pinned, query, asked, how, tables=tables))


def read(pinned: Pinned, asked: Asked, *, tables: TableCache | None = None) -> Flow[QueryResult]:
    """Read the whole data set, out of the store or from its data file, which is kept if answers are.

    Raises:
        WithdrawnError: The version was withdrawn.
        InvalidResponseError: The file has fewer rows than the version.
    """
    how = How()
    check_readable(pinned, how)
    found = yield from cached_table(pinned, tables)
    if found is not None:
        return (yield from _out_of_store(pinned, answers.whole(pinned), asked, how, found=found))
    return (yield from _out_of_file(pinned, answers.whole(pinned), asked, how, tables=tables))


def check_readable(pinned: Pinned, how: How) -> None:
    """Check that rows of the version may be read, and warn of one that was withdrawn.

    Raises:
        WithdrawnError: The version was withdrawn.
        QueryError: It was, and pages are asked for.
    """
    pinned.require_readable()
    if not pinned.is_withdrawn:
        return
    if how.route == "pages":
        raise QueryError(
            f"{pinned.withdrawal()}, and the service answers no questions about it: leave route= out, to have its "
            "data file answer"
        )
    warn(f"{pinned.withdrawal()}; this answer is out of its data file", WithdrawnVersionWarning)


def cached_table(pinned: Pinned, tables: TableCache | None) -> Flow[CachedTable | None]:
    """The table of a version, where the store has its data file."""
    if tables is None:
        return None
    found: CachedTable | None = yield Work(call=partial(tables.find, pinned))
    return found


def _out_of_store(
    pinned: Pinned, query: Query, asked: Asked, how: How, *, found: CachedTable, route: Route = "store"
) -> Flow[QueryResult]:
    source = Response(status=200, url=found.ref.url, retrieved_at=found.ref.stored_at)
    provenance = _provenance(pinned, query, asked, source, route=route)
    answer = partial(found.table.answer, query, provenance, debug=how.debug)
    result: QueryResult = yield Work(call=answer)
    return result


def _out_of_file(
    pinned: Pinned, query: Query, asked: Asked, how: How, *, tables: TableCache | None
) -> Flow[QueryResult]:
    if how.method != "POST":
        raise QueryError(f"method={how.method!r} is for pages, and here the data file answers: leave it out")
    if tables is not None and tables.can_store(pinned):
        found = (yield from cached_table(pinned, tables)) or (yield from fetched(pinned, tables))
        if found is not None:
            return (yield from _out_of_store(pinned, query, asked, how, found=found, route="csv"))
    response = yield from answers.data_file(pinned)
    provenance = _provenance(pinned, query, asked, response, route="csv")
    rows: EncodedRows = yield Work(call=partial(_rows, pinned, query, response))
    chosen: QueryResult = yield Work(call=partial(_chosen, query, rows, provenance, debug=how.debug))
    return chosen


def _provenance(pinned: Pinned, query: Query, asked: Asked, response: Response, *, route: Route) -> Provenance:
    # the question for everything is none: it is the data set as it is
    question = None if query == answers.whole(pinned) else query
    return answers.provenance_of(pinned, asked, route=route, response=response, query=question)


def _rows(pinned: Pinned, query: Query, response: Response) -> EncodedRows:
    from ..frames.csv import read_data_file

    rows = read_data_file(query, response.body)
    answers.check_rows(pinned, rows.frame.height, response.url)
    return rows


def _chosen(query: Query, rows: EncodedRows, provenance: Provenance, *, debug: bool) -> QueryResult:
    from ..frames.result import QueryResult
    from .rows import matching

    found = matching(query, rows, debug=debug)
    return QueryResult.from_rows(query, found.rows, total=found.total, warnings=found.warnings, provenance=provenance)
