"""The client whose answers are awaited, on asyncio and trio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ._lazy import anyio
from ._warn import warn
from .acatalogued import AsyncCatalogue
from .apinned import AsyncPinnedDataSet
from .as_of import AsyncAsOf
from .catalogued import check_no_version
from .errors import CatalogueError, OfflineError
from .http import flows, opening, requests
from .http.download import Sink, saving
from .http.drive import AsyncItems, adrive
from .http.flows import VersionLike, Withdrawn
from .http.opening import OutsideError
from .http.problems import raise_for
from .http.progress import Progress
from .http.retry import aretrying
from .http.seams import AsyncTransport, Service
from .models.changes import Changes
from .models.data_sets import DataSet, DataSetVersion
from .models.enums import MetaType
from .models.meta import Meta
from .models.publications import Publication
from .models.versions import parse_version
from .pinning.history import DateLike, moment_of
from .pinning.keeping import astoring
from .pinning.locking import Locking
from .settings import Default, settings
from .shell import Shell, StoreLike, aconnected, address_of, keeper_of

if TYPE_CHECKING:
    from .http.messages import Flow, Listing, Request, Response
    from .http.transport import AsyncHttpxTransport

T = TypeVar("T")


class AsyncClient(Shell):
    """As `Client`, awaited. Iterators are asynchronous; `transport` is an asynchronous one."""

    def __init__(
        self,
        *,
        service: Service | None = None,
        base_url: str | None = None,
        timeout: float | None = None,
        retries: int = 2,
        max_in_flight: int = 6,
        preview_token: str | None = None,
        store: StoreLike = Default.STORE,
        offline: bool | None = None,
        lock: str | PathLike[str] | None = None,
        transport: AsyncHttpxTransport | None = None,
    ) -> None:
        locking = Locking.of(lock)
        chosen = settings(
            base_url=locking.base_url(base_url, has_service=service is not None),
            timeout=timeout,
            retries=retries,
            max_in_flight=max_in_flight,
            preview_token=preview_token,
            offline=offline,
        )
        keeper = keeper_of(chosen, service, store)
        connection = aconnected(chosen, service, base_url, transport)
        super().__init__(chosen, connection, keeper, locking.at(address_of(chosen, service)))

    async def __aenter__(self) -> Self:
        self._check_open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """As `Client.close`, awaited."""
        self._closed = True
        if self._owner is None:
            self._spare.close()
            await self._transport.close()

    @property
    def catalogue(self) -> AsyncCatalogue:
        """As `Client.catalogue`, awaited."""
        return AsyncCatalogue(self)

    def publications(self, search: str | None = None) -> AsyncIterator[Publication]:
        """As `Client.publications`, an asynchronous iterator."""
        return self._list(flows.publications(search))

    async def publication(self, publication_id: str) -> Publication:
        """As `Client.publication`, awaited."""
        return await self._run(flows.publication(publication_id))

    def data_sets(self, publication_id: str | None = None, *, search: str | None = None) -> AsyncIterator[DataSet]:
        """As `Client.data_sets`, an asynchronous iterator."""
        return self._list(flows.data_sets(publication_id, search))

    async def data_set(self, data_set_id: str) -> DataSet:
        """As `Client.data_set`, awaited."""
        return await self._run(flows.data_set(data_set_id))

    def versions(self, data_set_id: str) -> AsyncIterator[DataSetVersion]:
        """As `Client.versions`, an asynchronous iterator."""
        return self._list(flows.versions(data_set_id))

    async def version(self, data_set_id: str, version: VersionLike) -> DataSetVersion:
        """As `Client.version`, awaited."""
        return await self._run(flows.version(data_set_id, self._locking.meant(data_set_id, version)))

    async def changes(self, data_set_id: str, version: VersionLike, *, include_patches: bool = False) -> Changes:
        """As `Client.changes`, awaited."""
        meant = self._locking.meant(data_set_id, version)
        return await self._run(flows.changes(data_set_id, meant, patches=include_patches, exact=self._keeps))

    async def meta(
        self,
        data_set_id: str,
        *,
        version: VersionLike | None = None,
        types: str | MetaType | Iterable[str | MetaType] | None = None,
    ) -> Meta:
        """As `Client.meta`, awaited."""
        meant = self._locking.meant(data_set_id, version)
        return await self._run(flows.meta(data_set_id, meant, types, exact=self._keeps))

    async def download(
        self,
        data_set_id: str,
        path: str | PathLike[str],
        *,
        version: VersionLike | None = None,
        progress: Progress = False,
    ) -> Path:
        """As `Client.download`, awaited."""
        meant = self._locking.meant(data_set_id, version)
        wanted = None if meant is None else parse_version(meant)
        if self._keeper is not None:
            wanted = await self._run(flows.exactly(data_set_id, wanted))
        request = requests.csv(data_set_id, wanted)
        self._check_open()
        with saving(Path(path), progress=progress, url=request.path) as saved:
            response = await self._receive(request, saved)
            saved.finish()
        if self._keeper is not None and response.retrieved_at is None:
            await anyio.to_thread.run_sync(self._keeper.keep_file, request, Path(path), response)
        return Path(path)

    async def open(
        self, data_set_id: str, *, version: VersionLike | None = None, withdrawn: Withdrawn = "refuse"
    ) -> AsyncPinnedDataSet:
        """As `Client.open`, awaited."""
        found = opening.pin(data_set_id, version, withdrawn=withdrawn, settings=self._settings, by=self._locking.pin)
        try:
            pinned = await self._run(found)
        except OutsideError as outside:
            return await self._open_file(outside, version)
        for category, message in pinned.notices:
            warn(message, category)
        return AsyncPinnedDataSet(self, pinned)

    async def _open_file(self, outside: OutsideError, version: VersionLike | None) -> AsyncPinnedDataSet:
        """As `Client._open_file`, awaited."""
        check_no_version(version)
        try:
            entry = await self.catalogue.entry(outside.file_id)
        except (CatalogueError, OfflineError) as error:
            # what the API says stands, and why the catalogue has no more to say
            raise outside from error
        return await entry.open()

    def as_of(self, day: DateLike) -> AsyncAsOf:
        """As `Client.as_of`, whose `open` is awaited."""
        self._check_open()
        return AsyncAsOf(self, moment_of(day, self._now().at))

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | Sequence[str]] | None = None,
        body: object = None,
    ) -> Any:
        """As `Client.request`, awaited."""
        return await self._run(flows.raw(requests.free(method, path, params, body)))

    def _connect(self, transport: AsyncTransport) -> None:
        self._transport = transport
        send = aretrying(transport.send, self._policy())
        self._sending = send if self._keeper is None else astoring(send, self._keeper)

    async def _send(self, request: Request) -> Response:
        self._check_open()
        return await self._sending(request)

    async def _receive(self, request: Request, saved: Sink) -> Response:
        """As `Client._receive`, awaited."""
        found = None if self._keeper is None else await anyio.to_thread.run_sync(self._keeper.pour, request, saved)
        if found is not None:
            return found
        receive = aretrying(partial(self._transport.receive, sink=saved), self._policy())
        response = await receive(request)
        raise_for(request, response)
        return response

    async def _run(self, flow: Flow[T]) -> T:
        self._check_open()
        return await adrive(flow, self._send, workers=self._settings.max_in_flight, receive=self._receive)

    def _list(self, listing: Listing[T]) -> AsyncIterator[T]:
        self._check_open()
        return AsyncItems(listing, self._send)
