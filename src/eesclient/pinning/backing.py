"""Where the files of a store are: in a folder, or in a bundle."""

from __future__ import annotations

import os
import secrets
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Protocol

from ..errors import StoreError


class Backing(Protocol):
    """Files by their paths, with `/` between the parts."""

    @property
    def is_writable(self) -> bool:
        """Whether files can be added."""
        ...

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, or None."""
        ...

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        ...

    def size(self, path: str) -> int | None:
        """How many bytes a file has, or None."""
        ...

    def age(self, path: str, now: float) -> float:
        """Seconds since a file was written."""
        ...

    def file(self, path: str) -> Path | None:
        """The file itself, where it can be read in place."""
        ...

    def list(self, under: str) -> Iterator[str]:
        """Paths of all files in a folder and the folders in it, in order."""
        ...

    def write(self, path: str, data: bytes) -> None:
        """Add a file whole, or put it in the place of the one before."""
        ...

    def staged(self, folder: str) -> AbstractContextManager[Path]:
        """A file to write beside its place; taken away in the end, unless it was placed."""
        ...

    def place(self, staged: Path, path: str) -> None:
        """Move a file that was written to its place."""
        ...

    def touch(self, path: str) -> None:
        """Make a file new."""
        ...

    def move(self, path: str, to: str) -> bool:
        """Give a file another path, at once; says whether it was there."""
        ...

    def remove(self, path: str) -> None:
        """Take a file away, if it is there."""
        ...


class FolderBacking:
    """Files in a folder."""

    is_writable = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        if folder.exists() and not folder.is_dir():
            raise StoreError(f"{folder} is a file, and a store is a folder or a bundle (.zip)", path=str(folder))

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, or None."""
        try:
            return (self._folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        return (self._folder / path).is_file()

    def size(self, path: str) -> int | None:
        """How many bytes a file has, or None."""
        try:
            return (self._folder / path).stat().st_size
        except OSError:
            return None

    def age(self, path: str, now: float) -> float:
        """Seconds since a file was written; 0 when it is gone."""
        try:
            return now - (self._folder / path).stat().st_mtime
        except OSError:
            return 0.0

    def file(self, path: str) -> Path | None:
        """The file itself."""
        return self._folder / path

    def list(self, under: str) -> Iterator[str]:
        """Paths of all files in a folder and the folders in it, in order."""
        root = self._folder / under
        for folder, names, files in os.walk(root):
            names.sort()
            for name in sorted(files):
                yield (Path(folder) / name).relative_to(self._folder).as_posix()

    def write(self, path: str, data: bytes) -> None:
        """Add a file whole: written beside its place, flushed, then moved there."""
        with self.staged(path.rpartition("/")[0]) as beside:
            with beside.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            self.place(beside, path)

    @contextmanager
    def staged(self, folder: str) -> Iterator[Path]:
        """A file to write beside its place; taken away in the end, unless it was placed."""
        under = self._folder / folder
        under.mkdir(parents=True, exist_ok=True)
        beside = under / f"{os.getpid()}-{secrets.token_hex(8)}.tmp"
        try:
            yield beside
        finally:
            beside.unlink(missing_ok=True)

    def place(self, staged: Path, path: str) -> None:
        """Move a file that was written to its place."""
        staged.replace(self._folder / path)

    def touch(self, path: str) -> None:
        """Make a file new, so that it is not taken for one that nothing leads to."""
        with suppress(OSError):
            os.utime(self._folder / path)

    def move(self, path: str, to: str) -> bool:
        """Give a file another path, at once; says whether it was there."""
        try:
            (self._folder / path).replace(self._folder / to)
        except FileNotFoundError:
            return False
        return True

    def remove(self, path: str) -> None:
        """Take a file away, if it is there."""
        (self._folder / path).unlink(missing_ok=True)


class ZipBacking:
    """Files in a bundle, read without unpacking it."""

    is_writable = False

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except zipfile.BadZipFile as error:
            raise StoreError(f"{path} is no bundle: {error}", path=str(path)) from error
        self._names = frozenset(self._zip.namelist())
        self._path = path
        self._lock = Lock()

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, or None."""
        if path not in self._names:
            return None
        try:
            with self._lock:
                return self._zip.read(path)
        except zipfile.BadZipFile as error:
            raise StoreError(f"{self._path} is damaged: {error}", path=path) from error

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        return path in self._names

    def size(self, path: str) -> int | None:
        """How many bytes a file has, or None."""
        return self._zip.getinfo(path).file_size if path in self._names else None

    def age(self, path: str, now: float) -> float:
        """0: nothing in a bundle is ever too old."""
        return 0.0

    def file(self, path: str) -> Path | None:
        """None: files cannot be read in place."""
        return None

    def list(self, under: str) -> Iterator[str]:
        """Paths of all files in a folder and the folders in it, in order."""
        yield from sorted(name for name in self._names if name.startswith(f"{under}/") and not name.endswith("/"))

    def write(self, path: str, data: bytes) -> None:
        """Refuse: a bundle stays as it is."""
        raise StoreError(f"{self._path} is a bundle, which is only read", path=path)

    def staged(self, folder: str) -> AbstractContextManager[Path]:
        """Refuse: a bundle stays as it is."""
        raise StoreError(f"{self._path} is a bundle, which is only read", path=folder)

    def place(self, staged: Path, path: str) -> None:
        """Refuse: a bundle stays as it is."""
        raise StoreError(f"{self._path} is a bundle, which is only read", path=path)

    def touch(self, path: str) -> None:
        """Do nothing."""

    def move(self, path: str, to: str) -> bool:
        """Refuse: a bundle stays as it is."""
        raise StoreError(f"{self._path} is a bundle, which is only read", path=path)

    def remove(self, path: str) -> None:
        """Refuse: a bundle stays as it is."""
        raise StoreError(f"{self._path} is a bundle, which is only read", path=path)
