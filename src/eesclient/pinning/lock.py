"""What a lock file says: which exact versions of which data sets a project reads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Self

import attrs

from ..http.flows import Withdrawn
from ..models.versions import Version, VersionRange, parse_version

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
