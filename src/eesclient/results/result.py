"""The rows that answer a question, and warnings of what is odd in them or lacks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

import attrs
import polars as pl

from .._classes import frozen
from ..errors import (
    AmbiguousRowsWarning,
    DecimalPlacesWarning,
    NoRowsWarning,
    PaddedNumbersWarning,
    QueryError,
    ServiceWarning,
    warn,
)
from ..models.answers import Warning
from ..models.names import listed
from ..models.periods import TimePeriod
from ..query.labels import areas_in, describe_path, level_label, parts_of, places_in
from ..query.question import Query
from ..query.spellings import places_of, shown
from ..query.tree import Leaf, levels_of, values_of
from ..table.assemble import Assembled, assemble, join, without_doubles
from ..table.columns import INDICATOR, EncodedRows
from ..table.condition import matching
from ..table.dimensions import FILTER, LEVEL, LOCATION, PERIOD
from ..table.match import NO_RESULTS
from ..table.page import EncodedPage
from ..table.values import Padded
from .answer import Answer

if TYPE_CHECKING:
    from ..models.provenance import Provenance
    from .total import Suppressed


_FEW = 6
"""Places, levels and options that are named; of more, the number is said."""


@frozen(kw_only=True, eq=False, repr=False)
class QueryResult(Answer):
    """The rows that answer a question, and what is known of them.

    It is also what `polars.DataFrame`, `pyarrow.table` and `duckdb.sql` take as a table.

    Attributes:
        frame: The rows, a `polars.DataFrame`.
        columns: What each of its columns holds, in order.
        warnings: Warnings as the service sent them.
        total: How many rows matched; more than the frame has where the question has a limit.
        provenance: Where they came from, and when.
        query: What was asked.
    """

    query: Query
    _assembled: Assembled = attrs.field(alias="assembled")

    @classmethod
    def from_pages(cls, query: Query, pages: list[EncodedPage], *, provenance: Provenance) -> QueryResult:
        """Put all pages of an answer together, in the order of the service; the list is empty afterwards."""
        total = pages[0].paging.total_results if pages else 0
        said = [warning for page in pages for warning in page.warnings]
        # each page repeats them, and what a stranger sends may be many
        warnings = tuple({repr(warning): warning for warning in said}.values())
        # nothing may hold the rows while they are put in order: they take as much memory as the frame made of them
        sent = sum(page.frame.height for page in pages)
        joined = [without_doubles(query, *join(query, pages))]
        pages.clear()
        if doubled := sent - joined[0][1].height:
            # the service counts them too
            total -= doubled
            warn(
                f"the service sent {sent:,} rows for {sent - doubled:,} of the data file: {doubled:,} of them again, "
                "with a place of another level that has the same code and name; they are left out",
                ServiceWarning,
            )
        cells = joined[0][1].select(f"{INDICATOR}{indicator.id}" for indicator in query.indicators).null_count()
        lost = {item.column: count for item, count in zip(query.indicators, cells.row(0), strict=False) if count}
        if lost:
            named = ", ".join(f"{column} ({count:,} of {total:,} rows)" for column, count in lost.items())
            warn(f"the service left out figures of its rows: {named}; they are null", ServiceWarning)
        assembled = attrs.evolve(assemble(query, joined.pop()), lost=tuple(lost))
        return cls.from_assembled(query, assembled, total=total, warnings=warnings, provenance=provenance)

    @classmethod
    def from_rows(cls, query: Query, table: EncodedRows, *, provenance: Provenance, debug: bool = False) -> QueryResult:
        """Take those of all rows of a data set that answer a question."""
        rows, total, warnings = matching(query, table, debug=debug)
        assembled = assemble(query, join(query, [rows]))
        return cls.from_assembled(query, assembled, total=total, warnings=warnings, provenance=provenance)

    @classmethod
    def from_assembled(
        cls, query: Query, assembled: Assembled, *, total: int, warnings: tuple[Warning, ...], provenance: Provenance
    ) -> QueryResult:
        """Take a frame that was put together already, and warn of what is odd in it."""
        for warning in warnings:
            # that no rows match is said below, with advice
            if warning.code != NO_RESULTS.code:
                warn(_in_words(query, warning), ServiceWarning)
        _warn_of_lack(query, assembled, total)
        for what, names, how in (
            ("fields", ", ".join(assembled.unknown_fields), "in columns of their own"),
            ("values", listed(assembled.unknown_values, 4), "as they came"),
        ):
            if names:
                warn(
                    f"the answer has {what} that the metadata does not name: {names}; they stand {how}", ServiceWarning
                )
        for dimension, (name, *_) in assembled.key_columns():
            if dimension.kind in ("time", "level") and (count := assembled.frame.get_column(name).null_count()):
                warn(f"{count:,} of {total:,} rows came without their {name}, which is null", ServiceWarning)
                assembled = attrs.evolve(assembled, lost=(*assembled.lost, name))
        if assembled.ambiguous or assembled.fractions or assembled.padded:
            rows, ambiguous = assembled.frame.height, assembled.ambiguous
            warn_of_rows(query, rows, ambiguous=ambiguous, fractions=assembled.fractions, padded=assembled.padded)
        return cls(
            frame=assembled.frame,
            columns=assembled.columns,
            warnings=warnings,
            total=total,
            provenance=provenance,
            query=query,
            assembled=assembled,
        )

    def _labels(self) -> dict[str, list[str]]:
        from .delta_columns import labels_in_order

        return labels_in_order(self._assembled.schema, self.columns)

    @property
    def _is_odd(self) -> bool:
        """True if the answer has what the metadata does not name, or lacks what every row has."""
        return bool(self._assembled.unknown_fields or self._assembled.unknown_values or self._assembled.lost)

    @property
    def pinned(self) -> Mapping[str, str]:
        """What `others=` chose: filter label to option label."""
        return self.query.pinned

    def with_ids(self) -> pl.DataFrame:
        """The same rows with machine ids beside the labels.

        Returns:
            The frame, with a column `<label column>_id` after each column of labels that has ids: options of filters,
            locations (after their name), levels (their code) and time periods (`2023/2024` and `AY`).
        """
        from .shapes import with_ids

        return with_ids(self._assembled)

    def add_up(
        self, indicator: str, *, by: str | Sequence[str] = (), suppressed: Suppressed = "null", additive: bool = False
    ) -> pl.DataFrame:
        """Add up an indicator, over everything that `by` does not name.

        A sum that would not mean what it says is refused: of percentages, averages, rates, scores and other figures
        that are not counts or amounts; over a filter that holds a total beside its parts, over several geographic
        levels or time periods, and over rows that cannot be told apart.

        Args:
            indicator: An indicator of the answer, by label, column or id.
            by: What to keep apart: filters, `"period"`, `"level"`, or location levels such as `"Regional"`.
            suppressed: What cells without a number do. `"null"`: the sum is null. `"zero"`: they count as 0, with a
                warning. `"range"`: the least and the most that the sum can be; the most is null, unless the symbols
                say it (`low` rounds to 0, `<5` is below 5).
            additive: Whether you know that the indicator can be added up, also over time periods of one kind.

        Returns:
            A row for each combination in the order of the answer: the columns of `by`, the sum under the name of the
            indicator's column (`_low` and `_high` after it for a range), and `<column>_suppressed`, the number of cells
            without a number.

        Raises:
            UnknownLabelError: Names do not match.
            QueryError: The sum would not mean what it says.
        """
        if len(self) < self.total:
            raise QueryError(
                f"the answer has {len(self):,} of the {self.total:,} rows that match: leave limit= out to add them up"
            )
        from .total import add_up

        return add_up(self._assembled, indicator, by=by, suppressed=suppressed, additive=additive)

    def to_long(self) -> pl.DataFrame:
        """A row per row and indicator.

        Returns:
            The key columns, then `indicator` (its heading), `value`, `status` (with typed values), `label` and `unit`.
            A name that a key column has gets `__indicator` after it. Values are Int64 where all indicators are, text
            where one is (or where Float64 cannot hold a whole number exactly), else Float64.
        """
        from .shapes import to_long

        return to_long(self._assembled)


def _in_words(query: Query, warning: Warning) -> str:
    items = (warning.detail or {}).get("items")
    what = f" {json.dumps(items, ensure_ascii=False)}" if items else ""
    where = "; ".join(part for part in (warning.path, describe_path(query, warning.path, warning.detail)) if part)
    return f"{warning.message}{what}" + (f" (at {where})" if where else "")


def warn_of_rows(
    query: Query, rows: int, *, ambiguous: int, fractions: Mapping[str, int], padded: Mapping[str, Padded]
) -> None:
    """Warn of what the rows of an answer, or of a whole data set, are; the mappings are by the indicator's id."""
    if ambiguous:
        warn(
            f"{ambiguous:,} of {rows:,} rows are equal to another in every key column: the data file has "
            "a column that the API leaves out, which tells them apart; to see it, read the file as its producer wrote "
            f"it, at /data-sets/{query.data_set_id}/csv?dataSetVersion={query.version}",
            AmbiguousRowsWarning,
        )
    columns = {item.column: fractions[item.id] for id_ in fractions if (item := query.meta.indicator(id_))}
    if columns:
        found = ", ".join(f"{column} ({count:,} cells)" for column, count in columns.items())
        warn(
            f"fractions stand where metadata says whole numbers: {found}; such a column is Float64 in this answer "
            f"unless dtypes= settles it, as in dtypes={{{next(iter(columns))!r}: pl.Float64}}",
            DecimalPlacesWarning,
        )
    if padded:
        named = {item.column: padded[item.id] for id_ in padded if (item := query.meta.indicator(id_))}
        found = ", ".join(f"{name} ({count:,} cells, such as {cell!r})" for name, (count, cell) in named.items())
        warn(
            "numbers are written with white space, a plus sign or a bare point in the data file, and so were not read "
            f"as numbers: {found}; sums and means leave them out unless numbers='trimmed' reads them",
            PaddedNumbersWarning,
        )


