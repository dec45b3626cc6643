"""`service.toml`: what the data files of a folder cannot say."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, TypeAlias

import attrs

from .._toml import below
from ..errors import DataFileError, InvalidVersionError
from ..models.enums import DataSetStatus, DataSetVersionStatus
from ..models.versions import Version
from .holdings import PreviewToken, parse_guid, release, slug, stable_id
from .ids import Mappings

FILE_NAME = "service.toml"

Parts: TypeAlias = dict[str, Any]
"""Attributes of a description that the file gives."""

Reader: TypeAlias = Callable[[Any, str], Any]
"""Turns the value at a place of the file into what it stands for, or refuses the file."""

_MOMENT = "2026-01-31T09:30:00Z"


@attrs.frozen(kw_only=True)
class ServiceConfig:
    """The content of the file.

    Attributes:
        publication: Attributes of the publication.
        theme: Title of its theme, or None.
        data_sets: Attributes of `DataSetDescription` by NAME.
        versions: Attributes of `VersionDescription` by NAME and version.
        mappings: What was mapped by hand, by NAME and version.
    """

    publication: Parts = attrs.field(factory=dict)
    theme: str | None = None
    data_sets: Mapping[str, Parts] = attrs.field(factory=dict)
    versions: Mapping[tuple[str, Version], Parts] = attrs.field(factory=dict)
    mappings: Mapping[tuple[str, Version], Mappings] = attrs.field(factory=dict)


def read_service_config(folder: Path, held: Mapping[str, Collection[Version]]) -> ServiceConfig:
    """Read the `service.toml` of a folder that holds these versions; where there is none, it says nothing.

    Raises:
        DataFileError: It is not valid TOML, has an unknown key or a wrong value, or names what is not there.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return ServiceConfig()
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise DataFileError(f"is not valid TOML: {error}", file=FILE_NAME) from None
    return _config(_FILE(content, ""), held)


def _config(file: Parts, held: Mapping[str, Collection[Version]]) -> ServiceConfig:
    publication, data_sets = file.get("publication", {}), file.get("data_sets", {})
    theme = publication.pop("theme", None)
    if "title" in publication:
        publication.setdefault("slug", slug(publication["title"]))
    versions: dict[tuple[str, Version], Parts] = {}
    for name, given in data_sets.items():
        if name not in held:
            raise _refuse(below("data_sets", name), f"is not known here{_hint(name, held)}")
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
        problem = f"{text!r} is neither a data set here nor a GUID{_hint(text, ids)}"
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
            given.setdefault("published", None)
        yield number, given


# Values, the first that is wrong refused


def _instance(kind: type, advice: str) -> Reader:
    def read(value: Any, place: str) -> Any:
        if not isinstance(value, kind):
            raise _refuse(place, advice.format(place=place))
        return value

    return read


_text = _instance(str, "is a text: put it in quotes")
_any_table = _instance(dict, "is a table: write [{place}] above its keys")


def _guid(value: Any, place: str) -> str:
    found = parse_guid(_text(value, place))
    if found is None:
        raise _refuse(place, f"is not a GUID: write one such as {stable_id('example')}")
    return found


def _moment(value: Any, place: str) -> datetime:
    # TOML also has days, and times without an offset: neither is a moment
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise _refuse(place, f"is a time with its offset, without quotes: write one such as {_MOMENT}")
    return value


def _member_of(kind: type[Enum]) -> Reader:
    known = {str(member.value): member for member in kind}

    def read(value: Any, place: str) -> Enum:
        if _text(value, place) not in known:
            raise _refuse(place, f"{value!r} is not a status{_hint(value, known)}")
        return known[value]

    return read


def _list_of(read: Reader, advice: str) -> Reader:
    items = _instance(list, advice)
    return lambda value, place: tuple(read(one, below(place, n)) for n, one in enumerate(items(value, place)))


def _by_name(read: Reader) -> Reader:
    """Reader of a table whose keys are names."""
    return lambda value, place: {name: read(one, below(place, name)) for name, one in _any_table(value, place).items()}


def _table(readers: Mapping[str, Reader]) -> Reader:
    """Reader of a table with these keys, any of which may be missing."""

    def read(value: Any, place: str) -> Parts:
        given = _any_table(value, place)
        unknown = next((name for name in given if name not in readers), None)
        if unknown is not None:
            raise _refuse(below(place, unknown), f"is not known here{_hint(unknown, readers)}")
        return {name: read(given[name], below(place, name)) for name, read in readers.items() if name in given}

    return read


# Tables of the file

_TOKEN = _table({"id": _guid, "activates": _moment, "expires": _moment})
_NAMES = _by_name(_text)
_MAPPINGS = _table(
    {"filters": _NAMES, "indicators": _NAMES, "options": _by_name(_NAMES), "locations": _by_name(_NAMES)}
)


def _token(value: Any, place: str) -> PreviewToken:
    given = _TOKEN(value, place)
    if "id" not in given:
        raise _refuse(below(place, "id"), "is missing: give the GUID that callers send")
    return PreviewToken(**given)


_VERSION = _table(
    {
        "release": lambda value, place: release(_text(value, place)),
        "published": _moment,
        "notes": _text,
        "footnotes": _list_of(_text, 'is a list of texts: write ["…", "…"]'),
        "status": _member_of(DataSetVersionStatus),
        "withdrawn": _moment,
        "preview_tokens": _list_of(_token, "is a list: write [[{place}]] above each token"),
        "mappings": lambda value, place: Mappings(**_MAPPINGS(value, place)),
    }
)


def _version(value: Any, place: str) -> Parts:
    given: Parts = _VERSION(value, place)
    if (given.get("status") is DataSetVersionStatus.WITHDRAWN) != ("withdrawn" in given):
        problem = f'say when, such as {_MOMENT}, and status = "Withdrawn": either both or neither'
        raise _refuse(below(place, "withdrawn"), problem)
    return given


def _versions(value: Any, place: str) -> dict[str, Parts]:
    for text, said in _any_table(value, place).items():
        part = next((part for part in said if part.isdecimal()), None) if isinstance(said, dict) else None
        if part is not None:
            problem = f'a dot divides keys: write the version in quotes, {place}."{text}.{part}"'
            raise _refuse(below(place, text), problem)
    return dict(_by_name(_version)(value, place))


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
                    "api": _instance(bool, "is true or false, without quotes"),
                    "versions": _versions,
                }
            )
        ),
    }
)


def _hint(text: str, known: Collection[str]) -> str:
    folded = {name.lower(): name for name in known}
    close = [folded[name] for name in difflib.get_close_matches(text.lower(), folded, n=2)]
    return f": did you mean {' or '.join(close)}?" if close else f": known are {', '.join(known)}"


def _refuse(key: str, message: str) -> DataFileError:
    return DataFileError(f"{key}: {message}", file=FILE_NAME)
