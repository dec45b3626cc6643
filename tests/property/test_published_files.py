"""Every published pair, cell by cell: each route has the rows that DuckDB reads in the data file."""

from __future__ import annotations

import gzip
import os
import warnings
from pathlib import Path

import polars as pl
import pytest

import eesclient as ees
from tests.conftest import ROOT

from .raw import Raw
from .test_files import READ

duckdb = pytest.importorskip("duckdb")

FOLDER = Path(os.environ.get("EES_DATA", Path(os.environ.get("EES_SHARED", ROOT.parent / "shared")) / "data"))
LARGE = 1_000_000
"""Bytes of a data file from which on it takes seconds."""


def _pairs() -> list[object]:
    found = []
    for meta in sorted(FOLDER.rglob("*.meta.csv")):
        name = meta.name.removesuffix(".meta.csv")
        data = next((path for path in meta.parent.glob(f"{name}.csv*")), None)
        if data is not None:
            is_large = data.suffix == ".gz" or data.stat().st_size > LARGE
            found.append(pytest.param(data, id=name, marks=[pytest.mark.large] if is_large else []))
    reason = f"no pairs in {FOLDER}; EES_DATA can name another folder"
    return found or [pytest.param(FOLDER, id="none", marks=pytest.mark.skip(reason=reason))]


def oracle(path: Path, folder: Path) -> pl.DataFrame:
    """Return the cells that DuckDB reads, without nulls, under their headings."""
    content = path.read_bytes()
    plain = folder / "oracle.csv"
    plain.write_bytes(gzip.decompress(content) if path.suffix == ".gz" else content)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE cells AS {READ}", [str(plain)])
        connection.table("cells").to_parquet(str(folder / "oracle.parquet"))
    return pl.read_parquet(folder / "oracle.parquet").fill_null("")


def expected(cells: pl.DataFrame, frame: pl.DataFrame, one: ees.PinnedDataSet) -> pl.DataFrame:
    """Return the columns that a frame of texts should have: null where a level's cell, or a label, is empty."""
    fields = [(item.column,) for item in one.meta.filters]
    fields += [group.level.code.columns.all for group in one.meta.locations]
    together = {name: names for names in fields for name in names}
    columns = []
    for name in frame.columns:
        here = [cells[column] for column in together.get(name, ()) if column in cells.columns]
        is_whole = pl.all_horizontal(column != "" for column in here) if here else pl.lit(value=True)
        columns.append(pl.select(pl.when(is_whole).then(cells[name]).alias(name)).to_series())
    return pl.DataFrame(columns)


@pytest.mark.parametrize("path", _pairs())
@pytest.mark.filterwarnings("ignore::eesclient.EESWarning")
def test_published_pairs(path: Path, tmp_path: Path) -> None:
    """Pages, data file, read, scan and store have all rows of the file, and all of them one frame of numbers."""
    name = path.name.partition(".csv")[0]
    try:
        service = ees.local.Service.from_folder(path.parent, names=[name])
        if oddity := Raw(path.parent, name).oddity():
            pytest.skip(f"the service would not serve all of its rows: {oddity}")
    except ees.DataFileError as error:
        pytest.skip(f"the service would not import it: {error}")
    cells = oracle(path, tmp_path)
    with warnings.catch_warnings(), ees.Client(service=service) as client:
        warnings.simplefilter("ignore", ees.EESWarning)
        one = client.open(next(client.data_sets()).id)
        texts = {route: one.query(route=route, values="text").frame for route in ("pages", "csv")}
        typed = {route: one.query(route=route).frame for route in ("pages", "csv")}
    with warnings.catch_warnings(), ees.Client(service=service, store=tmp_path / "store") as client:
        warnings.simplefilter("ignore", ees.EESWarning)
        one = client.open(next(client.data_sets()).id)
        typed |= {"read": one.read().frame, "scan": one.scan().collect()}
        texts["store"] = one.query(route="store", values="text").frame
    for route, frame in texts.items():
        assert cells.height == frame.height, route
        plain = frame.select(pl.all().cast(pl.String))
        assert expected(cells, frame, one).sort(pl.all()).equals(plain.sort(pl.all())), route
    first = typed["pages"]
    for route, frame in typed.items():
        assert first.columns == frame.columns
        assert all(a.cast(pl.String).equals(b.cast(pl.String)) for a, b in zip(first, frame, strict=True)), route
