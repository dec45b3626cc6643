"""Tests of names that the service writes into SQL."""

import pytest

from tests.doors.models import is_sortable


@pytest.mark.parametrize("column", ["sex", "_n1", "Ñame", "user", "values", "grouping", "x$1", "n" * 50])
def test_names_that_sql_takes(column: str) -> None:
    """Most columns can be sorted by."""
    assert is_sortable(column)


@pytest.mark.parametrize("column", ["group", "ORDER", "left", "all", "a b", "a-b", "1st", "a.b", "n?", "a\u00a0b", ""])
def test_names_that_it_does_not_take(column: str) -> None:
    """Reserved words, and what is no word, break the sort."""
    assert not is_sortable(column)
