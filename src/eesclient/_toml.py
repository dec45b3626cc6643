"""Readers of TOML files, which cattrs puts together, and what is wrong with a file at its place as TOML writes it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache, partial, reduce
from types import GenericAlias
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypedDict, cast, get_args, get_origin

if TYPE_CHECKING:
    from cattrs import Converter

Reader: TypeAlias = Callable[[Any], Any]
"""Turns a value into what it stands for, or raises what `faults` tells apart."""

_BARE = re.compile(r"(?![0-9]+$)[A-Za-z0-9_-]+")


class FaultError(ValueError):
    """The text and member of what is wrong with a value; without a member, `{place}` in it is where the value is."""


def instance(kind: type, advice: str, value: Any) -> Any:
    """What tomllib already made right; None is what is missing."""
    if value is None:
        raise FaultError("is missing")
    # true is an int in Python, but not a number in TOML
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise FaultError(advice)
    return value


def members(check: Reader, readers: Mapping[str, Reader]) -> Reader:
    """Reader of a table as a dict of the members that are there."""
    types = {name: Annotated[object, read] for name, read in readers.items()}
    return _checked(check, cast(Any, TypedDict)("Table", types, total=False))


def named(check: Reader, read: Reader) -> Reader:
    """Reader of a table whose keys are names."""
    return _checked(check, GenericAlias(dict, (str, Annotated[object, read])))


def items(advice: str, read: Reader) -> Reader:
    """Reader of a list as a tuple."""
    return _checked(partial(instance, list, advice), GenericAlias(tuple, (Annotated[object, read], ...)))


def _checked(check: Reader, type_: Any) -> Reader:
    return lambda value: _converter().structure(check(value), type_)


@cache
def _converter() -> Converter:
    from cattrs import Converter

    converter = Converter(forbid_extra_keys=True)
    # readers stand where types do: cattrs walks, and gathers what they refuse
    converter.register_structure_hook_func(
        lambda type_: get_origin(type_) is cast(Any, Annotated), lambda value, type_: get_args(type_)[1](value)
    )
    return converter


def faults(error: BaseException, place: str = "") -> Iterator[tuple[str, str]]:
    """The place and the text of each fault in what a reader raised, unknown keys of a table before what is in it."""
    from cattrs import ForbiddenExtraKeysError

    for note in getattr(error, "__notes__", ()):
        # notes of cattrs are texts with the attribute's name, or an index or key
        if isinstance(name := getattr(note, "name", getattr(note, "index", None)), str | int):
            place = below(place, name)
    match error:
        case BaseExceptionGroup():
            for one in sorted(error.exceptions, key=lambda one: not isinstance(one, ForbiddenExtraKeysError)):
                yield from faults(one, place)
        case ForbiddenExtraKeysError():
            for name in sorted(error.extra_fields):
                yield below(place, name), f"is not known here{hint(name, error.cl.__annotations__)}"
        case FaultError():
            text, *member = error.args
            # TOML writes the items of a list of tables below [[its name]]
            heading = re.sub(r"^(.*)\[[0-9]+\]$", r"[\1]", place)
            # a text with a value of the file in it has a member, or is another error
            yield reduce(below, member, place), text if member else text.replace("{place}", heading)
        case ValueError():
            yield place, str(error)
        case _:
            raise error


def hint(text: str, known: Collection[str]) -> str:
    """What an unknown name may have meant."""
    folded = {name.lower(): name for name in known}
    close = [folded[name] for name in difflib.get_close_matches(text.lower(), folded, n=2)]
    return f": did you mean {' or '.join(close)}?" if close else f": known are {', '.join(known)}"


def below(place: str, name: str | int) -> str:
    """The place of a member or item, such as `data_set[0].title` and `data_sets.sen."1.0"`."""
    if isinstance(name, int):
        return f"{place}[{name}]"
    key = name if _BARE.fullmatch(name) else f'"{name}"'
    return f"{place}.{key}" if place else key
