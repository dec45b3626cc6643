"""Files straight to the disk, whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import BinaryIO

from ..api.messages import Response
from ..api.resolved import check_end
from ..errors import InvalidResponseError
from ..unpack import MAX_UNPACKED, Unpacker


@contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """A file that takes the path's place, or that of what a link names, when all went well; a pipe is written to."""
    if path.exists() and not path.is_file() and not path.is_dir():
        # by the name that was given: /dev/stdout leads to a pipe that has no path of its own
        with path.open("wb") as file:
            yield file
        return
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        with _new(beside, path) as file:
            yield file
            file.flush()
            # its bytes are on the disk before it has its name
            os.fsync(file.fileno())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def _new(beside: Path, path: Path) -> BinaryIO:
    """A new file under a temporary name; an error is about the path that was given."""
    try:
        return beside.open("xb")
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


class Saving:
    """A file that is being saved, and its body as it came where that is wanted too.

    With `in_memory`, one of no more bytes stays there, and is never written.
    """

    def __init__(self, path: Path, file: BinaryIO, body: BinaryIO | None = None, *, in_memory: int = 0) -> None:
        self.path = path
        self._file = file
        self._body = body
        self._most = in_memory
        self.begin()

    def begin(self, total: int | None = None, *, limit: int = MAX_UNPACKED) -> None:
        """Start anew, with a body of so many bytes if that is known, which unpacks to so many at most."""
        for file in filter(None, (self._file, self._body)):
            file.seek(0)
            file.truncate()
        self._unpacker = Unpacker(limit)
        self._end = b""
        self._written = 0
        self._text = BytesIO() if self._most else None

    def write(self, piece: bytes) -> None:
        """Take the next piece of the body."""
        self._put(self._unpacker.feed(piece))
        if self._body is not None:
            self._body.write(piece)

    def _put(self, text: bytes) -> None:
        self._written += len(text)
        if self._text is not None and self._written > self._most:
            self._file.write(self._text.getbuffer())
            self._text = None
        (self._file if self._text is None else self._text).write(text)
        # by the last byte it is seen whether a file that came unpacked is whole
        self._end = text[-1:] or self._end

    @property
    def packed(self) -> Path | None:
        """The body as it came, once the file is finished; None where it was not packed, or is not wanted."""
        return Path(self._body.name) if self._body is not None and self._unpacker.is_packed else None

    def take(self) -> Path | bytes:
        """The file once it is finished; what was in memory, which is then no more."""
        text, self._text = self._text, None
        return self.path if text is None else text.getvalue()

    def finish(self, response: Response, check: Callable[[BufferedReader], object] | None = None) -> None:
        """Put the file in its place, once a check did not refuse it; an InvalidResponseError where it is not whole."""
        self._put(self._unpacker.finish())
        if not self._written:
            raise InvalidResponseError("the data file came empty: try again")
        if not self._unpacker.is_packed:
            check_end(self._end, response)
        for file in filter(None, (self._file, self._body)):
            file.flush()
        if self._text is not None:
            return
        written = Path(self._file.name)
        if check is not None:
            with written.open("rb") as file:
                check(file)
        self._file.close()
        written.replace(self.path)


@contextmanager
def saving(path: Path, *, url: str = "", body: Path | None = None, in_memory: int = 0) -> Iterator[Saving]:
    """A file to save to, under a temporary name beside it; nothing of it is left unless `finish` was called.

    The body goes to a file of its own as it comes, if one is named; a file of so many bytes may stay in memory.
    """
    if path.is_dir():
        raise IsADirectoryError(
            f"{str(path)!r} is a folder: name the file to save to, such as {str(path / 'data.csv')!r}"
        )
    # in the same folder, as a file is moved at once only within a file system
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    with _new(part, path) as file, nullcontext() if body is None else body.open("xb") as raw:
        try:
            with whose("GET", url):
                yield Saving(path, file, raw, in_memory=in_memory)
        finally:
            # an open file cannot be removed everywhere
            file.close()
            part.unlink(missing_ok=True)


@contextmanager
def whose(method: str, url: str) -> Iterator[None]:
    """Have errors of bodies say whose they are, unless they do."""
    try:
        yield
    except InvalidResponseError as error:
        error.method, error.url = error.method or method, error.url or url
        raise
