"""Time periods and locations by what people call them: in any spelling, by name, code or id."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from .._classes import frozen
from ..errors import QueryError
from ..models.columnar import Positions
from ..models.meta import ATTRIBUTES, CODE_NAMES, Level, LocationGroup, LocationOption, Meta, location_columns
from ..models.names import Entry, NameIndex, fold, listed, padded
from ..models.periods import TimeIdentifier, TimePeriod
from ..texts import pattern
from .facets import Between
from .tree import LocationKey

if TYPE_CHECKING:
    import polars as pl

_YEAR = pattern(r"(?<![0-9])([0-9]{4})(?:[-/]?[0-9]{2}(?:[0-9]{2})?)?(?![0-9])")
_SINGLE_YEAR = pattern(r"(?<![0-9/-])[0-9]{4}(?![0-9/-])")
_PARTS = pattern(r"[0-9]+|[^0-9\s,.:|/()-]+")
_LAESTAB = pattern(r"(?:([^:]*):)?\s*([0-9]{3})/([0-9]{4})\s*")
"""The number of a school after that of its authority, as people write it; data files leave the slash out."""

_CODES = (*CODE_NAMES, "id")
_PREFIXES = {name.replace("_", sign): name for name in _CODES for sign in ("", " ")}
"""Attributes by what may stand before a code, folded."""


def period_index(periods: Sequence[TimePeriod]) -> NameIndex[TimePeriod]:
    """Time periods by every spelling in use."""
    ordered = in_order(periods)
    # what names one period as stored is no other spelling of another
    stored = {f"{period.period}|{period.code}": period for period in ordered}
    own = ([text for text in _spellings(one) if stored.get(text, one) == one] for one in ordered)
    return NameIndex(
        Entry(thing=one, labels=(*labels,), shown=shown(one)) for one, labels in zip(ordered, own, strict=True)
    )


def in_order(periods: Sequence[TimePeriod]) -> list[TimePeriod]:
    """Periods in the service's order: by period, then by kind (reference, section 14)."""
    return sorted(periods, key=lambda period: period.sort_key)


def shown(period: TimePeriod) -> str:
    """A period in words that name its kind, such as `2023/24 (Academic year)`."""
    label = period.label or period.period
    stored = "" if period.is_matchable else f"stored as {period.period}"
    if period.code.label in label:
        return f"{label} ({stored})" if stored else label
    return f"{label} ({period.code.label}{', ' + stored if stored else ''})"


def _spellings(period: TimePeriod) -> tuple[str, ...]:
    years, words = _years(period), _words(period)
    named = [f"{year} {word}" for year in years for word in words]
    named += [f"{word} {year}" for year in years for word in words]
    coded = [f"{year}|{period.code}" for year in years]
    if period.code.spans_two_years:
        # the service reads a single year with a two-year code as the year it starts in
        coded.append(f"{period.period[:4]}|{period.code}")
    # a quarter, term, week or month is never meant by its year alone
    plain = years if period.code.label.endswith("year") else []
    return tuple(dict.fromkeys([period.label or period.period, shown(period), *plain, *named, *coded]))


def _words(period: TimePeriod) -> list[str]:
    """Words for the kind of a period; the last are those that a label has after its year, such as `Q1`."""
    kind = period.code.label
    return [kind, str(period.code), period.label.partition(" ")[2] or kind]


def _years(period: TimePeriod) -> list[str]:
    first, slash, second = period.period.partition("/")
    years = [period.period, period.csv]
    if slash and not period.code.spans_two_years:
        # labelled with its first year alone, like any other of its kind
        years.append(first)
    if period.code.spans_two_years and not slash and first.isdecimal():
        # stored with one year, and labelled as the range like any other
        slash, second = "/", f"{int(first) + 1:04}"
    if slash:
        years += [f"{first}/{second[2:]}", f"{first}-{second[2:]}", f"{first}{second[2:]}"]
        years += [f"{first}-{second}", f"{first}/{second}"]
    return list(dict.fromkeys(years))


