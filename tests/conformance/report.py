"""A plugin: gathers the outcomes of conformance cases from all processes of a run, and prints their table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import attrs
import pytest

from tests.conformance.table import Table

CASE = "conformance case"
"""Name of the property of a report that says which case it is of."""


RECORDED = "recorded answers"
"""Name of the property of a report that says how recorded answers of a kind compare."""


@attrs.define
class Compared:
    """Recorded answers of one kind, asked in one way.

    Attributes:
        asked: How many were asked.
        unequal: How many differ.
        kinds: In what they differ.
    """

    asked: int = 0
    unequal: int = 0
    kinds: Counter[str] = attrs.field(factory=Counter)


class Gathering:
    """The tables of a run, by the folder that the cases came from."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self.recorded: dict[str, dict[tuple[str, str], Compared]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the outcome of a case."""
        for name, value in report.user_properties:
            if name == RECORDED and isinstance(value, list) and report.when == "call":
                self._add(*value)
            if name == CASE and isinstance(value, list):
                folder, file, way, reason = value
                outcome = "not applicable" if report.skipped else report.outcome
                self.tables.setdefault(folder, Table()).add(file, way, report.nodeid, outcome, reason=reason)
                return

    def _add(self, folder: str, tag: str, way: str, asked: int, unequal: int, kinds: dict[str, int]) -> None:  # noqa: PLR0917 - as reports have them
        compared = self.recorded.setdefault(folder, {}).setdefault((tag, way), Compared())
        compared.asked += asked
        compared.unequal += unequal
        compared.kinds.update(kinds)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the tables."""
        for folder, table in self.tables.items():
            terminalreporter.section(f"conformance: {folder}")
            for line in table.lines():
                terminalreporter.line(line)
        for folder, recorded in self.recorded.items():
            terminalreporter.section(f"recorded answers: {folder}")
            for line in _lines(recorded):
                terminalreporter.line(line)


def _lines(recorded: dict[tuple[str, str], Compared]) -> Iterator[str]:
    """How many answers of each kind are equal, and in what others differ."""
    yield f"{'':32}{'asked':>8}{'equal':>8}{'not':>8}"
    for (tag, way), one in sorted(recorded.items()):
        yield f"{f'{tag}, {way}':32}{one.asked:8}{one.asked - one.unequal:8}{one.unequal:8}"
        yield from (f"{count:>8}  {kind}" for kind, count in one.kinds.most_common())
    asked, unequal = (sum(getattr(one, name) for one in recorded.values()) for name in ("asked", "unequal"))
    yield f"{'total':32}{asked:8}{asked - unequal:8}{unequal:8}"


def pytest_configure(config: pytest.Config) -> None:
    """Gather in the process that reports."""
    config.pluginmanager.register(Gathering())
