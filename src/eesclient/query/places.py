"""Locations by what people call them: name, code or id, at any level."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from ..models.meta import Level, LocationGroup, LocationOption
from .ast import LocationKey
from .names import Entry, NameIndex, fold

_PREFIXES = {
    "id": "id",
    "code": "code",
    "oldcode": "old_code",
    "old code": "old_code",
    "urn": "urn",
    "laestab": "la_estab",
    "la estab": "la_estab",
    "ukprn": "ukprn",
}


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
    def by_level(self) -> str:
        """Its name with its level before it."""
        return f"{self.level.code}:{self.option.label}"

    @property
    def shown(self) -> str:
        """In words, with level and codes."""
        codes = ", ".join(self.option.codes.values())
        return f"{self.option.label} ({self.level.label}{', ' + codes if codes else ''}, id {self.option.id})"


def matched_by(name: str, place: Place) -> str:
    """How a name fits a place: `name`, `name, folded`, `id`, or which code."""
    rest = name.partition(":")[2].strip()
    for text in (name, rest):
        for what, value in {**place.option.codes, "id": place.option.id}.items():
            if text == value:
                return what
        if text == place.option.label:
            return "name"
    return "name, folded"


class PlaceIndex:
    """The locations of a data set by name, code and id."""

    def __init__(self, groups: Sequence[LocationGroup]) -> None:
        self.scope: str = f" at level {groups[0].level.label!r}" if len(groups) == 1 else " in the data set"
        self._places = tuple(Place(level=group.level, option=o) for group in groups for o in group.options)
        self._index = NameIndex(
            Entry(
                thing=place,
                labels=(place.option.label,),
                ids=(*dict.fromkeys((*place.option.codes.values(), place.option.id)),),
                shown=f"{place.option.label} ({place.level.label})",
            )
            for place in self._places
        )

    def find(self, name: str, levels: set[str] | None = None) -> tuple[Place, ...]:
        """Locations that the name fits; `urn:`, `code:`, `LA:` and the like before it say what it is.

        Args:
            name: A name, code or id.
            levels: Level codes; where the name fits locations of several levels, those of these levels are meant.
        """
        found = tuple(entry.thing for entry in self._index.find(name)) or self._prefixed(name)
        if levels and len({place.level.code for place in found}) > 1:
            return tuple(place for place in found if str(place.level.code) in levels) or found
        return found

    def is_ambiguous(self, name: str, places: Sequence[Place]) -> bool:
        """Whether one name fits different places: of several levels, or several of a level that are not all meant.

        A code that stands under several names means all of them; a name with several codes does not.
        """
        if len({place.level.code for place in places}) > 1:
            return True
        shared = set.intersection(*({*place.option.codes.values()} for place in places))
        return len(places) > 1 and name not in shared and name.partition(":")[2].strip() not in shared

    def nearest(self, name: str) -> list[str]:
        """Up to five locations with the most similar names, or codes."""
        prefix, colon, rest = name.partition(":")
        return self._index.nearest(rest.strip() if colon and self._is_prefix(prefix) and rest.strip() else name)

    def _is_prefix(self, prefix: str) -> bool:
        levels = {name for place in self._places for name in (place.level.label, str(place.level.code))}
        return fold(prefix) in _PREFIXES or fold(prefix) in map(fold, levels)

    def _prefixed(self, name: str) -> tuple[Place, ...]:
        prefix, colon, rest = name.partition(":")
        rest = rest.strip()
        if not colon or not rest:
            return ()
        attribute = _PREFIXES.get(fold(prefix))
        if attribute is not None:
            return tuple(place for place in self._places if getattr(place.option, attribute) == rest)
        at_level = [p for p in self._places if fold(prefix) in (fold(p.level.label), fold(str(p.level.code)))]
        return tuple(
            place
            for place in at_level
            if rest in (place.option.id, *place.option.codes.values()) or fold(rest) == fold(place.option.label)
        )
