"""A table made in bounded memory is the one that is made at once."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import eesclient as ees
from eesclient import Query, Request, errors
from eesclient.local import Service
from tests.doors.store import Conversion, Table

META = (
    "col_name,col_type,label,indicator_dp\nsex,Filter,Sex,\nn,Indicator,Number,0\nrate,Indicator,Rate,1\n"
    "note,Indicator,Note,\n"
)
HEADER = "time_period,time_identifier,geographic_level,country_code,country_name,sex,n,rate,note\n"


ROW = "2023,Calendar year,National,E92000001,England,Total,1,1,a\n"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Query:
    """Return the question for all of a data set that has all labels."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "made.meta.csv").write_text(META)
    rows = [ROW.replace("Total", sex).replace("2023", period) for sex in SEXES for period in PERIODS]
    (folder / "made.csv").write_text(HEADER + "".join(rows))
    with ees.Client(service=Service.from_folder(folder)) as client:
        return client.open(next(client.data_sets()).id)._pinned.whole()


def assert_same(whole: Query, data: bytes, folder: Path, *, chunk: int, size: int) -> None:
    """Check that both ways give the same table, and say the same of it."""
    (folder / "data.csv").write_bytes(data)
    at_once = Table.of_file(whole, data)
    converted = Conversion(whole, folder, chunk=chunk, size=size).run(folder / "data.csv", folder / "table")
    assert at_once is not None
    assert converted is not None
    assert at_once.about == converted.about
    expected = pl.read_parquet(io.BytesIO(at_once.to_parquet()))
    found = pl.read_parquet(folder / "table")
    assert expected.schema == found.schema
    assert expected.equals(found)
    opened = Table.open(folder / "table", whole)
    assert opened is not None
    for asked in (whole, attrs.evolve(whole, numbers="trimmed")):
        assert at_once.scan(asked).collect().equals(opened.scan(asked).collect())


PERIODS, SEXES = ["2022", "2023", "2024"], ["Boys", "Girls", "Total"]
ROWS = st.lists(
    st.tuples(
        st.sampled_from(PERIODS),
        st.sampled_from(SEXES),
        st.sampled_from(["1", "2", "30", "c", "", "1.5", "99999999999999999999", "1e3", "4 ", "+2.5", "2.50"]),
        st.sampled_from(["1", "0.5", "z", "1e999", " 7", ".5"]),
        st.sampled_from(["", "a", '"a, b"', '"a\nb"']),
    ),
    min_size=1,
    max_size=24,
)


@pytest.mark.property
@settings(max_examples=settings().max_examples * 2 // 5)
@given(rows=ROWS, chunk=st.integers(8, 200), size=st.integers(16, 600))
def test_the_same_table(whole: Query, rows: list[tuple[str, ...]], chunk: int, size: int) -> None:
    """However the file is cut: order, rows that are equal in every key field, fractions, symbols, line breaks."""
    lines = [f"{period},Calendar year,National,E92000001,England,{','.join(rest)}\n" for period, *rest in rows]
    data = HEADER + "".join(lines)
    with TemporaryDirectory() as folder:
        assert_same(whole, data.encode(), Path(folder), chunk=chunk, size=size)


def test_no_rows(whole: Query, tmp_path: Path) -> None:
    """A file with a header alone has a table without rows."""
    assert_same(whole, HEADER.encode(), tmp_path, chunk=10, size=10)


def test_values_that_metadata_does_not_name(whole: Query, tmp_path: Path) -> None:
    """They make no table, in whichever chunk they are."""
    (tmp_path / "data.csv").write_text(HEADER + ROW * 9 + ROW.replace("Total", "Unheard of"))
    assert Conversion(whole, tmp_path).run(tmp_path / "data.csv", tmp_path / "table") is None
    assert Conversion(whole, tmp_path, chunk=100).run(tmp_path / "data.csv", tmp_path / "table") is None


def test_no_csv(whole: Query, tmp_path: Path) -> None:
    """A file that lacks a column, or is none, is an error as ever."""
    (tmp_path / "data.csv").write_text("time_period,sex\n2023,Total\n")
    with pytest.raises(errors.InvalidResponseError, match="lacks the columns time_identifier"):
        Conversion(whole, tmp_path).run(tmp_path / "data.csv", tmp_path / "table")
    (tmp_path / "data.csv").write_bytes(b"")
    with pytest.raises(errors.InvalidResponseError, match="is empty"):
        Conversion(whole, tmp_path).run(tmp_path / "data.csv", tmp_path / "table")


@pytest.mark.large
@pytest.mark.parametrize("name", ["caseload", "sen_needs_all_plans"])
@pytest.mark.filterwarnings("ignore::eesclient.AmbiguousRowsWarning")
def test_published_files(name: str, data_folder: Path, tmp_path: Path) -> None:
    """Published data sets come out alike, one of which has thousands of rows that cannot be told apart."""
    service = Service.from_folder(data_folder / "large", names=[name])
    with ees.Client(service=service) as client:
        data_set = client.open(next(client.data_sets()).id)
        whole = data_set._pinned.whole()
        request = Request(method="GET", path=f"/data-sets/{data_set.id}/csv")
        data = service.handle(request).body
        data = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
        assert_same(whole, data, tmp_path, chunk=1 << 18, size=3_000)
