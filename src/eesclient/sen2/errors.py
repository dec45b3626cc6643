"""What cannot be read, written or compared."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..errors import EESError, EESWarning

if TYPE_CHECKING:
    from .returns import Return


class SEN2Error(EESError, ValueError, code="EES-E38"):
    """A return that cannot be read, written, upgraded or compared; values of persons never stand in its text.

    Attributes:
        file: Name of the file, or "".
        line: Line in the file, counted from 1, or None.
        partial: What was read before a file broke off or was damaged: its persons that were complete; or None.
    """

    def __init__(self, message: str, *, file: str = "", line: int | None = None, partial: Return | None = None) -> None:
        where = ", ".join([*filter(None, [file]), *([f"line {line}"] if line is not None else [])])
        super().__init__(f"{where}: {message}" if where else message)
        self.file = file
        self.line = line
        self.partial = partial


_SHOWN = 5
"""Keys or lines that an error names at most."""


def shown(numbers: Iterable[int]) -> str:
    """Keys or lines in a few words: the first ones, each once, and how many more there are."""
    # a record may be at fault twice, and stands once
    found = list(dict.fromkeys(numbers))
    return ", ".join(map(str, found[:_SHOWN])) + (f" and {len(found) - _SHOWN:,} more" if len(found) > _SHOWN else "")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of an error about a name that is none: the names that are near, or "" if there are none."""
    near = difflib.get_close_matches(name, sorted(set(known)), n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(near)}?" if near else ""


def require_authority(code: object) -> None:
    """Refuse what cannot be the code of an authority."""
    if not (isinstance(code, str) and len(code) == 3 and code.isascii() and code.isdigit()):
        raise SEN2Error(f"authority={code!r}: write the three digits of an authority as text, such as '999'")


class PartialReturnWarning(EESWarning, code="EES-W16"):
    """A return of which only a part could be read, as `strict=False` asks for."""
