"""A CSV pair becomes metadata and a typed table (reference, sections 14 to 17).

The table has one row per record, in the order of the file; that order is the last tie-break of every sort. Its columns:

- `period`: place of the time period in the service's order, from 1;
- `level`: place of the geographic level among those of the file in label order, from 1;
- `location:<LEVEL>`, `filter:<id>`: place of the location or option in label order, from 1; 0 where the row has none;
- `indicator:<id>`: the text of the cell, exactly.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import Any, Self
from weakref import WeakKeyDictionary

import attrs
import polars as pl

from ..models.enums import GeographicLevel
from ..models.meta import Filter, FilterOption, Indicator, Level, LocationGroup, LocationOption, Meta
from ..models.periods import TimePeriod, format_label, period_from_csv
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

ROW = "row"
"""Column with the number of a row, from 0."""

_LARGE = 4 << 20
"""Bytes from which on rows and files are packed: they take a tenth of that or less."""

_AT_HAND = 256 << 20
"""Bytes of packed tables that are kept unpacked as well, as questions about them are answered many times as fast."""


class _Unpacked:
    """Tables that were asked last, unpacked, within a limit that all of the process share."""

    def __init__(self) -> None:
        self._lock = Lock()
        # tables that nothing else holds any more are forgotten
        self._frames: WeakKeyDictionary[Rows, pl.DataFrame] = WeakKeyDictionary()

    def of(self, rows: Rows) -> pl.DataFrame | None:
        """The table with the numbers of its rows; None where it is too large."""
        if rows.size > _AT_HAND:
            return None
        with self._lock:
            frame = self._frames.pop(rows, None)
            # the last that was asked stands last
            self._frames[rows] = frame = rows.scan().collect() if frame is None else frame
            while sum(held.size for held in self._frames) > _AT_HAND:
                self._frames.pop(next(iter(self._frames)))
            return frame


_unpacked = _Unpacked()


@attrs.frozen(kw_only=True, eq=False)
class Rows:
    """The rows of a version; large tables are Parquet in memory, of which only the columns that are needed are read.

    Attributes:
        height: How many rows there are.
        columns: Names of the columns, without that of the numbers.
        size: Bytes that the table takes unpacked.
    """

    height: int
    columns: tuple[str, ...]
    size: int
    _table: pl.LazyFrame | pl.DataFrame = attrs.field(alias="table", repr=False)

    @classmethod
    def of(cls, frame: pl.DataFrame) -> Self:
        """Keep a table."""
        # a column for the number of the row: other columns are then read for the rows that are wanted alone
        table: pl.LazyFrame | pl.DataFrame = frame.with_row_index(ROW)
        if frame.estimated_size() >= _LARGE:
            # this compression is the fastest to read, and the file is not much larger
            file = io.BytesIO()
            table.lazy().collect().write_parquet(file, compression="lz4")
            table = pl.scan_parquet(file.getvalue())
        return cls(height=frame.height, columns=tuple(frame.columns), size=int(frame.estimated_size()), table=table)

    def scan(self) -> pl.LazyFrame:
        """All rows with their numbers, to be read as far as they are asked for."""
        return self._table.lazy()

    def at_hand(self) -> pl.LazyFrame:
        """The same for those who come again: unpacked, where there is room for that."""
        frame = self._unpacked()
        return self.scan() if frame is None else frame.lazy()

    def _unpacked(self) -> pl.DataFrame | None:
        return self._table if isinstance(self._table, pl.DataFrame) else _unpacked.of(self)

    def take(self, rows: pl.Series, columns: Sequence[str]) -> pl.DataFrame:
        """Some columns of some rows, each once, in the order in which their numbers are given."""
        frame = self._unpacked()
        if frame is not None:
            return frame.select(columns)[rows]
        wanted = pl.col(ROW).is_in(rows.implode())
        found = self.scan().filter(wanted).select(ROW, *columns).sort(ROW).collect()
        # a filter keeps the order of the table; ranks put the rows into the order that was wanted
        return found.select(columns)[rows.rank("ordinal") - 1]


@attrs.frozen(kw_only=True, eq=False)
class Content:
    """The bytes of a file, and how many there are."""

    size: int
    _bytes: bytes = attrs.field(alias="bytes", repr=False)
    _is_packed: bool = attrs.field(alias="is_packed")

    @classmethod
    def of(cls, content: bytes) -> Self:
        """Keep the bytes of a file."""
        is_large = len(content) >= _LARGE
        return cls(size=len(content), bytes=zlib.compress(content, 1) if is_large else content, is_packed=is_large)

    def read(self, size: int | None = None) -> bytes:
        """The bytes, at most `size` from the first."""
        if not self._is_packed:
            return self._bytes[:size]
        if size is None:
            return zlib.decompress(self._bytes, bufsize=self.size)
        return zlib.decompressobj().decompress(self._bytes, size)


@attrs.frozen(kw_only=True)
class Summary:
    """What the service says of a version beside its metadata: how many rows the file has, and labels of its columns."""

    rows: int
    filters: tuple[str, ...]
    indicators: tuple[str, ...]


@attrs.frozen
class Others:
    """Locations of other levels in the column of one, numbered before and behind its own."""

    before: tuple[LocationOption, ...] = ()
    after: tuple[LocationOption, ...] = ()


def _summary(data: VersionData) -> Summary:
    filters, indicators = (tuple(item.label for item in items) for items in (data.meta.filters, data.meta.indicators))
    return Summary(rows=data.rows.height, filters=filters, indicators=indicators)


@attrs.frozen(kw_only=True, eq=False)
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
    filters, indicators = (named_in_summary(about, table.columns, kind) for kind in ("Filter", "Indicator"))
    return attrs.evolve(imported, summary=Summary(rows=table.frame.height, filters=filters, indicators=indicators))


def import_table(
    table: TextTable, rows: tuple[MetaRow, ...], numbering: Numbering, *, in_api: bool = False
) -> VersionData:
    """Make metadata and a typed table of a data file that was checked; rows are served twice in the API alone."""
    numbering.begin_version()
    periods, period_column = _periods(table)
    # rows know levels by their places in byte order, metadata lists them as .NET sorts labels (section 17)
    labels = sorted(table[LEVEL_COLUMN].unique())
    levels = [Level(code=level, label=label) for label in labels if (level := level_in(label))]
    level_column = _places(table, [LEVEL_COLUMN], [(label,) for label in labels], "level")
    groups, location_columns = _locations(table, numbering, in_api=in_api)
    filters, filter_columns = _filters(table, of_type(rows, "Filter"), numbering)
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
    values = [table[item.column].alias(f"indicator:{item.id}") for item in indicators]
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
    frame = pl.DataFrame([period_column, level_column, *location_columns, *filter_columns, *values])
    frame, others = _doubled(frame.filter(is_kept(table)), groups) if in_api else (frame, {})
    return VersionData(
        meta=meta,
        periods=tuple(periods),
        levels=tuple(levels),
        rows=Rows.of(frame),
        csv=Content.of(table.content),
        others=others,
    )


def _periods(table: TextTable) -> tuple[list[TimePeriod], pl.Series]:
    periods: dict[tuple[str, str], TimePeriod] = {}
    for text, identifier in table.select(PERIOD_COLUMNS).unique().rows():
        code, period = identifier_in(identifier), period_from_csv(text) or text
        if code is None:
            raise ValueError("a table is checked before it is imported")
        periods[text, identifier] = TimePeriod(code=code, period=period, label=format_label(period, code))
    in_time = sorted(periods, key=lambda pair: periods[pair].sort_key)
    return [periods[pair] for pair in in_time], _places(table, PERIOD_COLUMNS, in_time, "period")


def _locations(table: TextTable, numbering: Numbering, *, in_api: bool) -> tuple[list[LocationGroup], list[pl.Series]]:
    groups, columns = [], []
    for level in levels_with_columns(table):
        # some may lack in a file that is read without its metadata file: the others tell places apart then
        names = [column for column in level.columns.all if column in table.columns]
        # a row that lacks a code or the name has no location at this level
        is_complete = pl.all_horizontal(pl.all() != "") & pl.lit(not in_api or len(names) == len(level.columns.all))
        complete = table.select(names).filter(is_complete).unique()
        found = {
            row: _location(level, dict(zip(names, row, strict=True)), numbering) for row in sorted(complete.rows())
        }
        placed = in_order(found.items(), "display", label=lambda pair: pair[1].label)
        options = tuple(option for _, option in placed)
        groups.append(LocationGroup(level=Level(code=level, label=level.columns.label), options=options))
        columns.append(_places(table, names, [row for row, _ in placed], f"location:{level}"))
    return groups, columns


def _doubled(frame: pl.DataFrame, groups: Sequence[LocationGroup]) -> tuple[pl.DataFrame, dict[str, Others]]:
    """The rows, again for each place of another level with the same code and name; and those places by column.

    The import joins on code and name, and not on the level.
    """
    coded = [
        group
        for group in groups
        if group.level.code.columns.codes[:1] and group.level.code.columns.codes[0][1] == "code"
    ]
    alike: dict[tuple[str | None, str], list[tuple[int, LocationOption]]] = {}
    for number, group in enumerate(coded):
        for option in group.options:
            alike.setdefault((option.code, option.label), []).append((number, option))
    if all(len({number for number, _ in found}) == 1 for found in alike.values()):
        return frame, {}
    others: dict[str, Others] = {}
    for number, group in enumerate(coded):
        # a join on the old code as well finds no other level's place
        found = (
            []
            if len(group.level.code.columns.codes) > 1
            else [
                (place, other, option)
                for place, own in enumerate(group.options, 1)
                for other, option in alike[own.code, own.label]
                if other != number
            ]
        )
        if found:
            level = str(group.level.code)
            before = [item for item in found if item[1] < number]
            after = [item for item in found if item[1] > number]
            others[level] = Others(tuple(option for *_, option in before), tuple(option for *_, option in after))
            shift, column = len(before), f"location:{level}"
            pairs = [(0, 0), *((place, place + shift) for place in range(1, len(group.options) + 1))]
            pairs += [(place, at) for at, (place, *_) in enumerate(before, 1)]
            pairs += [(place, at) for at, (place, *_) in enumerate(after, shift + len(group.options) + 1)]
            known = pl.DataFrame(pairs, schema={column: pl.UInt32, "other": pl.UInt32}, orient="row")
            frame = frame.join(known, on=column, maintain_order="left_right").with_columns(
                pl.col("other").alias(column)
            )
            frame = frame.drop("other")
    return frame, others


def _location(level: GeographicLevel, cells: Mapping[str, str], numbering: Numbering) -> LocationOption:
    named = {attribute: cells[column] for column, attribute in level.columns.codes if column in cells}
    codes = [*named.values()]
    # only a file without the column of names has none: the code says it then
    label = cells[level.columns.name] if level.columns.name in cells else codes[0]
    return LocationOption(id=numbering.public_id("location", str(level), label, *codes), label=label, **named)


def _filters(table: TextTable, rows: Iterable[MetaRow], numbering: Numbering) -> tuple[list[Filter], list[pl.Series]]:
    filters, columns = [], []
    for row in rows:
        filter_id = numbering.public_id("filter", row.column)
        # nothing is trimmed: "Total" and " Total" are two options
        labels = sorted(label for label in table[row.column].unique() if label)
        # one sequence runs over all filters; within each, options are numbered in the meta database's order
        options = [
            FilterOption(id=numbering.public_id("option", row.column, label), label=label)
            for label in in_order(labels, "database", label=str)
        ]
        placed = in_order(options, "display", label=lambda option: option.label)
        places = [(option.label,) for option in placed]
        columns.append(_places(table, [row.column], places, f"filter:{filter_id}"))
        filters.append(Filter(id=filter_id, column=row.column, label=row.label, hint=row.hint, options=tuple(placed)))
    return filters, columns


def _places(table: TextTable, columns: Sequence[str], ordered: Sequence[tuple[Any, ...]], name: str) -> pl.Series:
    """Place of each row's cells in the order given, from 1; 0 for cells that are not in it."""
    cells = table.select(columns)
    known = pl.DataFrame(list(ordered), schema=cells.schema, orient="row").with_row_index(name, 1)
    # Polars promises the order of a join only where it is asked for
    joined = cells.join(known, on=cells.columns, how="left", maintain_order="left")
    return joined[name].fill_null(0)
