"""XML is read whole, and what is no return is refused in words; every return here is synthetic."""

from __future__ import annotations

import pickle
import tracemalloc
from datetime import date
from pathlib import Path

import pytest

from eesclient import sen2
from tests.doors.sen2 import message, specification

HEADER = (
    "<Header><CollectionDetails><Collection>SEN2</Collection><Year>{year}</Year>"
    "<ReferenceDate>{year}-01-16</ReferenceDate></CollectionDetails><Source><SourceLevel>L</SourceLevel>"
    "<LEA>999</LEA><SoftwareCode>SYNTHETIC</SoftwareCode><DMO>Y</DMO></Source></Header>"
)


def xml(persons: str, year: int = 2025, before: str = '<?xml version="1.0" encoding="UTF-8"?>\n') -> bytes:
    """Return a synthetic return with these persons, the first of them in line 2."""
    return f"{before}<Message>{HEADER.format(year=year)}<Persons>{persons}</Persons></Message>".encode()


def kept(found: sen2.Return) -> list[tuple[object, ...]]:
    """Return what was kept, without lines."""
    return found.kept.drop("line").rows()


PERSON = "<Person><Surname>Made</Surname></Person>\n"


@pytest.mark.parametrize("year", [2023, 2024, 2025, 2026])
def test_every_element_has_its_place(year: int) -> None:
    """A return with every element of the year, each with its own text, comes out in the columns of its table."""
    spec, texts = specification(year), {}

    def inside(tag: str) -> str:
        parts = []
        for number, element in enumerate(spec.children[tag]):
            if element.type == "container":
                parts.append(f"<{element.name}>\n{inside(element.name)}</{element.name}>\n")
                continue
            text = f"2024-02-{number + 1:02}" if element.type == "date" else f"{element.name} in {tag}"
            texts[tag, element.name] = date.fromisoformat(text) if element.type == "date" else text
            parts.append(f"<{element.name}>{text}</{element.name}>\n")
        return "".join(parts)

    whole = f"<Message>\n{inside('Message')}</Message>"
    found = sen2.read(whole.encode(), year=year)
    ours = {
        (spec.tables[name].element, element.name): found.frames[name][element.name].item()
        for name in spec.tables
        for element in spec.columns(name)
    }
    header = {("CollectionDetails", "Collection"): found.header.collection}
    header["CollectionDetails", "ReferenceDate"] = found.header.reference_date
    said = ("", 0, "Header/CollectionDetails/Year", texts.pop(("CollectionDetails", "Year")), "header", 1)
    assert texts == ours | header
    assert [said] == kept(found)
    assert found.order.is_empty()
    rows = whole.splitlines()
    for name, frame in found.frames.items():
        assert f"<{spec.tables[name].element}>" == rows[frame["line"].item() - 1]
        for element, (line,) in found.lines(name).drop(spec.tables[name].key).to_dict(as_series=False).items():
            assert rows[line - 1].startswith(f"<{element}>")


def test_keys_hold_the_frames_together() -> None:
    """Records are numbered in the order of the file, and children have the key of their parent."""
    need = "<SENneed><SENtype>{}</SENtype></SENneed>"
    plans = f"<ActivePlans>{need.format('ASD')}{need.format('MLD')}</ActivePlans>"
    found = sen2.read(
        xml(
            f"<Person><Requests/><Requests>{plans}</Requests></Person><Person/>"
            f"<Person><Requests><ActivePlans>{need.format('HI')}</ActivePlans></Requests></Person>"
        )
    )
    assert [1, 2, 3] == found.persons["person"].to_list()
    assert [(1, 1), (2, 1), (3, 3)] == found.requests.select("request", "person").rows()
    assert [(1, 2), (2, 3)] == found.active_plans.select("active_plan", "request").rows()
    assert [(1, 1, "ASD"), (2, 1, "MLD"), (3, 2, "HI")] == found.sen_needs.select(
        "sen_need", "active_plan", "SENtype"
    ).rows()
    assert (("xml", "", True), 2025) == ((found.form, found.source, found.synthetic), found.year)
    assert sen2.Header(collection="SEN2", year=2025, reference_date=date(2025, 1, 16)) == found.header


