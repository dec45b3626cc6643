"""Tests of the synthetic data sets that come with the package: the shape is the published one, the figures are not."""

from __future__ import annotations

import csv
import subprocess
import sys
from io import StringIO
from pathlib import Path

import polars as pl
import pytest

import eesclient as ees
from eesclient.local import KS4_ID, SEN_ID, demo
from scripts import demo as made
from tests.doors.local import KS4_FILE_ID, SEN_FILE_ID, SENCO_ID, SENCO_TITLE
from tests.local.support import get, read

SIXTEEN = [
    "pupil_count", "attainment8_sum", "attainment8_average", "engmath_95_total", "engmath_95_percent",
    "engmath_94_total", "engmath_94_percent", "ebacc_entering_total", "ebacc_entering_percent", "ebacc_aps_sum",
    "ebacc_aps_average", "progress8_pupil_count", "progress8_sum", "progress8_average", "progress8_lower_95_ci",
    "progress8_upper_95_ci",
]  # fmt: skip

PUBLISHED = {
    "sen_synthetic": {"8449210", "1626080", "149220"},
    "ks4_synthetic": {"13260", "228722.25", "19176.53", "32943.25"},
}
"""Figures of the published pages' first rows, none of which may be made up here by chance."""


def rows(name: str) -> list[dict[str, str]]:
    """Rows of a shipped data file, read by Python's own reader."""
    return list(csv.DictReader(StringIO(made.shipped(name).data)))


def test_two_data_sets_are_listed() -> None:
    """Both say that they are synthetic, in title and source; the one outside the API is not listed."""
    service = demo()
    assert "synthetic" == service.source
    (publication,) = read(get(service, "/publications"))["results"]
    found = read(get(service, f"/publications/{publication['id']}/data-sets"))["results"]
    assert {
        SEN_ID: "National - Special educational needs (SEN) - API (synthetic)",
        KS4_ID: "LA - Key Stage 4 (KS4) - API (synthetic)",
    } == {item["id"]: item["title"] for item in found}
    assert [True, True] == ["not statistics" in item["summary"] for item in found]
    assert {SEN_ID: "2.0", KS4_ID: "1.0"} == {item["id"]: item["latestVersion"]["version"] for item in found}


@pytest.mark.parametrize("name", made.PAIRS)
def test_the_shipped_pairs_are_what_the_program_makes(name: str) -> None:
    """The data sets lie in the package as files; they hold the generated figures, the same every time."""
    assert made.PAIRS[name]() == made.PAIRS[name]() == made.shipped(name)


def test_the_program_notices_stale_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it writes passes its own check; a changed figure does not."""
    monkeypatch.setattr(made, "DATA", tmp_path)
    assert (0, 0) == (made.main([]), made.main(["--check"]))
    meta = tmp_path / "sen_synthetic.meta.csv"
    meta.write_text(meta.read_text().replace("Number of pupils", "Pupils"))
    assert 1 == made.main(["--check"])
    assert capsys.readouterr().err.startswith("sen_synthetic: the files are not what the program makes")


@pytest.mark.parametrize("name", PUBLISHED)
def test_no_published_figure(name: str) -> None:
    """None of the figures that the pages show is among ours."""
    assert PUBLISHED[name].isdisjoint(cell for row in rows(name) for cell in row.values())


def test_sen_has_the_shape_of_the_published_one() -> None:
    """Version 1.0 has the page's rows, columns, labels and periods, and its first options."""
    meta = read(get(demo(), f"/data-sets/{SEN_ID}/meta", ("dataSetVersion", "1.0")))
    assert [
        ("sen_primary_need", "Primary type of need"),
        ("sen_provision", "SEN provision"),
        ("social_care_group", "Social care group"),
    ] == [(item["column"], item["label"]) for item in meta["filters"]]
    assert [("pupil_count", "Number of pupils"), ("pupil_percent", "Percentage of pupils")] == [
        (item["column"], item["label"]) for item in meta["indicators"]
    ]
    assert ["England"] == [option["label"] for option in meta["locations"][0]["options"]]
    assert [f"{year}/{year - 1999}" for year in range(2018, 2025)] == [item["label"] for item in meta["timePeriods"]]
    assert 2607 == read(get(demo(), f"/data-sets/{SEN_ID}/versions/1.0"))["totalResults"]
    first = [row for row in rows("sen_synthetic") if row["time_period"] != "202526"]
    assert [*made._TIME, "social_care_group", "sen_provision", "sen_primary_need", "pupil_count", "pupil_percent"] == [
        *first[0]
    ]
    plan = "Education, health and care plan"
    assert [
        ("All pupils", "Total"),
        ("All SEN provision", "Total"),
        (plan, "Autistic spectrum disorder"),
        (plan, "Down syndrome"),
        (plan, "Hearing impairment"),
    ] == [(row["sen_provision"], row["sen_primary_need"]) for row in first[:5]]
    assert {("202425", "All pupils comparison")} == {
        (row["time_period"], row["social_care_group"]) for row in first[:5]
    }


