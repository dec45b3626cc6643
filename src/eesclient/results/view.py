"""A result as people read it in a notebook: what varies, then figures with their symbols; the rest in a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from .._classes import frozen
from ..errors import printable
from ..models.html import escaped, names
from ..models.symbols import meaning
from ..table.columns import ColumnInfo

if TYPE_CHECKING:
    from .answer import Answer

ROWS = 20
"""Rows that are shown at most: the first, and the last half dozen."""

_TAIL = 6
_LOOKED = 50_000
"""Rows in which it is seen whether names tell places apart."""

_TEXT = ' style="text-align:left;vertical-align:top;padding:1px 8px 1px 2px"'
_FIGURE = ' style="text-align:right;vertical-align:top;padding:1px 8px 1px 2px"'


@frozen(kw_only=True)
class Folded:
    """The columns of an answer as they are shown.

    Attributes:
        constant: Key columns that have one value in all rows, with that value.
        varying: Places of the key columns that have several.
        figures: Places of the columns of figures, each with that of its status column, or None.
    """

    constant: tuple[tuple[ColumnInfo, str], ...]
    varying: tuple[int, ...]
    figures: tuple[tuple[int, int | None], ...]


def folded(frame: pl.DataFrame, columns: Sequence[ColumnInfo]) -> Folded:
    """Say which columns of an answer vary; codes of places give way to their names, where these tell them apart too."""
    constant, varying = [], []
    figures: list[tuple[int, int | None]] = []
    status = {column.column: place for place, column in enumerate(columns) if column.kind == "status"}
    for place, column in enumerate(columns):
        if column.kind == "indicator":
            figures.append((place, status.get(column.column)))
        elif column.kind != "status":
            # by its place, as Polars takes some names for patterns
            cells = frame.to_series(place)
            if frame.height and _is_constant(cells):
                constant.append((column, _text(cells[0])))
            else:
                varying.append(place)
    shown = [place for place in varying if not _is_code(columns[place])]
    whole = _distinct(frame, shown) == _distinct(frame, varying)
    return Folded(
        # a level that the rows are not of has nothing in them
        constant=tuple((column, value) for column, value in constant if value and not _is_code(column)),
        varying=tuple(shown if whole else varying),
        figures=tuple(figures),
    )


def _is_constant(cells: pl.Series) -> bool:
    # categories by their codes; and Polars takes some names for patterns, of a series too
    codes = cells.alias("").to_physical()
    return cells.null_count() == cells.len() or (not cells.null_count() and bool(codes.min() == codes.max()))


def _is_code(column: ColumnInfo) -> bool:
    return column.kind == "location" and column.column.endswith(("_code", "_urn", "_laestab", "_ukprn", "_id"))


def _distinct(frame: pl.DataFrame, places: Sequence[int]) -> int:
    return frame.head(_LOOKED).select(pl.nth(places)).unique().height if places else 1


def _text(value: Any) -> str:
    return "" if value is None else printable(str(value))


def answer_html(answer: Answer) -> str:
    """An answer for a notebook, without scripts; every label is escaped."""
    frame, columns = answer.frame, answer.columns
    shape = folded(frame, columns)
    rows = frame.height
    shown = range(rows) if rows <= ROWS else [*range(ROWS - _TAIL), *range(rows - _TAIL, rows)]
    heads = [_head(columns[place], _TEXT) for place in shape.varying]
    heads += [_head(columns[place], _FIGURE) for place, _ in shape.figures]
    body = ""
    last = -1
    for row in shown:
        if row > last + 1:
            body += f'<tr><td colspan="{max(len(heads), 1)}"{_TEXT}>… {row - last - 1:,} more rows</td></tr>'
        cells = [f"<td{_TEXT}>{escaped(_text(frame.to_series(place)[row]))}</td>" for place in shape.varying]
        cells += [
            _figure(
                columns[place], frame.to_series(place)[row], None if status is None else frame.to_series(status)[row]
            )
            for place, status in shape.figures
        ]
        body += f"<tr>{''.join(cells)}</tr>"
        last = row
    table = f"<table><thead><tr>{''.join(heads)}</tr></thead><tbody>{body}</tbody></table>"
    return "".join(_above(answer, shape)) + table + _footnotes(answer)


def _above(answer: Answer, shape: Folded) -> Iterator[str]:
    if shape.constant:
        parts = (
            f'<span title="{escaped(column.label)}">{escaped(column.name)} = {escaped(value)}</span>'
            for column, value in shape.constant
        )
        yield f"<p>In all rows: {' · '.join(parts)}</p>"
    rows = f"{len(answer):,} row" + "s" * (len(answer) != 1)
    of = f" of {answer.total:,} that match" if answer.total > len(answer) else ""
    yield f"<p>{rows}{of} · {answer.frame.width:,} columns in .frame</p>"


def _head(column: ColumnInfo, style: str) -> str:
    unit = f", in {column.unit}" if column.unit and str(column.unit) else ""
    said = ". ".join(part for part in (f"{column.label}{unit}", column.hint) if part)
    return f'<th title="{escaped(said)}"{style}>{escaped(column.name)}</th>'


def _figure(column: ColumnInfo, value: Any, symbol: str | None) -> str:
    if symbol is None:
        return f"<td{_FIGURE}>{escaped(_number(value, column.decimal_places))}</td>"
    # resting the pointer on a symbol says what it means
    said = meaning(symbol) or "a symbol of the data set: see its footnotes"
    return f'<td title="{escaped(f"{symbol}: {said}")}"{_FIGURE}><em>{escaped(symbol or "(empty)")}</em></td>'


def _number(value: Any, places: int | None) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        # a whole number that came as a fraction
        places = 0 if places is None and value.is_integer() else places
        return f"{value:,}" if places is None else f"{value:,.{min(max(places, 0), 30)}f}"
    return _text(value)


def _footnotes(answer: Answer) -> str:
    notes = answer.provenance.footnotes
    if not notes:
        return ""
    items = "".join(f"<li>{escaped(note)}</li>" for note in notes)
    summary = f"<summary>Footnotes ({len(notes)})</summary>"
    return f'<details title="{escaped(names(notes))}">{summary}<ol>{items}</ol></details>'
