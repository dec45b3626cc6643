"""Things of one kind column by column: of tens of thousands that are read, most are never asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count, repeat
from operator import attrgetter
from typing import Generic, TypeVar

T = TypeVar("T")

_SCANS = 8
"""Values of a column that are looked for one by one, before it gets an index, which takes as long as many of them."""


class Positions:
    """Where values stand in a column."""

    def __init__(self, column: Sequence[str | None]) -> None:
        self._column = column
        self._scans = 0
        # the last position of each value, and all positions of those that stand at several
        self._index: tuple[dict[str | None, int], dict[str, list[int]]] | None = None

    def of(self, value: str) -> Sequence[int]:
        """Positions of a value, in order."""
        if self._index is None:
            if self._scans < _SCANS:
                self._scans += 1
                return [*self._scan(value)]
            self._index = self._indexed()
        last, several = self._index
        if value in several:
            return several[value]
        return (last[value],) if value in last else ()

    def _scan(self, value: str) -> Iterator[int]:
        at = -1
        with suppress(ValueError):
            while True:
                at = self._column.index(value, at + 1)
                yield at

    def _indexed(self) -> tuple[dict[str | None, int], dict[str, list[int]]]:
        last: dict[str | None, int] = dict(zip(self._column, count()))
        last.pop(None, None)
        several: dict[str, list[int]] = {}
        # few values stand at several places, and those are looked for only if there are any
        if len(last) < len(self._column) - self._column.count(None):
            for at, value in enumerate(self._column):
                if value is not None and (value in several or last[value] != at):
                    several.setdefault(value, []).append(at)
        return last, several


class Columns(Generic[T]):
    """Things of a class of attrs, by attribute: what each has of it, in their order."""

    def __init__(self, type_: type[T], columns: Mapping[str, Sequence[str | None]], height: int) -> None:
        self._type, self._columns, self._height = type_, columns, height
        self._positions: dict[str, Positions] = {}

    @classmethod
    def of(cls, type_: type[T], items: Sequence[T], names: Sequence[str]) -> Columns[T]:
        """The columns of things that are there."""
        return cls(type_, {name: list(map(attrgetter(name), items)) for name in names}, len(items))

    def __len__(self) -> int:
        return self._height

    def column(self, name: str) -> Sequence[str | None]:
        """What the things have of an attribute."""
        return self._columns[name]

    def positions(self, name: str) -> Positions:
        """Where values of an attribute stand."""
        if name not in self._positions:
            self._positions[name] = Positions(self._columns[name])
        return self._positions[name]

    def item(self, at: int) -> T:
        """The thing at a position."""
        return self._type(**{name: column[at] for name, column in self._columns.items()})

    def items(self) -> tuple[T, ...]:
        """All of them."""
        made: tuple[T, ...] = tuple(map(object.__new__, repeat(self._type, self._height)))
        for name, column in self._columns.items():
            # a frozen object is filled past its own __setattr__; a deque of no length runs a map to its end
            deque(map(object.__setattr__, made, repeat(name), column), maxlen=0)
        return made
