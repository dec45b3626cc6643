"""Where an answer comes from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias

import attrs

from .._classes import frozen
from .enums import DataSetVersionStatus
from .versions import Version

Source: TypeAlias = Literal["service", "local", "synthetic"]
"""Who answered: the Department's service, a local service over someone's files, or one with made-up figures."""

Route: TypeAlias = Literal["pages", "csv", "store"]
"""How rows came: as pages of a query, out of the data file, or out of one that was stored before."""

RouteChoice: TypeAlias = Literal["auto", "pages", "csv", "store"]
"""How rows shall come; `auto` leaves it to the client."""

Method: TypeAlias = Literal["POST", "GET"]
"""How a question is sent."""

LICENCE = "Contains public sector information licensed under the Open Government Licence v3.0."
"""Line that goes with figures of the service."""

DRAFT = "DRAFT, NOT FOR PUBLICATION"
"""What is said of figures of a version that is not out."""

SYNTHETIC = "SYNTHETIC, not a statistic"
"""What is said of figures that were made up."""


@frozen(kw_only=True)
class Provenance:
    """Who said it, what exactly was asked, and when.

    Attributes:
        source: Who answered.
        data_set_id: GUID of the data set.
        title: Its title.
        version: Exact version.
        status: Status of that version when it was opened.
        release: Title of the release that it was published with.
        publication: Title of the publication that the data set belongs to, or None where it is not known: summaries
            of data sets do not say it.
        published: When it was published, or None.
        withdrawn: When it was withdrawn, or None.
        superseded_by: GUID of the data set that replaces this one, or None.
        query: The question as JSON text, or None for the whole data set.
        pinned: What `others=` chose: filter label to option label.
        route: How the rows came.
        retrieved_at: When it was asked, in UTC.
        url: Address that was asked; "" for a local service.
        licence: Licence line; None unless the service answered.
        footnotes: Footnotes of the data set, if they were read.
        file_sha256: For a file of the catalogue outside the API, which has no version: digest of its bytes.
    """

    source: Source
    data_set_id: str
    title: str
    version: Version
    status: DataSetVersionStatus
    release: str
    publication: str | None = None
    published: datetime | None = None
    withdrawn: datetime | None = None
    superseded_by: str | None = None
    query: str | None = None
    # a mapping has no hash
    pinned: Mapping[str, str] = attrs.field(factory=dict, hash=False, metadata={"omit_empty": True})
    route: Route
    retrieved_at: datetime
    url: str = ""
    licence: str | None = None
    footnotes: tuple[str, ...] = ()
    file_sha256: str | None = None

    @property
    def is_draft(self) -> bool:
        """True if the version was not out: neither published nor deprecated nor withdrawn."""
        return self.status.is_draft

    @property
    def notices(self) -> tuple[str, ...]:
        """What has to be said before the figures are shown: that they are made up, or a draft."""
        return (SYNTHETIC,) * (self.source == "synthetic") + (DRAFT,) * self.is_draft
