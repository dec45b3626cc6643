"""What cannot be read, written or compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import EESError, EESWarning

if TYPE_CHECKING:
    from .returns import Return


class SEN2Error(EESError, ValueError):
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


class PartialReturnWarning(EESWarning):
    """A return of which only a part could be read, as `strict=False` asks for."""
