"""Sync of a store with a lock file: all that it names is fetched, and verified by it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import attrs

from ..api import operations
from ..api.messages import Flow, Keep, Work
from ..errors import EESError, LockError, StatusError, StoreError, WithdrawnError
from ..store.blobs import Store
from ..store.keys import CacheKey, origin_of, whole_file, with_digest
from ..store.table_cache import TableCache
from . import policy
from .lockfile import FileEntry, LockEntry
from .policy import Locking


@attrs.frozen(kw_only=True)
class SyncPlan:
    """Downloads of a sync, before they begin.

    Attributes:
        entries: Each data set and file of the lock.
        lacking: Those whose data files are not in the store, or damaged there.
    """

    entries: tuple[LockEntry, ...]
    lacking: tuple[LockEntry, ...]

    def to_text(self) -> str:
        """How many data files will come, and as far as the lock knows how many bytes they have."""
        total = len(self.entries)
        if not self.lacking:
            return f"the data files of all {total} locked data sets are in the store: only what may change is fetched"
        known = [entry.data_size for entry in self.lacking if entry.data_size is not None]
        text = f"to download: the data files of {len(self.lacking)} of {total} locked data sets"
        if known:
            text += f"; {len(known)} of them have {sum(known):,} bytes unpacked (sent compressed, so fewer travel)"
        unknown = [entry for entry in self.lacking if entry.data_size is None]
        if unknown:
            rows = sum(entry.rows for entry in unknown)
            text += f"; {len(unknown)} with {rows:,} rows in all are of unknown size, which the service does not tell"
        return text


@attrs.frozen(kw_only=True)
class SyncedEntry:
    """A data set or file of a lock after a sync.

    Attributes:
        entry: What the lock now says of it.
        problem: Why it is not in the store: it is not what was locked, or was withdrawn; None where it is.
        notes: What else there is to say, such as that the version has a later patch.
    """

    entry: LockEntry
    problem: str | None = None
    notes: tuple[str, ...] = ()

    def to_text(self) -> str:
        """The result for it, in a line."""
        size = f"{self.entry.data_size or 0:,} bytes of data in the store, verified"
        return f"{self.entry.title} {self.entry.id} {self.entry.version}: {self.problem or size}"


@attrs.frozen(kw_only=True)
class SyncReport:
    """Results of a sync.

    Attributes:
        entries: Each data set and file of the lock.
    """

    entries: tuple[SyncedEntry, ...]

    @property
    def is_complete(self) -> bool:
        """True if all that is locked is in the store, verified."""
        return all(one.problem is None for one in self.entries)

    def to_text(self) -> str:
        """A line for each entry."""
        return "\n".join(one.to_text() for one in self.entries)


def sync(
    locked: Locking,
    store: Store | None,
    tables: TableCache | None,
    sync_file: Callable[[FileEntry], Flow[None]],
    *,
    announce: Callable[[SyncPlan], object] | None,
    progress: Callable[[SyncedEntry], object] | None,
) -> Flow[SyncReport]:
    """Fetch all that is locked into a store, and verify it by the lock, to which digests of data files are added."""
    if store is None:
        raise EESError("ees sync fills the store, and there is none: name a folder with --store or EES_STORE")
    if not store.is_writable:
        raise EESError(f"{store.path} is a bundle, which is only read: name a folder with --store or EES_STORE")
    has_data = partial(_has_data, store, origin_of(locked.address))
    if announce is not None:
        # each data file that the store has is read, to see that it is undamaged
        lacking = yield Work(call=lambda: tuple(entry for entry in locked.entries if not has_data(entry)))
        announce(SyncPlan(entries=locked.entries, lacking=lacking))
    entries = []
    for entry in locked.entries:
        notes: list[str] = []
        after, problem = entry, None
        try:
            if isinstance(entry, FileEntry):
                yield from sync_file(entry)
            else:
                after = yield from _fetch(locked, entry, tables, notes)
        except (LockError, WithdrawnError) as error:
            problem = str(error)
        if problem is None:
            # whatever comes after it
            yield Keep()
        one = SyncedEntry(entry=after, problem=problem, notes=tuple(notes))
        if one.problem is None and not (yield Work(call=partial(has_data, entry))):
            raise EESError(f"the data file of {entry.id} {entry.version} came, and could not be kept in {store.path}")
        entries.append(one)
        if progress is not None:
            progress(one)
    return SyncReport(entries=tuple(entries))


def _has_data(store: Store, origin: str, entry: LockEntry) -> bool:
    """Say whether the store has the data file, undamaged."""
    if isinstance(entry, FileEntry):
        key = with_digest(CacheKey(kind="file", data_set=entry.id, request="").key(origin), str(entry.data_sha256))
    else:
        key = whole_file(entry.id, entry.version).key(origin)
    try:
        ref = store.find(key)
        return ref is not None and bool(store.read(ref))
    # damaged: it is fetched again
    except StoreError:
        return False


def _fetch(locked: Locking, entry: LockEntry, tables: TableCache | None, notes: list[str]) -> Flow[LockEntry]:
    """Ask for all that is said of a version, so that the store has it, and note the digest of its data file."""
    pinned = yield from locked.pin(entry.id, None, "refuse")
    notes += [text for _, text in pinned.notices]
    # these answers are not looked at: what is asked of the store later, offline, has to be there
    yield from operations.all_versions(entry.id)
    try:
        yield from operations.changes(entry.id, entry.version, exact=True)
    except StatusError:
        # a service that does not give the changes of a version is no reason to go without its data
        notes.append(f"the service does not give the changes of {entry.id} {entry.version}")
    measured = yield from policy.entry(pinned, data=True, tables=tables)
    added: LockEntry = yield Work(call=partial(locked.add_entry, locked.path, measured))
    return added