def test_empty_is_not_absent() -> None:
    """An empty element is a text without characters, or is kept where it would be a date; an absent one is null."""
    found = sen2.read(xml("<Person><Surname/><Forename></Forename><PersonBirthDate/></Person>"))
    assert [("", "", None, None)] == found.persons.select("Surname", "Forename", "PersonBirthDate", "Sex").rows()
    assert [("persons", 1, "PersonBirthDate", "", "empty", 2)] == kept(found)


@pytest.mark.parametrize(
    "text",
    [
        *("31/02/2015", "2015-02-31", "2015-2-3", " 2015-02-03", "2015-02-03\n", "0000-01-01", "20150203"),
        *("+015-02-03", "2015-02-03T00:00:00", "٢٠١٥-02-03", "15-02-2015", "2015-13-01", "10000-01-01"),
    ],
)
def test_a_date_that_is_none_is_kept(text: str) -> None:
    """Its text stays as it stood, with its line; the column is null."""
    found = sen2.read(xml(f"\n<Person>\n<PersonBirthDate>{text}</PersonBirthDate></Person>"))
    assert [None] == found.persons["PersonBirthDate"].to_list()
    assert [("persons", 1, "PersonBirthDate", text, "unreadable", 0, 4)] == found.kept.rows()


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "2024-02-29"])
def test_a_date_is_read(text: str) -> None:
    """A day that is written as a return does is one, first and last too."""
    found = sen2.read(xml(f"<Person><PersonBirthDate>{text}</PersonBirthDate></Person>"))
    assert [date.fromisoformat(text)] == found.persons["PersonBirthDate"].to_list()
    assert [] == kept(found)


def test_text_is_kept_as_it_stands() -> None:
    """White space, references, CDATA and what is written around comments are part of a text."""
    found = sen2.read(
        xml("<Person><Surname> a\r\n&amp;&lt;&#65;&#x42;<![CDATA[<c>]]>d<!-- no -->e </Surname></Person>")
    )
    assert [" a\n&<AB<c>de "] == found.persons["Surname"].to_list()
    assert [] == kept(found)


def test_what_columns_cannot_hold_is_kept() -> None:
    """Second values, unknown elements as XML, attributes and stray text keep their place."""
    found = sen2.read(
        xml(
            '<Person a="1">so<Surname>one</Surname><Surname b="&lt;&quot;">two</Surname>'
            '<New c="2">&lt;<x y="3"/>&amp;</New><Sex><b>M</b>x&gt;</Sex><Assessment><Week20>1</Week20></Assessment>'
            "<Requests><Surname>q</Surname></Requests>end</Person>"
        )
    )
    assert ["one"] == found.persons["Surname"].to_list()
    assert [
        ("persons", 1, "Person", 'a="1"', "attribute", None),
        ("persons", 1, "Person", "so", "text", 0),
        ("persons", 1, "Surname", 'b="&lt;&quot;"', "attribute", 1),
        ("persons", 1, "Surname", "two", "repeated", 1),
        ("persons", 1, "New", 'c="2"', "attribute", 2),
        ("persons", 1, "New", '&lt;<x y="3"></x>&amp;', "unknown", 2),
        ("persons", 1, "Sex", "<b>M</b>x&gt;", "unknown", 3),
        ("persons", 1, "Assessment", "<Week20>1</Week20>", "unknown", 4),
        ("persons", 1, "Person", "end", "text", 6),
        ("requests", 1, "Surname", "q", "unknown", 0),
    ] == kept(found)
    assert found.order.is_empty()
    assert (1, 0) == (found.requests.height, found.assessments.height)


def test_order_is_kept_where_it_differs() -> None:
    """A record whose elements stand in another order than the year's has them all named, and others have none."""
    found = sen2.read(
        xml("<Person><Forename>b</Forename><New/><Surname>a</Surname><Requests/></Person><Person><Surname/></Person>")
    )
    assert [("persons", 1, "Forename New Surname Requests")] == found.order.rows()
    assert [("a", "b"), ("", None)] == found.persons.select("Surname", "Forename").rows()


