r"""Cells of indicators: text to number and status.

A cell is a number when it matches `-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?`. Any other text is a status and stays as it
is. So does a number that the column's type cannot hold exactly (a whole number past 64 bits, a fraction where
`dtypes=` asks for whole numbers) or at all (`1e999`): nothing is lost, and a null number has its text beside it.
So does a number that is padded, written with white space around it, a plus sign, or no digit on one side of its point:
the service serves cells as the file has them. Such cells are counted, and `numbers="trimmed"` reads them.
A cell that the service leaves out is null in both; a cell `""` is null with the status `""`.
"""

from __future__ import annotations

from typing import TypeAlias

import polars as pl

from .._classes import frozen
from ..models.enums import IndicatorUnit
from ..models.meta import Indicator
from ..query.question import Query

NUMBER = r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
_PADDED = r"^[\s\p{Cf}]*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[\s\p{Cf}]*$"
_PARTS = r"^(?<sign>-?)(?<whole>[0-9]+)(?:\.(?<fraction>[0-9]+))?(?:[eE](?<exponent>[+-]?[0-9]+))?$"
_DIGITS = 19

Padded: TypeAlias = tuple[int, str]
"""How many cells are padded numbers that were not read, and one of them."""


@frozen(kw_only=True, eq=False)
class Cells:
    """An indicator's column, read.

    Attributes:
        number: The values in the type of the column; text for a text column.
        status: Texts that are not values, as `pl.Categorical`; null beside a value.
        fractions: How many cells are fractions though the column was to hold whole numbers.
        padded: Padded numbers among the statuses.
    """

    number: pl.Series
    status: pl.Series
    fractions: int = 0
    padded: Padded = (0, "")


def read_values(text: pl.Series, indicator: Indicator, query: Query) -> Cells:
    """Read an indicator's cells as metadata, `values=`, `numbers=` and `dtypes=` say."""
    dtype = query.dtypes.get(indicator.column)
    fractions, padded = 0, (0, "")
    written = trimmed(text) if query.numbers == "trimmed" else text
    if query.values == "text" or (dtype is None and indicator.unit is IndicatorUnit.STRING) or dtype == pl.String:
        number = text
    elif dtype is None:
        number, fractions = natural_numbers(written, whole=indicator.decimal_places == 0)
    elif dtype.is_integer():
        number, fractions = _integers(written)
    elif dtype.is_decimal():
        # Polars reads more as decimals than is a number here
        number = written.set(~written.str.contains(NUMBER), None)
    else:
        number = _floats(written)
    if dtype is not None and query.values != "text":
        number = number.cast(dtype, strict=False)
    if number.null_count() == text.null_count():
        status = pl.Series(text.name, [None], dtype=pl.Categorical).new_from_index(0, text.len())
    else:
        status = text.set(number.is_not_null(), None).cast(pl.Categorical)
        if query.numbers == "plain":
            padded = padded_among(status)
    return Cells(number=number, status=status, fractions=fractions, padded=padded)


def trimmed(text: pl.Series) -> pl.Series:
    """Cells with padded numbers written plainly, and all others as they are."""
    # most cells are numbers as they stand, and of symbols there are few
    places = (~text.str.contains(NUMBER) & text.str.contains("[0-9]")).arg_true()
    bare = text.gather(places).str.extract(_PADDED).str.strip_prefix("+")
    plain = bare.str.replace(r"^(-?)\.", "${1}0.").str.replace(r"\.([eE]|$)", "${1}")
    # scatter changes what it is called on
    return text.clone().scatter(places.filter(plain.is_not_null()), plain.drop_nulls())


def padded_among(status: pl.Series) -> Padded:
    """The padded numbers among statuses; of all, the first by code point is the example."""
    # symbols stand in many cells, and each is looked at once
    counts = status.rename("text").value_counts(name="count")
    text = counts["text"].cast(pl.String)
    found = counts.filter(text.str.contains(_PADDED) & ~text.str.contains(NUMBER))
    return (int(found["count"].sum()), str(found["text"].cast(pl.String).min())) if found.height else (0, "")


def natural_numbers(text: pl.Series, *, whole: bool) -> tuple[pl.Series, int]:
    """Values of cells, null where a cell is not a number; and the number of fractions where `whole` ones were said.

    They are Int64 where whole numbers were said and are all there is, else Float64 rounded as Python's `float` rounds.
    """
    if not whole:
        return _floats(text), 0
    values, fractions = _integers(text)
    return (_floats(text) if fractions else values), fractions


def _floats(text: pl.Series) -> pl.Series:
    values = text.cast(pl.Float64, strict=False)
    # Polars also reads "inf", "nan", "+1", "1." and ".5"
    return values.set(~(text.str.contains(NUMBER) & values.is_finite()), None)


def _integers(text: pl.Series) -> tuple[pl.Series, int]:
    values = text.cast(pl.Int64, strict=False)
    # Polars also reads "+1", and nothing else that is not a whole number
    plain = values.is_not_null() & ~text.str.starts_with("+")
    if plain.all():
        return values, 0
    values = values.set(~plain, None)
    odd = (~plain & text.str.contains(NUMBER)).fill_null(False)
    places = odd.arg_true()
    if places.is_empty():
        return values, 0
    exact, fractions = _exact_integers(text.gather(places))
    return values.scatter(places, exact), fractions


def _exact_integers(text: pl.Series) -> tuple[pl.Series, int]:
    """Whole numbers from numbers in any writing, by moving the decimal point in the text."""
    parts = text.str.extract_groups(_PARTS).struct.unnest()
    digits = pl.concat_str(pl.col("whole"), pl.col("fraction").fill_null("")).str.strip_chars_start("0")
    frame = parts.select(
        "sign",
        digits=digits.str.strip_chars_end("0"),
        # the exponent of the last digit that is not 0; a null is past 64 bits
        shift=pl.when(pl.col("exponent").is_null())
        .then(0)
        .otherwise(pl.col("exponent").str.strip_prefix("+").cast(pl.Int64, strict=False))
        - pl.col("fraction").str.len_bytes().fill_null(0).cast(pl.Int64)
        + digits.str.len_bytes().cast(pl.Int64)
        - digits.str.strip_chars_end("0").str.len_bytes().cast(pl.Int64),
        negative=pl.col("exponent").str.starts_with("-").fill_null(False),
    )
    zero = pl.col("digits") == ""
    shift = pl.col("shift")
    length = pl.col("digits").str.len_bytes().cast(pl.Int64)
    fits = shift.is_between(0, _DIGITS) & (length + shift <= _DIGITS)
    padded = pl.col("digits").str.pad_end(pl.when(fits).then(length + shift).otherwise(0), "0")
    written = pl.when(zero).then(pl.lit("0")).when(fits).then(pl.concat_str("sign", padded))
    done = frame.select(
        value=written.cast(pl.Int64, strict=False), fraction=~zero & (shift < 0).fill_null(pl.col("negative"))
    )
    return done["value"], int(done["fraction"].sum())
