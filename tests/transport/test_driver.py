"""The loops that run flows and listings, plain and awaiting alike."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from eesclient import EESError, InvalidResponseError, Request
from tests.doors.aio import AsyncItems
from tests.doors.aio import drive as adrive
from tests.doors.api import Batch, Flow, Item, Keep, Listing, Response, Work
from tests.doors.transport import Items, Pending, drive

pytestmark = pytest.mark.anyio

Run = Callable[..., Any]


def get(path: str) -> Request:
    """Return a GET request."""
    return Request(method="GET", path=path)


def echo(request: Request) -> Response:
    """Answer with the path."""
    return Response(status=200, body=request.path.encode())


def body(request: Request, response: Response) -> str:
    """Return the body as text."""
    return f"{request.path}={response.body.decode()}"


def awaited(flow: Flow[Any], send: Callable[[Request], Response], **options: Any) -> Any:
    """Run a flow with the awaiting driver, to the end of its own event loop."""

    async def asend(request: Request) -> Response:
        await anyio.lowlevel.checkpoint()
        return send(request)

    async def main() -> Any:
        return await adrive(flow, asend, **options)

    return anyio.run(main)


def trio(flow: Flow[Any], send: Callable[[Request], Response], **options: Any) -> Any:
    """Run a flow with the awaiting driver on trio."""

    async def asend(request: Request) -> Response:
        await anyio.lowlevel.checkpoint()
        return send(request)

    async def main() -> Any:
        return await adrive(flow, asend, **options)

    return anyio.run(main, backend="trio")


@pytest.fixture(params=[drive, awaited, trio], ids=["drive", "asyncio", "trio"])
def run(request: pytest.FixtureRequest) -> Run:
    """Return each of the ways in which a flow is run."""
    way: Run = request.param
    return way


def test_answers_go_back(run: Run) -> None:
    """A flow is told each response, and its answer is returned."""

    def flow() -> Flow[list[bytes]]:
        first = yield get("/a")
        second = yield get("/b")
        return [first.body, second.body]

    assert run(flow(), echo) == [b"/a", b"/b"]


def test_work_is_done(run: Run) -> None:
    """A flow is told the result of its work."""

    def flow() -> Flow[int]:
        return (yield Work(call=lambda: 6 * 7))

    assert run(flow(), echo) == 42


def test_work_is_kept_out_of_the_event_loop() -> None:
    """Work and `each` run in another thread than the event loop's."""
    here = threading.get_ident()
    threads: list[int] = []

    def note(*_: object) -> None:
        threads.append(threading.get_ident())

    def flow() -> Flow[None]:
        yield Work(call=note)
        yield Batch(requests=(get("/a"),), each=note)

    awaited(flow(), echo)
    assert len(threads) == 2
    assert here not in threads


@pytest.mark.parametrize("workers", [1, 3, 50])
def test_batches_keep_their_order(run: Run, workers: int) -> None:
    """Results come in the order of the requests, whichever arrives first."""
    paths = [f"/{number}" for number in range(20)]

    def flow() -> Flow[list[str]]:
        return (yield Batch(requests=tuple(get(path) for path in paths), each=body))

    assert run(flow(), echo, workers=workers) == [f"{path}={path}" for path in paths]


def test_empty_batch(run: Run) -> None:
    """A batch of nothing gives nothing."""

    def flow() -> Flow[list[str]]:
        return (yield Batch(requests=(), each=body))

    assert run(flow(), echo) == []


