"""Tests of the service in a box, request by request."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import pytest

from eesclient import Client, Publication, Request
from eesclient.local import Service
from tests.doors.local import DEFAULT_PUBLISHED, DataSetHolding, Holdings, VersionHolding, stable_id
from tests.local.support import DATA_HEADER, ENGLAND, META_HEADER, data_set_of, get, imported, post, read, version_of

META = f"{META_HEADER}\nsex,Filter,Sex,,,\nn,Indicator,Number,%,1,\n"
DATA = f"{DATA_HEADER},sex,n\n" + "".join(f"{ENGLAND},{sex},{n}\n" for n, sex in enumerate(["Total", "Girls", "Boys"]))
VERSION = imported(DATA, META)
PUBLICATION = Publication(
    id=stable_id("p"), title="Pupils", slug="pupils", summary="How many.", last_published=DEFAULT_PUBLISHED
)
DS = stable_id("ds")
NOWHERE = stable_id("nowhere")


def version(number: str, status: str = "Published", **about: Any) -> VersionHolding:
    """A version of the test data set."""
    return version_of(VERSION, number, status, **about)


def data_set(
    name: str = "ds", *versions: VersionHolding, status: str = "Published", title: str = "Set"
) -> DataSetHolding:
    """A data set of the test publication."""
    return data_set_of(*(versions or (version("1.0"),)), name=name, title=title, status=status)


def service(*data_sets: DataSetHolding) -> Service:
    """A box with these data sets."""
    held = data_sets or (data_set(),)
    return Service(Holdings(publications=(PUBLICATION,), data_sets={item.about.id: item for item in held}))


def test_publications_and_search() -> None:
    """Publications are found by words, whatever their case; those without a published data set are not there."""
    box = service()
    expected = {
        "id": PUBLICATION.id,
        "title": "Pupils",
        "slug": "pupils",
        "summary": "How many.",
        "lastPublished": "2025-01-01T09:30:00+00:00",
    }
    paging = {"page": 1, "pageSize": 20, "totalResults": 1, "totalPages": 1}
    assert {"paging": paging, "results": [expected]} == read(get(box, "/publications"))
    assert [expected] == read(get(box, "/publications", ("search", "PUPILS many")))["results"]
    assert [] == read(get(box, "/publications", ("search", "teachers")))["results"]
    assert expected == read(get(box, f"/publications/{PUBLICATION.id}"))
    deprecated = service(data_set(status="Deprecated"))
    assert [] == read(get(deprecated, "/publications"))["results"]
    assert 404 == get(deprecated, f"/publications/{PUBLICATION.id}").status


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("pupils", ["Pupil-teacher ratios of pupils", "Absence"]),
        ("absence-rates", ["Absence", "Special needs"]),
        ("special absence", ["Absence", "Special needs"]),
        ("TEACHER", ["Pupil-teacher ratios of pupils"]),
        ("teach", []),
    ],
)
def test_any_word_of_a_search(search: str, expected: list[str]) -> None:
    """Any word will do; hyphens part words, and words in titles come before words in summaries."""
    texts = {
        "Absence": "Special tables of pupils away from school.",
        "Pupil-teacher ratios of pupils": "How many there are.",
        "Special needs": "Absence, and rates.",
    }
    publications = tuple(
        attrs.evolve(PUBLICATION, id=stable_id(title), title=title, summary=summary) for title, summary in texts.items()
    )
    held = {
        one.id: attrs.evolve(item := data_set(one.title), about=attrs.evolve(item.about, publication_id=one.id))
        for one in publications
    }
    box = Service(Holdings(publications=publications, data_sets=held))
    with Client(service=box) as client:
        assert expected == [one.title for one in client.publications(search)]


def test_data_sets_of_a_publication_are_ordered() -> None:
    """Latest publication first, then title, then id; those without a live version last."""
    newer = version("1.0", published=datetime(2026, 1, 1, tzinfo=UTC))
    box = service(
        data_set("none", version("1.0", "Draft", published=None), title="None"),
        data_set("b", title="B"),
        data_set("a", title="A"),
        data_set("new", newer, title="Z"),
        data_set("gone", status="Withdrawn"),
    )
    found = read(get(box, f"/publications/{PUBLICATION.id}/data-sets"))["results"]
    assert ["Z", "A", "B", "None"] == [item["title"] for item in found]
    assert "latestVersion" not in found[-1]
    assert [] == read(get(box, f"/publications/{NOWHERE}/data-sets"))["results"]


def test_data_set() -> None:
    """A data set shows its latest live version."""
    assert {
        "id": DS,
        "title": "Set",
        "summary": "",
        "status": "Published",
        "latestVersion": {
            "version": "1.0",
            "published": "2025-01-01T09:30:00+00:00",
            "totalResults": 3,
            "file": {"id": stable_id("1.0")},
            "timePeriods": {"start": "2023/24", "end": "2023/24"},
            "geographicLevels": ["National"],
            "filters": ["Sex"],
            "indicators": ["Number"],
        },
    } == read(get(service(), f"/data-sets/{DS}"))


def test_superseded_data_set() -> None:
    """A data set that another replaces names it."""
    item = data_set(status="Deprecated")
    item = attrs.evolve(item, about=attrs.evolve(item.about, superseding_data_set_id=NOWHERE))
    assert NOWHERE == read(get(service(item), f"/data-sets/{DS}"))["supersedingDataSetId"]


def test_versions() -> None:
    """Versions come newest first, patches included; drafts are not listed."""
    withdrawn = version("1.1", "Withdrawn", withdrawn=DEFAULT_PUBLISHED, notes="Wrong.")
    held = (version("1.0"), version("1.0.1"), withdrawn, version("2.0"), version("2.1", "Draft"))
    box = service(data_set("ds", *held))
    found = read(get(box, f"/data-sets/{DS}/versions"))["results"]
    assert [("2.0", "Major"), ("1.1", "Minor"), ("1.0.1", "Patch"), ("1.0", "Major")] == [
        (item["version"], item["type"]) for item in found
    ]
    one = read(get(box, f"/data-sets/{DS}/versions/1.1"))
    assert found[1] == one
    assert ("Withdrawn", "2025-01-01T09:30:00+00:00", "Wrong.") == (one["status"], one["withdrawn"], one["notes"])
    assert {"title": "2024", "slug": "2024"} == one["release"]
    assert ["2.0", "1.0.1", "2.0"] == [
        read(get(box, f"/data-sets/{DS}/versions/{text}"))["version"] for text in ("*", "1.*", "v2")
    ]


@pytest.mark.parametrize(
    ("endpoint", "statuses"),
    [
        ("meta", {"Published": 200, "Deprecated": 200, "Withdrawn": 200, "Draft": 403, "Failed": 403}),
        ("csv", {"Published": 200, "Deprecated": 200, "Withdrawn": 200, "Draft": 403, "Cancelled": 403}),
        ("versions/1.0", {"Published": 200, "Deprecated": 200, "Withdrawn": 200, "Draft": 403}),
        ("query", {"Published": 200, "Deprecated": 200, "Withdrawn": 403, "Draft": 403}),
    ],
)
def test_statuses(endpoint: str, statuses: dict[str, int]) -> None:
    """What may be read depends on the status of the version."""
    for status, expected in statuses.items():
        box = service(data_set("ds", version("1.0", status)))
        params = () if endpoint.startswith("versions") else (("dataSetVersion", "1.0"),)
        path = f"/data-sets/{DS}/{endpoint}"
        response = post(box, path, None, *params) if endpoint == "query" else get(box, path, *params)
        assert expected == response.status


def test_meta_types() -> None:
    """Parts that are not asked for are empty."""
    whole = read(get(service(), f"/data-sets/{DS}/meta"))
    indicator = {"id": "dP0Zw", "column": "n", "label": "Number", "unit": "%", "decimalPlaces": 1}
    assert [indicator] == whole["indicators"]
    assert [{"code": "AY", "period": "2023/2024", "label": "2023/24"}] == whole["timePeriods"]
    part = read(get(service(), f"/data-sets/{DS}/meta", ("types", "Locations,Locations")))
    assert {"filters", "indicators", "timePeriods"} == {name for name, items in part.items() if items == []}
    assert whole["locations"] == part["locations"]


def test_metadata_is_written_once() -> None:
    """The same bytes answer again; other parts, and other versions with as many rows, have bytes of their own."""
    other = version_of(imported(DATA.replace("Boys", "Others"), META), "2.0")
    box, parts = service(data_set("ds", version("1.0"), other)), ("types", "Locations")
    numbered = [("dataSetVersion", number) for number in ("1.0", "2.0")]
    first, second = (get(box, f"/data-sets/{DS}/meta", number).body for number in numbered)

    assert get(box, f"/data-sets/{DS}/meta", numbered[0]).body is first
    assert (b"Boys" in first, b"Boys" in second) == (True, False)
    assert [] == read(get(box, f"/data-sets/{DS}/meta", numbered[0], parts))["filters"]
    assert get(box, f"/data-sets/{DS}/meta", numbered[0]).body == first


def test_csv() -> None:
    """The file comes byte for byte, with the service's headers."""
    response = get(service(), f"/data-sets/{DS}/csv")
    assert DATA.encode() == response.body
    assert {
        "content-type": "text/csv",
        "content-encoding": "gzip",
        "content-disposition": f"attachment; filename={DS}_v1.0.csv; filename*=UTF-8''{DS}_v1.0.csv",
        "x-robots-tag": "noindex",
        "api-supported-versions": "1",
    } == response.headers


