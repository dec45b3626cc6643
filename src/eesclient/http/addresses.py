"""What a text that names a data set means: an id, an address of the API or of the web site, or titles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import attrs

from .._guid import GUID, is_guid
from ..errors import DataSetNotFoundError
from ..models.versions import Version, VersionRange, parse_version
from ..settings import BASE_URL, ENVIRONMENTS, SITE_URL
from .requests import data_set_guid

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
