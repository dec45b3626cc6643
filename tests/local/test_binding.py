"""Tests of what requests say: query parameters and JSON bodies."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.doors.local import QueryParams, RefusedError, input_error, read_body


def refusal(body: str | bytes) -> list[tuple[str | None, str | None]]:
    """Codes and paths of the errors of a body."""
    with pytest.raises(RefusedError) as caught:
        read_body(body.encode() if isinstance(body, str) else body)
    return [(error.code, error.path) for error in caught.value.errors]


@pytest.mark.parametrize("body", [None, b"", b"null", b"{}", b"\xef\xbb\xbf{}", b"/* nothing */{}", b'{"sorts":null}'])
def test_bodies_that_say_nothing(body: bytes | None) -> None:
    """An absent body, null, an empty object and explicit nulls all mean the defaults."""
    assert {} == read_body(body)


def test_names_count_whatever_their_case() -> None:
    """Members are spelt as the reference spells them, null ones left out."""
    body = {
        "CRITERIA": {"And": [{"Filters": {"EQ": "a", "notin": ["b", None], "in": None}}, None]},
        "Page": "2",
        "pagesize": 5,
        "Debug": True,
        "sorts": [{"FIELD": "timePeriod", "direction": "Asc"}],
        "indicators": [],
    }
    assert {
        "criteria": {"and": [{"filters": {"eq": "a", "notIn": ["b", None]}}, None]},
        "page": 2,
        "pageSize": 5,
        "debug": True,
        "sorts": [{"field": "timePeriod", "direction": "Asc"}],
        "indicators": [],
    } == read_body(json.dumps(body).encode())


def test_comments_are_skipped() -> None:
    """Both kinds of comments may stand between values, not inside texts."""
    body = '{ // a comment\n "indicators": ["a//b", "/*c*/"] /* another */ }'
    assert {"indicators": ["a//b", "/*c*/"]} == read_body(body.encode())


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ({"level": "LA", "code": "1"}, {"level": "LA", "code": "1"}),
        ({"level": "LA", "OLDCODE": "1"}, {"level": "LA", "oldCode": "1"}),
        ({"level": "SCH", "laEstab": "1"}, {"level": "SCH", "laEstab": "1"}),
        ({"urn": "1", "level": "SCH"}, {"level": "SCH", "urn": "1"}),
        ({"level": "PROV", "ukprn": "1"}, {"level": "PROV", "ukprn": "1"}),
        ({"level": "SCH", "code": "1"}, {"level": "SCH", "code": "1"}),
        ({"level": "RSC", "id": "1"}, {"level": "RSC", "id": "1"}),
        ({"level": "", "id": "1"}, {"level": "", "id": "1"}),
    ],
)
def test_locations(location: dict[str, str], expected: dict[str, str]) -> None:
    """The level decides which member identifies a location."""
    body = {"criteria": {"locations": {"eq": location}}}
    assert {"criteria": {"locations": {"eq": expected}}} == read_body(json.dumps(body).encode())


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ({"id": "1"}, ("InvalidValue", "")),
        ({"Level": "LA", "id": "1"}, ("InvalidValue", "")),
        ({"level": "LA", "Level": "LA", "id": "1"}, ("UnknownField", ".Level")),
        ({"level": "LA"}, ("InvalidValue", "")),
        ({"level": None, "id": "1"}, ("RequiredValue", ".level")),
        ({"level": "LA", "code": None}, ("RequiredValue", ".code")),
        ({"level": "LA", "code": "1", "oldCode": "2"}, ("UnknownField", ".oldCode")),
        ({"level": "SCH", "laEstab": "1", "urn": "2"}, ("UnknownField", ".urn")),
        ({"level": "NAT", "ukprn": "2"}, ("UnknownField", ".ukprn")),
        ({"level": 5, "id": "1"}, ("InvalidValue", ".level")),
        ({"level": "LA", "id": 5}, ("InvalidValue", ".id")),
        ("LA|id|1", ("InvalidValue", "")),
    ],
)
def test_malformed_locations(location: Any, expected: tuple[str, str]) -> None:
    """A location has its level in lower case and exactly one member that identifies it."""
    body = json.dumps({"criteria": {"locations": {"in": [location]}}})
    code, path = expected
    assert [(code, f"criteria.locations.in[0]{path}")] == refusal(body)


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        (" ", "InvalidValue", ""),
        ("// nothing", "InvalidValue", ""),
        ("[]", "InvalidValue", ""),
        ('"text"', "InvalidValue", ""),
        ("{", "InvalidValue", ""),
        ('{"page":1,}', "InvalidValue", ""),
        ('{"page":NaN}', "InvalidValue", "page"),
        (b'{"page":"\xff"}', "InvalidValue", ""),
        ('{"pages":1}', "UnknownField", "pages"),
        ('{"page":1.5}', "InvalidValue", "page"),
        ('{"page":true}', "InvalidValue", "page"),
        ('{"page":2147483648}', "InvalidValue", "page"),
        ('{"page":"one"}', "InvalidValue", "page"),
        ('{"page":"' + "9" * 5000 + '"}', "InvalidValue", "page"),
        ('{"debug":"true"}', "InvalidValue", "debug"),
        ('{"indicators":"a"}', "InvalidValue", "indicators"),
        ('{"indicators":{}}', "InvalidValue", "indicators"),
        ('{"indicators":["a",1]}', "InvalidValue", "indicators[1]"),
        ('{"sorts":["timePeriod|Asc"]}', "InvalidValue", "sorts[0]"),
        ('{"sorts":[{"field":"a"}]}', "InvalidValue", "sorts[0]"),
        ('{"sorts":[{"field":null,"direction":"Asc"}]}', "RequiredValue", "sorts[0].field"),
        ('{"criteria":[]}', "InvalidValue", "criteria"),
        ('{"criteria":{"filter":{}}}', "UnknownField", "criteria.filter"),
        ('{"page":null}', "InvalidValue", "page"),
        ('{"pageSize":null}', "InvalidValue", "pageSize"),
        ('{"debug":null}', "InvalidValue", "debug"),
        ('{"criteria":{"and":{}}}', "InvalidValue", "criteria.and"),
        ('{"criteria":{"filters":{},"or":[]}}', "UnknownField", "criteria.filters"),
        ('{"criteria":{"not":{"filters":{"eq":["a"]}}}}', "InvalidValue", "criteria.not.filters.eq"),
        ('{"criteria":{"or":[{"and":[{"filters":{"foo":1}}]}]}}', "UnknownField", "criteria.or[0].and[0].filters.foo"),
        ('{"criteria":{"filters":{"gt":"a"}}}', "UnknownField", "criteria.filters.gt"),
        ('{"criteria":{"timePeriods":{"gt":{"period":"2020"}}}}', "InvalidValue", "criteria.timePeriods.gt"),
        ('{"criteria":{"timePeriods":{"lt":"2020|AY"}}}', "InvalidValue", "criteria.timePeriods.lt"),
        ('{"page":"x","pages":1}', "InvalidValue", "page"),
        ('{"criteria":' + '{"not":' * 40 + "{}" + "}" * 41, "InvalidValue", "criteria"),
        ('{"criteria":' + '{"not":' * 900 + "{}" + "}" * 901, "InvalidValue", "criteria"),
        ("[" * 100_000, "InvalidValue", ""),
        ("[" * 900 + "]" * 900, "InvalidValue", ""),
        ('{"a":' * 900 + "1" + "}" * 900, "UnknownField", "a"),
        ('{"page":' + "9" * 5000 + "}", "InvalidValue", "page"),
        ('{"page":-' + "9" * 5000 + "}", "InvalidValue", "page"),
        ('{"page":1e999}', "InvalidValue", "page"),
        (r'{"indicators":["\ud800"]}', "InvalidValue", "indicators[0]"),
        (r'{"criteria":{"\udfff":1}}', "InvalidValue", "criteria"),
    ],
)
def test_malformed_bodies(body: str | bytes, code: str, path: str) -> None:
    """Only the first JSON problem is reported, at its path."""
    assert [(code, path)] == refusal(body)


def test_nesting_up_to_the_limit() -> None:
    """Thirty-two levels can be read, one more cannot."""

    def nested(depth: int) -> str:
        return '{"criteria":' + '{"not":' * (depth - 2) + "{}" + "}" * (depth - 2) + "}"

    assert "criteria" in read_body(nested(32).encode())
    assert [("InvalidValue", "criteria")] == refusal(nested(33))


def test_query_parameters() -> None:
    """Names count whatever their case, values are trimmed, the first of several counts."""
    pairs = [("Page", " 3 "), ("page", "4"), ("search", " a b "), ("empty", " ")]
    params = QueryParams(pairs, known=["page", "search", "empty"])
    params.check()
    assert (3, "a b", None, 20, None) == (
        params.integer("page", 1),
        params.text("search"),
        params.text("empty"),
        params.integer("pageSize", 20),
        params.text("nothing"),
    )


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], None),
        ([("types", "A")], ["A"]),
        ([("types", "A"), ("TYPES", "B")], ["A", "B"]),
        ([("types", "A, B,,C")], ["A", "B", "C"]),
        ([("types", "A, ,C")], ["A", None, "C"]),
        ([("types", " ,A")], [None, "A"]),
        ([("types", "A,B"), ("types", "C")], ["A", "B", "C"]),
        ([("types", ",A")], [",A"]),
        ([("types", ",A,B")], [",A,B"]),
        ([("types", ",A"), ("types", "B,")], ["A", "B"]),
        ([("types", "")], [None]),
        ([("types[0]", "A"), ("types[1]", "B"), ("types[3]", "D")], ["A", "B"]),
        ([("types[0]", "A,B")], ["A"]),
        ([("types", "A"), ("types[0]", "B")], ["A"]),
        ([("types[0]", " ")], [None]),
        ([("types[1]", "A")], None),
    ],
)
def test_lists(pairs: list[tuple[str, str]], expected: list[str | None] | None) -> None:
    """Lists are repeated, separated by commas, or indexed without gaps."""
    assert expected == QueryParams(pairs, known=["types"]).texts("types")


def test_what_is_wrong_with_parameters_comes_together() -> None:
    """All unknown ones, then problems of the body, then the first of the wrong type."""
    pairs = [("page", "ten"), ("b", "1"), ("a[0]", "1"), ("B", "2"), ("pageSize", "99999999999"), ("size", "")]
    params = QueryParams(pairs, known=["page", "pageSize", "size"])
    assert (1, 10, 5) == (params.integer("page", 1), params.integer("pageSize", 10), params.integer("size", 5))
    with pytest.raises(RefusedError) as caught:
        params.check(input_error("NotEmptyBody", ""))
    assert [
        ("UnknownField", "b"),
        ("UnknownField", "a[0]"),
        ("NotEmptyBody", ""),
        ("InvalidValue", "page"),
    ] == [(error.code, error.path) for error in caught.value.errors]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2147483647", 2147483647),
        ("-2147483648", -2147483648),
        ("+7", 7),
        (f"-{'0' * 5000}7", -7),
        ("2147483648", None),
        ("-2147483649", None),
        ("9" * 5000, None),
        ("1.0", None),
        ("1e3", None),
        ("٣", None),
    ],
)
def test_whole_numbers(text: str, expected: int | None) -> None:
    """Whole numbers of 32 bit are read, with a sign and zeros before them; other texts are of the wrong type."""
    params = QueryParams([("page", text)], known=["page"])
    assert (5 if expected is None else expected) == params.integer("page", 5)
    if expected is None:
        with pytest.raises(RefusedError, match="page: InvalidValue"):
            params.check()
    else:
        params.check()


@pytest.mark.parametrize(("text", "expected"), [("true", True), (" TRUE ", True), ("False", False), ("1", None)])
def test_truth_values(text: str, expected: bool | None) -> None:
    """`true` and `false` count in any case; an absent value and a wrong one are no truth."""
    params = QueryParams([("debug", text)], known=["debug"])
    assert not params.boolean("other")
    assert (False if expected is None else expected) == params.boolean("debug")
    if expected is None:
        with pytest.raises(RefusedError, match="debug: InvalidValue"):
            params.check()


def test_blank_members_stay() -> None:
    """A blank text of a group of parameters is an empty text, where a parameter of its own would count as absent."""
    params = QueryParams([("filters.eq", " ")], known=["filters.eq"])
    assert ("", None, None) == (params.member("filters.eq"), params.member("filters.in"), params.text("filters.eq"))


def test_lists_without_separator() -> None:
    """Commas stay where they do not separate items."""
    assert ["one,two"] == QueryParams([("items", "one,two")]).texts("items", separated=False)
