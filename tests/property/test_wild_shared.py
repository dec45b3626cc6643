"""Every published data file, read without its metadata file, against the import of the pair."""

from __future__ import annotations

import gzip
import warnings
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import eesclient as ees
from eesclient import DataFileError
from tests.doors.local import Inferred, holdings_of, infer_data
from tests.local.support import table_of

from .raw import Raw
from .test_published import FOLDER, PAIRS

pytestmark = [
    pytest.mark.property,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no folder {FOLDER}; EES_DATA can name another"),
]

REFUSED = {
    # there are no such periods on the service, and nothing says which rows to leave out
    "financial_year_simple": (6, "time_identifier"),
}
"""Line and column of the files that cannot be read."""

GROUPINGS = {
    "caseload": ["breakdown_topic"],
    "exclusions_by_characteristic": ["characteristic_group"],
    "school_applications_and_offers": ["school_phase"],
    "sen_needs_all_plans": ["breakdown_topic"],
    "spc_pupils_fsm_ethnicity_yrgp": ["characteristic_group"],
}
"""Columns that metadata files name as groupings of filters; nothing in a data file says that they are no filters."""


def _file(raw: Raw) -> bytes:
    return next(raw.folder / f"{raw.name}{end}" for end in (".csv", ".csv.gz") if raw._has(end)).read_bytes()


def _wild(raw: Raw) -> Inferred:
    return infer_data(f"{raw.name}.csv", _file(raw))


def _readable() -> list[Any]:
    return [pair for pair in PAIRS if pair.id not in REFUSED]


@pytest.mark.parametrize("raw", [pair for pair in PAIRS if pair.id in REFUSED])
def test_files_that_cannot_be_read_name_the_place(raw: Raw) -> None:
    """What is refused is refused with its line and column."""
    with pytest.raises(DataFileError) as caught:
        _wild(raw)
    assert REFUSED[raw.name] == (caught.value.line, caught.value.column)


@pytest.mark.parametrize("raw", _readable())
def test_one_reading(raw: Raw, tmp_path: Path) -> None:
    """Kinds of columns, every cell, notes of what was put right, and the answers, of one reading."""
    wild = _wild(raw)
    _check_kinds(raw, wild)
    _check_cells(raw, wild)
    _check_notes(raw, wild)
    _check_answers(raw, ees.local.Service(holdings_of(raw.name, wild)), tmp_path / f"{raw.name}.csv")


def _check_kinds(raw: Raw, wild: Inferred) -> None:
    """Every filter and indicator of the metadata file is inferred as such; beside them only groupings are filters."""
    kinds = dict(wild.kinds)
    said = {column: kind.lower() for kind in ("Filter", "Indicator") for column, _ in raw.named(kind)}
    for column in GROUPINGS.get(raw.name, []):
        assert "filter" == kinds.pop(column)
        assert column not in said
    assert said == {column: kind for column, kind in kinds.items() if column in said}
    assert {"ignored"} >= {kind for column, kind in kinds.items() if column not in said}


def _check_cells(raw: Raw, wild: Inferred) -> None:
    """Every cell of every column is what stands in the file."""
    data, cells = wild.data, table_of(wild.data)
    assert raw.data.height == data.rows.height
    for indicator in data.meta.indicators:
        assert raw.data[indicator.column].equals(cells[f"indicator:{indicator.id}"])
    for one in data.meta.filters:
        labels = pl.Series(["", *(option.label for option in one.options)])
        assert raw.data[one.column].equals(labels.gather(cells[f"filter:{one.id}"]))
    for group in data.meta.locations:
        columns = [column for column in group.level.code.columns.all if column in raw.data.columns]
        places = cells[f"location:{group.level.code}"]
        texts = [(*one.codes.values(), one.label)[-len(columns) :] for one in group.options]
        found = raw.data.select(columns).filter(places > 0)
        assert found.equals(pl.DataFrame(texts, found.schema, orient="row")[places.filter(places > 0) - 1])


def _check_notes(raw: Raw, wild: Inferred) -> None:
    """What was put right, and why the service would refuse the file, is said."""
    notes = " ".join(wild.notes)
    assert "these columns were taken for indicators" in notes
    assert "Units and decimal places of the indicators are not known." in notes
    reason = raw.refusal() or raw.oddity()
    if reason is not None:
        assert "was read as" in notes or "is not there" in notes, reason


def _answer(service: ees.local.Service, columns: list[str], route: Any) -> pl.DataFrame:
    with ees.Client(service=service) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore", ees.EESWarning)
        (entry,) = client.data_sets()
        frame = client.open(entry.id).query(indicators=columns, values="text", route=route).frame
    return frame.select(pl.all().cast(pl.String))


def _few(raw: Raw) -> list[str]:
    columns = [column for column, _ in raw.named("Indicator")]
    return [*dict.fromkeys([columns[0], columns[-1], columns[len(columns) // 2]])]


def _check_answers(raw: Raw, wild: ees.local.Service, path: Path) -> None:
    """Answers equal those of the pair, in all rows and columns of its metadata; wholly, when groupings are said."""
    columns = _few(raw)
    if raw.refusal() or raw.oddity():
        # the pair has no answers, as the service would not import it; the text has
        without = _answer(wild, columns, "pages")
        names = ["time_period", "country_name", *columns]
        assert_frame_equal(raw.data.select(names).sort(names), without.select(names).sort(names))
        return
    with_meta = _answer(ees.local.Service.from_folder(raw.folder, names=[raw.name]), columns, "csv")
    route = "csv" if raw.data.height > 100_000 else "pages"
    without = _answer(wild, columns, route)
    assert set(with_meta.columns) <= set(without.columns)
    assert set(without.columns) - set(with_meta.columns) == set(GROUPINGS.get(raw.name, []))
    names = with_meta.columns
    assert_frame_equal(with_meta.sort(names), without.select(names).sort(names))
    if raw.name in GROUPINGS:
        _check_groupings_said(raw, path, with_meta)


def _check_groupings_said(raw: Raw, path: Path, with_meta: pl.DataFrame) -> None:
    """With the groupings left out and the labels given, metadata and rows are those of the pair."""
    labels = dict(raw.named("Filter")) | dict(raw.named("Indicator"))
    path.write_bytes(gzip.decompress(_file(raw)) if _file(raw)[:2] == b"\x1f\x8b" else _file(raw))
    kinds: dict[str, Any] = dict.fromkeys(GROUPINGS[raw.name], "ignored")
    wild = ees.local.Service.from_csv(path, labels=labels, kinds=kinds)
    assert_frame_equal(with_meta, _answer(wild, _few(raw), "csv"))
