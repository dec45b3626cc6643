"""The service in a box behind HTTP, for any client of the real API, and the web server for that (extra: server).

The server is uvicorn, with limits for a machine that strangers reach.
"""

from __future__ import annotations

import asyncio
import errno
import gzip
import os
import re
import socket
import sys
from collections.abc import Collection
from functools import lru_cache
from typing import Any, ClassVar, Protocol
from urllib.parse import parse_qsl, quote

import uvicorn
from h11 import SEND_BODY
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse
from starlette.responses import Response as HttpResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from .._installed import installed
from ..api.messages import Host, Request, Response
from ..errors import EESError
from ..query.request import MAX_BODY
from . import pages
from .rules import PROBLEM, RefusedError, problem_response
from .service import lowercase_redirect

# without it gzip is sent to who takes both
brotli: Any = installed("brotli")

_PLACES: tuple[tuple[Host, str], ...] = (
    ("api", "/v1"),
    ("api", "/v1.0"),
    ("content", "/content/api"),
    ("site", "/site"),
)
"""Where the API and the addresses of the data catalogue are mounted."""

_NOT_STORED = {
    "content-type": "text/plain",  # without a charset, as the service has it
    "cache-control": "no-store, no-cache",
    "expires": "Thu, 01 Jan 1970 00:00:00 GMT",
    "pragma": "no-cache",
}
"""Headers of `/health`."""

_LONGEST_LINE = 8192
"""Bytes of a request line that the service's web server takes (reference, section 1)."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names of this machine; no page of a stranger has one of them as its origin."""

_OTHER_HOST = "ees serve does not answer to the host that was asked for: name it with --allow-host"

_JSON = {"*/*", "application/*", "application/json"}
_MEDIA_TYPE = re.compile(r"[^\s/;,]+/[^\s/;,]+")
_COMPRESSED = ("application/json", "text/plain")
_BROTLI_QUALITY = 1  # the fastest, as the service has it


class Handler(Protocol):
    """Something that answers requests, such as `Service`."""

    def handle(self, request: Request) -> Response: ...  # noqa: D102 - as in `Service`


def application(service: Handler, *, hosts: Collection[str] | None = None) -> ASGIApp:
    """The service as an ASGI application: `/v1/…` as in the API, the catalogue's addresses, and `/health`.

    With `hosts` it answers to these names, to this machine's own and to the address that was connected to.
    """

    async def answer(http: HttpRequest) -> HttpResponse:
        if _line_length(http) > _LONGEST_LINE:
            return HttpResponse(status_code=414)
        path: str = http.scope["path"]
        nowhere: tuple[Host | None, str] = (None, "")
        host, place = next((found for found in _PLACES if path.startswith(f"{found[1]}/")), nowhere)
        if host in (None, "api"):
            # before routing: an address that leads nowhere is lowered too
            query = http.scope["query_string"].decode("latin-1")
            redirect = lowercase_redirect(quote(path) + (f"?{query}" if query else ""))
            if redirect is not None:
                host_name = http.headers.get("host")
                start = f"{http.scope['scheme']}://{host_name}" if host_name else ""
                return HttpResponse(status_code=308, headers={"location": f"{start}{redirect}"})
        if host is None:
            return HttpResponse(status_code=404)
        try:
            body = await _body(http)
        except ClientDisconnect:
            return HttpResponse(status_code=400)  # for nobody
        if body is None:
            return _TooLarge(status_code=413)
        request = _read(http, host, path.removeprefix(place), body)
        # compressing a whole data file takes as long as finding it: neither belongs on the event loop
        return await run_in_threadpool(lambda: _write(_negotiated(request, service.handle(request)), http))

    def is_up(http: HttpRequest) -> HttpResponse:
        return _write(Response(status=200, headers=_NOT_STORED, body=b"Healthy"), http)

    methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    health = Route("/health", is_up, methods=methods)
    everything = Route("/{path:path}", answer, methods=methods)
    everything.path_regex = re.compile(".*", re.DOTALL)  # Starlette's own does not take paths with a line break
    routed = Starlette(routes=[health, *pages.routes(), everything])
    return routed if hosts is None else _guarded(routed, hosts)


