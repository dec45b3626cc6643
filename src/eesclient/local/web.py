"""The web server of the service in a box: uvicorn with limits for a machine that strangers reach (extra: server)."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import sys
from typing import Any, ClassVar

import uvicorn
from h11 import SEND_BODY
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from ..errors import EESError

_HEAD = 8192 + 32768
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
