"""Comparison of a lock file with the service: whether all is as it was locked, and what is newer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

import attrs

from .._classes import frozen
from ..api import notices, operations
from ..api.messages import Flow, Together
from ..errors import ForbiddenError, LockError, NotFoundError
from ..models.data_sets import DataSetVersion
from ..models.enums import DataSetVersionStatus
from ..models.html import Told, report_html, tallied
from ..models.versions import VersionRange
from . import policy
from .disk import command
from .failures import failure, look_of, told_html, worst
from .lockfile import FileEntry, LockEntry
from .policy import Locking, unexpected

Outcome: TypeAlias = Literal["changed", "no answer", "newer patches", "as locked"]
"""How a check ends: the worst first."""

TWO = 2
"""Files outside the API that are read side by side: each is in memory as a whole."""


@frozen(kw_only=True)
class CheckedEntry:
    """A data set or file of a lock, compared with the service.

    Attributes:
        entry: What the lock says.
        outcome: `"as locked"`; `"newer patches"` where it is and the version has some; `"changed"` where the version
            is gone or withdrawn, or its metadata, rows or data are others; `"no answer"` of the service.
        messages: What there is to say of it.
        patches: Newer patches of the version, oldest first.
    """

    entry: LockEntry
    outcome: Outcome
    messages: tuple[str, ...]
    patches: tuple[DataSetVersion, ...] = ()

    def to_text(self) -> str:
        """A line for each message."""
        named = f"{self.entry.title} {self.entry.id} {self.entry._numbered}".rstrip()
        return "\n".join(f"{named}: {message}" for message in self.messages)


@frozen(kw_only=True)
class LockCheck:
    """A lock file compared with the service.

    Attributes:
        entries: Each data set and file of the lock.
    """

    entries: tuple[CheckedEntry, ...]

    @property
    def outcome(self) -> Outcome:
        """The worst outcome of an entry: `"changed"`, `"no answer"`, `"newer patches"`, else `"as locked"`."""
        return worst((one.outcome for one in self.entries), Outcome)

    def _repr_html_(self) -> str:
        return told_html(
            "Check",
            [(one.outcome, one.entry.id, one.entry.title, one.entry._numbered, one.messages) for one in self.entries],
        )

    def to_text(self) -> str:
        """A line for each message about an entry."""
        return "\n".join(one.to_text() for one in self.entries)

    def to_rows(self) -> list[dict[str, Any]]:
        """A dictionary for each entry, ready for JSON."""
        return [
            {
                "id": one.entry.id,
                "title": one.entry.title,
                "version": str(one.entry.version),
                "outcome": one.outcome,
                "messages": list(one.messages),
                "patches": [str(patch.version) for patch in one.patches],
            }
            for one in self.entries
        ]


def check(
    locked: Locking,
    check_file: Callable[[FileEntry], Flow[CheckedEntry]],
    *,
    data: bool,
    progress: Callable[[CheckedEntry], object] | None,
) -> Flow[LockCheck]:
    """Compare a lock with the service itself; with `data`, data files are fetched, and their digests compared."""

    def failed(place: int, error: Exception) -> CheckedEntry:
        # says nothing of the data: the service may answer the next time
        said = f"no answer: {error}" if (how := failure(error)) == "no answer" else str(error)
        return CheckedEntry(entry=locked.entries[place], outcome=how, messages=(said,))

    flows = tuple(
        check_file(entry) if isinstance(entry, FileEntry) else _check(entry, data, locked.path)
        for entry in locked.entries
    )
    are_large = data and any(isinstance(entry, FileEntry) for entry in locked.entries)
    most = TWO if are_large else None
    found = yield Together(flows=flows, told=progress, failed=failed, most=most, counts=locked.counts())
    return LockCheck(entries=tuple(found))


def _check(entry: LockEntry, data: bool, path: str) -> Flow[CheckedEntry]:
    problems: list[str] = []
    known: list[DataSetVersion] = []
    try:
        known = yield from operations.all_versions(entry.id)
        if _status(entry, known) == DataSetVersionStatus.WITHDRAWN and entry.withdrawn != "read":
            problems.append(
                'withdrawn since: lock another version, or write withdrawn = "read" beside it to read it all the same'
            )
        problems += yield from _content(entry, known, data=data)
    except (NotFoundError, ForbiddenError, LockError) as error:
        problems.append(str(error))
    if problems:
        return CheckedEntry(entry=entry, outcome="changed", messages=tuple(problems))
    patches = notices.newer_patches(entry.version, known)
    if not patches:
        return CheckedEntry(entry=entry, outcome="as locked", messages=("as locked",))
    told = []
    for patch in patches:
        said = [patch.notes, (yield from operations.changes(entry.id, patch.version)).in_short()]
        date = f" of {patch.published.date()}" if patch.published else ""
        words = "; ".join(filter(None, said))
        told.append(f"{patch.version}{date}{f' ({words})' if words else ''}")
    text = ", ".join(told)
    update = command("lock", f"{entry.id}@{entry.version.major}.{entry.version.minor}.*", path=path)
    message = f"as locked; newer patches: {text}; {update} takes the last"
    return CheckedEntry(entry=entry, outcome="newer patches", messages=(message,), patches=patches)


def _status(entry: LockEntry, known: Sequence[DataSetVersion]) -> DataSetVersionStatus | None:
    return next((version.status for version in known if version.version == entry.version), None)


def _content(entry: LockEntry, known: Sequence[DataSetVersion], *, data: bool) -> Flow[list[str]]:
    # the check says by itself what was withdrawn
    pinned = yield from operations.pin(entry.id, entry.version, withdrawn="read", known=known)
    problems = unexpected(entry, pinned)
    if not data:
        return problems
    if entry.data_sha256 is None:
        return [*problems, "data: no digest is locked, ees lock --data notes it"]
    found = yield from policy.entry(pinned, data=True)
    if found.data_sha256 != entry.data_sha256:
        problems.append(f"data: SHA-256 {entry.data_sha256} when it was locked, {found.data_sha256} now")
    return problems


# Outdated

NewsOutcome: TypeAlias = Literal["changed", "no answer", "answered"]
"""How it ends to ask for what is newer: the worst first."""


@frozen(kw_only=True)
class OutdatedEntry:
    """News of a data set or file of a lock; versions as they are written, of files releases.

    Attributes:
        id: GUID of the data set or file.
        title: Its title in the lock.
        asked: The version or range that it was locked for; None for the latest.
        locked: The locked version.
        in_range: What would be locked now, or None.
        latest: The latest version, or None.
        patches: Newer patches of the locked version, oldest first.
        outdated: Whether there is anything newer.
        notes: What else there is to say, such as which data set replaces it.
        problem: Why nothing is known of it: it is gone, or the service did not answer; None where it did.
        outcome: `"answered"`; `"changed"` where it is gone, `"no answer"` of the service.
    """

    id: str
    title: str
    asked: str | None
    locked: str
    in_range: str | None
    latest: str | None
    patches: tuple[str, ...]
    outdated: bool
    notes: tuple[str, ...] = ()
    problem: str | None = None
    outcome: NewsOutcome = "answered"

    @property
    def _said(self) -> tuple[str, ...]:
        return (*self.notes, *([self.problem] if self.problem else []))


@frozen(kw_only=True)
class OutdatedReport:
    """News of the versions of a lock file.

    Attributes:
        entries: Each data set and file of the lock.
    """

    entries: tuple[OutdatedEntry, ...]

    @property
    def outcome(self) -> NewsOutcome:
        """The worst outcome of an entry: `"changed"`, `"no answer"`, else `"answered"`."""
        return worst((one.outcome for one in self.entries), NewsOutcome)

    def _repr_html_(self) -> str:
        lines = [
            Told(
                how,
                look_of(how),
                (one.title, one.locked, one.in_range or "", one.latest or "", "\n".join(one._said)),
                ids=f"id {one.id}",
            )
            for one in self.entries
            for how in [one.outcome if one.problem else "newer" if one.outdated else "the newest"]
        ]
        heads = ("Data set", "Locked", "In range", "Latest", "More")
        return report_html(tallied("News", lines), heads, lines)

    def to_rows(self) -> list[dict[str, Any]]:
        """A dictionary for each entry, ready for JSON."""
        return [attrs.asdict(one) for one in self.entries]

    def to_text(self) -> str:
        """A table of what is outdated, has notes, or is not known."""
        rows = [("locked", "in range", "latest", "id", "title")]
        for one in self.entries:
            if one.outdated or one._said:
                title = one.title + (f" ({'; '.join(one._said)})" if one._said else "")
                rows.append((one.locked, one.in_range or "-", one.latest or "-", one.id, title))
        if len(rows) == 1:
            return "all locked versions are the newest"
        *widths, _ = (max(map(len, column)) for column in zip(*rows, strict=True))
        return "\n".join("  ".join([*map(str.ljust, row, widths), row[-1]]) for row in rows)


def outdated(
    locked: Locking,
    file_news: Callable[[FileEntry], Flow[OutdatedEntry]],
    *,
    progress: Callable[[OutdatedEntry], object] | None = None,
) -> Flow[OutdatedReport]:
    """Find what is newer than the versions of a lock."""

    def failed(place: int, error: Exception) -> OutdatedEntry:
        entry = locked.entries[place]
        return OutdatedEntry(
            id=entry.id,
            title=entry.title,
            asked=None if entry.asked is None else str(entry.asked),
            locked=entry.release if isinstance(entry, FileEntry) else str(entry.version),
            in_range=None,
            latest=None,
            patches=(),
            outdated=False,
            problem=str(error),
            outcome=failure(error),
        )

    flows = tuple(file_news(entry) if isinstance(entry, FileEntry) else _news(entry) for entry in locked.entries)
    found = yield Together(flows=flows, told=progress, failed=failed, counts=locked.counts())
    return OutdatedReport(entries=tuple(found))


def _news(entry: LockEntry) -> Flow[OutdatedEntry]:
    summary = yield from operations.data_set(entry.id)
    known = yield from operations.all_versions(entry.id)
    latest = summary.latest_version.version if summary.latest_version else None
    in_range = entry.asked or latest
    if isinstance(in_range, VersionRange):
        # a range never means a deprecated version (reference, section 5)
        in_range = in_range.latest(one.version for one in known if one.status == DataSetVersionStatus.PUBLISHED)
    status = _status(entry, known)
    notes = [] if status and status.is_live else [f"the locked version is {str(status).lower() if status else 'gone'}"]
    if summary.superseding_data_set_id:
        notes.append(f"data set {summary.superseding_data_set_id} replaces it")
    patches = notices.newer_patches(entry.version, known)
    notes += [f"patch {patch.version}: {patch.notes}" for patch in patches if patch.notes]
    is_newer = bool(patches) or any(one is not None and one > entry.version for one in (latest, in_range))
    return OutdatedEntry(
        id=entry.id,
        title=entry.title,
        asked=None if entry.asked is None else str(entry.asked),
        locked=str(entry.version),
        in_range=None if in_range is None else str(in_range),
        latest=None if latest is None else str(latest),
        patches=tuple(str(patch.version) for patch in patches),
        outdated=is_newer,
        notes=tuple(notes),
    )
