"""The operations of the API, one generator for each. Nothing here sends, sleeps, reads files or looks at the clock."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Literal, TypeAlias, TypeVar, get_args

import attrs

from ..errors import (
    CorrectedVersionWarning,
    DeprecatedDataSetWarning,
    EESWarning,
    InvalidResponseError,
    LockError,
    OfflineError,
    QueryError,
    VersionNotFoundError,
    WithdrawnError,
    WithdrawnVersionWarning,
)
from ..models.changes import Changes
from ..models.data_sets import DataSet, DataSetVersion, Page, Publication
from ..models.enums import DataSetStatus, DataSetVersionStatus, MetaType
from ..models.meta import Meta
from ..models.names import fold, listed, name_of
from ..models.provenance import LICENCE, Provenance, Route, Source
from ..models.versions import Version, VersionRange, parse_version
from ..query.args import Numbers, QueryArgs
from ..query.question import Query, build
from ..query.request import render_body
from . import requests
from .json import canonical_digest
from .messages import Flow, Item, Listing, Operation, Request, Response, Work
from .problems import raise_for
from .reading import Paging, ask, fetch, read_as, refused

T = TypeVar("T")

VersionLike: TypeAlias = str | Version | VersionRange
"""An exact version or a range, as text or parsed."""

Withdrawn: TypeAlias = Literal["refuse", "read"]
"""What to do with rows of a withdrawn version."""

LARGEST_PAGE = 10_000
"""Rows on the service's largest page."""


@attrs.frozen(kw_only=True)
class RequestContext:
    """Who is asked, and when; the shells say so, as flows have no clock."""

    source: Source
    at: datetime


@attrs.frozen(kw_only=True)
class ResolvedVersion:
    """A data set at an exact version, with all that is needed to ask it, and what the user should be warned of."""

    data_set: DataSet
    version: DataSetVersion
    meta: Meta
    notices: tuple[tuple[type[EESWarning], str], ...] = ()
    withdrawn: Withdrawn = "refuse"
    understood: str = ""
    asked: Version | VersionRange | None = None
    meta_body: bytes = attrs.field(default=b"{}", repr=False, eq=False)
    # what a lock says that the data file's digest is
    data_sha256: str | None = None
    publication: str | None = None
    footnotes: tuple[str, ...] = ()
    # of a file outside the API, which has no version
    file_sha256: str | None = None
    inferred: tuple[str, ...] = ()

    @property
    def is_withdrawn(self) -> bool:
        """True if the version was withdrawn when it was opened."""
        return self.version.status == DataSetVersionStatus.WITHDRAWN

    @property
    def meta_digest(self) -> str:
        """SHA-256 of the metadata as canonical JSON, members that are unknown here included."""
        return canonical_digest(self.meta_body)

    def require_readable(self) -> None:
        """Refuse to ask for rows of a version that was withdrawn."""
        if self.is_withdrawn and self.withdrawn != "read":
            raise WithdrawnError(
                f"{self.withdrawal()}; its rows may be wrong, and the service answers no questions about it: open "
                'another version, or open it with withdrawn="read" to read its data file all the same'
            )

    def withdrawal(self) -> str:
        """Words for the withdrawal of the version, with its notes."""
        found, latest = self.version, self.data_set.latest_version
        date = f" on {found.withdrawn.date()}" if found.withdrawn else ""
        notes = f": {found.notes}" if found.notes else ""
        current = f"; the current version is {latest.version}" if latest and latest.version != found.version else ""
        return f"version {found.version} of {self.data_set.title!r} was withdrawn{date}{notes}{current}"

    def whole(self, numbers: Numbers = "plain") -> Query:
        """The question for all rows and all indicators."""
        words = QueryArgs(numbers=numbers)
        return build(words, meta=self.meta, data_set_id=self.data_set.id, version=self.version.version)

    def data_file(self) -> Flow[Response]:
        """The data file, which is the one that was locked if one was."""
        request = requests.csv(self.data_set.id, self.version.version)
        response: Response = yield request
        raise_for(request, response)
        check_end(response.body, response)
        if self.data_sha256 is not None:
            # hashing a large file would hold up an event loop
            yield Work(call=lambda: self.check_digest(hashlib.sha256(response.body).hexdigest()))
        return response

    def check_digest(self, digest: str) -> None:
        """Refuse a data file that is not the one that was locked."""
        if self.data_sha256 not in (None, digest):
            raise LockError(
                f"the data file of version {self.version.version} of {self.data_set.title!r} is not the one that was "
                f"locked: its SHA-256 is {digest}, and the lock says {self.data_sha256}; nothing in an exact version "
                "should change, so ask the producer, or lock the version again if you trust the file that is there now"
            )

    def check_rows(self, height: int, url: str = "") -> None:
        """Refuse a data file that has not the rows of the version: it did not come whole, or is another one.

        The service counts them in the file, as DuckDB reads it, also where its answers have some twice or lack some.
        """
        expected = self.version.total_results
        # 0 where the answer about the version did not say
        if expected and height != expected:
            problem = f"came with {height:,} of its {expected:,} rows: try again"
            if height > expected:
                problem = f"has {height:,} rows, and the version {expected:,}: one of them is not what it says it is"
            raise InvalidResponseError(f"the data file {problem}", method="GET", url=url)


