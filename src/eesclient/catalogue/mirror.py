"""A folder that keeps all that a search or a publication gives: a lock file of the newest versions, and a store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import attrs

from .._classes import frozen
from ..api import catalogue, operations
from ..api.lists import all_data_sets, collected, lists_of
from ..api.messages import Flow, Keep, Together, Work
from ..api.resolved import RequestContext
from ..errors import EESError
from ..lock.check import TWO
from ..lock.disk import LOCK_NAME
from ..lock.failures import failure
from ..lock.lockfile import FileEntry, LockEntry
from ..lock.policy import Locking
from ..lock.sync import data_key, fetched
from ..models.data_sets import DataSet
from ..models.entries import EntryFacts
from ..models.names import fold, name_of
from ..models.progress import Progress
from ..store.blobs import Store, blob_path
from ..store.cache import ResponseCache
from ..store.keys import origin_of
from ..store.table_cache import TableCache
from ..transport.download import atomic_write
from . import files
from .mirrored import MirroredEntry, MirrorOutcome, MirrorPlan, MirrorReport

STATE_NAME = "mirror.json"
"""Name of the file in which a mirror remembers what it was asked for, and the feed of changes as it was then."""

_PIECE = 50
"""Data sets after which the lock file is written: what is in it is not looked at again by a run after this one."""


@frozen(kw_only=True)
class Choice:
    """What a mirror is to have, in the words of `Catalogue.search`; nothing of it stands for all."""

    text: str | None = None
    publication: str | None = None
    theme: str | None = None
    in_api: bool | None = None


@frozen(kw_only=True, slots=False)
class Folder:
    """A mirror on the disk: its lock, its store, and the service that they are of."""

    path: Path
    locked: Locking
    cache: ResponseCache
    store: Store
    tables: TableCache

    @cached_property
    def entries(self) -> Mapping[str, LockEntry]:
        """What the lock says of data sets and files, by id."""
        return {one.id: one for one in self.locked.entries}

    def entry(self, id_: str) -> LockEntry | None:
        """What the lock says of a data set or file."""
        return self.entries.get(id_)

    def has(self, entry: LockEntry | None) -> bool:
        """Say whether the store has the data file of an entry; its bytes are not read."""
        if entry is None or entry.data_sha256 is None:
            return False
        ref = self.store.find(data_key(entry, origin_of(self.locked.address)))
        return ref is not None and ref.digest == entry.data_sha256 and self.store.files.has(blob_path(ref.blob))

    def remembered(self) -> Mapping[str, Any]:
        """What was remembered of the last run; nothing where that cannot be read."""
        try:
            found = json.loads((self.path / STATE_NAME).read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def remember(self, state: Mapping[str, Any]) -> None:
        """Write down what the next run is to know."""
        with atomic_write(self.path / STATE_NAME) as file:
            file.write(f"{json.dumps(state, indent=1, sort_keys=True)}\n".encode())


def opened(path: Path, address: str, cache_at: Callable[[Store, str], ResponseCache]) -> Folder:
    """The mirror in a folder, which is made if need be, of the service at an address."""
    path.mkdir(parents=True, exist_ok=True)
    lock = path / LOCK_NAME
    locked = attrs.evolve(Locking.of(lock if lock.exists() else None), path=str(lock)).at(address)
    store = Store(path / "store")
    cache = cache_at(store, address)
    return Folder(path=path, locked=locked, cache=cache, store=store, tables=TableCache(cache, store))


def mirror(
    folder: Folder,
    choice: Choice,
    *,
    site: str,
    now: RequestContext,
    announce: Callable[[MirrorPlan], object] | None,
    progress: Callable[[MirroredEntry], object] | None,
) -> Flow[MirrorReport]:
    """Have a folder get what was chosen and it has not yet; what it has stays, and the lock names the newest."""
    data_sets: list[DataSet] = [] if choice.in_api is False else (yield from _data_sets(choice))
    listed, state = ([], {}) if choice.in_api is True else (yield from _files(folder, choice, site))
    things: list[DataSet | EntryFacts] = [*data_sets, *listed]
    lacking = yield Work(call=lambda: [thing for thing in things if not _is_there(folder, thing)])
    if announce is not None:
        rows = sum(_rows(thing) for thing in lacking)
        announce(MirrorPlan(wanted=len(things), lacking=tuple(thing.title for thing in lacking), rows=rows))
    ids = {thing.id for thing in lacking}
    found = [
        MirroredEntry(id=thing.id, title=thing.title, entry=folder.entry(thing.id), outcome="as before")
        for thing in things
        if thing.id not in ids
    ]
    for start in range(0, len(lacking), _PIECE):
        counts = Progress(what="data sets", name=folder.path.name, done=start, total=len(lacking))
        piece = lacking[start : start + _PIECE]
        found += yield from _piece(folder, piece, site=site, now=now, progress=progress, counts=counts)
    if state and all(one.problem is None for one in found):
        yield Work(call=partial(folder.remember, state))
    wanted = {thing.id for thing in things}
    others = tuple(entry for entry in folder.locked.entries if entry.id not in wanted)
    return MirrorReport(entries=tuple(sorted(found, key=lambda one: (one.title, one.id))), others=others)


def _data_sets(choice: Choice) -> Flow[list[DataSet]]:
    """The data sets of the API that were chosen; the store gets their summaries."""
    own = frozenset({"*"})
    if choice.publication is None and choice.theme is None:
        known = yield from all_data_sets(own)
        found = [(f"{publication.title} {publication.summary}", data_set) for publication, data_set in known]
    else:
        # themes are known to the catalogue alone
        named = yield from catalogue.publications_of(choice.publication, choice.theme)
        lists = yield from lists_of([one.id for one in named], own)
        found = [(one.title, data_set) for one, of in zip(named, lists, strict=True) for data_set in of]
    words = () if choice.text is None else fold(name_of(choice.text, "text=", "words to search for")).split()
    fitting = {
        one.id: one
        for about, one in found
        if one.latest_version is not None and all(word in fold(f"{one.title} {one.summary} {about}") for word in words)
    }
    return list(fitting.values())


def _files(folder: Folder, choice: Choice, site: str) -> Flow[tuple[list[EntryFacts], dict[str, Any]]]:
    """The files outside the API that were chosen, and what to remember of it; listed where the feed has changed."""
    items = yield from catalogue.feed()
    lines = sorted(f"{item.id} {item.last_modified}" for item in items)
    state = {"choice": attrs.asdict(choice), "feed": hashlib.sha256("\n".join(lines).encode()).hexdigest()}
    said = yield Work(call=folder.remembered)
    known = [folder.entry(str(id_)) for id_ in said.get("files", [])]
    if {name: said.get(name) for name in state} == state and all(isinstance(one, FileEntry) for one in known):
        return [_facts(one) for one in known if isinstance(one, FileEntry)], {}
    listing = catalogue.search(
        choice.text,
        theme=choice.theme,
        publication=choice.publication,
        level=None,
        in_api=False,
        latest_only=True,
        site=site,
        make=lambda facts: facts,
    )
    listed = yield from collected(listing)
    return listed, {**state, "files": [one.id for one in listed]}


def _facts(entry: FileEntry) -> EntryFacts:
    """What the lock says of a file that has not changed since."""
    return EntryFacts(
        id=entry.id,
        title=entry.title,
        publication=entry.publication,
        release=entry.release,
        last_updated=entry.updated,
        rows=entry.rows,
    )


def _rows(thing: DataSet | EntryFacts) -> int:
    if isinstance(thing, EntryFacts):
        return thing.rows or 0
    return thing.latest_version.total_results if thing.latest_version else 0


def _is_there(folder: Folder, thing: DataSet | EntryFacts) -> bool:
    """Say whether a mirror has a data set or file as the list says that it is now."""
    entry = folder.entry(thing.id)
    if isinstance(thing, EntryFacts):
        is_same = isinstance(entry, FileEntry) and entry.updated == thing.last_updated
    else:
        is_same = entry is not None and entry.version == operations.latest(thing)
    return is_same and folder.has(entry)


def _piece(
    folder: Folder,
    things: Sequence[DataSet | EntryFacts],
    *,
    site: str,
    now: RequestContext,
    progress: Callable[[MirroredEntry], object] | None,
    counts: Progress,
) -> Flow[list[MirroredEntry]]:
    """Fetch some of them, each by itself, and write those that came into the lock."""
    data_sets = [(one, _data_set(folder, one)) for one in things if isinstance(one, DataSet)]
    listed = [(one, _file(folder, one, site, now)) for one in things if isinstance(one, EntryFacts)]
    found: list[MirroredEntry] = []
    # files are in memory as a whole while they are read
    for pairs, most in ((data_sets, None), (listed, TWO)):
        failed = partial(_failed, folder, [thing for thing, _ in pairs])
        flows = tuple(flow for _, flow in pairs)
        told = attrs.evolve(counts, done=counts.done + len(found))
        found += yield Together(flows=flows, told=progress, failed=failed, most=most, counts=told)
    entries = [one.entry for one in found if one.entry is not None and one.problem is None]
    if entries:
        yield Work(call=partial(folder.locked.add_entries, folder.locked.path, entries))
    return found


def _failed(folder: Folder, things: Sequence[DataSet | EntryFacts], place: int, error: Exception) -> MirroredEntry:
    thing, how = things[place], failure(error)
    entry = folder.entry(thing.id)
    return MirroredEntry(id=thing.id, title=thing.title, entry=entry, outcome=how, problem=str(error))


def _data_set(folder: Folder, data_set: DataSet) -> Flow[MirroredEntry]:
    """Fetch the latest version of a data set."""
    before, notes = folder.entry(data_set.id), list[str]()
    version = operations.latest(data_set)
    known = yield from operations.all_versions(data_set.id, own=version)
    if before is not None and before.version == version:
        # it has to be what it was, too
        pinned = yield from folder.locked.pin(data_set.id, None, "refuse", known=known)
    else:
        pinned = yield from operations.pin(data_set.id, version, known=known)
        # the lock follows the latest
        pinned = attrs.evolve(pinned, asked=None)
    notes += [text for _, text in pinned.notices]
    entry = yield from fetched(pinned, known, folder.tables, notes)
    return (yield from _came(folder, entry, before, notes))


def _file(folder: Folder, facts: EntryFacts, site: str, now: RequestContext) -> Flow[MirroredEntry]:
    """Fetch a file outside the API."""
    entry = yield from files.new_file(facts, site=site, now=now)
    return (yield from _came(folder, entry, folder.entry(facts.id), []))


def _came(folder: Folder, entry: LockEntry, before: LockEntry | None, notes: list[str]) -> Flow[MirroredEntry]:
    yield Keep()
    if not (yield Work(call=partial(folder.has, entry))):
        raise EESError(f"the data file of {entry.id} came, and could not be kept in {folder.store.path}")
    how: MirrorOutcome = "new" if before is None else "newer"
    if before is not None and (before.version, before.data_sha256) == (entry.version, entry.data_sha256):
        how = "as before"
    return MirroredEntry(id=entry.id, title=entry.title, entry=entry, outcome=how, notes=tuple(notes))
