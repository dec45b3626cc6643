"""A plugin: says at the end of a run what came of the faults, in whichever process."""

from __future__ import annotations

from collections import Counter

import pytest

FAULT = "fault"
"""Name of the property of a report that says which fault it was, what was asked, and what came of it."""

VERDICTS = ("right", "ours", "wrong", "raw", "hanging", "poisoned")


class Counting:
    """Cases by what was asked and what came of it."""

    def __init__(self) -> None:
        self.cases: Counter[tuple[str, str]] = Counter()
        self.faults: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a case."""
        for name, value in report.user_properties if report.when == "call" else ():
            if name == FAULT and isinstance(value, list):
                fault, what, verdict = value
                self.faults.add(fault)
                self.cases[what, verdict] += 1

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say how many cases there were of each outcome; all but the first two must be 0."""
        if not self.cases:
            return
        terminalreporter.section(f"{len(self.faults)} kinds of fault")
        terminalreporter.write_line(f"{'':10}" + "".join(f"{verdict:>10}" for verdict in VERDICTS))
        for what in (*dict.fromkeys(what for what, _ in self.cases), "all"):
            counts = (
                sum(n for (w, v), n in self.cases.items() if v == verdict and what in (w, "all"))
                for verdict in VERDICTS
            )
            terminalreporter.write_line(f"{what:10}" + "".join(f"{count:10}" for count in counts))


def pytest_configure(config: pytest.Config) -> None:
    """Count in the process that reports."""
    config.pluginmanager.register(Counting())
