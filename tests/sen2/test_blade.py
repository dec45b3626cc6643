"""The nine CSV files of a Blade export are read whole, and what is none is refused; all returns here are synthetic."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import date
from pathlib import Path

import attrs
import polars as pl
import pytest

from eesclient import sen2
from tests.conftest import shared_folder
from tests.doors.sen2 import Return, specification
from tests.doors.sen2_writing import blade_columns, blade_files
from tests.sen2.made import made, parsed

DAY = date(2025, 1, 20)
NAMES = (
    "sen2",
    "person",
    "requests",
    "assessment",
    "namedplan",
    "plandetail",
    "activeplans",
    "placementdetail",
    "senneed",
)


def small(year: int = 2025) -> Return:
    """Return a return with something in every table."""
    return made(
        year,
        persons={"Surname": ["Surname1", "Surname,2"], "PersonBirthDate": [date(2015, 2, 28), None]},
        requests={"person": [1, 2, 1], "RYA": ["1", "0", None], "ReceivedDate": [None, date(2024, 9, 28), None]},
        assessments={"request": [2], "Week20": ["1"]},
        named_plans={"assessment": [1], "StartDate": [date(2024, 5, 1)]},
        plan_details={"named_plan": [1, 1], "URN": ["100000", None], "SENSetting": [None, "EHE"]},
        active_plans={"request": [2], "TransferLA": ["XXX"]},
        placements={"active_plan": [1], "PlacementRank": ["1"]},
        sen_needs={"active_plan": [1, 1], "SENtype": ["ASD", "SPLD"], "SENtypeRank": ["1", "2"]},
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of the small return's export."""
    small().write_blade(tmp_path / "export", day=DAY)
    return tmp_path / "export"


def path(folder: Path, name: str) -> Path:
    """Return the path of one of its files."""
    return folder / f"Blade-Export_20-01-2025_{name}.csv"


def edit(folder: Path, name: str, old: str, new: str) -> None:
    """Change a text in a file, everywhere."""
    text = path(folder, name).read_text(encoding="utf-8")
    assert old in text
    path(folder, name).write_text(text.replace(old, new), encoding="utf-8", newline="")


