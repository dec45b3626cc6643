"""Criteria of a query become a condition on rows, with the service's warnings (reference, sections 3.4, 11 and 12)."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias

import attrs
import polars as pl

from .._classes import define, frozen
from ..models.answers import Warning as ServiceWarning
from ..models.meta import WIRE_NAMES, LocationOption, Meta
from ..models.periods import TimeIdentifier
from ..query.tree import And, Node, Not, Or

Criteria: TypeAlias = Mapping[str, Any]
"""Criteria as JSON with members spelt as the reference spells them and null members left out, already validated."""

Failure: TypeAlias = Literal[
    "empty-criteria", "short-year", "page-overflow", "patch-history", "version-overflow", "level-case", "sort-name"
]
"""Name of a known failure."""

FAILURES: dict[Failure, str] = {
    "empty-criteria": "section 11: an empty object inside and, or, not",
    "short-year": "section 14: a year that does not have four digits",
    "page-overflow": "section 21, point 20: page times page size beyond 32 bit",
    "patch-history": "section 8: patch history of a version with patch 0",
    "version-overflow": "section 5: a number over 2,147,483,647 in a wildcard version",
    "level-case": "section 17: a row whose geographic level stands in another case in the file",
    "sort-name": "section 12: a sort by a column that SQL does not take without quotes",
}
"""Known failures and where the reference has them. The box fails on these and nothing else."""

DEBUG_ENABLED = ServiceWarning(
    message="Debug mode is enabled. Do not enable debug mode in a production environment.", code="DebugEnabled"
)
NO_RESULTS = ServiceWarning(
    message="The query did not match any results. You may need to refine your criteria.", code="QueryNoResults"
)


class KnownFailureError(Exception):
    """The service would answer 500 with an empty body."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(FAILURES[failure])
        self.failure = failure


@frozen
class Compare(Node):
    """A column compared with places: `=`, `!=`, `in`, `not in`, `>`, `>=`, `<` or `<=`."""

    column: str
    op: str
    places: tuple[Any, ...]


@frozen
class Const(Node):
    """Always true or always false: what a comparison with unknown things is."""

    value: bool


Place: TypeAlias = tuple[str, Any]
"""A column of a table, and what stands there for a thing."""


class Locations(Protocol):
    """Places of locations by level, property and value."""

    def get(self, key: tuple[str, str, str], /) -> Place | None:
        """The place of a location, or None."""
        ...


@frozen(kw_only=True)
class Index:
    """What exists in a data set version, and where it stands in the table.

    Options of filters are found by id, levels by code, locations by level, property and value, periods by both texts.
    """

    filters: Mapping[str, Place] = attrs.field(factory=dict)
    levels: Mapping[str, Any] = attrs.field(factory=dict)
    locations: Locations = attrs.field(factory=dict[tuple[str, str, str], Place])
    periods: Mapping[tuple[str, str], Any] = attrs.field(factory=dict)


def location_index(
    meta: Meta, place_of: Callable[[str, int, LocationOption], Place]
) -> dict[tuple[str, str, str], Place]:
    """Where locations stand, by level, property and value; `place_of` gets the level, the number from 1, the location.

    Of several locations with one code it is the first, for that is the one the service finds.
    """
    found: dict[tuple[str, str, str], Place] = {}
    for group in meta.locations:
        level = str(group.level.code)
        for number, option in enumerate(group.options, 1):
            place = place_of(level, number, option)
            for attribute, name in WIRE_NAMES.items():
                if (value := getattr(option, attribute)) is not None:
                    found.setdefault((level, name, value), place)
    return found


def stored_period(period: str, code: str) -> tuple[str, str]:
    """Period text and code as a data set has them: two-year codes always take the form `2020/2021`."""
    first, slash, _ = period.partition("/")
    # validation lets such a year pass, and the service fails on it
    if len(first) != 4:
        raise KnownFailureError("short-year")
    if TimeIdentifier(code).spans_two_years and not slash:
        return f"{first}/{int(first) + 1:04}", code
    return period, code


_FACETS = {
    "filters": "filters",
    "geographicLevels": "geographic levels",
    "locations": "locations",
    "timePeriods": "time periods",
}
"""Facets in the order in which the service warns of them, and what its warnings call them."""

_OPERATORS = {
    "eq": "=", "notEq": "!=", "in": "in", "notIn": "not in", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=",
}  # fmt: skip


