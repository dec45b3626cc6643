"""Tests of GET queries, from parameters to answers."""

from __future__ import annotations

from typing import Any

import pytest

from eesclient import Request
from tests.doors.api import Response
from tests.doors.local import PARAMETERS, QueryParams, Question, read_question, stable_id
from tests.local.support import get, read
from tests.local.test_service import DS, data_set, service, version

NOWHERE = stable_id("nowhere")
LARGEST = 2_147_483_647


def question(*pairs: tuple[str, str]) -> Question:
    """The question that parameters ask."""
    return read_question(QueryParams(pairs, known=PARAMETERS))


def ask(*pairs: tuple[str, str], data_set_id: str = DS) -> Response:
    """The answer of a box to a GET query."""
    return get(service(), f"/data-sets/{data_set_id}/query", *pairs)


def errors(response: Response) -> list[tuple[str, str]]:
    """Code and path of each error of a 400."""
    assert 400 == response.status
    return [(error["code"], error["path"]) for error in read(response)["errors"]]


def test_no_parameters() -> None:
    """A query that says nothing asks for all rows in the default order, a thousand to a page."""
    assert Question(criteria_path="", as_text=True) == question()
    answer = read(ask())
    assert {"page": 1, "pageSize": 1000, "totalResults": 3, "totalPages": 1} == answer["paging"]
    assert [] == answer["warnings"]


def test_everything_that_can_be_said() -> None:
    """Every parameter lands where a POST body has it, locations, periods and sorts as objects."""
    pairs = [
        ("FILTERS.EQ", " a "),
        ("filters.eq", "b"),
        ("filters.notIn", "c,d"),
        ("geographicLevels.notEq", "NAT"),
        ("geographiclevels.in[0]", "LA"),
        ("geographicLevels.in[1]", "SCH"),
        ("locations.in", "LA|code|E1 / E2"),
        ("locations.in", "SCH|laEstab|3"),
        ("timePeriods.eq", "2020|AY"),
        ("timePeriods.in", "2021/2022|AY,2022|CY"),
        ("timePeriods.gt", "2019|AY"),
        ("timePeriods.gte", "2019|AY"),
        ("timePeriods.lt", "2029|AY"),
        ("timePeriods.lte", "2029|AY"),
        ("indicators", "n,m"),
        ("sorts", "timePeriod|Asc"),
        ("sorts", "filter|a|Desc"),
        ("debug", "TRUE"),
        ("page", "+2"),
        ("pageSize", "0050"),
        ("dataSetVersion", "1.0"),
    ]
    after, before = {"period": "2019", "code": "AY"}, {"period": "2029", "code": "AY"}
    criteria = {
        "filters": {"eq": "a", "notIn": ["c", "d"]},
        "geographicLevels": {"notEq": "NAT", "in": ["LA", "SCH"]},
        "locations": {"in": [{"level": "LA", "code": "E1 / E2"}, {"level": "SCH", "laEstab": "3"}]},
        "timePeriods": {
            "eq": {"period": "2020", "code": "AY"},
            "in": [{"period": "2021/2022", "code": "AY"}, {"period": "2022", "code": "CY"}],
            "gt": after,
            "gte": after,
            "lt": before,
            "lte": before,
        },
    }
    assert Question(
        criteria=criteria,
        criteria_path="",
        as_text=True,
        indicators=["n", "m"],
        sorts=[{"field": "timePeriod", "direction": "Asc"}, {"field": "filter|a", "direction": "Desc"}],
        debug=True,
        page=2,
        page_size=50,
    ) == question(*pairs)


def test_binding_comes_before_rules() -> None:
    """Unknown parameters come first, all of them, then the first of the wrong type; rules are not looked at then."""
    pairs = [
        ("pageSize", "many"),
        ("page", "x"),
        ("debug", "yes"),
        ("sorts", "wrong"),
        ("Filter.eq", "a"),
        ("filter.EQ", "a"),
        ("filters", "a"),
        ("filters.eq[0]", "a"),
        ("locations.gt", "a"),
        ("indicators[]", "a"),
    ]
    expected = [(UNKNOWN, name) for name in ("Filter.eq", "filters", "filters.eq[0]", "locations.gt", "indicators[]")]
    assert [*expected, ("InvalidValue", "debug")] == errors(ask(*pairs))
    assert [("InvalidValue", "page")] == errors(ask(*pairs[:2], ("sorts", "wrong")))


UNKNOWN = "UnknownField"


@pytest.mark.parametrize(
    ("pairs", "unknown"),
    [
        ([("filters.in[0]", "a"), ("filters.in[2]", "b")], ["filters.in[2]"]),
        ([("filters.in[1]", "a")], ["filters.in[1]"]),
        ([("filters.in", "a"), ("filters.in[0]", "b")], ["filters.in[0]"]),
        ([("filters.in[00]", "a")], ["filters.in[00]"]),
    ],
)
def test_indexes_that_are_not_read(pairs: list[tuple[str, str]], unknown: list[str]) -> None:
    """An indexed item after a gap, or beside the list itself, is an unknown parameter."""
    assert [(UNKNOWN, name) for name in unknown] == errors(ask(*pairs))


