"""Says of each report which conformance case it is of; a server for those that go over HTTP."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

# so that a failing assertion of an adapter shows both sides
ADAPTERS = ("asking", "odd_files", "processor", "unit_input", "unit_parser", "unit_values", "unit_versions")
pytest.register_assert_rewrite(*(f"tests.conformance.{name}" for name in ADAPTERS))

from tests.conformance.asking import Box, Wire, listening  # noqa: E402 - after the line above
from tests.conformance.pack import Vector, folder  # noqa: E402
from tests.conformance.report import CASE  # noqa: E402


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write on the report which case it is of; `report.py` reads it, in another process when tests run side by side."""
    report = yield
    vector = item.callspec.params.get("vector") if hasattr(item, "callspec") else None
    if isinstance(vector, Vector):
        report.user_properties.append(
            (CASE, [str(vector.folder or folder()), vector.file, vector.way, _reason(report)])
        )
    return report


def _reason(report: pytest.TestReport) -> str:
    if report.skipped and isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return ""


@pytest.fixture(scope="session")
def wire() -> Iterator[Wire]:
    """A server on a free port, in a thread, whose box each case sets."""
    box = Box()
    with listening(box) as port, Wire(box, port) as connected:
        yield connected
