"""A CSV pair becomes metadata and a typed table (reference, sections 14 to 17).

The table has one row per record, in the order of the file; that order is the last tie-break of every sort. Its columns:

- `period`: place of the time period in the service's order, from 1;
- `level`: place of the geographic level among those of the file in label order, from 1;
- `location:<LEVEL>`, `filter:<id>`: place of the location or option in label order, from 1; 0 where the row has none;
- `indicator:<id>`: the text of the cell, exactly.

What a pair holds does not depend on ids, which follow from the versions before and are given in the end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

import attrs
import polars as pl

from .._classes import frozen
from ..models.enums import GeographicLevel
from ..models.meta import Filter, FilterOption, Indicator, Level, LocationGroup, LocationOption, Meta
from ..models.periods import TimePeriod, format_label, period_from_csv
from ..table.assemble import side_by_side
from .csv import (
    LEVEL_COLUMN,
    PERIOD_COLUMNS,
    MetaRow,
    TextTable,
    identifier_in,
    is_kept,
    level_in,
    levels_with_columns,
    meta_table,
    named_in_summary,
    of_type,
    read_meta_table,
    read_table,
)
from .findings import data_findings, read_meta_rows, require_taken
from .ids import Numbering, in_order
from .packing import Content, Rows
from .places import Cells, Numbered, Texts, smallest


@frozen(kw_only=True)
class Summary:
    """What the service says of a version beside its metadata: how many rows the file has, and labels of its columns."""

    rows: int
    filters: tuple[str, ...]
    indicators: tuple[str, ...]


@frozen
class Others:
    """Locations of other levels in the column of one, numbered before and behind its own."""

    before: tuple[LocationOption, ...] = ()
    after: tuple[LocationOption, ...] = ()


def _summary(data: VersionData) -> Summary:
    filters, indicators = (tuple(item.label for item in items) for items in (data.meta.filters, data.meta.indicators))
    return Summary(rows=data.rows.height, filters=filters, indicators=indicators)


@frozen(kw_only=True, eq=False)
class VersionData:
    """The content of a data set version.

    Attributes:
        meta: Metadata as in `/meta`.
        periods: Time periods in order of time.
        levels: Geographic levels in the order of their labels, which are here as the file writes them.
        rows: The rows that are served: fewer than in the file where the import loses some.
        csv: The data file.
        others: By level, places of other levels that stand in its column.
        summary: What is said of it in lists of data sets and versions.
    """

    meta: Meta
    periods: tuple[TimePeriod, ...]
    levels: tuple[Level, ...]
    rows: Rows = attrs.field(repr=False)
    csv: Content = attrs.field(repr=False)
    others: Mapping[str, Others] = attrs.field(factory=dict, repr=False)
    summary: Summary = attrs.field(default=attrs.Factory(_summary, takes_self=True))

    def first_place(self, level: str) -> int:
        """Place in its column of the first location of a level."""
        return len(self.others[level].before) + 1 if level in self.others else 1

    def locations(self, group: LocationGroup) -> tuple[LocationOption, ...]:
        """What the places from 1 in the column of a level stand for."""
        others = self.others.get(str(group.level.code), Others())
        return (*others.before, *group.options, *others.after)


def ingest(
    *,
    data_name: str,
    data: bytes,
    meta_name: str,
    meta: bytes,
    numbering: Numbering | None = None,
    in_api: bool = True,
) -> VersionData:
    """Import a CSV pair as the service does; ids follow the numbers of the versions before.

    Outside the API it is refused as well where the service would lose rows, or answer no questions about them.
    """
    table, about = read_table(data_name, data), meta_table(read_meta_table(meta_name, meta))
    rows = read_meta_rows(about, table.columns)
    require_taken(data_findings(table, rows), in_api=in_api)
    imported = import_table(table, rows, numbering or Numbering(), in_api=in_api)
    return attrs.evolve(imported, summary=summary_of(about, table.columns, table.frame.height))


def summary_of(meta: TextTable, columns: Collection[str], rows: int) -> Summary:
    """The summary of a version whose data file has these columns and so many rows."""
    filters, indicators = (named_in_summary(meta, columns, kind) for kind in ("Filter", "Indicator"))
    return Summary(rows=rows, filters=filters, indicators=indicators)


def import_table(
    table: TextTable, rows: tuple[MetaRow, ...], numbering: Numbering, *, in_api: bool = False
) -> VersionData:
    """Make metadata and a typed table of a data file that was checked; rows are served twice in the API alone."""
    about, frame = read_out(table, rows, in_api=in_api)
    return number(Found(about=about, meta=rows, rows=Rows.of(frame), csv=Content.of(table.content)), numbering)


# What a pair holds, without ids

Place: TypeAlias = tuple[str, int]
"""A level, and the place from 1 of one of its locations among them."""


@frozen(kw_only=True)
class About:
    """What the columns of places stand for, place by place from 1: texts of the file.

    Attributes:
        periods: Time period and identifier.
        levels: Labels.
        locations: By level, the columns that are there, and the cells of each location in them.
        options: Labels of each filter, in the order of its metadata row.
        others: By level, the level and the place there of each that stands before and behind its own.
    """

    periods: Sequence[Cells]
    levels: Sequence[str]
    locations: Mapping[str, tuple[Sequence[str], Sequence[Cells]]]
    options: Sequence[Sequence[str]]
    others: Mapping[str, tuple[Sequence[Place], Sequence[Place]]]


@frozen(kw_only=True, eq=False)
class Found:
    """What a pair holds: rows with places for texts, and columns by the place of their metadata rows."""

    about: About
    meta: tuple[MetaRow, ...]
    rows: Rows = attrs.field(repr=False)
    csv: Content = attrs.field(repr=False)


def read_out(table: TextTable, rows: tuple[MetaRow, ...], *, in_api: bool) -> tuple[About, pl.DataFrame]:
    """What a table holds, and its rows, as in `Found`; columns of places may be text, or `pl.Categorical`."""
    numbered = Numbered(table)
    # some columns of a level may lack in a file that is read without its metadata file: the others tell places apart
    levels = {
        level: [name for name in level.columns.all if name in table.columns] for level in levels_with_columns(table)
    }

    def read(field: _Field) -> tuple[Sequence[Cells], pl.Series]:
        name, names, order = field
        texts = Texts(numbered, names)
        ordered = order(texts.cells)
        return ordered, texts.places(ordered, name)

    fields = _fields(levels, rows, in_api=in_api)
    found, columns = zip(*side_by_side(table.frame.height, read, fields), strict=True)
    in_time, labels, *rest = found
    placed, options = rest[: len(levels)], rest[len(levels) :]
    locations = {str(level): (names, cells) for (level, names), cells in zip(levels.items(), placed, strict=True)}
    values = [table[row.column].alias(f"indicator:{place}") for place, row in enumerate(of_type(rows, "Indicator"))]
    frame = pl.DataFrame([*columns, *values])
    others: dict[str, tuple[list[Place], list[Place]]] = {}
    if in_api:
        kept = is_kept(table)
        frame, others = _doubled(frame if kept.all() else frame.filter(kept), locations)
    about = About(
        periods=in_time,
        levels=[label for (label,) in labels],
        locations=locations,
        options=[[label for (label,) in cells] for cells in options],
        others=others,
    )
    return about, frame


_Order: TypeAlias = Callable[[Iterable[Cells]], Sequence[Cells]]
"""Gives those of the cells that stand for something, in order."""

_Field: TypeAlias = tuple[str, Sequence[str], _Order]
"""What a column of places is called, the columns of the file whose texts have them, and the order of these."""


def _fields(
    levels: Mapping[GeographicLevel, Sequence[str]], rows: tuple[MetaRow, ...], *, in_api: bool
) -> list[_Field]:
    """All columns of places: time period, level, the locations of each level, filters."""
    # rows know levels by their places in byte order, metadata lists them as .NET sorts labels (section 17)
    fields: list[_Field] = [("period", PERIOD_COLUMNS, _in_time), ("level", [LEVEL_COLUMN], sorted)]
    for level, names in levels.items():
        # a row that lacks a code or the name has no location at this level
        has_places = not in_api or len(names) == len(level.columns.all)
        fields.append((f"location:{level}", names, partial(_in_place, level, names) if has_places else _nowhere))
    filters = enumerate(of_type(rows, "Filter"))
    return [*fields, *((f"filter:{place}", [row.column], _options) for place, row in filters)]


def _in_time(cells: Iterable[Cells]) -> Sequence[Cells]:
    return sorted(cells, key=lambda pair: _period(pair).sort_key)


def _in_place(level: GeographicLevel, names: Sequence[str], cells: Iterable[Cells]) -> Sequence[Cells]:
    return in_order(sorted(filter(all, cells)), "display", label=partial(_label, level, names))


def _nowhere(cells: Iterable[Cells]) -> Sequence[Cells]:
    return ()


def _options(cells: Iterable[Cells]) -> Sequence[Cells]:
    # nothing is trimmed: "Total" and " Total" are two options
    labels = _by_database(label for (label,) in cells if label)
    return [(label,) for label in in_order(labels, "display", label=str)]


def _doubled(
    frame: pl.DataFrame, locations: Mapping[str, tuple[Sequence[str], Sequence[Cells]]]
) -> tuple[pl.DataFrame, dict[str, tuple[list[Place], list[Place]]]]:
    """The rows, again for each place of another level with the same code and name; and those places by column.

    The import joins on code and name, and not on the level.
    """
    # a pair has all columns of a level: the codes, and then the name
    coded = {level: found for level, found in locations.items() if GeographicLevel(level).columns.codes[0][1] == "code"}
    alike: dict[tuple[str, str], list[Place]] = {}
    for level, (_, placed) in coded.items():
        for place, cells in enumerate(placed, 1):
            alike.setdefault((cells[0], cells[-1]), []).append((level, place))
    others: dict[str, tuple[list[Place], list[Place]]] = {}
    if all(len({level for level, _ in found}) == 1 for found in alike.values()):
        return frame, others
    order = [*coded]
    for number, (level, (names, placed)) in enumerate(coded.items()):
        # a join on the old code as well finds no other level's place
        found = [
            (place, other)
            for place, cells in enumerate(placed if len(names) == 2 else (), 1)
            for other in alike[cells[0], cells[-1]]
            if other[0] != level
        ]
        if found:
            before = [item for item in found if order.index(item[1][0]) < number]
            after = [item for item in found if order.index(item[1][0]) > number]
            others[level] = [other for _, other in before], [other for _, other in after]
            shift, column = len(before), f"location:{level}"
            pairs = [(0, 0), *((place, place + shift) for place in range(1, len(placed) + 1))]
            pairs += [(place, at) for at, (place, _) in enumerate(before, 1)]
            pairs += [(place, at) for at, (place, _) in enumerate(after, shift + len(placed) + 1)]
            own, other = zip(*pairs, strict=True)
            known = pl.DataFrame(
                [
                    pl.Series(column, own, dtype=frame.schema[column]),
                    pl.Series("other", other, dtype=smallest(len(pairs))),
                ]
            )
            frame = frame.join(known, on=column, maintain_order="left_right")
            frame = frame.with_columns(pl.col("other").alias(column)).drop("other")
    return frame, others


def _by_database(labels: Iterable[str]) -> list[str]:
    return in_order(sorted(labels), "database", label=str)


# Ids


def number(found: Found, numbering: Numbering) -> VersionData:
    """Give everything its id, in the service's order."""
    numbering.begin_version()
    about, rows = found.about, found.meta
    periods = [_period(cells) for cells in about.periods]
    levels = [Level(code=level, label=label) for label in about.levels if (level := level_in(label))]
    groups = [
        _group(GeographicLevel(level), names, placed, numbering) for level, (names, placed) in about.locations.items()
    ]
    filters = [
        _filter(row, labels, numbering) for row, labels in zip(of_type(rows, "Filter"), about.options, strict=True)
    ]
    indicators = [
        Indicator(
            id=numbering.public_id("indicator", row.column),
            column=row.column,
            label=row.label,
            unit=row.unit,
            decimal_places=row.decimal_places,
        )
        for row in of_type(rows, "Indicator")
    ]
    called = {f"filter:{place}": f"filter:{item.id}" for place, item in enumerate(filters)}
    called |= {f"indicator:{place}": f"indicator:{item.id}" for place, item in enumerate(indicators)}
    meta = Meta(
        filters=in_order(filters, "display", label=lambda item: item.label),
        indicators=in_order(indicators, "display", label=lambda item: item.label),
        levels=in_order(
            [Level(code=item.code, label=item.code.columns.label) for item in levels],
            "display",
            label=lambda item: item.label,
        ),
        locations=in_order(groups, "display", label=lambda group: group.level.label),
        # by code as text, so that W10 comes before W2 (section 9)
        periods=sorted(periods, key=lambda item: (str(item.code), item.period)),
    )
    by_level = {str(group.level.code): group.options for group in groups}
    others = {
        level: Others(*(tuple(by_level[other][place - 1] for other, place in places) for places in both))
        for level, both in about.others.items()
    }
    return VersionData(
        meta=meta,
        periods=tuple(periods),
        levels=tuple(levels),
        rows=found.rows.called(called),
        csv=found.csv,
        others=others,
    )


