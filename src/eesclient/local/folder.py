"""A folder of CSV pairs becomes holdings: all of it, or an error."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path

import attrs

from ..errors import DataFileError
from ..models.versions import Version
from .csv import read_file
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
from .ingest import VersionData, ingest
from .service_toml import FILE_NAME, ServiceConfig, read_service_config

_NAME = re.compile(r"(?P<name>.+?)(\.v(?P<version>[0-9]+\.[0-9]+(\.[0-9]+)?))?(?P<meta>\.meta)?\.csv(?P<gzip>\.gz)?")
_FIRST = Version(1, 0)


@attrs.frozen(kw_only=True)
class _Pair:
    version: Version
    data: Path
    meta: Path


def load_folder(folder: Path, *, names: Iterable[str] | None = None) -> Holdings:
    """Load the CSV pairs of a folder.

    Args:
        folder: The folder; those inside it are not looked at.
        names: Load only these NAMEs; None for all.

    Raises:
        DataFileError: A file is missing or would not be imported by the service, or `service.toml` is wrong.
    """
    pairs = find_pairs(folder)
    wanted = sorted(pairs) if names is None else list(names)
    for name in wanted:
        if name not in pairs:
            raise DataFileError("is not in the folder: check the name", file=f"{name}.csv")
    config = read_service_config(folder, {name: [pair.version for pair in held] for name, held in pairs.items()})
    title = in_words(folder.resolve().name)
    held_in = publication(stable_id("publication", folder.resolve().name), title, f"Data files of the folder {title}.")
    held_in = attrs.evolve(held_in, **config.publication)
    data_sets = [load_data_set(name, pairs[name], held_in.id, config) for name in wanted]
    return Holdings(
        publications=(held_in,),
        data_sets={item.about.id: item for item in data_sets if item.about.in_api},
        outside={item.about.id: item for item in data_sets if not item.about.in_api},
        themes={} if config.theme is None else {held_in.id: config.theme},
    )


def find_pairs(folder: Path) -> dict[str, list[_Pair]]:
    """Data files of a folder with their metadata files: by name, oldest version first.

    Raises:
        DataFileError: There are no data files, two for one version, or one without its metadata file or the reverse.
    """
    if not folder.is_dir():
        raise DataFileError("is not a folder: give one that holds NAME.csv and NAME.meta.csv", file=str(folder))
    data: dict[str, dict[Version, tuple[Path, str | None]]] = {}
    metas: dict[tuple[str, str | None], Path] = {}
    for path in sorted(folder.iterdir()):
        match = _NAME.fullmatch(path.name)
        if match is None or path.name.startswith(".") or not path.is_file():
            continue
        name, text = match["name"], match["version"]
        if match["meta"]:
            if match["gzip"]:
                raise DataFileError("metadata files are not compressed: unpack it", file=path.name)
            metas[name, text] = path
            continue
        version, versions = Version.parse(text) if text else _FIRST, data.setdefault(name, {})
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


def _with_metas(
    name: str,
    versions: Mapping[Version, tuple[Path, str | None]],
    metas: Mapping[tuple[str, str | None], Path],
) -> Iterator[_Pair]:
    for version, (path, text) in sorted(versions.items()):
        # one metadata file may stand beside all versions of a data file
        meta = metas.get((name, text)) or metas.get((name, None))
        if meta is None:
            raise DataFileError(f"its metadata file {name}.meta.csv is missing: add it", file=path.name)
        yield _Pair(version=version, data=path, meta=meta)


def load_data_set(name: str, pairs: list[_Pair], publication_id: str, config: ServiceConfig) -> DataSetHolding:
    """Import the versions of a data set, oldest first, and describe it as it was described, else by its name.

    Raises:
        DataFileError: The service would not import one of them.
    """
    numbering = Numbering()
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
                now=_ingest(pair, deepcopy(numbering)).meta,
            )
        data = _ingest(pair, numbering)
        about_version = VersionDescription(
            version=pair.version,
            file_id=stable_id("file", name, str(pair.version)),
            release=release(data.periods[-1].label),
        )
        about_version = attrs.evolve(about_version, **config.versions.get((name, pair.version), {}))
        versions.append(VersionHolding(about=about_version, data=data))
    about = DataSetDescription(
        id=stable_id("data-set", name),
        title=in_words(name),
        summary=f"Data file {name}.",
        publication_id=publication_id,
    )
    about = attrs.evolve(about, **config.data_sets.get(name, {}))
    return DataSetHolding(about=about, versions=tuple(versions))


def _ingest(pair: _Pair, numbering: Numbering) -> VersionData:
    return ingest(
        data_name=pair.data.name,
        data=read_file(pair.data),
        meta_name=pair.meta.name,
        meta=read_file(pair.meta),
        numbering=numbering,
    )
