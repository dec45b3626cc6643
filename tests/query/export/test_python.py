"""Tests of questions as Python: running it asks an equal question."""

from __future__ import annotations

import pickle
import warnings
from enum import Enum
from typing import Any

import attrs
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import eesclient as ees
from eesclient import (
    Filter,
    FilterOption,
    GeographicLevel,
    Indicator,
    LocationGroup,
    LocationOption,
    Meta,
    Query,
    QueryError,
    QueryTooLargeError,
)
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
    Sort,
    ast,
    normalise,
    text,
)

from ..examples import META, ask, level, options, period
from ..shown import run
from ..test_normal import TREES

F = ees.facets
HOSTILE = [
    '"', "'", "\\", 'a"b', "a'b\\", "line\nbreak", "\r\n", "\t", "{x}", "{{}}", "%s", "#", '"""', "\\u0041", "\\",
    "é", "\u00a0", "\u202e", "\u2028", "\U0001f600", "\x00", "\x7f", "\ufeff", "a,b", "-x", "_", "Total", "total",
]  # fmt: skip

ASKED: dict[str, dict[str, Any]] = {
    "everything": {},
    "filters": {"filters": {"Sex": "Female", "SEN provision": ["SEN support", "Total"]}},
    "periods": {"periods": ["2019/20", "2021/22"]},
    "a range": {"periods": ees.between("2019/20", "2022/23")},
    "levels": {"levels": ["LA", "Regional"]},
    "places": {"places": ["Camden", "llon", "E12000007"]},
    "a place with a name of two levels": {"places": ["Regional:London", "LA:London"]},
    "a code of two places": {"places": "E09000033"},
    "places at levels": {"places": ["Camden", "England"], "levels": "Local authority"},
    "within": {"within": ["Regional:London", "England"]},
    "within and its own": {"within": "Regional:London", "include_self": True},
    "totals": {"others": {"SEN provision": "Total", "Pupil group": "All pupils"}},
    "some others": {"filters": {"Sex": "Male"}, "others": {"SEN provision": "Total"}},
    "where": {"where": (F.period >= "2020/21") & (F.level.not_in(["LA"]) | ~(F.filter("Sex") == "Female"))},
    "where a location": {"where": F.location("LA").is_in(["Camden", "E09000033", "lnew1"])},
    "sorts": {"sort": ["-period", "level", "Sex", "LA", ees.service_sort("-Number of pupils")], "limit": 5},
    "the rest": {"indicators": ["ipct", "icount"], "page_size": 7, "values": "number", "names": "label"},
    "padded numbers": {"numbers": "trimmed", "values": "number"},
    "types": {"dtypes": {"Number of pupils": pl.Float64, "ipct": pl.Decimal(10, 2)}},
    "a type made": {"dtypes": {"ipct": pl.String()}, "indicators": "pupil_percent"},
}


@pytest.mark.parametrize("words", ASKED.values(), ids=ASKED)
def test_it_asks_an_equal_question(words: dict[str, Any]) -> None:
    """Each argument of a call comes back."""
    query = ask(**words)
    source = query.to_python(client="stub")
    assert query == run(source, META)
    assert "ast" not in source
    assert ("where" in words) is ("where=" in source)


def test_it_is_in_the_words_of_the_call() -> None:
    """The call is in the words that the question was built from, laid out as people write it."""
    query = ask(
        indicators="Number of pupils",
        filters={"SEN provision": ["Education, health and care plan", "osup"], "fsex": "Male"},
        periods=ees.last(2),
        within="llon",
        where=~(F.level == "NAT") & ((F.filter("Pupil group") == "All pupils") | F.period.is_in([2023 * 100 + 24])),
        sort=["-period"],
    )
    assert """\
import eesclient as ees

f = ees.facets
client = ees.Client()
data_set = client.open("0000", version="1.0")
result = data_set.query(
    indicators="Number of pupils",
    filters={
        "SEN provision": ["Education, health and care plan", "osup"],
        "fsex": "Male",
    },
    periods=ees.last(2),
    within="llon",
    where=(
        ~(f.level == "NAT")
        & ((f.filter("Pupil group") == "All pupils") | f.period.is_in(["202324"]))
    ),
    sort=["-period"],
)
""" == query.to_python()


