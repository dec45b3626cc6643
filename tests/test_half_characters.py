"""Halves of characters, which Python's texts can hold and nothing can send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from eesclient import ArgumentTypeError, AsyncClient, Client, EESError, QueryError, facets
from tests.doors.models import most_alike
from tests.transport.scripted import ID, opened

HALF = "x\ud800y"


@pytest.fixture(params=["service", "http"])
def client(request: pytest.FixtureRequest) -> Client:
    """Return a client of a local service, and one that sends."""
    service = opened()
    if request.param == "service":
        return Client(service=service)
    return Client(transport=httpx.MockTransport(lambda _: httpx.Response(404)), store=None, retries=0)


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: list(client.publications(HALF)),
        lambda client: client.request("GET", HALF),
        lambda client: client.request("GET", f"/x?a={HALF}"),
        lambda client: client.request("GET", "/x", params={HALF: "a"}),
        lambda client: client.request("GET", "/x", params={"a": ["b", HALF]}),
        lambda client: client.request("POST", "/x", body={"a": HALF}),
        lambda client: client.meta(ID, types=HALF),
        lambda client: client.open(HALF),
        lambda client: client.open(f"https://x.test/{HALF}"),
        lambda client: client.open(ID, version=HALF),
        lambda client: client.data_set(HALF),
        lambda client: client.publication(HALF),
        lambda client: list(client.data_sets(HALF)),
        lambda client: list(client.catalogue.search(HALF)),
        lambda client: client.catalogue.entry(HALF),
        lambda client: Client(lock=f"/no/such/{HALF}"),
        lambda client: Client(base_url=f"https://{HALF}"),
        lambda client: AsyncClient(base_url=f"https://x.test/{HALF}"),
    ],
)
def test_asked_of_a_client(client: Client, ask: Callable[[Client], Any]) -> None:
    """They are an error of ours wherever they stand, and nothing is sent."""
    with pytest.raises(EESError):
        ask(client)


@pytest.mark.parametrize(
    "question",
    [
        {"filters": {HALF: "Total"}},
        {"filters": {"Sex": HALF}},
        {"indicators": HALF},
        {"periods": HALF},
        {"levels": HALF},
        {"places": HALF},
        {"within": HALF},
        {"others": HALF},
        {"sort": HALF},
    ],
)
def test_asked_of_a_data_set(question: dict[str, Any]) -> None:
    """A question with one is refused, and so is a look for places."""
    with Client(service=opened()) as client:
        sen = client.open(ID)
        with pytest.raises(QueryError):
            sen.query(**{"indicators": "Pupils"} | question)
        for ask in (sen.places, facets.filter):
            with pytest.raises(QueryError, match="half a character"):
                ask(HALF)


def test_names_that_are_near() -> None:
    """Names of a server that hold one are looked through as others are."""
    labels = [f"name {number}{HALF}" for number in range(3_000)]
    assert next(iter(most_alike(f"name 7{HALF}", labels))) == 7


@pytest.mark.parametrize("body", [object(), {1, 2}, b"x"])
def test_bodies_that_are_no_json(body: object) -> None:
    """A body that JSON cannot say is refused as an argument."""
    with Client(service=opened()) as client, pytest.raises(ArgumentTypeError, match="body= cannot be said in JSON"):
        client.request("POST", "/x", body=body)
