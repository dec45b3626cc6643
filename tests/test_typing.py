"""The file that only type checkers read misses no public name."""

from __future__ import annotations

import re
from pathlib import Path

import eesclient


def test_every_public_name_is_used() -> None:
    """Each name of the package stands in the typing tests, and they use no other."""
    text = (Path(__file__).parent / "typing" / "public.py").read_text(encoding="utf-8")
    used = set(re.findall(r"\bees\.([A-Za-z]\w*)", text))
    assert used == set(eesclient.__all__)
