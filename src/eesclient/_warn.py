"""Warnings that point at the user's line."""

from __future__ import annotations

import sys
import warnings
from pathlib import PurePath

_PACKAGE = str(PurePath(__file__).parent)


def warn(message: str, category: type[Warning]) -> None:
    """Issue a warning whose place is the nearest caller outside this package."""
    level = 2
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
        level += 1
    warnings.warn(message, category, stacklevel=level)
