"""Files that are whole, or not there."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def placed(path: Path) -> Iterator[BinaryIO]:
    """A file that takes the path's place when all went well: written beside it, flushed, then moved there.

    Of one that went wrong nothing is left, and what was at the path stays.

    Args:
        path: Where the file shall be.

    Raises:
        OSError: It cannot be written there.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with beside.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
