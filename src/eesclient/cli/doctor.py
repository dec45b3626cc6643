"""`ees doctor`: what is installed, set, stored, locked and reachable; or what a code of an error means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ..doctor import examine, explain
from ..lock.disk import LOCK_NAME

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
    parser.add_argument("--offline", action="store_true", help="do not ask the service")
    parser.add_argument("--json", action="store_true", dest="is_json", help="JSON instead of words")
    parser.add_argument("--lock", type=Path, default=Path(LOCK_NAME), help="the lock file (default: %(default)s)")
    parser.add_argument("--base-url", metavar="URL", help="address of the API, or the name of an environment")
    parser.add_argument("--store", metavar="PATH", type=Path, help="folder or bundle; else EES_STORE, else the user's")
    parser.set_defaults(run=doctor)


def doctor(
    out: TextIO,
    *,
    code: str | None,
    offline: bool,
    is_json: bool,
    lock: Path,
    base_url: str | None,
    store: Path | None,
) -> int:
    """Look at everything, or explain a code."""
    if code is not None:
        out.write(explain(code))
        return OK
    found = examine(base_url=base_url, store=store, lock=lock, offline=offline)
    out.write(found.to_json() if is_json else found.to_text())
    return OK if found.is_ok else ATTENTION
