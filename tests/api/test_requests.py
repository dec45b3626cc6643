"""The requests of the API, as data."""

from __future__ import annotations

import uuid

import pytest

from eesclient import DataSetNotFoundError, MetaType, PublicationNotFoundError, Request, Version, VersionRange
from tests.doors.api import requests
from tests.doors.models import Page, Paging
from tests.transport.scripted import ID, PUBLICATION


def test_guids_go_out_in_lower_case() -> None:
    """Any spelling of a GUID's letters is sent in lower case."""
    assert requests.guid(ID.upper()) == ID
    assert requests.guid(f" {PUBLICATION.upper()}\n", "publication") == PUBLICATION
    assert requests.guid(uuid.UUID(ID)) == ID


@pytest.mark.parametrize("text", ["", "sen", ID[:-1], f"{ID}/meta", "../x"])
def test_what_is_no_guid_is_not_sent(text: str) -> None:
    """A text that is no id is refused before it is sent, with advice."""
    with pytest.raises(DataSetNotFoundError, match="is not the id of a data set: that is a GUID such as") as caught:
        requests.guid(text)
    assert isinstance(caught.value, LookupError)
    assert caught.value.status == 0
    with pytest.raises(PublicationNotFoundError, match="not the id of a publication"):
        requests.guid(text, "publication")


def test_guid_inside_an_address_is_suggested() -> None:
    """An address with an id in it is met with that id."""
    with pytest.raises(DataSetNotFoundError, match=f"perhaps '{ID}'"):
        requests.guid(f"https://ees.test/data-set/{ID.upper()}")
    with pytest.raises(DataSetNotFoundError, match=r"client\.data_sets\(search="):
        requests.guid("sen")


def paged(page: int, pages: int, results: tuple[object, ...] = (1,)) -> Page[object]:
    """Return a page of a list."""
    return Page(paging=Paging(page=page, page_size=1, total_results=pages, total_pages=pages), results=results)


def test_next_page() -> None:
    """The next page keeps all else that was asked."""
    first = requests.publications("sen")
    assert first.params == (("page", "1"), ("pageSize", "40"), ("search", "sen"))
    second = requests.next_page(first, paged(1, 2))
    assert second is not None
    assert dict(second.params) == {"page": "2", "pageSize": "40", "search": "sen"}
    assert requests.next_page(second, paged(2, 2)) is None


def test_empty_page_ends_a_list() -> None:
    """A list that says there is more and gives nothing ends, as does one of no pages."""
    request = requests.versions(ID)
    assert requests.next_page(request, paged(1, 9, ())) is None
    assert requests.next_page(request, paged(1, 0, ())) is None


def test_metadata() -> None:
    """Parts of the metadata are repeated parameters."""
    assert requests.meta(ID).params == ()
    assert requests.meta(ID, types="Filters").params == (("types", "Filters"),)
    asked = requests.meta(ID, Version(1, 0, 2), [MetaType.LOCATIONS, "TimePeriods"])
    assert asked.params == (("dataSetVersion", "1.0.2"), ("types", "Locations"), ("types", "TimePeriods"))


def test_lone_star() -> None:
    """`*` means the highest published version in a parameter too."""
    assert requests.meta(ID, VersionRange()).params == (("dataSetVersion", "v*"),)
    assert requests.meta(ID, VersionRange(1)).params == (("dataSetVersion", "1.*"),)


@pytest.mark.parametrize(
    "path",
    [f"/data-sets/{ID}/meta", f"data-sets/{ID}/meta/", f"/v1/data-sets/{ID.upper()}/meta", f"v1.0/data-sets/{ID}/meta"],
)
def test_free_paths(path: str) -> None:
    """A path may be written with and without slashes and version segment; ids become lower case."""
    assert requests.free("get", path) == Request(method="GET", path=f"/data-sets/{ID}/meta")


def test_free_parameters_and_body() -> None:
    """Parameters may stand in the path, and repeat; a body is JSON."""
    request = requests.free("POST", "/x?a=1&b=", {"c": "2", "d": ["3", "4"]}, {"page": 1, "name": "é"})
    assert request.params == (("a", "1"), ("b", ""), ("c", "2"), ("d", "3"), ("d", "4"))
    assert request.body == '{"page":1,"name":"é"}'.encode()