def test_totals_stay_a_total() -> None:
    """`others="Total"` comes back as such: showing it warns of nothing, and running it as asking did."""
    with pytest.warns(ees.TotalByNameWarning):
        query = ask(filters={"Sex": "Male"}, others="Total")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        source = query.to_python(client="stub")
    assert 'others="Total"' in source
    with pytest.warns(ees.TotalByNameWarning):
        assert query == run(source, META)


class Name(str, Enum):
    """Names as members of an enumeration."""

    SEX = "Sex"
    MALE = "Male"
    YEAR = "2023/24"


PLAIN: dict[str, tuple[dict[str, Any], str]] = {
    "members": (
        {"filters": {Name.SEX: [Name.MALE]}, "where": F.filter(Name.SEX) == Name.MALE},
        'filters={"Sex": ["Male"]}, where=f.filter("Sex") == "Male"',
    ),
    "members of our own": (
        {"levels": GeographicLevel.LA, "sort": (n for n in [Name.SEX])},
        'levels="LA", sort=["Sex"]',
    ),
    "what is read once": ({"indicators": iter(["ipct"]), "places": {"lcam"}}, 'indicators=["ipct"], places=["lcam"]'),
    "time periods": (
        {"periods": META.periods[-1], "where": F.period != META.periods[0]},
        'periods="2024/2025|AY", where=f.period != "2019/2020|AY"',
    ),
    "ranges": (
        {"periods": [ees.between(None, META.periods[1], kind="Academic year"), ees.latest(), 2022 * 100 + 23]},
        'ees.between(None, "2020/2021|AY", kind="Academic year"), ees.last(1), "202223"',
    ),
    "members of where": ({"where": F.period.is_in([Name.YEAR])}, 'where=f.period.is_in(["2023/24"])'),
    "yes": ({"within": "llon", "include_self": 1}, 'within="llon", include_self=True'),
}


@pytest.mark.parametrize(("words", "shown"), PLAIN.values(), ids=PLAIN)
def test_words_are_kept_as_plain_values(words: dict[str, Any], shown: str) -> None:
    """Enumerations, iterators, time periods and ranges are kept as what can be printed and pickled."""
    query = ask(**words)
    source = query.to_python(client="stub")
    assert "".join(shown.split()) in "".join(source.split())
    assert query == run(source, META)
    again = pickle.loads(pickle.dumps(query))  # noqa: S301 - our own
    assert (query, query.words, source) == (again, again.words, again.to_python(client="stub"))
    assert b"test_python" not in pickle.dumps(query)


def test_words_take_no_part_in_equality() -> None:
    """The same question in other words is equal, and each is shown in its own."""
    one, other = ask(filters={"Sex": "Male"}), ask(filters={"fsex": ["omale"]})
    assert one == other
    assert repr(one) == repr(other)
    assert one.to_python() != other.to_python()


def test_what_fits_two_things_goes_by_id() -> None:
    """A question without words of its own is shown in ids, which fit one thing each."""
    twice = Filter(id="fsex2", column="sex2", label="Sex", options=options(("oa", "Same"), ("ob", "Same")))
    meta = attrs.evolve(META, filters=(*META.filters, twice))
    query = ask(
        meta, filters={"sex": "Female"}, others={"sex2": "oa"}, places="lnew2", sort=["sex2"], indicators="ipct"
    )
    query = attrs.evolve(query, words=None)
    source = query.to_python(client="stub")
    assert query == run(source, meta)
    for found in (
        'values=("ofem",)',
        'others={"fsex2": "oa"}',
        'value="lnew2"',
        'sort=["fsex2"]',
        'indicators=["ipct"]',
    ):
        assert found.replace("values=", "ids=") in source or found in source


@given(TREES)
def test_any_condition_made_by_hand(tree: Node) -> None:
    """A condition that comes from no call is a `where`, in the form that is sent."""
    query = attrs.evolve(ask(), criteria=tree)
    assert attrs.evolve(query, criteria=normalise(tree)) == run(query.to_python(client="stub"), META)


