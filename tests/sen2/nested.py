"""Returns written down as nested dicts: a record holds its elements, and its children by the names of their tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from eesclient.sen2 import Header, Return, specification, years
from tests.doors.sen2 import schema

Record = Mapping[str, Any]


def made(year: int, persons: Sequence[Record] = (), **source: str) -> Return:
    """Return a return of some persons; keyword arguments are elements of its Source."""
    spec = specification(year)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in spec.tables}

    def add(name: str, record: Record, parent: int) -> None:
        table = spec.tables[name]
        row: dict[str, Any] = {table.key: len(rows[name]) + 1}
        if table.parent:
            row[spec.tables[table.parent].key] = parent
        for key, value in record.items():
            if key not in spec.tables:
                is_date = schema(name, year)[key] == pl.Date
                row[key] = date.fromisoformat(value) if is_date and value is not None else value
        rows[name].append(row)
        for child in spec.tables.values():
            for one in record.get(child.name, ()):
                add(child.name, one, row[table.key])

    add("authority", {"SourceLevel": "L", "LEA": "301", "DMO": "Y", "DCO": "N", **source}, 0)
    for person in persons:
        add("persons", person, 0)
    return Return(
        header=Header(collection="SEN2", year=year, reference_date=years()[year].census_day),
        **{name: pl.DataFrame(found, schema=schema(name, year)) for name, found in rows.items()},
    )
