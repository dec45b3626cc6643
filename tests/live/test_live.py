"""The comparison with the live service, run against the box on this machine: which is not the live service."""

from __future__ import annotations

import json
import re
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import attrs
import httpx
import pytest

import eesclient as ees
from eesclient import Request
from tests.doors.api import Response
from tests.doors.top import BASE_URL

uvicorn = pytest.importorskip("uvicorn", reason="the extra server is not installed")
pytest.importorskip("starlette", reason="the extra server is not installed")

from scripts.live.__main__ import main  # noqa: E402
from scripts.live.comparison import write_meta  # noqa: E402
from scripts.live.members import unnamed  # noqa: E402
from scripts.live.outcomes import DiffersError, NotAskedError, ObservedError, Outcome, expect, outcome  # noqa: E402
from scripts.live.polite import Polite, Sent  # noqa: E402
from scripts.live.report import Report  # noqa: E402
from scripts.live.run import run, statements, unreachable  # noqa: E402
from tests.doors.server import application, web  # noqa: E402


class Bent:
    """The demo, with answers bent by a test."""

    def __init__(self, bend: Callable[[Request, Response], Response] = lambda _, response: response) -> None:
        self._service = ees.local.demo()
        self._bend = bend

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        return self._bend(request, self._service.handle(request))


@contextmanager
def served(handler: Bent) -> Iterator[str]:
    """A service behind HTTP on this machine; gives its address."""
    server = web.server(application(handler))
    with web.listen("127.0.0.1", 0) as listening:
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=20)


def reported(address: str, **options: Any) -> Report:
    """What a run without pauses reports."""
    polite = Polite(0)
    try:
        return run(address, polite, **{"data_set_id": ees.local.SEN_ID, "questions": 0, "interval": 0} | options)
    finally:
        polite.finish()


def found(report: Report, part: str) -> dict[str, Outcome]:
    """The outcomes of a part, by name."""
    return {outcome.name: outcome for outcome in report.parts[part]}


def test_the_whole_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run writes a report that says whom it asked; the box is as the reference says, and no other than itself."""
    path = tmp_path / "reports" / "live.md"
    with served(Bent()) as address:
        code = main(["--base-url", address, "--interval", "0", "--questions", "6", "--report", str(path)])
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# Compared with {address}, ")
    assert "**This is not the live service**" in text
    assert "- Unknown members of enumerations: none" in text
    assert "| question 6 | agrees |" in text
    assert [] == [line for line in text.splitlines() if "**differs**" in line]
    assert 0 == code
    assert str(path) in capsys.readouterr().out


def test_every_marked_statement_has_its_line(conformance_folder: Path) -> None:
    """The table has as many statements of each section as the reference marks as not run, or as a framework's."""
    reference = conformance_folder.parent / "reference" / "ees-api-v1.md"
    if not reference.is_file():
        pytest.skip("the reference is not beside the conformance cases")
    sections = re.split(r"^## (?=[0-9])", reference.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    marked = Counter({part.split()[0]: len(re.findall(r"\[framework|\[not run|not run on", part)) for part in sections})
    asked = Counter(
        name.partition(".")[0]
        for item in statements()
        for name in item.section.split(" and ")
        if item.mark in ("framework", "not run")
    )
    assert Counter() == marked - asked


def test_statements_are_told_apart() -> None:
    """No statement stands twice in the table, and each mark is one of the reference's."""
    assert [1] == [*set(Counter(item.name for item in statements()).values())]
    assert {"", "not run", "framework", "evaluated"} == {item.mark for item in statements()}


def bent(request: Request, response: Response) -> Response:
    """An answer of a service that has changed."""
    if request.path.endswith("/meta"):
        return attrs.evolve(response, body=response.body.replace(b'"hint":""', b'"hint":"","footnote":"x"'))
    if request.path == f"/data-sets/{ees.local.SEN_ID}":
        return attrs.evolve(response, body=response.body.replace(b'"Published"', b'"Rested"', 1))
    if request.path.endswith("/query") and response.status == 200:
        answer = json.loads(response.body)
        for row in answer["results"]:
            row["values"] = dict.fromkeys(row["values"], "1")
        return attrs.evolve(response, body=json.dumps(answer).encode())
    return response


def test_differences_are_found() -> None:
    """Other figures, new members and new statuses of a service are reported, each at its place."""
    with served(Bent(bent)) as address:
        report = reported(address, questions=4)
    assert "DataSetStatus 'Rested'" in report.unknown
    assert "new: filters[].footnote" == found(report, "Members that are new")["members of metadata"].note
    questions = [item for item in report.parts["Generated questions"] if item.name.startswith("question")]
    assert any("rows differ; asked: {" in item.note for item in questions)
    assert report.differences


def test_nobody_to_ask(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a service the run is skipped, and says why."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert 3 == main(["--base-url", address, "--interval", "0", "--reachable"])
    assert f"skipped: no connection to {address}" in capsys.readouterr().out


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>"), (403, b'{"title":"Forbidden"}'), (200, b"1")])
def test_somebody_else_answers(status: int, body: bytes) -> None:
    """An answer that is none of the API is nobody to ask either."""
    inner = httpx.MockTransport(lambda _: httpx.Response(status, content=body))
    reason = unreachable("https://ees.test", Polite(0, inner=inner))
    assert f"https://ees.test answered {status} with something else than this API would" == reason


def test_requests_are_spaced_and_counted() -> None:
    """Requests begin an interval apart, the first included, whoever sends them; failed ones count."""
    now, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    def answer(request: httpx.Request) -> httpx.Response:
        now[0] += 0.25
        if request.url.path == "/broken":
            raise httpx.ConnectError("broken")
        return httpx.Response(200)

    polite = Polite(1, inner=httpx.MockTransport(answer), clock=lambda: now[0], sleep=sleep)
    for path in ("/a", "/broken", "/b"):
        with httpx.Client(transport=polite, base_url="https://ees.test") as http:
            if path == "/broken":
                with pytest.raises(httpx.ConnectError):
                    http.get(path)
            else:
                http.get(path)
    now[0] += 5
    httpx.Client(transport=polite, base_url="https://ees.test").get("/c")
    assert [1.0, 0.75, 0.75] == slept
    assert [Sent("GET", "/a", 200), Sent("GET", "/broken", 0), Sent("GET", "/b", 200)] == polite.sent[:3]
    assert 4 == len(polite.sent)


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/x"), ("PUT", "/x/query"), ("POST", "/publications")])
def test_nothing_is_changed(method: str, path: str) -> None:
    """A request that is no question is not sent."""
    polite = Polite(0, inner=httpx.MockTransport(lambda _: httpx.Response(200)))
    with httpx.Client(transport=polite, base_url="https://ees.test") as http, pytest.raises(ValueError, match=method):
        http.request(method, path)
    assert [] == polite.sent


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (DiffersError("n"), "differs"),
        (ObservedError("n"), "observed"),
        (NotAskedError("n"), "not asked"),
        (KeyError("n"), "differs"),
    ],
)
def test_outcomes(error: Exception, result: str) -> None:
    """What a check raises is its outcome; nothing raised is agreement."""

    def check() -> None:
        raise error

    assert result == outcome("x", check).result
    assert ("agrees", "7") == (outcome("x", lambda: 7).result, outcome("x", lambda: 7).note)
    with pytest.raises(DiffersError, match="rows: expected 1, got 2"):
        expect(1, 2, "rows")


