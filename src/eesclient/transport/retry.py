"""When a request is sent again, and after how long."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

import attrs
import tenacity

from ..api.messages import Request, Response
from ..errors import RequestConnectionError, RequestTimeoutError

RETRIED_STATUSES = frozenset({408, 429, 502, 503, 504})
"""Statuses after which the same request may succeed. Every request only reads, the POST of a query too."""

_log = logging.getLogger("eesclient")


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """How often, how long and how patiently a request is sent again.

    Attributes:
        retries: Tries after the first.
        total: Seconds after the first try in which another may begin.
        first: Seconds before the second try; doubled for each further one, and then drawn between half and all of it.
        longest: Seconds that a wait is at most, unless the service asks for more.
    """

    retries: int = 2
    total: float = 60.0
    first: float = 0.5
    longest: float = 8.0

    def wait(self, attempt: int, response: Response | None, *, now: datetime, chance: float) -> float:
        """Seconds to wait before the next try.

        Args:
            attempt: Tries so far, from 1.
            response: What the last one brought, or None when it failed.
            now: The time, for a Retry-After that is a date.
            chance: A number from 0 to 1 that decides the jitter.
        """
        backoff = min(self.first * 2.0 ** (attempt - 1), self.longest) * (1 + chance) / 2
        asked = None if response is None else retry_after(response.headers, now=now)
        return max(backoff, asked or 0.0)

    def stops(self, attempt: int, *, elapsed: float, wait: float) -> bool:
        """Whether no further try is made; a wait that would go past the total is not begun, as it would be in vain."""
        return attempt > self.retries or elapsed + wait > self.total


def retry_after(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, in either of its forms (seconds, HTTP date); None without one."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    # a date that says no zone is in UTC
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())


def rules(policy: RetryPolicy, request: Request) -> dict[str, Any]:
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
