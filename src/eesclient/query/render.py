"""A question as the service reads it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..errors import QueryTooLargeError
from .ast import And, FilterIds, LevelCodes, LocationKeys, Node, Or, PeriodKeys
from .normal import Leaf, normalise

if TYPE_CHECKING:
    from .query import Query

MAX_BODY = 128 * 1024
"""Bytes of a body that the service's gateway lets through (reference, section 1)."""

MAX_DEPTH = 32
"""Nesting that the service reads (reference, section 6)."""

DEFAULT_PAGE_SIZE = 10_000
"""The service's largest page."""


def render_body(query: Query, *, page: int = 1, page_size: int | None = None, indent: int | None = None) -> str:
    """The POST body that asks for one page of a question, as JSON text.

    Args:
        query: The question.
        page: Number of the page, from 1.
        page_size: Rows on a page; else the question's own, else 10,000.
        indent: Spaces of indentation; None for the compact text that is sent.

    Raises:
        QueryTooLargeError: The body is larger or deeper than the service reads (reference, sections 1 and 6).
    """
    body: dict[str, Any] = {}
    if query.criteria is not None:
        body["criteria"] = render_criteria(query.criteria)
    if {i.id for i in query.indicators} != {i.id for i in query.meta.indicators}:
        body["indicators"] = [indicator.id for indicator in query.indicators]
    if query.limit is not None and query.sort:
        body["sorts"] = [{"field": s.field, "direction": "Desc" if s.descending else "Asc"} for s in query.sort]
    body |= {"page": page, "pageSize": page_size or query.page_size or DEFAULT_PAGE_SIZE}
    _check_depth(body)
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    _check_size(text)
    return text if indent is None else json.dumps(body, ensure_ascii=False, indent=indent)


def render_criteria(node: Node) -> dict[str, Any]:
    """The `criteria` of a POST body (reference, section 11), in normal form."""
    return _criteria(normalise(node))


def _criteria(node: Node) -> dict[str, Any]:
    match node:
        case And(clauses=clauses):
            return {"and": [_criteria(clause) for clause in clauses]}
        case Or(clauses=clauses):
            return {"or": [_criteria(clause) for clause in clauses]}
        case FilterIds() | LevelCodes() | LocationKeys() | PeriodKeys():
            return _facet(node)
    raise TypeError(f"{type(node).__name__} cannot be sent")


def _facet(leaf: Leaf) -> dict[str, Any]:
    match leaf:
        case FilterIds(ids=ids):
            facet = "filters"
            values: list[Any] = [*ids]
        case LevelCodes(codes=codes):
            facet, values = "geographicLevels", [*codes]
        case LocationKeys(keys=places):
            # "level" must be spelled so, and exactly one further member may stand beside it
            facet, values = "locations", [{"level": place.level, place.property: place.value} for place in places]
        case PeriodKeys(keys=periods):
            facet, values = "timePeriods", [{"period": period.period, "code": period.code} for period in periods]
    value = values if leaf.comparator.is_list else values[0]
    return {facet: {leaf.comparator.value: value}}


def _check_size(text: str) -> None:
    size = len(text.encode())
    if size > MAX_BODY:
        raise QueryTooLargeError(
            f"the question takes {size:,} bytes, and the service's gateway refuses more than {MAX_BODY:,}: ask for "
            "fewer options at a time (several questions, joined with polars.concat), or leave the condition out and "
            "select rows of the answer"
        )


def _check_depth(body: dict[str, Any]) -> None:
    depth = 0
    level: list[Any] = [body]
    while level:
        depth += 1
        items = [child for value in level for child in (value.values() if isinstance(value, dict) else value)]
        level = [item for item in items if isinstance(item, dict | list)]
    if depth > MAX_DEPTH:
        raise QueryTooLargeError(
            f"the question nests {depth} deep, and the service reads {MAX_DEPTH} levels: & inside | inside & and so on "
            "takes two levels each; ask in parts"
        )
