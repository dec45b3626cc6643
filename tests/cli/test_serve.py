"""Tests of the service behind HTTP: with plain requests, without our client, and with it."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from urllib.error import HTTPError
from urllib.parse import quote, unquote
from urllib.request import Request, urlopen

import pytest

import eesclient as ees
from eesclient import cli

uvicorn = pytest.importorskip("uvicorn", reason="the extra server is not installed")
pytest.importorskip("starlette", reason="the extra server is not installed")

from tests.doors.server import application, web  # noqa: E402


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`ees serve` on a free port; gives its address and process."""
    command = [sys.executable, "-m", "eesclient", "serve", "--port", "0", *arguments]
    with subprocess.Popen(  # noqa: S603 - our own code
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"(http://127\.0\.0\.1:[0-9]+)/v1 ", line)
        try:
            assert found is not None, process.communicate(timeout=10)
            yield found[1], process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=20)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Address of the demo behind HTTP, in a thread."""
    server = web.server(application(ees.local.demo()))
    with web.listen("127.0.0.1", 0) as listening:
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=20)


def fetch(url: str, body: object = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """A plain request: status, headers in lower case, body."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {name.replace("_", "-"): value for name, value in headers.items()})  # noqa: S310
    try:
        with urlopen(request) as response:  # noqa: S310 - loopback
            return response.status, {n.lower(): v for n, v in response.headers.items()}, response.read()
    except HTTPError as error:
        with error:
            return error.code, {n.lower(): v for n, v in error.headers.items()}, error.read()


def test_quick_start(address: str) -> None:
    """The service's own quick start works with plain requests: find a publication, a data set, metadata; query."""
    status, _, body = fetch(f"{address}/v1/publications?page=1&pageSize=20")
    assert 200 == status
    publication = json.loads(body)["results"][0]
    _, _, body = fetch(f"{address}/v1/publications/{publication['id']}/data-sets")
    data_set = next(item for item in json.loads(body)["results"] if "(SEN)" in item["title"])
    _, _, body = fetch(f"{address}/v1/data-sets/{data_set['id']}/meta")
    meta = json.loads(body)
    indicator = next(item["id"] for item in meta["indicators"] if item["column"] == "pupil_count")
    period = {"period": "2024/2025", "code": "AY"}
    question = {"criteria": {"timePeriods": {"eq": period}}, "indicators": [indicator], "pageSize": 5}
    status, headers, body = fetch(
        f"{address}/v1/data-sets/{data_set['id']}/query", question, Content_Type="application/json"
    )
    answer = json.loads(body)
    assert (200, "application/json") == (status, headers["content-type"].partition(";")[0])
    assert 5 == len(answer["results"])
    assert [period] * 5 == [row["timePeriod"] for row in answer["results"]]
    assert {indicator} == {key for row in answer["results"] for key in row["values"]}


def test_our_client(address: str) -> None:
    """Our client gives the same frame over HTTP as in process."""
    words = {"indicators": "pupil_count", "periods": "2024/25", "page_size": 7}
    with ees.Client(base_url=address) as over_http, ees.Client(service=ees.local.demo()) as in_process:
        here, there = (client.open(ees.local.SEN_ID, version="1.*") for client in (in_process, over_http))
        assert here.query(**words).frame.equals(there.query(**words).frame)
        assert here.read().frame.equals(there.read().frame)


@pytest.mark.parametrize(("size", "status"), [(8192, 400), (8193, 414)])
def test_long_addresses(address: str, size: int, status: int) -> None:
    """A request line past 8 KB gets 414, as by the service's web server; the rest of it is read."""
    line = "GET /v1/publications?x={} HTTP/1.1\r\n"
    assert status == fetch(f"{address}/v1/publications?x={'y' * (size - len(line) + 2)}")[0]


def test_health(address: str) -> None:
    """/health is outside the version segment."""
    assert (200, b"Healthy") == fetch(f"{address}/health")[::2]


def test_csv_is_always_gzip(address: str) -> None:
    """The CSV endpoint sends gzip whatever is accepted (reference, section 13)."""
    status, headers, body = fetch(f"{address}/v1/data-sets/{ees.local.SEN_ID}/csv", Accept_Encoding="identity")
    assert (200, "gzip") == (status, headers["content-encoding"])
    assert gzip.decompress(body).startswith(b"time_period,")


def test_json_is_gzip_on_request(address: str) -> None:
    """JSON is compressed for those who ask."""
    url = f"{address}/v1/data-sets/{ees.local.SEN_ID}"
    _, headers, packed = fetch(url, Accept_Encoding="gzip")
    _, plain_headers, plain = fetch(url, Accept_Encoding="identity")
    assert "gzip" == headers["content-encoding"]
    assert "content-encoding" not in plain_headers
    assert plain == gzip.decompress(packed)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/v1/nothing", {}, 404),
        ("/v2/publications", {}, 404),
        ("/v1/data-sets/not-a-guid", {}, 404),
        ("/v1/publications?tracking=1", {}, 400),
        ("/v1/publications", {"Accept": "text/csv"}, 406),
        ("/v1/publications", {"Accept": ""}, 200),
        ("/v1/publications", {"Accept": " ,;q=1"}, 200),
        ("/v1/nothing", {"Accept": "text/csv"}, 404),
        ("/v1/data-sets/00000000-0000-0000-0000-000000000000/csv", {"Accept": "text/csv"}, 404),
        ("/v1/publications", {"Accept": "text/html, application/json;q=0.9"}, 200),
    ],
)
def test_statuses(address: str, path: str, headers: dict[str, str], status: int) -> None:
    """Addresses, parameters and media types are refused as by the service."""
    assert status == fetch(f"{address}{path}", **headers)[0]


