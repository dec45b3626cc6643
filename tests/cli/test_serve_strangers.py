"""Tests of `ees serve` on a machine that strangers reach: what is too long, too slow, too much or meant for another."""

from __future__ import annotations

import asyncio
import errno
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Thread
from typing import Any

import pytest

import eesclient as ees
from eesclient import cli

pytest.importorskip("uvicorn", reason="the extra server is not installed")
pytest.importorskip("starlette", reason="the extra server is not installed")

from tests.doors.api import Response
from tests.doors.server import application, web

LIMIT = 128 * 1024
HEALTH = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
LAST = HEALTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
HALVES = [
    b"POST /v1/data-sets/x/query HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{",
    b"POST /v1/data-sets/x/query HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
    b"GET /v1/publica",
    b"GET /v1/publications HTTP/1.1\r\nHost: loc",
    b"",
]
"""Requests that stop in the middle."""


class Handler:
    """A service that remembers how long bodies were, and answers with one of a length."""

    def __init__(self, answer: int = 2) -> None:
        self.bodies: list[int] = []
        self._answer = answer

    def handle(self, request: ees.Request) -> Response:
        """A body of the length."""
        self.bodies.append(len(request.body or b""))
        return Response(status=200, body=b" " * self._answer)


def ask(app: Any, *chunks: bytes, host: str = "localhost", ends: bool = True, **headers: str) -> list[Any]:
    """What an ASGI application did with a request: `None` for each part that it took, and what it sent."""
    done: list[Any] = []
    parts = iter(chunks)
    left = len(chunks)

    async def receive() -> dict[str, Any]:
        nonlocal left
        done.append(None)
        left -= 1
        part = next(parts, None)
        if part is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": part, "more_body": left > 0 or not ends}

    async def send(message: dict[str, Any]) -> None:
        done.append(message.get("status", "body"))

    named = [(b"host", host.encode()), *((k.replace("_", "-").encode(), v.encode()) for k, v in headers.items())]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/x",
        "query_string": b"",
        "headers": named,
        "server": ("192.168.1.5", 8000),
    }
    asyncio.run(app(scope, receive, send))
    return done


def test_declared_long_body() -> None:
    """A body whose length is over the gateway's limit is refused before a byte of it is taken."""
    handler = Handler()
    assert [413, None, "body"] == ask(application(handler), b"x", content_length=str(LIMIT + 1))
    assert [] == handler.bodies


def test_long_body_in_chunks() -> None:
    """One of unknown length is refused where it passes the limit, and the rest is taken from the client."""
    handler = Handler()
    parts = [b"x" * (LIMIT // 2)] * 5
    assert [None, None, None, 413, None, None, "body"] == ask(application(handler), *parts)
    assert [] == handler.bodies


def test_longest_body() -> None:
    """A body of just the limit is answered."""
    handler = Handler()
    body = b"x" * LIMIT
    assert [None, 200, "body"] == ask(application(handler), body, content_length=str(LIMIT))
    assert [None, None, 200, "body"] == ask(application(handler), body[:-5], body[-5:])
    assert [LIMIT, LIMIT] == handler.bodies


def test_client_that_leaves() -> None:
    """A client that goes before its body is whole leaves no traceback."""
    handler = Handler()
    assert [] == [status for status in ask(application(handler), b"{", ends=False) if status == 200]
    assert [] == handler.bodies


@pytest.mark.parametrize(
    ("host", "is_answered"),
    [
        ("localhost", True),
        ("LOCALHOST:8000", True),
        ("127.0.0.1:1", True),
        ("[::1]:8000", True),
        ("[::1]", True),
        ("192.168.1.5:8000", True),  # the address that was connected to
        ("box.example:8000", True),
        ("Box.Example", True),
        ("evil.example", False),
        ("evil.example:8000", False),
        ("box.example.evil.example", False),
        ("evil@localhost", False),
        ("localhost:8000:1", False),
        ("localhost:x", False),
        ("192.168.1.6", False),
        ("[::1", False),
        ("::1", False),
        ("", False),
    ],
)
def test_hosts(host: str, is_answered: bool) -> None:
    """Requests for names that the server was not told of are refused: a page whose name was rebound sends its own."""
    done = ask(application(Handler(), hosts=["box.example"]), b"", host=host)
    assert (200 if is_answered else 400) in done
    assert 200 in ask(application(Handler(), hosts=["*"]), b"", host=host)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM])
