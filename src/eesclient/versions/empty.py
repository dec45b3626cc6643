"""Why a question gets no rows: which clause empties it, and what occurs instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations, islice

import attrs
import polars as pl

from .._classes import frozen
from ..api import requests
from ..api.messages import Batch, Flow, Work
from ..api.resolved import ResolvedVersion
from ..errors import QueryError, WithdrawnVersionWarning, printable, warn
from ..models.html import Told, report_html
from ..models.meta import Meta
from ..models.names import listed
from ..models.progress import Progress
from ..query.args import Part
from ..query.labels import areas_in, clause_text, clauses_of
from ..query.question import Query
from ..query.request import LARGEST_PAGE, unmatchable_periods
from ..query.tree import Leaf, Node, conjunction, leaves, normalise
from ..reading import read_answer
from ..store.table import Table
from ..store.table_cache import TableCache
from ..table.columns import schema_of
from ..table.dimensions import FILTER, LEVEL, LOCATION, PERIOD, Category
from ..table.page import EncodedPage

# pairs of clauses that are left out in turn: all of twelve clauses
_MOST_PAIRS = 66
# clauses, or pairs of them, for which is asked what occurs instead
_MOST_SUGGESTIONS = 6
# stand for a row's level with its location there, and for the location at a level of rows that are of other levels
_PLACE, _INSIDE = "place", "inside|"


@frozen(kw_only=True)
class EmptyClause:
    """A clause of the question, or a pair, and what the question gets without it.

    Attributes:
        arguments: The arguments of the call that it comes from, such as `("filters",)`; two for a pair.
        text: What it says, in words.
        rows: How many rows the rest of the question matches.
    """

    arguments: tuple[str, ...]
    text: str
    rows: int


@frozen(kw_only=True)
class Suggestion:
    """What occurs with the rest of the question, where a clause is left out.

    Attributes:
        clause: The clause.
        fields: What it is about, such as `("SEN provision",)`.
        values: The combinations that occur, each a label for every field, or None where the rows have none.
        is_complete: Whether these are all; else they are those among the first rows that the service gives.
    """

    clause: EmptyClause
    fields: tuple[str, ...]
    values: tuple[tuple[str | None, ...], ...]
    is_complete: bool

    @property
    def text(self) -> str:
        """In words."""
        found = [" · ".join(label for label in value if label is not None) or "none" for value in self.values]
        some = "" if self.is_complete else " (among the first rows)"
        return f"instead of {self.clause.text}: {' and '.join(self.fields)} can be{some} {listed(found)}"


@frozen(kw_only=True)
class EmptyReport:
    """Why a question gets no rows. Made by `PinnedDataSet.explain_empty`.

    Attributes:
        total: How many rows the question matches.
        clauses: Its clauses, with what it matches without each of them.
        pairs: Where no single clause is to blame: pairs without which it matches rows.
        suggestions: For the clauses or pairs to blame, what occurs instead.
    """

    total: int
    clauses: tuple[EmptyClause, ...] = ()
    pairs: tuple[EmptyClause, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()

    @property
    def culprits(self) -> tuple[EmptyClause, ...]:
        """The clauses, or else pairs, without which the question matches rows."""
        return tuple(clause for clause in self.clauses if clause.rows) or self.pairs

    @property
    def text(self) -> str:
        """The report in words."""
        return printable("\n".join(self._lines()))

    def __str__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        first = next(self._lines()).rstrip(":")
        blamed = self.culprits
        lines = [
            Told("to blame", "bad", (one.text, f"{one.rows:,}"))
            if one in blamed
            else Told("not by itself", "good", (one.text, f"{one.rows:,}"))
            for one in (*self.clauses, *self.pairs)
        ]
        said = [suggestion.text for suggestion in self.suggestions]
        return report_html(first, ("Clause", "Rows without it"), lines, notices=said)

    def _lines(self) -> Iterator[str]:
        if self.total:
            yield f"The question is not empty: {self.total:,} rows match it."
            return
        if not self.clauses:
            yield "No rows match, though the question has no conditions: the version has no rows."
            return
        culprits = self.culprits
        if not culprits:
            yield "No rows match, and neither does any without one or two of its clauses; ask in smaller steps:"
        elif self.pairs:
            yield "No rows match, and no single clause is to blame. There are rows without both of:"
        else:
            yield "No rows match. There are rows without:"
        yield from (f"  - {clause.text} ({clause.rows:,} rows)" for clause in culprits or self.clauses)
        if self.suggestions:
            yield "With the rest of the question there is:"
            yield from (f"  - {suggestion.text}" for suggestion in self.suggestions)


def explain_empty(pinned: ResolvedVersion, query: Query, *, tables: TableCache | None = None) -> Flow[EmptyReport]:
    """Say which clause of a question leaves no rows, by the stored data file or a counting request for each."""
    pinned.require_readable()
    table = yield from _table(pinned, query, tables)
    [total] = yield from _counts(table, [query])
    if total:
        return EmptyReport(total=total)
    clauses = clauses_of(query)
    ones = [(place,) for place in range(len(clauses))]
    singles = yield from _left_out(table, query, clauses, ones)
    pairs: dict[tuple[int, ...], EmptyClause] = {}
    # pairs are many: they are asked only where no clause alone is to blame
    if clauses and not any(clause.rows for clause in singles.values()):
        some = [*islice(combinations(range(len(clauses)), 2), _MOST_PAIRS)]
        pairs = yield from _left_out(table, query, clauses, some)
    blamed = {places: clause for places, clause in {**singles, **pairs}.items() if clause.rows}
    suggestions: list[Suggestion] = []
    for places, clause in islice(blamed.items(), _MOST_SUGGESTIONS):
        rest = _without(query, clauses, places)
        fields = _fields_of([clauses[place] for place in places], query.meta)
        suggestions.append((yield from _suggestion(table, rest, fields, clause)))
    return EmptyReport(
        total=0,
        clauses=tuple(singles.values()),
        pairs=tuple(clause for clause in pairs.values() if clause.rows),
        suggestions=tuple(suggestions),
    )


def _table(pinned: ResolvedVersion, query: Query, tables: TableCache | None) -> Flow[Table | None]:
    """The stored table; that of the data file where the service cannot answer: withdrawn versions, some periods."""
    kept = None if tables is None else (yield Work(call=partial(tables.find, pinned)))
    if kept is not None:
        stored: Table = kept.table
        return stored
    if not pinned.is_withdrawn and not unmatchable_periods(query):
        return None
    if pinned.is_withdrawn:
        warn(f"{pinned.withdrawal()}; this report is out of its data file", WithdrawnVersionWarning)
    response = yield from pinned.data_file()
    made: Table | None = yield Work(call=partial(Table.of_file, pinned.whole(), response.body))
    if made is None:
        raise QueryError(
            f"the service cannot answer this about version {pinned.version.version}, and its data file has values that "
            "its metadata does not name: read() shows them"
        )
    return made


def _left_out(
    table: Table | None, query: Query, clauses: Sequence[Part], groups: Sequence[tuple[int, ...]]
) -> Flow[dict[tuple[int, ...], EmptyClause]]:
    """How many rows the question matches without each of some groups of clauses."""
    counts = yield from _counts(table, [_without(query, clauses, places) for places in groups])
    meta = query.meta
    return {
        places: EmptyClause(
            arguments=tuple(clauses[place][0] for place in places),
            text=" and ".join(f"{a}= ({clause_text(node, a, meta)})" for a, node in map(clauses.__getitem__, places)),
            rows=count,
        )
        for places, count in zip(groups, counts, strict=True)
    }


def _without(query: Query, clauses: Sequence[Part], places: Sequence[int]) -> Query:
    rest = conjunction(node for place, (_, node) in enumerate(clauses) if place not in places)
    return attrs.evolve(query, criteria=None if rest is None else normalise(rest))


def _counting(query: Query) -> Query:
    # which rows there are hangs on no indicator: with the first alone a page is smallest
    return attrs.evolve(query, indicators=query.indicators[:1], sort=(), limit=None, page_size=None)


def _counts(table: Table | None, queries: Sequence[Query]) -> Flow[list[int]]:
    asked = [_counting(query) for query in queries]
    if table is not None:
        counted: list[int] = yield Work(call=lambda: [table.count(query) for query in asked])
        return counted
    sent = [requests.query(query, page=1, page_size=1) for query in asked]
    by_request = dict(zip(sent, asked, strict=True))
    pages: list[EncodedPage] = yield Batch(
        requests=tuple(sent),
        each=lambda request, response: read_answer(by_request[request], request, response),
        counts=Progress(what="requests", name="counting rows", total=len(sent)),
    )
    return [page.paging.total_results for page in pages]


def _suggestion(table: Table | None, rest: Query, fields: Sequence[str], clause: EmptyClause) -> Flow[Suggestion]:
    rest = _counting(rest)
    unknown: Mapping[str, Sequence[Category]] = {}
    if table is not None:
        codes = yield Work(call=lambda: table.codes(rest).collect())
    else:
        # one page only: what occurs is meant as advice, not as a list
        request = requests.query(rest, page=1, page_size=LARGEST_PAGE)
        [page] = yield Batch(requests=(request,), each=partial(read_answer, rest))
        codes, unknown = page.frame, page.unknown
    names, values = yield Work(call=lambda: _combinations(rest, unknown, codes, fields))
    return Suggestion(clause=clause, fields=names, values=values, is_complete=codes.height >= clause.rows)


def _fields_of(parts: Sequence[Part], meta: Meta) -> list[str]:
    """The fields that clauses are about, each once."""
    found: dict[str, None] = {}
    for argument, node in parts:
        if argument == "places":
            # a place is of a level, and what occurs instead may be of another
            found[_PLACE] = None
            continue
        areas = areas_in(node, meta) if argument == "within" else None
        if areas is not None and not areas[1]:
            found |= dict.fromkeys(f"{_INSIDE}{key.level}" for key in areas[0])
            continue
        for leaf in leaves(node):
            found |= dict.fromkeys(_of_leaf(leaf, meta))
    return [*found]


def _of_leaf(leaf: Node, meta: Meta) -> list[str]:
    match leaf:
        case Leaf(facet="filters", values=ids):
            return [f"{FILTER}{filter_.id}" for id_ in ids if (filter_ := meta.filter_of(id_))]
        case Leaf(facet="geographicLevels"):
            return [LEVEL]
        case Leaf(facet="locations", values=keys):
            return [f"{LOCATION}{key.level}" for key in keys]
    return [PERIOD]


def _located(field: str) -> str:
    return f"{LOCATION}{field.removeprefix(_INSIDE)}" if field.startswith(_INSIDE) else field


def _combinations(
    query: Query, unknown: Mapping[str, Sequence[Category]], codes: pl.DataFrame, fields: Sequence[str]
) -> tuple[tuple[str, ...], tuple[tuple[str | None, ...], ...]]:
    """Names of the fields, and the labels of what occurs in them together; `unknown` is what metadata lacks."""
    dimensions = schema_of(query).by_field
    categories = {field: (*item.categories, *unknown.get(field, ())) for field, item in dimensions.items()}
    columns = {_PLACE: [LEVEL, *(field for field in dimensions if field.startswith(LOCATION))]}
    known = [field for field in fields if field == _PLACE or _located(field) in dimensions]
    for field in known:
        columns.setdefault(field, [LEVEL, _located(field)] if field.startswith(_INSIDE) else [field])

    def label(field: str, row: Mapping[str, int | None]) -> str | None:
        code = row.get(LEVEL)
        level = "" if code is None else str(categories[LEVEL][code].id)
        if field == _PLACE:
            own, shown = f"{LOCATION}{level}", label(LEVEL, row)
            place = label(own, row) if own in dimensions else None
            return shown if place is None else f"{place} ({shown})"
        code = row[_located(field)]
        if code is None or field == f"{_INSIDE}{level}":
            return None
        category = categories[_located(field)][code]
        if field != PERIOD:
            return category.cells[-1] or str(category.id)
        period, _, identifier = str(category.id).partition("|")
        found = query.meta.period(period, identifier)
        return found.label or found.period if found else str(category.id)

    needed = [*dict.fromkeys(column for field in known for column in columns[field])]
    rows = codes.select(needed).unique().sort(needed).rows(named=True) if needed else []
    values = dict.fromkeys(tuple(label(field, row) for field in known) for row in rows)
    names = {_PLACE: "Place", PERIOD: "Time period"}
    return tuple(names.get(field) or dimensions[_located(field)].labels[-1] for field in known), tuple(values)
