"""The specification's page says what the tables say."""

from __future__ import annotations

import pytest

from tests.sen2.pages import MARKED, PAGE, TABLES, written


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_the_page(name: str) -> None:
    """Each table stands on the page as it is made now; `python -m tests.sen2.pages --write` puts it there."""
    found = {mark[1]: mark[3].strip() for mark in MARKED.finditer(PAGE.read_text(encoding="utf-8"))}
    assert TABLES[name]().strip() == found[name]


def test_no_other_table_is_marked() -> None:
    """Every mark on the page is one that is written."""
    page = PAGE.read_text(encoding="utf-8")
    assert set(TABLES) == {mark[1] for mark in MARKED.finditer(page)}
    assert page == written(page)
