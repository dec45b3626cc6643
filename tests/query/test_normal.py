"""Tests of the normal form: laws on made-up rows, and what the service's grammar would misread."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eesclient import QueryError
from tests.doors.query import (
    And,
    Comparator,
    FilterIds,
    Leaf,
    LevelCodes,
    LocationKey,
    LocationKeys,
    Node,
    Not,
    Or,
    PeriodKey,
    PeriodKeys,
    conjunction,
    disjunction,
    normalise,
)

from .examples import META
from .oracle import PERIODS, Row, holds

FILTERS = {f.id: [o.id for o in f.options] for f in META.filters}
LOCATIONS = [LocationKey(level="LA", property="id", value=v) for v in ("lcam", "lbar")] + [
    LocationKey(level="REG", property="id", value="llon")
]
MANY = (Comparator.IN, Comparator.NOT_IN)
SINGLE = (Comparator.EQ, Comparator.NOT_EQ)
ORDERED = (Comparator.GT, Comparator.GTE, Comparator.LT, Comparator.LTE)


def _leaf(build: object, values: st.SearchStrategy[object], single: tuple[Comparator, ...]) -> st.SearchStrategy[Node]:
    one = st.builds(build, st.sampled_from(single), values.map(lambda v: (v,)))  # type: ignore[arg-type]
    many = st.builds(build, st.sampled_from(MANY), st.lists(values, min_size=1, max_size=4).map(tuple))  # type: ignore[arg-type]
    return one | many


LEAVES = st.one_of(
    *(
        _leaf(lambda c, v, f=f: FilterIds(comparator=c, ids=v, filter_id=f), st.sampled_from(ids), SINGLE)
        for f, ids in FILTERS.items()
    ),
    _leaf(lambda c, v: LevelCodes(comparator=c, codes=v), st.sampled_from(["LA", "NAT", "REG"]), SINGLE),
    _leaf(lambda c, v: LocationKeys(comparator=c, keys=v), st.sampled_from(LOCATIONS), SINGLE),
    _leaf(lambda c, v: PeriodKeys(comparator=c, keys=v), st.sampled_from(PERIODS), SINGLE + ORDERED),
)
TREES = st.recursive(
    LEAVES,
    lambda nodes: st.one_of(
        st.lists(nodes, min_size=1, max_size=3).map(lambda c: And(clauses=tuple(c))),
        st.lists(nodes, min_size=1, max_size=3).map(lambda c: Or(clauses=tuple(c))),
        nodes.map(lambda n: Not(clause=n)),
    ),
    max_leaves=12,
)
ROWS = [
    Row(filters=dict(zip(FILTERS, ids, strict=True)), level=level, locations=locations, period=period)
    for ids in itertools.product(*([*ids[:2], None] for ids in FILTERS.values()))
    for level, locations in [("NAT", {}), ("REG", {"REG": "llon"}), ("LA", {"REG": "llon", "LA": "lcam"})]
    for period in PERIODS[::2]
]


@pytest.mark.property
@given(TREES)
def test_normal_form_means_the_same(tree: Node) -> None:
    """Every row is kept by the normal form just when the tree keeps it."""
    normal = normalise(tree)
    assert [holds(tree, row) for row in ROWS] == [holds(normal, row) for row in ROWS]


@pytest.mark.property
@given(TREES)
def test_normal_form_is_normal(tree: Node) -> None:
    """The normal form has no `not`, no chain inside its like, no repeated or misnamed lists, and is its own form."""
    normal = normalise(tree)
    stack = [normal]
    while stack:
        node = stack.pop()
        assert not isinstance(node, Not)
        if isinstance(node, And | Or):
            assert len(node.clauses) > 1
            assert not any(type(clause) is type(node) for clause in node.clauses)
            stack += node.clauses
        else:
            assert isinstance(node, Leaf)
            values = node.values
            assert len(values) == len(set(values))
            assert node.comparator.is_list == (len(values) > 1)
    assert normal == normalise(normal)


@pytest.mark.property
@given(TREES, TREES)
def test_de_morgan(one: Node, other: Node) -> None:
    """~(a & b) and ~a | ~b have one normal form, and so have ~(a | b) and ~a & ~b."""
    assert normalise(~(one & other)) == normalise(~one | ~other)
    assert normalise(~(one | other)) == normalise(~one & ~other)


def _is(filter_id: str, *ids: str, comparator: Comparator | None = None) -> Leaf:
    if comparator is None:
        comparator = Comparator.EQ if len(ids) == 1 else Comparator.IN
    return FilterIds(comparator=comparator, ids=ids, filter_id=filter_id)


def test_alternatives_of_one_filter_are_one_list() -> None:
    """`==` of one filter joined by | becomes one `in`; another filter stays apart, so that nothing is OR-ed unasked."""
    tree = _is("fsex", "ofem") | _is("fprov", "otot") | _is("fsex", "omale")
    assert Or(clauses=(_is("fsex", "ofem", "omale"), _is("fprov", "otot"))) == normalise(tree)


def test_filters_from_json_stay_apart() -> None:
    """Where the filter of an option is not known, lists are left as they were written."""
    tree = _is("", "a") | _is("", "b")
    assert Or(clauses=(_is("", "a"), _is("", "b"))) == normalise(tree)


def test_exclusions_of_one_filter_are_one_list() -> None:
    """`!=` joined by & becomes one `notIn`."""
    unequal = Comparator.NOT_EQ
    tree = _is("fsex", "ofem", comparator=unequal) & _is("fsex", "omale", comparator=unequal)
    assert _is("fsex", "ofem", "omale", comparator=Comparator.NOT_IN) == normalise(tree)


def test_both_options_of_one_filter_are_not_merged() -> None:
    """`==` joined by & stays two conditions: no row has both."""
    tree = _is("fsex", "ofem") & _is("fsex", "omale")
    assert tree == normalise(tree)


def test_locations_merge_within_their_level() -> None:
    """Locations joined by | are one list for each level."""
    camden, barnet, london = (LocationKeys(comparator=Comparator.EQ, keys=(key,)) for key in LOCATIONS)
    merged = LocationKeys(comparator=Comparator.IN, keys=tuple(LOCATIONS[:2]))
    assert Or(clauses=(merged, london)) == normalise(camden | london | barnet)


def test_negated_order() -> None:
    """~(period > x) is period <= x: the order is total."""
    after = PeriodKeys(comparator=Comparator.GT, keys=(PeriodKey(period="2020/2021", code="AY"),))
    assert PeriodKeys(comparator=Comparator.LTE, keys=after.values) == normalise(~after)


def test_repeats_are_dropped() -> None:
    """A repeated level code would make the service warn (reference, section 12)."""
    tree = LevelCodes(comparator=Comparator.IN, codes=("LA", "LA"))
    assert LevelCodes(comparator=Comparator.EQ, codes=("LA",)) == normalise(tree)


def test_unresolved_conditions_are_refused() -> None:
    """Only machine ids have a normal form, and a chain needs a clause."""
    with pytest.raises(TypeError, match="not resolved"):
        normalise(Node())
    with pytest.raises(QueryError, match="without clauses"):
        normalise(And(clauses=()))


def test_joins() -> None:
    """Joining nothing gives None, one clause itself."""
    assert conjunction([]) is None
    assert disjunction([]) is None
    assert _is("fsex", "ofem") == conjunction([_is("fsex", "ofem")])
