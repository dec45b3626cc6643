"""Tests of the runner: the table at the end, and what a folder may hold."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.conformance.pack import ROOT
from tests.conformance.table import Table


def _rows(lines: list[str]) -> dict[str, list[int]]:
    """The numbers of each row of a table: passed, failed, not applicable, total."""
    split = [line.split() for line in lines if line.split()[-4:] and all(word.isdigit() for word in line.split()[-4:])]
    return {" ".join(words[:-4]): [int(word) for word in words[-4:]] for words in split if len(words) > 4}


def test_counts() -> None:
    """Each test counts once; whichever phase fails makes it a failure."""
    table = Table()
    for phase in ("passed", "passed", "failed"):
        table.add("csv", "in process", "one", phase)
    table.add("csv", "in process", "one", "passed")
    table.add("csv", "in process", "two", "not applicable", reason="no content service")
    table.add("csv", "in process", "two", "passed")
    table.add("csv", "over HTTP", "three", "passed")
    lines = list(table.lines())
    expected = {"csv, in process": [0, 1, 1, 2], "csv, over HTTP": [1, 0, 0, 1], "total": [1, 1, 1, 3]}
    assert expected == _rows(lines)
    assert ["not applicable:", "    1  csv, in process: no content service"] == lines[-2:]


def _run(folder: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/conformance/test_vectors.py"]
    environment = {**os.environ, "EES_CONFORMANCE": str(folder), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(  # noqa: S603 - our own tests
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout


def _case(name: str, **parts: Any) -> dict[str, Any]:
    return {"name": name, "source": {}, "basis": "evaluated", **parts}


def test_another_folder(tmp_path: Path) -> None:
    """Files of known names are run from any folder; other files and kinds fail and say so; the rest is ignored."""
    joined = {"kind": "json_path_concat", "parts": ["$.a", "b[0]"]}
    units = [
        _case("right", input=joined, expect={"result": "a.b[0]"}),
        _case("wrong", input=joined, expect={"result": "a.b"}),
        _case("new", input={"kind": "unheard"}, expect={}),
    ]
    (tmp_path / "units_errors.json").write_text(json.dumps({"title": "Errors", "cases": units}))
    (tmp_path / "unheard_of.json").write_text(json.dumps({"title": "New", "cases": [_case("one")]}))
    (tmp_path / "unverified_from_source.json").write_text(json.dumps({"title": "Words", "items": []}))
    (tmp_path / "README.md").write_text("Cases.")
    (tmp_path / "tools").mkdir()
    code, text = _run(tmp_path)
    expected = {
        "units_errors, rule": [1, 2, 0, 3],
        "unheard_of, file": [0, 1, 0, 1],
        "unverified_from_source, file": [0, 0, 1, 1],
        "total": [1, 3, 1, 5],
    }
    assert (1, expected) == (code, _rows(text.splitlines()))
    assert "no adapter for unheard_of.json" in text
    assert "no adapter for cases of the kind 'unheard'" in text
    assert f"conformance: {tmp_path}" in text


def test_no_folder(tmp_path: Path) -> None:
    """Where there is no folder the cases are skipped, with the reason."""
    code, text = _run(tmp_path / "nowhere")
    assert 0 == code
    assert f"no folder {tmp_path / 'nowhere'}" in " ".join(text.split())
