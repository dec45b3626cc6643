"""Data sets and their versions (reference, section 8), and entries of the data catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

import attrs

from .._classes import frozen
from .enums import DataSetStatus, DataSetVersionStatus, DataSetVersionType
from .html import contents, facts_html
from .meta import Meta
from .periods import TimePeriod
from .provenance import DRAFT, SYNTHETIC, Source
from .versions import Version


@frozen(kw_only=True)
class File:
    """The data file of a version; its id is that of the data catalogue."""

    id: str


@frozen(kw_only=True)
class TimePeriodRange:
    """Labels of the first and last time period, in the service's order."""

    start: str
    end: str


@frozen(kw_only=True)
class Release:
    """The release that a version was published with."""

    title: str
    slug: str


@frozen(kw_only=True)
class LatestVersion:
    """Summary of a data set's latest live version.

    Attributes:
        version: Exact version.
        published: When it was published.
        total_results: Rows in the data file.
        file: Its data file.
        time_periods: First and last time period, as labels.
        geographic_levels: Labels of the levels that rows have.
        filters: Labels of the filters.
        indicators: Labels of the indicators.
    """

    version: Version
    published: datetime
    total_results: int
    file: File
    time_periods: TimePeriodRange
    geographic_levels: tuple[str, ...]
    filters: tuple[str, ...]
    indicators: tuple[str, ...]


@frozen(kw_only=True)
class DataSet:
    """A data set of the API.

    Attributes:
        id: Its GUID.
        title: Its title.
        summary: What it holds.
        status: Published or Deprecated (or Draft, Withdrawn, with a preview token).
        latest_version: Its latest live version; None while there is none.
        superseding_data_set_id: GUID of the data set that replaces it, or None.
    """

    id: str
    title: str
    summary: str
    status: DataSetStatus
    latest_version: LatestVersion | None = None
    superseding_data_set_id: str | None = None

    def _repr_html_(self) -> str:
        latest = self.latest_version
        facts: list[tuple[str, object]] = [("Status", self.status)]
        if latest is not None:
            published = f"published {latest.published.date()}, {latest.total_results:,} rows"
            facts += [
                ("Latest version", f"{latest.version}, {published}"),
                ("Time periods", f"{latest.time_periods.start} to {latest.time_periods.end}"),
                *contents(latest.geographic_levels, latest.filters, latest.indicators),
            ]
        return facts_html(self.title, [*facts, ("Summary", self.summary)], ids=f"id {self.id}")


@frozen(kw_only=True)
class DataSetVersion:
    """A version of a data set.

    Attributes:
        version: Exact version.
        type: Major, minor or patch.
        status: Its status.
        release: The release that it was published with.
        published: When it was published, or None.
        withdrawn: When it was withdrawn, or None.
        notes: The producer's notes on it; may be "".
        total_results: Rows in the data file.
        file: Its data file; None where the service names none.
        time_periods: First and last time period, as labels.
        geographic_levels: Labels of the levels that rows have.
        filters: Labels of the filters.
        indicators: Labels of the indicators.
    """

    version: Version
    type: DataSetVersionType
    status: DataSetVersionStatus
    release: Release
    published: datetime | None = None
    withdrawn: datetime | None = None
    notes: str = ""
    total_results: int = 0
    file: File | None = None
    time_periods: TimePeriodRange | None = None
    geographic_levels: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        periods = self.time_periods
        facts = [
            ("Status", self.status),
            ("Type", self.type),
            ("Release", self.release.title),
            ("Published", self.published and self.published.date()),
            ("Withdrawn", self.withdrawn and self.withdrawn.date()),
            ("Notes", self.notes),
            ("Rows", f"{self.total_results:,}"),
            ("Time periods", periods and f"{periods.start} to {periods.end}"),
            *contents(self.geographic_levels, self.filters, self.indicators),
        ]
        return facts_html(f"Version {self.version}", facts)


def pinned_html(
    data_set: DataSet, version: DataSetVersion, meta: Meta, periods: Sequence[TimePeriod], *, source: Source
) -> str:
    """An opened version: its facts, its metadata folded away, and why its figures are not for use."""
    facts = [
        ("Version", f"{version.version} ({version.status})"),
        ("Release", version.release.title),
        ("Published", version.published and version.published.date()),
        ("Rows", f"{version.total_results:,}"),
        ("Time periods", f"{periods[0].label} to {periods[-1].label}" if periods else ""),
        *contents(*([item.label for item in part] for part in (meta.levels, meta.filters, meta.indicators))),
        ("Source", "local files" if source == "local" else ""),
    ]
    notices = (SYNTHETIC,) * (source == "synthetic") + (DRAFT,) * version.status.is_draft
    shown = facts_html(data_set.title, facts, ids=f"id {data_set.id}", notices=notices)
    return f"{shown}<details><summary>Metadata</summary>{meta._repr_html_()}</details>"


