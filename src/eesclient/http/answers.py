"""Questions and their answers: all pages of a query, or the data file."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, get_args

import attrs

from ..errors import InvalidResponseError, LockError, QueryError, ServerTimeoutError
from ..models.problems import ErrorDetail
from ..models.provenance import LICENCE, Method, Provenance, Route, RouteChoice, Source
from ..query.builder import QueryArgs, build
from ..query.names import listed
from ..query.query import Query
from ..query.render import render_body
from ..query.single_years import require_matchable
from ..query.whereabouts import meant
from . import requests
from .flows import Pinned
from .messages import Batch, Flow, Request, Response, Work
from .problems import raise_for

if TYPE_CHECKING:
    from ..frames.pages import EncodedPage
    from ..frames.result import QueryResult

LARGEST_PAGE = 10_000
"""Rows on the service's largest page."""

PAGE_CELLS = 400_000
"""Cells on a page: the service has 30 seconds for it, which large pages of wide data sets can reach."""

FEW_ROWS = 50_000
"""Rows that are always read by pages: five requests at most, where the data set is not wide."""

FILE_SHARE = 0.5
"""Share of a data set above which its data file is cheaper: as many bytes for all rows, half the work, one request."""

SMALLEST_PAGE = 1_000
"""Rows to which pages are halved after the service ran out of time."""


@attrs.frozen(kw_only=True)
class Asked:
    """Who is asked, and when; the shells say so, as flows have no clock."""

    source: Source
    at: datetime


def _is_one_of(choices: Sequence[str]) -> Callable[[Any, attrs.Attribute[Any], object], None]:
    def check(_: object, field: attrs.Attribute[Any], value: object) -> None:
        if value not in choices:
            raise QueryError(f"{field.name}={value!r}: write one of {listed(choices)}")

    return check


@attrs.frozen(kw_only=True)
class How:
    """How a question is asked.

    Attributes:
        route: Whether its rows come as pages or out of the data file.
        method: How pages are asked for.
        debug: Whether the service puts labels beside the ids of pages.
    """

    route: RouteChoice = attrs.field(default="auto", validator=_is_one_of(get_args(RouteChoice)))
    method: Method = attrs.field(default="POST", validator=_is_one_of(get_args(Method)))
    debug: bool = False


class ByFileError(Exception):
    """So much matches that the data file is the cheaper way to have it."""


def ask(pinned: Pinned, query: Query, asked: Asked, how: How = How()) -> Flow[QueryResult]:
    """Ask a question, and read all pages of its answer.

    Raises:
        WithdrawnError: The version was withdrawn.
        QueryError: It names a two-year period that is stored with one year, which the service cannot match.
        InvalidResponseError: The answer is not what the API promises, or changed while it was read.
        ByFileError: The route is left open, and after the first page the data file is the cheaper one.
    """
    from ..frames.result import QueryResult

    pinned.require_readable()
    require_matchable(query)
    response, pages = yield from _all_pages(query, how, most=most_by_pages(pinned, query, how))
    provenance = provenance_of(pinned, asked, route="pages", response=response, query=query)
    work = partial(QueryResult.from_pages, query, _given_up(pages), provenance=provenance)
    result: QueryResult = yield Work(call=work)
    return result


def _given_up(pages: list[EncodedPage]) -> Iterator[EncodedPage]:
    """The pages, which are not kept here: together they take as much memory as the frame that is made of them."""
    while pages:
        yield pages.pop(0)


def most_by_pages(pinned: Pinned, query: Query, how: How) -> float:
    """How many rows are read by pages at most, before the data file is the cheaper way to have them."""
    is_open = how.route == "auto" and how.method == "POST" and not how.debug
    if not is_open or query.limit is not None or query.page_size is not None:
        return math.inf
    return max(FEW_ROWS, FILE_SHARE * pinned.version.total_results)


def whole(pinned: Pinned) -> Query:
    """The question for all rows and all indicators."""
    return build(QueryArgs(), meta=pinned.meta, data_set_id=pinned.data_set.id, version=pinned.version.version)


def data_file(pinned: Pinned) -> Flow[Response]:
    """The data file of a version.

    Raises:
        LockError: It is not the one that was locked.
    """
    request = requests.csv(pinned.data_set.id, pinned.version.version)
    response: Response = yield request
    raise_for(request, response)
    if pinned.data_sha256 is not None:
        yield Work(call=partial(_check_body, pinned, response))
    return response


def _check_body(pinned: Pinned, response: Response) -> None:
    check_digest(pinned, hashlib.sha256(response.body).hexdigest())


