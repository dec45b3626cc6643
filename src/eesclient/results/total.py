"""Sums of an answer's figures, where they mean something."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import attrs
import polars as pl

from .._warn import warn
from ..errors import QueryError, SuppressedCellsWarning
from ..models.enums import IndicatorUnit
from ..models.names import Entry, NameIndex, fold, listed
from ..query.resolve import Resolver
from ..table.assemble import Assembled
from ..table.columns import FILTER, LEVEL, LOCATION, PERIOD, Dimension
from ..table.headings import ColumnInfo, unique

if TYPE_CHECKING:
    from ..models.meta import Meta

Suppressed: TypeAlias = Literal["null", "zero", "range"]
"""What a cell without a number does to its sum."""

_NOT_ADDITIVE = {
    "average", "avg", "mean", "median", "mode", "rate", "rates", "ratio", "ratios", "percentage",
    "percentages", "percent", "pct", "perc", "pc", "proportion", "proportions", "share", "shares",
    "score", "scores", "per", "index", "percentile", "quartile", "quintile", "decile", "confidence",
    "gap", "difference", "change", "minimum", "maximum", "min", "max", "lowest", "highest",
}  # fmt: skip
"""Words of labels and columns that are no counts or amounts."""

_MONEY = (IndicatorUnit.POUND, IndicatorUnit.MILLION_POUNDS)
_BELOW = r"^<\s?([0-9]+(?:\.[0-9]+)?)$"
_VALUE, _MOST, _MISSING = "\0value", "\0most", "\0missing"
_OVERLAPPING = frozenset({"LEP"})
"""Levels whose areas may overlap: until 2021 a district could lie in two local enterprise partnerships."""


@attrs.frozen(kw_only=True, eq=False)
class Parts:
    """Columns of a frame that belong together.

    Attributes:
        dimension: A key field.
        names: Its columns in the frame.
    """

    dimension: Dimension
    names: tuple[str, ...]


def add_up(
    assembled: Assembled,
    meta: Meta,
    indicator: str,
    *,
    by: Sequence[str],
    suppressed: Suppressed,
    additive: bool,
) -> pl.DataFrame:
    """Add up an indicator over all key fields that are not named.

    Args:
        assembled: The rows; all that match.
        meta: Metadata of the version.
        indicator: What to add up.
        by: Key fields to keep.
        suppressed: What a cell without a number does to its sum.
        additive: Whether the user says that the indicator can be added up, also over time.

    Raises:
        UnknownLabelError: Names do not match.
        QueryError: The sum would not mean what it says.
    """
    if suppressed not in get_args(Suppressed):
        raise QueryError(f"suppressed={suppressed!r}: write one of {listed(get_args(Suppressed))}")
    place, kept = _resolved(assembled, meta, indicator, by)
    column = assembled.columns[place]
    _check_rows(assembled)
    _check_indicator(column, assembled.frame[column.name], additive=additive)
    fields = {parts.dimension.field for parts in kept}
    for dimension in assembled.schema.dimensions:
        if dimension.field not in fields:
            _check_dimension(dimension, assembled, fields, additive=additive)
    cells = _cells(assembled, place)
    if suppressed == "zero":
        _warn_of(cells, column)
    sums = _sums(column.name, cells, suppressed, {name for parts in kept for name in parts.names})
    try:
        return _summed(assembled, kept, cells, sums)
    except pl.exceptions.InvalidOperationError as error:
        raise QueryError(f"a sum of {column.label!r} is past what 64 bits hold: give dtypes= a float type") from error


def _resolved(assembled: Assembled, meta: Meta, indicator: str, by: Sequence[str]) -> tuple[int, list[Parts]]:
    resolver = Resolver(meta)
    ids = {item.column: item.id for item in assembled.schema.indicators}
    indicators = NameIndex(
        Entry(thing=place, labels=(c.label, c.name, c.column), ids=(ids[c.column],), shown=c.label)
        for place, c in enumerate(assembled.columns)
        if c.kind == "indicator"
    )
    place = resolver.pick(indicators, indicator, "indicator in this answer")
    keys = NameIndex(_key(parts) for parts in _keys(assembled))
    found = [resolver.pick(keys, name, "key column") for name in ([by] if isinstance(by, str) else by)]
    resolver.findings.raise_any()
    if place is None:
        raise QueryError(f"the answer has no indicator {indicator!r}")
    kept = dict.fromkeys(parts for parts in found if parts is not None)
    return place, list(kept)


def _keys(assembled: Assembled) -> Iterator[Parts]:
    names = [column.name for column in assembled.columns]
    for dimension in assembled.schema.dimensions:
        own, names = names[: len(dimension.columns)], names[len(dimension.columns) :]
        yield Parts(dimension=dimension, names=tuple(own))


def _key(parts: Parts) -> Entry[Parts]:
    dimension = parts.dimension
    labels: tuple[str, ...] = (dimension.labels[-1], *dimension.columns, *parts.names)
    match dimension.kind:
        case "time":
            labels = ("period", "time period", "periods", *dimension.columns, *parts.names)
        case "level":
            labels = ("level", "geographic level", *dimension.columns, *parts.names)
        case "location":
            labels = (dimension.labels[-1], dimension.field.removeprefix(LOCATION), *dimension.columns, *parts.names)
    ids = (dimension.field.removeprefix(FILTER),) if dimension.kind == "filter" else ()
    return Entry(thing=parts, labels=labels, ids=ids, shown=labels[0])


def _check_rows(assembled: Assembled) -> None:
    if assembled.frame.is_empty():
        raise QueryError("the answer has no rows, and the sum of none is not known to be 0")
    if assembled.ambiguous:
        raise QueryError(
            f"{assembled.ambiguous:,} rows are equal to another in every key column: the data file has a column that "
            "the API leaves out, and parts may stand beside their total; ask for fewer rows, or use the data file"
        )


def _check_indicator(column: ColumnInfo, values: pl.Series, *, additive: bool) -> None:
    if not values.dtype.is_numeric():
        raise QueryError(f"{column.label!r} is text in this answer: ask with values='typed' for numbers to add up")
    reason = "" if additive else _why_not(column, values)
    if reason:
        raise QueryError(
            f"{column.label!r} is not added up, because {reason}: add up what it is made of, or say additive=True if "
            "you know that its parts make its whole"
        )


def _why_not(column: ColumnInfo, values: pl.Series) -> str:
    words = re.findall(r"[a-z]+", f"{column.label} {column.column}".casefold())
    found = [word for word in dict.fromkeys(words) if word in _NOT_ADDITIVE]
    if column.unit in (IndicatorUnit.PERCENT, IndicatorUnit.PERCENTAGE_POINT) or "%" in column.label:
        return "it is a percentage"
    if found:
        return f"its name says {listed(found)}"
    if column.unit in _MONEY:
        return ""
    if column.decimal_places or (column.decimal_places is None and _has_fractions(values)):
        return "it has decimal places, which counts have not"
    return ""


def _has_fractions(values: pl.Series) -> bool:
    return values.dtype.is_float() and bool((values != values.round()).any())


def _check_dimension(dimension: Dimension, assembled: Assembled, kept: set[str], *, additive: bool) -> None:
    """Refuse where a key field that is summed away has parts that lie in one another."""
    codes = assembled.codes[dimension.field].unique()
    categories = [dimension.categories[code] for code in codes.drop_nulls().sort()]
    shown = [" ".join(text for text in category.cells if text) for category in categories]
    if dimension.field == PERIOD:
        _check_periods(dimension, shown, additive=additive)
    elif dimension.field == LEVEL:
        if len(categories) > 1:
            raise QueryError(
                f"the rows are of several geographic levels ({', '.join(shown)}), which hold the same things: ask for "
                "one with levels=, or keep them apart with by=['level', …]"
            )
    elif dimension.field.startswith(FILTER):
        _check_filter(dimension, shown, has_empty=codes.null_count() > 0)
    elif len(categories) > 1 and dimension.field.removeprefix(LOCATION) in _OVERLAPPING & _levels(assembled):
        level = dimension.labels[-1]
        raise QueryError(f"areas of level {level!r} may overlap: keep them apart with by=[{level!r}, …]")


def _levels(assembled: Assembled) -> set[str | None]:
    """Codes of the levels that rows have."""
    dimension = assembled.schema.dimension(LEVEL)
    return (
        {dimension.categories[code].id for code in assembled.codes[LEVEL].unique().drop_nulls()} if dimension else set()
    )


def _check_periods(dimension: Dimension, shown: Sequence[str], *, additive: bool) -> None:
    kinds = {text.partition(" ")[2] for text in shown}
    if len(shown) > 1 and (not additive or len(kinds) > 1):
        also = "" if len(kinds) > 1 else ", or say additive=True if what is counted in one is not counted in another"
        raise QueryError(
            f"the rows are of several time periods ({', '.join(shown)}), which may count the same things again: keep "
            f"them apart with by=['period', …]{also}"
        )


def _check_filter(dimension: Dimension, shown: Sequence[str], *, has_empty: bool) -> None:
    if len(shown) + has_empty < 2:
        return
    label = dimension.labels[-1]
    totals = [text for text in shown if _is_total(text)]
    if totals or has_empty:
        what = listed(totals) if totals else "rows without a value"
        raise QueryError(
            f"filter {label!r} holds {what} beside its parts, which would count twice: ask for the parts or for the "
            f"total with filters={{{label!r}: …}}, or keep them apart with by=[{label!r}, …]"
        )


def _is_total(label: str) -> bool:
    words = fold(label).split()
    return bool(words) and (words[0] in ("total", "totals", "all") or words[-1] in ("total", "totals"))


def _cells(assembled: Assembled, place: int) -> pl.DataFrame:
    """Of each cell of the indicator: its number, whether it has one, and the most that it can be where that is said."""
    column = assembled.columns[place]
    value = assembled.frame[column.name]
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


def _warn_of(cells: pl.DataFrame, column: ColumnInfo) -> None:
    missing = int(cells[_MISSING].sum())
    if missing:
        warn(
            f"{missing:,} of {cells.height:,} cells of {column.label!r} have no number, and count as 0 in these sums, "
            "which are too low by what they hide",
            SuppressedCellsWarning,
        )


def _summed(assembled: Assembled, kept: Sequence[Parts], cells: pl.DataFrame, sums: list[pl.Expr]) -> pl.DataFrame:
    names = [name for parts in kept for name in parts.names]
    fields = [f"\0{parts.dimension.field}" for parts in kept]
    codes = assembled.codes.select(pl.col(parts.dimension.field).alias(f"\0{parts.dimension.field}") for parts in kept)
    frame = pl.concat([assembled.frame.select(names), codes, cells], how="horizontal")
    if not kept:
        return frame.select(sums)
    first = [pl.col(name).first() for name in names]
    return frame.group_by(fields, maintain_order=True).agg(*first, *sums).drop(fields)


def _sums(name: str, cells: pl.DataFrame, suppressed: Suppressed, taken: set[str]) -> list[pl.Expr]:
    value, missing, most = pl.col(_VALUE), pl.col(_MISSING), pl.col(_MOST)
    known, hidden = value.sum(), most.sum()
    if cells[_VALUE].dtype.is_integer():
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
