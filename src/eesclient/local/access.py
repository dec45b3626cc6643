"""Who may see what: rules on the statuses of data sets and versions, and what tokens open (reference, section 4)."""

from __future__ import annotations

from datetime import datetime

import attrs

from ..models.enums import DataSetStatus, DataSetVersionStatus
from .holdings import DataSetHolding, VersionHolding
from .problems import RefusedError

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
