"""Tests of the POST body."""

from __future__ import annotations

import json

import pytest

from eesclient import QueryError
from tests.doors.query import (
    Comparator,
    Condition,
    FilterIds,
    LocationKey,
    LocationKeys,
    Node,
    render_body,
    render_criteria,
)

from .examples import ask


def test_page_size_by_precedence() -> None:
    """The call's page size is used, else the question's, else the service's largest."""
    assert {"page": 3, "pageSize": 50} == json.loads(render_body(ask(page_size=7), page=3, page_size=50))
    assert {"page": 1, "pageSize": 7} == json.loads(render_body(ask(page_size=7)))
    assert {"page": 1, "pageSize": 10_000} == json.loads(render_body(ask()))


def test_compact_and_indented_text_say_the_same() -> None:
    """Indentation is for people; the sent text has none."""
    query = ask(filters={"Sex": "Female"})
    assert json.loads(query.to_json()) == json.loads(query.to_json(indent=None))
    assert "\n" not in query.to_json(indent=None)


def test_location_members() -> None:
    """A location object has `level` and exactly one further member (section 11)."""
    key = LocationKey(level="SCH", property="laEstab", value="2021000")
    assert {"locations": {"eq": {"level": "SCH", "laEstab": "2021000"}}} == render_criteria(
        LocationKeys(comparator=Comparator.IN, keys=(key,))
    )


def test_options_of_a_list_from_json() -> None:
    """A list keeps its order."""
    assert {"filters": {"notIn": ["b", "a"]}} == render_criteria(
        FilterIds(comparator=Comparator.NOT_IN, ids=("b", "a", "b"))
    )


@pytest.mark.parametrize("node", [Node(), Condition(kind="level", name="", comparator=Comparator.EQ, values=("LA",))])
def test_names_cannot_be_sent(node: Node) -> None:
    """A condition with names in it is not resolved."""
    with pytest.raises(TypeError, match="not resolved"):
        render_criteria(node)


@pytest.mark.parametrize("page", [0, -1])
def test_pages_are_numbered_from_one(page: int) -> None:
    """A page that there cannot be is refused, by POST and by GET."""
    for render in (ask().to_json, ask().to_params):
        with pytest.raises(QueryError, match="numbered from 1"):
            render(page=page)
