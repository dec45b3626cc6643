"""The tables of a store: found, or made from stored data files."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias

import attrs

from .._classes import define, frozen
from ..api.resolved import ResolvedVersion
from ..errors import EESError, InvalidResponseError, StoreError
from ..models.versions import Version
from ..settings import IN_MEMORY
from ..transport.download import Saving, saving
from .blobs import Ref, State, Store, blob_path, state_of, write_packed
from .cache import ResponseCache
from .files import Digest, digest_of
from .keys import Key, whole_file
from .temporary import temporary_folder

if TYPE_CHECKING:
    from ..api.messages import Response
    from .table import Table

LARGE = 96 << 20
"""Bytes of a data file that is converted piece by piece."""


@frozen(kw_only=True)
class CachedTable:
    """A stored table, and the data file that it was made from."""

    table: Table
    ref: Ref


Name: TypeAlias = tuple[str, Version]
"""A version of a data set."""

States: TypeAlias = dict[str, State | None]
"""Files, and how they were found."""

_MOST = 256
"""Tables that are remembered, most of them without being in memory."""


@define(kw_only=True, eq=False)
class Held:
    """A table that was found, for as long as the files that lead to it stay as they are; bytes of it in memory."""

    found: CachedTable
    states: States
    size: int = 0


class Memory:
    """The tables that were asked last; of their columns, so many bytes in all. For several threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = Lock()
        self._held: OrderedDict[Name, Held] = OrderedDict()

    @property
    def size(self) -> int:
        """Bytes that the tables take."""
        with self._lock:
            return sum(held.size for held in self._held.values())

    def find(self, name: Name) -> Held | None:
        """The table of a version, if it is held."""
        with self._lock:
            if name in self._held:
                self._held.move_to_end(name)
            return self._held.get(name)

    def hold(self, name: Name, held: Held) -> None:
        """Hold a table."""
        with self._lock:
            self._held[name] = held
            while len(self._held) > _MOST:
                self._held.popitem(last=False)

    def let_go(self, name: Name) -> None:
        """Hold the table of a version no more."""
        with self._lock:
            self._held.pop(name, None)

    def clear(self) -> None:
        """Hold nothing any more."""
        with self._lock:
            self._held.clear()

    def make_room(self, held: Held, more: int) -> bool:
        """Say whether a table may take so many more bytes; what was asked longest ago goes for them."""
        with self._lock:
            if held.size + more > self._limit:
                return False
            held.size += more
            total = sum(other.size for other in self._held.values())
            for name in [name for name, other in self._held.items() if other.size and other is not held]:
                if total > self._limit:
                    total -= self._held.pop(name).size
            return True


