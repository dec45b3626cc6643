"""Flows side by side, in threads and in tasks alike."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eesclient import Request
from tests.conftest import ROOT
from tests.doors.aio import drive as adrive
from tests.doors.api import Batch, Flow, Keep, Response, Together, Work
from tests.doors.transport import Pending, drive
from tests.transport.test_driver import Crowd, Run, awaited, body, echo, get, trio

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[drive, awaited, trio], ids=["drive", "asyncio", "trio"])
def run(request: pytest.FixtureRequest) -> Run:
    """Return each of the ways in which a flow is run."""
    way: Run = request.param
    return way


def asking(*paths: str) -> Flow[list[str]]:
    """Ask one after another."""
    found = []
    for path in paths:
        response = yield get(path)
        found.append(response.body.decode())
    return found


def together(*flows: Flow[Any], **options: Any) -> Flow[list[Any]]:
    """Run flows side by side."""
    return (yield Together(flows=flows, **options))


def test_results_are_in_order(run: Run) -> None:
    """Results are in the order of the flows, and each is told once; of nothing there is nothing."""
    told: list[list[str]] = []
    paths = [(f"/{number}", f"/{number}b") for number in range(30)]
    assert [[*two] for two in paths] == run(together(*(asking(*two) for two in paths), told=told.append), echo)
    assert sorted([*two] for two in paths) == sorted(told)
    assert [] == run(together(), echo)


def test_told_in_order_of_finishing() -> None:
    """Each result is told as soon as it is there, by the thread that waits for all, whatever came before it."""
    told: list[tuple[str, int]] = []
    second = threading.Event()

    def send(request: Request) -> Response:
        if request.path == "/first":
            second.wait(10)
        return echo(request)

    def tell(result: list[str]) -> None:
        told.append((result[0], threading.get_ident()))
        second.set()

    drive(together(asking("/first"), asking("/second"), told=tell), send)
    assert [("/second", threading.get_ident()), ("/first", threading.get_ident())] == told


@given(st.permutations(range(4)))
def test_any_order_of_finishing_gives_the_same(order: list[int]) -> None:
    """Results do not depend on which flow ends first, and are told in that order."""
    turns = [threading.Event() for _ in order]
    turns[order[0]].set()
    told: list[str] = []

    def send(request: Request) -> Response:
        turns[int(request.path[1:])].wait(10)
        return echo(request)

    def tell(result: list[str]) -> None:
        told.append(result[0])
        if len(told) < len(order):
            turns[order[len(told)]].set()

    found = drive(together(*(asking(f"/{number}") for number in range(4)), told=tell), send)
    assert ([[f"/{number}"] for number in range(4)], [f"/{number}" for number in order]) == (found, told)


def mixed(number: int) -> Flow[None]:
    """Ask, ask side by side, and have flows side by side in it."""
    yield get(f"/{number}")
    yield Batch(requests=tuple(get(f"/{number}/{part}") for part in range(5)), each=body)
    yield Together(flows=(asking(f"/{number}/a"), asking(f"/{number}/b")))


def test_requests_in_flight_in_threads() -> None:
    """In all so many requests are in flight as one flow may have, batches and flows within flows included."""
    crowd = Crowd()

    def send(request: Request) -> Response:
        crowd.enter(3)
        crowd.full.wait(10)
        crowd.leave()
        return echo(request)

    drive(together(*map(mixed, range(12))), send, workers=3)
    assert 3 == crowd.most


async def test_requests_in_flight_in_tasks() -> None:
    """As in threads, so in tasks."""
    crowd = Crowd()

    async def send(request: Request) -> Response:
        crowd.enter(3)
        await anyio.sleep(0.001)
        crowd.leave()
        return echo(request)

    await adrive(together(*map(mixed, range(12))), send, workers=3)
    assert 3 == crowd.most


def test_so_many_at_a_time(run: Run) -> None:
    """No more flows are begun than may be side by side, and all have their turn."""
    crowd = Crowd()

    def one() -> Flow[None]:
        crowd.enter(2)
        yield get("/a")
        yield Work(call=partial(crowd.full.wait, 10))
        crowd.leave()

    run(together(*(one() for _ in range(9)), most=2), echo)
    assert (2, 0) == (crowd.most, crowd.now)


def test_first_error_ends_the_others(run: Run) -> None:
    """After an error no flow goes on, each is closed, and the error comes by itself."""
    begun, closed, sent = list[int](), list[int](), list[str]()

    def send(request: Request) -> Response:
        sent.append(request.path)
        if request.path == "/3":
            raise LookupError("no such page")
        return echo(request)

    def one(number: int) -> Flow[None]:
        begun.append(number)
        try:
            for _ in range(200):
                yield get(f"/{number}")
        finally:
            closed.append(number)

    with pytest.raises(LookupError, match="no such page"):
        run(together(*map(one, range(40))), send, workers=2)
    assert len(sent) < 40 * 200
    assert {3} <= {*closed} < {*range(40)}
    assert sorted(begun) == sorted(closed)


def test_a_failure_may_stand_for_itself(run: Run) -> None:
    """What stands for a flow that failed is its result, and the others go on; errors within a flow are its own."""

    def send(request: Request) -> Response:
        if request.path.startswith("/bad"):
            raise LookupError(request.path)
        return echo(request)

    def handling() -> Flow[str]:
        try:
            yield get("/bad/handled")
        except LookupError as error:
            return f"handled {error}"
        return "none"

    told: list[Any] = []
    flows = (asking("/a"), asking("/bad"), handling(), asking("/b"))
    found = run(together(*flows, told=told.append, failed=lambda place, error: [place, str(error)]), send)
    assert [["/a"], [1, "'/bad'" if "'" in str(found[1][1]) else "/bad"], "handled /bad/handled", ["/b"]] == found
    assert len(told) == 4
    with pytest.raises(ValueError, match="1"):
        run(together(asking("/a"), asking("/bad"), failed=partial(_refuse, str)), send)


def _refuse(_: object, place: int, error: Exception) -> None:
    raise ValueError(place) from error


def test_what_is_told_may_end_it(run: Run) -> None:
    """An error of the function that is told ends all, and is offered to the flow that asked for it."""

    def refuse(result: object) -> None:
        raise ValueError(result)

    def flow() -> Flow[str]:
        try:
            yield Together(flows=tuple(asking(f"/{number}") for number in range(50)), told=refuse)
        except ValueError as error:
            return f"told {error}"
        return "none"

    assert run(flow(), echo, workers=1).startswith("told ['/")


def test_each_flow_keeps_what_it_read_itself() -> None:
    """What came for a flow that fails is not kept, and what came for those beside it is."""
    kept: list[str] = []
    together_ = threading.Barrier(2)

    def runs(flow: Flow[Any], turns: Any = None) -> Any:
        pending = Pending()

        def send(request: Request) -> Response:
            pending.soon.append(lambda: kept.append(request.path))
            return echo(request)

        return drive(flow, send, pending=pending, turns=turns, run=runs)

    def one(path: str, *, is_good: bool) -> Flow[None]:
        response = yield get(path)
        yield Work(call=lambda: together_.wait(10))
        response = yield get(f"{path}/second")
        if not is_good:
            raise ValueError(response)
        yield Keep()

    flows = (one("/good", is_good=True), one("/bad", is_good=False))
    assert [None, "failed"] == runs(together(*flows, failed=lambda *_: "failed"))
    assert {"/good", "/good/second", "/bad"} == {*kept}


def test_flows_see_the_callers_context(run: Run) -> None:
    """What a caller sets for its task holds in the flows too."""
    name: ContextVar[str] = ContextVar("name", default="none")
    name.set("caller")

    def one() -> Flow[str]:
        yield get("/a")
        return (yield Work(call=name.get))

    assert ["caller", "caller"] == run(together(one(), one()), echo)


def test_interruption_does_not_wait() -> None:
    """Ctrl-C ends it while requests are in flight, which go no further once they are answered."""
    answered, sent = threading.Event(), list[str]()
    both = threading.Semaphore(0)

    def send(request: Request) -> Response:
        sent.append(request.path)
        if request.path != "/quick":
            both.release()
            answered.wait(20)
        return echo(request)

    def interrupt(_: object) -> None:
        both.acquire(timeout=10)
        raise KeyboardInterrupt

    before = {*threading.enumerate()}
    with pytest.raises(KeyboardInterrupt):
        drive(together(asking("/slow", "/never"), asking("/quick"), told=interrupt), send, workers=2)
    left = {*threading.enumerate()} - before
    assert left
    assert all(thread.daemon for thread in left)
    answered.set()
    for thread in left:
        thread.join(10)
    assert {"/slow", "/quick"} == {*sent}


BLOCKED = """
import os
import time
import polars
from tests.doors.api import Batch, Together
from tests.doors.transport import drive
from tests.transport.test_driver import echo, get
from tests.transport.test_together import asking, together

