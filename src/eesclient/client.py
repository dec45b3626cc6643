"""The client that waits for its answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .api import open, operations, requests
from .api.open import NotInApiError
from .api.operations import VersionLike
from .api.resolved import Withdrawn
from .errors import CatalogueError, OfflineError, QueryError, warn
from .lock.policy import Locking
from .models.data_sets import DataSet, DataSetVersion
from .models.enums import MetaType
from .models.meta import Meta
from .models.progress import ProgressLike
from .models.versions import parse_version
from .settings import Default, settings
from .shell import BaseClient, StoreLike, address_of, cache_of, connected
from .transport.download import saving
from .transport.local import Service

if TYPE_CHECKING:
    from .catalogue.entries import Catalogue
    from .data_set import PinnedDataSet
    from .models.answers import Publication
    from .models.changes import Changes
    from .transport.http import HttpxTransport
    from .versions.as_of import DateLike


class Client(BaseClient):
    """A client of the explore education statistics API, or of a local service that answers like it.

    Use it in a `with` block, or close it. It may be shared by threads.

    Args:
        service: A local service, such as `eesclient.local.demo()`, asked instead of the API and without sockets.
        base_url: Address of the API without `/v1`, or one of `"live"`, `"pre-production"`, `"test"`, `"development"`;
            else the environment's `EES_API_URL`, else the live service.
        timeout: Seconds to wait for an answer, and for a connection if fewer than 10; None for 60 seconds for metadata,
            rows and files, 35 for all else, and 10 for a connection.
        retries: Tries after the first, when there is no connection or answer in time, or the service is busy.
        max_in_flight: Requests of one call that are sent side by side at most: pages of an answer, data sets of a lock.
        time_limit: Seconds in which an answer must have come whole; else the environment's `EES_TIME_LIMIT`, else five
            times `timeout` and at least 5. A data file may take a second more for each 10 kB of it that came.
        max_unpacked: Bytes that a data file may have when it is unpacked, and JSON a sixteenth of them; else the
            environment's `EES_MAX_UNPACKED`, else 4,000,000,000.
        max_in_memory: Bytes of stored data sets that stay in memory once they are asked a second time, those that were
            asked last, so that the next small question takes a millisecond; else the environment's
            `EES_MAX_IN_MEMORY`, else 268,435,456. 0 reads the file each time.
        preview_token: GUID of a preview token, for a draft version (reference, section 4); else the environment's
            `EES_PREVIEW_TOKEN`. It is shown nowhere, and sent to the service's own host only: not to one
            that a lock file alone names.
        store: Folder in which answers about exact versions are kept (or a bundle to read them from); None for nowhere.
            By default the one that `EES_STORE` names, else one among the user's data; for a local service, none.
        offline: Whether no connection is attempted, and what was read before answers; else what `EES_OFFLINE` says.
        lock: A lock file, made by `PinnedDataSet.lock` or `ees lock`: ranges, and no version, now mean what it says,
            and without `base_url` its service is asked.
        progress: Whether bars show what takes more than a second: pages of an answer, a data file, data sets of a lock.
            They are in the cell in Jupyter, else on the standard error stream, by tqdm where it is installed (extra
            `progress`). None for what `EES_PROGRESS` says, else in notebooks alone. Or a function that is told each
            `Progress`, at once.
        transport: An httpx transport of your own.

    Raises:
        SettingsError: A setting makes no sense.
        LockError: The lock cannot be read, or is of another service.
    """

    def __init__(  # noqa: PLR0913 - a client has many settings, all by name
        self,
        *,
        service: Service | None = None,
        base_url: str | None = None,
        timeout: float | None = None,
        retries: int = 2,
        max_in_flight: int = 6,
        time_limit: float | None = None,
        max_unpacked: int | None = None,
        max_in_memory: int | None = None,
        preview_token: str | None = None,
        store: StoreLike = Default.STORE,
        offline: bool | None = None,
        lock: str | PathLike[str] | None = None,
        progress: ProgressLike = None,
        transport: HttpxTransport | None = None,
    ) -> None:
        locking = Locking.of(lock)
        chosen = settings(
            base_url=base_url,
            locked_url=locking.base_url(base_url, has_service=service is not None),
            timeout=timeout,
            time_limit=time_limit,
            max_unpacked=max_unpacked,
            max_in_memory=max_in_memory,
            retries=retries,
            max_in_flight=max_in_flight,
            preview_token=preview_token,
            offline=offline,
            progress=progress,
        )
        cache = cache_of(chosen, service, store)
        connection = connected(chosen, service, base_url, transport)
        super().__init__(chosen, connection, cache, locking.at(address_of(chosen, service)))

    @property
    def catalogue(self) -> Catalogue:
        """The data catalogue, which has data sets outside the API too; its addresses are unofficial."""
        from .catalogue.entries import Catalogue

        return Catalogue(self)

    def publications(self, search: str | None = None) -> Iterator[Publication]:
        """The publications that have data sets in the API, most relevant first.

        Args:
            search: Words to search for, at least 3 characters, any of which will do; None for all publications. Hyphens
                part words, and words in titles weigh more than those in summaries.

        Returns:
            An iterator; pages are fetched as it is consumed.

        Raises:
            BadRequestError: The search is too short.
        """
        return self._list(operations.publications(search))

    def publication(self, publication_id: str) -> Publication:
        """One publication.

        Args:
            publication_id: Its GUID.

        Raises:
            PublicationNotFoundError: There is none, or it has no data set in the API.
        """
        return self._run(operations.publication(publication_id))

    def data_sets(self, publication_id: str | None = None, *, search: str | None = None) -> Iterator[DataSet]:
        """The data sets of a publication, newest first, or of all publications.

        Args:
            publication_id: GUID of the publication; None for all of them, which takes a request for each.
            search: Words that must all occur in the data set's title or summary, or over all publications also in the
                publication's. Compared here, without regard to case: the API has no search for data sets.

        Returns:
            An iterator; pages are fetched as it is consumed. A publication that does not exist has no data sets.

        Raises:
            PublicationNotFoundError: The id is not a GUID.
        """
        return self._list(operations.data_sets(publication_id, search))

    def data_set(self, data_set_id: str) -> DataSet:
        """Summary of a data set: title, status, latest version.

        Args:
            data_set_id: Its GUID.

        Raises:
            DataSetNotFoundError: There is none.
        """
        return self._run(operations.data_set(data_set_id))

    def versions(self, data_set_id: str) -> Iterator[DataSetVersion]:
        """The versions of a data set, newest first by version order, patches included.

        Args:
            data_set_id: GUID of the data set.

        Returns:
            An iterator.

        Raises:
            DataSetNotFoundError: There is no such data set.
        """
        return self._list(operations.versions(data_set_id))

    def version(self, data_set_id: str, version: VersionLike) -> DataSetVersion:
        """One version of a data set.

        Args:
            data_set_id: GUID of the data set.
            version: Such as `"1.0"`, or a range such as `"1.*"` for the highest published version in it.

        Raises:
            InvalidVersionError: The text is neither a version nor a range.
            VersionNotFoundError: There is none; the message lists the versions.
        """
        return self._run(operations.version(data_set_id, self._locking.meant(data_set_id, version)))

    def changes(self, data_set_id: str, version: VersionLike, *, include_patches: bool = False) -> Changes:
        """Changes that a version made, compared with the version before it.

        Args:
            data_set_id: GUID of the data set.
            version: Version or range.
            include_patches: For a patch, such as `"1.0.2"`, whether `patch_history` holds what the earlier versions of
                the same major and minor number changed; other versions have no such history, so it is not asked for.

        Raises:
            InvalidVersionError: The text is neither a version nor a range.
            VersionNotFoundError: There is none; the message lists the versions.
            ForbiddenError: The version, or one of its patch history, may not be read.
        """
        meant = self._locking.meant(data_set_id, version)
        return self._run(operations.changes(data_set_id, meant, patches=include_patches, exact=self._cache is not None))

    def meta(
        self,
        data_set_id: str,
        *,
        version: VersionLike | None = None,
        types: str | MetaType | Iterable[str | MetaType] | None = None,
    ) -> Meta:
        """Metadata of a version.

        Args:
            data_set_id: GUID of the data set.
            version: Version or range; None for the latest live version.
            types: Which of `Filters`, `Indicators`, `Locations` (with the levels) and `TimePeriods`; None for all.
                Parts that are not asked for are empty.

        Raises:
            InvalidVersionError: The text is neither a version nor a range.
            VersionNotFoundError: There is no such version.
        """
        meant = self._locking.meant(data_set_id, version)
        return self._run(operations.meta(data_set_id, meant, types, exact=self._cache is not None))

    def download(
        self,
        data_set_id: str,
        path: str | PathLike[str],
        *,
        version: VersionLike | None = None,
        progress: ProgressLike = None,
    ) -> Path:
        """Save the data file of a version as it was published, decompressed while it arrives.

        The file is written under a temporary name beside `path` and then moved there, so `path` never holds half a
        file; what was there before stays until then.

        Args:
            data_set_id: GUID of the data set.
            path: Where to save it, such as `"sen.csv"`.
            version: Version or range; None for the latest live version.
            progress: Whether to show how much has come, or what is told; None for what the client says.

        Returns:
            The path.

        Raises:
            VersionNotFoundError: There is no such version.
            InvalidResponseError: The file came damaged or in part, or is not the data file of that version: its columns
                are those of the metadata, and its rows as many as the service says.
            LockError: The client has a lock, and the file is not the one that was locked.
            OSError: The file cannot be written there.
        """
        self._check_open()
        with self._telling(progress), saving(Path(path), url=f"/data-sets/{data_set_id}/csv") as saved:
            try:
                # the file of a withdrawn version can be had as well (reference, section 13)
                pinned = self._run(self._locking.pin(data_set_id, version, "read", kept=True))
            except OfflineError:
                # a store that an older release filled may have the file without what is said of it
                meant = self._locking.meant(data_set_id, version)
                wanted = self._run(operations.exactly(data_set_id, None if meant is None else parse_version(meant)))
                saved.finish(self._receive(requests.csv(data_set_id, wanted), saved))
            else:
                self._save(pinned, saved)
        return Path(path)

    def open(
        self, data_set_id: str, *, version: VersionLike | None = None, withdrawn: Withdrawn = "refuse"
    ) -> PinnedDataSet:
        """Pin a data set to an exact version: resolve the version once, and read its metadata.

        Args:
            data_set_id: GUID of the data set; or the address of its page in the data catalogue (or of the `/csv`
                there), or one of the API about it, which may name a version; or its title, perhaps after that of its
                publication: `"Publication / Data set"`. What it was taken for is logged, and is in `understood`. Pages
                and titles take a request for each publication. A page of a data set outside the API opens its file, as
                `client.catalogue` does, at unofficial addresses.
            version: Such as `"1.0"`, or a range such as `"1.*"`; None for the data set's latest live version.
            withdrawn: `"refuse"` rows of a withdrawn version, or `"read"` them from its data file, with a warning each
                time.

        Warns:
            CorrectedVersionWarning: The exact version has a later patch.
            DeprecatedDataSetWarning: The data set is deprecated.
            WithdrawnVersionWarning: The version was withdrawn.

        Raises:
            InvalidVersionError: The text is neither a version nor a range.
            DataSetNotFoundError: There is no such data set; the message lists the nearest titles.
            AmbiguousLabelError: Several data sets have the title.
            QueryError: `version` contradicts the address.
            VersionNotFoundError: It has no such version; the message lists those it has.
            LockError: The client has a lock, and it does not have that data set or version, or the version is no
                longer what was locked.
        """
        found = open.pin(data_set_id, version, withdrawn=withdrawn, settings=self._settings, resolve=self._locking.pin)
        try:
            pinned = self._run(found)
        except NotInApiError as outside:
            return self._open_file(outside, version)
        for category, message in pinned.notices:
            warn(message, category)
        from .data_set import PinnedDataSet

        return PinnedDataSet(self, pinned)

    def _open_file(self, outside: NotInApiError, version: VersionLike | None) -> PinnedDataSet:
        """A data set outside the API, of which a page of the catalogue is."""
        if version is not None:
            raise QueryError(
                f"version={str(version)!r}: this page is of a data set outside the API, whose file has no version: "
                "leave version= out"
            )
        try:
            entry = self.catalogue.entry(outside.file_id)
        except (CatalogueError, OfflineError) as error:
            # what the API says stands, and why the catalogue has no more to say
            raise outside from error
        return entry.open()

    def as_of(self, day: DateLike) -> AsOf:
        """A view of the past, whose `open` gives what was live then.

        `client.as_of("2025-03-01").open(id)` pins the version that was live at the end of that day in London.

        Args:
            day: A `date`, or a `datetime` for that very moment (London time without an offset), or ISO text of either.

        Raises:
            QueryError: It is not a day, or one that has not come.
            SettingsError: The computer does not know London time.
        """
        from .versions.as_of import moment_of

        self._check_open()
        return AsOf(self, moment_of(day, self._now().at))

    def request(
        self, method: str, path: str, *, params: Mapping[str, str | Sequence[str]] | None = None, body: object = None
    ) -> Any:
        """Send a request that no other method sends; tried again and with typed errors like all others.

        Args:
            method: `"GET"` or `"POST"`.
            path: Below `/v1`, such as `/data-sets/…/meta`; GUIDs are sent in lower case.
            params: Query parameters; a list repeats the parameter.
            body: What to send as JSON; None for no body.

        Returns:
            The parsed JSON of the answer; None when its body is empty.

        Raises:
            StatusError: The service answers with an error.
            InvalidResponseError: The answer is not JSON.
        """
        return self._run(operations.raw(requests.free(method, path, params, body)))


class AsOf:
    """Data sets as they were at a moment. Made by `Client.as_of`."""

    def __init__(self, client: Client, moment: datetime) -> None:
        self._client = client
        self._moment = moment

    @property
    def moment(self) -> datetime:
        """The moment at which versions must have been live."""
        return self._moment

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._moment.isoformat()}>"

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
        from .versions import as_of

        found = self._client._run(as_of.live_then(data_set_id, version, self._moment))
        return self._client.open(data_set_id, version=found, withdrawn=withdrawn)
