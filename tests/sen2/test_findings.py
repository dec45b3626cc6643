"""What findings say, in each of their forms, and what they never say."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import html5lib
import pytest

from eesclient import sen2
from tests.doors.sen2 import MADE_UP, NONE_OF_THEIRS, Findings, specification

from .drafts import Draft
from .faults import YEARS


def forms(found: Findings) -> dict[str, str]:
    """Return findings in every form."""
    return {
        "text": found.to_text(limit=None),
        "html": found.to_html(limit=None),
        "json": found.to_json(),
        "repr": repr(found),
        "str": str(found),
        "notebook": found._repr_html_(),
        "frame": found.frame.write_csv(),
        "counts": found.counts().write_csv(),
    }


def faulty() -> Draft:
    """Return a return with three faults."""
    return (
        Draft(2025)
        .set("persons", 1, Sex="x")
        .set("placements", 1, PlacementRank=None)
        .keep("persons", 3, "<b>", "unknown", text="<i>")
    )


def test_what_is_found() -> None:
    """A finding names the rule, the record, the person it belongs to, the element with item, path and line."""
    found = faulty().make().check()
    assert 3 == len(found)
    row = found.frame.row(1, named=True)
    assert "G11" == found.frame["rule"][2]
    assert ("K02", "code", "B", "persons", 1, 1, "Sex", "1.4", "Message/Persons/Person/Sex", 10, "x") == tuple(
        row[name]
        for name in "rule severity confidence table key person element item path line code".split()  # noqa: SIM905
    )
    assert "M or F is expected" == row["says"]
    placement = found.frame.row(2, named=True)
    assert ("placements", 1, 1, "5.7d") == tuple(placement[name] for name in ("table", "key", "person", "item"))


@pytest.mark.parametrize(
    ("change", "rule", "element", "line"),
    [
        ((">SEN2<", ">CIN<"), "S03", "Collection", "<Collection>"),
        (("-01-16</Ref", "-01-17</Ref"), "S04", "ReferenceDate", "<ReferenceDate>"),
        (("<ReferenceDate>2025-01-16</ReferenceDate>", ""), "S04", "ReferenceDate", "<CollectionDetails>"),
        (("<Source>", "<Source/>\n<Source>"), "S01", "Source", "<Source>"),
        (("<SourceLevel>L", "<SourceLevel>M"), "S03", "SourceLevel", "<SourceLevel>"),
    ],
)
def test_lines_of_the_header(change: tuple[str, str], rule: str, element: str, line: str) -> None:
    """A fault of the header has the line of its element, and what is absent that of what it is absent from."""
    text = sen2.demo(2).to_xml().decode().replace(*change)
    found = sen2.read(text.encode()).check(only=rule).frame.row(0, named=True)
    assert (rule, element) == (found["rule"], found["element"])
    assert text.splitlines()[found["line"] - 1].strip().startswith(line)


def test_an_absent_time_is_no_fault_of_format() -> None:
    """DateTime may be absent; one that is there has to be a time."""
    text = sen2.demo(2).to_xml().decode()
    time = "<DateTime>2025-01-30T09:00:00</DateTime>"
    assert time in text
    for instead, faults in (("", 0), ("<DateTime/>", 0), ("<DateTime>now</DateTime>", 1)):
        assert faults == len(sen2.read(text.replace(time, instead).encode()).check(only="F"))


def test_lines_of_a_list_without_persons() -> None:
    """Where nobody is in the list, the list's line is told; a return that was made has no lines."""
    head, _, rest = sen2.demo(1).to_xml().decode().partition("    <Person>")
    text = head + rest.partition("</Person>\n")[2]
    found = sen2.read(text.encode()).check(only="S05").frame
    assert ["  <Persons>"] == [text.splitlines()[line - 1] for line in found["line"]]
    assert sen2.demo(1).lines("").is_empty()


@pytest.mark.parametrize(("rule", "table"), [("G13", "active_plans"), ("O09", "active_plans")])
def test_paths_are_those_of_the_specification(rule: str, table: str) -> None:
    """What is judged at another record has the item and the path of the element itself."""
    found = sen2.demo(400, faults=[rule]).check(only=rule).frame.row(0, named=True)
    (element,) = specification(2025).find(found["element"])
    assert (table, element.item, element.path) == (found["table"], found["item"], found["path"])


def test_a_column_that_a_blade_export_lacks_is_no_fault_of_the_header(tmp_path: Path) -> None:
    """Nothing says that an optional element is expected because a file has no column for it."""
    sen2.demo(3).write_blade(tmp_path)
    (file,) = tmp_path.glob("*_requests.csv")
    file.write_text(file.read_text(encoding="utf-8").replace(",rya,", ",other,"), encoding="utf-8")
    with pytest.warns(sen2.PartialReturnWarning, match=r"no requests\.rya"):
        found = sen2.read(tmp_path)
    assert 0 == len(found.check(only="S01"))


def test_counts() -> None:
    """Every rule that was asked for is counted; one that cannot be tested has no count."""
    counts = dict(faulty().make().check().counts().select("rule", "findings").rows())
    assert {"K02": 1, "G11": 1, "S02": 1, "S10": 0, "G16": None} == {
        rule: counts[rule] for rule in ("K02", "G11", "S02", "S10", "G16")
    }
    assert 3 == sum(count or 0 for count in counts.values())


