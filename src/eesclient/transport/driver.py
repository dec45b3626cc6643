"""The loops that run flows and listings, and when a request is sent again."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache, partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, NoReturn, TypeVar

import attrs

from .._classes import frozen
from ..api.messages import Batch, Flow, Keep, Listing, Receive, Request, Response, Sink, Together, Work
from ..errors import CertificateError, EESError, ProxyError, RequestConnectionError, RequestTimeoutError
from .workers import Receiving, Send, Turns, run_batch, run_together

if TYPE_CHECKING:
    import tenacity

T = TypeVar("T")

_log = logging.getLogger("eesclient")
_log.addHandler(logging.NullHandler())

IN_FLIGHT = 6
"""Requests sent side by side unless said otherwise."""

RETRIED_STATUSES = frozenset({408, 429, 502, 503, 504})
"""Statuses after which the same request may succeed. Every request only reads, the POST of a query too."""


@frozen
class Pending:
    """What keeps the answers that came: those that one step reads, and those that are read later or together."""

    soon: list[Callable[[], object]] = attrs.field(factory=list)
    late: list[Callable[[], object]] = attrs.field(factory=list)


def keep_all(pending: list[Callable[[], object]]) -> None:
    """Keep what was read."""
    while pending:
        pending.pop(0)()


def _receive_nothing(request: Request, _: Sink) -> NoReturn:
    raise NotImplementedError(f"nothing receives files here: {request.path}")


def drive(
    flow: Flow[T],
    send: Send,
    *,
    workers: int = IN_FLIGHT,
    receive: Receiving = _receive_nothing,
    pending: Pending | None = None,
    turns: Turns | None = None,
    run: Callable[..., Any] | None = None,
) -> T:
    """Run a flow, which is closed whatever happens; an error of sending or reading is first offered to it.

    What `send` put into `pending` is kept once the flow has read it, and nothing of it where that fails. A flow beside
    others waits for its turns; `run` runs such a flow, with what is pending of its own, as by default this does.
    """
    pending = pending or Pending()
    run = run or partial(drive, send=send, workers=workers, receive=receive)
    if turns is not None:
        send, receive = turns.gated(send), turns.gated(receive)
    try:
        step = next(flow)
        while True:
            try:
                answer = _answer(step, send, receive, run, workers=workers, pending=pending, turns=turns)
            except Exception as error:  # noqa: BLE001 - the flow decides which errors it can handle
                # what came before the error may not agree with what comes after it
                pending.late.clear()
                step = flow.throw(error)
            else:
                step = flow.send(answer)
                # it may be large
                del answer
                if pending.soon:
                    keep_all(pending.soon)
    except StopIteration as stop:
        if pending.soon or pending.late:
            keep_all([*pending.soon, *pending.late])
        result: T = stop.value
        return result
    finally:
        flow.close()


def _answer(
    step: object,
    send: Send,
    receive: Receiving,
    run: Callable[..., Any],
    *,
    workers: int,
    pending: Pending,
    turns: Turns | None,
) -> Any:
    """What a flow is told for a step."""
    match step:
        case Request():
            return send(step).unpacked()
        case Batch():
            return run_batch(step, send, workers, turns)
        case Work():
            return step.call() if turns is None else turns.work(step.call)
        case Together():
            return run_together(step, run, turns or Turns(workers))
        case Receive():
            return receive(step.request, step.sink)
        case Keep():
            keep_all(pending.late if step.kept else [])
            pending.late.clear()
    return None


class Items(Iterator[T], Generic[T]):
    """Runs a listing; nothing is asked that is not consumed."""

    # not a generator, so that an awaiting loop that is left early leaves nothing to be finalised in an event loop

    def __init__(self, listing: Listing[T], send: Send, pending: Pending | None = None) -> None:
        self._listing = listing
        self._send = send
        self._pending = pending or Pending()
        self._alone = Lock()

    def __next__(self) -> T:
        # a generator that two go on with at a time is told what was not asked
        if not self._alone.acquire(blocking=False):
            raise EESError("this list is being read by another thread or task: give each a list of its own")
        try:
            step = next(self._listing)
            while isinstance(step, Request):
                try:
                    answer = self._send(step).unpacked()
                except Exception as error:  # noqa: BLE001 - the listing decides which errors it can handle
                    step = self._listing.throw(error)
                else:
                    step = self._listing.send(answer)
                    if self._pending.soon:
                        keep_all(self._pending.soon)
        except StopIteration:
            keep_all(self._pending.soon)
            # an awaited iterator ends with another error
            raise StopIteration from None
        except BaseException:
            self._listing.close()
            raise
        finally:
            self._alone.release()
        return step.value

    def close(self) -> None:
        """End the list; nothing more is asked."""
        self._listing.close()


class RetryPolicy(NamedTuple):
    """How often a request is sent again, in how many seconds in all, and after how many, doubled up to the longest."""

    retries: int = 2
    total: float = 60.0
    first: float = 0.5
    longest: float = 8.0

    def wait(self, attempt: int, response: Response | None, *, now: datetime, chance: float) -> float:
        """Seconds to wait after so many tries; `chance`, a number from 0 to 1, decides the jitter."""
        # between half of it and all of it: clients that failed together do not come again together
        backoff = min(self.first * 2.0 ** (attempt - 1), self.longest) * (1 + chance) / 2
        asked = None if response is None else retry_after(response.headers, now=now)
        return max(backoff, asked or 0.0)

    def stops(self, attempt: int, *, elapsed: float, wait: float) -> bool:
        """True if no further try is made; a wait that would go past the total is not begun, as it would be in vain."""
        return attempt > self.retries or elapsed + wait > self.total


def retry_after(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, in either of its forms (seconds, HTTP date); None without one."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    # a date that says no zone is in UTC
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())


def retrying(send: Send, policy: RetryPolicy, *, sleep: Callable[[float], None] | None = None) -> Send:
    """A `send` that tries again as the policy says, and then answers or raises as the last try did."""

    @cache
    def again() -> tenacity.Retrying:
        # not above: it brings asyncio along, and most requests are sent once
        import tenacity

        return tenacity.Retrying(
            sleep=sleep or time.sleep,
            retry=lambda state: state.outcome is not None and _may_succeed(state.args[0], _came_of(state.outcome)),
            wait=partial(_wait, policy),
            before_sleep=_report,
            retry_error_callback=lambda state: state.outcome and state.outcome.result(),
        )

    def sending(request: Request) -> Response:
        began = time.monotonic()
        try:
            answer = send(request)
        except Exception as error:
            if not _may_succeed(request, error):
                raise
            came: Response | Exception = error
        else:
            if not _may_succeed(request, answer):
                return answer
            came = answer
        # one object must not send twice at a time
        trying = again().copy(stop=partial(_stop, policy, time.monotonic() - began))
        return trying(_going_on(send, came), request)

    return sending


def _going_on(send: Send, came: Response | Exception) -> Send:
    """A `send` whose first try was made already: that came of it."""
    waiting = [came]

    def sending(request: Request) -> Response:
        if not waiting:
            return send(request)
        outcome = waiting.pop()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return sending


def _may_succeed(request: Request, outcome: Response | BaseException) -> bool:
    """Say whether the same request may succeed after that answer or error."""
    if isinstance(outcome, Response):
        # what the metadata took it is too long for the service, it will take it again
        is_slow = request.path.endswith("/meta") and outcome.status == 504
        return outcome.status in RETRIED_STATUSES and not is_slow
    # with the same name and password a proxy refuses again, and some lock whoever comes too often
    if isinstance(outcome, ProxyError):
        return outcome.status in RETRIED_STATUSES
    is_lost = isinstance(outcome, RequestConnectionError | RequestTimeoutError)
    return is_lost and not isinstance(outcome, CertificateError)


def _came_of(outcome: tenacity.Future) -> Response | BaseException:
    """The answer of a try, or its error."""
    return outcome.exception() or outcome.result()


def _wait(policy: RetryPolicy, state: tenacity.RetryCallState) -> float:
    outcome = state.outcome
    response = None if outcome is None or outcome.failed else outcome.result()
    return policy.wait(state.attempt_number, response, now=datetime.now(UTC), chance=random.random())  # noqa: S311


def _stop(policy: RetryPolicy, before: float, state: tenacity.RetryCallState) -> bool:
    # where sleeping is faked, time does not pass by itself
    elapsed = max(before + (state.seconds_since_start or 0.0), state.idle_for)
    return policy.stops(state.attempt_number, elapsed=elapsed, wait=state.upcoming_sleep)


def _report(state: tenacity.RetryCallState) -> None:
    outcome, request = state.outcome, state.args[0]
    failed = outcome is None or outcome.failed
    why = outcome.exception() if outcome and failed else f"status {outcome.result().status}" if outcome else ""
    _log.info("%s %s again in %.1f s: %s", request.method, request.path, state.upcoming_sleep, why)
