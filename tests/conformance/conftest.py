"""Says of each report which conformance case it is of; a server for those that go over HTTP."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from tests.conformance.asking import Box, Wire, listening
from tests.conformance.pack import Vector, folder
from tests.conformance.report import CASE


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
