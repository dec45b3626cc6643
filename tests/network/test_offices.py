"""Networks of offices, with a real squid and nginx: proxies, and authorities that sign what goes through them."""

from __future__ import annotations

import logging
import ssl
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import pytest

from eesclient import (
    AsyncClient,
    CertificateError,
    Client,
    EESError,
    ForbiddenError,
    ProxyError,
    RequestConnectionError,
)
from tests.doors.transport import certificates, trust
from tests.network.servers import LOGIN, Office, office, program

Ask = Callable[..., Any]

VARIABLES = (
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE", "REQUEST_METHOD"),
)


@pytest.fixture(scope="module")
def real() -> Iterator[Office]:
    """Return an office, where its programs are installed."""
    programs = {name: program(name) for name in ("nginx", "squid")}
    missing = [name for name, path in programs.items() if path is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)} (apt install nginx squid-openssl)")
    with office(str(programs["nginx"]), str(programs["squid"])) as running:
        yield running


@pytest.fixture
def trusted(real: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Return the office whose authority is trusted, by the environment, and by which no proxy is named yet."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(real.authority))
    return real


def plainly(base_url: str, path: str = "/x") -> Any:
    """Ask by the plain client."""
    with Client(base_url=base_url, store=None) as client:
        return client.request("GET", path)


def awaited(base_url: str, path: str = "/x") -> Any:
    """Ask by the awaiting client."""

    async def main() -> Any:
        async with AsyncClient(base_url=base_url, store=None) as client:
            return await client.request("GET", path)

    return anyio.run(main)


@pytest.fixture(params=[plainly, awaited])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Return each of the two ways to ask."""
    way: Ask = request.param
    return way


@pytest.fixture
def retries(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], int]]:
    """Return how often something was tried again so far."""
    with caplog.at_level(logging.DEBUG):
        yield lambda: sum(" again in " in record.getMessage() for record in caplog.records)


def failing(ask: Ask, *args: str) -> EESError:
    """The error of a question, in which and in whose causes no password stands."""
    with pytest.raises(EESError) as caught:
        ask(*args)
    told = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert not any(secret in told for secret in ("p%40s", "p@s/s#", "wrong-one"))
    return caught.value


@pytest.mark.parametrize("service", ["http", "https"])
def test_ways_through(trusted: Office, ask: Ask, service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service is reached directly, through a proxy, through one that wants a password, and past one."""
    variable = f"{service.upper()}_PROXY"
    ways = [{}, {variable: trusted.proxy("plain")}, {variable: trusted.proxy("login", LOGIN)}]
    ways += [{variable: trusted.proxy("closed"), "NO_PROXY": "elsewhere.test, localhost"}]
    for way in ways:
        with monkeypatch.context() as patch:
            for name, value in way.items():
                patch.setenv(name, value)
            assert ask(trusted.service(service)) == {"answer": 42}


@pytest.mark.parametrize("service", ["http", "https"])
def test_a_proxy_that_wants_a_password(  # noqa: PLR0917 - fixtures
    trusted: Office, ask: Ask, service: str, retries: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it refuses is told as the proxy's, with what to write where, and is not tried again."""
    variable = f"{service.upper()}_PROXY"
    shown = trusted.proxy("login")
    monkeypatch.setenv(variable, shown)
    error = failing(ask, trusted.service(service))
    assert isinstance(error, ProxyError)
    assert (error.status, error.proxy) == (407, shown)
    assert f"the proxy {shown} wants a name and password: write them into {variable}, as http://USER:PASSWORD@" in str(
        error
    )
    monkeypatch.setenv(variable, trusted.proxy("login", "office%20user:wrong-one"))
    assert f"does not take the name and password in {variable}" in str(failing(ask, trusted.service(service)))
    assert retries() == 0


@pytest.mark.parametrize("service", ["http", "https"])
def test_a_proxy_that_refuses(  # noqa: PLR0917 - fixtures
    trusted: Office, ask: Ask, service: str, retries: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own page, or its no to a tunnel, is not taken for one of the service."""
    monkeypatch.setenv(f"{service.upper()}_PROXY", trusted.proxy("closed", LOGIN))
    error = failing(ask, trusted.service(service))
    assert isinstance(error, ProxyError)
    assert (error.status, error.proxy) == (403, trusted.proxy("closed"))
    assert "answered in place of localhost" in str(error)
    assert "ERR_ACCESS_DENIED" in str(error)
    assert retries() == 0


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_reaches_nobody(
    trusted: Office, scheme: str, retries: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """That a proxy finds no service may pass, so it is tried again; the error is the proxy's."""
    monkeypatch.setenv(f"{scheme.upper()}_PROXY", trusted.proxy("plain"))
    monkeypatch.setattr("time.sleep", lambda _: None)
    error = failing(plainly, f"{scheme}://localhost:{trusted.ports['gone']}")
    assert isinstance(error, ProxyError)
    assert error.status == 503
    assert "ERR_CONNECT_FAIL" in str(error)
    assert retries() == 2


def test_a_page_of_the_service_through_a_proxy(trusted: Office, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that may be either's stays the service's error, and says what it came through."""
    monkeypatch.setenv("HTTP_PROXY", trusted.proxy("plain"))
    error = failing(ask, trusted.service("http"), "/blocked")
    assert isinstance(error, ForbiddenError)
    assert f"it came through the proxy {trusted.proxy('plain')} (Via: 1.1 office (squid" in str(error)


def test_a_proxy_that_is_not_there(trusted: Office, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection error names the proxy, and the variable that does."""
    monkeypatch.setenv("ALL_PROXY", trusted.proxy("gone", LOGIN))
    monkeypatch.setattr("time.sleep", lambda _: None)
    error = failing(ask, trusted.service())
    assert type(error) is RequestConnectionError
    assert f"through the proxy {trusted.proxy('gone')} (" in str(error)
    assert "see the network, ALL_PROXY (NO_PROXY names" in str(error)


def test_certificates_that_nobody_trusts(
    trusted: Office, ask: Ask, retries: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are told at once, with the cause."""
    error = failing(ask, trusted.service("expired"))
    assert isinstance(error, CertificateError)
    assert "(certificate has expired): it has expired: see this machine's clock" in str(error)
    error = failing(ask, trusted.service().replace("localhost", "127.0.0.1"))
    assert "it is for another host" in str(error)
    monkeypatch.delenv("SSL_CERT_FILE")
    error = failing(ask, trusted.service())
    assert "it is signed by nobody whom this machine trusts: an office" in str(error)
    assert retries() == 0


def test_traffic_that_an_office_signs(trusted: Office, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the office's own authority signs is read where the system's store has it, and its pages are its own."""
    if not trusted.opens:
        pytest.skip("this squid cannot open what goes through it: apt install squid-openssl")
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv("HTTPS_PROXY", trusted.proxy("opening"))
    error = failing(ask, trusted.service())
    assert isinstance(error, CertificateError)
    assert f"through the proxy {trusted.proxy('opening')} is not trusted" in str(error)
    system(trusted, monkeypatch)
    assert ask(trusted.service()) == {"answer": 42}
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr("anyio.sleep", _no_sleep)
    error = failing(ask, trusted.service("gone"))
    assert isinstance(error, ProxyError)
    assert error.status == 503


async def _no_sleep(_: float) -> None:
    return


def system(real: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the authority in what Python takes for the system's store."""
    paths = ssl.get_default_verify_paths()._replace(cafile=None, capath=None)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    monkeypatch.setattr(certificates, "_ELSEWHERE", ("/no/such.pem", str(real.authority)))
    monkeypatch.setattr(ssl.SSLContext, "cert_store_stats", lambda _: {"x509": 0})


def test_proxies_that_are_encrypted(trusted: Office, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy's own certificate is verified by the same store; one that is not encrypted is said to be none."""
    if not trusted.opens:
        pytest.skip("this squid takes no encrypted connections: apt install squid-openssl")
    monkeypatch.setenv("HTTPS_PROXY", trusted.proxy("encrypted", scheme="https"))
    assert ask(trusted.service()) == {"answer": 42}
    monkeypatch.setenv("HTTPS_PROXY", trusted.proxy("plain", scheme="https"))
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr("anyio.sleep", _no_sleep)
    assert "HTTPS_PROXY (most proxies are http://" in str(failing(ask, trusted.service()))


def test_stores_that_are_no_files(trusted: Office, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system's store is no file, truststore verifies by it, in both clients."""
    truststore = pytest.importorskip("truststore")
    monkeypatch.setattr(certificates, "_IN_FILES", False)
    monkeypatch.delenv("SSL_CERT_FILE")
    assert isinstance(trust().context, truststore.SSLContext)
    error = failing(ask, trusted.service())
    assert isinstance(error, CertificateError)
    made = trust()
    monkeypatch.setattr("eesclient.transport.http.trust", lambda: made)
    monkeypatch.setattr("eesclient.aio.transport.trust", lambda: made)
    # what truststore reads here, as OpenSSL does
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted.authority))
    assert ask(trusted.service()) == {"answer": 42}
