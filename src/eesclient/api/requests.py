"""The requests of the API, as data (reference, section 2)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl
from uuid import UUID

import attrs

from ..errors import ArgumentTypeError, DataSetNotFoundError, PublicationNotFoundError, QueryTooLargeError
from ..models.enums import MetaType
from ..models.names import ANY_GUID, API_VERSION, name_of, names_in
from ..models.provenance import Method
from ..models.versions import Version, VersionRange
from .json import to_json
from .messages import Request, Response
from .problems import refused

if TYPE_CHECKING:
    from ..models.answers import Page, Paging
    from ..query.question import Query

_PUBLICATIONS_PAGE, _LIST_PAGE = ("pageSize", "40"), ("pageSize", "20")
"""The largest pages of each list: fewest requests."""


def guid(text: str | UUID, kind: Literal["data set", "publication"] = "data set") -> str:
    """The GUID of a data set or publication in lower case."""
    # an upper-case path is redirected, perhaps to a host that cannot be reached (reference, section 1)
    lower = str(text).strip().lower()
    if ANY_GUID.fullmatch(lower):
        return lower
    inside = ANY_GUID.search(lower)
    hint = f"perhaps {inside.group()!r}" if inside else f"client.{kind.replace(' ', '_')}s(search=...) finds it"
    class_ = DataSetNotFoundError if kind == "data set" else PublicationNotFoundError
    raise class_(
        f"{str(text)!r} is not the id of a {kind}: that is a GUID such as "
        f'"019d431f-f58f-73c2-9c1e-5e5fd3462e77"; {hint}'
    )


def get(path: str, *params: tuple[str, str]) -> Request:
    """A GET request."""
    # a text of Python may hold half a character, and no address does
    for text in (path, *chain.from_iterable(params)):
        name_of(text, "the address of a request:")
    return Request(method="GET", path=path, params=params)


def publications(search: str | None = None) -> Request:
    """The first page of the publications."""
    searched = () if search is None else (("search", name_of(search, "search=", "words to search for")),)
    return get("/publications", ("page", "1"), _PUBLICATIONS_PAGE, *searched)


def data_sets(publication_id: str) -> Request:
    """The first page of a publication's data sets."""
    path = f"/publications/{guid(publication_id, 'publication')}/data-sets"
    return get(path, ("page", "1"), _LIST_PAGE)


def versions(data_set_id: str) -> Request:
    """The first page of a data set's versions."""
    path = f"/data-sets/{guid(data_set_id)}/versions"
    return get(path, ("page", "1"), _LIST_PAGE)


def next_page(request: Request, page: Page[Any]) -> Request | None:
    """The request for the page after this one, or None after the last."""
    paging = page.paging
    # the number of pages may be 1 or 0 where there are no results (reference, section 6)
    if paging.page >= paging.total_pages or not page.results:
        return None
    rest = tuple((name, value) for name, value in request.params if name != "page")
    return attrs.evolve(request, params=(("page", str(paging.page + 1)), *rest))


def check_page(request: Request, response: Response, paging: Paging, rows: int) -> None:
    """Refuse a page that is not the one that was asked for."""
    asked = dict(request.params) if request.body is None else json.loads(request.body)
    # a request in the user's own words may leave them out
    page, size = int(asked.get("page", 1)), int(asked.get("pageSize", paging.page_size))
    if (paging.page, paging.page_size) != (page, size) or rows > size:
        came = f"page {paging.page} of pages of {paging.page_size:,} came, with {rows:,}"
        raise refused(f"page {page} of pages of {size:,} was asked for, and {came}", request, response)


def meta(
    data_set_id: str,
    version: Version | VersionRange | None = None,
    types: str | MetaType | Iterable[str | MetaType] | None = None,
) -> Request:
    """Metadata of a version, or those parts of it."""
    parts = [("types", name) for name in (() if types is None else names_in(types, "types="))]
    return get(f"/data-sets/{guid(data_set_id)}/meta", *_version(version), *parts)


def changes(data_set_id: str, version: Version | VersionRange, *, patches: bool = False) -> Request:
    """The changes of a version; with `patches`, also those of the versions that it patches."""
    history = [("includePatchHistory", "true")] if patches else []
    return get(f"/data-sets/{guid(data_set_id)}/versions/{version}/changes", *history)


def csv(data_set_id: str, version: Version | VersionRange | None, *, title: str = "") -> Request:
    """The data file of a version; of the latest live one without `version`."""
    asked = get(f"/data-sets/{guid(data_set_id)}/csv", *_version(version))
    return attrs.evolve(asked, about=f"{title or data_set_id} {version or ''}".rstrip())


def query(question: Query, *, page: int, page_size: int, method: Method = "POST", debug: bool = False) -> Request:
    """One page of a question."""
    # not above: who asks for metadata alone has no question
    from ..query.request import render_body, render_params

    path = f"/data-sets/{question.data_set_id}/query"
    if method == "GET":
        # one that is too long goes by POST, which asks the same
        with suppress(QueryTooLargeError):
            return get(path, *render_params(question, page=page, page_size=page_size, debug=debug))
    body = render_body(question, page=page, page_size=page_size, debug=debug)
    return Request(method="POST", path=path, params=(("dataSetVersion", str(question.version)),), body=body.encode())


def _version(version: Version | VersionRange | None) -> tuple[tuple[str, str], ...]:
    if version is None:
        return ()
    # a lone * would mean the latest live version here, and the highest published one in a path (reference, section 5)
    return (("dataSetVersion", "v*" if str(version) == "*" else str(version)),)


def free(
    method: str, path: str, params: Mapping[str, str | Sequence[str]] | None = None, body: object = None
) -> Request:
    """A request in the caller's words; GUIDs in its path in lower case."""
    bare, _, query = path.partition("?")
    # with the version segment, as the documentation writes paths, or below it
    below = "/" + re.sub(f"^{API_VERSION}/", "", f"/{bare.strip('/')}").lstrip("/")
    more = [
        (name, str(one))
        for name, value in (params or {}).items()
        for one in ([value] if isinstance(value, str) else value)
    ]
    asked = get(
        ANY_GUID.sub(lambda guid: guid.group().lower(), below), *parse_qsl(query, keep_blank_values=True), *more
    )
    try:
        said = None if body is None else to_json(body)
    except (TypeError, ValueError, RecursionError) as error:
        raise ArgumentTypeError(f"body= cannot be said in JSON: {error}") from error
    return attrs.evolve(asked, method=method.upper(), body=said)
