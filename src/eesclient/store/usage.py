"""What a store holds, and how much room it takes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

import attrs

from ..errors import StoreError
from .blobs import (
    Ref,
    Store,
    blob_path,
    is_blob,
    is_temporary,
)

_TEMPORARY = re.compile(r"((refs|blobs)/(.+/)?)?([^/]+\.)?[0-9]+-[0-9a-f]{8,16}\.tmp")
_API = re.compile(r"/v1(/.*)?$", re.DOTALL)


@attrs.frozen(kw_only=True)
class StoredAnswers:
    """Answers of one kind about one version.

    Attributes:
        origin: Digest of the address of the service.
        address: The address itself; "" for a local service.
        data_set: GUID of the data set; None for lists that belong to none.
        title: Title of the data set, where the store knows it.
        version: Exact version; None for what belongs to none.
        kind: What the answers are.
        answers: How many there are.
        size: Bytes of their blobs, each counted once.
    """

    origin: str
    address: str
    data_set: str | None
    title: str | None
    version: str | None
    kind: str
    answers: int
    size: int


@attrs.frozen(kw_only=True)
class Usage:
    """What a store holds.

    Attributes:
        held: Its answers by service, data set, version and kind.
        answers: How many answers it has.
        size: Bytes of all blobs, whether or not a ref leads to them.
        temporary: How many files were being written, now or by a process that was killed.
        temporary_size: Their bytes.
        unreferenced: How many blobs no ref leads to.
        unreferenced_size: Their bytes.
    """

    held: tuple[StoredAnswers, ...]
    answers: int
    size: int
    temporary: int
    temporary_size: int
    unreferenced: int
    unreferenced_size: int


def usage(store: Store) -> Usage:
    """What a store holds. Blobs are counted, not read: `Store.verify` reads them."""
    refs = [*store.refs()]
    titles = _titles(store, refs)
    blobs = {path: store.files.size(path) or 0 for path in store.files.list("blobs") if is_blob(path)}
    left = [size for path, size in blobs.items() if path not in {blob_path(ref.blob) for ref in refs}]
    temporary = [store.files.size(path) or 0 for path in temporaries(store)]
    return Usage(
        held=tuple(_held(refs, titles)),
        answers=len(refs),
        size=sum(blobs.values()),
        temporary=len(temporary),
        temporary_size=sum(temporary),
        unreferenced=len(left),
        unreferenced_size=sum(left),
    )


def temporaries(store: Store) -> Iterator[str]:
    """Files that were being written."""
    return (path for path in store.files.list("") if is_temporary(path) and _TEMPORARY.fullmatch(path))


def address_of(url: str) -> str:
    """Address of the service that answered at a URL; "" for a local service."""
    return _API.sub("", url)


def origin_in(path: str) -> str:
    """The origin under which a ref stands."""
    return path.split("/")[1]


def _held(refs: Iterable[Ref], titles: dict[tuple[str, str], str]) -> Iterator[StoredAnswers]:
    groups: dict[tuple[str, str, str, str], list[Ref]] = {}
    for ref in refs:
        groups.setdefault((origin_in(ref.path), ref.data_set or "", ref.version or "", ref.kind), []).append(ref)
    for (origin, data_set, version, kind), group in sorted(groups.items()):
        yield StoredAnswers(
            origin=origin,
            address=address_of(group[0].url),
            data_set=data_set or None,
            title=titles.get((origin, data_set)),
            version=version or None,
            kind=kind,
            answers=len(group),
            size=sum({ref.blob: ref.size for ref in group}.values()),
        )


def _titles(store: Store, refs: Iterable[Ref]) -> dict[tuple[str, str], str]:
    found = {}
    for ref in refs:
        if ref.kind != "data set" or ref.data_set is None:
            continue
        try:
            found[origin_in(ref.path), ref.data_set] = str(json.loads(store.read(ref))["title"])
        except (StoreError, ValueError, KeyError, TypeError):
            # a summary that is damaged has no title to show; `verify` says that it is
            continue
    return found
