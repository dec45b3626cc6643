"""Rows become the JSON text of a result page by Polars expressions, never one by one (reference, section 12)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import attrs
import polars as pl

from ..models.meta import WIRE_NAMES, Filter, LocationOption
from .ingest import VersionData

_TO_ESCAPE = r'[\x00-\x1f"\\]'


@attrs.frozen
class _Fragments:
    """A column and the JSON text that each of its places becomes; place 0, none, becomes nothing."""

    column: str
    texts: pl.Series

    def of(self, page: pl.DataFrame) -> pl.Series:
        return self.texts.gather(page[self.column])


@attrs.frozen
class _Style:
    """The fragments of a result row, with or without debug labels."""

    heads: tuple[_Fragments, ...]
    locations: tuple[_Fragments, ...]
    filters: tuple[_Fragments, ...]
    indicators: dict[str, str]


class Renderer:
    """Renders pages of one data set version."""

    def __init__(self, data: VersionData) -> None:
        self._data = data
        self._styles: dict[bool, _Style] = {}

    def results(self, page: pl.DataFrame, indicators: Sequence[str], *, debug: bool) -> str:
        """The rows of a page as the text of a JSON array.

        Args:
            page: Rows of the table, in order.
            indicators: Ids of the indicators to show.
            debug: Whether labels come beside ids.
        """
        if page.is_empty():
            return "[]"
        style = self._style(debug=debug)
        period, level = (fragments.of(page) for fragments in style.heads)
        values: list[pl.Series | str] = [
            part
            for indicator in indicators
            for part in (f"{style.indicators[indicator]}:", _quoted(page[f"indicator:{indicator}"]), ",")
        ]
        parts: list[pl.Series | str] = ['{"timePeriod":', period, ',"geographicLevel":', level]
        parts += [',"locations":{', _members([item.of(page) for item in style.locations], page.height)]
        parts += ['},"filters":{', _members([item.of(page) for item in style.filters], page.height)]
        parts += ['},"values":{', *values[:-1], "}}"]
        return "[" + ",".join(_concatenate(parts, page.height)) + "]"

    def _style(self, *, debug: bool) -> _Style:
        if debug not in self._styles:
            self._styles[debug] = _style(self._data, debug=debug)
        return self._styles[debug]


def _style(data: VersionData, *, debug: bool) -> _Style:
    meta = data.meta
    periods = [_json({"code": str(item.code), "period": item.period}) for item in data.periods]
    return _Style(
        heads=(
            _fragments("period", periods),
            _fragments("level", [_json(str(level.code)) for level in data.levels]),
        ),
        locations=tuple(
            _fragments(
                f"location:{group.level.code}",
                [_member(str(group.level.code), _location(option, debug=debug)) for option in group.options],
            )
            for group in meta.locations
        ),
        filters=tuple(_fragments(f"filter:{item.id}", _options(item, debug=debug)) for item in meta.filters),
        indicators={item.id: _json(f"{item.id} :: {item.column}" if debug else item.id) for item in meta.indicators},
    )


def _options(item: Filter, *, debug: bool) -> list[str]:
    key = f"{item.id} :: {item.column}" if debug else item.id
    return [_member(key, f"{option.id} :: {option.label}" if debug else option.id) for option in item.options]


def _location(option: LocationOption, *, debug: bool) -> str:
    if not debug:
        return option.id
    codes = ", ".join(f"{WIRE_NAMES[name]} = {value}" for name, value in option.codes.items())
    return f"{option.id} :: {option.label}" + (f" ({codes})" if codes else "")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _member(key: str, value: str) -> str:
    return f"{_json(key)}:{_json(value)},"


def _fragments(column: str, texts: Iterable[str]) -> _Fragments:
    return _Fragments(column, pl.Series(["", *texts], dtype=pl.String))


def _members(columns: Sequence[pl.Series], height: int) -> pl.Series:
    """Members of an object side by side; those that a row lacks are left out, and so is the last comma."""
    return _concatenate(columns, height).str.strip_suffix(",")


def _quoted(cells: pl.Series) -> pl.Series:
    """Texts as JSON strings."""
    to_escape = cells.str.contains(_TO_ESCAPE)
    if not to_escape.any():
        return _concatenate(['"', cells, '"'], len(cells))
    distinct = cells.unique()
    escaped = pl.Series([_json(text) for text in distinct], dtype=pl.String)
    return cells.replace_strict(distinct, escaped, return_dtype=pl.String)


def _concatenate(parts: Sequence[pl.Series | str], height: int) -> pl.Series:
    columns = [part for part in parts if isinstance(part, pl.Series)]
    if not columns:
        return pl.Series(["".join(map(str, parts))], dtype=pl.String).new_from_index(0, height)
    frame = pl.DataFrame([column.alias(str(number)) for number, column in enumerate(columns)])
    numbers = iter(range(len(columns)))
    texts = [pl.lit(part) if isinstance(part, str) else pl.col(str(next(numbers))) for part in parts]
    return frame.select(pl.concat_str(texts)).to_series()
