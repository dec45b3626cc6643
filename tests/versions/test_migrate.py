"""Tests of rewriting questions for another version."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import polars as pl
import pytest

from eesclient import (
    IndicatorUnit,
    MigrationError,
    MigrationWarning,
    PinnedDataSet,
    Query,
    QueryError,
    UnknownLabelError,
    service_sort,
)
from eesclient import facets as f
from tests.doors.query import And, Comparator, FilterIds, Leaf, LocationKey, LocationKeys, Or
from tests.versions.chains import Row, Table, opened, renamed, replaced, small

TABLE = small()
Change = Callable[[Table], Table]


def chained(folder: Path, *changes: Change, toml: str = "") -> PinnedDataSet:
    """The data set at version 1.0, which these changes made 2.0 of."""
    table = TABLE
    for change in changes:
        table = change(table)
    return opened(folder, {"1.0": TABLE, "2.0": table}, {"2.0": toml})


def without(column: str, text: str) -> Change:
    """Drop rows."""
    return lambda table: table.edited(rows=[row for row in table.rows if row[column] != text])


def cells(change: Callable[[Row], Row]) -> Change:
    """Change rows."""
    return lambda table: table.with_cells(change)


def meta(change: Callable[[Row], Row]) -> Change:
    """Change the metadata file."""
    return lambda table: table.with_meta(change)


def with_filter(*options: str) -> Change:
    """Add a filter with these options, of which the rows have one after the other."""

    def change(table: Table) -> Table:
        rows = [row | {"type": options[place % len(options)]} for place, row in enumerate(table.rows)]
        line = {"col_name": "type", "col_type": "Filter", "label": "Type", "indicator_unit": "", "indicator_dp": ""}
        return table.edited(rows=rows, meta=[*table.meta, line])

    return change


def reasons(sen: PinnedDataSet, **words: Any) -> list[str]:
    """Why a question cannot be rewritten for version 2.0."""
    with pytest.raises(MigrationError) as caught:
        sen.compare("2.0").migrate(sen.build(**words))
    assert all(reason in str(caught.value) for reason in caught.value.reasons)
    return list(caught.value.reasons)


def migrated(sen: PinnedDataSet, **words: Any) -> Query:
    """The question for version 2.0, rewritten without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return sen.compare("2.0").migrate(sen.build(**words))


def test_every_part_is_rewritten(tmp_path: Path) -> None:
    """Columns and labels of the other version stand in every part of the question."""
    toml = (
        '[@.mappings]\nfilters.sex = "gender"\nindicators.rate = "share"\noptions.gender.Girls = "Female"\n'
        'locations.LA.Leeds = "E08000099"'
    )
    sen = chained(
        tmp_path,
        cells(renamed("sex", "gender")),
        meta(renamed("sex", "gender")),
        cells(renamed("rate", "share")),
        meta(renamed("rate", "share")),
        cells(replaced("gender", "Girls", "Female")),
        cells(replaced("gender", "Total", "All")),
        cells(replaced("new_la_code", "E08000035", "E08000099")),
        toml=toml + '\noptions.gender.Total = "All"',
    )
    query = migrated(
        sen,
        indicators=["Rate", "Number of pupils"],
        filters={"Phase": "Primary"},
        places="Leeds",
        periods="2022/23",
        others="Total",
        sort=["-Sex", service_sort("Rate"), "period", "LA"],
        dtypes={"rate": pl.Float32},
        limit=5,
        page_size=7,
        values="typed",
        names="label",
    )
    assert ["share", "pupils"] == [item.column for item in query.indicators]
    assert {"Sex": "All"} == query.pinned
    assert {"share": pl.Float32} == query.dtypes
    assert ("2.0", 5, 7, "label") == (str(query.version), query.limit, query.page_size, query.names)
    assert ["filters", "periods", "places", "others"] == [name for name, _ in query.parts]
    then = sen._client.open(sen.id, version="2.0")
    answer = then.query(query)
    assert query == attrs.evolve(query, meta=then.meta)
    assert {"E08000099"} == set(
        answer.frame["new_la_code"].to_list() if "new_la_code" in answer.frame else ["E08000099"]
    )
    old = sen.query(
        indicators=["Rate"], filters={"Phase": "Primary", "Sex": "Total"}, places="Leeds", periods="2022/23"
    )
    assert old.frame["rate"].to_list() == answer.frame["Rate"].cast(pl.Float64).round(1).to_list()


