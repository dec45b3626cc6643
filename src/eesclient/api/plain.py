"""Readers of parsed JSON, one value or model at a time: what is as it should be is read by these alone.

cattrs, which takes 20 ms to import and to set up, walks through what is not, and types that have no reader here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from itertools import chain, repeat
from operator import attrgetter
from types import NoneType
from typing import Any, TypeAlias, TypeVar, cast, get_args, get_origin, get_type_hints

import attrs

from ..models.columnar import Columns
from ..models.enums import OpenEnum
from ..models.meta import LocationGroup, LocationOption, MetaItems, group_of
from ..models.versions import Version

T = TypeVar("T")

Reader: TypeAlias = Callable[[Any, Any], Any]
"""Reads a value as a type; whatever it raises says that the value is not as it should be."""

_LARGEST = 1 << 63
"""Whole numbers of the service are smaller, and those of frames."""

START = 60
"""Characters of a text shown in a message."""


class UnexpectedError(ValueError):
    """A value of the wrong kind; its text says what was expected."""


@cache
def reader(type_: Any) -> Reader | None:
    """The reader of a type; None where only cattrs can read it."""
    cls = get_origin(type_) or type_
    if type_ in LEAVES:
        return LEAVES[type_]
    if cls is Mapping:
        return mapping
    if is_list(type_):
        item, *_ = get_args(type_)
        read = reader(item)
        return None if read is None else list_reader(type_, lambda items, _: [read(one, item) for one in items])
    if isinstance(cls, type) and issubclass(cls, OpenEnum):
        return _open
    if not is_model(type_) or (model := _model(type_)) is None:
        return None
    return group_reader(model) if cls is LocationGroup else model


def _model(type_: Any) -> Reader | None:
    cls = get_origin(type_) or type_
    hints, given = get_type_hints(cls), dict(zip(getattr(cls, "__parameters__", ()), get_args(type_), strict=False))
    members: list[tuple[str, str, Reader, Any, bool]] = []
    for field in filter(attrgetter("init"), attrs.fields(cls)):
        kind = hints[field.name]
        if several := getattr(kind, "__parameters__", ()):
            kind = kind[tuple(given.get(one, object) for one in several)]
        match get_args(kind):
            case (other, kept) if kept is NoneType:
                # null is taken for absent
                kind = other
        read, wire = reader(kind), wire_name(field)
        if read is None or "." in wire or "rest" in field.metadata:
            return None
        members.append((str(field.alias), wire, read, kind, field.default is attrs.NOTHING))

    def from_mapping(value: Any, _: Any) -> Any:
        arguments = {}
        for name, wire, read, kind, is_required in members:
            # an absent member and null mean the same (reference, section 6)
            if (member := mapping(value, None).get(wire)) is not None:
                arguments[name] = read(member, kind)
            elif is_required:
                raise KeyError(wire)
        return cls(**arguments)

    return from_mapping


def _open(value: Any, type_: type[OpenEnum]) -> OpenEnum:
    return type_(LEAVES[str](value, str))


def wire_name(field: attrs.Attribute[Any]) -> str:
    """Name of a member on the wire: camelCase, unless the field's metadata names it, or its path where it is deeper."""
    head, *rest = field.name.split("_")
    return str(field.metadata.get("wire") or head + "".join(part.capitalize() for part in rest))


def is_model(type_: Any) -> bool:
    """True if a type is a class of attrs that is an object on the wire."""
    cls = get_origin(type_) or type_
    # a version is a class of attrs, and a text on the wire
    return isinstance(cls, type) and attrs.has(cls) and cls is not Version


def is_list(type_: Any) -> bool:
    """True if a type is a list on the wire."""
    return (get_origin(type_) or type_) in (tuple, MetaItems)


def wire_names(type_: Any) -> dict[str, str]:
    """What the members of a model are called on the wire, by their names."""
    return {field.name: wire_name(field) for field in attrs.fields(get_origin(type_) or type_)}


def group_reader(hook: Reader) -> Reader:
    """A reader of location groups, by one that makes all locations."""
    read = fast_columns(LocationOption, wire_names(LocationOption))

    def from_mapping(value: Any, type_: Any) -> LocationGroup:
        options = value.get("options") if isinstance(value, dict) else None
        columns = read(options) if isinstance(options, list) else None
        if columns is None:
            found: LocationGroup = hook(value, type_)
            return found
        # the others are read as ever, and locations are made once somebody wants them
        return group_of(hook({**value, "options": []}, type_).level, columns)

    return from_mapping


