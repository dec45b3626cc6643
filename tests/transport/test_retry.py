"""When a request is sent again, and after how long; no test sleeps."""

from __future__ import annotations

import logging
import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eesclient import InvalidResponseError, Request, RequestConnectionError, RequestError, RequestTimeoutError
from tests.doors.aio import retrying as aretrying
from tests.doors.api import Response
from tests.doors.transport import RETRIED_STATUSES, RetryPolicy, driver, retry_after, retrying

pytestmark = pytest.mark.anyio

NOW = datetime(2024, 3, 1, 12, tzinfo=UTC)
REQUEST = Request(method="POST", path="/data-sets/x/query", body=b"{}")
OK = Response(status=200)


class Sending:
    """Answers with the given outcomes in turn, and notes how long was slept."""

    def __init__(self, *outcomes: Response | Exception) -> None:
        self.outcomes = list(outcomes)
        self.slept: list[float] = []

    def send(self, request: Request) -> Response:
        """Answer with the next outcome."""
        assert request is REQUEST
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def asend(self, request: Request) -> Response:
        """As `send`, awaited."""
        return self.send(request)

    async def asleep(self, seconds: float) -> None:
        """Note how long was slept."""
        self.slept.append(seconds)

    def run(self, policy: RetryPolicy | None = None) -> Response:
        """Send with retries."""
        return retrying(self.send, policy or RetryPolicy(), sleep=self.slept.append)(REQUEST)


@pytest.mark.parametrize("status", sorted(RETRIED_STATUSES))
def test_statuses_that_are_tried_again(status: int) -> None:
    """A busy service is asked again, by POST too, twice at most."""
    sending = Sending(Response(status=status), Response(status=status), OK)
    assert sending.run() == OK
    assert len(sending.slept) == 2


@pytest.mark.parametrize("status", [200, 301, 400, 403, 404, 413, 500, 501])
def test_statuses_that_are_not(status: int) -> None:
    """What would fail again, or has succeeded, is answered at once."""
    sending = Sending(Response(status=status))
    assert sending.run() == Response(status=status)
    assert sending.slept == []


@pytest.mark.parametrize("error", [RequestConnectionError("refused"), RequestTimeoutError("late")])
def test_errors_that_are_tried_again(error: Exception) -> None:
    """No connection and no answer in time are tried again, and raised as they are in the end."""
    assert Sending(error, OK).run() == OK
    sending = Sending(error, error, error)
    with pytest.raises(type(error)) as caught:
        sending.run()
    assert caught.value is error
    assert sending.outcomes == []


def test_errors_that_are_not() -> None:
    """Any other error is raised at once."""
    sending = Sending(InvalidResponseError("damaged"), OK)
    with pytest.raises(InvalidResponseError):
        sending.run()
    assert sending.outcomes == [OK]


def test_the_last_answer_counts() -> None:
    """When all tries fail, the last answer is handed on, to become an error with its advice."""
    answers = [Response(status=503), Response(status=429), Response(status=504)]
    assert Sending(*answers).run() == answers[-1]


def test_no_retries() -> None:
    """With no retries a request is sent once."""
    sending = Sending(Response(status=503), OK)
    assert sending.run(RetryPolicy(retries=0)).status == 503
    assert sending.slept == []


def test_retry_after_is_waited_for() -> None:
    """A wait that the service asks for is kept to."""
    sending = Sending(Response(status=429, headers={"retry-after": "17"}), OK)
    assert sending.run() == OK
    assert sending.slept == [17.0]


def test_waits_are_capped_in_all() -> None:
    """A wait that goes past the total is not begun: an hour is never slept, nor twice forty seconds."""
    hour = Response(status=429, headers={"retry-after": "3600"})
    sending = Sending(hour, OK)
    assert sending.run() == hour
    assert sending.slept == []
    forty = Response(status=503, headers={"retry-after": "40"})
    sending = Sending(forty, forty, OK)
    assert sending.run() == forty
    assert sending.slept == [40.0]


