"""Tests of sums, and of the sums that are refused."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import attrs
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eesclient import (
    Indicator,
    IndicatorUnit,
    LocationGroup,
    LocationOption,
    QueryError,
    QueryResult,
    SuppressedCellsWarning,
    UnknownLabelError,
)
from tests.table.example import (
    BATH,
    BURY,
    COUNT,
    META,
    NORTH,
    PERIODS,
    PROVENANCE,
    QUERY,
    SEX,
    SHARE,
    SOUTH,
    TYPE,
    Row,
    level,
    pages,
    result,
)

TOTAL, GIRLS, BOYS = SEX.options
LA = Row(level="LA", reg=NORTH, la=BURY, sex=GIRLS, count="3")
PUPILS = "Number of pupils"


def asked_as(indicator: Indicator, *rows: Row, **dtypes: Any) -> QueryResult:
    """An answer whose whole numbers are another indicator's."""
    named = attrs.evolve(indicator, id=COUNT.id)
    meta = attrs.evolve(META, indicators=(named,))
    return result(rows, attrs.evolve(QUERY, meta=meta, indicators=(named, *QUERY.indicators[::2]), dtypes=dtypes))


def test_sums_by_a_key() -> None:
    """A row for each combination, with the columns of what is kept, the sum, and how many cells have no number."""
    rows = [LA, attrs.evolve(LA, sex=BOYS), attrs.evolve(LA, la=BATH, reg=SOUTH, count="5")]
    found = result(rows).add_up(PUPILS, by=["Regional", "period"])

    assert [
        "region_code", "region_name", "time_period", "time_identifier", "pupils", "pupils_suppressed",
    ] == found.columns  # fmt: skip
    assert {("North", 6, 0), ("South", 5, 0)} == set(found.select("region_name", "pupils", "pupils_suppressed").rows())
    assert result(rows).frame["region_name"].dtype == found["region_name"].dtype


@pytest.mark.parametrize("name", ["period", "Time period", "time_period", "level", "sex", "fsex", "LA", "la_name", []])
def test_names_of_keys(name: Any) -> None:
    """What is kept apart has the names that it has elsewhere; nothing need be."""
    assert [3] == result([LA]).add_up("icnt", by=name)["pupils"].to_list()


def test_unknown_names() -> None:
    """Names that the answer does not have are listed together, with the nearest."""
    with pytest.raises(UnknownLabelError, match=r"(?s)'Number of pupil'.*\"Number of pupils\".*'Sexx'.*\"Sex\""):
        result([LA]).add_up("Number of pupil", by="Sexx")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"unit": IndicatorUnit.PERCENT}, "percentage"),
        ({"unit": IndicatorUnit.PERCENTAGE_POINT}, "percentage"),
        ({"label": "Pupils (%)"}, "percentage"),
        ({"label": "Average size"}, '"average"'),
        ({"label": "Mean size"}, '"mean"'),
        ({"label": "Median earnings"}, '"median"'),
        ({"label": "Suspension rate"}, '"rate"'),
        ({"label": "Proportion of pupils"}, '"proportion"'),
        ({"label": "Sum of scores"}, '"scores"'),
        ({"label": "Pupils per teacher"}, '"per"'),
        ({"column": "pupils_pc"}, '"pc"'),
        ({"column": "pt_l2basics_95"}, '"pt"'),
        ({"column": "ptL2basics"}, '"pt"'),
        ({"column": "perc_pupils"}, '"perc"'),
        ({"column": "avgatt8"}, '"avgatt"'),
        ({"column": "percentpupils"}, '"percentpupils"'),
        ({"label": "Medians", "decimal_places": 0}, '"medians"'),
        ({"decimal_places": 1}, "decimal places"),
    ],
)
def test_figures_that_do_not_add_up(change: dict[str, Any], reason: str) -> None:
    """Percentages, averages, rates and the like are refused, unless the user says otherwise."""
    found = asked_as(attrs.evolve(COUNT, **change), LA)
    name = found.columns[12].name
    with pytest.raises(QueryError, match=f"{reason}.*additive=True"):
        found.add_up(name)
    assert [3] == found.add_up(name, additive=True)[name].to_list()


