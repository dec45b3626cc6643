"""Tests of the changes of versions and of preview tokens, request by request."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from eesclient import Request
from eesclient.local import Service
from tests.doors.api import Response
from tests.doors.local import (
    DataSetDescription,
    DataSetHolding,
    Holdings,
    Numbering,
    PreviewToken,
    VersionHolding,
    ingest,
    stable_id,
)
from tests.local.support import DATA_HEADER, ENGLAND, META_HEADER, SignedIn, data_set_of, read, version_of

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DS = stable_id("ds")
TOKEN = "0a1b2c3d-0000-4000-8000-00000000abcd"
FIRST = (
    f"{DATA_HEADER},sex,n\n{ENGLAND},Total,1\n{ENGLAND},Girls,2\n",
    f"{META_HEADER}\nsex,Filter,Sex,,,\nn,Indicator,Number,,,\n",
)
SECOND_PAIR = (
    f"{DATA_HEADER},sex,n,m\n{ENGLAND},Total,1,1\n{ENGLAND},Women,2,2\n".replace("202324", "202425"),
    f"{META_HEADER}\nsex,Filter,Sex or gender,,,A hint\nn,Indicator,Number,%,1,\nm,Indicator,More,,,\n",
)  # fmt: skip


def versions(*numbers: tuple[str, str], **about: Any) -> tuple[VersionHolding, ...]:
    """Versions with these numbers and statuses, whose files are in turn the first and the second pair."""
    numbering = Numbering()
    made = []
    for place, (number, status) in enumerate(numbers):
        data, meta = (FIRST, SECOND_PAIR)[place % 2]
        held = ingest(data_name="d", data=data.encode(), meta_name="m", meta=meta.encode(), numbering=numbering)
        made.append(version_of(held, number, status, notes=f"Notes on {number}.", **about))
    return tuple(made)


def box(*held: VersionHolding, status: str = "Published", now: datetime = NOW, role: str | None = None) -> Service:
    """A box with one data set."""
    return SignedIn(Holdings(data_sets={DS: data_set_of(*held, status=status)}), clock=lambda: now, role=role)


def ask(
    service: Service, path: str, *params: tuple[str, str], token: str | None = None, method: str = "GET"
) -> Response:
    """Answer to a request below the data set, with a token or without."""
    headers = () if token is None else (("Preview-Token", token),)
    return service.handle(Request(method=method, path=f"/data-sets/{DS}{path}", params=params, headers=headers))


def changes(service: Service, version: str, *params: tuple[str, str]) -> Any:
    """Changes of a version."""
    return read(ask(service, f"/versions/{version}/changes", *params))


def test_changes_of_a_version() -> None:
    """Changes are split into major and minor ones, with the states as metadata has them."""
    found = changes(box(*versions(("1.0", "Published"), ("2.0", "Published"))), "2.0")
    sex = {"id": "dP0Zw", "column": "sex", "label": "Sex", "hint": ""}
    renamed = {"id": "dP0Zw", "column": "sex", "label": "Sex or gender", "hint": "A hint"}
    number = {"id": "dP0Zw", "column": "n", "label": "Number"}
    assert {
        "versionNumber": "2.0",
        "notes": "Notes on 2.0.",
        "majorChanges": {
            "filterOptions": [{"filter": sex, "options": [{"previousState": {"id": "dP0Zw", "label": "Girls"}}]}],
            "timePeriods": [{"previousState": {"code": "AY", "period": "2023/2024", "label": "2023/24"}}],
        },
        "minorChanges": {
            "filters": [{"previousState": sex, "currentState": renamed}],
            "filterOptions": [
                {"filter": renamed | {"hint": ""}, "options": [{"currentState": {"id": "7zXob", "label": "Women"}}]}
            ],
            "indicators": [
                {"previousState": number, "currentState": number | {"unit": "%", "decimalPlaces": 1}},
                {"currentState": {"id": "O7CLF", "column": "m", "label": "More"}},
            ],
            "timePeriods": [{"currentState": {"code": "AY", "period": "2024/2025", "label": "2024/25"}}],
        },
        "patchHistory": [],
    } == found


def test_the_first_version_has_no_changes() -> None:
    """Nothing was before it; what was never live does not count as before."""
    service = box(*versions(("1.0", "Cancelled"), ("1.1", "Published"), ("1.2", "Published")))
    empty = {"majorChanges": {}, "minorChanges": {}, "patchHistory": []}
    assert empty == {name: changes(service, "1.1")[name] for name in empty}
    assert empty != {name: changes(service, "1.2")[name] for name in empty}


def test_patch_history() -> None:
    """The sets of all earlier versions with the same major and minor number follow, oldest first."""
    held = versions(*((number, "Published") for number in ("1.9", "2.1", "2.1.1", "2.1.2", "2.1.3", "2.2")))
    service = box(*held)
    assert [] == changes(service, "2.1.2")["patchHistory"]
    found = changes(service, "2.1.2", ("INCLUDEPATCHHISTORY", " True "))["patchHistory"]
    assert ["2.1", "2.1.1"] == [item["versionNumber"] for item in found]
    assert {"versionNumber", "notes", "majorChanges", "minorChanges"} == set(found[0])
    assert found[0]["majorChanges"] == changes(service, "2.1")["majorChanges"] != {}


def test_patch_history_of_a_version_that_is_none() -> None:
    """The service fails on it, after it has looked whether the version may be seen."""
    service = box(*versions(("1.0", "Published"), ("2.0", "Failed")))
    asked = [
        ask(service, f"/versions/{text}/changes", ("includePatchHistory", "true")) for text in ("1.0", "2.0", "3.0")
    ]
    assert [(500, False), (403, True), (404, True)] == [(answer.status, bool(answer.body)) for answer in asked]


@pytest.mark.parametrize(("text", "status"), [("yes", 400), ("1", 400), ("", 200), ("FALSE", 200)])
def test_patch_history_is_true_or_false(text: str, status: int) -> None:
    """Anything else is no valid value; unknown parameters are told first."""
    service = box(*versions(("1.0", "Published")))
    answer = ask(service, "/versions/1.0/changes", ("includePatchHistory", text), ("x", "1"))
    expected = [("UnknownField", "x")] + ([("InvalidValue", "includePatchHistory")] if status == 400 else [])
    assert expected == [(error["code"], error["path"]) for error in read(answer)["errors"]]
    assert status == ask(service, "/versions/1.0/changes", ("includePatchHistory", text)).status


def drafted(activates: datetime = NOW, expires: datetime = NOW + SECOND, status: str = "Draft") -> VersionHolding:
    """Version 2.0 with a token."""
    (held,) = versions(("2.0", status))
    token = PreviewToken(id=TOKEN, activates=activates, expires=expires)
    return attrs.evolve(held, about=attrs.evolve(held.about, preview_tokens=(token,)))


OF_VERSION = ("/meta", "/csv", "/query", "/versions/2.0", "/versions/2.0/changes")


def statuses(service: Service, token: str | None) -> set[int]:
    """Statuses of everything that concerns version 2.0."""
    found = set()
    for path in OF_VERSION:
        params = () if path.startswith("/versions") else (("dataSetVersion", "2.0"),)
        found.add(ask(service, path, *params, token=token, method="POST" if path == "/query" else "GET").status)
    return found


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        (TOKEN, 200),
        (TOKEN.upper(), 200),
        (f" {{{TOKEN}}} ", 200),
        (TOKEN.replace("-", ""), 200),
        (stable_id("other"), 403),
        ("no GUID", 403),
        ("", 403),
        (None, 403),
    ],
)
def test_a_token_opens_its_draft(token: str | None, expected: int) -> None:
    """The draft, and the data set that has nothing else yet, open to its token in any spelling; others are ignored."""
    service = box(drafted(), status="Draft")
    assert {expected} == statuses(service, token)
    assert [expected] * 2 == [ask(service, path, token=token).status for path in ("", "/versions")]


@pytest.mark.parametrize(
    ("activates", "expires", "expected"),
    [
        (NOW, NOW + SECOND, 200),
        (NOW + SECOND, NOW + 2 * SECOND, 403),
        (NOW - SECOND, NOW, 403),
        (NOW + SECOND, NOW - SECOND, 403),
    ],
)
def test_a_token_works_for_a_time(activates: datetime, expires: datetime, expected: int) -> None:
    """From the moment it activates, up to but not at the moment it expires."""
    assert {expected} == statuses(box(drafted(activates, expires)), TOKEN)


@pytest.mark.parametrize("status", ["Processing", "Failed", "Mapping", "Finalising", "Cancelled"])
def test_a_token_opens_drafts_only(status: str) -> None:
    """A version in any other state that is not public stays closed, and so does its data set."""
    service = box(drafted(status=status), status="Draft")
    assert {403} == statuses(service, TOKEN)
    assert 403 == ask(service, "", token=TOKEN).status


def test_the_list_shows_the_draft_to_its_token() -> None:
    """The latest draft joins the list; wildcards do not find it, and the latest version stays the live one."""
    service = box(*versions(("1.0", "Published")), drafted())
    assert [["2.0", "1.0"], ["1.0"]] == [
        [item["version"] for item in read(ask(service, "/versions", token=token))["results"]] for token in (TOKEN, None)
    ]
    assert 404 == ask(service, "/versions/2.*", token=TOKEN).status
    assert "1.0" == read(ask(service, "", token=TOKEN))["latestVersion"]["version"]
    assert {"published", "withdrawn"} & set(read(ask(service, "/versions/2.0", token=TOKEN))) == {"published"}


def test_only_the_latest_draft_opens_a_data_set() -> None:
    """A token of an earlier draft opens that version, not the data set."""
    (earlier,) = versions(("1.0", "Draft"))
    token = PreviewToken(id=stable_id("earlier"))
    earlier = attrs.evolve(earlier, about=attrs.evolve(earlier.about, preview_tokens=(token,)))
    service = box(earlier, drafted(), status="Draft")
    assert 403 == ask(service, "", token=token.id).status
    assert 200 == ask(service, "/versions/1.0", token=token.id).status


def test_internal_callers_view_but_do_not_query() -> None:
    """The role of the service's own administrators opens everything but queries; another role opens nothing."""
    service = box(drafted(status="Mapping"), status="Draft", role="Admin.Access")
    assert {200, 403} == statuses(service, None)
    assert 403 == ask(service, "/query", ("dataSetVersion", "2.0"), method="POST").status
    assert 200 == ask(service, "").status
    assert {403} == statuses(box(drafted(), role="Other"), None)


def test_tokens_are_not_shown() -> None:
    """No repr spells a token."""
    assert TOKEN not in repr(drafted())


def test_the_clock_is_the_machine_s_by_default() -> None:
    """A token for ever works without a clock being given."""
    about = DataSetDescription(id=DS, title="Set", publication_id=stable_id("p"))
    (held,) = versions(("1.0", "Draft"))
    held = attrs.evolve(held, about=attrs.evolve(held.about, preview_tokens=(PreviewToken(id=TOKEN),)))
    service = Service(Holdings(data_sets={DS: DataSetHolding(about=about, versions=(held,))}))
    assert 200 == ask(service, "/versions/1.0", token=TOKEN).status
