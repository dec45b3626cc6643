"""Tests of the label builder: every argument, what it means on the service, and every wrong word."""

from __future__ import annotations

import json
import warnings
from typing import Any

import attrs
import polars as pl
import pytest

from eesclient import (
    AmbiguousLabelError,
    Filter,
    GeographicLevel,
    Meta,
    QueryError,
    QueryTooLargeError,
    TimeIdentifier,
    TimePeriod,
    TotalByNameWarning,
    TotalError,
    UnknownLabelError,
    between,
    last,
    latest,
)
from eesclient import facets as f
from tests.doors.query import Comparator, PeriodKey, PeriodKeys, unmatchable_periods

from .examples import META, ask, level, options, period


def criteria(meta: Meta = META, **words: object) -> Any:
    """Criteria of the body that a question sends."""
    return json.loads(ask(meta, **words).to_json()).get("criteria")


def in_place(level_code: str, *ids: str) -> dict[str, Any]:
    """Criteria for rows of locations themselves."""
    keys = [{"level": level_code, "id": id_} for id_ in ids]
    located = {"locations": {"in": keys} if len(keys) > 1 else {"eq": keys[0]}}
    return {"and": [located, {"geographicLevels": {"eq": level_code}}]}


@pytest.mark.parametrize("name", ["SEN provision", "sen_provision", "fprov", "sen  PROVISION", "Sen_Provision"])
@pytest.mark.parametrize("option", ["SEN support", "osup", "sen support", ["SEN support"], ["SEN support", "osup"]])
def test_filters_by_any_name(name: str, option: object) -> None:
    """A filter and its option can be a label, a column or an id, exactly or folded."""
    assert {"filters": {"eq": "osup"}} == criteria(filters={name: option})


def test_several_filters_are_all_required() -> None:
    """Options of two filters are two conditions, because in one list the service would OR them (section 12)."""
    assert {"and": [{"filters": {"in": ["osup", "otot"]}}, {"filters": {"eq": "ofem"}}]} == criteria(
        filters={"SEN provision": ["SEN support", "Total"], "Sex": "Female"}
    )


def test_no_words_ask_for_everything() -> None:
    """Without words there are no criteria, and all indicators."""
    query = ask()
    assert {"page": 1, "pageSize": 10_000} == json.loads(query.to_json())
    assert META.indicators == query.indicators


def test_indicators_keep_their_order() -> None:
    """Indicators come in the order asked for, each once."""
    query = ask(indicators=["pupil_percent", "Number of pupils", "ipct"])
    assert ["ipct", "icount"] == [indicator.id for indicator in query.indicators]


def test_some_indicators_are_named() -> None:
    """A question for some indicators sends their ids."""
    assert ["ipct"] == json.loads(ask(indicators="Percentage of pupils").to_json())["indicators"]


@pytest.mark.parametrize(
    "spelling",
    [
        "2023/24", "2023-24", "202324", 202324, "2023/2024", "2023|AY", "2023/2024|AY", "Academic year 2023/24",
        "2023\N{EN DASH}24", "academic year 2023/2024", TimePeriod(code=TimeIdentifier.AY, period="2023/2024"),
    ],
)  # fmt: skip
def test_period_spellings(spelling: object) -> None:
    """A period can be written in any of the ways in use."""
    assert {"timePeriods": {"eq": {"period": "2023/2024", "code": "AY"}}} == criteria(periods=spelling)


def _years(*years: int) -> dict[str, Any]:
    return {"timePeriods": {"in": [{"period": f"{y}/{y + 1}", "code": "AY"} for y in years]}}


def test_period_ranges() -> None:
    """Ranges become the periods that they stand for."""
    assert _years(2020, 2021, 2022) == criteria(periods=between("2020/21", "2022/23"))
    assert _years(2023, 2024) == criteria(periods=last(2))
    assert _years(2019, 2024) == criteria(periods=[latest(), "2019/20"]) or _years(2024, 2019) == criteria(
        periods=[latest(), "2019/20"]
    )
    assert {"timePeriods": {"eq": {"period": "2024/2025", "code": "AY"}}} == criteria(periods=latest())


def test_last_of_more_than_there_are() -> None:
    """last(99) is all of them."""
    assert _years(*range(2019, 2025)) == criteria(periods=last(99))


