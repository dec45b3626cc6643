"""Fetching files of the catalogue, and whether they are what is meant."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Literal, TypeAlias

import attrs

from ..api import catalogue
from ..api.answers import RequestContext
from ..api.messages import Flow, Request, Response, Work
from ..api.operations import Operation, ResolvedVersion
from ..errors import (
    CatalogueError,
    DataFileError,
    LockError,
    NotFoundError,
    OfflineError,
    StaleEntryWarning,
    UnknownLabelError,
)
from ..local.holdings import (
    DEFAULT_PUBLISHED,
    DataSetDescription,
    DataSetHolding,
    Holdings,
    VersionDescription,
    VersionHolding,
    slug,
)
from ..local.infer import Inferred, infer_data
from ..local.service import Service
from ..lock.check import CheckedEntry, OutdatedEntry
from ..lock.lockfile import FileEntry
from ..models.data_sets import EntryFacts, FileDetails, Publication, Release
from ..models.enums import LEVEL_BY_COLUMN
from ..models.provenance import Source
from ..models.versions import Version

Kind: TypeAlias = Literal["filter", "indicator", "ignored"]
"""What a column of a file is."""

VERSION = Version(1, 0)
"""Stands for the version of a file, which has none."""


@attrs.frozen(kw_only=True)
class Expected:
    """What a lock says of a file.

    Attributes:
        sha256: Digest of its bytes.
        path: The lock file.
    """

    sha256: str
    path: str


def load(
    details: FileDetails,
    context: RequestContext,
    *,
    kinds: Mapping[str, Kind] | None = None,
    expected: Expected | None = None,
) -> Flow[Opened]:
    """Fetch a file, and make it ready to be asked.

    Raises:
        CatalogueError: The file does not come.
        DataFileError: It cannot be read without loss.
        LockError: It is not the one that was locked.
    """
    id_ = details.facts.id
    sha256 = None if expected is None else expected.sha256
    response = yield from catalogue.fetch_file(catalogue.data(id_, sha256=sha256))
    if expected is not None:
        digest = yield Work(call=partial(_sha256, response))
        _check_expected(details.facts, digest, expected)
    opened: Opened = yield Work(call=partial(_opened, details, response, context, kinds or {}))
    return opened


def _check_expected(facts: EntryFacts, digest: str, expected: Expected) -> None:
    if digest != expected.sha256:
        raise LockError(
            f"the file of {facts.title!r} ({facts.id}) is not the one that was locked: its SHA-256 is {digest}, and "
            f"{expected.path} says {expected.sha256}. The service replaces files inside a release and cannot serve "
            "the old one again: look at what changed, open it without the lock and .lock(...) it anew",
            path=expected.path,
        )


def fetched_digest(file_id: str) -> Flow[str]:
    """Digest of a file as the service serves it now.

    Raises:
        CatalogueError: The file does not come.
    """
    response = yield from catalogue.fetch_file(catalogue.data(file_id))
    digest: str = yield Work(call=partial(_sha256, response))
    return digest


def _sha256(response: Response) -> str:
    return hashlib.sha256(response.body).hexdigest()


def _opened(details: FileDetails, response: Response, context: RequestContext, kinds: Mapping[str, Kind]) -> Opened:
    # the engine is heavy to import, and few ask a file

    return opened(details, response, context, kinds)


def stale(facts: EntryFacts, *, site: str) -> Operation[tuple[type[StaleEntryWarning], str] | None]:
    """What to warn of when an entry is opened that is not the latest; None where it is."""
    if facts.latest and not facts.superseded:
        return None
    why = "its publication is superseded" if facts.superseded else f"{facts.release!r} is not the latest release"
    try:
        newer = yield from catalogue.newer(facts, site=site)
        instead = _instead(facts, newer)
    except (CatalogueError, OfflineError):
        instead = "what is newer could not be asked"
    return StaleEntryWarning, f"{facts.title!r} ({facts.id}) answers with an older file: {why}; {instead}"


def _instead(facts: EntryFacts, newer: tuple[EntryFacts, ...]) -> str:
    if not newer:
        return f"nothing of that title is in the latest release of {facts.publication!r}"
    named = ", ".join(f"{one.id} ({one.release})" for one in newer)
    stable = f"client.catalogue.latest(publication={facts.publication!r}, title={facts.title!r})"
    return f"the newer one is {named}, and {stable} always finds it" if len(newer) == 1 else f"newer: {named}"


_STANDARD = ("time_period", "time_identifier", "geographic_level")


@attrs.frozen(kw_only=True, eq=False)
class Opened:
    """A file of the catalogue, ready to be asked.

    Attributes:
        details: What the catalogue says of it.
        service: Answers questions about it.
        body: Its bytes.
        sha256: Their digest.
        notes: What was inferred to read it, and what could not be known.
        url: Address of its page; "" for a local service without one.
    """

    details: FileDetails
    service: FileService
    body: bytes = attrs.field(repr=False)
    sha256: str
    notes: tuple[str, ...]
    url: str

    def pinned(self, pinned: ResolvedVersion) -> ResolvedVersion:
        """The data set that the service has, with what the catalogue says of it."""
        facts = self.details.facts
        version = attrs.evolve(pinned.version, published=facts.published)
        return attrs.evolve(
            pinned,
            version=version,
            publication=facts.publication or None,
            footnotes=self.details.footnotes,
            file_sha256=self.sha256,
            inferred=self.notes,
        )


@attrs.frozen(kw_only=True, eq=False)
class FileService:
    """A local service over one file, whose answers say where and when the file came from."""

    service: Service
    source: Source
    url: str
    retrieved_at: datetime

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        answer = self.service.handle(request)
        return attrs.evolve(answer, url=self.url, retrieved_at=self.retrieved_at)


def opened(
    details: FileDetails,
    response: Response,
    context: RequestContext,
    kinds: Mapping[str, Kind],
) -> Opened:
    """Make a file ready to be asked.

    Args:
        details: What the catalogue says of it.
        response: The file.
        context: Who was asked, and when.
        kinds: What the user says that columns are.

    Raises:
        DataFileError: It cannot be read without loss.
    """
    digest = hashlib.sha256(response.body).hexdigest()
    facts = details.facts
    inferred, notes = _read(details, response.body, kinds)
    version = VersionDescription(
        version=VERSION,
        file_id=facts.id,
        release=Release(title=facts.release, slug=facts.release_slug or slug(facts.release)),
        published=facts.published or DEFAULT_PUBLISHED,
        footnotes=details.footnotes,
    )
    holding = DataSetHolding(
        about=DataSetDescription(
            id=facts.id, title=facts.title, summary=facts.summary, publication_id=facts.publication_id
        ),
        versions=(VersionHolding(about=version, data=inferred.data),),
    )
    holdings = Holdings(publications=(_publication(facts),), data_sets={facts.id: holding})
    return Opened(
        details=details,
        service=FileService(
            service=Service(holdings),
            source=context.source,
            url=facts.url,
            retrieved_at=response.retrieved_at or context.at,
        ),
        body=response.body,
        sha256=digest,
        notes=notes,
        url=facts.url,
    )


def _read(details: FileDetails, body: bytes, kinds: Mapping[str, Kind]) -> tuple[Inferred, tuple[str, ...]]:
    """Read a file by what the catalogue says of its columns, as far as it has them, and what the user says."""
    facts = details.facts
    known = _kinds(details)
    labels = {one.column: one.label for one in details.variables}
    lacking: list[str] = []
    while True:
        try:
            name = facts.file_name or f"{facts.id}.csv"
            inferred = infer_data(name, body, labels=labels, kinds={**known, **kinds})
        except DataFileError as error:
            if error.column not in known or error.column in kinds:
                raise
            # the catalogue says something of a column that the file has not, or not so
            lacking.append(error.column)
            del known[error.column]
            labels.pop(error.column, None)
        else:
            return inferred, (*inferred.notes, *_remarks(known, kinds, lacking))


def _remarks(known: Mapping[str, Kind], kinds: Mapping[str, Kind], lacking: list[str]) -> Iterator[str]:
    ignored = [column for column, kind in known.items() if kind == "ignored" and column not in kinds]
    if ignored:
        yield (
            f"The catalogue lists these columns as neither filters nor indicators, so questions leave them out: "
            f"{', '.join(ignored)}; kinds= takes them in."
        )
    if lacking:
        yield f"The catalogue names these columns, which the file does not have so: {', '.join(lacking)}."


def _publication(facts: EntryFacts) -> Publication:
    return Publication(
        id=facts.publication_id,
        title=facts.publication,
        slug=slug(facts.publication),
        summary="",
        last_published=facts.published or DEFAULT_PUBLISHED,
    )


def _kinds(details: FileDetails) -> dict[str, Kind]:
    """What the catalogue says that columns are: its variables are listed with the filters' and indicators' labels."""
    facts = details.facts
    kinds: dict[str, Kind] = {}
    for one in details.variables:
        if details.headers and one.column not in details.headers:
            continue
        is_filter, is_indicator = one.label in facts.filters, one.label in facts.indicators
        if is_filter != is_indicator:
            kinds[one.column] = "filter" if is_filter else "indicator"
    known = {one.label for one in details.variables}
    if details.variables and known.issuperset((*facts.filters, *facts.indicators)):
        # every filter and indicator has its column, so that the others are neither
        columns = {one.column for one in details.variables}
        kinds |= {column: "ignored" for column in details.headers if column not in columns and not _is_standard(column)}
    return kinds


def _is_standard(column: str) -> bool:
    plain = column.strip().lower()
    return plain in LEVEL_BY_COLUMN or plain in _STANDARD


def check_file(entry: FileEntry, *, site: str, data: bool) -> Flow[CheckedEntry]:
    """Compare a file with the catalogue; its bytes only with `data`."""
    try:
        found = (yield from catalogue.details(entry.id, site=site)).facts
        digest = (yield from fetched_digest(found.id)) if data else entry.data_sha256
    except CatalogueError as error:
        if isinstance(error.__cause__, NotFoundError):
            return CheckedEntry(entry=entry, outcome="changed", messages=(str(error),))
        return CheckedEntry(entry=entry, outcome="no answer", messages=(f"no answer: {error}",))
    if digest != entry.data_sha256:
        message = f"SHA-256 {entry.data_sha256} when it was locked, {digest} now"
        return CheckedEntry(entry=entry, outcome="changed", messages=(message,))
    message = "as locked" if data else "still there; --data compares its bytes"
    return CheckedEntry(entry=entry, outcome="as locked", messages=(message,))


def sync_file(entry: FileEntry, *, site: str, now: RequestContext, path: str) -> Flow[None]:
    """Open a file by a lock, so that the client's store has it.

    Raises:
        LockError: It is not the one that was locked.
        CatalogueError: It does not come.
    """
    details = yield from catalogue.details(entry.id, site=site, kept=True)
    yield from load(details, now, expected=Expected(sha256=str(entry.data_sha256), path=path))


def file_news(entry: FileEntry, *, site: str) -> Flow[OutdatedEntry]:
    """What is newer than a file; releases stand for versions."""
    latest: EntryFacts | None = None
    notes: list[str] = []
    try:
        latest = yield from catalogue.latest(entry.publication, entry.title, site=site)
    except UnknownLabelError:
        notes.append("the latest release has nothing of that title")
    except CatalogueError as error:
        # the API's data sets are not concerned
        notes.append(f"not known: {error}")
    is_newer = latest is not None and latest.id != entry.id
    if latest is not None and is_newer:
        notes.append(f"the latest release's file is {latest.id}")
    elif latest is not None and latest.last_updated != entry.updated:
        notes.append(f"its file was replaced on {latest.last_updated.date() if latest.last_updated else 'some day'}")
    return OutdatedEntry(
        id=entry.id,
        title=entry.title,
        asked=None,
        locked=entry.release,
        in_range=None,
        latest=None if latest is None else latest.release,
        patches=(),
        outdated=is_newer or (latest is not None and bool(notes)),
        notes=tuple(notes),
    )
