"""Public ids of filters, options, indicators and locations, and the orders by label in which they are given.

Ids are sqids of numbers. The service keeps the id of a thing whose key is the same in the version before, and of one
that an analyst mapped to one of the version before (reference, sections 16 to 18). A `service.toml` says the latter:
options below the column that their filter has now, locations below their level.

Of the three orders that the service calls "by label" (section 17) it is certain which is used where, and that `bytes`
is the order of code points. What is not: the reference could not be run, so the other two rest on how such databases
and .NET usually are. `database` is PostgreSQL with the usual `en_US.utf8` of glibc 2.28 and later: spaces, punctuation
and symbols count only where two texts are otherwise equal, down to case. `display` is .NET on ICU's root collation:
spaces < punctuation < symbols < currency signs < digits < letters, all of them counting; accents only break ties, and
case only breaks ties of accents, lower before upper.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Literal, TypeAlias, TypeVar

import attrs
from sqids import Sqids

from .._classes import frozen
from ..errors import DataFileError
from ..models.changes import IdKind
from ..models.meta import Filter, Indicator, Meta
from ..models.names import listed

# the service's own alphabet and length, without a salt: the same numbers give the same ids (reference, section 16)
ALPHABET = "UjIo1rQXDHTmNsy6p4SlAtO0uqhfCiexFMVc5nG3v2Bbz8dKgWJRa79PZYwkEL"
MIN_LENGTH = 5
_SQIDS = Sqids(alphabet=ALPHABET, min_length=MIN_LENGTH)


@lru_cache(maxsize=1 << 16)
def encode(number: int) -> str:
    """Public id of a number, such as `dP0Zw` for 1."""
    return _SQIDS.encode([number])


Key: TypeAlias = tuple[str | None, ...]
"""Key by which two things of two versions are the same: column; column and label; or level, label and codes."""


class Numbering:
    """The sequences of one data set, one for each kind, which begin as in an empty database.

    A thing whose key the version before had keeps its number, unless it was mapped by hand. Others get the next one,
    except that a location row is never made twice: a location that comes back has its old number.
    """

    def __init__(self) -> None:
        self._last: Counter[IdKind] = Counter()
        self._previous: dict[tuple[IdKind, Key], int] = {}
        self._current: dict[tuple[IdKind, Key], int] = {}
        self._mapped: dict[tuple[IdKind, Key], Key | None] = {}
        self._pending: dict[tuple[IdKind, Key], Key | None] = {}

    def map_by_hand(self, kind: IdKind, key: Key, before: Key | None) -> None:
        """Say what a thing of the next version was in the one before, None for nothing; options follow their filter."""
        self._pending[kind, key] = before

    def begin_version(self) -> None:
        """Start the next version: what the version before had is what can be kept."""
        locations = {place: number for place, number in self._previous.items() if place[0] == "location"}
        self._previous = locations | self._current
        self._current = {}
        self._mapped, self._pending = self._pending, {}

    def public_id(self, kind: IdKind, *key: str | None) -> str:
        """Public id of a thing, new or kept."""
        place = kind, key
        if place not in self._current:
            before = self._before(kind, key)
            kept = None if before is None else self._previous.get((kind, before))
            if kept is None or (kind == "location" and place not in self._previous):
                # the row of a location that was mapped is new all the same and takes a number; only the id is kept
                self._last[kind] += 1
            self._current[place] = self._last[kind] if kept is None else kept
        return encode(self._current[place])

    def _before(self, kind: IdKind, key: Key) -> Key | None:
        """Key in the version before."""
        before = self._mapped.get((kind, key), key)
        if kind == "location":
            return before or key  # an identical location has its row already, mapped or not
        if kind == "option" and before == key:
            column = self._mapped.get(("filter", key[:1]), key[:1])
            return None if column is None else (*column, *key[1:])
        return before


Names: TypeAlias = Mapping[str, str]
"""Name before to name now."""

Keys: TypeAlias = Mapping[str, list[Key]]
"""Keys of a version by name."""


@frozen(kw_only=True)
class Mappings:
    """Mappings made by hand: of columns, of options' labels by the filter's column now, of labels or codes by level."""

    filters: Names = attrs.field(factory=dict)
    indicators: Names = attrs.field(factory=dict)
    options: Mapping[str, Names] = attrs.field(factory=dict)
    locations: Mapping[str, Names] = attrs.field(factory=dict)


def map_by_hand(
    mappings: Mappings, numbering: Numbering, *, file: str, table: str, before: Meta | None, now: Meta
) -> None:
    """Tell the numbering what things of the next version, whose ids may be any, were in the version before."""
    if before is None:
        raise DataFileError(f"{table}: the first version has none before it: leave the table out", file=file)
    for kind, where, names, old, new in _groups(mappings, before, now):
        try:
            for key, was in _pairs(names, old, new):
                numbering.map_by_hand(kind, key, was)
        except LookupError as error:
            raise DataFileError(f"{table}.{where}.{error.args[0]}", file=file) from None


def _groups(mappings: Mappings, before: Meta, now: Meta) -> Iterator[tuple[IdKind, str, Names, Keys, Keys]]:
    """Things among which names are looked up: their kind, their table, what is mapped, what was there and what is."""
    yield "filter", "filters", mappings.filters, _columns(before.filters), _columns(now.filters)
    yield "indicator", "indicators", mappings.indicators, _columns(before.indicators), _columns(now.indicators)
    was = {new_name: old_name for old_name, new_name in mappings.filters.items()}
    for column, names in mappings.options.items():
        yield "option", f"options.{column}", names, _options(before, was.get(column, column)), _options(now, column)
    for level, names in mappings.locations.items():
        yield "location", f"locations.{level}", names, _locations(before, level), _locations(now, level)


def _columns(items: Iterable[Filter | Indicator]) -> Keys:
    return {item.column: [(item.column,)] for item in items}


def _options(meta: Meta, column: str) -> Keys:
    options = (option for item in meta.filters if item.column == column for option in item.options)
    return {option.label: [(column, option.label)] for option in options}


def _locations(meta: Meta, level: str) -> Keys:
    found: dict[str, list[Key]] = {}
    for group in meta.locations:
        if str(group.level.code) == level:
            for option in group.options:
                codes = [getattr(option, attribute) for _, attribute in group.level.code.columns.codes]
                for name in dict.fromkeys((option.label, *option.codes.values())):
                    found.setdefault(name, []).append((level, option.label, *codes))
    return found


def _pairs(names: Names, before: Keys, now: Keys) -> Iterator[tuple[Key, Key]]:
    """Keys now and before; all of them are right, or none is given."""
    pairs = {name: (_only(now, new, name, "this version"), name) for name, new in names.items()}
    found = {key: _only(before, name, name, "the version before") for key, name in pairs.values()}
    if len(found) < len(pairs):
        raise LookupError(f"{next(reversed(pairs))}: another name is mapped to the same")
    present = {key for keys in now.values() for key in keys}
    for key, name in pairs.values():
        if found[key] != key and found[key] in present and found[key] not in found:
            raise LookupError(f"{name}: is still in this version: map that to what it was, or leave the line out")
    yield from found.items()


def _only(known: Keys, wanted: str, name: str, where: str) -> Key:
    keys = known.get(wanted, [])
    if len(keys) == 1:
        return keys[0]
    problem = f"fits several things of {where}: use a code" if keys else f"is not in {where}; there: {listed([*known])}"
    raise LookupError(f"{name}: {wanted!r} {problem}")


# Orders by label. They follow a small table of the characters that occur in labels. Others fall back on the letters
# that they decompose to (NFKD), and then on code points within their kind: the order is total and stable for any text

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
    """Key that sorts a label as the service does."""
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


def _levels(weights: Sequence[_Weights]) -> SortKey:
    # as in the Unicode collation algorithm: all base characters first, then all accents, then all cases
    return (
        tuple(base for base, _, _ in weights if base is not None),
        tuple(accent for _, accent, _ in weights),
        tuple(variant for _, _, variant in weights),
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
