"""Time periods as people write them, and ranges of them."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from ..errors import QueryError
from ..models.periods import TimeIdentifier, TimePeriod
from .names import Entry, NameIndex


@attrs.frozen
class Between:
    """Periods from the first to the last, both included. Made by `between`."""

    first: str | int | TimePeriod
    last: str | int | TimePeriod


@attrs.frozen
class Last:
    """The last periods. Made by `last` and `latest`."""

    count: int
    kind: str | None = None


def between(first: str | int | TimePeriod, last: str | int | TimePeriod) -> Between:
    """The time periods from one to another, both included, of their kind.

    Args:
        first: The earlier period, such as `"2019/20"`.
        last: The later one, of the same kind.

    Returns:
        Something to give to `periods=`.
    """
    return Between(first, last)


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
        raise QueryError(f"last({count}) is no time period: ask for at least 1")
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
    return label if period.code.label in label else f"{label} ({period.code.label})"


def _spellings(period: TimePeriod) -> tuple[str, ...]:
    first, slash, second = period.period.partition("/")
    kind = period.code.label
    years = [period.period, period.csv]
    if slash:
        years += [f"{first}/{second[2:]}", f"{first}-{second[2:]}", f"{first}-{second}"]
    named = [f"{year} {kind}" for year in years] + [f"{kind} {year}" for year in years]
    coded = [f"{year}|{period.code}" for year in years]
    if period.code.spans_two_years:
        # the service reads a single year with a two-year code as the year it starts in
        coded.append(f"{first}|{period.code}")
    # a quarter, term, week or month is never meant by its year alone
    plain = years if kind.endswith("year") else []
    return tuple(dict.fromkeys([period.label or period.period, *plain, *named, *coded]))


def expand(
    asked: Between | Last, periods: Sequence[TimePeriod], ends: tuple[TimePeriod, TimePeriod] | None
) -> tuple[TimePeriod, ...]:
    """The periods that a range stands for, in the service's order.

    Args:
        asked: The range.
        periods: All periods of the data set.
        ends: For `Between`, its two ends as periods of the data set.

    Raises:
        QueryError: The range mixes kinds of period, is the wrong way round, or needs a kind.
    """
    if isinstance(asked, Last):
        return tuple(_of_kind(asked, periods)[-asked.count :])
    if ends is None:
        return ()
    first, final = ends
    if first.code != final.code:
        raise QueryError(
            f"a range of time periods has one kind: {shown(first)} and {shown(final)} have two; list the periods"
        )
    if first.sort_key > final.sort_key:
        raise QueryError(f"the range runs backwards: write ees.between({final.label!r}, {first.label!r})")
    same = [period for period in in_order(periods) if period.code == first.code]
    return tuple(period for period in same if first.sort_key <= period.sort_key <= final.sort_key)


def _of_kind(asked: Last, periods: Sequence[TimePeriod]) -> list[TimePeriod]:
    ordered = in_order(periods)
    kinds = list(dict.fromkeys(period.code for period in ordered))
    if asked.kind is not None:
        index = NameIndex(Entry(thing=kind, labels=(kind.label, str(kind))) for kind in kinds)
        found = index.find(asked.kind)
        if not found:
            raise QueryError(f"the data set has no time period of kind {asked.kind!r}; it has {_kinds(kinds)}")
        return [period for period in ordered if period.code == found[0].thing]
    # weeks, months, terms and quarters are one kind each only together with their sisters; the service orders
    # them by year and then by code, which is calendar order inside a family
    if len({_family(kind) for kind in kinds}) > 1:
        example = kinds[0].label
        raise QueryError(f"the data set has several kinds of time period ({_kinds(kinds)}): say kind={example!r}")
    return ordered


def _family(kind: TimeIdentifier) -> str:
    code = str(kind)
    if code[:1] in ("W", "M") and code[1:].isdecimal():
        return code[0]
    if code in ("T1", "T2", "T3", "P1", "P2"):
        return code[0]
    return code[:3] if code[2:3] == "Q" else code


def _kinds(kinds: Sequence[TimeIdentifier]) -> str:
    return ", ".join(kind.label for kind in kinds)
