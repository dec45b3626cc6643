"""What changed between a version and the one before it (reference, section 8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, Literal, TypeAlias, TypeVar

import attrs

from .meta import FilterOption, Indicator, Level, LocationOption
from .periods import TimePeriod
from .versions import Version

T = TypeVar("T")

ChangeKind: TypeAlias = Literal["added", "deleted", "updated"]
"""What happened to an item."""


@attrs.frozen(kw_only=True)
class Change(Generic[T]):
    """An item that was added, deleted or updated.

    Attributes:
        previous: How it was; None when it was added.
        current: How it is now; None when it was deleted.
    """

    previous: T | None = attrs.field(default=None, metadata={"wire": "previousState"})
    current: T | None = attrs.field(default=None, metadata={"wire": "currentState"})

    @property
    def kind(self) -> ChangeKind:
        """What happened to the item."""
        if self.previous is None:
            return "added"
        return "deleted" if self.current is None else "updated"


@attrs.frozen(kw_only=True)
class FilterState:
    """A filter, without its options."""

    id: str
    column: str
    label: str
    hint: str = ""


@attrs.frozen(kw_only=True)
class LocationGroupState:
    """The level of a group of locations."""

    level: Level


@attrs.frozen(kw_only=True)
class FilterOptionChanges:
    """Changes of the options of one filter.

    Attributes:
        filter: The filter as it is now, else as it was; its hint is "" here.
        options: The changes.
    """

    filter: FilterState
    options: tuple[Change[FilterOption], ...] = ()


@attrs.frozen(kw_only=True)
class LocationOptionChanges:
    """Changes of the locations of one level."""

    level: Level
    options: tuple[Change[LocationOption], ...] = ()


def _list(**metadata: object) -> Any:
    """A list that is left out of the JSON when it is empty."""
    return attrs.field(factory=tuple, metadata={"omit_empty": True, **metadata})


@attrs.frozen(kw_only=True)
class ChangeSet:
    """Changes by what they concern; those without entries are empty.

    Attributes:
        filters: Changes of filters.
        filter_options: Changes of filter options, by filter.
        levels: Changes of geographic levels.
        indicators: Changes of indicators.
        location_groups: Changes of the levels that have locations.
        location_options: Changes of locations, by level.
        periods: Changes of time periods.
        unknown: Kinds of change that the service has added since, as parsed JSON by their names on the wire.
    """

    filters: tuple[Change[FilterState], ...] = _list()
    filter_options: tuple[FilterOptionChanges, ...] = _list()
    levels: tuple[Change[Level], ...] = _list(wire="geographicLevels")
    indicators: tuple[Change[Indicator], ...] = _list()
    location_groups: tuple[Change[LocationGroupState], ...] = _list()
    location_options: tuple[LocationOptionChanges, ...] = _list()
    periods: tuple[Change[TimePeriod], ...] = _list(wire="timePeriods")
    unknown: Mapping[str, Any] = attrs.field(factory=dict, metadata={"rest": True})

    def __bool__(self) -> bool:
        """Whether there is any change."""
        return any(getattr(self, field.name) for field in attrs.fields(ChangeSet))


@attrs.frozen(kw_only=True)
class VersionChanges:
    """What one version changed.

    Attributes:
        version: Its number.
        notes: The producer's notes on it; "" where there are none.
        major_changes: Changes that break questions: deletions, and changes of ids, codes, levels and periods.
        minor_changes: All others: additions, and changes of labels, hints, units and decimal places.
    """

    version: Version = attrs.field(metadata={"wire": "versionNumber"})
    notes: str = ""
    major_changes: ChangeSet = attrs.field(factory=ChangeSet)
    minor_changes: ChangeSet = attrs.field(factory=ChangeSet)


@attrs.frozen(kw_only=True)
class Changes(VersionChanges):
    """What a version changed, and on request what the versions did that it patches.

    Attributes:
        patch_history: What the earlier versions with the same major and minor number changed; empty unless asked for.
    """

    patch_history: tuple[VersionChanges, ...] = ()
