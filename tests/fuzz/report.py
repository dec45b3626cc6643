"""A plugin: says at the end of a run which statuses fuzzing met, in whichever process."""

from __future__ import annotations

import pytest

MET = "statuses met"
"""Name of the property of a report that says which statuses an operation answered with."""


class Gathering:
    """Statuses and how often they were met, by operation."""

    def __init__(self) -> None:
        self.statuses: dict[str, list[tuple[int, int]]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what a test met."""
        for name, value in report.user_properties:
            if name == MET and isinstance(value, list):
                self.statuses[value[0]] = value[1]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say how many requests each operation got, and which statuses they met."""
        if self.statuses:
            terminalreporter.section("requests drawn from the published document")
        for label, statuses in sorted(self.statuses.items()):
            met = ", ".join(f"{status}: {count}" for status, count in statuses)
            terminalreporter.write_line(f"{sum(count for _, count in statuses):6} {label}: {met}")


def pytest_configure(config: pytest.Config) -> None:
    """Gather in the process that reports."""
    config.pluginmanager.register(Gathering())
