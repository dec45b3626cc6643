"""Each status that a data set, a version and a preview token can have, and the limits of a request, as recorded."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

import eesclient as ees
from tests.conformance.asking import listening, plainly
from tests.conformance.comparing import Asked, asker, differences, in_process
from tests.conformance.recording import FOLDER, REASON, Ask, Ids, Json, file_of, has_file
from tests.conformance.report import RECORDED
from tests.doors.api import Response, to_json
from tests.doors.local import DataSetHolding, VersionHolding, load_folder

_STATE = re.compile(
    r"as published|(?P<set>data set) (?P<set_status>\w+)(?P<superseded>, superseded)?"
    r"|(?P<which>latest|first) version (?P<status>\w+)(, token (?P<token>\w+))?"
)
_TOKEN = "00000000-0000-0000-0000-0000000000aa"
_MOMENTS = {
    "active": ("2020-01-01", "2099-01-01"),
    "expired": ("2020-01-01", "2021-01-01"),
    "pending": ("2098-01-01", "2099-01-01"),
}


def _groups() -> list[Any]:
    """The recorded answers, by the state that they were given in."""
    groups: dict[str, list[Json]] = {}
    for one in file_of("states.json") if has_file("states.json") else ():
        if _STATE.fullmatch(one["what"]):
            groups.setdefault(one["what"], []).append(one)
    return [pytest.param(one, id=name) for name, one in groups.items()] or [
        pytest.param([], id="none", marks=pytest.mark.skip(reason=REASON))
    ]


def _case(name: str) -> Json:
    return next(case for case in file_of("files.json.gz") if case["case"] == name)


def _id_of(case: Json) -> str:
    return str(case["dataSet"]["answer"]["id"])


def _ids(case: Json, held: DataSetHolding) -> Ids:
    """The recorded ids of a case beside those of the box."""
    ids = Ids()
    for version in held.versions:
        ids.pair(case["each"][str(version.about.version)]["meta"]["answer"], json.loads(to_json(version.data.meta)))
    assert not ids.faults
    return ids


def _as_set(version: VersionHolding, answers: list[Json]) -> VersionHolding:
    """A version whose status was set without a word on when it was withdrawn, unless an answer says so."""
    is_said = '"withdrawn":' in json.dumps(answers)
    return version if is_said else attrs.evolve(version, about=attrs.evolve(version.about, withdrawn=None))


def _lay(folder: Path, state: str, answers: list[Json]) -> Iterator[str]:
    """Write the files of the two data sets, and say in lines of `service.toml` what they and their versions are."""
    case, other = _case("v_option_gone"), _case("plain")
    said = _STATE.fullmatch(state)
    assert said is not None
    for name, files in (("v_option_gone", case["files"]), ("plain", other["files"])):
        for stem, file in zip((name, f"{name}.v2.0"), files, strict=False):
            (folder / f"{stem}.csv").write_text(file["data"], "utf-8")
            (folder / f"{stem}.meta.csv").write_text(file["meta"], "utf-8")
    path = next(one["path"] for one in file_of("states.json") if "/publications/" in one.get("path", ""))
    yield f'[publication]\nid = "{path.split("/")[3]}"'
    yield from (f'[data_sets.plain]\nid = "{_id_of(other)}"', "[data_sets.v_option_gone]")
    yield from (f'id = "{_id_of(case)}"', 'title = "v_option_gone"', 'summary = "v_option_gone"')
    if said["set"]:
        yield f'status = "{said["set_status"]}"'
    if said["superseded"]:
        yield 'superseding_data_set = "plain"'
    moments = re.findall(r'"withdrawn": "([^"]+)"', json.dumps(answers))
    withdrawn = next(iter(moments), "2026-11-28T06:00:00Z")
    statuses = {said["which"]: said["status"]}
    for number, (name, version) in enumerate((("first", "1.0"), ("latest", "2.0")), 1):
        status = statuses.get(name) or "Published"
        yield f'[data_sets.v_option_gone.versions."{version}"]\nrelease = "Release {number}"\nstatus = "{status}"'
        yield f"published = 2026-01-0{number}T09:30:00Z" + (f"\nwithdrawn = {withdrawn}" * (status == "Withdrawn"))
        if said["token"] and name == "latest":
            begin, end = (f"{moment}T00:00:00Z" for moment in _MOMENTS[said["token"]])
            yield f'preview_tokens = [{{ id = "{_TOKEN}", activates = {begin}, expires = {end} }}]'


# The limits of a request


_OPTION, _INDICATOR = "h2IyW", "Db3Qe"  # as recorded
_SORT = {"field": "timePeriod", "direction": "Asc"}


def _limits() -> list[Any]:
    """What was recorded of limits and of each endpoint's headers; what never came back was not recorded."""
    recorded = file_of("states.json") if has_file("states.json") else ()
    asked = [one for one in recorded if not _STATE.fullmatch(one["what"]) and "status" in one]
    return [pytest.param(one, id=f"{number}-{one['what']}") for number, one in enumerate(asked)] or [
        pytest.param({}, id="none", marks=pytest.mark.skip(reason=REASON))
    ]


