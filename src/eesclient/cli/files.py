"""Files of the catalogue that a lock has, on the command line."""

from __future__ import annotations

import sys
import warnings
from typing import Any

from ..catalogue import addresses, browsing
from ..client import Client
from ..errors import CatalogueError, UnknownLabelError
from ..models.catalogue import EntryFacts
from ..pinning.keys import asked_by, with_digest
from ..pinning.lock import FileEntry
from ..pinning.store import Key


def key_of(entry: FileEntry, origin: str) -> Key | None:
    """Where the store of a client keeps the file."""
    asked = asked_by(addresses.data(entry.id))
    return None if asked is None else with_digest(asked.key(origin), str(entry.data_sha256))


def fetch_file(client: Client, entry: FileEntry) -> int:
    """Open a file by a client's lock, so that its store has it; gives its size.

    Raises:
        LockError: It is not the one that was locked.
        CatalogueError: It does not come.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        client.catalogue.entry(entry.id).open()
    for warning in caught:
        sys.stderr.write(f"ees: {warning.message}\n")
    return entry.data_size or 0


def file_news(client: Client, entry: FileEntry) -> dict[str, Any]:
    """What is newer than a file of a lock; the same members as of a data set."""
    latest, notes = _latest(client, entry)
    is_newer = latest is not None and latest.id != entry.id
    if latest is not None and is_newer:
        notes.append(f"the latest release's file is {latest.id}")
    elif latest is not None and latest.last_updated != entry.updated:
        notes.append(f"its file was replaced on {latest.last_updated.date() if latest.last_updated else 'some day'}")
    return {
        "id": entry.id,
        "title": entry.title,
        "asked": None,
        "locked": entry.release,
        "in_range": None,
        "latest": None if latest is None else latest.release,
        "patches": [],
        "outdated": is_newer or (latest is not None and bool(notes)),
        "notes": notes,
    }


def _latest(client: Client, entry: FileEntry) -> tuple[EntryFacts | None, list[str]]:
    try:
        return client._run(browsing.latest(entry.publication, entry.title, site=client._site)), []
    except UnknownLabelError:
        return None, ["the latest release has nothing of that title"]
    except CatalogueError as error:
        # the API's data sets are not concerned
        return None, [f"not known: {error}"]
