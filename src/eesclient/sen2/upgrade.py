"""A return in the form of a later year: what moves by itself, what has to be decided, and what is kept aside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from .._classes import frozen
from .calendar import by_path, moved, namesakes
from .errors import SEN2Error
from .returns import KEPT, Header, Return, marked, require_return, schema
from .specification import Element, Specification, specification

REPORT = pl.Schema(
    [
        ("what", pl.String),
        ("table", pl.String),
        ("element", pl.String),
        ("item", pl.String),
        ("records", pl.Int64),
        ("keys", pl.List(pl.UInt32)),
        ("says", pl.String),
    ]
)
"""Columns of `Upgrade.report`."""


@frozen(kw_only=True, repr=False, eq=False)
class Upgrade:
    """A return in the form of a later year, and what became of it; values of persons stand in `return_` and `kept`.

    Attributes:
        return_: The same records in the frames of the later year, with its Year and ReferenceDate.
        report: A row for each element that something is to be said of: `what`, `table`, `element`, `item`, `records`
            (how many) and `keys` (which, by the key of the table), `says`. `what` is `header` (Year, ReferenceDate),
            `moved`, `decide` (a person has to), `missing` (mandatory now, and absent), `code gone`, or `aside`.
        kept: All that is not in `return_`, as `Return.kept` has it, by tables and keys of the earlier year; `why` is
            also `gone` (an element that the later year lacks) and `order` (elements in an order of their own).
    """

    return_: Return
    report: pl.DataFrame
    kept: pl.DataFrame

    def __repr__(self) -> str:
        counts = f"{self.report.height} rows of report, {self.kept.height:,} values kept aside"
        return f"<{marked(self.return_.synthetic)}Upgrade to {self.return_.year}: {counts}>"

    def to_text(self) -> str:
        """The report in words: counts, and keys of the first records."""
        lines = [f"{'SYNTHETIC: ' if self.return_.synthetic else ''}SEN2 return in the form of {self.return_.year}"]
        for row in self.report.iter_rows(named=True):
            item = f" ({row['item']})" if row["item"] else ""
            keys = ", ".join(map(str, row["keys"][:5])) + (", …" if len(row["keys"]) > 5 else "")
            where = f" [{row['table']} {keys}]" if keys else ""
            lines.append(f"{row['what']}: {row['element']}{item}: {row['says']}: {row['records']:,}{where}")
        return "\n".join(lines)


def upgrade(return_: Return, year: int) -> Upgrade:
    """A return in the form of a later year: nothing is invented, and nothing is lost.

    What moved between the years moves where there is one place for it. Where there are several, or none, or where an
    element has gone, its text is kept aside, and listed. So is all that columns of the earlier year did not hold. Order
    and lines are no longer those of the file. Values stay as they are: that they are of the earlier year (dates,
    outcomes, who has a plan) no form changes.

    Args:
        return_: A return of 2023 to 2025.
        year: A later year, to 2026.

    Returns:
        The return in its new form, a report of what is to be decided, and what was kept aside.

    Raises:
        SEN2Error: The year is not later, or there is no specification for it.
    """
    require_return(return_)
    new = specification(year)
    if year <= return_.year:
        raise SEN2Error(f"a return of {return_.year} cannot be upgraded to {year}: write a later year")
    making = _Upgrading(return_, return_.specification, new)
    found = list(making.told())
    frames: dict[str, Any] = making.frames
    made = Return(
        header=Header(collection=return_.header.collection, year=year, reference_date=making.new.year.census_day),
        synthetic=return_.synthetic,
        **frames,
    )
    kept = pl.concat([*making.aside, _orders(return_), return_.kept.select(KEPT.names())]).cast(KEPT)
    return Upgrade(return_=made, report=pl.DataFrame(found, schema=REPORT, orient="row"), kept=kept)


_NOWHERE = {name: pl.lit(None, KEPT[name]) for name in ("position", "line")}
"""What is put aside stands at no place of a file."""


def _orders(return_: Return) -> pl.DataFrame:
    return return_.order.select("table", "key", element=pl.lit(""), text="order", why=pl.lit("order"), **_NOWHERE)


Told = tuple[str, str, str, str, int, list[int], str]


class _Upgrading:
    """The frames of the later year while they are filled, and what is put aside meanwhile."""

    def __init__(self, return_: Return, old: Specification, new: Specification) -> None:
        self.return_, self.old, self.new = return_, old, new
        self.before, self.after = by_path(old), by_path(new)
        self.frames = {name: self._fitted(name) for name in new.tables}
        self.aside: list[pl.DataFrame] = []

    def _fitted(self, table: str) -> pl.DataFrame:
        frame = self.return_.frames[table]
        wanted = schema(table, self.new.year.year)
        return frame.select(
            pl.lit(None, type_).alias(name) if name not in frame.columns or name == "line" else pl.col(name)
            for name, type_ in wanted.items()
        )

    def told(self) -> Iterator[Told]:
        """What became of it, row by row; the frames are whole when all rows were told."""
        yield from self._header()
        paths = moved(self.old, self.new)
        for element in self.old.elements:
            if element.table and element.path in paths:
                yield from self._moved(element, self.after[paths[element.path]])
            elif element.table and element.path not in self.after:
                yield from self._gone(element)
        yield from self._missing()
        yield from self._codes()
        yield from self._kept()

    def _header(self) -> Iterator[Told]:
        before, after = self.return_.header, self.new.year
        yield ("header", "", "Year", "", 1, [], f"{before.year} is now {after.year}")
        yield ("header", "", "ReferenceDate", "", 1, [], f"{before.reference_date} is now {after.census_day}")

    def _row(self, what: str, element: Element, keys: pl.Series, says: str) -> Iterator[Told]:
        if keys.len():
            yield (what, element.table, element.name, element.item, keys.len(), keys.to_list(), says)

    def _moved(self, element: Element, target: Element) -> Iterator[Told]:
        """An element that went into the only child of a kind; where there are more, or none, it has to be decided."""
        above, below = self.old.tables[element.table], self.new.tables[target.table]
        given = self._given(element)
        alone = pl.Series(above.key, [], pl.UInt32)
        if below.parent == above.name:
            parents = self.frames[below.name][above.key]
            # with two places for it, which one it belongs to is for a person to say
            alone = parents.filter(parents.is_unique())
        moving = given.filter(pl.col(above.key).is_in(alone.implode()))
        value = moving.select(above.key, pl.col(element.name).alias(target.name))
        frame = self.frames[below.name]
        joined = frame.drop(target.name).join(value, on=above.key, how="left", maintain_order="left")
        self.frames[below.name] = joined.select(frame.columns)
        yield from self._row("moved", element, moving[above.key], f"moved to {target.parent}, of which there is one")
        rest = given.filter(~pl.col(above.key).is_in(alone.implode()))
        self._put_aside(element, rest)
        says = f"moved to {target.parent}, of which there is not exactly one: decide which one has it"
        yield from self._row("decide", element, rest[above.key], says)

    def _gone(self, element: Element) -> Iterator[Told]:
        given = self._given(element)
        self._put_aside(element, given)
        # an element with the same item number may be its successor, with other codes: nothing is translated
        instead = namesakes(element, self.after, self.before)
        keys = given[self.old.tables[element.table].key]
        if instead:
            says = f"no longer in the return; {instead[0]} has its item number, and other codes: decide what it says"
            yield from self._row("decide", element, keys, says)
        else:
            yield from self._row("aside", element, keys, "no longer in the return")

    def _given(self, element: Element) -> pl.DataFrame:
        return self.return_.frames[element.table].filter(pl.col(element.name).is_not_null())

    def _put_aside(self, element: Element, frame: pl.DataFrame) -> None:
        texts = {"element": pl.lit(element.name), "text": pl.col(element.name).cast(pl.String), "why": pl.lit("gone")}
        key = self.old.tables[element.table].key
        self.aside.append(frame.select(table=pl.lit(element.table), key=pl.col(key), **texts, **_NOWHERE))

    def _missing(self) -> Iterator[Told]:
        """Elements that were not mandatory, and now are, in records that have none."""
        for element in self.new.elements:
            if element.table and _is_mandatory(element) and not _is_mandatory(self.before.get(element.path)):
                frame = self.frames[element.table]
                value = pl.col(element.name).cast(pl.String)
                # an empty element says no more than one that is absent
                absent = frame.filter(value.fill_null("") == "")
                says = "mandatory now, and absent" + ("" if element.least else "; which must have it is not known")
                yield from self._row("missing", element, absent[self.new.tables[element.table].key], says)

    def _codes(self) -> Iterator[Told]:
        """Codes that the earlier year has and the later one lacks: they stay as they are."""
        for element in self.new.elements:
            old = self.before.get(element.path)
            # of an element that is new, nothing of the earlier year can stand there
            if element.type == "code" and old and old.type == "code":
                gone = self.old.lists[old.values].accepted - self.new.lists[element.values].accepted
                frame = self.frames[element.table].filter(pl.col(element.name).is_in(sorted(gone)))
                says = f"no longer a code of the year: {', '.join(sorted(gone))}"
                yield from self._row("code gone", element, frame[self.new.tables[element.table].key], says)

    def _kept(self) -> Iterator[Told]:
        """What columns of the earlier year did not hold, and orders of elements."""
        for (table, element, why), rows in _grouped(self.return_.kept, "table", "element", "why"):
            yield ("aside", table, element, "", rows.height, rows["key"].to_list(), f"kept aside as it was: {why}")
        for (table,), rows in _grouped(self.return_.order, "table"):
            says = "elements stood in another order; now they have the year's"
            yield ("aside", table, "", "", rows.height, rows["key"].to_list(), says)


def _is_mandatory(element: Element | None) -> bool:
    return element is not None and (element.need == "mandatory" or element.least > 0)


def _grouped(frame: pl.DataFrame, *by: str) -> Iterable[tuple[tuple[str, ...], pl.DataFrame]]:
    for names, rows in frame.group_by(*by, maintain_order=True):
        yield tuple(map(str, names)), rows
