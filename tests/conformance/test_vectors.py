"""Every case of the conformance pack; the table at the end of the run says how many hold.

`EES_CONFORMANCE` names another folder of cases of the same form.
"""

from __future__ import annotations

import json

import pytest

from eesclient import DataFileError
from tests.conformance import asking, processor
from tests.conformance.adapters import REQUESTS, RULES
from tests.conformance.pack import NOT_VECTORS, Vector, files, path, vectors
from tests.doors.models import IDENTIFIER_BY_LABEL


@pytest.mark.parametrize("vector", vectors("rule", RULES))
def test_rule(vector: Vector) -> None:
    """The function that holds a rule says what the case says."""
    RULES[vector.file](vector.case)


@pytest.mark.parametrize("vector", vectors("in process", REQUESTS))
def test_in_process(vector: Vector) -> None:
    """A request gets the answer that the service gives."""
    asking.hold(vector.case, asking.in_process(vector.case))


@pytest.mark.parametrize("vector", vectors("over HTTP", REQUESTS))
def test_over_http(vector: Vector, wire: asking.Wire) -> None:
    """A request that goes through a socket gets the same answer."""
    asking.hold(vector.case, wire.ask(vector.case))


def _others() -> list[Vector]:
    known = {*RULES, *REQUESTS}
    return [Vector(file=file, way="file", case={}) for file in files() if file not in known]


@pytest.mark.parametrize("vector", [pytest.param(vector, id=vector.file) for vector in _others()])
def test_other_file(vector: Vector) -> None:
    """A file that nothing runs is a failure, unless it is known to hold no cases."""
    if vector.file in NOT_VECTORS:
        pytest.skip(NOT_VECTORS[vector.file])
    pytest.fail(f"no adapter for {vector.file}.json: add one to tests/conformance/adapters.py")


@pytest.mark.parametrize("pair", processor.pairs())
def test_import_of_pairs(pair: str) -> None:
    """A CSV pair becomes the metadata and ids that the service makes of it."""
    assert json.loads((path(pair) / "expected.json").read_text("utf-8")) == processor.summary(pair)


def test_identifier_labels_are_exact() -> None:
    """The import knows time identifiers by their exact text only."""
    assert "Academic year" in IDENTIFIER_BY_LABEL
    assert "academic year" not in IDENTIFIER_BY_LABEL
    assert issubclass(DataFileError, ValueError)
