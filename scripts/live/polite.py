"""One request at a time, never more often than told, and every one of them counted."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

import attrs
import httpx

INTERVAL = 1.0
"""Seconds between the starts of two requests to a service of others."""

READ_ONLY = ("GET", "HEAD", "POST")
"""Methods that are sent; POST to the address of a query only, which changes nothing."""


@attrs.frozen
class Sent:
    """A request that was sent, and the status of its answer; 0 where none came."""

    method: str
    path: str
    status: int


class Polite(httpx.BaseTransport):
    """Sends by another transport, one request after another.

    Args:
        interval: Seconds between the starts of two requests.
        inner: What sends; by default the network.
        clock: Seconds that never go back.
        sleep: Waits so many seconds.

    Attributes:
        sent: What was sent, in order, retries and redirects included.
    """

    def __init__(
        self,
        interval: float = INTERVAL,
        *,
        inner: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval = interval
        self._inner = inner or httpx.HTTPTransport()
        self._clock = clock
        self._sleep = sleep
        # also before the first: another run may just have ended
        self._next = clock() + interval
        self._lock = Lock()
        self.sent: list[Sent] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request when its time has come.

        Raises:
            ValueError: It could change something.
        """
        path = request.url.path
        if request.method not in READ_ONLY or (request.method == "POST" and not path.endswith("/query")):
            raise ValueError(f"{request.method} {path} may change something: only questions are sent")
        with self._lock:
            self._wait()
            status = 0
            try:
                response = self._inner.handle_request(request)
                status = response.status_code
            finally:
                self.sent.append(Sent(request.method, path, status))
        return response

    def close(self) -> None:
        """Leave the connections open: several clients send through them, and `finish` closes them."""

    def finish(self) -> None:
        """Close the connections."""
        self._inner.close()

    def _wait(self) -> None:
        now = self._clock()
        if now < self._next:
            self._sleep(self._next - now)
            now = self._next
        self._next = now + self._interval
