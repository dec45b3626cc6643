"""Tests of one question asked of several versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from eesclient import (
    MigrationError,
    MigrationWarning,
    PinnedDataSet,
    QueryError,
    UnknownLabelError,
    Version,
    VersionNotFoundError,
    VersionRange,
    WithdrawnVersionWarning,
)
from tests.versions.chains import ID, Table, client_of, opened, renamed, replaced, small

TABLE = small()
CORRECTED = TABLE.with_cells(replaced("rate", "0.1", "0.5"))
MOVED = CORRECTED.with_cells(renamed("rate", "share")).with_meta(renamed("rate", "share"))
RELABELLED = MOVED.with_cells(replaced("sex", "Girls", "Female"))
VERSIONS = {"1.0": TABLE, "1.0.1": CORRECTED, "1.1": MOVED, "2.0": RELABELLED}
TOML = {"1.1": '[@.mappings.indicators]\nrate = "share"'}
QUESTION: dict[str, Any] = {"indicators": "Rate", "levels": "National", "periods": "2021/22", "others": "Total"}


@pytest.fixture
def first(tmp_path: Path) -> PinnedDataSet:
    """The data set at 1.0.1."""
    return client_of(tmp_path, VERSIONS, TOML).open(ID, version="1.0.1")


def test_all_versions(first: PinnedDataSet) -> None:
    """Every live version is asked, patches included, oldest first, under the headings of the question's version."""
    query = first.build(filters={"Sex": "Total", "Phase": "Primary"}, **QUESTION | {"others": None})
    found = first.revisions(query)
    assert "data_set_version" == found.frame.columns[0]
    assert [("1.0", 0.1), ("1.0.1", 0.5), ("1.1", 0.5), ("2.0", 0.5)] == found.frame.select(
        "data_set_version", "rate"
    ).rows()
    assert ["data_set_version", *first.query(query).frame.columns] == found.frame.columns
    assert ["1.0", "1.0.1", "1.1", "2.0"] == [str(result.version) for result in found.results]
    assert ({}, 4) == (found.skipped, len(found))
    assert repr(found).startswith("revisions 1.0, 1.0.1, 1.1, 2.0\n")


def test_versions_left_out(first: PinnedDataSet) -> None:
    """A version that the question cannot be asked of is left out and said, with the reasons."""
    query = first.build(filters={"Sex": "Girls"}, **QUESTION)
    with pytest.warns(MigrationWarning, match=r"2\.0: option 'Girls' of filter 'Sex' is gone"):
        found = first.revisions(query)
    assert [Version(2)] == [*found.skipped]
    assert found.skipped[Version(2)].startswith("option 'Girls' of filter 'Sex' is gone")
    assert "left out 2.0" in repr(found)
    assert {"1.0", "1.0.1", "1.1"} == {*found.frame["data_set_version"]}
    with pytest.raises(MigrationError, match=r"no version of the data set:\n- version 2\.0: option 'Girls'") as caught:
        first.revisions(query, versions="2.0")
    assert 1 == len(caught.value.reasons)


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ("1.0.*", ["1.0", "1.0.1"]),
        ("1.1", ["1.1"]),
        (["2.0", "1.0"], ["1.0", "2.0"]),
        ([VersionRange(2), Version(1, 1)], ["1.1", "2.0"]),
    ],
)
def test_chosen_versions(first: PinnedDataSet, versions: Any, expected: list[str]) -> None:
    """Versions and ranges say which versions are asked."""
    found = first.revisions(first.build(**QUESTION), versions=versions)
    assert expected == [str(result.version) for result in found.results]


def test_unknown_versions(first: PinnedDataSet) -> None:
    """A version that is not there is an error, as is none at all, or another version's question."""
    query = first.build(**QUESTION)
    with pytest.raises(VersionNotFoundError, match=r"has no version 3\.\*, 1\.5; it has 1\.0, 1\.0\.1"):
        first.revisions(query, versions=["3.*", "1.5", "1.0"])
    with pytest.raises(QueryError, match="empty list"):
        first.revisions(query, versions=[])
    with pytest.raises(QueryError, match=r"was built for version 2\.0"):
        first.revisions(first._client.open(ID).build(**QUESTION))


def test_withdrawn(tmp_path: Path) -> None:
    """A withdrawn version is left out with a warning, or read where the data set was opened so."""
    toml = TOML | {"1.0.1": '[@]\nstatus = "Withdrawn"\nwithdrawn = 2025-06-01T00:00:00Z\nnotes = "Wrong."'}
    first = opened(tmp_path, VERSIONS, toml)
    with pytest.warns(WithdrawnVersionWarning, match=r"left out because they were withdrawn: 1\.0\.1 of 'Chain'"):
        found = first.revisions(first.build(**QUESTION))
    assert [Version(1, 0, 1)] == [*found.skipped]
    assert "withdrawn on 2025-06-01: Wrong." in found.skipped[Version(1, 0, 1)]
    assert "1.0.1" not in found.frame["data_set_version"]
    reading = first._client.open(ID, version="1.0", withdrawn="read")
    with pytest.warns(WithdrawnVersionWarning, match="this answer is out of its data file"):
        found = reading.revisions(reading.build(**QUESTION))
    assert ["1.0", "1.0.1", "1.1", "2.0"] == found.frame["data_set_version"].to_list()


def test_new_filter(tmp_path: Path) -> None:
    """A column that some versions lack is null there; `others=` pins a filter that the question could not name."""
    rows = [row | {"type": kind} for row in TABLE.rows for kind in ("All", "Part")]
    line = dict.fromkeys(TABLE.meta[0], "") | {"col_name": "type", "col_type": "Filter", "label": "Type"}
    first = opened(tmp_path, {"1.0": TABLE, "1.1": Table(rows=tuple(rows), meta=(*TABLE.meta, line))})
    query = first.build(filters={"Sex": "Total", "Phase": "Total"}, **QUESTION | {"others": None})
    with pytest.warns(MigrationWarning, match="new filter 'Type' pinned to 'Part'"):
        found = first.revisions(query, others={"Type": "Part"})
    assert [("1.0", None), ("1.1", "Part")] == found.frame.select("data_set_version", "type").rows()
    assert "type" == found.frame.columns[-1]
    for name in ("Kind", "Sex"):
        with pytest.raises(UnknownLabelError, match=f'none of those asked has "{name}" anew'):
            first.revisions(query, others={name: "Part"})


def test_types_of_all_versions(tmp_path: Path) -> None:
    """A column whose type differs gets the type that holds all of its values; a taken name keeps its place."""
    named = TABLE.with_cells(renamed("phase", "data_set_version")).with_meta(renamed("phase", "data_set_version"))
    texts = named.with_meta(
        lambda line: line | ({"indicator_unit": "numberstring"} if line["col_name"] == "rate" else {})
    )
    first = opened(tmp_path, {"1.0": named, "1.1": texts})
    with pytest.warns(MigrationWarning, match="unit of indicator 'Rate'"):
        found = first.revisions(first.build(indicators=["Rate", "Number of pupils"], others="Total", periods="2021/22"))
    assert "data_set_version__version" == found.frame.columns[0]
    assert {"Total"} == {*found.frame["data_set_version"]}
    assert (pl.String, pl.Int64) == (found.frame["rate"].dtype, found.frame["pupils"].dtype)
    assert found.frame["rate"].null_count() == 0
