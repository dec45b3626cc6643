"""What the environment and the system say of proxies and certificates, and what proxies say of themselves."""

from __future__ import annotations

import os
import ssl
import traceback
from pathlib import Path

import certifi
import pytest

from eesclient import Client, ProxyError, Request, SettingsError
from tests.doors.api import Response, error_for
from tests.doors.transport import Proxy, certificates, module, nobody, proxies, proxy_for, trust

URL = "https://api.education.gov.uk/statistics"
GET = Request(method="GET", path="/publications")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own settings is read."""
    for name in list(os.environ):
        if name.upper().endswith("_PROXY") or name in {"SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"}:
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "proxy:80"}, Proxy(url="http://proxy:80", variable="HTTPS_PROXY")),
        ({"HTTP_PROXY": "proxy:80"}, None),
        ({"ALL_PROXY": "http://proxy/"}, Proxy(url="http://proxy", variable="ALL_PROXY")),
        ({"https_proxy": "", "all_proxy": "socks5://p:1"}, Proxy(url="socks5://p:1", variable="ALL_PROXY")),
        (
            {"HTTPS_PROXY": "HTTPS://us%20er:a%40b%23c:d@[::1]:3128"},
            Proxy(url="https://[::1]:3128", variable="HTTPS_PROXY", login=("us er", "a@b#c:d")),
        ),
        ({"HTTPS_PROXY": "proxy:80", "NO_PROXY": "x.test, .gov.uk"}, None),
        ({"HTTPS_PROXY": "proxy:80", "NO_PROXY": "*"}, None),
        (
            {"HTTPS_PROXY": "proxy:80", "NO_PROXY": "ducation.gov.uk"},
            Proxy(url="http://proxy:80", variable="HTTPS_PROXY"),
        ),
    ],
)
def test_proxies(said: dict[str, str], expected: Proxy | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scheme's own variable comes first, then that for all; exceptions are whole parts of names."""
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(URL) == expected
    assert "a@b" not in repr(proxy_for(URL))


@pytest.mark.parametrize(
    ("address", "exceptions", "is_passed_by"),
    [
        ("http://10.1.2.3:8000", "10.0.0.0/8", True),
        ("http://11.1.2.3:8000", "10.0.0.0/8", False),
        ("http://[::1]:8000", "localhost,::1/128", True),
        ("http://x.test:8000", "x.test:8000", True),
        ("http://x.test:8001", "x.test:8000", False),
    ],
)
def test_networks_without_a_proxy(
    address: str, exceptions: str, is_passed_by: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NO_PROXY may name networks and ports too."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy")
    monkeypatch.setenv("NO_PROXY", exceptions)
    assert (proxy_for(address) is None) == is_passed_by


def test_the_proxy_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """What no variable says is said by the system, on Windows and macOS."""
    monkeypatch.setattr(proxies, "getproxies", lambda: {"https": "http://proxy:8080"})
    assert proxy_for(URL) == Proxy(url="http://proxy:8080", variable="the proxy settings of the system")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("http://user:one#two@proxy:80", "http://proxy:80"),
        ("http://user:one@two@proxy:80", "http://proxy:80"),
        ("user:one/two@proxy:80", "proxy:80"),
        ("http://user:one?two@proxy:80", "http://proxy:80"),
        ("http://user:one-two@proxy:80000", "http://proxy:80000"),
    ],
)
def test_passwords_that_are_not_encoded(value: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are refused with how to write them, and not shown."""
    monkeypatch.setenv("HTTPS_PROXY", value)
    with pytest.raises(SettingsError) as caught:
        proxy_for(URL)
    assert str(caught.value) == (
        f"HTTPS_PROXY={shown!r}: this is no address of a proxy: write it as http://HOST:PORT, or as "
        "http://USER:PASSWORD@HOST:PORT, with '#' in them as %23, '@' as %40, '/' as %2F, '?' as %3F and '%' as %25"
    )
    assert "two@" not in "".join(traceback.format_exception(caught.value))


PROXY = Proxy(url="http://proxy:80", variable="HTTPS_PROXY", login=("user", "secret"))


@pytest.mark.parametrize(
    ("status", "headers", "proxy", "message"),
    [
        (407, {"proxy-authenticate": "Negotiate, NTLM"}, PROXY, "takes Negotiate or NTLM alone"),
        (407, {"proxy-authenticate": 'NTLM, Basic realm="a, b"'}, PROXY, "does not take the name and password in"),
        (407, {}, None, "a proxy between here and the service wants a name and password: write them into HTTPS_PROXY"),
        (511, {}, None, "log in to this network first"),
        (502, {"proxy-status": "p; error=dns_timeout"}, PROXY, "(p; error=dns_timeout), not the service: try again"),
    ],
)
def test_what_a_proxy_says(status: int, headers: dict[str, str], proxy: Proxy | None, message: str) -> None:
    """What only a proxy says is told as the proxy's, and what to do depends on it."""
    response = Response(status=status, headers=headers, body=b"<html>", url=f"{URL}/v1/publications", proxy=proxy)
    error = error_for(GET, response)
    assert isinstance(error, ProxyError)
    assert message in str(error)
    assert "secret" not in str(error) + repr(vars(error))


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"via": "1.1 office", "content-type": "application/problem+json"}, b'{"title": "no", "status": 503}'),
        ({"content-type": "text/html"}, b"<html>"),
    ],
)
def test_what_is_the_service_s(headers: dict[str, str], body: bytes) -> None:
    """A problem document, or a page on a way that no proxy opens, is taken for the service's own."""
    error = error_for(GET, Response(status=503, headers=headers, body=body, url=f"{URL}/v1/publications", proxy=PROXY))
    assert type(error).__name__ == "ServerError"
    assert "proxy" not in str(error)


