"""Tests of reading criteria back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from eesclient.errors import QueryError, QueryTooLargeError
from eesclient.query.ast import And, Comparator, FilterIds, LevelCodes, LocationKey, LocationKeys, Node, Not, Or
from eesclient.query.normal import normalise
from eesclient.query.parse import parse_criteria
from eesclient.query.render import render_criteria

from .oracle import holds
from .test_normal import ROWS, TREES


@pytest.mark.property
@given(TREES)
def test_parse_undoes_render(tree: Node) -> None:
    """What is rendered from a normal form is read as that very form, also after a journey as text."""
    normal = normalise(tree)
    assert normal == parse_criteria(json.loads(json.dumps(render_criteria(normal))))


@pytest.mark.property
@given(TREES, TREES)
def test_not_is_read(one: Node, other: Node) -> None:
    """`not` around criteria, and around a list of them, keeps the other rows."""
    both = parse_criteria({"not": {"and": [render_criteria(one), render_criteria(other)]}})
    assert both is not None
    assert [not (holds(one, row) and holds(other, row)) for row in ROWS] == [holds(both, row) for row in ROWS]


def _id(value: str, comparator: Comparator = Comparator.EQ) -> FilterIds:
    return FilterIds(comparator=comparator, ids=(value,))


LA = LevelCodes(comparator=Comparator.EQ, codes=("LA",))
FACETS = {"filters": {"eq": "a"}, "geographicLevels": {"eq": "LA"}}


def test_facets_of_an_object() -> None:
    """The facets of an object are AND-ed, but under `not` OR-ed (section 12)."""
    assert And(clauses=(_id("a"), LA)) == parse_criteria(FACETS)
    assert Not(clause=Or(clauses=(_id("a"), LA))) == parse_criteria({"not": FACETS})
    assert Not(clause=And(clauses=(_id("a"), LA))) == parse_criteria({"not": {"and": [FACETS]}})


def test_comparators_of_a_facet() -> None:
    """The comparators of a facet are AND-ed, also under `not`."""
    facet = {"filters": {"notEq": "b", "eq": "a"}}
    both = And(clauses=(_id("a"), _id("b", Comparator.NOT_EQ)))
    assert both == parse_criteria(facet)
    assert Not(clause=both) == parse_criteria({"not": facet})


EMPTY: Any = {"filters": {}, "locations": {}}


@pytest.mark.parametrize(
    "criteria", [None, {}, {"filters": None}, {"filters": {}}, {"filters": {"eq": None}}, {"and": [{}]}, EMPTY]
)
def test_no_condition(criteria: Any) -> None:
    """Null, an empty object and empty facets mean no condition."""
    assert parse_criteria(criteria) is None


def test_empty_facets_add_nothing() -> None:
    """An empty facet beside another changes nothing, also under not."""
    beside = {"filters": {}, "geographicLevels": {"eq": "LA"}}
    assert LA == parse_criteria(beside)
    assert Not(clause=LA) == parse_criteria({"not": beside})


def test_any_case() -> None:
    """Names of members may be in any case, values not."""
    assert And(clauses=(_id("A"), LA)) == parse_criteria(
        {"AND": [{"Filters": {"EQ": "A"}}, {"GEOGRAPHICLEVELS": {"eq": "LA"}}]}
    )


@pytest.mark.parametrize(
    ("location", "property_"),
    [
        ({"level": "LA", "code": "x"}, "code"),
        ({"level": "LA", "oldCode": "x"}, "oldCode"),
        ({"level": "SCH", "URN": "x"}, "urn"),
        ({"level": "SCH", "laEstab": "x"}, "laEstab"),
        ({"level": "SCH", "code": "x"}, "code"),
        ({"level": "PROV", "ukprn": "x"}, "ukprn"),
        ({"level": "RSC", "id": "x"}, "id"),
        ({"level": "NEW", "code": "x", }, "code"),
    ],
)  # fmt: skip
def test_locations(location: dict[str, str], property_: str) -> None:
    """A location object has its level and one key."""
    key = LocationKey(level=location["level"], property=property_, value="x")
    assert LocationKeys(comparator=Comparator.EQ, keys=(key,)) == parse_criteria({"locations": {"eq": location}})


@pytest.mark.parametrize(
    ("criteria", "message"),
    [
        ([], r"criteria is no object"),
        ({"and": [FACETS], "filters": {}}, r"criteria has a member 'filters'"),
        ({"not": FACETS, "filters": {}}, r"criteria has a member 'filters'"),
        ({"timePeriod": {}}, r"criteria has a member 'timeperiod'"),
        ({"filters": {"gt": "a"}}, r"criteria\.filters has a member 'gt'"),
        ({"filters": {"eq": ["a"]}}, r"criteria\.filters\.eq takes a text"),
        ({"filters": {"in": "a"}}, r"criteria\.filters\.in takes a list"),
        ({"filters": {"in": []}}, r"criteria\.filters\.in takes a list"),
        ({"filters": {"in": ["a", " "]}}, r"criteria\.filters\.in\[1\] takes a text"),
        ({"filters": {"eq": "a", "EQ": "a"}}, r"criteria\.filters has the same member twice"),
        ({"and": []}, r"criteria\.and takes a list of at least one"),
        ({"or": [FACETS, None]}, r"criteria\.or\[1\] is no object"),
        ({"or": [FACETS, {}]}, r"criteria\.or\[1\] is empty, and the service fails"),
        ({"not": {"filters": {}}}, r"criteria\.not is empty, and the service fails"),
        ({"locations": {"eq": {"LEVEL": "LA", "id": "x"}}}, r'needs a member "level", spelled so'),
        ({"locations": {"eq": {"level": "LA"}}}, r"criteria\.locations\.eq\.id takes a text"),
        ({"locations": {"eq": {"level": "LA", "code": "x", "id": "y"}}}, r"eq has a member 'id'"),
        ({"locations": {"eq": {"level": "REG", "oldCode": "x"}}}, r"eq has a member 'oldcode'"),
        ({"timePeriods": {"gt": {"period": "2020"}}}, r"criteria\.timePeriods\.gt\.code takes a text"),
        ({"timePeriods": {"gt": {"period": "2020", "code": "CY", "x": 1}}}, r"gt has a member 'x'"),
    ],
)
def test_refused(criteria: Any, message: str) -> None:
    """What the service refuses or fails on is refused, with its path."""
    with pytest.raises(QueryError, match=message):
        parse_criteria(criteria)


def test_too_deep() -> None:
    """Criteria that nest without end are refused."""
    criteria: dict[str, Any] = {"filters": {"eq": "a"}}
    for _ in range(100_000):
        criteria = {"not": criteria}
    with pytest.raises(QueryTooLargeError, match="too deeply"):
        parse_criteria(criteria)
