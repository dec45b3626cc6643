"""Returns as Hypothesis draws them: any number of records, odd texts, and what no column can hold.

A return is drawn as the elements of a file and made of frames by rules of its own, so that it says what reading that
file has to give. All of it is synthetic, whatever its header says.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache

import attrs
import polars as pl
from hypothesis import settings
from hypothesis import strategies as st

from tests.doors.sen2 import KEPT, ORDER, Header, Return, schema, specification
from tests.doors.sen2_writing import SYNTHETIC, Element

YEARS = (2023, 2024, 2025, 2026)


def examples(every_day: int, long: int) -> settings:
    """Return the settings of a law whose examples are dear: how many are drawn every day, and how many in long runs."""
    most = settings().max_examples
    return settings(max_examples=long if most > 100 else max(2, every_day * most // 100))


TEXTS = st.one_of(
    st.sampled_from(
        ["", " ", "a & b <c> \"d\" 'e'", "]]>", "a\rb\nc\td", "Zoë", "null", "0", " 1 ", "\x85\ufffd𝄞", "N/A"]
    ),
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=6
    ),
)
DAYS = st.one_of(
    st.dates().map(date.isoformat),
    st.sampled_from(["0001-01-01", "9999-12-31", "2024-02-29"]),
    st.sampled_from(
        ["", "31/02/2015", "2015-02-31", "2015-2-3", " 2015-02-03", "2015-02-03T00:00:00", "0000-01-01", "soon"]
    ),
)
INSIDES = st.sampled_from(["", "1", "a &amp; b", "<b></b>", 'x<b c="&lt;1">&#13;<d></d></b> y', "<Surname>x</Surname>"])
"""Of elements that are unknown: XML as it is kept."""

NEW = ("New", "Zoë", "x-y.z", "Message", "Count")
"""Tags of no year."""

BETWEEN = st.sampled_from(["some words", "a & b < c", "two\nlines"])
ATTRIBUTES = st.sampled_from(['a="1"', 'b=""', 'c="&quot;&lt;&#10;"'])


@attrs.define
class Leaf:
    """An element without records: its text, or the XML inside of it."""

    tag: str
    text: str
    is_xml: bool = False


@attrs.define
class Node:
    """A container, with what stands in it in order."""

    tag: str
    path: str
    children: list[Leaf | Node] = attrs.field(factory=list)
    texts: dict[int, str] = attrs.field(factory=dict)
    attributes: dict[int | None, str] = attrs.field(factory=dict)


@cache
def _text(year: int, element: Element) -> st.SearchStrategy[str]:
    if element.type == "date":
        return DAYS
    codes = list(specification(year).lists[element.values].codes) if element.type == "code" else []
    return st.sampled_from([*codes, "ZZ", ""]) if codes else TEXTS


@cache
def _cells(year: int, tag: str) -> st.SearchStrategy[dict[str, str]]:
    leaves = [e for e in specification(year).children[tag] if e.type != "container"]
    return st.fixed_dictionaries({}, optional={e.name: _text(year, e) for e in leaves})


@cache
def _more(year: int, tag: str) -> st.SearchStrategy[list[tuple[int, Leaf]]]:
    """Elements that are there once more, or that no container of the year has, and where."""
    spec = specification(year)
    known = [e for e in spec.children[tag] if e.type != "container" and e.name != "Year"]
    moved = {e.name for e in spec.elements} - {e.name for e in spec.children[tag]} - {"Year"}
    leaves = [st.builds(Leaf, st.just(e.name), _text(year, e)) for e in known]
    inside = st.builds(Leaf, st.sampled_from([*NEW, *sorted(moved)]), INSIDES, st.just(value=True))
    broken = st.builds(
        Leaf,
        st.sampled_from([e.name for e in known] or [*NEW]),
        INSIDES.filter(lambda text: "<" in text),
        st.just(value=True),
    )
    return st.lists(st.tuples(st.integers(0, 8), st.one_of(*leaves, inside, broken)), max_size=3)


ODD = st.sampled_from([False, False, False, True])
COUNTS = st.sampled_from([0, 1, 1, 2, 3])
PLACES = st.integers(0, 8)


def _node(draw: st.DrawFn, year: int, tag: str, path: str, *, odd: bool) -> Node:
    node = Node(tag, path)
    cells = draw(_cells(year, tag))
    for element in specification(year).children[tag]:
        if element.type != "container":
            if element.name in cells:
                node.children.append(Leaf(element.name, cells[element.name]))
        else:
            once = tag in ("Message", "Header") and element.name != "Source"
            inside = f"{path}/{element.name}" if path else element.name
            for _ in range(1 if once else draw(COUNTS)):
                node.children.append(_node(draw, year, element.name, inside, odd=odd))
    if tag == "CollectionDetails":
        node.children = [child for child in node.children if child.tag != "Year"]
        node.children.insert(int("Collection" in cells), Leaf("Year", f"{year}"))
    if odd and draw(ODD):
        _make_odd(draw, year, node)
    return node


def _make_odd(draw: st.DrawFn, year: int, node: Node) -> None:
    node.children = draw(st.permutations(node.children))
    for where, leaf in draw(_more(year, node.tag)):
        node.children.insert(min(where, len(node.children)), attrs.evolve(leaf))
    last = len(node.children)
    node.texts = {min(where, last): text for where, text in draw(st.dictionaries(PLACES, BETWEEN, max_size=2)).items()}
    own = draw(st.dictionaries(st.none() | PLACES, ATTRIBUTES, max_size=2))
    # records have their own attributes
    node.attributes = {
        where: text
        for where, text in own.items()
        if where is None or (where < last and isinstance(node.children[where], Leaf))
    }


class Making:
    """The frames of a drawn file."""

    def __init__(self, year: int) -> None:
        self.year = year
        self.spec = specification(year)
        self.tables = {table.element: name for name, table in self.spec.tables.items()}
        self.rows: dict[str, list[dict[str, object]]] = {name: [] for name in self.spec.tables}
        self.kept: list[tuple[object, ...]] = []
        self.order: list[tuple[object, ...]] = []
        self.header: dict[str, object] = {}

    def add(self, node: Node, parent: int = 0) -> None:
        """Take a container with all that stands in it."""
        table = self.tables.get(node.tag, "")
        row = self.row(table, parent) if table else self.header
        key = len(self.rows[table]) if table else 0
        known = {e.name: e for e in self.spec.children[node.tag]}
        place = "" if table or not node.path else f"{node.path}/"
        own = node.tag if table else node.path or "Message"
        if None in node.attributes:
            self.kept.append((table, key, own, node.attributes[None], "attribute", None, None))
        seen: set[str] = set()
        for position, child in enumerate([*node.children, None]):
            for element, texts, why in self.beside(node, own, child and f"{place}{child.tag}", position):
                self.kept.append((table, key, element, texts, why, position, None))
            if isinstance(child, Node):
                self.add(child, key)
            elif child:
                why = self.why(child, known.get(child.tag), again=child.tag in seen, header=own.startswith("Header"))
                seen.add(child.tag)
                if why:
                    self.kept.append((table, key, f"{place}{child.tag}", child.text, why, position, None))
                else:
                    row[child.tag] = child.text
        ranks = [known[child.tag].order for child in node.children if child.tag in known]
        if ranks != sorted(ranks):
            self.order.append((table, key, " ".join(f"{place}{child.tag}" for child in node.children)))

    def row(self, table: str, parent: int) -> dict[str, object]:
        """Return a new record of a table."""
        key, above = self.spec.tables[table].key, self.spec.tables[table].parent
        row: dict[str, object] = {self.spec.tables[above].key: parent} if above else {}
        self.rows[table].append({**row, key: len(self.rows[table]) + 1})
        return self.rows[table][-1]

    @staticmethod
    def beside(node: Node, own: str, child: str | None, position: int) -> list[tuple[str, str, str]]:
        """Return the text before a child, and its attribute."""
        text = [(own, node.texts[position], "text")] if position in node.texts else []
        has = child is not None and position in node.attributes
        return text + ([(str(child), node.attributes[position], "attribute")] if has else [])

    @staticmethod
    def why(leaf: Leaf, element: Element | None, *, again: bool, header: bool) -> str:
        """Return why no column can hold an element, or "" where one can."""
        if element is None:
            return "header" if header else "unknown"
        if leaf.is_xml and "<" in leaf.text:
            return "unknown"
        if again:
            return "repeated"
        if element.type == "date" and not _is_day(leaf.text):
            return "unreadable" if leaf.text else "empty"
        return ""

    def finish(self) -> Return:
        """Return the return."""
        frames = {}
        for name, rows in self.rows.items():
            wanted = schema(name, self.year)
            columns = {column: [row.get(column) for row in rows] for column in wanted}
            days = [column for column, kind in wanted.items() if kind == pl.Date]
            for column in days:
                columns[column] = [
                    date.fromisoformat(str(text)) if text is not None else None for text in columns[column]
                ]
            frames[name] = pl.DataFrame(columns, schema=wanted)
        ranks = {name: rank for rank, name in enumerate(["", *self.spec.tables])}
        # rows of a record may come after those of the records in it
        self.kept.sort(key=lambda row: (ranks[str(row[0])], row[1], -1 if row[5] is None else row[5]))
        self.order.sort(key=lambda row: (ranks[str(row[0])], row[1]))
        collection, day = (self.header.get(tag) for tag in ("Collection", "ReferenceDate"))
        return Return(
            header=Header(
                collection=None if collection is None else str(collection),
                year=self.year,
                reference_date=date.fromisoformat(str(day)) if day else None,
            ),
            kept=pl.DataFrame(self.kept, schema=KEPT, orient="row"),
            order=pl.DataFrame(self.order, schema=ORDER, orient="row"),
            synthetic=bool(frames["authority"]["SoftwareCode"].eq(SYNTHETIC).any()),
            **frames,
        )


def _is_day(text: str) -> bool:
    try:
        return bool(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


@st.composite
def returns(draw: st.DrawFn, year: int | None = None, *, odd: bool = True) -> Return:
    """Draw a return of a year, or of any; `odd=False` leaves out what no column can hold, but for dates."""
    found = draw(st.sampled_from(YEARS)) if year is None else year
    making = Making(found)
    making.add(_node(draw, found, "Message", "", odd=odd))
    return making.finish()