def test_every_reason(tmp_path: Path) -> None:
    """Everything that is gone and named is a reason, all at once."""
    drop = {"rate"}
    sen = chained(
        tmp_path,
        without("sex", "Girls"),
        without("la_name", "York"),
        without("time_period", "202122"),
        without("geographic_level", "Regional"),
        cells(lambda row: {name: text for name, text in row.items() if name not in drop}),
        lambda table: table.edited(meta=[line for line in table.meta if line["col_name"] not in drop]),
    )
    found = reasons(
        sen,
        indicators=["Rate"],
        filters={"Sex": ["Girls", "Boys"]},
        where=(f.location("LA") == "York") | (f.level == "Regional"),
        periods=["2021/22"],
        sort="-Rate",
    )
    assert found == [
        "option 'Girls' of filter 'Sex' is gone",
        "time period 2021/22 (Academic year) is gone",
        found[2],
        "level 'Regional' is gone",
        "indicator 'Rate' is gone",
    ]
    assert found[2].startswith("location York (Local authority, E06000014, 816, id")


def test_same_label_is_not_followed(tmp_path: Path) -> None:
    """What has another id is another thing, however alike; the reason names it."""
    sen = chained(
        tmp_path,
        cells(replaced("sex", "Girls", "girls ")),
        cells(replaced("new_la_code", "E08000035", "E08000099")),
        cells(renamed("rate", "rate_of")),
        meta(renamed("rate", "rate_of")),
        cells(renamed("phase", "stage")),
        meta(renamed("phase", "stage")),
    )
    same = "is new there, and the service does not say that it is the same"
    assert [f"option 'Girls' of filter 'Sex' is gone; 'girls ' {same}"] == reasons(
        sen, filters={"Sex": "Girls"}, indicators="Number of pupils"
    )[:1]
    found = reasons(sen, places="Leeds", indicators="Rate", filters={"Phase": "Total"}, sort="Phase")
    assert f"indicator 'Rate' is gone; 'Rate' {same}" in found
    assert f"filter 'Phase' is gone; 'Phase' {same}" in found
    assert any(reason.startswith("location Leeds") and "E08000099" in reason for reason in found)


def test_exclusions(tmp_path: Path) -> None:
    """What is gone need not be excluded, which is said; where something is new, it may be just that."""
    girls_gone = chained(
        tmp_path / "gone", without("sex", "Girls"), without("la_name", "York"), without("geographic_level", "Regional")
    )
    where = (f.filter("Sex") != "Girls") & (f.level != "Regional") & ~(f.location("LA") == "York")
    query = girls_gone.build(where=where & (f.filter("Sex").not_in(["Girls", "Boys"])))
    with pytest.warns(MigrationWarning) as caught:
        rewritten = girls_gone.compare("2.0").migrate(query)
    (said,) = {str(warning.message) for warning in caught}
    for name in ("option 'Girls' of filter 'Sex'", "level 'Regional'", "location York"):
        assert f"{name}" in said
    assert said.count("need not be excluded") == 3
    assert '"criteria": {\n    "filters": {\n      "notEq"' in rewritten.to_json()
    renamed_girls = chained(tmp_path / "renamed", cells(replaced("sex", "Girls", "Female")))
    assert ["option 'Girls' of filter 'Sex' is gone"] == reasons(renamed_girls, where=f.filter("Sex") != "Girls")


