"""What the columns of a data file are where no metadata file says it: by cells, then headings, then rows.

Of the columns that the service does not know by their names:

1. without any text in them: ignored;
2. called like a location column that the service does not have, such as `la_code`: ignored;
3. with a heading that says `filter` or `indicator`: that;
4. with a cell that is neither a number nor a symbol, and not mostly numbers that rows do not need: filter;
5. with numbers that stand for something, not count it (leading zeros, a code or year or age by the heading): filter;
6. with whole numbers, or symbols alone, that repeat and without which rows are alike: filter;
7. all else, so numbers and symbols, or symbols alone: indicator.

A heading means something by its last word, so `age` and `cohort_year` do, and `age_5`, `week05` and `number_per_year`
do not. Rows need a column if some of them are alike without it in periods, levels, locations and filters. A file has an
indicator: if no column is one, a doubtful one that rows do not need is. What is not plain is said with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias, cast, get_args

import attrs
import polars as pl

from .._classes import define, frozen
from ..errors import DataFileError
from ..models.enums import LEVEL_BY_COLUMN
from ..table.values import NUMBER
from .csv import TextTable
from .loose_csv import BLANKS, STANDARD

Kind: TypeAlias = Literal["filter", "indicator", "ignored"]
"""Use of a column in questions."""

Kinds: TypeAlias = Mapping[str, Kind]
"""Kinds by column."""

SYMBOLS = frozenset(
    {"z", "x", "c", "k", "u", "p", "r", "e", "low", ":", "~", ".", "..", "...", "-", "--", "–", "—", "*", "**", "#"}
    | {"na", "n/a", "nan", "null", "none", "nil", "not available", "not applicable", "suppressed", "#n/a"}
)
"""Texts, in lower case and without brackets, that stand where a number is missing, as producers write them."""

# numbers as people write them: 1,234 and 59.8%, <5 and ~10, £12m
_WRITTEN = r"^[<>≤≥~+−-]?=?\s*-?£?([0-9][0-9,]*(\.[0-9]*)?|\.[0-9]+)\s*(%|pp|m)?$"
_WHOLE, _PADDED, _SMALL, _YEAR = "^[0-9]+$", "^0[0-9]", "^[0-9]{1,2}$", "^(19|20)[0-9]{2}([0-9]{2})?$"
_PLACE_ENDS = re.compile(r"(?:(?:new|old)_)?(code|name|id|urn|ukprn|laestab|upin|postcode)")
_STEMS = frozenset(re.sub(r"^(new|old)_|_(code|name|id|urn|ukprn|laestab)$", "", column) for column in LEVEL_BY_COLUMN)
_CODES = frozenset({"code", "id", "urn", "ukprn", "laestab", "estab", "upin", "uid"})
_AGES = frozenset(
    {"age", "year", "cohort", "grade", "month", "week", "quarter"}
    | {"group", "band", "phase", "tier", "decile", "quintile", "quartile"}
)
_MEASURES = frozenset(
    {"average", "mean", "median", "number", "no", "num", "n", "count", "headcount", "total", "sum", "fte"}
    | {"percent", "percentage", "pc", "pct", "perc", "rate", "ratio", "proportion", "score", "index"}
    | {"pupils", "learners", "students", "children", "people", "leavers", "schools", "starts", "enrolments", "sessions"}
    | {"per"}
)
# before a last word such as year or age: what is counted, and not a year or an age itself
_BEFORE = frozenset({"in", "by", "within", "during", "under", "over", "last", "previous", "this", "one", "each"})
_SAID: Mapping[str, Kind] = {"filter": "filter", "indicator": "indicator", "ind": "indicator"}

_IN_WORDS: dict[Kind, tuple[str, str]] = {
    "filter": ("a filter", "filters"),
    "indicator": ("an indicator", "indicators"),
    "ignored": ("neither filter nor indicator", "neither filters nor indicators"),
}


def infer_kinds(table: TextTable, given: Kinds, notes: list[str]) -> dict[str, Kind]:
    """Kind of each column that the service does not know by its name; what is given goes before what is inferred."""
    others = [column for column in table.columns if column not in STANDARD]
    _check_given(table, given, others)
    said = {column: _Guess(kind) for column, kind in given.items()}
    guesses = {column: said.get(column) or _by_cells(_Column(table, column)) for column in others}
    _by_rows(table, guesses)
    kinds: dict[str, Kind] = {column: guess.kind for column, guess in guesses.items()}
    for column, guess in guesses.items():
        if guess.why:
            notes.append(f"{column} was taken for {_IN_WORDS[guess.kind][0]}: {guess.why}.")
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


@frozen
class _Guess:
    """Kind of a column, the reason where it is not plain, and what its rows have a say in."""

    kind: Kind
    why: str = ""
    sign: Literal["", "text", "number", "mixed", "called", "symbols", "whole"] = ""


# Cells and headings


class _Column:
    """A column's cells, as in the file and without blanks at the ends: which are texts, symbols or numbers."""

    def __init__(self, table: TextTable, name: str) -> None:
        self.table, self.name, self.cells = table, name, table[name]
        self.bare = self.cells.str.strip_chars(BLANKS)
        # also in brackets, as in [x]
        self.symbol = self.bare.str.to_lowercase().str.replace(r"^[\[(](.+)[\])]$", "${1}").is_in(list(SYMBOLS))
        # as the service writes them, and in another writing
        self.number = self.bare.str.contains(NUMBER)
        self.written = self.bare.str.contains(_WRITTEN) & ~self.number & ~self.symbol
        self.text = (self.bare != "") & ~self.symbol & ~self.number & ~self.written

    def example(self, marked: pl.Series) -> str:
        """The first cell that is marked, and its line."""
        row = marked.arg_max() or 0
        return f"{self.cells[row]!r} in line {self.table.line(row)}"


