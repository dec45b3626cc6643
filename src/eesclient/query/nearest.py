"""Which names are most like one that does not match: for messages only, never for matching."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher

LEAST = 0.3
"""Likeness below which nothing is suggested, from 0 to 1."""

_FEW = 150
"""So many names are compared one by one; of more, only those that share most with the name."""

_LIKELY = 30
_GROUPS = 14
_WORD = 6
_SMALL_WORDS = frozenset({"a", "and", "at", "by", "for", "in", "of", "or", "the", "to"})


def most_alike(name: str, labels: Sequence[str], fold: Callable[[str], str]) -> Iterator[int]:
    """Places of the labels that are most like a name, the best first, none that is not like it.

    Args:
        name: The name.
        labels: Labels as they are written.
        fold: What makes names comparable.
    """
    folded = fold(name)
    if not folded:
        return iter(())
    places = range(len(labels)) if len(labels) <= _FEW else _likely(folded, labels)
    matcher: SequenceMatcher[str] = SequenceMatcher(autojunk=False)
    matcher.set_seq2(f"percentage {folded[2:]}" if folded.startswith("% ") else folded)
    scores = {place: _likeness(matcher, folded, fold(labels[place])) for place in places}
    ranked = sorted(scores, key=lambda place: (-scores[place], place))
    return (place for place in ranked if scores[place] >= LEAST)


def _likeness(matcher: SequenceMatcher[str], name: str, label: str) -> float:
    matcher.set_seq1(label)
    likeness = matcher.ratio()
    if _squeezed(name) == _squeezed(label) != "":
        return 0.99 + likeness / 100
    if f" {name} " in f" {label} " or f" {label} " in f" {name} ":
        # whole words of one are the other
        likeness = (2 + likeness) / 3
    elif name in label or label in name:
        likeness = max(likeness, (1 + likeness) / 3)
    return max(likeness, _as_abbreviation(name, label))


def _squeezed(text: str) -> str:
    """A text without spaces and signs, but with the points of numbers."""
    return "".join(character for character in text if character.isalnum() or character == ".")


def _as_abbreviation(name: str, label: str) -> float:
    """How well a name is a label with the initials of its first words in their place: `ehc plan`, `cin`."""
    head, _, tail = name.partition(" ")
    every = label.replace(",", " ").split()
    for words in (every, [word for word in every if word not in _SMALL_WORDS]):
        if 1 < len(head) <= len(words) and head == "".join(word[0] for word in words[: len(head)]):
            if tail.split() == words[len(head) :]:
                return 0.9
            if not tail:
                return 0.7
    return 0.0


def _likely(name: str, labels: Sequence[str]) -> list[int]:
    """Places of the labels that share most groups of letters with a name."""
    import polars as pl

    size = 3 if len(name) >= _WORD else 2
    parts = [name[place : place + size] for place in range(len(name) - size + 1)] or [name]
    groups = sorted({*parts[:: len(parts) // _GROUPS + 1]})
    texts = pl.Series(labels, dtype=pl.String)
    shared = texts.str.find_many(groups, ascii_case_insensitive=True, overlapping=True).list.len()
    likeness = shared / (texts.str.len_bytes() + len(name))
    best = likeness.top_k(_LIKELY)
    places: list[int] = ((likeness >= best[-1]) & (shared > 0)).arg_true().head(_LIKELY).to_list()
    return places
