"""Tests of the GET parameters: they mean what the question does, or are refused with the reason."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eesclient import Query, QueryError, QueryTooLargeError
from tests.doors.query import (
    And,
    Comparator,
    FilterIds,
    Leaf,
    LevelCodes,
    LocationKey,
    LocationKeys,
    Node,
    PeriodKey,
    PeriodKeys,
    Sort,
    render_params,
)

from .examples import ask
from .oracle import PERIODS, holds
from .test_normal import FILTERS, LEAVES, ROWS, TREES

Params = Sequence[tuple[str, str]]


def asked(node: Node | None) -> Query:
    """Return the question with this condition."""
    return attrs.evolve(ask(), criteria=node)


def conditions(params: Params) -> list[tuple[str, str]]:
    """Return the parameters that are conditions."""
    return [pair for pair in params if pair[0].partition(".")[0] in READERS]


def _filters(comparator: Comparator, values: list[str]) -> Node:
    return FilterIds(comparator=comparator, ids=tuple(values))


def _levels(comparator: Comparator, values: list[str]) -> Node:
    return LevelCodes(comparator=comparator, codes=tuple(values))


def _locations(comparator: Comparator, values: list[str]) -> Node:
    keys = [LocationKey(level=v.split("|")[0], property=v.split("|")[1], value=v.split("|")[2]) for v in values]
    return LocationKeys(comparator=comparator, keys=tuple(keys))


def _periods(comparator: Comparator, values: list[str]) -> Node:
    keys = [PeriodKey(period=value.split("|")[0], code=value.split("|")[1]) for value in values]
    return PeriodKeys(comparator=comparator, keys=tuple(keys))


READERS = {"filters": _filters, "geographicLevels": _levels, "locations": _locations, "timePeriods": _periods}


def read_back(params: Params) -> Node:
    """Return what the service understands: each comparator once, all of them AND-ed (section 10)."""
    slots: dict[str, list[str]] = {}
    for name, value in conditions(params):
        slots.setdefault(name, []).append(value)
    clauses = []
    for name, values in slots.items():
        facet, _, comparator = name.partition(".")
        assert len(values) == 1 or comparator in ("in", "notIn")
        clauses.append(READERS[facet](Comparator(comparator), values))
    return And(clauses=tuple(clauses))


@pytest.mark.property
@given(TREES)
def test_params_mean_the_same(tree: Node) -> None:
    """Every row is kept by the parameters just when the tree keeps it, if GET can say it at all."""
    try:
        params = render_params(asked(tree))
    except QueryError:
        return
    understood = read_back(params)
    assert [holds(tree, row) for row in ROWS] == [holds(understood, row) for row in ROWS]


def _excluding(leaf: Node) -> bool:
    return isinstance(leaf, Leaf) and leaf.excludes


@pytest.mark.property
@given(
    st.sampled_from([(filter_, id_) for filter_, ids in FILTERS.items() for id_ in ids]),
    st.sampled_from(sorted(FILTERS)).flatmap(
        lambda f: st.lists(st.sampled_from(FILTERS[f]), min_size=1).map(lambda ids: (f, tuple(ids)))
    ),
    st.lists(LEAVES.filter(_excluding), max_size=6),
    st.lists(st.tuples(st.sampled_from(["gt", "gte", "lt", "lte"]), st.sampled_from(PERIODS)), max_size=6),
)
def test_get_can_say(
    one: tuple[str, str],
    other: tuple[str, tuple[str, ...]],
    excluded: list[Node],
    bounds: list[tuple[str, PeriodKey]],
) -> None:
    """One option of a filter, a list of another, any exclusions and any bounds on periods hold together."""
    clauses: list[Node] = [
        FilterIds(comparator=Comparator.EQ, ids=(one[1],), filter_id=one[0]),
        FilterIds(comparator=Comparator.IN, ids=other[1], filter_id=other[0]),
        *excluded,
        *(PeriodKeys(comparator=Comparator(name), keys=(key,)) for name, key in bounds),
    ]
    tree = And(clauses=tuple(clauses))
    understood = read_back(render_params(asked(tree)))
    assert [holds(tree, row) for row in ROWS] == [holds(understood, row) for row in ROWS]


def _said(**words: object) -> list[tuple[str, str]]:
    return conditions(ask(**words).to_params())


def test_whole_question() -> None:
    """Version, conditions in the service's order, indicators, sorts and page stand in the parameters."""
    query = ask(
        periods="2023/24",
        filters={"Sex": "Female", "SEN provision": ["SEN support", "Total"]},
        indicators="Number of pupils",
        sort=["-period", "Sex"],
        limit=5,
        page_size=7,
    )
    expected = (
        ("dataSetVersion", "1.0"),
        ("filters.eq", "ofem"),
        ("filters.in", "osup"),
        ("filters.in", "otot"),
        ("timePeriods.eq", "2023/2024|AY"),
        ("indicators", "icount"),
        ("sorts", "timePeriod|Desc"),
        ("sorts", "filter|fsex|Asc"),
        ("page", "3"),
        ("pageSize", "7"),
    )
    assert expected == query.to_params(page=3)
    assert ("pageSize", "50") == render_params(query, page_size=50)[-1]


