"""Laws of routes, on the demo: pages and the data file answer alike."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import eesclient as ees
from tests.doors.query import Node, Sort

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


@pytest.fixture(scope="module", autouse=True)
def _stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the demo's data files in a store, and look again from there: in memory, and in the files alone."""
    store = tmp_path_factory.mktemp("store")
    ids = (ees.local.SEN_ID, ees.local.KS4_ID)
    with ees.Client(service=ees.local.demo(), store=store) as client:
        for id_ in ids:
            client.open(id_, version="1.0").read()
    with (
        ees.Client(service=ees.local.demo(), store=store, offline=True) as memory,
        ees.Client(service=ees.local.demo(), store=store, offline=True, max_in_memory=0) as files,
    ):
        STORED.update({id_: (memory.open(id_, version="1.0"), files.open(id_, version="1.0")) for id_ in ids})
        for in_memory, _ in STORED.values():
            in_memory.read()
        yield


STORED: dict[str, tuple[ees.PinnedDataSet, ees.PinnedDataSet]] = {}


@given(ASKED, st.data())
def test_routes_agree(asked: tuple[ees.PinnedDataSet, Node, Node], data: st.DataObject) -> None:
    """Pages, file, store and memory give the same rows, total and warnings, also sorted and cut by a limit."""
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
        by_store = [stored.query(query, route="store") for stored in STORED[data_set.id]]
    for other in (by_file, *by_store):
        assert by_pages.frame.equals(other.frame)
        assert by_pages.frame.schema == other.frame.schema
        assert (by_pages.total, by_pages.warnings, by_pages.columns) == (other.total, other.warnings, other.columns)
        assert by_pages.with_ids().equals(other.with_ids())
        assert by_pages.digest == other.digest
