"""Faults of TOML files: what cattrs found wrong, each with its place as TOML writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator

_BARE = re.compile(r"(?![0-9]+$)[A-Za-z0-9_-]+")


class FaultError(ValueError):
    """A value that is not what it should be; its text says how, with `{place}` for where the value is.

    Args:
        text: What is wrong.
        name: The member at fault, below the value that is being read; "" for that value itself.
    """

    def __init__(self, text: str, name: str = "") -> None:
        super().__init__(text)
        self.name = name


def faults(error: BaseException, place: str = "") -> Iterator[tuple[str, str]]:
    """The place and the text of each fault in what cattrs raised, or a hook of it.

    Places are such as `data_set[0].title` and `data_sets.sen."1.0"`.
    """
    for note in getattr(error, "__notes__", ()):
        # notes of cattrs are texts with the attribute's name, or an index or key
        if isinstance(name := getattr(note, "name", getattr(note, "index", None)), str | int):
            place = below(place, name)
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from faults(one, place)
    elif isinstance(error, FaultError):
        yield (below(place, error.name) if error.name else place), str(error).replace("{place}", place)
    elif isinstance(error, KeyError):
        yield place, "is missing"
    else:
        yield place, str(error)


def below(place: str, name: str | int) -> str:
    """The place of a member or item."""
    if isinstance(name, int):
        return f"{place}[{name}]"
    key = name if _BARE.fullmatch(name) else f'"{name}"'
    return f"{place}.{key}" if place else key
