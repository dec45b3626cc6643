"""What the service may add or leave out later, in every kind of response, through the public client.

Reference, section 6: absent and null mean the same, unknown future members should be tolerated; section 21, points 2,
3, 4 and 25.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import pytest

import eesclient as ees
from tests.doors.api import Response
from tests.responses import (
    INDICATOR,
    KINDS,
    LEVEL,
    LOCATION,
    ROWS_PAGING,
    WARNING,
    Kind,
    Path,
    changed,
    objects,
    problem,
)
from tests.transport.scripted import ID, META, PUBLICATION, Scripted, answer, listed, opened, publication, row
from tests.transport.scripted import version as version_body

NEW = {"deep": [1, {"deeper": None}]}
FIELDS = [
    pytest.param(kind, path, id=f"{name}: {'.'.join(map(str, path)) or 'root'}")
    for name, kind in KINDS.items()
    for path in objects(kind.body)
    if not kind.maps & set(path[-1:])
]
MEMBERS = [
    pytest.param(kind, path, id=f"{name}: {'.'.join(map(str, path))}")
    for name, kind in KINDS.items()
    for path in kind.optional
]


@pytest.mark.parametrize(("kind", "path"), FIELDS)
def test_new_fields(kind: Kind, path: Path) -> None:
    """A new member of any object changes nothing that the user gets."""
    more = changed(kind.body, path, lambda found: found.update(newMember=NEW))
    assert kind.asked(kind.body) == kind.asked(more)


@pytest.mark.parametrize(("kind", "path"), MEMBERS)
def test_omitted_fields(kind: Kind, path: Path) -> None:
    """A member that the service leaves out when it is null may be absent or null, which is the same."""
    absent = kind.asked(changed(kind.body, path[:-1], lambda found: found.pop(path[-1])))
    null = kind.asked(changed(kind.body, path[:-1], lambda found: found.update({path[-1]: None})))
    assert absent == null
    # the status stands in the answer's first line too, and these members of a problem document are not shown
    assert (path in {("status",), ("type",), ("traceId",)}) == (absent == kind.asked(kind.body))


def asked(name: str, path: Path, **members: object) -> Any:
    """What the user gets of that kind, with other members at a path."""
    kind = KINDS[name]
    return kind.asked(changed(kind.body, path, lambda found: found.update(members)))


def check_unknown(expected: str, member: Any) -> None:
    """Check that a member of an enumeration kept its text, and says that it is new."""
    assert (expected, False) == (str(member), member.is_known)


def test_unknown_members_of_data_sets_and_versions() -> None:
    """Statuses and types that the service adds keep their text, alone and in lists."""
    path: Path
    for suffix, path in (("", ()), ("s", ("results", 0))):
        found = asked(f"data set{suffix}", path, status="Paused")
        check_unknown("Paused", (found[0] if suffix else found).status)
        found = asked(f"version{suffix}", path, status="Paused", type="Huge")
        check_unknown("Paused", (found[0] if suffix else found).status)
        check_unknown("Huge", (found[0] if suffix else found).type)


NEW_LEVEL = {"code": "XYZ", "label": "New area"}


def test_unknown_members_of_metadata() -> None:
    """Levels, units and time identifiers that the service adds keep their text."""
    meta = asked(
        "meta",
        (),
        geographicLevels=[NEW_LEVEL],
        locations=[{"level": NEW_LEVEL, "options": [{"id": "lNew0", "label": "Newham", "newCode": "N1"}]}],
        indicators=[INDICATOR | {"unit": "furlong"}],
        timePeriods=[{"code": "D1", "period": "2024-01-01", "label": "1 January 2024"}],
    )
    check_unknown("XYZ", meta.levels[0].code)
    check_unknown("XYZ", meta.locations[0].level.code)
    check_unknown("furlong", meta.indicators[0].unit)
    check_unknown("D1", meta.periods[0].code)
    assert "New area" == meta.levels[0].label
    assert ("Newham", {}) == (meta.locations[0].options[0].label, meta.locations[0].options[0].codes)
    assert "1 January 2024" == meta.periods[0].label


def test_unknown_members_of_changes() -> None:
    """Levels, units and time identifiers in a change set keep their text; a new kind of change is kept as it came."""
    changes = asked(
        "changes",
        ("minorChanges",),
        geographicLevels=[{"currentState": NEW_LEVEL}],
        locationGroups=[{"currentState": {"level": NEW_LEVEL}}],
        locationOptions=[{"level": NEW_LEVEL, "options": []}],
        indicators=[{"currentState": INDICATOR | {"unit": "furlong"}}],
        timePeriods=[{"currentState": {"code": "D1", "period": "2024-01-01", "label": "1 January 2024"}}],
        footnotes=[1],
    ).minor_changes
    check_unknown("XYZ", changes.levels[0].current.code)
    check_unknown("XYZ", changes.location_groups[0].current.level.code)
    check_unknown("XYZ", changes.location_options[0].level.code)
    check_unknown("furlong", changes.indicators[0].current.unit)
    check_unknown("D1", changes.periods[0].current.code)
    assert {"footnotes": [1]} == changes.unknown


def described(meta: Mapping[str, Any]) -> Scripted:
    """A service whose data set has these parts of its metadata otherwise."""
    service = opened()
    service.answers[f"GET /data-sets/{ID}/meta"] = [answer(META | meta)]
    return service


def test_a_new_level_in_summaries() -> None:
    """The labels of levels in summaries of data sets and versions are plain text, so a new one is as good as any."""
    assert ("National", "New area") == asked(
        "data set", ("latestVersion",), geographicLevels=["National", "New area"]
    ).latest_version.geographic_levels
    assert ("New area",) == asked("version", (), geographicLevels=["New area"]).geographic_levels


NEW_META = {
    "geographicLevels": [*META["geographicLevels"], NEW_LEVEL],
    "locations": [
        *META["locations"],
        {"level": NEW_LEVEL, "options": [{"id": "lNew0", "label": "Newham", "code": "N1"}]},
    ],
    "timePeriods": [*META["timePeriods"], {"code": "D1", "period": "2024-01-01", "label": "1 January 2024"}],
    "indicators": [META["indicators"][0] | {"unit": "furlong"}],
}
NEW_ROW = {
    "timePeriod": {"code": "D1", "period": "2024-01-01"},
    "geographicLevel": "XYZ",
    "locations": {"NAT": "lEng0", "XYZ": "lNew0"},
    "filters": {"fSex0": "oAll0"},
    "values": {"iPup0": "9"},
}


def test_a_new_level_that_metadata_names() -> None:
    """A new level, period and unit can be asked for by their labels, and stand in the frame."""
    service = described(NEW_META)
    service.answers[f"POST /data-sets/{ID}/query"] = [
        answer({"paging": ROWS_PAGING, "results": [NEW_ROW], "warnings": []}),
    ]
    with ees.Client(service=service) as client:
        opened_ = client.open(ID)
        result = opened_.query(levels="New area", places="XYZ:Newham", periods="1 January 2024", sort="-XYZ")
    found = result.frame.row(0, named=True)
    assert ("2024-01-01", "D1", "New area") == tuple(
        found[name] for name in ("time_period", "time_identifier", "geographic_level")
    )
    assert ("N1", "Newham", "England") == tuple(found[name] for name in ("xyz_code", "xyz_name", "country_name"))
    assert 9 == found["pupils"]
    sent = (service.requests[-1].body or b"").decode()
    assert '"XYZ"' in sent
    assert "D1" in sent


def test_a_row_of_things_that_metadata_does_not_name() -> None:
    """A level, location, filter, option, period and indicator that metadata lacks stand under their ids."""
    unnamed = NEW_ROW | {"filters": {"fSex0": "oNew0", "fNew0": "oNew1"}, "values": {"iPup0": "9", "iNew0": "x"}}
    kind = KINDS["query"]
    paging = ROWS_PAGING | {"totalResults": 2}
    [*rows], _ = kind.asked({"paging": paging, "results": [row("7"), unnamed], "warnings": []})
    found = next(item for item in rows if item["geographic_level"] == "XYZ")
    assert {
        "time_period": "2024-01-01",
        "time_identifier": "D1",
        "xyz_code": None,
        "xyz_name": "lNew0",
        "sex": "oNew0",
        "fNew0": "oNew1",
        "pupils": 9,
        "iNew0_status": "x",
    }.items() <= found.items()
    known = next(item for item in rows if item is not found)
    assert ("National", 7, None) == (known["geographic_level"], known["pupils"], known["fNew0"])


def test_fields_that_metadata_does_not_name_are_said() -> None:
    """A filter that metadata lacks is warned of once; the rows come."""
    service = opened(
        query=answer({"paging": ROWS_PAGING, "results": [row("7") | {"filters": {"fNew0": "o"}}], "warnings": []}),
        **{"versions/1.0": answer(version_body(totalResults=1))},
    )
    with ees.Client(service=service) as client, pytest.warns(ees.ServiceWarning, match="fNew0") as caught:
        assert 1 == len(client.open(ID).query())
    assert 1 == len(caught)


def test_unknown_warnings() -> None:
    """A warning whose code is new is given as it came, and as a Python warning."""
    service = opened(
        query=answer({"paging": ROWS_PAGING, "results": [row("7")], "warnings": [WARNING | {"code": "New"}]}),
        **{"versions/1.0": answer(version_body(totalResults=1))},
    )
    with ees.Client(service=service) as client, pytest.warns(ees.ServiceWarning, match="Odd"):
        result = client.open(ID).query()
    assert [("New", "criteria.filters", {"items": ["x"]})] == [(w.code, w.path, w.detail) for w in result.warnings]


@pytest.mark.parametrize("status", [400, 403, 404, 418, 500])
def test_unknown_codes_of_errors(status: int) -> None:
    """An error whose code is new keeps it, whatever the status."""
    kind = attrs.evolve(problem(400), status=status)
    class_, found, _, errors = kind.asked(kind.body)
    assert (status, "Odd") == (found, errors[0].code)
    assert issubclass(class_, ees.StatusError)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"text"', b'{"errors":{"search":["short"]}}', b"\xff"])
@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_errors_without_a_problem_document(status: int, body: bytes) -> None:
    """An error in any other form is an error of its status, which shows the start of what came."""
    service = Scripted({"GET /publications": Response(status=status, body=body)})
    with ees.Client(service=service, retries=0) as client, pytest.raises(ees.StatusError) as caught:
        list(client.publications())
    assert (status, ()) == (caught.value.status, caught.value.errors)
    assert body.decode("utf-8", "replace") == caught.value.body


CSV = (
    b"time_period,time_identifier,geographic_level,country_code,country_name,{more}sex,pupils\n"
    b"2024,Week 2,National,E92000001,England,{cells}Total,7\n"
)


def read(data: bytes, meta: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """The rows of a data file."""
    service = described(meta or {})
    service.answers[f"GET /data-sets/{ID}/versions/1.0"] = [answer(version_body(totalResults=data.count(b"\n") - 1))]
    service.answers[f"GET /data-sets/{ID}/csv"] = [Response(status=200, body=data)]
    with ees.Client(service=service) as client:
        return client.open(ID).read().frame.to_dicts()


def file_of(columns: str = "", cells: str = "", *, rows: str = "") -> bytes:
    """A data file with more columns and rows."""
    text = CSV.decode().replace("{more}", columns).replace("{cells}", cells)
    return (text + rows).encode()


def test_new_columns_of_a_data_file() -> None:
    """A column that metadata does not name is left out, as the API leaves it out."""
    assert read(file_of()) == read(file_of("new_column,", "new,"))


def test_omitted_columns_of_a_data_file() -> None:
    """A data file without all columns of a level that the metadata has locations of is not that version's."""
    meta = {"locations": [*META["locations"], {"level": LEVEL, "options": [LOCATION]}]}
    with pytest.raises(ees.InvalidResponseError, match="lacks the columns region_code or region_name"):
        read(file_of(), meta)


@pytest.mark.filterwarnings("ignore:the answer has values:eesclient.ServiceWarning")
def test_a_new_level_in_a_data_file() -> None:
    """A level and a time identifier that are new keep their texts, whether metadata names them or not."""
    more = file_of("xyz_code,xyz_name,", ",,", rows="2024,Day 1,New area,E92000001,England,N1,Newham,Total,9\n")
    for meta in ({}, NEW_META):
        found = next(item for item in read(more, meta) if item["pupils"] == 9)
        assert ("New area", "2024", "Day 1") == (
            found["geographic_level"],
            found["time_period"],
            found["time_identifier"],
        )
        assert found.get("xyz_name") == ("Newham" if meta else None)


def test_a_page_of_a_new_status() -> None:
    """A successful status other than 200 is read like 200."""
    service = Scripted({"GET /publications": attrs.evolve(listed([publication()]), status=203)})
    with ees.Client(service=service) as client:
        assert [PUBLICATION] == [found.id for found in client.publications()]
