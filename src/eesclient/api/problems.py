"""From a status and a body to an error that says what to do (reference, section 3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from ..errors import (
    BadRequestError,
    DataSetNotFoundError,
    ForbiddenError,
    InvalidResponseError,
    NotFoundError,
    PublicationNotFoundError,
    RequestError,
    RequestTooLargeError,
    ServerError,
    ServerTimeoutError,
    StatusError,
    TooManyRequestsError,
    VersionNotFoundError,
)
from ..models.names import bare, is_guid
from ..texts import pattern
from .between import is_of_proxy, may_be_of_proxy, proxy_error
from .json import from_json
from .messages import Request, Response

if TYPE_CHECKING:
    from ..models.answers import ErrorDetail, Problem

_PATH = pattern(r"/(?P<kind>publications|data-sets)/(?P<id>[^/]+)(?:/(?P<part>[^/]+)(?:/(?P<version>[^/]+).*)?)?")

_CLASSES: dict[int, type[StatusError]] = {
    400: BadRequestError,
    403: ForbiddenError,
    413: RequestTooLargeError,
    414: RequestTooLargeError,
    429: TooManyRequestsError,
    504: ServerTimeoutError,
}

_ADVICE = {
    408: "the service gave up waiting for the request: try again",
    413: "the question is too long: the service's gateway takes 128 KB; ask for fewer options at a time",
    414: "the address is too long: ask by POST, or for fewer options at a time",
    406: "the service does not give this in the form that was asked for: see whether something in between (a proxy) "
    "changes the header Accept",
    415: "the service does not read a body of this form: see whether something in between (a proxy) changes the header "
    "Content-Type",
    504: "the service gave up on the request after 30 seconds: try again with smaller pages (page_size=), fewer "
    "indicators, or a narrower question",
}

_ELSE = "try again, and see that nothing in between (a proxy, a cache) answers in the service's place"

Words: TypeAlias = "Callable[[ErrorDetail], str]"
"""Says what an error is about, in the user's words; "" where there are none."""


def raise_for(request: Request, response: Response, *, words: Words | None = None) -> None:
    """Raise the error that an unsuccessful answer means, of the class that fits status and address."""
    if not response.is_success:
        raise error_for(request, response, words=words)


def error_for(request: Request, response: Response, *, words: Words | None = None) -> RequestError:
    """The error that an unsuccessful answer means, whether its body is a problem document, HTML or empty."""
    where = {"method": request.method, "url": response.url}
    problem = _problem(response)
    if problem is None and is_of_proxy(response):
        return proxy_error(response.status, response.headers, response.proxy, **where)
    if response.status == 404:
        class_, message = _not_found(request, response)
        message += response.advice
    else:
        class_ = _CLASSES.get(response.status, ServerError if response.status >= 500 else StatusError)
        message = _advice(request, response, problem, words)
    message += "" if problem else may_be_of_proxy(response)
    return class_(
        f"{message} [{response.status} for {request.method} {response.url or request.path}]",
        status=response.status,
        title=problem.title if problem else "",
        errors=problem.errors if problem else (),
        # a body that is not a problem document is kept in part
        body="" if problem else response.body[:2000].decode("utf-8", "replace")[:500],
        **where,
    )


def refused(problem: str, request: Request, response: Response) -> InvalidResponseError:
    """The error of an answer that is not what was asked for."""
    return InvalidResponseError(
        f"{problem} ({request.method} {response.url or request.path}): {_ELSE}",
        method=request.method,
        url=response.url,
    )


def _problem(response: Response) -> Problem | None:
    try:
        from ..models.answers import Problem

        problem = from_json(response.body, Problem)
    # empty from routing and from failures, HTML from the gateway (reference, section 3.1)
    except InvalidResponseError:
        return None
    return problem if problem.title or problem.errors or problem.status is not None else None


def _not_found(request: Request, response: Response) -> tuple[type[StatusError], str]:
    match = _PATH.fullmatch(request.path)
    if request.host != "api":
        return NotFoundError, "there is no such file any more, or never was"
    if match is None:
        return NotFoundError, "there is nothing at this address: see the path, and the base URL (EES_API_URL)"
    kind, id_, part = match["kind"], match["id"], match["part"]
    if kind == "publications":
        return PublicationNotFoundError, (
            f"no publication {id_!r} with a data set in the API: client.publications(search=...) finds those there are"
        )
    # in the path of versions and changes, a parameter elsewhere
    version = match["version"] or dict(request.params).get("dataSetVersion")
    if not response.body and is_guid(id_):
        # the service's own "not found" has a body: this one comes from routing
        return NotFoundError, (
            "no API answered at this address: see that the base URL (EES_API_URL) is that of the API, and the path"
        )
    if version and is_guid(id_):
        return VersionNotFoundError, (
            f"data set {id_} has no version {version!r}, or there is no such data set: client.versions({id_!r}) "
            "lists its versions"
        )
    # the summary of a data set is there also while none of its versions is live
    no_version = " or it has no live version yet;" if part in ("meta", "csv", "query") else ""
    return DataSetNotFoundError, (
        f"no data set {id_!r} in the API;{no_version} client.data_sets(search=...) or ees search finds those there are"
    )


def _advice(request: Request, response: Response, problem: Problem | None, words: Words | None) -> str:
    status = response.status
    match status:
        case 403:
            return _forbidden(request, problem)
        case 429:
            after = response.headers.get("retry-after")
            wait = f"wait (its Retry-After is {after!r})" if after else "wait a minute"
            return f"too many requests: {wait} before the next, or ask for fewer at once (max_in_flight=)"
        case 405:
            allowed = bare(response.headers.get("allow", "")) or "another method"
            return f"this address takes {allowed}, not {request.method}"
        case 504 if request.path.endswith("/meta"):
            return (
                "the service gave up on the metadata after 30 seconds: with very many places it takes that long; try "
                "again later, or have the data file alone, with client.download()"
            )
        case _ if status in _ADVICE:
            return _ADVICE[status]
        # what the transport does not follow: to another host, with another method, or too many
        case _ if 300 <= status < 400:
            target = bare(response.headers.get("location", "nowhere"))
            return f"the answer is a redirect to {target!r}, which was not followed: see the base URL (EES_API_URL)"
    details = "" if problem is None else "; ".join(_detail(error, words) for error in problem.errors) or problem.title
    what = "the service failed: try again later" if status >= 500 else "the service refuses the request"
    return f"{what}: {details}" if details else what


def _forbidden(request: Request, problem: Problem | None) -> str:
    # the API's own refusal is a problem document, that of the firewall before it is not (reference, section 3.1)
    if problem is None:
        return (
            "a gateway blocked the request before it reached the API: its firewall refuses bodies above 128 KB and "
            "texts that look like an attack; ask for fewer options at a time"
        )
    if request.path.endswith("/query"):
        return (
            "this version may not be queried: it is withdrawn, or not published yet; client.versions(...) shows the "
            "status of each"
        )
    return (
        "this may not be read: it is withdrawn, or not published yet, and then it takes a preview token of this very "
        "version that has not expired (preview_token=)"
    )


def _detail(error: ErrorDetail, words: Words | None) -> str:
    meant = words(error) if words else ""
    place = f"{error.path} ({meant}): " if error.path and meant else f"{error.path}: " if error.path else ""
    code = f" ({error.code})" if error.code else ""
    return f"{place}{error.message}{code}"