class Crowd:
    """Counts how many requests are in flight at once."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.lock = threading.Lock()
        self.full = threading.Event()

    def enter(self, size: int) -> None:
        """Count one more, and note when there are so many."""
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            if self.now == size:
                self.full.set()

    def leave(self) -> None:
        """Count one less."""
        with self.lock:
            self.now -= 1


def test_threads_in_flight() -> None:
    """So many requests are side by side as there are workers, and no more."""
    crowd = Crowd()

    def send(request: Request) -> Response:
        crowd.enter(3)
        crowd.full.wait(10)
        crowd.leave()
        return echo(request)

    def flow() -> Flow[None]:
        yield Batch(requests=tuple(get(f"/{number}") for number in range(9)), each=body)

    drive(flow(), send, workers=3)
    assert crowd.most == 3


async def test_tasks_in_flight() -> None:
    """As in threads, so in tasks."""
    crowd = Crowd()

    async def send(request: Request) -> Response:
        crowd.enter(3)
        await anyio.lowlevel.checkpoint()
        crowd.leave()
        return echo(request)

    def flow() -> Flow[None]:
        yield Batch(requests=tuple(get(f"/{number}") for number in range(9)), each=body)

    await adrive(flow(), send, workers=3)
    assert crowd.most == 3


def test_first_error_cancels_the_rest(run: Run) -> None:
    """After an error no further request of the batch is sent, and the error comes by itself, not in a group."""
    sent: list[str] = []

    def send(request: Request) -> Response:
        sent.append(request.path)
        if request.path == "/1":
            raise LookupError("no such page")
        return echo(request)

    def flow() -> Flow[None]:
        yield Batch(requests=tuple(get(f"/{number}") for number in range(500)), each=body)

    with pytest.raises(LookupError, match="no such page"):
        run(flow(), send, workers=2)
    assert len(sent) < 500


def test_each_may_fail(run: Run) -> None:
    """An error of reading a response is an error of the batch."""

    def each(request: Request, response: Response) -> None:
        raise ValueError(request.path)

    def flow() -> Flow[None]:
        yield Batch(requests=(get("/a"),), each=each)

    with pytest.raises(ValueError, match="/a"):
        run(flow(), echo)


def failing(request: Request) -> Response:
    """Send nothing."""
    raise ConnectionError(request.path)


def test_flows_may_handle_errors(run: Run) -> None:
    """An error is offered to the flow, which may go on."""

    def flow() -> Flow[str]:
        try:
            yield get("/a")
        except ConnectionError as error:
            return f"handled {error}"
        return "none"

    assert run(flow(), failing) == "handled /a"


def test_flows_are_closed(run: Run) -> None:
    """Whatever happens, a flow's own clean-up runs before the error arrives."""
    closed: list[str] = []

    def flow() -> Flow[None]:
        try:
            yield get("/a")
        finally:
            closed.append("yes")

    with pytest.raises(ConnectionError):
        run(flow(), failing)
    assert closed == ["yes"]


def test_interruption_is_not_offered() -> None:
    """Ctrl-C is no error that a flow might handle; the flow is closed."""
    seen: list[str] = []

    def interrupted(request: Request) -> Response:
        raise KeyboardInterrupt

    def flow() -> Flow[None]:
        try:
            yield get("/a")
        except GeneratorExit:
            seen.append("closed")
            raise

    kept = flow()
    with pytest.raises(KeyboardInterrupt):
        drive(kept, interrupted)
    assert seen == ["closed"]


async def test_cancellation_closes_flows() -> None:
    """A cancelled task closes its flow, and nothing is left running."""
    seen: list[str] = []

    async def never(request: Request) -> Response:
        await anyio.sleep_forever()
        return echo(request)

    def flow() -> Flow[None]:
        try:
            yield Batch(requests=(get("/a"), get("/b")), each=body)
        finally:
            seen.append("closed")

    kept = flow()
    with anyio.move_on_after(0.01) as scope:
        await adrive(kept, never)
    assert (scope.cancelled_caught, seen) == (True, ["closed"])


def test_bodies_are_dropped() -> None:
    """A response is not kept once `each` has read it."""
    kept: list[weakref.ref[Response]] = []

    class Answer(Response):
        """A response that can be watched."""

    def send(request: Request) -> Response:
        answer = Answer(status=200, body=b"x")
        kept.append(weakref.ref(answer))
        return answer

    def flow() -> Flow[list[str]]:
        results = yield Batch(requests=tuple(get(f"/{number}") for number in range(4)), each=body)
        gc.collect()
        assert [answer() for answer in kept] == [None] * 4
        return list(results)

    assert len(drive(flow(), send, workers=2)) == 4


