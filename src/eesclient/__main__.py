"""The command `ees`, which `python -m eesclient` is too."""

import sys

INTERRUPTED = 130
"""Exit code of a command that was interrupted, as shells have it."""


def main() -> int:
    """Run the command that the arguments of the process name; also an import that is interrupted has no traceback."""
    try:
        # inside, as this takes a good part of a second, in which Ctrl-C may come
        from .cli import main as run

        return run()
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
