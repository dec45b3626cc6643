"""What each container of a year's return holds, as readers and writers look it up: by tag."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from ..._classes import frozen
from ..specification import Specification, specification


@frozen(kw_only=True)
class Child:
    """An element that a container may hold.

    Attributes:
        tag: Its tag.
        order: Number that sorts it among the children of its parent.
        column: Position among the parent's columns, or None for a container.
        is_date: Whether its column is of dates.
        shape: What it holds itself, for a container.
    """

    tag: str
    order: int
    column: int | None
    is_date: bool
    shape: Shape | None


@frozen(kw_only=True)
class Shape:
    """A container, and what it may hold.

    Attributes:
        tag: Its tag.
        path: Tags from below `Message` to it, joined by `/`; of `Message` itself, its tag.
        table: The table whose record it is, or "" for the message, its header and the list of persons.
        parent: The table whose records hold these, or "".
        columns: The tags of its columns, in order.
        children: What it may hold, by tag.
    """

    tag: str
    path: str
    table: str
    parent: str
    columns: tuple[str, ...]
    children: Mapping[str, Child]

    def place(self, tag: str) -> str:
        """The tag of a child as `Return.kept` and `Return.order` name it: outside of records, with its path."""
        if self.table or self.tag == "Message":
            return tag
        return f"{self.path}/{tag}"


@cache
def message(year: int) -> Shape:
    """The shape of a year's whole message."""
    return _shape(specification(year), "Message", "")


def _shape(spec: Specification, tag: str, path: str) -> Shape:
    table = next((t.name for t in spec.tables.values() if t.element == tag), "")
    held = spec.children.get(tag, ())
    columns = [e.name for e in held if e.type != "container"]
    children: dict[str, Child] = {}
    for element in held:
        inside = f"{path}/{element.name}" if path else element.name
        is_column = element.type != "container"
        children[element.name] = Child(
            tag=element.name,
            order=element.order,
            # cells of an open record are a list: a place in it is found faster than a tag
            column=columns.index(element.name) if is_column else None,
            is_date=element.type == "date",
            shape=None if is_column else _shape(spec, element.name, inside),
        )
    return Shape(
        tag=tag,
        path=path or tag,
        table=table,
        parent=spec.tables[table].parent if table else "",
        columns=tuple(columns),
        children=MappingProxyType(children),
    )
