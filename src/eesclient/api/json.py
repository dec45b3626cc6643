"""JSON to models and back: the one converter of client and local service.

camelCase names, open enumerations, unknown members ignored, absent and null the same (reference, section 6).
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from itertools import chain, repeat
from types import GenericAlias, NoneType
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_args, get_origin

import attrs

from ..errors import InvalidResponseError
from ..models.columnar import Columns
from ..models.enums import OpenEnum
from ..models.meta import LocationGroup, LocationOption, MetaItems, group_of
from ..models.versions import Version

if TYPE_CHECKING:
    from cattrs import Converter

T = TypeVar("T")

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_LARGEST = 1 << 63
"""Whole numbers of the service are smaller, and those of frames."""

_DIGITS = 100
"""Digits of a whole number that is read; longer ones are no floats, and fill a message."""

_START, _FAULTS = 60, 5
"""Characters and faults of a body shown in a message."""


class _UnexpectedError(ValueError):
    """A value of the wrong kind; its text says what was expected."""


def from_json(body: bytes, type_: type[T], *, url: str = "", method: str = "GET") -> T:
    """Read the body of an answer as a class of `eesclient.models`, or as `object` for anything."""
    source = f" from {url}" if url else ""
    advice = "try again, and see that the base URL (EES_API_URL) is that of the API"
    try:
        data = parsed(body)
    except ValueError as error:
        start = body[:_START].decode("utf-8", "replace")
        what = f"which begins with {start!r} ({error})" if body else "which is empty"
        raise InvalidResponseError(
            f"expected JSON{source}, got a body {what}; {advice}", method=method, url=url
        ) from None
    try:
        return structure(data, type_)
    except _UnexpectedError as error:
        message = f"the answer{source} is not the {type_.__name__} that the API promises: {error}; {advice}"
        raise InvalidResponseError(message, method=method, url=url) from error


def parsed(body: bytes) -> Any:
    """The data in a JSON body, as strictly as the standard has it; a ValueError says what is wrong."""
    count = 0

    def counted(members: dict[str, Any]) -> dict[str, Any]:
        nonlocal count
        count += len(members)
        return members

    try:
        # what json takes besides: other encodings, surrogates, NaN and Infinity, and the last of members of one name
        text = body.decode("utf-8-sig")
        read = partial(json.loads, parse_int=_whole_number, parse_float=_number, parse_constant=_number)
        data = read(text, object_hook=counted)
        # a colon stands behind each name; to see all pairs takes a third more time
        if count < text.count(":") and count < sum(text.count(f"{before}:") for before in '" \t\n\r'):
            data = read(text, object_pairs_hook=_members)
        if _SURROGATE.search(body):
            json.dumps(data, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except UnicodeEncodeError:
        raise ValueError("it has half of a surrogate pair, which is no character") from None
    return data


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        name = next(name for number, (name, _) in enumerate(pairs) if name in dict(pairs[:number]))
        raise ValueError(f"an object has the member {name!r} twice")
    return members


def _whole_number(text: str) -> int:
    if len(text) > _DIGITS:
        raise ValueError(f"it has a number of {len(text):,} digits, and no service has one of more than {_DIGITS}")
    return int(text)


def _number(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f"it has {text}, which is no number that can be read")
    return number


def structure(data: object, type_: type[T]) -> T:
    """Turn parsed JSON into a model; a ValueError has the JSON path of each fault."""
    if type_ is object:
        return cast(T, data)
    # not above: it takes long to import, and who only builds questions never needs it
    from cattrs import ClassValidationError, IterableValidationError, transform_error

    try:
        return _converter().structure(data, type_)
    except (ClassValidationError, IterableValidationError) as error:
        faults = transform_error(error, format_exception=_fault)
        more = f"; and {len(faults) - _FAULTS} more" if len(faults) > _FAULTS else ""
        raise _UnexpectedError("; ".join(faults[:_FAULTS]) + more) from error


def to_data(value: object) -> Any:
    """Turn models (also inside lists and mappings) into what `json.dumps` takes; None members are left out."""
    return _converter().unstructure(value)


def to_json(value: object) -> bytes:
    """Turn models (also inside lists and mappings) into JSON text, UTF-8."""
    return json.dumps(to_data(value), ensure_ascii=False, separators=(",", ":")).encode()


def wire_name(field: attrs.Attribute[Any]) -> str:
    """Name of a member on the wire: camelCase, unless the field's metadata names it, or its path where it is deeper."""
    head, *rest = field.name.split("_")
    return str(field.metadata.get("wire") or head + "".join(part.capitalize() for part in rest))


