"""From the words of a call to a question in machine ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, get_args

import attrs

from .._warn import warn
from ..errors import (
    QueryError,
    QueryTooLargeError,
    TotalByNameWarning,
    TotalError,
)
from ..models.enums import GeographicLevel
from ..models.meta import (
    Filter,
    FilterOption,
    Indicator,
    Level,
    LocationGroup,
    Meta,
)
from ..models.names import Entry, NameIndex, fold, listed, plain_text
from ..models.periods import TimePeriod
from ..models.versions import Version
from .periods import Between, Last
from .places import Place
from .question import (
    Names,
    Part,
    Query,
    Sort,
    Values,
)
from .request import render_body
from .resolve import (
    Resolver,
    filter_ids,
    location_keys,
    period_key,
)
from .tree import (
    And,
    Comparator,
    Leaf,
    Node,
    Not,
    conjunction,
    disjunction,
    normalise,
)

if TYPE_CHECKING:
    import polars as pl

T = TypeVar("T")

PeriodLike: TypeAlias = str | int | TimePeriod | Between | Last
"""A time period in any spelling, or a range of them."""


@attrs.frozen(kw_only=True)
class QueryArgs:
    """A question in the user's words; the arguments of `PinnedDataSet.query`, where each is explained."""

    indicators: str | Sequence[str] | None = None
    filters: Mapping[str, str | Sequence[str]] | None = None
    periods: PeriodLike | Iterable[PeriodLike] | None = None
    levels: str | GeographicLevel | Sequence[str | GeographicLevel] | None = None
    places: str | Sequence[str] | None = None
    within: str | Sequence[str] | None = None
    include_self: bool = False
    where: Node | None = None
    others: str | Mapping[str, str] | None = None
    sort: SortLike | Sequence[SortLike] | None = None
    limit: int | None = None
    page_size: int | None = None
    values: Values = "typed"
    names: Names = "column"
    dtypes: Mapping[str, pl.DataType | type[pl.DataType]] | None = None


def build(args: QueryArgs, *, meta: Meta, data_set_id: str, version: Version, quiet: bool = False) -> Query:
    """Turn a question in words into one in machine ids.

    Args:
        args: The question in words.
        meta: Metadata of the version.
        data_set_id: GUID of the data set.
        version: Exact version.
        quiet: Whether to leave out the warning of totals that were taken by their names.

    Raises:
        UnknownLabelError: Names do not match; the error lists all of them.
        AmbiguousLabelError: A name fits several things.
        TotalError: `others="Total"` finds no total in a filter, or several.
        QueryTooLargeError: The question is past the service's limits.
        QueryError: The question cannot be asked.
    """
    _check(args)
    args = _plain(args)
    resolver = Resolver(meta)
    try:
        parts = _parts(args, resolver)
        indicators = _indicators(args.indicators, resolver)
        sort = resolve_sort(args.sort, resolver, limited=args.limit is not None)
        dtypes = {i.column: t for name, t in (args.dtypes or {}).items() if (i := resolver.indicator(name))}
        resolver.findings.raise_any()
        pinned = _pinned(args.others, resolver, [clause for _, clause in parts])
        resolver.findings.raise_any()
        if isinstance(args.others, str) and not quiet:
            _warn_of_names(pinned)
        parts += [("others", filter_ids(filter_, [option])) for filter_, option in pinned]
        criteria = conjunction(clause for _, clause in parts)
        query = Query(
            data_set_id=data_set_id,
            version=version,
            meta=meta,
            criteria=None if criteria is None else normalise(criteria),
            indicators=indicators,
            sort=sort,
            limit=args.limit,
            page_size=args.page_size,
            parts=tuple(parts),
            words=args,
            pinned={called(filter_, meta): option.label for filter_, option in pinned},
            values=args.values,
            names=args.names,
            dtypes=dtypes,
        )
        render_body(query)  # a question that the service would refuse is refused here
    except RecursionError:
        raise QueryTooLargeError("the condition nests too deeply: ask in parts") from None
    return query


_LISTS = ("indicators", "periods", "levels", "places", "within", "sort")
"""Arguments that take one thing or several."""


