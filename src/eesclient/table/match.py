"""Criteria of a query become a condition on rows, with the service's warnings (reference, sections 3.4, 11 and 12)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, Generic, Literal, TypeAlias, TypeVar, assert_never

import attrs
import polars as pl

from ..errors import UndecidedRowsError
from ..models.data_sets import Warning
from ..models.data_sets import Warning as ServiceWarning
from ..models.meta import WIRE_NAMES, LocationOption, Meta
from ..models.periods import TimeIdentifier
from ..query.args import Sort
from ..query.question import Query
from ..query.request import render_criteria
from .columns import (
    FILTER,
    LEVEL,
    LOCATION,
    PERIOD,
    EncodedRows,
    SameMeta,
    Schema,
    schema_of,
)
from .order import relevant_sorts, sorted_rows

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


_NONE = 2**32 - 1
"""Stands for "no location" and "no option" in comparisons: like no code, and not like null, which compares as null."""

_NAMES = {"period": PERIOD, "level": LEVEL}
"""Fields by what conditions call them."""


@attrs.frozen(kw_only=True, eq=False)
class Matched:
    """Rows that answer a question.

    Attributes:
        rows: The rows, in the order of the table; with a limit those that the service gives.
        total: How many matched, whatever the limit.
        warnings: What the service would say beside them.
    """

    rows: EncodedRows
    total: int
    warnings: tuple[Warning, ...] = ()


def matching(query: Query, table: EncodedRows, *, debug: bool = False) -> Matched:
    """The rows of a whole data set that answer a question.

    Args:
        query: The question.
        table: All rows of its version, with at least the indicators that it asks for.
        debug: Whether the service would be asked for labels, of which it warns.

    Raises:
        UndecidedRowsError: Which rows come first is the service's choice.
    """
    predicate, found = condition(query)
    frame = table.frame if predicate is None else table.frame.filter(predicate)
    total = frame.height
    if query.limit is not None:
        frame = _first(query, query.limit, schema_of(query), frame)
    warnings = warnings_of(found, total, debug=debug)
    return Matched(rows=EncodedRows(frame=frame, unknown=table.unknown), total=total, warnings=warnings)


def condition(query: Query) -> tuple[pl.Expr | None, tuple[Warning, ...]]:
    """The condition of a question on rows of codes, None for none; and what the service would warn of in it."""
    if query.criteria is None:
        return None, ()
    index = _index(schema_of(query), SameMeta(query.meta))
    parser = Parser(index=index, as_stored=partial(_as_meant, index))
    predicate = parser.parse(render_criteria(query.criteria), "criteria")
    expression = None if predicate is None else to_expression(predicate, column=_column)
    return expression, tuple(parser.warnings)


def _as_meant(index: Index[int], period: str, code: str) -> tuple[str, str]:
    """A period as the data file has it: as it stands, also where the service would look for both years."""
    return (period, code) if (period, code) in index.periods else stored_period(period, code)


def warnings_of(found: tuple[Warning, ...], total: int, *, debug: bool) -> tuple[Warning, ...]:
    """All that the service would say beside an answer, in its order."""
    return (*found, *[DEBUG_ENABLED] * debug, *[NO_RESULTS] * (total == 0))


def _column(name: str) -> pl.Expr:
    return pl.col(_NAMES.get(name, name)).fill_null(_NONE)


def _first(query: Query, limit: int, schema: Schema, frame: pl.DataFrame) -> pl.DataFrame:
    """The first rows in the service's order (reference, section 12), where that does not depend on its row numbers."""
    default = (Sort(field=PERIOD, descending=True),)
    sorts = tuple(attrs.evolve(sort, textual=True) for sort in relevant_sorts(query.sort or default, frame))
    if limit >= frame.height:
        return frame
    ordered = frame[sorted_rows(sorts, schema, frame)]
    fields = [sort.field for sort in sorts]
    last, next_ = ordered.select(fields)[limit - 1 : limit + 1].rows()
    if last == next_:
        raise UndecidedRowsError(
            f"limit={limit} cuts between rows that are equal in all that the question sorts by, and which of them the "
            "service takes is not written in the data file: sort by more, leave limit= out, or ask by pages"
        )
    return ordered.head(limit)


@lru_cache(maxsize=8)
def _index(schema: Schema, same: SameMeta) -> Index[int]:
    """Where what a question can name stands in the table; made once for all questions of one kind."""
    fields = {
        dimension.field: {str(category.id): code for code, category in enumerate(dimension.categories)}
        for dimension in schema.dimensions
    }
    filters = {
        id_: (field, code) for field, codes in fields.items() if field.startswith(FILTER) for id_, code in codes.items()
    }
    periods = {(id_.partition("|")[0], id_.partition("|")[2]): code for id_, code in fields.get(PERIOD, {}).items()}

    def place_of(level: str, _: int, option: LocationOption) -> tuple[str, int]:
        field = f"{LOCATION}{level}"
        return field, fields[field][option.id]

    return Index(
        filters=filters,
        levels=fields.get(LEVEL, {}),
        locations=location_index(same.meta, place_of),
        periods=periods,
    )
