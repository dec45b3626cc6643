"""One data file without a metadata file becomes holdings: a data set of its own, at version 1.0."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import attrs

from ..errors import DataFileError
from ..models.data_sets import Release
from ..models.publications import Publication
from ..models.versions import Version
from .holdings import (
    DEFAULT_PUBLISHED,
    DataSetDescription,
    DataSetHolding,
    Holdings,
    VersionDescription,
    VersionHolding,
    in_words,
    slug,
    stable_id,
)
from .wild import Wild, ingest_wild
from .wild_kinds import Kind


@attrs.frozen(kw_only=True)
class Lone:
    """A data file as a data set of its own.

    Attributes:
        holdings: The data set, with a publication that is called like it.
        origin: The file, its bytes and what was said about it, in an address.
        notes: What was inferred, and what cannot be known.
    """

    holdings: Holdings = attrs.field(repr=False)
    origin: str
    notes: tuple[str, ...]


def load_lone(path: Path, *, labels: Mapping[str, str] | None, kinds: Mapping[str, Kind] | None) -> Lone:
    """Load a data file.

    Args:
        path: The file.
        labels: Names in words of filters and indicators, by column.
        kinds: What columns are, by column.

    Raises:
        DataFileError: It cannot be read without guessing.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataFileError(f"cannot be read ({error}): check the file", file=path.name) from error
    wild = ingest_wild(path.name, data, labels=labels, kinds=kinds)
    said = repr((sorted((labels or {}).items()), sorted((kinds or {}).items())))
    digest = hashlib.sha256(hashlib.sha256(data).digest() + said.encode()).hexdigest()[:16]
    # answers that a store keeps are those of the same bytes, read the same way
    origin = f"{path.resolve().as_uri()}/{digest}"
    return Lone(holdings=holdings_of(path.name.partition(".")[0] or path.name, wild), origin=origin, notes=wild.notes)


def holdings_of(name: str, wild: Wild) -> Holdings:
    """A data file as a data set at version 1.0 of a publication of its own; its notes are those of the version."""
    title, release = in_words(name), wild.data.periods[-1].label
    publication = Publication(
        id=stable_id("lone-publication", name),
        title=title,
        slug=slug(title),
        summary=f"Data file {name}, read without a metadata file.",
        last_published=DEFAULT_PUBLISHED,
    )
    about = DataSetDescription(
        id=stable_id("lone", name), title=title, summary=publication.summary, publication_id=publication.id
    )
    version = VersionDescription(
        version=Version(1, 0),
        file_id=stable_id("lone-file", name),
        release=Release(title=release, slug=slug(release)),
        notes="\n".join(wild.notes),
    )
    held = DataSetHolding(about=about, versions=(VersionHolding(about=version, data=wild.data),))
    return Holdings(publications=(publication,), data_sets={about.id: held})
