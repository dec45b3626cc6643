"""What occurs in the rows of a question, by the fields that its clauses are about, in labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .._lazy import pl
from ..frames.axes import FILTER, LEVEL, LOCATION, PERIOD, Category, schema_of
from ..query.labels import Labels, areas_in
from ..query.query import Part, Query
from ..query.tree import Leaf, Node, PeriodKey, leaves

_PLACE = "place"
"""Stands for a row's level, and its location at that level."""

_INSIDE = "inside|"
"""Stands for the location at a level of rows that are of other levels."""


def fields_of(parts: Sequence[Part], labels: Labels) -> list[str]:
    """The fields that clauses are about, each once."""
    found: dict[str, None] = {}
    for argument, node in parts:
        if argument == "places":
            found[_PLACE] = None
            continue
        areas = areas_in(node) if argument == "within" else None
        if areas is not None and not areas[1]:
            found |= dict.fromkeys(f"{_INSIDE}{key.level}" for key in areas[0])
            continue
        for leaf in leaves(node):
            found |= dict.fromkeys(_of_leaf(leaf, labels))
    return [*found]


def _of_leaf(leaf: Node, labels: Labels) -> list[str]:
    match leaf:
        case Leaf(facet="filters", values=ids):
            return [f"{FILTER}{labels.options[id_][0].id}" for id_ in ids if id_ in labels.options]
        case Leaf(facet="geographicLevels"):
            return [LEVEL]
        case Leaf(facet="locations", values=keys):
            return [f"{LOCATION}{key.level}" for key in keys]
    return [PERIOD]


def _located(field: str) -> str:
    return f"{LOCATION}{field.removeprefix(_INSIDE)}" if field.startswith(_INSIDE) else field


class Reading:
    """Reads codes of the rows that a question gets as labels.

    Args:
        query: The question.
        unknown: Categories that metadata lacks, by field.
    """

    def __init__(self, query: Query, unknown: Mapping[str, Sequence[Category]]) -> None:
        self._dimensions = {dimension.field: dimension for dimension in schema_of(query).dimensions}
        self._labels = Labels(meta=query.meta)
        self._categories = {
            field: (*dimension.categories, *unknown.get(field, ())) for field, dimension in self._dimensions.items()
        }

    def combinations(
        self, codes: pl.DataFrame, fields: Sequence[str]
    ) -> tuple[tuple[str, ...], tuple[tuple[str | None, ...], ...]]:
        """Names of the fields, and the labels of what occurs in them together."""
        known = [field for field in fields if field == _PLACE or _located(field) in self._dimensions]
        needed = [*dict.fromkeys(column for field in known for column in self._columns(field))]
        rows = codes.select(needed).unique().sort(needed).rows(named=True) if needed else []
        values = dict.fromkeys(tuple(self._label(field, row) for field in known) for row in rows)
        return tuple(self._name(field) for field in known), tuple(values)

    def _columns(self, field: str) -> list[str]:
        if field == _PLACE:
            return [LEVEL, *(name for name in self._dimensions if name.startswith(LOCATION))]
        return [LEVEL, _located(field)] if field.startswith(_INSIDE) else [field]

    def _name(self, field: str) -> str:
        if field == _PLACE:
            return "Place"
        dimension = self._dimensions[_located(field)]
        return "Time period" if dimension.kind == "time" else dimension.labels[-1]

    def _label(self, field: str, row: Mapping[str, int | None]) -> str | None:
        if field == _PLACE:
            level, own = self._label(LEVEL, row), f"{LOCATION}{self._level(row)}"
            place = self._label(own, row) if own in self._dimensions else None
            return level if place is None else f"{place} ({level})"
        if field.startswith(_INSIDE) and field == f"{_INSIDE}{self._level(row)}":
            return None
        dimension = self._dimensions[_located(field)]
        code = row[dimension.field]
        if code is None:
            return None
        return self._text(self._categories[dimension.field][code], is_period=dimension.kind == "time")

    def _level(self, row: Mapping[str, int | None]) -> str:
        code = row[LEVEL]
        return "" if code is None else str(self._categories[LEVEL][code].id)

    def _text(self, category: Category, *, is_period: bool) -> str:
        if is_period:
            period, _, code = str(category.id).partition("|")
            known = self._labels.periods.get(PeriodKey(period=period, code=code))
            return known.label or known.period if known else str(category.id)
        return category.cells[-1] or str(category.id)