def test_ranges_over_several_kinds() -> None:
    """Where periods are of several kinds, the error names them and asks for one."""
    mixed = attrs.evolve(META, periods=(*META.periods, period("2024", "CY")))
    with pytest.raises(QueryError, match=r"Calendar year.*kind="):
        ask(mixed, periods=latest())
    assert {"timePeriods": {"eq": {"period": "2024", "code": "CY"}}} == criteria(
        mixed, periods=latest(kind="calendar year")
    )
    with pytest.raises(QueryError, match="no time period of kind 'Week 1'"):
        ask(mixed, periods=latest(kind="Week 1"))
    with pytest.raises(QueryError, match="have two"):
        ask(mixed, periods=between("2023/24", "2024"))


def test_weeks_are_one_kind() -> None:
    """The latest week is the latest of all weeks, by number and not by text (section 21, point 13)."""
    weeks = attrs.evolve(META, periods=tuple(period("2024", f"W{n}") for n in (1, 10, 2, 9)))
    assert {"timePeriods": {"eq": {"period": "2024", "code": "W10"}}} == criteria(weeks, periods=latest())


def test_halves_of_a_year_are_one_kind() -> None:
    """The two parts of a financial year follow each other."""
    parts = attrs.evolve(META, periods=(period("2023/2024", "P2"), period("2023/2024", "P1")))
    assert {"timePeriods": {"eq": {"period": "2023/2024", "code": "P2"}}} == criteria(parts, periods=latest())


def test_backward_and_empty_ranges() -> None:
    """A range that runs backwards says how to write it, and last(0) is nothing."""
    with pytest.raises(QueryError, match="backwards"):
        ask(periods=between("2022/23", "2020/21"))
    with pytest.raises(QueryError, match="at least 1"):
        last(0)


def test_unknown_end_of_a_range() -> None:
    """A bound must exist: the service compares positions (section 12)."""
    with pytest.raises(UnknownLabelError, match="1999/00"):
        ask(periods=between("1999/00", "2020/21"))


def test_label_of_two_kinds_is_ambiguous() -> None:
    """A label such as 2018 can be of two kinds; both are shown (section 14)."""
    meta = attrs.evolve(META, periods=(period("2018", "CY"), period("2018", "RY")))
    with pytest.raises(AmbiguousLabelError, match=r"Calendar year.*Reporting year"):
        ask(meta, periods="2018")
    assert {"timePeriods": {"eq": {"period": "2018", "code": "RY"}}} == criteria(meta, periods="2018|RY")


STORED = period("2018", "AY")
"""An academic year that its producer wrote with four digits: labelled `2018/19`, and no query matches it."""


@pytest.mark.parametrize("spelling", ["2018/19", "2018", 2018, "201819", "2018|AY", "2018/2019|AY", STORED, latest()])
def test_four_digit_academic_year(spelling: Any) -> None:
    """An academic year stored with four digits can be asked for, and is never sent (section 14)."""
    query = ask(attrs.evolve(META, periods=(STORED,)), periods=spelling)
    assert (PeriodKeys(comparator=Comparator.EQ, keys=(PeriodKey(period="2018", code="AY"),))) == query.criteria
    for write in (query.to_json, query.to_params):
        with pytest.raises(QueryError, match=r"2018/19 \(Academic year, stored as 2018\).*data file"):
            write()


def test_academic_year_stored_both_ways() -> None:
    """Where a year is stored with four and with six digits, a spelling of both is an error."""
    both = attrs.evolve(META, periods=(STORED, period("2018/2019")))
    with pytest.raises(AmbiguousLabelError, match=r'"2018/19 \(Academic year, stored as 2018\)", "2018/19'):
        ask(both, periods="2018/19")
    assert {"timePeriods": {"eq": {"period": "2018/2019", "code": "AY"}}} == criteria(both, periods=both.periods[1])
    assert (STORED,) == unmatchable_periods(ask(both, periods=STORED))
    assert (STORED,) == unmatchable_periods(
        ask(both, where=~(f.level == "LA") & ((f.period == STORED) | (f.level == "NAT")))
    )


@pytest.mark.parametrize("spelling", ["2021", 2021, "Academic year 2021", "2021 academic year", "AY 2021"])
def test_single_year_of_two(spelling: Any) -> None:
    """A single year on two-year codes is an error that offers both."""
    with pytest.raises(UnknownLabelError, match="single year") as caught:
        ask(periods=spelling)
    assert str(caught.value).endswith('the nearest: "2020/21 (Academic year)", "2021/22 (Academic year)"')


def test_single_year_of_another_kind() -> None:
    """A word that is no kind of period is not passed over."""
    with pytest.raises(UnknownLabelError, match="has no time period 'Week 3 2021'"):
        ask(periods="Week 3 2021")