def list_reader(type_: Any, hook: Reader) -> Reader:
    """A reader of lists, by one that makes their items one by one."""
    container = get_origin(type_) or type_
    # options and locations come by the thousand: they are made past cattrs where they are all as they should be
    read = fast_columns(item, wire_names(item)) if is_of_texts(item := get_args(type_)[0]) else None

    def from_list(value: Any, _: Any) -> Any:
        if not isinstance(value, list):
            raise UnexpectedError(f"expected a list, got {_kind(value)}")
        columns = None if read is None else read(value)
        return container(hook(value, list) if columns is None else columns.items())

    return from_list


def _scalar(kind: type, expected: str, value: Any, type_: Callable[[Any], Any]) -> Any:
    # true is an int in Python, but not a number in JSON
    is_it = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    if not is_it or (isinstance(value, int) and abs(value) >= _LARGEST):
        raise UnexpectedError(f"expected {expected}, got {_kind(value)}")
    return type_(value)


def _version(value: Any, _: type[Version]) -> Version:
    try:
        return Version.parse(value)
    except ValueError:
        raise UnexpectedError(f'expected a version such as "1.0", got {_kind(value)}') from None


def _time(value: Any, _: type[datetime]) -> datetime:
    # seven fractional digits occur, of which a datetime keeps six
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        time = None
    if time is None or time.tzinfo is None:
        raise UnexpectedError(f"expected a time such as 2024-03-01T09:30:00+00:00, got {_kind(value)}")
    return time


def mapping(value: Any, _: Any) -> Mapping[str, Any]:
    """Read an object as it is."""
    if not isinstance(value, Mapping):
        raise UnexpectedError(f"expected an object, got {_kind(value)}")
    return value


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case str():
            return f"the text {value[:START]!r}"
        case int() | float():
            return f"the number {value}"
        case list():
            return "a list"
    return "an object"


LEAVES: Mapping[Any, Reader] = {
    str: partial(_scalar, str, "text"),
    int: partial(_scalar, int, "a whole number"),
    bool: partial(_scalar, bool, "true or false"),
    Version: _version,
    datetime: _time,
}
"""Readers of what has no parts."""

_TEXT: frozenset[type] = frozenset({str})
_TEXT_OR_NONE: frozenset[type] = frozenset({str, NoneType})
_KINDS: Mapping[Any, frozenset[type]] = {
    **dict.fromkeys((str, "str"), _TEXT),
    **dict.fromkeys((str | None, "str | None"), _TEXT_OR_NONE),
}
"""Kinds of value by the annotation of an attribute, which is a text until something resolves it."""


def is_of_texts(type_: Any) -> bool:
    """True if a class holds texts as they come: each required, or else None where it is missing."""
    return (
        isinstance(type_, type)
        and attrs.has(type_)
        and not hasattr(type_, "__attrs_post_init__")
        and all(map(_is_text, attrs.fields(type_)))
    )


def _is_text(field: attrs.Attribute[Any]) -> bool:
    default = {_TEXT: attrs.NOTHING, _TEXT_OR_NONE: None}.get(_KINDS.get(field.type, frozenset()), field)
    return field.default is default and not (field.validator or field.converter or field.metadata)


def fast_columns(type_: type[T], names: Mapping[str, str]) -> Callable[[Sequence[Any]], Columns[T] | None]:
    """Make a function that reads models of texts column by column, and gives None where an item is odd."""
    kinds = {field.name: _KINDS[field.type] for field in attrs.fields(cast(Any, type_))}

    def read(items: Sequence[Any]) -> Columns[T] | None:
        if set(map(type, items)) != {dict}:
            return None
        members = set(chain.from_iterable(items))
        columns: dict[str, Sequence[str | None]] = {}
        for name, wire in names.items():
            column = list(map(dict.get, items, repeat(wire))) if wire in members else [None] * len(items)
            if not kinds[name].issuperset(map(type, column)):
                return None
            columns[name] = column
        return Columns(type_, columns, len(items))

    return read
