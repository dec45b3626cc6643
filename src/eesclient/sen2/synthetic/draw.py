"""Draws that depend on a seed, a name and a record's number alone: the same on every machine, in any order.

Polars' own hashes and Python's are allowed to change with their versions, so that the arithmetic stands here. It stays
below 2**64, where no engine has to say what overflow does.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import polars as pl

from ..._classes import frozen

_PRIME = 2**31 - 1
_STEPS = ((1_103_515_245, 12_345), (2_246_822_519, 3_266_489), (3_266_489_917, 668_265))
"""Multipliers and what is added: with shifts between them, what neighbours draw has nothing to do with each other."""


@frozen
class Draw:
    """Draws for the records of a frame.

    Attributes:
        seed: What all of them begin with.
        key: Number of the record, from 0 to 2**31.
    """

    seed: int
    key: pl.Expr

    def number(self, name: str, below: int | pl.Expr) -> pl.Expr:
        """A number from 0 to `below`, without it, as Int64."""
        # CRC-32 is defined to the bit, as no hash of Python or Polars is
        salt = zlib.crc32(f"{self.seed} {name}".encode())
        # Knuth's multiplier spreads keys that follow each other over the whole range
        mixed = (self.key.cast(pl.UInt64) * 2_654_435_761 + salt) % _PRIME
        for multiplier, more in _STEPS:
            mixed = (mixed.xor(mixed // 2**15) * multiplier + more) % _PRIME
        return mixed.cast(pl.Int64) % below

    def within(self, name: str, first: int | pl.Expr, last: int | pl.Expr) -> pl.Expr:
        """A number from first to last, both included."""
        return first + self.number(name, last - first + 1)

    def pick(self, name: str, weights: Mapping[str, int]) -> pl.Expr:
        """One of the texts, each as often as its weight says."""
        texts = [text for text, weight in weights.items() for _ in range(weight)]
        return pl.lit(pl.Series(texts, dtype=pl.String)).gather(self.number(name, len(texts)))

    def chance(self, name: str, per_thousand: int) -> pl.Expr:
        """Whether it happens, so many times out of 1,000."""
        return self.number(name, 1000) < per_thousand

    def flag(self, name: str, per_thousand: int) -> pl.Expr:
        """`1` so many times out of 1,000, else `0`."""
        return flag_of(self.chance(name, per_thousand))


def flag_of(condition: pl.Expr) -> pl.Expr:
    """`1` where it holds, else `0`."""
    return pl.when(condition).then(pl.lit("1")).otherwise(pl.lit("0"))
