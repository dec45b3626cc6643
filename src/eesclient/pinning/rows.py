"""Which rows of a whole data set answer a question: what the service would choose, chosen here."""

from __future__ import annotations

from functools import lru_cache, partial

import attrs

from .._lazy import pl
from ..errors import UndecidedRowsError
from ..frames.axes import FILTER, LEVEL, LOCATION, PERIOD, EncodedRows, SameMeta, Schema, schema_of
from ..frames.order import relevant_sorts, sorted_rows
from ..models.meta import LocationOption
from ..models.problems import Warning
from ..query.query import Query, Sort
from ..query.render import render_criteria
from ..table.match import DEBUG_ENABLED, NO_RESULTS, Index, Parser, location_index, stored_period, to_expression

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
