"""What fuzzing reports at the end."""

from collections import Counter

import pytest

_STATUSES: dict[str, Counter[int]] = {}


@pytest.fixture(scope="session")
def fuzzed() -> dict[str, Counter[int]]:
    """Statuses that were met, by operation."""
    return _STATUSES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many requests each operation got, and which statuses they met."""
    if _STATUSES:
        terminalreporter.section("requests drawn from the published document")
    for label, statuses in _STATUSES.items():
        met = ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items()))
        terminalreporter.write_line(f"{statuses.total():6} {label}: {met}")
