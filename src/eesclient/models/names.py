"""How names match: exactly first, then folded; never nearly, but for what messages suggest."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cached_property, lru_cache
from operator import index
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from ..errors import AmbiguousLabelError, ArgumentTypeError, QueryError, UnknownLabelError
from ..texts import pattern

if TYPE_CHECKING:
    from difflib import SequenceMatcher

T = TypeVar("T")

GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
"""Pattern of an id as the service writes it: lower case, with dashes."""

API_VERSION = r"(?i:/v1(?:\.0)?)"
"""Pattern of the version segment that addresses have: the department's own clients write `/v1.0`, which is the same."""

ANY_GUID = pattern(GUID, re.IGNORECASE)
"""A GUID as people may write it."""

_SPACES = re.compile(r"[\s_]+")
_SIGNS = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b", "'") | dict.fromkeys("\u201c\u201d\u201e\u201f", '"') | {"&": "and"}
)
_MINUS = "\N{MINUS SIGN}"

LEAST = 0.3
"""Likeness below which nothing is suggested, from 0 to 1."""

_FEW = 150
"""So many names are compared one by one; of more, only those that share most with the name."""

_LIKELY = 30
_LONG = 60
_GROUPS = 14
_WORD = 6
_SMALL_WORDS = frozenset({"a", "and", "at", "by", "for", "in", "of", "or", "the", "to"})


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """The form in which labels are compared when they are not equal as they stand.

    Unicode NFC, case folded; runs of white space and underscores are one space, dashes `-`, curly quotes straight, `&`
    is `and`, outer spaces are off. Letters, digits and every other sign count.
    """
    if text.isascii():
        # the same, sooner: nothing to compose, one dash, straight quotes
        return " ".join(text.lower().replace("_", " ").replace("&", "and").split())
    # case folding may take letters and their accents apart again
    composed = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    dashed = "".join("-" if c == _MINUS or unicodedata.category(c) == "Pd" else c for c in composed)
    return _SPACES.sub(" ", dashed.translate(_SIGNS)).strip()


def is_guid(text: str) -> bool:
    """Say whether a text is a GUID as the service writes it."""
    return re.fullmatch(GUID, text) is not None


def as_text(value: Any) -> str | None:
    """A name as text: whole numbers of any kind as digits, members of enumerations as their values; None for others."""
    plain = value.value if isinstance(value, Enum) else value
    if isinstance(plain, str):
        # a class of texts may print as something else
        return str.__str__(plain)
    # NumPy's numbers have an index, and so have its arrays, which also have a length
    whole = not isinstance(plain, bool) and hasattr(plain, "__index__") and not hasattr(plain, "__len__")
    return str(index(plain)) if whole else None


def as_items(value: Any) -> tuple[Any, ...] | None:
    """The items of a list in any form, those of a set in the order of their texts; None where it is no list."""
    if isinstance(value, str | bytes | Mapping | type) or not isinstance(value, Iterable):
        return None
    return tuple(sorted(value, key=str) if isinstance(value, set | frozenset) else value)


def name_of(value: Any, argument: str, example: str = "a label, column, code or id as text") -> str:
    """A name as text; what is none is refused."""
    if (text := as_text(value)) is None:
        raise _wrong(value, argument, example)
    if not text.isascii() and text != encodable(text):
        raise QueryError(
            f"{argument.strip()} {text!r} holds half a character, which no name has and cannot be sent: mend it"
        )
    return text


