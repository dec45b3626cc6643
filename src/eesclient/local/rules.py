"""What the box refuses, and the problem documents that say so (reference, sections 3 and 19).

Each rule looks at one kind of value and yields the errors of it, in the service's order. Rules know nothing of data
sets: whether a thing exists is checked later, by the engine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias
from uuid import NAMESPACE_URL, uuid5

from ..api.json import to_json
from ..api.messages import Request, Response
from ..models.answers import ErrorDetail, Problem
from ..models.enums import GeographicLevel, MetaType
from ..models.meta import WIRE_NAMES
from ..models.periods import TimeIdentifier
from ..query.request import LARGEST_PAGE

Errors: TypeAlias = Iterator[ErrorDetail]
Check: TypeAlias = Callable[[Any, str], Errors]

LEVELS = sorted(level.value for level in GeographicLevel)
META_TYPES = sorted(part.value for part in MetaType)
PERIOD_CODES = sorted(code.value for code in TimeIdentifier)
# a period of two years has one of these (section 19)
RANGE_CODES = sorted(code.value for code in TimeIdentifier if code.spans_two_years)

JSON, PROBLEM = (f"application/{kind}; charset=utf-8" for kind in ("json", "problem+json"))
"""Media types of answers; errors have the first, where the second might be expected (section 3.1)."""

SUPPORTED = {"api-supported-versions": "1"}
"""The header of answers that the service's own code makes."""

FILTER_LENGTH = 10
INDICATOR_LENGTH = 40
SORT_FIELD_LENGTH = 40
# as long as the columns of the service's database (section 17)
LOCATION_LENGTHS = {"id": 10, "code": 30, "oldCode": 20, "urn": 20, "laEstab": 20, "ukprn": 20}

_REDUNDANT = {"PropertyName", "PropertyPath", "PropertyValue", "CollectionIndex"}
"""Placeholders that say of the value what an error says elsewhere (section 3.2)."""

_TITLES = {
    400: ("Bad Request", "15.5.1"),
    403: ("Forbidden", "15.5.4"),
    404: ("Not Found", "15.5.5"),
    406: ("Not Acceptable", "15.5.7"),
    415: ("Unsupported Media Type", "15.5.16"),
    500: ("An error occurred while processing your request.", "15.6.1"),
}
_MESSAGES = {
    "UnknownField": "The field was not expected in the request and should be removed.",
    "InvalidValue": "Must be a valid value. Check that the type and format are correct.",
    "RequiredValue": "A value is required for this field.",
    "NotEmptyBody": "The request body must not be empty.",
    "AllowedValue": "Must be one of the allowed values.",
    "GreaterThanOrEqual": "Must be greater than or equal to '{comparisonValue}'.",
    "InclusiveBetween": "Must be between {from} and {to} (inclusive).",
    "MaximumLength": "Must be {maxLength} characters or fewer (was {totalLength}).",
    "MinimumLength": "Must be at least {minLength} characters (was {totalLength}).",
    "NotEmpty": "Must not be empty.",
    "NotNull": "Must not be empty.",
    "LocationFormat": "Must be a location in the correct format.",
    "LocationAllowedLevel": "Must be a location with an allowed level.",
    "LocationAllowedProperty": "Must be a location with an allowed identifying property.",
    "LocationValueNotEmpty": "Must be a location with '{property}' that is not empty.",
    "LocationValueMaxLength": "Must be a location with '{property}' that is {maxLength} characters or fewer.",
    "TimePeriodFormat": "Must be a time period in the correct format.",
    "TimePeriodAllowedCode": "Must be a time period with an allowed code.",
    "TimePeriodInvalidYear": "Must be a time period for a valid year.",
    "TimePeriodInvalidYearRange": (
        "Must be a valid time period range where the start year is one year before the end year."
    ),
    "SortFormat": "Must be a sort in the correct format.",
    "SortFieldNotEmpty": "Must be a sort with a field that is not empty.",
    "SortFieldMaxLength": "Must be a sort with a field that is {maxLength} characters or fewer.",
    "SortDirection": "Must be a sort in an allowed direction.",
}
_TEXT_CODES = {
    ("Location", "NotEmpty"): "LocationValueNotEmpty",
    ("Location", "MaximumLength"): "LocationValueMaxLength",
    ("Sort", "NotEmpty"): "SortFieldNotEmpty",
    ("Sort", "MaximumLength"): "SortFieldMaxLength",
    ("Sort", "AllowedValue"): "SortDirection",
}
"""Code of what is wrong with a part of a text, by the code that the same part of an object has."""

_COMPARATORS = ("eq", "notEq", "in", "notIn", "gt", "gte", "lt", "lte")
_YEAR = re.compile("[0-9]{1,1000}")  # no longer ones, which Python refuses to read


