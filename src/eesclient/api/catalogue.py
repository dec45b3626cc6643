"""What the addresses of the catalogue answer, as far as it is used; what else they say is ignored."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar

import attrs

from .._guid import GUID
from ..errors import (
    AmbiguousLabelError,
    CatalogueError,
    OfflineError,
    QueryError,
    RequestError,
    StatusError,
    UnknownLabelError,
)
from ..models.catalogue import CatalogueChange, EntryFacts, FileDetails, Variable
from ..models.data_sets import Page, TimePeriodRange
from ..models.enums import LEVEL_BY_LABEL, GeographicLevel
from ..models.names import (
    Entry,
    NameIndex,
    fold,
    listed,
)
from . import operations, requests
from .messages import Item, Listing, Request, Response
from .operations import Operation, ResolvedVersion
from .problems import raise_for


@attrs.frozen(kw_only=True)
class Named:
    """Something with an id and a title."""

    id: str = ""
    title: str = ""
    slug: str = ""


@attrs.frozen(kw_only=True)
class Publication(Named):
    """A publication in the tree, or of a release."""

    theme_title: str = ""


@attrs.frozen(kw_only=True)
class Theme(Named):
    """A theme with its publications."""

    publications: tuple[Publication, ...] = ()


@attrs.frozen(kw_only=True)
class Api:
    """Where a data set is in the API."""

    id: str
    version: str


@attrs.frozen(kw_only=True)
class Range:
    """First and last time period, as labels."""

    start: str | None = attrs.field(default=None, metadata={"wire": "from"})
    end: str | None = attrs.field(default=None, metadata={"wire": "to"})


@attrs.frozen(kw_only=True)
class Contents:
    """What a file holds."""

    num_data_file_rows: int | None = None
    geographic_levels: tuple[str, ...] = ()
    time_period_range: Range = Range()
    filters: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Summary:
    """A file in a list."""

    id: str
    title: str
    content: str = ""
    filename: str = ""
    file_size: str = ""
    theme: Named = Named()
    publication: Publication = Publication()
    release: Named = Named()
    latest_data: bool = True
    is_superseded: bool = False
    published: datetime | None = None
    last_updated: datetime | None = None
    meta: Contents = Contents()
    api: Api | None = None

    def facts(self, site: str) -> EntryFacts:
        """As an entry, whose page is on that site."""
        return EntryFacts(
            **_contents(self.meta),
            **_where(self, site),
            summary=self.content,
            publication=self.publication.title,
            publication_id=self.publication.id,
            release=self.release.title,
            release_slug=self.release.slug,
            theme=self.theme.title,
            file_name=self.filename,
            file_size=self.file_size,
            published=self.published,
            last_updated=self.last_updated,
            latest=self.latest_data,
            superseded=self.is_superseded,
        )


@attrs.frozen(kw_only=True)
class WireVariable:
    """A column."""

    label: str
    value: str


@attrs.frozen(kw_only=True)
class Preview:
    """The first lines of a file."""

    headers: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class File:
    """The file itself."""

    name: str = ""
    size: str = ""
    meta: Contents = Contents()
    variables: tuple[WireVariable, ...] = ()
    data_csv_preview: Preview = Preview()


@attrs.frozen(kw_only=True)
class Release(Named):
    """The release of a file."""

    is_latest_published_release: bool = True
    is_superseded: bool = False
    published: datetime | None = None
    last_updated: datetime | None = None
    publication: Publication = Publication()


@attrs.frozen(kw_only=True)
class Footnote:
    """A footnote."""

    label: str


@attrs.frozen(kw_only=True)
class DataSetFile:
    """All that is said of one file."""

    id: str
    title: str
    summary: str = ""
    file: File
    release: Release
    footnotes: tuple[Footnote, ...] = ()
    api: Api | None = None

    def details(self, site: str) -> FileDetails:
        """As details of an entry, whose page is on that site."""
        return FileDetails(
            facts=self._facts(site),
            variables=tuple(Variable(column=one.value, label=one.label) for one in self.file.variables),
            footnotes=tuple(one.label for one in self.footnotes),
            headers=self.file.data_csv_preview.headers,
        )

    def _facts(self, site: str) -> EntryFacts:
        release = self.release
        return EntryFacts(
            **_contents(self.file.meta),
            **_where(self, site),
            summary=self.summary,
            publication=release.publication.title,
            publication_id=release.publication.id,
            release=release.title,
            release_slug=release.slug,
            theme=release.publication.theme_title,
            file_name=self.file.name,
            file_size=self.file.size,
            published=release.published,
            last_updated=release.last_updated,
            latest=release.is_latest_published_release,
            superseded=release.is_superseded,
        )


@attrs.frozen(kw_only=True)
class SitemapItem:
    """A file, and when it changed."""

    id: str
    last_modified: datetime | None = None


def _contents(meta: Contents) -> dict[str, Any]:
    start, end = meta.time_period_range.start, meta.time_period_range.end
    return {
        "levels": meta.geographic_levels,
        "periods": TimePeriodRange(start=start, end=end) if start is not None and end is not None else None,
        "filters": meta.filters,
        "indicators": meta.indicators,
        "rows": meta.num_data_file_rows,
    }


def _where(item: Summary | DataSetFile, site: str) -> dict[str, Any]:
    return {
        "id": item.id.lower(),
        "title": item.title,
        "api_id": item.api.id if item.api else None,
        "api_version": item.api.version if item.api else None,
        "url": f"{site}/data-catalogue/data-set/{item.id.lower()}" if site else "",
    }


T = TypeVar("T")

_GUID = re.compile(GUID, re.IGNORECASE)
_LARGEST_PAGE = 40
SHORTEST_SEARCH = 3
"""Characters that a search has at least."""


def file_guid(text: str) -> str:
    """The id of a file, out of itself or the address of its page.

    Raises:
        QueryError: There is none in the text.
    """
    found = _GUID.search(text)
    if found is None or (len(text.strip()) != len(found[0]) and "data-set" not in text):
        raise QueryError(
            f"{text!r} names no data set of the catalogue: give its id, a GUID, or the address of its page; "
            "client.catalogue.search(...) finds both"
        )
    return found[0].lower()


def files(**params: str) -> Request:
    """The first page of the files that fit."""
    fixed = (("page", "1"), ("pageSize", str(_LARGEST_PAGE)))
    return Request(method="GET", host="content", path="/data-set-files", params=(*fixed, *params.items()))


def file(file_id: str, *, kept: bool = False) -> Request:
    """All that is said of a file."""
    return Request(method="GET", host="content", path=f"/data-set-files/{file_id}", kept=kept)


def changes() -> Request:
    """When each current file was changed."""
    return Request(method="GET", host="content", path="/data-set-files/sitemap-items")


def tree() -> Request:
    """Themes with their publications."""
    return Request(method="GET", host="content", path="/publications/tree", params=(("filter", "DataCatalogue"),))


def themes() -> Request:
    """Themes with their slugs."""
    return Request(method="GET", host="content", path="/themes")


def data(file_id: str, *, sha256: str | None = None) -> Request:
    """The file itself, by the address that its page shows."""
    return Request(method="GET", host="site", path=f"/data-catalogue/data-set/{file_id}/csv", sha256=sha256)


def fetch(request: Request, type_: type[T]) -> Operation[T]:
    """Ask, and read the answer as that type.

    Raises:
        CatalogueError: There is no usable answer.
    """
    with softly(request):
        return (yield from operations.fetch(request, type_))


def fetch_file(request: Request) -> Operation[Response]:
    """Ask for a file.

    Raises:
        CatalogueError: There is no usable answer.
    """
    with softly(request):
        response = yield request
        raise_for(request, response)
    if not response.body or response.body.lstrip()[:1] == b"<":
        what = "a page" if response.body else "nothing"
        raise CatalogueError(
            _says(request, f"a CSV file was expected, and {what} came"), method=request.method, url=response.url
        )
    return response  # type: ignore[no-any-return]


@contextmanager
def softly(request: Request) -> Iterator[None]:
    """What goes wrong inside is said to be the catalogue's."""
    try:
        yield
    except (OfflineError, CatalogueError):
        raise
    except RequestError as error:
        missing = isinstance(error, StatusError) and error.status == 404
        what = "there is no such file any more, or never was" if missing else str(error)
        raise CatalogueError(_says(request, what), method=error.method, url=error.url) from error


