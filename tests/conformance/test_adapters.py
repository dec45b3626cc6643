"""What runs the conformance pack holds cases that the pack does not have, and fails those that are wrong."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance import setups, unit_input, unit_versions
from tests.doors.local import ids
from tests.local import changed


def case(given: dict[str, Any], expect: dict[str, Any], name: str = "other") -> dict[str, Any]:
    """A case as the pack writes them."""
    return {"name": f"processor/changes/{name}", "input": given, "expect": expect}


CHANGED = [
    ("options-deleted", "only option deletions"),
    ("indicators-added", "only indicator additions"),
    ("indicators-updated", "only the indicator updates"),
    ("indicators-deleted", "only deletions"),
    ("filters-updated-options-added", "only updated filters and added options"),
    ("filters-updated-options-deleted", "only filter updates and option deletions"),
    ("locations-unchanged-options-added", "only option additions"),
    ("locations-unchanged-options-deleted", "only deleted options: no location level changes"),
    ("location-options-updated", "only location option updates"),
    ("time-periods-unchanged", "no changes"),
    ("filters-added-deleted", "only added filters, deleted filters"),
]


@pytest.mark.parametrize(("name", "words"), CHANGED)
def test_changes_in_words(name: str, words: str) -> None:
    """Changes that a case says in its name are those that it says in words."""
    changed.check_processor_case(case({"case": name}, {"changes": words}, name))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("options-deleted", "only option additions"),
        ("filters-added", "no changes"),
        ("filters-unchanged", "only additions"),
    ],
)
def test_wrong_changes_in_words(name: str, words: str) -> None:
    """A case that says something else fails, and so does one in words that nothing knows."""
    for said in (words, "the moon is full"):
        with pytest.raises(AssertionError):
            changed.check_processor_case(case({"case": name}, {"changes": said}, name))


@pytest.mark.parametrize(
    ("name", "situation", "number"),
    [
        ("indicators-partial", "some indicator finds no match", "4.0.0"),
        ("options-gone", "a filter option disappears while a new one exists", "4.0.0"),
        ("filters-exact-time-period-deleted", "filters match but a time period was deleted", "4.0.0"),
        ("location-new-levels", "all match and new ones appear", "3.3.0"),
        ("levels-new", "a geographic level appears", "3.3.0"),
        ("options-exact", "all filter options match", "3.3.0"),
    ],
)
def test_next_versions_in_words(name: str, situation: str, number: str) -> None:
    """The number of the next version follows from a situation in words."""
    given = {"previousVersion": "3.2.0", "situation": situation}
    changed.check_processor_case(case(given, {"version": number}, name))
    with pytest.raises(AssertionError):
        changed.check_processor_case(case(given, {"version": "3.2.1"}, name))


@pytest.mark.parametrize("kind", ["filterOptions", "locationOptions"])
def test_other_lists(kind: str) -> None:
    """Deletions come first, then updates by the label before, then additions, of every kind that a case lists."""
    previous = [{"id": "w", "label": "d"}, {"id": "x", "label": "c"}, {"id": "y", "label": "b"}]
    current = [{"id": "x", "label": "q"}, {"id": "y", "label": "p"}, {"id": "z", "label": "a"}]
    order = [["deleted", "w"], ["updated", "y"], ["updated", "x"], ["added", "z"]]
    changed.check_processor_case(case({"kind": kind, "previous": previous, "current": current}, {"order": order}))
    given = {"kind": "locationGroups", "previous": ["LA", "REG"], "current": ["REG", "SCH"]}
    changed.check_processor_case(case(given, {"order": [["deleted", "LA"], ["added", "SCH"]]}))


def test_recorded_changes() -> None:
    """Changes of indicators and codes of locations stand before a request as any others do."""
    percent, pounds = ({"id": "i", "label": "Rate", "unit": unit, "decimalPlaces": 1} for unit in ("%", "£"))
    places = [{"id": "s", "label": "S", "urn": "1"}, {"id": "s", "label": "S", "urn": "2", "laEstab": "3"}]
    given = {
        "indicators": [{"previousState": percent, "currentState": pounds}],
        "locationOptions": [{"level": "SCH", "previousState": places[0], "currentState": places[1]}],
    }
    rate, school = changed.recorded(given)
    assert ("%", "£", 1) == (rate.before.unit, rate.after.unit, rate.after.decimal_places)  # type: ignore[union-attr]
    assert ("1", "2", "3") == (school.before.urn, school.after.urn, school.after.la_estab)  # type: ignore[union-attr]
    assert "SCH" == school.group.code  # type: ignore[union-attr]
    assert setups.version(0, {"version": "1.0", "status": "Published"}, (rate, school)).changes == (rate, school)


@pytest.mark.parametrize(
    ("placeholders", "state", "detail"),
    [
        ({"PropertyName": "a", "PropertyPath": "b.a", "PropertyValue": "v", "CollectionIndex": 0}, None, {}),
        ({"MaxLength": 6}, {"MaxLength": 10}, {"maxLength": 10}),
        ({"MaxLength": 6, "PropertyName": "a"}, False, {"maxLength": 6, "state": False}),
        ({}, "Text", {"state": "Text"}),
        ({}, {"Value": "other"}, {"value": "other"}),
    ],
)
def test_other_details(placeholders: dict[str, Any], state: Any, detail: dict[str, Any]) -> None:
    """Details leave out what an error says elsewhere, and what a rule adds stands above the rest."""
    given = {"kind": "error_detail", "attemptedValue": "v", "placeholders": placeholders, "customState": state}
    unit_input.check_error(case(given, {"detail": {"value": "v"} | detail}))


def test_other_paths() -> None:
    """Only a `$.` at the start of a part is the root's."""
    for parts, path in ((["path", "to", "$.it"], "path.to.it"), ([" a ", "$"], "a"), (["$a", "b$.c"], "$a.b$.c")):
        unit_input.check_error(case({"kind": "json_path_concat", "parts": parts}, {"result": path}))


def test_other_ids() -> None:
    """Ids are encoded, and those of several numbers are told apart."""
    unit_versions.check_id(case({"kind": "sqid_encode", "value": 7}, {"result": ids.encode(7)}))
    given = {"kind": "sqid_decode", "value": "emuRS"}
    unit_versions.check_id(case(given, {"error": True, "encodes": [1, 1]}))
    for wrong in ({"error": True, "encodes": [1, 2]}, {"result": 1}):
        with pytest.raises(AssertionError):
            unit_versions.check_id(case(given, wrong))
