"""What a text that names a data set is taken for."""

from __future__ import annotations

from uuid import UUID

import pytest

from eesclient import ArgumentTypeError, DataSetNotFoundError, InvalidVersionError, Version, VersionRange
from tests.doors.api import Target, parse
from tests.doors.top import BASE_URL, Settings
from tests.transport.scripted import ID

FILE = "7c3a1f60-1111-4222-8333-0123456789ab"
SITE = "https://explore-education-statistics.service.gov.uk"
API = "https://api.education.gov.uk/statistics/v1"


@pytest.mark.parametrize(
    "text",
    [
        f"{SITE}/data-catalogue/data-set/{FILE}",
        f"{SITE}/data-catalogue/data-set/{FILE}/",
        f"  {SITE}/data-catalogue/data-set/{FILE.upper()}#dataSetPreview\n",
        f"{SITE}/data-catalogue/data-set/{FILE}/csv",
        f"{SITE}/data-catalogue/data-set/{FILE}?previewToken=secret",
        f"http://www.{SITE.removeprefix('https://')}/data-catalogue/data-set/{FILE}",
        f"{SITE.removeprefix('https://')}/data-catalogue/data-set/{FILE}",
        f"https://content.{SITE.removeprefix('https://')}/api/data-set-files/{FILE}/download",
    ],
)
def test_pages_of_the_catalogue(text: str) -> None:
    """A page names the data file, however its address is written."""
    assert FILE == parse(text).file_id


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (f"{API}/data-sets/{ID}", None),
        (f"{API}/data-sets/{ID.upper()}/meta?dataSetVersion=1.0", Version(1)),
        (f"{API}/data-sets/{ID}/csv?dataSetVersion=v1.0.2", Version(1, 0, 2)),
        (f"{API}/data-sets/{ID}/csv?debug=true&dataSetVersion=1.%2A", VersionRange(1)),
        (f"{API}/data-sets/{ID}/versions/2.1", Version(2, 1)),
        (f"{API}/data-sets/{ID}/versions/2.*/changes", VersionRange(2)),
        (f"{API}/data-sets/{ID}/versions", None),
        (API.removeprefix("https://") + f"/data-sets/{ID}/query?dataSetVersion=1", Version(1)),
    ],
)
def test_addresses_of_the_api(text: str, version: Version | VersionRange | None) -> None:
    """An address of the API names the data set, and perhaps the version."""
    target = parse(text)
    assert (ID, version) == (target.data_set_id, target.version)


def test_addresses_of_other_services() -> None:
    """What is asked decides which addresses belong to it: its host, port and base path."""
    ours = f"http://127.0.0.1:8000/v1/data-sets/{ID}/meta"
    assert ID == parse(ours, "http://127.0.0.1:8000").data_set_id
    test = f"https://pp-api.education.gov.uk/statistics-test/v1/data-sets/{ID}"
    assert ID == parse(test, "https://pp-api.education.gov.uk/statistics-test").data_set_id


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        (f"https://pp-api.education.gov.uk/statistics-test/v1/data-sets/{ID}", "environment 'test'"),
        (f"https://dev.explore-education-statistics.service.gov.uk/data-catalogue/data-set/{FILE}", "'development'"),
        (f"http://127.0.0.1:8000/v1/data-sets/{ID}", "another host"),
        (f"https://api.education.gov.uk.evil.test/statistics/v1/data-sets/{ID}", "another host"),
        (f"https://evil.test/data-catalogue/data-set/{FILE}", "another host"),
        (f"https://api.education.gov.uk:8443/statistics/v1/data-sets/{ID}", "another host"),
        (f"{API}/publications/{ID}/data-sets", "not the address of a data set"),
        (f"{SITE}/find-statistics/school-census", "not the page of a data set"),
        (f"{SITE}/data-catalogue?publicationId={ID}", "not the page of a data set"),
        (f"{SITE}/data-catalogue/data-set/{FILE}0", "not the page of a data set"),
        ("https://[::1/v1", "not a valid address"),
        (f"{API}x/data-sets/{ID}", "is of version 1x of the API"),
        ("", "not the id of a data set"),
        (f"id={ID}", f"perhaps '{ID}'"),
    ],
)
def test_what_is_refused(text: str, advice: str) -> None:
    """Addresses of other hosts, environments and things are errors that say what to do."""
    with pytest.raises(DataSetNotFoundError) as caught:
        parse(text)
    assert advice in str(caught.value)


def test_secrets_are_not_shown() -> None:
    """What may be secret in an address stands in no message."""
    target = parse(f"{SITE}/data-catalogue/data-set/{FILE}?previewToken=secret")
    assert f"{SITE}/data-catalogue/data-set/{FILE}" == target.text
    with pytest.raises(DataSetNotFoundError) as caught:
        parse("https://me:secret@evil.test/x?previewToken=secret")
    assert "secret" not in str(caught.value)


def test_a_version_that_is_none() -> None:
    """A wrong version in an address is said to be one."""
    with pytest.raises(InvalidVersionError, match=r"1\.x"):
        parse(f"{API}/data-sets/{ID}/meta?dataSetVersion=1.x")


def test_ids_and_titles() -> None:
    """A GUID is an id; any other text is a title, also with a slash or colon."""
    assert Target(text=ID.upper(), data_set_id=ID) == parse(ID.upper())
    for title in ("Pupils / National: SEN", "sen", "a://b"[1:]):
        assert Target(text=title, title=title) == parse(title)


@pytest.mark.parametrize(
    "text",
    [
        f"https://mirror.test/ees/data-catalogue/data-set/{FILE}",
        f"https://mirror.test/EES/data-catalogue/data-set/{FILE}/csv",
        f"https://files.test:8443/api/data-set-files/{FILE}/download",
    ],
)
def test_pages_of_other_sites(text: str) -> None:
    """Pages are known on the sites that were said to have them, and below their paths alone."""
    sites = ("https://mirror.test/ees", "https://files.test:8443")
    assert FILE == parse(text, BASE_URL, sites).file_id
    with pytest.raises(DataSetNotFoundError, match="another host"):
        parse(text, BASE_URL)
    with pytest.raises(DataSetNotFoundError, match="another host"):
        parse(f"https://mirror.test/data-catalogue/data-set/{FILE}", BASE_URL, sites)


def test_sites_of_the_settings() -> None:
    """The addresses of the data catalogue that are set are those whose pages are known."""
    settings = Settings(base_url="http://x.test", site_url="https://mirror.test/ees")
    assert ("https://mirror.test/ees", "http://x.test/content") == settings.sites
    for text in (
        f"{settings.site_url}/data-catalogue/data-set/{FILE}",
        f"{settings.content_url}/data-set-files/{FILE}",
    ):
        assert FILE == parse(text, settings.base_url, settings.sites).file_id


@pytest.mark.parametrize("given", [None, 5, b"x", ["x"]])
def test_what_is_no_text(given: object) -> None:
    """What names no data set is refused before anything is asked, and not searched for as a title."""
    with pytest.raises(
        ArgumentTypeError, match=r"is of type \w+: give the id of a data set, the address of its page, or"
    ):
        parse(given)
    assert parse(UUID(ID)).data_set_id == ID
