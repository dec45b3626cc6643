"""What the data catalogue says of data sets, in the API or outside it."""

from __future__ import annotations

from datetime import datetime

import attrs

from .._classes import frozen
from .data_sets import TimePeriodRange


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
