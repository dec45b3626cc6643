"""Models whose JSON the service writes, made of what the box holds (reference, sections 6 to 9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, TypeVar

import attrs

from ..api.json import to_json
from ..models.answers import Page, Paging
from ..models.changes import (
    Change,
    ChangeSet,
    FacetChange,
    FilterOptionChanges,
    FilterState,
    LocationGroupState,
    LocationOptionChanges,
    VersionChanges,
)
from ..models.data_sets import DataSet, DataSetVersion, File, LatestVersion, TimePeriodRange
from ..models.enums import MetaType
from ..models.meta import Filter, Meta
from .engine import Answer, Question
from .holdings import DEFAULT_PUBLISHED, DataSetHolding, VersionHolding

T = TypeVar("T")


def page_of(items: Sequence[T], *, page: int, page_size: int) -> Page[T]:
    """One page of a list; empty past the end."""
    first = (page - 1) * page_size
    where = paging(page=page, page_size=page_size, total=len(items))
    return Page(paging=where, results=tuple(items[first : first + page_size]))


def paging(*, page: int, page_size: int, total: int) -> Paging:
    """The paging object (section 6); no items make 1 page, or 0 where the page size is 1."""
    # integer division of C# cuts towards zero, Python's rounds down
    pages = int((total - 1) / page_size) + 1
    return Paging(page=page, page_size=page_size, total_results=total, total_pages=pages)


def answer(question: Question, found: Answer) -> bytes:
    """One page of an answer as JSON text; its rows are text already."""
    where = to_json(paging(page=question.page, page_size=question.page_size, total=found.total))
    return b'{"warnings":%s,"paging":%s,"results":%s}' % (to_json(found.warnings), where, found.results.encode())


def data_set(item: DataSetHolding) -> DataSet:
    """A data set; without its latest version while none is live (section 8)."""
    latest = item.latest
    if latest is None:
        return DataSet(**_shared(DataSet, item.about))
    # the latest version always says when it was published (section 8)
    published = latest.about.published or DEFAULT_PUBLISHED
    version = LatestVersion(version=latest.about.version, published=published, **_contents(latest))
    return DataSet(**_shared(DataSet, item.about), latest_version=version)


def version(item: VersionHolding) -> DataSetVersion:
    """A data set version (section 8)."""
    return DataSetVersion(**_shared(DataSetVersion, item.about), type=item.type, **_contents(item))


def _shared(model: type[DataSet | DataSetVersion], about: Any) -> dict[str, Any]:
    """Members of a model that a description has too."""
    return {field.name: getattr(about, field.name) for field in attrs.fields(model) if hasattr(about, field.name)}


def _contents(item: VersionHolding) -> dict[str, Any]:
    data = item.data
    return {
        "total_results": data.summary.rows,
        "file": File(id=item.about.file_id),
        "time_periods": TimePeriodRange(start=data.periods[0].label, end=data.periods[-1].label),
        "geographic_levels": tuple(level.label for level in data.meta.levels),
        "filters": data.summary.filters,
        "indicators": data.summary.indicators,
    }


def meta(item: Meta, types: Collection[str | None]) -> Meta:
    """Metadata; parts that were not asked for are empty (section 9)."""
    # `Locations` stands for the levels too (section 9)
    parts = {
        "filters": MetaType.FILTERS,
        "indicators": MetaType.INDICATORS,
        "levels": MetaType.LOCATIONS,
        "locations": MetaType.LOCATIONS,
        "periods": MetaType.TIME_PERIODS,
    }
    return Meta(**{name: getattr(item, name) for name, part in parts.items() if part in types})


def changes(item: VersionHolding, found: Iterable[FacetChange]) -> VersionChanges:
    """Changes of a version, major and minor ones, each kind in their order (section 8)."""
    # both are there even where nothing changed (section 8)
    major, minor = (_set([change for change in found if change.is_major is wanted]) for wanted in (True, False))
    return VersionChanges(version=item.about.version, notes=item.about.notes, major_changes=major, minor_changes=minor)


def _set(found: Iterable[FacetChange]) -> ChangeSet:
    groups: dict[str, dict[Any, list[Change[Any]]]] = defaultdict(lambda: defaultdict(list))
    for change in found:
        # the service does not look up the hint of the filter that an option belongs to
        head = attrs.evolve(_filter(change.group), hint="") if isinstance(change.group, Filter) else change.group
        state = _STATES.get(change.facet, lambda thing: thing)
        groups[change.facet][head].append(
            Change(previous=change.before and state(change.before), current=change.after and state(change.after))
        )
    options, locations = groups["option"], groups["location"]
    return ChangeSet(
        filters=tuple(groups["filter"][None]),
        filter_options=tuple(FilterOptionChanges(filter=head, options=tuple(held)) for head, held in options.items()),
        levels=tuple(groups["level"][None]),
        indicators=tuple(groups["indicator"][None]),
        location_groups=tuple(groups["location level"][None]),
        location_options=tuple(
            LocationOptionChanges(level=head, options=tuple(held)) for head, held in locations.items()
        ),
        periods=tuple(groups["period"][None]),
    )


def _filter(item: Any) -> FilterState:
    return FilterState(id=item.id, column=item.column, label=item.label, hint=item.hint)


_STATES: dict[str, Callable[[Any], Any]] = {
    "filter": _filter,
    "location level": lambda level: LocationGroupState(level=level),
}
"""How the service shows a thing that changed, where that is not the thing itself."""
