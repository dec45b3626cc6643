"""What every answer to a drawn request has to be."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from schemathesis import checks as standard
from schemathesis.specs.openapi import checks as openapi

from eesclient import Request
from tests.doors.table import FAILURES
from tests.fuzz.predicted import has_capitals, is_routed, predictions, refuses_json
from tests.fuzz.served import Served
from tests.fuzz.undocumented import NO_BODY

LONGEST_LINE = 8192
"""Bytes of a request line that the service reads (reference, section 1)."""

# Two of Schemathesis's checks cannot hold here. What the document allows may be refused: ids, versions and sorts must
# be those of the data set. What it forbids may be taken: numbers in quotes, lists with commas, whole bodies left out.
CHECKS = [
    standard.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_headers_conformance,
    openapi.response_schema_conformance,
]


def in_process(served: Served, sent: Any) -> tuple[int, bytes]:
    """Status and body that the service itself gives to a request that was sent."""
    parts = urlsplit(sent.url)
    body = sent.body.encode() if isinstance(sent.body, str) else sent.body
    answer = served.service.handle(
        Request(
            method=sent.method,
            path=unquote(parts.path).removeprefix("/v1"),
            params=tuple(parse_qsl(parts.query, keep_blank_values=True)),
            body=body,
            # in process a missing content type is taken as JSON; over HTTP it is refused, as by the service
            headers=tuple(({"content-type": ""} | {k.lower(): v for k, v in sent.headers.items()}).items()),
        )
    )
    return answer.status, answer.body


def check(served: Served, case: Any, answer: Any) -> None:
    """Fail for anything that neither the document nor one of the tables has."""
    sent = answer.request
    body = sent.body.encode() if isinstance(sent.body, str) else sent.body
    predicted = predictions(served, sent.method, sent.url, body)
    if answer.status_code == 500:
        assert predicted & FAILURES.keys(), f"500 that nothing predicts: {case.as_curl_command()}"
        assert b"" == answer.content
        return
    assert not (answer.status_code == 200 and predicted), f"200, not {predicted}: {case.as_curl_command()}"
    assert has_capitals(sent.url) == (answer.status_code == 308), case.as_curl_command()
    if not answer.content and answer.status_code in NO_BODY:
        case.validate_response(answer, checks=CHECKS[:2])
        is_routed_404 = answer.status_code == 404 and is_routed(case.path, sent.url)
        assert not is_routed_404, f"404 without a problem document: {case.as_curl_command()}"
    else:
        case.validate_response(answer, checks=CHECKS)
    if answer.status_code == 414:
        assert len(sent.url) > LONGEST_LINE - 100, case.as_curl_command()
    elif answer.status_code == 406:
        assert refuses_json(sent.headers["Accept"]), case.as_curl_command()
    else:  # content negotiation is the business of HTTP, the rest is the service's
        assert (answer.status_code, answer.content) == in_process(served, sent), case.as_curl_command()
