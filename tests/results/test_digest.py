"""Digests of frames."""

from __future__ import annotations

import math
import struct
import warnings
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import eesclient as ees
from eesclient import digest_of
from tests.doors.results import digest

from .receipts import frames, plain_digest

LITERAL: list[tuple[pl.DataFrame, str]] = [
    (
        pl.DataFrame({"a": []}, schema={"a": pl.String}),
        "ees1:fc919567433c5fd69a730f4bafd7cf0564f056503968c86677d7b32b7771e096",
    ),
    (
        pl.DataFrame(
            {
                "sex": pl.Series(["girls", None, ""], dtype=pl.Categorical),
                "pupils": pl.Series([12, None, -3], dtype=pl.Int64),
                "share": pl.Series([1.5, -0.0, None], dtype=pl.Float64),
                "share_status": pl.Series([None, None, "z"], dtype=pl.Categorical),
            }
        ),
        "ees1:fd3b83639a6106a96f891739d939f4295ad370588920ad3b0b6a64193e1626e2",
    ),
    (
        pl.DataFrame({"école": ["é", "\n:n"], "£": [math.nan, -math.inf]}),
        "ees1:a1f562057a61c8d7d1d1d15b1715ca0ebc25196b65460a3cdca21bf92116c3ed",
    ),
]


@pytest.mark.parametrize(("frame", "expected"), LITERAL)
def test_literal_digests(frame: pl.DataFrame, expected: str) -> None:
    """Three digests that must never change."""
    assert expected == digest_of(frame)
    assert expected == plain_digest(frame)


@pytest.mark.property
@given(frames())
def test_as_in_plain_python(frame: pl.DataFrame) -> None:
    """The digest is the documented one, whatever the columns hold."""
    assert plain_digest(frame) == digest_of(frame)


@given(frames())
def test_pieces(frame: pl.DataFrame) -> None:
    """It does not depend on how many rows are turned into text at a time, nor on the chunks of the frame."""
    expected = digest_of(frame)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(digest, "_ROWS", 3)
        assert expected == digest_of(frame)
    pieces = [frame.slice(start, 2) for start in range(0, frame.height, 2)]
    assert expected == digest_of(pl.concat(pieces, rechunk=False) if pieces else frame)


OFTEN: list[pl.Series] = [
    pl.Series([-128, 127, None], dtype=pl.Int8),
    pl.Series([2**64 - 1, 2**64 - 3], dtype=pl.UInt64),
    pl.Series([2**63 - 1, 2**63 - 1], dtype=pl.Int64),
    pl.Series([-(2**63), 2**63 - 1], dtype=pl.Int64),
    pl.Series([-(2**63), 3 - 2**63], dtype=pl.Int64),
    pl.Series([2**100, None], dtype=pl.Int128),
    pl.Series([70_000, 0]),
    pl.Series([12.5, 0.1, -0.0, None, 99.9]),
    pl.Series([-3.125, 2.0, 1 / 3]),
    pl.Series([1e9, 65_536.0, 1e-9]),
    pl.Series([math.nan, 1.0, None]),
    pl.Series([math.inf, -math.inf]),
    pl.Series([0.1, None], dtype=pl.Float32),
    pl.Series(["z", None, "", "a:b", 'a"b', "a\nb,", "é"]),
    pl.Series(["z", None, "", "a:b", 'a"b', "a\nb,", "é"], dtype=pl.Categorical),
    pl.Series(["b", None, "b"], dtype=pl.Enum(["never", "b", ""])),
    pl.Series([None], dtype=pl.Categorical),
    pl.Series([None], dtype=pl.Int64),
    pl.Series([None], dtype=pl.Float64),
]
"""Values that stand in many rows."""


@pytest.mark.parametrize("values", OFTEN, ids=lambda values: f"{values.dtype} {values[0]}")
def test_what_stands_in_many_rows(values: pl.Series) -> None:
    """Values that are written once for many rows count as each of them, next to each other or among rare ones."""
    frame = values.alias("a").to_frame()
    often = pl.concat([frame] * 1100)
    assert plain_digest(often) == digest_of(often)
    assert plain_digest(often[1:]) == digest_of(often[1:])