def blocked(request):
    os.write(1, b"asked\\n")  # as one: print() writes a line and its end apart, and two threads are here
    time.sleep(60)

try:
    drive(together(asking("/a"), asking("/b")), blocked)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to whole consoles")
def test_ctrl_c_ends_the_process() -> None:
    """Ctrl-C ends a process whose requests are in flight, also with Polars loaded, which has a handler of its own."""
    command = [sys.executable, "-W", "ignore", "-c", BLOCKED]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:  # noqa: S603 - our own code
        assert process.stdout is not None
        assert "asked\n" == process.stdout.readline()
        process.send_signal(signal.SIGINT)
        try:
            assert "interrupted" in process.communicate(timeout=30)[0]
        finally:
            process.kill()


async def test_cancellation_closes_flows() -> None:
    """A cancelled task closes all flows that were begun."""
    closed: list[str] = []

    async def never(request: Request) -> Response:
        await anyio.sleep_forever()
        return echo(request)

    def one() -> Flow[None]:
        try:
            yield get("/a")
        finally:
            closed.append("yes")

    with anyio.move_on_after(0.01) as scope:
        await adrive(together(one(), one()), never)
    assert (True, ["yes", "yes"]) == (scope.cancelled_caught, closed)


def test_work_side_by_side(run: Run) -> None:
    """Work is done for two flows at a time, as it takes memory; reading what a batch brought counts as work."""
    crowd = Crowd()
    wait: Callable[..., bool] = crowd.full.wait

    def work(*_: object) -> None:
        crowd.enter(2)
        wait(10)
        crowd.leave()

    def one() -> Flow[None]:
        yield Work(call=work)
        yield Batch(requests=(get("/a"), get("/b")), each=work)

    run(together(*(one() for _ in range(6))), echo)
    assert 2 == crowd.most
