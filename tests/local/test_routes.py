"""Tests of addresses."""

from __future__ import annotations

import pytest

from tests.doors.local import find_route, lowercase_redirect, parse_guid

GUID = "019d431f-f58f-73c2-9c1e-5e5fd3462e77"


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/publications", "publications"),
        ("/publications/", "publications"),
        (f"/publications/{GUID}", "publication"),
        (f"/publications/{GUID}/data-sets", "publication-data-sets"),
        (f"/data-sets/{GUID}", "data-set"),
        (f"/data-sets/{GUID}/meta", "meta"),
        (f"/data-sets/{GUID}/query", "query"),
        (f"/data-sets/{GUID}/csv", "csv"),
        (f"/data-sets/{GUID}/versions", "versions"),
        (f"/data-sets/{GUID}/versions/1.0", "version"),
    ],
)
def test_every_endpoint_has_a_path(path: str, endpoint: str) -> None:
    """Paths lead to their endpoint, with the GUID and the version in them."""
    route = find_route(path)
    assert route is not None
    assert endpoint == route.endpoint
    assert (GUID if GUID in path else "") == route.id
    assert ("1.0" if endpoint == "version" else "") == route.version


@pytest.mark.parametrize("path", ["", "/", "/data-sets", "/data-sets/none", f"/data-sets/{GUID}/rows", f"/{GUID}"])
def test_other_paths_lead_nowhere(path: str) -> None:
    """Unknown paths and malformed GUIDs are no routes."""
    assert find_route(path) is None


@pytest.mark.parametrize("text", [GUID, GUID.replace("-", ""), f"{{{GUID}}}", f"({GUID})", f" {GUID.upper()} "])
def test_guids(text: str) -> None:
    """GUIDs are taken in every form that the service's routing takes."""
    assert GUID == parse_guid(text)


@pytest.mark.parametrize("text", ["", GUID[:-1], f"{{{GUID})", f"{{{GUID}", GUID[:-1] + "g", "0" * 31])
def test_texts_that_are_no_guids(text: str) -> None:
    """Anything else is none."""
    assert parse_guid(text) is None


def test_redirects() -> None:
    """Capitals in the path are lowered; those in the query string and in exempt paths stay."""
    assert "/data-sets/ab?Q=A" == lowercase_redirect("/data-sets/AB?Q=A")
    assert [None, None] == [lowercase_redirect("/data-sets/ab?Q=A"), lowercase_redirect("/static/App.js")]


def test_redirects_stay_encoded() -> None:
    """What was percent-encoded in the path is so in the address too, whatever it stands for."""
    assert "/a/%C4%81%0D%0A%3Fb//%5B?C=%41" == lowercase_redirect("/A/%C4%80%0d%0a%3FB//[?C=%41")
    assert lowercase_redirect("//[a%C3%A9?B") is None
