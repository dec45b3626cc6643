"""Cases of single values: criteria, sorts, locations and time periods, as objects and as texts."""

from __future__ import annotations

import pytest

from eesclient import TimeIdentifier, TimePeriod
from tests.conformance.pack import Case, checker, no_adapter
from tests.doors.api import to_data
from tests.doors.local import rules
from tests.doors.models import format_label, period_from_csv, period_to_csv
from tests.doors.table import stored_period


def check_criteria(case: Case) -> None:
    """units_criteria: criteria that lack something are refused at the right path."""
    if case["input"]["kind"] != "criteria":
        no_adapter(case["input"]["kind"])
    errors = to_data([*rules.criteria_errors(case["input"]["value"], "criteria")])
    assert case["expect"]["errors"] == [{"path": e["path"], "code": e["code"]} for e in errors]


def check_sort(case: Case) -> None:
    """units_sorts: sorts as objects and texts."""
    _check_value(case, {"sort_object": rules.sort_errors, "sort_string": rules.sort_text_errors})


def check_location(case: Case) -> None:
    """units_locations: locations as objects and texts."""
    _check_value(case, {"location_object": rules.location_errors, "location_string": rules.location_text_errors})


def check_time_period(case: Case) -> None:
    """units_time_periods: periods as objects and texts, their labels, and their texts in data files."""
    given, expect = case["input"], case["expect"]
    match given["kind"]:
        case "period_from_csv":
            assert (None if expect.get("error") else expect["result"]) == period_from_csv(given["value"])
        case "period_to_csv":
            assert (None if expect.get("error") else expect["result"]) == period_to_csv(given["value"])
        case "period_label" if expect.get("error"):
            with pytest.raises(ValueError, match="is not a period"):
                format_label(given["period"], TimeIdentifier(given["code"]))
        case "period_label":
            assert expect["result"] == format_label(given["period"], TimeIdentifier(given["code"]))
        case "csv_year":
            code = TimeIdentifier(given["code"])
            period, _ = stored_period(str(given["year"]), str(code))
            assert expect["result"] == TimePeriod(code=code, period=period).csv
        case _:
            names: dict[str, rules.Check] = {
                "time_period_object": rules.period_errors,
                "time_period_string": rules.period_text_errors,
            }
            _check_value(case, names)


def _check_value(case: Case, checks: dict[str, rules.Check]) -> None:
    given, expect = case["input"], case["expect"]
    if given["kind"] not in checks:
        no_adapter(given["kind"])
    errors = to_data([*checks[given["kind"]](given["value"], "at")])
    wanted = expect.get("errors", [])
    assert expect["valid"] == (errors == [])
    assert len(wanted) == len(errors)
    for want, error in zip(wanted, errors, strict=True):
        at = f"at.{want['property']}" if "property" in want else "at"
        named = {"path": at} | {key: value for key, value in want.items() if key != "property"}
        assert checker().issue_matches(named, error), (want, error)
