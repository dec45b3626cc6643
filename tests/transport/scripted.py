"""A service that says what a test tells it to, and the answers it is told to say."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from eesclient import Request
from tests.doors.api import Response

ID = "019d431f-f58f-73c2-9c1e-5e5fd3462e77"
OTHER = "019d431f-519e-7527-999a-8019a8016012"
PUBLICATION = "5ac79e8d-4ab9-4ab4-bab0-08dd0ee4fcd0"

META: dict[str, Any] = {
    "filters": [
        {
            "id": "fSex0",
            "column": "sex",
            "label": "Sex",
            "hint": "",
            "options": [{"id": "oAll0", "label": "Total"}, {"id": "oFem0", "label": "Female"}],
        }
    ],
    "indicators": [{"id": "iPup0", "column": "pupils", "label": "Pupils", "unit": "", "decimalPlaces": 0}],
    "geographicLevels": [{"code": "NAT", "label": "National"}],
    "locations": [
        {
            "level": {"code": "NAT", "label": "National"},
            "options": [{"id": "lEng0", "label": "England", "code": "E92000001"}],
        }
    ],
    "timePeriods": [
        {"code": "W10", "period": "2024", "label": "2024 Week 10"},
        {"code": "W2", "period": "2024", "label": "2024 Week 2"},
    ],
}


def answer(data: object, status: int = 200, **headers: str) -> Response:
    """Return a response with a JSON body."""
    return Response(status=status, headers=headers, body=json.dumps(data).encode(), url="https://ees.test/v1/x")


def problem(status: int, title: str = "Problem", errors: Sequence[Mapping[str, Any]] = ()) -> Response:
    """Return a problem document."""
    return answer({"title": title, "status": status, "type": "t", "errors": list(errors)}, status)


def listed(results: Sequence[object], page: int = 1, pages: int = 1) -> Response:
    """Return one page of a list."""
    paging = {"page": page, "pageSize": 20, "totalResults": len(results) * pages, "totalPages": pages}
    return answer({"paging": paging, "results": list(results)})


def publication(id_: str = PUBLICATION, **members: object) -> dict[str, Any]:
    """Return a publication as the service writes it."""
    return {
        "id": id_,
        "title": "Special educational needs",
        "slug": "sen",
        "summary": "Pupils with SEN",
        "lastPublished": "2024-03-01T09:30:00+00:00",
    } | members


def data_set(id_: str = ID, latest: str | None = "1.0", **members: object) -> dict[str, Any]:
    """Return a data set as the service writes it."""
    found: dict[str, Any] = {"id": id_, "title": "SEN", "summary": "National figures", "status": "Published"} | members
    if latest is not None:
        found["latestVersion"] = {
            "version": latest,
            "published": "2024-03-01T09:30:00+00:00",
            "totalResults": 3,
            "file": {"id": "f"},
            "timePeriods": {"start": "2024 Week 2", "end": "2024 Week 10"},
            "geographicLevels": ["National"],
            "filters": ["Sex"],
            "indicators": ["Pupils"],
        }
    return found


def version(number: str = "1.0", status: str = "Published", **members: object) -> dict[str, Any]:
    """Return a version as the service writes it."""
    return {
        "version": number,
        "type": "Major",
        "status": status,
        "published": "2024-03-01T09:30:00+00:00",
        "notes": "",
        "totalResults": 3,
        "release": {"title": "Spring 2024", "slug": "spring-2024"},
    } | members


def row(value: str, sex: str = "oAll0", week: str = "W2") -> dict[str, Any]:
    """Return a row of an answer."""
    return {
        "timePeriod": {"code": week, "period": "2024"},
        "geographicLevel": "NAT",
        "locations": {"NAT": "lEng0"},
        "filters": {"fSex0": sex},
        "values": {"iPup0": value},
    }


def data_file(rows: int = 3) -> bytes:
    """Return a data file with so many rows."""
    head = b"time_period,time_identifier,geographic_level,country_code,country_name,sex,pupils\n"
    return head + b"".join(
        b"2024,%s,National,E92000001,England,%s,%d\n"
        % (b"Week 10" if number % 4 > 1 else b"Week 2", b"Female" if number % 2 else b"Total", number)
        for number in range(rows)
    )


Answer = Response | Exception | Callable[[Request], Response]


class Scripted:
    """Answers by method and path, for each the given answers in turn, the last again and again; keeps the requests."""

    source = "service"

    def __init__(self, answers: Mapping[str, Answer | Sequence[Answer]]) -> None:
        self.answers = {key: list(value) if isinstance(value, Sequence) else [value] for key, value in answers.items()}
        self.requests: list[Request] = []

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        self.requests.append(request)
        left = self.answers.get(f"{request.method} {request.path}")
        if left is None:
            return problem(404, "Not Found")
        said = left[0] if len(left) == 1 else left.pop(0)
        if isinstance(said, Exception):
            raise said
        if not isinstance(said, Response):
            return said(request)
        # the pages of lists have the size that was asked for
        size = dict(request.params).get("pageSize", "20")
        return attrs.evolve(said, body=said.body.replace(b'"pageSize": 20', f'"pageSize": {size}'.encode()))

    @property
    def paths(self) -> list[str]:
        """What was asked, in order."""
        return [request.path for request in self.requests]


def rows_answer(values: Sequence[str], total: int | None = None) -> Callable[[Request], Response]:
    """Return what answers a POST query with the page of these values that its body asks for."""

    def respond(request: Request) -> Response:
        body = json.loads(request.body or b"{}")
        page, size = body["page"], body["pageSize"]
        count = len(values) if total is None else total
        paging = {"page": page, "pageSize": size, "totalResults": count, "totalPages": -(-count // size) or 1}
        part = values[(page - 1) * size : page * size]
        return answer({"paging": paging, "results": [row(value) for value in part], "warnings": []})

    return respond


def opened(**more: Answer | Sequence[Answer]) -> Scripted:
    """Return a service with one data set, and further answers by the last part of the path."""
    answers: dict[str, Answer | Sequence[Answer]] = {
        f"GET /data-sets/{ID}": answer(data_set()),
        f"GET /data-sets/{ID}/versions": listed([version()]),
        f"GET /data-sets/{ID}/versions/1.0": answer(version()),
        f"GET /data-sets/{ID}/meta": answer(META),
    }
    for name, value in more.items():
        method = "POST" if name == "query" else "GET"
        answers[f"{method} /data-sets/{ID}" + (f"/{name}" if name != "summary" else "")] = value
    return Scripted(answers)
