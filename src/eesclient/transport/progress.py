"""What a call tells while it takes long: to a function, or to a bar on the error stream or in a notebook.

One call has one bar. Whoever counts first is told of; what goes on inside, such as the files of data sets that are
counted, only says how many bytes came. All is told in the thread that called.
"""

from __future__ import annotations

import importlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias

import attrs

from ..errors import printable
from ..models.html import escaped
from ..models.progress import Progress, ProgressLike

DELAY = 1.0
"""Seconds after which a bar is shown: what takes no longer needs none."""

_STEP = 0.1
"""Seconds between two reports of bytes, and between two looks of a bar."""

Tell: TypeAlias = Callable[[Progress], object]


class _Call:
    """A call of which something may be told."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._began = time.monotonic()
        self._last: Progress | None = None
        # bytes of files, while other things are counted
        self.received = 0

    def told(self, now: Progress) -> None:
        """Tell, unless it was told already."""
        last, elapsed = self._last, time.monotonic() - self._began
        # a bar that came too early to be shown is told again
        if last is None or last.elapsed < DELAY <= elapsed or attrs.evolve(last, elapsed=0.0) != now:
            self._last = attrs.evolve(now, elapsed=elapsed)
            self._tell(self._last)

    def end(self) -> None:
        """Tell that it is over, where anything was told."""
        if self._last is not None:
            self._tell(attrs.evolve(self._last, elapsed=time.monotonic() - self._began, is_over=True))


class Counting:
    """Things of a call that are counted from a start; of the files inside only the bytes. Without a call, nothing."""

    def __init__(self, call: _Call | None = None, start: Progress | None = None) -> None:
        self._call, self._start, self._now = call, start, start
        self._caller, self._alone = threading.get_ident(), threading.Lock()
        self._last = 0.0
        self.reached(0)

    @property
    def is_told(self) -> bool:
        """True if anybody is told."""
        return self._call is not None

    def reached(self, number: int) -> None:
        """Tell of each, until so many are done; where they are already, of the bytes that came."""
        if self._call is None or self._start is None or self._now is None:
            return
        for done in range(self._now.done, self._start.done + number + 1):
            self._now = attrs.evolve(self._start, done=done, received=self._call.received)
            self._call.told(self._now)

    def came(self, size: int) -> None:
        """Note bytes of a file, in whatever thread."""
        if self._call is None:
            return
        with self._alone:
            self._call.received += size
        is_due = threading.get_ident() == self._caller and time.monotonic() - self._last >= _STEP
        if is_due and self._now and self._start:
            self._last = time.monotonic()
            self.reached(self._now.done - self._start.done)


_NOTHING = Counting()


_at_hand: ContextVar[_Call | Counting | None] = ContextVar("progress", default=None)
"""The call that tells, or what it is counting."""


@contextmanager
def telling(progress: Tell | bool) -> Iterator[None]:
    """Have a call tell what takes long; what is part of another call is told with that."""
    tell = _tell(progress) if _at_hand.get() is None else None
    if tell is None:
        yield
        return
    call = _Call(tell)
    outer = _at_hand.set(call)
    try:
        yield
    finally:
        _at_hand.reset(outer)
        call.end()


@contextmanager
def counting(start: Progress | None) -> Iterator[Counting]:
    """Count what a call does, from a start; inside of what is counted, and of one alone, nothing is told."""
    call = _at_hand.get()
    if start is None or not isinstance(call, _Call) or (start.total is not None and start.total < 2):
        yield _NOTHING
        return
    counted = Counting(call, start)
    _at_hand.set(counted)
    try:
        yield counted
    finally:
        _at_hand.set(call)


class Coming:
    """A data file that comes, of so many bytes if that is known."""

    def __init__(self, name: str, total: int | None) -> None:
        self._to = _at_hand.get()
        self._now = Progress(what="bytes", name=name, total=total)
        self._last = 0.0

    def came(self, size: int) -> None:
        """Tell that so many more bytes came."""
        if isinstance(self._to, Counting):
            self._to.came(size)
        elif self._to is not None:
            self._now = attrs.evolve(self._now, done=self._now.done + size)
            if time.monotonic() - self._last >= _STEP:
                self._last = time.monotonic()
                self._to.told(self._now)

    def end(self, size: int = 0) -> None:
        """Tell that all of it came, with so many bytes in the end."""
        self.came(size)
        if isinstance(self._to, _Call):
            self._to.told(attrs.evolve(self._now, total=self._now.done))


# Bars


def shown(progress: ProgressLike) -> Tell | bool:
    """What a setting means here: bars in notebooks alone, unless it says more."""
    return _in_jupyter() or _in_marimo() if progress is None else progress


def _tell(progress: Tell | bool) -> Tell | None:
    """What is told of a call: a function, or a bar; None for nothing."""
    if callable(progress):
        return progress
    return _Bar() if progress is True and sys.stderr is not None else None


# whoever runs a cell has imported it


def _in_jupyter() -> bool:
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


def _in_marimo() -> bool:
    return bool(getattr(sys.modules.get("marimo"), "running_in_notebook", lambda: False)())


class _Bar:
    """A bar for what takes long, which goes away in the end."""

    def __init__(self) -> None:
        self._shown: _Cell | _Tqdm | _Line | None = None
        self._last = 0.0
        self._about: tuple[str, str] | None = None

    def __call__(self, now: Progress) -> None:
        if now.is_over or self._about != (now.what, now.name):
            if self._shown is not None:
                self._shown.close()
            self._shown = self._about = None
        is_due = now.elapsed - self._last >= _STEP or self._shown is None or now.done == now.total
        if now.elapsed >= DELAY and is_due and not now.is_over:
            if self._shown is None:
                self._shown, self._about = _made(now), (now.what, now.name)
            self._shown.show(now)
            self._last = now.elapsed


def _made(now: Progress) -> _Cell | _Tqdm | _Line:
    if _in_jupyter():
        return _Cell()
    try:
        make = importlib.import_module("tqdm").tqdm
    except ImportError:
        return _Line()
    return _Tqdm(make, now)


class _Cell:
    """A bar in the output of a cell: HTML's own, which needs no widgets, and of which nothing is saved."""

    # that of tqdm 4.70 stays at 0% in a notebook that is saved, and so in what Quarto makes of it
    def __init__(self) -> None:
        self._handle: Any = None

    def show(self, now: Progress) -> None:
        name, whole = escaped(now.name), "" if now.total is None else f' max="{now.total}" value="{now.done}"'
        bar = f'<progress{whole} aria-label="{name}"></progress>'
        self._put(f"<div>{name} {bar} {escaped(now.amount)}</div>", f"{printable(now.name)}: {now.amount}")

    def close(self) -> None:
        self._put("", "")

    def _put(self, html: str, text: str) -> None:
        data = {"text/html": html, "text/plain": text}
        if self._handle is None:
            display = importlib.import_module("IPython.display").display
            self._handle = display(data, raw=True, display_id=True)
        else:
            self._handle.update(data, raw=True)


