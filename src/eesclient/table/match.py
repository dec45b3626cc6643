"""Criteria of a query become a condition on rows, with the service's warnings (reference, sections 3.4, 11 and 12)."""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias

import attrs
import polars as pl

from ..errors import UndecidedRowsError
from ..models.data_sets import Warning as ServiceWarning
from ..models.meta import ATTRIBUTES, WIRE_NAMES, LocationOption, Meta, beside, location_columns
from ..models.periods import TimeIdentifier
from ..query.args import Sort
from ..query.question import Query
from ..query.request import render_criteria
from ..query.tree import And, Leaf, Node, Not, Or, leaves
from .assemble import relevant_sorts, sorted_rows
from .columns import EncodedRows, schema_of
from .dimensions import FILTER, LEVEL, LOCATION, PERIOD, dimensions_of

Criteria: TypeAlias = Mapping[str, Any]
"""Criteria as JSON with members spelt as the reference spells them and null members left out, already validated."""

Condition: TypeAlias = tuple[pl.Expr | None, tuple[ServiceWarning, ...]]
"""A condition on rows, None for none, and what the service would warn of in it."""

_CONDITIONS, _MANY = 256, 1_000
"""Conditions that are kept for each metadata, and the values in one from which on it is not."""

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


@attrs.frozen
class Compare(Node):
    """A column compared with places: `=`, `!=`, `in`, `not in`, `>`, `>=`, `<` or `<=`."""

    column: str
    op: str
    places: tuple[Any, ...]


@attrs.frozen
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


@attrs.frozen(kw_only=True)
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


@attrs.define(kw_only=True)
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


def matching(query: Query, table: EncodedRows, *, debug: bool) -> tuple[EncodedRows, int, tuple[ServiceWarning, ...]]:
    """The rows of a whole data set that answer a question, how many do whatever the limit, and what it warns of."""
    predicate, found = condition(query)
    frame = table.frame if predicate is None else table.frame.filter(predicate)
    warnings, first = warnings_of(found, frame.height, debug=debug), _first(query, frame)
    # pages too have no level, of those that metadata lacks, that no row has
    lost = [name for name in table.unknown if name not in schema_of(query).by_field and first[name].is_null().all()]
    unknown = {name: codes for name, codes in table.unknown.items() if name not in lost}
    return EncodedRows(frame=first.drop(lost), unknown=unknown), frame.height, warnings


def condition(query: Query) -> Condition:
    """The condition of a question on rows of codes, None for none; and what the service would warn of in it."""
    if query.criteria is None:
        return None, ()
    tips = [tip for tip in leaves(query.criteria) if isinstance(tip, Leaf)]
    if sum(len(tip.values) for tip in tips) > _MANY:
        return _condition(query, query.criteria)
    known: dict[Hashable, Condition] = beside(query.meta).setdefault("conditions", {})
    # equal leaves may be of several filters, which are sent otherwise
    key = query.criteria, tuple(tip.owner for tip in tips)
    if (found := known.get(key)) is None:
        if len(known) >= _CONDITIONS:
            known.clear()
        found = known[key] = _condition(query, query.criteria)
    return found


def _condition(query: Query, criteria: Node) -> Condition:
    index = _index(query.meta)

    def as_stored(period: str, code: str) -> tuple[str, str]:
        # the data file has a period as it stands, also where the service would look for both years
        return (period, code) if (period, code) in index.periods else stored_period(period, code)

    parser = Parser(index=index, as_stored=as_stored)
    predicate = parser.parse(render_criteria(criteria), "criteria")
    expression = None if predicate is None else to_expression(predicate, column=_column)
    return expression, tuple(parser.warnings)


def warnings_of(found: tuple[ServiceWarning, ...], total: int, *, debug: bool) -> tuple[ServiceWarning, ...]:
    """All that the service would say beside an answer, in its order."""
    return (*found, *[DEBUG_ENABLED] * debug, *[NO_RESULTS] * (total == 0))


def _column(name: str) -> pl.Expr:
    # no location and no option compare like a code that does not exist, where a null would compare as null
    return pl.col({"period": PERIOD, "level": LEVEL}.get(name, name)).fill_null(2**32 - 1)


def _first(query: Query, frame: pl.DataFrame) -> pl.DataFrame:
    """The first rows in the service's order (reference, section 12), where that does not depend on its row numbers."""
    default = (Sort(field=PERIOD, descending=True),)
    if query.limit is None:
        return frame
    # which rows come first is decided as the service sorts: indicators by their text
    sorts = tuple(attrs.evolve(sort, textual=True) for sort in relevant_sorts(query.sort or default, frame))
    if query.limit >= frame.height:
        return frame
    ordered = frame[sorted_rows(query, sorts, schema_of(query), frame)]
    last, next_ = ordered.select(sort.field for sort in sorts)[query.limit - 1 : query.limit + 1].rows()
    if last == next_:
        raise UndecidedRowsError(
            f"limit={query.limit} cuts between rows that are equal in all that the question sorts by, and which of "
            "them the service takes is not written in the data file: sort by more, leave limit= out, or ask by pages"
        )
    return ordered.head(query.limit)


def _index(meta: Meta) -> Index:
    """Where what a question can name stands in the table; made once for all questions."""
    made = beside(meta)
    if "index" not in made:
        made["index"] = _indexed(meta)
    found: Index = made["index"]
    return found


def _indexed(meta: Meta) -> Index:
    codes = {
        dimension.field: {str(category.id): code for code, category in enumerate(dimension.categories)}
        for dimension in dimensions_of(meta)
        if dimension.kind != "location"
    }
    return Index(
        filters={
            id_: (field, code) for field in codes if field.startswith(FILTER) for id_, code in codes[field].items()
        },
        levels=codes[LEVEL],
        locations=Located(meta),
        periods={(id_.partition("|")[0], id_.partition("|")[2]): code for id_, code in codes[PERIOD].items()},
    )


class Located:
    """Where locations stand, found one by one: there may be tens of thousands, of which a question names a few."""

    def __init__(self, meta: Meta) -> None:
        self._columns = {str(group.level.code): location_columns(group) for group in meta.locations}
        self._dimensions = {item.field: item for item in dimensions_of(meta)}

    def get(self, key: tuple[str, str, str], /) -> Place | None:
        """The place of a location, or None."""
        level, name, value = key
        dimension = self._dimensions.get(f"{LOCATION}{level}")
        if dimension is None or name not in ATTRIBUTES:
            return None
        # of several locations with one code it is the first, for that is the one the service finds
        columns = self._columns[level]
        found = columns.positions(ATTRIBUTES[name]).of(value)
        return (dimension.field, dimension.codes.of(columns.column("id")[found[0]] or "")[0]) if found else None
