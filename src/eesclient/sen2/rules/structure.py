"""Rules of structure: which records and elements there are, and how many."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from ..specification import Element
from .declared import Rule
from .ground import Ground, Test, tests
from .places import header_place, kept_places


@tests("S01")
def one_source(ground: Ground, _: Rule) -> Iterator[pl.DataFrame]:
    """One Source, and what else a message holds."""
    # a column that a Blade export lacks is no part of the header
    absent = ground.kept.filter((pl.col("why") == "absent") & ~pl.col("element").is_in(_columns(ground)))
    yield kept_places(absent, "one element of this name is expected, and there is none")
    lines = ground.return_.authority["line"].to_list()
    if len(lines) != 1:
        says = f"one Source is expected in the header, and there are {len(lines)}"
        yield header_place("Source", says, lines[1] if lines else None)


def _columns(ground: Ground) -> list[str]:
    return [f"{element.table}/{element.name}" for element in ground.spec.elements]


@tests("S02")
def known_elements(ground: Ground, _: Rule) -> Iterator[pl.DataFrame]:
    """Elements that the year lacks, that stand elsewhere, or that stand twice."""
    why = pl.col("why")
    # a child of the header that is known is judged by what stands in it
    other_case = (pl.col("fits") != pl.col("tag")).fill_null(value=False)
    strange = why.is_in(["unknown", "header"]) & ~other_case & ~_of_header(ground)
    said = (
        pl.when(why == "repeated")
        .then(pl.lit("one element of this name is expected here, and there are more"))
        .otherwise(pl.lit(f"the return of {ground.spec.year.year} has no element of this name here"))
    )
    yield kept_places(ground.kept.filter(strange | (why == "repeated")), said)


def _of_header(ground: Ground) -> pl.Expr:
    known = {e.name for parent in ("Header", "CollectionDetails") for e in ground.spec.children[parent]}
    return (pl.col("why") == "header") & pl.col("tag").is_in(sorted(known))


@tests("S03")
def collection(ground: Ground, _: Rule) -> Iterator[Test | pl.DataFrame]:
    """What the header says of itself, word for word."""
    fixed = {e.name: e.values for e in ground.spec.elements if e.type == "fixed"}
    if ground.return_.header.collection != fixed["Collection"]:
        yield header_place("Collection", f"Collection {fixed['Collection']} is expected")
    level = fixed["SourceLevel"]
    # a tag in other letters is told as N07, not as a level that is wrong
    wrong = pl.col("SourceLevel").ne_missing(pl.lit(level)) & ~_misspelt(ground, "authority", "SourceLevel")
    yield Test("authority", "SourceLevel", wrong, f"SourceLevel {level} is expected")


def _misspelt(ground: Ground, table: str, element: str) -> pl.Expr:
    return pl.col(element).is_null() & ground.given(table, element)


@tests("S04")
def census_day(ground: Ground, _: Rule) -> Iterator[pl.DataFrame]:
    """The header's reference date and year; a date that is none is a fault of format."""
    day = ground.return_.header.reference_date
    if day != ground.census and not ground.header_texts("ReferenceDate").height:
        yield header_place("ReferenceDate", f"the census day {ground.census} is expected")
    year = ground.header_texts("Year").filter(pl.col("text").str.contains("^[0-9]{4}$"))
    yield kept_places(year.head(1), f"{ground.census.year}, the year that the file was read as, is expected")


@tests("S05", "S06", "S07", "S08")
def how_many(ground: Ground, rule: Rule) -> Iterator[Test | pl.DataFrame]:
    """How many children of a kind their parent has: the specification says how many it may have."""
    tables = {table.element: table for table in ground.spec.tables.values()}
    for element in (e for e in ground.spec.elements if e.name in rule.elements and e.type == "container"):
        table = tables[element.name]
        if not table.parent:
            if ground.return_.frames[table.name].height < element.least:
                yield header_place(
                    element.name, f"{_expected(element)} is expected in {element.parent}, and there is none"
                )
            continue
        count = pl.col(table.name)
        wrong = (count < element.least) | (count > element.most if element.most else pl.lit(value=False))
        yield Test(table.parent, element.name, wrong, f"{_expected(element)} is expected in {element.parent}")


def _expected(element: Element) -> str:
    least, most = element.least, element.most
    if most is None:
        return f"at least {least} {element.name}"
    return f"{'at most' if least == 0 else f'{least} to'} {most} {element.name}"


@tests("S09", "S10", "G11")
def elements_given(ground: Ground, rule: Rule) -> Iterator[Test]:
    """Elements without which a record is not whole."""
    for name in rule.elements:
        for element in ground.elements(name):
            yield Test(element.table, name, ~ground.given(element.table, name), f"{name} is expected, and absent")


@tests("S11")
def reviews(ground: Ground, rule: Rule) -> Iterator[Test]:
    """What goes with an annual review, where anything shows that there was one."""
    given = {name: ground.given("active_plans", name) for name in (*rule.elements, "LastReview")}
    reviewed = pl.any_horizontal(given.values())
    for name in rule.elements:
        yield Test("active_plans", name, reviewed & ~given[name], f"{name} is expected where there was a review")


@tests("S12")
def no_longer_voluntary(ground: Ground, rule: Rule) -> Iterator[Test]:
    """Items that were voluntary the year before, where they can be asked of every record."""
    for name in rule.elements:
        for element in ground.elements(name):
            absent = ~ground.given(element.table, name)
            if element.table == "requests":
                # of a request of former years it may never have been asked
                absent &= pl.col("RequestOutcome").ne_missing("H")
            yield Test(element.table, name, absent, f"{name} is expected, and absent")