def _says(request: Request, what: str) -> str:
    return (
        f"the data catalogue does not answer as expected at {request.path} (of its {request.host}): {what}. This "
        "address is unofficial, not part of the API, and may have changed; client.data_sets(search=...) and "
        "client.open(...) ask the API alone, and EES_CONTENT_URL and EES_SITE_URL say where the catalogue is"
    )


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
    if words is not None and len(words) < SHORTEST_SEARCH:
        raise QueryError(f"{text!r} is too short: search for {SHORTEST_SEARCH} characters or more, or None")
    params = {"latestOnly": "true" if latest_only else "false", "dataSetType": "Api" if in_api else "All"}
    if theme is not None:
        params["themeId"] = (yield from _theme(theme)).id
    if publication is not None:
        params["publicationId"] = (yield from _publication(publication)).id
    if level is not None:
        params["geographicLevel"] = str(_level(level))
    order = {"sort": "Published"} if words is None else {"searchTerm": words, "sort": "Relevance"}
    request: Request | None = files(**params, **order, sortDirection="Desc")
    seen: set[str] = set()
    while request is not None:
        page = yield from fetch(request, Page[Summary])
        for item in page.results:
            # pages may overlap when something is published meanwhile
            if item.id not in seen and (in_api is not False or item.api is None):
                seen.add(item.id)
                yield Item(value=make(item.facts(site)))
        request = requests.next_page(request, page)


