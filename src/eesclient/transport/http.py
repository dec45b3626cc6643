"""Between our messages and httpx, which is imported nowhere else."""

from __future__ import annotations

import copy
import logging
import math
import re
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager
from contextvars import ContextVar
from functools import partial
from http.cookiejar import CookieJar
from importlib import import_module
from ssl import SSLContext
from typing import Any, Self, TypeAlias

import httpx

from .._installed import release
from ..api.between import by
from ..api.messages import PREVIEW_HEADER, Proxy, Request, Response, Sink, address
from ..errors import (
    ClientClosedError,
    InvalidResponseError,
    RequestConnectionError,
    RequestTimeoutError,
    SettingsError,
)
from ..models.names import bare
from ..models.provenance import Source
from ..settings import JSON_SHARE, LEAST_PACE, Settings, origin
from ..unpack import too_much, unzipped
from .certificates import nobody, trust
from .download import whose
from .failures import connection_error
from .local import source_of
from .progress import Coming
from .proxies import proxy_for

HttpxTransport: TypeAlias = httpx.BaseTransport
"""An httpx transport of a user's own."""

_PIECE = 64 * 1024
"""Bytes of a body that are handed on at a time."""

_MAX_REDIRECTS = 3

_PACKINGS = frozenset({"", "identity", "gzip", "x-gzip"})


class HttpTransport:
    """Sends by httpx, perhaps through a transport of the user's own."""

    def __init__(self, settings: Settings, *, transport: HttpxTransport | None = None) -> None:
        self._settings = settings
        self.source: Source = source_of(settings.base_url)
        _hiding.of(settings)
        with _settings_errors(settings):
            limits = httpx.Limits(max_connections=max(10, settings.max_in_flight))
            # a transport of the user's own knows by itself whom to trust and what to go through
            self._proxies = _proxies(settings) if transport is None else {}
            verify = _verifying(settings, self._proxies) if transport is None else True
            self._client = httpx.Client(
                transport=transport,
                verify=verify,
                # of what it says httpx knows no exceptions by network, and verifies proxies by another store
                trust_env=False,
                mounts={
                    place: None if named is None else httpx.HTTPTransport(verify=verify, proxy=named, limits=limits)
                    for place, proxy in self._proxies.items()
                    for named in [_named(proxy, verify)]
                },
                # redirects are followed by hand, so that nothing goes to another host
                follow_redirects=False,
                limits=limits,
                # of what a body can be packed with, we undo gzip
                headers={"User-Agent": f"eesclient/{release()}", "Accept-Encoding": "gzip"},
                cookies=_NoCookies(),
            )

    def send(self, request: Request) -> Response:
        """Send a request once; redirects within the same host are followed where they ask for the same."""
        message = self._message(request)
        limits = _Limits(self._settings, message)
        with _our_errors(request, message, limits):  # noqa: SIM117 - only the inner one is awaited
            with closing(self._follow(message)) as answer:
                return self._whole(answer, limits, request.about)

    def receive(self, request: Request, sink: Sink) -> Response:
        """As `send`, but the body of a good answer goes to the sink piece by piece."""
        message = self._message(request)
        limits = _Limits(self._settings, message)
        with _our_errors(request, message, limits):  # noqa: SIM117 - only the inner one is awaited
            with closing(self._follow(message)) as answer:
                if not answer.is_success:
                    return self._whole(answer, limits)
                _check_packing(answer)
                sink.begin(_length(answer), limit=self._settings.max_unpacked)
                limits.begin(_length(answer), request.about)
                if answer.is_stream_consumed:
                    sink.write(limits.taken(_given(answer)))
                else:
                    for piece in answer.iter_raw(_PIECE):
                        sink.write(limits.taken(piece))
                limits.end()
                return self._incoming(answer, b"")

    def _whole(self, answer: httpx.Response, limits: _Limits, about: str = "") -> Response:
        if answer.is_success:
            _check_packing(answer)
            if about:
                limits.begin(_length(answer), about)
        if answer.is_stream_consumed:
            return self._incoming(answer, partial(limits.plain, _given(answer)))
        raw = b"".join([limits.taken(piece) for piece in answer.iter_raw()])
        limits.end()
        return self._incoming(answer, partial(limits.plain, raw))

    def _incoming(self, answer: httpx.Response, body: bytes | Callable[[], bytes]) -> Response:
        hidden = self._settings.hidden
        return Response(
            status=answer.status_code,
            headers={name.lower(): hidden(value) for name, value in answer.headers.items()},
            body=body,
            url=hidden(str(answer.request.url)),
            proxy=answer.request.extensions.get("proxy"),
        )

    def _follow(self, message: httpx.Request) -> httpx.Response:
        answer = self._client.send(message, stream=True)
        for _ in range(_MAX_REDIRECTS):
            following = _following(message, answer)
            if following is None:
                break
            # or its connection would wait for a body that nobody reads
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
        if settings.authorization and (password := settings.authorization.get(origin(url))):
            headers.append(("Authorization", password))
        timeout = httpx.Timeout(settings.wait(request.path), connect=settings.connect_timeout)
        extensions = {"trace": _watch, "proxy": self._proxies.get(origin(url))}
        return self._client.build_request(
            request.method, url, headers=headers, content=request.body, timeout=timeout, extensions=extensions
        )

    def with_settings(self, settings: Settings) -> Self:
        """The same connections with other time-outs."""
        other = copy.copy(self)
        other._settings = settings
        return other

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _following(message: httpx.Request, answer: httpx.Response) -> httpx.Request | None:
    """The request to send instead; only a redirect that keeps method, host and what was asked for is followed."""
    following = answer.next_request
    if following is None or following.method != message.method or following.url.userinfo:
        return None
    old, new = answer.request.url, following.url
    # from http to https, each on its usual port
    upgraded = old.port is None and new.port is None and new.scheme == "https"
    same = (new.scheme, new.port) == (old.scheme, old.port)
    # the service itself writes addresses in small letters; what else differs may be another version, or another page
    is_same = new.path.lower() == message.url.path.lower() and _asked(message.url, new) == _asked(message.url)
    return following if new.host == old.host and (same or upgraded) and is_same else None


