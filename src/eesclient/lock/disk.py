"""Lock files on a disk: read, and changed by several writers without loss."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from .._installed import installed
from ..errors import LockError
from ..transport.download import atomic_write

if TYPE_CHECKING:
    from .lockfile import LockEntry, LockFile

# Windows has none
fcntl: ModuleType | None = installed("fcntl")

LOCK_NAME = "ees.lock"
"""Name of a lock file unless another is given."""

LARGEST = 3_000_000
"""Bytes of the largest lock file that is read: those of some five thousand data sets."""

PATIENCE = 10.0
"""Seconds to wait for another writer of a lock file, who needs a moment."""


def read_lock(path: str | os.PathLike[str]) -> LockFile:
    """Read a lock file."""
    # not above: clients without a lock do not need it
    from .lockfile import read_text

    try:
        content = _content(path)
    except (OSError, ValueError) as error:
        from ..store.files import reason

        why = reason(error) if isinstance(error, OSError) else str(error)
        problem = f"{path} cannot be read: {why}; mend that, or name another lock file"
        if isinstance(error, FileNotFoundError):
            made = command("lock", "ID@VERSION", path=path)
            problem = f"{path}: there is no such file; {made} makes a lock file"
        raise LockError(problem, path=str(path)) from error
    return read_text(content, path=str(path))


def _content(path: str | os.PathLike[str]) -> bytes:
    from ..store.files import open_file

    with open_file(path) as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise OSError(errno.EFBIG, f"it has more than {LARGEST:,} bytes, so it is no lock file")
    return content


def _content_or_none(path: str | os.PathLike[str]) -> bytes | None:
    with suppress(FileNotFoundError):
        return _content(path)
    return None


def change_lock(
    path: str | os.PathLike[str], address: str, entries: Sequence[LockEntry], known: Callable[[LockEntry], object]
) -> LockFile:
    """Add entries of a service to a lock file, which is made if need be; the file as it then is.

    What others wrote meanwhile stays. Where the file says something else of an entry than what is known, and not what
    is to be written either, it stays as it is, and a `LockError` says so.
    """
    from .lockfile import LockFile, read_text

    if not address:
        raise LockError("service= has no origin, which tells its data sets from those of others: it cannot be locked")
    try:
        # first of all, so that what is no path fails here
        content = _content_or_none(path)
        with alone(Path(os.path.realpath(path))):
            while True:
                before = LockFile(base_url=address) if content is None else read_text(content, path=str(path))
                check_origin(before, address, path=str(path))
                after = before
                for entry in entries:
                    after = _changed(after, entry, known(entry), path=str(path))
                # a file that says the same is not touched, so that version control shows no change
                if after == before or _replaced(Path(path), content, after):
                    return after
                content = _content_or_none(path)
    except OSError as error:
        from ..store.files import reason

        raise LockError(
            f"{path} cannot be written: {reason(error)}; nothing in it was changed", path=str(path)
        ) from error


ANYTHING = object()
"""Stands for whatever a lock file says of an entry."""


def _changed(lock: LockFile, entry: LockEntry, known: object, *, path: str) -> LockFile:
    after, there = lock.with_entry(entry), lock.same(entry)
    if known is ANYTHING or there == known or after == lock:
        return after
    now = f"it says {there.version} now" if there else "it is not there any more"
    raise LockError(
        f"{path} was changed meanwhile: {entry.title!r} ({entry.id}) was to be locked at {entry.version}, and {now}; "
        "nothing was written: look at the file, and do the same again if it is still wanted",
        path=path,
    )


def _replaced(path: Path, content: bytes | None, lock: LockFile) -> bool:
    """Write a lock file in the place of one with that content; says whether it had it to the last."""
    from .lockfile import read_text, write_text

    text = write_text(lock).encode()
    # what cannot be read again is not written
    read_text(text, path=str(path))
    with suppress(_ChangedError), atomic_write(path) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
        # an editor does not wait for us, so this comes when all else is done
        if _content_or_none(path) != content:
            raise _ChangedError
        return True
    return False


class _ChangedError(Exception):
    """A lock file was written by something else meanwhile."""


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep other writers of a file out, and of what else is in its folder, in this process and others."""
    last = time.monotonic() + PATIENCE
    while (held := _hold(path)) is None:
        if time.monotonic() > last:
            raise LockError(f"{path} is being written by another process: try again when it is done", path=str(path))
        time.sleep(0.01)
    try:
        yield
    finally:
        os.close(held)
        if fcntl is None:
            _beside(path).unlink(missing_ok=True)


def _hold(path: Path) -> int | None:
    """A descriptor that keeps others out until it is closed, or its process ends; None while another does so."""
    if fcntl is None:
        with suppress(FileExistsError, PermissionError):
            # O_TEMPORARY is Windows' word for a file that goes with its last descriptor
            return os.open(_beside(path), os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_TEMPORARY", 0))
        return None
    # of the folder, for the file itself may not be there yet, and is another one afterwards
    held = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        return None
    except OSError:
        # some network drives have no such locks: there the look before the file is replaced has to do
        return held
    return held


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.writing")


def check_origin(lock: LockFile, address: str, *, path: str) -> None:
    """Raise a `LockError` for a lock of another service than the one that is asked."""
    from ..store.keys import origin_of

    if origin_of(lock.base_url) != origin_of(address):
        # a local service has no address that could be asked by itself
        former = "leave base_url= out" if lock.base_url.startswith("http") else "name its service by service="
        raise LockError(
            f"{path} is a lock of {lock.base_url}, and {address or 'a service without origin'} is asked: {former} "
            f"to ask the former, or lock the latter in a file of its own with "
            f"{command('lock', 'ID@VERSION', path='other.lock', base_url=address)}",
            path=path,
        )


def command(name: str, *arguments: str, path: str | os.PathLike[str] = LOCK_NAME, base_url: str = "") -> str:
    """A command line that mends a lock, ready to be pasted."""
    import shlex

    where = [] if str(path) == LOCK_NAME else ["--lock", str(path)]
    service = ["--base-url", base_url] if base_url.startswith("http") else []
    if base_url == "local:demo":
        service = ["--demo"]
    return shlex.join(["ees", name, *arguments, *where, *service])
