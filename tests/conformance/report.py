"""A plugin: gathers the outcomes of conformance cases from all processes of a run, and prints their table."""

from __future__ import annotations

import pytest

from tests.conformance.table import Table

CASE = "conformance case"
"""Name of the property of a report that says which case it is of."""


class Gathering:
    """The tables of a run, by the folder that the cases came from."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the outcome of a case."""
        for name, value in report.user_properties:
            if name == CASE and isinstance(value, list):
                folder, file, way, reason = value
                outcome = "not applicable" if report.skipped else report.outcome
                self.tables.setdefault(folder, Table()).add(file, way, report.nodeid, outcome, reason=reason)
                return

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the tables."""
        for folder, table in self.tables.items():
            terminalreporter.section(f"conformance: {folder}")
            for line in table.lines():
                terminalreporter.line(line)


def pytest_configure(config: pytest.Config) -> None:
    """Gather in the process that reports."""
    config.pluginmanager.register(Gathering())
