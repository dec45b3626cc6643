"""Folders for work that is not kept, and what stands in for a store where a client has none."""

from __future__ import annotations

import shutil
import tempfile
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from ..errors import StoreError

if TYPE_CHECKING:
    from .table_cache import TableCache

_PREFIX = ".work-"


@contextmanager
def temporary_folder(folder: Path) -> Iterator[Path]:
    """A folder in a store, on the disk that has room; taken away in the end, or a day after its process was killed."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            # what is newer may be in use by another process
            if time.time() - left.stat().st_mtime > 86_400:
                shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=folder, ignore_cleanup_errors=True) as made:
        yield Path(made)


def spare_folder() -> Path:
    """A new temporary folder outside of any store."""
    try:
        return Path(tempfile.mkdtemp(prefix="eesclient-"))
    except OSError as error:
        from .files import reason

        problem = f"no temporary folder can be made ({reason(error)}): set TMPDIR, or name a store (store=)"
        raise StoreError(problem) from error


class TemporaryCache:
    """Stands in for a store where a client has none to write to, until the client is closed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tables: TableCache | None = None

    def tables(self) -> TableCache:
        """Its tables."""
        with self._lock:
            if self._tables is None:
                # not above: a client that keeps nothing, and asks for no rows, needs no store
                from .blobs import Store
                from .cache import ResponseCache
                from .table_cache import TableCache

                folder = spare_folder()
                # where a client is never closed; and of one that is closed, what other threads still write
                weakref.finalize(self, shutil.rmtree, folder, True)
                store = Store(folder)
                self._tables = TableCache(ResponseCache(store, "spare"), store)
            return self._tables

    def close(self) -> None:
        """Forget all of it."""
        with self._lock:
            if self._tables is not None:
                shutil.rmtree(self._tables.folder, ignore_errors=True)
            self._tables = None
