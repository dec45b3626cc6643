"""Data sets and their versions (reference, section 8)."""

from __future__ import annotations

from datetime import datetime

import attrs

from .enums import DataSetStatus, DataSetVersionStatus, DataSetVersionType
from .versions import Version


@attrs.frozen(kw_only=True)
class File:
    """The data file of a version; its id is that of the data catalogue."""

    id: str


@attrs.frozen(kw_only=True)
class TimePeriodRange:
    """Labels of the first and last time period, in the service's order."""

    start: str
    end: str


@attrs.frozen(kw_only=True)
class Release:
    """The release that a version was published with."""

    title: str
    slug: str


@attrs.frozen(kw_only=True)
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


@attrs.frozen(kw_only=True)
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
        from .display import data_set_html

        return data_set_html(self)


@attrs.frozen(kw_only=True)
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
        from .display import version_html

        return version_html(self)
