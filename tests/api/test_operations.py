"""What is asked, run by hand: no network, no clock, no threads."""

from __future__ import annotations

from typing import Any

import pytest

from eesclient import (
    CorrectedVersionWarning,
    DataSetNotFoundError,
    DataSetVersionStatus,
    DeprecatedDataSetWarning,
    EESWarning,
    ForbiddenError,
    IncompleteListWarning,
    InvalidResponseError,
    InvalidVersionError,
    Request,
    Version,
    VersionNotFoundError,
    VersionRange,
    WithdrawnError,
    WithdrawnVersionWarning,
)
from tests.doors.api import Flow, Listing, ResolvedVersion, Response, operations, requests
from tests.doors.transport import Items, drive
from tests.transport.scripted import ID, META, OTHER, PUBLICATION, Scripted, answer, data_set, listed, opened, problem
from tests.transport.scripted import publication as a_publication
from tests.transport.scripted import version as a_version


def run(flow: Flow[Any], service: Scripted) -> Any:
    """Run a flow against a scripted service."""
    return drive(flow, service.handle)


def items(listing: Listing[Any], service: Scripted) -> list[Any]:
    """Run a listing to its end against a scripted service."""
    return list(Items(listing, service.handle))


def test_by_hand() -> None:
    """A flow is a generator: it yields a request, is told the response, and returns its answer."""
    flow = operations.publication(PUBLICATION.upper())
    assert next(flow) == Request(method="GET", path=f"/publications/{PUBLICATION}")
    with pytest.raises(StopIteration) as stop:
        flow.send(answer(a_publication()))
    assert stop.value.value.slug == "sen"


def test_publications_page_and_repeat() -> None:
    """All pages are read; a publication that is on two of them is given once, and the one left out is warned of."""
    service = Scripted(
        {
            "GET /publications": [
                listed([a_publication(), a_publication(OTHER)], 1, 2),
                listed([a_publication(OTHER), a_publication(ID)], 2, 2),
            ]
        }
    )
    with pytest.warns(IncompleteListWarning, match="3 of 4 publications came"):
        found = items(operations.publications("special"), service)
    assert [publication.id for publication in found] == [PUBLICATION, OTHER, ID]
    assert [dict(request.params)["page"] for request in service.requests] == ["1", "2"]
    assert dict(service.requests[1].params)["search"] == "special"


def test_publications_stop_when_the_consumer_stops() -> None:
    """The second page is not asked for before its first item is."""
    service = Scripted({"GET /publications": listed([a_publication(), a_publication(OTHER)], 1, 2)})
    found = Items(operations.publications(), service.handle)
    assert service.requests == []
    next(found)
    next(found)
    assert len(service.requests) == 1


def test_data_sets_of_publications_that_repeat() -> None:
    """A publication that is on two pages is asked once for its data sets, and the one left out is warned of."""
    page = [a_publication(), a_publication(OTHER)]
    service = Scripted(
        {
            "GET /publications": [listed(page, 1, 2), listed(page[::-1], 2, 2)],
            f"GET /publications/{PUBLICATION}/data-sets": listed([data_set(ID)]),
            f"GET /publications/{OTHER}/data-sets": listed([data_set(OTHER)]),
        }
    )
    with pytest.warns(IncompleteListWarning, match="^2 of 4 publications came"):
        found = items(operations.data_sets(), service)
    assert [item.id for item in found] == [ID, OTHER]
    assert len(service.paths) == 4


def two_publications(*searchable: dict[str, Any]) -> Scripted:
    """Return a service with two publications; the second repeats a data set of the first."""
    return Scripted(
        {
            "GET /publications": [
                listed([a_publication()], 1, 2),
                listed([a_publication(OTHER, title="Attainment")], 2, 2),
            ],
            f"GET /publications/{PUBLICATION}/data-sets": [
                listed([data_set(ID)], 1, 2),
                listed([data_set(OTHER, title="Attainment – LA")], 2, 2),
            ],
            f"GET /publications/{OTHER}/data-sets": listed([data_set(ID), data_set(PUBLICATION, title="KS4")]),
        }
    )


