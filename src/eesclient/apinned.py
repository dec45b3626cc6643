"""As `eesclient.pinned`, awaited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from ._lazy import anyio
from .catalogue import browsing
from .http.answers import How
from .http.flows import Pinned, VersionLike
from .http.pinned import PinnedAttributes
from .http.progress import Progress
from .models.catalogue import FileDetails, Variable
from .models.changes import Changes
from .models.levels import GeographicLevel
from .models.provenance import Method, RouteChoice
from .pinning import asking, empty, locking, revisions, scanning, upgrade
from .pinning.empty import EmptyReport
from .pinning.lock import LockEntry
from .pinning.locking import LOCK_NAME
from .query.ast import Node
from .query.builder import PeriodLike, Words
from .query.query import Names, Query, Values
from .query.sorting import SortLike

if TYPE_CHECKING:
    import polars as pl

    from .aio import AsyncClient
    from .frames.result import QueryResult
    from .pinning.revisions import Revisions
    from .pinning.upgrade import UpgradeReport


class AsyncPinnedDataSet(PinnedAttributes):
    """As `PinnedDataSet`, awaited. Made by `AsyncClient.open`."""

    def __init__(self, client: AsyncClient, pinned: Pinned) -> None:
        super().__init__(pinned, client._now())
        self._client = client

    async def query(  # noqa: PLR0913 - a question has many parts, all by name
        self,
        query: Query | None = None,
        /,
        *,
        indicators: str | Sequence[str] | None = None,
        filters: Mapping[str, str | Sequence[str]] | None = None,
        periods: PeriodLike | Iterable[PeriodLike] | None = None,
        levels: str | GeographicLevel | Sequence[str | GeographicLevel] | None = None,
        places: str | Sequence[str] | None = None,
        within: str | Sequence[str] | None = None,
        include_self: bool = False,
        where: Node | None = None,
        others: str | Mapping[str, str] | None = None,
        sort: SortLike | Sequence[SortLike] | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        values: Values = "typed",
        names: Names = "column",
        dtypes: Mapping[str, pl.DataType | type[pl.DataType]] | None = None,
        route: RouteChoice = "auto",
        method: Method = "POST",
        debug: bool = False,
    ) -> QueryResult:
        """As `PinnedDataSet.query`, awaited."""
        words = Words(
            indicators=indicators,
            filters=filters,
            periods=periods,
            levels=levels,
            places=places,
            within=within,
            include_self=include_self,
            where=where,
            others=others,
            sort=sort,
            limit=limit,
            page_size=page_size,
            values=values,
            names=names,
            dtypes=dtypes,
        )
        how = How(route=route, method=method, debug=debug)
        flow = asking.ask(self._pinned, self._asked(query, words), self._client._now(), how, shelf=self._client._shelf)
        return await self._client._run(flow)

    async def explain_empty(self, query: Query, /) -> EmptyReport:
        """As `PinnedDataSet.explain_empty`, awaited."""
        flow = empty.explain_empty(self._pinned, self._asked(query, Words()), shelf=self._client._shelf)
        return await self._client._run(flow)

    async def compare(self, version: VersionLike) -> UpgradeReport:
        """As `PinnedDataSet.compare`, awaited."""
        return await self._client._run(upgrade.compare(self._pinned, version))

    async def revisions(
        self,
        query: Query,
        *,
        versions: VersionLike | Iterable[VersionLike] | None = None,
        others: str | Mapping[str, str] | None = None,
    ) -> Revisions:
        """As `PinnedDataSet.revisions`, awaited."""
        question = self._asked(query, Words())
        flow = revisions.revisions(
            self._pinned,
            question,
            self._client._now(),
            versions=versions,
            others=others,
            shelf=self._client._shelf,
        )
        return await self._client._run(flow)

    async def changes(self, *, include_patches: bool = False) -> Changes:
        """As `PinnedDataSet.changes`, awaited."""
        return await self._client.changes(self.id, self.version, include_patches=include_patches)

    async def download(self, path: str | PathLike[str], *, progress: Progress = False) -> Path:
        """As `PinnedDataSet.download`, awaited."""
        return await self._client.download(self.id, path, version=self.version, progress=progress)

    async def lock(self, path: str | PathLike[str] = LOCK_NAME, *, data: bool = False) -> LockEntry:
        """As `PinnedDataSet.lock`, awaited."""
        entry = await self._client._run(locking.entry(self._pinned, data=data))
        address = self._client._locking.address
        return await anyio.to_thread.run_sync(locking.add_entry, path, address, entry)

    async def footnotes(self) -> tuple[str, ...]:
        """As `PinnedDataSet.footnotes`, awaited."""
        return (await self._read_details()).footnotes

    async def variables(self) -> tuple[Variable, ...]:
        """As `PinnedDataSet.variables`, awaited."""
        return (await self._read_details()).variables

    async def _read_details(self) -> FileDetails:
        if self._details is not None:
            return self._details
        client = self._client
        return self._learn(await client._run(browsing.details_of(self._pinned, site=client._site)))

    async def read(self) -> QueryResult:
        """As `PinnedDataSet.read`, awaited."""
        return await self._client._run(asking.read(self._pinned, self._client._now(), shelf=self._client._shelf))

    async def scan(self) -> pl.LazyFrame:
        """As `PinnedDataSet.scan`, awaited."""
        client = self._client
        flow = scanning.scan(self._pinned, client._now(), shelf=client._shelf, spare=client._spare)
        return await client._run(flow)
