"""The data catalogue's unofficial addresses: what they answer, as far as it is used, and what is asked of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar

import attrs

from .._classes import frozen
from ..errors import AmbiguousLabelError, CatalogueError, OfflineError, QueryError, RequestError, UnknownLabelError
from ..models.data_sets import TimePeriodRange
from ..models.entries import CatalogueChange, EntryFacts, FileDetails, Variable
from ..models.enums import LEVEL_BY_LABEL, GeographicLevel
from ..models.names import ANY_GUID, Entry, NameIndex, fold, listed, name_of
from . import operations
from .messages import Item, Listing, Operation, Request, Response
from .operations import Paging
from .problems import raise_for
from .resolved import ResolvedVersion

T = TypeVar("T")
E = TypeVar("E")


@frozen(kw_only=True)
class Named:
    """A theme or publication."""

    id: str = ""
    title: str = ""
    slug: str = ""


@frozen(kw_only=True)
class Theme(Named):
    """A theme with its publications."""

    publications: tuple[Named, ...] = ()


def _at(path: str, default: Any = "") -> Any:
    """An attribute whose member is at a path."""
    return attrs.field(default=default, metadata={"wire": path})


@frozen(kw_only=True)
class Summary:
    """A file in a list; its attributes are those of an entry."""

    id: str
    title: str
    summary: str = _at("content")
    publication: str = _at("publication.title")
    publication_id: str = _at("publication.id")
    release: str = _at("release.title")
    release_slug: str = _at("release.slug")
    theme: str = _at("theme.title")
    levels: tuple[str, ...] = _at("meta.geographicLevels", ())
    start: str | None = _at("meta.timePeriodRange.from", None)
    end: str | None = _at("meta.timePeriodRange.to", None)
    filters: tuple[str, ...] = _at("meta.filters", ())
    indicators: tuple[str, ...] = _at("meta.indicators", ())
    rows: int | None = _at("meta.numDataFileRows", None)
    file_name: str = _at("filename")
    file_size: str = ""
    published: datetime | None = None
    last_updated: datetime | None = None
    latest: bool = _at("latestData", True)
    superseded: bool = _at("isSuperseded", False)
    api_id: str | None = _at("api.id", None)
    api_version: str | None = _at("api.version", None)

    def facts(self, site: str) -> EntryFacts:
        """As an entry, whose page is on that site."""
        said: dict[str, Any] = {
            field.name: getattr(self, field.name, field.default) for field in attrs.fields(EntryFacts)
        }
        said["id"] = id_ = self.id.lower()
        said["url"] = f"{site}/data-catalogue/data-set/{id_}" if site else ""
        if self.start is not None and self.end is not None:
            said["periods"] = TimePeriodRange(start=self.start, end=self.end)
        return EntryFacts(**said)


@frozen(kw_only=True)
class Footnote:
    """A footnote."""

    label: str


@frozen(kw_only=True)
class DataSetFile(Summary):
    """All that is said of one file, at other places than in a list."""

    summary: str = ""
    publication: str = _at("release.publication.title")
    publication_id: str = _at("release.publication.id")
    release: str = _at("release.title", attrs.NOTHING)
    theme: str = _at("release.publication.themeTitle")
    levels: tuple[str, ...] = _at("file.meta.geographicLevels", ())
    start: str | None = _at("file.meta.timePeriodRange.from", None)
    end: str | None = _at("file.meta.timePeriodRange.to", None)
    filters: tuple[str, ...] = _at("file.meta.filters", ())
    indicators: tuple[str, ...] = _at("file.meta.indicators", ())
    rows: int | None = _at("file.meta.numDataFileRows", None)
    file_name: str = _at("file.name", attrs.NOTHING)
    file_size: str = _at("file.size")
    published: datetime | None = attrs.field(default=None, metadata={"wire": "release.published"})
    last_updated: datetime | None = attrs.field(default=None, metadata={"wire": "release.lastUpdated"})
    latest: bool = _at("release.isLatestPublishedRelease", True)
    superseded: bool = _at("release.isSuperseded", False)
    variables: tuple[Variable, ...] = _at("file.variables", ())
    headers: tuple[str, ...] = _at("file.dataCsvPreview.headers", ())
    footnotes: tuple[Footnote, ...] = ()

    def details(self, site: str) -> FileDetails:
        """As details of an entry, whose page is on that site."""
        footnotes = tuple(footnote.label for footnote in self.footnotes)
        facts = self.facts(site)
        return FileDetails(facts=facts, variables=self.variables, footnotes=footnotes, headers=self.headers)


@frozen(kw_only=True)
class SitemapItem:
    """A file, and when it changed."""

    id: str
    last_modified: datetime | None = None


N = TypeVar("N", Named, EntryFacts)


def file_guid(text: str) -> str:
    """The id of a file, out of itself or the address of its page."""
    match = ANY_GUID.search(text)
    if match is None or (len(text.strip()) != len(match[0]) and "data-set" not in text):
        raise QueryError(
            f"{text!r} names no data set of the catalogue: give its id, a GUID, or the address of its page; "
            "client.catalogue.search(...) finds both"
        )
    return match[0].lower()


def content(path: str, **params: str) -> Request:
    """A request to the interface of the web site."""
    return Request(method="GET", host="content", path=path, params=tuple(params.items()))


def files(**params: str) -> Paging[Summary]:
    """The files that fit."""
    # the largest pages that there are
    request = content("/data-set-files", page="1", pageSize="40", **params)
    return Paging(request, Summary, what="files")


def data(file_id: str, *, sha256: str | None = None) -> Request:
    """The file itself, by the address that its page shows."""
    return Request(method="GET", host="site", path=f"/data-catalogue/data-set/{file_id}/csv", sha256=sha256)


def fetch(request: Request, type_: type[T], about: str | None = None) -> Operation[T]:
    """Ask, and read the answer as that type; with `about`, only that of the file with that id."""
    with catalogue_errors(request):
        return (yield from operations.fetch(request, type_, about))


def fetch_file(request: Request) -> Operation[Response]:
    """Ask for a file."""
    with catalogue_errors(request):
        response: Response = yield request
        raise_for(request, response)
    # a web site may answer with a page of its own where the file should be
    if not response.body or response.body.lstrip()[:1] == b"<":
        came = "a page" if response.body else "nothing"
        raise _error(request, f"a CSV file was expected, and {came} came", request.method, response.url)
    return response


@contextmanager
def catalogue_errors(request: Request) -> Iterator[None]:
    """Say of what goes wrong inside that it is the catalogue's."""
    try:
        yield
    except (OfflineError, CatalogueError):
        raise
    except RequestError as error:
        raise _error(request, str(error), error.method, error.url) from error


