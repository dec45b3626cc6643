"""Sorts in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import attrs

from ..errors import QueryError
from ..models.meta import Filter, Indicator, LocationGroup, Meta
from ..models.names import Entry, NameIndex
from .query import Sort
from .resolve import Resolver


@attrs.frozen
class ServiceSort:
    """A sort in the service's own order, which compares indicators as text. Made by `service_sort`."""

    name: str


SortLike: TypeAlias = str | ServiceSort
"""A name, with `-` before it for the largest first."""


def service_sort(name: str) -> ServiceSort:
    """Sort as the service does: an indicator by its text, so that `"9"` comes after `"10"` (reference, section 12).

    Args:
        name: Name of an indicator, filter, level, or `period`; with `-` before it for the largest first.

    Returns:
        Something to give to `sort=`; needed there for an indicator together with `limit=`.
    """
    return ServiceSort(name)


def resolve_sort(asked: SortLike | Sequence[SortLike] | None, resolver: Resolver, *, limited: bool) -> tuple[Sort, ...]:
    """Sorts by the service's field names.

    Names that do not match are added to the resolver's findings.

    Raises:
        QueryError: With `limit=`, an indicator is to be sorted by number, which the service cannot do.
    """
    if asked is None:
        return ()
    items = [asked] if isinstance(asked, str | ServiceSort) else list(asked)
    if not items:
        raise QueryError("sort= is an empty list: leave it out for the canonical order")
    index = NameIndex(_entries(resolver.meta))
    sorts = [sort for item in items if (sort := _sort(item, index, resolver))]
    textless = [sort for sort in sorts if sort.field.startswith("indicator|") and not sort.textual]
    if limited and textless:
        raise QueryError(
            "with limit= the service chooses the rows, and it sorts indicators as text: ask for that with "
            "ees.service_sort(...), or leave limit= out and take the head of the sorted frame"
        )
    return tuple(sorts)


def _sort(item: SortLike, index: NameIndex[str], resolver: Resolver) -> Sort | None:
    textual = isinstance(item, ServiceSort)
    name = item.name if isinstance(item, ServiceSort) else item
    # a label may itself begin with a minus sign
    descending = name.startswith("-") and not index.find(name)
    field = resolver.pick(index, name[1:] if descending else name, "sort field")
    return None if field is None else Sort(field=field, descending=descending, textual=textual)


def sort_name(sort: Sort, meta: Meta) -> SortLike:
    """What `sort=` takes for a sort: the first of its field's names, ids before others, that fits no other field."""
    entry = next((entry for entry in _entries(meta) if entry.thing == sort.field), None)
    for name in () if entry is None else (*entry.ids, *entry.labels):
        signed = f"-{name}" if sort.descending else name
        asked = service_sort(signed) if sort.textual else signed
        if resolve_sort([asked], Resolver(meta), limited=False) == (sort,):
            return asked
    return sort.field


def _entries(meta: Meta) -> list[Entry[str]]:
    entries = [
        Entry(thing="timePeriod", labels=("period", "time period", "time_period", "timePeriod"), shown="period"),
        Entry(
            thing="geographicLevel",
            labels=("level", "geographic level", "geographic_level", "geographicLevel"),
            shown="level",
        ),
    ]
    items: list[Filter | Indicator | LocationGroup] = [*meta.filters, *meta.indicators, *meta.locations]
    return [*entries, *(_entry(item) for item in items)]


def _entry(item: Filter | Indicator | LocationGroup) -> Entry[str]:
    if isinstance(item, LocationGroup):
        level = item.level
        labels = (level.label, str(level.code), *level.code.columns.all)
        return Entry(thing=f"location|{level.code}", labels=labels, shown=f"location at level {level.label}")
    kind = "filter" if isinstance(item, Filter) else "indicator"
    shown = f"{kind} {item.label}"
    return Entry(thing=f"{kind}|{item.id}", labels=(item.label, item.column), ids=(item.id,), shown=shown)
