"""Names under which answers are kept, and which requests have one (reference, sections 2, 4 and 5)."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

import attrs

from .._classes import frozen
from ..api.messages import Request
from ..errors import InvalidVersionError
from ..models.names import GUID
from ..models.versions import Version, VersionRange, parse_version
from ..texts import pattern

Kind: TypeAlias = Literal[
    "listing", "data set", "versions", "version", "changes", "meta", "query", "csv", "table", "file"
]

_DATA_SET = pattern(rf"/data-sets/(?P<id>{GUID})(?P<rest>/.*)?")
_PUBLICATIONS = pattern(rf"/publications(?:/{GUID}(?:/data-sets)?)?")
_CATALOGUE_FILE = pattern(rf"/data-catalogue/data-set/(?P<id>{GUID})/csv")
_PARTS: dict[str, Kind] = {"/meta": "meta", "/csv": "csv", "/query": "query"}


@frozen(kw_only=True)
class Key:
    """A request as canonical text, the kind of its answer, and the exact version that it is about, None for none."""

    origin: str
    data_set: str | None = None
    version: str | None = None
    kind: Kind
    request: str

    @property
    def path(self) -> str:
        """Where its ref stands in a store."""
        name = f"{hashlib.sha256(self.request.encode()).hexdigest()}.json"
        if self.data_set is None or self.version is None:
            return f"refs/{self.origin}/listings/{name}"
        return f"refs/{self.origin}/{self.data_set}/{self.version}/{name}"


@frozen(kw_only=True)
class CacheKey:
    """The place of an answer in a cache: what a request asks for, and of which version or range of versions."""

    kind: Kind
    data_set: str | None = None
    version: Version | None = None
    range: VersionRange | None = None
    request: str

    def key(self, origin: str) -> Key:
        """Where the answer of a service is kept."""
        # what stands outside the API has no version
        plain = "file" if self.kind == "file" else None
        version = plain if self.version is None else str(self.version)
        return Key(origin=origin, data_set=self.data_set, version=version, kind=self.kind, request=self.request)


def origin_of(address: str) -> str:
    """Digest of scheme, host and base path: answers of one service are never taken for those of another."""
    parts = urlsplit(address)
    plain = f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path.rstrip('/')}"
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def cache_key(request: Request) -> CacheKey | None:
    """The place of the answer to a request; None when it is not kept, such as for a version that is not named."""
    if request.host != "api":
        file = _CATALOGUE_FILE.fullmatch(request.path) if request.host == "site" else None
        if file is None:
            return CacheKey(kind="listing", request=canonical(request))
        return CacheKey(kind="file", data_set=file["id"], request=canonical(request))
    if _PUBLICATIONS.fullmatch(request.path) and request.method == "GET":
        return CacheKey(kind="listing", request=canonical(request))
    match = _DATA_SET.fullmatch(request.path)
    if match is None:
        return None
    data_set, rest = match["id"], match["rest"] or ""
    if rest in _PARTS:
        return _of_version(_PARTS[rest], data_set, dict(request.params).get("dataSetVersion"), request)
    if request.method != "GET":
        return None
    if rest in ("", "/versions"):
        return CacheKey(kind="versions" if rest else "data set", data_set=data_set, request=canonical(request))
    parts = rest.removeprefix("/versions/").split("/")
    kind: Kind = "changes" if parts[1:] == ["changes"] else "version"
    is_known = rest.startswith("/versions/") and (kind == "changes" or len(parts) == 1)
    return _of_version(kind, data_set, parts[0], request) if is_known else None


def with_digest(key: Key, sha256: str) -> Key:
    """The key of a file by the digest of its bytes: the service replaces files, and cannot serve old ones again."""
    return attrs.evolve(key, request=f"file {sha256}")


def data_set_summary(data_set: str) -> CacheKey:
    """The place of the summary of a data set, however it was found."""
    request = Request(method="GET", path=f"/data-sets/{data_set}")
    return CacheKey(kind="data set", data_set=data_set, request=canonical(request))


def version_summary(data_set: str, version: Version) -> CacheKey:
    """The place of the summary of one version, however it was found."""
    request = Request(method="GET", path=f"/data-sets/{data_set}/versions/{version}")
    return CacheKey(kind="version", data_set=data_set, version=version, request=canonical(request))


def whole_file(data_set: str, version: Version) -> CacheKey:
    """The place of the data file of a version."""
    request = Request(method="GET", path=f"/data-sets/{data_set}/csv", params=(("dataSetVersion", str(version)),))
    return CacheKey(kind="csv", data_set=data_set, version=version, request=canonical(request))


def canonical(request: Request) -> str:
    """Method, path, parameters and body as one text; equal for equal requests, without headers."""
    # only what is not the API's says whose it is: stores are older than that
    host = [] if request.host == "api" else [request.host]
    # the order of parameters means nothing
    parts = [request.method, request.path, sorted(request.params), _body(request), *host]
    return json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _body(request: Request) -> Any:
    try:
        return None if request.body is None else json.loads(request.body)
    except ValueError:
        return request.body.decode("utf-8", "backslashreplace") if request.body else None


def _of_version(kind: Kind, data_set: str, text: str | None, request: Request) -> CacheKey | None:
    try:
        version = None if text is None else parse_version(text)
    except InvalidVersionError:
        return None
    if isinstance(version, Version):
        return CacheKey(kind=kind, data_set=data_set, version=version, request=_named(request, version))
    # which version a range means changes, and only a summary says which it was
    if version is None or kind != "version":
        return None
    return CacheKey(kind=kind, data_set=data_set, range=version, request=canonical(request))


def _named(request: Request, version: Version) -> str:
    """The request as canonical text, with the version as the service writes it."""
    params = tuple((name, str(version) if name == "dataSetVersion" else value) for name, value in request.params)
    head, mark, rest = request.path.partition("/versions/")
    path = f"{head}{mark}{version}{'/changes' if rest.endswith('/changes') else ''}" if mark else request.path
    return canonical(attrs.evolve(request, params=params, path=path))