def test_all_data_sets() -> None:
    """Data sets of all publications come once each, all pages of both lists."""
    found = items(operations.data_sets(), two_publications())
    assert [data_set.id for data_set in found] == [ID, OTHER, PUBLICATION]


def test_data_sets_of_a_publication() -> None:
    """Only the publication's own list is asked for."""
    service = two_publications()
    assert [found.id for found in items(operations.data_sets(PUBLICATION), service)] == [ID, OTHER]
    assert set(service.paths) == {f"/publications/{PUBLICATION}/data-sets"}


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("attainment", [OTHER, ID, PUBLICATION]),
        ("ATTAINMENT - la", [OTHER]),
        ("ks4", [PUBLICATION]),
        ("needs national", [ID, OTHER]),
        ("none such", []),
        ("", [ID, OTHER, PUBLICATION]),
    ],
)
def test_data_sets_by_word(search: str, expected: list[str]) -> None:
    """Every word must occur in the data set's or its publication's title or summary, however it is written."""
    assert [found.id for found in items(operations.data_sets(search=search), two_publications())] == expected


def test_data_sets_of_a_publication_by_word() -> None:
    """Within a publication its own words do not count."""
    assert [found.id for found in items(operations.data_sets(PUBLICATION, "attainment"), two_publications())] == [OTHER]
    assert items(operations.data_sets(PUBLICATION, "needs"), two_publications()) == []


def test_what_is_no_id_is_refused_at_once() -> None:
    """A listing whose id is no GUID fails when it is made, not when it is consumed."""
    with pytest.raises(LookupError):
        operations.data_sets("sen")


def test_versions_come_by_version_order() -> None:
    """The service's order ignores patches; ours does not."""
    service = Scripted(
        {
            f"GET /data-sets/{ID}/versions": [
                listed([a_version("2.1"), a_version("2.1.2"), a_version("2.1.1")], 1, 2),
                listed([a_version("2.0"), a_version("10.0"), a_version("2.1")], 2, 2),
            ]
        }
    )
    with pytest.warns(IncompleteListWarning, match="^5 of 6 versions came"):
        found = items(operations.versions(ID), service)
    assert [str(version.version) for version in found] == ["10.0", "2.1.2", "2.1.1", "2.1", "2.0"]


def test_version_that_is_not_there() -> None:
    """The error lists the versions with their statuses."""
    service = opened(versions=listed([a_version("1.0", "Deprecated"), a_version("2.0", "Withdrawn")]))
    with pytest.raises(VersionNotFoundError) as caught:
        run(operations.version(ID, "3.0"), service)
    assert str(caught.value) == f"data set {ID} has no version '3.0'; its versions: 2.0 (Withdrawn), 1.0 (Deprecated)"
    assert (caught.value.status, caught.value.title) == (404, "Not Found")
    with pytest.raises(VersionNotFoundError, match=r"no published version in '1\.\*'; its versions: 2.0 \(With"):
        run(operations.version(ID, "1.*"), service)


def test_version_of_a_data_set_that_is_not_there() -> None:
    """When there is no data set either, that is what is said."""
    with pytest.raises(DataSetNotFoundError):
        run(operations.version(OTHER, "1.0"), opened())


def test_data_set_without_versions() -> None:
    """An empty list is said to be empty."""
    with pytest.raises(VersionNotFoundError, match="its versions: none"):
        run(operations.version(ID, "3.0"), opened(versions=listed([])))


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ("1.0", "1.0"),
        ("v1", "1.0"),
        ("1.*", "1.*"),
        ("*", "*"),
        (Version(1, 2, 3), "1.2.3"),
        (VersionRange(2, 1), "2.1.*"),
    ],
)
def test_version_texts(asked: str | Version | VersionRange, sent: str) -> None:
    """A version is sent in the service's own spelling."""
    flow = operations.version(ID, asked)
    assert next(flow).path == f"/data-sets/{ID}/versions/{sent}"


@pytest.mark.parametrize("flow", [operations.version, operations.meta, operations.pin])
def test_malformed_version(flow: Any) -> None:
    """A text that is no version is refused before anything is sent."""
    with pytest.raises(InvalidVersionError, match=r'"1\.0"'):
        next(flow(ID, "one"))