def test_what_the_header_cannot_hold_is_kept() -> None:
    """Outside of records, elements are named with those above them."""
    found = sen2.read(
        b'<Message xmlns="urn:made"><Persons><New/></Persons><Header x="1"><Source/><CollectionDetails>'
        b"<Year>2025</Year><Year>2024</Year><New>1</New><ReferenceDate>soon</ReferenceDate></CollectionDetails>"
        b"<CollectionDetails><Year>1</Year></CollectionDetails><Source/></Header><New/><Persons><Person/></Persons>"
        b"</Message>"
    )
    above = "Header/CollectionDetails"
    assert sen2.Header(collection=None, year=2025, reference_date=None) == found.header
    assert (2, 1) == (found.authority.height, found.persons.height)
    assert {
        ("", 0, "Message", 'xmlns="urn:made"', "attribute", None),
        ("", 0, "Persons/New", "", "unknown", 0),
        ("", 0, "Header", 'x="1"', "attribute", None),
        ("", 0, f"{above}/Year", "2024", "repeated", 1),
        ("", 0, f"{above}/New", "1", "header", 2),
        ("", 0, f"{above}/ReferenceDate", "soon", "unreadable", 3),
        ("", 0, above, "<Year>1</Year>", "repeated", 2),
        ("", 0, "New", "", "unknown", 2),
        ("", 0, "Persons", "1", "repeated", 3),
    } == set(kept(found))
    assert {
        ("", 0, "Persons Header New Persons"),
        ("", 0, f"Header/Source {above} {above} Header/Source"),
    } == set(found.order.rows())


def test_what_the_message_lacks_is_said() -> None:
    """With `year=`, a message without header or persons is still read, and what is missing is kept as absent."""
    found = sen2.read(b"<Message/>", year=2024)
    assert [("", 0, "Header", "", "absent", None), ("", 0, "Persons", "", "absent", None)] == kept(found)
    found = sen2.read(b"<Message><Header/><Persons/></Message>", year=2024)
    assert [("", 0, "Header/CollectionDetails", "", "absent", None)] == kept(found)
    found = sen2.read(b"<Message><Header><CollectionDetails/></Header><Persons/></Message>", year=2024)
    assert [("", 0, "Header/CollectionDetails/Year", "", "absent", None)] == kept(found)


def test_year_of_the_call_goes_before_that_of_the_header() -> None:
    """With `year=` the form is that year's, and what the header said is kept."""
    found = sen2.read(xml("<Person><Sex>M</Sex></Person>", year=2027), year=2023)
    assert 2023 == found.year
    assert ("", 0, "Header/CollectionDetails/Year", "2027", "header", 1) == kept(found)[0]
    assert [("persons", 1, "Sex", "M", "unknown", 0)] == kept(found)[1:]


@pytest.mark.parametrize("year", ["2022", "2027", " 2025", "", "x" * 100])
def test_a_year_that_is_not_known(year: str) -> None:
    """The error names the years that are known, and `year=`."""
    data = xml(PERSON).replace(b"<Year>2025<", f"<Year>{year}<".encode())
    with pytest.raises(sen2.SEN2Error, match=r"2023, 2024, 2025 and 2026.*year=|year= \(2023, 2024, 2025 and 2026\)"):
        sen2.read(data)
    assert 1 == sen2.read(data, year=2025).persons.height