@frozen(kw_only=True)
class Publication:
    """A series of releases that has at least one data set in the API."""

    id: str
    title: str
    slug: str
    summary: str
    last_published: datetime

    def _repr_html_(self) -> str:
        facts = [("Last published", self.last_published.date()), ("Summary", self.summary)]
        return facts_html(self.title, facts, ids=f"id {self.id}")


T = TypeVar("T")


@frozen(kw_only=True)
class Paging:
    """Where a page stands; pages are numbered from 1."""

    page: int
    page_size: int
    total_results: int
    # of no items there is 1 page, or 0 when the page size is 1
    total_pages: int


@frozen(kw_only=True)
class Page(Generic[T]):
    """One page of a list; iteration gives its results."""

    paging: Paging
    results: tuple[T, ...]

    def __iter__(self) -> Iterator[T]:
        return iter(self.results)


@frozen(kw_only=True)
class ErrorDetail:
    """One error of a problem document.

    Attributes:
        message: In words.
        path: Where in the request, such as `criteria.and[1].filters.in[0]`; None for a global error.
        code: Such as `MaximumLength`; None where the service gives none.
        detail: More, by name.
    """

    message: str
    path: str | None = None
    code: str | None = None
    detail: Mapping[str, Any] | None = None


@frozen(kw_only=True)
class Problem:
    """A problem document."""

    title: str = ""
    status: int | None = None
    type: str | None = None
    trace_id: str | None = None
    errors: tuple[ErrorDetail, ...] = attrs.field(factory=tuple, metadata={"omit_empty": True})


@frozen(kw_only=True)
class Warning:
    """A warning that came with a successful query; members as in `ErrorDetail`."""

    message: str
    code: str
    path: str | None = None
    detail: Mapping[str, Any] | None = None


# What the data catalogue says of a data set, in the API or outside it


@frozen(kw_only=True)
class EntryFacts:
    """A data set of the catalogue: one release's file, which keeps its id while that release lasts.

    Attributes:
        id: Id of the file; the next release's file has another.
        title: Title of the data set.
        summary: What it holds.
        publication: Title of its publication.
        publication_id: GUID of the publication, "" where it is not said.
        release: Title of the release.
        release_slug: The release in addresses.
        theme: Title of its theme.
        levels: Labels of the geographic levels of its rows.
        periods: Labels of the first and last time period, or None.
        filters: Labels of its filters.
        indicators: Labels of its indicators.
        rows: Rows in the file, or None where it is not said.
        file_name: Name of the file.
        file_size: Its size in words, such as `12 Mb`.
        published: When the release was published, or None.
        last_updated: When the file was last changed, or None.
        latest: Whether the release is the latest of the publication.
        superseded: Whether another publication replaces this one.
        api_id: GUID of the data set in the API, or None where it is not there.
        api_version: Its version there, or None.
        url: Address of its page; "" for a local service without one.
    """

    id: str
    title: str
    summary: str = ""
    publication: str = ""
    publication_id: str = ""
    release: str = ""
    release_slug: str = ""
    theme: str = ""
    levels: tuple[str, ...] = ()
    periods: TimePeriodRange | None = None
    filters: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    rows: int | None = None
    file_name: str = ""
    file_size: str = ""
    published: datetime | None = None
    last_updated: datetime | None = None
    latest: bool = True
    superseded: bool = False
    api_id: str | None = None
    api_version: str | None = None
    url: str = ""

    @property
    def in_api(self) -> bool:
        """True if the data set is in the API."""
        return self.api_id is not None


@frozen(kw_only=True)
class Variable:
    """What a column of a file is called in words."""

    column: str = attrs.field(metadata={"wire": "value"})
    label: str


@frozen(kw_only=True)
class CatalogueChange:
    """A file of the catalogue that changed: its id, for `client.catalogue.entry`, and when."""

    id: str
    changed: datetime


@frozen(kw_only=True)
class FileDetails:
    """All that the catalogue says of one file."""

    facts: EntryFacts
    # filters and indicators
    variables: tuple[Variable, ...] = ()
    footnotes: tuple[str, ...] = ()
    # headings of the file, as far as they are shown
    headers: tuple[str, ...] = ()
