"""Sums of an answer's figures, where they mean something."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, combinations
from typing import Literal, TypeAlias, cast, get_args

import polars as pl

from ..errors import QueryError, SuppressedCellsWarning, warn
from ..models.enums import IndicatorUnit
from ..models.meta import Meta
from ..models.names import Entry, NameIndex, fold, listed, names_in
from ..query.resolve import Resolver
from ..table.assemble import Assembled
from ..table.columns import ColumnInfo, unique
from ..table.dimensions import FILTER, LEVEL, LOCATION, PERIOD, Category, Dimension
from ..texts import pattern

Suppressed: TypeAlias = Literal["null", "zero", "range"]
"""What a cell without a number does to its sum."""

_NOT_ADDITIVE = {
    "mean", "median", "medians", "mode", "rate", "rates", "ratio", "ratios", "pct", "perc", "pc", "pt",
    "proportion", "proportions", "share", "shares", "score", "scores", "per", "index", "indices", "quartile",
    "quintile", "decile", "confidence", "gap", "difference", "change", "minimum", "maximum", "min", "max",
    "lowest", "highest", "rank", "ranks", "ranking", "threshold", "thresholds", "std", "sd", "deviation",
    "variance",
}  # fmt: skip
"""Words of labels and columns that are not counts or amounts, besides those that begin with one of `_BEGINNINGS`."""

_BEGINNINGS = ("average", "avg", "percent")

_COUNTS = {
    "number", "numbers", "num", "no", "n", "count", "counts", "total", "totals", "headcount", "frequency", "sum", "fte",
}  # fmt: skip
"""Words of labels and columns that say that something is counted."""

_LIKE = (
    (pattern(r"^(\w+ )?age( (at|of|in|on|when)\b.*)?$"), (0, 120), "ages"),
    (pattern(r"\b(year|yr)s?\b"), (1800, 2200), "years"),
    (pattern(r"^[a-z]*[a-rt-z] to [a-z]+$|[a-z](-to-|:)[a-z]"), (0, 100), "ratios"),
)
"""Names, without a word that counts, and ranges of whole numbers that are no counts."""

# figures from which their range tells something
_ENOUGH = 20
# options of a filter among which any sum is looked for; among more only that of all others
_FEW_OPTIONS = 12
# bits by which sums are no accident, or may be none: figures that agree, less the sums that were tried
_SURE, _UNSURE = 12, 2
_PERCENTAGES = (IndicatorUnit.PERCENT, IndicatorUnit.PERCENTAGE_POINT)
_BELOW = r"^<\s?([0-9]+(?:\.[0-9]+)?)$"
_VALUE, _MOST, _MISSING = "\0value", "\0most", "\0missing"


def add_up(
    assembled: Assembled, indicator: str, *, by: str | Sequence[str], suppressed: Suppressed, additive: bool
) -> pl.DataFrame:
    """Add up an indicator over all key fields that `by` does not name, as `QueryResult.add_up` says."""
    if suppressed not in get_args(Suppressed):
        raise QueryError(f"suppressed={suppressed!r}: write one of {listed(get_args(Suppressed))}")
    place, kept = _resolve(assembled, indicator, by)
    column = assembled.columns[place]
    if assembled.frame.is_empty():
        raise QueryError("the answer has no rows, and the sum of none is not known to be 0")
    if assembled.ambiguous:
        raise QueryError(
            f"{assembled.ambiguous:,} rows are equal to another in every key column: the data file has a column that "
            "the API leaves out, and parts may stand beside their total; ask for fewer rows, or use the data file"
        )
    figures = assembled.frame[column.name].alias("")
    _check_indicator(column, figures, assembled.schema.meta, additive=additive)
    for dimension in assembled.schema.dimensions:
        if dimension not in kept:
            _check_dimension(dimension, assembled, figures, additive=additive)
    cells = _cells(assembled, place)
    missing = int(cells[_MISSING].sum())
    if suppressed == "zero" and missing:
        warn(
            f"{missing:,} of {cells.height:,} cells of {column.label!r} have no number, and count as 0 in these sums, "
            "which are too low by what they hide",
            SuppressedCellsWarning,
        )
    sums = _sums(column.name, cells, suppressed, {name for names in kept.values() for name in names})
    try:
        return _group(assembled, kept, cells, sums)
    except pl.exceptions.InvalidOperationError as error:
        raise QueryError(f"a sum of {column.label!r} is past what 64 bits hold: give dtypes= a float type") from error


def _resolve(
    assembled: Assembled, indicator: str, by: str | Sequence[str]
) -> tuple[int, dict[Dimension, tuple[str, ...]]]:
    """The place of the indicator's column, and the key fields to keep with the names of their columns."""
    resolver = Resolver(assembled.schema.meta)
    ids = {item.column: item.id for item in assembled.schema.indicators}
    indicators = NameIndex(
        Entry(thing=place, labels=(c.label, c.name, c.column), ids=(ids[c.column],), shown=c.label)
        for place, c in enumerate(assembled.columns)
        if c.kind == "indicator"
    )
    place = resolver.pick(indicators, indicator, "indicator in this answer")
    names = dict(assembled.key_columns())
    keys = NameIndex(_key(dimension, own) for dimension, own in names.items())
    found = [resolver.pick(keys, name, "key column") for name in names_in(by, "by=")]
    resolver.findings.raise_any()
    return cast(int, place), {dimension: names[dimension] for dimension in found if dimension is not None}


