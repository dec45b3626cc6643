"""From one version of a data set to another: what changed, whom it concerns, and questions rewritten."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import attrs

from .._classes import frozen
from ..api import operations
from ..api.messages import Flow, Operation, Work
from ..api.operations import VersionLike
from ..api.resolved import ResolvedVersion
from ..errors import ForbiddenError, MigrationWarning, NotFoundError, QueryError, printable, warn
from ..models.changes import (
    KINDS,
    ChangeKind,
    FacetChange,
    Lineage,
    VersionChanges,
    differences,
    lineage_of,
    probably_same,
)
from ..models.data_sets import DataSet, DataSetVersion
from ..models.enums import DataSetVersionStatus
from ..models.html import Told, report_html
from ..models.meta import ATTRIBUTES, Filter, FilterOption, Indicator, Level, LocationOption, Meta
from ..models.names import listed
from ..models.periods import TimePeriod
from ..models.versions import Version
from ..query.question import Query, require_query
from ..query.tree import And, Comparator, Leaf, Node, Not, Or, PeriodKey, leaves
from ..store.table_cache import TableCache
from .migrate import migrate, period_of


@frozen(kw_only=True, repr=False)
class UpgradeReport:
    """What differs between two versions of a data set. Made by `PinnedDataSet.compare`; it sends nothing itself.

    Attributes:
        data_set: Summary of the data set.
        previous: The version that questions were made for.
        current: The version that it is compared with; it may also be an older one.
        changes: Every difference, kind by kind; within each deletions, then updates, then additions.
        steps: What each version on the way changed, as the service says it, oldest first.
        notices: What stands in the way of knowing more, and notes on the versions.
        figures_changed: Whether figures did, of which the service lists no changes: True where nothing else differs,
            False where both data files are in the store and are the same, None where that cannot be told.
    """

    data_set: DataSet
    previous: DataSetVersion
    current: DataSetVersion
    changes: tuple[FacetChange, ...] = ()
    steps: tuple[VersionChanges, ...] = ()
    notices: tuple[str, ...] = ()
    figures_changed: bool | None = None
    _previous_meta: Meta = attrs.field(alias="previous_meta", eq=False)
    _current_meta: Meta = attrs.field(alias="current_meta", eq=False)
    _lineage: Lineage = attrs.field(alias="lineage", eq=False)

    @property
    def is_major(self) -> bool:
        """True if any change breaks questions: a deletion, or another id or code (reference, section 8)."""
        return any(change.is_major for change in self.changes)

    @property
    def counts(self) -> Mapping[ChangeKind, int]:
        """How many things were deleted, updated and added."""
        found = Counter(change.kind for change in self.changes)
        return {kind: found[kind] for kind in KINDS}

    @property
    def new_filters(self) -> tuple[Filter, ...]:
        """Filters that came: a question that leaves them open gets a row for each of their options."""
        # to the service that is a minor change
        added = (change.after for change in self.changes if change.kind == "added")
        return tuple(thing for thing in added if isinstance(thing, Filter))

    @property
    def probably_same(self) -> tuple[tuple[FacetChange, FacetChange], ...]:
        """Deletions beside additions of the same label, column or code, where there is one such of each.

        The service gives a thing that went and came back, or was renamed without a mapping, a new id, and does not say
        that it is the same: whoever knows decides.
        """
        return probably_same(self.changes)

    def affects(self, query: Query) -> tuple[FacetChange, ...]:
        """The changes that touch a question: what it names, and what rows in its answer can have.

        A change is left out only if it cannot concern the answer: another indicator, an option that the question's
        conditions rule out, a period outside them. The service does not list corrected figures as changes.

        Args:
            query: A question about the previous version.

        Raises:
            QueryError: The question is about another version or data set.
        """
        self._check(query)
        return tuple(change for change in self.changes if _touches(query, change))

    def migrate(self, query: Query, *, others: str | Mapping[str, str] | None = None) -> Query:
        """The same question to the current version.

        A thing is followed while it keeps its id, or where the service says which id it has now; nothing is followed
        by its label alone. Time periods stay those that were meant when the question was built, also with
        `ees.latest()`, and a question about all indicators keeps those that it had.

        Args:
            query: A question about the previous version.
            others: What filters are pinned to that only the current version has: `"Total"`, or filter to option; None
                pins them to their total where the question was itself made with `others="Total"`.

        Warns:
            MigrationWarning: More than names changed: a new filter was pinned, something excluded is gone, a unit
                changed, figures did.

        Raises:
            MigrationError: The question names what is gone, or would need a guess; `reasons` has all of them.
            QueryError: The question is about another version or data set.
        """
        found = migrated(self, query, others)
        if self.figures_changed:
            warn(f"for version {self.current.version} of the data set: {_FIGURES}", MigrationWarning)
        return found

    def columns_before(self) -> Mapping[tuple[str, str], str]:
        """Names of the data file's columns in the previous version, by kind and name now."""
        current, follow = self._current_meta, self._lineage.follow
        filters = ((current.filter(follow("filter", item.id)), item) for item in self._previous_meta.filters)
        found = {("filter", now.column): item.column for now, item in filters if now}
        indicators = ((current.indicator(follow("indicator", it.id)), it) for it in self._previous_meta.indicators)
        return found | {("indicator", now.column): item.column for now, item in indicators if now}

    def to_text(self) -> str:
        """The changes in words, line by line."""
        return printable("\n".join(self._lines()))

    def _lines(self) -> Iterator[str]:
        yield self._title
        yield from self._summary()
        yield from (f"- {change}" for change in self.changes)
        yield from (f"Note: {notice}" for notice in self.notices)

    @property
    def _title(self) -> str:
        return f"{self.data_set.title}: version {self.previous.version} to {self.current.version}"

    def _summary(self) -> Iterator[str]:
        if self.changes:
            counts = ", ".join(f"{count} {kind}" for kind, count in self.counts.items() if count)
            yield f"{'Major' if self.is_major else 'Minor'}: {counts}"
        elif self.previous.version == self.current.version:
            yield "Nothing changed: it is the same version"
        else:
            yield "Nothing in the metadata changed"
        if self.figures_changed is not None:
            yield _FIGURES.capitalize() if self.figures_changed else "No figure changed: the data file is the same"
        if self.previous.total_results != self.current.total_results:
            yield f"Rows: {self.previous.total_results:,} to {self.current.total_results:,}"
        for filter_ in self.new_filters:
            options = listed([option.label for option in filter_.options], 4)
            yield f"A new filter divides the rows, and earlier questions add over it: {filter_.label!r} ({options})"
        for gone, new in self.probably_same:
            yield f"Probably the same, with a new id: {gone}, {new}"

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        where = f"{self.data_set.title!r} {self.previous.version} to {self.current.version}"
        return f"<UpgradeReport {where}: {len(self.changes)} changes>"

    def _repr_html_(self) -> str:
        # whether it breaks questions is what one looks for
        lines = [
            Told(f"{change.kind}, major", "bad", (str(change),))
            if change.is_major
            else Told(change.kind, "good", (str(change),))
            for change in self.changes
        ]
        return report_html(self._title, ("Change",), lines, notices=[*self._summary(), *self.notices])

    def _check(self, query: Query) -> None:
        require_query(query)
        if (query.data_set_id, query.version) != (self.data_set.id, self.previous.version):
            raise QueryError(
                f"the question is about version {query.version} of data set {query.data_set_id}, and this report "
                f"begins at version {self.previous.version} of {self.data_set.id}: compare from the question's version"
            )

    def _rewritten(self, query: Query, others: str | Mapping[str, str] | None) -> Query:
        self._check(query)
        current, version = self._current_meta, self.current.version
        return migrate(query, current=current, version=version, lineage=self._lineage, others=others)


