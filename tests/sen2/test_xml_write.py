"""What the XML of a return looks like, and what cannot be written."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import attrs
import polars as pl
import pytest

from tests.doors.sen2 import Return, SEN2Error, specification
from tests.sen2.made import frame, made, parsed

BEFORE = b"""<?xml version="1.0" encoding="UTF-8"?>
<!-- SYNTHETIC: all in this file is made up; it is about no person and no authority -->
<Message>
  <Header>
    <CollectionDetails>
      <Collection>SEN2</Collection>
      <Year>2025</Year>
      <ReferenceDate>2025-01-16</ReferenceDate>
    </CollectionDetails>
    <Source>
      <LEA>999</LEA>
      <SoftwareCode>SYNTHETIC</SoftwareCode>
    </Source>
  </Header>
  <Persons>
"""
AFTER = b"""  </Persons>
</Message>
"""


def persons(return_: Return) -> str:
    """Return what stands between the tags of Persons."""
    text = return_.to_xml()
    assert text.startswith(BEFORE)
    assert text.endswith(AFTER)
    return text[len(BEFORE) : -len(AFTER)].decode()


def two_requests(**more: object) -> Return:
    """Return a person with two requests."""
    return made(
        persons={"Surname": ["Surname1"], "Sex": ["F"]},
        requests={"person": [1, 1], "RYA": ["1", "0"]},
        **more,  # type: ignore[arg-type]
    )


def test_all_tables() -> None:
    """Records stand in those that hold them, elements in the year's order, and absent ones do not stand at all."""
    return_ = made(
        persons={"Surname": ["Surname1", None], "PersonBirthDate": [date(2015, 2, 28), None]},
        requests={"person": [1, 2, 1], "RYA": ["1", "0", None]},
        assessments={"request": [2], "Week20": ["1"]},
        named_plans={"assessment": [1], "StartDate": [date(2024, 5, 1)], "PB": ["0"]},
        plan_details={"named_plan": [1, 1], "URN": ["100000", None], "SENSetting": [None, "EHE"]},
        active_plans={"request": [2], "TransferLA": ["XXX"], "ReviewMeeting": [date(2024, 6, 1)]},
        placements={"active_plan": [1], "PlacementRank": ["1"]},
        sen_needs={"active_plan": [1, 1], "SENtype": ["ASD", "DS"], "SENtypeRank": ["1", "2"]},
    )
    assert """\
    <Person>
      <Surname>Surname1</Surname>
      <PersonBirthDate>2015-02-28</PersonBirthDate>
      <Requests>
        <RYA>1</RYA>
      </Requests>
      <Requests>
      </Requests>
    </Person>
    <Person>
      <Requests>
        <RYA>0</RYA>
        <Assessment>
          <Week20>1</Week20>
          <NamedPlan>
            <StartDate>2024-05-01</StartDate>
            <PlanDetail>
              <URN>100000</URN>
            </PlanDetail>
            <PlanDetail>
              <SENSetting>EHE</SENSetting>
            </PlanDetail>
            <PB>0</PB>
          </NamedPlan>
        </Assessment>
        <ActivePlans>
          <TransferLA>XXX</TransferLA>
          <PlacementDetail>
            <PlacementRank>1</PlacementRank>
          </PlacementDetail>
          <SENneed>
            <SENtype>ASD</SENtype>
            <SENtypeRank>1</SENtypeRank>
          </SENneed>
          <SENneed>
            <SENtype>DS</SENtype>
            <SENtypeRank>2</SENtypeRank>
          </SENneed>
          <ReviewMeeting>2024-06-01</ReviewMeeting>
        </ActivePlans>
      </Requests>
    </Person>
""" == persons(return_)


def test_texts() -> None:
    """An empty element is not an absent one, what XML reserves is escaped, and all else stands as it is."""
    texts = ["", "a & b < c > d", " Zoë\t\n'\"", "a\r\nb", "]]>"]
    return_ = made(persons={"Surname": texts})
    lines = persons(return_).split("    <Person>\n")
    assert "      <Surname></Surname>\n    </Person>\n" == lines[1]
    assert "      <Surname>a &amp; b &lt; c &gt; d</Surname>\n    </Person>\n" == lines[2]
    assert texts == [found.text or "" for found in parsed(return_.to_xml()).iter("Surname")]