def test_open_ranges() -> None:
    """None leaves an end of a range open."""
    assert _years(2023, 2024) == criteria(periods=between("2023/24", None))
    assert _years(2019, 2020) == criteria(periods=between(None, "2020/21"))
    with pytest.raises(QueryError, match="all time periods"):
        between(None, None)


def test_ranges_of_weeks() -> None:
    """A range may go over the codes of one kind."""
    weeks = attrs.evolve(META, periods=tuple(period("2024", f"W{n}") for n in (1, 10, 2, 9)))
    keys = [{"period": "2024", "code": f"W{n}"} for n in (2, 9, 10)]
    assert {"timePeriods": {"in": keys}} == criteria(weeks, periods=between("2024 Week 2", "2024 Week 10"))
    assert {"timePeriods": {"in": keys}} == criteria(weeks, periods=between("2024 Week 2", None, kind="week"))
    assert {"timePeriods": {"eq": {"period": "2024", "code": "W2"}}} == criteria(weeks, periods=latest(kind="Week 2"))


MIXED = attrs.evolve(META, periods=(*META.periods, period("2024", "CY"), period("2024", "W5"), period("2024", "RY")))


@pytest.mark.parametrize("asked", [latest(), last(2), between("2023/24", None), between(None, "2023/24")])
def test_open_ranges_over_several_kinds(asked: Any) -> None:
    """Latest, last and open ranges over several kinds of period are an error that names the kinds."""
    kinds = (
        r"several kinds of time period \(Academic year, Calendar year, Reporting year, Week\): say kind='Academic year'"
    )
    with pytest.raises(QueryError, match=kinds):
        ask(MIXED, periods=asked)


def test_kind_settles_a_range() -> None:
    """`kind=` says which periods a range is of, and what a spelling of two kinds means."""
    assert _years(2023, 2024) == criteria(MIXED, periods=last(2, kind="Academic year"))
    assert _years(2023, 2024) == criteria(MIXED, periods=between("2023/24", None, kind="academic year"))
    one = {"timePeriods": {"eq": {"period": "2024", "code": "RY"}}}
    assert one == criteria(MIXED, periods=between("2024", "2024", kind="RY"))
    with pytest.raises(QueryError, match="no time period of kind 'Month'"):
        ask(MIXED, periods=between("2024", None, kind="Month"))


@pytest.mark.parametrize("where", [f.period >= "2023/24", f.period < "2023/24"])
def test_before_and_after_over_several_kinds(where: Any) -> None:
    """Before and after would compare periods of all kinds, so they are refused where there are several."""
    with pytest.raises(QueryError, match=r"several kinds.*periods=ees.between\(.*'2023/24'.*kind="):
        ask(MIXED, where=where)


@pytest.mark.parametrize("name", ["LA", "Local authority", "local_authority", GeographicLevel.LA, ["LA", "LA"]])
def test_levels(name: object) -> None:
    """A level is a code or a label, and goes out once."""
    assert {"geographicLevels": {"eq": "LA"}} == criteria(levels=name)


@pytest.mark.parametrize("name", ["Camden", "camden", "E09000007", "202", "lcam", "code:E09000007", "LA:Camden",
                                  "old code: 202", "id:lcam", "Local authority: 202"])  # fmt: skip
def test_places_by_any_name(name: str) -> None:
    """A place is a name, a code or an id, and means its own rows: the service would add those inside (section 12)."""
    assert in_place("LA", "lcam") == criteria(places=name)


def test_places_of_several_levels() -> None:
    """Places of different levels are alternatives."""
    assert {"or": [in_place("LA", "lcam", "lbar"), in_place("NAT", "leng")]} == criteria(
        places=["Camden", "England", "302"]
    )


def test_code_of_several_names() -> None:
    """A code that stands under several names means all of them, by id: the service takes the first (section 12)."""
    assert in_place("LA", "lwes", "lcity") == criteria(places="E09000033")
    assert {"locations": {"in": [{"level": "LA", "id": "lwes"}, {"level": "LA", "id": "lcity"}]}} == criteria(
        where=f.location("LA") == "E09000033"
    )


def test_name_of_several_places() -> None:
    """A name with two codes, or at two levels, is an error that shows them."""
    with pytest.raises(AmbiguousLabelError, match=r"E06000001.*E06000002"):
        ask(places="Newtown")
    with pytest.raises(AmbiguousLabelError, match=r"Local authority.*Regional"):
        ask(places="London")


