"""Publications, data sets and versions in the box, with the words that files cannot say, and who may see them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal
from uuid import UUID, uuid5

import attrs

from .._classes import frozen
from ..errors import InvalidVersionError
from ..models.answers import Publication
from ..models.changes import FACETS, KINDS, FacetChange, differences
from ..models.data_sets import Release
from ..models.enums import DataSetStatus, DataSetVersionStatus, DataSetVersionType
from ..models.meta import Filter, Meta
from ..models.periods import TimePeriod
from ..models.versions import LARGEST_INT, Version, VersionRange, parse_version
from ..table.match import KnownFailureError
from .engine import Engine
from .ingest import VersionData
from .rules import RefusedError

_IDENTIFIER = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_NAMED = re.compile(rf"(v?[0-9.]+)(?:-{_IDENTIFIER}(?:\.{_IDENTIFIER})*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?")
"""An exact version as Semantic Versioning has them: numbers, a pre-release such as `-beta.1`, a build such as `+5`."""

_PADDED = re.compile(r"(?<![0-9])0[0-9]")

FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

_NAMESPACE = UUID("6d0c2a52-7a0e-5b0f-9a53-0c1f6ad0c9b1")  # of the ids that are made from names
_ADMIN_ROLE = "Admin.Access"  # of signed-in callers of the service's own tenant

DEFAULT_PUBLISHED = datetime(2025, 1, 1, 9, 30, tzinfo=UTC)
"""Publication time of what does not say its own: fixed, so that answers never depend on the clock."""


@frozen(kw_only=True)
class PreviewToken:
    """A token, a GUID in lower case, that opens one draft version until it expires; revoking sets that to then."""

    id: str = attrs.field(repr=False)
    activates: datetime = FIRST
    expires: datetime = LAST

    def status(self, now: datetime) -> Literal["Pending", "Active", "Expired"]:
        """Its status at a moment; one that is over before it begins has expired."""
        # expired wins over pending (section 4)
        if now >= self.expires:
            return "Expired"
        return "Active" if now >= self.activates else "Pending"


@frozen(kw_only=True)
class VersionDescription:
    """Words on a version that its files do not have; footnotes are shown by the data catalogue alone."""

    version: Version
    file_id: str
    release: Release
    status: DataSetVersionStatus = DataSetVersionStatus.PUBLISHED
    published: datetime | None = DEFAULT_PUBLISHED
    withdrawn: datetime | None = None
    notes: str = ""
    preview_tokens: tuple[PreviewToken, ...] = ()
    footnotes: tuple[str, ...] = ()


@frozen(kw_only=True)
class DataSetDescription:
    """Words on a data set that its files do not have; GUIDs are in lower case."""

    id: str
    title: str
    publication_id: str
    summary: str = ""
    status: DataSetStatus = DataSetStatus.PUBLISHED
    superseding_data_set_id: str | None = None
    in_api: bool = True


@frozen(kw_only=True, eq=False, slots=False)
class VersionHolding:
    """A version in the box, and what changed in it where that is known without comparing its metadata.

    Its content may be given by what reads it, once it is asked for.
    """

    about: VersionDescription
    _content: VersionData | Callable[[], VersionData] = attrs.field(alias="data", repr=False)
    changes: tuple[FacetChange, ...] | None = attrs.field(default=None, repr=False)

    @cached_property
    def data(self) -> VersionData:
        """Metadata, rows and file."""
        return self._content if isinstance(self._content, VersionData) else self._content()

    @cached_property
    def engine(self) -> Engine:
        """Answers queries."""
        return Engine(self.data)

    @property
    def type(self) -> DataSetVersionType:
        """Major when minor and patch are 0, minor when patch is 0, else patch (reference, section 5)."""
        if self.about.version.patch:
            return DataSetVersionType.PATCH
        return DataSetVersionType.MINOR if self.about.version.minor else DataSetVersionType.MAJOR


def _last_live(versions: Sequence[VersionHolding]) -> VersionHolding | None:
    return next((one for one in reversed(versions) if not one.about.status.is_draft), None)


def _last_draft(versions: Sequence[VersionHolding]) -> VersionHolding | None:
    return next((one for one in reversed(versions) if one.about.status is DataSetVersionStatus.DRAFT), None)


@frozen(kw_only=True, eq=False)
class DataSetHolding:
    """A data set in the box, its versions oldest first; `latest` was live, whatever became of it since."""

    about: DataSetDescription
    versions: tuple[VersionHolding, ...]
    latest: VersionHolding | None = attrs.Factory(lambda self: _last_live(self.versions), takes_self=True)
    latest_draft: VersionHolding | None = attrs.Factory(lambda self: _last_draft(self.versions), takes_self=True)

    @property
    def is_listed(self) -> bool:
        """True if the list of its publication shows it (section 7)."""
        return self.about.status in (DataSetStatus.PUBLISHED, DataSetStatus.DEPRECATED)

    def changes(self, version: VersionHolding) -> tuple[FacetChange, ...]:
        """Changes from the live version before to this one; none in the first (reference, section 8)."""
        if version.changes is not None:
            return version.changes
        number = version.about.version
        before = [one for one in self.versions if one.about.version < number and not one.about.status.is_draft]
        return compare(before[-1].data.meta, version.data.meta) if before else ()

    def patches_before(self, version: VersionHolding) -> list[VersionHolding]:
        """Versions of the same major and minor number that a patch follows, whatever their status, oldest first."""
        number = version.about.version
        # the `.0` version is among them (section 8)
        first = Version(number.major, number.minor)
        return [one for one in self.versions if first <= one.about.version < number]


@frozen(kw_only=True, eq=False)
class Holdings:
    """Everything in the box: data sets by id, outside the API with releases as versions; themes by publication's id.

    What the API would not take of data sets outside it, and how that was read, is in the notes.
    """

    publications: tuple[Publication, ...] = ()
    data_sets: dict[str, DataSetHolding] = attrs.field(factory=dict)
    outside: dict[str, DataSetHolding] = attrs.field(factory=dict)
    themes: Mapping[str, str] = attrs.field(factory=dict)
    notes: tuple[str, ...] = ()

    def of_publication(self, publication_id: str) -> list[DataSetHolding]:
        """Data sets of a publication."""
        return [item for item in self.data_sets.values() if item.about.publication_id == publication_id]


@frozen(kw_only=True)
class Caller:
    """Who asks, and when; what is not for them is refused with a 403 (reference, section 4).

    A preview token's GUID is not shown in the repr; only signed-in internal callers have a role.
    """

    now: datetime
    token: str | None = attrs.field(default=None, repr=False)
    role: str | None = None

    def previews(self, item: VersionHolding | None) -> bool:
        """True if the token is an active one of this very version, and that is a draft."""
        if item is None or item.about.status is not DataSetVersionStatus.DRAFT:
            return False
        tokens = item.about.preview_tokens
        return any(token.id == self.token and token.status(self.now) == "Active" for token in tokens)

    def check_data_set(self, item: DataSetHolding) -> None:
        """Refuse a data set that is not public, without a token of its latest draft."""
        self._check(item.is_listed or self.role == _ADMIN_ROLE or self.previews(item.latest_draft))

    def check_version(self, item: VersionHolding) -> None:
        """Refuse a version that is not public, without a token of its own; withdrawn ones are public here."""
        # the status of its data set does not count (section 4)
        self._check(not item.about.status.is_draft or self.role == _ADMIN_ROLE or self.previews(item))

    def check_query(self, item: VersionHolding) -> None:
        """Refuse a version that may not be queried: not public, without a token of its own, or withdrawn."""
        # administrators may look at what is not public, but not query it
        self._check(item.about.status.is_live or self.previews(item))

    def _check(self, allowed: bool) -> None:
        if not allowed:
            raise RefusedError(403)


def find_version(item: DataSetHolding, text: str) -> VersionHolding:
    """The version that a text means, of every status if it is exact, else published (reference, section 5)."""
    # numbers have no zeros before them, and what may follow those of an exact version does not count
    named = _NAMED.fullmatch(text.strip())
    if _PADDED.search(named[1] if named else text):
        raise RefusedError(404)
    try:
        wanted: Version | VersionRange | None = parse_version(named[1] if named else text)
    except InvalidVersionError:
        numbers = [part.lstrip("0") for part in text.strip().removeprefix("v").split(".") if part.isdecimal()]
        # Python does not read numbers of thousands of digits
        if "*" in text and any(len(digits) > 10 or int(digits or 0) > LARGEST_INT for digits in numbers):
            raise KnownFailureError("version-overflow") from None
        raise RefusedError(404) from None
    held = {version.about.version: version for version in item.versions}
    if isinstance(wanted, VersionRange):
        # drafts are not looked at even with a token, nor are deprecated versions
        published = DataSetVersionStatus.PUBLISHED
        wanted = wanted.latest([number for number, one in held.items() if one.about.status is published])
    if wanted is None or wanted not in held:
        raise RefusedError(404)
    return held[wanted]


def compare(previous: Meta, current: Meta) -> tuple[FacetChange, ...]:
    """Changes from one version to the next, in the service's order (reference, section 8).

    Within each kind deletions come first, then updates, then additions, each in natural order of their labels before
    the change; time periods are in order of time. A deleted option belongs to the filter as it was.
    """
    before = {item.id: item for item in previous.filters}
    changes = [
        attrs.evolve(change, group=before[change.group.id])
        if change.after is None and isinstance(change.group, Filter)
        else change
        for change in differences(previous, current)
    ]
    return tuple(sorted(changes, key=_place))


def _place(change: FacetChange) -> tuple[Any, ...]:
    state: Any = change.after if change.before is None else change.before
    order = state.sort_key if isinstance(state, TimePeriod) else natural_key(state.label)
    return FACETS.index(change.facet), KINDS.index(change.kind), order


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """Key of natural order: numbers within a text count as numbers and before words, case does not count."""
    parts = re.findall(r"[0-9]+|[^0-9]+", text)
    return tuple((0, int(part), "") if part[0] in "0123456789" else (1, 0, part.upper()) for part in parts)


def parse_guid(text: str) -> str | None:
    """A GUID in lower case with dashes, from any form that the service's routing takes; None for other text."""
    text = text.strip()
    bare = text[1:-1] if (text[:1], text[-1:]) in (("{", "}"), ("(", ")")) else text
    # UUID itself takes more: dashes anywhere, and `urn:uuid:`
    if not re.fullmatch(r"[0-9A-Fa-f]{32}|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", bare):
        return None
    return str(UUID(bare))


def stable_id(*names: str) -> str:
    """GUID made from names: the same on every machine."""
    return str(uuid5(_NAMESPACE, "/".join(names)))


def in_words(name: str) -> str:
    """A file or folder name as a title: `absence_by_term` is `Absence by term`."""
    words = re.sub(r"[\s_]+", " ", name).strip() or name
    return words[:1].upper() + words[1:]


def publication(id_: str, title: str, summary: str, *, published: datetime = DEFAULT_PUBLISHED) -> Publication:
    """A publication with the address that its title makes."""
    return Publication(id=id_, title=title, slug=slug(title), summary=summary, last_published=published)


def release(title: str) -> Release:
    """A release with the address that its title makes."""
    return Release(title=title, slug=slug(title))


def slug(title: str) -> str:
    """A title as a part of an address."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
