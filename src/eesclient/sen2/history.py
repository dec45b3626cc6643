"""What happened to one person, in order."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from .errors import SEN2Error
from .returns import Return
from .specification import Row, rows

HISTORY = pl.Schema(
    {
        "date": pl.Date,
        "event": pl.String,
        "item": pl.String,
        "table": pl.String,
        "key": pl.UInt32,
        "code": pl.String,
    }
)
"""Columns of a history."""


def history(return_: Return, person: int) -> pl.DataFrame:
    """The events of a person; see `Return.history`."""
    keys = return_.persons["person"]
    if person not in keys.to_list():
        there = f"keys of persons are {keys.min()!r} to {keys.max()!r}" if len(keys) else "it has no persons"
        raise SEN2Error(f"the return has no person {person!r}: {there}")
    held = frames_of(return_, pl.Series([person], dtype=pl.UInt32))
    parts = [part for order, row in enumerate(rows("events")) for part in _events(return_, held, row, order)]
    # what happened on a day stands in the order of the return's modules
    return pl.concat(parts).sort("date", "_order", "key", nulls_last=True).select(list(HISTORY))


def frames_of(return_: Return, persons: pl.Series) -> dict[str, pl.DataFrame]:
    """The nine frames with the records of some persons alone, with their keys; the authority's is whole."""
    held: dict[str, pl.DataFrame] = {}
    for table in return_.specification.tables.values():
        frame = return_.frames[table.name]
        if table.parent:
            above = return_.specification.tables[table.parent].key
            frame = frame.join(held[table.parent].select(above), on=above, how="semi")
        elif table.name == "persons":
            frame = frame.filter(pl.col("person").is_in(persons.implode()))
        held[table.name] = frame
    return held


def _events(return_: Return, held: dict[str, pl.DataFrame], row: Row, order: int) -> Iterator[pl.DataFrame]:
    """The events that a row of `events.csv` tells of, if the year has its element."""
    frame, spec = held[row["table"]], return_.specification
    elements = {element.name: element for element in spec.columns(row["table"])}
    date, code = elements.get(row["date"]), elements.get(row["code"])
    named = date or code
    # the year lacks the element: there is no event to tell of, rather than one without its day
    if named is None or (row["date"] and date is None):
        return
    when = pl.col(row["date"]) if date else pl.lit(None, pl.Date)
    given = pl.col(row["code"]) if code else pl.lit(None, pl.String)
    known = spec.lists[code.values].labels if code and code.values else {}
    # a code of no list is told as it stands: the history is for who may see the frames
    label = given.replace_strict(known, default=given, return_dtype=pl.String)
    # an absent element and an empty one both say that nothing happened
    yield frame.filter(when.is_not_null() | (given != "")).select(
        date=when,
        event=pl.when(given != "")
        .then(pl.format("{}: {}", pl.lit(row["event"]), label))
        .otherwise(pl.lit(row["event"])),
        item=pl.lit(named.item),
        table=pl.lit(row["table"]),
        key=spec.tables[row["table"]].key,
        code=given,
        _order=pl.lit(order),
    )
