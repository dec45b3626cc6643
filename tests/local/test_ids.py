"""Tests of public ids."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from eesclient.local.ids import decode, encode, is_canonical


def test_known_ids() -> None:
    """Numbers have the ids that the service gives them."""
    assert ["dP0Zw", "O7CLF", "wwbxT"] == [encode(1), encode(2), encode(60)]


def test_ids_that_are_none() -> None:
    """What is no id decodes to nothing."""
    assert [None, None, False] == [decode(""), decode("!"), is_canonical("!")]


def test_only_one_spelling_is_canonical() -> None:
    """Another spelling decodes to the same number, but is not what the service writes."""
    assert (60, 60) == (decode("UU"), decode("wwbxT"))
    assert (False, True) == (is_canonical("UU"), is_canonical("wwbxT"))


@given(st.integers(min_value=0, max_value=10**9))
def test_round_trip(number: int) -> None:
    """Every number comes back from its id."""
    assert number == decode(encode(number))
