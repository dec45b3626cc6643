"""A question as the service reads it."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, get_args
from urllib.parse import quote, urlencode

from ..errors import QueryError, QueryTooLargeError
from ..models.enums import GeographicLevel
from ..models.meta import WIRE_NAMES, Meta
from ..models.names import listed
from ..models.provenance import Method
from ..models.sql import is_sortable
from ..models.versions import LARGEST_INT
from .spellings import shown
from .tree import And, Comparator, FacetName, Leaf, LocationKey, Node, Or, PeriodKey, normalise, values_of

if TYPE_CHECKING:
    from ..models.periods import TimePeriod
    from .question import Query

MAX_BODY = 128 * 1024
"""Bytes of a body that the service's gateway lets through (reference, section 1)."""

MAX_DEPTH = 32
"""Nesting that the service reads (reference, section 6)."""

MAX_REQUEST_LINE = 8 * 1024
"""Bytes of a request line that the service reads (reference, section 1)."""

LIVE = "https://api.education.gov.uk/statistics"
"""Address of the live service, without the version segment (reference, section 1)."""

_LONGEST_ARGUMENT = 100_000
"""Bytes of an argument that every shell's system takes; Linux takes 131,071."""

LARGEST_PAGE = 10_000
"""Rows on the service's largest page (reference, section 10)."""

Slots: TypeAlias = dict[tuple[FacetName, Comparator], tuple[Any, ...]]
"""Values by facet and comparator, each as the service names it."""

_FACETS: tuple[FacetName, ...] = get_args(FacetName)
_POST = "ask by POST, as query() does"


def render_body(
    query: Query, *, page: int = 1, page_size: int | None = None, debug: bool = False, indent: int | None = None
) -> str:
    """The POST body that asks for one page of a question, as JSON text; compact, as it is sent, unless indented."""
    body: dict[str, Any] = {}
    if query.criteria is not None:
        body["criteria"] = render_criteria(query.criteria)
    indicators = [indicator.id for indicator in query.indicators]
    # a request without indicators asks for all of them
    if {*indicators} != query.meta._indicators.keys():
        body["indicators"] = indicators
    # whole answers are sorted here, by numbers where the service goes by text: it sorts only where it cuts
    if query.sort and query.limit is not None:
        body["sorts"] = [{"field": field, "direction": direction} for field, direction in _sorts(query)]
    if debug:
        body["debug"] = True
    body |= _page_of(query, page, page_size)
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    # without so many brackets nothing can nest so deep
    if text.count("{") + text.count("[") > MAX_DEPTH:
        _check_depth(body)
    size = len(text.encode())
    if size > MAX_BODY:
        raise QueryTooLargeError(
            f"the question takes {size:,} bytes, and the service's gateway refuses more than {MAX_BODY:,}: ask for "
            "fewer options at a time (several questions, joined with polars.concat), or leave the condition out and "
            "select rows of the answer"
        )
    return text if indent is None else json.dumps(body, ensure_ascii=False, indent=indent)


def render_params(
    query: Query, *, page: int = 1, page_size: int | None = None, debug: bool = False
) -> tuple[tuple[str, str], ...]:
    """The parameters of a GET request that asks for one page of a question (reference, section 10)."""
    params = [("dataSetVersion", str(query.version)), *_criteria_params(query)]
    ids = dict.fromkeys(indicator.id for indicator in query.indicators)
    if ids.keys() != query.meta._indicators.keys():
        if not ids:
            raise QueryError("a GET query without indicators asks for all of them, and this one is for none: use POST")
        params += [("indicators", _plain(indicator.id)) for indicator in query.indicators]
    params += [("sorts", _plain(f"{field}|{direction}")) for field, direction in _sorts(query)]
    params += [(name, str(number)) for name, number in _page_of(query, page, page_size).items()]
    params += [("debug", "true")] if debug else []
    path = f"/statistics/v1/data-sets/{query.data_set_id}/query?{urlencode(params, quote_via=quote, safe='*')}"
    size = len(f"GET {path} HTTP/1.1\r\n")
    if size > MAX_REQUEST_LINE:
        raise QueryTooLargeError(
            f"the address takes {size:,} bytes, and the service reads {MAX_REQUEST_LINE:,}: ask by POST, or for fewer "
            "options at a time"
        )
    return tuple(params)


def _criteria_params(query: Query) -> Iterator[tuple[str, str]]:
    criteria = None if query.criteria is None else normalise(query.criteria)
    for (facet, comparator), values in get_facets(criteria, query.meta).items():
        for value in values:
            if isinstance(value, LocationKey):
                sent = _location_param(value)
            else:
                sent = _plain(f"{_year(value)}|{value.code}" if isinstance(value, PeriodKey) else str(value))
            yield f"{facet}.{comparator.value}", sent


