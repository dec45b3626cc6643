"""The command line: `ees`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ..errors import EESError
from . import (
    bundle,
    codegen,
    demo,
    lock,
    serve,
    store,
    sync,
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
    parser = _parser()
    options = parser.parse_args(arguments)
    command = vars(options)
    run = command.pop("run")
    try:
        code: int | None = run(sys.stdout, **command)
    except EESError as error:
        sys.stderr.write(f"ees: {error}\n")
        return FAILED
    except BrokenPipeError:
        # the reader of a pipe, `head` say, has seen enough
        return FAILED
    except OSError as error:
        sys.stderr.write(f"ees: {error}\n")
        return FAILED
    return code or 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ees", description="England's education statistics, from a terminal.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("demo", help="a question in labels to embedded synthetic data, without a network")
    command.set_defaults(run=demo.run)
    codegen.add(commands)
    command = commands.add_parser("serve", help="answer like the API over HTTP, from CSV files (extra: server)")
    command.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="CSV pairs; none for the demo")
    command.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    command.add_argument("--port", default=8000, type=int, help="port to listen on (default: %(default)s)")
    command.set_defaults(run=serve.run)
    store.add(commands)
    bundle.add(commands)
    lock.add_to(commands)
    sync.add_to(commands)
    return parser
