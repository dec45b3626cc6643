"""Metadata items by name: in brackets, and as attributes that notebooks complete."""

from __future__ import annotations

import difflib
import keyword
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import AmbiguousLabelError, UnknownLabelError
from .names import Entry, NameIndex, listed

T = TypeVar("T")

_SEPARATORS = re.compile(r"[\s_,;:'()-]+")
"""Signs that an identifier may leave out; all others count: `Level 3` is not `Level 3+`."""


def names_of(item: Any) -> tuple[str, ...]:
    """Names by which an item is found, its label first: label, column, code of a level or location."""
    about = _field(item, "level") or item
    if (period := _field(about, "period")) is not None:
        # its code says its kind: it is no name
        return tuple(str(name) for name in (about.label, period) if name)
    return tuple(str(name) for field in ("label", "column", "code") if (name := _field(about, field)) is not None)


def _field(item: object, name: str) -> Any:
    """A field, or None; not one of the names that an item has for its options."""
    return getattr(item, name) if hasattr(type(item), name) else None


def pick(items: Sequence[T], name: str, what: str) -> T:
    """The item of that name: exactly, else folded.

    Args:
        items: What there is.
        name: Label, column, code or id.
        what: What the items are, for messages.

    Raises:
        UnknownLabelError: There is none; the message lists the nearest.
        AmbiguousLabelError: There are several.
    """
    exact = [item for item in items if name in names_of(item) or name in _ids(item)]
    if len(exact) == 1:
        # at once, without folding what may be tens of thousands of names
        return exact[0]
    index = NameIndex(Entry(thing=item, labels=names_of(item), ids=_ids(item)) for item in items)
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


def _ids(item: object) -> tuple[str, ...]:
    codes = _field(item, "codes") or {}
    return tuple(name for name in (_field(item, "id"), *codes.values()) if name)


def attributes(items: Iterable[T], taken: Iterable[str] = ()) -> dict[str, T]:
    """Items by the identifiers that stand for exactly one of them, in order.

    An identifier is made of the column, or else of the label. Names with signs that an identifier cannot have, names
    of which two make the same identifier, and those that are taken have none.
    """
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
        raise NotImplementedError

    def _ipython_key_completions_(self) -> list[str]:
        return list(dict.fromkeys(names_of(item)[0] for item in self._items()))

    def __dir__(self) -> list[str]:
        own = list(super().__dir__())
        return [*own, *attributes(self._items(), own)]

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            # fields that are not set yet, and what notebooks look for, are no names of items
            if not name.startswith("_") and not hasattr(type(self), name):
                found = attributes(self._items())
                if name in found:
                    return found[name]
                near = difflib.get_close_matches(name, found, n=5, cutoff=0.3) or list(found)[:5]
                advice = f"; the nearest: {', '.join(near)}" if near else ""
                raise AttributeError(f"no {name!r} among the names here{advice}", name=name, obj=self)
            raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}", name=name, obj=self)
