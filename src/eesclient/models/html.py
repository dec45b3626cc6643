"""How metadata is shown: compact tables in notebooks, lines of text elsewhere. Every label is escaped."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from ..errors import printable

ROWS = 20
"""Rows of a table at most; the rest is counted."""

LISTED = 500
"""Options of a list that is folded away at most; the rest is counted."""

NAMES = 6
"""Names in a cell at most; the rest is counted."""

_CELL = ' style="text-align:left;vertical-align:top;padding:1px 8px 1px 2px"'


Look: TypeAlias = Literal["bad", "unknown", "notice", "good"]
"""How an outcome looks: the worst first."""

# each with its sign, as colours are not all that tells them apart; dark on light, whatever the notebook's theme is
_LOOKS: dict[Look, tuple[str, str]] = {
    "bad": ("\N{BALLOT X}", "background:#fde2e1;color:#5f0d0a"),
    "unknown": ("?", "background:#fff1cc;color:#4a3200"),
    "notice": ("!", "background:#dceafe;color:#0b2e5c"),
    "good": ("\N{CHECK MARK}", "background:#d8f3dc;color:#0b3d20"),
}


class Told(NamedTuple):
    """A line of a report: how it ended, in a word, and what else there is to say; ids stand under the first cell."""

    word: str
    look: Look
    cells: tuple[str, ...]
    ids: str = ""


class _Kind(NamedTuple):
    """How items of a class are shown: one's name, the table's headings, and an item's cells."""

    one: str
    heads: tuple[str, ...]
    cells: Callable[[Any], tuple[object, ...]]


def _labels(item: Any, one: str) -> str:
    return names([option.label for option in item.options], one)


# by the classes' names, as their modules import this one
_KINDS = {
    "Filter": _Kind("filter", ("Filter", "Column", "Options"), lambda it: (it.label, it.column, _labels(it, "option"))),
    "Indicator": _Kind(
        "indicator",
        ("Indicator", "Column", "Unit", "Decimal places"),
        lambda it: (it.label, it.column, it.unit, it.decimal_places),
    ),
    "Level": _Kind("geographic level", ("Level", "Code"), lambda it: (it.label, it.code)),
    "LocationGroup": _Kind(
        "level with locations",
        ("Level", "Code", "Locations"),
        lambda it: (it.level.label, it.level.code, _labels(it, "location")),
    ),
    "TimePeriod": _Kind("time period", ("Time period", "Kind"), lambda it: (it.label or it.period, it.code.label)),
    "FilterOption": _Kind("option", ("Option",), lambda it: (it.label,)),
    "LocationOption": _Kind("location", ("Location", "Codes"), lambda it: (it.label, ", ".join(it.codes.values()))),
}


def escaped(text: str) -> str:
    """A text as text of HTML, and fit for a terminal."""
    # not above: most scripts show nothing as HTML, and the names of its signs take 1 ms
    import html

    return html.escape(printable(text))


def _ids(item: Any) -> str:
    """Ids that stand under an item's name; the code of a level has a cell of its own."""
    match type(item).__name__:
        case "TimePeriod":
            return f"{item.period} {item.code}"
        case "Level" | "LocationGroup":
            return ""
    return f"id {item.id}"


def names(labels: Sequence[str], one: str = "") -> str:
    """Labels in a line, the first of them and how many there are."""
    count = f"{counted(len(labels), one)}: " if one else ""
    more = "; …" if len(labels) > NAMES else ""
    return f"{count}{'; '.join(labels[:NAMES])}{more}" if labels else count.rstrip(": ")


def counted(number: int, one: str) -> str:
    """A number of things, such as `1 filter` or `2 levels with locations`."""
    first, _, rest = one.partition(" with ")
    many = first if number == 1 else f"{first}s"
    return f"{number:,} {many}" + (f" with {rest}" if rest else "")


def items_html(items: Sequence[object]) -> str:
    """Items as a table."""
    if not items:
        return "<p>none</p>"
    kind = _KINDS.get(type(items[0]).__name__)
    if kind is None:
        return f"<pre>{escaped(repr(tuple(items)))}</pre>"
    body = ""
    for item in items[:ROWS]:
        first, *rest = (escaped(cell) for cell in _cells(kind, item))
        others = "".join(f"<td{_CELL}>{cell}</td>" for cell in rest)
        body += f"<tr><td{_tip(_ids(item))}{_CELL}>{first}</td>{others}</tr>"
    if len(items) > ROWS:
        more = f"… {len(items) - ROWS:,} more of {counted(len(items), kind.one)}"
        body += f'<tr><td colspan="{len(kind.heads)}"{_CELL}>{escaped(more)}</td></tr>'
    return _table(kind.heads, body)


