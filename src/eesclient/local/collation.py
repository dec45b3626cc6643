"""The three orders that the service calls "by label" (reference, section 17).

What is certain: which order is used where, and that `bytes` is the order of code points. What is not: the reference
could not be run, so the other two rest on how such databases and .NET usually are. `database` is PostgreSQL with the
usual `en_US.utf8` of glibc 2.28 and later: spaces, punctuation and symbols count only where two texts are otherwise
equal, down to case. `display` is .NET on ICU's root collation: spaces < punctuation < symbols < currency signs <
digits < letters, all of them counting; accents only break ties, and case only breaks ties of accents, lower before
upper.

Both follow a small table of the characters that occur in labels. Others fall back on the letters that they decompose to
(NFKD), and then on code points within their kind, so the order stays total and stable for any text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Literal, TypeAlias, TypeVar

Collation: TypeAlias = Literal["bytes", "database", "display"]
"""Order of code points; of the database that numbers option links; of positions and of `/meta`."""

SortKey: TypeAlias = tuple[object, ...]
T = TypeVar("T")

_SPACES = "\t\n\v\f\r\x85\u2028\u2029 "
_PUNCTUATION = "_‿‗-‐‒–—―,;:!¡?¿.·'‘’‚‛‹›\"“”„‟«»()[]{}‖§¶@*/⁄\\&#%‰‱†‡•‣‧′‵‸※"
_SYMBOLS = "`´˜^¯˘˙¨˚˝¸˛°©®+±÷×<=>¬|¦~−≤≥"
_CURRENCY = "¤¢$£¥€"
_ACCENTS = "\u0301\u0300\u0306\u0302\u030c\u030a\u0308\u030b\u0303\u0307\u0338\u0327\u0328\u0304"
_SPELT = {"ß": "ss", "æ": "ae\u0338", "œ": "oe\u0338", "ø": "o\u0338", "đ": "d\u0338", "ł": "l\u0338"}

_SPACE, _MARK, _SIGN, _MONEY, _DIGIT, _LETTER = range(1, 7)
_PRIMARY = {
    char: (group, position)
    for group, chars in ((_SPACE, _SPACES), (_MARK, _PUNCTUATION), (_SIGN, _SYMBOLS), (_MONEY, _CURRENCY))
    for position, char in enumerate(chars)
}
_ACCENT_WEIGHT = {char: weight for weight, char in enumerate(_ACCENTS, 1)}
_GROUP_BY_CATEGORY = {"Z": _SPACE, "P": _MARK, "S": _SIGN, "N": _DIGIT, "L": _LETTER}
_UNKNOWN = 0x1000  # after every character of the table in the same group

_Weights: TypeAlias = tuple[tuple[int, int] | None, int, int]
"""Base character or None for an accent, accent, and case or variant."""


def sort_key(text: str, collation: Collation) -> SortKey:
    """Key that sorts a text as the service does.

    Args:
        text: A label.
        collation: Which of the three orders.
    """
    if collation == "bytes":
        return (text,)
    weights = _weights(text)
    if collation == "display":
        return _levels(weights)
    counting = [weight for weight in weights if weight[0] is None or weight[0][0] > _SIGN]
    specials = tuple((_is_special(char), char) for char in text)
    return (*_levels(counting), specials, text)


def in_order(items: Iterable[T], collation: Collation, *, label: Callable[[T], str]) -> list[T]:
    """The items by label; those that compare equal keep their order."""
    return sorted(items, key=lambda item: sort_key(label(item), collation))


def _levels(weights: Iterable[_Weights]) -> SortKey:
    # as in the Unicode collation algorithm: all base characters first, then all accents, then all cases
    present = list(weights)
    return (
        tuple(base for base, _, _ in present if base is not None),
        tuple(accent for _, accent, _ in present),
        tuple(variant for _, _, variant in present),
    )


def _is_special(char: str) -> int:
    weights = _weights(char)
    return 0 if weights and weights[0][0] is not None and weights[0][0][0] <= _SIGN else 1


def _weights(text: str) -> list[_Weights]:
    return [weight for char in unicodedata.normalize("NFC", text) for weight in _char_weights(char)]


@lru_cache(maxsize=4096)
def _char_weights(char: str) -> tuple[_Weights, ...]:
    if char in _PRIMARY:  # some signs, ´ for one, would come apart into a space and an accent
        return ((_PRIMARY[char], 0, 0),)
    plain = unicodedata.normalize("NFKD", char)
    variant = 0 if plain == unicodedata.normalize("NFD", char) else 1
    return tuple(weight for part in plain for weight in _part_weights(part, variant))


def _part_weights(part: str, variant: int) -> Iterator[_Weights]:
    folded = part.lower() if part.isupper() else part
    case = variant + (2 if folded != part else 0)
    for char in _SPELT.get(folded, folded):
        if char in _ACCENT_WEIGHT or unicodedata.combining(char):
            yield None, _ACCENT_WEIGHT.get(char, _UNKNOWN + ord(char)), variant
        elif (base := _base(char)) is not None:
            yield base, 0, case


def _base(char: str) -> tuple[int, int] | None:
    known = _PRIMARY.get(char)
    if known is not None:
        return known
    category = unicodedata.category(char)
    if category == "Sc":
        return _MONEY, _UNKNOWN + ord(char)
    if category == "Nd":
        return _DIGIT, unicodedata.digit(char)
    group = _GROUP_BY_CATEGORY.get(category[0])
    return None if group is None else (group, ord(char) if group == _LETTER else _UNKNOWN + ord(char))
