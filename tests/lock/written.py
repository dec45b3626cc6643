"""Lock files as a test wants them."""

from __future__ import annotations

from pathlib import Path

from tests.doors.lock import LockFile, write_text
from tests.doors.top import atomic_write


def write_lock(path: str | Path, lock: LockFile) -> None:
    """Write a lock file, whole or not at all, whatever is there."""
    with atomic_write(Path(path)) as file:
        file.write(write_text(lock).encode())
