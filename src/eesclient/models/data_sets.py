"""Data sets and their versions (reference, section 8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

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