def files(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder."""
    return {found.name: found.read_bytes() for found in folder.iterdir()}


def kept(found: Return) -> list[tuple[object, ...]]:
    """Return what was kept, without lines."""
    return found.kept.drop("line").rows()


def test_files(folder: Path) -> None:
    """There are nine files with the names of an export, and days as an export has them."""
    assert {f"Blade-Export_20-01-2025_{name}.csv" for name in NAMES} == set(files(folder))
    assert (
        "persontableid,personorderseqcolumn,sourceid,sen2tableid,surname,forename,personbirthdate,sex,ethnicity,postcode,"
        "upn,uniquelearnernumber,upnunknown\n"
        "1,1,,1,Surname1,,2015-Feb-28 00:00:00,,,,,,\n"
        '2,2,,1,"Surname,2",,,,,,,,\n'
    ) == path(folder, "person").read_text(encoding="utf-8")
    (row,) = csv.DictReader(path(folder, "sen2").read_text(encoding="utf-8").splitlines())
    assert ("SEN2", "2025", "2025-Jan-16 00:00:00", "SYNTHETIC") == (
        row["collection"],
        row["year"],
        row["referencedate"],
        row["softwarecode"],
    )


def test_today(tmp_path: Path) -> None:
    """The day in the names is today's, unless another is given."""
    small().write_blade(tmp_path)
    assert 9 == len({found.name for found in tmp_path.glob(f"Blade-Export_{date.today():%d-%m-%Y}_*.csv")})  # noqa: DTZ011


@pytest.mark.parametrize("year", [2023, 2024, 2025, 2026])
def test_columns_are_those_of_the_reference(year: int) -> None:
    """Every file of every year has the columns that the reference lists, in its order."""
    reference = shared_folder("reference", "EES_REFERENCE") / "sen2" / "blade_columns.csv"
    expected: dict[str, list[str]] = {name: [] for name in NAMES}
    with reference.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            first = int(row["years"][:4])
            if first == year or (first < year and row["years"].endswith("+")):
                expected[row["csv_module"]].append(row["column"])
    spec = specification(year)
    assert expected == {table.blade: list(blade_columns(spec, name)) for name, table in spec.tables.items()}


@pytest.mark.parametrize("year", [2023, 2024, 2025, 2026])
def test_read(tmp_path: Path, year: int) -> None:
    """What was written is read as it was, from a folder, a zip, or its bytes."""
    small(year).write_blade(tmp_path / "export")
    packed = zipped(tmp_path / "export", tmp_path / "export.zip")
    for source in (tmp_path / "export", packed, packed.read_bytes()):
        found = sen2.read(source)
        assert small(year).equals(found)
        assert ("blade", True) == (found.form, found.synthetic)
        assert ("" if isinstance(source, bytes) else source.name) == found.source


def zipped(folder: Path, target: Path, inside: str = "a folder/") -> Path:
    """Pack a folder."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for found in folder.iterdir():
            archive.write(found, f"{inside}{found.name}")
            archive.writestr(f"__MACOSX/{found.name}", "sen2tableid\n1\n")
    return target


def test_content_says_which_file_is_which(folder: Path) -> None:
    """Names, capitals and the order of columns do not matter, nor do other files."""
    for number, found in enumerate(sorted(folder.iterdir())):
        frame = pl.read_csv(found, infer_schema=False)
        frame = frame.select(reversed(frame.columns)).rename(lambda name: f" {name.upper()}")
        (folder / f"{number}.CSV").write_bytes(b"\xef\xbb\xbf" + frame.write_csv(line_terminator="\r\n").encode())
        found.unlink()
    (folder / "another.csv").write_text("a,b\n1,2,3\n")
    (folder / "persontableid.txt").write_text("persontableid,sen2tableid\n1,2\n")
    assert small().equals(sen2.read(folder))


DAYS: dict[str, date | None] = {
    **dict.fromkeys(("2024-Sep-28 00:00:00", "2024-Sep-28", "2024-SEP-28", "2024-sep-28"), date(2024, 9, 28)),
    **dict.fromkeys(("2024-09-28", "2024-09-28 00:00:00", "28/09/2024", "28/09/2024 00:00:00"), date(2024, 9, 28)),
    "09/09/2024": date(2024, 9, 9),
    "0001-01-01": date(1, 1, 1),
    "9999-Dec-31": date(9999, 12, 31),
    **dict.fromkeys(("09/08/2024", "09/28/2024", "31/02/2015", "2024-09-31", "2024-Feb-30", "28/9/2024")),
    **dict.fromkeys(("2024-09-28 12:00:00", "2024-Sept-28", "28/09/24", "soon", " 2024-09-28", "0000-01-01")),
    **dict.fromkeys(("٢٠٢٤-09-28", "2024-09-28T00:00:00", "2024-Okt-28", "20240928", "00/00/0000")),
}
"""Days as they are written, and the days that they are; None where none is sure."""


def test_days(folder: Path) -> None:
    """A day is read where it can be one alone; everything else stays as it stood, and is written so again."""
    row = pl.read_csv(path(folder, "requests"), infer_schema=False).tail(1)
    ids = [str(number) for number in range(1, len(DAYS) + 1)]
    rows = pl.concat([row] * len(DAYS)).with_columns(
        requeststableid=pl.Series(ids), requestsorderseqcolumn=pl.Series(ids), receiveddate=pl.Series([*DAYS])
    )
    path(folder, "requests").write_text(rows.write_csv(), encoding="utf-8", newline="")
    found = sen2.read(folder)
    assert [*DAYS.values()] == found.requests["ReceivedDate"].to_list()
    unread = [(number, text) for number, (text, day) in enumerate(DAYS.items(), 1) if day is None]
    assert [("requests", number, "ReceivedDate", text, "unreadable", None) for number, text in unread] == kept(found)
    found.write_blade(folder, day=DAY)
    assert found.equals(sen2.read(folder))
    written = re.findall("<ReceivedDate>(.*)</ReceivedDate>", found.to_xml().decode())
    assert [str(day or text) for text, day in DAYS.items()] == written


def test_ids_are_kept(folder: Path) -> None:
    """Ids, numbers, sources and columns that are no elements come back as they stood."""
    edit(folder, "person", "\n1,1,,1,", "\nP-1,7,S,1,")
    edit(folder, "person", "\n2,2,,1,", "\n1,,,1,")
    for own, new in (("1,1,,1,", "1,1,,P-1,"), ("2,2,,2,", "2,2,,1,"), ("3,3,,1,", "3,3,,P-1,")):
        edit(folder, "requests", f"\n{own}", f"\n{new}")
    edit(folder, "requests", "exported\n", "exported,NativeId,B\n")
    edit(folder, "requests", "\n1,1,,P-1,,,1,,,,,\n", '\n1,1,,P-1,,,1,,,,,,,"x\ny"\n')
    edit(folder, "requests", ",,0,,,,,\n", ",,0,,,,,,N2,\n")
    edit(folder, "requests", "\n3,3,,P-1,,,,,,,,\n", "\n3,3,,P-1,,,,,,,,,N3,b\n")
    found = sen2.read(folder)
    assert [1, 2, 1] == found.requests["person"].to_list()
    assert [
        ("persons", 1, "personorderseqcolumn", "7", "column", None),
        ("persons", 1, "persontableid", "P-1", "column", None),
        ("persons", 1, "sourceid", "S", "column", None),
        ("persons", 2, "personorderseqcolumn", "", "column", None),
        ("persons", 2, "persontableid", "1", "column", None),
        ("requests", 1, "B", "x\ny", "column", None),
        ("requests", 2, "NativeId", "N2", "column", None),
        ("requests", 3, "B", "b", "column", None),
        ("requests", 3, "NativeId", "N3", "column", None),
    ] == kept(found)
    assert [2, 4, 5] == found.requests["line"].to_list()
    found.write_blade(folder, day=DAY)
    again = sen2.read(folder)
    assert found.equals(again)
    before = files(folder)
    again.write_blade(folder, day=DAY)
    assert before == files(folder)
    assert attrs.evolve(small(), form="blade").to_xml() == found.to_xml()


def test_two_authorities(folder: Path) -> None:
    """A second record of the authority's file, and persons that belong to it, come back."""
    row = path(folder, "sen2").read_text().splitlines()[1]
    edit(folder, "sen2", row, f"{row}\n{row.replace('1,1,', '2,2,', 1).replace('SEN2', 'SEN3')}")
    edit(folder, "person", "\n2,2,,1,", "\n2,2,,2,")
    found = sen2.read(folder)
    assert [
        ("authority", 2, "collection", "SEN3", "column", None),
        ("persons", 2, "sen2tableid", "2", "column", None),
    ] == kept(found)
    before = files(folder)
    found.write_blade(folder, day=DAY)
    assert before == files(folder)


def test_header_that_is_none(folder: Path) -> None:
    """A reference date that is none is kept, and so is a year that another overrules."""
    edit(folder, "sen2", "2025-Jan-16 00:00:00", "soon")
    edit(folder, "sen2", ",2025,", ",2027,")
    found = sen2.read(folder, year=2025)
    assert (2025, None) == (found.year, found.header.reference_date)
    assert [
        ("", 0, "Header/CollectionDetails/Year", "2027", "header", None),
        ("", 0, "Header/CollectionDetails/ReferenceDate", "soon", "unreadable", None),
    ] == kept(found)
    before = files(folder)
    found.write_blade(folder, day=DAY)
    assert before == files(folder)
    details = parsed(found.to_xml()).find("Header/CollectionDetails")
    assert details is not None
    assert [("Collection", "SEN2"), ("Year", "2027"), ("ReferenceDate", "soon")] == [(e.tag, e.text) for e in details]


def test_missing_column(folder: Path) -> None:
    """A column that the year has and a file lacks is absent, is told, and is not written again."""
    text = pl.read_csv(path(folder, "person"), infer_schema=False).drop("sex").write_csv()
    path(folder, "person").write_text(text)
    with pytest.warns(sen2.PartialReturnWarning, match=r"the export has no person\.sex, which a return of 2025 has"):
        found = sen2.read(folder)
    assert [("", 0, "persons/Sex", "", "absent", None)] == kept(found)
    found.write_blade(folder, day=DAY)
    assert text == path(folder, "person").read_text()
    assert small().to_xml() == found.to_xml()
    full = attrs.evolve(found, persons=found.persons.with_columns(Sex=pl.lit("F")))
    full.write_blade(folder, day=DAY)
    assert ["F", "F"] == sen2.read(folder).persons["Sex"].to_list()


def test_missing_columns_of_the_header(folder: Path) -> None:
    """The same goes for what the header says."""
    frame = pl.read_csv(path(folder, "sen2"), infer_schema=False)
    path(folder, "sen2").write_text(frame.drop("collection", "referencedate").write_csv())
    with pytest.warns(sen2.PartialReturnWarning, match=r"no sen2\.collection, sen2\.referencedate, which"):
        found = sen2.read(folder)
    assert sen2.Header(collection=None, year=2025, reference_date=None) == found.header
    before = files(folder)
    found.write_blade(folder, day=DAY)
    assert before == files(folder)
    path(folder, "sen2").write_text(frame.drop("year").write_csv())
    found = sen2.read(folder, year=2025)
    assert [("", 0, "Header/CollectionDetails/Year", "", "absent", None)] == kept(found)
    found.write_blade(folder, day=DAY)
    assert found.equals(sen2.read(folder, year=2025))


def test_column_of_another_year(folder: Path) -> None:
    """A column that another year has is kept as it stood."""
    edit(folder, "person", ",sex,", ",gendercurrent,")
    edit(folder, "person", "28 00:00:00,,", "28 00:00:00,1,")
    with pytest.warns(sen2.PartialReturnWarning):
        found = sen2.read(folder)
    assert ("persons", 1, "gendercurrent", "1", "column", None) in kept(found)


def test_missing_files(folder: Path) -> None:
    """All files that are missing are named at once, with how to know them."""
    path(folder, "senneed").unlink()
    path(folder, "person").unlink()
    with pytest.raises(
        sen2.SEN2Error,
        match=r"export: .* nine CSV files: beside .*_sen2\.csv.*, there is none of person \(its first column is "
        r"persontableid\), senneed \(its first column is senneedtableid\)\nEES-E38",
    ):
        sen2.read(folder)


def test_two_of_a_kind(folder: Path) -> None:
    """Two files with the same table are told apart by nobody."""
    (folder / "copy.csv").write_bytes(path(folder, "person").read_bytes())
    with pytest.raises(sen2.SEN2Error, match=r"copy\.csv and .*_person\.csv both hold person: keep the files of one"):
        sen2.read(folder)


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("person", (",sen2tableid,", ",other,"), "_person.csv, line 1: there is no heading sen2tableid, which says"),
        ("person", (",sourceid,", ",requeststableid,"), "line 1: it has the ids of several tables"),
        ("person", (",surname,", ",forename,"), "line 1: headings: 'forename' stands twice"),
        ("person", (",surname,", ",,"), "line 1: headings: column 5 has none"),
        ("person", ("\n2,2,", "\n1,2,"), r"line 2: the same id stands twice in persontableid \(lines 2, 3\)"),
        ("person", ("\n2,2,", "\n,2,"), "line 3: records without an id in persontableid: ask"),
        (
            "person",
            ("\n1,1,,1,", "\n1,1,,9,"),
            "line 2: records belong to a sen2tableid that .*_sen2.csv does not have",
        ),
        (
            "requests",
            ("\n2,2,,2,", "\n2,2,,9,"),
            "line 3: records belong to a persontableid that .*_person.csv does not have",
        ),
        ("requests", ("\n2,2,,2,", "\n2,2,,,"), "line 3: records belong to a persontableid that"),
        ("requests", ("\n2,2,,2,", "\n2,2,2,"), "line 3: 11 cells under 12 headings"),
        ("requests", ("\n2,2,,2,", "\n2,2,,,2,"), "line 3: 13 cells under 12 headings"),
        ("person", ('"Surname,2"', '"Surname"2'), "line 3: it is not CSV"),
        ("person", ('"Surname,2"', '"Surname,2'), "line 3: it is not CSV"),
        ("sen2", (",2025,", ",2022,"), "its year is '2022', and the forms of 2023, 2024, 2025 and 2026 are known"),
        ("sen2", (",2025,", ",,"), "it has no year, and the forms of"),
        ("sen2", (",year,", ",jahr,"), "it has no year, and the forms of"),
    ],
)
def test_damage(folder: Path, name: str, change: tuple[str, str], says: str) -> None:
    """Each is one clear error with the file and the line, and without what stands about a person."""
    edit(folder, name, *change)
    with pytest.raises(sen2.SEN2Error, match=says) as told:
        sen2.read(folder)
    assert "Surname" not in str(told.value)