def test_query() -> None:
    """A query answers warnings, paging and rows, in this order."""
    response = post(service(), f"/data-sets/{DS}/query", {"pageSize": 2, "page": 2, "debug": False})
    answer = read(response)
    assert ["warnings", "paging", "results"] == list(answer)
    assert {"page": 2, "pageSize": 2, "totalResults": 3, "totalPages": 2} == answer["paging"]
    assert [{"dP0Zw": "2"}] == [row["values"] for row in answer["results"]]
    assert [] == answer["warnings"]
    assert "application/json; charset=utf-8" == response.headers["content-type"]


def test_sorted_query() -> None:
    """Sorts and indicators of the body reach the answer."""
    body = {"sorts": [{"field": "indicator|dP0Zw", "direction": "Desc"}], "indicators": ["dP0Zw"]}
    rows = read(post(service(), f"/data-sets/{DS}/query", body))["results"]
    assert ["2", "1", "0"] == [row["values"]["dP0Zw"] for row in rows]


def test_errors_of_a_query_come_together() -> None:
    """Unknown parameters and the first problem of the body are one answer; what does not exist comes later."""
    path = f"/data-sets/{DS}/query"
    both = read(post(service(), path, {"size": 1}, ("page", "2")))
    assert [("UnknownField", "page"), ("UnknownField", "size")] == [(e["code"], e["path"]) for e in both["errors"]]
    parameter = read(post(service(), path, {}, ("page", "2")))
    assert ["page"] == [error["path"] for error in parameter["errors"]]
    unknown = post(service(), path, {"indicators": ["nope"]})
    assert 400 == unknown.status
    assert [
        {
            "message": "One or more indicators could not be found.",
            "path": "indicators",
            "code": "IndicatorsNotFound",
            "detail": {"items": ["nope"]},
        }
    ] == read(unknown)["errors"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"indicators": [""]}, 400),
        ({"criteria": {"locations": {"in": [None]}}}, 400),
        ({"criteria": {"timePeriods": {"in": [None]}}}, 400),
        ({"sorts": [None]}, 400),
        ({"criteria": {"and": [{}, {}]}}, 404),
        ({}, 404),
    ],
)
def test_a_wrong_request_is_refused_before_the_data_set_is_looked_up(body: Any, status: int) -> None:
    """Validation needs no data set; failures of the service do."""
    assert status == post(service(), f"/data-sets/{NOWHERE}/query", body).status


