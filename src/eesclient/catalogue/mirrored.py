"""What is told of a mirror: before it is fetched, of each data set, and in the end."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, get_args

from .._classes import frozen
from ..lock.failures import told_html, worst
from ..lock.lockfile import LockEntry

MirrorOutcome: TypeAlias = Literal["changed", "no answer", "newer", "new", "as before"]
"""What became of a data set in a mirror: the worst first."""


@frozen(kw_only=True)
class MirroredEntry:
    """A data set or file in a mirror.

    Attributes:
        id: GUID of the data set or file.
        title: Its title.
        entry: What the lock of the mirror now says of it; None where it is not there.
        outcome: `"as before"`; `"new"`; `"newer"` where there is another version than before; `"changed"` where it is
            not what it was, is gone, or cannot be read; `"no answer"` of the service.
        problem: Why it is not in the mirror as it is now; None where it is.
        notes: What else there is to say.
    """

    id: str
    title: str
    entry: LockEntry | None
    outcome: MirrorOutcome
    problem: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def _numbered(self) -> str:
        return "" if self.entry is None else self.entry._numbered

    @property
    def _size(self) -> str:
        return f"{0 if self.entry is None else self.entry.data_size or 0:,} bytes of data"

    def to_text(self) -> str:
        """What became of it, in a line."""
        named = f"{self.title} {self.id} {self._numbered}".rstrip()
        return f"{named}: {self.problem or f'{self.outcome}, {self._size}'}"


@frozen(kw_only=True)
class MirrorPlan:
    """What a mirror will fetch, before it does.

    Attributes:
        wanted: Data sets and files that were found.
        lacking: Titles of those that are to be fetched.
        rows: Their rows, as far as they are said.
    """

    wanted: int
    lacking: tuple[str, ...]
    rows: int

    def to_text(self) -> str:
        """How many there are, and how many have to come."""
        found = f"{self.wanted:,} data sets found"
        if not self.lacking:
            return f"{found}: all are in the mirror as they are now"
        return f"{found}; to download: {len(self.lacking):,} of them, with {self.rows:,} rows"


@frozen(kw_only=True)
class MirrorReport:
    """What became of a mirror.

    Attributes:
        entries: Each data set and file that was found.
        others: What else the lock of the mirror has: not found this time, and left as it is.
    """

    entries: tuple[MirroredEntry, ...]
    others: tuple[LockEntry, ...]

    @property
    def outcome(self) -> MirrorOutcome:
        """The worst outcome of an entry: `"changed"`, `"no answer"`, `"newer"`, `"new"`, else `"as before"`."""
        return worst((one.outcome for one in self.entries), MirrorOutcome)

    @property
    def is_complete(self) -> bool:
        """True if all that was found is in the mirror."""
        return all(one.problem is None for one in self.entries)

    def _repr_html_(self) -> str:
        return told_html(
            "Mirror",
            [
                (one.outcome, one.id, one.title, one._numbered, (one.problem or one._size, *one.notes))
                for one in self.entries
            ],
        )

    def summary(self) -> str:
        """How many of them there are, and a line for each that is not in the mirror."""
        counted = {what: sum(one.outcome == what for one in self.entries) for what in reversed(get_args(MirrorOutcome))}
        said = ", ".join(f"{count:,} {what}" for what, count in counted.items() if count)
        first = f"{len(self.entries):,} data sets: {said or 'none'}"
        if self.others:
            first += f"; {len(self.others):,} others in the mirror are left as they are"
        return "\n".join([first, *(f"  {one.to_text()}" for one in self.entries if one.problem is not None)])

    def to_rows(self) -> list[dict[str, Any]]:
        """A dictionary for each entry, ready for JSON."""
        return [
            {
                "id": one.id,
                "title": one.title,
                "version": None if one.entry is None else str(one.entry.version),
                "data_sha256": None if one.entry is None else one.entry.data_sha256,
                "data_size": None if one.entry is None else one.entry.data_size,
                "outcome": one.outcome,
                "problem": one.problem,
                "notes": list(one.notes),
            }
            for one in self.entries
        ]
