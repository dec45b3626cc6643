"""What a client can be told."""

from __future__ import annotations

import pytest

from eesclient import SettingsError
from tests.doors.top import BASE_URL, CONTENT_URL, SITE_URL, Settings, settings


def made(base_url: str | None = None, timeout: float | None = None, retries: int = 2, in_flight: int = 6) -> Settings:
    """Return the settings of a client."""
    return settings(base_url=base_url, timeout=timeout, retries=retries, max_in_flight=in_flight)


def test_defaults() -> None:
    """Defaults are those of the documentation."""
    expected = Settings(
        base_url="https://api.education.gov.uk/statistics",
        connect_timeout=10,
        read_timeout=60,
        retries=2,
        total_retry_time=60,
        max_in_flight=6,
    )
    assert made() == expected == Settings()


def test_arguments_beat_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arguments beat the environment, which beats the defaults; it is read when settings are made."""
    monkeypatch.setenv("EES_API_URL", "https://env.test/api/")
    assert made().base_url == "https://env.test/api"
    assert made("https://arg.test").base_url == "https://arg.test"
    monkeypatch.setenv("EES_API_URL", " ")
    assert made().base_url == BASE_URL


@pytest.mark.parametrize("url", [BASE_URL, f"{BASE_URL}/", f"{BASE_URL}/v1", f" {BASE_URL}/v1/ "])
def test_base_url_forms(url: str) -> None:
    """The version segment and slashes at the end are not part of the address."""
    assert made(url).base_url == BASE_URL


@pytest.mark.parametrize(
    "url", ["", "api.education.gov.uk", "ftp://x.test", "https://", "https://x.test/?a=b", "http://x/#y"]
)
def test_bad_base_url(url: str) -> None:
    """What is no address of a server is refused at once, with an example."""
    with pytest.raises(ValueError, match=r"base_url=.*: write an address such as 'https://api\.education"):
        made(url)


@pytest.mark.parametrize(("timeout", "connect"), [(0.05, 0.05), (10, 10), (300, 10)])
def test_time_outs(timeout: float, connect: float) -> None:
    """A time-out is that of the answer; connecting has ten seconds of it at most."""
    found = made(timeout=timeout)
    assert (found.read_timeout, found.connect_timeout) == (timeout, connect)


@pytest.mark.parametrize("timeout", [0, -1, float("inf"), float("nan"), "5", True])
def test_bad_time_outs(timeout: float) -> None:
    """A time-out that is none is refused."""
    with pytest.raises(ValueError, match=r"read_timeout=.*: write a number of seconds above 0"):
        made(timeout=timeout)


@pytest.mark.parametrize("retries", [-1, 1.5, True, "2"])
def test_bad_retries(retries: int) -> None:
    """Retries are counted."""
    with pytest.raises(ValueError, match=r"retries=.*: write a whole number of at least 0"):
        made(retries=retries)


@pytest.mark.parametrize("in_flight", [0, -1])
def test_bad_in_flight(in_flight: int) -> None:
    """At least one request must be allowed."""
    with pytest.raises(ValueError, match=r"max_in_flight=.*: write a whole number of at least 1"):
        made(in_flight=in_flight)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("live", BASE_URL),
        (" Pre-Production ", "https://pp-api.education.gov.uk/statistics-preprod"),
        ("test", "https://pp-api.education.gov.uk/statistics-test"),
        ("development", "https://pp-api.education.gov.uk/statistics-dev"),
    ],
)
def test_environments(name: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment of the service can be named, as an argument and in the environment."""
    assert made(name).base_url == address
    monkeypatch.setenv("EES_API_URL", name)
    assert made().base_url == address


def test_environment_that_does_not_exist() -> None:
    """A name of no environment is an error that lists them."""
    with pytest.raises(SettingsError, match="or one of live, pre-production, test, development"):
        made("staging")


def test_where_the_catalogue_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The live catalogue is known; elsewhere it is where `ees serve` has it, unless the environment says otherwise."""
    assert (CONTENT_URL, SITE_URL) == (made().content_url, made().site_url)
    local = made("http://127.0.0.1:8000/")
    assert ("http://127.0.0.1:8000/content/api", "http://127.0.0.1:8000/site") == (local.content_url, local.site_url)
    monkeypatch.setenv("EES_CONTENT_URL", " https://content.test/api/ ")
    monkeypatch.setenv("EES_SITE_URL", "https://site.test")
    assert ("https://content.test/api", "https://site.test") == (made().content_url, made().site_url)
    monkeypatch.setenv("EES_SITE_URL", "site.test")
    with pytest.raises(SettingsError, match=r"EES_SITE_URL='site\.test': write an address"):
        made()
