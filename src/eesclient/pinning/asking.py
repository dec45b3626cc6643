"""Questions and their answers, by whichever route."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from .._warn import warn
from ..errors import QueryError, WithdrawnVersionWarning
from ..http import answers
from ..http.answers import Asked, How
from ..http.flows import Pinned
from ..http.messages import Flow, Response, Work
from ..models.provenance import Provenance
from ..query.query import Query

if TYPE_CHECKING:
    from ..frames.axes import Coded
    from ..frames.result import QueryResult


def ask(pinned: Pinned, query: Query, asked: Asked, how: How) -> Flow[QueryResult]:
    """Ask a question.

    Pages of the service, unless the question says otherwise or the version was withdrawn.

    Raises:
        WithdrawnError: The version was withdrawn.
        QueryError: The route cannot answer the question.
        InvalidResponseError: The answer is not what the API promises, or changed while it was read.
    """
    _check_readable(pinned, how)
    if how.route == "csv" or pinned.is_withdrawn:
        return (yield from _out_of_file(pinned, query, asked, how))
    return (yield from answers.ask(pinned, query, asked, how))


def read(pinned: Pinned, asked: Asked) -> Flow[QueryResult]:
    """Read the whole data set.

    Raises:
        WithdrawnError: The version was withdrawn.
        InvalidResponseError: The file has fewer rows than the version.
    """
    _check_readable(pinned, How())
    return (yield from answers.read(pinned, asked))


def _check_readable(pinned: Pinned, how: How) -> None:
    pinned.require_readable()
    if not pinned.is_withdrawn:
        return
    if how.route == "pages":
        raise QueryError(
            f"{pinned.withdrawal()}, and the service answers no questions about it: leave route= out, to have its "
            "data file answer"
        )
    warn(f"{pinned.withdrawal()}; this answer is out of its data file", WithdrawnVersionWarning)


def _out_of_file(pinned: Pinned, query: Query, asked: Asked, how: How) -> Flow[QueryResult]:
    if how.method != "POST":
        raise QueryError(f"method={how.method!r} is for pages, and here the data file answers: leave it out")
    response = yield from answers.data_file(pinned)
    table = yield Work(call=partial(_table, pinned, query, response))
    question = query.to_json(indent=None)
    provenance = answers.provenance_of(pinned, asked, route="csv", response=response, query=question)
    result: QueryResult = yield Work(call=partial(_chosen, query, table, provenance, debug=how.debug))
    return result


def _table(pinned: Pinned, query: Query, response: Response) -> Coded:
    from ..frames.csv import read_data_file

    table = read_data_file(query, response.body)
    answers.check_rows(pinned, table.frame.height, response.url)
    return table


def _chosen(query: Query, table: Coded, provenance: Provenance, *, debug: bool) -> QueryResult:
    from ..frames.result import QueryResult
    from .rows import matching

    found = matching(query, table, debug=debug)
    return QueryResult.from_rows(query, found.rows, total=found.total, warnings=found.warnings, provenance=provenance)