def check_end(body: bytes, response: Response) -> None:
    """Refuse a data file that may have been cut in its last cell: nothing but a line end says that it was not."""
    if not response.is_sealed and body[-1:] not in (b"\r", b"\n"):
        raise InvalidResponseError(
            "the data file ends without a line end, and came unpacked, so that its last figure may be cut off: try "
            'again, or ask for pages, with route="pages"',
            method="GET",
            url=response.url,
        )


def raw(request: Request) -> Operation[object]:
    """Ask, and parse the answer's JSON; None for an empty body."""
    return (yield from ask(request, lambda *said: read_as(object, None, *said) if said[1].body else None))


def publications(search: str | None = None) -> Listing[Publication]:
    """The publications with data sets in the API; they come in no promised order (reference, section 7)."""
    pages = Paging(requests.publications(search), Page[Publication], what="publications")
    while pages.request:
        for publication in (yield from pages.next_items()):
            yield Item(value=publication)


def publication(publication_id: str) -> Operation[Publication]:
    """One publication."""
    id_ = requests.guid(publication_id, "publication")
    return (yield from fetch(requests.get(f"/publications/{id_}"), Publication, id_))


def data_sets(publication_id: str | None = None, search: str | None = None) -> Listing[DataSet]:
    """The data sets of a publication, or of all, each once; with `search`, those whose texts have every word."""
    return _all_data_sets(search) if publication_id is None else _data_sets(requests.data_sets(publication_id), search)


def _all_data_sets(search: str | None) -> Listing[DataSet]:
    pages = Paging(requests.publications(), Page[Publication], what="publications")
    seen: set[str] = set()
    while pages.request:
        for publication in (yield from pages.next_items()):
            about = f"{publication.title} {publication.summary}"
            yield from _data_sets(requests.data_sets(publication.id), search, about, seen)


def _data_sets(first: Request, search: str | None, about: str = "", seen: set[str] | None = None) -> Listing[DataSet]:
    words = () if search is None else fold(name_of(search, "search=", "words to search for")).split()
    pages = Paging(first, Page[DataSet], what="data sets")
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


def all_versions(data_set_id: str) -> Operation[list[DataSetVersion]]:
    """All versions at once, newest first: the service's own order leaves patches out (reference, section 8)."""
    by_version = attrgetter("version")
    pages = Paging(requests.versions(data_set_id), Page[DataSetVersion], what="versions", key=by_version)
    return sorted((yield from pages.all_items()), key=by_version, reverse=True)


def version(data_set_id: str, requested: VersionLike, *, kept: bool = False) -> Operation[DataSetVersion]:
    """One version; of a range, the highest published one."""
    wanted = parse_version(requested)
    id_ = requests.guid(data_set_id)
    request = attrs.evolve(requests.get(f"/data-sets/{id_}/versions/{wanted}"), kept=kept)
    return (yield from _of_version(request, DataSetVersion, id_, wanted))


def changes(
    data_set_id: str, requested: VersionLike, *, patches: bool = False, exact: bool = False
) -> Operation[Changes]:
    """The changes that a version brought."""
    wanted = parse_version(requested)
    id_ = requests.guid(data_set_id)
    if (patches or exact) and isinstance(wanted, VersionRange):
        wanted = (yield from version(id_, wanted)).version
    # only a patch has a history of patches, and the service fails on others (reference, section 8)
    request = requests.changes(id_, wanted, patches=patches and isinstance(wanted, Version) and wanted.patch > 0)
    return (yield from _of_version(request, Changes, id_, wanted))


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
        return _latest((yield from data_set(data_set_id)))
    return (yield from version(data_set_id, wanted)).version


