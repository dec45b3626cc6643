"""Work side by side: in threads for the plain clients, in tasks with worker threads for the awaiting ones.

Only here are both written by hand; all else that awaits is generated (`scripts/unasync.py`).
"""

from __future__ import annotations

import contextvars
import os
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import partial, wraps
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias, TypeVar

from ..api.messages import Batch, Request, Response, Sink, Together
from .progress import Counting, counting

if TYPE_CHECKING:
    import anyio

P = ParamSpec("P")
T = TypeVar("T")

Send: TypeAlias = Callable[[Request], Response]
AsyncSend: TypeAlias = Callable[[Request], Awaitable[Response]]
Receiving: TypeAlias = Callable[[Request, Sink], Response]
AsyncReceiving: TypeAlias = Callable[[Request, Sink], Awaitable[Response]]

_READERS = 2
"""Answers that are read side by side: each takes many times the memory of what is made of it, and what one thread gives
back is slow to reach another."""


async def in_thread(call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call what takes long enough to be kept off an event loop."""
    import anyio.to_thread

    return await anyio.to_thread.run_sync(partial(call, *args, **kwargs))


class Line:
    """Threads that wait for a turn at short work, first come, first served.

    Threads that are all at work take the interpreter from each other at every call that lets it go, and the last of
    them is done long after its time. Nobody waits longer than `patience`, in seconds: what is at work may take minutes.
    """

    def __init__(self, at_a_time: int, patience: float) -> None:
        self._at_a_time, self._patience = at_a_time, patience
        self.renew()

    def renew(self) -> None:
        """Forget who waits and who is at work, as in a process that was forked: it has none of those threads."""
        self._alone = threading.Lock()
        self._free = self._at_a_time
        self._waiting: deque[threading.Lock] = deque()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, or until it takes too long."""
        has_turn = self._waits()
        try:
            yield
        finally:
            if has_turn:
                self._call_next()

    def _waits(self) -> bool:
        with self._alone:
            if self._free:
                self._free -= 1
                return True
            called = threading.Lock()
            called.acquire()
            self._waiting.append(called)
        try:
            is_called = called.acquire(timeout=self._patience)
        except BaseException:
            if not self._leaves(called):
                self._call_next()
            raise
        # it may be called in that moment
        return is_called or not self._leaves(called)

    def _leaves(self, called: threading.Lock) -> bool:
        with self._alone:
            if called in self._waiting:
                self._waiting.remove(called)
                return True
        return False

    def _call_next(self) -> None:
        with self._alone:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1


# one for the process, as there is one interpreter
_line = Line(at_a_time=2, patience=0.2)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_line.renew)


def in_line(call: Callable[[], T]) -> T:
    """Call what takes milliseconds once it is its turn; threads that call so are served in their order."""
    with _line.turn():
        return call()


_TICK = 0.2
"""Seconds after which a thread that waits looks for Ctrl-C, which with Polars 2.1.0 loaded does not wake it."""


class EndedError(BaseException):
    """A flow goes no further, as one beside it failed. No `Exception`: no flow can handle it."""


def _flows(workers: int) -> int:
    """Flows that are run at a time: as many again are at work as requests in flight; with one, one after another."""
    return 1 if workers == 1 else 2 * workers


class Turns:
    """What flows that run side by side share: so many requests in flight in all, and so much work at a time."""

    def __init__(self, workers: int = 1, outer: Turns | None = None) -> None:
        self.flows: int = outer.flows if outer else _flows(workers)
        self._outer: Turns | None = outer
        self._requests: threading.Semaphore = outer._requests if outer else threading.Semaphore(workers)
        self.works: threading.Semaphore = outer.works if outer else threading.Semaphore(_READERS)
        self._ended: threading.Event = threading.Event()

    def inner(self) -> Turns:
        """The same turns, for flows that end together."""
        return Turns(outer=self)

    def end(self) -> None:
        """Have the flows go no further than they are."""
        self._ended.set()

    @property
    def is_ended(self) -> bool:
        """True if they go no further."""
        return self._ended.is_set() or (self._outer is not None and self._outer.is_ended)

    def gated(self, send: Callable[P, T]) -> Callable[P, T]:
        """A `send` that waits for its turn, which it has until the service's answer is there, retries included."""

        @wraps(send)
        def waiting(*args: P.args, **kwargs: P.kwargs) -> T:
            with self._requests:
                self._go_on()
                return send(*args, **kwargs)

        return waiting

    def work(self, call: Callable[[], T]) -> T:
        """Call something once it is its turn."""
        with self.works:
            self._go_on()
            return call()

    def _go_on(self) -> None:
        if self.is_ended:
            raise EndedError


