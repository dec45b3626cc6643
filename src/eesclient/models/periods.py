"""Time identifiers and time periods: codes, labels, CSV texts and the service's order (reference, section 14)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Literal, NamedTuple

import attrs

from .._classes import frozen
from .enums import OpenEnum

YearForm = Literal["academic", "financial", "single"]
"""How a year is written in labels: `2018/19`, `2018-19` or `2018`."""

_QUARTERS = ("", "Q1", "Q2", "Q3", "Q4")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


class _Identifier(NamedTuple):
    code: str
    label: str
    form: YearForm
    suffix: str


def _years(code: str, label: str, form: YearForm) -> list[_Identifier]:
    return [_Identifier(f"{code}{q}", f"{label} {q}".strip(), form, q) for q in _QUARTERS]


_TABLE: tuple[_Identifier, ...] = (
    _Identifier("T1", "Autumn term", "academic", "Autumn term"),
    _Identifier("T2", "Spring term", "academic", "Spring term"),
    _Identifier("T1T2", "Autumn and spring term", "academic", "Autumn and spring term"),
    _Identifier("T3", "Summer term", "academic", "Summer term"),
    *_years("AY", "Academic year", "academic"),
    *_years("CY", "Calendar year", "single"),
    _Identifier("P1", "Part 1 (April to September)", "financial", "Part 1 (Apr to Sep)"),
    _Identifier("P2", "Part 2 (October to March)", "financial", "Part 2 (Oct to Mar)"),
    *_years("FY", "Financial year", "financial"),
    *_years("TY", "Tax year", "financial"),
    _Identifier("RY", "Reporting year", "single", ""),
    *(_Identifier(f"W{n}", f"Week {n}", "single", f"Week {n}") for n in range(1, 53)),
    *(_Identifier(f"M{n}", name, "single", name) for n, name in enumerate(_MONTHS, 1)),
)

# within a year terms come before AY, before CY, …: not the order of time across kinds (reference, section 14)
_BY_CODE = {row.code: row for row in _TABLE}
_ORDER = {row.code: position for position, row in enumerate(_TABLE)}


class TimeIdentifier(OpenEnum):
    """Code of a kind of time period, such as `AY` or `W12`."""

    # members that follow a rule are named by it; type checkers see them all the same
    T1, T2, T1T2, T3 = "T1", "T2", "T1T2", "T3"
    AY, AYQ1, AYQ2, AYQ3, AYQ4 = (f"AY{quarter}" for quarter in _QUARTERS)
    CY, CYQ1, CYQ2, CYQ3, CYQ4 = (f"CY{quarter}" for quarter in _QUARTERS)
    P1, P2 = "P1", "P2"
    FY, FYQ1, FYQ2, FYQ3, FYQ4 = (f"FY{quarter}" for quarter in _QUARTERS)
    TY, TYQ1, TYQ2, TYQ3, TYQ4 = (f"TY{quarter}" for quarter in _QUARTERS)
    RY = "RY"
    # the service has no week 53 (reference, section 14)
    W1, W2, W3, W4, W5, W6, W7, W8, W9, W10, W11, W12, W13 = (f"W{week}" for week in range(1, 14))
    W14, W15, W16, W17, W18, W19, W20, W21, W22, W23, W24, W25, W26 = (f"W{week}" for week in range(14, 27))
    W27, W28, W29, W30, W31, W32, W33, W34, W35, W36, W37, W38, W39 = (f"W{week}" for week in range(27, 40))
    W40, W41, W42, W43, W44, W45, W46, W47, W48, W49, W50, W51, W52 = (f"W{week}" for week in range(40, 53))
    M1, M2, M3, M4, M5, M6, M7, M8, M9, M10, M11, M12 = (f"M{month}" for month in range(1, 13))

    @property
    def label(self) -> str:
        """Text of the CSV column `time_identifier`; the code itself where it is unknown."""
        row = _BY_CODE.get(str(self))
        return row.label if row else str(self)

    @property
    def year_form(self) -> YearForm:
        """How its years are written; `single` for an unknown identifier."""
        row = _BY_CODE.get(str(self))
        return row.form if row else "single"

    @property
    def spans_two_years(self) -> bool:
        """True if queries and answers write its period as `YYYY/YYYY`."""
        return self.year_form != "single"

    @property
    def order(self) -> int:
        """Position in the service's order of identifiers; unknown ones come last."""
        return _ORDER.get(str(self), len(_ORDER))


