"""When a request is sent again, and after how long."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import attrs

from ..api.messages import Response

RETRIED_STATUSES = frozenset({408, 429, 502, 503, 504})
"""Statuses after which the same request may succeed. Every request only reads, the POST of a query too."""


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
        """Seconds to wait after so many tries, the last of which brought a response or failed.

        `chance`, a number from 0 to 1, decides the jitter.
        """
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
    except ValueError:
        return None
    # a date that says no zone is in UTC
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())
