"""Lists of models that hold nothing but texts, made column by column: metadata has tens of thousands of locations."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from itertools import chain, repeat
from types import NoneType
from typing import Any

import attrs

_TEXT: frozenset[type] = frozenset({str})
_TEXT_OR_NONE: frozenset[type] = frozenset({str, NoneType})
_KINDS: Mapping[Any, frozenset[type]] = {
    str: _TEXT,
    "str": _TEXT,
    str | None: _TEXT_OR_NONE,
    "str | None": _TEXT_OR_NONE,
}
"""Kinds of value by the annotation of an attribute."""


def is_of_texts(type_: Any) -> bool:
    """Whether a class holds texts as they come: each required, or else None where it is missing."""
    return (
        isinstance(type_, type)
        and attrs.has(type_)
        and not hasattr(type_, "__attrs_post_init__")
        and all(map(_is_text, attrs.fields(type_)))
    )


def _is_text(field: attrs.Attribute[Any]) -> bool:
    default = {_TEXT: attrs.NOTHING, _TEXT_OR_NONE: None}.get(_KINDS.get(field.type, frozenset()), field)
    return field.default is default and not (field.validator or field.converter or field.metadata)


def maker(type_: Any, names: Mapping[str, str]) -> Callable[[Sequence[Any]], list[Any] | None]:
    """What makes models of texts from parsed JSON.

    Args:
        type_: Their class.
        names: Name on the wire of each attribute.

    Returns:
        A function that gives a model for each item, or None where an item is not as it should be, so that the long way
        can say what is wrong with it.
    """
    kinds = {field.name: _KINDS[field.type] for field in attrs.fields(type_)}

    def make_all(items: Sequence[Any]) -> list[Any] | None:
        if set(map(type, items)) != {dict}:
            return None
        members = set(chain.from_iterable(items))
        made: list[Any] = list(map(object.__new__, repeat(type_, len(items))))
        for name, wire in names.items():
            column = list(map(dict.get, items, repeat(wire))) if wire in members else [None] * len(items)
            if not kinds[name].issuperset(map(type, column)):
                return None
            # a frozen object is filled past its own __setattr__; a deque of no length runs a map to its end
            deque(map(object.__setattr__, made, repeat(name), column), maxlen=0)
        return made

    return make_all