def test_no_authority_and_two_years(folder: Path) -> None:
    """The year has to be said, once."""
    heading, row = path(folder, "sen2").read_text().splitlines()
    path(folder, "sen2").write_text(f"{heading}\n{row}\n{row.replace('1,1,', '2,2,', 1).replace(',2025,', ',2024,')}\n")
    with pytest.raises(sen2.SEN2Error, match="it says several years: say which form the export has by year="):
        sen2.read(folder)
    assert 2025 == sen2.read(folder, year=2025).year
    with pytest.raises(sen2.SEN2Error, match="year=2022, and the forms of"):
        sen2.read(folder, year=2022)
    path(folder, "sen2").write_text(f"{heading}\n")
    with pytest.raises(sen2.SEN2Error, match="it has no record"):
        sen2.read(folder)


def test_other_encoding(folder: Path) -> None:
    """Bytes that are not UTF-8 are told with their line."""
    path(folder, "person").write_bytes(path(folder, "person").read_bytes().replace(b"Surname,2", b"\xeb"))
    with pytest.raises(sen2.SEN2Error, match=r"_person\.csv, line 3: bytes that are not UTF-8"):
        sen2.read(folder)


def test_other_signs_between_cells(folder: Path) -> None:
    """Cells that no commas divide, and two bytes for each letter, are told of the file that has them."""
    file = path(folder, "person")
    text = file.read_text(encoding="utf-8")
    for wrong, says in (
        (text.replace(",", ";").encode(), "line 1: no commas divide its cells: save the file as CSV with commas"),
        (text.replace(",", "\t").encode(), "line 1: no commas divide its cells"),
        (text.encode("utf-16"), "line 1: its encoding is not UTF-8: save the file as CSV UTF-8"),
    ):
        file.write_bytes(wrong)
        with pytest.raises(sen2.SEN2Error, match=rf"_person\.csv, {says}"):
            sen2.read(folder)


