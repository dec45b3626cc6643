"""The words of a call, and what they ask for in machine ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, get_args

import attrs

from .._classes import frozen
from ..errors import ArgumentTypeError, QueryError, TotalByNameWarning, TotalError, warn
from ..models.enums import GeographicLevel
from ..models.meta import Filter, FilterOption, Indicator, Level, Meta
from ..models.names import Entry, NameIndex, as_items, fold, listed, name_of, whole_number
from ..models.periods import TimePeriod
from .facets import Between, Last
from .resolve import Resolver, filter_ids, inside, period_key, rows_of
from .tree import Comparator, Leaf, Node, conjunction, disjunction, leaves, normalise

if TYPE_CHECKING:
    import polars as pl

T = TypeVar("T")

PeriodLike: TypeAlias = str | int | TimePeriod | Between | Last
"""A time period in any spelling, or a range of them."""

Values: TypeAlias = Literal["typed", "text", "number"]
"""How cells of indicators come: typed with their status, as sent, or numbers without status."""

Numbers: TypeAlias = Literal["plain", "trimmed"]
"""Which cells are numbers: those written plainly, or also those with white space, a plus sign or a bare point."""

Names: TypeAlias = Literal["column", "label"]
"""Headings as the columns of the data file, or as labels in words."""

Part: TypeAlias = tuple[str, Node]
"""An argument of a call, such as `filters`, and a condition that it stands for."""


@frozen(kw_only=True)
class Sort:
    """A sort by one field.

    Attributes:
        field: As the service names it: `timePeriod`, `geographicLevel`, `filter|<id>`, `indicator|<id>` or
            `location|<LEVEL>`.
        descending: Whether the largest comes first.
        textual: For an indicator: compare its text as the service does, instead of its number.
    """

    field: str
    descending: bool = False
    textual: bool = False


@frozen
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
    return ServiceSort(name_of(name, "ees.service_sort: "))


@frozen(kw_only=True)
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
    numbers: Numbers = "plain"
    names: Names = "column"
    dtypes: Mapping[str, pl.DataType | type[pl.DataType]] | None = None

    @property
    def says_last(self) -> bool:
        """True if its periods are said by `last` or `latest`."""
        return Last in map(type, self.periods if isinstance(self.periods, tuple) else (self.periods,))


def resolve(args: QueryArgs, meta: Meta, *, quiet: bool = False) -> dict[str, Any]:
    """The fields of a `Query` that asks for what the words say, but for its version; raises as `build` does."""
    args = _plain(args)
    _check(args)
    resolver = Resolver(meta)
    parts = _parts(args, resolver)
    indicators = tuple(meta.indicators)
    if args.indicators is not None:
        if not (asked := _list(args.indicators)):
            raise QueryError("indicators= is an empty list: leave it out for all indicators")
        # an indicator that is named twice is one column
        indicators = tuple(dict.fromkeys(filter(None, map(resolver.indicator, asked))))
    sort = () if args.sort is None else resolve_sort(args.sort, resolver, limited=args.limit is not None)
    dtypes = {}
    for name, dtype in (args.dtypes or {}).items():
        if indicator := resolver.indicator(name):
            dtypes[indicator.column] = dtype
    resolver.findings.raise_any()
    # only now: a filter whose name does not match would be pinned as one that the call leaves open
    pinned = {} if args.others is None else _pin(args.others, resolver, parts, quiet=quiet)
    criteria = conjunction(map(itemgetter(1), parts))
    return {
        "criteria": None if criteria is None else normalise(criteria),
        "indicators": indicators,
        "sort": sort,
        "limit": args.limit,
        "page_size": args.page_size,
        "parts": tuple(parts),
        "words": args,
        "pinned": pinned,
        "values": args.values,
        "numbers": args.numbers,
        "names": args.names,
        "dtypes": dtypes,
    }


def _check(args: QueryArgs) -> None:
    for name, choices in (("values", get_args(Values)), ("numbers", get_args(Numbers)), ("names", get_args(Names))):
        if getattr(args, name) not in choices:
            raise QueryError(f"{name}={getattr(args, name)!r}: write one of {listed(choices)}")
    if args.limit is not None and args.limit < 1:
        raise QueryError(f"limit={args.limit!r}: ask for at least 1 row, or leave it out for all")
    if args.page_size is not None and not 1 <= args.page_size <= 10_000:
        raise QueryError(f"page_size={args.page_size!r}: the service gives 1 to 10,000 rows at a time")
    if args.include_self and args.within is None:
        raise QueryError("include_self=True says that an area's own row counts, so it needs within=")


def _plain(args: QueryArgs) -> QueryArgs:
    """The arguments with texts for whatever may stand for a name, and tuples for lists of any form."""
    changes: dict[str, Any] = {}
    for name, value in attrs.asdict(args, recurse=False).items():
        if name in ("limit", "page_size") and value is not None:
            changes[name] = whole_number(value, f"{name}=")
        elif value is None or name in ("where", "include_self"):
            continue
        elif name in _MAPPINGS or isinstance(value, Mapping):
            changes[name] = plain_mapping(value, name)
        else:
            changes[name] = _several(value, f"{name}=")
    # by equality, as NumPy's truth values are not Python's
    if args.include_self not in (True, False):
        raise ArgumentTypeError(f"include_self={args.include_self!r}: write True or False")
    return attrs.evolve(args, **changes | {"include_self": bool(args.include_self)})


def plain_mapping(value: Any, name: str) -> Any:
    """The words of an argument that takes a mapping as texts; `others=` may also be one text."""
    if name == "others" and not isinstance(value, Mapping):
        return name_of(value, "others=", '"Total", or a mapping of filter to option')
    example, of = _MAPPINGS.get(name, ("", None))
    if of is None or not isinstance(value, Mapping):
        what = f"a mapping such as {example}" if of else "a name or a list of names"
        raise ArgumentTypeError(f"{name}= takes {what}, not a {type(value).__name__}")
    plain = {name_of(key, f"{name}="): of(item, f"{name}[{key!r}]=") for key, item in value.items()}
    if len(plain) < len(value):
        raise QueryError(f"{name}= has a name twice, as text and as something else: give all that it says at once")
    return plain


def _several(value: Any, argument: str) -> Any:
    if argument in ("indicators=", "sort=") and isinstance(value, set | frozenset):
        raise ArgumentTypeError(f"{argument} is a set, which has no order, and the answer has one: write a list")
    # days are refused where the time periods are known that they lie in
    whole = (TimePeriod, Between, Last, date) if argument == "periods=" else ServiceSort if argument == "sort=" else ()
    items = as_items(value)
    given = (value,) if items is None else items
    plain = tuple([item if isinstance(item, whole) else name_of(item, argument) for item in given])
    return plain[0] if items is None else plain


def _dtype(value: Any, argument: str) -> Any:
    import polars as pl

    plain: dict[Any, Any] = {int: pl.Int64, float: pl.Float64, str: pl.String}
    found: Any = plain.get(value, value) if isinstance(value, type) else value
    # polars has a class and its members for types
    is_type = isinstance(found, pl.DataType) or (isinstance(found, type) and issubclass(found, pl.DataType))
    if not is_type or not (found.is_numeric() or found == pl.String):
        raise ArgumentTypeError(f"{argument}{value!r} is no type of numbers or text: write pl.Float64 or its like")
    return found


_MAPPINGS: dict[str, tuple[str, Callable[[Any, str], Any]]] = {
    "filters": ('{"Sex": "Female"}', _several),
    "others": ('{"Sex": "Total"}', name_of),
    "dtypes": ('{"pupil_count": pl.Float64}', _dtype),
}
"""Arguments that are mappings: an example, and what reads an item."""


def _parts(args: QueryArgs, resolver: Resolver) -> list[Part]:
    parts = [] if args.filters is None else _filters(args.filters, resolver)
    levels: Sequence[Level] = ()
    if args.levels is not None:
        found = [level for name in _list(args.levels) if (level := resolver.level(name))]
        levels = list(dict.fromkeys(_some(found, resolver, "levels")))
    if args.periods is not None:
        keys = tuple(map(period_key, _some(resolver.periods(args.periods), resolver, "periods")))
        parts.append(("periods", Leaf(facet="timePeriods", comparator=Comparator.IN, values=keys)))
    if levels:
        codes = tuple(str(level.code) for level in levels)
        parts.append(("levels", Leaf(facet="geographicLevels", comparator=Comparator.IN, values=codes)))
    if args.places is not None:
        places = _some(resolver.places(_list(args.places), levels), resolver, "places")
        parts += _any_of("places", rows_of(places, levels, resolver.meta))
    if args.within is not None:
        areas = _some(resolver.places(_list(args.within)), resolver, "within")
        parts += _any_of("within", [inside(area, resolver.meta, own=args.include_self) for area in areas])
    if args.where is not None:
        if not isinstance(args.where, Node):
            raise QueryError(f"where= takes conditions made with ees.facets, not {type(args.where).__name__}")
        parts.append(("where", resolver.condition(args.where)))
    return parts


def _some(found: Sequence[T], resolver: Resolver, argument: str) -> Sequence[T]:
    if not found and not resolver.findings.unknown and not resolver.findings.ambiguous:
        raise QueryError(f"{argument}= is an empty list: leave it out to keep all rows")
    return found


def _list(value: str | Sequence[str]) -> list[str]:
    # a text is a sequence of texts, and here always one name
    return [value] if isinstance(value, str) else list(value)


def _filters(filters: Mapping[str, str | Sequence[str]], resolver: Resolver) -> list[Part]:
    parts: list[Part] = []
    named: dict[str, str] = {}
    for name, asked in filters.items():
        if (filter_ := resolver.filter(name)) is None:
            continue
        if filter_.id in named:
            raise QueryError(f"{named[filter_.id]!r} and {name!r} are the same filter: give all its options at once")
        named[filter_.id] = name
        if not (names := _list(asked)):
            raise QueryError(f"filter {name!r} has an empty list of options: leave the filter out to keep all rows")
        options = [option for each in names if (option := resolver.option(filter_, each))]
        parts.append(("filters", filter_ids(filter_, options)))
    return parts


def _any_of(argument: str, clauses: Sequence[Node]) -> list[Part]:
    node = disjunction(clauses)
    return [] if node is None else [(argument, node)]


def _pin(others: str | Mapping[str, str], resolver: Resolver, parts: list[Part], *, quiet: bool) -> dict[str, str]:
    """Add to the parts what `others=` chooses for the filters that the call does not name; gives its labels."""
    named = {tip.owner for _, node in parts for tip in leaves(node) if isinstance(tip, Leaf) and tip.facet == "filters"}
    chosen: dict[str, str] = {}
    if isinstance(others, str):
        if fold(others) != "total":
            raise QueryError(f'others={others!r}: write "Total", or a mapping of filter to option')
    else:
        found = {name: filter_.id for name in others if (filter_ := resolver.filter(name))}
        if both := [name for name, id_ in found.items() if id_ in named]:
            raise QueryError(f"others= names {listed(both)}, which the question itself names: leave one of them out")
        chosen = {id_: others[name] for name, id_ in found.items()}
    pinned: dict[str, str] = {}
    by_name: list[str] = []
    for filter_ in resolver.meta.filters:
        asked = others if isinstance(others, str) else chosen.get(filter_.id)
        if asked is None or filter_.id in named or not filter_.options:
            continue
        option = total_of(filter_) if fold(asked) == "total" else resolver.option(filter_, asked)
        if option is not None:
            # as if the call had named it: what is sent says nothing of totals
            parts.append(("others", filter_ids(filter_, [option])))
            pinned[called(filter_, resolver.meta)] = option.label
            if fold(option.label) != "total" and len(filter_.options) > 1:
                by_name.append(f"{option.label!r} of {filter_.label!r}")
    resolver.findings.raise_any()
    if by_name and isinstance(others, str) and not quiet:
        warn(f"taken as the total by its name: {', '.join(by_name)}", TotalByNameWarning)
    return pinned


def called(filter_: Filter, meta: Meta) -> str:
    """The filter's label; with its column, where another filter has the same."""
    labels = [*map(attrgetter("label"), meta.filters)]
    return filter_.label if labels.count(filter_.label) == 1 else f"{filter_.label} ({filter_.column})"


