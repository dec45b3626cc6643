"""From any name of a data set to the data set at an exact version."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeAlias

import attrs

from ..errors import AmbiguousLabelError, DataSetNotFoundError, QueryError
from ..models.data_sets import DataSet
from ..models.enums import DataSetVersionStatus
from ..models.names import Entry, NameIndex, listed
from ..models.publications import Publication
from ..models.versions import Version, VersionRange, parse_version
from ..settings import Settings
from . import flows
from .addresses import Target, parse
from .flows import Asking, Pinned, VersionLike, Withdrawn
from .messages import Item, Listing, T

Pin: TypeAlias = Callable[[str, VersionLike | None, Withdrawn], Asking[Pinned]]
"""What pins a data set of known id, as `flows.pin` does, or as a lock says."""

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
) -> Asking[Pinned]:
    """Find a data set by id, address or titles, and pin it to an exact version.

    What was understood is written to the log `eesclient` at level INFO, and stands in `Pinned.understood`.

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


def _find(target: Target, asked: Version | VersionRange | None) -> Asking[_Found]:
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


def _by_file(file_id: str, text: str, asked: Version | VersionRange | None) -> Asking[_Found]:
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


def _with_file(data_set_id: str, file_id: str) -> Asking[tuple[Version, ...]]:
    """Versions that have the file: those that can be asked first, newest first."""
    versions = yield from flows.all_versions(data_set_id)
    found = [version for version in versions if version.file is not None and version.file.id.lower() == file_id]
    found.sort(key=lambda version: version.status == DataSetVersionStatus.WITHDRAWN)
    return tuple(version.version for version in found)


def _by_title(title: str) -> Asking[_Found]:
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


def _all() -> Asking[list[_Listed]]:
    """All data sets of the API, each once."""
    publications = yield from _items(flows.publications())
    known: dict[str, _Listed] = {}
    for publication in publications:
        for data_set in (yield from _items(flows.data_sets(publication.id))):
            known.setdefault(data_set.id, _Listed(publication=publication, data_set=data_set))
    return list(known.values())


def _items(listing: Listing[T]) -> Asking[list[T]]:
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
