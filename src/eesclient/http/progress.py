"""Who is told how much of a file has come."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

Progress: TypeAlias = bool | Callable[[int, int | None], object]
"""Whether to show progress; or what is told it: bytes that came, and how many there are if that is known."""


class Reporter(Protocol):
    """Takes reports of progress."""

    def __call__(self, done: int, total: int | None) -> object:
        """Take a report.

        Args:
            done: Bytes that came; fewer than before when a file comes anew.
            total: Bytes that there are, if that is known.
        """
        ...

    def close(self) -> None:
        """Finish."""
        ...


def reporter(progress: Progress, name: str) -> Reporter:
    """What takes the reports of a file.

    Args:
        progress: As the caller wants it; True for a bar by tqdm where that is installed, else a line.
        name: Name of the file.
    """
    if callable(progress):
        return _Told(progress)
    if not progress:
        return _Told(lambda done, total: None)
    try:
        # in a notebook it is a widget
        bar = importlib.import_module("tqdm.auto").tqdm
    except ImportError:
        return _Line(name)
    return _Bar(bar(desc=name, unit="B", unit_scale=True))


class _Told:
    """A function that is told."""

    def __init__(self, call: Callable[[int, int | None], object]) -> None:
        self._call = call

    def __call__(self, done: int, total: int | None) -> None:
        self._call(done, total)

    def close(self) -> None:
        """Do nothing."""


class _Line:
    """A line on the standard error stream."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._end = ""

    def __call__(self, done: int, total: int | None) -> None:
        of = "" if total is None else f" of {total / 1_000_000:,.1f}"
        sys.stderr.write(f"\r{self._name}: {done / 1_000_000:,.1f}{of} MB")
        sys.stderr.flush()
        self._end = "\n"

    def close(self) -> None:
        """End the line."""
        sys.stderr.write(self._end)


class _Bar:
    """A bar by tqdm."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def __call__(self, done: int, total: int | None) -> None:
        if total != self._bar.total or done < self._bar.n:
            self._bar.reset(total)
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Leave it as it is."""
        self._bar.close()