def _error(request: Request, what: str, method: str, url: str) -> CatalogueError:
    return CatalogueError(
        f"the data catalogue does not answer as expected at {request.path} (of its {request.host}): {what}. This "
        "address is unofficial, not part of the API, and may have changed; client.data_sets(search=...) and "
        "client.open(...) ask the API alone, and EES_CONTENT_URL and EES_SITE_URL say where the catalogue is",
        method=method,
        url=url,
    )


def search(
    text: str | None,
    *,
    theme: str | None,
    publication: str | None,
    level: str | GeographicLevel | None,
    in_api: bool | None,
    latest_only: bool,
    site: str,
    make: Callable[[EntryFacts], E],
) -> Listing[E]:
    """Entries over all data sets; pages are asked for as they are consumed."""
    words = None if text is None else name_of(text, "text=", "words to search for").strip()
    # the service refuses shorter ones
    if words is not None and len(words) < 3:
        raise QueryError(f"{text!r} is too short: search for 3 characters or more, or None")
    params = {"latestOnly": "true" if latest_only else "false", "dataSetType": "Api" if in_api else "All"}
    if theme is not None:
        params["themeId"] = _find("theme", theme, (yield from fetch(content("/themes"), tuple[Named, ...]))).id
    if publication is not None:
        params["publicationId"] = (yield from _publication(publication)).id
    if level is not None:
        # a level is sent by its code, and may be named by its label
        levels = [Named(id=str(code), title=label, slug=str(code)) for label, code in sorted(LEVEL_BY_LABEL.items())]
        params["geographicLevel"] = _find("geographic level", str(level), levels).id
    # relevance is refused where there are no words
    order = {"sort": "Published"} if words is None else {"searchTerm": words, "sort": "Relevance"}
    pages = files(**params, **order, sortDirection="Desc")
    while pages.request:
        with catalogue_errors(pages.request):
            items = yield from pages.next_items()
        for item in items:
            # the service lists files in the API or all of them, and not those outside it alone
            if in_api is not False or item.api_id is None:
                yield Item(value=make(item.facts(site)))


