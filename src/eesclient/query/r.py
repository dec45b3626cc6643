"""A question for colleagues who use the R package eesyapi, as a call of its `query_dataset`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import TYPE_CHECKING

from .._classes import frozen
from ..errors import QueryError, QueryTooLargeError
from ..models.meta import Meta
from .labels import level_label, normal_clauses, require_indicators
from .request import MAX_BODY, require_answerable
from .resolve import period_key
from .spellings import in_order, places_of, shown
from .tree import And, Comparator, Leaf, LocationKey, Node, Or, PeriodKey

if TYPE_CHECKING:
    from .question import Query

_PLACE, _LEVEL, _PERIOD, _OPTION, _INDICATOR = 259, 124, 74, 14, 6
"""Bytes around the texts of each in the body that eesyapi 0.6.1 makes of a call."""

_FILTER, _ELSE = 80, 300
"""Bytes around a list of options, and around all."""

_ADVICE = (
    "; its json_query= takes query.to_json(), but reads the first page only. Ask a simpler question and select rows of "
    "its answer in R"
)


@frozen
class _Area:
    """Rows of one level, in one location if there is a key."""

    level: str
    key: LocationKey | None = None


def render_eesyapi(query: Query) -> str:
    """R source that asks a question with `eesyapi::query_dataset`."""
    require_answerable(query)
    require_indicators(query, "query_dataset()")
    if query.limit is not None:
        raise QueryError(f"query_dataset() has no limit, and this question has limit={query.limit}: leave it out")
    if query.sort:
        raise QueryError("query_dataset() has no sort: leave sort= out, and arrange() the rows in R")
    if not query.meta.filters:
        raise QueryError(
            "this data set has no filters, and eesyapi fails where it reads such metadata, after it has asked: give R "
            "the answer as a file, by write_parquet(), or have it read the data file"
        )
    arguments = {"dataset_id": _text(query.data_set_id), "dataset_version": _text(str(query.version))}
    notes = [f"Data set {query.data_set_id}, version {query.version}"]
    # without them it warns, and reads the metadata once more (before 0.6, that of the latest version)
    arguments["indicators"] = _vector(indicator.id for indicator in query.indicators)
    if query.indicators != tuple(query.meta.indicators):
        notes += [f"{indicator.id}: {indicator.label}" for indicator in query.indicators]
    clauses = normal_clauses(query)
    periods = [clause for clause in clauses if isinstance(clause, Leaf) and clause.facet == "timePeriods"]
    filters = [clause for clause in clauses if isinstance(clause, Leaf) and clause.facet == "filters"]
    places = [clause for clause in clauses if clause not in periods and clause not in filters]
    size = _ELSE + sum(_INDICATOR + _bytes(indicator.id) for indicator in query.indicators)
    if periods:
        chosen = _periods(periods, query.meta)
        arguments["time_periods"] = _vector(chosen)
        size += sum(_PERIOD + _bytes(text) for text in chosen)
    if places:
        areas = _all_of(places, [str(level.code) for level in query.meta.levels])
        arguments["geographies"], found = _geographies(areas, query.meta)
        notes += found
        size += sum(map(_area_bytes, areas))
    if filters:
        arguments["filter_items"], found = _filter_items(filters, query.meta)
        notes += found
        size += _FILTER * len(filters) + sum(_OPTION + _bytes(id_) for clause in filters for id_ in clause.values)
    _require_size(size)
    if query.page_size is not None:
        arguments["page_size"] = str(query.page_size)
    # a label with a line break must not end its comment
    comments = [" ".join("".join(c if c.isprintable() else " " for c in note).split()) for note in notes]
    written = ",\n".join(f"  {name} = {value}" for name, value in arguments.items())
    return "\n".join([*(f"# {comment}" for comment in comments), "result <- eesyapi::query_dataset(", written, ")", ""])


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _area_bytes(area: _Area) -> int:
    if area.key is None:
        return _LEVEL + _bytes(area.level)
    return _PLACE + sum(map(_bytes, (area.level, area.key.level, area.key.property, area.key.value)))


def _require_size(size: int) -> None:
    if size > MAX_BODY:
        raise QueryTooLargeError(
            f"eesyapi would make some {size:,} bytes of it, with a condition for each place, and the service's gateway "
            f"refuses more than {MAX_BODY:,}: ask for fewer places or options at a time, or give R the answer as a "
            "file, by write_parquet()"
        )


def _periods(clauses: Sequence[Leaf], meta: Meta) -> list[str]:
    known = {period_key(period): period for period in in_order(meta.periods)}
    ordered = [*known]
    chosen = [key for key in ordered if all(_holds(clause, key, ordered) for clause in clauses)]
    if not chosen:
        raise QueryError("no time period meets the conditions of this question, and query_dataset() cannot ask that")
    for key in chosen:
        if not known[key].is_matchable:
            raise QueryError(f"no list of periods matches {shown(known[key])}: leave it out, or ask with query()")
    # of a two-year period it takes the first year
    return [f"{key.period.partition('/')[0]}|{key.code}" for key in chosen]


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


def _geographies(areas: Sequence[_Area], meta: Meta) -> tuple[str, list[str]]:
    """The levels and places, joined by OR: texts, or where a place's level is not the rows', rows of a data frame."""
    if not areas:
        raise QueryError("no level has rows in these places, and query_dataset() cannot ask that")
    located = [area for area in areas if area.key is not None]
    levels = [area.level for area in areas if area.key is None]
    named = dict.fromkeys(area.key for area in located if area.key is not None)
    notes = [f"{code}: {level_label(code, meta)}" for code in levels]
    notes += [f"{key.value}: {place.shown}" for key in named for place in places_of(key, meta)[:1]]
    if levels and all(area.key is None or area.key.level == area.level for area in areas):
        return _vector(area.level if (key := area.key) is None else "|".join(_named(key)) for area in areas), notes
    columns = ("geographic_level", "location_level", "location_id_type", "location_id")
    # a level alone is a row without a place, as eesyapi itself makes it of a text
    cells = [(area.level, *(_named(area.key) if area.key else (area.level, "", ""))) for area in areas]
    rows = ",\n    ".join(
        f"{name} = {_vector(values)}" for name, values in zip(columns, zip(*cells, strict=True), strict=True)
    )
    return f"data.frame(\n    {rows}\n  )", notes


def _named(key: LocationKey) -> tuple[str, str, str]:
    return key.level, key.property, key.value


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
    # levels and places multiply: at once, before there are millions
    _require_size(len(areas) * _PLACE)
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
