"""Lists over all publications, those of each side by side."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

import attrs

from ..models.data_sets import DataSet
from ..models.progress import Progress
from . import requests
from .messages import Flow, Item, Listing, Operation, Together
from .operations import Paging

if TYPE_CHECKING:
    from ..models.answers import Publication

T = TypeVar("T")


def all_data_sets(
    own: frozenset[str] = frozenset(), *, most: int | None = None
) -> Flow[list[tuple[Publication, DataSet]]]:
    """All data sets of the API with their publications, each once; nothing where that takes so many requests or more.

    What the lists say of the data sets `own` is remembered as the answers about these.
    """
    from ..models.answers import Publication

    pages = Paging(requests.publications(), Publication, what="publications")
    publications = yield from pages.next_items()
    # one request for each publication, or more, and those for the rest of their list
    if most is not None and pages.total + (pages.total - 1) // max(1, len(publications)) >= most:
        return []
    publications += yield from pages.all_items()
    lists = yield from lists_of([publication.id for publication in publications], own)
    known: dict[str, tuple[Publication, DataSet]] = {}
    for publication, listed in zip(publications, lists, strict=True):
        for data_set in listed:
            known.setdefault(data_set.id, (publication, data_set))
    return list(known.values())


def lists_of(publication_ids: Iterable[str], own: frozenset[str] = frozenset()) -> Flow[list[list[DataSet]]]:
    """The data sets of each publication."""
    flows = tuple(_data_sets(id_, own) for id_ in publication_ids)
    counts = Progress(what="publications", name="data sets of the API", total=len(flows))
    lists: list[list[DataSet]] = yield Together(flows=flows, counts=counts)
    return lists


def _data_sets(publication_id: str, own: frozenset[str]) -> Operation[list[DataSet]]:

    request = attrs.evolve(requests.data_sets(publication_id), own=own)
    return (yield from Paging(request, DataSet, what="data sets").all_items())


def collected(listing: Listing[T]) -> Operation[list[T]]:
    """All items of a listing at once."""
    found: list[T] = []
    step = next(listing, None)
    while step is not None:
        if isinstance(step, Item):
            found.append(step.value)
            step = next(listing, None)
            continue
        answer = yield step
        try:
            step = listing.send(answer)
        except StopIteration:
            return found
    return found
