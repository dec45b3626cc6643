"""The specification of the return as data: elements, code lists, formats and dates of each year, with their sources.

What stands in `tables/` is what public material establishes; the department's own documents are not public in full.
A row holds from its year until a newer row for the same element or code takes its place, so that a new year is rows.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date
from functools import cache, cached_property
from importlib import resources
from types import MappingProxyType
from typing import Literal, cast

from .._classes import frozen
from .errors import SEN2Error, did_you_mean

Row = dict[str, str]


@cache
def rows(name: str) -> tuple[Row, ...]:
    """The rows of one of the tables in `tables/`."""
    # a package may lie in a zip, where tables have no paths
    text = (resources.files(__name__.rpartition(".")[0]) / "tables" / f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@frozen(kw_only=True)
class Year:
    """What is known of a year's return as a whole.

    Attributes:
        year: Year of the return: of its census day, not of the calendar year that it reports on.
        census_day: Its reference date.
        deadline: Last day to send it, or None where no public source says.
        scope: `return` where its structure is known, `dates` where its dates are all that is.
        confidence: `A` where independent sources agree on the structure, `B` where one says it or two differ in detail.
        source: Keys of the sources.
        note: What else is to be known.
    """

    year: int
    census_day: date
    deadline: date | None
    scope: Literal["return", "dates"]
    confidence: str
    source: tuple[str, ...]
    note: str


@frozen(kw_only=True)
class Code:
    """A code of a list, with its meaning and source."""

    code: str
    label: str
    confidence: str
    source: tuple[str, ...]
    note: str


@frozen(kw_only=True)
class CodeList:
    """The codes that an element may have in a year.

    Attributes:
        name: Our name for it.
        title: What its codes say.
        codes: The codes, in the order of the sources.
        also_seen: Codes that one source has and others lack: told as notes.
        note: What the sources differ in.
    """

    name: str
    title: str
    codes: Mapping[str, Code]
    also_seen: frozenset[str]
    note: str

    @property
    def labels(self) -> dict[str, str]:
        """The codes with their labels."""
        return {code.code: code.label for code in self.codes.values()}

    @property
    def accepted(self) -> frozenset[str]:
        """Every code that any source has: only others are faults."""
        return self.also_seen.union(self.codes)


@frozen(kw_only=True)
class Format:
    """How the text of an element is written: a regular expression for the whole text, and the same in words."""

    name: str
    pattern: str
    says: str
    confidence: str
    source: tuple[str, ...]
    note: str


@frozen(kw_only=True)
class Table:
    """One of the nine tables that a return is read to.

    Attributes:
        name: Name of the frame: `persons`, say.
        key: Column that numbers its records: `person`.
        parent: Name of the table whose records hold these, or "".
        element: XML element that is a record of it.
        module: Module of the return, or "".
        title: What a record is.
        blade: Name of its file in a Blade export.
    """

    name: str
    key: str
    parent: str
    element: str
    module: str
    title: str
    blade: str


@frozen(kw_only=True)
class Element:
    """An element of a year's return.

    Attributes:
        name: Its tag.
        parent: Tag of the element that holds it.
        path: Tags from `Message` to it, joined by `/`.
        table: Name of the table that it is a column of, or "" for containers and the rest of the header.
        order: Number that sorts it among the elements of its parent.
        item: Number of the item in the guide, or "".
        type: `container`, `text`, `code`, `fixed`, or the name of a format: `date`, `upn`, ….
        values: Name of the code list of a `code`, the text of a `fixed` element, or "".
        least: How many its parent has at least.
        most: How many at most, or None.
        need: `mandatory` or `voluntary` where a source says so, or "".
        since: First year in which it is as it is here.
        confidence: How well its year's structure is known.
        source: Keys of the sources.
        note: What the sources differ in.
    """

    name: str
    parent: str
    path: str
    table: str
    order: int
    item: str
    type: str
    values: str
    least: int
    most: int | None
    need: str
    since: int
    confidence: str
    source: tuple[str, ...]
    note: str


@frozen(kw_only=True)
class Specification:
    """The structure of a year's return, as far as public material establishes it.

    Attributes:
        year: The year and its dates.
        elements: All elements, containers too, in the order of a file.
        lists: Code lists by name.
        formats: Formats by name.
        tables: The nine tables by name, a parent before its children.
        sources: Titles of the sources, by the keys that stand in `source`.
    """

    year: Year
    elements: tuple[Element, ...]
    lists: Mapping[str, CodeList]
    formats: Mapping[str, Format]
    tables: Mapping[str, Table]
    sources: Mapping[str, str]

    @cached_property
    def children(self) -> Mapping[str, tuple[Element, ...]]:
        """The elements that each container holds, in order, by its tag."""
        # a tag of a container stands in one place of a return, so that it is enough for a key
        held: dict[str, list[Element]] = {}
        for element in self.elements:
            held.setdefault(element.parent, []).append(element)
        return MappingProxyType({tag: tuple(sorted(found, key=lambda e: e.order)) for tag, found in held.items()})

    def columns(self, table: str) -> tuple[Element, ...]:
        """The elements that are columns of a table, in order."""
        return tuple(e for e in self.children[self.tables[table].element] if e.type != "container")

    def find(self, name: str) -> tuple[Element, ...]:
        """The elements with a tag or an item number (`SENtype`, `5.8a`), whatever their case.

        Raises:
            SEN2Error: There is none; near ones are named.
        """
        wanted = name.casefold()
        # several, as a tag such as URN stands in more than one table
        found = tuple(e for e in self.elements if wanted in (e.name.casefold(), e.item.casefold()))
        if not found:
            hint = did_you_mean(name, (e.name for e in self.elements))
            raise SEN2Error(f"the return of {self.year.year} has no element or item {name!r}{hint}")
        return found


def years() -> Mapping[int, Year]:
    """Every year that something is known of, oldest first: census day, deadline, and where they are from."""
    return MappingProxyType(
        {
            int(row["year"]): Year(
                year=int(row["year"]),
                census_day=date.fromisoformat(row["census_day"]),
                deadline=date.fromisoformat(row["deadline"]) if row["deadline"] else None,
                scope=cast(Literal["return", "dates"], row["scope"]),
                confidence=row["confidence"],
                source=tuple(row["source"].split()),
                note=row["note"],
            )
            for row in rows("years")
        }
    )


def known_years() -> tuple[int, ...]:
    """The years whose structure is known, oldest first."""
    return tuple(year.year for year in years().values() if year.scope == "return")


def years_in_words() -> str:
    """The years whose structure is known, as a sentence has them."""
    *first, last = map(str, known_years())
    return f"{', '.join(first)} and {last}"


@cache
def specification(year: int) -> Specification:
    """The specification of a year's return, as far as public material establishes it.

    Args:
        year: Year of the return, 2023 to 2026.

    Returns:
        Its elements, code lists, formats and tables, each with its sources and how sure it is.

    Raises:
        SEN2Error: Nothing, or its dates alone, is established for the year.
    """
    known = years()
    if year not in known_years():
        why = known[year].note if year in known else "nothing is known of it"
        can = ", ".join(map(str, known_years()))
        raise SEN2Error(f"there is no specification for {year!r} ({why}): take one of {can}")
    return Specification(
        year=known[year],
        elements=_elements(known[year]),
        lists=_lists(year),
        # formats and tables are those of all years: no source knows of one that changed
        formats=MappingProxyType({row["format"]: _format(row) for row in rows("formats")}),
        tables=MappingProxyType({row["table"]: _table(row) for row in rows("tables")}),
        sources=MappingProxyType({row["source"]: row["title"] for row in rows("sources")}),
    )


def rows_of(year: int, name: str, *key: str, told: str) -> list[Row]:
    """The rows of a table that hold in a year: of those with the same key the newest up to it.

    Args:
        year: Year of the return.
        name: Name of the table.
        key: Columns that say what a row is about.
        told: A column without which a row says that what it is about has gone.
    """
    newest: dict[tuple[str, ...], Row] = {}
    for row in rows(name):
        if int(row["since"]) <= year:
            newest[tuple(row[column] for column in key)] = row
    return [row for row in newest.values() if row[told]]


def _elements(year: Year) -> tuple[Element, ...]:
    found = rows_of(year.year, "elements", "parent", "element", told="order")
    found.sort(key=lambda row: int(row["order"]))
    by_parent: dict[str, list[Row]] = {}
    for row in found:
        by_parent.setdefault(row["parent"], []).append(row)
    tables = {row["element"]: row["table"] for row in rows("tables")}
    made: list[Element] = []

    def walk(parent: str, path: str) -> None:
        for row in by_parent.get(parent, ()):
            made.append(_element(row, f"{path}/{row['element']}", year, tables))
            walk(row["element"], f"{path}/{row['element']}")

    walk("Message", "Message")
    return tuple(made)


def _element(row: Row, path: str, year: Year, tables: Mapping[str, str]) -> Element:
    return Element(
        name=row["element"],
        parent=row["parent"],
        path=path,
        # a container is no column: it is a table of its own, or none
        table="" if row["type"] == "container" else tables.get(row["parent"], ""),
        order=int(row["order"]),
        item=row["item"],
        type=row["type"],
        values=row["values"],
        least=int(row["least"]),
        most=int(row["most"]) if row["most"] else None,
        need=row["need"],
        since=int(row["since"]),
        # sources describe the structure of a year as a whole: its elements are as sure as it is
        confidence=year.confidence,
        source=year.source,
        note=row["note"],
    )


def _lists(year: int) -> Mapping[str, CodeList]:
    codes: dict[str, dict[str, Code]] = {}
    for row in rows_of(year, "codes", "list", "code", told="label"):
        codes.setdefault(row["list"], {})[row["code"]] = Code(
            code=row["code"],
            label=row["label"],
            confidence=row["confidence"],
            source=tuple(row["source"].split()),
            note=row["note"],
        )
    return MappingProxyType(
        {
            row["list"]: CodeList(
                name=row["list"],
                title=row["title"],
                codes=MappingProxyType(codes[row["list"]]),
                also_seen=frozenset(row["also_seen"].split()),
                note=row["note"],
            )
            for row in rows("lists")
            # a list has no year of its own: it is there while it has codes
            if row["list"] in codes
        }
    )


def _format(row: Row) -> Format:
    return Format(
        name=row["format"],
        pattern=row["pattern"],
        says=row["says"],
        confidence=row["confidence"],
        source=tuple(row["source"].split()),
        note=row["note"],
    )


def _table(row: Row) -> Table:
    return Table(
        name=row["table"],
        key=row["key"],
        parent=row["parent"],
        element=row["element"],
        module=row["module"],
        title=row["title"],
        blade=row["blade"],
    )
