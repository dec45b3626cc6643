"""The tables of `docs/sen2-specification.md`, made of the tables that the package ships.

`python -m tests.sen2.pages --write` puts them between the page's marks, and `test_pages.py` compares.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import polars as pl

from eesclient import sen2
from tests.doors.sen2 import SEVERITIES, Specification, rows

PAGE = Path(__file__).resolve().parents[2] / "docs" / "sen2-specification.md"
YEARS = (2023, 2024, 2025, 2026)
MARKED = re.compile(r"(?<=<!-- table: )(\w+)( -->\n)(.*?)(?=<!-- end -->)", re.DOTALL)


def table(heads: Iterable[str], lines: Iterable[Iterable[object]]) -> str:
    """Return a table in Markdown."""
    heads = list(heads)
    cells = [[str("" if cell is None else cell).replace("|", "\\|") for cell in line] for line in lines]
    made = [heads, ["---"] * len(heads), *cells]
    return "".join(f"| {' | '.join(line)} |\n" for line in made)


def calendar() -> str:
    """Return census days and deadlines."""
    frame = sen2.calendar().select("year", "census_day", "deadline", "scope", "confidence", "source", "note")
    heads = ("Year", "Census day", "Deadline", "Known", "Confidence", "Sources", "Note")
    return table(heads, frame.rows())


def sources() -> str:
    """Return the sources."""
    return table(("Key", "Source", "What it gives"), ((r["source"], r["title"], r["gives"]) for r in rows("sources")))


def elements() -> str:
    """Return the elements with their item numbers, or a dash where a year has none."""
    specs: dict[int, Specification] = {year: sen2.specification(year) for year in YEARS}
    held: dict[tuple[str, str], dict[int, str]] = {}
    kinds: dict[tuple[str, str], str] = {}
    for year, spec in specs.items():
        for element in (e for e in spec.elements if e.type != "container"):
            place = (element.parent, element.name)
            need = {"mandatory": " m", "voluntary": " v"}.get(element.need, "")
            held.setdefault(place, {})[year] = f"{element.item or '+'}{need}"
            kinds[place] = f"code: {element.values}" if element.type == "code" else element.type
    order = {e.name: at for at, e in enumerate(specs[2026].elements)}
    places = sorted(held, key=lambda place: order[place[0]])
    lines = (
        (parent, name, kinds[parent, name], *(held[parent, name].get(y, "–") for y in YEARS)) for parent, name in places
    )
    return table(("In", "Element", "Type", *map(str, YEARS)), lines)


def changes() -> str:
    """Return what changed between years, but for new numbers of items."""
    lines: list[tuple[object, ...]] = []
    for before, after in pairwise(YEARS):
        found = sen2.changes(before, after).filter(pl.col("what") != "renumbered")
        lines += [(f"{before} to {after}", *row) for row in found.select("what", "element", "before", "after").rows()]
    return table(("Years", "What", "Element", "Before", "After"), lines)


def lists() -> str:
    """Return the code lists of all years; of long ones, how many codes they have."""

    def codes(name: str, year: int) -> str:
        found = sen2.specification(year).lists.get(name)
        if found is None or not any(e.values == name for e in sen2.specification(year).elements):
            return "–"
        return " ".join(found.codes) if len(found.codes) <= 15 else f"{len(found.codes)} codes"

    def lines() -> Iterator[tuple[str, ...]]:
        for row in rows("lists"):
            by_year = {year: codes(row["list"], year) for year in YEARS}
            for year, said in by_year.items():
                if said != by_year.get(year - 1, "–"):
                    last = next((y for y in YEARS if y > year and by_year[y] != said), YEARS[-1] + 1) - 1
                    yield row["list"], row["title"], f"{year} to {last}" if last > year else f"{year}", said

    return table(("List", "What its codes say", "Years", "Codes"), lines())


def disputed() -> str:
    """Return what sources differ in, element by element, list by list and format by format."""
    spec = sen2.specification(2026)
    lines = [(e.item, f"`{e.name}` in {e.parent}", e.note) for e in spec.elements if e.note]
    lines += [("", f"list `{name}`", held.note) for name, held in spec.lists.items() if held.note]
    lines += [("", f"format `{name}`", held.note) for name, held in spec.formats.items() if held.note]
    return table(("Item", "About", "What they differ in"), lines)


def rule_counts() -> str:
    """Return how many rules each year has of each severity."""
    by_year = {year: dict(sen2.rules(year)["severity"].value_counts().iter_rows()) for year in YEARS}
    lines: list[tuple[object, ...]] = [
        (name, says, *(by_year[year].get(name, 0) for year in YEARS)) for name, says in SEVERITIES.items()
    ]
    lines.append(("the department's own", "its numbered validation rules", *([0] * len(YEARS))))
    return table(("Severity", "What it is", *map(str, YEARS)), lines)


def untested() -> str:
    """Return rules that no return can be tested by."""
    frame = sen2.rules(2026).filter(~pl.col("tested")).select("rule", "says", "untested")
    return table(("Rule", "What it says", "Why it is not tested"), frame.rows())


def guide() -> str:
    """Return what the guide says, as rules of 2026."""
    frame = sen2.rules(2026).filter(severity="guide")
    lines = (
        (row["rule"], row["confidence"], row["says"], " ".join(row["sources"]), row["note"])
        for row in frame.iter_rows(named=True)
    )
    return table(("Rule", "Confidence", "What it says", "Sources", "What it leaves out, or infers"), lines)


def figures() -> str:
    """Return how well columns of the published files are known to be counts of a return."""
    frame = sen2.summarise(sen2.demo(50, year=2025))
    counted = frame.filter(pl.col("why_not").is_null() | pl.col("why_not").str.contains("nothing to take"))
    by_file = {name: part for (name,), part in counted.group_by("file", maintain_order=True)}
    lines = [
        (name, part.height, *(part.filter(confidence=mark).height for mark in "ABC"))
        for name, part in sorted(by_file.items())
    ]
    return table(("File", "Columns counted", "A", "B", "C"), lines)


TABLES: dict[str, Callable[[], str]] = {
    made.__name__: made
    for made in (calendar, sources, elements, changes, lists, disputed, rule_counts, untested, guide, figures)
}


def written(page: str) -> str:
    """Return the page with its tables as they are now."""
    return MARKED.sub(lambda found: f"{found[1]}{found[2]}\n{TABLES[found[1]]()}\n", page)


if __name__ == "__main__" and "--write" in sys.argv:
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