@pytest.mark.parametrize(("media_type", "status"), [("application/json", 200), ("text/plain", 415), (None, 415)])
def test_media_type_of_a_query(address: str, media_type: str | None, status: int) -> None:
    """A query's body has to be declared as JSON; an undeclared one is refused too."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"))
    headers = {} if media_type is None else {"Content-Type": media_type}
    connection.request("POST", f"/v1/data-sets/{ees.local.SEN_ID}/query", body=b"{}", headers=headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    assert status == response.status


def test_capitals_redirect(address: str) -> None:
    """A path with capitals goes to its lower-case address, the query as it was (reference, section 1)."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"))
    connection.request("GET", "/v1/Publications?search=SEN")
    response = connection.getresponse()
    connection.close()
    assert (308, f"{address}/v1/publications?search=SEN") == (response.status, response.headers["location"])


@pytest.mark.parametrize("path", ["/v1/Publications/%C4%80%0D%0Ax:%20y", "/v1/A%2F%2F%5B", "/V1//[b"])
def test_odd_capitals_redirect(address: str, path: str) -> None:
    """What a header cannot hold stays encoded in the address."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"))
    connection.request("GET", path)
    response = connection.getresponse()
    connection.close()
    location = quote(unquote(path).lower(), safe="/:")
    assert (308, f"{address}{location}", None) == (response.status, response.headers["location"], response.headers["x"])


def test_small_answers_are_sent_at_once() -> None:
    """The system does not hold back an answer until the one before is confirmed."""
    with web.listen("127.0.0.1", 0) as listening:
        assert socket.IPPROTO_TCP == listening.proto  # what asyncio looks at


def test_interrupt_stops_cleanly() -> None:
    """Ctrl-C ends the server with exit code 0 and without a traceback, though a request is half sent."""
    half = b"POST /v1/data-sets/x/query HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"
    with serving() as (base, process), socket.create_connection(("127.0.0.1", int(base.rpartition(":")[2]))) as waiting:
        waiting.sendall(half)
        assert 200 == fetch(f"{base}/health")[0]
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        assert time.monotonic() - started < 8
    assert (0, "") == (process.returncode, errors)


def test_faults_of_the_service_are_told() -> None:
    """Where the box fails as the service does, `ees serve` says on its error stream with which of its faults."""
    with serving() as (base, process):
        assert (500, b"") == fetch(f"{base}/v1/data-sets/{ees.local.SEN_ID}/versions/3000000000.*")[::2]
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert errors.startswith("ees: 500, as the service answers to GET /data-sets/")
    assert "a number over 2,147,483,647 in a wildcard version" in errors


def test_answers_are_sent_at_once() -> None:
    """The server's sockets name their protocol, without which small answers on an open connection take 40 ms."""
    with web.listen("127.0.0.1", 0) as listening:
        assert socket.IPPROTO_TCP == listening.proto


def test_own_folder(tmp_path: Path) -> None:
    """A folder of CSV pairs is served."""
    (tmp_path / "places.meta.csv").write_text("col_name,col_type,label\nplaces,Indicator,Places\n")
    header = "time_period,time_identifier,geographic_level,country_code,country_name,places\n"
    (tmp_path / "places.csv").write_text(f"{header}2024,Calendar year,National,E92000001,England,5\n")
    with serving(str(tmp_path)) as (base, _), ees.Client(base_url=base) as client:
        assert ["Places"] == [data_set.title for data_set in client.data_sets()]


def test_taken_port(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A taken port says so."""
    port = address.rpartition(":")[2]
    assert 1 == cli.main(["serve", "--port", port])
    assert f"port {port} is taken" in capsys.readouterr().err


def test_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that is none is an error in one line."""
    assert 1 == cli.main(["serve", str(tmp_path / "nowhere")])
    assert "nowhere is not a folder" in capsys.readouterr().err


def test_address_of_another_machine(capsys: pytest.CaptureFixture[str]) -> None:
    """An address that is not this machine's is an error in one line."""
    assert 1 == cli.main(["serve", "--host", "192.0.2.1", "--port", "0"])
    assert "cannot listen on 192.0.2.1" in capsys.readouterr().err


def test_says_what_it_serves(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The address is printed when requests are taken, synthetic data say so, and Ctrl-C is no failure."""

    def interrupted(_: object, sockets: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(uvicorn.Server, "run", interrupted)
    assert 0 == cli.main(["serve", "--port", "0"])
    assert re.fullmatch(r"SYNTHETIC DATA, .*: http://127\.0\.0\.1:[0-9]+/v1 .*\n", capsys.readouterr().out)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without the extra, one line says how to get it."""
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "eesclient.local.web")
    monkeypatch.delattr(ees.local, "web")
    assert 1 == cli.main(["serve"])
    assert "pip install 'eesclient[server]'" in capsys.readouterr().err