@cache
def _converter() -> Converter:
    from cattrs import Converter

    converter = Converter()
    for type_, expected in ((str, "text"), (int, "a whole number"), (bool, "true or false")):
        converter.register_structure_hook(type_, partial(_scalar, type_, expected))
    converter.register_structure_hook_func(lambda t: t is Version, _version)
    converter.register_structure_hook_func(lambda t: t is datetime, _time)
    converter.register_structure_hook_func(lambda t: get_origin(t) is cast(Any, Mapping), _mapping)
    converter.register_structure_hook_factory(_is_list, lambda t: _list_hook(t, converter))
    converter.register_structure_hook_factory(_is_model, lambda t: _model_hook(t, converter))
    converter.register_structure_hook_factory(lambda t: t is LocationGroup, lambda _: _group_hook(converter))
    converter.register_unstructure_hook(OpenEnum, lambda member: member.value)
    converter.register_unstructure_hook_func(lambda t: t is Version, str)
    converter.register_unstructure_hook_func(lambda t: t is datetime, _render_time)
    converter.register_unstructure_hook_func(_is_list, lambda items: [converter.unstructure(item) for item in items])
    converter.register_unstructure_hook_factory(_is_model, lambda t: _unmodel_hook(t, converter))
    return converter


def _is_model(type_: Any) -> bool:
    cls = get_origin(type_) or type_
    # a version is a class of attrs, and a text on the wire
    return isinstance(cls, type) and attrs.has(cls) and cls is not Version


def _is_list(type_: Any) -> bool:
    return (get_origin(type_) or type_) in (tuple, MetaItems)


