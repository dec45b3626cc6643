"""From any name of a data set to the data set at an exact version."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit
from uuid import UUID

import attrs

from .._classes import frozen
from ..errors import AmbiguousLabelError, ArgumentTypeError, DataSetNotFoundError, QueryError
from ..models.enums import DataSetVersionStatus
from ..models.names import ANY_GUID, API_VERSION, GUID, Entry, NameIndex, is_guid, listed
from ..models.versions import Version, VersionRange, parse_version
from ..settings import BASE_URL, ENVIRONMENTS, SITE_URL, Settings
from ..texts import pattern
from . import operations, requests
from .lists import all_data_sets
from .messages import Flow, Operation
from .operations import VersionLike
from .resolved import ResolvedVersion, Withdrawn

Resolve: TypeAlias = Callable[[str, VersionLike | None, Withdrawn], Operation[ResolvedVersion]]
"""Resolves the version of a data set of known id, as `operations.pin` does, or as a lock says."""

_log = logging.getLogger("eesclient")


class NotInApiError(DataSetNotFoundError):
    """A page of the data catalogue is of a data set outside the API, the id of whose file is `file_id`."""

    def __init__(self, message: str, *, file_id: str) -> None:
        super().__init__(message)
        self.file_id = file_id


_Found: TypeAlias = tuple[str, tuple[Version | VersionRange, ...]]
"""The id of a data set, and the versions that the text may stand for; the first is the one that it means."""


def pin(
    given: object,
    requested: VersionLike | None = None,
    *,
    withdrawn: Withdrawn = "refuse",
    settings: Settings,
    resolve: Resolve,
) -> Flow[ResolvedVersion]:
    """Find a data set by id, address or titles, and resolve it to an exact version; how it was understood is logged."""
    target = parse(given, settings.base_url, settings.sites)
    wanted = None if requested is None else parse_version(requested)
    if target.file_id is not None:
        data_set_id, versions = yield from _by_file(target.file_id, target.text, wanted)
    elif target.title is not None:
        data_set_id, versions = yield from _by_title(target.title)
    else:
        data_set_id, versions = str(target.data_set_id), () if target.version is None else (target.version,)
    # a page belongs to one version, and does not say that no later one is wanted
    is_page = target.file_id is not None
    is_later = is_page and isinstance(wanted, VersionRange) and bool(versions) and versions[0] in wanted
    if wanted is not None and versions and wanted not in versions and not is_later:
        raise QueryError(
            f"version={str(wanted)!r} contradicts {target.text!r}, which means version {versions[0]}: leave version= "
            f"out, or open {data_set_id!r}"
        )
    try:
        pinned = yield from resolve(data_set_id, wanted or next(iter(versions), None), withdrawn)
    except DataSetNotFoundError as error:
        error.add_note(f"If {data_set_id} is out of the address of a page, open the whole address.")
        raise
    understood = f"{_kind(target)}: data set {pinned.data_set.id}, version {pinned.version.version}"
    _log.info("%r is %s", target.text, understood)
    return attrs.evolve(pinned, understood=understood)


def _kind(target: Target) -> str:
    if target.file_id:
        return "a page of the data catalogue"
    if target.title:
        return "the title of a data set"
    return "an address of the API" if target.version else "the id of a data set"


def _by_file(file_id: str, text: str, wanted: Version | VersionRange | None) -> Flow[_Found]:
    """The data set one of whose versions has that file: the latest version of each is looked at first."""
    known = [data_set for _, data_set in (yield from all_data_sets())]
    for data_set in known:
        latest = data_set.latest_version
        if latest is not None and latest.file.id.lower() == file_id:
            # a file that was corrected in place keeps its id, so that earlier versions may have it too
            earlier = (yield from _with_file(data_set.id, file_id)) if isinstance(wanted, Version) else ()
            return data_set.id, (latest.version, *earlier)
    # addresses are mostly of latest versions: only now is the list of each data set asked for
    for data_set in known:
        versions = yield from _with_file(data_set.id, file_id)
        if versions:
            return data_set.id, versions
    raise NotInApiError(
        f"{text!r} is of a data set outside the API: no version of its {len(known):,} data sets has the file "
        f"{file_id}; the page itself offers the file, and client.data_sets(search=...) finds what is in the API",
        file_id=file_id,
    )


def _with_file(data_set_id: str, file_id: str) -> Operation[tuple[Version, ...]]:
    """Versions that have the file: those that can be asked first, newest first."""
    versions = yield from operations.all_versions(data_set_id)
    found = [version for version in versions if version.file is not None and version.file.id.lower() == file_id]
    found.sort(key=lambda version: version.status == DataSetVersionStatus.WITHDRAWN)
    return tuple(version.version for version in found)


def _by_title(title: str) -> Flow[_Found]:
    index = NameIndex(
        Entry(thing=data_set, labels=(data_set.title, full := f"{publication.title} / {data_set.title}"), shown=full)
        for publication, data_set in (yield from all_data_sets())
    )
    found = index.find(title)
    if len(found) == 1:
        return found[0].thing.id, ()
    if found:
        shown = [f"{entry.shown} ({entry.thing.id})" for entry in found]
        raise AmbiguousLabelError(f"{title!r} fits several data sets: {listed(shown)}; open its id", candidates=shown)
    nearest = listed(index.nearest(title)) or "none: the API has no data sets"
    raise DataSetNotFoundError(
        f"no data set of the API has the title {title!r} (nor is it a GUID or an address); the nearest: {nearest}"
    )


SITE = str(urlsplit(SITE_URL).hostname)
_SITES: Mapping[str, str] = {
    SITE: "live",
    f"www.{SITE}": "live",
    f"content.{SITE}": "live",
    f"pre-production.{SITE}": "pre-production",
    f"test.{SITE}": "test",
    f"dev.{SITE}": "development",
}
"""Environments by host of their web site."""

_NAMED = pattern(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_HOSTS = tuple({*_SITES, *(str(urlsplit(address).hostname) for address in ENVIRONMENTS.values())})
_PAGE = pattern(rf"(?:/data-catalogue/data-set|/api/data-set-files)/({GUID})(?:/.*)?", re.IGNORECASE)
_VERSIONED = pattern(r"/v([0-9][^/]*)", re.IGNORECASE)
_API = pattern(rf"/v[^/]+/data-sets/({GUID})(?:/versions/(?P<version>[^/]+))?(?:/.*)?", re.IGNORECASE)
_SECRET = pattern(r"(?<=//)[^/?#]*@|[?#].*", re.DOTALL)
"""Names, passwords and parameters, tokens among them, in an address."""

_PAGES = f"https://{SITE}/data-catalogue/data-set/…"


@frozen(kw_only=True)
class Target:
    """The thing that a text names: a data set of the API, a file of the data catalogue, or a title."""

    text: str
    """As it may be shown: an address without what may be secret in it."""
    data_set_id: str | None = None
    file_id: str | None = None
    title: str | None = None
    """Perhaps after that of its publication and ` / `."""
    version: Version | VersionRange | None = None
    """The one that an address of the API names."""


def parse(given: object, base_url: str = BASE_URL, sites: Iterable[str] = ()) -> Target:
    """Read a GUID, titles, or an address: of the API that is asked, or of its pages in the data catalogue."""
    if not isinstance(given, str | UUID):
        raise ArgumentTypeError(
            f"{given!r:.80} is of type {type(given).__name__}: give the id of a data set, the address of its page, or "
            "its title, as text"
        )
    text = str(given).strip()
    # people copy addresses without their scheme
    if _NAMED.match(text) or text.lower().startswith(tuple(f"{host}/" for host in _HOSTS)):
        return _address(text, base_url, sites)
    # with a GUID in it, it is an id with a mistake, of which the error says more than of a title
    if is_guid(text.lower()) or not text or ANY_GUID.search(text):
        return Target(text=text, data_set_id=requests.guid(text))
    return Target(text=text, title=text)


def _address(given: str, base_url: str, sites: Iterable[str]) -> Target:
    text = _SECRET.sub("", given)
    try:
        url = urlsplit(given if _NAMED.match(given) else f"https://{given}")
        port = url.port  # raises where it is not a number
    except ValueError as error:
        raise DataSetNotFoundError(f"{text!r} is not a valid address: {error}") from None
    base = urlsplit(base_url)
    host = (url.hostname or "").lower()
    if host in _SITES:
        _check_environment(text, _SITES[host], base_url)
        return _page(text, url)
    is_below = (host, port) == (base.hostname, base.port) and url.path.lower().startswith(f"{base.path.lower()}/")
    path = url.path[len(base.path) :]
    if is_below and _VERSIONED.match(path):
        return _api(text, url, path)
    for site in map(urlsplit, sites):
        if (host, port) == (site.hostname, site.port) and url.path.lower().startswith(f"{site.path.lower()}/"):
            return _page(text, url._replace(path=url.path[len(site.path) :]))
    for name, address in ENVIRONMENTS.items():
        if text.lower().partition("://")[2].startswith(address.partition("://")[2] + "/"):
            _check_environment(text, name, base_url)
    if is_below:
        return _api(text, url, path)
    raise DataSetNotFoundError(
        f"{text!r} is on another host than {base_url!r}, which this client asks: give an address of the API there, or "
        f"of a page of the data catalogue ({_PAGES}), or make a Client(base_url=...) for it"
    )


def _check_environment(text: str, name: str, base_url: str) -> None:
    if ENVIRONMENTS[name] != base_url:
        raise DataSetNotFoundError(
            f"{text!r} belongs to the environment {name!r}, and this client asks {base_url!r}: "
            f"open it with Client(base_url={name!r})"
        )


def _page(text: str, url: SplitResult) -> Target:
    match = _PAGE.fullmatch(unquote(url.path))
    if match is None:
        raise DataSetNotFoundError(
            f"{text!r} is not the page of a data set: that is {_PAGES}; client.data_sets(search=...) finds data sets"
        )
    return Target(text=text, file_id=match[1].lower())


def _api(text: str, url: SplitResult, path: str) -> Target:
    spoken = _VERSIONED.match(path)
    if spoken and not re.fullmatch(API_VERSION, spoken[0]):
        raise DataSetNotFoundError(
            f"{text!r} is of version {spoken[1]} of the API, and this client speaks version 1: give the address with "
            "/v1/ in its place, or see whether a newer eesclient speaks that version"
        )
    match = _API.fullmatch(unquote(path))
    if match is None:
        raise DataSetNotFoundError(
            f"{text!r} is not the address of a data set: that is …/v1/data-sets/ with a GUID after it; "
            "client.data_sets(search=...) finds data sets"
        )
    # in the path of versions and changes, a parameter elsewhere (reference, section 2)
    version = match["version"] or next(iter(parse_qs(url.query).get("dataSetVersion", [])), None)
    return Target(text=text, data_set_id=match[1].lower(), version=None if version is None else parse_version(version))
