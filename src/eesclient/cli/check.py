"""`ees check`: what the service's import would say of a CSV pair, asked before it is uploaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ..local.checking import check as check_pair
from . import answers

if TYPE_CHECKING:
    from .store import Commands

TAKEN, REFUSED = 0, 1


def add(commands: Commands) -> None:
    """Add the command to those of `ees`."""
    about = "what the service would say of a data file and its metadata file, before they are uploaded"
    parser = commands.add_parser(
        "check",
        help=about,
        description=f"Say {about}: all that it would refuse, and what it would take and not serve as it is meant.",
        epilog="Exit codes: 0 the service would take the pair; 1 it would refuse it, or a file cannot be read.",
    )
    parser.add_argument("data", type=Path, metavar="DATA.csv", help="the data file, perhaps compressed (.gz)")
    parser.add_argument(
        "meta", nargs="?", type=Path, metavar="META.csv", help="its metadata file (default: DATA.meta.csv beside it)"
    )
    parser.add_argument("--json", action="store_true", dest="is_json", help="JSON instead of words")
    parser.set_defaults(run=check)


def check(out: TextIO, *, data: Path, meta: Path | None, is_json: bool) -> int:
    """Check a pair."""
    found = check_pair(data, meta or data.with_name(f"{data.name.removesuffix('.gz').removesuffix('.csv')}.meta.csv"))
    if is_json:
        answers.exactly(out, found.to_json())
    else:
        out.write(found.to_text())
    return TAKEN if found.is_taken else REFUSED