@define(kw_only=True)
class Parser:
    """Parses criteria; gathers warnings on the way, in document order."""

    index: Index
    # whether warnings write locations and time periods as the GET grammar does (`LA|code|X`) or as objects
    as_text: bool = False
    # gives the period text and code that a question's stand for
    as_stored: Callable[[str, str], tuple[str, str]] = stored_period
    warnings: list[ServiceWarning] = attrs.field(factory=list)

    def parse(self, criteria: Criteria, path: str, *, negated: bool = False) -> Node | None:
        """The condition that criteria at a path stand for, or None; of negated ones, facets are joined with OR."""
        # the first of and, or and not that is there says what the object is (section 11)
        for name, kind in (("and", And), ("or", Or)):
            if name in criteria:
                items = enumerate(criteria[name])
                return _join(kind, [self.parse(item, f"{path}.{name}[{number}]") for number, item in items])
        if "not" in criteria:
            part = self.parse(criteria["not"], f"{path}.not", negated=True)
            if part is None:
                raise KnownFailureError("empty-criteria")
            return Not(clause=part)
        dot = "." if path else ""
        facets = [self._facet(name, criteria[name], f"{path}{dot}{name}") for name in _FACETS if name in criteria]
        return _join(Or if negated else And, [facet for facet in facets if facet is not None])

    def _facet(self, name: str, comparators: Mapping[str, Any], path: str) -> Node | None:
        parts = []
        for comparator in _OPERATORS:
            value = comparators.get(comparator)
            if value not in (None, [], ()):
                values = value if isinstance(value, list | tuple) else [value]
                places = self._places(name, [_key(name, item) for item in values], f"{path}.{comparator}")
                parts.append(_compare(comparator, places))
        return _join(And, parts)

    def _places(self, facet: str, keys: Sequence[Any], path: str) -> list[Place]:
        """Places of what a facet names, each once; warns of what does not exist."""
        known = {key: self._place(facet, key) for key in keys}
        found = [*dict.fromkeys(place for place in known.values() if place is not None)]
        # the service lists a level as often as it was asked for, anything else once
        unknown = [key for key in (keys if facet == "geographicLevels" else known) if known[key] is None]
        # a repeated level makes the service warn of nothing, for it compares how many it found
        if unknown or (facet == "geographicLevels" and len(found) < len(keys)):
            detail = {"items": [self._written(facet, key) for key in unknown]}
            message = f"One or more {_FACETS[facet]} could not be found."
            code = f"{facet[0].upper()}{facet[1:]}NotFound"
            self.warnings.append(ServiceWarning(message=message, code=code, path=path, detail=detail))
        return found

    def _place(self, facet: str, key: Any) -> Place | None:
        match facet:
            case "filters":
                return self.index.filters.get(key)
            case "locations":
                return self.index.locations.get(key)
            case "geographicLevels":
                column, place = "level", self.index.levels.get(key)
            case _:
                column, place = "period", self.index.periods.get(self.as_stored(*key))
        return None if place is None else (column, place)

    def _written(self, facet: str, key: Any) -> str | dict[str, str]:
        """A key as warnings write it."""
        if isinstance(key, str):
            return key
        if self.as_text:
            return "|".join(key)
        if facet == "timePeriods":
            return {"code": key[1], "period": key[0]}
        level, name, value = key
        return {"level": level, name: value}


def _key(facet: str, item: Any) -> Any:
    """What an item of a facet is looked up by."""
    if facet == "timePeriods":
        return item["period"], item["code"]
    if facet == "locations":
        name = next(name for name in item if name != "level")
        return item["level"], name, item[name]
    return item


def _compare(comparator: str, places: Iterable[Place]) -> Node:
    """Places compared column by column: any column for `in`, all of them for `notIn`."""
    excludes = comparator in ("notEq", "notIn")
    columns: dict[str, list[Any]] = {}
    for column, place in places:
        columns.setdefault(column, []).append(place)
    parts = [Compare(column, _OPERATORS[comparator], tuple(places)) for column, places in columns.items()]
    joined = _join(And if excludes else Or, parts)
    return Const(excludes) if joined is None else joined


def _join(kind: type[And | Or], parts: Sequence[Node | None]) -> Node | None:
    if len(parts) <= 1:
        return parts[0] if parts else None
    present = [part for part in parts if part is not None]
    # an empty object among others makes SQL that DuckDB refuses (section 11)
    if len(present) < len(parts):
        raise KnownFailureError("empty-criteria")
    return kind(clauses=tuple(present))


_COMPARE: dict[str, Callable[[Any, Any], pl.Expr]] = {
    "=": operator.eq, "!=": operator.ne, ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
}  # fmt: skip


def to_expression(predicate: Node, *, column: Callable[[str], pl.Expr] = pl.col) -> pl.Expr:
    """A condition as one Polars expression; `column` gives what stands for a column."""
    match predicate:
        case Const(value):
            return pl.lit(value)
        case Not(clause=part):
            return to_expression(part, column=column).not_()
        case And(clauses=parts):
            return pl.all_horizontal([to_expression(part, column=column) for part in parts])
        case Or(clauses=parts):
            return pl.any_horizontal([to_expression(part, column=column) for part in parts])
        case Compare(name, "in" | "not in" as op, places):
            is_in = column(name).is_in(list(places))
            return is_in if op == "in" else is_in.not_()
        case Compare(name, op, places):
            return _COMPARE[op](column(name), places[0])
    raise TypeError(f"{type(predicate).__name__} is not a condition on places")


def warnings_of(found: tuple[ServiceWarning, ...], total: int, *, debug: bool) -> tuple[ServiceWarning, ...]:
    """All that the service would say beside an answer, in its order."""
    return (*found, *[DEBUG_ENABLED] * debug, *[NO_RESULTS] * (total == 0))
