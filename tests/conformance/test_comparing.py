"""What holds recorded answers against the box finds every kind of difference, and passes over what has no order."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.comparing import OVER_HTTP, Asked, differences
from tests.conformance.recording import Ids, Json
from tests.doors.api import Response

JSON_HEADERS = {"content-type": "application/json; charset=utf-8", "api-supported-versions": "1"}
DATA_SET = "/v1/data-sets/3f2f0379-cc80-54b0-a720-e8c138928785"


def row(year: str, sex: str, value: str) -> Json:
    """A row of the synthetic answers."""
    return {
        "timePeriod": {"code": "CY", "period": year},
        "geographicLevel": "NAT",
        "locations": {"NAT": "eng"},
        "filters": {"sex": sex},
        "values": {"n": value},
    }


ROWS = [row("2024", "girls", "1"), row("2024", "boys", "2"), row("2023", "girls", "3")]
PAGING = {"page": 1, "pageSize": 3, "totalResults": 4, "totalPages": 2}
WARNING = {"message": "Debug.", "code": "DebugEnabled"}
QUERY = {"warnings": [WARNING], "paging": PAGING, "results": ROWS}
FAULT = {"message": "Must be 1.", "path": "page", "code": "GreaterThanOrEqual", "detail": {"value": 0}}
ERRORS = {"title": "Bad", "status": 400, "errors": [FAULT], "traceId": "there"}
SCHOOLS = [{"id": number, "label": "St Mary", "urn": number} for number in ("1", "2")]
META = {
    "filters": [{"id": "sex", "column": "sex", "label": "Sex", "options": [{"id": "girls", "label": "Girls"}]}],
    "locations": [{"level": {"code": "SCH"}, "options": SCHOOLS}],
}
CHANGES = {"majorChanges": {}, "minorChanges": {"timePeriods": [{"currentState": {"code": "CY", "period": "2024"}}]}}
VERSIONS = {"paging": PAGING, "results": [{"version": "1.0", "file": {"id": "x"}}, {"version": "1.0.1"}]}
IDS = Ids(ours={("option", "girls"): "girls"})

Change = Callable[[Any], Any]


def compared(
    path: str, recorded: Json, change: Change, *, status: int = 200, rows: list[Json] | None = None
) -> list[str]:
    """Differences of a changed copy of a recorded answer; `rows` are what the box has besides."""
    asked = Asked(
        tag="get", method="GET", path=f"{DATA_SET}{path}", query="", headers={}, body=None, status=status,
        answer_headers=JSON_HEADERS, answer=recorded, digest=None, cut=False,
    )  # fmt: skip
    answer = json.loads(json.dumps(recorded))
    answer = change(answer) or answer
    response = Response(status=status, headers=JSON_HEADERS, body=json.dumps(answer).encode())
    return differences(asked, response, headers=OVER_HTTP, ids=IDS, ask=lambda *_: {"results": rows or []})


def put(*keys: Any) -> Change:
    """Put the last of these where the others lead."""

    def change(answer: Any) -> None:
        for key in keys[:-2]:
            answer = answer[key]
        answer[keys[-2]] = keys[-1]

    return change


@pytest.mark.parametrize(
    ("path", "recorded", "change", "kind"),
    [
        ("/query", QUERY, put("results", 0, "values", "n", "9"), "rows"),
        ("/query", QUERY, put("results", 0, "locations", "NAT", "wales"), "rows"),
        ("/query", QUERY, put("results", 1, ROWS[0]), "rows"),
        ("/query", QUERY, put("results", ROWS[:2]), "number of rows"),
        ("/query", QUERY, put("results", [ROWS[2], *ROWS[:2]]), "order by timePeriod"),
        ("/query", QUERY, put("paging", "totalResults", 5), "what stands around warnings"),
        ("/query", QUERY, put("warnings", []), "codes of warnings"),
        ("/query", QUERY, put("warnings", 0, "message", "Debug!"), "texts of warnings"),
        ("/query", QUERY, lambda _: {"other": 1}, "members"),
        ("/meta", META, put("filters", 0, "options", 0, "label", "girls"), "metadata: filters"),
        ("/meta", META, put("locations", 0, "options", 1, "urn", "3"), "metadata: locations"),
        ("/versions/1.1/changes", CHANGES, put("minorChanges", {}), "changes"),
        ("/versions", VERSIONS, put("results", 1, "version", "1.0.2"), "items of a list"),
        ("/versions", VERSIONS, put("paging", "totalPages", 3), "paging of a list"),
        ("", {"title": "A"}, put("title", "B"), "body"),
    ],
)
def test_differences(path: str, recorded: Json, change: Change, kind: str) -> None:
    """One thing that differs is said, and nothing else."""
    assert [] == compared(path, recorded, lambda _: None)
    assert [kind] == compared(path, recorded, change)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (put("errors", 0, "code", "Other"), "codes of errors"),
        (put("errors", 0, "detail", "value", 1), "texts of errors"),
        (put("title", "Worse"), "what stands around errors"),
    ],
)
def test_different_errors(change: Change, kind: str) -> None:
    """Codes, texts and the rest of an error count; the id of its trace does not."""
    assert [] == compared("/query", ERRORS, put("traceId", "here"), status=400)
    assert [kind] == compared("/query", ERRORS, change, status=400)


@pytest.mark.parametrize(
    ("path", "recorded", "change"),
    [
        ("/query", QUERY, put("results", [ROWS[1], ROWS[0], ROWS[2]])),
        ("/meta", META, lambda answer: answer["locations"][0]["options"].reverse()),
        ("/versions", VERSIONS, lambda answer: answer["results"].reverse()),
        ("/versions", VERSIONS, put("results", 0, "file", "id", "y")),
    ],
)
def test_what_has_no_order(path: str, recorded: Json, change: Change) -> None:
    """Rows that the sorts leave equal, places of one label, versions and ids of files are equal in any order."""
    assert [] == compared(path, recorded, change)


def test_another_row_of_a_tie() -> None:
    """A row of the page may be on another page here, if the box has it at all."""
    other = put("results", 1, row("2024", "others", "4"))
    assert ["rows"] == compared("/query", QUERY, other)
    assert [] == compared("/query", QUERY, other, rows=[ROWS[1]])


def test_status_and_headers() -> None:
    """A status or a header that differs is said with both."""
    asked = Asked(
        tag="get", method="GET", path=DATA_SET, query="", headers={}, body=None, status=200,
        answer_headers=JSON_HEADERS, answer={}, digest=None, cut=False,
    )  # fmt: skip

    def found(status: int, headers: dict[str, str]) -> list[str]:
        response = Response(status=status, headers=headers, body=b"{}")
        return differences(asked, response, headers=OVER_HTTP, ids=IDS, ask=lambda *_: None)

    assert [] == found(200, JSON_HEADERS)
    assert ["status 404 for 200"] == found(404, JSON_HEADERS)
    assert ["header etag: x for none"] == found(200, JSON_HEADERS | {"etag": "x"})
    assert ["header api-supported-versions: none for 1"] == found(200, {"content-type": JSON_HEADERS["content-type"]})
