"""Tests of CSV pairs becoming a version, and of how its rows are kept."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from eesclient import DataFileError, FilterOption, LocationOption
from tests.doors.local import ROW, Content, Numbering, Rows, ingest, packing
from tests.local.support import DATA_HEADER, ENGLAND, META_HEADER, imported, number_of, packed, table_of

META = f"{META_HEADER}\nsex,Filter,Sex,,,Which sex\nage,Filter,Age,,,\nn,Indicator,Number,,0,\nm,Indicator,Mean,pp,,\n"
DATA = (
    f"{DATA_HEADER},region_code,region_name,note,sex,age,n,m\n"
    f"{ENGLAND},,,x,Total,Year 10,1,z\n"
    '202223,Academic year,Regional,E92000001,England,E12000002,North West,x,Girls,Year 9,02,"1,5"\n'
    "2023,Calendar year,Regional,E92000001,England,E12000001,North East,x, Total,,3.0,\n"
).replace("3.0,\n", "3.0,low\n")


def refusal(data: str, meta: str = META) -> DataFileError:
    """The error that a pair gives."""
    with pytest.raises(DataFileError) as caught:
        imported(data, meta)
    return caught.value


def test_metadata() -> None:
    """Filters, indicators, levels, locations and periods come as `/meta` has them."""
    meta = imported(DATA, META).meta
    assert ["Age", "Sex"] == [item.label for item in meta.filters]
    assert ["dP0Zw", "O7CLF"] == [item.id for item in meta.filters]
    assert ["", "Which sex"] == [item.hint for item in meta.filters]
    # one sequence over all filters: Age has 1 and 2; in the database's order " Total" stands before "Total"
    options = (
        FilterOption(id="pTSoj", label=" Total"),
        FilterOption(id="7zXob", label="Girls"),
        FilterOption(id="IzBzg", label="Total"),
    )
    assert options == meta.filters[1].options
    assert [("Mean", "pp", None), ("Number", None, 0)] == [
        (item.label, item.unit, item.decimal_places) for item in meta.indicators
    ]
    assert ["National", "Regional"] == [level.label for level in meta.levels]
    assert ["NAT", "REG"] == [str(group.level.code) for group in meta.locations]
    north_east = LocationOption(id="O7CLF", label="North East", code="E12000001")
    assert north_east == meta.locations[1].options[0]
    assert [("AY", "2022/2023", "2022/23"), ("AY", "2023/2024", "2023/24"), ("CY", "2023", "2023")] == [
        (str(item.code), item.period, item.label) for item in meta.periods
    ]


@pytest.mark.parametrize("column", ["place", "row", "period", "level"])
def test_any_name_of_a_filter(column: str) -> None:
    """A filter may be called like what an import makes of a file."""
    data = imported(
        f"{DATA_HEADER},{column},n\n{ENGLAND},Home,1\n", f"{META_HEADER}\n{column},Filter,F,,,\nn,Indicator,N,,,\n"
    )
    assert [(column, "Home")] == [(item.column, item.options[0].label) for item in data.meta.filters]
    assert [1] == table_of(data)[f"filter:{data.meta.filters[0].id}"].to_list()


def test_table() -> None:
    """Rows hold places, 0 for none, and the text of indicators."""
    data = imported(DATA, META)
    assert ["2022/2023", "2023", "2023/2024"] == [item.period for item in data.periods]
    assert {
        "period": [3, 1, 2],
        "level": [1, 2, 2],
        "location:NAT": [1, 1, 1],
        "location:REG": [0, 2, 1],
        "filter:dP0Zw": [1, 2, 0],
        "filter:O7CLF": [3, 2, 1],
        "indicator:dP0Zw": ["z", "1,5", "low"],
        "indicator:O7CLF": ["1", "02", "3.0"],
    } == table_of(data).to_dict(as_series=False)
    assert data.csv.read() == DATA.encode()


def test_a_location_needs_all_its_cells() -> None:
    """A row that lacks a code or the name has no location at that level; a level without any has no options."""
    header = f"{DATA_HEADER},old_la_code,new_la_code,la_name,n"
    cells = ["330,E08000025,Birmingham,1", ",E08000025,Birmingham,2", "330,,Birmingham,3", "330,E08000025,,4"]
    data = imported("\n".join([header, *(f"{ENGLAND},{row}" for row in cells)]), META)
    assert [1, 0, 0, 0] == table_of(data)["location:LA"].to_list()
    empty = imported(f"{header}\n{ENGLAND},330,,Birmingham,1\n", META)
    assert [("LA", 0), ("NAT", 1)] == [(str(group.level.code), len(group.options)) for group in empty.meta.locations]


def test_locations_are_numbered_by_code_and_placed_by_name() -> None:
    """New code, then old code, then name decide the number; the name decides the place; a code may have two names."""
    header = f"{DATA_HEADER},old_la_code,new_la_code,la_name,n"
    cells = ["1,E2,Alpha,1", "2,E1,Zeta,1", "1,E1,Beta,1", "1,E1,beta,1"]
    meta = imported("\n".join([header, *(f"{ENGLAND},{row}" for row in cells)]), META).meta
    assert [("Alpha", "pTSoj"), ("beta", "O7CLF"), ("Beta", "dP0Zw"), ("Zeta", "7zXob")] == [
        (option.label, option.id) for option in meta.locations[0].options
    ]


def test_pairs_without_filters_or_indicators() -> None:
    """A table may have neither."""
    data = imported(f"{DATA_HEADER}\n{ENGLAND}\n", f"{META_HEADER}\n")
    assert ((), (), 1) == (tuple(data.meta.filters), tuple(data.meta.indicators), data.rows.height)


def test_a_level_in_another_case() -> None:
    """The import takes it, lists it, and leaves the text in the table."""
    data = imported(f"{DATA_HEADER}\n{ENGLAND}\n202324,Academic year,NATIONAL,,\n", f"{META_HEADER}\n")
    assert [("NAT", "National")] * 2 == [(level.code, level.label) for level in data.meta.levels]
    assert ["NATIONAL", "National"] == [level.label for level in data.levels]
    assert (2, 2) == (data.rows.height, data.summary.rows)


def test_headings_of_places_in_another_case() -> None:
    """They are refused where the level has a place, else it has none; without an exact heading there is no level."""
    header = f"{DATA_HEADER},Region_code,region_name"
    assert refusal(f"{header}\n{ENGLAND},E1,A\n").column == "Region_code"
    data = imported(f"{header}\n{ENGLAND},,A\n", f"{META_HEADER}\n")
    assert [("National", 1), ("Regional", 0)] == [(one.level.label, len(one.options)) for one in data.meta.locations]
    assert [0] == table_of(data)["location:REG"].to_list()
    data = imported(f"{header.replace('region', 'Region')}\n{ENGLAND},E1,A\n", f"{META_HEADER}\n")
    assert ["National"] == [one.level.label for one in data.meta.locations]


def test_rows_whose_identifier_stands_in_another_case_are_lost() -> None:
    """They count in the file and have a time period, and may have empty indicators."""
    lost = "202223,academic year,National,E92000001,England,"
    data = imported(f"{DATA_HEADER},n\n{ENGLAND},1\n{lost}\n", f"{META_HEADER}\nn,Indicator,N,,,\n")
    assert ["2022/2023", "2023/2024"] == [period.period for period in data.periods]
    assert (1, 2) == (data.rows.height, data.summary.rows)
    assert ["2"] == table_of(data).select(pl.col("period").cast(pl.String)).to_series().to_list()


def test_a_place_of_two_levels_is_served_twice() -> None:
    """A row is there again with the other level's place, before or behind those of its own by label."""
    header = f"{DATA_HEADER},region_code,region_name,new_la_code,old_la_code,la_name,lad_code,lad_name\n"
    rows = [f"{ENGLAND},R,North,E1,8,Leeds,E1,Leeds", f"{ENGLAND},E1,Leeds,,,,,", f"{ENGLAND},R,North,,,,,"]
    data = imported(header + "\n".join(rows), f"{META_HEADER}\n")
    groups = {str(group.level.code): data.locations(group) for group in data.meta.locations}
    names = {
        level: [None, *((option.code, option.label, option.old_code) for option in options)]
        for level, options in groups.items()
    }
    found = [
        tuple(names[level][row[f"location:{level}"]] for level in ("REG", "LA", "LAD"))
        for row in table_of(data).iter_rows(named=True)
    ]
    leeds, old, north = ("E1", "Leeds", None), ("E1", "Leeds", "8"), ("R", "North", None)
    districts = [(north, old, place) for place in (leeds, old, leeds)]
    regions = [(place, None, None) for place in (leeds, old, leeds, north)]
    assert Counter([*districts, *regions]) == Counter(found)
    assert (7, 3) == (data.rows.height, data.summary.rows)