def _location_param(key: LocationKey) -> str:
    allowed = {"id", *(WIRE_NAMES[attribute] for _, attribute in GeographicLevel(key.level).columns.codes)}
    if key.property not in allowed:
        raise QueryError(
            f"a GET query names a location at level {key.level} by {' or '.join(sorted(allowed))}, not by "
            f"{key.property}: ask by POST"
        )
    if "|" in key.value:
        raise QueryError(
            f"a GET query separates the parts of a location with |, and {key.value!r} has one: ask by POST"
        )
    return _plain(f"{key.level}|{key.property}|{key.value}", key.value)


def _plain(text: str, value: str | None = None) -> str:
    """The text, if the service reads it as one value: it splits at commas, and drops blanks."""
    shown = text if value is None else value
    if "," in text:
        raise QueryError(f"a GET query splits values at commas, and {shown!r} has one: ask by POST")
    if not shown.strip():
        raise QueryError("a GET query has a blank value, which the service refuses: leave the condition out")
    return text


def _page_of(query: Query, page: int, page_size: int | None) -> dict[str, int]:
    size = page_size or query.page_size or LARGEST_PAGE
    if page < 1:
        raise QueryError(f"page={page}: pages are numbered from 1")
    if page * size > LARGEST_INT:
        raise QueryError(
            f"page {page:,} of {size:,} rows each is past row {LARGEST_INT:,}, and the service fails on it: no data "
            "set is that large"
        )
    return {"page": page, "pageSize": size}


def _sorts(query: Query) -> list[tuple[str, str]]:
    # without limit= all rows come, and are sorted here
    return [(s.field, "Desc" if s.descending else "Asc") for s in query.sort] if query.limit is not None else []


def render_curl(query: Query, *, base_url: str = LIVE, method: Method = "POST", page: int = 1) -> str:
    """A command for a POSIX shell that asks for one page of a question."""
    if method not in get_args(Method):
        raise QueryError(f"method={method!r}: write one of {listed(get_args(Method))}")
    import shlex

    address = f"{base_url.strip().rstrip('/').removesuffix('/v1')}/v1/data-sets/{query.data_set_id}/query"
    require_answerable(query)
    size = query.page_size or LARGEST_PAGE
    # one command asks for one page, so no more rows than were asked for
    size = min(size, query.limit or size)
    if method == "GET":
        params = render_params(query, page=page, page_size=size)
        asked = urlencode(params, quote_via=quote, safe="*")
        return f"curl {shlex.quote(f'{address}?{asked}')}"
    lines = [
        f"curl --request POST {shlex.quote(f'{address}?dataSetVersion={query.version}')}",
        "--header 'Content-Type: application/json'",
    ]
    body = render_body(query, page=page, page_size=size)
    # JSON on one line cannot hold the line that ends it
    long = len(body.encode()) > _LONGEST_ARGUMENT
    data = f"--data-binary @- <<'JSON'\n{body}\nJSON" if long else f"--data-raw {shlex.quote(body)}"
    return " \\\n  ".join([*lines, data])


def render_criteria(node: Node) -> dict[str, Any]:
    """The `criteria` of a POST body (reference, section 11), in normal form."""
    return _criteria(normalise(node))


def _criteria(node: Node) -> dict[str, Any]:
    match node:
        case And(clauses=clauses) | Or(clauses=clauses):
            return {"and" if isinstance(node, And) else "or": [*map(_criteria, clauses)]}
        case Leaf(comparator=comparator, values=values):
            sent = [*map(_value, values)]
            return {node.facet: {comparator.value: sent if comparator.is_list else sent[0]}}
    raise TypeError(f"{type(node).__name__} cannot be sent")


def _value(value: str | LocationKey | PeriodKey) -> str | dict[str, str]:
    match value:
        case LocationKey():
            # "level" must be spelled so, and exactly one further member may stand beside it
            return {"level": value.level, value.property: value.value}
        case PeriodKey():
            return {"period": _year(value), "code": value.code}
    return value


def _year(key: PeriodKey) -> str:
    first = key.period.partition("/")[0]
    # what is not a number may be of a kind of period that is new
    if first.isdecimal() and len(first) != len("2023"):
        raise QueryError(f"time period {key.period!r}: a year has four digits, and the service fails on others")
    return key.period


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


def unmatchable_periods(query: Query) -> tuple[TimePeriod, ...]:
    """Periods of a question that no query to the service matches: only the data file can be asked for them."""
    if not (unmatchable := query.meta._unmatchable):
        return ()
    keys = dict.fromkeys((key.period, key.code) for key in values_of("timePeriods", query.criteria))
    return tuple(unmatchable[key] for key in keys if key in unmatchable)


def require_answerable(query: Query) -> None:
    """Refuse to ask the service for a period that it cannot match, or an order that it fails on."""
    if found := unmatchable_periods(query):
        raise QueryError(
            f"{', '.join(map(shown, found))}: the service cannot match a period that is stored with one year where "
            "its kind spans two, or with two where it does not; query() without route= answers out of the data file, "
            "which can"
        )
    if columns := unsortable(query):
        raise QueryError(
            f"the service fails on a sort by the column {columns[0]!r}, which is a word of SQL, or no name there: "
            "query() without route= sorts here, out of the data file; or leave limit= out"
        )


