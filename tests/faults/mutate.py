"""Good inputs, changed a little: what a network, a disk or a stranger makes of them."""

from __future__ import annotations

import copy
import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from hypothesis import settings
from hypothesis import strategies as st

Edit: TypeAlias = tuple[int, int, int]
"""A kind of change, where, and what with."""


def _edits(drawn: bytes) -> list[Edit]:
    """One to four edits, as bytes say: drawing a dozen numbers one by one takes longer than what is done with them."""
    return [
        (kind % 10, high << 8 | low, what)
        for kind, high, low, what in (drawn[at : at + 4] for at in range(1, 4 * (drawn[0] % 4) + 2, 4))
    ]


EDITS = st.binary(min_size=17, max_size=17).map(_edits)

ODD_BYTES = (
    b"", b"\0", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\n", b"\r", b",", b'"', b"'", b"{", b"}", b"[", b"]", b":",
    b"null", b"NaN", b"1e999", b"-0", b"9" * 30, b"\\ud800", b"\\", b"\x1b[2J", b"<html>", b"  ", b"\t", b"=", b"#",
    b"1.*",
)  # fmt: skip
ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 1.5, 10**30, float("nan"), float("inf"), "", " ", "x", "1.0", "1.*", "\ud800", "\0",
    "\x1b[2J", "9" * 400, "2024/25", "NAT", [], [None], [[]], {}, {"id": 1}, [{"id": "x"}], ["x"] * 50,
)  # fmt: skip
MOST_SECONDS = 5
"""Seconds of the processor that an input may take: the machine may have other work."""

MOST_WAITING = 600
"""Seconds in all: nothing here waits for anything but the machine."""


def many() -> settings:
    """1,000 inputs every day on the main Python, a fifth of that on others, and a million in all when there is time."""
    default = settings.default
    assert default is not None
    return settings(max_examples={20: 200, 60: 1_000}.get(default.max_examples, 60_000))


class Overdue(BaseException):
    """An input took too long."""


@contextmanager
def deadline() -> Iterator[None]:
    """Interrupt what takes too long, where the platform can."""

    def late(*_: object) -> None:
        raise Overdue

    if not hasattr(signal, "setitimer"):
        yield
        return
    clocks = {signal.ITIMER_VIRTUAL: signal.SIGVTALRM, signal.ITIMER_REAL: signal.SIGALRM}
    before = {sent: signal.signal(sent, late) for sent in clocks.values()}
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_SECONDS)
    signal.setitimer(signal.ITIMER_REAL, MOST_WAITING)
    try:
        yield
    finally:
        for clock, sent in clocks.items():
            signal.setitimer(clock, 0)
            signal.signal(sent, before[sent])


def mutated(good: bytes, edits: list[Edit]) -> bytes:
    """Bytes, some flipped, cut out, put in, moved or repeated."""
    data = bytearray(good)
    for kind, where, what in edits:
        place = where % (len(data) + 1)
        odd = ODD_BYTES[what % len(ODD_BYTES)]
        match kind:
            case 0 if place < len(data):
                data[place] ^= what or 1
            case 1:
                del data[place : place + what]
            case 2:
                del data[place:]
            case 3:
                data[place:place] = data[place : place + what]
            case 4:
                data[place : place + len(odd)] = odd
            case 5:
                data[place:place] = data[-what:]
            case _:
                data[place:place] = odd
    return bytes(data)


def _nodes(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in parsed JSON, as what holds it and the key."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _nodes(value[key])


def mutated_json(good: bytes, edits: list[Edit]) -> bytes:
    """JSON of which members are lost, doubled, renamed, exchanged or of an odd kind; then perhaps its bytes changed."""
    data = [json.loads(good)]
    for kind, where, what in edits:
        places = list(_nodes(data))
        holder, key = places[where % len(places)]
        other_holder, other = places[(where + what) % len(places)]
        match kind:
            case 0 if holder is not data:
                del holder[key]
            case 1 if isinstance(holder, list):
                holder.insert(key, copy.deepcopy(holder[key]))
            case 2 if isinstance(holder, dict):
                holder[f"{key}{what}"] = holder.pop(key)
            case 3:
                holder[key] = copy.deepcopy(other_holder[other])
            case 4 if isinstance(holder[key], list):
                holder[key].reverse()
            case _:
                holder[key] = copy.deepcopy(ODD_VALUES[what % len(ODD_VALUES)])
    body = json.dumps(data[0]).encode()
    return mutated(body, edits[:1]) if edits[0][0] == 9 else body


Mutate: TypeAlias = Callable[[bytes, list[Edit]], bytes]
