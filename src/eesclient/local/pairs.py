"""CSV pairs of a folder become holdings: all of them or an error."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from functools import partial
from pathlib import Path

import attrs

from .._classes import frozen
from ..errors import DataFileError, InvalidVersionError
from ..models.names import names_in
from ..models.versions import Version
from .csv import of_type, read_file, read_meta_table
from .findings import read_meta_rows
from .holdings import (
    DataSetDescription,
    DataSetHolding,
    Holdings,
    VersionDescription,
    VersionHolding,
    in_words,
    publication,
    release,
    stable_id,
)
from .ids import Numbering, map_by_hand
from .infer import read_otherwise
from .ingest import VersionData, import_table
from .large import ingest_files
from .loose_csv import read_loose_table
from .service_toml import FILE_NAME, Parts, ServiceConfig, read_service_config

# NAME.csv and NAME.meta.csv, with .v1.1 behind the name of a later version, and .gz behind a data file
_NAME = re.compile(r"(?P<name>.+?)(\.v(?P<version>[0-9]+\.[0-9]+(\.[0-9]+)?))?(?P<meta>\.meta)?\.csv(?P<gzip>\.gz)?")


@frozen(kw_only=True)
class _Pair:
    version: Version
    data: Path
    meta: Path


def load_folder(folder: Path, *, names: str | Iterable[str] | None = None) -> Holdings:
    """Load the CSV pairs of a folder, but not of those inside it: these NAMEs, or all."""
    pairs = _find_pairs(folder)
    wanted = sorted(pairs) if names is None else names_in(names, "names=")
    for name in wanted:
        if name not in pairs:
            raise DataFileError("is not in the folder: check the name", file=f"{name}.csv")
    config = read_service_config(folder, {name: [pair.version for pair in held] for name, held in pairs.items()})
    title = in_words(folder.resolve().name)
    held_in = publication(stable_id("publication", folder.resolve().name), title, f"Data files of the folder {title}.")
    held_in = attrs.evolve(held_in, **config.publication)
    notes: list[str] = []
    data_sets = [_load(name, pairs[name], held_in.id, config, notes=notes) for name in wanted]
    return Holdings(
        publications=(held_in,),
        data_sets={item.about.id: item for item in data_sets if item.about.in_api},
        outside={item.about.id: item for item in data_sets if not item.about.in_api},
        themes={} if config.theme is None else {held_in.id: config.theme},
        notes=tuple(notes),
    )


def _find_pairs(folder: Path) -> dict[str, list[_Pair]]:
    """Data files of a folder with their metadata files: by name, oldest version first."""
    if not folder.is_dir():
        raise DataFileError("is not a folder: give one that holds NAME.csv and NAME.meta.csv", file=str(folder))
    data: dict[str, dict[Version, tuple[Path, str | None]]] = {}
    metas: dict[tuple[str, str | None], Path] = {}
    for path in sorted(folder.iterdir()):
        match = _NAME.fullmatch(path.name)
        if match is None or path.name.startswith(".") or not path.is_file():
            continue
        name, text = match["name"], match["version"]
        version = _version_in(path, text)
        if match["meta"]:
            if match["gzip"]:
                raise DataFileError("metadata files are not compressed: unpack it", file=path.name)
            metas[name, text] = path
            continue
        versions = data.setdefault(name, {})
        if version in versions:
            message = f"{versions[version][0].name} is version {version} already: remove one of the two"
            raise DataFileError(message, file=path.name)
        versions[version] = path, text
    if not data:
        raise DataFileError("holds no data files: put NAME.csv and NAME.meta.csv there", file=str(folder))
    for (name, text), path in metas.items():
        if name not in data or (text and Version.parse(text) not in data[name]):
            raise DataFileError(f"its data file {path.name.replace('.meta', '')} is missing: add it", file=path.name)
    return {name: [*_with_metas(name, versions, metas)] for name, versions in data.items()}


def _version_in(path: Path, text: str | None) -> Version:
    try:
        return Version.parse(text or "1.0")
    except InvalidVersionError as error:
        raise DataFileError(f"{error}: give it another name", file=path.name) from error


def _with_metas(
    name: str, versions: Mapping[Version, tuple[Path, str | None]], metas: Mapping[tuple[str, str | None], Path]
) -> Iterator[_Pair]:
    for version, (path, text) in sorted(versions.items()):
        # one metadata file may stand beside all versions of a data file
        meta = metas.get((name, text)) or metas.get((name, None))
        if meta is None:
            raise DataFileError(f"its metadata file {name}.meta.csv is missing: add it", file=path.name)
        yield _Pair(version=version, data=path, meta=meta)


def _load(
    name: str, pairs: list[_Pair], publication_id: str, config: ServiceConfig, *, notes: list[str]
) -> DataSetHolding:
    """Import the versions of a data set, oldest first, and describe it as it was described, else by its name."""
    # one for all versions: what keeps its key keeps its id (reference, section 18)
    numbering = Numbering()
    described = config.data_sets.get(name, {})
    read = ingest_files if described.get("in_api", True) else partial(_ingest_outside, notes=notes)
    versions: list[VersionHolding] = []
    for pair in pairs:
        mappings = config.mappings.get((name, pair.version))
        if mappings is not None:
            map_by_hand(
                mappings,
                numbering,
                file=FILE_NAME,
                table=f'data_sets.{name}.versions."{pair.version}".mappings',
                before=versions[-1].data.meta if versions else None,
                # names are looked up in what this version has, whose ids are not given yet
                now=read(pair.data, pair.meta, deepcopy(numbering)).meta,
            )
        data = read(pair.data, pair.meta, numbering)
        given: Parts = {"release": release(data.periods[-1].label)}
        given |= config.versions.get((name, pair.version), {})
        file_id = stable_id("file", name, str(pair.version))
        about_version = VersionDescription(version=pair.version, file_id=file_id, **given)
        versions.append(VersionHolding(about=about_version, data=data))
    said: Parts = {"id": stable_id("data-set", name), "title": in_words(name), "summary": f"Data file {name}."}
    about = DataSetDescription(publication_id=publication_id, **said | described)
    return DataSetHolding(about=about, versions=tuple(versions))


def _ingest_outside(data: Path, meta: Path, numbering: Numbering, *, notes: list[str]) -> VersionData:
    """A CSV pair outside the API: as it imports pairs or, with notes, without its limits."""
    try:
        return ingest_files(data, meta, numbering, in_api=False)
    except DataFileError as error:
        said = [f"is outside the API, which would not take it ({error})."]
    content = read_file(data)
    table = read_loose_table(data.name, content, said)
    rows = read_meta_rows(read_meta_table(meta.name, read_file(meta)), table.columns, in_api=False)
    said += read_otherwise(table, [row.column for row in of_type(rows, "Indicator")])
    notes += [f"{data.name}: {note}" for note in said if f"{data.name}: {note}" not in notes]
    # who downloads the file gets it as it is
    return import_table(attrs.evolve(table, content=content), rows, numbering)
