"""`python -m scripts.live`: compare with the live service, read-only, at most one request a second."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from eesclient.errors import EESError
from eesclient.settings import BASE_URL, Settings

from .endpoints import README_ID
from .polite import INTERVAL, Polite
from .run import run, unreachable

UNREACHABLE = 3
"""Exit code when there is nobody to ask."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison.

    Args:
        arguments: Command line; None for that of the process.

    Returns:
        0 if nothing differs, 1 if something does, 3 if the service cannot be reached.
    """
    asked = _parser().parse_args(arguments)
    base_url = Settings(base_url=asked.base_url).base_url
    polite = Polite(asked.interval)
    try:
        reason = unreachable(base_url, polite)
        if reason or asked.reachable:
            print(f"skipped: {reason}" if reason else f"{base_url} answers")
            return UNREACHABLE if reason else 0
        report = run(base_url, polite, data_set_id=asked.data_set, questions=asked.questions, interval=asked.interval)
    except EESError as error:
        print(f"cannot compare: {error}", file=sys.stderr)
        return 1
    finally:
        polite.finish()
    path = asked.report or Path("reports", f"live-{report.at:%Y-%m-%d}.md")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(report.to_markdown(), encoding="utf-8")
    print(f"{path}: {', '.join(f'{count} {result}' for result, count in sorted(report.counts.items()))}")
    return 1 if report.differences else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scripts.live", description=__doc__)
    parser.add_argument("--base-url", default=os.environ.get("EES_API_URL") or BASE_URL, help="whom to ask")
    parser.add_argument("--data-set", default=README_ID, help="GUID of the data set that most questions are about")
    parser.add_argument("--questions", type=int, default=50, help="how many generated questions")
    parser.add_argument("--interval", type=float, default=INTERVAL, help="seconds between two requests")
    parser.add_argument("--report", type=Path, help="file to write; by default reports/live-DATE.md")
    parser.add_argument("--reachable", action="store_true", help="only see whether the service answers")
    return parser


if __name__ == "__main__":
    sys.exit(main())