class TableCache:
    """Tables of whole versions, in the store that a client keeps. Reads and writes files: for worker threads.

    What questions need of a table that is asked again stays in memory, `in_memory` bytes of all of them at most.
    """

    def __init__(self, cache: ResponseCache, store: Store, *, in_memory: int = IN_MEMORY) -> None:
        self._cache, self._store = cache, store
        self.folder: Path = store.path
        self.memory: Memory = Memory(in_memory)

    def find(self, pinned: ResolvedVersion, *, verified: bool = False) -> CachedTable | None:
        """The table of a version whose data file is in the store, or None; what is bad is made or fetched anew.

        With `verified`, the bytes of the data file itself are read too, which the table alone does not need.
        """
        name = (pinned.data_set.id, pinned.version.version)
        held = self.memory.find(name)
        try:
            if held is not None and self._stands(held, pinned) and not verified:
                found: CachedTable | None = held.found
                file: Ref | None = held.found.ref
            else:
                self.memory.let_go(name)
                key = self._file_key(pinned)
                # before they are read: what changes from then on is seen
                states: States = {}
                self._note(states, key.path)
                file = self._cache.stored(key)
                found = None if file is None else self._read(pinned, file, states, verified=verified)
            if file is None:
                return None
            if found is not None:
                pinned.check_rows(found.table.about.rows, file.url)
        except InvalidResponseError as error:
            self.set_aside(pinned, error)
            return None
        except StoreError as error:
            self.pass_by(error)
            return None
        # a lock knows the file by its bytes, whatever the store has
        pinned.check_digest(file.digest)
        return found

    def _read(self, pinned: ResolvedVersion, file: Ref, states: States, *, verified: bool) -> CachedTable | None:
        if verified:
            self._store.file(file)
        return self._open(pinned, file, states) or self._make(pinned, file)

    def _stands(self, held: Held, pinned: ResolvedVersion) -> bool:
        """Say whether a table that was found is still the one that would be found."""
        is_good = self._is_same(held) and not self._cache.is_set_aside(held.found.ref)
        return is_good and held.found.table.fits(pinned.meta)

    def _is_same(self, held: Held) -> bool:
        return all(state is not None and state_of(file) == state for file, state in held.states.items())

    def _note(self, states: States, path: str) -> None:
        # of what is in a bundle, it is the bundle that changes
        file = str(self._store.files.file(path) or self._store.path)
        states[file] = state_of(file)

    def digest(self, pinned: ResolvedVersion) -> str | None:
        """SHA-256 of a version's data file, where the store has it."""
        try:
            file = self._cache.stored(self._file_key(pinned))
        except StoreError:
            return None
        return None if file is None else file.digest

    def set_aside(self, pinned: ResolvedVersion, error: InvalidResponseError) -> None:
        """Forget a data file that is not what it should be, so that it is fetched again; offline, a `StoreError`."""
        self._cache.set_aside(self._file_key(pinned), error)

    def pass_by(self, error: StoreError) -> None:
        """Go on without what the store does not give; offline that is an error."""
        self._cache.pass_by(error)

    def not_kept(self, what: str, error: OSError) -> None:
        """Go on without keeping what the store does not take, which is warned of once."""
        self._cache.not_kept(what, error)

    def can_store(self, pinned: ResolvedVersion) -> bool:
        """Say whether the data file of a version may be kept: there is a store to write to, and it is not a draft."""
        if not self._store.is_writable or pinned.version.status.is_draft:
            return False
        return self._cache.is_published(pinned.data_set.id, str(pinned.version.version))

    @contextmanager
    def coming(self, url: str) -> Iterator[Saving]:
        """A data file that is fetched, to be added: one that is not large stays in memory."""
        with temporary_folder(self.folder) as folder:
            body = folder / "data.csv.gz"
            with saving(folder / "data.csv", url=url, body=body, in_memory=LARGE) as saved:
                yield saved

    def add(
        self, pinned: ResolvedVersion, file: Path | bytes, response: Response, *, packed: Path | None = None
    ) -> CachedTable | None:
        """Keep a data file, in memory or out of a temporary folder, and its table; None when it cannot be one.

        With `packed`, the same file by gzip as it came, that is what is kept.
        """
        is_needed = packed is not None or pinned.data_sha256 is not None
        with ThreadPoolExecutor(1, thread_name_prefix="eesclient") as pool:
            digest = pool.submit(_digest, file) if is_needed else None
            table = _convert(pinned, file)
        whole = None if digest is None else digest.result()
        if whole is not None and pinned.data_sha256 is not None:
            pinned.check_digest(whole.sha256)
        key, at = self._file_key(pinned), response.retrieved_at or datetime.now(UTC)
        if whole is not None and packed is not None:
            ref = write_packed(self._store, key, packed, whole, url=response.url, encoding="gzip", at=at)
        else:
            write: Callable[..., Ref] = self._store.write if isinstance(file, bytes) else self._store.write_file
            ref = write(key, file, url=response.url, at=at)
        # of no more use, and large
        del file
        return None if table is None else self._keep(pinned, ref, table)

    def _open(self, pinned: ResolvedVersion, file: Ref, states: States) -> CachedTable | None:
        from .in_memory import Columns
        from .table import Table

        key = self._table_key(pinned, file)
        self._note(states, key.path)
        ref = self._store.find(key)
        if ref is None:
            return None
        self._note(states, blob_path(ref.blob))
        try:
            table = Table.open(self._store.file(ref), pinned.whole())
        except StoreError:
            if self._store.is_writable:
                with suppress(OSError):
                    self._store.repair(ref)
            return None
        if table is None:
            return None
        held = Held(found=CachedTable(table=table, ref=file), states=states)
        source = table.to_parquet()
        table.columns = Columns(
            source, table.about.rows, partial(self.memory.make_room, held), partial(self._is_same, held)
        )
        # out of a bundle it is in memory already
        if isinstance(source, Path) or self.memory.make_room(held, len(source)):
            self.memory.hold((pinned.data_set.id, pinned.version.version), held)
        return held.found

    def _make(self, pinned: ResolvedVersion, file: Ref) -> CachedTable | None:
        from .table import Table

        if self._store.is_writable:
            try:
                with temporary_folder(self.folder) as folder:
                    with (folder / "data.csv").open("wb") as data:
                        self._store.pour(file, data.write)
                    table = _convert(pinned, folder / "data.csv")
                    return None if table is None else self._keep(pinned, file, table)
            except OSError as error:
                if isinstance(error, EESError):
                    raise
                self.not_kept("the table is", error)
        # the store is only read, or cannot be written: the table stays in memory
        table = Table.of_file(pinned.whole(), self._store.read(file))
        return None if table is None else CachedTable(table=table, ref=file)

    def _keep(self, pinned: ResolvedVersion, file: Ref, table: Table) -> CachedTable:
        from .table import Table

        content = table.to_parquet()
        write: Callable[..., Ref] = self._store.write_file if isinstance(content, Path) else self._store.write
        # a table is read in place, so it is kept as it is
        ref = write(self._table_key(pinned, file), content, encoding="identity", url=file.url, at=file.stored_at)
        return CachedTable(table=Table(self._store.file(ref), table.about, rows=table.rows), ref=file)

    def _file_key(self, pinned: ResolvedVersion) -> Key:
        return whole_file(pinned.data_set.id, pinned.version.version).key(self._cache.origin)

    def _table_key(self, pinned: ResolvedVersion, file: Ref) -> Key:
        # named by what it was made from: another file under the same address has another table
        return attrs.evolve(self._file_key(pinned), kind="table", request=f"table of {file.digest}")


def _digest(file: Path | bytes) -> Digest:
    if isinstance(file, bytes):
        return Digest(sha256=hashlib.sha256(file).hexdigest(), length=len(file))
    with file.open("rb") as source:
        return digest_of(source)


def _convert(pinned: ResolvedVersion, file: Path | bytes) -> Table | None:
    """The table of a data file, which has to be whole; None where it has values that metadata does not name."""
    from ..table.csv import check_data_file
    from .table import Conversion, Table

    if isinstance(file, Path) and file.stat().st_size >= LARGE:
        table = Conversion(pinned.whole(), file.parent).run(file, file.parent / "table")
    else:
        table = Table.of_file(pinned.whole(), file if isinstance(file, bytes) else file.read_bytes())
    if table is not None:
        pinned.check_rows(table.about.rows)
    else:
        with BytesIO(file) if isinstance(file, bytes) else file.open("rb") as source:
            check_data_file(pinned, source)
    return table