def _table(heads: Sequence[str], body: str) -> str:
    head = "".join(f"<th{_CELL}>{escaped(head)}</th>" for head in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def report_html(title: str, heads: Sequence[str], lines: Iterable[Told], notices: Iterable[str] = ()) -> str:
    """A report as a table, the worst first; what is past its first lines is folded away."""
    rows = [_row(line) for line in _worst_first(lines)]
    shown = _table(("Outcome", *heads), "".join(rows[:ROWS])) if rows else ""
    if len(rows) > ROWS:
        more = _table(("Outcome", *heads), "".join(rows[ROWS:]))
        shown += f"<details><summary>{len(rows) - ROWS:,} more</summary>{more}</details>"
    said = "".join(f"<p>{escaped(notice)}</p>" for notice in notices)
    return f"{captioned(title)}{shown}{said}"


def tallied(what: str, lines: Sequence[Told]) -> str:
    """How many data sets a report is of, and how many ended how."""
    known = Counter(line.word for line in _worst_first(lines))
    counts = ", ".join(f"{count:,} {word}" for word, count in known.items())
    return f"{what} of {counted(len(lines), 'data set')}" + (f": {counts}" if counts else "")


def _worst_first(lines: Iterable[Told]) -> list[Told]:
    order = [*_LOOKS]
    return sorted(lines, key=lambda line: order.index(line.look))


def _row(line: Told) -> str:
    sign, style = _LOOKS[line.look]
    first, *rest = (escaped(cell).replace("\n", "<br>") for cell in line.cells)
    cells = f"<td{_tip(line.ids)}{_CELL}>{first}</td>" + "".join(f"<td{_CELL}>{cell}</td>" for cell in rest)
    how = f'<td style="text-align:left;vertical-align:top;padding:1px 8px;{style}">{sign} {escaped(line.word)}</td>'
    return f"<tr>{how}{cells}</tr>"


def options_html(items: Sequence[object]) -> str:
    """Options of a filter or places of a level: a table; of many, all names folded away, and a field that finds them.

    The field is HTML's own, which needs no script; where a viewer takes it away, the list and its search are left.
    """
    if len(items) <= ROWS:
        return items_html(items)
    kind = _KINDS[type(items[0]).__name__]
    lines, found = "", ""
    for item in items[:LISTED]:
        first, *rest = _cells(kind, item)
        # without a text of its own, which would be left where a viewer takes the element away
        found += f'<option value="{escaped(first)}"></option>'
        more = f" · {escaped(' '.join(rest))}" if any(rest) else ""
        lines += f"<li{_tip(_ids(item))}>{escaped(first)}{more}</li>"
    many = counted(len(items), kind.one)
    if len(items) > LISTED:
        lines += f"<li>… {len(items) - LISTED:,} more: to_frame() has all of them</li>"
    # one name for one list: shown twice, both fields find the same
    name = f"ees-{hashlib.sha256(found.encode()).hexdigest()[:12]}"
    # marimo takes borders away
    border = ' style="border:1px solid #888;padding:1px 6px"'
    field = f'<input list="{name}" placeholder="find among {many}" aria-label="find among {many}" size="40"{border}>'
    listed = f"<details><summary>All {many}</summary><ul>{lines}</ul></details>"
    return f'<p>{field}<datalist id="{name}">{found}</datalist></p>{listed}'


def items_text(items: Sequence[object]) -> str:
    """Items as lines of text."""
    kind = _KINDS.get(type(items[0]).__name__) if items else None
    if kind is None:
        return f"MetaItems({tuple(items)!r})"
    lines = [f"  {' · '.join(cell for cell in _cells(kind, item) if cell)}" for item in items[:ROWS]]
    more = [f"  … {len(items) - ROWS:,} more"] if len(items) > ROWS else []
    return "\n".join([counted(len(items), kind.one), *lines, *more])


def _cells(kind: _Kind, item: object) -> list[str]:
    return ["" if cell is None else printable(str(cell)) for cell in kind.cells(item)]


def facts_html(title: str, facts: Iterable[tuple[str, object]], *, ids: str = "", notices: Iterable[str] = ()) -> str:
    """A heading, and a table of what is known; empty facts are left out."""
    rows = "".join(
        f"<tr><th{_CELL}>{escaped(name)}</th><td{_CELL}>{escaped(str(fact))}</td></tr>"
        for name, fact in facts
        if fact is not None and str(fact)
    )
    said = "".join(f"<p><strong>{escaped(notice)}</strong></p>" for notice in notices)
    return f"{said}{captioned(title, ids)}<table><tbody>{rows}</tbody></table>"


def contents(levels: Sequence[str], filters: Sequence[str], indicators: Sequence[str]) -> list[tuple[str, str]]:
    """What rows are about, as facts."""
    return [("Levels", names(levels)), ("Filters", names(filters)), ("Indicators", names(indicators))]


def captioned(title: str, ids: str = "", hint: str = "") -> str:
    """A heading, with ids under it and advice after it."""
    advice = f"<p>{escaped(hint)}</p>" if hint else ""
    return f"<p><strong{_tip(ids)}>{escaped(title)}</strong></p>{advice}"


def _tip(ids: str) -> str:
    return f' title="{escaped(ids)}"' if ids else ""
