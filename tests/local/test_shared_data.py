"""Published data sets: each is imported, or refused for the reason that the service's import would have."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from eesclient.errors import DataFileError
from eesclient.local.csv import read_file, read_table
from eesclient.local.folder import load_folder
from tests.local.support import shared, table_of

REFUSED = {
    # levels are matched exactly: `national` is not `National`
    "decimal_places_test": (2, "geographic_level", "'national' is no geographic level"),
    # time identifiers too: `Spring Term` is not `Spring term`
    "termly_simple": (2, "time_identifier", "'Spring Term' is no time identifier"),
    # ranges of quarters are not among the service's time identifiers
    "financial_year_simple": (6, "time_identifier", "'Financial year Q1-2' is no time identifier"),
    # the import selects all columns of a level that has one of them
    "school_and_provider": (None, "school_laestab", "this column is missing"),
}
"""Line, column and message of the data sets that the service would not import."""


def _names() -> list[object]:
    folder = shared("data", "EES_DATA")
    files = [path for path in sorted(folder.glob("**/*.csv*")) if ".meta." not in path.name]
    if not files:
        reason = f"no data sets in {folder}; EES_DATA names another folder"
        return [pytest.param(folder, "none", marks=pytest.mark.skip(reason=reason))]
    large = pytest.mark.large
    return [
        pytest.param(path.parent, name, id=name, marks=[large] if path.parent.name == "large" else [])
        for path in files
        for name in [path.name.partition(".")[0]]
    ]


@pytest.mark.parametrize(("folder", "name"), _names())
def test_published_data_sets(folder: Path, name: str) -> None:
    """A data set is imported whole and losslessly, or refused with its line and column."""
    if name in REFUSED:
        line, column, words = REFUSED[name]
        with pytest.raises(DataFileError) as caught:
            load_folder(folder, names=[name])
        assert (line, column) == (caught.value.line, caught.value.column)
        assert words in str(caught.value)
        return
    (item,) = load_folder(folder, names=[name]).data_sets.values()
    (version,) = item.versions
    (path,) = (one for one in folder.glob(f"{name}.csv*"))
    source = read_table(path.name, read_file(path)).frame
    data = version.data
    assert source.height == data.rows.height
    for indicator in data.meta.indicators:
        assert source[indicator.column].equals(table_of(data)[f"indicator:{indicator.id}"])
    for one in data.meta.filters:
        labels = pl.Series(["", *(option.label for option in one.options)])
        assert source[one.column].equals(labels.gather(table_of(data)[f"filter:{one.id}"]))