def _key(dimension: Dimension, names: tuple[str, ...]) -> Entry[Dimension]:
    label = dimension.labels[-1]
    own = {
        "time": ("period", "time period", "periods"),
        "level": ("level", "geographic level"),
        "location": (label, dimension.field.removeprefix(LOCATION)),
    }.get(dimension.kind, (label,))
    ids = (dimension.field.removeprefix(FILTER),) if dimension.kind == "filter" else ()
    return Entry(thing=dimension, labels=(*own, *dimension.columns, *names), ids=ids, shown=own[0])


def _check_indicator(column: ColumnInfo, values: pl.Series, meta: Meta, *, additive: bool) -> None:
    if not values.dtype.is_numeric():
        raise QueryError(f"{column.label!r} is text in this answer: ask with values='typed' for numbers to add up")
    reason = "" if additive else _why_not(column, values, meta)
    if reason:
        raise QueryError(
            f"{column.label!r} is not added up, because {reason}: add up what it is made of, or say additive=True if "
            "you know that its parts make its whole"
        )


def _why_not(column: ColumnInfo, values: pl.Series, meta: Meta) -> str:
    words = [*dict.fromkeys(_words(column.label) + _words(column.column))]
    found = [word for word in words if word in _NOT_ADDITIVE or word.startswith(_BEGINNINGS)]
    if "pt" in found and ("part time" in fold(column.label).replace("-", " ") or (values > 100).any()):
        # of people who work or learn part-time; no percentage of a whole is above 100
        found.remove("pt")
    if column.unit in _PERCENTAGES or "%" in column.label:
        return "it is a percentage"
    if found:
        return f"its name says {listed(found)}"
    if column.unit in (IndicatorUnit.POUND, IndicatorUnit.MILLION_POUNDS):
        return ""
    has_fractions = values.dtype.is_float() and bool((values != values.round()).any())
    if column.decimal_places or (column.decimal_places is None and has_fractions):
        return "it has decimal places, which counts have not"
    return "" if _COUNTS & {*words} else _likeness(column, values, meta)


def _likeness(column: ColumnInfo, values: pl.Series, meta: Meta) -> str:
    for name, bounds, what in _LIKE:
        if any(map(name.search, map(fold, (column.label, column.column)))) and values.is_between(*bounds).all():
            return f"its name and its figures, all from {bounds[0]} to {bounds[1]}, are like those of {what}"
    # a producer who marks percentages as such leaves none without a mark
    is_marked = column.unit is not None or any(item.unit in _PERCENTAGES for item in meta.indicators)
    if is_marked or not (values > 50).any() or not values.is_between(0, 100).all():
        return ""
    if values.count() < _ENOUGH or values.drop_nulls().n_unique() < _ENOUGH / 2:
        return ""
    return "its figures are all from 0 to 100, as percentages are, and neither name nor unit says what it counts"


