"""Tests of the command line."""

from __future__ import annotations

import argparse
import io
import os
import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from contextlib import redirect_stdout, suppress
from pathlib import Path

import pytest

import eesclient as ees
from eesclient import EESError, cli, local
from tests.doors.cli import entry
from tests.doors.lock import read_lock
from tests.store.switched import switched

ROOT = Path(__file__).parents[2]


def test_demo(capsys: pytest.CaptureFixture[str]) -> None:
    """`ees demo` prints the frame, the exact version, what was sent and the live line, and says it is synthetic."""
    assert 0 == cli.main(["demo"])
    out = capsys.readouterr().out
    assert out.startswith("SYNTHETIC DATA")
    assert "National - Special educational needs (SEN) - API (synthetic)\nversion 1.0\n" in out
    assert out.count("│ 202425 ") == out.count("│ 202324 ") == 5
    assert "POST /v1/data-sets/019d431f-f58f-73c2-9c1e-5e5fd3462e77/query?dataSetVersion=1.0" in out
    assert '"criteria"' in out
    assert "ees.Client()" in out


def test_printed_question_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """The question that the demo prints for the live service runs as it stands, here against the demo."""
    cli.main(["demo"])
    question = capsys.readouterr().out.partition("The same question to the live service:\n\n")[2]
    scope: dict[str, object] = {}
    exec(question.replace("ees.Client()", "ees.Client(service=ees.local.demo())"), scope)  # noqa: S102
    assert 10 == len(scope["result"])  # type: ignore[arg-type]


def test_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a command all are listed, on the error stream and with exit code 2."""
    assert 2 == cli.main([])
    out, err = capsys.readouterr()
    assert "" == out
    assert {"search", "query", "lock", "doctor"} <= {*re.findall(r"^    ([a-z]\w*)", err, re.MULTILINE)}


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FileNotFoundError(2, "No such file", "a.xml"), "a.xml: No such file"),
        (OSError(28, "No space left"), "No space left"),
        (OSError("odd"), "odd"),
        (EESError("preview_token= (or EES_PREVIEW_TOKEN) is no GUID"), "EES_PREVIEW_TOKEN is no GUID"),
        (EESError("base_url='x' (or EES_API_URL): write"), "--base-url 'x' (or EES_API_URL): write"),
    ],
)
def test_errors_in_words(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error of the system is told by its file and words alone, and a variable once."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(cli, "demo", fail)
    assert 1 == cli.main(["demo"])
    assert capsys.readouterr().err == f"ees: {said}\n"


@pytest.mark.parametrize("error", [EESError("try again"), BrokenPipeError()])
def test_failures(error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What goes wrong is said on stderr in one line, with exit code 1; a closed pipe is silent."""

    def fail(_: object) -> None:
        raise error

    monkeypatch.setattr(cli, "demo", fail)
    assert 1 == cli.main(["demo"])
    assert ("ees: try again\n" if isinstance(error, EESError) else "") == capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="a shell of POSIX closes the streams")
@pytest.mark.parametrize(
    ("command", "code"), [("demo >&-", 0), ("demo 2>&-", 0), ("store info 2>&-", 1), ("x 2>&-", 2)]
)
def test_closed_streams(command: str, code: int) -> None:
    """A stream that was closed before the command began is not written to."""
    ended = subprocess.run(  # noqa: S602 - the shell closes the streams
        f"exec {shlex.quote(sys.executable)} -m eesclient {command}",
        shell=True,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (code, "") == (ended.returncode, ended.stderr)


@pytest.mark.parametrize("module", ["polars", "eesclient.cli"])
def test_interrupted(module: str, tmp_path: Path) -> None:
    """Ctrl-C while modules are imported ends the command without a traceback, by the exit code of shells."""
    script = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]["ees"]
    start = "import sys; from {} import {} as run; sys.exit(run())".format(*script.split(":"))
    # what an interpreter runs when it starts has the import of a module be interrupted
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nclass Finder:\n    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}: raise KeyboardInterrupt\nsys.meta_path.insert(0, Finder())\n"
    )
    for command in (["-c", start], ["-m", "eesclient"]):
        ended = subprocess.run(  # noqa: S603 - our own script
            [sys.executable, *command, "demo"],
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT / "src")])},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (130, "", "") == (ended.returncode, ended.stdout, ended.stderr)


