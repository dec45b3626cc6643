"""How metadata is shown: compact tables in notebooks, lines of text elsewhere. Every label is escaped."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from .provenance import DRAFT, SYNTHETIC, Source

if TYPE_CHECKING:
    from .data_sets import DataSet, DataSetVersion, Publication
    from .meta import Filter, FilterOption, Indicator, Level, LocationGroup, LocationOption, Meta
    from .periods import TimePeriod

ROWS = 20
"""Rows of a table at most; the rest is counted."""

NAMES = 6
"""Names in a cell at most; the rest is counted."""

_CELL = ' style="text-align:left;vertical-align:top;padding:1px 8px 1px 2px"'


@attrs.frozen(kw_only=True)
class _Row:
    """A row of a table.

    Attributes:
        cells: Its cells as text, the name first.
        ids: Machine ids, which are shown while the pointer is on the name.
    """

    cells: tuple[str, ...]
    ids: str = ""


@attrs.frozen(kw_only=True)
class _Kind:
    """How items of a class are shown.

    Attributes:
        one: What one of them is called.
        heads: Headings of the table.
        row: An item's row.
    """

    one: str
    heads: tuple[str, ...]
    row: Callable[[Any], _Row]


def _filter(item: Filter) -> _Row:
    options = names([option.label for option in item.options], "option")
    return _Row(cells=(item.label, item.column, options), ids=f"id {item.id}")


def _indicator(item: Indicator) -> _Row:
    unit = "" if item.unit is None else str(item.unit)
    places = "" if item.decimal_places is None else str(item.decimal_places)
    return _Row(cells=(item.label, item.column, unit, places), ids=f"id {item.id}")


def _level(item: Level) -> _Row:
    return _Row(cells=(item.label, str(item.code)))


def _group(item: LocationGroup) -> _Row:
    options = names([option.label for option in item.options], "location")
    return _Row(cells=(item.level.label, str(item.level.code), options))


def _period(item: TimePeriod) -> _Row:
    return _Row(cells=(item.label or item.period, item.code.label), ids=f"{item.period} {item.code}")


def _option(item: FilterOption) -> _Row:
    return _Row(cells=(item.label,), ids=f"id {item.id}")


def _location(item: LocationOption) -> _Row:
    return _Row(cells=(item.label, ", ".join(item.codes.values())), ids=f"id {item.id}")


_KINDS = {
    "Filter": _Kind(one="filter", heads=("Filter", "Column", "Options"), row=_filter),
    "Indicator": _Kind(one="indicator", heads=("Indicator", "Column", "Unit", "Decimal places"), row=_indicator),
    "Level": _Kind(one="geographic level", heads=("Level", "Code"), row=_level),
    "LocationGroup": _Kind(one="level with locations", heads=("Level", "Code", "Locations"), row=_group),
    "TimePeriod": _Kind(one="time period", heads=("Time period", "Kind"), row=_period),
    "FilterOption": _Kind(one="option", heads=("Option",), row=_option),
    "LocationOption": _Kind(one="location", heads=("Location", "Codes"), row=_location),
}


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
        return f"<pre>{html.escape(repr(tuple(items)))}</pre>"
    return _table(kind, [kind.row(item) for item in items[:ROWS]], len(items))


def items_text(items: Sequence[object]) -> str:
    """Items as lines of text."""
    kind = _KINDS.get(type(items[0]).__name__) if items else None
    if kind is None:
        return f"MetaItems({tuple(items)!r})"
    rows = [kind.row(item) for item in items[:ROWS]]
    lines = [f"  {' · '.join(cell for cell in row.cells if cell)}" for row in rows]
    more = [f"  … {len(items) - ROWS:,} more"] if len(items) > ROWS else []
    return "\n".join([counted(len(items), kind.one), *lines, *more])


def filter_html(item: Filter) -> str:
    """A filter with its options."""
    return _captioned(f"{item.label} ({item.column})", f"id {item.id}", item.hint) + items_html(item.options)


def group_html(item: LocationGroup) -> str:
    """A level with its locations."""
    return _captioned(f"{item.level.label} ({item.level.code})") + items_html(item.options)


def meta_html(meta: Meta) -> str:
    """All that metadata says, a table for each part."""
    return "\n".join(items_html(part) for part in _parts(meta) if part) or "<p>no metadata</p>"


def meta_text(meta: Meta) -> str:
    """All that metadata says, as lines of text."""
    return "\n".join(items_text(part) for part in _parts(meta) if part) or "no metadata"


def _parts(meta: Meta) -> tuple[Sequence[object], ...]:
    return meta.filters, meta.indicators, meta.levels, meta.locations, meta.periods


def facts_html(title: str, facts: Iterable[tuple[str, str]], *, ids: str = "", notices: Iterable[str] = ()) -> str:
    """A heading, and a table of what is known; empty facts are left out."""
    rows = "".join(
        f"<tr><th{_CELL}>{html.escape(name)}</th><td{_CELL}>{html.escape(text)}</td></tr>"
        for name, text in facts
        if text
    )
    said = "".join(f"<p><strong>{html.escape(notice)}</strong></p>" for notice in notices)
    return f"{said}{_captioned(title, ids)}<table><tbody>{rows}</tbody></table>"


def data_set_html(item: DataSet) -> str:
    """A data set's summary."""
    latest = item.latest_version
    facts = [("Status", str(item.status))]
    if latest is not None:
        facts += [
            ("Latest version", f"{latest.version}, published {latest.published.date()}, {latest.total_results:,} rows"),
            ("Time periods", f"{latest.time_periods.start} to {latest.time_periods.end}"),
            *_contents(latest.geographic_levels, latest.filters, latest.indicators),
        ]
    return facts_html(item.title, [*facts, ("Summary", item.summary)], ids=f"id {item.id}")


