"""`ees completion`: completion of commands, data sets and labels in shells, out of the store and without a network."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeAlias

from ..errors import EESError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..models.meta import Meta
    from .store import Commands

Completer: TypeAlias = Callable[..., Iterable[str]]
"""Gives the texts that an argument can be, the beginning of one and the arguments so far being told."""

_SHELLS = {
    "bash": 'eval "$(ees completion bash)"  # in ~/.bashrc',
    "zsh": 'eval "$(ees completion zsh)"  # in ~/.zshrc, after compinit',
    "fish": "ees completion fish | source  # in ~/.config/fish/config.fish",
    "powershell": "ees completion powershell | Out-String | Invoke-Expression  # in $PROFILE",
}

PARTS = ("filters", "indicators", "levels", "locations", "periods")
"""The parts of metadata, by their names in Python."""


def add(commands: Commands) -> None:
    """Add the command to those of `ees`."""
    about = "completion for a shell, of data sets and labels too: bash, zsh, fish or powershell"
    lines = "\n".join(f"  {line}" for line in _SHELLS.values())
    parser = commands.add_parser(
        "completion",
        help=about,
        description=f"Write c{about[1:]}.\nNothing is asked: data sets and labels are those that the store has.",
        epilog=f"One line, in the file that the shell reads when it starts:\n{lines}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("shell", choices=_SHELLS, metavar="SHELL", help="bash, zsh, fish or powershell")
    parser.set_defaults(run=completion)


def completion(out: TextIO, *, shell: str) -> None:
    """Write the code that a shell needs."""
    from argcomplete.shell_integration import shellcode

    out.write(shellcode(["ees"], shell=shell))


def is_asked() -> bool:
    """True if a shell asks for what may stand at its cursor."""
    return "_ARGCOMPLETE" in os.environ


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer the shell, and end."""
    import argcomplete

    # a path may stand only where an option takes one, which has no completer of its own
    argcomplete.autocomplete(parser, always_complete_options=False)


def completes(action: argparse.Action, completer: Completer) -> None:
    """Have an argument be completed."""
    action.completer = completer  # type: ignore[attr-defined]


def data_sets(prefix: str, parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    """Ids of the data sets that are here, and their titles."""
    known = _known(parsed_args)
    return [name for pair in known.items() for name in pair if name.casefold().startswith(prefix.casefold())]


def pairs(prefix: str, parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    """Filters with `=` after them, or with one of their options."""
    name, is_pair, _option = prefix.partition("=")
    found: list[str] = []
    with _meta(parsed_args) as meta:
        for filter_ in meta.filters:
            if not is_pair:
                found.append(f"{filter_.label}=")
            elif name in (filter_.label, filter_.column, filter_.id):
                found += [f"{name}={option.label}" for option in filter_.options]
    return found


def indicators(prefix: str, parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    """Labels of indicators."""
    return _labels(parsed_args, lambda meta: meta.indicators)


def levels(prefix: str, parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    """Labels of geographic levels."""
    return _labels(parsed_args, lambda meta: meta.levels)


def periods(prefix: str, parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    """Labels of time periods."""
    return _labels(parsed_args, lambda meta: meta.periods)


def places(prefix: str, parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    """Names of places."""
    return _labels(parsed_args, lambda meta: [place for group in meta.locations for place in group.options])


def sorts(prefix: str, parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    """What rows are sorted by."""
    names = ["period", *_labels(parsed_args, lambda meta: [*meta.filters, *meta.indicators])]
    return [*names, *(f"-{name}" for name in names)]


def parts(prefix: str, parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    """Parts of metadata, and filters."""
    return [*PARTS, *_labels(parsed_args, lambda meta: meta.filters)]


def _labels(asked: argparse.Namespace, of: Callable[[Meta], Iterable[Any]]) -> list[str]:
    with _meta(asked) as meta:
        return [*dict.fromkeys(item.label for item in of(meta))]


def _known(asked: argparse.Namespace) -> dict[str, str]:
    """Titles of the data sets that are here, by id."""
    from ..settings import default_store
    from ..store.blobs import Store
    from ..store.usage import usage
    from .where import service_of

    found: dict[str, str] = {}
    # nobody can be told of an error while a line is being typed
    with suppress(EESError, OSError):
        service = service_of(demo=getattr(asked, "demo", False), folder=getattr(asked, "folder", None))
        if service is not None:
            from ..client import Client

            with Client(service=service) as client:
                return {one.id: one.title for one in client.data_sets()}
        named = getattr(asked, "store", None)
        path = default_store() if named is None else Path(named).expanduser()
        if path is not None and path.exists():
            held = usage(Store(path)).held
            found = {one.data_set: one.title for one in held if one.data_set and one.title}
    return found


@contextmanager
def _meta(asked: argparse.Namespace) -> Iterator[Meta]:
    """Metadata of the data set that is named so far, without any network; empty where it is not here."""
    from ..models.meta import Meta
    from .where import Where, named

    text = getattr(asked, "data_set", None) or ""
    id_, version = named(text)
    found = Meta()
    with suppress(EESError, OSError):
        known = {title: one for one, title in _known(asked).items()}
        demo, folder = getattr(asked, "demo", False), getattr(asked, "folder", None)
        base_url, store = getattr(asked, "base_url", None), getattr(asked, "store", None)
        is_here = demo or folder is not None
        where = Where(demo=demo, folder=folder, base_url=base_url, store=store, offline=not is_here)
        with where.client() as client:
            found = client.open(known.get(id_, id_), version=version).meta
    yield found
