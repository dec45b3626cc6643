"""`ees sync`: fetch all that is locked into the store; `ees outdated`: what is newer than the lock."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TextIO

from ..client import Client
from ..errors import EESError
from ..lock.sync import SyncedEntry, SyncPlan
from .lock import MISMATCH, OK, add_where


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add both commands to the parser."""
    parser = commands.add_parser("sync", help="fetch all that is locked into the store, and verify it")
    parser.add_argument("--yes", action="store_true", help="do not ask before downloading")
    add_where(parser)
    parser.set_defaults(run=run)
    parser = commands.add_parser("outdated", help="which data sets have newer versions than the locked ones")
    parser.add_argument("--json", action="store_true", help="write JSON instead of a table", dest="as_json")
    add_where(parser)
    parser.set_defaults(run=outdated)


def run(out: TextIO, *, yes: bool, lock: Path, base_url: str | None, store: str | None) -> int:
    """Fetch summaries, versions, metadata, changes and data files of all that is locked; verify them by the lock.

    Digests of data files that the lock does not have yet are added to it.

    Args:
        out: Where to say what is fetched.
        yes: Whether to download without asking.
        lock: The lock file.
        base_url: Address of the service; None for that of the file.
        store: The store; None for the usual one.

    Returns:
        The exit code: 3 where something is not what was locked, or was withdrawn.

    Raises:
        EESError: There is no store, the user says no, or the service does not answer.
    """

    def announce(plan: SyncPlan) -> None:
        out.write(f"{plan.to_text()}\n")
        out.flush()
        if plan.lacking and not yes and not _agreed():
            raise EESError("nothing was downloaded: answer y, or add --yes")

    def progress(one: SyncedEntry) -> None:
        sys.stderr.write("".join(f"ees: {note}\n" for note in one.notes))
        out.write(f"{one.to_text()}\n")
        out.flush()

    with _client(lock, base_url, store) as client:
        return OK if client.sync(announce=announce, progress=progress).is_complete else MISMATCH


def _client(lock: Path, base_url: str | None, store: str | None) -> Client:
    if store is None:
        return Client(lock=lock, base_url=base_url)
    return Client(lock=lock, base_url=base_url, store=store)


def _agreed() -> bool:
    if not sys.stdin.isatty():
        return False
    sys.stderr.write("Download? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


# Outdated


def outdated(out: TextIO, *, as_json: bool, lock: Path, base_url: str | None, store: str | None) -> None:
    """Say which data sets have newer versions than the locked ones.

    Args:
        out: Where to say it.
        as_json: Whether as JSON.
        lock: The lock file.
        base_url: Address of the service; None for that of the file.
        store: The store; None for the usual one.
    """
    with _client(lock, base_url, store) as client:
        found = client.outdated()
    out.write(f"{json.dumps(found.to_rows(), ensure_ascii=False, indent=2) if as_json else found.to_text()}\n")
