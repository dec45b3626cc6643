"""`ees sync`: fetch all that is locked into the store; `ees outdated`: what is newer than the lock."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from ..client import Client
from ..errors import EESError, LockError, StatusError, StoreError, WithdrawnError
from ..models.data_sets import DataSet, DataSetVersion
from ..models.enums import DataSetVersionStatus
from ..models.versions import Version, VersionRange
from ..pinning.cache import ResponseCache
from ..pinning.keys import origin_of, whole_file
from ..pinning.lock import FileEntry, LockEntry
from ..pinning.locking import read_lock
from ..pinning.store import Store
from .files import fetch_file, file_news, key_of
from .lock import MISMATCH, OK, add_where, newer_patches, opened


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add both commands to the parser."""
    parser = commands.add_parser("sync", help="fetch all that is locked into the store, and verify it")
    parser.add_argument("--yes", action="store_true", help="do not ask before downloading")
    add_where(parser)
    parser.set_defaults(run=run)
    parser = commands.add_parser("outdated", help="which data sets have newer versions than the locked ones")
    parser.add_argument("--json", action="store_true", help="write JSON instead of a table", dest="as_json")
    add_where(parser)
    parser.set_defaults(run=outdated)


def run(out: TextIO, *, yes: bool, lock: Path, base_url: str | None, store: str | None) -> int:
    """Fetch summaries, versions, metadata, changes and data files of all that is locked; verify them by the lock.

    Digests of data files that the lock does not have yet are added to it.

    Args:
        out: Where to say what is fetched.
        yes: Whether to download without asking.
        lock: The lock file.
        base_url: Address of the service; None for that of the file.
        store: The store; None for the usual one.

    Returns:
        The exit code: 3 where something is not what was locked, or was withdrawn.

    Raises:
        EESError: There is no store, the user says no, or the service does not answer.
    """
    locked = read_lock(lock)
    entries = (*locked.entries, *locked.files)
    with _client(lock, base_url, store) as client:
        filled = _store(client._cache)
        lacking = [entry for entry in entries if not _has_data(filled, client, entry)]
        out.write(f"{_announced(lacking, len(entries))}\n")
        out.flush()
        if lacking and not yes and not _agreed():
            raise EESError("nothing was downloaded: answer y, or add --yes")
        return max([_synced(out, filled, client, entry, path=lock) for entry in entries], default=OK)


def _synced(out: TextIO, store: Store, client: Client, entry: LockEntry, *, path: Path) -> int:
    name = f"{entry.title} {entry.id} {entry.version}"
    try:
        size = _fetch(client, entry, path)
        if not _has_data(store, client, entry):
            raise EESError(f"the data file of {entry.id} {entry.version} came, and could not be kept in {store.path}")
    except (LockError, WithdrawnError) as error:
        out.write(f"{name}: {error}\n")
        return MISMATCH
    out.write(f"{name}: {size:,} bytes of data in the store, verified\n")
    out.flush()
    return OK


def _client(lock: Path, base_url: str | None, store: str | None) -> Client:
    if store is None:
        return Client(lock=lock, base_url=base_url)
    return Client(lock=lock, base_url=base_url, store=store)


def _store(cache: ResponseCache | None) -> Store:
    store = None if cache is None else cache.store
    if store is None:
        raise EESError("ees sync fills the store, and there is none: name a folder with --store or EES_STORE")
    if not store.is_writable:
        raise EESError(f"{store.path} is a bundle, which is only read: name a folder with --store or EES_STORE")
    return store


def _has_data(store: Store, client: Client, entry: LockEntry) -> bool:
    """Whether the store has the data file, undamaged."""
    origin = origin_of(client._locking.address)
    key = key_of(entry, origin) if isinstance(entry, FileEntry) else whole_file(entry.id, entry.version).key(origin)
    ref = None if key is None else store.find(key)
    try:
        return ref is not None and bool(store.read(ref))
    except StoreError:
        return False


