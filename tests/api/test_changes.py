"""Changes of a version: read, written, asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from eesclient import Changes, ChangeSet, Client, GeographicLevel, Version, errors
from tests.doors.api import from_json, structure, to_data
from tests.transport.scripted import ID, Scripted, answer, listed, problem, version

FILTER = {"id": "f1", "column": "sex", "label": "Sex", "hint": "h"}
LEVEL = {"code": "LA", "label": "Local authority"}
CHANGES: dict[str, Any] = {
    "versionNumber": "2.0.1",
    "notes": "Corrected",
    "majorChanges": {
        "filters": [{"previousState": FILTER}],
        "filterOptions": [
            {
                "filter": FILTER | {"hint": ""},
                "options": [{"previousState": {"id": "a", "label": "A"}, "currentState": {"id": "b", "label": "A"}}],
            }
        ],
        "geographicLevels": [{"previousState": LEVEL}],
        "locationGroups": [{"previousState": {"level": LEVEL}}],
        "locationOptions": [
            {
                "level": LEVEL,
                "options": [{"previousState": {"id": "l", "label": "Camden", "code": "E1", "oldCode": "202"}}],
            }
        ],
        "timePeriods": [{"previousState": {"code": "AY", "period": "2020/2021", "label": "2020/21"}}],
    },
    "minorChanges": {
        "indicators": [
            {"currentState": {"id": "i", "column": "p", "label": "Pupils", "unit": "", "decimalPlaces": 1}},
        ]
    },
    "patchHistory": [{"versionNumber": "2.0", "majorChanges": {}, "minorChanges": {}}],
}
PATH = f"GET /data-sets/{ID}/versions/"


def read(data: object) -> Changes:
    """Read changes as if they came over the wire."""
    return from_json(json.dumps(data).encode(), Changes)


def test_kinds() -> None:
    """Each entry says what happened, with the states before and after."""
    found = read(CHANGES)
    major = found.major_changes
    assert (found.version, found.notes, found.patch_history[0].version) == (Version(2, 0, 1), "Corrected", Version(2))
    assert [change.kind for change in major.filters] == ["deleted"]
    assert [change.kind for change in major.filter_options[0].options] == ["updated"]
    assert [change.kind for change in found.minor_changes.indicators] == ["added"]
    assert major.levels[0].previous is not None
    assert major.levels[0].previous.code is GeographicLevel.LA
    assert major.location_options[0].options[0].previous is not None
    assert major.location_options[0].options[0].previous.old_code == "202"


def test_round_trip() -> None:
    """Changes are written as they were read: members without entries are left out, but not the sets themselves."""
    written = to_data(read(CHANGES))
    assert written["patchHistory"][0].pop("notes") == ""
    assert CHANGES == written
    assert {"majorChanges": {}, "minorChanges": {}} == {
        name: member for name, member in to_data(read({"versionNumber": "1.0"})).items() if name.endswith("Changes")
    }


def test_truth() -> None:
    """A set is true when it holds a change, known or not."""
    assert not ChangeSet()
    assert read(CHANGES).minor_changes
    assert ChangeSet(unknown={"footnotes": [1]})


def test_what_the_service_adds_survives() -> None:
    """New kinds of change are kept, new members and new levels do no harm, nulls are absent."""
    data = {
        "versionNumber": "1.1",
        "notes": None,
        "new": 1,
        "minorChanges": {
            "footnotes": [{"currentState": {"id": "n"}, "new": 2}],
            "indicators": None,
            "geographicLevels": [{"currentState": {"code": "MOON", "label": "Moon", "new": 3}, "new": 4}],
        },
    }
    found = read(data)
    assert {"footnotes": data["minorChanges"]["footnotes"]} == found.minor_changes.unknown  # type: ignore[index]
    assert found.minor_changes.levels[0].current is not None
    assert str(found.minor_changes.levels[0].current.code) == "MOON"
    assert found.minor_changes == structure(to_data(found.minor_changes), ChangeSet)


def test_bad_changes() -> None:
    """A fault has its JSON path."""
    with pytest.raises(errors.InvalidResponseError, match=r"\$\.minorChanges\.filters\[0\]\.currentState\.id"):
        read({"versionNumber": "1.0", "minorChanges": {"filters": [{"currentState": FILTER | {"id": 1}}]}})


@pytest.mark.parametrize(
    ("asked", "patches", "sent"),
    [
        ("2.0", False, [("2.0/changes", ())]),
        ("2.0", True, [("2.0/changes", ())]),
        ("2.0.1", False, [("2.0.1/changes", ())]),
        ("2.0.1", True, [("2.0.1/changes", (("includePatchHistory", "true"),))]),
        ("2.*", False, [("2.*/changes", ())]),
        ("2.*", True, [("2.*", ()), ("2.0.1/changes", (("includePatchHistory", "true"),))]),
    ],
)
def test_patch_history_is_asked_of_patches(asked: str, patches: bool, sent: list[tuple[str, object]]) -> None:
    """The service fails on a patch history of `x.y`, so it is only asked of `x.y.z` (section 8)."""
    said = {"2.0": CHANGES | {"versionNumber": "2.0"}, "2.0.1": CHANGES, "2.*": CHANGES}
    changes = {f"{PATH}{number}/changes": answer(body) for number, body in said.items()}
    service = Scripted({f"{PATH}2.*": answer(version("2.0.1")), **changes})
    with Client(service=service) as client:
        assert client.changes(ID.upper(), asked, include_patches=patches) == read(said[asked])
    assert [(f"/data-sets/{ID}/versions/{path}", params) for path, params in sent] == [
        (request.path, request.params) for request in service.requests
    ]


def test_no_such_version() -> None:
    """The error lists the versions there are."""
    service = Scripted({f"GET /data-sets/{ID}/versions": listed([version("1.0")])})
    with Client(service=service) as client, pytest.raises(errors.VersionNotFoundError, match=r"versions: 1\.0 \(Publ"):
        client.changes(ID, "9.0")


def test_unreadable_history() -> None:
    """Where one of the history may not be read, the whole request is refused."""
    service = Scripted({f"{PATH}2.0.1/changes": problem(403, "Forbidden")})
    with Client(service=service) as client, pytest.raises(errors.ForbiddenError):
        client.changes(ID, "2.0.1", include_patches=True)
