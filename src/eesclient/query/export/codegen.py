"""The source of a module with the names of a data set, for type checkers and editors."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import attrs

from ...models.meta import Filter, FilterOption, Indicator, Meta
from ...models.names import Entry, NameIndex
from ...models.versions import Version

T = TypeVar("T", Filter, FilterOption, Indicator)

MOST = 500
"""Options of a filter that are written out at most: type checkers are slow with more."""

_SIGNS = {"*": " star ", "+": " plus ", "<": " under ", ">": " over ", "%": " percent ", "£": " pounds ", "&": " and "}
_WORDS = re.compile(r"[^0-9A-Za-z]+")
_TAKEN = ("asked", "name", "options")
"""What the function `filters` calls its own variables."""


@attrs.frozen(kw_only=True)
class _Named:
    """Something with a name in questions and one in Python.

    Attributes:
        name: By which questions find it: its label, or where that is not enough its column or id.
        member: What it is called in an enumeration.
    """

    name: str
    member: str


@attrs.frozen(kw_only=True)
class _Filter:
    """A filter in Python.

    Attributes:
        about: What it is called in questions and in the enumeration of filters.
        class_: Name of the class of its options.
        argument: Name of the argument of `filters()`.
        options: Its options; none where there are too many to write out.
        comment: What its class says.
    """

    about: _Named
    class_: str
    argument: str
    options: tuple[_Named, ...]
    comment: str


def generate(*, data_set_id: str, title: str, version: Version, meta: Meta) -> str:
    """Write the module; the same for the same metadata, always.

    Args:
        data_set_id: GUID of the data set.
        title: Its title.
        version: Exact version.
        meta: Metadata of that version.

    Returns:
        Python source, which needs nothing but eesclient.
    """
    indicators = _named(meta.indicators)
    filters = _filters(meta.filters)
    parts = [
        _head(data_set_id, title, version),
        _enum("Indicator", indicators, "Indicators."),
        _literal("IndicatorName", indicators),
        _enum("Filter", [filter_.about for filter_ in filters], "Filters."),
        *(_options(filter_) for filter_ in filters),
        _tables(indicators, filters),
        _INDICATORS,
        _filters_function(filters),
        _CHECK,
    ]
    return "\n\n\n".join(parts) + "\n"


def _named(items: Sequence[T]) -> tuple[_Named, ...]:
    """Names of items, which each find one thing, and members of an enumeration, which are each of one thing."""
    index = NameIndex([_entry(item) for item in items])
    members = [_member(item.label) for item in items]
    often = Counter(members)
    own = [name if often[name] == 1 else f"{name}_{_plain(item.id)}" for name, item in zip(members, items, strict=True)]
    return tuple(
        _Named(name=_found_by(index, item), member=name) for item, name in zip(items, _distinct(own), strict=True)
    )


def _entry(item: T) -> Entry[T]:
    return Entry(thing=item, labels=(item.label, *_column(item)), ids=(item.id,))


def _found_by(index: NameIndex[T], item: T) -> str:
    """The first name that finds the item alone."""
    return next((name for name in (item.label, *_column(item)) if len(index.find(name)) == 1), item.id)


def _column(item: Filter | FilterOption | Indicator) -> tuple[str, ...]:
    return () if isinstance(item, FilterOption) else (item.column,)


def _filters(filters: Sequence[Filter]) -> tuple[_Filter, ...]:
    words = ["_".join(_words(filter_.column)).lower() or f"filter_{_plain(filter_.id)}" for filter_ in filters]
    arguments = [f"filter_{text}" if text[0].isdigit() or keyword.iskeyword(text) else text for text in words]
    classes = _distinct("".join(part.capitalize() for part in text.split("_")) for text in arguments)
    written = zip(filters, _named(filters), classes, _distinct(arguments, _TAKEN), strict=True)
    return tuple(
        _Filter(
            about=about,
            class_=f"{class_}Option",
            argument=argument,
            options=_named(filter_.options) if len(filter_.options) <= MOST else (),
            comment=f"{filter_.label} ({filter_.column}).",
        )
        for filter_, about, class_, argument in written
    )


def _distinct(names: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """The names, each with a number after it where it would be the same as another before it."""
    seen = set(taken)
    found = []
    for name in names:
        candidate, number = name, 2
        while candidate in seen:
            candidate, number = f"{name}_{number}", number + 1
        seen.add(candidate)
        found.append(candidate)
    return found


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text)
    spelt = "".join(_SIGNS.get(c, "" if unicodedata.combining(c) else c) for c in plain)
    minus = re.sub(r"(?<![0-9A-Za-z])[-−](?=[0-9])", " minus ", spelt)
    return [word for word in _WORDS.split(minus) if word]


def _plain(id_: str) -> str:
    return _WORDS.sub("_", id_).strip("_")


def _member(label: str) -> str:
    name = "_".join(_words(label)).upper()
    return f"N_{name}".rstrip("_") if not name or name[0].isdigit() else name


def _text(text: str) -> str:
    """A text as a Python literal that holds nothing but itself, on one line."""
    return repr(text)


def _comment(text: str) -> str:
    """A text inside a docstring."""
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text.replace("\\", "\\\\"))
    return shown.replace('"', '\\"')


def _head(data_set_id: str, title: str, version: Version) -> str:
    return f'''\
"""Names of a data set, version {version}: {_comment(title)}.

