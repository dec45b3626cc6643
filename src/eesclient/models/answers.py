"""What else answers are made of: publications, pages, problems and warnings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar

import attrs

from .._classes import frozen
from .html import facts_html

T = TypeVar("T")


@frozen(kw_only=True)
class Publication:
    """A series of releases that has at least one data set in the API."""

    id: str
    title: str
    slug: str
    summary: str
    last_published: datetime

    def _repr_html_(self) -> str:
        facts = [("Last published", self.last_published.date()), ("Summary", self.summary)]
        return facts_html(self.title, facts, ids=f"id {self.id}")


@frozen(kw_only=True)
class Paging:
    """Where a page stands; pages are numbered from 1."""

    page: int
    page_size: int
    total_results: int
    # of no items there is 1 page, or 0 when the page size is 1
    total_pages: int


@frozen(kw_only=True)
class Page(Generic[T]):
    """One page of a list; iteration gives its results."""

    paging: Paging
    results: tuple[T, ...]

    def __iter__(self) -> Iterator[T]:
        return iter(self.results)


@frozen(kw_only=True)
class ErrorDetail:
    """One error of a problem document.

    Attributes:
        message: In words.
        path: Where in the request, such as `criteria.and[1].filters.in[0]`; None for a global error.
        code: Such as `MaximumLength`; None where the service gives none.
        detail: More, by name.
    """

    message: str
    path: str | None = None
    code: str | None = None
    detail: Mapping[str, Any] | None = None


@frozen(kw_only=True)
class Problem:
    """A problem document."""

    title: str = ""
    status: int | None = None
    type: str | None = None
    trace_id: str | None = None
    errors: tuple[ErrorDetail, ...] = attrs.field(factory=tuple, metadata={"omit_empty": True})


@frozen(kw_only=True)
class Warning:
    """A warning that came with a successful query; members as in `ErrorDetail`."""

    message: str
    code: str
    path: str | None = None
    detail: Mapping[str, Any] | None = None
