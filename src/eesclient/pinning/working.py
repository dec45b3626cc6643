"""Folders for files that are needed for a while."""

from __future__ import annotations

import shutil
import tempfile
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from .keeping import Keeper
from .shelf import Shelf
from .store import Store

_PREFIX = ".work-"
_DAY = 86_400.0


@contextmanager
def workspace(folder: Path) -> Iterator[Path]:
    """A folder in a store, on the disk that has room for data files; taken away in the end.

    What a process that was killed left there is taken away a day later.

    Args:
        folder: The store's folder.

    Raises:
        OSError: It cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _DAY:
                shutil.rmtree(left, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=folder))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


class Spare:
    """Stands in for a store where a client has none to write to, until the client is closed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._shelf: Shelf | None = None
        self._forget: weakref.finalize[[Path, bool], Spare] | None = None

    def shelf(self) -> Shelf:
        """Its tables."""
        with self._lock:
            if self._shelf is None:
                folder = Path(tempfile.mkdtemp(prefix="eesclient-"))
                self._forget = weakref.finalize(self, shutil.rmtree, folder, True)
                self._shelf = Shelf(Keeper(Store(folder), "spare"))
            return self._shelf

    def close(self) -> None:
        """Forget all of it."""
        with self._lock:
            if self._forget is not None:
                self._forget()
            self._shelf = self._forget = None