def test_decimal_places_and_types_of_rows_about_nothing_are_read() -> None:
    """Each row of a metadata file is, and a summary has those whose type stands in another case."""
    data = imported(f"{DATA_HEADER},sex,n\n{ENGLAND},A,1\n", f"{META_HEADER}\nsex,filter,Sex,,,\nn,Indicator,N,,,\n")
    assert ((), ("Sex",), ("N",)) == (tuple(data.meta.filters), data.summary.filters, data.summary.indicators)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("id", "Filter"), ("ID", "Indicator"), ("time_period_id", "Indicator"), ("locations_nat_id", "Filter"),
     ("code", "Indicator"), ("Period", "Indicator"), ("filter_column", "Indicator"), ("locations_nat", "Filter"),
     ("time_periods", "Filter"), ("rowid", "Indicator")],
)  # fmt: skip
def test_names_of_the_tables_of_the_import_are_refused(name: str, kind: str) -> None:
    """A column is refused whose name the import's own tables have where it asks for it."""
    header, about = f"{DATA_HEADER},sex,{name}", f"{META_HEADER}\nsex,Filter,Sex,,,\n{name},{kind},Odd,,,\n"
    error = refusal(f"{header}\n{ENGLAND},A,1\n", about)
    assert error.column == name
    assert "is a name that the service's own tables have" in str(error)


