"""Completion in shells: of commands, data sets and labels, from what is on this machine."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import eesclient as ees
from eesclient import cli

SEN = ees.local.SEN_ID
SHELLS = ("bash", "zsh", "fish", "powershell")


def completed(line: str, tmp_path: Path, **environment: str) -> list[str]:
    """Return what may stand at the end of a line, as the code of shells asks for it."""
    answer = tmp_path / "answer"
    asked = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_SHELL": "powershell",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }
    done = subprocess.run(
        [sys.executable, "-m", "eesclient"],
        env=os.environ | asked | environment,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    # what PowerShell would take for the end of a word is quoted
    return [text.strip().replace("`", "") for text in answer.read_text(encoding="utf-8").split("\n")]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store that has the SEN data set."""
    path = tmp_path_factory.mktemp("kept") / "store"
    with ees.Client(service=ees.local.demo(), store=path) as client:
        client.open(SEN, version="1.0")
    return path


def test_labels(tmp_path: Path) -> None:
    """Commands, filters, their options and indicators complete."""
    with ees.Client(service=ees.local.demo()) as client:
        meta = client.meta(SEN, version="1.0")
    assert {"query", "search", "store"} <= {*completed("ees ", tmp_path)}
    line = f"ees query {SEN}@1.0 --demo --indicator "
    assert {one.label for one in meta.indicators} == {*completed(line, tmp_path)}
    options = completed(f"ees query {SEN}@1.0 --demo --filter 'SEN provision=", tmp_path)
    assert {f"SEN provision={one.label}" for one in meta.filters["SEN provision"].options} == {*options}


def test_data_sets_of_the_store(store: Path, tmp_path: Path) -> None:
    """Data sets are those of the store, by id and title; a store that is not there has none, and nobody is asked."""
    with ees.Client(service=ees.local.demo()) as client:
        title = client.data_set(SEN).title
    found = completed("ees show ", tmp_path, EES_STORE=str(store), EES_API_URL="http://127.0.0.1:9")
    assert {SEN, title} <= {*found}
    assert {SEN, title} <= {*completed("ees lock ", tmp_path, EES_STORE=str(store))}
    assert SEN not in completed("ees show ", tmp_path, EES_STORE=str(tmp_path / "none"))


@pytest.mark.parametrize("shell", SHELLS)
def test_code(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each shell gets code that names the command, and that it can read, where the shell is here."""
    assert 0 == cli.main(["completion", shell])
    code = capsys.readouterr().out
    assert "ees" in code
    assert "_ARGCOMPLETE" in code
    if (program := shutil.which(shell)) and shell != "powershell":
        subprocess.run([program, "-n"], input=code.encode(), check=True, timeout=60)  # noqa: S603 - a shell, which only reads


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash(tmp_path: Path) -> None:
    """In bash, Tab after the beginning of a command completes it."""
    program = tmp_path / "ees"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m eesclient "$@"\n')
    program.chmod(0o755)
    script = (
        'eval "$(ees completion bash)"; COMP_LINE="ees sea"; COMP_POINT=7; COMP_TYPE=9; '
        'COMP_WORDS=(ees sea); COMP_CWORD=1; _python_argcomplete ees sea ees; printf "%s|" "${COMPREPLY[@]}"'
    )
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(  # noqa: S603 - our own script
        ["bash", "-c", script],  # noqa: S607 - whichever bash there is
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "search" in done.stdout
    assert "store" not in done.stdout
