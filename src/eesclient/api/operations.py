"""The operations of the API, one generator for each; an answer is what it is: read, and about what was asked.

Nothing here sends, sleeps, reads files or looks at the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, cast, get_args

import attrs

from .._classes import define
from ..errors import (
    EESWarning,
    IncompleteListWarning,
    InvalidResponseError,
    OfflineError,
    QueryError,
    StoreError,
    VersionNotFoundError,
    warn,
)
from ..models.data_sets import DataSet, DataSetVersion
from ..models.enums import MetaType
from ..models.meta import Meta, location_columns
from ..models.names import fold, listed, name_of
from ..models.versions import Version, VersionRange, fits, parse_version
from . import requests
from .json import from_json
from .messages import Item, Listing, Operation, Request, Response
from .notices import notices
from .problems import raise_for, refused
from .requests import check_page, next_page
from .resolved import ResolvedVersion, Withdrawn

if TYPE_CHECKING:
    from ..models.answers import Page, Publication
    from ..models.changes import Changes

T = TypeVar("T")

VersionLike: TypeAlias = str | Version | VersionRange
"""An exact version or a range, as text or parsed."""

About: TypeAlias = str | Version | VersionRange | None
"""The id, version or range of versions that an answer has to be about; None where it does not say."""


def ask(request: Request, read: Callable[[Request, Response], T]) -> Operation[T]:
    """Ask, and read the answer; one that was remembered and cannot be read is set aside, and the service asked."""
    while True:
        response = yield request
        raise_for(request, response)
        try:
            return read(request, response)
        except InvalidResponseError as error:
            require_stored(response, error)
            request = attrs.evolve(request, fresh=True)


def require_stored(response: Response | None, error: InvalidResponseError) -> None:
    """Raise the error of an answer that was read in vain, unless it was remembered, and the service can be asked."""
    if response is None or not response.stored:
        raise error
    if response.advice:
        raise StoreError(f"{error}{response.advice}", path=response.url) from error


def fetch(request: Request, type_: type[T], about: About = None) -> Operation[T]:
    """Ask, and read the answer as that type."""
    return (yield from ask(request, partial(read_as, type_, about)))


def read_as(type_: type[T], about: About, request: Request, response: Response) -> T:
    """Read an answer as that type; one about something else than what was asked for is refused.

    Metadata says neither its data set nor its version, and a version not its data set: these are taken on trust, but
    for the names in metadata, which `operations.pin` compares with those that its version has.
    """
    found = from_json(response.body, type_, url=response.url, method=request.method)
    came: Any = getattr(found, "id" if isinstance(about, str) else "version", None)
    is_it = about is None or (came.lower() == about if isinstance(about, str) else fits(came, about))
    problem = "" if is_it else f"{about} was asked for, and the answer is about {came}"
    if isinstance(found, Meta):
        # a level stands twice where the data file writes it in two ways
        found = attrs.evolve(found, levels=tuple(dict.fromkeys(found.levels)))
        if repeated := _repeated(found):
            problem = f"the metadata has {repeated} twice"
    if problem:
        raise refused(problem, request, response)
    return found


def _repeated(meta: Meta) -> str:
    """Words for the first thing that is there more than once, where ids or codes would not tell; "" mostly."""
    ids: dict[str, Sequence[str | None]] = {
        "filter": [filter_.id for filter_ in meta.filters],
        "filter column": [filter_.column for filter_ in meta.filters],
        "indicator": [indicator.id for indicator in meta.indicators],
        "indicator column": [indicator.column for indicator in meta.indicators],
        "level": [str(level.code) for level in meta.levels],
        "level of locations": [str(group.level.code) for group in meta.locations],
        "time period": [f"{period.period} {period.code}" for period in meta.periods],
        **{f"option of {one.label!r}": [option.id for option in one.options] for one in meta.filters},
        **{f"location at {one.level.label!r}": location_columns(one).column("id") for one in meta.locations},
    }
    for what, found in ids.items():
        if len(found) != len(set(found)):
            return f"the {what} {next(one for one in found if found.count(one) > 1)!r}"
    return ""


@define(eq=False)
class Paging(Generic[T]):
    """A list that comes in pages; each item once, as pages overlap when something is published meanwhile."""

    request: Request | None
    """The request for the next page, or None after the last."""
    type_: type[T]
    """What it lists."""
    what: str = attrs.field(kw_only=True)
    """What it lists, in the plural."""
    key: Callable[[T], object] = attrs.field(default=attrgetter("id"), kw_only=True)
    total: int = attrs.field(default=0, init=False)
    """How many there are, as the last page said."""
    _seen: set[object] = attrs.field(factory=set, init=False)

    def next_items(self) -> Operation[list[T]]:
        """What the next page has that none before it had; after the last, a warning where it was not all."""
        if self.request is None:
            return []
        page, response = yield from ask(self.request, self._read)
        # what is published meanwhile moves the rest down, so that the next page begins with known items
        items = {self.key(item): item for item in page.results if self.key(item) not in self._seen}
        self._seen.update(items)
        request, self.request = self.request, next_page(self.request, page)
        came, self.total = len(self._seen), page.paging.total_results
        if self.request is not None and not items:
            # or it would be asked for ever
            raise refused(f"page {page.paging.page} of the {self.what} brings nothing new", request, response)
        if self.request is None and came < self.total:
            warn(
                f"{came:,} of {self.total:,} {self.what} came: the service repeated some on its pages or left others "
                "out; ask again, or search for the one that is missing",
                IncompleteListWarning,
            )
        return list(items.values())

    def all_items(self) -> Operation[list[T]]:
        """All that is left at once."""
        items: list[T] = []
        while self.request:
            items += yield from self.next_items()
        return items

    def _read(self, request: Request, response: Response) -> tuple[Page[T], Response]:
        # not above: most scripts list nothing
        from ..models.answers import Page

        page: Page[T] = read_as(cast(Any, Page)[self.type_], None, request, response)
        check_page(request, response, page.paging, len(page.results))
        paging = page.paging
        if page.results and (len(page.results) > paging.total_results or paging.page > paging.total_pages):
            problem = f"page {paging.page} of the {self.what} has {len(page.results):,}, and its total is "
            problem += f"{paging.total_results:,} on {paging.total_pages:,} pages"
            raise refused(problem, request, response)
        return page, attrs.evolve(response, body=b"")


def raw(request: Request) -> Operation[object]:
    """Ask, and parse the answer's JSON; None for an empty body."""
    return (yield from ask(request, lambda *said: read_as(object, None, *said) if said[1].body else None))


