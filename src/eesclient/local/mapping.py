"""What a `service.toml` says that an analyst mapped by hand: things of a version that go by another name (section 18).

The service keeps the id of a thing that is mapped by hand to one of the version before, as it does for one whose key is
the same. Options are named below the column that their filter has now, locations below their level.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from ..errors import DataFileError
from ..models.meta import Meta
from ..query.names import listed
from .numbering import Key, Kind, Numbering

Names = Mapping[str, str]
"""Name before to name now."""


@attrs.frozen(kw_only=True)
class Mappings:
    """What was mapped by hand.

    Attributes:
        filters: Columns of filters.
        indicators: Columns of indicators.
        options: Labels of options, by the filter's column now.
        locations: Labels or codes of locations, by level code.
    """

    filters: Names = attrs.field(factory=dict)
    indicators: Names = attrs.field(factory=dict)
    options: Mapping[str, Names] = attrs.field(factory=dict)
    locations: Mapping[str, Names] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class _Group:
    """Things among which names are looked up.

    Attributes:
        kind: What they are.
        table: Where the file names them.
        names: The names that are mapped.
        before: Keys by name in the version before.
        now: Keys by name in this version.
    """

    kind: Kind
    table: str
    names: Names
    before: Mapping[str, list[Key]]
    now: Mapping[str, list[Key]]


def map_by_hand(
    mappings: Mappings, numbering: Numbering, *, file: str, table: str, before: Meta | None, now: Meta
) -> None:
    """Tell the numbering what things of the next version were in the version before.

    Args:
        mappings: What the file says.
        numbering: The numbers of the data set.
        file: Name of the file, for errors.
        table: Its table, for errors.
        before: Metadata of the version before; None for the first version.
        now: Metadata of this one, with any ids.

    Raises:
        DataFileError: A name is not there, fits several things, or is mapped twice.
    """
    if before is None:
        raise DataFileError(f"{table}: the first version has none before it: leave the table out", file=file)
    for group in _groups(mappings, table, before, now):
        try:
            for key, old in _pairs(group):
                numbering.map_by_hand(group.kind, key, old)
        except LookupError as error:
            raise DataFileError(f"{group.table}.{error.args[0]}", file=file) from None


def _groups(mappings: Mappings, table: str, before: Meta, now: Meta) -> Iterator[_Group]:
    columns: tuple[tuple[Kind, Names], ...] = (("filter", mappings.filters), ("indicator", mappings.indicators))
    for kind, names in columns:
        old, new = _columns(before, kind), _columns(now, kind)
        yield _Group(kind=kind, table=f"{table}.{kind}s", names=names, before=old, now=new)
    was = {new_name: old_name for old_name, new_name in mappings.filters.items()}
    for column, names in mappings.options.items():
        old, new = _options(before, was.get(column, column)), _options(now, column)
        yield _Group(kind="option", table=f"{table}.options.{column}", names=names, before=old, now=new)
    for level, names in mappings.locations.items():
        old, new = _locations(before, level), _locations(now, level)
        yield _Group(kind="location", table=f"{table}.locations.{level}", names=names, before=old, now=new)


def _columns(meta: Meta, kind: Kind) -> dict[str, list[Key]]:
    items = meta.filters if kind == "filter" else meta.indicators
    return {item.column: [(item.column,)] for item in items}


def _options(meta: Meta, column: str) -> dict[str, list[Key]]:
    options = (option for item in meta.filters if item.column == column for option in item.options)
    return {option.label: [(column, option.label)] for option in options}


def _locations(meta: Meta, level: str) -> dict[str, list[Key]]:
    found: dict[str, list[Key]] = {}
    for group in meta.locations:
        if str(group.level.code) == level:
            for option in group.options:
                codes = [getattr(option, attribute) for _, attribute in group.level.code.columns.codes]
                for name in dict.fromkeys((option.label, *option.codes.values())):
                    found.setdefault(name, []).append((level, option.label, *codes))
    return found


def _pairs(group: _Group) -> Iterator[tuple[Key, Key]]:
    """Keys now and before; all of them are right, or none is given."""
    pairs = {name: (_only(group.now, new, name, "this version"), name) for name, new in group.names.items()}
    found = {key: _only(group.before, name, name, "the version before") for key, name in pairs.values()}
    if len(found) < len(pairs):
        raise LookupError(f"{next(reversed(pairs))}: another name is mapped to the same")
    present = {key for keys in group.now.values() for key in keys}
    for key, name in pairs.values():
        if found[key] != key and found[key] in present and found[key] not in found:
            raise LookupError(f"{name}: is still in this version: map that to what it was, or leave the line out")
    yield from found.items()


def _only(known: Mapping[str, list[Key]], wanted: str, name: str, where: str) -> Key:
    keys = known.get(wanted, [])
    if len(keys) == 1:
        return keys[0]
    problem = f"fits several things of {where}: use a code" if keys else f"is not in {where}; there: {listed([*known])}"
    raise LookupError(f"{name}: {wanted!r} {problem}")
