"""For the tests of pipelines that use eesclient: a service without a network that also fails as told.

Put `pytest_plugins = ["eesclient.testing"]` into the top `conftest.py` and take the fixture `fake_service`, or make a
`FakeService` yourself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from threading import Lock

import attrs

from . import local
from ._classes import frozen
from .api.messages import Request, Response
from .errors import RequestConnectionError, RequestTimeoutError
from .models.provenance import Source
from .transport.local import Service


@frozen(kw_only=True)
class _Fault:
    path: str
    answer: Response | RequestTimeoutError | RequestConnectionError | None
    cut: int | None = None
    headers: Mapping[str, str] = attrs.field(factory=dict)


class FakeService:
    """Answers like the API from local data, keeps what it was asked, and fails as scripted.

    Each fault meets one request, in the order of the script; then the answers are right again.

    Args:
        service: What answers; by default the synthetic demo.

    Attributes:
        requests: What was asked, in order, retries included.
    """

    def __init__(self, service: Service | None = None) -> None:
        self._service: Service = local.demo() if service is None else service
        self._faults: deque[_Fault] = deque()
        self._lock = Lock()
        self.requests: list[Request] = []

    @property
    def source(self) -> Source:
        """Who its answers are from: that of the service behind it."""
        return self._service.source

    @property
    def origin(self) -> str:
        """Name that tells its answers from those of others: that of the service behind it."""
        return getattr(self._service, "origin", "")

    @property
    def pending(self) -> int:
        """Faults that no request has met yet."""
        return len(self._faults)

    def fail(
        self,
        status: int,
        *,
        times: int = 1,
        path: str = "",
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Answer the next requests with a status.

        Args:
            status: HTTP status, such as 503.
            times: How many requests.
            path: Only requests whose path ends so, such as `/query`.
            body: Body of the answers.
            headers: Their headers, such as `{"retry-after": "0"}`.
        """
        lowered = {name.lower(): value for name, value in (headers or {}).items()}
        self._script(_Fault(path=path, answer=Response(status=status, headers=lowered, body=body)), times)

    def time_out(self, *, times: int = 1, path: str = "") -> None:
        """Let the next requests run into the client's time-out, without the wait."""
        self._script(_Fault(path=path, answer=RequestTimeoutError("no answer in time (scripted)")), times)

    def disconnect(self, *, times: int = 1, path: str = "") -> None:
        """Break the connection of the next requests."""
        self._script(_Fault(path=path, answer=RequestConnectionError("the connection broke (scripted)")), times)

    def cut(self, size: int, *, times: int = 1, path: str = "") -> None:
        """Cut the body of the next right answers after so many bytes."""
        self._script(_Fault(path=path, answer=None, cut=size), times)

    def add_headers(self, headers: Mapping[str, str], *, times: int = 1, path: str = "") -> None:
        """Add headers to the next right answers."""
        lowered = {name.lower(): value for name, value in headers.items()}
        self._script(_Fault(path=path, answer=None, headers=lowered), times)

    def handle(self, request: Request) -> Response:
        """Answer a request, or fail it.

        Raises:
            RequestTimeoutError: The script says so.
            RequestConnectionError: The script says so.
        """
        fault = self._next(request)
        if fault is None:
            return self._service.handle(request)
        if isinstance(fault.answer, Response):
            return fault.answer
        if fault.answer is not None:
            raise fault.answer
        right = self._service.handle(request)
        headers = {**right.headers, **fault.headers}
        return attrs.evolve(right, body=right.body[: fault.cut], headers=headers)

    def _script(self, fault: _Fault, times: int) -> None:
        with self._lock:
            self._faults.extend([fault] * times)

    def _next(self, request: Request) -> _Fault | None:
        with self._lock:
            self.requests.append(request)
            for fault in self._faults:
                if request.path.endswith(fault.path):
                    self._faults.remove(fault)
                    return fault
        return None


try:
    import pytest
except ImportError:  # the class is of use without it, with another test runner
    pass
else:

    @pytest.fixture
    def fake_service() -> Iterator[FakeService]:
        """A `FakeService` over the demo; a fault that no request has met fails the test."""
        service = FakeService()
        yield service
        if service.pending:
            pytest.fail(f"{service.pending} scripted faults were met by no request")
