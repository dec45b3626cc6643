"""A case's query as a user of the client would ask it: labels and facets instead of ids."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import reduce
from operator import and_, or_
from typing import Any

import attrs

import eesclient as ees
from eesclient import Filter, Meta, Query, Request
from eesclient.testing import FakeService
from tests.conformance.criteria import parse_criteria
from tests.conformance.pack import Case
from tests.conformance.setups import request_of
from tests.doors.local import PARAMETERS, QueryParams, read_question
from tests.doors.query import (
    And,
    Comparator,
    Facet,
    FilterIds,
    Leaf,
    LocationKey,
    LocationKeys,
    Node,
    Not,
    Or,
    PeriodKey,
    SortLike,
    render_criteria,
)

_F = ees.facets


@attrs.frozen(kw_only=True)
class Asked:
    """A query of a case: the members of a POST body, or what the parameters of a GET query stand for."""

    criteria: Any = None
    indicators: Sequence[str] | None = None
    sorts: Sequence[tuple[str, str]] | None = None
    debug: bool = False
    page: int = 1
    page_size: int = 1000


def asked(case: Case) -> Asked:
    """The query of a case."""
    given = request_of(case)
    if given["method"] == "GET":
        question = read_question(QueryParams([tuple(pair) for pair in given["query"]], known=PARAMETERS))
        return Asked(
            criteria=question.criteria,
            indicators=question.indicators,
            sorts=None if question.sorts is None else [(sort["field"], sort["direction"]) for sort in question.sorts],
            debug=question.debug,
            page=question.page,
            page_size=question.page_size,
        )
    body = {name: value for name, value in (given["body"] or {}).items() if value is not None}
    sorts = body.get("sorts")
    return Asked(
        criteria=body.get("criteria"),
        indicators=body.get("indicators"),
        sorts=None if sorts is None else [(sort["field"], sort["direction"]) for sort in sorts],
        debug=body.get("debug", False),
        page=body.get("page", 1),
        page_size=body.get("pageSize", 1000),
    )


def opened(case: Case, service: FakeService) -> ees.PinnedDataSet:
    """The data set that a case asks, opened by our client."""
    data_set_id = request_of(case)["path"].split("/")[3]
    return ees.Client(service=service).open(data_set_id, version="1.0")


def build(data_set: ees.PinnedDataSet, question: Asked) -> Query:
    """The question built from words.

    Raises:
        QueryError: The builder refuses it.
    """
    meta = data_set.meta
    node = parse_criteria(question.criteria)
    sorts = question.sorts
    return data_set.build(
        where=None if node is None else in_words(node, meta),
        indicators=None if question.indicators is None else [_indicator(meta, id_) for id_ in question.indicators],
        sort=None if sorts is None else [_sort(meta, *sort) for sort in sorts],
        # sorts are sent where the service has to choose the rows
        limit=None if sorts is None else question.page * question.page_size,
        page_size=question.page_size,
    )


def sent(data_set: ees.PinnedDataSet, service: FakeService, query: Query, *, debug: bool) -> list[Request]:
    """The requests that our client sends for a question."""
    before = len(service.requests)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ees.EESWarning)
        data_set.query(query, debug=debug)
    return service.requests[before:]


def normal_body(question: Asked, meta: Meta) -> dict[str, Any]:
    """The body in the form that our client sends: defaults said, all indicators not listed, criteria in normal form."""
    node = parse_criteria(question.criteria)
    body: dict[str, Any] = {"page": question.page, "pageSize": question.page_size}
    body |= {"debug": True} if question.debug else {}
    if node is not None:
        body["criteria"] = render_criteria(_by_filter(node, meta))
    chosen = list(dict.fromkeys(question.indicators or []))
    if chosen and set(chosen) != {indicator.id for indicator in meta.indicators}:
        body["indicators"] = chosen
    if question.sorts is not None:
        body["sorts"] = [{"field": field, "direction": direction} for field, direction in question.sorts]
    return body


def repeats_a_level(question: Asked) -> bool:
    """Whether a list has a level twice, of which the service warns."""
    node = parse_criteria(question.criteria)
    leaves = node.clauses if isinstance(node, And | Or) else (node,)
    return any(
        isinstance(leaf, Leaf) and leaf.facet == "geographicLevels" and len(set(leaf.values)) < len(leaf.values)
        for leaf in leaves
    )


# Ids to words


def in_words(node: Node, meta: Meta) -> Node:
    """The condition with labels; what words say by another id or spelling stays as it is."""
    match node:
        case And(clauses=clauses):
            return reduce(and_, [in_words(clause, meta) for clause in clauses])
        case Or(clauses=clauses):
            return reduce(or_, [in_words(clause, meta) for clause in clauses])
        case Not(clause=clause):
            return ~in_words(clause, meta)
        case Leaf(facet="filters", comparator=comparator, values=ids):
            groups = _options(ids, meta)
            parts = [_said(_F.filter(held.label), comparator, labels) for held, labels in groups]
            return _joined(comparator, parts)
        case Leaf(facet="geographicLevels", comparator=comparator, values=codes):
            return _said(_F.level, comparator, codes)
        case Leaf(facet="locations", comparator=comparator, values=keys):
            return _places(comparator, keys, meta)
        case Leaf(facet="timePeriods", comparator=comparator, values=keys):
            if any(_is_spelt_otherwise(key, meta) for key in keys):
                return node
            return _said(_F.period, comparator, [f"{key.period}|{key.code}" for key in keys])
    raise TypeError(type(node).__name__)


def _said(facet: Facet, comparator: Comparator, values: Sequence[str]) -> Node:
    words = {"notEq": "ne", "in": "is_in", "notIn": "not_in", "gte": "ge", "lte": "le"}
    method = getattr(facet, words.get(comparator.value, comparator.value))
    said: Node = method(list(values)) if comparator.is_list else method(values[0])
    return said


def _joined(comparator: Comparator, parts: Sequence[Node]) -> Node:
    """Values of several filters or levels in one list: any of them, or none of them."""
    return reduce(and_ if comparator in (Comparator.NOT_EQ, Comparator.NOT_IN) else or_, parts)


def _options(ids: Sequence[str], meta: Meta) -> list[tuple[Filter, list[str]]]:
    """Labels of options by filter; what no filter has is left to the first, for the builder to refuse."""
    known = {option.id: (held, option.label) for held in meta.filters for option in held.options}
    groups: dict[str, tuple[Filter, list[str]]] = {}
    for id_ in ids:
        held, label = known.get(id_, (meta.filters[0], id_))
        groups.setdefault(held.id, (held, []))[1].append(label)
    return list(groups.values())


def _places(comparator: Comparator, keys: Sequence[LocationKey], meta: Meta) -> Node:
    groups: dict[str, list[LocationKey]] = {}
    for key in keys:
        groups.setdefault(key.level, []).append(key)
    parts: list[Node] = []
    for level, group in groups.items():
        by_code = [key for key in group if key.property != "id"]
        if by_code and all(_is_place(key, meta) for key in group):
            parts.append(LocationKeys(comparator=comparator, keys=tuple(group)))
        else:
            parts.append(_said(_F.location(level), comparator, [key.value for key in group]))
    return _joined(comparator, parts)


def _is_place(key: LocationKey, meta: Meta) -> bool:
    name = {"oldCode": "old_code", "laEstab": "la_estab"}.get(key.property, key.property)
    options = [option for group in meta.locations if str(group.level.code) == key.level for option in group.options]
    return any(getattr(option, name) == key.value for option in options)


def _is_spelt_otherwise(key: PeriodKey, meta: Meta) -> bool:
    """Whether the service reads the period as one of its own that is written differently."""
    spans = {(period.period, str(period.code)) for period in meta.periods}
    return (key.period, key.code) not in spans and any(
        code == key.code and text.startswith(f"{key.period}/") for text, code in spans
    )


def _indicator(meta: Meta, id_: str) -> str:
    return next((indicator.label for indicator in meta.indicators if indicator.id == id_), id_)


def _sort(meta: Meta, field: str, direction: str) -> SortLike:
    kind, _, id_ = field.partition("|")
    labels = {"timePeriod": "time period", "geographicLevel": "geographic level"}
    found = next((item.label for item in meta.filters if kind == "filter" and item.id == id_), None)
    name = found or (_indicator(meta, id_) if kind == "indicator" else labels.get(field, id_ or field))
    signed = {"Asc": name, "Desc": f"-{name}"}.get(direction, f"{name} {direction}")
    return ees.service_sort(signed) if kind == "indicator" else signed


# The same with ids alone, for the form to compare with


def _by_filter(node: Node, meta: Meta) -> Node:
    """The tree with one filter, or one level of locations, to a leaf."""
    match node:
        case And(clauses=clauses):
            return And(clauses=tuple(_by_filter(clause, meta) for clause in clauses))
        case Or(clauses=clauses):
            return Or(clauses=tuple(_by_filter(clause, meta) for clause in clauses))
        case Not(clause=clause):
            return Not(clause=_by_filter(clause, meta))
        case Leaf(facet="filters", comparator=comparator, values=ids):
            owners = {option.id: held.id for held in meta.filters for option in held.options}
            groups: dict[str, list[str]] = {}
            for id_ in ids:
                groups.setdefault(owners[id_], []).append(id_)
            leaves = [
                FilterIds(comparator=comparator, ids=tuple(held), filter_id=owner) for owner, held in groups.items()
            ]
            return _joined(comparator, leaves)
        case Leaf(facet="locations", comparator=comparator, values=keys):
            levels: dict[str, list[LocationKey]] = {}
            for key in keys:
                levels.setdefault(key.level, []).append(key)
            return _joined(
                comparator, [LocationKeys(comparator=comparator, keys=tuple(group)) for group in levels.values()]
            )
    return node
