"""Tests of the synthetic data sets that come with the package."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from eesclient.local import KS4_ID, SEN_ID, demo
from tests.doors.local import VersionData, ingest, pair_files
from tests.local.support import get, post, read
from tests.local.synthetic import SEN_PROVISIONS, Pair, ks4, sen, senco

SIXTEEN = [
    "pupil_count", "attainment8_sum", "attainment8_average", "engmath_95_total", "engmath_95_percent",
    "engmath_94_total", "engmath_94_percent", "ebacc_entering_total", "ebacc_entering_percent", "ebacc_aps_sum",
    "ebacc_aps_average", "progress8_pupil_count", "progress8_sum", "progress8_average", "progress8_lower_95_ci",
    "progress8_upper_95_ci",
]  # fmt: skip


def frame(pair: Pair) -> pl.DataFrame:
    """The data file as text."""
    return pl.read_csv(pair.data.encode(), infer_schema=False)


def imported(pair: Pair) -> VersionData:
    """The pair, imported."""
    return ingest(data_name="a.csv", data=pair.data.encode(), meta_name="a.meta.csv", meta=pair.meta.encode())


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
    assert ["1.0", "1.0"] == [item["latestVersion"]["version"] for item in found]


def test_sen_has_the_shape_of_the_published_one() -> None:
    """Filters, indicators, options and periods are those of the published data set."""
    meta = read(get(demo(), f"/data-sets/{SEN_ID}/meta", ("dataSetVersion", "1.*")))
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
    labels = {item["column"]: [option["label"] for option in item["options"]] for item in meta["filters"]}
    assert {"Total", "Education, health and care plan", "SEN support"} <= set(labels["sen_provision"])
    assert "All pupils comparison" in labels["social_care_group"]
    assert 1 == labels["sen_primary_need"].count("Total")


def test_sen_figures_add_up() -> None:
    """Provisions add up to all pupils, needs to their provision; the share of everything has no meaning."""
    table = frame(sen())
    keys = ["time_period", "social_care_group"]
    counts = table.with_columns(pl.col("pupil_count").cast(pl.Int64))
    totals = counts.filter(pl.col("sen_primary_need") == "Total")
    everyone = totals.filter(pl.col("sen_provision") == "Total")
    assert ["z"] == everyone["pupil_percent"].unique().to_list()
    parts = (
        totals.filter(pl.col("sen_provision") != "Total").group_by(keys, maintain_order=True).agg(pl.sum("pupil_count"))
    )
    assert everyone["pupil_count"].to_list() == parts["pupil_count"].to_list()
    provisions = [*keys, "sen_provision"]
    needs = counts.filter(pl.col("sen_primary_need") != "Total").group_by(provisions, maintain_order=True)
    with_needs = totals.filter(pl.col("sen_provision").is_in(list(SEN_PROVISIONS)))
    assert with_needs["pupil_count"].to_list() == needs.agg(pl.sum("pupil_count"))["pupil_count"].to_list()


def test_the_first_question_of_the_readme_has_an_answer() -> None:
    """Two provisions in two years, other filters at Total: four rows."""
    meta = read(get(demo(), f"/data-sets/{SEN_ID}/meta"))
    ids = {(item["column"], option["label"]): option["id"] for item in meta["filters"] for option in item["options"]}
    facets = [
        {"filters": {"eq": ids["social_care_group", "All pupils comparison"]}},
        {
            "filters": {
                "in": [ids["sen_provision", "Education, health and care plan"], ids["sen_provision", "SEN support"]]
            }
        },
        {"filters": {"eq": ids["sen_primary_need", "Total"]}},
        {"timePeriods": {"in": [{"code": "AY", "period": "2023/2024"}, {"code": "AY", "period": "2024/2025"}]}},
    ]
    answer = read(post(demo(), f"/data-sets/{SEN_ID}/query", {"criteria": {"and": facets}}))
    assert (4, []) == (len(answer["results"]), answer["warnings"])


def test_ks4_has_the_shape_of_the_published_one() -> None:
    """One filter, sixteen indicators, three levels; the column `version` is in the file only; x where not available."""
    data = imported(ks4())
    assert ["social_care_group"] == [item.column for item in data.meta.filters]
    table = frame(ks4())
    assert SIXTEEN == table.columns[-16:]
    assert set(SIXTEEN) == {item.column for item in data.meta.indicators}
    assert "version" in table.columns
    assert ["Local authority", "National", "Regional"] == [level.label for level in data.levels]
    assert "x" in table["progress8_average"].to_list()
    assert "x" in table["attainment8_average"].to_list()
    assert "x" not in table["pupil_count"].to_list()


@pytest.mark.parametrize(("name", "made"), [("sen", sen), ("ks4", ks4), ("senco_qualification", senco)])
def test_the_shipped_pairs_are_what_the_program_makes(name: str, made: Callable[[], Pair]) -> None:
    """The data sets lie in the package as files; they hold the generated figures, the same every time."""
    data, meta = (path.read_text("utf-8") for path in pair_files(f"{name}_synthetic"))
    assert made() == made() == Pair(data, meta)


def test_senco_has_the_shape_of_the_published_one() -> None:
    """One filter, two indicators and two releases; x where not available."""
    version = imported(senco())
    assert [("status", ["no_of_practitioners", "no_of_settings"])] == [
        (item.column, sorted(one.column for one in version.meta.indicators)) for item in version.meta.filters
    ]
    assert ["2024 June", "2024 November"] == [period.label for period in version.periods]
    assert "x" in frame(senco())["no_of_settings"].to_list()


def test_figures_stay_what_they_were() -> None:
    """A figure that docs quote."""
    assert "8048000" == frame(sen())["pupil_count"][0]
