"""From a question in machine ids back to the words of a call that builds it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeVar

import attrs

from ..errors import EESError, QueryError
from ..models.meta import Filter, FilterOption, Indicator
from ..models.periods import TimePeriod
from .builder import QueryArgs, build
from .clauses import Labels, areas_in, normal_clauses, parts_of, places_in
from .names import fold
from .query import Part, Query, Sort
from .resolve import Resolver
from .sorting import SortLike, resolve_sort, service_sort
from .tree import (
    And,
    Comparator,
    Condition,
    Leaf,
    LocationKey,
    Node,
    Not,
    Or,
    conjunction,
    normalise,
)

T = TypeVar("T")

Style = Literal["words", "ids", "nodes"]
"""How things are named: by labels, by ids, or conditions as they stand in the question."""


def reword(query: Query) -> QueryArgs:
    """The words that build an equal question.

    A condition in another form or order than `build` gives, as only questions made by hand have, comes back in the
    form that is sent.

    Raises:
        QueryError: No call builds it.
        QueryTooLargeError: The condition nests too deeply.
    """
    parts = parts_of(query)
    clauses = normal_clauses(query)
    target = attrs.evolve(query, criteria=conjunction(clauses))
    for words in _candidates(target, parts):
        found = _built(words, target)
        if found == target or (found is not None and _reordered(found, clauses) == target):
            return words
    raise QueryError(
        "no call of query() asks this question, which was made by hand: its indicators, sorts, types or what it says "
        "is pinned are none that build() gives"
    )


def _reordered(found: Query, clauses: Sequence[Node]) -> Query:
    """The question with its clauses in the order given, if it has the same."""
    same = Counter(normal_clauses(found)) == Counter(clauses)
    return attrs.evolve(found, criteria=conjunction(clauses)) if same else found


def _candidates(query: Query, parts: Sequence[Part]) -> Iterator[QueryArgs]:
    """Calls that may build the question, the most readable first."""
    styles: tuple[Style, ...] = ("words", "ids", "nodes")
    if parts == query.parts:
        for style in styles[:2]:
            words = _Rewording(query, style).words(parts)
            if words is not None:
                yield words
    for style in styles:
        words = _Rewording(query, style).words(_by_hand(query))
        if words is not None:
            yield words


def _by_hand(query: Query) -> tuple[Part, ...]:
    """The condition as `where`, but for what is pinned."""
    labels = Labels(meta=query.meta)
    pinned: list[Part] = []
    rest: list[Node] = []
    for clause in normal_clauses(query):
        match clause:
            case Leaf(facet="filters", comparator=Comparator.EQ, values=(id_,)) if id_ in labels.options:
                filter_, option = labels.options[id_]
                if query.pinned.get(filter_.label) == option.label:
                    pinned.append(("others", attrs.evolve(clause, owner=filter_.id)))
                    continue
        rest.append(clause)
    where = conjunction(rest)
    return (*([] if where is None else [("where", where)]), *pinned)


def _built(words: QueryArgs, query: Query) -> Query | None:
    try:
        return build(words, meta=query.meta, data_set_id=query.data_set_id, version=query.version)
    except EESError:
        return None


class _Rewording:
    """One way to name the things of a question."""

    def __init__(self, query: Query, style: Style) -> None:
        self._query = query
        self._style = style
        self._labels = Labels(meta=query.meta)
        self._resolver = Resolver(query.meta)
        self._counted: dict[str, Counter[str]] = {}

    def words(self, parts: Sequence[Part]) -> QueryArgs | None:
        """The words of the whole question; None where some part has no such words."""
        query = self._query
        try:
            return QueryArgs(
                indicators=self._indicators(),
                **self._conditions(parts),
                sort=tuple(self._sort(sort) for sort in query.sort) or None,
                limit=query.limit,
                page_size=query.page_size,
                values=query.values,
                names=query.names,
                dtypes={self._column(column): dtype for column, dtype in query.dtypes.items()} or None,
            )
        except LookupError:
            return None

    def _conditions(self, parts: Sequence[Part]) -> dict[str, Any]:
        by_argument: dict[str, list[Node]] = {}
        for argument, node in parts:
            by_argument.setdefault(argument, []).append(node)
        found: dict[str, Any] = {}
        for argument, nodes in by_argument.items():
            match argument, nodes:
                case "filters", _:
                    found["filters"] = dict(self._filter(node, several=True) for node in nodes)
                case "periods", [Leaf(facet="timePeriods", comparator=Comparator.IN, values=keys)]:
                    found["periods"] = _plain([self._period(self._labels.periods[key]) for key in keys])
                case "levels", [Leaf(facet="geographicLevels", comparator=Comparator.IN, values=codes)]:
                    found["levels"] = _plain([self._level(code) for code in codes])
                case "places", [node]:
                    found["places"] = _plain([self._place(key) for key in _known(places_in(node))])
                case "within", [node]:
                    areas, own = _known(areas_in(node))
                    found |= {"within": _plain([self._place(key) for key in areas]), "include_self": own}
                case "where", [node]:
                    found["where"] = self._tree(node)
                case "others", _:
                    found["others"] = self._others(dict(self._filter(node, several=False) for node in nodes), parts)
                case _:
                    raise LookupError(argument)
        return found

    def _others(self, chosen: Mapping[str, str], parts: Sequence[Part]) -> str | Mapping[str, str]:
        named = [node for argument, node in parts if argument != "others"]
        open_ = {filter_.id for filter_ in self._query.meta.filters if filter_.options}
        open_ -= self._resolver.filters_in(And(clauses=tuple(named)))
        # "Total" that stands for something else would warn each time
        every = len(open_) == len(chosen) and all(fold(option) == "total" for option in chosen.values())
        return "Total" if every and self._style == "words" else chosen

    def _filter(self, node: Node, *, several: bool) -> tuple[str, Any]:
        if not isinstance(node, Leaf) or node.facet != "filters" or not node.includes:
            raise LookupError("filter")
        filter_ = _known(self._labels.filter_of(node))
        options = [self._option(filter_, self._labels.options[id_][1]) for id_ in node.values]
        return self._named_filter(filter_), _plain(options) if several else options[0]

    def _tree(self, node: Node) -> Node:
        match node:
            case And(clauses=clauses):
                return And(clauses=tuple(self._tree(clause) for clause in clauses))
            case Or(clauses=clauses):
                return Or(clauses=tuple(self._tree(clause) for clause in clauses))
            case Not(clause=clause):
                return Not(clause=self._tree(clause))
        if self._style == "nodes":
            return node
        try:
            condition = self._condition(node)
        except LookupError:
            return node
        return condition if self._means(condition, node) else node

    def _means(self, condition: Condition, leaf: Node) -> bool:
        try:
            return normalise(self._resolver.condition(condition)) == normalise(leaf)
        except (EESError, TypeError):
            return False

    def _condition(self, leaf: Node) -> Condition:
        match leaf:
            case Leaf(facet="filters", comparator=comparator, values=ids):
                filter_ = _known(self._labels.filter_of(leaf))
                names = [self._option(filter_, self._labels.options[id_][1]) for id_ in ids]
                return Condition(
                    kind="filter", name=self._named_filter(filter_), comparator=comparator, values=tuple(names)
                )
            case Leaf(facet="geographicLevels", comparator=comparator, values=codes):
                names = [self._level(code) for code in codes]
                return Condition(kind="level", name="", comparator=comparator, values=tuple(names))
            case Leaf(facet="locations", comparator=comparator, values=keys) if len({key.level for key in keys}) == 1:
                names = [self._place(key, at_level=True) for key in keys]
                level = keys[0].level if self._style == "ids" else self._labels.level_label(keys[0].level)
                return Condition(kind="location", name=level, comparator=comparator, values=tuple(names))
            case Leaf(facet="timePeriods", comparator=comparator, values=periods):
                names = [self._period(self._labels.periods[key]) for key in periods]
                return Condition(kind="period", name="", comparator=comparator, values=tuple(names))
        raise LookupError(type(leaf).__name__)

    def _indicators(self) -> str | tuple[str, ...] | None:
        indicators = self._query.indicators
        if indicators == tuple(self._query.meta.indicators):
            return None
        return _plain([self._indicator(indicator) for indicator in indicators])

    def _column(self, column: str) -> str:
        found = [item for item in self._query.meta.indicators if item.column == column]
        return self._indicator(_known(found[0] if found else None))

    def _indicator(self, item: Indicator) -> str:
        return self._name((item.label, item.column, item.id), lambda name: self._resolver.indicator(name) == item)

    def _named_filter(self, item: Filter) -> str:
        return self._name((item.label, item.column, item.id), lambda name: self._resolver.filter(name) is item)

    def _option(self, filter_: Filter, option: FilterOption) -> str:
        if self._style != "words":
            return option.id
        counted = self._count(filter_.id, lambda: (name for o in filter_.options for name in {o.label, o.id}))
        return option.label if counted[option.label] == 1 else option.id

    def _level(self, code: str) -> str:
        if self._style != "words":
            return code
        label = self._labels.level_label(code)
        return self._name((label, code), lambda name: str(getattr(self._resolver.level(name), "code", "")) == code)

    def _period(self, period: TimePeriod) -> str:
        first, slash, second = period.period.partition("/")
        year = f"{first}/{second[2:]}" if slash else first
        exact = f"{period.period}|{period.code}"
        names = (period.label or period.period, f"{period.code.label} {year}", exact)
        return self._name(names, lambda name: self._resolver.period(name) == period)

    def _place(self, key: LocationKey, *, at_level: bool = False) -> str:
        if key.property != "id":
            raise LookupError(key.property)
        place = self._labels.places(key)[0]
        if self._style != "words":
            return place.option.id
        label, level = place.option.label, str(place.level.code)
        if at_level:
            return label if self._names_at(level)[label] == 1 else place.option.id
        everywhere = self._count("", lambda: (n for g in self._query.meta.locations for n in _place_names(g.options)))
        if everywhere[label] == 1:
            return label
        return f"{place.level.label}:{label}" if self._names_at(level)[label] == 1 else place.option.id

    def _names_at(self, level: str) -> Counter[str]:
        groups = [group for group in self._query.meta.locations if str(group.level.code) == level]
        return self._count(f"level {level}", lambda: (n for group in groups for n in _place_names(group.options)))

    def _count(self, what: str, names: Callable[[], Iterator[str]]) -> Counter[str]:
        if what not in self._counted:
            self._counted[what] = Counter(names())
        return self._counted[what]

    def _sort(self, sort: Sort) -> SortLike:
        kind, _, name = sort.field.partition("|")
        names: tuple[str, ...] = {"timePeriod": ("period",), "geographicLevel": ("level",)}.get(kind, ())
        item = (self._labels.filters if kind == "filter" else self._labels.indicators).get(name)
        if item is not None:
            names = (item.label, item.column, item.id)
        elif kind == "location":
            names = (self._labels.level_label(name), name)
        signed = [f"-{one}" if sort.descending else one for one in names]
        asked: list[SortLike] = [service_sort(one) if sort.textual else one for one in signed]
        return self._name(asked, lambda one: resolve_sort([one], self._resolver, limited=False) == (sort,))

    def _name(self, names: Sequence[T], fits: Callable[[T], object]) -> T:
        """The first of some names that fits; by ids the last."""
        for name in names if self._style == "words" else names[-1:]:
            try:
                if fits(name):
                    return name
            except EESError:
                continue
        raise LookupError("no name fits")


def _place_names(options: Sequence[Any]) -> Iterator[str]:
    for option in options:
        yield from {option.label, option.id, *option.codes.values()}


def _known(value: T | None) -> T:
    if value is None:
        raise LookupError("not of the expected form")
    return value


def _plain(names: Sequence[str]) -> str | tuple[str, ...]:
    return names[0] if len(names) == 1 else tuple(names)
