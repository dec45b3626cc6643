"""What pages and texts about a return have in common: their style, tables, and what is said of synthetic ones."""

from __future__ import annotations

import html
from collections.abc import Iterable

from ..errors import printable

MADE_UP = "SYNTHETIC: a return that was made up, about nobody"
"""What is said of what comes from a synthetic return."""

STYLE = (
    "body{font:16px/1.5 sans-serif;margin:2em;max-width:75em}table{border-collapse:collapse;margin:1em 0}"
    "caption{text-align:left;font-weight:bold}th,td{text-align:left;vertical-align:top;padding:2px 12px 2px 0;"
    "border-bottom:1px solid #767676}"
)
"""How pages look; text and lines have enough contrast."""


def escaped(text: str) -> str:
    """A text as HTML."""
    return html.escape(printable(text))


def row_html(first: str, *others: str) -> str:
    """A row of a table, the first cell its heading."""
    cells = "".join(f"<td>{escaped(cell)}</td>" for cell in others)
    return f'<tr><th scope="row">{escaped(first)}</th>{cells}</tr>'


def table_html(caption: str, heads: Iterable[str], rows: str) -> str:
    """A table with a caption; its rows are HTML, all else is text."""
    headings = "".join(f'<th scope="col">{escaped(head)}</th>' for head in heads)
    return (
        f"<table><caption>{escaped(caption)}</caption><thead><tr>{headings}</tr></thead><tbody>{rows}</tbody></table>"
    )
