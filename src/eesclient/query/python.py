"""A question as the Python call that asks it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from .._classes import frozen
from ..errors import EESError, QueryError, QueryTooLargeError
from ..models.periods import TimePeriod
from .args import QueryArgs, ServiceSort, called, resolve, sort_name
from .facets import ORDERS, Between, Last
from .labels import normal_clauses, require_indicators
from .request import render_body
from .tree import And, Comparator, Condition, Leaf, LocationKey, Node, Not, Or, PeriodKey, conjunction, leaves

if TYPE_CHECKING:
    from .question import Query

# the length of line that Ruff and Black lay out by default
_WIDTH = 88
_LONGEST_CHAIN = 100
"""Conditions that are joined by operators; Python's compiler nests one level deeper for each."""

_SIGNS = {Comparator.EQ: "==", Comparator.NOT_EQ: "!=", **ORDERS}
_LISTS = {Comparator.IN: "is_in", Comparator.NOT_IN: "not_in"}


@frozen
class _Group:
    """Source with brackets around items, on one line where that fits."""

    opening: str
    items: tuple[_Source, ...]
    closing: str
    operator: str = ""


_Source: TypeAlias = str | _Group


def render_python(query: Query, *, client: str, data_set: str | None) -> str:
    """Python source that opens the version and asks the question; arguments and errors as `Query.to_python`."""
    require_indicators(query, "a call of query()")
    try:
        args = _args_of(query)
        call = _laid_out(_Group("result = data_set.query(", (*_arguments(args),), ")"), "", 0)
    except RecursionError:
        raise QueryTooLargeError("the condition nests too deeply to be written in Python: ask in parts") from None
    opened = data_set or f"client.open({text(query.data_set_id)}, version={text(str(query.version))})"
    lines = [
        "import eesclient as ees",
        *["import polars as pl"] * bool(args.dtypes),
        "",
        *["f = ees.facets"] * any(isinstance(leaf, Condition) for leaf in leaves(args.where)),
        f"client = {client}",
        f"data_set = {opened}",
        call,
    ]
    return "\n".join(lines) + "\n"


def _args_of(query: Query) -> QueryArgs:
    """The arguments of a call that asks the question: those it was built from, or else ids."""
    clauses = normal_clauses(query)
    target = attrs.evolve(query, criteria=conjunction(clauses))
    for args in (query.words, _by_ids(query, clauses)):
        if args is not None and _asks(args, target, clauses):
            return args
    raise QueryError(
        "no call of query() asks this question, which was made by hand: its indicators, sorts, types or what it says "
        "is pinned are not such as build() gives"
    )


def _asks(args: QueryArgs, query: Query, clauses: Sequence[Node]) -> bool:
    try:
        found = attrs.evolve(query, **resolve(args, query.meta, quiet=True))
        render_body(found)
    except (EESError, RecursionError):
        return False
    # the order of what must hold together means nothing
    same = Counter(normal_clauses(found)) == Counter(clauses)
    return same and attrs.evolve(found, criteria=query.criteria) == query


def _by_ids(query: Query, clauses: Sequence[Node]) -> QueryArgs:
    """The arguments that name everything by its id, and conditions as they stand, but for what is pinned."""
    columns = {item.column: item.id for item in query.meta.indicators}
    pinned: dict[Node, tuple[str, str]] = {}
    for filter_ in query.meta.filters:
        label = query.pinned.get(called(filter_, query.meta))
        for option in filter_.options if label is not None else ():
            leaf = Leaf(facet="filters", comparator=Comparator.EQ, values=(option.id,), owner=filter_.id)
            if option.label == label and leaf in clauses:
                pinned[leaf] = filter_.id, option.id
    every = query.indicators == tuple(query.meta.indicators)
    return QueryArgs(
        indicators=None if every else tuple(item.id for item in query.indicators),
        where=conjunction(clause for clause in clauses if clause not in pinned),
        others=dict(pinned.values()) or None,
        sort=tuple(sort_name(sort, query.meta) for sort in query.sort) or None,
        limit=query.limit,
        page_size=query.page_size,
        values=query.values,
        numbers=query.numbers,
        names=query.names,
        dtypes={columns.get(column, column): dtype for column, dtype in query.dtypes.items()} or None,
    )


def text(value: str) -> str:
    """A Python literal in double quotes, in which nothing is invisible."""
    # repr escapes what cannot be seen; which quotes it takes depends on the text
    return '"' + "".join('\\"' if sign == '"' else repr(sign)[1:-1] for sign in value) + '"'