def _words(name: str) -> list[str]:
    # ptPupils and pt_pupils are two words
    return re.findall(r"[a-z]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).casefold())


def _check_dimension(dimension: Dimension, assembled: Assembled, figures: pl.Series, *, additive: bool) -> None:
    """Refuse where a key field that is summed away has parts that lie in one another."""
    shown = [" ".join(filter(None, category.cells)) for category in _categories(dimension, assembled)]
    if dimension.field.startswith(FILTER):
        _check_filter(dimension, shown, assembled, figures, additive=additive)
    elif len(shown) < 2:
        return
    elif dimension.field == PERIOD:
        kinds = {text.partition(" ")[2] for text in shown}
        if not additive or len(kinds) > 1:
            also = ", or say additive=True if what is counted in one is not counted in another"
            raise QueryError(
                f"the rows are of several time periods ({', '.join(shown)}), which may count the same things again: "
                f"keep them apart with by=['period', …]{also if len(kinds) == 1 else ''}"
            )
    elif dimension.field == LEVEL:
        raise QueryError(
            f"the rows are of several geographic levels ({', '.join(shown)}), which hold the same things: ask for "
            "one with levels=, or keep them apart with by=['level', …]"
        )
    elif dimension.field == f"{LOCATION}LEP":
        levels = _categories(assembled.schema.by_field[LEVEL], assembled)
        if any(level.id == "LEP" for level in levels):
            # until 2021 a district could lie in two local enterprise partnerships
            label = dimension.labels[-1]
            raise QueryError(f"areas of level {label!r} may overlap: keep them apart with by=[{label!r}, …]")


def _categories(dimension: Dimension, assembled: Assembled) -> list[Category]:
    """The categories of a key field that rows have."""
    codes = assembled.codes[dimension.field].unique().drop_nulls().sort()
    return [dimension.categories[code] for code in codes]


def _check_filter(
    dimension: Dimension, shown: Sequence[str], assembled: Assembled, figures: pl.Series, *, additive: bool
) -> None:
    has_empty = assembled.codes[dimension.field].has_nulls()
    if len(shown) + has_empty < 2:
        return
    label = dimension.labels[-1]
    advice = (
        f"ask for the parts or for the total with filters={{{label!r}: …}}, or keep them apart with by=[{label!r}, …]"
    )
    totals = [text for text in shown if _is_total(text)]
    if totals or has_empty:
        what = listed(totals) if totals else "rows without a value"
        raise QueryError(f"filter {label!r} holds {what} beside its parts, which would count twice: {advice}")
    found, is_sure = _whole_and_parts(dimension, assembled.codes, figures)
    if found and (is_sure or not additive):
        whole, *parts = (dimension.categories[code].cells[-1] or "" for code in found)
        also = "" if is_sure else "; of so few figures it may be chance: additive=True if it is"
        raise QueryError(
            f'filter {label!r} holds "{whole}", whose figures are the sums of those of {listed(parts)}, which would '
            f"count twice: {advice}{also}"
        )


def _whole_and_parts(dimension: Dimension, codes: pl.DataFrame, figures: pl.Series) -> tuple[Sequence[int], bool]:
    """Codes of an option whose figures are mostly sums of those of others, and of these, if any; if it is sure."""
    # names do not tell: "Any SEN" is a total, and "Any other White background" a part
    cells = codes.with_columns(figures.alias(_VALUE)).drop_nulls([dimension.field, _VALUE])
    options = cells[dimension.field].unique().sort().to_list()
    if len(options) < 3:
        return (), False
    index = [name for name in codes.columns if name != dimension.field]
    wide = cells.pivot(on=dimension.field, index=index, values=_VALUE).select(pl.col(str(code)) for code in options)
    tried = [*range(len(options))]
    if len(options) > _FEW_OPTIONS:
        twice = wide.sum_horizontal()
        tried = [place for place, own in enumerate(wide) if ((twice - 2 * own).abs() <= own * 1e-9).any()]
    unsure: Sequence[int] = ()
    for place in tried:
        code = options[place]
        # small figures are sums of others by accident
        rows = wide.filter(pl.col(str(code)) >= 10).sort(str(code), descending=True)
        for parts in _candidates(rows.fill_null(0).head(3).rows(), place):
            chosen = [options[part] for part in parts]
            bits = _agreement(rows.select(pl.col(str(one)) for one in (code, *chosen)).drop_nulls()) - len(options)
            if bits >= _SURE:
                return (code, *chosen), True
            if bits >= _UNSURE and not unsure:
                unsure = (code, *chosen)
    return unsure, False


def _candidates(rows: Sequence[tuple[float, ...]], place: int) -> Iterator[tuple[int, ...]]:
    """Places of figures that make the figure at a place, in one of some rows."""
    for row in rows:
        positive = [other for other, figure in enumerate(row) if 0 < figure <= row[place] and other != place]
        sizes = range(2, len(positive) + 1) if len(row) <= _FEW_OPTIONS else (len(positive),)
        for parts in chain.from_iterable(combinations(positive, size) for size in sizes):
            if math.isclose(sum(row[part] for part in parts), row[place], rel_tol=1e-9):
                yield parts


def _agreement(rows: pl.DataFrame) -> float:
    """Bits of figures of the first column that are sums of the others; 0 where at most half of the rows agree."""
    whole, parts = rows.to_series(0), rows.drop(rows.columns[0])
    is_sum = ((parts.sum_horizontal() - whole).abs() <= whole * 1e-9).rename("")
    # where all others are 0, two options that are the same would do
    tells = parts.select(pl.sum_horizontal(pl.all() > 0)).to_series() > 1
    agreed = whole.filter(is_sum & tells)
    is_mostly = agreed.len() * 2 > (~is_sum | tells).sum()
    return float(agreed.cast(pl.Float64).log(2).sum()) if is_mostly else 0


def _is_total(label: str) -> bool:
    words = fold(label).split()
    return bool(words) and (words[0] in ("total", "totals", "all") or words[-1] in ("total", "totals"))


def _cells(assembled: Assembled, place: int) -> pl.DataFrame:
    """Of each cell of the indicator: its number, whether it has one, and the most that it can be where that is said."""
    column = assembled.columns[place]
    value = assembled.frame[column.name].alias(_VALUE)
    status = pl.lit(None, pl.String)
    if place + 1 < len(assembled.columns) and assembled.columns[place + 1].kind == "status":
        status = pl.lit(assembled.frame[assembled.columns[place + 1].name].cast(pl.String))
    bound = status.str.extract(_BELOW, 1).cast(pl.Float64)
    if column.decimal_places is not None:
        # "low" rounds to 0 without being 0
        half = 0.5 * 10.0**-column.decimal_places
        bound = pl.when(status == "low").then(half).otherwise(bound)
    cells = pl.DataFrame({_VALUE: value})
    return cells.with_columns(bound.alias(_MOST), pl.col(_VALUE).is_null().alias(_MISSING))


def _group(
    assembled: Assembled, kept: Mapping[Dimension, Sequence[str]], cells: pl.DataFrame, sums: list[pl.Expr]
) -> pl.DataFrame:
    if not kept:
        return cells.select(sums)
    # Polars may take names for patterns
    names = {f"\1{place}": name for place, name in enumerate(name for own in kept.values() for name in own)}
    labels = pl.DataFrame([assembled.frame[name].alias(place) for place, name in names.items()])
    # by codes, for two things may have one label
    codes = assembled.codes.select(dimension.field for dimension in kept).select(pl.all().name.prefix("\0"))
    frame = pl.concat([labels, codes, cells], how="horizontal")
    first = [pl.col(place).first() for place in names]
    return frame.group_by(codes.columns, maintain_order=True).agg(*first, *sums).drop(codes.columns).rename(names)


def _sums(name: str, cells: pl.DataFrame, suppressed: Suppressed, taken: set[str]) -> list[pl.Expr]:
    value, missing, most = pl.col(_VALUE), pl.col(_MISSING), pl.col(_MOST)
    known, hidden = value.sum(), most.sum()
    if cells[_VALUE].dtype.is_integer():
        # Polars lets sums of Int64 wrap around without a word
        known, hidden = value.cast(pl.Int128).sum().cast(pl.Int64), hidden.floor().cast(pl.Int64)
    count = missing.sum().cast(pl.Int64)
    if suppressed == "range":
        # without negative numbers a hidden one is taken to be at least 0
        low = pl.when(~missing.any() | (value.min().fill_null(0) >= 0)).then(known)
        high = pl.when(~(missing & most.is_null()).any()).then(known + hidden)
        sums = {"low": low, "high": high, "suppressed": count}
        return [sum_.alias(unique(name, suffix, taken)) for suffix, sum_ in sums.items()]
    taken.add(name)
    total = known if suppressed == "zero" else pl.when(~missing.any()).then(known)
    return [total.alias(name), count.alias(unique(name, "suppressed", taken))]
