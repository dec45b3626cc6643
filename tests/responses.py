"""Every kind of response, complete, with what a user asks to get it; and ways to change one."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import attrs
import pytest

import eesclient as ees
from tests.transport.scripted import ID, META, PUBLICATION, answer, data_set, opened, publication, row
from tests.transport.scripted import version as version_body

Path: TypeAlias = tuple[str | int, ...]
PAGING = {"page": 1, "pageSize": 20, "totalResults": 1, "totalPages": 1}
ROWS_PAGING = PAGING | {"pageSize": 10_000}
WARNING = {"message": "Odd.", "code": "Odd", "path": "criteria.filters", "detail": {"items": ["x"]}}
ERROR = {"message": "Bad.", "path": "search", "code": "Odd", "detail": {"value": None}}
PROBLEM = {"type": "t", "title": "Bad", "status": 400, "traceId": "00-1", "errors": [ERROR]}
LEVEL = {"code": "REG", "label": "Regional"}
INDICATOR = {"id": "iPup0", "column": "pupils", "label": "Pupils", "unit": "%", "decimalPlaces": 1}
LOCATION = {"id": "lNor0", "label": "North", "code": "E1", "oldCode": "1", "urn": "2", "laEstab": "3", "ukprn": "4"}
FILTER_STATE = {"id": "fSex0", "column": "sex", "label": "Sex", "hint": ""}
CHANGE_SET = {
    "filters": [{"previousState": FILTER_STATE, "currentState": FILTER_STATE}],
    "filterOptions": [{"filter": FILTER_STATE, "options": [{"currentState": {"id": "o", "label": "O"}}]}],
    "geographicLevels": [{"currentState": LEVEL}],
    "indicators": [{"currentState": INDICATOR}],
    "locationGroups": [{"currentState": {"level": LEVEL}}],
    "locationOptions": [{"level": LEVEL, "options": [{"previousState": LOCATION}]}],
    "timePeriods": [{"currentState": {"code": "AY", "period": "2023/2024", "label": "2023/24"}}],
}
CHANGED = {
    "versionNumber": "1.0",
    "notes": "n",
    "majorChanges": {"filters": CHANGE_SET["filters"]},
    "minorChanges": CHANGE_SET,
}
FULL_VERSION = version_body(
    withdrawn="2024-04-01T09:30:00+00:00",
    notes="n",
    file={"id": "f"},
    timePeriods={"start": "2024 Week 2", "end": "2024 Week 10"},
    geographicLevels=["National"],
    filters=["Sex"],
    indicators=["Pupils"],
)
FULL_META = META | {
    "filters": [META["filters"][0] | {"hint": "by sex"}],
    "indicators": [INDICATOR],
    "geographicLevels": [*META["geographicLevels"], LEVEL],
    "locations": [*META["locations"], {"level": LEVEL, "options": [LOCATION]}],
}


@attrs.frozen(kw_only=True)
class Kind:
    """A kind of response.

    Attributes:
        key: Which request it answers.
        body: A complete one, as parsed JSON.
        ask: What a user asks of the client, and gets.
        optional: Members that the service leaves out when they are null, by path.
        status: Its status.
        maps: Names of members that are keyed by ids, so that a new key is no new field.
    """

    key: str
    body: Any
    ask: Callable[[ees.Client], Any]
    optional: tuple[Path, ...] = ()
    status: int = 200
    maps: frozenset[str] = frozenset()

    def asked(self, body: object) -> Any:
        """What the user gets when that is the body."""
        service = opened()
        service.answers[self.key] = [answer(body, self.status)]
        with ees.Client(service=service) as client, warnings.catch_warnings():
            warnings.simplefilter("ignore", ees.EESWarning)
            return self.ask(client)


def rows_of(client: ees.Client) -> Any:
    """The frame of an answer in pages, with its warnings."""
    result = client.open(ID).query(route="pages")
    return result.frame.to_dicts(), result.warnings


def refused(client: ees.Client) -> Any:
    """The error that a list of publications ends with."""
    with pytest.raises(ees.StatusError) as caught:
        list(client.publications(search="any"))
    error = caught.value
    return type(error), error.status, error.title, error.errors


def problem(status: int) -> Kind:
    """A problem document."""
    members = [(name,) for name in PROBLEM]
    details = [("errors", 0, name) for name in ("path", "code", "detail")]
    return Kind(
        key="GET /publications",
        body=PROBLEM | {"status": status},
        ask=refused,
        optional=(*members, *details),
        status=status,
        maps=frozenset({"detail"}),
    )


LATEST_OPTIONAL = (("latestVersion",), ("supersedingDataSetId",))
VERSION_OPTIONAL = tuple((name,) for name in ("published", "withdrawn", "notes", "file", "timePeriods"))
META_OPTIONAL = (
    *((name,) for name in META),
    ("filters", 0, "hint"),
    ("indicators", 0, "unit"),
    ("indicators", 0, "decimalPlaces"),
    *(("locations", 1, "options", 0, name) for name in ("code", "oldCode", "urn", "laEstab", "ukprn")),
)
CHANGES_OPTIONAL = (
    *((name,) for name in ("notes", "majorChanges", "minorChanges", "patchHistory")),
    *(("minorChanges", name) for name in CHANGE_SET),
    ("minorChanges", "filters", 0, "previousState"),
    ("minorChanges", "filters", 0, "currentState"),
    ("minorChanges", "indicators", 0, "currentState", "unit"),
    ("minorChanges", "indicators", 0, "currentState", "decimalPlaces"),
    ("patchHistory", 0, "notes"),
)
QUERY_OPTIONAL = (
    ("warnings",),
    *(("warnings", 0, name) for name in WARNING),
    *(("results", 0, name) for name in row("1")),
    ("results", 0, "filters", "fSex0"),
    ("results", 0, "locations", "NAT"),
    ("results", 0, "values", "iPup0"),
)
FULL_DATA_SET = data_set(supersedingDataSetId=ID)


def inside(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """The same members, of the first item on a page."""
    return tuple(("results", 0, *path) for path in paths)


KINDS = {
    "publications": Kind(
        key="GET /publications",
        body={"paging": PAGING, "results": [publication()]},
        ask=lambda client: list(client.publications()),
    ),
    "publication": Kind(
        key=f"GET /publications/{PUBLICATION}",
        body=publication(),
        ask=lambda client: client.publication(PUBLICATION),
    ),
    "data sets": Kind(
        key=f"GET /publications/{PUBLICATION}/data-sets",
        body={"paging": PAGING, "results": [FULL_DATA_SET]},
        ask=lambda client: list(client.data_sets(PUBLICATION)),
        optional=inside(LATEST_OPTIONAL),
    ),
    "data set": Kind(
        key=f"GET /data-sets/{ID}",
        body=FULL_DATA_SET,
        ask=lambda client: client.data_set(ID),
        optional=LATEST_OPTIONAL,
    ),
    "versions": Kind(
        key=f"GET /data-sets/{ID}/versions",
        body={"paging": PAGING, "results": [FULL_VERSION]},
        ask=lambda client: list(client.versions(ID)),
        optional=inside(VERSION_OPTIONAL),
    ),
    "version": Kind(
        key=f"GET /data-sets/{ID}/versions/1.0",
        body=FULL_VERSION,
        ask=lambda client: client.version(ID, "1.0"),
        optional=VERSION_OPTIONAL,
    ),
    "changes": Kind(
        key=f"GET /data-sets/{ID}/versions/1.0/changes",
        body=CHANGED | {"patchHistory": [CHANGED]},
        ask=lambda client: client.changes(ID, "1.0"),
        optional=CHANGES_OPTIONAL,
        maps=frozenset({"majorChanges", "minorChanges"}),
    ),
    "meta": Kind(
        key=f"GET /data-sets/{ID}/meta",
        body=FULL_META,
        ask=lambda client: client.meta(ID),
        optional=META_OPTIONAL,
    ),
    "query": Kind(
        key=f"POST /data-sets/{ID}/query",
        body={"paging": ROWS_PAGING, "results": [row("7")], "warnings": [WARNING]},
        ask=rows_of,
        optional=QUERY_OPTIONAL,
        maps=frozenset({"filters", "locations", "values", "detail"}),
    ),
    **{f"problem {status}": problem(status) for status in (400, 403, 404, 500)},
}


def objects(value: object, path: Path = ()) -> Iterator[Path]:
    """Paths of all objects in a body."""
    if isinstance(value, dict):
        yield path
        for name, member in value.items():
            yield from objects(member, (*path, name))
    if isinstance(value, list):
        for place, item in enumerate(value):
            yield from objects(item, (*path, place))


def changed(body: Any, path: Path, edit: Callable[[Any], None]) -> Any:
    """A copy of a body, edited at a path."""
    found = body = copy.deepcopy(body)
    for step in path:
        found = found[step]
    edit(found)
    return body
