"""What must hold of a return's frames before it is written: nothing in them would be lost, and nothing stands twice."""

from __future__ import annotations

import polars as pl

from .errors import SEN2Error, shown
from .returns import Return, schema

# a return's days have four digits for the year, in XML and in Blade; those of Polars may have more, or a sign
_LAST_DAY = pl.date(9999, 12, 31)
_FIRST_DAY = pl.date(1, 1, 1)


def check_frames(return_: Return) -> None:
    """Have the frames hold together: the year's columns, keys that are there once, and parents for all children.

    Raises:
        SEN2Error: They do not; the table, keys and columns are named.
    """
    spec = return_.specification
    for name, frame in return_.frames.items():
        table = spec.tables[name]
        _check_columns(name, frame, return_.year)
        _check_keys(name, frame[table.key])
        if table.parent:
            parent = spec.tables[table.parent].key
            # writers put children where their parents stand: without one they would be left out in silence
            orphans = frame.join(return_.frames[table.parent].select(parent), on=parent, how="anti", nulls_equal=True)
            if orphans.height:
                raise SEN2Error(
                    f"{name} {shown(orphans[table.key])} belong to {table.parent} that are not there: "
                    f"take them out too, or put those back"
                )
        _check_dates(name, table.key, frame)
    for name in ("kept", "order"):
        _check_places(return_, name)


def place(rows: pl.DataFrame) -> str:
    """The record and the element that the first of some rows of `Return.kept` is about."""
    first = rows.row(0, named=True)
    return f"{first['table'] or 'Message'} {first['key']}, {first['element']}"


def _check_columns(name: str, frame: pl.DataFrame, year: int) -> None:
    wanted = schema(name, year)
    if dict(frame.schema) == dict(wanted):
        return
    wrong = [f"{column} is missing" for column in wanted if column not in frame.columns]
    wrong += [f"{column} is none of {year}" for column in frame.columns if column not in wanted]
    wrong += [
        f"{column} is {kind}, not {wanted[column]}"
        for column, kind in frame.schema.items()
        if column in wanted and kind != wanted[column]
    ]
    raise SEN2Error(f"{name} has not the columns of a return of {year}: {'; '.join(wrong)}")


def _check_keys(name: str, keys: pl.Series) -> None:
    if keys.null_count():
        raise SEN2Error(f"{name} has {keys.null_count()} records without a key in {keys.name!r}: number them")
    if keys.n_unique() < keys.len():
        raise SEN2Error(
            f"{name} has records with the same key in {keys.name!r}: {shown(keys.filter(keys.is_duplicated()))}"
        )


def _check_dates(name: str, key: str, frame: pl.DataFrame) -> None:
    for column, kind in frame.schema.items():
        if kind == pl.Date:
            beyond = frame.filter(~pl.col(column).is_between(_FIRST_DAY, _LAST_DAY))
            if beyond.height:
                raise SEN2Error(f"{name} {shown(beyond[key])}, {column}: a date whose year has not four digits")


def _check_places(return_: Return, which: str) -> None:
    """Have what was kept, or the order of elements, be about records that are there."""
    frame: pl.DataFrame = getattr(return_, which)
    if not frame.height:
        return
    spec = return_.specification
    known = [table.select(name=pl.lit(name), number=spec.tables[name].key) for name, table in return_.frames.items()]
    # the message, its header and its list of persons
    known.append(pl.DataFrame({"name": "", "number": 0}, schema_overrides={"number": pl.UInt32}))
    lost = frame.join(pl.concat(known), left_on=["table", "key"], right_on=["name", "number"], how="anti")
    if lost.height:
        table, numbers = lost["table"][0], lost.filter(pl.col("table").eq_missing(lost["table"][0]))["key"]
        raise SEN2Error(f"`{which}` speaks of {table} {shown(numbers)}, which are not there: take those rows out too")
