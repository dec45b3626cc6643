"""`ees lock`, `ees sync`, `ees outdated`: exact versions, written down, fetched, and compared with the service."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TextIO

import attrs

from ..api import open
from ..api.messages import Flow, Together
from ..api.resolved import ResolvedVersion, Withdrawn
from ..client import Client
from ..errors import DataSetNotFoundError, EESError, LockError, warn
from ..lock import policy
from ..lock.check import OutdatedEntry
from ..lock.disk import LOCK_NAME, change_lock, command, read_lock
from ..lock.lockfile import LockEntry, LockFile
from ..lock.policy import Locking
from ..models.progress import Progress
from . import completion, where
from .store import as_json as json_of
from .terminal import can_answer, is_yes
from .where import Where, located, outside
from .words import UsageError

OK = 0
CODES = {"changed": 3, "newer patches": 4, "no answer": 5}
"""Exit codes by outcome, 0 for any other; 1 is for a lock that cannot be read, 2 for arguments that make no sense."""

_CODES = (
    "Exit codes: 0 all of it was done; 3 something is not what was locked, is gone or was withdrawn; 5 the service did "
    "not answer for something; 1 nothing could be done."
)


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to those of `ees`."""
    parser = commands.add_parser(
        "lock",
        help="write exact versions of data sets into a lock file, or check one",
        description="Write exact versions of data sets into a lock file. Without IDs, each data set in the file is "
        "asked again for the version or range that it was locked for.",
        epilog="Exit codes of --check: 0 all is as it was locked; 3 a version is gone or withdrawn, or its metadata, "
        "rows or data are others; 4 all is as it was, and a locked version has a newer patch; 5 the service did not "
        "answer; 1 the lock file cannot be read.",
    )
    action = parser.add_argument("data_sets", nargs="*", metavar="ID[@VERSION]", help="such as ID, ID@1.0 or 'ID@1.*'")
    completion.completes(action, completion.data_sets)
    parser.add_argument("--check", action="store_true", help="compare the file with the service, and change nothing")
    parser.add_argument("--data", action="store_true", help="fetch data files too, and note or compare their digests")
    _add_json(parser, "of --check: ")
    where.add(parser, lock=Path(LOCK_NAME))
    parser.set_defaults(run=located(lock_or_check))
    about = "fetch all that is locked into the store, and verify it"
    parser = commands.add_parser("sync", help=about, description=f"{about.capitalize()}.", epilog=_CODES)
    parser.add_argument("--yes", action="store_true", help="do not ask before downloading")
    _add_json(parser)
    where.add(parser, lock=Path(LOCK_NAME))
    parser.set_defaults(run=located(sync))
    about = "which data sets have newer versions than the locked ones"
    parser = commands.add_parser("outdated", help=about, description=f"{about.capitalize()}.", epilog=_CODES)
    _add_json(parser)
    where.add(parser, lock=Path(LOCK_NAME))
    parser.set_defaults(run=located(outdated))


def _add_json(parser: argparse.ArgumentParser, when: str = "") -> None:
    parser.add_argument("--json", action="store_true", help=f"{when}write JSON instead of words", dest="as_json")


def lock_or_check(
    out: TextIO,
    *,
    data_sets: Sequence[str],
    check: bool,
    data: bool,
    as_json: bool,
    where: Where,
) -> int:
    """Lock data sets, or check those that are locked."""
    if as_json and not check:
        raise UsageError("--json is for ees lock --check: leave it out, or add --check")
    if not check:
        return _lock(out, data_sets, data=data, where=where)
    if data_sets:
        raise UsageError("ees lock --check compares the whole lock file: leave the ids out")
    if where.offline:
        raise UsageError(
            "ees lock --check asks the service itself: leave --offline out; ees sync --offline checks the store"
        )
    lock = _named(where)
    if not (where.demo or where.folder):
        _check_remote(read_lock(lock), lock)
    # without a store, which would answer for the service
    with where.asking("comparing with the service", keeps=False) as client:
        found = client.check_lock(lock, data=data, progress=partial(tell, sys.stderr if as_json else out))
    counted = Counter(one.outcome for one in found.entries)
    summary = (
        f"{len(found.entries):,} checked: {', '.join(f'{count:,} {what}' for what, count in sorted(counted.items()))}"
    )
    return end(out, found, "" if len(found.entries) < 2 else summary, as_json=as_json)


class _Told(Protocol):
    """What is told of one data set."""

    def to_text(self) -> str: ...


class _Noted(_Told, Protocol):
    """The same, with what else there is to say of it."""

    @property
    def notes(self) -> Sequence[str]: ...


class _Plan(_Told, Protocol):
    """What is told before a download."""

    @property
    def lacking(self) -> Sequence[object]: ...


class _Report(Protocol):
    """What is told of all of them."""

    @property
    def outcome(self) -> str: ...

    def to_rows(self) -> list[dict[str, Any]]: ...


def tell(out: TextIO, one: _Told) -> None:
    """Write a line, at once."""
    out.write(f"{one.to_text()}\n")
    out.flush()


def telling(words: TextIO) -> Callable[[_Noted], None]:
    """Progress: notes of a data set on stderr, and a line for it."""

    def progress(one: _Noted) -> None:
        sys.stderr.write("".join(f"ees: {note}\n" for note in one.notes))
        tell(words, one)

    return progress


