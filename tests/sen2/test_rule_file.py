"""The user's copy of a rule file: read by its headings, and held against ours by the user alone."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from eesclient import sen2

from .drafts import Draft

COLUMNS = {"number": "Rule No", "message": "Text", "severity": "Type"}
ROWS = [
    ["Made-up rules, of nobody", "", "", ""],
    ["", "", "", ""],
    ["Rule No", "Type", "Text", "Since"],
    [9001, "Amber", "A made-up rule", "2020"],
    [9002.5, "Red", "Another <made-up> rule", ""],
    ["", "", "a line under it", ""],
]


def write_csv(path: Path) -> Path:
    """Write the rules as CSV."""
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in ROWS), encoding="utf-8-sig")
    return path


def write_ods(path: Path) -> Path:
    """Write the rules as the second sheet of an OpenDocument spreadsheet."""

    def cell(value: object) -> str:
        kind = f'float" office:value="{value}' if isinstance(value, int | float) else "string"
        return f'<table:table-cell office:value-type="{kind}"><text:p>{escape(str(value))}</text:p></table:table-cell>'

    def sheet(name: str, rows: list[list[object]]) -> str:
        lines = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
        return f'<table:table table:name="{name}">{lines}</table:table>'

    space = "urn:oasis:names:tc:opendocument:xmlns"
    names = " ".join(f'xmlns:{part}="{space}:{part}:1.0"' for part in ("office", "table", "text"))
    sheets = sheet("About", [["Made up", "Nothing"]]) + sheet("Rules", ROWS)
    content = f"<office:document-content {names}><office:body><office:spreadsheet>{sheets}"
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("mimetype", kind)
        file.writestr("META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{space}:manifest:1.0"/>')
        end = "</office:spreadsheet></office:body></office:document-content>"
        file.writestr("content.xml", '<?xml version="1.0" encoding="UTF-8"?>' + content + end)
    return path


@pytest.fixture(params=["csv", "ods"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a rule file of each kind."""
    if request.param == "csv":
        return write_csv(tmp_path / "rules.csv")
    pytest.importorskip("python_calamine", reason="spreadsheets need the extra sen2")
    return write_ods(tmp_path / "rules.ods")


def test_rules_are_read(path: Path) -> None:
    """Columns that were mapped have our names, others their own; numbers are as they are shown; the rest is none."""
    rules = sen2.load_rules(path, columns=COLUMNS)
    assert ["number", "message", "severity", "Since"] == rules.frame.columns
    assert [
        ("9001", "A made-up rule", "Amber", "2020"),
        ("9002.5", "Another <made-up> rule", "Red", None),
    ] == rules.frame.rows()
    assert f"<RuleFile {path.name}: 2 rules, 0 of them implemented here>" == repr(rules)
    assert 2 == len(rules)


def test_words_of_an_ods_stay_apart(tmp_path: Path) -> None:
    """A line break or a tab in a cell is a blank, which calamine alone would leave out."""
    pytest.importorskip("python_calamine", reason="spreadsheets need the extra sen2")
    path = write_ods(tmp_path / "rules.ods")
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name) for name in file.namelist()}
    broken = members["content.xml"].replace(b"A made-up rule", b"A<text:line-break/>made-up<text:tab />rule")
    with zipfile.ZipFile(path, "w") as file:
        for name, content in {**members, "content.xml": broken}.items():
            file.writestr(name, content)
    assert sen2.load_rules(path, columns=COLUMNS).frame["message"][0] == "A made-up rule"


def test_headings_that_are_not_there(path: Path) -> None:
    """The error lists the headings that were found."""
    with pytest.raises(
        sen2.SEN2Error, match=r"there is no heading 'Number'\. Found: .*'Rule No', 'Type', 'Text', 'Since'|'Made-up"
    ):
        sen2.load_rules(path, columns={"number": "Number"})
    with pytest.raises(sen2.SEN2Error, match="columns= needs the heading of the rules' numbers"):
        sen2.load_rules(path, columns={"message": "Text"})


def test_one_sheet(tmp_path: Path) -> None:
    """A sheet can be chosen; one that is not there is told with those that are."""
    pytest.importorskip("python_calamine", reason="spreadsheets need the extra sen2")
    path = write_ods(tmp_path / "rules.ods")
    assert 2 == len(sen2.load_rules(path, columns=COLUMNS, sheet="Rules"))
    with pytest.raises(sen2.SEN2Error, match=r"Found: About: 'Made up', 'Nothing'\nEES-E38"):
        sen2.load_rules(path, columns=COLUMNS, sheet="About")
    with pytest.raises(sen2.SEN2Error, match="there is no sheet 'Rule'; there are 'About', 'Rules'"):
        sen2.load_rules(path, columns=COLUMNS, sheet="Rule")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("rules.csv", b"Rule No\n\xff", "its text is not UTF-8"),
        ("rules.ods", b"no archive", "cannot be read"),
        ("rules.pdf", b"", r"a rule file is .ods, .xlsx or .csv, not .pdf"),
        ("rules", b"", "not without an ending"),
        ("rules.xlsx", None, "cannot be read"),
        ("rules.csv", None, "cannot be read"),
        ("rules.csv", b"one\ncolumn\n", "there is no heading .*Found: rules.csv: nothing\nEES-E38"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, content: bytes | None, said: str) -> None:
    """A file that is none is one clear error."""
    if name.endswith(("ods", "xlsx")):
        pytest.importorskip("python_calamine", reason="spreadsheets need the extra sen2")
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(sen2.SEN2Error, match=said):
        sen2.load_rules(tmp_path / name, columns=COLUMNS)


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a spreadsheet needs is said in one line."""
    monkeypatch.setitem(__import__("sys").modules, "python_calamine", None)
    with pytest.raises(sen2.SEN2Error, match=r"needs python-calamine: pip install 'eesclient\[sen2\]'"):
        sen2.load_rules(write_ods(tmp_path / "rules.ods"), columns=COLUMNS)


def test_nothing_is_covered_but_what_is_declared(tmp_path: Path) -> None:
    """Without a declaration no rule of theirs is covered, and every form says whose declaration it is."""
    rules = sen2.load_rules(write_csv(tmp_path / "rules.csv"), columns=COLUMNS)
    assert [[], []] == rules.covering()["covered_by"].to_list()
    said = rules.covered_by({"O01": ["9001"], "G16": "9001"})
    assert [["O01", "G16"], []] == said.covering()["covered_by"].to_list()
    assert {} == rules.coverage
    found = Draft(2025).make().check(rules=said)
    for text in (found.to_text(), found.to_html(), found._repr_html_()):
        assert "rules.csv lists 2 rules; the user declares that checks here cover 1 of them" in text
        assert "O01: declared by the user to cover 9001" in text
        assert "G16 (not tested here): declared by the user to cover 9001" in text
    file = json.loads(found.to_json())["rule_file"]
    assert ("rules.csv", "the user", ["O01", "G16"]) == (
        file["name"],
        file["declared_by"],
        file["rules"][0]["covered_by"],
    )


def test_declarations_of_what_is_not_there(tmp_path: Path) -> None:
    """Ids that are none of ours, and numbers that are none of theirs, are told together."""
    rules = sen2.load_rules(write_csv(tmp_path / "rules.csv"), columns=COLUMNS)
    with pytest.raises(sen2.SEN2Error, match=r"^X01: no rule of ours .*; 1234: no rule of rules\.csv\nEES-E38"):
        rules.covered_by({"X01": ["9001"], "O01": ["1234"]})