def test_a_long_year_is_not_shown(folder: Path) -> None:
    """What stands in place of the year may be anything."""
    edit(folder, "sen2", ",2025,", ",Surname of somebody,")
    with pytest.raises(sen2.SEN2Error, match="its year is a text, and the forms of") as told:
        sen2.read(folder)
    assert "Surname" not in str(told.value)


@pytest.mark.parametrize(
    ("year", "why"),
    [("<Year>2025</Year><Year>2024</Year>", "repeated"), ('<Year a="b">2025</Year>', "attribute")],
)
def test_a_second_year_has_no_cell(year: str, why: str, tmp_path: Path) -> None:
    """What was kept of a Year, beside the one that gave way to another, is refused and not dropped."""
    text = small().to_xml().decode().replace("<Year>2025</Year>", year)
    with pytest.raises(sen2.SEN2Error, match=rf"Message 0, .*Year: a Blade export cannot hold .* as {why}"):
        sen2.read(text.encode()).write_blade(tmp_path)


def test_blank_lines(folder: Path) -> None:
    """A blank line is no record, and lines are counted with it."""
    edit(folder, "person", "\n2,2,", "\n\n2,2,")
    found = sen2.read(folder)
    assert small().equals(found)
    assert [2, 4] == found.persons["line"].to_list()


