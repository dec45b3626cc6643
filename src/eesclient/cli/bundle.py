"""`ees bundle`: exact versions in one file, for an archive or a referee."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ..errors import EESError, StoreError
from ..lock.policy import LOCK_NAME, read_lock
from ..models.versions import Version
from ..store.blobs import Store
from ..store.bundle import VersionRef, stored_versions, write_bundle
from ..store.keys import origin_of
from .store import add_store, opened, pin
from .tables import (
    as_json,
    count,
    size,
    table,
)

if TYPE_CHECKING:
    from .store import Commands


def add(commands: Commands) -> None:
    """Add the command to those of `ees`."""
    command = commands.add_parser("bundle", help="exact versions out of the store in one file, to read anywhere")
    command.add_argument("path", type=Path, metavar="OUT.zip", help="the bundle, for Client(store=)")
    command.add_argument(
        "--lock",
        type=Path,
        metavar=LOCK_NAME,
        help="what is locked in it, and the lock itself (default: if it is here)",
    )
    command.add_argument(
        "--data-set",
        type=_exact,
        action="append",
        default=[],
        dest="data_sets",
        metavar="ID@VERSION",
        help="a version, without a lock; can be repeated",
    )
    command.add_argument("--all", action="store_true", dest="everything", help="every version that is kept")
    add_store(command)
    command.add_argument("--json", action="store_true", dest="is_json", help="JSON instead of words")
    command.set_defaults(run=run)


def run(
    out: TextIO,
    *,
    path: Path,
    lock: Path | None,
    data_sets: Sequence[tuple[str, Version]],
    everything: bool,
    store: Path | None,
    is_json: bool,
) -> int:
    """Write a bundle, and say what is in it.

    Raises:
        EESError: Nothing is named, the store does not have it, or the file cannot be written.
    """
    if lock is None and not data_sets and not everything and Path(LOCK_NAME).is_file():
        lock = Path(LOCK_NAME)
    found = opened(store)
    wanted = [*stored_versions(found)] if everything else [*_wanted(found, data_sets)]
    wanted += [] if lock is None else locked(found, lock)
    if not wanted:
        raise EESError(f"name what to bundle: --lock {LOCK_NAME}, --data-set ID@VERSION, or --all for all that is kept")
    try:
        contents = write_bundle(found, path, wanted, {} if lock is None else {LOCK_NAME: lock.read_bytes()})
    except EESError:
        raise
    except OSError as error:
        raise EESError(f"{path} cannot be written: {error.strerror or error}") from error
    if is_json:
        out.write(as_json({"path": path, "bytes": path.stat().st_size, "contents": contents}))
        return 0
    files = () if lock is None else read_lock(lock).files
    if files:
        sys.stderr.write(
            f"ees: {count(len(files), 'file')} of the catalogue in {lock} cannot be bundled: give the store itself\n"
        )
    rows = [
        (item.wanted.data_set, str(item.wanted.version), "yes" if item.is_whole else "no", item.answers, item.title)
        for item in contents
    ]
    out.write(table(("data set", "version", "data file", "answers", "title"), rows))
    out.write(f"\n{path}: {count(len(contents), 'version')}, {size(path.stat().st_size)}\n")
    return 0


def locked(store: Store, path: Path) -> list[VersionRef]:
    """What a store has of the versions that a lock file names, as the lock's own service gave them.

    Raises:
        LockError: The lock cannot be read.
        StoreError: The store lacks one of them.
    """
    lock = read_lock(path)
    return [*_wanted(store, ((entry.id, entry.version) for entry in lock.entries), origin=origin_of(lock.base_url))]


def _wanted(
    store: Store, versions: Iterable[tuple[str, Version]], *, origin: str | None = None
) -> Iterable[VersionRef]:
    for data_set, version in versions:
        found = [
            one
            for one in stored_versions(store, data_set=data_set, version=version)
            if origin is None or one.origin == origin
        ]
        if not found:
            raise StoreError(
                f'{store.path} has nothing of version {version} of {data_set}: online, run client.open("{data_set}", '
                f'version="{version}").read() with this store',
                path=str(store.path),
            )
        yield from found


def _exact(text: str) -> tuple[str, Version]:
    data_set, version = pin(text)
    if version is None:
        raise argparse.ArgumentTypeError(f"{text!r}: write the exact version too, such as {data_set}@1.0")
    return data_set, version
