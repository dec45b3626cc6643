"""Validation of what a request says, rule by rule (reference, section 19).

Each function looks at one kind of value and yields the errors of it, in the service's order. They know nothing of
data sets: what does not exist is no matter of validation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import attrs

from ..models.data_sets import ErrorDetail
from ..models.enums import GeographicLevel, MetaType
from ..models.meta import WIRE_NAMES
from ..models.periods import TimeIdentifier
from .problems import error_detail

Errors: TypeAlias = Iterator[ErrorDetail]
Check: TypeAlias = Callable[[Any, str], Errors]

LEVELS = sorted(level.value for level in GeographicLevel)
META_TYPES = sorted(part.value for part in MetaType)
DIRECTIONS = ["Asc", "Desc"]
PERIOD_CODES = sorted(code.value for code in TimeIdentifier)
RANGE_CODES = sorted(code.value for code in TimeIdentifier if code.spans_two_years)

FILTER_LENGTH = 10
INDICATOR_LENGTH = 40
SORT_FIELD_LENGTH = 40
LOCATION_LENGTHS = {"id": 10, "code": 30, "oldCode": 20, "urn": 20, "laEstab": 20, "ukprn": 20}
MAX_PAGE_SIZE = 10_000

LARGEST_INT = 2_147_483_647
"""Largest number of the service's 32-bit integers."""


_YEAR = re.compile("[0-9]{1,1000}")  # no longer ones, which Python refuses to read


def query_errors(query: Mapping[str, Any]) -> Errors:
    """Everything wrong with the body of a POST query, as `read_body` gives it."""
    yield from each(query.get("indicators"), "indicators", identifier(INDICATOR_LENGTH))
    if "criteria" in query:
        yield from criteria_errors(query["criteria"], "criteria")
    if "sorts" in query:
        yield from full_list(query["sorts"], "sorts", sort_errors)
    yield from paging_errors(query.get("page", 1), query.get("pageSize", 1), largest=MAX_PAGE_SIZE)


def paging_errors(page: int, page_size: int, *, largest: int) -> Errors:
    """A page below 1, or a page size outside 1 to `largest`."""
    if page < 1:
        message = "Must be greater than or equal to '1'."
        yield _error("GreaterThanOrEqual", message, "page", comparisonValue=1, value=page)
    if not 1 <= page_size <= largest:
        message = f"Must be between 1 and {largest} (inclusive)."
        yield _error("InclusiveBetween", message, "pageSize", **{"from": 1}, to=largest, value=page_size)


def search_errors(search: str | None) -> Errors:
    """A search text of fewer than three characters."""
    if search is not None and len(search) < 3:
        message = f"Must be at least 3 characters (was {len(search)})."
        detail = {"minLength": 3, "maxLength": -1, "totalLength": len(search)}
        yield _error("MinimumLength", message, "search", value=search, **detail)


def criteria_errors(criteria: Mapping[str, Any] | None, path: str) -> Errors:
    """Everything wrong with criteria; paths follow the nesting."""
    if criteria is None:
        yield _error("NotNull", "Must not be empty.", path, value=None)
        return
    for kind in ("and", "or"):
        if kind in criteria:
            yield from full_list(criteria[kind], f"{path}.{kind}", criteria_errors)
    if "not" in criteria:
        yield from criteria_errors(criteria["not"], f"{path}.not")
    for facet, check in _FACETS.items():
        if facet in criteria:
            yield from facet_errors(criteria[facet], f"{path}.{facet}", check)


def facet_errors(comparators: Mapping[str, Any], path: str, check: Check) -> Errors:
    """Everything wrong with the comparators of one facet."""
    for name in ("eq", "notEq", "in", "notIn", "gt", "gte", "lt", "lte"):
        if name not in comparators:
            continue
        if name in ("in", "notIn"):
            yield from full_list(comparators[name], f"{path}.{name}", check)
        else:
            yield from check(comparators[name], f"{path}.{name}")


def full_list(items: Sequence[Any], path: str, check: Check) -> Errors:
    """A list that must not be empty, and its items."""
    if not items:
        yield _empty(path, [])
    yield from each(items, path, check)


def each(items: Sequence[Any] | None, path: str, check: Check) -> Errors:
    """The items of a list, if there is one."""
    for number, item in enumerate(items or ()):
        yield from check(item, f"{path}[{number}]")