_FIGURES = "figures changed, or a default option: the metadata is the same, and the service lists neither"


def migrated(report: UpgradeReport, query: Query, others: str | Mapping[str, str] | None) -> Query:
    """As `UpgradeReport.migrate`, without a word on figures."""
    return report._rewritten(query, others)


Path: TypeAlias = Mapping[Version, tuple[DataSetVersion, VersionChanges | str]]
"""Versions by number, and what each changed, or a text that says why that may not be read."""


def compare(pinned: ResolvedVersion, asked: VersionLike, *, tables: TableCache | None = None) -> Flow[UpgradeReport]:
    """Compare the pinned version with another; their figures too, where the store has both data files."""
    current = yield from operations.version(pinned.data_set.id, asked)
    metadata, _ = yield from operations.metadata(pinned.data_set.id, current)
    path = yield from read_path(pinned, [current])
    digests: set[str | None] = {None}
    if tables is not None:
        other = attrs.evolve(pinned, version=current, meta=metadata)
        digests = yield Work(call=lambda: {tables.digest(pinned), tables.digest(other)})
    return report(pinned, current, metadata, path, is_same_file=None if None in digests else len(digests) == 1)


def read_path(pinned: ResolvedVersion, others: Iterable[DataSetVersion]) -> Operation[Path]:
    """Read what changed in the versions between the pinned one and others, those included."""
    ends = {one.version: one for one in (pinned.version, *others)}
    listed = yield from operations.all_versions(pinned.data_set.id)
    known = {one.version: one for one in listed} | ends
    path: dict[Version, tuple[DataSetVersion, VersionChanges | str]] = {}
    # the service's own order leaves patches out (reference, section 8)
    for number in sorted(known, reverse=True):
        if min(ends) < number <= max(ends):
            try:
                path[number] = known[number], (yield from operations.changes(pinned.data_set.id, number))
            except (ForbiddenError, NotFoundError) as error:
                # the report is of use without: what kept its id is still found
                why = f"may not be read ({error.status}); new ids in it cannot be followed"
                path[number] = known[number], f"the changes of version {number} {why}"
    return path


