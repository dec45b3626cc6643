"""How names match: exactly first, then folded; never nearly."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import Generic, TypeVar

import attrs

T = TypeVar("T")

_SPACES = re.compile(r"[\s_]+")
_SIGNS = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b", "'") | dict.fromkeys("\u201c\u201d\u201e\u201f", '"') | {"&": "and"}
)
_ASCII = str.maketrans({"_": " ", "&": "and"})
_MINUS = "\N{MINUS SIGN}"
_COMPARED = 400
"""Names that are compared letter for letter at most, to find those that are near."""

_WEIGHED = 20_000
"""Names that are counted to choose those, as often as each shares three signs."""


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """The form in which labels are compared when they are not equal as they stand.

    Unicode NFC, case folded; runs of white space and underscores are one space, dashes `-`, curly quotes straight, `&`
    is `and`, outer spaces are off. Letters, digits and every other sign count.
    """
    if text.isascii():
        return " ".join(text.lower().translate(_ASCII).split())
    composed = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    dashed = "".join("-" if c == _MINUS or unicodedata.category(c) == "Pd" else c for c in composed)
    return _SPACES.sub(" ", dashed.translate(_SIGNS)).strip()


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
        """Up to `count` shown names, the most similar first."""
        folded = fold(name)
        pool = self._shown if len(self._shown) <= _COMPARED else self._alike(folded)
        # more than are shown, because a label and a column may stand for one thing
        close = difflib.get_close_matches(folded, pool, n=2 * count, cutoff=0.3)
        inside = [near for near in self._shown if folded in near or near in folded]
        best = dict.fromkeys(self._shown[near] for near in (*close, *inside))
        return list(best or dict.fromkeys(self._shown.values()))[:count]

    def _alike(self, folded: str) -> list[str]:
        """The names that share most with a text: letter for letter, tens of thousands would take seconds to compare."""
        shared = Counter[str]()
        places = sorted((self._threes.get(three, []) for three in _threes(folded)), key=len)
        for names in places:  # the rarest first, until there is enough to tell names apart
            if shared.total() + len(names) > _WEIGHED and shared:
                break
            shared.update(names)
        return [name for name, _ in shared.most_common(_COMPARED)]

    @cached_property
    def _threes(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in self._shown:
            for three in _threes(name):
                found.setdefault(three, []).append(name)
        return found

    @cached_property
    def _exact(self) -> dict[str, tuple[Entry[T], ...]]:
        return _grouped((name, entry) for entry in self._entries for name in (*entry.labels, *entry.ids))

    @cached_property
    def _folded(self) -> dict[str, tuple[Entry[T], ...]]:
        return _grouped((fold(name), entry) for entry in self._entries for name in entry.labels)

    @cached_property
    def _shown(self) -> dict[str, str]:
        shown = {fold(label): entry.shown or label for entry in self._entries for label in entry.labels[:1]}
        columns = {fold(label): entry.shown or label for entry in self._entries for label in entry.labels[1:]}
        return shown | {name: label for name, label in columns.items() if name not in shown}


def _threes(text: str) -> set[str]:
    """All runs of three signs in a text with a space around it."""
    padded = f" {text} "
    return {padded[start : start + 3] for start in range(len(padded) - 2)}


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
