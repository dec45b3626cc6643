"""The rule of a lock over a client's versions, and how data sets come into a lock file."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import attrs

from .._classes import frozen
from ..api import operations, requests
from ..api.messages import Flow, Operation, Receive, Response, Work
from ..api.operations import VersionLike
from ..api.resolved import ResolvedVersion, Withdrawn
from ..errors import CorrectedVersionWarning, EESWarning, LockError
from ..models.data_sets import DataSetVersion
from ..models.names import fold
from ..models.progress import Progress
from ..models.versions import Version, VersionRange, parse_version
from ..transport.download import saving
from .disk import ANYTHING, LOCK_NAME, change_lock, check_origin, command, read_lock

if TYPE_CHECKING:
    from ..models.entries import EntryFacts
    from ..store.table_cache import TableCache
    from .lockfile import FileEntry, LockEntry, LockFile

E = TypeVar("E", bound="LockEntry")
V = TypeVar("V", bound=VersionLike | None)


@frozen(kw_only=True)
class Locking:
    """A client's lock, if it has one: the file, its name, and the address of the service that the client asks."""

    lock: LockFile | None = None
    path: str = LOCK_NAME
    address: str = ""

    @classmethod
    def of(cls, path: str | os.PathLike[str] | None) -> Locking:
        """The lock in a file, if one is named."""
        return cls() if path is None else cls(lock=read_lock(path), path=str(path))

    def read(self, path: str | os.PathLike[str] | None) -> Locking:
        """A lock file as it is now, by its path or this one's, of the service that the client asks."""
        return Locking.of(self.path if path is None else path).at(self.address)

    def add_entry(self, path: str | os.PathLike[str], entry: E) -> E:
        """Add an entry to a lock file, which is made if need be; the entry as it then stands in the file."""
        found = self.add_entries(path, [entry]).same(entry)
        return found if isinstance(found, type(entry)) else entry

    def add_entries(self, path: str | os.PathLike[str], entries: Sequence[LockEntry]) -> LockFile:
        """Add entries to a lock file, which is made if need be; the file as it then is.

        What stands there was put there by somebody else where it is neither what this lock says nor the entry.
        """
        # without a lock of this file, what it says is replaced on purpose
        is_own = self.lock is not None and os.path.realpath(path) == os.path.realpath(self.path)
        known = self.lock.same if self.lock is not None and is_own else lambda _: ANYTHING
        return change_lock(path, self.address, entries, known)

    @property
    def entries(self) -> tuple[LockEntry, ...]:
        """Data sets and files of the lock."""
        return () if self.lock is None else (*self.lock.entries, *self.lock.files)

    def counts(self, done: int = 0) -> Progress:
        """What is told of its data sets and files, of which so many are done."""
        name = self.path.replace("\\", "/").rpartition("/")[2]
        return Progress(what="data sets", name=name, done=done, total=len(self.entries))

    def base_url(self, given: str | None, *, has_service: bool) -> str | None:
        """The address that a client asks which was given that one; without one, that of the lock."""
        if given is not None or has_service or self.lock is None:
            return given
        if urlsplit(self.lock.base_url).scheme not in ("http", "https"):
            raise LockError(
                f"{self.path} is a lock of the local service {self.lock.base_url!r}: give that one with service=",
                path=self.path,
            )
        return self.lock.base_url

    def at(self, address: str) -> Locking:
        """The same at an address, which has to be that of the lock's service."""
        if self.lock is not None:
            check_origin(self.lock, address, path=self.path)
        return attrs.evolve(self, address=address)

    def meant(self, data_set_id: str, asked: V) -> V | Version:
        """The version that is meant: without a lock what is asked for, else what the lock says."""
        entry = self._entry(data_set_id, asked)
        return asked if entry is None else entry.version

    def pin(
        self,
        data_set_id: str,
        asked: VersionLike | None,
        withdrawn: Withdrawn,
        *,
        kept: bool = False,
        known: Sequence[DataSetVersion] | None = None,
    ) -> Operation[ResolvedVersion]:
        """As `operations.pin`, at the version that the lock says."""
        entry = self._entry(data_set_id, asked)
        if entry is None:
            return (yield from operations.pin(data_set_id, asked, withdrawn=withdrawn, kept=kept, known=known))
        # what the lock allows need not be allowed again
        how = entry.withdrawn if withdrawn == "refuse" else withdrawn
        pinned = yield from operations.pin(data_set_id, entry.version, withdrawn=how, kept=kept, known=known)
        problems = unexpected(entry, pinned)
        if problems:
            again = command("lock", f"{entry.id}@{entry.version}", path=self.path)
            raise LockError(
                f"version {entry.version} of {entry.title!r} is not what it was when {self.path} was written, and "
                "nothing in an exact version should change: compare both, and once you trust what is there now, lock "
                f"it again with {again}\n" + "\n".join(f"  {one}" for one in problems),
                path=self.path,
            )
        return attrs.evolve(
            pinned,
            asked=entry.asked if asked is None else parse_version(asked),
            data_sha256=entry.data_sha256,
            notices=tuple(self._notice(entry, *notice) for notice in pinned.notices),
        )

    def file(self, file_id: str) -> FileEntry | None:
        """The entry of a file of the catalogue; None without a lock."""
        if self.lock is None:
            return None
        found = self.lock.file(file_id)
        if found is None:
            raise LockError(
                f"the file {file_id} of the catalogue is not in {self.path}: open it with a client without lock=, and "
                f"add it with .lock({self.path!r})",
                path=self.path,
            )
        return found

    def has_file(self, file_id: str) -> bool:
        """Say whether there is a lock with that file."""
        return self.lock is not None and self.lock.file(file_id) is not None

    def file_named(self, publication: str, title: str) -> str | None:
        """The id of the file that the lock has under a title; None where it has none, or there is no lock."""
        for one in self.lock.files if self.lock else ():
            # a publication is also named by its slug, which is made of its title
            kept = "".join(sign if sign.isalnum() else " " for sign in one.publication.lower())
            is_slug = publication.strip().lower() == "-".join(kept.split())
            if (is_slug or fold(publication) == fold(one.publication)) and fold(one.title) == fold(title):
                return one.id
        return None

    def _entry(self, data_set_id: str, asked: VersionLike | None) -> LockEntry | None:
        if self.lock is None:
            return None
        wanted = None if asked is None else parse_version(asked)
        id_ = requests.guid(data_set_id)
        entry = self.lock.entry(id_)
        mend = command("lock", f"{id_}@{wanted}" if wanted else id_, path=self.path)
        if entry is None:
            raise LockError(f"data set {id_} is not in {self.path}: add it with {mend}", path=self.path)
        if wanted is not None and entry.version not in (wanted if isinstance(wanted, VersionRange) else (wanted,)):
            raise LockError(
                f"{self.path} says version {entry.version} of {entry.title!r}, and {str(wanted)!r} is asked for: ask "
                f"for no version to have the locked one, or change the lock with {mend}",
                path=self.path,
            )
        return entry

    def _notice(self, entry: LockEntry, category: type[EESWarning], text: str) -> tuple[type[EESWarning], str]:
        if category is not CorrectedVersionWarning:
            return category, text
        # with a lock, the advice of the warning does not help until the lock is changed
        asked = f"{entry.version.major}.{entry.version.minor}.*"
        return category, f"{text}, once {command('lock', f'{entry.id}@{asked}', path=self.path)} has changed the lock"