def spanning(name: str, periods: Sequence[TimePeriod]) -> list[TimePeriod]:
    """The two-year periods that begin or end in a single year, where a name is just that, with or without a kind."""
    year, words = _apart(name, _SINGLE_YEAR)
    return [
        period
        for period in in_order(periods)
        if year in period.period.split("/")
        and not period.period.isdecimal()
        and words in ("", *map(_squeezed, _words(period)))
    ]


def signed_otherwise(name: str, periods: Sequence[TimePeriod]) -> list[TimePeriod]:
    """The periods whose year and kind a name has, with other signs between them: `2024-W09`, `wk 9, 2024`."""
    year, words = _apart(name, _YEAR)
    return [
        period for period in in_order(periods) if year in _years(period) and words in map(_squeezed, _words(period))
    ]


def _apart(name: str, pattern: re.Pattern[str]) -> tuple[str, str]:
    """The year of a name and the words around it, squeezed; "" where there is none of them."""
    folded = fold(name)
    year = pattern.search(folded)
    if year is None:
        return "", _squeezed(folded)
    return year[0], _squeezed(f"{folded[: year.start()]} {folded[year.end() :]}")


def _squeezed(words: str) -> str:
    """Words without the signs between them, `wk` as `week` and numbers without zeros before them: `week9`."""
    # signs that may say something, such as + and <, stay, and so does what divides numbers
    parts = [part.lstrip("0") or part for part in _PARTS.findall(fold(words))]
    return re.sub(r"(?<=[0-9]) (?![0-9])|(?<![0-9]) ", "", " ".join("week" if part == "wk" else part for part in parts))


def nearest_periods(name: str, periods: Sequence[TimePeriod], count: int = 5) -> list[str]:
    """Up to `count` periods most like what was asked for: of its kind, then by year; without a year the latest."""
    year, words = _apart(name, _YEAR)
    if not year:
        same = [shown(period) for period in reversed(in_order(periods)) if words in map(_squeezed, _words(period))]
        return same[:count] or period_index(periods).nearest(name, count)

    from difflib import SequenceMatcher

    def rank(period: TimePeriod) -> tuple[float, bool, int]:
        unlike = 1 - max(SequenceMatcher(None, words, _squeezed(word)).ratio() for word in _words(period))
        if not words:
            unlike = 0.0 if period.code.label.endswith("year") else 1.0
        own = period.period[:4]
        away = abs(int(own) - int(year[:4])) if own.isdecimal() else 0
        spans = period.code.spans_two_years or "/" in period.period
        return round(unlike, 3), spans != (len(year) > len("2024")), away

    return [shown(period) for period in sorted(in_order(periods), key=rank)[:count]]


def expand(
    asked: Between, periods: Sequence[TimePeriod], ends: tuple[TimePeriod | None, TimePeriod | None]
) -> tuple[TimePeriod, ...]:
    """The periods that a range stands for, in the service's order; an end that is None is open."""
    first, final = ends
    if first is None or final is None:
        same = of_kind(asked.kind, periods)
    else:
        if _family(first.code) != _family(final.code):
            raise QueryError(
                f"a range of time periods has one kind: {shown(first)} and {shown(final)} have two; list the periods, "
                f"or say kind={_family(first.code)!r} where a name is of several"
            )
        if first.sort_key > final.sort_key:
            raise QueryError(f"the range runs backwards: write ees.between({final.label!r}, {first.label!r})")
        same = [period for period in in_order(periods) if _family(period.code) == _family(first.code)]
    return tuple(
        period
        for period in same
        if (first is None or first.sort_key <= period.sort_key) and (final is None or period.sort_key <= final.sort_key)
    )


def of_kind(kind: str | None, periods: Sequence[TimePeriod]) -> list[TimePeriod]:
    """The periods of one kind, in the service's order, which is that of the calendar inside a kind."""
    ordered = in_order(periods)
    kinds = dict.fromkeys(_family(period.code) for period in ordered)
    if kind is None:
        if len(kinds) > 1:
            raise QueryError(f"{several_kinds(ordered)}: say kind={next(iter(kinds))!r}")
        return ordered
    asked = _squeezed(kind)
    families = [period for period in ordered if asked == _squeezed(_family(period.code))]
    members = [period for period in ordered if asked in (_squeezed(period.code.label), _squeezed(str(period.code)))]
    if not families and not members:
        raise QueryError(f"the data set has no time period of kind {kind!r}; it has {listed(list(kinds))}")
    return families or members