def test_sen_versions() -> None:
    """1.1 adds a year; 2.0 renames a need, which keeps its id, and has one group less; other figures stay."""
    with ees.Client(service=demo()) as client:
        versions = {number: client.open(SEN_ID, version=number) for number in ("1.0", "1.1", "2.0")}
        assert ("1.1", "2.0") == (str(client.open(SEN_ID, version="1.*").version), str(client.open(SEN_ID).version))
        first, more, last = (
            one.read().frame.with_columns(pl.col(pl.Categorical).cast(pl.String)) for one in versions.values()
        )
        report = versions["1.0"].compare("2.0")
        published = [one.published for one in client.versions(SEN_ID)]
    assert first.equals(more.filter(pl.col("time_period") != "202526"))
    assert (2607, 3168, len(rows("sen_synthetic"))) == (first.height, more.height, more.height)
    renamed = more.with_columns(pl.col("sen_primary_need").replace("Visual impairment", "Vision impairment"))
    kept = renamed.filter(pl.col("social_care_group") != "CIN in the last 6 years")
    assert last.sort(last.columns).equals(kept.sort(kept.columns))
    assert {"deleted": 1, "updated": 1, "added": 1} == report.counts
    assert published == sorted(published, reverse=True)


def test_sen_figures_add_up() -> None:
    """Parts are their whole within the rounding to ten, and shares are theirs; one need begins late."""
    counts = {
        (row["time_period"], row["social_care_group"], row["sen_provision"], row["sen_primary_need"]): row
        for row in rows("sen_synthetic")
    }
    number = {key: int(row["pupil_count"]) for key, row in counts.items()}
    for (year, group, provision, need), count in number.items():
        whole = number[year, group, "All pupils" if need == "Total" else provision, "Total"]
        share = counts[year, group, provision, need]["pupil_percent"]
        if provision == "All pupils":
            assert "z" == share
            parts = [number[year, group, part, "Total"] for part in ("All SEN provision", "No identified SEN")]
        else:
            # the share is of the count before it was rounded: at most 5 off, as is the whole
            assert abs(100 * count / whole - float(share)) <= 0.051 + 1000 / whole
            parts = [
                other for key, other in number.items() if key[:3] == (year, group, provision) and key[3] != "Total"
            ]
        if need == "Total" and len(parts) > 1:
            assert abs(sum(parts) - count) <= 5 * (len(parts) + 1)
    down = {key[0] for key in number if key[3] == "Down syndrome"}
    assert {"202425", "202526"} == down


def test_children_in_need_are_their_parts() -> None:
    """Those who are only that, those only on a plan and those looked after are all children in need."""
    number = {
        (row["time_period"], row["social_care_group"]): int(row["pupil_count"])
        for row in rows("sen_synthetic")
        if row["sen_provision"] == "All pupils"
    }
    for year in ("201819", "202425"):
        parts = sum(number[year, f"{who} at 31 March"] for who in ("CINO", "CPPO", "CLA"))
        assert abs(number[year, "CIN at 31 March"] - parts) <= 20
        assert (
            number[year, "CLA 12 months at 31 March"]
            < number[year, "CLA at 31 March"]
            < number[year, "CLA at any point"]
        )


def test_ks4_has_the_shape_of_the_published_one() -> None:
    """3,444 rows: one filter of three options, sixteen indicators, the column `version` in the file only."""
    with ees.Client(service=demo()) as client:
        ks4 = client.open(KS4_ID, version="1.0")
    file = rows("ks4_synthetic")
    (groups,) = ks4.meta.filters
    assert {"CINO at 31 March", "CLA 12 months at 31 March", "CPPO at 31 March"} == {
        one.label for one in groups.options
    }
    assert set(SIXTEEN) == {item.column for item in ks4.meta.indicators}
    assert {"National": 1, "Regional": 9, "Local authority": 154} == {
        group.level.label: len(group.options) for group in ks4.meta.locations
    }
    place = ["region_code", "region_name", "old_la_code", "la_name", "new_la_code"]
    assert [*made._TIME, *place, "social_care_group", "version", *SIXTEEN] == [*file[0]]
    assert (3444, {"Revised"}) == (len(file), {row["version"] for row in file})
    assert {"Bristol, City of", "Cumbria", "Isles of Scilly"} <= {one.label for one in ks4.meta.locations[0].options}


