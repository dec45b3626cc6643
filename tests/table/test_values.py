"""Cells to numbers and statuses, against plain Python."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from math import isfinite
from typing import Any

import attrs
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from eesclient import Indicator
from tests.doors.query import Numbers
from tests.doors.table import natural_numbers, read_values
from tests.table.example import COUNT, NOTE, QUERY, SHARE

Draw = Callable[[st.SearchStrategy[Any]], Any]
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
SMALLEST, LARGEST = -(2**63), 2**63 - 1

near_numbers = st.text("0123456789-+.eE _z", max_size=8)
digits = st.text("0123456789", min_size=1, max_size=25)
written = st.builds(
    lambda sign, whole, fraction, exponent: f"{sign}{whole}{fraction}{exponent}",
    st.sampled_from(["", "-"]),
    digits,
    st.one_of(st.just(""), digits.map(lambda text: f".{text}"), st.just(".0"), st.just(".000")),
    st.one_of(st.just(""), st.integers(-30, 30).map(lambda number: f"e{number}"), st.sampled_from(["E+2", "e-0"])),
)
cells = st.one_of(
    near_numbers, written, st.integers(-(2**64), 2**64).map(str), st.floats().map(repr), st.text(max_size=5)
)


def series(texts: list[str | None]) -> pl.Series:
    """A column of text."""
    return pl.Series("cells", texts, dtype=pl.String)


def digits_and_shift(text: str) -> tuple[int, int] | None:
    """Digits of a number without its trailing zeros, and the power of ten that they are multiplied by."""
    if not NUMBER.fullmatch(text):
        return None
    mantissa, _, exponent = text.lower().partition("e")
    before, _, after = mantissa.partition(".")
    number, shift = int(before + after), int(exponent or 0) - len(after)
    while number and number % 10 == 0:
        number, shift = number // 10, shift + 1
    return (number, shift) if number else (0, 0)


def whole(text: str) -> int | None:
    """The whole number that a text writes, if it fits into 64 bits."""
    parts = digits_and_shift(text)
    if parts is None or not 0 <= parts[1] < 30:
        return None
    number = parts[0] * 10 ** parts[1]
    return number if SMALLEST <= number <= LARGEST else None


def is_fraction(text: str) -> bool:
    """Whether a text writes a number that is not whole."""
    parts = digits_and_shift(text)
    return parts is not None and parts[1] < 0


@pytest.mark.property
@given(st.lists(cells.filter(lambda text: not is_fraction(text))))
@example(["9223372036854775807", "-9223372036854775808", "9223372036854775808", "-0", "007", "+5", " 5", ""])
@example(["9007199254740993", "12.0", "1e3", "1.50e1", "120e-1", "0e99999999999999999999", "1e99999999999999999999"])
@example(["0.000", "-0.0e5", "1e18", "1e19", "92233720368547758.07e2", "00000000000000000000012"])
@example(["+", "+007", "5 ", "\t5", "1_0", "0x10", "\uff11", "--1", "-+1", "1,000", "1.", "5\n", "\u22121", "1e", "-"])
def test_whole_numbers_are_exact(texts: list[str]) -> None:
    """A whole number in any writing is that Int64, and what is none is null."""
    numbers, fractions = natural_numbers(series(texts), whole=True)

    assert (pl.Int64, 0) == (numbers.dtype, fractions)
    assert [whole(text) for text in texts] == numbers.to_list()


@pytest.mark.property
@given(st.lists(cells))
@example(["0.1", "1e-400", "5e-324", "2.2250738585072011e-308", "1.7976931348623157e308", "123456789.123456789", "-0"])
@example(["inf", "-inf", "nan", "NaN", "Infinity", ".5", "5.", "+1", "1e", "1e+", "0x1", "1_0", "١"])
def test_numbers_round_as_python_does(texts: list[str]) -> None:
    """A Float64 is what Python's float makes of the text, for exactly the texts that are numbers."""
    numbers, fractions = natural_numbers(series(texts), whole=False)

    expected = [float(text) if NUMBER.fullmatch(text) and isfinite(float(text)) else None for text in texts]
    assert (pl.Float64, 0) == (numbers.dtype, fractions)
    assert list(map(repr, expected)) == list(map(repr, numbers.to_list()))


