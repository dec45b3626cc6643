"""The data file to the same frame that pages give."""

from __future__ import annotations

import attrs
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from eesclient import InvalidResponseError, Query, QueryResult
from tests.doors.table import csv, read_data_file
from tests.table.example import (
    BURY,
    META,
    NORTH,
    PROVENANCE,
    QUERY,
    SEX,
    SOUTH,
    TYPE,
    Row,
    csv_result,
    data_file,
    options,
    result,
    rows,
)

pytestmark = pytest.mark.filterwarnings("ignore::eesclient.errors.EESWarning")

cells = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), min_size=1, max_size=6),
    st.sampled_from(["1", "2.50", "z", 'say "hi"', "a,b", "two\nlines", "NULL"]),
)


def out_of(query: Query, data: bytes) -> QueryResult:
    """The answer of a data file to a question about all of its rows."""
    rows = read_data_file(query, data)
    return QueryResult.from_rows(query, rows, provenance=PROVENANCE)


def read(data: bytes) -> pl.DataFrame:
    """The frame of a data file."""
    return out_of(QUERY, data).frame


@pytest.mark.property
@given(st.lists(rows(cells), max_size=20), st.integers(1, 21))
def test_both_routes_give_one_frame(given_rows: list[Row], size: int) -> None:
    """Pages and data file give the same columns, types, rows and order."""
    assert_frame_equal(result(given_rows, size=size).frame, csv_result(given_rows).frame)


@pytest.mark.parametrize("names", ["column", "label"])
@pytest.mark.parametrize("values", ["typed", "text", "number"])
def test_both_routes_with_options(names: str, values: str) -> None:
    """So they do whatever headings and values are asked for."""
    query = attrs.evolve(QUERY, names=names, values=values)
    given_rows = [Row(), Row(la=BURY, count="z"), Row(reg=NORTH, share="")]

    assert_frame_equal(result(given_rows, query).frame, csv_result(given_rows, query).frame)


def test_byte_order_mark() -> None:
    """A byte order mark is no part of the first column's name."""
    assert_frame_equal(read(data_file([Row()])), read(b"\xef\xbb\xbf" + data_file([Row()])))


def test_columns_in_another_order_and_others_beside_them() -> None:
    """The order of columns means nothing, and columns that metadata does not name are left out."""
    columns = ["note", "version", *reversed(list(Row().to_csv())[:-1])]

    assert_frame_equal(read(data_file([Row()])), read(data_file([Row().to_csv() | {"version": "1"}], columns=columns)))


@pytest.mark.parametrize("column", ["new_la_code", "old_la_code", "la_name"])
def test_location_with_an_empty_cell(column: str) -> None:
    """Where one cell of a level is empty, the API gives the row no such location."""
    frame = read(data_file([Row(la=BURY).to_csv() | {column: ""}]))

    assert [(None, None, None)] == frame.select("new_la_code", "old_la_code", "la_name").rows()


def test_quoted_empty_cells() -> None:
    """A quoted empty cell is as empty as one that is not."""
    data = data_file([Row(sex=None, count="")])

    assert_frame_equal(read(data), read(data.replace(b",,", b',"",')))
    assert [(None, None, "")] == read(data).select("sex", "pupils", "pupils_status").rows()


def test_level_with_some_of_its_columns() -> None:
    """A location is known by those of its level's columns that the file has."""
    option = attrs.evolve(BURY, old_code=None)
    groups = tuple(
        attrs.evolve(group, options=(option,)) if str(group.level.code) == "LA" else group for group in META.locations
    )
    query = attrs.evolve(QUERY, meta=attrs.evolve(META, locations=groups))
    columns = [name for name in Row().to_csv() if name != "old_la_code"]
    given_row = Row(la=BURY)
    found = out_of(query, data_file([given_row], columns=columns))

    assert_frame_equal(result([Row(la=option)], query).frame, found.frame)
    assert ["lBur"] == found.with_ids()["la_name_id"].to_list()


def test_option_without_a_code() -> None:
    """A location of the metadata that lacks a code is no row's of a file that has all codes."""
    option = attrs.evolve(BURY, id="lOld", old_code=None)
    groups = tuple(
        attrs.evolve(group, options=(*group.options, option)) if str(group.level.code) == "LA" else group
        for group in META.locations
    )
    query = attrs.evolve(QUERY, meta=attrs.evolve(META, locations=groups))
    frame = out_of(query, data_file([Row(la=BURY)])).frame

    assert [("E08", "351", "Bury")] == frame.select("new_la_code", "old_la_code", "la_name").rows()


def test_level_without_columns() -> None:
    """Of a level's columns some may be missing; a file that has none of a level that metadata has is another one."""
    columns = [name for name in Row().to_csv() if "region" not in name]
    some = read(data_file([Row(reg=NORTH)], columns=[*columns, "region_name"]))

    assert [NORTH.label] == some["region_name"].to_list()
    with pytest.raises(InvalidResponseError, match="lacks the columns region_code or region_name"):
        read(data_file([Row(reg=NORTH)], columns=columns))


