"""Answers as what they are: read, about what was asked, and each item of a list once; nothing is asked for ever."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import Any, Generic, TypeAlias, TypeVar

import attrs

from ..errors import IncompleteListWarning, InvalidResponseError, StoreError, warn
from ..models import data_sets
from ..models.data_sets import Page
from ..models.meta import Meta
from ..models.versions import Version, VersionRange, fits
from .json import from_json
from .messages import Operation, Request, Response
from .problems import raise_for
from .requests import next_page

T = TypeVar("T")

About: TypeAlias = str | Version | VersionRange | None
"""The id, version or range of versions that an answer has to be about; None where it does not say."""

_ELSE = "try again, and see that nothing in between (a proxy, a cache) answers in the service's place"


def ask(request: Request, read: Callable[[Request, Response], T]) -> Operation[T]:
    """Ask, and read the answer; one that was remembered and cannot be read is set aside, and the service asked."""
    while True:
        response = yield request
        raise_for(request, response)
        try:
            return read(request, response)
        except InvalidResponseError as error:
            require_stored(response, error)
            request = attrs.evolve(request, fresh=True)


def require_stored(response: Response | None, error: InvalidResponseError) -> None:
    """Raise the error of an answer that was read in vain, unless it was remembered, and the service can be asked."""
    if response is None or not response.stored:
        raise error
    if response.advice:
        raise StoreError(f"{error}{response.advice}", path=response.url) from error


def fetch(request: Request, type_: type[T], about: About = None) -> Operation[T]:
    """Ask, and read the answer as that type."""
    return (yield from ask(request, partial(read_as, type_, about)))


def read_as(type_: type[T], about: About, request: Request, response: Response) -> T:
    """Read an answer as that type; one about something else than what was asked for is refused.

    Metadata says neither its data set nor its version, and a version not its data set: these are taken on trust, but
    for the names in metadata, which `operations.pin` compares with those that its version has.
    """
    found = from_json(response.body, type_, url=response.url, method=request.method)
    came: Any = getattr(found, "id" if isinstance(about, str) else "version", None)
    is_it = about is None or (came.lower() == about if isinstance(about, str) else fits(came, about))
    problem = "" if is_it else f"{about} was asked for, and the answer is about {came}"
    if isinstance(found, Meta) and (repeated := _repeated(found)):
        problem = f"the metadata has {repeated} twice"
    if problem:
        raise refused(problem, request, response)
    return found


def _repeated(meta: Meta) -> str:
    """Words for the first thing that is there more than once, where ids or codes would not tell; "" mostly."""
    ids = {
        "filter": [filter_.id for filter_ in meta.filters],
        "filter column": [filter_.column for filter_ in meta.filters],
        "indicator": [indicator.id for indicator in meta.indicators],
        "indicator column": [indicator.column for indicator in meta.indicators],
        "level": [str(level.code) for level in meta.levels],
        "level of locations": [str(group.level.code) for group in meta.locations],
        "time period": [f"{period.period} {period.code}" for period in meta.periods],
        **{f"option of {one.label!r}": [option.id for option in one.options] for one in meta.filters},
        **{f"location at {one.level.label!r}": [option.id for option in one.options] for one in meta.locations},
    }
    for what, found in ids.items():
        if len(found) != len(set(found)):
            return f"the {what} {next(one for one in found if found.count(one) > 1)!r}"
    return ""


def check_page(request: Request, response: Response, paging: data_sets.Paging, rows: int) -> None:
    """Refuse a page that is not the one that was asked for."""
    asked = dict(request.params) if request.body is None else json.loads(request.body)
    # a request in the user's own words may leave them out
    page, size = int(asked.get("page", 1)), int(asked.get("pageSize", paging.page_size))
    if (paging.page, paging.page_size) != (page, size) or rows > size:
        came = f"page {paging.page} of pages of {paging.page_size:,} came, with {rows:,}"
        raise refused(f"page {page} of pages of {size:,} was asked for, and {came}", request, response)


def refused(problem: str, request: Request, response: Response) -> InvalidResponseError:
    """The error of an answer that is not what was asked for."""
    return InvalidResponseError(
        f"{problem} ({request.method} {response.url or request.path}): {_ELSE}",
        method=request.method,
        url=response.url,
    )


@attrs.define(eq=False)
class Paging(Generic[T]):
    """A list that comes in pages; each item once, as pages overlap when something is published meanwhile."""

    request: Request | None
    """The request for the next page, or None after the last."""
    type_: type[Page[T]]
    what: str = attrs.field(kw_only=True)
    """What it lists, in the plural."""
    key: Callable[[T], object] = attrs.field(default=attrgetter("id"), kw_only=True)
    _seen: set[object] = attrs.field(factory=set, init=False)

    def next_items(self) -> Operation[list[T]]:
        """What the next page has that none before it had; after the last, a warning where it was not all."""
        if self.request is None:
            return []
        page, response = yield from ask(self.request, self._read)
        # what is published meanwhile moves the rest down, so that the next page begins with known items
        items = {self.key(item): item for item in page.results if self.key(item) not in self._seen}
        self._seen.update(items)
        request, self.request = self.request, next_page(self.request, page)
        came, total = len(self._seen), page.paging.total_results
        if self.request is not None and not items:
            # or it would be asked for ever
            raise refused(f"page {page.paging.page} of the {self.what} brings nothing new", request, response)
        if self.request is None and came < total:
            warn(
                f"{came:,} of {total:,} {self.what} came: the service repeated some on its pages or left others out; "
                "ask again, or search for the one that is missing",
                IncompleteListWarning,
            )
        return list(items.values())

    def all_items(self) -> Operation[list[T]]:
        """All that is left at once."""
        items: list[T] = []
        while self.request:
            items += yield from self.next_items()
        return items

    def _read(self, request: Request, response: Response) -> tuple[Page[T], Response]:
        page = read_as(self.type_, None, request, response)
        check_page(request, response, page.paging, len(page.results))
        paging = page.paging
        if page.results and (len(page.results) > paging.total_results or paging.page > paging.total_pages):
            problem = f"page {paging.page} of the {self.what} has {len(page.results):,}, and its total is "
            problem += f"{paging.total_results:,} on {paging.total_pages:,} pages"
            raise refused(problem, request, response)
        return page, attrs.evolve(response, body=b"")