@pytest.mark.parametrize(("name", "kind"), [("code", "Filter"), ("locations_nat", "Indicator"), ("level", "Filter")])
def test_names_that_only_look_like_those(name: str, kind: str) -> None:
    """Filters are asked for by the file's own name, and indicators are no names of tables."""
    header, about = f"{DATA_HEADER},{name}", f"{META_HEADER}\n{name},{kind},Odd,,,\n"
    assert 1 == imported(f"{header}\n{ENGLAND},A\n", about).rows.height


LONG = "x" * 121


@pytest.mark.parametrize(
    ("data", "line", "column", "words"),
    [
        ("time_period,geographic_level\n2023,National\n", 1, "time_identifier", "is missing"),
        ("time_period,time_identifier\n2023,Week 1\n", 1, "geographic_level", "is missing"),
        (f"{DATA_HEADER}\n", None, None, "no rows"),
        (
            f"{DATA_HEADER}\n202324,Spring half,National,,\n",
            2,
            "time_identifier",
            "'Spring half' is not a time identifier",
        ),
        (
            f"{DATA_HEADER}\n{ENGLAND}\n202325,Academic year,National,,\n",
            3,
            "time_period",
            "'202325' is not a time period",
        ),
        (f"{DATA_HEADER}\n2023-24,Academic year,National,,\n", 2, "time_period", "is not a time period"),
        (f"{DATA_HEADER}\n{ENGLAND}\n202324,Academic year,nation,,\n", 3, "geographic_level", "'nation' is no"),
        (f"{DATA_HEADER}\n{ENGLAND}\n{ENGLAND.lower()}\n", 3, "time_identifier", "are one time period of 202324"),
        (f"{DATA_HEADER}\n000001,Academic year,National,,\n", 2, "time_period", "'000001' is not a time period"),
        (f"{DATA_HEADER},rsc_region_lead_name\n{ENGLAND},\n{ENGLAND},A\n", 3, "rsc_region_lead_name", "RSC"),
        (f"{DATA_HEADER}\n202324,Academic year,,,\n", 2, "geographic_level", "'' is not a geographic level"),
        (f"{DATA_HEADER},school_urn,school_name\n{ENGLAND},1,A\n", None, "school_laestab", "of the level 'School'"),
        (f"{DATA_HEADER},la_name\n{ENGLAND},A\n", None, "new_la_code", "this column is missing"),
        (f"{DATA_HEADER},region_code,region_name\n{ENGLAND},{'x' * 31},A\n", 2, "region_code", "31 characters"),
        (f"{DATA_HEADER},region_code,region_name\n{ENGLAND},E1,{LONG}\n", 2, "region_name", "121 characters"),
        (f"{DATA_HEADER},provider_ukprn,provider_name\n{ENGLAND},{'1' * 21},A\n", 2, "provider_ukprn", "takes 20"),
        (f"{DATA_HEADER},sex\n{ENGLAND},Total\n{ENGLAND},{LONG}\n", 3, "sex", "takes 120"),
        (f"{DATA_HEADER},n\n{ENGLAND},1\n{ENGLAND},\n", 3, "n", "an indicator cell is empty"),
        (f'{DATA_HEADER},n\n{ENGLAND},""\n', 2, "n", "an indicator cell is empty"),
    ],
)
def test_refused_data(data: str, line: int | None, column: str | None, words: str) -> None:
    """Data that the service would not import is an error with line and column."""
    error = refusal(data)
    assert ("test.csv", line, column) == (error.file, error.line, error.column)
    assert words in str(error)


