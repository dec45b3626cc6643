"""What a lock file says: which exact versions of which data sets a project reads."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache, partial
from types import GenericAlias
from typing import TYPE_CHECKING, Any, Self, TypeAlias, cast
from urllib.parse import urlsplit

import attrs

from .._guid import GUID
from .._toml import FaultError, faults
from ..api.operations import Withdrawn
from ..errors import LockError
from ..models.versions import Version, VersionRange, parse_version

if TYPE_CHECKING:
    from cattrs import Converter

LOCK_VERSION = "1.0"
"""Version of the files that this module writes; another first number is another format."""


def _asked(value: str | Version | VersionRange | None) -> Version | VersionRange | None:
    return None if value is None else parse_version(value)


def _exact(value: str | Version) -> Version:
    return Version.parse(value)


def _utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _encodable(value: str) -> str:
    # JSON can say half a character, TOML cannot
    return value.encode("utf-8", "replace").decode()


@attrs.frozen(kw_only=True)
class LockEntry:
    """One data set in a lock file.

    Attributes:
        id: GUID of the data set.
        title: Its title when it was locked.
        asked: The version or range that was asked for; None for the latest live version.
        version: The exact version.
        release: Title of the release that the version was published with.
        published: When the version was published, or None.
        rows: Rows in its data file.
        meta_sha256: SHA-256 of its metadata as canonical JSON.
        data_sha256: SHA-256 of its data file, decompressed; None while it was never fetched.
        data_size: Bytes of its data file, decompressed; None while it was never fetched.
        withdrawn: `"read"` where rows are read also after the version is withdrawn.
    """

    id: str
    title: str = attrs.field(converter=_encodable)
    asked: Version | VersionRange | None = attrs.field(default=None, converter=_asked)
    version: Version = attrs.field(converter=_exact)
    release: str = attrs.field(converter=_encodable)
    published: datetime | None = attrs.field(default=None, converter=_utc)
    rows: int
    meta_sha256: str
    data_sha256: str | None = None
    data_size: int | None = None
    withdrawn: Withdrawn = "refuse"

    def after(self, before: LockEntry | None) -> Self:
        """This entry in the place of another; what that one knows of the same version is kept."""
        if before is None or (before.version, before.meta_sha256) != (self.version, self.meta_sha256):
            return self
        known = attrs.evolve(self, withdrawn=before.withdrawn if self.withdrawn == "refuse" else self.withdrawn)
        if self.data_sha256 is not None:
            return known
        return attrs.evolve(known, data_sha256=before.data_sha256, data_size=before.data_size)


@attrs.frozen(kw_only=True)
class FileEntry(LockEntry):
    """A file of the catalogue, outside the API, in a lock file.

    It has no version: `version` is always 1.0, and `data_sha256` says which file it is.

    Attributes:
        publication: Title of its publication.
        updated: When the file was last changed, or None.
    """

    version: Version = attrs.field(default=Version(1, 0), converter=_exact)
    publication: str = attrs.field(default="", converter=_encodable)
    updated: datetime | None = attrs.field(default=None, converter=_utc)


def _by_title(files: Iterable[FileEntry]) -> tuple[FileEntry, ...]:
    return tuple(sorted(files, key=lambda entry: (entry.title, entry.id)))


def _sorted(entries: Iterable[LockEntry]) -> tuple[LockEntry, ...]:
    return tuple(sorted(entries, key=lambda entry: (entry.title, entry.id)))


@attrs.frozen(kw_only=True)
class LockFile:
    """A lock file.

    Attributes:
        base_url: Address of the service without the version segment, or what a local service calls itself.
        entries: A data set each, by title and id.
        files: The same for files of the catalogue, outside the API.
    """

    base_url: str = attrs.field(converter=_encodable)
    entries: tuple[LockEntry, ...] = attrs.field(default=(), converter=_sorted)
    files: tuple[FileEntry, ...] = attrs.field(default=(), converter=_by_title)

    def entry(self, data_set_id: str) -> LockEntry | None:
        """The entry of a data set, or None."""
        wanted = data_set_id.strip().lower()
        return next((entry for entry in self.entries if entry.id == wanted), None)

    def with_entry(self, entry: LockEntry) -> LockFile:
        """This file with an entry added, or in the place of the one of the same data set."""
        others = [other for other in self.entries if other.id != entry.id]
        return attrs.evolve(self, entries=[*others, entry.after(self.entry(entry.id))])

    def file(self, file_id: str) -> FileEntry | None:
        """The entry of a file of the catalogue, or None."""
        wanted = file_id.strip().lower()
        return next((entry for entry in self.files if entry.id == wanted), None)

    def with_file(self, entry: FileEntry) -> LockFile:
        """This file with one of the catalogue's added, in the place of another release's of the same data set."""
        same = (entry.publication, entry.title)
        others = [one for one in self.files if one.id != entry.id and (one.publication, one.title) != same]
        return attrs.evolve(self, files=[*others, entry])


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
    of_data_set = shared | {"asked": _requested, "version": _version, "withdrawn": _text}
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


def _requested(value: Any) -> Any:
    return parse_version(_text(value))


def _version(value: Any) -> Any:
    return Version.parse(_text(value))