def _body_of(what: str) -> Any:
    """The body of which only the length was recorded, by what is said of it."""
    number = int(re.findall("[0-9]+", what)[0])
    eq = {"filters": {"eq": _OPTION}}
    if "MB" in what:
        return '{"pageSize": 1}'.ljust(number << 20)
    if "nested" in what:
        criteria: Any = eq
        for _ in range(number):
            criteria = {"and": [criteria]}
        return {"criteria": criteria, "pageSize": 1}
    if "locations" in what:
        places = [{"level": "LA", "code": f"E{place:08}"} for place in range(number)]
        return {"criteria": {"locations": {"in": places}}, "pageSize": 1}
    bodies: dict[str, Json] = {
        "ids": {"criteria": {"filters": {"in": [_OPTION] * number}}},
        "side by side": {"criteria": {"or": [eq] * number}},
        "indicators": {"indicators": [_INDICATOR] * number},
        "sorts": {"sorts": [_SORT] * number},
    }
    return next(body for words, body in bodies.items() if words in what) | {"pageSize": 1}


@pytest.fixture(scope="module", name="limited")
def _limited(tmp_path_factory: pytest.TempPathFactory) -> tuple[ees.local.Service, Ids]:
    """The data set that limits were tried with, and its ids."""
    case, folder = _case("ask_sorts"), tmp_path_factory.mktemp("limits")
    for name, text in (("ask_sorts.csv", "data"), ("ask_sorts.meta.csv", "meta")):
        (folder / name).write_text(case["files"][0][text], "utf-8")
    held = case["dataSet"]["answer"]
    about = "\n".join(f"{name} = {json.dumps(held[name])}" for name in ("id", "title", "summary"))
    version = 'release = "Release 1"\npublished = 2026-01-01T09:30:00Z'
    text = f'[data_sets.ask_sorts]\n{about}\n[data_sets.ask_sorts.versions."1.0"]\n{version}\n'
    (folder / "service.toml").write_text(text, "utf-8")
    holdings = load_folder(folder)
    return ees.local.Service(holdings), _ids(case, holdings.data_sets[held["id"]])


@pytest.fixture(scope="module", name="port")
def _port(limited: tuple[ees.local.Service, Ids]) -> Iterator[int]:
    """Where it listens."""
    with listening(limited[0]) as port:
        yield port


