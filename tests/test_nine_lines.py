"""Sentences that analysts say, each in at most nine lines from import to frame, without an id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest

FSM = """
import eesclient as ees
with ees.Client(service=ees.local.Service.from_folder(folder, names=[name])) as client:
    pupils = client.open(next(client.data_sets(search="fsm")).id)
    frame = pupils.query(
        indicators="Number of pupils",
        filters={"FSM eligibility": ["Known to be eligible for free school meals",
                                     "Not known to be eligible for free school meals"]},
        levels="Regional", periods=["2020/21", "2021/22"], others="Total",
    ).frame
"""
KS4 = """
import eesclient as ees
with ees.Client(service=ees.local.demo()) as client:
    ks4 = client.open(next(client.data_sets(search="Key Stage 4")).id)
    result = ks4.query(indicators="Average Attainment 8 score of all pupils", levels="Regional", periods=ees.last(2))
frame = result.frame
"""
SEN = """
import eesclient as ees
with ees.Client(service=ees.local.demo()) as client:
    sen = client.open(next(client.data_sets(search="Special educational needs")).id)
    frame = sen.query(
        indicators="Number of pupils",
        filters={"Social care group": "All pupils comparison", "SEN provision": ["SEN support", "EHC plan"]},
        periods=["2023/24", "2024/25"], others="Total",
    ).frame
""".replace("EHC plan", "Education, health and care plan")

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}|_ID|\"(?!Total)[A-Za-z0-9]{5}\"")


def run(lines: str, **names: object) -> pl.DataFrame:
    """Count the lines, see that they hold no id, and run them."""
    assert len(lines.strip().splitlines()) <= 9
    assert not _ID.search(lines)
    namespace: dict[str, object] = {**names}
    exec(lines, namespace)  # noqa: S102 - our own lines
    frame = namespace["frame"]
    assert isinstance(frame, pl.DataFrame)
    return frame


def distinct(frame: pl.DataFrame) -> Mapping[str, int]:
    """How many values each text column has."""
    return {column.name: column.n_unique() for column in frame if column.dtype == pl.Categorical}


def test_pupils_by_fsm_eligibility(data_folder: Path) -> None:
    """Number of pupils by FSM eligibility, two years, by region, everything else total."""
    name = "spc_pupils_fsm_ethnicity_yrgp"
    if not (data_folder / "large" / f"{name}.csv.gz").exists():
        pytest.skip(f"no {name} in {data_folder}")
    frame = run(FSM, folder=data_folder / "large", name=name)
    assert (2 * 2 * 9, {"Total"}) == (frame.height, set(frame["characteristic"]) | set(frame["phase_type_grouping"]))
    assert {"time_period": 2, "region_name": 9, "fsm_eligibility": 2, "geographic_level": 1}.items() <= distinct(
        frame
    ).items()
    assert 0 == frame["number_of_pupils"].null_count()


def test_attainment_by_social_care_group() -> None:
    """Average Attainment 8 by social care group, two years, by region."""
    frame = run(KS4)
    found = distinct(frame)
    assert (2, 9, 3) == (found["time_period"], found["region_name"], found["social_care_group"])
    assert ["attainment8_average", "attainment8_average_status"] == frame.columns[-2:]
    assert 2 * 9 * 3 == frame.height


def test_pupils_by_sen_provision() -> None:
    """Pupils by SEN provision, two years."""
    frame = run(SEN)
    assert (4, {"Education, health and care plan", "SEN support"}) == (frame.height, set(frame["sen_provision"]))
    assert {"202324", "202425"} == set(frame["time_period"])
    assert {"Total"} == set(frame["sen_primary_need"])
