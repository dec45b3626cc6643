"""What the box holds, as the JSON that the service writes: camelCase, nulls left out (reference, sections 6 to 9)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..models.enums import MetaType
from ..models.meta import WIRE_NAMES, Filter, Indicator, Level, LocationOption, Meta
from ..models.periods import TimePeriod
from ..models.publications import Publication
from .engine import Answer, Question, total_pages
from .holdings import DataSetHolding, VersionHolding
from .problems import issue_json

Json = dict[str, Any]


def dumps(value: Any) -> str:
    """Compact JSON text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def paging(*, page: int, page_size: int, total: int) -> Json:
    """The paging object (section 6)."""
    pages = total_pages(total, page_size)
    return {"page": page, "pageSize": page_size, "totalResults": total, "totalPages": pages}


def page_of(items: Sequence[Json], *, page: int, page_size: int) -> Json:
    """One page of a list; empty past the end."""
    first = (page - 1) * page_size
    return {
        "paging": paging(page=page, page_size=page_size, total=len(items)),
        "results": list(items[first : first + page_size]),
    }


def answer(question: Question, found: Answer) -> str:
    """One page of an answer as JSON text; its rows are text already."""
    where = paging(page=question.page, page_size=question.page_size, total=found.total)
    warnings = [issue_json(warning) for warning in found.warnings]
    return f'{{"paging":{dumps(where)},"results":{found.results},"warnings":{dumps(warnings)}}}'


def publication(item: Publication) -> Json:
    """A publication (section 7)."""
    return {
        "id": item.id,
        "title": item.title,
        "slug": item.slug,
        "summary": item.summary,
        "lastPublished": _time(item.last_published),
    }


def data_set(item: DataSetHolding) -> Json:
    """A data set; without `latestVersion` while none is live (section 8)."""
    about = item.about
    latest = None if item.latest is None else _latest_version(item.latest)
    return _present(
        id=about.id,
        title=about.title,
        summary=about.summary,
        status=str(about.status),
        supersedingDataSetId=about.superseding_data_set_id,
        latestVersion=latest,
    )


def version(item: VersionHolding) -> Json:
    """A data set version (section 8)."""
    about = item.about
    return _present(
        version=str(about.version),
        type=str(item.type),
        status=str(about.status),
        published=_time(about.published),
        withdrawn=_time(about.withdrawn),
        notes=about.notes,
        release={"title": about.release.title, "slug": about.release.slug},
        **_contents(item),
    )


def _latest_version(item: VersionHolding) -> Json:
    about = item.about
    return _present(version=str(about.version), published=_time(about.published), **_contents(item))


def _contents(item: VersionHolding) -> Json:
    data = item.data
    return {
        "totalResults": data.rows.height,
        "file": {"id": item.about.file_id},
        "timePeriods": {"start": data.periods[0].label, "end": data.periods[-1].label},
        "geographicLevels": [level.label for level in data.meta.levels],
        "filters": [one.label for one in data.meta.filters],
        "indicators": [one.label for one in data.meta.indicators],
    }


def meta(item: Meta, types: Collection[str]) -> Json:
    """Metadata; parts that were not asked for are empty lists (section 9)."""
    parts: Json = {
        "filters": [],
        "indicators": [],
        "geographicLevels": [],
        "locations": [],
        "timePeriods": [],
    }
    if MetaType.FILTERS.value in types:
        parts["filters"] = [_filter(one) for one in item.filters]
    if MetaType.INDICATORS.value in types:
        parts["indicators"] = [indicator(one) for one in item.indicators]
    if MetaType.LOCATIONS.value in types:
        parts["geographicLevels"] = [level(one) for one in item.levels]
        parts["locations"] = [
            {"level": level(group.level), "options": [location(one) for one in group.options]}
            for group in item.locations
        ]
    if MetaType.TIME_PERIODS.value in types:
        parts["timePeriods"] = [time_period(one) for one in item.periods]
    return parts


def _filter(item: Filter) -> Json:
    options = [{"id": option.id, "label": option.label} for option in item.options]
    return {"id": item.id, "column": item.column, "label": item.label, "hint": item.hint, "options": options}


def indicator(item: Indicator) -> Json:
    """An indicator (section 9)."""
    unit = None if item.unit is None else str(item.unit)
    return _present(id=item.id, column=item.column, label=item.label, unit=unit, decimalPlaces=item.decimal_places)


def level(item: Level) -> Json:
    """A geographic level (section 9)."""
    return {"code": str(item.code), "label": item.label}


def location(item: LocationOption) -> Json:
    """A location (section 9)."""
    return {"id": item.id, "label": item.label} | {WIRE_NAMES[name]: code for name, code in item.codes.items()}


def time_period(item: TimePeriod) -> Json:
    """A time period (section 9)."""
    return {"code": str(item.code), "period": item.period, "label": item.label}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _present(**members: Any) -> Json:
    shown: Mapping[str, Any] = members
    return {name: value for name, value in shown.items() if value is not None}