@pytest.mark.parametrize("year", [2023, 2024, 2025, 2026])
def test_every_element(year: int) -> None:
    """A return in which every element stands has the year's elements in the year's order."""
    spec = specification(year)
    tables: dict[str, dict[str, list[object]]] = {}
    for name, table in spec.tables.items():
        tables[name] = {e.name: [date(2024, 1, 1) if e.type == "date" else "1"] for e in spec.columns(name)}
        if table.parent:
            tables[name][spec.tables[table.parent].key] = [1]
    found = [e.tag for e in parsed(made(year, **tables).to_xml()).iter()]
    assert ["Message", *(e.name for e in spec.elements)] == found


def test_many_persons() -> None:
    """Persons that do not fit in one batch all stand in the file, in their order."""
    count = 8_001
    names = [f"Surname{number}" for number in range(count)]
    return_ = made(persons={"Surname": names}, requests={"person": list(range(count, 0, -1)), "RYA": names})
    root = parsed(return_.to_xml())
    assert names == [found.text for found in root.iter("Surname")]
    assert names[::-1] == [found.text for found in root.iter("RYA")]


def test_kept() -> None:
    """What columns cannot hold stands where it stood: elements, attributes, and texts between elements."""
    return_ = two_requests(
        kept=[
            ("persons", 1, "Person", 'id="a&quot;&#10;"', "attribute", None),
            ("persons", 1, "Surname", "lang='cy'", "attribute", 1),
            ("persons", 1, "PersonBirthDate", "31/02/2015", "unreadable", 0),
            ("persons", 1, "Surname", "a & b", "repeated", 2),
            ("persons", 1, "Person", "between & after", "text", 2),
            ("persons", 1, "Middle", "a <b>&amp;</b>", "unknown", 5),
            ("persons", 1, "PersonBirthDate", "", "empty", 6),
            ("persons", 1, "Person", "last", "text", 8),
            ("requests", 2, "Requests", 'nr="1"', "attribute", None),
        ]
    )
    assert """\
    <Person id="a&quot;&#10;">
      <PersonBirthDate>31/02/2015</PersonBirthDate>
      <Surname lang='cy'>Surname1</Surname>
      between &amp; after
      <Surname>a &amp; b</Surname>
      <Sex>F</Sex>
      <Requests>
        <RYA>1</RYA>
      </Requests>
      <Middle>a <b>&amp;</b></Middle>
      <PersonBirthDate></PersonBirthDate>
      <Requests nr="1">
        <RYA>0</RYA>
      </Requests>
      last
    </Person>
""" == persons(return_)


def test_kept_without_place() -> None:
    """What was kept and stood nowhere stands where the year has its element, or last."""
    return_ = two_requests(
        kept=[
            ("persons", 1, "PersonBirthDate", "soon", "unreadable", None),
            ("persons", 1, "New", "<a/>", "unknown", None),
            ("persons", 1, "nativeid", "1", "column", None),
            ("", 0, "persons/Ethnicity", "", "absent", None),
        ]
    )
    (person,) = parsed(return_.to_xml()).iter("Person")
    assert ["Surname", "PersonBirthDate", "Sex", "Requests", "Requests", "New"] == [child.tag for child in person]


def test_order() -> None:
    """A record whose elements stood in an order of their own has that order; the next has the year's."""
    return_ = made(
        persons={"Surname": ["Surname1", "Surname2"], "Sex": ["F", "M"]},
        requests={"person": [1, 1], "RYA": ["1", "0"]},
        order=[("persons", 1, "Requests Sex Requests Surname")],
    )
    tags = [[child.tag for child in found] for found in parsed(return_.to_xml()).iter("Person")]
    assert [["Requests", "Sex", "Requests", "Surname"], ["Surname", "Sex"]] == tags