def _plain(args: QueryArgs) -> QueryArgs:
    """The arguments with texts for members of enumerations, and tuples for iterators, which can be read once only."""
    changes: dict[str, Any] = {name: _several(getattr(args, name)) for name in _LISTS}
    for name in ("filters", "others", "dtypes"):
        value = getattr(args, name)
        if isinstance(value, Mapping):
            # a type may be something to loop over
            changes[name] = {_one(key): item if name == "dtypes" else _several(item) for key, item in value.items()}
        elif name == "others":
            changes[name] = _one(value)
    changes |= {name: _one(getattr(args, name)) for name in ("limit", "page_size", "values", "names")}
    return attrs.evolve(args, include_self=bool(args.include_self), **changes)


def _several(value: Any) -> Any:
    if isinstance(value, Iterable) and not isinstance(value, str | Mapping):
        return tuple(_one(item) for item in value)
    return _one(value)


def _one(value: Any) -> Any:
    if isinstance(value, str):
        return plain_text(value)
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _check(args: QueryArgs) -> None:
    if args.values not in get_args(Values):
        raise QueryError(f"values={args.values!r}: write one of {listed(get_args(Values))}")
    if args.names not in get_args(Names):
        raise QueryError(f"names={args.names!r}: write one of {listed(get_args(Names))}")
    if args.limit is not None and not _is_whole(args.limit, 1):
        raise QueryError(f"limit={args.limit!r}: ask for at least 1 row, or leave it out for all")
    if args.page_size is not None and not _is_whole(args.page_size, 1, 10_000):
        raise QueryError(f"page_size={args.page_size!r}: the service gives 1 to 10,000 rows at a time")
    if args.include_self and args.within is None:
        raise QueryError("include_self=True says that an area's own row counts, so it needs within=")


def _is_whole(value: object, least: int, most: int | None = None) -> bool:
    return isinstance(value, int) and value >= least and (most is None or value <= most)


def _parts(args: QueryArgs, resolver: Resolver) -> list[Part]:
    parts: list[Part] = [("filters", clause) for clause in _filters(args.filters, resolver)]
    levels = _levels(args.levels, resolver)
    if args.periods is not None:
        periods = _some(resolver.periods(args.periods), resolver, "periods")
        keys = tuple(period_key(period) for period in periods)
        parts.append(("periods", Leaf(facet="timePeriods", comparator=Comparator.IN, values=keys)))
    if levels:
        codes = tuple(str(level.code) for level in levels)
        parts.append(("levels", Leaf(facet="geographicLevels", comparator=Comparator.IN, values=codes)))
    if args.places is not None:
        places = _some(resolver.places(_list(args.places), levels), resolver, "places")
        parts += _present("places", _of_places(places, levels, resolver))
    if args.within is not None:
        areas = _some(resolver.places(_list(args.within)), resolver, "within")
        parts += _present("within", disjunction(_inside(area, own=args.include_self) for area in areas))
    if args.where is not None:
        if not isinstance(args.where, Node):
            raise QueryError(f"where= takes conditions made with ees.facets, not {type(args.where).__name__}")
        parts.append(("where", resolver.condition(args.where)))
    return parts


def _filters(filters: Mapping[str, str | Sequence[str]] | None, resolver: Resolver) -> list[Node]:
    if not isinstance(filters, Mapping | None):
        raise QueryError('filters= takes a mapping of filter to options, such as {"Sex": "Female"}')
    clauses: list[Node] = []
    named: dict[str, str] = {}
    for name, asked in (filters or {}).items():
        filter_ = resolver.filter(name)
        if filter_ is None:
            continue
        if filter_.id in named:
            raise QueryError(f"{named[filter_.id]!r} and {name!r} are the same filter: give all its options at once")
        named[filter_.id] = name
        options = [resolver.option(filter_, option) for option in _list(asked)]
        if not options:
            raise QueryError(f"filter {name!r} has an empty list of options: leave the filter out to keep all rows")
        clauses.append(filter_ids(filter_, [option for option in options if option]))
    return clauses


def _levels(levels: str | GeographicLevel | Sequence[str | GeographicLevel] | None, resolver: Resolver) -> list[Level]:
    if levels is None:
        return []
    found = [resolver.level(level) for level in _list(levels)]
    return list(dict.fromkeys(_some([level for level in found if level], resolver, "levels")))


