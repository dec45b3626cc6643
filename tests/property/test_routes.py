"""Laws of routes, on the demo: pages and the data file answer alike."""

from __future__ import annotations

import warnings
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import eesclient as ees
from eesclient.query.ast import Node
from eesclient.query.query import Sort

from .test_laws import ASKED

pytestmark = pytest.mark.property


@st.composite
def sorts(draw: Any, meta: ees.Meta) -> tuple[Sort, ...]:
    """Any sorts that the service takes."""
    fields = ["timePeriod", "geographicLevel", *(f"filter|{item.id}" for item in meta.filters)]
    fields += [f"location|{group.level.code}" for group in meta.locations]
    fields += [f"indicator|{item.id}" for item in meta.indicators]
    chosen = draw(st.lists(st.sampled_from(fields), max_size=len(fields), unique=True))
    return tuple(Sort(field=field, descending=draw(st.booleans()), textual=True) for field in chosen)


@given(ASKED, st.data())
def test_routes_agree(asked: tuple[ees.PinnedDataSet, Node, Node], data: st.DataObject) -> None:
    """The same rows, total and warnings by pages and out of the file, also when sorted and cut by a limit."""
    data_set, where, _ = asked
    limit = data.draw(st.none() | st.integers(1, 60))
    query = attrs.evolve(data_set.build(), criteria=where, limit=limit, sort=data.draw(sorts(data_set.meta)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ees.EESWarning)
        by_pages = data_set.query(query)
        try:
            by_file = data_set.query(query, route="csv")
        except ees.UndecidedRowsError:
            assert (limit or by_pages.total) < by_pages.total
            return
    assert by_pages.frame.equals(by_file.frame)
    assert (by_pages.total, by_pages.warnings) == (by_file.total, by_file.warnings)
