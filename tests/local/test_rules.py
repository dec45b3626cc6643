"""Tests of the rules of texts in the GET grammar."""

from __future__ import annotations

from typing import Any

import pytest

from tests.doors.local import (
    Check,
    location_of,
    location_properties,
    location_text_errors,
    period_of,
    period_text_errors,
    sort_of,
    sort_text_errors,
)


def found(check: Check, value: str | None) -> list[tuple[str | None, str, Any]]:
    """Code, message and detail of each error; all of them point at the whole text."""
    errors = list(check(value, "at"))
    assert {"at"} >= {error.path for error in errors}
    return [(error.code, error.message, error.detail) for error in errors]


@pytest.mark.parametrize("check", [location_text_errors, period_text_errors, sort_text_errors])
@pytest.mark.parametrize("value", [None, "", " "])
def test_blank_texts(check: Check, value: str | None) -> None:
    """A blank text is refused as it is, with no further rule."""
    assert [("NotEmpty", "Must not be empty.", {"value": value})] == found(check, value)


@pytest.mark.parametrize(
    ("check", "values", "code", "form"),
    [
        (location_text_errors, ["LA", "||", "LA||1", "LA|id|1|2"], "LocationFormat", "{level}|{property}|{value}"),
        (period_text_errors, ["2020", "2020|AY|", "|2020|AY"], "TimePeriodFormat", "{period}|{code}"),
        (sort_text_errors, ["a", "a||Asc", "a|b|c|Asc", "a|LA|Asc|"], "SortFormat", "{field}|{direction}"),
    ],
)
def test_forms(check: Check, values: list[str], code: str, form: str) -> None:
    """A text with too few or too many pipes is refused with the form that it should have."""
    words = {"LocationFormat": "location", "TimePeriodFormat": "time period", "SortFormat": "sort"}[code]
    for value in values:
        detail = {"value": value, "expectedFormat": form}
        assert [(code, f"Must be a {words} in the correct format.", detail)] == found(check, value)


@pytest.mark.parametrize(
    ("value", "code", "message", "detail"),
    [
        ("|id|1", "LocationAllowedLevel", "Must be a location with an allowed level.", {"value": ""}),
        ("la|id|", "LocationAllowedLevel", "Must be a location with an allowed level.", {"value": "la"}),
        (
            "LA|Code|",
            "LocationAllowedProperty",
            "Must be a location with an allowed identifying property.",
            {"value": "Code", "allowedProperties": ["id", "code", "oldCode"]},
        ),
        (
            "SCH|urn|",
            "LocationValueNotEmpty",
            "Must be a location with 'urn' that is not empty.",
            {"property": "urn", "value": ""},
        ),
        (
            "SCH|urn|123456789012345678901",
            "LocationValueMaxLength",
            "Must be a location with 'urn' that is 20 characters or fewer.",
            {"minLength": 0, "maxLength": 20, "totalLength": 21, "property": "urn", "value": "123456789012345678901"},
        ),
    ],
)
def test_locations(value: str, code: str, message: str, detail: dict[str, Any]) -> None:
    """Level, property and value are checked in this order, up to the first that is wrong."""
    [(actual_code, actual_message, actual_detail)] = found(location_text_errors, value)
    assert (code, message) == (actual_code, actual_message)
    assert detail == {name: item for name, item in actual_detail.items() if name != "allowedLevels"}
    assert ("LAD" in actual_detail.get("allowedLevels", ())) == (code == "LocationAllowedLevel")


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("NAT", ["id", "code"]),
        ("MAT", ["id", "code"]),
        ("SCH", ["id", "urn", "laEstab"]),
        ("PROV", ["id", "ukprn"]),
        ("RSC", ["id"]),
    ],
)
def test_properties(level: str, expected: list[str]) -> None:
    """A location text identifies by id, and by the codes that its level has."""
    assert expected == location_properties(level)


def test_periods_name_the_part_that_is_wrong() -> None:
    """The code is checked first, and the year only if the code is allowed."""
    [(code, message, detail)] = found(period_text_errors, "20x|ZZ")
    assert ("TimePeriodAllowedCode", "Must be a time period with an allowed code.") == (code, message)
    assert ("ZZ", "code") == (detail["value"], detail["property"])
    assert [
        ("TimePeriodInvalidYear", "Must be a time period for a valid year.", {"value": "20x", "property": "period"})
    ] == found(period_text_errors, "20x|AY")
    assert ["TimePeriodInvalidYear"] == [item[0] for item in found(period_text_errors, f"{'9' * 5000}|CY")]
    assert ["TimePeriodInvalidYearRange"] == [item[0] for item in found(period_text_errors, f"1/{'9' * 5000}|AY")]


def test_sorts_can_be_wrong_twice() -> None:
    """Field and direction of a sort are both checked."""
    long = "a" * 41
    assert [
        ("SortFieldNotEmpty", "Must be a sort with a field that is not empty.", {"property": "field", "value": " "}),
        (
            "SortDirection",
            "Must be a sort in an allowed direction.",
            {"property": "direction", "value": "asc", "allowed": ["Asc", "Desc"]},
        ),
    ] == found(sort_text_errors, " |asc")
    assert [
        (
            "SortFieldMaxLength",
            "Must be a sort with a field that is 40 characters or fewer.",
            {"minLength": 0, "maxLength": 40, "totalLength": 41, "property": "field", "value": long},
        )
    ] == found(sort_text_errors, f"{long}|Asc")


def test_texts_become_objects() -> None:
    """Valid texts stand for the objects that POST bodies have; the last pipe of a sort separates the direction."""
    assert {"level": "LA", "oldCode": "314 / 318"} == location_of("LA|oldCode|314 / 318")
    assert {"period": "2020/2021", "code": "AY"} == period_of("2020/2021|AY")
    assert {"field": "location|LA", "direction": "Desc"} == sort_of("location|LA|Desc")
    for check, text in [
        (location_text_errors, "LA|oldCode|314 / 318"),
        (period_text_errors, "2020/2021|AY"),
        (sort_text_errors, "locations|LA|Desc"),
    ]:
        assert [] == found(check, text)