RAW: list[Node] = [
    FilterIds(comparator=Comparator.IN, ids=("osup", "ofem")),
    FilterIds(comparator=Comparator.EQ, ids=("gone",)),
    LevelCodes(comparator=Comparator.EQ, codes=("WARD",)),
    LocationKeys(comparator=Comparator.NOT_EQ, keys=(LocationKey(level="LA", property="oldCode", value="202"),)),
    LocationKeys(comparator=Comparator.EQ, keys=(LocationKey(level="LA", property="id", value="gone"),)),
    PeriodKeys(comparator=Comparator.GT, keys=(PeriodKey(period="1999/2000", code="AY"),)),
]


@pytest.mark.parametrize("leaf", RAW)
def test_what_has_no_words(leaf: Node) -> None:
    """A condition that no name can say is written as it stands, and still asks an equal question."""
    query = attrs.evolve(
        ask(), criteria=And(clauses=(leaf, Not(clause=LevelCodes(comparator=Comparator.EQ, codes=("LA",)))))
    )
    source = query.to_python(client="stub")
    assert "ees.tree.Leaf(" in source
    assert attrs.evolve(query, criteria=normalise(query.criteria)) == run(source, META)  # type: ignore[arg-type]


PRINTED_BEFORE = """
import eesclient as ees
from eesclient.query import ast

result = stub.open("a", version="1.0").query(
    where=ast.And(
        clauses=(
            ast.FilterIds(comparator=ast.Comparator.IN, ids=("osup", "ofem",)),
            ast.FilterIds(comparator=ast.Comparator.EQ, ids=("gone",), filter_id="fsex"),
            ast.LocationKeys(
                comparator=ast.Comparator.NOT_EQ,
                keys=(ast.LocationKey(level="LA", property="oldCode", value="202"),),
            ),
            ast.PeriodKeys(
                comparator=ast.Comparator.GT,
                keys=(ast.PeriodKey(period="1999/2000", code="AY"),),
            ),
            ast.Not(clause=ast.LevelCodes(comparator=ast.Comparator.EQ, codes=("LA",))),
        )
    ),
)
"""


def test_what_was_printed_before() -> None:
    """Source that was printed with a class to each kind of condition asks the same as today's."""
    found = run(PRINTED_BEFORE, META)
    today = found.to_python(client="stub")
    assert "ees.tree.Leaf(" in today
    assert found == run(today, META)
    leaf = ees.tree.Leaf(facet="filters", comparator=ees.tree.Comparator.EQ, values=("gone",), owner="fsex")
    assert leaf == ast.FilterIds(comparator=ast.Comparator.EQ, ids=("gone",), filter_id="fsex")
    assert ees.tree.Not is ast.Not


def test_alternatives_that_stand_apart() -> None:
    """Alternatives of one filter that do not know their filter are not made one list."""
    leaves = tuple(FilterIds(comparator=Comparator.EQ, ids=(id_,)) for id_ in ("ofem", "omale"))
    query = attrs.evolve(ask(), criteria=Or(clauses=leaves))
    assert query == run(query.to_python(client="stub"), META)


def test_changed_by_hand() -> None:
    """A question built, and then given another condition, is shown with that one."""
    query = ask(filters={"Sex": "Male"}, others={"SEN provision": "Total"})
    changed = attrs.evolve(
        query, criteria=And(clauses=(query.criteria, LevelCodes(comparator=Comparator.EQ, codes=("LA",))))
    )  # type: ignore[arg-type]
    found = run(changed.to_python(client="stub"), META)
    assert {"SEN provision": "Total"} == found.pinned
    assert {*normalise(changed.criteria).clauses} == {*found.criteria.clauses}  # type: ignore[arg-type, union-attr, attr-defined]


@pytest.mark.parametrize(
    "changes",
    [
        {"indicators": ()},
        {"sort": (Sort(field="filter|gone"),)},
        {"pinned": {"Sex": "Gone"}},
        {"dtypes": {"pupil_count": pl.List(pl.Int64)}},
        {"dtypes": {"gone": pl.Int64}},
    ],
)
def test_what_no_call_asks(changes: dict[str, Any]) -> None:
    """A question that only a hand can make is refused."""
    with pytest.raises(QueryError, match=r"by hand|no indicator can be"):
        attrs.evolve(ask(), **changes).to_python()