def test_answers_are_not_kept() -> None:
    """What a flow was told and let go of is gone while it goes on: pages take memory that the frame needs."""

    class Result:
        """A result that can be watched."""

    kept: list[weakref.ref[Result]] = []

    def each(*_: object) -> Result:
        result = Result()
        kept.append(weakref.ref(result))
        return result

    def alive() -> list[Result]:
        gc.collect()
        return [result for result in (reference() for reference in kept) if result is not None]

    def flow() -> Flow[list[int]]:
        results = yield Batch(requests=(get("/a"), get("/b")), each=each)
        before = yield Work(call=lambda: len(alive()))
        results.clear()
        return [before, (yield Work(call=lambda: len(alive())))]

    assert drive(flow(), echo) == [2, 0]


@pytest.mark.parametrize("way", [drive, awaited])
def test_damaged_bodies_are_errors_of_sending(way: Run) -> None:
    """A flow is offered the error of a body that cannot be unpacked, as it is that of a request."""

    def damaged() -> bytes:
        raise InvalidResponseError("damaged")

    def flow() -> Flow[str]:
        try:
            yield get("/a")
        except InvalidResponseError as error:
            return str(error)
        return "nothing"

    assert way(flow(), lambda _: Response(status=200, body=damaged)) == "damaged"


def test_threads_see_the_callers_context() -> None:
    """What a caller sets for its task holds in the workers too."""
    name: ContextVar[str] = ContextVar("name", default="none")
    name.set("caller")

    def flow() -> Flow[list[str]]:
        return (yield Batch(requests=(get("/a"), get("/b")), each=lambda *_: name.get()))

    assert drive(flow(), echo) == ["caller", "caller"]


def listing(log: list[str], count: int = 3) -> Listing[int]:
    """List numbers, two on each page."""
    try:
        for number in range(count):
            if number % 2 == 0:
                answer = yield get(f"/page{number}")
                log.append(answer.body.decode())
            yield Item(value=number)
    finally:
        log.append("closed")


def test_listing() -> None:
    """Items come in order, and a page is asked for when it is needed."""
    log: list[str] = []
    items = Items(listing(log), echo)
    assert log == []
    assert [next(items), next(items)] == [0, 1]
    assert log == ["/page0"]
    assert list(items) == [2]
    assert log == ["/page0", "/page2", "closed"]


def test_listing_that_is_left() -> None:
    """Nothing is asked after the consumer stops, and the listing is closed."""
    log: list[str] = []
    items = Items(listing(log), echo)
    for item in items:
        if item == 1:
            break
    items.close()
    assert log == ["/page0", "closed"]


def test_listing_that_ends_with_a_request() -> None:
    """A last page without items ends the list."""

    def empty() -> Listing[int]:
        yield get("/page0")

    assert list(Items(empty(), echo)) == []


async def aecho(request: Request) -> Response:
    """Answer with the path, awaited."""
    await anyio.lowlevel.checkpoint()
    return echo(request)


async def test_awaited_listing() -> None:
    """The async twin gives the same items."""
    log: list[str] = []
    items = AsyncItems(listing(log), aecho)
    assert [await anext(items), await anext(items)] == [0, 1]
    assert log == ["/page0"]
    assert [item async for item in items] == [2]
    assert log == ["/page0", "/page2", "closed"]
    with pytest.raises(StopAsyncIteration):
        await anext(items)


async def test_awaited_listing_that_is_left() -> None:
    """A loop that is left early leaves nothing for the event loop to finalise."""
    log: list[str] = []
    async for item in AsyncItems(listing(log), aecho):
        if item == 1:
            break
    gc.collect()
    assert log == ["/page0", "closed"]


async def test_awaited_listing_that_ends_with_a_request() -> None:
    """A last page without items ends the list."""

    def empty() -> Listing[int]:
        yield get("/page0")

    assert [item async for item in AsyncItems(empty(), aecho)] == []