def publications(search: str | None = None) -> Listing[Publication]:
    """The publications with data sets in the API; they come in no promised order (reference, section 7)."""
    from ..models.answers import Publication

    pages = Paging(requests.publications(search), Publication, what="publications")
    while pages.request:
        for publication in (yield from pages.next_items()):
            yield Item(value=publication)


def publication(publication_id: str) -> Operation[Publication]:
    """One publication."""
    from ..models.answers import Publication

    id_ = requests.guid(publication_id, "publication")
    return (yield from fetch(requests.get(f"/publications/{id_}"), Publication, id_))


def data_sets(publication_id: str | None = None, search: str | None = None) -> Listing[DataSet]:
    """The data sets of a publication, or of all, each once; with `search`, those whose texts have every word."""
    return _all_data_sets(search) if publication_id is None else _data_sets(requests.data_sets(publication_id), search)


def _all_data_sets(search: str | None) -> Listing[DataSet]:
    from ..models.answers import Publication

    pages = Paging(requests.publications(), Publication, what="publications")
    seen: set[str] = set()
    while pages.request:
        for publication in (yield from pages.next_items()):
            about = f"{publication.title} {publication.summary}"
            yield from _data_sets(requests.data_sets(publication.id), search, about, seen)


def _data_sets(first: Request, search: str | None, about: str = "", seen: set[str] | None = None) -> Listing[DataSet]:
    words = () if search is None else fold(name_of(search, "search=", "words to search for")).split()
    pages = Paging(first, DataSet, what="data sets")
    seen = set() if seen is None else seen
    while pages.request:
        for item in (yield from pages.next_items()):
            text = fold(f"{item.title} {item.summary} {about}")
            if item.id not in seen and all(word in text for word in words):
                seen.add(item.id)
                yield Item(value=item)


