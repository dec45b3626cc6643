"""Places in TOML files, as TOML writes them."""

from __future__ import annotations

import re

_BARE = re.compile(r"(?![0-9]+$)[A-Za-z0-9_-]+")


def below(place: str, name: str | int) -> str:
    """The place of a member or item, such as `data_set[0].title` and `data_sets.sen."1.0"`."""
    if isinstance(name, int):
        return f"{place}[{name}]"
    key = name if _BARE.fullmatch(name) else f'"{name}"'
    return f"{place}.{key}" if place else key
