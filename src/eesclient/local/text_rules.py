"""Validation of what the GET grammar writes as text: locations, time periods and sorts (reference, sections 10 and 19).

The parts of such a text go through the rules of the objects that POST bodies have; here they get the codes and
messages of texts, and the path of the whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs

from ..models.levels import GeographicLevel
from ..models.meta import WIRE_NAMES
from ..models.problems import ErrorDetail
from .rules import LEVELS, LOCATION_LENGTHS, Errors, identifier, period_errors, sort_errors


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
