"""Short work of many threads: first come, first served, so many at a time, and nobody waits for long."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest

from tests.conftest import ROOT
from tests.doors.transport import Line

LONG = 30.0


def started(work: Callable[[], object]) -> threading.Thread:
    """Start a thread."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + LONG
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.001)


@pytest.mark.parametrize("at_a_time", [1, 2, 3])
def test_first_come_first_served(at_a_time: int) -> None:
    """Turns are had in the order in which threads came, and never by more of them than may."""
    line = Line(at_a_time, patience=LONG)
    served: list[int] = []
    at_work: list[int] = []
    most: list[int] = []
    may_go = threading.Semaphore(0)

    def work(number: int) -> None:
        with line.turn():
            served.append(number)
            at_work.append(number)
            most.append(len(at_work))
            may_go.acquire()
            at_work.remove(number)

    threads = []
    for number in range(20):
        threads.append(started(lambda number=number: work(number)))  # type: ignore[misc] # bound while it is made
        until(lambda: len(served) + len(line._waiting) == len(threads))
    assert [*range(at_a_time)] == served
    for number in range(at_a_time, 20):
        may_go.release()
        until(lambda number=number: len(served) > number)  # type: ignore[misc]
    for _ in range(at_a_time):
        may_go.release()
    for thread in threads:
        thread.join(LONG)
    assert [*range(20)] == served
    assert at_a_time == max(most)


def test_nobody_waits_for_long() -> None:
    """Who waited long enough goes on without a turn, which is then still that of one alone."""
    line = Line(1, patience=0.01)
    with line.turn():
        with line.turn(), line.turn():
            pass
        assert not line._waiting
    assert 1 == line._free
    with line.turn():
        assert 0 == line._free


def test_a_turn_that_fails_is_given_on() -> None:
    """An error ends a turn as its end does."""
    line = Line(1, patience=LONG)
    for _ in range(3):
        with pytest.raises(ValueError, match="of the work"), line.turn():
            raise ValueError("of the work")
    assert 1 == line._free


def test_called_as_the_wait_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is called just as the wait ends, or is interrupted, has a turn, and gives it on."""
    for outcome in (False, KeyboardInterrupt()):
        line = Line(1, patience=LONG)

        class Late:
            """A lock whose wait ends as the turn comes."""

            def acquire(self, timeout: float | None = None) -> bool:
                if timeout is None:
                    return True
                line._call_next()  # noqa: B023 - called in this round
                if isinstance(outcome, BaseException):  # noqa: B023
                    raise outcome  # noqa: B023
                return outcome  # noqa: B023

            def release(self) -> None:
                """Nobody waits any more."""

        assert line._waits()
        with monkeypatch.context() as patch:
            patch.setattr(threading, "Lock", Late)
            if outcome:
                with pytest.raises(KeyboardInterrupt):
                    line._waits()
            else:
                assert line._waits()
                line._call_next()
        assert (1, 0) == (line._free, len(line._waiting))


def test_interrupted_while_nobody_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is interrupted leaves the line as it was."""
    line = Line(1, patience=LONG)

    class Interrupted:
        def acquire(self, timeout: float | None = None) -> bool:
            if timeout is not None:
                raise KeyboardInterrupt
            return True

    with line.turn():
        with monkeypatch.context() as patch:
            patch.setattr(threading, "Lock", Interrupted)
            with pytest.raises(KeyboardInterrupt):
                line._waits()
        assert (0, 0) == (line._free, len(line._waiting))


FORKED = """
import os, threading, time
from tests.conftest import ROOT
from tests.doors.transport import in_line
at_work, done = threading.Semaphore(0), threading.Event()
for _ in range(2):
    threading.Thread(target=in_line, args=[lambda: (at_work.release(), done.wait())], daemon=True).start()
    at_work.acquire()
start = time.monotonic()
if not os.fork():
    in_line(lambda: None)
    os._exit(0 if time.monotonic() - start < 0.15 else 1)
print(os.waitstatus_to_exitcode(os.wait()[1]))
done.set()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_has_turns_of_its_own() -> None:
    """Turns that threads of its parent had are free in a process that was forked."""
    done = subprocess.run([sys.executable, "-c", FORKED], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - as is written above
    # Python 3.12 warns of a fork beside threads, which this is about
    assert (0, "0") == (done.returncode, done.stdout.strip()), done.stderr