def several_kinds(periods: Sequence[TimePeriod]) -> str:
    """Words for messages on a data set with several kinds of time period; "" where it has one."""
    kinds = dict.fromkeys(_family(period.code) for period in in_order(periods))
    return f"the data set has several kinds of time period ({', '.join(kinds)})" if len(kinds) > 1 else ""


def _family(kind: TimeIdentifier) -> str:
    """The name that a kind of period has together with those that take turns with it."""
    code = str(kind)
    if code[:1] in ("W", "M") and code[1:].isdecimal():
        return {"W": "Week", "M": "Month"}[code[0]]
    # autumn and spring term together are no term that takes turns with these
    if code in ("T1", "T2", "T3"):
        return "Term"
    if code in ("P1", "P2"):
        return "Part of a financial year"
    return f"{kind.label[:-3]} quarter" if code[2:3] == "Q" and kind.is_known else kind.label


@frozen(kw_only=True)
class Place:
    """A location and its level."""

    level: Level
    option: LocationOption

    @property
    def key(self) -> LocationKey:
        """As a query names it: by id, because by code the service takes the first of several only."""
        return LocationKey(level=str(self.level.code), property="id", value=self.option.id)

    @property
    def shown(self) -> str:
        """In words, with level and codes."""
        codes = ", ".join(self.option.codes.values())
        return f"{self.option.label} ({self.level.label}{', ' + codes if codes else ''}, id {self.option.id})"


def places_of(key: LocationKey, meta: Meta) -> tuple[Place, ...]:
    """The location that a key names by id, or those that it names by a code."""
    group = meta.group(key.level)
    if group is None:
        return ()
    if key.property == "id":
        option = meta.location(key.level, key.value)
        return () if option is None else (Place(level=group.level, option=option),)
    attribute = ATTRIBUTES.get(key.property, key.property)
    columns = location_columns(group)
    found = columns.positions(attribute).of(key.value) if attribute in CODE_NAMES else ()
    return tuple(Place(level=group.level, option=columns.item(at)) for at in found)


