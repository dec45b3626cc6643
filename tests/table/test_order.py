"""The order of rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from eesclient import AmbiguousRowsWarning, Query, QueryError
from tests.doors.query import Sort
from tests.doors.table import assemble, schema_of
from tests.table.example import (
    BATH,
    BATHS,
    BURY,
    COUNT,
    NORTH,
    NOTE,
    PERIODS,
    QUERY,
    SEX,
    SHARE,
    SOUTH,
    TYPE,
    Row,
    in_order,
    result,
    rows,
)

pytestmark = pytest.mark.filterwarnings("ignore::eesclient.errors.EESWarning")

TEXT = attrs.evolve(QUERY, values="text")


def frame_rows(given_rows: list[Row], query: Query = TEXT) -> list[tuple[Any, ...]]:
    """The rows of the frame that has these rows."""
    return result(given_rows, query).frame.rows()


def expected_rows(ordered: list[Row]) -> list[tuple[Any, ...]]:
    """The rows of the frame with values as sent."""
    return [(*row.labels(), *row.texts()) for row in ordered]


@pytest.mark.property
@given(st.lists(rows(), max_size=30))
def test_canonical_order(given_rows: list[Row]) -> None:
    """Period descending, then level, locations, filters and texts by code point, nulls first; duplicates stay."""
    assert expected_rows(in_order(given_rows)) == frame_rows(given_rows)


@pytest.mark.property
@given(st.data(), st.lists(rows(), max_size=30), st.integers(1, 31))
def test_order_forgets_how_rows_came(data: st.DataObject, given_rows: list[Row], size: int) -> None:
    """Any order and any paging of the same rows give the same frame."""
    shuffled = data.draw(st.permutations(given_rows))

    assert_frame_equal(result(given_rows).frame, result(shuffled, size=size).frame)


def position(option: object, among: tuple[object, ...]) -> int:
    """Place of an option in the metadata; -1 for none."""
    return among.index(option) if option is not None else -1


SORTS: dict[str, Callable[[Row], Any]] = {
    "timePeriod": lambda row: row.period.sort_key,
    "geographicLevel": lambda row: row.labels()[2],
    f"filter|{SEX.id}": lambda row: position(row.sex, SEX.options),
    f"filter|{TYPE.id}": lambda row: position(row.type, TYPE.options),
    "location|LA": lambda row: position(row.la, (BATHS, BATH, BURY)),
    "location|REG": lambda row: position(row.reg, (NORTH, SOUTH)),
}


def numeric(text: str, *, descending: bool) -> tuple[bool, float]:
    """Sorts by number, what is none last."""
    try:
        number = float(text)
    except ValueError:
        return True, 0.0
    return False, -number if descending else number


@pytest.mark.property
@given(st.lists(rows(), max_size=20), st.lists(st.tuples(st.sampled_from(sorted(SORTS)), st.booleans()), max_size=3))
def test_sorts_come_first(given_rows: list[Row], asked: list[tuple[str, bool]]) -> None:
    """Sorts go before the canonical order, which breaks their ties."""
    query = attrs.evolve(TEXT, sort=tuple(Sort(field=field, descending=down) for field, down in asked))

    expected = in_order(given_rows)
    for field, down in reversed(asked):
        expected = sorted(expected, key=SORTS[field], reverse=down)
        if down:
            # reversing keeps equal rows in their order
            assert expected == sorted(expected, key=SORTS[field], reverse=True)
    assert expected_rows(expected) == frame_rows(given_rows, query)


@pytest.mark.property
@given(st.lists(rows(), max_size=20), st.booleans(), st.sampled_from([COUNT, SHARE, NOTE]))
def test_indicators_sort_by_number(given_rows: list[Row], descending: bool, indicator: Any) -> None:
    """An indicator sorts by number, its statuses last both ways."""
    query = attrs.evolve(TEXT, sort=(Sort(field=f"indicator|{indicator.id}", descending=descending),))
    place = (SHARE, COUNT, NOTE).index(indicator)

    expected = sorted(in_order(given_rows), key=lambda row: numeric(row.texts()[place], descending=descending))
    assert expected_rows(expected) == frame_rows(given_rows, query)


@pytest.mark.property
@given(st.lists(rows(), max_size=20), st.booleans())
def test_textual_sort(given_rows: list[Row], descending: bool) -> None:
    """A textual sort compares the text, as the service does."""
    query = attrs.evolve(TEXT, sort=(Sort(field=f"indicator|{COUNT.id}", descending=descending, textual=True),))

    expected = sorted(in_order(given_rows), key=lambda row: row.count, reverse=descending)
    assert expected_rows(expected) == frame_rows(given_rows, query)


def test_large_numbers_sort_exactly() -> None:
    """Whole numbers past 2^53 are told apart."""
    given_rows = [Row(count=str(2**53 + offset)) for offset in (1, 3, 2, 0)]
    query = attrs.evolve(QUERY, sort=(Sort(field=f"indicator|{COUNT.id}"),))

    assert [2**53, 2**53 + 1, 2**53 + 2, 2**53 + 3] == result(given_rows, query).frame["pupils"].to_list()


def test_sort_by_a_level_without_locations() -> None:
    """A level that metadata names but has no locations of divides no rows, alone and among other sorts."""
    given_rows = [Row(count="2"), Row(count="1")]
    alone, among = Sort(field="location|SCH"), Sort(field=f"indicator|{COUNT.id}")

    for sorts in [(alone,), (alone, among), (among, alone)]:
        query = attrs.evolve(TEXT, sort=sorts)
        assert expected_rows(given_rows[::-1]) == frame_rows(given_rows, query)


def test_unknown_sort() -> None:
    """A sort by what the answer does not have says so."""
    query = attrs.evolve(QUERY, sort=(Sort(field="indicator|nope"),))

    with pytest.raises(QueryError, match=r"indicator\|nope"):
        result([Row()], query)


def test_many_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that do not fit into one number are spread over several."""
    given_rows = [
        Row(period=period, la=la, reg=reg) for period in PERIODS for la in (BURY, None) for reg in (NORTH, None)
    ]
    monkeypatch.setattr(assemble, "_LARGEST", 20)
    # they are made once for all answers with the same fields
    assemble.composite_keys.cache_clear()

    assert expected_rows(in_order(given_rows)) == frame_rows(given_rows[::-1])
    assert len(assemble.composite_keys(schema_of(QUERY))) > 1
    assemble.composite_keys.cache_clear()


def test_ambiguous_rows_are_counted() -> None:
    """The warning counts every row that is equal to another in all keys, and says where to look."""
    given_rows = [Row(count="1"), Row(count="2"), Row(la=BURY), Row(la=BATH, count="3"), Row(la=BATH, count="3")]

    with pytest.warns(AmbiguousRowsWarning) as caught:
        result(given_rows)
    assert ["4 of 5 rows"] == [str(item.message)[:11] for item in caught]
    assert "/csv?dataSetVersion=1.2" in str(caught[0].message)


def test_codes_order_before_names() -> None:
    """A location is ordered by its codes first, whatever its label's place in the metadata."""
    given_rows = [Row(la=BURY), Row(la=BATHS), Row(la=BATH)]

    assert ["Bath", "Bath and so on", "Bury"] == result(given_rows).frame["la_name"].to_list()
