"""Tests of paths in the user's words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from eesclient import facets
from tests.doors.query import describe_path, in_words

from .examples import META, ask

CAMDEN = {"level": "LA", "id": "lcam"}
BODY: dict[str, Any] = {
    "criteria": {
        "and": [
            {"geographicLevels": {"eq": "LA"}},
            {"filters": {"in": ["ofem", "omale"]}},
            {"or": [{"filters": {"eq": "osup"}}, {"locations": {"in": [CAMDEN, {"level": "LA", "oldCode": "213"}]}}]},
            {"timePeriods": {"gte": {"period": "2023/2024", "code": "AY"}}},
            {"filters": {"eq": "new"}},
            {"locations": {"eq": {"level": "MOON", "id": "x"}}},
            {"locations": {"eq": {"level": "LA", "id": "x"}}},
        ]
    },
    "indicators": ["icount", "ipct"],
    "sorts": [
        {"field": "timePeriod", "direction": "Asc"},
        {"field": "filter|fsex", "direction": "Asc"},
        {"field": "indicator|ipct", "direction": "Asc"},
        {"field": "location|LA", "direction": "Asc"},
        {"field": "geographicLevel", "direction": "Asc"},
        {"field": "weather", "direction": "Asc"},
    ],
}
FEMALE, MALE = "filter 'Sex', option 'Female'", "filter 'Sex', option 'Male'"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("criteria.and[1].filters.in[0]", FEMALE),
        ("criteria.and[1].filters.in", f"{FEMALE}; {MALE}"),
        ("criteria.and[0].geographicLevels.eq", "level 'Local authority'"),
        ("criteria.and[2].or[0].filters.eq", "filter 'SEN provision', option 'SEN support'"),
        ("criteria.and[2].or[1].locations.in[0]", "level 'Local authority', location 'Camden'"),
        ("criteria.and[2].or[1].locations.in[0].id", "level 'Local authority', location 'Camden'"),
        ("criteria.and[2].or[1].locations.in[1].oldCode", "location 'Westminster' or 'City of Westminster'"),
        ("criteria.and[3].timePeriods.gte", "time period '2023/24'"),
        ("criteria.and[3].timePeriods.gte.period", "time period '2023/24'"),
        ("indicators[1]", "indicator 'Percentage of pupils'"),
        ("indicators", "indicator 'Number of pupils'; indicator 'Percentage of pupils'"),
        ("sorts[0]", "sort by period"),
        ("sorts[1].direction", "sort by filter 'Sex'"),
        ("sorts[2].field", "sort by indicator 'Percentage of pupils'"),
        ("sorts[3]", "sort by location at level 'Local authority'"),
        ("sorts[4]", "sort by level"),
        ("sorts", "; and 3 more"),
    ],
)
def test_words(path: str, expected: str) -> None:
    """What stands at the path, or around it, is named by its labels."""
    assert expected in in_words(path, BODY, META)


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "page",
        "sorts[5]",
        "sorts[9].field",
        "criteria",
        "criteria.and",
        "criteria.and[99]",
        "criteria.and[1].filters",
        "criteria.and[3].timePeriods",
        "criteria.and[4].filters.eq",
        "criteria.and[5].locations.eq",
        "criteria.and[6].locations.eq.id",
        "criteria.and[0].geographicLevels.in[0]",
        "[0].[x",
    ],
)
def test_no_words(path: str | None) -> None:
    """What has no label has no words."""
    assert in_words(path, BODY, META) == ""


def test_named_items() -> None:
    """Where an error lists the values, those are named, and strange ones are left out."""
    assert f"{MALE}; {FEMALE}" == in_words("criteria.and[1].filters.in", BODY, META, ["omale", "ofem"])
    assert in_words("sorts", BODY, META, ["timePeriod|Asc"]) == ""
    assert in_words("criteria.and[5].locations.eq", BODY, META, ["LA|id|x"]) == ""
    assert in_words("criteria.and[3].timePeriods.gte", BODY, META, ["x"]) == ""


def test_what_was_built() -> None:
    """The paths of a question that was built lead to its own words."""
    body = json.loads(ask(filters={"Sex": ["Female", "Male"]}, levels="LA").to_json())
    assert FEMALE == in_words("criteria.and[0].filters.in[0]", body, META)


ALL = "filter 'Pupil group', option 'All pupils'"
WHERE = (facets.filter("Sex") == "Female") & ~(facets.period >= "2023/24")


@pytest.mark.parametrize(
    ("path", "detail", "expected"),
    [
        ("criteria.and[0].filters.in", None, f"filters=: {ALL}; filter 'Pupil group', option 'SEN support'"),
        ("criteria.and[0].filters.in[1]", None, "filters=: filter 'Pupil group', option 'SEN support'"),
        ("criteria.and[1].locations.eq", None, "within=: level 'Local authority', location 'Camden'"),
        ("criteria.and[3].filters.eq", None, f"where=: {FEMALE}"),
        ("criteria.and[4].timePeriods.lt", None, "where=: time period '2023/24'"),
        ("criteria.and[5].filters.eq", None, "others=: filter 'SEN provision', option 'SEN support'"),
        ("indicators", {"items": ["icount"]}, "indicators=: indicator 'Number of pupils'"),
        ("sorts[0].field", None, "sort=: sort by period"),
        ("filters.in", {"items": ["oall"]}, f"filters=: {ALL}"),
        ("locations.eq", {"items": ["LA|id|lcam"]}, "within=: level 'Local authority', location 'Camden'"),
        ("timePeriods.lt", {"items": ["2023/2024|AY"]}, "where=: time period '2023/24'"),
        ("filters.in", {"items": ["gone"]}, ""),
        ("page", None, ""),
        (None, {"items": 5}, ""),
    ],
)
def test_meant(path: str | None, detail: dict[str, Any] | None, expected: str) -> None:
    """A path of a question that was asked in words leads back to the argument and the labels."""
    query = ask(
        indicators="Number of pupils",
        filters={"Pupil group": ["All pupils", "SEN support"]},
        within="Camden",
        where=WHERE,
        others={"SEN provision": "SEN support"},
        sort="period",
        limit=5,
    )
    assert expected == describe_path(query, path, detail)
