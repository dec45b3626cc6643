"""`ees lake`: data set versions into Delta tables, and out of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import polars as pl

from ..errors import EESError
from ..results import delta
from . import where
from .lock import end, telling
from .store import as_json
from .terminal import table
from .where import Where, located, opened

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from .store import Commands


def add(commands: Commands) -> None:
    """Add the command to those of `ees`."""
    about = "Delta tables of data sets, with a commit for each version (extra: lake)"
    command = commands.add_parser("lake", help=about, description=f"{about}.")
    actions = command.add_subparsers(required=True, metavar="ACTION")
    ends = (
        "Exit codes: 0 all that is locked is in the tables; 3 something is not what was locked, is gone, was withdrawn "
        "or cannot be in its table; 5 the service did not answer for something; 1 nothing could be done."
    )
    action = _action(
        actions, "sync", "add all that is locked; what is there already stays as it is", located(sync), epilog=ends
    )
    action.add_argument("lock", type=Path, metavar="LOCK", help="the lock file, such as ees.lock")
    _add_tables(action)
    _add_json(action)
    where.add(action, but=("lock",))
    action = _action(actions, "add", "add versions of data sets, older ones too", located(add_versions))
    _add_tables(action)
    action.add_argument("data_sets", nargs="+", metavar="ID[@VERSION]", help="such as ID, ID@1.0 or 'ID@1.*'")
    where.add(action)
    action = _action(actions, "list", "which versions the tables have, and in which commits", list_versions)
    _add_tables(action)
    _add_json(action)
    action = _action(actions, "read", "the rows of a version, checked", read)
    _add_tables(action)
    action.add_argument("data_set", metavar="ID", help="the data set")
    action.add_argument(
        "--version", metavar="VERSION", help="such as 1.0 or '1.*' (default: the highest that is there)"
    )
    form = action.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", dest="is_csv", help="CSV of all rows instead of some in a table")
    form.add_argument("--parquet", type=Path, metavar="FILE", help="write them to a Parquet file, with their receipt")


def _action(
    actions: Commands, name: str, help_: str, run: Callable[..., int | None], *, epilog: str | None = None
) -> argparse.ArgumentParser:
    action = actions.add_parser(name, help=help_, description=f"{help_[0].upper()}{help_[1:]}.", epilog=epilog)
    action.set_defaults(run=run)
    return action


def _add_tables(action: argparse.ArgumentParser) -> None:
    action.add_argument("tables", type=Path, metavar="TABLES", help="the folder with the tables")


def _add_json(action: argparse.ArgumentParser) -> None:
    action.add_argument("--json", action="store_true", dest="is_json", help="JSON instead of words")


def _require_library() -> None:
    try:
        delta.library()
    except ImportError as error:
        raise EESError(str(error)) from error


def sync(out: TextIO, *, where: Where, tables: Path, is_json: bool) -> int:
    """Add all that is locked to the tables; the exit code is not 0 where something is not there as it was locked."""
    from .. import lake

    _require_library()
    words = sys.stderr if is_json else out
    with where.asking("reading what is locked") as client:
        report = lake.sync(client, tables, progress=telling(words))
    return end(out, report, "", as_json=is_json)


def add_versions(out: TextIO, *, where: Where, tables: Path, data_sets: Sequence[str]) -> None:
    """Add versions of data sets to the tables, each named by its id and perhaps a version."""
    from .. import lake

    _require_library()
    with where.asking("opening data sets") as client:
        # all are opened before one is written: a name that is wrong changes nothing
        wanted = [opened(client, text) for text in data_sets]
        told = telling(out)
        for data_set in wanted:
            told(lake.add(data_set, tables))


def list_versions(out: TextIO, *, tables: Path, is_json: bool) -> None:
    """Say which versions the tables have."""
    from .. import lake

    _require_library()
    found = lake.tables(tables)
    rows = [row for one in found for row in one.to_rows()]
    if is_json:
        out.write(as_json(rows))
    elif rows:
        columns = ("id", "version", "commit", "rows", "release", "title")
        out.write(table(columns, [tuple(row[name] for name in columns) for row in rows]))
    else:
        out.write(f"{tables} has no tables\n")


def read(out: TextIO, *, tables: Path, data_set: str, version: str | None, is_csv: bool, parquet: Path | None) -> None:
    """Show a version, or write it as CSV or Parquet, once its rows were found to be those that were written."""
    from .. import lake

    _require_library()
    found = lake.read(tables, data_set, version=version)
    if is_csv:
        out.write(found.frame.write_csv())
        return
    if parquet is not None:
        found.write_parquet(parquet)
        out.write(f"{parquet}: {found.provenance.title}, version {found.version}\n")
        return
    with pl.Config(tbl_cols=-1, tbl_width_chars=160, fmt_str_lengths=60):
        out.write(f"{found}\n{found.cite()}\n")