def report(
    pinned: ResolvedVersion,
    current: DataSetVersion,
    metadata: Meta,
    path: Path,
    *,
    is_same_file: bool | None = None,
) -> UpgradeReport:
    """The differences between the pinned version and another, with all that was read."""
    first, final = sorted((pinned.version.version, current.version))
    passed = [path[number] for number in sorted(path) if first < number <= final]
    steps = tuple(step for _, step in passed if isinstance(step, VersionChanges))
    forward = lineage_of(steps)
    # the service says changes in the order of versions only; the way to an older one is theirs backwards
    lineage = forward if current.version >= pinned.version.version else forward.reversed()
    changes = differences(pinned.meta, metadata, lineage.follow)
    notices = [step for _, step in passed if isinstance(step, str)]
    # where nothing else changed at all, that is said of the whole
    notices += [f"version {step.version}: {step.in_short()}" for step in steps if changes and not step.has_changes]
    notices += [note for one, _ in passed for note in _notes(one)]
    if pinned.version.status == DataSetVersionStatus.WITHDRAWN:
        notices.append(f"version {pinned.version.version}, from which this is compared, was withdrawn")
    return UpgradeReport(
        data_set=pinned.data_set,
        previous=pinned.version,
        current=current,
        changes=changes,
        steps=steps,
        notices=tuple(notices),
        figures_changed=False if is_same_file else None if changes or first == final else True,
        previous_meta=pinned.meta,
        current_meta=metadata,
        lineage=lineage,
    )


def _notes(version: DataSetVersion) -> Iterator[str]:
    said = f": {version.notes}" if version.notes else ""
    if version.status == DataSetVersionStatus.WITHDRAWN:
        date = f" on {version.withdrawn.date()}" if version.withdrawn else ""
        yield f"version {version.version} was withdrawn{date}{said}"
    elif version.notes:
        yield f"version {version.version}{said}"


# Which changes touch a question: what it means, or what its answer can hold
#
# A change touches a question when the question names the thing, or when rows with the thing can be in its answer. Rows
# are judged by one thing at a time: what a condition says of anything else may hold or not. So a change that cannot
# touch the answer is left out, and one that is kept may turn out to concern no row.


