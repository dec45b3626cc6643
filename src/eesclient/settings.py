"""Settings of a client: arguments beat the environment, which beats the defaults. Nothing is read at import."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, overload
from urllib.parse import unquote, urlsplit

import attrs

from ._classes import frozen
from .errors import EESWarning, SettingsError, warn
from .models.names import API_VERSION, bare, is_guid
from .models.progress import ProgressLike
from .unpack import MAX_UNPACKED


class Default(Enum):
    """Stands for what is not said."""

    STORE = "the default store"


BASE_URL = "https://api.education.gov.uk/statistics"
"""Address of the live service, without the version segment."""

ENVIRONMENTS = {
    "live": BASE_URL,
    "pre-production": "https://pp-api.education.gov.uk/statistics-preprod",
    "test": "https://pp-api.education.gov.uk/statistics-test",
    "development": "https://pp-api.education.gov.uk/statistics-dev",
}
"""Addresses of the service's environments by name (reference, section 1)."""

CONTENT_URL = "https://content.explore-education-statistics.service.gov.uk/api"
SITE_URL = "https://explore-education-statistics.service.gov.uk"
"""Unofficial addresses of the live service's data catalogue: what its web site asks, and the site itself."""

CONNECT_TIMEOUT = 10.0
"""Seconds to wait for a connection, unless the time-out is shorter."""


LARGE_WAIT, SMALL_WAIT = 60.0, 35.0
"""Seconds to wait for metadata, rows and files, and for all else, unless a time-out is given."""

WHOLE, LEAST_PACE = 5, 10_000
"""Times the read time-out in which an answer must be whole, and bytes a second at which a file may take longer."""

_LONGEST = 1_000_000_000
"""Seconds of the longest duration: no system waits for longer than some hundred years."""

IN_MEMORY = 256 << 20
"""Bytes of stored tables that are kept in memory, unless said otherwise: some two million rows with five indicators."""

JSON_SHARE = 16
"""The part of `max_unpacked` that JSON may take, which is read in memory."""


def origin(address: str) -> str:
    """Scheme, host and port of an address."""
    return "/".join(bare(address).strip().lower().split("/", 3)[:3])


def _authorized(address: str) -> tuple[str, str | None]:
    """An address without name and password, and the header that says them."""
    found = re.match(r"\s*\w+://([^/?#\\@]*)@", address)
    if found is None:
        return address, None
    name, _, password = found[1].partition(":")
    said = f"{unquote(name)}:{unquote(password)}".encode("utf-8", "replace")
    return bare(address), f"Basic {b64encode(said).decode()}"


def _base_url(value: str) -> str:
    if not isinstance(value, str):
        raise SettingsError(f"base_url={value!r}: write an address as text, such as {BASE_URL!r}")
    named = ENVIRONMENTS.get(value.strip().lower(), value)
    # addresses are often copied with the version segment
    return re.sub(f"{API_VERSION}$", "", named.strip().rstrip("/"))


def _can_be_asked(address: str) -> bool:
    # urlsplit leaves line ends and tabs out without a word
    if not address.isprintable() or re.search(r"[\s@?#\\]", address):
        return False
    try:
        parts = urlsplit(address)
        # the port raises where it is not a number
        return parts.port != 0 and parts.scheme in ("http", "https") and 0 < _length(parts.hostname or "") < 254
    except ValueError:
        return False


def _length(host: str) -> int:
    # plain labels are as they are, and the tables for others take 1 ms to import
    is_plain = host.isascii() and all(0 < len(label) < 64 for label in host.split("."))
    return len(host if is_plain else host.encode("idna"))


def _is_address(_: object, field: attrs.Attribute[str], value: str) -> None:
    if not _can_be_asked(value):
        name, example = f"EES_{field.name.upper()}", repr(SITE_URL)
        if field.name == "base_url":
            name, example = field.name, f"{BASE_URL!r}, or one of {', '.join(ENVIRONMENTS)}"
        # a base URL is mostly given in one of two ways
        other = " (or EES_API_URL)" if field.name == "base_url" else ""
        raise SettingsError(f"{name}={bare(value)!r}{other}: write an address such as {example}")


def _unofficial(live: str, below: str) -> Any:
    """An address of the data catalogue: that of the live service, else below the base URL."""
    default = attrs.Factory(lambda self: live if self.base_url == BASE_URL else self.base_url + below, takes_self=True)
    return attrs.field(default=default, converter=lambda value: value.strip().rstrip("/"), validator=_is_address)


