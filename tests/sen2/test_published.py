"""Sums of published figures: those of the real files, and made ones that do not hold."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pytest

import eesclient as ees
from eesclient.sen2 import SEN2Error, contradictions
from tests.conftest import shared_folder
from tests.doors.sen2 import figures_of, rows

HEAD = "time_period,time_identifier,geographic_level,country_code,region_code,region_name,old_la_code,la_name"


def plans(yorkshire: tuple[int, ...] = (40, 60), region: int = 100) -> bytes:
    """Return a SYNTHETIC file of new plans: a country, two regions, and two authorities in each."""
    lines = [
        f"{HEAD},breakdown_topic,breakdown,new_ehc_plans",
        f"2022,Calendar year,National,E92000001,,,,,New EHC plans,New EHC plans,{region + 30}",
        f"2022,Calendar year,Regional,E92000001,E12000003,Made Yorkshire,,,New EHC plans,New EHC plans,{region}",
        "2022,Calendar year,Regional,E92000001,E12000007,Made London,,,New EHC plans,New EHC plans,30",
    ]
    for number, count in enumerate(yorkshire):
        place = f"E12000003,Made Yorkshire,{371 + number},Made {number}"
        lines.append(f"2022,Calendar year,Local authority,E92000001,{place},New EHC plans,New EHC plans,{count}")
    lines += [
        "2022,Calendar year,Local authority,E92000001,E12000007,Made London,301,Made A,New EHC plans,New EHC plans,10",
        "2022,Calendar year,Local authority,E92000001,E12000007,Made London,302,Made B,New EHC plans,New EHC plans,20",
    ]
    return "\n".join(lines).encode()


def test_sums_that_hold() -> None:
    """Authorities sum to their region, regions to the country: nothing to say."""
    found = contradictions(plans())
    assert len(found) == 0
    assert found.checks.select("of", "rows", "complete", "held", "differ").rows() == [
        ("Regional in National", 1, 1, 1, 0),
        ("Local authority in Regional", 2, 2, 2, 0),
    ]


def test_the_total_in_each_authority() -> None:
    """The defect that was published of 2022: each authority of a region carries the region's own figure."""
    found = contradictions(plans(yorkshire=(100, 100)))
    assert found.rows.select("region_name", "published", "summed", "difference", "parts", "note").rows() == [
        ("Made Yorkshire", 100, 200, -100, 2, "Each part carries the figure of the whole")
    ]


def test_symbols_are_not_judged() -> None:
    """A region with an authority whose figure is a symbol is no contradiction, nor is the symbol lost."""
    data = plans(yorkshire=(40, 60), region=500).replace(b",60\n", b",x\n")
    found = contradictions(data)
    # the regions no longer sum to what is said of them, and that alone can be said
    assert found.checks["complete"].to_list() == [1, 1]
    assert len(found) == 0
    assert "x" in figures_of(data)["new_ehc_plans_status"].to_list()


@pytest.mark.parametrize("row", rows("totals"), ids=lambda row: f"{row['file']}-{row['total']}")
def test_parts_of_every_total(row: dict[str, str]) -> None:
    """Each total of the table is held against its parts: once it holds, once it is one too many."""
    parts = [part.removesuffix("?") for part in row["parts"].split()]
    place = dict.fromkeys(HEAD.split(","), "") | {"time_period": "2024", "time_identifier": "Calendar year"}
    values = {part: str(number + 1) for number, part in enumerate(parts)}
    total = sum(range(len(parts) + 1))
    good, bad = (
        {**place, **values, row["total"]: str(total + more), "breakdown": name}
        for more, name in ((0, "good"), (1, "bad"))
    )
    found = contradictions(pl.DataFrame([good, bad]))
    ours = found.rows.filter(total=row["total"], kind="parts")
    assert ours.select("breakdown", "published", "summed").rows() == [("bad", total + 1, total)]