def test_everything() -> None:
    """A question without conditions names version and page alone."""
    assert (("dataSetVersion", "1.0"), ("page", "1"), ("pageSize", "10000")) == ask().to_params()


def test_two_options_of_two_filters() -> None:
    """Two single options take `eq` and a list of one (section 12)."""
    assert [("filters.eq", "ofem"), ("filters.in", "osup")] == _said(filters={"Sex": "Female", "SEN provision": "osup"})


def test_alternatives_across_filters() -> None:
    """`filters.in` with options of different filters is an |, and so is `locations.in` of several levels."""
    female = FilterIds(comparator=Comparator.EQ, ids=("ofem",), filter_id="fsex")
    total = FilterIds(comparator=Comparator.EQ, ids=("otot",), filter_id="fprov")
    camden = LocationKeys(comparator=Comparator.EQ, keys=(LocationKey(level="LA", property="id", value="lcam"),))
    london = LocationKeys(comparator=Comparator.EQ, keys=(LocationKey(level="REG", property="id", value="llon"),))
    assert [
        ("filters.in", "ofem"),
        ("filters.in", "otot"),
        ("locations.in", "LA|id|lcam"),
        ("locations.in", "REG|id|llon"),
    ] == conditions(render_params(asked((female | total) & (camden | london))))


def test_exclusions_share_a_list() -> None:
    """`notIn` of several filters is AND-ed, so any number of exclusions fits."""
    tree = ~(
        FilterIds(comparator=Comparator.IN, ids=("ofem", "omale"), filter_id="fsex")
        | FilterIds(comparator=Comparator.EQ, ids=("otot",), filter_id="fprov")
    )
    assert [("filters.notIn", "ofem"), ("filters.notIn", "omale"), ("filters.notIn", "otot")] == conditions(
        render_params(asked(tree))
    )


def test_lists_of_one_facet_meet() -> None:
    """A row has one level: two lists of levels are what they have in common."""
    lists = [LevelCodes(comparator=Comparator.IN, codes=codes) for codes in (("LA", "NAT"), ("NAT", "LA"), ("NAT",))]
    assert [("geographicLevels.eq", "NAT")] == conditions(render_params(asked(And(clauses=tuple(lists)))))


def test_lists_that_do_not_meet() -> None:
    """Lists of one facet that no row can meet together are said by one value of each."""
    lists = [
        LevelCodes(comparator=Comparator.IN, codes=codes) for codes in (("LA", "NAT"), ("REG", "SCH"), ("LA", "NAT"))
    ]
    assert [("geographicLevels.eq", "LA"), ("geographicLevels.in", "REG")] == conditions(
        render_params(asked(And(clauses=tuple(lists))))
    )


