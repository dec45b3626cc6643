"""What differs between two versions of a data set, thing by thing, in words."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Literal, TypeAlias, TypeVar

import attrs

from ..models.changes import ChangeKind
from ..models.meta import Filter, FilterOption, Indicator, Level, LocationOption, Meta
from ..models.periods import TimePeriod
from .lineage import Lineage

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

FacetName: TypeAlias = Literal["filter", "option", "indicator", "level", "location level", "location", "period"]
"""What a change concerns; a location level is a level that locations have, whether rows are of it or not."""

Thing: TypeAlias = Filter | FilterOption | Indicator | Level | LocationOption | TimePeriod
"""Anything of a data set that can change; a level stands for itself and for a level of locations."""


@attrs.frozen(kw_only=True)
class FacetChange:
    """A thing that was added, deleted or updated between two versions.

    Options of a filter that came or went as a whole have no changes of their own, nor have locations of such a level.

    Attributes:
        facet: What it is.
        before: How it was; None when it was added.
        after: How it is; None when it was deleted.
        group: The filter of an option or the level of a location, as it is now, else as it was; None for other things.
    """

    facet: FacetName
    before: Thing | None = None
    after: Thing | None = None
    group: Filter | Level | None = attrs.field(default=None, repr=False)

    @property
    def kind(self) -> ChangeKind:
        """`added`, `deleted` or `updated`."""
        if self.before is None:
            return "added"
        return "deleted" if self.after is None else "updated"

    @property
    def is_major(self) -> bool:
        """Whether it breaks questions: a deletion, or another id or code (reference, section 8)."""
        if self.before is None:
            return False
        return self.after is None or _identity(self.before) != _identity(self.after)

    def __str__(self) -> str:
        """The change in words."""
        thing = self.after if self.before is None else self.before
        name = named(self.facet, thing, self.group)
        if self.kind != "updated":
            return f"{name} {self.kind}"
        return f"{name} updated: {'; '.join(self._details())}"

    def _details(self) -> Iterator[str]:
        if self.before is None:
            return
        for field in attrs.fields(type(self.before)):
            old, new = getattr(self.before, field.name), getattr(self.after, field.name, None)
            if old != new and field.name != "options":
                yield f"{field.name.replace('_', ' ')} {_shown(old)} is now {_shown(new)}"


def named(facet: FacetName, thing: Thing | None, group: Filter | Level | None = None) -> str:
    """A thing in words, such as `option 'Female' of filter 'Sex'`."""
    label = getattr(thing, "label", "")
    match group:
        case Filter():
            return f"{facet} {label!r} of filter {group.label!r}"
        case Level():
            return f"{facet} {label!r}{_codes(thing)} at level {group.label!r}"
    return f"{facet} {label!r}"


def differences(previous: Meta, current: Meta, lineage: Lineage) -> tuple[FacetChange, ...]:
    """Every difference between the metadata of two versions.

    Args:
        previous: Metadata of the one version.
        current: Metadata of the other.
        lineage: Ids that changed between them.

    Returns:
        Kind by kind; within each deletions, then updates, then additions.
    """
    return tuple(
        change
        for changes in (
            _filters(previous, current, lineage),
            _indicators(previous, current, lineage),
            _levels(previous, current),
            _locations(previous, current, lineage),
            _periods(previous, current),
        )
        for change in _in_order(changes)
    )


def _filters(previous: Meta, current: Meta, lineage: Lineage) -> Iterator[FacetChange]:
    pairs = paired(
        {lineage.follow("filter", item.id): item for item in previous.filters},
        {item.id: item for item in current.filters},
    )
    for old, new in pairs:
        if (old and attrs.evolve(old, options=())) != (new and attrs.evolve(new, options=())):
            yield FacetChange(facet="filter", before=old, after=new)
        if old and new:
            options = paired(
                {lineage.follow("option", item.id): item for item in old.options},
                {item.id: item for item in new.options},
            )
            for before, after in options:
                if before != after:
                    yield FacetChange(facet="option", before=before, after=after, group=new)


def _indicators(previous: Meta, current: Meta, lineage: Lineage) -> Iterator[FacetChange]:
    pairs = paired(
        {lineage.follow("indicator", item.id): item for item in previous.indicators},
        {item.id: item for item in current.indicators},
    )
    return (FacetChange(facet="indicator", before=old, after=new) for old, new in pairs if old != new)


def _levels(previous: Meta, current: Meta) -> Iterator[FacetChange]:
    pairs = paired(
        {str(item.code): item for item in previous.levels}, {str(item.code): item for item in current.levels}
    )
    return (FacetChange(facet="level", before=old, after=new) for old, new in pairs if not (old and new))


def _locations(previous: Meta, current: Meta, lineage: Lineage) -> Iterator[FacetChange]:
    pairs = paired(
        {str(group.level.code): group for group in previous.locations},
        {str(group.level.code): group for group in current.locations},
    )
    for old, new in pairs:
        if not (old and new):
            before, after = (group.level if group else None for group in (old, new))
            yield FacetChange(facet="location level", before=before, after=after)
            continue
        options = paired(
            {lineage.follow("location", item.id): item for item in old.options},
            {item.id: item for item in new.options},
        )
        for was, now in options:
            if was != now:
                yield FacetChange(facet="location", before=was, after=now, group=new.level)


def _periods(previous: Meta, current: Meta) -> Iterator[FacetChange]:
    pairs = paired(
        {(item.period, str(item.code)): item for item in previous.periods},
        {(item.period, str(item.code)): item for item in current.periods},
    )
    return (FacetChange(facet="period", before=old, after=new) for old, new in pairs if not (old and new))


def paired(old: Mapping[K, T], new: Mapping[K, T]) -> list[tuple[T | None, T | None]]:
    """Each thing of the one beside its like of the other."""
    return [(old.get(key), new.get(key)) for key in dict.fromkeys([*old, *new])]


_FACETS: tuple[FacetName, ...] = ("filter", "option", "indicator", "level", "location level", "location", "period")
_KINDS: tuple[ChangeKind, ...] = ("deleted", "updated", "added")


def _in_order(changes: Iterable[FacetChange]) -> list[FacetChange]:
    return sorted(changes, key=lambda change: (_FACETS.index(change.facet), _KINDS.index(change.kind)))


def _identity(thing: Thing) -> Hashable:
    match thing:
        case LocationOption():
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