def _words(heading: str) -> list[str]:
    """Words and numbers of a heading, lower case."""
    return re.findall("[a-z]+|[0-9]+", re.sub("(?<=[a-z])(?=[A-Z])", "_", heading).lower())


def _by_cells(column: _Column) -> _Guess:
    if not (column.bare != "").any():
        return _Guess("ignored", "no cell of it has any text")
    if _is_place(column.name):
        return _Guess("ignored", "it is called like a column of locations, and the service has none of that name")
    texts, numbers = int(column.text.sum()), int((column.number | column.written).sum())
    said = _SAID.get(next(iter(_words(column.name)), ""))
    if said == "indicator" and texts:
        example = column.example(column.text)
        return _Guess("indicator", f"its heading says so, though {texts:,} cells are text such as {example}")
    if said == "filter":
        return _Guess("filter", "" if texts else "its heading says so, though no cell is text")
    if texts and numbers:
        why = f"{texts:,} cells are text such as {column.example(column.text)}, {numbers:,} are numbers"
        return _Guess("filter", why, "mixed" if _is_mostly_numbers(column) else "number")
    if texts:
        return _Guess("filter", sign="text")
    if not numbers:
        return _Guess("indicator", "it has symbols alone, which stand for missing values", "symbols")
    return _by_numbers(column)


def _is_mostly_numbers(column: _Column) -> bool:
    """Whether texts may stand among numbers that count: few of them or beside fractions, and cells hardly repeat."""
    numbers = column.bare.filter(column.number | column.written)
    repeats = 2 * column.cells.n_unique() <= column.cells.len()
    return not repeats and (numbers.len() >= int(column.text.sum()) or not numbers.str.contains(_WHOLE).all())


def _by_numbers(column: _Column) -> _Guess:
    """Kind of a column of numbers, of which some may be missing."""
    numbers, guess = column.bare.filter(column.number), _Guess("indicator")
    words = _words(column.name)
    is_count = not _MEASURES.isdisjoint(words) or not _BEFORE.isdisjoint(words[-2:-1])
    if not column.written.any() and not is_count:
        padded = numbers.filter(numbers.str.contains(_PADDED))
        if not padded.is_empty():
            return _Guess("filter", f"it has numbers with leading zeros such as {padded[0]!r}", "number")
        if numbers.str.contains(_WHOLE).all():
            guess = _by_heading(words, numbers)
    odd = column.written | (column.number & (column.cells != column.bare))
    if guess.why or not odd.any():
        return guess
    count, example = int(odd.sum()), column.example(odd)
    why = f"{count:,} of its numbers are written otherwise, such as {example}, and stay text beside the values"
    return attrs.evolve(guess, why=why)