def version_html(item: DataSetVersion) -> str:
    """A version of a data set."""
    periods = "" if item.time_periods is None else f"{item.time_periods.start} to {item.time_periods.end}"
    facts = [
        ("Status", str(item.status)),
        ("Type", str(item.type)),
        ("Release", item.release.title),
        ("Published", "" if item.published is None else str(item.published.date())),
        ("Withdrawn", "" if item.withdrawn is None else str(item.withdrawn.date())),
        ("Notes", item.notes),
        ("Rows", f"{item.total_results:,}"),
        ("Time periods", periods),
        *_contents(item.geographic_levels, item.filters, item.indicators),
    ]
    return facts_html(f"Version {item.version}", facts)


def pinned_html(
    data_set: DataSet, version: DataSetVersion, meta: Meta, periods: Sequence[TimePeriod], *, source: Source
) -> str:
    """An opened version: its facts, its metadata folded away, and why its figures are not for use."""
    facts = [
        ("Version", f"{version.version} ({version.status})"),
        ("Release", version.release.title),
        ("Published", "" if version.published is None else str(version.published.date())),
        ("Rows", f"{version.total_results:,}"),
        ("Time periods", f"{periods[0].label} to {periods[-1].label}" if periods else ""),
        *_contents(*([item.label for item in part] for part in (meta.levels, meta.filters, meta.indicators))),
        ("Source", "local files" if source == "local" else ""),
    ]
    notices = (SYNTHETIC,) * (source == "synthetic") + (DRAFT,) * version.status.is_draft
    shown = facts_html(data_set.title, facts, ids=f"id {data_set.id}", notices=notices)
    return f"{shown}<details><summary>Metadata</summary>{meta_html(meta)}</details>"


def publication_html(item: Publication) -> str:
    """A publication."""
    facts = [("Last published", str(item.last_published.date())), ("Summary", item.summary)]
    return facts_html(item.title, facts, ids=f"id {item.id}")


def _contents(levels: Sequence[str], filters: Sequence[str], indicators: Sequence[str]) -> list[tuple[str, str]]:
    return [
        ("Levels", names(levels)),
        ("Filters", names(filters)),
        ("Indicators", names(indicators)),
    ]


def _table(kind: _Kind, rows: Sequence[_Row], total: int) -> str:
    heads = "".join(f"<th{_CELL}>{html.escape(head)}</th>" for head in kind.heads)
    body = "".join(_cells(row) for row in rows)
    if total > len(rows):
        rest = f"… {total - len(rows):,} more of {counted(total, kind.one)}"
        body += f'<tr><td colspan="{len(kind.heads)}"{_CELL}>{html.escape(rest)}</td></tr>'
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def _cells(row: _Row) -> str:
    first, *rest = row.cells
    tip = f' title="{html.escape(row.ids)}"' if row.ids else ""
    others = "".join(f"<td{_CELL}>{html.escape(cell)}</td>" for cell in rest)
    return f"<tr><td{tip}{_CELL}>{html.escape(first)}</td>{others}</tr>"


def _captioned(title: str, ids: str = "", hint: str = "") -> str:
    tip = f' title="{html.escape(ids)}"' if ids else ""
    advice = f"<p>{html.escape(hint)}</p>" if hint else ""
    return f"<p><strong{tip}>{html.escape(title)}</strong></p>{advice}"
