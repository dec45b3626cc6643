"""What both shells do without sending anything."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

from .errors import ClientClosedError, SettingsError
from .http.answers import Asked
from .http.retry import RetryPolicy
from .http.seams import (
    AsyncNoTransport,
    AsyncServiceTransport,
    AsyncTransport,
    NoTransport,
    Service,
    ServiceTransport,
    Transport,
)
from .pinning.keeping import Keeper
from .pinning.locking import NOT_LOCKED, Locking
from .pinning.shelf import Shelf
from .pinning.store import Store
from .pinning.working import Spare
from .settings import Default, Settings, default_store

if TYPE_CHECKING:
    from .http.transport import AsyncHttpxTransport, HttpxTransport


StoreLike: TypeAlias = Store | str | PathLike[str] | Literal[Default.STORE] | None
"""A store, a folder or a bundle; None for no store."""


class Shell:
    """A client's settings, and whether it is open.

    A subclass has `_connect`, which takes a transport into use, and closes it in `close`, if it owns it.
    """

    _transport: Any

    def __init__(
        self, settings: Settings, transport: Any, keeper: Keeper | None = None, locking: Locking = NOT_LOCKED
    ) -> None:
        self._settings = settings
        self._locking = locking
        self._keeper = keeper
        self._shelf = None if keeper is None else Shelf(keeper)
        self._spare = Spare()
        self._owner: Self | None = None
        self._closed = False
        self._connect(transport)

    def with_options(self, *, timeout: float | None = None, retries: int | None = None) -> Self:
        """A client with other options that shares this one's connections.

        `client.with_options(timeout=120).open(...)` is patient with that data set alone. The new client need not be
        closed; it is closed with this one, and its own `close` leaves this one open.

        Args:
            timeout: Seconds to wait for an answer, and for a connection if fewer than 10; None for this client's.
            retries: Tries after the first; None for this client's.

        Raises:
            SettingsError: An option makes no sense.
            ClientClosedError: This client is closed.
        """
        self._check_open()
        other = copy.copy(self)
        other._owner = self
        other._settings = self._settings.changed(timeout=timeout, retries=retries)
        other._connect(self._transport.with_settings(other._settings))
        return other

    def _connect(self, transport: Any) -> None:
        raise NotImplementedError

    @property
    def _keeps(self) -> bool:
        """Whether answers are kept, for which they have to be of an exact version."""
        return self._keeper is not None

    @property
    def _site(self) -> str:
        """Address of the web site; "" for a local service, which has none."""
        is_local = isinstance(self._transport, ServiceTransport | AsyncServiceTransport)
        return "" if is_local else self._settings.site_url

    def _policy(self) -> RetryPolicy:
        return RetryPolicy(retries=self._settings.retries, total=self._settings.total_retry_time)

    def _check_open(self) -> None:
        if self._closed:
            raise ClientClosedError("the client is closed: make a new one, or stay inside its with block")
        if self._owner is not None:
            self._owner._check_open()

    def _now(self) -> Asked:
        return Asked(source=self._transport.source, at=datetime.now(UTC))


def connected(
    settings: Settings, service: Service | None, base_url: str | None, transport: HttpxTransport | None
) -> Transport:
    """What the plain shell sends through: a local service, or httpx.

    Raises:
        SettingsError: A local service is given an address or a transport.
    """
    if service is not None:
        _check_alone(base_url, transport)
        return ServiceTransport(service, preview_token=settings.preview_token)
    if settings.offline:
        return NoTransport(settings)
    # httpx takes a while to import, and a local service does not need it
    from .http.transport import HttpTransport

    return HttpTransport(settings, transport=transport)


def aconnected(
    settings: Settings, service: Service | None, base_url: str | None, transport: AsyncHttpxTransport | None
) -> AsyncTransport:
    """As `connected`, for the awaiting shell."""
    if service is not None:
        _check_alone(base_url, transport)
        return AsyncServiceTransport(service, preview_token=settings.preview_token)
    if settings.offline:
        return AsyncNoTransport(settings)
    from .http.transport import AsyncHttpTransport

    return AsyncHttpTransport(settings, transport=transport)


def address_of(settings: Settings, service: Service | None) -> str:
    """Address of the service that a client asks; what a local one calls itself, or "" where it does not."""
    return settings.base_url if service is None else str(getattr(service, "origin", ""))


def keeper_of(settings: Settings, service: Service | None, store: StoreLike) -> Keeper | None:
    """What stands between the client and its store; None where nothing is kept.

    Answers of a local service are kept only where a store is named for them.

    Raises:
        SettingsError: A local service that does not say who it is cannot have a store.
        StoreError: The store is none.
    """
    kept = None if service is not None and isinstance(store, Default) else _store(store)
    if kept is None and not settings.offline:
        return None
    address = address_of(settings, service)
    if not address:
        raise SettingsError("service= has no origin, which tells its answers from those of others: leave store= out")
    return Keeper(kept, address, offline=settings.offline, has_token=settings.preview_token is not None)


def _store(store: StoreLike) -> Store | None:
    if store is None or isinstance(store, Store):
        return store
    path = default_store() if isinstance(store, Default) else Path(store).expanduser()
    return None if path is None else Store(path)


def _check_alone(base_url: str | None, transport: object) -> None:
    if base_url is not None or transport is not None:
        raise SettingsError("service= answers by itself, without an address: leave base_url= and transport= out")