def test_metadata_of_parts() -> None:
    """Metadata is asked for by version and type."""
    service = opened(meta=answer({"filters": META["filters"]}))
    meta = run(operations.meta(ID, "1.0", ["Filters"]), service)
    assert ([f.label for f in meta.filters], meta.indicators) == (["Sex"], ())
    assert service.requests[0] == requests.meta(ID, Version(1), ["Filters"])


def test_pin_the_latest() -> None:
    """Without a version, the latest live one is pinned, and asked for by its number from then on."""
    service = opened()
    pinned = run(operations.pin(ID.upper()), service)
    assert (pinned.version.version, pinned.notices) == (Version(1), ())
    assert service.paths == [f"/data-sets/{ID}", f"/data-sets/{ID}/versions/1.0", f"/data-sets/{ID}/meta"]
    assert service.requests[-1].params == (("dataSetVersion", "1.0"),)


def test_pin_a_range() -> None:
    """A range is resolved once, to what the service says it is."""
    service = opened(**{"versions/1.*": answer(a_version("1.4"))})
    pinned = run(operations.pin(ID, "1.*"), service)
    assert pinned.version.version == Version(1, 4)
    assert service.requests[-1].params == (("dataSetVersion", "1.4"),)
    assert f"/data-sets/{ID}/versions" not in service.paths


def test_pin_without_a_live_version() -> None:
    """A data set with no live version says so."""
    with pytest.raises(VersionNotFoundError, match="has no live version yet"):
        run(operations.pin(ID), opened(summary=answer(data_set(latest=None))))


def test_pin_what_may_not_be_read() -> None:
    """A draft is forbidden, not missing."""
    with pytest.raises(ForbiddenError, match="not published yet"):
        run(operations.pin(ID, "1.0"), opened(**{"versions/1.0": problem(403)}))


def notices(pinned: ResolvedVersion) -> dict[type[EESWarning], str]:
    """Return what the user is warned of, by class."""
    assert len({category for category, _ in pinned.notices}) == len(pinned.notices)
    return dict(pinned.notices)


def with_versions(*versions: dict[str, Any]) -> Scripted:
    """Return a service whose data set has these versions."""
    return opened(versions=listed(versions))


def test_corrected_version() -> None:
    """An exact version with a later patch says number, date and notes of the last one, and how to follow them."""
    service = with_versions(a_version("1.0"), a_version("1.0.1"), a_version("1.0.2", notes="Bath was missing."))
    found = notices(run(operations.pin(ID, "1.0"), service))
    assert found == {
        CorrectedVersionWarning: "version 1.0 of 'SEN' was corrected by 1.0.2 on 2024-03-01: Bath was missing.; "
        'version="1.0.*" follows corrections'
    }


def test_correction_that_ranges_do_not_see() -> None:
    """Ranges see published versions only, so a deprecated patch is opened by its number."""
    service = with_versions(a_version("1.0"), a_version("1.0.1", "Deprecated", published=None))
    message = notices(run(operations.pin(ID, "1.0"), service))[CorrectedVersionWarning]
    assert message == "version 1.0 of 'SEN' was corrected by 1.0.1; version=\"1.0.1\" opens the correction"


@pytest.mark.parametrize("other", [("1.1", "Published"), ("2.0.1", "Published"), ("1.0.1", "Withdrawn")])
def test_versions_that_correct_nothing(other: tuple[str, str]) -> None:
    """Another minor or major version is no correction, and a withdrawn patch none to follow."""
    assert notices(run(operations.pin(ID, "1.0"), with_versions(a_version("1.0"), a_version(*other)))) == {}


def test_earlier_patch_corrects_nothing() -> None:
    """The last patch has no correction."""
    service = opened(
        versions=listed([a_version("1.0"), a_version("1.0.1")]), **{"versions/1.0.1": answer(a_version("1.0.1"))}
    )
    assert notices(run(operations.pin(ID, "1.0.1"), service)) == {}


