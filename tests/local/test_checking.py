"""Tests of what is said of a CSV pair before it is uploaded."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

import eesclient as ees
from tests.local.support import DATA_HEADER, ENGLAND, META_HEADER

META = f"{META_HEADER}\nsex,Filter,Sex,,,\nn,Indicator,Number,,0,\n"
DATA = f"{DATA_HEADER},sex,n\n{ENGLAND},Total,1\n{ENGLAND},Girls,2\n"
Place = tuple[str, str, int | None, str | None, int]


def check(folder: Path, data: str | bytes, meta: str | bytes = META) -> ees.local.FileCheck:
    """What is said of a pair."""
    for name, content in (("a.csv", data), ("a.meta.csv", meta)):
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return ees.local.check(folder / "a.csv", folder / "a.meta.csv")


def places(found: ees.local.FileCheck) -> list[Place]:
    """Rule and place of each finding, and how many rows it is about."""
    return [(one.rule, one.file, one.line, one.column, one.rows) for one in found.findings]


def test_nothing_to_say(tmp_path: Path) -> None:
    """A pair that is as it should be is taken."""
    found = check(tmp_path, DATA)
    assert ((), True) == (found.findings, found.is_taken)
    assert str(found) == "The service would take a.csv with a.meta.csv."


def test_all_at_once(tmp_path: Path) -> None:
    """Everything wrong with both files is said, each kind once with its first row, and the metadata file first."""
    data = (
        f"{DATA_HEADER},sex,n,id\n{ENGLAND},{'x' * 121},1,1\n{ENGLAND},Girls,,1\n{ENGLAND},Boys,,1\n"
        "2024,Decade,Nation,,,Total,1,1\n2023-24,Decade,National,,,Total,1,1\n"
    )
    meta = f"{META_HEADER}\nsex,Filter,,,,\nn,Indicator,Number,persons,few,\nid,Filter,Id,,,\nno,Sum,No,,,\n"
    expected: list[Place] = [
        ("no-label", "a.meta.csv", 2, "label", 0),
        ("decimal-places", "a.meta.csv", 3, "indicator_dp", 0),
        ("unit", "a.meta.csv", 3, "indicator_unit", 0),
        ("type", "a.meta.csv", 5, "col_type", 0),
        ("time-identifier", "a.csv", 5, "time_identifier", 2),
        ("time-period", "a.csv", 6, "time_period", 1),
        ("geographic-level", "a.csv", 5, "geographic_level", 1),
        ("own-name", "a.csv", None, "id", 0),
        ("too-long", "a.csv", 2, "sex", 1),
        ("empty-indicator", "a.csv", 3, "n", 2),
        ("no-such-column", "a.meta.csv", 5, "col_name", 0),
    ]
    found = check(tmp_path, data, meta)
    assert expected == places(found)
    assert found.verdict == "The service would refuse a.csv with a.meta.csv: 10 things to put right."
    text = found.to_text()
    assert "a.csv, line 3, column n: an indicator cell is empty" in text
    assert "(2 rows, this is the first)" in text
    assert "(time-identifier; the screener looks for it: time_id_valid)" in text
    assert "(empty-indicator; the screener does not look for it)" in text


@pytest.mark.parametrize(
    ("data", "meta", "expected"),
    [
        (DATA.replace("National", "national"), META, (("level-case", "a.csv", 2, "geographic_level", 2), "with 500")),
        (DATA.replace("Academic", "academic"), META, (("identifier-case", "a.csv", 2, "time_identifier", 2), "lost")),
        (DATA, META.replace("Filter", "filter"), (("type-case", "a.meta.csv", 2, "col_type", 0), "counts for nothing")),
        (DATA, f"{META}other,Filter,O,,,\n", (("no-such-column", "a.meta.csv", 4, "col_name", 0), "no column 'other'")),
        (DATA, META.replace("n,Ind", "N,Ind"), (("no-such-column", "a.meta.csv", 3, "col_name", 0), "case counting")),
        (DATA.replace("202324", "2023"), META, (("period-form", "a.csv", 2, "time_period", 2), "write six digits")),
        (
            DATA.replace("Academic", "Calendar"), META,
            (("period-form", "a.csv", 2, "time_period", 2), "write four digits"),
        ),
        (DATA.replace("sex", "order"), META.replace("sex", "order"), (("sql-word", "a.csv", None, "order", 0), "SQL")),
        (
            DATA.replace("Total", "").replace("Girls", ""), META,
            (("no-options", "a.csv", None, "sex", 0), "has no options"),
        ),
        (
            f"{DATA_HEADER},region_code,region_name,lad_code,lad_name\n{ENGLAND},E1,Leeds,,\n{ENGLAND},,,E1,Leeds\n",
            f"{META_HEADER}\n", (("place-twice", "a.csv", 3, "lad_name", 1), "served twice"),
        ),
    ],
)  # fmt: skip
def test_what_is_taken_and_served_otherwise(tmp_path: Path, data: str, meta: str, expected: tuple[Place, str]) -> None:
    """What the service takes and does not serve as it is meant is said, and the pair is taken."""
    place, words = expected
    found = check(tmp_path, data, meta)
    assert found.is_taken
    assert place in places(found)
    assert words in found.to_text()
    assert "with 1 thing to know" in found.verdict or len(found.findings) > 1


@pytest.mark.parametrize(
    ("content", "rule", "line"),
    [(DATA.encode("utf-16"), "not-utf-8", 1), (b"", "not-csv", None), (f"{DATA}1,2\n".encode(), "not-csv", 4)],
)
def test_files_that_are_not_read(tmp_path: Path, content: bytes, rule: str, line: int | None) -> None:
    """A file that the service does not read at all is one finding; the other is checked as far as it goes by itself."""
    found = check(tmp_path, content, META.replace(",0,", ",few,"))
    assert [(rule, line), ("decimal-places", 3)] == [(one.rule, one.line) for one in found.findings]
    found = check(tmp_path, DATA.replace("Academic year", "Decade"), content)
    assert [(rule, "a.meta.csv"), ("time-identifier", "a.csv")] == [(one.rule, one.file) for one in found.findings]


def test_files_that_may_be_read_in_two_ways(tmp_path: Path) -> None:
    """What the service would make of such a file is not known, and it is not said to be refused."""
    found = check(tmp_path, 'a,b,c,d\n1,Total,"x\'",1\n  5,1,x",1\n', f"{META_HEADER}\n")
    assert (["unsure"], True) == ([one.rule for one in found.findings], found.is_taken)
    assert "reads it in one of two ways, or refuses it" in found.to_text()
    assert found.verdict == "Whether the service would take a.csv with a.meta.csv cannot be told: 1 thing to know."


def test_another_separator(tmp_path: Path) -> None:
    """A file whose cells are not separated by commas has no columns to say more about."""
    (finding,) = check(tmp_path, DATA.replace(",", ";")).findings
    assert ("separator", True) == (finding.rule, finding.is_refused)


def test_metadata_without_its_columns(tmp_path: Path) -> None:
    """A metadata file that lacks columns is said to, and the data file is checked for what needs none."""
    found = check(tmp_path, DATA.replace("National", "Nation"), "col_name,label\nsex,Sex\n")
    assert [("missing-column", "col_type"), ("geographic-level", "geographic_level")] == [
        (one.rule, one.column) for one in found.findings
    ]


def test_columns_that_group_are_in_use(tmp_path: Path) -> None:
    """A column that a filter's row names as its grouping is no column that nothing is said of."""
    data = DATA.replace("sex", "group,sex").replace(",Total,", ",All,Total,").replace(",Girls,", ",Some,Girls,")
    meta = "col_name,col_type,label,filter_grouping_column\nsex,Filter,Sex,{}\nn,Indicator,Number,\n"
    assert () == check(tmp_path, data, meta.format("group")).findings
    (finding,) = check(tmp_path, data, meta.format("")).findings
    assert ("not-described", "group", ("cross_data_to_meta",)) == (finding.rule, finding.column, finding.screener)


