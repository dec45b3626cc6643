"""Between our messages and httpx, against its mock transport and against sockets of this machine."""

from __future__ import annotations

import gzip
import json
import pickle
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anyio
import httpx
import pytest

import eesclient as ees
from eesclient import (
    EESError,
    InvalidResponseError,
    QueryTooLargeError,
    Request,
    RequestConnectionError,
    RequestError,
    RequestTimeoutError,
)
from tests.doors.aio import AsyncHttpTransport, AsyncItems, AsyncLocalTransport
from tests.doors.aio import drive as adrive
from tests.doors.api import Batch, Flow, Item, Listing, Response, error_for
from tests.doors.top import BASE_URL, Settings
from tests.doors.transport import HttpTransport, LocalTransport, address, module, unzipped
from tests.transport.scripted import ID, Scripted

GET = Request(method="GET", path=f"/data-sets/{ID}")
CSV = Request(method="GET", path=f"/data-sets/{ID}/csv", params=(("dataSetVersion", "1.0"),))
Handler = Callable[[httpx.Request], httpx.Response]
Send = Callable[..., Response]


def plain(handler: Handler, request: Request = GET, settings: Settings | None = None) -> Response:
    """Send through the plain transport."""
    transport = HttpTransport(settings or Settings(), transport=httpx.MockTransport(handler))
    try:
        return transport.send(request)
    finally:
        transport.close()


def awaiting(handler: Handler, request: Request = GET, settings: Settings | None = None) -> Response:
    """Send through the awaiting transport."""

    async def main() -> Response:
        transport = AsyncHttpTransport(settings or Settings(), transport=httpx.MockTransport(handler))
        try:
            return await transport.send(request)
        finally:
            await transport.close()

    return anyio.run(main)


@pytest.fixture(params=[plain, awaiting])
def send(request: pytest.FixtureRequest) -> Send:
    """Return each of the two ways to send."""
    way: Send = request.param
    return way


def test_what_goes_out(send: Send) -> None:
    """Address, headers and body are those that the service wants."""
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"a": 1}, headers={"API-Supported-Versions": "1"})

    query = Request(
        method="POST",
        path=f"/data-sets/{ID}/query",
        params=(("dataSetVersion", "1.*"),),
        body=b"{}",
        headers=(("X-Extra", "yes"),),
    )
    response = send(handler, query)
    (sent,) = seen
    assert str(sent.url) == f"{BASE_URL}/v1/data-sets/{ID}/query?dataSetVersion=1.*"
    assert (sent.method, sent.content) == ("POST", b"{}")
    assert sent.headers["accept"] == "application/json"
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["x-extra"] == "yes"
    assert sent.headers["user-agent"].startswith("eesclient/")
    assert "gzip" in sent.headers["accept-encoding"]
    assert (response.status, json.loads(response.body), response.url) == (200, {"a": 1}, str(sent.url))
    assert response.headers["api-supported-versions"] == "1"


def test_data_files_are_asked_for_as_such(send: Send) -> None:
    """The data file is CSV, its errors are JSON; a GET has no content type."""
    seen: list[httpx.Headers] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        return httpx.Response(200, text="a,b\n")

    assert send(handler, Request(method="GET", path=f"/data-sets/{ID}/csv")).body == b"a,b\n"
    assert seen[0]["accept"] == "text/csv, application/json"
    assert "content-type" not in seen[0]


def test_user_agent() -> None:
    """The service is told who asks, and of which release."""
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["user-agent"])
        return httpx.Response(200)

    plain(handler)
    assert seen == [f"eesclient/{ees.__version__}"]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (GET, f"https://x.test/v1/data-sets/{ID}"),
        (Request(method="GET", path="/a b/ü?/v1.*"), "https://x.test/v1/a%20b/%C3%BC%3F/v1.*"),
        (
            Request(method="GET", path="/a", params=(("l", "LA|code|E1 / E2"), ("l", "é&=#"), ("e", ""))),
            "https://x.test/v1/a?l=LA%7Ccode%7CE1%20%2F%20E2&l=%C3%A9%26%3D%23&e=",
        ),
    ],
)
def test_addresses(request_: Request, expected: str) -> None:
    """Paths and parameters are percent-encoded, repeats kept in order."""
    assert address("https://x.test", request_) == expected


TEXT = b'{"text": "' + b"x" * 1_000 + b'"}'


