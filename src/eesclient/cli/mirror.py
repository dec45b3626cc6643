"""`ees mirror`: a folder that keeps all that a search or a publication gives."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import attrs

from ..lock.disk import LOCK_NAME
from . import where
from .lock import CODES, asking_first, end, telling
from .where import Where, add_kind, located
from .words import UsageError

if TYPE_CHECKING:
    from .store import Commands


def add(commands: Commands) -> None:
    """Add the command to those of `ees`."""
    about = "keep a folder of all that a search or a publication gives, and fetch only what is new"
    parser = commands.add_parser(
        "mirror",
        help=about,
        description=f"{about.capitalize()}. The folder gets a lock file, {LOCK_NAME}, which names the newest versions, "
        "and a store, store, which keeps the earlier ones too.",
        epilog=f"Exit codes: 0 all that was found is there; {CODES['changed']} something is not what it was, is gone, "
        f"or cannot be read; {CODES['no answer']} the service did not answer for something; 1 nothing could be done.",
    )
    parser.add_argument("target", type=Path, metavar="MIRROR", help="the folder of the mirror, made if need be")
    parser.add_argument("--publication", metavar="NAME", help="of a publication: its title, slug or id")
    parser.add_argument("--theme", metavar="NAME", help="of a theme: its title, slug or id")
    parser.add_argument("--search", metavar="TEXT", help="with these words")
    add_kind(parser)
    parser.add_argument("--all", action="store_true", help="everything, and nothing else is chosen", dest="everything")
    parser.add_argument("--yes", action="store_true", help="do not ask before downloading")
    parser.add_argument("--json", action="store_true", help="write JSON instead of words", dest="as_json")
    # a mirror has a lock and a store of its own
    where.add(parser, but=("store", "lock", "offline"))
    parser.set_defaults(run=located(mirror))


def mirror(
    out: TextIO,
    *,
    where: Where,
    target: Path,
    publication: str | None,
    theme: str | None,
    search: str | None,
    in_api: bool | None,
    everything: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Have a folder get what was chosen and it has not yet."""
    if everything == any((publication, theme, search, in_api is not None)):
        raise UsageError("say what to mirror: --publication, --theme, --search, --in-api, --files; or --all, by itself")
    words = sys.stderr if as_json else out

    lock = target / LOCK_NAME
    with attrs.evolve(where, lock=lock if lock.exists() else None).asking("mirroring", keeps=False) as client:
        found = client.mirror(
            target,
            search,
            publication=publication,
            theme=theme,
            in_api=in_api,
            announce=asking_first(words, yes=yes),
            progress=telling(words),
        )
    return end(out, found, found.summary(), as_json=as_json)