def test_deprecated_data_set() -> None:
    """A deprecated data set names its successor, where it has one."""
    service = opened(summary=answer(data_set(status="Deprecated", supersedingDataSetId=OTHER)))
    message = notices(run(operations.pin(ID), service))[DeprecatedDataSetWarning]
    assert message == f"data set 'SEN' ({ID}) is deprecated: data set {OTHER} replaces it"
    alone = opened(summary=answer(data_set(status="Deprecated")))
    assert "no longer kept up to date" in notices(run(operations.pin(ID), alone))[DeprecatedDataSetWarning]


def withdrawn_pin() -> ResolvedVersion:
    """Open a version that was withdrawn."""
    version = a_version("1.0", "Withdrawn", withdrawn="2024-05-02T09:30:00+00:00", notes="Wrong totals.")
    service = opened(summary=answer(data_set(latest="2.0")), **{"versions/1.0": answer(version)})
    pinned: ResolvedVersion = run(operations.pin(ID, "1.0"), service)
    return pinned


def test_withdrawn_version() -> None:
    """A withdrawn version opens with a warning that has date, notes and current version."""
    pinned = withdrawn_pin()
    said = "version 1.0 of 'SEN' was withdrawn on 2024-05-02: Wrong totals.; the current version is 2.0"
    assert notices(pinned) == {WithdrawnVersionWarning: f"{said}; its metadata can be read, its rows are refused"}
    with pytest.raises(WithdrawnError) as caught:
        pinned.require_readable()
    assert str(caught.value).startswith(f"{said}; its rows may be wrong")
    assert isinstance(caught.value, PermissionError)


def test_withdrawn_latest_version() -> None:
    """Where nothing replaces a withdrawn version, nothing is named."""
    service = opened(**{"versions/1.0": answer(a_version("1.0", "Withdrawn"))})
    message = notices(run(operations.pin(ID), service))[WithdrawnVersionWarning]
    assert message == "version 1.0 of 'SEN' was withdrawn; its metadata can be read, its rows are refused"


def test_unknown_status_can_be_read() -> None:
    """A status that is not known yet is no reason to refuse."""
    pinned = run(operations.pin(ID), opened(**{"versions/1.0": answer(a_version("1.0", "Archived"))}))
    assert pinned.version.status == DataSetVersionStatus("Archived")
    pinned.require_readable()


def test_raw() -> None:
    """The escape hatch parses JSON, takes an empty body for None, and has the same errors."""
    request = Request(method="GET", path="/x")
    service = Scripted({"GET /x": [answer([1, None]), Response(status=204), Response(status=200, body=b"<p>")]})
    assert run(operations.raw(request), service) == [1, None]
    assert run(operations.raw(request), service) is None
    with pytest.raises(InvalidResponseError, match="begins with '<p>'"):
        run(operations.raw(request), service)


@pytest.mark.parametrize(
    ("pages", "message", "asked"),
    [
        # whatever page is asked for, the first comes
        ([listed([a_version("1.0")], 1, 2)], r"page 2 of pages of 20 was asked for, and page 1 of pages of 20 came", 2),
        ([listed([a_version("1.0")], 1, 10**9)], "page 2 of pages of 20 was asked for, and page 1", 2),
        ([listed([a_version("1.0")], 3, 10**9)], "page 1 of pages of 20 was asked for, and page 3", 1),
        # the numbers are right, and the items those of the page before
        (
            [listed([a_version("1.0")], number, 9) for number in (1, 2, 3)],
            "page 2 of the versions brings nothing new",
            2,
        ),
        ([listed([a_version(f"{n}.0") for n in range(1, 22)])], "page 1 of pages of 20 came, with 21", 1),
    ],
)
def test_lists_that_would_never_end(pages: list[Response], message: str, asked: int) -> None:
    """A list that is not the one that was asked for, or does not advance, is an error before more is asked."""
    service = opened(versions=pages)
    with pytest.raises(InvalidResponseError, match=message):
        run(operations.all_versions(ID), service)
    assert asked == len(service.requests)


@pytest.mark.parametrize("pages", [0, 1, 5])
def test_a_list_of_nothing(pages: int) -> None:
    """Nothing is one page, or none, or however many are said to be there."""
    empty = answer({"paging": {"page": 1, "pageSize": 20, "totalResults": 0, "totalPages": pages}, "results": []})
    assert run(operations.all_versions(ID), opened(versions=empty)) == []