def _by_heading(words: list[str], numbers: pl.Series) -> _Guess:
    """Kind of a column of whole numbers, of which the heading may say that they stand for something."""
    last = words[-1] if words else ""
    if last in _CODES:
        return _Guess("filter", "its whole numbers are codes by the heading", "number")
    years, small = numbers.str.contains(_YEAR), numbers.str.contains(_SMALL)
    if last not in _AGES:
        plain, each = bool((years | small).all()), numbers.len() // numbers.n_unique()
        # counts are seldom never 0
        few = plain and each >= 4 and numbers.len() >= 20 and not (numbers == "0").any()
        return _Guess("indicator", _FEW if few else "", "whole" if plain or each > 1 else "")
    why = "its whole numbers are years, ages or the like by the heading"
    if years.all() or (len(words) == 1 and 2 * int((years | small).sum()) > numbers.len()):
        return _Guess("filter", why, "number")
    return _Guess("filter", why, "called") if small.all() else _Guess("indicator", sign="whole")


def _is_place(column: str) -> bool:
    stem, _, end = column.lower().rpartition("_")
    stem = re.sub(r"^(new|old)_|_(new|old)$", "", stem)
    return stem in _STEMS and _PLACE_ENDS.fullmatch(end) is not None


# Rows


@define
class _Keys:
    """Columns that tell rows apart, as far as they are known."""

    table: TextTable
    columns: list[str]
    _codes: dict[str, pl.Series] = attrs.field(factory=dict, init=False)

    def codes(self, columns: Sequence[str]) -> pl.DataFrame:
        """Columns with a number for each text, which are faster to compare."""
        for column in columns:
            if column not in self._codes:
                self._codes[column] = self.table[column].cast(pl.Categorical).to_physical()
        return pl.DataFrame([self._codes[column] for column in columns])

    def alike(self, *, more: Sequence[str] = (), without: str = "") -> int:
        """How many rows are equal to another in these columns."""
        columns = [column for column in (*self.columns, *more) if column != without]
        return int(self.codes(columns).is_duplicated().sum())

    def need(self, column: str) -> bool:
        """Whether more rows are alike without a column."""
        others = self.alike(without=column)
        return others > 0 and others > self.alike(more=() if column in self.columns else [column])

    def fix(self, column: str) -> bool:
        """Whether a column has one value, or one for each value of another whose values repeat."""
        rows = self.table.frame.height
        values = {key: self.codes([key]).n_unique() for key in (*self.columns, column)}
        return values[column] == 1 or any(
            self.codes([key, column]).n_unique() == values[key]
            for key in self.columns
            if key != column and values[column] <= values[key] <= rows // 2
        )

    def crossing(self, columns: list[str]) -> list[str]:
        """Those of some columns that tell all rows apart that are alike, by values which repeat."""
        left = self.alike() if columns else 0
        found: list[str] = []
        if not left:
            return found
        largest = cast(int, self.codes(self.columns).group_by(pl.all()).len()["len"].max())
        for column in columns:
            now = self.alike(more=[*found, column])
            if now < left and self.codes([column]).n_unique() <= 2 * largest:
                found, left = [*found, column], now
            if not left:
                return found
        return []


def _by_rows(table: TextTable, guesses: dict[str, _Guess]) -> None:
    """Settle what rows have a say in: whether they are told apart without a column."""
    sure = [name for name, guess in guesses.items() if guess.kind == "filter" and guess.sign in ("", "text", "number")]
    keys = _Keys(table, [*(name for name in table.columns if name in STANDARD), *sure])
    for name, guess in guesses.items():
        if guess.sign in ("mixed", "called") and not (keys.need(name) or keys.fix(name)):
            guesses[name] = _Guess("indicator", f"{guess.why}, and rows are told apart without it")
        elif guess.sign in ("mixed", "called"):
            keys.columns.append(name)
    indicators = {name: guess.sign for name, guess in guesses.items() if guess.kind == "indicator"}
    symbols = [name for name, sign in indicators.items() if sign == "symbols" and keys.need(name)]
    crossing = keys.crossing([*symbols, *(name for name, sign in indicators.items() if sign == "whole")])
    if len(crossing) < len(indicators):
        guesses |= {name: _Guess("filter", _CROSSING) for name in crossing}
        keys.columns += crossing
    for name, guess in guesses.items():
        if guess.sign == "text" and not keys.need(name) and not keys.fix(name):
            guesses[name] = _Guess("filter", _UNNEEDED)
    if indicators:
        return
    # a file has an indicator: it is the last column of numbers that rows do not need
    for name, guess in reversed(guesses.items()):
        if guess.sign in ("number", "mixed", "called") and not keys.need(name):
            guesses[name] = _Guess("indicator", f"{guess.why}, and no other column is an indicator")
            return


_FEW = "its whole numbers are few and repeat, so they may stand for something"
_CROSSING = "its cells repeat, and rows are alike without them"
_UNNEEDED = "its cells are text, though rows are told apart without it, so it may be an indicator or neither"
