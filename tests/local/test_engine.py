"""Tests of questions to one data set version: conditions, order, pages, text."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import attrs
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.doors.local import Engine, Question, RefusedError, Rows, fragments, matching, paging
from tests.doors.table import FAILURES, KnownFailureError
from tests.local.support import DATA_HEADER, ENGLAND, META_HEADER, imported, packed, table_of

META = f"{META_HEADER}\nsex,Filter,Sex,,,\nage,Filter,Age,,,\nn,Indicator,Number,,0,\nm,Indicator,Mean,,,\n"
EAST, WEST = "E1,East", "E2,West"
ROWS = [
    ("202122", "National", ",", "Total", "Total", "10", "z"),
    ("202122", "Regional", EAST, "Total", "Total", "9", "x"),
    ("202122", "Regional", WEST, "Girls", "5", "1", 'a "b"\\\n\t\u0001é'),
    ("202223", "Regional", EAST, "Girls", "", "2", "low"),
    ("202223", "Local authority", EAST, "Boys", "5", "3", ":"),
    ("2022", "Regional", WEST, "Boys", "Total", "4", "c"),
]


def _row(*cells: str) -> str:
    period, level, region_cells, *rest = cells
    identifier = "Academic year" if len(period) == 6 else "Calendar year"
    quoted = '"' + rest.pop().replace('"', '""') + '"'
    return ",".join([period, identifier, level, "E92000001,England", region_cells, *rest, quoted])


DATA = "\n".join([f"{DATA_HEADER},region_code,region_name,sex,age,n,m", *(_row(*cells) for cells in ROWS)])
VERSION = imported(DATA, META)
ENGINE = Engine(VERSION)
PACKED = Engine(attrs.evolve(VERSION, rows=packed(table_of(VERSION))))
META_ITEMS = VERSION.meta
OPTION = {(item.column, option.label): option.id for item in META_ITEMS.filters for option in item.options}
NUMBER = next(item.id for item in META_ITEMS.indicators if item.column == "n")
MEAN = next(item.id for item in META_ITEMS.indicators if item.column == "m")
FILTER = {item.column: item.id for item in META_ITEMS.filters}


ANSWERED: dict[str, list[dict[str, Any]]] = {}


def ask(criteria: Any = None, **rest: Any) -> list[dict[str, Any]]:
    """Result rows, which are the same where the version is packed; what was asked before is not asked again."""
    question = Question(criteria=criteria, **rest)
    if repr(question) not in ANSWERED:
        answer = ENGINE.answer(question)
        assert answer == PACKED.answer(question)
        ANSWERED[repr(question)] = json.loads(answer.results)
    return ANSWERED[repr(question)]


def numbers(criteria: Any = None, **rest: Any) -> list[str]:
    """Values of the first indicator, which tell the rows apart."""
    return [row["values"][NUMBER] for row in ask(criteria, **rest)]


def filters(**comparators: Any) -> dict[str, Any]:
    """A filters facet by column and label."""

    def ids(value: Any) -> Any:
        return [OPTION[item] for item in value] if isinstance(value, list) else OPTION[value]

    return {"filters": {name: ids(value) for name, value in comparators.items()}}


def region(code: str) -> dict[str, str]:
    """A region by code."""
    return {"level": "REG", "code": code}


def year(period: str, code: str = "AY") -> dict[str, str]:
    """A time period."""
    return {"period": period, "code": code}


def test_default_order() -> None:
    """Latest period first, then the order of the file; a calendar year stands before the academic year it begins."""
    assert ["2", "3", "4", "10", "9", "1"] == numbers()


def test_result_row() -> None:
    """Rows leave out what they lack, and show values as the file has them."""
    first, *_, last = ask()
    nat, reg = (group.options for group in META_ITEMS.locations)
    assert {
        "timePeriod": {"code": "AY", "period": "2022/2023"},
        "geographicLevel": "REG",
        "locations": {"NAT": nat[0].id, "REG": reg[0].id},
        "filters": {FILTER["sex"]: OPTION["sex", "Girls"]},
        "values": {NUMBER: "2", MEAN: "low"},
    } == first
    assert 'a "b"\\\n\t\u0001é' == last["values"][MEAN]


def test_debug() -> None:
    """Debug mode puts columns and labels beside ids."""
    row = ask(debug=True, indicators=(NUMBER,))[0]
    nat, reg = (group.options for group in META_ITEMS.locations)
    locations = {"NAT": f"{nat[0].id} :: England (code = E92000001)", "REG": f"{reg[0].id} :: East (code = E1)"}
    assert locations == row["locations"]
    assert {f"{FILTER['sex']} :: sex": f"{OPTION['sex', 'Girls']} :: Girls"} == row["filters"]
    assert {f"{NUMBER} :: n": "2"} == row["values"]


def test_indicators() -> None:
    """Only those asked for are shown, once; an empty list shows none; unknown ones are refused."""
    assert [{MEAN: "low"}] == [row["values"] for row in ask(indicators=(MEAN, MEAN), page_size=1)]
    assert [{}] == [row["values"] for row in ask(indicators=(), page_size=1)]
    with pytest.raises(RefusedError) as caught:
        ask(indicators=("nope", NUMBER, "no"))
    (error,) = caught.value.errors
    assert ("IndicatorsNotFound", {"items": ["nope", "no"]}) == (error.code, error.detail)


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        (filters(eq=("sex", "Girls")), ["2", "1"]),
        (filters(notEq=("age", "5")), ["2", "4", "10", "9"]),
        (filters(**{"in": [("sex", "Girls"), ("age", "5")]}), ["2", "3", "1"]),
        (filters(notIn=[("sex", "Girls"), ("age", "5")]), ["4", "10", "9"]),
        (filters(eq=("sex", "Boys"), notEq=("age", "5")), ["4"]),
        ({"geographicLevels": {"in": ["NAT", "LA"]}}, ["3", "10"]),
        ({"geographicLevels": {"notIn": ["NAT", "LA"]}}, ["2", "4", "9", "1"]),
        ({"locations": {"eq": region("E1")}}, ["2", "3", "9"]),
        ({"locations": {"notEq": region("E1")}}, ["4", "10", "1"]),
        ({"timePeriods": {"eq": year("2021")}}, ["10", "9", "1"]),
        ({"timePeriods": {"gt": year("2021/2022")}}, ["2", "3", "4"]),
        ({"timePeriods": {"gte": year("2022", "CY"), "lt": year("2022")}}, ["4"]),
        ({"timePeriods": {"lte": year("2022", "CY")}}, ["4", "10", "9", "1"]),
        ({"timePeriods": {"in": [year("2022", "CY"), year("2022")]}}, ["2", "3", "4"]),
        ({"and": [filters(eq=("sex", "Girls")), filters(eq=("age", "5"))]}, ["1"]),
        ({"or": [filters(eq=("sex", "Girls")), {"geographicLevels": {"eq": "NAT"}}]}, ["2", "10", "1"]),
        ({"not": filters(eq=("sex", "Girls")) | {"geographicLevels": {"eq": "NAT"}}}, ["3", "4", "9"]),
        ({"not": {"and": [filters(eq=("sex", "Girls")) | {"locations": {"eq": region("E1")}}]}}, None),
        ({"and": [{}]}, ["2", "3", "4", "10", "9", "1"]),
        ({"filters": {"eq": "nope"}}, []),
        ({"filters": {"notEq": "nope"}}, ["2", "3", "4", "10", "9", "1"]),
        ({"not": {"filters": {"eq": "nope"}}}, ["2", "3", "4", "10", "9", "1"]),
    ],
)
def test_conditions(criteria: dict[str, Any], expected: list[str] | None) -> None:
    """Conditions mean what they mean to the service."""
    assert (["3", "4", "10", "9", "1"] if expected is None else expected) == numbers(criteria)


@pytest.mark.parametrize(
    ("sorts", "expected"),
    [
        ([("timePeriod", "Asc")], ["10", "9", "1", "4", "2", "3"]),
        ([("geographicLevel", "Asc")], ["3", "10", "9", "1", "2", "4"]),
        ([(f"indicator|{NUMBER}", "Asc")], ["1", "10", "2", "3", "4", "9"]),
        ([(f"filter|{FILTER['age']}", "Asc")], ["2", "1", "3", "10", "9", "4"]),
        ([("location|REG", "Desc"), ("timePeriod", "Desc")], ["4", "1", "2", "3", "9", "10"]),
    ],
)
def test_sorts(sorts: list[tuple[str, str]], expected: list[str]) -> None:
    """Sorts apply in order, then the order of the file; numbers sort as text, rows without a value first."""
    assert expected == numbers(sorts=[_sort(*sort) for sort in sorts])


@pytest.mark.parametrize("as_text", [False, True])
def test_unknown_sorts(as_text: bool) -> None:
    """Sorts by what the data set or the answer does not have are refused together."""
    fields = ["timePeriod|x", "filter", "filter|nope", f"indicator|{MEAN}", "location|LA", "nope", "geographicLevel"]
    with pytest.raises(RefusedError) as caught:
        ask(
            sorts=[_sort(field, "Asc") for field in fields],
            indicators=("nope", NUMBER),
            as_text=as_text,
        )
    indicators, sorts = caught.value.errors
    items = [f"{field}|Asc" if as_text else {"field": field, "direction": "Asc"} for field in fields[:-1]]
    assert ("IndicatorsNotFound", "SortFieldsNotFound", {"items": items}) == (indicators.code, sorts.code, sorts.detail)


@pytest.mark.parametrize("as_text", [False, True])
def test_unknown_sorts_given_twice(as_text: bool) -> None:
    """A field is refused with each of its directions, and each pair once."""
    pairs = [("nope", "Asc"), ("nope", "Desc"), ("nope", "Asc"), ("timePeriod", "Asc"), ("filter|nope", "Desc")]
    with pytest.raises(RefusedError) as caught:
        ask(sorts=[_sort(*pair) for pair in pairs], as_text=as_text)
    objects = [_sort(*pair) for pair in (pairs[0], pairs[1], pairs[4])]
    items = ["nope|Asc", "nope|Desc", "filter|nope|Desc"] if as_text else objects
    assert [{"items": items}] == [error.detail for error in caught.value.errors]


def warnings(criteria: Any, **rest: Any) -> list[tuple[str, str | None, Any]]:
    """Warnings of an answer."""
    found = ENGINE.answer(Question(criteria=criteria, **rest)).warnings
    return [(item.code, item.path, item.detail and item.detail["items"]) for item in found]


def test_warnings_come_in_order() -> None:
    """Filters, levels, locations, time periods; then debug; then no results."""
    criteria = {
        "timePeriods": {"in": [year("2019"), year("2019"), year("2021")]},
        "locations": {"eq": {"level": "LA", "oldCode": "1"}},
        "geographicLevels": {"in": ["LA", "WARD", "WARD"], "notIn": ["LA", "LA"]},
        "filters": {"in": ["no", "no"], "eq": "nope"},
    }
    assert [
        ("FiltersNotFound", "criteria.filters.eq", ["nope"]),
        ("FiltersNotFound", "criteria.filters.in", ["no"]),
        ("GeographicLevelsNotFound", "criteria.geographicLevels.in", ["WARD", "WARD"]),
        ("GeographicLevelsNotFound", "criteria.geographicLevels.notIn", []),
        ("LocationsNotFound", "criteria.locations.eq", [{"level": "LA", "oldCode": "1"}]),
        ("TimePeriodsNotFound", "criteria.timePeriods.in", [{"code": "AY", "period": "2019"}]),
        ("DebugEnabled", None, None),
        ("QueryNoResults", None, None),
    ] == warnings(criteria, debug=True)


def test_warnings_of_get_queries_echo_texts() -> None:
    """With the GET grammar, items are texts and paths have no root."""
    criteria = {"locations": {"notEq": region("X")}, "timePeriods": {"notIn": [year("2019")]}}
    assert [
        ("LocationsNotFound", "locations.notEq", ["REG|code|X"]),
        ("TimePeriodsNotFound", "timePeriods.notIn", ["2019|AY"]),
    ] == warnings(criteria, criteria_path="", as_text=True)


def test_a_page_past_the_end_does_not_warn() -> None:
    """The total still says how many there are."""
    answer = ENGINE.answer(Question(page=9))
    assert (6, "[]", ()) == (answer.total, answer.results, answer.warnings)


@pytest.mark.parametrize(
    ("question", "failure"),
    [
        (Question(criteria={"and": [filters(eq=("sex", "Girls")), {}]}), "empty-criteria"),
        (Question(criteria={"or": [{"filters": {}}, {}]}), "empty-criteria"),
        (Question(criteria={"not": {}}), "empty-criteria"),
        (Question(criteria={"timePeriods": {"eq": year("20")}}), "short-year"),
        (Question(page=300_000, page_size=10_000), "page-overflow"),
    ],
)
def test_questions_that_the_service_fails_on(question: Question, failure: str) -> None:
    """Known failures of the service are failures here, each with its place in the reference."""
    with pytest.raises(KnownFailureError) as caught:
        ENGINE.answer(question)
    assert failure == caught.value.failure
    assert str(caught.value) == FAILURES[caught.value.failure]


def test_rows_of_a_level_in_another_case() -> None:
    """A page that has one fails, as the service cannot read the level again; other pages do not."""
    row = ENGLAND.replace("National", "NATIONAL")
    engine = Engine(imported(f"{DATA_HEADER},sex,age,n,m\n{row},A,A,1,1\n{ENGLAND},B,B,2,2\n", META))
    for question in (Question(), Question(page_size=1)):
        with pytest.raises(KnownFailureError, match="another case"):
            engine.answer(question)
    answers = [
        Question(page=2, page_size=1),
        Question(criteria={"geographicLevels": {"eq": "NAT"}}),
        Question(criteria={"geographicLevels": {"notEq": "NAT"}}, page=2),
    ]
    assert [1, 1, 0] == [len(json.loads(engine.answer(question).results)) for question in answers]


def test_sorts_by_words_of_sql() -> None:
    """A sort by a filter or indicator whose column SQL does not take without quotes fails, as in the service."""
    meta = f"{META_HEADER}\ngroup,Filter,Group,,,\nsize,Filter,Size,,,\na b,Indicator,AB,,,\n"
    version = imported(f"{DATA_HEADER},group,size,a b\n{ENGLAND},A,B,1\n", meta)
    group, size = version.meta.filters
    (odd,) = version.meta.indicators
    engine = Engine(version)
    for field in (f"filter|{group.id}", f"indicator|{odd.id}"):
        with pytest.raises(KnownFailureError, match="without quotes"):
            engine.answer(
                Question(sorts=[{"field": "timePeriod", "direction": "Asc"}, {"field": field, "direction": "Asc"}])
            )
    assert 1 == engine.answer(Question(sorts=[{"field": f"filter|{size.id}", "direction": "Desc"}])).total


def test_the_first_of_two_locations_with_one_code() -> None:
    """A code that stands under two names finds the first of them only."""
    header = f"{DATA_HEADER},region_code,region_name,n\n"
    version = imported(f"{header}{ENGLAND},E1,Old name,1\n{ENGLAND},E1,New name,2\n", META)
    question = Question(criteria={"locations": {"eq": region("E1")}})
    (row,) = json.loads(Engine(version).answer(question).results)
    assert ["2"] == list(row["values"].values())


def test_total_pages() -> None:
    """The service's integer arithmetic."""
    cases = [(0, 10, 1), (0, 1, 0), (1, 1, 1), (60, 20, 3), (61, 20, 4)]
    assert [pages for _, _, pages in cases] == [
        paging(page=1, page_size=size, total=total).total_pages for total, size, _ in cases
    ]


