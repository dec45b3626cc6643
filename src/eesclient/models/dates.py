"""First and last day of time periods, where their kind defines them."""

from __future__ import annotations

from datetime import date, timedelta

from .periods import TimePeriod

_YEARS = {"AY": (9, 1), "CY": (1, 1), "FY": (4, 1), "TY": (4, 6)}
"""Month and day on which a year of each kind begins."""

_QUARTERED = ("CY", "FY", "TY")
"""Kinds whose quarters are three months each from the year's first day."""

_HALVES = {"P1": 4, "P2": 10}
_QUARTER = 3
_YEAR = 12


def dates_of(period: TimePeriod) -> tuple[date, date] | None:
    """The first and the last day of a time period, both included; None where its kind does not define them.

    | kind | days |
    |---|---|
    | academic year | 1 September to 31 August |
    | calendar year, its quarters, months | as in the calendar |
    | financial year | 1 April to 31 March; quarters from 1 April, 1 July, 1 October and 1 January |
    | parts 1 and 2 of a financial year | 1 April to 30 September, 1 October to 31 March |
    | tax year | 6 April to 5 April; quarters from 6 April, 6 July, 6 October and 6 January |

    Terms, quarters of an academic year, weeks and reporting years have no days of their own: whoever publishes them
    says which they are, and the service does not.
    """
    if not period.period[:4].isdecimal() or not int(period.period[:4]):
        return None
    year, code = int(period.period[:4]), str(period.code)
    kind, quarter = code[:2], code[2:].removeprefix("Q")
    if code in _YEARS:
        return _span(year, *_YEARS[code], _YEAR)
    if kind in _QUARTERED and period.code.is_known:
        month, day = _YEARS[kind]
        return _span(year, month + _QUARTER * (int(quarter) - 1), day, _QUARTER)
    if code in _HALVES:
        return _span(year, _HALVES[code], 1, _YEAR // 2)
    if code[:1] == "M" and period.code.is_known:
        return _span(year, int(code[1:]), 1, 1)
    return None


def _span(year: int, month: int, day: int, months: int) -> tuple[date, date] | None:
    """So many months from a day, where dates go as far."""
    try:
        return _moved(year, month, day), _moved(year, month + months, day) - timedelta(days=1)
    except ValueError:
        return None


def _moved(year: int, month: int, day: int) -> date:
    """A day, where months past the twelfth are those of the next year."""
    return date(year + (month - 1) // _YEAR, (month - 1) % _YEAR + 1, day)
