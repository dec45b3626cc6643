"""Synthetic returns of any size: made up, marked so in their header, and the same bytes for a seed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import polars as pl

from ..errors import SEN2Error, require_authority
from ..returns import Header, Return, schema
from ..specification import specification
from . import records
from .planting import Planting, counted

PERSONS_MOST = 10_000_000
"""A UPN has seven digits for a pupil of an authority's schools."""


def demo(
    persons: int = 100,
    *,
    year: int = 2025,
    seed: int = 1,
    authority: str = "999",
    faults: Iterable[str] | Mapping[str, int] = (),
) -> Return:
    """A synthetic return: plausible, of nobody, and in keeping with every established rule.

    Names count (`Surname000001`), postcodes are of the district ZZ99, which is nowhere, and numbers of schools and of
    learners are outside the ranges in use. All that is not history happened in the calendar year before its census
    day. Its SoftwareCode says `SYNTHETIC`.

    Args:
        persons: How many persons, 1 to 10 million.
        year: Year of the return, 2023 to 2026.
        seed: Returns with the same arguments are the same, on every machine; another seed draws others.
        authority: Three digits of the authority.
        faults: Rules to be broken, by their ids (`["K27", "G13"]`), or how often each is (`{"K27": 3}`). Each fault is
            in the records of a person who has no other, and breaks that rule alone; see `plantable`.

    Raises:
        SEN2Error: No such year, number of persons, code of an authority or rule, or too few persons for the faults.
    """
    spec = specification(year)
    if not 1 <= persons <= PERSONS_MOST:
        raise SEN2Error(f"persons={persons}: a return has 1 to {PERSONS_MOST:,} persons")
    require_authority(authority)
    faults = [faults] if isinstance(faults, str) else faults
    # days are numbers while records are drawn: draws are numbers, and days are reckoned with
    first, last = ((date(year - 1, *day) - date(1970, 1, 1)).days for day in ((1, 1), (12, 31)))
    making = records.Making(spec=spec, seed=seed, authority=authority, first=first, last=last)
    header = Header(collection="SEN2", year=year, reference_date=spec.year.census_day)
    planting = Planting(spec=spec, last=last, header=header, frames=records.frames(making, persons))
    planting.plant(counted(faults, year))
    frames: dict[str, Any] = {name: _fit(frame, schema(name, year)) for name, frame in planting.frames.items()}
    kept, order = pl.concat(planting.kept), pl.concat(planting.order)
    return Return(header=planting.header, synthetic=True, kept=kept, order=order, **frames)


def _fit(frame: pl.DataFrame, wanted: pl.Schema) -> pl.DataFrame:
    """The columns that the year has, in their order: what was not drawn is absent."""
    drawn = frame.select(name for name in wanted if name in frame.columns)
    absent = [pl.lit(None, type_).alias(name) for name, type_ in wanted.items() if name not in frame.columns]
    # days are counted from 1970 while they are reckoned with
    days = pl.selectors.by_dtype(pl.Int64).cast(pl.Int32)
    return drawn.with_columns(days).with_columns(absent).select(list(wanted)).cast(wanted)
