"""Questions and their answers: all pages of a query, or the data file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import attrs

from ..errors import InvalidResponseError, ServerTimeoutError
from ..models.problems import ErrorDetail
from ..models.provenance import LICENCE, Provenance, Route, Source
from ..query.builder import Words, build
from ..query.query import Query
from ..query.whereabouts import meant
from . import requests
from .flows import Pinned
from .messages import Batch, Flow, Request, Response, Work
from .problems import raise_for

if TYPE_CHECKING:
    from ..frames.pages import PageColumns
    from ..frames.result import QueryResult

LARGEST_PAGE = 10_000
"""Rows on the service's largest page."""

PAGE_CELLS = 400_000
"""Cells on a page: the service has 30 seconds for it, which large pages of wide data sets can reach."""

SMALLEST_PAGE = 1_000
"""Rows to which pages are halved after the service ran out of time."""


@attrs.frozen(kw_only=True)
class Asked:
    """Who is asked, and when; the shells say so, as flows have no clock."""

    source: Source
    at: datetime


def ask(pinned: Pinned, query: Query, asked: Asked) -> Flow[QueryResult]:
    """Ask a question, and read all pages of its answer.

    Raises:
        WithdrawnError: The version was withdrawn.
        InvalidResponseError: The answer is not what the API promises, or changed while it was read.
    """
    from ..frames.result import QueryResult

    pinned.require_readable()
    url, pages = yield from _all_pages(query)
    question = query.to_json(indent=None)
    provenance = _provenance(pinned, asked, route="pages", url=url, query=question)
    result: QueryResult = yield Work(call=partial(QueryResult.from_pages, query, pages, provenance=provenance))
    return result


def read(pinned: Pinned, asked: Asked) -> Flow[QueryResult]:
    """Read the whole data set from its data file.

    Raises:
        WithdrawnError: The version was withdrawn.
        InvalidResponseError: The file has fewer rows than the version.
    """
    from ..frames.result import QueryResult

    pinned.require_readable()
    query = build(Words(), meta=pinned.meta, data_set_id=pinned.data_set.id, version=pinned.version.version)
    request = requests.csv(pinned.data_set.id, pinned.version.version)
    response = yield request
    raise_for(request, response)
    provenance = _provenance(pinned, asked, route="csv", url=response.url)
    result: QueryResult = yield Work(call=partial(QueryResult.from_csv, query, response.body, provenance=provenance))
    expected = pinned.version.total_results
    if result.frame.height < expected:
        raise InvalidResponseError(
            f"the data file came with {result.frame.height:,} of its {expected:,} rows: try again",
            method="GET",
            url=response.url,
        )
    return result


def page_size(query: Query) -> int:
    """Rows to ask for at a time: what the question says; else as many as fit, for wide data sets fewer."""
    size = query.page_size or min(LARGEST_PAGE, max(SMALLEST_PAGE, PAGE_CELLS // _width(query)))
    return min(size, query.limit or size)


def _width(query: Query) -> int:
    # time period and level come with every row
    return 2 + len(query.indicators) + len(query.meta.filters) + len(query.meta.locations)


def _all_pages(query: Query) -> Flow[tuple[str, list[PageColumns]]]:
    size = page_size(query)
    while True:
        try:
            return (yield from _pages(query, size))
        except ServerTimeoutError:
            if query.page_size is not None or size <= SMALLEST_PAGE:
                raise
            size = max(size // 2, SMALLEST_PAGE)


def _pages(query: Query, size: int) -> Flow[tuple[str, list[PageColumns]]]:
    request = requests.query(query, page=1, page_size=size)
    response = yield request
    url = response.url
    first = yield Work(call=partial(_read, query, request, response))
    del response
    total = first.paging.total_results
    wanted = min(total, query.limit or total)
    rest = tuple(requests.query(query, page=page, page_size=size) for page in range(2, -(-wanted // size) + 1))
    pages = [first, *(yield Batch(requests=rest, each=partial(_read, query)))]
    _check_complete(pages, size, url)
    return url, pages


def _read(query: Query, request: Request, response: Response) -> PageColumns:
    from ..frames.pages import read_page

    raise_for(request, response, words=partial(_meant, query))
    try:
        return read_page(query, response.body)
    except InvalidResponseError as error:
        error.method, error.url = request.method, response.url
        raise


def _meant(query: Query, error: ErrorDetail) -> str:
    return meant(query, error.path, error.detail)


def _check_complete(pages: Sequence[PageColumns], size: int, url: str) -> None:
    total = pages[0].paging.total_results
    for number, page in enumerate(pages, 1):
        expected = min(size, max(0, total - size * (number - 1)))
        if page.paging.total_results != total or page.paging.page != number or page.frame.height != expected:
            raise InvalidResponseError(
                f"page {number} of the answer has {page.frame.height:,} rows of {page.paging.total_results:,}, and "
                f"{expected:,} of {total:,} were expected: the data changed while it was read, ask again",
                method="POST",
                url=url,
            )


def _provenance(pinned: Pinned, asked: Asked, *, route: Route, url: str, query: str | None = None) -> Provenance:
    version = pinned.version
    return Provenance(
        source=asked.source,
        data_set_id=pinned.data_set.id,
        title=pinned.data_set.title,
        version=version.version,
        status=version.status,
        release=version.release.title,
        published=version.published,
        superseded_by=pinned.data_set.superseding_data_set_id,
        query=query,
        route=route,
        retrieved_at=asked.at,
        url=url,
        licence=LICENCE if asked.source == "service" else None,
    )