IDENTIFIER_BY_LABEL: dict[str, TimeIdentifier] = {row.label: TimeIdentifier(row.code) for row in _TABLE}
"""Identifiers by the exact text of the `time_identifier` column."""

_YEARS = re.compile(r"([0-9]{4})(?:/([0-9]{4}))?")


@frozen(kw_only=True)
class TimePeriod:
    """A time period of a data set.

    Attributes:
        code: Its time identifier.
        period: As queries and answers write it: `2023` or `2023/2024`.
        label: In words, such as `2023/24` or `2018 Week 12`; "" in result rows, which have none.
    """

    code: TimeIdentifier
    period: str
    label: str = attrs.field(default="", eq=False)

    @property
    def csv(self) -> str:
        """Text of the CSV column `time_period`: `202324` for `2023/2024`, else the period itself."""
        return period_to_csv(self.period) or self.period

    @property
    def is_matchable(self) -> bool:
        """False where the file has one year for a kind that spans two, or two for one that does not.

        No query matches such a period (reference, section 14). True for kinds that are new.
        """
        return not self.code.is_known or self.code.spans_two_years == ("/" in self.period)

    @property
    def sort_key(self) -> tuple[str, int, str]:
        """The service's order: by period text, then by the order of the identifiers."""
        return self.period, self.code.order, str(self.code)  # texts, not time: 2020 comes before 2020/2021


def period_from_csv(text: str) -> str | None:
    """`2023` and `2023/2024` for the CSV texts `2023` and `202324`; None for anything else.

    The second year must follow the first, and have four digits too; `199900` is `1999/2000`.
    """
    if not re.fullmatch(r"[0-9]{4}([0-9]{2})?", text):
        return None
    # no code is asked: a four-digit year of an academic year stays one year, and no query matches it then
    if len(text) == 4:
        return text
    first = int(text[:4])
    # the year after 9999 has five digits
    return f"{text[:4]}/{first + 1:04}" if (first + 1) % 100 == int(text[4:]) and first < 9999 else None


def period_to_csv(period: str) -> str | None:
    """`2023` and `202324` for `2023` and `2023/2024`; None for anything else, such as years that do not follow."""
    years = _YEARS.fullmatch(period)
    if years is None or not years[2]:
        return period if years else None
    return f"{years[1]}{years[2][2:]}" if int(years[2]) == int(years[1]) + 1 else None


def format_label(period: str, code: TimeIdentifier) -> str:
    """Label of a period as the service makes it, such as `2018/19 Q1` (reference, section 14)."""
    # the first year alone for kinds of one year: `2024/2025` of calendar years is labelled `2024`
    if period_to_csv(period) is None:
        raise ValueError(f"{period!r} is not a period: write one year such as 2023, or two such as 2023/2024")
    first = period[:4]
    following = f"{(int(first) + 1) % 100:02}"
    year = {"academic": f"{first}/{following}", "financial": f"{first}-{following}", "single": first}[code.year_form]
    row = _BY_CODE.get(str(code))
    return f"{year} {row.suffix}".strip() if row else f"{year} {code}"


_BEGINNINGS = {"CY": (1, 1), "FY": (4, 1), "TY": (4, 6)}
_SPANS: dict[str, tuple[int, int, int]] = {
    "AY": (9, 1, 12),  # days of terms, its quarters, weeks and reporting years are said by who publishes them alone
    "P1": (4, 1, 6),
    "P2": (10, 1, 6),
    **{code: (month, day, 12) for code, (month, day) in _BEGINNINGS.items()},
    **{f"{code}Q{q + 1}": (month + 3 * q, day, 3) for code, (month, day) in _BEGINNINGS.items() for q in range(4)},
    **{f"M{month}": (month, 1, 1) for month in range(1, 13)},
}
"""First month, first day and number of months of the identifiers that say so."""


def dates_of(period: TimePeriod) -> tuple[date, date] | None:
    """The first and the last day of a time period, both included; None where its kind does not define them."""
    first, span = period.period[:4], _SPANS.get(str(period.code))
    if span is None or not first.isdecimal() or not int(first):
        return None
    if "/" in period.period and not period.code.spans_two_years:
        return None
    month, day, months = span
    try:
        return _day(int(first), month, day), _day(int(first), month + months, day) - timedelta(days=1)
    except ValueError:  # dates end with the year 9999
        return None


def _day(year: int, month: int, day: int) -> date:
    """A day, where months past the twelfth are those of the next year."""
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, day)
