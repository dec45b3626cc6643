"""Files of the catalogue: fetching them, making them ready to be asked, and comparing them with a lock."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial

import attrs

from .._classes import frozen
from ..api import catalogue, operations
from ..api.messages import Flow, Operation, Request, Response, Work
from ..api.resolved import RequestContext, ResolvedVersion
from ..errors import (
    CatalogueError,
    DataFileError,
    LockError,
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
    publication,
    slug,
)
from ..local.infer import Inferred, infer_data
from ..local.kinds import Kind
from ..local.service import Service
from ..lock.check import CheckedEntry, OutdatedEntry
from ..lock.lockfile import FileEntry
from ..lock.policy import file_entry
from ..models.data_sets import Release
from ..models.entries import EntryFacts, FileDetails
from ..models.enums import LEVEL_BY_COLUMN
from ..models.provenance import Source
from ..models.versions import Version
from ..transport.driver import drive

VERSION = Version(1, 0)
"""Stands for the version of a file, which has none."""


def load(
    details: FileDetails,
    context: RequestContext,
    *,
    kinds: Mapping[str, Kind] | None = None,
    expected: str | None = None,
    lock_path: str = "",
) -> Flow[Opened]:
    """Fetch a file, which has to have the digest that is expected, and make it ready to be asked."""
    facts = details.facts
    response = yield from catalogue.fetch_file(catalogue.data(facts.id, sha256=expected))

    def opening() -> Opened:
        digest = _sha256(response)
        if expected not in (None, digest):
            raise LockError(
                f"the file of {facts.title!r} ({facts.id}) is not the one that was locked: its SHA-256 is {digest}, "
                f"and {lock_path} says {expected}. The service replaces files inside a release and cannot serve the "
                "old one again: look at what changed, open it without the lock and .lock(...) it anew",
                path=lock_path,
            )
        inferred, notes = _read(details, response.body, kinds or {})
        rows = inferred.data.rows.height
        # more are another count of odd lines, or a file that was replaced meanwhile
        if expected is None and rows < (facts.rows or 0):
            raise CatalogueError(
                f"the file of {facts.title!r} ({facts.id}) came with {rows:,} of its {facts.rows:,} rows: try again",
                method="GET",
                url=response.url,
            )
        service = FileService(
            service=Service(_holdings(details, inferred)),
            source=context.source,
            url=facts.url,
            retrieved_at=response.retrieved_at or context.at,
        )
        return Opened(details=details, service=service, body=response.body, sha256=digest, notes=notes)

    # a large file takes long to read
    opened: Opened = yield Work(call=opening)
    return opened


def _sha256(response: Response) -> str:
    return hashlib.sha256(response.body).hexdigest()


def _holdings(details: FileDetails, inferred: Inferred) -> Holdings:
    """The file as the only version of the only data set of a service."""
    facts = details.facts
    # a service says of each version when it was published, and the catalogue not of each file
    published = facts.published or DEFAULT_PUBLISHED
    version = VersionDescription(
        version=VERSION,
        file_id=facts.id,
        release=Release(title=facts.release, slug=facts.release_slug or slug(facts.release)),
        published=published,
        footnotes=details.footnotes,
    )
    about = DataSetDescription(
        id=facts.id, title=facts.title, summary=facts.summary, publication_id=facts.publication_id
    )
    holding = DataSetHolding(about=about, versions=(VersionHolding(about=version, data=inferred.data),))
    held_in = publication(facts.publication_id, facts.publication, "", published=published)
    return Holdings(publications=(held_in,), data_sets={facts.id: holding})


def stale(facts: EntryFacts, *, site: str) -> Operation[tuple[type[StaleEntryWarning], str] | None]:
    """The warning about an entry that is opened and is not the latest; None where it is."""
    if facts.latest and not facts.superseded:
        return None
    why = "its publication is superseded" if facts.superseded else f"{facts.release!r} is not the latest release"
    try:
        instead = _instead(facts, (yield from catalogue.newer(facts, site=site)))
    # only advice: the file opens without it
    except (CatalogueError, OfflineError):
        instead = "what is newer could not be asked"
    return StaleEntryWarning, f"{facts.title!r} ({facts.id}) answers with an older file: {why}; {instead}"


def _instead(facts: EntryFacts, newer: tuple[EntryFacts, ...]) -> str:
    if not newer:
        return f"nothing of that title is in the latest release of {facts.publication!r}"
    named = ", ".join(f"{one.id} ({one.release})" for one in newer)
    stable = f"client.catalogue.latest(publication={facts.publication!r}, title={facts.title!r})"
    return f"the newer one is {named}, and {stable} always finds it" if len(newer) == 1 else f"newer: {named}"


_STANDARD = {"time_period", "time_identifier", "geographic_level", *LEVEL_BY_COLUMN}
"""Columns that every file may have, in lower case."""


@frozen(kw_only=True, eq=False)
class Opened:
    """A file of the catalogue, ready to be asked; its notes say what was inferred, and what could not be known."""

    details: FileDetails
    service: FileService
    body: bytes = attrs.field(repr=False)
    sha256: str
    notes: tuple[str, ...]

    def pinned(self, pinned: ResolvedVersion) -> ResolvedVersion:
        """The data set that the service has, with what the catalogue says of it."""
        facts = self.details.facts
        return attrs.evolve(
            pinned,
            version=attrs.evolve(pinned.version, published=facts.published),
            publication=facts.publication or None,
            footnotes=self.details.footnotes,
            file_sha256=self.sha256,
            inferred=self.notes,
        )


@frozen(kw_only=True, eq=False)
class FileService:
    """A local service over one file, whose answers say where and when the file came from."""

    service: Service
    source: Source
    url: str
    retrieved_at: datetime

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        return attrs.evolve(self.service.handle(request), url=self.url, retrieved_at=self.retrieved_at)


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


def _kinds(details: FileDetails) -> dict[str, Kind]:
    """What the catalogue says that columns are: its variables are listed with the filters' and indicators' labels."""
    facts = details.facts
    kinds: dict[str, Kind] = {}
    for one in details.variables:
        if details.headers and one.column not in details.headers:
            continue
        is_filter, is_indicator = one.label in facts.filters, one.label in facts.indicators
        # a label that stands on both lists says nothing
        if is_filter != is_indicator:
            kinds[one.column] = "filter" if is_filter else "indicator"
    known = {one.label for one in details.variables}
    if details.variables and known.issuperset((*facts.filters, *facts.indicators)):
        # every filter and indicator has its column, so that the others are neither
        rest = [column for column in details.headers if column not in {one.column for one in details.variables}]
        kinds |= {column: "ignored" for column in rest if column.strip().lower() not in _STANDARD}
    return kinds


def check_file(entry: FileEntry, *, site: str, data: bool) -> Flow[CheckedEntry]:
    """Compare a file with the catalogue; its bytes only with `data`."""
    digest = entry.data_sha256
    yield from catalogue.details(entry.id, site=site)
    if data:
        response = yield from catalogue.fetch_file(catalogue.data(entry.id))
        digest = yield Work(call=partial(_sha256, response))
    is_changed = digest != entry.data_sha256
    message = "as locked" if data else "still there; --data compares its bytes"
    if is_changed:
        message = f"SHA-256 {entry.data_sha256} when it was locked, {digest} now"
    return CheckedEntry(entry=entry, outcome="changed" if is_changed else "as locked", messages=(message,))


def sync_file(entry: FileEntry, *, site: str, now: RequestContext, path: str) -> Flow[None]:
    """Open a file by a lock, so that the client's store has it."""
    details = yield from catalogue.details(entry.id, site=site, kept=True)
    yield from load(details, now, expected=str(entry.data_sha256), lock_path=path)


def new_file(facts: EntryFacts, *, site: str, now: RequestContext) -> Flow[FileEntry]:
    """Fetch a file that is listed, so that the client's store has it; its entry in a lock."""
    details = yield from catalogue.details(facts.id, site=site)
    opened = yield from load(details, now)

    def entry() -> FileEntry:
        asked: ResolvedVersion = drive(operations.pin(facts.id, VERSION), opened.service.handle)
        # as the list says when it was changed, by which it is compared
        return file_entry(opened.pinned(asked), facts, opened.body)

    made: FileEntry = yield Work(call=entry)
    return made


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
    if latest is not None and latest.id != entry.id:
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
        patches=(),  # a file has no versions
        outdated=latest is not None and bool(notes),
        notes=tuple(notes),
    )
