"""Published data sets: each is imported, or refused for the reason that the service's import would have."""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

import eesclient as ees
from tests.doors.local import STANDARD, VersionData, infer_data, load_folder, read_file, read_table
from tests.doors.models import IDENTIFIER_BY_LABEL
from tests.local.support import shared, table_of

REFUSED = {
    # ranges of quarters are not among the service's time identifiers
    "financial_year_simple": (6, "time_identifier", "'Financial year Q1-2' is not a time identifier"),
    # the import selects all columns of a level that has one of them
    "school_and_provider": (None, "school_laestab", "this column is missing"),
}
"""Line, column and message of the data sets that the service would not import."""


def _files(*, paired: bool) -> list[object]:
    """Data files that have a metadata file beside them, or those that have none."""
    folder = shared("data", "EES_DATA")
    files = [path for path in sorted(folder.glob("**/*.csv*")) if ".meta." not in path.name]
    found = [path for path in files if _name(path).with_suffix(".meta.csv").is_file() == paired]
    if not found:
        reason = f"no such data files in {folder}; EES_DATA names another folder"
        return [pytest.param(folder, id="none", marks=pytest.mark.skip(reason=reason))]
    large = pytest.mark.large
    return [
        pytest.param(path, id=_name(path).name, marks=[large] if path.parent.name == "large" else []) for path in found
    ]


def _name(path: Path) -> Path:
    return path.parent / path.name.partition(".")[0]


@contextmanager
def _refusals() -> Iterator[None]:
    """Whether the files that EES_DATA names are right is not known: one that is refused is skipped with the reason."""
    try:
        yield
    except ees.DataFileError as error:
        if "EES_DATA" not in os.environ:
            raise
        pytest.skip(f"refused: {error}")


@pytest.mark.parametrize("path", _files(paired=True))
def test_published_data_sets(path: Path) -> None:
    """A data set is imported whole and losslessly, or refused with its line and column."""
    name = _name(path).name
    if name in REFUSED:
        line, column, words = REFUSED[name]
        with pytest.raises(ees.DataFileError) as caught:
            load_folder(path.parent, names=[name])
        assert (line, column) == (caught.value.line, caught.value.column)
        assert words in str(caught.value)
        return
    with _refusals():
        (item,) = load_folder(path.parent, names=[name]).data_sets.values()
    (version,) = item.versions
    table = read_table(path.name, read_file(path))
    source = table.frame.rename(dict(zip(table.frame.columns, table.columns, strict=True)))
    assert source.height == version.data.summary.rows
    # `Spring Term` is taken for `Spring term`, and then the row is lost
    _check_cells(version.data, source.filter(pl.col("time_identifier").is_in([*IDENTIFIER_BY_LABEL])))


@pytest.mark.parametrize("path", _files(paired=False))
def test_published_lone_files(path: Path) -> None:
    """A data file without a metadata file is read whole and losslessly; what is left out of it is said."""
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    headings = next(csv.reader([content.decode("utf-8-sig").partition("\n")[0].rstrip("\r")]))
    with _refusals():
        wild = infer_data(path.name, path.read_bytes())
    kept = [heading for heading in dict.fromkeys(headings) if heading in STANDARD or heading in wild.kinds]
    assert [*dict.fromkeys(headings)] == kept
    for heading in {heading for heading in headings if headings.count(heading) > 1}:
        assert any(note.startswith(f"{heading!r} stands twice with the same cells") for note in wild.notes)
    _check_cells(wild.data, pl.read_csv(content, infer_schema=False).fill_null(""))
    named = {item.column for item in (*wild.data.meta.filters, *wild.data.meta.indicators)}
    assert {column for column, kind in wild.kinds.items() if kind != "ignored"} == named


def _check_cells(data: VersionData, source: pl.DataFrame) -> None:
    assert source.height == data.rows.height
    for indicator in data.meta.indicators:
        assert source[indicator.column].equals(table_of(data)[f"indicator:{indicator.id}"])
    for one in data.meta.filters:
        labels = pl.Series(["", *(option.label for option in one.options)])
        assert source[one.column].equals(labels.gather(table_of(data)[f"filter:{one.id}"]))
