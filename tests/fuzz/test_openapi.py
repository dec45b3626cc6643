"""Schemathesis draws requests from the published document and sends them to `ees serve`."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings

REASON = "is installed for the tests on the main Python only"
schemathesis = pytest.importorskip("schemathesis", reason=f"schemathesis {REASON}")
pytest.importorskip("uvicorn", reason="the extra server is not installed")

import requests  # noqa: E402 - after the check for what brings it
from schemathesis import checks as standard  # noqa: E402
from schemathesis.specs.openapi import checks as openapi  # noqa: E402

from eesclient import Request  # noqa: E402
from tests.doors.table import FAILURES  # noqa: E402
from tests.fuzz.drawn import cases  # noqa: E402
from tests.fuzz.predicted import has_capitals, is_routed, predictions, refuses_json  # noqa: E402
from tests.fuzz.served import Served, serving  # noqa: E402
from tests.fuzz.undocumented import NO_BODY, corrected  # noqa: E402

pytestmark = pytest.mark.property

EXAMPLES = {"everyday": 40, "fewer": 20, "long": 2_000}[os.environ.get("EES_PROFILE", "everyday")]
OPERATIONS = (
    "GET /v1/publications",
    "GET /v1/publications/{publicationId}",
    "GET /v1/publications/{publicationId}/data-sets",
    "GET /v1/data-sets/{dataSetId}",
    "GET /v1/data-sets/{dataSetId}/meta",
    "GET /v1/data-sets/{dataSetId}/query",
    "POST /v1/data-sets/{dataSetId}/query",
    "GET /v1/data-sets/{dataSetId}/csv",
    "GET /v1/data-sets/{dataSetId}/versions",
    "GET /v1/data-sets/{dataSetId}/versions/{dataSetVersion}",
    "GET /v1/data-sets/{dataSetId}/versions/{dataSetVersion}/changes",
)
LISTS = ("/publications", "/data-sets", "/query", "/versions")

# Two of Schemathesis's checks cannot hold here. What the document allows may be refused: ids, versions and sorts must
# be those of the data set. What it forbids may be taken: numbers in quotes, lists with commas, whole bodies left out.
CHECKS = [
    standard.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_headers_conformance,
    openapi.response_schema_conformance,
]


@pytest.fixture(scope="module")
def document(reference_folder: Path) -> Any:
    """The published document, put right where the reference says that it is wrong."""
    return json.loads((reference_folder / "openapi-v1.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Data sets and versions of every status behind HTTP."""
    with serving(tmp_path_factory.mktemp("fuzzed")) as served:
        yield served


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """A connection that is kept, past any proxy."""
    with requests.Session() as session:
        session.trust_env = False
        del session.headers["Accept"]  # it would stand in place of those that are drawn
        yield session


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


LONGEST_LINE = 8192
"""Bytes of a request line that the service reads (reference, section 1)."""


@pytest.mark.parametrize("label", OPERATIONS)
def test_operation(  # noqa: PLR0917 - each a fixture
    label: str, document: Any, served: Served, session: requests.Session, fuzzed: dict[str, Counter[int]]
) -> None:
    """Every answer is one that the document, or a table with its reason, has; some are successes, some lists filled."""
    schema = schemathesis.openapi.from_dict(corrected(document))
    method, _, path = label.partition(" ")
    statuses: Counter[int] = Counter()
    filled: Counter[bool] = Counter()

    @settings(
        max_examples=EXAMPLES,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    @given(case=cases(schema[path][method], served))
    def run(case: Any) -> None:
        answer = case.call(base_url=served.address, session=session, allow_redirects=False)
        statuses[answer.status_code] += 1
        filled[b'"results":[{' in answer.content] += 1
        check(served, case, answer)

    run()
    fuzzed[label] = statuses
    assert EXAMPLES <= statuses.total()
    assert statuses[200]
    assert filled[True] or not path.endswith(LISTS)


def test_all_operations_are_drawn(document: Any) -> None:
    """No operation of the document is left out."""
    listed = {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item}
    assert set(OPERATIONS) == listed
