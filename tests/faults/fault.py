"""What a fault is: what it makes of right answers, and what a client must make of that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import attrs

from eesclient import EESError, EESWarning, InvalidResponseError
from tests.faults.answers import Change
from tests.faults.asking import TARGETS

Expected: TypeAlias = type[EESError] | type[EESWarning] | None
"""The class of the error that must come, or of a warning with what can be read; None where the answer must be right."""


@attrs.frozen(kw_only=True)
class Fault:
    """A fault.

    Attributes:
        name: What happens.
        change: What it makes of a right answer.
        expected: What must come.
        on: What it is aimed at.
        but: What must come otherwise, by target.
        times: How many requests meet it.
        options: Options of the client.
        lasting: Whether what came may be kept, as a data file is, and is warned of every time.
    """

    name: str
    change: Change = attrs.field(repr=False)
    expected: Expected = InvalidResponseError
    on: tuple[str, ...] = tuple(TARGETS)
    but: Mapping[str, Expected] = attrs.field(factory=dict, repr=False)
    times: int = 1000
    options: Mapping[str, Any] = attrs.field(factory=dict)
    lasting: bool = False

    def cases(self) -> Iterator[tuple[str, Expected]]:
        """Each target, and what must come."""
        for target in self.on:
            yield target, self.but.get(target, self.expected)
