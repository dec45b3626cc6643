"""Answers about exact versions on disk: blobs named by the digest of their bytes, and refs that lead to them.

The layout of a store::

    store.json                                          what it is, and the number of its format
    blobs/<sha256>                                      bytes; the name is their digest
    refs/<origin>/<data set>/<version>/<request>.json   what was asked, and which blob is the answer
    refs/<origin>/listings/<request>.json               the same for what belongs to no version

Files are written under a temporary name beside their place, flushed, and moved there, so that any number of processes
and threads may share a store, and one that is killed leaves nothing half-written in it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Literal, TypeAlias, TypedDict, Unpack, get_args

import attrs

from .._classes import frozen
from ..errors import StoreError
from ..models.versions import Version
from .files import Archive, Digest, Files, Folder, checksum, copy, digest_of, gunzip, reason
from .keys import Key

FORMAT = 1
"""Number of the layout that this module reads and writes."""

DAMAGED = "is damaged: its bytes are not those that were written"

Encoding: TypeAlias = Literal["gzip", "identity"]

State: TypeAlias = tuple[int, int, int]
"""Size, time and number of a file."""


@frozen(kw_only=True)
class Ref:
    """Which blob answers a request: `blob` and `size` are of its bytes, `digest` and `length` of the answer itself."""

    path: str
    kind: str
    data_set: str | None
    version: str | None
    request: str
    blob: str
    size: int
    encoding: Encoding
    digest: str
    length: int
    url: str
    stored_at: datetime

    @property
    def origin(self) -> str:
        """Digest of the address of the service."""
        return self.path.split("/")[1]

    @property
    def address(self) -> str:
        """The address itself; "" for a local service."""
        return re.sub(r"/v1(/.*)?$", "", self.url, flags=re.DOTALL)


class _Kept(TypedDict):
    """What is said of an answer that is added: the address that answered, how it is kept, and when it came."""

    url: str
    encoding: Encoding
    at: datetime


@frozen(kw_only=True)
class Damage:
    """Something in a store that is not as it should be: where it is, and what the problem is in words."""

    path: str
    problem: str


class Store:
    """A store of answers, in a folder or (to read only) in a bundle. May be shared by threads and processes.

    Args:
        path: A folder, made when it is first written to; or a bundle, `NAME.zip`.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path: Path = Path(path)
        zipped = self.path.suffix.lower() == ".zip" and not self.path.is_dir()
        if zipped and not self.path.is_file():
            raise StoreError(f"there is no bundle at {self.path}: see its name, or make it with ees bundle", path="")
        self.files: Files = Archive(self.path) if zipped else Folder(self.path)
        # blobs that were found to be good, with the state of their files then
        self._checked: dict[str, State] = {}
        text = self.files.read("store.json")
        try:
            number = FORMAT if text is None else json.loads(text)["format"]
        except (ValueError, KeyError, TypeError, RecursionError):
            number = None
        if number != FORMAT:
            raise StoreError(
                f"{self.path} is not a store of format {FORMAT}: name another folder (EES_STORE or store=), or update "
                "eesclient",
                path="store.json",
            )

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    @property
    def is_writable(self) -> bool:
        """True if answers can be added: to a folder, not to a bundle."""
        return isinstance(self.files, Folder)

    @property
    def folder(self) -> Folder:
        """Its files, to write.

        Raises:
            StoreError: They are in a bundle.
        """
        if isinstance(self.files, Archive):
            raise StoreError(f"{self.path} is a bundle, which is only read", path=str(self.path))
        return self.files

    def find(self, key: Key) -> Ref | None:
        """The ref of an answer, or None. One that is damaged counts as none.

        Raises:
            StoreError: The disk does not give it.
        """
        return self.ref(key.path)

    def ref(self, path: str) -> Ref | None:
        """The ref at a path in the store, or None; as `find`."""
        text = self.files.read(path)
        try:
            return None if text is None else read_ref(path, text)
        except StoreError:
            return None

    def read(self, ref: Ref) -> bytes:
        """The answer itself, verified; a StoreError where its blob is damaged or gone."""
        found: list[bytes] = []
        self.pour(ref, found.append)
        return b"".join(found)

    def blob(self, ref: Ref) -> bytes:
        """The answer as it is kept, verified; a StoreError where its blob is damaged or gone."""
        return b"".join(self.pieces(ref))

    def pieces(self, ref: Ref) -> Iterator[bytes]:
        """The answer as it is kept, piece by piece, verified in the end; a StoreError where it is damaged or gone."""
        path, digest = blob_path(ref.blob), hashlib.sha256()
        if not self.files.has(path):
            raise self._damaged(ref, "is gone")
        for piece in self.files.pieces(path):
            digest.update(piece)
            yield piece
        if digest.hexdigest() != ref.blob:
            raise self._damaged(ref)

    def pour(self, ref: Ref, write: Callable[[bytes], object]) -> None:
        """The answer itself, piece by piece; it is verified in the end.

        Raises:
            StoreError: Its blob is damaged or gone.
        """
        path, length = blob_path(ref.blob), 0
        if not self.files.has(path):
            raise self._damaged(ref, "is gone")

        def measured(piece: bytes) -> None:
            nonlocal length
            length += len(piece)
            # no more than was said: what it unpacks to may have no end
            if length > ref.length:
                raise self._damaged(ref)
            write(piece)

        if ref.encoding != "gzip":
            for piece in self.pieces(ref):
                measured(piece)
        elif gunzip(self.files.pieces(path), measured) != ref.blob:
            raise self._damaged(ref)
        if length != ref.length:
            raise self._damaged(ref)

    def _damaged(self, ref: Ref, problem: str = DAMAGED) -> StoreError:
        return StoreError(f"{self.path}: the stored {ref.kind} of {ref.path} {problem}", path=blob_path(ref.blob))

    def file(self, ref: Ref) -> Path | bytes:
        """The blob as a file to read in place, verified once for each state of it; its bytes where it is in a bundle.

        Raises:
            StoreError: It is damaged or gone.
        """
        file = self.files.file(blob_path(ref.blob))
        if file is None:
            return self.read(ref)
        try:
            state = _state(file)
        except OSError as error:
            raise self._damaged(ref, "is gone") from error
        if self._checked.get(ref.blob) != state:
            try:
                found = checksum(file)
            except OSError as error:
                raise self._damaged(ref, f"cannot be read: {reason(error)}") from error
            if found != Digest(sha256=ref.blob, length=ref.size):
                raise self._damaged(ref)
            self._checked[ref.blob] = state
        return file

    def write(self, key: Key, content: bytes, *, url: str = "", encoding: Encoding = "gzip", at: datetime) -> Ref:
        """Add an answer, or put it in the place of the one before.

        Args:
            key: What was asked.
            content: The answer.
            url: Address that answered.
            encoding: How to keep it.
            at: When it was read from there.

        Raises:
            OSError: It cannot be written.
        """
        return self._add(key, io.BytesIO(content), url=url, encoding=encoding, at=at)

    def stage(self, key: Key, content: bytes, *, url: str = "", encoding: Encoding = "gzip", at: datetime) -> Ref:
        """As `write`, but nothing leads to the answer before its ref is given to `commit`."""
        return self._stage(key, io.BytesIO(content), url=url, encoding=encoding, at=at)

    def commit(self, ref: Ref) -> bool:
        """Write a ref; False, and nothing is written, where its blob was pruned meanwhile."""
        self.folder.write(ref.path, ref_text(ref))
        # only now is the blob safe from who prunes
        if self.files.has(blob_path(ref.blob)):
            return True
        self.folder.remove(ref.path)
        return False

    def write_file(
        self,
        key: Key,
        file: Path,
        *,
        packed: Path | None = None,
        url: str = "",
        encoding: Encoding = "gzip",
        at: datetime,
    ) -> Ref:
        """Add an answer that is in a file, which stays as it is, piece by piece; all else as `write`.

        What the file is by gzip may be given too, if it was unpacked from that: then it is kept as it is.
        """
        kept: _Kept = {"url": url, "encoding": encoding, "at": at}
        with file.open("rb") as source:
            if packed is None:
                return self._add(key, source, **kept)
            whole = digest_of(source)
        return write_packed(self, key, packed, whole, **kept)

    def _add(self, key: Key, source: IO[bytes], whole: Digest | None = None, **kept: Unpack[_Kept]) -> Ref:
        while not self.commit(ref := self._stage(key, source, whole, **kept)):
            source.seek(0)
        return ref

    def _stage(self, key: Key, source: IO[bytes], whole: Digest | None = None, **kept: Unpack[_Kept]) -> Ref:
        """Write a blob: the source packed as it is to be kept or, where the digest of the whole is known, as it is."""
        if not self.files.has("store.json"):
            self.folder.write("store.json", json.dumps({"format": FORMAT}).encode())
        with self.folder.staged("blobs") as staged:
            with staged.open("wb") as target:
                # a fifth of the time of the usual level, and JSON and CSV become small with either
                level = 1 if kept["encoding"] == "gzip" and whole is None else None
                read, blob = copy(source, target, level=level)
                whole = whole or read
            path = blob_path(blob.sha256)
            # the size first: most blobs that are not there are seen without reading any
            if self.files.size(path) == blob.length and checksum(self.folder.file(path)) == blob:
                self.folder.touch(path)
            else:
                self.folder.place(staged, path)
        return Ref(
            path=key.path,
            kind=key.kind,
            data_set=key.data_set,
            version=key.version,
            request=key.request,
            blob=blob.sha256,
            size=blob.length,
            encoding=kept["encoding"],
            digest=whole.sha256,
            length=whole.length,
            url=kept["url"],
            stored_at=kept["at"],
        )

    def repair(self, ref: Ref) -> None:
        """Forget a damaged blob, so that it is written anew."""
        self.folder.remove(blob_path(ref.blob))

    def refs(self, *, origin: str | None = None, data_set: str | None = None) -> Iterator[Ref]:
        """All refs that can be read, by path; those of an origin or a data set alone, if told so."""
        under = "/".join(["refs", *([origin] if origin else []), *([data_set] if origin and data_set else [])])
        # without an origin the folders do not lead to a data set, so each ref is looked at
        for path in self.files.list(under):
            ref = self.ref(path) if is_ref(path) else None
            if ref is not None and (data_set is None or ref.data_set == data_set):
                yield ref

    def verify(self) -> list[Damage]:
        """Everything that is damaged: refs and answers that cannot be read, blobs that are gone or are other bytes.

        Files that a store does not write, such as those of a file manager, are passed over.
        """
        from .usage import damages

        return damages(self)

    def damage(self, path: str) -> Damage | None:
        """The damage of one file: None for a good ref or blob, for a file that is gone, and for any other file.

        Raises:
            StoreError: The disk does not give it, so that it cannot be told.
        """
        from .usage import damage

        return damage(self, path)

    def is_whole(self, path: str, blob: str) -> bool:
        """Say whether the bytes of a file are those that the name of a blob says; what cannot be read may be."""
        with suppress(StoreError):
            return not blob_problem(blob, self.files.read(path))
        return True


