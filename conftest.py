"""Examples in the Markdown files are tests: each file runs from top to bottom, in a folder of its own."""

import atexit
import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

from tests.console import ConsoleBlockParser

HERE = "_here"
pytest_plugins = ["pytester", "tests.conformance.report", "tests.faults.report", "tests.fuzz.report"]
STORE = TemporaryDirectory(prefix="eesclient-tests-")
atexit.register(STORE.cleanup)  # processes that run tests side by side are never unconfigured


def pytest_configure(config: pytest.Config) -> None:
    """Keep the user's own settings and store out of tests and examples."""
    if hasattr(config, "workerinput"):
        # workers are measured, and what their tests start is not: it would only be slower
        os.environ.pop("COVERAGE_PROCESS_CONFIG", None)
    for name in ("EES_API_URL", "EES_LOG", "EES_OFFLINE", "EES_PREVIEW_TOKEN"):
        os.environ.pop(name, None)
    os.environ["EES_STORE"] = STORE.name


def enter_folder(namespace: dict[str, Any]) -> None:
    """Start in an empty folder, so that files an example writes disappear again."""
    folder = TemporaryDirectory()
    namespace[HERE] = (folder, Path.cwd())
    lacking = [*["pyspark"] * (find_spec("pyspark") is None), *["java"] * (shutil.which("java") is None)]
    plots = [name for name in ("altair", "great_tables", "matplotlib", "plotly") if find_spec(name) is None]
    namespace["no_gallery"] = f"there is no {', no '.join(plots)}" if plots else ""
    namespace["no_spark"] = f"there is no {' and no '.join(lacking)}" if lacking else ""
    os.chdir(folder.name)


def leave_folder(namespace: dict[str, Any]) -> None:
    """Go back to where the run was started."""
    folder, before = namespace.pop(HERE)
    os.chdir(before)
    folder.cleanup()


CONSOLE = ["docs/command-line.md"]  # of others, blocks of `console` are not run: they ask the service, or serve


def examples(*parsers: Any, patterns: list[str], excludes: list[str]) -> Sybil:
    """Return what finds the examples in files."""
    return Sybil(
        parsers=[PythonCodeBlockParser(), SkipParser(), *parsers],
        patterns=patterns,
        excludes=excludes,
        setup=enter_folder,
        teardown=leave_folder,
    )


pytest_collect_file = (
    examples(patterns=["*.md"], excludes=CONSOLE) + examples(ConsoleBlockParser(), patterns=CONSOLE, excludes=[])
).pytest()
