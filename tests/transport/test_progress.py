"""What is told of calls that take long: each page of an answer, bytes of files, data sets of a lock; and bars of it."""

from __future__ import annotations

import gzip
import sys
import threading
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import attrs
import httpx
import pytest

import eesclient as ees
from eesclient import AsyncClient, Client, Progress, Request, errors, local
from tests.doors.api import Response
from tests.doors.transport import progress as module
from tests.lock.test_many import Many
from tests.notebooks import executed
from tests.transport.test_download import GZIP, PACKED, Download, awaiting, body, plain, saying

__all__ = ["awaiting", "plain"]

Capture = pytest.CaptureFixture[str]


class Told(list[Progress]):
    """What is told."""

    def __call__(self, now: Progress) -> None:
        """Note it; what is told again as a second has passed is the same."""
        if not self or attrs.evolve(self[-1], elapsed=now.elapsed) != now:
            self.append(now)

    @property
    def steps(self) -> list[tuple[str, str, int, int | None]]:
        """What is told before it is over, which is told in the end and once."""
        *before, last = self
        assert [now.is_over for now in before] == [False] * len(before)
        assert last == attrs.evolve(before[-1], is_over=True, elapsed=last.elapsed)
        assert [now.elapsed for now in self] == sorted(now.elapsed for now in self)
        return [(now.what, now.name, now.done, now.total) for now in before]


def asked_plainly(options: dict[str, Any], ask: dict[str, Any]) -> int:
    """Ask the demo with the plain client."""
    with Client(store=None, **options) as client:
        return len(client.open(local.SEN_ID, version="1.0").query(**ask))


def asked_awaiting(options: dict[str, Any], ask: dict[str, Any]) -> int:
    """Ask the demo with the awaiting client."""

    async def main() -> int:
        async with AsyncClient(store=None, **options) as client:
            return len(await (await client.open(local.SEN_ID, version="1.0")).query(**ask))

    return anyio.run(main)


Ask = Callable[[dict[str, Any], dict[str, Any]], int]


@pytest.fixture(params=[asked_plainly, asked_awaiting])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Return each of the two ways to ask."""
    way: Ask = request.param
    return way


@pytest.fixture(params=[plain, awaiting])
def download(request: pytest.FixtureRequest) -> Download:
    """Return each of the two ways to download."""
    way: Download = request.param
    return way


@pytest.fixture
def no_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have bars shown at once."""
    monkeypatch.setattr(module, "DELAY", 0.0)


FOUR = {"indicators": "Number of pupils", "others": {"SEN provision": "All pupils"}, "limit": 80, "page_size": 20}
"""A question of four pages."""


class Failing:
    """The demo, which answers no question for a page past the second."""

    source = "synthetic"
    origin = "ees-demo"

    def __init__(self) -> None:
        self.service = local.demo()

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        if request.path.endswith("/query") and b'"page": 3' in (request.body or b"").replace(b'"page":3', b'"page": 3'):
            return Response(status=500)
        return self.service.handle(request)


def test_each_page(ask: Ask) -> None:
    """A function is told each page, from the first, which says how many there are, to the last."""
    told = Told()
    assert ask({"service": local.demo(), "progress": told}, FOUR) == 80
    title = told[0].name
    assert "Special educational needs" in title
    assert [("pages", title, done, 4) for done in range(1, 5)] == told.steps


def test_one_page_is_not_told(ask: Ask) -> None:
    """An answer of one page is there before anything could be told."""
    told = Told()
    assert ask({"service": local.demo(), "progress": told}, FOUR | {"page_size": 80}) == 80
    assert told == []


def test_the_end_is_told_of_failures(ask: Ask) -> None:
    """Where a page fails, what was told is over."""
    told = Told()
    with pytest.raises(errors.ServerError):
        ask({"service": Failing(), "progress": told, "retries": 0}, FOUR)
    assert told.steps[0][2:] == (1, 4)
    assert told.steps[-1][2] < 4