def write_packed(store: Store, key: Key, packed: Path, whole: Digest, **kept: Unpack[_Kept]) -> Ref:
    """Add an answer that is in a file as it is to be kept; of the answer itself the digest is enough."""
    with packed.open("rb") as source:
        return store._add(key, source, whole, **kept)


def _state(file: Path | str) -> State:
    found = os.stat(file)  # noqa: PTH116 - a path object would take as long as the question to the system
    # a file that is put in its place may have its size and time
    return found.st_size, found.st_mtime_ns, found.st_ino


def state_of(file: str) -> State | None:
    """What changes with a file; None where there is none."""
    with suppress(OSError):
        return _state(file)
    return None


def blob_path(digest: str) -> str:
    """Where a blob stands in a store."""
    return f"blobs/{digest}"


def is_blob(path: str) -> bool:
    """True if a file is a blob, by its name."""
    return re.fullmatch(r"blobs/[0-9a-f]{64}", path) is not None


def is_ref(path: str) -> bool:
    """True if a file is a ref, by its name."""
    return path.startswith("refs/") and path.endswith(".json")


def blob_problem(path: str, data: bytes | None) -> str:
    """Words for what is wrong with the bytes that stand where a blob of that path belongs; "" where all is well."""
    if data is None:
        return "is gone"
    return "" if hashlib.sha256(data).hexdigest() == path.rpartition("/")[2] else DAMAGED


