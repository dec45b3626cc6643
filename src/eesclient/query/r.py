"""A question for colleagues who use the R package eesyapi, as a call of its `query_dataset`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import TYPE_CHECKING

import attrs

from ..errors import QueryError
from ..models.meta import Meta
from .labels import level_label, normal_clauses, require_indicators
from .request import require_matchable
from .resolve import period_key
from .spellings import in_order, places_of, shown
from .tree import And, Comparator, Leaf, LocationKey, Node, Or, PeriodKey

if TYPE_CHECKING:
    from .question import Query

_MOST_ROWS = 2_000
"""Rows of a data frame that is written out."""

_ADVICE = (
    "; its json_query= takes query.to_json(), but reads the first page only. Ask a simpler question and select rows of "
    "its answer in R"
)


@attrs.frozen
class _Area:
    """Rows of one level, in one location if there is a key."""

    level: str
    key: LocationKey | None = None


def render_eesyapi(query: Query) -> str:
    """R source that asks a question with `eesyapi::query_dataset`."""
    require_matchable(query)
    require_indicators(query, "query_dataset()")
    if query.limit is not None:
        raise QueryError(f"query_dataset() has no limit, and this question has limit={query.limit}: leave it out")
    if query.sort:
        raise QueryError("query_dataset() has no sort: leave sort= out, and arrange() the rows in R")
    arguments = {"dataset_id": _text(query.data_set_id), "dataset_version": _text(str(query.version))}
    notes = [f"Data set {query.data_set_id}, version {query.version}"]
    if query.indicators != tuple(query.meta.indicators):
        arguments["indicators"] = _vector(indicator.id for indicator in query.indicators)
        notes += [f"{indicator.id}: {indicator.label}" for indicator in query.indicators]
    clauses = normal_clauses(query)
    periods = [clause for clause in clauses if isinstance(clause, Leaf) and clause.facet == "timePeriods"]
    filters = [clause for clause in clauses if isinstance(clause, Leaf) and clause.facet == "filters"]
    places = [clause for clause in clauses if clause not in periods and clause not in filters]
    if periods:
        arguments["time_periods"] = _periods(periods, query.meta)
    if places:
        arguments["geographies"], found = _geographies(places, query.meta)
        notes += found
    if filters:
        arguments["filter_items"], found = _filter_items(filters, query.meta)
        notes += found
    if query.page_size is not None:
        arguments["page_size"] = str(query.page_size)
    # a label with a line break must not end its comment
    comments = [" ".join("".join(c if c.isprintable() else " " for c in note).split()) for note in notes]
    written = ",\n".join(f"  {name} = {value}" for name, value in arguments.items())
    return "\n".join([*(f"# {comment}" for comment in comments), "result <- eesyapi::query_dataset(", written, ")", ""])


def _periods(clauses: Sequence[Leaf], meta: Meta) -> str:
    known = {period_key(period): period for period in in_order(meta.periods)}
    ordered = [*known]
    chosen = [key for key in ordered if all(_holds(clause, key, ordered) for clause in clauses)]
    if not chosen:
        raise QueryError("no time period meets the conditions of this question, and query_dataset() cannot ask that")
    for key in chosen:
        if not known[key].is_matchable:
            raise QueryError(f"no list of periods matches {shown(known[key])}: leave it out, or ask with query()")
    # of a two-year period it takes the first year
    return _vector(f"{key.period.partition('/')[0]}|{key.code}" for key in chosen)


def _holds(clause: Leaf, key: PeriodKey, ordered: Sequence[PeriodKey]) -> bool:
    missing = [asked for asked in clause.values if asked not in ordered]
    if missing:
        raise QueryError(f"the version has no time period {missing[0].period}|{missing[0].code}, so which are meant?")
    if clause.includes or clause.excludes:
        return (key in clause.values) is clause.includes
    place, first = ordered.index(key), ordered.index(clause.values[0])
    if place == first:
        return clause.comparator in (Comparator.GTE, Comparator.LTE)
    return (place > first) is (clause.comparator in (Comparator.GT, Comparator.GTE))


def _filter_items(clauses: Sequence[Leaf], meta: Meta) -> tuple[str, list[str]]:
    if not all(clause.includes for clause in clauses):
        raise QueryError(f"query_dataset() takes options that rows have, and this question excludes some{_ADVICE}")
    vectors = [_vector(clause.values) for clause in clauses]
    notes = [
        f"{id_}: {filter_.label} = {option.label}"
        for clause in clauses
        for id_ in clause.values
        if (filter_ := meta.filter_of(id_)) and (option := meta.option(id_))
    ]
    if len(vectors) == 1:
        return vectors[0], notes
    return "list(\n    " + ",\n    ".join(vectors) + "\n  )", notes


def _geographies(clauses: Sequence[Node], meta: Meta) -> tuple[str, list[str]]:
    """The levels, or the data frame of rows that are level AND location, joined by OR."""
    areas = _all_of(clauses, [str(level.code) for level in meta.levels])
    if not areas:
        raise QueryError("no level has rows in these places, and query_dataset() cannot ask that")
    if all(area.key is None for area in areas):
        codes = [area.level for area in areas]
        return _vector(codes), [f"{code}: {level_label(code, meta)}" for code in codes]
    located = [(area.level, area.key) for area in areas if area.key is not None]
    if len(located) < len(areas):
        raise QueryError(f"query_dataset() takes levels or locations, and this question alternates both{_ADVICE}")
    columns = {
        "geographic_level": [level for level, _ in located],
        "location_level": [key.level for _, key in located],
        "location_id_type": [key.property for _, key in located],
        "location_id": [key.value for _, key in located],
    }
    rows = ",\n    ".join(f"{name} = {_vector(values)}" for name, values in columns.items())
    named = dict.fromkeys(key for _, key in located)
    notes = [f"{key.value}: {place.shown}" for key in named for place in places_of(key, meta)[:1]]
    return f"data.frame(\n    {rows}\n  )", notes


def _all_of(clauses: Sequence[Node], levels: Sequence[str]) -> list[_Area]:
    # levels first: a place without them would be a row for each
    for clause in clauses:
        if isinstance(clause, Leaf) and clause.facet == "geographicLevels":
            levels = [area.level for area in _areas(clause, levels)]
    areas = [_Area(level) for level in levels]
    for clause in clauses:
        areas = _both(areas, _areas(clause, levels))
    return areas


def _areas(node: Node, levels: Sequence[str]) -> list[_Area]:
    match node:
        case Or(clauses=clauses):
            return [area for clause in clauses for area in _areas(clause, levels)]
        case And(clauses=clauses):
            return _all_of(clauses, levels)
        case Leaf(facet="geographicLevels", values=codes):
            return [_Area(level) for level in levels if (level in codes) is node.includes]
        case Leaf(facet="locations", includes=True, values=keys):
            other = [key.property for key in keys if key.property not in ("id", "code")]
            if other:
                raise QueryError(f"query_dataset() names locations by id or code, not by {other[0]}")
            return _few([_Area(level, key) for level, key in product(levels, keys)])
        case Leaf(facet="locations"):
            raise QueryError(f"query_dataset() takes places that rows lie in, and this question excludes some{_ADVICE}")
    raise QueryError(f"query_dataset() joins conditions on different things by AND only, and here is an OR{_ADVICE}")


def _both(some: Sequence[_Area], others: Sequence[_Area]) -> list[_Area]:
    found: dict[_Area, None] = {}
    by_level: dict[str, list[_Area]] = {}
    for other in others:
        by_level.setdefault(other.level, []).append(other)
    for area in some:
        for other in by_level.get(area.level, ()):
            if area.key is not None and other.key is not None and area.key != other.key:
                raise QueryError(f"query_dataset() takes one location for a row, and here are two{_ADVICE}")
            found[_Area(area.level, area.key or other.key)] = None
    return _few([*found])


def _few(areas: list[_Area]) -> list[_Area]:
    if len(areas) > _MOST_ROWS:
        raise QueryError(f"the places take more than {_MOST_ROWS:,} rows of R: name fewer, or give levels as well")
    return areas


def _vector(values: Iterable[str]) -> str:
    texts = [_text(value) for value in values]
    # to R a single text is a vector too
    return texts[0] if len(texts) == 1 else f"c({', '.join(texts)})"


def _text(value: str) -> str:
    if "\0" in value:
        raise QueryError(f"R has no text with a zero character, and {value!r} is one")
    plain = value.replace("\\", "\\\\").replace('"', '\\"')
    # R takes any sign by its number
    return '"' + "".join(sign if sign.isprintable() else f"\\U{{{ord(sign):x}}}" for sign in plain) + '"'
