"""Reading many persons at once gives what reading element by element gives, whatever is wrong with a file."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eesclient import sen2
from tests.doors.sen2 import Exact, Gathered, message, read_plain, specification

YEARS = (2023, 2024, 2025, 2026)
ENDS = st.sampled_from(["\n", "", "\n  ", "\r\n\t", "\n\n", " ", "\r"])
TEXTS = st.one_of(
    st.sampled_from(["1", "0", "M", "ASD", "2024-02-29", "2015-02-03", "0001-01-01", "9999-12-31"]),
    st.sampled_from(["", "31/02/2015", "2015-02-31", "2015-2-3", "0000-01-01", " 2015-02-03", "+015-02-03"]),
    st.sampled_from(["O&apos;Brien", "&amp;lt;", "&lt;&gt;&quot;", "&#65;", "a>b", "&amp;", "Zoë", "a\nb", "a\r\nb"]),
    st.sampled_from(
        [" padded ", "\n", "a long text that is no view", "]]&gt;", "\u00a0", "\x7f", "\u2028", "٢٠١٥-02-03"]
    ),
)
SNIPPETS = (
    *(
        "<!-- made up -->",
        "<!-- </Person> -->",
        "<!--",
        "-->",
        "<![CDATA[</Person>]]>",
        "<![CDATA[",
        "]]>",
        "<?a </Person>?>",
    ),
    *(
        "&amp;",
        "&foo;",
        "&#0;",
        "&",
        "\0",
        "\x0b",
        "\r",
        "\r\n",
        "\n",
        " ",
        "\t",
        "text",
        ">",
        "<",
        "<<",
        "\ufffe",
        "\uffff",
    ),
    *(
        "<New/>",
        "<New>1</New>",
        "<Sex/>",
        "<Sex></Sex>",
        "<Surname>second</Surname>",
        "<Surname>",
        "</Surname>",
        "</New>",
    ),
    *("<Person/>", "<Person>", "</Person>", "<Persons>", "</Persons>", "</Message>", "<Requests/>", "<SENneed/>"),
    *(
        "<Person></Person>",
        ' a="1"',
        ' a=">"',
        "<\ufeffPerson>",
        "/",
        "<Person >",
        "</Person >",
        "<s:Sex/>",
        "<!DOCTYPE a>",
    ),
)


@st.composite
def returns(draw: st.DrawFn) -> tuple[int, str]:
    """Draw a year, and a synthetic return of it as XML: any elements, in order or not."""
    year = draw(st.sampled_from(YEARS))
    children, end = specification(year).children, draw(ENDS)
    chances = draw(st.sampled_from([(1, 1), (2, 1), (3, 2)]))

    def record(tag: str) -> str:
        held = []
        for element in children[tag]:
            most = 1 if element.type != "container" else 3
            for _ in range(draw(st.integers(0, chances[0])) and draw(st.integers(0, min(most, chances[1])))):
                inside = record(element.name) if element.type == "container" else draw(TEXTS)
                held.append(f"<{element.name}>{inside}</{element.name}>{end}")
        if len(held) > 1 and not draw(st.integers(0, 7)):
            held.insert(0, held.pop())
        return f"{end}{''.join(held)}"

    persons = "".join(f"<Person>{record('Person')}</Person>{end}" for _ in range(draw(st.integers(0, 5))))
    header = f"<Header><Source>{record('Source')}</Source></Header>" if draw(st.booleans()) else ""
    return year, f"<Message>{end}{header}<Persons>{end}{persons}</Persons>{end}</Message>"


@st.composite
def damage(draw: st.DrawFn, text: str) -> str:
    """Draw what one thing done to a file makes of it: cut, doubled, moved, or something put in."""
    tags = [match.start() for match in re.finditer("[<>]", text)]
    at = draw(st.sampled_from(tags)) + draw(st.integers(0, 1))
    to = draw(st.sampled_from(tags)) + draw(st.integers(0, 1))
    at, to = min(at, to), max(at, to)
    to = min(to, at + draw(st.sampled_from([1, 20, 200])))
    how: Callable[[], str] = draw(
        st.sampled_from(
            [
                lambda: text[:at] + draw(st.sampled_from(SNIPPETS)) + text[at:],
                lambda: text[:at] + text[to:],
                lambda: text[:to] + text[at:],
                lambda: text[:at] + text[to : 2 * to - at] + text[at:to] + text[2 * to - at :],
                lambda: text[:at],
            ]
        )
    )
    return how()


Outcome = tuple[sen2.Return, str]


def exactly(data: bytes, year: int) -> Outcome:
    """Return what the exact reader makes of a file, and what it says of it."""
    exact = Exact(Gathered(year), "")
    try:
        exact.feed(data, final=True)
    except sen2.SEN2Error as error:
        return exact.finish(), f"{error}"
    return exact.finish(), ""


def quickly(data: bytes, year: int, size: int) -> Outcome:
    """Return the same from the reader of blocks of a size."""
    gathered = Gathered(year)
    exact = Exact(gathered, "")
    try:
        read_plain(io.BytesIO(data), exact, gathered, size)
    except sen2.SEN2Error as error:
        return exact.finish(), f"{error}"
    return exact.finish(), ""


def assert_same(one: Outcome, two: Outcome) -> None:
    """Check that two readers say the same, with all lines."""
    (first, said), (second, also) = one, two
    assert said == also
    assert first.header == second.header
    for name, frame in {**first.frames, "kept": first.kept, "order": first.order}.items():
        assert frame.equals(getattr(second, name))
        assert frame.schema == getattr(second, name).schema
    for name in first.frames:
        assert first.lines(name).equals(second.lines(name))
    assert first.synthetic == second.synthetic


@given(returns(), st.sampled_from([60, 300, 1_000, 100_000]))
@settings(suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.property
def test_returns_are_read_the_same(drawn: tuple[int, str], size: int) -> None:
    """A file that is well-formed gives the same return, whatever size blocks have."""
    year, text = drawn
    expected = exactly(text.encode(), year)
    assert expected[1] == ""
    assert_same(expected, quickly(text.encode(), year, size))


@given(st.data(), returns(), st.sampled_from([60, 300, 1_000, 100_000]))
@settings(suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.property
def test_damaged_returns_are_read_the_same(data: st.DataObject, drawn: tuple[int, str], size: int) -> None:
    """A file to which anything was done gives the same return or the same error, with the same persons before it."""
    year, text = drawn
    for _ in range(data.draw(st.integers(1, 3))):
        text = data.draw(damage(text)) if re.search("[<>]", text) else text
    whole = text.encode()
    if data.draw(st.integers(0, 9)) == 0:
        at = data.draw(st.integers(0, len(whole)))
        whole = whole[:at] + b"\xff" + whole[at:]
    assert_same(exactly(whole, year), quickly(whole, year, size))


@pytest.mark.property
@pytest.mark.parametrize("snippet", SNIPPETS)
def test_each_oddity_is_read_the_same(snippet: str) -> None:
    """Each oddity, before and behind each tag of a small return, gives the same return or the same error.

    Every day an oddity has an eighth of the places, another one than its neighbours; in long runs it has them all.
    """
    need = "<SENneed><SENtype>ASD</SENtype></SENneed>"
    text = (
        f"<Message><Persons>\n<Person>\n<Sex>M</Sex><Requests><ActivePlans>{need}</ActivePlans></Requests></Person>\n"
    )
    text += "<Person><Surname>O&apos;Brien</Surname>\n</Person></Persons></Message>"
    places = [match.end() for match in re.finditer("<|(?=>)|>|(?=<)|y", text)]
    parts = 1 if settings().max_examples > 100 else 8
    for at in places[SNIPPETS.index(snippet) % parts :: parts]:
        whole = (text[:at] + snippet + text[at:]).encode()
        assert_same(exactly(whole, 2025), quickly(whole, 2025, 200))


class Watched(Exact):
    """An exact reader that remembers what it was given."""

    fed = b""

    def feed(self, data: bytes, *, final: bool = False) -> None:
        """Read on."""
        self.fed += data
        super().feed(data, final=final)


def left_over(text: str, size: int = 1 << 20) -> bytes:
    """Return what of a return's persons the exact reader had to read."""
    gathered = Gathered(2025)
    exact = Watched(gathered, "")
    read_plain(io.BytesIO(text.encode()), exact, gathered, size)
    assert_same(exactly(text.encode(), 2025), (exact.finish(), ""))
    return exact.fed.replace(b"<Message>", b"").replace(b"<Persons>", b"").replace(b"</Persons></Message>", b"").strip()