async def test_awaited() -> None:
    """The async twin does the same on both event loops."""
    sending = Sending(RequestTimeoutError("late"), Response(status=503, headers={"retry-after": "9"}), OK)
    assert await aretrying(sending.asend, RetryPolicy(), sleep=sending.asleep)(REQUEST) == OK
    assert sending.slept[1:] == [9.0]
    sending = Sending(*[RequestConnectionError("refused")] * 3)
    with pytest.raises(RequestConnectionError):
        await aretrying(sending.asend, RetryPolicy(), sleep=sending.asleep)(REQUEST)
    assert len(sending.slept) == 2


def test_retries_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A log line says what is tried again and why."""
    caplog.set_level(logging.INFO, logger="eesclient")
    Sending(Response(status=503), RequestTimeoutError("no answer"), OK).run()
    first, second = [record.getMessage() for record in caplog.records]
    assert first.startswith("POST /data-sets/x/query again in ")
    assert first.endswith(": status 503")
    assert second.endswith(": no answer")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 5 ", 5.0),
        (format_datetime(NOW + timedelta(seconds=30), usegmt=True), 30.0),
        ("Fri, 01 Mar 2024 12:00:30 -0000", 30.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("Mon, 99999999999 Jan 2024 00:00:00 GMT", None),
    ],
)
def test_retry_after_forms(text: str, expected: float | None) -> None:
    """Retry-After is seconds or a date; a past date is now, and nonsense is none."""
    assert retry_after({"retry-after": text}, now=NOW) == expected


def test_no_retry_after() -> None:
    """Without the header nothing is asked for."""
    assert retry_after({}, now=NOW) is None


@given(st.integers(1, 50), st.floats(0, 1), st.integers(0, 100))
def test_waits_grow_within_bounds(attempt: int, chance: float, asked: int) -> None:
    """A wait is at least what the service asks, else from half to all of a doubling time that has a limit."""
    policy = RetryPolicy()
    alone = policy.wait(attempt, None, now=NOW, chance=chance)
    whole = min(0.5 * 2 ** (attempt - 1), 8.0)
    assert whole / 2 <= alone <= whole
    response = Response(status=429, headers={"retry-after": str(asked)})
    assert policy.wait(attempt, response, now=NOW, chance=chance) == max(alone, float(asked))


def test_time_that_requests_take_counts() -> None:
    """A try is not begun after the total, however it was spent."""
    policy = RetryPolicy(retries=5, total=60)
    assert not policy.stops(1, elapsed=30.0, wait=1.0)
    assert policy.stops(1, elapsed=60.0, wait=0.5)
    assert policy.stops(6, elapsed=0.0, wait=0.5)


ANSWERS = st.builds(
    Response,
    status=st.sampled_from([200, 404, 429, 500, 503, 504]),
    headers=st.sampled_from([{}, {"retry-after": "20"}, {"retry-after": "1"}]),
)
OUTCOMES = ANSWERS | st.sampled_from([RequestConnectionError("no"), RequestTimeoutError("late"), OSError("odd")])


@given(outcomes=st.lists(OUTCOMES, min_size=5, max_size=5), retries=st.integers(0, 3))
def test_the_first_try_counts_as_one(outcomes: list[Response | Exception], retries: int) -> None:
    """The first try, made before what tries again is there, counts as any other: the same end after the same waits."""
    policy = RetryPolicy(retries=retries)
    for number, outcome in enumerate(outcomes, 1):
        response = outcome if isinstance(outcome, Response) else None
        again = response.status in RETRIED_STATUSES if response else isinstance(outcome, RequestError)
        slept = [
            policy.wait(at, one if isinstance(one, Response) else None, now=NOW, chance=0)
            for at, one in enumerate(outcomes[:number], 1)
        ]
        if not again or policy.stops(number, elapsed=sum(slept[:-1]), wait=slept[-1]):
            break
    sending = Sending(*outcomes)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(random, "random", lambda: 0.0)
        try:
            came: Response | Exception = sending.run(policy)
        except (RequestError, OSError) as error:
            came = error
    assert came is outcome
    assert sending.slept == slept[:-1]
    assert len(sending.outcomes) == len(outcomes) - number


def test_the_first_try_takes_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the first try took counts too: a wait that would then go past the total is not begun."""
    clock = iter([0.0, 59.0])
    monkeypatch.setattr(driver, "time", SimpleNamespace(monotonic=lambda: next(clock), sleep=None))
    sending = Sending(Response(status=503, headers={"retry-after": "5"}), OK)
    assert sending.run().status == 503
    assert sending.slept == []