def asking_first(words: TextIO, *, yes: bool) -> Callable[[_Plan], None]:
    """An announcement of a download, to which a person has to agree, unless `yes` says so."""

    def announce(plan: _Plan) -> None:
        tell(words, plan)
        # without a terminal nobody can answer
        if plan.lacking and not yes and not (can_answer() and is_yes(sys.stderr, "Download?")):
            raise EESError("nothing was downloaded: answer y, or add --yes")

    return announce


def end(out: TextIO, report: _Report, summary: str, *, as_json: bool) -> int:
    """Write the end of a report; the exit code."""
    code = CODES.get(report.outcome, OK)
    if as_json:
        whole = {"outcome": report.outcome, "exit_code": code, "entries": report.to_rows()}
        out.write(json_of(whole))
    elif summary:
        out.write(f"{summary}\n")
    return code


def _check_remote(lock: LockFile, path: Path) -> None:
    if not lock.base_url.startswith(("http://", "https://")):
        raise LockError(
            f"{path} is a lock of the local service {lock.base_url!r}: say --demo or --folder, or use "
            f"client.open(...).lock({str(path)!r}) in Python",
            path=str(path),
        )


def _named(where: Where) -> Path:
    return where.lock or Path(LOCK_NAME)


def _lock(out: TextIO, data_sets: Sequence[str], *, data: bool, where: Where) -> int:
    lock = _named(where)
    before = read_lock(lock) if lock.exists() else None
    if not data_sets and before is None:
        raise EESError(f"there is no {lock} yet: name data sets, such as {command('lock', 'ID@1.*', path=lock)}")
    entries = before.entries if before else ()
    wanted = [_wanted(text, before) for text in data_sets or [entry.id for entry in entries]]
    if before and not where.is_said:
        _check_remote(before, lock)
    with attrs.evolve(where, lock=lock if before else None).asking("locking") as client:
        # the lock only says whom to ask: other versions than its own are wanted
        client._locking = Locking(address=client._locking.address)
        # all are asked before one is written: a name that is wrong changes nothing
        try:
            found = client._run(_entries(client, wanted, data=data))
        except DataSetNotFoundError as error:
            _check_inside(client, [id_ for id_, _, _ in wanted], error)
            raise
        # what came into the file meanwhile stays, or is an error where it is about the same data sets
        known = (before or LockFile(base_url="")).same
        after = change_lock(lock, client._locking.address, found, known)
    out.write("".join(f"{_step(known(one), after.same(one) or one)}\n" for one in found))
    return OK


def _check_inside(client: Client, ids: Sequence[str], error: DataSetNotFoundError) -> None:
    """Say of what the API does not know that it is a file outside of it, which has no versions, if so."""
    for id_ in ids:
        if (found := outside(client, id_)) is not None:
            raise UsageError(
                f"{id_!r} is a file outside the API, which has no versions: in Python, "
                f"client.catalogue.entry({found.id!r}).open().lock(...) locks it"
            ) from error


def _entries(client: Client, wanted: list[tuple[str, str | None, Withdrawn]], *, data: bool) -> Flow[list[LockEntry]]:
    """The entries of data sets, side by side."""

    def one(id_: str, version: str | None, withdrawn: Withdrawn) -> Flow[tuple[ResolvedVersion, LockEntry]]:
        pinned = yield from open.pin(
            id_, version, withdrawn=withdrawn, settings=client._settings, resolve=client._locking.pin
        )
        return pinned, (yield from policy.entry(pinned, data=data))

    found: list[tuple[ResolvedVersion, LockEntry]]
    counts = Progress(what="data sets", name="locking", total=len(wanted))
    found = yield Together(flows=tuple(one(*each) for each in wanted), counts=counts)
    for pinned, _ in found:
        for category, message in pinned.notices:
            warn(message, category)
    return [entry for _, entry in found]


def _wanted(text: str, lock: LockFile | None) -> tuple[str, str | None, Withdrawn]:
    id_, _, version = text.strip().partition("@")
    entry = lock.entry(id_) if lock else None
    asked = str(entry.asked) if entry and entry.asked else None
    return id_, version or asked, entry.withdrawn if entry else "refuse"


def _step(before: LockEntry | None, after: LockEntry) -> str:
    asked = f" (for {after.asked})" if after.asked else " (the latest)"
    name = f"{after.title} {after.id}"
    if before is None:
        return f"+ {name}: {after.version}{asked}"
    if before.version != after.version:
        return f"~ {name}: {before.version} -> {after.version}{asked}"
    names = [field.name for field in attrs.fields(LockEntry)]
    changed = [member for member in names if getattr(before, member) != getattr(after, member)]
    return f"~ {name}: {after.version}: {', '.join(changed)}" if changed else f"= {name}: {after.version}{asked}"


def sync(out: TextIO, *, yes: bool, as_json: bool, where: Where) -> int:
    """Fetch all that is locked into the store; exit code 3 where something is not what was locked, or was withdrawn."""
    words = sys.stderr if as_json else out

    with where.asking("fetching what is locked") as client:
        found = client.sync(announce=asking_first(words, yes=yes), progress=telling(words))
    return end(out, found, "" if len(found.entries) < 2 else found.summary(), as_json=as_json)


def outdated(out: TextIO, *, as_json: bool, where: Where) -> int:
    """Say which data sets have newer versions than the locked ones."""

    def progress(one: OutdatedEntry) -> None:
        # to a person alone, as the table comes in the end
        if sys.stderr.isatty():
            sys.stderr.write(f"ees: {one.title}: {one.outcome}\n")

    with where.asking("looking for newer versions") as client:
        found = client.outdated(progress=progress)
    out.write(json_of(found.to_rows()) if as_json else f"{found.to_text()}\n")
    return CODES.get(found.outcome, OK)