@pytest.mark.parametrize(
    "person",
    [
        "<Surname>O&apos;Brien &amp;lt;</Surname><Sex></Sex><UPN/>",
        "<Forename>Zoë</Forename><Surname>in another order</Surname>",
        "<PersonBirthDate>31/02/2015</PersonBirthDate><Requests><ReceivedDate/></Requests>",
        "\r\n<Surname>\r\na</Surname>\r\n",
        "<Requests><Assessment/></Requests>".replace("<Assessment/>", "<Assessment></Assessment>"),
        "",
    ],
)
def test_what_is_plain(person: str) -> None:
    """References, empty elements, other orders, dates that are none and any white space need no exact reader."""
    text = f"<Message><Persons>\n{f'<Person>{person}</Person> ' * 3}</Persons></Message>"
    assert b"" == left_over(text)
    assert b"" == left_over(text, 60 + 2 * len(person))


@pytest.mark.parametrize(
    "person", ['<Sex a="1">M</Sex>', "<New/>", "<Sex>M</Sex><Sex>F</Sex>", "<Sex>&#77;</Sex>", "x"]
)
def test_what_is_not_plain(person: str) -> None:
    """An oddity is the exact reader's, and those that follow in other blocks are not."""
    plain = "<Person><Sex>M</Sex></Person>"
    odd = f"<Person>{person}</Person>"
    whole = f"<Message><Persons>{plain * 20}{odd}{plain * 20}</Persons></Message>"
    left = left_over(whole, 100).decode()
    assert odd in left
    assert 0 < left.count(plain) < 8


