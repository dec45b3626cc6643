"""A question as a curl command."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, get_args
from urllib.parse import quote, urlencode

from ...errors import QueryError
from ...models.names import listed
from ...models.provenance import Method
from ..request import DEFAULT_PAGE_SIZE, render_body, render_params, require_matchable

if TYPE_CHECKING:
    from ..question import Query

LIVE = "https://api.education.gov.uk/statistics"
"""Address of the live service, without the version segment (reference, section 1)."""

_LONGEST_ARGUMENT = 100_000
"""Bytes of an argument that every shell's system takes; Linux takes 131,071."""


def render_curl(query: Query, *, base_url: str = LIVE, method: Method = "POST", page: int = 1) -> str:
    """A command for a POSIX shell that asks for one page of a question."""
    if method not in get_args(Method):
        raise QueryError(f"method={method!r}: write one of {listed(get_args(Method))}")
    address = f"{base_url.strip().rstrip('/').removesuffix('/v1')}/v1/data-sets/{query.data_set_id}/query"
    require_matchable(query)
    size = query.page_size or DEFAULT_PAGE_SIZE
    size = min(size, query.limit or size)
    if method == "GET":
        params = render_params(query, page=page, page_size=size)
        asked = urlencode(params, quote_via=quote, safe="*")
        return f"curl {shlex.quote(f'{address}?{asked}')}"
    lines = [
        f"curl --request POST {shlex.quote(f'{address}?dataSetVersion={query.version}')}",
        "--header 'Content-Type: application/json'",
    ]
    body = render_body(query, page=page, page_size=size)
    if len(body.encode()) > _LONGEST_ARGUMENT:
        # JSON on one line cannot hold the line that ends it
        return " \\\n  ".join([*lines, f"--data-binary @- <<'JSON'\n{body}\nJSON"])
    return " \\\n  ".join([*lines, f"--data-raw {shlex.quote(body)}"])
