"""Tests of the days beside time periods."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import attrs
import polars as pl
from polars.testing import assert_frame_equal

import eesclient as ees
from tests.table.example import BURY, META, PERIODS, QUERY, SEX, Row, result


def test_with_dates() -> None:
    """Days stand after the time period, null where its kind has none; rows and other columns stay."""
    found = result([Row(period=PERIODS[1]), Row(period=PERIODS[2]), Row(period=PERIODS[3]), Row(la=BURY)])
    dated = found.with_dates()

    assert ["time_period", "time_identifier", "period_start", "period_end"] == dated.columns[:4]
    assert_frame_equal(found.frame, dated.drop("period_start", "period_end"))
    assert {
        ("Academic year", date(2022, 9, 1), date(2023, 8, 31)),
        ("Academic year", date(2023, 9, 1), date(2024, 8, 31)),
        ("Calendar year", date(2023, 1, 1), date(2023, 12, 31)),
        ("Autumn term", None, None),
    } == set(dated.select("time_identifier", "period_start", "period_end").rows())
    assert [pl.Date, pl.Date] == [dated["period_start"].dtype, dated["period_end"].dtype]


def test_with_dates_and_taken_names() -> None:
    """A column of the data set keeps its name."""
    meta = attrs.evolve(META, filters=(attrs.evolve(SEX, column="period_start"), META.filters[1]))
    dated = result([Row()], attrs.evolve(QUERY, meta=meta)).with_dates()

    assert ["period_start_date", "period_end"] == dated.columns[2:4]
    assert ["Total"] == dated["period_start"].to_list()


def test_with_dates_of_saved_rows(tmp_path: Path) -> None:
    """Rows that were saved know their days as well, also under headings in words."""
    with ees.Client(service=ees.local.demo(), store=None) as client:
        found = client.open(ees.local.SEN_ID).query(periods=ees.latest(), names="label")
    saved = ees.read_parquet(found.write_parquet(tmp_path / "sen.parquet"))
    assert_frame_equal(found.with_dates(), saved.with_dates())
    assert {(date(2025, 9, 1), date(2026, 8, 31))} == set(
        saved.with_dates().select("period_start", "period_end").rows()
    )