def identifier(longest: int) -> Check:
    """A check for texts that must not be blank nor too long."""

    def check(value: str | None, path: str) -> Errors:
        if value is None or not value.strip():
            yield _empty(path, value)
        elif len(value) > longest:
            yield _too_long(path, value, longest)

    return check


def one_of(allowed: Collection[str]) -> Check:
    """A check for texts that must be one of these exactly."""

    def check(value: str | None, path: str) -> Errors:
        if value not in allowed:
            message = "Must be one of the allowed values."
            yield _error("AllowedValue", message, path, value=value, allowed=list(allowed))

    return check


def location_errors(location: Mapping[str, str] | None, path: str) -> Errors:
    """A location object: its level, and the value that identifies it."""
    if location is None:
        yield _error("NotNull", "Must not be empty.", path, value=None)
        return
    for name, value in sorted(location.items(), key=lambda member: member[0] != "level"):
        check = one_of(LEVELS) if name == "level" else identifier(LOCATION_LENGTHS[name])
        yield from check(value, f"{path}.{name}")


def period_errors(period: Mapping[str, str] | None, path: str) -> Errors:
    """A time period object: its code first, and its year only if the code is allowed."""
    if period is None:
        yield _error("NotNull", "Must not be empty.", path, value=None)
        return
    text, code = period["period"], period["code"]
    allowed = RANGE_CODES if "/" in text else PERIOD_CODES
    if code not in allowed:
        message = "Must be a time period with an allowed code."
        yield _error("TimePeriodAllowedCode", message, f"{path}.code", value=code, allowedCodes=allowed)
    elif (problem := year_problem(text)) is not None:
        yield _error(*problem, f"{path}.period", value=text)


def year_problem(text: str) -> tuple[str, str] | None:
    """Code and message of what is wrong with the year or years of a period, or None."""
    first, slash, second = text.partition("/")
    if not slash:
        valid = _YEAR.fullmatch(first)
        return None if valid else ("TimePeriodInvalidYear", "Must be a time period for a valid year.")
    if _YEAR.fullmatch(first) and _YEAR.fullmatch(second) and int(second) == int(first) + 1:
        return None
    message = "Must be a valid time period range where the start year is one year before the end year."
    return "TimePeriodInvalidYearRange", message


def sort_errors(sort: Mapping[str, str] | None, path: str) -> Errors:
    """A sort object: its field and its direction."""
    if sort is None:
        yield _error("NotNull", "Must not be empty.", path, value=None)
        return
    yield from identifier(SORT_FIELD_LENGTH)(sort["field"], f"{path}.field")
    yield from one_of(DIRECTIONS)(sort["direction"], f"{path}.direction")


_FACETS: dict[str, Check] = {
    "filters": identifier(FILTER_LENGTH),
    "geographicLevels": one_of(LEVELS),
    "locations": location_errors,
    "timePeriods": period_errors,
}


def _error(code: str, message: str, path: str, *, value: object, **placeholders: Any) -> ErrorDetail:
    return ErrorDetail(message=message, code=code, path=path, detail=error_detail(value, placeholders))


def _empty(path: str, value: object) -> ErrorDetail:
    return _error("NotEmpty", "Must not be empty.", path, value=value)


def _too_long(path: str, value: str, longest: int) -> ErrorDetail:
    message = f"Must be {longest} characters or fewer (was {len(value)})."
    return _error("MaximumLength", message, path, minLength=0, maxLength=longest, totalLength=len(value), value=value)


@attrs.frozen(kw_only=True)
class _Form:
    """How a text must look.

    Attributes:
        kind: `Location`, `TimePeriod` or `Sort`: how codes begin.
        words: The same in words.
        expected: The form as the service describes it.
        pattern: Where delimiters must stand; what is between them is for further rules.
    """

    kind: str
    words: str
    expected: str
    pattern: re.Pattern[str]

    def problem(self, value: str | None, path: str) -> ErrorDetail | None:
        """What is wrong with the form of a text, or None."""
        if value is None or not value.strip():
            return _refusal("NotEmpty", "Must not be empty.", path, value=value)
        if self.pattern.fullmatch(value) is None:
            message = f"Must be a {self.words} in the correct format."
            return _refusal(f"{self.kind}Format", message, path, value=value, expectedFormat=self.expected)
        return None


