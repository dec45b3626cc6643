"""Locations by what people call them: name, code or id, at any level."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain, compress, count, repeat
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import attrs

from ..models.meta import ATTRIBUTES, CODE_NAMES, Level, LocationGroup, LocationOption, Meta
from ..models.names import Entry, NameIndex, fold
from .tree import LocationKey

if TYPE_CHECKING:
    import polars as pl

_CODES = (*CODE_NAMES, "id")
_PREFIXES = {name.replace("_", sign): name for name in _CODES for sign in ("", " ")}
"""Attributes by what may stand before a code, folded."""


@attrs.frozen(kw_only=True)
class Place:
    """A location and its level."""

    level: Level
    option: LocationOption

    @property
    def key(self) -> LocationKey:
        """As a query names it: by id, because by code the service takes the first of several only."""
        return LocationKey(level=str(self.level.code), property="id", value=self.option.id)

    @property
    def shown(self) -> str:
        """In words, with level and codes."""
        codes = ", ".join(self.option.codes.values())
        return f"{self.option.label} ({self.level.label}{', ' + codes if codes else ''}, id {self.option.id})"


def places_of(key: LocationKey, meta: Meta) -> tuple[Place, ...]:
    """The location that a key names by id, or those that it names by a code."""
    group = meta.group(key.level)
    if group is None:
        return ()
    if key.property == "id":
        option = meta.location(key.level, key.value)
        return () if option is None else (Place(level=group.level, option=option),)
    attribute = ATTRIBUTES.get(key.property, key.property)
    named = (option for option in group.options if getattr(option, attribute, None) == key.value)
    return tuple(Place(level=group.level, option=option) for option in named)


class PlaceIndex:
    """The locations of a data set by name, code and id."""

    def __init__(self, groups: Sequence[LocationGroup]) -> None:
        self.scope: str = f" at level {groups[0].level.label!r}" if len(groups) == 1 else " in the data set"
        self._levels = tuple(chain.from_iterable(repeat(group.level, len(group.options)) for group in groups))
        self._options = tuple(chain.from_iterable(group.options for group in groups))

    def find(self, name: str, levels: set[str] | None = None) -> tuple[Place, ...]:
        """Locations that a name fits, of these levels if of several; `urn:`, `LA:` and the like before it narrow it."""
        positions = self._exact.of(name) or self._folded.of(fold(name)) or self._prefixed(name)
        found = tuple(Place(level=self._levels[at], option=self._options[at]) for at in positions)
        if levels and len({place.level.code for place in found}) > 1:
            return tuple(place for place in found if str(place.level.code) in levels) or found
        return found

    def is_ambiguous(self, name: str, places: Sequence[Place]) -> bool:
        """True if one name fits different places: of several levels, or several of a level that are not all meant.

        A code that stands under several names means all of them; a name with several codes does not.
        """
        if len(places) == 1:
            return False
        if len({place.level.code for place in places}) > 1:
            return True
        shared = set.intersection(*({*place.option.codes.values()} for place in places))
        return name not in shared and name.partition(":")[2].strip() not in shared

    def nearest(self, name: str) -> list[str]:
        """Up to five locations with the most similar names, or codes."""
        prefix, _, rest = name.partition(":")
        known = fold(prefix) in (*_PREFIXES, *chain.from_iterable(self._calls.values()))
        return self._nearby.nearest(rest.strip() if known and rest.strip() else name)

    def _prefixed(self, name: str) -> Sequence[int]:
        prefix, colon, rest = name.partition(":")
        rest = rest.strip()
        if not colon or not rest:
            return ()
        attribute = _PREFIXES.get(fold(prefix))
        if attribute is not None:
            return self._by[attribute].of(rest)
        found = {*self._folded.of(fold(rest)), *(at for name in _CODES for at in self._by[name].of(rest))}
        return [at for at in sorted(found) if fold(prefix) in self._calls[self._levels[at]]]

    @cached_property
    def _by(self) -> dict[str, Positions]:
        return {name: Positions(self._column(name)) for name in _CODES}

    @cached_property
    def _exact(self) -> Positions:
        return Positions(*map(self._column, ("label", *_CODES)))

    def _column(self, attribute: str) -> Sequence[str | None]:
        return list(map(attrgetter(attribute), self._options))

    @cached_property
    def _folded(self) -> Positions:
        return Positions([fold(option.label) for option in self._options])

    @cached_property
    def _calls(self) -> dict[Level, tuple[str, str]]:
        return {level: (fold(level.label), fold(str(level.code))) for level in {*self._levels}}

    @cached_property
    def _nearby(self) -> NameIndex[LocationOption]:
        return NameIndex(
            Entry(
                thing=option,
                labels=(option.label,),
                ids=(*dict.fromkeys((*option.codes.values(), option.id)),),
                shown=f"{option.label} ({level.label})",
            )
            for level, option in zip(self._levels, self._options, strict=True)
        )


class Positions:
    """Where values stand in columns of the same length."""

    def __init__(self, *columns: Sequence[str | None]) -> None:
        counts = [len(column) - column.count(None) for column in columns]
        self._last: dict[str | None, int] = {}
        for column in compress(columns, counts):
            self._last.update(zip(column, count()))
        self._last.pop(None, None)
        self._several: dict[str, set[int]] = {}
        if len(self._last) < sum(counts):
            for at, value in chain.from_iterable(map(enumerate, columns)):
                if value is not None and self._last[value] != at:
                    self._several.setdefault(value, {self._last[value]}).add(at)

    def of(self, value: str) -> Sequence[int]:
        """Positions of a value, in order."""
        if value in self._several:
            return sorted(self._several[value])
        last = self._last.get(value)
        return () if last is None else (last,)


def place_table(names: Iterable[str], meta: Meta) -> pl.DataFrame:
    """A row for each place that a name fits, and one of nulls for a name that fits none."""
    import polars as pl

    columns = ("asked", "matched_by", "level", "level_label", "label", *CODE_NAMES, "id")
    schema: dict[str, Any] = dict.fromkeys(columns, pl.String) | {"meant": pl.Boolean}
    index = PlaceIndex(meta.locations)
    rows: list[Mapping[str, str | bool]] = []
    for name in names:
        found = index.find(name)
        meant = bool(found) and not index.is_ambiguous(name, found)
        for place in found:
            option, level = place.option, place.level
            row: dict[str, str | bool] = {"asked": name, "matched_by": _matched_by(name, option), "meant": meant}
            row |= {"level": str(level.code), "level_label": level.label, "label": option.label}
            rows.append(row | option.codes | {"id": option.id})
        if not found:
            rows.append({"asked": name, "meant": False})
    return pl.DataFrame(rows, schema=schema)


def _matched_by(name: str, option: LocationOption) -> str:
    for text in (name, name.partition(":")[2].strip()):
        names = {**option.codes, "id": option.id, "name": option.label}
        if what := next((what for what, value in names.items() if text == value), None):
            return what
    return "name, folded"
