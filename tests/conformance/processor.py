"""Cases of the import: metadata and ids of CSV pairs, ids that versions keep, changes, version numbers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from eesclient import Filter
from tests.conformance.pack import Case, checker, data, folder, imported, no_adapter, path
from tests.doors.local import Numbering, VersionData, read_meta_rows, read_table
from tests.local import changed
from tests.local.support import number_of

_PREVIOUS = "processor/absence_school"
_KINDS: dict[Any, Any] = {1: "filter", 2: "option", "indicators": "indicator", "locations": "location"}
"""Kinds of numbers by length of key for filters and options, else by the name in the case."""


def check(case: Case) -> None:
    """Processor cases: an imported pair has what the case says; versions keep ids by equal key."""
    kind = case["name"].split("/")[1]
    match kind:
        case "ids":
            _check_kept_ids(case)
        case "changes" | "next-version":
            changed.check_processor_case(case)
        case "import" if "data" not in case["input"]:
            pytest.skip(f"its files are not in the pack: {case['input'].get('description', 'no data')}")
        case "import":
            _check_import(case)
        case _:
            no_adapter(kind)


def _check_import(case: Case) -> None:
    pair = case["input"]["data"].removesuffix("/data.csv")
    found = summary(pair)
    found["defaultOptions"] = {item["column"]: item["defaultOption"] for item in found["filters"]}
    found["locationIds"] = found["locations"]
    expect = dict(case["expect"])
    if "expected" in expect:
        expect = json.loads(path(expect["expected"]).read_text("utf-8"))
    assert checker().subset(expect, {name: found.get(name) for name in expect})


def pairs() -> list[str]:
    """The CSV pairs of the pack that come with what the service makes of them."""
    return sorted(f"processor/{found.parent.name}" for found in (folder() / "processor").glob("*/expected.json"))


def summary(pair: str) -> dict[str, Any]:
    """What the pack's `expected.json` says, of an imported pair."""
    version = data(pair)
    meta = version.meta
    periods = [{"code": str(item.code), "period": item.period} for item in version.periods]
    levels = sorted(str(level.code) for level in version.levels)
    filters = [
        {
            "id": item.id,
            "column": item.column,
            "label": item.label,
            "hint": item.hint,
            "defaultOption": _default(pair, item),
            "options": [{"id": option.id, "label": option.label} for option in item.options],
        }
        for item in meta.filters
    ]
    return {
        "totalResults": version.rows.height,
        "geographicLevels": levels,
        "timePeriods": periods,
        "locations": _locations(version),
        "filters": filters,
        "indicators": _indicators(version),
        "metaSummary": {
            "filters": [item.label for item in meta.filters],
            "indicators": [item.label for item in meta.indicators],
            "geographicLevels": levels,
            "timePeriodRange": {"start": periods[0], "end": periods[-1]},
        },
    }


def _default(pair: str, item: Filter) -> str | None:
    """Label of a filter's default option, which only the service's own pages show."""
    file = path(pair) / "metadata.csv"
    rows = read_meta_rows(read_table(file.name, file.read_bytes()), [item.column])
    wanted = rows[0].default or "Total"
    return wanted if any(option.label == wanted for option in item.options) else None


def _locations(version: VersionData) -> list[dict[str, Any]]:
    numbers = {number_of(option.id): (group, option) for group in version.meta.locations for option in group.options}
    names = {"code": "code", "oldCode": "old_code", "urn": "urn", "laEstab": "la_estab", "ukprn": "ukprn"}
    locations: dict[str, list[dict[str, Any]]] = {}
    for number, (group, option) in sorted(numbers.items()):
        codes = {wire: option.codes[name] for wire, name in names.items() if name in option.codes}
        item = {"optionId": number, "id": option.id, "label": option.label, **codes}
        locations.setdefault(str(group.level.code), []).append(item)
    return [{"level": level, "options": options} for level, options in locations.items()]


def _indicators(version: VersionData) -> list[dict[str, Any]]:
    return [
        {
            "id": item.id,
            "column": item.column,
            "label": item.label,
            "unit": None if item.unit is None else str(item.unit),
            "decimalPlaces": item.decimal_places,
        }
        for item in version.meta.indicators
    ]


def _check_kept_ids(case: Case) -> None:
    kind, _, mapping = case["name"].rpartition("/")[2].partition("-")
    numbering = Numbering()
    first = _ids(imported(_PREVIOUS, numbering), kind)
    if mapping.endswith("None"):
        for key in first:
            numbering.map_by_hand(_KINDS[len(key) if kind == "filters" else kind], key, None)
    else:
        numbering.map_by_hand("option", ("ncyear", "Year 10 (Final)"), ("ncyear", "Year 10"))
        numbering.map_by_hand("indicator", ("enrolment_numbers",), ("enrolments",))
    second = _ids(imported(case["input"].get("next", _PREVIOUS), numbering), kind)
    if mapping.endswith("None") and kind != "locations":
        assert set(first) == set(second)
        assert not set(first.items()) & set(second.items())
    else:
        assert sorted(first.values()) == sorted(second.values())


def _ids(version: VersionData, kind: str) -> dict[tuple[str, ...], str]:
    """Ids of a version by key."""
    meta = version.meta
    if kind == "indicators":
        return {(item.column,): item.id for item in meta.indicators}
    if kind == "locations":
        places = [(group.level, option) for group in meta.locations for option in group.options]
        return {(str(level.code), option.label, *option.codes.values()): option.id for level, option in places}
    filters = {(item.column,): item.id for item in meta.filters}
    return filters | {(item.column, option.label): option.id for item in meta.filters for option in item.options}
