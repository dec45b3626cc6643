"""Plain checks of our own: days that follow each other, and what should stand once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl

from .declared import Rule
from .ground import Ground, Test, ranked, tests
from .places import places

CHECK_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
"""Check letters of UPNs by their number, 0 to 22: I, O and S are left out."""


@tests("O01")
def birth(ground: Ground, _: Rule) -> Iterator[Test]:
    """Nobody is born after the census."""
    says = f"a day up to {ground.census}, the census day, is expected"
    yield Test("persons", "PersonBirthDate", pl.col("PersonBirthDate") > ground.census, says)


@tests("O02")
def request_order(ground: Ground, _: Rule) -> Iterator[Test]:
    """A request comes before its outcome, and that before the assessment's."""
    says = "RequestOutcomeDate is expected on or after ReceivedDate"
    yield Test("requests", "RequestOutcomeDate", ground.out_of_order("requests"), says)
    says = "AssessmentOutcomeDate is expected on or after RequestOutcomeDate and ReceivedDate"
    yield Test("assessments", "AssessmentOutcomeDate", ground.out_of_order("assessments"), says)


@tests("O03")
def placement_order(ground: Ground, _: Rule) -> Iterator[Test]:
    """A placement begins before it ends."""
    wrong = ground.past("LeavingDate") < ground.past("EntryDate")
    yield Test("placements", "LeavingDate", wrong, "LeavingDate is expected on or after EntryDate")


@tests("O04")
def plan_order(ground: Ground, _: Rule) -> Iterator[Test]:
    """A plan begins before it ceases."""
    wrong = ground.past("CeaseDate") < ground.past("StartDate")
    yield Test("named_plans", "CeaseDate", wrong, "CeaseDate is expected on or after StartDate")


@tests("O05")
def not_yet(ground: Ground, _: Rule) -> Iterator[Test]:
    """Days that had not come when the file was made."""
    # a birth is judged by O01, and a transfer may be due after the census
    left_out = {"PersonBirthDate", "PhaseTransferDueDate"}
    for element in ground.spec.elements:
        if element.type == "date" and element.table and element.name not in left_out and ground.sent:
            says = f"a day up to {ground.sent}, that of the file, is expected"
            yield Test(element.table, element.name, pl.col(element.name) > ground.sent, says)


def _again(frame: pl.DataFrame, column: str) -> pl.Series:
    """Whether a value stood in an earlier record."""
    return frame.select(pl.col(column).is_not_null() & ~pl.col(column).is_first_distinct()).to_series()


@tests("O06")
def same_number(ground: Ground, rule: Rule) -> Iterator[pl.DataFrame]:
    """Two records of a person, or a number that belongs to another."""
    persons = ground.plain["persons"]
    told = pl.Series([False], dtype=pl.Boolean).new_from_index(0, persons.height)
    for name in rule.elements:
        again = _again(persons, name) & ~told
        told |= again
        if again.any():
            # the finding names the other person's key, and never the number that both have
            firsts = persons.select(name, first="person").unique(name, keep="first", maintain_order=True)
            found = persons.filter(again).join(firsts, on=name, how="left", maintain_order="left")
            says = pl.format(f"a {name} of its own is expected, and person {{}} has the same", "first")
            yield places(found, "persons", name, says, key="person")


@tests("O07")
def same_need(ground: Ground, _: Rule) -> Iterator[Test]:
    """The second need of a plan is another one."""
    again = ~pl.struct("active_plan", "SENtype").is_first_distinct() & pl.col("SENtype").is_not_null()
    yield Test("sen_needs", "SENtype", again, "two needs of different types are expected")


@tests("O08")
def second_alone(ground: Ground, _: Rule) -> Iterator[pl.DataFrame]:
    """A second setting goes with a first one."""
    for table in ("plan_details", "placements"):
        parent = ground.key(ground.spec.tables[table].parent)
        lone = ranked(ground, table, "PlacementRank").filter(
            (pl.col("second") > 0) & (pl.col("first") == 0) & pl.col("all_ranked")
        )
        second = ground.plain[table].join(lone.select(parent), on=parent, how="semi", maintain_order="left")
        found = second.unique(parent, keep="first", maintain_order=True)
        says = "a setting of PlacementRank 1 is expected beside one of 2"
        yield places(found, table, "PlacementRank", says, key=ground.key(table))


@tests("O09")
def too_old(ground: Ground, _: Rule) -> Iterator[Test]:
    """Plans end, at the latest, with the academic year of the twenty-fifth birthday."""
    end = date(ground.census.year, 8, 31)
    old = pl.col("PersonBirthDate") <= end.replace(year=end.year - 26)
    wrong = old & ~pl.col("ended").fill_null(value=False)
    says = f"an age up to 25 on {end} is expected of who has an open plan"
    yield Test("active_plans", "PersonBirthDate", wrong, says)


@tests("O10")
def same_setting(ground: Ground, rule: Rule) -> Iterator[pl.DataFrame]:
    """A setting of a plan that stands twice, word for word."""
    for table in ("plan_details", "placements"):
        key, parent = ground.key(table), ground.key(ground.spec.tables[table].parent)
        # two records may differ in what columns could not hold
        odd = ground.kept.filter(pl.col("table") == table)
        frame = ground.plain[table].filter(pl.col(parent).is_duplicated())
        frame = frame.filter(~pl.col(key).is_in(odd["key"].implode()))
        again = ~pl.struct(pl.exclude(key, "line")).is_first_distinct()
        (element,) = (name for name in rule.elements if name == ground.spec.tables[table].element)
        says = f"{element} is expected to differ from the others of its plan"
        yield places(frame.filter(again), table, element, says, key=key)


@tests("O11")
def check_letter(ground: Ground, _: Rule) -> Iterator[Test]:
    """The first letter of a UPN follows from what is behind it: positions 2 to 13, each by its number, modulo 23."""
    upn = pl.col("UPN").str.to_uppercase()
    whole = upn.str.contains("^[A-Z][0-9]{11}[0-9A-Z]$")
    number, last = pl.when(whole).then(upn.str.slice(1, 11)).cast(pl.Int64), upn.str.slice(12, 1)
    letter = last.replace_strict(list(CHECK_LETTERS), range(len(CHECK_LETTERS)), default=None, return_dtype=pl.Int64)
    total = pl.sum_horizontal(number // 10 ** (12 - place) % 10 * place for place in range(2, 13))
    total += 13 * pl.coalesce(last.cast(pl.Int64, strict=False), letter)
    expected = (total % 23).replace_strict(range(23), list(CHECK_LETTERS), default=None, return_dtype=pl.String)
    wrong = whole & expected.ne_missing(upn.str.slice(0, 1))
    yield Test("persons", "UPN", wrong, "a check letter that fits the digits of the UPN is expected")
