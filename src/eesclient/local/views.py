"""What the box holds, as the models whose JSON the service writes (reference, sections 6 to 9)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, TypeVar

import attrs

from ..api.json import to_json
from ..models.changes import (
    Change,
    ChangeSet,
    FilterOptionChanges,
    FilterState,
    LocationGroupState,
    LocationOptionChanges,
    VersionChanges,
)
from ..models.data_sets import (
    DataSet,
    DataSetVersion,
    File,
    LatestVersion,
    Page,
    Paging,
    TimePeriodRange,
)
from ..models.diff import FacetChange
from ..models.enums import MetaType
from ..models.meta import Meta
from .engine import Answer, Question, total_pages
from .holdings import DEFAULT_PUBLISHED, DataSetHolding, VersionHolding

T = TypeVar("T")


def page_of(items: Sequence[T], *, page: int, page_size: int) -> Page[T]:
    """One page of a list; empty past the end."""
    first = (page - 1) * page_size
    where = paging(page=page, page_size=page_size, total=len(items))
    return Page(paging=where, results=tuple(items[first : first + page_size]))


def paging(*, page: int, page_size: int, total: int) -> Paging:
    """The paging object (section 6)."""
    return Paging(page=page, page_size=page_size, total_results=total, total_pages=total_pages(total, page_size))


def answer(question: Question, found: Answer) -> bytes:
    """One page of an answer as JSON text; its rows are text already."""
    where = to_json(paging(page=question.page, page_size=question.page_size, total=found.total))
    return b'{"paging":%s,"results":%s,"warnings":%s}' % (where, found.results.encode(), to_json(found.warnings))


def data_set(item: DataSetHolding) -> DataSet:
    """A data set; without its latest version while none is live (section 8)."""
    about, latest = item.about, item.latest
    return DataSet(
        id=about.id,
        title=about.title,
        summary=about.summary,
        status=about.status,
        superseding_data_set_id=about.superseding_data_set_id,
        latest_version=None if latest is None else _latest(latest),
    )


def _latest(item: VersionHolding) -> LatestVersion:
    published = item.about.published or DEFAULT_PUBLISHED
    return LatestVersion(version=item.about.version, published=published, **_contents(item))


def version(item: VersionHolding) -> DataSetVersion:
    """A data set version (section 8)."""
    about = item.about
    return DataSetVersion(
        version=about.version,
        type=item.type,
        status=about.status,
        published=about.published,
        withdrawn=about.withdrawn,
        notes=about.notes,
        release=about.release,
        **_contents(item),
    )


def _contents(item: VersionHolding) -> dict[str, Any]:
    data = item.data
    return {
        "total_results": data.rows.height,
        "file": File(id=item.about.file_id),
        "time_periods": TimePeriodRange(start=data.periods[0].label, end=data.periods[-1].label),
        "geographic_levels": tuple(level.label for level in data.meta.levels),
        "filters": tuple(one.label for one in data.meta.filters),
        "indicators": tuple(one.label for one in data.meta.indicators),
    }


def meta(item: Meta, types: Collection[str]) -> Meta:
    """Metadata; parts that were not asked for are empty (section 9)."""
    parts = {
        MetaType.FILTERS: ("filters",),
        MetaType.INDICATORS: ("indicators",),
        MetaType.LOCATIONS: ("levels", "locations"),
        MetaType.TIME_PERIODS: ("periods",),
    }
    return Meta(**{name: getattr(item, name) for part, names in parts.items() if part in types for name in names})


def changes(item: VersionHolding, found: Iterable[FacetChange]) -> VersionChanges:
    """What changed in a version, in the order of the changes (section 8)."""
    major, minor = ([change for change in found if change.is_major is wanted] for wanted in (True, False))
    return VersionChanges(
        version=item.about.version, notes=item.about.notes, major_changes=_set(major), minor_changes=_set(minor)
    )


def _set(found: Iterable[FacetChange]) -> ChangeSet:
    of: dict[str, list[FacetChange]] = {}
    for change in found:
        of.setdefault(change.facet, []).append(change)
    # the service does not look the hint up here
    options = _groups(of.get("option", ()), lambda group: attrs.evolve(_filter(group), hint=""))
    locations = _groups(of.get("location", ()), lambda group: group)
    return ChangeSet(
        filters=_entries(of.get("filter", ()), _filter),
        filter_options=tuple(FilterOptionChanges(filter=head, options=_entries(held)) for head, held in options),
        levels=_entries(of.get("level", ())),
        indicators=_entries(of.get("indicator", ())),
        location_groups=_entries(of.get("location level", ()), lambda level: LocationGroupState(level=level)),
        location_options=tuple(LocationOptionChanges(level=head, options=_entries(held)) for head, held in locations),
        periods=_entries(of.get("period", ())),
    )


def _entries(
    found: Iterable[FacetChange], state: Callable[[Any], Any] = lambda thing: thing
) -> tuple[Change[Any], ...]:
    return tuple(
        Change(previous=change.before and state(change.before), current=change.after and state(change.after))
        for change in found
    )


def _groups(found: Iterable[FacetChange], head: Callable[[Any], T]) -> Iterable[tuple[T, list[FacetChange]]]:
    groups: dict[T, list[FacetChange]] = {}
    for change in found:
        groups.setdefault(head(change.group), []).append(change)
    return groups.items()


def _filter(item: Any) -> FilterState:
    return FilterState(id=item.id, column=item.column, label=item.label, hint=item.hint)