@pytest.mark.parametrize("headers", [{"content-encoding": "gzip"}, {}])
def test_gzip_is_undone(send: Send, headers: dict[str, str]) -> None:
    """Compressed bodies are read, also when a proxy dropped the header that says so."""
    assert send(lambda _: httpx.Response(200, content=gzip.compress(TEXT), headers=headers)).body == TEXT


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"\x1f\x8b" + b"no gzip at all", {}),
        (gzip.compress(TEXT, mtime=0)[:-9], {}),
        (b"no gzip at all", {"content-encoding": "gzip"}),
    ],
)
def test_damaged_compression(send: Send, content: bytes, headers: dict[str, str]) -> None:
    """A body that cannot be decompressed is not what the API promises."""
    with pytest.raises(InvalidResponseError, match=r"(came damaged .*|ended in the middle): try again") as caught:
        send(lambda _: httpx.Response(200, content=content, headers=headers)).unpacked()
    assert (caught.value.method, caught.value.url) == ("GET", f"{BASE_URL}/v1/data-sets/{ID}")


@pytest.mark.parametrize(
    ("error", "expected", "message"),
    [
        (httpx.ReadTimeout("slow"), RequestTimeoutError, "no answer from"),
        (httpx.WriteTimeout("slow"), RequestTimeoutError, "no answer from"),
        (httpx.ConnectTimeout("slow"), RequestTimeoutError, "no connection from"),
        (httpx.PoolTimeout("slow"), RequestTimeoutError, "no connection from"),
        (httpx.ConnectError("refused"), RequestConnectionError, "(refused)"),
        (httpx.ReadError(""), RequestConnectionError, "(ReadError)"),
        (httpx.RemoteProtocolError("cut short"), RequestConnectionError, "(cut short)"),
        (httpx.ProxyError("no proxy"), RequestConnectionError, "the proxy settings"),
    ],
)
def test_errors_become_ours(send: Send, error: Exception, expected: type[Exception], message: str) -> None:
    """Errors of httpx become ours, with the cause kept, and say what to do."""

    def handler(request: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(RequestError) as caught:
        send(handler)
    assert type(caught.value) is expected
    assert message in str(caught.value)
    assert caught.value.__cause__ is error
    assert (caught.value.method, caught.value.url) == ("GET", f"{BASE_URL}/v1/data-sets/{ID}")
    copy = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes
    assert (type(copy), str(copy), vars(copy)) == (expected, str(caught.value), vars(caught.value))


def redirecting(*locations: str, status: int = 308) -> tuple[Handler, list[httpx.Request]]:
    """Return a handler that redirects to each location in turn before it answers, and what it was asked."""
    left = list(locations)
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(status, headers={"location": left.pop(0)}) if left else httpx.Response(200, content=b"ok")

    return handler, seen


@pytest.mark.parametrize("location", ["/statistics/v1/upper?a=b&c=d", f"{BASE_URL}/v1/upper?c=d&more=e&a=b"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_redirects_within_the_host(send: Send, method: str, location: str) -> None:
    """A redirect to the same path of the same host, in other letters, is followed with method and body."""
    handler, seen = redirecting(location)
    body = b"{}" if method == "POST" else None
    response = send(handler, Request(method=method, path="/UPPER", params=(("a", "b"), ("c", "d")), body=body))
    assert response.body == b"ok"
    assert response.url == str(httpx.URL(BASE_URL).join(location))
    assert [(request.method, request.content) for request in seen] == [(method, body or b"")] * 2


@pytest.mark.parametrize(
    "location",
    [
        "https://elsewhere.test/v1/x",
        "http://api.education.gov.uk/statistics/v1/x",
        "https://api.education.gov.uk:8443/statistics/v1/x",
        "//[bad/x",
        f"//user:secret@api.education.gov.uk/statistics/v1{CSV.path}?dataSetVersion=1.0",
    ],
)
def test_redirects_elsewhere(send: Send, location: str) -> None:
    """Nothing is sent to another host, another port or without encryption, nor with a password of a stranger."""
    handler, seen = redirecting(location)
    assert send(handler, CSV).status == 308
    assert len(seen) == 1


@pytest.mark.parametrize(
    "location",
    [
        CSV.path,
        f"{CSV.path}?dataSetVersion=1.1",
        f"{CSV.path}?dataSetVersion=1.1&dataSetVersion=1",
        f"{CSV.path}?dataSetVersion=1.0&DATASETVERSION=1.1",
        f"{CSV.path}/?dataSetVersion=1.0",
        f"{CSV.path}x?dataSetVersion=1.0",
        f"{CSV.path.replace('0', '1')}?dataSetVersion=1.0",
        "/?dataSetVersion=1.0",
    ],
)
def test_redirects_to_something_else(send: Send, location: str) -> None:
    """What is not what was asked for, such as another version of a data file, is not followed."""
    handler, seen = redirecting(f"/statistics/v1{location}")
    assert send(handler, CSV).status == 308
    assert len(seen) == 1


def test_redirect_without_a_target(send: Send) -> None:
    """A redirect that says not where to is handed on."""
    assert send(lambda _: httpx.Response(308)).status == 308


def test_redirect_to_what_is_no_address(send: Send) -> None:
    """A redirect to nonsense is a broken connection."""
    handler, _ = redirecting("https://x.test:abc/")
    with pytest.raises(RequestConnectionError, match="Invalid URL in location header"):
        send(handler)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location",
    [
        "javascript:alert(1)", "file:///etc/passwd", "\\\\evil\\x", "http:\\\\evil", "", "  ", "#f", "http://",
        "http://[", "//", "data:text/html,x", "x" * 70_000, b"/\xff", "/ü".encode(), b"/a\x01b", "mailto:x@y",
        "https:x", f"https://{'a' * 70}/",
        "https://user:secret@elsewhere.test/", "https://user:secret@x.test:abc/", "/%zz", "?x", "https://xn--a/",
    ],
)  # fmt: skip
def test_odd_redirects(send: Send, location: str | bytes, status: int) -> None:
    """Wherever a redirect leads, nothing goes to another host, and what comes is an answer or one of our errors."""
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(
            status, headers=[(b"location", location if isinstance(location, bytes) else location.encode())]
        )

    with pytest.raises(EESError) as caught:
        raise error_for(GET, send(handler))
    assert "secret" not in "".join(traceback.format_exception(caught.value))
    assert {"api.education.gov.uk"} == {request.url.host for request in seen}


def test_addresses_have_a_length(send: Send) -> None:
    """An address that httpx cannot send is refused with advice."""
    with pytest.raises(QueryTooLargeError, match="ask by POST"):
        send(lambda _: httpx.Response(200), Request(method="GET", path="/x", params=(("a", "b" * 60_000),)))


def test_redirect_to_encryption(send: Send) -> None:
    """From http to https of the same host is no step elsewhere."""
    handler, seen = redirecting(f"https://x.test/v1{GET.path}")
    assert send(handler, GET, Settings(base_url="http://x.test")).body == b"ok"
    assert seen[1].url.scheme == "https"


def test_redirects_that_change_the_method(send: Send) -> None:
    """A POST is never turned into a GET; a GET follows the older redirects too."""
    handler, seen = redirecting("/statistics/v1/x", status=302)
    assert send(handler, Request(method="POST", path="/x", body=b"{}")).status == 302
    assert len(seen) == 1
    handler, _ = redirecting(f"/statistics/v1{GET.path}", status=302)
    assert send(handler).body == b"ok"


def test_redirects_in_a_circle(send: Send) -> None:
    """After three redirects no more are followed."""
    handler, seen = redirecting(*[f"/statistics/v1{GET.path}"] * 9)
    assert send(handler).status == 308
    assert len(seen) == 4


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (BASE_URL, "service"),
        ("https://pp-api.education.gov.uk/statistics-test", "service"),
        ("http://localhost:5050", "local"),
        ("http://127.0.0.1:8000", "local"),
        ("http://[::1]:8000", "local"),
    ],
)
def test_source(url: str, expected: str) -> None:
    """What a server on this machine says is not the Department's."""
    transport = HttpTransport(Settings(base_url=url), transport=httpx.MockTransport(lambda _: httpx.Response(200)))
    assert transport.source == expected
    transport.close()


