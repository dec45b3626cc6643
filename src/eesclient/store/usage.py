"""Contents of a store, and damage and waste in it: said first, then freed, while other processes may write to it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from .._classes import frozen
from ..api.json import parsed
from ..api.messages import Request, Response
from ..api.operations import About, read_as
from ..api.requests import check_page
from ..errors import EESError, StoreError
from ..models.answers import Page
from ..models.changes import Changes
from ..models.data_sets import DataSet, DataSetVersion
from ..models.meta import Meta
from ..models.versions import Version
from .blobs import Damage, Ref, Store, blob_path, blob_problem, is_blob, is_ref, read_ref
from .files import reason as _why

_TYPES: Mapping[str, Any] = {
    "data set": DataSet,
    "versions": Page[DataSetVersion],
    "version": DataSetVersion,
    "changes": Changes,
    "meta": Meta,
    "query": Page[Mapping[str, Any]],
    "listing": object,
}
"""What answers of a kind are read as; files and tables are read by others."""

GRACE = 3600.0
"""Seconds for which a temporary file, or a blob without a ref, may belong to a process that is still writing."""

# of a blob moved aside as well, whose own name stands in front
_TEMPORARY = re.compile(r"((refs|blobs)/(.+/)?)?([^/]+\.)?[0-9]+-[0-9a-f]{8,16}\.tmp")


@frozen(kw_only=True)
class StoredAnswers:
    """Answers of one kind about one version, or of lists that belong to none; `size` counts each blob once."""

    origin: str
    address: str
    data_set: str | None
    title: str | None
    version: str | None
    kind: str
    answers: int
    size: int


@frozen(kw_only=True)
class Usage:
    """Contents of a store by service, data set, version and kind; `size` is of all blobs, with or without a ref."""

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
            # equal answers share a blob
            size=sum({ref.blob: ref.size for ref in group}.values()),
        )


# Damage


def damages(store: Store) -> list[Damage]:
    """Everything that is damaged, as `Store.verify` says."""
    odd = "other pages of the same answer say another number of rows"
    found: list[Damage | None] = []
    for path in (path for folder in ("refs", "blobs") for path in store.files.list(folder)):
        try:
            found.append(damage(store, path))
        except StoreError as error:
            found.append(Damage(path=path, problem=str(error)))
    found += [Damage(path=path, problem=odd) for path in _disagreeing(store)]
    if not store.is_writable:
        # it needs much that pruning a store does not
        from .bundle import odd_copies

        found += odd_copies(store)
    return [one for one in found if one is not None]


def damage(store: Store, path: str) -> Damage | None:
    """The damage of one file, as `Store.damage` says."""
    data = store.files.read(path) if is_ref(path) or is_blob(path) else None
    if data is None:
        return None
    if is_blob(path):
        problem = blob_problem(path, data)
    else:
        try:
            ref = read_ref(path, data)
        except StoreError as error:
            return Damage(path=path, problem=str(error))
        problem = _ref_problem(store, ref)
    return Damage(path=path, problem=problem) if problem else None


def _ref_problem(store: Store, ref: Ref) -> str:
    if not store.files.has(blob_path(ref.blob)):
        return f"its blob {ref.blob} is gone"
    # a damaged blob says so itself; files and tables are read by others
    with suppress(StoreError):
        return "" if ref.kind in ("csv", "table", "file") else _unreadable(ref, store.read(ref))
    return ""


def _unreadable(ref: Ref, body: bytes) -> str:
    """Words for why an answer cannot be read, or is not the one that its ref says; "" where all is well."""
    about: About = {"data set": ref.data_set}.get(ref.kind)
    try:
        method, path, params, sent, *_ = json.loads(ref.request)
        sent = None if sent is None else json.dumps(sent).encode()
        request = Request(method=method, path=path, params=tuple((name, value) for name, value in params), body=sent)
    except (ValueError, TypeError):
        # what is named otherwise is not of this package
        return ""
    response = Response(status=200, body=body, url=ref.url)
    try:
        if ref.kind in ("version", "changes"):
            about = Version.parse(str(ref.version))
        found = read_as(_TYPES.get(ref.kind, object), about, request, response)
        if isinstance(found, Page):
            check_page(request, response, found.paging, len(found.results))
    except (EESError, ValueError) as error:
        return str(error)
    return ""


def _disagreeing(store: Store, under: str = "refs") -> list[str]:
    """Paths of pages, stored under a folder, that say another number of rows than another page of the same answer."""
    totals: dict[tuple[object, ...], dict[str, int]] = {}
    for path in store.files.list(under):
        # what cannot be read is told by itself
        with suppress(EESError, ValueError, LookupError, TypeError):
            ref = store.ref(path)
            if ref is not None and ref.kind == "query":
                total = parsed(store.read(ref))["paging"]["totalResults"]
                answer = re.sub(r'"page":\d+|\["page","\d+"\]', "", ref.request)
                totals.setdefault((ref.origin, ref.version, answer), {})[ref.path] = total
    return [path for pages in totals.values() if len({*pages.values()}) > 1 for path in pages]


# What can go

Reason: TypeAlias = Literal["temporary", "unreferenced", "damaged", "chosen"]
"""Why a file can go: left by a killed process, a blob that no ref leads to, damaged, or because it was asked for."""


@frozen(kw_only=True)
class Choice:
    """Which answers to prune, beside what is of no use to anybody. Those that fit all that is said."""

    # since they came from the service
    older_than: timedelta | None = None
    # GUIDs, each with an exact version or None for all of them
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


@frozen(kw_only=True)
class Waste:
    """A file that can go, with the SHA-256 of a ref, so that one written anew is not taken for it."""

    path: str
    size: int
    reason: Reason
    digest: str = ""


@frozen(kw_only=True)
class Freed:
    """Files that were removed; those that came into use or went, or cannot be removed; why not, if so."""

    gone: tuple[Waste, ...]
    kept: tuple[Waste, ...]
    refused: str = ""

    @property
    def size(self) -> int:
        """Bytes that were freed."""
        return sum(waste.size for waste in self.gone)


def prunable(store: Store, choice: Choice = Choice(), *, now: float | None = None) -> tuple[Waste, ...]:
    """Find what can go: left-overs older than an hour, what is damaged (every blob is read), and what is chosen."""
    _check(store)
    now = time.time() if now is None else now
    blobs, needed, dropped = [*filter(is_blob, store.files.list("blobs"))], set(), dict[str, Reason]()
    bad = {*(path for path in blobs if damage(store, path)), *_disagreeing(store)}
    found: list[Waste] = []
    for path in filter(is_ref, store.files.list("refs")):
        text, ref = store.files.read(path), store.ref(path)
        blob = "" if ref is None else blob_path(ref.blob)
        is_chosen = ref is not None and choice.takes(ref, now)
        if blob and blob not in bad and not is_chosen and path not in bad and not damage(store, path):
            needed.add(blob)
        elif text is not None:
            reason: Reason = "chosen" if is_chosen else "damaged"
            dropped[blob] = reason
            digest = hashlib.sha256(text).hexdigest()
            found.append(Waste(path=path, size=len(text), reason=reason, digest=digest))
    # what is newer may be in the making
    left = [path for path in (*blobs, *temporaries(store)) if store.folder.age(path, now) > GRACE]
    reasons: dict[str, Reason] = {
        **dict.fromkeys(left, "temporary"),
        **dict.fromkeys(blobs if choice.everything else {*blobs}.intersection(left), "unreferenced"),
        **dropped,
        **dict.fromkeys(bad, "damaged"),
    }
    for path in dict.fromkeys([*blobs, *left]):
        if path in reasons and path not in needed:
            size = store.files.size(path) or 0
            found.append(Waste(path=path, size=size, reason=reasons[path]))
    return tuple(found)


def free(store: Store, waste: Iterable[Waste], *, now: float | None = None) -> Freed:
    """Remove what `prunable` found, except what came into use meanwhile."""
    _check(store)
    now = time.time() if now is None else now
    found = [*waste]
    blobs = [item for item in found if is_blob(item.path)]
    refused: list[str] = []
    gone = {
        item
        for item in found
        if not is_blob(item.path) and _is_still_waste(store, item, now) and _remove(store, item.path, refused)
    }
    # refs first: those that are left decide which blobs are of use
    gone |= {*_free_blobs(store, blobs, refused)}
    return Freed(
        gone=tuple(item for item in found if item in gone),
        kept=tuple(item for item in found if item not in gone),
        refused=refused[0] if refused else "",
    )


def _check(store: Store) -> None:
    if not store.is_writable:
        raise StoreError(f"{store.path} is a bundle, which is only read: there is nothing to prune", path="")
    # a folder of something else may well have blobs and refs of its own
    if not store.files.has("store.json") and [*store.files.list("refs"), *store.files.list("blobs")]:
        raise StoreError(f"{store.path} is not a store: it has no store.json", path="store.json")


def _is_still_waste(store: Store, item: Waste, now: float) -> bool:
    if item.reason == "temporary":
        return store.folder.age(item.path, now) > GRACE
    with suppress(StoreError):
        return _is_same_and_waste(store, item)
    # the disk does not give it
    return False


def _is_same_and_waste(store: Store, item: Waste) -> bool:
    text = store.files.read(item.path)
    if text is None or hashlib.sha256(text).hexdigest() != item.digest:
        return False
    ref = store.ref(item.path)
    if item.reason == "chosen" or ref is None:
        return True
    # what was damaged or gone may have been fetched again
    if damage(store, item.path) or damage(store, blob_path(ref.blob)):
        return True
    # the pages of an answer stand in one folder
    return item.path in _disagreeing(store, item.path.rpartition("/")[0])


def _free_blobs(store: Store, blobs: Iterable[Waste], refused: list[str]) -> Iterator[Waste]:
    # only then are all refs read once more: one that is there saves its blob, and who writes one later finds it gone
    aside = {item: moved for item in blobs if (moved := _move_aside(store, item.path, refused))}
    leading: dict[str, list[Ref]] = {}
    try:
        for ref in store.refs() if aside else ():
            leading.setdefault(blob_path(ref.blob), []).append(ref)
    except StoreError:
        for item, moved in aside.items():
            store.folder.move(moved, item.path)
        raise
    for item, moved in aside.items():
        refs = leading.get(item.path, [])
        if refs and store.is_whole(moved, item.path):
            store.folder.move(moved, item.path)
            continue
        for ref in refs:
            # written while the blob that it leads to was damaged, and of no use without it
            if not store.files.has(item.path):
                _remove(store, ref.path, refused)
        if _remove(store, moved, refused):
            yield item


def _move_aside(store: Store, path: str, refused: list[str]) -> str:
    """The temporary name that a blob has now; "" when it is gone, or in use where files in use cannot be moved."""
    aside = f"{path}.{os.getpid()}-{secrets.token_hex(4)}.tmp"
    # new, so that nobody takes it for an old left-over until it is decided
    store.folder.touch(path)
    try:
        return aside if store.folder.move(path, aside) else ""
    except OSError as error:
        refused.append(_why(error))
        return ""


def _remove(store: Store, path: str, refused: list[str]) -> bool:
    try:
        store.folder.remove(path)
    except OSError as error:
        refused.append(_why(error))
        return False
    return True
