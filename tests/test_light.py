"""What is imported, and when."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import eesclient as ees
from tests.fuzz.served import listening

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


UNNEEDED = {
    "anyio",
    "cattrs",
    "difflib",
    "encodings.idna",
    "eesclient.api.catalogue",
    "eesclient.catalogue.entries",
    "eesclient.lock.check",
    "eesclient.lock.lockfile",
    "eesclient.lock.sync",
    "eesclient.models.changes",
    "eesclient.models.entries",
    "eesclient.results.citation",
    "eesclient.results.receipts",
    "eesclient.results.total",
    "eesclient.table.csv",
    "eesclient.versions.as_of",
    "eesclient.versions.report",
    "html",
    "httpx",
    "tenacity",
    "truststore",
}
"""What sends, tries again, locks, compares and lists, reads CSV and odd JSON: a question of the store needs none."""


OF_QUESTIONS = {
    "eesclient.data_set",
    "eesclient.query.args",
    "eesclient.query.question",
    "eesclient.routes",
    "eesclient.store.blobs",
    "eesclient.store.table_cache",
}
"""What asks for rows and keeps answers: a call that lists, or reads metadata, without a store needs none of it."""


def test_stored_question(tmp_path: Path) -> None:
    """A question that the store answers loads what reads it, and nothing of what would ask the service."""
    service = ees.local.demo()
    service.origin = "http://ees.test"
    with ees.Client(service=service, store=tmp_path) as client:
        entry = next(iter(client.data_sets()))
        client.open(entry.id, version="1.0").read()
    script = (
        f"with ees.Client(base_url={service.origin!r}, store={str(tmp_path)!r}, offline=True) as client:\n"
        f"    assert len(client.open({entry.id!r}, version='1.0').query(levels=['National']))"
    )
    modules = loaded(script, first="import eesclient as ees")
    assert {"polars", "eesclient.store.table"} <= modules
    assert set() == UNNEEDED & modules


def test_first_call() -> None:
    """A request that succeeds brings nothing along that tries again, nor what only awaits, reads tables or locks."""
    pytest.importorskip("uvicorn", reason="the extra server is not installed")
    with listening(ees.local.demo()) as address:
        script = f"with ees.Client(base_url={address!r}, store=None) as client:\n    next(client.data_sets())"
        modules = loaded(script, first="import httpx, httpcore, eesclient as ees")
    assert "eesclient.transport.http" in modules
    # sockets need the tables of names of hosts
    assert (
        set()
        == {*UNNEEDED, *OF_QUESTIONS, "asyncio", "importlib.metadata", "polars"} - {"encodings.idna", "httpx"} & modules
    )
