"""A client's ways to a service: the protocol of all, and those that need no network."""

from __future__ import annotations

from typing import Protocol, Self
from urllib.parse import urlsplit

import attrs

from ..api.messages import PREVIEW_HEADER, Request, Response, Sink
from ..errors import OfflineError, SettingsError
from ..models.provenance import Source
from ..settings import Settings
from .progress import Coming


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
    """A client's way to a service; what it does by itself suits those without connections."""

    source: Source
    """Who its answers are from."""

    def send(self, request: Request) -> Response:
        """Send a request once."""
        ...

    def receive(self, request: Request, sink: Sink) -> Response:
        """Send a request once; the body of a good answer goes to the sink, and is empty in the response."""
        return received(self.send(request), sink, request.about)

    def with_settings(self, settings: Settings) -> Self:
        """The same connections with other time-outs."""
        return self

    def close(self) -> None:
        """Give back what is held."""
        return


_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def source_of(base_url: str) -> Source:
    """Who answers at an address."""
    # no licence line may be put on the figures of a server on this machine
    return "local" if urlsplit(base_url).hostname in _LOOPBACK else "service"


class OfflineTransport(Transport):
    """Sends nothing: the client is offline."""

    def __init__(self, settings: Settings) -> None:
        self.source: Source = source_of(settings.base_url)

    def send(self, request: Request) -> Response:
        """Refuse."""
        message = "offline, and this is not in the store: go online for it"
        raise OfflineError(message, method=request.method, url=request.path)


def require_service(given: object) -> None:
    """Refuse what cannot answer, such as a name, or a function that makes a service and was not called."""
    if not (callable(getattr(given, "handle", None)) and hasattr(given, "source")):
        raise SettingsError(
            f"service={given!r}: give something that answers, such as ees.local.demo(), with its brackets, or "
            "ees.local.Service.from_folder(...); for an address there is base_url="
        )


class LocalTransport(Transport):
    """Asks a local service in this process."""

    def __init__(self, service: Service, *, preview_token: str | None = None) -> None:
        self._service = service
        self._preview_token = preview_token
        self.source: Source = service.source

    def send(self, request: Request) -> Response:
        """Ask the service."""
        if self._preview_token is not None and request.host == "api":
            request = attrs.evolve(request, headers=(*request.headers, (PREVIEW_HEADER, self._preview_token)))
        return self._service.handle(request)


def received(response: Response, sink: Sink, about: str) -> Response:
    """An answer that came whole, with the body of a good one in the sink."""
    if not response.is_success:
        return response
    coming = Coming(about, len(response.body))
    sink.begin(len(response.body))
    sink.write(response.body)
    coming.end(len(response.body))
    return attrs.evolve(response, body=b"")