def _is_duration(_: object, field: attrs.Attribute[float], value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _LONGEST:
        raise SettingsError(f"{field.name}={value!r}: write a number of seconds above 0, {_LONGEST:,} at most")


def _is_count(least: int) -> Any:
    def check(_: object, field: attrs.Attribute[int], value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise SettingsError(f"{field.name}={value!r}: write a whole number of at least {least}")

    return check


def _is_progress(_: object, __: attrs.Attribute[ProgressLike], value: object) -> None:
    if not (value is None or isinstance(value, bool) or callable(value)):
        raise SettingsError(f"progress={value!r}: write True, False or None, or a function that is told")


def _token(value: str | None) -> str | None:
    return value.strip().lower() if isinstance(value, str) else value


def _is_token(_: object, __: attrs.Attribute[str | None], value: object) -> None:
    # what was given is not shown: it may be a secret with a typing error
    if value is not None and not (isinstance(value, str) and is_guid(value)):
        raise SettingsError(
            "preview_token= (or EES_PREVIEW_TOKEN) is not a GUID such as 01234567-89ab-cdef-0123-456789abcdef: copy "
            "the whole token from the page that made it"
        )


@frozen(kw_only=True)
class Settings:
    """How a client reaches the service.

    Attributes:
        base_url: Address without the version segment.
        content_url: Unofficial address behind the data catalogue; where it is not known, that of `ees serve`.
        site_url: Address of the web site; where it is not known, that of `ees serve`.
        connect_timeout: Seconds to wait for a connection.
        read_timeout: Seconds to wait for any answer; None for what its kind may take, see `wait`.
        retries: Tries after the first.
        time_limit: Seconds in which an answer must have come whole; None for five times `read_timeout`, at least 5. A
            data file may take a second more for each 10 kB of it that came.
        max_unpacked: Bytes that a data file may have, unpacked; JSON a sixteenth of them.
        max_in_memory: Bytes of stored tables that stay in memory at most.
        total_retry_time: Seconds after the first try in which another may begin.
        max_in_flight: Requests sent side by side at most.
        preview_token: GUID that shows a draft version; a secret, so not part of the repr.
        authorization: Header by origin, of addresses that were given with a name and password; a secret too.
        offline: Whether no connection is attempted, and only the store answers.
        progress: Whether bars are shown, None for in notebooks; or what is told instead.
    """

    base_url: str = attrs.field(default=BASE_URL, converter=_base_url, validator=_is_address)
    content_url: str = _unofficial(CONTENT_URL, "/content/api")
    site_url: str = _unofficial(SITE_URL, "/site")
    connect_timeout: float = attrs.field(default=CONNECT_TIMEOUT, validator=_is_duration)
    read_timeout: float | None = attrs.field(default=None, validator=attrs.validators.optional(_is_duration))
    retries: int = attrs.field(default=2, validator=_is_count(0))
    total_retry_time: float = attrs.field(default=60.0, validator=_is_duration)
    max_in_flight: int = attrs.field(default=6, validator=_is_count(1))
    preview_token: str | None = attrs.field(default=None, converter=_token, validator=_is_token, repr=False)
    time_limit: float | None = attrs.field(default=None, validator=attrs.validators.optional(_is_duration))
    max_unpacked: int = attrs.field(default=MAX_UNPACKED, validator=_is_count(1))
    max_in_memory: int = attrs.field(default=IN_MEMORY, validator=_is_count(0))
    authorization: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    offline: bool = False
    progress: ProgressLike = attrs.field(default=None, validator=_is_progress)

    @property
    def whole_time(self) -> float:
        """Seconds in which an answer must have come whole."""
        return self.time_limit or max(WHOLE, WHOLE * (self.read_timeout or LARGE_WAIT))

    def wait(self, path: str) -> float:
        """Seconds to wait for an answer of the kind that a path asks for.

        The service gives up on any after 30 seconds; metadata, rows and files may also be long under way to here.
        """
        return self.read_timeout or (LARGE_WAIT if path.endswith(("/meta", "/query", "/csv")) else SMALL_WAIT)

    @overload
    def hidden(self, text: str) -> str: ...
    @overload
    def hidden(self, text: bytes) -> bytes: ...
    def hidden(self, text: str | bytes) -> str | bytes:
        """A text of a server, without the preview token, should it say it."""
        if self.preview_token is None:
            return text
        if isinstance(text, str):
            # a server may send half a character
            return self.hidden(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")
        return re.sub(re.escape(self.preview_token.encode()), b"(preview token)", text, flags=re.IGNORECASE)

    @property
    def sites(self) -> tuple[str, ...]:
        """Addresses below which the paths of the data catalogue's pages and files stand."""
        return (self.site_url, self.content_url.removesuffix("/api"))

    def changed(
        self, *, timeout: float | None = None, retries: int | None = None, time_limit: float | None = None
    ) -> Settings:
        """These settings with others in place of those that are given."""
        given = {"retries": retries, "time_limit": time_limit}
        changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        if timeout is not None:
            changes["read_timeout"] = timeout
        # alone first, so that an error names what was given and not what follows from it
        changed = attrs.evolve(self, **changes)
        if timeout is None:
            return changed
        return attrs.evolve(changed, connect_timeout=min(CONNECT_TIMEOUT, timeout))


def default_store() -> Path | None:
    """Folder in which answers are kept unless something else is said; None for nowhere.

    In the folder that `EES_STORE` names (`none` for nowhere), else in one among the data of the user.
    """
    named = os.environ.get("EES_STORE", "").strip()
    if named.lower() == "none":
        return None
    if named:
        try:
            return Path(named).expanduser()
        except RuntimeError as error:
            raise SettingsError(f"EES_STORE={named!r} names no folder ({error}): write its whole path") from error
    from platformdirs import user_data_path

    return user_data_path("eesclient", appauthor=False) / "store"


def flag(variable: str, what: str) -> bool | None:
    """What a variable says, 1 for what it is about, or 0; None where that is nothing."""
    text = os.environ.get(variable, "").strip().lower()
    if text and text not in _TRUE + _FALSE:
        raise SettingsError(f"{variable}={text!r}: write 1 {what}, or 0")
    return text in _TRUE if text else None


BARS = ("EES_PROGRESS", "for bars")
"""The variable that says whether bars are shown, and what 1 is for."""

_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


def settings(
    *,
    base_url: str | None,
    timeout: float | None,
    retries: int,
    max_in_flight: int,
    time_limit: float | None = None,
    max_unpacked: int | None = None,
    max_in_memory: int | None = None,
    preview_token: str | None = None,
    offline: bool | None = None,
    progress: ProgressLike = None,
    locked_url: str | None = None,
) -> Settings:
    """Settings of a client, from its arguments, else the environment; as `Client` says.

    `EES_CONTENT_URL` and `EES_SITE_URL` say where the data catalogue is, where that is not known. `locked_url` is the
    address in a lock file, asked where no other is given; no token goes there unless the user means it too.
    """
    given: dict[str, Any] = {"retries": retries, "max_in_flight": max_in_flight}
    given["offline"] = bool(flag("EES_OFFLINE", "to be offline")) if offline is None else offline
    given["progress"] = flag(*BARS) if progress is None else progress
    secrets: dict[str, str] = {}
    for name, value, variable, read in (
        ("base_url", locked_url if base_url is None else base_url, "EES_API_URL", str),
        ("content_url", None, "EES_CONTENT_URL", str),
        ("site_url", None, "EES_SITE_URL", str),
        ("preview_token", preview_token, "EES_PREVIEW_TOKEN", str),
        ("time_limit", time_limit, "EES_TIME_LIMIT", float),
        ("max_unpacked", max_unpacked, "EES_MAX_UNPACKED", int),
        ("max_in_memory", max_in_memory, "EES_MAX_IN_MEMORY", int),
    ):
        text = os.environ.get(variable, "").strip() if value is None else value
        # a variable that is set to nothing says nothing; an argument that is empty is wrong
        if value is None and text:
            text = _read(variable, str(text), read)
        if name.endswith("_url") and isinstance(text, str):
            # a password goes into a header, and into no message
            text, secret = _authorized(text)
            secrets |= {} if secret is None else {origin(text): secret}
        if value is not None or text:
            given[name] = text
    if base_url is None and locked_url is not None and given.get("preview_token") and not _is_meant(given["base_url"]):
        del given["preview_token"]
    return Settings(**given, authorization=secrets).changed(timeout=timeout)


def _is_meant(locked_url: str) -> bool:
    """Say whether the user names the origin that a lock file names; a warning where not."""
    if origin(_base_url(os.environ.get("EES_API_URL", "").strip() or BASE_URL)) == origin(locked_url):
        return True
    warn(
        f"the preview token is not sent to {locked_url}, which only the lock file names: give that address too "
        "(base_url= or EES_API_URL) if it is meant for there",
        EESWarning,
    )
    return False


def _read(variable: str, text: str, read: Callable[[str], Any]) -> Any:
    try:
        return read(text)
    except ValueError:
        raise SettingsError(f"{variable}={text!r}: write a number") from None
