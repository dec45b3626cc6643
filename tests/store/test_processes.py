"""Many processes fill and read one store, and some are killed while they do."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import eesclient as ees
from eesclient import Store
from tests.doors.store import GRACE, free, prunable, temporaries, usage
from tests.store.filling import answers

ROOT = Path(__file__).resolve().parents[2]
PROCESSES, AT_A_TIME = {"long": (200, 16), "fewer": (8, 6)}.get(os.environ.get("EES_PROFILE", ""), (24, 6))
SEED = 20_261_122
UNTRACED = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
"""Environment of processes that coverage does not slow down: what they run is measured by other tests."""

pytestmark = [
    pytest.mark.property,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this platform"),
]


def task_of(number: int) -> str:
    """Return what a process does: a third of them are killed, a few prune, the others finish."""
    if number % 3 == 0:
        return "be killed"
    return "prune" if number % 8 == 1 else "finish"


def run(store: Path, number: int) -> tuple[int, str]:
    """Run one process, and kill it at a random moment of its work if it is one of those; give its end."""
    path = os.pathsep.join([str(ROOT), *(str(Path(part).resolve()) for part in sys.path)])
    task = task_of(number)
    with subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-m", "tests.store.filling", str(store), str(SEED + number), task],
        env={**UNTRACED, "PYTHONPATH": path},
        cwd=store.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            begun = process.stdout.readline()
            moment = random.Random(SEED + number).uniform(0.02, 0.4)  # noqa: S311 - no secret
            out, problems = process.communicate(timeout=moment if task == "be killed" else 120)
        except subprocess.TimeoutExpired:
            process.kill()
            out, problems = process.communicate()
        finally:
            process.kill()
    return process.returncode, begun + out + problems


def test_one_store_for_many_processes(tmp_path: Path) -> None:
    """A store that processes fill, read, prune and are killed over is whole, and its answers are right."""
    store = Store(tmp_path / "store")
    numbers = range(PROCESSES)
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        ends = dict(zip(numbers, pool.map(lambda number: run(store.path, number), numbers), strict=True))
    killed, done = (-signal.SIGKILL, "ready\n"), (0, "ready\ndone\n")
    assert {number: killed if task_of(number) == "be killed" else done for number in numbers} == ends
    assert [] == store.verify()
    finished = [SEED + number for number in numbers if task_of(number) == "finish"]
    check_answers(store, finished)
    free(store, prunable(store, now=time.time() + GRACE + 60), now=time.time() + GRACE + 60)
    found = usage(store)
    assert (0, 0, []) == (found.temporary, found.unreferenced, [*temporaries(store)])
    assert [] == store.verify()
    check_answers(store, finished[:2])


def check_answers(store: Store, seeds: Iterable[int]) -> None:
    """Check that what processes that finished have read is read offline, as it is without a store."""
    with (
        ees.Client(service=ees.local.demo(), store=store, offline=True) as offline,
        ees.Client(service=ees.local.demo()) as client,
    ):
        for seed in seeds:
            pairs = zip(answers(client, seed), answers(offline, seed), strict=True)
            assert all(expected.equals(found) for expected, found in pairs)
