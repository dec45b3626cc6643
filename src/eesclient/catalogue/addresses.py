"""The unofficial addresses of the data catalogue, all of them; and what goes wrong there, said as such.

The service's own web site uses them. They are undocumented and may change without notice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from .._guid import GUID
from ..errors import CatalogueError, OfflineError, QueryError, RequestError, StatusError
from ..http import flows
from ..http.flows import Asking
from ..http.messages import Request, Response
from ..http.problems import raise_for

T = TypeVar("T")

_GUID = re.compile(GUID, re.IGNORECASE)
_LARGEST_PAGE = 40
SHORTEST_SEARCH = 3
"""Characters that a search has at least."""


def file_guid(text: str) -> str:
    """The id of a file, out of itself or the address of its page.

    Raises:
        QueryError: There is none in the text.
    """
    found = _GUID.search(text)
    if found is None or (len(text.strip()) != len(found[0]) and "data-set" not in text):
        raise QueryError(
            f"{text!r} names no data set of the catalogue: give its id, a GUID, or the address of its page; "
            "client.catalogue.search(...) finds both"
        )
    return found[0].lower()


def files(**params: str) -> Request:
    """The first page of the files that fit."""
    fixed = (("page", "1"), ("pageSize", str(_LARGEST_PAGE)))
    return Request(method="GET", host="content", path="/data-set-files", params=(*fixed, *params.items()))


def file(file_id: str, *, kept: bool = False) -> Request:
    """All that is said of a file."""
    return Request(method="GET", host="content", path=f"/data-set-files/{file_id}", kept=kept)


def changes() -> Request:
    """When each current file was changed."""
    return Request(method="GET", host="content", path="/data-set-files/sitemap-items")


def tree() -> Request:
    """Themes with their publications."""
    return Request(method="GET", host="content", path="/publications/tree", params=(("filter", "DataCatalogue"),))


def themes() -> Request:
    """Themes with their slugs."""
    return Request(method="GET", host="content", path="/themes")


def data(file_id: str, *, sha256: str | None = None) -> Request:
    """The file itself, by the address that its page shows."""
    return Request(method="GET", host="site", path=f"/data-catalogue/data-set/{file_id}/csv", sha256=sha256)


def fetch(request: Request, type_: type[T]) -> Asking[T]:
    """Ask, and read the answer as that type.

    Raises:
        CatalogueError: There is no usable answer.
    """
    with softly(request):
        return (yield from flows.fetch(request, type_))


def fetch_file(request: Request) -> Asking[Response]:
    """Ask for a file.

    Raises:
        CatalogueError: There is no usable answer.
    """
    with softly(request):
        response = yield request
        raise_for(request, response)
    if not response.body or response.body.lstrip()[:1] == b"<":
        what = "a page" if response.body else "nothing"
        raise CatalogueError(
            _says(request, f"a CSV file was expected, and {what} came"), method=request.method, url=response.url
        )
    return response  # type: ignore[no-any-return]


@contextmanager
def softly(request: Request) -> Iterator[None]:
    """What goes wrong inside is said to be the catalogue's."""
    try:
        yield
    except (OfflineError, CatalogueError):
        raise
    except RequestError as error:
        missing = isinstance(error, StatusError) and error.status == 404
        what = "there is no such file any more, or never was" if missing else str(error)
        raise CatalogueError(_says(request, what), method=error.method, url=error.url) from error


def _says(request: Request, what: str) -> str:
    return (
        f"the data catalogue does not answer as expected at {request.path} (of its {request.host}): {what}. This "
        "address is unofficial, not part of the API, and may have changed; client.data_sets(search=...) and "
        "client.open(...) ask the API alone, and EES_CONTENT_URL and EES_SITE_URL say where the catalogue is"
    )
