"""Fetching files of the catalogue, and whether they are what is meant."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias

import attrs

from ..errors import CatalogueError, LockError, OfflineError, StaleEntryWarning
from ..http.answers import RequestContext
from ..http.flows import Asking
from ..http.messages import Flow, Response, Work
from ..models.catalogue import EntryFacts, FileDetails
from ..models.versions import Version
from . import addresses, browsing

if TYPE_CHECKING:
    from .reading import Opened

Kind: TypeAlias = Literal["filter", "indicator", "ignored"]
"""What a column of a file is."""

VERSION = Version(1, 0)
"""Stands for the version of a file, which has none."""


@attrs.frozen(kw_only=True)
class Expected:
    """What a lock says of a file.

    Attributes:
        sha256: Digest of its bytes.
        path: The lock file.
    """

    sha256: str
    path: str


def load(
    details: FileDetails,
    context: RequestContext,
    *,
    kinds: Mapping[str, Kind] | None = None,
    expected: Expected | None = None,
) -> Flow[Opened]:
    """Fetch a file, and make it ready to be asked.

    Raises:
        CatalogueError: The file does not come.
        DataFileError: It cannot be read without loss.
        LockError: It is not the one that was locked.
    """
    id_ = details.facts.id
    sha256 = None if expected is None else expected.sha256
    response = yield from addresses.fetch_file(addresses.data(id_, sha256=sha256))
    if expected is not None:
        digest = yield Work(call=partial(_sha256, response))
        _check_expected(details.facts, digest, expected)
    opened: Opened = yield Work(call=partial(_opened, details, response, context, kinds or {}))
    return opened


def _check_expected(facts: EntryFacts, digest: str, expected: Expected) -> None:
    if digest != expected.sha256:
        raise LockError(
            f"the file of {facts.title!r} ({facts.id}) is not the one that was locked: its SHA-256 is {digest}, and "
            f"{expected.path} says {expected.sha256}. The service replaces files inside a release and cannot serve "
            "the old one again: look at what changed, open it without the lock and .lock(...) it anew",
            path=expected.path,
        )


def fetched_digest(file_id: str) -> Flow[str]:
    """Digest of a file as the service serves it now.

    Raises:
        CatalogueError: The file does not come.
    """
    response = yield from addresses.fetch_file(addresses.data(file_id))
    digest: str = yield Work(call=partial(_sha256, response))
    return digest


def _sha256(response: Response) -> str:
    return hashlib.sha256(response.body).hexdigest()


def _opened(details: FileDetails, response: Response, context: RequestContext, kinds: Mapping[str, Kind]) -> Opened:
    # the engine is heavy to import, and few ask a file
    from .reading import opened

    return opened(details, response, context, kinds)


def stale(facts: EntryFacts, *, site: str) -> Asking[tuple[type[StaleEntryWarning], str] | None]:
    """What to warn of when an entry is opened that is not the latest; None where it is."""
    if facts.latest and not facts.superseded:
        return None
    why = "its publication is superseded" if facts.superseded else f"{facts.release!r} is not the latest release"
    try:
        newer = yield from browsing.newer(facts, site=site)
        instead = _instead(facts, newer)
    except (CatalogueError, OfflineError):
        instead = "what is newer could not be asked"
    return StaleEntryWarning, f"{facts.title!r} ({facts.id}) answers with an older file: {why}; {instead}"


def _instead(facts: EntryFacts, newer: tuple[EntryFacts, ...]) -> str:
    if not newer:
        return f"nothing of that title is in the latest release of {facts.publication!r}"
    named = ", ".join(f"{one.id} ({one.release})" for one in newer)
    stable = f"client.catalogue.latest(publication={facts.publication!r}, title={facts.title!r})"
    return f"the newer one is {named}, and {stable} always finds it" if len(newer) == 1 else f"newer: {named}"
