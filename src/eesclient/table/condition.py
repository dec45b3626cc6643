"""The rows of a whole data set that answer a question: its condition on codes, and which of them a limit leaves."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeAlias

import attrs
import polars as pl

from .._classes import frozen
from ..errors import UndecidedRowsError
from ..models.answers import Warning as ServiceWarning
from ..models.meta import ATTRIBUTES, Meta, beside, location_columns
from ..query.args import Sort
from ..query.question import Query
from ..query.request import render_criteria
from ..query.tree import And, Leaf, Node, leaves
from .assemble import relevant_sorts, sorted_rows
from .columns import EncodedRows, schema_of
from .dimensions import FILTER, LEVEL, LOCATION, PERIOD, dimensions_of
from .match import Compare, Index, Parser, Place, stored_period, to_expression, warnings_of

_CONDITIONS, _MANY = 256, 1_000
"""Conditions that are kept for each metadata, and the values in one from which on it is not."""

_FIELDS = {"period": PERIOD, "level": LEVEL}
"""Columns of a condition that tables name otherwise."""

Equals: TypeAlias = tuple[tuple[str, tuple[int, ...]], ...]
"""Columns, each with the codes of which a row is to have one."""


@frozen(kw_only=True)
class Condition:
    """A condition on rows of codes, None for none, and what the service would warn of in it.

    Attributes:
        equals: The same as codes, the fewest first; empty where it asks for more than that.
    """

    predicate: pl.Expr | None = None
    warnings: tuple[ServiceWarning, ...] = ()
    equals: Equals = ()


def matching(query: Query, table: EncodedRows, *, debug: bool) -> tuple[EncodedRows, int, tuple[ServiceWarning, ...]]:
    """The rows of a whole data set that answer a question, how many do whatever the limit, and what it warns of."""
    asked = condition(query)
    frame = table.frame if asked.predicate is None else table.frame.filter(asked.predicate)
    warnings, first = warnings_of(asked.warnings, frame.height, debug=debug), _first(query, frame)
    # pages too have no level, of those that metadata lacks, that no row has
    lost = [name for name in table.unknown if name not in schema_of(query).by_field and first[name].is_null().all()]
    unknown = {name: codes for name, codes in table.unknown.items() if name not in lost}
    return EncodedRows(frame=first.drop(lost), unknown=unknown), frame.height, warnings


def condition(query: Query) -> Condition:
    """The condition of a question; of those that are not large it is kept."""
    if query.criteria is None:
        return Condition()
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
    if predicate is None:
        return Condition(warnings=tuple(parser.warnings))
    expression = to_expression(predicate, column=_column)
    return Condition(predicate=expression, warnings=tuple(parser.warnings), equals=_equals(predicate))


def _equals(predicate: Node) -> Equals:
    parts = predicate.clauses if isinstance(predicate, And) else (predicate,)
    found = [
        (_FIELDS.get(part.column, part.column), part.places)
        for part in parts
        if isinstance(part, Compare) and part.op in ("=", "in")
    ]
    return tuple(sorted(found, key=lambda item: len(item[1]))) if len(found) == len(parts) else ()


def _column(name: str) -> pl.Expr:
    # no location and no option compare like a code that does not exist, where a null would compare as null
    return pl.col(_FIELDS.get(name, name)).fill_null(2**32 - 1)


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
