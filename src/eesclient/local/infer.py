"""A data file without its metadata file, as found anywhere, becomes what the service's import makes of a CSV pair.

What it reads it reads losslessly, or refuses with line and column. Where the service's own import would refuse a file
for what nobody can mistake, such as `national` for `National` or an empty indicator cell, this one reads it and says
so. What a metadata file would say is inferred by written rules. Of the columns that the service does not know by their
names:

1. without any text in them: ignored;
2. called like a location column that the service does not have, such as `la_code`: ignored;
3. with a cell that is neither a number nor a symbol: filter;
4. with numbers that stand for something, not count it (leading zeros, a code or year or age by its heading): filter;
5. all else, so numbers and symbols, or symbols alone: indicator.

Whoever knows better says so by column; whatever is not sure is said in notes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from itertools import permutations
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import attrs
import polars as pl

from ..errors import DataFileError
from ..models.enums import LEVEL_BY_COLUMN
from ..models.versions import Version
from ..table.values import NUMBER
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
from .loose_csv import BLANKS, STANDARD, read_loose_table

Kind: TypeAlias = Literal["filter", "indicator", "ignored"]
"""Use of a column in questions."""

Kinds: TypeAlias = Mapping[str, Kind]
"""Kinds by column."""

SYMBOLS = frozenset(
    {"z", "x", "c", "k", "u", "p", "r", "e", "low", ":", "~", ".", "..", "...", "-", "--", "–", "—", "*", "**", "#"}
    | {"na", "n/a", "nan", "null", "none", "nil", "not available", "not applicable", "suppressed", "#n/a"}
)
"""Texts, in lower case and without brackets, that stand where a number is missing, as producers write them."""

_WRITTEN = r"^[<>≤≥~+−-]?=?\s*-?£?([0-9][0-9,]*(\.[0-9]*)?|\.[0-9]+)\s*(%|pp|m)?$"
_PLACE_ENDS = re.compile(r"(?:(?:new|old)_)?(code|name|id|urn|ukprn|laestab|upin|postcode)")
_STEMS = frozenset(re.sub(r"^(new|old)_|_(code|name|id|urn|ukprn|laestab)$", "", column) for column in LEVEL_BY_COLUMN)
_CODES = frozenset({"code", "id", "urn", "ukprn", "laestab", "estab", "upin", "uid"})
_AGES = frozenset({"age", "year", "cohort", "grade", "month", "week", "quarter"})
_MEASURES = frozenset(
    {"average", "mean", "median", "number", "no", "num", "count", "per", "total", "percent", "percentage", "pc", "rate"}
)


_IN_WORDS: dict[Kind, tuple[str, str]] = {
    "filter": ("a filter", "filters"),
    "indicator": ("an indicator", "indicators"),
    "ignored": ("neither filter nor indicator", "neither filters nor indicators"),
}


def _kinds(table: TextTable, given: Kinds, notes: list[str]) -> dict[str, Kind]:
    """Kind of each column that the service does not know by its name; those given go before what is inferred."""
    others = [column for column in table.columns if column not in STANDARD]
    _check_given(table, given, others)
    kinds: dict[str, Kind] = {}
    for column in others:
        kinds[column], why = (given[column], "") if column in given else _guess(table, column)
        if why:
            notes.append(f"{column} was taken for {_IN_WORDS[kinds[column]][0]}: {why}.")
    for kind, (_, words) in _IN_WORDS.items():
        inferred = [column for column in others if column not in given and kinds[column] == kind]
        if inferred:
            notes.append(f"Without a metadata file, these columns were taken for {words}: {', '.join(inferred)}.")
    return kinds


def _check_given(table: TextTable, given: Kinds, others: list[str]) -> None:
    for column, kind in given.items():
        if column in STANDARD:
            message = "is a column of the service, whose kind cannot be chosen: leave it out of kinds="
        elif column not in others:
            message = f"is not a column of the file, so kinds= cannot say what it is: name one of {', '.join(others)}"
        elif kind not in get_args(Kind):
            message = f"{kind!r} is not a kind: write {', '.join(map(repr, get_args(Kind)))}"
        else:
            continue
        raise DataFileError(message, file=table.name, column=column)


def _guess(table: TextTable, column: str) -> tuple[Kind, str]:
    """Kind of a column, and why where it is not plain."""
    cells = table[column]
    # a cell is plain, or its text without blanks at the ends and brackets as in [x]
    bare = cells.str.strip_chars(BLANKS).alias("bare")
    filled = bare != ""
    if not filled.any():
        return "ignored", "no cell of it has any text"
    if _is_place(column):
        return "ignored", "it is called like a column of locations, and the service has none of that name"
    symbol = bare.str.to_lowercase().str.replace(r"^[\[(](.+)[\])]$", "${1}").is_in(list(SYMBOLS))
    number = bare.str.contains(NUMBER)
    written = bare.str.contains(_WRITTEN) & ~number & ~symbol
    text = filled & ~symbol & ~number & ~written
    numbers = int((number | written).sum())
    if text.any() and not numbers:
        return "filter", ""
    if text.any():
        count, example = int(text.sum()), _example(table, cells, text)
        return "filter", f"{count:,} cells are text such as {example}, {numbers:,} are numbers"
    if not numbers:
        return "indicator", "it has symbols alone, which stand for missing values"
    if not written.any() and (meaning := _meaning(column, bare.filter(number))):
        return "filter", meaning
    odd = written | (number & (cells != bare))
    if not odd.any():
        return "indicator", ""
    count, example = int(odd.sum()), _example(table, cells, odd)
    why = f"{count:,} of its numbers are written otherwise, such as {example}, and stay text beside the values"
    return "indicator", why


def _example(table: TextTable, cells: pl.Series, marked: pl.Series) -> str:
    row = marked.arg_max() or 0
    return f"{cells[row]!r} in line {table.line(row)}"


def _is_place(column: str) -> bool:
    stem, _, end = column.lower().rpartition("_")
    stem = re.sub(r"^(new|old)_|_(new|old)$", "", stem)
    return stem in _STEMS and _PLACE_ENDS.fullmatch(end) is not None


def _meaning(column: str, numbers: pl.Series) -> str:
    """Why numbers stand for something instead of counting it; "" where nothing says so."""
    if not numbers.str.contains(r"^[0-9]+$").all():
        return ""
    if numbers.str.contains(r"^0[0-9]").any():
        return f"it has numbers with leading zeros such as {numbers.filter(numbers.str.contains('^0[0-9]'))[0]!r}"
    words = re.findall("[a-z]+", column.lower())
    if not words or _MEASURES & {*words}:
        return ""
    if words[-1] in _CODES:
        return "its whole numbers are codes by the heading"
    if words[-1] not in _AGES:
        return ""
    years = numbers.str.contains("^(19|20)[0-9]{2}([0-9]{2})?$").all()
    small = numbers.str.contains("^[0-9]{1,2}$").all()
    return "its whole numbers are years, ages or the like by the heading" if years or small else ""


@attrs.frozen(kw_only=True, eq=False)
class Inferred:
    """A data file that was read without its metadata file.

    Attributes:
        data: What it holds. Its `csv` is the file byte for byte, or written anew in UTF-8 if it had to be put right.
        notes: What was decoded, renamed, left out and inferred, and what cannot be known, in sentences.
        kinds: Kind of each column that is not a period, level or location, in the order of the file.
    """

    data: VersionData = attrs.field(repr=False)
    notes: tuple[str, ...]
    kinds: Kinds


def infer_data(
    name: str, data: bytes, *, labels: Mapping[str, str] | None = None, kinds: Kinds | None = None
) -> Inferred:
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
    table = read_loose_table(name, data, notes)
    chosen, labels = _kinds(table, kinds or {}, notes), labels or {}
    rows = tuple(
        MetaRow(column=column, type="Filter" if kind == "filter" else "Indicator", label=labels.get(column) or column)
        for column, kind in chosen.items()
        if kind != "ignored"
    )
    notes += [
        *_unplaced(table),
        *_rows_alike(table, chosen),
        *_groupings(table, chosen),
        *_unknown(table, chosen, labels),
    ]
    return Inferred(data=import_table(table, rows, Numbering()), notes=tuple(notes), kinds=chosen)


# Notes


def _unplaced(table: TextTable) -> Iterator[str]:
    """Levels that lack columns, and rows that have no location at their own level."""
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
    for column, kind in kinds.items():
        empty = table[column] == ""
        if kind == "indicator" and empty.any():
            line = table.first_line(empty)
            yield f"{column} has {empty.sum():,} empty cells, the first in line {line}; they are read as empty."


def load_lone(
    path: Path, *, labels: Mapping[str, str] | None, kinds: Kinds | None
) -> tuple[Holdings, str, tuple[str, ...]]:
    """Load a data file as a data set of its own.

    Args:
        path: The file.
        labels: Names in words of filters and indicators, by column.
        kinds: What columns are, by column.

    Returns:
        The data set with a publication that is called like it; the file, its bytes and what was said about it, in an
        address; and what was inferred, and what cannot be known.

    Raises:
        DataFileError: It cannot be read without guessing.
    """
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
