"""Frames that a result can have, and the digest of one in plain Python."""

from __future__ import annotations

import hashlib
import math
import struct
from decimal import Decimal
from typing import Any

import polars as pl
from hypothesis import strategies as st

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
DECIMALS = st.decimals(-1000, 1000, places=2, allow_nan=False, allow_infinity=False)
TYPES: dict[pl.DataType | type[pl.DataType], st.SearchStrategy[Any]] = {
    pl.String: TEXT,
    pl.Categorical: TEXT,
    pl.Int64: st.integers(-(2**63), 2**63 - 1),
    pl.Int32: st.integers(-(2**31), 2**31 - 1),
    pl.UInt64: st.integers(0, 2**64 - 1),
    pl.Float64: st.floats() | st.sampled_from([0.0, -0.0, math.nan, math.inf]),
    pl.Float32: st.floats(width=32),
    pl.Decimal(12, 2): DECIMALS,
}
"""Types that columns of a result can have, with `dtypes=`, and values of each."""


@st.composite
def frames(draw: Any) -> pl.DataFrame:
    """A frame of any of those types, nulls included."""
    height = draw(st.integers(0, 8))
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    columns = []
    for name in names:
        type_ = draw(st.sampled_from(list(TYPES)))
        values = draw(st.lists(st.none() | TYPES[type_], min_size=height, max_size=height))
        columns.append(pl.Series(name, values, dtype=type_))
    return pl.DataFrame(columns)


def plain_digest(frame: pl.DataFrame) -> str:
    """The digest of a frame, row by row."""
    digest = hashlib.sha256(b"ees1 %d %d\n" % frame.shape)
    for name, type_ in frame.schema.items():
        kind = "i64" if type_.is_integer() else "f64" if type_.is_float() else "str"
        digest.update(name.encode() + b"\0" + kind.encode() + b"\0")
        for value in frame[name].to_list():
            digest.update(_plain(value))
    return f"ees1:{digest.hexdigest()}"


def _plain(value: str | int | float | Decimal | None) -> bytes:
    if value is None:
        return b"n"
    if isinstance(value, float):
        bits = "7ff8000000000000" if math.isnan(value) else struct.pack(">d", value or 0.0).hex()
        return f"16:{bits}".encode()
    text = str(value).encode()
    return b"%d:%s" % (len(text), text)
