"""Tests of words in other types than text: read as what they plainly are, or refused by their argument."""

from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import attrs
import polars as pl
import pytest

import eesclient as ees
from eesclient import ArgumentTypeError, ComparatorError, FilterOption, Meta, QueryError, UnknownLabelError

from .examples import META, ask, options


class Text(enum.StrEnum):
    """Members that are texts."""

    FOUR = "4"


class Plain(enum.Enum):
    """Members that hold a text or a number."""

    FOUR = "4"
    FIVE = 5
    NONE = None


class Number:
    """A whole number as other libraries have them."""

    def __index__(self) -> int:
        return 4


AGES: Meta = attrs.evolve(
    META,
    filters=(attrs.evolve(META.filters[0], options=options(("oa", "4"), ("ob", "5"), ("otot", "Total"))),),
)
AGE = AGES.filters[0].label
FOUR: list[Any] = [4, "4", Number(), Text.FOUR, Plain.FOUR, [4], (Text.FOUR,), {4}, range(4, 5), {4: 1}.keys()]
FOUR += [pl.Series([4]), pl.Series(["4"], dtype=pl.Categorical)]
WRONG: list[Any] = [4.0, None, True, b"4", {4: 1}, [None], [[4]], Plain, Plain.NONE, date(2024, 3, 1), object()]
WRONG += [pl.DataFrame({"age": [4]}), FilterOption(id="oa", label="4")]


def asked(**words: Any) -> ees.Query:
    """A question to the data set with ages."""
    return ask(AGES, **words)


@pytest.mark.parametrize("value", FOUR)
def test_options_are_read_as_what_they_are(value: object) -> None:
    """A whole number is its digits, and any list is a list."""
    query = asked(filters={AGE: value})
    assert query == asked(filters={AGE: "4"})
    assert '"4"' in query.to_python()


def test_lists_that_are_read_once_or_have_no_order() -> None:
    """A generator is read once, and a set always gives the same question."""
    assert asked(filters={AGE: (age for age in (5, 4))}) == asked(filters={AGE: ["5", "4"]})
    assert asked(filters={AGE: {5, 4}}).to_json() == asked(filters={AGE: ["4", "5"]}).to_json()
    with pytest.raises(ArgumentTypeError, match="indicators= is a set"):
        asked(indicators={"ipct"})


@pytest.mark.parametrize("value", WRONG)
@pytest.mark.parametrize(
    "argument", ["indicators", "filters", "periods", "levels", "places", "within", "sort", "others"]
)
def test_what_is_no_name(argument: str, value: object) -> None:
    """Anything else is one error of ours that names the argument; it is a TypeError."""
    words: dict[str, Any] = {argument: {AGE: value} if argument in ("filters", "others") else value}
    if value is None and not isinstance(words[argument], dict):
        # by itself it leaves the argument out
        words[argument] = [None]
    with pytest.raises(ArgumentTypeError, match=f"^{argument}") as caught:
        asked(**words)
    assert isinstance(caught.value, TypeError | QueryError)


@pytest.mark.parametrize("argument", ["indicators", "periods", "levels", "places", "within", "sort"])
def test_numbers_that_name_nothing(argument: str) -> None:
    """A number that no name is like is a name that does not match."""
    with pytest.raises(ees.UnknownLabelError, match="'7'"):
        asked(**{argument: 7})


def test_numbers_that_name_something() -> None:
    """Codes and years are often numbers."""
    assert ask(places=202) == ask(places="202") == ask(places=[202])
    assert ask(periods=202223) == ask(periods=pl.Series([202223])) == ask(periods=ees.between("2022/23", 202223))
    assert ask(where=ees.facets.location("LA") == 202) == ask(where=ees.facets.location("LA") == "202")
    age = ees.facets.filter(AGE)
    assert asked(where=age.is_in(range(4, 6))) == asked(where=(age == Text.FOUR) | (age == Plain.FIVE))
    assert asked(others={AGE: 4}).pinned == {AGE: "4"}
    assert ask(limit=Number(), page_size=Number()) == ask(limit=4, page_size=4)


@pytest.mark.parametrize("day", [date(2023, 3, 1), datetime(2023, 3, 1, 12, tzinfo=UTC), pl.Series([date(2023, 3, 1)])])
@pytest.mark.parametrize("asking", [lambda day: day, lambda day: ees.between(None, day)])
def test_days(day: Any, asking: Callable[[Any], Any]) -> None:
    """A day is no time period, and the message says which holds it."""
    value = day if isinstance(day, pl.Series) else asking(day)
    with pytest.raises(ArgumentTypeError, match=r'periods=.*"2022/23 \(Academic year\)" holds it'):
        ask(periods=value)
    with pytest.raises(ArgumentTypeError, match="such as"):
        ask(periods=date(1950, 1, 1))


@pytest.mark.parametrize(
    "words",
    [
        {"filters": "Female"},
        {"filters": [("Sex", "Female")]},
        {"others": ["Total"]},
        {"dtypes": "Int64"},
        {"dtypes": {"ipct": "Int64"}},
        {"dtypes": {"ipct": pl.Date}},
        {"limit": "5"},
        {"limit": 5.0},
        {"limit": True},
        {"page_size": [5]},
        {"within": "London", "include_self": "no"},
    ],
    ids=repr,
)
def test_other_types(words: dict[str, Any]) -> None:
    """Mappings, numbers, types of columns and switches are checked likewise."""
    with pytest.raises(ArgumentTypeError, match=[*words][-1]):
        ask(**words)


def test_a_name_twice() -> None:
    """A filter that is named as a number and as a text is not taken half."""
    with pytest.raises(QueryError, match="twice"):
        ask(filters={4: "a", "4": "b"})


@pytest.mark.parametrize(
    "asking",
    [
        lambda f: f.filter("Sex") == None,  # noqa: E711
        lambda f: f.filter("Sex") == 4.0,
        lambda f: f.period >= date(2023, 3, 1),
        lambda f: f.filter("Sex").is_in(4),
        lambda f: f.filter("Sex").is_in({"Female": 1}),
    ],
)
def test_comparisons(asking: Callable[[Any], object]) -> None:
    """Facets are compared with names, or say so at once."""
    with pytest.raises(ComparatorError):
        asking(ees.facets)


@pytest.mark.parametrize(
    "asking",
    [
        lambda: ees.facets.filter(None),  # type: ignore[arg-type]
        lambda: ees.facets.location(["LA"]),  # type: ignore[arg-type]
        lambda: ees.last("3"),  # type: ignore[arg-type]
        lambda: ees.last(2.0),  # type: ignore[arg-type]
        lambda: ees.latest(kind=4.0),  # type: ignore[arg-type]
        lambda: ees.service_sort(None),  # type: ignore[arg-type]
        lambda: META.filters[0][None],  # type: ignore[index]
    ],
)
def test_parts_of_questions(asking: Callable[[], object]) -> None:
    """What makes parts of questions checks its arguments too."""
    with pytest.raises(ArgumentTypeError, match="is of type"):
        asking()


@pytest.mark.parametrize("name", ["latest", "Latest", "last"])
def test_the_latest_period_as_text(name: str) -> None:
    """A word for the latest period is no label of one; the message says how it is written."""
    said = rf"no time period '{name}' \(write ees\.latest\(\) for the latest one\);"
    with pytest.raises(UnknownLabelError, match=said):
        ask(periods=name)