def test_the_end_is_told_of_interrupts() -> None:
    """Ctrl-C ends what was told, too."""

    class Interrupted(Failing):
        def handle(self, request: Request) -> Response:
            if super().handle(request).status == 500:
                raise KeyboardInterrupt
            return self.service.handle(request)

    told = Told()
    with pytest.raises(KeyboardInterrupt):
        asked_plainly({"service": Interrupted(), "progress": told}, FOUR)
    assert told.steps[-1][2] < 4


def test_waiting_is_told(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a page is waited for, what was told too early for a bar is told again once it is time for one."""
    again, told = threading.Event(), Told()

    def tell(now: Progress) -> None:
        if len(told):
            again.set()
        else:
            monkeypatch.setattr(module, "DELAY", now.elapsed + 0.01)
        list.append(told, now)

    class Slow(Failing):
        def handle(self, request: Request) -> Response:
            if told and not again.wait(60):
                raise AssertionError("nothing was told")
            return self.service.handle(request)

    assert ask({"service": Slow(), "progress": tell}, FOUR) == 80
    assert [(now.done, now.total) for now in told[:2]] == [(1, 4), (1, 4)]
    assert told[0].elapsed < module.DELAY <= told[1].elapsed


def test_what_a_function_raises_ends_the_call(ask: Ask) -> None:
    """An error of the function that is told goes to the caller."""

    def stop(now: Progress) -> None:
        if now.done == 2 and not now.is_over:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        ask({"service": local.demo(), "progress": stop}, FOUR)


def test_bytes_of_a_file(download: Download, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file the bytes are told as they travel, and all that there are; after a broken connection from the start."""
    monkeypatch.setattr(module, "_STEP", 0.0)
    length = {"content-length": str(len(PACKED))}
    broken = body([PACKED[:140_000]], httpx.ReadError("cut"), **length)
    told = Told()
    download(tmp_path / "sen.csv", saying(broken, body([PACKED], **length)), progress=told)
    size, piece = len(PACKED), 65_536
    expected = [piece, 2 * piece, *range(piece, size, piece), size]
    assert [("bytes", "SEN 1.0", done, size) for done in expected] == told.steps
    # in the end it is known how many there are
    told.clear()
    download(tmp_path / "sen.csv", saying(body([PACKED])), progress=told)
    assert told.steps[-1][2:] == (size, size)


def test_bytes_of_what_is_read(tmp_path: Path) -> None:
    """read() tells the bytes of a data file that comes, with a store and without; download() also of a stored one."""
    service = local.demo()

    def answer(request: httpx.Request) -> httpx.Response:
        path, params = request.url.path.removeprefix("/v1"), tuple(request.url.params.multi_items())
        found = service.handle(Request(method="GET", path=path, params=params))
        return httpx.Response(found.status, stream=httpx.ByteStream(gzip.compress(found.body)), headers=GZIP)

    for store, comes in ((None, True), (tmp_path / "store", True), (tmp_path / "store", False)):
        read, saved = Told(), Told()
        options: dict[str, Any] = {"base_url": "http://ees.test", "transport": httpx.MockTransport(answer)}
        with Client(store=store, progress=read, **options) as client:
            sen = client.open(local.SEN_ID, version="1.0")
            sen.read()
            sen.download(tmp_path / "sen.csv", progress=saved)
        for told in [saved, *([read] if comes else [])]:
            what, name, done, total = told.steps[-1]
            assert ("bytes", f"{sen.title} 1.0", done) == (what, name, total)
        assert bool(read) == comes


@pytest.mark.parametrize("work", ["check", "sync"])
def test_data_sets_of_a_lock(work: str, tmp_path: Path) -> None:
    """Data sets of a lock are counted, each once and as one: bytes of their files come on top."""
    served, path, told = Many(tmp_path / "data", 7), tmp_path / "ees.lock", Told()
    served.lock(path)
    with Client(service=served, store=tmp_path / "store", progress=told) as client:
        report = client.check_lock(path) if work == "check" else client.sync(path)
    assert len(report.entries) == 7
    steps = [step for step in told.steps if step[0] == "data sets"]
    assert [("data sets", "ees.lock", done, 7) for done in range(8)] == [*dict.fromkeys(steps)]
    assert (told[-1].received > 0) == (work == "sync")
    assert all(step[0] in ("data sets", "publications") for step in told.steps)


def test_awaited_data_sets(tmp_path: Path) -> None:
    """The awaiting client counts them too."""
    served, path, told = Many(tmp_path / "data", 3), tmp_path / "ees.lock", Told()
    served.lock(path)

    async def main() -> None:
        async with AsyncClient(service=served, store=tmp_path / "store", progress=told) as client:
            await client.sync(path)

    anyio.run(main)
    assert [0, 1, 2, 3] == [*dict.fromkeys(done for what, _, done, _ in told.steps if what == "data sets")]
    assert told[-1].received > 0


def test_a_lake(tmp_path: Path) -> None:
    """Data sets that go into a lake are counted in one call, although each is opened and read by itself."""
    pytest.importorskip("deltalake", reason="deltalake is an extra")
    from eesclient import lake

    served, path, told = Many(tmp_path / "data", 2), tmp_path / "ees.lock", Told()
    served.lock(path)
    with Client(service=served, store=tmp_path / "store", progress=told) as client:
        assert lake.sync(client, tmp_path / "lake", lock=path).is_complete
    assert [0, 1, 2] == [
        *dict.fromkeys(done for what, _, done, total in told.steps if (what, total) == ("data sets", 2))
    ]
    assert {"data sets"} == {now.what for now in told}


def test_clauses_that_are_left_out() -> None:
    """Of a question without rows it is told how many requests counted what is left without a clause."""
    told = Told()
    with Client(service=local.demo(), progress=told) as client:
        sen = client.open(local.SEN_ID, version="1.0")
        empty = {"SEN provision": "No identified SEN", "Primary type of need": "Autistic spectrum disorder"}
        assert sen.explain_empty(sen.build(filters=empty)).clauses
    assert [("requests", "counting rows", done, 2) for done in range(3)] == told.steps


# Bars


def test_nothing_for_quick_work(ask: Ask, capsys: Capture) -> None:
    """What takes no second has no bar, also where bars are wanted; and where they are not, nothing has."""
    ask({"service": local.demo(), "progress": True}, FOUR)
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("no_delay")
def test_only_where_wanted(ask: Ask, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside notebooks there is no bar unless one is wanted, by argument or environment; the argument is above."""
    ask({"service": local.demo()}, FOUR)
    monkeypatch.setenv("EES_PROGRESS", "1")
    ask({"service": local.demo(), "progress": False}, FOUR)
    assert capsys.readouterr() == ("", "")
    ask({"service": local.demo()}, FOUR)
    assert "4 of 4 pages" in capsys.readouterr().err.replace("4/4 [", "4 of 4 pages")


@pytest.mark.usefixtures("no_delay")
def test_a_line(ask: Ask, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without tqdm a bar is a line on the error stream, of which nothing is left."""
    monkeypatch.setitem(sys.modules, "tqdm", None)
    ask({"service": local.demo(), "progress": True}, FOUR)
    out, err = capsys.readouterr()
    assert out == ""
    *_, last, blank, end = err.split("\r")
    assert last.endswith(": 4 of 4 pages")
    assert (" " * len(last), "") == (blank, end)


@pytest.mark.usefixtures("no_delay")
def test_tqdm(ask: Ask, capsys: Capture) -> None:
    """With tqdm it is a bar of that on the error stream, also of a call that fails, and none is left open."""
    tqdm = pytest.importorskip("tqdm", reason="tqdm is an extra")
    ask({"service": local.demo(), "progress": True}, FOUR)
    out, err = capsys.readouterr()
    assert out == ""
    assert "Special educational needs" in err
    assert "4/4 [" in err
    assert not tqdm.tqdm._instances
    with pytest.raises(errors.ServerError):
        ask({"service": Failing(), "progress": True, "retries": 0}, FOUR)
    assert "/4 [" in capsys.readouterr().err
    assert not tqdm.tqdm._instances


@pytest.mark.usefixtures("no_delay")
def test_a_file_that_comes_anew(download: Download, tmp_path: Path, capsys: Capture) -> None:
    """The bar of a file begins anew with the file."""
    pytest.importorskip("tqdm", reason="tqdm is an extra")
    broken = body([PACKED[:5000]], httpx.ReadError("cut"), **{"content-length": str(len(PACKED))})
    download(tmp_path / "sen.csv", saying(broken, body([PACKED])), progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "SEN 1.0: 100%" in err


@pytest.mark.usefixtures("no_delay")
def test_marimo(ask: Ask, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a cell of marimo there is a bar without asking for one, and with progress=False there is none."""
    monkeypatch.setitem(sys.modules, "marimo", SimpleNamespace(running_in_notebook=lambda: True))
    monkeypatch.setitem(sys.modules, "tqdm", None)
    ask({"service": local.demo(), "progress": False}, FOUR)
    assert capsys.readouterr().err == ""
    ask({"service": local.demo()}, FOUR)
    assert "4 of 4 pages" in capsys.readouterr().err


@pytest.mark.usefixtures("no_delay")
@pytest.mark.parametrize("service", [local.demo, Failing])
def test_jupyter(service: Callable[[], Any], ask: Ask, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a cell of Jupyter it is a bar of HTML, one for a call, which is emptied in the end, well or not."""
    shown: list[dict[str, str]] = []

    def display(data: dict[str, str], *, raw: bool, display_id: bool) -> Any:
        assert raw
        assert display_id
        assert not shown
        shown.append(data)
        return SimpleNamespace(update=update)

    def update(data: dict[str, str], *, raw: bool) -> None:
        assert raw
        shown.append(data)

    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))
    ask({"service": local.demo(), "progress": False}, FOUR)
    assert shown == []
    with nullcontext() if service is not Failing else pytest.raises(errors.ServerError):
        ask({"service": service(), "retries": 0}, FOUR)
    *bars, last = shown
    assert last == {"text/html": "", "text/plain": ""}
    assert '<progress max="4" value="1" aria-label=' in bars[0]["text/html"]
    assert bars[0]["text/plain"].endswith(": 1 of 4 pages")
    assert ("4 of 4 pages" in bars[-1]["text/plain"]) == (service is not Failing)
    assert capsys.readouterr() == ("", "")


def test_in_a_kernel() -> None:
    """In a real kernel what takes long has a bar in its cell, of which nothing is kept; what is quick has none."""
    begin = """
import eesclient as ees
from tests.doors.transport import progress
sen = ees.Client(service=ees.local.demo()).open(ees.local.SEN_ID, version="1.0")
"""
    cells = (
        begin,
        f"len(sen.query(**{FOUR}))",
        f"progress.DELAY = 0\nlen(sen.query(**{FOUR}))",
    )
    _, quick, long = executed(*cells)
    found = {"output_type": "execute_result", "text": "80"}
    bar = {"output_type": "display_data", "text": ""}
    read = [
        [{"output_type": one["output_type"], "text": one["data"]["text/plain"]} for one in cell["outputs"]]
        for cell in (quick, long)
    ]
    assert read == [[found], [bar, found]]


def test_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is neither a wish nor a function is an error, and so is a variable that says neither."""
    with pytest.raises(errors.SettingsError, match=r"progress='bar': write True, False or None, or a function"):
        Client(service=local.demo(), progress="bar")  # type: ignore[arg-type]
    monkeypatch.setenv("EES_PROGRESS", "perhaps")
    with pytest.raises(errors.SettingsError, match="EES_PROGRESS='perhaps': write 1 for bars, or 0"):
        Client(service=local.demo())
    with Client(service=local.demo(), progress=True) as client:
        assert client.with_options(timeout=5)._settings.progress is True


def test_amounts() -> None:
    """How much is done is said in words."""
    assert Progress(what="pages", name="", done=3, total=2_000).amount == "3 of 2,000 pages"
    assert Progress(what="bytes", name="", done=1_250_000).amount == "1.2 MB"
    assert ees.Progress(what="data sets", name="", total=6, received=84_200_000).amount == "0 of 6 data sets, 84.2 MB"
