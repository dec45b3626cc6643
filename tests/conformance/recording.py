"""What the service answered when it was recorded: its data sets laid in a box, its ids beside those of the box."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, quote, unquote_plus

import attrs

import eesclient as ees
from tests.doors.local import Holdings, load_folder
from tests.local.support import shared

Json: TypeAlias = dict[str, Any]
Ask: TypeAlias = Callable[[str, str, Json | None, Mapping[str, str]], Json | None]
"""Asks a box for the JSON at a path with a query string, a body or none, and headers; None where it has none."""

OWN = shared("conformance", "EES_CONFORMANCE") / "recorded"
FOLDER = Path(os.environ.get("EES_RECORDED", OWN))
REASON = f"no folder {FOLDER}; EES_RECORDED, EES_CONFORMANCE or EES_SHARED can name another"

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ID = re.compile(r"[0-9A-Za-z]+")
_WITHDRAWN = "2026-02-01T09:30:00Z"


def answers() -> list[bytes]:
    """The recorded answers, each a JSON text."""
    path = FOLDER / "answers.jsonl.gz"
    return gzip.decompress(path.read_bytes()).splitlines() if path.is_file() else []


def file_of(name: str) -> Any:
    """A recorded JSON file: of the folder, or else of the usual one."""
    path = next(path for path in (FOLDER / name, OWN / name) if path.is_file())
    return json.loads(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())


def has_file(name: str) -> bool:
    """Whether a recorded file is there."""
    return any((folder / name).is_file() for folder in (FOLDER, OWN))


def data_set_of(path: str) -> str:
    """The id of the data set that an address is about."""
    found = _GUID.search(path.lower()) if "data-sets" in path.lower() else None
    return found[0] if found else ""


# The data sets


@attrs.frozen(kw_only=True)
class Laid:
    """The data sets of a recording in a box, and the titles of those that it refuses."""

    service: ees.local.Service
    refused: frozenset[str]
    planned: frozenset[str]


def lay(folder: Path) -> Laid:
    """Make the files of the recording by its own script, and load them."""
    script = next(path for path in (FOLDER / "make_versions.py", OWN / "make_versions.py") if path.is_file())
    own = FOLDER / "data"
    data = own if own.is_dir() else shared("data", "EES_DATA")
    subprocess.run([sys.executable, script, data, folder], check=True, capture_output=True)  # noqa: S603 - its own
    plan = json.loads((folder / "plan.json").read_text("utf-8"))["dataSets"]
    holdings, refused = [], set()
    for number, publication in enumerate(json.loads((folder / "publications.json").read_text("utf-8"))):
        held = [item for item in plan if item["publicationId"] == publication["publicationId"]]
        for item in held:
            place = folder / f"{number}" / item["title"]
            place.mkdir(parents=True)
            (place / "service.toml").write_text("\n".join(_description(publication, item, place)), "utf-8")
            try:
                holdings.append(load_folder(place))
            except ees.DataFileError:
                refused.add(item["title"])
    publications = {item.id: item for one in holdings for item in one.publications}
    data_sets = {name: item for one in holdings for name, item in one.data_sets.items()}
    return Laid(
        service=ees.local.Service(Holdings(publications=tuple(publications.values()), data_sets=data_sets)),
        refused=frozenset(refused),
        planned=frozenset(item["title"] for item in plan),
    )


def _description(publication: Json, item: Json, place: Path) -> Iterator[str]:
    """Copy the files of a data set, and say in lines of `service.toml` what they cannot."""
    yield from _table("publication", id=publication["publicationId"], title=publication["title"])
    yield f"slug = {json.dumps(publication['publicationSlug'])}"
    yield f"summary = {json.dumps(publication['summary'])}"
    yield f"last_published = {publication['published']}"
    name = item["title"]
    key = json.dumps(name)
    yield from _table(f"data_sets.{key}", id=item["id"], title=name, summary=item["summary"])
    statuses = {one["version"]: one["status"] for one in item["statuses"]}
    number = (1, 0, 0)
    for place_of_it, one in enumerate(item["versions"]):
        before, number = number, _next(one, number) if place_of_it else number
        version = f"{number[0]}.{number[1]}" + (f".{number[2]}" if number[2] else "")
        stem = f"{name}" + ("" if version == "1.0" else f".v{version}")
        shutil.copy(one["csv"], place / f"{stem}{'.csv.gz' if one['csv'].endswith('.gz') else '.csv'}")
        shutil.copy(one["meta"], place / f"{stem}.meta.csv")
        table = f'data_sets.{key}.versions."{version}"'
        yield from _table(table, release=one["releaseTitle"], notes=one.get("notes", ""))
        if one.get("publish") is False:
            yield 'status = "Draft"'
            yield f"preview_tokens = [{{ id = {json.dumps(one['previewToken'])} }}]"
        else:
            yield f"published = {one['published']}"
            status = statuses.get(version, "Published")
            yield f"status = {json.dumps(status)}"
            if status == "Withdrawn":
                yield f"withdrawn = {_WITHDRAWN}"
        if number[0] > before[0]:
            yield from _mappings(table, Path(one["csv"]))


def _table(name: str, **keys: str) -> Iterator[str]:
    yield f"[{name}]"
    yield from (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items())


def _next(version: Json, before: tuple[int, int, int]) -> tuple[int, int, int]:
    """The number of the next version: a patch, a major one where an option is renamed, else a minor one."""
    major, minor, patch = before
    if version.get("patch"):
        return major, minor, patch + 1
    return (major + 1, 0, 0) if "renames" in version.get("notes", "") else (major, minor + 1, 0)


def _mappings(table: str, file: Path) -> Iterator[str]:
    """What was mapped by hand: each option called `… (renamed)` to the one before."""
    content = file.read_bytes()
    text = (gzip.decompress(content) if file.suffix == ".gz" else content).decode("utf-8-sig")
    headings, *rows = csv.reader(io.StringIO(text, newline=""))
    for place, column in enumerate(headings):
        renamed = {row[place] for row in rows if row[place].endswith(" (renamed)")}
        if renamed:
            pairs = ", ".join(f"{json.dumps(one.removesuffix(' (renamed)'))} = {json.dumps(one)}" for one in renamed)
            yield from (f"[{table}.mappings]", f"options.{json.dumps(column)} = {{ {pairs} }}")


# Ids

Kind: TypeAlias = str
"""`filter`, `option`, `indicator`, or `location` with its level: ids are told apart within each."""


def _things(meta: Json) -> Iterator[tuple[Kind, tuple[Any, ...], str, str]]:
    """Kind, what tells it apart, id and label of each thing in metadata."""
    for item in meta["filters"]:
        yield "filter", (item["column"],), item["id"], item["label"]
        yield from (("option", (item["column"], one["label"]), one["id"], one["label"]) for one in item["options"])
    yield from (("indicator", (item["column"],), item["id"], item["label"]) for item in meta["indicators"])
    for group in meta["locations"]:
        level = group["level"]["code"]
        for one in group["options"]:
            words = tuple(sorted((name, text) for name, text in one.items() if name != "id"))
            yield f"location {level}", words, one["id"], one["label"]


@attrs.frozen(eq=False)
class Ids:
    """Ids of one data set: the recorded ones, those of the box, and labels by the recorded ones."""

    theirs: dict[tuple[Kind, str], str] = attrs.field(factory=dict)
    ours: dict[tuple[Kind, str], str] = attrs.field(factory=dict)
    labels: dict[tuple[Kind, str], str] = attrs.field(factory=dict)
    faults: list[str] = attrs.field(factory=list)

    def pair(self, theirs: Json, ours: Json) -> None:
        """Pair the ids of one version's metadata with ours."""
        here = {(kind, words): given for kind, words, given, _ in _things(ours)}
        for kind, words, given, label in _things(theirs):
            self.labels[kind, given] = label
            own = here.get((kind, words))
            if own is None or self.ours.setdefault((kind, given), own) != own:
                self.faults.append(f"{kind} {words}: {given} there, {own} here, {self.ours.get((kind, given))} before")
            elif self.theirs.setdefault((kind, own), given) != given:
                self.faults.append(f"{kind} {words}: {own} here, {given} there, {self.theirs[kind, own]} before")

    def to_ours(self, kind: Kind, given: str) -> str:
        """Our id of a thing; of what is unknown there a text that is unknown here too."""
        found = self.ours.get((kind, given))
        return found or (f"{given}~" if (kind, given) in self.theirs else given)

    def to_theirs(self, kind: Kind, given: str) -> str:
        """The recorded id of a thing."""
        return self.theirs.get((kind, given)) or given.removesuffix("~")

    # Questions

    def query(self, text: str) -> str:
        """A query string with our ids."""
        return "&".join(self._parameter(part) for part in text.split("&"))

    def _parameter(self, part: str) -> str:
        name, equals, value = part.partition("=")
        said = unquote_plus(value)
        facet = unquote_plus(name).lower().partition(".")[0].partition("[")[0]
        changed = ",".join(self._text(facet, one) for one in said.split(","))
        safe = "," if "," in value else ""
        return part if changed == said else f"{name}{equals}{quote(changed, safe=safe)}"

    def _text(self, facet: str, text: str) -> str:
        parts = text.split("|")
        if facet in {"filters", "indicators"}:
            return self.to_ours("option" if facet == "filters" else "indicator", text)
        if facet in {"sort", "sorts"} and len(parts) > 1:
            return "|".join([parts[0], self.to_ours(parts[0], parts[1]), *parts[2:]])
        if facet == "locations" and len(parts) == 3 and parts[1] == "id":
            return "|".join([*parts[:2], self.to_ours(f"location {parts[0]}", parts[2])])
        return text

    def body(self, value: Any, inside: str = "") -> Any:
        """A body with our ids."""
        if isinstance(value, list):
            return [self.body(item, inside) for item in value]
        if not isinstance(value, dict):
            return self._text(inside, value) if isinstance(value, str) and inside else value
        if inside == "locations" and isinstance(value.get("id"), str):
            return value | {"id": self.to_ours(f"location {value.get('level')}", value["id"])}
        if inside == "sorts":
            return {name: self.body(item, "sort") if name == "field" else item for name, item in value.items()}
        facets = {"filters", "indicators", "locations", "sorts"}
        return {name: self.body(item, name if name in facets else inside) for name, item in value.items()}

    # Answers

    def row(self, row: Json) -> Json:
        """A row of ours with recorded ids."""
        return row | {
            "locations": {level: self._named(f"location {level}", one) for level, one in row["locations"].items()},
            "filters": {self._named("filter", a): self._named("option", b) for a, b in row["filters"].items()},
            "values": {self._named("indicator", a): value for a, value in row["values"].items()},
        }

    def _named(self, kind: Kind, text: str) -> str:
        given, mark, label = text.partition(" :: ")
        return self.to_theirs(kind, given) + mark + label

    def detail(self, fault: Json) -> Json:
        """An error or a warning of ours with recorded ids in its detail."""
        kind = "indicator" if "indicators" in (fault.get("path") or "") else "option"
        return {name: self._told(kind, item) if name == "detail" else item for name, item in fault.items()}

    def _told(self, kind: Kind, value: Any) -> Any:
        if isinstance(value, list):
            return [self._told(kind, item) for item in value]
        if isinstance(value, dict):
            level = f"location {value['level']}" if "level" in value else kind
            return {name: self._told(level if name == "id" else kind, item) for name, item in value.items()}
        if not isinstance(value, str):
            return value
        head, *more = value.split("|")
        if more and head in {"filter", "indicator"}:
            return "|".join([head, self.to_theirs(head, more[0]), *more[1:]])
        if len(more) == 2 and more[0] == "id":
            return "|".join([head, "id", self.to_theirs(f"location {head}", more[1])])
        return _ID.sub(lambda found: self.to_theirs(kind, found[0]), value).replace("~", "")


