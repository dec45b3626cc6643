"""The tables of a store: found, or made from stored data files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from .._warn import warn
from ..errors import StoreError, StoreWarning
from ..http.answers import check_digest, check_rows, whole
from ..http.flows import Pinned
from .keeping import Keeper
from .keys import whole_file
from .store import Key, Ref, Store

if TYPE_CHECKING:
    from ..http.messages import Response
    from .tables import Table


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
            table = self._opened(store, pinned, file) or self._made(store, pinned, file)
        except StoreError:
            if self._keeper.offline:
                raise
            return None
        return None if table is None else Kept(table=table, ref=file)

    def make(self, pinned: Pinned, response: Response) -> Table | None:
        """The table of a data file that just came, kept if the file may be; None when it cannot be one.

        Raises:
            InvalidResponseError: The file is no CSV, lacks a column, or has too few rows.
        """
        from .tables import Table

        table = Table.of_file(whole(pinned), response.body)
        if table is not None:
            check_rows(pinned, table.about.rows, response.url)
            store = self._keeper.store
            file = store.find(self._file_key(pinned)) if store else None
            if store is not None and file is not None:
                self._write(store, pinned, file, table)
        return table

    def _opened(self, store: Store, pinned: Pinned, file: Ref) -> Table | None:
        from .tables import Table

        ref = store.find(self._table_key(pinned, file))
        if ref is None:
            return None
        try:
            return Table.open(store.file(ref), whole(pinned))
        except StoreError:
            if store.is_writable:
                store.repair(ref)
            return None

    def _made(self, store: Store, pinned: Pinned, file: Ref) -> Table | None:
        from .tables import Table

        table = Table.of_file(whole(pinned), store.read(file))
        if table is not None:
            self._write(store, pinned, file, table)
        return table

    def _write(self, store: Store, pinned: Pinned, file: Ref, table: Table) -> None:
        if not store.is_writable:
            return
        try:
            key = self._table_key(pinned, file)
            store.write(key, table.to_parquet(), encoding="identity", url=file.url, at=file.stored_at)
        except OSError as error:
            warn(f"the store {store.path} cannot be written, so the table is not kept: {error}", StoreWarning)

    def _file_key(self, pinned: Pinned) -> Key:
        return whole_file(pinned.data_set.id, pinned.version.version).key(self._keeper.origin)

    def _table_key(self, pinned: Pinned, file: Ref) -> Key:
        # named by what it was made from: another file under the same address has another table
        return attrs.evolve(self._file_key(pinned), kind="table", request=f"table of {file.digest}")
