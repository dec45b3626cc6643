"""What is told of work that takes long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from .._classes import frozen

Counted: TypeAlias = Literal["pages", "bytes", "data sets", "publications", "requests"]
"""What is counted."""


@frozen(kw_only=True)
class Progress:
    """How far a call has come: what a function is told that is given as `progress=`.

    Attributes:
        what: What is counted: `"pages"` of an answer, `"bytes"` of a data file as they travel, `"data sets"` of a lock,
            a mirror or a lake, `"publications"` in which a title is looked up, or `"requests"` that count rows.
        name: What it is about: the title of a data set and its version, or the name of a lock file, say.
        done: How many are there; of bytes fewer than before when a file comes anew.
        total: How many there will be; None where that is not known.
        received: Bytes of data files that came while data sets were counted; else 0.
        elapsed: Seconds since the call began.
        is_over: True of the last one, which repeats what was told before: the call ended, well or with an error.
    """

    what: Counted
    name: str
    done: int = 0
    total: int | None = None
    received: int = 0
    elapsed: float = 0.0
    is_over: bool = False

    @property
    def amount(self) -> str:
        """How much is done, such as `"3 of 20 pages"` or `"12.0 of 40.1 MB"`."""
        known = [self.done] if self.total is None else [self.done, self.total]
        is_bytes = self.what == "bytes"
        numbers = " of ".join(f"{number / 1e6:,.1f}" if is_bytes else f"{number:,}" for number in known)
        more = f", {self.received / 1e6:,.1f} MB" if self.received else ""
        return f"{numbers} {'MB' if is_bytes else self.what}{more}"


ProgressLike: TypeAlias = bool | Callable[[Progress], object] | None
"""Whether bars are shown, None for in notebooks; or what is told instead."""
