"""The loops that run flows and listings: one plain and one awaiting of each."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import Any, Generic, TypeAlias, TypeVar

from .._lazy import anyio
from .download import Sink
from .messages import Batch, Flow, Item, Listing, Receive, Request, Response, Work
from .retry import AsyncSend, Send

T = TypeVar("T")
R = TypeVar("R")

IN_FLIGHT = 6
"""Requests sent side by side unless said otherwise."""


_READERS = 2
"""Answers of a batch that are read side by side: each takes many times the memory of what is made of it, and what one
thread gives back is slow to reach another."""

Receiving: TypeAlias = Callable[[Request, Sink], Response]
AsyncReceiving: TypeAlias = Callable[[Request, Sink], Awaitable[Response]]


def drive(flow: Flow[T], send: Send, *, workers: int = IN_FLIGHT, receive: Receiving | None = None) -> T:
    """Run a flow.

    Args:
        flow: The operation; closed at the end, whatever happens.
        send: Sends one request; used from several threads for a batch.
        workers: Requests of a batch in flight at most.
        receive: Sends one request, and gives the body of the answer to a sink; needed for flows that receive.

    Returns:
        What the flow returns. An error of sending or reading is first offered to the flow.
    """
    try:
        step = next(flow)
        while True:
            try:
                answer = _received(step, receive) if isinstance(step, Receive) else _answer(step, send, workers)
            except Exception as error:  # noqa: BLE001 - the flow decides which errors it can handle
                step = flow.throw(error)
            else:
                step = flow.send(answer)
                # it may be large
                del answer
    except StopIteration as stop:
        result: T = stop.value
        return result
    finally:
        flow.close()


async def adrive(
    flow: Flow[T], send: AsyncSend, *, workers: int = IN_FLIGHT, receive: AsyncReceiving | None = None
) -> T:
    """As `drive`, awaited; on asyncio and trio. `each` and `Work` run in worker threads."""
    try:
        step = next(flow)
        while True:
            try:
                answer = (
                    await _received(step, receive) if isinstance(step, Receive) else await _aanswer(step, send, workers)
                )
            except Exception as error:  # noqa: BLE001 - as in drive
                step = flow.throw(error)
            else:
                step = flow.send(answer)
                # it may be large
                del answer
    except StopIteration as stop:
        result: T = stop.value
        return result
    finally:
        flow.close()


def iterate(listing: Listing[T], send: Send) -> Iterator[T]:
    """Run a listing; nothing is asked that is not consumed."""
    try:
        step = next(listing, None)
        while step is not None:
            if isinstance(step, Item):
                yield step.value
                step = next(listing, None)
            else:
                step = _told(listing, send, step)
    finally:
        listing.close()


class AsyncItems(AsyncIterator[T], Generic[T]):
    """As `iterate`, awaited.

    A class and not an async generator, so that a loop that is left early leaves nothing to be finalised in an event
    loop.
    """

    def __init__(self, listing: Listing[T], send: AsyncSend) -> None:
        self._listing = listing
        self._send = send

    async def __anext__(self) -> T:
        try:
            step = next(self._listing, None)
            while isinstance(step, Request):
                try:
                    answer = await _aunpacked(self._send, step)
                except Exception as error:  # noqa: BLE001 - the listing decides which errors it can handle
                    step = _failed(self._listing, error)
                else:
                    step = _sent(self._listing, answer)
        except BaseException:
            self._listing.close()
            raise
        if step is None:
            raise StopAsyncIteration
        return step.value


def _sent(listing: Listing[T], answer: Any) -> Request | Item[T] | None:
    try:
        return listing.send(answer)
    except StopIteration:
        return None


def _received(step: Receive, receive: Callable[[Request, Sink], R] | None) -> R:
    if receive is None:
        raise NotImplementedError("nothing receives files here")
    return receive(step.request, step.sink)


def _told(listing: Listing[T], send: Send, request: Request) -> Request | Item[T] | None:
    try:
        answer = send(request).unpacked()
    except Exception as error:  # noqa: BLE001 - the listing decides which errors it can handle
        return _failed(listing, error)
    return _sent(listing, answer)


def _failed(listing: Listing[T], error: Exception) -> Request | Item[T] | None:
    try:
        return listing.throw(error)
    except StopIteration:
        return None


def _answer(step: Request | Batch | Work, send: Send, workers: int) -> Any:
    match step:
        case Request():
            return send(step).unpacked()
        case Work():
            return step.call()
    return _batch(step, send, workers)


def _batch(batch: Batch, send: Send, workers: int) -> list[Any]:
    if not batch.requests:
        return []
    failed = threading.Event()

    def job(request: Request) -> Any:
        if failed.is_set():
            return None
        try:
            # the response is dropped here: what is kept is what was made of it
            response = send(request)
            return reading.submit(contextvars.copy_context().run, batch.each, request, response).result()
        except BaseException:
            # at once, before the waiting thread wakes up and cancels the rest
            failed.set()
            raise

    reading = ThreadPoolExecutor(min(workers, _READERS), thread_name_prefix="eesclient-reading")
    pool = ThreadPoolExecutor(min(workers, len(batch.requests)), thread_name_prefix="eesclient")
    interrupted = True
    try:
        futures = [pool.submit(contextvars.copy_context().run, job, request) for request in batch.requests]
        done, _ = wait(futures, return_when=FIRST_EXCEPTION)
        interrupted = False
        errors = [future for future in futures if future in done and future.exception() is not None]
        return [future.result() for future in errors or futures]
    finally:
        # Ctrl-C does not wait for what is in flight
        pool.shutdown(wait=not interrupted, cancel_futures=True)
        reading.shutdown(wait=not interrupted, cancel_futures=True)


async def _aanswer(step: Request | Batch | Work, send: AsyncSend, workers: int) -> Any:
    match step:
        case Request():
            return await _aunpacked(send, step)
        case Work():
            return await anyio.to_thread.run_sync(step.call)
    return await _abatch(step, send, workers)


async def _aunpacked(send: AsyncSend, request: Request) -> Response:
    response = await send(request)
    # this takes long enough to be kept off an event loop
    return await anyio.to_thread.run_sync(response.unpacked)


async def _abatch(batch: Batch, send: AsyncSend, workers: int) -> list[Any]:
    results: dict[int, Any] = {}
    errors: list[Exception] = []
    waiting = iter(enumerate(batch.requests))
    readers = anyio.CapacityLimiter(_READERS)

    async def work() -> None:
        try:
            for position, request in waiting:
                response = await send(request)
                results[position] = await anyio.to_thread.run_sync(batch.each, request, response, limiter=readers)
        except Exception as error:  # noqa: BLE001 - raised below, by itself instead of in a group
            errors.append(error)
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for _ in range(min(workers, len(batch.requests))):
            group.start_soon(work)
    if errors:
        raise errors[0]
    return [results[position] for position in range(len(batch.requests))]
