"""Addresses: which handler a path belongs to, and where paths with capitals go (reference, sections 1 and 2)."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias
from urllib.parse import quote, unquote
from uuid import UUID

import attrs

Endpoint: TypeAlias = Literal[
    "publications", "publication", "publication-data-sets", "data-set", "meta", "query", "csv", "versions", "version",
    "changes",
]  # fmt: skip

_GUID = r"(?P<guid>[^/]+)"
_ROUTES: tuple[tuple[Endpoint, str, re.Pattern[str]], ...] = (
    ("publications", "GET", re.compile("/publications")),
    ("publication", "GET", re.compile(f"/publications/{_GUID}")),
    ("publication-data-sets", "GET", re.compile(f"/publications/{_GUID}/data-sets")),
    ("data-set", "GET", re.compile(f"/data-sets/{_GUID}")),
    ("meta", "GET", re.compile(f"/data-sets/{_GUID}/meta")),
    ("query", "GET, POST", re.compile(f"/data-sets/{_GUID}/query")),
    ("csv", "GET", re.compile(f"/data-sets/{_GUID}/csv")),
    ("versions", "GET", re.compile(f"/data-sets/{_GUID}/versions")),
    ("version", "GET", re.compile(f"/data-sets/{_GUID}/versions/(?P<version>[^/]+)")),
    ("changes", "GET", re.compile(f"/data-sets/{_GUID}/versions/(?P<version>[^/]+)/changes")),
)
_EXEMPT = ("_configuration", "identity", "static")


@attrs.frozen(kw_only=True)
class Route:
    """Where a path leads.

    Attributes:
        endpoint: The handler.
        method: The method that it answers, or several, as an `Allow` header has them.
        id: GUID in the path, lower case with dashes; "" where there is none.
        version: Version text in the path, trimmed; "" where there is none.
    """

    endpoint: Endpoint
    method: str
    id: str = ""
    version: str = ""


def find_route(path: str) -> Route | None:
    """The route of a path below the version segment; None where routing answers 404 with an empty body."""
    for endpoint, method, pattern in _ROUTES:
        match = pattern.fullmatch(path.rstrip("/"))
        if match is None:
            continue
        parts = match.groupdict()
        guid = parse_guid(parts["guid"]) if "guid" in parts else ""
        if guid is None:
            return None
        return Route(endpoint=endpoint, method=method, id=guid, version=parts.get("version", "").strip())
    return None


def parse_guid(text: str) -> str | None:
    """A GUID in lower case with dashes, from any form that the service's routing takes; None for other text."""
    text = text.strip()
    bare = text[1:-1] if (text[:1], text[-1:]) in (("{", "}"), ("(", ")")) else text
    if not re.fullmatch(r"[0-9A-Fa-f]{32}|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", bare):
        return None
    return str(UUID(bare))


def lowercase_redirect(url: str) -> str | None:
    """Address that the service redirects to (308) when the path has capitals; the query string is kept as it is.

    Args:
        url: Percent-encoded address, as the one that is given back.
    """
    encoded, mark, query = url.partition("?")
    path = unquote(encoded)
    segments = {segment.lower() for segment in path.split("/")}
    if path == path.lower() or segments & set(_EXEMPT):
        return None
    return quote(path.lower(), safe="/:") + mark + query
