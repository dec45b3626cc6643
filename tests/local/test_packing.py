"""What is kept packed is what was given."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from eesclient.local import ingest as packing
from eesclient.local.ingest import ROW, Content, Rows
from tests.local.support import packed

FRAME = pl.DataFrame(
    {"period": [3, 1, 2, 1], "filter:a": [0, 2, 1, 1], "indicator:i": ["10", "", "z", 'say "é"']},
    schema={"period": pl.UInt32, "filter:a": pl.UInt32, "indicator:i": pl.String},
)


@pytest.mark.parametrize("keep", [Rows.of, packed])
@given(
    rows=st.lists(st.integers(0, 3), unique=True),
    columns=st.lists(st.sampled_from(FRAME.columns), unique=True, min_size=1),
)
def test_rows(keep: type[Rows], rows: list[int], columns: list[str]) -> None:
    """Any rows come in the order in which they were asked for, with the columns that were asked for."""
    kept = keep(FRAME)  # type: ignore[call-arg]
    numbers = pl.Series(rows, dtype=pl.UInt32)

    assert (4, tuple(FRAME.columns)) == (kept.height, kept.columns)
    assert_frame_equal(FRAME, kept.scan().collect().drop(ROW))
    assert_frame_equal(FRAME[numbers].select(columns), kept.take(numbers, columns))
    assert_frame_equal(FRAME.with_row_index(ROW), kept.scan().collect())


def test_no_rows() -> None:
    """A table without rows is kept like any other."""
    empty = packed(FRAME.clear())
    assert_frame_equal(FRAME.clear(), empty.take(pl.Series([], dtype=pl.UInt32), FRAME.columns))


def test_large_tables_take_little_memory() -> None:
    """A large table with few texts becomes much smaller, and a small one stays as it is."""
    large = pl.DataFrame({"indicator:i": ["a text that many rows have"] * 200_000})
    assert large.estimated_size() > packing._LARGE
    assert "Parquet SCAN" in Rows.of(large).scan().explain()
    assert "Parquet SCAN" not in Rows.of(FRAME).scan().explain()


@pytest.mark.parametrize("large", [0, 10**9], ids=["packed", "plain"])
@given(content=st.binary(max_size=300), size=st.integers(1, 400))
def test_files(large: int, content: bytes, size: int) -> None:
    """A file keeps every byte, and its beginning can be read by itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "_LARGE", large)
        kept = Content.of(content)

    assert len(content) == kept.size
    assert content == kept.read()
    assert content[:size] == kept.read(size)


def test_large_files_take_little_memory() -> None:
    """What is kept of a large file is smaller than the file."""
    content = b"202324,Academic year,National,E92000001,England,Total,10\n" * 100_000
    assert len(Content.of(content)._bytes) < len(content) / 10
