"""What is installed: the release of the package, and modules that may be there or not."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType


def installed(name: str) -> ModuleType | None:
    """A module of an extra or of some systems alone; None where it is not there."""
    try:
        return import_module(name)
    except ImportError:
        return None


@cache
def release() -> str:
    """The release of the package, "unknown" where it is not installed."""
    # the folder of its metadata says it; importlib.metadata, which reads it out of there, takes 5 ms to import
    for place in sys.path:
        for folder in Path(place).glob("eesclient-*.dist-info"):
            return folder.name.removesuffix(".dist-info").partition("-")[2]
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("eesclient")
    except PackageNotFoundError:
        return "unknown"