def test_empty_cells_elsewhere_are_fine() -> None:
    """Filters, locations and columns outside the metadata may be empty."""
    assert 1 == imported(f"{DATA_HEADER},sex,note\n{ENGLAND},,\n", META).rows.height


def test_versions_keep_ids() -> None:
    """Equal keys keep their ids, new things get the next number, and what comes back later is new but for locations."""
    meta = f"{META_HEADER}\nsex,Filter,Sex,,,\nn,Indicator,Number,,,\n"
    header = f"{DATA_HEADER},region_code,region_name,sex,n\n"

    def rows(*cells: str) -> bytes:
        return (header + "".join(f"{ENGLAND},{cell}\n" for cell in cells)).encode()

    versions = [rows("E1,A,Boys,1", "E2,B,Girls,1"), rows("E3,C,All,1", "E2,B,Girls,1"), rows("E1,A,Boys,1")]
    numbering = Numbering()
    options, regions = [], []
    for content in versions:
        found = ingest(
            data_name="t.csv", data=content, meta_name="t.meta.csv", meta=meta.encode(), numbering=numbering
        ).meta
        options.append({option.label: option.id for option in found.filters[0].options})
        regions.append({option.label: option.id for option in found.locations[1].options})
        assert ("dP0Zw", "dP0Zw") == (found.filters[0].id, found.indicators[0].id)
    assert [{"Boys": "dP0Zw", "Girls": "O7CLF"}, {"All": "7zXob", "Girls": "O7CLF"}, {"Boys": "pTSoj"}] == options
    assert [{"A": "O7CLF", "B": "7zXob"}, {"B": "7zXob", "C": "pTSoj"}, {"A": "O7CLF"}] == regions


def test_a_kept_id_does_not_count_for_another_filter() -> None:
    """The same label in two filters has two ids."""
    meta = f"{META_HEADER}\na,Filter,A,,,\nb,Filter,B,,,\n"
    found = imported(f"{DATA_HEADER},a,b\n{ENGLAND},Total,Total\n", meta).meta
    assert ["dP0Zw", "O7CLF"] == [item.options[0].id for item in found.filters]


def test_things_mapped_by_hand() -> None:
    """An analyst's mapping keeps ids or makes new ones, for one version; options follow their filter."""
    numbering = Numbering()

    def number(*places: tuple[str, ...]) -> list[int | None]:
        numbering.begin_version()
        return [number_of(numbering.public_id(kind, *key)) for kind, *key in places]  # type: ignore[arg-type]

    first = ("filter", "a"), ("option", "a", "x"), ("filter", "b"), ("option", "b", "x"), ("location", "LA", "A")
    assert [1, 1, 2, 2, 1, 1] == number(*first, first[0])
    numbering.map_by_hand("filter", ("c",), ("a",))
    numbering.map_by_hand("filter", ("b",), None)
    numbering.map_by_hand("location", ("LA", "B"), ("LA", "A"))
    second = ("filter", "c"), ("option", "c", "x"), ("filter", "b"), ("option", "b", "x"), ("location", "LA", "B")
    assert [1, 1, 3, 3, 1] == number(*second)
    assert [1, 1, 3, 3, 1, 3] == number(*second, ("location", "LA", "C"))
    assert [4, 4] == number(*first[:2])