def test_many_lines(folder: Path) -> None:
    """An error names a few of many lines."""
    heading, row, *_ = path(folder, "person").read_text().splitlines()
    path(folder, "person").write_text("\n".join([heading, *[row] * 1_010]) + "\n")
    with pytest.raises(sen2.SEN2Error, match=r"\(lines 2, 3, 4, 5, 6 and 1,005 more\)"):
        sen2.read(folder)


def test_zip_without_end(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A zip that unpacks to more than may be, or that has more files, is refused."""
    packed = zipped(folder, tmp_path / "export.zip")
    monkeypatch.setattr(blade_files, "UNPACKED_MOST", 1_000)
    with pytest.raises(sen2.SEN2Error, match=r"export\.zip: the zip has more than 1,000 bytes unpacked"):
        sen2.read(packed)
    monkeypatch.setattr(blade_files, "ENTRIES_MOST", 17)
    with pytest.raises(sen2.SEN2Error, match=r"export\.zip: the zip has more than 17 files"):
        sen2.read(packed)


def test_damaged_zip(folder: Path, tmp_path: Path) -> None:
    """A zip that breaks off or is damaged is refused."""
    data = zipped(folder, tmp_path / "export.zip").read_bytes()
    for broken in (
        data[:-30],
        data.replace(b"\x00\x00\x00\x08\x00", b"\x00\x00\x00\x63\x00"),
        data[:200] + b"\xff" * 100 + data[300:],
    ):
        with pytest.raises(sen2.SEN2Error, match="the zip cannot be read"):
            sen2.read(broken)
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    with pytest.raises(sen2.SEN2Error, match="there is none of sen2"):
        sen2.read(empty.getvalue())


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (
            ("persons", 1, "New", "", "unknown", 0),
            "persons 1, New: a Blade export cannot hold what was kept as unknown",
        ),
        (("persons", 1, "Surname", "x", "repeated", 1), "kept as repeated"),
        (("persons", 1, "Person", "x", "text", 1), "kept as text"),
        (("persons", 1, "Person", 'a="1"', "attribute", None), "kept as attribute"),
        (("", 0, "Header/New", "", "header", 0), "Message 0, Header/New: .* kept as header"),
        (("persons", 2, "persontableid", "1", "column", None), "persons 1: persontableid would stand twice"),
        (
            ("persons", 2, "persontableid", "", "column", None),
            "persons 2: persontableid would stand twice, or be empty",
        ),
    ],
)
def test_what_cannot_be_written(tmp_path: Path, row: tuple[object, ...], says: str) -> None:
    """What these files cannot hold is refused before a file is written."""
    return_ = made(persons={"Surname": ["a", "b"]}, kept=[row])
    with pytest.raises(sen2.SEN2Error, match=says):
        return_.write_blade(tmp_path / "export")
    assert not (tmp_path / "export").exists()


def test_two_texts_for_a_cell(tmp_path: Path) -> None:
    """A record is not written twice."""
    rows = [("persons", 1, "A", text, "column", None) for text in "ab"]
    with pytest.raises(sen2.SEN2Error, match="persons 1, A: `kept` has two texts for one cell"):
        made(persons={"Surname": ["a"]}, kept=rows).write_blade(tmp_path)


def test_headings_like_our_own(folder: Path) -> None:
    """No heading of a file gets in the way of what is counted here."""
    edit(folder, "requests", ",exported\n", ",exported,KEY,Parent,line,request\n")
    edit(folder, "requests", "\n1,1,,1,,,1,,,,,\n", "\n1,1,,1,,,1,,,,,,a,b,c,d\n")
    text = path(folder, "requests").read_text().splitlines()
    text[2:] = [f"{line},,,," for line in text[2:]]
    path(folder, "requests").write_text("\n".join(text) + "\n")
    found = sen2.read(folder)
    assert ["KEY", "Parent", "line", "request"] == sorted(found.kept["element"])
    assert small().requests.drop("line").equals(found.requests.drop("line"))


def test_columns_in_another_order(folder: Path) -> None:
    """Frames whose columns stand in another order are written all the same."""
    before, return_ = files(folder), small()
    turned = {name: frame.select(reversed(frame.columns)) for name, frame in return_.frames.items()}
    other = attrs.evolve(return_, **turned)
    other.write_blade(folder, day=DAY)
    assert before == files(folder)
    assert return_.to_xml() == other.to_xml()


def test_no_authority(tmp_path: Path) -> None:
    """Without an authority there is no place for the year."""
    with pytest.raises(sen2.SEN2Error, match="this return has no authority: add its row"):
        made(authority={}).write_blade(tmp_path)
    with pytest.raises(sen2.SEN2Error, match="requests 1 belong to persons that are not there"):
        made(requests={"person": [1]}).write_blade(tmp_path)
