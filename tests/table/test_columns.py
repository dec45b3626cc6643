"""What columns are called."""

from __future__ import annotations

from typing import Any

import attrs
import polars as pl
import pytest

from eesclient import ColumnInfo, IndicatorUnit, LocationGroup, LocationOption, Meta
from tests.doors.table import columns_of, schema_of
from tests.table.example import COUNT, HEADINGS, META, QUERY, SEX, SHARE, TYPE, Row, level, result


def columns(meta: Meta, **asked: Any) -> tuple[ColumnInfo, ...]:
    """Columns of an answer about a data set with this metadata."""
    query = attrs.evolve(QUERY, **{"meta": meta, "indicators": tuple(meta.indicators), **asked})
    return columns_of(schema_of(query), query.values, query.names)


def headings(meta: Meta, **asked: Any) -> list[str]:
    """Their headings."""
    return [column.name for column in columns(meta, **asked)]


def test_headings() -> None:
    """Time, level, locations in the reference's order, filters, indicators as asked with their status."""
    assert list(HEADINGS) == result([Row()]).frame.columns


def test_types() -> None:
    """Labels and statuses are Categorical; values are Float64, Int64 and text by metadata."""
    expected = dict.fromkeys(HEADINGS, pl.Categorical) | {"share": pl.Float64, "pupils": pl.Int64, "note": pl.String}

    assert expected == dict(result([Row()]).frame.schema)


def test_text_and_number_values() -> None:
    """Values as text or as numbers alone come without statuses."""
    plain = [name for name in HEADINGS if not name.endswith("_status")]

    for values, types in (("text", [pl.String] * 3), ("number", [pl.Float64, pl.Int64, pl.String])):
        frame = result([Row()], attrs.evolve(QUERY, values=values)).frame
        assert plain == frame.columns
        assert types == frame.dtypes[-3:]


def test_what_is_known_of_columns() -> None:
    """Each column knows its label, unit, decimal places and hint."""
    known = {column.name: column for column in result([Row()]).columns}

    assert (
        ColumnInfo(name="old_la_code", column="old_la_code", label="Local authority old code", kind="location")
        == (known["old_la_code"])
    )
    assert (
        ColumnInfo(name="school_type", column="school_type", label="School type", kind="filter", hint="Pick one")
        == (known["school_type"])
    )
    assert (
        ColumnInfo(
            name="share",
            column="share",
            label="Share",
            kind="indicator",
            unit=IndicatorUnit.PERCENT,
            decimal_places=1,
        )
        == (known["share"])
    )
    assert (
        ColumnInfo(name="share_status", column="share", label="Share status", kind="status") == (known["share_status"])
    )


def test_codes_in_words() -> None:
    """Codes of schools and providers are called by what they are."""
    option = (LocationOption(id="l", label="L"),)
    places = tuple(LocationGroup(level=level(code), options=option) for code in ("SCH", "PROV"))

    assert ["Provider UKPRN", "Provider", "School URN", "School LAESTAB", "School"] == [
        column.label for column in columns(attrs.evolve(META, locations=places))[3:8]
    ]


def test_levels_in_order() -> None:
    """Levels follow the reference's order, unknown ones after it by code."""
    option = (LocationOption(id="l", label="L"),)
    places = tuple(LocationGroup(level=level(code), options=option) for code in ("ZOO", "WARD", "ARK", "RSC", "EDA"))

    assert [
        "english_devolved_area_code", "english_devolved_area_name", "rsc_region_lead_name", "ward_code", "ward_name",
        "ark_code", "ark_name", "zoo_code", "zoo_name",
    ] == headings(attrs.evolve(META, locations=places))[3:12]  # fmt: skip


def test_status_of_a_column_that_the_data_set_has() -> None:
    """A status whose name the data set uses gets another underscore, whether that column is asked for or not."""
    taken = attrs.evolve(SHARE, id="i2", column="pupils_status")
    meta = attrs.evolve(META, indicators=(COUNT, taken))

    assert ["pupils", "pupils__status", "pupils_status", "pupils_status_status"] == headings(meta)[-4:]
    assert ["pupils", "pupils__status"] == headings(meta, indicators=(COUNT,))[-2:]


def test_status_of_a_filter_column() -> None:
    """So does one that a filter has, and the name after that if it is taken too."""
    meta = attrs.evolve(
        META,
        filters=(attrs.evolve(SEX, column="pupils_status"), attrs.evolve(TYPE, column="pupils__status")),
        indicators=(COUNT,),
    )

    assert ["pupils", "pupils___status"] == headings(meta)[-2:]


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        (attrs.evolve(META, filters=(SEX, attrs.evolve(TYPE, column="sex"))), ["sex", "sex__filter"]),
        (attrs.evolve(META, filters=(SEX, attrs.evolve(TYPE, column="la_name"))), ["sex", "la_name__filter"]),
        (attrs.evolve(META, filters=(SEX, attrs.evolve(TYPE, column="time_period"))), ["sex", "time_period__filter"]),
    ],
)
def test_columns_of_one_name(meta: Meta, expected: list[str]) -> None:
    """Of columns with one name the first keeps it, the others say what they are."""
    assert expected == headings(meta)[10:12]


def test_indicator_named_like_a_filter() -> None:
    """An indicator with a filter's name says what it is, and so does its status."""
    meta = attrs.evolve(META, indicators=(attrs.evolve(COUNT, column="sex"),))

    assert ["sex__indicator", "sex__indicator_status"] == headings(meta)[12:14]


def test_words() -> None:
    """`names="label"` gives headings in words."""
    assert [
        "Time period", "Time identifier", "Geographic level", "Local authority code", "Local authority old code",
        "Local authority", "National code", "National", "Regional code", "Regional", "Sex", "School type",
        "Number of pupils", "Number of pupils status", "Note", "Note status", "Share", "Share status",
    ] == headings(META, names="label")  # fmt: skip


def test_words_that_are_not_unique() -> None:
    """Labels that stand for several columns have the column after them, also when only one is asked for."""
    meta = attrs.evolve(
        META,
        filters=(
            attrs.evolve(SEX, label="Number"),
            attrs.evolve(TYPE, label="Number", column="sex"),
        ),
        indicators=(attrs.evolve(COUNT, label="N"), attrs.evolve(SHARE, label="N")),
    )

    found = headings(meta, names="label")
    assert ["Number (sex)", "Number (sex)__filter"] == found[10:12]
    assert ["N (pupils)", "N status (pupils)", "N (share)", "N status (share)"] == found[12:16]
    assert "N (pupils)" == headings(meta, names="label", indicators=meta.indicators[:1])[12]
