"""Numbers of filters, options, indicators and locations, kept over versions (reference, sections 16 and 17)."""

from __future__ import annotations

from typing import Literal, TypeAlias

from .ids import encode

Kind: TypeAlias = Literal["filter", "option", "indicator", "location"]
"""Things that have public ids; each kind has a sequence of its own."""

Key: TypeAlias = tuple[str | None, ...]
"""What makes two things of two versions the same: column; column and label; or level, label and codes."""


class Numbering:
    """The sequences of one data set, which begin as in an empty database.

    A thing whose key the version before had keeps its number. Others get the next one, except that a location row is
    never made twice: a location that comes back has its old number.
    """

    def __init__(self) -> None:
        self._next: dict[Kind, int] = {"filter": 1, "option": 1, "indicator": 1, "location": 1}
        self._previous: dict[tuple[Kind, Key], int] = {}
        self._current: dict[tuple[Kind, Key], int] = {}

    def begin_version(self) -> None:
        """Start the next version: what the version before had is what can be kept."""
        locations = {place: number for place, number in self._previous.items() if place[0] == "location"}
        self._previous = locations | self._current
        self._current = {}

    def public_id(self, kind: Kind, *key: str | None) -> str:
        """Public id of a thing, new or kept."""
        place = kind, key
        number = self._current.get(place) or self._previous.get(place)
        if number is None:
            number = self._next[kind]
            self._next[kind] += 1
        self._current[place] = number
        return encode(number)
