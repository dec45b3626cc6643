"""Data files cut into smaller ones."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.doors.table import chunks

CELLS = st.text(st.sampled_from('ab",\n é'), max_size=6)


def written(rows: list[list[str]], ending: str) -> bytes:
    """Return rows as CSV, each cell in quotes where it needs them."""
    text = io.StringIO()
    csv.writer(text, lineterminator=ending).writerows(rows)
    return text.getvalue().encode()


@pytest.mark.property
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1), st.integers(1, 40), st.sampled_from(["\n", "\r\n"]))
def test_pieces_have_all_rows(rows: list[tuple[str, str]], size: int, ending: str) -> None:
    """Each chunk has the header and whole records, and together they are the file."""
    header = written([["x", "y\ny"]], ending)
    body = written([list(row) for row in rows], ending)
    found = [*chunks(io.BytesIO(header + body), size)]
    assert all(chunk.startswith(header) for chunk in found)
    assert body == b"".join(chunk.removeprefix(header) for chunk in found)
    parsed = [[*csv.reader(io.StringIO(chunk.decode(), newline=""))][1:] for chunk in found]
    assert [list(row) for row in rows] == [row for part in parsed for row in part]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", [b""]),
        (b"x,y", [b"x,y"]),
        (b"x,y\n", [b"x,y\n"]),
        (b"x\n1\n2", [b"x\n1\n", b"x\n2"]),
        (b"\xef\xbb\xbfx\n1\n2\n", [b"\xef\xbb\xbfx\n1\n", b"\xef\xbb\xbfx\n2\n"]),
        (b'x\n"1\n2\n3', [b'x\n"1\n2\n3']),
    ],
)
def test_odd_files(data: bytes, expected: list[bytes]) -> None:
    """An empty file, a header alone, a last row without an end, a byte order mark, a quote that is never closed."""
    assert expected == [*chunks(io.BytesIO(data), 2)]
