"""`ees store` and `ees bundle`: what is kept, whether it is whole, what it can do without, and versions out of it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import attrs

from ..errors import EESError, InvalidVersionError, StoreError
from ..lock.disk import LOCK_NAME, read_lock
from ..lock.lockfile import LockFile
from ..models.versions import Version
from ..settings import default_store
from ..store.blobs import Store, is_blob, is_ref
from ..store.bundle import BundledVersion, FileRef, VersionRef, Wanted, stored_files, stored_versions, write_bundle
from ..store.files import reason
from ..store.keys import origin_of
from ..store.usage import Choice, Freed, Waste, free, prunable, usage
from .terminal import can_answer, is_yes, table
from .words import UsageError

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

STORE_HELP = "folder or bundle; else EES_STORE, else the user's"

_REASONS = {
    "chosen": "chosen answers",
    "damaged": "damaged",
    "unreferenced": "blobs that no answer leads to",
    "temporary": "left by processes that were killed",
}


def add(commands: Commands) -> None:
    """Add the command to those of `ees`."""
    command = commands.add_parser("store", help="what is kept on this machine: info, verify, prune")
    actions = command.add_subparsers(required=True, metavar="ACTION")
    action = _action(actions, "info", "what it holds, by data set, version and kind, and how much room that takes")
    action.set_defaults(run=info)
    action = _action(actions, "verify", "read all of it; exit code 1 when something is damaged")
    action.set_defaults(run=verify)
    action = _action(actions, "prune", "say what it can do without, and free that with --yes")
    action.add_argument("--older-than", type=_days, metavar="DAYS", help="also answers that came longer ago")
    one = "also answers of a data set or one version of it; can be repeated"
    _add_choice(action, "everything", type=_pin, metavar="ID[@VERSION]", help=one)
    action.add_argument("--yes", action="store_true", help="free it without asking")
    action.set_defaults(run=prune)
    command = commands.add_parser("bundle", help="exact versions out of the store in one file, to read anywhere")
    command.add_argument("path", type=Path, metavar="OUT.zip", help="the bundle, for Client(store=)")
    command.add_argument(
        "--lock",
        type=Path,
        metavar="FILE",
        help=f"what is locked in it, and the lock itself (default: {LOCK_NAME}, if it is here)",
    )
    one = "a version, without a lock; can be repeated"
    _add_choice(command, "everything", type=_exact, metavar="ID@VERSION", help=one)
    _add_store(command)
    command.set_defaults(run=bundle)


def _add_choice(parser: argparse.ArgumentParser, every: str, **one: Any) -> None:
    parser.add_argument("--data-set", action="append", default=[], dest="data_sets", **one)
    parser.add_argument("--all", action="store_true", dest="everything", help=f"{every} that is kept")


def _action(actions: Commands, name: str, help_: str) -> argparse.ArgumentParser:
    action = actions.add_parser(name, help=help_, description=f"{help_[0].upper()}{help_[1:]}.")
    _add_store(action)
    return action


def _add_store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", metavar="PATH", type=Path, help=STORE_HELP)
    parser.add_argument("--json", action="store_true", dest="is_json", help="JSON instead of words")


def _days(text: str) -> timedelta:
    try:
        days = timedelta(days=float(text))
    except (ValueError, OverflowError):
        days = timedelta(-1)
    if days < timedelta():
        raise argparse.ArgumentTypeError(f"{text!r}: write a number of days, such as 90")
    return days


def _pin(text: str) -> tuple[str, Version | None]:
    """A data set, and an exact version of it or None, out of `ID` or `ID@VERSION`."""
    data_set, at, version = text.strip().partition("@")
    try:
        # the store knows data sets by their ids in lower case
        return data_set.lower(), Version.parse(version) if at else None
    except InvalidVersionError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _exact(text: str) -> tuple[str, Version]:
    data_set, version = _pin(text)
    if version is None:
        raise argparse.ArgumentTypeError(f"{text!r}: write the exact version too, such as {data_set}@1.0")
    return data_set, version


def _opened(path: Path | None) -> Store:
    """The store that is meant."""
    if path is not None and not path.expanduser().exists():
        raise StoreError(f"there is no store at {path}", path=str(path))
    found = default_store() if path is None else path.expanduser()
    if found is None:
        raise EESError("EES_STORE=none: nothing is kept; name a store with --store")
    return Store(found)


def info(out: TextIO, *, store: Path | None, is_json: bool) -> int:
    """Show what a store holds."""
    found = _opened(store)
    held = usage(found)
    if is_json:
        out.write(as_json({"path": found.path, **attrs.asdict(held, recurse=False)}))
        return 0
    out.write(f"{found.path}: {count(held.answers, 'answer')}, {size(held.size)}\n")
    if held.held:
        rows = [
            (row.address or "local", row.data_set or "(lists)", row.version or "", row.kind, row.answers, row.size)
            for row in held.held
        ]
        out.write("\n" + table(("service", "data set", "version", "kind", "answers", "bytes"), rows) + "\n")
        titles = {row.data_set: row.title for row in held.held if row.data_set and row.title}
        out.write("".join(f"{data_set} {title}\n" for data_set, title in sorted(titles.items())))
    for number, bytes_, what in (
        (held.temporary, held.temporary_size, ("temporary file", "temporary files")),
        (held.unreferenced, held.unreferenced_size, ("blob that no answer leads to", "blobs that no answer leads to")),
    ):
        if number:
            out.write(f"{count(number, *what)}, {size(bytes_)}; ees store prune frees what is old enough\n")
    return 0


def verify(out: TextIO, *, store: Path | None, is_json: bool) -> int:
    """Read all of a store, and say what is damaged."""
    found = _opened(store)
    damages = found.verify()
    refs = sum(1 for path in found.files.list("refs") if is_ref(path))
    blobs = sum(1 for path in found.files.list("blobs") if is_blob(path))
    if is_json:
        out.write(as_json({"path": found.path, "refs": refs, "blobs": blobs, "damage": damages}))
    else:
        out.write("".join(f"{damage.path}: {damage.problem}\n" for damage in damages))
        verdict = f"{count(len(damages), 'file')} damaged" if damages else "nothing is damaged"
        out.write(f"{found.path}: {count(refs, 'ref')} and {count(blobs, 'blob')} read, {verdict}\n")
    if damages:
        again = "damaged answers are fetched again online; ees store prune removes them"
        if not found.is_writable:
            again = "a bundle is only read: copy it anew, or make it again with ees bundle"
        sys.stderr.write(f"ees: {again}\n")
    return 1 if damages else 0


def prune(
    out: TextIO,
    *,
    store: Path | None,
    is_json: bool,
    older_than: timedelta | None,
    data_sets: Sequence[tuple[str, Version | None]],
    everything: bool,
    yes: bool,
) -> int:
    """Say what a store can do without, and free it when that is wanted."""
    if everything and (older_than is not None or data_sets):
        raise UsageError("--all is everything: leave --older-than and --data-set out, or leave out --all")
    found = _opened(store)
    waste = prunable(found, Choice(older_than=older_than, data_sets=tuple(data_sets), everything=everything))
    if not is_json:
        _show(out, found, waste)
    # a script has nobody to answer
    can_ask = waste and not is_json and can_answer() and sys.stdout.isatty()
    is_wanted = yes or (can_ask and is_yes(out, "free it?"))
    freed = free(found, waste) if is_wanted else Freed(gone=(), kept=())
    if is_json:
        done = {"gone": freed.gone, "kept": freed.kept, "refused": freed.refused}
        out.write(as_json({"path": found.path, "prunable": waste, "freed": freed.size, **done}))
    elif waste and not is_wanted:
        out.write("nothing was freed: say --yes to free it\n")
    elif waste:
        kept = f"; in use or gone meanwhile: {count(len(freed.kept), 'file')}" if freed.kept else ""
        if freed.refused:
            kept = f"; not removed: {count(len(freed.kept), 'file')} ({freed.refused})"
        out.write(f"freed {size(freed.size)} in {count(len(freed.gone), 'file')}{kept}\n")
    return 1 if freed.refused else 0


def _show(out: TextIO, store: Store, waste: Sequence[Waste]) -> None:
    if not waste:
        out.write(f"{store.path}: nothing to free\n")
        return
    sizes = {words: [item.size for item in waste if item.reason == reason] for reason, words in _REASONS.items()}
    rows = [(words, len(some), sum(some)) for words, some in sizes.items() if some]
    out.write(f"{store.path} can do without:\n\n{table(('what', 'files', 'bytes'), rows)}\n")
    out.write(f"together {size(sum(item.size for item in waste))} in {count(len(waste), 'file')}\n")


# Bundles


def bundle(
    out: TextIO,
    *,
    path: Path,
    lock: Path | None,
    data_sets: Sequence[tuple[str, Version]],
    everything: bool,
    store: Path | None,
    is_json: bool,
) -> int:
    """Write a bundle, and say what is in it."""
    if lock is None and not data_sets and not everything and Path(LOCK_NAME).is_file():
        lock = Path(LOCK_NAME)
    found = _opened(store)
    wanted: list[Wanted] = [*_wanted(found, data_sets)]
    if everything:
        wanted = [*stored_versions(found), *stored_files(found)]
    pinned = None if lock is None else read_lock(lock)
    wanted += [] if pinned is None else locked(found, pinned)
    if not wanted:
        raise UsageError(
            f"name what to bundle: --lock {LOCK_NAME}, --data-set ID@VERSION, or --all for all that is kept"
        )
    try:
        contents = write_bundle(found, path, wanted, {} if lock is None else {LOCK_NAME: lock.read_bytes()})
    except StoreError:
        # is an OSError too, and says better what is wrong
        raise
    except OSError as error:
        raise EESError(f"{path} cannot be written: {reason(error)}") from error
    if is_json:
        out.write(as_json({"path": path, "bytes": path.stat().st_size, "contents": contents}))
        return 0
    rows = [
        (item.wanted.data_set, str(item.wanted.version), "yes" if item.is_whole else "no", item.answers, item.title)
        for item in contents
    ]
    out.write(table(("data set", "version", "data file", "answers", "title"), rows))
    out.write(f"\n{path}: {_counted(contents)}, {size(path.stat().st_size)}\n")
    return 0


def _counted(contents: Sequence[BundledVersion]) -> str:
    files = sum(isinstance(one.wanted, FileRef) for one in contents)
    versions = count(len(contents) - files, "version")
    return f"{versions} and {count(files, 'file')} of the catalogue" if files else versions


def locked(store: Store, lock: LockFile) -> list[Wanted]:
    """What a store has of the versions and files that a lock file names, as the lock's own service gave them."""
    origin = origin_of(lock.base_url)
    files = (FileRef(origin=origin, data_set=file.id, sha256=str(file.data_sha256)) for file in lock.files)
    return [*_wanted(store, ((entry.id, entry.version) for entry in lock.entries), origin=origin), *files]


