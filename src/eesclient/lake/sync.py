"""Data set versions into a lake: one, or all that are locked."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs
import polars as pl

from .._classes import frozen
from ..data_set import PinnedDataSet
from ..errors import EESError, LakeError
from ..lock.disk import alone
from ..lock.failures import failure, told_html, worst
from ..lock.lockfile import FileEntry, LockEntry
from ..models.versions import Version
from ..results import delta, delta_write, receipts
from ..results.delta_columns import labels_in_order
from ..results.delta_write import Written
from ..table.columns import columns_of, schema_of
from ..transport.progress import counting
from .tables import folder_of

if TYPE_CHECKING:
    from ..client import Client

LakeOutcome: TypeAlias = Literal["changed", "no answer", "in the lake"]
"""How it ends for a data set of a lock: the worst first."""

_DAY = 86_400
"""Seconds after which a file that no commit names is left over; what is newer may be in use by another process."""


@frozen(kw_only=True)
class LakeEntry:
    """A data set version after it was to be added to a lake.

    Attributes:
        id: GUID of the data set.
        title: Its title.
        version: The version.
        commit: Number of the commit that has it; None where there is a problem.
        rows: How many rows the commit has.
        digest: Their digest, or "".
        is_new: Whether the commit was made now.
        problem: Why it is not in the lake, or should not be any more; None where all is well.
        notes: What else there is to say, such as that the version has a later patch.
        outcome: `"in the lake"`; `"changed"` where it is not what was locked, is gone, was withdrawn, or cannot be in
            its table; `"no answer"` of the service, or none that can be used.
    """

    id: str
    title: str
    version: Version
    commit: int | None = None
    rows: int = 0
    digest: str = ""
    is_new: bool = False
    problem: str | None = None
    notes: tuple[str, ...] = ()
    outcome: LakeOutcome = "in the lake"

    @property
    def _ended(self) -> str:
        done = f"{self.rows:,} rows {'written' if self.is_new else 'already there'}, commit {self.commit}"
        return self.problem or done

    def to_text(self) -> str:
        """The result for it, in a line."""
        return f"{self.title} {self.id} {self.version}: {self._ended}"


@frozen(kw_only=True)
class LakeReport:
    """Results of a sync of a lake.

    Attributes:
        entries: Each data set and file of the lock.
    """

    entries: tuple[LakeEntry, ...]

    @property
    def outcome(self) -> LakeOutcome:
        """The worst outcome of an entry: `"changed"`, `"no answer"`, else `"in the lake"`."""
        return worst((one.outcome for one in self.entries), LakeOutcome)

    @property
    def is_complete(self) -> bool:
        """True if all that is locked is in the lake, as it was locked."""
        return self.outcome == "in the lake"

    def _repr_html_(self) -> str:
        return told_html(
            "Lake",
            [(one.outcome, one.id, one.title, str(one.version), (one._ended, *one.notes)) for one in self.entries],
        )

    def to_rows(self) -> list[dict[str, Any]]:
        """A dictionary for each entry, ready for JSON."""
        return [{**attrs.asdict(one), "version": str(one.version)} for one in self.entries]

    def to_text(self) -> str:
        """A line for each entry."""
        return "\n".join(one.to_text() for one in self.entries)


def add(data_set: PinnedDataSet, folder: str | PathLike[str]) -> LakeEntry:
    """Add the version of a data set to a lake, as a commit of the data set's table; one that is there stays as it is.

    Rows are read and written piece by piece. Programs that know nothing of data set versions see the highest one that
    the table has, also when a lower one is added later.

    Args:
        data_set: What `Client.open` gives.
        folder: The lake, which is made if need be.

    Returns:
        What became of it.

    Warns:
        LakeWarning: Spark does not take a name of a column; or the version lacks a column that the table has.

    Raises:
        ImportError: The extra `lake` is not installed.
        WithdrawnError: The version was withdrawn, and was not opened with `withdrawn="read"`.
        LakeError: It is a draft, the table has other rows of that version, or columns have types that the table cannot
            hold beside those that it has.
        OSError: The folder cannot be written.
    """
    delta.library()
    pinned = data_set._pinned
    pinned.require_readable()
    path = folder_of(folder, data_set.id)
    path.mkdir(parents=True, exist_ok=True)
    # the lock is on the folder of what it is given: so each table has its own
    with alone(path / "_delta_log"):
        _tidy(path)
        facts = {"meta_sha256": pinned.meta_digest, "data_sha256": pinned.data_sha256 or pinned.file_sha256}
        written = _there(path, data_set, facts) or _write(path, data_set, facts)
    commit = written.commit
    return LakeEntry(
        id=data_set.id,
        title=data_set.title,
        version=data_set.version,
        commit=commit.number,
        rows=commit.member("total"),
        digest=commit.digest,
        is_new=written.is_new,
    )


def _there(path: Path, data_set: PinnedDataSet, facts: Mapping[str, str | None]) -> Written | None:
    """The commit that has the version already, as far as it is known without reading rows."""
    if not delta.is_table(path):
        return None
    known = delta.commits(path)
    own = [commit for commit in known if commit.version == data_set.version][-1:]
    if not own or any(own[0].facts.get(f"ees:{name}", text) != text for name, text in facts.items() if text):
        return None
    delta_write.bring_forward(path, known)
    return Written(commit=own[0], is_new=False)


def _write(path: Path, data_set: PinnedDataSet, facts: Mapping[str, str | None]) -> Written:
    pinned, frame = data_set._pinned, data_set.scan()
    whole = pinned.whole()
    schema = schema_of(whole)
    columns = columns_of(schema, whole.values, whole.names)
    labels = labels_in_order(schema, columns)
    members: dict[str, Any] = {"provenance": data_set.provenance, "columns": columns, "warnings": ()}
    if frame.collect_schema().names() != [column.name for column in columns]:
        # with levels that metadata does not name; their rows are in memory already
        result = data_set.read()
        frame, labels, members = result.frame.lazy(), result._labels(), result._members()
    members["total"] = frame.select(pl.len()).collect().item()
    more = {name: text for name, text in facts.items() if text}
    digest = receipts.digest_of_scan(frame)
    return delta_write.write(path, frame, members, digest=digest, labels=labels, more=more)


def _tidy(path: Path) -> None:
    """Take away data files that no commit names, as a process leaves them that was killed before its commit."""
    named = delta.named_files(path)
    for file in path.glob("*.parquet"):
        with suppress(OSError):
            if named is not None and file.name not in named and time.time() - file.stat().st_mtime > _DAY:
                file.unlink()


def sync(
    client: Client,
    folder: str | PathLike[str],
    *,
    lock: str | PathLike[str] | None = None,
    progress: Callable[[LakeEntry], object] | None = None,
) -> LakeReport:
    """Add all that is locked to a lake: what is there stays as it is, what a killed process left is mended.

    Each version is opened, so that what was withdrawn or changed since is told, also of one that is there.

    Args:
        client: A client of the lock's service.
        folder: The lake, which is made if need be.
        lock: The lock file; None for the client's own, else `ees.lock`.
        progress: Told each data set once it is done.

    Returns:
        A report on each data set and file of the lock. What is not as it was locked, was withdrawn, or cannot be in its
        table is a problem there, and the others are added all the same.

    Raises:
        ImportError: The extra `lake` is not installed.
        LockError: The lock cannot be read, or is of another service.
        OSError: The folder cannot be written.
    """
    delta.library()
    locked = client._locking.read(lock)
    # the same client, which goes by that lock
    asked = client.with_options()
    asked._locking = locked
    entries: list[LakeEntry] = []
    with client._telling(), counting(locked.counts()) as counted:
        for entry in locked.entries:
            entries.append(_sync(asked, entry, folder))
            counted.reached(len(entries))
            if progress is not None:
                progress(entries[-1])
    return LakeReport(entries=tuple(entries))


def _sync(client: Client, entry: LockEntry, folder: str | PathLike[str]) -> LakeEntry:
    notes: list[str] = []
    try:
        if isinstance(entry, FileEntry):
            return add(client.catalogue.entry(entry.id).open(), folder)
        pinned = client._run(client._locking.pin(entry.id, None, "refuse"))
        notes += [text for _, text in pinned.notices]
        return attrs.evolve(add(PinnedDataSet(client, pinned), folder), notes=tuple(notes))
    except EESError as error:
        how: LakeOutcome = "changed" if isinstance(error, LakeError) else failure(error)
        return LakeEntry(
            id=entry.id,
            title=entry.title,
            version=entry.version,
            problem=str(error),
            notes=tuple(notes),
            outcome=how,
        )
