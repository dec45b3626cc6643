"""Rules of values: formats and code lists, as the specification has them for each element."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from ..specification import CodeList
from .declared import Rule
from .ground import Ground, Test, fits, is_time, tests
from .places import kept_places


@tests("F01")
def dates(ground: Ground, _: Rule) -> Iterator[pl.DataFrame]:
    """Text that is no date: all that is one stands in a column."""
    says = f"{ground.spec.formats['date'].says} is expected, a day that there is"
    yield kept_places(ground.kept.filter(pl.col("why") == "unreadable"), says)


@tests("F02")
def years(ground: Ground, rule: Rule) -> Iterator[pl.DataFrame]:
    """Year as it stood, where it stood otherwise than as a number of four digits."""
    for name in rule.elements:
        format_ = ground.spec.formats["year"]
        wrong = ground.header_texts(name).filter(~fits(pl.col("text"), format_))
        yield kept_places(wrong.head(1), f"{format_.says} is expected")


@tests("F")
def formats(ground: Ground, rule: Rule) -> Iterator[Test]:
    """How the text of an element is written."""
    for name in rule.elements:
        for element in ground.elements(name):
            format_ = ground.spec.formats[element.type]
            # a form alone would let 25 o'clock pass
            fitting = (is_time if element.type == "datetime" else fits)(pl.col(name), format_)
            # an absent element has no format: one that is no time would not be null either
            yield Test(element.table, name, pl.col(name).is_not_null() & ~fitting, f"{format_.says} is expected")


@tests("K")
def code_lists(ground: Ground, rule: Rule) -> Iterator[Test]:
    """Codes that no source has for the element in the year."""
    for name in rule.elements:
        for element in ground.elements(name):
            list_ = ground.spec.lists[element.values]
            # codes that one source alone has are no faults: N04 notes them
            wrong = pl.col(name).is_not_null() & ~pl.col(name).is_in(sorted(list_.accepted))
            yield Test(element.table, name, wrong, f"{_codes(list_)} is expected", coded=True)


def _codes(list_: CodeList) -> str:
    codes = list(list_.codes)
    if len(codes) > 15:
        return f"one of the {len(codes)} codes of {list_.name!r}"
    return f"{', '.join(codes[:-1])} or {codes[-1]}"
