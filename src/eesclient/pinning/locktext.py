"""Lock files as text: read with everything that is wrong at once, written the same each time."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from .._guid import GUID
from ..errors import InvalidVersionError, LockError
from ..models.versions import Version, VersionRange, parse_version
from .lock import LOCK_VERSION, FileEntry, LockEntry, LockFile

_HEAD = """\
# The exact versions of the data sets that this project reads from England's education statistics.
# Keep it under version control, and let `ees lock` change it; `ees lock --check` compares it with the service.
"""

_GUID = re.compile(GUID)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LARGEST = 2**63 - 1

T = TypeVar("T")


def write_text(lock: LockFile) -> str:
    """A lock file as TOML; equal files give equal text."""
    tables = [_table(entry) for entry in (*lock.entries, *lock.files)]
    return "\n".join([f"{_HEAD}\nlock_version = {_text(LOCK_VERSION)}\nbase_url = {_text(lock.base_url)}\n", *tables])


def _table(entry: LockEntry) -> str:
    kind = "file" if isinstance(entry, FileEntry) else "data_set"
    return f"[[{kind}]]\n" + "".join(f"{name} = {value}\n" for name, value in _members(entry))


def _members(entry: LockEntry) -> Iterator[tuple[str, str]]:
    yield "id", _text(entry.id)
    yield "title", _text(entry.title)
    if isinstance(entry, FileEntry):
        yield "publication", _text(entry.publication)
        if entry.updated is not None:
            yield "updated", _time(entry.updated)
    if entry.asked is not None:
        yield "asked", _text(str(entry.asked))
    if not isinstance(entry, FileEntry):
        yield "version", _text(str(entry.version))
    yield "release", _text(entry.release)
    if entry.published is not None:
        yield "published", _time(entry.published)
    yield "rows", str(entry.rows)
    yield "meta_sha256", _text(entry.meta_sha256)
    if entry.data_sha256 is not None:
        yield "data_sha256", _text(entry.data_sha256)
        yield "data_size", str(entry.data_size)
    if entry.withdrawn == "read":
        yield "withdrawn", _text(entry.withdrawn)


def _time(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", lambda sign: f"\\u{ord(sign[0]):04x}", escaped) + '"'


def read_text(content: bytes, *, path: str) -> LockFile:
    """Read a lock file.

    Unknown keys are ignored.

    Args:
        content: Its bytes.
        path: Its name, for errors.

    Raises:
        LockError: It is no lock file of a version that is known here; all problems are listed, each with its place.
    """
    try:
        members = tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:
        raise LockError(f"{path} is no TOML: {error}", path=path, problems=(str(error),)) from error
    reading = _Reading()
    _check_version(reading.text(members, "lock_version"), path)
    base_url = reading.address(members, "base_url")
    entries = [
        entry
        for place, table in reading.tables(members, "data_set")
        if (entry := _entry(reading, table, place)) is not None
    ]
    files = [
        entry for place, table in reading.tables(members, "file") if (entry := _file(reading, table, place)) is not None
    ]
    for name, listed in (("data_set", entries), ("file", files)):
        for index, entry in enumerate(listed):
            if entry.id in {other.id for other in listed[:index]}:
                reading.say(name, f"{entry.id} stands there twice")
    if reading.problems or base_url is None:
        problems = "\n".join(f"  {problem}" for problem in reading.problems)
        raise LockError(
            f"{path} cannot be read; mend it, or make it anew with ees lock:\n{problems}",
            path=path,
            problems=reading.problems,
        )
    return LockFile(base_url=base_url, entries=entries, files=files)


def _check_version(text: str | None, path: str) -> None:
    known = LOCK_VERSION.partition(".")[0]
    if text is None or text.partition(".")[0] == known:
        return
    problem = f"lock_version: {text!r} is not known here, only {known}.x"
    raise LockError(f"{path}: {problem}; update eesclient to read it", path=path, problems=(problem,))


class _Reading:
    """Takes members out of parsed TOML, and gathers what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def say(self, place: str, problem: str) -> None:
        """Add a problem."""
        self.problems.append(f"{place}: {problem}")

    def text(
        self,
        table: Mapping[str, Any],
        name: str,
        place: str = "",
        *,
        needed: bool = True,
        form: re.Pattern[str] | None = None,
    ) -> str | None:
        """A text, in a form if there is one for it."""
        value = self._member(table, name, place, (str, "text"), needed=needed)
        if value is not None and form is not None and not form.fullmatch(value):
            self.say(place + name, f"{value!r} has not the form of one")
            return None
        return value

    def address(self, table: Mapping[str, Any], name: str) -> str | None:
        """An address, or what a local service calls itself."""
        value = self.text(table, name)
        try:
            urlsplit(value or "")
        except ValueError as error:
            self.say(name, f"{value!r} is no address: {error}")
            return None
        return value

    def count(self, table: Mapping[str, Any], name: str, place: str, *, needed: bool = True) -> int | None:
        """A whole number of at least 0."""
        value = self._member(table, name, place, (int, "whole number"), needed=needed)
        if value is not None and not 0 <= value <= _LARGEST:
            self.say(place + name, f"a count cannot be {'negative' if value < 0 else 'so large'}")
            return None
        return value

    def time(self, table: Mapping[str, Any], name: str, place: str) -> datetime | None:
        """A time with its offset, or None where there is none."""
        value = self._member(table, name, place, (datetime, "time such as 2026-03-01T09:30:00Z"), needed=False)
        if value is None or value.tzinfo is None:
            if value is not None:
                self.say(place + name, "the time lacks its offset, such as the Z of 2026-03-01T09:30:00Z")
            return None
        try:
            return value.astimezone(UTC)
        except OverflowError:
            self.say(place + name, f"{value} is outside the years 1 to 9999")
            return None

    def version(
        self, table: Mapping[str, Any], name: str, place: str, parse: Callable[[str], Any], *, needed: bool = True
    ) -> Any:
        """A version or range, read by `parse`."""
        text = self.text(table, name, place, needed=needed)
        try:
            return None if text is None else parse(text)
        except InvalidVersionError as error:
            self.say(place + name, str(error))
            return None

    def tables(self, table: Mapping[str, Any], name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The tables of an array, each with its place."""
        found = table.get(name, [])
        if not isinstance(found, list):
            self.say(name, f"write [[{name}]] for each of them")
            return
        for index, item in enumerate(found):
            if isinstance(item, dict):
                yield f"{name}[{index}].", item
            else:
                self.say(f"{name}[{index}]", "is no table")

    def _member(
        self, table: Mapping[str, Any], name: str, place: str, form: tuple[type[T], str], *, needed: bool
    ) -> T | None:
        value = table.get(name)
        if value is None:
            if needed:
                self.say(place + name, "is missing")
            return None
        if not isinstance(value, form[0]) or isinstance(value, bool):
            self.say(place + name, f"is no {form[1]}")
            return None
        return value


def _entry(reading: _Reading, table: Mapping[str, Any], place: str) -> LockEntry | None:
    before = len(reading.problems)
    members: dict[str, Any] = {
        "id": reading.text(table, "id", place, form=_GUID),
        "title": reading.text(table, "title", place),
        "asked": reading.version(table, "asked", place, parse_version, needed=False),
        "version": reading.version(table, "version", place, Version.parse),
        "release": reading.text(table, "release", place),
        "published": reading.time(table, "published", place),
        "rows": reading.count(table, "rows", place),
        "meta_sha256": reading.text(table, "meta_sha256", place, form=_SHA256),
        "data_sha256": reading.text(table, "data_sha256", place, needed=False, form=_SHA256),
        "data_size": reading.count(table, "data_size", place, needed=False),
        "withdrawn": reading.text(table, "withdrawn", place, needed=False) or "refuse",
    }
    if len(reading.problems) == before:
        _check_together(reading, place, members)
    return LockEntry(**members) if len(reading.problems) == before else None


def _file(reading: _Reading, table: Mapping[str, Any], place: str) -> FileEntry | None:
    before = len(reading.problems)
    members: dict[str, Any] = {
        "id": reading.text(table, "id", place, form=_GUID),
        "title": reading.text(table, "title", place),
        "publication": reading.text(table, "publication", place),
        "updated": reading.time(table, "updated", place),
        "release": reading.text(table, "release", place),
        "published": reading.time(table, "published", place),
        "rows": reading.count(table, "rows", place),
        "meta_sha256": reading.text(table, "meta_sha256", place, form=_SHA256),
        "data_sha256": reading.text(table, "data_sha256", place, form=_SHA256),
        "data_size": reading.count(table, "data_size", place),
    }
    return FileEntry(**members) if len(reading.problems) == before else None


def _check_together(reading: _Reading, place: str, members: Mapping[str, Any]) -> None:
    asked, version = members["asked"], members["version"]
    if (isinstance(asked, VersionRange) and version not in asked) or (isinstance(asked, Version) and version != asked):
        reading.say(f"{place}version", f"{version} is not what {str(asked)!r} asks for")
    if (members["data_sha256"] is None) != (members["data_size"] is None):
        reading.say(f"{place}data_sha256", "and data_size need each other")
    if members["withdrawn"] not in ("read", "refuse"):
        reading.say(f"{place}withdrawn", f'{members["withdrawn"]!r}: write "read", or leave it out')
