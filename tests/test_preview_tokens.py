"""A preview token goes to the service, and nowhere else."""

from __future__ import annotations

import gzip
import json
import logging
import re
import socket
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from eesclient import AsyncClient, Client, Request, errors
from tests.doors.api import catalogue
from tests.doors.cli import main
from tests.doors.top import Settings
from tests.transport.scripted import ID, data_set, opened

TOKEN = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"


def plain(**options: Any) -> object:
    """Ask for a data set with the plain client."""
    with Client(**options) as client:
        return client.data_set(ID)


def awaiting(**options: Any) -> object:
    """Ask for a data set with the awaiting client."""

    async def main() -> object:
        async with AsyncClient(**options) as client:
            return await client.data_set(ID)

    return anyio.run(main)


Ask = Callable[..., object]


@pytest.fixture(params=[plain, awaiting])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Return each of the two ways to ask."""
    way: Ask = request.param
    return way


@pytest.fixture(autouse=True)
def no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the tokens of this machine out."""
    monkeypatch.delenv("EES_PREVIEW_TOKEN", raising=False)


def told(seen: list[httpx.Request], answer: Callable[[httpx.Request], httpx.Response] | None = None) -> Any:
    """Return a transport that keeps requests."""

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=data_set()) if answer is None else answer(request)

    return httpx.MockTransport(handler)


@pytest.mark.parametrize("given", [TOKEN, TOKEN.upper(), f" {TOKEN}\n"])
def test_token_is_sent(ask: Ask, given: str) -> None:
    """It is a header, in lower case."""
    seen: list[httpx.Request] = []
    ask(transport=told(seen), preview_token=given)
    assert [TOKEN] == [request.headers["preview-token"] for request in seen]


def test_token_reaches_a_local_service(ask: Ask) -> None:
    """A local service is shown it as well, and a client without one shows none."""
    service = opened()
    ask(service=service, preview_token=TOKEN)
    ask(service=service)
    assert [(("preview-token", TOKEN),), ()] == [request.headers for request in service.requests]


def test_environment(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """An argument beats the environment; a blank there is none."""
    other = TOKEN.replace("0", "1")
    seen: list[httpx.Request] = []
    monkeypatch.setenv("EES_PREVIEW_TOKEN", other)
    ask(transport=told(seen))
    ask(transport=told(seen), preview_token=TOKEN)
    monkeypatch.setenv("EES_PREVIEW_TOKEN", " ")
    ask(transport=told(seen))
    assert [other, TOKEN, None] == [request.headers.get("preview-token") for request in seen]


@pytest.mark.parametrize("bad", ["", "secret", TOKEN[:-1], TOKEN + "0", f"{{{TOKEN}}}", 98765])
def test_bad_tokens(ask: Ask, bad: str) -> None:
    """What is not a GUID is refused at once, and not shown."""
    with pytest.raises(errors.SettingsError, match="is not a GUID such as") as caught:
        ask(service=opened(), preview_token=bad)
    assert isinstance(caught.value, ValueError)
    assert not bad or str(bad) not in str(caught.value)


@pytest.mark.parametrize(
    "target",
    [
        "https://elsewhere.test/v1/x",
        "http://ees.test/v1/x",
        "https://ees.test:8443/v1/x",
        "https://ees.test.evil.test/",
    ],
)
def test_never_to_another_host(ask: Ask, target: str) -> None:
    """A redirect to another host, port or an open line is not followed."""
    seen: list[httpx.Request] = []
    moved = told(seen, lambda _: httpx.Response(308, headers={"location": target}))
    with pytest.raises(errors.StatusError, match="was not followed") as caught:
        ask(base_url="https://ees.test", transport=moved, preview_token=TOKEN)
    assert ["ees.test"] == [request.url.host for request in seen]
    assert TOKEN not in shown(caught.value)


def test_to_the_same_host(ask: Ask) -> None:
    """A redirect within the host takes it along."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        moved = httpx.Response(308, headers={"location": request.url.path})
        return moved if len(seen) == 1 else httpx.Response(200, json=data_set())

    ask(base_url="https://ees.test", transport=told(seen, answer), preview_token=TOKEN)
    assert [TOKEN, TOKEN] == [request.headers["preview-token"] for request in seen]


def shown(error: BaseException) -> str:
    """Return all that is printed of an error."""
    return "".join(traceback.format_exception(error)) + repr(error) + str(vars(error))


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_errors_do_not_show_it(ask: Ask, status: int) -> None:
    """Errors of the service are shown without it."""
    with pytest.raises(errors.StatusError) as caught:
        ask(transport=told([], lambda _: httpx.Response(status, text="no")), preview_token=TOKEN, retries=0)
    assert TOKEN not in shown(caught.value)


def test_failures_do_not_show_it(ask: Ask) -> None:
    """Nor do connections that fail."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(errors.RequestConnectionError) as caught:
        ask(transport=told([], fail), preview_token=TOKEN, retries=0)
    assert TOKEN not in shown(caught.value)


class _Answering(BaseHTTPRequestHandler):
    """Answers with an empty object."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    """Return the address of a server of this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answering) as serving:
        thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{serving.server_address[1]}"
        serving.shutdown()
        thread.join()


