"""Whom a command asks: the service, embedded or own data, a lock's service, or the store alone."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import attrs

from .. import local
from .._classes import frozen
from ..client import Client
from ..data_set import PinnedDataSet
from ..errors import DataSetNotFoundError, EESError
from ..models.names import fold, is_guid
from ..settings import Default
from . import completion
from .store import STORE_HELP
from .terminal import bars, waiting
from .words import UsageError

_VERSIONED = re.compile(r"(.+)@(v?[0-9*][0-9.*]*)", re.DOTALL)
"""A data set with a version after it."""

HOST, PORT = "127.0.0.1", 8000
SERVED = f"http://{HOST}:{PORT}"
"""Where `ees serve` answers if nothing else is said."""

_BASE_URL = "address of the API, or the name of an environment (default: the lock file's, EES_API_URL or the live one)"

ID_HELP = "id, address or title of a data set; a version may follow, as in ID@1.0 or 'ID@1.*'"


@frozen(kw_only=True)
class Where:
    """Whom a command asks."""

    demo: bool = False
    folder: Path | None = None
    base_url: str | None = None
    store: str | None = None
    lock: Path | None = None
    offline: bool = False

    @property
    def is_said(self) -> bool:
        """True if a service is named, so that it is not left to a lock or the environment."""
        return self.demo or self.folder is not None or self.base_url is not None

    def client(self, *, keeps: bool = True) -> Client:
        """A client that asks them; without a store where it is not to keep anything, or to answer out of it."""
        return Client(
            service=service_of(demo=self.demo, folder=self.folder),
            base_url=self.base_url,
            # to a client, None is no store at all
            store=None if not keeps else Default.STORE if self.store is None else self.store,
            lock=self.lock,
            offline=self.offline or None,
            progress=bars(),
        )

    @contextmanager
    def asking(self, text: str, *, keeps: bool = True) -> Iterator[Client]:
        """The same client for as long as it is asked, which a terminal says meanwhile."""
        with self.client(keeps=keeps) as client, waiting(text):
            yield client

    def to_python(self) -> str:
        """Python source of that client."""
        service = {"service": "ees.local.demo()"} if self.demo else {}
        if self.folder is not None:
            service = {"service": f"ees.local.Service.from_folder({str(self.folder)!r})"}
        said = {"base_url": self.base_url, "store": self.store, "lock": self.lock and str(self.lock)}
        given = {name: repr(value) for name, value in said.items() if value is not None}
        offline = {"offline": "True"} if self.offline else {}
        return f"ees.Client({', '.join(f'{name}={value}' for name, value in (service | given | offline).items())})"


def add(parser: argparse.ArgumentParser, *, but: Collection[str] = (), lock: Path | None = None) -> None:
    """Add the options that say whom to ask, the same everywhere.

    `but` names those that make no sense for a command, and `lock` the lock file that is meant where none is named.
    """
    group = parser.add_argument_group("whom to ask")
    whom = group.add_mutually_exclusive_group()
    locked = "lock file that says what versions mean" if lock is None else f"the lock file (default: {lock})"
    options: dict[str, tuple[argparse._ActionsContainer, dict[str, Any]]] = {
        "base-url": (whom, {"metavar": "URL", "help": _BASE_URL}),
        "folder": (whom, {"type": Path, "metavar": "FOLDER", "help": "CSV pairs to ask instead of the API"}),
        "demo": (whom, {"action": "store_true", "help": "ask the embedded synthetic data instead of the API"}),
        "store": (group, {"metavar": "PATH", "help": STORE_HELP}),
        "lock": (group, {"type": Path, "default": lock, "metavar": "FILE", "help": locked}),
        "offline": (group, {"action": "store_true", "help": "ask nobody: what the store has answers"}),
    }
    for name, (where, more) in options.items():
        if name not in but:
            where.add_argument(f"--{name}", **more)


def add_kind(parser: argparse.ArgumentParser) -> None:
    """Add the options for data sets of the API alone, or files outside it; `in_api` is None where neither is said."""
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--in-api", action="store_const", const=True, help="only data sets of the API")
    kind.add_argument("--files", action="store_const", const=False, dest="in_api", help="only files outside the API")


def add_data_set(parser: argparse.ArgumentParser) -> None:
    """Add the argument that names a data set."""
    action = parser.add_argument("data_set", metavar="ID", help=ID_HELP)
    completion.completes(action, completion.data_sets)


def located(run: Callable[..., int | None]) -> Callable[..., int | None]:
    """Have a command take whom to ask as one argument, `where`."""

    def command(out: TextIO, **said: Any) -> int | None:
        where = Where(**{field.name: said.pop(field.name) for field in attrs.fields(Where) if field.name in said})
        return run(out, where=where, **said)

    return command


def service_of(*, demo: bool, folder: Path | None) -> local.Service | None:
    """The service on this machine that is meant, or None for the API."""
    if demo:
        return local.demo()
    if folder is None:
        return None
    if not folder.is_dir():
        raise EESError(f"{folder} is not a folder: name one that holds NAME.csv with NAME.meta.csv")
    return local.Service.from_folder(folder)


def named(text: str) -> tuple[str, str | None]:
    """A data set, and the version that follows it."""
    found = _VERSIONED.fullmatch(text.strip())
    return (found[1], found[2]) if found else (text.strip(), None)


def opened(client: Client, text: str, version: str | None = None) -> PinnedDataSet:
    """Open a data set by what stands for it: also by the id or title of a file outside the API."""
    id_, own = named(text)
    guid, at, rest = id_.partition("@")
    if at and is_guid(guid):
        raise UsageError(f"{rest!r} is not a version: write {guid}@1.0, '{guid}@1.*', or {guid} alone for the latest")
    try:
        return client.open(id_, version=version or own)
    except DataSetNotFoundError:
        if (found := outside(client, id_)) is None:
            raise
    if version or own:
        raise UsageError(f"{found.title!r} is a file outside the API, which has no versions: name it without one")
    return found


def outside(client: Client, text: str) -> PinnedDataSet | None:
    """A file of the catalogue, which the API does not know."""
    try:
        if is_guid(text):
            return client.catalogue.entry(text).open()
        found = [one for one in client.catalogue.search(text, in_api=False) if fold(one.title) == fold(text)]
    except EESError:
        # what the API says of it stands
        return None
    return found[0].open() if len(found) == 1 else None