def test_text() -> None:
    """Rule by rule, with what is expected; more places than asked for are counted."""
    found = faulty().set("persons", 2, Sex="y").make().check()
    lines = found.to_text().splitlines()
    assert "SEN2 return of 2025: 4 findings" == lines[0]
    assert "  - line 10, person 1, Sex (1.4): M or F is expected; there is x" in lines
    assert "  - line 10, person 1, placements 1, PlacementRank (5.7d): PlacementRank is expected, and absent" in lines
    assert "code: 2 (values that are not written as their format or code list says)" in lines
    assert "  … 1 more, in `frame`" in found.to_text(limit=1).splitlines()
    assert "  - " not in found.to_text(limit=0)
    assert "<td>" in found.to_html(limit=1)
    assert found.to_html(limit=0).count("<tr>") < found.to_html(limit=1).count("<tr>")


@pytest.mark.parametrize("faults", [True, False])
def test_every_form_says_what_it_is_not(*, faults: bool) -> None:
    """None of the department's rules is implemented, and a synthetic return is said to be one, also without faults."""
    found = (faulty() if faults else Draft(2025)).make().check()
    for name, text in forms(found).items():
        if name in ("frame", "counts"):
            continue
        plain = text.replace("&#x27;", "'")
        assert "0 of DfE's own validation rules are implemented" in plain
        assert "SYNTHETIC" in plain
    assert [MADE_UP, NONE_OF_THEIRS] == json.loads(found.to_json())["notices"][:2]
    assert 0 == json.loads(found.to_json())["dfe_rules_implemented"]
    assert "G16 was not tested" in found.to_text()


def test_page_is_valid_and_accessible() -> None:
    """The page is HTML without errors, with language and title; tables have captions and headings of both kinds."""
    page = faulty().make().check().to_html()
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    tree = parser.parse(page)
    assert "en" == tree.get("lang")
    assert tree.findtext("head/title").startswith("SEN2 return of 2025")
    tables = list(tree.iter("table"))
    assert len(tables) == 4
    for table in tables:
        assert table.findtext("caption")
        assert {"col"} == {head.get("scope") for head in table.findall("thead/tr/th")}
        assert {"row"} == {head.get("scope") for head in table.findall("tbody/tr/th")}
    assert ["h1", "h2", "h2", "h2"] == [part.tag for part in tree.iter() if part.tag in ("h1", "h2", "h3")]
    assert not {part.tag for part in tree.iter()} & {"script", "link", "img", "b", "i"}
    assert "http" not in page


def test_json_has_everything() -> None:
    """All findings, the rules with their counts, sources and notes, and what was checked."""
    found = faulty().make().check()
    said = json.loads(found.to_json())
    assert found.frame.to_dicts() == said["findings"]
    assert (2025, True, "", None) == tuple(said[name] for name in ("year", "synthetic", "source", "rule_file"))
    (rule,) = (rule for rule in said["rules"] if rule["rule"] == "G11")
    assert (1, ["L1"], "") == (rule["findings"], rule["sources"], rule["note"])


NAMES = {
    "Surname": "Quillfeather",
    "Forename": "Ambrosine",
    "PostCode": "ZZ99 7QX",
    "UPN": "Q987654321098",
    "UniqueLearnerNumber": "9876543210",
}


@pytest.mark.parametrize("year", YEARS)
def test_no_value_of_a_person_is_told(year: int) -> None:
    """Names, birth dates, numbers and postcodes are in no form, also where they stand in columns of codes."""
    secrets = [*NAMES.values(), "ZZ997QX", "2031-12-24", "24/12/2031", "Zxqa", "Vuq"]
    draft = Draft(year).set("persons", 2, **NAMES, PersonBirthDate=date(2031, 12, 24))
    draft.add("persons", 2, Surname="Zxqa", Forename="Vuq", PostCode="ZZ997QX")
    texts = [*NAMES.values(), "ZZ997QX", "2031-12-24", "24/12/2031", "Zxqa", "vuq"]
    codes = {
        table: [e.name for e in draft.spec.columns(table) if e.type in ("code", "serial", "authority", "urn", "ukprn")]
        for table in draft.records
    }
    for number, text in enumerate(texts):
        for table, columns in codes.items():
            for column in columns[number % 3 :: 3]:
                draft.set(table, 1, **{column: text})
        for element in ("PersonBirthDate", "Hobby", "surname"):
            for why in ("unreadable", "unknown", "repeated", "attribute", "text", "empty"):
                draft.keep("persons", 1 + number % 3, element, why, text=text)
        found = draft.make().check()
        assert len(found) > 10
        for name, said in forms(found).items():
            shown = {secret for secret in secrets if secret.casefold() in said.casefold()}
            assert set() == shown, name


def test_codes_that_are_shown() -> None:
    """What is no person's value is shown, so that a slip can be seen: codes of other lists; a name may be short."""
    shown = {"m": "m", "U1": None, "DS": "DS", "12": "12", "201": None, "Ng": None, "Smith": None, "<b>": None}
    for text, expected in shown.items():
        found = Draft(2024).set("sen_needs", 1, SENtype=text).make().check(only="K27")
        assert [expected] == found.frame["code"].to_list()


def test_lines_of_a_file(tmp_path: Path) -> None:
    """A finding has the line on which its element stands in the file."""
    path = tmp_path / "return.xml"
    faulty_ = Draft(2025).set("requests", 5, RYA="7").set("sen_needs", 3, SENtype="??").set("requests", 3, RYA=None)
    faulty_.make().write_xml(path)
    found = sen2.read(path).check()
    lines = path.read_text(encoding="utf-8").splitlines()
    told = {row["rule"]: lines[row["line"] - 1].strip() for row in found.frame.to_dicts()}
    assert {"K06": "<RYA>7</RYA>", "K27": "<SENtype>??</SENtype>", "G02": "<Requests>"} == told
    assert "return.xml" in found.to_text().splitlines()[0]