@pytest.mark.parametrize(("comparator", "kept"), [(Comparator.GT, 3), (Comparator.LTE, 1)])
def test_tighter_bound(comparator: Comparator, kept: int) -> None:
    """Of two bounds of a kind the tighter is sent."""
    bounds = [PeriodKeys(comparator=comparator, keys=(PERIODS[place],)) for place in (3, 1)]
    assert [(f"timePeriods.{comparator.value}", f"{PERIODS[kept].period}|AY")] == conditions(
        render_params(asked(bounds[0] & bounds[1]))
    )


def _location(property_: str, value: str, level: str = "LA") -> Node:
    key = LocationKey(level=level, property=property_, value=value)
    return LocationKeys(comparator=Comparator.EQ, keys=(key,))


def _option(*ids: str, filter_id: str = "") -> Node:
    return FilterIds(comparator=Comparator.EQ if len(ids) == 1 else Comparator.IN, ids=ids, filter_id=filter_id)


FEMALE, LEVEL = _option("ofem"), LevelCodes(comparator=Comparator.EQ, codes=("LA",))
UNKNOWN = PeriodKeys(comparator=Comparator.GT, keys=(PeriodKey(period="1066", code="CY"),))


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        (FEMALE | LEVEL, r"has an \| between"),
        (FEMALE | ~FEMALE, r"has an \| between"),
        ((FEMALE & LEVEL) | FEMALE, r"has an \| between"),
        (_option("ofem", "omale") & _option("osup", "otot"), "two of them are lists"),
        (_option("ofem") & _option("osup") & _option("oall"), "there are 3, and it has places for two"),
        (_location("code", "E09000007,1"), "splits values at commas, and 'E09000007,1' has one"),
        (_location("code", "a|b"), r"separates the parts of a location with \|"),
        (_location("id", " "), "blank value"),
        (_location("urn", "1"), "by code or id or oldCode, not by urn"),
        (_location("code", "1", "RSC"), "by id, not by code"),
        (_location("code", "1", "SCH"), "by id or laEstab or urn, not by code"),
        (UNKNOWN & PeriodKeys(comparator=Comparator.GT, keys=(PERIODS[0],)), "is later is not known"),
    ],
)
def test_get_cannot_say(node: Node, reason: str) -> None:
    """What one facets object cannot hold is refused, with the reason."""
    with pytest.raises(QueryError, match=reason):
        render_params(asked(node))


@pytest.mark.parametrize(
    ("level", "property_"), [("LA", "oldCode"), ("SCH", "laEstab"), ("PROV", "ukprn"), ("XX", "code")]
)
def test_location_properties(level: str, property_: str) -> None:
    """Each level has its own properties; a level that we do not know has `code`."""
    assert [("locations.eq", f"{level}|{property_}|1 / 2")] == conditions(
        render_params(asked(_location(property_, "1 / 2", level)))
    )


def test_no_indicators() -> None:
    """A POST body can ask for no indicators, and GET would give all."""
    with pytest.raises(QueryError, match="this one is for none"):
        render_params(attrs.evolve(ask(), indicators=()))


def test_commas_in_sorts() -> None:
    """No parameter may have a comma."""
    with pytest.raises(QueryError, match="commas"):
        render_params(attrs.evolve(ask(), sort=(Sort(field="filter|a,b"),), limit=1))


def test_long_addresses() -> None:
    """An address longer than the service reads is refused."""
    node = _option(*(f"{number:010}" for number in range(400)))
    with pytest.raises(QueryTooLargeError, match="the service reads 8,192: ask by POST"):
        render_params(asked(node))


def test_only_the_normal_form_has_slots() -> None:
    """Conditions with names have no parameters."""
    with pytest.raises(TypeError, match="not resolved"):
        render_params(asked(Node()))