def test_ks4_labels() -> None:
    """The labels that the page's own description names."""
    with ees.Client(service=demo()) as client:
        labels = {one.label for one in client.open(KS4_ID).meta.indicators}
    assert {
        "Average Attainment 8 score of all pupils",
        "Total sum of pupils Attainment 8 scores",
        "Average EBacc APS score per pupil",
        "Total EBacc APS score of pupils",
        "Percentage of pupils entering the English Baccalaureate",
        "Average Progress 8 score of all pupils",
    } <= labels


def test_ks4_figures_add_up() -> None:
    """Scores of authorities add up to those of regions and England, but for the few that are not told."""
    found = rows("ks4_synthetic")
    for year, group in {(row["time_period"], row["social_care_group"]) for row in found}:
        of_year = [row for row in found if (row["time_period"], row["social_care_group"]) == (year, group)]
        hidden = [row for row in of_year if row["pupil_count"] == "c"]
        by_level = {
            level: sum(
                float(row["attainment8_sum"])
                for row in of_year
                if row["geographic_level"] == level and row not in hidden and row["attainment8_sum"] not in "zx"
            )
            for level in ("National", "Regional", "Local authority")
        }
        assert by_level["National"] == pytest.approx(by_level["Regional"])
        # each has 5 pupils at most, and a score of at most 24
        assert 0 <= by_level["National"] - by_level["Local authority"] + 0.01 <= 5 * 24 * len(hidden) + 0.02


def test_ks4_symbols() -> None:
    """x: no Progress 8, no return; z: nobody there, or no such authority then; c: too few to tell."""
    of = {
        (row["la_name"] or row["region_name"] or "England", row["time_period"], row["social_care_group"]): row
        for row in rows("ks4_synthetic")
    }
    children = "CINO at 31 March"
    assert ["x"] * 5 == [of["England", "202425", children][column] for column in SIXTEEN[-5:]]
    assert "x" not in of["England", "202324", children].values()
    assert {"x"} == {of["Hackney", year, children][column] for year in ("202021", "202122") for column in SIXTEEN}
    assert "x" != of["Hackney", "202122", "CLA 12 months at 31 March"]["pupil_count"]
    assert {"z"} == {
        of["Cumbria", "202324", children]["pupil_count"],
        of["Cumberland", "202223", children]["pupil_count"],
    }
    assert ["0", *["z"] * 15] == [of["Isles of Scilly", "202223", children][column] for column in SIXTEEN]
    few = [row for row in of.values() if row["pupil_count"] == "c"]
    assert few
    assert all({"c"} == {row[column] for column in SIXTEEN[:-5]} for row in few)


def test_senco_has_the_shape_of_the_published_one() -> None:
    """918 rows: 153 authorities, three statuses, two months; five footnotes; no practitioners of all settings."""
    found = rows("senco_qualification_synthetic")
    assert (918, {"Local authority"}) == (len(found), {row["geographic_level"] for row in found})
    assert 153 == len({row["la_name"] for row in found})
    assert ["June"] * 459 + ["November"] * 459 == [row["time_identifier"] for row in found]
    assert ["Registered", "Completed", "Total local authority settings"] == [row["status"] for row in found[:3]]
    assert {"x"} == {row["no_of_practitioners"] for row in found if row["status"].startswith("Total")}
    of = {(row["la_name"], row["time_identifier"], row["status"]): int(row["no_of_settings"]) for row in found}
    for name, month, status in of:
        registered, completed, every = (of[name, month, one] for one in made.STATUSES)
        assert completed <= registered <= every
        assert of[name, "June", status] <= of[name, "November", status]
    with ees.Client(service=demo()) as client:
        senco = client.catalogue.latest(publication="Early years education recovery (synthetic)", title=SENCO_TITLE)
        assert (918, False, SENCO_ID, 5) == (senco.rows, senco.in_api, senco.id, len(senco.open().footnotes()))


def test_addresses_of_the_published_pages_lead_here() -> None:
    """What is copied from a page opens its data set, and the version whose rows the page counts."""
    site = "https://explore-education-statistics.service.gov.uk/data-catalogue/data-set"
    with ees.Client(service=demo()) as client:
        sen = client.open(f"{site}/{SEN_FILE_ID}")
        ks4 = client.open(f"{site}/{KS4_FILE_ID}")
    assert [(SEN_ID, "1.0"), (KS4_ID, "1.0")] == [(one.id, str(one.version)) for one in (sen, ks4)]


def test_nothing_is_read_before_it_is_asked_for() -> None:
    """The demo starts without reading its files."""
    code = (
        "import eesclient as ees; ees.local.demo(); from eesclient.local import synthetic as one; "
        "print(*(read.cache_info().currsize for read in (one._sen, one._ks4, one._senco)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert "0 0 0" == done.stdout.strip()
