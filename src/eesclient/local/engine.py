"""Questions to one data set version: conditions, sorts, pages, results as JSON text (reference, section 12). Pure.

Rows are numbers until the page is cut, and become text by Polars expressions, never one by one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from math import prod
from typing import Any, TypeAlias

import polars as pl

from .._classes import frozen
from ..models.answers import ErrorDetail, Warning
from ..models.meta import WIRE_NAMES, Level, LocationOption
from ..models.sql import is_sortable
from ..models.versions import LARGEST_INT
from ..query.tree import Node
from ..table.match import Criteria, Index, KnownFailureError, Parser, location_index, to_expression, warnings_of
from .ingest import VersionData
from .packing import ROW, Rows
from .rules import refuse

Order: TypeAlias = Sequence[tuple[str, bool]]
"""Columns to sort by, each with whether descending; between equal rows the order of the file decides."""

_INDICATOR = "indicator:"
_REMEMBERED = 4
_PLAIN_SORTS = {"timePeriod": "period", "geographicLevel": "level"}
# sorts that are given replace it, and do not come before it (section 12)
_DEFAULT_SORTS = ({"field": "timePeriod", "direction": "Desc"},)
_TO_ESCAPE = r'[\x00-\x1f"\\]'


@frozen(kw_only=True)
class Question:
    """A validated query; None stands for all rows, for all indicators and for the default order."""

    criteria: Criteria | None = None
    # of a GET query, whose criteria stand at no path of their own and are echoed as its grammar writes them
    criteria_path: str = "criteria"
    as_text: bool = False
    indicators: Sequence[str] | None = None
    sorts: Sequence[Mapping[str, str]] | None = None
    debug: bool = False
    page: int = 1
    page_size: int = 1000


@frozen(kw_only=True)
class Answer:
    """One page of an answer: rows on all pages, its own as the text of a JSON array, and warnings in order."""

    total: int
    results: str
    warnings: tuple[Warning, ...] = ()


class Engine:
    """Answers questions to one data set version; may be shared by threads.

    Which rows match and in which order is remembered for the last few questions, so that further pages only slice.
    """

    def __init__(self, data: VersionData) -> None:
        self._table = data.rows
        self._indicators = {item.id: item for item in data.meta.indicators}
        self._keys = [name for name in data.rows.columns if not name.startswith(_INDICATOR)]
        self._index = Index(
            filters={
                option.id: (f"filter:{item.id}", place)
                for item in data.meta.filters
                for place, option in enumerate(item.options, 1)
            },
            levels=_level_places(data.levels),
            locations=location_index(
                data.meta,
                lambda level, number, _: (f"location:{level}", data.first_place(level) + number - 1),
            ),
            periods={(period.period, str(period.code)): place for place, period in enumerate(data.periods, 1)},
        )
        described = [("filter", item) for item in data.meta.filters] + [
            ("indicator", item) for item in data.meta.indicators
        ]
        self._unsortable = {f"{kind}:{item.id}" for kind, item in described if not is_sortable(item.column)}
        self._unread = [place for place, level in enumerate(data.levels, 1) if not _is_read(level)]
        self._fragments = cache(lambda debug: fragments(data, debug=debug))
        self._rows = lru_cache(maxsize=_REMEMBERED)(self._find_rows)
        self._plain_rows = lru_cache(maxsize=_REMEMBERED)(self._find_plain_rows)

    def answer(self, question: Question) -> Answer:
        """Answer one page of a question."""
        parser = Parser(index=self._index, as_text=question.as_text)
        predicate = parser.parse(question.criteria or {}, question.criteria_path)
        # one that is named twice is shown once (section 12)
        indicators = list(dict.fromkeys(self._indicators if question.indicators is None else question.indicators))
        order = self._order(question, [item for item in indicators if item not in self._indicators])
        # the service multiplies in 32 bits, and fails (section 21)
        if question.page * question.page_size > LARGEST_INT:
            raise KnownFailureError("page-overflow")
        rows = self._rows(predicate, order)
        columns = [*self._keys, *(f"{_INDICATOR}{item}" for item in indicators)]
        page = self._table.take(rows.slice((question.page - 1) * question.page_size, question.page_size), columns)
        if self._unread and page["level"].is_in(self._unread).any():
            raise KnownFailureError("level-case")
        return Answer(
            total=len(rows),
            results=self._render(page, indicators, debug=question.debug),
            warnings=warnings_of(tuple(parser.warnings), len(rows), debug=question.debug),
        )

    def _order(self, question: Question, unknown: Sequence[str]) -> tuple[tuple[str, bool], ...]:
        """The order that the sorts say; refuses indicators and sort fields that are unknown, together."""
        sorts = _DEFAULT_SORTS if question.sorts is None else question.sorts
        columns = [self._sort_column(sort["field"], question.indicators) for sort in sorts]
        pairs = list(zip(columns, sorts, strict=True))
        # each pair of field and direction once, though the field may stand with both (section 12)
        named = dict.fromkeys((sort["field"], sort["direction"]) for column, sort in pairs if column is None)
        unsorted: list[Any] = [{"field": field, "direction": direction} for field, direction in named]
        if question.as_text:
            unsorted = ["|".join(pair) for pair in named]
        checked = [
            ("IndicatorsNotFound", "One or more indicators could not be found.", "indicators", unknown),
            ("SortFieldsNotFound", "One or more sort fields could not be found.", "sorts", unsorted),
        ]
        # both in one answer, indicators first (section 3.3)
        refuse(
            [
                ErrorDetail(message=message, code=code, path=path, detail={"items": list(items)})
                for code, message, path, items in checked
                if items
            ],
            well_formed=True,
        )
        if any(column in self._unsortable for column, _ in pairs):
            raise KnownFailureError("sort-name")
        return tuple((column, sort["direction"] == "Desc") for column, sort in pairs if column is not None)

    def _sort_column(self, field: str, indicators: Sequence[str] | None) -> str | None:
        if field in _PLAIN_SORTS:
            return _PLAIN_SORTS[field]
        kind, _, name = field.partition("|")
        if kind not in ("filter", "indicator", "location") or f"{kind}:{name}" not in self._table.columns:
            return None
        # an indicator that is not among those to show is refused too (section 12)
        is_left_out = kind == "indicator" and indicators is not None and name not in indicators
        return None if is_left_out else f"{kind}:{name}"

    def _find_rows(self, predicate: Node | None, order: Order) -> pl.Series:
        condition = None if predicate is None else to_expression(predicate)
        counts = {column: len(texts) for column, texts in self._fragments(False).items()}
        return matching(self._table, condition, order, counts)

    def _render(self, page: pl.DataFrame, indicators: Sequence[str], *, debug: bool) -> str:
        """The rows of a page as the text of a JSON array."""
        if page.is_empty():
            return "[]"
        rows, has_odd = page.select(self._plain_rows(tuple(indicators), debug)).row(0)
        if has_odd:
            cells = [_escaped(page[f"{_INDICATOR}{id_}"]) for id_ in indicators]
            rows = page.select(self._json_rows(indicators, cells, debug=debug)).item()
        return f"[{rows}]"

    def _find_plain_rows(self, indicators: tuple[str, ...], debug: bool) -> tuple[pl.Expr, pl.Expr]:
        """The rows as JSON if no cell of an indicator has to be escaped, and whether one has to be."""
        names = [f"{_INDICATOR}{id_}" for id_ in indicators]
        rows = self._json_rows(indicators, [_concatenate(['"', pl.col(name), '"']) for name in names], debug=debug)
        odd = [pl.col(name).str.contains(_TO_ESCAPE).any() for name in names]
        return rows.alias("rows"), pl.any_horizontal(odd or [pl.lit(False)]).alias("odd")

    def _json_rows(self, indicators: Sequence[str], cells: Sequence[pl.Expr], *, debug: bool) -> pl.Expr:
        # one expression for all of it: each that is evaluated alone takes as long as some hundred rows
        texts = {name: pl.lit(texts).gather(pl.col(name)) for name, texts in self._fragments(debug).items()}
        parts: list[pl.Expr | str] = ['{"timePeriod":', texts["period"], ',"geographicLevel":', texts["level"]]
        for name, prefix in (("locations", "location:"), ("filters", "filter:")):
            members = [text for key, text in texts.items() if key.startswith(prefix)]
            # what a row lacks is left out, and so is the last comma
            parts += [f',"{name}":{{', _concatenate(members).str.strip_suffix(",") if members else "", "}"]
        parts.append(',"values":{')
        for place, (id_, cell) in enumerate(zip(indicators, cells, strict=True)):
            key = _json(_name(id_, self._indicators[id_].column, debug=debug))
            parts += [f"{',' if place else ''}{key}:", cell]
        return _concatenate([*parts, "}}"]).str.join(",")


def _is_read(level: Level) -> bool:
    """False for a level whose text in the file has another case: its label alone is read again."""
    return level.label == level.code.columns.label


def _level_places(levels: Sequence[Level]) -> dict[str, int]:
    """Where levels stand: one whose rows are not read back is known all the same, and no row is found by it."""
    known = {str(level.code): len(levels) + 1 for level in levels}
    return known | {str(level.code): place for place, level in enumerate(levels, 1) if _is_read(level)}


# Order


def matching(rows: Rows, condition: pl.Expr | None, order: Order, counts: Mapping[str, int]) -> pl.Series:
    """Numbers of the rows that match, in order; `counts` are the values that each column of places can have, 0 too."""
    # only the columns of condition and order are read
    frame = rows.at_hand()
    if condition is not None:
        frame = frame.filter(condition)
    key = _sort_key(order, counts, rows.height)
    if key is None:
        columns, descending = [column for column, _ in order], [down for _, down in order]
        # the row number itself is the last key, so the order is total
        frame = frame.sort([*columns, ROW], descending=[*descending, False])
        return frame.select(ROW).collect()[ROW]
    # the row number is the last part of a key, and comes out of it again
    return frame.select((key.sort() % rows.height).cast(pl.UInt32).alias(ROW)).collect()[ROW]


def _sort_key(order: Order, counts: Mapping[str, int], height: int) -> pl.Expr | None:
    """One number that sorts as all columns and the row number do, several times as fast; None where there is none."""
    if not all(column in counts for column, _ in order):
        # indicators are texts, and sorted as such: "9" comes after "10" (section 12)
        return None
    # beyond 64 bit the number would wrap around
    if prod(counts[column] for column, _ in order) * height >= 2**64:
        return None
    key = pl.lit(0, dtype=pl.UInt64)
    for column, descending in order:
        place = pl.col(column).cast(pl.UInt64)
        key = key * counts[column] + (counts[column] - 1 - place if descending else place)
    return key * height + pl.col(ROW)


# Text


def fragments(data: VersionData, *, debug: bool) -> dict[str, pl.Series]:
    """The JSON text that each place of a column becomes in a result row; place 0, none, becomes nothing."""
    texts = {
        "period": [_json({"code": str(item.code), "period": item.period}) for item in data.periods],
        "level": [_json(str(level.code)) for level in data.levels],
    }
    for group in data.meta.locations:
        level = str(group.level.code)
        names = [f"{option.id} :: {_with_codes(option)}" if debug else option.id for option in data.locations(group)]
        texts[f"location:{level}"] = [_member(level, name) for name in names]
    for item in data.meta.filters:
        key = _name(item.id, item.column, debug=debug)
        names = [_name(option.id, option.label, debug=debug) for option in item.options]
        texts[f"filter:{item.id}"] = [_member(key, name) for name in names]
    return {column: pl.Series(["", *places], dtype=pl.String) for column, places in texts.items()}


def _name(id_: str, label: str, *, debug: bool) -> str:
    return f"{id_} :: {label}" if debug else id_


def _with_codes(option: LocationOption) -> str:
    codes = ", ".join(f"{WIRE_NAMES[name]} = {value}" for name, value in option.codes.items())
    return f"{option.label} ({codes})" if codes else option.label


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _member(key: str, value: str) -> str:
    return f"{_json(key)}:{_json(value)},"


def _escaped(cells: pl.Series) -> pl.Expr:
    """Texts as JSON strings."""
    distinct = cells.unique()
    escaped = pl.Series([_json(text) for text in distinct], dtype=pl.String)
    return pl.col(cells.name).replace_strict(distinct, escaped, return_dtype=pl.String)


def _concatenate(parts: Sequence[pl.Expr | str]) -> pl.Expr:
    return pl.concat_str([pl.lit(part) if isinstance(part, str) else part for part in parts])
