"""`ees lock`: write down exact versions, and compare what is written with the service."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import attrs

from ..api.operations import Withdrawn
from ..client import Client
from ..data_set import PinnedDataSet
from ..errors import EESError, LockError
from ..lock.lockfile import LockEntry, LockFile
from ..lock.policy import (
    LOCK_NAME,
    check_origin,
    command,
    read_lock,
)

OK, FAILED, MISMATCH, NEWS, NETWORK = 0, 1, 3, 4, 5
"""Exit codes of `ees lock --check`; 2 is for arguments that make no sense."""

_CODES = {"as locked": OK, "changed": MISMATCH, "newer patches": NEWS, "no answer": NETWORK}


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "lock",
        help="write exact versions of data sets into a lock file, or check one",
        description="Write exact versions of data sets into a lock file. Without IDs, each data set in the file is "
        "asked again for the version or range that it was locked for.",
        epilog="Exit codes of --check: 0 all is as it was locked; 3 a version is gone or withdrawn, or its metadata, "
        "rows or data are others; 4 all is as it was, and a locked version has a newer patch; 5 the service did not "
        "answer; 1 the lock file cannot be read.",
    )
    parser.add_argument("data_sets", nargs="*", metavar="ID[@VERSION]", help="such as ID, ID@1.0 or 'ID@1.*'")
    parser.add_argument("--check", action="store_true", help="compare the file with the service, and change nothing")
    parser.add_argument("--data", action="store_true", help="fetch data files too, and note or compare their digests")
    add_where(parser)
    parser.set_defaults(run=run)


def add_where(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which lock, service and store are meant."""
    parser.add_argument("--lock", type=Path, default=Path(LOCK_NAME), help="the lock file (default: %(default)s)")
    parser.add_argument("--base-url", metavar="URL", help="address of the service (default: that of the lock file)")
    parser.add_argument("--store", metavar="FOLDER", help="folder of the store (default: EES_STORE, or the user's)")


def run(
    out: TextIO,
    *,
    data_sets: Sequence[str],
    check: bool,
    data: bool,
    lock: Path,
    base_url: str | None,
    store: str | None,
) -> int:
    """Lock data sets, or check those that are locked.

    Args:
        out: Where to say what was done.
        data_sets: Ids, each with `@` and a version or range if need be; none for all that are locked.
        check: Whether to compare only.
        data: Whether data files are fetched.
        lock: The lock file.
        base_url: Address of the service; None for that of the file.
        store: The store; None for the usual one.

    Returns:
        The exit code.

    Raises:
        EESError: The work cannot be done.
    """
    if not check:
        return _lock(out, data_sets, data=data, lock=lock, base_url=base_url, store=store)
    if data_sets:
        raise EESError("ees lock --check compares the whole lock file: leave the ids out")
    locked = read_lock(lock)
    address = _address(locked, lock)
    check_origin(locked, base_url or address, path=str(lock))
    with Client(base_url=address, store=None) as client:
        found = client.check_lock(lock, data=data, progress=lambda one: out.write(f"{one.to_text()}\n"))
    return _CODES[found.outcome]


def client_for(lock: Path, base_url: str | None, store: str | None) -> Client:
    """A client of the lock file's service that does not go by its versions."""
    address = base_url or (_address(read_lock(lock), lock) if lock.exists() else None)
    return Client(base_url=address, store=store) if store else Client(base_url=address)


def _address(lock: LockFile, path: Path) -> str:
    if not lock.base_url.startswith(("http://", "https://")):
        raise LockError(
            f"{path} is a lock of the local service {lock.base_url!r}, which only Python reaches: use "
            f"client.open(...).lock({str(path)!r}) there",
            path=str(path),
        )
    return lock.base_url


# Locking


def _lock(
    out: TextIO, data_sets: Sequence[str], *, data: bool, lock: Path, base_url: str | None, store: str | None
) -> int:
    before = read_lock(lock) if lock.exists() else None
    if not data_sets and before is None:
        raise EESError(f"there is no {lock} yet: name data sets, such as {command('lock', 'ID@1.*', path=lock)}")
    wanted = [_wanted(text, before) for text in data_sets] or [
        _known(entry) for entry in (before.entries if before else ())
    ]
    with client_for(lock, base_url, store) as client:
        # all are asked before one is written: a name that is wrong changes nothing
        pinned = [_opened(client, *one) for one in wanted]
        for one in pinned:
            known = before.entry(one.id) if before else None
            entry = one.lock(lock, data=data)
            out.write(f"{_step(known, entry)}\n")
    return OK


def _known(entry: LockEntry) -> tuple[str, str | None, Withdrawn]:
    return entry.id, str(entry.asked) if entry.asked else None, entry.withdrawn


def _wanted(text: str, lock: LockFile | None) -> tuple[str, str | None, Withdrawn]:
    id_, _, version = text.strip().partition("@")
    entry = lock.entry(id_) if lock else None
    if entry is None:
        return id_, version or None, "refuse"
    known = _known(entry)
    return (id_, version, known[2]) if version else known


def _opened(client: Client, id_: str, version: str | None, withdrawn: Withdrawn) -> PinnedDataSet:
    """A data set, with warnings shown in a line each."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pinned = client.open(id_, version=version, withdrawn=withdrawn)
    for warning in caught:
        sys.stderr.write(f"ees: {warning.message}\n")
    return pinned


def _step(before: LockEntry | None, after: LockEntry) -> str:
    asked = f" (for {after.asked})" if after.asked else " (the latest)"
    name = f"{after.title} {after.id}"
    if before is None:
        return f"+ {name}: {after.version}{asked}"
    if before.version != after.version:
        return f"~ {name}: {before.version} -> {after.version}{asked}"
    changed = [
        field.name for field in attrs.fields(LockEntry) if getattr(before, field.name) != getattr(after, field.name)
    ]
    return f"~ {name}: {after.version}: {', '.join(changed)}" if changed else f"= {name}: {after.version}"
