"""What `ees serve` has of HTTP, as the service was recorded to have it: media types, encodings, methods, addresses."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping

import pytest

import eesclient as ees
from tests.conformance.asking import listening, plainly
from tests.doors.api import Response

DATA_SET = f"/v1/data-sets/{ees.local.SEN_ID}"
HAS_BROTLI = importlib.util.find_spec("brotli") is not None


@pytest.fixture(scope="module", name="port")
def _port() -> Iterator[int]:
    """Where the demo listens."""
    with listening(ees.local.demo()) as port:
        yield port


def ask(
    port: int, path: str, *, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """The answer to a request."""
    return plainly(port, method, path, "", body, headers or {})


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json", 200),
        ("APPLICATION/JSON", 200),
        ("application/json;q=0", 200),
        ("application/*", 200),
        ("text/html,application/xml;q=0.9,*/*;q=0.8", 200),
        ("nonsense", 200),
        ("", 200),
        ("application/json; charset=utf-8", 406),
        ("text/json", 406),
        ("text/csv", 406),
        ("application/problem+json", 406),
    ],
)
def test_what_clients_accept(port: int, accept: str, status: int) -> None:
    """JSON comes to who takes it as it is called; others are refused, whatever they would have been told."""
    for path in (DATA_SET, f"{DATA_SET}/versions/99.0"):
        answer = ask(port, path, headers={"Accept": accept})
        assert answer.status == (404 if status == 200 and "99" in path else status)
        assert "1" == answer.headers["api-supported-versions"]
        is_problem = accept == "application/problem+json"
        assert bool(answer.body) == (status == 200 or is_problem)
        kind = "application/problem+json" if is_problem else "application/json"
        assert not answer.body or answer.headers["content-type"] == f"{kind}; charset=utf-8"
    assert 200 == ask(port, f"{DATA_SET}/csv", headers={"Accept": accept}).status


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 200),
        ("application/vnd.api+json", 200),
        ("application/json; charset=UTF-8", 200),
        ("application/json; charset=iso-8859-1", 415),
        ("", 415),
        ("text/json", 415),
        ("application/x-www-form-urlencoded", 415),
    ],
)
def test_what_a_body_is(port: int, kind: str, status: int) -> None:
    """A body has to be said to be JSON; what is no JSON at all does not get past routing, which has no words."""
    answer = ask(port, f"{DATA_SET}/query", method="POST", body=b'{"pageSize":1}', headers={"Content-Type": kind})
    assert status == answer.status
    assert ("api-supported-versions" in answer.headers) == (status == 200)
    is_readable = not kind or kind.startswith("application/json")
    assert bool(answer.body) == (status == 200 or is_readable)


def test_a_question_without_a_body(port: int) -> None:
    """It asks for everything, and needs no type."""
    answer = ask(port, f"{DATA_SET}/query", method="POST")
    assert (200, True) == (answer.status, b'"page":1,"pageSize":1000' in answer.body)


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("gzip, br", "br" if HAS_BROTLI else "gzip"),
        ("br;q=0.5, gzip", "gzip"),
        ("*", "br" if HAS_BROTLI else "gzip"),
        ("br", "br" if HAS_BROTLI else None),
        ("gzip;q=0", None),
        ("deflate", None),
        ("identity", None),
        ("", None),
    ],
)
def test_encodings(port: int, accepted: str, encoding: str | None) -> None:
    """JSON comes packed as the client likes best, Brotli before gzip; the data file by gzip whatever is asked."""
    plain = ask(port, DATA_SET, headers={"Accept-Encoding": ""})
    answer = ask(port, DATA_SET, headers={"Accept-Encoding": accepted})
    assert encoding == answer.headers.get("content-encoding")
    assert ("Accept-Encoding" if accepted else None) == answer.headers.get("vary")
    assert encoding == "br" or plain.body == answer.body
    file = ask(port, f"{DATA_SET}/csv", headers={"Accept-Encoding": accepted})
    assert ("gzip", None) == (file.headers["content-encoding"], file.headers.get("vary"))


@pytest.mark.skipif(not HAS_BROTLI, reason="brotli is not installed")
def test_brotli(port: int) -> None:
    """What is packed by Brotli is the same."""
    import brotli

    plain, packed = (ask(port, DATA_SET, headers={"Accept-Encoding": name}).body for name in ("", "br"))
    assert plain == brotli.decompress(packed)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_methods(port: int, method: str) -> None:
    """`/health` takes every method, the API GET alone, and POST for queries; not even HEAD."""
    health = ask(port, "/health", method=method)
    assert (200, "text/plain") == (health.status, health.headers["content-type"])
    if method == "GET":
        return
    for path, allowed in ((DATA_SET, "GET"), (f"{DATA_SET}/query", "GET, POST")):
        if method not in allowed:
            answer = ask(port, path, method=method)
            assert (405, allowed, b"") == (answer.status, answer.headers["allow"], answer.body)
            assert "api-supported-versions" not in answer.headers


def test_addresses(port: int) -> None:
    """`/v1.0` is `/v1`, one slash at the end is as good as none, and two or another version lead nowhere."""
    statuses = {
        path: ask(port, path).status
        for path in (
            f"{DATA_SET}/",
            f"{DATA_SET}//",
            DATA_SET.replace("v1", "v1.0"),
            DATA_SET.replace("v1", "v2"),
            f"/{DATA_SET}",
            DATA_SET.removeprefix("/v1"),
        )
    }
    assert [200, 404, 200, 404, 404, 404] == [*statuses.values()]
    moved = ask(port, DATA_SET.replace("data", "Data"))
    assert (308, f"http://127.0.0.1:{port}{DATA_SET}", b"") == (moved.status, moved.headers["location"], moved.body)


def test_a_data_file_that_is_not_there(port: int) -> None:
    """It is said as the endpoint says it that has no JSON otherwise."""
    answer = ask(port, f"{DATA_SET}/csv?dataSetVersion=9.0")
    assert (404, "application/problem+json; charset=utf-8") == (answer.status, answer.headers["content-type"])


def test_a_data_file_comes_whole(port: int) -> None:
    """No part of it can be asked for, and nothing says when it changed."""
    answer = ask(port, f"{DATA_SET}/csv", headers={"Range": "bytes=0-9", "If-None-Match": "*"})
    assert 200 == answer.status
    assert answer.headers.keys().isdisjoint({"etag", "accept-ranges", "last-modified"})