def unsortable(query: Query) -> tuple[str, ...]:
    """Columns by which the service cannot sort, where it has to: it chooses the rows of a question with a limit."""
    if query.limit is None:
        return ()
    columns = {f"filter|{one.id}": one.column for one in query.meta.filters}
    columns |= {f"indicator|{one.id}": one.column for one in query.meta.indicators}
    asked = [columns[sort.field] for sort in query.sort if sort.field in columns]
    return tuple(column for column in asked if not is_sortable(column))


def get_facets(node: Node | None, meta: Meta) -> Slots:
    """The comparators of one facets object, all that a GET query has, that says the same as a condition."""
    # facets are AND-ed and so are comparators, each of which stands once; options of several filters in one in are
    # OR-ed, in one notIn AND-ed, and so are locations of several levels (reference, sections 10 and 12)
    clauses = () if node is None else node.clauses if isinstance(node, And) else (node,)
    leaves = [_as_leaf(clause) for clause in clauses]
    slots: Slots = {}
    for facet in _FACETS:
        slots |= _including(facet, [leaf for leaf in leaves if leaf.facet == facet and leaf.includes])
        excluded = dict.fromkeys(v for leaf in leaves if leaf.facet == facet and leaf.excludes for v in leaf.values)
        if excluded:
            slots[facet, Comparator.NOT_EQ if len(excluded) == 1 else Comparator.NOT_IN] = tuple(excluded)
    for leaf in leaves:
        if not leaf.includes and not leaf.excludes:
            bounds = (*slots.get((leaf.facet, leaf.comparator), ()), *leaf.values)
            slots[leaf.facet, leaf.comparator] = (_tightest(leaf.comparator, bounds, meta),)
    order = [*Comparator]
    return dict(sorted(slots.items(), key=lambda slot: (_FACETS.index(slot[0][0]), order.index(slot[0][1]))))


def _as_leaf(clause: Node) -> Leaf:
    """The clause as one condition; alternatives of one facet are one list, also across filters and levels."""
    if isinstance(clause, Leaf):
        return clause
    if not isinstance(clause, Or):
        raise TypeError(f"{type(clause).__name__} is not in normal form")
    alternatives = [leaf for leaf in clause.clauses if isinstance(leaf, Leaf) and leaf.includes]
    facet = alternatives[0].facet if len(alternatives) == len(clause.clauses) else ""
    if facet in ("filters", "locations") and all(leaf.facet == facet for leaf in alternatives):
        values = dict.fromkeys(value for leaf in alternatives for value in leaf.values)
        return Leaf(facet=facet, comparator=Comparator.IN, values=tuple(values))
    raise QueryError(
        "a GET query joins all its conditions with &, and this question has an | between conditions that are not all "
        f"== or is_in of filters, or all of locations: {_POST}"
    )


def _including(facet: FacetName, leaves: Iterable[Leaf]) -> Slots:
    """Up to two conditions find a place, one of them as a single value."""
    # a single value can stand under eq, which leaves in for a list
    parts = sorted(_narrowed(leaves), key=lambda values: len(values) > 1)
    match parts:
        case []:
            return {}
        case [values] if len(values) > 1:
            return {(facet, Comparator.IN): values}
        case [value]:
            return {(facet, Comparator.EQ): value}
        case [value, values] if len(value) == 1:
            return {(facet, Comparator.EQ): value, (facet, Comparator.IN): values}
        case [_, _]:
            why = "two of them are lists, and it has one place for a list"
        case _:
            why = f"there are {len(parts)}, and it has places for two"
    raise QueryError(f"a GET query cannot hold these conditions on {facet}, which must hold together: {why}; {_POST}")


def _narrowed(leaves: Iterable[Leaf]) -> list[tuple[Hashable, ...]]:
    """The values of conditions, those on one filter, the level or the period as one: a row has one value of each."""
    narrowed: dict[Hashable, tuple[Hashable, ...]] = {}
    for leaf in leaves:
        # one location may go by several codes, and options may be of several filters: those stand for themselves
        place = {"filters": leaf.owner, "locations": ""}.get(leaf.facet, leaf.facet) or leaf.values
        known = narrowed.get(place, leaf.values)
        common = tuple(value for value in known if value in leaf.values)
        if not common:
            # no row meets both, which any value of each says as well
            return [known[:1], leaf.values[:1]]
        narrowed[place] = common
    return list(narrowed.values())


def _tightest(comparator: Comparator, keys: Sequence[PeriodKey], meta: Meta) -> PeriodKey:
    if len(keys) == 1:
        return keys[0]
    ranks = {key: period.sort_key for key in keys if (period := meta.period(key.period, key.code))}
    if len(ranks) < len({*keys}):
        names = " and ".join(f"{key.period} {key.code}" for key in keys)
        raise QueryError(
            f"a GET query has one place for {comparator.value} of timePeriods, and which of {names} is later is not "
            f"known, as the data set lacks one of them: {_POST}"
        )
    # conditions that must hold together: of two lower bounds the later is the narrower
    choose = max if comparator in (Comparator.GT, Comparator.GTE) else min
    return choose(keys, key=ranks.__getitem__)
