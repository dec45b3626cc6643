"""Examples of the command line in Markdown files: blocks of `console`, whose lines after `$` are run here."""

from __future__ import annotations

import io
import re
import shlex
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from sybil import Example
from sybil.parsers.markdown import CodeBlockParser

from tests.doors.cli import main

ANYTHING = "…"
"""In a line it stands for anything, and a line of it for any lines."""


def run(line: str) -> tuple[int, str]:
    """Run one command, whose output may go to a file; its exit code, and what a terminal would show."""
    words = shlex.split(line)
    target = None
    if ">" in words:
        words, target = words[: words.index(">")], words[-1]
    if words[0] != "ees":
        raise ValueError(f"only ees is run here: {line}")
    shown, out = io.StringIO(), io.StringIO()
    with redirect_stdout(out if target else shown), redirect_stderr(shown):
        code = main(words[1:])
    if target:
        Path(target).write_text(out.getvalue(), encoding="utf-8")
    return code, shown.getvalue()


def matches(expected: str, shown: str) -> bool:
    """True if an output is what a document says."""
    lines = [line.rstrip() for line in expected.rstrip().splitlines()]
    some = re.escape(ANYTHING)
    parts = [
        r"(?:[^\n]*\n)*?" if line == ANYTHING else re.escape(line).replace(some, "[^\n]*?") + r"[ ]*\n"
        for line in lines
    ]
    return re.fullmatch("".join(parts), shown.rstrip() + "\n") is not None


class ConsoleBlockParser(CodeBlockParser):
    """Runs each command of a block; what is written under it must be its output, and it must do its work.

    A command with nothing under it may say anything. One that is refused shows why, beginning with `ees:`, or
    what is refused.
    """

    language = "console"

    def evaluate(self, example: Example) -> str | None:
        """Run a block; what is wrong with it, if anything."""
        for command in re.split(r"^\$ ", example.parsed.replace("\\\n", " "), flags=re.MULTILINE)[1:]:
            line, _, expected = command.partition("\n")
            code, shown = run(line)
            is_refused = expected.startswith(("ees: ", "REFUSED"))
            if bool(code) != is_refused and code not in (3, 4):
                return f"$ {line}\nended with exit code {code}:\n{shown}"
            if expected.strip() and not matches(expected, shown):
                return f"$ {line}\nwas to show:\n{expected}\nand showed:\n{shown}"
        return None