def _wanted(
    store: Store, versions: Iterable[tuple[str, Version]], *, origin: str | None = None
) -> Iterable[VersionRef]:
    for data_set, version in versions:
        found = stored_versions(store, data_set=data_set, version=version, origin=origin)
        if not found:
            raise StoreError(
                f"{store.path} has nothing of version {version} of {data_set}: online, run ees read "
                f"{data_set}@{version} with this store",
                path=str(store.path),
            )
        yield from found


# What is printed

_UNITS = ("kB", "MB", "GB", "TB")


def size(number: int) -> str:
    """A number of bytes for people, with the bytes themselves: `1.5 kB (1,536 bytes)`."""
    exact = f"{number:,} byte" if number == 1 else f"{number:,} bytes"
    return exact if number < 1000 else f"{short_size(number)} ({exact})"


def short_size(number: int) -> str:
    """A number of bytes for people: `1.5 kB`."""
    if number < 1000:
        return f"{number} B"
    scaled, unit = number / 1000, 0
    # or it would round to 1,000.0
    while scaled >= 999.95 and unit < len(_UNITS) - 1:
        scaled, unit = scaled / 1000, unit + 1
    return f"{scaled:,.1f} {_UNITS[unit]}"


def count(number: int, one: str, many: str = "") -> str:
    """A number of things: `1 file`, `2 files`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def as_json(value: object) -> str:
    """JSON text, of attrs classes too."""

    def plain(other: Any) -> object:
        is_text = isinstance(other, Version) or not attrs.has(type(other))
        return str(other) if is_text else attrs.asdict(other, recurse=False)

    return json.dumps(value, indent=2, ensure_ascii=False, default=plain) + "\n"