class RefusedError(Exception):
    """The request is refused with a problem document; a 400 without errors is a plain one.

    What was read and found well-formed may be refused all the same by what it asks for: by a 403, a 404 or, with
    `well_formed`, a 400.
    """

    def __init__(self, status: int, errors: Sequence[ErrorDetail] = (), *, well_formed: bool = False) -> None:
        super().__init__(status, *(f"{error.path}: {error.code}" for error in errors))
        self.status = status
        self.errors: tuple[ErrorDetail, ...] = tuple(errors)
        self.well_formed: bool = well_formed or status in {403, 404}


def refuse(errors: Iterable[ErrorDetail], *, well_formed: bool = False) -> None:
    """Refuse a request that has errors, all of them together (section 3.3)."""
    if found := list(errors):
        raise RefusedError(400, found, well_formed=well_formed)


def input_error(code: str, path: str | None) -> ErrorDetail:
    """An error of binding: `UnknownField`, `InvalidValue`, `RequiredValue` or `NotEmptyBody` (section 3.3)."""
    return ErrorDetail(message=_MESSAGES[code], code=code, path=path)


def join_path(*parts: str) -> str:
    """The path that parts of one make, each with or without the `$` of the root (section 3.3)."""
    bare = [part.strip() for part in parts]
    return ".".join(part.removeprefix("$.") for part in bare if part not in ("", "$"))


def error_detail(value: object, placeholders: Mapping[str, Any], state: object = None) -> dict[str, Any]:
    """The detail of a validation error: placeholders of its message, the value, what the rule adds (section 3.2)."""
    added = state if isinstance(state, Mapping) else {} if state is None else {"state": state}
    told = {name: member for name, member in placeholders.items() if name not in _REDUNDANT}
    # the value is there even where it is null
    named = [("value", value), *told.items(), *added.items()]
    return {f"{name[:1].lower()}{name[1:]}": member for name, member in named}


def problem_response(request: Request, refused: RefusedError, *, media_type: str = JSON) -> Response:
    """The problem document for a refusal."""
    # the trace id is made from the request, so that the same request always gets the same answer
    digest = uuid5(NAMESPACE_URL, repr((request.method, request.path, request.params, request.body))).hex
    title, section = _TITLES[refused.status]
    problem = Problem(
        title="One or more validation errors occurred." if refused.errors else title,
        status=refused.status,
        type=f"https://tools.ietf.org/html/rfc9110#section-{section}",
        trace_id=f"00-{digest}-{digest[:16]}-00",
        errors=refused.errors,
    )
    # the service's own code says which versions it supports; what is refused before it is reached goes without
    headers = {"content-type": media_type, **(SUPPORTED if refused.well_formed else {})}
    return Response(status=refused.status, headers=headers, body=to_json(problem))


def json_response(body: bytes) -> Response:
    """A JSON answer."""
    return Response(status=200, headers={"content-type": JSON, **SUPPORTED}, body=body)


# Rules


def _error(code: str, path: str, value: object, **placeholders: Any) -> ErrorDetail:
    message = _MESSAGES[code].format_map(placeholders)
    return ErrorDetail(message=message, code=code, path=path, detail=error_detail(value, placeholders))


def query_errors(query: Mapping[str, Any]) -> Errors:
    """Everything wrong with the body of a POST query, as `read_body` gives it."""
    # unlike other lists that of indicators may be empty: rows then show no values (section 11)
    yield from each(query.get("indicators"), "indicators", identifier(INDICATOR_LENGTH))
    if "criteria" in query:
        yield from criteria_errors(query["criteria"], "criteria")
    if "sorts" in query:
        yield from full_list(query["sorts"], "sorts", sort_errors)
    yield from paging_errors(query.get("page", 1), query.get("pageSize", 1), largest=LARGEST_PAGE)


def paging_errors(page: int, page_size: int, *, largest: int) -> Errors:
    """A page below 1, or a page size outside 1 to `largest`."""
    if page < 1:
        yield _error("GreaterThanOrEqual", "page", page, comparisonValue=1, comparisonProperty="")
    if not 1 <= page_size <= largest:
        yield _error("InclusiveBetween", "pageSize", page_size, **{"from": 1}, to=largest)


def search_errors(search: str | None) -> Errors:
    """A search text of fewer than three characters, or of none."""
    if search is not None and len(search) < 3:
        # to FluentValidation a least length is a range with no upper end, for which it writes -1
        yield _error("MinimumLength", "search", search, minLength=3, maxLength=-1, totalLength=len(search))


def full_list(items: Sequence[Any] | None, path: str, check: Check) -> Errors:
    """A list that must not be empty, and its items."""
    if not items:
        yield _error("NotEmpty", path, items)
    yield from each(items, path, check)


def each(items: Sequence[Any] | None, path: str, check: Check) -> Errors:
    """The items of a list, if there is one."""
    for number, item in enumerate(items or ()):
        yield from check(item, f"{path}[{number}]")


def identifier(longest: int) -> Check:
    """A check for texts that must not be blank nor too long."""

    def check(value: str | None, path: str) -> Errors:
        if value is None or not value.strip():
            yield _error("NotEmpty", path, value)
        elif len(value) > longest:
            yield _error("MaximumLength", path, value, minLength=0, maxLength=longest, totalLength=len(value))

    return check


