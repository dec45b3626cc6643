"""Laws of questions and answers, on the demo: GET ≡ POST, De Morgan, pages of any size."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from typing import Any

import attrs
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import eesclient as ees
from eesclient import Request
from tests.doors.query import (
    And,
    Comparator,
    FilterIds,
    LevelCodes,
    LocationKey,
    LocationKeys,
    Node,
    Not,
    Or,
    PeriodKey,
    PeriodKeys,
)

pytestmark = pytest.mark.property

SERVICE = ees.local.demo()
CLIENT = ees.Client(service=SERVICE)
DATA_SETS = {id_: CLIENT.open(id_, version="1.0") for id_ in (ees.local.SEN_ID, ees.local.KS4_ID)}
ANY = st.sampled_from([Comparator.EQ, Comparator.NOT_EQ, Comparator.IN, Comparator.NOT_IN])
ORDERED = st.sampled_from([Comparator.GT, Comparator.GTE, Comparator.LT, Comparator.LTE])


@pytest.fixture(scope="session", autouse=True)
def _closed() -> Iterator[None]:
    """Close the client in the end."""
    yield
    CLIENT.close()


def _values(comparator: Comparator, items: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(list(items)), min_size=1, max_size=3 if comparator.is_list else 1).map(tuple)


@st.composite
def leaves(draw: Any, meta: ees.Meta) -> Node:
    """Any condition with machine ids."""
    comparator = draw(ANY)
    kind = draw(st.sampled_from(["filter", "level", "location", "period", "order"]))
    if kind == "filter":
        chosen = draw(st.sampled_from(list(meta.filters)))
        ids = tuple(option.id for option in draw(_values(comparator, chosen.options)))
        return FilterIds(comparator=comparator, ids=ids, filter_id=chosen.id)
    if kind == "level":
        codes = tuple(str(level.code) for level in draw(_values(comparator, meta.levels)))
        return LevelCodes(comparator=comparator, codes=codes)
    if kind == "location":
        group = draw(st.sampled_from(list(meta.locations)))
        places = draw(_values(comparator, group.options))
        keys = [LocationKey(level=str(group.level.code), property="id", value=place.id) for place in places]
        return LocationKeys(comparator=comparator, keys=tuple(keys))
    comparator = draw(ORDERED) if kind == "order" else comparator
    periods = draw(_values(comparator, meta.periods))
    keys = tuple(PeriodKey(period=period.period, code=str(period.code)) for period in periods)
    return PeriodKeys(comparator=comparator, keys=keys)


def trees(meta: ees.Meta) -> st.SearchStrategy[Node]:
    """Any condition."""
    return st.recursive(
        leaves(meta),
        lambda nodes: st.one_of(
            st.lists(nodes, min_size=1, max_size=3).map(lambda clauses: And(clauses=tuple(clauses))),
            st.lists(nodes, min_size=1, max_size=3).map(lambda clauses: Or(clauses=tuple(clauses))),
            nodes.map(lambda node: Not(clause=node)),
        ),
        max_leaves=6,
    )


ASKED = st.sampled_from(sorted(DATA_SETS)).flatmap(
    lambda id_: st.tuples(st.just(DATA_SETS[id_]), trees(DATA_SETS[id_].meta), trees(DATA_SETS[id_].meta))
)


def _frame(data_set: ees.PinnedDataSet, where: Node, page_size: int = 10_000) -> pl.DataFrame:
    indicators = [data_set.meta.indicators[0].id]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ees.NoRowsWarning)
        return data_set.query(where=where, indicators=indicators, page_size=page_size).frame


@given(ASKED, st.integers(1, 30))
def test_get_is_post(asked: tuple[ees.PinnedDataSet, Node, Node], page_size: int) -> None:
    """What GET can say gets the same rows and the same paging as the POST form."""
    data_set, where, _ = asked
    query = attrs.evolve(data_set.build(), criteria=where, page_size=page_size)
    try:
        params = query.to_params()
    except ees.QueryError:
        assume(False)
    path = f"/data-sets/{data_set.id}/query"
    version = (("dataSetVersion", "1.0"),)
    got = SERVICE.handle(Request(method="GET", path=path, params=params))
    posted = SERVICE.handle(Request(method="POST", path=path, params=version, body=query.to_json(indent=None).encode()))
    assert (200, 200) == (got.status, posted.status)
    one, other = json.loads(got.body), json.loads(posted.body)
    assert (one["paging"], one["results"]) == (other["paging"], other["results"])


@given(ASKED)
def test_de_morgan_on_answers(asked: tuple[ees.PinnedDataSet, Node, Node]) -> None:
    """~(a & b) and ~a | ~b get the same rows, and so does ~~(a | b) with a | b."""
    data_set, one, other = asked
    assert _frame(data_set, ~(one & other)).equals(_frame(data_set, ~one | ~other))
    assert _frame(data_set, Not(clause=Not(clause=one | other))).equals(_frame(data_set, one | other))


@given(ASKED)
def test_a_condition_and_its_opposite_share_out_the_rows(asked: tuple[ees.PinnedDataSet, Node, Node]) -> None:
    """Each row meets a condition or its opposite, never both."""
    data_set, where, _ = asked
    total = CLIENT.version(data_set.id, data_set.version).total_results
    assert total == len(_frame(data_set, where)) + len(_frame(data_set, ~where))
    assert 0 == len(_frame(data_set, where & ~where))


@given(ASKED, st.integers(120, 1_200))
def test_pages_of_any_size(asked: tuple[ees.PinnedDataSet, Node, Node], page_size: int) -> None:
    """Pages of any size make the same frame."""
    data_set, where, _ = asked
    assert _frame(data_set, where).equals(_frame(data_set, where, page_size))