class AsyncTurns:
    """As `Turns`, awaited."""

    def __init__(self, workers: int) -> None:
        import anyio

        self.flows: int = _flows(workers)
        self._requests: anyio.Semaphore = anyio.Semaphore(workers)
        self.works: anyio.CapacityLimiter = anyio.CapacityLimiter(_READERS)

    def gated(self, send: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        """As `Turns.gated`, awaited."""

        @wraps(send)
        async def waiting(*args: P.args, **kwargs: P.kwargs) -> T:
            async with self._requests:
                return await send(*args, **kwargs)

        return waiting

    async def work(self, call: Callable[[], T]) -> T:
        """As `Turns.work`, awaited."""
        import anyio.to_thread

        return await anyio.to_thread.run_sync(call, limiter=self.works)


def run_together(together: Together, run: Callable[..., Any], turns: Turns) -> list[Any]:
    """Run flows, so many at a time; their results in their order."""
    with counting(together.counts) as counted:
        return _run_together(together, run, turns.inner(), counted)


def _run_together(together: Together, run: Callable[..., Any], inner: Turns, counted: Counting) -> list[Any]:
    waiting, alone = iter(enumerate(together.flows)), threading.Lock()
    ended: SimpleQueue[tuple[int, Any, BaseException | None]] = SimpleQueue()

    def work() -> None:
        while not inner.is_ended:
            with alone:
                position, flow = next(waiting, (-1, None))
            if flow is None:
                return
            try:
                ended.put((position, run(flow, turns=inner), None))
            except BaseException as error:  # noqa: BLE001 - raised below, in the thread that waits
                ended.put((position, None, error))
                if together.failed is None:
                    # at once, before that thread wakes up
                    inner.end()

    size = min(len(together.flows), together.most or inner.flows)
    # a process that ends does not wait for them, and so not for what they wait for
    threads = [threading.Thread(target=contextvars.copy_context().run, args=(work,), daemon=True) for _ in range(size)]
    results: dict[int, Any] = {}
    is_interrupted = True
    try:
        for thread in threads:
            thread.start()
        while len(results) < len(together.flows):
            position, result, error = _first(ended, lambda: counted.reached(len(results)))
            results[position] = _settled(together, position, result, error)
            counted.reached(len(results))
        is_interrupted = False
    except (Exception, EndedError):
        is_interrupted = False
        raise
    finally:
        inner.end()
        # Ctrl-C does not wait for what is in flight
        for thread in [] if is_interrupted else threads:
            thread.join()
    return [results[position] for position in range(len(together.flows))]


def _first(queue: SimpleQueue[T], tell: Callable[[], None]) -> T:
    """The next thing in a queue, unless Ctrl-C comes first; while nothing comes, that is told."""
    while True:
        with suppress(Empty):
            return queue.get(timeout=_TICK)
        tell()


def _settled(together: Together, position: int, result: Any, error: BaseException | None) -> Any:
    """The result of a flow, which is told; of one that failed, what stands for it."""
    if error is not None:
        if together.failed is None or not isinstance(error, Exception):
            raise error
        result = together.failed(position, error)
    if together.told is not None:
        together.told(result)
    return result


async def arun_together(together: Together, run: Callable[..., Awaitable[Any]], turns: AsyncTurns) -> list[Any]:
    """As `run_together`, awaited."""

    async def one(position: int) -> Any:
        result, failure = None, None
        try:
            result = await run(together.flows[position], turns=turns)
        except Exception as error:  # noqa: BLE001 - raised by what follows, if nothing stands for it
            failure = error
        return _settled(together, position, result, failure)

    with counting(together.counts) as counted:
        return await _each(one, len(together.flows), together.most or turns.flows, counted)


async def _each(one: Callable[[int], Awaitable[Any]], number: int, workers: int, counted: Counting) -> list[Any]:
    """Await so many things, so many at a time, and tell of them; their results in order. An error ends the rest."""
    import anyio

    results: dict[int, Any] = {}
    errors: list[Exception] = []
    waiting = iter(range(number))

    async def work() -> None:
        with _noted(errors, group.cancel_scope):
            for position in waiting:
                results[position] = await one(position)
                counted.reached(len(results))
            if counted.is_told and len(results) == number:
                group.cancel_scope.cancel()

    async def tell() -> None:
        with _noted(errors, group.cancel_scope):
            while True:
                await anyio.sleep(_TICK)
                counted.reached(len(results))

    async with anyio.create_task_group() as group:
        for _ in range(min(number, workers)):
            group.start_soon(work)
        if counted.is_told and number:
            group.start_soon(tell)
    if errors:
        raise errors[0]
    return [results[position] for position in range(number)]


@contextmanager
def _noted(errors: list[Exception], scope: anyio.CancelScope) -> Iterator[None]:
    """An error ends the others; it is raised later, by itself instead of in a group."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - as above
        errors.append(error)
        scope.cancel()


def run_batch(batch: Batch, send: Send, workers: int, turns: Turns | None = None) -> list[Any]:
    """Send the requests of a batch, and read the answers, so many at a time; in their order."""
    if not batch.requests:
        return []
    with counting(batch.counts) as counted:
        return _run_batch(batch, send, workers=workers, turns=turns, counted=counted)


def _run_batch(batch: Batch, send: Send, *, workers: int, turns: Turns | None, counted: Counting) -> list[Any]:
    failed = threading.Event()

    def read(request: Request, response: Response) -> Any:
        with nullcontext() if turns is None else turns.works:
            return batch.each(request, response)

    def job(request: Request) -> Any:
        if failed.is_set():
            return None
        try:
            # the response is dropped here: what is kept is what was made of it
            response = send(request)
            return reading.submit(contextvars.copy_context().run, read, request, response).result()
        except BaseException:
            # at once, before the waiting thread wakes up and cancels the rest
            failed.set()
            raise

    # not above: most scripts send one request at a time
    from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

    reading = ThreadPoolExecutor(min(workers, _READERS), thread_name_prefix="eesclient-reading")
    pool = ThreadPoolExecutor(min(workers, len(batch.requests)), thread_name_prefix="eesclient")
    interrupted = True
    try:
        futures = [pool.submit(contextvars.copy_context().run, job, request) for request in batch.requests]
        done, running = wait(futures, _TICK, return_when=FIRST_EXCEPTION)
        while running and not any(future.exception() for future in done):
            counted.reached(len(done))
            done, running = wait(futures, _TICK, return_when=FIRST_EXCEPTION)
        counted.reached(sum(future.exception() is None for future in done))
        interrupted = False
        errors = [future for future in futures if future in done and future.exception() is not None]
        return [future.result() for future in errors or futures]
    finally:
        # Ctrl-C does not wait for what is in flight
        pool.shutdown(wait=not interrupted, cancel_futures=True)
        reading.shutdown(wait=not interrupted, cancel_futures=True)


async def arun_batch(batch: Batch, send: AsyncSend, workers: int, turns: AsyncTurns | None = None) -> list[Any]:
    """As `run_batch`, awaited."""
    import anyio.to_thread

    readers = anyio.CapacityLimiter(_READERS) if turns is None else turns.works

    async def one(position: int) -> Any:
        request = batch.requests[position]
        response = await send(request)
        return await anyio.to_thread.run_sync(batch.each, request, response, limiter=readers)

    with counting(batch.counts) as counted:
        return await _each(one, len(batch.requests), workers, counted)