@pytest.mark.parametrize(
    "change",
    [
        {"label": "Persons"},
        {"label": "Part-time teachers", "column": "pupils_pt"},
        {"unit": IndicatorUnit.POUND, "decimal_places": 2},
    ],
)
def test_figures_that_add_up(change: dict[str, Any]) -> None:
    """Words inside words are no reason, and money adds up."""
    found = asked_as(attrs.evolve(COUNT, **change), LA)
    name = found.columns[12].name
    assert [3] == found.add_up(name)[name].to_list()


@pytest.mark.parametrize(
    ("label", "column", "counts", "what"),
    [
        ("Age", "age", [30, 45], "ages"),
        ("Teacher age", "teacher_age", [30, 45], "ages"),
        ("Age at start", "start", [16, 17], "ages"),
        ("Year of birth", "birth", [1990, 2001], "years"),
        ("Opened", "opening_year", [1850, 2020], "years"),
        ("Pupil-to-teacher", "ptt", [17, 22], "ratios"),
        ("Staffing", "pupil_to_teacher", [17, 22], "ratios"),
        ("Pupil:teacher", "ptt", [17, 22], "ratios"),
    ],
)
def test_whole_numbers_that_are_no_counts(label: str, column: str, counts: list[int], what: str) -> None:
    """Ages, years and ratios are refused by name and figures; the same name is no reason where the figures are not."""
    named = attrs.evolve(COUNT, label=label, column=column)
    with pytest.raises(QueryError, match=f"like those of {what}.*additive=True"):
        in_many(named, counts).add_up(column)
    assert [sum(counts)] == in_many(named, counts).add_up(column, additive=True)[column].to_list()
    assert [sum(counts) + 5000] == in_many(named, [*counts, 5000]).add_up(column)[column].to_list()
    counted = attrs.evolve(named, label=f"Number: {label}")
    assert [sum(counts)] == in_many(counted, counts).add_up(column)[column].to_list()


@pytest.mark.parametrize("label", ["Age 5", "Ages 5 to 10", "Pupils aged 16", "Pupils of school age"])
def test_counts_of_an_age(label: str) -> None:
    """Who is of an age is counted."""
    found = in_many(attrs.evolve(COUNT, label=label, column="counted"), [20, 30])
    assert [50] == found.add_up("counted")["counted"].to_list()


def test_fractions_of_unknown_places() -> None:
    """Where metadata says nothing of decimal places, fractions are a reason."""
    unknown = attrs.evolve(COUNT, decimal_places=None)
    assert [3] == asked_as(unknown, LA).add_up("pupils")["pupils"].to_list()
    with pytest.raises(QueryError, match="decimal places"):
        asked_as(unknown, attrs.evolve(LA, count="3.5")).add_up("pupils")


def in_many(indicator: Indicator, counts: list[int]) -> QueryResult:
    """An answer of figures of as many local authorities, nothing else of whose metadata is a percentage."""
    named = attrs.evolve(indicator, id=COUNT.id)
    group = next(group for group in META.locations if group.level.code == "LA")
    options = tuple(LocationOption(id=f"l{n}", label=f"Place {n}", code=f"E{n}") for n in range(len(counts)))
    others = tuple(other for other in META.locations if other is not group)
    locations = (*others, attrs.evolve(group, options=options))
    query = attrs.evolve(QUERY, meta=attrs.evolve(META, indicators=(named,), locations=locations), indicators=(named,))
    rows = [attrs.evolve(LA, la=la, count=str(count)).to_json() for la, count in zip(options, counts, strict=True)]
    for row in rows:
        row["values"] = {COUNT.id: row["values"][COUNT.id]}  # type: ignore[index]
    return QueryResult.from_pages(query, pages(rows, query=query), provenance=PROVENANCE)  # type: ignore[arg-type]


