"""Changes and metadata of the conformance pack, which speaks of them in ids, labels and words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeAlias

import attrs

from eesclient import (
    FacetChange,
    Filter,
    FilterOption,
    GeographicLevel,
    Indicator,
    IndicatorUnit,
    Level,
    LocationGroup,
    LocationOption,
    Meta,
    TimeIdentifier,
    TimePeriod,
    Version,
)
from tests.doors.local import compare
from tests.doors.models import WIRE_NAMES, ChangedFacet, format_label


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
    entries = [(facet, entry) for name, facet in RECORDED.items() for entry in given.get(name, ())]
    return (*(_change(facet, entry) for facet, entry in entries), *compare(before, after))


RECORDED: dict[str, ChangedFacet] = {
    "filters": "filter",
    "filterOptions": "option",
    "indicators": "indicator",
    "locationGroups": "location level",
    "locationOptions": "location",
    "timePeriods": "period",
}


def _change(facet: ChangedFacet, entry: dict[str, Any]) -> FacetChange:
    before, after = (entry.get(name) for name in ("previousState", "currentState"))
    group: Filter | Level | None = None
    if facet == "option":
        group = filter_of(entry["filter"])
    if facet == "location":
        # a letter stands for any level
        code = entry.get("level", "")
        group = level(code if GeographicLevel(code).is_known else "REG")
    return FacetChange(
        facet=facet, before=before and _state(facet, before), after=after and _state(facet, after), group=group
    )


def _state(facet: ChangedFacet, given: dict[str, Any]) -> Any:
    """A thing as it was, of which a case says what matters to it."""
    if facet == "period":
        return period(given["period"], given["code"])
    if facet == "location level":
        return level(given["level"])
    name, label = given["id"], given.get("label", given["id"])
    match facet:
        case "filter":
            return filter_of(name, label=label, hint=given.get("hint", ""))
        case "option":
            return FilterOption(id=name, label=label)
        case "indicator":
            unit = given.get("unit")
            return Indicator(
                id=name,
                column=name,
                label=label,
                unit=unit and IndicatorUnit(unit),
                decimal_places=given.get("decimalPlaces"),
            )
    codes = {attribute: given[wire] for attribute, wire in WIRE_NAMES.items() if wire in given}
    return LocationOption(label=label, **codes)


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
    items = given[side]
    match given["kind"]:
        case "filters":
            return Meta(filters=[filter_of(item["id"], "Total", label=item["label"]) for item in items])
        case "filterOptions":
            options = tuple(FilterOption(id=item["id"], label=item["label"]) for item in items)
            return Meta(filters=[attrs.evolve(filter_of("filter"), options=options)])
        case "indicators":
            return Meta(indicators=[indicator(item["id"], item["label"]) for item in items])
        case "locationGroups":
            return Meta(locations=[places(code, "place") for code in items])
        case "locationOptions":
            places_ = tuple(LocationOption(id=item["id"], label=item["label"], code="X") for item in items)
            return Meta(locations=[LocationGroup(level=level("REG"), options=places_)])
        case "timePeriods":
            return Meta(periods=[period(text, given["code"]) for text in items])
        case "geographicLevels":
            return Meta(levels=[level(code) for code in items])
    raise AssertionError(f"tests/local/changed.py knows no lists of {given['kind']!r}")


THINGS: dict[str, dict[str, str]] = {
    "level": {"NAT": "NAT", "LA": "LA"},
    "period": {"2020/2021": "", "2021/2022": ""},
    "filter": {"f1": "f1", "f2": "f2"},
    "option": {"a": "a", "b": "b"},
    "indicator": {"i1": "i1", "i2": "i2"},
    "location level": {"NAT": "NAT", "LA": "LA"},
    "location": {"Leeds": "Leeds", "York": "York"},
}
"""Names and labels of what the version before has in the cases that say in words what changes."""

NEW = {
    "level": "REG",
    "period": "2022/2023",
    "filter": "f3",
    "option": "z",
    "indicator": "i3",
    "location level": "REG",
    "location": "Hull",
}
"""What comes to it."""

Step: TypeAlias = tuple[str, str]
"""What changes, and how: `added`, `deleted`, `updated` or `unchanged`."""


def made(things: dict[str, dict[str, str]]) -> Meta:
    """Metadata of things: the options are of the first filter, the locations of the last level, LA."""

    def filter_named(name: str, label: str) -> Filter:
        own = things["option"] if name == "f1" else {"c": "c"}
        options = tuple(FilterOption(id=f"{name}.{option}", label=shown) for option, shown in own.items())
        return attrs.evolve(filter_of(name, label=label), options=options)

    def group(code: str) -> LocationGroup:
        own = things["location"] if code == "LA" else {code: code}
        options = tuple(LocationOption(id=name, label=label, code=name) for name, label in own.items())
        return LocationGroup(level=level(code), options=options)

    return Meta(
        filters=[filter_named(*item) for item in things["filter"].items()],
        indicators=[indicator(*item) for item in things["indicator"].items()],
        levels=[level(code) for code in things["level"]],
        locations=[group(code) for code in things["location level"]],
        periods=[period(text) for text in things["period"]],
    )


BASE = made(THINGS)


def after(changes: Iterable[Step]) -> Meta:
    """What `BASE` becomes: the last thing is deleted, the first one updated."""
    things = {facet: dict(names) for facet, names in THINGS.items()}
    for facet, step in changes:
        held = things[facet]
        if step == "added":
            held[NEW[facet]] = NEW[facet]
        elif step == "deleted":
            del held[[*THINGS[facet]][-1]]
        elif step == "updated":
            held[next(iter(held))] = "New label"
    return made(things)


_WORDS = {
    "deleted": r"delet\w+|disappear\w*|remov\w+|finds? no match|unmapped|mapped to none",
    "added": r"add\w+|appear\w*|exists?|new",
    "updated": r"updat\w+|renam\w+|relabel\w+",
    "unchanged": r"unchanged|match\w*|exact",
    "location": r"location options?",
    "location level": r"location (?:level|group)s?|locations?",
    "option": r"(?:filter )?options?",
    "filter": r"filters?",
    "indicator": r"indicators?",
    "period": r"time periods?",
    "level": r"geographic levels?",
    "any level": r"levels?",
}
"""Words for what happens, and to what; the first that fits counts."""

_WORD = re.compile("|".join(rf"(\b(?:{pattern})\b)" for pattern in _WORDS.values()))


def said(words: str, name: str = "") -> set[Step]:
    """The changes that words say, such as `only updated filters and added options`.

    What they leave unsaid, the name of the case says: what the new ones are, and whether options are of locations. A
    part that begins with `no` says nothing that changes.
    """
    found: set[Step] = set()
    of_places = "location" in f"{name} {words}"
    last = [token for token in _tokens(name, of_places=of_places) if token in THINGS][-1:]
    for part in re.split(r"[:;,]|\band\b|\bwhile\b|\bbut\b", words):
        tokens = _tokens(part, of_places=of_places)
        if part.strip().startswith("no "):
            continue
        assert tokens, f"tests/local/changed.py knows none of these words: {part!r}"
        if tokens[-1] in THINGS:
            # updated filters
            tokens.reverse()
        for place, token in enumerate(tokens):
            if token in THINGS:
                last = [*(last if tokens[place - 1] in THINGS and place else []), token]
            elif token != "unchanged" and (place or not THINGS.keys() & {*tokens}):
                found |= {(facet, token) for facet in last}
    return found


def _tokens(words: str, *, of_places: bool) -> list[str]:
    kinds = [*_WORDS]
    found = [kinds[(match.lastindex or 1) - 1] for match in _WORD.finditer(words.replace("-", " ").lower())]
    if of_places:
        return [{"option": "location", "any level": "location level"}.get(token, token) for token in found]
    return ["level" if token == "any level" else token for token in found]


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
        changes = compare(BASE, after(said(given.get("situation", name), name)))
    if "order" in expect:
        assert expect["order"] == [[change.kind, _name(change)] for change in changes]
    elif "changeRecorded" in expect:
        assert expect["changeRecorded"] == ("level" in {change.facet for change in changes})
    elif "changes" in expect:
        assert said(expect["changes"], name) == steps(changes)
    else:
        assert Version.parse(expect["version"]) == next_version(Version.parse(given["previousVersion"]), changes)


def _name(change: FacetChange) -> str:
    state: Any = change.after or change.before
    return str(getattr(state, "id", None) or getattr(state, "period", None) or state.code)
