"""Streams that a person or a program reads: all is printable, tables are drawn, and what takes long says so."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TextIO, TypeAlias

from ..errors import printable
from ..models.progress import Progress, ProgressLike
from ..settings import BARS, flag
from ..transport.progress import DELAY

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.progress import Progress as Bar

Cell: TypeAlias = str | int | float | None
"""What stands in a table; numbers stand on the right, None is nothing."""

_NARROWEST, _WIDEST_WORD = 12, 20
"""Signs that a column has at least, or all of its own if they are fewer; and at most, for the longest of its words."""

_COPIED = "id"
"""A column whose cells stay in one line, as they are copied."""


class Terminal:
    """A text stream to which all is written printable, also signs that its encoding does not have."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.drawing: _Drawing = _Drawing(self)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def flush(self) -> None:
        """Send on what was written."""
        self._stream.flush()

    def write(self, text: str) -> int:
        """Write a text."""
        err = sys.stderr
        with err.drawing.aside() if isinstance(err, Terminal) else nullcontext():
            self._stream.write(self.fitted(text))
        return len(text)

    def write_exactly(self, text: str) -> None:
        """Write a text for a program, in UTF-8 whatever the system's encoding; what a person reads stays printable."""
        buffer = getattr(self._stream, "buffer", None)
        if buffer is None or self._stream.isatty():
            self.write(text)
            return
        self._stream.flush()
        buffer.write(text.encode())

    def fitted(self, text: str) -> str:
        """The text as it can be shown here."""
        encoding = self._stream.encoding or "utf-8"
        return printable(text).encode(encoding, "backslashreplace").decode(encoding)

    def console(self) -> Console:
        """What draws here. It sends signs that a terminal obeys, so texts have to be `fitted` before."""
        from rich.console import Console

        return Console(file=self._stream, markup=False, emoji=False, highlight=False)


def is_drawn(out: TextIO) -> bool:
    """True if a stream is a terminal, on which tables are drawn."""
    return isinstance(out, Terminal) and out.isatty()