def total_of(filter_: Filter) -> FilterOption:
    """The option that stands for all of a filter: the one called Total, else the only one (that begins with All)."""
    totals, candidates = [], []
    for option in filter_.options:
        if (label := fold(option.label)) == "total":
            totals.append(option)
        # All and All pupils, but not Allergies
        elif f"{label} ".startswith("all "):
            candidates.append(option)
    candidates = totals or candidates
    if len(candidates) == 1 or len(filter_.options) == 1:
        return (candidates or filter_.options)[0]
    choices = [option.label for option in candidates or filter_.options]
    count = "several totals" if candidates else "no total"
    raise TotalError(f"filter {filter_.label!r} has {count}: ask for one of {listed(choices)}", choices=choices)


def resolve_sort(asked: SortLike | Sequence[SortLike], resolver: Resolver, *, limited: bool) -> tuple[Sort, ...]:
    """Sorts by the service's field names; names that do not match are added to the resolver's findings."""
    items = [asked] if isinstance(asked, str | ServiceSort) else list(asked)
    if not items:
        raise QueryError("sort= is an empty list: leave it out for the canonical order")
    index = NameIndex(_sort_fields(resolver.meta))
    sorts = [sort for item in items if (sort := _sort(item, index, resolver))]
    textless = [sort for sort in sorts if sort.field.startswith("indicator|") and not sort.textual]
    if limited and textless:
        raise QueryError(
            "with limit= the service chooses the rows, and it sorts indicators as text: ask for that with "
            "ees.service_sort(...), or leave limit= out and take the head of the sorted frame"
        )
    return tuple(sorts)


