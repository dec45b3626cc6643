"""What the addresses of the catalogue answer, as far as it is used; what else they say is ignored."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs

from ..models.catalogue import EntryFacts, FileDetails, Variable
from ..models.data_sets import TimePeriodRange


@attrs.frozen(kw_only=True)
class Named:
    """Something with an id and a title."""

    id: str = ""
    title: str = ""
    slug: str = ""


@attrs.frozen(kw_only=True)
class Publication(Named):
    """A publication in the tree, or of a release."""

    theme_title: str = ""


@attrs.frozen(kw_only=True)
class Theme(Named):
    """A theme with its publications."""

    publications: tuple[Publication, ...] = ()


@attrs.frozen(kw_only=True)
class Api:
    """Where a data set is in the API."""

    id: str
    version: str


@attrs.frozen(kw_only=True)
class Range:
    """First and last time period, as labels."""

    start: str | None = attrs.field(default=None, metadata={"wire": "from"})
    end: str | None = attrs.field(default=None, metadata={"wire": "to"})


@attrs.frozen(kw_only=True)
class Contents:
    """What a file holds."""

    num_data_file_rows: int | None = None
    geographic_levels: tuple[str, ...] = ()
    time_period_range: Range = Range()
    filters: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Summary:
    """A file in a list."""

    id: str
    title: str
    content: str = ""
    filename: str = ""
    file_size: str = ""
    theme: Named = Named()
    publication: Publication = Publication()
    release: Named = Named()
    latest_data: bool = True
    is_superseded: bool = False
    published: datetime | None = None
    last_updated: datetime | None = None
    meta: Contents = Contents()
    api: Api | None = None

    def facts(self, site: str) -> EntryFacts:
        """As an entry, whose page is on that site."""
        return EntryFacts(
            **_contents(self.meta),
            **_where(self, site),
            summary=self.content,
            publication=self.publication.title,
            publication_id=self.publication.id,
            release=self.release.title,
            release_slug=self.release.slug,
            theme=self.theme.title,
            file_name=self.filename,
            file_size=self.file_size,
            published=self.published,
            last_updated=self.last_updated,
            latest=self.latest_data,
            superseded=self.is_superseded,
        )


@attrs.frozen(kw_only=True)
class WireVariable:
    """A column."""

    label: str
    value: str


@attrs.frozen(kw_only=True)
class Preview:
    """The first lines of a file."""

    headers: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class File:
    """The file itself."""

    name: str = ""
    size: str = ""
    meta: Contents = Contents()
    variables: tuple[WireVariable, ...] = ()
    data_csv_preview: Preview = Preview()


@attrs.frozen(kw_only=True)
class Release(Named):
    """The release of a file."""

    is_latest_published_release: bool = True
    is_superseded: bool = False
    published: datetime | None = None
    last_updated: datetime | None = None
    publication: Publication = Publication()


@attrs.frozen(kw_only=True)
class Footnote:
    """A footnote."""

    label: str


@attrs.frozen(kw_only=True)
class DataSetFile:
    """All that is said of one file."""

    id: str
    title: str
    summary: str = ""
    file: File
    release: Release
    footnotes: tuple[Footnote, ...] = ()
    api: Api | None = None

    def details(self, site: str) -> FileDetails:
        """As details of an entry, whose page is on that site."""
        return FileDetails(
            facts=self._facts(site),
            variables=tuple(Variable(column=one.value, label=one.label) for one in self.file.variables),
            footnotes=tuple(one.label for one in self.footnotes),
            headers=self.file.data_csv_preview.headers,
        )

    def _facts(self, site: str) -> EntryFacts:
        release = self.release
        return EntryFacts(
            **_contents(self.file.meta),
            **_where(self, site),
            summary=self.summary,
            publication=release.publication.title,
            publication_id=release.publication.id,
            release=release.title,
            release_slug=release.slug,
            theme=release.publication.theme_title,
            file_name=self.file.name,
            file_size=self.file.size,
            published=release.published,
            last_updated=release.last_updated,
            latest=release.is_latest_published_release,
            superseded=release.is_superseded,
        )


@attrs.frozen(kw_only=True)
class SitemapItem:
    """A file, and when it changed."""

    id: str
    last_modified: datetime | None = None


def _contents(meta: Contents) -> dict[str, Any]:
    start, end = meta.time_period_range.start, meta.time_period_range.end
    return {
        "levels": meta.geographic_levels,
        "periods": TimePeriodRange(start=start, end=end) if start is not None and end is not None else None,
        "filters": meta.filters,
        "indicators": meta.indicators,
        "rows": meta.num_data_file_rows,
    }


def _where(item: Summary | DataSetFile, site: str) -> dict[str, Any]:
    return {
        "id": item.id.lower(),
        "title": item.title,
        "api_id": item.api.id if item.api else None,
        "api_version": item.api.version if item.api else None,
        "url": f"{site}/data-catalogue/data-set/{item.id.lower()}" if site else "",
    }