Data set {data_set_id}.
Written by `ees codegen {data_set_id}@{version}`; write it again instead of changing it.
"""
# fmt: off
# ruff: noqa

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, Literal, TypeAlias

from eesclient.accessors import HasMeta
from eesclient.accessors import check as check_names

DATA_SET_ID: Final = {_text(data_set_id)}
DATA_SET_TITLE: Final = {_text(title)}
VERSION: Final = {_text(str(version))}'''


def _enum(name: str, items: Sequence[_Named], comment: str) -> str:
    lines = [f"class {name}(StrEnum):", f'    """{_comment(comment)}"""', ""]
    return "\n".join([*lines, *(f"    {item.member} = {_text(item.name)}" for item in items)]).rstrip()


def _literal(name: str, items: Sequence[_Named]) -> str:
    if not items:
        return f"{name}: TypeAlias = str"
    return "\n".join([f"{name}: TypeAlias = Literal[", *(f"    {_text(item.name)}," for item in items), "]"])


def _options(filter_: _Filter) -> str:
    name = f"{filter_.class_}Name"
    if not filter_.options:
        return f"{name}: TypeAlias = str"
    return f"{_enum(filter_.class_, filter_.options, filter_.comment)}\n\n\n{_literal(name, filter_.options)}"


def _tables(indicators: Sequence[_Named], filters: Sequence[_Filter]) -> str:
    return "\n".join(
        [
            "INDICATORS: Final[tuple[str, ...]] = (",
            *(f"    {_text(item.name)}," for item in indicators),
            ")",
            "FILTERS: Final[dict[str, tuple[str, ...]]] = {",
            *(line for filter_ in filters for line in _table(filter_)),
            "}",
        ]
    )


def _table(filter_: _Filter) -> Iterator[str]:
    yield f"    {_text(filter_.about.name)}: ("
    yield from (f"        {_text(option.name)}," for option in filter_.options)
    yield "    ),"


_INDICATORS = '''\
def indicators(*names: Indicator | IndicatorName) -> list[str]:
    """Indicators of a question, checked."""
    return [str(name) for name in names]'''


def _filters_function(filters: Sequence[_Filter]) -> str:
    if not filters:
        return 'def filters() -> dict[str, str | Sequence[str]]:\n    """There are none."""\n    return {}'
    arguments = []
    for filter_ in filters:
        one = f"{filter_.class_} | {filter_.class_}Name" if filter_.options else f"{filter_.class_}Name"
        arguments.append(f"    {filter_.argument}: {one} | Sequence[{one}] | None = None,")
    asked = [f"        {_text(filter_.about.name)}: {filter_.argument}," for filter_ in filters]
    return "\n".join(
        [
            "def filters(",
            "    *,",
            *arguments,
            ") -> dict[str, str | Sequence[str]]:",
            '    """Filters of a question, checked; those that are left out are not named."""',
            "    asked: dict[str, str | Sequence[str] | None] = {",
            *asked,
            "    }",
            "    return {name: options for name, options in asked.items() if options is not None}",
        ]
    )


_CHECK = '''\
def check(data_set: HasMeta) -> None:
    """Check that an opened data set, of any version, has every name here; what is missing is one error."""
    check_names(data_set, indicators=INDICATORS, filters=FILTERS)'''
