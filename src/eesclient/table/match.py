"""Criteria of a query become a condition on rows, with the service's warnings (reference, sections 3.4, 11 and 12)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Generic, Literal, TypeAlias, TypeVar, assert_never

import attrs

from .._lazy import pl
from ..models.meta import WIRE_NAMES, LocationOption, Meta
from ..models.periods import TimeIdentifier
from ..models.problems import Warning as ServiceWarning

Criteria: TypeAlias = Mapping[str, Any]
"""Criteria as JSON with members spelt as the reference spells them and null members left out, already validated."""

Failure: TypeAlias = Literal["empty-criteria", "short-year", "page-overflow", "patch-history", "version-overflow"]
"""Name of a known failure."""

FAILURES: dict[Failure, str] = {
    "empty-criteria": "section 11: an empty object inside and, or, not",
    "short-year": "section 14: a year that does not have four digits",
    "page-overflow": "section 21, point 20: page times page size beyond 32 bit",
    "patch-history": "section 8: patch history of a version with patch 0",
    "version-overflow": "section 5: a number over 2,147,483,647 in a wildcard version",
}
"""Known failures and where the reference has them. The box fails on these and nothing else."""

DEBUG_ENABLED = ServiceWarning(
    message="Debug mode is enabled. Do not enable debug mode in a production environment.", code="DebugEnabled"
)
NO_RESULTS = ServiceWarning(
    message="The query did not match any results. You may need to refine your criteria.", code="QueryNoResults"
)

Place = TypeVar("Place", bound=Hashable)
P = TypeVar("P", bound="Predicate")


class KnownFailureError(Exception):
    """The service would answer 500 with an empty body."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(FAILURES[failure])
        self.failure = failure


@attrs.frozen
class Compare:
    """A column compared with places: `=`, `!=`, `in`, `not in`, `>`, `>=`, `<` or `<=`."""

    column: str
    op: str
    places: tuple[Any, ...]


@attrs.frozen
class Const:
    """Always true or always false: what a comparison with unknown things is."""

    value: bool


@attrs.frozen
class Every:
    """All parts hold."""

    parts: tuple[Predicate, ...]


@attrs.frozen
class Some:
    """At least one part holds."""

    parts: tuple[Predicate, ...]


@attrs.frozen
class Negated:
    """The part does not hold."""

    part: Predicate


Predicate: TypeAlias = Compare | Const | Every | Some | Negated


@attrs.frozen(kw_only=True)
class Index(Generic[Place]):
    """What exists in a data set version, and where it stands in the table.

    Attributes:
        filters: Option id to column and place.
        levels: Level code to place.
        locations: Level, property and value to column and place; of several with one code, the first.
        periods: Period text and code to place.
    """

    filters: Mapping[str, tuple[str, Place]] = attrs.field(factory=dict)
    levels: Mapping[str, Place] = attrs.field(factory=dict)
    locations: Mapping[tuple[str, str, str], tuple[str, Place]] = attrs.field(factory=dict)
    periods: Mapping[tuple[str, str], Place] = attrs.field(factory=dict)


def location_index(
    meta: Meta, place_of: Callable[[str, int, LocationOption], tuple[str, Place]]
) -> dict[tuple[str, str, str], tuple[str, Place]]:
    """Where locations stand in a table, by level, property and value; of several with one code, the first.

    Args:
        meta: Metadata that has them.
        place_of: Column and place of a location, from its level, its number there from 1, and itself.
    """
    found: dict[tuple[str, str, str], tuple[str, Place]] = {}
    for group in meta.locations:
        level = str(group.level.code)
        for number, option in enumerate(group.options, 1):
            place = place_of(level, number, option)
            for attribute, name in WIRE_NAMES.items():
                value = getattr(option, attribute)
                if value is not None:
                    found.setdefault((level, name, value), place)
    return found


