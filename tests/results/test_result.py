"""What a question gets."""

from __future__ import annotations

import sys
import warnings

import attrs
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from eesclient import (
    AmbiguousRowsWarning,
    DecimalPlacesWarning,
    EESWarning,
    NoRowsWarning,
    PaddedNumbersWarning,
    QueryResult,
    ServiceWarning,
    Version,
)
from tests.doors.models import Source
from tests.doors.query import Sort
from tests.doors.table import read_page
from tests.table.example import (
    BATH,
    BURY,
    COUNT,
    HEADINGS,
    META,
    NOTE,
    PERIODS,
    PROVENANCE,
    QUERY,
    SEX,
    SHARE,
    Row,
    body,
    compact,
    csv_result,
    pages,
    result,
)


def warned(*answers: dict[str, object]) -> list[tuple[type[Warning], str]]:
    """Warnings of an answer whose pages are these."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read = [read_page(QUERY, compact(answer)) for answer in answers]
        QueryResult.from_pages(QUERY, read, provenance=PROVENANCE)
    return [(item.category, str(item.message)) for item in caught]


def test_what_a_result_knows() -> None:
    """A result knows what was asked of what, by which route, and how many rows matched."""
    found = result([Row(), Row(la=BURY)], attrs.evolve(QUERY, pinned={"Sex": "Total"}), size=1)

    assert (2, 2, Version(1, 2), "pages", {"Sex": "Total"}, ()) == (
        len(found),
        found.total,
        found.version,
        found.route,
        found.pinned,
        found.warnings,
    )
    assert (1, "csv") == (csv_result([Row()]).total, csv_result([Row()]).route)
    assert (PROVENANCE, HEADINGS) == (found.provenance, tuple(column.name for column in found.columns))


def test_limit() -> None:
    """With a limit, rows past it are left out as the service sent them, and the rest is in order."""
    query = attrs.evolve(QUERY, limit=3)
    given_rows = [Row(la=BURY), Row(la=BATH), Row(), Row(period=PERIODS[1])]
    found = QueryResult.from_pages(query, pages(given_rows, 2), provenance=PROVENANCE)

    assert (4, [None, "Bath", "Bury"]) == (found.total, found.frame["la_name"].to_list())


def test_no_rows() -> None:
    """No rows are a frame of all columns, and one warning, the service's own being the same."""
    service = {"message": "The query did not match any results.", "code": "QueryNoResults"}
    answer = body([], warnings=[service])
    with pytest.warns(NoRowsWarning):
        found = QueryResult.from_pages(QUERY, [read_page(QUERY, compact(answer))], provenance=PROVENANCE)

    assert (HEADINGS, 0) == (tuple(found.frame.columns), found.frame.height)
    assert ["QueryNoResults"] == [warning.code for warning in found.warnings]
    assert [NoRowsWarning] == [category for category, _ in warned(answer)]
    assert found.to_long().is_empty()


def test_no_pages() -> None:
    """An answer without pages is an answer without rows, of the same types."""
    with pytest.warns(NoRowsWarning):
        found = QueryResult.from_pages(QUERY, [], provenance=PROVENANCE)

    assert_frame_equal(result([Row()]).frame.clear(), found.frame)
    assert 0 == found.total


def test_warnings_of_the_service_come_once() -> None:
    """What each page repeats is said once, with its items and path."""
    sent = {"message": "Not found.", "code": "FiltersNotFound", "path": "criteria", "detail": {"items": ["é"]}}
    plain = {"message": "Debug.", "code": "DebugEnabled"}
    answer = body([Row()], warnings=[sent, plain])

    assert ['Not found. ["é"] (at criteria) [EES-W10]', "Debug. [EES-W10]"] == [
        text for category, text in warned(answer, answer) if category is ServiceWarning
    ]


def test_fractions_are_warned_of() -> None:
    """Fractions among whole numbers make the column Float64, with one warning that says how to settle it."""
    given_rows = [Row(count="1.5"), Row(la=BURY, count="2"), Row(la=BATH, count="z")]
    with pytest.warns(DecimalPlacesWarning, match=r"pupils \(1 cells\).*dtypes=\{'pupils': pl.Float64\}"):
        frame = result(given_rows).frame

    assert [1.5, None, 2.0] == frame["pupils"].to_list()
    assert [None, "z", None] == frame["pupils_status"].to_list()


