"""What repositories read of a bundle: an RO-Crate (1.1), and a data package of Frictionless for its data files."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

import polars as pl

from .._classes import frozen
from ..api.json import from_json
from ..errors import DataFileError, InvalidResponseError
from ..models.data_sets import DataSet, DataSetVersion
from ..models.enums import DataSetVersionStatus, IndicatorUnit
from ..models.meta import Meta
from ..models.provenance import LICENCE, SYNTHETIC, Provenance, Source
from ..models.versions import Version
from ..results.citation import cite
from ..table.dimensions import location_dimension
from ..table.text import CsvFile, column_names
from ..table.values import NUMBER, padded_among
from .blobs import Ref, Store

T = TypeVar("T")

CRATE, PACKAGE = "ro-crate-metadata.json", "datapackage.json"
"""Files that say what is in a bundle."""

_OGL = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
_SERVICE = "https://explore-education-statistics.service.gov.uk"
_DFE = "https://www.gov.uk/government/organisations/department-for-education"
_SOURCES = [{"title": "Explore education statistics", "path": _SERVICE}]
_LICENCES = [{"name": "OGL-UK-3.0", "path": _OGL, "title": "Open Government Licence v3.0"}]

_CHUNK = 2**24
"""Bytes of a data file that are read at a time."""

_FEW = 100
"""Texts that stand for figures, in a column of figures, at most: with more of them it is a column of text."""

_BUNDLED = {
    "blobs/": "Answers of the service as eesclient keeps them; the name of each is the SHA-256 of its bytes.",
    "refs/": "What was asked, when, and which file under blobs/ answers it.",
}
_PARTS = {
    "LICENCE.txt": ("Whose figures these are, and under which licence", "text/plain"),
    "README.txt": ("How to read this file", "text/plain"),
    "ees.lock": ("The exact versions, as eesclient pins them", "application/toml"),
    "store.json": ("The format of blobs/ and refs/", "application/json"),
    PACKAGE: ("The data files and their columns, as a data package of Frictionless", "application/json"),
}


@frozen(kw_only=True)
class Item:
    """A version or file of a bundle: where it is from, and the refs of what is said of it.

    Attributes:
        folder: Where its files are in the bundle, with `/` at the end.
        version: Exact version; None for a file of the catalogue, which has none.
        source: Who answered.
        title: Its title.
        about: By kind: `data set`, `version`, `meta`, and the data file as `csv` or `file`, as far as they are there.
    """

    folder: str
    data_set: str
    version: Version | None
    source: Source
    title: str
    about: Mapping[str, Ref]

    @property
    def file(self) -> Ref | None:
        """Its data file."""
        return self.about.get("csv") or self.about.get("file")

    @property
    def path(self) -> str:
        """Where its data file is in the bundle."""
        return f"{self.folder}data.csv" + (".gz" if self.file and self.file.encoding == "gzip" else "")

    @property
    def name(self) -> str:
        """Its title with its version, after what has to be said first."""
        said = f"{SYNTHETIC}: " if self.source == "synthetic" else ""
        return f"{said}{self.title}" + (f", version {self.version}" if self.version else "")


@frozen(kw_only=True)
class Described:
    """Files that describe a bundle: texts by name, and copies of blobs by the names that people know."""

    texts: Mapping[str, bytes]
    copies: Mapping[str, Ref]


def describe(store: Store, items: Sequence[Item], texts: Mapping[str, bytes]) -> Described:
    """What is put into a bundle for repositories, beside its other texts."""
    known = [_Known(store, item) for item in items]
    made = dict(texts)
    made |= {f"{one.item.folder}metadata.json": one.meta_text for one in known if one.meta_text is not None}
    if resources := [one.resource(file) for one in known if (file := one.item.file)]:
        made[PACKAGE] = _json(_package(known, resources))
    made[CRATE] = _json(_crate(known, made))
    copies = {item.path: file for item in items if (file := item.file)}
    return Described(texts={name: text for name, text in made.items() if name not in texts}, copies=copies)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"


class _Known:
    """What is known of an item, as far as what is stored can be understood."""

    def __init__(self, store: Store, item: Item) -> None:
        self.item, self._store = item, store
        about = item.about
        self.meta_text = store.read(about["meta"]) if "meta" in about else None
        self.meta = self._read("meta", Meta)
        self.data_set, self.version = self._read("data set", DataSet), self._read("version", DataSetVersion)
        # none of it hangs on the day on which the bundle is made
        self.at: datetime = max(ref.stored_at for ref in about.values())

    def _read(self, kind: str, type_: type[T]) -> T | None:
        with suppress(InvalidResponseError):
            return from_json(self._store.read(self.item.about[kind]), type_) if kind in self.item.about else None
        return None

    @property
    def published(self) -> datetime:
        """When it came out; where that is not known, when it was asked for."""
        return (self.version.published if self.version else None) or self.at

    @property
    def description(self) -> str:
        """Its summary."""
        return self.data_set.summary if self.data_set and self.data_set.summary else self.item.name

    @property
    def citation(self) -> str:
        """How to cite it."""
        item, version = self.item, self.version
        any_ref = item.file or next(iter(item.about.values()))
        where = Provenance(
            source=item.source,
            data_set_id=item.data_set,
            title=item.title,
            version=item.version or Version(1, 0),
            status=version.status if version else DataSetVersionStatus.PUBLISHED,
            release=version.release.title if version else "",
            published=version.published if version else None,
            withdrawn=version.withdrawn if version else None,
            route="csv",
            retrieved_at=any_ref.stored_at,
            url=any_ref.url,
            licence=LICENCE if item.source == "service" else None,
            file_sha256=None if item.version else any_ref.digest,
        )
        return cite(where)

    def resource(self, file: Ref) -> dict[str, Any]:
        """Its data file for Frictionless, with a schema where its columns can be told."""
        schema = self._schema(file)
        return {
            "name": re.sub(r"[^a-z0-9._-]", "-", self.item.folder.strip("/").lower()),
            "title": self.item.name,
            "description": self.description,
            "path": self.item.path,
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            **({"compression": "gz"} if file.encoding == "gzip" else {}),
            "bytes": file.size,
            "hash": f"sha256:{file.blob}",
            **({"licenses": _LICENCES} if self.item.source == "service" else {}),
            **({"type": "table", "schema": schema} if schema else {}),
        }

    def _schema(self, file: Ref) -> dict[str, Any] | None:
        with tempfile.TemporaryFile() as unpacked, suppress(DataFileError):
            self._store.pour(file, unpacked.write)
            unpacked.seek(0)
            first = unpacked.readline().decode("utf-8-sig", "replace")
            unpacked.seek(0)
            table, texts = CsvFile(unpacked, size=_CHUNK), _Texts(self.meta)
            for frame in table.frames():
                texts.look(table.headings, frame)
            # what stands above the headings, or is divided otherwise, is not a table to others
            if next(csv.reader([first]), None) == [*table.headings]:
                return {"fields": [*_fields(table.headings, self.meta, texts)]}
        return None


class _Texts:
    """Texts that stand where figures are meant, by column."""

    def __init__(self, meta: Meta | None) -> None:
        items = meta.indicators if meta else ()
        self._figures = {item.column for item in items if item.unit is not IndicatorUnit.STRING}
        self.found: dict[str, set[str]] = {column: set() for column in self._figures}

    def look(self, headings: tuple[str, ...], frame: pl.DataFrame) -> None:
        """Take those of some rows."""
        for place, name in enumerate(column_names(headings)):
            if name in self._figures and len(self.found[name]) <= _FEW:
                cells = frame.to_series(place).cast(pl.String).drop_nulls()
                self.found[name] |= {*cells.filter(~cells.str.contains(NUMBER)).unique()}

    def symbols(self, column: str) -> list[str] | None:
        """The symbols of a column of figures; None where it has to be read as text, or nothing would be lost."""
        found = self.found.get(column)
        if found is None or len(found) > _FEW:
            return None
        # a padded number is a figure, and must not be taken for a missing one
        padded, _ = padded_among(pl.Series([*found], dtype=pl.String))
        return None if padded else sorted({"", *found})


def _fields(headings: tuple[str, ...], meta: Meta | None, texts: _Texts) -> Iterator[dict[str, Any]]:
    labels = {
        "time_period": "Time period",
        "time_identifier": "Time identifier",
        "geographic_level": "Geographic level",
    }
    hints: dict[str, str] = {}
    for group in meta.locations if meta else ():
        places = location_dimension(group.level.code, group.level.label)
        labels |= dict(zip(places.columns, places.labels, strict=True))
    for item in meta.filters if meta else ():
        labels[item.column], hints[item.column] = item.label, item.hint
    for indicator in meta.indicators if meta else ():
        unit = f", in {indicator.unit}" if indicator.unit and str(indicator.unit) else ""
        labels[indicator.column] = f"{indicator.label}{unit}"
    for heading, column in zip(headings, column_names(headings), strict=True):
        symbols = texts.symbols(column)
        field = {"name": heading, "title": labels.get(column), "description": hints.get(column)}
        yield {name: text for name, text in field.items() if text} | (
            {"type": "string"} if symbols is None else {"type": "number", "missingValues": symbols}
        )


def _package(known: Sequence[_Known], resources: list[dict[str, Any]]) -> dict[str, Any]:
    official = all(one.item.source == "service" for one in known)
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "ees-bundle",
        "title": _title(known),
        "created": _latest(one.at for one in known),
        **({"licenses": _LICENCES, "sources": _SOURCES} if official else {}),
        "resources": resources,
    }


def _title(known: Sequence[_Known]) -> str:
    first, *rest = (one.item.name for one in known)
    return f"{first}, and {len(rest)} more" if rest else first


def _latest(times: Iterable[datetime]) -> str:
    return max(times).isoformat(timespec="seconds")


def _crate(known: Sequence[_Known], texts: Mapping[str, bytes]) -> dict[str, Any]:
    """The graph of RO-Crate: the bundle, its versions, and all files in it."""
    sources = {one.item.source for one in known}
    parts = [*(one.item.folder for one in known), *_BUNDLED, *(name for name in texts if "/" not in name)]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": _title(known),
        "description": f"Exact versions of data sets, with their metadata and data files: {_title(known)}.",
        "datePublished": _latest(one.published for one in known),
        "license": {"@id": _OGL if sources == {"service"} else "LICENCE.txt"},
        **_by(official=sources == {"service"}),
        "hasPart": [{"@id": part} for part in parts],
    }
    about = {"@id": CRATE, "@type": "CreativeWork", "about": {"@id": "./"}}
    graph = [about | {"conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"}}, root]
    for one in known:
        graph += _version(one, texts)
    graph += [{"@id": name, "@type": "Dataset", "name": name, "description": text} for name, text in _BUNDLED.items()]
    for name in (name for name in texts if "/" not in name):
        described, kind = _PARTS.get(name, (name, "application/octet-stream"))
        graph.append(_file(name, described, kind, texts[name]))
    if "service" in sources:
        graph += [
            {"@id": _OGL, "@type": "CreativeWork", "name": "Open Government Licence v3.0", "description": LICENCE},
            {"@id": _DFE, "@type": "Organization", "name": "Department for Education", "url": _DFE},
        ]
    # RO-Crate 1.1 is older than some of its words
    words = {"sha256": "http://schema.org/sha256", "creditText": "http://schema.org/creditText"}
    return {"@context": ["https://w3id.org/ro/crate/1.1/context", words], "@graph": graph}


def _by(*, official: bool) -> dict[str, Any]:
    return {"publisher": {"@id": _DFE}, "author": {"@id": _DFE}} if official else {}


def _version(one: _Known, texts: Mapping[str, bytes]) -> Iterator[dict[str, Any]]:
    item = one.item
    official = item.source == "service"
    name = f"{item.folder}metadata.json"
    parts = [part for part, is_there in ((item.path, item.file), (name, name in texts)) if is_there]
    yield {
        "@id": item.folder,
        "@type": "Dataset",
        "name": item.name,
        "description": one.description,
        "identifier": item.data_set,
        **({"version": str(item.version)} if item.version else {}),
        "datePublished": one.published.isoformat(timespec="seconds"),
        "license": {"@id": _OGL if official else "LICENCE.txt"},
        **_by(official=official),
        "creditText": one.citation,
        **({"variableMeasured": [indicator.label for indicator in one.meta.indicators]} if one.meta else {}),
        # of one part it wants no list
        **({"hasPart": [{"@id": part} for part in parts] if parts[1:] else {"@id": parts[0]}} if parts else {}),
    }
    if item.file is not None:
        yield {
            "@id": item.path,
            "@type": "File",
            "name": f"Data file of {item.name}",
            "encodingFormat": "application/gzip" if item.file.encoding == "gzip" else "text/csv",
            "contentSize": str(item.file.size),
            "sha256": item.file.blob,
        }
    if name in texts:
        yield _file(name, f"Metadata of {item.name}, as the service sent it", "application/json", texts[name])


def _file(path: str, name: str, kind: str, content: bytes) -> dict[str, Any]:
    return {
        "@id": path,
        "@type": "File",
        "name": name,
        "encodingFormat": kind,
        "contentSize": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