def test_nothing_left_to_exclude(tmp_path: Path) -> None:
    """A condition that holds for all rows goes; beside it an alternative does too."""
    sen = chained(tmp_path, without("sex", "Girls"))
    report = sen.compare("2.0")
    for where in (f.filter("Sex") != "Girls", (f.filter("Sex") != "Girls") | (f.level == "National")):
        with pytest.warns(MigrationWarning):
            assert report.migrate(sen.build(where=where)).criteria is None


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (f.period >= "2021/22", ("gte", "2022/2023")),
        (f.period > "2021/22", ("gte", "2022/2023")),
        (f.period < "2023/24", ("lte", "2022/2023")),
        (f.period <= "2023/24", ("lte", "2022/2023")),
    ],
)
def test_bounds(tmp_path: Path, where: Any, expected: tuple[str, str]) -> None:
    """A bound that is gone has a neighbour which says the same of the periods that there are."""
    sen = chained(tmp_path, without("time_period", "202122"), without("time_period", "202324"))
    with pytest.warns(MigrationWarning, match=r"is gone: counted from 2022/23 \(Academic year\) instead"):
        query = sen.compare("2.0").migrate(sen.build(where=where))
    assert f'"timePeriods":{{"{expected[0]}":{{"period":"{expected[1]}","code":"AY"}}}}' in query.to_json(indent=None)


def test_no_bound(tmp_path: Path) -> None:
    """Without a neighbour no period meets the condition."""
    sen = chained(tmp_path, without("time_period", "202324"))
    assert ["time period 2023/24 (Academic year) is gone, and there is none after it"] == reasons(
        sen, where=f.period >= "2023/24"
    )


def test_new_filter(tmp_path: Path) -> None:
    """A new filter is pinned to its total where the question was made so, else the user must say."""
    sen = chained(tmp_path, with_filter("Total", "A", "B"))
    report = sen.compare("2.0")
    totals, open_ = sen.build(others="Total"), sen.build(filters={"Sex": "Girls"})
    with pytest.warns(MigrationWarning, match="new filter 'Type' pinned to 'Total'"):
        pinned = report.migrate(totals)
    assert {"Sex": "Total", "Phase": "Total", "Type": "Total"} == pinned.pinned
    with pytest.raises(
        MigrationError, match=r"'Type' is new and divides the rows.*others=\{'Type': \.\.\.\} with one of"
    ):
        report.migrate(open_)
    for others, label in (("Total", "Total"), ({"Type": "B"}, "B")):
        with pytest.warns(MigrationWarning, match="new filter"):
            assert {"Type": label} == report.migrate(open_, others=others).pinned
    with pytest.raises(UnknownLabelError):
        report.migrate(open_, others={"Type": "C"})
    with pytest.raises(UnknownLabelError):
        report.migrate(open_, others={"Kind": "C"})
    with pytest.raises(QueryError, match='write "Total"'):
        report.migrate(open_, others="All")
    with pytest.raises(QueryError, match=r"and \"Sex\" the question's has"):
        report.migrate(open_, others={"Sex": "Total"})


def test_new_filter_without_a_total(tmp_path: Path) -> None:
    """A new filter without exactly one total is a reason; one with a single option divides nothing."""
    sen = chained(tmp_path / "two", with_filter("A", "B"))
    assert ["filter 'Type' is new and divides the rows, and it has not exactly one total"] == [
        reason.partition(":")[0] for reason in reasons(sen, others="Total")
    ]
    single = chained(tmp_path / "one", with_filter("A"))
    with pytest.warns(MigrationWarning, match="new filter 'Type' pinned to 'A'"):
        assert single.compare("2.0").migrate(single.build(others="Total")).pinned["Type"] == "A"
    with pytest.warns(MigrationWarning, match="new filter 'Type' has one option only, and is left open"):
        assert not single.compare("2.0").migrate(single.build()).pinned


def test_filter_that_is_gone(tmp_path: Path) -> None:
    """Without a filter rows are divided otherwise, whether the question names it or not."""
    divided = [with_filter("A", "B"), with_filter("A")]
    for place, change in enumerate(divided):
        folder = tmp_path / str(place)
        sen = opened(folder, {"1.0": change(TABLE), "2.0": TABLE})
        if place == 0:
            assert ["filter 'Type' is gone, which divided the rows"] == reasons(sen, filters={"Sex": "Total"})
            assert ["filter 'Type' is gone"] == reasons(sen, filters={"Type": "A"})
            assert ["filter 'Type' is gone"] == reasons(sen, where=f.filter("Type") != "A")
        else:
            with pytest.warns(MigrationWarning, match="filter 'Type' is gone, which had one option only"):
                sen.compare("2.0").migrate(sen.build())


