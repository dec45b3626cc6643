"""What metadata names, by name: built once for each metadata, at first use."""

from __future__ import annotations

import weakref
from functools import cached_property
from typing import TypeVar

from ..models.meta import Filter, FilterOption, Indicator, Level, LocationGroup, Meta
from ..models.names import Entry, NameIndex, fold
from ..models.periods import TimePeriod
from .periods import period_index
from .places import PlaceIndex

N = TypeVar("N", Filter, Indicator)

_remembered: dict[int, Indexes] = {}
"""Indexes by the identity of their metadata, while it lives; its hash would read all of it every time."""


def indexes_of(meta: Meta) -> Indexes:
    """The indexes of metadata, the same for the same object."""
    found = _remembered.get(id(meta))
    if found is None:
        found = _remembered[id(meta)] = Indexes(meta)
        weakref.finalize(meta, _remembered.pop, id(meta), None).atexit = False
    return found


class Indexes:
    """Things of a data set version by their names; holds the parts of its metadata, never the metadata itself."""

    def __init__(self, meta: Meta) -> None:
        self._parts = meta.filters, meta.indicators, meta.levels, meta.locations, meta.periods
        self._options: dict[str, NameIndex[FilterOption]] = {}
        self._places: dict[int, PlaceIndex] = {}

    @cached_property
    def filters(self) -> NameIndex[Filter]:
        """Filters by label, column and id."""
        return NameIndex(_named(filter_) for filter_ in self._parts[0])

    @cached_property
    def indicators(self) -> NameIndex[Indicator]:
        """Indicators by label, column and id."""
        return NameIndex(_named(indicator) for indicator in self._parts[1])

    @cached_property
    def levels(self) -> NameIndex[Level]:
        """Levels that rows have, by label and code."""
        return NameIndex(
            Entry(thing=level, labels=(level.label, str(level.code)), shown=f"{level.label} ({level.code})")
            for level in self._parts[2]
        )

    @cached_property
    def location_levels(self) -> NameIndex[LocationGroup]:
        """Levels that have locations, by label and code."""
        return NameIndex(
            Entry(thing=group, labels=(group.level.label, str(group.level.code)), shown=group.level.label)
            for group in self._parts[3]
        )

    @cached_property
    def places(self) -> PlaceIndex:
        """Locations of all levels."""
        return PlaceIndex(self._parts[3])

    @cached_property
    def periods(self) -> NameIndex[TimePeriod]:
        """Time periods by every spelling."""
        return period_index(self._parts[4])

    def options(self, filter_: Filter) -> NameIndex[FilterOption]:
        """Options of a filter by label and id."""
        found = self._options.get(filter_.id)
        if found is None:
            found = NameIndex(Entry(thing=o, labels=(o.label,), ids=(o.id,)) for o in filter_.options)
            self._options[filter_.id] = found
        return found

    def places_of(self, group: LocationGroup) -> PlaceIndex:
        """Locations of one group of the metadata."""
        if id(group) not in self._places:
            self._places[id(group)] = PlaceIndex([group])
        return self._places[id(group)]


def _named(item: N) -> Entry[N]:
    same = fold(item.label) == fold(item.column)
    shown = item.label if same else f"{item.label} ({item.column})"
    return Entry(thing=item, labels=(item.label, item.column), ids=(item.id,), shown=shown)
