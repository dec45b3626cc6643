"""Which of the service's known failures a request meets, told from what was sent and from the reference alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import UUID

from eesclient import DataSetVersionStatus
from tests.doors.local import LARGEST_INT
from tests.doors.table import Failure
from tests.fuzz.served import Served

_GUIDS = ("{dataSetId}", "{publicationId}")
_GUID = re.compile(r"[({]?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}[)}]?", re.IGNORECASE)
_COMPARATORS = ("eq", "noteq", "gt", "gte", "lt", "lte")
_ALL_COMPARATORS = (*_COMPARATORS, "in", "notin")


def predictions(served: Served, method: str, url: str, body: bytes | None) -> set[Failure]:
    """The known failures that a request meets unless it is refused before.

    Args:
        served: What it was sent to.
        method: HTTP method, upper case.
        url: Address with the query string, percent-encoded.
        body: Body.
    """
    parts = urlsplit(url)
    segments = [unquote(segment).strip() for segment in parts.path.rstrip("/").split("/")]
    params = parse_qsl(parts.query, keep_blank_values=True)
    members = _lowered(_json(body)) if method == "POST" else None
    question = members if isinstance(members, dict) else {}
    found: set[Failure] = set()
    if any(_overflows(text) for text in [*segments[5:6], *_first(params, "datasetversion")]):
        found.add("version-overflow")
    if segments[-1] == "changes" and [*_first(params, "includepatchhistory"), ""][0].lower() == "true":
        found |= {"patch-history"} if _is_no_patch(served, segments[3], segments[5]) else set()
    if segments[-1] != "query":
        return found
    paging = (question.get("page"), question.get("pagesize")) if method == "POST" else _paging(params)
    if _number(paging[0], 1) * _number(paging[1], 1000) > LARGEST_INT:
        found.add("page-overflow")
    periods = _posted_periods(question.get("criteria")) if method == "POST" else _got_periods(params)
    if any(_is_short(period) for period in periods):
        found.add("short-year")
    if method == "POST" and _has_hole(question.get("criteria")):
        found.add("empty-criteria")
    return found


def is_routed(template: str, url: str) -> bool:
    """Whether routing takes the address to the operation: as many segments, and a GUID where one has to be."""
    names = template.split("/")
    segments = unquote(urlsplit(url).path).rstrip("/").split("/")
    guids = [segment.strip() for name, segment in zip(names, segments, strict=False) if name in _GUIDS]
    return len(names) == len(segments) and all(_GUID.fullmatch(guid) for guid in guids)


def has_capitals(url: str) -> bool:
    """Section 1: whether the path has an upper-case letter."""
    path = unquote(urlsplit(url).path)
    return path != path.lower()


def refuses_json(accept: str) -> bool:
    """Section 1, and as recorded: whether an Accept header excludes JSON."""
    return bool(accept.strip(" ,")) and not re.search(r"\*/\*|application/(json|\*)(?!; *charset)", accept)


def _json(body: bytes | None) -> Any:
    try:
        return json.loads(body or b"null")
    except (ValueError, RecursionError):
        return None


def _lowered(value: Any) -> Any:
    """JSON with its names in lower case and without null members, which mean nothing."""
    if isinstance(value, dict):
        return {name.lower(): _lowered(item) for name, item in value.items() if item is not None}
    return [_lowered(item) for item in value] if isinstance(value, list) else value


def _first(params: Sequence[tuple[str, str]], name: str) -> list[str]:
    return [value.strip() for key, value in params if key.lower() == name][:1]


def _overflows(version: str) -> bool:
    """Section 5: a number over 2,147,483,647 in a wildcard version."""
    parts = version.removeprefix("v").split(".")
    return "*" in parts and any(re.fullmatch("0*[0-9]{1,4000}", part) and int(part) > LARGEST_INT for part in parts)


def _is_no_patch(served: Served, data_set_id: str, version: str) -> bool:
    """Section 8: patch history of a version with patch 0."""
    try:
        words = served.words.get(str(UUID(data_set_id.strip("(){}"))))
    except ValueError:
        words = None
    match = re.fullmatch(r"v?([0-9]{1,10}|\*)(?:\.([0-9]{1,10}|\*))?(?:\.([0-9]{1,10}|\*))?", version)
    if words is None or match is None:
        return False
    if "*" not in version:
        return int(match[3] or 0) == 0
    wanted = [int(part) for part in match.groups() if part not in (None, "*")]
    about = [one.about for one in words.holding.versions if one.about.status is DataSetVersionStatus.PUBLISHED]
    numbers = [(one.version.major, one.version.minor, one.version.patch) for one in about]
    return max((number for number in numbers if list(number[: len(wanted)]) == wanted), default=(0, 0, 1))[2] == 0


def _paging(params: Sequence[tuple[str, str]]) -> tuple[Any, Any]:
    page, size = _first(params, "page"), _first(params, "pagesize")
    return (page[0] if page else None), (size[0] if size else None)


def _number(value: Any, default: int) -> int:
    """A number, quoted or not; 0 for what is none, which is refused before."""
    if value is None:
        return default
    if isinstance(value, str) and re.fullmatch("[+-]?[0-9]{1,30}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _got_periods(params: Sequence[tuple[str, str]]) -> Iterator[str]:
    for name in _COMPARATORS:
        yield from _first(params, f"timeperiods.{name}")
    lists = re.compile(r"timeperiods\.(in|notin)(\[[0-9]+\])?")
    for key, value in params:
        match = lists.fullmatch(key.lower())
        if match is not None:
            pieces = [piece for piece in value.split(",") if piece]
            yield from pieces[:1] if match[2] else pieces


def _posted_periods(criteria: Any) -> Iterator[str]:
    for facets in _all_facets(criteria):
        comparators = facets.get("timeperiods")
        for item in _items(comparators):
            if isinstance(item, dict) and isinstance(item.get("period"), str):
                yield item["period"]


def _items(comparators: Any) -> Iterator[Any]:
    if isinstance(comparators, dict):
        for value in comparators.values():
            yield from value if isinstance(value, list) else [value]


def _all_facets(criteria: Any) -> Iterator[dict[str, Any]]:
    if isinstance(criteria, dict):
        yield criteria
        inner: Iterable[Any] = [*_listed(criteria.get("and")), *_listed(criteria.get("or")), criteria.get("not")]
        for item in inner:
            yield from _all_facets(item)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_short(text: str) -> bool:
    """Section 14: a year that passes validation without having four digits."""
    year = text.partition("|")[0].strip().partition("/")[0]
    return year.isascii() and year.isdecimal() and len(year) != 4


def _has_hole(criteria: Any) -> bool:
    """Section 11: an empty object inside `and` or `or` with several elements, or inside `not`."""
    if not isinstance(criteria, dict):
        return False
    several = _listed(criteria.get("and")) or _listed(criteria.get("or"))
    if any(_has_hole(item) for item in [*several, criteria.get("not")]):
        return True
    if len(several) > 1:
        return any(_is_empty(item) for item in several)
    return "not" in criteria and _is_empty(criteria["not"])


def _is_empty(criteria: Any) -> bool:
    """Whether criteria without a hole say no condition."""
    if not isinstance(criteria, dict) or "not" in criteria:
        return False
    several = _listed(criteria.get("and")) or _listed(criteria.get("or"))
    if several:
        return len(several) == 1 and _is_empty(several[0])
    return not any(isinstance(facet, dict) and facet.keys() & set(_ALL_COMPARATORS) for facet in criteria.values())
