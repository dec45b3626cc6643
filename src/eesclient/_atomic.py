"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """A file that takes the path's place when all went well: written beside it, flushed, then moved there.

    Of one that went wrong nothing is left, and what was at the path stays. A link stays one: what it names is replaced.
    A pipe or a device is written to.

    Args:
        path: Where the file shall be.

    Raises:
        OSError: It cannot be written there.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        # by the name that was given: /dev/stdout leads to a pipe that has no path of its own
        with path.open("wb") as file:
            yield file
        return
    target = Path(os.path.realpath(path))
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        with beside.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
