"""What cannot be read, written or compared."""

from __future__ import annotations

from ..errors import EESError


class SEN2Error(EESError, ValueError):
    """A return that cannot be read, written, upgraded or compared; values of persons never stand in its text.

    Attributes:
        file: Name of the file, or "".
        line: Line in the file, counted from 1, or None.
    """

    def __init__(self, message: str, *, file: str = "", line: int | None = None) -> None:
        where = ", ".join([*filter(None, [file]), *([f"line {line}"] if line is not None else [])])
        super().__init__(f"{where}: {message}" if where else message)
        self.file = file
        self.line = line