def _of_places(places: Sequence[Place], levels: Sequence[Level], resolver: Resolver) -> Node | None:
    """Rows of the places themselves: a location matches the rows inside it too, so its level is asked for as well."""
    have = {str(level.code) for level in (levels or resolver.meta.levels)}
    by_level: dict[str, list[Place]] = {}
    for place in places:
        by_level.setdefault(str(place.level.code), []).append(place)
    kept = {code: group for code, group in by_level.items() if code in have}
    if places and (not kept or (not levels and len(kept) < len(by_level))):
        missing = next(place for place in places if str(place.level.code) not in have)
        among = "levels=" if levels else "the data set"
        raise QueryError(
            f"{missing.shown} has no rows of its own: {among} has no level {missing.level.label!r}; for the rows of "
            f"smaller areas inside it write within={missing.option.label!r}"
        )
    return disjunction(
        And(clauses=(_lie_in(group), Leaf(facet="geographicLevels", comparator=Comparator.EQ, values=(code,))))
        for code, group in kept.items()
    )


def _inside(area: Place, *, own: bool) -> Node:
    lie_in = _lie_in([area])
    if own:
        return lie_in
    own_level = Leaf(facet="geographicLevels", comparator=Comparator.EQ, values=(str(area.level.code),))
    return And(clauses=(lie_in, Not(clause=own_level)))


def _lie_in(places: Sequence[Place]) -> Leaf:
    return Leaf(facet="locations", comparator=Comparator.IN, values=location_keys(places))


def _indicators(asked: str | Sequence[str] | None, resolver: Resolver) -> tuple[Indicator, ...]:
    if asked is None:
        return tuple(resolver.meta.indicators)
    found = [resolver.indicator(name) for name in _list(asked)]
    if not found:
        raise QueryError("indicators= is an empty list: leave it out for all indicators")
    return tuple(dict.fromkeys(indicator for indicator in found if indicator))


def _pinned(
    others: str | Mapping[str, str] | None, resolver: Resolver, clauses: Sequence[Node]
) -> list[tuple[Filter, FilterOption]]:
    """What `others=` chooses for the filters that the call does not name."""
    if others is None:
        return []
    named = resolver.filters_in(conjunction(clauses))
    if isinstance(others, str):
        if fold(others) != "total":
            raise QueryError(f'others={others!r}: write "Total", or a mapping of filter to option')
        chosen = {filter_.id: others for filter_ in resolver.meta.filters if filter_.id not in named}
    else:
        found = {filter_.id: option for name, option in others.items() if (filter_ := resolver.filter(name))}
        both = [name for name in others if (filter_ := resolver.filter(name)) and filter_.id in named]
        if both:
            raise QueryError(f"others= names {listed(both)}, which the question itself names: leave one of them out")
        chosen = found
    pinned = [
        (filter_, total_of(filter_) if fold(chosen[filter_.id]) == "total" else resolver.option(filter_, option))
        for filter_ in resolver.meta.filters
        if (option := chosen.get(filter_.id)) is not None and filter_.options
    ]
    return [(filter_, option) for filter_, option in pinned if option is not None]


def called(filter_: Filter, meta: Meta) -> str:
    """The filter's label; with its column, where another filter has the same."""
    alike = [other for other in meta.filters if other.label == filter_.label]
    return filter_.label if len(alike) == 1 else f"{filter_.label} ({filter_.column})"


def total_of(filter_: Filter) -> FilterOption:
    """The option that stands for all of a filter: the one called Total, else the only one that begins with All.

    Raises:
        TotalError: There is none, or there are several.
    """
    totals = [option for option in filter_.options if fold(option.label) == "total"]
    alls = [option for option in filter_.options if fold(option.label) == "all" or fold(option.label)[:4] == "all "]
    candidates = totals or alls
    if len(candidates) == 1:
        return candidates[0]
    choices = [option.label for option in candidates or filter_.options]
    count = "several totals" if candidates else "no total"
    raise TotalError(
        f"filter {filter_.label!r} has {count}: name it in filters= with one of {listed(choices)}", choices=choices
    )


def _warn_of_names(pinned: Sequence[tuple[Filter, FilterOption]]) -> None:
    named = [f"{option.label!r} of {filter_.label!r}" for filter_, option in pinned if fold(option.label) != "total"]
    if named:
        warn(f"taken as the total by its name: {', '.join(named)}", TotalByNameWarning)