@pytest.mark.property
@given(st.lists(cells))
def test_fractions_are_counted_exactly(texts: list[str]) -> None:
    """Exactly the fractions make whole numbers into Float64."""
    numbers, fractions = natural_numbers(series(texts), whole=True)

    assert sum(map(is_fraction, texts)) == fractions
    assert (pl.Float64 if fractions else pl.Int64) == numbers.dtype


@pytest.mark.property
@given(st.lists(st.one_of(st.none(), cells)), st.sampled_from([COUNT, SHARE]))
def test_nothing_is_lost(texts: list[str | None], indicator: Indicator) -> None:
    """Each cell is a number, or stands unchanged in the status; only a missing one is null in both."""
    read = read_values(series(texts), indicator, QUERY)

    assert [
        None if text is None or number is not None else text
        for text, number in zip(texts, read.number.to_list(), strict=True)
    ] == read.status.to_list()
    assert all(NUMBER.fullmatch(t) for t, n in zip(texts, read.number, strict=True) if t is not None and n is not None)


def test_text_column() -> None:
    """An indicator of text keeps all cells, and its status says nothing."""
    read = read_values(series(["1", "z", "", None]), NOTE, QUERY)

    assert ["1", "z", "", None] == read.number.to_list()
    assert [None] * 4 == read.status.to_list()
    assert (pl.String, pl.Categorical) == (read.number.dtype, read.status.dtype)


def test_empty_cell() -> None:
    """A cell "" is null with the status "", unlike a cell that is missing."""
    read = read_values(series(["", None]), COUNT, QUERY)

    assert ([None, None], ["", None]) == (read.number.to_list(), read.status.to_list())


def test_values_as_sent() -> None:
    """`values="text"` leaves all cells as they are."""
    read = read_values(series(["012", "z"]), COUNT, attrs.evolve(QUERY, values="text"))

    assert ["012", "z"] == read.number.to_list()


@pytest.mark.parametrize(
    ("dtype", "expected", "status"),
    [
        (pl.Float64, [12.5, 3.0, None], [None, None, "z"]),
        (pl.Int64, [None, 3, None], ["12.5", None, "z"]),
        (pl.Int8, [None, 3, None], ["12.5", None, "z"]),
        (pl.Decimal(10, 2), [Decimal("12.50"), Decimal("3.00"), None], [None, None, "z"]),
        (pl.String, ["12.5", "3", "z"], [None, None, None]),
    ],
)
def test_asked_types(dtype: pl.DataType, expected: list[object], status: list[str | None]) -> None:
    """`dtypes=` settles the type; a cell that does not go into it stays as text in the status."""
    read = read_values(series(["12.5", "3", "z"]), COUNT, attrs.evolve(QUERY, dtypes={"pupils": dtype}))

    assert (dtype, expected) == (read.number.dtype, read.number.to_list())
    assert status == read.status.to_list()


def test_asked_type_too_small() -> None:
    """A number past the asked type stays as text."""
    read = read_values(series(["300", "3"]), COUNT, attrs.evolve(QUERY, dtypes={"pupils": pl.Int8}))

    assert ([None, 3], ["300", None]) == (read.number.to_list(), read.status.to_list())


def test_asked_float_ends_the_counting() -> None:
    """With a Float64 asked for, fractions are nothing to warn of."""
    read = read_values(series(["1.5"]), COUNT, attrs.evolve(QUERY, dtypes={"pupils": pl.Float64}))

    assert 0 == read.fractions