def encodable(text: str) -> str:
    """A text with a question mark for each half of a character, which JSON can say and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()


def bare(address: str) -> str:
    """An address, or a text that may be one, without name and password."""
    return re.sub(r"^(\s*[\w+.-]*://)?.*@", lambda match: match[1] or "", address, flags=re.DOTALL)


def names_in(value: Any, argument: str) -> tuple[str, ...]:
    """One name or a list of them, as texts."""
    items = as_items(value)
    return (name_of(value, argument),) if items is None else tuple(name_of(item, argument) for item in items)


def padded(name: str, names: Iterable[str]) -> list[str]:
    """Those of the names that differ from a number only in the zeros at its beginning, each once."""
    plain = name.strip().lstrip("0")
    return [*dict.fromkeys(one for one in names if plain.isdecimal() and one.isdecimal() and one.lstrip("0") == plain)]


def whole_number(value: Any, argument: str) -> int:
    """A whole number of any kind; what is none is refused."""
    if as_text(value) is None or isinstance(value, str):
        raise _wrong(value, argument, "a whole number such as 5")
    return int(value)


def _wrong(value: object, argument: str, meant: str) -> ArgumentTypeError:
    shown = repr(value)
    what = f"{argument}..." if len(shown) > _LONG or "\n" in shown else f"{argument}{shown}"
    return ArgumentTypeError(f"{what} is of type {type(value).__name__}: write {meant}")


class Entry(NamedTuple, Generic[T]):
    """Something that can be named: by its labels exactly or folded, by its ids exactly; and as messages show it."""

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
        """Up to `count` shown names, the most similar first; the first names of all where none is similar."""
        names = [label for entry in self._entries for label in entry.labels]
        # a name with digits and without spaces may be a code or id
        if " " not in name and any(character.isdecimal() for character in name):
            names += [id_ for entry in self._entries for id_ in entry.ids]
        best: dict[str, None] = {}
        for place in most_alike(name, names):
            best |= dict.fromkeys(_shown(entry) for entry in self._exact[names[place]])
            if len(best) >= count:
                break
        return list(best or dict.fromkeys(_shown(entry) for entry in self._entries[:count]))[:count]

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


# Which names are most like one that does not match


def most_alike(name: str, labels: Sequence[str]) -> Iterator[int]:
    """Places of the labels that are most like a name, the best first, none that is not like it."""
    folded = fold(name)
    if not folded:
        return iter(())
    places = range(len(labels)) if len(labels) <= _FEW else _likely(folded, labels)
    from difflib import SequenceMatcher

    # or letters that are frequent in a long text would not count
    matcher: SequenceMatcher[str] = SequenceMatcher(autojunk=False)
    # people write % where labels begin with a word
    matcher.set_seq2(f"percentage {folded[2:]}" if folded.startswith("% ") else folded)
    scores = {place: _likeness(matcher, folded, fold(labels[place])) for place in places}
    ranked = sorted(scores, key=lambda place: (-scores[place], place))
    return (place for place in ranked if scores[place] >= LEAST)


def _likeness(matcher: SequenceMatcher[str], name: str, label: str) -> float:
    # what is said of the second text is kept from one to the next, so that one is the name
    matcher.set_seq1(label)
    likeness = matcher.ratio()
    if _squeezed(name) == _squeezed(label) != "":
        return 0.99 + likeness / 100  # the same but for spaces and signs
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
            # the rest is written out: `ehc plan`
            if tail.split() == words[len(head) :]:
                return 0.9
            if not tail:
                return 0.7
    return 0.0


def _likely(name: str, labels: Sequence[str]) -> list[int]:
    """Places of the labels that share most groups of letters with a name."""
    import polars as pl

    name, labels = encodable(name), [label if label.isascii() else encodable(label) for label in labels]
    size = 3 if len(name) >= _WORD else 2
    parts = [name[place : place + size] for place in range(len(name) - size + 1)] or [name]
    groups = sorted({*parts[:: len(parts) // _GROUPS + 1]})
    texts = pl.Series(labels, dtype=pl.String)
    shared = texts.str.find_many(groups, ascii_case_insensitive=True, overlapping=True).list.len()
    likeness = shared / (texts.str.len_bytes() + len(name))
    best = likeness.top_k(_LIKELY)
    places: list[int] = ((likeness >= best[-1]) & (shared > 0)).arg_true().head(_LIKELY).to_list()
    return places


_SEPARATORS = pattern(r"[\s_,;:'()-]+")
"""Signs that an identifier may leave out; all others count: `Level 3` is not `Level 3+`."""


def names_of(item: Any) -> tuple[str, ...]:
    """Names by which an item is found, its label first: label, column, code of a level or location."""
    about = _field(item, "level") or item
    if (period := _field(about, "period")) is not None:
        # its code says its kind, and is not a name
        return tuple(str(name) for name in (about.label, period) if name)
    return tuple(str(name) for field in ("label", "column", "code") if (name := _field(about, field)) is not None)


def _field(item: object, name: str) -> Any:
    """A field, or None; not one of the names that an item has for its options."""
    return getattr(item, name) if hasattr(type(item), name) else None


def pick(items: Sequence[T], name: str, what: str) -> T:
    """The item of that label, column, code or id: exactly, else folded; `what` the items are goes into messages."""
    name = name_of(name, f"{what}: ")
    exact = _exactly(items, name)
    if len(exact) == 1:
        # at once, without folding what may be tens of thousands of names
        return exact[0]
    index = _index(items)
    found = index.find(name)
    if len(found) == 1:
        return found[0].thing
    if found:
        shown = [f"{entry.labels[0]} ({', '.join(entry.ids or entry.labels[1:])})" for entry in found]
        raise AmbiguousLabelError(f"{name!r} fits several: {listed(shown)}; name one by its id", candidates=shown)
    nearest = listed(index.nearest(name))
    raise UnknownLabelError(
        f"there is no {what} {name!r}; " + (f"the nearest: {nearest}" if nearest else "there is none at all"),
        unknown=[name],
    )


def _exactly(items: Iterable[T], name: str) -> list[T]:
    return [item for item in items if name in names_of(item) or name in _ids(item)]


def _index(items: Iterable[T]) -> NameIndex[T]:
    return NameIndex(Entry(thing=item, labels=names_of(item), ids=_ids(item)) for item in items)


def _ids(item: object) -> tuple[str, ...]:
    codes = _field(item, "codes") or {}
    return tuple(name for name in (_field(item, "id"), *codes.values()) if name)


def attributes(items: Iterable[T], taken: Iterable[str] = ()) -> dict[str, T]:
    """Items by the identifiers, made of their columns or else labels, that stand for exactly one and are not taken."""
    pairs = [(identifier(_field(item, "column") or names_of(item)[0]), item) for item in items]
    often = Counter(name for name, _ in pairs)
    kept = set(taken)
    return {name: item for name, item in pairs if name and often[name] == 1 and name not in kept}


def identifier(text: str) -> str:
    """The identifier that a name makes: small letters, with `_` for what separates words; "" where it makes none."""
    words = _SEPARATORS.sub("_", unicodedata.normalize("NFC", text).casefold().replace("&", "and")).strip("_")
    # Python reads identifiers in NFKC, in which other signs may become the same
    plain = unicodedata.normalize("NFKC", words) == words and not text.lstrip().startswith(("-", "("))
    return words if plain and words.isidentifier() and not keyword.iskeyword(words) else ""


class ByName:
    """Has items that are found by name: as attributes, for people; type checkers know none of them."""

    __slots__ = ()

    def _items(self) -> Sequence[Any]:
        return self if isinstance(self, tuple) else getattr(self, "options", ())

    def __contains__(self, item: object) -> bool:
        """True for an item, and for a name that one or several have, as in brackets."""
        items = self._items()
        if isinstance(item, str):
            return bool(_exactly(items, item) or _index(items).find(item))
        return any(item is one or item == one for one in items)

    def _ipython_key_completions_(self) -> list[str]:
        return list(dict.fromkeys(names_of(item)[0] for item in self._items()))

    def __dir__(self) -> list[str]:
        own = list(super().__dir__())
        return [*own, *attributes(self._items(), own)]

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            # fields that are not set yet, and what notebooks look for, are not names of items
            if not name.startswith("_") and not hasattr(type(self), name):
                found = attributes(self._items())
                if name in found:
                    return found[name]
                from difflib import get_close_matches

                near = get_close_matches(name, found, n=5, cutoff=0.3) or list(found)[:5]
                advice = f"; the nearest: {', '.join(near)}" if near else ""
                raise AttributeError(f"no {name!r} among the names here{advice}", name=name, obj=self)
            raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}", name=name, obj=self)