async def test_awaited_listing_that_fails() -> None:
    """After an error the list is over, and closed."""

    async def fails(request: Request) -> Response:
        raise ConnectionError(request.path)

    log: list[str] = []
    items = AsyncItems(listing(log), fails)
    with pytest.raises(ConnectionError):
        await anext(items)
    assert log == ["closed"]
    with pytest.raises(StopAsyncIteration):
        await anext(items)


def test_listing_that_fails() -> None:
    """After an error the list is over, and closed."""
    log: list[str] = []
    items = Items(listing(log), failing)
    with pytest.raises(ConnectionError):
        next(items)
    assert log == ["closed"]
    assert list(items) == []


def keeping(kept: list[str], pending: Pending, *late: str) -> Callable[[Request], Response]:
    """Return what answers with the path, and has that noted as kept once it was read."""

    def send(request: Request) -> Response:
        calls = pending.late if request.path in late else pending.soon
        calls.append(lambda: kept.append(request.path))
        return echo(request)

    return send


def test_what_was_read_is_kept(run: Run) -> None:
    """An answer is kept when the next step comes, one that is read later when all is well; or where a flow says so."""
    kept, pending, seen = list[str](), Pending(), list[list[str]]()

    def flow() -> Flow[None]:
        yield get("/late")
        seen.append([*kept])
        yield get("/soon")
        seen.append([*kept])
        yield Batch(requests=(get("/later"),), each=body)
        seen.append([*kept])
        yield Keep()
        seen.append([*kept])
        yield get("/last")

    run(flow(), keeping(kept, pending, "/late", "/later"), pending=pending)
    assert [[], [], ["/soon"], ["/soon", "/late", "/later"]] == seen
    assert ["/soon", "/late", "/later", "/last"] == kept


def test_what_was_read_in_vain_is_not_kept(run: Run) -> None:
    """Where a flow fails at an answer, neither this nor what waits is kept; what it read before is."""
    kept, pending = list[str](), Pending()

    def flow() -> Flow[None]:
        yield get("/late")
        yield get("/soon")
        yield get("/wrong")
        raise InvalidResponseError("not what was asked for")

    with pytest.raises(InvalidResponseError):
        run(flow(), keeping(kept, pending, "/late"), pending=pending)
    assert ["/soon"] == kept


def test_what_came_before_an_error_that_is_handled(run: Run) -> None:
    """A flow that goes on after an error keeps what comes then, as what came before it may be of another moment."""
    kept, pending = list[str](), Pending()

    def flow() -> Flow[None]:
        yield get("/before")
        with pytest.raises(ZeroDivisionError):
            yield Work(call=lambda: 1 // 0)
        yield get("/after")

    run(flow(), keeping(kept, pending, "/before", "/after"), pending=pending)
    assert ["/after"] == kept


def test_pages_of_lists_are_kept_as_they_are_read() -> None:
    """A list that is left early has kept what came; a page that was read in vain is not."""
    kept, pending = list[str](), Pending()

    def listing() -> Listing[int]:
        yield get("/first")
        yield Item(value=1)
        yield get("/second")
        raise InvalidResponseError("not what was asked for")

    items = Items(listing(), keeping(kept, pending), pending)
    assert 1 == next(items)
    assert ["/first"] == kept
    with pytest.raises(InvalidResponseError):
        next(items)
    assert ["/first"] == kept


def test_a_list_that_two_read() -> None:
    """A list is for one thread or task at a time; who comes second is told so, and the first goes on."""
    refused: list[str] = []

    def listing() -> Listing[int]:
        yield Request(method="GET", path="/x")
        yield Item(value=1)

    def send(_: Request) -> Response:
        with pytest.raises(EESError, match="give each a list of its own") as caught:
            next(items)
        refused.append(str(caught.value))
        return Response(status=200)

    items = Items(listing(), send)
    assert ([1], 1) == (list(items), len(refused))
