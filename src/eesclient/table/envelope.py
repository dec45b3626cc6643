"""What stands around the rows of a page: where they begin and end, its paging, and what the service warns of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..api.json import parsed
from ..errors import InvalidResponseError
from ..models.answers import Paging, Warning
from ..texts import pattern

_ROWS = "rows of the page"
"""Stands for the rows in the list of results that they were cut out of."""

_OPENING = pattern(rb'"results"\s*:\s*\[')
_CLOSING = pattern(rb"\}\s*\]")


def cut_out(body: bytes) -> tuple[dict[str, Any], slice] | None:
    """The body with `_ROWS` in the place of its rows, and where they stand in it."""
    opening = _OPENING.search(body)
    if opening is None:
        return None
    start = opening.end()
    # warnings and paging, which may follow the rows, are short
    for closing in [*_CLOSING.finditer(body, max(start, len(body) - 65_536))][::-1]:
        try:
            envelope = parsed(b'%b"%b"%b' % (body[:start], _ROWS.encode(), body[closing.end() - 1 :]))
        except ValueError:
            continue
        # a warning may have results of its own
        is_page = isinstance(envelope, dict) and envelope.get("results") == [_ROWS]
        if is_page and "warnings" in envelope and "paging" in envelope:
            return envelope, slice(start, closing.start() + 1)
    return None


def shows_labels(envelope: Mapping[str, Any]) -> bool:
    """Say whether labels stand beside ids, as in debug mode."""
    return any(warning.code == "DebugEnabled" for warning in warnings_of(envelope))


def paging_of(envelope: Mapping[str, Any]) -> Paging:
    """Which page it is, of how many rows."""
    members = envelope.get("paging")
    if not isinstance(members, dict):
        raise InvalidResponseError("the answer to the query has no paging: it is not an answer of this API")
    numbers: list[Any] = [members.get(name) for name in ("page", "pageSize", "totalResults", "totalPages")]
    # true and false are whole numbers to Python
    if {*map(type, numbers)} != {int} or min(numbers) < 0:
        raise InvalidResponseError(f"the answer to the query has a paging without whole numbers: {members}")
    page, page_size, total_results, total_pages = numbers
    return Paging(page=page, page_size=page_size, total_results=total_results, total_pages=total_pages)


def warnings_of(envelope: Mapping[str, Any]) -> tuple[Warning, ...]:
    """What the service warns of."""
    items = envelope.get("warnings")
    if not isinstance(items, list | None):
        raise InvalidResponseError("warnings of the answer to the query should be a list")
    return tuple(map(_warning, items or ()))


def _warning(item: object) -> Warning:
    members = item if isinstance(item, dict) else {"message": item}
    detail = members.get("detail")
    return Warning(
        message=_text(members.get("message")) or "",
        code=_text(members.get("code")) or "",
        path=_text(members.get("path")),
        detail=detail if isinstance(detail, dict | None) else {"detail": detail},
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str | None) else json.dumps(value)
