"""Tests of the service for users' own tests."""

from __future__ import annotations

import pytest

import eesclient as ees
from eesclient import Request
from eesclient.testing import FakeService
from tests.doors.local import SENCO_NAME, pair_files

DATA_SET = f"/data-sets/{ees.local.SEN_ID}"


def get(service: FakeService, path: str = DATA_SET) -> int:
    """Status of an answer."""
    return service.handle(Request(method="GET", path=path)).status


def test_right_answers() -> None:
    """Without a script it answers like the service behind it, and keeps what it was asked."""
    fake = FakeService()
    with ees.Client(service=fake) as client:
        assert ees.local.SEN_ID == client.data_set(ees.local.SEN_ID).id
    assert [DATA_SET] == [request.path for request in fake.requests]
    assert "synthetic" == fake.source


def test_own_service() -> None:
    """Another service can stand behind it."""
    fake = FakeService(ees.local.Service.from_folder(pair_files(SENCO_NAME)[0].parent, names=[SENCO_NAME]))
    assert "local" == fake.source


def test_status_with_headers_and_body() -> None:
    """A status comes as scripted, so often, then answers are right again."""
    fake = FakeService()
    fake.fail(503, times=2, body=b"busy", headers={"Retry-After": "0"})
    answers = [fake.handle(Request(method="GET", path=DATA_SET)) for _ in range(3)]
    assert [(503, b"busy"), (503, b"busy")] == [(a.status, a.body) for a in answers[:2]]
    assert {"retry-after": "0"} == answers[0].headers
    assert 200 == answers[2].status


def test_faults_wait_for_their_path() -> None:
    """A fault for one address leaves others alone, and is pending until it is met."""
    fake = FakeService()
    fake.fail(500, path="/meta")
    assert (200, 1) == (get(fake), fake.pending)
    assert (500, 0) == (get(fake, f"{DATA_SET}/meta"), fake.pending)


def test_client_retries() -> None:
    """The faults stand below the client's retries."""
    fake = FakeService()
    fake.fail(429, times=2, headers={"retry-after": "0"})
    with ees.Client(service=fake) as client:
        assert ees.local.SEN_ID == client.data_set(ees.local.SEN_ID).id
    assert 3 == len(fake.requests)


def test_errors_of_the_connection() -> None:
    """Time-outs and broken connections are the client's own errors."""
    fake = FakeService()
    fake.time_out()
    fake.disconnect()
    with ees.Client(service=fake, retries=0) as client:
        with pytest.raises(ees.RequestTimeoutError, match="scripted"):
            client.data_set(ees.local.SEN_ID)
        with pytest.raises(ees.RequestConnectionError, match="scripted"):
            client.data_set(ees.local.SEN_ID)


def test_cut_body() -> None:
    """A cut body is not what the API promises."""
    fake = FakeService()
    fake.cut(20)
    with ees.Client(service=fake) as client, pytest.raises(ees.InvalidResponseError):
        client.data_set(ees.local.SEN_ID)


def test_added_headers() -> None:
    """Headers are added to a right answer."""
    fake = FakeService()
    fake.add_headers({"X-Extra": "1"})
    answer = fake.handle(Request(method="GET", path=DATA_SET))
    assert (200, "1") == (answer.status, answer.headers["x-extra"])
    assert answer.body


def test_fixture(pytester: pytest.Pytester) -> None:
    """The fixture gives a fake, and fails a test that leaves a fault unmet."""
    pytester.makeconftest('pytest_plugins = ["eesclient.testing"]')
    pytester.makepyfile(
        """
        def test_met(fake_service):
            assert fake_service.pending == 0

        def test_unmet(fake_service):
            fake_service.fail(500)
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*1 scripted faults were met by no request*"])
