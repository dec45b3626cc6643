"""The data catalogue, and data sets outside the API in the shape of pinned ones; its addresses are unofficial."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from .._classes import frozen
from ..api import catalogue, operations
from ..api.messages import Response
from ..api.resolved import ResolvedVersion
from ..data_set import PinnedDataSet
from ..errors import QueryError, warn
from ..lock.disk import LOCK_NAME
from ..lock.policy import file_entry
from ..models.entries import CatalogueChange, EntryFacts
from ..models.enums import GeographicLevel
from ..models.progress import ProgressLike
from ..query.args import Numbers
from ..transport.download import saving
from ..transport.progress import Coming

if TYPE_CHECKING:
    import polars as pl

    from ..client import Client
    from ..local.kinds import Kind
    from ..lock.lockfile import FileEntry
    from .files import Opened


class CatalogueDataSet(PinnedDataSet):
    """A data set outside the API: one release's file, asked on this machine. Made by `CatalogueEntry.open`.

    It has the shape of a pinned data set. A file has no version, so `version` is always 1.0; what tells files apart is
    `sha256`. What had to be inferred to read the file stands in `notes`.
    """

    def __init__(self, asked: Client, pinned: ResolvedVersion, opened: Opened, client: Client) -> None:
        super().__init__(asked, pinned)
        self._opened = opened
        self._details = opened.details
        self._outer = client

    @property
    def entry(self) -> EntryFacts:
        """What the catalogue said of it when it was opened."""
        return self._opened.details.facts

    @property
    def sha256(self) -> str:
        """Digest of the file's bytes."""
        return self._opened.sha256

    def download(self, path: str | PathLike[str], *, progress: ProgressLike = None) -> Path:
        """Save the very bytes that answer here, as they were published; nothing is asked.

        Args:
            path: Where to save them, such as `"senco.csv"`.
            progress: As for `Client.download`; here the bytes come at once.

        Returns:
            The path.
        """
        with self._client._telling(progress):
            return save(self._opened, path)

    def scan(self, *, numbers: Numbers = "plain") -> pl.LazyFrame:
        """As `read().frame`, lazily; the file is in memory already.

        Args:
            numbers: Which cells are numbers, as for `read`.

        Returns:
            The lazy frame.
        """
        return self.read(numbers=numbers).frame.lazy()

    def lock(self, path: str | PathLike[str] = LOCK_NAME, *, data: bool = False) -> FileEntry:
        """Write down in a lock file which file this is, with the digest of its bytes.

        The service cannot serve an old file again, so keep a store beside the lock.

        Args:
            path: The lock file.
            data: Taken as true: the bytes are here, so their digest is always noted.

        Returns:
            What the file now says of the data set.

        Raises:
            LockError: The file cannot be read or written, is of another service, or was changed meanwhile by somebody
                else.
        """
        entry = file_entry(self._pinned, self.entry, self._opened.body)
        return self._outer._locking.add_entry(path, entry)


@frozen(kw_only=True)
class CatalogueEntry(EntryFacts):
    """A data set of the catalogue, which can be opened."""

    _client: Client = attrs.field(repr=False, eq=False, alias="client")

    def open(self, *, kinds: Mapping[str, Kind] | None = None) -> PinnedDataSet:
        """Open the data set: through the API where it is there, else its file, which is read on this machine.

        Args:
            kinds: What columns of the file are, `"filter"`, `"indicator"` or `"ignored"`, where the catalogue does not
                say so or is wrong.

        Returns:
            A pinned data set; a `CatalogueDataSet` where it is outside the API.

        Warns:
            StaleEntryWarning: It is not of the latest release, or is superseded; the warning names the newer id.

        Raises:
            CatalogueError: The unofficial addresses do not answer as expected.
            DataFileError: The file cannot be read without loss.
            LockError: The client has a lock, and it does not have that file, or the file is another.
            QueryError: `kinds` is given for a data set of the API.
        """
        from . import files

        client = self._client
        if self.api_id is not None:
            if kinds:
                raise QueryError("kinds= is for files outside the API, and this data set is in it: leave kinds= out")
            self._warn_of_age(self)
            return client.open(self.api_id, version=self.api_version)
        locked = client._locking.file(self.id)
        details = client._run(catalogue.details(self.id, site=client._site, kept=locked is not None))
        self._warn_of_age(details.facts)
        expected = None if locked is None else locked.data_sha256
        path = client._locking.path
        opened = client._run(files.load(details, client._now(), kinds=kinds, expected=expected, lock_path=path))
        # a client of the same class, that asks the file alone
        asked = type(client)(service=opened.service, store=None, offline=False)
        pinned = asked._run(operations.pin(self.id, files.VERSION))
        return CatalogueDataSet(asked, opened.pinned(pinned), opened, client)

    def _warn_of_age(self, facts: EntryFacts) -> None:
        # with a lock, the file was chosen, and outdated is asked for what is newer
        if self._client._locking.lock is not None:
            return
        from . import files

        notice = self._client._run(files.stale(facts, site=self._client._site))
        if notice is not None:
            warn(notice[1], notice[0])


