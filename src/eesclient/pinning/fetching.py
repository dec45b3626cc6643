"""Whole data files from the service into a store, and never all of one in memory."""

from __future__ import annotations

from functools import partial

from .._warn import warn
from ..errors import EESError, StoreWarning
from ..http import requests
from ..http.download import Saving, saving
from ..http.flows import Pinned
from ..http.messages import Flow, Receive, Response, Work
from .shelf import Kept, Shelf
from .working import workspace


def fetched(pinned: Pinned, shelf: Shelf) -> Flow[Kept | None]:
    """Fetch the data file of a version into a store.

    Args:
        pinned: The version.
        shelf: Tables of the store, which takes it.

    Returns:
        The table; None where the file cannot be one, or the store cannot be written.

    Raises:
        InvalidResponseError: The file came damaged or in part.
    """
    request = requests.csv(pinned.data_set.id, pinned.version.version)
    try:
        with (
            workspace(shelf.folder) as folder,
            saving(folder / "data.csv", progress=False, url=request.path) as saved,
        ):
            response: Response = yield Receive(request=request, sink=saved)
            kept: Kept | None = yield Work(call=partial(_take, pinned, shelf, saved, response))
    except OSError as error:
        # errors of connections are ours, and OSErrors too
        if isinstance(error, EESError):
            raise
        warn(f"the store {shelf.folder} cannot be written, so the data file is not kept: {error}", StoreWarning)
        return None
    return kept


def _take(pinned: Pinned, shelf: Shelf, saved: Saving, response: Response) -> Kept | None:
    saved.finish()
    return shelf.take(pinned, saved.path, response)