def test_whole_percentages_of_which_nothing_is_said() -> None:
    """Figures from 0 to 100 are added up where their name, their unit or their range says that they count."""
    unsaid = attrs.evolve(COUNT, label="Achieved level 2", column="l2basics")
    shares = [*range(40, 80)]
    with pytest.raises(QueryError, match=r"from 0 to 100.*additive=True"):
        in_many(unsaid, shares).add_up("l2basics")
    assert [sum(shares)] == in_many(unsaid, shares).add_up("l2basics", additive=True)["l2basics"].to_list()
    for counts in ([*shares, 101], shares[:10], [n // 2 for n in shares]):
        assert [sum(counts)] == in_many(unsaid, counts).add_up("l2basics")["l2basics"].to_list()
    for said in ({"label": "Number who achieved level 2"}, {"unit": IndicatorUnit.NONE}):
        found = in_many(attrs.evolve(unsaid, **said), shares).add_up("l2basics")  # type: ignore[arg-type]
        assert [sum(shares)] == found["l2basics"].to_list()


def test_totals_that_only_figures_show() -> None:
    """An option whose figures are mostly the sums of others' is a total; a part that is called "Any" is none."""
    labels = ("Any SEN", "Any other need", "EHC plan", "No SEN", "SEN support")
    options = tuple(attrs.evolve(TOTAL, id=f"o{n}", label=label) for n, label in enumerate(labels))
    meta = attrs.evolve(META, filters=(attrs.evolve(SEX, label="SEN", options=options), TYPE))
    query = attrs.evolve(QUERY, meta=meta)

    def answer(*figures: tuple[int | None, ...]) -> QueryResult:
        return result(
            [
                attrs.evolve(LA, period=period, type=kind, sex=option, count="c" if figure is None else str(figure))
                for (period, kind), row in zip(GROUPS, figures, strict=False)
                for option, figure in zip(options, row, strict=True)
            ],
            query,
        )

    whole = ((345, 51, 101, 977, 244), (1234, 17, 234, 5678, 1000), (58, 3, 21, 900, 37))
    for rows in (whole, whole[:2], (*whole[:2], (99, 3, None, 900, 37))):
        with pytest.raises(
            QueryError, match=r"\"Any SEN\", whose figures are the sums of.*\"EHC plan\", \"SEN support\""
        ):
            answer(*rows).add_up(PUPILS, by=["period", "School type"])
    apart = tuple((any_ + 1, *others) for any_, *others in whole)
    few = ((3, 1, 2, 9, 1), (5, 4, 2, 8, 3))
    for rows in (apart, few, whole[2:]):
        sums = answer(*rows).add_up(PUPILS, by=["period", "School type"])["pupils"]
        assert sorted(map(sum, rows)) == sorted(sums)
    for rows in ((10030, 0, 4010, None, 6020),), ((300, 0, 100, None, 200), (70, 0, 30, None, 40)):
        asked = answer(*rows)
        with pytest.raises(QueryError, match=r"\"Any SEN\".* may be chance: additive=True"):
            asked.add_up(PUPILS, by=["period", "School type"])
        sums = asked.add_up(PUPILS, by=["period", "School type"], additive=True, suppressed="range")
        assert len(sums) == len(rows)
    kept = answer(*whole).add_up(PUPILS, by=["period", "School type", "SEN"])
    assert len(kept) == len(whole) * len(labels)


GROUPS = [(period, kind) for period in PERIODS[:2] for kind in TYPE.options]


def test_text_is_not_added_up() -> None:
    """Cells as text have no sum."""
    with pytest.raises(QueryError, match="values='typed'"):
        result([LA]).add_up("Note", additive=True)


OVERLAPS: list[tuple[list[Row], str]] = [
    ([LA, attrs.evolve(LA, sex=TOTAL)], r"filter 'Sex' holds \"Total\".*by=\['Sex', …\]"),
    ([LA, attrs.evolve(LA, sex=None)], "filter 'Sex' holds rows without a value"),
    ([LA, attrs.evolve(LA, level="NAT", la=None)], r"several geographic levels \(Local authority, National\)"),
    ([LA, attrs.evolve(LA, period=PERIODS[1])], r"several time periods .*additive=True"),
    ([LA, attrs.evolve(LA, period=PERIODS[2])], r"several time periods .*by=\['period', …\]"),
]


@pytest.mark.parametrize(("rows", "reason"), OVERLAPS)
def test_totals_beside_their_parts(rows: list[Row], reason: str) -> None:
    """What may count the same things twice is refused and named; kept apart it is added up."""
    with pytest.raises(QueryError, match=reason):
        result(rows).add_up(PUPILS)
    assert [3, 3] == result(rows).add_up(PUPILS, by=["period", "level", "Sex"])["pupils"].to_list()


def test_additive_is_about_the_indicator_and_its_years() -> None:
    """additive=True adds up periods of one kind, and never a total beside its parts."""
    years = [LA, attrs.evolve(LA, period=PERIODS[1])]
    assert [6] == result(years).add_up(PUPILS, additive=True)["pupils"].to_list()
    for rows, reason in OVERLAPS[:3] + OVERLAPS[4:]:
        with pytest.raises(QueryError, match=reason):
            result(rows).add_up(PUPILS, additive=True)


@pytest.mark.parametrize("label", ["All", "All pupils", "total", "TOTAL pupils", "Pupils, total"])
def test_what_a_total_is_called(label: str) -> None:
    """Options that are called Total or All, or begin so, count as totals."""
    total = attrs.evolve(TOTAL, label=label)
    meta = attrs.evolve(META, filters=(attrs.evolve(SEX, options=(total, GIRLS, BOYS)), TYPE))
    found = result([LA, attrs.evolve(LA, sex=total)], attrs.evolve(QUERY, meta=meta))
    with pytest.raises(QueryError, match=label):
        found.add_up(PUPILS)


def test_areas_that_may_overlap() -> None:
    """Local enterprise partnerships are not added up, for a place could be in two."""
    leps = tuple(LocationOption(id=f"p{n}", label=f"LEP {n}", code=f"E37-{n}") for n in (1, 2))
    meta = attrs.evolve(
        META, levels=(level("LEP"),), locations=(LocationGroup(level=level("LEP"), options=leps),), indicators=(COUNT,)
    )
    rows = [LA.to_json() | {"geographicLevel": "LEP", "locations": {"LEP": lep.id}} for lep in leps]
    for row in rows:
        row["values"] = {COUNT.id: "3"}
    query = attrs.evolve(QUERY, meta=meta, indicators=(COUNT,))
    found = QueryResult.from_pages(query, pages(rows, query=query), provenance=PROVENANCE)  # type: ignore[arg-type]
    with pytest.raises(QueryError, match="may overlap"):
        found.add_up(PUPILS)
    assert [3, 3] == found.add_up(PUPILS, by="LEP")["pupils"].to_list()


@pytest.mark.filterwarnings("ignore::eesclient.AmbiguousRowsWarning", "ignore::eesclient.NoRowsWarning")
def test_rows_that_cannot_be_added_up() -> None:
    """Rows that cannot be told apart, no rows, and some rows of many are refused."""
    with pytest.raises(QueryError, match="2 rows are equal"):
        result([LA, attrs.evolve(LA, count="4")]).add_up(PUPILS)
    with pytest.raises(QueryError, match="no rows"):
        result([]).add_up(PUPILS)
    with pytest.raises(QueryError, match="1 of the 2 rows"):
        result([LA, attrs.evolve(LA, la=BATH)], attrs.evolve(QUERY, limit=1)).add_up(PUPILS)
    with pytest.raises(QueryError, match="suppressed='drop'"):
        result([LA]).add_up(PUPILS, suppressed="drop")  # type: ignore[arg-type]


def test_suppressed_cells() -> None:
    """A cell without a number makes its sum null, counts as 0 with a warning, or makes a range; never in silence."""
    found = result([LA, attrs.evolve(LA, la=BATH, count="c"), attrs.evolve(LA, sex=BOYS)])
    assert [(None, 1)] == found.add_up(PUPILS).rows()
    assert {("Boys", 3, 0), ("girls", None, 1)} == set(found.add_up(PUPILS, by="Sex").rows())
    with pytest.warns(SuppressedCellsWarning, match="1 of 3 cells of 'Number of pupils'"):
        assert [(6, 1)] == found.add_up(PUPILS, suppressed="zero").rows()
    assert [(6, None, 1)] == found.add_up(PUPILS, suppressed="range").rows()


@pytest.mark.parametrize(
    ("cell", "low", "high"),
    [("c", 3, None), ("z", 3, None), ("low", 3, 3), ("<5", 3, 8), ("< 5", 3, 8), (">5", 3, None), ("-4", -1, -1)],
)
def test_what_symbols_say(cell: str, low: int, high: int | None) -> None:
    """A range is as narrow as the symbols say, and no narrower."""
    found = result([LA, attrs.evolve(LA, la=BATH, count=cell)]).add_up(PUPILS, suppressed="range")
    assert (low, high) == found.row(0)[:2]


def test_range_of_negative_numbers() -> None:
    """Where numbers can be negative, a hidden one has no least."""
    rows = [attrs.evolve(LA, count="-1"), attrs.evolve(LA, la=BATH, count="c")]
    assert (None, None, 1) == result(rows).add_up(PUPILS, suppressed="range").row(0)


def test_sums_past_64_bits() -> None:
    """A sum that does not fit is an error, and not another number."""
    rows = [attrs.evolve(LA, count=str(2**63 - 1)), attrs.evolve(LA, la=BATH)]
    with pytest.raises(QueryError, match="64 bits"):
        result(rows).add_up(PUPILS)


def test_names_that_are_taken() -> None:
    """The count of cells leaves a column of the data set its name."""
    meta = attrs.evolve(META, filters=(attrs.evolve(SEX, column="pupils_suppressed"), TYPE))
    found = result([LA], attrs.evolve(QUERY, meta=meta)).add_up(PUPILS, by="Sex")
    assert ["pupils_suppressed", "pupils", "pupils__suppressed"] == found.columns


cells = st.one_of(st.integers(0, 10**6).map(str), st.sampled_from(["c", "z", "low", "x", "<5"]))
places = st.lists(
    st.tuples(st.sampled_from([GIRLS, BOYS]), st.sampled_from(TYPE.options), st.sampled_from(PERIODS[:2]), cells),
    min_size=1,
    unique_by=lambda row: row[:3],
)
KEYS: dict[str, Callable[[Any], str]] = {
    "sex": lambda row: row[0].label,
    "school_type": lambda row: row[1].label,
    "time_period": lambda row: row[2].csv,
}


@given(places, st.sets(st.sampled_from(["sex", "school_type"])))
def test_sums_by_hand(drawn: list[Any], kept: set[str]) -> None:
    """Each way to treat symbols gives what adding by hand gives, and the three agree with each other."""
    found = result([attrs.evolve(LA, sex=s, type=t, period=p, count=c) for s, t, p, c in drawn])
    by = [*sorted(kept), "time_period"]
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for row in drawn:
        groups[tuple(KEYS[name](row) for name in by)].append(row[3])
    expected = {}
    for key, texts in groups.items():
        numbers = [int(text) for text in texts if text.isdecimal()]
        hidden = len(texts) - len(numbers)
        open_ended = any(text in ("c", "z", "x") for text in texts)
        most = sum(numbers) + int(sum({"low": 0.5, "<5": 5}.get(text, 0) for text in texts))
        expected[key] = (sum(numbers), None if hidden else sum(numbers), None if open_ended else most, hidden)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SuppressedCellsWarning)
        zero = found.add_up(PUPILS, by=by, suppressed="zero")
    null = found.add_up(PUPILS, by=by)
    ranged = found.add_up(PUPILS, by=by, suppressed="range")
    keys = zero.select(by).rows()
    counted = zero["pupils_suppressed"]
    columns = zip(zero["pupils"], null["pupils"], ranged["pupils_high"], counted, strict=True)
    assert expected == dict(zip(keys, columns, strict=True))
    assert counted.to_list() == null["pupils_suppressed"].to_list() == ranged["pupils_suppressed"].to_list()
    assert zero["pupils"].to_list() == ranged["pupils_low"].to_list()


@given(places)
def test_sums_of_sums(drawn: list[Any]) -> None:
    """Sums by more keys add up to sums by fewer."""
    found = result([attrs.evolve(LA, sex=s, type=t, period=p, count=c) for s, t, p, c in drawn])
    finer = found.add_up(PUPILS, by=["period", "Sex", "School type"], suppressed="range")
    coarser = found.add_up(PUPILS, by=["period", "Sex"], suppressed="range")
    keys = ["time_period", "time_identifier", "sex"]
    again = finer.group_by(keys, maintain_order=True).agg(pl.col("pupils_low", "pupils_suppressed").sum())
    assert coarser.select(again.columns).sort(keys).equals(again.sort(keys))


def test_share_is_refused_in_the_example() -> None:
    """The example's percentage stays what it is."""
    with pytest.raises(QueryError, match="percentage"):
        result([LA]).add_up(SHARE.label)