def write_table(out: TextIO, header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Write a table: drawn on a terminal, plain for a program."""
    texts = [[_text(cell) for cell in row] for row in rows]
    is_number = [any(isinstance(cell, int | float) for cell in column) for column in zip(*rows, strict=True)] or [
        False
    ] * len(header)
    if isinstance(out, Terminal) and out.isatty():
        _draw(out, header, texts, is_number)
    else:
        out.write(table(header, texts, right=is_number))


def _text(cell: Cell) -> str:
    return "" if cell is None else cell if isinstance(cell, str) else f"{cell:,}"


def _draw(out: Terminal, header: Sequence[str], texts: Sequence[Sequence[str]], is_number: Sequence[bool]) -> None:
    from rich import box
    from rich.table import Table

    console = out.console()
    widths = [_narrowest(name, cells) for name, *cells in zip(header, *texts, strict=True)]
    shown = _fitting(widths, console.width)
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for name, right, width in [*zip(header, is_number, widths, strict=True)][:shown]:
        drawn.add_column(
            out.fitted(name),
            justify="right" if right else "left",
            overflow="fold",
            no_wrap=name == _COPIED and width <= console.width,
            min_width=min(width, console.width),
        )
    for row in texts:
        drawn.add_row(*(out.fitted(cell) for cell in row[:shown]))
    console.print(drawn)
    if left := header[shown:]:
        out.write(f"Too wide for this terminal: {', '.join(left)}; --csv and --json have all columns\n")


def _narrowest(name: str, cells: Sequence[str]) -> int:
    """The width below which a column cannot be read: that of its words, within bounds, or of all of what is copied."""
    widest = max(map(len, [name, *cells]))
    word = max(len(word) for text in [name, *cells] for word in text.split() or [""])
    return widest if name == _COPIED else min(widest, max(_NARROWEST, min(word, _WIDEST_WORD)))


def _fitting(widths: Sequence[int], width: int) -> int:
    """How many columns can be read side by side, at least one."""
    room, shown = width, 0
    for one in widths:
        room -= one + 3  # a gap, as it is drawn
        if room < 0 and shown:
            break
        shown += 1
    return shown


def table(header: Sequence[str], rows: Sequence[Sequence[str | int]], *, right: Sequence[bool] | None = None) -> str:
    """A plain table; numbers stand on the right, or what is said to."""
    texts = [[f"{cell:,}" if isinstance(cell, int) else cell for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(header, *texts, strict=True)]
    if right is None:
        right = [isinstance(cell, int) for cell in (rows[0] if rows else header)]
    justify = [str.rjust if is_right else str.ljust for is_right in right]
    lines = [
        [put(cell, width) for put, cell, width in zip(justify, row, widths, strict=True)] for row in (header, *texts)
    ]
    return "".join("  ".join(line).rstrip() + "\n" for line in lines)


# What takes long


class _Drawing:
    """What the error stream of a terminal shows of work: words, and a bar in their place where something is counted."""

    def __init__(self, err: Terminal) -> None:
        self._err = err
        self._waiting: Live | None = None
        self._bar: Bar | None = None
        self._is_aside = False

    @property
    def _shown(self) -> Live | Bar | None:
        return self._bar or self._waiting

    @contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """Say what is waited for."""
        from rich.live import Live
        from rich.spinner import Spinner
        from rich.text import Text

        spinner = Spinner("dots", Text(self._err.fitted(text)), style="status.spinner")
        self._waiting = Live(spinner, refresh_per_second=12.5, **self._how())
        try:
            with self._waiting:
                yield
        finally:
            self._waiting = None

    def __call__(self, now: Progress) -> None:
        if now.is_over:
            self._end()
        elif now.elapsed >= DELAY:
            if self._bar is None:
                self._bar = self._begin()
            name, [task] = self._err.fitted(now.name), self._bar.task_ids
            self._bar.update(task, name=name, completed=now.done, total=now.total, amount=now.amount)
            # once it says something
            self._bar.start()

    def _begin(self) -> Bar:
        from rich.progress import BarColumn, Progress, TextColumn

        words = [TextColumn(f"{{task.fields[{name}]}}", markup=False) for name in ("name", "amount")]
        bar = Progress(words[0], BarColumn(), words[1], **self._how())
        bar.add_task("")
        if self._waiting is not None:
            self._waiting.stop()
        return bar

    def _how(self) -> dict[str, Any]:
        # lines that are written meanwhile come through `aside`
        alone = {"redirect_stdout": False, "redirect_stderr": False}
        return {"console": self._err.console(), "transient": True, **alone}

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
            if self._waiting is not None:
                self._waiting.start()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Have it out of the way of what is written."""
        shown = self._shown
        if shown is None or self._is_aside:
            yield
            return
        self._is_aside = True
        shown.stop()
        try:
            yield
        finally:
            self._is_aside = False
            shown.start()


def _drawing() -> _Drawing | None:
    """What shows work on the error stream; None where that is no terminal, or EES_PROGRESS says so."""
    err = sys.stderr
    return err.drawing if isinstance(err, Terminal) and err.isatty() and flag(*BARS) is not False else None


def bars() -> ProgressLike:
    """What a client is to tell while it takes long."""
    return _drawing() or False


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """Say on a terminal's error stream what is being waited for, while it is."""
    drawing = _drawing()
    with nullcontext() if drawing is None else drawing.waiting(text):
        yield


def can_answer() -> bool:
    """True if a person at a terminal can answer; a stream that was closed before the command began is None."""
    return sys.stdin is not None and sys.stdin.isatty()


def is_yes(out: TextIO, question: str) -> bool:
    """Ask a question on the terminal, to which only y or yes agree."""
    drawing = _drawing()
    # with nothing drawn over the question
    with nullcontext() if drawing is None else drawing.aside():
        out.write(f"{question} [y/N] ")
        out.flush()
        return sys.stdin.readline().strip().lower() in ("y", "yes")
