"""Whatever goes wrong on the way: the right answer or one class of ours, and afterwards all is as before."""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from eesclient import EESError, EESWarning
from tests.conftest import PROFILE
from tests.faults import bodies, contents, wire
from tests.faults.answers import Reply
from tests.faults.asking import TARGETS, Mode, Outcome, attempt
from tests.faults.fault import Expected, Fault
from tests.faults.report import FAULT
from tests.faults.server import Seam, Server

FAULTS = {fault.name: fault for room in (wire, bodies, contents) for fault in room.faults()}
MODES: tuple[Mode, ...] = ("sync", "asyncio", "trio") if PROFILE == "long" else ("sync", "asyncio")


def cases() -> Iterator[Any]:
    """Each fault at everything that is asked; every day at one of the requests that each takes, in turns.

    On Pythons other than the main one, where fewer examples are drawn, by one of the clients, in turns too,
    and a third of them on each (`tests/conftest.py`).
    """
    for fault in FAULTS.values():
        by_what: dict[str, list[tuple[str, Expected]]] = {}
        for target, expected in fault.cases():
            by_what.setdefault(TARGETS[target].what, []).append((target, expected))
        for same in by_what.values():
            turn = zlib.crc32(fault.name.encode()) % len(same)
            for target, expected in same if PROFILE == "long" else same[turn : turn + 1]:
                side = zlib.crc32(f"{fault.name} {target}".encode()) % len(MODES)
                for mode in MODES[side : side + 1] if PROFILE == "fewer" else MODES:
                    yield pytest.param(mode, fault, target, expected, id=f"{fault.name}-{target}-{mode}")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that plays what it is told to."""
    server = Server()
    yield server
    server.close()


@cache
def _secure() -> ssl.SSLContext:
    # making one takes longer than a case
    return ssl.create_default_context()


def _seam(mode: Mode) -> Seam:
    plain = mode == "sync"
    return Seam(httpx.HTTPTransport(verify=_secure()) if plain else httpx.AsyncHTTPTransport(verify=_secure()))


@cache
def _right(what: str, folder: Path) -> Any:
    outcome = attempt("sync", what, folder, seam=_seam("sync"), options={"base_url": "http://127.0.0.1:9"})
    (folder / "out.csv").unlink(missing_ok=True)
    assert outcome.error is None, outcome
    return outcome.answer


@attrs.frozen(kw_only=True)
class Case:
    """What came of a fault, and of asking again when it was over."""

    right: Any
    outcome: Outcome
    again: Outcome
    left: list[str]
    lasting: bool

    def kind(self, outcome: Outcome) -> str:
        """Kind of an outcome; an answer that is not the right one has at least a warning of ours."""
        if outcome.hangs:
            return "hanging"
        if outcome.error is not None:
            return "ours" if isinstance(outcome.error, EESError) else "raw"
        if any(isinstance(warning, EESWarning) for warning in outcome.warned):
            return "ours"
        return "right" if outcome.answer == self.right and not outcome.warned else "wrong"

    @property
    def verdict(self) -> str:
        """Kind of what came of it all: right, ours, wrong, raw, hanging or poisoned."""
        found = self.kind(self.outcome)
        may_be = ("right", "ours") if self.lasting and self.again.error is None else ("right",)
        return "poisoned" if found in ("right", "ours") and self.kind(self.again) not in may_be else found

    def problems(self, expected: Expected) -> str:
        """What is not as it must be, in words; "" for nothing."""
        outcome = self.outcome
        if self.verdict not in ("right", "ours"):
            return f"{self.verdict}: {self.again if self.verdict == 'poisoned' else outcome}"
        came = [outcome.error] if outcome.error else list(outcome.warned)
        if bool(came) != (expected is not None) or not all(isinstance(one, expected or ()) for one in came):
            return f"unexpected: {outcome}"
        return f"leaks {outcome.leaks}: {outcome}" if outcome.leaks else f"left: {self.left}" * bool(self.left)


def run_case(mode: Mode, fault: Fault, target: str, *, server: Server, folder: Path, right: Path) -> Case:
    """Ask while a fault lasts, and again with the same store when it is over."""
    aimed = TARGETS[target]
    server.change = fault.change
    seam = _seam(mode)
    aim = aimed.aim(lambda request: Reply(asked=request).page)
    options = {"base_url": "http://127.0.0.1:{port}", **fault.options}
    options["base_url"] = options["base_url"].format(port=server.port)
    ask = partial(attempt, mode, aimed.what, folder, options=options)
    outcome = ask(seam=seam, ready=lambda: seam.arm(fault.change, aim, fault.times))
    left = [path.name for path in folder.rglob("*") if path.suffix in (".tmp", ".part") or path.name == "out.csv"]
    again = ask(seam=_seam(mode))
    left = left if outcome.error else []
    return Case(right=_right(aimed.what, right), outcome=outcome, again=again, left=left, lasting=fault.lasting)


@pytest.mark.parametrize(("mode", "fault", "target", "expected"), list(cases()))
def test_fault(  # noqa: PLR0917 - a case of the table, and what it takes
    mode: Mode,
    fault: Fault,
    target: str,
    expected: Expected,
    server: Server,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    record_property: Callable[[str, object], None],
) -> None:
    """What must come comes, of one class; then nothing is left, and a healthy service gives the right answer."""
    case = run_case(mode, fault, target, server=server, folder=tmp_path, right=tmp_path_factory.getbasetemp())
    record_property(FAULT, [fault.name, TARGETS[target].what, case.verdict])
    assert "" == case.problems(expected)