@attrs.define(kw_only=True)
class Parser(Generic[Place]):
    """Parses criteria; gathers warnings on the way, in document order.

    Attributes:
        index: What exists.
        as_text: Whether warnings write locations and time periods as the GET grammar does (`LA|code|X`) or as objects.
        as_stored: Gives the period text and code that a question's period text and code stand for.
        warnings: The warnings so far.
    """

    index: Index[Place]
    as_text: bool = False
    as_stored: Callable[[str, str], tuple[str, str]] = attrs.field(factory=lambda: stored_period)
    warnings: list[ServiceWarning] = attrs.field(factory=list)

    def parse(self, criteria: Criteria, path: str, *, negated: bool = False) -> Predicate | None:
        """The condition that criteria stand for; None for no condition.

        Args:
            criteria: The criteria.
            path: Where they stand, such as `criteria.and[0]`; "" at the root of a GET query.
            negated: Whether they stand directly under `not`, where facets are joined with OR.

        Raises:
            KnownFailureError: The service fails on such criteria.
        """
        if "and" in criteria:
            return _join(Every, self._parse_list(criteria["and"], f"{path}.and"))
        if "or" in criteria:
            return _join(Some, self._parse_list(criteria["or"], f"{path}.or"))
        if "not" in criteria:
            part = self.parse(criteria["not"], f"{path}.not", negated=True)
            if part is None:
                raise KnownFailureError("empty-criteria")
            return Negated(part)
        facets = [self._facet(name, criteria[name], _dotted(path, name)) for name in _FACETS if name in criteria]
        return _join(Some if negated else Every, [facet for facet in facets if facet is not None])

    def _parse_list(self, items: Sequence[Criteria], path: str) -> list[Predicate | None]:
        return [self.parse(item, f"{path}[{number}]") for number, item in enumerate(items)]

    def _facet(self, name: str, comparators: Mapping[str, Any], path: str) -> Predicate | None:
        parse = _FACETS[name]
        parts = [
            parse(self, comparator, _as_list(comparators[comparator]), f"{path}.{comparator}")
            for comparator in _OPERATORS
            if comparators.get(comparator) not in (None, [], ())
        ]
        return _join(Every, parts)

    def _filters(self, comparator: str, ids: Sequence[str], path: str) -> Predicate:
        found = [self.index.filters[item] for item in _distinct(ids) if item in self.index.filters]
        self._warn_unknown("Filters", path, [item for item in _distinct(ids) if item not in self.index.filters])
        return _grouped(comparator, found)

    def _levels(self, comparator: str, codes: Sequence[str], path: str) -> Predicate:
        found = [self.index.levels[code] for code in _distinct(codes) if code in self.index.levels]
        # a repeated code makes the service warn of nothing, for it compares how many it found
        if len(found) < len(codes):
            self._warn("GeographicLevels", path, [code for code in codes if code not in self.index.levels])
        return _grouped(comparator, [("level", place) for place in found])

    def _locations(self, comparator: str, keys: Sequence[Mapping[str, str]], path: str) -> Predicate:
        known = {_location_key(key): self.index.locations.get(_location_key(key)) for key in keys}
        unknown = [self._location(*key) for key, place in known.items() if place is None]
        self._warn_unknown("Locations", path, unknown)
        return _grouped(comparator, _distinct(place for place in known.values() if place is not None))

    def _location(self, level: str, name: str, value: str) -> str | dict[str, str]:
        return f"{level}|{name}|{value}" if self.as_text else {"level": level, name: value}

    def _periods(self, comparator: str, keys: Sequence[Mapping[str, str]], path: str) -> Predicate:
        known = {pair: self.index.periods.get(self.as_stored(*pair)) for pair in map(_period_pair, keys)}
        unknown = [
            f"{period}|{code}" if self.as_text else {"code": code, "period": period}
            for (period, code), place in known.items()
            if place is None
        ]
        self._warn_unknown("TimePeriods", path, unknown)
        return _grouped(comparator, _distinct(("period", place) for place in known.values() if place is not None))

    def _warn_unknown(self, kind: str, path: str, items: Sequence[Any]) -> None:
        if items:
            self._warn(kind, path, items)

    def _warn(self, kind: str, path: str, items: Sequence[Any]) -> None:
        message = f"One or more {_WORDS[kind]} could not be found."
        self.warnings.append(
            ServiceWarning(message=message, code=f"{kind}NotFound", path=path, detail={"items": list(items)})
        )