def _touches(query: Query, change: FacetChange) -> bool:
    """True if a change touches a question about the version before it."""
    match change.before or change.after:
        case Indicator(id=id_):
            asked = {item.id for item in query.indicators}
            if change.kind == "added":
                return asked == {item.id for item in query.meta.indicators}
            return id_ in asked or _sorts_by(query, f"indicator|{id_}")
        case Filter() as filter_:
            return _touches_filter(query, change, filter_)
    if change.facet == "location level":
        # columns come with it, whichever rows are asked for
        return True
    return any(_touches_row(query, change, thing) for thing in (change.before, change.after) if thing is not None)


def _filters_of(query: Query, leaf: Node) -> set[str]:
    """Ids of the filters that a condition on options is about; none for other conditions."""
    if not isinstance(leaf, Leaf) or leaf.facet != "filters":
        return set()
    if leaf.owner:
        return {leaf.owner}
    return {owner.id for id_ in leaf.values if (owner := query.meta.filter_of(id_))}


def _touches_filter(query: Query, change: FacetChange, filter_: Filter) -> bool:
    # rows are divided otherwise by a filter that came or went
    if change.kind != "updated" or _sorts_by(query, f"filter|{filter_.id}"):
        return True
    if any(filter_.id in _filters_of(query, leaf) for leaf in leaves(query.criteria)):
        return True
    # another name of a column is another heading in the answer
    heading = "label" if query.names == "label" else "column"
    return bool(getattr(change.before, heading) != getattr(change.after, heading))


def _sorts_by(query: Query, field: str) -> bool:
    return any(sort.field == field for sort in query.sort)


def _touches_row(query: Query, change: FacetChange, thing: object) -> bool:
    if thing is change.before and any(_is_named(query, leaf, change, thing) for leaf in leaves(query.criteria)):
        return True
    return query.criteria is None or _verdict(query, query.criteria, change, thing) is not False


def _verdict(query: Query, node: Node, change: FacetChange, thing: object) -> bool | None:
    """Whether a condition holds for a row of which this thing alone is known; None where that depends on others."""
    match node:
        case Not(clause=clause):
            inner = _verdict(query, clause, change, thing)
            return None if inner is None else not inner
        case And(clauses=clauses) | Or(clauses=clauses):
            said = [_verdict(query, clause, change, thing) for clause in clauses]
            # one that fails decides an And, one that holds an Or
            decides = isinstance(node, Or)
            return decides if decides in said else None if None in said else not decides
        case Leaf(facet="timePeriods", includes=False, excludes=False, values=(key,)) if isinstance(thing, TimePeriod):
            return _ORDERS[node.comparator](thing.sort_key, period_of(key).sort_key)
        case Leaf():
            named = _is_named(query, node, change, thing)
            return None if named is None else named != node.excludes
    return None


_ORDERS: dict[Comparator, Callable[[Any, Any], bool]] = {
    Comparator.GT: operator.gt, Comparator.GTE: operator.ge, Comparator.LT: operator.lt, Comparator.LTE: operator.le,
}  # fmt: skip


def _is_named(query: Query, leaf: Node, change: FacetChange, thing: object) -> bool | None:
    """Whether a thing is among those that a condition names; None where what it names may be of other kinds too."""
    match leaf, thing, change.group:
        case Leaf(facet="filters", values=ids), FilterOption(id=id_), Filter() as group:
            # options of other filters in the same list may be what the row has
            about = {(query.meta.filter_of(id_) or group).id}
            return id_ in ids or (None if _filters_of(query, leaf) != about else False)
        case Leaf(facet="geographicLevels", values=codes), Level(code=code), _:
            return str(code) in codes
        case Leaf(facet="locations", values=keys), LocationOption() as option, Level(code=code):
            here = [
                getattr(option, ATTRIBUTES.get(key.property, ""), None) == key.value
                for key in keys
                if key.level == str(code)
            ]
            return any(here) or (None if len(here) < len(keys) else False)
        case Leaf(facet="timePeriods", values=keys), TimePeriod() as period, _:
            return PeriodKey(period=period.period, code=str(period.code)) in keys
    return None