def pin(
    data_set_id: str, requested: VersionLike | None = None, *, withdrawn: Withdrawn = "refuse", kept: bool = False
) -> Operation[ResolvedVersion]:
    """Resolve a version once, and read what is needed to ask it; with `kept`, what is remembered of an exact one."""
    if withdrawn not in get_args(Withdrawn):
        raise QueryError(f'withdrawn={withdrawn!r}: write "refuse" or "read"')
    wanted = None if requested is None else parse_version(requested)
    kept = kept and isinstance(wanted, Version)
    summary = yield from data_set(data_set_id, kept=kept)
    found = yield from version(summary.id, wanted or _latest(summary), kept=kept)
    # a patch may follow only what was asked for exactly: the latest version and ranges find it by themselves
    known: list[DataSetVersion] = []
    if isinstance(wanted, Version) and not kept:
        # offline the list may never have been read
        with suppress(OfflineError):
            known = yield from all_versions(summary.id)
    meta, body = yield from metadata(summary.id, found)
    pinned = ResolvedVersion(
        data_set=summary, version=found, meta=meta, withdrawn=withdrawn, asked=wanted, meta_body=body
    )
    return attrs.evolve(pinned, notices=tuple(_notices(pinned, known)))


def metadata(data_set_id: str, version: DataSetVersion) -> Operation[tuple[Meta, bytes]]:
    """The metadata of a version, and its text."""
    return ask(requests.meta(data_set_id, version.version), partial(_meta_of, version))


def _meta_of(version: DataSetVersion, request: Request, response: Response) -> tuple[Meta, bytes]:
    """Read metadata; that of another version is refused where their names differ."""
    meta = read_as(Meta, None, request, response)
    # the summary of a version has these labels too, in all answers that were recorded
    for what, summed, found in (
        ("filters", version.filters, [item.label for item in meta.filters]),
        ("indicators", version.indicators, [item.label for item in meta.indicators]),
    ):
        if summed and {*summed} != {*found}:
            problem = f"version {version.version} has the {what} {listed(summed)}, and the metadata {listed(found)}"
            raise refused(problem, request, response)
    return meta, response.body


def _latest(summary: DataSet) -> Version:
    if summary.latest_version is None:
        raise VersionNotFoundError(f"data set {summary.title!r} ({summary.id}) has no live version yet")
    return summary.latest_version.version


def newer_patches(this: Version, known: Iterable[DataSetVersion]) -> tuple[DataSetVersion, ...]:
    """The patches of a version that are newer than it, oldest first."""
    patches = VersionRange.parse(f"{this.major}.{this.minor}.*")
    found = [other for other in known if other.status.is_live and other.version in patches and other.version > this]
    return tuple(sorted(found, key=attrgetter("version")))


def _notices(pinned: ResolvedVersion, known: Iterable[DataSetVersion]) -> Iterator[tuple[type[EESWarning], str]]:
    summary, this = pinned.data_set, pinned.version.version
    for patch in newer_patches(this, known)[-1:]:
        date = f" on {patch.published.date()}" if patch.published else ""
        notes = f": {patch.notes}" if patch.notes else ""
        advice = (
            f'version="{this.major}.{this.minor}.*" follows corrections'
            if patch.status == DataSetVersionStatus.PUBLISHED
            else f'version="{patch.version}" opens the correction'
        )
        yield (
            CorrectedVersionWarning,
            f"version {this} of {summary.title!r} was corrected by {patch.version}{date}{notes}; {advice}",
        )
    if summary.status == DataSetStatus.DEPRECATED:
        successor = summary.superseding_data_set_id
        instead = f"data set {successor} replaces it" if successor else "it is no longer kept up to date"
        yield DeprecatedDataSetWarning, f"data set {summary.title!r} ({summary.id}) is deprecated: {instead}"
    if pinned.is_withdrawn:
        yield WithdrawnVersionWarning, f"{pinned.withdrawal()}; its metadata can be read, its rows are refused"


def provenance_of(
    pinned: ResolvedVersion, context: RequestContext, *, route: Route, response: Response, query: Query | None = None
) -> Provenance:
    """Provenance of an answer; no question stands for the whole data set."""
    version = pinned.version
    if query is not None and route != "pages" and query == pinned.whole(query.numbers):
        # the question for everything says nothing: the answer is the data set as it is
        query = None
    return Provenance(
        source=context.source,
        data_set_id=pinned.data_set.id,
        title=pinned.data_set.title,
        version=version.version,
        status=version.status,
        release=version.release.title,
        publication=pinned.publication,
        published=version.published,
        withdrawn=version.withdrawn,
        superseded_by=pinned.data_set.superseding_data_set_id,
        query=None if query is None else render_body(query),
        pinned={} if query is None else dict(query.pinned),
        route=route,
        retrieved_at=response.retrieved_at or context.at,
        url=response.url,
        licence=LICENCE if context.source == "service" else None,
        footnotes=pinned.footnotes,
        file_sha256=pinned.file_sha256,
    )
