"""Pages to columns."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from eesclient import FilterOption, InvalidResponseError, LocationOption, Meta, QueryResult, ServiceWarning
from tests.doors.models import Paging, Warning
from tests.doors.table import cut_out, escapes, module, read_page, schema_of
from tests.table.example import (
    BURY,
    COUNT,
    NORTH,
    NOTE,
    PROVENANCE,
    QUERY,
    SEX,
    SHARE,
    Row,
    body,
    compact,
    result,
    rows,
)

any_text = st.text(st.characters(codec="utf-8"), max_size=6)
"""Any text that JSON can hold, quotes, braces and backslashes too."""

tricky = st.sampled_from(
    ['"', '","', "}},{", "{", "}", "\\", '\\"', '":"', "a\\u0041", "😀", "é", "", "]", "}}]", "\x00"]
)


def shuffled(data: st.DataObject, value: Any) -> Any:
    """The same JSON with the members of its objects in another order."""
    match value:
        case dict():
            names = data.draw(st.permutations(list(value)))
            return {name: shuffled(data, value[name]) for name in names}
        case list():
            return [shuffled(data, item) for item in value]
    return value


def is_fast(page: bytes) -> bool:
    """Whether a page is read without the exact reader."""
    return module._read_quickly(schema_of(QUERY), page, {}) is not None


def texts_of(page: bytes) -> list[tuple[str, ...]]:
    """Texts of the rows of a page, in its order."""
    frame = read_page(QUERY, page).frame
    return frame.select(f"indicator|{item.id}" for item in (SHARE, COUNT, NOTE)).rows()


@pytest.mark.property
@pytest.mark.parametrize("size", [1, 400, 10_000])
@given(st.data(), st.lists(rows(st.one_of(any_text, tricky)), max_size=6))
def test_any_json_is_read_rightly(size: int, data: st.DataObject, given_rows: list[Row]) -> None:
    """Whatever its order of members, white space, escapes and texts, a page says the same, in any number of slices."""
    document = shuffled(data, body(given_rows))
    indent = data.draw(st.sampled_from([None, 0, 1]))
    separators = data.draw(st.sampled_from([(",", ":"), (", ", ": "), (",", ": ")]))
    written = json.dumps(document, indent=indent, separators=separators, ensure_ascii=data.draw(st.booleans())).encode()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_SLICE", size)
        patch.setattr(module, "_LONG", data.draw(st.sampled_from([0, 10_000])))
        patch.setattr(escapes, "_RARE", data.draw(st.sampled_from([0, 1, 100])))
        assert [row.texts() for row in given_rows] == texts_of(written)
        assert_frame_equal(read_page(QUERY, written).frame, _encode_rows(given_rows), check_dtypes=False)


def _encode_rows(given_rows: list[Row]) -> Any:
    """The columns that the exact reader makes of the rows."""
    return module._read_exactly(schema_of(QUERY), compact(body(given_rows)))[1].frame


@pytest.mark.property
@given(st.lists(rows(), min_size=1))
def test_pages_of_the_service_are_read_fast(given_rows: list[Row]) -> None:
    """What the service sends needs no exact reader."""
    assert is_fast(compact(body(given_rows)))


@pytest.mark.parametrize("order", [("results", "paging", "warnings"), ("warnings", "results", "paging")])
def test_members_in_any_place_are_read_fast(order: tuple[str, ...]) -> None:
    """The rows may stand first, last or between, beside warnings with lists of their own."""
    warning = {"message": "m", "code": "c", "detail": {"items": [{"level": "LA", "code": "X"}]}}
    document = body([Row(), Row(la=BURY)], warnings=[warning])
    page = compact({name: document[name] for name in order})

    assert is_fast(page)
    assert 2 == read_page(QUERY, page).frame.height


@pytest.mark.parametrize("order", [("warnings", "results", "paging"), ("results", "paging", "warnings")])
@pytest.mark.parametrize("inner", [[], [Row(share="9")], [Row(share="8"), Row(share="9")]])
@pytest.mark.parametrize("outer", [[], [Row(share="1")]])
def test_results_within_a_warning(order: tuple[str, ...], inner: list[Row], outer: list[Row]) -> None:
    """The rows are those of the page, whatever a warning before or after them holds."""
    document = body(outer, warnings=[{"message": "m", "code": "c", "detail": body(inner)}])
    page = compact({name: document[name] for name in order})

    assert [row.texts() for row in outer] == texts_of(page)
    assert (document["warnings"][0]["detail"],) == tuple(warning.detail for warning in read_page(QUERY, page).warnings)


@pytest.mark.parametrize(
    "page", [b'["warnings","paging",{"results":[{"a":"b"}]}]', b'{"warnings":[],"paging":{"results":[{"a":{}}]}}']
)
def test_results_of_something_else(page: bytes) -> None:
    """A list of results anywhere but in an answer is none."""
    with pytest.raises(InvalidResponseError, match="no list of results"):
        read_page(QUERY, page)


@pytest.mark.parametrize("name", ['"', "\\", 'a":"b', ":", "5"])
@pytest.mark.parametrize("value", ["x", "5", 5, 7.25, '"'])
@pytest.mark.parametrize("member", ["filters", "values", "locations"])
def test_names_that_are_odd(name: str, value: Any, member: str) -> None:
    """Fields are kept by the names that they have, in JSON, and numbers beside them do not hide them."""
    document = body([Row(), Row()])
    for row in document["results"]:
        row[member] = {**dict.fromkeys(row[member], 5), name: value}
    page = compact(document)
    exact = module._read_exactly(schema_of(QUERY), page)[1]
    found = read_page(QUERY, page)

    assert any(column.endswith(f"|{name}") for column in found.frame.columns)
    assert_frame_equal(exact.frame, found.frame, check_dtypes=False, check_column_order=False)
    assert exact.unknown == found.unknown


def test_labels_that_differ_from_row_to_row() -> None:
    """Where labels stand beside ids, a field is the same whatever its label; twice in a row, it is refused."""
    debug = [{"message": "m", "code": "DebugEnabled"}]
    document = body([Row(), Row(), Row()], warnings=debug)
    for row, label in zip(document["results"], ["", " :: Sex", ' :: "Sex" :: old'], strict=True):
        row["filters"] = {f"{name}{label}": f"{id_}{label}" for name, id_ in row["filters"].items()}
        row["values"] = {f"{name}{label}": cell for name, cell in row["values"].items()}
    assert_frame_equal(_encode_rows([Row()] * 3), read_page(QUERY, compact(document)).frame)

    document["results"][1]["filters"][SEX.id] = SEX.options[1].id
    with pytest.raises(InvalidResponseError, match=r"results\[1\].filters has an id twice"):
        read_page(QUERY, compact(document))


@pytest.mark.parametrize("order", [("geographicLevel", "timePeriod", "values", "filters", "locations")])
def test_rows_in_another_order_are_read_fast(order: tuple[str, ...]) -> None:
    """The order of a row's members is taken from the first row."""
    row = Row(la=BURY, share="z").to_json()
    page = compact(body([{name: row[name] for name in order}] * 2))

    assert is_fast(page)
    assert_frame_equal(_encode_rows([Row(la=BURY, share="z")] * 2), read_page(QUERY, page).frame)