def ref_text(ref: Ref) -> bytes:
    """A ref as it is on disk."""
    members = attrs.asdict(ref, filter=lambda field, _: field.name != "path")
    return json.dumps(members | {"stored_at": ref.stored_at.isoformat()}, indent=1, sort_keys=True).encode()


def read_ref(path: str, text: bytes) -> Ref:
    """A ref out of its text on disk; a `StoreError` where it is none."""
    try:
        members: dict[str, Any] = json.loads(text)
        stored_at = datetime.fromisoformat(members.pop("stored_at"))
        # members that are unknown here may be those of a later version of this package
        known = {field.name for field in attrs.fields(Ref)} - {"path"}
        ref = Ref(path=path, stored_at=stored_at, **{name: value for name, value in members.items() if name in known})
        if _is_sound(ref):
            return ref
        why = "it does not say what a ref says, or stands where another belongs"
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        why = str(error)
    raise StoreError(f"the ref {path} cannot be read: {why}", path=path)


def _is_sound(ref: Ref) -> bool:
    """Say whether all of a ref is of its kind, and the ref is where one about that request and version belongs."""
    texts, names = (ref.kind, ref.request, ref.url, ref.blob, ref.digest), (ref.data_set, ref.version)
    if not all(isinstance(text, str) for text in (*texts, *(name for name in names if name is not None))):
        return False
    if ref.version not in (None, "file"):
        Version.parse(ref.version)
    key = Key(origin=ref.origin, data_set=ref.data_set, version=ref.version, kind="listing", request=ref.request)
    return (
        ref.encoding in get_args(Encoding)
        and all(re.fullmatch("[0-9a-f]{64}", digest) for digest in (ref.blob, ref.digest))
        and all(type(number) is int and number >= 0 for number in (ref.size, ref.length))
        and ref.stored_at.tzinfo is not None
        and ref.path == key.path
    )