def _asked(url: httpx.URL, other: httpx.URL | None = None) -> list[tuple[str, str]]:
    """The parameters of an address; of another one, those of the same names, which the service takes in any case."""
    names = {name.lower() for name in url.params}
    found = [(name.lower(), value) for name, value in (other or url).params.multi_items()]
    return sorted(pair for pair in found if pair[0] in names)


class _NoCookies(CookieJar):
    """Keeps no cookies: the API has none, and the standard library fails at some that a server may set."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Keep nothing."""


def _packing(answer: httpx.Response) -> str:
    return str(answer.headers.get("content-encoding", "")).strip().lower()


def _check_packing(answer: httpx.Response) -> None:
    if _packing(answer) not in _PACKINGS and not answer.is_stream_consumed:
        raise InvalidResponseError(
            f"the answer from {answer.request.url} is compressed as {_packing(answer)!r}, and gzip was asked for"
        )


def _given(answer: httpx.Response) -> bytes:
    """The body of an answer that came whole, as that of a mock transport: packed if it can still be had."""
    # httpx 0.28.1 has unpacked it by then, of several members of gzip the first alone
    stream = getattr(answer.stream, "_stream", None)
    if isinstance(stream, httpx.ByteStream) and _packing(answer) in _PACKINGS:
        return b"".join(stream)
    return answer.content


def _length(answer: httpx.Response) -> int | None:
    text = answer.headers.get("content-length", "")
    # a body that a mock transport has read is no longer packed
    return int(text) if re.fullmatch("[0-9]{1,18}", text) and not answer.is_stream_consumed else None


