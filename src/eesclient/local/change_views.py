"""Changes as the JSON that the service writes (reference, section 8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..models.meta import Filter, FilterOption
from .diff import Change, Changes, OptionChange
from .holdings import VersionHolding
from .views import Json, indicator, level, location, time_period


def change_set(version: VersionHolding, changes: Changes) -> Json:
    """What changed in a version; kinds without changes are left out."""
    return {
        "versionNumber": str(version.about.version),
        "notes": version.about.notes,
        "majorChanges": _kinds(changes.major()),
        "minorChanges": _kinds(changes.minor()),
    }


def _kinds(changes: Changes) -> Json:
    kinds: Json = {
        "filters": _entries(changes.filters, _filter),
        "filterOptions": _groups(changes.filter_options, "filter", _filter_of_options, _option),
        "geographicLevels": _entries(changes.levels, level),
        "indicators": _entries(changes.indicators, indicator),
        "locationGroups": _entries(changes.location_groups, lambda state: {"level": level(state)}),
        "locationOptions": _groups(changes.location_options, "level", level, location),
        "timePeriods": _entries(changes.periods, time_period),
    }
    return {name: entries for name, entries in kinds.items() if entries}


def _entries(changes: Iterable[Change[Any]], state: Callable[[Any], Json]) -> list[Json]:
    named = ([("previousState", change.previous), ("currentState", change.current)] for change in changes)
    return [{name: state(item) for name, item in states if item is not None} for states in named]


def _groups(
    changes: Iterable[OptionChange[Any, Any]], name: str, head: Callable[[Any], Json], state: Callable[[Any], Json]
) -> list[Json]:
    groups: dict[tuple[Any, ...], Json] = {}
    for change in changes:
        about = head(change.group)
        group = groups.setdefault(tuple(about.items()), {name: about, "options": []})
        group["options"] += _entries([change], state)
    return list(groups.values())


def _filter(item: Filter) -> Json:
    return {"id": item.id, "column": item.column, "label": item.label, "hint": item.hint}


def _filter_of_options(item: Filter) -> Json:
    return _filter(item) | {"hint": ""}  # the service does not look the hint up here


def _option(item: FilterOption) -> Json:
    return {"id": item.id, "label": item.label}
