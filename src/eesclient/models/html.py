"""How metadata is shown: compact tables in notebooks, lines of text elsewhere. Every label is escaped."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .provenance import DRAFT, SYNTHETIC, Source

if TYPE_CHECKING:
    from .data_sets import DataSet, DataSetVersion, Publication
    from .meta import Filter, LocationGroup, Meta
    from .periods import TimePeriod

ROWS = 20
"""Rows of a table at most; the rest is counted."""

NAMES = 6
"""Names in a cell at most; the rest is counted."""

_CELL = ' style="text-align:left;vertical-align:top;padding:1px 8px 1px 2px"'


class _Kind(NamedTuple):
    """How items of a class are shown: one's name, the table's headings, an item's cells, and ids under its name."""

    one: str
    heads: tuple[str, ...]
    cells: Callable[[Any], tuple[object, ...]]
    ids: Callable[[Any], str]


def _labels(item: Filter | LocationGroup, one: str) -> str:
    return names([option.label for option in item.options], one)


def _id(item: Any) -> str:
    return f"id {item.id}"


# by the classes' names, as their module imports this one
_KINDS = {
    "Filter": _Kind(
        "filter", ("Filter", "Column", "Options"), lambda it: (it.label, it.column, _labels(it, "option")), _id
    ),
    "Indicator": _Kind(
        "indicator",
        ("Indicator", "Column", "Unit", "Decimal places"),
        lambda it: (it.label, it.column, it.unit, it.decimal_places),
        _id,
    ),
    "Level": _Kind("geographic level", ("Level", "Code"), lambda it: (it.label, it.code), lambda _: ""),
    "LocationGroup": _Kind(
        "level with locations",
        ("Level", "Code", "Locations"),
        lambda it: (it.level.label, it.level.code, _labels(it, "location")),
        lambda _: "",
    ),
    "TimePeriod": _Kind(
        "time period",
        ("Time period", "Kind"),
        lambda it: (it.label or it.period, it.code.label),
        lambda it: f"{it.period} {it.code}",
    ),
    "FilterOption": _Kind("option", ("Option",), lambda it: (it.label,), _id),
    "LocationOption": _Kind(
        "location", ("Location", "Codes"), lambda it: (it.label, ", ".join(it.codes.values())), _id
    ),
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
    heads = "".join(f"<th{_CELL}>{html.escape(head)}</th>" for head in kind.heads)
    body = ""
    for item in items[:ROWS]:
        first, *rest = (html.escape(cell) for cell in _cells(kind, item))
        others = "".join(f"<td{_CELL}>{cell}</td>" for cell in rest)
        body += f"<tr><td{_tip(kind.ids(item))}{_CELL}>{first}</td>{others}</tr>"
    if len(items) > ROWS:
        more = f"… {len(items) - ROWS:,} more of {counted(len(items), kind.one)}"
        body += f'<tr><td colspan="{len(kind.heads)}"{_CELL}>{html.escape(more)}</td></tr>'
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def items_text(items: Sequence[object]) -> str:
    """Items as lines of text."""
    kind = _KINDS.get(type(items[0]).__name__) if items else None
    if kind is None:
        return f"MetaItems({tuple(items)!r})"
    lines = [f"  {' · '.join(cell for cell in _cells(kind, item) if cell)}" for item in items[:ROWS]]
    more = [f"  … {len(items) - ROWS:,} more"] if len(items) > ROWS else []
    return "\n".join([counted(len(items), kind.one), *lines, *more])


def _cells(kind: _Kind, item: object) -> list[str]:
    return ["" if cell is None else str(cell) for cell in kind.cells(item)]


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


def _facts(title: str, facts: Iterable[tuple[str, object]], *, ids: str = "", notices: Iterable[str] = ()) -> str:
    """A heading, and a table of what is known; empty facts are left out."""
    rows = "".join(
        f"<tr><th{_CELL}>{html.escape(name)}</th><td{_CELL}>{html.escape(str(fact))}</td></tr>"
        for name, fact in facts
        if fact is not None and str(fact)
    )
    said = "".join(f"<p><strong>{html.escape(notice)}</strong></p>" for notice in notices)
    return f"{said}{_captioned(title, ids)}<table><tbody>{rows}</tbody></table>"


def data_set_html(item: DataSet) -> str:
    """A data set's summary."""
    latest = item.latest_version
    facts: list[tuple[str, object]] = [("Status", item.status)]
    if latest is not None:
        facts += [
            ("Latest version", f"{latest.version}, published {latest.published.date()}, {latest.total_results:,} rows"),
            ("Time periods", f"{latest.time_periods.start} to {latest.time_periods.end}"),
            *_contents(latest.geographic_levels, latest.filters, latest.indicators),
        ]
    return _facts(item.title, [*facts, ("Summary", item.summary)], ids=f"id {item.id}")


def version_html(item: DataSetVersion) -> str:
    """A version of a data set."""
    facts = [
        ("Status", item.status),
        ("Type", item.type),
        ("Release", item.release.title),
        ("Published", item.published and item.published.date()),
        ("Withdrawn", item.withdrawn and item.withdrawn.date()),
        ("Notes", item.notes),
        ("Rows", f"{item.total_results:,}"),
        ("Time periods", item.time_periods and f"{item.time_periods.start} to {item.time_periods.end}"),
        *_contents(item.geographic_levels, item.filters, item.indicators),
    ]
    return _facts(f"Version {item.version}", facts)


def pinned_html(
    data_set: DataSet, version: DataSetVersion, meta: Meta, periods: Sequence[TimePeriod], *, source: Source
) -> str:
    """An opened version: its facts, its metadata folded away, and why its figures are not for use."""
    facts = [
        ("Version", f"{version.version} ({version.status})"),
        ("Release", version.release.title),
        ("Published", version.published and version.published.date()),
        ("Rows", f"{version.total_results:,}"),
        ("Time periods", f"{periods[0].label} to {periods[-1].label}" if periods else ""),
        *_contents(*([item.label for item in part] for part in (meta.levels, meta.filters, meta.indicators))),
        ("Source", "local files" if source == "local" else ""),
    ]
    notices = (SYNTHETIC,) * (source == "synthetic") + (DRAFT,) * version.status.is_draft
    shown = _facts(data_set.title, facts, ids=f"id {data_set.id}", notices=notices)
    return f"{shown}<details><summary>Metadata</summary>{meta_html(meta)}</details>"


def publication_html(item: Publication) -> str:
    """A publication."""
    facts = [("Last published", item.last_published.date()), ("Summary", item.summary)]
    return _facts(item.title, facts, ids=f"id {item.id}")


def _contents(levels: Sequence[str], filters: Sequence[str], indicators: Sequence[str]) -> list[tuple[str, str]]:
    return [("Levels", names(levels)), ("Filters", names(filters)), ("Indicators", names(indicators))]


def _captioned(title: str, ids: str = "", hint: str = "") -> str:
    advice = f"<p>{html.escape(hint)}</p>" if hint else ""
    return f"<p><strong{_tip(ids)}>{html.escape(title)}</strong></p>{advice}"


def _tip(ids: str) -> str:
    return f' title="{html.escape(ids)}"' if ids else ""
