"""A data file without its metadata file, as found anywhere, becomes what the service's import makes of a CSV pair.

What it reads it reads losslessly, or refuses with line and column. Where the service's own import would refuse a file
for what nobody can mistake, such as `national` for `National` or an empty indicator cell, this one reads it and says
so. What a metadata file would say is inferred by the rules of `kinds.py`; whoever knows better says so by column, and
whatever is not sure is said in notes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import permutations
from pathlib import Path

import attrs
import polars as pl

from .._classes import frozen
from ..errors import DataFileError
from ..models.versions import Version
from ..table.text import column_names
from .csv import LEVEL_COLUMN, MetaRow, TextTable, levels_with_columns
from .holdings import (
    DataSetDescription,
    DataSetHolding,
    Holdings,
    VersionDescription,
    VersionHolding,
    in_words,
    publication,
    release,
    stable_id,
)
from .ids import Numbering
from .ingest import VersionData, import_table
from .kinds import Kinds, infer_kinds
from .loose_csv import STANDARD, read_loose_table


@frozen(kw_only=True, eq=False)
class Inferred:
    """A data file read without its metadata file, what was put right and inferred, and the kinds of its columns."""

    data: VersionData = attrs.field(repr=False)
    notes: tuple[str, ...]
    kinds: Kinds


def infer_data(
    name: str, data: bytes, *, labels: Mapping[str, str] | None = None, kinds: Kinds | None = None
) -> Inferred:
    """Read a data file without its metadata file; `labels` and `kinds` go before what is inferred."""
    notes: list[str] = []
    table = read_loose_table(name, data, notes)
    chosen, labels = infer_kinds(table, kinds or {}, notes), labels or {}
    given: Iterable[tuple[object, object]] = labels.items()
    for column, label in given:
        if not isinstance(column, str) or not isinstance(label, str | None):
            message = f"labels= has {column!r}: {label!r}, but columns and their labels are text: write them in quotes"
            raise DataFileError(message, file=name)
    rows = tuple(
        MetaRow(column=column, type="Filter" if kind == "filter" else "Indicator", label=labels.get(column) or column)
        for column, kind in chosen.items()
        if kind != "ignored"
    )
    # the import knows columns by DuckDB's names, to which upper and lower case are the same
    called = dict(zip(column_names(table.columns), table.columns, strict=True))
    for row in rows if all(row.column in called for row in rows) else ():
        if called[row.column] != row.column:
            problem = f"is what the service calls {called[row.column]!r} too, beside one that differs in case alone"
            raise table.refuse(f"{problem}: rename one", column=row.column)
    notes += [
        *read_otherwise(table, [column for column, kind in chosen.items() if kind == "indicator"]),
        *_rows_alike(table, chosen),
        *_groupings(table, chosen),
        *_unknown(table, chosen, labels),
    ]
    return Inferred(data=import_table(table, rows, Numbering()), notes=tuple(notes), kinds=chosen)


# Notes


def read_otherwise(table: TextTable, indicators: Iterable[str]) -> Iterator[str]:
    """What the service's import would refuse, and is read: levels without columns, rows without place, empty cells."""
    for level in levels_with_columns(table):
        label = level.columns.label
        there = [column for column in level.columns.all if column in table.columns]
        missing = [column for column in level.columns.all if column not in table.columns]
        if missing:
            yield f"{label}: {', '.join(missing)} is not there, so {', '.join(there)} alone tell places apart."
        blank = table.select(there).select(pl.any_horizontal(pl.all() == "")).to_series()
        lost = (table[LEVEL_COLUMN] == label) & blank
        if lost.any():
            yield (
                f"{label}: {lost.sum():,} rows of this level have no location, as a cell of {', '.join(there)} is "
                f"empty; the first is in line {table.first_line(lost)}."
            )
    for column in indicators:
        empty = table[column] == ""
        if empty.any():
            line = table.first_line(empty)
            yield f"{column} has {empty.sum():,} empty cells, the first in line {line}; they are read as empty."


def _rows_alike(table: TextTable, kinds: Kinds) -> Iterator[str]:
    keys = [column for column in table.columns if column in STANDARD or kinds.get(column) == "filter"]
    alike = table.select(keys).is_duplicated()
    if alike.any():
        yield (
            f"{alike.sum():,} rows are alike in all but their indicators, the first in line {table.first_line(alike)}: "
            "a column that was not taken for a filter may tell them apart."
        )


def _groupings(table: TextTable, kinds: Kinds) -> Iterator[str]:
    """Filters that may only group the options of another, as a metadata file's grouping columns do."""
    options = {column: table[column].n_unique() for column, kind in kinds.items() if kind == "filter"}
    for column, other in permutations(options, 2):
        if not 1 < options[column] < options[other]:
            continue
        if table.select((column, other)).n_unique() == options[other]:
            yield (
                f"Every option of {other} has one {column} only, which may be no filter but a grouping of its "
                f"options; kinds={{{column!r}: 'ignored'}} leaves it out."
            )


def _unknown(table: TextTable, kinds: Kinds, labels: Mapping[str, str]) -> Iterator[str]:
    used = [column for column, kind in kinds.items() if kind != "ignored"]
    stray = [column for column in labels if column not in used and column not in STANDARD]
    if stray:
        yield f"Labels of columns that are not in use: {', '.join(stray)}."
    nameless = [column for column in used if not labels.get(column)]
    if nameless:
        which = "Filters and indicators" if len(nameless) == len(used) else ", ".join(nameless)
        yield f"Called by their columns, as nothing says their labels: {which}."
    has_indicators = "indicator" in kinds.values()
    yield (
        "Units and decimal places of the indicators are not known." if has_indicators else "No column is an indicator."
    )


def load_lone(
    path: Path, *, labels: Mapping[str, str] | None, kinds: Kinds | None
) -> tuple[Holdings, str, tuple[str, ...]]:
    """Load a data file as a data set of its own; the second part is its address, the third what was inferred."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataFileError(f"cannot be read ({error}): check the file", file=path.name) from error
    inferred = infer_data(path.name, data, labels=labels, kinds=kinds)
    given = repr((sorted((labels or {}).items()), sorted((kinds or {}).items())))
    # answers that a store keeps are those of the same bytes, read the same way
    digest = hashlib.sha256(hashlib.sha256(data).digest() + given.encode()).hexdigest()[:16]
    origin = f"{path.resolve().as_uri()}/{digest}"
    return holdings_of(path.name.partition(".")[0] or path.name, inferred), origin, inferred.notes


def holdings_of(name: str, inferred: Inferred) -> Holdings:
    """A data file as a data set at version 1.0 of a publication of its own; its notes are those of the version."""
    title, summary = in_words(name), f"Data file {name}, read without a metadata file."
    held_in = publication(stable_id("lone-publication", name), title, summary)
    about = DataSetDescription(id=stable_id("lone", name), title=title, summary=summary, publication_id=held_in.id)
    version = VersionDescription(
        version=Version(1, 0),
        file_id=stable_id("lone-file", name),
        release=release(inferred.data.periods[-1].label),
        notes="\n".join(inferred.notes),
    )
    held = DataSetHolding(about=about, versions=(VersionHolding(about=version, data=inferred.data),))
    return Holdings(publications=(held_in,), data_sets={about.id: held})
