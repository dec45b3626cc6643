"""The public surface changes on purpose only."""

from __future__ import annotations

from difflib import unified_diff

import pytest

from tests.surface.surface import SNAPSHOT, surface


def test_surface_is_the_snapshot() -> None:
    """Names, signatures, bases, command line and exit codes are those of the committed text."""
    before, now = SNAPSHOT.read_text(encoding="utf-8").splitlines(), surface().splitlines()
    difference = "\n".join(unified_diff(before, now, "surface.txt", "the package", n=0, lineterm=""))
    if difference:
        pytest.fail(
            f"the public surface is another:\n{difference}\n"
            "if that is on purpose: python -m tests.surface.surface --write",
            pytrace=False,
        )