class _Limits:
    """What an answer may take: time, from when it is asked for until all of it has come, and bytes."""

    def __init__(self, settings: Settings, message: httpx.Request) -> None:
        is_file = message.url.path.endswith("/csv")
        self.url = str(message.url)
        self.hidden = settings.hidden
        self._settings = settings
        self._bytes = settings.max_unpacked if is_file else settings.max_unpacked // JSON_SHARE
        # a file may take long, as long as it comes
        self._pace = LEAST_PACE if is_file else math.inf
        self._began = time.monotonic()
        self._came = 0
        # whether it was the time of the whole that was short, and not that of a wait
        self.is_over = False
        # a file, which is told of while it comes
        self._coming: Coming | None = None
        # headers of the last answer, perhaps that of a proxy to the wish for a tunnel
        self.heard: Mapping[str, str] = {}

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self._began + self._settings.whole_time + self._came / self._pace - time.monotonic()

    def begin(self, total: int | None, about: str) -> None:
        """Tell of the body, a file of so many bytes if that is known."""
        self._coming = Coming(about, total)

    def end(self) -> None:
        """Tell that all of it came, if it was told of."""
        if self._coming is not None:
            self._coming.end()

    def taken(self, piece: bytes) -> bytes:
        """A piece of the body, which counts."""
        self._came += len(piece)
        if self._coming is not None:
            self._coming.came(len(piece))
        if self._came > self._bytes:
            raise too_much(f"the answer from {self.url}", self._bytes)
        self.wait(None)
        return piece

    def wait(self, longest: float | None) -> float:
        """Seconds to wait for the next bytes at most."""
        left = self.left
        self.is_over = left < (longest or 0)
        if left <= 0:
            raise httpx.ReadTimeout("")
        return left if longest is None else min(left, longest)

    def plain(self, body: bytes) -> bytes:
        """The body without gzip, and without the token, should it stand there."""
        with whose("GET", self.url):
            return self.hidden(unzipped(body, self._bytes, what=f"the answer from {self.url}"))


class _Hiding(logging.Filter):
    """Keeps tokens out of what httpx and httpcore log: a server may repeat one in its headers."""

    def __init__(self) -> None:
        super().__init__()
        self._hidden: dict[str, Callable[[str], str]] = {}

    def of(self, settings: Settings) -> None:
        """Keep the token of a client out too."""
        if settings.preview_token is not None:
            self._hidden[settings.preview_token] = settings.hidden
            for name in ("httpx", "httpcore.http11"):
                logging.getLogger(name).addFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        text = before = record.getMessage()
        for hidden in self._hidden.values():
            text = hidden(text)
        if text != before:
            record.msg, record.args = text, ()
        return True


_hiding = _Hiding()

_limits: ContextVar[_Limits | None] = ContextVar("limits", default=None)
"""Those of the request that is being sent."""


def _watch(event: str, info: dict[str, Any]) -> None:
    """Have a connection read no longer than the request at hand may take; and hear what a proxy says."""
    # httpx 0.28.1 only limits each wait for bytes, also those of headers
    if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
        stream = info["return_value"]
        stream.read = partial(_read, stream.read)
    if event == "http11.receive_response_headers.complete":
        _hear(info["return_value"][3])


def _hear(headers: list[tuple[bytes, bytes]]) -> None:
    limits = _limits.get()
    if limits is not None:
        # httpx drops those of a proxy that makes no tunnel
        limits.heard = {name.lower(): limits.hidden(value) for name, value in httpx.Headers(headers).items()}


def _read(read: Callable[..., Any], max_bytes: int, timeout: float | None = None) -> Any:
    limits = _limits.get()
    return read(max_bytes, timeout if limits is None else limits.wait(timeout))