def test_outside_records() -> None:
    """What was kept of the message, its header and the list of persons stands there."""
    return_ = made(
        persons={"Surname": ["Surname1", "Surname2"]},
        kept=[
            ("", 0, "Message", 'xmlns="urn:x"', "attribute", None),
            ("", 0, "Header", 'note="n"', "attribute", None),
            ("", 0, "Header/CollectionDetails/Term", "<a/>", "header", 1),
            ("", 0, "Persons/Count", "2", "unknown", 1),
            ("", 0, "End", "", "unknown", 2),
        ],
        order=[("", 0, "Persons Header End")],
    )
    text = return_.to_xml().decode()
    assert '<Message xmlns="urn:x">\n  <Persons>\n    <Person>\n' in text
    assert "    </Person>\n    <Count>2</Count>\n    <Person>\n" in text
    assert '  </Persons>\n  <Header note="n">\n' in text
    assert "<Collection>SEN2</Collection>\n      <Term><a/></Term>\n      <Year>" in text
    assert text.endswith("  </Header>\n  <End></End>\n</Message>\n")


def test_header_without_values() -> None:
    """A header that said neither collection nor day says neither."""
    header = attrs.evolve(made().header, collection=None, reference_date=None)
    text = attrs.evolve(made(), header=header).to_xml()
    assert b"    <CollectionDetails>\n      <Year>2025</Year>\n    </CollectionDetails>\n" in text


def test_not_synthetic() -> None:
    """A return that does not say that it is synthetic is not called so."""
    return_ = attrs.evolve(made(authority={"LEA": ["999"]}), synthetic=False)
    assert b"SYNTHETIC" not in return_.to_xml()


def test_software_code_alone() -> None:
    """The software code says that a return is synthetic, whoever made the frames."""
    return_ = made()
    assert return_.to_xml() == attrs.evolve(return_, synthetic=False).to_xml()


@pytest.mark.parametrize("text", ["a\0", "\x1f", "\ufffe", "\uffff", "\x0b"])
def test_unfit_character(text: str) -> None:
    """A character that XML cannot hold is told with its place, and the value is not."""
    return_ = made(persons={"Forename": ["x", f"Mary{text}"]})
    with pytest.raises(SEN2Error, match=r"^persons 2, Forename: the text has a character that XML cannot hold") as told:
        return_.to_xml()
    assert "Mary" not in str(told.value)


@pytest.mark.parametrize("text", ["a\0", "\x1f"])
def test_unfit_header(text: str) -> None:
    """The same goes for what stands in the header."""
    collection = attrs.evolve(made(), header=attrs.evolve(made().header, collection=text))
    with pytest.raises(SEN2Error, match=r"^Collection: "):
        collection.to_xml()
    with pytest.raises(SEN2Error, match=r"^authority 1, LEA: "):
        made(authority={"LEA": [text]}).to_xml()


@pytest.mark.parametrize("text", ["\ud7ff\ue000\ufffd\U00010000\U0010ffff", "\t\n \x7f\x85"])
def test_fit_characters(text: str) -> None:
    """What stands next to the characters that XML cannot hold is written."""
    return_ = made(persons={"Forename": [text]})
    assert [text] == [found.text for found in parsed(return_.to_xml()).iter("Forename")]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (("persons", 1, "a b", "", "unknown", 0), "persons 1, a b: .*no name that XML can hold"),
        (("persons", 1, None, "", "unknown", 0), "no name that XML can hold"),
        (("persons", 1, "", "", "repeated", 0), "no name that XML can hold"),
        (("persons", 1, "A", None, "unknown", 0), "persons 1, A: what was kept has no text"),
        (("persons", 1, "A", "", None, 0), "persons 1, A: what was kept has no text, or no reason"),
        (("persons", 1, "Person", "a", "text", None), "persons 1, Person: what was kept has no position"),
        (("", 0, "Persons", "x", "repeated", 2), "Persons: what was kept of a second list does not say"),
        (("", 0, "Persons", "", "absent", None), "Persons: `kept` says that it is absent, and it holds something"),
        (("persons", 1, "A", "\1", "unknown", 0), "persons 1, A: the text has a character"),
        (("persons", 1, "Person", "\1", "text", 0), "persons 1, Person: the text has a character"),
        (("persons", 1, "A", "<a>", "unknown", 0), "persons 1, A: what was kept is not XML"),
        (("persons", 1, "A", "&nothing;", "unknown", 0), "persons 1, A: what was kept is not XML"),
        (("persons", 1, "A", "a", "attribute", 0), "persons 1, A: what was kept is not XML"),
        (
            ("persons", 1, "A", "a='1'", "attribute", 9),
            "persons 1, A: this attribute was kept of a child that is not there",
        ),
        (("persons", 2, "A", "", "unknown", 0), "`kept` speaks of persons 2, which are not there"),
        (("people", 1, "A", "", "unknown", 0), "`kept` speaks of people 1, which are not there"),
    ],
)
def test_kept_that_cannot_be_written(row: tuple[object, ...], says: str) -> None:
    """What was kept and cannot be written is told with its record and element."""
    with pytest.raises(SEN2Error, match=says):
        two_requests(kept=[row]).to_xml()