def _arguments(args: QueryArgs) -> Iterator[_Source]:
    for name, value in attrs.asdict(args, recurse=False).items():
        if name == "where" and value is not None:
            yield _after("where=", _bare(_tree(value)))
        elif value != getattr(QueryArgs(), name):
            yield _after(f"{name}=", _value(value))


def _value(value: Any) -> _Source:
    match value:
        case str() | TimePeriod():
            return text(_exact(value))
        case bool() | int() | None:
            return repr(value)
        case ServiceSort(name=name):
            return f"ees.service_sort({text(name)})"
        case Between() | Last():
            name, given = ("last", [value.count]) if isinstance(value, Last) else ("between", [value.first, value.last])
            kind = [] if value.kind is None else [f"kind={text(value.kind)}"]
            return f"ees.{name}({', '.join([*(_flat(_value(item)) for item in given), *kind])})"
        case Mapping():
            return _Group("{", tuple(_after(f"{text(key)}: ", _value(item)) for key, item in value.items()), "}")
        case tuple() | list():
            return _Group("[", tuple(_value(item) for item in value), "]")
    return _dtype(value)


def _exact(name: object) -> str:
    return f"{name.period}|{name.code}" if isinstance(name, TimePeriod) else str(name)


def _dtype(dtype: Any) -> str:
    shown = repr(dtype)
    if isinstance(dtype, type):
        return f"pl.{dtype.__name__}"
    if getattr(dtype, "is_nested", lambda: False)():
        raise QueryError(f"dtypes= holds {shown}, which no indicator can be: name a type of numbers or of text")
    return f"pl.{shown}" if shown.endswith(")") else f"pl.{shown}()"


def _tree(node: Node) -> _Source:
    match node:
        case And(clauses=(clause,)) | Or(clauses=(clause,)):
            return _tree(clause)
        case And(clauses=clauses) | Or(clauses=clauses):
            items = tuple(_tree(clause) for clause in clauses)
            if len(clauses) > _LONGEST_CHAIN:
                return _Group(f"ees.tree.{type(node).__name__}(clauses=(", tuple(map(_bare, items)), "))")
            return _Group("(", items, ")", operator="&" if isinstance(node, And) else "|")
        case Not(clause=clause):
            return _after("~", _tree(clause))
        case Condition(kind=kind, comparator=comparator):
            facet = f"f.{kind}({text(node.name)})" if kind in ("filter", "location") else f"f.{kind}"
            named = tuple(text(_exact(value)) for value in node.values)
            if comparator in _LISTS:
                return _Group(f"{facet}.{_LISTS[comparator]}([", named, "])")
            return f"({facet} {_SIGNS[comparator]} {named[0]})"
        case Leaf(facet=facet, comparator=comparator):
            values = _Group("values=(", tuple(map(_key, node.values)), ",)")
            owner = [f"owner={text(node.owner)}"] * bool(node.owner)
            items = (f"facet={text(facet)}", f"comparator=ees.tree.Comparator.{comparator.name}", values, *owner)
            return _Group("ees.tree.Leaf(", items, ")")
    raise TypeError(f"{type(node).__name__} cannot be written")


def _key(value: object) -> _Source:
    if isinstance(value, LocationKey | PeriodKey):
        members = ", ".join(f"{name}={text(member)}" for name, member in attrs.asdict(value).items())
        return f"ees.tree.{type(value).__name__}({members})"
    return text(str(value))


def _after(prefix: str, source: _Source) -> _Source:
    """The source with something before it."""
    return prefix + source if isinstance(source, str) else attrs.evolve(source, opening=prefix + source.opening)


def _bare(source: _Source) -> _Source:
    """A comparison without the brackets that operators need."""
    return source[1:-1] if isinstance(source, str) and source.startswith("(") else source


def _flat(source: _Source) -> str:
    if isinstance(source, str):
        return source
    between = f" {source.operator} " if source.operator else ", "
    return source.opening + between.join(map(_flat, source.items)) + source.closing


def _laid_out(source: _Source, indent: str, after: int) -> str:
    """The source from the place where its line begins; `after` is how much follows it on its last line."""
    flat = _flat(source)
    if isinstance(source, str) or len(indent) + len(flat) + after <= _WIDTH:
        return flat
    deeper = indent + "    "
    lines = []
    for place, item in enumerate(source.items):
        lead = f"{source.operator} " if source.operator and place else ""
        tail = "" if source.operator else ","
        lines.append(f"{deeper}{_after(lead, _laid_out(item, deeper, len(tail) + len(lead)))}{tail}")
    # on lines of their own, all items have their commas
    closing = source.closing.removeprefix(",")
    return "\n".join([source.opening, *lines, indent + closing])