def _period(cells: Cells) -> TimePeriod:
    text, identifier = cells
    code, period = identifier_in(identifier), period_from_csv(text) or text
    if code is None:
        raise ValueError("a table is checked before it is imported")
    return TimePeriod(code=code, period=period, label=format_label(period, code))


def _group(
    level: GeographicLevel, names: Sequence[str], placed: Sequence[Cells], numbering: Numbering
) -> LocationGroup:
    # numbered by their cells, and placed by their labels
    found = {cells: _location(level, names, cells, numbering) for cells in sorted(placed)}
    options = tuple(found[cells] for cells in placed)
    return LocationGroup(level=Level(code=level, label=level.columns.label), options=options)


def _location(level: GeographicLevel, names: Sequence[str], cells: Cells, numbering: Numbering) -> LocationOption:
    by_column = dict(zip(names, cells, strict=True))
    named = {attribute: by_column[column] for column, attribute in level.columns.codes if column in by_column}
    label = _label(level, names, cells)
    return LocationOption(id=numbering.public_id("location", str(level), label, *named.values()), label=label, **named)


def _label(level: GeographicLevel, names: Sequence[str], cells: Cells) -> str:
    # only a file without the column of names has none: the first code says it then
    return cells[names.index(level.columns.name)] if level.columns.name in names else cells[0]


def _filter(row: MetaRow, placed: Sequence[str], numbering: Numbering) -> Filter:
    filter_id = numbering.public_id("filter", row.column)
    # one sequence runs over all filters; within each, options are numbered in the meta database's order
    ids = {label: numbering.public_id("option", row.column, label) for label in _by_database(placed)}
    options = tuple(FilterOption(id=ids[label], label=label) for label in placed)
    return Filter(id=filter_id, column=row.column, label=row.label, hint=row.hint, options=options)
