"""Public ids of filters, filter options, indicators and locations: sqids of numbers (reference, section 16)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqids import Sqids

ALPHABET = "UjIo1rQXDHTmNsy6p4SlAtO0uqhfCiexFMVc5nG3v2Bbz8dKgWJRa79PZYwkEL"
MIN_LENGTH = 5


@cache
def _sqids() -> Sqids:
    from sqids import Sqids

    return Sqids(alphabet=ALPHABET, min_length=MIN_LENGTH)


def encode(number: int) -> str:
    """Public id of a number, such as `dP0Zw` for 1."""
    return _sqids().encode([number])


def decode(text: str) -> int | None:
    """Number of an id, canonical or not; None for a text that is no id of one number."""
    numbers = _sqids().decode(text)
    return numbers[0] if len(numbers) == 1 else None


def is_canonical(text: str) -> bool:
    """Whether the text is the very id that the service gives to its number (`UU` and `wwbxT` both decode to 60)."""
    number = decode(text)
    return number is not None and encode(number) == text
