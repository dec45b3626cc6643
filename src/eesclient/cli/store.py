"""`ees store`: what the store holds, whether it is whole, and what it can do without."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import attrs

from ..errors import EESError, InvalidVersionError, StoreError
from ..models.versions import Version
from ..settings import default_store
from ..store.blobs import Store, is_blob, is_ref
from ..store.prune import (
    Choice,
    Freed,
    Waste,
    free,
    prunable,
)
from ..store.usage import usage
from .tables import (
    as_json,
    count,
    size,
    table,
)

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

DAMAGED = 1
"""Exit code of `ees store verify` when something is damaged."""

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
    action.add_argument(
        "--data-set",
        type=pin,
        action="append",
        default=[],
        dest="data_sets",
        metavar="ID[@VERSION]",
        help="also answers of a data set or one version of it; can be repeated",
    )
    action.add_argument("--all", action="store_true", dest="everything", help="everything that is kept")
    action.add_argument("--yes", action="store_true", help="free it without asking")
    action.set_defaults(run=prune)


def add_store(parser: argparse.ArgumentParser) -> None:
    """Add the argument that names a store."""
    parser.add_argument("--store", metavar="PATH", type=Path, help="folder or bundle; else EES_STORE, else the user's")


def opened(path: Path | None) -> Store:
    """The store that is meant.

    Raises:
        EESError: There is none.
    """
    if path is not None and not path.expanduser().exists():
        raise StoreError(f"there is no store at {path}", path=str(path))
    found = default_store() if path is None else path.expanduser()
    if found is None:
        raise EESError("EES_STORE=none: nothing is kept; name a store with --store")
    return Store(found)


def pin(text: str) -> tuple[str, Version | None]:
    """A data set, and an exact version of it or None, out of `ID` or `ID@VERSION`."""
    data_set, at, version = text.strip().partition("@")
    try:
        return data_set.lower(), Version.parse(version) if at else None
    except InvalidVersionError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def info(out: TextIO, *, store: Path | None, is_json: bool) -> int:
    """Show what a store holds."""
    found = opened(store)
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
        (held.temporary, held.temporary_size, "temporary file"),
        (held.unreferenced, held.unreferenced_size, "blob that no answer leads to"),
    ):
        if number:
            many = "blobs that no answer leads to" if what.startswith("blob") else ""
            out.write(f"{count(number, what, many)}, {size(bytes_)}; ees store prune frees what is old enough\n")
    return 0


def verify(out: TextIO, *, store: Path | None, is_json: bool) -> int:
    """Read all of a store, and say what is damaged."""
    found = opened(store)
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
        sys.stderr.write("ees: damaged answers are fetched again online; ees store prune removes them\n")
    return DAMAGED if damages else 0


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
        raise EESError("--all is everything: leave --older-than and --data-set out, or leave out --all")
    found = opened(store)
    waste = prunable(found, Choice(older_than=older_than, data_sets=tuple(data_sets), everything=everything))
    if not is_json:
        _say(out, found, waste)
    is_wanted = yes or (not is_json and waste and _agreed(out))
    freed = free(found, waste) if is_wanted else Freed(gone=(), kept=())
    if is_json:
        done = {"gone": freed.gone, "kept": freed.kept}
        out.write(as_json({"path": found.path, "prunable": waste, "freed": freed.size, **done}))
    elif waste and not is_wanted:
        out.write("nothing was freed: say --yes to free it\n")
    elif waste:
        kept = f"; in use or gone meanwhile: {count(len(freed.kept), 'file')}" if freed.kept else ""
        out.write(f"freed {size(freed.size)} in {count(len(freed.gone), 'file')}{kept}\n")
    return 0


def _say(out: TextIO, store: Store, waste: Sequence[Waste]) -> None:
    if not waste:
        out.write(f"{store.path}: nothing to free\n")
        return
    rows = []
    for reason, words in _REASONS.items():
        some = [item.size for item in waste if item.reason == reason]
        if some:
            rows.append((words, len(some), sum(some)))
    out.write(f"{store.path} can do without:\n\n{table(('what', 'files', 'bytes'), rows)}\n")
    out.write(f"together {size(sum(item.size for item in waste))} in {count(len(waste), 'file')}\n")


def _agreed(out: TextIO) -> bool:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    out.write("free it? [y/N] ")
    out.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _action(actions: Commands, name: str, help_: str) -> argparse.ArgumentParser:
    action = actions.add_parser(name, help=help_, description=f"{help_[0].upper()}{help_[1:]}.")
    add_store(action)
    action.add_argument("--json", action="store_true", dest="is_json", help="JSON instead of words")
    return action


def _days(text: str) -> timedelta:
    advice = f"{text!r}: write a number of days, such as 90"
    try:
        days = timedelta(days=float(text))
    except (ValueError, OverflowError) as error:
        raise argparse.ArgumentTypeError(advice) from error
    if days < timedelta():
        raise argparse.ArgumentTypeError(advice)
    return days
