"""How a pinned data set is shown in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..models.display import facts_html, meta_html, names
from ..models.provenance import DRAFT, SYNTHETIC, Source

if TYPE_CHECKING:
    from .flows import Pinned


def pinned_html(pinned: Pinned, source: Source) -> str:
    """A data set at an exact version, with its metadata folded away."""
    version, meta = pinned.version, pinned.meta
    periods = sorted(meta.periods, key=lambda period: period.sort_key)
    facts = [
        ("Version", f"{version.version} ({version.status})"),
        ("Release", version.release.title),
        ("Published", "" if version.published is None else str(version.published.date())),
        ("Rows", f"{version.total_results:,}"),
        ("Time periods", f"{periods[0].label} to {periods[-1].label}" if periods else ""),
        ("Levels", names([level.label for level in meta.levels])),
        ("Filters", names([filter_.label for filter_ in meta.filters])),
        ("Indicators", names([indicator.label for indicator in meta.indicators])),
        ("Source", "local files" if source == "local" else ""),
    ]
    notices = (SYNTHETIC,) * (source == "synthetic") + (DRAFT,) * version.status.is_draft
    shown = facts_html(pinned.data_set.title, facts, ids=f"id {pinned.data_set.id}", notices=notices)
    return f"{shown}<details><summary>Metadata</summary>{meta_html(meta)}</details>"