def _all_answers() -> Iterator[bytes]:
    """What the usual recording has as well: another may be a part of the same, and lack what tells of its data sets."""
    own = OWN / "answers.jsonl.gz"
    if FOLDER != OWN and own.is_file():
        yield from gzip.decompress(own.read_bytes()).splitlines()
    yield from answers()


def recorded_titles() -> set[str]:
    """Titles of the data sets that publications listed."""
    lists = [json.loads(line) for line in _all_answers() if b'"tag": "list"' in line[:60]]
    return {item["title"] for one in lists for item in one["answer"]["results"] if "latestVersion" in item}


@cache
def recorded_metas() -> Mapping[str, Mapping[tuple[str, str], Json]]:
    """Whole metadata by data set, by the query string and the token that it was asked with."""
    found: dict[str, dict[tuple[str, str], Json]] = {}
    for line in _all_answers():
        if b'/meta"' not in line[:400]:
            continue
        one = json.loads(line)
        query = one["query"] or ""
        if one["status"] == 200 and isinstance(one.get("answer"), dict) and "types" not in query.lower():
            token = one["headers"].get("Preview-Token", "")
            found.setdefault(data_set_of(one["path"]), {})[query, token] = one["answer"]
    return found


def ids_of(data_set: str, ask: Ask) -> Ids:
    """The ids of a data set, whose metadata is asked of the box as it was asked of the service."""
    ids = Ids()
    for (query, token), theirs in recorded_metas().get(data_set, {}).items():
        ours = ask(f"/v1/data-sets/{data_set}/meta", query, None, {"Preview-Token": token} if token else {})
        if ours is None:
            ids.faults.append(f"no metadata of {data_set} with {query!r}")
        else:
            ids.pair(theirs, ours)
    return ids


def parameters(query: str) -> tuple[tuple[str, str], ...]:
    """The parameters of a query string."""
    return tuple(parse_qsl(query, keep_blank_values=True))