pads = st.text(" \t\n\r\x0b\x0c\x85\xa0\u2002\u2009\u202f\u3000\u200b\ufeff", max_size=3)


@st.composite
def padded(draw: Draw) -> tuple[str, str]:
    """A number as it is written plainly, and as people write it otherwise."""
    plain = draw(st.one_of(written, st.integers(-(2**64), 2**64).map(str), st.just("0.5")))
    sign, body = ("-", plain[1:]) if plain.startswith("-") else (draw(st.sampled_from(["", "+"])), plain)
    mantissa, e, exponent = body.partition("e") if "e" in body else body.partition("E")
    if "." not in mantissa:
        mantissa += draw(st.sampled_from(["", "."]))
    elif mantissa.startswith("0.") and draw(st.booleans()):
        mantissa = mantissa[1:]
    return plain, f"{draw(pads)}{sign}{mantissa}{e}{exponent}{draw(pads)}"


@pytest.mark.property
@given(st.lists(padded(), min_size=1), st.sampled_from([None, pl.Int64, pl.Int16, pl.Float64]), st.booleans())
@example([("59.8", " 59.8 "), ("5", "+5"), ("0.5", ".5"), ("-0.5", "-.5"), ("5", "5."), ("5e3", "+5.e3")], None, False)
def test_padded_numbers(pairs: list[tuple[str, str]], dtype: type[pl.DataType] | None, whole: bool) -> None:
    """Trimmed, a number however padded is the plain one; else its text is a status, and it is counted."""
    indicator = COUNT if whole else SHARE
    query = attrs.evolve(QUERY, dtypes={} if dtype is None else {indicator.column: dtype})
    plain = read_values(series([plain for plain, _ in pairs]), indicator, query)
    texts = [text for _, text in pairs]
    trimmed = read_values(series(texts), indicator, attrs.evolve(query, numbers="trimmed"))
    assert plain.number.equals(trimmed.number, null_equal=True)
    assert (plain.number.dtype, plain.fractions, (0, "")) == (trimmed.number.dtype, trimmed.fractions, trimmed.padded)
    odd = sorted(text for text in texts if not NUMBER.fullmatch(text))
    found = read_values(series(texts), indicator, query)
    assert (len(odd), odd[0] if odd else "") == found.padded
    assert all(status == text for text, status in zip(texts, found.status, strict=True) if text in odd)
    assert all(number is None for text, number in zip(texts, found.number, strict=True) if text in odd)


@pytest.mark.property
@given(st.lists(st.one_of(st.none(), st.sampled_from(["z", "low", "<5", "1,234", "1 234", "5%", "", " "]), cells)))
@example(["1,234", " 1,234 ", "1_0", "+", ".", "+.", "1e5", "1e", "- 5", "\u22125", "0x10", "inf", "+inf", "nan"])
def test_trimming_changes_nothing_else(texts: list[str | None]) -> None:
    """What is no number, however padded, is the same text in both readings; and no cell is lost."""
    text = series(texts)
    plain, trimmed = (read_values(text, SHARE, attrs.evolve(QUERY, numbers=numbers)) for numbers in READINGS)
    assert texts == text.to_list()
    assert plain.number.drop_nulls().len() <= trimmed.number.drop_nulls().len()
    for cell, before, after, status in zip(texts, plain.number, trimmed.number, trimmed.status, strict=True):
        assert before is None or after == before
        assert status == (cell if after is None else None)
        if cell is not None and after is not None:
            assert float(cell.strip()) == after


READINGS: list[Numbers] = ["plain", "trimmed"]


@pytest.mark.parametrize("changes", [{"values": "text"}, {"numbers": "trimmed"}, {"dtypes": {"pupils": pl.String}}])
def test_padded_numbers_that_are_settled(changes: dict[str, Any]) -> None:
    """Nothing is counted where the question says how its cells are read."""
    assert (0, "") == read_values(series([" 5", "z"]), COUNT, attrs.evolve(QUERY, **changes)).padded
