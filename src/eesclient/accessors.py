"""The typed modules that `ees codegen` writes: what they import, and their source."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, count
from typing import Protocol, TypeAlias, TypeVar

from ._classes import frozen
from .models.meta import Filter, FilterOption, Indicator, Meta
from .models.names import Entry, NameIndex, names_in
from .models.versions import Version
from .query.resolve import Resolver

T = TypeVar("T", Filter, FilterOption, Indicator)

Options: TypeAlias = Mapping[str, Sequence[str]]
"""Options by filter; both as questions name them."""

MOST = 500
"""Options of a filter that are written out at most: type checkers are slow with more."""

_SIGNS = {"*": " star ", "+": " plus ", "<": " under ", ">": " over ", "%": " percent ", "£": " pounds ", "&": " and "}
_WORDS = re.compile(r"[^0-9A-Za-z]+")
_TAKEN = ("asked", "name", "options")
"""Variables of the function `filters` that is written."""


class HasMeta(Protocol):
    """An opened data set."""

    @property
    def meta(self) -> Meta:
        """Its metadata."""
        ...


def check(data_set: HasMeta, *, indicators: Sequence[str], filters: Options) -> None:
    """Check that an opened data set has every name; nothing is sent.

    Args:
        data_set: A data set at any version.
        indicators: Names of indicators.
        filters: Names of options, by filter.

    Raises:
        UnknownLabelError: Names are missing; the message lists all of them, each with the nearest.
        AmbiguousLabelError: A name fits several things.
    """
    resolver = Resolver(data_set.meta)
    for name in names_in(indicators, "indicators="):
        resolver.indicator(name)
    for name, options in filters.items():
        filter_ = resolver.filter(name)
        if filter_ is not None:
            for option in names_in(options, f"filters[{name!r}]="):
                resolver.option(filter_, option)
    resolver.findings.raise_any()


def additions(meta: Meta, *, indicators: Sequence[str], filters: Options) -> tuple[str, ...]:
    """Names that metadata has beside those given, in words; options only of filters that are given with some."""
    resolver = Resolver(meta)
    found = {known.id for name in indicators if (known := resolver.indicator(name))}
    lines = [f"indicator {item.label!r} ({item.column})" for item in meta.indicators if item.id not in found]
    named = {filter_.id: options for name, options in filters.items() if (filter_ := resolver.filter(name))}
    for each in meta.filters:
        if each.id not in named:
            lines.append(f"filter {each.label!r} ({each.column}), {len(each.options):,} options")
        elif named[each.id]:
            have = {option.id for name in named[each.id] if (option := resolver.option(each, name))}
            lines += [f"option {o.label!r} of filter {each.label!r}" for o in each.options if o.id not in have]
    return tuple(lines)


# The source of a module


@frozen(kw_only=True)
class _Named:
    """A name by which questions find something (its label, else its column or id), and its member of an enumeration."""

    name: str
    member: str


@frozen(kw_only=True)
class _Filter:
    """A filter in Python; without options where there are too many to write out."""

    about: _Named
    class_: str
    argument: str
    options: tuple[_Named, ...]
    comment: str


def generate(*, data_set_id: str, title: str, version: Version, meta: Meta) -> str:
    """Write the module; the same for the same metadata, always."""
    indicators = _named(meta.indicators)
    filters = _filters(meta.filters)
    parts = [
        _head(data_set_id, title, version),
        _enum("Indicator", indicators, "Indicators."),
        _literal("IndicatorName", indicators),
        _enum("Filter", [filter_.about for filter_ in filters], "Filters."),
    ]
    for filter_ in filters:
        if filter_.options:
            parts.append(_enum(filter_.class_, filter_.options, filter_.comment))
        parts.append(_literal(f"{filter_.class_}Name", filter_.options))
    parts += [_tables(indicators, filters), _INDICATORS, _filters_function(filters), _CHECK]
    return "\n\n\n".join(parts) + "\n"


def _named(items: Sequence[T]) -> tuple[_Named, ...]:
    """Names of items, which each find one thing, and members of an enumeration, which are each of one thing."""
    index = NameIndex(Entry(thing=item, labels=_labels(item), ids=(item.id,)) for item in items)
    members = []
    for item in items:
        name = "_".join(_words(item.label)).upper()
        # a name cannot begin with a digit
        members.append(f"N_{name}".rstrip("_") if not name or name[0].isdigit() else name)
    often = Counter(members)
    own = [name if often[name] == 1 else f"{name}_{_plain(item.id)}" for name, item in zip(members, items, strict=True)]
    return tuple(
        _Named(name=next((name for name in _labels(item) if len(index.find(name)) == 1), item.id), member=member)
        for item, member in zip(items, _distinct(own), strict=True)
    )


def _labels(item: Filter | FilterOption | Indicator) -> tuple[str, ...]:
    return (item.label,) if isinstance(item, FilterOption) else (item.label, item.column)


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
    found = dict.fromkeys(taken)
    for name in names:
        numbered = (f"{name}_{number}" for number in count(2))
        found[next(each for each in chain([name], numbered) if each not in found)] = None
    return [*found][len({*taken}) :]


def _words(text: str) -> list[str]:
    # a letter with an accent becomes the letter and the accent, which is left out
    plain = unicodedata.normalize("NFKD", text)
    spelt = "".join(_SIGNS.get(c, "" if unicodedata.combining(c) else c) for c in plain)
    # a minus before a number says something, a dash between words does not
    minus = re.sub(r"(?<![0-9A-Za-z])[-−](?=[0-9])", " minus ", spelt)
    return [word for word in _WORDS.split(minus) if word]


def _plain(id_: str) -> str:
    return _WORDS.sub("_", id_).strip("_")


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

DATA_SET_ID: Final = {data_set_id!r}
DATA_SET_TITLE: Final = {title!r}
VERSION: Final = {str(version)!r}'''


def _enum(name: str, items: Sequence[_Named], comment: str) -> str:
    lines = [f"class {name}(StrEnum):", f'    """{_comment(comment)}"""', ""]
    return "\n".join([*lines, *(f"    {item.member} = {item.name!r}" for item in items)]).rstrip()


def _literal(name: str, items: Sequence[_Named]) -> str:
    if not items:
        return f"{name}: TypeAlias = str"
    return "\n".join([f"{name}: TypeAlias = Literal[", *(f"    {item.name!r}," for item in items), "]"])


def _tables(indicators: Sequence[_Named], filters: Sequence[_Filter]) -> str:
    lines = ["INDICATORS: Final[tuple[str, ...]] = (", *(f"    {item.name!r}," for item in indicators), ")"]
    lines.append("FILTERS: Final[dict[str, tuple[str, ...]]] = {")
    for filter_ in filters:
        options = (f"        {option.name!r}," for option in filter_.options)
        lines += [f"    {filter_.about.name!r}: (", *options, "    ),"]
    return "\n".join([*lines, "}"])


_INDICATORS = '''\
def indicators(*names: Indicator | IndicatorName) -> list[str]:
    """Indicators of a question, checked."""
    return [*names]'''


def _filters_function(filters: Sequence[_Filter]) -> str:
    if not filters:
        return 'def filters() -> dict[str, str | Sequence[str]]:\n    """There are none."""\n    return {}'
    arguments, asked = [], []
    for filter_ in filters:
        one = f"{filter_.class_} | {filter_.class_}Name" if filter_.options else f"{filter_.class_}Name"
        arguments.append(f"    {filter_.argument}: {one} | Sequence[{one}] | None = None,\n")
        asked.append(f"        {filter_.about.name!r}: {filter_.argument},\n")
    return f'''\
def filters(
    *,
{"".join(arguments)}) -> dict[str, str | Sequence[str]]:
    """Filters of a question, checked; those that are left out are not named."""
    asked: dict[str, str | Sequence[str] | None] = {{
{"".join(asked)}    }}
    return {{name: options for name, options in asked.items() if options is not None}}'''


_CHECK = '''\
def check(data_set: HasMeta) -> None:
    """Check that an opened data set, of any version, has every name here; what is missing is one error."""
    check_names(data_set, indicators=INDICATORS, filters=FILTERS)'''