def test_long_chains() -> None:
    """Hundreds of alternatives are more than Python's operators take, and still come back."""
    pairs = [(p.period, code) for p in META.periods for code in ("LA", "NAT", "REG")]
    clauses = [
        And(
            clauses=(
                PeriodKeys(comparator=Comparator.EQ, keys=(PeriodKey(period=text, code="AY"),)),
                LevelCodes(comparator=Comparator.NOT_EQ, codes=(code,)),
                FilterIds(comparator=Comparator.EQ, ids=(id_,), filter_id="fsex"),
            )
        )
        for text, code in pairs
        for id_ in ("ofem", "omale")
    ]
    more = [And(clauses=(one, other)) for one in clauses for other in clauses[:4] if one != other]
    query = ask(where=Or(clauses=tuple(more)))
    source = query.to_python(client="stub")
    assert "ees.tree.Or(clauses=(" in source
    assert query == run(source, META)


def test_too_deep() -> None:
    """A tree as deep as no stack is an error of ours."""
    node: Node = LevelCodes(comparator=Comparator.EQ, codes=("LA",))
    for _ in range(5000):
        node = Not(clause=node)
    query = attrs.evolve(ask(), criteria=node)
    for show in (query.to_python, query.explain, query.to_eesyapi_r):
        with pytest.raises(QueryTooLargeError):
            show()


@pytest.mark.parametrize("label", HOSTILE)
def test_any_text_is_a_literal(label: str) -> None:
    """A literal means its text, on one line, with nothing invisible."""
    literal = text(label)
    assert label == eval(literal)  # noqa: S307 - our own output, which this is about
    assert literal.isprintable()


def hostile_meta(labels: list[str]) -> Meta:
    """Return metadata in which everything is called so."""
    return Meta(
        filters=(
            Filter(
                id="f1",
                column="c1",
                label=labels[0],
                options=tuple(FilterOption(id=f"o{n}", label=label) for n, label in enumerate(labels)),
            ),
        ),
        indicators=(Indicator(id="i1", column="n1", label=labels[1]), Indicator(id="i2", column="n2", label="x")),
        levels=(level("LA"),),
        locations=(
            LocationGroup(
                level=level("LA"),
                options=tuple(LocationOption(id=f"l{n}", label=label, code=f"E{n}") for n, label in enumerate(labels)),
            ),
        ),
        periods=(period("2023/2024"), period("2023/2024", "FY"), period("2023", "W5")),
    )


@given(st.lists(st.sampled_from(HOSTILE) | st.text(max_size=6), min_size=4, max_size=6), st.data())
def test_hostile_labels(labels: list[str], data: st.DataObject) -> None:
    """Whatever labels hold, the source is sound and asks an equal question."""
    # half of a surrogate pair can stand in no source, and in no answer of the service
    labels = [label.encode("utf-16", "replace").decode("utf-16") for label in labels]
    meta = hostile_meta(labels)
    some = st.lists(st.integers(0, len(labels) - 1), min_size=1, max_size=3)
    query = ask(
        meta,
        indicators="i1",
        filters={"f1": [f"o{n}" for n in data.draw(some)]},
        places=[f"l{n}" for n in data.draw(some)],
        where=F.location("LA").not_in([f"l{n}" for n in data.draw(some)]) | (F.filter("f1") == "o1"),
        periods=data.draw(st.sampled_from([["2023|AY"], ["2023|FY", "2023 Week 5"]])),
        sort=["f1", "-i1"],
    )
    assert query == run(query.to_python(client="stub"), meta)


def test_nothing_of_a_label_is_run() -> None:
    """A label that looks like code stays a text."""
    meta = hostile_meta(['"); raise SystemExit("', "'''", "\n__import__('os')", "x"])
    query = ask(meta, filters={"f1": ["o0", "o2"]}, indicators="i1")
    assert query == run(query.to_python(client="stub"), meta)


def test_equal_means_something() -> None:
    """Another question is not equal, so that these tests can fail."""
    query: Query = ask(filters={"Sex": "Male"})
    assert query != run(ask(filters={"Sex": "Female"}).to_python(client="stub"), META)
