"""The cache between a client and its store: what was read before is not asked again, what is read is kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from ..api.messages import Request, Response, Sink
from ..errors import InvalidVersionError, OfflineError, StoreError, StoreWarning, warn
from ..models.enums import DataSetVersionStatus
from ..models.versions import Version
from ..transport.local import received
from .blobs import Key, Ref, Store
from .keys import CacheKey, cache_key, drafts_in, origin_of, version_summary, versions_in, with_digest


class ResponseCache:
    """Answers of one service out of a store, and into it.

    Answers about an exact version are taken from the store where it has them; summaries and lists, which change, are
    asked for again unless the client is offline. What is a draft, or might be one, is not kept.

    Args:
        store: The store; None where there is none.
        address: Address of the service.
        offline: Whether only the store may answer.
        has_token: Whether a preview token is sent, so that answers may be those of a draft.
    """

    def __init__(self, store: Store | None, address: str, *, offline: bool = False, has_token: bool = False) -> None:
        self.store = store
        self.origin: str = origin_of(address)
        self.offline = offline
        self._has_token = has_token
        self._statuses: dict[tuple[str, str], str] = {}
        self._lock = Lock()

    def find(self, request: Request) -> Response | None:
        """The stored answer; None when the service is to be asked.

        Raises:
            OfflineError: The client is offline, and the store does not have it.
            StoreError: The client is offline, and what the store has is damaged.
        """
        wanted = cache_key(request)
        ref = None
        if wanted is not None and self.store is not None:
            ref = self._ref(self.store, wanted, request)
            if ref is not None:
                return self._answer(self.store, ref)
        if self.offline:
            raise OfflineError(_missing(wanted), method=request.method, url=request.path)
        return None

    def _ref(self, store: Store, wanted: CacheKey, request: Request) -> Ref | None:
        if request.sha256 is not None:
            exact = store.find(with_digest(wanted.key(self.origin), request.sha256))
            if exact is not None:
                return exact
        if not self.offline and (request.fresh or not (wanted.is_immutable or request.kept)):
            return None
        return self._highest(store, wanted) if wanted.range else store.find(wanted.key(self.origin))

    def pour(self, request: Request, sink: Sink) -> Response | None:
        """As `find`, but a stored file goes to the sink, and is not in the response."""
        wanted = cache_key(request)
        ref = None
        if wanted is not None and wanted.kind == "csv" and self.store is not None and not request.fresh:
            ref = self.store.find(wanted.key(self.origin))
        if ref is None or self.store is None:
            found = self.find(request)
            return None if found is None else received(found, sink)
        sink.begin()
        sink.expect(ref.length)
        try:
            self.store.pour(ref, sink.write)
        except StoreError as error:
            self._forget(self.store, ref, error)
            return None
        return Response(status=200, url=ref.url, retrieved_at=ref.stored_at)

    def _answer(self, store: Store, ref: Ref) -> Response | None:
        try:
            content = store.read(ref)
        except StoreError as error:
            self._forget(store, ref, error)
            return None
        return Response(status=200, body=content, url=ref.url, retrieved_at=ref.stored_at)

    def _forget(self, store: Store, ref: Ref, error: StoreError) -> None:
        if self.offline:
            raise StoreError(f"{error}; go online once, and it is fetched again", path=error.path) from error
        if store.is_writable:
            store.repair(ref)

    def _highest(self, store: Store, wanted: CacheKey) -> Ref | None:
        """The stored summary of the highest published version in a range."""
        found: dict[Version, Ref] = {}
        for ref in store.refs(origin=self.origin, data_set=wanted.data_set):
            if ref.kind == "version" and ref.version and wanted.range and Version.parse(ref.version) in wanted.range:
                summary = json.loads(store.read(ref))
                if summary.get("status") == str(DataSetVersionStatus.PUBLISHED):
                    found[Version.parse(ref.version)] = ref
        return found[max(found)] if found else None

    def keep(self, request: Request, response: Response) -> None:
        """Keep an answer, if it may be kept; where that fails, say so, as the answer itself is good."""
        wanted = cache_key(request)
        if wanted is None or not response.is_success or self.store is None or not self.store.is_writable:
            return
        try:
            self._keep(self.store, wanted, response)
        except OSError as error:
            warn(f"the store {self.store.path} cannot be written, so answers are not kept: {error}", StoreWarning)

    def keep_file(self, request: Request, file: Path, response: Response) -> None:
        """As `keep`, for an answer whose body was saved as a file."""
        wanted = cache_key(request)
        if wanted is None or wanted.data_set is None or self.store is None or not self.store.is_writable:
            return
        if not self.is_published(wanted.data_set, str(wanted.version)):
            return
        try:
            at = response.retrieved_at or datetime.now(UTC)
            self.store.write_file(wanted.key(self.origin), file, url=response.url, at=at)
        except OSError as error:
            warn(f"the store {self.store.path} cannot be written, so the file is not kept: {error}", StoreWarning)

    def _keep(self, store: Store, wanted: CacheKey, response: Response) -> None:
        now = response.retrieved_at or datetime.now(UTC)
        if wanted.kind in ("version", "versions"):
            self._learn(store, wanted, response, now)
        if wanted.range is None and self._may_keep(store, wanted, response):
            store.write(wanted.key(self.origin), response.body, url=response.url, at=now)
            if wanted.kind == "file":
                key = with_digest(wanted.key(self.origin), hashlib.sha256(response.body).hexdigest())
                store.write(key, response.body, url=response.url, at=now)

    def _may_keep(self, store: Store, wanted: CacheKey, response: Response) -> bool:
        if wanted.kind == "file":
            return True
        if wanted.kind in ("listing", "data set", "versions", "version"):
            body = _json(response.body)
            return body is not None and not drafts_in(body)
        return self.is_published(wanted.data_set or "", str(wanted.version))

    def is_published(self, data_set: str, version: str) -> bool:
        """Say whether figures of a version may be kept: it is not a draft. Drafts are only given for a token."""
        with self._lock:
            status = self._statuses.get((data_set, version))
        if status is not None:
            return not DataSetVersionStatus(status).is_draft
        if not self._has_token or self.store is None:
            return not self._has_token
        # a version that was published once is never a draft again
        return self.store.find(version_summary(data_set, Version.parse(version)).key(self.origin)) is not None

    def _learn(self, store: Store, wanted: CacheKey, response: Response, now: datetime) -> None:
        """Remember statuses, and that of stored versions (a withdrawal, say) on disk as well."""
        for item in versions_in(_json(response.body)):
            try:
                version = Version.parse(str(item["version"]))
            except InvalidVersionError:
                continue
            if wanted.data_set is None:
                continue
            status = str(item["status"])
            with self._lock:
                self._statuses[wanted.data_set, str(version)] = status
            key = version_summary(wanted.data_set, version).key(self.origin)
            if not DataSetVersionStatus(status).is_draft and (wanted.range is not None or _is_other(store, key, item)):
                store.write(key, json.dumps(item, ensure_ascii=False).encode(), url=response.url, at=now)


def _is_other(store: Store, key: Key, item: Mapping[str, Any]) -> bool:
    """Say whether the store has another summary of the version than this one."""
    ref = store.find(key)
    if ref is None:
        return False
    try:
        return bool(_json(store.read(ref)) != item)
    except StoreError:
        return True


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
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
        "listing": ("this list", "list the same once online"),
        "file": (f"the file of data set {name} of the catalogue", f'client.catalogue.entry("{name}").open()'),
        "csv": (file, f"{opened}.read()"),
        "table": (file, f"{opened}.read()"),
        "query": (answer, f"{opened}.read(), after which any question is answered here"),
        "meta": (f"version {version} of {name}", opened),
        "version": (f"version {version} of {name}", opened),
        "changes": (f"the changes of version {version} of {name}", f'client.changes("{name}", "{version}")'),
    }.get(wanted.kind, data_set)
    return f"offline, and the store does not have {what}: online, run {how}"
