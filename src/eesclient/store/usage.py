"""Contents of a store, and waste in it: said first, then freed, while other processes may be writing to it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Literal, TypeAlias

import attrs

from ..errors import StoreError
from ..models.versions import Version
from .blobs import Ref, Store, blob_path, is_blob, is_ref

GRACE = 3600.0
"""Seconds for which a temporary file, or a blob without a ref, may belong to a process that is still writing."""

# of a blob moved aside as well, whose own name stands in front
_TEMPORARY = re.compile(r"((refs|blobs)/(.+/)?)?([^/]+\.)?[0-9]+-[0-9a-f]{8,16}\.tmp")


@attrs.frozen(kw_only=True)
class StoredAnswers:
    """Answers of one kind about one version.

    Attributes:
        origin: Digest of the address of the service.
        address: The address itself; "" for a local service.
        data_set: GUID of the data set; None for lists that belong to none.
        title: Title of the data set, where the store knows it.
        version: Exact version; None for what belongs to none.
        kind: Kind of the answers.
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
    """Contents of a store.

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
    """Sum up what a store holds. Blobs are counted, not read: `Store.verify` reads them."""
    refs = [*store.refs()]
    blobs = {path: store.files.size(path) or 0 for path in store.files.list("blobs") if is_blob(path)}
    referenced = {blob_path(ref.blob) for ref in refs}
    left = [size for path, size in blobs.items() if path not in referenced]
    temporary = [store.files.size(path) or 0 for path in temporaries(store)]
    return Usage(
        held=tuple(_held(store, refs)),
        answers=len(refs),
        size=sum(blobs.values()),
        temporary=len(temporary),
        temporary_size=sum(temporary),
        unreferenced=len(left),
        unreferenced_size=sum(left),
    )


def temporaries(store: Store) -> Iterator[str]:
    """Files that were being written."""
    return filter(_TEMPORARY.fullmatch, store.files.list(""))


def _held(store: Store, refs: Iterable[Ref]) -> Iterator[StoredAnswers]:
    titles: dict[tuple[str, str], str] = {}
    groups: dict[tuple[str, str, str, str], list[Ref]] = {}
    for ref in refs:
        groups.setdefault((ref.origin, ref.data_set or "", ref.version or "", ref.kind), []).append(ref)
        if ref.kind == "data set" and ref.data_set:
            # a summary that is damaged has no title to show; `verify` says that it is
            with suppress(StoreError, ValueError, KeyError, TypeError):
                titles[ref.origin, ref.data_set] = str(json.loads(store.read(ref))["title"])
    for (origin, data_set, version, kind), group in sorted(groups.items()):
        yield StoredAnswers(
            origin=origin,
            address=group[0].address,
            data_set=data_set or None,
            title=titles.get((origin, data_set)),
            version=version or None,
            kind=kind,
            answers=len(group),
            size=sum({ref.blob: ref.size for ref in group}.values()),
        )


# What can go

Reason: TypeAlias = Literal["temporary", "unreferenced", "damaged", "chosen"]
"""Why a file can go: left by a killed process, a blob that no ref leads to, damaged, or because it was asked for."""


@attrs.frozen(kw_only=True)
class Choice:
    """Which answers to prune, beside what is of no use to anybody. Those that fit all that is said.

    Attributes:
        older_than: How long ago they came from the service at least.
        data_sets: Of which data sets: GUIDs, each with an exact version or None for all of them.
        everything: All answers.
    """

    older_than: timedelta | None = None
    data_sets: tuple[tuple[str, Version | None], ...] = ()
    everything: bool = False

    def takes(self, ref: Ref, now: float) -> bool:
        """Say whether an answer is one of those."""
        if self.everything or (self.older_than is None and not self.data_sets):
            return self.everything
        if self.older_than is not None and now - ref.stored_at.timestamp() < self.older_than.total_seconds():
            return False
        return not self.data_sets or any(
            ref.data_set == data_set and (version is None or ref.version == str(version))
            for data_set, version in self.data_sets
        )


@attrs.frozen(kw_only=True)
class Waste:
    """A file that can go: its path in the store, bytes, and why.

    The SHA-256 of a ref is noted, so that one written anew is not taken for it; it is "" for others.
    """

    path: str
    size: int
    reason: Reason
    digest: str = ""


@attrs.frozen(kw_only=True)
class Freed:
    """Files that were removed; and those that came into use or went meanwhile, or cannot be removed."""

    gone: tuple[Waste, ...]
    kept: tuple[Waste, ...]

    @property
    def size(self) -> int:
        """Bytes that were freed."""
        return sum(waste.size for waste in self.gone)


def prunable(store: Store, choice: Choice = Choice(), *, now: float | None = None) -> tuple[Waste, ...]:
    """Find what can go: left-overs older than an hour, what is damaged, and the answers that are chosen.

    Every blob is read, to find damage; `now` is in seconds since 1970.
    """
    _check(store)
    return tuple(_Search(store, choice, time.time() if now is None else now).waste())


def free(store: Store, waste: Iterable[Waste], *, now: float | None = None) -> Freed:
    """Remove what `prunable` found, except what came into use meanwhile.

    Blobs are moved aside, and only then are all refs read once more: a ref that is already there saves its blob, and
    who writes one later sees that the blob is not there, and writes it again.
    """
    _check(store)
    now = time.time() if now is None else now
    found = [*waste]
    blobs = [item for item in found if is_blob(item.path)]
    gone = {
        item
        for item in found
        if not is_blob(item.path) and _is_still_waste(store, item, now) and _remove(store, item.path)
    }
    # refs first: those that are left decide which blobs are of use
    gone |= {*_free_blobs(store, blobs)}
    return Freed(
        gone=tuple(item for item in found if item in gone), kept=tuple(item for item in found if item not in gone)
    )


def _check(store: Store) -> None:
    if not store.is_writable:
        raise StoreError(f"{store.path} is a bundle, which is only read: there is nothing to prune", path="")
    # a folder of something else may well have blobs and refs of its own
    if not store.files.has("store.json") and [*store.files.list("refs"), *store.files.list("blobs")]:
        raise StoreError(f"{store.path} is not a store: it has no store.json", path="store.json")


class _Search:
    """One look for what can go."""

    def __init__(self, store: Store, choice: Choice, now: float) -> None:
        self._store, self._choice, self._now = store, choice, now
        self._bad: set[str] = set()
        self._needed: set[str] = set()
        self._dropped: set[str] = set()

    def waste(self) -> Iterator[Waste]:
        paths = [path for folder in ("refs", "blobs") for path in self._store.files.list(folder)]
        self._bad = {path for path in paths if is_blob(path) and self._store.damage(path)}
        for path in filter(is_ref, paths):
            yield from self._ref(path)
        for path in filter(is_blob, paths):
            reason = self._blob(path)
            if reason is not None:
                yield self._waste(path, reason)
        for path in temporaries(self._store):
            if self._is_old(path):
                yield self._waste(path, "temporary")

    def _ref(self, path: str) -> Iterator[Waste]:
        text, ref = self._store.files.read(path), self._store.ref(path)
        if text is None:
            return
        reason: Reason = "damaged"
        if ref is not None:
            blob = blob_path(ref.blob)
            is_good = blob not in self._bad and self._store.files.has(blob)
            is_chosen = self._choice.takes(ref, self._now)
            (self._needed if is_good and not is_chosen else self._dropped).add(blob)
            if is_good and not is_chosen:
                return
            reason = "chosen" if is_chosen else "damaged"
        yield Waste(path=path, size=len(text), reason=reason, digest=hashlib.sha256(text).hexdigest())

    def _blob(self, path: str) -> Reason | None:
        if path in self._bad:
            return "damaged"
        if path in self._needed:
            return None
        if path in self._dropped:
            return "chosen"
        return "unreferenced" if self._choice.everything or self._is_old(path) else None

    def _is_old(self, path: str) -> bool:
        return self._store.folder.age(path, self._now) > GRACE

    def _waste(self, path: str, reason: Reason) -> Waste:
        return Waste(path=path, size=self._store.files.size(path) or 0, reason=reason)


def _is_still_waste(store: Store, item: Waste, now: float) -> bool:
    if item.reason == "temporary":
        return store.folder.age(item.path, now) > GRACE
    text = store.files.read(item.path)
    if text is None or hashlib.sha256(text).hexdigest() != item.digest:
        return False
    ref = store.ref(item.path)
    if item.reason == "chosen" or ref is None:
        return True
    # the blob that was damaged or gone may have been fetched again
    blob = blob_path(ref.blob)
    return store.damage(blob) is not None or not store.files.has(blob)


def _free_blobs(store: Store, blobs: Iterable[Waste]) -> Iterator[Waste]:
    aside = {item: moved for item in blobs if (moved := _move_aside(store, item.path))}
    leading: dict[str, list[Ref]] = {}
    for ref in store.refs() if aside else ():
        leading.setdefault(blob_path(ref.blob), []).append(ref)
    for item, moved in aside.items():
        refs = leading.get(item.path, [])
        if refs and store.is_whole(moved, item.path):
            store.folder.move(moved, item.path)
            continue
        for ref in refs:
            # written while the blob that it leads to was damaged, and of no use without it
            if not store.files.has(item.path):
                _remove(store, ref.path)
        if _remove(store, moved):
            yield item


def _move_aside(store: Store, path: str) -> str:
    """The temporary name that a blob has now; "" when it is gone, or in use where files in use cannot be moved."""
    aside = f"{path}.{os.getpid()}-{secrets.token_hex(4)}.tmp"
    # new, so that nobody takes it for an old left-over until it is decided
    store.folder.touch(path)
    try:
        return aside if store.folder.move(path, aside) else ""
    except OSError:
        return ""


def _remove(store: Store, path: str) -> bool:
    try:
        store.folder.remove(path)
    except OSError:
        return False
    return True