def test_all_rules_together_in_order() -> None:
    """Facets in their order and comparators in theirs, then indicators, sorts and paging."""
    pairs = [
        ("pageSize", "0"),
        ("page", "0"),
        ("sorts", "|x"),
        ("indicators", "a" * 41),
        ("timePeriods.lte", "2020"),
        ("timePeriods.eq", " "),
        ("locations.notIn", "LA|id|1,x"),
        ("geographicLevels.eq", ""),
        ("filters.in", "a, ,"),
        ("filters.notEq", ""),
    ]
    assert [
        ("NotEmpty", "filters.notEq"),
        ("NotEmpty", "filters.in[1]"),
        ("AllowedValue", "geographicLevels.eq"),
        ("LocationFormat", "locations.notIn[1]"),
        ("NotEmpty", "timePeriods.eq"),
        ("TimePeriodFormat", "timePeriods.lte"),
        ("MaximumLength", "indicators[0]"),
        ("SortFieldNotEmpty", "sorts[0]"),
        ("SortDirection", "sorts[0]"),
        ("GreaterThanOrEqual", "page"),
        ("InclusiveBetween", "pageSize"),
    ] == errors(ask(*pairs, data_set_id=NOWHERE))


def test_blank_values() -> None:
    """A blank single text is echoed as an empty one, a blank item of a list as null; others count as none."""
    given = ask(("geographicLevels.eq", " "), ("geographicLevels.in", " "))
    assert ["", None] == [error["detail"]["value"] for error in read(given)["errors"]]
    assert 200 == ask(("dataSetVersion", ""), ("page", ""), ("pageSize", " "), ("debug", "")).status


def test_lookup_comes_after_rules() -> None:
    """What does not exist is 404, what may not be queried 403; unknown indicators and sorts come last."""
    pairs = [("indicators", "nope"), ("sorts", "nope|Asc")]
    assert 404 == ask(*pairs, data_set_id=NOWHERE).status
    withdrawn = service(data_set("ds", version("1.0", "Withdrawn")))
    assert 403 == get(withdrawn, f"/data-sets/{DS}/query", *pairs).status
    assert 404 == ask(("dataSetVersion", "7")).status
    assert [("IndicatorsNotFound", "indicators"), ("SortFieldsNotFound", "sorts")] == errors(ask(*pairs))
    assert ["nope|Asc"] == read(ask(*pairs))["errors"][1]["detail"]["items"]


def test_warnings_in_the_spelling_of_the_request() -> None:
    """Warnings name the comparator without `criteria`, and echo texts as they were sent."""
    given = ask(
        ("timePeriods.notIn", "2019|AY,2019|AY"),
        ("locations.notEq", "LA|code|X / Y"),
        ("geographicLevels.notIn", "WARD"),
        ("filters.notEq", "nope"),
        ("debug", "true"),
    )
    expected: list[tuple[str, Any, Any]] = [
        ("FiltersNotFound", "filters.notEq", {"items": ["nope"]}),
        ("GeographicLevelsNotFound", "geographicLevels.notIn", {"items": ["WARD"]}),
        ("LocationsNotFound", "locations.notEq", {"items": ["LA|code|X / Y"]}),
        ("TimePeriodsNotFound", "timePeriods.notIn", {"items": ["2019|AY"]}),
        ("DebugEnabled", None, None),
    ]
    assert expected == [(item["code"], item.get("path"), item.get("detail")) for item in read(given)["warnings"]]


@pytest.mark.parametrize(
    "pairs",
    [
        [("timePeriods.eq", "20|AY")],
        [("timePeriods.in", "2023|AY,20230|CY")],
        [("page", str(LARGEST)), ("pageSize", "2")],
        [("dataSetVersion", f"{LARGEST + 1}.*")],
    ],
)
def test_known_failures(pairs: list[tuple[str, str]]) -> None:
    """The failures of the service that a GET query can reach are 500 with an empty body."""
    response = ask(*pairs)
    assert (500, b"") == (response.status, response.body)


@pytest.mark.parametrize(
    "pairs",
    [
        [("timePeriods.eq", "2020|AY")],
        [("page", str(LARGEST)), ("pageSize", "1")],
        [("page", str(LARGEST // 2)), ("pageSize", "2")],
    ],
)
def test_just_short_of_failure(pairs: list[tuple[str, str]]) -> None:
    """What is still within bounds is answered, without results."""
    response = ask(*pairs)
    assert 200 == response.status
    assert [] == read(response)["results"]


def test_two_methods() -> None:
    """A query is asked by GET or POST; other methods are told so. A GET query needs no media type."""
    path = f"/data-sets/{DS}/query"
    wrong = service().handle(Request(method="DELETE", path=path))
    assert (405, {"allow": "GET, POST"}) == (wrong.status, wrong.headers)
    typed = Request(method="GET", path=path, headers=(("content-type", "text/plain"),))
    assert 200 == service().handle(typed).status


def test_commas_make_no_list_of_a_single_text() -> None:
    """`filters.eq` takes one id; two with a comma between them are one unknown id."""
    [warning, _] = read(ask(("filters.eq", "a,b")))["warnings"]
    assert {"items": ["a,b"]} == warning["detail"]
