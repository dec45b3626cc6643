"""A data file without its metadata file, as found anywhere, becomes what the service's import makes of a CSV pair.

What it reads it reads losslessly, or refuses with line and column. What a metadata file would say is inferred by
rules (`wild_kinds`), can be said instead, and stands in notes. Where the service's own import would refuse a file for
what nobody can mistake, such as `national` for `National` or an empty indicator cell, this one reads it and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import attrs

from .._lazy import pl
from .checks import LEVEL_COLUMN, levels_with_columns
from .ingest import VersionData, import_table
from .metafile import MetaRow
from .numbering import Numbering
from .wild_kinds import Kind, column_kinds
from .wild_table import STANDARD, WildTable, read_wild_table

__all__ = ["Kind", "Wild", "ingest_wild"]

Kinds: TypeAlias = Mapping[str, Kind]


@attrs.frozen(kw_only=True, eq=False)
class Wild:
    """A data file that was read without its metadata file.

    Attributes:
        data: What it holds. Its `csv` is the file byte for byte, or written anew in UTF-8 if it had to be put right.
        notes: What was decoded, renamed, left out and inferred, and what cannot be known, in sentences.
        kinds: Kind of each column that is no period, level or location, in the order of the file.
    """

    data: VersionData = attrs.field(repr=False)
    notes: tuple[str, ...]
    kinds: Kinds


def ingest_wild(name: str, data: bytes, *, labels: Mapping[str, str] | None = None, kinds: Kinds | None = None) -> Wild:
    """Read a data file without its metadata file.

    Args:
        name: Name of the file, for errors.
        data: Its bytes: UTF-8, UTF-16 with a byte order mark or Windows-1252, compressed with gzip or not.
        labels: Names in words of filters and indicators, by column; others are called by their columns.
        kinds: What columns are, by column, where the inference is not wanted.

    Raises:
        DataFileError: It cannot be read without guessing, lacks a compulsory column, or `kinds` names no such column.
    """
    notes: list[str] = []
    table = read_wild_table(name, data, notes)
    chosen = column_kinds(table, kinds or {}, notes)
    rows = tuple(_meta_rows(chosen, labels or {}))
    _say_unknowns(table, chosen, labels or {}, notes)
    return Wild(data=import_table(table, rows, Numbering()), notes=tuple(notes), kinds=chosen)


def _meta_rows(kinds: Kinds, labels: Mapping[str, str]) -> list[MetaRow]:
    types = {"filter": "Filter", "indicator": "Indicator"}
    return [
        MetaRow(column=column, type="Filter" if kind == "filter" else "Indicator", label=labels.get(column) or column)
        for column, kind in kinds.items()
        if kind in types
    ]


def _say_unknowns(table: WildTable, kinds: Kinds, labels: Mapping[str, str], notes: list[str]) -> None:
    _say_places(table, notes)
    _say_rows_alike(table, kinds, notes)
    _say_groupings(table, kinds, notes)
    used = {column: kind for column, kind in kinds.items() if kind != "ignored"}
    stray = [column for column in labels if column not in used and column not in STANDARD]
    if stray:
        notes.append(f"Labels of columns that are not in use: {', '.join(stray)}.")
    nameless = [column for column in used if not labels.get(column)]
    if nameless:
        which = "Filters and indicators" if len(nameless) == len(used) else ", ".join(nameless)
        notes.append(f"Called by their columns, as nothing says their labels: {which}.")
    if "indicator" in kinds.values():
        notes.append("Units and decimal places of the indicators are not known.")
    else:
        notes.append("No column is an indicator.")
    for column, kind in kinds.items():
        empty = table.frame[column] == ""
        if kind == "indicator" and empty.any():
            line = table.line(empty.arg_max() or 0)
            notes.append(f"{column} has {empty.sum():,} empty cells, the first in line {line}; they are read as empty.")


def _say_places(table: WildTable, notes: list[str]) -> None:
    """Levels that lack columns, and rows that have no location at their own level."""
    for level in levels_with_columns(table):
        label = level.columns.label
        there = [column for column in level.columns.all if column in table.columns]
        missing = [column for column in level.columns.all if column not in table.columns]
        if missing:
            notes.append(f"{label}: {', '.join(missing)} is not there, so {', '.join(there)} alone tell places apart.")
        blank = pl.any_horizontal(pl.col(column) == "" for column in there)
        lost = table.frame.select((pl.col(LEVEL_COLUMN) == label) & blank).to_series()
        if lost.any():
            line = table.line(lost.arg_max() or 0)
            notes.append(
                f"{label}: {lost.sum():,} rows of this level have no location, as a cell of {', '.join(there)} is "
                f"empty; the first is in line {line}."
            )


def _keys(table: WildTable, kinds: Kinds) -> list[str]:
    filters = [column for column, kind in kinds.items() if kind == "filter"]
    return [column for column in table.columns if column in STANDARD or column in filters]


def _say_rows_alike(table: WildTable, kinds: Kinds, notes: list[str]) -> None:
    alike = table.frame.select(_keys(table, kinds)).is_duplicated()
    if alike.any():
        line = table.line(alike.arg_max() or 0)
        notes.append(
            f"{alike.sum():,} rows are alike in all but their indicators, the first in line {line}: a column that was "
            "not taken for a filter may tell them apart."
        )


def _say_groupings(table: WildTable, kinds: Kinds, notes: list[str]) -> None:
    """Filters that may only group the options of another, as a metadata file's grouping columns do."""
    filters = [column for column, kind in kinds.items() if kind == "filter"]
    options = {column: table.frame[column].n_unique() for column in filters}
    for column in filters:
        for other in filters:
            if not 1 < options[column] < options[other]:
                continue
            if table.frame.select(pl.struct(column, other).n_unique()).item() == options[other]:
                notes.append(
                    f"Every option of {other} has one {column} only, which may be no filter but a grouping of its "
                    f"options; kinds={{{column!r}: 'ignored'}} leaves it out."
                )
