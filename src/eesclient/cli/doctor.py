"""`ees doctor`: what is installed, set, stored, locked and reachable; or what a code of an error means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ..doctor import examine, explain
from ..lock.disk import LOCK_NAME
from . import where
from .terminal import waiting
from .where import Where, located

if TYPE_CHECKING:
    from .store import Commands

OK, ATTENTION = 0, 1


def add(commands: Commands) -> None:
    """Add the command to those of `ees`."""
    about = "what is installed, set, stored, locked and reachable, and what to do where it is not well"
    parser = commands.add_parser(
        "doctor",
        help=about,
        description=f"{about[0].upper()}{about[1:]}. No secret is shown, so that it can be sent to others.",
        epilog="Exit codes: 0 all is well; 1 something wants attention, or there is no such code.",
    )
    parser.add_argument("code", nargs="?", metavar="CODE", help="say what an error or warning means, such as EES-E10")
    parser.add_argument("--json", action="store_true", dest="is_json", help="JSON instead of words")
    where.add(parser, but=("folder", "demo"), lock=Path(LOCK_NAME))
    parser.set_defaults(run=located(doctor))


def doctor(out: TextIO, *, where: Where, code: str | None, is_json: bool) -> int:
    """Look at everything, or explain a code."""
    if code is not None:
        out.write(explain(code))
        return OK
    with waiting("looking"):
        found = examine(
            base_url=where.base_url,
            store=None if where.store is None else Path(where.store),
            lock=where.lock or Path(LOCK_NAME),
            offline=where.offline,
        )
    out.write(found.to_json() if is_json else found.to_text())
    return OK if found.is_ok else ATTENTION
