"""Sync of a store with a lock file: all that it names is fetched, and verified by it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal, TypeAlias

import attrs

from .._classes import frozen
from ..api import operations
from ..api.lists import all_data_sets
from ..api.messages import Flow, Keep, Together, Work
from ..api.resolved import ResolvedVersion
from ..errors import EESError, LockError, StatusError, StoreError
from ..models.data_sets import DataSetVersion
from ..store.blobs import Store
from ..store.keys import CacheKey, Key, data_set_summary, origin_of, whole_file, with_digest
from ..store.table_cache import TableCache
from . import policy
from .check import TWO
from .failures import failure, told_html, worst
from .lockfile import FileEntry, LockEntry
from .policy import Locking

_FEW = 4
"""Data sets whose summaries are asked for one by one in any case."""


@frozen(kw_only=True)
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


SyncOutcome: TypeAlias = Literal["changed", "no answer", "in the store"]
"""How it ends to fetch what is locked: the worst first."""


@frozen(kw_only=True)
class SyncedEntry:
    """A data set or file of a lock after a sync.

    Attributes:
        entry: What the lock now says of it.
        problem: Why it is not in the store; None where it is.
        notes: What else there is to say, such as that the version has a later patch.
        outcome: `"in the store"`, verified; `"changed"` where it is not what was locked, is gone or was withdrawn;
            `"no answer"` of the service, or none that can be used.
    """

    entry: LockEntry
    problem: str | None = None
    notes: tuple[str, ...] = ()
    outcome: SyncOutcome = "in the store"

    @property
    def _ended(self) -> str:
        return self.problem or f"{self.entry.data_size or 0:,} bytes of data in the store, verified"

    def to_text(self) -> str:
        """The result for it, in a line."""
        return f"{self.entry.title} {self.entry.id} {self.entry.version}: {self._ended}"


@frozen(kw_only=True)
class SyncReport:
    """Results of a sync.

    Attributes:
        entries: Each data set and file of the lock.
    """

    entries: tuple[SyncedEntry, ...]

    @property
    def outcome(self) -> SyncOutcome:
        """The worst outcome of an entry: `"changed"`, `"no answer"`, else `"in the store"`."""
        return worst((one.outcome for one in self.entries), SyncOutcome)

    @property
    def is_complete(self) -> bool:
        """True if all that is locked is in the store, verified."""
        return self.outcome == "in the store"

    def _repr_html_(self) -> str:
        return told_html(
            "Sync",
            [
                (one.outcome, one.entry.id, one.entry.title, one.entry._numbered, (one._ended, *one.notes))
                for one in self.entries
            ],
        )

    def to_text(self) -> str:
        """A line for each entry."""
        return "\n".join(one.to_text() for one in self.entries)

    def summary(self) -> str:
        """How many are in the store, and a line for each that is not."""
        there = [one for one in self.entries if one.problem is None]
        size = sum(one.entry.data_size or 0 for one in there)
        first = (
            f"{len(there):,} of {len(self.entries):,} locked data sets in the store, verified: {size:,} bytes of data"
        )
        return "\n".join([first, *(f"  {one.to_text()}" for one in self.entries if one.problem is not None)])

    def to_rows(self) -> list[dict[str, Any]]:
        """A dictionary for each entry, ready for JSON."""
        return [
            {
                "id": one.entry.id,
                "title": one.entry.title,
                "version": str(one.entry.version),
                "data_sha256": one.entry.data_sha256,
                "data_size": one.entry.data_size,
                "outcome": one.outcome,
                "problem": one.problem,
                "notes": list(one.notes),
            }
            for one in self.entries
        ]


def sync(
    locked: Locking,
    store: Store | None,
    tables: TableCache | None,
    sync_file: Callable[[FileEntry], Flow[None]],
    *,
    announce: Callable[[SyncPlan], object] | None,
    progress: Callable[[SyncedEntry], object] | None,
) -> Flow[SyncReport]:
    """Fetch all that is locked into a store, and verify it by the lock, to which digests of data files are added.

    What fails of one data set is reported of it, and the others go on.
    """
    if store is None:
        raise EESError("ees sync fills the store, and there is none: name a folder with --store or EES_STORE")
    if not store.is_writable:
        raise EESError(f"{store.path} is a bundle, which is only read: name a folder with --store or EES_STORE")
    has_data = partial(_has_data, store, origin_of(locked.address))
    if announce is not None:
        # each data file that the store has is read, to see that it is undamaged
        lacking = yield Work(call=lambda: tuple(entry for entry in locked.entries if not has_data(entry)))
        announce(SyncPlan(entries=locked.entries, lacking=lacking))
    yield from _known_summaries(locked, store)
    # files outside the API are in memory as a whole while they are read
    files = [entry for entry in locked.entries if isinstance(entry, FileEntry)]
    data_sets = [entry for entry in locked.entries if not isinstance(entry, FileEntry)]
    found: list[SyncedEntry] = []
    for entries, most in ((data_sets, None), (files, TWO)):
        notes: list[list[str]] = [[] for _ in entries]

        def failed(
            place: int, error: Exception, entries: Sequence[LockEntry] = entries, notes: list[list[str]] = notes
        ) -> SyncedEntry:
            how = failure(error)
            return SyncedEntry(entry=entries[place], problem=str(error), notes=tuple(notes[place]), outcome=how)

        flows = tuple(
            _synced(locked, entry, said, tables=tables, sync_file=sync_file, has_data=has_data)
            for entry, said in zip(entries, notes, strict=True)
        )
        counts = locked.counts(done=len(found))
        found += yield Together(flows=flows, told=progress, failed=failed, most=most, counts=counts)
    return SyncReport(entries=(yield from _noted(locked, found)))


def _synced(
    locked: Locking,
    entry: LockEntry,
    notes: list[str],
    *,
    tables: TableCache | None,
    sync_file: Callable[[FileEntry], Flow[None]],
    has_data: Callable[[LockEntry], bool],
) -> Flow[SyncedEntry]:
    """Fetch one data set or file, and see that it is there."""
    after = entry
    if isinstance(entry, FileEntry):
        yield from sync_file(entry)
    else:
        known = yield from operations.all_versions(entry.id, own=entry.version)
        pinned = yield from locked.pin(entry.id, None, "refuse", known=known)
        notes += [text for _, text in pinned.notices]
        after = yield from fetched(pinned, known, tables, notes)
    yield Keep()
    if not (yield Work(call=partial(has_data, entry))):
        raise EESError(f"the data file of {entry.id} {entry.version} came, and could not be kept in the store")
    return SyncedEntry(entry=after, notes=tuple(notes))


def fetched(
    pinned: ResolvedVersion, known: Sequence[DataSetVersion], tables: TableCache | None, notes: list[str]
) -> Flow[LockEntry]:
    """Have the store get what is not there yet of a version whose data set has these; its entry, with the digest."""
    id_, version = pinned.data_set.id, pinned.version.version
    if any(other.version < version for other in known):
        try:
            # not looked at: what is asked of the store later, offline, has to be there; the first version has none
            yield from operations.changes(id_, version, kept=True)
        except StatusError:
            # a service that does not give the changes of a version is no reason to go without its data
            notes.append(f"the service does not give the changes of {id_} {version}")
    return (yield from policy.entry(pinned, data=True, tables=tables))


def _known_summaries(locked: Locking, store: Store) -> Flow[None]:
    """Have the store get the summaries of data sets that it lacks out of lists, where that takes fewer requests."""
    origin, ids = origin_of(locked.address), [entry.id for entry in locked.lock.entries] if locked.lock else []

    def missing() -> frozenset[str]:
        return frozenset(id_ for id_ in ids if store.find(data_set_summary(id_).key(origin)) is None)

    lacking = yield Work(call=missing)
    # asking for the list of publications takes one request
    if len(lacking) > _FEW:
        # by itself, so that nothing of it is kept where it fails; each is asked for by itself then
        yield Together(flows=(all_data_sets(lacking, most=len(lacking)),), failed=lambda _, error: failure(error))


def _noted(locked: Locking, found: Sequence[SyncedEntry]) -> Flow[tuple[SyncedEntry, ...]]:
    """Write what was measured into the lock, all at once; where somebody changed it meanwhile, what still fits."""
    known = {*locked.entries}
    news = [one.entry for one in found if one.problem is None and one.entry not in known]
    if not news:
        return tuple(found)

    def note() -> dict[str, LockEntry | LockError]:
        try:
            after = locked.add_entries(locked.path, news)
            return {entry.id: after.same(entry) or entry for entry in news}
        except LockError:
            return {entry.id: _added(locked, entry) for entry in news}

    written = yield Work(call=note)

    def read(one: SyncedEntry) -> SyncedEntry:
        there = written.get(one.entry.id, one.entry)
        if isinstance(there, LockError):
            return attrs.evolve(one, problem=str(there), outcome="changed")
        return one if one.problem else attrs.evolve(one, entry=there)

    return tuple(map(read, found))


def _added(locked: Locking, entry: LockEntry) -> LockEntry | LockError:
    try:
        return locked.add_entry(locked.path, entry)
    except LockError as error:
        return error


def data_key(entry: LockEntry, origin: str) -> Key:
    """What the store has the data file of an entry under."""
    if isinstance(entry, FileEntry):
        return with_digest(CacheKey(kind="file", data_set=entry.id, request="").key(origin), str(entry.data_sha256))
    return whole_file(entry.id, entry.version).key(origin)


def _has_data(store: Store, origin: str, entry: LockEntry) -> bool:
    """Say whether the store has the data file, undamaged."""
    try:
        ref = store.find(data_key(entry, origin))
        return ref is not None and bool(store.read(ref))
    # damaged: it is fetched again
    except StoreError:
        return False