@contextmanager
def _our_errors(request: Request, message: httpx.Request, limits: _Limits) -> Generator[None]:
    where = {"method": request.method, "url": str(message.url)}
    proxy = message.extensions.get("proxy")
    begun = _limits.set(limits)
    try:
        with whose(**where):
            yield
    except httpx.TimeoutException as error:
        kind = "connection" if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout) else "answer"
        way = f"{message.url}{by(proxy)}"
        text = f"no {kind} from {way} in time: try again, ask for less at a time, or allow more (timeout=)"
        if limits.is_over:
            text = (
                f"the answer from {way} took longer than it may to come whole: try again, ask for less at a time, or "
                "allow more (time_limit=, or EES_TIME_LIMIT)"
            )
        raise RequestTimeoutError(text, **where) from error
    except httpx.DecodingError as error:
        raise InvalidResponseError(
            f"the answer from {message.url} came damaged ({error}): try again", **where
        ) from error
    except httpx.InvalidURL as error:
        text = f"{message.url} redirects to what is no address ({bare(limits.hidden(str(error)))})"
        raise RequestConnectionError(f"{text}: see the base URL (EES_API_URL)", **where) from error
    except RuntimeError as error:
        # httpx and asyncio have no narrower class for it
        if type(error) is not RuntimeError or "closed" not in str(error):
            raise
        raise ClientClosedError(
            f"the connections of this client are closed, or belong to an event loop that ended ({error}): make "
            "another client"
        ) from error
    except (httpx.TransportError, UnicodeError) as error:
        why = bare(limits.hidden(str(error))) or type(error).__name__
        raise connection_error(error, why, proxy=proxy, heard=limits.heard, **where) from error
    finally:
        _limits.reset(begun)


@contextmanager
def _settings_errors(settings: Settings) -> Generator[None]:
    """Have failures to make a client say which setting is meant."""
    for url in (settings.base_url, *settings.sites):
        try:
            # its host is only understood when it is asked for
            _ = httpx.URL(url).host
        except (httpx.InvalidURL, ValueError) as error:
            raise SettingsError(f"base_url={url!r} is not an address that can be asked: {error}") from error
    yield


def _proxies(settings: Settings) -> dict[str, Proxy | None]:
    """The proxy of each origin that is asked, also with encryption where a redirect may lead there."""
    origins = {origin(url) for url in (settings.base_url, settings.content_url, settings.site_url)}
    secured = {re.sub("^http:", "https:", one) for one in origins if ":" not in one.partition("://")[2]}
    return {one: proxy_for(one) for one in origins | secured}


def _verifying(settings: Settings, proxies: Mapping[str, Proxy | None]) -> SSLContext:
    """What verifies whoever answers, where a connection can be encrypted."""
    urls = [httpx.URL(one) for one in (settings.base_url, settings.content_url, settings.site_url)]
    # where no port is said, a redirect may lead to encryption
    is_plain = all(url.scheme == "http" and url.port is not None for url in urls)
    is_plain &= not any(proxy is not None and proxy.url.startswith("https:") for proxy in proxies.values())
    return nobody() if is_plain else trust().context


def _named(proxy: Proxy | None, verify: SSLContext | bool) -> httpx.Proxy | None:
    """The proxy as httpx takes it."""
    if proxy is None:
        return None
    try:
        of_tls = verify if proxy.url.startswith("https:") and isinstance(verify, SSLContext) else None
        if proxy.url.startswith("socks"):
            import_module("socksio")
        return httpx.Proxy(proxy.url, auth=proxy.login, ssl_context=of_tls)
    except ImportError as error:
        raise SettingsError(
            f"{proxy.variable}={proxy.url!r}: a SOCKS proxy needs the package socksio: pip install 'httpx[socks]'"
        ) from error
    except (httpx.InvalidURL, ValueError) as error:
        raise SettingsError(
            f"{proxy.variable}={proxy.url!r}: the proxy cannot be asked ({error}): write it as http://HOST:PORT"
        ) from error