def test_known_failures_are_empty_500s() -> None:
    """The service's own failures have no body."""
    box = service()
    failures = [
        post(box, f"/data-sets/{DS}/query", {"criteria": {"and": [{}, {}]}}),
        get(box, f"/data-sets/{DS}/versions/99999999999.*"),
        get(box, f"/data-sets/{DS}/meta", ("dataSetVersion", "99999999999.*")),
        get(box, f"/data-sets/{DS}/meta", ("dataSetVersion", f"{'9' * 5000}.*")),
    ]
    assert [(500, b"")] * 4 == [(response.status, response.body) for response in failures]


@pytest.mark.parametrize("text", ["2.0", "2.*", "V1", "1.", "x", "99999999999", "9" * 5000])
def test_versions_that_are_not_there(text: str) -> None:
    """Unknown and malformed versions are 404, never 400."""
    response = get(service(), f"/data-sets/{DS}/csv", ("dataSetVersion", text))
    assert (404, "Not Found") == (response.status, read(response)["title"])


def test_the_latest_live_version_is_the_default() -> None:
    """No version, a blank one, and `*` mean the latest that was ever live; there may be none."""
    box = service(data_set("ds", version("1.0"), version("2.0", "Withdrawn"), version("2.1", "Draft")))
    for params in ([], [("dataSetVersion", " ")], [("dataSetVersion", "*")]):
        disposition = get(box, f"/data-sets/{DS}/csv", *params).headers["content-disposition"]
        assert f"attachment; filename={DS}_v2.0.csv;" in disposition
    assert "1.0" in get(box, f"/data-sets/{DS}/csv", ("dataSetVersion", "v*")).headers["content-disposition"]
    assert 404 == get(service(data_set("ds", version("1.0", "Draft"))), f"/data-sets/{DS}/csv").status


