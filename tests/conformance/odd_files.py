"""What the service made of odd files, and what a box makes of them: both in labels, as ids are numbered otherwise."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, TypeAlias

import pytest

import eesclient as ees
from tests.conformance.pack import Vector
from tests.conformance.recording import FOLDER, OWN

Answer: TypeAlias = Mapping[str, Any]
"""An answer as it was recorded: status, and what it holds."""


def recorded(name: str, way: str) -> list[Any]:
    """The cases of a file of recordings as parameters; one that is skipped where there is no such file."""
    path = next((path for path in (FOLDER / name, FOLDER / name.removesuffix(".gz")) if path.is_file()), FOLDER / name)
    if not path.is_file():
        reason = f"no {path}; EES_RECORDED, EES_CONFORMANCE or EES_SHARED can name another folder"
        return [pytest.param(None, id="none", marks=pytest.mark.skip(reason=reason))]
    cases = json.loads(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
    return [pytest.param(Vector(file=name, way=way, case=case, folder=FOLDER), id=case["case"]) for case in cases]


def write(folder: Path, case: Mapping[str, Any]) -> None:
    """Lay the files of a case down: the versions that were taken, or the first where that was refused."""
    taken = False
    for file, made in zip(case["files"], case["imports"], strict=True):
        if made["refused"] and taken:
            continue
        taken = not made["refused"]
        stem = f"a.v{made['version']}" if taken and made["version"] != "1.0" else "a"
        (folder / f"{stem}.csv").write_bytes(content_of(file["data"], made))
        (folder / f"{stem}.meta.csv").write_bytes(content_of(file["meta"], made))


def content_of(text: str | Mapping[str, str], made: Mapping[str, Any]) -> bytes:
    """The bytes of a recorded file, which were made this of."""
    if not isinstance(text, str):
        return bytes.fromhex(text["hex"])
    # the recording has the text of the file that was not UTF-8
    encoding = "cp1252" if made.get("refused") == "not UTF-8" else "utf-8"
    return text.encode(encoding, "surrogateescape")


def make_ugly(folder: Path) -> Path:
    """The folder of ugly files, made by the script of the recording."""
    script = next((path for path in (FOLDER / "make_ugly.py", OWN / "make_ugly.py") if path.is_file()), None)
    if script is None:
        pytest.skip(f"no make_ugly.py in {FOLDER}, nor in {OWN}")
    command = [sys.executable, script, folder]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - of the recording
    return folder / "csv"


class Box:
    """A data set in a box, which is asked as the service was."""

    def __init__(self, folder: Path) -> None:
        self.service = ees.local.Service.from_folder(folder)
        _, listed = self.get("/publications")
        (publication,) = listed["results"]
        _, listed = self.get(f"/publications/{publication['id']}/data-sets")
        (found,) = listed["results"]
        self.path = f"/data-sets/{found['id']}"
        self.id: str = found["id"]

    def get(self, path: str, **params: str) -> tuple[int, Any]:
        """Status and content of an answer."""
        return self._ask(ees.Request(method="GET", path=path, params=tuple(params.items())))

    def query(self, version: str, body: object) -> tuple[int, Any]:
        """The same of a query."""
        params = (("dataSetVersion", version),) if version else ()
        return self._ask(
            ees.Request(method="POST", path=f"{self.path}/query", params=params, body=json.dumps(body).encode())
        )

    def _ask(self, request: ees.Request) -> tuple[int, Any]:
        response = self.service.handle(request)
        content = response.body.decode()
        is_json = "json" in response.headers.get("content-type", "")
        return response.status, json.loads(content) if is_json else content

    def rows(self, version: str = "") -> Iterator[Any]:
        """All rows of a version."""
        last, page = 1, 0
        while page < last:
            page += 1
            status, answer = self.query(version, {"page": page, "pageSize": 10_000})
            assert 200 == status
            last = answer["paging"]["totalPages"]
            yield from answer["results"]


class Words:
    """Labels of the ids in metadata, and ids of the labels."""

    def __init__(self, meta: Any) -> None:
        self.meta = meta
        self.filters = {item["id"]: item["column"] for item in meta["filters"]}
        self.indicators = {item["id"]: item["column"] for item in meta["indicators"]}
        self.options = {
            (item["id"], one["id"]): (item["column"], one["label"])
            for item in meta["filters"]
            for one in item["options"]
        }
        self.places = {
            (group["level"]["code"], one["id"]): _without_id(one)
            for group in meta["locations"]
            for one in group["options"]
        }

    def row(self, row: Any) -> str:
        """A row with labels and columns instead of ids."""
        return json.dumps(
            [
                row["timePeriod"],
                row["geographicLevel"],
                {level: self.places[level, place] for level, place in row["locations"].items()},
                dict(self.options[item, option] for item, option in row["filters"].items()),
                {self.indicators[item]: value for item, value in row["values"].items()},
            ],
            sort_keys=True,
        )

    def rows(self, rows: Any) -> Counter[str]:
        """Rows in words, in no order."""
        return Counter(map(self.row, rows))

    def described(self) -> Any:
        """The metadata itself, places of one label in no order."""
        return {
            **self.meta,
            "filters": [
                {**_without_id(item), "options": [one["label"] for one in item["options"]]}
                for item in self.meta["filters"]
            ],
            "indicators": [_without_id(item) for item in self.meta["indicators"]],
            "locations": [
                {**group, "options": _tied([_without_id(one) for one in group["options"]])}
                for group in self.meta["locations"]
            ],
        }

    def question(self, body: Any, to: Words) -> Any:
        """The body of a question about this metadata as one about another."""
        filters = {theirs: mine for mine, theirs in to.filters.items()}
        indicators = {theirs: mine for mine, theirs in to.indicators.items()}
        options = {words: mine for (_, mine), words in to.options.items()}
        places = {(level, json.dumps(words)): mine for (level, mine), words in to.places.items()}
        named = {one: options[words] for (_, one), words in self.options.items()}
        placed = {one: places[level, json.dumps(words)] for (level, one), words in self.places.items()}
        sorts = {f"filter|{one}": f"filter|{filters[column]}" for one, column in self.filters.items()}
        sorts |= {f"indicator|{one}": f"indicator|{indicators[column]}" for one, column in self.indicators.items()}
        listed = {one: indicators[column] for one, column in self.indicators.items()}

        def told(part: Any, names: Mapping[str, str]) -> Any:
            if isinstance(part, dict):
                within = {"filters": named, "locations": placed, "indicators": listed, "sorts": sorts}
                return {name: told(value, within.get(name, names)) for name, value in part.items()}
            if isinstance(part, list):
                return [told(item, names) for item in part]
            return names.get(part, part) if isinstance(part, str) else part

        return told(body, {})


def _without_id(item: Any) -> Any:
    return {name: value for name, value in item.items() if name != "id"}


def _tied(items: list[Any]) -> list[Any]:
    """Items in their order, but those of one label in any, as the service has them."""
    return [
        one
        for _, tied in groupby(items, key=lambda item: item["label"])
        for one in sorted(tied, key=lambda item: json.dumps(item, sort_keys=True))
    ]


def unordered(part: Any) -> Any:
    """A part of an answer without ids, and its lists in no order."""
    if isinstance(part, dict):
        return {name: unordered(value) for name, value in part.items() if name not in _BY_NATURE}
    if isinstance(part, list):
        return sorted((unordered(item) for item in part), key=lambda item: json.dumps(item, sort_keys=True))
    return part


_BY_NATURE = ("id", "file", "title", "slug", "summary", "published", "release", "notes", "lastPublished", "traceId")
"""What the box is told, or makes up, as files do not say it."""


def content(answer: Answer) -> Any:
    """What an answer holds."""
    return answer.get("answer", answer.get("text"))


def differences(box: Box, case: Mapping[str, Any]) -> Iterator[str]:
    """In what the box differs from the recording of a case."""
    for name, path in (("dataSet", box.path), ("versions", f"{box.path}/versions")):
        if name in case:
            yield from _differ(name, case[name], box.get(path), unordered)
    for version, each in case["each"].items():
        status, meta = box.get(f"{box.path}/meta", dataSetVersion=version)
        yield from _differ("metadata", each["meta"], (status, meta), lambda found: Words(found).described())
        if 200 != each["meta"]["status"] or status != 200:
            continue
        there, here = Words(content(each["meta"])), Words(meta)
        status, found = box.query(version, {"pageSize": 1000})
        if status != each["rows"]["status"]:
            yield f"rows: {each['rows']['status']} there, {status} here"
        elif status == 200:
            yield from _rows_differ(f"rows of {version}", (there, content(each["rows"])), (here, found))
        status, file = box.get(f"{box.path}/csv", dataSetVersion=version)
        # those that were not text to the recorder were gzip to it
        is_text = isinstance(each["csv"].get("answer"), str)
        if status != each["csv"]["status"] or (is_text and each["csv"]["answer"] != file):
            yield f"data file of {version}"
        if "changes" in each:
            path = f"{box.path}/versions/{version}/changes"
            yield from _differ(f"changes of {version}", each["changes"], box.get(path), unordered)
    yield from _asked(box, case)
    yield from _asks(box, case)


def _differ(what: str, there: Answer, here: tuple[int, Any], read: Callable[[Any], Any]) -> Iterator[str]:
    status, found = here
    if status != there["status"]:
        yield f"{what}: {there['status']} there, {status} here"
    elif status == 200 and read(content(there)) != read(found):
        yield f"{what}: {read(content(there))} there, {read(found)} here"


def _rows_differ(what: str, there: tuple[Words, Any], here: tuple[Words, Any]) -> Iterator[str]:
    (words, expected), (own_words, found) = there, here
    before, after = words.rows(expected["results"]), own_words.rows(found["results"])
    if before != after:
        yield f"{what}: {[*(before - after)][:3]} there, {[*(after - before)][:3]} here"
    if expected["paging"] != found["paging"]:
        yield f"{what}: {expected['paging']} there, {found['paging']} here"
    codes = [[(warning["code"], warning.get("path")) for warning in one["warnings"]] for one in (expected, found)]
    if codes[0] != codes[1]:
        yield f"{what}: warnings {codes[0]} there, {codes[1]} here"


def _asked(box: Box, case: Mapping[str, Any]) -> Iterator[str]:
    """What the names of versions, such as `1.*`, stand for."""
    for name, asked in case.get("asked", {}).items():
        yield from _differ(f"version {name}", asked["version"], box.get(f"{box.path}/versions/{name}"), unordered)
        status, found = box.query(name, {"pageSize": 1})
        if status != asked["query"]["status"]:
            yield f"query of {name}: {asked['query']['status']} there, {status} here"
        elif status == 200 and content(asked["query"])["paging"] != found["paging"]:
            yield f"query of {name}: {content(asked['query'])['paging']} there, {found['paging']} here"
        path = f"{box.path}/versions/{name}/changes"
        history = box.get(path, includePatchHistory="true")
        yield from _differ(f"patch history of {name}", asked["patchHistory"], history, unordered)


def _asks(box: Box, case: Mapping[str, Any]) -> Iterator[str]:
    """Answers to questions about the last version."""
    if not case.get("asks"):
        return
    _, meta = box.get(f"{box.path}/meta")
    (version,) = case["each"]
    there, here = Words(content(case["each"][version]["meta"])), Words(meta)
    for asked in case["asks"]:
        what = json.dumps(asked["body"])
        body = there.question(asked["body"], here)
        status, found = box.query("", body)
        if status != asked["status"]:
            yield f"{what}: {asked['status']} there, {status} here"
        elif status == 200:
            expected = content(asked)
            yield from _rows_differ(what, (there, expected), (here, found))
            sorts = [_sorted_by(there, asked["body"], expected), _sorted_by(here, body, found)]
            if sorts[0] != sorts[1]:
                yield f"{what}: {sorts[0]} there, {sorts[1]} here"
        elif status == 400:
            codes = [[(error["code"], error.get("path")) for error in one["errors"]] for one in (content(asked), found)]
            if codes[0] != codes[1]:
                yield f"{what}: {codes[0]} there, {codes[1]} here"


def _sorted_by(words: Words, body: Any, answer: Any) -> list[Any]:
    """What the rows have, in their order, of that by which they are sorted: ties come in no order."""
    return [
        [_cell(words, row, sort["field"]) for sort in body.get("sorts", [{"field": "timePeriod"}])]
        for row in answer["results"]
    ]


def _cell(words: Words, row: Any, field: str) -> Any:
    kind, _, name = field.partition("|")
    if kind == "filter":
        option = row["filters"].get(name)
        return option and words.options[name, option]
    if kind == "location":
        place = row["locations"].get(name)
        # places of one label come in any order
        return place and words.places[name, place]["label"]
    return row["values"][name] if kind == "indicator" else row[kind]
