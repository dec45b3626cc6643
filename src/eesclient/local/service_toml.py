"""`service.toml`: what the data files of a folder cannot say."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import attrs

from .._classes import frozen
from .._toml import FaultError, Reader, below, faults, hint, instance, items, members, named
from ..errors import DataFileError, InvalidVersionError
from ..models.enums import DataSetStatus, DataSetVersionStatus
from ..models.versions import Version
from .holdings import PreviewToken, parse_guid, release, slug, stable_id
from .ids import Mappings

FILE_NAME = "service.toml"

Parts: TypeAlias = dict[str, Any]
"""Attributes of a description that the file gives."""

_MOMENT = "2026-01-31T09:30:00Z"


@frozen(kw_only=True)
class ServiceConfig:
    """The content of the file: attributes of descriptions, by NAME and version, and what was mapped by hand."""

    publication: Parts = attrs.field(factory=dict)
    theme: str | None = None
    data_sets: Mapping[str, Parts] = attrs.field(factory=dict)
    versions: Mapping[tuple[str, Version], Parts] = attrs.field(factory=dict)
    mappings: Mapping[tuple[str, Version], Mappings] = attrs.field(factory=dict)


def read_service_config(folder: Path, held: Mapping[str, Collection[Version]]) -> ServiceConfig:
    """Read the `service.toml` of a folder that holds these versions; where there is none, it says nothing."""
    path = folder / FILE_NAME
    if not path.is_file():
        return ServiceConfig()
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise DataFileError(f"is not valid TOML: {error}", file=FILE_NAME) from None
    try:
        file = _FILE(content)
    except ExceptionGroup as error:
        raise _refuse(*next(faults(error))) from None
    return _config(file, held)


def _config(file: Parts, held: Mapping[str, Collection[Version]]) -> ServiceConfig:
    publication, data_sets = file.get("publication", {}), file.get("data_sets", {})
    theme = publication.pop("theme", None)
    if "title" in publication:
        publication.setdefault("slug", slug(publication["title"]))
    versions: dict[tuple[str, Version], Parts] = {}
    for name, given in data_sets.items():
        if name not in held:
            raise _refuse(below("data_sets", name), f"is not known here{hint(name, held)}")
        of_it = _numbered(name, given.pop("versions", {}), held[name])
        versions |= {(name, number): parts for number, parts in of_it}
    mappings = {place: given.pop("mappings") for place, given in versions.items() if "mappings" in given}
    _connect(data_sets, versions, held)
    return ServiceConfig(
        publication=publication, theme=theme, data_sets=data_sets, versions=versions, mappings=mappings
    )


def _connect(
    data_sets: Mapping[str, Parts],
    versions: Mapping[tuple[str, Version], Parts],
    held: Mapping[str, Collection[Version]],
) -> None:
    """Add to data sets what follows from others and from their versions."""
    ids = {name: data_sets.get(name, {}).get("id", stable_id("data-set", name)) for name in held}
    for name, given in data_sets.items():
        if list(ids.values()).count(ids[name]) > 1:
            raise _refuse(f"data_sets.{name}.id", f"{ids[name]} is the id of another data set too: give each its own")
        if "api" in given:
            given["in_api"] = given.pop("api")
        if "superseding_data_set" in given:
            given["superseding_data_set_id"] = _successor(given.pop("superseding_data_set"), name, ids)
        if all(_is_draft(versions.get((name, number), {})) for number in held[name]):
            # without a version that is out, a data set is not out either
            given.setdefault("status", DataSetStatus.DRAFT)


def _is_draft(version: Parts) -> bool:
    status: DataSetVersionStatus = version.get("status", DataSetVersionStatus.PUBLISHED)
    return status.is_draft


def _successor(text: str, name: str, ids: Mapping[str, str]) -> str:
    problem = "is the data set itself: name the one that replaces it"
    if text != name:
        found = ids.get(text) or parse_guid(text)
        if found is not None:
            return found
        problem = f"{text!r} is neither a data set here nor a GUID{hint(text, ids)}"
    raise _refuse(f"data_sets.{name}.superseding_data_set", problem)


def _numbered(name: str, said: Mapping[str, Parts], held: Collection[Version]) -> Iterator[tuple[Version, Parts]]:
    """What is said of the versions of a data set, by number; 1 and 1.0 are the same."""
    found: set[Version] = set()
    for text, given in said.items():
        key = f'data_sets.{name}.versions."{text}"'
        try:
            number = Version.parse(text)
        except InvalidVersionError as error:
            raise _refuse(key, str(error)) from None
        if number not in held or number in found:
            numbers = ", ".join(str(one) for one in held)
            problem = "is said twice" if number in found else f"has no data file: {name} has {numbers}"
            raise _refuse(key, f"version {number} {problem}")
        found.add(number)
        if _is_draft(given):
            # what is not out has no time of publication
            given.setdefault("published", None)
        yield number, given


# Values


_text = partial(instance, str, "is a text: put it in quotes")
_any_table = partial(instance, dict, "is a table: write [{place}] above its keys")
_table = partial(members, _any_table)
_by_name = partial(named, _any_table)


def _guid(value: Any) -> str:
    found = parse_guid(_text(value))
    if found is None:
        raise FaultError(f"is not a GUID: write one such as {stable_id('example')}")
    return found


def _moment(value: Any) -> datetime:
    # TOML also has days, and times without an offset: neither is a moment
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise FaultError(f"is a time with its offset, without quotes: write one such as {_MOMENT}")
    return value


def _member_of(kind: type[Enum]) -> Reader:
    known = {str(member.value): member for member in kind}

    def read(value: Any) -> Enum:
        if _text(value) not in known:
            raise ValueError(f"{value!r} is not a status{hint(value, known)}")
        return known[value]

    return read


# Tables of the file

_TOKEN = _table({"id": _guid, "activates": _moment, "expires": _moment})
_NAMES = _by_name(_text)
_MAPPINGS = _table(
    {"filters": _NAMES, "indicators": _NAMES, "options": _by_name(_NAMES), "locations": _by_name(_NAMES)}
)


def _token(value: Any) -> PreviewToken:
    given = _TOKEN(value)
    if "id" not in given:
        raise FaultError("is missing: give the GUID that callers send", "id")
    return PreviewToken(**given)


_VERSION = _table(
    {
        "release": lambda value: release(_text(value)),
        "published": _moment,
        "notes": _text,
        "footnotes": items('is a list of texts: write ["…", "…"]', _text),
        "status": _member_of(DataSetVersionStatus),
        "withdrawn": _moment,
        "preview_tokens": items("is a list: write [[{place}]] above each token", _token),
        "mappings": lambda value: Mappings(**_MAPPINGS(value)),
    }
)


def _version(value: Any) -> Parts:
    given: Parts = _VERSION(value)
    if (given.get("status") is DataSetVersionStatus.WITHDRAWN) != ("withdrawn" in given):
        problem = f'say when, such as {_MOMENT}, and status = "Withdrawn": either both or neither'
        raise FaultError(problem, "withdrawn")
    return given


def _undotted(value: Any) -> Any:
    """A table of versions, whose numbers are in quotes."""
    for text, said in _any_table(value).items():
        part = next((part for part in said if part.isdecimal()), None) if isinstance(said, dict) else None
        if part is not None:
            raise FaultError(f'a dot divides keys: write the version in quotes, versions."{text}.{part}"', text)
    return value


_FILE = _table(
    {
        "publication": _table(
            {"id": _guid, "title": _text, "slug": _text, "summary": _text, "last_published": _moment, "theme": _text}
        ),
        "data_sets": _by_name(
            _table(
                {
                    "id": _guid,
                    "title": _text,
                    "summary": _text,
                    "status": _member_of(DataSetStatus),
                    "superseding_data_set": _text,
                    "api": partial(instance, bool, "is true or false, without quotes"),
                    "versions": named(_undotted, _version),
                }
            )
        ),
    }
)


def _refuse(key: str, message: str) -> DataFileError:
    return DataFileError(f"{key}: {message}", file=FILE_NAME)
