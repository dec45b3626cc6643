"""What changed between two versions, and what that makes of the next number (reference, sections 8 and 18).

Things of two versions are the same when their ids are; levels, groups of locations and time periods have none and are
compared by code. Nothing here knows of files, requests or JSON.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, Generic, TypeVar

import attrs

from ..errors import InvalidVersionError
from ..models.meta import Filter, FilterOption, Indicator, Level, LocationOption, Meta
from ..models.periods import TimePeriod
from ..models.versions import Version

T = TypeVar("T")
G = TypeVar("G")
N = TypeVar("N", FilterOption, Indicator, LocationOption)
C = TypeVar("C", bound="Change[Any]")


@attrs.frozen(kw_only=True)
class Change(Generic[T]):
    """A thing before and after: without the one it was added, without the other deleted, with both updated."""

    previous: T | None = None
    current: T | None = None


@attrs.frozen(kw_only=True)
class OptionChange(Change[T], Generic[T, G]):
    """A change within a group: an option's filter or a location's level, the current one where there is one."""

    group: G


@attrs.frozen(kw_only=True)
class Changes:
    """What changed from one version to the next.

    Within each kind deletions come first, then updates, then additions, each in natural order of their labels before
    the change; time periods are in order of time. Options of a filter that came or went as a whole are not listed,
    nor are locations of such a level.

    Attributes:
        filters: Filters.
        filter_options: Options of filters that both versions have.
        levels: Geographic levels that rows have.
        indicators: Indicators.
        location_groups: Levels that locations have.
        location_options: Locations of levels that both versions have.
        periods: Time periods.
    """

    filters: tuple[Change[Filter], ...] = ()
    filter_options: tuple[OptionChange[FilterOption, Filter], ...] = ()
    levels: tuple[Change[Level], ...] = ()
    indicators: tuple[Change[Indicator], ...] = ()
    location_groups: tuple[Change[Level], ...] = ()
    location_options: tuple[OptionChange[LocationOption, Level], ...] = ()
    periods: tuple[Change[TimePeriod], ...] = ()

    @property
    def all(self) -> Iterator[Change[Any]]:
        """Every change."""
        for field in attrs.fields(Changes):
            yield from getattr(self, field.name)

    def major(self) -> Changes:
        """Those that break questions about the version before."""
        return self._only(is_major)

    def minor(self) -> Changes:
        """The others."""
        return self._only(lambda change: not is_major(change))

    def _only(self, wanted: Callable[[Change[Any]], bool]) -> Changes:
        kinds = {field.name: getattr(self, field.name) for field in attrs.fields(Changes)}
        return Changes(**{name: tuple(filter(wanted, changes)) for name, changes in kinds.items()})


def compare(previous: Meta, current: Meta) -> Changes:
    """What changed from the metadata of one version to that of the next."""
    filters = _pairs(previous.filters, current.filters, _id)
    groups = _pairs(previous.locations, current.locations, lambda group: group.level.code)
    levels = _pairs(previous.levels, current.levels, lambda level: level.code)
    return Changes(
        filters=_in_order(Change(previous=old, current=new) for old, new in filters if _bare(old) != _bare(new)),
        filter_options=_in_order(
            OptionChange(previous=before, current=after, group=new if after else old)
            for old, new in filters
            if old and new
            for before, after in _differing(old.options, new.options)
        ),
        levels=_in_order(Change(previous=old, current=new) for old, new in levels if not (old and new)),
        indicators=_in_order(
            Change(previous=old, current=new) for old, new in _differing(previous.indicators, current.indicators)
        ),
        location_groups=_in_order(
            Change(previous=old.level if old else None, current=new.level if new else None)
            for old, new in groups
            if not (old and new)
        ),
        location_options=_in_order(
            OptionChange(previous=before, current=after, group=new.level)
            for old, new in groups
            if old and new
            for before, after in _differing(old.options, new.options)
        ),
        periods=_period_changes(previous.periods, current.periods),
    )


def is_major(change: Change[Any]) -> bool:
    """Whether a change breaks questions: a deletion, or another id or code; other words are minor (section 8)."""
    if change.previous is None:
        return False
    return change.current is None or _identity(change.previous) != _identity(change.current)


def next_version(previous: Version, changes: Changes, *, patch: bool = False) -> Version:
    """Number that the service gives to the version after (section 18).

    Args:
        previous: The version before.
        changes: What changed since.
        patch: Whether it corrects that version within the same release.

    Raises:
        InvalidVersionError: Something that the version before has is gone, which a patch may not do.
    """
    is_gone = any(change.current is None for change in changes.all)
    if patch and is_gone:
        raise InvalidVersionError(
            f"a patch of version {previous} may not lose what that has: give it the number {previous.major + 1}.0"
        )
    if patch:
        return Version(previous.major, previous.minor, previous.patch + 1)
    return Version(previous.major + 1) if is_gone else Version(previous.major, previous.minor + 1)


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """Key of natural order: numbers within a text count as numbers and before words, case does not count."""
    parts = re.findall(r"[0-9]+|[^0-9]+", text)
    return tuple((0, int(part), "") if part[0] in "0123456789" else (1, 0, part.upper()) for part in parts)


def _pairs(
    previous: Iterable[T], current: Iterable[T], key: Callable[[T], Hashable]
) -> list[tuple[T | None, T | None]]:
    """Each thing of the one beside its like of the other."""
    old = {key(item): item for item in previous}
    new = {key(item): item for item in current}
    return [(old.get(name), new.get(name)) for name in dict.fromkeys([*old, *new])]


def _differing(previous: Iterable[N], current: Iterable[N]) -> Iterator[tuple[N | None, N | None]]:
    return ((old, new) for old, new in _pairs(previous, current, _id) if old != new)


def _id(item: Filter | FilterOption | Indicator | LocationOption) -> str:
    return item.id


def _bare(item: Filter | None) -> Filter | None:
    return None if item is None else attrs.evolve(item, options=())


def _period_changes(previous: Iterable[TimePeriod], current: Iterable[TimePeriod]) -> tuple[Change[TimePeriod], ...]:
    old, new = ({(str(item.code), item.period): item for item in items} for items in (previous, current))
    gone = sorted((old[key] for key in old.keys() - new.keys()), key=lambda item: item.sort_key)
    come = sorted((new[key] for key in new.keys() - old.keys()), key=lambda item: item.sort_key)
    return (*(Change(previous=item) for item in gone), *(Change(current=item) for item in come))


def _in_order(changes: Iterable[C]) -> tuple[C, ...]:
    return tuple(sorted(changes, key=_place))


def _place(change: Change[Any]) -> tuple[int, tuple[tuple[int, int, str], ...]]:
    state: Any = change.current if change.previous is None else change.previous
    step = 2 if change.previous is None else 0 if change.current is None else 1
    return step, natural_key(state.label)


def _identity(state: Any) -> Hashable:
    match state:
        case LocationOption():
            return state.id, *state.codes.items()
        case TimePeriod():
            return str(state.code), state.period
        case Level():
            return str(state.code)
        case _:
            return str(state.id)
