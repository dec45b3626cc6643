"""The GET form of a query: parameters to a question (reference, section 10).

It says one facets object, whose members are texts; what a POST body says with objects stands here as `LA|code|X`,
`2023|AY` or `timePeriod|Asc`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import attrs

from ..models.problems import ErrorDetail
from . import rules, text_rules
from .binding import QueryParams
from .engine import Question, SortBy
from .problems import RefusedError

Texts: TypeAlias = str | list[str | None]
Facets: TypeAlias = dict[str, dict[str, Texts]]
"""What comparators of facets were given, by their names: one text, or a list of texts."""

LISTS = ("in", "notIn")
"""Comparators that take a list."""

_COMPARATORS = ("eq", "notEq", *LISTS)
_ORDERED = ("gt", "gte", "lt", "lte")


@attrs.frozen(kw_only=True)
class _Facet:
    """A facet of the GET grammar.

    Attributes:
        check: Rule for one text.
        value: What a valid text stands for in criteria.
        comparators: Names of its comparators.
    """

    check: rules.Check
    value: Callable[[str], Any] = str
    comparators: tuple[str, ...] = _COMPARATORS


_FACETS = {
    "filters": _Facet(check=rules.identifier(rules.FILTER_LENGTH)),
    "geographicLevels": _Facet(check=rules.one_of(rules.LEVELS)),
    "locations": _Facet(check=text_rules.location_text_errors, value=text_rules.location_of),
    "timePeriods": _Facet(
        check=text_rules.period_text_errors, value=text_rules.period_of, comparators=(*_COMPARATORS, *_ORDERED)
    ),
}

PARAMETERS = (
    "dataSetVersion",
    "debug",
    "page",
    "pageSize",
    *(f"{name}.{comparator}" for name, facet in _FACETS.items() for comparator in facet.comparators),
    "indicators",
    "sorts",
)
"""Names of the parameters that a GET query may have."""


def read_question(params: QueryParams) -> Question:
    """The question that the parameters of a GET query ask.

    Args:
        params: The parameters, those of `PARAMETERS` known.

    Raises:
        RefusedError: 400, for what binding refuses; else for everything that breaks a rule (section 3.3).
    """
    facets = {name: found for name, facet in _FACETS.items() if (found := _read_facet(params, name, facet))}
    indicators, sorts = params.texts("indicators"), params.texts("sorts")
    debug, page, page_size = params.boolean("debug"), params.integer("page", 1), params.integer("pageSize", 1000)
    params.check()
    errors = [*_facets_errors(facets), *rules.each(indicators, "indicators", rules.identifier(rules.INDICATOR_LENGTH))]
    errors += rules.each(sorts, "sorts", text_rules.sort_text_errors)
    errors += rules.paging_errors(page, page_size, largest=rules.MAX_PAGE_SIZE)
    if errors:
        raise RefusedError(400, errors)
    return Question(
        criteria=_criteria(facets) or None,
        criteria_path="",
        as_text=True,
        indicators=None if indicators is None else tuple(_present(indicators)),
        sorts=None if sorts is None else tuple(SortBy(**text_rules.sort_of(text)) for text in _present(sorts)),
        debug=debug,
        page=page,
        page_size=page_size,
    )


def _read_facet(params: QueryParams, name: str, facet: _Facet) -> dict[str, Texts]:
    found: dict[str, Texts] = {}
    for comparator in facet.comparators:
        path = f"{name}.{comparator}"
        value = params.texts(path) if comparator in LISTS else params.member(path)
        if value is not None:
            found[comparator] = value
    return found


def _facets_errors(facets: Facets) -> list[ErrorDetail]:
    return [error for name, given in facets.items() for error in rules.facet_errors(given, name, _FACETS[name].check)]


def _criteria(facets: Facets) -> dict[str, Mapping[str, Any]]:
    """Facets as the criteria of a POST body have them."""
    return {
        name: {comparator: _value(_FACETS[name], texts) for comparator, texts in given.items()}
        for name, given in facets.items()
    }


def _value(facet: _Facet, texts: Texts) -> Any:
    return facet.value(texts) if isinstance(texts, str) else [facet.value(text) for text in _present(texts)]


def _present(texts: list[str | None]) -> list[str]:
    """The items of a list, none of them blank once its rules were checked."""
    return [text for text in texts if text is not None]