def _model_hook(type_: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    from cattrs import AttributeValidationNote, ClassValidationError
    from cattrs.gen import make_dict_structure_fn, override

    names, rest = _wire_names(type_), _marked(type_, "rest")
    renames: dict[str, Any] = {name: override(rename=wire) for name, wire in names.items()}
    hook = make_dict_structure_fn(type_, converter, **renames)
    paths = [wire for wire in names.values() if "." in wire]

    def from_mapping(value: Any, _: Any) -> Any:
        # an absent member and null mean the same (reference, section 6)
        members = {name: member for name, member in _mapping(value, None).items() if member is not None}
        # a dotted name stands for what lies deeper, so that the hook finds it like any other
        members |= {path: member for path in paths if (member := _member(value, path)) is not None}
        for name in rest:
            members[name] = {other: members[other] for other in members if other not in names.values()}
        try:
            return hook(members, type_)
        except ClassValidationError as error:
            # cattrs notes the attribute's name, of which the JSON path is made; what a constructor raises has no notes
            for fault in error.exceptions:
                fault.__notes__ = [
                    AttributeValidationNote(str(note), names[note.name], note.type)
                    for note in getattr(fault, "__notes__", ())
                    if isinstance(note, AttributeValidationNote)
                ]
            raise

    return from_mapping


def _group_hook(converter: Converter) -> Callable[[Any, Any], LocationGroup]:
    hook = _model_hook(LocationGroup, converter)
    read = fast_columns(LocationOption, _wire_names(LocationOption))

    def from_mapping(value: Any, type_: Any) -> LocationGroup:
        options = value.get("options") if isinstance(value, dict) else None
        columns = read(options) if isinstance(options, list) else None
        if columns is None:
            found: LocationGroup = hook(value, type_)
            return found
        # the others are read as ever, and locations are made once somebody wants them
        return group_of(hook({**value, "options": []}, type_).level, columns)

    return from_mapping


def _member(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = None if value is None else _mapping(value, None).get(name)
    return value


def _wire_names(type_: Any) -> dict[str, str]:
    return {field.name: wire_name(field) for field in attrs.fields(get_origin(type_) or type_)}


def _marked(type_: Any, mark: str) -> frozenset[str]:
    """Wire names of the members whose metadata has a mark: `rest` for what has no member, `omit_empty` for lists."""
    return frozenset(wire_name(f) for f in attrs.fields(get_origin(type_) or type_) if mark in f.metadata)


def _unmodel_hook(type_: Any, converter: Converter) -> Callable[[Any], Any]:
    from cattrs.gen import make_dict_unstructure_fn, override

    renames: dict[str, Any] = {name: override(rename=wire) for name, wire in _wire_names(type_).items()}
    hook = make_dict_unstructure_fn(type_, converter, **renames)
    rest, omitted = _marked(type_, "rest"), _marked(type_, "omit_empty")

    def to_mapping(value: Any) -> dict[str, Any]:
        members = {name: member for name, member in hook(value).items() if member is not None}
        more = [members.pop(name) for name in rest]
        return {name: member for name, member in members.items() if member or name not in omitted} | dict(*more)

    return to_mapping


def _list_hook(type_: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    hook = converter.get_structure_hook(GenericAlias(list, get_args(type_)[:1]))
    container = get_origin(type_) or type_
    # options and locations come by the thousand: they are made past cattrs where they are all as they should be
    read = fast_columns(item, _wire_names(item)) if is_of_texts(item := get_args(type_)[0]) else None

    def from_list(value: Any, _: Any) -> Any:
        if not isinstance(value, list):
            raise _UnexpectedError(f"expected a list, got {_kind(value)}")
        columns = None if read is None else read(value)
        return container(hook(value, list) if columns is None else columns.items())

    return from_list


def _scalar(kind: type, expected: str, value: Any, type_: Callable[[Any], Any]) -> Any:
    # true is an int in Python, but not a number in JSON
    is_it = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    if not is_it or (isinstance(value, int) and abs(value) >= _LARGEST):
        raise _UnexpectedError(f"expected {expected}, got {_kind(value)}")
    return type_(value)


def _version(value: Any, _: type[Version]) -> Version:
    try:
        return Version.parse(value)
    except ValueError:
        raise _UnexpectedError(f'expected a version such as "1.0", got {_kind(value)}') from None


def _time(value: Any, _: type[datetime]) -> datetime:
    # seven fractional digits occur, of which a datetime keeps six
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        time = None
    if time is None or time.tzinfo is None:
        raise _UnexpectedError(f"expected a time such as 2024-03-01T09:30:00+00:00, got {_kind(value)}")
    return time


def _mapping(value: Any, _: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _UnexpectedError(f"expected an object, got {_kind(value)}")
    return value


def _render_time(time: datetime) -> str:
    text = time.isoformat()
    head, dot, tail = text.partition(".")
    # the service writes a fraction only where there is one, without zeros at its end
    return f"{head}.{tail[:6].rstrip('0')}{tail[6:]}" if dot else text


def _fault(error: BaseException, _: type | None) -> str:
    match error:
        case _UnexpectedError():
            return str(error)
        case KeyError(args=[name]):
            return f"expected a member {name!r}, which is missing"
    return f"{type(error).__name__}: {error}"


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case str():
            return f"the text {value[:_START]!r}"
        case int() | float():
            return f"the number {value}"
        case list():
            return "a list"
    return "an object"


def canonical_digest(body: bytes) -> str:
    """SHA-256 of JSON without regard to its white space and the order of its members: sorted, no spaces, UTF-8."""
    try:
        text = json.dumps(json.loads(body), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    except RecursionError as error:
        raise InvalidResponseError("JSON that is nested so deeply has no digest", method="GET", url="") from error
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


_TEXT: frozenset[type] = frozenset({str})
_TEXT_OR_NONE: frozenset[type] = frozenset({str, NoneType})
_KINDS: Mapping[Any, frozenset[type]] = {
    **dict.fromkeys((str, "str"), _TEXT),
    **dict.fromkeys((str | None, "str | None"), _TEXT_OR_NONE),
}
"""Kinds of value by the annotation of an attribute, which is a text until something resolves it."""


def is_of_texts(type_: Any) -> bool:
    """True if a class holds texts as they come: each required, or else None where it is missing."""
    return (
        isinstance(type_, type)
        and attrs.has(type_)
        and not hasattr(type_, "__attrs_post_init__")
        and all(map(_is_text, attrs.fields(type_)))
    )


def _is_text(field: attrs.Attribute[Any]) -> bool:
    default = {_TEXT: attrs.NOTHING, _TEXT_OR_NONE: None}.get(_KINDS.get(field.type, frozenset()), field)
    return field.default is default and not (field.validator or field.converter or field.metadata)


def fast_columns(type_: type[T], names: Mapping[str, str]) -> Callable[[Sequence[Any]], Columns[T] | None]:
    """Make a function that reads models of texts column by column, and gives None where an item is odd."""
    kinds = {field.name: _KINDS[field.type] for field in attrs.fields(cast(Any, type_))}

    def read(items: Sequence[Any]) -> Columns[T] | None:
        if set(map(type, items)) != {dict}:
            return None
        members = set(chain.from_iterable(items))
        columns: dict[str, Sequence[str | None]] = {}
        for name, wire in names.items():
            column = list(map(dict.get, items, repeat(wire))) if wire in members else [None] * len(items)
            if not kinds[name].issuperset(map(type, column)):
                return None
            columns[name] = column
        return Columns(type_, columns, len(items))

    return read
