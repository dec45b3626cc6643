"""Tests of which changes touch a question."""

from __future__ import annotations

from typing import Any

import pytest

from eesclient import PinnedDataSet
from eesclient import facets as f
from tests.versions.chains import Row, Table, opened, small

TABLE = small()
NAMES = {
    ("sex", "Girls"): "Female",
    ("phase", "Primary"): "Primary phase",
    ("la_name", "Leeds"): "City of Leeds",
}
LINE = {"col_type": "Indicator", "indicator_unit": "", "indicator_dp": "0"}
TOML = '[@.mappings]\noptions.sex.Girls = "Female"\nlocations.LA.Leeds = "City of Leeds"\nfilters.phase = "stage"'


def later() -> Table:
    """Words changed, an option gone and another come, a year gone and another come, regions gone, an indicator come."""
    rows: list[Row] = []
    for row in TABLE.rows:
        if row["time_period"] == "202122" or row["geographic_level"] == "Regional" or row["sex"] == "Boys":
            continue
        new = {name: NAMES.get((name, text), text) for name, text in row.items()} | {"more": "1"}
        new["stage"] = new.pop("phase")
        rows += [new, new | {"stage": "Nursery"}] if row["phase"] == "Secondary" else [new]
    rows += [row | {"time_period": "202425"} for row in rows if row["time_period"] == "202324"]
    meta = [line | {"label": f"{line['label']}s"} if line["col_name"] == "rate" else line for line in TABLE.meta]
    meta = [line | {"col_name": "stage"} if line["col_name"] == "phase" else line for line in meta]
    return Table(rows=tuple(rows), meta=(*meta, LINE | {"col_name": "more", "label": "More"}))


EVERYTHING = [
    "filter Phase updated",
    "option Primary deleted",
    "option Boys deleted",
    "option Girls updated",
    "option Nursery added",
    "option Primary phase added",
    "indicator Rate updated",
    "indicator More added",
    "level Regional deleted",
    "location Leeds updated",
    "period 2021/22 deleted",
    "period 2024/25 added",
]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> PinnedDataSet:
    """The data set at its first version."""
    return opened(tmp_path_factory.mktemp("chain"), {"1.0": TABLE, "2.0": later()}, {"2.0": TOML})


def touched(sen: PinnedDataSet, **words: Any) -> list[str]:
    """The changes that touch a question."""
    found = sen.compare("2.0").affects(sen.build(**words))
    return [f"{change.facet} {getattr(change.before or change.after, 'label', '')} {change.kind}" for change in found]


def test_everything(first: PinnedDataSet) -> None:
    """A question about everything is touched by every change."""
    assert EVERYTHING == touched(first)


LEFT_OUT: list[tuple[dict[str, Any], set[str]]] = [
    ({"indicators": "Rate"}, {"indicator More added"}),
    ({"indicators": "Number of pupils"}, {"indicator More added", "indicator Rate updated"}),
    ({"indicators": "Number of pupils", "sort": "-Rate"}, {"indicator More added"}),
    ({"filters": {"Sex": "Total"}}, {"option Boys deleted", "option Girls updated"}),
    ({"filters": {"Sex": ["Girls", "Total"]}}, {"option Boys deleted"}),
    ({"where": f.filter("Sex") != "Girls"}, set()),
    ({"where": ~(f.filter("Sex") == "Boys")}, set()),
    (
        {"others": "Total"},
        {name for name in EVERYTHING if name.startswith("option")},
    ),
    (
        {"where": (f.filter("Sex") == "Total") | (f.filter("Phase") == "Total")},
        set(),
    ),
    (
        {"where": (f.filter("Sex") == "Total") | (f.filter("Sex") == "Boys")},
        {"option Girls updated"},
    ),
    ({"levels": "National"}, {"level Regional deleted"}),
    ({"where": f.level != "Regional"}, set()),
    ({"places": "York"}, {"level Regional deleted", "location Leeds updated"}),
    ({"places": ["York", "Leeds"]}, {"level Regional deleted"}),
    ({"where": f.location("LA") != "York"}, set()),
    ({"where": f.location("REG") == "Yorkshire"}, set()),
    ({"periods": "2022/23"}, {"period 2021/22 deleted", "period 2024/25 added"}),
    ({"periods": ["2021/22"]}, {"period 2024/25 added"}),
    ({"where": f.period >= "2022/23"}, {"period 2021/22 deleted"}),
    ({"where": f.period > "2021/22"}, set()),
    ({"where": f.period <= "2022/23"}, {"period 2024/25 added"}),
    ({"where": f.period < "2022/23"}, {"period 2024/25 added"}),
]


@pytest.mark.parametrize(("words", "left_out"), LEFT_OUT)
def test_left_out(first: PinnedDataSet, words: dict[str, Any], left_out: set[str]) -> None:
    """What the question's conditions rule out does not touch it; what it names does."""
    assert left_out == set(EVERYTHING) - set(touched(first, **words))


def test_headings(first: PinnedDataSet, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A filter with new words touches a question that names it, or has its label as heading."""
    relabelled = TABLE.with_meta(lambda line: line | ({"label": "Stage"} if line["col_name"] == "phase" else {}))
    sen = opened(tmp_path_factory.mktemp("chain"), {"1.0": TABLE, "1.1": relabelled})
    report = sen.compare("1.1")
    assert () == report.affects(sen.build(filters={"Sex": "Total"}))
    for words in ({"names": "label"}, {"sort": "Phase"}, {"filters": {"Phase": "Total"}}):
        assert report.changes == report.affects(sen.build(**words))  # type: ignore[arg-type]


def test_levels_of_locations(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A level of locations that goes takes columns with it."""
    names = {"region_code", "region_name"}
    rows = [
        {name: text for name, text in row.items() if name not in names}
        for row in TABLE.rows
        if row["geographic_level"] != "Regional"
    ]
    sen = opened(tmp_path_factory.mktemp("chain"), {"1.0": TABLE, "2.0": TABLE.edited(rows=rows)})
    assert ["location level Regional deleted"] == touched(sen, levels="National", others="Total")