class _Tqdm:
    """A bar of tqdm."""

    def __init__(self, make: Callable[..., Any], now: Progress) -> None:
        is_bytes = now.what == "bytes"
        unit = {"unit": "B" if is_bytes else f" {now.what}", "unit_scale": is_bytes}
        self._bar = make(desc=printable(now.name), total=now.total, leave=False, dynamic_ncols=True, **unit)
        # it began before it is shown
        self._bar.start_t -= now.elapsed

    def show(self, now: Progress) -> None:
        # a file comes anew, or its size is known only now
        if now.total != self._bar.total or now.done < self._bar.n:
            self._bar.reset(now.total)
        if now.received:
            self._bar.set_postfix_str(f"{now.received / 1e6:,.1f} MB", refresh=False)
        self._bar.update(now.done - self._bar.n)
        self._bar.refresh()

    def close(self) -> None:
        self._bar.close()


class _Line:
    """A line on the error stream."""

    def __init__(self) -> None:
        self._width = 0

    def show(self, now: Progress) -> None:
        self._write(f"{printable(now.name)}: {now.amount}")

    def close(self) -> None:
        self._write("")
        self._write("")

    def _write(self, text: str) -> None:
        # nothing is left of a longer one before it
        sys.stderr.write(f"\r{text:{self._width}}")
        sys.stderr.flush()
        self._width = len(text)
