"""From the bytes of a file of the catalogue to a local service that answers questions about it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime

import attrs

from ..errors import DataFileError
from ..http.answers import RequestContext
from ..http.flows import Pinned
from ..http.messages import Request, Response
from ..local.holdings import (
    DEFAULT_PUBLISHED,
    DataSetDescription,
    DataSetHolding,
    Holdings,
    VersionDescription,
    VersionHolding,
    slug,
)
from ..local.infer import Wild, ingest_wild
from ..local.service import Service
from ..models.catalogue import EntryFacts, FileDetails
from ..models.data_sets import Release
from ..models.levels import LEVEL_BY_COLUMN
from ..models.provenance import Source
from ..models.publications import Publication
from .opening import VERSION, Kind

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

    def pinned(self, pinned: Pinned) -> Pinned:
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
    wild, notes = _read(details, response.body, kinds)
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
        versions=(VersionHolding(about=version, data=wild.data),),
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


def _read(details: FileDetails, body: bytes, kinds: Mapping[str, Kind]) -> tuple[Wild, tuple[str, ...]]:
    """Read a file by what the catalogue says of its columns, as far as it has them, and what the user says."""
    facts = details.facts
    known = _kinds(details)
    labels = {one.column: one.label for one in details.variables}
    lacking: list[str] = []
    while True:
        try:
            name = facts.file_name or f"{facts.id}.csv"
            wild = ingest_wild(name, body, labels=labels, kinds={**known, **kinds})
        except DataFileError as error:
            if error.column not in known or error.column in kinds:
                raise
            # the catalogue says something of a column that the file has not, or not so
            lacking.append(error.column)
            del known[error.column]
            labels.pop(error.column, None)
        else:
            return wild, (*wild.notes, *_remarks(known, kinds, lacking))


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