def test_level_settles_a_name() -> None:
    """Where a name stands at two levels, levels= says which is meant."""
    assert {"and": [{"geographicLevels": {"eq": "REG"}}, {"locations": {"eq": {"level": "REG", "id": "llon"}}}]} == (
        criteria(places="London", levels="Regional")
    )


def test_places_without_rows() -> None:
    """Places that cannot have rows of their own suggest within=."""
    with pytest.raises(QueryError, match="within='Camden'"):
        ask(places="Camden", levels="Regional")
    with pytest.raises(QueryError, match="within='First School'"):
        ask(places="urn:100000")


def test_within() -> None:
    """within= keeps rows of smaller areas, and the area's own row only when asked."""
    inside = {"locations": {"eq": {"level": "REG", "id": "llon"}}}
    smaller = {"and": [inside, {"geographicLevels": {"notEq": "REG"}}]}
    assert smaller == criteria(within="REG:London")
    assert inside == criteria(within="REG:London", include_self=True)
    england = {"and": [{"locations": {"eq": {"level": "NAT", "id": "leng"}}}, {"geographicLevels": {"notEq": "NAT"}}]}
    assert {"or": [smaller, england]} == criteria(within=["REG:London", "England"])


def test_within_a_level_without_rows() -> None:
    """What no row is of is not excluded: the service would warn of a level that nobody asked for."""
    meta = attrs.evolve(META, levels=[level for level in META.levels if str(level.code) != "REG"])
    inside = {"locations": {"eq": {"level": "REG", "id": "llon"}}}
    assert inside == criteria(meta, within="REG:London") == criteria(meta, within="REG:London", include_self=True)
    assert "rows of smaller areas inside London" in ask(meta, within="REG:London").explain()
    words = ask(meta, within=["REG:London", "England"], include_self=True).explain()
    assert "rows that lie in, its own included, London" in words
    assert "rows of smaller areas inside London" in ask(meta, within=["REG:London", "England"]).explain()


def test_where_negation_is_pushed_in() -> None:
    """`not` is never sent: the service would OR the facets under it (section 12)."""
    where = ~((f.filter("Sex") == "Female") & (f.level == "LA"))
    assert {"or": [{"filters": {"notEq": "ofem"}}, {"geographicLevels": {"notEq": "LA"}}]} == criteria(where=where)


def test_where_of_every_facet() -> None:
    """Each facet resolves its names."""
    where = (
        f.filter("sex").not_in(["Female", "omale"])
        & (f.period >= "2022/23")
        & (f.level != "NAT")
        & (f.location("Regional") != "E12000007")
    )
    assert {
        "and": [
            {"filters": {"notIn": ["ofem", "omale"]}},
            {"timePeriods": {"gte": {"period": "2022/2023", "code": "AY"}}},
            {"geographicLevels": {"notEq": "NAT"}},
            {"locations": {"notEq": {"level": "REG", "id": "llon"}}},
        ]
    } == criteria(where=where)


def test_a_name_that_does_not_exist_is_never_sent() -> None:
    """An unknown id in notEq would match everything on the service (section 12); here it is an error."""
    with pytest.raises(UnknownLabelError):
        ask(where=f.filter("Sex") != "nobody")


def test_every_wrong_word_at_once() -> None:
    """One error lists every unknown name of the call, each with what is near."""
    with pytest.raises(UnknownLabelError) as caught:
        ask(
            filters={"SEN provison": "x", "Sex": ["Femail", "Total"]},
            indicators="Number of pupil",
            levels="County",
            periods=["2030/31"],
            places="Camdem",
            where=(f.filter("nope") == "a") | (f.location("WARD") == "b") | (f.location("REG") == "Camden"),
            sort="nothing",
        )
    unknown = (
        "SEN provison", "Femail", "Total", "County", "2030/31", "Camdem", "nope", "WARD", "Camden",
        "Number of pupil", "nothing",
    )  # fmt: skip
    assert unknown == caught.value.unknown
    message = str(caught.value)
    assert "SEN provision" in message
    assert "'Total' of filter 'SEN provision'" in message  # it belongs to another filter
    assert "Camden (Local authority" in message  # it lies at another level


def test_unknown_and_ambiguous_together() -> None:
    """Ambiguous names are listed along with the unknown ones."""
    with pytest.raises(UnknownLabelError, match=r"(?s)nowhere.*Newtown"):
        ask(places=["nowhere", "Newtown"])


