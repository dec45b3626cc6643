"""What a user is to know of a version that was opened: later patches, a deprecation, a withdrawal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import attrgetter

from ..errors import CorrectedVersionWarning, DeprecatedDataSetWarning, EESWarning, WithdrawnVersionWarning
from ..models.data_sets import DataSetVersion
from ..models.enums import DataSetStatus, DataSetVersionStatus
from ..models.versions import Version, VersionRange
from .resolved import ResolvedVersion


def newer_patches(this: Version, known: Iterable[DataSetVersion]) -> tuple[DataSetVersion, ...]:
    """The patches of a version that are newer than it, oldest first."""
    patches = VersionRange.parse(f"{this.major}.{this.minor}.*")
    found = [other for other in known if other.status.is_live and other.version in patches and other.version > this]
    return tuple(sorted(found, key=attrgetter("version")))


def notices(pinned: ResolvedVersion, known: Iterable[DataSetVersion]) -> Iterator[tuple[type[EESWarning], str]]:
    """The warnings about a version, with their categories."""
    summary, this = pinned.data_set, pinned.version.version
    for patch in newer_patches(this, known)[-1:]:
        date = f" on {patch.published.date()}" if patch.published else ""
        notes = f": {patch.notes}" if patch.notes else ""
        advice = (
            f'version="{this.major}.{this.minor}.*" follows corrections'
            if patch.status == DataSetVersionStatus.PUBLISHED
            else f'version="{patch.version}" opens the correction'
        )
        yield (
            CorrectedVersionWarning,
            f"version {this} of {summary.title!r} was corrected by {patch.version}{date}{notes}; {advice}",
        )
    if summary.status == DataSetStatus.DEPRECATED:
        successor = summary.superseding_data_set_id
        instead = f"data set {successor} replaces it" if successor else "it is no longer kept up to date"
        yield DeprecatedDataSetWarning, f"data set {summary.title!r} ({summary.id}) is deprecated: {instead}"
    if pinned.is_withdrawn:
        yield WithdrawnVersionWarning, f"{pinned.withdrawal()}; its metadata can be read, its rows are refused"