def data_set(data_set_id: str, *, kept: bool = False) -> Operation[DataSet]:
    """Summary of a data set."""
    id_ = requests.guid(data_set_id)
    request = attrs.evolve(requests.get(f"/data-sets/{id_}"), kept=kept)
    return (yield from fetch(request, DataSet, id_))


def versions(data_set_id: str) -> Listing[DataSetVersion]:
    """The versions, newest first by version order."""
    for version in (yield from all_versions(data_set_id)):
        yield Item(value=version)


def all_versions(data_set_id: str, own: Version | None = None) -> Operation[list[DataSetVersion]]:
    """All versions at once, newest first: the service's own order leaves patches out (reference, section 8).

    What the list says of the version `own` is remembered as the answer about that one.
    """
    by_version = attrgetter("version")
    request = attrs.evolve(requests.versions(data_set_id), own=frozenset({str(own)} if own else ()))
    pages = Paging(request, DataSetVersion, what="versions", key=by_version)
    return sorted((yield from pages.all_items()), key=by_version, reverse=True)


def version(data_set_id: str, requested: VersionLike, *, kept: bool = False) -> Operation[DataSetVersion]:
    """One version; of a range, the highest published one."""
    wanted = parse_version(requested)
    id_ = requests.guid(data_set_id)
    request = attrs.evolve(requests.get(f"/data-sets/{id_}/versions/{wanted}"), kept=kept)
    return (yield from _of_version(request, DataSetVersion, id_, wanted))


def changes(
    data_set_id: str, requested: VersionLike, *, patches: bool = False, exact: bool = False, kept: bool = False
) -> Operation[Changes]:
    """The changes that a version brought; with `kept`, what is remembered of them."""
    from ..models.changes import Changes

    wanted = parse_version(requested)
    id_ = requests.guid(data_set_id)
    # a history is of a patch, and what is kept of an exact version
    if (patches or exact) and isinstance(wanted, VersionRange):
        wanted = (yield from version(id_, wanted)).version
    # only a patch has a history of patches, and the service fails on others (reference, section 8)
    request = requests.changes(id_, wanted, patches=patches and isinstance(wanted, Version) and wanted.patch > 0)
    try:
        return (yield from _of_version(attrs.evolve(request, kept=kept), Changes, id_, wanted))
    except OfflineError:
        # a sync does not ask: the first version has none (reference, section 8)
        with suppress(OfflineError):
            known = yield from all_versions(id_)
            if known and known[-1].version == wanted:
                return Changes(version=known[-1].version, notes=known[-1].notes)
        raise


def _of_version(request: Request, type_: type[T], id_: str, wanted: Version | VersionRange) -> Operation[T]:
    try:
        return (yield from fetch(request, type_, wanted))
    except VersionNotFoundError as error:
        # the service's 404 does not say whether it is the data set or the version that is not there
        known = yield from all_versions(id_)
        listed = ", ".join(f"{other.version} ({other.status})" for other in known) or "none"
        what = "no published version in" if isinstance(wanted, VersionRange) else "no version"
        raise VersionNotFoundError(
            f"data set {id_} has {what} {str(wanted)!r}; its versions: {listed}",
            status=error.status,
            title=error.title,
            errors=error.errors,
            method=error.method,
            url=error.url,
        ) from None


def meta(
    data_set_id: str,
    version: VersionLike | None = None,
    types: str | MetaType | Iterable[str | MetaType] | None = None,
    *,
    exact: bool = False,
) -> Operation[Meta]:
    """Metadata of a version, or of the latest live one; with `exact`, which one that is is asked first."""
    wanted = None if version is None else parse_version(version)
    if exact:
        wanted = yield from exactly(data_set_id, wanted)
    return (yield from fetch(requests.meta(data_set_id, wanted, types), Meta))


def exactly(data_set_id: str, wanted: Version | VersionRange | None) -> Operation[Version]:
    """The exact version that is meant: itself, the highest published one in a range, or the latest live one."""
    if isinstance(wanted, Version):
        return wanted
    if wanted is None:
        return latest((yield from data_set(data_set_id)))
    return (yield from version(data_set_id, wanted)).version


