"""As `eesclient.catalogued`, awaited."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import date, datetime
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from ._lazy import anyio
from ._warn import warn
from .apinned import AsyncPinnedDataSet
from .catalogue import browsing, opening
from .catalogue.addresses import file_guid
from .catalogue.opening import Kind
from .catalogued import FileAttributes, check_no_kinds, expected_of, save
from .http import flows
from .http.flows import Pinned
from .http.progress import Progress
from .models.catalogue import CatalogueChange, EntryFacts
from .models.levels import GeographicLevel
from .pinning.filelock import add_file, file_entry, file_named, has_file, locked_file
from .pinning.locking import LOCK_NAME

if TYPE_CHECKING:
    import polars as pl

    from .aio import AsyncClient
    from .catalogue.reading import Opened
    from .pinning.lock import FileEntry


class AsyncCatalogueDataSet(FileAttributes, AsyncPinnedDataSet):
    """As `CatalogueDataSet`, awaited. Made by `AsyncCatalogueEntry.open`."""

    def __init__(self, asked: AsyncClient, pinned: Pinned, opened: Opened, client: AsyncClient) -> None:
        super().__init__(asked, pinned)
        self._opened = opened
        self._details = opened.details
        self._outer = client

    async def download(self, path: str | PathLike[str], *, progress: Progress = False) -> Path:
        """As `CatalogueDataSet.download`, awaited."""
        return await anyio.to_thread.run_sync(partial(save, self._opened, path, progress=progress))

    async def scan(self) -> pl.LazyFrame:
        """As `CatalogueDataSet.scan`, awaited."""
        return (await self.read()).frame.lazy()

    async def lock(self, path: str | PathLike[str] = LOCK_NAME, *, data: bool = False) -> FileEntry:
        """As `CatalogueDataSet.lock`, awaited."""
        entry = file_entry(self._pinned, self.entry, self._opened.body)
        return await anyio.to_thread.run_sync(add_file, path, self._outer._locking.address, entry)


@attrs.frozen(kw_only=True)
class AsyncCatalogueEntry(EntryFacts):
    """As `CatalogueEntry`, awaited."""

    _client: AsyncClient = attrs.field(repr=False, eq=False, alias="client")

    async def open(self, *, kinds: Mapping[str, Kind] | None = None) -> AsyncPinnedDataSet:
        """As `CatalogueEntry.open`, awaited."""
        client = self._client
        if self.api_id is not None:
            check_no_kinds(kinds)
            await self._warn_of_age(self)
            return await client.open(self.api_id, version=self.api_version)
        locked = locked_file(client._locking, self.id)
        details = await client._run(browsing.details(self.id, site=client._site, kept=locked is not None))
        await self._warn_of_age(details.facts)
        opened = await client._run(
            opening.load(details, client._now(), kinds=kinds, expected=expected_of(client, locked))
        )
        asked = type(client)(service=opened.service, store=None, offline=False)
        pinned = await asked._run(flows.pin(self.id, opening.VERSION))
        return AsyncCatalogueDataSet(asked, opened.pinned(pinned), opened, client)

    async def _warn_of_age(self, facts: EntryFacts) -> None:
        if self._client._locking.lock is not None:
            return
        said = await self._client._run(opening.stale(facts, site=self._client._site))
        if said is not None:
            warn(said[1], said[0])


class AsyncCatalogue:
    """As `Catalogue`, awaited."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    def search(
        self,
        text: str | None = None,
        *,
        theme: str | None = None,
        publication: str | None = None,
        level: str | GeographicLevel | None = None,
        in_api: bool | None = None,
        latest_only: bool = True,
    ) -> AsyncIterator[AsyncCatalogueEntry]:
        """As `Catalogue.search`, an asynchronous iterator."""
        listing = browsing.search(
            text,
            theme=theme,
            publication=publication,
            level=level,
            in_api=in_api,
            latest_only=latest_only,
            site=self._client._site,
            make=self._made,
        )
        return self._client._list(listing)

    async def latest(self, *, publication: str, title: str) -> AsyncCatalogueEntry:
        """As `Catalogue.latest`, awaited."""
        locked = file_named(self._client._locking, publication, title)
        if locked is not None:
            return await self.entry(locked)
        return self._made(await self._client._run(browsing.latest(publication, title, site=self._client._site)))

    async def entry(self, entry_id: str) -> AsyncCatalogueEntry:
        """As `Catalogue.entry`, awaited."""
        id_ = file_guid(entry_id)
        kept = has_file(self._client._locking, id_)
        details = await self._client._run(browsing.details(id_, site=self._client._site, kept=kept))
        return self._made(details.facts)

    def changed_since(self, since: str | date | datetime) -> AsyncIterator[CatalogueChange]:
        """As `Catalogue.changed_since`, an asynchronous iterator."""
        return self._client._list(browsing.changed_since(browsing.moment_of(since)))

    def _made(self, facts: EntryFacts) -> AsyncCatalogueEntry:
        return AsyncCatalogueEntry(**attrs.asdict(facts, recurse=False), client=self._client)