def test_padded_numbers_are_warned_of() -> None:
    """A number with blanks around it is text as sent, with one warning that says how to read it."""
    given_rows = [Row(share=" 59.8 "), Row(la=BURY, share="61.8"), Row(la=BATH, share="+5", count="5.")]
    found = r"pupils \(1 cells, such as '5\.'\); .*numbers='trimmed'"
    with pytest.warns(PaddedNumbersWarning, match=r"share \(2 cells, such as ' 59\.8 '\), " + found):
        frame = result(given_rows).frame
    assert {" 59.8 ", "+5"} == {*frame["share_status"].drop_nulls()}

    trimmed = result(given_rows, attrs.evolve(QUERY, numbers="trimmed", sort=(Sort(field="indicator|ishr"),))).frame
    assert [5.0, 59.8, 61.8] == trimmed["share"].to_list()
    assert (3, pl.Int64) == (trimmed["share_status"].null_count(), trimmed["pupils"].dtype)


def test_settled_types_are_silent() -> None:
    """With the type asked for there is nothing to warn of, and the type is that whatever comes."""
    query = attrs.evolve(QUERY, dtypes={"pupils": pl.Int64})
    frame = result([Row(count="1.5"), Row(la=BURY, count="2")], query).frame
    assert [(None, "1.5"), (2, None)] == frame.select("pupils", "pupils_status").rows()

    query = attrs.evolve(QUERY, dtypes={"pupils": pl.Float64})
    assert pl.Float64 == result([Row(count="1.5")], query).frame["pupils"].dtype
    assert pl.Float64 == result([Row(count="1")], query).frame["pupils"].dtype


def test_clear_answers_are_silent() -> None:
    """An answer with nothing to say of it warns of nothing."""
    assert [] == warned(body([Row(), Row(la=BURY)]))


def test_warnings_point_at_the_caller() -> None:
    """Warnings name the line that asked."""
    with pytest.warns(AmbiguousRowsWarning) as caught:
        result([Row(), Row()])

    assert [True] == [item.filename.endswith("example.py") for item in caught]
    assert all(issubclass(item.category, EESWarning) for item in caught)


def test_with_ids() -> None:
    """The same rows, in the same order, with machine ids beside the labels."""
    found = result([Row(la=BURY, sex=None), Row(period=PERIODS[3])])
    ids = found.with_ids()

    assert_frame_equal(found.frame, ids.select(found.frame.columns))
    added = [name for name in ids.columns if name not in found.frame.columns]
    assert [
        "time_period_id", "time_identifier_id", "geographic_level_id", "la_name_id", "country_name_id",
        "region_name_id", "sex_id", "school_type_id",
    ] == added  # fmt: skip
    assert [
        ("2023/2024", "T1", "NAT", None, "lEng", None, "oTot", "oÉco"),
        ("2022/2023", "AY", "NAT", "lBur", "lEng", None, None, "oÉco"),
    ] == ids.select(added).rows()
    assert ids.columns.index("sex_id") == ids.columns.index("sex") + 1


def test_with_ids_and_a_taken_name() -> None:
    """An id's column leaves a column of the data set its name."""
    meta = attrs.evolve(META, filters=(SEX, attrs.evolve(META.filters[1], column="sex_id")))
    ids = result([Row()], attrs.evolve(QUERY, meta=meta)).with_ids()

    assert ["sex", "sex__id", "sex_id", "sex_id_id"] == [name for name in ids.columns if name.startswith("sex")]


def test_to_long() -> None:
    """A row per indicator, in the order of the frame, with status, label and unit."""
    query = attrs.evolve(QUERY, indicators=(SHARE, COUNT))
    read = [read_page(query, compact(_without_note(Row(share="z"), Row(la=BURY))))]
    long = QueryResult.from_pages(query, read, provenance=PROVENANCE).to_long()

    assert ["indicator", "value", "status", "label", "unit"] == long.columns[-5:]
    assert [
        (None, "share", None, "z", "Share", "%"),
        (None, "pupils", 10.0, None, "Number of pupils", None),
        ("Bury", "share", 1.5, None, "Share", "%"),
        ("Bury", "pupils", 10.0, None, "Number of pupils", None),
    ] == long.select("la_name", "indicator", "value", "status", "label", "unit").rows()


def _without_note(*rows: Row) -> dict[str, object]:
    answer = body(rows)
    for row in answer["results"]:
        del row["values"][NOTE.id]
    return answer


