"""The tags of persons as numbers, and what may follow on what, for reading whole columns of tags at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType

import polars as pl

from ..._classes import frozen
from .shapes import Shape, message

NOT_ALLOWED = 65_535
"""In `Tags.slots` and the like: such a tag cannot stand there."""


@frozen(kw_only=True)
class Slot:
    """A column of a table: where the text of an element goes; `container` is its place among `Tags.shapes`."""

    table: str
    column: str
    is_date: bool
    container: int


@frozen(kw_only=True)
class Tags:
    """The tags of persons in a year.

    A tag has a code, which is its place in `names`: first containers that open, then those that close, then other
    elements that open, that close, and that are empty (`Sex/`). The state at a tag is the container that is open before
    it, as its place among `shapes`, or their count between persons. Tables of states and codes are one series, whose
    row is the state times the count of codes plus the code.

    Attributes:
        names: The tags as they stand between `<` and `>`.
        shapes: The containers, `Person` first.
        parents: The state around each container.
        leaves: How many elements there are that are no containers.
        states: The state after the tag of a container, by its code.
        slots: Number of the column that an element is in, in `columns`; for a container a number beyond them.
        before: Order of the element among its siblings, for one that begins: none of a higher order may stand before.
        after: The same for one that ended.
        columns: The columns of all tables, those of dates first.
        dates: How many are of dates.
        numbers: The place among the columns of each, by table and tag.
    """

    names: tuple[str, ...]
    shapes: tuple[Shape, ...]
    parents: tuple[int, ...]
    leaves: int
    states: pl.Series
    slots: pl.Series
    before: pl.Series
    after: pl.Series
    columns: tuple[Slot, ...]
    dates: int
    numbers: Mapping[tuple[str, str], int]

    @property
    def containers(self) -> int:
        """How many containers there are."""
        return len(self.shapes)


@cache
def tags(year: int) -> Tags:
    """The tags of a year."""
    person = message(year).children["Persons"].shape.children["Person"].shape  # type: ignore[union-attr]
    assert person is not None  # noqa: S101
    shapes = tuple(_shapes(person))
    opened = [shape.tag for shape in shapes]
    leaves = sorted({tag for shape in shapes for tag, child in shape.children.items() if child.shape is None})
    closed = [f"/{tag}" for tag in opened]
    names = (*opened, *closed, *leaves, *(f"/{tag}" for tag in leaves), *(f"{tag}/" for tag in leaves))
    parents = tuple(
        next((n for n, parent in enumerate(shapes) if tag in parent.children), len(shapes)) for tag in opened
    )
    columns = [
        Slot(table=shape.table, column=tag, is_date=shape.children[tag].is_date, container=number)
        for number, shape in enumerate(shapes)
        for tag in shape.columns
    ]
    # dates lie together, so that one operation makes days of all their texts
    columns.sort(key=lambda column: not column.is_date)
    numbers = {(column.table, column.column): number for number, column in enumerate(columns)}
    slots, before, after = _tables(names, shapes, parents, numbers)
    return Tags(
        names=names,
        shapes=shapes,
        parents=parents,
        leaves=len(leaves),
        states=pl.Series([*range(len(shapes)), *parents], dtype=pl.UInt16),
        slots=slots,
        before=before,
        after=after,
        columns=tuple(columns),
        dates=sum(column.is_date for column in columns),
        numbers=MappingProxyType(numbers),
    )


def _shapes(shape: Shape) -> Iterator[Shape]:
    yield shape
    for child in shape.children.values():
        if child.shape is not None:
            yield from _shapes(child.shape)


def _tables(
    names: tuple[str, ...], shapes: tuple[Shape, ...], parents: tuple[int, ...], numbers: Mapping[tuple[str, str], int]
) -> tuple[pl.Series, ...]:
    """The tables of states and codes: slots, and orders before and after."""
    container = len(numbers)
    size = len(names)
    slots = [NOT_ALLOWED] * (size * (len(shapes) + 1))
    before, after = slots.copy(), slots.copy()
    slots[len(shapes) * size] = container
    before[len(shapes) * size], after[len(shapes) * size] = 0, 0
    for state, shape in enumerate(shapes):
        # what closes the container comes after all that it holds, and then counts as a child of the one around it
        close = state * size + len(shapes) + state
        parent = parents[state]
        slots[close] = container
        after[close] = shapes[parent].children[shape.tag].order if parent < len(shapes) else 0
        for tag, child in shape.children.items():
            if child.shape is not None:
                code = state * size + names.index(tag)
                slots[code], before[code], after[code] = container, child.order, 0
                continue
            for name in (tag, f"{tag}/"):
                code = state * size + names.index(name)
                slots[code] = numbers[shape.table, tag]
                before[code] = after[code] = child.order
    return tuple(pl.Series(values, dtype=pl.UInt16) for values in (slots, before, after))