@pytest.mark.parametrize(
    ("address", "proxy", "is_read"),
    [
        ("http://127.0.0.1:8000", "", False),
        ("http://127.0.0.1:8000", "http://proxy.test:1", False),
        ("http://127.0.0.1:8000", "https://proxy.test:1", True),
        ("http://127.0.0.1", "", True),
        ("http://127.0.0.1:80", "", True),
        ("https://127.0.0.1:8000", "", True),
    ],
)
def test_certificates_are_read_where_they_are_needed(
    address: str, proxy: str, is_read: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are read unless no connection can be encrypted, and what then verifies trusts nobody."""
    monkeypatch.setattr(proxies, "getproxies", lambda: {"http": proxy})
    read = []
    monkeypatch.setattr(module, "trust", lambda: read.append(1) or trust())
    with Client(base_url=address, store=None):
        assert bool(read) is is_read
    context = nobody()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert not context.get_ca_certs()


def test_certificates_of_certifi(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has no certificates, those of certifi are trusted."""
    none = ssl.get_default_verify_paths()._replace(cafile=None, capath=None)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: none)
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda *_: None)
    monkeypatch.setattr(certificates, "_ELSEWHERE", ("/no/such.pem",))
    found = trust()
    assert found.name == "certifi's, as the system has none"
    assert found.context.cert_store_stats()["x509"] == Path(certifi.where()).read_text().count("BEGIN CERTIFICATE")
    assert found.context.verify_mode is ssl.CERT_REQUIRED
    assert found.context.check_hostname
    monkeypatch.setenv("SSL_CERT_FILE", certifi.where())
    # from Python 3.13 on a context of ssl begins with it
    assert not [one for one in (found, trust()) if one.context.verify_flags & ssl.VERIFY_X509_STRICT]


def test_certificates_of_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with hashed names is a store, and one without is none."""
    (tmp_path / "5ed36f99.0").touch()
    for folder, expected in ((tmp_path, str(tmp_path)), (tmp_path / "empty", certifi.where())):
        folder.mkdir(exist_ok=True)
        paths = ssl.get_default_verify_paths()._replace(cafile=None, capath=str(folder))
        monkeypatch.setattr(ssl, "get_default_verify_paths", lambda paths=paths: paths)
        monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda *_: None)
        monkeypatch.setattr(certificates, "_ELSEWHERE", (certifi.where(),))
        assert trust().name == f"the system's store, {expected}"


def test_keys_are_logged_as_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SSLKEYLOGFILE is heard by stores of every kind."""
    pytest.importorskip("truststore")
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    for in_files in (True, False):
        monkeypatch.setattr(certificates, "_IN_FILES", in_files)
        assert trust().context.keylog_filename == str(tmp_path / "keys")