@given(st.lists(st.none() | st.decimals(-400, 400, places=4), min_size=1, max_size=4), st.integers(0, 5))
def test_decimals_in_many_rows(values: list[Decimal | None], places: int) -> None:
    """Fractions with few decimals, each written once for many rows, have the digest of their bits."""
    floats = [None if value is None else float(round(value, places)) for value in values] * 2000
    frame = pl.DataFrame({"a": pl.Series(floats, dtype=pl.Float64)})
    assert plain_digest(frame) == digest_of(frame)


def test_zeros_and_nans_are_one() -> None:
    """-0.0 counts as 0, and all NaN are one."""
    odd = struct.unpack(">d", bytes.fromhex("fff8000000000001"))[0]
    assert digest_of(pl.DataFrame({"a": [0.0, math.nan]})) == digest_of(pl.DataFrame({"a": [-0.0, odd]}))


def test_named_categories() -> None:
    """Categories count as their text, those that have a name of their own too."""
    texts = pl.DataFrame({"a": ["x", None, "y"]})
    types = (pl.Categorical, pl.Categorical(pl.Categories("ours")), pl.Enum(["x", "y"]))
    assert {digest_of(texts)} == {digest_of(texts.cast(type_)) for type_ in types}


def test_types_that_count_as_one() -> None:
    """Whole numbers of any width are alike, so are floats of any width, and text and its categories."""
    numbers = pl.DataFrame({"a": [1, None, 3]})
    assert 1 == len({digest_of(numbers.cast(type_)) for type_ in (pl.Int64, pl.Int8, pl.UInt64)})
    assert 1 == len({digest_of(numbers.cast(type_)) for type_ in (pl.Float64, pl.Float32)})
    assert 1 == len({digest_of(numbers.cast(pl.String).cast(type_)) for type_ in (pl.String, pl.Categorical)})


@pytest.mark.parametrize(
    "other",
    [
        pl.DataFrame({"a": ["x", "y"], "b": [2, 1]}),
        pl.DataFrame({"a": ["y", "x"], "b": [1, 2]}),
        pl.DataFrame({"b": [1, 2], "a": ["x", "y"]}),
        pl.DataFrame({"a": ["x", "y"], "c": [1, 2]}),
        pl.DataFrame({"a": ["x", "y"], "b": [1.0, 2.0]}),
        pl.DataFrame({"a": ["x", "y"], "b": ["1", "2"]}),
        pl.DataFrame({"a": ["x", None], "b": [1, 2]}),
        pl.DataFrame({"a": ["x", ""], "b": [1, 2]}),
        pl.DataFrame({"a": ["x", "n"], "b": [1, 2]}),
        pl.DataFrame({"a": ["x"], "b": [1]}),
        pl.DataFrame({"a": ["x", "y"]}),
    ],
)
def test_what_differs_has_another_digest(other: pl.DataFrame) -> None:
    """Values, their order, types, names and the order of columns all count."""
    assert digest_of(pl.DataFrame({"a": ["x", "y"], "b": [1, 2]})) != digest_of(other)


@pytest.mark.parametrize("column", [pl.Series("a", [True]), pl.Series("a", [[1]]), pl.Series("a\0b", [1])])
def test_no_digest(column: pl.Series) -> None:
    """Other types, and NUL in a name, are refused."""
    with pytest.raises(ees.ReceiptError, match="the column 'a") as caught:
        digest_of(pl.DataFrame([column]))
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("id_", [ees.local.SEN_ID, ees.local.KS4_ID])
def test_routes_and_pages(id_: str) -> None:
    """A question has one digest by each route and page size, and in words it has another."""
    with ees.Client(service=ees.local.demo()) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore", ees.EESWarning)
        data_set = client.open(id_)
        found = [data_set.query(), data_set.query(route="csv"), data_set.read(), data_set.query(page_size=97)]
        assert 1 == len({result.digest for result in found})
        assert found[0].digest == plain_digest(found[0].frame)
        assert found[0].digest != data_set.query(names="label").digest


@pytest.mark.parametrize("given", [pl.LazyFrame({"a": ["1"]}), None, [1]])
def test_of_frames_alone(given: Any) -> None:
    """What is no frame in memory is refused, with what has a digest."""
    with pytest.raises(ees.ArgumentTypeError, match=rf"not a {type(given).__name__}: give result\.frame, collect\(\)"):
        digest_of(given)


def test_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A result computes its digest once."""
    with ees.Client(service=ees.local.demo()) as client:
        result = client.open(ees.local.SEN_ID).query(limit=1)
    expected = result.digest
    monkeypatch.delattr(digest, "digest_of")
    assert expected == result.digest
