"""What a client can be told."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest

from eesclient import AsyncClient, Client, EESError, SettingsError, StoreError, local
from tests.doors.top import BASE_URL, CONTENT_URL, SITE_URL, Settings, settings
from tests.transport.scripted import ID

Make: TypeAlias = Callable[..., Any]


@pytest.fixture(params=[Client, AsyncClient])
def client(request: pytest.FixtureRequest) -> Make:
    """Return each of the two clients."""
    made: Make = request.param
    return made


def made(base_url: str | None = None, timeout: float | None = None, retries: int = 2, in_flight: int = 6) -> Settings:
    """Return the settings of a client."""
    return settings(base_url=base_url, timeout=timeout, retries=retries, max_in_flight=in_flight)


def test_defaults() -> None:
    """Defaults are those of the documentation."""
    expected = Settings(
        base_url="https://api.education.gov.uk/statistics",
        connect_timeout=10,
        read_timeout=None,
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


@pytest.mark.parametrize("url", [BASE_URL, f"{BASE_URL}/", f"{BASE_URL}/v1", f" {BASE_URL}/v1/ ", f"{BASE_URL}/v1.0"])
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


@pytest.mark.parametrize("timeout", [0, -1, float("inf"), float("nan"), "5", True, 1e20, 10**400])
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
    monkeypatch.setenv("EES_API_URL", "api.test")
    with pytest.raises(SettingsError, match=r"base_url='api\.test' \(or EES_API_URL\): write an address"):
        made()


@pytest.mark.parametrize(
    "address",
    [
        "http://h:abc", "http://[::1", f"http://{'a' * 64}.test", "http://a..b", "http://a b", "http://a\x1bb", "http://a\nb",
        "http://\ud800", "http://h\\x", "http://h:0", "http://h:99999", "http://xn--a", "http://[v1.a]", "http://[::1]x",
        f"http://{'a.' * 127}b", "http:///x", "http://\N{FULLWIDTH FULL STOP}a",
    ],
)  # fmt: skip
def test_addresses_that_cannot_be_asked(address: str, client: Make) -> None:
    """An address that nothing can be sent to is refused when the client is made."""
    with pytest.raises(SettingsError, match="base_url="):
        client(base_url=address, store=None)


@pytest.mark.parametrize("given", [5, b"https://x.test", ["https://x.test"]])
def test_addresses_are_text(given: str, client: Make) -> None:
    """An address is text."""
    with pytest.raises(SettingsError, match="as text"):
        client(base_url=given, store=None)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://user:pass@x.test:abc", "https://x.test:abc"),
        ("https://user:pa/ss@x.test", "https://x.test"),
        ("https://user:8/pass@x.test", "https://x.test"),
        ("https://user:pa#ss@x.test", "https://x.test"),
        ("user:pass@x.test", "x.test"),
    ],
)
def test_wrong_addresses_are_shown_without_password(address: str, shown: str, client: Make) -> None:
    """An address that is refused is shown without its name and password, whatever is wrong with it."""
    with pytest.raises(SettingsError, match="base_url=") as caught:
        client(base_url=address, store=None)
    assert f"base_url={shown!r}" in str(caught.value)
    assert "ss@" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:1", r"ALL_PROXY=.*socksio.*httpx\[socks\]"),
        ("ALL_PROXY", "ftp://x.test", "ALL_PROXY='ftp://x.test'"),
        ("https_proxy", "proxy.corp:abc", "HTTPS_PROXY='proxy.corp:abc'"),
        ("HTTPS_PROXY", "http://user:secret@h:abc", "HTTPS_PROXY='http://h:abc'"),
        ("HTTPS_PROXY", "http://☃", "HTTPS_PROXY='http://☃'.*cannot be asked"),
        ("SSL_CERT_FILE", "/no/such.pem", "SSL_CERT_FILE='/no/such.pem': no certificates.*No such file"),
        ("SSL_CERT_FILE", __file__, "SSL_CERT_FILE=.*no certificates"),
        ("SSL_CERT_DIR", "/no/such", "SSL_CERT_DIR='/no/such'.*no such folder"),
        ("SSLKEYLOGFILE", "/no/such/log", "SSLKEYLOGFILE='/no/such/log'.*No such file"),
    ],
)
def test_settings_of_the_network(  # noqa: PLR0917 - a table
    name: str, value: str, message: str, client: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be read in the environment is named, without its password."""
    for other in (
        "NO_PROXY",
        "ALL_PROXY",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "SSLKEYLOGFILE",
    ):
        monkeypatch.delenv(other, raising=False)
        monkeypatch.delenv(other.lower(), raising=False)
    monkeypatch.setenv(name, value)
    if "socks" in value:
        monkeypatch.setitem(sys.modules, "socksio", None)
    with pytest.raises(SettingsError, match=message) as caught:
        client(store=None)
    assert "secret" not in "".join(traceback.format_exception(caught.value))
    if "SSL" in name:
        # also where no connection is encrypted
        with pytest.raises(SettingsError, match=message):
            client(store=None, base_url="http://127.0.0.1:1")


@pytest.mark.parametrize("store", ["a\0b", "a\ud800", 5, "~no-such-user/x"])
def test_stores_that_no_folder_can_be(store: str, client: Make) -> None:
    """A store is named as folders are."""
    with pytest.raises((SettingsError, StoreError), match="store="):
        client(store=store)


@pytest.mark.parametrize("given", ["demo", local.demo, 5])
def test_services_that_cannot_answer(given: Any, client: Make) -> None:
    """A name, or a function that was not called, is no service."""
    with pytest.raises(SettingsError, match=r"^service=.*: give something that answers, such as ees\.local\.demo\(\)"):
        client(service=given)


def test_name_and_password_of_an_address(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    """They are sent to that origin, and stand nowhere else."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        moved = httpx.Response(308, headers={"location": request.url.raw_path.decode()})
        return moved if len(seen) == 1 else httpx.Response(404, text="no")

    options: Any = {"store": tmp_path, "transport": httpx.MockTransport(answer), "retries": 0}
    with (
        caplog.at_level(logging.DEBUG),
        Client(base_url="https://us%20er:s%40cret@x.test/a", **options) as client,
        pytest.raises(EESError) as caught,
    ):
        client.meta(ID, version="1.0")
    assert {httpx.BasicAuth("us er", "s@cret")._auth_header} == {one.headers["authorization"] for one in seen}
    assert {("x.test", "")} == {(one.url.host, one.url.userinfo.decode()) for one in seen}
    said = (
        repr([client._settings, vars(caught.value)]) + "".join(traceback.format_exception(caught.value)) + caplog.text
    )
    said += "".join(path.read_text("latin-1") for path in tmp_path.rglob("*") if path.is_file())
    assert "cret" not in said
