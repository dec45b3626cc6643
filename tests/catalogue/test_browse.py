"""Tests of finding data sets in the catalogue, on the demo."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

import eesclient as ees
from eesclient import Request
from eesclient.local import KS4_ID, SEN_ID
from eesclient.testing import FakeService
from tests.doors.api import Response
from tests.doors.local import SENCO_ID, SENCO_OLD_ID, SENCO_TITLE

PUBLICATION = "Early years education recovery (synthetic)"


@pytest.fixture
def client() -> Iterator[ees.Client]:
    """Return a client of the demo."""
    with ees.Client(service=ees.local.demo()) as made:
        yield made


def ids(found: Iterator[ees.CatalogueEntry]) -> set[str]:
    """Return the ids of the API, or of the files outside it."""
    return {entry.api_id or entry.id for entry in found}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, {SEN_ID, KS4_ID, SENCO_ID}),
        ({"text": "senco"}, {SENCO_ID}),
        ({"text": "special educational"}, {SEN_ID, SENCO_ID}),
        ({"theme": "EARLY  YEARS (synthetic)"}, {SENCO_ID}),
        ({"theme": "early-years-synthetic"}, {SENCO_ID}),
        ({"publication": PUBLICATION.lower()}, {SENCO_ID}),
        ({"publication": "early-years-education-recovery-synthetic"}, {SENCO_ID}),
        ({"level": "Local authority"}, {KS4_ID, SENCO_ID}),
        ({"level": "LA"}, {KS4_ID, SENCO_ID}),
        ({"level": ees.GeographicLevel.REG, "in_api": True}, {KS4_ID}),
        ({"in_api": False}, {SENCO_ID}),
        ({"in_api": False, "latest_only": False}, {SENCO_ID, SENCO_OLD_ID}),
        ({"text": "nothing like this"}, set()),
    ],
)
def test_search(client: ees.Client, asked: dict[str, object], expected: set[str]) -> None:
    """Data sets in the API and outside it are found by words, theme, publication and level."""
    assert expected == ids(client.catalogue.search(**asked))  # type: ignore[arg-type]


def test_an_entry_says_what_it_is(client: ees.Client) -> None:
    """An entry has all that the catalogue says in a list, and the same as by its id."""
    (found,) = client.catalogue.search("SENCO")
    assert (SENCO_TITLE, PUBLICATION, "July 2025 (synthetic)") == (found.title, found.publication, found.release)
    assert ("Early years (synthetic)", 918, True, False) == (found.theme, found.rows, found.latest, found.superseded)
    assert ("Status",) == found.filters
    assert ("Number of practitioners", "Number of settings") == found.indicators
    assert ("Local authority",) == found.levels
    assert ("2024 June", "2024 November") == (found.periods and (found.periods.start, found.periods.end))
    assert (False, None, None, "") == (found.in_api, found.api_id, found.api_version, found.url)
    assert found == client.catalogue.entry(SENCO_ID)


@pytest.mark.parametrize(
    "text", [SENCO_ID, SENCO_ID.upper(), f"https://site.test/data-catalogue/data-set/{SENCO_ID}?x=1"]
)
def test_an_entry_by_id_or_page(client: ees.Client, text: str) -> None:
    """An entry is found by its id and by the address of its page."""
    assert SENCO_ID == client.catalogue.entry(text).id


@pytest.mark.parametrize("text", ["SENCO", "", f"{SENCO_ID} and more"])
def test_what_names_no_entry(client: ees.Client, text: str) -> None:
    """Any other text is refused before anything is asked."""
    with pytest.raises(ees.QueryError, match="names no data set of the catalogue"):
        client.catalogue.entry(text)


def test_the_pages_are_read_as_they_are_consumed() -> None:
    """Nothing is asked before the first entry, and one page gives forty."""
    service = FakeService()
    with ees.Client(service=service) as client:
        found = client.catalogue.search("synthetic")
        assert [] == service.requests
        next(found)
    assert [("content", "/data-set-files")] == [(one.host, one.path) for one in service.requests]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"theme": "early ages"}, "no theme 'early ages'; the nearest: \"Early years (synthetic)\""),
        ({"publication": "early years education"}, f'the nearest: "{PUBLICATION}"'),
        ({"level": "Local Authorities"}, '"Local authority"'),
    ],
)
def test_unknown_names(client: ees.Client, asked: dict[str, str], says: str) -> None:
    """A theme, publication or level that there is not is an error with the nearest."""
    with pytest.raises(ees.UnknownLabelError) as caught:
        list(client.catalogue.search(**asked))  # type: ignore[arg-type]
    assert says in str(caught.value)


def test_a_short_search(client: ees.Client) -> None:
    """The catalogue takes three characters or more."""
    with pytest.raises(ees.QueryError, match="3 characters"):
        list(client.catalogue.search(" ab "))


def test_latest(client: ees.Client) -> None:
    """Publication and title lead to the latest release's file, and to an error with the nearest titles."""
    assert SENCO_ID == client.catalogue.latest(publication=PUBLICATION, title=SENCO_TITLE.upper()).id
    with pytest.raises(ees.UnknownLabelError) as caught:
        client.catalogue.latest(publication=PUBLICATION, title="SENCO qualification")
    assert SENCO_TITLE in str(caught.value)


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("2025-07-17", 3),
        (date(2025, 7, 18), 2),
        (datetime(2025, 7, 17, 8, 30, tzinfo=UTC), 3),
        ("2025-07-17T08:30:01+00:00", 2),
        ("2027-01-01", 0),
    ],
)
def test_changed_since(client: ees.Client, since: str | date | datetime, expected: int) -> None:
    """Current files that were changed since a day or moment are listed, newest first."""
    found = list(client.catalogue.changed_since(since))
    assert expected == len(found)
    assert sorted(found, key=lambda one: one.changed, reverse=True) == found