@pytest.mark.parametrize("size", [1, 300, 700, 2_000, 10_000])
def test_pieces_of_a_page(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """A page is cut into as many slices as it takes, whose rows are those of the page in its order."""
    monkeypatch.setattr(module, "_SLICE", size)
    page = compact(body([Row(count=str(number), la=BURY if number > 5 else None) for number in range(9)]))
    cut = cut_out(page)
    assert cut is not None
    slices = module.slices_of(page, cut[1])

    length = cut[1].stop - cut[1].start
    assert min(9, -(-length // size)) == pytest.approx(len(slices), abs=1)
    assert page[cut[1]] == b",".join(page[part] for part in slices)
    assert is_fast(page)
    assert [str(number) for number in range(9)] == [texts[1] for texts in texts_of(page)]


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize(("member", "name"), [("filters", SEX.id), ("filters", "fNew"), ("values", "iNew")])
def test_what_metadata_lacks_in_one_piece(monkeypatch: pytest.MonkeyPatch, place: int, member: str, name: str) -> None:
    """Ids and fields that metadata lacks are kept wherever they stand in a page of several slices."""
    document = body([Row(), Row(la=BURY), Row(reg=NORTH)])
    document["results"][place][member][name] = "5"
    page = compact(document)
    whole = read_page(QUERY, page)
    monkeypatch.setattr(module, "_SLICE", 1)
    found = read_page(QUERY, page)

    assert_frame_equal(whole.frame, found.frame)
    assert whole.unknown == found.unknown
    assert any(column.endswith(name) and found.frame[column][place] is not None for column in found.frame.columns)


def test_ids_that_metadata_lacks_are_read_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """An id that metadata lacks in one of several slices makes one slice of them all, not an exact reading."""
    page = compact(body([Row(), Row(sex=FilterOption(id="oNew", label="New")), Row()]))
    monkeypatch.setattr(module, "_SLICE", 1)

    assert is_fast(page)
    assert ["filter|fsex"] == [*read_page(QUERY, page).unknown]


places = st.sampled_from([None, BURY, LocationOption(id="lNew", label="New"), LocationOption(id="lNewer", label="New")])
"""None, one that metadata has, and two that it lacks."""


@pytest.mark.property
@pytest.mark.parametrize("most", [0, 2, 1_000])
@given(st.lists(st.lists(st.builds(Row, la=places, reg=st.sampled_from([None, NORTH])), min_size=1)))
def test_what_pages_have_in_common(most: int, given_pages: list[list[Row]]) -> None:
    """What was read of pages before makes no difference, however much of it is remembered."""
    known: dict[Any, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_MANY_TEXTS", most)
        for page in map(compact, map(body, given_pages)):
            alone, found = read_page(QUERY, page), read_page(QUERY, page, known)
            assert_frame_equal(alone.frame, found.frame)
            assert alone.unknown == found.unknown


def test_what_is_known_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """The texts that another page had are not decoded again."""
    known: dict[Any, Any] = {}
    first = read_page(QUERY, compact(body([Row(), Row(la=BURY)])), known)
    monkeypatch.setattr(module, "_decode_part", None)

    assert_frame_equal(first.frame[::-1], read_page(QUERY, compact(body([Row(la=BURY), Row()])), known).frame)


@pytest.mark.parametrize("size", [1, 10_000])
def test_one_piece_that_is_read_exactly(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Where one slice is odd, the whole page is read exactly."""
    monkeypatch.setattr(module, "_SLICE", size)
    document = body([Row(), Row(), Row()])
    document["results"][1]["rowId"] = 7

    assert not is_fast(compact(document))
    assert_frame_equal(_encode_rows([Row()] * 3), read_page(QUERY, compact(document)).frame)


@pytest.mark.parametrize("size", [0, 10_000])
@pytest.mark.parametrize("nested", ['{"a":"b"}', '{"a":{"b":{}}}', "[{}]", '{"a":{"b":{"c":{"d":"e"}}}}'])
@pytest.mark.parametrize("member", [b'"filters":{', b'"values":{', b'"locations":{', b'{"timePeriod":{'])
def test_objects_within_members(monkeypatch: pytest.MonkeyPatch, size: int, nested: str, member: bytes) -> None:
    """More braces than a row has, also as many more as a row has, are not taken for those of its members."""
    monkeypatch.setattr(module, "_LONG", size)
    page = compact(body([Row(), Row()]))
    odd = member + b'"x":' + nested.encode() + b","

    for edited in (page.replace(member, odd), page.replace(member, odd, 1)):
        assert not is_fast(edited)


@pytest.mark.parametrize("size", [0, 10_000])
@pytest.mark.parametrize("text", ["\x03", "\x1f", "\r", "\n", "{", "}", "\u2028"])
def test_signs_that_a_reader_may_stumble_at(monkeypatch: pytest.MonkeyPatch, size: int, text: str) -> None:
    """Whatever sign stands in a cell, it is read."""
    monkeypatch.setattr(module, "_LONG", size)
    odd = [Row(note=text), Row(share=f"{text}1", note=f"a{text}b"), Row(count=f"1{text}")]

    for page in (compact(body(odd)), compact(body(odd), ensure_ascii=True)):
        assert [row.texts() for row in odd] == texts_of(page)


def test_escapes_of_the_service_are_read_fast() -> None:
    """Escaped letters and signs, which the service writes for all that is not plain, are undone."""
    page = compact(body([Row(note="plain"), Row(note="é<5 & '")]), ensure_ascii=True).replace(b"<", b"\\u003C")

    assert is_fast(page)
    assert [("1.5", "10", "plain"), ("1.5", "10", "é<5 & '")] == texts_of(page)


@pytest.mark.parametrize(
    "edit",
    [
        lambda row: row["values"].update({"extra": 5}),
        lambda row: row["values"].update({"icnt": 5}),
        lambda row: row.update(rowId=7),
        lambda row: row.update(notes=["a", {"b": "c"}]),
        lambda row: row["filters"].update(fsex=None),
        lambda row: row.update(filters=None),
        lambda row: row.pop("filters"),
        lambda row: row.pop("geographicLevel"),
        lambda row: row.pop("timePeriod"),
        lambda row: row["values"].update(inot='say "hi"'),
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_odd_rows_are_read_exactly(edit: Any, place: int) -> None:
    """A row that is not like the schema is read exactly, and the page's other row is not harmed."""
    document = body([Row(la=BURY), Row(la=BURY)])
    edit(document["results"][place])
    try:
        frame = read_page(QUERY, compact(document)).frame
    except InvalidResponseError:
        pytest.fail("a row with something extra or missing is still a row")

    assert_frame_equal(_encode_rows([Row(la=BURY)]), frame[1 - place].select(_encode_rows([Row()]).columns))


edits = st.sampled_from(
    [
        lambda row: row["values"].update({"extra": 5}),
        lambda row: row["values"].update({"extra": "x"}),
        lambda row: row["values"].update({"icnt": 5}),
        lambda row: row["values"].update({"icnt": 1.50}),
        lambda row: row["values"].update({"icnt": None}),
        lambda row: row.update(rowId=7),
        lambda row: row.update(notes={}),
        lambda row: row.update(notes={"a": "b"}),
        lambda row: row.update(filters=None),
        lambda row: row.pop("filters", None),
        lambda row: row.pop("locations", None),
        lambda row: row.pop("geographicLevel", None),
        lambda row: row["timePeriod"].update(odd="x"),
        lambda row: row["timePeriod"].pop("code", None),
    ]
)
"""Ways in which a row can be unlike what metadata says."""


@pytest.mark.property
@given(st.lists(rows(st.one_of(any_text, tricky)), min_size=1, max_size=4), st.data())
def test_no_edit_goes_unnoticed(given_rows: list[Row], data: st.DataObject) -> None:
    """Several odd things, whose counts could make up for one another, do not mislead the faster readers."""
    document = body(given_rows)
    for edit in data.draw(st.lists(edits, max_size=5)):
        edit(data.draw(st.sampled_from(document["results"])))
    page = compact(document, ensure_ascii=data.draw(st.booleans()))
    exact = module._read_exactly(schema_of(QUERY), page)[1]
    found = read_page(QUERY, page)

    assert_frame_equal(exact.frame, found.frame, check_dtypes=False, check_column_order=False)
    assert exact.unknown == found.unknown


@pytest.mark.parametrize("text", ['"', "\\", '\\"', '","', '":"', "é", "\x00", "😀", "a\\u0041"])
@pytest.mark.parametrize("size", [1, 10_000])
@pytest.mark.parametrize("ensure_ascii", [True, False])
def test_odd_texts_are_read_fast(monkeypatch: pytest.MonkeyPatch, text: str, size: int, ensure_ascii: bool) -> None:
    """Quotes, backslashes and accents in cells need no exact reading, in short slices or a long one."""
    monkeypatch.setattr(module, "_SLICE", size)
    monkeypatch.setattr(module, "_LONG", size // 10)
    odd = [Row(), Row(share=text, note=f"{text}x"), Row(count=f"x{text}"), Row(la=BURY)]
    page = compact(body(odd), ensure_ascii=ensure_ascii)

    assert is_fast(page)
    assert [row.texts() for row in odd] == texts_of(page)


def test_missing_members_are_null() -> None:
    """A row may lack any member."""
    frame = read_page(QUERY, compact(body([{}, {"timePeriod": None, "locations": {}}]))).frame

    assert [(None,) * 10] * 2 == frame.rows()


@pytest.mark.filterwarnings("ignore:the answer has values:eesclient.ServiceWarning")
def test_half_a_period_survives() -> None:
    """A time period without code or period keeps the other."""
    odd = [Row().to_json() | {"timePeriod": {"period": "2022/2023"}}, Row().to_json() | {"timePeriod": {"code": "AY"}}]
    with pytest.warns(ServiceWarning, match="1 of 2 rows came without their time_period"):
        read = QueryResult.from_pages(QUERY, [read_page(QUERY, compact(body(odd)))], provenance=PROVENANCE)

    assert [("202223", None), (None, "Academic year")] == read.frame.select("time_period", "time_identifier").rows()


def test_numbers_where_texts_are_promised_keep_their_writing() -> None:
    """A number in place of a text is taken as it was written."""
    page = compact(body([Row(share="SHARE"), Row(share="SHARE")])).replace(b'"SHARE"', b"1.50")

    assert [("1.50", "10", "fine")] * 2 == texts_of(page)


@pytest.mark.filterwarnings("ignore:the answer has values:eesclient.ServiceWarning")
def test_unknown_ids_stand_for_their_labels() -> None:
    """Ids that metadata lacks are kept as text, over several pages."""
    odd = Row(la=BURY).to_json()
    odd["filters"][SEX.id] = "oNew"
    odd["locations"]["LA"] = "lNew"
    odd["geographicLevel"] = "PLANET"
    odd["timePeriod"] = {"code": "W53", "period": "2024"}
    read = [
        read_page(QUERY, compact(body([odd, Row()]))),
        read_page(QUERY, compact(body([Row(sex=None), odd | {"geographicLevel": "SCH"}]))),
    ]
    found = QueryResult.from_pages(QUERY, read, provenance=PROVENANCE).frame

    columns = ["time_period", "time_identifier", "geographic_level", "new_la_code", "la_name", "sex"]
    assert [
        ("2024", "W53", "PLANET", None, "lNew", "oNew"),
        ("2024", "W53", "School", None, "lNew", "oNew"),
        ("202223", "Academic year", "National", None, None, None),
        ("202223", "Academic year", "National", None, None, "Total"),
    ] == found.select(columns).rows()


def test_unknown_fields_get_columns_of_their_own() -> None:
    """Filters, levels and indicators that metadata lacks are kept, and reported."""
    odd = Row().to_json()
    odd["filters"]["fNew"] = "oNew"
    odd["locations"] |= {"MARS": "lMars", "SCH": "lSch"}
    odd["values"]["iNew"] = "7"
    read = [read_page(QUERY, compact(body([Row(la=BURY)]))), read_page(QUERY, compact(body([odd])))]

    with pytest.warns(ServiceWarning, match="MARS, School, fNew, iNew"):
        found = QueryResult.from_pages(QUERY, read, provenance=PROVENANCE)
    columns = ["mars_code", "mars_name", "school_urn", "school_name", "fNew", "iNew"]
    assert [(None, "lMars", None, "lSch", "oNew", 7.0), (None,) * 6] == found.frame.select(columns).rows()
    assert ["lMars", None] == found.with_ids()["mars_name_id"].to_list()


def test_indicators_that_were_not_asked_for_are_kept() -> None:
    """An indicator that the service sends unasked comes last, as metadata has it."""
    query = attrs.evolve(QUERY, indicators=(SHARE,))
    found = QueryResult.from_pages(query, [read_page(query, compact(body([Row()])))], provenance=PROVENANCE)

    assert [(1.5, None, 10, None, "fine", None)] == found.frame.select(found.frame.columns[-6:]).rows()


def test_no_indicators_named() -> None:
    """A question that names no indicators is about all, in the order of the metadata."""
    found = result([Row()], attrs.evolve(QUERY, indicators=()))

    assert ["pupils", "note", "share"] == found.frame.columns[-6::2]


def test_nothing_in_the_metadata() -> None:
    """Rows without locations, filters and values are rows."""
    row = {"timePeriod": {"code": "AY", "period": "2022/2023"}, "geographicLevel": "NAT"}
    empty: dict[str, Any] = {"locations": {}, "filters": {}, "values": {}}
    query = attrs.evolve(QUERY, meta=Meta(), indicators=())
    found = read_page(query, compact(body([row | empty, row | empty])))

    assert {"timePeriod": 0, "geographicLevel": 0} == found.frame.row(1, named=True)


def test_paging_and_warnings() -> None:
    """What stands beside the rows is kept as it was sent."""
    sent = [
        {"message": "m", "code": "FiltersNotFound", "path": "criteria.filters.in", "detail": {"items": ["a", "b"]}},
        {"message": "n", "code": "c"},
        {"code": 5, "detail": ["odd"]},
        "text",
    ]
    page = read_page(QUERY, compact(body([Row()], page=2, size=7, total=8, warnings=sent)))

    assert Paging(page=2, page_size=7, total_results=8, total_pages=2) == page.paging
    assert (
        Warning(message="m", code="FiltersNotFound", path="criteria.filters.in", detail={"items": ["a", "b"]}),
        Warning(message="n", code="c"),
        Warning(message="", code="5", detail={"detail": ["odd"]}),
        Warning(message="text", code=""),
    ) == page.warnings


@pytest.mark.parametrize(
    "page",
    [
        b"",
        b"<html>busy</html>",
        b"null",
        b"[]",
        b"{}",
        b'{"results":[]}',
        b'{"results":5,"paging":{}}',
        b'{"results":[],"paging":{"page":1},"warnings":[]}',
        b'{"results":[],"paging":{"page":true,"pageSize":1,"totalResults":0,"totalPages":0}}',
        compact(body([], warnings={"a": "b"})),
        compact(body([5])),  # type: ignore[list-item]
        compact(body([None])),  # type: ignore[list-item]
        compact(body([{"values": []}])),
        compact(body([{"values": {"a": []}}])),
        compact(body([{"values": {"a": True}}])),
        compact(body([{"timePeriod": "2022"}])),
        compact(body([{"geographicLevel": {}}])),
        compact(body([Row()]))[:-20],
        compact(body([Row()])) + b"}",
        compact(body([Row(note="NOTE")])).replace(b"NOTE", b"\\ud83d"),
        compact(body([Row(note="NOTE")])).replace(b"NOTE", b"\xff\xfe"),
        b"[" * 100_000,
        compact(body([Row(note="NOTE")])).replace(b'"NOTE"', b"[" * 2000 + b"]" * 2000),
        compact(body([Row(note="NOTE")])).replace(b'"NOTE"', b'{"a":' * 2000 + b"1" + b"}" * 2000),
        compact(body([Row()])).replace(b'"oTot"', b"[" * 2000 + b"]" * 2000),
        compact(body([Row()])).replace(b'"oTot"', b'{"a":' * 2000 + b"1" + b"}" * 2000),
        compact(body([Row(note="NOTE")])).replace(b'"inot":"NOTE"', b'"inot":"1","inot":"2"'),
        compact(body([Row()])).replace(b'"fsex":"oTot"', b'"fsex":"oTot","fsex":"oTot"'),
        compact(body([Row(note="NOTE")])).replace(b'"NOTE"', b"NaN"),
        compact(body([Row(note="NOTE")])).replace(b'"paging"', b'"paging":{"page":1},"paging"'),
        compact(body([Row(note="NOTE")])).replace(b'"totalResults":1', b'"totalResults":1' + b"0" * 5000),
    ],
)
def test_what_is_no_answer(page: bytes) -> None:
    """A body that is not what the API promises is its own error."""
    with pytest.raises(InvalidResponseError):
        read_page(QUERY, page)


def test_errors_name_the_place() -> None:
    """The error says which row and member is wrong."""
    with pytest.raises(InvalidResponseError, match=r"results\[1\]\.values\.icnt should be a text"):
        read_page(QUERY, compact(body([Row(), {"values": {"icnt": [1]}}])))


@pytest.mark.parametrize("note", ["[c]", "5 [r]", "[", "a]", 'said "[', "[[[[", ":[", "{", "[{"])
def test_brackets_in_texts(note: str) -> None:
    """Texts may have brackets, alone among others without any; those that a text begins with cost nothing."""
    page = compact(body([Row(note="1"), Row(note=note)]))

    assert ["1", note] == [texts[-1] for texts in texts_of(page)]
    assert is_fast(page) or note not in ("[c]", "[", "a]")


def test_rows_that_look_like_the_end() -> None:
    """Texts with brackets, commas and names of members do not mislead the cutting."""
    odd = [Row(note='"results":[{'), Row(note='}}],"warnings":[]'), Row(note="}},{"), Row(note='x","icnt":"5')]

    assert [row.texts() for row in odd] == texts_of(compact(body(odd)))


@pytest.mark.parametrize(
    "values",
    [
        '{"ishr":"1","icnt":"2","inot":"3" }',
        '{"ishr":"1" ,"icnt":"2","inot":"3"}',
        '{"ishr":"1","icnt":"2","inot":"3","x":5}',
        '{"icnt":"2","ishr":"1","inot":"3"}',
    ],
)
def test_values_written_in_other_ways(values: str) -> None:
    """A second row whose values are written unlike the first's is read rightly."""
    page = compact(body([Row(share="1", count="2", note="3"), Row(note="SECOND")]))
    second = b'{"ishr":"1.5","icnt":"10","inot":"SECOND"}'

    assert [("1", "2", "3")] * 2 == texts_of(page.replace(second, values.encode()))


def test_many_rows_over_worker_threads() -> None:
    """Pages can be read by several threads at once."""
    from concurrent.futures import ThreadPoolExecutor

    page = compact(body([Row(la=BURY, reg=NORTH, count=str(number)) for number in range(500)]))
    expected = read_page(QUERY, page).frame
    with ThreadPoolExecutor(4) as threads:
        for found in threads.map(lambda _: read_page(QUERY, page).frame, range(12)):
            assert_frame_equal(expected, found)