def test_report_of_the_live_service() -> None:
    """Only the live service's own address is called live; cells of tables stay in their cells."""
    wrong = Outcome(name="a|b", section="5", mark="not run", result="differs", note="two\nlines")
    report = Report(
        base_url=BASE_URL,
        at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        package="1",
        data_set="d",
        interval=1,
        requests=1_000,
        unknown=("DataSetStatus 'Odd'",),
        parts={"P": (wrong,)},
    )
    text = report.to_markdown()
    assert "This is the live service." in text
    assert "not the live service" not in text
    assert "| 5 | not run | a\\|b | **differs** | two lines |" in text
    assert "- Requests: 1,000, at least 1 seconds from one to the next" in text
    assert [wrong] == report.differences
    assert not attrs.evolve(report, base_url="http://127.0.0.1:1").is_live


def test_new_members() -> None:
    """Members that are lost on the way through a model are named once each, nulls and empty lists apart."""
    sent = {"a": [{"b": 1, "new": 2, "null": None}], "empty": [], "more": {"c": 1}}
    assert ["a[].new", "more"] == [*unnamed(sent, {"a": [{"b": 1}]})]


def test_metadata_file(tmp_path: Path) -> None:
    """The metadata file that is written from metadata gives the same metadata back, units included."""
    meta = ees.Meta(
        filters=[ees.Filter(id="f", column="sex", label="Sex, or gender", hint='say "which"')],
        indicators=[
            ees.Indicator(id="i", column="a", label="A", unit=ees.IndicatorUnit.STRING),
            ees.Indicator(id="j", column="b", label="B", unit=ees.IndicatorUnit.MILLION_POUNDS, decimal_places=0),
        ],
    )
    write_meta(meta, tmp_path / "x.meta.csv")
    (tmp_path / "x.csv").write_text(
        "time_period,time_identifier,geographic_level,country_code,country_name,sex,a,b\n"
        "2024,Calendar year,National,E92000001,England,Total,t,1\n"
    )
    with ees.Client(service=ees.local.Service.from_folder(tmp_path)) as client:
        read = client.open(next(client.data_sets()).id).meta
    assert [("sex", "Sex, or gender", 'say "which"')] == [(item.column, item.label, item.hint) for item in read.filters]
    assert [(item.column, item.unit, item.decimal_places) for item in meta.indicators] == [
        (item.column, item.unit, item.decimal_places) for item in read.indicators
    ]
