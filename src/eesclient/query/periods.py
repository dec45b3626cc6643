"""Time periods as people write them, and ranges of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

import attrs

from ..errors import QueryError
from ..models.names import Entry, NameIndex, fold, listed
from ..models.periods import TimeIdentifier, TimePeriod


@attrs.frozen
class Between:
    """Periods from the first to the last, both included; None leaves an end open. Made by `between`."""

    first: str | int | TimePeriod | None
    last: str | int | TimePeriod | None
    kind: str | None = None


@attrs.frozen
class Last:
    """The last periods. Made by `last` and `latest`."""

    count: int
    kind: str | None = None


def between(
    first: str | int | TimePeriod | None, last: str | int | TimePeriod | None, *, kind: str | None = None
) -> Between:
    """The time periods from one to another, both included, of their kind.

    Args:
        first: The earlier period, such as `"2019/20"`; None for the first of the data set.
        last: The later one, of the same kind; None for the last of the data set.
        kind: Kind of period, such as `"Academic year"`; needed where an end is open and the data set has several.

    Returns:
        Something to give to `periods=`.

    Raises:
        QueryError: Both ends are None.
    """
    if first is None and last is None:
        raise QueryError("between(None, None) is all time periods: leave periods= out, or name an end")
    return Between(first, last, kind)


def last(count: int, *, kind: str | None = None) -> Last:
    """The last so many time periods of the data set.

    Args:
        count: How many, at least 1.
        kind: Kind of period, such as `"Academic year"`; needed where the data set has several.

    Returns:
        Something to give to `periods=`.

    Raises:
        QueryError: The count is below 1.
    """
    if count < 1:
        raise QueryError(f"last({count}) is not a time period: ask for at least 1")
    return Last(count, kind)


def latest(*, kind: str | None = None) -> Last:
    """The latest time period of the data set; arguments as for `last`."""
    return last(1, kind=kind)


def period_index(periods: Sequence[TimePeriod]) -> NameIndex[TimePeriod]:
    """Time periods by every spelling in use."""
    return NameIndex(
        Entry(thing=period, labels=_spellings(period), shown=shown(period)) for period in in_order(periods)
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
    kind = period.code.label
    years = _years(period)
    # the words that a label has after its year: "Q1" of an academic year's first quarter
    words = dict.fromkeys([kind, period.label.partition(" ")[2] or kind, str(period.code)])
    named = [f"{year} {word}" for year in years for word in words]
    named += [f"{word} {year}" for year in years for word in words]
    coded = [f"{year}|{period.code}" for year in years]
    if period.code.spans_two_years:
        # the service reads a single year with a two-year code as the year it starts in
        coded.append(f"{period.period[:4]}|{period.code}")
    # a quarter, term, week or month is never meant by its year alone
    plain = years if kind.endswith("year") else []
    return tuple(dict.fromkeys([period.label or period.period, *plain, *named, *coded]))


def _years(period: TimePeriod) -> list[str]:
    first, slash, second = period.period.partition("/")
    years = [period.period, period.csv]
    if period.code.spans_two_years and not slash and first.isdecimal():
        # stored with one year, and labelled as the range like any other
        slash, second = "/", f"{int(first) + 1:04}"
    if slash:
        years += [f"{first}/{second[2:]}", f"{first}-{second[2:]}", f"{first}{second[2:]}"]
        years += [f"{first}-{second}", f"{first}/{second}"]
    return list(dict.fromkeys(years))


def spanning(name: str, periods: Sequence[TimePeriod]) -> list[TimePeriod]:
    """The two-year periods that begin or end in a single year, where a name is just that, with or without a kind."""
    year = _SINGLE_YEAR.search(name)
    if year is None:
        return []
    words = fold(f"{name[: year.start()]} {name[year.end() :]}")
    return [
        period
        for period in in_order(periods)
        if year[0] in period.period.split("/")
        and not period.period.isdecimal()
        and words in ("", fold(period.code.label), fold(str(period.code)), fold(period.label.partition(" ")[2]))
    ]


def nearest_periods(name: str, periods: Sequence[TimePeriod], count: int = 5) -> list[str]:
    """Up to `count` periods that are most like what was asked for: of the kind that its words say, then by year."""
    year = _YEAR.search(name)
    if year is None:
        return period_index(periods).nearest(name, count)
    words = fold(f"{name[: year.start()]} {name[year.end() :]}")

    def rank(period: TimePeriod) -> tuple[float, bool, int]:
        kind = (period.code.label, str(period.code), period.label.partition(" ")[2])
        unlike = 1 - max(SequenceMatcher(None, words, fold(word)).ratio() for word in kind if word)
        if not words:
            unlike = 0.0 if period.code.label.endswith("year") else 1.0
        own = period.period[:4]
        away = abs(int(own) - int(year[1])) if own.isdecimal() else 0
        return round(unlike, 3), period.code.spans_two_years != (year[0] != year[1]), away

    return [shown(period) for period in sorted(in_order(periods), key=rank)[:count]]


_YEAR = re.compile(r"(?<![0-9])([0-9]{4})(?:[-/]?[0-9]{2}(?:[0-9]{2})?)?(?![0-9])")
_SINGLE_YEAR = re.compile(r"(?<![0-9/-])[0-9]{4}(?![0-9/-])")


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
    """The periods of one kind, in the service's order.

    Weeks, months, terms and quarters are one kind each only together with their sisters; the service orders them by
    year and then by code, which is calendar order inside a kind.
    """
    ordered = in_order(periods)
    kinds = dict.fromkeys(_family(period.code) for period in ordered)
    if kind is None:
        if len(kinds) > 1:
            raise QueryError(f"{several_kinds(ordered)}: say kind={next(iter(kinds))!r}")
        return ordered
    families = [period for period in ordered if fold(kind) == fold(_family(period.code))]
    members = [period for period in ordered if fold(kind) in (fold(period.code.label), fold(str(period.code)))]
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
    if code in ("T1", "T2", "T3"):
        return "Term"
    if code in ("P1", "P2"):
        return "Part of a financial year"
    return f"{kind.label[:-3]} quarter" if code[2:3] == "Q" and kind.is_known else kind.label