@pytest.mark.parametrize("one", _limits())
def test_limits(
    one: Json,
    limited: tuple[ees.local.Service, Ids],
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> None:
    """A request is answered as it was: how long, deep and wide it may be, and with which headers of HTTP."""
    what, body, (service, ids) = one["what"], one["body"], limited
    told = re.fullmatch(r"\(([0-9]+) bytes\)", body) if isinstance(body, str) else None
    if told or "MB" in what:
        body = _body_of(what)
        assert told is None or len(json.dumps(body)) == int(told[1])
    asked = _asked(one, body=body)
    if length := re.search(r"… \(([0-9]+) characters\)$", one["path"]):
        start = one["path"][: one["path"].index("filters.in=") + len("filters.in=")]
        value = ",".join([_OPTION] * 3000)[: int(length[1]) - len(start)]
        asked = attrs.evolve(asked, query=f"{start.partition('?')[2]}{value}")
    names = {*asked.answer_headers}
    if asked.method == "GET":
        port: int = request.getfixturevalue("port")
        here = asked.translated(ids)
        response = plainly(port, here.method, here.path, here.query, None, here.headers)
    else:
        # over HTTP the gateway's limit of a body comes before these
        response, names = in_process(service, asked.translated(ids)), names - {"vary"}
    names -= {"content-length"} if "content-encoding" in names else set()
    kinds = _compared(asked, response, headers=names, ids=ids, ask=asker(service))
    found = dict.fromkeys(kinds, 1)
    record_property(RECORDED, [str(FOLDER), "limits and headers", "both ways", 1, int(bool(kinds)), found])
    assert not kinds


def _asked(one: Json, *, query: str | None = None, body: Any = None) -> Asked:
    path, _, recorded = one["path"].partition("?")
    return Asked(
        tag=one["what"],
        method="GET" if body is None else "POST",
        path=path,
        query=recorded if query is None else query,
        headers=one["headers"],
        body=body,
        status=one["status"],
        answer_headers={name.lower(): value for name, value in one["answerHeaders"].items()},
        answer=one["answer"],
        digest=None,
        cut=False,
    )


def _compared(asked: Asked, response: Response, *, headers: Iterable[str], ids: Ids, ask: Ask) -> list[str]:
    """What differs; of long answers, and of those that were packed, only the length was recorded, or less."""
    text = asked.answer
    length = re.fullmatch(r"\(([0-9]+) bytes\)", text) if isinstance(text, str) else None
    if isinstance(text, list):
        asked = attrs.evolve(asked, answer=json.loads(response.body) | {"results": text})
    found = differences(asked, response, headers=sorted(headers), ids=ids, ask=ask)
    if not isinstance(text, str):
        return found
    # of one row of many any may come, and the publication was not recorded
    is_known = "content-encoding" not in asked.answer_headers and not asked.path.endswith("/publications")
    is_known &= not (asked.status == 200 and asked.path.endswith("/query"))
    is_long = length is not None and is_known and int(length[1]) != len(response.body)
    return [one for one in found if one != "body"] + ["length"] * is_long


def _same(found: Counter[str], shown: list[str], kinds: list[str], asked: Asked) -> None:
    found.update(kinds)
    if kinds:
        shown.append(f"{asked.tag}: {asked.method} {asked.path}?{asked.query}: {kinds}")


@pytest.mark.parametrize("answers", _groups())
def test_states(tmp_path: Path, answers: list[Json], record_property: Callable[[str, object], None]) -> None:
    """Each request is answered as in that state."""
    state = answers[0]["what"]
    (tmp_path / "service.toml").write_text("\n".join(_lay(tmp_path, state, answers)), "utf-8")
    holdings, case = load_folder(tmp_path), _case("v_option_gone")
    # what was set by hand, after the version was published, left it the latest live one
    held = holdings.data_sets[_id_of(case)]
    versions = tuple(_as_set(one, answers) for one in held.versions)
    held = attrs.evolve(held, versions=versions, latest=versions[-1], latest_draft=None)
    service = ees.local.Service(attrs.evolve(holdings, data_sets={held.about.id: held}))
    ids = _ids(case, held)
    found: Counter[str] = Counter()
    shown: list[str] = []
    for one in answers:
        asked = _asked(one, body=one["body"])
        response = in_process(service, asked)
        names = {*asked.answer_headers} - {"content-length", "content-encoding", "vary"}
        _same(found, shown, _compared(asked, response, headers=names, ids=ids, ask=asker(service)), asked)
    record_property(RECORDED, [str(FOLDER), "states", "in process", len(answers), len(shown), dict(found)])
    assert not shown, "\n".join(["", *shown])
