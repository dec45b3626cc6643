"""Where faults come from: a server on a socket, and a way in this process for answers that need none."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx

from eesclient import Request
from tests.faults.answers import Change, Reply, Script, right

MOST_REQUESTS = 60
"""Requests after which a client that asks on and on is stopped."""


Aim: TypeAlias = Callable[[Request], bool]
"""Says whether a fault is aimed at a request."""


class Endless(BaseException):
    """A client asked for more than any answer allows."""


def request_of(method: str, target: str, body: bytes) -> Request:
    """A request as the client meant it."""
    parts = urlsplit(target)
    path = unquote(parts.path).removeprefix("/v1")
    params = tuple(parse_qsl(parts.query, keep_blank_values=True))
    return Request(method=method, path=path, params=params, body=body or None)


class Server:
    """Plays the script that a fault makes of each right answer; one request for each connection."""

    def __init__(self) -> None:
        self.change: Change = lambda reply: reply
        self._secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._secure.load_cert_chain(Path(__file__).with_name("untrusted.pem"))
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Accept no more."""
        self._socket.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                connection.settimeout(5)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError), connection:
            # what begins a TLS connection is no request yet
            is_secure = connection.recv(1, socket.MSG_PEEK) == b"\x16"
            reply = Reply(asked=Request(method="GET", path="/")) if is_secure else right(_read(connection))
            self._play(connection, self.change(reply))

    def _play(self, connection: socket.socket, answer: Reply | Script) -> None:
        for step in [answer.head(), answer.body] if isinstance(answer, Reply) else answer:
            match step:
                case bytes():
                    connection.sendall(step)
                case str():
                    self._secure.wrap_socket(connection, server_side=True).close()
                case float():
                    time.sleep(step)
                case None:
                    # closed so, what is unread is thrown away at both ends
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _read(connection: socket.socket) -> Request:
    with connection.makefile("rb") as file:
        method, target, _ = file.readline().decode("latin-1").split(" ")
        size = 0
        while (line := file.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            size = int(value) if name.lower() == b"content-length" else size
        return request_of(method, target, file.read(size))


class _Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        yield self._body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body


class Seam(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers rightly in this process, but what a fault is aimed at as the fault says, over a socket if need be.

    Attributes:
        asked: What was asked since the fault was armed.
    """

    def __init__(self, sockets: httpx.HTTPTransport | httpx.AsyncHTTPTransport) -> None:
        self._sockets = sockets
        self._change: Change | None = None
        self._aim: Aim = lambda request: True
        self._left = 0
        self.asked: list[Request] = []

    def arm(self, change: Change, aim: Aim, times: int) -> None:
        """Meet so many of the requests that are aimed at with a fault from now on."""
        self._change, self._aim, self._left, self.asked = change, aim, times, []

    def _answer(self, message: httpx.Request) -> httpx.Response | None:
        """The answer; None where it is to come over a socket."""
        request = request_of(message.method, message.url.raw_path.decode("ascii"), message.read())
        self.asked.append(request)
        if len(self.asked) > MOST_REQUESTS:
            raise Endless
        reply: Reply | Script = right(request)
        if self._change is not None and self._left > 0 and self._aim(request):
            self._left -= 1
            reply = self._change(right(request))
        if not isinstance(reply, Reply):
            return None
        headers = [*reply.headers, ("content-length", str(len(reply.body)))]
        return httpx.Response(reply.status, headers=headers, stream=_Stream(reply.body))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        return self._answer(request) or self._sockets.handle_request(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        return self._answer(request) or await self._sockets.handle_async_request(request)

    def close(self) -> None:
        """Close the connections."""
        if isinstance(self._sockets, httpx.HTTPTransport):
            self._sockets.close()

    async def aclose(self) -> None:
        """Close the connections."""
        if isinstance(self._sockets, httpx.AsyncHTTPTransport):
            await self._sockets.aclose()
