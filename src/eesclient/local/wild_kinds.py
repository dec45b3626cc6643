"""Which columns of a data file without a metadata file are filters and which are indicators, by written rules.

Of the columns that the service does not know by their names:

1. without any text in them: ignored;
2. called like a location column that the service does not have, such as `la_code`: ignored;
3. with a cell that is neither a number nor a symbol: filter;
4. with numbers that stand for something, not count it (leading zeros, a code or year or age by its heading): filter;
5. all else, so numbers and symbols, or symbols alone: indicator.

Whoever knows better says so by column; whatever is not sure is said in notes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias, get_args

import attrs

from .._lazy import pl
from ..errors import DataFileError
from ..frames.values import NUMBER
from ..models.levels import LEVEL_BY_COLUMN
from .wild_table import BLANKS, STANDARD, WildTable

Kind: TypeAlias = Literal["filter", "indicator", "ignored"]
"""What a column is to a question."""

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


@attrs.frozen(kw_only=True)
class Guess:
    """What a column was taken for.

    Attributes:
        kind: Its kind.
        why: The reason, where it is worth saying; "" where it is plain.
    """

    kind: Kind
    why: str = ""


def column_kinds(table: WildTable, said: Mapping[str, Kind], notes: list[str]) -> dict[str, Kind]:
    """Kind of each column that the service does not know by its name, in the order of the file.

    Args:
        table: The data file.
        said: Kinds that are known, which go before what is inferred.
        notes: What was inferred, and why, is said here.

    Raises:
        DataFileError: A kind is said of no such column, or it is none.
    """
    others = [column for column in table.columns if column not in STANDARD]
    _check_said(table, said, others)
    kinds: dict[str, Kind] = {}
    for column in others:
        if column in said:
            kinds[column] = said[column]
            continue
        guess = _guess(table, column)
        kinds[column] = guess.kind
        if guess.why:
            notes.append(f"{column} was taken for {_AS[guess.kind]}: {guess.why}.")
    for kind in get_args(Kind):
        inferred = [column for column in others if column not in said and kinds[column] == kind]
        if inferred:
            notes.append(f"Without a metadata file, these columns were taken for {_MANY[kind]}: {', '.join(inferred)}.")
    return kinds


_AS: dict[Kind, str] = {"filter": "a filter", "indicator": "an indicator", "ignored": "neither filter nor indicator"}
_MANY: dict[Kind, str] = {"filter": "filters", "indicator": "indicators", "ignored": "neither filters nor indicators"}


def _check_said(table: WildTable, said: Mapping[str, Kind], others: Iterable[str]) -> None:
    others = [*others]
    for column, kind in said.items():
        if column in STANDARD:
            message = "is a column of the service, whose kind cannot be chosen: leave it out of kinds="
        elif column not in others:
            message = f"is no column of the file, so kinds= cannot say what it is: name one of {', '.join(others)}"
        elif kind not in get_args(Kind):
            message = f"{kind!r} is no kind: write {', '.join(map(repr, get_args(Kind)))}"
        else:
            continue
        raise DataFileError(message, file=table.name, column=column)


def _guess(table: WildTable, column: str) -> Guess:
    cells = table.frame[column]
    # a cell is plain, or its text without blanks at the ends and brackets as in [x]
    bare = cells.str.strip_chars(BLANKS).alias("bare")
    filled = bare != ""
    if not filled.any():
        return Guess(kind="ignored", why="no cell of it has any text")
    if _is_place(column):
        return Guess(
            kind="ignored", why="it is called like a column of locations, and the service has none of that name"
        )
    symbol = bare.str.to_lowercase().str.replace(r"^[\[(](.+)[\])]$", "${1}").is_in(list(SYMBOLS))
    number = bare.str.contains(NUMBER)
    written = bare.str.contains(_WRITTEN) & ~number & ~symbol
    text = filled & ~symbol & ~number & ~written
    if text.any():
        return Guess(kind="filter", why=_mixture(table, cells, text, number | written))
    if not (number | written).any():
        return Guess(kind="indicator", why="it has symbols alone, which stand for missing values")
    if not written.any() and (meaning := _meaning(column, bare.filter(number))):
        return Guess(kind="filter", why=meaning)
    odd = written | (number & (cells != bare))
    return Guess(kind="indicator", why=_oddity(table, cells, odd))


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


def _mixture(table: WildTable, cells: pl.Series, text: pl.Series, number: pl.Series) -> str:
    count = int(number.sum())
    if not count:
        return ""
    row = text.arg_max() or 0
    return f"{int(text.sum()):,} cells are text such as {cells[row]!r} in line {table.line(row)}, {count:,} are numbers"


def _oddity(table: WildTable, cells: pl.Series, odd: pl.Series) -> str:
    count = int(odd.sum())
    if not count:
        return ""
    row = odd.arg_max() or 0
    return (
        f"{count:,} of its numbers are written otherwise, such as {cells[row]!r} in line {table.line(row)}, "
        "and stay text beside the values"
    )
