"""Finding files of the catalogue. Nothing here sends, sleeps, reads files or looks at the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time
from typing import TypeVar

from ..errors import AmbiguousLabelError, CatalogueError, QueryError, UnknownLabelError
from ..http import requests
from ..http.flows import Asking, Pinned
from ..http.messages import Item, Listing, Request
from ..models.catalogue import CatalogueChange, EntryFacts, FileDetails
from ..models.levels import LEVEL_BY_LABEL, GeographicLevel
from ..models.names import Entry, NameIndex, fold, listed
from ..models.paging import Page
from . import addresses
from .wire import DataSetFile, Named, Publication, SitemapItem, Summary, Theme

E = TypeVar("E")
N = TypeVar("N", bound=Named)

Make = Callable[[EntryFacts], E]
"""Makes what a shell shows of an entry."""


def search(
    text: str | None,
    *,
    theme: str | None,
    publication: str | None,
    level: str | GeographicLevel | None,
    in_api: bool | None,
    latest_only: bool,
    site: str,
    make: Make[E],
) -> Listing[E]:
    """Entries over all data sets; pages are asked for as they are consumed."""
    words = None if text is None else text.strip()
    if words is not None and len(words) < addresses.SHORTEST_SEARCH:
        raise QueryError(f"{text!r} is too short: search for {addresses.SHORTEST_SEARCH} characters or more, or None")
    params = {"latestOnly": "true" if latest_only else "false", "dataSetType": "Api" if in_api else "All"}
    if theme is not None:
        params["themeId"] = (yield from _theme(theme)).id
    if publication is not None:
        params["publicationId"] = (yield from _publication(publication)).id
    if level is not None:
        params["geographicLevel"] = str(_level(level))
    order = {"sort": "Published"} if words is None else {"searchTerm": words, "sort": "Relevance"}
    request: Request | None = addresses.files(**params, **order, sortDirection="Desc")
    seen: set[str] = set()
    while request is not None:
        page = yield from addresses.fetch(request, Page[Summary])
        for item in page.results:
            # pages may overlap when something is published meanwhile
            if item.id not in seen and (in_api is not False or item.api is None):
                seen.add(item.id)
                yield Item(value=make(item.facts(site)))
        request = requests.next_page(request, page)


def details(file_id: str, *, site: str, kept: bool = False) -> Asking[FileDetails]:
    """All that is said of one file.

    Raises:
        CatalogueError: There is no such file, or no usable answer.
    """
    found = yield from addresses.fetch(addresses.file(file_id, kept=kept), DataSetFile)
    return found.details(site)


def details_of(pinned: Pinned, *, site: str) -> Asking[FileDetails]:
    """What is said of the file of a version of the API, whose id is that of the catalogue.

    Raises:
        CatalogueError: The version names no file, or there is no usable answer.
    """
    file = pinned.version.file
    if file is None:
        raise CatalogueError(
            f"the service names no file of version {pinned.version.version} of {pinned.data_set.title!r}, by which the "
            "data catalogue would know it"
        )
    return (yield from details(file.id.lower(), site=site))


def latest(publication: str, title: str, *, site: str) -> Asking[EntryFacts]:
    """The entry of the latest release with that title.

    Raises:
        UnknownLabelError: There is no such publication, or none of that title in it.
        AmbiguousLabelError: Several have the title.
    """
    of = yield from _publication(publication)
    known = yield from _current(of.id, site)
    entries = [Entry(thing=one, labels=(one.title,), ids=(one.id,)) for one in known]
    return _named(f"data set of {of.title!r}", title, NameIndex(entries))


def newer(facts: EntryFacts, *, site: str) -> Asking[tuple[EntryFacts, ...]]:
    """What the latest release of the same publication has under the same title; nothing where it is that itself."""
    if not facts.publication_id:
        return ()
    known = yield from _current(facts.publication_id, site)
    return tuple(one for one in known if fold(one.title) == fold(facts.title) and one.id != facts.id)


def changed_since(moment: datetime) -> Listing[CatalogueChange]:
    """The current files that were changed at or after a moment, newest first."""
    found = yield from addresses.fetch(addresses.changes(), tuple[SitemapItem, ...])
    changed = [
        CatalogueChange(id=item.id.lower(), changed=item.last_modified)
        for item in found
        if item.last_modified is not None and item.last_modified >= moment
    ]
    for item in sorted(changed, key=lambda one: (one.changed, one.id), reverse=True):
        yield Item(value=item)


def moment_of(since: str | date | datetime) -> datetime:
    """The moment that is meant; of a day its beginning, in UTC where nothing else is said.

    Raises:
        QueryError: The text is no date.
    """
    try:
        found = datetime.fromisoformat(since) if isinstance(since, str) else since
    except ValueError:
        raise QueryError(f'{since!r} is no date: write one such as "2026-03-01"') from None
    if not isinstance(found, datetime):
        found = datetime.combine(found, time())
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _current(publication_id: str, site: str) -> Asking[list[EntryFacts]]:
    request: Request | None = addresses.files(
        latestOnly="true", dataSetType="All", publicationId=publication_id, sort="Title", sortDirection="Asc"
    )
    found: dict[str, EntryFacts] = {}
    while request is not None:
        page = yield from addresses.fetch(request, Page[Summary])
        found |= {item.id: item.facts(site) for item in page.results}
        request = requests.next_page(request, page)
    return list(found.values())


def _theme(name: str) -> Asking[Named]:
    known = yield from addresses.fetch(addresses.themes(), tuple[Named, ...])
    return _named("theme", name, _index(known))


def _publication(name: str) -> Asking[Publication]:
    themes = yield from addresses.fetch(addresses.tree(), tuple[Theme, ...])
    known = {one.id: one for theme in themes for one in theme.publications}
    return _named("publication", name, _index(known.values()))


def _index(known: Iterable[N]) -> NameIndex[N]:
    return NameIndex(
        Entry(thing=one, labels=(one.title, one.slug) if one.slug else (one.title,), ids=(one.id,), shown=one.title)
        for one in known
    )


def _level(name: str | GeographicLevel) -> GeographicLevel:
    levels = [
        Entry(thing=level, labels=(label, str(level)), shown=label) for label, level in sorted(LEVEL_BY_LABEL.items())
    ]
    return _named("geographic level", str(name), NameIndex(levels))


def _named(kind: str, name: str, index: NameIndex[E]) -> E:
    found = index.find(name.strip())
    if len(found) == 1:
        return found[0].thing
    if found:
        shown = [entry.shown or entry.labels[0] for entry in found]
        ids = ", ".join(entry.ids[0] for entry in found if entry.ids)
        raise AmbiguousLabelError(f"{name!r} fits several: {listed(shown)} ({ids}); give one id", candidates=shown)
    nearest = listed(index.nearest(name)) or "none there is"
    raise UnknownLabelError(f"the catalogue has no {kind} {name!r}; the nearest: {nearest}", unknown=(name,))
