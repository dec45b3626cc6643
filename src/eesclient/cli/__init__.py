"""The command line: `ees`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ..errors import EESError
from . import (
    codegen,
    lock,
    serve,
    store,
)

FAILED = 1
"""Exit code of a command that could not do its work; 2 is for arguments that make no sense."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: Arguments after the program's name; by default those of the process.

    Returns:
        Exit code: 0 when the command did its work, 1 when it could not or found damage, 2 for arguments that make no
        sense; `ees lock --check` has more.
    """
    command = vars(_parser().parse_args(arguments))
    run = command.pop("run")
    try:
        code: int | None = run(sys.stdout, **command)
    except BrokenPipeError:
        # the reader of a pipe, `head` say, has seen enough
        return FAILED
    except (EESError, OSError) as error:
        sys.stderr.write(f"ees: {error}\n")
        return FAILED
    return code or 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ees", description="England's education statistics, from a terminal.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve.add_demo(commands)
    codegen.add(commands)
    serve.add_serve(commands)
    store.add(commands)
    lock.add(commands)
    return parser
