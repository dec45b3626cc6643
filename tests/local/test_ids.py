"""Tests of public ids."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from eesclient.local.ids import encode
from tests.local.support import number_of


def test_known_ids() -> None:
    """Numbers have the ids that the service gives them."""
    assert ["dP0Zw", "O7CLF", "wwbxT"] == [encode(1), encode(2), encode(60)]


@given(st.integers(min_value=0, max_value=10**9))
def test_round_trip(number: int) -> None:
    """Every number comes back from its id."""
    assert number == number_of(encode(number))
