"""What `ees doctor` looks at: what is installed, set, stored, locked and reachable, and what to do about it."""

from __future__ import annotations

import difflib
import json
import os
import platform
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Literal, TypeAlias

import attrs

from ._classes import frozen
from .client import Client
from .errors import EESError
from .lock.disk import LOCK_NAME, read_lock
from .models.names import bare
from .settings import Settings, default_store, settings
from .store.blobs import Store
from .store.usage import usage
from .transport.certificates import trust
from .transport.proxies import proxy_for

Topic: TypeAlias = Literal["installed", "set", "stored", "locked", "reachable"]

VARIABLES = (
    *("EES_API_URL", "EES_CONTENT_URL", "EES_SITE_URL", "EES_STORE", "EES_OFFLINE"),
    *("EES_PREVIEW_TOKEN", "EES_TIME_LIMIT", "EES_MAX_UNPACKED", "EES_MAX_IN_MEMORY"),
    "EES_PROGRESS",
)
_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")

_LEAST_FREE = 500_000_000
"""Bytes free for the store below which a data file may not find room."""

_PATIENCE = 10.0
"""Seconds in which the service has to answer."""


@frozen(kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        topic: What it is about.
        name: What was looked at.
        text: How it is.
        advice: What to do; "" where it is well.
    """

    topic: Topic
    name: str
    text: str
    advice: str = ""

    @property
    def is_ok(self) -> bool:
        """True if there is nothing to do."""
        return not self.advice

    def to_text(self) -> str:
        """A line, and one more with what to do."""
        line = f"{'ok' if self.is_ok else 'ATTENTION':<9}  {self.topic:<9}  {self.name}: {self.text}\n"
        return line if self.is_ok else f"{line}{'':<22} -> {self.advice}\n"


@frozen(kw_only=True)
class Checkup:
    """All that was looked at.

    Attributes:
        findings: Each thing, by topic.
    """

    findings: tuple[Finding, ...]

    @property
    def is_ok(self) -> bool:
        """True if nothing needs attention."""
        return all(finding.is_ok for finding in self.findings)

    def to_text(self) -> str:
        """A line for each thing, and how many need attention."""
        number = sum(not finding.is_ok for finding in self.findings)
        verdict = f"{number} to look at" if number else "nothing to look at"
        return "".join(finding.to_text() for finding in self.findings) + f"{verdict}\n"

    def to_json(self) -> str:
        """JSON text: whether all is well, and each thing."""
        findings = [{"ok": one.is_ok, **attrs.asdict(one)} for one in self.findings]
        return json.dumps({"ok": self.is_ok, "findings": findings}, ensure_ascii=False, indent=2) + "\n"


def examine(
    *,
    base_url: str | None = None,
    store: Path | None = None,
    lock: Path = Path(LOCK_NAME),
    offline: bool = False,
) -> Checkup:
    """Look at everything; nothing is written, and no secret stands in what is found.

    Args:
        base_url: Address of the service; None for what the environment says.
        store: Folder or bundle; None for the default store.
        lock: The lock file.
        offline: Whether the service is not asked.
    """
    found = [*_installed(), *_variables(os.environ), *_network(base_url), *_stored(store), *_locked(lock)]
    return Checkup(findings=(*found, *_reachable(base_url, offline=offline)))


def explain(code: str) -> str:
    """The part of docs/errors.md about a code such as `EES-E10`.

    Raises:
        EESError: There is no such code.
    """
    # in a wheel the page lies beside this module, in a checkout with the others
    places = (Path(__file__).with_name("errors.md"), Path(__file__).parents[2] / "docs" / "errors.md")
    page = next(place for place in places if place.is_file()).read_text(encoding="utf-8")
    sections = dict(re.findall(r"^### (\S+)\n\n(.*?)\n*(?=^##|\Z)", page, re.DOTALL | re.MULTILINE))
    name = code.strip(" []").upper()
    if name not in sections:
        first, *_, last = sections
        raise EESError(f"{code!r} is no code of an error or warning: those are {first} to {last}: copy all of it")
    return f"{name}\n{sections[name]}\n"


def _told(topic: Topic, name: str, look: Callable[[], str], advice: str = "") -> Finding:
    """What a look finds; where it fails, the error says what to do."""
    try:
        return Finding(topic=topic, name=name, text=look(), advice=advice)
    except (EESError, OSError) as error:
        return Finding(topic=topic, name=name, text="not well", advice=str(error))


# Installed


def _installed() -> Iterator[Finding]:
    yield Finding(topic="installed", name="eesclient", text=_version("eesclient") or "a checkout, not installed")
    python = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    yield Finding(topic="installed", name="Python", text=python)
    try:
        wanted = requires("eesclient") or []
    except PackageNotFoundError:
        return
    parts: dict[str, list[str]] = {}
    for line in wanted:
        name = re.split(r"[^\w.-]", line, maxsplit=1)[0]
        extra = re.search(r"extra == ['\"]([\w-]+)['\"]", line)
        # what is for another system is not missing on this one
        if extra or ";" not in line:
            parts.setdefault(extra[1] if extra else "", []).append(name)
    for part, names in sorted(parts.items()):
        versions = {name: _version(name) for name in names}
        missing = [name for name, one in versions.items() if one is None]
        text = ", ".join(f"{name} {one}" for name, one in versions.items() if one)
        if part:
            text = f"not installed (pip install 'eesclient[{part}]')" if missing else text
            yield Finding(topic="installed", name=f"extra {part}", text=text)
        else:
            advice = f"missing: {', '.join(missing)}: pip install eesclient" if missing else ""
            yield Finding(topic="installed", name="libraries", text=text, advice=advice)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


# Set


def _variables(environment: Mapping[str, str]) -> Iterator[Finding]:
    for name, value in sorted(environment.items()):
        if not name.startswith("EES_"):
            continue
        # a password may stand in an address, and a token is one
        text = "set, and not shown" if "TOKEN" in name else repr(bare(value))
        near = [] if name in VARIABLES else difflib.get_close_matches(name, VARIABLES, n=1, cutoff=0.75)
        text += "" if name in VARIABLES else " (not read by eesclient)"
        yield Finding(topic="set", name=name, text=text, advice=f"did you mean {near[0]}?" if near else "")


def _network(base_url: str | None) -> Iterator[Finding]:
    try:
        chosen = _settings(base_url)
    except EESError as error:
        yield Finding(topic="set", name="settings", text="not well", advice=str(error))
        chosen = Settings()
    if chosen.offline:
        yield Finding(topic="set", name="EES_OFFLINE", text="the store alone answers")
    said = {name: os.environ.get(name) or os.environ.get(name.lower()) for name in _PROXIES}
    for name, value in said.items():
        if value:
            yield Finding(topic="set", name=name, text=repr(value if name == "NO_PROXY" else bare(value)))
    yield _told("set", "way to the API", lambda: _way(chosen.base_url))
    yield _told("set", "way to the catalogue", lambda: _way(chosen.site_url))
    yield _told("set", "certificates", lambda: f"verified by {trust().name}")
    if os.environ.get("SSLKEYLOGFILE"):
        advice = "whoever reads that file reads what is sent: unset it when you are done"
        yield Finding(topic="set", name="SSLKEYLOGFILE", text="keys of connections are written down", advice=advice)


def _settings(base_url: str | None) -> Settings:
    return settings(base_url=base_url, timeout=_PATIENCE, retries=0, max_in_flight=1)


def _way(url: str) -> str:
    proxy = proxy_for(url)
    return f"{url} {f'through the proxy {proxy.url} ({proxy.variable})' if proxy else 'directly'}"


# Stored and locked


def _stored(named: Path | None) -> Iterator[Finding]:
    try:
        path = default_store() if named is None else named.expanduser()
    except EESError as error:
        yield Finding(topic="stored", name="store", text="not well", advice=str(error))
        return
    if path is None:
        yield Finding(topic="stored", name="store", text="none (EES_STORE=none)")
        return
    yield _told("stored", "store", lambda: _held(path))
    if path.suffix.lower() == ".zip" and path.is_file():
        return
    above = next(place for place in (path, *path.absolute().parents) if place.exists())
    if not os.access(above, os.W_OK):
        advice = "nothing is kept: make it yours, or name another folder in EES_STORE"
        yield Finding(topic="stored", name="folder", text=f"{above} cannot be written", advice=advice)
        return
    free = shutil.disk_usage(above).free
    advice = "" if free >= _LEAST_FREE else "ees store prune says what can go; or name another folder in EES_STORE"
    yield Finding(topic="stored", name="folder", text=f"can be written, {free / 1e9:,.1f} GB free", advice=advice)


def _held(path: Path) -> str:
    if not path.exists():
        return f"{path}: nothing yet, the first answer makes it"
    held = usage(Store(path))
    return f"{path}: {held.answers:,} answers, {held.size / 1e6:,.1f} MB"


def _locked(path: Path) -> Iterator[Finding]:
    if not path.exists():
        yield Finding(topic="locked", name=str(path), text="none here")
        return
    yield _told("locked", str(path), lambda: _in_lock(path))


def _in_lock(path: Path) -> str:
    lock = read_lock(path)
    without = sum(entry.data_sha256 is None for entry in lock.entries)
    text = f"{len(lock.entries)} data sets, {len(lock.files)} files of the catalogue, of {bare(lock.base_url)}"
    return f"{text}; {without} without the digest of their data (ees sync adds it)" if without else text


# Reachable


def _reachable(base_url: str | None, *, offline: bool) -> Iterator[Finding]:
    try:
        chosen = _settings(base_url)
        _ = proxy_for(chosen.base_url), trust()
    except EESError:
        # said above
        return
    if offline or chosen.offline:
        yield Finding(topic="reachable", name="API", text="not asked, offline")
        return
    yield _told("reachable", "API", lambda: _answered(base_url))


def _answered(base_url: str | None) -> str:
    with Client(base_url=base_url, store=None, retries=0, timeout=_PATIENCE) as client:
        begun = time.monotonic()
        found = next(client.publications(), None)
        took = time.monotonic() - begun
    return f"answered in {took:.2f} s{'' if found else ', and has no publication'}"
