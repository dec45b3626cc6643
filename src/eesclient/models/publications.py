"""Publications (reference, section 7)."""

from __future__ import annotations

from datetime import datetime

import attrs


@attrs.frozen(kw_only=True)
class Publication:
    """A series of releases that has at least one data set in the API."""

    id: str
    title: str
    slug: str
    summary: str
    last_published: datetime
