"""A small reader of R: calls, texts, numbers and comments, which is all that a question is shown with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import attrs

_TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*(?:\n|$))|(?P<text>"(?:[^"\\\n]|\\(?:["\\]|U\{[0-9a-f]{1,8}\}))*")"""
    r"""|(?P<number>[0-9]+)|(?P<name>[A-Za-z][A-Za-z0-9._]*(?:::[A-Za-z][A-Za-z0-9._]*)?)|(?P<sign><-|[(),=])"""
)
_ESCAPE = re.compile(r'\\(?:(["\\])|U\{([0-9a-f]+)\})')


@attrs.frozen
class Call:
    """A call with its arguments, by name or by number."""

    name: str
    arguments: dict[str, Any]


def tokens(source: str) -> Iterator[tuple[str, str]]:
    """Give kind and text of each token; anything else is an error."""
    place = 0
    while place < len(source):
        match = _TOKEN.match(source, place)
        if match is None:
            raise ValueError(f"no R at {source[place : place + 20]!r}")
        place = match.end()
        if match.lastgroup != "space":
            yield str(match.lastgroup), match.group()


def read_assignment(source: str) -> tuple[str, Call]:
    """Return the name and the call of `name <- call(...)`."""
    found = [*tokens(source)]
    (kind, name), arrow = found.pop(0), found.pop(0)
    assert ("name", "<-") == (kind, arrow[1])
    call = _expression(found)
    assert not found
    assert isinstance(call, Call)
    return name, call


def _expression(rest: list[tuple[str, str]]) -> Any:
    kind, text = rest.pop(0)
    if kind == "text":
        return _ESCAPE.sub(lambda match: match[1] or chr(int(match[2], 16)), text[1:-1])
    if kind == "number":
        return int(text)
    assert "name" == kind
    assert ("sign", "(") == rest.pop(0)
    arguments: dict[str, Any] = {}
    while rest[0] != ("sign", ")"):
        named = rest[0][0] == "name" and rest[1] == ("sign", "=")
        name = rest.pop(0)[1] if named else str(len(arguments))
        if named:
            rest.pop(0)
        assert name not in arguments
        arguments[name] = _expression(rest)
        assert rest[0] in (("sign", ","), ("sign", ")"))
        if rest[0] == ("sign", ","):
            rest.pop(0)
            assert rest[0] != ("sign", ")"), "R takes no comma before a bracket that closes a call"
    rest.pop(0)
    return Call(text, arguments)
