"""Preview tokens: which version one opens, and when (reference, section 4)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal, TypeAlias

import attrs

from ..http.messages import Request
from .routing import parse_guid

TokenStatus: TypeAlias = Literal["Pending", "Active", "Expired"]

TOKEN_HEADER = "preview-token"  # noqa: S105 - the name of a header

FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@attrs.frozen(kw_only=True)
class PreviewToken:
    """A token that opens one draft version for a time.

    Attributes:
        id: Its GUID, lower case with dashes; not shown in the repr.
        activates: The first moment at which it works.
        expires: The first moment at which it does not any more; revoking sets it to then.
    """

    id: str = attrs.field(repr=False)
    activates: datetime = FIRST
    expires: datetime = LAST

    def status(self, now: datetime) -> TokenStatus:
        """Its status at a moment; one that is over before it begins has expired."""
        if now >= self.expires:
            return "Expired"
        return "Active" if now >= self.activates else "Pending"


def token_of(request: Request) -> str | None:
    """GUID of the token that a request shows; None for none, and for a text that is no GUID, which is ignored."""
    shown = [value for name, value in request.headers if name.lower() == TOKEN_HEADER]
    return parse_guid(shown[0]) if shown else None
