"""Tests of data files without a metadata file: what is inferred, and the service that holds one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import eesclient as ees
from eesclient import DataFileError
from tests.doors.local import Inferred, infer_data, ingest
from tests.local.support import table_of

HEAD = "time_period,time_identifier,geographic_level"
ROW = "2024,Calendar year,National"


def with_column(heading: str, cells: Sequence[str], **said: Any) -> Inferred:
    """A file with one column besides the compulsory ones."""
    lines = [f"{HEAD},{heading}", *(f'{ROW},"{cell}"' for cell in cells)]
    return infer_data("t.csv", "\n".join(lines).encode(), **said)


def with_rows(headings: str, *records: str) -> Inferred:
    """A file with some columns besides the compulsory ones."""
    return infer_data("t.csv", "\n".join([f"{HEAD},{headings}", *(f"{ROW},{record}" for record in records)]).encode())


def about(wild: Inferred, words: str) -> str:
    """The note that has these words."""
    (note,) = (note for note in wild.notes if words in note)
    return note


@pytest.mark.parametrize(
    ("heading", "cells", "kind", "why"),
    [
        ("a", ["1", "-2.5", "1e6"], "indicator", None),
        ("a", ["1", "z", "x", "low", ":", "~", "NULL", "NA", "", "[c]", "(u)"], "indicator", None),
        ("a", ["Total", "Boys"], "filter", None),
        ("a", ["Total", ""], "filter", None),
        ("a", ["z", "", "."], "indicator", "it has symbols alone"),
        ("a", ["", " "], "ignored", "no cell of it has any text"),
        ("a", ["4", "5", "All ages"], "filter", "1 cells are text such as 'All ages' in line 4, 2 are numbers"),
        ("a", ["16+", "10 to 15"], "filter", None),
        ("a", ["5", "<5"], "indicator", "1 of its numbers are written otherwise, such as '<5' in line 3"),
        ("a", ["1,234", "12%", "£5", "7"], "indicator", "3 of its numbers are written otherwise, such as '1,234'"),
        ("a", ["7", " 8"], "indicator", "1 of its numbers are written otherwise, such as ' 8' in line 3"),
        ("a", ["007", "012"], "filter", "it has numbers with leading zeros such as '007'"),
        ("a", ["0", "0.5"], "indicator", None),
        ("type_code", ["1", "2"], "filter", "its whole numbers are codes by the heading"),
        ("type_code", ["1.5", "2"], "indicator", None),
        ("age", ["11", "12"], "filter", "years, ages or the like by the heading"),
        ("cohort year", ["2019", "2020"], "filter", "years, ages or the like by the heading"),
        ("cohort_year", ["201920", "202021"], "filter", "years, ages or the like by the heading"),
        ("pupils_in_year", ["35000", "41"], "indicator", None),
        ("number_per_year", ["19", "20"], "indicator", None),
        ("leavers_by_year", ["12", "1,234"], "indicator", "1 of its numbers are written otherwise, such as '1,234'"),
        ("average_age", ["11", "12"], "indicator", None),
        ("la_code", ["E09000003"], "ignored", "it is called like a column of locations"),
        ("old_region_code", ["A"], "ignored", "it is called like a column of locations"),
        ("school_type", ["Primary"], "filter", None),
        ("2024", ["1"], "indicator", None),
        ("£", ["1"], "indicator", None),
    ],
)
def test_kinds(heading: str, cells: Sequence[str], kind: str, why: str | None) -> None:
    """Each rule gives its kind; where it may be wrong, a note says why."""
    wild = with_column(heading, cells)
    assert {heading: kind} == wild.kinds
    if why is None:
        assert not [note for note in wild.notes if f"{heading} was taken for" in note]
    else:
        assert why in about(wild, f"{heading} was taken for")


AGES = ("11,40,400", "12,41,410")


@pytest.mark.parametrize(
    ("headings", "records", "filters", "why"),
    [
        # words before digits say what is counted, in every spelling
        ("age_5,age_6,total", ("40,41,81",), "", None),
        ("Mres38week05,year1,t1,ks4,key_stage_2_rwm", ("1,2,3,4,5",), "", None),
        ("pupilsAged16,cohortYear", ("1,2019",), "cohortYear", "years, ages"),
        ("sex,leavers_in_year,n", ("Boys,12,9", "Girls,9,12"), "sex", None),
        # such a heading names a filter where rows need it, or where another column has it in other words
        ("pupil_age,fsm,total", AGES, "pupil_age", "years, ages"),
        ("sex,pupil_age,n", ("Boys,11,9", "Girls,12,7"), "sex", "rows are told apart without it"),
        (
            "sex,stage,pupil_age,n",
            ("A,i,11,9", "B,i,11,7", "A,j,12,9", "B,j,12,7"),
            "sex stage pupil_age",
            "years, ages",
        ),
        # a heading that is no more than the word does so though some cells are odd
        ("sex,age,n", ("A,11,9", "B,12,7", "C,2134,7"), "sex age", "years, ages"),
        # rows need a column of numbers that is called by no such word
        ("stage,places", ("1,250", "2,<5"), "stage", "rows are alike without them"),
        ("sex,stage,places", ("A,1,250", "A,2,300", "B,1,250", "B,2,170"), "sex stage", "rows are alike"),
        ("stage,number_of_places", ("1,2", "2,3"), "stage", "rows are alike without them"),
        ("number_of_places,places", ("1,2.5", "2,3.5"), "", None),
        ("sex,n", ("NULL,1", "NA,2"), "sex", "rows are alike without them"),
        # texts among numbers that differ from row to row
        ("sex,fte,n", ("A,7,1", "B,0x10,2", "C,9.5,3"), "sex", "and rows are told apart without it"),
        # whole numbers that repeat
        (
            "sex,route,n",
            tuple(f"o{row},{1 + row % 4},{row}" for row in range(24)),
            "sex",
            "they may stand for something",
        ),
        # a file has an indicator
        ("sex,age", ("A,11", "B,12"), "sex", "and no other column is an indicator"),
        ("sex,places", ("A,1", "B,02"), "sex", "and no other column is an indicator"),
        # a heading may say it
        ("sex,ind_one,n", ("A,large,9", "B,small,7"), "sex", "its heading says so, though 2 cells are text"),
        ("sex,filter_one,n", ("A,1,9", "B,2,7"), "sex filter_one", "its heading says so, though no cell is text"),
        # texts that rows do not need
        ("sex,day,n", ("A,2020-01-01,9", "B,2021-02-03,7"), "sex day", "so it may be an indicator or neither"),
    ],
)
def test_kinds_by_headings_and_rows(headings: str, records: Sequence[str], filters: str, why: str | None) -> None:
    """What a heading says and whether rows are alike without a column decide together, and what is doubtful is said."""
    wild = with_rows(headings, *records)
    assert filters.split() == [column for column, kind in wild.kinds.items() if kind == "filter"]
    said = [note for note in wild.notes if " was taken for " in note]
    assert (why is None) == (not said)
    assert why is None or any(why in note for note in said)


def test_whole_numbers_are_no_filter_where_they_do_not_tell_all_rows_apart() -> None:
    """Where rows stay alike, a count is not taken for what tells them apart; that they are alike is said."""
    wild = with_rows("sex,places,fsm", "A,1,2.5", "A,2,2.5", "A,2,3.5")
    assert {"sex": "filter", "places": "indicator", "fsm": "indicator"} == wild.kinds
    assert about(wild, "rows are alike in all but their indicators")


@pytest.mark.parametrize(
    ("cells", "kind"), [(["1", "2"], "filter"), (["Total", "Boys"], "indicator"), (["1", "Boys"], "ignored")]
)
def test_kinds_that_are_said(cells: Sequence[str], kind: Any) -> None:
    """What is said goes before what would be inferred, and then nothing is inferred."""
    wild = with_column("a", cells, kinds={"a": kind})
    meta = wild.data.meta
    assert {"a": kind} == wild.kinds
    assert [kind == "filter", kind == "indicator"] == [bool(meta.filters), bool(meta.indicators)]
    assert not [note for note in wild.notes if "a was taken for" in note or "these columns" in note]


@pytest.mark.parametrize(
    ("kinds", "column", "words"),
    [
        ({"b": "filter"}, "b", "name one of a"),
        ({"time_period": "filter"}, "time_period", "leave it out of kinds="),
        ({"a": "Filter"}, "a", "'Filter' is not a kind: write 'filter', 'indicator', 'ignored'"),
    ],
)
def test_kinds_that_cannot_be_said(kinds: Mapping[str, Any], column: str, words: str) -> None:
    """A kind of a column that is not there, or that is none, is refused."""
    with pytest.raises(DataFileError, match=words) as caught:
        with_column("a", ["1"], kinds=kinds)
    assert column == caught.value.column


def test_labels() -> None:
    """Columns are called as is said, else by themselves; labels of columns that are not in use are named."""
    data = f"{HEAD},sex,rate,gone,la_code\n{ROW},Boys,1,,E1\n".encode()
    wild = infer_data("t.csv", data, labels={"rate": "Rate of it", "gone": "Gone", "b": "B", "time_period": "Time"})
    meta = wild.data.meta
    assert [("sex", "sex")] == [(item.column, item.label) for item in meta.filters]
    assert [("rate", "Rate of it")] == [(item.column, item.label) for item in meta.indicators]
    assert "Labels of columns that are not in use: gone, b." in wild.notes
    assert "Called by their columns, as nothing says their labels: sex." in wild.notes


def test_what_cannot_be_known_is_said() -> None:
    """Labels, units and decimal places are not in a data file."""
    wild = with_column("a", ["1.5"])
    (indicator,) = wild.data.meta.indicators
    assert (None, None) == (indicator.unit, indicator.decimal_places)
    assert "Units and decimal places of the indicators are not known." in wild.notes
    assert "Called by their columns, as nothing says their labels: Filters and indicators." in wild.notes
    assert "No column is an indicator." in with_column("a", ["b"]).notes


def test_empty_indicator_cells_are_read() -> None:
    """The service refuses them; here they are empty texts, and their number is said."""
    wild = with_column("a", ["1", "", ""])
    (indicator,) = wild.data.meta.indicators
    assert ["1", "", ""] == table_of(wild.data)[f"indicator:{indicator.id}"].to_list()
    assert "a has 2 empty cells, the first in line 3; they are read as empty." in wild.notes


def test_rows_that_nothing_tells_apart_are_said() -> None:
    """Where a filter was taken for an indicator, rows look alike."""
    words = "rows are alike in all but their indicators, the first in line 2"
    assert about(with_column("stage", ["1", "2"]), words).startswith("2 ")
    assert not [note for note in with_column("stage", ["1", "2"], kinds={"stage": "filter"}).notes if words in note]


def test_groupings_are_said() -> None:
    """A filter whose options only group those of another may be no filter."""
    data = f"{HEAD},group,option\n{ROW},Sex,Boys\n{ROW},Sex,Girls\n{ROW},Age,10\n".encode()
    wild = infer_data("t.csv", data)
    assert about(wild, "grouping").startswith("Every option of option has one group only")
    assert {"group": "filter", "option": "filter"} == wild.kinds


def test_crossed_filters_are_no_groupings() -> None:
    """Options that stand with several of another filter are not grouped by it."""
    data = f"{HEAD},sex,age\n{ROW},Boys,10 to 12\n{ROW},Girls,10 to 12\n{ROW},Boys,13\n{ROW},Boys,14\n".encode()
    assert not [note for note in infer_data("t.csv", data).notes if "grouping" in note]


def test_levels_that_lack_columns() -> None:
    """Places are told apart by the columns that are there; the service would refuse the file."""
    data = (
        f"{HEAD},school_urn,school_name,lad_code,rsc_region_lead_name,a\n"
        "2024,Calendar year,School,1,Oak,,,5\n2024,Calendar year,Local authority district,,,E07,,6\n"
    ).encode()
    wild = infer_data("t.csv", data)
    groups = {
        str(group.level.code): [(one.label, one.codes) for one in group.options] for group in wild.data.meta.locations
    }
    assert {"LAD": [("E07", {"code": "E07"})], "RSC": [], "SCH": [("Oak", {"urn": "1"})]} == groups
    assert "School: school_laestab is not there, so school_urn, school_name alone tell places apart." in wild.notes


def test_rows_without_a_location_are_said() -> None:
    """As on the service, a row whose level lacks a code has no location; here that is not silent."""
    data = f"{HEAD},new_la_code,old_la_code,la_name\n2024,Calendar year,Local authority,E1,,Barnet\n".encode()
    wild = infer_data("t.csv", data)
    assert about(wild, "have no location").startswith("Local authority: 1 rows of this level")
    assert [0] == table_of(wild.data)["location:LA"].to_list()


def test_the_same_as_with_a_metadata_file() -> None:
    """Where the inference is right, the outcome is that of the import."""
    data = (f"{HEAD},country_code,country_name,sex,rate\n" + f"{ROW},E92000001,England,Boys,1\n" * 2).encode()
    meta = b"col_name,col_type,label\nsex,Filter,Sex\nrate,Indicator,Rate\n"
    pair = ingest(data_name="t.csv", data=data, meta_name="t.meta.csv", meta=meta)
    wild = infer_data("t.csv", data, labels={"sex": "Sex", "rate": "Rate"}).data
    assert (pair.meta, pair.periods, pair.levels) == (wild.meta, wild.periods, wild.levels)
    assert table_of(pair).equals(table_of(wild))
    assert pair.csv.read() == wild.csv.read()


LONE_HEAD = "TIME_PERIOD,TIME_IDENTIFIER,GEOGRAPHIC_LEVEL,COUNTRY_CODE,COUNTRY_NAME"
ENGLAND = "E92000001,England"


def written(folder: Path, *, encoding: str = "cp1252") -> Path:
    """A file as it may be found."""
    path = folder / "school_meals.csv"
    text = (
        f"{LONE_HEAD},Sex,Café meals,\r\n202324,academic year,national,{ENGLAND},Boys,1,\r\n"
        f"202324,academic year,national,{ENGLAND},Girls,x,\r\n\r\n"
    )
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("route", ["pages", "csv", "store"])
def test_questions(tmp_path: Path, route: str) -> None:
    """A lone file answers questions by any route, and the service says what was inferred."""
    service = ees.local.Service.from_csv(written(tmp_path), labels={"Café meals": "Meals"})
    with ees.Client(service=service, store=tmp_path / "store") as client:
        (entry,) = client.data_sets()
        data_set = client.open(entry.id)
        data_set.read()
        (version,) = client.versions(entry.id)
        result = data_set.query(filters={"Sex": "Girls"}, indicators="Meals", periods="2023/24", route=route)
    assert "School meals" == entry.title
    assert [("Girls", None, "x")] == result.frame.select("Sex", "Café meals", "Café meals_status").rows()
    assert "\n".join(service.notes) == version.notes
    assert "The file is not UTF-8 (first in line 1) and was read as Windows-1252" in service.notes[0]


def test_kinds_are_said(tmp_path: Path) -> None:
    """What the inference takes wrongly can be said."""
    service = ees.local.Service.from_csv(written(tmp_path), kinds={"Sex": "ignored"})
    with ees.Client(service=service) as client:
        (entry,) = client.data_sets()
        assert () == tuple(client.open(entry.id).meta.filters)


def test_origins(tmp_path: Path) -> None:
    """What a store keeps is of the same bytes, read the same way."""
    path = written(tmp_path)
    services = [
        ees.local.Service.from_csv(path),
        ees.local.Service.from_csv(path, kinds={"Sex": "ignored"}),
        ees.local.Service.from_csv(path, labels={"Sex": "Sex of pupils"}),
        ees.local.Service.from_csv(written(tmp_path, encoding="utf-8")),
    ]
    assert len(services) == len({service.origin for service in services})
    assert services[0].origin == ees.local.Service.from_csv(written(tmp_path)).origin


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is an error of the file."""
    with pytest.raises(ees.DataFileError, match=r"none\.csv: cannot be read"):
        ees.local.Service.from_csv(tmp_path / "none.csv")


