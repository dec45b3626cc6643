"""Packed bodies, and how much and how long an answer may be."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eesclient import AsyncClient, Client, EESError, InvalidResponseError, Request, RequestTimeoutError
from tests.doors.top import Settings
from tests.doors.transport import MAX_UNPACKED, HttpTransport, Unpacker, unpack, unzipped
from tests.transport.scripted import ID
from tests.transport.test_http import awaiting, plain


@pytest.fixture(autouse=True, scope="module", params=["zlib", "isal.isal_zlib"])
def _decoder(request: pytest.FixtureRequest) -> Iterator[None]:
    """Undo gzip with the standard library, and with the extra `fast`."""
    decoder = pytest.importorskip(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unpack, "_decoder", decoder)
        yield


TEXTS = st.lists(st.binary(max_size=40), min_size=1, max_size=4)


def members(texts: Sequence[bytes], padding: int) -> bytes:
    """Return texts compressed one after the other, with zeros after each."""
    return b"".join(gzip.compress(text, mtime=0) + b"\0" * padding for text in texts)


@given(texts=TEXTS, padding=st.integers(0, 3), size=st.integers(1, 60))
def test_members_come_whole_however_they_are_cut_up(texts: list[bytes], padding: int, size: int) -> None:
    """Several members are one text, in pieces of any size, with zeros after them."""
    body = members(texts, padding)
    unpacker = Unpacker()
    pieces = [unpacker.feed(body[at : at + size]) for at in range(0, len(body), size)]
    assert b"".join([*pieces, unpacker.finish()]) == b"".join(texts) == gzip.decompress(body)


@given(texts=TEXTS, data=st.data())
def test_members_that_are_cut_are_found(texts: list[bytes], data: st.DataObject) -> None:
    """A body that ends anywhere but after a member is damaged, and nothing of it is taken for the whole."""
    body = members(texts, 0)
    ends = [len(members(texts[:n], 0)) for n in range(len(texts) + 1)]
    cut = data.draw(st.integers(1, len(body)).filter(lambda at: at not in ends))
    with pytest.raises(InvalidResponseError, match="the body ended in the middle"):
        unzipped(body[:cut], MAX_UNPACKED, what="the body")


@given(texts=TEXTS, garbage=st.binary(min_size=1, max_size=20))
def test_what_stands_after_a_member_is_another(texts: list[bytes], garbage: bytes) -> None:
    """What follows the last member and is neither zeros nor a member is damage, as Python's gzip says."""
    body = members(texts, 0) + garbage
    try:
        right: bytes | None = gzip.decompress(body)
    except Exception:  # noqa: BLE001 - zlib's and gzip's, by what is wrong
        right = None
    if right is None:
        with pytest.raises(InvalidResponseError):
            unzipped(body, MAX_UNPACKED, what="the body")
    else:
        assert unzipped(body, MAX_UNPACKED, what="the body") == right


def member(text: bytes, flags: int) -> bytes:
    """A text compressed, with what the flags say in its header: its digest, extra bytes, a name, a comment."""
    said = {4: b"\x05\0extra", 8: b"name.csv\0", 16: b"why\0"}
    whole = gzip.compress(text, mtime=0)
    header = whole[:3] + bytes([flags]) + whole[4:10] + b"".join(said[flag] for flag in said if flags & flag)
    digest = zlib.crc32(header).to_bytes(4, "little")[:2] if flags & 2 else b""
    return header + digest + whole[10:]


@pytest.mark.parametrize("flags", range(32))
def test_headers_of_all_kinds_are_cut_anywhere(flags: int) -> None:
    """Whatever stands in the headers of members, they may come in pieces that end within these."""
    texts = [b"a,b\n1,2\n" * 9, b"3,4\n"]
    body = b"".join(member(text, flags) for text in texts)
    assert gzip.decompress(body) == b"".join(texts) == unzipped(body, MAX_UNPACKED, what="the body")
    cuts = [[at, len(body)] for at in range(1, len(body))] + [[*range(1, len(body) + 1)]]
    for ends in cuts:
        unpacker = Unpacker()
        pieces = [unpacker.feed(body[start:end]) for start, end in pairwise([0, *ends])]
        assert b"".join([*pieces, unpacker.finish()]) == b"".join(texts)


def test_headers_that_no_gzip_has() -> None:
    """Flags that mean nothing, and a header that is not what its digest says, are damage."""
    for body in (member(b"a", 32), member(b"a", 2)[:4] + b"?" + member(b"a", 2)[5:]):
        with pytest.raises(InvalidResponseError, match="came damaged"):
            unzipped(body, MAX_UNPACKED, what="the body")


def test_a_large_body_is_undone_piece_by_piece() -> None:
    """A body that is larger than a piece, of two members, comes whole; cut off in its middle, it is damaged."""
    texts = [hashlib.shake_256(seed).digest(50_000) for seed in (b"1", b"2")]
    body = members(texts, 3)
    assert unzipped(body, MAX_UNPACKED, what="the body") == b"".join(texts)
    with pytest.raises(InvalidResponseError, match="the body ended in the middle"):
        unzipped(body[:80_000], MAX_UNPACKED, what="the body")


