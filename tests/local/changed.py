"""Changes and metadata of the conformance pack, which speaks of them in ids, labels and words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from eesclient import (
    FacetChange,
    Filter,
    FilterOption,
    GeographicLevel,
    Indicator,
    Level,
    LocationGroup,
    LocationOption,
    Meta,
    TimeIdentifier,
    TimePeriod,
    Version,
)
from tests.doors.local import compare
from tests.doors.models import ChangedFacet, format_label


def level(code: str) -> Level:
    """A geographic level."""
    known = GeographicLevel(code)
    return Level(code=known, label=known.columns.label)


def period(text: str, code: str = "AY") -> TimePeriod:
    """A time period."""
    known = TimeIdentifier(code)
    return TimePeriod(code=known, period=text, label=format_label(text, known))


def filter_of(name: str, *options: str, label: str | None = None, hint: str = "") -> Filter:
    """A filter whose column and options have the ids that are their names."""
    held = tuple(FilterOption(id=f"{name}.{option}", label=option) for option in options)
    return Filter(id=name, column=name, label=label or name, hint=hint, options=held)


def indicator(name: str, label: str | None = None) -> Indicator:
    """An indicator whose column is its id."""
    return Indicator(id=name, column=name, label=label or name)


def places(code: str, *names: str) -> LocationGroup:
    """Locations of a level whose ids and codes are their names."""
    options = tuple(LocationOption(id=name, label=name, code=name) for name in names)
    return LocationGroup(level=level(code), options=options)


def recorded(given: Any) -> tuple[FacetChange, ...]:
    """The changes that stand before a request: entries as they were stored."""
    if not isinstance(given, dict) or "note" in given:
        return one_of_each()
    levels = given.get("geographicLevels", {"previous": [], "current": []})
    before, after = (Meta(levels=[level(code) for code in levels[side]]) for side in ("previous", "current"))
    return (
        *(_change("filter", entry, _filter) for entry in given.get("filters", ())),
        *(_change("option", entry, _option, filter_of(entry["filter"])) for entry in given.get("filterOptions", ())),
        *compare(before, after),
        *(
            _change("location level", entry, lambda state: level(state["level"]))
            for entry in given.get("locationGroups", ())
        ),
        *(
            _change("location", entry, lambda state: LocationOption(**state), level("REG"))
            for entry in given.get("locationOptions", ())
        ),
        *(
            _change("period", entry, lambda state: period(state["period"], state["code"]))
            for entry in given.get("timePeriods", ())
        ),
    )


def _change(facet: ChangedFacet, entry: dict[str, Any], read: Any, group: Filter | Level | None = None) -> FacetChange:
    before, after = (entry.get(name) for name in ("previousState", "currentState"))
    return FacetChange(facet=facet, before=before and read(before), after=after and read(after), group=group)


def _filter(state: dict[str, Any]) -> Filter:
    return filter_of(state["id"], label=state.get("label"))


def _option(state: dict[str, Any]) -> FilterOption:
    return FilterOption(id=state["id"], label=state.get("label", state["id"]))


def one_of_each() -> tuple[FacetChange, ...]:
    """One deletion and one addition of every kind."""
    return compare(
        Meta(
            filters=[filter_of("gone"), filter_of("kept", "old")],
            indicators=[indicator("gone")],
            levels=[level("NAT")],
            locations=[places("NAT", "gone"), places("LA", "old")],
            periods=[period("2020/2021")],
        ),
        Meta(
            filters=[filter_of("come"), filter_of("kept", "new")],
            indicators=[indicator("come")],
            levels=[level("REG")],
            locations=[places("REG", "come"), places("LA", "new")],
            periods=[period("2021/2022")],
        ),
    )


# The processor's cases


def listed(given: dict[str, Any], side: str) -> Meta:
    """Metadata of one side of a case that lists ids and labels, periods or levels."""
    match given["kind"]:
        case "filters":
            return Meta(filters=[filter_of(item["id"], "Total", label=item["label"]) for item in given[side]])
        case "indicators":
            return Meta(indicators=[indicator(item["id"], item["label"]) for item in given[side]])
        case "timePeriods":
            return Meta(periods=[period(text, given["code"]) for text in given[side]])
        case _:
            return Meta(levels=[level(code) for code in given[side]])


BASE = Meta(
    filters=[filter_of("f1", "a", "b"), filter_of("f2", "c")],
    indicators=[indicator("i1"), indicator("i2")],
    levels=[level("NAT"), level("LA")],
    locations=[places("NAT", "England"), places("LA", "Leeds", "York")],
    periods=[period("2020/2021"), period("2021/2022")],
)
"""What the version before has in the cases that say in words what changes."""


def _base(**parts: Any) -> Meta:
    return attrs.evolve(BASE, **parts)


F1, F2 = BASE.filters
NAT, LA = BASE.locations
NEXT: dict[str, Meta] = {
    "levels-unchanged": BASE,
    "levels-added": _base(levels=[*BASE.levels, level("REG")]),
    "levels-deleted": _base(levels=[level("NAT")]),
    "time-periods-added": _base(periods=[*BASE.periods, period("2022/2023")]),
    "time-periods-deleted": _base(periods=[period("2021/2022")]),
    "filters-added": _base(filters=[F1, F2, filter_of("f3", "d")]),
    "filters-deleted": _base(filters=[F1]),
    "filters-unchanged": BASE,
    "filters-exact": BASE,
    "filters-new": _base(filters=[filter_of("f1", "a", "b", "z"), F2, filter_of("f3", "d")]),
    "filters-partial": _base(filters=[filter_of("f1", "a"), F2]),
    "filters-auto-none": _base(filters=[F1, filter_of("f3", "c")]),
    "filters-exact-level-deleted": _base(levels=[level("NAT")]),
    "filter-updated-only": _base(filters=[F1, filter_of("f2", "c", hint="New.")]),
    "options-added": _base(filters=[filter_of("f1", "a", "b", "z"), F2]),
    "options-updated": _base(
        filters=[attrs.evolve(F1, options=[FilterOption(id="f1.a", label="A"), F1.options[1]]), F2]
    ),
    "indicators-unchanged": BASE,
    "indicators-exact": BASE,
    "indicators-new": _base(indicators=[*BASE.indicators, indicator("i3")]),
    "locations-unchanged": BASE,
    "locations-added": _base(locations=[NAT, LA, places("REG", "North East")]),
    "locations-deleted": _base(locations=[NAT]),
    "location-unmapped-no-candidate": _base(locations=[NAT, places("LA", "Leeds")]),
    "location-unmapped-new-candidate": _base(locations=[NAT, places("LA", "Leeds", "Hull")]),
    "location-level-deleted": _base(locations=[NAT]),
    "location-level-new": _base(locations=[NAT, LA, places("REG", "North East")]),
    "location-exact": BASE,
    "location-new-options": _base(locations=[NAT, places("LA", "Leeds", "York", "Hull")]),
    "location-exact-level-deleted": _base(levels=[level("NAT")]),
    "location-exact-time-period-deleted": _base(periods=[period("2021/2022")]),
}
"""The next version of `BASE` in the situations that cases name."""

SAID = {
    "whole filters added: no filter option changes": {("filter", "added")},
    "whole filters deleted: no filter option changes": {("filter", "deleted")},
    "no changes": set(),
    "only the filter update": {("filter", "updated")},
    "only option additions": {("option", "added")},
    "only option updates": {("option", "updated")},
    "whole levels added: no location option changes": {("location level", "added")},
    "whole levels deleted: no location option changes": {("location level", "deleted")},
    "only additions": {("period", "added")},
    "only deletions": {("period", "deleted")},
}
"""Kinds and steps of the changes that cases say in words."""


def steps(changes: Iterable[FacetChange]) -> set[tuple[str, str]]:
    """Which kinds changed how."""
    return {(change.facet, change.kind) for change in changes}


def next_version(previous: Version, changes: Iterable[FacetChange], *, patch: bool = False) -> Version:
    """Number that the service gives to the version after (reference, section 18); a patch loses nothing."""
    is_gone = any(change.after is None for change in changes)
    assert not (patch and is_gone)
    if patch:
        return Version(previous.major, previous.minor, previous.patch + 1)
    return Version(previous.major + 1) if is_gone else Version(previous.major, previous.minor + 1)


def check_processor_case(case: dict[str, Any]) -> None:
    """Hold a processor case on changes or version numbers against the rule."""
    given, expect, name = case["input"], case["expect"], case["name"].rpartition("/")[2]
    if "previous" in given:
        changes = compare(listed(given, "previous"), listed(given, "current"))
    else:
        changes = compare(BASE, NEXT[name])
    if "order" in expect:
        found = [[change.kind, _name(change)] for change in changes]
        assert expect["order"] == found
    elif "changeRecorded" in expect:
        assert expect["changeRecorded"] == ("level" in {change.facet for change in changes})
    elif "changes" in expect:
        assert SAID[expect["changes"]] == steps(changes)
    else:
        assert Version.parse(expect["version"]) == next_version(Version.parse(given["previousVersion"]), changes)


def _name(change: FacetChange) -> str:
    state: Any = change.after or change.before
    return str(getattr(state, "id", None) or state.period.partition("/")[0])
