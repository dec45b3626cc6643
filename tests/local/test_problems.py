"""Tests of error objects and problem documents; the service's own cases are in the conformance tests."""

from __future__ import annotations

from typing import Any

import pytest

from tests.doors.local import error_detail, join_path


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        ((), ""),
        (("", "name"), "name"),
        (("$", "name"), "name"),
        (("criteria.and[0]", "filters"), "criteria.and[0].filters"),
        (("$.criteria", "$.not"), "criteria.not"),
        ((" criteria ", ""), "criteria"),
    ],
)
def test_paths(parts: tuple[str, ...], path: str) -> None:
    """Parts are joined with dots, without the sign of the root."""
    assert path == join_path(*parts)


@pytest.mark.parametrize(
    ("placeholders", "state", "detail"),
    [
        ({}, None, {"value": None}),
        ({"MaxLength": 6}, None, {"maxLength": 6, "value": None}),
        ({}, {"Allowed": ["a"]}, {"value": None, "allowed": ["a"]}),
        ({}, 0, {"value": None, "state": 0}),
    ],
)
def test_details(placeholders: dict[str, Any], state: object, detail: dict[str, Any]) -> None:
    """A detail has the placeholders of its message, the value even where it is null, and what the rule adds."""
    assert detail == error_detail(None, placeholders, state)
