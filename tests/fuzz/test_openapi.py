"""Schemathesis draws requests from the published document and sends them to `ees serve`."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.stateful import run_state_machine_as_test

REASON = "is installed for the tests on the main Python only"
schemathesis = pytest.importorskip("schemathesis", reason=f"schemathesis {REASON}")
pytest.importorskip("uvicorn", reason="the extra server is not installed")

import requests  # noqa: E402 - after the check for what brings it

from tests.doors.local import openapi  # noqa: E402
from tests.fuzz.checked import check  # noqa: E402
from tests.fuzz.drawn import cases  # noqa: E402
from tests.fuzz.served import Served, serving  # noqa: E402
from tests.fuzz.undocumented import corrected, without_faults  # noqa: E402

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


def test_served_document(served: Served, session: requests.Session, fuzzed: dict[str, Counter[int]]) -> None:
    """The document that is served leads from answer to question, and every answer is one that it has."""
    statuses: Counter[int] = Counter()

    class Workflow(schemathesis.openapi.from_dict(without_faults(openapi())).as_state_machine()):  # type: ignore[misc]
        def call(self, case: Any, **_: Any) -> Any:
            answer = case.call(base_url=served.address, session=session, allow_redirects=False)
            statuses[answer.status_code] += 1
            return answer

        def validate_response(self, response: Any, case: Any, **_: Any) -> None:
            check(served, case, response.response if hasattr(response, "response") else response)

    run_state_machine_as_test(
        Workflow,
        settings=settings(
            max_examples=max(EXAMPLES // 2, 10),
            stateful_step_count=12,
            suppress_health_check=[*HealthCheck],
        ),
    )
    fuzzed["the served document, step by step"] = statuses
    assert statuses[200]