def test_what_metadata_lacks_is_kept() -> None:
    """Cells that metadata does not know stand in the frame as they are, in their place."""
    odd = Row().to_csv() | {
        "time_period": "2024Q9",
        "time_identifier": "Moon",
        "geographic_level": "Planet",
        "la_name": "Berry",
        "new_la_code": "E99",
        "old_la_code": "999",
        "sex": "Unknown",
    }
    found = out_of(QUERY, data_file([Row(), odd, odd | {"geographic_level": "School"}]))

    columns = ["time_period", "time_identifier", "geographic_level", "new_la_code", "la_name", "sex"]
    assert [
        ("2024Q9", "Moon", "Planet", "E99", "Berry", "Unknown"),
        ("2024Q9", "Moon", "School", "E99", "Berry", "Unknown"),
        ("202223", "Academic year", "National", None, None, "Total"),
    ] == found.frame.select(columns).rows()
    assert ["Planet", "SCH", "NAT"] == found.with_ids()["geographic_level_id"].to_list()
    assert [None, None, f"o{SEX.options[0].label[:3]}"] == found.with_ids()["sex_id"].to_list()


@pytest.mark.property
@given(given_rows=st.lists(rows(cells), max_size=12), odd=st.lists(st.booleans(), min_size=12, max_size=12))
def test_codes_however_they_are_found(given_rows: list[Row], odd: list[bool]) -> None:
    """However many texts there are, rows have the codes that few texts get, and so do texts that metadata lacks."""
    written = [
        row.to_csv() | ({"sex": "Other", "la_name": "Berry"} if is_odd else {})
        for row, is_odd in zip(given_rows, odd, strict=False)
    ]
    data = data_file(written)
    expected = read_data_file(QUERY, data)
    number_type = csv._number_type
    for small, size in ((10**9, 1), (0, 1), (0, 2**33), (0, 2**65)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(csv, "_SMALL", small)
            patch.setattr(csv, "_number_type", lambda keys, size=size: number_type(max(keys, size)))
            found = read_data_file(QUERY, data)

        assert_frame_equal(expected.frame, found.frame)
        assert expected.unknown == found.unknown


@pytest.mark.parametrize(
    ("size", "expected"),
    [(1, pl.UInt32), (2**32, pl.UInt32), (2**32 + 1, pl.UInt64), (2**64, pl.UInt64), (2**64 + 1, pl.Int128)],
)
def test_keys_have_room(size: int, expected: type[pl.DataType]) -> None:
    """Numbers of that type tell so many texts apart."""
    assert csv._number_type(size) is expected


def test_pieces_do_not_add_to_each_other() -> None:
    """What one chunk of a file has beside the metadata is none of the next one's."""
    data = [data_file([Row(), Row().to_csv() | {"sex": sex}]) for sex in ("Other", "Unknown", "")]
    found = [read_data_file(QUERY, chunk) for chunk in data]

    assert [read_data_file(QUERY, chunk).unknown for chunk in data] == [chunk.unknown for chunk in found]
    assert [["Other"], ["Unknown"], []] == [
        [category.cells[0] for category in chunk.unknown.get("filter|fsex", ())] for chunk in found
    ]
    first = len(SEX.options)
    assert [first, first, None] == [chunk.frame["filter|fsex"][1] for chunk in found]


@pytest.mark.parametrize("columns", [["region_code"], ["region_name"], ["region_code", "region_name"]])
def test_one_quoted_empty_cell_of_a_location(columns: list[str]) -> None:
    """A row that has a quoted empty cell has no such location; the others have theirs."""
    lines = data_file([Row(reg=NORTH), Row(reg=SOUTH)]).decode().splitlines()
    cells = dict(zip(lines[0].split(","), lines[2].split(","), strict=True))
    lines[2] = ",".join('""' if column in columns else cell for column, cell in cells.items())
    found = read("\n".join(lines).encode())

    assert [("E12-1", "North"), (None, None)] == found.sort("region_code", nulls_last=True).select(
        "region_code", "region_name"
    ).rows()


def test_filter_that_is_a_location_column() -> None:
    """A filter whose column is also a location's stands in both, under names of their own."""
    twin = attrs.evolve(TYPE, column="region_name", options=options("North"))
    query = attrs.evolve(QUERY, meta=attrs.evolve(META, filters=(SEX, twin)))
    frame = out_of(query, data_file([Row(reg=NORTH)])).frame

    assert [("North", "North")] == frame.select("region_name", "region_name__filter").rows()


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xfe,\x00", data_file([Row()], columns=["time_period", "note"]), b"time_period\n1,2,3\n"],
)
def test_what_is_no_data_file(data: bytes) -> None:
    """A body that is not valid CSV, or lacks columns, is its own error."""
    with pytest.raises(InvalidResponseError, match="the data file"):
        read_data_file(QUERY, data)


def test_missing_columns_are_named() -> None:
    """The error names all columns that are missing."""
    with pytest.raises(InvalidResponseError, match="geographic_level, sex, pupils"):
        read_data_file(
            QUERY,
            data_file([Row()], columns=["time_period", "time_identifier", "school_type", "share", "note"]),
        )
