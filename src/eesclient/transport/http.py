"""Between our messages and httpx, which is imported nowhere else."""

from __future__ import annotations

import copy
import gzip
import zlib
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Self, TypeAlias
from urllib.parse import quote, urlencode

import attrs
import httpx

from ..api.messages import PREVIEW_HEADER, Request, Response, Sink
from ..errors import InvalidResponseError, RequestConnectionError, RequestTimeoutError
from ..models.provenance import Source
from ..settings import Settings
from .local import source_of

HttpxTransport: TypeAlias = httpx.BaseTransport
"""An httpx transport of a user's own."""

_PIECE = 64 * 1024
"""Bytes of a body that are handed on at a time."""

_MAX_REDIRECTS = 3


class HttpTransport:
    """Sends by httpx, perhaps through a transport of the user's own."""

    def __init__(self, settings: Settings, *, transport: HttpxTransport | None = None) -> None:
        self._settings = settings
        self.source: Source = source_of(settings.base_url)
        self._client = httpx.Client(
            transport=transport,
            # redirects are followed by hand, so that nothing goes to another host
            follow_redirects=False,
            limits=httpx.Limits(max_connections=max(10, settings.max_in_flight)),
            headers={"User-Agent": f"eesclient/{_release()}"},
        )

    def send(self, request: Request) -> Response:
        """Send a request once; redirects within the same host are followed."""
        message = self._message(request)
        with _our_errors(request, message):  # noqa: SIM117 - only the inner one is awaited
            with closing(self._follow(message)) as answer:
                if answer.is_stream_consumed:
                    return _incoming(answer)
                raw = b"".join([piece for piece in answer.iter_raw()])  # noqa: C416 - an awaited one needs its loop
        return _incoming(answer, body=partial(_unpacked, request, answer, raw))

    def receive(self, request: Request, sink: Sink) -> Response:
        """As `send`, but the body of a good answer goes to the sink piece by piece."""
        # of what a body can be packed with, we undo gzip piece by piece
        message = self._message(attrs.evolve(request, headers=(*request.headers, ("Accept-Encoding", "gzip"))))
        with _our_errors(request, message):  # noqa: SIM117 - only the inner one is awaited
            with closing(self._follow(message)) as answer:
                if not answer.is_success:
                    answer.read()
                    return _incoming(answer)
                _check_packing(request, answer)
                sink.begin(_length(answer))
                if answer.is_stream_consumed:
                    # a mock transport has read it already
                    sink.write(answer.content)
                else:
                    for piece in answer.iter_raw(_PIECE):
                        sink.write(piece)
        return _incoming(answer, body=b"")

    def _follow(self, message: httpx.Request) -> httpx.Response:
        answer = self._client.send(message, stream=True)
        for _ in range(_MAX_REDIRECTS):
            following = _following(answer)
            if following is None:
                break
            answer.close()
            answer = self._client.send(following, stream=True)
        return answer

    def _message(self, request: Request) -> httpx.Request:
        # errors come as JSON also where the answer is a file
        accept = "text/csv, application/json" if request.path.endswith("/csv") else "application/json"
        headers = [("Accept", accept), *request.headers]
        if request.body is not None:
            headers.append(("Content-Type", "application/json"))
        settings = self._settings
        # a preview token is for the API alone
        if request.host == "api" and settings.preview_token:
            headers.append((PREVIEW_HEADER, settings.preview_token))
        hosts = {"api": settings.base_url, "content": settings.content_url, "site": settings.site_url}
        url = address(hosts[request.host], request)
        timeout = httpx.Timeout(settings.read_timeout, connect=settings.connect_timeout)
        return self._client.build_request(request.method, url, headers=headers, content=request.body, timeout=timeout)

    def with_settings(self, settings: Settings) -> Self:
        """The same connections with other time-outs."""
        other = copy.copy(self)
        other._settings = settings
        return other

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def address(base_url: str, request: Request) -> str:
    """The address of a request to the host there, percent-encoded."""
    version = "/v1" if request.host == "api" else ""
    query = urlencode(request.params, quote_via=quote, safe="*")
    return f"{base_url}{version}{quote(request.path, safe='/*')}" + (f"?{query}" if query else "")


def _release() -> str:
    try:
        return version("eesclient")
    except PackageNotFoundError:
        return "unknown"


def _following(answer: httpx.Response) -> httpx.Request | None:
    """The request to send instead; only a redirect that keeps method and host is followed."""
    following = answer.next_request
    if following is None or following.method != answer.request.method:
        return None
    old, new = answer.request.url, following.url
    upgraded = old.port is None and new.port is None and new.scheme == "https"
    same = (new.scheme, new.port) == (old.scheme, old.port)
    return following if new.host == old.host and (same or upgraded) else None


def _check_packing(request: Request, answer: httpx.Response) -> None:
    packing = answer.headers.get("content-encoding", "").strip().lower()
    if packing not in ("", "identity", "gzip", "x-gzip") and not answer.is_stream_consumed:
        raise InvalidResponseError(
            f"the answer from {answer.request.url} is compressed as {packing!r}, and gzip was asked for",
            method=request.method,
            url=str(answer.request.url),
        )


def _length(answer: httpx.Response) -> int | None:
    text = answer.headers.get("content-length", "")
    # a body that a mock transport has read is no longer packed
    return int(text) if text.isdecimal() and not answer.is_stream_consumed else None


def _incoming(answer: httpx.Response, body: bytes | Callable[[], bytes] | None = None) -> Response:
    return Response(
        status=answer.status_code,
        headers={name.lower(): value for name, value in answer.headers.items()},
        body=_gunzipped(answer) if body is None else body,
        url=str(answer.request.url),
    )


def _unpacked(request: Request, answer: httpx.Response, raw: bytes) -> bytes:
    """The body of an answer that came as raw bytes."""
    with _our_errors(request, answer.request):
        return _gunzipped(
            httpx.Response(answer.status_code, headers=answer.headers, content=raw, request=answer.request)
        )


def _gunzipped(answer: httpx.Response) -> bytes:
    # a proxy may take the Content-Encoding header away, but leave the encoding
    return gzip.decompress(answer.content) if answer.content.startswith(b"\x1f\x8b") else answer.content


@contextmanager
def _our_errors(request: Request, message: httpx.Request) -> Generator[None]:
    where = {"method": request.method, "url": str(message.url)}
    try:
        yield
    except httpx.TimeoutException as error:
        kind = "connection" if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout) else "answer"
        raise RequestTimeoutError(
            f"no {kind} from {message.url} in time: try again, ask for less at a time, or allow more (timeout=)",
            **where,
        ) from error
    except (httpx.DecodingError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InvalidResponseError(
            f"the answer from {message.url} is compressed and damaged: try again", **where
        ) from error
    except httpx.TransportError as error:
        raise RequestConnectionError(
            f"no connection to {message.url} ({str(error) or type(error).__name__}): see the network, the proxy "
            "settings and the base URL (EES_API_URL)",
            **where,
        ) from error
