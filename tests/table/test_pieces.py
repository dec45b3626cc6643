"""Data files read block by block."""

from __future__ import annotations

import csv
import io

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eesclient import DataFileError
from tests.doors.table import CsvFile, OddTextError

LONG = b"1," + b"x" * 997 + b"\n"
CELLS = st.text(st.sampled_from('ab",\n é'), max_size=6)


def written(rows: list[list[str]], ending: str) -> bytes:
    """Return rows as CSV, each cell in quotes where it needs them."""
    text = io.StringIO()
    csv.writer(text, lineterminator=ending).writerows(rows)
    return text.getvalue().encode()


def blocks(data: bytes, size: int) -> tuple[tuple[str, ...], list[pl.DataFrame]]:
    """Return headings, and cells block by block."""
    file = CsvFile(io.BytesIO(data), size=size)
    found = [*file.frames()]
    return file.headings, found


@pytest.mark.property
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1), st.integers(1, 40), st.sampled_from(["\n", "\r\n"]))
def test_blocks_have_all_rows(rows: list[tuple[str, str]], size: int, ending: str) -> None:
    """Each block has whole records, and together they are the file."""
    data = written([["x", "y\ny"], *map(list, rows)], "\n").replace(b"\n", ending.encode())
    headings, found = blocks(data, size)
    assert ("x", f"y{ending}y") == headings
    expected = [tuple(cell.replace("\n", ending) for cell in row) for row in rows]
    assert expected == pl.concat(found).fill_null("").rows()


@pytest.mark.property
@given(
    st.lists(st.tuples(CELLS, CELLS), min_size=1),
    st.integers(1, 40),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "#a,b\n", 'a"b,c\n', "a\n", "a,b,c\n"]),
)
def test_strict_blocks_have_all_rows(rows: list[tuple[str, str]], size: int, ending: str, odd: str) -> None:
    """Read some at a time, blocks come in order and are those read one by one; a file with anything odd is left."""
    data = written([["x", "y"], *map(list, rows)], ending) + odd.replace("\n", ending).encode()
    one_by_one = CsvFile(io.BytesIO(data), size=size)
    file = CsvFile(io.BytesIO(data), size=size)
    try:
        found = [frame.fill_null("").rows() for frame in file.strict_frames()]
    except OddTextError:
        return
    assert [frame.fill_null("").rows() for frame in one_by_one.frames()] == found
    assert one_by_one.headings == file.headings
    assert not odd


def test_what_is_strictly_read() -> None:
    """Plain files are, whatever the blocks, the last record without an end too."""
    for rows in (0, 1, 7, 500):
        data = b"x,y\n" + b'1,"a, b"\n' * rows + b"2,c"
        for size in (9, 100, 101, 5_000, 10_000):
            found = pl.concat(CsvFile(io.BytesIO(data), size=size).strict_frames())
            assert [*[("1", "a, b")] * rows, ("2", "c")] == found.rows()


@pytest.mark.parametrize("odd", [b"", b"#2,3\n", b"1\n", b'1,a"b\n', b"1,2,3\n", b"\n", b"1,\xff\n", b"1,2\r"])
@pytest.mark.parametrize("before", [0, 1, 40, 400])
def test_what_is_odd_anywhere_is_not_strictly_read(odd: bytes, before: int) -> None:
    """In whichever block it stands."""
    data = b"x,y\n" + b"1,2\n" * before + odd + b"1,2\n" * 200
    file = CsvFile(io.BytesIO(data if odd else b""), size=100)
    with pytest.raises((OddTextError, DataFileError)):
        [*file.strict_frames()]


@pytest.mark.parametrize(
    ("data", "headings", "rows"),
    [
        (b"x,y", ("x", "y"), []),
        (b"x,y\n", ("x", "y"), []),
        (b"x,z\n1,2\n2,3", ("x", "z"), [("1", "2"), ("2", "3")]),
        (b"\xef\xbb\xbfx,z\n1,2\n2,3\n", ("x", "z"), [("1", "2"), ("2", "3")]),
        (b'x,z\n\n1,5"\n\n\n2,3\n4,"5\n"\n', ("x", "z"), [("1", '5"'), ("2", "3"), ("4", "5\n")]),
    ],
)
def test_odd_files(data: bytes, headings: tuple[str, ...], rows: list[tuple[str, str]]) -> None:
    """A header alone, a last row without an end, a byte order mark, blank lines and a lone quote."""
    for size in (1, 2, 3, 7, 100):
        found, frames = blocks(data, size)
        assert (headings, rows) == (found, pl.concat(frames).rows())


def test_a_quote_that_is_never_closed_is_found_in_time() -> None:
    """The file is not read to its end for it, nor kept in memory."""
    file = io.BytesIO(b"x,y\n1,2\n" + b'3,"4\n' + LONG * 3_000)
    with pytest.raises(DataFileError, match="line 3: this record has more than 2,000,000 bytes"):
        [*CsvFile(file, size=1_000_000).frames()]


def test_a_lone_quote_does_not_hold_a_file_back() -> None:
    """Blocks with one are read one by one."""
    data = b"x,y\n" + LONG * 300 + b'5" z,4\n' + LONG * 5_000
    heights = [frame.height for frame in CsvFile(io.BytesIO(data), size=1_000_000).frames()]
    assert 5_301 == sum(heights)
    assert max(heights) < 2_500


@pytest.mark.parametrize(
    ("data", "line"),
    [(b"", None), (b'x,y\n"1\n2\n3', 2), (b'x,y\n1,2\n"a\nb",2\n3\n', 5), (b"x,y\n1,2\n" * 9 + b"\xff,1\n", 19)],
)
def test_what_is_no_csv_is_refused(data: bytes, line: int | None) -> None:
    """An empty file, a quote that is never closed, a record with too few cells: with its line in the file."""
    for size in (1, 2, 5, 100):
        with pytest.raises(DataFileError) as caught:
            blocks(data, size)
        assert line == caught.value.line
