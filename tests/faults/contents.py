"""Faults of what is said: answers that can be read, and are not what was asked or not consistent."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from eesclient import EESWarning, Request
from tests.faults.answers import META, Change, Reply, ids, right
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
            but = dict.fromkeys(QUERIES, EESWarning) if name == "a result {}" else {}
            yield Fault(name=f"{AT[on]}: {name}", change=edited(edit), on=on, but=but)
    for on, changes in CHANGES.items():
        for name, change in changes.items():
            yield Fault(name=f"{AT[on]}: {name}", change=change, on=on)
    for name, lines in FILE_TEXTS.items():
        yield Fault(name=f"file: {name}", change=_file(lines), on=FILES)
    for name, edit in LACKING_LISTS.items():
        yield Fault(name=f"list: {name}", change=edited(edit), on=LISTS, expected=EESWarning)
    for name, edit in LACKING_ROWS.items():
        yield Fault(name=f"rows: {name}", change=edited(edit), on=QUERIES, expected=EESWarning)
    many = [{"code": f"Odd {number % 3}", "message": "Odd."} for number in range(100_000)]
    # they are part of the answer
    edit = edited(_set(warnings=many))
    yield Fault(name="rows: 100,000 warnings", change=edit, on=QUERIES, expected=EESWarning, lasting=True)
    # a data set may be so, where its metadata file writes a type in lower case
    edit = edited(_set(indicators=[]))
    yield Fault(name="metadata: without indicators", change=edit, on=METADATA, expected=EESWarning, lasting=True)
    for name, lines in LACKING_FILES.items():
        yield Fault(name=f"file: {name}", change=_file(lines), on=READ, expected=EESWarning, lasting=True)
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
    PAGES: {
        "total 0 above rows": _paging(totalResults=0, totalPages=0),
        "total below the rows": _paging(totalResults=1, totalPages=1),
        "number of the next one": lambda data: data["paging"].update(page=data["paging"]["page"] + 1),
        "number 0": _paging(page=0),
        "number below 0": _paging(page=-1),
        "number as text": _paging(page="1"),
        "number with a fraction": _paging(page=1.5),
        "another size": _paging(pageSize=3),
        "size 0": _paging(pageSize=0),
        "total as text": _paging(totalResults="10"),
        "total true": _paging(totalResults=True),
        "total null": _paging(totalResults=None),
        "no paging": lambda data: data.pop("paging"),
        "paging null": _set(paging=None),
        "paging a list": _set(paging=[1, 2]),
        "no results": lambda data: data.pop("results"),
        "results null": _set(results=None),
        "results an object": _set(results={}),
        "a result null": lambda data: data["results"].__setitem__(0, None),
        "a result a list": lambda data: data["results"].__setitem__(0, []),
        "a result {}": lambda data: data["results"].__setitem__(0, {}),
    },
    QUERIES: {
        "total below 0": _paging(totalResults=-1),
        "a thousand in all": _paging(totalResults=1_000),
        "total of one page on three": lambda data: data["paging"].update(totalResults=data["paging"]["pageSize"]),
        "more pages than the total fills": _paging(totalPages=9),
        "fewer pages than the total fills": _paging(totalPages=1),
        "total of 400 digits": _paging(totalResults=10**399),
        "size of 400 digits": _paging(pageSize=10**399),
        "another total": lambda data: data["paging"].update(totalResults=data["paging"]["totalResults"] + 1),
        "results empty": _set(results=[]),
        "one short": lambda data: data["results"].pop(),
        "one too many": lambda data: data["results"].append(data["results"][0]),
        "time period a text": _row(timePeriod="2023/24"),
        "locations a list": _row(locations=[]),
        "value an object": _inside("values", {"a": 1}),
        "value a list": _inside("values", ["1"]),
        "value true": _inside("values", True),
        "warnings a text": _set(warnings="odd"),
    },
    LISTS: {
        "total of 10^30": _paging(totalResults=10**30),
        "id missing": lambda data: data["results"][0].pop("id"),
        "id null": lambda data: data["results"][0].update(id=None),
        "id a number": lambda data: data["results"][0].update(id=7),
        "title a list": lambda data: data["results"][0].update(title=["a"]),
        "version that is none": lambda data: data["results"][0]["latestVersion"].update(version="soon"),
        "time that is none": lambda data: data["results"][0]["latestVersion"].update(published="soon"),
    },
    SUMMARY: {
        "id missing": lambda data: data.pop("id"),
        "id of nothing": _set(id="x"),
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
        "patch of it": _set(version="1.0.7"),
        "total of 10^30": _set(totalResults=10**30),
        "total with a fraction": _set(totalResults=9.5),
        "release null": _set(release=None),
        "release a text": _set(release="Spring"),
        "status a number": _set(status=1),
        "published that is no time": _set(published="soon"),
        "published without a zone": _set(published="2024-01-01T00:00:00"),
        "levels a text": _set(geographicLevels="National"),
    },
    VERSIONS: {
        "number of the next one": _paging(page=2),
        "a million pages": _paging(page=0, totalPages=1_000_000, totalResults=20_000_000),
        "another size": _paging(pageSize=3),
        "version that is none": lambda data: data["results"][0].update(version="soon"),
        "no paging": lambda data: data.pop("paging"),
    },
    METADATA: {
        "nothing but empty lists": lambda data: [member.clear() for member in data.values()],
        "filters null": _set(filters=None, indicators=None, geographicLevels=None, locations=None, timePeriods=None),
        "filters an object": _set(filters={}),
        "filter null": _set(filters=[None]),
        "filter without an id": lambda data: data["filters"][0].pop("id"),
        "filter without a column": lambda data: data["filters"][0].pop("column"),
        "filter twice": lambda data: data["filters"].append(data["filters"][0]),
        "column of a filter twice": lambda data: data["filters"].append(data["filters"][0] | {"id": "other"}),
        "option twice": lambda data: data["filters"][0]["options"].append(data["filters"][0]["options"][0]),
        "option null": lambda data: data["filters"][0]["options"].append(None),
        "option without a label": lambda data: data["filters"][0]["options"][0].pop("label"),
        "options a text": lambda data: data["filters"][0].update(options="abc"),
        "indicator twice": lambda data: data["indicators"].append(data["indicators"][0]),
        "decimal places a text": lambda data: data["indicators"][0].update(decimalPlaces="two"),
        "level a text": lambda data: data["geographicLevels"].append("REG"),
        "level twice": lambda data: data["geographicLevels"].append(data["geographicLevels"][0] | {"label": "Land"}),
        "locations of a level twice": lambda data: data["locations"].append(data["locations"][0]),
        "location twice": lambda data: data["locations"][0]["options"].append(data["locations"][0]["options"][0]),
        "location without an id": lambda data: data["locations"][0]["options"][0].pop("id"),
        "time period twice": lambda data: data["timePeriods"].append(data["timePeriods"][0]),
        "time period a text": lambda data: data["timePeriods"].append("2024"),
        "a label nested deep": lambda data: data["filters"][0].update(label=_nested(300)),
    },
}
LACKING_LISTS: dict[str, Edit] = {
    "a thousand in all": _paging(totalResults=1_000),
    "results empty": _set(results=[]),
    "one short": lambda data: data["results"].pop(),
}
"""What a list says that it has, and has not, is warned of."""
LACKING_ROWS: dict[str, Edit] = {
    "no time period": lambda data: data["results"][0].pop("timePeriod"),
    "time period null": _row(timePeriod=None),
    "time period of an unknown code": _row(timePeriod={"code": "XX", "period": "2023/2024"}),
    "time period that is not in the metadata": _row(timePeriod={"code": "AY", "period": "1999/2000"}),
    "time period that is none": _row(timePeriod={"code": "AY", "period": "soon"}),
    "unknown level": _row(geographicLevel="XXX"),
    "level null": _row(geographicLevel=None),
    "level that has no rows": _row(geographicLevel="SCH"),
    "unknown location": _inside("locations", "zzzzz"),
    "location of an unknown level": _renamed("locations", "XXX"),
    "unknown option": _inside("filters", "zzzzz"),
    "option a number": _inside("filters", 5),
    "unknown filter": _renamed("filters", "zzzzz"),
    "unknown indicator": _renamed("values", "zzzzz"),
    "no values": _row(values={}),
    "values null": _row(values=None),
}
"""What the metadata does not have, or a row leaves out, is shown as far as it can be, with a warning."""
CHANGES: dict[tuple[str, ...], dict[str, Change]] = {
    PAGES: {
        "the first for the second": lambda reply: _page(1)(reply) if reply.page == 2 else _page(2)(reply),
        "the last one": _page(3),
    },
    QUERIES: {
        "value NaN": lambda reply: reply.saying(reply.text.replace(b'":"', b'":NaN,"a":"', 1)),
    },
    SUMMARY: {"of another data set": _of_other},
    VERSION: {"of another version": _of_version},
    METADATA: {"filters twice in the object": lambda reply: reply.saying(b'{"filters":[],' + reply.text[1:])},
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


FILE_TEXTS: dict[str, Lines] = {
    "cut at a line end": lambda lines: lines[:-1],
    "heading alone": lambda lines: lines[:1],
    "cut within a cell": lambda lines: [*lines[:5], lines[5][:40]],
    "cut within the heading": lambda lines: lines[0][:30].encode(),
    "a row twice": lambda lines: [*lines, lines[-1]],
    "all rows twice": lambda lines: [*lines, *lines[1:]],
    "heading twice": lambda lines: [lines[0], *lines],
    "no heading": lambda lines: lines[1:],
    "a blank line in place of a row": lambda lines: [*lines[:4], "\n", *lines[5:]],
    "other delimiter": _cells(",", ";"),
    "tabs": _cells(",", "\t"),
    "a column less": lambda lines: [line.rsplit(",", 1)[0] + "\n" for line in lines],
    "a heading less": _heading(",rate", ""),
    "another column name": _heading("pupils", "schools"),
    "a column twice": _heading("rate", "pupils"),
    "a filter less": _heading("sex,", "gender,"),
    "a row with a cell less": _in_line(",40,", ","),
    "a row with a cell more": _in_line(",40,", ",40,41,"),
    "a quote that does not end": _in_line("North East", '"North East'),
    "NULs at the end": lambda lines: [*lines[:-1], "\0" * len(lines[-1])],
    "not UTF-8": lambda lines: "".join(lines).replace("North East", "Nörd Ost").encode("latin-1"),
    "UTF-16": lambda lines: "".join(lines).encode("utf-16"),
    "the metadata file": lambda lines: META.encode(),
    "HTML in the middle": lambda lines: [*lines[:4], "<html>Sorry</html>\n", *lines[5:]],
}
READABLE_FILES: dict[str, Lines] = {
    "CRLF": _cells("\n", "\r\n"),
    "no line end at its end": lambda lines: [*lines[:-1], lines[-1].rstrip("\n")],
    "byte order mark": lambda lines: "".join(lines).encode("utf-8-sig"),
    "every cell in quotes": lambda lines: [
        ",".join(f'"{cell}"' for cell in line.rstrip("\n").split(",")) + "\n" for line in lines
    ],
}
LACKING_FILES: dict[str, Lines] = {
    "lines of commas": lambda lines: [*lines[:4], "," * 9 + "\n", *lines[5:]],
    "unknown option": _in_line("Total", "Totals"),
    "unknown level": _in_line("Regional", "Galactic"),
    "unknown location": _in_line("E12000001,North East", "E12999999,Nowhere"),
    "unknown time identifier": _in_line("Academic year", "Martian year"),
    "time period that is none": _in_line("202324", "2023-24"),
    "time period that is not in the metadata": _in_line("202324", "199900"),
}
"""What the metadata does not have is shown as it stands in the file, with a warning."""