def test_changed_since_no_date(client: ees.Client) -> None:
    """A text that is not a date is refused."""
    with pytest.raises(ees.QueryError, match="not a date"):
        client.catalogue.changed_since("last week")


class Changed:
    """A service whose catalogue answers otherwise."""

    source = "local"

    def __init__(self, response: Response) -> None:
        self._response = response
        self._service = ees.local.demo()

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        return self._service.handle(request) if request.host == "api" else self._response


@pytest.mark.parametrize(
    "response",
    [
        Response(status=404),
        Response(status=503, body=b"<html>"),
        Response(status=200, body=b"<html>"),
        Response(status=200, body=b'{"results": []}'),
        Response(status=200, body=b'{"paging": {}, "results": [{"id": "x"}]}'),
    ],
)
def test_unusable_answers(response: Response) -> None:
    """What the unofficial addresses do not answer is one soft error that says so; the API goes on."""
    with ees.Client(service=Changed(response), retries=0) as client:  # type: ignore[arg-type]
        for ask in (
            lambda: list(client.catalogue.search("SENCO")),
            lambda: client.catalogue.entry(SENCO_ID),
            lambda: client.catalogue.latest(publication=PUBLICATION, title=SENCO_TITLE),
            lambda: list(client.catalogue.changed_since("2025-01-01")),
            lambda: client.open(SEN_ID).footnotes(),
        ):
            with pytest.raises(ees.CatalogueError, match="unofficial"):
                ask()
        assert 2607 == client.open(SEN_ID, version="1.0").read().total


def test_no_connection_in_the_middle_of_a_search() -> None:
    """A connection that breaks is the catalogue's error too, also in a list."""
    service = FakeService()
    service.disconnect(path="/data-set-files")
    with ees.Client(service=service, retries=0) as client, pytest.raises(ees.CatalogueError, match="unofficial"):
        list(client.catalogue.search("SENCO"))


@pytest.mark.anyio
async def test_no_connection_awaited() -> None:
    """The same for who awaits."""
    service = FakeService()
    service.disconnect(path="/data-set-files")
    async with ees.AsyncClient(service=service, retries=0) as client:
        with pytest.raises(ees.CatalogueError, match="unofficial"):
            _ = [entry async for entry in client.catalogue.search("SENCO")]
