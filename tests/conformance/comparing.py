"""A recorded answer held against that of a box: what differs, in a few words of a kind.

Compared in recorded ids, and as sets where the service gives no order: rows that its sorts leave equal, places of one
label, publications, versions that differ in their patch alone.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

import attrs

import eesclient as ees
from tests.conformance.recording import Ask, Ids, Json, parameters
from tests.doors.api import Response

IN_PROCESS = ("content-type", "api-supported-versions", "content-disposition", "allow")
"""Headers that the service in this process has."""

OVER_HTTP = (*IN_PROCESS, "content-encoding", "vary", "location", "etag", "accept-ranges", "last-modified")
"""Headers that mean something, whether the service has them or not."""

_OF_A_SERVICE = {"traceId"}
"""What each answer, or each service, has of its own."""

_HOST = re.compile("^https?://[^/]+")


@attrs.frozen(kw_only=True)
class Asked:
    """A question with its recorded answer."""

    tag: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: Any
    status: int
    answer_headers: Mapping[str, str]
    answer: Any
    digest: str | None
    cut: bool

    @classmethod
    def of(cls, line: bytes) -> Asked:
        """The question of a line of a recording."""
        one = json.loads(line)
        return cls(
            tag=one["tag"],
            method=one["method"],
            path=one["path"],
            query=one["query"] or "",
            headers=one["headers"],
            body=one["body"],
            status=one["status"],
            answer_headers={name.lower(): value for name, value in one["answerHeaders"].items()},
            answer=one.get("answer"),
            digest=one.get("sha256"),
            cut=bool(one.get("cut")),
        )

    def translated(self, ids: Ids) -> Asked:
        """The same with our ids."""
        body = ids.body(self.body) if isinstance(self.body, dict) else self.body
        return attrs.evolve(self, query=ids.query(self.query), body=body)

    def posted(self) -> bytes | None:
        """The body as bytes."""
        if self.body is None:
            return None
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()


def in_process(service: ees.local.Service, asked: Asked) -> Response:
    """The answer of a box without sockets."""
    return service.handle(
        ees.Request(
            method=asked.method,
            path=unquote(asked.path).removeprefix("/v1"),
            params=parameters(asked.query),
            body=asked.posted(),
            headers=tuple(asked.headers.items()),
        )
    )


def asker(service: ees.local.Service) -> Ask:
    """Ask a box for JSON."""

    def ask(path: str, query: str, body: Json | None, headers: Mapping[str, str]) -> Json | None:
        request = ees.Request(
            method="GET" if body is None else "POST",
            path=path.removeprefix("/v1").lower().rstrip("/"),
            params=parameters(query),
            body=None if body is None else json.dumps(body).encode(),
            headers=tuple((name, value) for name, value in headers.items() if name == "Preview-Token"),
        )
        response = service.handle(request)
        return json.loads(response.body) if response.status == 200 else None

    return ask


def differences(asked: Asked, response: Response, *, headers: Iterable[str], ids: Ids, ask: Ask) -> list[str]:
    """What differs, if anything."""
    if response.status != asked.status:
        return [f"status {response.status} for {asked.status}"]
    found = [
        f"header {name}: {ours or 'none'} for {theirs or 'none'}"
        for name in headers
        if (theirs := _header(asked.answer_headers.get(name))) != (ours := _header(response.headers.get(name)))
    ]
    if asked.method == "HEAD" or (asked.answer is None and "br" in asked.answer_headers.get("content-encoding", "")):
        return found
    return [*found, *_contents(asked, response.body, ids=ids, ask=ask)]


def _header(value: str | None) -> str | None:
    return None if value is None else _HOST.sub("", value)


def _contents(asked: Asked, body: bytes, *, ids: Ids, ask: Ask) -> Iterator[str]:
    if asked.digest == hashlib.sha256(body).hexdigest():
        return
    if not isinstance(asked.answer, dict):
        yield "body"
        return
    theirs = _plain(asked.answer)
    try:
        read = json.loads(body)
    except ValueError:
        yield "body"
        return
    if asked.cut:
        read["results"] = read["results"][: len(theirs["results"])]
    ours = _plain(read)
    yield from _comparison(asked)(theirs, ours) if "errors" not in theirs else _faults("errors", theirs, ours, ids)
    if "results" in theirs and "query" in asked.path and "results" in ours:
        yield from _rows(asked, theirs, ours, ids=ids, ask=ask)


def _plain(value: Any) -> Any:
    """Without what each service has of its own: the ids of traces and files."""
    if isinstance(value, dict):
        return {
            name: _plain(item)
            for name, item in value.items()
            if name not in _OF_A_SERVICE and not (name == "file" and isinstance(item, dict))
        }
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _comparison(asked: Asked) -> Callable[[Json, Json], Iterator[str]]:
    path = asked.path.lower().replace("%6d", "m").rstrip("/")
    if path.endswith("/meta"):
        return _meta
    if path.endswith("/changes"):
        return _changes
    if path.endswith("/query"):
        # what they hold comes after this
        return lambda theirs, ours: iter(() if theirs.keys() == ours.keys() else ("members",))
    if "results" in (asked.answer or {}):
        return _lists
    return lambda theirs, ours: iter(() if theirs == ours else ("body",))


def _meta(theirs: Json, ours: Json) -> Iterator[str]:
    for name in sorted({*theirs, *ours}):
        if _without_ids(theirs.get(name)) != _without_ids(ours.get(name)):
            yield f"metadata: {name}"


def _without_ids(value: Any) -> Any:
    """Without ids, places of one label in the order of their codes."""
    if isinstance(value, dict):
        return {name: _without_ids(item) for name, item in value.items() if name != "id"}
    if not isinstance(value, list):
        return value
    items = [_without_ids(item) for item in value]
    if not all(isinstance(item, dict) and "label" in item for item in items):
        return items
    groups = itertools.groupby(items, lambda item: item["label"])
    return [item for _, group in groups for item in sorted(group, key=lambda one: json.dumps(one, sort_keys=True))]


def _changes(theirs: Json, ours: Json) -> Iterator[str]:
    if _without_ids(theirs) != _without_ids(ours):
        yield "changes"


def _lists(theirs: Json, ours: Json) -> Iterator[str]:
    if theirs["paging"] != ours.get("paging"):
        yield "paging of a list"
        return
    # pages of publications of one time are cut anywhere
    is_part = len(theirs["results"]) < theirs["paging"]["totalResults"] and "slug" in _text(theirs["results"])
    if not is_part and sorted(map(_text, theirs["results"])) != sorted(map(_text, ours["results"])):
        yield "items of a list"


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _faults(member: str, theirs: Json, ours: Json, ids: Ids) -> Iterator[str]:
    """Differences of errors or warnings, which are in an order."""
    told = [ids.detail(fault) for fault in ours.get(member, [])]
    if [(one["code"], one.get("path")) for one in theirs[member]] != [(one["code"], one.get("path")) for one in told]:
        yield f"codes of {member}"
    elif theirs[member] != told:
        yield f"texts of {member}"
    rest = [{name: item for name, item in one.items() if name not in {member, "results"}} for one in (theirs, ours)]
    if rest[0] != rest[1]:
        yield f"what stands around {member}"


# Rows


def _rows(asked: Asked, theirs: Json, ours: Json, *, ids: Ids, ask: Ask) -> Iterator[str]:
    yield from _faults("warnings", theirs, ours, ids)
    if theirs["paging"] != ours["paging"]:
        return
    rows, expected = [ids.row(row) for row in ours["results"]], theirs["results"]
    if len(rows) != len(expected):
        yield "number of rows"
        return
    sorts = _sorts(asked)
    for one, other in zip(expected, rows, strict=True):
        for sort in sorts:
            if _key(sort, one, ids) != _key(sort, other, ids):
                yield f"order by {sort[0]}"
                return
    # of rows that the sorts leave equal any may stand on the page: they have to be there at all
    missing = Counter(map(_text, expected)) - Counter(map(_text, rows))
    if not all(_is_held(asked, json.loads(row), ids, ask) for row in missing):
        yield "rows"


def _sorts(asked: Asked) -> list[list[str]]:
    if asked.method == "GET":
        given = [one for name, value in parameters(asked.query) if name == "sorts" for one in value.split(",") if one]
        return [one.split("|")[:-1] for one in given] or [["timePeriod"]]
    body = asked.body if isinstance(asked.body, dict) else {}
    return [one["field"].split("|") for one in body.get("sorts") or ()] or [["timePeriod"]]


def _key(sort: list[str], row: Json, ids: Ids) -> Any:
    kind, *name = sort
    if kind == "timePeriod":
        return row["timePeriod"]
    if kind == "geographicLevel":
        return row["geographicLevel"]
    if kind == "location":
        # places of one label come in any order
        place = row["locations"].get(name[0], "").partition(" :: ")[0]
        return ids.labels.get((f"location {name[0]}", place), place)
    members = row["filters"] if kind == "filter" else row["values"]
    return next((value for key, value in members.items() if key.partition(" :: ")[0] == name[0]), None)


def _is_held(asked: Asked, row: Json, ids: Ids, ask: Ask) -> bool:
    """Whether the box has a row, asked for by all that it is about."""
    bare = {member: {_head(key): _head(one) for key, one in row[member].items()} for member in ("locations", "filters")}
    locations = [
        {"level": level, "id": ids.to_ours(f"location {level}", place)} for level, place in bare["locations"].items()
    ]
    criteria = [
        {"timePeriods": {"eq": row["timePeriod"]}, "geographicLevels": {"eq": row["geographicLevel"]}},
        *({"locations": {"eq": place}} for place in locations),
        *({"filters": {"eq": ids.to_ours("option", one)}} for one in bare["filters"].values()),
    ]
    indicators = [ids.to_ours("indicator", _head(name)) for name in row["values"]]
    question = {"criteria": {"and": criteria}, "indicators": indicators, "pageSize": 10_000}
    version = "&".join(part for part in asked.query.split("&") if part.lower().startswith("datasetversion="))
    answer = ask(asked.path, version, question, asked.headers)
    values = {_head(name): value for name, value in row["values"].items()}
    wanted = row | bare | {"values": values}
    return answer is not None and any(ids.row(one) == wanted for one in answer["results"])


def _head(text: str) -> str:
    return text.partition(" :: ")[0]