def stored_period(period: str, code: str) -> tuple[str, str]:
    """Period text and code as a data set has them: two-year codes always take the form `2020/2021`.

    Raises:
        KnownFailureError: The year does not have four digits, which validation lets pass.
    """
    first, slash, _ = period.partition("/")
    if len(first) != 4:
        raise KnownFailureError("short-year")
    if TimeIdentifier(code).spans_two_years and not slash:
        return f"{first}/{int(first) + 1:04}", code
    return period, code


_FACETS: dict[str, Callable[[Parser[Any], str, Sequence[Any], str], Predicate]] = {
    "filters": Parser._filters,
    "geographicLevels": Parser._levels,
    "locations": Parser._locations,
    "timePeriods": Parser._periods,
}
_OPERATORS = {
    "eq": "=", "notEq": "!=", "in": "in", "notIn": "not in", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=",
}  # fmt: skip
_WORDS = {
    "Filters": "filters",
    "GeographicLevels": "geographic levels",
    "Locations": "locations",
    "TimePeriods": "time periods",
}


def _grouped(comparator: str, found: Sequence[tuple[str, Any]]) -> Predicate:
    """Places compared column by column: any column for `in`, all of them for `notIn`."""
    excludes = comparator in ("notEq", "notIn")
    if not found:
        return Const(excludes)
    columns: dict[str, list[Any]] = {}
    for column, place in found:
        columns.setdefault(column, []).append(place)
    parts = [Compare(column, _OPERATORS[comparator], tuple(places)) for column, places in columns.items()]
    return _join(Every if excludes else Some, parts) or Const(excludes)


def _join(kind: type[Every | Some], parts: Sequence[Predicate | None]) -> Predicate | None:
    if len(parts) <= 1:
        return parts[0] if parts else None
    present = [part for part in parts if part is not None]
    if len(present) < len(parts):
        raise KnownFailureError("empty-criteria")
    return kind(tuple(present))


def _period_pair(key: Mapping[str, str]) -> tuple[str, str]:
    return key["period"], key["code"]


def _dotted(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _as_list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value]


def _distinct(items: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(items))


def _location_key(key: Mapping[str, str]) -> tuple[str, str, str]:
    name = next(name for name in key if name != "level")
    return key["level"], name, key[name]


def to_expression(predicate: Predicate, *, column: Callable[[str], pl.Expr] | None = None) -> pl.Expr:
    """A condition as one Polars expression.

    Args:
        predicate: The condition.
        column: What stands for a column of the condition; None for the column itself.
    """
    match predicate:
        case Const(value):
            return pl.lit(value)
        case Negated(part):
            return to_expression(part, column=column).not_()
        case Every(parts):
            return pl.all_horizontal([to_expression(part, column=column) for part in parts])
        case Some(parts):
            return pl.any_horizontal([to_expression(part, column=column) for part in parts])
        case Compare(name, op, places):
            return _compare((column or pl.col)(name), op, places)
        case _:
            assert_never(predicate)


def _compare(column: pl.Expr, op: str, places: Sequence[int]) -> pl.Expr:
    match op:
        case "in":
            return column.is_in(list(places))
        case "not in":
            return column.is_in(list(places)).not_()
        case "=":
            return column == places[0]
        case "!=":
            return column != places[0]
        case ">":
            return column > places[0]
        case ">=":
            return column >= places[0]
        case "<":
            return column < places[0]
        case _:
            return column <= places[0]
