"""Rows are ordered by one number each where that is possible, and that changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eesclient.local.engine import fragments, matching
from eesclient.local.ingest import Rows
from tests.local.support import DATA_HEADER, ENGLAND, META_HEADER, imported, packed, table_of

COUNTS = {"period": 4, "level": 2, "filter:a": 3}
COLUMNS = [*COUNTS, "indicator:i"]
ROWS = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 1), st.integers(0, 2), st.sampled_from(["", "10", "9", "x", "é", "z"])),
    max_size=12,
)
ORDERS = st.lists(st.tuples(st.sampled_from(COLUMNS), st.booleans()), max_size=4)


def table(rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    """A table as a data file becomes one."""
    places = dict.fromkeys(COUNTS, pl.UInt32)
    return pl.DataFrame(rows, schema={**places, "indicator:i": pl.String}, orient="row")


def by_hand(rows: list[tuple[Any, ...]], order: list[tuple[str, bool]], least: int) -> list[int]:
    """The rows of a period at least, sorted by one column after the other."""
    numbers = [number for number, row in enumerate(rows) if row[0] >= least]
    for column, descending in reversed(order):
        place = COLUMNS.index(column)
        # the order of the file stays that of equal rows, also where a column descends
        numbers.sort(key=lambda number, place=place: _as_bytes(rows[number][place]), reverse=descending)
    return numbers


def _as_bytes(value: int | str) -> int | bytes:
    return value.encode() if isinstance(value, str) else value


@given(rows=ROWS, order=ORDERS, least=st.integers(1, 3))
@pytest.mark.parametrize("factor", [1, 2**30])
@pytest.mark.parametrize("keep", [Rows.of, packed])
def test_order(
    *,
    keep: Callable[[pl.DataFrame], Rows],
    rows: list[tuple[Any, ...]],
    order: list[tuple[str, bool]],
    least: int,
    factor: int,
) -> None:
    """Rows come sorted as by one column after the other, also where one number is too small to hold them all."""
    counts = {column: count * factor for column, count in COUNTS.items()}
    found = matching(keep(table(rows)), pl.col("period") >= least, order, counts)
    assert (by_hand(rows, order, least), pl.UInt32) == (found.to_list(), found.dtype)


def test_all_rows() -> None:
    """Without a condition all rows come."""
    assert [1, 0] == matching(
        Rows.of(table([(2, 0, 0, ""), (1, 0, 0, "")])), None, [("period", False)], COUNTS
    ).to_list()


def test_place_counts() -> None:
    """Every place of a table is below the count of its column; indicators have no places."""
    version = imported(
        f"{DATA_HEADER},sex,n\n{ENGLAND},Total,1\n{ENGLAND},Girls,2\n{ENGLAND},,3\n",
        f"{META_HEADER}\nsex,Filter,Sex,,,\nn,Indicator,Number,,,\n",
    )
    [filter_], [indicator] = version.meta.filters, version.meta.indicators
    counts = {column: len(texts) for column, texts in fragments(version, debug=False).items()}
    assert {"period": 2, "level": 2, "location:NAT": 2, f"filter:{filter_.id}": 3} == counts
    largest = table_of(version).drop(f"indicator:{indicator.id}").max().row(0, named=True)
    assert {column: count - 1 for column, count in counts.items()} == largest