@pytest.mark.parametrize(
    "order", ["Surname Sex Requests", "Surname Sex Requests Requests Requests", "Surname Sex Requests Requests UPN", ""]
)
def test_order_of_others(order: str) -> None:
    """An order that names other elements than the record has is refused, and no element gets lost."""
    with pytest.raises(SEN2Error, match=r"persons 1, \w*: `order` names other elements than there are"):
        two_requests(order=[("persons", 1, order)]).to_xml()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"persons": frame("persons", 2025, {})}, "requests 1, 2 belong to persons that are not there"),
        ({"requests": frame("requests", 2025, {"person": [None]})}, "requests 1 belong to persons that are not there"),
        (
            {"persons": frame("persons", 2025, {"person": [1, 1]})},
            "persons has records with the same key in 'person': 1",
        ),
        ({"persons": frame("persons", 2025, {"person": [1, None]})}, "persons has 1 records without a key in 'person'"),
        (
            {"persons": frame("persons", 2023, {})},
            "persons has not the columns of a return of 2025: Sex is missing; Gender",
        ),
        ({"sen_needs": pl.DataFrame(schema={"sen_need": pl.UInt32})}, "sen_needs has not the columns .* is missing"),
    ],
)
def test_frames_that_do_not_hold_together(changes: dict[str, pl.DataFrame], says: str) -> None:
    """Records that would be lost or stand twice are refused, with their keys."""
    return_ = attrs.evolve(two_requests(), **changes)  # type: ignore[arg-type]
    with pytest.raises(SEN2Error, match=says):
        return_.to_xml()


def test_wrong_type() -> None:
    """A column of another type is refused."""
    persons = two_requests().persons.with_columns(pl.col("PersonBirthDate").cast(pl.String))
    with pytest.raises(SEN2Error, match="PersonBirthDate is String, not Date"):
        attrs.evolve(two_requests(), persons=persons).to_xml()


def test_far_date() -> None:
    """A date that has not four digits for its year is refused."""
    return_ = made(persons={"PersonBirthDate": [date(9999, 12, 31), date(1, 1, 1)]})
    assert b"<PersonBirthDate>0001-01-01<" in return_.to_xml()
    persons = return_.persons.with_columns(pl.col("PersonBirthDate").dt.offset_by("1d"))
    with pytest.raises(SEN2Error, match="persons 1, PersonBirthDate: a date whose year has not four digits"):
        attrs.evolve(return_, persons=persons).to_xml()


def test_many_keys() -> None:
    """An error names a few of many keys."""
    return_ = made(requests={"person": list(range(1, 10))})
    with pytest.raises(SEN2Error, match="requests 1, 2, 3, 4, 5 and 4 more belong"):
        return_.to_xml()


def test_file(tmp_path: Path) -> None:
    """The file has the same bytes, and is not touched when the return cannot be written."""
    path = tmp_path / "return.xml"
    two_requests().write_xml(path)
    assert two_requests().to_xml() == path.read_bytes()
    with pytest.raises(SEN2Error):
        made(persons={"Forename": ["\1"]}).write_xml(str(path))
    assert two_requests().to_xml() == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())
