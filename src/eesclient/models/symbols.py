"""Symbols that stand where a figure is missing, in the words of the Department's open data standards."""

from __future__ import annotations

_MEANINGS = {
    "z": "not applicable: there can be no such figure",
    "x": "not available, for other reasons",
    "c": "confidential: the figure is suppressed",
    "low": "rounds to 0, but is not 0",
    "k": "low: rounds to 0, but is not 0",
    "u": "of low reliability",
    "w": "none was found in the survey",
    ":": "not available (an older symbol for x)",
    "~": "rounds to 0, but is not 0 (an older symbol for low)",
}


def meaning(symbol: str) -> str:
    """What a symbol usually means, also where it stands in brackets; "" where that is not settled.

    A data set's footnotes may say otherwise, and go before.
    """
    return _MEANINGS.get(symbol.strip().removeprefix("[").removesuffix("]").lower(), "")