def test_unit(tmp_path: Path) -> None:
    """Another unit is said."""
    sen = chained(tmp_path, meta(lambda line: line | ({"indicator_unit": "£"} if line["col_name"] == "rate" else {})))
    report = sen.compare("2.0")
    with pytest.warns(MigrationWarning, match="the unit of indicator 'Rate' changed from '%' to '£'"):
        query = report.migrate(sen.build(indicators="Rate"))
    assert IndicatorUnit("£") == query.indicators[0].unit
    assert migrated(sen, indicators="Number of pupils")


def test_indicators_of_all(tmp_path: Path) -> None:
    """A question about all indicators keeps those that it had."""
    line = {"col_name": "more", "col_type": "Indicator", "label": "More", "indicator_unit": "", "indicator_dp": "0"}
    sen = chained(tmp_path, cells(lambda row: row | {"more": "1"}), lambda t: t.edited(meta=[*t.meta, line]))
    assert ["pupils", "rate"] == sorted(item.column for item in migrated(sen).indicators)


def test_location_level_that_is_gone(tmp_path: Path) -> None:
    """A level of locations without its columns is gone, for conditions and sorts."""
    names = {"region_code", "region_name"}
    sen = chained(
        tmp_path,
        without("geographic_level", "Regional"),
        cells(lambda row: {name: text for name, text in row.items() if name not in names}),
    )
    assert ["location level 'Regional' is gone"] == reasons(sen, sort="REG")
    (found,) = reasons(sen, where=f.location("REG") != "Yorkshire")
    assert found.startswith("location Yorkshire (Regional, E12000003, id ")


def test_trees_by_hand(tmp_path: Path) -> None:
    """Lists of options of several filters, locations by code and unknown ids are rewritten or refused too."""
    toml = '[@.mappings]\noptions.sex.Girls = "Female"\nlocations.LA.Leeds = "E08000099"'
    sen = chained(
        tmp_path,
        cells(replaced("sex", "Girls", "Female")),
        cells(replaced("new_la_code", "E08000035", "E08000099")),
        toml=toml,
    )
    ids = {option.label: option.id for item in sen.meta.filters for option in item.options}
    leeds = LocationKey(level="LA", property="code", value="E08000035")
    both = FilterIds(comparator=Comparator.IN, ids=(ids["Girls"], ids["Primary"]))
    query = attrs.evolve(
        sen.build(), criteria=And(clauses=(both, LocationKeys(comparator=Comparator.EQ, keys=(leeds,))))
    )
    report = sen.compare("2.0")
    rewritten = report.migrate(query).criteria
    assert isinstance(rewritten, And)
    alternatives, place = rewritten.clauses
    assert isinstance(alternatives, Or)
    assert {ids["Girls"], ids["Primary"]} == {leaf.values[0] for leaf in alternatives.clauses if isinstance(leaf, Leaf)}
    assert isinstance(place, Leaf)
    assert "locations" == place.facet
    assert "id" == place.values[0].property
    unknown = FilterIds(comparator=Comparator.NOT_IN, ids=("nope", ids["Girls"]))
    nowhere = LocationKeys(comparator=Comparator.EQ, keys=(attrs.evolve(leeds, value="nope"),))
    with pytest.raises(MigrationError) as caught:
        report.migrate(attrs.evolve(query, criteria=And(clauses=(unknown, nowhere))))
    assert caught.value.reasons == (
        "an option with id 'nope' is gone",
        "a location with code 'nope' at level 'Local authority' is gone",
    )


def test_own_rows_that_are_new(tmp_path: Path) -> None:
    """An area of within= has no rows of its own in one version, and those that it has in the other stay out."""
    whole, less = TABLE, without("geographic_level", "Regional")(TABLE)
    sen = opened(tmp_path, {"1.0": less, "2.0": whole})
    query = migrated(sen, within="Yorkshire", indicators="pupils")
    with sen._client as client:
        there = client.open(sen.id, version="2.0")
        assert {"Local authority"} == {*there.query(query).frame["geographic_level"]}
        same = there.query(within="Yorkshire", indicators="pupils").frame
        assert same.equals(there.query(query).frame)
        both = migrated(sen, within="Yorkshire", include_self=True, indicators="pupils")
        assert 3 * same.height == 2 * there.query(both).frame.height