def test_json(tmp_path: Path) -> None:
    """Programs get whether it is taken, and each finding with its members."""
    data = json.loads(check(tmp_path, DATA.replace(",2\n", ",\n")).to_json())
    (finding,) = data["findings"]
    assert data["is_taken"] is False
    assert {"rule": "empty-indicator", "line": 3, "column": "n", "rows": 1, "screener": []}.items() <= finding.items()


def test_compressed_data_files(tmp_path: Path) -> None:
    """A data file may be compressed; one that is not there is an error."""
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(DATA.encode()))
    (tmp_path / "a.meta.csv").write_text(META)
    assert ees.local.check(str(tmp_path / "a.csv.gz"), str(tmp_path / "a.meta.csv")).is_taken
    with pytest.raises(ees.DataFileError, match=r"b\.csv: cannot be read"):
        ees.local.check(tmp_path / "b.csv", tmp_path / "a.meta.csv")


def test_what_is_taken_is_taken_by_the_box(tmp_path: Path) -> None:
    """The box and the check go by the same rules."""
    for data in (DATA, DATA.replace("National", "national"), DATA.replace(",2\n", ",\n"), DATA.replace("sex", "id")):
        found = check(tmp_path, data)
        if found.is_taken:
            assert ees.local.Service.from_folder(tmp_path)
            continue
        with pytest.raises(ees.DataFileError) as caught:
            ees.local.Service.from_folder(tmp_path)
        refused = next(one for one in found.findings if one.is_refused)
        assert (caught.value.file, caught.value.line, caught.value.column) == (
            refused.file,
            refused.line,
            refused.column,
        )
