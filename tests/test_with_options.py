"""Clients with other options that share connections; the fixture gives each kind of client."""

from __future__ import annotations

import httpx
import pytest

from eesclient import errors, local
from tests.doors.api import Response
from tests.test_client import Make, make
from tests.transport.scripted import ID, Scripted, answer, data_set, opened

__all__ = ["make"]


def test_time_outs(make: Make) -> None:
    """Time-outs are those of the options, else the client's; one transport sends it all."""
    seen: list[object] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(200, json=data_set())

    client = make(transport=httpx.MockTransport(handler), timeout=20, retries=0)
    short = client.with_options(timeout=3)
    for each in (client, short, short.with_options(retries=1), short.with_options(timeout=300), client):
        assert each.data_set(ID).id == ID
    assert [(10, 20), (3, 3), (3, 3), (10, 300), (10, 20)] == [(t["connect"], t["read"]) for t in seen]  # type: ignore[index]


def test_retries(make: Make) -> None:
    """Retries are those of the options, else the client's."""
    busy = Response(status=503, headers={"retry-after": "0"})
    service = Scripted({f"GET /data-sets/{ID}": busy})
    client = make(service=service, retries=0)
    with pytest.raises(errors.ServerError):
        client.with_options(timeout=5).data_set(ID)
    assert len(service.requests) == 1
    service.answers[f"GET /data-sets/{ID}"] = [busy, answer(data_set())]
    assert client.with_options(retries=1).data_set(ID).id == ID


def test_what_is_opened_keeps_the_options(make: Make) -> None:
    """A data set that was opened with options is asked with them."""
    service = opened()
    sen = make(service=service, retries=1).with_options(retries=0).open(ID)
    asked = len(service.requests)
    service.answers[f"GET /data-sets/{ID}/csv"] = [Response(status=503)]
    with pytest.raises(errors.ServerError):
        sen.read()
    assert len(service.requests) == asked + 1


def test_closing(make: Make) -> None:
    """Closing the new client leaves the first open; closing the first closes all."""
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        return httpx.Response(200, json=data_set())

    client = make(transport=httpx.MockTransport(handler))
    one, other = client.with_options(timeout=1), client.with_options(retries=0)
    one.close()
    with pytest.raises(errors.ClientClosedError):
        one.data_set(ID)
    assert client.data_set(ID) == other.data_set(ID)
    client.close()
    for each in (client, other, other.client):
        with pytest.raises(errors.ClientClosedError):
            each.with_options(timeout=1)
    assert len(seen) == 2


@pytest.mark.parametrize("options", [{"timeout": 0}, {"timeout": "5"}, {"retries": -1}, {"retries": True}])
def test_bad_options(make: Make, options: dict[str, float]) -> None:
    """Options are checked like settings."""
    with pytest.raises(errors.SettingsError):
        make(service=local.demo()).with_options(**options)
