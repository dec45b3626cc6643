"""A question in words, each id with its label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...errors import QueryTooLargeError
from ...models.meta import Meta
from ..labels import areas_in, filter_of, level_label, parts_of, places_in
from ..periods import in_order
from ..places import places_of
from ..resolve import period_key
from ..tree import And, Comparator, Condition, Leaf, LocationKey, Node, Not, Or, PeriodKey, values_of

if TYPE_CHECKING:
    from ..args import Sort
    from ..question import Query

_ONE = {
    Comparator.EQ: "is {}",
    Comparator.NOT_EQ: "is not {}",
    Comparator.IN: "is {}",
    Comparator.NOT_IN: "is not {}",
    Comparator.GT: "is after {}",
    Comparator.GTE: "is {} or later",
    Comparator.LT: "is before {}",
    Comparator.LTE: "is {} or earlier",
}
_SEVERAL = _ONE | {Comparator.IN: "is one of: {}", Comparator.NOT_IN: "is none of: {}"}


def explain(query: Query) -> str:
    """A question in words."""
    try:
        return "\n".join(_lines(query))
    except RecursionError:
        raise QueryTooLargeError("the condition nests too deeply to be put in words: ask in parts") from None


def clause_text(node: Node, argument: str, meta: Meta) -> str:
    """One clause of a question on one line."""
    lines = [*_clause(node, argument, meta)]
    if len(lines) == 1:
        return lines[0]
    heading, *rest = (line.strip() for line in lines)
    return f"{heading} {'; '.join(line.removeprefix('- ') for line in rest)}"


def _lines(query: Query) -> Iterator[str]:
    meta = query.meta
    yield f"Data set {query.data_set_id}, version {query.version}"
    every = query.indicators == tuple(meta.indicators)
    yield f"Indicators{' (all)' if every else ''}:" if query.indicators else "Indicators: none"
    for indicator in query.indicators:
        unit = "" if indicator.unit is None else f", unit {str(indicator.unit)!r}"
        yield f"  - {indicator.label} ({indicator.column}, {indicator.id}){unit}"
    parts = parts_of(query)
    yield "Rows: all" if not parts else "Rows that meet all of these:"
    for argument, node in parts:
        first, *rest = _clause(node, argument, meta)
        yield f"  - {argument}: {first}"
        yield from (f"    {line}" for line in rest)
    if query.pinned:
        yield "Pinned by others=: " + "; ".join(f"{name} = {option}" for name, option in query.pinned.items())
    named = {filter_.id for _, node in parts for id_ in values_of("filters", node) if (filter_ := meta.filter_of(id_))}
    if left := [f"{item.label} ({item.id})" for item in meta.filters if item.id not in named and item.options]:
        yield f"Filters left open, each with all its options: {'; '.join(left)}"
    if query.sort:
        yield f"Sorted by: {'; '.join(_sort(sort, meta) for sort in query.sort)}"
    if query.limit is not None:
        yield f"At most {query.limit:,} rows, the first in the service's order"


def _clause(node: Node, argument: str, meta: Meta) -> list[str]:
    keys, heading = (places_in(node) if argument == "places" else None), "rows of"
    if argument == "within" and (areas := areas_in(node)):
        keys, own = areas
        heading = "rows that lie in, its own included," if own else "rows of smaller areas inside"
    if keys is None:
        return [*_tree(node, meta)]
    *shown, last = (_place(key, meta) for key in keys)
    return [f"{heading} {'; '.join(shown)} or {last}" if shown else f"{heading} {last}"]


def _tree(node: Node, meta: Meta) -> Iterator[str]:
    match node:
        case And(clauses=clauses) | Or(clauses=clauses):
            yield "all of:" if isinstance(node, And) else "any of:"
            for clause in clauses:
                first, *rest = _tree(clause, meta)
                yield f"  - {first}"
                yield from (f"    {line}" for line in rest)
        case Not(clause=And(clauses=_) | Or(clauses=_) as chain):
            _, *rest = _tree(chain, meta)
            yield "not all of:" if isinstance(chain, And) else "none of:"
            yield from rest
        case Not(clause=clause):
            first, *rest = _tree(clause, meta)
            yield f"not: {first}"
            yield from rest
        case Leaf():
            yield _leaf(node, meta)
        case Condition():
            values = [f"{value!r}" for value in node.values]
            yield _compared(f"{node.kind} {node.name!r}" if node.name else node.kind, node.comparator, values)
        case _:
            raise TypeError(f"{type(node).__name__} cannot be put in words")


def _leaf(leaf: Leaf, meta: Meta) -> str:
    match leaf.facet:
        case "filters":
            filter_ = filter_of(leaf, meta)
            subject = "an option" if filter_ is None else f"{filter_.label} ({filter_.id})"
            values = [_option(id_, meta, owner=filter_ is None) for id_ in leaf.values]
        case "geographicLevels":
            subject, values = "geographic level", [f"{level_label(code, meta)} ({code})" for code in leaf.values]
        case "locations":
            subject, values = "location", [_place(key, meta) for key in leaf.values]
        case "timePeriods":
            order = [period_key(period) for period in in_order(meta.periods)]
            # those that the version lacks come last
            keys = sorted(leaf.values, key=lambda key: order.index(key) if key in order else len(order))
            subject, values = "time period", [_period(key, meta) for key in keys]
    return _compared(subject, leaf.comparator, values)


def _compared(subject: str, comparator: Comparator, values: Sequence[str]) -> str:
    pattern = (_SEVERAL if len(values) > 1 else _ONE)[comparator]
    return f"{subject} {pattern.format('; '.join(values))}"


def _option(id_: str, meta: Meta, *, owner: bool) -> str:
    filter_, option = meta.filter_of(id_), meta.option(id_)
    if filter_ is None or option is None:
        return f"an option that the version does not have ({id_})"
    return f"{option.label} ({id_})" + (f" of {filter_.label} ({filter_.id})" if owner else "")


def _place(key: LocationKey, meta: Meta) -> str:
    named = f"{key.property} {key.value}"
    places = places_of(key, meta)
    if not places:
        return f"a location that the version does not have ({level_label(key.level, meta)}, {named})"
    # by a code the service takes the first of several (reference, section 12)
    return places[0].shown + ("" if key.property == "id" else f", asked for by {named}")


def _period(key: PeriodKey, meta: Meta) -> str:
    period = meta.period(key.period, key.code)
    named = f"{key.period}|{key.code}"
    if period is None:
        return f"a time period that the version does not have ({named})"
    return f"{period.label or period.period}, {period.code.label} ({named})"


def _sort(sort: Sort, meta: Meta) -> str:
    kind, _, name = sort.field.partition("|")
    words = {"timePeriod": "time period", "geographicLevel": "geographic level"}.get(kind, sort.field)
    if kind == "location":
        words = f"location at level {level_label(name, meta)} ({name})"
    item = meta.filter(name) if kind == "filter" else meta.indicator(name)
    if item is not None:
        words = f"{item.label} ({sort.field})"
    words += " as text, as the service does" if sort.textual else ""
    return f"{words}, {'largest' if sort.descending else 'smallest'} first"
