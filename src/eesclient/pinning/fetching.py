"""Whole data files from the service into a store, and never all of one in memory."""

from __future__ import annotations

from functools import partial

from .._warn import warn
from ..errors import EESError, StoreWarning
from ..http import requests
from ..http.download import Saving, saving
from ..http.flows import Pinned
from ..http.messages import Flow, Receive, Response, Work
from .table_cache import CachedTable, TableCache, temporary_folder


def fetched(pinned: Pinned, tables: TableCache) -> Flow[CachedTable | None]:
    """Fetch the data file of a version into a store.

    Args:
        pinned: The version.
        tables: Tables of the store, which takes it.

    Returns:
        The table; None where the file cannot be one, or the store cannot be written.

    Raises:
        InvalidResponseError: The file came damaged or in part.
    """
    request = requests.csv(pinned.data_set.id, pinned.version.version)
    try:
        with (
            temporary_folder(tables.folder) as folder,
            saving(folder / "data.csv", progress=False, url=request.path) as saved,
        ):
            response: Response = yield Receive(request=request, sink=saved)
            found: CachedTable | None = yield Work(call=partial(_take, pinned, tables, saved, response))
    except OSError as error:
        # errors of connections are ours, and OSErrors too
        if isinstance(error, EESError):
            raise
        warn(f"the store {tables.folder} cannot be written, so the data file is not kept: {error}", StoreWarning)
        return None
    return found


def _take(pinned: Pinned, tables: TableCache, saved: Saving, response: Response) -> CachedTable | None:
    saved.finish()
    return tables.add(pinned, saved.path, response)
