"""Readers of Arrow get the same rows and statuses of results and streams, and the page says what they make of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

import eesclient as ees
from tests.interop.readers import READERS, ROWS, Reader, made, versions
from tests.interop.table import line, written

pytest.importorskip("pyarrow", reason="the extra arrow is not installed")

# Dask calls pandas in a way that pandas 3.1 advises against
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[ees.Client]:
    """Return a client of the made-up data set."""
    with ees.Client(service=made(tmp_path / "data")) as client:
        yield client


def open_in(client: ees.Client) -> ees.PinnedDataSet:
    """Return its data set."""
    return client.open(next(client.data_sets()).id)


@pytest.fixture(params=READERS, ids=str)
def reader(request: pytest.FixtureRequest) -> Reader:
    """Return a reader that is installed."""
    found: Reader = request.param
    module = pytest.importorskip(found.name, reason=f"{found.name} is not installed")
    if "from_arrow" in found.how and found.name == "pandas" and not hasattr(module.DataFrame, "from_arrow"):
        pytest.skip("pandas before 3.0 reads no Arrow streams")
    return found


def test_rows_and_statuses(reader: Reader, client: ees.Client, tmp_path: Path) -> None:
    """Rows come in order with their labels, numbers and symbols; floats hold what a float can of a whole number."""
    data_set = open_in(client)
    given = data_set.read() if reader.of == "result" else data_set.stream()
    found = reader.read(given, tmp_path)
    expected = data_set.read().frame.rows(named=True)
    if "float" in found.whole:
        for row in expected:
            row["pupils"] = None if row["pupils"] is None else float(row["pupils"])
    assert expected == found.rows
    assert {"c": 6, "low": 6, None: 30} == Counter(row["pupils_status"] for row in found.rows)
    assert {"c": 12, "x": 6, "z": 6, "low": 6, None: 12} == Counter(row["share_status"] for row in found.rows)
    assert ROWS == len(found.rows)


def test_the_page_says_so(reader: Reader, client: ees.Client, tmp_path: Path) -> None:
    """What docs/interop.md says of a reader is what it does, where its version is of the kind that was measured."""
    ours = {name: written().rpartition(f"{name} ")[2].split(".")[0] for name in versions()}
    theirs = versions()[reader.name]
    if theirs.split(".")[0] != ours[reader.name]:
        pytest.skip(f"docs/interop.md was measured with {reader.name} {ours[reader.name]}, and this is {theirs}")
    assert line(reader, client, tmp_path) in written().splitlines(keepends=True)


def test_digest_of_a_stream(client: ees.Client) -> None:
    """What a stream brings has the digest of the result."""
    data_set = open_in(client)
    assert data_set.read().digest == ees.digest_of(pl.DataFrame(data_set.stream()))


def test_a_part_of_a_stream(client: ees.Client) -> None:
    """A reader may stop when it has enough, and the next begins anew."""
    duckdb = pytest.importorskip("duckdb", reason="the extra duckdb is not installed")
    data_set = open_in(client)
    for stream, expected in (
        (data_set.stream(), (ROWS, 2)),
        (data_set.stream(data_set.scan().filter(pl.col("sex") == "Girls")), (ROWS // 2, 1)),
    ):
        assert stream is not None  # DuckDB finds it by its name
        with duckdb.connect() as connection:
            assert 2 == len(connection.sql("from stream limit 2").fetchall())
            found = connection.sql("select count(*), count(distinct sex) from stream").fetchall()
        assert [expected] == found


@pytest.mark.filterwarnings("ignore::eesclient.EESWarning")
def test_published_data_sets(data_folder: Path, tmp_path: Path) -> None:
    """DuckDB counts the rows of each published data set in its stream, and what comes has the digest of `read`."""
    duckdb = pytest.importorskip("duckdb", reason="the extra duckdb is not installed")
    service = ees.local.Service.from_folder(data_folder / "small")
    with ees.Client(service=service, store=tmp_path) as client, duckdb.connect() as connection:
        for found in [*client.data_sets()]:
            data_set = client.open(found.id)
            stream, expected = data_set.stream(), data_set.read()
            assert expected.digest == ees.digest_of(pl.DataFrame(stream)), found.title
            assert [(len(expected),)] == connection.sql("select count(*) from stream").fetchall()