def pin(
    data_set_id: str,
    requested: VersionLike | None = None,
    *,
    withdrawn: Withdrawn = "refuse",
    kept: bool = False,
    known: Sequence[DataSetVersion] | None = None,
) -> Operation[ResolvedVersion]:
    """Resolve a version once, and read what is needed to ask it; with `kept`, what is remembered of an exact one.

    With all versions as they are known, nothing is asked that they say, nor a summary that is remembered and fits them.
    """
    if withdrawn not in get_args(Withdrawn):
        raise QueryError(f'withdrawn={withdrawn!r}: write "refuse" or "read"')
    wanted = None if requested is None else parse_version(requested)
    if known is not None:
        summary = yield from _summary(data_set_id, known)
        exact = wanted or latest(summary)
        listed = next((one for one in known if one.version == exact), None)
        found = listed or (yield from version(summary.id, exact))
        return (yield from _with_meta(summary, found, known, withdrawn=withdrawn, asked=wanted))
    kept = kept and isinstance(wanted, Version)
    summary = yield from data_set(data_set_id, kept=kept)
    found = yield from version(summary.id, wanted or latest(summary), kept=kept)
    # a patch may follow only what was asked for exactly: the latest version and ranges find it by themselves
    known = []
    if isinstance(wanted, Version) and not kept:
        # offline the list may never have been read
        with suppress(OfflineError):
            known = yield from all_versions(summary.id)
    return (yield from _with_meta(summary, found, known, withdrawn=withdrawn, asked=wanted))


def _summary(data_set_id: str, known: Iterable[DataSetVersion]) -> Operation[DataSet]:
    """The summary of a data set that is remembered, unless another version is the latest by now."""
    found = yield from data_set(data_set_id, kept=True)
    newest = max((one.version for one in known if one.status.is_live), default=None)
    if (found.latest_version and found.latest_version.version) == newest:
        return found
    return (yield from data_set(data_set_id))


def _with_meta(
    summary: DataSet,
    found: DataSetVersion,
    known: Iterable[DataSetVersion],
    *,
    withdrawn: Withdrawn,
    asked: Version | VersionRange | None,
) -> Operation[ResolvedVersion]:
    meta, body = yield from metadata(summary.id, found)
    pinned = ResolvedVersion(
        data_set=summary, version=found, meta=meta, withdrawn=withdrawn, asked=asked, meta_body=body
    )
    return attrs.evolve(pinned, notices=tuple(notices(pinned, known)))


def metadata(data_set_id: str, version: DataSetVersion) -> Operation[tuple[Meta, bytes]]:
    """The metadata of a version, and its text."""
    return ask(requests.meta(data_set_id, version.version), partial(_meta_of, version))


def _meta_of(version: DataSetVersion, request: Request, response: Response) -> tuple[Meta, bytes]:
    """Read metadata; that of another version is refused where their names differ."""
    meta = read_as(Meta, None, request, response)
    # the summary of a version has these labels too, and more where a type stands in another case in the metadata file
    for what, summed, found in (
        ("filters", version.filters, [item.label for item in meta.filters]),
        ("indicators", version.indicators, [item.label for item in meta.indicators]),
    ):
        lacking = [label for label in summed if label not in found]
        # whatever its metadata file says, a data set has periods and levels
        if (summed and not {*found} <= {*summed}) or (lacking and not (meta.periods and meta.levels)):
            problem = f"version {version.version} has the {what} {listed(summed)}, and the metadata {listed(found)}"
            raise refused(problem, request, response)
        if lacking:
            problem = (
                f"is said to have the {what} {listed(lacking)}, which its metadata lacks: they cannot be asked for"
            )
            warn(f"version {version.version} {problem}", EESWarning)
    return meta, response.body


def latest(summary: DataSet) -> Version:
    """The latest live version of a data set."""
    if summary.latest_version is None:
        raise VersionNotFoundError(f"data set {summary.title!r} ({summary.id}) has no live version yet")
    return summary.latest_version.version