def details(file_id: str, *, site: str, kept: bool = False) -> Operation[FileDetails]:
    """All that is said of one file.

    Raises:
        CatalogueError: There is no such file, or no usable answer.
    """
    found = yield from fetch(file(file_id, kept=kept), DataSetFile)
    return found.details(site)


def details_of(pinned: ResolvedVersion, *, site: str) -> Operation[FileDetails]:
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


def latest(publication: str, title: str, *, site: str) -> Operation[EntryFacts]:
    """The entry of the latest release with that title.

    Raises:
        UnknownLabelError: There is no such publication, or none of that title in it.
        AmbiguousLabelError: Several have the title.
    """
    of = yield from _publication(publication)
    known = yield from _current(of.id, site)
    entries = [Entry(thing=one, labels=(one.title,), ids=(one.id,)) for one in known]
    return _named(f"data set of {of.title!r}", title, NameIndex(entries))


def newer(facts: EntryFacts, *, site: str) -> Operation[tuple[EntryFacts, ...]]:
    """What the latest release of the same publication has under the same title; nothing where it is that itself."""
    if not facts.publication_id:
        return ()
    known = yield from _current(facts.publication_id, site)
    return tuple(one for one in known if fold(one.title) == fold(facts.title) and one.id != facts.id)


def changed_since(moment: datetime) -> Listing[CatalogueChange]:
    """The current files that were changed at or after a moment, newest first."""
    found = yield from fetch(changes(), tuple[SitemapItem, ...])
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


def _current(publication_id: str, site: str) -> Operation[list[EntryFacts]]:
    request: Request | None = files(
        latestOnly="true", dataSetType="All", publicationId=publication_id, sort="Title", sortDirection="Asc"
    )
    found: dict[str, EntryFacts] = {}
    while request is not None:
        page = yield from fetch(request, Page[Summary])
        found |= {item.id: item.facts(site) for item in page.results}
        request = requests.next_page(request, page)
    return list(found.values())


def _theme(name: str) -> Operation[Named]:
    known = yield from fetch(themes(), tuple[Named, ...])
    return _named("theme", name, _index(known))


def _publication(name: str) -> Operation[Publication]:
    themes = yield from fetch(tree(), tuple[Theme, ...])
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