@pytest.mark.parametrize("send", [plain, awaiting])
@pytest.mark.parametrize("headers", [{}, {"content-encoding": "gzip"}, {"content-encoding": "x-gzip"}])
def test_all_members_of_an_answer_are_read(send: Callable[..., object], headers: dict[str, str]) -> None:
    """An answer in several members is read whole, whatever its header says."""
    body = members([b'{"a":', b"1}"], 0)
    response = send(lambda _: httpx.Response(200, content=body, headers=headers))
    assert getattr(response, "body", b"") == b'{"a":1}'


@pytest.mark.parametrize("send", [plain, awaiting])
@pytest.mark.parametrize("body", [b"x" * 101, members([b"x" * 101], 0)], ids=["plain", "packed"])
@pytest.mark.parametrize(("path", "limit"), [("/data-sets/x/meta", 1600), (f"/data-sets/{ID}/csv", 100)])
def test_bodies_have_a_size(send: Callable[..., object], body: bytes, path: str, limit: int) -> None:
    """A body past the limit is refused with the name of the argument; JSON has a sixteenth of that of a file."""
    request = Request(method="GET", path=path)
    with pytest.raises(InvalidResponseError, match=r"more than 100 bytes .*max_unpacked=") as caught:
        getattr(send(lambda _: httpx.Response(200, content=body), request, Settings(max_unpacked=limit)), "body", None)
    assert caught.value.url.endswith(path)


def test_bombs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Much more than came is refused before it is all there."""
    monkeypatch.setattr("eesclient.unpack._FREE", 100_000)
    with pytest.raises(InvalidResponseError, match="250 times what came"):
        unzipped(gzip.compress(b"\0" * 1_000_000), MAX_UNPACKED, what="the body")
    assert len(unzipped(gzip.compress(b"\0" * 99_999), MAX_UNPACKED, what="the body")) == 99_999


@pytest.mark.parametrize("name", ["EES_TIME_LIMIT", "EES_MAX_UNPACKED", "EES_MAX_IN_MEMORY"])
def test_limits_out_of_the_environment(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment says limits too; what is no number is refused."""
    field = name.removeprefix("EES_").lower()
    monkeypatch.setenv(name, "7")
    with Client(store=None) as client:
        assert getattr(client._settings, field) == 7
    with Client(store=None, time_limit=8, max_unpacked=8, max_in_memory=8) as client:
        assert getattr(client._settings, field) == 8
    for text, message in (("soon", "write a number"), ("-1", field)):
        monkeypatch.setenv(name, text)
        with pytest.raises(EESError, match=message):
            Client(store=None)


HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"


@contextlib.contextmanager
def dripping(start: bytes, drop: bytes) -> Iterator[str]:
    """Serve a start, and then drops without end, until the client goes; the address."""
    done = threading.Event()

    def answer(listening: socket.socket) -> None:
        while not done.is_set():
            with contextlib.suppress(OSError):
                connection, _ = listening.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(start)
                    while not done.wait(0.01):
                        connection.sendall(drop)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer, args=(listening,))
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        done.set()
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def ask(url: str) -> None:
    """Ask with little time."""
    with Client(base_url=url, store=None, timeout=5, time_limit=0.15, retries=0) as client:
        client.data_set(ID)


def aask(url: str) -> None:
    """Ask with little time, awaited."""

    async def main() -> None:
        async with AsyncClient(base_url=url, store=None, timeout=5, time_limit=0.15, retries=0) as client:
            await client.data_set(ID)

    anyio.run(main)


@pytest.mark.parametrize("way", [ask, aask])
@pytest.mark.parametrize(
    ("start", "drop"),
    [
        (HEAD + b"Content-Length: 9999\r\n\r\n{", b" "),
        (HEAD + b"X-Slow: ", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["body", "headers", "informational"],
)
def test_a_byte_at_a_time(way: Callable[[str], None], start: bytes, drop: bytes) -> None:
    """An answer that comes so slowly that it never ends, is given up in time."""
    began = time.monotonic()
    with dripping(start, drop) as url, pytest.raises(RequestTimeoutError, match=r"time_limit=, or EES_TIME_LIMIT"):
        way(url)
    assert time.monotonic() - began < 15


def test_a_file_may_take_long_while_it_comes() -> None:
    """A data file has a second more for each 10 kB of it that came."""

    class Slow(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            for _ in range(4):
                time.sleep(0.01)
                yield b"x" * 10_000

    settings = Settings(time_limit=0.02)
    for path, is_file in ((f"/data-sets/{ID}/csv", True), (f"/data-sets/{ID}/meta", False)):
        transport = HttpTransport(settings, transport=httpx.MockTransport(lambda _: httpx.Response(200, stream=Slow())))
        with contextlib.closing(transport):
            request = Request(method="GET", path=path)
            if is_file:
                assert len(transport.send(request).body) == 40_000
            else:
                with pytest.raises(RequestTimeoutError, match="time_limit="):
                    transport.send(request)