def _some(found: Sequence[T], resolver: Resolver, argument: str) -> Sequence[T]:
    if not found and not resolver.findings.unknown and not resolver.findings.ambiguous:
        raise QueryError(f"{argument}= is an empty list: leave it out to keep all rows")
    return found


def _present(argument: str, node: Node | None) -> list[Part]:
    return [] if node is None else [(argument, node)]


def _list(value: str | Sequence[str]) -> list[str]:
    # a text is a sequence of texts, and here always one name
    return [value] if isinstance(value, str) else list(value)


@attrs.frozen
class ServiceSort:
    """A sort in the service's own order, which compares indicators as text. Made by `service_sort`."""

    name: str


SortLike: TypeAlias = str | ServiceSort
"""A name, with `-` before it for the largest first."""


def service_sort(name: str) -> ServiceSort:
    """Sort as the service does: an indicator by its text, so that `"9"` comes after `"10"` (reference, section 12).

    Args:
        name: Name of an indicator, filter, level, or `period`; with `-` before it for the largest first.

    Returns:
        Something to give to `sort=`; needed there for an indicator together with `limit=`.
    """
    return ServiceSort(name)


def resolve_sort(asked: SortLike | Sequence[SortLike] | None, resolver: Resolver, *, limited: bool) -> tuple[Sort, ...]:
    """Sorts by the service's field names.

    Names that do not match are added to the resolver's findings.

    Raises:
        QueryError: With `limit=`, an indicator is to be sorted by number, which the service cannot do.
    """
    if asked is None:
        return ()
    items = [asked] if isinstance(asked, str | ServiceSort) else list(asked)
    if not items:
        raise QueryError("sort= is an empty list: leave it out for the canonical order")
    index = NameIndex(_entries(resolver.meta))
    sorts = [sort for item in items if (sort := _sort(item, index, resolver))]
    textless = [sort for sort in sorts if sort.field.startswith("indicator|") and not sort.textual]
    if limited and textless:
        raise QueryError(
            "with limit= the service chooses the rows, and it sorts indicators as text: ask for that with "
            "ees.service_sort(...), or leave limit= out and take the head of the sorted frame"
        )
    return tuple(sorts)


def _sort(item: SortLike, index: NameIndex[str], resolver: Resolver) -> Sort | None:
    textual = isinstance(item, ServiceSort)
    name = item.name if isinstance(item, ServiceSort) else item
    # a label may itself begin with a minus sign
    descending = name.startswith("-") and not index.find(name)
    field = resolver.pick(index, name[1:] if descending else name, "sort field")
    return None if field is None else Sort(field=field, descending=descending, textual=textual)


def sort_name(sort: Sort, meta: Meta) -> SortLike:
    """What `sort=` takes for a sort: the first of its field's names, ids before others, that fits no other field."""
    entry = next((entry for entry in _entries(meta) if entry.thing == sort.field), None)
    for name in () if entry is None else (*entry.ids, *entry.labels):
        signed = f"-{name}" if sort.descending else name
        asked = service_sort(signed) if sort.textual else signed
        if resolve_sort([asked], Resolver(meta), limited=False) == (sort,):
            return asked
    return sort.field


def _entries(meta: Meta) -> list[Entry[str]]:
    entries = [
        Entry(thing="timePeriod", labels=("period", "time period", "time_period", "timePeriod"), shown="period"),
        Entry(
            thing="geographicLevel",
            labels=("level", "geographic level", "geographic_level", "geographicLevel"),
            shown="level",
        ),
    ]
    items: list[Filter | Indicator | LocationGroup] = [*meta.filters, *meta.indicators, *meta.locations]
    return [*entries, *(_entry(item) for item in items)]


def _entry(item: Filter | Indicator | LocationGroup) -> Entry[str]:
    if isinstance(item, LocationGroup):
        level = item.level
        labels = (level.label, str(level.code), *level.code.columns.all)
        return Entry(thing=f"location|{level.code}", labels=labels, shown=f"location at level {level.label}")
    kind = "filter" if isinstance(item, Filter) else "indicator"
    shown = f"{kind} {item.label}"
    return Entry(thing=f"{kind}|{item.id}", labels=(item.label, item.column), ids=(item.id,), shown=shown)
