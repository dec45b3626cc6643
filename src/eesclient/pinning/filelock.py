"""Files of the catalogue in a lock file: no version tells them apart, so the digest of their bytes does."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from ..errors import LockError
from ..http.flows import Pinned
from ..models.catalogue import EntryFacts
from ..models.names import fold
from .lock import FileEntry, LockFile
from .locking import Locking, check_origin, read_lock, write_lock, writing


def file_entry(pinned: Pinned, facts: EntryFacts, body: bytes) -> FileEntry:
    """What a lock says of a file."""
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


def add_file(path: str | os.PathLike[str], address: str, entry: FileEntry) -> FileEntry:
    """Add a file to a lock file, or replace its entry, or that of another release's file of the same data set.

    Args:
        path: The lock file, made if need be.
        address: Address of the service that the file is from.
        entry: The file.

    Raises:
        LockError: The lock file cannot be read, or is of another service.
        OSError: It cannot be written.
    """
    if not address:
        raise LockError("service= has no origin, which tells its data sets from those of others: it cannot be locked")
    with writing():
        before = read_lock(path) if Path(path).exists() else LockFile(base_url=address)
        check_origin(before, address, path=str(path))
        after = before.with_file(entry)
        if after != before:
            write_lock(path, after)
    return entry


def locked_file(locking: Locking, file_id: str) -> FileEntry | None:
    """What a client's lock says of a file; None without a lock.

    Raises:
        LockError: The lock does not have it.
    """
    if locking.lock is None:
        return None
    found = locking.lock.file(file_id)
    if found is None:
        raise LockError(
            f"the file {file_id} of the catalogue is not in {locking.path}: open it with a client without lock=, and "
            f"add it with .lock({locking.path!r})",
            path=locking.path,
        )
    return found


def file_named(locking: Locking, publication: str, title: str) -> str | None:
    """The id of the file that a client's lock has under a title; None where it has none, or there is no lock."""
    for entry in locking.lock.files if locking.lock else ():
        if fold(entry.title) == fold(title) and _is_publication(entry.publication, publication):
            return entry.id
    return None


def has_file(locking: Locking, file_id: str) -> bool:
    """Whether a client has a lock with that file."""
    return locking.lock is not None and locking.lock.file(file_id) is not None


def _is_publication(title: str, name: str) -> bool:
    # a publication is also named by its slug, which is made of its title
    return fold(title) == fold(name) or _slug(title) == name.strip().lower()


def _slug(title: str) -> str:
    kept = "".join(sign if sign.isalnum() else " " for sign in title.lower())
    return "-".join(kept.split())