class Catalogue:
    """The service's data catalogue: data sets in the API and outside it.

    Its addresses are unofficial: the service's web site uses them, and they may change. What goes wrong there is a
    `CatalogueError`; the API is not concerned.
    """

    def __init__(self, client: Client) -> None:
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
    ) -> Iterator[CatalogueEntry]:
        """Find data sets, in the API or outside it.

        Args:
            text: Words to search for, at least 3 characters; most relevant first. None for all, newest first.
            theme: Title, slug or id of a theme.
            publication: Title, slug or id of a publication.
            level: Label or code of a geographic level that the data sets have.
            in_api: Whether they are in the API; None for both.
            latest_only: Whether only files of latest releases are wanted.

        Returns:
            An iterator; pages are fetched as it is consumed.

        Raises:
            QueryError: The text is too short.
            UnknownLabelError: There is no such theme, publication or level; the nearest are listed.
            CatalogueError: The unofficial addresses do not answer as expected.
        """
        listing = catalogue.search(
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

    def latest(self, *, publication: str, title: str) -> CatalogueEntry:
        """The data set of that title in the latest release: the handle that lasts, as ids do not.

        With a lock that has a file of that title, it is that file.

        Args:
            publication: Title, slug or id of the publication.
            title: Title of the data set.

        Raises:
            UnknownLabelError: There is none; the nearest are listed.
            CatalogueError: The unofficial addresses do not answer as expected.
        """
        locked = self._client._locking.file_named(publication, title)
        if locked is not None:
            return self.entry(locked)
        return self._made(self._client._run(catalogue.latest(publication, title, site=self._client._site)))

    def entry(self, entry_id: str) -> CatalogueEntry:
        """One data set of the catalogue.

        Args:
            entry_id: Its id, or the address of its page.

        Raises:
            QueryError: The text names none.
            CatalogueError: There is none, or the unofficial addresses do not answer as expected.
        """
        id_ = catalogue.file_guid(entry_id)
        kept = self._client._locking.has_file(id_)
        return self._made(self._client._run(catalogue.details(id_, site=self._client._site, kept=kept)).facts)

    def changed_since(self, since: str | date | datetime) -> Iterator[CatalogueChange]:
        """The current files that were changed since a day or moment, newest first; one cheap request.

        Args:
            since: Such as `"2026-03-01"`; a day counts from its beginning, in UTC where nothing else is said.

        Returns:
            An iterator of ids and times.

        Raises:
            QueryError: The text is not a date.
            CatalogueError: The unofficial addresses do not answer as expected.
        """
        return self._client._list(catalogue.changed_since(catalogue.moment_of(since)))

    def _made(self, facts: EntryFacts) -> CatalogueEntry:
        return CatalogueEntry(**attrs.asdict(facts, recurse=False), client=self._client)


def save(opened: Opened, path: str | PathLike[str]) -> Path:
    """Save the bytes of a file."""
    with saving(Path(path), url=opened.details.facts.url) as file:
        file.write(opened.body)
        Coming(opened.details.facts.title, len(opened.body)).end(len(opened.body))
        file.finish(Response(status=200))
    return Path(path)
