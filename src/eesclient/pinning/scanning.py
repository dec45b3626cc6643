"""All rows of a version as a lazy frame over a stored table."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ..http import answers
from ..http.answers import Asked, How
from ..http.flows import Pinned
from ..http.messages import Flow, Work
from .asking import check_readable, kept_in, read
from .fetching import fetched
from .shelf import Kept, Shelf
from .working import Spare

if TYPE_CHECKING:
    import polars as pl


def scan(pinned: Pinned, asked: Asked, *, shelf: Shelf | None, spare: Spare) -> Flow[pl.LazyFrame]:
    """The whole data set as a lazy frame, over the store's table, which is made first where there is none.

    Args:
        pinned: The version.
        asked: Who is asked, and when.
        shelf: Tables of the client's store.
        spare: What is written to where there is no such store, or it is only read.

    Raises:
        WithdrawnError: The version was withdrawn.
        InvalidResponseError: The file has fewer rows than the version.
    """
    check_readable(pinned, How())
    kept = yield from kept_in(pinned, shelf)
    # drafts never reach the disk
    if kept is None and not pinned.version.status.is_draft:
        kept = yield from _made(pinned, shelf, spare)
    if kept is not None:
        frame: pl.LazyFrame = yield Work(call=partial(_scanned, pinned, kept))
        return frame
    result = yield from read(pinned, asked, shelf=shelf)
    return result.frame.lazy()


def _made(pinned: Pinned, shelf: Shelf | None, spare: Spare) -> Flow[Kept | None]:
    if shelf is not None and shelf.takes(pinned):
        return (yield from fetched(pinned, shelf))
    instead: Shelf = yield Work(call=spare.shelf)
    kept = yield from kept_in(pinned, instead)
    return kept or (yield from fetched(pinned, instead))


def _scanned(pinned: Pinned, kept: Kept) -> pl.LazyFrame:
    from ..frames.result import warn_of_whole

    query = answers.whole(pinned)
    about = kept.table.about
    warn_of_whole(query, rows=about.rows, ambiguous=about.ambiguous, fractions=about.fractions)
    return kept.table.scan(query)