def test_a_list_that_ends_early() -> None:
    """A list that ends before all of it came says so."""
    empty = answer({"paging": {"page": 2, "pageSize": 20, "totalResults": 30, "totalPages": 2}, "results": []})
    service = opened(versions=[listed([a_version("1.0")], 1, 30), empty])
    with pytest.warns(IncompleteListWarning, match="^1 of 30 versions came"):
        run(operations.all_versions(ID), service)


@pytest.mark.parametrize(
    ("flow", "changed"),
    [
        (operations.data_set(ID), {"summary": answer(data_set(OTHER))}),
        (operations.version(ID, "1.0"), {"versions/1.0": answer(a_version("1.1"))}),
        (operations.version(ID, "1.*"), {"versions/1.*": answer(a_version("2.0"))}),
        (operations.changes(ID, "1.0"), {"versions/1.0/changes": answer({"versionNumber": "1.0.1"})}),
        (operations.changes(ID, "1.*"), {"versions/1.*/changes": answer({"versionNumber": "2.0"})}),
    ],
)
def test_answers_about_something_else(flow: Flow[Any], changed: dict[str, Any]) -> None:
    """An answer about another data set or version than the one that was asked for is refused, and both are named."""
    with pytest.raises(InvalidResponseError, match=r"was asked for, and the answer is about (2\.0|1\.1|1\.0\.1|019)"):
        run(flow, opened(**changed))


@pytest.mark.parametrize("part", ["filters", "indicators", "locations", "timePeriods"])
def test_metadata_that_has_something_twice(part: str) -> None:
    """Metadata in which something is twice has no right reading."""
    doubled = answer(META | {part: META[part] * 2})
    with pytest.raises(InvalidResponseError, match=r"the metadata has the .* twice"):
        run(operations.meta(ID, "1.0"), opened(meta=doubled))


def test_an_option_twice() -> None:
    """An option that a filter has twice is named with the filter."""
    twice = [META["filters"][0] | {"options": META["filters"][0]["options"] * 2}]
    with pytest.raises(InvalidResponseError, match="the metadata has the option of 'Sex' 'oAll0' twice"):
        run(operations.pin(ID), opened(meta=answer(META | {"filters": twice})))


def test_metadata_of_another_version() -> None:
    """Metadata that names other indicators or filters than its version is that of another."""
    named = {"filters": ["Sex"], "indicators": ["Pupils"]}
    assert run(operations.pin(ID), opened(**{"versions/1.0": answer(a_version(**named))})).meta.filters
    for changed in ({"filters": ["Age"]}, {"indicators": ["Schools"]}):
        service = opened(**{"versions/1.0": answer(a_version(**named | changed))})
        with pytest.raises(
            InvalidResponseError, match=r"version 1\.0 has the (filters|indicators) .*, and the metadata"
        ):
            run(operations.pin(ID), service)


def test_names_that_metadata_lacks() -> None:
    """A summary names columns whose type stands in another case in the metadata file, and metadata does not."""
    service = opened(**{"versions/1.0": answer(a_version(filters=["Sex", "Age"], indicators=["Pupils"]))})
    with pytest.warns(EESWarning, match=r'version 1\.0 is said to have the filters "Age", which its metadata lacks'):
        assert ["Sex"] == [one.label for one in run(operations.pin(ID), service).meta.filters]


def test_a_level_twice() -> None:
    """A level stands twice where the data file has it in two cases, and is one; two labels of one code are not."""
    levels = META["geographicLevels"]
    found = run(operations.meta(ID, "1.0"), opened(meta=answer(META | {"geographicLevels": levels * 2}))).levels
    assert [level["code"] for level in levels] == [str(level.code) for level in found]
    odd = answer(META | {"geographicLevels": [*levels, levels[0] | {"label": "Land"}]})
    with pytest.raises(InvalidResponseError, match=r"the metadata has the level .* twice"):
        run(operations.meta(ID, "1.0"), opened(meta=odd))
