"""The lock file: which exact versions of which data sets a project reads."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import attrs

from .._classes import frozen
from .._toml import FaultError, Reader, faults, instance, items, members
from ..api.resolved import Withdrawn
from ..errors import LockError
from ..models.html import facts_html
from ..models.names import GUID, bare, encodable
from ..models.versions import Version, VersionRange, fits, parse_version

LOCK_VERSION = "1.0"
"""Version of the files that this module writes; another first number is another format."""

MOST_DOTS, MOST_ENTRIES = 100, 5_000
"""Dots in a line, and data sets or files, that are read: what would take long to read was not written here."""

E = TypeVar("E", bound="LockEntry")


def _asked(value: str | Version | VersionRange | None) -> Version | VersionRange | None:
    return None if value is None else parse_version(value)


# the type checker knows functions and lambdas as converters, and no methods
def _exact(value: str | Version) -> Version:
    return Version.parse(value)


def _utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@frozen(kw_only=True)
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
    title: str = attrs.field(converter=encodable)
    asked: Version | VersionRange | None = attrs.field(default=None, converter=_asked)
    version: Version = attrs.field(converter=_exact)
    release: str = attrs.field(converter=encodable)
    published: datetime | None = attrs.field(default=None, converter=_utc)
    rows: int
    meta_sha256: str
    data_sha256: str | None = None
    data_size: int | None = None
    withdrawn: Withdrawn = "refuse"

    @property
    def _numbered(self) -> str:
        # that of a file is always 1.0, and says nothing
        return "" if isinstance(self, FileEntry) else str(self.version)

    def _repr_html_(self) -> str:
        size = "" if self.data_size is None else f", {self.data_size:,} bytes"
        return facts_html(
            self.title,
            [
                ("Locked", self._numbered or self.release),
                ("Asked for", self.asked or (self._numbered and "the latest version")),
                ("Release", self.release),
                ("Published", self.published and self.published.date()),
                ("Rows", f"{self.rows:,}"),
                ("Data file", self.data_sha256 and f"SHA-256 {self.data_sha256}{size}"),
                ("Metadata", f"SHA-256 {self.meta_sha256}"),
            ],
            ids=f"id {self.id}",
        )

    def after(self, before: LockEntry | None) -> Self:
        """This entry in the place of another; what that one knows of the same version is kept."""
        if before is None or (before.version, before.meta_sha256) != (self.version, self.meta_sha256):
            return self
        known = attrs.evolve(self, withdrawn=before.withdrawn if self.withdrawn == "refuse" else self.withdrawn)
        if self.data_sha256 is not None:
            return known
        return attrs.evolve(known, data_sha256=before.data_sha256, data_size=before.data_size)


@frozen(kw_only=True)
class FileEntry(LockEntry):
    """A file of the catalogue, outside the API, in a lock file.

    It has no version: `version` is always 1.0, and `data_sha256` says which file it is.

    Attributes:
        publication: Title of its publication.
        updated: When the file was last changed, or None.
    """

    version: Version = attrs.field(default=Version(1, 0), converter=_exact)
    publication: str = attrs.field(default="", converter=encodable)
    updated: datetime | None = attrs.field(default=None, converter=_utc)


def _sorted(entries: Iterable[Any]) -> tuple[Any, ...]:
    # in one order, so that version control shows what changed and nothing else
    return tuple(sorted(entries, key=lambda entry: (entry.title, entry.id)))


def _find(entries: Iterable[E], id_: str) -> E | None:
    wanted = id_.strip().lower()
    return next((entry for entry in entries if entry.id == wanted), None)


def _shown(address: str) -> str:
    # a lock is shared: no password may stand in it, nor be taken out of it
    return bare(encodable(address))


@frozen(kw_only=True)
class LockFile:
    """A lock file; its `base_url` has no version segment, and of a local service is what that calls itself."""

    base_url: str = attrs.field(converter=_shown)
    entries: tuple[LockEntry, ...] = attrs.field(default=(), converter=_sorted)
    files: tuple[FileEntry, ...] = attrs.field(default=(), converter=_sorted)

    def entry(self, data_set_id: str) -> LockEntry | None:
        """The entry of a data set, or None."""
        return _find(self.entries, data_set_id)

    def file(self, file_id: str) -> FileEntry | None:
        """The entry of a file of the catalogue, or None."""
        return _find(self.files, file_id)

    def same(self, entry: LockEntry) -> LockEntry | None:
        """What it says of the data set or file of an entry, or None."""
        return self.file(entry.id) if isinstance(entry, FileEntry) else self.entry(entry.id)

    def with_entry(self, entry: LockEntry) -> LockFile:
        """This file with an entry added, or in the place of the one of the same data set."""
        if isinstance(entry, FileEntry):
            # each release has a file of its own for the same data set, under another id
            same = (entry.publication, entry.title)
            files = [one for one in self.files if one.id != entry.id and (one.publication, one.title) != same]
            return attrs.evolve(self, files=[*files, entry])
        others = [other for other in self.entries if other.id != entry.id]
        return attrs.evolve(self, entries=[*others, entry.after(self.entry(entry.id))])


_HEAD = """\
# The exact versions of the data sets that this project reads from England's education statistics.
# Keep it under version control, and let `ees lock` change it; `ees lock --check` compares it with the service.
"""

_MEMBERS = (
    *("id", "title", "publication", "updated", "asked", "version", "release", "published"),
    *("rows", "meta_sha256", "data_sha256", "data_size", "withdrawn"),
)
"""Members of an entry in the order in which they are written."""


def write_text(lock: LockFile) -> str:
    """A lock file as TOML; equal files give equal text."""
    head = _table(f"{_HEAD}\n", {"lock_version": LOCK_VERSION, "base_url": lock.base_url})
    data_sets = [_table("[[data_set]]\n", _written(entry)) for entry in lock.entries]
    files = [_table("[[file]]\n", _written(file)) for file in lock.files]
    return "\n".join([head, *data_sets, *files])


def _table(start: str, members: Mapping[str, object]) -> str:
    return start + "".join(f"{name} = {_literal(value)}\n" for name, value in members.items())


def _written(entry: LockEntry) -> dict[str, object]:
    members = {name: getattr(entry, name, None) for name in _MEMBERS}
    if isinstance(entry, FileEntry):
        # files have no versions: theirs only stands in for one
        del members["version"]
    if entry.withdrawn == "refuse":
        del members["withdrawn"]
    return {name: value for name, value in members.items() if value is not None}


def _literal(value: object) -> str:
    match value:
        case int():
            return str(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", lambda sign: f"\\u{ord(sign[0]):04x}", escaped) + '"'


# Reading

_any_table = partial(instance, dict, "is not a table")
_text = partial(instance, str, "is not a text")


def _formed(form: re.Pattern[str], value: Any) -> Any:
    if not form.fullmatch(_text(value)):
        raise ValueError(f"{value!r} has not the form of one")
    return value


_guid: Reader = partial(_formed, re.compile(GUID))
_sha256: Reader = partial(_formed, re.compile(r"[0-9a-f]{64}"))


def _address(value: Any) -> Any:
    """An address, or what a local service calls itself."""
    text = _text(value)
    try:
        urlsplit(text)
    except ValueError as error:
        raise ValueError(f"{value!r} is not an address: {error}") from error
    return text


def _count(value: Any) -> Any:
    number = instance(int, "is not a whole number", value)
    if not 0 <= number < 2**63:  # as far as TOML promises whole numbers
        raise ValueError(f"a count cannot be {'negative' if number < 0 else 'so large'}")
    return number


def _time(value: Any) -> Any:
    time = instance(datetime, "is not a time such as 2026-03-01T09:30:00Z", value)
    if time.tzinfo is None:
        raise ValueError("the time lacks its offset, such as the Z of 2026-03-01T09:30:00Z")
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{time} is outside the years 1 to 9999") from None


def _optional(read: Reader, default: object = None) -> Reader:
    return lambda value: default if value is None else read(value)


_DATA_SET: Mapping[str, Reader] = {
    "id": _guid,
    "title": _text,
    "asked": _optional(lambda value: parse_version(_text(value))),
    "version": lambda value: Version.parse(_text(value)),
    "release": _text,
    "published": _optional(_time),
    "rows": _count,
    "meta_sha256": _sha256,
    "data_sha256": _optional(_sha256),
    "data_size": _optional(_count),
    "withdrawn": _optional(_text, "refuse"),
}
_FILE: Mapping[str, Reader] = {
    **{name: _DATA_SET[name] for name in ("id", "title", "release", "published", "rows", "meta_sha256")},
    "data_sha256": _sha256,
    "data_size": _count,
    "publication": _text,
    "updated": _optional(_time),
}


def _table_of(readers: Mapping[str, Reader]) -> Reader:
    """Reader of a table; what is missing is read as None, and unknown keys are ignored."""
    return members(lambda value: {name: _any_table(value).get(name) for name in readers}, readers)


def _tables(name: str, entry: type[LockEntry], readers: Mapping[str, Reader]) -> Reader:
    """Reader of a list of tables, each of another data set."""
    given = _table_of(readers)
    each = items(f"write [[{name}]] for each of them", lambda value: entry(**_consistent(given(value))))

    def read(value: Any) -> Any:
        if isinstance(value, list) and len(value) > MOST_ENTRIES:
            raise FaultError(f"has {len(value):,} entries, and {MOST_ENTRIES:,} are read at most")
        found, wrong = (), list[Exception]()
        try:
            found = each(value)
        except ExceptionGroup as error:
            wrong.append(error)
        ids = (table.get("id") for table in value if isinstance(table, dict))
        # beside the faults of each entry, so that all are told at once
        twice = [id_ for id_, count in Counter(id_ for id_ in ids if isinstance(id_, str)).items() if count > 1]
        if twice:
            wrong.append(ValueError(f"{', '.join(twice)} stands there twice"))
        if wrong:
            raise ExceptionGroup("", wrong)
        return found

    return _optional(read, ())


def _consistent(given: dict[str, Any]) -> dict[str, Any]:
    """Members of an entry that agree with each other."""
    wrong = []
    asked, withdrawn = given.get("asked"), given.get("withdrawn", "refuse")
    if asked is not None and not fits(given["version"], asked):
        wrong.append(FaultError(f"{given['version']} is not what {str(asked)!r} asks for", "version"))
    if (given["data_sha256"] is None) != (given["data_size"] is None):
        wrong.append(FaultError("and data_size need each other", "data_sha256"))
    if withdrawn not in ("read", "refuse"):
        wrong.append(FaultError(f'{withdrawn!r}: write "read", or leave it out', "withdrawn"))
    if wrong:
        raise ExceptionGroup("", wrong)
    return given


_DOCUMENT = _table_of(
    {
        "lock_version": _text,
        "base_url": _address,
        "data_set": _tables("data_set", LockEntry, _DATA_SET),
        "file": _tables("file", FileEntry, _FILE),
    }
)


def _few_dots(text: str) -> str:
    # the time that tomllib takes for a key grows with the square of its parts
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MOST_DOTS:
            raise ValueError(f"line {number:,} has {line.count('.'):,} dots, and no key of a lock file has so many")
    return text


def read_text(content: bytes, *, path: str) -> LockFile:
    """Read the bytes of a lock file at a path. Unknown keys are ignored."""
    try:
        # editors of Windows begin files with a mark
        parsed = tomllib.loads(_few_dots(content.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        problem = f"byte {error.start + 1:,} is not text in UTF-8: save it in UTF-8"
        raise LockError(f"{path} cannot be read: {problem}", path=path, problems=(problem,)) from error
    except (ValueError, RecursionError) as error:
        # as version control leaves it where two sides changed the same lines
        merged = b"\n<<<<<<< " in b"\n" + content
        advice = ": it holds both sides of a merge; take one of them, and lock again" if merged else ""
        raise LockError(f"{path} is not valid TOML: {error}{advice}", path=path, problems=(str(error),)) from error
    version, known = parsed.get("lock_version"), LOCK_VERSION.partition(".")[0]
    if isinstance(version, str) and version.partition(".")[0] != known:
        # before all else: in another format, other things may be right
        problem = f"lock_version: {version!r} is not known here, only {known}.x"
        raise LockError(f"{path}: {problem}; update eesclient to read it", path=path, problems=(problem,))
    try:
        found = _DOCUMENT(parsed)
    except ExceptionGroup as error:
        problems = [f"{place}: {text}" for place, text in faults(error)]
        listed = "\n".join(f"  {problem}" for problem in problems[:100])
        if len(problems) > 100:
            listed += f"\n  … and {len(problems) - 100:,} more"
        raise LockError(
            f"{path} cannot be read; mend it, or make it anew with ees lock:\n{listed}", path=path, problems=problems
        ) from error
    return LockFile(base_url=found["base_url"], entries=found["data_set"], files=found["file"])
