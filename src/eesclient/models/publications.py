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

    def _repr_html_(self) -> str:
        from .display import publication_html

        return publication_html(self)
