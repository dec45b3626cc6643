"""Questions drawn at random, each as arguments of `query` and as a plain Polars filter of the raw text."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import attrs
import polars as pl
from hypothesis import strategies as st

import eesclient as ees
from tests.doors.query import Node

from .raw import LEVELS, Raw, matchable

F = ees.facets


@attrs.frozen(kw_only=True)
class Asked:
    """A question and what it means.

    Attributes:
        words: Arguments of `query`.
        keeps: Which raw rows it keeps.
        indicators: CSV columns of the indicators asked for.
    """

    words: dict[str, Any]
    keeps: pl.Expr
    indicators: list[str]


def _beside(levels: list[str] | None, places: list[str]) -> bool:
    """Whether none of the places has one of the levels: `query` refuses that."""
    return levels is not None and not any(LEVELS[place.partition(":")[0]][0] in levels for place in places)


Draw = Callable[[st.SearchStrategy[Any]], Any]


@st.composite
def questions(draw: Draw, raw: Raw) -> Asked:
    """Any question in labels to the data set."""
    words: dict[str, Any] = {}
    keeps = [pl.lit(value=True)]
    for name, ask in {
        "filters": _filters,
        "periods": _periods,
        "levels": _levels,
        "places": _places,
        "within": _within,
        "where": _where,
    }.items():
        # most questions name a few things only, so that answers are not always empty
        if draw(st.integers(0, 9)) < (5 if name == "where" else 3):
            asked = ask(draw, raw)
            if asked is not None and not (name == "places" and _beside(words.get("levels"), asked[0])):
                words[name], kept = asked
                keeps.append(kept)
    columns = [column for column, _ in raw.named("Indicator")]
    labels = dict(raw.named("Indicator"))
    indicators = draw(st.lists(st.sampled_from(columns), min_size=1, max_size=4, unique=True))
    words["indicators"] = [_name(draw, column, labels) for column in indicators]
    return Asked(words=words, keeps=pl.all_horizontal(keeps), indicators=indicators)


def _name(draw: Draw, column: str, labels: dict[str, str]) -> str:
    """The column, or the label where no other has it."""
    label = labels[column]
    unique = list(labels.values()).count(label) == 1 and label not in labels
    return draw(st.sampled_from([column, label, label.upper()])) if unique else column


def _filters(draw: Draw, raw: Raw) -> tuple[Any, pl.Expr] | None:
    labels = dict(raw.named("Filter"))
    if not labels:
        return None
    words, keeps = {}, []
    for column in draw(st.lists(st.sampled_from(sorted(labels)), min_size=1, max_size=2, unique=True)):
        chosen = draw(st.lists(_options(raw, column), min_size=1, max_size=5))
        words[_name(draw, column, labels)] = chosen[0] if len(chosen) == 1 else chosen
        keeps.append(pl.col(column).is_in(chosen))
    return words, pl.all_horizontal(keeps)


@cache
def _options(raw: Raw, column: str) -> st.SearchStrategy[str]:
    options = raw.data[column].unique().sort()
    return st.sampled_from([option for option in options if option != ""])


def _matchable(raw: Raw) -> list[tuple[str, str]]:
    return [pair for pair in raw.periods if matchable(*pair)]


def _spelt(pair: tuple[str, str]) -> str:
    return f"{pair[1]} {pair[0]}"


def _periods(draw: Draw, raw: Raw) -> tuple[Any, pl.Expr] | None:
    pairs = _matchable(raw)
    if not pairs:
        return None
    chosen = draw(st.lists(st.sampled_from(pairs), min_size=1, max_size=3))
    ranks = [raw.periods.index(pair) for pair in chosen]
    return [_spelt(pair) for pair in chosen], raw.period_rank().is_in(ranks)


def _levels(draw: Draw, raw: Raw) -> tuple[Any, pl.Expr] | None:
    level = st.sampled_from(raw.levels_of_rows)
    chosen = draw(st.lists(level, min_size=1, max_size=2))
    return chosen, pl.col("geographic_level").is_in(chosen)


def _place(draw: Draw, raw: Raw, levels: list[str]) -> tuple[str, str, pl.Expr] | None:
    """A location of one of the levels: its level, a name for it, and which rows lie in it."""
    filled = [level for level in levels if not raw.locations[level].is_empty()]
    if not filled:
        return None
    level = draw(st.sampled_from(filled))
    found = raw.locations[level]
    columns = raw.levels[level]
    row = found.row(draw(st.integers(0, found.height - 1)), named=True)
    same = pl.all_horizontal(raw.has_location(level), *(pl.col(c) == row[c] for c in columns))
    label = row[columns[-1]]
    by_name = found.filter(pl.col(columns[-1]).str.to_lowercase() == label.lower()).height == 1
    if by_name and draw(st.booleans()):
        return level, label, same
    if len(columns) == 1:
        return None
    # a code means every location of the level that has it
    code = draw(st.sampled_from(columns[:-1]))
    holders = pl.any_horizontal(pl.col(c) == row[code] for c in columns[:-1])
    return level, row[code], raw.has_location(level) & holders


def _places(draw: Draw, raw: Raw) -> tuple[Any, pl.Expr] | None:
    levels = [code for code in raw.levels if LEVELS[code][0] in raw.levels_of_rows]
    found = [_place(draw, raw, levels) for _ in range(draw(st.integers(1, 3)))]
    chosen = [place for place in found if place is not None]
    if not chosen:
        return None
    keeps = [(pl.col("geographic_level") == LEVELS[level][0]) & same for level, _, same in chosen]
    return [f"{level}:{name}" for level, name, _ in chosen], pl.any_horizontal(keeps)


def _within(draw: Draw, raw: Raw) -> tuple[Any, pl.Expr] | None:
    place = _place(draw, raw, list(raw.levels))
    if place is None:
        return None
    level, name, same = place
    return f"{level}:{name}", (pl.col("geographic_level") != LEVELS[level][0]) & same


def _where(draw: Draw, raw: Raw, depth: int = 2) -> tuple[Node, pl.Expr]:
    kind = draw(st.sampled_from(["and", "or", "not", "leaf", "leaf"] if depth else ["leaf"]))
    if kind == "leaf":
        return _leaf(draw, raw)
    one, one_keeps = _where(draw, raw, depth - 1)
    if kind == "not":
        return ~one, ~one_keeps
    other, other_keeps = _where(draw, raw, depth - 1)
    return (one & other, one_keeps & other_keeps) if kind == "and" else (one | other, one_keeps | other_keeps)


def _leaf(draw: Draw, raw: Raw) -> tuple[Node, pl.Expr]:
    leaves = [_level_leaf]
    leaves += [_filter_leaf] * bool(raw.named("Filter"))
    leaves += [_period_leaf] * bool(_matchable(raw))
    leaves += [_location_leaf] * any(not raw.locations[level].is_empty() for level in raw.levels)
    leaf = draw(st.sampled_from(leaves))
    return leaf(draw, raw) or _level_leaf(draw, raw)


def _compared(draw: Draw, facet: Any, value: Any, several: list[Any], *, kept: pl.Expr, some: pl.Expr) -> Any:
    return draw(
        st.sampled_from(
            [
                (facet == value, kept),
                (facet != value, ~kept),
                (facet.is_in(several), some),
                (facet.not_in(several), ~some),
            ]
        )
    )


def _filter_leaf(draw: Draw, raw: Raw) -> tuple[Node, pl.Expr]:
    labels = dict(raw.named("Filter"))
    column = draw(st.sampled_from(sorted(labels)))
    several = draw(st.lists(_options(raw, column), min_size=1, max_size=4))
    facet = F.filter(_name(draw, column, labels))
    kept = pl.col(column) == several[0]
    return _compared(draw, facet, several[0], several, kept=kept, some=pl.col(column).is_in(several))


def _level_leaf(draw: Draw, raw: Raw) -> tuple[Node, pl.Expr]:
    several, some = _levels(draw, raw) or ([], pl.lit(value=True))
    return _compared(draw, F.level, several[0], several, kept=pl.col("geographic_level") == several[0], some=some)


def _location_leaf(draw: Draw, raw: Raw) -> tuple[Node, pl.Expr] | None:
    place = _place(draw, raw, list(raw.levels))
    if place is None:
        return None
    level, name, same = place
    return _compared(draw, F.location(level), name, [name], kept=same, some=same)


def _period_leaf(draw: Draw, raw: Raw) -> tuple[Node, pl.Expr]:
    pair = draw(st.sampled_from(_matchable(raw)))
    rank, bound, name = raw.period_rank(), raw.periods.index(pair), _spelt(pair)
    ordered = [
        (F.period > name, rank > bound),
        (F.period >= name, rank >= bound),
        (F.period < name, rank < bound),
        (F.period <= name, rank <= bound),
    ]
    return draw(st.sampled_from([*ordered, (F.period == name, rank == bound), (F.period != name, rank != bound)]))