def one_of(allowed: Collection[str]) -> Check:
    """A check for texts that must be one of these exactly."""

    def check(value: str | None, path: str) -> Errors:
        if value not in allowed:
            yield _error("AllowedValue", path, value, allowed=list(allowed))

    return check


def _present(check: Check) -> Check:
    """A check of objects that must not be null: only items of lists get here as null (section 11)."""
    return lambda value, path: iter([_error("NotNull", path, None)]) if value is None else check(value, path)


@_present
def criteria_errors(criteria: Mapping[str, Any], path: str) -> Errors:
    """Everything wrong with criteria; paths follow the nesting."""
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
    for name in _COMPARATORS:
        if name in ("in", "notIn") and name in comparators:
            yield from full_list(comparators[name], f"{path}.{name}", check)
        elif name in comparators:
            yield from check(comparators[name], f"{path}.{name}")


@_present
def location_errors(location: Mapping[str, str], path: str) -> Errors:
    """A location object: its level, and the value that identifies it."""
    # the level comes first, wherever it stands in the request
    for name, value in sorted(location.items(), key=lambda member: member[0] != "level"):
        check = one_of(LEVELS) if name == "level" else identifier(LOCATION_LENGTHS[name])
        yield from check(value, f"{path}.{name}")


@_present
def period_errors(period: Mapping[str, str], path: str) -> Errors:
    """A time period object: its code first, and its year only if the code is allowed."""
    # the years must be plain digits, without sign or spaces
    text, code = period["period"], period["code"]
    first, slash, second = text.partition("/")
    allowed = RANGE_CODES if slash else PERIOD_CODES
    if code not in allowed:
        yield _error("TimePeriodAllowedCode", f"{path}.code", code, allowedCodes=allowed)
    elif not slash and not _YEAR.fullmatch(first):
        yield _error("TimePeriodInvalidYear", f"{path}.period", text)
    elif slash and not (_YEAR.fullmatch(first) and _YEAR.fullmatch(second) and int(second) == int(first) + 1):
        yield _error("TimePeriodInvalidYearRange", f"{path}.period", text)


@_present
def sort_errors(sort: Mapping[str, str], path: str) -> Errors:
    """A sort object: its field and its direction."""
    # whether a data set has the field is no matter of form (section 19)
    yield from identifier(SORT_FIELD_LENGTH)(sort["field"], f"{path}.field")
    yield from one_of(["Asc", "Desc"])(sort["direction"], f"{path}.direction")


_FACETS: dict[str, Check] = {
    "filters": identifier(FILTER_LENGTH),
    "geographicLevels": one_of(LEVELS),
    "locations": location_errors,
    "timePeriods": period_errors,
}


def _of_text(error: ErrorDetail, kind: str, path: str) -> ErrorDetail:
    """The error of a part as one of the whole text, `property` naming the part."""
    if error.path == path:
        return error
    detail = {**(error.detail or {}), "property": (error.path or "").rpartition(".")[2]}
    code = _TEXT_CODES.get((kind, str(error.code)), str(error.code))
    return ErrorDetail(message=_MESSAGES[code].format_map(detail), code=code, path=path, detail=detail)


def _text_check(kind: str, expected: str, pattern: str, check: Check) -> Check:
    """A check of texts that stand for objects: of their form first, then of the parts between the delimiters."""

    def check_text(value: str | None, path: str) -> Errors:
        if value is None or not value.strip():
            yield _error("NotEmpty", path, value)
        elif re.fullmatch(pattern, value) is None:
            yield _error(f"{kind}Format", path, value, expectedFormat=expected)
        else:
            yield from (_of_text(error, kind, path) for error in check(value, path))

    return check_text


def _parts(text: str, path: str) -> Errors:
    """Level, property and value of a location, up to the first that is wrong."""
    level, name, identity = text.split("|")
    if level not in LEVELS:
        yield _error("LocationAllowedLevel", path, level, allowedLevels=LEVELS)
    elif name not in (allowed := location_properties(level)):
        yield _error("LocationAllowedProperty", path, name, allowedProperties=allowed)
    else:
        yield from identifier(LOCATION_LENGTHS[name])(identity, f"{path}.{name}")


def location_properties(level: str) -> list[str]:
    """Names that a location text of a level may identify it by (section 15)."""
    return ["id", *(WIRE_NAMES[attribute] for _, attribute in GeographicLevel(level).columns.codes)]


location_text_errors: Check = _text_check("Location", "{level}|{property}|{value}", r"[^|]*\|[^|]+\|[^|]*", _parts)
period_text_errors: Check = _text_check(
    "TimePeriod", "{period}|{code}", r"[^|]*\|[^|]*", lambda text, path: period_errors(period_of(text), path)
)
# the last pipe separates the direction, and the field may hold one more (section 10)
sort_text_errors: Check = _text_check(
    "Sort", "{field}|{direction}", r"[^|]*(\|[^|]+)?\|[^|]*", lambda text, path: sort_errors(sort_of(text), path)
)


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
