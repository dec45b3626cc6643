"""Classes of attrs whose comparing, hashing and showing is only written when it is first asked for.

attrs compiles what it writes, and of most classes that a script imports nothing is ever compared or shown: to make
them takes half the time so.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs

__all__ = ["define", "frozen"]

if TYPE_CHECKING:
    # type checkers know what these do
    from attrs import define, frozen
else:

    def define(cls: type | None = None, **options: Any) -> Any:
        """As `attrs.define`."""
        return partial(define, **options) if cls is None else _made(cls, attrs.define, options)

    def frozen(cls: type | None = None, **options: Any) -> Any:
        """As `attrs.frozen`."""
        return partial(frozen, **options) if cls is None else _made(cls, attrs.frozen, options)


def _made(cls: type, make: Callable[..., type], options: dict[str, Any]) -> type:
    """The class as attrs makes it, but for the methods that are written later."""
    later = []
    if "eq" not in options and vars(cls).keys().isdisjoint({"__eq__", "__ne__", "__hash__"}):
        later += ["__eq__", "__hash__"]
    if "repr" not in options and "__repr__" not in vars(cls):
        later += ["__repr__"]
    made = make(cls, **options, **{name: False for name in ("eq", "repr") if f"__{name}__" in later})

    def write() -> None:
        # of the same fields, and thus the same methods
        like = {"__module__": made.__module__, "__qualname__": made.__qualname__}
        twin = make(type(made.__name__, (), like), slots=False, field_transformer=lambda *_: [*attrs.fields(made)])
        for name in later:
            setattr(made, name, vars(twin)[name])

    for name in later:
        # what can change has no hash
        method = None if name == "__hash__" and make is attrs.define else _writing(made, name, write)
        setattr(made, name, method)
    return made


def _writing(cls: type, name: str, write: Callable[[], None]) -> Callable[..., Any]:
    """The method that a class has until the one is written that it is to have."""

    def method(self: object, *others: object) -> Any:
        write()
        return vars(cls)[name](self, *others)

    method.__name__, method.__qualname__, method.__module__ = name, f"{cls.__qualname__}.{name}", cls.__module__
    return method
