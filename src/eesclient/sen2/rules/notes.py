"""Disputed points: what one public source has and another lacks; none of them is told as a fault."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from .declared import Rule
from .ground import Ground, Test, tests
from .places import kept_places, places


@tests("N01")
def order(ground: Ground, _: Rule) -> Iterator[pl.DataFrame]:
    """Records whose elements stand in another order than the year's."""
    element = pl.col("table").replace_strict(_tags(ground), default="Message", return_dtype=pl.String)
    says = "another order of elements is usual; sources differ on it, and it is no error"
    yield places(ground.return_.order, pl.col("table"), element, says, key="key")


def _tags(ground: Ground) -> dict[str, str]:
    return {name: table.element for name, table in ground.spec.tables.items()}


@tests("N02")
def many_placements(_: Ground, __: Rule) -> Iterator[Test]:
    """How many placements a plan has."""
    says = "more than 2 PlacementDetail: one source has at most two, others any number"
    yield Test("active_plans", "PlacementDetail", pl.col("placements") > 2, says)


@tests("N03")
def setting_and_number(ground: Ground, _: Rule) -> Iterator[Test]:
    """A kind of setting beside a number of one."""
    for table in ("plan_details", "placements"):
        urn, ukprn, setting = (ground.given(table, name) for name in ("URN", "UKPRN", "SENSetting"))
        says = "SENSetting beside a URN or UKPRN: one source always has it, the guide one of the three"
        yield Test(table, "SENSetting", setting & (urn ^ ukprn), says)


@tests("N04")
def also_seen(ground: Ground, _: Rule) -> Iterator[Test]:
    """Codes that one source has and others lack."""
    for element in ground.spec.elements:
        if element.type == "code" and element.table:
            list_ = ground.spec.lists[element.values]
            if seen := list_.accepted.difference(list_.codes):
                wrong = pl.col(element.name).is_in(sorted(seen))
                yield Test(element.table, element.name, wrong, "a code that one source alone has", coded=True)


@tests("N05")
def other_placement(_: Ground, __: Rule) -> Iterator[Test]:
    """OTH for a placement of 2023."""
    says = "OTH in a placement: one source has it from 2024 alone"
    yield Test("placements", "SENSetting", pl.col("SENSetting") == "OTH", says)


@tests("N06")
def extended_ethnicity(ground: Ground, rule: Rule) -> Iterator[pl.DataFrame]:
    """Codes of ethnicity that one source lacks, told once."""
    (source,) = rule.source
    (element,) = (e for name in rule.elements for e in ground.elements(name))
    codes = ground.spec.lists[element.values].codes.values()
    extended = [code.code for code in codes if source not in code.source]
    found = ground.plain[element.table].filter(pl.col(element.name).is_in(extended))
    says = f"{found.height:,} persons have an extended code; one source has the main ones alone"
    # once for all: a note on half of the persons would bury what is wrong
    yield places(found.head(1), element.table, element.name, says, key=ground.key(element.table))


@tests("N07")
def tag_case(ground: Ground, _: Rule) -> Iterator[pl.DataFrame]:
    """Tags that differ from those of the year in capital letters alone."""
    says = "a tag in other letters, large or small; its value is kept, but not in its column"
    yield kept_places(ground.kept.filter(pl.col("fits") != pl.col("tag")), says)


@tests("N08")
def empty(ground: Ground, __: Rule) -> Iterator[pl.DataFrame]:
    """Elements without text, told once for each of the year's."""
    for name, frame in ground.return_.frames.items():
        counts = frame.select((pl.col(pl.String) == "").sum())
        for element in counts.columns:
            if count := counts[element][0]:
                first = frame.filter(pl.col(element) == "").head(1)
                yield places(first, name, element, _emptied(count), key=ground.key(name))
    dates = ground.kept.filter(pl.col("why") == "empty")
    for _, rows in dates.group_by("table", "tag", maintain_order=True):
        yield kept_places(rows.head(1), _emptied(rows.height))


def _emptied(count: int) -> str:
    return f"{count:,} records have it without text: read as absent, though no source says so"


@tests("N09")
def beside(ground: Ground, _: Rule) -> Iterator[pl.DataFrame]:
    """Attributes, and text between elements, told once for each kind of record."""
    odd = ground.kept.filter(pl.col("why").is_in(["attribute", "text"]))
    tags = _tags(ground)
    for (table,), rows in odd.group_by("table", maintain_order=True):
        says = f"{rows.height:,} attributes or texts between elements: kept, and read by nothing"
        yield kept_places(
            rows.head(1).with_columns(tag=pl.lit(tags.get(str(table), "Message")), fits=pl.lit(None, pl.String)),
            says,
        )
