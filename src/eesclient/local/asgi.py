"""The service in a box behind HTTP, for any client of the real API (extra: server)."""

from __future__ import annotations

import gzip
import re
from collections.abc import Collection, Mapping
from typing import Protocol
from urllib.parse import parse_qsl, quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse
from starlette.responses import Response as HttpResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ..api.messages import Host, Request, Response
from ..query.request import MAX_BODY
from .service import lowercase_redirect

_PLACES: Mapping[Host, str] = {"api": "/v1", "content": "/content/api", "site": "/site"}
"""Where the API and the addresses of the data catalogue are mounted."""

_LONGEST_LINE = 8192
"""Bytes of a request line that the service's web server takes (reference, section 1)."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names of this machine; no page of a stranger has one of them as its origin."""

_OTHER_HOST = "ees serve does not answer to the host that was asked for: name it with --allow-host"

_JSON = {"*/*", "application/*", "application/json", "application/problem+json", "text/json", "application/*+json"}


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
        host: Host | None = next((host for host, place in _PLACES.items() if path.startswith(f"{place}/")), None)
        if host in (None, "api"):
            # before routing: an address that leads nowhere is lowered too
            query = http.scope["query_string"].decode("latin-1")
            redirect = lowercase_redirect(quote(path) + (f"?{query}" if query else ""))
            if redirect is not None:
                return HttpResponse(status_code=308, headers={"location": redirect})
        if host is None:
            return HttpResponse(status_code=404)
        try:
            body = await _body(http)
        except ClientDisconnect:
            return HttpResponse(status_code=400)  # for nobody
        if body is None:
            return _TooLarge(status_code=413)
        request = _read(http, host, body)
        # compressing a whole data file takes as long as finding it: neither belongs on the event loop
        return await run_in_threadpool(lambda: _write(service.handle(request), http))

    health = Route("/health", lambda _: PlainTextResponse("Healthy"), methods=["GET"])
    everything = Route("/{path:path}", answer, methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    everything.path_regex = re.compile(".*", re.DOTALL)  # Starlette's own does not take paths with a line break
    routed = Starlette(routes=[health, everything])
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


def _read(http: HttpRequest, host: Host, body: bytes) -> Request:
    headers = tuple(http.headers.items())
    if "content-type" not in http.headers:
        # in process a missing content type is taken as JSON; over HTTP it is refused, as by the service
        headers += (("content-type", ""),)
    return Request(
        method=http.method,
        path=str(http.scope["path"]).removeprefix(_PLACES[host]),
        params=tuple(parse_qsl(http.scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        body=body or None,
        headers=headers,
        host=host,
    )


def _write(response: Response, http: HttpRequest) -> HttpResponse:
    accepted = {item.partition(";")[0].strip().lower() for item in http.headers.get("accept", "").split(",")} - {""}
    # what has no body is never refused, nor is the CSV endpoint's JSON, which is errors
    is_negotiated = response.body and not http.scope["path"].endswith("/csv")
    if is_negotiated and accepted and not accepted & _JSON:
        return HttpResponse(status_code=406)
    # in this process the encoding of a body is undone, and what is sent says its own
    headers = {name: value for name, value in response.headers.items() if name != "content-encoding"}
    body = response.body
    # the CSV endpoint sends gzip whatever the client accepts (reference, section 13)
    packed = "content-encoding" in response.headers
    if packed or (body and "gzip" in http.headers.get("accept-encoding", "")):
        # without the time of its making: the same answer is the same bytes
        body = gzip.compress(body, compresslevel=1, mtime=0)
        headers |= {"content-encoding": "gzip", "vary": "Accept-Encoding"}
    return HttpResponse(content=body, status_code=response.status, headers=headers)