_LOCATION = _Form(
    kind="Location",
    words="location",
    expected="{level}|{property}|{value}",
    pattern=re.compile(r"[^|]*\|[^|]+\|[^|]*"),
)
_PERIOD = _Form(kind="TimePeriod", words="time period", expected="{period}|{code}", pattern=re.compile(r"[^|]*\|[^|]*"))
_SORT = _Form(kind="Sort", words="sort", expected="{field}|{direction}", pattern=re.compile(r"[^|]*(\|[^|]+)?\|[^|]*"))

_SORT_CODES = {
    "NotEmpty": ("SortFieldNotEmpty", "Must be a sort with a field that is not empty."),
    "MaximumLength": ("SortFieldMaxLength", "Must be a sort with a field that is {maxLength} characters or fewer."),
    "AllowedValue": ("SortDirection", "Must be a sort in an allowed direction."),
}
_LOCATION_CODES = {
    "NotEmpty": ("LocationValueNotEmpty", "Must be a location with '{property}' that is not empty."),
    "MaximumLength": (
        "LocationValueMaxLength",
        "Must be a location with '{property}' that is {maxLength} characters or fewer.",
    ),
}


def location_text_errors(value: str | None, path: str) -> Errors:
    """A location as text: form, level, property and value, up to the first that is wrong."""
    problem = _LOCATION.problem(value, path)
    if value is None or problem is not None:
        yield from filter(None, [problem])
        return
    level, name, identity = value.split("|")
    if level not in LEVELS:
        message = "Must be a location with an allowed level."
        yield _refusal("LocationAllowedLevel", message, path, value=level, allowedLevels=LEVELS)
    elif name not in (allowed := location_properties(level)):
        message = "Must be a location with an allowed identifying property."
        yield _refusal("LocationAllowedProperty", message, path, value=name, allowedProperties=allowed)
    else:
        for error in identifier(LOCATION_LENGTHS[name])(identity, path):
            yield _as_text(error, path, name, _LOCATION_CODES)


def location_properties(level: str) -> list[str]:
    """Names that a location text of a level may identify it by (section 15)."""
    return ["id", *(WIRE_NAMES[attribute] for _, attribute in GeographicLevel(level).columns.codes)]


def period_text_errors(value: str | None, path: str) -> Errors:
    """A time period as text: form, code, year or years, up to the first that is wrong."""
    problem = _PERIOD.problem(value, path)
    if value is None or problem is not None:
        yield from filter(None, [problem])
        return
    for error in period_errors(period_of(value), path):
        yield _as_text(error, path, _last_name(error), {})


def sort_text_errors(value: str | None, path: str) -> Errors:
    """A sort as text: its form, then both its field and its direction."""
    problem = _SORT.problem(value, path)
    if value is None or problem is not None:
        yield from filter(None, [problem])
        return
    for error in sort_errors(sort_of(value), path):
        yield _as_text(error, path, _last_name(error), _SORT_CODES)


def location_of(text: str) -> dict[str, str]:
    """The location object that a valid text stands for."""
    level, name, value = text.split("|")
    return {"level": level, name: value}


def period_of(text: str) -> dict[str, str]:
    """The time period object that a well-formed text stands for."""
    period, code = text.split("|")
    return {"period": period, "code": code}


def sort_of(text: str) -> dict[str, str]:
    """The sort object that a well-formed text stands for: the last pipe separates the direction."""
    field, _, direction = text.rpartition("|")
    return {"field": field, "direction": direction}


def _as_text(error: ErrorDetail, path: str, name: str, codes: Mapping[str, tuple[str, str]]) -> ErrorDetail:
    """The error of a part as one of the whole text, `property` naming the part."""
    detail = {**(error.detail or {}), "property": name}
    code, message = codes.get(error.code or "", (error.code, error.message))
    return attrs.evolve(error, code=code, message=message.format(**detail), path=path, detail=detail)


def _last_name(error: ErrorDetail) -> str:
    return (error.path or "").rpartition(".")[2]


def _refusal(code: str, message: str, path: str, **detail: Any) -> ErrorDetail:
    return ErrorDetail(message=message, code=code, path=path, detail=detail)
