"""Laws of showing: the Python of any question asks an equal one, and R means the same where it says it at all."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import eesclient as ees
from tests.doors.query import Node, normalise
from tests.query.shown import run

from .asked import questions
from .raw import Raw
from .test_laws import ASKED
from .test_published import PAIRS, _is_packed, _service
from .test_routes import sorts

pytestmark = pytest.mark.property

SMALL = [parameter for parameter in PAIRS if not _is_packed(parameter.values[0])]  # type: ignore[arg-type]


@given(ASKED, st.data())
def test_any_question_to_the_demo(asked: tuple[ees.PinnedDataSet, Node, Node], data: st.DataObject) -> None:
    """Conditions, sorts and limits of any kind come back."""
    data_set, where, _ = asked
    sort = data.draw(sorts(data_set.meta))
    limit = data.draw(st.none() | st.integers(1, 60)) if sort else None
    query = attrs.evolve(data_set.build(), criteria=normalise(where), sort=sort, limit=limit)
    assert query == run(query.to_python(client="stub"), data_set.meta)
    assert query.explain()


@pytest.mark.parametrize("raw", SMALL)
def test_questions_in_labels(raw: Raw) -> None:
    """Questions to published data sets come back with their labels, hence without nodes of ours."""
    with ees.Client(service=_service(raw)) as client:
        data_set = client.open(next(client.data_sets()).id)

        @settings(
            max_examples=settings().max_examples * 3 // 20, suppress_health_check=[HealthCheck.function_scoped_fixture]
        )
        @given(st.data())
        def law(data: st.DataObject) -> None:
            words = data.draw(questions(raw)).words
            query = data_set.build(**words)
            source = query.to_python(client="stub")
            assert query == run(source, data_set.meta)
            assert "ees.tree." not in source
            assert ("where" in words) is ("where=" in source)

        law()


@given(ASKED)
def test_an_empty_answer_is_explained(asked: tuple[ees.PinnedDataSet, Node, Node]) -> None:
    """The report counts what the question without each clause gets, by pages as from the frame."""
    data_set, one, other = asked
    query = data_set.build(where=one & other & ~one)
    report = data_set.explain_empty(query)
    assert 0 == report.total
    for clause in report.culprits:
        assert clause.rows > 0
    assert len(report.suggestions) == min(6, len(report.culprits))
    assert {len(suggestion.fields) for suggestion in report.suggestions} == {
        len(value) for suggestion in report.suggestions for value in suggestion.values
    }
