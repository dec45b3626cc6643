"""Work side by side: in threads for the plain clients, in tasks with worker threads for the awaiting ones.

Only here are both written by hand; all else that awaits is generated (`scripts/unasync.py`).
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from functools import partial
from typing import Any, ParamSpec, TypeAlias, TypeVar

import anyio.to_thread

from ..api.messages import Batch, Request, Response, Sink

P = ParamSpec("P")
T = TypeVar("T")

Send: TypeAlias = Callable[[Request], Response]
AsyncSend: TypeAlias = Callable[[Request], Awaitable[Response]]
Receiving: TypeAlias = Callable[[Request, Sink], Response]
AsyncReceiving: TypeAlias = Callable[[Request, Sink], Awaitable[Response]]

_READERS = 2
"""Answers of a batch that are read side by side: each takes many times the memory of what is made of it, and what one
thread gives back is slow to reach another."""


async def in_thread(call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call what takes long enough to be kept off an event loop."""
    return await anyio.to_thread.run_sync(partial(call, *args, **kwargs))


def run_batch(batch: Batch, send: Send, workers: int) -> list[Any]:
    """Send the requests of a batch, and read the answers, so many at a time; in their order."""
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


async def arun_batch(batch: Batch, send: AsyncSend, workers: int) -> list[Any]:
    """As `run_batch`, awaited."""
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