def test_remembered_rows_answer_the_same() -> None:
    """More questions than are remembered, asked twice over, from several threads: the same answers."""
    questions = [Question(page=page, page_size=2, sorts=sorts) for page in (1, 2, 3) for sorts in _many_sorts()]
    with ThreadPoolExecutor(4) as pool:
        first = list(pool.map(ENGINE.answer, questions * 3))
    assert [Engine(VERSION).answer(question) for question in questions] * 3 == first


def _many_sorts() -> list[list[dict[str, str]] | None]:
    fields = ["timePeriod", "geographicLevel", f"indicator|{NUMBER}", "location|REG", f"filter|{FILTER['sex']}"]
    return [None, *([_sort(field, "Desc")] for field in fields)]


def _sort(field: str, direction: str) -> dict[str, str]:
    return {"field": field, "direction": direction}


FACETS = st.sampled_from(
    [
        filters(eq=("sex", "Girls")),
        filters(notIn=[("age", "5"), ("sex", "Total")]),
        {"geographicLevels": {"in": ["NAT", "LA"]}},
        {"locations": {"notEq": region("E1")}},
        {"timePeriods": {"gte": year("2022", "CY")}},
        {"filters": {"eq": "nope"}},
        filters(eq=("age", "Total")) | {"geographicLevels": {"eq": "REG"}},
    ]
)
CRITERIA = st.recursive(
    FACETS,
    lambda inner: st.one_of(
        st.builds(lambda items: {"and": items}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda items: {"or": items}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda item: {"not": {"and": [item]}}, inner),
    ),
    max_leaves=6,
)


