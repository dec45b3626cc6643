"""Questions to one data set version: conditions, sorts, paging, results as JSON text (reference, section 12). Pure."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

import attrs
import polars as pl

from ..models.data_sets import ErrorDetail
from ..models.data_sets import Warning as ServiceWarning
from ..table.match import (
    DEBUG_ENABLED,
    NO_RESULTS,
    Criteria,
    Index,
    KnownFailureError,
    Parser,
    Predicate,
    location_index,
    to_expression,
)
from .ingest import VersionData
from .ordering import matching, place_counts
from .rendering import Renderer
from .rules import LARGEST_INT

_INDICATOR = "indicator:"
_REMEMBERED = 4
_PLAIN_SORTS = {"timePeriod": "period", "geographicLevel": "level"}

INDICATORS_NOT_FOUND = "One or more indicators could not be found."
SORTS_NOT_FOUND = "One or more sort fields could not be found."


@attrs.frozen(kw_only=True)
class SortBy:
    """A sort as a request writes it.

    Attributes:
        field: Such as `timePeriod` or `filter|O7CLF`.
        direction: `Asc` or `Desc`.
    """

    field: str
    direction: str


@attrs.frozen(kw_only=True)
class Question:
    """A validated query.

    Attributes:
        criteria: Condition on rows; None for all rows.
        criteria_path: Where the criteria stand in the request: `criteria`, or "" in a GET query.
        as_text: Whether warnings and errors echo locations, time periods and sorts as the GET grammar writes them.
        indicators: Ids of the indicators; None for all.
        sorts: Sorts in order; None for the default order.
        debug: Whether labels come beside ids.
        page: Page number, from 1.
        page_size: Rows per page.
    """

    criteria: Criteria | None = None
    criteria_path: str = "criteria"
    as_text: bool = False
    indicators: tuple[str, ...] | None = None
    sorts: tuple[SortBy, ...] | None = None
    debug: bool = False
    page: int = 1
    page_size: int = 1000


@attrs.frozen(kw_only=True)
class Answer:
    """One page of an answer.

    Attributes:
        total: Rows on all pages.
        results: The rows of this page, as the text of a JSON array.
        warnings: In the service's order.
    """

    total: int
    results: str
    warnings: tuple[ServiceWarning, ...] = ()


class UnknownFieldsError(Exception):
    """The question names indicators or sort fields that the data set does not have; `errors` says which."""

    def __init__(self, errors: Sequence[ErrorDetail]) -> None:
        super().__init__([error.code for error in errors])
        self.errors: tuple[ErrorDetail, ...] = tuple(errors)


class Engine:
    """Answers questions to one data set version; may be shared by threads.

    Which rows match and in which order is remembered for the last few questions, so that further pages only slice.
    """

    def __init__(self, data: VersionData) -> None:
        self._table = data.rows
        self._keys = tuple(name for name in data.rows.columns if not name.startswith(_INDICATOR))
        self._index: Index[int] = _index_of(data)
        self._counts = place_counts(data)
        self._renderer = Renderer(data)
        self._indicators = {item.id: f"{_INDICATOR}{item.id}" for item in data.meta.indicators}
        self._remembered: OrderedDict[str, pl.Series] = OrderedDict()
        self._lock = Lock()

    def answer(self, question: Question) -> Answer:
        """Answer one page of a question.

        Raises:
            UnknownFieldsError: It names indicators or sort fields that the data set does not have.
            KnownFailureError: The service fails on it.
        """
        parser = Parser(index=self._index, as_text=question.as_text)
        predicate = parser.parse(question.criteria or {}, question.criteria_path)
        order, errors = self._order(question)
        indicators = tuple(dict.fromkeys(self._indicators if question.indicators is None else question.indicators))
        if unknown := [item for item in indicators if item not in self._indicators]:
            errors = [_not_found("Indicators", INDICATORS_NOT_FOUND, "indicators", unknown), *errors]
        if errors:
            raise UnknownFieldsError(errors)
        offset = (question.page - 1) * question.page_size
        if question.page * question.page_size > LARGEST_INT:
            raise KnownFailureError("page-overflow")
        rows = self._rows(predicate, order, key=json.dumps([question.criteria, order]))
        columns = [*self._keys, *(self._indicators[item] for item in indicators)]
        page = self._table.take(rows.slice(offset, question.page_size), columns)
        warnings = [*parser.warnings, *[DEBUG_ENABLED] * question.debug, *[NO_RESULTS] * rows.is_empty()]
        return Answer(
            total=len(rows),
            results=self._renderer.results(page, indicators, debug=question.debug),
            warnings=tuple(warnings),
        )

    def _rows(self, predicate: Predicate | None, order: list[tuple[str, bool]], *, key: str) -> pl.Series:
        """Numbers of the rows that match, in order."""
        with self._lock:
            if key in self._remembered:
                self._remembered.move_to_end(key)
                return self._remembered[key]
        condition = None if predicate is None else to_expression(predicate)
        rows = matching(self._table, condition, order, self._counts)
        with self._lock:
            self._remembered[key] = rows
            if len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return rows

    def _order(self, question: Question) -> tuple[list[tuple[str, bool]], list[ErrorDetail]]:
        """Columns to sort by, each with whether descending; and what is wrong with the sorts."""
        if question.sorts is None:
            return [("period", True)], []
        columns = [self._sort_column(sort.field, question.indicators) for sort in question.sorts]
        unknown = [sort for sort, column in zip(question.sorts, columns, strict=True) if column is None]
        if unknown:
            items = [f"{sort.field}|{sort.direction}" if question.as_text else attrs.asdict(sort) for sort in unknown]
            return [], [_not_found("SortFields", SORTS_NOT_FOUND, "sorts", items)]
        pairs = zip(columns, question.sorts, strict=True)
        return [(column, sort.direction == "Desc") for column, sort in pairs if column is not None], []

    def _sort_column(self, field: str, indicators: Sequence[str] | None) -> str | None:
        if field in _PLAIN_SORTS:
            return _PLAIN_SORTS[field]
        kind, _, name = field.partition("|")
        if kind not in ("filter", "indicator", "location") or f"{kind}:{name}" not in self._table.columns:
            return None
        is_left_out = kind == "indicator" and indicators is not None and name not in indicators
        return None if is_left_out else f"{kind}:{name}"


def total_pages(total: int, page_size: int) -> int:
    """Pages of a list by the service's integer arithmetic: 1 for no items, or 0 when the page size is 1 (section 6)."""
    # integer division of C# cuts towards zero, Python's rounds down
    return int((total - 1) / page_size) + 1


def _index_of(data: VersionData) -> Index[int]:
    """Where all that a data set version has stands in its table."""
    return Index(
        filters={
            option.id: (f"filter:{item.id}", place)
            for item in data.meta.filters
            for place, option in enumerate(item.options, 1)
        },
        levels={str(level.code): place for place, level in enumerate(data.levels, 1)},
        locations=location_index(data.meta, lambda level, number, _: (f"location:{level}", number)),
        periods={(period.period, str(period.code)): place for place, period in enumerate(data.periods, 1)},
    )


def _not_found(kind: str, message: str, path: str, items: Sequence[Any]) -> ErrorDetail:
    detail: Mapping[str, Any] = {"items": list(items)}
    return ErrorDetail(message=message, code=f"{kind}NotFound", path=path, detail=detail)
