"""Every public name of `eesclient.lake` in use. Never run: the type checkers read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, assert_type

import polars as pl

import eesclient as ees
from eesclient import lake


def versions_in_and_out(client: ees.Client, data_set: ees.PinnedDataSet, folder: Path) -> None:
    one = lake.add(data_set, folder)
    assert_type(one, lake.LakeEntry)
    assert_type(one.commit, int | None)
    report = lake.sync(client, "tables", lock=Path("ees.lock"), progress=lambda done: done.to_text())
    assert_type(report, lake.LakeReport)
    assert_type(report.is_complete, bool)
    tables = lake.tables(folder)
    assert_type(tables, tuple[lake.LakeTable, ...])
    assert_type(tables[0].versions[0], lake.LakeVersion)
    assert_type(tables[0].to_rows(), list[dict[str, Any]])
    saved = lake.read(folder, tables[0].id, version=tables[0].versions[0].version)
    assert_type(saved, ees.SavedResult)
    assert_type(lake.scan(folder, data_set.id, version="1.*"), pl.LazyFrame)
    lake.table(folder, data_set.id).to_pyarrow_dataset()
    assert_type(saved.write_delta("table"), Path)
    assert_type(ees.read_delta(Path("table"), version="1.0"), ees.SavedResult)