def _guarded(routed: ASGIApp, hosts: Collection[str]) -> ASGIApp:
    known = _LOOPBACK.union(name.lower().strip("[]") for name in hosts)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        # a page whose name was bound to this address (DNS rebinding) sends that name
        if "*" in known or _asked_for(scope) in known | {scope["server"][0].removeprefix("::ffff:")}:
            await routed(scope, receive, send)
        else:
            await PlainTextResponse(_OTHER_HOST, status_code=400)(scope, receive, send)

    return answer


def _asked_for(scope: Scope) -> str | None:
    """Name or address in the header Host, without port."""
    given = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
    found = re.fullmatch(r"(?:\[([^]]+)\]|([^:]+))(?::[0-9]*)?", given)
    return None if found is None else (found[1] or found[2]).lower()


class _TooLarge(HttpResponse):
    """An answer that comes before the whole request, of which the rest is thrown away.

    Clients that send before they read would not see it if the connection were closed meanwhile.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.body"})


async def _body(http: HttpRequest) -> bytes | None:
    """The body, or none where it is longer than the service's gateway takes; no more than that is kept."""
    if int(http.headers.get("content-length", 0)) > MAX_BODY:
        return None
    body = bytearray()
    async for chunk in http.stream():
        body += chunk
        if len(body) > MAX_BODY:
            return None
    return bytes(body)


def _line_length(http: HttpRequest) -> int:
    path: bytes = http.scope.get("raw_path") or http.scope["path"].encode()
    query: bytes = http.scope["query_string"]
    return len(b"%s %s%s HTTP/1.1\r\n" % (http.method.encode(), path, b"?" + query if query else b""))


