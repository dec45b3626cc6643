"""A client's view of the past."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from .http.flows import VersionLike, Withdrawn
from .pinning import history

if TYPE_CHECKING:
    from .aio import AsyncClient
    from .apinned import AsyncPinnedDataSet
    from .client import Client
    from .pinned import PinnedDataSet


class PastAttributes:
    """What both shells' views know without asking."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    @property
    def moment(self) -> datetime:
        """The moment at which versions must have been live."""
        return self._moment

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._moment.isoformat()}>"


class AsOf(PastAttributes):
    """Data sets as they were at a moment. Made by `Client.as_of`."""

    def __init__(self, client: Client, moment: datetime) -> None:
        super().__init__(moment)
        self._client = client

    def open(
        self, data_set_id: str, *, version: VersionLike | None = None, withdrawn: Withdrawn = "refuse"
    ) -> PinnedDataSet:
        """Pin a data set to the version that was live then; as `Client.open`.

        A version that was withdrawn since counts, and opens with a warning.

        Args:
            data_set_id: GUID of the data set.
            version: A range such as `"1.*"` for the highest version in it that was live then, or a version that must
                have been; None for the highest.
            withdrawn: `"refuse"` rows of a version withdrawn since, or `"read"` them from its data file.

        Warns:
            CorrectedVersionWarning: The version has a later patch.
            WithdrawnVersionWarning: The version was withdrawn since.

        Raises:
            VersionNotFoundError: None was live then; the message says when the first was published.
        """
        found = self._client._run(history.live_then(data_set_id, version, self._moment))
        return self._client.open(data_set_id, version=found, withdrawn=withdrawn)


class AsyncAsOf(PastAttributes):
    """As `AsOf`, awaited. Made by `AsyncClient.as_of`."""

    def __init__(self, client: AsyncClient, moment: datetime) -> None:
        super().__init__(moment)
        self._client = client

    async def open(
        self, data_set_id: str, *, version: VersionLike | None = None, withdrawn: Withdrawn = "refuse"
    ) -> AsyncPinnedDataSet:
        """As `AsOf.open`, awaited."""
        found = await self._client._run(history.live_then(data_set_id, version, self._moment))
        return await self._client.open(data_set_id, version=found, withdrawn=withdrawn)