def test_interrupted_at_work(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """So it is of a command that is at work."""

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "demo", interrupt)
    monkeypatch.setattr(sys, "argv", ["ees", "demo"])
    assert 130 == entry()
    assert "" == capsys.readouterr().err


def test_words_that_a_terminal_obeys(capsys: pytest.CaptureFixture[str]) -> None:
    """Arguments that make no sense are shown so that they can be printed."""
    with pytest.raises(SystemExit):
        cli.main(["demo", "\x1b[2J"])
    assert "\\u001b[2J" in capsys.readouterr().err


def test_module(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m eesclient` is `ees`."""
    monkeypatch.setattr(sys, "argv", ["ees", "demo"])
    monkeypatch.delitem(sys.modules, "eesclient.__main__", raising=False)
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("eesclient", run_name="__main__")
    assert 0 == caught.value.code
    assert "version 1.0" in capsys.readouterr().out


def test_closed_pipe() -> None:
    """A reader that goes away gets no traceback."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "eesclient", "demo"], stdout=writer, stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(writer)
    assert b"Traceback" not in done.stderr


WHOM = ("--base-url", "--folder", "--demo", "--store", "--lock", "--offline")
"""The options that say whom to ask, in the order in which each command lists them."""

LACKING = {
    "ees lake sync": {"--lock"},  # an argument of it
    "ees mirror": {"--store", "--lock", "--offline"},  # it has a store and a lock of its own, and fetches
    "ees doctor": {"--folder", "--demo"},  # it looks at what is set
}
"""Those that make no sense for a command that asks a service."""

ASK_NOBODY = ("demo", "check", "serve", "store", "bundle", "lake list", "lake read", "sen2", "completion")
"""Commands that no service is asked for."""


def commands() -> dict[str, argparse.ArgumentParser]:
    """Return every command that can be run, by its words."""
    found: dict[str, argparse.ArgumentParser] = {}

    def walk(parser: argparse.ArgumentParser) -> None:
        inner = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
        for action in inner:
            for one in action.choices.values():
                walk(one)
        if not inner:
            found[parser.prog] = parser

    walk(cli._parser())
    return found


def test_whom_to_ask() -> None:
    """Whoever asks a service has the same options for it, in the same words and order, but for what makes no sense."""
    found, helps = 0, set()
    for name, parser in commands().items():
        group = [one for one in parser._action_groups if one.title == "whom to ask"]
        if name.removeprefix("ees ").startswith(ASK_NOBODY):
            assert not group, name
            assert {"--base-url", "--demo", "--folder", "--offline"}.isdisjoint(parser._option_string_actions), name
            continue
        (whom,) = group
        flags = [action.option_strings[0] for action in whom._group_actions]
        assert flags == [flag for flag in WHOM if flag not in LACKING.get(name, ())], name
        # which lock is meant is said by each command
        helps |= {(a.option_strings[0], a.metavar, a.help) for a in whom._group_actions if a.dest != "lock"}
        found += 1
    assert found > 15
    assert len(WHOM) - 1 == len(helps)


def test_own_files_and_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """CSV pairs are locked, fetched and mirrored like data sets of the API, and what came answers offline."""
    monkeypatch.chdir(tmp_path)
    id_ = switched(tmp_path / "data").ids["rates"]
    files, kept = ["--folder", "data"], ["--folder", "data", "--store", "kept", "--offline"]
    for command in (
        ["lock", id_, *files],
        ["sync", "--yes", "--store", "kept", *files],
        ["sync", *kept],
        ["outdated", *kept],
        ["codegen", f"{id_}@1.0", *kept],
        ["lock", f"{id_}@1.0", "--lock", "other.lock", *kept],
        ["mirror", "mirrored", "--all", "--yes", *files],
    ):
        assert 0 == cli.main(command), capsys.readouterr().err
    assert ["1.0"] * 2 == [str(read_lock(f"{name}.lock").entries[0].version) for name in ("ees", "other")]
    assert "2 data sets: 2 new" in capsys.readouterr().out
    assert 2 == cli.main(["lock", "--check", *kept])
    assert "leave --offline out" in capsys.readouterr().err


NOT_RUN = {
    "ees serve",  # until it is stopped
    "ees sen2 reconcile",  # with a file that was published: docs/sen2.md shows how, and its own tests run it
}
"""Commands of which the page of the command line, each of whose examples is run, has no example."""


def test_each_command_has_an_example() -> None:
    """The page of the command line runs each command, and each one inside another, and its table names all."""
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```console\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    lines = re.findall(r"^\$ (ees .*)", "".join(blocks), re.MULTILINE)
    assert {name for name in commands() if not any(f"{line} ".startswith(f"{name} ") for line in lines)} == NOT_RUN
    named = re.findall(r"`(ees \w+)", "".join(line for line in page.splitlines() if line.startswith("| ")))
    assert {" ".join(name.split()[:2]) for name in commands()} == {*named}


@pytest.mark.parametrize(
    ("words", "usage", "said"),
    [
        ("serach SEN", "ees", "; the nearest: search"),
        ("sen2 chekc", "ees sen2", "; the nearest: check"),
        ("query X --filters a=b", "ees query", "unrecognized arguments: --filters a=b; the nearest: --filter"),
        ("lake sync a b --demoo", "ees lake sync", "unrecognized arguments: --demoo; the nearest: --demo"),
        ("query X --show pyton", "ees query", "; the nearest: python"),
        ("show a b", "ees show", "unrecognized arguments: b"),
        ("show", "ees show", "required: ID"),
        ("xyz", "ees", "invalid choice: 'xyz'"),
    ],
)
def test_typing_errors(words: str, usage: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong command, option or value ends with 2, the usage of the command and the nearest that there is."""
    with pytest.raises(SystemExit) as caught:
        cli.main(words.split())
    out, err = capsys.readouterr()
    assert (2, "") == (caught.value.code, out)
    assert err.startswith(f"usage: {usage} [-h]")
    assert f"\n{usage}: error: " in err
    assert said in err.splitlines()[-1]
    assert ("the nearest" in said) == ("the nearest" in err)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """`ees --version` says the release."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["--version"])
    assert (0, f"eesclient {ees.__version__}\n") == (caught.value.code, capsys.readouterr().out)


@pytest.mark.skipif(os.name != "posix", reason="terminals of POSIX")
@pytest.mark.parametrize(
    ("environment", "allowed"),
    [
        ({"TERM": "xterm-256color"}, {"0", "1", "32"}),  # 32: of the words that say what is waited for
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, {"0", "1"}),
        ({"TERM": "dumb"}, set[str]()),
        ({"TERM": "unknown"}, set[str]()),
    ],
)
def test_what_a_terminal_is_sent(environment: dict[str, str], allowed: set[str]) -> None:
    """Colours go to terminals alone that know them, with NO_COLOR bold letters alone, and to a dumb one nothing."""
    import pty

    reader, terminal = pty.openpty()
    command = [sys.executable, "-m", "eesclient", "search", "SEN", "--demo"]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, env=os.environ | {"NO_COLOR": "", "COLUMNS": "100"} | environment, stdout=terminal, stderr=terminal
    ) as process:
        os.close(terminal)
        sent = b""
        # Linux ends it by an error, others by nothing
        with suppress(OSError):
            while some := os.read(reader, 1 << 16):
                sent += some
        os.close(reader)
        assert 0 == process.wait(timeout=60)
    assert b"019d431f-f58f-73c2-9c1e-5e5fd3462e77" in sent
    codes = re.findall(r"\x1b\[([0-9;]*)m", sent.decode())
    assert {"0", "1"} & allowed <= {*codes} <= allowed
    assert allowed or b"\x1b" not in sent


@pytest.mark.parametrize("columns", [20, 40])
@pytest.mark.parametrize(
    "command",
    [
        ["search", "SEN", "--demo"],
        ["meta", local.SEN_ID, "--demo"],
        ["query", f"{local.SEN_ID}@1.0", "--demo", "--last", "1"],
        ["diff", local.SEN_ID, "1.0", "2.0", "--demo"],
        ["query", "--help"],
    ],
)
def test_narrow_terminals(command: list[str], columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables fit a narrow terminal, whatever it leaves out being named, and all else is written as well."""
    screen = Screen()
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    # help ends the process, as it is
    with redirect_stdout(screen), suppress(SystemExit):
        assert 0 == cli.main(command)
    drawn = [line for line in re.sub(r"\x1b\[[\d;]*m", "", screen.getvalue()).splitlines() if "─" in line]
    assert all(len(line) <= columns for line in drawn)
    assert drawn or command[0] in ("diff", "query")


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        """As one says of itself."""
        return True