def test_a_year_of_the_call_that_is_not_known() -> None:
    """It is refused, not taken for the next best."""
    with pytest.raises(sen2.SEN2Error, match="no form of a return is known for year=2022: there are 2023, 2024"):
        sen2.read(xml(PERSON), year=2022)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "the file is empty"),
        (b"sen2,person\n1,2\n", "does not begin as XML does"),
        (b"\x89PNG\r\n", "does not begin as XML does"),
        (b"<html><body/></html>", "line 1: its root is 'html', and that of a SEN2 return is 'Message'"),
        (b"<!DOCTYPE html>\n<html/>", "line 1: its root is 'html', and that of a SEN2 return is 'Message'"),
        (b'<s:Message xmlns:s="x"/>', "its root is 's:Message'"),
        (xml("", 2027), "line 2: its Year is '2027', and the forms of 2023, 2024, 2025 and 2026 are known"),
        (
            '<?xml version="1.0" encoding="utf8"?>\n<Message>\u00e9'.encode(),
            "line 2: bytes that 'utf8' does not have, .* write encoding=\"UTF-8\" there",
        ),
        ("<Message/>".encode("utf-32"), "encoding cannot be read: save the file as UTF-8"),
        ("<Message/>".encode("utf-16-le"), "encoding cannot be read: save the file as UTF-8"),
        (b'<?xml version="1.0" encoding="big5"?><Message/>', "'big5' cannot be read: save the file as UTF-8"),
        (b'<?xml version="1.0" encoding="none"?><Message/>', "'none' cannot be read: save the file as UTF-8"),
        (b'<?xml version="1.0" encoding="utf-16"?><Message/>', "'utf-16' cannot be read: save the file as UTF-8"),
        (b"<Message>\n<Header>", "line 2: the file ends before </Message>"),
        (b"<Message>\n<Header></Message>", r"line 2: not well-formed XML \(mismatched tag\)"),
        (b"<Message/>", "no Year in Header/CollectionDetails: say which form it has by year="),
        (b'\n<!DOCTYPE M [<!ENTITY a "aa">]><Message>&a;</Message>', "line 2: a DOCTYPE, which no return needs"),
        (b'<!DOCTYPE M SYSTEM "file:///etc/passwd"><Message/>', "line 1: a DOCTYPE, which no return needs"),
    ],
)
def test_what_is_no_return(data: bytes, says: str, tmp_path: Path) -> None:
    """One clear error for each, with the file's name and nothing read."""
    path = tmp_path / "made.xml"
    path.write_bytes(data)
    with pytest.raises(sen2.SEN2Error, match=says) as raised:
        sen2.read(path)
    assert str(raised.value).startswith("made.xml")
    assert ("made.xml", None) == (raised.value.file, raised.value.partial)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    """A folder that is no Blade export is none of a return."""
    with pytest.raises(
        sen2.SEN2Error, match="a folder or zip has to be a Blade export of nine CSV files: there is none"
    ):
        sen2.read(tmp_path)


@pytest.mark.parametrize(
    ("encoding", "declared"), [("utf-16", "UTF-16"), ("cp1252", "windows-1252"), ("latin-1", "ISO-8859-1")]
)
def test_other_encodings(encoding: str, declared: str) -> None:
    """What the first line names is read, if the parser or Python knows it."""
    text = xml(
        "<Person><Surname>Zoë</Surname></Person>", before=f'<?xml version="1.0" encoding="{declared}"?>'
    ).decode()
    assert ["Zoë"] == sen2.read(text.encode(encoding)).persons["Surname"].to_list()


def test_bytes_of_another_encoding() -> None:
    """What is not UTF-8 and does not say so is an error that says how to say so; persons before it are read."""
    data = xml(f"{PERSON}<Person>\n<Surname>Zo\xeb</Surname></Person>").decode().encode("latin-1")
    with pytest.raises(sen2.SEN2Error, match=r"line 4: bytes that are not UTF-8: .* encoding=") as raised:
        sen2.read(data)
    assert raised.value.partial is not None
    assert ["Made"] == raised.value.partial.persons["Surname"].to_list()