def test_option_label_twice_in_a_filter() -> None:
    """Labels that fold alike are ambiguous unless one is exact."""
    twice = Filter(id="x", column="x", label="X", options=options(("a", "Year 1"), ("b", "YEAR 1")))
    meta = attrs.evolve(META, filters=(twice,))
    with pytest.raises(AmbiguousLabelError, match=r"Year 1 \(a\).*YEAR 1 \(b\)"):
        ask(meta, filters={"X": "year 1"})
    assert {"filters": {"eq": "b"}} == criteria(meta, filters={"X": "YEAR 1"})


def test_ambiguous_filter_name() -> None:
    """A name that is one filter's label and another's column is ambiguous, and ids settle it."""
    one = Filter(id="x1", column="sex", label="Gender", options=options(("a", "A")))
    other = Filter(id="x2", column="gender", label="Other", options=options(("b", "B")))
    meta = attrs.evolve(META, filters=(one, other))
    with pytest.raises(AmbiguousLabelError) as caught:
        ask(meta, filters={"GENDER": "A"})
    assert ("Gender (sex)", "Other (gender)") == caught.value.candidates
    assert {"filters": {"eq": "b"}} == criteria(meta, filters={"x2": "B"})


def test_others_total() -> None:
    """others="Total" pins each filter that is not named; the first rule is an option called Total."""
    with pytest.warns(TotalByNameWarning, match="'All pupils' of 'Pupil group'") as caught:
        query = ask(filters={"Sex": "Female"}, others="Total")
    assert {"SEN provision": "Total", "Pupil group": "All pupils"} == query.pinned
    assert 1 == len(caught)
    assert ask.__code__.co_filename == caught[0].filename


def test_pinned_filters_with_one_label() -> None:
    """Where two filters have one label, their columns tell what was pinned."""
    twins = tuple(Filter(id=i, column=f"sex{i}", label="Sex", options=options((f"o{i}", "Total"))) for i in "ab")
    query = ask(attrs.evolve(META, filters=twins), others="Total")
    assert {"Sex (sexa)": "Total", "Sex (sexb)": "Total"} == query.pinned


