"""Lock files as TOML: read with everything that is wrong at once, written the same each time.

The writer is our own: tomli-w and tomlkit write times and line ends in texts in other ways, and some signs as they are
that show as nothing, so that the files of users would change where nothing in them did.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache, partial
from types import GenericAlias
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from urllib.parse import urlsplit

import attrs

from .._guid import GUID
from .._toml import FaultError, faults
from ..errors import LockError
from ..models.versions import Version, VersionRange, parse_version
from .lock import LOCK_VERSION, FileEntry, LockEntry, LockFile

if TYPE_CHECKING:
    from cattrs import Converter

_HEAD = """\
# The exact versions of the data sets that this project reads from England's education statistics.
# Keep it under version control, and let `ees lock` change it; `ees lock --check` compares it with the service.
"""

_LARGEST = 2**63 - 1

_Read: TypeAlias = Callable[[Any], Any]
"""Reads a member, which is None where it is needed and missing."""


def write_text(lock: LockFile) -> str:
    """A lock file as TOML; equal files give equal text."""
    tables = [_written(entry) for entry in (*lock.entries, *lock.files)]
    return "\n".join(
        [f"{_HEAD}\nlock_version = {_quoted(LOCK_VERSION)}\nbase_url = {_quoted(lock.base_url)}\n", *tables]
    )


def _written(entry: LockEntry) -> str:
    kind = "file" if isinstance(entry, FileEntry) else "data_set"
    return f"[[{kind}]]\n" + "".join(f"{name} = {value}\n" for name, value in _members(entry))


def _members(entry: LockEntry) -> Iterator[tuple[str, str]]:
    yield "id", _quoted(entry.id)
    yield "title", _quoted(entry.title)
    if isinstance(entry, FileEntry):
        yield "publication", _quoted(entry.publication)
        if entry.updated is not None:
            yield "updated", _moment(entry.updated)
    if entry.asked is not None:
        yield "asked", _quoted(str(entry.asked))
    if not isinstance(entry, FileEntry):
        yield "version", _quoted(str(entry.version))
    yield "release", _quoted(entry.release)
    if entry.published is not None:
        yield "published", _moment(entry.published)
    yield "rows", str(entry.rows)
    yield "meta_sha256", _quoted(entry.meta_sha256)
    if entry.data_sha256 is not None:
        yield "data_sha256", _quoted(entry.data_sha256)
        yield "data_size", str(entry.data_size)
    if entry.withdrawn == "read":
        yield "withdrawn", _quoted(entry.withdrawn)


def _moment(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", lambda sign: f"\\u{ord(sign[0]):04x}", escaped) + '"'


@attrs.frozen(kw_only=True)
class _Document:
    """Members of a lock file by the names that they have in it."""

    lock_version: str
    base_url: str
    data_set: tuple[LockEntry, ...] = ()
    file: tuple[FileEntry, ...] = ()


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
        parsed = tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:
        raise LockError(f"{path} is no TOML: {error}", path=path, problems=(str(error),)) from error
    _check_version(parsed.get("lock_version"), path)
    try:
        found = _converter().structure(parsed, _Document)
    except (ValueError, BaseExceptionGroup) as error:
        problems = [f"{place}: {text}" for place, text in faults(error)]
        listed = "\n".join(f"  {problem}" for problem in problems)
        raise LockError(
            f"{path} cannot be read; mend it, or make it anew with ees lock:\n{listed}", path=path, problems=problems
        ) from error
    return LockFile(base_url=found.base_url, entries=found.data_set, files=found.file)


def _check_version(text: object, path: str) -> None:
    known = LOCK_VERSION.partition(".")[0]
    if not isinstance(text, str) or text.partition(".")[0] == known:
        return
    problem = f"lock_version: {text!r} is not known here, only {known}.x"
    raise LockError(f"{path}: {problem}; update eesclient to read it", path=path, problems=(problem,))


@cache
def _converter() -> Converter:
    from cattrs import Converter
    from cattrs.gen import make_dict_structure_fn, override

    converter = Converter()
    shared: dict[str, _Read] = {"id": _guid, "title": _text, "release": _text, "published": _time, "rows": _count}
    shared |= {"meta_sha256": _sha256, "data_sha256": _sha256, "data_size": _count}
    of_data_set = shared | {"asked": _asked, "version": _version, "withdrawn": _text}
    of_file = shared | {"publication": _text, "updated": _time}

    def hook(type_: type, readers: Mapping[str, _Read]) -> Callable[[Any], Any]:
        # what has no reader is not in the file
        options: dict[str, Any] = {field.name: override(omit=True) for field in attrs.fields(type_)}
        options |= {name: override(struct_hook=_hooked(read)) for name, read in readers.items()}
        structure: Callable[..., Any] = make_dict_structure_fn(type_, converter, **options)
        return lambda value: structure(value, type_)

    data_set, file = hook(LockEntry, of_data_set), hook(FileEntry, of_file)
    # members that a data set may lack
    needed = dict.fromkeys(("publication", "data_sha256", "data_size"))
    converter.register_structure_hook(LockEntry, _hooked(lambda value: _checked(data_set(_table(value)))))
    converter.register_structure_hook(FileEntry, _hooked(lambda value: file(needed | _table(value))))

    def each(name: str, type_: type[LockEntry]) -> _Read:
        return lambda value: _once(converter.structure(_list(value, name), cast(Any, GenericAlias(list, type_))))

    document = {"lock_version": _text, "base_url": _address}
    document |= {"data_set": each("data_set", LockEntry), "file": each("file", FileEntry)}
    converter.register_structure_hook(_Document, _hooked(hook(_Document, document)))
    return converter


def _hooked(read: _Read) -> Callable[[Any, Any], Any]:
    return lambda value, _: read(value)


def _list(value: Any, name: str) -> Any:
    if not isinstance(value, list):
        raise FaultError(f"write [[{name}]] for each of them")
    return value


def _once(entries: list[LockEntry]) -> list[LockEntry]:
    """Entries of which none stands there twice."""
    ids = [entry.id for entry in entries]
    twice = dict.fromkeys(id_ for id_ in ids if ids.count(id_) > 1)
    if twice:
        raise FaultError(f"{', '.join(twice)} stands there twice")
    return entries


def _checked(entry: LockEntry) -> LockEntry:
    """An entry whose members agree with each other."""
    found, asked, version = [], entry.asked, entry.version
    if (isinstance(asked, VersionRange) and version not in asked) or (isinstance(asked, Version) and version != asked):
        found.append(FaultError(f"{version} is not what {str(asked)!r} asks for", "version"))
    if (entry.data_sha256 is None) != (entry.data_size is None):
        found.append(FaultError("and data_size need each other", "data_sha256"))
    if entry.withdrawn not in ("read", "refuse"):
        found.append(FaultError(f'{entry.withdrawn!r}: write "read", or leave it out', "withdrawn"))
    if found:
        raise ExceptionGroup("", found)
    return entry


# Values


def _instance(type_: type, name: str, value: Any) -> Any:
    if value is None:
        raise FaultError("is missing")
    if not isinstance(value, type_) or isinstance(value, bool):
        raise FaultError(f"is no {name}")
    return value


_table: _Read = partial(_instance, dict, "table")
_text: _Read = partial(_instance, str, "text")


def _formed(form: re.Pattern[str], value: Any) -> Any:
    if not form.fullmatch(_text(value)):
        raise FaultError(f"{value!r} has not the form of one")
    return value


_guid: _Read = partial(_formed, re.compile(GUID))
_sha256: _Read = partial(_formed, re.compile(r"[0-9a-f]{64}"))


def _address(value: Any) -> Any:
    """An address, or what a local service calls itself."""
    text = _text(value)
    try:
        urlsplit(text)
    except ValueError as error:
        raise FaultError(f"{value!r} is no address: {error}") from error
    return text


def _count(value: Any) -> Any:
    number = _instance(int, "whole number", value)
    if not 0 <= number <= _LARGEST:
        raise FaultError(f"a count cannot be {'negative' if number < 0 else 'so large'}")
    return number


def _time(value: Any) -> Any:
    time = _instance(datetime, "time such as 2026-03-01T09:30:00Z", value)
    if time.tzinfo is None:
        raise FaultError("the time lacks its offset, such as the Z of 2026-03-01T09:30:00Z")
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise FaultError(f"{time} is outside the years 1 to 9999") from None


def _asked(value: Any) -> Any:
    return parse_version(_text(value))


def _version(value: Any) -> Any:
    return Version.parse(_text(value))
