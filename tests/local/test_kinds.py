"""How well kinds are inferred, measured by the metadata files of all published pairs that are there."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from eesclient import DataFileError
from tests.doors.local import infer_data
from tests.local.support import shared

WRONG_IN = 500
"""One wrong column is borne for so many; the first three are, however few there are, as some files exist to be odd."""


def _pairs() -> Iterator[tuple[str, bytes, str]]:
    """Name, data file and metadata file of each pair: of folders, and of what the real service was asked about."""
    for folder in (shared("data", "EES_DATA"), shared("conformance", "EES_CONFORMANCE")):
        # the large ones take long, and tests/property/test_wild_shared.py bears no wrong column in them
        for meta in sorted({*folder.glob("**/*meta*.csv")} - {*folder.glob("large/*")}):
            stem = meta.name.removesuffix(".csv").removesuffix("meta").removesuffix("_").removesuffix(".")
            names = ("data.csv",) if meta.name == "metadata.csv" else (f"{stem}.csv", f"{stem}.csv.gz")
            for path in (meta.with_name(name) for name in names):
                if path.is_file():
                    yield str(path), path.read_bytes(), meta.read_bytes().decode("utf-8-sig", "replace")
    recorded = shared("conformance", "EES_CONFORMANCE") / "recorded" / "files.json.gz"
    if recorded.is_file():
        for case in json.loads(gzip.decompress(recorded.read_bytes())):
            for file in case["files"]:
                yield case["case"], file["data"].encode(), file["meta"]


def test_kinds_of_published_pairs(capsys: pytest.CaptureFixture[str]) -> None:
    """Few columns are taken for something else than their metadata file says, and of each of them a note says why."""
    pairs, columns, wrong = 0, 0, []
    for name, data, meta in _pairs():
        try:
            wild = infer_data(Path(name).name, data)
        except DataFileError:  # other tests say which files are refused, and why
            continue
        types = {row.get("col_name"): (row.get("col_type") or "").lower() for row in csv.DictReader(io.StringIO(meta))}
        known = {column: kind for column, kind in wild.kinds.items() if types.get(column) in ("filter", "indicator")}
        pairs, columns = pairs + 1, columns + len(known)
        for column, kind in known.items():
            if kind != types[column]:
                why = [note for note in wild.notes if note.startswith(f"{column} was taken for ")]
                wrong.append((name, column, why))
    if not columns:
        pytest.skip("no pairs of data and metadata files; EES_DATA and EES_CONFORMANCE name folders")
    with capsys.disabled():
        sys.stdout.write(f"\nkinds inferred of {pairs} pairs: {len(wrong)} of {columns} columns are wrong ")
    assert [] == [(name, column) for name, column, why in wrong if not why]
    assert len(wrong) <= 3 + columns // WRONG_IN, wrong