def details(file_id: str, *, site: str, kept: bool = False) -> Operation[FileDetails]:
    """All that is said of one file."""
    request = attrs.evolve(content(f"/data-set-files/{file_id}"), kept=kept)
    return (yield from fetch(request, DataSetFile, file_id)).details(site)


def details_of(pinned: ResolvedVersion, *, site: str) -> Operation[FileDetails]:
    """All that is said of the file of a version of the API, whose id is that of the catalogue."""
    file = pinned.version.file
    if file is None:
        raise CatalogueError(
            f"the service names no file of version {pinned.version.version} of {pinned.data_set.title!r}, by which the "
            "data catalogue would know it"
        )
    return (yield from details(file.id.lower(), site=site))


def latest(publication: str, title: str, *, site: str) -> Operation[EntryFacts]:
    """The entry of the latest release with that title."""
    of = yield from _publication(publication)
    return _find(f"data set of {of.title!r}", title, (yield from _current(of.id, site)))


def newer(facts: EntryFacts, *, site: str) -> Operation[tuple[EntryFacts, ...]]:
    """The entries of the latest release of the same publication with the same title, itself left out."""
    if not facts.publication_id:
        return ()
    known = yield from _current(facts.publication_id, site)
    return tuple(one for one in known if fold(one.title) == fold(facts.title) and one.id != facts.id)


def changed_since(moment: datetime) -> Listing[CatalogueChange]:
    """The current files that were changed at or after a moment, newest first."""
    items = yield from feed()
    changes = [(item.last_modified, item.id.lower()) for item in items if item.last_modified is not None]
    for changed, id_ in sorted(changes, reverse=True):
        if changed >= moment:
            yield Item(value=CatalogueChange(id=id_, changed=changed))


def moment_of(since: str | date | datetime) -> datetime:
    """The moment that is meant; of a day its beginning, in UTC where nothing else is said."""
    try:
        moment = datetime.fromisoformat(since) if isinstance(since, str) else since
    except ValueError:
        raise QueryError(f'{since!r} is not a date: write one such as "2026-03-01"') from None
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def publications_of(publication: str | None, theme: str | None) -> Operation[tuple[Named, ...]]:
    """The publication of that name, and those of a theme; of both, those that are both."""
    themes = yield from fetch(content("/publications/tree", filter="DataCatalogue"), tuple[Theme, ...])
    if theme is not None:
        found = _find("theme", theme, [Named(id=one.id, title=one.title, slug=one.slug) for one in themes])
        themes = tuple(one for one in themes if one.id == found.id)
    known = {one.id: one for of in themes for one in of.publications}
    return tuple(known.values()) if publication is None else (_find("publication", publication, known.values()),)


def feed() -> Operation[tuple[SitemapItem, ...]]:
    """Every current file, and when it changed: one cheap request."""
    return (yield from fetch(content("/data-set-files/sitemap-items"), tuple[SitemapItem, ...]))


def _current(publication_id: str, site: str) -> Operation[list[EntryFacts]]:
    pages = files(latestOnly="true", dataSetType="All", publicationId=publication_id, sort="Title", sortDirection="Asc")
    with catalogue_errors(content("/data-set-files")):
        return [item.facts(site) for item in (yield from pages.all_items())]


def _publication(name: str) -> Operation[Named]:
    themes = yield from fetch(content("/publications/tree", filter="DataCatalogue"), tuple[Theme, ...])
    known = {publication.id: publication for theme in themes for publication in theme.publications}
    return _find("publication", name, known.values())


def _find(kind: str, name: str, known: Iterable[N]) -> N:
    # entries have no slug
    labels = ((one, [label for label in (one.title, getattr(one, "slug", "")) if label]) for one in known)
    index = NameIndex(Entry(thing=one, labels=tuple(names), ids=(one.id,)) for one, names in labels)
    found = index.find(name.strip())
    if len(found) == 1:
        return found[0].thing
    if found:
        titles = [entry.thing.title for entry in found]
        ids = ", ".join(entry.thing.id for entry in found)
        raise AmbiguousLabelError(f"{name!r} fits several: {listed(titles)} ({ids}); give one id", candidates=titles)
    nearest = listed(index.nearest(name)) or "none there is"
    raise UnknownLabelError(f"the catalogue has no {kind} {name!r}; the nearest: {nearest}", unknown=(name,))
