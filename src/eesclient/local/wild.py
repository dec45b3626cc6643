"""A lone CSV file, without a metadata file, becomes data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, TypeAlias

import attrs

from ..errors import DataFileError
from ..models.levels import LEVEL_BY_COLUMN
from .files import read_table
from .ingest import VersionData, ingest

Kind: TypeAlias = Literal["filter", "indicator", "ignored"]
"""What a column is."""

_CELL = re.compile(r"-?[0-9]+(\.[0-9]+)?|[a-z:.~]|low|NA|NULL|")
_STANDARD = ("time_period", "time_identifier", "geographic_level")


@attrs.frozen(kw_only=True, eq=False)
class Wild:
    """What a lone file holds, and what had to be inferred for it."""

    data: VersionData
    notes: tuple[str, ...] = ()
    kinds: Mapping[str, Kind] = attrs.field(factory=dict)


def ingest_wild(name: str, data: bytes, *, labels: Mapping[str, str] = {}, kinds: Mapping[str, Kind] = {}) -> Wild:
    """Read a lone file.

    Args:
        name: Name of the file, for errors.
        data: Its bytes.
        labels: Labels by column.
        kinds: What columns are, where that is known.

    Raises:
        DataFileError: It cannot be read.
    """
    table = read_table(name, data)
    others = [column for column in table.columns if column not in LEVEL_BY_COLUMN and column not in _STANDARD]
    for column in kinds:
        if column not in others:
            raise DataFileError("is no column of the file, or one of the service", file=name, column=column)
    found: dict[str, Kind] = {column: kinds.get(column) or _kind(table.frame[column].to_list()) for column in others}
    rows = [
        f'{column},{kind.capitalize()},"{labels.get(column, column)}"\n'
        for column, kind in found.items()
        if kind != "ignored"
    ]
    meta = "col_name,col_type,label\n" + "".join(rows)
    notes = tuple(f"{column}: taken for a kind of {found[column]}" for column in others if column not in kinds)
    read = ingest(data_name=name, data=data, meta_name=f"{name} (inferred)", meta=meta.encode())
    return Wild(data=read, notes=notes, kinds=found)


def _kind(cells: list[str]) -> Kind:
    return "indicator" if all(_CELL.fullmatch(cell) for cell in cells) else "filter"
