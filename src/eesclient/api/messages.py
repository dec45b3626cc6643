"""Requests, responses and flows: all that passes between operations and those that send."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, Literal, NamedTuple, Protocol, Self, TypeAlias, TypeVar
from urllib.parse import quote, urlencode

import attrs

from .._classes import frozen
from ..errors import QueryError, QueryTooLargeError
from ..models.progress import Progress
from ..unpack import MAX_UNPACKED

T = TypeVar("T")

PREVIEW_HEADER = "preview-token"
"""Header that shows a draft version (reference, section 4)."""

_LONGEST = 60_000
"""Characters of an address; httpx refuses more than 65,536."""

Host: TypeAlias = Literal["api", "content", "site"]
"""Who is asked: the API, or one of the unofficial addresses of the data catalogue."""


@frozen(kw_only=True)
class Request:
    """What is sent.

    Attributes:
        method: HTTP method, upper case.
        path: Below the version segment, such as `/data-sets/…/query`; not yet percent-encoded; GUIDs in lower case.
            For another host than the API, below its address.
        params: Query parameters in order, not yet percent-encoded; names may repeat.
        body: JSON text to send, or None.
        headers: Further headers; they may hold a secret, so they are not part of the repr.
        fresh: Whether the service itself must answer, as what is remembered of it cannot be read, and is set aside.
        kept: Whether what is remembered answers first, also of what may have changed since.
        sha256: Digest of the bytes that are wanted: what is remembered of them answers first.
        own: Ids or versions whose summaries, in the list that answers, are remembered as answers of their own; `*` for
            those of all data sets.
        host: Who is asked.
        about: What a file is of, in words, to be shown while it comes.
    """

    method: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = attrs.field(default=(), repr=False)
    fresh: bool = attrs.field(default=False, repr=False)
    kept: bool = attrs.field(default=False, repr=False)
    sha256: str | None = attrs.field(default=None, repr=False)
    own: frozenset[str] = attrs.field(default=frozenset(), repr=False)
    host: Host = "api"
    about: str = attrs.field(default="", eq=False, repr=False)


def address(base_url: str, request: Request) -> str:
    """The address of a request to the host there, percent-encoded."""
    version = "/v1" if request.host == "api" else ""
    try:
        # a star stays as it is written: ranges of versions have one
        query = urlencode(request.params, quote_via=quote, safe="*")
        found = f"{base_url}{version}{quote(request.path, safe='/*')}" + (f"?{query}" if query else "")
    except UnicodeEncodeError as error:
        raise QueryError(f"{error.object!r} holds half a character, which cannot be sent: mend it") from error
    if len(found) > _LONGEST:
        raise QueryTooLargeError(
            f"the address would have {len(found):,} characters, and {_LONGEST:,} can be sent: ask by POST, or for less "
            "at a time"
        )
    return found


@frozen(kw_only=True)
class Proxy:
    """What requests go through.

    Attributes:
        url: Its address, without name and password.
        variable: Where it was said: `HTTPS_PROXY`, say, or the system's settings.
        login: Name and password for it, or None; secrets, so not part of the repr.
    """

    url: str
    variable: str
    login: tuple[str, str] | None = attrs.field(default=None, repr=False)


@frozen(kw_only=True)
class Response:
    """What came back; `url` is the address that answered, without secrets, or "" of a local service.

    `stored` says that it is what is remembered; `advice` is what the store says to an answer that there is nothing, or,
    offline, to one of its own that cannot be read. `proxy` is what it came through.
    """

    status: int
    headers: Mapping[str, str] = attrs.field(factory=dict)
    _body: bytes | Callable[[], bytes] = attrs.field(default=b"", alias="body")
    url: str = ""
    retrieved_at: datetime | None = None
    stored: bool = False
    advice: str = ""
    proxy: Proxy | None = None

    @cached_property
    def body(self) -> bytes:
        """Body with any content encoding undone, which may be done only now; an error where it is damaged."""
        return self._body if isinstance(self._body, bytes) else self._body()

    def unpacked(self) -> Self:
        """The same, its encoding undone now; what is large is better left packed until it is read."""
        _ = self.body
        return self

    @property
    def is_sealed(self) -> bool:
        """True unless the body came as plain bytes over a network; gzip ends with a checksum."""
        # what is stored was checked, and has no headers; a local service has no address
        return not (self.headers and self.url) or "gzip" in self.headers.get("content-encoding", "")

    @property
    def is_success(self) -> bool:
        """True if the status is 2xx."""
        return 200 <= self.status < 300


class Batch(NamedTuple):
    """Requests to send side by side; `each` reads answers in a worker thread, and the first error cancels the rest.

    `counts` is what is told of them, before they are sent.
    """

    requests: tuple[Request, ...]
    each: Callable[[Request, Response], Any]
    counts: Progress | None = None


class Work(NamedTuple):
    """Pure work that takes long enough to be kept out of an event loop; the driver sends the flow its result."""

    call: Callable[[], Any]


class Sink(Protocol):
    """Takes the body of an answer, piece by piece."""

    def begin(self, total: int | None, *, limit: int = MAX_UNPACKED) -> None:
        """Forget what came so far: a body begins, perhaps again, of so many bytes if known, unpacked of `limit`."""

    def write(self, piece: bytes) -> None:
        """Take the next piece."""


class Receive(NamedTuple):
    """A request whose answer may be large: its body goes to the sink piece by piece, and only if it is a good one."""

    request: Request
    sink: Sink


class Keep(NamedTuple):
    """What came so far was read, and is consistent: it may be kept, as at the end of a flow; or, told so, it is not."""

    kept: bool = True


class Together(NamedTuple):
    """Flows to run side by side, each of which keeps what it read by itself; the driver tells their results in order.

    Attributes:
        flows: The flows.
        told: Told each result as it comes, one at a time; what it raises ends the others.
        failed: Gives what stands for the result of a flow that failed, by its place and error, or raises; without it,
            the first error ends the others.
        most: Flows that run at a time at most, where each takes much memory; None for as many as keep the service busy.
        counts: What is told of them as they end, before they begin.
    """

    flows: tuple[Flow[Any], ...]
    told: Callable[[Any], object] | None = None
    failed: Callable[[int, Exception], Any] | None = None
    most: int | None = None
    counts: Progress | None = None


class Item(NamedTuple, Generic[T]):
    """One entry of a list."""

    value: T


Flow: TypeAlias = Generator[Request | Batch | Work | Receive | Keep | Together, Any, T]
"""An operation: yields requests, is sent the responses, returns its answer. Never sleeps, reads files or the clock."""

Listing: TypeAlias = Generator[Request | Item[T], Any, None]
"""A list that pages as it is consumed: yields requests, for which it is sent the responses, and items."""

Operation: TypeAlias = Generator[Request, Any, T]
"""A flow, or the part of a listing, that yields plain requests only."""
