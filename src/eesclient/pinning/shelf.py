"""The tables of a store: found, or made from stored data files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from .._warn import warn
from ..errors import EESError, StoreError, StoreWarning
from ..http.answers import check_digest, check_rows, whole
from ..http.flows import Pinned
from .keeping import Keeper
from .keys import whole_file
from .measuring import measured
from .store import Key, Ref, Store

if TYPE_CHECKING:
    from ..http.messages import Response
    from .tables import Table

LARGE = 32 << 20
"""Bytes of a data file that is converted piece by piece."""


@attrs.frozen(kw_only=True)
class Kept:
    """A stored table.

    Attributes:
        table: The table.
        ref: The data file that it was made from.
    """

    table: Table
    ref: Ref


class Shelf:
    """Tables of whole versions, in the store that a client keeps. Reads and writes files: for worker threads."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def find(self, pinned: Pinned) -> Kept | None:
        """The table of a version whose whole data file is in the store; None where it is not.

        What is damaged is forgotten, and made or fetched anew.

        Raises:
            LockError: The file is not the one that was locked.
        """
        store = self._keeper.store
        if store is None:
            return None
        file = store.find(self._file_key(pinned))
        if file is None:
            return None
        check_digest(pinned, file.digest)
        try:
            return self._opened(store, pinned, file) or self._made(store, pinned, file)
        except StoreError:
            if self._keeper.offline:
                raise
            return None

    def takes(self, pinned: Pinned) -> bool:
        """Whether the data file of a version may be kept here: there is a store to write to, and it is no draft."""
        store = self._keeper.store
        if store is None or not store.is_writable or pinned.version.status.is_draft:
            return False
        return self._keeper.is_published(pinned.data_set.id, str(pinned.version.version))

    @property
    def folder(self) -> Path:
        """The folder of the store."""
        if self._keeper.store is None:
            raise StoreError("there is no store")
        return self._keeper.store.path

    def take(self, pinned: Pinned, file: Path, response: Response) -> Kept | None:
        """Keep a data file that just came, and its table; None when it cannot be one, or neither can be kept.

        Args:
            pinned: Its version.
            file: The file, in a folder that is taken away afterwards.
            response: The answer that it was the body of.

        Raises:
            InvalidResponseError: The file is no CSV, lacks a column, or has too few rows.
            LockError: It is not the one that was locked.
        """
        store = self._keeper.store
        if store is None:
            return None
        _check_file(pinned, file)
        table = _converted(pinned, file)
        if table is not None:
            check_rows(pinned, table.about.rows, response.url)
        at = response.retrieved_at or datetime.now(UTC)
        ref = store.write_file(self._file_key(pinned), file, url=response.url, at=at)
        return None if table is None else self._keep(store, pinned, ref, table)

    def _opened(self, store: Store, pinned: Pinned, file: Ref) -> Kept | None:
        from .tables import Table

        ref = store.find(self._table_key(pinned, file))
        if ref is None:
            return None
        try:
            table = Table.open(store.file(ref), whole(pinned))
        except StoreError:
            if store.is_writable:
                store.repair(ref)
            return None
        return None if table is None else Kept(table=table, ref=file)

    def _made(self, store: Store, pinned: Pinned, file: Ref) -> Kept | None:
        from .tables import Table
        from .working import workspace

        if store.is_writable:
            try:
                with workspace(store.path) as folder:
                    with (folder / "data.csv").open("wb") as data:
                        store.pour(file, data.write)
                    table = _converted(pinned, folder / "data.csv")
                    return None if table is None else self._keep(store, pinned, file, table)
            except OSError as error:
                if isinstance(error, EESError):
                    raise
                warn(f"the store {store.path} cannot be written, so the table is not kept: {error}", StoreWarning)
        table = Table.of_file(whole(pinned), store.read(file))
        return None if table is None else Kept(table=table, ref=file)

    def _keep(self, store: Store, pinned: Pinned, file: Ref, table: Table) -> Kept:
        key = self._table_key(pinned, file)
        known: Any = {"encoding": "identity", "url": file.url, "at": file.stored_at}
        ref = (
            store.write_file(key, table.path, **known) if table.path else store.write(key, table.to_parquet(), **known)
        )
        return Kept(table=table.at(store.file(ref)), ref=file)

    def _file_key(self, pinned: Pinned) -> Key:
        return whole_file(pinned.data_set.id, pinned.version.version).key(self._keeper.origin)

    def _table_key(self, pinned: Pinned, file: Ref) -> Key:
        # named by what it was made from: another file under the same address has another table
        return attrs.evolve(self._file_key(pinned), kind="table", request=f"table of {file.digest}")


def _check_file(pinned: Pinned, file: Path) -> None:
    found = None if pinned.data_sha256 is None else measured(file)
    if found is not None:
        check_digest(pinned, found.digest)


def _converted(pinned: Pinned, file: Path) -> Table | None:
    from .tables import Table

    if file.stat().st_size < LARGE:
        return Table.of_file(whole(pinned), file.read_bytes())
    return Table.convert(whole(pinned), file, file.parent)
