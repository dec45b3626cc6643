"""Faults of statuses, headers and bodies that have nothing to do with what is asked."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping

import attrs

from eesclient import (
    BadRequestError,
    ForbiddenError,
    NotFoundError,
    RequestTooLargeError,
    ServerError,
    ServerTimeoutError,
    StatusError,
    TooManyRequestsError,
)
from tests.faults.answers import Change, Reply
from tests.faults.asking import JSON, TOKEN
from tests.faults.fault import Expected, Fault

HTML = b"<!doctype html><html><head><title>Sorry</title></head><body>The service is unavailable</body></html>"
PROBLEM = {"type": "t", "title": "Odd", "status": 0, "errors": [{"message": "Odd.", "code": "Odd", "path": "x"}]}


def faults() -> Iterator[Fault]:
    """All of them."""
    for status, expected in STATUSES.items():
        yield Fault(name=f"{status}, a problem", change=_status(status, _problem(status)), expected=expected)
        yield Fault(name=f"{status}, HTML", change=_status(status, HTML), expected=expected)
    for status, expected in BARE.items():
        yield Fault(name=f"{status}, empty", change=_status(status, b""), expected=expected)
    for name, place in PLACES.items():
        yield Fault(name=f"redirect {name}", change=_redirect(place), expected=StatusError)
    for name, after in AFTER.items():
        change = _status(429, b"", ("retry-after", after))
        yield Fault(
            name=f"429, again {name}",
            change=change,
            times=1,
            expected=None if after in ("0", "") else TooManyRequestsError,
            options={"retries": 1},
        )
    for name, change in BODIES.items():
        yield Fault(name=name, change=change)
    for name, change in READABLE.items():
        yield Fault(name=name, change=change, expected=None)
    for name, change in PACKED.items():
        yield Fault(name=name, change=change)
    for name, change in JSON_BODIES.items():
        yield Fault(name=name, change=change, on=JSON)
    for name, change in JSON_READABLE.items():
        yield Fault(name=name, change=change, on=JSON, expected=None)
    echo = json.dumps(_problem_of(400, title=f"Token {TOKEN}", message=f"no {TOKEN.upper()}"))
    yield Fault(
        name="the token in a problem",
        change=_status(400, echo.encode()),
        expected=BadRequestError,
        options={"preview_token": TOKEN},
    )
    yield Fault(
        name="the token in HTML",
        change=_status(403, f"<p>{TOKEN}</p>".encode()),
        expected=ForbiddenError,
        options={"preview_token": TOKEN},
    )
    json.dumps(_problem_of(400, title=WILD, message=WILD))


WILD = "\x1b]0;owned\x07\x1b[2J\r\x08\x9b31m\u202e\ud800 odd"

STATUSES: dict[int, Expected] = {
    400: BadRequestError,
    401: StatusError,
    403: ForbiddenError,
    404: NotFoundError,
    405: StatusError,
    408: StatusError,
    410: StatusError,
    413: RequestTooLargeError,
    414: RequestTooLargeError,
    429: TooManyRequestsError,
    451: StatusError,
    500: ServerError,
    503: ServerError,
    504: ServerTimeoutError,
}
BARE: dict[int, Expected] = {
    304: StatusError,
    400: BadRequestError,
    404: NotFoundError,
    500: ServerError,
    502: ServerError,
    503: ServerError,
}
PLACES = {
    "to another host": "http://elsewhere.test/v1/",
    "to another port": "http://127.0.0.1:9/v1/",
    "to a file": "file:///etc/passwd",
    "with a password": "http://user:secret@127.0.0.1/v1/",
    "to the start of a name": "//elsewhere.test",
    "nowhere": "",
}
AFTER = {
    "at once": "0",
    "without a time": "",
    "in an absurd time": "9" * 400,
    "in an hour": "3600",
    "at a far date": "Fri, 31 Dec 9999 23:59:59 GMT",
}


def _problem_of(status: int, title: str = "Odd", message: str = "Odd.") -> Mapping[str, object]:
    error = {"message": message, "code": message, "path": message, "detail": {"value": message}}
    return {"type": "t", "title": title, "status": status, "errors": [error]}


def _problem(status: int) -> bytes:
    return json.dumps(_problem_of(status)).encode()


def _status(status: int, body: bytes, *headers: tuple[str, str]) -> Change:
    kind = "application/problem+json" if body.startswith(b"{") else "text/html"
    return lambda reply: Reply(status=status, headers=(("content-type", kind), *headers), body=body, asked=reply.asked)


def _redirect(place: str) -> Change:
    def change(reply: Reply) -> Reply:
        location = place.format("/v1" + reply.asked.path)
        headers = (("location", location),) if location else ()
        return Reply(status=308, headers=headers, asked=reply.asked)

    return change


def _body(body: bytes, kind: str = "application/json") -> Change:
    """That very body, not packed."""
    return lambda reply: Reply(headers=(("content-type", kind),), body=body, asked=reply.asked)


def _packed(pack: object, *, encoding: str = "gzip") -> Change:
    return lambda reply: attrs.evolve(reply.with_headers(("content-encoding", encoding)), body=pack(reply.text))


def _cut(text: bytes) -> bytes:
    packed = gzip.compress(text)
    return packed[: len(packed) // 2]


def _members(text: bytes, *, size: int) -> bytes:
    return b"".join(gzip.compress(text[n : n + size], mtime=0) for n in range(0, len(text), size))


def _damaged(text: bytes, *, end: int) -> bytes:
    packed = bytearray(gzip.compress(text, mtime=0))
    packed[-end] ^= 0xFF
    return bytes(packed)


BODIES: dict[str, Change] = {}
READABLE: dict[str, Change] = {
    "another content type": lambda reply: reply.with_headers(("content-type", "text/html")),
    "no content type": lambda reply: reply.with_headers(("content-type", "")),
    "a content type that is none": lambda reply: reply.with_headers(("content-type", ";;;charset=\x7f")),
    "packed": _packed(gzip.compress),
    "packed in secret": _packed(gzip.compress, encoding=""),
    "packed, header in capitals": _packed(gzip.compress, encoding=" GZip "),
    "not packed": _packed(bytes, encoding=""),
    "packed in two members in secret": _packed(lambda text: _members(text, size=len(text) // 2 + 1), encoding=""),
    "packed, with an empty member": _packed(lambda text: gzip.compress(text) + gzip.compress(b"")),
    "packed as identity": _packed(bytes, encoding="identity"),
    "cookies and caching": lambda reply: reply.with_headers(
        ("set-cookie", "a=b"), ("cache-control", "no-store"), ("age", "-1"), ("date", "never")
    ),
}
PACKED: dict[str, Change] = {
    "packed and cut in secret": _packed(_cut, encoding=""),
    "packed, its checksum wrong": _packed(lambda text: _damaged(text, end=8)),
    "packed, its length wrong": _packed(lambda text: _damaged(text, end=1)),
}


def _text(old: bytes, new: bytes) -> Change:
    return lambda reply: reply.saying(reply.text.replace(old, new, 1))


def _more(member: bytes) -> Change:
    """One more member of the answer."""
    return lambda reply: reply.saying(b"{%s,%s" % (member, reply.text[1:]))


JSON_BODIES: dict[str, Change] = {
    "NaN in a member that is new": _more(b'"odd":NaN'),
    "half a character in a member that is new": _more(b'"odd":"\\ud800"'),
    "a number past all in a member that is new": _more(b'"odd":1e999'),
    "a member twice": _more(b'"odd":1,"odd":2'),
    "deep nesting in a member that is new": _more(b'"odd":' + b"[" * 2_000 + b"]" * 2_000),
    "another encoding": lambda reply: reply.saying(reply.text.decode().encode("utf-16")),
    "an accent in Latin-1": _more(b'"odd":"caf\xe9"'),
    "cut in the middle": lambda reply: reply.saying(reply.text[: len(reply.text) // 2]),
    "two answers in one": lambda reply: reply.saying(reply.text * 2),
}
JSON_READABLE: dict[str, Change] = {
    "a byte order mark": lambda reply: reply.saying(b"\xef\xbb\xbf" + reply.text),
    "spread over lines": lambda reply: reply.saying(json.dumps(reply.data, indent=9).encode()),
    "other order of members": lambda reply: reply.saying(dict(reversed(reply.data.items()))),
    "another member that is new": _more(b'"odd":[1,{"a":null}]'),
    "escapes instead of letters": lambda reply: reply.saying(json.dumps(reply.data, ensure_ascii=True).encode()),
}
