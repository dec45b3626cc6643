"""The rules tested on a return: what they find, as one frame of places."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from ..returns import Return, may_be_shown
from . import guide, notes, sanity, structure, values
from .declared import Rule
from .ground import TESTERS, Ground, Test, Tester
from .places import places

MODULES = (structure, values, guide, sanity, notes)
"""What declares the testers."""

FINDINGS = pl.Schema(
    {
        "rule": pl.String,
        "severity": pl.String,
        "confidence": pl.String,
        "says": pl.String,
        "table": pl.String,
        "key": pl.UInt32,
        "person": pl.UInt32,
        "element": pl.String,
        "item": pl.String,
        "path": pl.String,
        "line": pl.UInt32,
        "code": pl.String,
    }
)
"""Columns of `Findings.frame`."""


def find(return_: Return, rules: Iterable[Rule]) -> pl.DataFrame:
    """Everything that rules find in a return, rule by rule, each in the order of the records."""
    ground = Ground(return_)
    # tests are gathered first, so that each table is gone over once for all of its rules
    parts = [(rule, part) for rule in rules if not rule.untested for part in _tester(rule)(ground, rule)]
    tested = _all_found(ground, [part for _, part in parts if isinstance(part, Test)])
    found = [(rule, tested.pop(0) if isinstance(part, Test) else part) for rule, part in parts]
    filled = [
        part.with_columns(rule=pl.lit(rule.id), severity=pl.lit(rule.severity), confidence=pl.lit(rule.confidence))
        for rule, part in found
        if part is not None and part.height
    ]
    if not filled:
        return pl.DataFrame(schema=FINDINGS)
    return _placed(ground, pl.concat(filled)).select(FINDINGS.names()).cast(FINDINGS)


def _tester(rule: Rule) -> Tester:
    return TESTERS.get(rule.id) or TESTERS[rule.id[0]]


def _all_found(ground: Ground, tests: list[Test]) -> list[pl.DataFrame | None]:
    """What each test finds, or None; all tests of a table go over it at once."""
    found: dict[int, pl.DataFrame] = {}
    for table in dict.fromkeys(test.table for test in tests):
        of_table = [(number, test) for number, test in enumerate(tests) if test.table == table]
        frame = ground.frame(table)
        masks = frame.select(test.faulty.fill_null(value=False).alias(str(number)) for number, test in of_table)
        # most tests find nothing, which one look at all masks says
        hit = masks.select(pl.all().any()).row(0, named=True)
        for number, test in of_table:
            if hit[str(number)]:
                hit_by = frame.filter(masks[str(number)])
                code = test.element if test.coded else None
                found[number] = places(hit_by, table, test.element, test.says, key=ground.key(table), code=code)
    return [found.get(number) for number in range(len(tests))]


def _placed(ground: Ground, found: pl.DataFrame) -> pl.DataFrame:
    """Findings with the person, the line, and the element's item and path; codes alone that are fit to be shown."""
    people = [
        ground.persons_of(name).select(table=pl.lit(name), key="key", person="person")
        for name in found["table"].unique()
        if name
    ]
    none = pl.DataFrame(schema={"table": pl.String, "key": pl.UInt32, "person": pl.UInt32})
    found = found.join(pl.concat([none, *people]), on=["table", "key"], how="left", maintain_order="left")
    own = _lines(ground, found)
    found = found.join(own, on=["table", "key", "element"], how="left", maintain_order="left")
    found = found.join(_elements(ground), on=["table", "element"], how="left", maintain_order="left")
    found = found.join(_elsewhere(ground), on="element", how="left", maintain_order="left")
    # what was kept has its line already, and stands where it stands
    ours = pl.col("line").is_null()
    found = found.with_columns(
        pl.coalesce(name, pl.when(ours).then(f"other_{name}")).alias(name) for name in ("item", "path")
    )
    found = found.join(_records(ground), on="table", how="left", maintain_order="left")
    return found.with_columns(
        # what was kept knows its own line
        line=pl.coalesce("line", "own"),
        item=pl.col("item").fill_null(""),
        path=pl.coalesce("path", pl.format("{}/{}", pl.col("record").fill_null("Message"), "element")),
        code=pl.when(may_be_shown(pl.col("code"))).then("code"),
    )


def _lines(ground: Ground, found: pl.DataFrame) -> pl.DataFrame:
    """The line of each element at fault; of a child, and of what has no line of its own, the line of its record."""
    parts = [_header_lines(ground)]
    for table in filter(None, found["table"].unique()):
        columns, lines = {e.name for e in ground.spec.columns(table)}, ground.return_.lines(table)
        for (element,), of in found.filter(pl.col("table") == table).group_by("element"):
            name, frame = (str(element), lines) if element in columns else ("line", ground.return_.frames[table])
            at = frame.select(table=pl.lit(table), key=ground.key(table), element=pl.lit(element), own=name)
            parts.append(at.unique("key").join(of, on="key", how="semi"))
    return pl.concat(parts)


def _header_lines(ground: Ground) -> pl.DataFrame:
    """The lines of what is no part of a record; of what is absent, the line of what it is absent from."""
    lines = ground.return_.lines("")
    own: dict[str, int | None] = dict(zip(lines.columns, lines.row(0), strict=True)) if lines.width else {}
    for element in ground.spec.elements:
        if element.parent in own:
            own.setdefault(element.name, own[element.parent])
    return pl.DataFrame(
        [("", 0, name, line) for name, line in own.items()],
        schema={"table": pl.String, "key": pl.UInt32, "element": pl.String, "own": pl.UInt32},
        orient="row",
    )


def _elsewhere(ground: Ground) -> pl.DataFrame:
    """Item and path of the elements whose name stands once in a return: some are judged at another record."""
    named = pl.DataFrame(
        [(e.name, e.item, e.path) for e in ground.spec.elements],
        schema=["element", "other_item", "other_path"],
        orient="row",
    )
    return named.filter(pl.col("element").is_unique())


def _elements(ground: Ground) -> pl.DataFrame:
    """Item and path of each element, by the table that it is a column or a child of."""
    tables = {table.element: name for name, table in ground.spec.tables.items()}
    named = [(tables.get(e.parent, ""), e.name, e.item, e.path) for e in ground.spec.elements]
    # a record itself, for what is about all of it
    named += [(tables[e.name], e.name, e.item, e.path) for e in ground.spec.elements if e.name in tables]
    return pl.DataFrame(named, schema=["table", "element", "item", "path"], orient="row")


def _records(ground: Ground) -> pl.DataFrame:
    paths = {e.name: e.path for e in ground.spec.elements if e.type == "container"}
    records = [(name, paths[table.element]) for name, table in ground.spec.tables.items()]
    return pl.DataFrame(records, schema=["table", "record"], orient="row")