def test_others_leave_named_filters_alone() -> None:
    """A filter named in where= is named."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        query = ask(where=(f.filter("Sex") == "Male") | ~(f.filter("Pupil group") == "SEN support"), others="total")
    assert {"SEN provision": "Total"} == query.pinned


def test_others_for_some() -> None:
    """A mapping pins only the filters that it names."""
    assert {"SEN provision": "Total"} == ask(others={"sen_provision": "Total"}).pinned
    assert {"Sex": "Female"} == ask(others={"Sex": "ofem"}).pinned
    with pytest.raises(QueryError, match="itself names"):
        ask(others={"Sex": "Female"}, filters={"Sex": "Male"})


def test_the_only_option_is_the_total() -> None:
    """A filter with one option has no parts, so that nothing is taken by its name."""
    meta = attrs.evolve(META, filters=(attrs.evolve(META.filters[0], options=options(("oone", "State-funded"))),))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert {META.filters[0].label: "State-funded"} == ask(meta, others="Total").pinned
    assert {"filters": {"eq": "oone"}} == criteria(meta, others="total")


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["Female", "Male"], "no total"),
        (["All boys", "All girls"], "several totals"),
        (["Total", "TOTAL"], "several totals"),
        (["Total of a", "Alliance"], "no total"),
    ],
)
def test_no_single_total(labels: list[str], words: str) -> None:
    """No total, or several, is an error that lists the choices; `Total …` and `All…` in one word are no totals."""
    meta = attrs.evolve(
        META, filters=(Filter(id="x", column="x", label="X", options=options(*((t, t) for t in labels))),)
    )
    with pytest.raises(TotalError, match=words) as caught:
        ask(meta, others="Total")
    assert tuple(labels) == caught.value.choices


def test_total_before_all() -> None:
    """An option called Total wins over one that begins with All."""
    filter_ = Filter(id="x", column="x", label="X", options=options(("a", "All"), ("b", "total")))
    assert {"X": "total"} == ask(attrs.evolve(META, filters=(filter_,)), others="Total").pinned


def test_filter_without_options_is_not_pinned() -> None:
    """A filter that no row has a value for cannot be pinned."""
    meta = attrs.evolve(META, filters=(Filter(id="x", column="x", label="X"),))
    assert {} == ask(meta, others="Total").pinned


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"limit": 0}, "limit=0"),
        ({"limit": "5"}, "limit='5'"),
        ({"page_size": 10_001}, "10,000"),
        ({"page_size": 0}, "page_size=0"),
        ({"values": "numbers"}, "values='numbers'"),
        ({"names": "ids"}, "names='ids'"),
        ({"include_self": True}, "within="),
        ({"where": "Sex == Female"}, "ees.facets"),
        ({"where": f.level}, "ees.facets"),
        ({"filters": ["Sex"]}, "mapping"),
        ({"filters": {"Sex": []}}, "empty list"),
        ({"filters": {"Sex": "Male", "sex": "Female"}}, "same filter"),
        ({"indicators": []}, "empty list"),
        ({"levels": []}, "empty list"),
        ({"periods": []}, "empty list"),
        ({"periods": 1.5}, "periods="),
        ({"periods": [None]}, "write a label"),
        ({"places": []}, "empty list"),
        ({"within": []}, "empty list"),
        ({"sort": []}, "empty list"),
        ({"others": "Everything"}, "Total"),
        ({"places": [1.5]}, "write a label"),
    ],
)
def test_questions_that_cannot_be_asked(words: dict[str, object], message: str) -> None:
    """Bad arguments get a clear error before anything is sent."""
    with pytest.raises(QueryError, match=message):
        ask(**words)


def test_500_alternatives_of_one_filter() -> None:
    """Hundreds of chained alternatives are one flat list."""
    filter_ = Filter(id="x", column="x", label="X", options=options(*((f"o{n}", f"Option {n}") for n in range(500))))
    where = f.filter("X") == "Option 0"
    for n in range(1, 500):
        where = where | (f.filter("X") == f"Option {n}")
    sent = criteria(attrs.evolve(META, filters=(filter_,)), where=where)
    assert {"filters": {"in": [f"o{n}" for n in range(500)]}} == sent


def test_500_alternatives_of_different_facets() -> None:
    """A chain of conditions that no list can say is as flat as it is long, and stays within the depth."""
    where = f.period == "2019/20"
    for n in range(500):
        where = where | ((f.filter("Sex") == "Male") & (f.period >= f"{2019 + n % 6}/{20 + n % 6}"))
    assert 7 == len(criteria(where=where)["or"])


def test_deep_nesting_is_refused() -> None:
    """A question deeper than the service reads is refused with the reason (section 6)."""
    where = f.period == "2019/20"
    for n in range(16):
        where = (where | (f.level == "LA")) & (f.filter("Sex") == "Male") if n % 2 else where & (f.level == "NAT")
    with pytest.raises(QueryTooLargeError, match="32 levels"):
        ask(where=where | (f.level == "REG"))


def test_very_deep_nesting_is_refused() -> None:
    """Even nesting beyond Python's own limit is a clear error."""
    where = f.period == "2019/20"
    for _ in range(1_000):
        where = (where | (f.level == "LA")) & (f.filter("Sex") == "Male")
    with pytest.raises(QueryTooLargeError, match="deep"):
        ask(where=where)


def test_large_bodies_are_refused() -> None:
    """A body that the gateway would block is refused with the reason (section 1)."""
    filter_ = Filter(
        id="x", column="x", label="X", options=options(*((f"option{n:06}", f"Option {n}") for n in range(10_000)))
    )
    meta = attrs.evolve(META, filters=(filter_,))
    labels = [option.label for option in filter_.options]
    with pytest.raises(QueryTooLargeError, match="131,072"):
        ask(meta, filters={"X": labels})
    assert 5_000 == len(criteria(meta, filters={"X": labels[:5_000]})["filters"]["in"])


def test_dtypes_by_any_name() -> None:
    """dtypes= names indicators like everything else, and is kept by column."""
    assert {"pupil_count": pl.Float64} == ask(dtypes={"Number of pupils": float}).dtypes
    with pytest.raises(UnknownLabelError, match="nope"):
        ask(dtypes={"nope": float})


def test_pinned_data_set_takes_part_in_equality() -> None:
    """Equal words give equal questions; other words do not."""
    assert ask(filters={"Sex": "Male"}) == ask(where=f.filter("sex") == "omale")
    assert ask(filters={"Sex": "Male"}) != ask(filters={"Sex": "Female"})


def test_level_that_rows_lack() -> None:
    """A level that the service knows and the data set has no rows of is unknown here, with what there is."""
    with pytest.raises(UnknownLabelError, match="Local authority"):
        ask(levels="School")
    assert level("SCH") in [group.level for group in META.locations]
