"""The command line: `ees`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ..errors import EESError
from . import demo

FAILED = 1
"""Exit code of a command that could not do its work; 2 is for arguments that make no sense."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: Arguments after the program's name; by default those of the process.

    Returns:
        Exit code: 0 when the command did its work, 1 when it could not, 2 for arguments that make no sense.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        options.run(sys.stdout)
    except EESError as error:
        sys.stderr.write(f"ees: {error}\n")
        return FAILED
    except BrokenPipeError:
        # the reader of a pipe, `head` say, has seen enough
        return FAILED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ees", description="England's education statistics, from a terminal.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("demo", help="a question in labels to embedded synthetic data, without a network")
    command.set_defaults(run=demo.run)
    return parser
