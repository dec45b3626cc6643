"""What the service fails on with 500 is not sent by the client: one way to each known failure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from eesclient import errors, local
from eesclient.testing import FakeService
from tests.doors.query import And, Comparator, LevelCodes, Not, Or, PeriodKey, PeriodKeys
from tests.doors.table import FAILURES, Failure
from tests.test_client import Make, make

__all__ = ["make"]

LEVEL = LevelCodes(comparator=Comparator.EQ, codes=("NAT",))
SHORT = PeriodKeys(comparator=Comparator.EQ, keys=(PeriodKey(period="20", code="AY"),))


def criteria(node: Any, **how: Any) -> Callable[[Any, Any], Any]:
    """Ask with a condition that `build` does not make."""
    return lambda _, sen: sen.query(attrs.evolve(sen.build(), criteria=node), **how)


OF_FILES: set[Failure] = {"level-case", "sort-name"}

WAYS: list[tuple[Failure, Callable[[Any, Any], Any]]] = [
    ("empty-criteria", criteria(And(clauses=()))),
    ("empty-criteria", criteria(Not(clause=Or(clauses=(LEVEL, And(clauses=())))), method="GET")),
    ("short-year", criteria(SHORT)),
    ("short-year", criteria(SHORT, method="GET")),
    ("short-year", lambda _, sen: sen.query(periods="20|AY")),
    ("page-overflow", lambda _, sen: sen.build(page_size=10_000).to_json(page=214_749)),
    ("page-overflow", lambda _, sen: sen.build(page_size=10_000).to_params(page=214_749)),
    ("version-overflow", lambda client, _: client.meta(local.SEN_ID, version="2147483648.*")),
    ("version-overflow", lambda client, _: client.open(local.SEN_ID, version="1.2147483648.*")),
]


@pytest.mark.parametrize(("failure", "ask"), WAYS)
def test_refused(make: Make, failure: Failure, ask: Callable[[Any, Any], Any]) -> None:
    """The client says why it does not ask, and nothing is sent."""
    service = FakeService()
    client = make(service=service)
    sen = client.open(local.SEN_ID)
    sent = len(service.requests)
    with pytest.raises((errors.QueryError, errors.InvalidVersionError)):
        ask(client, sen)
    assert sent == len(service.requests)


def test_no_patch_history_of_what_is_no_patch(make: Make) -> None:
    """The history of patches is asked of patches alone; of other versions there is none."""
    service = FakeService()
    changes = make(service=service).changes(local.SEN_ID, "1.*", include_patches=True)
    assert () == changes.patch_history
    assert [] == [request for request in service.requests if request.params]


def test_each_known_failure_has_a_way() -> None:
    """The table of the box names nothing that is not tried here, but for what comes of a data file alone."""
    assert {*FAILURES} == {failure for failure, _ in WAYS} | {"patch-history"} | OF_FILES


def test_the_last_page_that_can_be_asked_for(make: Make) -> None:
    """The page before the overflow is no error."""
    query = make(service=local.demo()).open(local.SEN_ID).build(page_size=10_000)
    assert '"page":214748,' in query.to_json(page=214_748, indent=None)
