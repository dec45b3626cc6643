"""The law of the data file: pages, CSV route, read, scan, store and the box's own import have the rows of DuckDB."""

from __future__ import annotations

import io
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, event, given, settings

import eesclient as ees
from tests.conftest import PROFILE
from tests.doors.local import read_table
from tests.doors.table import CsvFile, column_names

from .files import File, files

duckdb = pytest.importorskip("duckdb")

pytestmark = pytest.mark.property

EXAMPLES = {"long": 20_000, "fewer": 40}.get(PROFILE, 300)
READ = "SELECT * FROM read_csv(?, delim=',', quote='\"', all_varchar=true)"
"""As the service reads a data file (reference, section 17)."""

UNDECIDED = ("another line end", "begins with #", "a quote stands behind", "behind a byte order mark")
"""Refusals of files that DuckDB reads by guesses that are not followed here."""

LEVELS = {"country_code": ("country_code", "country_name"), "region_code": ("region_code", "region_name")}
Rows = list[tuple[str, ...]]


@pytest.fixture(scope="module", name="oracle")
def _oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Return what reads a file as the service does: columns and rows, or None."""
    path = tmp_path_factory.mktemp("oracle") / "a.csv"
    with duckdb.connect() as connection:

        def read(data: bytes) -> tuple[tuple[str, ...], Rows] | None:
            path.write_bytes(data)
            try:
                found = connection.execute(READ, [str(path)])
                columns = tuple(column for column, *_ in found.description)
                return columns, [tuple(cell or "" for cell in row) for row in found.fetchall()]
            except duckdb.Error:
                return None

        yield read


def as_here(data: bytes, size: int = 0) -> tuple[tuple[str, ...], Rows]:
    """Read a file with our reader, at once or block by block."""
    file = CsvFile(io.BytesIO(data), size=size) if size else CsvFile(data)
    frame = file.read()
    return column_names(file.headings), frame.rows()


def read_or_problem(data: bytes, size: int = 0) -> tuple[tuple[tuple[str, ...], Rows] | None, str]:
    """Read a file with our reader; what is wrong with it where it cannot be read."""
    try:
        return as_here(data, size), ""
    except ees.DataFileError as error:
        return None, str(error)


def expected_rows(file: File, columns: tuple[str, ...], rows: Rows) -> Counter[tuple[str | None, ...]]:
    """Return the rows of the frame, as text: no place where a cell of its level is empty, no option without a label."""
    found: Counter[tuple[str | None, ...]] = Counter()
    for row in rows:
        cells = dict(zip(columns, row, strict=True))
        places: list[str | None] = []
        for names in LEVELS.values():
            here = [cells[name] for name in names]
            places += here if all(here) else [None] * len(here)
        options = [cells[name] or None for name in file.filters]
        keys = [cells[name] for name in ("time_period", "time_identifier", "geographic_level")]
        found[(*keys, *places, *options, *(cells[name] for name in file.indicators))] += 1
    return found


def rows_of(file: File, frame: pl.DataFrame) -> Counter[tuple[str | None, ...]]:
    """Return the rows of a frame in that order of columns; a level without places has no columns."""
    fixed = ["time_period", "time_identifier", "geographic_level", *(name for two in LEVELS.values() for name in two)]
    columns = [
        frame[name].cast(pl.String).to_list() if name in frame.columns else [None] * frame.height
        for name in (*fixed, *file.filters, *file.indicators)
    ]
    return Counter(zip(*columns, strict=True))


def answers(folder: Path) -> Iterator[tuple[str, pl.DataFrame, pl.DataFrame]]:
    """Each route's frame, with texts and with types."""
    service = ees.local.Service.from_folder(folder)
    with ees.Client(service=service) as client:
        one = client.open(next(client.data_sets()).id)
        for route in ("pages", "csv"):
            yield route, one.query(route=route, values="text").frame, one.query(route=route).frame
    with ees.Client(service=service, store=folder / "store") as client:
        one = client.open(next(client.data_sets()).id)
        whole = one.read().frame
        yield "read", one.query(route="store", values="text").frame, whole
        yield "scan", one.query(route="csv", values="text").frame, one.scan().collect()


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(file=files())
def test_one_reading(oracle: Any, file: File) -> None:
    """What DuckDB reads is read so by every way, or refused with its line; what it refuses is refused."""
    truth = oracle(file.data)
    here, problem = read_or_problem(file.data)
    for size in (16, 60) if b"#" not in file.data else ():
        # what is looked for near the start is not found in so small a block
        assert read_or_problem(file.data, size)[0] in (here, None)
    if here is None:
        is_cut = file.data.endswith((b'",', b" ,")) and "this record has" in problem
        is_undecided = is_cut or any(words in problem for words in UNDECIDED)
        assert is_undecided or truth is None or "time_period" not in truth[0]
        event("refused by both" if truth is None else "refused here")
        return
    assert truth is not None
    if "time_period" not in truth[0]:
        event("no headings")
        assert "time_period" not in here[0]
        return
    assert truth == here
    table = read_table("a.csv", file.data)
    assert truth == (table.columns, table.frame.rows())
    _check_answers(file, *truth)


def _check_answers(file: File, columns: tuple[str, ...], rows: Rows) -> None:
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", ees.EESWarning)
        (Path(folder) / "a.csv").write_bytes(file.data)
        (Path(folder) / "a.meta.csv").write_bytes(file.meta)
        try:
            found = [*answers(Path(folder))]
        except ees.DataFileError as error:
            # what the service refuses after it was read
            event(f"refused by the import: {str(error).rpartition(': ')[2]}")
            return
        event("read")
        kept = attrs_known(file, columns)
        expected = expected_rows(kept, columns, rows)
        for route, texts, typed in found:
            assert expected == rows_of(kept, texts), route
            assert (found[0][2].columns, found[0][2].rows()) == (typed.columns, typed.rows()), route


def attrs_known(file: File, columns: tuple[str, ...]) -> File:
    """Return the file with the filters and indicators whose names it has: blanks around headings are lost."""
    filters, indicators = ([name for name in names if name in columns] for names in (file.filters, file.indicators))
    return File(data=file.data, meta=file.meta, filters=tuple(filters), indicators=tuple(indicators))