def test_logs_do_not_show_it(server: str, caplog: pytest.LogCaptureFixture) -> None:
    """No logger shows it, those of httpx included, however much they are asked to say."""
    with caplog.at_level(logging.DEBUG), Client(base_url=server, preview_token=TOKEN) as client:
        assert client.request("GET", "/x") == {}
    names = {record.name.partition(".")[0] for record in caplog.records}
    assert {"httpx", "httpcore"} <= names
    assert TOKEN not in caplog.text
    assert TOKEN not in "".join(str(record.__dict__) for record in caplog.records)


def test_reprs_do_not_show_it() -> None:
    """Nor does the repr of anything of ours."""
    request = Request(method="GET", path="/x", headers=(("preview-token", TOKEN),))
    with Client(service=opened(), preview_token=TOKEN) as client:
        things = [client, client.open(ID), Settings(preview_token=TOKEN), request]
        assert TOKEN not in repr(things)


def test_the_catalogue_never_sees_a_token() -> None:
    """The unofficial addresses of the catalogue are other hosts: no token goes there."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(404)

    with Client(preview_token=TOKEN, transport=httpx.MockTransport(answer), retries=0) as client:
        for ask in (
            lambda: list(client.catalogue.search("SENCO")),
            lambda: client.request("GET", "/publications"),
            lambda: client._run(catalogue.fetch_file(catalogue.data(ID))),
        ):
            with pytest.raises(errors.EESError):
                ask()
    assert [
        ("content.explore-education-statistics.service.gov.uk", "/api/data-set-files", None),
        ("api.education.gov.uk", "/statistics/v1/publications", TOKEN),
        ("explore-education-statistics.service.gov.uk", f"/data-catalogue/data-set/{ID}/csv", None),
    ] == [(one.url.host, one.url.path, one.headers.get("preview-token")) for one in seen]


@pytest.mark.parametrize("status", [200, 302, 400, 403, 404, 418, 500])
@pytest.mark.parametrize("form", ["body", "problem", "header", "cut"])
def test_a_server_that_repeats_it(ask: Ask, status: int, form: str, caplog: pytest.LogCaptureFixture) -> None:
    """No error says it, in no attribute and no log, wherever the server repeats it, in small letters or large."""
    said = TOKEN.upper() if status % 100 else TOKEN
    headers = {"location": f"https://elsewhere.test/{said}", "retry-after": said} if form == "header" else {}
    problem = {"title": said, "status": status, "errors": [{"message": said, "path": said, "code": said}]}
    answers = {
        "body": f"<p>{said}</p>".encode(),
        "problem": json.dumps(problem).encode(),
        "cut": f'{{"id": "{said}'.encode(),
    }

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, headers=headers, content=gzip.compress(answers.get(form, b"x")))

    with caplog.at_level(logging.DEBUG), pytest.raises(errors.EESError) as caught:
        ask(transport=told([], answer), preview_token=TOKEN, retries=0, store=None)
    assert TOKEN not in (shown(caught.value) + caplog.text).lower()


def test_a_server_that_repeats_it_in_headers(caplog: pytest.LogCaptureFixture) -> None:
    """What httpx and httpcore log of headers and reasons is without it too."""

    def answer(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(f"HTTP/1.1 200 {TOKEN}\r\nX-Seen: {TOKEN}\r\nContent-Length: 2\r\n\r\n{{}}".encode())

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer, args=(listening,))
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with caplog.at_level(logging.DEBUG), Client(base_url=url, preview_token=TOKEN, store=None) as client:
            assert client.request("GET", "/x") == {}
        thread.join()
    assert "(preview token)" in caplog.text
    assert TOKEN not in caplog.text


LOCK = 'lock_version = "1.0"\nbase_url = "{}"\n'


@pytest.mark.parametrize(
    ("locked", "chosen", "options", "sent"),
    [
        ("https://evil.test", "", {}, False),
        ("https://evil.test", "https://evil.test/other", {}, True),
        ("https://evil.test", "https://evil.test:8443", {}, False),
        ("http://evil.test", "https://evil.test", {}, False),
        ("https://evil.test", "", {"base_url": "https://evil.test"}, True),
        ("https://evil.test", "", {"preview_token": TOKEN}, False),
        ("https://api.education.gov.uk/statistics", "", {}, True),
        ("https://api.education.gov.uk/statistics", "", {"preview_token": TOKEN}, True),
        ("https://user:secret@evil.test", "", {}, False),
    ],
)
def test_a_lock_names_nobody_to_send_it_to(  # noqa: PLR0917 - a table
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locked: str, chosen: str, options: Any, sent: bool
) -> None:
    """A token goes to the address of a lock only where the user named that origin too; a warning says so."""
    path = tmp_path / "ees.lock"
    path.write_text(LOCK.format(locked), encoding="utf-8")
    monkeypatch.setenv("EES_API_URL", chosen)
    monkeypatch.setenv("EES_PREVIEW_TOKEN", TOKEN)
    seen: list[httpx.Request] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ask(lock=path, transport=told(seen), store=None, **options)
    assert [TOKEN if sent else None] == [request.headers.get("preview-token") for request in seen]
    assert [] == [one.headers["authorization"] for one in seen if "authorization" in one.headers]
    said = [str(one.message) for one in caught]
    assert sent == (not said)
    assert sent or re.search(r"not sent to https?://evil.test, which only the lock file names.*base_url=", said[0])
    assert "secret" not in "".join(said)


@pytest.mark.parametrize("command", [["lock", ID], ["lock"], ["lock", "--check"], ["sync", "--yes"], ["outdated"]])
def test_the_command_line_sends_it_to_no_lock(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor do the commands that read a lock, which say it in a line."""
    seen: list[dict[str, str]] = []

    class Keeping(_Answering):
        def do_GET(self) -> None:
            seen.append({name.lower(): value for name, value in self.headers.items()})
            super().do_GET()

    rest = f'version = "1.0"\nrelease = "r"\nrows = 1\nmeta_sha256 = "{"0" * 64}"\n'
    entry = f'\n[[data_set]]\nid = "{ID}"\ntitle = "t"\n{rest}'
    monkeypatch.setenv("EES_PREVIEW_TOKEN", TOKEN)
    monkeypatch.delenv("EES_API_URL", raising=False)
    monkeypatch.setenv("EES_STORE", str(tmp_path / "store"))
    with ThreadingHTTPServer(("127.0.0.1", 0), Keeping) as serving:
        thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        url = f"http://127.0.0.1:{serving.server_address[1]}"
        (tmp_path / "ees.lock").write_text(LOCK.format(url) + entry, encoding="utf-8")
        code = main([*command, "--lock", str(tmp_path / "ees.lock")])
        serving.shutdown()
        thread.join()
    assert code != 0
    assert seen
    assert not [one for one in seen if "preview-token" in one]
    said = capsys.readouterr().err
    assert f"ees: the preview token is not sent to {url}" in said
    assert "Traceback" not in said