def _sort(item: SortLike, index: NameIndex[str], resolver: Resolver) -> Sort | None:
    name = item.name if isinstance(item, ServiceSort) else item
    # a label may itself begin with a minus sign
    descending = name.startswith("-") and not index.find(name)
    field = resolver.pick(index, name[1:] if descending else name, "sort field")
    return None if field is None else Sort(field=field, descending=descending, textual=isinstance(item, ServiceSort))


def sort_name(sort: Sort, meta: Meta) -> SortLike:
    """The first name of a sort's field that fits no other field, ids before others, as `sort=` takes it."""
    for name in [n for entry in _sort_fields(meta) if entry.thing == sort.field for n in (*entry.ids, *entry.labels)]:
        signed = f"-{name}" if sort.descending else name
        asked = service_sort(signed) if sort.textual else signed
        if resolve_sort([asked], Resolver(meta), limited=False) == (sort,):
            return asked
    return sort.field


def _sort_fields(meta: Meta) -> list[Entry[str]]:
    """The fields that rows can be sorted by, as the service names them, by their names in words."""
    level = ("level", "geographic level", "geographic_level", "geographicLevel")
    items: list[tuple[str, Filter | Indicator]] = [("filter", filter_) for filter_ in meta.filters]
    items += [("indicator", indicator) for indicator in meta.indicators]
    return [
        Entry(thing="timePeriod", labels=("period", "time period", "time_period", "timePeriod"), shown="period"),
        Entry(thing="geographicLevel", labels=level, shown="level"),
        *(
            Entry(thing=f"{kind}|{i.id}", labels=(i.label, i.column), ids=(i.id,), shown=f"{kind} {i.label}")
            for kind, i in items
        ),
        *(
            Entry(
                thing=f"location|{group.level.code}",
                labels=(group.level.label, str(group.level.code), *group.level.code.columns.all),
                shown=f"location at level {group.level.label}",
            )
            for group in meta.locations
        ),
    ]