@pytest.mark.parametrize(
    ("persons", "says"),
    [
        (f"{PERSON}{PERSON}<Person>\n<Surname>x&un", "line 5: "),
        (f"{PERSON}{PERSON}<Person>\n<Surname>&unknown;</Surname></Person>{PERSON}", r"line 5: .*\(undefined entity\)"),
        (f"{PERSON}{PERSON}<Person><Requests>\n</Person></Requests>{PERSON}", r"line 5: .*\(mismatched tag\)"),
        (f"{PERSON}{PERSON}<Person>\0</Person>{PERSON}", r"line 4: .*\(invalid token\)"),
        (f"{PERSON}{PERSON}<Person a='1' a='2'/>{PERSON}", r"line 4: .*\(duplicate attribute\)"),
        (f"{PERSON}{PERSON}{'<a>' * 100}", "line 4: more than 64 elements stand in one another"),
        (
            f"{PERSON}{PERSON}<Person><Surname>{'x' * 1_000_001}",
            "line 4: an element, or .*, has more than 1,000,000 ch",
        ),
        (f"{PERSON}{PERSON}<Person>{' ' * 1_000_001}", "line 4: an element, or the text between two, has more than"),
        (f"{PERSON}{PERSON}<Person><New>{'<x>&lt;</x>' * 100_001}", "line 4: an element, or the text between two, has"),
        (f"{PERSON}{PERSON}<Person a='{'x' * 10_000_000}", "line 4: a tag or comment has more than 8,000,000 bytes"),
    ],
)
def test_damage_in_the_middle(persons: str, says: str) -> None:
    """Everything before it is kept, but for what was read of the person in which it stands."""
    data = xml(persons)
    with pytest.raises(sen2.SEN2Error, match=says) as raised:
        sen2.read(data)
    with pytest.warns(sen2.PartialReturnWarning, match=says) as warned:
        found = sen2.read(data, strict=False)
    assert Path(warned[0].filename).name == Path(__file__).name
    for partial in (raised.value.partial, found):
        assert partial is not None
        assert ["Made", "Made"] == partial.persons["Surname"].to_list()
        assert (1, 0, 0) == (partial.authority.height, partial.requests.height, partial.kept.height)
        assert 2025 == partial.year
    again = pickle.loads(pickle.dumps(raised.value))  # noqa: S301 - our own
    assert (str(raised.value), raised.value.line) == (str(again), again.line)


def test_a_file_that_breaks_off_anywhere() -> None:
    """However much of a file is there, the persons that are complete are read, and nothing else comes out."""
    person = '<Person a="1"><Surname>Made</Surname><New/><Requests><RYA>1</RYA><Exported/></Requests></Person>'
    whole = xml(person * 3)
    for end in range(whole.index(b"<Persons>"), len(whole)):
        with pytest.raises(sen2.SEN2Error, match="the file ends before </Message>") as raised:
            sen2.read(whole[:end])
        complete = whole[:end].count(b"</Person>")
        partial = raised.value.partial
        assert partial is not None
        assert [complete] * 3 == [partial.persons.height, partial.requests.height, partial.kept.height // 2]


def test_errors_show_nobody() -> None:
    """Neither the return nor an error shows what stands about a person."""
    data = xml("<Person><Surname>Hidden</Surname><PersonBirthDate>Hidden</PersonBirthDate></Person>")
    broken = data.replace(b"</Surname>", b"</Hidden>")
    with pytest.raises(sen2.SEN2Error) as raised:
        sen2.read(broken)
    assert "Hidden" not in f"{sen2.read(data)!r}{raised.value!r}{raised.value}{raised.value.partial!r}"


def test_lines_follow_their_records() -> None:
    """Lines of elements go by keys, so that they hold in a part of a return too."""
    found = sen2.read(xml("<Person>\n<Surname/></Person><Person>\n\n<Surname/></Person>"))
    assert [(1, 3, 2), (2, 5, 3)] == found.lines("persons").select("person", "Surname", "Sex").rows()


def test_lines_far_from_their_record() -> None:
    """Lines are right however many stand between a record and its element."""
    found = sen2.read(xml("<Person>" + "\n" * 70_000 + "<Surname/></Person><Person>\n<Surname/></Person>"))
    assert [70_002, 70_003] == found.lines("persons")["Surname"].to_list()


def test_memory_is_bounded() -> None:
    """What a file has beside its records takes no memory."""
    comments = b"<!-- made up, and of no use -->" * 1_000_000
    data = xml("<Person/>").replace(b"<Person/>", comments + b"<Person/>")
    sen2.read(xml("<Person/>"))
    tracemalloc.start()
    assert 1 == sen2.read(data).persons.height
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < len(data) * 3 // 4


def test_shape_has_a_place_for_every_element() -> None:
    """Each element of the specification is in the shape that readers look up, once."""
    for year in (2023, 2024, 2025, 2026):
        count, open_ = 0, [message(year)]
        while open_:
            shape = open_.pop()
            count += len(shape.children)
            open_ += [child.shape for child in shape.children.values() if child.shape is not None]
        assert len(specification(year).elements) == count
