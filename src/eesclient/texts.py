"""Texts that are fit for a terminal, and warnings that point at the user's own line."""

from __future__ import annotations

import re
import sys
import warnings
from pathlib import PurePath
from typing import Any, AnyStr, ClassVar, cast

_PACKAGE = str(PurePath(__file__).parent)


class _Pattern:
    def __init__(self, *arguments: Any) -> None:
        self._arguments = arguments

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(*self._arguments), name)
        # from now on it is found without this
        setattr(self, name, found)
        return found


def pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As `re.compile`, but compiled when it is first used: most scripts use few, and each takes 0.1 ms or more."""
    return cast("re.Pattern[AnyStr]", _Pattern(text, flags))


_OBEYED = pattern("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters but tabs and line ends, signs that turn the direction of writing, and halves of characters."""


class Coded:
    """An error or warning that has a code of its own.

    Attributes:
        code: Which one it is, for ever, such as `EES-E10`: `ees doctor CODE` and docs/errors.md say what causes it, and
            what to do. Classes that users derive have that of ours.
    """

    code: ClassVar[str] = ""
    _mark: ClassVar[str] = ""

    def __init_subclass__(cls, *, code: str = "") -> None:
        super().__init_subclass__()
        cls.code = code or cls.code
        # what all of them are says nothing that the message does not
        cls._mark = "" if Coded in cls.__bases__ else f" [{cls.code}]"


def printable(text: str) -> str:
    r"""A text whose control characters are written as `\u001b`, as JSON and Python read them."""
    return _OBEYED.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)


def warn(message: str, category: type[Warning]) -> None:
    """Issue a warning whose place is the nearest caller outside this package."""
    # how many of our calls stand between the user's line and this one differs from warning to warning
    level = 2
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
        level += 1
    # a warning has no notes as an error has: its code stands in its text
    text = message + (category._mark if issubclass(category, Coded) else "")
    warnings.warn(printable(text), category, stacklevel=level)
