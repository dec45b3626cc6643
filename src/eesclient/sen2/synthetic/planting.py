"""Faults put into the frames of a synthetic return, each in records of a person who has no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import attrs
import polars as pl

from ..._classes import define
from ..errors import SEN2Error, did_you_mean
from ..returns import KEPT, ORDER, Header
from ..specification import Specification
from .plants import Frames, Plant, plants


def plantable(year: int) -> tuple[str, ...]:
    """The rules that `demo` can break in a year, by their ids.

    The others are those that no return in memory can break, or that cannot be tested from one.

    Args:
        year: Year of the return, 2023 to 2026.

    Raises:
        SEN2Error: There is no specification for the year.
    """
    return tuple(plants(year))


@define(kw_only=True)
class Planting:
    """A return while faults are planted.

    Attributes:
        spec: Specification of its year.
        last: Last day of the year that it reports on, counted from 1970.
        header: Its header.
        frames: Its frames, with the columns of their making.
        kept: Rows of `Return.kept`.
        order: Rows of `Return.order`.
        used: Persons who have a fault.
    """

    spec: Specification
    last: int
    header: Header
    frames: Frames
    kept: list[pl.DataFrame] = attrs.field(factory=lambda: [pl.DataFrame(schema=KEPT)])
    order: list[pl.DataFrame] = attrs.field(factory=lambda: [pl.DataFrame(schema=ORDER)])
    used: set[int] = attrs.field(factory=set)

    def plant(self, faults: Mapping[str, int]) -> None:
        """Plant faults: first those that change which records there are, so that all others have their last keys."""
        known = plants(self.spec.year.year)
        asked = {rule: known[rule] for rule in faults}
        grown = [rule for rule, plant in asked.items() if plant.how in ("repeat", "drop")]
        for rule in grown:
            self._grow(rule, asked[rule], faults[rule])
        if grown:
            self._number()
        for rule in faults:
            if rule not in grown:
                self._spoil(rule, asked[rule], faults[rule])

    def _grow(self, rule: str, plant: Plant, times: int) -> None:
        chosen = self._chosen(rule, plant, times)
        frame = self.frames[plant.table]
        if plant.how == "drop":
            self.frames[plant.table] = frame.filter(~chosen)
        else:
            self.frames[plant.table] = pl.concat([frame, frame.filter(chosen).with_columns(**plant.sets)])

    def _number(self) -> None:
        """Number all records anew; those that were repeated or dropped have no children."""
        for name, table in self.spec.tables.items():
            above = [self.spec.tables[table.parent].key] if table.parent else []
            frame = self.frames[name].sort(*above, table.key, maintain_order=True)
            numbered = frame.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).alias(table.key))
            # a copy has the key of its original until now: children stay with the original
            new = pl.DataFrame({"old": frame[table.key], "new": numbered[table.key]}).unique("old", keep="first")
            self.frames[name] = numbered
            for child in (c for c in self.spec.tables.values() if c.parent == name):
                held = self.frames[child.name].join(
                    new, left_on=table.key, right_on="old", how="left", maintain_order="left"
                )
                self.frames[child.name] = held.with_columns(pl.col("new").alias(table.key)).drop("new")

    def _spoil(self, rule: str, plant: Plant, times: int) -> None:
        if not plant.table:
            _at_most(rule, times, 1)
            row = pl.DataFrame([attrs.asdict(self.header)]).with_columns(**plant.sets).row(0, named=True)
            self.header = Header(**row)
            return
        chosen = self._chosen(rule, plant, times)
        frame = self.frames[plant.table].with_columns(last=pl.lit(self.last, pl.Int64))
        spoilt = {name: pl.when(chosen).then(value).otherwise(name) for name, value in plant.sets.items()}
        # the year may lack a column that was drawn for others
        spoilt = {name: value for name, value in spoilt.items() if name in frame.columns}
        self.frames[plant.table] = frame.with_columns(**spoilt).drop("last")
        keys = frame.filter(chosen)[self.spec.tables[plant.table].key]
        if plant.kept is not None:
            self._keep(plant, plant.kept, keys)

    def _keep(self, plant: Plant, kept: tuple[str, str, str, int | None], keys: pl.Series) -> None:
        element, text, why, position = kept
        frame = pl.DataFrame({"table": plant.table, "key": keys})
        if plant.how == "order":
            self.order.append(frame.with_columns(order=pl.lit(element)).cast(ORDER))
            return
        texts = {"element": pl.lit(element), "text": pl.lit(text), "why": pl.lit(why)}
        places = {"position": pl.lit(position), "line": pl.lit(None)}
        self.kept.append(frame.with_columns(**texts, **places).cast(KEPT))

    def _chosen(self, rule: str, plant: Plant, times: int) -> pl.Series:
        """Which records of the table are spoilt: those of the first persons without a fault that can be."""
        frame = self.frames[plant.table].with_row_index("row")
        possible = frame.with_columns(can=plant.where(self.frames)).filter("can")
        if "person" in frame.columns:
            # one fault a person: two might hide or cause each other
            taken = pl.Series(sorted(self.used), dtype=pl.UInt32).implode()
            free = ~pl.col("person").is_in(taken)
            possible = possible.filter(free & ~(pl.col("person") - 1).is_in(taken) if plant.of_both else free)
            possible = possible.unique("person", keep="first", maintain_order=True)
        else:
            possible = possible.head(1)
        _at_most(rule, times, possible.height if plant.most is None else min(plant.most, possible.height))
        rows = possible.head(times)
        if "person" in frame.columns:
            self.used |= set(rows["person"])
            self.used |= {person - 1 for person in rows["person"] if plant.of_both}
        return frame["row"].is_in(rows["row"].implode())


def _at_most(rule: str, times: int, most: int) -> None:
    if times > most:
        raise SEN2Error(
            f"{rule} can be planted {most} times in this return, not {times}: ask for fewer, or more persons"
        )


def counted(faults: Iterable[str] | Mapping[str, int], year: int) -> dict[str, int]:
    """How often each rule is to be broken.

    Raises:
        SEN2Error: One of them cannot be.
    """
    asked = dict(faults) if isinstance(faults, Mapping) else dict(Counter(faults))
    known = plantable(year)
    for rule, times in asked.items():
        if rule not in known:
            hint = did_you_mean(rule, known)
            raise SEN2Error(f"faults: {rule!r} is no rule that can be broken in {year} (see plantable({year})){hint}")
        if times < 0:
            raise SEN2Error(f"faults: {rule} cannot be planted {times} times")
    return {rule: times for rule, times in asked.items() if times}
