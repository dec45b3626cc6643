"""From one version of a data set to another: what changed, whom it concerns, and questions rewritten."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import attrs

from ..api import operations, requests
from ..api.operations import Operation, ResolvedVersion, VersionLike
from ..errors import ForbiddenError, NotFoundError, QueryError
from ..models.changes import ChangeKind, FacetChange, Lineage, VersionChanges, differences, lineage_of
from ..models.data_sets import DataSet, DataSetVersion
from ..models.enums import DataSetVersionStatus
from ..models.meta import Meta
from ..models.versions import Version
from ..query.question import Query
from .impact import touches
from .migrate import migrate


@attrs.frozen(kw_only=True, repr=False)
class UpgradeReport:
    """What differs between two versions of a data set. Made by `PinnedDataSet.compare`; it sends nothing itself.

    Attributes:
        data_set: Summary of the data set.
        previous: The version that questions were made for.
        current: The version that it is compared with; it may also be an older one.
        changes: Every difference, kind by kind; within each deletions, then updates, then additions.
        steps: What each version on the way changed, as the service says it, oldest first.
        notices: What stands in the way of knowing more, and notes on the versions.
    """

    data_set: DataSet
    previous: DataSetVersion
    current: DataSetVersion
    changes: tuple[FacetChange, ...] = ()
    steps: tuple[VersionChanges, ...] = ()
    notices: tuple[str, ...] = ()
    _previous_meta: Meta = attrs.field(alias="previous_meta", eq=False)
    _current_meta: Meta = attrs.field(alias="current_meta", eq=False)
    _lineage: Lineage = attrs.field(alias="lineage", eq=False)

    @property
    def is_major(self) -> bool:
        """Whether any change breaks questions: a deletion, or another id or code (reference, section 8)."""
        return any(change.is_major for change in self.changes)

    @property
    def counts(self) -> Mapping[ChangeKind, int]:
        """How many things were deleted, updated and added."""
        found = Counter(change.kind for change in self.changes)
        return {"deleted": found["deleted"], "updated": found["updated"], "added": found["added"]}

    def affects(self, query: Query) -> tuple[FacetChange, ...]:
        """The changes that touch a question: what it names, and what rows in its answer can have.

        A change is left out only if it cannot concern the answer: another indicator, an option that the question's
        conditions rule out, a period outside them. Corrected figures are no change that the service lists.

        Args:
            query: A question about the previous version.

        Raises:
            QueryError: The question is about another version or data set.
        """
        self._check(query)
        return tuple(change for change in self.changes if touches(query, change))

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
                changed.

        Raises:
            MigrationError: The question names what is gone, or would need a guess; `reasons` has all of them.
            QueryError: The question is about another version or data set.
        """
        self._check(query)
        return migrate(
            query,
            current=self._current_meta,
            version=self.current.version,
            lineage=self._lineage,
            others=others,
        )

    def columns_before(self) -> Mapping[tuple[str, str], str]:
        """What columns of the data file were called in the previous version, by kind and name now."""
        previous, current, follow = self._previous_meta, self._current_meta, self._lineage.follow
        filters = {item.id: item.column for item in current.filters}
        indicators = {item.id: item.column for item in current.indicators}
        found = {
            ("filter", filters[id_]): item.column
            for item in previous.filters
            if (id_ := follow("filter", item.id)) in filters
        }
        return found | {
            ("indicator", indicators[id_]): item.column
            for item in previous.indicators
            if (id_ := follow("indicator", item.id)) in indicators
        }

    def to_text(self) -> str:
        """What changed, in words, line by line."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"{self.data_set.title}: version {self.previous.version} to {self.current.version}"
        if self.changes:
            counts = ", ".join(f"{count} {kind}" for kind, count in self.counts.items() if count)
            yield f"{'Major' if self.is_major else 'Minor'}: {counts}"
        else:
            yield "Nothing in the metadata changed; figures may have been corrected"
        if self.previous.total_results != self.current.total_results:
            yield f"Rows: {self.previous.total_results:,} to {self.current.total_results:,}"
        yield from (f"- {change}" for change in self.changes)
        yield from (f"Note: {notice}" for notice in self.notices)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        where = f"{self.data_set.title!r} {self.previous.version} to {self.current.version}"
        return f"<UpgradeReport {where}: {len(self.changes)} changes>"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.to_text())}</pre>"

    def _check(self, query: Query) -> None:
        if (query.data_set_id, query.version) != (self.data_set.id, self.previous.version):
            raise QueryError(
                f"the question is about version {query.version} of data set {query.data_set_id}, and this report "
                f"begins at version {self.previous.version} of {self.data_set.id}: compare from the question's version"
            )


@attrs.frozen(kw_only=True)
class Path:
    """What is known of the versions of a data set.

    Attributes:
        versions: Its versions, newest first.
        changes: What each changed, by number; a text that says why it may not be read.
    """

    versions: tuple[DataSetVersion, ...]
    changes: Mapping[Version, VersionChanges | str]


def compare(pinned: ResolvedVersion, asked: VersionLike) -> Operation[UpgradeReport]:
    """Compare the pinned version with another.

    Raises:
        InvalidVersionError: The text is neither a version nor a range.
        VersionNotFoundError: There is none; the message lists the versions.
        ForbiddenError: The version may not be read.
    """
    current = yield from operations.version(pinned.data_set.id, asked)
    metadata = yield from operations.fetch(requests.meta(pinned.data_set.id, current.version), Meta)
    path = yield from read_path(pinned, [current])
    return report(pinned, current, metadata, path)


def read_path(pinned: ResolvedVersion, others: Iterable[DataSetVersion]) -> Operation[Path]:
    """Read what changed in the versions between the pinned one and others, those included."""
    ends = {one.version: one for one in (pinned.version, *others)}
    listed = yield from operations.all_versions(pinned.data_set.id)
    versions = sorted({one.version: one for one in listed} | ends, reverse=True)
    known = {one.version: one for one in listed} | ends
    changes: dict[Version, VersionChanges | str] = {}
    for number in versions:
        if min(ends) < number <= max(ends):
            changes[number] = yield from _changes(pinned.data_set.id, number)
    return Path(versions=tuple(known[number] for number in versions), changes=changes)


def _changes(data_set_id: str, version: Version) -> Operation[VersionChanges | str]:
    try:
        return (yield from operations.changes(data_set_id, version))
    except (ForbiddenError, NotFoundError) as error:
        return f"the changes of version {version} may not be read ({error.status}); new ids in it cannot be followed"


def report(pinned: ResolvedVersion, current: DataSetVersion, metadata: Meta, path: Path) -> UpgradeReport:
    """What differs between the pinned version and another, with all that was read."""
    first, final = sorted((pinned.version.version, current.version))
    passed = [one for one in reversed(path.versions) if first < one.version <= final]
    found = [path.changes[one.version] for one in passed]
    steps = tuple(step for step in found if isinstance(step, VersionChanges))
    forward = lineage_of(steps)
    lineage = forward if current.version >= pinned.version.version else forward.reversed()
    notices = [step for step in found if isinstance(step, str)]
    notices += [note for one in passed for note in _notes(one)]
    if pinned.version.status == DataSetVersionStatus.WITHDRAWN:
        notices.append(f"version {pinned.version.version}, from which this is compared, was withdrawn")
    return UpgradeReport(
        data_set=pinned.data_set,
        previous=pinned.version,
        current=current,
        changes=differences(pinned.meta, metadata, lineage.follow),
        steps=steps,
        notices=tuple(notices),
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
