"""`service.toml`: what the data files of a folder cannot say, or the reason why it cannot be read."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, TypeAlias

import attrs

from ..errors import DataFileError, InvalidVersionError
from ..models.data_sets import Release
from ..models.enums import DataSetStatus, DataSetVersionStatus
from ..models.versions import Version
from .holdings import PreviewToken, slug, stable_id
from .ids import Mappings
from .routes import parse_guid

FILE_NAME = "service.toml"

Parts: TypeAlias = dict[str, Any]
"""Attributes of a description that the file gives."""

_Reader: TypeAlias = Callable[[Any, str], Any]
_MOMENT = "2026-01-31T09:30:00Z"


@attrs.frozen(kw_only=True)
class Described:
    """What the file says.

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


def read_described(folder: Path, held: Mapping[str, Collection[Version]]) -> Described:
    """Read the `service.toml` of a folder; where there is none, it says nothing.

    Args:
        folder: The folder.
        held: NAMEs of its data sets, each with its versions.

    Raises:
        DataFileError: It is no TOML, has an unknown key or a value of the wrong kind, or names what is not there.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return Described()
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise DataFileError(f"is no TOML: {error}", file=FILE_NAME) from None
    parts = _table({"publication": _publication, "data_sets": _data_sets(held)})(content, "")
    return _described(parts, held)


def _described(parts: Parts, held: Mapping[str, Collection[Version]]) -> Described:
    data_sets: dict[str, Parts] = parts.get("data_sets", {})
    versions = {
        (name, number): said for name in data_sets for number, said in data_sets[name].pop("versions", {}).items()
    }
    mappings = {place: said.pop("mappings") for place, said in versions.items() if "mappings" in said}
    publication: Parts = parts.get("publication", {})
    theme = publication.pop("theme", None)
    ids = {name: data_sets.get(name, {}).get("id", stable_id("data-set", name)) for name in held}
    for name, said in data_sets.items():
        if list(ids.values()).count(ids[name]) > 1:
            raise _refuse(f"data_sets.{name}.id", f"{ids[name]} is the id of another data set too: give each its own")
        if "api" in said:
            said["in_api"] = said.pop("api")
        successor = said.pop("superseding_data_set", None)
        if successor == name:
            raise _refuse(
                f"data_sets.{name}.superseding_data_set", "is the data set itself: name the one that replaces it"
            )
        if successor is not None:
            said["superseding_data_set_id"] = ids.get(successor) or _successor(successor, name, ids)
        statuses = [
            versions.get((name, number), {}).get("status", DataSetVersionStatus.PUBLISHED) for number in held[name]
        ]
        if all(status.is_draft for status in statuses):
            said.setdefault("status", DataSetStatus.DRAFT)
    return Described(publication=publication, theme=theme, data_sets=data_sets, versions=versions, mappings=mappings)


def _successor(text: str, name: str, known: Collection[str]) -> str:
    found = parse_guid(text)
    if found is None:
        hint = _hint(text, known)
        raise _refuse(f"data_sets.{name}.superseding_data_set", f"{text!r} is neither a data set here nor a GUID{hint}")
    return found


# Parts of the file


def _publication(value: Any, key: str) -> Parts:
    readers: dict[str, _Reader] = {"id": _guid, "title": _text, "slug": _text, "summary": _text}
    readers |= {"last_published": _moment, "theme": _text}
    parts: Parts = _table(readers)(value, key)
    if "title" in parts:
        parts.setdefault("slug", slug(parts["title"]))
    return parts


def _data_sets(held: Mapping[str, Collection[Version]]) -> _Reader:
    return _table({name: _data_set(name, versions) for name, versions in held.items()})


def _data_set(name: str, held: Collection[Version]) -> _Reader:
    return _table(
        {
            "id": _guid,
            "title": _text,
            "summary": _text,
            "status": _member(DataSetStatus),
            "superseding_data_set": _text,
            "api": _in_api,
            "versions": _versions(name, held),
        }
    )


def _versions(name: str, held: Collection[Version]) -> _Reader:
    def read(value: Any, key: str) -> dict[Version, Parts]:
        found: dict[Version, Parts] = {}
        for text, said in _items(value, key).items():
            number = _number(text, said, key)
            if number not in held or number in found:
                numbers = ", ".join(str(one) for one in held)
                problem = "is said twice" if number in found else f"has no data file: {name} has {numbers}"
                raise _refuse(f'{key}."{text}"', f"version {number} {problem}")
            found[number] = _version(said, f'{key}."{text}"')
        return found

    return read


def _number(text: str, said: Any, key: str) -> Version:
    parts = [part for part in said if part.isdecimal()] if isinstance(said, dict) else []
    if parts:
        raise _refuse(f"{key}.{text}", f'a dot divides keys: write the version in quotes, {key}."{text}.{parts[0]}"')
    try:
        return Version.parse(text)
    except InvalidVersionError as error:
        raise _refuse(f'{key}."{text}"', str(error)) from None


def _version(value: Any, key: str) -> Parts:
    parts: Parts = _table(
        {
            "release": _release,
            "published": _moment,
            "notes": _text,
            "footnotes": _texts,
            "status": _member(DataSetVersionStatus),
            "withdrawn": _moment,
            "preview_tokens": _tokens,
            "mappings": _mappings,
        }
    )(value, key)
    status = parts.get("status", DataSetVersionStatus.PUBLISHED)
    if (status is DataSetVersionStatus.WITHDRAWN) != ("withdrawn" in parts):
        raise _refuse(
            f"{key}.withdrawn", f'say when, such as {_MOMENT}, and status = "Withdrawn": either both or neither'
        )
    if status.is_draft:
        parts.setdefault("published", None)
    return parts


def _release(value: Any, key: str) -> Release:
    title = _text(value, key)
    return Release(title=title, slug=slug(title))


def _tokens(value: Any, key: str) -> tuple[PreviewToken, ...]:
    if not isinstance(value, list):
        raise _refuse(key, f"is a list: write [[{key}]] above each token")
    return tuple(_token(item, f"{key}[{number}]") for number, item in enumerate(value))


def _mappings(value: Any, key: str) -> Mappings:
    return Mappings(
        **_table({"filters": _names, "indicators": _names, "options": _groups, "locations": _groups})(value, key)
    )


def _groups(value: Any, key: str) -> dict[str, dict[str, str]]:
    return {name: _names(item, f"{key}.{name}") for name, item in _items(value, key).items()}


def _names(value: Any, key: str) -> dict[str, str]:
    return {name: _text(item, f"{key}.{name}") for name, item in _items(value, key).items()}


def _token(value: Any, key: str) -> PreviewToken:
    parts: Parts = _table({"id": _guid, "activates": _moment, "expires": _moment})(value, key)
    if "id" not in parts:
        raise _refuse(f"{key}.id", "is missing: give the GUID that callers send")
    return PreviewToken(**parts)


# Values


def _table(readers: Mapping[str, _Reader]) -> _Reader:
    def read(value: Any, key: str) -> Parts:
        found: Parts = {}
        for name, item in _items(value, key).items():
            inner = f"{key}.{name}" if key else name
            if name not in readers:
                raise _refuse(inner, f"is not known here{_hint(name, readers)}")
            found[name] = readers[name](item, inner)
        return found

    return read


def _items(value: Any, key: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _refuse(key, f"is a table: write [{key}] above its keys")
    return value


def _text(value: Any, key: str) -> str:
    if not isinstance(value, str):
        raise _refuse(key, "is a text: put it in quotes")
    return value


def _texts(value: Any, key: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _refuse(key, 'is a list of texts: write ["…", "…"]')
    return tuple(_text(item, f"{key}[{number}]") for number, item in enumerate(value))


def _in_api(value: Any, key: str) -> bool:
    if not isinstance(value, bool):
        raise _refuse(key, "is true or false, without quotes")
    return value


def _guid(value: Any, key: str) -> str:
    found = parse_guid(_text(value, key))
    if found is None:
        raise _refuse(key, f"is no GUID: write one such as {stable_id('example')}")
    return found


def _moment(value: Any, key: str) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise _refuse(key, f"is a time with its offset, without quotes: write one such as {_MOMENT}")
    return value


def _member(kind: type[Enum]) -> _Reader:
    known = {str(member.value): member for member in kind}

    def read(value: Any, key: str) -> Enum:
        text = _text(value, key)
        if text not in known:
            raise _refuse(key, f"{text!r} is no status{_hint(text, known)}")
        return known[text]

    return read


def _hint(text: str, known: Collection[str]) -> str:
    folded = {name.lower(): name for name in known}
    close = [folded[name] for name in difflib.get_close_matches(text.lower(), folded, n=2)]
    return f": did you mean {' or '.join(close)}?" if close else f": known are {', '.join(known)}"


def _refuse(key: str, message: str) -> DataFileError:
    return DataFileError(f"{key}: {message}", file=FILE_NAME)
