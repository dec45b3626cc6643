"""How rows are asked for, and the pages of one answer read, each as it comes."""

from __future__ import annotations

from typing import get_args

import attrs

from ._classes import define, frozen
from .api import requests
from .api.messages import Request, Response
from .api.problems import error_for
from .api.requests import check_page
from .errors import InvalidResponseError, QueryError
from .models.names import listed
from .models.provenance import Method, RouteChoice
from .query.labels import describe_path
from .query.question import Query
from .query.request import LARGEST_PAGE
from .table.page import EncodedPage, Known, read_page

PAGE_CELLS = 400_000
"""Cells on a page: the service has 30 seconds for it, which large pages of wide data sets can reach."""

SMALLEST_PAGE = 1_000
"""Rows to which pages are halved after the service ran out of time."""


@frozen(kw_only=True)
class Fetch:
    """How the rows of an answer are fetched.

    Attributes:
        route: Whether they come as pages, out of the data file, or out of the store.
        method: How pages are asked for.
        debug: Whether the service puts labels beside the ids of pages.
    """

    route: RouteChoice = "auto"
    method: Method = "POST"
    debug: bool = False

    def check(self) -> None:
        """Refuse a way that there is not."""
        for name, value, choices in (
            ("route", self.route, get_args(RouteChoice)),
            ("method", self.method, get_args(Method)),
        ):
            if value not in choices:
                raise QueryError(f"{name}={value!r}: write one of {listed(choices)}")


def page_size(query: Query) -> int:
    """Rows to ask for at a time: what the question says; else as many as fit, for wide data sets fewer."""
    # time period and level come with every row
    width = 2 + len(query.indicators) + len(query.meta.filters) + len(query.meta.locations)
    size = query.page_size or min(LARGEST_PAGE, max(SMALLEST_PAGE, PAGE_CELLS // width))
    return min(size, query.limit or size)


@define(kw_only=True)
class Reading:
    """Reads the pages of one answer, each as it comes: they have to be about the same rows.

    With `fresh`, the service itself is asked; `stored` is an answer that was remembered, if one was.
    """

    query: Query
    size: int
    fresh: bool
    stored: Response | None = None
    total: int | None = None
    # what its pages have in common
    _known: Known = attrs.field(factory=dict, init=False, repr=False)

    def request(self, number: int, fetch: Fetch) -> Request:
        """What asks for a page."""
        asked = requests.query(self.query, page=number, page_size=self.size, method=fetch.method, debug=fetch.debug)
        return attrs.evolve(asked, fresh=self.fresh)

    def read(self, request: Request, response: Response) -> EncodedPage:
        """One of the pages, which has to fit to the first."""
        if response.stored:
            self.stored = attrs.evolve(response, body=b"")
        page = read_answer(self.query, request, response, self._known)
        paging, rows = page.paging, page.frame.height
        if self.total is None:
            self.total = paging.total_results
        expected = min(self.size, max(0, self.total - self.size * (paging.page - 1)))
        if paging.total_results and paging.total_pages != -(-paging.total_results // paging.page_size):
            raise InvalidResponseError(
                f"page {paging.page} of the answer counts {paging.total_results:,} rows on {paging.total_pages:,} "
                f"pages of {paging.page_size:,}: try again",
                method=request.method,
                url=response.url,
            )
        # pages are answers of their own, between which the data may change
        if paging.total_results != self.total or rows != expected:
            raise InvalidResponseError(
                f"page {paging.page} of the answer has {rows:,} rows of {paging.total_results:,}, and {expected:,} of "
                f"{self.total:,} were expected: the data changed while it was read, ask again",
                method=request.method,
                url=response.url,
            )
        return page


def read_answer(query: Query, request: Request, response: Response, known: Known | None = None) -> EncodedPage:
    """One page of an answer; an error of the service is told in the words of the question."""
    if not response.is_success:
        raise error_for(request, response, words=lambda error: describe_path(query, error.path, error.detail))
    try:
        page = read_page(query, response.body, known)
    except InvalidResponseError as error:
        error.method, error.url = request.method, response.url
        raise
    check_page(request, response, page.paging, page.frame.height)
    return page
