"""Faults of what is said: answers that can be read, and are not what was asked or not consistent."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from eesclient import EESWarning, Request
from tests.faults.answers import Change, Reply, ids, right
from tests.faults.asking import FILES, PAGES
from tests.faults.fault import Fault

Edit: TypeAlias = Callable[[Any], object]
QUERIES, LISTS = PAGES[:2], PAGES[2:]
SUMMARY, VERSION, VERSIONS, METADATA = ("open: summary",), ("open: version",), ("open: versions",), ("open: meta",)
READ = ("read",)


def faults() -> Iterator[Fault]:
    """All of them."""
    for on, edits in EDITS.items():
        for name, edit in edits.items():
            yield Fault(name=f"{AT[on]}: {name}", change=edited(edit), on=on)
    for on, changes in CHANGES.items():
        for name, change in changes.items():
            yield Fault(name=f"{AT[on]}: {name}", change=change, on=on)
    for name, lines in FILE_TEXTS.items():
        yield Fault(name=f"file: {name}", change=_file(lines), on=FILES)
    for name, edit in LACKING_ROWS.items():
        yield Fault(name=f"rows: {name}", change=edited(edit), on=QUERIES, expected=EESWarning)
    for name, lines in LACKING_FILES.items():
        yield Fault(name=f"file: {name}", change=_file(lines), on=READ, expected=EESWarning)
    for name, lines in READABLE_FILES.items():
        # saved as it came, it is another file
        yield Fault(name=f"file: {name}", change=_file(lines), on=READ, expected=None)


def edited(edit: Edit) -> Change:
    """An answer whose JSON is edited in place, or replaced by what the edit returns if that is an object."""

    def change(reply: Reply) -> Reply:
        data = copy.deepcopy(reply.data)
        edit(data)
        return reply.saying(data)

    return change


def _paging(**members: object) -> Edit:
    return lambda data: data["paging"].update(members)


def _row(**members: object) -> Edit:
    return lambda data: data["results"][0].update(members)


def _inside(name: str, member: object) -> Edit:
    """A member of the first row has another value in the place of its first."""

    def edit(data: Any) -> None:
        inner = data["results"][0][name]
        inner[next(iter(inner))] = member

    return edit


def _renamed(name: str, key: str) -> Edit:
    """The first key of a member of the first row is another."""

    def edit(data: Any) -> None:
        inner = data["results"][0][name]
        inner[key] = inner.pop(next(iter(inner)))

    return edit


def _set(**members: object) -> Edit:
    return lambda data: data.update(members)


def _page(number: int) -> Change:
    """Another page for the one that was asked for."""

    def change(reply: Reply) -> Reply:
        asked = reply.asked
        if asked.body is not None:
            other = json.dumps(json.loads(asked.body) | {"page": number}).encode()
            return right(Request(method=asked.method, path=asked.path, params=asked.params, body=other))
        params = tuple((name, str(number) if name == "page" else value) for name, value in asked.params)
        return right(Request(method=asked.method, path=asked.path, params=params))

    return change


def _of_other(reply: Reply) -> Reply:
    """The answer about another data set."""
    first, other, _ = ids()
    asked = reply.asked
    return right(Request(method=asked.method, path=asked.path.replace(first, other), params=asked.params))


def _of_version(reply: Reply) -> Reply:
    """The answer about another version."""
    asked = reply.asked
    return right(Request(method="GET", path=asked.path.replace("1.0", "1.1")))


def _replaced(old: bytes, new: bytes) -> Change:
    return lambda reply: reply.saying(reply.text.replace(old, new, 1))


AT: dict[tuple[str, ...], str] = {
    PAGES: "page",
    QUERIES: "rows",
    LISTS: "list",
    SUMMARY: "summary",
    VERSION: "version",
    VERSIONS: "versions",
    METADATA: "metadata",
}
EDITS: dict[tuple[str, ...], dict[str, Edit]] = {
    PAGES: {},
    QUERIES: {},
    LISTS: {
        "id missing": lambda data: data["results"][0].pop("id"),
        "id null": lambda data: data["results"][0].update(id=None),
        "id a number": lambda data: data["results"][0].update(id=7),
        "title a list": lambda data: data["results"][0].update(title=["a"]),
        "version that is none": lambda data: data["results"][0]["latestVersion"].update(version="soon"),
        "time that is none": lambda data: data["results"][0]["latestVersion"].update(published="soon"),
    },
    SUMMARY: {
        "id missing": lambda data: data.pop("id"),
        "title null": _set(title=None),
        "title a number": _set(title=5),
        "status null": _set(status=None),
        "status a list": _set(status=[]),
        "latest version a text": _set(latestVersion="1.0"),
        "latest version that is none": lambda data: data["latestVersion"].update(version="1.x"),
    },
    VERSION: {
        "number missing": lambda data: data.pop("version"),
        "number a number": _set(version=1.0),
        "number a range": _set(version="1.*"),
        "number of 5,000 digits": _set(version="9" * 5000 + ".0"),
        "total with a fraction": _set(totalResults=9.5),
        "release null": _set(release=None),
        "release a text": _set(release="Spring"),
        "status a number": _set(status=1),
        "published that is no time": _set(published="soon"),
        "published without a zone": _set(published="2024-01-01T00:00:00"),
        "levels a text": _set(geographicLevels="National"),
    },
    VERSIONS: {
        "version that is none": lambda data: data["results"][0].update(version="soon"),
        "no paging": lambda data: data.pop("paging"),
    },
    METADATA: {},
}
LACKING_ROWS: dict[str, Edit] = {}
"""What the metadata does not have, or a row leaves out, is shown as far as it can be, with a warning."""
CHANGES: dict[tuple[str, ...], dict[str, Change]] = {
    PAGES: {},
    QUERIES: {},
}


def _nested(depth: int) -> Any:
    value: Any = "a"
    for _ in range(depth):
        value = [value]
    return value


Lines: TypeAlias = Callable[[list[str]], "list[str] | bytes"]


def _file(edit: Lines) -> Change:
    def change(reply: Reply) -> Reply:
        made = edit(reply.text.decode().splitlines(keepends=True))
        return reply.saying(made if isinstance(made, bytes) else "".join(made).encode())

    return change


def _cells(old: str, new: str) -> Lines:
    return lambda lines: [line.replace(old, new) for line in lines]


def _heading(old: str, new: str) -> Lines:
    return lambda lines: [lines[0].replace(old, new), *lines[1:]]


def _in_line(old: str, new: str) -> Lines:
    return lambda lines: [*lines[:3], lines[3].replace(old, new), *lines[4:]]


FILE_TEXTS: dict[str, Lines] = {}
READABLE_FILES: dict[str, Lines] = {
    "CRLF": _cells("\n", "\r\n"),
    "no line end at its end": lambda lines: [*lines[:-1], lines[-1].rstrip("\n")],
    "byte order mark": lambda lines: "".join(lines).encode("utf-8-sig"),
    "every cell in quotes": lambda lines: [
        ",".join(f'"{cell}"' for cell in line.rstrip("\n").split(",")) + "\n" for line in lines
    ],
}
LACKING_FILES: dict[str, Lines] = {}
"""What the metadata does not have is shown as it stands in the file, with a warning."""
