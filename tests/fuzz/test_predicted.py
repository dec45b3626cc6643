"""Tests of what tells the known failures: what it predicts fails, and what it does not predict is answered."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="the extra server is not installed")

from tests.doors.local import stable_id
from tests.doors.table import FAILURES, Failure
from tests.fuzz.predicted import predictions
from tests.fuzz.served import Served, serving

DATA_SET = f"/v1/data-sets/{stable_id('pupils')}"
SOME: dict[str, Any] = {"geographicLevels": {"eq": "NAT"}}
Case = tuple[Failure, str, Any]

FAILING: tuple[Case, ...] = (
    ("empty-criteria", "/query", {"criteria": {"not": {}}}),
    ("empty-criteria", "/query", {"criteria": {"and": [SOME, {"filters": None}]}}),
    ("empty-criteria", "/query", {"criteria": {"or": [{"and": [{"not": {"or": [{"filters": {}}]}}]}]}}),
    ("short-year", "/query", {"criteria": {"not": {"timePeriods": {"in": [{"period": "20", "code": "AY"}]}}}}),
    ("short-year", "/query?timePeriods.gte=20|AY", None),
    ("short-year", "/query?timePeriods.in=2020|AY,20201|CY", None),
    ("page-overflow", "/query?page=2147484", None),
    ("page-overflow", "/query", {"page": 2147483647, "pageSize": 2}),
    ("patch-history", "/versions/2.0/changes?includePatchHistory=TRUE", None),
    ("patch-history", "/versions/v1.*/changes?INCLUDEPatchHistory=true", None),
    ("version-overflow", "/versions/1.2147483648.*", None),
    ("version-overflow", "/meta?dataSetVersion=99999999999.*", None),
)
ANSWERED = (
    ("/query", {"criteria": {"and": [{}]}}),
    ("/query", {"criteria": {"not": {"or": [SOME]}}}),
    ("/query?timePeriods.gte=2020|AY&page=2147483&PageSize=1000", None),
    ("/query", {"page": 2147483647, "pageSize": 1}),
    ("/versions/*/changes?includePatchHistory=true", None),
    ("/versions/1.0/changes?includePatchHistory=False", None),
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Data sets behind HTTP."""
    with serving(tmp_path_factory.mktemp("predicted")) as served:
        yield served


def ask(served: Served, path: str, question: Any) -> tuple[int, set[Failure]]:
    """Status that a request meets, and what was predicted."""
    url, method = f"{DATA_SET}{path}", "GET" if question is None else "POST"
    body = None if question is None else json.dumps(question).encode()
    connection = http.client.HTTPConnection(served.address.removeprefix("http://"))
    connection.request(method, url, body=body, headers={"Content-Type": "application/json"})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status, predictions(served, method, url, body)


@pytest.mark.parametrize(("failure", "path", "question"), FAILING)
def test_predicted(served: Served, failure: Failure, path: str, question: Any) -> None:
    """Each known failure is met, and predicted as the one that it is."""
    assert (500, {failure}) == ask(served, path, question)


@pytest.mark.parametrize(("path", "question"), ANSWERED)
def test_not_predicted(served: Served, path: str, question: Any) -> None:
    """What only looks like one is answered."""
    assert (200, set()) == ask(served, path, question)


def test_all_known_failures_are_there() -> None:
    """None of the table is left out, but for what comes of a data file alone."""
    assert set(FAILURES) - {"level-case", "sort-name"} == {failure for failure, _, _ in FAILING}