def test_other_services_have_no_notes() -> None:
    """Nothing is inferred where a metadata file says it."""
    assert () == ees.local.demo().notes


@pytest.mark.parametrize("route", ["pages", "csv"])
def test_headings_with_quotes_and_line_breaks(tmp_path: Path, route: str) -> None:
    """Any heading is found by any route."""
    path = tmp_path / "a.csv"
    path.write_text(f'{LONE_HEAD},"a ""b""","c,\nd"\n2024,May,National,{ENGLAND},1,2\n', encoding="utf-8")
    with ees.Client(service=ees.local.Service.from_csv(path)) as client:
        (entry,) = client.data_sets()
        frame = client.open(entry.id).query(route=route).frame
    assert [(1.0, 2.0)] == frame.select('a "b"', "c,\nd").rows()


@pytest.mark.parametrize("route", ["pages", "csv"])
def test_headings_that_differ_in_case_alone(tmp_path: Path, route: str) -> None:
    """A heading that is what the service would call the second of two others has its own figures by any route."""
    path = tmp_path / "a.csv"
    path.write_text(f"{LONE_HEAD},N,n,n_1\n2024,May,National,{ENGLAND},1,2,3\n", encoding="utf-8")
    kinds: dict[str, Any] = dict.fromkeys(["N", "n", "n_1"], "indicator")
    with ees.Client(service=ees.local.Service.from_csv(path, kinds=kinds)) as client:
        (entry,) = client.data_sets()
        frame = client.open(entry.id).query(route=route).frame
    assert [(1.0, 2.0, 3.0)] == frame.select("N", "n", "n_1").rows()


def test_a_heading_that_is_an_ignored_column_to_the_service() -> None:
    """Where the service would serve another column's cells under a name, the file is refused."""
    data = f"{LONE_HEAD},N,n,n_1\n2024,May,National,{ENGLAND},1,2,3\n".encode()
    kinds: dict[str, Any] = {"N": "ignored", "n": "ignored", "n_1": "indicator"}
    with pytest.raises(DataFileError, match=r"a\.csv, column n_1: is what the service calls 'n' too") as caught:
        infer_data("a.csv", data, kinds=kinds)
    assert "n_1" == caught.value.column


@pytest.mark.parametrize("labels", [{"sex": 3}, {3: "Sex"}, {"sex": b"Sex"}])
def test_labels_that_are_not_text(labels: Any) -> None:
    """They are refused as what they are."""
    with pytest.raises(DataFileError, match=r"labels= has .* but columns and their labels are text"):
        with_column("sex", ["Boys", "Girls"], labels=labels)
