"""The queries of the conformance pack, asked with our client: what it sends, and what it refuses to send."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import quote, urlencode

import attrs
import pytest

import eesclient as ees
from eesclient import BadRequestError, QueryError, UnknownLabelError
from eesclient.testing import FakeService
from tests.conformance import asking, questions
from tests.conformance.adapters import QUERIES, REQUESTS
from tests.conformance.pack import Case, Vector, vectors
from tests.conformance.questions import Asked
from tests.conformance.setups import box, request_of
from tests.doors.api import requests
from tests.doors.query import render_body


def _expects(status: int, *methods: str) -> Callable[[Case], bool]:
    return lambda case: case["expect"]["status"] == status and case["request"]["method"] in methods


@pytest.mark.parametrize("vector", vectors("built as POST", QUERIES, _expects(200, "POST")))
def test_built_body(vector: Vector) -> None:
    """The client sends the case's body, in normal form, and that gets the answer that the case expects."""
    service, case = FakeService(box(vector.case)), vector.case
    question = questions.asked(case)
    data_set = questions.opened(case, service)
    query = _built(data_set, question)
    pages = questions.sent(data_set, service, query, debug=question.debug)
    # of a page past the last there is no request, but it could be asked for
    page = pages[question.page - 1].body if question.page <= len(pages) else None
    body = json.loads(page or render_body(query, page=question.page, debug=question.debug))
    assert questions.normal_body(question, data_set.meta) == body
    assert (("dataSetVersion", "1.0"),) == pages[0].params
    asking.hold(case, service.handle(attrs.evolve(pages[0], body=json.dumps(body).encode())))


@pytest.mark.parametrize("vector", vectors("built as GET", QUERIES, _expects(200, "GET")))
def test_built_address(vector: Vector) -> None:
    """What a GET case asks the client can write as a GET query too, and that gets the same answer."""
    service, case = FakeService(box(vector.case)), vector.case
    question = questions.asked(case)
    data_set = questions.opened(case, service)
    query = _built(data_set, question)
    answer = service.handle(
        requests.query(query, page=question.page, page_size=question.page_size, method="GET", debug=question.debug)
    )
    asking.hold(case, answer)
    assert json.loads(asking.in_process(case).body) == json.loads(answer.body)


def _built(data_set: ees.PinnedDataSet, question: Asked) -> ees.Query:
    """The question built; skips the test where it is none for the builder."""
    if question.indicators == []:
        with pytest.raises(QueryError, match="indicators= is an empty list"):
            questions.build(data_set, question)
        pytest.skip("asks for no indicators at all, which the builder refuses")
    try:
        query = questions.build(data_set, question)
    except UnknownLabelError:
        pytest.skip("names what the data set does not have, which the builder refuses to send")
    if questions.repeats_a_level(question):
        pytest.skip("repeats a level in a list: the normal form has it once, and so the service has nothing to warn of")
    return query


@pytest.mark.parametrize("vector", vectors("refused by the builder", QUERIES, _expects(400, "POST")))
def test_refused(vector: Vector) -> None:
    """What the service refuses the builder refuses before anything is sent."""
    service = FakeService(box(vector.case))
    data_set = questions.opened(vector.case, service)
    question = questions.asked(vector.case)
    before = len(service.requests)
    refused = _refused(data_set, question)
    assert before == len(service.requests)
    if not refused and question.page < 1:
        pytest.skip("only the page is refused, and those the client counts itself, from 1")
    assert refused, "the builder says what the service refuses"


def _refused(data_set: ees.PinnedDataSet, question: Asked) -> bool:
    try:
        questions.build(data_set, question)
    except QueryError:
        return True
    return False


@pytest.mark.parametrize("vector", vectors("sent by client.request", REQUESTS, _expects(400, "GET", "POST")))
def test_sent(vector: Vector) -> None:
    """`client.request` sends a case that the service refuses as it stands, and raises what that means."""
    given = request_of(vector.case)
    service = FakeService(box(vector.case))
    client = ees.Client(service=service, preview_token=_token(given))
    query = urlencode([tuple(pair) for pair in given["query"]], quote_via=quote)
    with pytest.raises(BadRequestError) as caught:
        client.request(given["method"], f"{given['path']}?{query}", body=given["body"])
    [request] = service.requests
    assert (given["method"], given["path"]) == (request.method, f"/v1{request.path}")
    assert given["query"] == [list(pair) for pair in request.params]
    assert given["body"] == (None if request.body is None else json.loads(request.body))
    expected = vector.case["expect"].get("errors", {}).get("count", len(caught.value.errors))
    assert expected == len(caught.value.errors)


def _token(given: Case) -> str | None:
    return next((value for name, value in given["headers"].items() if name.lower() == "preview-token"), None)
