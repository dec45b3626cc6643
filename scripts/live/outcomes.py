"""What a check found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import attrs

Result: TypeAlias = Literal["agrees", "differs", "observed", "not asked"]


@attrs.frozen(kw_only=True)
class Outcome:
    """What a check found.

    Attributes:
        name: What is claimed, or was done.
        section: Section of the reference that claims it; "" for what no section does.
        mark: How sure the reference is: `framework`, `not run`, `evaluated`, or "".
        result: Whether the service agrees.
        note: What was seen, or why it was not asked.
    """

    name: str
    section: str = ""
    mark: str = ""
    result: Result
    note: str = ""


class DiffersError(Exception):
    """The service does something else; the text says what."""


class ObservedError(Exception):
    """The reference claims nothing here; the text says what was seen."""


class NotAskedError(Exception):
    """The question was not sent; the text says why."""


def expect(expected: object, actual: object, what: str) -> None:
    """Check what came.

    Raises:
        DiffersError: It is something else.
    """
    if expected != actual:
        raise DiffersError(f"{what}: expected {expected!r}, got {actual!r}"[:500])


def outcome(name: str, check: Callable[[], object], *, section: str = "", mark: str = "") -> Outcome:
    """Do a check; whatever it raises becomes its outcome, so that the other checks follow.

    Args:
        name: What is claimed, or done.
        check: Returns a note (or nothing) when the service agrees.
        section: Section of the reference.
        mark: How sure the reference is.
    """
    result: Result = "agrees"
    try:
        note = str(check() or "")
    except NotAskedError as reason:
        result, note = "not asked", str(reason)
    except ObservedError as seen:
        result, note = "observed", str(seen)
    except DiffersError as difference:
        result, note = "differs", str(difference)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is a finding about this check alone
        result, note = "differs", f"{type(error).__name__}: {error}"
    return Outcome(name=name, section=section, mark=mark, result=result, note=note)
