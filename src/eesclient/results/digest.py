"""The digest of a frame: the same on every machine, for the same columns, values and order of rows."""

from __future__ import annotations

import hashlib
import struct
from typing import Literal, TypeAlias

import polars as pl

from ..errors import ReceiptError

Kind: TypeAlias = Literal["str", "i64", "f64"]

_ROWS = 2**16
"""Rows that are turned into text at a time."""

_ZERO = "0" * 16
_NAN = "7ff8000000000000"


def digest_of(frame: pl.DataFrame) -> str:
    """Digest of a frame: `ees1:` and a SHA-256 in hexadecimal digits.

    It is taken of the line `ees1 <rows> <columns>`, then of each column in order: its name, NUL, its kind (`str`,
    `i64` or `f64`), NUL, and its values, each as `<bytes>:<text>`, or `n` for null. All text is UTF-8. Categories
    and decimals count as their text, whole numbers in decimal, floats by the 16 hexadecimal digits of their 64 bits,
    with -0.0 as 0 and every NaN as `7ff8000000000000`.

    Args:
        frame: Rows; of text, categories, numbers and nulls.

    Raises:
        ReceiptError: A column is of another type, or has NUL in its name.
    """
    digest = hashlib.sha256(f"ees1 {frame.height} {frame.width}\n".encode())
    for series in frame.iter_columns():
        kind = _kind(series)
        digest.update(f"{series.name}\0{kind}\0".encode())
        for start in range(0, frame.height, _ROWS):
            digest.update(_values(series.slice(start, _ROWS), kind))
    return f"ees1:{digest.hexdigest()}"


def _kind(series: pl.Series) -> Kind:
    type_ = series.dtype
    if "\0" in series.name:
        raise ReceiptError(f"the column {series.name!r} has NUL in its name, and so the frame has no digest: rename it")
    if type_.is_integer():
        return "i64"
    if type_.is_float():
        return "f64"
    if type_.is_decimal() or type_ in (pl.String, pl.Categorical, pl.Enum):
        return "str"
    raise ReceiptError(
        f"the column {series.name!r} is {type_}, and only text, categories and numbers have a digest: cast it, or "
        "leave its type to the metadata"
    )


def _values(series: pl.Series, kind: Kind) -> bytes:
    text = _bits(series.cast(pl.Float64)) if kind == "f64" else series.cast(pl.String)
    tokens = pl.concat_str(text.str.len_bytes().cast(pl.String), pl.lit(":"), text).fill_null("n")
    joined: str = pl.select(tokens.str.join("")).item()
    return joined.encode()


def _bits(series: pl.Series) -> pl.Series:
    bits = struct.pack(f">{series.len()}d", *series.fill_null(0.0).to_list())
    digits = pl.Series([bits.hex("\n", 8)]).str.split("\n").explode()
    return digits.set(series == 0, _ZERO).set(series.is_nan(), _NAN).set(series.is_null(), None)