def test_time_outs(send: Send) -> None:
    """The time-outs of the settings are those of each request."""
    seen: list[dict[str, float]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(200)

    send(handler, GET, Settings(connect_timeout=1.5, read_timeout=2.5))
    assert seen == [{"connect": 1.5, "read": 2.5, "write": 2.5, "pool": 2.5}]
    for path in ("/data-sets/1/meta", "/data-sets/1/csv", "/data-sets/1/versions"):
        send(handler, Request(method="GET", path=path), Settings())
    assert [60, 60, 35] == [limits["read"] for limits in seen[1:]]


class Page(BaseHTTPRequestHandler):
    """Answers with the path, compressed; on /cut it breaks off, on /damaged it is no gzip."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer a GET."""
        body = b"\x1f\x8bno gzip" if "damaged" in self.path else gzip.compress(json.dumps(self.path).encode())
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body) + (10 if "cut" in self.path else 0)))
        # said, so that no client asks again over the connection that goes
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Serve on a loopback address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()


def over_sockets(url: str, request: Request, timeout: float) -> Response:
    """Send over a socket by the plain transport."""
    transport = HttpTransport(Settings(base_url=url, connect_timeout=timeout, read_timeout=timeout))
    try:
        return transport.send(request)
    finally:
        transport.close()