def negated(criteria: Any) -> dict[str, Any]:
    """Not these criteria; the `and` keeps facets from being joined with OR."""
    return {"not": {"and": [criteria]}}


@given(CRITERIA, CRITERIA)
def test_de_morgan(left: Any, right: Any) -> None:
    """Not (a and b) is not a or not b, and double negation changes nothing."""
    assert numbers(negated({"and": [left, right]})) == numbers({"or": [negated(left), negated(right)]})
    assert numbers(left) == numbers(negated(negated(left)))


@given(CRITERIA, CRITERIA)
def test_conditions_divide_the_rows(left: Any, right: Any) -> None:
    """Every row is in a condition or its negation, never in both."""
    assert sorted(numbers()) == sorted(numbers(left) + numbers(negated(left)))
    assert set(numbers({"and": [left, right]})) == set(numbers(left)) & set(numbers(right))


@given(CRITERIA, st.integers(min_value=1, max_value=8), st.sampled_from(_many_sorts()))
def test_pages_concatenate(criteria: Any, size: int, sorts: list[dict[str, str]] | None) -> None:
    """Pages of any size give the rows of one page, in order, and the page after the last has none."""
    whole = ask(criteria, sorts=sorts)
    pages = [ask(criteria, sorts=sorts, page=page, page_size=size) for page in range(1, len(whole) // size + 3)]
    assert whole == [row for page in pages for row in page]


COUNTS = {"period": 4, "level": 2, "filter:a": 3}
COLUMNS = [*COUNTS, "indicator:i"]
ROW_LISTS = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 1), st.integers(0, 2), st.sampled_from(["", "10", "9", "x", "é", "z"])),
    max_size=12,
)
ORDERS = st.lists(st.tuples(st.sampled_from(COLUMNS), st.booleans()), max_size=4)


