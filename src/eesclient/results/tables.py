"""A result as a table to publish, made by great-tables."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import polars as pl

from ..errors import ReceiptError
from ..models.html import escaped
from ..models.symbols import meaning
from .view import folded

if TYPE_CHECKING:
    from .answer import Answer

MOST = 1_000
"""Rows of a table at most: each cell is an element of the page."""


def great_table(answer: Answer) -> Any:
    """The table, as `Answer.table` says."""
    try:
        gt: Any = import_module("great_tables")
    except ImportError as error:
        message = "table() needs great-tables: pip install 'eesclient[tables]'"
        raise ImportError(message, name=error.name) from error
    if len(answer) > MOST:
        raise ReceiptError(
            f"there are {len(answer):,} rows, and a table to read holds {MOST:,}: ask for fewer, or .frame has them all"
        )
    columns, shape = answer.columns, folded(answer.frame, answer.columns)
    # headings of its own: Polars takes some names for patterns; and categories would stand in the middle
    keys = [answer.frame.to_series(place).cast(pl.String).alias(f"c{place}") for place in shape.varying]
    frame = pl.DataFrame([*keys, *(answer.frame.to_series(place).alias(f"c{place}") for place, _ in shape.figures)])
    places = [*shape.varying, *(place for place, _ in shape.figures)]
    table = gt.GT(frame).cols_label({f"c{place}": _html(gt, columns[place].label) for place in places})
    said = set[str]()
    for place, status in shape.figures:
        name = f"c{place}"
        if frame[name].dtype.is_numeric():
            shown = columns[place].decimal_places
            exact = {"decimals": max(shown, 0)} if shown is not None else {"n_sigfig": 15, "drop_trailing_zeros": True}
            table = table.fmt_number(columns=[name], **exact)
        # the last word on a cell counts
        table = table.sub_missing(columns=[name], missing_text="")
        symbols = answer.frame.to_series(status).cast(pl.String) if status is not None else pl.Series([None])
        for symbol in symbols.drop_nulls().unique(maintain_order=True):
            table = table.sub_missing(
                columns=[name], rows=symbols.eq(symbol).arg_true().to_list(), missing_text=_html(gt, symbol or " ")
            )
            said.add(symbol)
    where = answer.provenance
    title = ": ".join((*where.notices, where.title))
    fixed = " · ".join(f"{column.label}: {value}" for column, value in shape.constant)
    table = table.tab_header(title=_html(gt, title), subtitle=_html(gt, fixed) if fixed else None)
    meant = [f"{symbol}: {meaning(symbol)}" for symbol in sorted(said) if meaning(symbol)]
    # the citation has them too
    for note in (*meant, *where.footnotes, answer.cite()):
        table = table.tab_source_note(_html(gt, note))
    return table


def _html(gt: Any, text: str) -> Any:
    """A label as text: it is neither markup nor Markdown."""
    return gt.html(escaped(text))