NOT_LOCKED = Locking()
"""Stands for the lock of a client that has none."""


def unexpected(entry: LockEntry, pinned: ResolvedVersion) -> list[str]:
    """The differences between what the service says of a version and what it said when that was locked."""
    found = []
    if pinned.version.total_results != entry.rows:
        found.append(f"rows: {entry.rows:,} when it was locked, {pinned.version.total_results:,} now")
    if pinned.meta_digest != entry.meta_sha256:
        found.append(f"metadata: SHA-256 {entry.meta_sha256} when it was locked, {pinned.meta_digest} now")
    return found


def entry(pinned: ResolvedVersion, *, data: bool, tables: TableCache | None = None) -> Flow[LockEntry]:
    """The entry of a pinned data set in a lock; with `data`, its data file is fetched as well, and the digest noted."""
    from .lockfile import LockEntry

    version = pinned.version
    if version.status.is_draft:
        raise LockError(
            f"version {version.version} of {pinned.data_set.title!r} is a draft (status {version.status}), and drafts "
            "are never locked: lock it once it is published"
        )
    found = LockEntry(
        id=pinned.data_set.id,
        title=pinned.data_set.title,
        asked=pinned.asked,
        version=version.version,
        release=version.release.title,
        published=version.published,
        rows=version.total_results,
        meta_sha256=pinned.meta_digest,
        withdrawn=pinned.withdrawn,
    )
    if not data:
        return found
    pinned.require_readable()
    if tables is not None:
        # not above: it brings Polars along, which most locks do not need
        from ..routes import stored_file

        if (kept := (yield from stored_file(pinned, tables, verified=True))) is not None:
            return attrs.evolve(found, data_sha256=kept.ref.digest, data_size=kept.ref.length)
    return (yield from _measured(found, pinned))


def _measured(entry: LockEntry, pinned: ResolvedVersion) -> Flow[LockEntry]:
    """The entry with the digest of the data file, which is on the disk until it is known, and never all in memory."""
    from ..table.csv import check_data_file

    request = pinned.file_request()
    from ..store.temporary import spare_folder

    folder = spare_folder()
    try:
        with saving(folder / "data.csv", url=request.path) as saved:
            response: Response = yield Receive(request=request, sink=saved)

            def measure() -> LockEntry:
                saved.finish(response)
                with saved.path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                    pinned.check_digest(digest)
                    size = file.seek(0, os.SEEK_END)
                    file.seek(0)
                    check_data_file(pinned, file)
                return attrs.evolve(entry, data_sha256=digest, data_size=size)

            measured: LockEntry = yield Work(call=measure)
            return measured
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def file_entry(pinned: ResolvedVersion, facts: EntryFacts, body: bytes) -> FileEntry:
    """The entry of a file of the catalogue in a lock."""
    from .lockfile import FileEntry

    return FileEntry(
        id=facts.id,
        title=facts.title,
        publication=facts.publication,
        version=pinned.version.version,
        release=facts.release,
        published=facts.published,
        updated=facts.last_updated,
        rows=pinned.version.total_results,
        meta_sha256=pinned.meta_digest,
        data_sha256=hashlib.sha256(body).hexdigest(),
        data_size=len(body),
    )
