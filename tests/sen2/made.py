"""Small returns made of frames, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

import polars as pl

from tests.doors.sen2 import KEPT, ORDER, Header, Return, schema, specification

Columns = Mapping[str, Sequence[object]]


def frame(table: str, year: int, columns: Columns) -> pl.DataFrame:
    """Return a table's frame; columns that are not given are absent in all records, and keys count from 1."""
    wanted = schema(table, year)
    height = max((len(values) for values in columns.values()), default=0)
    key = specification(year).tables[table].key
    given = {key: list(range(1, height + 1)), **columns}
    assert set(given) <= set(wanted)
    return pl.DataFrame({name: given.get(name, [None] * height) for name in wanted}, schema=wanted)


def made(
    year: int = 2025,
    *,
    kept: Sequence[tuple[object, ...]] = (),
    order: Sequence[tuple[object, ...]] = (),
    **tables: Columns,
) -> Return:
    """Return a return with the tables that are given; an authority is there unless one is given."""
    tables = {"authority": {"LEA": ["999"], "SoftwareCode": ["SYNTHETIC"]}, **tables}
    spec = specification(year)
    frames = {name: frame(name, year, tables.get(name, {})) for name in spec.tables}
    return Return(
        header=Header(collection="SEN2", year=year, reference_date=spec.year.census_day),
        kept=pl.DataFrame([(*row, None) for row in kept], schema=KEPT, orient="row"),
        order=pl.DataFrame(list(order), schema=ORDER, orient="row"),
        synthetic=True,
        **frames,
    )


def parsed(text: bytes) -> ET.Element:
    """Return the root of a file that a test wrote."""
    return ET.fromstring(text)  # noqa: S314