def test_no_room_is_said_once(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Asyncio tells of each waiting connection; that is one line a minute."""
    server = web.server(application(Handler()))
    loop = asyncio.new_event_loop()
    for _ in range(100):
        server._complain(loop, {"message": "socket.accept() out of system resource", "exception": OSError(number, "x")})
    loop.close()
    assert "ees: no new connections for now, the system says: x\n" == capsys.readouterr().err


# Over sockets


@contextmanager
def serving(handler: Any) -> Iterator[tuple[int, web.Server]]:
    """A handler behind HTTP, in a thread: its port and server."""
    server = web.server(application(handler, hosts=[]))
    with web.listen("127.0.0.1", 0) as listening:
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield listening.getsockname()[1], server
        finally:
            server.should_exit = True
            thread.join(timeout=20)


def connect(port: int, sent: bytes = b"") -> socket.socket:
    """A connection with something sent."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=5)
    connection.sendall(sent)
    return connection


def read(connection: socket.socket) -> bytes:
    """What comes until the other side closes."""
    found = b""
    try:
        while part := connection.recv(65536):
            found += part
    except ConnectionResetError:
        pass
    return found


@pytest.mark.parametrize("half", HALVES)
def test_request_that_never_ends(half: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that is not whole in time is dropped, though bytes of it come."""
    monkeypatch.setattr(web.Connection, "patience", 0.15)
    with serving(Handler()) as (port, _), connect(port, half) as connection:
        started = time.monotonic()
        assert b"" == read(connection)
        assert time.monotonic() - started < 8


@pytest.mark.parametrize("close", [b"", b"Connection: close\r\n"])
def test_answer_that_is_not_taken(close: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who takes nothing of an answer is dropped; who takes it slowly gets it whole."""
    monkeypatch.setattr(web.Connection, "patience", 0.6)
    length = 20_000_000
    question = b"GET /v1/x HTTP/1.1\r\nHost: localhost\r\n%s\r\n" % close
    with serving(Handler(length)) as (port, server), connect(port, question) as taken, connect(port, question) as left:
        size = 0
        while part := taken.recv(1_000_000):
            time.sleep(0.02)
            size += len(part)
        while server.server_state.connections:
            time.sleep(0.01)
        assert len(read(left)) < length < size


def test_pipelined_requests() -> None:
    """Requests that are sent at once are answered in turn."""
    with serving(Handler()) as (port, _), connect(port, HEALTH * 2 + LAST) as connection:
        assert 3 == read(connection).count(b"Healthy")


@pytest.mark.parametrize("close", [b"", b"Connection: close\r\n"])
@pytest.mark.parametrize("framing", [b"Content-Length: 500000000", b"Transfer-Encoding: chunked"])
def test_long_body_over_a_socket(framing: bytes, close: bytes) -> None:
    """The refusal comes while the body does, and is there for a client that sends on before it reads."""
    head = b"POST /v1/x HTTP/1.1\r\nHost: localhost\r\n%s\r\n%s\r\n" % (framing, close)
    chunk = b"40000\r\n" + b"x" * 0x40000 + b"\r\n"
    with serving(Handler()) as (port, _), connect(port, head) as connection:
        for _ in range(20):
            connection.sendall(chunk)
        assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_more_connections_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Further clients are told to come again; those that are connected, and later ones, are answered."""
    monkeypatch.setattr(web, "_descriptors", lambda: 16)
    with serving(Handler()) as (port, _):
        with ExitStack() as held:
            first = [held.enter_context(connect(port)) for _ in range(4)]
            assert read(held.enter_context(connect(port))).startswith(b"HTTP/1.1 503 ")
            first[0].sendall(HEALTH)
            assert first[0].recv(1000).startswith(b"HTTP/1.1 200 ")
        with connect(port, HEALTH) as later:
            assert later.recv(1000).startswith(b"HTTP/1.1 200 ")


# A process


@pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")
def test_process() -> None:
    """More clients than it may have files open neither fill its log nor end it; SIGTERM does so within two seconds."""
    limited = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)); from eesclient.cli import main; "
    command = [sys.executable, "-c", f"{limited}main(['serve', '--port', '0'])"]
    with subprocess.Popen(  # noqa: S603 - our own code
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as served:
        assert served.stdout is not None
        found = re.search(r":([0-9]+)/v1 ", served.stdout.readline())
        assert found is not None, served.communicate(timeout=10)
        port = int(found[1])
        with ExitStack() as held:
            for _ in range(100):
                held.enter_context(connect(port))
        while True:  # it has yet to see that they left
            with connect(port, LAST) as later:
                if read(later).startswith(b"HTTP/1.1 200 "):
                    break
        with ExitStack() as held:
            for half in HALVES:
                held.enter_context(connect(port, half))
            held.enter_context(connect(port, HEALTH)).recv(1000)
            started = time.monotonic()
            served.terminate()
            _, errors = served.communicate(timeout=10)
            assert time.monotonic() - started < 8
    assert (-signal.SIGTERM, "") == (served.returncode, errors)


# The command


@pytest.mark.parametrize("host", ["0.0.0.0", "", "::"])  # noqa: S104 - nothing is taken there
def test_warns_where_others_reach_it(
    host: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bound elsewhere than to this machine, it says that others can ask."""
    monkeypatch.setattr(web.Server, "run", lambda *_, **__: None)
    assert 0 == cli.main(["serve", "--host", host, "--port", "0"])
    out, errors = capsys.readouterr()
    assert "other machines" in errors
    assert f"http://{'[::]' if host == '::' else host}:" in out


@pytest.mark.parametrize(
    ("host", "port"), [("127.0.0.1", "70000"), ("127.0.0.1", "-1"), ("a\0b", "0"), ("x" * 70, "0")]
)
def test_address_that_is_none(host: str, port: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be listened on is an error in one line."""
    assert 1 == cli.main(["serve", "--host", host, "--port", port])
    assert re.fullmatch(r"ees: cannot listen on [^\n]*\n", capsys.readouterr().err)
