"""Faults of statuses, headers and bodies that have nothing to do with what is asked."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

import attrs

from eesclient import (
    BadRequestError,
    ForbiddenError,
    InvalidResponseError,
    NotFoundError,
    RequestConnectionError,
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
    yield from _of_statuses()
    yield from _of_bodies()
    yield from _of_words()


def _of_statuses() -> Iterator[Fault]:
    for status, expected in STATUSES.items():
        # half of them from the service, the others from a gateway before it
        body, kind = (_problem(status), "a problem") if status % 2 else (HTML, "HTML")
        yield Fault(name=f"{status}, {kind}", change=_status(status, body), expected=expected)
    for status, expected in BARE.items():
        yield Fault(name=f"{status}, empty", change=_status(status, b""), expected=expected)
    for name, place in PLACES.items():
        yield Fault(name=f"redirect {name}", change=_redirect(place), expected=StatusError)
    for name, place in NO_PLACES.items():
        yield Fault(name=f"redirect {name}", change=_redirect(place), expected=RequestConnectionError)
    for name, place in OTHERS.items():
        expected = None if name == "once" else StatusError
        yield Fault(name=f"redirect {name}", change=_redirect(place), times=1, expected=expected, on=VERSIONED)
    for expected, afters in AFTER.items():
        for name, after in afters.items():
            change = _status(429, b"", ("retry-after", after))
            options = {"retries": 1}
            yield Fault(name=f"429, again {name}", change=change, times=1, expected=expected, on=SOME, options=options)


def _of_bodies() -> Iterator[Fault]:
    for name, change in BODIES.items():
        yield Fault(name=name, change=change)
    for name, change in READABLE.items():
        yield Fault(name=name, change=change, expected=None)
    for name, change in PACKED.items():
        yield Fault(name=name, change=change)
    bomb = {"max_unpacked": 1_000_000}
    yield Fault(
        name="packed, a thousand times as large",
        change=_packed(lambda _: gzip.compress(bytes(2_000_000))),
        options=bomb,
    )
    for name, change in JSON_BODIES.items():
        yield Fault(name=name, change=change, on=JSON)
    for name, change in JSON_READABLE.items():
        yield Fault(name=name, change=change, on=JSON, expected=None)


def _of_words() -> Iterator[Fault]:
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
    yield Fault(
        name="the token in a body", change=lambda reply: reply.saying(TOKEN.encode()), options={"preview_token": TOKEN}
    )
    yield Fault(
        name="the token in a redirect",
        change=_redirect(f"http://elsewhere.test/{TOKEN}"),
        expected=StatusError,
        options={"preview_token": TOKEN},
    )
    wild = json.dumps(_problem_of(400, title=WILD, message=WILD))
    yield Fault(name="control characters in a problem", change=_status(400, wild.encode()), expected=BadRequestError)
    yield Fault(name="control characters in a body", change=lambda reply: reply.saying(WILD.encode("utf-8", "replace")))


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
    204: InvalidResponseError,
    205: InvalidResponseError,
    304: StatusError,
    400: BadRequestError,
    404: NotFoundError,
    500: ServerError,
    502: ServerError,
    503: ServerError,
}
PLACES = {
    "to itself": "{0}",
    "to another host": "http://elsewhere.test/v1/",
    "to another port": "http://127.0.0.1:9/v1/",
    "to a file": "file:///etc/passwd",
    "with a password": "http://user:secret@127.0.0.1/v1/",
    "by backslashes": "\\\\elsewhere.test\\v1",
    "to the start of a name": "//elsewhere.test",
    "nowhere": "",
}
OTHERS = {
    "once": "{0}",
    "to another version": "{0}&dataSetVersion=1.1",
    "to no version": "{1}",
}
VERSIONED = ("open: meta", "query: page 2", "read", "download")
"""What is asked of an exact version."""
NO_PLACES = {
    "to a script": "javascript:alert(1)",
    "to half a host": "http://[::1/v1",
    "to a port that is none": "http://127.0.0.1:port/",
    "with control characters": "/v1/\x01\x1b[2J",
}
AFTER: dict[Expected, dict[str, str]] = {
    None: {
        "at once": "0",
        "without a time": "",
        "in negative time": "-5",
        "at a date that is none": "Mon, 99 Foo 2024",
    },
    TooManyRequestsError: {
        "in an hour": "3600",
        "in an absurd time": "9" * 400,
        "at a far date": "Fri, 31 Dec 9999 23:59:59 GMT",
    },
}
SOME = ("open: meta", "query: page 2", "read")
"""Where a second try waits for a moment."""


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
        path = f"/v1{reply.asked.path}"
        location = place.format(f"{path}?{urlencode(reply.asked.params)}", path)
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


BODIES: dict[str, Change] = {
    "an empty 200": _body(b""),
    "white space": _body(b" \r\n "),
    "HTML": _body(HTML, "text/html"),
    "HTML that says it is what was asked": lambda reply: reply.saying(HTML),
    "{}": lambda reply: reply.saying({}),
    "null": lambda reply: reply.saying(None),
    "a list": lambda reply: reply.saying([]),
    "a list of the answer": lambda reply: reply.saying([reply.text.decode()]),
    "true": lambda reply: reply.saying(True),
    "a number": lambda reply: reply.saying(42),
    "a text": lambda reply: reply.saying('"text"'),
    "JSON of another kind": lambda reply: reply.saying({"id": "x", "results": {"id": 1}, "paging": []}),
    "a problem with a 200": lambda reply: reply.saying(_problem(400)),
    "a NUL": lambda reply: reply.saying(b"\0"),
    "zeros": lambda reply: reply.saying(bytes(len(reply.text))),
    "text that is not UTF-8": lambda reply: reply.saying(b"\xff\xfe\xfa" + reply.text),
    "half of it": lambda reply: reply.saying(reply.text[: len(reply.text) // 2]),
    "half of a 206": lambda reply: attrs.evolve(reply.saying(reply.text[: len(reply.text) // 2]), status=206),
    "twice": lambda reply: reply.saying(reply.text + reply.text),
    "HTML behind it": lambda reply: reply.saying(reply.text + HTML),
    "a PNG": _body(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
    "a zip": _body(b"PK\x03\x04\x14\0\0\0\x08\0"),
}
READABLE: dict[str, Change] = {
    "another content type": lambda reply: reply.with_headers(("content-type", "text/html")),
    "no content type": lambda reply: reply.with_headers(("content-type", "")),
    "a content type that is none": lambda reply: reply.with_headers(("content-type", ";;;charset=\x7f")),
    "packed": _packed(gzip.compress),
    "packed in secret": _packed(gzip.compress, encoding=""),
    "packed, header in capitals": _packed(gzip.compress, encoding=" GZip "),
    "not packed": _packed(bytes, encoding=""),
    "packed in two members": _packed(lambda text: _members(text, size=len(text) // 2 + 1)),
    "packed in members of 7 bytes": _packed(lambda text: _members(text, size=7)),
    "packed in two members in secret": _packed(lambda text: _members(text, size=len(text) // 2 + 1), encoding=""),
    "packed, with an empty member": _packed(lambda text: gzip.compress(text) + gzip.compress(b"")),
    "not packed, as it says": _packed(bytes),
    "packed as identity": _packed(bytes, encoding="identity"),
    "cookies and caching": lambda reply: reply.with_headers(
        ("set-cookie", "a=b"), ("cache-control", "no-store"), ("age", "-1"), ("date", "never")
    ),
}
PACKED: dict[str, Change] = {
    "packed and cut": _packed(_cut),
    "packed and cut in secret": _packed(_cut, encoding=""),
    "packed, its checksum wrong": _packed(lambda text: _damaged(text, end=8)),
    "packed, its length wrong": _packed(lambda text: _damaged(text, end=1)),
    "packed, damaged inside": _packed(lambda text: _damaged(text, end=20)),
    "packed, and more behind": _packed(lambda text: gzip.compress(text) + b"more"),
    "packed, the second member cut": _packed(lambda text: gzip.compress(text) + gzip.compress(b" " * 99)[:-5]),
    "packed twice": _packed(lambda text: gzip.compress(gzip.compress(text))),
    "packed twice, as it says": _packed(lambda text: gzip.compress(gzip.compress(text)), encoding="gzip, gzip"),
    "packed as zlib": _packed(zlib.compress),
    "packed, and as zlib inside": _packed(lambda text: gzip.compress(zlib.compress(text))),
    "packed as nobody asked": _packed(bytes, encoding="br"),
    "packed as nobody knows": _packed(bytes, encoding="quux"),
    "packed as deflate": _packed(zlib.compress, encoding="deflate"),
}


def _text(old: bytes, new: bytes) -> Change:
    return lambda reply: reply.saying(reply.text.replace(old, new, 1))


def _more(member: bytes) -> Change:
    """One more member of the answer."""
    return lambda reply: reply.saying(b"{%s,%s" % (member, reply.text[1:]))


JSON_BODIES: dict[str, Change] = {
    "JSON cut before its end": lambda reply: reply.saying(reply.text[:-1]),
    "JSON with a comma too many": lambda reply: reply.saying(reply.text[:-1] + b",}"),
    "JSON with a comment": lambda reply: reply.saying(b"/* odd */" + reply.text),
    "JSON in single quotes": lambda reply: reply.saying(reply.text.replace(b'"', b"'")),
    "JSON with a number of 5,000 digits": _more(b'"odd":' + b"9" * 5000),
    "JSON with a number of 400 digits": _more(b'"odd":-' + b"9" * 400),
    "JSON nested 100,000 deep": _more(b'"odd":' + b"[" * 100_000 + b"]" * 100_000),
    "objects nested 100,000 deep": _more(b'"odd":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    "NaN in a member that is new": _more(b'"odd":NaN'),
    "half a character in a member that is new": _more(b'"odd":"\\ud800"'),
    "JSON never closed": lambda reply: reply.saying(b"[" * 200_000),
}
JSON_READABLE: dict[str, Change] = {
    "a byte order mark": lambda reply: reply.saying(b"\xef\xbb\xbf" + reply.text),
    "spread over lines": lambda reply: reply.saying(json.dumps(reply.data, indent=9).encode()),
    "other order of members": lambda reply: reply.saying(dict(reversed(reply.data.items()))),
    "another member that is new": _more(b'"odd":[1,{"a":null}]'),
    "escapes instead of letters": lambda reply: reply.saying(json.dumps(reply.data, ensure_ascii=True).encode()),
}