@pytest.mark.parametrize(
    ("file", "total", "complete", "differ"),
    [
        ("sen2_published/ceased_plans.csv.gz", "total_ceased", 21_164, 63),
        ("sen2_published/work_based_placements.csv.gz", "open_wbp", 9_917, 0),
        ("sen2_published/annual_reviews.csv.gz", "review_expected", 12_712, 0),
        ("sen2_published/residential_settings.csv.gz", "Res_tot", 23_117, 10),
        ("large/sen_needs_all_plans.csv.gz", "ehc_plans", 13_846, 0),
    ],
)
def test_parts_of_the_published_files(file: str, total: str, complete: int, differ: int) -> None:
    """What the reference counted in the real files of 2025, by this code; residential totals are our own find."""
    checks = contradictions(shared_folder("data", "EES_DATA") / file).checks.filter(kind="parts", total=total)
    assert checks.select("complete", "differ").rows() == [(complete, differ)]


def test_ceased_rows_fall_short() -> None:
    """The 63 are rows of 2023 and 2024 alone, one to six short of their total."""
    rows = contradictions(shared_folder("data", "EES_DATA") / "sen2_published/ceased_plans.csv.gz").rows
    assert (rows["difference"].min(), rows["difference"].max()) == (1, 6)
    assert set(rows["time_period"]) <= {"2023", "2024"}


@pytest.mark.parametrize("file", ["sen2_published/annual_reviews.csv.gz", "large/caseload.csv.gz"])
def test_places_of_the_published_files(file: str) -> None:
    """Authorities sum to their regions, and regions to England, wherever all of them are numbers."""
    checks = contradictions(shared_folder("data", "EES_DATA") / file).checks.filter(kind="places")
    assert checks["complete"].sum() > 10_000
    assert checks["differ"].sum() == 0


def test_needs_of_one_region_are_exchanged() -> None:
    """In the published needs of 2024/25, severe and specific learning difficulty of the South East are 656 apart."""
    found = contradictions(shared_folder("data", "EES_DATA") / "large/sen_needs_all_plans.csv.gz").rows
    assert found.select("region_name", "total", "difference").rows() == [
        ("South East", "number_semh", -1),
        ("South East", "number_slcn", 1),
        ("South East", "number_sld", 656),
        ("South East", "number_spld", -656),
    ]


def test_every_kind_of_data(tmp_path: Path) -> None:
    """A path, bytes, packed bytes, a frame and a result say the same."""
    data = plans(yorkshire=(100, 100))
    path = tmp_path / "newplans.csv"
    path.write_bytes(data)
    for given in (path, str(path), data, gzip.compress(data), pl.read_csv(data)):
        assert len(contradictions(given)) == 1


def test_a_result_of_the_client() -> None:
    """What the client reads of a data set is taken as it is: SYNTHETIC figures of the demo."""
    with ees.Client(service=ees.local.demo()) as client:
        data_set = client.open(ees.local.KS4_ID, version="1.0")
        by_data_set, by_result = contradictions(data_set), contradictions(data_set.read())
    assert by_data_set.checks.equals(by_result.checks)
    assert by_result.checks.height > 0


def test_columns_of_symbols_alone() -> None:
    """A part, or a total, that is nowhere a number is not judged, and what else there is still is."""
    lines = [
        f"{HEAD},Res_tot,Res_3851,Res_52,open_wbp,open_supp_intern,open_apprentice",
        "202425,Academic year,Local authority,E92000001,E12000007,Made London,301,Made A,x,1,2,5,x,3",
        "202425,Academic year,Local authority,E92000001,E12000007,Made London,302,Made B,x,1,2,5,x,3",
    ]
    checks = contradictions("\n".join(lines).encode()).checks
    assert checks.filter(kind="parts").select("total", "rows", "complete").rows() == [
        ("open_wbp", 2, 0),
        ("Res_tot", 0, 0),
    ]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\x89PNG\r\n\x1a\n", "no column time_period"),
        (b"a,b\n1,2\n", "no column time_period or time_identifier or geographic_level"),
        (b"\x1f\x8bnot gzip", "is no CSV file, or not a whole one"),
        (gzip.compress(plans())[:-9], "is no CSV file, or not a whole one"),
        (7, "not int"),
    ],
)
def test_other_data(data: bytes, says: str) -> None:
    """What is no data file is one clear error."""
    with pytest.raises(SEN2Error, match=says):
        contradictions(data)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The error names the file."""
    with pytest.raises(SEN2Error, match=r"gone\.csv: cannot be read"):
        contradictions(tmp_path / "gone.csv")
