"""A case's request sent, in process or through a socket, and its answer held against what is expected."""

from __future__ import annotations

import gzip
import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from threading import Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, unquote, urlencode

import pytest

from eesclient import Request
from eesclient.local import Service
from tests.conformance.pack import Case, checker, data
from tests.conformance.setups import FIXTURE, box, filled, request_of
from tests.doors.api import Response

OWN = ("csvEqualsStoredFile",)
READ = (
    "status", "errors", "warnings", "paging", "resultCount", "resultsAt", "resultsContain", "allResults", "distinct",
    "distinctCount", "includes", "excludes", "keys", "sequences", "ranges", "body", "bodyHas", "bodyAbsent",
    "bodyCounts", "resultHas", "nonEmpty", "empty", "headers", *OWN,
)  # fmt: skip
"""Members of `expect` that are checked; any other would be passed over in silence."""


def in_process(case: Case) -> Response:
    """The answer of a box without sockets."""
    given = request_of(case)
    return box(case).handle(
        Request(
            method=given["method"],
            path=unquote(given["path"]).removeprefix("/v1"),
            params=tuple((name, value) for name, value in given["query"]),
            headers=tuple(given["headers"].items()),
            body=_body(given),
        )
    )


class Box:
    """What the server asks: the box of the case at hand."""

    def __init__(self) -> None:
        self.service: Service | None = None

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        return Response(status=503) if self.service is None else self.service.handle(request)


class Wire:
    """A connection to the server, with plain requests."""

    def __init__(self, box: Box, port: int) -> None:
        self._box = box
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._connection.close()

    def ask(self, case: Case) -> Response:
        """The answer to a case's request, sent as it stands there."""
        self._box.service = box(case)
        given = request_of(case)
        query = urlencode([tuple(pair) for pair in given["query"]], quote_via=quote)
        target = quote(given["path"], safe="/{}()*%") + (f"?{query}" if query else "")
        self._connection.request(given["method"], target, body=_body(given), headers=given["headers"])
        return _response(self._connection)


@contextmanager
def listening(service: Service | Box) -> Iterator[int]:
    """Where a box listens behind HTTP, on this machine."""
    pytest.importorskip("uvicorn", reason="the extra server is not installed")
    pytest.importorskip("starlette", reason="the extra server is not installed")
    from tests.doors.server import application, web

    server = web.server(application(service))
    with web.listen("127.0.0.1", 0) as connection:
        thread = Thread(target=server.run, kwargs={"sockets": [connection]})
        thread.start()
        yield connection.getsockname()[1]
        server.should_exit = True
        thread.join(timeout=20)


def plainly(  # noqa: PLR0917 - the parts of a request
    port: int, method: str, path: str, query: str, body: bytes | None, headers: Mapping[str, str]
) -> Response:
    """The answer to a request exactly as it stands; JSON is asked for and sent unless headers say otherwise."""
    target = (path + (f"?{query}" if query else "")).replace(" ", "%20")
    sent = {"Accept": "application/json", "Accept-Encoding": "identity"}
    if body is not None:
        sent |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    # each has a connection of its own: the server closes those that wait
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with closing(connection):
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in {**sent, **headers}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        return _response(connection)


def _response(connection: http.client.HTTPConnection) -> Response:
    answer = connection.getresponse()
    body = answer.read()
    headers = {name.lower(): value for name, value in answer.getheaders()}
    if headers.get("content-encoding") == "gzip" and body:
        body = gzip.decompress(body)
    return Response(status=answer.status, headers=headers, body=body)


def _body(given: Mapping[str, Any]) -> bytes | None:
    # the body of a POST may be the JSON literal null
    return None if given["method"] == "GET" else json.dumps(given["body"]).encode()


def hold(case: Case, response: Response) -> None:
    """Hold an answer against what a case expects."""
    expect = filled(case, case["expect"])
    assert not set(expect) - set(READ), "the case expects something that nothing here reads"
    is_json = response.headers.get("content-type", "").startswith("application/json")
    body = json.loads(response.body) if is_json else None
    checker().check(expect, {"status": response.status, "headers": dict(response.headers), "body": body})
    if expect.get("csvEqualsStoredFile"):
        assert data(FIXTURE).csv.read() == response.body
    if "from_source" in case:
        assert body is not None
        assert filled(case, case["from_source"]["errors"]) == body["errors"]
