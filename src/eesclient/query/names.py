"""How names match: exactly first, then folded; never nearly."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import Any, Generic, TypeVar

import attrs

from .nearest import most_alike

T = TypeVar("T")

_SPACES = re.compile(r"[\s_]+")
_SIGNS = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b", "'") | dict.fromkeys("\u201c\u201d\u201e\u201f", '"') | {"&": "and"}
)
_MINUS = "\N{MINUS SIGN}"


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """The form in which labels are compared when they are not equal as they stand.

    Unicode NFC, case folded; runs of white space and underscores are one space, dashes `-`, curly quotes straight, `&`
    is `and`, outer spaces are off. Letters, digits and every other sign count.
    """
    if text.isascii():
        # the same, sooner: nothing to compose, one dash, straight quotes
        return " ".join(text.lower().replace("_", " ").replace("&", "and").split())
    composed = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    dashed = "".join("-" if c == _MINUS or unicodedata.category(c) == "Pd" else c for c in composed)
    return _SPACES.sub(" ", dashed.translate(_SIGNS)).strip()


def plain_text(name: str) -> str:
    """The text itself of a member of an enumeration of texts; any other text as it is."""
    return str.__str__(name)


@attrs.frozen(kw_only=True)
class Entry(Generic[T]):
    """Something that can be named.

    Attributes:
        thing: What the name stands for.
        labels: Names that match exactly or folded.
        ids: Names that match exactly only.
        shown: How it is called in messages.
    """

    thing: T
    labels: tuple[str, ...]
    ids: tuple[str, ...] = ()
    shown: str = ""


class NameIndex(Generic[T]):
    """Things by their names."""

    def __init__(self, entries: Iterable[Entry[T]]) -> None:
        self._entries = tuple(entries)

    def find(self, name: str) -> tuple[Entry[T], ...]:
        """Entries that the name fits: exactly if any does so, else folded; each once, in order."""
        return self._exact.get(name) or self._folded.get(fold(name)) or ()

    def nearest(self, name: str, count: int = 5) -> list[str]:
        """Up to `count` shown names, the most similar first; the first names of all where none is similar.

        A name with digits and without spaces may be a code or id, so it is compared with those as well.
        """
        names = self._labels
        if " " not in name and any(character.isdecimal() for character in name):
            names = [*names, *(id_ for entry in self._entries for id_ in entry.ids)]
        best: dict[str, None] = {}
        for place in most_alike(name, names, fold):
            best |= dict.fromkeys(_shown(entry) for entry in self._exact[names[place]])
            if len(best) >= count:
                break
        return list(best or dict.fromkeys(_shown(entry) for entry in self._entries[:count]))[:count]

    @cached_property
    def _labels(self) -> list[str]:
        return [label for entry in self._entries for label in entry.labels]

    @cached_property
    def _exact(self) -> dict[str, tuple[Entry[T], ...]]:
        return _grouped((name, entry) for entry in self._entries for name in (*entry.labels, *entry.ids))

    @cached_property
    def _folded(self) -> dict[str, tuple[Entry[T], ...]]:
        return _grouped((fold(name), entry) for entry in self._entries for name in entry.labels)


def _shown(entry: Entry[Any]) -> str:
    return entry.shown or entry.labels[0]


def _grouped(pairs: Iterable[tuple[str, Entry[T]]]) -> dict[str, tuple[Entry[T], ...]]:
    groups: dict[str, list[Entry[T]]] = {}
    for name, entry in pairs:
        group = groups.setdefault(name, [])
        if not any(entry is known for known in group):
            group.append(entry)
    return {name: tuple(group) for name, group in groups.items()}


def listed(names: Sequence[str], most: int = 12) -> str:
    """Names in quotes with commas; past `most` only how many more there are."""
    shown = ", ".join(f'"{name}"' for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
