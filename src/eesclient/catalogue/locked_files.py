"""Files of the catalogue that a lock has: checked, fetched into the store, and compared with what is newer."""

from __future__ import annotations

from ..errors import CatalogueError, NotFoundError, UnknownLabelError
from ..http.answers import RequestContext
from ..http.messages import Flow
from ..models.catalogue import EntryFacts
from ..pinning.checking import CheckedEntry, OutdatedEntry
from ..pinning.lock import FileEntry
from . import browsing, opening


def check_file(entry: FileEntry, *, site: str, data: bool) -> Flow[CheckedEntry]:
    """Compare a file with the catalogue; its bytes only with `data`."""
    try:
        found = (yield from browsing.details(entry.id, site=site)).facts
        digest = (yield from opening.fetched_digest(found.id)) if data else entry.data_sha256
    except CatalogueError as error:
        if isinstance(error.__cause__, NotFoundError):
            return CheckedEntry(entry=entry, outcome="changed", messages=(str(error),))
        return CheckedEntry(entry=entry, outcome="no answer", messages=(f"no answer: {error}",))
    if digest != entry.data_sha256:
        message = f"SHA-256 {entry.data_sha256} when it was locked, {digest} now"
        return CheckedEntry(entry=entry, outcome="changed", messages=(message,))
    message = "as locked" if data else "still there; --data compares its bytes"
    return CheckedEntry(entry=entry, outcome="as locked", messages=(message,))


def sync_file(entry: FileEntry, *, site: str, now: RequestContext, path: str) -> Flow[None]:
    """Open a file by a lock, so that the client's store has it.

    Raises:
        LockError: It is not the one that was locked.
        CatalogueError: It does not come.
    """
    details = yield from browsing.details(entry.id, site=site, kept=True)
    yield from opening.load(details, now, expected=opening.Expected(sha256=str(entry.data_sha256), path=path))


def file_news(entry: FileEntry, *, site: str) -> Flow[OutdatedEntry]:
    """What is newer than a file; releases stand for versions."""
    latest: EntryFacts | None = None
    notes: list[str] = []
    try:
        latest = yield from browsing.latest(entry.publication, entry.title, site=site)
    except UnknownLabelError:
        notes.append("the latest release has nothing of that title")
    except CatalogueError as error:
        # the API's data sets are not concerned
        notes.append(f"not known: {error}")
    is_newer = latest is not None and latest.id != entry.id
    if latest is not None and is_newer:
        notes.append(f"the latest release's file is {latest.id}")
    elif latest is not None and latest.last_updated != entry.updated:
        notes.append(f"its file was replaced on {latest.last_updated.date() if latest.last_updated else 'some day'}")
    return OutdatedEntry(
        id=entry.id,
        title=entry.title,
        asked=None,
        locked=entry.release,
        in_range=None,
        latest=None if latest is None else latest.release,
        patches=(),
        outdated=is_newer or (latest is not None and bool(notes)),
        notes=tuple(notes),
    )
