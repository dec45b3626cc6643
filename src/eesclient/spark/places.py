"""Clients of driver and executors, which send no token, and the turns that they take."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType

import attrs

from .. import local
from .._installed import installed
from ..client import Client
from ..lock.policy import Locking
from ..models.names import bare
from ..settings import settings
from ..shell import BaseClient, address_of, cache_of, connected
from ..transport.driver import RetryPolicy
from .options import Place

# Windows has none
fcntl: ModuleType | None = installed("fcntl")


def client_of(place: Place) -> Client:
    """A client for a place; it has no preview token, whatever the environment says."""
    service = local.demo() if place.demo else None if place.folder is None else local.Service.from_folder(place.folder)
    locking = Locking.of(place.lock)
    base_url = place.base_url
    if base_url is not None and base_url == bare(os.environ.get("EES_API_URL", "").strip()):
        # there it may have a name and password, which the driver did not send along
        base_url = None
    chosen = settings(
        base_url=base_url,
        locked_url=locking.base_url(base_url, has_service=service is not None),
        timeout=None,
        retries=RetryPolicy().retries,
        max_in_flight=place.max_in_flight,
        offline=place.offline,
    )
    chosen = attrs.evolve(chosen, preview_token=None)
    client = Client.__new__(Client)
    connection, cache = connected(chosen, service, base_url, None), cache_of(chosen, service, place.store)
    BaseClient.__init__(client, chosen, connection, cache, locking.at(address_of(chosen, service)))
    return client


def settled(place: Place, client: Client) -> Place:
    """The place as executors are told it: the service that the driver asked, and no lock."""
    address = None if place.demo or place.folder is not None else client._settings.base_url
    return attrs.evolve(place, base_url=address, offline=client._settings.offline, lock=None)


@contextmanager
def turn(place: Place, number: int) -> Iterator[None]:
    """Wait for one of the turns at a store, which processes take one after another; a process that ends gives it up.

    Who then looks into the store finds what the one before fetched, so that nothing is asked twice, and no more is
    asked side by side than there are turns. Without a folder to write to there are none.
    """
    if place.store is None or place.store.lower().endswith(".zip") or fcntl is None:
        yield
        return
    folder = Path(place.store)
    held: int | None = None
    try:
        # what is only read, and drives without such locks, do without
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            held = os.open(folder / f".turn-{number}", os.O_CREAT | os.O_RDWR, 0o666)
            fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        if held is not None:
            os.close(held)
