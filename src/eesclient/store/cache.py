"""The cache between a client and its store: what was read before is not asked again, what is read is kept.

Which answers may be kept stands here too (reference, sections 2, 4 and 5); under which names, in `keys`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import attrs

from ..api.messages import Request, Response, Sink
from ..errors import InvalidResponseError, InvalidVersionError, OfflineError, StoreError, StoreWarning, warn
from ..models.enums import DataSetVersionStatus
from ..models.names import ANY_GUID
from ..models.versions import Version
from ..transport.driver import Pending
from ..transport.local import received
from ..transport.progress import Coming
from .blobs import Ref, Store
from .files import reason
from .keys import CacheKey, Key, cache_key, canonical, data_set_summary, origin_of, version_summary, with_digest

T = TypeVar("T")


class ResponseCache:
    """Answers of one service out of a store, and into it; what is a draft, or might be one for a token, is not kept."""

    def __init__(self, store: Store | None, address: str, *, offline: bool = False, has_token: bool = False) -> None:
        self.store = store
        self.origin: str = origin_of(address)
        self.offline = offline
        self._has_token = has_token
        # blobs that are not what they should be, which not every store lets go
        self._bad: set[str] = set()
        self._statuses: dict[tuple[str, str], DataSetVersionStatus] = {}
        self._lock = Lock()
        self._warned = self._unwritten = False

    def pass_by(self, error: StoreError) -> None:
        """Go on without what the store does not give, which is warned of once; offline there is nothing else."""
        if self.offline:
            raise error
        # what is damaged is fetched and written anew, without a word
        cause = error.__cause__
        is_lasting = isinstance(cause, OSError) and not isinstance(cause, FileNotFoundError)
        is_lasting = is_lasting or (self.store is not None and not self.store.is_writable)
        if is_lasting and not self._warned:
            self._warned = True
            warn(f"{error}. Until then the service is asked instead", StoreWarning)

    def not_kept(self, what: str, error: Exception) -> None:
        """Go on without keeping what the store does not take, which is warned of once."""
        if not self._unwritten:
            self._unwritten = True
            path = "" if self.store is None else self.store.path
            # of a system's error the words alone: the name in it is a temporary one
            why = reason(error) if isinstance(error, OSError) else error
            warn(f"the store {path} cannot be written, so {what} not kept: {why}", StoreWarning)

    def find(self, request: Request) -> Response | None:
        """The stored answer; None when the service is to be asked."""
        try:
            return self._find(request)
        except StoreError as error:
            self.pass_by(error)
        return None

    def _find(self, request: Request) -> Response | None:
        wanted = cache_key(request)
        if wanted is not None and self.store is not None and (ref := self._ref(self.store, wanted, request)):
            if request.fresh:
                _drop(self.store, ref)
                return None
            try:
                content = self.store.read(ref)
            except StoreError as error:
                self._forget(self.store, ref, error)
                return None
            return Response(
                status=200,
                body=content,
                url=ref.url,
                retrieved_at=ref.stored_at,
                stored=True,
                advice=_clearing(self.store) if self.offline else "",
            )
        if self.offline:
            raise OfflineError(_missing(wanted), method=request.method, url=request.path)
        return None

    def _ref(self, store: Store, wanted: CacheKey, request: Request) -> Ref | None:
        # of a locked file the bytes count, whatever stands under its address by now
        key = wanted.key(self.origin)
        if request.sha256 is not None and (exact := store.find(with_digest(key, request.sha256))):
            return exact
        # what an exact version says is said once and for all; the rest is asked for again if there is a network
        is_settled = request.kept or wanted.kind in ("meta", "csv", "query", "table")
        if not (self.offline or is_settled):
            return None
        return self._highest(store, wanted) if wanted.range else self.stored(key)

    def stored(self, key: Key) -> Ref | None:
        """The ref of an answer, unless it was set aside."""
        ref = None if self.store is None else self.store.find(key)
        return None if ref is None or self.is_set_aside(ref) else ref

    def is_set_aside(self, ref: Ref) -> bool:
        """Say whether an answer was found not to be what it should be."""
        return ref.blob in self._bad

    def set_aside(self, key: Key, error: InvalidResponseError) -> None:
        """Forget an answer that is not what it should be, so that it is asked for again; offline, a `StoreError`."""
        ref = self.stored(key)
        if self.store is None or ref is None:
            return
        if self.offline:
            import shlex

            which = f"{ref.data_set}@{ref.version}"
            clear = shlex.join(["ees", "store", "prune", "--data-set", which, "--store", str(self.store.path), "--yes"])
            how = f"{clear} clears it" if self.store.is_writable else "it is a bundle, which has to be made again"
            what = f"{self.store.path}: the stored {ref.kind} of {which} is bad: {error}"
            raise StoreError(f"{what}. Online it is fetched again; {how}", path=ref.path) from error
        self._bad.add(ref.blob)
        _drop(self.store, ref)

    def pour(self, request: Request, sink: Sink) -> Response | None:
        """As `find`, but a stored file goes to the sink, and is not in the response."""
        wanted = cache_key(request)
        ref = None
        try:
            if wanted is not None and wanted.kind == "csv" and self.store is not None and not request.fresh:
                ref = self.stored(wanted.key(self.origin))
        except StoreError as error:
            self.pass_by(error)
        if ref is None or self.store is None:
            found = self.find(request)
            return None if found is None else received(found, sink, request.about)
        sink.begin(ref.length)
        coming = Coming(request.about, ref.length)

        def write(piece: bytes) -> None:
            sink.write(piece)
            coming.came(len(piece))

        try:
            self.store.pour(ref, write)
        except StoreError as error:
            self._forget(self.store, ref, error)
            return None
        coming.end()
        return Response(status=200, url=ref.url, retrieved_at=ref.stored_at)

    def _forget(self, store: Store, ref: Ref, error: StoreError) -> None:
        if self.offline:
            advice = "go online once, and it is fetched again" if store.is_writable else "ask for the bundle anew"
            raise StoreError(f"{error}; {advice}", path=error.path) from error
        self.pass_by(error)
        if store.is_writable:
            # what cannot be taken away either was warned of
            with suppress(OSError):
                store.repair(ref)

    def _highest(self, store: Store, wanted: CacheKey) -> Ref | None:
        """The stored summary of the highest published version in a range."""
        found: dict[Version, Ref] = {}
        for ref in store.refs(origin=self.origin, data_set=wanted.data_set):
            if ref.kind == "version" and ref.version and wanted.range and Version.parse(ref.version) in wanted.range:
                summary = _json(store.read(ref))
                if not isinstance(summary, Mapping):
                    problem = f"the stored summary of version {ref.version} of {ref.data_set} is not JSON"
                    raise StoreError(f"{problem}{_clearing(store)}", path=ref.path)
                if summary.get("status") == str(DataSetVersionStatus.PUBLISHED):
                    found[Version.parse(ref.version)] = ref
        return found[max(found)] if found else None

    def hold(self, request: Request, response: Response, pending: Pending) -> Response:
        """Have an answer kept once it was read, if it may be, and give it back; a 404 with what the store has of it."""
        wanted, store = cache_key(request), self.store
        # a data file is kept once it was checked
        if wanted is None or store is None or wanted.kind == "csv":
            return response
        if response.status == 404:
            still_there = self._still_there if request.host == "api" else self._still_filed
            with suppress(StoreError):
                return attrs.evolve(response, advice=still_there(store, wanted))
        if response.is_success and store.is_writable:
            if wanted.kind in ("query", "file"):
                # large, and read later: its bytes are not waited with
                refs = self._writing(lambda: self._stage(store, wanted, response)) or []
                pending.late.append(lambda: self._writing(lambda: [*map(store.commit, refs)]))
            else:
                pending.soon.append(lambda: self._writing(lambda: self._keep(store, wanted, response, request.own)))
        return response

    def _writing(self, write: Callable[[], T]) -> T | None:
        try:
            return write()
        except (OSError, RecursionError) as error:
            self.not_kept("answers are", error)
            return None

    def _still_there(self, store: Store, wanted: CacheKey) -> str:
        """Words for the versions that the store has whole, which can be opened and asked offline."""
        if wanted.data_set is None:
            return ""
        kinds: dict[str | None, set[str]] = {}
        for ref in store.refs(origin=self.origin, data_set=wanted.data_set):
            kinds.setdefault(ref.version, set()).add(ref.kind)
        parsed = [Version.parse(text) for text, held in kinds.items() if text and held >= {"version", "meta", "csv"}]
        whole = sorted(one for one in parsed if wanted.version in (None, one))
        if not whole or store.find(data_set_summary(wanted.data_set).key(self.origin)) is None:
            return ""
        return (
            f"; the store {store.path} still has version {', '.join(map(str, whole))} of it whole, and a client with "
            f'that store and offline=True reads it: client.open("{wanted.data_set}", version="{whole[-1]}")'
        )

    def _still_filed(self, store: Store, wanted: CacheKey) -> str:
        """The same for a file of the catalogue."""
        for file in ANY_GUID.findall(wanted.request):
            facts = Request(method="GET", host="content", path=f"/data-set-files/{file}")
            about = CacheKey(kind="listing", request=canonical(facts)).key(self.origin)
            if store.find(about) and any(ref.kind == "file" for ref in store.refs(origin=self.origin, data_set=file)):
                return (
                    f"; the store {store.path} still has it, and a client with that store and offline=True reads it: "
                    f'client.catalogue.entry("{file}").open()'
                )
        return ""

    def keep_file(self, request: Request, file: Path, response: Response) -> None:
        """As `keep`, for an answer whose body was saved as a file."""
        wanted = cache_key(request)
        if wanted is None or wanted.data_set is None or self.store is None or not self.store.is_writable:
            return
        try:
            if self.is_published(wanted.data_set, str(wanted.version)):
                at = response.retrieved_at or datetime.now(UTC)
                self.store.write_file(wanted.key(self.origin), file, url=response.url, at=at)
        except OSError as error:
            self.not_kept("the file is", error)

    def _keep(self, store: Store, wanted: CacheKey, response: Response, own: frozenset[str]) -> None:
        now = response.retrieved_at or datetime.now(UTC)
        if wanted.kind in ("version", "versions"):
            self._learn(store, wanted, response, now, own=own)
        elif own:
            self._learn_data_sets(store, response, now, own)
        # of a range, what it stood for is kept by the version that it names, above
        if wanted.range is None and self._may_keep(wanted, response):
            store.write(wanted.key(self.origin), response.body, url=response.url, at=now)

    def _stage(self, store: Store, wanted: CacheKey, response: Response) -> list[Ref]:
        if not self._may_keep(wanted, response):
            return []
        now, key = response.retrieved_at or datetime.now(UTC), wanted.key(self.origin)
        ref = store.stage(key, response.body, url=response.url, at=now)
        # a file once more by its digest, for the service replaces files under the same address
        exact = with_digest(key, ref.digest)
        return [ref, attrs.evolve(ref, path=exact.path, request=exact.request)] if wanted.kind == "file" else [ref]

    def _may_keep(self, wanted: CacheKey, response: Response) -> bool:
        if wanted.kind == "file":
            return True
        if wanted.kind in ("listing", "data set", "versions", "version"):
            body = _json(response.body)
            statuses = [item.get("status") for item in _items(body)]
            is_draft = any(isinstance(status, str) and DataSetVersionStatus(status).is_draft for status in statuses)
            return body is not None and not is_draft
        return self.is_published(wanted.data_set or "", str(wanted.version))

    def is_published(self, data_set: str, version: str) -> bool:
        """Say whether figures of a version may be kept: it is not a draft. Drafts are only given for a token."""
        with self._lock:
            status = self._statuses.get((data_set, version))
        if status is not None:
            return not status.is_draft
        # without a token the service shows no drafts (reference, section 4)
        if not self._has_token or self.store is None:
            return not self._has_token
        # a version that was published once is never a draft again
        with suppress(StoreError):
            return self.store.find(version_summary(data_set, Version.parse(version)).key(self.origin)) is not None
        return False

    def _learn_data_sets(self, store: Store, response: Response, now: datetime, own: frozenset[str]) -> None:
        """Keep the summaries that a list of data sets has of some of them."""
        for item in _items(_json(response.body)):
            id_ = str(item.get("id"))
            key = data_set_summary(id_).key(self.origin)
            # drafts are in no list, and would not be kept
            is_wanted = item.get("status") in ("Published", "Deprecated") and not own.isdisjoint((id_, "*"))
            if is_wanted and ANY_GUID.fullmatch(id_) and _is_news(store, key, item):
                store.write(key, _text(item), url=response.url, at=now)

    def _learn(self, store: Store, wanted: CacheKey, response: Response, now: datetime, *, own: frozenset[str]) -> None:
        """Remember statuses, and that of stored versions (a withdrawal, say) on disk as well."""
        data_set = wanted.data_set or ""
        for item in _items(_json(response.body)):
            try:
                version, status = Version.parse(str(item["version"])), DataSetVersionStatus(str(item["status"]))
            except (InvalidVersionError, KeyError):
                continue
            with self._lock:
                self._statuses[data_set, str(version)] = status
            key = version_summary(data_set, version).key(self.origin)
            # what answers for a range is kept as the answer about the version that it names
            is_wanted = wanted.range is not None or (str(version) in own and _is_news(store, key, item))
            if not status.is_draft and (is_wanted or _is_other(store, key, item)):
                store.write(key, _text(item), url=response.url, at=now)


def _drop(store: Store, ref: Ref) -> None:
    """Have nothing lead to an answer any more, where that can be."""
    if store.is_writable:
        with suppress(OSError):
            store.folder.remove(ref.path)


def _clearing(store: Store) -> str:
    """Words for the way to be rid of an answer that cannot be read."""
    if not store.is_writable:
        return f"; it is out of the bundle {store.path}, which has to be made anew out of a store that is in order"
    import shlex

    command = shlex.join(["ees", "store", "prune", "--yes", "--store", str(store.path)])
    return f"; it is out of the store, and {command} clears it: run that, and go online once"


def _is_other(store: Store, key: Key, item: Mapping[str, Any]) -> bool:
    """Say whether the store has another summary than this one."""
    return store.find(key) is not None and _is_news(store, key, item)


def _is_news(store: Store, key: Key, item: Mapping[str, Any]) -> bool:
    """Say whether the store has another summary than this one, or none."""
    ref = store.find(key)
    with suppress(StoreError):
        return ref is None or bool(_json(store.read(ref)) != item)
    return True


def _text(item: Mapping[str, Any]) -> bytes:
    return json.dumps(item, ensure_ascii=False).encode()


def _json(body: bytes) -> Any:
    with suppress(ValueError, RecursionError):
        return json.loads(body)
    return None


def _missing(wanted: CacheKey | None) -> str:
    if wanted is None:
        return "offline, and answers to such a request are never kept: go online for it"
    name, version = wanted.data_set, wanted.version or wanted.range
    opened = f'client.open("{name}", version="{version}")'
    file = f"the data file of version {version} of {name}"
    answer = f"this answer of version {version} of {name}, nor its data file, which could give it"
    data_set = (f"data set {name}", f'client.open("{name}")')
    what, how = {
        "listing": ("this list", "the same once"),
        "file": (f"the file of data set {name} of the catalogue", f'client.catalogue.entry("{name}").open()'),
        "csv": (file, f"{opened}.read()"),
        "table": (file, f"{opened}.read()"),
        "query": (answer, f"{opened}.read(), after which any question is answered here"),
        "meta": (f"version {version} of {name}", opened),
        "version": (f"version {version} of {name}", opened),
        "changes": (f"the changes of version {version} of {name}", f'client.changes("{name}", "{version}")'),
    }.get(wanted.kind, data_set)
    return f"offline, and the store does not have {what}: online, run {how}"


def _items(body: Any) -> Iterable[Mapping[str, Any]]:
    """The things that a list shows, or the one of a summary."""
    results = body.get("results") if isinstance(body, Mapping) else None
    return (item for item in (results if isinstance(results, list) else [body]) if isinstance(item, Mapping))
