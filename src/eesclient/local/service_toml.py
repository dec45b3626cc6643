"""`service.toml`: what the data files of a folder cannot say."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from enum import Enum
from functools import cache, partial
from pathlib import Path
from types import GenericAlias
from typing import Any, NewType, TypeAlias, cast, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, override

from .._toml import FaultError, below, faults
from ..errors import DataFileError, InvalidVersionError
from ..models.data_sets import Release
from ..models.enums import DataSetStatus, DataSetVersionStatus
from ..models.versions import Version
from .holdings import PreviewToken, parse_guid, slug, stable_id
from .ids import Mappings

FILE_NAME = "service.toml"

Parts: TypeAlias = dict[str, Any]
"""Attributes of a description that the file gives."""

Guid = NewType("Guid", str)
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
    try:
        file = _converter().structure(content, _File)
    except (ValueError, BaseExceptionGroup) as error:
        place, problem = next(faults(error))
        raise _refuse(place, problem) from None
    return _config(file, held)


def _config(file: _File, held: Mapping[str, Collection[Version]]) -> ServiceConfig:
    publication, data_sets = _given(file.publication), {name: _given(table) for name, table in file.data_sets.items()}
    theme = publication.pop("theme", None)
    if "title" in publication:
        publication.setdefault("slug", slug(publication["title"]))
    versions: dict[tuple[str, Version], Parts] = {}
    for name, table in file.data_sets.items():
        if name not in held:
            raise _refuse(below("data_sets", name), f"is not known here{_hint(name, held)}")
        versions |= {(name, number): given for number, given in _versions(name, table, held[name])}
        del data_sets[name]["versions"]
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


def _versions(name: str, data_set: _DataSet, held: Collection[Version]) -> Iterator[tuple[Version, Parts]]:
    found: set[Version] = set()
    for text, version in data_set.versions.items():
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
        given = _given(version)
        if _is_draft(given):
            given.setdefault("published", None)
        yield number, given


# Tables of the file: what is None is not there


@attrs.frozen(kw_only=True)
class _Publication:
    id: Guid | None = None
    title: str | None = None
    slug: str | None = None
    summary: str | None = None
    last_published: datetime | None = None
    theme: str | None = None


@attrs.frozen(kw_only=True)
class _Version:
    release: Release | None = None
    published: datetime | None = None
    notes: str | None = None
    footnotes: tuple[str, ...] | None = None
    status: DataSetVersionStatus | None = None
    withdrawn: datetime | None = None
    preview_tokens: tuple[PreviewToken, ...] | None = None
    mappings: Mappings | None = None


@attrs.frozen(kw_only=True)
class _DataSet:
    id: Guid | None = None
    title: str | None = None
    summary: str | None = None
    status: DataSetStatus | None = None
    superseding_data_set: str | None = None
    api: bool | None = None
    versions: Mapping[str, _Version] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class _File:
    publication: _Publication = attrs.field(factory=_Publication)
    data_sets: Mapping[str, _DataSet] = attrs.field(factory=dict)


def _given(table: Any) -> Parts:
    return attrs.asdict(table, recurse=False, filter=lambda _, value: value is not None)


@cache
def _converter() -> Converter:
    converter = Converter()

    def list_of(item: Any, advice: str) -> Callable[[Any], Any]:
        return lambda value: tuple(converter.structure(_expect(list, advice, value), list[item]))

    hooks: dict[Any, Callable[[Any], Any]] = {
        Guid: _guid,
        datetime: _moment,
        Release: lambda value: Release(title=_text(value), slug=slug(value)),
        tuple[str, ...]: list_of(str, 'is a list of texts: write ["…", "…"]'),
        tuple[PreviewToken, ...]: list_of(PreviewToken, "is a list: write [[{place}]] above each token"),
    }
    # what cattrs knows by itself wants its hook registered, not made by a factory
    converter.register_structure_hook(str, _hooked(_text))
    converter.register_structure_hook(bool, _hooked(partial(_expect, bool, "is true or false, without quotes")))
    for status in (DataSetStatus, DataSetVersionStatus):
        converter.register_structure_hook(status, _hooked(partial(_member, status)))
    converter.register_structure_hook_factory(hooks.__contains__, lambda type_: _hooked(hooks[type_]))
    converter.register_structure_hook_factory(_is_mapping, lambda type_: _mapping_hook(type_, converter))
    for table in (_Publication, PreviewToken, _Version, _DataSet, _File, Mappings):
        converter.register_structure_hook(table, _table_hook(table, converter))
    return converter


def _hooked(read: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda value, _: read(value)


def _is_mapping(type_: Any) -> bool:
    return get_origin(type_) is Mapping


def _table_hook(type_: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    options: Any = {"id": override(struct_hook=_hooked(_guid))} if type_ is PreviewToken else {}
    hook: Any = make_dict_structure_fn(type_, converter, **options)
    known = [field.name for field in attrs.fields(type_)]

    def from_table(value: Any, _: Any) -> Any:
        unknown = next((name for name in _table(value) if name not in known), None)
        if unknown is not None:
            raise FaultError(f"is not known here{_hint(unknown, known)}", unknown)
        if type_ is PreviewToken and "id" not in value:
            raise FaultError("is missing: give the GUID that callers send", "id")
        found = hook(value, type_)
        is_withdrawn = getattr(found, "status", None) is DataSetVersionStatus.WITHDRAWN
        if type_ is _Version and is_withdrawn != (found.withdrawn is not None):
            problem = f'say when, such as {_MOMENT}, and status = "Withdrawn": either both or neither'
            raise FaultError(problem, "withdrawn")
        return found

    return from_table


def _mapping_hook(type_: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    _, item = get_args(type_)
    hook = converter.get_structure_hook(cast(Any, GenericAlias(dict, (str, item))))

    def from_table(value: Any, _: Any) -> Any:
        for text, said in _table(value).items() if item is _Version else ():
            part = next((part for part in said if part.isdecimal()), None) if isinstance(said, dict) else None
            if part is not None:
                problem = f'a dot divides keys: write the version in quotes, {{place}}."{text}.{part}"'
                raise FaultError(problem, text)
        return hook(_table(value), dict)

    return from_table


# Values


def _expect(kind: type, advice: str, value: Any) -> Any:
    if not isinstance(value, kind):
        raise FaultError(advice)
    return value


_table = partial(_expect, dict, "is a table: write [{place}] above its keys")
_text = partial(_expect, str, "is a text: put it in quotes")


def _guid(value: Any) -> str:
    found = parse_guid(_text(value))
    if found is None:
        raise FaultError(f"is not a GUID: write one such as {stable_id('example')}")
    return found


def _moment(value: Any) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise FaultError(f"is a time with its offset, without quotes: write one such as {_MOMENT}")
    return value


def _member(kind: type[Enum], value: Any) -> Enum:
    known = {str(member.value): member for member in kind}
    if _text(value) not in known:
        raise FaultError(f"{value!r} is not a status{_hint(value, known)}")
    return known[value]


def _hint(text: str, known: Collection[str]) -> str:
    folded = {name.lower(): name for name in known}
    close = [folded[name] for name in difflib.get_close_matches(text.lower(), folded, n=2)]
    return f": did you mean {' or '.join(close)}?" if close else f": known are {', '.join(known)}"


def _refuse(key: str, message: str) -> DataFileError:
    return DataFileError(f"{key}: {message}", file=FILE_NAME)
