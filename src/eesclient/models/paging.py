"""Pages of a list (reference, section 6)."""

from __future__ import annotations

from typing import Generic, TypeVar

import attrs

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Paging:
    """Where a page stands.

    Attributes:
        page: Number of this page, from 1.
        page_size: Items asked for on each page.
        total_results: Items on all pages.
        total_pages: Pages; 1, or 0 when the page size is 1, if there are no items.
    """

    page: int
    page_size: int
    total_results: int
    total_pages: int


@attrs.frozen(kw_only=True)
class Page(Generic[T]):
    """One page of a list."""

    paging: Paging
    results: tuple[T, ...]
