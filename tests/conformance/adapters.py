"""What runs the cases of each file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.conformance import processor, unit_input, unit_parser, unit_values, unit_versions
from tests.conformance.pack import Case

RULES: Mapping[str, Callable[[Case], None]] = {
    "processor": processor.check,
    "units_criteria": unit_values.check_criteria,
    "units_errors": unit_input.check_error,
    "units_http": unit_input.check_http,
    "units_ids": unit_versions.check_id,
    "units_locations": unit_values.check_location,
    "units_parser": unit_parser.check,
    "units_request_input": unit_input.check,
    "units_sorts": unit_values.check_sort,
    "units_time_periods": unit_values.check_time_period,
    "units_versions": unit_versions.check,
}
"""Files of cases for the function that holds a rule."""

REQUESTS = (
    "access_and_preview_tokens", "changes", "csv", "data_set", "get_query", "get_query_evaluated", "meta", "post_query",
    "post_query_evaluated", "publications", "versions",
)  # fmt: skip
"""Files of requests with their answers."""

QUERIES = ("get_query", "get_query_evaluated", "post_query", "post_query_evaluated")
"""Those of them that our own client can ask too."""