@pytest.mark.parametrize(
    "inside",
    [
        *("<Sex>a>b</Sex>", "<Sex>\ufffe</Sex>", "<Sex>\x0b</Sex>", "<Sex>M</Sex", "<Sex>M</Surname>", "&amp;"),
        *("<!-- </Person> -->", "<!-- <Person> ", "<![CDATA[</Person>]]>", "<?a </Person>?>", "</Person><Sex>M</Sex>"),
        *('<PersonBirthDate a="1">2015-02-31</PersonBirthDate>', '<PersonBirthDate a="1">2015-2-3</PersonBirthDate>'),
    ],
)
@pytest.mark.parametrize("size", [40, 200, 1_000])
def test_what_the_exact_reader_judges(inside: str, size: int) -> None:
    """What stands in one of several persons gives the same return or the same error."""
    plain = "<Person><Sex>M</Sex></Person>\n"
    whole = f"<Message><Persons>\n{plain * 5}<Person>{inside}</Person>{plain * 5}</Persons></Message>".encode()
    assert_same(exactly(whole, 2025), quickly(whole, 2025, size))


@pytest.mark.parametrize(("opening", "closing"), [("<!--", "-->"), ("<?a", "?>")])
def test_persons_that_are_none(opening: str, closing: str) -> None:
    """Persons within a comment or an instruction are none, wherever a block ends in it."""
    plain = "<Person><Sex>M</Sex></Person>\n"
    whole = f"<Message><Persons>\n{plain * 3}{opening} {plain * 6}{closing}{plain * 3}</Persons></Message>".encode()
    expected = exactly(whole, 2025)
    assert expected[0].persons.height == 6
    for size in range(20, len(whole), 7):
        assert_same(expected, quickly(whole, 2025, size))


@pytest.mark.parametrize("year", YEARS)
def test_orders_tell_elements_apart(year: int) -> None:
    """No two elements of a parent have the same order, which is what tells that one stands twice."""
    for held in specification(year).children.values():
        assert len({element.order for element in held}) == len(held)
    assert message(year).children["Persons"].order > message(year).children["Header"].order
