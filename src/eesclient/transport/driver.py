"""The loops that run flows and listings."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any, Generic, TypeVar

import tenacity

from ..api.messages import Batch, Flow, Listing, Receive, Request, Work
from ..errors import RequestConnectionError, RequestTimeoutError
from .retry import RETRIED_STATUSES, RetryPolicy
from .workers import Receiving, Send, run_batch

T = TypeVar("T")

_log = logging.getLogger("eesclient")

IN_FLIGHT = 6
"""Requests sent side by side unless said otherwise."""


def drive(flow: Flow[T], send: Send, *, workers: int = IN_FLIGHT, receive: Receiving | None = None) -> T:
    """Run a flow, which is closed whatever happens; an error of sending or reading is first offered to it.

    Args:
        flow: The operation.
        send: Sends one request; used from several threads for a batch.
        workers: Requests of a batch in flight at most.
        receive: Sends one request, and gives the body of the answer to a sink; needed for flows that receive.
    """
    try:
        step = next(flow)
        while True:
            try:
                answer = _answer(step, send, receive, workers)
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


def _answer(step: Request | Batch | Work | Receive, send: Send, receive: Receiving | None, workers: int) -> Any:
    match step:
        case Request():
            return send(step).unpacked()
        case Work():
            return step.call()
        case Receive():
            if receive is None:
                raise NotImplementedError("nothing receives files here")
            return receive(step.request, step.sink)
    return run_batch(step, send, workers)


class Items(Iterator[T], Generic[T]):
    """Runs a listing; nothing is asked that is not consumed.

    A class and not a generator, so that an awaiting loop that is left early leaves nothing to be finalised in an event
    loop.
    """

    def __init__(self, listing: Listing[T], send: Send) -> None:
        self._listing = listing
        self._send = send

    def __next__(self) -> T:
        try:
            step = next(self._listing)
            while isinstance(step, Request):
                try:
                    answer = self._send(step).unpacked()
                except Exception as error:  # noqa: BLE001 - the listing decides which errors it can handle
                    step = self._listing.throw(error)
                else:
                    step = self._listing.send(answer)
        except StopIteration:
            # an awaited iterator ends with another error
            raise StopIteration from None
        except BaseException:
            self._listing.close()
            raise
        return step.value

    def close(self) -> None:
        """End the list; nothing more is asked."""
        self._listing.close()


def retrying(send: Send, policy: RetryPolicy, *, sleep: Callable[[float], None] | None = None) -> Send:
    """A `send` that tries again as the policy says, and then answers or raises as the last try did."""
    return lambda request: tenacity.Retrying(sleep=sleep or time.sleep, **_rules(policy, request))(send, request)


def _rules(policy: RetryPolicy, request: Request) -> dict[str, Any]:
    """A policy in tenacity's words."""
    failures = tenacity.retry_if_exception_type((RequestConnectionError, RequestTimeoutError))
    return {
        "retry": failures | tenacity.retry_if_result(lambda response: response.status in RETRIED_STATUSES),
        "wait": partial(_wait, policy),
        "stop": partial(_stop, policy),
        "before_sleep": partial(_report, request),
        "retry_error_callback": lambda state: state.outcome.result(),
    }


def _wait(policy: RetryPolicy, state: tenacity.RetryCallState) -> float:
    outcome = state.outcome
    response = None if outcome is None or outcome.failed else outcome.result()
    return policy.wait(state.attempt_number, response, now=datetime.now(UTC), chance=random.random())  # noqa: S311


def _stop(policy: RetryPolicy, state: tenacity.RetryCallState) -> bool:
    # where sleeping is faked, time does not pass by itself
    elapsed = max(state.seconds_since_start or 0.0, state.idle_for)
    return policy.stops(state.attempt_number, elapsed=elapsed, wait=state.upcoming_sleep)


def _report(request: Request, state: tenacity.RetryCallState) -> None:
    outcome = state.outcome
    failed = outcome is None or outcome.failed
    why = outcome.exception() if outcome and failed else f"status {outcome.result().status}" if outcome else ""
    _log.info("%s %s again in %.1f s: %s", request.method, request.path, state.upcoming_sleep, why)