@pytest.mark.parametrize(
    ("asked", "count", "dtype", "value"),
    [
        ((COUNT,), "10", pl.Int64, 10),
        ((COUNT, SHARE), "10", pl.Float64, 10.0),
        ((COUNT, SHARE), str(2**53 + 1), pl.String, str(2**53 + 1)),
        ((COUNT, NOTE), "10", pl.String, "10"),
    ],
)
def test_values_of_a_long_frame(asked: tuple[object, ...], count: str, dtype: pl.DataType, value: object) -> None:
    """Values have the one type that loses nothing."""
    query = attrs.evolve(QUERY, indicators=asked)
    answer = body([Row(count=count)])
    for row in answer["results"]:
        row["values"] = {item.id: row["values"][item.id] for item in query.indicators}
    long = QueryResult.from_pages(query, [read_page(query, compact(answer))], provenance=PROVENANCE).to_long()

    assert (dtype, value) == (long["value"].dtype, long["value"][0])


def test_long_frame_without_statuses() -> None:
    """Without typed values there is no status."""
    long = result([Row()], attrs.evolve(QUERY, values="text")).to_long()

    assert ["indicator", "value", "label", "unit"] == long.columns[-4:]
    assert ["1.5", "10", "fine"] == long["value"].to_list()


def test_long_frame_of_a_filter_called_status() -> None:
    """A filter that is called as a column of the long frame keeps its name."""
    meta = attrs.evolve(META, filters=(attrs.evolve(SEX, column="status"), META.filters[1]))
    long = result([Row()], attrs.evolve(QUERY, meta=meta)).to_long()

    assert ["status", "status__indicator"] == [name for name in long.columns if "status" in name]


def test_long_frame_without_indicators() -> None:
    """No indicators, no rows."""
    query = attrs.evolve(QUERY, meta=attrs.evolve(META, indicators=()), indicators=())
    answer = body([Row()])
    answer["results"][0]["values"] = {}

    assert (
        QueryResult.from_pages(query, [read_page(query, compact(answer))], provenance=PROVENANCE).to_long().is_empty()
    )


def test_polars_and_arrow() -> None:
    """A result is a table to Polars, pyarrow and DuckDB."""
    found = result([Row(), Row(la=BURY, count="z")])

    assert_frame_equal(found.frame, pl.DataFrame(found))
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.table(found)
    assert (list(HEADINGS), 2) == (table.column_names, table.num_rows)
    assert list(HEADINGS) == list(found.__dataframe__().column_names())


def test_duckdb() -> None:
    """DuckDB reads a result by its name."""
    duckdb = pytest.importorskip("duckdb")
    answer = result([Row(), Row(la=BURY, count="z")])  # noqa: F841 - DuckDB finds it by its name

    assert [(10, None), (None, "z")] == duckdb.sql("select pupils, pupils_status from answer").fetchall()


def test_pandas() -> None:
    """The frame is also a pandas frame."""
    pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = result([Row()]).to_pandas()

    assert (list(HEADINGS), ["England"]) == (list(frame.columns), list(frame["country_name"]))


def test_pandas_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pandas the error names the extra."""
    monkeypatch.setitem(sys.modules, "pandas", None)

    with pytest.raises(ImportError, match=r"eesclient\[pandas\]"):
        result([Row()]).to_pandas()


@pytest.mark.parametrize(
    ("source", "words"),
    [("service", "from the service"), ("local", "from local files"), ("synthetic", "SYNTHETIC, not a statistic")],
)
def test_repr(source: Source, words: str) -> None:
    """A result shows title, exact version, source and what was pinned, then the table."""
    query = attrs.evolve(QUERY, pinned={"Sex": "Total", "Type": "All"})
    provenance = attrs.evolve(PROVENANCE, source=source)
    shown = repr(QueryResult.from_pages(query, pages([Row()]), provenance=provenance))

    first, _, table = shown.partition("\n")
    assert f"Pupils <by> type · version 1.2 · {words} · pinned: Sex = Total, Type = All" == first
    assert "England" in table or "shape: (1, 18)" in table


def test_html() -> None:
    """In a notebook the heading is escaped."""
    shown = result([Row()])._repr_html_()

    assert "<p>Pupils &lt;by&gt; type · version 1.2" in shown
    assert "<table" in shown
