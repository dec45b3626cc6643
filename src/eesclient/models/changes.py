"""What changed between two versions: as the service says it (reference, section 8), and as metadata shows it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any, Generic, Literal, TypeAlias, TypeVar, get_args

import attrs

from .._classes import frozen
from ..errors import printable
from .meta import Filter, FilterOption, Indicator, Level, LocationOption, Meta
from .names import fold, listed
from .periods import TimePeriod
from .versions import Version

T = TypeVar("T")

ChangeKind: TypeAlias = Literal["added", "deleted", "updated"]
"""What happened to an item."""


def _kind(before: object, after: object) -> ChangeKind:
    return "added" if before is None else "deleted" if after is None else "updated"


@frozen(kw_only=True)
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
        return _kind(self.previous, self.current)


@frozen(kw_only=True)
class FilterState:
    """A filter, without its options."""

    id: str
    column: str
    label: str
    hint: str = ""


@frozen(kw_only=True)
class LocationGroupState:
    """The level of a group of locations."""

    level: Level


@frozen(kw_only=True)
class FilterOptionChanges:
    """Changes of the options of one filter.

    Attributes:
        filter: The filter as it is now, else as it was; its hint is "" here.
        options: The changes.
    """

    filter: FilterState
    options: tuple[Change[FilterOption], ...] = ()

    def __iter__(self) -> Iterator[Change[FilterOption]]:
        return iter(self.options)


@frozen(kw_only=True)
class LocationOptionChanges:
    """Changes of the locations of one level."""

    level: Level
    options: tuple[Change[LocationOption], ...] = ()

    def __iter__(self) -> Iterator[Change[LocationOption]]:
        return iter(self.options)


def _list(**metadata: object) -> Any:
    """A list that is left out of the JSON when it is empty."""
    return attrs.field(factory=tuple, metadata={"omit_empty": True, **metadata})


@frozen(kw_only=True)
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
    # a kind that this version does not know is a change all the same
    unknown: Mapping[str, Any] = attrs.field(factory=dict, metadata={"rest": True})

    def __bool__(self) -> bool:
        """True if there is any change."""
        return any(getattr(self, field.name) for field in attrs.fields(ChangeSet))


@frozen(kw_only=True)
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

    @property
    def has_changes(self) -> bool:
        """False where the service lists none: then figures changed, or a default option, which it never lists."""
        return bool(self.major_changes or self.minor_changes)

    def in_short(self) -> str:
        """What the lists mean and do not say, of figures and of filters that divide the rows; "" mostly."""
        if not self.has_changes:
            return "figures changed, or a default option, of which the service lists neither"
        added = [one.current.label for one in self.minor_changes.filters if one.previous is None and one.current]
        return f"a new filter divides the rows: {listed(added)}" if added else ""


@frozen(kw_only=True)
class Changes(VersionChanges):
    """What a version changed, and on request what the versions did that it patches.

    Attributes:
        patch_history: What the earlier versions with the same major and minor number changed; empty unless asked for.
    """

    patch_history: tuple[VersionChanges, ...] = ()


# What differs between two versions, thing by thing, in words

N = TypeVar("N", Filter, FilterOption, Indicator, LocationOption)
Pairs: TypeAlias = Iterable[tuple[T | None, T | None]]
"""Each thing of the one version beside its like of the other."""

IdKind: TypeAlias = Literal["filter", "option", "indicator", "location"]
"""Things that have ids; levels and time periods go by their codes, which never change."""

ChangedFacet: TypeAlias = Literal["filter", "option", "indicator", "level", "location level", "location", "period"]
"""What a change concerns; a location level is a level that locations have, whether rows are of it or not."""

Thing: TypeAlias = Filter | FilterOption | Indicator | Level | LocationOption | TimePeriod
"""Anything of a data set that can change; a level stands for itself and for a level of locations."""


@frozen(kw_only=True)
class FacetChange:
    """A thing that was added, deleted or updated between two versions.

    Options of a filter that came or went as a whole have no changes of their own, nor have locations of such a level.

    Attributes:
        facet: What it is.
        before: How it was; None when it was added.
        after: How it is; None when it was deleted.
        group: The filter of an option or the level of a location, as it is now, else as it was; None for other things.
    """

    facet: ChangedFacet
    before: Thing | None = None
    after: Thing | None = None
    group: Filter | Level | None = attrs.field(default=None, repr=False)

    @property
    def kind(self) -> ChangeKind:
        """`added`, `deleted` or `updated`."""
        return _kind(self.before, self.after)

    @property
    def is_major(self) -> bool:
        """True if it breaks questions: a deletion, or another id or code (reference, section 8)."""
        if self.before is None:
            return False
        # another label, hint, unit or number of decimal places is minor
        return self.after is None or _identity(self.before) != _identity(self.after)

    def __str__(self) -> str:
        """The change in words."""
        thing = self.after if self.before is None else self.before
        name = named(self.facet, thing, self.group)
        if self.kind != "updated":
            return printable(f"{name} {self.kind}")
        return printable(f"{name} updated: {'; '.join(self._details())}")

    def _details(self) -> Iterator[str]:
        if self.before is None:
            return
        for field in attrs.fields(type(self.before)):
            old, new = getattr(self.before, field.name), getattr(self.after, field.name, None)
            # options have changes of their own
            if old != new and field.name != "options":
                yield f"{field.name.replace('_', ' ')} {_shown(old)} is now {_shown(new)}"


def alike(one: Thing, other: Thing) -> bool:
    """Say whether two things that have not one id may be the same all the same: by column, label or a code."""
    column = getattr(one, "column", None)
    if (column is not None and column == getattr(other, "column", None)) or fold(one.label) == fold(other.label):
        return True
    codes = [{*thing.codes.values()} if isinstance(thing, LocationOption) else set[str]() for thing in (one, other)]
    return bool(codes[0] & codes[1])


def probably_same(changes: Iterable[FacetChange]) -> tuple[tuple[FacetChange, FacetChange], ...]:
    """Deletions beside the additions that are like them, where only one is like the other."""
    gone = [change for change in changes if change.kind == "deleted"]
    new = [change for change in changes if change.kind == "added"]

    def like(one: FacetChange, other: FacetChange) -> bool:
        before, after = one.before or one.after, other.before or other.after
        groups = [getattr(change.group, "id", None) or getattr(change.group, "code", None) for change in (one, other)]
        is_placed = one.facet == other.facet and groups[0] == groups[1] and one.facet in get_args(IdKind)
        return is_placed and before is not None and after is not None and alike(before, after)

    pairs = [(one, other) for one in gone for other in new if like(one, other)]
    return tuple(
        pair for pair in pairs if not any(pair != rest and (pair[0] is rest[0] or pair[1] is rest[1]) for rest in pairs)
    )


def named(facet: ChangedFacet, thing: Thing | None, group: Filter | Level | None = None) -> str:
    """A thing in words, such as `option 'Female' of filter 'Sex'`."""
    label = getattr(thing, "label", "")
    match group:
        case Filter():
            return f"{facet} {label!r} of filter {group.label!r}"
        case Level():
            return f"{facet} {label!r}{_codes(thing)} at level {group.label!r}"
    return f"{facet} {label!r}"


Follow: TypeAlias = Callable[[IdKind, str], str]
"""The id that a thing of the one version has in the other, by its kind and its id there."""


def differences(previous: Meta, current: Meta, follow: Follow = lambda _, id_: id_) -> tuple[FacetChange, ...]:
    """Every difference between the metadata of two versions, kind by kind: deletions, then updates, then additions."""
    # levels and time periods come and go, and are never updated: a label follows from its code
    levels = _paired(previous.levels, current.levels, lambda level: str(level.code))
    periods = _paired(previous.periods, current.periods, lambda item: (item.period, str(item.code)))
    changes = (
        *_filters(previous, current, follow),
        *_changed("indicator", _by_id("indicator", previous.indicators, current.indicators, follow)),
        *_changed("level", (pair for pair in levels if None in pair)),
        *_locations(previous, current, follow),
        *_changed("period", (pair for pair in periods if None in pair)),
    )
    return tuple(sorted(changes, key=lambda change: (FACETS.index(change.facet), KINDS.index(change.kind))))


def _filters(previous: Meta, current: Meta, follow: Follow) -> Iterator[FacetChange]:
    for old, new in _by_id("filter", previous.filters, current.filters, follow):
        # options have changes of their own
        if (old and attrs.evolve(old, options=())) != (new and attrs.evolve(new, options=())):
            yield FacetChange(facet="filter", before=old, after=new)
        if old and new:
            yield from _changed("option", _by_id("option", old.options, new.options, follow), group=new)


def _locations(previous: Meta, current: Meta, follow: Follow) -> Iterator[FacetChange]:
    for old, new in _paired(previous.locations, current.locations, lambda group: str(group.level.code)):
        if old and new:
            yield from _changed("location", _by_id("location", old.options, new.options, follow), group=new.level)
        else:
            before, after = (group.level if group else None for group in (old, new))
            yield FacetChange(facet="location level", before=before, after=after)


def _changed(facet: ChangedFacet, pairs: Pairs[Any], group: Filter | Level | None = None) -> Iterator[FacetChange]:
    return (FacetChange(facet=facet, before=old, after=new, group=group) for old, new in pairs if old != new)


def _by_id(kind: IdKind, previous: Iterable[N], current: Iterable[N], follow: Follow) -> Pairs[N]:
    return _paired(previous, current, lambda item: item.id, lambda item: follow(kind, item.id))


def _paired(
    previous: Iterable[T],
    current: Iterable[T],
    key: Callable[[T], Hashable],
    followed: Callable[[T], Hashable] | None = None,
) -> Pairs[T]:
    old = {(followed or key)(item): item for item in previous}
    new = {key(item): item for item in current}
    return [(old.get(name), new.get(name)) for name in dict.fromkeys([*old, *new])]


FACETS: tuple[ChangedFacet, ...] = get_args(ChangedFacet)
KINDS: tuple[ChangeKind, ...] = ("deleted", "updated", "added")


def _identity(thing: Thing) -> Hashable:
    match thing:
        case LocationOption():
            # any code that changes makes it another place to questions that name it by that code
            return thing.id, *thing.codes.items()
        case TimePeriod():
            return str(thing.code), thing.period
        case Level():
            return str(thing.code)
    return thing.id


def _codes(thing: Thing | None) -> str:
    codes = thing.codes.values() if isinstance(thing, LocationOption) else ()
    return f" ({', '.join(codes)})" if codes else ""


def _shown(value: object) -> str:
    if value is None or value == "":
        return "nothing"
    return repr(value) if isinstance(value, str) else str(value)


# Which thing of one version is which of another: the same while it keeps its id, or where an `updated` entry gives its
# id before and after (reference, sections 8 and 18). Nothing else makes two things the same: not a label, not a code.

_Place: TypeAlias = tuple[IdKind, str]


@frozen(kw_only=True)
class Lineage:
    """Ids that changed on the way from one version to another: the new one by kind and old one."""

    moved: Mapping[_Place, str] = attrs.field(factory=dict)

    def follow(self, kind: IdKind, id_: str) -> str:
        """Id that the thing has in the other version, if it is there at all."""
        return self.moved.get((kind, id_), id_)

    def reversed(self) -> Lineage:
        """The way back."""
        return Lineage(moved={(kind, new): old for (kind, old), new in self.moved.items()})


def lineage_of(steps: Iterable[VersionChanges]) -> Lineage:
    """Ids that versions changed one after another, oldest first."""
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
