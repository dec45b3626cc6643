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

    A thing whose key the version before had keeps its number, unless it was mapped by hand. Others get the next one,
    except that a location row is never made twice: a location that comes back has its old number.
    """

    def __init__(self) -> None:
        self._next: dict[Kind, int] = {"filter": 1, "option": 1, "indicator": 1, "location": 1}
        self._previous: dict[tuple[Kind, Key], int] = {}
        self._current: dict[tuple[Kind, Key], int] = {}
        self._mapped: dict[tuple[Kind, Key], Key | None] = {}
        self._pending: dict[tuple[Kind, Key], Key | None] = {}

    def map_by_hand(self, kind: Kind, key: Key, before: Key | None) -> None:
        """Say what a thing of the next version was in the version before, as an analyst does (section 18).

        Args:
            kind: What it is.
            key: Its key in the next version.
            before: Its key in the version before; None for a new thing. Options follow their filter.
        """
        self._pending[kind, key] = before

    def begin_version(self) -> None:
        """Start the next version: what the version before had is what can be kept."""
        locations = {place: number for place, number in self._previous.items() if place[0] == "location"}
        self._previous = locations | self._current
        self._current = {}
        self._mapped, self._pending = self._pending, {}

    def public_id(self, kind: Kind, *key: str | None) -> str:
        """Public id of a thing, new or kept."""
        place = kind, key
        if place not in self._current:
            before = self._before(kind, key)
            kept = None if before is None else self._previous.get((kind, before))
            if kept is None:
                kept = self._new(kind)
            elif kind == "location" and place not in self._previous:
                self._new(kind)  # its row is new all the same, only the id is kept
            self._current[place] = kept
        return encode(self._current[place])

    def _before(self, kind: Kind, key: Key) -> Key | None:
        """Key in the version before."""
        before = self._mapped.get((kind, key), key)
        if kind == "location":
            return before or key  # an identical location has its row already, mapped or not
        if kind == "option" and before == key:
            column = self._mapped.get(("filter", key[:1]), key[:1])
            return None if column is None else (*column, *key[1:])
        return before

    def _new(self, kind: Kind) -> int:
        self._next[kind] += 1
        return self._next[kind] - 1
