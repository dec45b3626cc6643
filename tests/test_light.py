"""What is imported, and when."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

BUDGET = 40
"""Modules that `import eesclient` may load, those of the standard library and of the package included."""

REPORT = (
    "import json, sys\n{first}\nbefore = set(sys.modules)\n{then}\nprint(json.dumps(sorted(set(sys.modules) - before)))"
)


def loaded(then: str, *, first: str = "pass") -> set[str]:
    """The modules that a statement loads in a new process, after another."""
    command = [sys.executable, "-W", "error", "-c", REPORT.format(first=first, then=then)]
    return set(json.loads(subprocess.run(command, capture_output=True, check=True).stdout))  # noqa: S603 - our own code


def others(modules: set[str]) -> set[str]:
    """Libraries among modules: neither of the standard library nor our own."""
    names = {name.partition(".")[0] for name in modules} - sys.stdlib_module_names - {"eesclient"}
    # the standard library's record of how Python was built has the platform in its name
    return {name for name in names if not name.startswith("_sysconfigdata")}


def test_import_is_light() -> None:
    """`import eesclient` loads no library, and little of the standard library."""
    modules = loaded("import eesclient")
    assert set() == others(modules)
    assert len(modules) <= BUDGET


@pytest.mark.parametrize("statement", ["ees.facets.filter('Sex') == 'Total'", "ees.latest()", "dir(ees.local)"])
def test_nothing_more_before_it_is_needed(statement: str) -> None:
    """The parts of a question are made without any library but attrs."""
    assert {"attr", "attrs"} >= others(loaded(statement, first="import eesclient as ees"))


@pytest.mark.parametrize(
    ("statement", "needed", "unneeded"),
    [
        ("ees.Client(store=None).close()", "httpx", "polars"),
        ("ees.Client(service=ees.local.demo()).close()", "polars", "httpx"),
    ],
)
def test_first_use(statement: str, needed: str, unneeded: str) -> None:
    """What needs a library loads it, and no other."""
    libraries = others(loaded(statement, first="import eesclient as ees"))
    assert {needed} == {needed, unneeded} & libraries