class PlaceIndex:
    """The locations of a data set by name, code and id."""

    def __init__(self, groups: Sequence[LocationGroup]) -> None:
        self._size = 0
        self.scope: str = f" at level {groups[0].level.label!r}" if len(groups) == 1 else " in the data set"
        # each group with the number of its first location
        self._groups: dict[int, LocationGroup] = {}
        for group in groups:
            self._groups[self._size] = group
            self._size += len(location_columns(group))

    def find(self, name: str, levels: set[str] | None = None) -> tuple[Place, ...]:
        """Locations that a name fits, of these levels if of several; `urn:`, `LA:` and the like before it narrow it."""
        positions = self._among(("label", *_CODES), name) or self._folded.of(fold(name)) or self._prefixed(name)
        positions = positions or self._slashed(name)
        found = tuple(map(self._place, positions))
        if levels and len({place.level.code for place in found}) > 1:
            return tuple(place for place in found if str(place.level.code) in levels) or found
        return found

    def is_ambiguous(self, name: str, places: Sequence[Place]) -> bool:
        """True if a name fits places of several levels, or several places other than by a code that they share."""
        if len(places) == 1:
            return False
        if len({place.level.code for place in places}) > 1:
            return True
        # one area stands under each name that it had (reference, section 15)
        shared = set.intersection(*({*place.option.codes.values()} for place in places))
        return shared.isdisjoint(_texts(name))

    def nearest(self, name: str) -> list[str]:
        """Up to five locations with the most similar names, or codes."""
        prefix, _, rest = name.partition(":")
        # a colon may also be part of a name
        known = fold(prefix) in (*_PREFIXES, *chain.from_iterable(self._calls.values()))
        return self._nearby.nearest(rest.strip() if known and rest.strip() else name)

    def _prefixed(self, name: str) -> Sequence[int]:
        # before a colon stands a kind of code (urn:) or a level (LA:)
        prefix, colon, rest = name.partition(":")
        rest = rest.strip()
        if not colon or not rest:
            return ()
        attribute = _PREFIXES.get(fold(prefix))
        if attribute is not None:
            return self._among([attribute], rest)
        found = {*self._folded.of(fold(rest)), *self._among(_CODES, rest)}
        return [at for at in sorted(found) if fold(prefix) in self._calls[self._at(at)[0].level]]

    def _slashed(self, name: str) -> Sequence[int]:
        match = _LAESTAB.fullmatch(name)
        if match is None:
            return ()
        prefix, found = fold(match[1] or "LAESTAB"), self._among(["la_estab"], f"{match[2]}{match[3]}")
        return [
            at for at in found if _PREFIXES.get(prefix) == "la_estab" or prefix in self._calls[self._at(at)[0].level]
        ]

    def padded(self, name: str) -> list[str]:
        """Codes that a name is but for zeros at its beginning, which spreadsheets take off."""
        codes = (code for attribute in CODE_NAMES for code in self._column(attribute) if code is not None)
        return padded(name.rpartition(":")[2].replace("/", ""), codes)

    def _at(self, number: int) -> tuple[LocationGroup, int]:
        """The group of a location, and its position there."""
        first = max(first for first in self._groups if first <= number)
        return self._groups[first], number - first

    def _place(self, number: int) -> Place:
        group, at = self._at(number)
        return Place(level=group.level, option=location_columns(group).item(at))

    def _among(self, attributes: Iterable[str], value: str) -> list[int]:
        """Numbers of the locations that have a value in one of these attributes."""
        return sorted(
            {
                first + at
                for first, group in self._groups.items()
                for attribute in attributes
                for at in location_columns(group).positions(attribute).of(value)
            }
        )

    def _column(self, attribute: str) -> Iterator[str | None]:
        return chain.from_iterable(location_columns(group).column(attribute) for group in self._groups.values())

    # each at first use: of tens of thousands of locations most questions name a few, by one kind of name

    @cached_property
    def _folded(self) -> Positions:
        return Positions([fold(label or "") for label in self._column("label")])

    @cached_property
    def _calls(self) -> dict[Level, tuple[str, str]]:
        return {group.level: (fold(group.level.label), fold(str(group.level.code))) for group in self._groups.values()}

    @cached_property
    def _nearby(self) -> NameIndex[LocationOption]:
        return NameIndex(
            Entry(
                thing=option,
                labels=(option.label,),
                ids=(*dict.fromkeys((*option.codes.values(), option.id)),),
                shown=f"{option.label} ({level.label})",
            )
            for level, option in ((group.level, option) for group in self._groups.values() for option in group.options)
        )


def place_table(names: Iterable[str], meta: Meta) -> pl.DataFrame:
    """A row for each place that a name fits, and one of nulls for a name that fits none."""
    import polars as pl

    columns = ("asked", "matched_by", "level", "level_label", "label", *CODE_NAMES, "id")
    schema: dict[str, Any] = dict.fromkeys(columns, pl.String) | {"meant": pl.Boolean}
    index = PlaceIndex(meta.locations)
    rows: list[Mapping[str, str | bool]] = []
    for name in names:
        found = index.find(name)
        meant = bool(found) and not index.is_ambiguous(name, found)
        for place in found:
            option, level = place.option, place.level
            row: dict[str, str | bool] = {"asked": name, "matched_by": _matched_by(name, option), "meant": meant}
            row |= {"level": str(level.code), "level_label": level.label, "label": option.label, "id": option.id}
            rows.append(row | option.codes)
        if not found:
            rows.append({"asked": name, "meant": False})
    return pl.DataFrame(rows, schema=schema)


def _matched_by(name: str, option: LocationOption) -> str:
    for text in _texts(name):
        names = {**option.codes, "id": option.id, "name": option.label}
        if what := next((what for what, value in names.items() if text == value), None):
            return what
    return "name, folded"


def _texts(name: str) -> tuple[str, ...]:
    """What a name may say: itself, what follows its prefix, and a LAESTAB without its slash."""
    rest = name.partition(":")[2].strip()
    return name, rest, (rest or name).replace("/", "")
