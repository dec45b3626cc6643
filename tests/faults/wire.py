"""Faults of connections and of what HTTP puts around a body."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from eesclient import InvalidResponseError, RequestConnectionError, RequestTimeoutError, StatusError
from tests.faults.answers import SECURE, Change, Reply, Script
from tests.faults.fault import Expected, Fault

LOST, LATE = RequestConnectionError, RequestTimeoutError


def faults() -> Iterator[Fault]:
    """All of them."""
    for name, (change, expected) in WHOLE.items():
        yield Fault(name=name, change=change, expected=expected)
    for name, change in SLOW.items():
        yield Fault(name=name, change=change, expected=LATE, options={"timeout": 0.2, "time_limit": 0.5})
    for name, script in INSECURE.items():
        options = {"base_url": "https://127.0.0.1:{port}"}
        yield Fault(name=name, change=partial(_said, script), expected=LOST, options=options)
    # nothing listens there
    yield Fault(name="refused", change=partial(_said, []), expected=LOST, options={"base_url": "http://127.0.0.1:9"})


def _said(script: Script, _: Reply) -> Script:
    return script


def _half(reply: Reply) -> bytes:
    return reply.body[: len(reply.body) // 2]


def _chunked(reply: Reply, *pieces: bytes) -> bytes:
    head = reply.with_headers(("transfer-encoding", "chunked")).head(length=-1)
    return head + b"".join(pieces)


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(piece), piece)


def _until_closed(share: float, version: str = "1.1") -> Change:
    return lambda reply: [reply.head(length=-1, version=version), reply.body[: int(len(reply.body) * share)]]


def _lines(*lines: bytes) -> Change:
    """More lines after the first one."""

    def change(reply: Reply) -> Script:
        first, rest = reply.head().split(b"\r\n", 1)
        return [b"\r\n".join((first, *lines, rest)), reply.body]

    return change


def _first_line(line: bytes) -> Change:
    return lambda reply: [line + b"\r\n" + reply.head().split(b"\r\n", 1)[1], reply.body]


def _trickle(reply: Reply) -> Script:
    yield reply.head(length=10_000)
    for _ in range(100):
        yield b" "
        yield 0.05


WHOLE: dict[str, tuple[Change, Expected]] = {
    "closed before the answer": (lambda reply: [], LOST),
    "reset before the answer": (lambda reply: [None], LOST),
    "closed within the first line": (lambda reply: [b"HTTP/1.1 2"], LOST),
    "closed within headers": (lambda reply: [reply.head()[:-9]], LOST),
    "reset within headers": (lambda reply: [reply.head()[:-9], 0.02, None], LOST),
    "closed after headers": (lambda reply: [reply.head()], LOST),
    "reset after headers": (lambda reply: [reply.head(), 0.02, None], LOST),
    "closed within the body": (lambda reply: [reply.head(), _half(reply)], LOST),
    "reset within the body": (lambda reply: [reply.head(), _half(reply), 0.02, None], LOST),
    "closed before the last byte": (lambda reply: [reply.head(), reply.body[:-1]], LOST),
    "chunked": (
        lambda reply: [_chunked(reply, _chunk(_half(reply)), _chunk(reply.body[len(reply.body) // 2 :]), b"0\r\n\r\n")],
        None,
    ),
    "chunked, byte by byte": (
        lambda reply: [_chunked(reply, *(_chunk(reply.body[n : n + 1]) for n in range(len(reply.body))), b"0\r\n\r\n")],
        None,
    ),
    "chunked, without an end": (lambda reply: [_chunked(reply, _chunk(reply.body))], LOST),
    "chunked, cut within a piece": (lambda reply: [_chunked(reply, _chunk(reply.body)[:-9])], LOST),
    "chunked, with a size that is none": (lambda reply: [_chunked(reply, b"size\r\n", reply.body)], LOST),
    "chunked, with a negative size": (lambda reply: [_chunked(reply, b"-5\r\n", reply.body)], LOST),
    "no length, closed within the body": (_until_closed(0.5), InvalidResponseError),
    "no length, until closed": (_until_closed(1), None),
    "HTTP/1.0": (_until_closed(1, "1.0"), None),
    "HTTP/1.0 with a length": (lambda reply: [reply.head(version="1.0"), reply.body], None),
    "HTTP/3.7": (lambda reply: [reply.head(version="3.7"), reply.body], None),
    "not HTTP": (lambda reply: [b"SSH-2.0-OpenSSH_9.6\r\n"], LOST),
    "HTML without headers": (lambda reply: [b"<html>Sorry</html>\r\n\r\n"], LOST),
    "no status": (_first_line(b"HTTP/1.1 OK"), LOST),
    "status 42": (_first_line(b"HTTP/1.1 042 Odd"), LOST),
    "status 999": (_first_line(b"HTTP/1.1 999 Odd"), StatusError),
    "no reason": (_first_line(b"HTTP/1.1 200"), None),
    "a reason that is not ASCII": (_first_line("HTTP/1.1 200 Größe".encode()), None),
    "line ends without CR": (lambda reply: [reply.head().replace(b"\r\n", b"\n"), reply.body], None),
    "100 before": (lambda reply: [b"HTTP/1.1 100 Continue\r\n\r\n", reply.head(), reply.body], None),
    "103 before": (lambda reply: [b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n", reply.head(), reply.body], None),
    "101": (
        lambda reply: [b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", reply.body],
        LOST,
    ),
    "two lengths": (_lines(b"content-length: 3"), LOST),
    "the length twice": (lambda reply: _lines(b"content-length: %d" % len(reply.body))(reply), None),
    "a length that is no number": (_lines(b"content-length: many"), LOST),
    "a negative length": (_lines(b"content-length: -1"), LOST),
    "an absurd length": (lambda reply: [reply.head(length=10**15), reply.body], LOST),
    "shorter than it is": (lambda reply: [reply.head(length=len(reply.body) // 2), reply.body], InvalidResponseError),
    "length 0": (lambda reply: [reply.head(length=0)], InvalidResponseError),
    "a header without a colon": (_lines(b"odd"), LOST),
    "a header with a NUL": (_lines(b"odd: \0"), LOST),
    "a header without a name": (_lines(b": odd"), LOST),
    "a header over two lines": (_lines(b"odd: a", b" b"), None),
    "a header that is not ASCII": (_lines("odd: Größe".encode()), None),
    "a header of a megabyte": (_lines(b"odd: " + b"x" * 1_000_000), LOST),
    "headers without end": (_lines(*(b"odd-%d: x" % n for n in range(100_000))), LOST),
    "cookies that nothing can keep": (
        _lines(
            b"set-cookie: \xff\xfe=\x80",
            b"set-cookie: a=b; expires=Fri, 99 Foo 99999 99:99:99 GMT",
            b"set-cookie: a=b; max-age=-x; domain=elsewhere.test",
            b"set-cookie2: a=b; version=x",
        ),
        None,
    ),
    "headers twice": (_lines(b"content-type: text/html", b"etag: a", b"etag: b"), None),
    "length and chunks": (_lines(b"transfer-encoding: chunked"), LOST),
    "packed for the way as it was not asked": (
        lambda reply: [reply.with_headers(("transfer-encoding", "gzip")).head(length=-1), reply.body],
        LOST,
    ),
    "a second answer behind it": (
        lambda reply: [reply.head(), reply.body, b"HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n"],
        None,
    ),
}
SLOW: dict[str, Change] = {
    "nothing comes": lambda reply: [2.0],
    "headers, and nothing": lambda reply: [reply.head(), 2.0],
    "half a body, and nothing": lambda reply: [reply.head(), _half(reply), 2.0],
    "longer than it is": lambda reply: [reply.head(length=len(reply.body) + 9), reply.body, 2.0],
    "a byte at a time": _trickle,
    "100 again and again": lambda reply: [b"HTTP/1.1 100 Continue\r\n\r\n", 0.05] * 40,
}
INSECURE: dict[str, Script] = {
    "TLS: plain HTTP": [b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"],
    "TLS: refused by an alert": [b"\x15\x03\x01\x00\x02\x02\x28"],
    "TLS: closed at once": [],
    "TLS: reset at once": [None],
    "TLS: noise": [bytes(range(256)) * 9],
    "TLS: a certificate that nobody trusts": [SECURE],
}