def _announced(lacking: Sequence[LockEntry], total: int) -> str:
    if not lacking:
        return f"the data files of all {total} locked data sets are in the store: only what may change is fetched"
    known = [entry.data_size for entry in lacking if entry.data_size is not None]
    text = f"to download: the data files of {len(lacking)} of {total} locked data sets"
    if known:
        text += f"; {len(known)} of them have {sum(known):,} bytes unpacked (sent compressed, so fewer travel)"
    unknown = [entry for entry in lacking if entry.data_size is None]
    if unknown:
        rows = sum(entry.rows for entry in unknown)
        text += f"; {len(unknown)} with {rows:,} rows in all are of unknown size, which the service does not tell"
    return text


def _agreed() -> bool:
    if not sys.stdin.isatty():
        return False
    sys.stderr.write("Download? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _fetch(client: Client, entry: LockEntry, path: Path) -> int:
    if isinstance(entry, FileEntry):
        return fetch_file(client, entry)
    pinned = opened(client, entry.id, None, "refuse")
    for _ in client.versions(entry.id):
        pass
    try:
        client.changes(entry.id, entry.version)
    except StatusError:
        # a service that does not give the changes of a version is no reason to go without its data
        sys.stderr.write(f"ees: the service does not give the changes of {entry.id} {entry.version}\n")
    measured = pinned.lock(path, data=True)
    return measured.data_size or 0


# Outdated


def outdated(out: TextIO, *, as_json: bool, lock: Path, base_url: str | None, store: str | None) -> None:
    """Say which data sets have newer versions than the locked ones.

    Args:
        out: Where to say it.
        as_json: Whether as JSON.
        lock: The lock file.
        base_url: Address of the service; None for that of the file.
        store: The store; None for the usual one.
    """
    with _client(lock, base_url, store) as client:
        locked = read_lock(lock)
        found = [_news(entry, client.data_set(entry.id), [*client.versions(entry.id)]) for entry in locked.entries]
        found += [file_news(client, entry) for entry in locked.files]
    if as_json:
        out.write(f"{json.dumps(found, ensure_ascii=False, indent=2)}\n")
        return
    rows = [_row(news) for news in found if news["outdated"] or news["notes"]]
    if not rows:
        out.write("all locked versions are the newest\n")
        return
    table = [("locked", "in range", "latest", "id", "title"), *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]) - 1)]
    for row in table:
        cells = [text.ljust(width) for text, width in zip(row, widths, strict=False)]
        out.write(f"{'  '.join([*cells, row[-1]])}\n")


def _row(news: dict[str, Any]) -> tuple[str, ...]:
    notes = f" ({'; '.join(news['notes'])})" if news["notes"] else ""
    return news["locked"], news["in_range"] or "-", news["latest"] or "-", news["id"], f"{news['title']}{notes}"


def _news(entry: LockEntry, summary: DataSet, known: Sequence[DataSetVersion]) -> dict[str, Any]:
    latest = summary.latest_version.version if summary.latest_version else None
    in_range = _in_range(entry, known, latest)
    newest = [version for version in (latest, in_range) if version is not None]
    patches = newer_patches(entry.version, known)
    return {
        "id": entry.id,
        "title": entry.title,
        "asked": None if entry.asked is None else str(entry.asked),
        "locked": str(entry.version),
        "in_range": None if in_range is None else str(in_range),
        "latest": None if latest is None else str(latest),
        "patches": [str(patch.version) for patch in patches],
        "outdated": bool(patches) or any(version > entry.version for version in newest),
        "notes": [*_notes(entry, summary, known)],
    }


def _in_range(entry: LockEntry, known: Sequence[DataSetVersion], latest: Version | None) -> Version | None:
    """What `ees lock` would lock now."""
    if isinstance(entry.asked, Version) or entry.asked is None:
        return entry.asked or latest
    asked: VersionRange = entry.asked
    return asked.latest(version.version for version in known if version.status == DataSetVersionStatus.PUBLISHED)


def _notes(entry: LockEntry, summary: DataSet, known: Sequence[DataSetVersion]) -> list[str]:
    status = next((version.status for version in known if version.version == entry.version), None)
    notes = [] if status and status.is_live else [f"the locked version is {str(status).lower() if status else 'gone'}"]
    if summary.superseding_data_set_id:
        notes.append(f"data set {summary.superseding_data_set_id} replaces it")
    return notes
