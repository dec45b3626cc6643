"""Which thing of one version is which of another, as the change sets between them say (reference, sections 8 and 18).

A thing is the same while it keeps its id, and where an `updated` entry gives its id before and after. Nothing else
makes two things the same: not a label, not a code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import attrs

from ..models.changes import Change, ChangeSet, VersionChanges
from ..models.diff import IdKind

_Place: TypeAlias = tuple[IdKind, str]


@attrs.frozen(kw_only=True)
class Lineage:
    """Ids that changed on the way from one version to another.

    Attributes:
        moved: New id of each thing whose id changed, by kind and old id.
    """

    moved: Mapping[_Place, str] = attrs.field(factory=dict)

    def follow(self, kind: IdKind, id_: str) -> str:
        """Id that the thing has in the other version, if it is there at all."""
        return self.moved.get((kind, id_), id_)

    def reversed(self) -> Lineage:
        """The way back."""
        return Lineage(moved={(kind, new): old for (kind, old), new in self.moved.items()})


def lineage_of(steps: Iterable[VersionChanges]) -> Lineage:
    """Ids that the versions changed one after another.

    Args:
        steps: What the versions changed, oldest first.
    """
    moved: dict[_Place, str] = {}
    for step in steps:
        renamed = {place: new for part in (step.major_changes, step.minor_changes) for place, new in _renamed(part)}
        # all entries of a step speak of the version before it, so that two ids may change places
        known: dict[_Place, _Place] = {(kind, now): (kind, first) for (kind, first), now in moved.items()}
        moved |= {known.get(place, place): new for place, new in renamed.items()}
    return Lineage(moved={(kind, old): new for (kind, old), new in moved.items() if old != new})


def _renamed(changes: ChangeSet) -> Iterator[tuple[_Place, str]]:
    groups: tuple[tuple[IdKind, Iterable[Change[Any]]], ...] = (
        ("filter", changes.filters),
        ("option", (change for group in changes.filter_options for change in group.options)),
        ("indicator", changes.indicators),
        ("location", (change for group in changes.location_options for change in group.options)),
    )
    for kind, entries in groups:
        for change in entries:
            before, after = (getattr(state, "id", None) for state in (change.previous, change.current))
            if before is not None and after is not None and before != after:
                yield (kind, before), after
