"""From any name of a data set to the data set at an exact version."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import attrs

from .._guid import GUID, is_guid
from ..errors import AmbiguousLabelError, DataSetNotFoundError, QueryError
from ..models.data_sets import DataSet, Publication
from ..models.enums import DataSetVersionStatus
from ..models.names import Entry, NameIndex, listed
from ..models.versions import Version, VersionRange, parse_version
from ..settings import BASE_URL, ENVIRONMENTS, SITE_URL, Settings
from . import operations
from .messages import Item, Listing, T
from .operations import (
    Operation,
    ResolvedVersion,
    VersionLike,
    Withdrawn,
)
from .requests import data_set_guid

Pin: TypeAlias = Callable[[str, VersionLike | None, Withdrawn], Operation[ResolvedVersion]]
"""What pins a data set of known id, as `operations.pin` does, or as a lock says."""

_log = logging.getLogger("eesclient")


class OutsideError(DataSetNotFoundError):
    """A page of the data catalogue is of a data set outside the API.

    Attributes:
        file_id: Id of its file.
    """

    def __init__(self, message: str, *, file_id: str) -> None:
        super().__init__(message)
        self.file_id = file_id


@attrs.frozen(kw_only=True)
class _Found:
    """A data set, and the versions that the text may stand for; the first is the one that it means."""

    data_set_id: str
    versions: tuple[Version | VersionRange, ...] = ()


@attrs.frozen(kw_only=True)
class _Listed:
    publication: Publication
    data_set: DataSet

    @property
    def shown(self) -> str:
        return f"{self.publication.title} / {self.data_set.title}"


def pin(
    given: object, version: VersionLike | None = None, *, withdrawn: Withdrawn = "refuse", settings: Settings, by: Pin
) -> Operation[ResolvedVersion]:
    """Find a data set by id, address or titles, and pin it to an exact version.

    What was understood is written to the log `eesclient` at level INFO, and stands in `ResolvedVersion.understood`.

    Args:
        given: Id, address or titles.
        version: Version or range, or None.
        withdrawn: What to do with rows of a withdrawn version.
        settings: Whose addresses are asked.
        by: What pins a data set of known id.

    Raises:
        AmbiguousLabelError: Several data sets have that title.
        DataSetNotFoundError: There is none; of a title, the message lists the nearest.
        InvalidVersionError: A text is neither a version nor a range.
        QueryError: `version` contradicts the address.
        VersionNotFoundError: The data set has no such version.
    """
    target = parse(given, settings.base_url, settings.sites)
    asked = None if version is None else parse_version(version)
    found = yield from _find(target, asked)
    _check(found, target, asked)
    wanted = asked or next(iter(found.versions), None)
    try:
        pinned = yield from by(found.data_set_id, wanted, withdrawn)
    except DataSetNotFoundError as error:
        error.add_note(f"If {found.data_set_id} is out of the address of a page, open the whole address.")
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


def _find(target: Target, asked: Version | VersionRange | None) -> Operation[_Found]:
    if target.file_id is not None:
        return (yield from _by_file(target.file_id, target.text, asked))
    if target.title is not None:
        return (yield from _by_title(target.title))
    versions = () if target.version is None else (target.version,)
    return _Found(data_set_id=str(target.data_set_id), versions=versions)


def _check(found: _Found, target: Target, asked: Version | VersionRange | None) -> None:
    if asked is None or not found.versions or asked in found.versions:
        return
    # a page belongs to one version, and does not say that no later one is wanted
    if target.file_id is not None and isinstance(asked, VersionRange) and found.versions[0] in asked:
        return
    raise QueryError(
        f"version={str(asked)!r} contradicts {target.text!r}, which means version {found.versions[0]}: leave version= "
        f"out, or open {found.data_set_id!r}"
    )


def _by_file(file_id: str, text: str, asked: Version | VersionRange | None) -> Operation[_Found]:
    """The data set one of whose versions has that file: the latest version of each is looked at first."""
    known = yield from _all()
    for entry in known:
        latest = entry.data_set.latest_version
        if latest is not None and latest.file.id.lower() == file_id:
            # a file that was corrected in place keeps its id, so that earlier versions may have it too
            earlier = (yield from _with_file(entry.data_set.id, file_id)) if isinstance(asked, Version) else ()
            return _Found(data_set_id=entry.data_set.id, versions=(latest.version, *earlier))
    for entry in known:
        versions = yield from _with_file(entry.data_set.id, file_id)
        if versions:
            return _Found(data_set_id=entry.data_set.id, versions=versions)
    raise OutsideError(
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


def _by_title(title: str) -> Operation[_Found]:
    known = yield from _all()
    index = NameIndex(
        Entry(thing=entry, labels=(entry.data_set.title, entry.shown), shown=entry.shown) for entry in known
    )
    found = index.find(title)
    if len(found) == 1:
        return _Found(data_set_id=found[0].thing.data_set.id)
    if found:
        shown = [f"{entry.shown} ({entry.thing.data_set.id})" for entry in found]
        raise AmbiguousLabelError(f"{title!r} fits several data sets: {listed(shown)}; open its id", candidates=shown)
    nearest = listed(index.nearest(title)) or "none: the API has no data sets"
    raise DataSetNotFoundError(
        f"no data set of the API has the title {title!r} (nor is it a GUID or an address); the nearest: {nearest}"
    )


def _all() -> Operation[list[_Listed]]:
    """All data sets of the API, each once."""
    publications = yield from _items(operations.publications())
    known: dict[str, _Listed] = {}
    for publication in publications:
        for data_set in (yield from _items(operations.data_sets(publication.id))):
            known.setdefault(data_set.id, _Listed(publication=publication, data_set=data_set))
    return list(known.values())


def _items(listing: Listing[T]) -> Operation[list[T]]:
    """All items of a listing at once."""
    items: list[T] = []
    said = None
    while True:
        try:
            step = listing.send(said)
        except StopIteration:
            return items
        said = None
        if isinstance(step, Item):
            items.append(step.value)
        else:
            said = yield step


SITE = str(urlsplit(SITE_URL).hostname)
"""Host of the live web site."""

_SITES: Mapping[str, str] = {
    SITE: "live",
    f"www.{SITE}": "live",
    f"content.{SITE}": "live",
    f"pre-production.{SITE}": "pre-production",
    f"test.{SITE}": "test",
    f"dev.{SITE}": "development",
}
"""Environments by host of their web site."""

_NAMED = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_HOSTS = tuple({*_SITES, *(str(urlsplit(address).hostname) for address in ENVIRONMENTS.values())})
_INSIDE = re.compile(GUID, re.IGNORECASE)
_PAGE = re.compile(rf"(?:/data-catalogue/data-set|/api/data-set-files)/({GUID})(?:/.*)?", re.IGNORECASE)
_API = re.compile(rf"/v1/data-sets/({GUID})(?:/versions/(?P<version>[^/]+))?(?:/.*)?", re.IGNORECASE)
_SECRET = re.compile(r"(?<=//)[^/?#]*@|[?#].*", re.DOTALL)
"""Names, passwords and parameters, tokens among them, in an address."""

_PAGES = f"https://{SITE}/data-catalogue/data-set/…"


@attrs.frozen(kw_only=True)
class Target:
    """What a text names; one of the three after `text` is given.

    Attributes:
        text: The text, as it may be shown: an address without what may be secret in it.
        data_set_id: GUID of a data set of the API, or None.
        file_id: GUID of a data file, by which the data catalogue knows it, or None.
        title: Title of a data set, perhaps after that of its publication and ` / `; or None.
        version: The version that an address of the API names, or None.
    """

    text: str
    data_set_id: str | None = None
    file_id: str | None = None
    title: str | None = None
    version: Version | VersionRange | None = None


def parse(given: object, base_url: str = BASE_URL, sites: Iterable[str] = ()) -> Target:
    """Read what names a data set.

    Args:
        given: A GUID, an address of the API, of a page of the data catalogue or of its `/csv`, or titles.
        base_url: Address of the API that is asked; addresses must belong to it.
        sites: Addresses below which its pages are, beside the known ones.

    Raises:
        DataSetNotFoundError: The text is an address of something else, or of another service.
        InvalidVersionError: The address names a version that is none.
    """
    text = str(given).strip()
    if _NAMED.match(text) or text.lower().startswith(tuple(f"{host}/" for host in _HOSTS)):
        return _address(text, base_url, sites)
    if is_guid(text.lower()) or not text or _INSIDE.search(text):
        return Target(text=text, data_set_id=data_set_guid(text))
    return Target(text=text, title=text)


def _address(given: str, base_url: str, sites: Iterable[str]) -> Target:
    text = _SECRET.sub("", given)
    try:
        url = urlsplit(given if _NAMED.match(given) else f"https://{given}")
        port = url.port
    except ValueError as error:
        raise DataSetNotFoundError(f"{text!r} is no address: {error}") from None
    base = urlsplit(base_url)
    host = (url.hostname or "").lower()
    if host in _SITES:
        _check_environment(text, _SITES[host], base_url)
        return _page(text, url)
    if (host, port) == (base.hostname, base.port) and url.path.lower().startswith(f"{base.path.lower()}/v1/"):
        return _api(text, url, url.path[len(base.path) :])
    for site in map(urlsplit, sites):
        if (host, port) == (site.hostname, site.port) and url.path.lower().startswith(f"{site.path.lower()}/"):
            return _page(text, url._replace(path=url.path[len(site.path) :]))
    for name, address in ENVIRONMENTS.items():
        if text.lower().partition("://")[2].startswith(address.partition("://")[2] + "/"):
            _check_environment(text, name, base_url)
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
    match = _API.fullmatch(unquote(path))
    if match is None:
        raise DataSetNotFoundError(
            f"{text!r} is no address of a data set: that is …/v1/data-sets/ with a GUID after it; "
            "client.data_sets(search=...) finds data sets"
        )
    asked = match["version"] or next(iter(parse_qs(url.query).get("dataSetVersion", [])), None)
    return Target(text=text, data_set_id=match[1].lower(), version=None if asked is None else parse_version(asked))