def check_digest(pinned: Pinned, digest: str) -> None:
    """Check that a data file is the one that was locked, if it was.

    Raises:
        LockError: It is another.
    """
    if pinned.data_sha256 not in (None, digest):
        raise LockError(
            f"the data file of version {pinned.version.version} of {pinned.data_set.title!r} is not the one that was "
            f"locked: its SHA-256 is {digest}, and the lock says {pinned.data_sha256}; nothing in an exact version "
            "should change, so ask the producer, or lock the version again if you trust the file that is there now"
        )


def check_rows(pinned: Pinned, height: int, url: str) -> None:
    """Check that the data file came whole.

    Raises:
        InvalidResponseError: It has fewer rows than the version.
    """
    expected = pinned.version.total_results
    if height < expected:
        raise InvalidResponseError(
            f"the data file came with {height:,} of its {expected:,} rows: try again", method="GET", url=url
        )


def page_size(query: Query) -> int:
    """Rows to ask for at a time: what the question says; else as many as fit, for wide data sets fewer."""
    size = query.page_size or min(LARGEST_PAGE, max(SMALLEST_PAGE, PAGE_CELLS // _width(query)))
    return min(size, query.limit or size)


def _width(query: Query) -> int:
    # time period and level come with every row
    return 2 + len(query.indicators) + len(query.meta.filters) + len(query.meta.locations)


def _all_pages(query: Query, how: How, *, most: float) -> Flow[tuple[Response, list[EncodedPage]]]:
    size = page_size(query)
    while True:
        try:
            return (yield from _pages(query, size, how, most=most))
        except ServerTimeoutError:
            if query.page_size is not None or size <= SMALLEST_PAGE:
                raise
            size = max(size // 2, SMALLEST_PAGE)


def _pages(query: Query, size: int, how: How, *, most: float) -> Flow[tuple[Response, list[EncodedPage]]]:
    def page_of(number: int) -> Request:
        return requests.query(query, page=number, page_size=size, method=how.method, debug=how.debug)

    request = page_of(1)
    response = yield request
    first = yield Work(call=partial(read_answer, query, request, response))
    response = attrs.evolve(response, body=b"")
    total = first.paging.total_results
    if total > most:
        raise ByFileError
    wanted = min(total, query.limit or total)
    rest = tuple(page_of(number) for number in range(2, -(-wanted // size) + 1))
    pages = [first, *(yield Batch(requests=rest, each=partial(read_answer, query)))]
    _check_complete(pages, request, size, response.url)
    return response, pages


def read_answer(query: Query, request: Request, response: Response) -> EncodedPage:
    """One page of an answer.

    Raises:
        StatusError: The service refused.
        InvalidResponseError: The page is not what the API promises.
    """
    from ..frames.pages import read_page

    raise_for(request, response, words=partial(_meant, query))
    try:
        return read_page(query, response.body)
    except InvalidResponseError as error:
        error.method, error.url = request.method, response.url
        raise


def _meant(query: Query, error: ErrorDetail) -> str:
    return meant(query, error.path, error.detail)


def _check_complete(pages: Sequence[EncodedPage], request: Request, size: int, url: str) -> None:
    total = pages[0].paging.total_results
    for number, page in enumerate(pages, 1):
        expected = min(size, max(0, total - size * (number - 1)))
        if page.paging.total_results != total or page.paging.page != number or page.frame.height != expected:
            raise InvalidResponseError(
                f"page {number} of the answer has {page.frame.height:,} rows of {page.paging.total_results:,}, and "
                f"{expected:,} of {total:,} were expected: the data changed while it was read, ask again",
                method=request.method,
                url=url,
            )


def provenance_of(
    pinned: Pinned, asked: Asked, *, route: Route, response: Response, query: Query | None = None
) -> Provenance:
    """Where an answer comes from; no question stands for the whole data set."""
    version = pinned.version
    return Provenance(
        source=asked.source,
        data_set_id=pinned.data_set.id,
        title=pinned.data_set.title,
        version=version.version,
        status=version.status,
        release=version.release.title,
        publication=pinned.publication,
        published=version.published,
        withdrawn=version.withdrawn,
        superseded_by=pinned.data_set.superseding_data_set_id,
        query=None if query is None else render_body(query),
        pinned={} if query is None else dict(query.pinned),
        route=route,
        retrieved_at=response.retrieved_at or asked.at,
        url=response.url,
        licence=LICENCE if asked.source == "service" else None,
        footnotes=pinned.footnotes,
        file_sha256=pinned.file_sha256,
    )