def _warn_of_lack(query: Query, assembled: Assembled, total: int) -> None:
    """Warn where no rows match, or none of a level, place or option that the question names, or of the last periods."""
    says_last = query.words is not None and query.words.says_last
    names_parts = says_last or not {"filters", "levels", "places", "within"}.isdisjoint(dict(query.parts))
    if not assembled.frame.height:
        last = _latest_of(query)
        why = "" if last is None else f" ({last.label} is the last period of the whole data set)"
        warn(
            f"no rows match the question{why}: each condition may hold somewhere, but not all of them together; "
            "explain_empty(result.query) of the data set says which one empties it",
            NoRowsWarning,
        )
    # a limit may cut off rows that are there
    elif assembled.frame.height == total and names_parts and (text := _lacking(query, assembled)):
        warn(text, NoRowsWarning)


def _lacking(query: Query, assembled: Assembled) -> str:
    """Words for places, levels and options of a question that an answer has no rows of; "" where there are none.

    Where the question says `last` or `latest`, rows of its last period count.
    """
    parts, meta, rows = dict(query.parts), query.meta, assembled.codes
    if (last := _latest_of(query)) is not None:
        periods = assembled.schema.by_field[PERIOD].ids
        rows = rows.filter(periods[rows[PERIOD]] == f"{last.period}|{last.code}")
    levels, codes = assembled.schema.by_field[LEVEL], rows.get_column(LEVEL)
    named = {*values_of("geographicLevels", parts.get("levels"))}
    if last is not None and parts.keys().isdisjoint(("levels", "places", "within", "where")):
        named = levels_of(meta)
    absent = {level for level in named if not any((codes == code).any() for code in levels.codes.of(level))}
    found = [f"level {level_label(level, meta)!r}" for level in sorted(absent)]
    areas, own = (areas_in(parts["within"], meta) if "within" in parts else None) or ((), True)
    for words, keys, is_own in (
        ("", (places_in(parts["places"]) if "places" in parts else None) or (), True),
        ("areas within ", areas, False),
    ):
        places = [place for key in keys for place in places_of(key, meta)]
        present: set[tuple[str, str]] = set()
        for level in {key.level for key in keys}:
            those = rows if own and not is_own else rows.filter((levels.ids[codes] == level) == is_own)
            present |= {(level, id_) for id_ in _ids_in(assembled, those, f"{LOCATION}{level}")}
        # one area stands under each name that it had
        here = {code for p in places if (p.key.level, p.option.id) in present for code in p.option.codes.values()}
        lost = [place for place in places if (place.key.level, place.option.id) not in present]
        found += [f"{words}{place.shown}" for place in lost if here.isdisjoint(place.option.codes.values())]
    for name, node in query.parts if rows.height else ():
        # of one option alone all rows are
        if name == "filters" and isinstance(node, Leaf) and len(node.values) > 1:
            gone = {*node.values} - {*_ids_in(assembled, rows, f"{FILTER}{node.owner}")}
            for option in map(meta.option, sorted(gone, key=node.values.index)):
                if option and (filter_ := meta.filter(node.owner)):
                    found.append(f"option {option.label!r} of {filter_.label!r}")
    if not found or parts_of(query) is not query.parts:
        return ""
    when = "" if last is None else f" in {shown(last)}, the last period of the whole data set: they may end before it"
    more = f" and {len(found) - _FEW:,} more" if len(found) > _FEW else ""
    return f"the answer has no rows of {', '.join(found[:_FEW])}{more}{when}"


def _ids_in(assembled: Assembled, rows: pl.DataFrame, field: str) -> list[str]:
    """Ids of the categories of a field that rows have."""
    dimension = assembled.schema.by_field.get(field)
    return [] if dimension is None else dimension.ids[rows[field].unique()].to_list()


def _latest_of(query: Query) -> TimePeriod | None:
    """The last period of a question that says `last` or `latest`."""
    if query.words is None or not query.words.says_last:
        return None
    keys = [key for argument, node in query.parts if argument == "periods" for key in values_of("timePeriods", node)]
    periods = (query.meta.period(key.period, key.code) for key in keys)
    return max(filter(None, periods), key=attrgetter("sort_key"), default=None)