def test_addresses_that_do_not_exist() -> None:
    """Routing answers 404 with an empty body; a data set that is not there has a problem document."""
    box = service()
    assert [(404, b"")] * 2 == [(r.status, r.body) for r in (get(box, "/nothing"), get(box, "/data-sets/x"))]
    unknown = get(box, f"/data-sets/{NOWHERE}")
    assert (404, "https://tools.ietf.org/html/rfc9110#section-15.5.5") == (unknown.status, read(unknown)["type"])
    assert read(unknown) == read(get(box, f"/data-sets/{NOWHERE}"))


def test_methods_and_media_types() -> None:
    """Other methods are 405, other media types 415, capitals in the path 308."""
    box = service()
    wrong = box.handle(Request(method="DELETE", path="/publications"))
    assert (405, {"allow": "GET"}) == (wrong.status, wrong.headers)
    headers = (("Content-Type", "text/plain"),)
    assert 415 == box.handle(Request(method="POST", path=f"/data-sets/{DS}/query", headers=headers)).status
    json_headers = (("content-type", "application/json; charset=utf-8"),)
    assert 200 == box.handle(Request(method="POST", path=f"/data-sets/{DS}/query", headers=json_headers)).status
    redirected = get(box, f"/data-sets/{DS.upper()}", ("A", "B c"))
    assert (308, {"location": f"/v1/data-sets/{DS}?A=B+c"}) == (redirected.status, redirected.headers)


@pytest.mark.parametrize(
    "path", ["/publications/{p}", "/data-sets/{ds}", "/data-sets/{ds}/versions/1.0", "/data-sets/{ds}/csv"]
)
def test_every_endpoint_refuses_unknown_parameters(path: str) -> None:
    """A parameter that an endpoint does not know is an error of its own."""
    response = get(service(), path.format(p=PUBLICATION.id, ds=DS), ("utm", "1"))
    assert [("UnknownField", "utm")] == [(error["code"], error["path"]) for error in read(response)["errors"]]


def test_search_and_paging_errors_come_together() -> None:
    """All failed rules are reported at once."""
    response = get(service(), "/publications", ("page", "0"), ("pageSize", "41"), ("search", "ab"))
    assert ["page", "pageSize", "search"] == [error["path"] for error in read(response)["errors"]]


def test_folders_are_served(tmp_path: Path) -> None:
    """A box made from a folder says that it is local."""
    (tmp_path / "pupils.csv").write_text(DATA, "utf-8")
    (tmp_path / "pupils.meta.csv").write_text(META, "utf-8")
    box = Service.from_folder(str(tmp_path))
    assert "local" == box.source
    (publication,) = read(get(box, "/publications"))["results"]
    (found,) = read(get(box, f"/publications/{publication['id']}/data-sets"))["results"]
    assert (stable_id("data-set", "pupils"), "Pupils") == (found["id"], found["title"])


def test_time_out() -> None:
    """What runs out of the time it was given is answered as the service's time-out: 504 without a body."""

    def slow() -> datetime:
        raise TimeoutError

    held = Holdings(publications=(PUBLICATION,), data_sets={DS: data_set()})
    answer = get(Service(held, clock=slow), f"/data-sets/{DS}")
    assert (504, b"") == (answer.status, answer.body)


def test_faults_of_the_service_are_said(caplog: pytest.LogCaptureFixture) -> None:
    """What the service fails on gets its empty 500, and the log says which of its faults that is."""
    response = get(service(), f"/data-sets/{DS}/versions/3000000000.*")
    assert (500, b"", {}) == (response.status, response.body, response.headers)
    (record,) = caplog.records
    assert ("eesclient.local", "WARNING") == (record.name, record.levelname)
    assert f"GET /data-sets/{DS}/versions/3000000000.*: section 5: a number over" in record.getMessage()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.0-beta", "1.0"),
        ("v1.0.0-rc.1+build.5", "1.0"),
        ("1+x", "1.0"),
        ("01.0", None),
        ("1.00", None),
        ("1.0-", None),
        ("1.0-01", None),
        ("1.0-a..b", None),
        ("01.*", None),
    ],
)
def test_odd_version_numbers(text: str, number: str | None) -> None:
    """What follows the numbers counts for nothing, where it is well-formed; numbers have no zeros before them."""
    response = get(service(), f"/data-sets/{DS}/versions/{text}")
    assert (404 if number is None else 200) == response.status
    assert number is None or number == read(response)["version"]