FRAME = pl.DataFrame(
    {"period": [3, 1, 2, 1], "filter:a": [0, 2, 1, 1], "indicator:i": ["10", "", "z", 'say "é"']},
    schema={"period": pl.UInt32, "filter:a": pl.UInt32, "indicator:i": pl.String},
)


@pytest.mark.parametrize(("keep", "room"), [(Rows.of, 0), (packed, 1 << 20), (packed, 0)])
@given(
    rows=st.lists(st.integers(0, 3), unique=True),
    columns=st.lists(st.sampled_from(FRAME.columns), unique=True, min_size=1),
)
def test_rows(keep: Callable[[pl.DataFrame], Rows], room: int, rows: list[int], columns: list[str]) -> None:
    """Any rows come in the order in which they were asked for, with the columns that were asked for."""
    kept = keep(FRAME)
    numbers = pl.Series(rows, dtype=pl.UInt32)

    assert (4, tuple(FRAME.columns)) == (kept.height, kept.columns)
    assert_frame_equal(FRAME, kept.scan().collect().drop(ROW))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "_AT_HAND", room)
        assert_frame_equal(FRAME[numbers].select(columns), kept.take(numbers, columns))
        assert_frame_equal(FRAME.with_row_index(ROW), kept.at_hand().collect())


def test_packed_tables_are_unpacked_within_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was asked last stays unpacked; what was asked longest ago, what is too large and what is gone does not."""
    first, second, third = tables = [packed(FRAME) for _ in range(3)]
    monkeypatch.setattr(packing, "_AT_HAND", 2 * first.size)

    def asked() -> list[bool]:
        return ["Parquet SCAN" not in table.at_hand().explain() for table in tables]

    def held() -> list[Rows]:
        return [table for table in packing._unpacked._frames if table in tables]

    monkeypatch.setattr(packing, "_unpacked", packing._Unpacked())
    assert [True, True] == asked()[:2]
    assert [second, third] == held()
    second.at_hand()
    first.at_hand()
    assert [second, first] == held()
    monkeypatch.setattr(packing, "_AT_HAND", first.size - 1)
    assert [False, False, False] == asked()

    monkeypatch.setattr(packing, "_AT_HAND", first.size)
    first.at_hand()
    del first
    tables.clear()
    gc.collect()
    assert not packing._unpacked._frames


def test_no_rows() -> None:
    """A table without rows is kept like any other."""
    empty = packed(FRAME.clear())
    assert_frame_equal(FRAME.clear(), empty.take(pl.Series([], dtype=pl.UInt32), FRAME.columns))


def test_large_tables_take_little_memory() -> None:
    """A large table with few texts becomes much smaller, and a small one stays as it is."""
    large = pl.DataFrame({"indicator:i": ["a text that many rows have"] * 200_000})
    assert large.estimated_size() > packing._LARGE
    assert "Parquet SCAN" in Rows.of(large).scan().explain()
    assert "Parquet SCAN" not in Rows.of(FRAME).scan().explain()


@pytest.mark.parametrize("large", [0, 10**9], ids=["packed", "plain"])
@given(content=st.binary(max_size=300), size=st.integers(1, 400))
def test_files(large: int, content: bytes, size: int) -> None:
    """A file keeps every byte, and its beginning can be read by itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "_LARGE", large)
        kept = Content.of(content)

    assert len(content) == kept.size
    assert content == kept.read()
    assert content[:size] == kept.read(size)


def test_large_files_take_little_memory() -> None:
    """What is kept of a large file is smaller than the file."""
    content = b"202324,Academic year,National,E92000001,England,Total,10\n" * 100_000
    assert len(Content.of(content)._bytes) < len(content) / 10
