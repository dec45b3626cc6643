"""Where a path leads, and who may see what is there (reference, sections 1, 2 and 4)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal, TypeAlias
from urllib.parse import quote, unquote
from uuid import UUID

import attrs

from ..api.messages import Request
from ..models.enums import DataSetStatus, DataSetVersionStatus
from .holdings import DataSetHolding, VersionHolding
from .problems import RefusedError

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


TOKEN_HEADER = "preview-token"  # noqa: S105 - the name of a header

ADMIN_ROLE = "Admin.Access"
"""Role of signed-in callers of the service's own tenant who may view, not query, what is not public."""

_PUBLIC_DATA_SETS = (DataSetStatus.PUBLISHED, DataSetStatus.DEPRECATED)


@attrs.frozen(kw_only=True)
class Caller:
    """Who asks, and when.

    Attributes:
        now: The moment of the request.
        token: GUID of the preview token that came with it, or None; not shown in the repr.
        role: Role of a signed-in internal caller, or None.
    """

    now: datetime
    token: str | None = attrs.field(default=None, repr=False)
    role: str | None = None

    def previews(self, item: VersionHolding | None) -> bool:
        """Whether the token is an active one of this very version, and that is a draft."""
        if item is None or item.about.status is not DataSetVersionStatus.DRAFT:
            return False
        tokens = item.about.preview_tokens
        return any(token.id == self.token and token.status(self.now) == "Active" for token in tokens)


def token_of(request: Request) -> str | None:
    """GUID of the token that a request shows; None for none, and for a text that is no GUID, which is ignored."""
    shown = [value for name, value in request.headers if name.lower() == TOKEN_HEADER]
    return parse_guid(shown[0]) if shown else None


def is_listed(item: DataSetHolding) -> bool:
    """Whether a publication's list shows the data set (section 7)."""
    return item.about.status in _PUBLIC_DATA_SETS


def listed_versions(item: DataSetHolding, caller: Caller) -> list[VersionHolding]:
    """Versions that the list of a data set's versions shows: public ones, and the latest draft with its token."""
    draft = item.latest_draft if caller.previews(item.latest_draft) else None
    return [version for version in item.versions if version is draft or not version.about.status.is_draft]


def check_data_set(item: DataSetHolding, caller: Caller) -> None:
    """Refuse a data set that is not public, without a token of its latest draft.

    Raises:
        RefusedError: 403.
    """
    if not (is_listed(item) or caller.role == ADMIN_ROLE or caller.previews(item.latest_draft)):
        raise RefusedError(403)


def check_version(item: VersionHolding, caller: Caller) -> None:
    """Refuse a version that is not public, without a token of its own; withdrawn ones are public here.

    Raises:
        RefusedError: 403.
    """
    if item.about.status.is_draft and not (caller.role == ADMIN_ROLE or caller.previews(item)):
        raise RefusedError(403)


def check_query(item: VersionHolding, caller: Caller) -> None:
    """Refuse a version that may not be queried: one that is not public, without a token of its own, or withdrawn.

    Raises:
        RefusedError: 403.
    """
    if not (item.about.status.is_live or caller.previews(item)):
        raise RefusedError(403)
