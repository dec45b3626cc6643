"""The inside of a client: settings, connections, store."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from functools import partial
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, TypeAlias, TypeVar

import attrs

from .api.messages import Sink
from .api.problems import raise_for
from .api.resolved import RequestContext, ResolvedVersion
from .errors import ClientClosedError, InvalidResponseError, SettingsError, StoreError, StoreWarning, warn
from .lock.policy import NOT_LOCKED, Locking
from .models.progress import ProgressLike
from .settings import Default, Settings, default_store
from .store.temporary import TemporaryCache
from .transport.download import Saving
from .transport.driver import Items, Pending, RetryPolicy, drive, retrying
from .transport.local import LocalTransport, OfflineTransport, Service, Transport, require_service
from .transport.progress import shown, telling
from .transport.workers import Turns

if TYPE_CHECKING:
    from .api.messages import Flow, Listing, Request, Response
    from .catalogue.mirrored import MirroredEntry, MirrorPlan, MirrorReport
    from .lock.check import CheckedEntry, LockCheck, OutdatedEntry, OutdatedReport
    from .lock.sync import SyncedEntry, SyncPlan, SyncReport
    from .store.blobs import Store
    from .store.cache import ResponseCache
    from .transport.http import HttpxTransport

T = TypeVar("T")

StoreLike: TypeAlias = "Store | str | PathLike[str] | Literal[Default.STORE] | None"
"""A store, a folder or a bundle; None for no store."""


class BaseClient:
    """A client's settings and connections; requests go through its store, where there is one, and its retries."""

    def __init__(
        self,
        settings: Settings,
        transport: Transport,
        cache: ResponseCache | None = None,
        locking: Locking = NOT_LOCKED,
    ) -> None:
        self._settings = settings
        self._locking = locking
        self._cache = cache
        self._tables = None
        if cache is not None and cache.store is not None:
            from .store.table_cache import TableCache

            self._tables = TableCache(cache, cache.store, in_memory=settings.max_in_memory)
        self._temporary = TemporaryCache()
        self._owner: Self | None = None
        self._closed = False
        self._connect(transport)

    def __enter__(self) -> Self:
        self._check_open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. Closing twice does nothing."""
        self._closed = True
        # the connections are the owner's, which other clients share
        if self._owner is None:
            self._temporary.close()
            if self._tables is not None:
                self._tables.memory.clear()
            self._transport.close()

    def with_options(
        self, *, timeout: float | None = None, retries: int | None = None, time_limit: float | None = None
    ) -> Self:
        """A client with other options that shares this one's connections.

        `client.with_options(timeout=120).open(...)` is patient with that data set alone. The new client need not be
        closed; it is closed with this one, and its own `close` leaves this one open.

        Args:
            timeout: Seconds to wait for an answer, and for a connection if fewer than 10; None for this client's.
            retries: Tries after the first; None for this client's.
            time_limit: Seconds in which an answer must have come whole; None for this client's.

        Raises:
            SettingsError: An option makes no sense.
            ClientClosedError: This client is closed.
        """
        self._check_open()
        other = copy.copy(self)
        # the connections are those of this client: when it is closed, so is the other
        other._owner = self
        other._settings = self._settings.changed(timeout=timeout, retries=retries, time_limit=time_limit)
        other._connect(self._transport.with_settings(other._settings))
        return other

    def check_lock(
        self,
        path: str | PathLike[str] | None = None,
        *,
        data: bool = False,
        progress: Callable[[CheckedEntry], object] | None = None,
    ) -> LockCheck:
        """Compare a lock file with the service itself, whatever the store remembers; nothing is written.

        Data sets are asked side by side, and one that fails does not stop the others.

        Args:
            path: The lock file; None for the client's own, else `ees.lock`.
            data: Whether to fetch data files too, and compare their digests.
            progress: Told each data set once it is checked.

        Raises:
            LockError: The file cannot be read, or is of another service.
        """
        from .catalogue import files
        from .lock import check

        locked = self._locking.read(path)
        check_file = partial(files.check_file, site=self._site, data=data)
        # the same client, whose answers all come from the service
        client = self.with_options()
        client._cache = client._tables = None
        return client._run(check.check(locked, check_file, data=data, progress=progress))

    def sync(
        self,
        path: str | PathLike[str] | None = None,
        *,
        announce: Callable[[SyncPlan], object] | None = None,
        progress: Callable[[SyncedEntry], object] | None = None,
    ) -> SyncReport:
        """Fetch all that is locked into the client's store, and verify it, so that it can be read offline.

        Data sets are fetched side by side. What fails of one is a `problem` of its entry, and the others go on; to sync
        again fetches only what is missing. Digests of data files that the lock does not have yet are added to it.

        Args:
            path: The lock file; None for the client's own, else `ees.lock`.
            announce: Told what will be downloaded before it is; an error that it raises ends the work.
            progress: Told each data set once it is there.

        Raises:
            EESError: The client has no store that can be filled.
            LockError: The file cannot be read, or is of another service.
        """
        from .catalogue import files
        from .lock import sync

        locked = self._locking.read(path)
        store = None if self._cache is None else self._cache.store
        sync_file = partial(files.sync_file, site=self._site, now=self._now(), path=locked.path)
        return self._run(sync.sync(locked, store, self._tables, sync_file, announce=announce, progress=progress))

    def mirror(
        self,
        folder: str | PathLike[str],
        text: str | None = None,
        *,
        publication: str | None = None,
        theme: str | None = None,
        in_api: bool | None = None,
        announce: Callable[[MirrorPlan], object] | None = None,
        progress: Callable[[MirroredEntry], object] | None = None,
    ) -> MirrorReport:
        """Have a folder keep all that a search or a publication gives: the newest versions, and all that it had before.

        The folder gets a lock file `ees.lock`, which names the newest versions, and a store `store`; so
        `Client(lock=folder / "ees.lock", store=folder / "store", offline=True)` reads them. Only what is not there yet,
        or is newer than what is there, is fetched, side by side; what fails is a `problem` of its entry, and the next
        run goes on with it.

        Args:
            folder: The folder, made if need be.
            text: Words to search for; None for everything.
            publication: Title, slug or id of a publication.
            theme: Title, slug or id of a theme.
            in_api: Whether only data sets of the API are wanted, or only files outside it; None for both.
            announce: Told what will be downloaded before it is; an error that it raises ends the work.
            progress: Told each data set that is fetched once it is there.

        Raises:
            UnknownLabelError: There is no such theme or publication; the nearest are listed.
            LockError: The folder's lock cannot be read, or is of another service.
            CatalogueError: The unofficial addresses of the catalogue do not answer as expected.
            OSError: The folder cannot be written.
        """
        from .catalogue import mirror

        # the same client, over the store of the folder
        client = self.with_options()
        there = mirror.opened(Path(folder), self._locking.address, partial(cache_at, settings=self._settings))
        client._cache, client._tables, client._locking = there.cache, there.tables, there.locked
        chosen = mirror.Choice(text=text, publication=publication, theme=theme, in_api=in_api)
        flow = mirror.mirror(there, chosen, site=self._site, now=self._now(), announce=announce, progress=progress)
        return client._run(flow)

    def outdated(
        self,
        path: str | PathLike[str] | None = None,
        *,
        progress: Callable[[OutdatedEntry], object] | None = None,
    ) -> OutdatedReport:
        """Report which data sets have newer versions than the locked ones.

        What cannot be asked of one data set is a `problem` of its entry.

        Args:
            path: The lock file; None for the client's own, else `ees.lock`.
            progress: Told each data set once it is asked.

        Raises:
            LockError: The file cannot be read, or is of another service.
        """
        from .catalogue import files
        from .lock import check

        file_news = partial(files.file_news, site=self._site)
        return self._run(check.outdated(self._locking.read(path), file_news, progress=progress))

    @property
    def _site(self) -> str:
        """Address of the web site; "" for a local service, which has none."""
        return "" if isinstance(self._transport, LocalTransport) else self._settings.site_url

    def _check_open(self) -> None:
        if self._closed:
            raise ClientClosedError("the client is closed: make a new one, or stay inside its with block")
        if self._owner is not None:
            self._owner._check_open()

    def _now(self) -> RequestContext:
        return RequestContext(source=self._transport.source, at=datetime.now(UTC))

    def _connect(self, transport: Transport) -> None:
        self._transport = transport
        self._progress = shown(self._settings.progress)
        self._policy = RetryPolicy(retries=self._settings.retries, total=self._settings.total_retry_time)
        self._sending = retrying(transport.send, self._policy)

    def _send(self, request: Request, pending: Pending) -> Response:
        """An answer out of the store, or one of the service, which is kept once it was read."""
        self._check_open()
        if self._cache is None:
            return self._sending(request)
        found = self._cache.find(request)
        if found is not None:
            return found
        # what is kept says when it came
        response = attrs.evolve(self._sending(request), retrieved_at=datetime.now(UTC))
        return self._cache.hold(request, response, pending)

    def _receive(self, request: Request, saved: Sink) -> Response:
        """The body of an answer into a file, out of the store or into it."""
        found = None if self._cache is None else self._cache.pour(request, saved)
        if found is not None:
            return found
        receive = retrying(partial(self._transport.receive, sink=saved), self._policy)
        response = receive(request)
        raise_for(request, response)
        return response

    def _save(self, pinned: ResolvedVersion, saved: Saving) -> None:
        """The data file of a version into a file, checked; one that is bad in the store is fetched again."""
        from .table.csv import check_data_file

        request = pinned.file_request()
        while True:
            response = self._receive(request, saved)
            try:
                saved.finish(response, partial(check_data_file, pinned))
                break
            except InvalidResponseError as error:
                if self._tables is None or response.retrieved_at is None:
                    raise
                self._tables.set_aside(pinned, error)
        if self._cache is not None and response.retrieved_at is None:
            self._cache.keep_file(request, saved.path, response)

    def _run(self, flow: Flow[T], turns: Turns | None = None) -> T:
        self._check_open()
        pending = Pending()
        send = partial(self._send, pending=pending)
        workers = self._settings.max_in_flight
        with self._telling():
            return drive(
                flow, send, workers=workers, receive=self._receive, pending=pending, turns=turns, run=self._run
            )

    def _telling(self, progress: ProgressLike = None) -> AbstractContextManager[None]:
        """Have a call tell what takes long, as it says or as the client does."""
        told = self._progress if progress is None else progress
        return nullcontext() if told is False else telling(told)

    def _list(self, listing: Listing[T]) -> Iterator[T]:
        self._check_open()
        pending = Pending()
        return Items(listing, partial(self._send, pending=pending), pending)


def connected(
    settings: Settings, service: Service | None, base_url: str | None, transport: HttpxTransport | None
) -> Transport:
    """The transport of a client: to a local service, or by httpx."""
    if service is not None:
        require_service(service)
        if base_url is not None or transport is not None:
            raise SettingsError("service= answers by itself, without an address: leave base_url= and transport= out")
        return LocalTransport(service, preview_token=settings.preview_token)
    if settings.offline:
        return OfflineTransport(settings)
    # httpx takes a while to import, and a local service does not need it
    from .transport.http import HttpTransport

    return HttpTransport(settings, transport=transport)


def address_of(settings: Settings, service: Service | None) -> str:
    """Address of the service that a client asks; what a local one calls itself, or "" where it does not."""
    return settings.base_url if service is None else str(getattr(service, "origin", ""))


def cache_of(settings: Settings, service: Service | None, store: StoreLike) -> ResponseCache | None:
    """The cache between a client and its store; None where nothing is kept.

    Answers of a local service are kept only where a store is named for them.
    """
    is_named = not isinstance(store, Default)
    try:
        if isinstance(store, Default):
            store = None if service is not None else default_store()
        kept = None if store is None else _opened(store)
    except StoreError as error:
        # what was named on purpose is to be what it is said to be
        if settings.offline or (is_named and not isinstance(error.__cause__, OSError)):
            raise
        warn(f"{error}; nothing is kept until then", StoreWarning)
        kept = None
    except (TypeError, ValueError, RuntimeError) as error:
        raise SettingsError(f"store={store!r} (or EES_STORE): no folder can be named so: {error}") from error
    if kept is None and not settings.offline:
        return None
    return cache_at(kept, address_of(settings, service), settings)


def _opened(store: Store | str | PathLike[str]) -> Store:
    # not above: who keeps nothing needs no store
    from .store.blobs import Store

    return store if isinstance(store, Store) else Store(Path(store).expanduser())


def cache_at(store: Store | None, address: str, settings: Settings) -> ResponseCache:
    """The cache between a client of a service and a store."""
    if not address:
        raise SettingsError("service= has no origin, which tells its answers from those of others: leave store= out")
    from .store.cache import ResponseCache

    return ResponseCache(store, address, offline=settings.offline, has_token=settings.preview_token is not None)
