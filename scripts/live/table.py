"""The list of statements, in the order in which they are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import attrs

from .asking import Asking
from .outcomes import NotAskedError, Outcome, outcome

Check: TypeAlias = Callable[[Asking], object]


@attrs.frozen(kw_only=True)
class Statement:
    """A statement of the reference.

    Attributes:
        name: What it says.
        section: Where.
        mark: How sure it is there: `framework`, `not run`, `evaluated`, or "".
        check: Asks, and raises unless the service agrees.
    """

    name: str
    section: str
    mark: str = ""
    check: Check

    def ask(self, asking: Asking) -> Outcome:
        """Ask the service."""
        return outcome(self.name, lambda: self.check(asking), section=self.section, mark=self.mark)


TABLE: list[Statement] = []


def statement(name: str, *, section: str, mark: str = "") -> Callable[[Check], Check]:
    """Put a check into the table."""

    def add(check: Check) -> Check:
        TABLE.append(Statement(name=name, section=section, mark=mark, check=check))
        return check

    return add


def not_asked(name: str, *, section: str, mark: str = "", why: str) -> None:
    """Put a statement into the table that cannot be asked politely."""

    def check(_: Asking) -> None:
        raise NotAskedError(why)

    TABLE.append(Statement(name=name, section=section, mark=mark, check=check))