def _read(http: HttpRequest, host: Host, path: str, body: bytes) -> Request:
    headers = tuple(http.headers.items())
    if "content-type" not in http.headers:
        # in process a missing content type is taken as JSON; over HTTP it is refused, as by the service
        headers += (("content-type", ""),)
    return Request(
        method=http.method,
        path=path,
        params=tuple(parse_qsl(http.scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        body=body or None,
        headers=headers,
        host=host,
    )


def _negotiated(request: Request, response: Response) -> Response:
    """The answer, or a 406 where JSON would come to who does not take it; what does not come as JSON is not refused."""
    is_json = response.headers.get("content-type", "").startswith("application/json")
    # of the CSV endpoint only errors are JSON, which whoever asked for CSV gets too
    if not is_json or request.path.endswith("/csv"):
        return response
    asked = ",".join(value for name, value in request.headers if name.lower() == "accept").lower().split(",")
    # of each: the media type, then its parameters, of which q says no more than an order
    parts = [[part.strip() for part in item.split(";")] for item in asked]
    accepted = {item[0]: [one for one in item[1:] if not one.startswith("q=")] for item in parts}
    # what is no media type is passed over, and nothing asked is anything
    accepted = {name: said for name, said in accepted.items() if _MEDIA_TYPE.fullmatch(name)}
    if not accepted or any(name in _JSON and not said for name, said in accepted.items()):
        return response
    if "application/problem+json" in accepted:
        refused = RefusedError(406, well_formed="api-supported-versions" in response.headers)
        return problem_response(request, refused, media_type=PROBLEM)
    headers = {name: value for name, value in response.headers.items() if name == "api-supported-versions"}
    return Response(status=406, headers=headers)


def _write(response: Response, http: HttpRequest) -> HttpResponse:
    try:
        body, headers = response.body, dict(response.headers)
    except EESError as error:
        # a data file on the disk has changed or gone since
        sys.stderr.write(f"ees: {error}\n")
        return HttpResponse(status_code=500)
    asked = http.headers.get("accept-encoding", "")
    if "content-encoding" in headers:
        # the CSV endpoint sends gzip whatever the client accepts (reference, section 13); here its encoding is undone
        body = _packed("gzip", body)
    elif asked and headers.get("content-type", "").startswith(_COMPRESSED):
        headers["vary"] = "Accept-Encoding"
        encoding = _encoding(asked)
        if body and encoding:
            # metadata is the same at every request, and the longest answer of all but data files
            pack = _packed_once if http.scope["path"].endswith("/meta") else _packed
            body, headers["content-encoding"] = pack(encoding, body), encoding
    return HttpResponse(content=body, status_code=response.status, headers=headers)


def _encoding(asked: str) -> str | None:
    """The encoding that a client likes best, of those that there are; the first of these where it likes two as well."""
    likes: dict[str, float] = {}
    for item in asked.lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        given = next((one.removeprefix("q=") for one in parameters if one.startswith("q=")), "1")
        likes[name] = float(given) if re.fullmatch(r"[01](\.[0-9]{0,3})?", given) else 0
    known = [*(["br"] if brotli else []), "gzip", "identity"]
    # what is not named is as `*`, or not wanted; the body as it is always will do
    rest = {"identity": likes.get("*", 0.0005)}
    best = max(known, key=lambda name: likes.get(name, rest.get(name, likes.get("*", 0))))
    return None if best == "identity" else best


def _packed(encoding: str, body: bytes) -> bytes:
    if encoding == "br":
        return bytes(brotli.compress(body, quality=_BROTLI_QUALITY))
    # without the time of its making: the same answer is the same bytes
    return gzip.compress(body, compresslevel=1, mtime=0)


_packed_once = lru_cache(maxsize=8)(_packed)


# The web server

_HEAD = _LONGEST_LINE + 32768
"""Bytes of a request line and of headers that the service's web server takes."""

_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Connection(H11Protocol):
    """A connection whose client may not keep it waiting; uvicorn waits for ever for the rest of a request."""

    patience: ClassVar[float] = 30.0
    """Seconds in which a request has to be whole, and something of an answer be taken (reference, section 1)."""

    most: ClassVar[int] = 256
    """Connections at a time; more are told to come again."""

    _deadline: asyncio.TimerHandle | None = None
    _untaken = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a client, or tell it to come again."""
        super().connection_made(transport)
        if len(self.connections) > self.most:
            transport.write(_BUSY)
            transport.close()
        else:
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client."""
        self._unwatch()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Read what came."""
        super().handle_events()
        self._watch()

    def on_response_complete(self) -> None:
        """Go on to what the client sends or takes next."""
        super().on_response_complete()
        self._watch()

    def shutdown(self) -> None:
        """Finish an answer that is under way, and wait for no request."""
        if self.conn.their_state is SEND_BODY:
            self.transport.abort()
        else:
            super().shutdown()

    def _watch(self) -> None:
        is_answering = not getattr(self.cycle, "response_complete", True)
        # the client has done its part: an answer may take as long as it takes
        if is_answering and self.conn.their_state is not SEND_BODY:
            self._unwatch()
        elif self._deadline is None:
            self._untaken = self.transport.get_write_buffer_size()
            self._deadline = self.loop.call_later(self.patience, self._lose_patience)

    def _unwatch(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _lose_patience(self) -> None:
        self._deadline = None
        # slow is not stuck: something was taken since
        if self.transport.get_write_buffer_size() < self._untaken:
            self._watch()
        else:
            self.transport.abort()


class Server(uvicorn.Server):
    """A uvicorn server that says once a minute, in a line, that the system has no room for another connection.

    asyncio (3.11) logs a traceback for each connection that waits, some hundred a second.
    """

    _said = float("-inf")

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Take requests."""
        asyncio.get_running_loop().set_exception_handler(self._complain)
        await super().startup(sockets)

    def _complain(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        full = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
        if not isinstance(error, OSError) or error.errno not in full:
            loop.default_exception_handler(context)
        elif loop.time() >= self._said + 60:
            self._said = loop.time()
            sys.stderr.write(f"ees: no new connections for now, the system says: {error.strerror}\n")


def server(application: ASGIApp) -> Server:
    """A server for an application; it stops within a second or two of being told, answers under way or not."""
    room = _descriptors()
    limited = type("Connection", (Connection,), {"most": room // 4})
    return Server(
        uvicorn.Config(
            application,
            http=limited,
            ws="none",
            lifespan="off",
            log_level="error",  # each malformed request is a warning
            access_log=False,
            proxy_headers=False,
            backlog=room // 8,  # asyncio takes as many at once, three or four times before it closes the first
            h11_max_incomplete_event_size=_HEAD,
            timeout_graceful_shutdown=1,
        )
    )


def _descriptors() -> int:
    """Files that the process may have open, as far as they are of use here."""
    if sys.platform == "win32":
        return 1024
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1024 if limit == resource.RLIM_INFINITY else min(limit, 1024)


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections."""
    # with the protocol named, asyncio sends answers at once instead of waiting for acknowledgements
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":  # elsewhere it would let two servers share a port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except (OSError, OverflowError, TypeError) as error:
        listening.close()
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise EESError(f"port {port} is taken: choose another with --port, or --port 0 for any") from error
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise EESError(f"cannot listen on {host} port {port}: {reason}") from error
    return listening