def table(rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    """A table as a data file becomes one."""
    places = dict.fromkeys(COUNTS, pl.UInt32)
    return pl.DataFrame(rows, schema={**places, "indicator:i": pl.String}, orient="row")


def by_hand(rows: list[tuple[Any, ...]], order: list[tuple[str, bool]], least: int) -> list[int]:
    """The rows of a period at least, sorted by one column after the other."""
    numbers = [number for number, row in enumerate(rows) if row[0] >= least]
    for column, descending in reversed(order):
        place = COLUMNS.index(column)
        # the order of the file stays that of equal rows, also where a column descends
        numbers.sort(key=lambda number, place=place: _as_bytes(rows[number][place]), reverse=descending)
    return numbers


def _as_bytes(value: int | str) -> int | bytes:
    return value.encode() if isinstance(value, str) else value


@given(rows=ROW_LISTS, order=ORDERS, least=st.integers(1, 3))
@pytest.mark.parametrize("factor", [1, 2**30])
@pytest.mark.parametrize("keep", [Rows.of, packed])
def test_order(
    *,
    keep: Callable[[pl.DataFrame], Rows],
    rows: list[tuple[Any, ...]],
    order: list[tuple[str, bool]],
    least: int,
    factor: int,
) -> None:
    """Rows come sorted as by one column after the other, also where one number is too small to hold them all."""
    counts = {column: count * factor for column, count in COUNTS.items()}
    found = matching(keep(table(rows)), pl.col("period") >= least, order, counts)
    assert (by_hand(rows, order, least), pl.UInt32) == (found.to_list(), found.dtype)


def test_all_rows() -> None:
    """Without a condition all rows come."""
    assert [1, 0] == matching(
        Rows.of(table([(2, 0, 0, ""), (1, 0, 0, "")])), None, [("period", False)], COUNTS
    ).to_list()


def test_place_counts() -> None:
    """Every place of a table is below the count of its column; indicators have no places."""
    version = imported(
        f"{DATA_HEADER},sex,n\n{ENGLAND},Total,1\n{ENGLAND},Girls,2\n{ENGLAND},,3\n",
        f"{META_HEADER}\nsex,Filter,Sex,,,\nn,Indicator,Number,,,\n",
    )
    [filter_], [indicator] = version.meta.filters, version.meta.indicators
    counts = {column: len(texts) for column, texts in fragments(version, debug=False).items()}
    assert {"period": 2, "level": 2, "location:NAT": 2, f"filter:{filter_.id}": 3} == counts
    largest = table_of(version).drop(f"indicator:{indicator.id}").max().row(0, named=True)
    assert {column: count - 1 for column, count in counts.items()} == largest
