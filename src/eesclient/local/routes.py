"""Where a path leads, and who may see what is there (reference, sections 1, 2 and 4)."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import quote, unquote
from uuid import UUID

import attrs

from ..api.messages import Request
from ..models.enums import DataSetVersionStatus
from .holdings import DataSetHolding, VersionHolding
from .problems import RefusedError

_DATA_SET, _PUBLICATION = (f"/{name}/(?P<guid>[^/]+)" for name in ("data-sets", "publications"))
_VERSION = f"{_DATA_SET}/versions/(?P<version>[^/]+)"
_ROUTES = {
    "publications": "/publications",
    "publication": _PUBLICATION,
    "publication-data-sets": f"{_PUBLICATION}/data-sets",
    "data-set": _DATA_SET,
    "meta": f"{_DATA_SET}/meta",
    "query": f"{_DATA_SET}/query",
    "csv": f"{_DATA_SET}/csv",
    "versions": f"{_DATA_SET}/versions",
    "version": _VERSION,
    "changes": f"{_VERSION}/changes",
}
_METHODS = {"query": "GET, POST"}  # of the others GET
_EXEMPT = {"_configuration", "identity", "static"}


@attrs.frozen(kw_only=True)
class Route:
    """Where a path leads.

    Attributes:
        endpoint: What answers there.
        method: The method that it answers, or several, as an `Allow` header has them.
        id: GUID in the path, lower case with dashes; "" where there is none.
        version: Version text in the path, trimmed; "" where there is none.
    """

    endpoint: str
    method: str
    id: str = ""
    version: str = ""


def find_route(path: str) -> Route | None:
    """The route of a path below the version segment; None where routing answers 404 with an empty body."""
    for endpoint, pattern in _ROUTES.items():
        match = re.fullmatch(pattern, path.rstrip("/"))
        if match is not None:
            parts = {"guid": "", "version": ""} | match.groupdict()
            guid = parts["guid"] and parse_guid(parts["guid"])
            version, method = parts["version"].strip(), _METHODS.get(endpoint, "GET")
            # a malformed GUID leads nowhere: routing answers, not a handler with its problem document (section 3.1)
            return None if guid is None else Route(endpoint=endpoint, method=method, id=guid, version=version)
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
    if path == path.lower() or segments & _EXEMPT:
        return None
    return quote(path.lower(), safe="/:") + mark + query


ADMIN_ROLE = "Admin.Access"
"""Role of signed-in callers of the service's own tenant who may view, not query, what is not public."""

_TOKEN_HEADER = "preview-token"  # noqa: S105 - the name of a header


@attrs.frozen(kw_only=True)
class Caller:
    """Who asks, and when; what is not for them is refused with a 403.

    Attributes:
        now: The moment of the request.
        token: GUID of the preview token that came with it, or None; not shown in the repr.
        role: Role of a signed-in internal caller, or None.
    """

    now: datetime
    token: str | None = attrs.field(default=None, repr=False)
    role: str | None = None

    def previews(self, item: VersionHolding | None) -> bool:
        """True if the token is an active one of this very version, and that is a draft."""
        if item is None or item.about.status is not DataSetVersionStatus.DRAFT:
            return False
        tokens = item.about.preview_tokens
        return any(token.id == self.token and token.status(self.now) == "Active" for token in tokens)

    def check_data_set(self, item: DataSetHolding) -> None:
        """Refuse a data set that is not public, without a token of its latest draft."""
        self._check(item.is_listed or self.role == ADMIN_ROLE or self.previews(item.latest_draft))

    def check_version(self, item: VersionHolding) -> None:
        """Refuse a version that is not public, without a token of its own; withdrawn ones are public here."""
        self._check(not item.about.status.is_draft or self.role == ADMIN_ROLE or self.previews(item))

    def check_query(self, item: VersionHolding) -> None:
        """Refuse a version that may not be queried: not public, without a token of its own, or withdrawn."""
        self._check(item.about.status.is_live or self.previews(item))

    def _check(self, allowed: bool) -> None:
        if not allowed:
            raise RefusedError(403)


def token_of(request: Request) -> str | None:
    """GUID of the token that a request shows; None for none, and for other text, which is ignored."""
    shown = [value for name, value in request.headers if name.lower() == _TOKEN_HEADER]
    return parse_guid(shown[0]) if shown else None
