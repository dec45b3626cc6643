"""What a client sends through, and the local service in the place of a network."""

from __future__ import annotations

from typing import Protocol

import anyio.to_thread

from ..models.provenance import Source
from .messages import Request, Response


class Service(Protocol):
    """Something that answers like the API, without sockets. Used from several threads at once."""

    @property
    def source(self) -> Source:
        """Who its answers are from."""
        ...

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        ...


class Transport(Protocol):
    """What a client sends through."""

    @property
    def source(self) -> Source:
        """Who its answers are from."""
        ...

    def send(self, request: Request) -> Response:
        """Send a request once."""
        ...

    def close(self) -> None:
        """Give back what is held."""
        ...


class AsyncTransport(Protocol):
    """As `Transport`, awaited."""

    @property
    def source(self) -> Source:
        """Who its answers are from."""
        ...

    async def send(self, request: Request) -> Response:
        """Send a request once."""
        ...

    async def close(self) -> None:
        """Give back what is held."""
        ...


class ServiceTransport:
    """Asks a local service in this process."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.source: Source = service.source

    def send(self, request: Request) -> Response:
        """Ask the service."""
        return self._service.handle(request)

    def close(self) -> None:
        """Do nothing: the service belongs to the caller."""


class AsyncServiceTransport:
    """As `ServiceTransport`, awaited; the service works in a worker thread."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.source: Source = service.source

    async def send(self, request: Request) -> Response:
        """Ask the service."""
        return await anyio.to_thread.run_sync(self._service.handle, request)

    async def close(self) -> None:
        """Do nothing: the service belongs to the caller."""