def asyncio_sockets(url: str, request: Request, timeout: float, backend: str = "asyncio") -> Response:
    """Send over a socket by the awaiting transport."""

    async def main() -> Response:
        transport = AsyncHttpTransport(Settings(base_url=url, connect_timeout=timeout, read_timeout=timeout))
        try:
            return await transport.send(request)
        finally:
            await transport.close()

    return anyio.run(main, backend=backend)


def trio_sockets(url: str, request: Request, timeout: float) -> Response:
    """Send over a socket by the awaiting transport on trio."""
    return asyncio_sockets(url, request, timeout, "trio")


@pytest.fixture(params=[over_sockets, asyncio_sockets, trio_sockets], ids=["plain", "asyncio", "trio"])
def sockets(request: pytest.FixtureRequest) -> Send:
    """Return each of the ways to send over a socket."""
    way: Send = request.param
    return way


def test_over_a_socket(sockets: Send, server: str) -> None:
    """A real server is asked at the right path, and its compression undone."""
    response = sockets(f"{server}/base/", Request(method="GET", path="/x y", params=(("a", "b c"),)), 10)
    assert json.loads(response.body) == "/base/v1/x%20y?a=b%20c"


@pytest.fixture
def unpacking(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the threads in which compression was undone."""
    threads: list[int] = []

    def watched(body: bytes, limit: int, *, what: str) -> bytes:
        threads.append(threading.get_ident())
        return unzipped(body, limit, what=what)

    monkeypatch.setattr(module, "unzipped", watched)
    return threads


def test_bodies_are_unpacked_once_when_read(sockets: Send, server: str, unpacking: list[int]) -> None:
    """A body stays packed until it is read, so that those that wait take little memory."""
    response = sockets(server, Request(method="GET", path="/x"), 10)
    assert unpacking == []
    assert [response.body, response.body, response.unpacked().body] == [b'"/v1/x"'] * 3
    assert len(unpacking) == 1


def test_damaged_body_over_a_socket(sockets: Send, server: str) -> None:
    """A body that cannot be decompressed is found out when it is read, and the error says whose it was."""
    response = sockets(server, Request(method="GET", path="/damaged"), 10)
    with pytest.raises(InvalidResponseError, match=r"(came damaged \(gzip: .*\)|ended in the middle): try") as caught:
        response.unpacked()
    assert (caught.value.method, caught.value.url) == ("GET", f"{server}/v1/damaged")


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_decompression_is_off_the_event_loop(backend: str, server: str, unpacking: list[int]) -> None:
    """The awaiting driver undoes compression in worker threads: of one answer, of many, and of a listing."""
    request = Request(method="GET", path="/x")

    def flow() -> Flow[list[bytes]]:
        first = yield request
        rest = yield Batch(requests=(request, request), each=lambda _, response: response.body)
        return [first.body, *rest]

    def listing() -> Listing[bytes]:
        answer = yield request
        yield Item(value=answer.body)

    async def main() -> list[bytes]:
        transport = AsyncHttpTransport(Settings(base_url=server))
        try:
            found = await adrive(flow(), transport.send)
            return found + [item async for item in AsyncItems(listing(), transport.send)]
        finally:
            await transport.close()

    assert anyio.run(main, backend=backend) == [b'"/v1/x"'] * 4
    assert len(unpacking) == 4
    assert threading.get_ident() not in unpacking


def test_connection_that_breaks(sockets: Send, server: str) -> None:
    """A body shorter than announced is a broken connection, not a short answer."""
    with pytest.raises(RequestConnectionError):
        sockets(server, Request(method="GET", path="/cut"), 10)


def test_no_answer_in_time(sockets: Send) -> None:
    """A server that never answers is a time-out."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(RequestTimeoutError, match=r"allow more \(timeout=\)") as caught:
            sockets(url, GET, 0.05)
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.url == f"{url}/v1/data-sets/{ID}"


def test_refused_connection(sockets: Send) -> None:
    """A port on which nobody listens is a failed connection."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}"
    with pytest.raises(RequestConnectionError, match="see the network") as caught:
        sockets(url, GET, 10)
    assert isinstance(caught.value, ConnectionError)


def test_service_transport() -> None:
    """A local service is asked directly, and says whose its answers are."""
    service = Scripted({f"GET {GET.path}": Response(status=200, body=b"here")})
    transport = LocalTransport(service)
    assert (transport.send(GET).body, transport.source) == (b"here", "service")
    transport.close()


@pytest.mark.anyio
async def test_async_service_transport() -> None:
    """As plain, but in a worker thread."""
    here = threading.get_ident()

    def respond(request: Request) -> Response:
        return Response(status=200, body=str(threading.get_ident() == here).encode())

    transport = AsyncLocalTransport(Scripted({f"GET {GET.path}": respond}))
    assert (await transport.send(GET)).body == b"False"
    assert transport.source == "service"
    await transport.close()
