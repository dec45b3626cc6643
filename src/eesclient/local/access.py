"""Who may see what: rules on the statuses of data sets and versions (reference, section 4)."""

from __future__ import annotations

from ..models.enums import DataSetStatus, DataSetVersionStatus
from .holdings import DataSetHolding, VersionHolding
from .problems import RefusedError

_PUBLIC_DATA_SETS = (DataSetStatus.PUBLISHED, DataSetStatus.DEPRECATED)
_QUERYABLE = (DataSetVersionStatus.PUBLISHED, DataSetVersionStatus.DEPRECATED)
_VISIBLE = (*_QUERYABLE, DataSetVersionStatus.WITHDRAWN)


def is_listed(item: DataSetHolding) -> bool:
    """Whether a publication's list shows the data set (section 7)."""
    return item.about.status in _PUBLIC_DATA_SETS


def is_visible(item: VersionHolding) -> bool:
    """Whether metadata, CSV and description of a version are public; those of a withdrawn one are."""
    return item.about.status in _VISIBLE


def check_data_set(item: DataSetHolding) -> None:
    """Refuse a data set that is not public.

    Raises:
        RefusedError: 403.
    """
    if not is_listed(item):
        raise RefusedError(403)


def check_version(item: VersionHolding) -> None:
    """Refuse a version that is not public.

    Raises:
        RefusedError: 403.
    """
    if not is_visible(item):
        raise RefusedError(403)


def check_query(item: VersionHolding) -> None:
    """Refuse a version that may not be queried: one that is not public, or withdrawn.

    Raises:
        RefusedError: 403.
    """
    if item.about.status not in _QUERYABLE:
        raise RefusedError(403)
