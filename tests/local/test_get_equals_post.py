"""Law: whatever a GET query can say, a POST query says too, and the answers are the same up to spelling."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, NamedTuple

from hypothesis import event, given, settings
from hypothesis import strategies as st

from eesclient.local import Service
from tests.doors.local import Answer, Engine, Holdings, Question, VersionData, stable_id
from tests.local.support import META_HEADER, data_set_of, get, imported, post, read, version_of

PATH = f"/data-sets/{stable_id('ds')}/query"
PLACES = [
    "National,E92000001,England,,,,,,,,",
    "Regional,E92000001,England,E12000001,North East,,,,,,",
    "Local authority,E92000001,England,E12000001,North East,E1 / E2,301,Barnet,,,",
    "School,E92000001,England,E12000001,North East,E3,302,Brent,100001,3011001,Ash School",
]
PERIODS = ["202122,Academic year", "202223,Academic year", "2022,Calendar year", "2022,Week 2"]
HEADER = (
    "time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,"
    "new_la_code,old_la_code,la_name,school_urn,school_laestab,school_name,sex,age,n,share"
)
META = f"{META_HEADER}\nsex,Filter,Sex,,,\nage,Filter,Age,,,\nn,Indicator,Number,,,\nshare,Indicator,Share,%,1,\n"


@cache
def data() -> VersionData:
    """Four levels, four periods, two filters of which one is not in every row, two indicators."""
    rows = [
        f"{period},{place},{sex},{age},{(number * 7) % 11},{(number * 5) % 7}"
        for number, (period, place, sex, age) in enumerate(
            (period, place, sex, age)
            for period in PERIODS
            for place in PLACES
            for sex in ("Total", "Girls", "Boys")
            for age in ("", "Total", "Under 5")
        )
    ]
    return imported("\n".join([HEADER, *rows, ""]), META)


@cache
def box() -> Service:
    """A box with this data set."""
    held = data_set_of(version_of(data()))
    return Service(Holdings(data_sets={held.about.id: held}))


# Things that texts and objects both can name, known or not


class Named(NamedTuple):
    """One thing as both grammars write it."""

    text: str
    value: Any


def _same(text: str) -> Named:
    return Named(text, text)


def _location(level: str, name: str, value: str) -> Named:
    return Named(f"{level}|{name}|{value}", {"level": level, name: value})


def _period(period: str, code: str) -> Named:
    return Named(f"{period}|{code}", {"period": period, "code": code})


def _sort(field: str, direction: str) -> Named:
    return Named(f"{field}|{direction}", {"field": field, "direction": direction})


def _of(*things: Named) -> st.SearchStrategy[Named]:
    return st.sampled_from(things)


def _options() -> list[Named]:
    return [_same(option.id) for item in data().meta.filters for option in item.options]


def _places() -> list[Named]:
    attributes = {"id": "id", "code": "code", "oldCode": "old_code", "urn": "urn", "laEstab": "la_estab"}
    return [
        _location(str(group.level.code), name, value)
        for group in data().meta.locations
        for option in group.options
        for name, attribute in attributes.items()
        if (value := getattr(option, attribute)) is not None
    ]


def _filters(*, spoilt: bool) -> st.SearchStrategy[Named]:
    return _of(*_options(), _same("nope"), _same("izbzg"), *[_same("a" * 11)] * spoilt)


def _levels(*, spoilt: bool) -> st.SearchStrategy[Named]:
    return _of(*map(_same, ("NAT", "REG", "LA", "SCH", "WARD", "OA", *["National"] * spoilt)))


def _locations(*, spoilt: bool) -> st.SearchStrategy[Named]:
    unknown = [_location("LA", "code", "X"), _location("WARD", "id", "dP0Zw")]
    broken = [_location("RSC", "id", "12345678901"), _location("REGION", "code", "E1")]
    return _of(*_places(), *unknown, *broken * spoilt)


def _periods(*, spoilt: bool) -> st.SearchStrategy[Named]:
    known = [("2021", "AY"), ("2021/2022", "AY"), ("2022/2023", "AY"), ("2022", "CY"), ("2022", "W2")]
    unknown = [("2019", "AY"), ("2022", "W3")]
    broken = [("2022/2023", "CY"), ("2022/2024", "AY"), ("20", "AY"), ("2022", "ZZ"), ("-1", "AY")]
    return _of(*(_period(*item) for item in [*known, *unknown, *broken * spoilt]))


def _sorts(*, spoilt: bool) -> st.SearchStrategy[list[Named]]:
    fields = [
        "timePeriod",
        "geographicLevel",
        "location|LA",
        "location|SCH",
        *["location|WARD", "filter|nope"] * spoilt,
    ]
    fields += [f"filter|{item.id}" for item in data().meta.filters]
    fields += [f"indicator|{item.id}" for item in data().meta.indicators] * spoilt
    one = st.builds(_sort, st.sampled_from(fields), st.sampled_from(["Asc", "Desc", *["asc"] * spoilt]))
    return st.lists(one, min_size=1, max_size=3)


def _comparators(thing: st.SearchStrategy[Named], *extra: str) -> st.SearchStrategy[dict[str, Any]]:
    several = st.lists(thing, min_size=1, max_size=4)
    single = dict.fromkeys(("eq", "notEq", *extra), thing)
    return st.fixed_dictionaries({}, optional={**single, "in": several, "notIn": several})


def _asked(*, spoilt: bool) -> st.SearchStrategy[dict[str, Any]]:
    indicators = [_same(item.id) for item in data().meta.indicators]
    return st.fixed_dictionaries(
        {},
        optional={
            "filters": _comparators(_filters(spoilt=spoilt)),
            "geographicLevels": _comparators(_levels(spoilt=spoilt)),
            "locations": _comparators(_locations(spoilt=spoilt)),
            "timePeriods": _comparators(_periods(spoilt=spoilt), "gt", "gte", "lt", "lte"),
            "indicators": st.lists(_of(*indicators, *[_same("nope")] * spoilt), min_size=1, max_size=3),
            "sorts": _sorts(spoilt=spoilt),
            "debug": st.booleans(),
            "page": st.sampled_from([1, 2, *[0, 2_147_483_647] * spoilt]),
            "pageSize": st.sampled_from([1, 3, 50, 10_000, *[10_001] * spoilt]),
        },
    )


# Both ways to ask


FACETS = ("filters", "geographicLevels", "locations", "timePeriods")


def body_of(asked: dict[str, Any]) -> dict[str, Any]:
    """The POST body."""
    body = {name: _value(value) for name, value in asked.items() if name not in FACETS}
    criteria = {
        name: {comparator: _value(value) for comparator, value in asked[name].items()}
        for name in FACETS
        if name in asked
    }
    return body | ({"criteria": criteria} if criteria else {})


def _value(given: Any) -> Any:
    if isinstance(given, Named):
        return given.value
    return [item.value for item in given] if isinstance(given, list) else given


def params_of(asked: dict[str, Any], choose: st.DataObject) -> list[tuple[str, str]]:
    """The GET parameters, lists in one of their three forms, in any order."""
    flat = {name: value for name, value in asked.items() if name not in FACETS}
    flat |= {f"{name}.{key}": value for name in FACETS for key, value in asked.get(name, {}).items()}
    groups = [_params(name, value, choose) for name, value in flat.items()]
    return [pair for group in choose.draw(st.permutations(groups)) for pair in group]


def _params(name: str, value: Any, choose: st.DataObject) -> list[tuple[str, str]]:
    spelt = choose.draw(st.sampled_from([name, name.lower(), name.upper()]))
    if not isinstance(value, list):
        return [(spelt, value.text if isinstance(value, Named) else str(value))]
    texts = [item.text for item in value]
    match choose.draw(st.sampled_from(["repeated", "commas", "indexed"])):
        case "repeated":
            return [(spelt, text) for text in texts]
        case "commas":
            return [(spelt, ",".join(texts))]
        case _:
            return [(f"{spelt}[{number}]", text) for number, text in enumerate(texts)]


def as_get(issue: dict[str, Any]) -> dict[str, Any]:
    """A warning or error of a POST query as a GET query spells it."""
    spelt = dict(issue)
    if "path" in spelt:
        spelt["path"] = spelt["path"].removeprefix("criteria.")
    if "items" in spelt.get("detail", {}):
        spelt["detail"] = {"items": [_text(item) for item in spelt["detail"]["items"]]}
    return spelt


def _text(item: Any) -> str:
    match item:
        case {"period": period, "code": code}:
            return f"{period}|{code}"
        case {"field": field, "direction": direction}:
            return f"{field}|{direction}"
        case {"level": level, **rest}:
            [(name, value)] = rest.items()
            return f"{level}|{name}|{value}"
    return str(item)


NOT_FOUND = {"IndicatorsNotFound", "SortFieldsNotFound"}


@settings(max_examples=settings().max_examples * 3 // 2)
@given(asked=st.booleans().flatmap(lambda spoilt: _asked(spoilt=spoilt)), choose=st.data())
def test_get_equals_post(asked: dict[str, Any], choose: st.DataObject) -> None:
    """Rows, order, paging, warnings, refusals and failures are the same; broken rules are equally many."""
    got, posted = get(box(), PATH, *params_of(asked, choose)), post(box(), PATH, body_of(asked))
    event(f"status {posted.status}")
    assert posted.status == got.status
    if posted.status == 500:
        assert b"" == posted.body == got.body
        return
    expected, actual = read(posted), read(got)
    if posted.status == 200:
        assert {**expected, "warnings": [as_get(item) for item in expected["warnings"]]} == actual
    elif {item["code"] for item in expected["errors"]} <= NOT_FOUND:
        assert [as_get(item) for item in expected["errors"]] == actual["errors"]
    else:
        assert len(expected["errors"]) == len(actual["errors"])


def test_the_law_can_fail() -> None:
    """The data tell the questions apart: another bound, another answer."""
    later, earlier = ([("timePeriods.gt", f"{year}|AY"), ("pageSize", "1")] for year in (2021, 2022))
    assert read(get(box(), PATH, *later))["paging"] != read(get(box(), PATH, *earlier))["paging"]
    question = Question(criteria={"timePeriods": {"gt": {"period": "2021", "code": "AY"}}}, page_size=1)
    found: Answer = Engine(data()).answer(question)
    assert found.total == read(get(box(), PATH, *later))["paging"]["totalResults"]
    assert 1 == len(json.loads(found.results))
